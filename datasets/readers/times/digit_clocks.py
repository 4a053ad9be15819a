"""Times of day in the digits of numbers beside a date: 93000 for 9:30:00, 930 for 9:30."""

import re

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table, is_plain
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.times.time_numbers import clock_digits, is_steady

_NAMES_TEXT = """
    hour hours hr stunde hora heure ora uur he hh time godz godzina hodina timme tunti óra час kl
    klo uhrzeit zeit tijd tid čas czas saat время idő orario tempo klokkeslett hhmm hhmmss hms hm
"""
_NAMES = frozenset(_NAMES_TEXT.split())
_MINUTES, _SECONDS = 100, 1
"""Units in which digits end with minutes, and with seconds."""
_FORMS = {"hhmm": _MINUTES, "hm": _MINUTES, "hhmmss": _SECONDS, "hms": _SECONDS}
_WIDTHS = {4: _MINUTES, 6: _SECONDS}
"""Digits of such a time with a zero before it."""
_DIGITS = re.compile(r"\s*(\d{4})\s?(?:UTC|GMT|Z|h)\s*", re.IGNORECASE)
"""A time of day such as 0130 UTC."""
_DAY = 240_000
_HALF_A_DAY = 43_200


def written_clock(
    column: "pd.Series[float]", name: str | None, first: str = ""
) -> pd.TimedeltaIndex | None:
    """Return the times of day that numbers such as 93000 write, for 9:30:00; else None.

    Numbers that may end with minutes and with seconds end with minutes, but where the name, or a
    zero before the `first` cell, tells. 2400 is the end of the day.
    """
    if not is_plain(column) and _DIGITS.fullmatch(str(column.iloc[0])):
        text = column.astype("str").str.extract(f"^{_DIGITS.pattern}$", flags=re.IGNORECASE)
        column = column if text[0].isna().any() else pd.to_numeric(text[0])
    called = words(name)
    if column.dtype.kind not in "iuf" or not called & _NAMES:
        return None
    whole, _, part = first.strip().partition(".")
    told = {_FORMS[word] for word in called & _FORMS.keys()}
    if not told and len(whole) in _WIDTHS and whole[0] == "0" and whole.isdecimal():
        told = {_WIDTHS[len(whole)]}
    if not told and len(whole) == 6 and part:
        told = {_SECONDS}
    for unit in sorted(told) if told else (_MINUTES, _SECONDS):
        clock = _clock(column, unit)
        largest = float(column.max())
        # Numbers below 100 may be anything.
        if clock is not None and (told or largest >= 100):
            return clock
    return None


def clock_of_digits(table: Table, column: int, values: Float64Array) -> pd.TimedeltaIndex | None:
    """Return the times of day that digits without a date write; None for other numbers.

    Either they pass over 60 to 99, or the first of them has a zero before it: 0600, 0615.
    """
    first = table.first_cell(column)
    if first[:1] != "0" or len(first) not in _WIDTHS or values.max() < 100:
        return clock_digits(values)
    clock = written_clock(table.column(column), table.names[column], first)
    if clock is None:
        return None
    seconds = clock.total_seconds().to_numpy()
    days = np.concatenate([[0], np.cumsum(np.diff(seconds) < -_HALF_A_DAY)])
    clock += pd.TimedeltaIndex(pd.to_timedelta(days, unit="D"))
    return clock if is_steady(clock.total_seconds().to_numpy()) else None


def _clock(column: "pd.Series[float]", unit: int) -> pd.TimedeltaIndex | None:
    """Return the times of day of digits that end with minutes or seconds; None for others."""
    numbers = column.to_numpy(dtype=np.float64) * unit
    if not (numbers.min() >= 0 and numbers.max() <= _DAY):
        return None
    hours, rest = np.divmod(numbers, 10_000)
    minutes, seconds = np.divmod(rest, 100)
    if not (minutes.max() < 60 and seconds.max() < 60):
        return None
    if unit == _MINUTES and bool((seconds != 0).any()):
        return None
    micros = np.rint((hours * 3600 + minutes * 60 + seconds) * 1e6)
    return pd.TimedeltaIndex(micros.astype(np.int64).view("timedelta64[us]"))


def doubt(table: Table, column: int, dates: pd.DatetimeIndex) -> tuple[str, ...]:
    """Return a note where digits of one day, from midnight on, may end with minutes or seconds."""
    series, first = table.column(column), table.first_cell(column)
    told = words(table.names[column]) & _FORMS.keys() or (len(first) > 1 and first[0] == "0")
    if told or not is_plain(series) or dates[0] != dates[-1]:
        return ()
    low, high = float(series.min()), float(series.max())
    if low >= 100 or high >= 2300:
        return ()
    said = f"{table.label(column)} is read as hours and minutes: {high:.0f} is "
    return (f"{said}{int(high) // 100}:{int(high) % 100:02d} (name it HHMMSS if it has seconds).",)
