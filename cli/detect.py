"""`spectra detect`: find the anomalies in files."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from spectra.cli.files import FileCommand
from spectra.cli.messages import explained, step
from spectra.cli.options import (
    STDIN,
    Learning,
    Output,
    Reading,
    ReadPath,
    Verbosity,
    alarm_options,
    learning_options,
    output_options,
    reading_options,
    rows_option,
    verbosity_options,
)
from spectra.cli.run import run_files

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.detection import Detection

EPILOG = """\b
JSON: {"schema_version": 2, "files": [{"file", "fs", "nperseg", "npersegs", "step",
"alpha", "n_samples", "channels", "learned_from", "period", "calibration":
{"threshold", "suspected", "smallest_p", "tail_p", "scale", "shape",
"ks_statistic", "ks_p_value"}, "notes", "n_alarms",
"alarms": [{"start", "end", "peak", "score", "p_value", "channel", "f_low",
"f_high", "first_row", "last_row", "peak_row", "start_time", "end_time",
"peak_time", "duration"}]}]}

Times are ISO 8601, or numbers of seconds or rows if the file has no dates. fs,
f_low and f_high are in Hz; without a sampling rate fs is null and frequencies are
in cycles per row. score is in standard deviations; larger is more anomalous. In
version 1 the key "step" was called "hop". jsonl, csv and parquet have one alarm a
line, with the name of its file.

\b
Exit status: 0 the command ran, 1 a file could not be used, 2 the arguments were
not understood, 3 an alarm was found and --fail-on-anomaly was given.
"""


@click.command(
    "detect",
    cls=FileCommand,
    short_help="Find the anomalies in files.",
    epilog=EPILOG,
    examples=(
        "spectra detect data.csv --report data.html",
        "spectra detect pump.wav --normal quiet.wav --false-alarms 1/day --sort p",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ReadPath(allow_dash=True))
@click.option(
    "--normal",
    metavar="FILE",
    type=ReadPath(allow_dash=True),
    help="Learn from this recording of normal data.",
)
@rows_option
@learning_options
@alarm_options
@reading_options
@output_options
@verbosity_options
def command(
    files: tuple[str, ...],
    normal: str | None,
    normal_rows: tuple[int | None, int | None] | None,
    learning: Learning,
    threshold: dict[str, Any],
    reading: Reading,
    output: Output,
    verbosity: Verbosity,
) -> None:
    """Find the anomalies in each FILE, of any known format; - is standard input.

    Normal data is given by --normal or --normal-rows. Without either, each FILE is its own
    reference, and most of it must be normal.
    """
    if normal is not None and normal_rows is not None:
        raise click.UsageError("--normal and --normal-rows exclude each other: give one of them.")
    if [*files, normal].count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once: give - once.")

    def ready() -> "Callable[[Recording], Detection]":
        from spectra.pipeline import detect, learn, score

        method = learning.settings()
        if normal is None:
            rows = None if normal_rows is None else slice(*normal_rows)
            return partial(detect, normal_rows=rows, **threshold, method=method)
        with step(f"learning from {normal}", verbosity), explained(normal):
            model = learn(
                reading.open(normal, progress=verbosity.progress)
                if learning.method == "spectral"
                else reading.read(normal),
                method=method,
            )
        return partial(score, model, **threshold)

    run_files(files, ready, reading, output, verbosity)
