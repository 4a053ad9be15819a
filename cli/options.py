"""Options that several commands share, and their values."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.pipeline import Method

Command = Callable[..., None]

STDIN = "-"
# The keys of spectra.signal.views.VIEWS, whose import would make --help slow.
VIEWS = ("magnitude", "magnitude-dc", "complex", "aligned", "shape", "level", "residual")
USUAL_STEP = "auto"


@dataclass(frozen=True)
class Reading:
    """Choices of how files are read: arguments of `spectra.datasets.read`."""

    time: str | None
    channels: str | None
    label: str | None
    fs: float | None
    resample: str | None

    def read(self, file: str) -> "Recording":
        """The recording in a file, "-" for standard input; raises DataError where there is none."""
        from spectra.datasets import read

        return read(
            sys.stdin.buffer if file == STDIN else file,
            name="stdin" if file == STDIN else file,
            time=self.time,
            channels=self.channels,
            label=self.label,
            fs=self.fs,
            resample=True if self.resample == USUAL_STEP else self.resample,
        )


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
    fail_on_anomaly: bool


def above_zero(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a finite number above 0; raise BadParameter for any other."""
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not a finite number above 0.")
    return value


def neighbours(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a number or share of frames; raise BadParameter for any other value."""
    if value is not None and not (
        0 < value < 1 or (value < math.inf and value >= 1 and value == round(value))
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


def reading_options(command: Command) -> Command:
    """Options of how a file is read, handed to the command as `reading`."""

    @click.option(
        "--time",
        metavar="COLUMN",
        help="The column that holds the time, by name or number from 1; else found.",
    )
    @click.option(
        "--channels", metavar="A,B,…", help="The columns to analyse; else all that hold numbers."
    )
    @click.option(
        "--label",
        metavar="COLUMN",
        help="A column of known anomalies, 0 or 1, which is not analysed.",
    )
    @click.option(
        "--fs",
        type=float,
        metavar="HZ",
        callback=above_zero,
        help="The sampling rate of a file without time.",
    )
    @click.option(
        "--resample",
        metavar="PERIOD",
        help="Put irregular rows on a regular grid: every 5min, 10ms, 0.5 (seconds), or "
        f"{USUAL_STEP} for the usual step.",
    )
    @wraps(command)
    def collected(
        *args: Any,
        time: str | None,
        channels: str | None,
        label: str | None,
        fs: float | None,
        resample: str | None,
        **rest: Any,
    ) -> None:
        command(*args, reading=Reading(time, channels, label, fs, resample), **rest)

    return collected


def row_range(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[int | None, int | None] | None:
    """Return the two numbers of A:B, None for one that is missing."""
    if value is None:
        return None
    first, colon, end = value.partition(":")
    if not colon or not all(part.isascii() and part.isdigit() for part in (first, end) if part):
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


@dataclass(frozen=True)
class Learning:
    """Method and its settings."""

    method: str
    nperseg: int | None
    k: float | None
    view: Any
    epochs: int

    def __post_init__(self) -> None:
        """Raise a usage error for an option of the other method."""
        if self.method == "sequence" and self.k is not None:
            raise click.UsageError(
                "--k belongs to --method spectral: leave it out with --method sequence."
            )
        if self.method == "spectral" and self.epochs:
            raise click.UsageError(
                "--epochs belongs to --method sequence: leave it out with --method spectral."
            )

    def settings(self) -> "Method":
        """Return the method as a value."""
        from spectra.sequence.settings import Sequence
        from spectra.spectral.settings import Spectral

        if self.method == "sequence":
            return Sequence(self.nperseg, self.view, epochs=self.epochs)
        return Spectral(self.nperseg, self.k, self.view)


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
        type=click.IntRange(min=2),
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
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="With --method sequence: also train a Transformer, for at most N epochs.",
    )
    @wraps(command)
    def collected(
        *args: Any,
        method: str,
        nperseg: int | None,
        k: float | None,
        view: str | None,
        epochs: int,
        **rest: Any,
    ) -> None:
        command(*args, learning=Learning(method, nperseg, k, view, epochs), **rest)

    return collected


def alarm_option(command: Command) -> Command:
    """Add the option of the false-alarm probability, which the command gets as `alpha`."""
    option = click.option(
        "--alpha",
        type=float,
        default=0.001,
        show_default=True,
        metavar="P",
        callback=probability,
        help="False-alarm probability per score, above 0 and at most 0.5.",
    )
    return option(command)


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
        type=click.Path(path_type=Path),
        metavar="SCORES.CSV",
        help="Also write one line for each row of FILE: time or row number, anomaly_score, "
        "p_value, and alarm, 0 or 1.",
    )
    @click.option(
        "--fail-on-anomaly", is_flag=True, help="Exit with status 3 if there is an alarm."
    )
    @wraps(command)
    def collected(
        *args: Any, form: str, scores: Path | None, fail_on_anomaly: bool, **rest: Any
    ) -> None:
        command(*args, output=Output(form, scores, fail_on_anomaly), **rest)

    return collected


def verbosity_options(command: Command) -> Command:
    """Add the options of messages, which the command gets as `verbosity`."""

    @click.option("-q", "--quiet", is_flag=True, help="Print only errors on standard error.")
    @click.option("-v", "--verbose", is_flag=True, help="Also print how well the calibration fits.")
    @click.option("--no-progress", is_flag=True, help="Do not show progress on a terminal.")
    @wraps(command)
    def collected(*args: Any, quiet: bool, verbose: bool, no_progress: bool, **rest: Any) -> None:
        verbosity = Verbosity(quiet, verbose, not (quiet or no_progress))
        command(*args, verbosity=verbosity, **rest)

    return collected
