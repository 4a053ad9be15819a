"""`spectra foundations`: the mathematics under spectra, in numbers and in a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra.atomic import replacing
from spectra.cli.files import FileCommand
from spectra.cli.messages import show
from spectra.cli.options import WrittenPath

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = ("png", "pdf", "svg")


@click.command(
    "foundations",
    cls=FileCommand,
    short_help="Print and draw the mathematics under spectra.",
    examples=(
        "spectra foundations",
        "spectra foundations -o foundations.png",
    ),
)
@click.option(
    "-o",
    "--output",
    type=WrittenPath(),
    metavar="FILE",
    help="Also draw the figure, as .png, .pdf or .svg; needs matplotlib.",
)
def command(output: Path | None) -> None:
    """Print a worked linear system and the area under the Gaussian, and draw nine formulas.

    The system is A·x = b with A = P·L·U, its eigenvalues and its solution. The figure shows a
    linear layer, softmax, attention, positional encoding, the unit circle, a quadratic loss, a
    linear system, the Gaussian, and a Fourier transform, each drawn from its function in
    spectra.foundations.
    """
    if output is not None:
        _draw(output)
    from spectra import foundations as f

    A, b = f.EXAMPLE_A, f.EXAMPLE_B
    show(_lines("A", A))
    for name, factor in zip("PLU", f.lu(A), strict=True):
        show(_lines(name, factor))
    show(_lines("eigenvalues of A", [f.eigenvalues(A)]))
    show(_lines("b", [[value] for value in b]))
    show(_lines("solution x", f.solve(A, b)[:, None]))
    show(f"area under the Gaussian = {f.gaussian_area():.12f}")


def _lines(name: str, matrix: "Iterable[Iterable[float]]") -> str:
    """Return a matrix as text: its name, then one line for each row, with aligned columns."""
    cells = [[f"{value:.10g}" for value in row] for row in matrix]
    width = max(len(cell) for row in cells for cell in row)
    rows = ["[ " + " ".join(cell.rjust(width) for cell in row) + " ]" for row in cells]
    head = f"{name} = "
    return head + ("\n" + " " * len(head)).join(rows) + "\n"


def _draw(output: Path) -> None:
    """Write the figure; raise a usage error for a file type that is not supported."""
    form = output.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise click.BadParameter(
            f"{output} must end in {', '.join('.' + name for name in FORMATS)}.", param_hint="-o"
        )
    try:
        from spectra.foundations.figure import draw
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    figure = draw()
    with replacing(output) as file:
        figure.savefig(file, format=form)
