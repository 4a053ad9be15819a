"""Check that dates have the order of day and month that was asked for."""

import re
from typing import Final

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import Table, quoted
from spectra.errors import DataError

# The parts of 25/03/2024 or 25/03/24 that may be day and month; a year of four digits is neither.
_PARTS: Final = re.compile(r"^\W*(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.,\s]\s?(\d\d\d?\d?)")
_DATE_LENGTH: Final = 16
_MONTHS: Final = 12


def order_as_read(column: "pd.Series[str]", dates: pd.DatetimeIndex) -> str:
    """Return the order in which written dates have been read, "" where it does not show.

    It is "day-first", "month-first", or "year-first" of years of two digits.
    """
    parts = column.str.slice(0, _DATE_LENGTH).str.extract(_PARTS)
    kept = np.flatnonzero(
        parts.notna().all(axis=1) & (parts[0] != parts[1]) & np.asarray(dates.notna())
    )
    first, second = parts.iloc[kept, :2].to_numpy(dtype=np.int64).T
    read = dates[kept]
    matches = {
        "day-first": (read.day == first) & (read.month == second),
        "month-first": (read.month == first) & (read.day == second),
        "year-first": (read.year % 100 == first) & (read.month == second),
    }
    best = max(matches, key=lambda order: int(matches[order].sum()))
    return best if matches[best].any() else ""


def order_by_start(column: "pd.Series[str]", start: pd.Timestamp | None) -> str | None:
    """Return the order in which the first date is that of the start, None where neither is."""
    match = None if start is None or not len(column) else _PARTS.match(str(column.iloc[0]))
    if match is None or start is None:
        return None
    left, right = int(match[1]), int(match[2])
    same_year = f"{start.year}".endswith(match[3])
    if not same_year or left == right or {left, right} != {start.day, start.month}:
        return None
    return "day-first" if left == start.day else "month-first"


def refuse_other_order(
    table: Table, column: int, dates: pd.DatetimeIndex, order: str | None
) -> None:
    """Raise DataError for a date whose month, in the order that was asked for, is above 12.

    Dates that begin with the year are of either order.
    """
    if order is None:
        return
    series = table.column(column)
    text = series.astype("str").str.slice(0, _DATE_LENGTH)
    parts = text.drop_duplicates().str.extract(_PARTS).dropna().astype(np.int64)
    if parts.empty:
        return
    month, day = (parts[0], parts[1]) if order == "month-first" else (parts[1], parts[0])
    rows = series.index.get_indexer(parts.index)
    read = dates[rows]
    # A year of two digits may stand where the month was looked for.
    other = read.isna() | ((read.day == month) & (read.month == day) & (parts[2] != month))
    wrong = np.flatnonzero((month > _MONTHS) & (day <= _MONTHS) & other)
    if wrong.size:
        row = int(rows[wrong[0]])
        fits = "day-first" if order == "month-first" else "month-first"
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: {quoted(series.iloc[row])} has no month "
            f"{month.iloc[wrong[0]]}: leave --dates {order} out, or give --dates {fits}."
        )
