"""`spectra score`: the anomalies in files, by a model learned before."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from spectra.cli.options import (
    STDIN,
    Output,
    Reading,
    Words,
    alarm_option,
    output_options,
    reading_options,
    word_options,
)
from spectra.cli.run import run_files

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.detection import Detection


@click.command(
    "score",
    short_help="Find the anomalies in files by a model learned before.",
    epilog="Results and exit status are those of spectra detect.",
)
@click.argument("model", metavar="MODEL", type=click.Path())
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True)
)
@alarm_option
@reading_options
@output_options
@word_options
def command(
    model: str, files: tuple[str, ...], alpha: float, reading: Reading, output: Output, words: Words
) -> None:
    """Find the anomalies in each FILE (- is standard input) by a MODEL that spectra fit has
    written.

    A FILE must have the channels and the sampling rate of what the MODEL was learned from.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once: give - once.")

    def ready() -> "Callable[[Recording], Detection]":
        from spectra.model import Model
        from spectra.pipeline import score

        return partial(score, Model.load(model), alpha=alpha)

    run_files(files, ready, reading, output, words)
