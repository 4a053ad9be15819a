"""Distance → Gaussian z → p-value, and back: the threshold at a false-alarm probability.

A squared distance is skewed; a power of it is close to Gaussian (Wilson & Hilferty 1931 for χ², Box & Cox 1964 in general).
What is learned from may hold anomalies, so the Gaussian is fitted to the bulk only: the maximum-likelihood normal
distribution truncated to the values between two robust bounds (Cohen 1959), which outliers beyond them do not touch.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import kolmogorov, log_ndtr, ndtr, ndtri

Transform = Literal["log", "cube-root", "box-cox", "shifted-log"]

# Robust bounds of the bulk in units of the spread below the median, which anomalies (always above) hardly change.
BULK_BELOW, BULK_ABOVE = 3.0, 2.0
# Distances this far below the typical one are rounding, not likeness.
FLOOR = 1e-9
# A spread of zero (a constant recording) would make every later difference infinitely improbable.
MIN_SIGMA = 1e-3
# What is tried: exponents, and floors as shares of the low end of the bulk.
POWERS = np.linspace(0.1, 1.0, 10)
SHIFTS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.94, 0.97])


def truncated_normal(values: NDArray[np.float64], low: float, high: float) -> tuple[float, float]:
    """μ and σ of the normal distribution whose part between `low` and `high` has the values' mean and variance.

    This is the maximum-likelihood estimate for a sample truncated at known points (Cohen 1959, Technometrics 1, 217);
    solved by fixed-point iteration.
    """
    mean, variance = float(values.mean()), float(values.var())
    mu, sigma = mean, np.sqrt(variance)
    # Equal values differ by rounding only.
    if sigma <= 1e-12 * max(abs(mean), 1.0):
        return mean, 0.0
    for _ in range(200):
        a, b = (low - mu) / sigma, (high - mu) / sigma
        mass = ndtr(b) - ndtr(a)
        density_a, density_b = np.exp(-0.5 * np.array([a, b]) ** 2) / np.sqrt(2 * np.pi)
        shift = (density_a - density_b) / mass
        shrink = 1 + (a * density_a - b * density_b) / mass - shift**2
        new_sigma = min(np.sqrt(variance / max(shrink, 0.05)), 3 * np.sqrt(variance))
        new_mu = mean - new_sigma * shift
        done = abs(new_mu - mu) + abs(new_sigma - sigma) < 1e-10 * sigma
        mu, sigma = new_mu, new_sigma
        if done:
            break
    return float(mu), float(sigma)


def bulk(values: NDArray[np.float64]) -> tuple[float, float]:
    """Bounds between which values are taken for normal: median − 3s … median + 2s, s the spread below the median."""
    median, lower = np.quantile(values, [0.5, float(ndtr(-1.0))])
    spread = median - lower
    if spread == 0.0:
        spread = float(np.median(np.abs(values - median))) or float(values.std())
    return float(median - BULK_BELOW * spread), float(median + BULK_ABOVE * spread)


def robust_normal(values: NDArray[np.float64]) -> tuple[float, float]:
    """μ and σ of the Gaussian bulk of `values`, unmoved by outliers above it."""
    low, high = bulk(values)
    inside = values[(values >= low) & (values <= high)]
    mu, sigma = truncated_normal(inside, low, high)
    return mu, max(sigma, MIN_SIGMA)


@dataclass(frozen=True)
class _Shape:
    """The two-parameter transform of Box & Cox (1964): ((d − shift)^power − 1) / power, for power 0 log(d − shift)."""

    transform: Transform
    power: float
    shift: float = 0.0

    def __call__(self, ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        logs = np.log(np.maximum(ratio - self.shift, FLOOR))
        return logs if self.power == 0.0 else np.asarray(np.expm1(self.power * logs) / self.power)

    def log_slope(self, ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the derivative: the Jacobian in a likelihood."""
        return np.asarray((self.power - 1.0) * np.log(ratio - self.shift))

    def inverse(self, y: float) -> float:
        """The ratio whose transform is y."""
        if self.power == 0.0:
            return self.shift + float(np.exp(y))
        return self.shift + float(max(1.0 + self.power * y, 0.0) ** (1.0 / self.power))


def _log_likelihood(inside: NDArray[np.float64], low: float, high: float, shape: _Shape) -> float:
    """Log likelihood of the distances under a truncated Gaussian for their transform, Jacobian included."""
    values = shape(inside)
    a, b = shape(np.array([low, high]))
    mu, sigma = truncated_normal(values, a, b)
    if sigma == 0.0:
        return np.inf
    mass = float(ndtr((b - mu) / sigma) - ndtr((a - mu) / sigma))
    z = (values - mu) / sigma
    per_value = -0.5 * z**2 + shape.log_slope(inside)
    return float(per_value.sum() - inside.size * (np.log(sigma) + np.log(max(mass, 1e-300))))


@dataclass(frozen=True)
class GaussianThreshold:
    """A calibrator: distances of normal frames made Gaussian, so that a false-alarm probability names a threshold.

    z = (g(d / unit) − mu) / sigma with g the Box–Cox transform of exponent `power` (0: logarithm, 1/3: cube root) of
    what exceeds `shift`; large distance = large z = small p_value. `ks_statistic` and `ks_p_value` say how well the bulk
    of the normal distances fits (Kolmogorov–Smirnov with `n_independent` values; conservative, as μ and σ come from the
    same data).

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
    n: int
    n_independent: float
    ks_statistic: float
    ks_p_value: float

    @classmethod
    def fit(cls, distances: ArrayLike, independent: float = 1.0) -> Self:
        """Learn from distances of normal frames, (n,), up to a tenth or so of them anomalous; NaN is left out.

        `independent` is the share of the values that count as independent (hop / nperseg for overlapping frames).
        The transform is log, cube root, Box–Cox with its exponent in 0 … 1, or the log of what exceeds a floor that
        all normal distances have in common (noise does): by likelihood, exponent and floor counted as parameters
        (BIC). Raises ValueError where no finite distance is given.
        """
        values = np.asarray(distances, dtype=np.float64)
        values = values[np.isfinite(values)]
        if values.size == 0:
            raise ValueError("No finite distance to calibrate on.")
        positive = values[values > 0]
        unit = float(np.median(positive)) if positive.size else 1.0
        ratio = np.maximum(values / unit, FLOOR)
        logs = np.log(ratio)
        edges = bulk(logs)
        inside = ratio[(logs >= edges[0]) & (logs <= edges[1])]
        low, high = (float(edge) for edge in np.exp(edges))
        n_independent = max(inside.size * independent, 1.0)
        shape = _choose_shape(inside, low, high, n_independent)
        return cls._with_shape(shape, unit, inside, (low, high), values.size, n_independent)

    @classmethod
    def _with_shape(
        cls,
        shape: _Shape,
        unit: float,
        inside: NDArray[np.float64],
        edges: tuple[float, float],
        n: int,
        n_independent: float,
    ) -> Self:
        a, b = shape(np.array(edges))
        y = np.sort(shape(inside))
        mu, sigma = truncated_normal(y, a, b)
        sigma = max(sigma, MIN_SIGMA)
        below, above = ndtr((a - mu) / sigma), ndtr((b - mu) / sigma)
        expected = (ndtr((y - mu) / sigma) - below) / max(above - below, 1e-300)
        ranks = np.arange(y.size + 1) / y.size
        ks = float(max(np.max(ranks[1:] - expected), np.max(expected - ranks[:-1])))
        ks_p = float(kolmogorov(np.sqrt(n_independent) * ks))
        return cls(shape.transform, shape.power, shape.shift, unit, mu, sigma, n, n_independent, ks, ks_p)

    def z(self, distances: ArrayLike) -> NDArray[np.float64]:
        """Standard scores of squared distances, same shape: N(0, 1) for normal frames, large = anomalous; NaN stays NaN."""
        ratio = np.asarray(distances, dtype=np.float64) / self.unit
        return np.asarray((self._shape(ratio) - self.mu) / self.sigma)

    @property
    def _shape(self) -> _Shape:
        return _Shape(self.transform, self.power, self.shift)

    def p_value(self, distances: ArrayLike) -> NDArray[np.float64]:
        """Probability that a normal frame lies at least this far, small = anomalous; 0 only below 1e-308."""
        return p_from_z(self.z(distances))

    def log_p_value(self, distances: ArrayLike) -> NDArray[np.float64]:
        """Natural logarithm of `p_value`, finite however far the tail."""
        return np.asarray(log_ndtr(-self.z(distances)))

    def threshold(self, alpha: float) -> float:
        """The squared distance that a normal frame exceeds with probability `alpha`, 0 < alpha < 1: inverse of `p_value`."""
        if not 0 < alpha < 1:
            raise ValueError(f"alpha={alpha} must lie between 0 and 1.")
        return self.unit * self._shape.inverse(float(self.mu + self.sigma * z_from_p(alpha)))


def _choose_shape(inside: NDArray[np.float64], low: float, high: float, n_independent: float) -> _Shape:
    weight = n_independent / inside.size
    penalty = 0.5 * np.log(n_independent)

    def score(shape: _Shape) -> float:
        return weight * _log_likelihood(inside, low, high, shape)

    fixed = [_Shape("log", 0.0), _Shape("cube-root", 1 / 3)]
    free = [_Shape("box-cox", float(power)) for power in POWERS]
    free += [_Shape("shifted-log", 0.0, float(share * low)) for share in SHIFTS]
    scores = [score(shape) for shape in fixed] + [score(shape) - penalty for shape in free]
    return [*fixed, *free][int(np.argmax(scores))]


def p_from_z(z: ArrayLike) -> NDArray[np.float64]:
    """Upper tail probability of a standard score, without cancellation."""
    return np.asarray(ndtr(-np.asarray(z, dtype=np.float64)))


def z_from_p(p_value: ArrayLike) -> NDArray[np.float64]:
    """The standard score whose upper tail has this probability: inverse of `p_from_z`."""
    return np.asarray(-ndtri(np.asarray(p_value, dtype=np.float64)))
