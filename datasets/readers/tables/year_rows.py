"""Years whose months or quarters stand in a row."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.dates.date_notations import month_number
from spectra.datasets.readers.tables.long_tables import long_table, matrix_of, newest_last

_QUARTER = re.compile(r"(?:Q|Qtr|Quarter)[ ._]?([1-4])|([1-4])(?:Q|\. ?Quartal)", re.IGNORECASE)
_YEARS = frozenset(
    {"year", "yr", "jahr", "année", "an", "año", "anno", "ano", "jaar", "rok", "år", "vuosi", "год"}
    | {"y\u0131l", "év", "anul", "leto", "godina", "metai", "gads", "tahun", "năm", "рік", "연도"}
)
"""Names of a column of years, in lower case."""


def month_columns(table: Table) -> Table | None:
    """Return a table of years, whose columns are months, as one column.

    The columns are named Jan to Dec, 1 to 12 behind one called year, or are twelve without names
    behind one of years.
    """
    names = [(name or "").strip() for name in table.names]
    months = [month_number(name) for name in names]
    if 1 not in months and words(next(iter(names), "")) & _YEARS:
        months = [int(name) if name.isdecimal() and len(name) < 3 else None for name in names]
    begin = months.index(1) if 1 in months else 1
    bare = len(months) == 13 and not any(table.names)
    if months[begin : begin + 12] != [*range(1, 13)] and not bare:
        return None
    return _parts_of_years(table, begin, 12, "month")


def quarter_columns(table: Table) -> Table | None:
    """Return a table of years, whose columns are Q1 to Q4, as one column."""
    quarters = [_QUARTER.fullmatch((name or "").strip()) for name in table.names]
    numbered = [int(match[1] or match[2]) if match else 0 for match in quarters]
    begin = numbered.index(1) if 1 in numbered else 1
    if numbered[begin : begin + 4] != [1, 2, 3, 4]:
        return None
    return _parts_of_years(table, begin, 4, "quarter")


def _parts_of_years(table: Table, begin: int, count: int, part: str) -> Table | None:
    """Return a table of years, with so many parts of them from a column on, as one column."""
    columns = (_years(table, i) for i in range(begin))
    years = next((one for one in columns if one is not None), None)
    values = matrix_of(table, range(begin, begin + count))
    if years is None or values is None:
        return None
    if years[0] > years[-1]:
        table, years, values = newest_last(table), years[::-1], values[::-1]
    starts = (years[:, None] - 1970) * 12 + np.arange(0, 12, 12 // count)
    instants = pd.DatetimeIndex(starts.ravel().view("datetime64[M]").astype("datetime64[s]"))
    note = (
        f"The {count} columns behind the years are their {part}s: read as one channel of a value a "
        f"{part} (--channels reads them as columns)."
    )
    others = len(table.names) - begin - count
    left = f" {others} columns behind them are left out." if others else ""
    known = ~np.isnan(values).ravel()
    keep = np.arange(len(known)) <= np.flatnonzero(known).max(initial=-1)
    long = long_table(table, values, "value", note + left, count, None)
    frame = long.frame.assign(time=instants)[["time", 0]][keep]
    frame = frame.set_axis(pd.RangeIndex(2), axis=1).reset_index(drop=True)
    return replace(long, frame=frame, names=("time", "value"))


def _years(table: Table, column: int) -> IntArray | None:
    """Return the years in a column, one after another up or down; None for anything else."""
    series = table.column(column)
    if series.dtype.kind not in "iu":
        return None
    years = series.to_numpy(dtype=np.int64)
    usual = len(years) > 1 and years.min() >= 1600 and years.max() < 2200
    steps = {*np.diff(years).tolist()}
    return years if usual and steps in ({1}, {-1}) else None
