"""Stamps since 1970 that change their unit: seconds above, milliseconds below."""

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.times.time_index import TimeColumn
from spectra.datasets.readers.times.time_numbers import irregularity
from spectra.errors import DataError

_UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
_FIRST, _LAST = 1e9, 2e9
"""Seconds since 1970 of 2001 and 2033: counts of two units between them are never alike."""


def mixed_epochs(
    table: Table, column: int, values: Float64Array, *, called: bool
) -> TimeColumn | None:
    """Return the instants of counts since 1970 in more than one unit; None for other numbers.

    Raises DataError, naming the row, where a column that is `called` a time has such counts and
    they do not go on in regular steps.
    """
    if not values.min() >= _FIRST or values.max() < _FIRST * 1e3:
        return None
    powers = np.floor(np.log10(values / _FIRST) / 3).astype(np.int64)
    if powers.max() >= len(_UNITS) or not np.any(powers != powers[0]):
        return None
    if np.any(values / 1000.0**powers >= _LAST):
        return None
    series = table.column(column)
    factors = 1000 ** (3 - powers)
    ns: IntArray
    if series.dtype.kind in "iu":
        ns = series.to_numpy(dtype=np.int64) * factors
    else:
        ns = np.rint(values * 1e6 / 1000.0**powers).astype(np.int64) * 1000
    instants = pd.DatetimeIndex(ns.view("datetime64[ns]")).tz_localize("UTC")
    first = int(np.argmax(powers != powers[0]))
    other, usual = _UNITS[powers[first]], _UNITS[powers[0]]
    where = table.place(first)
    if irregularity(instants) == 0:
        said = f"counts {usual} since 1970, and {other} from {where.split(', ')[-1]} on"
        if powers[-1] == powers[0]:
            said = f"counts {usual} since 1970, and {other} in rows such as {where.split(', ')[-1]}"
        note = f"{table.label(column)} {said}: both are read so (--time none leaves it out)."
        return TimeColumn(frozenset({column}), instants.rename(table.names[column]), (note,))
    if not called:
        return None
    raise DataError(
        f"{where}, {table.label(column)}: here the time counts {other} since 1970 and above "
        f"{usual}; write one unit into all rows."
    )
