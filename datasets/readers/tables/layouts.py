"""Tables that hold more than one sample of a signal in a row: traces, days, blocks."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.instants import later, seconds_of
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.tables.day_rows import (
    between_marks,
    days_of,
    keys_of_days,
    name_times,
    stamps_of,
    with_beside,
)
from spectra.datasets.readers.tables.long_tables import (
    is_newest_first,
    long_table,
    matrix_of,
    newest_last,
)
from spectra.datasets.readers.tables.month_rows import day_columns
from spectra.datasets.readers.tables.year_rows import month_columns, quarter_columns
from spectra.datasets.readers.times.clock_times import hours_beside

_CLOCK = re.compile(
    r"\D{0,6}(\d{1,2})[:h.](\d\d)(?::\d\d)?(?:\s*([ap])\.?m\.?)?\s*(?:[-–].*)?", re.IGNORECASE
)
_MINUTES = re.compile(r"(?::|[^\W\d]{1,12}[._ ]?)?([0-5]\d|60)(?:\s?min)?", re.IGNORECASE)
"""A name that ends in two digits, the minute of an hour: 00, :15, m30, 45 min, Steps59."""
_FOUR_DIGITS = re.compile(r"([01]\d|2[0-4])([0-5]\d)")
_HOUR_TO_HOUR = re.compile(
    r"(?:\D{0,6}\s)?(\d{1,2})\s?(?:h\s?)?[-–]\s?(\d{1,2})(?:\s?h)?", re.IGNORECASE
)
"""The hour of a column by its ends: 0-1, 23h-24h."""
_PLACE = re.compile(r"\s*\[(\d{1,9})\]\s*")
_NUMBERED = re.compile(r"[^\d]{0,12}?0*(\d{1,4})\D{0,4}")
_PER_DAY = frozenset({24, 48, 72, 96, 144, 288, 1440})
_HOURS_IN_FALL, _MOST_HOURS = 25, 24
_MINUTES_A_DAY = 1440
_DAYS_BETWEEN = 100
"""Days of which at most one ends summer time."""
_FEWEST_BLOCK = 16
_ALIKE = 3.0
"""Columns of one signal have spreads and levels that differ by less than this factor."""


def unrolled(table: Table) -> Table:
    """Return a table with one sample a row.

    A day, an hour, a month or a year a row, named by clock times, days or months, a block of
    samples beside each stamp, and a trace written several samples a line become one column; every
    other table is returned as it is.
    """
    years = (month_columns, quarter_columns, day_columns)
    for attempt in (_clock_columns, _minute_columns, *years, _trace, _blocks):
        if (found := attempt(table)) is not None:
            return found
    return table


def _clock_columns(table: Table) -> Table | None:
    """Return a table of days, whose columns are named by clock times, as one column.

    Where several rows are of one day, columns of words or numbers tell them apart.
    """
    columns, minutes, marks = _times_of_day(table)
    steps = set(np.diff(minutes))
    if len(steps) != 1 or (step := steps.pop()) <= 0 or step * len(columns) > _MINUTES_A_DAY:
        return None
    names = [(table.names[i] or "").strip() for i in columns]
    sure = name_times(names) or all(map(_CLOCK.fullmatch, names))
    days, values = days_of(table, columns[0], sure), matrix_of(table, columns)
    if days is None or values is None:
        return None
    dated, dates = days
    if is_newest_first(dates):
        table, dates, values = newest_last(table), dates[::-1], values[::-1]
    keys: list[int] = []
    if dates.has_duplicates:
        if not sure:
            return None
        keys = keys_of_days(table, dates, [i for i in range(columns[0]) if i not in dated])
    note = (
        f"The {len(columns)} columns {names[0]} to {names[-1]} are the times of a day: read as one "
        f"channel of a value every {step} min (--channels reads them as columns)."
    )
    note += _beside(table, [*columns, *marks])
    long = long_table(table, values, "value", note, len(columns), _minutes_after(dates, minutes))
    return with_beside(table, long, keys, marks, len(columns))


def _times_of_day(table: Table) -> tuple[list[int], list[int], list[int]]:
    """Return the columns that are times of a day, their minutes, and those of marks."""
    names = [name or "" for name in table.names]
    clocks = [_CLOCK.fullmatch(name.strip()) for name in names]
    # 25:00 is the hour that comes twice when summer time ends.
    clocks = [match if match and int(match[1]) <= _MOST_HOURS else None for match in clocks]
    columns, marks = [i for i, match in enumerate(clocks) if match], list[int]()
    if len(columns) >= 12:
        minutes = [_minutes(match) for match in clocks if match]
        # The end of the last part of a day may be called 00:00.
        return columns, [*minutes[:-1], minutes[-1] or _MINUTES_A_DAY], marks
    if (whole := _whole_day(names)) is not None:
        return *whole, marks
    columns = _numbered(names)
    if len(columns) not in {*_PER_DAY, _HOURS_IN_FALL}:
        columns, marks = between_marks(table, _PER_DAY)
    if len(columns) == _HOURS_IN_FALL and _is_rare(table, columns[-1]):
        columns = columns[:-1]
    if len(columns) not in _PER_DAY:
        return [], [], []
    return columns, [_MINUTES_A_DAY // len(columns) * i for i in range(len(columns))], marks


def _whole_day(names: Sequence[str]) -> tuple[list[int], list[int]] | None:
    """Return the columns called 0000 to 2330, or 0-1 to 23-24, and their minutes; None for others.

    Digits without a sign between hours and minutes may be years, but for a whole day of them.
    """
    for pattern in (_FOUR_DIGITS, _HOUR_TO_HOUR):
        found = [pattern.fullmatch(name.strip()) for name in names]
        columns = [i for i, match in enumerate(found) if match]
        pairs = [(int(match[1]), int(match[2])) for match in found if match]
        if pattern is _HOUR_TO_HOUR:
            pairs = [(first, 0) for first, end in pairs if end % _MOST_HOURS == (first + 1) % 24]
        minutes = [60 * hour + minute for hour, minute in pairs]
        if len(minutes) != len(columns) or len(minutes) not in _PER_DAY:
            continue
        step = _MINUTES_A_DAY // len(minutes)
        # The last part of a day that is called by its end may be 0000.
        minutes = [*minutes[:-1], minutes[-1] or _MINUTES_A_DAY]
        if minutes[0] in (0, step) and set(np.diff(minutes)) == {step}:
            return columns, minutes
    return None


def _is_rare(table: Table, column: int) -> bool:
    """Return True if a column has a value in a few rows at most, as the 25th hour has."""
    count = int(table.column(column).notna().sum())
    return count <= max(1, len(table.frame) // _DAYS_BETWEEN)


def _beside(table: Table, columns: Sequence[int]) -> str:
    """Return what is said of columns of numbers behind those of the times of a day, or nothing."""
    kinds, titles, inside = table.kinds(), table.titles(), set(columns)
    others = [i for i in range(columns[0], len(titles)) if i not in inside and kinds[i] in "iuf"]
    named = [f"'{titles[i]}'" for i in others if table.column(i).notna().any()]
    if not named:
        return ""
    return f" {', '.join(named[:6])} beside them {'is' if len(named) == 1 else 'are'} left out."


def _minutes_after(stamps: pd.DatetimeIndex, minutes: list[int]) -> pd.DatetimeIndex:
    """Return the instants so many minutes after each stamp, stamp after stamp."""
    late = pd.to_timedelta(np.tile(minutes, len(stamps)), unit="min")
    return stamps.repeat(len(minutes)) + pd.TimedeltaIndex(late)


def _minute_columns(table: Table) -> Table | None:
    """Return a table of hours, whose columns are named by minutes such as 00 and 30, as one."""
    found = [_MINUTES.fullmatch((name or "").strip()) for name in table.names]
    columns = [i for i, match in enumerate(found) if match]
    minutes = [int(match[1]) for match in found if match]
    steps = set(np.diff(minutes))
    if len(minutes) < 2 or len(steps) != 1 or (step := steps.pop()) * len(minutes) != 60:
        return None
    hours = _hours(table, columns[0])
    values = matrix_of(table, columns)
    if minutes[0] not in (0, step) or hours is None or values is None or hours.has_duplicates:
        return None
    instants = _minutes_after(hours, minutes)
    names = table.titles()
    note = (
        f"The {len(columns)} columns {names[columns[0]]} to {names[columns[-1]]} are the minutes "
        f"of an hour: read as one channel of a value every {step} min (--channels reads them as "
        "columns)."
    )
    return long_table(table, values, "value", note, len(columns), instants)


def _hours(table: Table, end: int) -> pd.DatetimeIndex | None:
    """Return the hour of each row by the columns before one, None without any."""
    for column in range(end):
        stamps = stamps_of(table, column)
        if stamps is None:
            continue
        beside = hours_beside(table, column)
        hours = stamps if beside is None else stamps + beside[1]
        steps = seconds_of(hours)[1:] - seconds_of(hours)[:-1]
        if len(steps) and float(np.median(steps)) == 3600:
            return pd.DatetimeIndex(hours)
    return None


def _minutes(match: re.Match[str]) -> int:
    """Return the minute of the day of a clock time."""
    hour = int(match[1])
    if match[3]:
        hour = hour % 12 + 12 * (match[3].lower() == "p")
    return 60 * hour + int(match[2])


def _numbered(names: Sequence[str]) -> list[int]:
    """Return the longest run of columns whose names are numbered one after another."""
    numbers_ = [
        int(match[1]) if (match := _NUMBERED.fullmatch(name.strip())) else -1 for name in names
    ]
    best: list[int] = []
    run: list[int] = []
    for i, number in enumerate(numbers_):
        if number < 0:
            run = []
        elif run and number == numbers_[i - 1] + 1:
            run.append(i)
        else:
            run = [i] if number in (0, 1) else []
        if len(run) > len(best):
            best = list(run)
    return best


def _trace(table: Table) -> Table | None:
    """Return a trace that is written several samples a line as one column, row by row.

    Such a table has no names, and its header counts the samples, or its last row is shorter.
    """
    if (printed := _without_places(table)) is not None:
        values = matrix_of(printed, range(printed.frame.shape[1]))
        return None if values is None else _as_trace(printed, values)
    width = table.frame.shape[1]
    if width < 2 or any(table.names) or width > 20 or len(table.frame) < 5:
        return None
    values = matrix_of(table, range(width))
    if values is None:
        return None
    known = ~np.isnan(values)
    count = int(known.sum())
    last = int(known[-1].sum())
    ragged = bool(known[:-1].all()) and 0 < last < width and bool(known[-1, :last].all())
    expected = table.header.n_samples
    counted = expected is not None and expected == count and count > len(values)
    whole = bool(known.all()) and width >= 4 and table.header.fs is not None
    if not counted and not ((ragged or whole) and _goes_on_in_rows(values[:-1])):
        return None
    return _as_trace(table, values)


def _as_trace(table: Table, values: Float64Array) -> Table:
    """Return the known values of a table as one column, row by row."""
    width = values.shape[1]
    known: BoolArray = np.asarray(~np.isnan(values)).ravel()
    note = (
        f"{int(known.sum())} samples of one signal, {width} a line: read line after line "
        "(--channels reads them as columns)."
    )
    return long_table(table, values, "value", note, width, None, keep=known)


def _without_places(table: Table) -> Table | None:
    """Return a vector as R prints it without the place of the first sample of each line: [11]."""
    width = table.frame.shape[1] - 1
    if any(table.names) or width < 1:
        return None
    first = table.column(0)
    if not pd.api.types.is_string_dtype(first.dtype):
        return None
    if not all(_PLACE.fullmatch(str(cell)) for cell in first.iloc[:5]):
        return None
    places = [int(match[1]) if (match := _PLACE.fullmatch(str(cell))) else 0 for cell in first]
    if places != [*range(1, 1 + width * len(places), width)]:
        return None
    frame = table.frame.iloc[:, 1:].set_axis(pd.RangeIndex(width), axis=1)
    return replace(table, frame=frame, names=(None,) * width, units=())


def _goes_on_in_rows(values: Float64Array) -> bool:
    """Return True if a row goes on where the one above it ends, smoother than down a column."""
    across = np.median(np.abs(values[1:, 0] - values[:-1, -1]))
    within = np.median(np.abs(np.diff(values, axis=1)))
    down = np.median(np.abs(np.diff(values, axis=0)))
    return bool(across < 1.5 * within + 1e-300 and within < 0.7 * down)


def _blocks(table: Table) -> Table | None:
    """Return blocks of samples beside the stamp of each row as one column.

    Sixteen columns or more without names, or with numbered ones, are a block where their levels
    and spreads are alike, and the step of the stamps over their number is a round rate.
    """
    names = [name or "" for name in table.names]
    candidates = _numbered(names) or (list(range(1, len(names))) if not any(names) else [])
    if len(candidates) < _FEWEST_BLOCK or len(table.frame) < 3:
        return None
    stamps = next(
        (found for i in range(candidates[0]) if (found := stamps_of(table, i)) is not None), None
    )
    columns = [] if stamps is None else _block_columns(table, candidates)
    values = matrix_of(table, columns) if columns else None
    if stamps is None or values is None:
        return None
    steps = np.diff(seconds_of(stamps))
    usual = float(np.median(steps))
    if usual <= 0 or np.mean(np.abs(steps - usual) > 0.01 * usual) > 0.1:
        return None
    fs = len(columns) / usual
    if abs(fs - float(f"{fs:.4g}")) > 1e-9 * fs:
        return None
    inside_row = np.tile(np.arange(len(columns)) / fs, len(stamps))
    instants = later(stamps.repeat(len(columns)), inside_row, "ns")
    inside = set(columns)
    others = [i for i in range(1, len(table.names)) if i not in inside]
    left = f" {len(others)} columns beside them are left out." if others else ""
    note = (
        f"{len(columns)} samples of one signal in each row, a row every {usual:g} s: read as one "
        f"channel of {fs:g} Hz (--channels reads the columns).{left}"
    )
    return long_table(table, values, "value", note, len(columns), instants)


def _block_columns(table: Table, candidates: list[int]) -> list[int]:
    """Return the last run of the candidates that are alike, [] where it is short."""
    values = matrix_of(table, candidates)
    if values is None or bool(np.isnan(values).all(axis=0).any()):
        return []
    level: Float64Array = np.asarray(np.nanmedian(values, axis=0))
    spread = np.nanpercentile(values, 75, axis=0) - np.nanpercentile(values, 25, axis=0)
    middle, usual = float(np.median(level)), float(np.median(spread))
    alike = (
        (np.abs(np.subtract(level, middle)) <= _ALIKE * max(usual, 1e-300))
        & (spread <= _ALIKE * usual)
        & (spread * _ALIKE >= usual)
    )
    # Only a few other columns may stand between the stamp and the block.
    start = int(np.argmin(alike[::-1])) if not alike.all() else len(alike)
    run = candidates[len(candidates) - start :]
    return run if len(run) >= max(_FEWEST_BLOCK, len(candidates) - 8) else []
