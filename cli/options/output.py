"""Options of results: their form, and the files that they are written to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from spectra.cli.options.advanced import Advanced
from spectra.cli.options.numbers import Number, Whole
from spectra.cli.options.paths import WrittenPath
from spectra.cli.options.values import bearing_name, picture, revolutions

FORMATS = ("table", "json", "jsonl", "csv", "parquet")


@dataclass(frozen=True)
class Output:
    """Destination and form of results.

    Attributes
    ----------
    format : str
    scores, plot, report : Path or None
    fail_on_anomaly, keep_formulas : bool
    sort : str
        "time" or "p": the order of the alarms.
    top : int or None
        Number of the strongest alarms that are shown.
    every : bool
        Show every alarm in a table.
    bearing : str or None
    rpm : float or None
        Bearing and speed of the shaft, for the report.
    """

    format: str
    scores: Path | None
    plot: Path | None
    report: Path | None
    fail_on_anomaly: bool
    keep_formulas: bool = False
    sort: str = "time"
    top: int | None = None
    every: bool = False
    bearing: str | None = None
    rpm: float | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The files to write, by the option that names them."""
        named = {"-o": self.scores, "--plot": self.plot, "--report": self.report}
        return {option: path for option, path in named.items() if path is not None}


def form_of_results(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Return a form; raise BadParameter for one whose library is missing."""
    if value == "parquet" and find_spec("pyarrow") is None:
        raise click.BadParameter("parquet needs pyarrow: pip install 'spectra-anomaly[parquet]'.")
    return value


def _or_json(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option `form`: a form for people, or JSON."""
    return click.option(
        "--format",
        "form",
        type=click.Choice([text, "json"]),
        default=text,
        show_default=True,
        help="Format of the result on standard output.",
    )


text_or_json_option, table_or_json_option = _or_json("text"), _or_json("table")


keep_formulas_option = click.option(
    "--keep-formulas",
    cls=Advanced,
    is_flag=True,
    help="In CSV, keep names that begin with =, +, - or @ as they are; by default an apostrophe "
    "before them keeps spreadsheets from running them.",
)


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the results, which the command gets as `output`."""

    @click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        callback=form_of_results,
        help="Format of the alarms on standard output.",
    )
    @click.option(
        "--sort",
        type=click.Choice(["time", "p"]),
        default="time",
        show_default=True,
        help="Order of the alarms: by time, or by p-value, the strongest first.",
    )
    @click.option(
        "--top",
        type=Whole(1, of="alarms", such_as=5),
        metavar="N",
        help="Show only the N strongest alarms. [default: 20 in a table, otherwise all]",
    )
    @click.option("--all", "every", is_flag=True, help="Show all alarms in a table.")
    @click.option(
        "-o",
        "--output",
        "scores",
        type=WrittenPath("csv"),
        metavar="SCORES.CSV",
        help="Also write one line for each row of FILE: time or row number, anomaly_score, "
        "p_value, and alarm, 0 or 1; gzipped if the name ends in .gz.",
    )
    @click.option(
        "--plot",
        type=WrittenPath(),
        metavar="PICTURE",
        callback=picture,
        help="Also draw signal, score and spectrogram: a .png, .svg or .pdf file.",
    )
    @click.option(
        "--report",
        type=WrittenPath("html"),
        metavar="PAGE.HTML",
        help="Also write a page for a browser: signal, score, and an explanation of each of the "
        "strongest alarms.",
    )
    @click.option(
        "--fail-on-anomaly", is_flag=True, help="Exit with status 3 if there is an alarm."
    )
    @click.option(
        "--bearing",
        cls=Advanced,
        metavar="BEARING",
        callback=bearing_name,
        help="With --report and --rpm: look for defects of a rolling bearing, as spectra explain.",
    )
    @click.option(
        "--rpm",
        cls=Advanced,
        type=Number("1797", "revolutions a minute"),
        metavar="RPM",
        callback=revolutions,
        help="With --report and --bearing: revolutions of the shaft a minute.",
    )
    @keep_formulas_option
    @wraps(command)
    def collected(
        *args: Any,
        bearing: str | None,
        rpm: float | None,
        form: str,
        sort: str,
        top: int | None,
        every: bool,
        scores: Path | None,
        plot: Path | None,
        report: Path | None,
        fail_on_anomaly: bool,
        keep_formulas: bool,
        **rest: Any,
    ) -> None:
        if top is not None and every:
            raise click.UsageError("--top and --all exclude each other: give one of them.")
        if (rpm is None) != (bearing is None):
            raise click.UsageError("--bearing needs --rpm, and --rpm needs --bearing: give both.")
        if bearing is not None and report is None:
            raise click.UsageError(
                "--bearing needs --report here; spectra explain prints the defects."
            )
        output = Output(
            form,
            scores,
            plot,
            report,
            fail_on_anomaly,
            keep_formulas,
            sort,
            top,
            every,
            bearing,
            rpm,
        )
        command(*args, output=output, **rest)

    return collected
