"""Distance → Gaussian z → p-value, and back: the threshold at a false-alarm probability.

A squared distance is skewed; a power of its excess over a floor is close to Gaussian (Wilson &
Hilferty 1931 for χ², Box & Cox 1964 in general). The data that is learned from may hold anomalies.
The Gaussian is therefore fitted to its bulk: the maximum-likelihood normal distribution truncated
to the values between two bounds (Cohen 1959). The upper bound moves up while about as many values
lie beyond it as the fit expects (a forward search, Hadi 1992): clean data is used nearly to its
end, contaminated data up to the contamination. Last, the tail is corrected by the share of values
in it.
"""

from dataclasses import dataclass
from numbers import Real
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import kolmogorov, log_ndtr, ndtr, ndtri, ndtri_exp

from spectra.arrays import Float64Array
from spectra.calibration.bulk_fit import KNOT, TAIL_FROM, Shape, Transform, fit_bulk, fit_tail
from spectra.parameters import require

# Quantiles of block maxima that location and scale come from: the median, and one σ of a Gaussian
# below it. Event F1 on the development series is 0.45 with these, 0.45 with quartile and median,
# and 0.46 with 0.1 and 0.4: a tie.
LOWER_QUANTILES: Final = (0.1587, 0.5)
# Quantile of clean block maxima beyond which the excess gives the scale.
TAIL_QUANTILE: Final = 0.9
# Smallest scale: maxima may all be the same.
MIN_SCALE: Final = 1e-9
# Standardised maxima beyond which the Gumbel distribution is its exponential tail, to the last
# digit.
FAR: Final = 30.0
# Largest exponent of the rate below which maxima are improbably small, so that it stays finite.
MOST_RATE: Final = 700.0


@dataclass(frozen=True)
class GaussianThreshold:
    """A calibrator: distances made Gaussian, so that a false-alarm probability names a threshold.

    The standard score of a distance v is (g(v / unit) − mu) / sigma, with g the Box–Cox transform
    of the excess over `shift`. Large distance = large z = small p_value = anomalous.

    Attributes
    ----------
    transform : {"log", "cube-root", "box-cox", "gumbel"}
        "gumbel" is that of block maxima: z = Φ⁻¹(exp(−exp(−(v / unit − mu) / sigma))).
    power : float
        Exponent of the transform: 0 is the logarithm, 1/3 the cube root.
    shift : float
        Floor, in units.
    unit : float
        Median absolute distance in what was learned from.
    mu, sigma : float
        Of the transformed distances.
    tail_share : float
        Probability of a p-value of the Gaussian below 0.01; 0.01 where it is right.
    tail_slope : float
        Slope of the logarithm of p below that; 1 where the Gaussian is right.
    n, n_independent : int, float
        Number of distances, and of independent ones in the bulk.
    ks_statistic, ks_p_value : float
        Goodness of fit of the bulk (Kolmogorov–Smirnov; conservative, as mu and sigma come from the
        same data).

    References
    ----------
    Box & Cox (1964), J. Royal Statistical Society B 26, 211. Cohen (1959), Technometrics 1, 217.
    Hadi (1992), J. Royal Statistical Society B 54, 761.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> calibrator = GaussianThreshold.fit(rng.chisquare(20, 5000))
    >>> bool(np.isclose(calibrator.p_value(calibrator.threshold(0.01)), 0.01))
    True
    """

    transform: Transform
    power: float
    shift: float
    unit: float
    mu: float
    sigma: float
    tail_share: float
    tail_slope: float
    n: int
    n_independent: float
    ks_statistic: float
    ks_p_value: float

    def __post_init__(self) -> None:
        if not (self.unit > 0 and self.sigma > 0 and self.tail_slope > 0 and self.power >= 0):
            raise ValueError("unit, sigma and tail_slope lie above 0, power not below it.")
        if not 0 < self.tail_share < 1:
            raise ValueError(f"tail_share={self.tail_share} must lie between 0 and 1.")

    @classmethod
    def fit(cls, distances: ArrayLike, independent: float = 1.0, *, clean: bool = False) -> Self:
        """Learn from distances, or any statistic that is large where anomalous.

        Parameters
        ----------
        distances : array_like (n,)
            Of normal frames, about a tenth of which may be anomalous; NaN is left out.
        independent : float
            Share of them that counts as independent, hop / nperseg for overlapping frames.
        clean : bool
            Whether all of them are known to be normal.

        Returns
        -------
        GaussianThreshold
            With the transform of the smallest BIC: logarithm, cube root or square, Box–Cox with a
            free exponent, or logarithm, cube root or square of the excess over a free floor.

        Raises
        ------
        ValueError
            Where no distance is finite.
        """
        must = "must lie above 0 and not above 1"
        require("independent", independent, Real, must, lambda share: 0 < share <= 1)
        require("clean", clean, (bool, np.bool_), "must be True or False")
        values = _distances(distances)
        values = values[np.isfinite(values)]
        if values.size == 0:
            raise ValueError("No finite value among the distances to calibrate on.")
        unit = float(np.median(np.abs(values))) or 1.0
        values = values / unit
        bulk = fit_bulk(values, independent, clean=clean)
        inside = values[(values >= bulk.low) & (values <= bulk.high)]
        share, slope = fit_tail(log_ndtr(-bulk.z(values)), independent, clean=clean)
        n_independent = max(inside.size * independent, 1.0)
        ks = bulk.goodness(inside)
        return cls(
            transform=bulk.shape.transform,
            power=bulk.shape.power,
            shift=bulk.shape.shift,
            unit=unit,
            mu=bulk.mu,
            sigma=bulk.sigma,
            tail_share=float(np.exp(share)),
            tail_slope=slope,
            n=values.size,
            n_independent=n_independent,
            ks_statistic=ks,
            ks_p_value=float(kolmogorov(np.sqrt(n_independent) * ks)),
        )

    @classmethod
    def fit_maxima(cls, maxima: ArrayLike, *, clean: bool, smallest_scale: float) -> Self:
        """Learn from the maxima of blocks of a statistic, which follow a Gumbel distribution.

        Location and scale come from the median and the 16 % quantile, so that a third of the blocks
        may be anomalous. In clean data the scale is at least the median
        excess over the 90 % quantile by log 2, the scale of an exponential tail.

        Parameters
        ----------
        maxima : array_like (n,)
            Of blocks that are independent of one another.
        clean : bool
            Whether all of them are known to be normal.
        smallest_scale : float
            Smallest scale, in the unit of the statistic.

        Returns
        -------
        GaussianThreshold

        References
        ----------
        Fisher & Tippett (1928), Proc. Cambridge Philosophical Society 24, 180.
        """
        values = np.sort(_distances(maxima))
        low, middle, high = np.quantile(values, [*LOWER_QUANTILES, TAIL_QUANTILE])
        scale = (middle - low) / (_gumbel(LOWER_QUANTILES[1]) - _gumbel(LOWER_QUANTILES[0]))
        if clean and (values > high).any():
            scale = max(scale, float(np.median(values[values > high] - high)) / np.log(2.0))
        scale = float(max(scale, smallest_scale, MIN_SCALE))
        location = float(middle - scale * _gumbel(LOWER_QUANTILES[1]))
        ranks = np.arange(values.size + 1) / values.size
        expected = np.exp(-np.exp(np.minimum((location - values) / scale, MOST_RATE)))
        ks = float(max(np.max(ranks[1:] - expected), np.max(expected - ranks[:-1])))
        return cls(
            transform="gumbel",
            power=0.0,
            shift=0.0,
            unit=1.0,
            mu=location,
            sigma=scale,
            tail_share=float(np.exp(KNOT)),
            tail_slope=1.0,
            n=values.size,
            n_independent=float(values.size),
            ks_statistic=ks,
            ks_p_value=float(kolmogorov(np.sqrt(values.size) * ks)),
        )

    @property
    def _shape(self) -> Shape:
        return Shape(self.transform, self.power, self.shift)

    @property
    def _knots(self) -> tuple[Float64Array, Float64Array]:
        """Log p-values of the Gaussian and their corrected values, ascending, joined by lines."""
        share, far = float(np.log(self.tail_share)), -1e6
        return np.array([far, KNOT, TAIL_FROM]), np.array(
            [share + self.tail_slope * (far - KNOT), share, TAIL_FROM]
        )

    def log_p_value(self, distances: ArrayLike) -> Float64Array:
        """Return the natural logarithm of `p_value`, finite however far the tail."""
        values = _distances(distances) / self.unit
        log_p = log_ndtr(-self._gaussian(values))
        given, corrected = self._knots
        tail = (
            np.interp(log_p, given, corrected) + np.minimum(log_p - given[0], 0.0) * self.tail_slope
        )
        return np.asarray(np.where(log_p < TAIL_FROM, tail, log_p))

    def z(self, distances: ArrayLike) -> Float64Array:
        """Return standard scores of distances, same shape: N(0, 1) for normal frames.

        Large = anomalous; NaN stays NaN.
        """
        log_p = self.log_p_value(distances)
        # Near 1 the logarithm of p has no digits left; there the score of the Gaussian is used.
        values = _distances(distances) / self.unit
        return np.asarray(np.where(log_p < TAIL_FROM, -ndtri_exp(log_p), self._gaussian(values)))

    def _gaussian(self, values: Float64Array) -> Float64Array:
        """Return the standard scores of values in units, before the correction of the tail."""
        if self.transform != "gumbel":
            return np.asarray((self._shape(values) - self.mu) / self.sigma)
        # −log of the distribution function; from FAR on log(1 − P) is −y in double precision.
        y = (values - self.mu) / self.sigma
        rate = np.exp(-np.clip(y, -FAR, FAR))
        upper = np.where(y < FAR, np.log(-np.expm1(-rate)), -y)
        lower = np.where(y > -FAR, -rate, -np.exp(np.minimum(-y, MOST_RATE)))
        return np.asarray(np.where(y < 0, ndtri_exp(lower), -ndtri_exp(upper)))

    def p_value(self, distances: ArrayLike) -> Float64Array:
        """Return the probability that a normal frame has a distance as large, same shape.

        Small = anomalous; 0 only below 1e-308.
        """
        return np.asarray(np.exp(self.log_p_value(distances)))

    def threshold(self, alpha: float) -> float:
        """Return the distance that a normal frame exceeds with probability `alpha`.

        It is the inverse of `p_value`. Raises ValueError unless 0 < alpha < 1.
        """
        require("alpha", alpha, Real, "must lie between 0 and 1", lambda share: 0 < share < 1)
        return self.inverse(float(-ndtri(alpha)))

    def inverse(self, z: float) -> float:
        """Return the distance that has a standard score: inverse of `z`."""
        require("z", z, Real, "must be a finite number", lambda score: -1e30 < score < 1e30)
        z = float(z)
        log_p = float(log_ndtr(-z))
        if log_p < TAIL_FROM:
            given, corrected = self._knots
            z = float(-ndtri_exp(float(np.interp(log_p, corrected, given))))
        if self.transform == "gumbel":
            below = float(log_ndtr(z))
            # Far above, log Φ(z) is 0 in double precision, and −log(−log Φ) is −log(1 − Φ).
            y = -np.log(-below) if below < -1e-12 else -float(log_ndtr(-z))
            return float(self.unit * (self.mu + self.sigma * y))
        return self.unit * self._shape.inverse(self.mu + self.sigma * z)


def _distances(values: ArrayLike) -> Float64Array:
    """Return distances as an array; raise ValueError for what is none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"The distances must be numbers: {str(error).rstrip('.')}.") from error


def _gumbel(probability: float) -> float:
    """Return the quantile of the standard Gumbel distribution."""
    return float(-np.log(-np.log(probability)))


def p_from_z(z: ArrayLike) -> Float64Array:
    """Return the upper tail probability of a standard score, without cancellation."""
    return np.asarray(ndtr(-np.asarray(z, dtype=np.float64)))


def z_from_p(p_value: ArrayLike) -> Float64Array:
    """Return the standard score whose upper tail has this probability."""
    return np.asarray(-ndtri(np.asarray(p_value, dtype=np.float64)))
