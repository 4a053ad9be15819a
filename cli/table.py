"""What a person reads of one file: a heading, a line an alarm, and how many there are."""

from typing import TYPE_CHECKING

import click

from spectra.cli.options import STDIN
from spectra.cli.text import printable, short

if TYPE_CHECKING:
    from spectra.detection import Detection

GAP = "  "


def table(file: str, detection: "Detection") -> str:
    """The whole text of a file, its last line ended."""
    from spectra.formatting import aligned

    name = "stdin" if file == STDIN else printable(file)
    rows = detection.table
    rows["channel"] = rows["channel"].map(short)
    lines = [
        click.style(name, bold=True) + GAP + printable(detection.headline),
        *aligned(rows),
        detection.verdict,
    ]
    return "\n".join(lines) + "\n"
