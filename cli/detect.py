"""`spectra detect`: the anomalies in files."""

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
    check_method,
    learning_options,
    output_options,
    reading_options,
    rows_option,
    word_options,
)
from spectra.cli.run import explained, run_files, step

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.detection import Detection
    from spectra.pipeline import Method
    from spectra.signal.views import View

EPILOG = """\b
JSON: {"schema_version": 1, "files": [{"file", "fs", "nperseg", "npersegs", "hop",
"alpha", "n_samples", "channels", "learned_from", "period", "calibration":
{"transform", "power", "threshold", "ks_statistic", "ks_p_value"}, "notes",
"alarms": [{"start", "end", "peak", "score", "p_value", "channel", "f_low",
"f_high"}]}]}

Times are ISO 8601, or a number of seconds or of a row where the file has no
dates; fs, f_low and f_high are in Hz (cycles per row, and fs null, where no
sampling rate is known); score is in standard deviations, larger = more anomalous.

\b
Exit status: 0 it ran, 1 a file could not be used, 2 the command was not
understood, 3 an alarm was found and --fail-on-anomaly given.
"""


@click.command("detect", short_help="Find the anomalies in files.", epilog=EPILOG)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True)
)
@click.option(
    "--normal",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="A recording of normal data to learn from.",
)
@rows_option
@learning_options
@alarm_option
@reading_options
@output_options
@word_options
def command(
    files: tuple[str, ...],
    normal: str | None,
    normal_rows: tuple[int | None, int | None] | None,
    nperseg: int | None,
    k: float | None,
    view: "View | None",
    method: "Method",
    epochs: int,
    alpha: float,
    reading: Reading,
    output: Output,
    words: Words,
) -> None:
    """Find the anomalies in each FILE, of any known format; - is standard input.

    What is normal is learned from --normal, from --normal-rows, or else from the FILE itself, which
    then must be normal for the most part.
    """
    if normal is not None and normal_rows is not None:
        raise click.UsageError(
            "--normal and --normal-rows both say what to learn from: give one of them."
        )
    check_method(method, k, epochs)
    if [*files, normal].count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once: give - once.")

    def ready() -> "Callable[[Recording], Detection]":
        from spectra.pipeline import detect, learn, score

        if normal is None:
            rows = None if normal_rows is None else slice(*normal_rows)
            return partial(
                detect,
                normal_rows=rows,
                alpha=alpha,
                nperseg=nperseg,
                k=k,
                view=view,
                method=method,
                epochs=epochs,
            )
        with step(f"learning from {normal}", words), explained(normal):
            learned = learn(
                reading.read(normal), nperseg=nperseg, k=k, view=view, method=method, epochs=epochs
            )
        return partial(score, learned, alpha=alpha)

    run_files(files, ready, reading, output, words)
