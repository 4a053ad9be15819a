"""Months whose days stand in a row: 31 columns that are numbered by the days."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.tables.day_rows import keys_of_days, stamps_of, with_beside
from spectra.datasets.readers.tables.long_tables import (
    is_newest_first,
    long_table,
    matrix_of,
    newest_last,
)
from spectra.datasets.readers.times.calendar_columns import calendar_dates

_DAYS = 31
_DAY = re.compile(
    r"(?:d|day|tag|jour|d[ií]a|giorno|dag|dzie[nń]|den|gün|день)?[\s_.-]{0,2}0?([1-9]|[12]\d|3[01])\.?",
    re.IGNORECASE,
)
"""A name of the day of a month: 1, D01, Day 1."""


def day_columns(table: Table) -> Table | None:
    """Return a table of months, whose columns are their days, as one column.

    Days that a month does not have are left out. Where several rows are of one month, columns of
    words or numbers tell them apart.
    """
    columns = _columns_of_days(table.names)
    if not columns:
        return None
    months, values = _months_of(table, columns[0]), matrix_of(table, columns)
    if months is None or values is None:
        return None
    dated, dates = months
    if is_newest_first(dates):
        table, dates, values = newest_last(table), dates[::-1], values[::-1]
    absent = np.arange(_DAYS) >= dates.days_in_month.to_numpy()[:, None]
    if len(np.unique(values[absent & ~np.isnan(values)])) > 1:
        return None
    free = [i for i in range(columns[0]) if i not in dated]
    keys = keys_of_days(table, dates, free) if dates.has_duplicates else []
    if dates.has_duplicates and not keys:
        return None
    others = len(table.names) - columns[-1] - 1
    note = (
        f"The {_DAYS} columns {table.names[columns[0]]} to {table.names[columns[-1]]} are the days "
        "of a month: read as one channel of a value a day (--channels reads them as columns)."
    ) + (f" {others} columns behind them are left out." if others else "")
    every = dates.repeat(_DAYS) + pd.to_timedelta(np.tile(np.arange(_DAYS), len(dates)), unit="D")
    days = pd.DatetimeIndex(every).where(~absent.ravel())
    long = long_table(table, values, "value", note, _DAYS, days)
    return _without_absent(with_beside(table, long, keys, [], _DAYS))


def _columns_of_days(names: Sequence[str | None]) -> list[int]:
    """Return the 31 columns that are called by the days of a month, one after another."""
    found = [_DAY.fullmatch((name or "").strip()) for name in names]
    days = [int(match[1]) if match else 0 for match in found]
    every = [*range(1, _DAYS + 1)]
    begin = next((i for i in range(1, len(days)) if days[i : i + _DAYS] == every), None)
    return [] if begin is None else [*range(begin, begin + _DAYS)]


def _months_of(table: Table, end: int) -> tuple[frozenset[int], pd.DatetimeIndex] | None:
    """Return the columns before one that hold months, and the first day of each of them."""
    found_in = ((i, stamps_of(table, i, months=True)) for i in range(end))
    one = next(((i, dates) for i, dates in found_in if dates is not None), None)
    found = (frozenset({one[0]}), one[1]) if one else calendar_dates(table, [*range(end)])
    if found is None or not bool((found[1] == found[1].normalize()).all()):
        return None
    return found if bool((found[1].day == 1).all()) else None


def _without_absent(long: Table) -> Table:
    """Return a column of values and their days without the days that no month has."""
    rows = np.flatnonzero(long.column(0).notna())

    def place(row: int) -> str:
        return long.place(int(rows[row]))

    return replace(long, frame=long.frame.iloc[rows].reset_index(drop=True), place=place)
