"""Days in six digits, such as 240314, beside times of day in digits; days of the year, 2024074."""

import re

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import names_date, words
from spectra.datasets.readers.times.digit_clocks import written_clock
from spectra.datasets.readers.times.time_index import TimeColumn
from spectra.datasets.readers.times.time_numbers import irregularity

_FORMS = ("%y%m%d", "%d%m%y", "%m%d%y")
_SMALLEST, _LARGEST = 10_100, 999_999
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_YEAR_DAYS = frozenset(
    {"yyyyddd", "yyyydoy", "yyyyjjj", "doy", "yearday", "yday", "julian", "jday"}
)
"""Names of days of the year, with or without the year before them."""
_WEEKS = frozenset({"week", "yearweek", "isoweek", "yyyyww", "woche", "semaine", "semana"})


def names_day_of_year(name: str | None) -> bool:
    """Return True if a name is one of a day of the year: DOY, JDay, yyyyddd."""
    letters = re.sub(r"[\W\d_]+", "", (name or "").casefold())
    return bool({*words(name), letters} & _YEAR_DAYS)


def year_days(name: str | None, values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the dates of years with the day of the year behind them, 2024074; None for others."""
    if not (names_date(name) or names_day_of_year(name)):
        return None
    years, days = np.divmod(values, 1000)
    whole = bool((values == np.rint(values)).all())
    if not whole or years.min() < _FIRST_YEAR or years.max() >= _LAST_YEAR:
        return None
    if days.min() < 1 or days.max() > 366 or not bool((np.diff(values) >= 0).all()):
        return None
    texts = pd.Series(values.astype(np.int64).astype("str"))
    dates = pd.to_datetime(texts, format="%Y%j", errors="coerce")
    return None if dates.isna().any() else pd.DatetimeIndex(dates)


def year_weeks(name: str | None, values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the Mondays of years with the week behind them, 202407; None for other numbers."""
    if not words(name) & _WEEKS:
        return None
    weeks = values % 100
    whole = bool((values == np.rint(values)).all() and (np.diff(values) > 0).all())
    inside = values.min() >= 100 * _FIRST_YEAR and values.max() < 100 * _LAST_YEAR
    if not (whole and inside and weeks.min() >= 1 and weeks.max() <= 53):
        return None
    texts = pd.Series(values.astype(np.int64).astype("str")) + "1"
    dates = pd.to_datetime(texts, format="%G%V%u", errors="coerce")
    return None if dates.isna().any() else pd.DatetimeIndex(dates)


def days_with_parts(series: "pd.Series[float]", name: str | None) -> pd.Index | None:
    """Return the seconds of days of the year with fractions, such as 74.25; None for others."""
    if series.dtype.kind != "f" or not names_day_of_year(name) or len(series) < 2:
        return None
    days = series.to_numpy(dtype=np.float64)
    inside = bool(days.min() >= 0 and days.max() < 367)
    if not inside or bool((days == np.rint(days)).all()) or not bool((np.diff(days) > 0).all()):
        return None
    return pd.Index(np.round(days * 86400, 3))


def digit_days(table: Table, column: int, values: Float64Array) -> TimeColumn | None:
    """Return the instants of a date in six digits and the clock beside it; None for others.

    Of the forms of a date in which both go on together the one of the shortest span is taken.
    """
    days_in = table.column(column)
    named = names_date(table.names[column]) and days_in.dtype.kind in "iu"
    if not named or values.min() < _SMALLEST or values.max() > _LARGEST:
        return None
    texts = days_in.astype("str").str.zfill(6)
    for beside in (column + 1, column - 1):
        if not 0 <= beside < len(table.names):
            continue
        series, first = table.column(beside), table.first_cell(beside)
        clock = written_clock(series, table.names[beside], first)
        if clock is None:
            continue
        forms = [pd.to_datetime(texts, format=form, errors="coerce") for form in _FORMS]
        found = [pd.DatetimeIndex(days) for days in forms if not days.isna().any()]
        found = [days for days in found if irregularity(days + clock) <= 1]
        if found:
            days = min(found, key=lambda one: one.max() - one.min())
            said = f"{table.label(column)}: {texts.iloc[0]} is read as {days[0]:%Y-%m-%d}"
            note = f"{said} (write it with four digits of the year if it is another day)."
            index = (days + clock).rename(table.names[column])
            return TimeColumn(frozenset({column, beside}), index, (note,))
    return None
