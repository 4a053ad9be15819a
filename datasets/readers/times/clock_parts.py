"""Times of day in columns of hours, minutes and seconds, without a date."""

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.times.time_numbers import has_equal_steps

_HOURS = {"h", "hh", "hr", "hour", "hours", "stunde", "heure", "hora", "ora"}
_MINUTES = {"m", "mm", "mn", "min", "mins", "minute", "minutes", "minuto"}
_SECONDS = {"s", "ss", "sec", "secs", "second", "seconds", "sekunde", "segundo"}
_DAY = 86400.0


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
        micros = np.rint(seconds * 1e6).astype(np.int64)
        return frozenset(columns), pd.TimedeltaIndex(micros.view("timedelta64[us]"))
    return None
