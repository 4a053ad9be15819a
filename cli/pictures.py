"""Pictures and pages of a result, and the command that repeats it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra.atomic import replacing

# Key of the arguments that were typed, in the context of a command.
ARGUMENTS = "spectra.arguments"

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_picture(figure: "Figure", path: Path) -> None:
    """Write a figure to a file, in the format of its ending."""
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:].lower())


def command_line() -> str:
    """Return the command that was typed, quoted for a shell."""
    return shlex.join(["spectra", *click.get_current_context().meta[ARGUMENTS]])
