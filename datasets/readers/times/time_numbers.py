"""Numbers that stand for instants: epoch stamps, day numbers, 20240131, elapsed time."""

from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.instants import extreme_steps, seconds_of

_EQUAL = 1e-3
"""Relative difference of the extremes of steps that are one length, written with few digits."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_EPOCH_SCALES = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_OTHER_EPOCHS = (
    (2.8e9, 4.3e9, 1.0, 2_082_844_800.0),
    (1.25e17, 1.45e17, 1e7, 11_644_473_600.0),
    (6.2e17, 6.6e17, 1e7, 62_135_596_800.0),
)
"""Counts since 1904 (LabVIEW, s), 1601 (Windows) and the year 1 (.NET; both 100 ns): the smallest
and largest, how many make a second, and the seconds to 1970. As counts since 1970 they would be of
after 2058, of 1974 and of 1990."""
_DAY_NUMBERS = {25569.0: (29221.0, 65744.0), 719529.0: (723181.0, 759704.0)}
"""Day numbers of 1970-01-01, by Excel and OLE and by MATLAB, and those of 1980 and 2080."""
_FORMS = {
    "yymmdd": "%y%m%d",
    "ddmmyy": "%d%m%y",
    "mmddyy": "%m%d%y",
    "ddmmyyyy": "%d%m%Y",
    "mmddyyyy": "%m%d%Y",
}
_MOST_EVEN = 0.9
"""Share of the steps of times of day that are one length, within a fifth of it."""
_GLANCE = 1000
STANDS = 3
"""The irregularity of one instant throughout."""
_FIRST_DAY, _LAST_DAY = 29221.0, 759704.0
"""The day numbers of any of these kinds lie between these."""
_YEAR_2000 = 36526.0
"""The day number of the first of January 2000 in workbooks."""
_GLANCE = 20
"""Numbers that show whether a column may hold days."""


def irregularity(index: pd.Index) -> int:
    """Return 0 for stamps on a regular grid with gaps, 1 for rising ones, 2 for none of that.

    One instant throughout is STANDS.
    """
    steps = _steps(seconds_of(index))
    if has_equal_steps(steps):
        return 0 if steps[0] > 0 else 2
    if not steps.any():
        return STANDS
    usual = float(np.median(steps))
    whole = usual != 0 and np.mean(np.abs(steps / usual - np.rint(steps / usual)) <= 0.2) >= 0.95
    if whole and np.mean(steps * np.sign(usual) > 0) >= 0.97:
        return 0
    return 1 if np.mean(steps >= 0) > 0.95 else 2


def go_one_way(dates: pd.DatetimeIndex) -> bool:
    """Return True for dates on a regular grid, the first or the last of them in the first row.

    Digits down to the minute that all are instants, and go one way, are no other numbers.
    """
    if irregularity(dates) == 0 or irregularity(dates[::-1]) == 0:
        return True
    one_way = dates.is_monotonic_increasing or dates.is_monotonic_decreasing
    return one_way and dates.nunique() > 2 and not dates.equals(dates.normalize())


def _steps(values: Float64Array) -> Float64Array:
    """Return the steps from value to value; damaged files hold bits that warn of what they are."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.diff(values)


def has_equal_steps(steps: Float64Array) -> bool:
    """Return True if all steps are one length, by their extremes: that is all that clocks need."""
    return _are_equal(float(steps.min(initial=np.inf)), float(steps.max(initial=-np.inf)))


def _are_equal(low: float, high: float) -> bool:
    """Return True if steps between a smallest and a largest one are one length."""
    return low * high > 0 and abs(high - low) <= _EQUAL * abs(high)


def is_steady(values: Float64Array) -> bool:
    """Return True if nearly all steps go one way and are of one length, as those of a clock."""
    if _are_equal(*extreme_steps(values)):
        return True
    steps = _steps(values)
    usual = float(np.median(steps))
    back = np.mean(steps * usual < 0)
    alike = np.mean(np.abs(steps - usual) <= 0.2 * abs(usual))
    return usual != 0 and bool(alike >= 0.9 and back <= 0.02)


def is_steady_in_each(values: Float64Array) -> bool:
    """Return True for numbers that occur equally often and rise steadily, as in stacked series."""
    distinct, counts = np.unique(values, return_counts=True)
    return len(distinct) > 2 and counts[0] > 1 and np.ptp(counts) == 0 and is_steady(distinct)


def rises_by_parts(values: Float64Array) -> bool:
    """Return True for numbers that rise by less than 1, in steps of one length."""
    steps = np.diff(values)
    return len(steps) > 0 and bool(((steps > 0) & (steps < 1)).all()) and is_steady(values)


def rises_by_parts_of_days(column: "pd.Series[float]") -> bool:
    """Return True if the first rows of a column are day numbers with fractions, and rise.

    Those of before 2000 are as well lengths or forces.
    """
    first: Float64Array = np.asarray(column.iloc[:_GLANCE], dtype=np.float64)
    steps = np.diff(first)
    rises = len(steps) > 0 and bool(((steps > 0) & (steps < 1)).all())
    return rises and first[0] >= _YEAR_2000 and day_numbers(first, dated=False) is not None


def rises_by_thousands(values: Float64Array) -> bool:
    """Return True for whole numbers that rise by some thousand, and not by minutes.

    Nobody samples every 500 or 4000 s; clocks of milli- and microseconds do so.
    """
    steps = np.diff(values)
    step = float(np.median(steps)) if len(steps) else 0.0
    whole = step >= 500 and bool((values[:_GLANCE] == np.rint(values[:_GLANCE])).all())
    return whole and bool(np.any(steps % 60 != 0))


def goes_on(values: Float64Array) -> bool:
    """Return True if nearly all steps go one way or are none, and some are."""
    low, high = extreme_steps(values)
    if low >= 0 or high <= 0:
        return low < high or low != 0
    steps = _steps(values)
    return bool(np.any(steps)) and bool(np.mean(steps >= 0) > 0.9 or np.mean(steps <= 0) > 0.9)


def epoch(
    column: "pd.Series[float]", values: Float64Array, lowest: float
) -> pd.DatetimeIndex | None:
    """Return UTC instants where the values count s, ms, µs or ns since 1970.

    `lowest` is in seconds (1e8 is 1973).
    """
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    for least, most, scale, offset in _OTHER_EPOCHS:
        if least <= low and high < most and (scale > 1 or lowest < 1e9):
            ns: IntArray
            if column.dtype.kind in "iu":
                since = column.to_numpy(dtype=np.int64) - int(offset * scale)
                ns = np.asarray(since * (10**9 // int(scale)), dtype=np.int64)
            else:
                micros = np.rint((values - offset * scale) * (1e6 / scale)).astype(np.int64)
                ns = np.asarray(micros * 1000, dtype=np.int64)
            return pd.DatetimeIndex(ns.view("datetime64[ns]")).tz_localize("UTC")
    for unit, scale in _EPOCH_SCALES.items():
        if lowest * scale <= low and high < (2e9 if lowest >= 1e9 else 4e9) * scale:
            if column.dtype.kind in "iu":
                # Nanoseconds need all 64 bits: a float would round them to some 200 ns.
                counts = column.to_numpy(dtype=np.int64)
                return pd.DatetimeIndex(counts.view(f"datetime64[{unit}]")).tz_localize("UTC")
            whole = np.rint(np.nan_to_num(values) * (1e6 / scale)).astype(np.int64)
            return pd.DatetimeIndex(whole.view("datetime64[us]")).tz_localize("UTC")
    return None


def written_dates(values: Float64Array, column: "pd.Series[Any]") -> pd.DatetimeIndex | None:
    """Return instants where each value is written as 20240131, with hhmmss or 2401311030."""
    low, high = float(values.min()), float(values.max())
    if low >= 19e4 and high < 22e4 and (months := _written_months(values)) is not None:
        return months
    if low >= 1600 and high < 2200 and (months := _dotted_months(values)) is not None:
        return months
    for lowest, highest, form in (
        (19e6, 22e6, "%Y%m%d"),
        (19e8, 22e8, "%Y%m%d%H"),
        (19e10, 22e10, "%Y%m%d%H%M"),
        (19e12, 22e12, "%Y%m%d%H%M%S"),
        # A day of the year behind its year: as milliseconds since 1970 they would lie after 2033.
        (20e11, 21e11, "%Y%j%H%M%S"),
        (20e9, 21e9, "%Y%j%H%M"),
        # Hundredths of a second stand behind, as equipment of semiconductor plants writes them.
        (19e14, 22e14, "%Y%m%d%H%M%S%f"),
        (19e15, 22e15, "%Y%m%d%H%M%S%f"),
        # Years of two digits from 2022 on: before, 2003 may be the year or the month.
        (22e8, 40e8, "%y%m%d%H%M"),
        (22e10, 40e10, "%y%m%d%H%M%S"),
    ):
        if lowest <= low and high < highest and bool((values == np.rint(values)).all()):
            # A float has no 17 digits.
            whole = column.to_numpy() if column.dtype.kind in "iu" else values.astype(np.int64)
            dates = pd.to_datetime(pd.Series(whole.astype("str")), format=form, errors="coerce")
            if not dates.isna().any():
                return pd.DatetimeIndex(dates)
    return _years_behind(values)


def _years_behind(values: Float64Array) -> pd.DatetimeIndex | None:
    """Return days that rise as 31012024 or 01312024, None for other numbers.

    Of the two orders the one whose steps are alike is taken.
    """
    years = values % 10_000
    inside = years.min() >= _FIRST_YEAR and years.max() < _LAST_YEAR and values.max() < 32e6
    if not inside or values.min() < 1e6 or bool((values != np.rint(values)).any()):
        return None
    texts = pd.Series(values.astype(np.int64).astype("str")).str.zfill(8)
    orders = [pd.to_datetime(texts, format=form, errors="coerce") for form in ("%d%m%Y", "%m%d%Y")]
    found = [pd.DatetimeIndex(dates) for dates in orders if not dates.isna().any()]
    rising = [dates for dates in found if dates.is_monotonic_increasing and dates.nunique() > 2]
    return min(rising, key=irregularity, default=None)


def dates_by_name(values: Float64Array, called: frozenset[str]) -> pd.DatetimeIndex | None:
    """Return the dates of digits in the form that a column is called by, such as DDMMYY."""
    form = next((form for form in _FORMS if form in called), None)
    if form is None or bool((values != np.rint(values)).any()):
        return None
    texts = pd.Series(values.astype(np.int64).astype("str")).str.zfill(len(form))
    dates = pd.to_datetime(texts, format=_FORMS[form], errors="coerce")
    return None if dates.isna().any() else pd.DatetimeIndex(dates)


def _written_months(values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the months that follow one another as 199912, 200001, …, None for other numbers."""
    years, months = np.divmod(values, 100)
    counts = 12 * (years - 1970) + months - 1
    valid = bool(months.min() >= 1 and months.max() <= 12 and (np.diff(counts) == 1).all())
    if not valid or len(values) < 6:
        return None
    return pd.DatetimeIndex(counts.astype(np.int64).view("datetime64[M]").astype("datetime64[s]"))


def _dotted_months(values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the months that follow one another as 1999.12, 2000.01, …, None for other numbers.

    Within one year the same numbers may count anything.
    """
    hundreds = np.rint(values * 100)
    if np.ptp(np.floor(values)) < 1 or np.any(np.abs(values * 100 - hundreds) > 1e-6):
        return None
    return _written_months(hundreds)


def julian_dates(values: Float64Array, *, modified: bool) -> pd.DatetimeIndex | None:
    """Return the instants of Julian dates, or modified ones, of 1980 to 2080; None for others."""
    epoch = 40_587.0 if modified else 2_440_587.5
    days = values - epoch
    if not (days.min() >= _FIRST_DAY - 25_569 and days.max() < _LAST_DAY - 719_529):
        return None
    # A double near 2.4 million days is good to 40 µs.
    millis = np.rint(days * 86400e3).astype(np.int64)
    return pd.DatetimeIndex(millis.view("datetime64[ms]")).tz_localize("UTC")


def day_numbers(values: Float64Array, dated: bool) -> pd.DatetimeIndex | None:
    """Return the dates of day numbers of Excel, OLE or MATLAB, None where values are none.

    They lie in the years 1980 to 2080, and the step is a rounder number of seconds than it is of
    days; `dated` says that the column is called a date, which whole minutes are enough for.
    """
    if not (values.min() >= _FIRST_DAY and values.max() < _LAST_DAY) or len(values) < 2:
        return None
    steps = _steps(values)
    if np.median(steps) < 0:
        # The newest row comes first.
        steps = -steps
    rising = steps[steps > 0]
    if not len(rising):
        return None
    step = float(np.mean(rising[rising <= 1.5 * np.median(rising)]))
    for epoch, (low, high) in _DAY_NUMBERS.items():
        if low <= values.min() and values.max() < high:
            rounder = digits_of(step * 86400) < digits_of(step)
            if not rounder and not (dated and (step >= 1 or _is_of_whole_minutes(step))):
                return None
            # A double near 738,000 days is good to 10 µs.
            micros = np.rint((values - epoch) * 86400e3).astype(np.int64) * 1000
            return pd.DatetimeIndex(micros.view("datetime64[us]"))
    return None


def _is_of_whole_minutes(step: float) -> bool:
    """Return True if a part of a day is a number of minutes."""
    minutes = step * 1440
    return round(minutes) > 0 and abs(minutes - round(minutes)) <= 2e-4 * minutes


def decimal_years(values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the dates of years with a fraction, a month, a day or an hour apart; None for others.

    Months are their first days; days and hours are rounded to whole ones.
    """
    if len(values) < 3 or not (values.min() >= 1600 and values.max() < 2200):
        return None
    steps = _steps(values)
    usual = float(np.median(steps))
    per_year = next((n for n in (12, 365, 8760) if abs(usual * n - 1) <= 0.02), None)
    if per_year is None or steps.min() <= 0 or np.mean(np.abs(steps - usual) > 0.1 * usual) > 0.05:
        return None
    years = np.floor(values + 0.01 / per_year).astype(np.int64)
    begins = (years - 1970).view("datetime64[Y]")
    if per_year == 12:
        # The first of March is 59/365 of a year, not 2/12.
        months = np.clip(np.floor((values - years) * 12 + 0.1).astype(np.int64), 0, 11)
        return pd.DatetimeIndex((begins.astype("datetime64[M]") + months).astype("datetime64[s]"))
    starts, ends = begins.astype("datetime64[s]"), (begins + 1).astype("datetime64[s]")
    unit = 86400 if per_year == 365 else 3600
    lengths = (ends - starts).astype(np.int64)
    seconds = unit * np.floor((values - years) * lengths / unit + 0.25).astype(np.int64)
    dates = pd.DatetimeIndex(starts + seconds)
    if dates.is_unique or unit != 86400:
        return dates
    # Geodesy counts years of 365.25 days from 2000-01-01 12:00 on.
    days = np.floor((values - 2000) * 365.25 + 0.75).astype(np.int64)
    since = pd.DatetimeIndex(np.datetime64("2000-01-01", "s") + 86400 * days)
    return since if since.is_unique else dates


def whole_years(values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the first days of whole years that follow one another; None for other numbers."""
    if len(values) < 3 or not (values[0] >= 1600 and values[-1] < 2200):
        return None
    if values[0] != np.rint(values[0]) or not bool((np.diff(values) == 1).all()):
        return None
    years = (values - 1970).astype(np.int64).view("datetime64[Y]")
    return pd.DatetimeIndex(years.astype("datetime64[s]"))


def digits_of(number: float) -> int:
    """Return how many significant digits a number has, up to rounding in its fourth."""
    for digits in range(1, 5):
        if abs(float(f"{number:.{digits}g}") / number - 1) < 2e-4:
            return digits
    return 5


def clock_digits(values: Float64Array) -> pd.TimedeltaIndex | None:
    """Return the times of day that numbers such as 80059.9 write, for 8:00:59.9; None for others.

    Seconds that are counted through pass over no 60 to 99; these do at the end of each minute.
    """
    # A part of the values excludes nearly all others, at no cost.
    part = values[:: len(values) // _GLANCE + 1]
    if not (part[0] >= 0 and part[-1] < 240_000 and np.max(part % 100) < 60):
        return None
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() < 240_000):
        return None
    minutes, seconds = np.divmod(values, 100)
    hours, minutes = np.divmod(minutes, 100)
    if minutes.max() > 59 or seconds.max() >= 60 or not np.diff(minutes).any():
        return None
    times = np.rint((hours * 3600 + minutes * 60 + seconds) * 1e6)
    times += 86400e6 * np.concatenate([[0], np.cumsum(np.diff(times) < -43200e6)])
    steps = np.diff(times)
    usual = np.median(steps)
    if usual <= 0 or usual >= 60e6 or np.mean(np.abs(steps - usual) <= 0.2 * usual) < _MOST_EVEN:
        return None
    return pd.TimedeltaIndex(times.astype(np.int64).view("timedelta64[us]"))
