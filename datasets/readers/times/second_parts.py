"""Parts of a second in a column beside that of whole seconds."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from spectra.datasets.instants import later
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import names_time, words
from spectra.datasets.readers.times.time_index import TimeColumn

_PARTS: dict[Literal["ms", "us", "ns"], set[str]] = {
    "ms": {"ms", "millitm", "msec", "msecs", "millis", "millisec", "millisecond", "milliseconds"},
    "us": {"us", "µs", "μs", "usec", "micros", "microsec", "microsecond", "microseconds"},
    "ns": {"ns", "nsec", "nsecs", "nanos", "nanosec", "nanosecond", "nanoseconds"},
}
"""Words that name a column of the parts of a second, and nothing else."""
_FRACTIONS = ({"fractional", "seconds"}, {"fraction"}, {"seconds", "fraction"})
"""Names of a column of the rest of a second."""
_OF_A_SECOND = frozenset({"s", "sec", "secs", "second", "seconds"}).union(*_PARTS.values())
"""Names of seconds and their parts behind a time of day."""
_IN_A_SECOND = {"ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}


def with_parts_of_seconds(table: Table, axis: TimeColumn) -> TimeColumn:
    """Return an axis of whole seconds with the milli- or microseconds to its right."""
    column = max(axis.columns) + 1
    if not isinstance(axis.index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return axis
    named = words(table.names[column]) if column < len(table.names) else frozenset()
    if column < len(table.names) and not any(table.names):
        return _with_unnamed(table, axis, column)
    if named in _FRACTIONS:
        return _with_fractions(table, axis, column)
    named -= {"header", "stamp", "timestamp", "time", *words(table.names[column - 1])}
    unit = next((unit for unit, known in _PARTS.items() if named and named <= known), None)
    if unit is None:
        return axis
    series = table.column(column)
    if series.dtype.kind not in "iu":
        return axis
    if int(series.min()) < 0 or int(series.max()) >= _IN_A_SECOND[unit]:
        return axis
    late = pd.TimedeltaIndex(series.to_numpy(dtype=np.int64).view(f"timedelta64[{unit}]"))
    index = (axis.index.as_unit(unit) + late).rename(axis.index.name)
    return replace(axis, columns=axis.columns | {column}, index=index)


def _with_unnamed(table: Table, axis: TimeColumn, column: int) -> TimeColumn:
    """Return an axis of seconds with the nanoseconds beside it, which have no name.

    Stamps of the same second come one after another where they are such.
    """
    series = table.column(column)
    times = axis.index
    if not isinstance(times, (pd.DatetimeIndex, pd.TimedeltaIndex)) or not times.has_duplicates:
        return axis
    if series.dtype.kind not in "iu":
        return axis
    low, high = int(series.min()), int(series.max())
    if not (low >= 0 and _IN_A_SECOND["us"] <= high < _IN_A_SECOND["ns"]):
        return axis
    late = pd.TimedeltaIndex(series.to_numpy(dtype=np.int64).view("timedelta64[ns]"))
    index = (times.as_unit("ns") + late).rename(times.name)
    rises = index.is_monotonic_increasing and index.is_unique
    return replace(axis, columns=axis.columns | {column}, index=index) if rises else axis


def _with_fractions(table: Table, axis: TimeColumn, column: int) -> TimeColumn:
    """Return an axis of whole seconds with the fractions of a second in a column."""
    series = table.column(column)
    if not isinstance(axis.index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return axis
    if series.dtype.kind not in "iuf" or not bool(((series >= 0) & (series < 1)).all()):
        return axis
    index = later(axis.index, series.to_numpy(dtype=np.float64), "ns")
    return replace(axis, columns=axis.columns | {column}, index=index)


def parts_of_clock(table: Table, axis: TimeColumn) -> frozenset[int]:
    """Return the column ns beside a clock of Zabbix, and fractions of a second beside any time.

    A column of seconds or their parts, right behind the time, that is 0 throughout is one too.
    """
    clock = any(table.names[column] == "clock" for column in axis.columns)
    right = max(axis.columns) + 1
    return frozenset(
        i
        for i, name in enumerate(table.names)
        if (name == "ns" and clock and _lies_within(table, i, "iu", 1e6, np.inf))
        or (i == right and _is_a_second(name) and not table.column(i).any())
        or (
            words(name) in _FRACTIONS[::2]
            and i
            and names_time(table.names[i - 1])
            and _lies_within(table, i, "iuf", 0.0, 1.0)
        )
    )


def _is_a_second(name: str | None) -> bool:
    """Return True for a name of seconds or their parts, and of nothing else."""
    return bool(words(name)) and words(name) <= _OF_A_SECOND


def _lies_within(table: Table, column: int, kinds: str, low: float, high: float) -> bool:
    """Return True if the largest number of a column lies within a range."""
    series = table.column(column)
    return series.dtype.kind in kinds and low <= float(series.max()) < high


def has_parts_beside(table: Table, column: int) -> bool:
    """Return True for whole seconds since 1970 beside parts of a second: tv_sec, tv_usec."""
    series = table.column(column)
    if series.dtype.kind not in "iu" or column + 1 >= len(table.names):
        return False
    called = words(table.names[column]) & {"s", "sec", "secs", "seconds"}
    beside = words(table.names[column + 1])
    parts = any(beside & known for known in _PARTS.values())
    return bool(called) and parts and series.min() >= 1e9 and series.max() < 2e9
