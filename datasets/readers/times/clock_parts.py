"""Times in columns of hours, minutes and seconds, or two of these, without a date."""

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import names_date, names_only_time, words
from spectra.datasets.readers.times.time_numbers import has_equal_steps

_HOURS = {"h", "hh", "hr", "hour", "hours", "stunde", "heure", "hora", "ora"}
_MINUTES = {"m", "mm", "mn", "min", "mins", "minute", "minutes", "minuto"}
_SECONDS = {"s", "ss", "sec", "secs", "second", "seconds", "sekunde", "segundo"}
_T = frozenset({"t"})
"""A name of times and of temperatures."""
_DAY = 86400.0
_MOST = 59
"""Largest number of a minute or a second."""


def clock_of_day(table: Table) -> tuple[frozenset[int], pd.TimedeltaIndex] | None:
    """Return the columns of hours, minutes and seconds beside dates, and the times of day."""
    found = clock_parts(table, [*range(len(table.names))])
    if found is None or len(found[0]) < 3:
        return None
    return found[0], found[1] - found[1].floor("D")


def parts_behind(
    table: Table, hours: int, instants: pd.DatetimeIndex
) -> tuple[frozenset[int], pd.DatetimeIndex]:
    """Return the columns of minutes and seconds behind one of whole hours, and the instants then.

    There are none where the instants differ without them.
    """
    columns = set[int]()
    for column, known, unit in ((hours + 1, _MINUTES, 60), (hours + 2, _SECONDS, 1)):
        name = table.names[column] if column < len(table.names) else None
        if (name or "").strip(" #[]()").casefold() not in known or not instants.has_duplicates:
            break
        series = table.column(column)
        if series.dtype.kind not in "iu" or series.min() < 0 or series.max() > _MOST:
            break
        columns.add(column)
        seconds = series.to_numpy(dtype=np.int64) * unit
        instants = instants + pd.TimedeltaIndex(seconds.view("timedelta64[s]"))
    return frozenset(columns), instants


def clock_parts(table: Table, free: list[int]) -> tuple[frozenset[int], pd.TimedeltaIndex] | None:
    """Return three columns called hours, minutes and seconds, and the times that they make.

    The steps of these are one length, but where rows were lost.
    """
    names = [(name or "").strip(" #[]()").casefold() for name in table.names]
    known = (_HOURS, _MINUTES, _SECONDS)
    for first in free[:-2]:
        columns = [first, first + 1, first + 2]
        if not all(
            names[column] in called and column in free
            for column, called in zip(columns, known, strict=True)
        ):
            continue
        if not all(table.kinds()[column] in "iuf" for column in columns):
            return None
        parts = table.matrix(columns)
        if not (parts.min() >= 0 and bool((parts.max(axis=0) < (25, 60, 60)).all())):
            return None
        seconds = parts @ np.array([3600.0, 60.0, 1.0])
        seconds += _DAY * np.concatenate([[0], np.cumsum(np.diff(seconds) < -_DAY / 2)])
        steps = np.diff(seconds)
        if not (has_equal_steps(steps) or np.mean(steps > 0) > 0.95):
            return None
        return frozenset(columns), _times(seconds)
    return _two_parts(table, free, names)


def _two_parts(
    table: Table, free: list[int], names: list[str]
) -> tuple[frozenset[int], pd.TimedeltaIndex] | None:
    """Return hours and minutes, or minutes and seconds, that rise by one step, and no other time.

    Beside a date they are a part of that.
    """
    for first in free[:-1]:
        columns = [first, first + 1]
        hours = names[first] in _HOURS and names[first + 1] in _MINUTES
        if first + 1 not in free or not (
            hours or (names[first] in _MINUTES and names[first + 1] in _SECONDS)
        ):
            continue
        others = [name for i, name in enumerate(table.names) if i not in columns]
        if any(
            names_date(name) or (names_only_time(name) and words(name) != _T) for name in others
        ):
            return None
        if not all(table.kinds()[column] in "iuf" for column in columns):
            return None
        parts = table.matrix(columns)
        if not (parts.min() >= 0 and parts[:, 1].max() < 60):
            return None
        if not bool((parts[:, 0] == np.rint(parts[:, 0])).all()):
            return None
        seconds = parts @ (np.array([3600.0, 60.0]) if hours else np.array([60.0, 1.0]))
        if hours and parts[:, 0].max() < 25:
            seconds += _DAY * np.concatenate([[0], np.cumsum(np.diff(seconds) < -_DAY / 2)])
        steps = np.diff(seconds)
        if has_equal_steps(steps) and bool((steps > 0).all()):
            return frozenset(columns), _times(seconds)
    return None


def _times(seconds: Float64Array) -> pd.TimedeltaIndex:
    """Return times of day, or lengths of time, in microseconds."""
    return pd.TimedeltaIndex(np.rint(seconds * 1e6).astype(np.int64).view("timedelta64[us]"))
