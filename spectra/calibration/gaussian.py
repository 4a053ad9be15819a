"""Distance → Gaussian z → p-value, and back: the threshold at a false-alarm probability.

A squared distance is skewed; a power of what exceeds a floor is close to Gaussian (Wilson &
Hilferty 1931 for χ², Box & Cox 1964 in general). What is learned from may hold anomalies, so the
Gaussian is fitted to the bulk only: the maximum-likelihood normal distribution truncated to the
values between two bounds (Cohen 1959). The upper bound moves up for as long as what lies beyond it
is about as much as the fit expects (a forward search, Hadi 1992): clean data is used nearly to its
end, and of contaminated data the part below the contamination. Last, the tail beyond it is compared
with how often it was met.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import kolmogorov, log_ndtr, ndtr, ndtri, ndtri_exp

from spectra.arrays import Float64Array

Transform = Literal["log", "cube-root", "box-cox"]

# Bounds of the bulk in units of the spread below the median, which anomalies (always above) hardly
# change.
BULK_BELOW: Final = 3.0
BULK_ABOVE: Final = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
# Beyond a bound there may be so many times the values that the fit expects; more is contamination.
EXCESS: Final = 3.0
# A spread of zero (a constant recording) would make every later difference infinitely improbable.
MIN_SIGMA: Final = 1e-3
# Rounding of a value that must be above a floor.
FLOOR: Final = 1e-12
# What is tried: exponents without a floor; floors in spreads below the lower bound.
POWERS: Final = (0.1, 0.2, 0.5, 0.7, 1.0)
FLOORS: Final = np.geomspace(0.1, 30.0, 12)
# Values that the shape of the distribution is chosen by.
SHAPE_VALUES: Final = 2000
# The tail: from the log p-value where it begins, through the knot where its share is counted, to
# where anomalies are.
TAIL_FROM, KNOT, TAIL_TO = (float(np.log(p)) for p in (0.1, 1e-2, 1e-5))
# The fit itself counts as so many independent values in the tail; larger shares and flatter tails
# are contamination.
PRIOR: Final = 10.0
MOST_IN_TAIL: Final = 0.05
FLATTEST: Final = 0.2


def truncated_normal(values: Float64Array, low: float, high: float) -> tuple[float, float]:
    """μ and σ of the normal distribution whose part between `low` and `high` has the values' mean
    and variance.

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
class _Shape:
    """The two-parameter transform of Box & Cox (1964): ((v − shift)^power − 1) / power, for power 0
    log(v − shift).
    """

    transform: Transform
    power: float
    shift: float = 0.0

    def __call__(self, values: Float64Array) -> Float64Array:
        logs = np.log(np.maximum(values - self.shift, FLOOR))
        return logs if self.power == 0.0 else np.asarray(np.expm1(self.power * logs) / self.power)

    def log_slope(self, values: Float64Array) -> Float64Array:
        """Logarithm of the derivative: the Jacobian in a likelihood."""
        return np.asarray((self.power - 1.0) * np.log(np.maximum(values - self.shift, FLOOR)))

    def inverse(self, y: float) -> float:
        """The value whose transform is y."""
        if self.power == 0.0:
            return self.shift + float(np.exp(y))
        return self.shift + float(max(1.0 + self.power * y, 0.0) ** (1.0 / self.power))


@dataclass(frozen=True)
class _Bulk:
    """A Gaussian for the transform of the values between two bounds, and its log likelihood a
    value.
    """

    shape: _Shape
    low: float
    high: float
    mu: float
    sigma: float
    log_likelihood: float

    @classmethod
    def fit(cls, inside: Float64Array, low: float, high: float, shape: _Shape) -> Self:
        """The truncated Gaussian of the greatest likelihood, Jacobian included."""
        y = shape(inside)
        a, b = shape(np.array([low, high]))
        mu, sigma = truncated_normal(y, a, b)
        sigma = max(sigma, MIN_SIGMA)
        mass = max(float(ndtr((b - mu) / sigma) - ndtr((a - mu) / sigma)), 1e-300)
        per_value = np.mean(-0.5 * ((y - mu) / sigma) ** 2 + shape.log_slope(inside))
        return cls(shape, low, high, mu, sigma, float(per_value) - float(np.log(sigma * mass)))

    def z(self, values: Float64Array) -> Float64Array:
        """Standard scores."""
        return np.asarray((self.shape(values) - self.mu) / self.sigma)

    def goodness(self, inside: Float64Array) -> float:
        """Kolmogorov–Smirnov statistic of the values between the bounds."""
        below, above = ndtr(self.z(np.array([self.low, self.high])))
        expected = (ndtr(np.sort(self.z(inside))) - below) / max(above - below, 1e-300)
        ranks = np.arange(inside.size + 1) / inside.size
        return float(max(np.max(ranks[1:] - expected), np.max(expected - ranks[:-1])))


def _search(values: Float64Array, independent: float, *, clean: bool) -> _Bulk:
    """The bulk of the values (n,), its upper bound as far up as the values allow."""
    median, lower = np.quantile(values, [0.5, float(ndtr(-1.0))])
    spread = (
        float(median - lower) or float(np.median(np.abs(values - median))) or float(values.std())
    )
    low = float(median - BULK_BELOW * spread)
    ordered = np.sort(values)
    if clean:
        inside = ordered[np.searchsorted(ordered, low) :]
        return _best_shape(inside, low, float(ordered[-1] + spread), spread, independent)
    found: _Bulk | None = None
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
) -> _Bulk:
    """The fit of the greatest likelihood; a free exponent or floor counts as a parameter (BIC)."""
    some = inside[:: -(-inside.size // SHAPE_VALUES)]
    n_independent = max(inside.size * independent, 1.0)
    penalty = 0.5 * np.log(n_independent) / n_independent
    fits, scores = [], []
    for shape, free in _shapes(low, spread, positive=low > 0 or inside[0] > 0):
        fits.append(_Bulk.fit(some, low if low > shape.shift else float(inside[0]), high, shape))
        scores.append(fits[-1].log_likelihood - penalty * free)
    best = fits[int(np.argmax(scores))]
    return _Bulk.fit(inside, best.low, high, best.shape)


def _shapes(low: float, spread: float, *, positive: bool) -> "list[tuple[_Shape, bool]]":
    """What is tried, and whether it has a free parameter."""
    shapes = [
        (_Shape(name, power, low - float(floor) * spread), True)
        for floor in FLOORS
        for name, power in _FLOORED
    ]
    if positive:
        shapes += [(_Shape(name, power), False) for name, power in _FLOORED]
        shapes += [(_Shape("box-cox", power), True) for power in POWERS]
    return shapes


# For values with a long tail above, and for those with one below.
_FLOORED: Final[tuple[tuple[Transform, float], ...]] = (
    ("log", 0.0),
    ("cube-root", 1 / 3),
    ("box-cox", 2.0),
)


def _tail(log_p: Float64Array, independent: float, *, clean: bool) -> tuple[float, float]:
    """Log share of the values beyond the knot, and the slope of log p there, against what the
    bulk's fit says.

    Beyond the knot E = KNOT − log p is exponential with slope 1 where the fit is right. The slope
    is the maximum-likelihood estimate for E truncated at TAIL_TO, beyond which anomalies lie; a
    prior of PRIOR values keeps both near the fit where few values are beyond the knot. A share or a
    slope that no misfit explains is contamination, and not followed.
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


@dataclass(frozen=True)
class GaussianThreshold:
    """A calibrator: distances of normal frames made Gaussian, so that a false-alarm probability
    names a threshold.

    (g(v / unit) − mu) / sigma is a standard score, with g the Box–Cox transform of exponent `power`
    (0: logarithm, 1/3: cube root) of what exceeds `shift`; in its tail the score is corrected so
    that its p-value is met as often as it says: p-values below 0.01 there have the share
    `tail_share`, and their logarithm the slope `tail_slope`, 1 where the Gaussian is right. Large
    distance = large z = small p_value. `ks_statistic` and `ks_p_value` say how well the bulk fits
    (Kolmogorov–Smirnov with `n_independent` values; conservative, as μ and σ come from the same
    data).

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

    @classmethod
    def fit(cls, distances: ArrayLike, independent: float = 1.0, *, clean: bool = False) -> Self:
        """Learn from distances of normal frames, (n,), up to a tenth or so of them anomalous; NaN
        is left out.

        Any statistic will do that is large where anomalous. `independent` is the share of the
        values that count as independent (hop / nperseg for overlapping frames). The transform is
        log, cube root or square, Box–Cox with a free exponent, or log, cube root or square of what
        exceeds a free floor: by likelihood, exponent and floor counted as parameters (BIC). Raises
        ValueError where no finite distance is given.
        """
        values = np.asarray(distances, dtype=np.float64)
        values = values[np.isfinite(values)]
        if values.size == 0:
            raise ValueError("No finite distance to calibrate on.")
        unit = float(np.median(np.abs(values))) or 1.0
        values = values / unit
        bulk = _search(values, independent, clean=clean)
        inside = values[(values >= bulk.low) & (values <= bulk.high)]
        share, slope = _tail(log_ndtr(-bulk.z(values)), independent, clean=clean)
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

    @property
    def _shape(self) -> _Shape:
        return _Shape(self.transform, self.power, self.shift)

    @property
    def _knots(self) -> tuple[Float64Array, Float64Array]:
        """Log p-values of the bulk's Gaussian and what they are corrected to, ascending: lines
        between and beyond them.
        """
        share, far = float(np.log(self.tail_share)), -1e6
        return np.array([far, KNOT, TAIL_FROM]), np.array(
            [share + self.tail_slope * (far - KNOT), share, TAIL_FROM]
        )

    def log_p_value(self, distances: ArrayLike) -> Float64Array:
        """Natural logarithm of `p_value`, finite however far the tail."""
        values = np.asarray(distances, dtype=np.float64) / self.unit
        log_p = log_ndtr(-(self._shape(values) - self.mu) / self.sigma)
        given, corrected = self._knots
        tail = (
            np.interp(log_p, given, corrected) + np.minimum(log_p - given[0], 0.0) * self.tail_slope
        )
        return np.asarray(np.where(log_p < TAIL_FROM, tail, log_p))

    def z(self, distances: ArrayLike) -> Float64Array:
        """Standard scores of distances, same shape: N(0, 1) for normal frames, large = anomalous;
        NaN stays NaN.
        """
        log_p = self.log_p_value(distances)
        # Near 1 the logarithm has lost what tells one p-value from another; there the bulk's score
        # is the score.
        values = np.asarray(distances, dtype=np.float64) / self.unit
        return np.asarray(
            np.where(
                log_p < TAIL_FROM, -ndtri_exp(log_p), (self._shape(values) - self.mu) / self.sigma
            )
        )

    def p_value(self, distances: ArrayLike) -> Float64Array:
        """Probability that a normal frame lies at least this far, small = anomalous; 0 only below
        1e-308.
        """
        return np.asarray(np.exp(self.log_p_value(distances)))

    def threshold(self, alpha: float) -> float:
        """The distance that a normal frame exceeds with probability `alpha`, 0 < alpha < 1: inverse
        of `p_value`.
        """
        if not 0 < alpha < 1:
            raise ValueError(f"alpha={alpha} must lie between 0 and 1.")
        return self.inverse(float(-ndtri(alpha)))

    def inverse(self, z: float) -> float:
        """Return the distance that has a standard score: inverse of `z`."""
        log_p = float(log_ndtr(-z))
        if log_p < TAIL_FROM:
            given, corrected = self._knots
            z = float(-ndtri_exp(float(np.interp(log_p, corrected, given))))
        return self.unit * self._shape.inverse(self.mu + self.sigma * z)

    def with_spread(self, smallest: float) -> Self:
        """Return the calibrator, or one with the standard deviation `smallest` if it has less.

        `smallest` is in the unit of the distances, and is compared with the distance from the
        median to one standard deviation above it. The other calibrator is Gaussian in the distances
        themselves.
        """
        middle, above = self.threshold(0.5), self.threshold(float(ndtr(-1.0)))
        if above - middle >= smallest:
            return self
        return replace(
            self,
            transform="box-cox",
            power=1.0,
            shift=min(0.0, middle) / self.unit,
            mu=max(0.0, middle) / self.unit - 1.0,
            sigma=smallest / self.unit,
            tail_share=float(np.exp(KNOT)),
            tail_slope=1.0,
        )


def p_from_z(z: ArrayLike) -> Float64Array:
    """Upper tail probability of a standard score, without cancellation."""
    return np.asarray(ndtr(-np.asarray(z, dtype=np.float64)))


def z_from_p(p_value: ArrayLike) -> Float64Array:
    """The standard score whose upper tail has this probability: inverse of `p_from_z`."""
    return np.asarray(-ndtri(np.asarray(p_value, dtype=np.float64)))
