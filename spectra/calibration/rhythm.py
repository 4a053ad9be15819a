"""The bounds of a rhythm: of its busy hours, its events, and periods that differ from the others.

A bound that most periods exceed at the same phase divides the hours of a rhythm, such as a machine
that is on by day. The bounds of block maxima are then those of the busy hours alone.

Events that come at regular intervals, such as the joints of rails, are a rhythm too where their
intervals vary. The bounds are then those of their maxima.

Of few periods, one flat day among twelve, the generalised extreme Studentised deviate test (Rosner
1983) of the logarithms of their maxima says how many lie out.
"""

from typing import Final

import numpy as np
from scipy.special import stdtrit

from spectra.arrays import Float64Array, FloatArray
from spectra.calibration.block_maxima import (
    MIN_BLOCKS,
    MIN_MAXIMUM,
    MIN_SPREAD,
    stretch_maxima,
)

# Level of the test for outlying periods, and the fewest periods that it says anything of. With it
# event F1 changes in 2 of 618 development series, for the better.
LEVEL: Final = 1e-4
MIN_PERIODS: Final = 6
# Most of the periods that may lie out.
MOST_ODD: Final = 0.25
# Fewest events, largest interquartile range of the intervals between them, and longest pause, in
# units of the median interval, of a rhythm whose period varies. Joints of rails every 900 rows, the
# distance varying by 1 %, have 8 alarms in 60,000 rows, and 67 without. Of 618 development series,
# told nothing, one has such events, and its event F1 stays. With 8 events that of two more changes,
# to 0.22 from 0.95 in one whose nine anomalies come so; with a range of 0.3 that of two others (by
# 0.17 and -0.10); pauses of 1.2 to 5 intervals make no difference.
FEWEST_EVENTS: Final = 16
REGULAR: Final = 0.13
LONGEST_PAUSE: Final = 3.0
# Share of the periods that exceed a bound at the same phase, for a rhythm. With 0.5 instead, event
# F1 falls by 0.06 in 111 recordings of services where something happens in half of the nights.
MOST: Final = 0.75


def busy_hours(statistic: FloatArray, period: float, size: int, bound: float) -> Float64Array:
    """Return the maxima of the hours that exceed a bound in most periods, none of short periods.

    A machine that is switched on and off every day has two modes, and neither is anomalous. Blocks
    of `size` steps show no rhythm whose period is not longer.
    """
    parts = round(period / size)
    if parts < 2:
        return np.empty(0)
    maxima = stretch_maxima(statistic, period / parts)
    whole = maxima[: maxima.size // parts * parts].reshape(-1, parts)
    known = whole[:, np.isfinite(whole).any(axis=0)]
    busy = known[:, np.nanquantile(known, 1.0 - MOST, axis=0) > bound]
    return np.asarray(busy[np.isfinite(busy)])


def recurring_maxima(statistic: FloatArray, gap: int, bound: float) -> Float64Array:
    """Return the maxima of the events beyond a bound that come at regular intervals, else none.

    The spread of the intervals is that of their quartiles: one event that is missing, or too many,
    is no end of a rhythm. Steps beyond the bound that are at most `gap` apart are one.
    """
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero(statistic > bound)
    first = np.flatnonzero(np.diff(beyond, prepend=-gap - 1) > gap)
    if first.size < FEWEST_EVENTS:
        return np.empty(0)
    begins = beyond[first]
    low, usual, high = np.quantile(np.diff(begins), [0.25, 0.5, 0.75])
    longest = np.diff(begins, prepend=0, append=statistic.size).max()
    if high - low > REGULAR * usual or longest > LONGEST_PAUSE * usual:
        return np.empty(0)
    return np.asarray(np.maximum.reduceat(statistic[beyond], first).astype(np.float64))


def bound_of_periods(statistic: FloatArray, period: float) -> float:
    """Return the statistic between ordinary periods and outlying ones, ∞ where none lies out.

    There are too few periods for the other bounds.
    """
    if not MIN_PERIODS <= statistic.size / period < MIN_BLOCKS:
        return float("inf")
    maxima = stretch_maxima(statistic, period)
    x = np.sort(np.log(np.maximum(maxima[np.isfinite(maxima)], MIN_MAXIMUM)))
    n_odd = _outliers(x)
    return float(np.exp((x[-n_odd] + x[-n_odd - 1]) / 2.0)) if n_odd else float("inf")


def _outliers(x: Float64Array) -> int:
    """Return the number of upper outliers of sorted values (Rosner 1983).

    The largest of the values that are left is an outlier where its deviation from their mean,
    over their standard deviation, exceeds its quantile under normality. Fewer outliers than the
    last one found cannot hide it.
    """
    n_odd = 0
    for left in range(x.size, x.size - int(MOST_ODD * x.size), -1):
        rest = x[:left]
        deviation = (rest[-1] - rest.mean()) / max(float(rest.std(ddof=1)), MIN_SPREAD)
        t = float(stdtrit(left - 2, 1.0 - LEVEL / left))
        if deviation > (left - 1) * t / np.sqrt((left - 2 + t**2) * left):
            n_odd = x.size - left + 1
    return n_odd
