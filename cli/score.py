"""`spectra score`: find the anomalies in files with a model file."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from spectra.cli.files import FileCommand
from spectra.cli.options import (
    STDIN,
    Output,
    Reading,
    ReadPath,
    Verbosity,
    alarm_options,
    output_options,
    reading_options,
    verbosity_options,
)
from spectra.cli.run import run_files

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.detection import Detection


@click.command(
    "score",
    cls=FileCommand,
    short_help="Find the anomalies in files with a model file.",
    epilog="The output and the exit status are those of spectra detect.",
    examples=(
        "spectra score normal.model data.csv",
        "spectra score normal.model monday.csv tuesday.csv --format jsonl",
    ),
)
@click.argument("model", metavar="MODEL", type=ReadPath())
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ReadPath(allow_dash=True))
@alarm_options
@reading_options
@output_options
@verbosity_options
def command(
    model: str,
    files: tuple[str, ...],
    threshold: dict[str, Any],
    reading: Reading,
    output: Output,
    verbosity: Verbosity,
) -> None:
    """Find the anomalies in each FILE with a MODEL file written by spectra fit.

    FILE is a recording with the channels and the sampling rate of the MODEL; - is standard input.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once: give - once.")

    def ready() -> "Callable[[Recording], Detection]":
        from spectra.model import Model
        from spectra.pipeline import score

        return partial(score, Model.load(model), **threshold)

    run_files(files, ready, reading, output, verbosity)
