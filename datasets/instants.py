"""Instants as numbers of seconds, and lengths of time in words."""

from typing import Literal

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.errors import DataError

_CALENDAR = (-62135510400.0, 253402214400.0)
"""First and last second since 1970 that is in the years 1 to 9999 in every zone."""
_DAY = 86400
OUTSIDE = (
    "lies outside the years 1 to 9999, or 1677 to 2262 in nanoseconds "
    "(--time names another column, or none)"
)
_BLOCK = 1 << 15
"""Values of which the steps are taken at a time."""
Resolution = Literal["us", "ns"]
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def parse_period(period: str) -> float:
    """Return the seconds of a period such as "5min", "10ms" or "0.5" (seconds).

    Raises DataError for anything else.
    """
    try:
        seconds = float(period)
    except ValueError:
        try:
            # To pandas a day is D, and d a thing of the past.
            seconds = pd.Timedelta(
                period.replace("d", "D") if period.endswith("d") else period
            ).total_seconds()
        except ValueError:
            seconds = -1.0
    # Beyond these bounds instants overflow: a femtosecond, and some thirty million years.
    if not 1e-15 <= seconds <= 1e15:
        raise DataError(
            f"'{period}' is not a period to resample by: give one such as 5min, 1s, 10ms or 0.5."
        )
    return seconds


def duration_text(seconds: float) -> str:
    """Format a time span with its unit."""
    if seconds >= 86400:
        number = f"{seconds / 86400:.4g}"
        return f"{number} day" if number == "1" else f"{number} days"
    if 0 < seconds < 1e-6:
        return f"{seconds * 1e9:.6g} ns"
    if seconds >= 3600:
        return f"{seconds / 3600:.4g} h"
    if seconds >= 120:
        return f"{seconds / 60:.6g} min"
    return f"{seconds:.6g} s" if seconds >= 0.1 else f"{seconds * 1e3:.6g} ms"


def counts_of(index: "pd.DatetimeIndex | pd.TimedeltaIndex") -> tuple[IntArray, float]:
    """Return the instants as whole numbers, and how many of those make a second."""
    return index.asi8, _PER_SECOND[index.unit]


def seconds_of(index: pd.Index) -> Float64Array:
    """Return the seconds from the first instant to each, (n,)."""
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        counts, per_second = counts_of(index)
        return np.asarray((counts - counts[0]) / per_second, dtype=np.float64)
    values: Float64Array = index.to_numpy(dtype=np.float64)
    return np.asarray(values - values[0], dtype=np.float64)


def later(
    start: pd.Index | pd.Timestamp | pd.Timedelta, seconds: Float64Array, unit: Resolution
) -> pd.Index:
    """Return instants so many seconds each after an instant, or after those of an index.

    Dates and times of day are in the given unit.
    """
    name = start.name if isinstance(start, pd.Index) else None
    if not isinstance(start, (pd.DatetimeIndex, pd.TimedeltaIndex, pd.Timestamp, pd.Timedelta)):
        return pd.Index(start.to_numpy(dtype=np.float64) + seconds).rename(name)
    counts = np.rint(seconds * _PER_SECOND[unit]).astype(np.int64)
    moved: pd.Index = start.as_unit(unit) + pd.TimedeltaIndex(counts.view(f"timedelta64[{unit}]"))
    return moved.rename(name)


def extreme_steps(values: Float64Array | IntArray) -> tuple[float, float]:
    """Return the smallest and the largest step from value to value, NaN where a value is.

    Blocks stay in the cache of a core: an array of all steps takes four times as long to fill.
    """
    if len(values) < 2:
        return np.inf, -np.inf
    starts = range(0, len(values) - 1, _BLOCK)
    with np.errstate(invalid="ignore", over="ignore"):
        blocks = (np.diff(values[start : start + _BLOCK + 1]) for start in starts)
        extremes = np.array([(block.min(), block.max()) for block in blocks])
    return extremes[:, 0].min(), extremes[:, 1].max()


def resolution_of(index: pd.Index) -> float:
    """Return what the stamps are rounded to, in seconds; 0 where that cannot be told."""
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        counts, per_second = counts_of(index)
        return float(np.gcd.reduce(np.diff(counts)) / per_second)
    seconds = seconds_of(index[:10_000])
    for digits in range(10):
        with np.errstate(over="ignore"):
            scaled = seconds * 10.0**digits
        if not np.isfinite(scaled).all():
            return 0.0
        # A float of 1e9 s is good to 1e-7 s, so that stamps of written decimals are near whole,
        # never exactly.
        if np.abs(scaled - np.rint(scaled)).max() < 1e-3:
            return float(10.0**-digits)
    return 0.0


def has_missing(index: pd.Index) -> bool:
    """Return True if an instant is missing. NaT is the smallest of all whole numbers."""
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return int(index.asi8.min()) == np.iinfo(np.int64).min
    return bool(index.isna().any())


def is_far(index: pd.Index) -> BoolArray:
    """Return which dates lie outside the years 1 to 9999, and times as far from zero, (n,).

    No calendar of Python has them, whose zones and texts they need.
    """
    if not isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return np.zeros(len(index), dtype=np.bool_)
    counts, per_second = counts_of(index)
    first, last = (int(bound * per_second) for bound in _CALENDAR)
    # In nanoseconds the integers end before the calendar; a zone moves a time by a day at most.
    furthest = 2**63 - 1 - int(_DAY * per_second)
    return np.asarray((counts < max(first, -furthest)) | (counts > min(last, furthest)))


def is_autumn(index: pd.Index) -> bool:
    """Return True if local times step back by an hour, once or twice, and nowhere else.

    Such a clock was set back at the end of summer time: a block of rows has stamps that come again.
    """
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        return False
    steps = np.diff(seconds_of(index))
    back = steps[steps < 0]
    usual = float(np.median(steps))
    return 0 < len(back) <= 2 and bool((np.abs(back + 3600 - usual) <= 0.5 * usual).all())
