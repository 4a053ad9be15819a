"""Distance → Gaussian z → p-value, and back: the threshold at a false-alarm probability.

The body of the distances is made Gaussian by the normal-score transform, z = Φ⁻¹(F(v)), with F
their distribution function (van der Waerden 1952). Beyond a high quantile u the excess follows a
generalised Pareto distribution, whatever the distribution of the distances (Pickands 1975):

    p(v) = p_u · (1 + shape · (v − u) / scale)^(−1 / shape)

Both parts increase strictly, so that the threshold at a probability is the inverse of the p-value.
"""

from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import kolmogorov, log_ndtr, ndtr, ndtri, ndtri_exp

from spectra.arrays import Float64Array
from spectra.parameters import require

# Number of largest values whose excess the tail is fitted to. What recurs more often among normal
# values, a daily job for example, is in the body, which follows the values themselves. On ten kinds
# of normal data learned before (`benchmarks/calibration.py`) 25, 50, 100 and 200 all give 8 medians
# within a factor 2 at alpha = 0.01, and 7 at 0.001.
TAIL: Final = 100
# Quantiles of the body, evenly spaced in z from this z up to the tail.
N_LEVELS: Final = 33
LOWEST: Final = -3.0
# Smallest difference of levels and smallest scale of the tail, as a fraction of the range or the
# size of the levels: values that are all the same have a distribution function with a jump, which
# has no inverse.
TIE: Final = 1e-9
# Shapes that are compared: from a triangular density, which ends, to a tail without variance.
SHAPES: Final = np.linspace(-0.5, 0.5, 51)
# A negative shape ends the tail. Beyond 1 / (SUPPORTED · n), less than n values can tell, the tail
# is continued as an exponential one of the same scale, so that values beyond the end keep their
# order.
SUPPORTED: Final = 10.0
# Standard deviation of the shape before anything is seen (penalised likelihood, Coles & Dixon
# 1999): few values say little about it. With 0.1, 0.2 and 0.3 as many of the kinds above are within
# a factor 2, and event F1 on 250 development series is 0.489, 0.495 and 0.488.
PRIOR: Final = 0.2
# Largest number of excesses that the shape is chosen by.
SHAPE_VALUES: Final = 1000
# Smallest distance of the largest excess from the end of a tail, as a fraction of it.
END: Final = 1e-6
# A tail is widened where values are more than MORE times as frequent as it says, and at least FEW
# of them independent. Of 618 development series this changes the alarms of one, for the better.
MORE: Final = 3.0
FEW: Final = 5
# Relative difference of equal excesses, which are those of single precision.
ROUNDED: Final = 1e-3
# Halvings of the interval that the scale lies in: 40 leave 1e-12 of it.
HALVINGS: Final = 40


@dataclass(frozen=True)
class GaussianThreshold:
    """A calibrator: distances made Gaussian, so that a false-alarm probability names a threshold.

    A large distance has a large z, a small p-value, and is anomalous.

    Attributes
    ----------
    levels : ndarray (n_levels,)
        Distances at evenly spaced z, from −3 up to that of `tail_p`.
    tail_p : float
        Probability beyond the last level, where the tail begins.
    scale, shape : float
        Of the generalised Pareto distribution of the excess over the last level. A shape of 0 is
        an exponential tail.
    n, n_independent : int, float
        Number of distances, and of independent ones among them.
    ks_statistic, ks_p_value : float
        Goodness of fit of the tail (Kolmogorov–Smirnov; conservative, as scale and shape come from
        the same data).

    Notes
    -----
    The distribution of the largest distances is that of SciPy's `genpareto`. Its scale and shape
    are those of the largest penalised likelihood; they are sought here because the import of
    `scipy.stats` takes longer than most scores.

    References
    ----------
    Pickands (1975), Annals of Statistics 3, 119. Coles & Dixon (1999), Extremes 2, 5. van der
    Waerden (1952), Indagationes Mathematicae 14, 453.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> calibrator = GaussianThreshold.fit(rng.chisquare(20, 5000))
    >>> bool(np.isclose(calibrator.p_value(calibrator.threshold(0.01)), 0.01))
    True
    """

    levels: Float64Array = field(repr=False)
    tail_p: float
    scale: float
    shape: float
    n: int
    n_independent: float
    ks_statistic: float
    ks_p_value: float

    def __post_init__(self) -> None:
        if self.levels.ndim != 1 or self.levels.size < 2 or not (np.diff(self.levels) > 0).all():
            raise ValueError("The levels of a calibrator are at least two, ascending.")
        if not np.isfinite(self.levels).all():
            raise ValueError("The levels of a calibrator are finite.")
        if not 0 < self.tail_p <= 0.5:
            raise ValueError(f"tail_p={self.tail_p} must lie above 0 and not above 0.5.")
        if not (self.scale > 0 and -1 < self.shape < 1):
            raise ValueError(f"scale={self.scale} lies above 0, shape={self.shape} in −1 … 1.")
        if self.n < 1:
            raise ValueError(f"n={self.n} must be at least 1.")

    @classmethod
    def fit(
        cls, distances: ArrayLike, independent: float = 1.0, *, smallest_scale: float = 0.0
    ) -> Self:
        """Learn from distances, or any statistic that is large where anomalous.

        Parameters
        ----------
        distances : array_like (n,)
            Of normal frames; NaN is left out.
        independent : float
            Share of them that counts as independent, hop / nperseg for overlapping frames.
        smallest_scale : float
            Smallest scale of the tail, in the unit of the distances.

        Returns
        -------
        GaussianThreshold

        Raises
        ------
        TypeError
            For a share or a scale that is no number.
        ValueError
            For distances that are no numbers or none of which is finite, and for a share or a scale
            out of its range.
        """
        must = "must lie above 0 and not above 1"
        require("independent", independent, Real, must, lambda share: 0 < share <= 1)
        must = "must be a finite number >= 0"
        require("smallest_scale", smallest_scale, Real, must, lambda scale: 0 <= scale < 1e30)
        # Millions of scores in single precision stay so.
        kept = isinstance(distances, np.ndarray) and distances.dtype.kind == "f"
        values = np.asarray(distances if kept else _distances(distances))
        values = values[np.isfinite(values)]
        values.sort()
        if values.size == 0:
            raise ValueError("No finite value among the distances to calibrate on.")
        n_tail = max(1, min(TAIL, values.size // 2))
        tail_p = min(n_tail / values.size, 0.5)
        levels = np.quantile(values, ndtr(_grid(N_LEVELS, tail_p)), overwrite_input=True)
        levels = levels.astype(np.float64)
        size = max(float(np.ptp(levels)), float(np.abs(levels).max()))
        # The difference of smaller levels underflows.
        size = size if TIE * size > 0 else 1.0
        levels = np.maximum.accumulate(levels) + TIE * size * np.arange(N_LEVELS)
        excess = values[values > levels[-1]].astype(np.float64) - levels[-1]
        scale, shape = pareto_tail(excess, max(smallest_scale, TIE * size))
        scale *= _widening(excess / scale, shape, independent)
        ks = _distance_of_fit(excess, scale, shape)
        n_independent = max(values.size * independent, 1.0)
        p_of_fit = float(kolmogorov(np.sqrt(max(n_independent * tail_p, 1.0)) * ks))
        return cls(levels, tail_p, scale, shape, values.size, n_independent, ks, p_of_fit)

    @cached_property
    def _z(self) -> Float64Array:
        """Standard scores of the levels."""
        return _grid(self.levels.size, self.tail_p)

    @cached_property
    def _slope(self) -> float:
        """Rise of z over that of the distance below the lowest level: the mean of the lower half.

        Distances below all that were learned from are normal; their score falls further.
        """
        half = self.levels.size // 2
        return float((self._z[half] - self._z[0]) / (self.levels[half] - self.levels[0]))

    def log_p_value(self, distances: ArrayLike) -> Float64Array:
        """Return the natural logarithm of `p_value`, finite however far the tail.

        Parameters
        ----------
        distances : array_like

        Returns
        -------
        ndarray, shape of distances
            Low = anomalous.

        Raises
        ------
        ValueError
            For distances that are no numbers.
        """
        values = _distances(distances)
        return np.asarray(
            np.where(
                values > self.levels[-1], self._log_tail(values), log_ndtr(-self._body(values))
            )
        )

    def z(self, distances: ArrayLike) -> Float64Array:
        """Return standard scores of distances: N(0, 1) for normal frames.

        Parameters
        ----------
        distances : array_like

        Returns
        -------
        ndarray, shape of distances
            High = anomalous; NaN stays NaN.

        Raises
        ------
        ValueError
            For distances that are no numbers.
        """
        values = _distances(distances)
        z, tail = np.asarray(self._body(values)), values > self.levels[-1]
        if tail.any():
            z[tail] = -ndtri_exp(self._log_tail(values[tail]))
        return z

    def _body(self, values: Float64Array) -> Float64Array:
        """Return the normal scores of values up to the last level."""
        below = np.minimum(values - self.levels[0], 0.0) * self._slope
        return np.asarray(np.interp(values, self.levels, self._z) + below)

    def _log_tail(self, values: Float64Array) -> Float64Array:
        """Return log p of values beyond the last level."""
        y = np.maximum(values - self.levels[-1], 0.0) / self.scale
        inside, beyond = np.minimum(y, self._end), np.maximum(y - self._end, 0.0)
        lost = np.log1p(self.shape * inside) / self.shape if self.shape else inside
        if self.shape < 0:
            lost = lost + beyond
        return np.asarray(np.log(self.tail_p) - lost)

    @property
    def _end(self) -> float:
        """Excess in scales from which the tail is continued as an exponential one."""
        if self.shape >= 0:
            return float("inf")
        supported = self.tail_p * SUPPORTED * self.n
        return float(np.expm1(self.shape * np.log(supported)) / self.shape)

    def p_value(self, distances: ArrayLike) -> Float64Array:
        """Return the probability that a normal frame has a distance as large.

        Parameters
        ----------
        distances : array_like

        Returns
        -------
        ndarray, shape of distances
            Low = anomalous; 0 only below 1e-308.

        Raises
        ------
        ValueError
            For distances that are no numbers.
        """
        return np.asarray(np.exp(self.log_p_value(distances)))

    def threshold(self, alpha: float) -> float:
        """Return the distance that a normal frame exceeds with a given probability.

        Parameters
        ----------
        alpha : float
            False-alarm probability, between 0 and 1.

        Returns
        -------
        float
            The inverse of `p_value`; larger distances are anomalous.

        Raises
        ------
        TypeError
            For an alpha that is no number.
        ValueError
            Unless 0 < alpha < 1.
        """
        require("alpha", alpha, Real, "must lie between 0 and 1", lambda share: 0 < share < 1)
        return self.inverse(float(-ndtri(alpha)))

    def inverse(self, z: float) -> float:
        """Return the distance that has a given standard score: the inverse of `z`.

        Parameters
        ----------
        z : float
            Standard score, high = anomalous.

        Returns
        -------
        float

        Raises
        ------
        TypeError
            For a z that is no number.
        ValueError
            For an infinite one.
        """
        require("z", z, Real, "must be a finite number", lambda score: -1e30 < score < 1e30)
        z = float(z)
        grid = self._z
        if z <= grid[-1]:
            below = min(z - grid[0], 0.0) / self._slope
            return float(np.interp(z, grid, self.levels) + below)
        lost = np.log(self.tail_p) - float(log_ndtr(-z))
        y = np.expm1(self.shape * lost) / self.shape if self.shape else lost
        if self.shape < 0 and y > self._end:
            reached = np.log1p(self.shape * self._end) / self.shape
            y = self._end + (lost - reached)
        return float(self.levels[-1] + self.scale * y)


def _distances(values: ArrayLike) -> Float64Array:
    """Return distances as an array; raise ValueError for what is none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"The distances must be numbers: {str(error).rstrip('.')}.") from error


def _grid(n: int, tail_p: float) -> Float64Array:
    """Return n evenly spaced standard scores, from LOWEST to that of a probability above it."""
    return np.linspace(LOWEST, -float(ndtri(tail_p)), n)


def pareto_tail(excess: Float64Array, smallest: float) -> tuple[float, float]:
    """Return scale and shape of the generalised Pareto distribution of excesses (n,) above 0.

    For each shape the scale solves the likelihood equation Σ (1 + shape)·e / (scale + shape·e) = n,
    whose left side falls with the scale; the shape is that of the largest penalised likelihood.
    """
    if not excess.size or float(excess.max()) <= smallest:
        return max(smallest, np.finfo(float).tiny), 0.0
    mean = float(excess.mean())
    some = np.sort(excess)[:: -max(1, excess.size // SHAPE_VALUES)] / mean
    shapes = SHAPES[:, None]
    # With a negative shape no excess lies beyond the end of the tail, −scale / shape.
    low = np.maximum(1e-3, -SHAPES * some[0] * (1 + END))
    high = 2.0 * np.maximum(1.0, low)
    for _ in range(HALVINGS):
        scale = 0.5 * (low + high)
        total = ((1 + shapes) * some / (scale[:, None] + shapes * some)).mean(axis=1)
        low, high = np.where(total > 1, scale, low), np.where(total > 1, high, scale)
    y = some / high[:, None]
    curved = np.abs(shapes) > TIE
    lost = np.where(curved, np.log1p(shapes * y) / np.where(curved, shapes, 1.0), y)
    likelihood = -(np.log(high) + ((1 + shapes) * lost).mean(axis=1)) * excess.size
    best = int((likelihood - 0.5 * (SHAPES / PRIOR) ** 2).argmax())
    return max(float(high[best]) * mean, smallest), float(SHAPES[best])


def _widening(y: Float64Array, shape: float, independent: float) -> float:
    """Return the factor of the scale at which no excess (n,), in scales, is far too frequent.

    Values that are often the largest, such as those at the edges of a signal that is 0 or 1, lie at
    the end of a tail that has one, where it leaves them no probability.
    """
    fewest = FEW / independent
    if y.size < fewest:
        return 1.0
    y = np.sort(y)
    kept = y[: y.size - int(fewest) + 1]
    # Values that differ by their rounding are equal.
    share = 1.0 - np.searchsorted(y, kept * (1.0 - ROUNDED)) / y.size
    lost = np.log(MORE / share)
    needed = np.expm1(shape * lost) / shape if shape else lost
    return max(float(np.max(kept / needed)), 1.0)


def _distance_of_fit(excess: Float64Array, scale: float, shape: float) -> float:
    """Return the Kolmogorov–Smirnov statistic of excesses (n,), 0 where there are none."""
    if not excess.size:
        return 0.0
    y = np.sort(excess) / scale
    inside = np.maximum(shape * y, TIE - 1.0)
    below = -np.expm1(-(np.log1p(inside) / shape if shape else y))
    ranks = np.arange(excess.size + 1) / excess.size
    return float(max(np.max(ranks[1:] - below), np.max(below - ranks[:-1])))


def p_from_z(z: ArrayLike) -> Float64Array:
    """Return the upper tail probability of a standard score, without cancellation."""
    return np.asarray(ndtr(-np.asarray(z, dtype=np.float64)))


def z_from_p(p_value: ArrayLike) -> Float64Array:
    """Return the standard score whose upper tail has this probability."""
    return np.asarray(-ndtri(np.asarray(p_value, dtype=np.float64)))
