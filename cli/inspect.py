"""`spectra inspect`: show how a file is read, without analysing it."""

from typing import TYPE_CHECKING

import click

from spectra.cli.files import FileCommand
from spectra.cli.formats import json_text
from spectra.cli.messages import show, spoken
from spectra.cli.options import (
    Reading,
    ReadPath,
    opened,
    reading_options,
    table_or_json_option,
)
from spectra.text import LONGEST_PATH, line, short

if TYPE_CHECKING:
    from spectra.datasets import Inspection
    from spectra.datasets.inspection import InspectedChannel

# Version of the JSON of inspect; it rises when a key changes its meaning.
SCHEMA_VERSION = 1

EPILOG = """\b
JSON: {"schema_version": 1, "file", "format", "rows", "sampled", "fs", "rate_from",
"seconds", "start", "end", "channels": [{"name", "unit", "low", "high", "missing",
"flat_stretches", "longest_flat", "longest_flat_row"}], "labelled", "notes",
"problem", "first": [{"time", channels}]}

rows and seconds are estimates if sampled is true. missing and labelled are shares
of the rows. problem is null, or the error message of an analysis.
"""


@click.command(
    "inspect",
    cls=FileCommand,
    short_help="Show how a file is read.",
    epilog=EPILOG,
    examples=(
        "spectra inspect data.csv",
        "spectra inspect logger.xlsx --sheet 2 --format json",
    ),
)
@click.argument("file", metavar="FILE", type=ReadPath(allow_dash=True))
@reading_options
@table_or_json_option
def command(file: str, reading: Reading, form: str) -> None:
    """Show how FILE is read, without analysing it; - is standard input.

    Prints the format, rows, duration and sampling rate; the channels with their range, missing
    values and flat stretches; what is left out and why; and the first rows. Only the beginning of a
    long file is read: 2 MB of a text table, 5000 rows of a workbook, 300,000 of other formats,
    and fewer of many channels.
    """
    from spectra.datasets import inspect

    found = inspect(opened(file), **reading.choices())
    if form == "json":
        document = {"schema_version": SCHEMA_VERSION, **found.to_dict(), "file": file}
        show(json_text(document))
    else:
        show("\n".join(_lines(spoken(file), found)))


def _lines(name: str, found: "Inspection") -> list[str]:
    """Return the lines of the table."""
    from spectra.formatting import percent_text

    lines = [
        click.style(short(name, LONGEST_PATH), bold=True) + "  " + _headline(found),
        f"  rate: {_rate(found)}",
        *([f"  from {_span(found)}"] if found.start is not None else []),
        *(
            [f"  labelled: {percent_text(found.labelled, 2)} of the rows"]
            if found.labelled is not None
            else []
        ),
        "",
        *_channels(found),
        "",
        *_first(found),
    ]
    if found.notes:
        lines += ["", *(f"  note: {line(note)}" for note in found.notes)]
    if found.problem is not None:
        lines += ["", f"  problem: {line(found.problem)}"]
    return lines


def _headline(found: "Inspection") -> str:
    """Return format, rows and duration in one line."""
    from spectra.formatting import counted, duration_text

    about = "about " if found.sampled else ""
    span = "" if found.seconds is None else f", {about}{duration_text(found.seconds)}"
    channels = counted(len(found.channels), "channel")
    return f"{found.format}, {about}{counted(found.rows, 'row')}{span}, {channels}"


def _span(found: "Inspection") -> str:
    """Return the first and the last instant, written as in the table of the first rows."""
    import numpy as np
    import pandas as pd

    from spectra.formatting import instants

    start, end = str(found.start), str(found.end)
    if isinstance(found.first.index, pd.DatetimeIndex):
        return f"{start} to {end}"
    if isinstance(found.first.index, pd.TimedeltaIndex):
        index: pd.Index = pd.TimedeltaIndex([start, end])
    else:
        index = pd.Index([float(start), float(end)])
    return " to ".join(instants(index, np.arange(2), found.fs))


def _rate(found: "Inspection") -> str:
    """Return the sampling rate and its origin."""
    from spectra.formatting import rate_text

    return found.rate_from if found.fs is None else f"{rate_text(found.fs)}, {found.rate_from}"


def _channels(found: "Inspection") -> list[str]:
    """Return one line for each channel."""
    import pandas as pd

    from spectra.formatting import aligned, percent_text

    table = pd.DataFrame(
        {
            "channel": [short(channel.name) for channel in found.channels],
            "unit": [short(channel.unit) for channel in found.channels],
            "lowest": [f"{channel.low:.6g}" for channel in found.channels],
            "highest": [f"{channel.high:.6g}" for channel in found.channels],
            "missing": [percent_text(channel.missing, 2) for channel in found.channels],
            "flat": [_flat(channel) for channel in found.channels],
        }
    )
    return aligned(table if any(table["unit"]) else table.drop(columns="unit"))


def _flat(channel: "InspectedChannel") -> str:
    """Return the number of stretches in which a channel does not change, and the longest."""
    from spectra.formatting import counted

    if not channel.flat_stretches:
        return "none"
    return (
        f"{counted(channel.flat_stretches, 'stretch')[:-1]}es"
        if channel.flat_stretches > 1
        else "1 stretch"
    ) + f", the longest {counted(channel.longest_flat, 'row')} from row {channel.longest_flat_row}"


def _first(found: "Inspection") -> list[str]:
    """Return the first rows of the first eight channels."""
    import numpy as np

    from spectra.formatting import aligned, instants

    shown = found.first.iloc[:, :8]
    names = [short(name) for name in shown.columns]
    table = shown.map(lambda value: f"{value:.6g}").set_axis(names, axis=1)
    fs = None if found.start is None else found.fs
    times = instants(found.first.index, np.arange(len(found.first)), fs)
    table.insert(0, "row" if found.start is None else "time", times, allow_duplicates=True)
    return aligned(table)
