"""The result of a reader, and the request it gets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.errors import DataError
from spectra.parameters import require, require_integer
from spectra.text import few_of

DATE_ORDERS = ("day-first", "month-first")

_FEWEST_ROWS = 1000
"""Rows that are read of the widest file, of which only so many values are wanted."""

Place = Callable[[int], str]
"""Names the place of a row, counted from 0, in messages: "data.csv, line 17"."""


@dataclass(frozen=True)
class Request:
    """Choices of the user that a reader follows: columns by name or number from 1.

    Parameters
    ----------
    time, channels, label, series : str or None
        The columns of the time, the channels (names, or one text with commas), the labels, and the
        names of stacked series. Time and series may be "none". In a format with annotations
        `label` names the annotations that count, such as "V,F".
    variable : str or None
        The variables to read from a file that holds several arrays.
    sheet : str or None
        The sheet of a workbook, by name or number from 1.
    resample : bool
        Whether signals of different rates are brought to one.
    dates : str or None
        "day-first" or "month-first", where dates leave it open.
    delimiter : str or None
        The delimiter of a text table.
    nrows : int or None
        The most rows to read.
    as_is : bool
        Whether totals, events and numbers such as -999 are read as data.
    nvalues : int or None
        The most values to read, by which fewer rows are read of many columns; 1000 at least.

    Raises
    ------
    DataError
        For another order of dates.
    """

    time: str | None = None
    channels: str | Sequence[str] | None = None
    label: str | None = None
    variable: str | None = None
    sheet: str | None = None
    resample: bool = False
    series: str | None = None
    dates: str | None = None
    delimiter: str | None = None
    nrows: int | None = None
    as_is: bool = False
    nvalues: int | None = None

    def rows_of(self, count: int, columns: int = 1) -> int:
        """Return how many of the rows of a file are read."""
        rows = count if self.nrows is None else min(count, self.nrows)
        if self.nvalues is None:
            return rows
        return min(rows, max(_FEWEST_ROWS, self.nvalues // max(1, columns)))

    def __post_init__(self) -> None:
        for name in ("time", "label", "variable", "sheet", "series", "dates", "delimiter"):
            if (value := getattr(self, name)) is not None:
                require(name, value, str, "must be a text or None")
        if self.channels is not None:
            must = "must be the names of channels, in a list or one text with commas"
            require("channels", self.channels, (str, Sequence), must, _is_of_texts)
        if self.nrows is not None:
            require_integer("nrows", self.nrows, 2)
        require("as_is", self.as_is, bool, "must be True or False")
        if self.dates is not None and self.dates not in DATE_ORDERS:
            raise DataError(f"dates={self.dates!r} must be one of {', '.join(DATE_ORDERS)}.")


# Decorates the functions that data comes in by. Damaged files hold numbers whose differences and
# squares are beyond all numbers; what is compared with those is not alike, and nobody is warned.
quiet = np.errstate(over="ignore", invalid="ignore")


def is_resampled(resample: object) -> bool:
    """Return whether rows are put on another grid: by a period, or by True for the usual one."""
    if resample is not None:
        require("resample", resample, (str, bool), "must be a period such as '5min', or True")
    return bool(resample)


def _is_of_texts(names: Sequence[object]) -> bool:
    return all(isinstance(name, str) for name in names)


@dataclass(frozen=True)
class Stack:
    """Series that lie below one another in the same columns.

    `column` is the column with their names; `rows` has the rows of each series by its name, and
    `units` the units of its channels, where they are known for each series.
    """

    column: str
    rows: dict[str, IntArray]
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def told_of(self, source: str) -> str:
        """Return the beginning of a sentence on a source that holds these series."""
        names = few_of([*self.rows], 4, lambda one: f"'{one}'")
        return f"{source} holds {len(self.rows)} series, told apart by {self.column} ({names})"


@dataclass(frozen=True)
class Raw:
    """Samples as they were logged, before they are put on a regular grid.

    A reader of a format fills in what its file says and leaves the rest at None. A file with
    stamps has `instants`; a file with a rate has `fs`, and `start` if it says when it begins.

    Parameters
    ----------
    values : array of float64, shape (n, c)
        One column a channel, NaN where a value is missing.
    channels : tuple of str
        The names of the c channels, each different.
    labels : array of int64, shape (n,), or None
        Known anomalies, 0 or 1 a row.
    instants : pandas.Index or None
        The stamp of every row: a DatetimeIndex, a TimedeltaIndex or seconds. They need not be
        regular or sorted.
    plain : pandas.Index
        The index of the rows where there are no instants, as a rule a RangeIndex.
    place : callable
        Names the place of a row in messages.
    source : str
        The name of the file in messages.
    notes : tuple of str
        Sentences on what was decided or left out.
    fs : float or None
        The sampling rate in Hz that the file gives. That of the user takes precedence.
    start : pandas.Timestamp or None
        The instant of the first row of a file that has a rate and no instants.
    units : tuple of str or None
        The physical unit of each channel, "" where it is unknown.
    fs_text : str
        The words of the file that give `fs`, for a note.
    stack : Stack or None
        The series stacked in the rows, where they are more than one.
    series : str
        The series that was chosen of those stacked in the table, "" where there was no choice.
    unread : int
        How many rows the file has beyond those that were read.
    complete : bool
        Whether no value is known to be missing, so that none has to be looked for.
    """

    values: Float64Array
    channels: tuple[str, ...]
    labels: IntArray | None
    instants: pd.Index | None
    plain: pd.Index
    place: Place
    source: str
    notes: tuple[str, ...] = ()
    fs: float | None = None
    start: pd.Timestamp | None = None
    units: tuple[str, ...] | None = None
    fs_text: str = ""
    stack: Stack | None = None
    series: str = ""
    unread: int = 0
    complete: bool = False

    def named(self, name: str) -> str:
        """Return the name of a recording of these rows: with that of a series chosen for it."""
        return f"{name} [{self.series}]" if self.series else name

    def take(self, rows: IntArray) -> "Raw":
        """Return some of the rows, which keep their places in messages."""
        return replace(
            self,
            values=self.values[rows],
            labels=None if self.labels is None else self.labels[rows],
            instants=None if self.instants is None else self.instants[rows],
            plain=pd.RangeIndex(len(rows)),
            place=lambda row: self.place(int(rows[row])),
            stack=None,
        )


def series_of(raw: Raw, stack: Stack, name: str) -> Raw:
    """Return the samples of one of several stacked series, with its units."""
    return without_empty(
        replace(raw, units=stack.units.get(name, raw.units)).take(stack.rows[name])
    )


def without_empty(raw: Raw) -> Raw:
    """Return the samples of a series less the channels that have no value in it, with a note.

    Parameters
    ----------
    raw : Raw
        One of several stacked series.

    Returns
    -------
    Raw

    Raises
    ------
    DataError
        For a series without two values.
    """
    void = np.isnan(raw.values).all(axis=0)
    if len(raw.values) < 2 or void.all():
        raise DataError(f"{raw.source}: the series of {raw.place(0)} has no two values.")
    if not void.any():
        return raw
    kept = np.flatnonzero(~void)
    empty = few_of([raw.channels[i] for i in np.flatnonzero(void)], 4)
    return replace(
        raw,
        values=raw.values[:, kept],
        channels=tuple(raw.channels[i] for i in kept),
        units=None if raw.units is None else tuple(raw.units[i] for i in kept),
        notes=(*raw.notes, f"Without a value in this series, and left out: {empty}."),
    )
