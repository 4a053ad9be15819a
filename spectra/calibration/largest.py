"""How probable the largest of many standard scores is, one a step of a signal.

A calibrator learns it from the steps themselves, so the number of looks, and how they depend on
each other, are accounted for. Two things are known beforehand: what lasts is one event, and not as
many as it has steps; and what the largest of Gaussian scores is, which counts where few steps were
learned from.
"""

from typing import Final

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri_exp

from spectra.arrays import Float64Array
from spectra.calibration.gaussian import GaussianThreshold

# Steps so many spreads (below the median) above the median make an excursion; with so many long
# ones they are usual.
EXCURSION: Final = 2.0
MANY: Final = 50
# The largest of Gaussian scores counts as so many independent values beside those that were learned
# from.
IDEAL: Final = 10.0
# A larger median tells of more than looks.
LARGEST_MEDIAN: Final = 8.0
# From here on the probability of that maximum is the sum of the tails, to the last digit.
FAR: Final = 30.0


def without_long_excursions(statistic: Float64Array, most: int) -> Float64Array:
    """The statistic of steps, (n,), with but `most` steps, evenly spaced, of an excursion that has
    more: to calibrate on.

    A normal signal is odd for a frame or so; what lasts is one event, and not as many as it has
    steps. High steps no more than `most` apart are one excursion, as alarms are. The nearer the
    long excursions come to being MANY, the more of their steps are kept, for then they are how this
    signal is.
    """
    median, lower = np.nanquantile(statistic, [0.5, float(ndtr(-1.0))])
    high = np.flatnonzero(statistic > median + EXCURSION * (median - lower))
    kept = np.ones(statistic.size, dtype=np.bool_)
    long = [
        one for one in np.split(high, np.flatnonzero(np.diff(high) > most) + 1) if one.size > most
    ]
    usual = min(len(long) / MANY, 1.0)
    for excursion in long:
        size = round(most + usual * (excursion.size - most))
        kept[excursion] = False
        kept[excursion[np.linspace(0, excursion.size - 1, size).round().astype(np.int64)]] = True
    return statistic[kept]


def standard_scores(
    statistic: Float64Array, calibration: GaussianThreshold, most: Float64Array
) -> Float64Array:
    """Standard scores of the largest of many looks' scores: N(0, 1) for normal steps, NaN stays
    NaN.

    The mean of what the calibration says, and of what holds for the largest of as many independent
    Gaussian scores as have its median, by the numbers of independent values behind them; and no
    more than `most`, the largest score of one look unweighed: of many looks one is easily so large.
    """
    n_looks = max(
        float(np.log(0.5) / log_ndtr(min(calibration.threshold(0.5), LARGEST_MEDIAN))), 1.0
    )
    ideal = IDEAL / (calibration.n_independent + IDEAL)
    z = (1 - ideal) * calibration.z(statistic) + ideal * z_of_largest(statistic, n_looks)
    return np.minimum(z, most)


def z_of_largest(largest: Float64Array, n: float) -> Float64Array:
    """Standard score of the largest of n independent N(0, 1): Φ(z) = Φ(largest)^n, n at least 1."""
    near = ndtri_exp(n * log_ndtr(np.minimum(largest, FAR)))
    return np.asarray(
        np.where(largest < FAR, near, -ndtri_exp(np.log(n) + log_ndtr(-np.maximum(largest, FAR))))
    )
