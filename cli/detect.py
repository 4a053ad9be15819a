"""`spectra detect`: the anomalies in files."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from spectra.cli.options import (
    STDIN,
    Learning,
    Output,
    Reading,
    Words,
    alarm_option,
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
    learning: Learning,
    alpha: float,
    reading: Reading,
    output: Output,
    words: Words,
) -> None:
    """Find the anomalies in each FILE, a CSV file, plain or gzipped; - is standard input.

    The reference is --normal, --normal-rows, or else the FILE itself, most of which must then be
    normal.
    """
    if normal is not None and normal_rows is not None:
        raise click.UsageError(
            "--normal and --normal-rows both say what to learn from: give one of them."
        )
    if [*files, normal].count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once: give - once.")

    def ready() -> "Callable[[Recording], Detection]":
        from spectra.pipeline import detect, learn, score

        method = learning.settings()
        if normal is None:
            rows = None if normal_rows is None else slice(*normal_rows)
            return partial(detect, normal_rows=rows, alpha=alpha, method=method)
        with step(f"learning from {normal}", words), explained(normal):
            model = learn(reading.read(normal), method=method)
        return partial(score, model, alpha=alpha)

    run_files(files, ready, reading, output, words)
