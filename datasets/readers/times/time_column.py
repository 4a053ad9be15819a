"""The time of every row: which columns may hold it, which one is the axis, its instants."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets.instants import later, seconds_of
from spectra.datasets.readers.cells.cells import read_cells
from spectra.datasets.readers.cells.columns import Table, is_plain, numbers, quoted
from spectra.datasets.readers.cells.names import (
    TIME_WORDS,
    names_only_time,
    names_time,
    names_unit_of_time,
    seconds_in,
    words,
)
from spectra.datasets.readers.cells.time_units import SECONDS
from spectra.datasets.readers.dates.dates import is_clock, is_date
from spectra.datasets.readers.dates.yearless import is_yearless, yearless_dates
from spectra.datasets.readers.times.calendar_columns import (
    calendar_dates,
    unnamed_clock,
    unnamed_dates,
)
from spectra.datasets.readers.times.clock_parts import clock_parts
from spectra.datasets.readers.times.clock_times import (
    clock_columns,
    clock_times,
)
from spectra.datasets.readers.times.digit_days import names_day_of_year
from spectra.datasets.readers.times.second_parts import (
    has_parts_beside,
    parts_of_clock,
    with_parts_of_seconds,
)
from spectra.datasets.readers.times.time_index import TimeColumn, refuse_missing
from spectra.datasets.readers.times.time_numbers import (
    STANDS,
    goes_on,
    has_equal_steps,
    irregularity,
)
from spectra.datasets.readers.times.times_in_dates import time_in_dates, with_clock
from spectra.datasets.readers.times.times_in_numbers import SMALLEST_STAMP, time_in_numbers
from spectra.datasets.readers.times.zone_column import in_zones_beside
from spectra.errors import DataError

_ELAPSED = re.compile(
    r"(?:L?T(?:IME)?#)(?=\d)(?:\d+d_?)?(?:\d+h_?)?(?:\d+m_?)?(?:\d+(?:\.\d+)?s_?)?(?:\d+(?:\.\d+)?ms_?)?(?:\d+us_?)?(?:\d+ns)?"
    r"|\s*-?\d+(?: days?,? \+?| ?d,? |\.)\d{1,2}:\d\d:\d\d(?:\.\d+)?\s*"
    r"|\s*\d{1,3}[: ]\d{1,2}:\d\d:\d\d\.\d+\s*"
    r"|P(?:\d+D)?T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{1,9})?S)?"
)
"""A duration of pandas, Python, .NET, a logger and ISO 8601: 1 days 02:03:04, 1 day, 2:03:04,
1.02:03:04, 1d 02:03:04, P1DT2H3M4S; of IEC 61131: T#1m2s300ms; of IRIG: 074:08:15:30.5."""
_COMPOUND = re.compile(
    r"(?=\d)(?:\d+ ?d(?:ays?)? ?)?(?:\d+ ?h(?:r|ours?)? ?)?(?:\d+ ?m(?:in(?:utes?)?)? ?)?"
    r"(?:\d+(?:\.\d+)? ?s(?:ec(?:onds?)?)?)?(?: ?\d+(?:\.\d+)? ?(?:ms|[uµ]s|ns))?"
)
"""A duration with a unit behind each part: 1m30.5s, 1h 2min 5s."""
_TWO_UNITS = r"^\d+ ?[a-z]+ ?\d[\d.]* ?[a-z]"
_A_FEW = 20
"""Cells that tell what a column of text holds."""
_MOST_COMPARED = 50
"""Columns of time that are compared; to read a few dates takes 20 ms a column."""
_MOST_TEXTS = 200
"""Columns of text that are tried: each takes 10 ms where it is nearly a time of day."""
_BEGINS = frozenset({"start", "started", "begin", "beginn"})
_FREQUENCIES = frozenset({"frequency", "freq", "frequenz", "fréquence", "frecuencia", "频率"})

NO_TIME = "none"
"""The name that a user gives in place of a time column to leave time out."""


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
    if not chosen.is_scaled:
        spare = frozenset[int]().union(*(one.columns for one in found))
        return Times(None, spare, (_unknown_unit(table, chosen),))
    others = [one for one in found if not one.columns & chosen.columns]
    spare = frozenset[int]().union(*(one.columns for one in others))
    if wanted is None:
        chosen = _started(chosen, others)
    chosen = in_zones_beside(table, with_parts_of_seconds(table, chosen))
    spare -= chosen.columns
    spare |= _whole_seconds(table, chosen, [one for one in free if one not in spare])
    aside, notes = _other_axes(table, chosen, free)
    aside |= parts_of_clock(table, chosen) & frozenset(free)
    notes = (*_spare_notes(table, sorted(spare - aside)), *notes)
    return Times(chosen, spare | aside, notes)


def _whole_seconds(table: Table, axis: TimeColumn, free: list[int]) -> frozenset[int]:
    """Return the columns of whole seconds since 1970 that the axis counts in fractions."""
    if not isinstance(axis.index, pd.DatetimeIndex) or not len(axis.index):
        return frozenset()
    named = [one for one in free if words(table.names[one]) & {"sec", "secs", "seconds"}]
    seconds = np.floor(seconds_of(axis.index)) if named else np.empty(0)
    return frozenset(
        one
        for one in named
        if one not in axis.columns
        and table.column(one).dtype.kind in "iu"
        and np.ptp(table.column(one).to_numpy(dtype=np.float64) - seconds) == 0
    )


def _other_axes(
    table: Table, axis: TimeColumn, free: list[int]
) -> tuple[frozenset[int], tuple[str, ...]]:
    """Return columns beside an axis of their own, that axis with them, and a note.

    Signals of several rates stand side by side, each behind its time; such a time has the name of
    the axis and other values, or ends before it. So does a spectrum behind its frequencies.
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
    own = f"'{titles[starts[0]]}'"
    note = (
        f"{which} stands over {own}, which is no time: left out (--channels reads it)."
        if _names_frequency(table.names[starts[0]])
        else f"{which} has a time of its own in {own}: left out "
        f"(--time {own} with --channels reads it)."
    )
    return frozenset(aside), (note,) if which else ()


def _names_frequency(name: str | None) -> bool:
    """Return True if a column is called like the axis of a spectrum."""
    return bool(words(name) & _FREQUENCIES)


def _end_together(table: Table, columns: range) -> bool:
    """Return True if there are columns beside a time, and none has a value where it has none."""
    frame = table.frame.iloc[:, columns.start : columns.stop]
    after = frame[frame.iloc[:, 0].isna()].iloc[:, 1:]
    return len(columns) > 1 and bool(after.isna().all(axis=None))


def _is_other_axis(table: Table, axis: int, column: int) -> bool:
    """Return True if a column is the time of other rows than those of the axis."""
    name = table.names[column]
    same = bool(name) and name == table.names[axis]
    timed = same or names_only_time(name) or names_unit_of_time(name)
    series, rows = table.column(column), table.column(axis)
    timed = timed or (names_time(name) and is_date(str(series.iloc[0]), months=False))
    if column <= axis or not (timed or _names_frequency(name)):
        return False
    known = series.notna().to_numpy()
    count = int(known.sum())
    if count < 2 or not known[:count].all() or rows.isna().iloc[:count].any():
        return False
    if is_plain(series) and not goes_on(series.iloc[:count].to_numpy(dtype=np.float64)):
        return False
    if not timed:
        whole = count < len(known) and is_plain(series)
        return whole and has_equal_steps(np.diff(series.iloc[:count].to_numpy(dtype=np.float64)))
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
            # One instant throughout is the start where it is called so.
            begins = span == 0 and bool(words(str(other.index.name)) & _BEGINS)
            if begins or abs(span - (seconds[-1] - seconds[0])) <= max(2.0, 0.02 * abs(span)):
                dates = later(other.index[0], seconds - seconds[0], "ns")
                return replace(axis, index=dates.rename(axis.index.name))
    return axis


def _candidates(
    table: Table, free: list[int], order: str | None
) -> tuple[list[TimeColumn], list[DataError]]:
    """Return the columns that look like time, and what is wrong with those that nearly do."""
    found: list[TimeColumn] = []
    refused: list[DataError] = []
    if (dated := calendar_dates(table, free)) is not None:
        columns, days = dated
        axis = TimeColumn(columns, days)
        if days.has_duplicates and max(columns) + 1 in free and days.equals(days.normalize()):
            timed = with_clock(table, max(columns), days)
            axis = replace(timed, columns=timed.columns | columns)
        found.append(axis)
        free = [column for column in free if column not in axis.columns]
    if (clock := unnamed_clock(table, free)) is not None:
        found.append(TimeColumn(*clock))
        free = [column for column in free if column not in clock[0]]
    if dated is None and (parts := clock_parts(table, free)) is not None:
        found.append(TimeColumn(*parts))
        free = [column for column in free if column not in parts[0]]
    while (unnamed := unnamed_dates(table, free)) is not None:
        found.append(TimeColumn(*unnamed))
        free = [column for column in free if column not in unnamed[0]]
    used: set[int] = set()
    plausible, kinds = _plausible(table, free), table.kinds()
    of_text = [column for column in plausible if kinds[column] not in "iufbmM"]
    unread = {*of_text[_MOST_TEXTS:]}
    for column in plausible:
        if column in used or column in unread:
            continue
        if len(found) + len(refused) >= _MOST_COMPARED:
            break
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


def _unknown_unit(table: Table, one: TimeColumn) -> str:
    """Return a note on a time that counts in a unit that is not known."""
    column = min(one.columns)
    step = float(np.median(np.diff(one.index.to_numpy(dtype=np.float64))))
    return (
        f"{table.label(column)} counts the time by {step:g}, in a unit that is not known: left out "
        f"(name it time_ms or time_us, or give the rate with --fs)."
    )


def _rank(table: Table, one: TimeColumn) -> tuple[bool, bool, int, bool, bool, bool, bool, int]:
    """Return how well a column serves as the axis, the smallest best.

    One that goes on goes before one instant throughout, one of a known unit before another, a
    regular one before one whose stamps repeat or come in bursts, a date before a clock, a column
    named like time before another, and a time before the number of its steps.
    """
    column = min(one.columns)
    clock = isinstance(one.index, pd.TimedeltaIndex)
    uneven = not has_equal_steps(np.diff(seconds_of(one.index)))
    name = table.names[column]
    steps = bool(words(name) & {"step", "timestep", "timesteps"})
    # A written date is an instant, whatever it is called: created_at.
    dated = isinstance(one.index, pd.DatetimeIndex) and not is_plain(table.column(column))
    named = names_time(name) or dated
    grade = irregularity(one.index)
    return grade == STANDS, not one.is_scaled, grade, clock, uneven, not named, steps, column


def _are_compound(series: "pd.Series[Any]", shapes: list[str]) -> bool:
    """Return True for durations of which some have two units: 59s, 1m0s."""
    if not all(map(_COMPOUND.fullmatch, shapes)):
        return False
    return bool(series.astype("str").str.contains(_TWO_UNITS, regex=True).any())


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
        or abs(first[column]) >= SMALLEST_STAMP
        or (1600 <= first[column] < 2200 and not table.names[column])
        or words(table.names[column]) & (TIME_WORDS | SECONDS.keys())
        or names_day_of_year(table.names[column])
        or names_time(table.names[column])
        or seconds_in(None, table.unit(column))
        or (not table.names[column] and column == free[0])
        or column == 0
    ]


def _instants(
    table: Table, column: int, *, named: bool, alone: bool = False, order: str | None = None
) -> TimeColumn | None:
    """Return the instants in a column, None where it is no time; `named` if the user names it."""
    series = table.column(column)
    columns = frozenset({column})
    name = table.names[column]
    if isinstance(series.dtype, pd.DatetimeTZDtype) or series.dtype.kind in "mM":
        refuse_missing(table, column, series.isna().to_numpy())
        index = pd.Index(series)
        if isinstance(index, pd.DatetimeIndex) and _are_days(index):
            return with_clock(table, column, index)
        return TimeColumn(columns, index.rename(name))
    if is_plain(series):
        if series.dtype.kind == "b":
            return None
        named |= has_parts_beside(table, column)
        return time_in_numbers(table, column, named=named, alone=alone)
    shapes = [str(cell) for cell in series.iloc[: 10 * _A_FEW].dropna()][:_A_FEW]
    shapes = shapes or [str(cell) for cell in series.dropna().iloc[:_A_FEW]]
    called = named or column == 0 or names_time(name)
    if called and 2 * sum(map(is_yearless, shapes)) > len(shapes):
        days = yearless_dates(series)
        refuse_missing(table, column, np.asarray(days.isna()))
        note = f"{table.label(column)} has no year: the time counts from the first row."
        return TimeColumn(columns, (days - days[0]).rename(name), (note,))
    if 2 * sum(is_date(cell, months=called) for cell in shapes) > len(shapes):
        return time_in_dates(table, column, order)
    if shapes and (all(map(_ELAPSED.fullmatch, shapes)) or _are_compound(series, shapes)):
        text = series.astype("str").str.replace(r"^L?T(?:IME)?#|[,_]", "", regex=True)
        text = text.str.replace(
            r"^\s*(-?\d+)(?:\.|[: ](?=\d+:\d\d:\d\d\.))(?=\d{1,2}:)", r"\1 days ", regex=True
        )
        text = text.str.replace(r"(?<=\d) ?d (?=\d)", " days ", regex=True)
        elapsed = pd.to_timedelta(text, errors="coerce")
        refuse_missing(table, column, elapsed.isna().to_numpy())
        return TimeColumn(columns, pd.TimedeltaIndex(elapsed).rename(name))
    if 2 * sum(map(is_clock, shapes)) > len(shapes):
        full = called or min(cell.count(":") for cell in shapes) >= 2
        if named or full:
            clock = clock_times(table, column)
            if named or called or irregularity(clock) < 2:
                return TimeColumn(clock_columns(table, column), clock.rename(name))
        return None
    if named and numbers(table, column) is not None:
        return time_in_numbers(table, column, named=True)
    if (
        names_only_time(name)
        and shapes
        and not read_cells(series.iloc[:_A_FEW], table.decimal).bad.all()
    ):
        return time_in_numbers(table, column, named=False)
    return None


def _are_days(index: pd.DatetimeIndex) -> bool:
    """Return True for days without a zone of which some have several rows."""
    return index.tz is None and index.has_duplicates and bool((index == index.normalize()).all())
