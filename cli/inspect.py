"""`spectra inspect`: what of a file would be analysed."""

import json
from typing import TYPE_CHECKING

import click

from spectra.cli.options import STDIN, Reading, opened, reading_options
from spectra.cli.text import printable, short

if TYPE_CHECKING:
    from spectra.datasets import Inspection
    from spectra.datasets.inspection import InspectedChannel

SCHEMA_VERSION = 1

EPILOG = """\b
JSON: {"schema_version": 1, "file", "format", "rows", "sampled", "fs", "rate_from",
"seconds", "start", "end", "channels": [{"name", "unit", "low", "high", "missing",
"flat_stretches", "longest_flat", "longest_flat_row"}], "labelled", "notes",
"problem", "first": [{"time", channels}]}

rows and seconds are estimates where sampled is true; missing and labelled are shares
of the rows; problem is null, or the sentence that an analysis would end with.
"""


@click.command("inspect", short_help="Show what of a file would be analysed.", epilog=EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@reading_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="The form of the result on standard output.",
)
def command(file: str, reading: Reading, form: str) -> None:
    """Show what of FILE would be analysed, without analysing it; - is standard input.

    Its format, rows, span and sampling rate, its channels with their range and what of them is
    missing or flat, what is left out and why, and the first rows. Of a text table of more than 2 MB
    the beginning is read.
    """
    from spectra.datasets import inspect

    found = inspect(opened(file), **reading.choices())
    name = "stdin" if file == STDIN else file
    if form == "json":
        document = {"schema_version": SCHEMA_VERSION, **found.to_dict(), "file": name}
        click.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        click.echo("\n".join(_lines(name, found)))


def _lines(name: str, found: "Inspection") -> list[str]:
    """The inspection for a person."""
    lines = [
        click.style(printable(name), bold=True) + "  " + _headline(found),
        f"  rate: {_rate(found)}",
        *([f"  from {found.start} to {found.end}"] if found.start is not None else []),
        *([f"  labelled: {found.labelled:.2%} of the rows"] if found.labelled is not None else []),
        "",
        *_channels(found),
        "",
        *_first(found),
    ]
    if found.notes:
        lines += ["", *(f"  note: {printable(note)}" for note in found.notes)]
    if found.problem is not None:
        lines += ["", f"  problem: {printable(found.problem)}"]
    return lines


def _headline(found: "Inspection") -> str:
    """Format, rows and span in one line."""
    from spectra.formatting import counted, duration_text

    about = "about " if found.sampled else ""
    span = "" if found.seconds is None else f", {about}{duration_text(found.seconds)}"
    channels = counted(len(found.channels), "channel")
    return f"{found.format}, {about}{counted(found.rows, 'row')}{span}, {channels}"


def _rate(found: "Inspection") -> str:
    """The sampling rate, and where it is from."""
    from spectra.formatting import rate_text

    return found.rate_from if found.fs is None else f"{rate_text(found.fs)}, {found.rate_from}"


def _channels(found: "Inspection") -> list[str]:
    """A line a channel."""
    import pandas as pd

    from spectra.formatting import aligned

    table = pd.DataFrame(
        {
            "channel": [short(channel.name) for channel in found.channels],
            "unit": [short(channel.unit) for channel in found.channels],
            "lowest": [f"{channel.low:.6g}" for channel in found.channels],
            "highest": [f"{channel.high:.6g}" for channel in found.channels],
            "missing": [f"{channel.missing:.2%}" for channel in found.channels],
            "flat": [_flat(channel) for channel in found.channels],
        }
    )
    return aligned(table if any(table["unit"]) else table.drop(columns="unit"))


def _flat(channel: "InspectedChannel") -> str:
    """How much of a channel does not change."""
    from spectra.formatting import counted

    if not channel.flat_stretches:
        return "none"
    return (
        f"{counted(channel.flat_stretches, 'stretch')[:-1]}es"
        if channel.flat_stretches > 1
        else "1 stretch"
    ) + f", the longest {counted(channel.longest_flat, 'row')} from row {channel.longest_flat_row}"


def _first(found: "Inspection") -> list[str]:
    """The first rows, the first few channels of many."""
    from spectra.formatting import aligned, instants

    shown = found.first.iloc[:, :8]
    names = [short(name) for name in shown.columns]
    table = shown.map(lambda value: f"{value:.6g}").set_axis(names, axis=1)
    times = instants(found.first.index, found.fs)
    table.insert(0, "row" if found.start is None else "time", times, allow_duplicates=True)
    return aligned(table)
