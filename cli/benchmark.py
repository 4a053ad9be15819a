"""`spectra benchmark`: evaluate a detector on a folder of labelled recordings."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra.cli.files import FileCommand, check_output, csv_file
from spectra.cli.messages import clear_progress, say, show, show_progress
from spectra.cli.options import (
    Advanced,
    ReadPath,
    WrittenPath,
    jobs_option,
    keep_formulas_option,
)
from spectra.cli.run import BAD_DATA
from spectra.text import cell, short

if TYPE_CHECKING:
    import pandas as pd

    from spectra.benchmark import Benchmark

EPILOG = """\b
RESULTS.CSV has one line for each file, with the columns
  file, collection, n (rows), nperseg, seconds
  VUS-PR, VUS-ROC, AUC-PR, AUC-ROC: of the scores
  precision, recall, F1, range_…, affiliation_…, composite_F1,
  point_adjusted_F1, event_…: of the alarms at the detector's own threshold
  alarms: number of alarms
  false_alarm_share: share of the normal rows that are in an alarm
  detection_delay: rows from the start of an anomaly to its first alarm
  oracle_F1, oracle_event_F1: with the threshold that is best by the labels;
    for events, of those that flag at most a tenth of the normal rows
  buffer: largest buffer of VUS in rows, the dominant period
  normal_rows: rows that were learned from; 0 if the file is its own reference

\b
Exit status: 0 the command ran, 1 a file or the folder could not be used, 2 the
arguments were not understood.
"""
SHOWN = {
    "VUS-PR": "VUS-PR",
    "VUS-ROC": "VUS-ROC",
    "AUC-PR": "AUC-PR",
    "event_F1": "event F1",
    "oracle_event_F1": "oracle F1",
    "false_alarm_share": "false share",
    "alarms": "alarms",
    "seconds": "seconds",
}
# Decimals of these columns; the others, all between 0 and 1, have three.
DIGITS = {"alarms": 1, "seconds": 2}


@click.command(
    "benchmark",
    cls=FileCommand,
    short_help="Evaluate a detector on a folder of labelled files.",
    epilog=EPILOG,
    examples=(
        "spectra benchmark recordings -o results.csv",
        "spectra benchmark recordings --detector sequence --jobs -1",
    ),
)
@click.argument("folder", metavar="DIR", type=ReadPath(path_type=Path))
@click.option(
    "--no-normal",
    is_flag=True,
    help="Use each file as its own reference, even if its name gives normal rows.",
)
@click.option(
    "--detector",
    metavar="NAME",
    default="spectral",
    show_default=True,
    help="spectral, sequence, or module:Class for a detector of your own with the methods fit(X) "
    "and score_samples(X), high = normal; X is (rows, channels).",
)
@jobs_option
@click.option(
    "-o",
    "--output",
    type=WrittenPath("csv"),
    metavar="RESULTS.CSV",
    help="Also write one line for each file, gzipped if the name ends in .gz.",
)
@keep_formulas_option
@click.option("-q", "--quiet", is_flag=True, help="Print only errors on standard error.")
@click.option(
    "--no-progress", cls=Advanced, is_flag=True, help="Do not show progress on a terminal."
)
def command(
    folder: Path,
    no_normal: bool,
    detector: str,
    jobs: int,
    output: Path | None,
    keep_formulas: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Score every labelled CSV file of the folder DIR and compare the scores with the labels.

    Prints the mean of each collection and of all files. If the name of a file contains _tr_N_, as
    in the TSB-AD benchmark, its first N rows are taken as normal. All settings are the defaults;
    labels are used for the comparison only.
    """
    if output is not None:
        module = detector.partition(":")[0].replace(".", os.sep)
        check_output(output, [f"{module}.py"])

    from spectra.benchmark import benchmark, load_detector

    try:
        chosen = load_detector(detector)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--detector") from error
    shown = sys.stderr.isatty() and not (quiet or no_progress)

    def progress(done: int, total: int, file: str) -> None:
        show_progress(f"{done}/{total} {file}")

    try:
        found = benchmark(
            folder,
            use_normal=not no_normal,
            detector=chosen,
            n_jobs=jobs,
            on_done=progress if shown else None,
        )
    finally:
        if shown:
            clear_progress()
    if output is not None:
        with csv_file(output) as file:
            file.write(_csv(found.results, keep_formulas=keep_formulas))
    show(_table(found))
    if found.unlabelled and not quiet:
        say(_left_out(found.unlabelled))
    for reason in found.failed.values():
        say(f"Error: {reason}")
    if found.failed:
        click.get_current_context().exit(BAD_DATA)


def _left_out(unlabelled: tuple[str, ...]) -> str:
    """Return a sentence on files without labels."""
    from spectra.formatting import counted
    from spectra.text import few_of

    return f"Left out without labels: {counted(len(unlabelled), 'file')}, {few_of(unlabelled, 3)}."


def _csv(results: "pd.DataFrame", *, keep_formulas: bool) -> bytes:
    """Return the results as a CSV file."""
    names = {
        name: [cell(str(text), keep_formulas=keep_formulas) for text in results[name]]
        for name in ("file", "collection")
        if name in results
    }
    table = results.assign(**names)
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()


def _table(found: "Benchmark") -> str:
    """Return a table of the collections and their mean, and the mean without each of them."""
    import pandas as pd

    from spectra.formatting import aligned

    shown = {name: title for name, title in SHOWN.items() if name in found.results}
    rows = [_cells(short(str(name)), row, shown) for name, row in found.by_collection.iterrows()]
    rows.append(
        _cells("mean", pd.concat([found.mean, pd.Series({"series": len(found.results)})]), shown)
    )
    lines = aligned(
        pd.DataFrame(rows, columns=["collection", "series", *shown.values()], dtype=object)
    )
    lines.insert(-1, "")
    lines.append(_reference(found.results["normal_rows"] > 0))
    left = found.without_each["VUS-PR"]
    if len(left):
        lines.append(f"VUS-PR without any one collection: {left.min():.3f} … {left.max():.3f}.")
    return "\n".join(lines)


def _reference(given: "pd.Series[bool]") -> str:
    """Return a sentence on the normal data that the detector learned from."""
    if not given.any():
        return "No normal rows given: each file was its own reference."
    if given.all():
        return "Normal rows: the first rows of each file, as given by its name."
    return (
        f"Normal rows: the first rows of {given.sum()} of {given.size} series, as given by their "
        "names; the others were their own reference."
    )


def _cells(name: str, row: "pd.Series[float]", shown: dict[str, str]) -> list[str]:
    """Return one line of the table."""
    return [
        name,
        f"{row['series']:.0f}",
        *(f"{row[number]:.{DIGITS.get(number, 3)}f}" for number in shown),
    ]
