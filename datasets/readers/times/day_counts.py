"""Seconds, minutes or milliseconds of the day in a column beside that of the date."""

import re

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import seconds_in
from spectra.datasets.readers.cells.time_units import SECONDS
from spectra.datasets.readers.times.time_numbers import irregularity

_HOUR, _DAY = 3600.0, 86400.0
_UNIT = (
    r"(?P<{0}>s|secs?|seconds?|sekunden?|segundos?|secondes?|ms|msec|millis|milliseconds?"
    r"|min|mins|minutes?|minuten?|h|hours?)"
)
_OF_DAY = re.compile(
    _UNIT.format("before")
    + r"(?:of|in|since|from|after|past|seit|des|del)(?:the)?(?:utc?|local)?"
    + r"(?:day|midnight|mitternacht|tag(?:es)?|dia)(?:utc?)?"
    + rf"|(?:time|tod|timeof)(?:the)?day{_UNIT.format('behind')}"
    + r"|sod|utc?secs?|day(?:sec|second)s?|tagessekunden?"
)
"""The letters of a name that says what is counted, and that it is counted from midnight."""


def counts_of_day(table: Table, dates: pd.DatetimeIndex) -> tuple[int, pd.TimedeltaIndex] | None:
    """Return the column that counts the time of each day, and what it adds to the dates.

    It is called so, as seconds of the day are, or it is called seconds and begins again exactly
    where the date changes.
    """
    changes = np.diff(dates.asi8) > 0
    for column, name in enumerate(table.names):
        series = table.column(column)
        if series.dtype.kind not in "iuf":
            continue
        unit = _unit_of_day(name)
        values = series.to_numpy(dtype=np.float64)
        if unit is None:
            unit = seconds_in(name, table.unit(column))
            again = changes.any() and np.array_equal(np.diff(values) < 0, changes)
            # Whole hours may be those of their ends.
            if unit is None or unit >= _HOUR or not again:
                continue
        seconds = values * unit
        if not (seconds.min() >= 0 and seconds.max() <= _DAY):
            continue
        late = pd.TimedeltaIndex(np.rint(seconds * 1e6).astype(np.int64).view("timedelta64[us]"))
        if irregularity(dates + late) <= 1:
            return column, late
    return None


def _unit_of_day(name: str | None) -> float | None:
    """Return the seconds of the unit in a name of the time of day, None for any other name."""
    letters = re.sub(r"[\W\d_]+", "", (name or "").casefold())
    match = _OF_DAY.fullmatch(letters)
    if match is None:
        return None
    unit = match["before"] or match["behind"] or "s"
    if unit[:1] == "s":
        return 1.0
    return SECONDS.get(unit, SECONDS.get(f"{unit}s", 60.0))
