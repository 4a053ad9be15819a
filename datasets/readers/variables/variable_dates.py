"""Variables that hold dates: counts since an instant, times between samples, and texts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.time_units import SECONDS
from spectra.datasets.readers.times.times_in_dates import time_in_dates
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_names import is_time
from spectra.errors import DataError

_SINCE = re.compile(r"(\w+)\s+since\s+(?:(\d{1,4})-(\d{1,2})-(\d{1,2}))?(.*)", re.IGNORECASE)
"""The unit of a time by the CF conventions of netCDF."""
_GREGORIAN = 1583
"""The first whole year of the Gregorian calendar: programs do not agree on dates before it."""
_LATEST = 8e9
"""Seconds before and after 1970 at which dates in nanoseconds end, and a little less."""


def as_dates(variable: Variable) -> Variable:
    """Return a variable in "hours since 1900-01-01" as dates, any other as it is.

    Where the instant is none that dates have, the unit is that of the time since then.
    """
    match = _SINCE.fullmatch(variable.unit.strip())
    if match is None or not variable.numeric or len(variable.sides) != 1:
        return variable
    length = SECONDS.get(match[1].casefold()) or SECONDS.get(match[1].casefold() + "s")
    if match[2] and int(match[2]) < _GREGORIAN:
        return replace(variable, unit=match[1])
    day = f"{match[2]}-{match[3]:0>2}-{match[4]:0>2}" if match[2] else ""
    begin = pd.to_datetime(day + match[5], errors="coerce", utc=True)
    if length is None or pd.isna(begin):
        return replace(variable, unit=match[1])
    read = partial(_dates, variable.read, length, begin.tz_localize(None))
    return replace(variable, numeric=False, dated=True, read=read, head=None, unit="")


def dates_in_texts(variables: Sequence[Variable], length: int) -> list[Variable]:
    """Return the variables of texts that are called like a time and hold a date a sample."""
    texts = (one for one in variables if one.texts and one.sides == (length,) and is_time(one.name))
    found = ((one, _written(one)) for one in texts)
    return [
        replace(one, dated=True, texts=False, read=partial(np.asarray, dates), head=None)
        for one, dates in found
        if dates is not None
    ]


def _written(one: Variable) -> NDArray[np.datetime64] | None:
    """Return the dates that texts are, in UTC where they have a zone; None for other texts."""
    cells = np.ravel(one.read())
    if cells.dtype.kind == "S":
        cells = np.char.decode(cells.astype("S"), "utf-8", "replace")
    texts = pd.Series(cells).astype(str)
    dates = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)
    if not dates.isna().any():
        return np.asarray(dates.dt.tz_localize(None))
    table = Table(pd.DataFrame({0: texts}), (one.name,), lambda row: one.name, one.name)
    try:
        found = time_in_dates(table, 0, None)
    except DataError:
        return None
    if found is None or not isinstance(found.index, pd.DatetimeIndex):
        return None
    return np.asarray(found.index.tz_convert(None) if found.index.tz else found.index)


def _dates(
    read: Callable[[], NDArray[np.generic]], length: float, begin: pd.Timestamp
) -> NDArray[np.generic]:
    """Return dates so many units after another; NaT for those that no dates have."""
    seconds = np.asarray(read(), dtype=np.float64) * length
    seconds[~(np.abs(seconds) < _LATEST)] = np.nan
    micros = np.where(np.isnan(seconds), 0.0, np.rint(seconds * 1e6)).astype(np.int64)
    dates = begin.to_datetime64().astype("datetime64[us]") + micros.view("timedelta64[us]")
    dates[np.isnan(seconds)] = np.datetime64("NaT")
    return np.asarray(dates)
