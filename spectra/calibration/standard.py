"""Base scores as standard scores."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray

Transform = Literal["log", "log1p", "two-sided", "below", "silent", "loud"]
# Transforms that have a score for what is far from usual alone.
FAR: Final[tuple[Transform, ...]] = ("silent", "loud")

# Added to every distance before its logarithm, as a fraction of the mean of the distances below
# their 90 % quantile: smaller differences say little, and rows of a quantised signal may all lie on
# the median.
FLOOR: Final = 0.05
# Smallest floor, in squared spreads of a channel: distances of a signal that repeats itself exactly
# are rounding of 32-bit numbers.
ROUNDING: Final = 1e-5
# Smallest scale of a score: a signal that repeats itself exactly has none.
MIN_SIGMA: Final = 1e-2
# Quantiles that location and scale start from, and their distance in standard deviations of a
# Gaussian: a tenth of anomalies, of any size and in either direction, hardly moves them.
QUANTILES: Final = (0.1, 0.5, 0.9)
WIDTH: Final = 2.563
# Scale of a score that says nothing: z is below 1e-28. A model file holds no infinite numbers.
SILENCED: Final = 1e30
# Values farther from the mean than this many standard deviations count as that far (winsorising,
# Tukey 1962), so that anomalies do not widen the scale they are measured by.
WINSOR: Final = 3.0
ROUNDS: Final = 10
# Where most values are equal, so that their quantiles have no smaller scale, and their standard
# deviation is this many times the smallest one, it is their scale: such are the distances of a
# signal that switches between two values. Any rare length of a state would be hundreds of the
# smallest ones away.
MOSTLY_EQUAL: Final = 30.0
# Logarithm of the distance of white noise from other white noise, in squared spreads: larger ones
# are those of anomalies, and do not widen the scale.
WHITE: Final = float(np.log(2.0))
# Steps of the blocks whose smallest amplitudes are compared, and share of the blocks that a long
# event may take. Else each pause of noise that pauses for 60 of about 1,000 rows is an alarm.
STEPS: Final = 64
RARE: Final = 0.1
# Smallest scale of the logarithm of the largest of many powers, which has none in a channel that is
# mostly constant: that of white noise in frames of 256 rows is (π / √6) / log 128.
MIN_SIGMA_LOUD: Final = 0.25
# Smallest standard deviation of log(1 + score). A surprisal of 1 nat and a distance of one expected
# variance are ordinary, so differences of a tenth of either are no evidence even in a signal that
# repeats exactly.
MIN_SIGMA_LOG1P: Final = 0.1
# Smallest median that amplitudes are divided by, in spreads of a channel; less is rounding.
SMALLEST_MEDIAN: Final = 1e-6
# Interquartile range of a Gaussian in standard deviations.
IQR_OF_GAUSSIAN: Final = 1.349


@dataclass(frozen=True)
class Standard:
    """Location and scale of base scores.

    "log"
        z = (log(D + floor) − mu) / sigma. The logarithm of a distance is close to Gaussian.
    "log1p"
        The same with a floor of 1, for scores that are in units of what is ordinary.
    "two-sided"
        z = |D − mu| / sigma: less is as anomalous as more.
    "below"
        z = (mu − D / floor) / sigma: less is anomalous. The floor is the median.
    "silent"
        z = (mu − log(D / floor + FLOOR)) / sigma: less is anomalous. The floor is the median of D,
        and mu lies WINSOR scales below that of the logarithm, or at a silence that recurs: only
        what is far quieter than usual has a score.
    "loud"
        z = (log(1 + D) − mu) / sigma, for scores that are in units of what is ordinary. mu lies
        WINSOR scales above the median of the logarithm, or at a loudness that recurs: only what is
        far louder than usual has a score.

    `floor`, `mu` and `sigma` are (n_scores, n_channels).
    """

    transform: Transform
    floor: Float64Array
    mu: Float64Array
    sigma: Float64Array

    def __post_init__(self) -> None:
        if not self.floor.shape == self.mu.shape == self.sigma.shape:
            raise ValueError("Each base score has one floor, location and scale a channel.")
        if not ((self.sigma > 0).all() and (self.floor > 0).all()):
            raise ValueError("Floors and scales lie above 0.")

    @classmethod
    def fit(
        cls,
        values: FloatArray,
        normal: BoolArray,
        transform: Transform,
        rounding: float = ROUNDING,
    ) -> Self:
        """Learn from base scores (n_scores, n_channels, n_steps), most of which must be normal.

        `normal` (n_scores, n_steps) are the steps that a score is learned from. `rounding` is the
        smallest floor of a logarithm.
        """
        shape = values.shape[:2]
        floor, mu, sigma = np.ones(shape), np.zeros(shape), np.ones(shape)
        for score, channel in np.ndindex(shape):
            known = values[score, channel][normal[score]]
            known = known[np.isfinite(known)].astype(np.float64)
            if not known.size:
                continue
            if transform == "log":
                clipped = np.minimum(known, np.quantile(known, QUANTILES[2]))
                floor[score, channel] = max(FLOOR * float(clipped.mean()), rounding)
                known = np.log(known + floor[score, channel])
            elif transform == "below":
                floor[score, channel] = max(float(np.median(known)), SMALLEST_MEDIAN)
                known = known / floor[score, channel]
            elif transform == "silent":
                floor[score, channel] = max(float(np.median(known)), SMALLEST_MEDIAN)
                logs = np.log(known / floor[score, channel] + FLOOR)
                mu[score, channel], sigma[score, channel] = _far_below(logs, MIN_SIGMA)
                continue
            elif transform == "loud":
                low, sigma[score, channel] = _far_below(-np.log1p(known), MIN_SIGMA_LOUD)
                mu[score, channel] = -low
                continue
            most = WHITE if transform == "log" else float("inf")
            mu[score, channel], sigma[score, channel] = winsorised(known, most)
        return cls(transform, floor, mu, sigma)

    @classmethod
    def fit_log1p(cls, values: FloatArray) -> Self:
        """Learn from base scores (n_scores, n_channels, n_steps) in units of what is ordinary.

        Location and scale are those of the median and the quartiles; NaN is left out.
        """
        shape = values.shape[:2]
        mu, sigma = np.zeros(shape), np.ones(shape)
        for index in np.ndindex(shape):
            known = values[index]
            logs = np.log1p(known[np.isfinite(known)].astype(np.float64))
            low, mu[index], high = np.quantile(logs, [0.25, 0.5, 0.75])
            sigma[index] = max(float(high - low) / IQR_OF_GAUSSIAN, MIN_SIGMA_LOG1P)
        return cls("log1p", np.ones(shape), mu, sigma)

    def shrunk(self, to: "Standard", weight: float) -> "Standard":
        """Return the same standards, their scales drawn towards those of another.

        The logarithm of a scale is the mean of both with this `weight` of its own (shrinkage, Stein
        1956): a scale of few values is uncertain.
        """
        return replace(self, sigma=self.sigma**weight * to.sigma ** (1.0 - weight))

    def silenced(self, where: BoolArray) -> "Standard":
        """Return the same standards, z being about 0 `where` it is true (n_scores, n_channels)."""
        return replace(self, sigma=np.where(where, SILENCED, self.sigma))

    def replaced(self, by: "Standard", where: BoolArray) -> "Standard":
        """Return the same standards, those of another `where` it says so (n_scores, n_channels)."""
        floor, mu, sigma = (
            np.where(where, getattr(by, name), getattr(self, name))
            for name in ("floor", "mu", "sigma")
        )
        return replace(self, floor=floor, mu=mu, sigma=sigma)

    @classmethod
    def joined(cls, standards: "list[Self]") -> Self:
        """Return the standards of several base scores of one transform as one."""
        parts = [
            np.concatenate([getattr(one, name) for one in standards])
            for name in ("floor", "mu", "sigma")
        ]
        return cls(standards[0].transform, *parts)

    @classmethod
    def beside(cls, standards: "list[Self]") -> Self:
        """Return the standards of some base scores in several channels as one."""
        parts = [
            np.concatenate([getattr(one, name) for one in standards], axis=1)
            for name in ("floor", "mu", "sigma")
        ]
        return cls(standards[0].transform, *parts)

    def z(self, values: FloatArray) -> FloatArray:
        """Return standard scores of base scores, same shape; high = anomalous."""
        floor, mu, sigma = self._single if values.dtype == np.float32 else self._double
        if self.transform == "below":
            return np.asarray((mu - values / floor) / sigma)
        if self.transform == "silent":
            return np.asarray((mu - np.log(values / floor + np.float32(FLOOR))) / sigma)
        if self.transform == "two-sided":
            z = values - mu
            np.abs(z, out=z)
        elif self.transform in ("log1p", "loud"):
            z = np.log1p(values)
            z -= mu
        else:
            z = values + floor
            np.log(z, out=z)
            z -= mu
        z /= sigma
        return np.asarray(z)

    @cached_property
    def _double(self) -> list[FloatArray]:
        """Floor, location and scale, (n_scores, n_channels, 1)."""
        return [part[..., None] for part in (self.floor, self.mu, self.sigma)]

    @cached_property
    def _single(self) -> list[FloatArray]:
        """The same in single precision."""
        return [part.astype(np.float32) for part in self._double]


def _far_below(logs: Float64Array, least: float) -> tuple[float, float]:
    """Return where logarithms (n_steps,) are far below the usual ones, and their scale.

    The scale is that of the lower half, and not below `least`.
    """
    low, middle = np.quantile(logs, QUANTILES[:2])
    sigma = max(float(middle - low) / (WIDTH / 2.0), least)
    return min(float(middle) - WINSOR * sigma, _usual_silence(logs)), sigma


def _usual_silence(logs: Float64Array) -> float:
    """Return the smallest logarithm of steps (n_steps,) that recurs.

    The smallest ones of the blocks are ranked. Those of RARE of the blocks, and of two at the ends
    of a long event, may be of that event.
    """
    n_blocks = max(1, logs.size // STEPS)
    smallest = np.sort([block.min() for block in np.array_split(logs, n_blocks)])
    return float(smallest[min(int(RARE * n_blocks) + 2, n_blocks - 1)])


def winsorised(values: FloatArray, most: float = float("inf")) -> tuple[float, float]:
    """Return mean and standard deviation of values (n,) clipped at WINSOR deviations.

    Those of values that are mostly equal are not clipped so, but at `most`.
    """
    low, mean, high = np.quantile(values, QUANTILES)
    spread = float(high - low) / WIDTH
    if spread <= MIN_SIGMA and most < float("inf"):
        plain = np.minimum(values, max(float(high), most))
        deviation = float(plain.std())
        if deviation >= MOSTLY_EQUAL * MIN_SIGMA:
            return float(plain.mean()), deviation
    sigma = max(spread or float(values.std()), MIN_SIGMA)
    clipped = np.empty_like(values)
    for _ in range(ROUNDS):
        np.clip(values, mean - WINSOR * sigma, mean + WINSOR * sigma, out=clipped)
        mean = clipped.mean()
        clipped -= mean
        sigma = max(float(np.sqrt(np.dot(clipped, clipped) / clipped.size)), MIN_SIGMA)
    return float(mean), sigma
