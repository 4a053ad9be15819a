"""`spectra calibrate`: the false-alarm rate that is got beside the one that is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra.cli.files import FileCommand
from spectra.cli.formats import json_text
from spectra.cli.messages import explained, say_each, show, spoken, step
from spectra.cli.options import (
    Learning,
    Reading,
    ReadPath,
    Verbosity,
    learning_options,
    quiet_options,
    reading_options,
    table_or_json_option,
)
from spectra.cli.options.paths import WrittenPath
from spectra.cli.options.values import picture
from spectra.cli.pictures import write_picture

if TYPE_CHECKING:
    from spectra.goodness import Reliability

SCHEMA_VERSION = 1

EPILOG = """\b
JSON: {"schema_version": 1, "file", "n_scores", "n_independent", "smallest_alpha",
"rates": [{"asked", "got", "low", "high"}]}

got is the share of the scores with a p-value below asked, one of three values of
alpha; low and high bound its 95 % interval. smallest_alpha is the smallest
false-alarm probability that the data supports.
"""


@click.command(
    "calibrate",
    cls=FileCommand,
    short_help="Compare false-alarm rates with alpha on normal data.",
    epilog=EPILOG,
    examples=(
        "spectra calibrate normal.csv --plot rates.png",
        "spectra calibrate normal.csv --method sequence --format json",
    ),
)
@click.argument("normal", metavar="NORMAL", type=ReadPath(allow_dash=True))
@learning_options
@reading_options
@table_or_json_option
@click.option(
    "--plot",
    type=WrittenPath(),
    metavar="PICTURE",
    callback=picture,
    help="Also draw the rates and their intervals: a .png, .svg or .pdf file.",
)
@quiet_options
def command(
    normal: str,
    learning: Learning,
    reading: Reading,
    form: str,
    plot: Path | None,
    verbosity: Verbosity,
) -> None:
    """Compare the false-alarm rate with alpha on NORMAL, a recording of normal data.

    Each fifth of the data is scored by a model of the rest. What is printed holds for new data as
    far as it resembles NORMAL.
    """
    from spectra.reliability import check_calibration

    with step(normal, verbosity), explained(normal):
        recording = reading.read(normal)
        found = check_calibration(recording, method=learning.settings())
    if not verbosity.quiet:
        say_each(normal, recording.notes)
    if plot is not None:
        from spectra.plots import plot_reliability

        with explained(normal):
            write_picture(plot_reliability(found), plot)
    if form == "json":
        show(json_text(_document(normal, found)))
    else:
        show(_text(spoken(normal), found))


def _document(name: str, found: "Reliability") -> dict[str, object]:
    """Return the JSON object."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": name,
        "n_scores": found.n_scores,
        "n_independent": found.n_independent,
        "smallest_alpha": found.smallest_alpha,
        "rates": found.rates.to_dict("records"),
    }


def _text(name: str, found: "Reliability") -> str:
    """Return the table."""
    from spectra.text import line

    rows = [
        f"  {row.asked:<7g} {row.got:<8.2g} {row.low:.2g} – {row.high:.2g}"
        for row in found.rates.itertuples(index=False)
    ]
    return "\n".join(
        [
            f"{line(name)}  {found.n_scores:,} scores left out of the learning, about "
            f"{found.n_independent:,.0f} of them independent",
            "  alpha   got      95 % interval",
            *rows,
            f"The data supports false-alarm probabilities down to {found.smallest_alpha:.2g}.",
        ]
    )
