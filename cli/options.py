"""Options that several commands share, and their values."""

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from spectra.errors import DataError
from spectra.parameters import FASTEST, MOST_ROWS, SLOWEST

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.datasets.grid_values import Choice
    from spectra.model import Method

Command = Callable[..., None]

STDIN = "-"
# The keys of spectra.signal.views.VIEWS, whose import would make --help slow.
VIEWS = ("magnitude", "magnitude-dc", "complex", "aligned", "shape", "level", "residual")
USUAL_STEP = "auto"
PICTURES = (".png", ".svg", ".pdf")


def opened(file: str) -> str | BinaryIO:
    """Return what `spectra.datasets.read` opens: a path, or standard input for "-".

    Raises DataError where standard input is closed.
    """
    if file != STDIN:
        return file
    if sys.stdin is None:
        raise DataError("standard input is closed: give the name of a file.")
    return sys.stdin.buffer


class ReadPath(click.Path):
    """Path that a command reads: of a file, or of a folder of files."""


class WrittenPath(click.Path):
    """Path of a file that a command writes."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)


@dataclass(frozen=True)
class Reading:
    """Choices of how files are read: arguments of `spectra.datasets.read`."""

    time: str | None
    channels: str | None
    label: str | None
    fs: float | None
    resample: str | None
    variable: str | None = None
    sheet: str | None = None
    series: str | None = None
    repeats: "Choice | None" = None
    dates: str | None = None
    delimiter: str | None = None
    max_bytes: int | None = None

    def read(self, file: str) -> "Recording":
        """Return the recording in a file, "-" for standard input.

        Raises DataError where there is none, or where the file holds several series.
        """
        from spectra.datasets import read

        return read(opened(file), **self._arguments(file))

    def read_series(self, file: str) -> "dict[str, Recording | DataError]":
        """Return the recordings of the series in a file by their names, "" for a single one.

        Raises DataError where none can be read.
        """
        from spectra.datasets import read_series

        return read_series(opened(file), **self._arguments(file))

    def choices(self) -> dict[str, Any]:
        """Return the keyword arguments of `spectra.datasets.inspect`."""
        arguments = {field.name: getattr(self, field.name) for field in fields(self)}
        arguments["resample"] = True if self.resample == USUAL_STEP else self.resample
        return arguments

    def _arguments(self, file: str) -> dict[str, Any]:
        """Return the keyword arguments of `spectra.datasets.read`."""
        return {**self.choices(), "name": "stdin" if file == STDIN else file}


@dataclass(frozen=True)
class Verbosity:
    """Choice of the messages on standard error; errors are always shown."""

    quiet: bool
    verbose: bool
    progress: bool


@dataclass(frozen=True)
class Output:
    """Destination and format of results."""

    format: str
    scores: Path | None
    plot: Path | None
    report: Path | None
    fail_on_anomaly: bool
    keep_formulas: bool = False

    @property
    def files(self) -> dict[str, Path]:
        """The files to write, by the option that names them."""
        named = {"-o": self.scores, "--plot": self.plot, "--report": self.report}
        return {option: path for option, path in named.items() if path is not None}


def above_zero(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a finite number above 0; raise BadParameter for any other."""
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not a finite number above 0.")
    return value


def sampling_rate(
    _ctx: click.Context, _param: click.Parameter, value: float | None
) -> float | None:
    """Return a sampling rate; raise BadParameter for any other number."""
    if value is not None and not SLOWEST <= value <= FASTEST:
        raise click.BadParameter(f"{value:g} must lie in {SLOWEST:g} … {FASTEST:g}.")
    return value


def neighbours(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a number or share of frames; raise BadParameter for any other value."""
    if value is not None and not (
        0 < value < 1 or (1 <= value < MOST_ROWS and value == int(value))
    ):
        raise click.BadParameter(
            f"{value:g} is neither a number of frames, 1 or more, nor a share of them, below 1."
        )
    return value


def probability(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    """Return a false-alarm probability; raise BadParameter for any other value."""
    if not 0 < value <= 0.5:
        raise click.BadParameter(f"{value:g} must be above 0 and at most 0.5.")
    return value


def share(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a share above 0 and below 1; raise BadParameter for any other value."""
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value:g} must be above 0 and below 1.")
    return value


def alarm_rate(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return the text of a rate of false alarms; raise BadParameter for any other."""
    if value is not None:
        from spectra.calibration.rates import AlarmRate

        try:
            AlarmRate.parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return value


def byte_count(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return the bytes of a number such as 500000, 500M or 2G."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([kMGT]?)i?B?", value)
    if match is None or float(match[1]) < 1:
        raise click.BadParameter(f"'{value}' is no number of bytes, such as 500000, 500M or 2G.")
    return min(int(float(match[1]) * 1024 ** " kMGT".index(match[2] or " ")), MOST_ROWS)


def picture(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Return the name of a picture; raise BadParameter for a format that is not drawn."""
    if value is None:
        return None
    if value.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"'{value}' must end in {', '.join(PICTURES[:-1])} or .pdf.")
    if find_spec("matplotlib") is None:
        raise click.BadParameter("pictures need matplotlib: pip install matplotlib.")
    return value


def reading_options(command: Command) -> Command:
    """Add the options for reading a file, which the command gets as `reading`."""
    for option in (
        click.option(
            "--sheet",
            metavar="NAME",
            help="The sheet of an Excel file, by name or number; by default the first.",
        ),
        click.option(
            "--variable",
            metavar="NAME",
            help="The variable of a MATLAB, NPZ or HDF5 file (/group/data); by default those that "
            "fit.",
        ),
        click.option(
            "--max-bytes",
            metavar="BYTES",
            callback=byte_count,
            help="Largest number of bytes to read from a compressed file, such as 2G; by default "
            "half of the memory.",
        ),
        click.option(
            "--delimiter",
            metavar="SIGN",
            help="The delimiter of a text table: one sign, tab or blank; by default it is "
            "recognised.",
        ),
        click.option(
            "--dates",
            type=click.Choice(["day-first", "month-first"]),
            help="The order of day and month in dates; by default the one that fits all rows.",
        ),
        click.option(
            "--repeats",
            type=click.Choice(["first", "last", "max", "min", "mean"]),
            help="The value to take from several rows with one time stamp.",
        ),
        click.option(
            "--series",
            metavar="COLUMN",
            help="The column that names stacked series; COLUMN=VALUE for one series, none for no "
            "series; by default it is recognised.",
        ),
        click.option(
            "--resample",
            metavar="PERIOD",
            help="Put irregular rows on a regular grid: every 5min, 10ms, 0.5 (seconds), or "
            f"{USUAL_STEP} for the usual step.",
        ),
        click.option(
            "--fs",
            type=float,
            metavar="HZ",
            callback=sampling_rate,
            help="The sampling rate; it takes precedence over a rate and time stamps in the file.",
        ),
        click.option(
            "--label",
            metavar="COLUMN",
            help="A column of known anomalies, 0 or 1, which is not analysed; in EDF and WFDB "
            "files the annotations that are anomalies (V,F).",
        ),
        click.option(
            "--channels",
            metavar="A,B,…",
            help="The columns to analyse; by default all that hold measured numbers.",
        ),
        click.option(
            "--time",
            metavar="COLUMN",
            help="The column of the time, by name or number from 1, or none; by default it is "
            "recognised.",
        ),
    ):
        command = option(command)

    @wraps(command)
    def collected(*args: Any, **rest: Any) -> None:
        given = {field.name: rest.pop(field.name) for field in fields(Reading)}
        command(*args, reading=Reading(**given), **rest)

    return collected


def row_range(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[int | None, int | None] | None:
    """Return the two numbers of A:B, None for one that is missing."""
    if value is None:
        return None
    first, colon, end = value.partition(":")
    if not colon or not all(re.fullmatch("[0-9]{0,18}", part) for part in (first, end)):
        raise click.BadParameter(f"'{value}' must have the form A:B, such as 0:5000.")
    return int(first) if first else None, int(end) if end else None


def rows_option(command: Command) -> Command:
    """Add the option of the normal rows, which the command gets as `normal_rows`."""
    option = click.option(
        "--normal-rows",
        metavar="A:B",
        callback=row_range,
        help="Learn from the rows A to B − 1, counted from 0. Either may be left out.",
    )
    return option(command)


# Options of one method alone, and that method.
OWN_OPTIONS: Final = {"k": "spectral", "causal": "spectral", "epochs": "sequence"}


@dataclass(frozen=True)
class Learning:
    """Name of a method, and the options that are given."""

    method: str
    given: dict[str, Any]

    def __post_init__(self) -> None:
        """Raise a usage error for an option of another method."""
        for option, method in OWN_OPTIONS.items():
            if option in self.given and method != self.method:
                raise click.UsageError(
                    f"--{option} belongs to --method {method}: leave it out with --method "
                    f"{self.method}."
                )

    def settings(self) -> "Method":
        """Return the method as a value."""
        from spectra.pipeline import METHODS

        return METHODS[self.method](**self.given)


def learning_options(command: Command) -> Command:
    """Add the options of the method, which the command gets as `learning`."""

    @click.option(
        "--method",
        type=click.Choice(["spectral", "sequence"]),
        default="spectral",
        show_default=True,
        help="spectral: compare each frame with all normal frames; sequence: with the frame "
        "predicted from those before it.",
    )
    @click.option(
        "--nperseg",
        type=click.IntRange(2, MOST_ROWS),
        metavar="ROWS",
        help="Rows of a frame. [default: several lengths side by side; with --method sequence a "
        "sixteenth of the period]",
    )
    @click.option(
        "--k",
        type=float,
        metavar="K",
        callback=neighbours,
        help="Number (or, below 1, share) of nearest normal frames to compare with. [default: 1, "
        "and also 0.1 if the file is its own reference]",
    )
    @click.option(
        "--view",
        type=click.Choice(VIEWS),
        help="Compare a single view of the spectra. [default: several views side by side]",
    )
    @click.option(
        "--epochs",
        type=click.IntRange(0, MOST_ROWS),
        default=0,
        show_default=True,
        metavar="N",
        help="With --method sequence: also train a Transformer, for at most N epochs.",
    )
    @click.option(
        "--causal",
        is_flag=True,
        help="Judge each row by the frames that end before it, so that no score depends on what "
        "comes later.",
    )
    @wraps(command)
    def collected(
        *args: Any,
        method: str,
        nperseg: int | None,
        k: float | None,
        view: str | None,
        epochs: int,
        causal: bool,
        **rest: Any,
    ) -> None:
        options = {"nperseg": nperseg, "k": k, "view": view, "epochs": epochs, "causal": causal}
        given = {name: value for name, value in options.items() if value}
        command(*args, learning=Learning(method, given), **rest)

    return collected


alpha_option = click.option(
    "--alpha",
    type=float,
    default=0.001,
    show_default=True,
    metavar="P",
    callback=probability,
    help="False-alarm probability per score, above 0 and at most 0.5.",
)


def alarm_options(command: Command) -> Command:
    """Add the options of the threshold, which the command gets as `threshold`.

    It is a dictionary of the keyword arguments of `spectra.detect` that say it.
    """

    @alpha_option
    @click.option(
        "--false-alarms",
        metavar="RATE",
        callback=alarm_rate,
        help="Number of false alarms, in place of --alpha: 1/day, 2/hour, 0.1/recording.",
    )
    @click.option(
        "--fdr",
        type=float,
        metavar="Q",
        callback=share,
        help="Share of the alarms that may be false, in place of --alpha.",
    )
    @wraps(command)
    def wrapped(
        *args: Any, alpha: float, false_alarms: str | None, fdr: float | None, **rest: Any
    ) -> None:
        source = click.get_current_context().get_parameter_source("alpha")
        given = {"alpha": alpha} if source is not click.core.ParameterSource.DEFAULT else {}
        others = {"--false-alarms": false_alarms, "--fdr": fdr}
        named = [*(["--alpha"] if given else []), *(n for n, v in others.items() if v is not None)]
        if len(named) > 1:
            raise click.UsageError(
                f"{named[0]} and {named[1]} exclude each other: give one of them."
            )
        threshold = {"alpha": alpha, "false_alarms": false_alarms, "fdr": fdr}
        return command(*args, threshold=threshold, **rest)

    return wrapped


keep_formulas_option = click.option(
    "--keep-formulas",
    is_flag=True,
    help="In CSV, keep names that begin with =, +, - or @ as they are; by default an apostrophe "
    "before them keeps spreadsheets from running them.",
)


def output_options(command: Command) -> Command:
    """Add the options of the results, which the command gets as `output`."""

    @click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help="Format of the alarms on standard output.",
    )
    @click.option(
        "-o",
        "--output",
        "scores",
        type=WrittenPath(),
        metavar="SCORES.CSV",
        help="Also write one line for each row of FILE: time or row number, anomaly_score, "
        "p_value, and alarm, 0 or 1.",
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
        type=WrittenPath(),
        metavar="PAGE.HTML",
        help="Also write a page for a browser: signal, score, and an explanation of each of the "
        "strongest alarms.",
    )
    @click.option(
        "--fail-on-anomaly", is_flag=True, help="Exit with status 3 if there is an alarm."
    )
    @keep_formulas_option
    @wraps(command)
    def collected(
        *args: Any,
        form: str,
        scores: Path | None,
        plot: Path | None,
        report: Path | None,
        fail_on_anomaly: bool,
        keep_formulas: bool,
        **rest: Any,
    ) -> None:
        output = Output(form, scores, plot, report, fail_on_anomaly, keep_formulas)
        command(*args, output=output, **rest)

    return collected


def verbosity_options(command: Command) -> Command:
    """Add the options of messages, which the command gets as `verbosity`."""

    @click.option("-q", "--quiet", is_flag=True, help="Print only errors on standard error.")
    @click.option(
        "-v", "--verbose", is_flag=True, help="Also print the goodness of fit of the calibration."
    )
    @click.option("--no-progress", is_flag=True, help="Do not show progress on a terminal.")
    @wraps(command)
    def collected(*args: Any, quiet: bool, verbose: bool, no_progress: bool, **rest: Any) -> None:
        verbosity = Verbosity(quiet, verbose, not (quiet or no_progress))
        command(*args, verbosity=verbosity, **rest)

    return collected
