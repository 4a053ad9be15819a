"""Counts since an instant that the name of their column gives: days since 1970-01-01."""

import re

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.time_units import SECONDS
from spectra.datasets.readers.times.time_index import TimeColumn

_SINCE = re.compile(
    r".*?\b([^\W\d_]{1,12})\s+since\s+(\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)?)"
    r"(?:\.0+)?\s*(?:Z|UTC)?\s*[\])]?\s*",
    re.IGNORECASE,
)
_LATEST = 2e11
"""Seconds since any year within which dates lie."""


def counts_since(table: Table, column: int, values: Float64Array) -> TimeColumn | None:
    """Return the dates of numbers whose name or unit says since when they count; else None."""
    texts = (table.names[column] or "", table.unit(column))
    match = next((found for text in texts if (found := _SINCE.fullmatch(text))), None)
    if match is None:
        return None
    unit = match[1].casefold()
    length = SECONDS.get(unit) or SECONDS.get(f"{unit}s")
    begin = pd.to_datetime(match[2], errors="coerce")
    if length is None or pd.isna(begin) or not np.abs(values * length).max() < _LATEST:
        return None
    micros = np.rint(values * length * 1e6).astype(np.int64)
    dates = begin.to_datetime64().astype("datetime64[us]") + micros.view("timedelta64[us]")
    return TimeColumn(frozenset({column}), pd.DatetimeIndex(dates).rename(table.names[column]))
