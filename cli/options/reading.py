"""Options of how files are read."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from spectra.cli.options.advanced import Advanced
from spectra.cli.options.numbers import Hertz
from spectra.cli.options.paths import STDIN, opened
from spectra.cli.options.values import (
    USUAL_STEP,
    byte_count,
    delimiter_sign,
    grid_period,
    sampling_rate,
)

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.datasets.grid_values import Choice
    from spectra.datasets.raw import Request
    from spectra.errors import DataError


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
    as_is: bool = False
    max_bytes: int | None = None

    def read(self, file: str) -> "Recording":
        """Return the recording in a file, "-" for standard input.

        Raises DataError where there is none, or where the file holds several series.
        """
        from spectra.datasets import read

        return read(opened(file), **self._arguments(file))

    def read_series(self, file: str, *, progress: bool) -> "dict[str, Recording | DataError]":
        """Return the recordings of the series in a file by their names, "" for a single one.

        The values of a file too large for memory stay there; `progress` shows how far it is read
        and scored. Raises DataError where no series can be read.
        """
        from spectra.cli.large import Input
        from spectra.datasets import read_series

        with Input(file) as source:
            large = source.recording(self.request(), self.fs, shown=progress)
            if large is not None:
                return {"": large}
            return read_series(source.in_memory, **self._arguments(file))

    def in_memory(self, file: str) -> "Recording | None":
        """Return the recording in a large file as `read` does; None where memory is too small."""
        from spectra.datasets.large.opening import fits_in_memory
        from spectra.datasets.source import open_source

        if file == STDIN or not fits_in_memory(open_source(file)):
            return None
        return self.read(file)

    def open(self, file: str, *, progress: bool) -> "Recording":
        """Return the same as `read`; the values of a file too large for memory stay there."""
        from spectra.cli.large import Input
        from spectra.datasets import read

        with Input(file) as source:
            large = source.recording(self.request(), self.fs, shown=progress)
            return large or read(source.in_memory, **self._arguments(file))

    def request(self) -> "Request":
        """Return the choices as readers get them."""
        from spectra.datasets.raw import Request, is_resampled

        arguments = self.choices()
        named = ("time", "channels", "label", "variable", "sheet", "series", "dates", "delimiter")
        return Request(
            resample=is_resampled(arguments["resample"]),
            as_is=self.as_is,
            **{name: arguments[name] for name in named},
        )

    def choices(self) -> dict[str, Any]:
        """Return the keyword arguments of `spectra.datasets.inspect`."""
        arguments = {field.name: getattr(self, field.name) for field in fields(self)}
        arguments["resample"] = True if self.resample == USUAL_STEP else self.resample
        return arguments

    def _arguments(self, file: str) -> dict[str, Any]:
        """Return the keyword arguments of `spectra.datasets.read`."""
        return {**self.choices(), "name": "stdin" if file == STDIN else file}


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for reading a file, which the command gets as `reading`."""
    for option in (
        click.option(
            "--sheet",
            cls=Advanced,
            metavar="NAME",
            help="The sheet of an Excel file, by name or number; by default the first.",
        ),
        click.option(
            "--variable",
            cls=Advanced,
            metavar="NAME",
            help="The variable of a MATLAB, NPZ or HDF5 file (/group/data); by default those that "
            "fit.",
        ),
        click.option(
            "--max-bytes",
            cls=Advanced,
            metavar="BYTES",
            callback=byte_count,
            help="Largest number of bytes to read from a compressed file, such as 2G; by default "
            "half of the memory.",
        ),
        click.option(
            "--as-is",
            cls=Advanced,
            is_flag=True,
            help="Read totals, rows of events and numbers such as -999 as data; by default they "
            "are recognised and left out.",
        ),
        click.option(
            "--delimiter",
            cls=Advanced,
            metavar="SIGN",
            callback=delimiter_sign,
            help="The delimiter of a text table: one sign, tab or blank; by default it is "
            "recognised.",
        ),
        click.option(
            "--dates",
            cls=Advanced,
            type=click.Choice(["day-first", "month-first"]),
            help="The order of day and month in dates; by default the one that fits all rows.",
        ),
        click.option(
            "--repeats",
            cls=Advanced,
            type=click.Choice(["first", "last", "max", "min", "mean"]),
            help="The value to take from several rows with one time stamp.",
        ),
        click.option(
            "--series",
            cls=Advanced,
            metavar="COLUMN",
            help="The column that names stacked series; COLUMN=VALUE for one series, none for no "
            "series; by default it is recognised.",
        ),
        click.option(
            "--resample",
            cls=Advanced,
            metavar="PERIOD",
            callback=grid_period,
            help="Put irregular rows on a regular grid: every 5min, 10ms, 0.5 (seconds), or "
            f"{USUAL_STEP} for the usual step.",
        ),
        click.option(
            "--fs",
            type=Hertz(),
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
