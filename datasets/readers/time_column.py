"""The time of every row: which columns may hold it, which one is the axis, its instants."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.instants import has_missing, seconds_of
from spectra.datasets.readers.calendar_columns import calendar_dates, unnamed_dates
from spectra.datasets.readers.cells import MISSING_WORDS, read_cells
from spectra.datasets.readers.clock_times import (
    clock_columns,
    clock_times,
    holds_clocks,
    hours_beside,
    written_clock,
)
from spectra.datasets.readers.columns import Table, is_plain, numbers, quoted
from spectra.datasets.readers.dates import is_clock, is_date, parse_dates
from spectra.datasets.readers.names import (
    DAY_FIRST_WORDS,
    JULIAN_WORDS,
    SECONDS,
    TIME_WORDS,
    names_date,
    names_only_time,
    names_time,
    names_unit_of_time,
    seconds_in,
    words,
)
from spectra.datasets.readers.time_numbers import (
    day_numbers,
    epoch,
    goes_on,
    has_equal_steps,
    irregularity,
    is_steady,
    julian_dates,
    written_dates,
)
from spectra.datasets.readers.written_start import written_order
from spectra.errors import DataError

_ELAPSED = re.compile(r"\s*-?\d+ days?,? (?:\+?\d{1,2}:\d\d:\d\d(?:\.\d+)?)\s*")
"""A duration as pandas writes it, and Python: 1 days 02:03:04, 1 day, 2:03:04."""
_SMALLEST_STAMP = 1e7
"""Numbers below this are neither stamps nor written dates, unless their name says so."""
_ROUNDED = 0.6
"""Share of a step by which times that were written with few decimals are off their line."""
_A_FEW = 20
"""Cells that tell what a column of text holds."""

_MILLISECONDS = frozenset(
    {"ms", "millitm", "msec", "msecs", "millis", "millisecond", "milliseconds"}
)
"""Words that name a column of milliseconds, and nothing else."""

NO_TIME = "none"
"""The name that a user gives in place of a time column to leave time out."""


@dataclass(frozen=True)
class TimeColumn:
    """The columns that hold a time, and the instant of every row.

    `index` is a DatetimeIndex, a TimedeltaIndex, or an index of float seconds; it need not be
    regular or sorted.
    """

    columns: frozenset[int]
    index: pd.Index
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Times:
    """Axis of a table, None without one, and other columns of time, which are no channels."""

    axis: TimeColumn | None
    spare: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def find_times(
    table: Table, wanted: str | None, taken: frozenset[int], order: str | None = None
) -> Times:
    """Return the time of every row, and the columns that hold another time.

    The axis is the column `wanted` (none at all for "none"), or of the columns that look like
    time the most regular one. Raises DataError where the wanted column is no time, or where the
    only one that looks like time has a row that is not.
    """
    free = [column for column in range(len(table.names)) if column not in taken]
    chosen: TimeColumn | None = None
    if wanted == NO_TIME and NO_TIME not in table.titles():
        found, _ = _candidates(table, free, order)
        columns = frozenset[int]().union(*(one.columns for one in found))
        return Times(None, columns)
    if wanted is not None:
        column = table.find(wanted, "time")
        chosen = _instants(table, column, named=True, order=order)
        if chosen is None:
            cell = table.frame.iloc[0, column]
            raise DataError(
                f"{table.place(0)}, {table.label(column)}: {quoted(cell)} is not a time; ISO 8601 "
                "dates, epoch seconds "
                "(or ms, µs, ns) and seconds are read."
            )
        free = [column for column in free if column not in chosen.columns]
    found, refused = _candidates(table, free, order)
    if chosen is None:
        if not found:
            if refused:
                raise refused[0]
            return Times(None)
        chosen = min(found, key=lambda one: _rank(table, one)) if len(found) > 1 else found[0]
    others = [one for one in found if not one.columns & chosen.columns]
    spare = frozenset[int]().union(*(one.columns for one in others))
    if wanted is None:
        chosen = _started(chosen, others)
    chosen = _with_milliseconds(table, chosen)
    spare -= chosen.columns
    aside, notes = _other_axes(table, chosen, free)
    notes = (*_spare_notes(table, sorted(spare - aside)), *notes)
    return Times(chosen, spare | aside, notes)


def _with_milliseconds(table: Table, axis: TimeColumn) -> TimeColumn:
    """Return an axis of whole seconds with the milliseconds in the column to its right."""
    column = max(axis.columns) + 1
    if not isinstance(axis.index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return axis
    if column >= len(table.names) or not words(table.names[column]) & _MILLISECONDS:
        return axis
    series = table.frame.iloc[:, column]
    if not words(table.names[column]) <= _MILLISECONDS or series.dtype.kind not in "iu":
        return axis
    if int(series.min()) < 0 or int(series.max()) > 999:
        return axis
    late = pd.TimedeltaIndex(series.to_numpy(dtype=np.int64).view("timedelta64[ms]"))
    index = (axis.index.as_unit("ms") + late).rename(axis.index.name)
    return replace(axis, columns=axis.columns | {column}, index=index)


def _other_axes(
    table: Table, axis: TimeColumn, free: list[int]
) -> tuple[frozenset[int], tuple[str, ...]]:
    """Return columns beside an axis of their own, that axis with them, and a note.

    Signals of several rates stand side by side, each behind its time; such a time has the name of
    the axis and other values, or ends before it.
    """
    first = min(axis.columns)
    starts = [column for column in free if _is_other_axis(table, first, column)]
    ends = [*starts, len(table.names)][1:]
    ranges = [range(start, end) for start, end in zip(starts, ends, strict=True)]
    # Signals end with their time; an end of each row that is missing in the last is another thing.
    ranges = [one for one in ranges if _end_together(table, one)]
    if not ranges:
        return frozenset(), ()
    starts = [one.start for one in ranges]
    titles = table.titles()
    aside = {column for one in ranges for column in one} - axis.columns
    which = ", ".join(f"'{titles[column]}'" for column in sorted(aside - set(starts))[:6])
    note = (
        f"{which} has a time of its own in '{titles[starts[0]]}': left out "
        f"(--time '{titles[starts[0]]}' with --channels reads it)."
    )
    return frozenset(aside), (note,) if which else ()


def _end_together(table: Table, columns: range) -> bool:
    """Return True if there are columns beside a time, and none has a value where it has none."""
    frame = table.frame.iloc[:, columns.start : columns.stop]
    after = frame[frame.iloc[:, 0].isna()].iloc[:, 1:]
    return len(columns) > 1 and bool(after.isna().all(axis=None))


def _is_other_axis(table: Table, axis: int, column: int) -> bool:
    """Return True if a column is the time of other rows than those of the axis."""
    name = table.names[column]
    same = bool(name) and name == table.names[axis]
    if column <= axis or not (same or names_only_time(name) or names_unit_of_time(name)):
        return False
    series, rows = table.frame.iloc[:, column], table.frame.iloc[:, axis]
    known = series.notna().to_numpy()
    count = int(known.sum())
    if count < 2 or not known[:count].all() or rows.isna().iloc[:count].any():
        return False
    if is_plain(series) and not goes_on(series.iloc[:count].to_numpy(dtype=np.float64)):
        return False
    differs = not series.iloc[:count].reset_index(drop=True).equals(rows.iloc[:count])
    return differs and (same or count < len(known))


def _spare_notes(table: Table, columns: list[int]) -> tuple[str, ...]:
    """Return a note on columns of time that are not the axis."""
    if not columns:
        return ()
    if len(columns) == 1:
        label, title = table.label(columns[0]), table.titles()[columns[0]]
        return (f"{label} holds a time too: left out (--time '{title}' makes it the axis).",)
    titles = ", ".join(f"'{table.titles()[column]}'" for column in columns[:8])
    return (f"{len(columns)} more columns hold a time: left out ({titles}; --time takes one).",)


def _started(axis: TimeColumn, others: Iterable[TimeColumn]) -> TimeColumn:
    """Return an axis of elapsed seconds as dates, where another column dates the first row."""
    if isinstance(axis.index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return axis
    seconds = axis.index.to_numpy(dtype=np.float64)
    for other in others:
        if isinstance(other.index, pd.DatetimeIndex):
            span = (other.index[-1] - other.index[0]).total_seconds()
            if abs(span - (seconds[-1] - seconds[0])) <= max(2.0, 0.02 * abs(span)):
                offsets = np.rint((seconds - seconds[0]) * 1e9).astype(np.int64)
                dates = other.index[0].as_unit("ns") + pd.TimedeltaIndex(
                    offsets.view("timedelta64[ns]")
                )
                return replace(axis, index=dates.rename(axis.index.name))
    return axis


def _candidates(
    table: Table, free: list[int], order: str | None
) -> tuple[list[TimeColumn], list[DataError]]:
    """Return the columns that look like time, and what is wrong with those that nearly do."""
    found: list[TimeColumn] = []
    refused: list[DataError] = []
    if (dated := calendar_dates(table, free)) is not None:
        found.append(TimeColumn(*dated))
        free = [column for column in free if column not in dated[0]]
    while (unnamed := unnamed_dates(table, free)) is not None:
        found.append(TimeColumn(*unnamed))
        free = [column for column in free if column not in unnamed[0]]
    used: set[int] = set()
    for column in _plausible(table, free):
        if column in used:
            continue
        try:
            one = _instants(table, column, named=False, alone=len(free) == 1, order=order)
        except DataError as error:
            refused.append(error)
            continue
        if one is not None:
            used |= one.columns
            found = [other for other in found if not other.columns < one.columns]
            found.append(one)
    return found, refused


def _rank(table: Table, one: TimeColumn) -> tuple[int, bool, bool, bool, int]:
    """Return how well a column serves as the axis, the smallest best.

    A regular one goes before one whose stamps repeat or come in bursts, a date before a clock, and
    a column named like time before another.
    """
    column = min(one.columns)
    clock = isinstance(one.index, pd.TimedeltaIndex)
    uneven = not has_equal_steps(np.diff(seconds_of(one.index)))
    return irregularity(one.index), clock, uneven, not names_time(table.names[column]), column


def _plausible(table: Table, free: list[int]) -> list[int]:
    """Return the columns that may be time, by what costs little for thousands of columns."""
    kinds = table.kinds()
    plain = [column for column in free if kinds[column] in "iufb"]
    first = dict(zip(plain, table.matrix(plain, 1)[0], strict=True)) if plain else {}
    return [
        column
        for column in free
        if column not in first
        or np.isnan(first[column])
        or abs(first[column]) >= _SMALLEST_STAMP
        or words(table.names[column]) & (TIME_WORDS | SECONDS.keys())
        or names_time(table.names[column])
        or seconds_in(None, table.unit(column))
        or (not table.names[column] and column == free[0])
        or column == 0
    ]


def _instants(
    table: Table, column: int, *, named: bool, alone: bool = False, order: str | None = None
) -> TimeColumn | None:
    """Return the instants in a column, None where it is no time; `named` if the user names it."""
    series = table.frame.iloc[:, column]
    columns = frozenset({column})
    name = table.names[column]
    if isinstance(series.dtype, pd.DatetimeTZDtype) or series.dtype.kind in "mM":
        _refuse_missing(table, column, series.isna().to_numpy())
        return TimeColumn(columns, pd.Index(series).rename(name))
    if is_plain(series):
        if series.dtype.kind == "b":
            return None
        return _from_numbers(table, column, named=named, alone=alone)
    shapes = [str(cell) for cell in series.iloc[: 10 * _A_FEW].dropna()][:_A_FEW]
    shapes = shapes or [str(cell) for cell in series.dropna().iloc[:_A_FEW]]
    called = named or column == 0 or names_time(name)
    if 2 * sum(is_date(cell, months=called) for cell in shapes) > len(shapes):
        return _from_dates(table, column, order)
    if shapes and all(map(_ELAPSED.fullmatch, shapes)):
        elapsed = pd.to_timedelta(series.astype("str").str.replace(",", ""), errors="coerce")
        _refuse_missing(table, column, elapsed.isna().to_numpy())
        return TimeColumn(columns, pd.TimedeltaIndex(elapsed).rename(name))
    if 2 * sum(map(is_clock, shapes)) > len(shapes):
        full = called or min(cell.count(":") for cell in shapes) >= 2
        if named or full:
            clock = clock_times(table, column)
            if named or called or irregularity(clock) < 2:
                return TimeColumn(clock_columns(table, column), clock.rename(name))
        return None
    if named and numbers(table, column) is not None:
        return _from_numbers(table, column, named=True)
    if (
        names_only_time(name)
        and shapes
        and not read_cells(series.iloc[:_A_FEW], table.decimal).bad.all()
    ):
        return _from_numbers(table, column, named=False)
    return None


class MissingTimeError(DataError):
    """Rows without a time, marked in `rows` (n,); the time is in the column number `column`."""

    def __init__(self, message: str, column: int, rows: BoolArray) -> None:
        super().__init__(message)
        self.column, self.rows = column, rows


def _refuse_missing(table: Table, column: int, missing: BoolArray) -> None:
    """Raise MissingTimeError, naming the first row without a time."""
    if missing.any():
        row = int(np.argmax(missing))
        raise MissingTimeError(
            f"{table.place(row)}, {table.label(column)}: the time is missing; every row needs one.",
            column,
            missing,
        )


def _from_numbers(
    table: Table, column: int, *, named: bool, alone: bool = False
) -> TimeColumn | None:
    """Return the instants of numbers: epoch stamps, day numbers, 20240131, or elapsed time."""
    name, columns = table.names[column], frozenset({column})
    unit = seconds_in(name, table.unit(column))
    values = _candidate(table, column, named=named, alone=alone)
    if values is None:
        return None
    by_unit = seconds_in(None, table.unit(column)) is not None
    called = names_time(name) or names_unit_of_time(name) or by_unit
    called |= column == 0 and (name or "").strip().casefold() in SECONDS
    surely = named or names_only_time(name) or by_unit
    dates = _dates_in_numbers(table, column, values, called=surely, unit=unit)
    if dates is not None:
        _refuse_missing(table, column, np.isnan(values))
        if dates.has_duplicates and dates.tz is None and bool((dates == dates.normalize()).all()):
            return _with_clock(table, column, dates)
        return TimeColumn(columns, dates.rename(name))
    if not (called or named):
        return _unnamed_seconds(table, column, values, alone=alone)
    if not named:
        steady = is_steady if words(name) == {"t"} or not surely else goes_on
        if not steady(values):
            return None
    if not np.isfinite(values.sum()):
        _refuse_missing(table, column, np.isnan(values))
    notes: tuple[str, ...] = ()
    if not unit:
        said = f"{table.label(column)} is taken as the time in seconds"
        notes = (f"{said} (--fs gives the rate if it counts something else).",)
    series = table.frame.iloc[:, column]
    if series.dtype.kind in "iu" and abs(values[0]) > 2**53:
        # A float would round a count of nanoseconds since the start of a device to some 100 ns.
        values = (series - series.iloc[0]).to_numpy(dtype=np.float64)
    values = values if unit in (None, 1.0) else values * (unit or 1.0)
    return TimeColumn(columns, pd.Index(values).rename(name), notes)


def _unnamed_seconds(
    table: Table, column: int, values: Float64Array, *, alone: bool
) -> TimeColumn | None:
    """Return the first column of a nameless table as seconds, where steps are fractions.

    Columns that rise by whole numbers count something else.
    """
    if alone or column or table.names[column] or np.isnan(values).any():
        return None
    steps = np.diff(values)
    step = float(np.median(steps))
    if step <= 0 or step == round(step):
        return None
    exact = bool(np.mean(np.abs(steps - step) <= 0.01 * step) >= 0.99)
    # 360 Hz in whole milliseconds has steps of 2 and 3 ms, which never add up to more than that.
    line = values[0] + np.arange(len(values)) * (values[-1] - values[0]) / len(steps)
    rounded = bool(steps.min() > 0) and float(np.abs(values - line).max()) <= _ROUNDED * step
    if not exact and not rounded:
        return None
    note = f"{table.label(column)} is taken as the time in seconds (--time none leaves it out)."
    return TimeColumn(frozenset({column}), pd.Index(values), (note,))


def _dates_in_numbers(
    table: Table, column: int, values: Float64Array, *, called: bool, unit: float | None
) -> pd.DatetimeIndex | None:
    """Return the dates that numbers stand for, None where they count elapsed time."""
    name, series = table.names[column], table.frame.iloc[:, column]
    if named := words(name) & JULIAN_WORDS:
        julian = julian_dates(values, modified="mjd" in named)
        if julian is not None:
            return julian
    dates = written_dates(values)
    if dates is not None and (called or irregularity(dates) == 0):
        return dates
    if called:
        # A unit beside stamps of before 2000 makes them a count since the logger was started.
        since = words(name) & {"epoch", "unix", "utc"}
        dates = epoch(series, values, 1e8 if unit is None or since else 946_684_800.0)
        return day_numbers(values, names_date(name)) if dates is None else dates
    if not is_steady(values) or (unit is not None and names_time(name)):
        return None
    return epoch(series, values, 1e9)


def _candidate(table: Table, column: int, *, named: bool, alone: bool) -> Float64Array | None:
    """Return the numbers of a column that may be time, where a glance does not exclude it."""
    series = table.frame.iloc[:, column]
    name = table.names[column]
    called = named or names_time(name) or bool(words(name) & SECONDS.keys())
    called |= seconds_in(None, table.unit(column)) is not None
    first_column = not name and column == 0
    if not called and alone:
        return None
    if not called and (
        series.dtype.kind not in "iuf"
        or not (
            abs(float(series.iloc[0])) >= _SMALLEST_STAMP or first_column or _starts_rising(series)
        )
    ):
        return None
    values = numbers(table, column, required=True)
    if values is None or np.isfinite(values.sum()):
        return values
    return None if np.isnan(values).all() or np.isinf(values).any() else values


def _starts_rising(series: "pd.Series[float]") -> bool:
    """Return True if the first rows of a column are day numbers or dates in digits."""
    first = series.iloc[:_A_FEW].to_numpy(dtype=np.float64)
    return bool((first >= 19e6).all() and (np.diff(first) > 0).all())


def _from_dates(table: Table, column: int, order: str | None) -> TimeColumn | None:
    """Return the instants of written dates, joined with the clock times beside them, if any."""
    series = table.frame.iloc[:, column]
    order = order or written_order(f"{table.names[column]} {table.unit(column)}")
    parsed, notes = parse_dates(series, order, day_first=_writes_day_first(table))
    if has_missing(parsed):
        # A copy, for the index keeps the array it hands out.
        missing = np.array(parsed.isna())
        # Only cells that are no date are looked at one by one: there may be millions.
        unread = series[missing]
        missing[missing] = unread.isna() | unread.astype("str").str.strip().str.lower().isin(
            MISSING_WORDS
        )
        bad = np.asarray(parsed.isna()) & ~missing
        if np.mean(bad) > 0.5:
            return None
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"{table.place(row)}, {table.label(column)}: {quoted(series.iloc[row])} is not a "
                "date like those above and below."
            )
        _refuse_missing(table, column, missing)
    name = table.names[column]
    # Days without a time of day show in the first rows; to look for repeats takes longer.
    days = parsed[:_A_FEW].equals(parsed[:_A_FEW].normalize()) and parsed.has_duplicates
    if days and bool((parsed == parsed.normalize()).all()):
        return _with_clock(table, column, parsed, notes)
    return TimeColumn(frozenset({column}), parsed.rename(name), notes)


def _writes_day_first(table: Table) -> bool:
    """Return True if a table writes a decimal comma or names its time in such a language."""
    return table.decimal == "," or any(words(name) & DAY_FIRST_WORDS for name in table.names[:8])


def _with_clock(
    table: Table, column: int, dates: pd.DatetimeIndex, notes: tuple[str, ...] = ()
) -> TimeColumn:
    """Return dates with the times of day in a column beside them, or as they are without one."""
    clock: pd.TimedeltaIndex | None = None
    for beside in (column + 1, column - 1):
        if not 0 <= beside < len(table.names):
            continue
        series = table.frame.iloc[:, beside]
        if holds_clocks(series):
            clock = clock_times(table, beside, unwrap=False)
        else:
            clock = written_clock(series, table.names[beside])
        if clock is not None:
            name, columns = table.names[min(column, beside)], clock_columns(table, beside)
            return TimeColumn(columns | {column}, (dates + clock).rename(name), notes)
    name = table.names[column]
    if (hours := hours_beside(table, column)) is not None:
        beside, clock = hours
        return TimeColumn(frozenset({column, beside}), (dates + clock).rename(name), notes)
    return TimeColumn(frozenset({column}), dates.rename(name), notes)
