"""Dates without a year: 14-03 08:00:00, Mar 14 08:00:00."""

import re

import numpy as np
import pandas as pd

from spectra.datasets.readers.dates.date_notations import month_number

_YEARLESS = re.compile(
    r"(\d{1,2}|[^\W\d_]{3,9}\.?)(?:[-/]|\. ?| {1,2})(\d{1,2}|[^\W\d_]{3,9})\.?,?(?: {1,3}|T)"
    r"(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d+)?))?"
)
_LEAP_YEAR = 2000
"""A year that has every day."""
_YEAR_ENDS = np.timedelta64(-300, "D")
"""A step back by more than this goes on in the next year."""


def is_yearless(text: str) -> bool:
    """Return True for a day and a month, in either order, with a time of day."""
    match = _YEARLESS.fullmatch(text.strip())
    if match is None:
        return False
    names = [part for part in match.groups()[:2] if not part.isdigit()]
    return len(names) < 2 and all(month_number(name) is not None for name in names)


def yearless_dates(column: "pd.Series[float]") -> pd.DatetimeIndex:
    """Return dates in one year and those after it, NaT for other texts.

    Where day and month are numbers, the order is taken that has the shorter steps.
    """
    parts = column.astype("str").str.strip().str.extract(f"^{_YEARLESS.pattern}$")
    numbers = [
        parts[i].map(lambda part: int(part) if part.isdigit() else month_number(part), "ignore")
        for i in (0, 1)
    ]
    first_is_name, second_is_name = (
        bool(parts[i].str.contains(r"\D", na=False).any()) for i in (0, 1)
    )
    orders = [(0, 1)] if first_is_name else [(1, 0)] if second_is_name else [(0, 1), (1, 0)]
    found = [_dates(numbers[month], numbers[day], parts) for month, day in orders]
    known = [(dates, np.asarray(dates.dropna().asi8)) for dates in found]
    return max(known, key=lambda one: (len(one[1]), -int(np.ptp(one[1])) if len(one[1]) else 0))[0]


def _dates(
    month: "pd.Series[float]", day: "pd.Series[float]", parts: pd.DataFrame
) -> pd.DatetimeIndex:
    """Return the dates of months, days and times of day, later years after a step back."""
    days = pd.to_datetime(
        pd.DataFrame({"year": _LEAP_YEAR, "month": month, "day": day}), errors="coerce"
    )
    clock = parts[2] + ":" + parts[3] + ":" + parts[4].fillna("00").str.replace(",", ".")
    dates = pd.DatetimeIndex(days + pd.to_timedelta(clock, errors="coerce"))
    back = np.diff(dates.to_numpy()) < _YEAR_ENDS
    return dates + pd.to_timedelta(366 * np.concatenate([[0], np.cumsum(back)]), unit="D")
