"""Times of day in a column beside that of the date: clock times and whole hours."""

import re
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table, is_plain, quoted
from spectra.datasets.readers.cells.names import names_date, names_only_time, words
from spectra.datasets.readers.dates.dates import is_clock, western_halves
from spectra.datasets.readers.times.time_index import refuse_missing
from spectra.datasets.readers.times.time_numbers import irregularity
from spectra.errors import DataError

_DOTTED = re.compile(r"\s*(?:[01]?\d|2[0-4])\.[0-5]\d(?:\.\d\d)?\s*")
"""A time of day as Italian and Danish programs write it; alone it may be a date or a number."""
_CLOCK_OF_POINTS = re.compile(r"\s*([01]?\d|2[0-3])\.([0-5]\d)\.([0-5]\d)\s*")
_HOUR_NAMES = {
    "hour",
    "hours",
    "hr",
    "stunde",
    "hora",
    "heure",
    "ora",
    "uur",
    "he",
    "hh",
    "time",
    "godz",
    "godzina",
    "hodina",
    "timme",
    "tunti",
    "óra",
    "час",
    "kl",
    "klo",
    "hhmm",
    "hhmmss",
}
_ENDING = {"he", "ending"}
"""Words of a name of hours that are those of their ends."""
_DAYS_FIRST = re.compile(r"\s*(\d+):([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\s*")
"""Days, hours, minutes and seconds, or hours to seconds and parts of one."""
_HOURS = re.compile(r"\s*(\d{1,2})\s?[-–]\s?(\d{1,2})\s*")
"""The hour of a row by its ends: 00 - 01."""
_NUMBERED_HOUR = re.compile(r"\s*(?:he|hour|h)[\s_-]?(\d{1,2})\s*", re.IGNORECASE)
"""The number of an hour behind a letter or word, as markets write it: HE01, H1."""
_TIME_CODE = re.compile(r"\s*\d\d:\d\d:\d\d[:;]\d\d\s*")
_FRAMES = frozenset({24, 25, 30, 48, 50, 60})
"""Frames a second that films and videos have."""
_MOST_EVEN = 0.9
_BEFORE_ZERO = re.compile(r"[\s']*T?\s?-\s?\d", re.IGNORECASE)
"""The beginning of a time before that of an event: T-00:00:10."""
_HALF = re.compile(r"\s*[ap]\.?m?\.?\s*", re.IGNORECASE)
_MINUTES_FIRST = re.compile(
    r"(?<![\w:])m{1,2}:s{1,2}|\bmin:s|\s\[?s(?:ec)?\]?$|(?<![\dh]) [\[(]?min[\])]?\s*$",
    re.IGNORECASE,
)
"""Words in names and units that tell of a clock such as 01:30 whose first part is minutes."""
_PARTS_OF_A_DAY = frozenset({24, 48, 96, 144, 288, 1440})
_A_FEW = 20
_MONTHS = 12


def hours_beside(
    table: Table, date: int, dates: pd.DatetimeIndex | None = None
) -> tuple[int, pd.TimedeltaIndex] | None:
    """Return the column of whole hours beside one of dates, and what they add to the dates.

    A column without a name to the right of the `dates` is one where both together rise by steps of
    one length.
    """
    for column, name in enumerate(table.names):
        series = table.column(column)
        unnamed = dates is not None and name is None and column == date + 1
        ends = not is_plain(series) and str(series.iloc[0]).strip()[:2].casefold() == "he"
        named = bool(words(name) & _HOUR_NAMES) or names_only_time(name) or ends
        if column == date or not (named or unnamed):
            continue
        series = _first_hours(series)
        if named and series.dtype.kind == "f":
            late = _fractions(series)
            late = _minutes_behind_points(series) if late is None else late
            if late is not None:
                return column, late
        if series.dtype.kind not in "iu":
            continue
        hours = series.to_numpy(dtype=np.int64)
        # Hours of 1 to 24 are those that end then; part of a day may be called so.
        called = hours.min() >= 1 and (ends or bool(words(name) & _ENDING))
        ending = called or bool(hours.min() == 1 and hours.max() == 24)
        if not (hours.min() >= 0 and hours.max() - ending <= 23 and np.ptp(hours) > 1):
            continue
        late = pd.TimedeltaIndex(pd.to_timedelta(hours - ending, unit="h"))
        if named or (dates is not None and len(set(np.diff((dates + late).asi8))) == 1):
            return column, late
    return None


def begins_of_hours(clocks: pd.TimedeltaIndex, name: str | None) -> pd.TimedeltaIndex:
    """Return the begins of hours from 1:00 to 24:00 whose name says that they are ends."""
    hours = clocks.total_seconds().to_numpy() / 3600
    whole = bool((hours == np.rint(hours)).all())
    if words(name) & _ENDING and whole and hours.min() == 1 and hours.max() == 24:
        return clocks - pd.Timedelta(hours=1)
    return clocks


def count_beside(table: Table, dates: pd.DatetimeIndex) -> tuple[int, pd.TimedeltaIndex] | None:
    """Return the column that counts the parts of each day, and what they add to the dates.

    Such are the 48 periods of a market, quarters of an hour and minutes of the day: they begin
    again where the date changes, at 0 or 1, and reach the number of parts that a day has.
    """
    changes = np.diff(dates.asi8) > 0
    for column in range(len(table.names)) if changes.any() else ():
        series = table.column(column)
        if series.dtype.kind not in "iu":
            continue
        counts = series.to_numpy(dtype=np.int64)
        first = int(counts.min())
        parts = int(counts.max()) + 1 - first
        if first not in (0, 1) or parts not in _PARTS_OF_A_DAY:
            continue
        if not np.array_equal(np.diff(counts) < 0, changes):
            continue
        late = pd.TimedeltaIndex(pd.to_timedelta((counts - first) * (86400 // parts), unit="s"))
        if irregularity(dates + late) == 0:
            return column, late
    return None


def day_fractions(column: "pd.Series[float]", name: str | None) -> pd.TimedeltaIndex | None:
    """Return the times of day in fractions of a day, as workbooks keep them; else None."""
    if column.dtype.kind != "f" or not names_only_time(name):
        return None
    days = column.to_numpy(dtype=np.float64)
    if not (days.min() >= 0 and days.max() < 1 and np.any(np.diff(days) > 0)):
        return None
    return pd.TimedeltaIndex(np.rint(days * 86400e3).astype(np.int64).view("timedelta64[ms]"))


def _first_hours(column: "pd.Series[float]") -> "pd.Series[Any]":
    """Return the hours of texts such as "00 - 01", an hour long, or HE01; others as they are."""
    if not is_plain(column) and _NUMBERED_HOUR.fullmatch(str(column.iloc[0])):
        numbers = column.astype("str").str.extract(f"^{_NUMBERED_HOUR.pattern}$", flags=re.I)
        return column if numbers.isna().any(axis=None) else numbers[0].astype(np.int64)
    if is_plain(column) or not _HOURS.fullmatch(str(column.iloc[0])):
        return column
    ends = column.astype("str").str.extract(f"^{_HOURS.pattern}$")
    if ends.isna().any(axis=None):
        return column
    first, last = ends[0].astype(np.int64), ends[1].astype(np.int64)
    return first if bool(((last - first) % 24 == 1).all()) else column


def _fractions(column: "pd.Series[float]") -> pd.TimedeltaIndex | None:
    """Return the times of day of hours with fractions, such as 13.25; None for other numbers."""
    hours = column.to_numpy(dtype=np.float64)
    steps = np.diff(hours)
    usual = float(np.median(steps))
    inside = bool(hours.min() >= 0 and hours.max() < 24 and usual > 0)
    if not inside or np.mean(np.abs(steps % 24 - usual) <= 0.01 * usual) < 0.9:
        return None
    return pd.TimedeltaIndex(np.rint(hours * 3600).astype(np.int64).view("timedelta64[s]"))


def _minutes_behind_points(column: "pd.Series[float]") -> pd.TimedeltaIndex | None:
    """Return the times of day of hours with minutes such as 13.45, one step apart; else None."""
    digits = column.to_numpy(dtype=np.float64) * 100
    hours, minutes = np.divmod(np.rint(digits), 100)
    valid = (np.abs(digits - np.rint(digits)) < 1e-6) & (hours >= 0) & (hours < 24) & (minutes < 60)
    steps = np.diff(hours * 60 + minutes) % 1440
    if not valid.all() or np.mean(steps == np.median(steps)) < 0.9:
        return None
    seconds = ((hours * 60 + minutes) * 60).astype(np.int64)
    return pd.TimedeltaIndex(seconds.view("timedelta64[s]"))


def holds_clocks(column: "pd.Series[float]") -> bool:
    """Return True if the first cells are all times of day."""
    if is_plain(column):
        return False
    # An empty cell stays NaN otherwise.
    first = column.iloc[:_A_FEW].astype("str").fillna("")
    return all(is_clock(cell) or _DOTTED.fullmatch(cell) for cell in first)


def are_dotted_clocks(column: "pd.Series[Any]", name: str | None) -> bool:
    """Return True for times of day such as 06.00.15, of which one at least is no date.

    Below a name of times and of no dates such a date begins with its day.
    """
    first = str(column.iloc[0]) if len(column) else ""
    if is_plain(column) or not _CLOCK_OF_POINTS.fullmatch(first):
        return False
    parts = column.astype("str").str.extract(f"^{_CLOCK_OF_POINTS.pattern}$")
    if parts.isna().any(axis=None):
        return False
    left, middle = parts[0].astype(np.int64), parts[1].astype(np.int64)
    timed = names_only_time(name) and not names_date(name)
    other = (middle > _MONTHS) & ((left > _MONTHS) | timed)
    return bool(((left == 0) | (middle == 0) | other).any())


def half_beside(table: Table, clock: int) -> int | None:
    """Return the column of AM and PM to the right of one of times, None where there is none."""
    beside = clock + 1
    if beside >= len(table.names) or is_plain(table.column(beside)):
        return None
    halves = table.column(beside)
    if not all(_HALF.fullmatch(str(cell)) for cell in halves.iloc[:_A_FEW]):
        return None
    return beside if all(_HALF.fullmatch(str(cell)) for cell in halves.unique()) else None


def clock_columns(table: Table, clock: int) -> frozenset[int]:
    """Return the column of times of day, with that of AM and PM beside it."""
    beside = half_beside(table, clock)
    return frozenset({clock} if beside is None else {clock, beside})


def clock_times(table: Table, column: int, *, unwrap: bool = True) -> pd.TimedeltaIndex:
    """Return clock times, h:mm, h:mm:ss or m:ss.fff, counted on over midnight."""
    text = table.column(column).astype("str")
    if (beside := half_beside(table, column)) is not None:
        text = text + " " + table.column(beside).astype("str").str.strip()
    if _DOTTED.fullmatch(str(text.iloc[0])):
        text = text.str.replace(".", ":", regex=False)
    if re.fullmatch(r"\s*\d{1,2}\s?h.*", str(text.iloc[0]), re.IGNORECASE):
        text = text.str.replace(r"(?i)\s?[hm](?:in)?\s?(?=\d)", ":", regex=True)
    parts = _parts_of(text)
    if parts[0].isna().any() or (parts[2].isna().any() and parts[2].notna().any()):
        # 8:0:2 is written without zeros before its minutes and seconds.
        parts = _parts_of(text.str.replace(r":(?=\d(?!\d))", ":0", regex=True))
    bad = parts[0].isna().to_numpy()
    if bad.any():
        refuse_missing(table, column, table.column(column).isna().to_numpy())
        row = int(np.argmax(bad))
        cell = table.frame.iloc[row, column]
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: {quoted(cell)} is not a clock time such "
            "as 12:59:59."
        )
    first, second, third = (parts[i].fillna("0").to_numpy(dtype=np.float64) for i in range(3))
    fraction = ("0." + parts[3].fillna("0")).to_numpy(dtype=np.float64)
    halves = parts[4].str.lower()
    if halves.notna().any():
        first = first % 12 + 12 * (halves == "p").to_numpy()
    said = f"{table.names[column] or ''} {table.unit(column)}"
    two = bool(parts[2].isna().all())
    minutes_first = two and bool(parts[3].notna().any() or _MINUTES_FIRST.search(said))
    seconds = first * 60 + second if minutes_first else first * 3600 + second * 60 + third
    frames = _frames_of(text, parts, first * 3600 + second * 60 + third)
    seconds = seconds + (fraction if frames is None else frames)
    before = text.str.match(_BEFORE_ZERO).to_numpy(dtype=np.bool_)
    if before.any():
        seconds, unwrap = np.where(before, -seconds, seconds), False
    if (days := _with_days(text, seconds)) is not None:
        return days
    if unwrap and not minutes_first and seconds.max() <= 86400:
        steps = np.diff(seconds)
        usual = float(np.median(steps)) if len(steps) else 0.0
        # A clock of twelve hours without its half goes on from 12:59 to 1:00.
        half = np.abs(steps + 43200 - usual) <= 0.5 * usual
        half &= bool(first.min() >= 1 and first.max() == 12)
        late = np.where(steps < -43200, 86400, np.where(half, 43200, 0))
        seconds = seconds + np.concatenate([[0], np.cumsum(late)])
    return pd.TimedeltaIndex(np.rint(seconds * 1e6).astype(np.int64).view("timedelta64[us]"))


def _parts_of(text: "pd.Series[str]") -> pd.DataFrame:
    """Return hours, minutes, seconds, their fractions and the half of the day of each text."""
    return western_halves(text).str.extract(
        r"(\d+):(\d\d)(?::(\d\d))?(?:[.,:;](\d+))?\s*([ap](?=\.?\s?m|\.?\s*$))?",
        flags=re.IGNORECASE,
    )


def _frames_of(
    text: "pd.Series[str]", parts: pd.DataFrame, seconds: Float64Array
) -> Float64Array | None:
    """Return the parts of a second of frames, as time codes count them; None for other parts.

    They have two digits behind a colon or semicolon, are counted through, and begin again at 0 with
    each second.
    """
    if not bool(text.str.fullmatch(_TIME_CODE).all()):
        return None
    frames = parts[3].to_numpy(dtype=np.float64)
    rate = float(frames.max()) + 1
    counts = np.diff(seconds * rate + frames)
    begins = bool(np.any(np.diff(frames) < 0))
    if not begins or rate not in _FRAMES or np.mean(counts == np.median(counts)) < _MOST_EVEN:
        return None
    return np.asarray(frames / rate, dtype=np.float64)


def _with_days(text: "pd.Series[str]", seconds: Float64Array) -> pd.TimedeltaIndex | None:
    """Return the times of texts such as 012:23:59:59, whose first part are days; else None.

    They are days where they have three digits, or where they make `seconds`, which they are
    without days, uneven.
    """
    parts = text.str.extract(f"^{_DAYS_FIRST.pattern}$")
    if parts.isna().any(axis=None):
        return None
    counts = parts.to_numpy(dtype=np.float64) @ np.array([86400.0, 3600.0, 60.0, 1.0])
    even = _share_of_even_steps(counts)
    if not text.str.match(r"\s*\d{3}").all() and even <= max(0.9, _share_of_even_steps(seconds)):
        return None
    return pd.TimedeltaIndex(counts.astype(np.int64).view("timedelta64[s]"))


def _share_of_even_steps(seconds: Float64Array) -> float:
    """Return the share of the steps that are the usual one."""
    steps = np.diff(seconds)
    return float(np.mean(np.abs(steps - np.median(steps)) < 1e-6)) if len(steps) else 1.0
