"""Options of the threshold: a probability, a rate of false alarms, or their share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from spectra.cli.options.advanced import Advanced
from spectra.cli.options.numbers import Number
from spectra.cli.options.values import alarm_rate, probability, share

alpha_option = click.option(
    "--alpha",
    type=Number("0.001"),
    metavar="P",
    callback=probability,
    help="False-alarm probability per score, above 0 and at most 0.5. [default: 0.001]",
)

usual_alpha_option = click.option(
    "--alpha",
    type=Number("0.001"),
    metavar="P",
    callback=probability,
    help="False-alarm probability per score, above 0 and at most 0.5. [default: 0.001; without "
    "--normal or a model that of half a false alarm in the recording, if larger, up to 0.02]",
)


def alarm_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the threshold, which the command gets as `threshold`.

    It is a dictionary of the keyword arguments of `spectra.detect` that say it.
    """

    @usual_alpha_option
    @click.option(
        "--false-alarms",
        metavar="RATE",
        callback=alarm_rate,
        help="Number of false alarms, in place of --alpha: 1/day, 2/hour, 0.1/recording.",
    )
    @click.option(
        "--fdr",
        cls=Advanced,
        type=Number("0.1"),
        metavar="Q",
        callback=share,
        help="Share of the alarms that may be false, in place of --alpha.",
    )
    @wraps(command)
    def wrapped(
        *args: Any,
        alpha: float | None,
        false_alarms: str | None,
        fdr: float | None,
        **rest: Any,
    ) -> None:
        given = {"--alpha": alpha, "--false-alarms": false_alarms, "--fdr": fdr}
        named = [name for name, value in given.items() if value is not None]
        if len(named) > 1:
            raise click.UsageError(
                f"{named[0]} and {named[1]} exclude each other: give one of them."
            )
        threshold = {"alpha": alpha, "false_alarms": false_alarms, "fdr": fdr}
        return command(*args, threshold=threshold, **rest)

    return wrapped
