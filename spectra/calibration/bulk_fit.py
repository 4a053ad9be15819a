"""A Gaussian for the bulk of values that may be contaminated, and a correction of its tail."""

from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
from scipy.special import ndtr

from spectra.arrays import Float64Array

Transform = Literal["log", "cube-root", "box-cox", "gumbel"]

# Bounds of the bulk, in spreads below the median from it. Anomalies lie above and hardly change
# that spread. The upper bound is moved through these values.
BULK_BELOW: Final = 3.0
BULK_ABOVE: Final = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
# Largest accepted ratio of observed to expected values beyond a bound; above it the surplus is
# taken for contamination.
EXCESS: Final = 3.0
# Smallest standard deviation of the transformed values: with none, as of a constant recording,
# every later difference would be infinitely improbable.
MIN_SIGMA: Final = 1e-3
# Smallest excess over the floor of a transform, so that its logarithm exists.
FLOOR: Final = 1e-12
# Exponents that are tried without a floor; floors that are tried, in spreads below the lower bound.
POWERS: Final = (0.1, 0.2, 0.5, 0.7, 1.0)
FLOORS: Final = np.geomspace(0.1, 30.0, 12)
# Largest number of values that the transform is chosen by: the likelihoods of 2,000 rank as those
# of all.
SHAPE_VALUES: Final = 2000
# Log p-values at which the correction of the tail begins, at which its share is counted, and beyond
# which values are taken for anomalies.
TAIL_FROM, KNOT, TAIL_TO = (float(np.log(p)) for p in (0.1, 1e-2, 1e-5))
# Weight of the fit itself in the tail, in independent values.
PRIOR: Final = 10.0
# Largest share beyond the knot and smallest slope that are followed; beyond them the tail is taken
# for contamination, or in clean data for a fit that ran off.
MOST_IN_TAIL: Final = 0.05
FLATTEST: Final = 0.2


def truncated_normal(values: Float64Array, low: float, high: float) -> tuple[float, float]:
    """Return μ and σ of the normal distribution truncated to `low` … `high` that fits best.

    Its part between the bounds has the mean and the variance of the values.
    This is the maximum-likelihood estimate for a sample truncated at known points (Cohen 1959,
    Technometrics 1, 217); solved by fixed-point iteration. Where that runs off, as for values that
    are nearly all the same, it is their mean and standard deviation.
    """
    mean, variance = float(values.mean()), float(values.var())
    mu, sigma = mean, np.sqrt(variance)
    # Equal values differ by rounding only.
    if sigma <= 1e-12 * max(abs(mean), 1.0):
        return mean, 0.0
    for _ in range(200):
        a, b = (low - mu) / sigma, (high - mu) / sigma
        mass = ndtr(b) - ndtr(a)
        if mass <= 0.0:
            return mean, float(np.sqrt(variance))
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


@dataclass(frozen=True)
class Shape:
    """The two-parameter transform of Box & Cox (1964): ((v − shift)^power − 1) / power.

    For power 0 it is log(v − shift).
    """

    transform: Transform
    power: float
    shift: float = 0.0

    def __call__(self, values: Float64Array) -> Float64Array:
        logs = np.log(np.maximum(values - self.shift, FLOOR))
        return logs if self.power == 0.0 else np.asarray(np.expm1(self.power * logs) / self.power)

    def log_slope(self, values: Float64Array) -> Float64Array:
        """Return the logarithm of the derivative, the Jacobian in a likelihood."""
        return np.asarray((self.power - 1.0) * np.log(np.maximum(values - self.shift, FLOOR)))

    def inverse(self, y: float) -> float:
        """Return the value whose transform is y."""
        if self.power == 0.0:
            return self.shift + float(np.exp(y))
        return self.shift + float(max(1.0 + self.power * y, 0.0) ** (1.0 / self.power))


@dataclass(frozen=True)
class Bulk:
    """A Gaussian for the transform of the values between two bounds.

    `log_likelihood` is the mean of one value.
    """

    shape: Shape
    low: float
    high: float
    mu: float
    sigma: float
    log_likelihood: float

    @classmethod
    def fit(cls, inside: Float64Array, low: float, high: float, shape: Shape) -> Self:
        """Return the truncated Gaussian of the greatest likelihood, Jacobian included."""
        y = shape(inside)
        a, b = shape(np.array([low, high]))
        mu, sigma = truncated_normal(y, a, b)
        sigma = max(sigma, MIN_SIGMA)
        mass = max(float(ndtr((b - mu) / sigma) - ndtr((a - mu) / sigma)), 1e-300)
        per_value = np.mean(-0.5 * ((y - mu) / sigma) ** 2 + shape.log_slope(inside))
        return cls(shape, low, high, mu, sigma, float(per_value) - float(np.log(sigma * mass)))

    def z(self, values: Float64Array) -> Float64Array:
        """Return standard scores of values, same shape."""
        return np.asarray((self.shape(values) - self.mu) / self.sigma)

    def goodness(self, inside: Float64Array) -> float:
        """Return the Kolmogorov–Smirnov statistic of the values between the bounds."""
        below, above = ndtr(self.z(np.array([self.low, self.high])))
        expected = (ndtr(np.sort(self.z(inside))) - below) / max(above - below, 1e-300)
        ranks = np.arange(inside.size + 1) / inside.size
        return float(max(np.max(ranks[1:] - expected), np.max(expected - ranks[:-1])))


def fit_bulk(values: Float64Array, independent: float, *, clean: bool) -> Bulk:
    """Return the bulk of values (n,), its upper bound as far up as the values allow.

    `clean` values are all normal: the bulk reaches to their end.
    """
    median, lower = np.quantile(values, [0.5, float(ndtr(-1.0))])
    spread = (
        float(median - lower) or float(np.median(np.abs(values - median))) or float(values.std())
    )
    low = float(median - BULK_BELOW * spread)
    ordered = np.sort(values)
    if clean:
        inside = ordered[np.searchsorted(ordered, low) :]
        return _best_shape(inside, low, float(ordered[-1] + spread), spread, independent)
    found: Bulk | None = None
    for above in BULK_ABOVE:
        high = float(median + above * spread)
        inside = ordered[
            np.searchsorted(ordered, low) : np.searchsorted(ordered, high, side="right")
        ]
        bulk = _best_shape(inside, low, high, spread, independent)
        expected = float(ndtr(-bulk.z(np.array([high]))[0]))
        chance = np.sqrt(expected / (values.size * independent))
        contaminated = np.mean(values > high) > EXCESS * expected + chance
        if found is None or not contaminated:
            found = bulk
        if contaminated:
            break
    assert found is not None
    return found


def _best_shape(
    inside: Float64Array, low: float, high: float, spread: float, independent: float
) -> Bulk:
    """Return the fit with the smallest BIC: a free exponent or floor counts as a parameter."""
    some = inside[:: -(-inside.size // SHAPE_VALUES)]
    n_independent = max(inside.size * independent, 1.0)
    penalty = 0.5 * np.log(n_independent) / n_independent
    fits, scores = [], []
    for shape, free in _shapes(low, spread, positive=low > 0 or inside[0] > 0):
        fits.append(Bulk.fit(some, low if low > shape.shift else float(inside[0]), high, shape))
        scores.append(fits[-1].log_likelihood - penalty * free)
    best = fits[int(np.argmax(scores))]
    return Bulk.fit(inside, best.low, high, best.shape)


def _shapes(low: float, spread: float, *, positive: bool) -> "list[tuple[Shape, bool]]":
    """Return the transforms that are tried, and whether each has a free parameter."""
    shapes = [
        (Shape(name, power, low - float(floor) * spread), True)
        for floor in FLOORS
        for name, power in _FLOORED
    ]
    if positive:
        shapes += [(Shape(name, power), False) for name, power in _FLOORED]
        shapes += [(Shape("box-cox", power), True) for power in POWERS]
    return shapes


# For values with a long tail above, and for those with one below.
_FLOORED: Final[tuple[tuple[Transform, float], ...]] = (
    ("log", 0.0),
    ("cube-root", 1 / 3),
    ("box-cox", 2.0),
)


def fit_tail(log_p: Float64Array, independent: float, *, clean: bool) -> tuple[float, float]:
    """Return the log share of values beyond the knot, and the slope of log p there.

    Both are relative to the fit of the bulk, of which `log_p` (n,) are the log p-values. Beyond the
    knot E = KNOT − log p is exponential with slope 1 where the fit is right. The slope is the
    maximum-likelihood estimate for E truncated at TAIL_TO, beyond which anomalies lie. A prior of
    PRIOR values keeps both near the fit where few values are beyond the knot. `clean` values are
    followed to their end.
    """
    end = -np.inf if clean else TAIL_TO
    tail = log_p[(log_p < KNOT) & (log_p > end)]
    count = tail.size * independent
    share = (np.log(max(tail.size, 1) / log_p.size) * count + KNOT * PRIOR) / (count + PRIOR)
    mean = ((KNOT - tail).sum() * independent + PRIOR) / (count + PRIOR)
    if clean:
        # A larger share, of a fit that ran off, would cross the p-values where the tail begins.
        return min(float(share), float(np.log(MOST_IN_TAIL))), max(float(1 / mean), FLATTEST)
    longest, slope = KNOT - TAIL_TO, 1.0
    for _ in range(50):
        slope = 1 / (mean + longest / np.expm1(slope * longest))
    if tail.size > MOST_IN_TAIL * log_p.size or slope < FLATTEST:
        return KNOT, 1.0
    return float(share), float(slope)
