"""The time in a column of written dates, with the time of day in a column beside it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.datasets.instants import has_missing
from spectra.datasets.readers.cells.absent_words import MISSING_WORDS
from spectra.datasets.readers.cells.columns import Table, quoted
from spectra.datasets.readers.cells.names import DAY_FIRST_WORDS, names_only_time, names_time, words
from spectra.datasets.readers.dates.dates import is_date, parse_dates
from spectra.datasets.readers.dates.written_start import written_order
from spectra.datasets.readers.times.asked_order import order_by_start, refuse_other_order
from spectra.datasets.readers.times.clock_parts import clock_of_day, parts_behind
from spectra.datasets.readers.times.clock_times import (
    are_dotted_clocks,
    begins_of_hours,
    clock_columns,
    clock_times,
    count_beside,
    day_fractions,
    holds_clocks,
    hours_beside,
)
from spectra.datasets.readers.times.day_counts import counts_of_day
from spectra.datasets.readers.times.digit_clocks import doubt, written_clock
from spectra.datasets.readers.times.time_index import TimeColumn, refuse_missing
from spectra.datasets.readers.times.zone_column import in_zones_behind
from spectra.errors import DataError

_BUDDHIST = (2500, 2600)
"""Years that are now written in Thailand, and nowhere else: 1957 to 2056."""
_PERSIAN = (1350, 1450)
"""Years that are now written in Iran, of months that are not those of other calendars."""
_MANY = 1000
"""Cells by which a column of dates of several notations is told from one of texts."""
_A_FEW = 20
"""Cells that tell what a column of text holds."""


def time_in_dates(table: Table, column: int, order: str | None) -> TimeColumn | None:
    """Return the instants of written dates, joined with the clock times beside them, if any."""
    series = table.column(column)
    if order is None and are_dotted_clocks(series, table.names[column]):
        clock = clock_times(table, column).rename(table.names[column])
        return TimeColumn(frozenset({column}), clock)
    likely = order or written_order(f"{table.names[column]} {table.unit(column)}")
    likely = likely or order_by_start(series, table.header.start)
    parsed, notes = parse_dates(series, likely, day_first=_writes_day_first(table))
    refuse_other_order(table, column, parsed, order)
    if has_missing(parsed):
        # A copy, for the index keeps the array it hands out.
        missing = np.array(parsed.isna())
        # Only cells that are no date are looked at one by one: there may be millions.
        unread = series[missing]
        missing[missing] = unread.isna() | unread.astype("str").str.strip().str.lower().isin(
            MISSING_WORDS
        )
        bad = np.asarray(parsed.isna()) & ~missing
        if np.mean(bad) > 0.5 and not _are_dates(series):
            return None
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"{table.place(row)}, {table.label(column)}: {quoted(series.iloc[row])} is not a "
                "date like those above and below; correct it, or, where another table begins, "
                "write each table into a file of its own."
            )
        if np.mean(missing) > 0.5 and not missing[0] and _is_beside_clocks(table, column):
            # A date in the first row of each day, as in merged cells of a workbook.
            frame = table.frame.copy()
            frame.isetitem(column, series.ffill().array)
            return time_in_dates(replace(table, frame=frame), column, order)
        refuse_missing(table, column, missing)
    if len(parsed) and _BUDDHIST[0] <= parsed[0].year < _BUDDHIST[1]:
        said = f"{table.label(column)} has years such as {parsed[0].year}: they are kept"
        notes = (*notes, f"{said} (the Buddhist calendar is 543 years ahead: subtract them first).")
    if len(parsed) and _PERSIAN[0] <= parsed[0].year < _PERSIAN[1]:
        said = f"{table.label(column)} has years such as {parsed[0].year}: they are kept"
        notes = (*notes, f"{said} (the Persian calendar has other months: convert them first).")
    name = table.names[column]
    # Days without a time of day show in the first rows; to look for repeats takes longer.
    days = parsed[:_A_FEW].equals(parsed[:_A_FEW].normalize())
    if days and parsed.has_duplicates and bool((parsed == parsed.normalize()).all()):
        return with_clock(table, column, parsed, notes)
    if days and (at := one_clock(table, column, parsed)) is not None:
        if not holds_clocks(table.column(at)):
            return with_clock(table, column, parsed, notes)
        clock = clock_times(table, at, unwrap=False)
        index = in_zones_behind(parsed + clock, table.column(at)).rename(name)
        return TimeColumn(clock_columns(table, at) | {column}, index, notes)
    return TimeColumn(frozenset({column}), parsed.rename(name), notes)


def _only_clock(table: Table, column: int) -> int:
    """Return the only column of times of day that is called so and has no date beside it, or -1."""
    found = [
        i
        for i, name in enumerate(table.names)
        if names_time(name) and holds_clocks(table.column(i))
    ]
    if len(found) != 1:
        return -1
    cells = [
        table.frame.iloc[0, i]
        for i in (found[0] - 1, found[0] + 1)
        if 0 <= i != column and i < len(table.names)
    ]
    return -1 if any(is_date(str(cell), months=False) for cell in cells) else found[0]


def _are_dates(series: "pd.Series[float]") -> bool:
    """Return True if all cells are dates, however they are written."""
    cells = series.dropna().astype("str").str.strip().drop_duplicates()
    return all(is_date(cell, months=False) for cell in cells.iloc[:_MANY])


def one_clock(table: Table, column: int, dates: pd.DatetimeIndex) -> int | None:
    """Return the column beside one of days, a row a day, that has the same time of day in all.

    To the right of the days it may have no name.
    """
    for beside in (column + 1, column - 1):
        if not 0 <= beside < len(table.names):
            continue
        name = table.names[beside]
        if names_only_time(name) or (not name and beside > column):
            series = table.column(beside)
            in_digits = written_clock(series, table.names[beside], table.first_cell(beside))
            clocked = holds_clocks(series) or in_digits is not None
            if clocked and series.nunique(dropna=False) == 1:
                return beside if dates.equals(dates.normalize()) else None
    return None


def _is_beside_clocks(table: Table, column: int) -> bool:
    """Return True if the column to the right holds times of day."""
    return column + 1 < len(table.names) and holds_clocks(table.column(column + 1))


def _writes_day_first(table: Table) -> bool:
    """Return True if a table writes a decimal comma or names its time in such a language."""
    return table.decimal == "," or any(words(name) & DAY_FIRST_WORDS for name in table.names[:8])


def _unnamed_clock(series: "pd.Series[float]", dates: pd.DatetimeIndex) -> pd.TimedeltaIndex | None:
    """Return times of day such as 0130 in a column without a name, where the rows are regular."""
    clock = written_clock(series, "time")
    regular = clock is not None and len(set(np.diff((dates + clock).asi8))) == 1
    return clock if regular else None


def with_clock(
    table: Table, column: int, dates: pd.DatetimeIndex, notes: tuple[str, ...] = ()
) -> TimeColumn:
    """Return dates with the times of day in a column beside them, or as they are without one."""
    for beside in (column + 1, column - 1, _only_clock(table, column)):
        if not 0 <= beside < len(table.names):
            continue
        series = table.column(beside)
        if holds_clocks(series):
            clocks = clock_times(table, beside, unwrap=False)
            clocks = begins_of_hours(clocks, table.names[beside])
            index = in_zones_behind(dates + clocks, series).rename(table.names[min(column, beside)])
            return TimeColumn(clock_columns(table, beside) | {column}, index, notes)
        clock = day_fractions(series, table.names[beside])
        if clock is None:
            clock = written_clock(series, table.names[beside], table.first_cell(beside))
            notes = notes if clock is None else (*notes, *doubt(table, beside, dates))
        if clock is None and not table.names[beside] and beside > column:
            clock = _unnamed_clock(series, dates)
        if clock is not None:
            name, columns = table.names[min(column, beside)], clock_columns(table, beside)
            return TimeColumn(columns | {column}, (dates + clock).rename(name), notes)
    name = table.names[column]
    if (parts := clock_of_day(table)) is not None:
        return TimeColumn(parts[0] | {column}, (dates + parts[1]).rename(name), notes)
    hours = counts_of_day(table, dates) or hours_beside(table, column, dates)
    hours = hours or count_beside(table, dates)
    if hours is not None:
        beside, clock = hours
        behind, instants = parts_behind(table, beside, dates + clock)
        return TimeColumn(frozenset({column, beside}) | behind, instants.rename(name), notes)
    return TimeColumn(frozenset({column}), dates.rename(name), notes)
