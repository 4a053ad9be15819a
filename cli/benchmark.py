"""`spectra benchmark`: how well a detector finds what is labelled in a folder of recordings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra.cli.files import check_output, replacing
from spectra.cli.run import BAD_DATA, CLEAR_LINE, say
from spectra.cli.text import printable

if TYPE_CHECKING:
    import pandas as pd

    from spectra.benchmark import Benchmark

EPILOG = """\b
RESULTS.CSV has one line a series: file, collection, n (rows), nperseg, seconds,
VUS-PR, VUS-ROC, AUC-PR, AUC-ROC; of the alarms at the detector's own threshold
the precision, recall and F1 of rows, range_…, affiliation_…, composite_F1,
point_adjusted_F1, alarms (how many), event_recall, event_precision, event_F1,
false_alarm_share (of the normal rows), detection_delay (rows); oracle_F1 and
oracle_event_F1, of the best threshold by the labels, for events among those that
report at most a tenth of the normal rows; buffer (the largest of VUS, the
dominant period), normal_rows (how many were learned from; 0: all rows).

\b
Exit status: 0 it ran, 1 a file or the folder could not be used, 2 the command
was not understood.
"""
SHOWN = {
    "VUS-PR": "VUS-PR",
    "VUS-ROC": "VUS-ROC",
    "AUC-PR": "AUC-PR",
    "event_F1": "event F1",
    "oracle_event_F1": "its oracle",
    "false_alarm_share": "false share",
    "alarms": "alarms",
    "seconds": "seconds",
}
DIGITS = {"alarms": 1, "seconds": 2}


def jobs(_ctx: click.Context, _param: click.Parameter, value: int) -> int:
    """Refuse what is no number of processes."""
    if value == 0 or value < -1:
        raise click.BadParameter(f"{value} is neither a number of processes nor -1, one a core.")
    return value


@click.command(
    "benchmark", short_help="How well a folder of labelled files is solved.", epilog=EPILOG
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--no-normal",
    is_flag=True,
    help="Learn from each file itself, also where its name tells normal rows.",
)
@click.option(
    "--detector",
    metavar="NAME",
    default="spectral",
    show_default=True,
    help="Or module:Class, one of your own with fit(X) and score_samples(X), high = normal, X of "
    "rows and channels.",
)
@click.option(
    "-j",
    "--jobs",
    type=int,
    default=1,
    show_default=True,
    metavar="N",
    callback=jobs,
    help="Processes; -1: all cores.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="RESULTS.CSV",
    help="Also write a line a series.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors.")
@click.option(
    "--no-progress", is_flag=True, help="Do not show progress, which only a terminal is shown."
)
def command(
    folder: Path,
    no_normal: bool,
    detector: str,
    jobs: int,
    output: Path | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Score every labelled CSV file of the folder DIR, and compare with the labels: a table by
    collection, and the mean.

    The first N rows are taken as normal where a file's name has _tr_N_, as those of the TSB-AD
    benchmark do. Settings are the defaults everywhere, and the labels are only compared with.
    """
    if output is not None:
        check_output(output, [])

    from spectra.benchmark import benchmark, load_detector

    try:
        chosen = load_detector(detector)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--detector") from error
    shown = sys.stderr.isatty() and not (quiet or no_progress)

    def progress(done: int, total: int, file: str) -> None:
        click.echo(f"{CLEAR_LINE}{done}/{total} {printable(file)}", nl=False, err=True)

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
            click.echo(CLEAR_LINE, nl=False, err=True)
    if output is not None:
        with replacing(output) as file:
            file.write(
                found.results.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()
            )
    click.echo(_table(found))
    for reason in found.failed.values():
        say(f"Error: {reason}")
    if found.failed:
        click.get_current_context().exit(BAD_DATA)


def _table(found: "Benchmark") -> str:
    """One line a collection, the mean over series, and how far it depends on single collections."""
    import pandas as pd

    from spectra.formatting import aligned

    shown = {name: title for name, title in SHOWN.items() if name in found.results}
    rows = [
        _cells(printable(str(name)), row, shown) for name, row in found.by_collection.iterrows()
    ]
    rows.append(
        _cells("mean", pd.concat([found.mean, pd.Series({"series": len(found.results)})]), shown)
    )
    lines = aligned(
        pd.DataFrame(rows, columns=["collection", "series", *shown.values()], dtype=object)
    )
    lines.insert(-1, "")
    lines.append(_told(found.results["normal_rows"] > 0))
    left = found.without_each["VUS-PR"]
    if len(left):
        lines.append(
            f"VUS-PR with any one collection left out: {left.min():.3f} … {left.max():.3f}."
        )
    return "\n".join(lines)


def _told(told: "pd.Series[bool]") -> str:
    """What the detector learned from."""
    if not told.any():
        return "No series was told what is normal: each learned from itself."
    if told.all():
        return "Each series learned from its first rows, which its name says are normal."
    return (
        f"{told.sum()} of {told.size} series learned from their first rows, normal by name; "
        "the rest from themselves."
    )


def _cells(name: str, row: "pd.Series[float]", shown: dict[str, str]) -> list[str]:
    """A line of the table."""
    return [
        name,
        f"{row['series']:.0f}",
        *(f"{row[number]:.{DIGITS.get(number, 3)}f}" for number in shown),
    ]
