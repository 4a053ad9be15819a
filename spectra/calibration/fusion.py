"""Many base scores to one statistic, its p-value, and the threshold at a false-alarm probability.

Each base score (one frame length, one view, one reference) is standardised, z ~ N(0, 1) for most
normal steps; its largest values are those of a heavier tail. The surprisal of z under a Student t
distribution with ν degrees of freedom grows with f(z) = log(1 + max(z, 0)²/ν). The statistic of a
step is the quasi-arithmetic mean (Kolmogorov 1930) of its z over the base scores of a channel, made
by the power mean of f with an exponent k, and the largest over channels in units u_c of their own:

    T = max_c f⁻¹( (mean_b f(z_bc)^k)^(1/k) ) / u_c

It is in units of z, and base scores may have weights in the mean. ν = ∞ is the power mean of z with
exponent 2k, which follows the base scores with the largest z; with a finite ν a huge z counts
little more than a large one, and base scores that agree count more. `Fusion` makes T a p-value. As
this is monotone, the threshold on T is its inverse at α: p(threshold(α)) = α, and p < α where T
exceeds it and nowhere else.
"""

from dataclasses import dataclass, fields
from itertools import accumulate, chain
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.calibration.block_maxima import block_maxima, cluster_size
from spectra.calibration.contamination import (
    RAISING,
    of_a_period,
    standing_out,
    without_anomalies,
    without_hidden_events,
)
from spectra.calibration.gaussian import SUPPORTED, GaussianThreshold
from spectra.calibration.rates import ALPHAS, steps_of_alarms
from spectra.errors import DataError
from spectra.parameters import MOST_ROWS

# Degrees of freedom ν. With 20, 50, 100 and ∞ the mean VUS-PR on 618 development series is 0.669,
# 0.670, 0.669 and 0.667 told nothing, and 0.671, 0.670, 0.669 and 0.666 told the normal rows. On 42
# multichannel ones it is 0.78 with 20 and 50, and 0.74 with ∞. With 20 and 30 an event that one
# base score sees, and a quiet one, are found less often (`benchmarks/properties.py`).
DEGREES: Final = np.float32(50.0)
# Exponent of the mean of surprisals, and that where rows are known to be normal: fewer base scores
# are large by chance there, and those that agree count more. With 1.5, 1.75 and 2 the mean VUS-PR
# on 618 development series told the normal rows is 0.690, 0.689 and 0.687, and event F1 0.538,
# 0.538 and 0.531; of what is scored by a model of these rows alone VUS-PR is 0.650, 0.644 and
# 0.640, event F1 0.461, 0.466 and 0.471. With 1.5 an offset in a fifth of what follows is found in
# 2 of 6 recordings, else in 5. Told nothing event F1 is 0.004 lower with 1.5 and on 42 multichannel
# series 0.07.
EXPONENT: Final = 2.0
DECLARED: Final = 1.75
# Smallest median statistic of a channel over that of the middle one. VUS-PR on 42 multichannel
# development series is 0.778 with the normal rows given and 0.678 without where channels have the
# same unit, and F1 on SKAB, 400 normal rows, 0.47; in units of their own 0.786, 0.687 and 0.62.
# With a smallest one of 0.25 it is 0.786, 0.685 and 0.62, with 0.75 0.786, 0.692 and 0.54.
LEAST_USUAL: Final = 0.5
# Base scores are clipped at this z, so that their squares fit float32.
LARGEST_Z: Final = 1e6
# Largest z of groups, which are kept in half precision to find the edges of alarms.
LARGEST_GROUP: Final = 6e4
# Smallest spread of a group: of a signal that repeats itself exactly it is 0.
MIN_SPREAD: Final = 1e-3
# Smallest scale of the tail of the statistic. It is made of standard scores, so that smaller
# differences are those of a signal that repeats itself exactly.
SMALLEST_SCALE: Final = 0.07
# Quantile of the statistic above which clusters of steps are counted.
CLUSTERED: Final = 0.95
# Probability, or that of half a normal step if larger, at which an event is flagged that hides
# nothing.
VISIBLE: Final = 1e-3
# Steps that quantiles are taken of.
SAMPLED: Final = 2**17


class SurprisalMean:
    """Quasi-arithmetic mean of base scores over all that are added.

    Parameters
    ----------
    shape : (n_channels, n_steps)
    n_groups : int
        Number of groups of base scores, such as frame lengths, whose largest z is kept.
    weights : ndarray (n_scores,), optional
        Weight of each base score that will be added, by default all alike.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        n_groups: int,
        weights: Float32Array | None = None,
        exponent: float = EXPONENT,
    ) -> None:
        self._weights, self._exponent = weights, exponent
        self._z: list[FloatArray] = [np.empty((0, *shape), dtype=np.float32)]
        self._members: list[list[int]] = [[] for _ in range(n_groups)]
        self._sources: list[int] = []

    def add(self, z: FloatArray, group: int, first_source: int) -> None:
        """Add base scores z (n_scores, n_channels, n_steps), numbered from `first_source`.

        NaN stands for no score and is left out.
        """
        self._z.append(z)
        self._members[group] += range(len(self._sources), len(self._sources) + len(z))
        self._sources += range(first_source, first_source + len(z))

    def by_channel(self) -> FloatArray:
        """Return the mean of each channel at each step, (n_channels, n_steps); NaN for no score."""
        return self._means()[1]

    def result(
        self, compared: BoolArray | None = None, usual: Float32Array | None = None
    ) -> "Fused":
        """Return the statistic of each step and its sources.

        `compared` (n_channels,) are the channels it may come from, by default all, and `usual`
        (n_channels,) the units of their means, by default 1.
        """
        z, by_channel = self._means()
        if usual is not None:
            by_channel /= usual[:, None]
        if compared is not None:
            by_channel[~compared] = np.nan
        if z.shape[1] == 1:
            channel, statistic, own = np.zeros(z.shape[2], dtype=np.int16), by_channel[0], z[:, 0]
        else:
            channel = np.where(np.isnan(by_channel), -1.0, by_channel).argmax(axis=0)
            steps = np.arange(channel.size)
            statistic, own = by_channel[channel, steps], z[:, channel, steps]
        source = np.array(self._sources, dtype=np.int16)[own.argmax(axis=0)]
        groups = self._largest(own)
        groups[groups == -np.inf] = np.nan
        np.minimum(groups, LARGEST_GROUP, out=groups)
        return Fused(statistic, channel.astype(np.int16), source, groups.astype(np.float16))

    def _means(self) -> tuple[FloatArray, FloatArray]:
        """Return all base scores, −inf where there is none, and their mean in each channel."""
        z = np.concatenate(self._z, dtype=np.float32)
        weights = np.ones(len(z), dtype=np.float32) if self._weights is None else self._weights
        weights = weights[:, None, None]
        scored = np.isfinite(z)
        weight = weights.sum(axis=0)
        if not scored.all():
            weight = (weights * scored).sum(axis=0)
            z = np.where(scored, z, np.float32(-np.inf))
        return z, _mean(z, weights, weight, self._exponent)

    def _largest(self, own: FloatArray) -> FloatArray:
        """Return the largest score of each group, (n_groups, n_steps); −inf where there is none."""
        groups = np.full((len(self._members), own.shape[1]), -np.inf, dtype=np.float32)
        filled = [bool(members) for members in self._members]
        firsts = [0, *accumulate(len(members) for members in self._members if members)][:-1]
        order = list(chain.from_iterable(self._members))
        if order != sorted(order):
            own = own[order]
        groups[filled] = np.maximum.reduceat(own, firsts, axis=0)
        return groups


def _mean(z: FloatArray, weights: FloatArray, weight: FloatArray, exponent: float) -> FloatArray:
    """Return the mean of scores (n_scores, …); NaN where the `weight` of those there are is 0."""
    surprisal = np.clip(z, np.float32(0.0), np.float32(LARGEST_Z))
    np.square(surprisal, out=surprisal)
    surprisal /= DEGREES
    np.log1p(surprisal, out=surprisal)
    surprisal **= np.float32(exponent)
    surprisal *= weights
    total = surprisal.sum(axis=0)
    none = np.full_like(total, np.nan)
    mean = np.divide(total, weight, out=none, where=np.not_equal(weight, 0))
    return np.asarray(np.sqrt(DEGREES * np.expm1(mean ** np.float32(1 / exponent))))


@dataclass(frozen=True)
class Statistic:
    """The statistic of steps: all that a long signal keeps of them.

    Attributes
    ----------
    statistic : ndarray (n_steps,)
        High = anomalous; NaN where there is no base score.
    channel : ndarray (n_steps,)
        Index of the channel that has the statistic.
    source : ndarray (n_steps,)
        Index of that channel's largest base score.
    """

    statistic: FloatArray
    channel: IntArray
    source: IntArray

    @classmethod
    def unscored(cls, n_steps: int) -> "Statistic":
        """Return room for the statistic of `n_steps`, to be filled by `put`."""
        statistic = np.full(n_steps, np.nan, dtype=np.float32)
        return Statistic(statistic, *np.zeros((2, n_steps), dtype=np.int16))

    def part(self, start: int, stop: int) -> Self:
        """Return the scores of the steps `start` … `stop` − 1."""
        return type(self)(*(getattr(self, one.name)[..., start:stop] for one in fields(self)))

    def put(self, start: int, part: "Statistic") -> int:
        """Write the scores of the steps from `start` on; return the step after the last."""
        stop = start + part.statistic.size
        for one in fields(self):
            getattr(self, one.name)[..., start:stop] = getattr(part, one.name)
        return stop


@dataclass(frozen=True)
class Fused(Statistic):
    """The statistic of steps, and what the groups of base scores are in its channel.

    Attributes
    ----------
    groups : ndarray (n_groups, n_steps)
        Largest z of each group; NaN where there is none.
    """

    groups: FloatArray

    @classmethod
    def empty(cls, n_groups: int, n_steps: int) -> "Fused":
        """Return room for the fused scores of `n_steps`, to be filled by `put`."""
        steps = Statistic.unscored(n_steps)
        return Fused(
            steps.statistic,
            steps.channel,
            steps.source,
            np.full((n_groups, n_steps), np.nan, dtype=np.float16),
        )


@dataclass(frozen=True)
class Fusion:
    """The calibrated statistic: p-value, standard score and threshold.

    Attributes
    ----------
    calibration : GaussianThreshold
        Of the statistic of normal steps.
    suspected : float
        Share of the steps that were taken for anomalous and left out of the calibration.
    centre, spread : ndarray (n_groups,)
        Median of each group's largest z in what was learned from, and its distance from the 16 %
        quantile: one σ of a Gaussian, whatever the upper tail.
    alarm_steps : ndarray (n_alphas,)
        Mean number of flagged steps of an alarm in normal data, at each of `rates.ALPHAS`.
    usual_maximum : ndarray (n_groups,)
        Median of the largest z of each group in blocks of what was learned from, in units of
        `group_scores`.
    npersegs : tuple of int
        Rows of the frames of the first groups, from short to long.
    outlying : float
        Share of the steps known to be normal that stand out from the others and raise the
        threshold, 0 where none are known to be.
    outlying_step : int
        The one of these, counted from the first step that is known to be normal, that is largest.
    """

    calibration: GaussianThreshold
    suspected: float
    alarm_steps: Float64Array
    centre: Float64Array
    spread: Float64Array
    usual_maximum: Float64Array
    npersegs: tuple[int, ...]
    outlying: float = 0.0
    outlying_step: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.outlying <= 1 and 0 <= self.outlying_step <= MOST_ROWS):
            raise ValueError("A share of the steps of a recording stands out.")
        if self.centre.shape != self.spread.shape or not (self.spread > 0).all():
            raise ValueError("Each group of base scores has a centre and a spread above 0.")
        maxima = self.usual_maximum
        if maxima.shape != self.centre.shape or not np.isfinite(maxima).all():
            raise ValueError("Each group of base scores has a usual maximum.")
        rows = all(1 <= nperseg <= MOST_ROWS for nperseg in self.npersegs)
        if not 1 <= len(self.npersegs) <= self.centre.size or not rows:
            raise ValueError(
                f"npersegs={self.npersegs} must be rows of 1 to {self.centre.size} groups."
            )
        steps = self.alarm_steps
        if steps.shape != ALPHAS.shape or not ((steps >= 1) & (steps <= MOST_ROWS)).all():
            raise ValueError(f"An alarm has 1 to {MOST_ROWS:g} steps at each probability.")
        if not 0 <= self.suspected < 1:
            raise ValueError(f"suspected={self.suspected} must be a share of the steps.")

    @classmethod
    def fit(
        cls,
        statistic: FloatArray,
        groups: FloatArray,
        npersegs: tuple[int, ...],
        block: int,
        *,
        clean: BoolArray | bool,
        inside: BoolArray | None = None,
        period: float | None = None,
        smallest_scale: float = SMALLEST_SCALE,
    ) -> Self:
        """Learn from the fused scores of a signal, most of which must be normal.

        Parameters
        ----------
        statistic : ndarray (n_steps,)
        groups : ndarray (n_groups, n)
            Largest z of each group of base scores, of as many steps as tell their usual spread and
            largest values.
        npersegs : tuple of int
            Rows of the frames of the first groups.
        block : int
            Steps that depend on one another, fewer than a period.
        clean : bool or ndarray (n_steps,)
            Steps known to be normal, of which none is taken for anomalous.
        inside : ndarray (n,), optional
            Those of the steps of `groups` that tell the usual spread, by default all. The usual
            maxima are those of all steps that calibrate.
        period : float, optional
            Steps of the dominant period of the signal.
        smallest_scale : float
            Smallest scale of the tail of the statistic.
        """
        normal = statistic
        n_scored = int(np.isfinite(normal).sum())
        if not n_scored:
            raise DataError("No step that is learned from has a score: give longer normal data.")
        if not np.all(clean):
            usual = without_anomalies(statistic, block, SMALLEST_SCALE, period)
            normal = np.where(clean, statistic, usual)
        level = float(np.quantile(_sampled(normal), CLUSTERED, overwrite_input=True))
        independent = 1.0 / cluster_size(normal, level, of_a_period(block, period))
        normal_groups = groups if inside is None else groups[:, inside]
        low, centre = np.array([_lower_half(group) for group in normal_groups]).T
        spread = np.maximum(centre - low, MIN_SPREAD)
        calibrating = normal_groups if clean is True else groups
        maxima = [_usual_maximum(group, of_a_period(block // 2, period)) for group in calibrating]
        calibration = GaussianThreshold.fit(normal, independent, smallest_scale=smallest_scale)
        if not np.all(clean):
            visible = calibration.threshold(max(VISIBLE, 0.5 / calibration.n_independent))
            kept = without_hidden_events(normal, block, visible, SMALLEST_SCALE, period)
            if kept is not normal:
                normal = np.where(clean, statistic, kept)
                calibration = GaussianThreshold.fit(
                    normal, independent, smallest_scale=smallest_scale
                )
        outlying = np.zeros(0, dtype=np.bool_)
        if np.all(clean):
            outlying = standing_out(statistic, block, SMALLEST_SCALE, period)
            if not _raises(outlying, statistic, calibration, independent, smallest_scale):
                outlying = outlying[:0]
        return cls(
            calibration,
            1.0 - calibration.n / n_scored,
            steps_of_alarms(calibration, normal),
            centre,
            spread,
            (np.array(maxima) - centre) / spread,
            npersegs,
            float(outlying.sum() / n_scored),
            int(np.nanargmax(statistic)) if outlying.any() else 0,
        )

    @property
    def smallest_p(self) -> float:
        """Smallest p-value that the normal steps support: 1 / (10 · their independent number).

        Smaller ones rank, but are no probabilities.
        """
        return min(1.0 / (SUPPORTED * self.calibration.n_independent), 0.5)

    def z(self, statistic: ArrayLike) -> Float64Array:
        """Return the standard score of steps, same shape; high = anomalous, NaN stays NaN."""
        return self.calibration.z(statistic)

    def p_value(self, statistic: ArrayLike) -> Float64Array:
        """Return the probability that a normal step has a statistic at least as large."""
        return self.calibration.p_value(statistic)

    def threshold(self, alpha: float) -> float:
        """Return the statistic that a normal step exceeds with probability `alpha`."""
        return self.calibration.threshold(alpha)

    def group_scores(self, groups: FloatArray) -> FloatArray:
        """Return the largest z of each group (n_groups, n_steps) in units of its usual spread."""
        return np.asarray((groups - self.centre[:, None]) / self.spread[:, None])


def _raises(
    outlying: BoolArray,
    statistic: FloatArray,
    calibration: GaussianThreshold,
    independent: float,
    smallest_scale: float,
) -> bool:
    """Return whether the threshold would be much lower without the steps that stand out."""
    others = np.where(outlying, np.float32(np.nan), statistic)
    if not outlying.any() or not np.isfinite(others).any():
        return False
    without = GaussianThreshold.fit(others, independent, smallest_scale=smallest_scale)
    return calibration.threshold(VISIBLE) > RAISING * without.threshold(VISIBLE)


def _lower_half(group: FloatArray) -> tuple[float, float]:
    """Return the 16 % quantile and the median of a group of base scores, NaN left out."""
    values = _sampled(group)
    if not values.size:
        return -1.0, 0.0
    low, middle = np.quantile(values, [0.1587, 0.5], overwrite_input=True)
    return float(low), float(middle)


def _usual_maximum(group: FloatArray, block: int) -> float:
    """Return the median of the largest scores of blocks of steps (n,), 0 where there are none."""
    maxima = block_maxima(group, max(block, 1)) if group.size else group
    return float(np.median(maxima)) if maxima.size else 0.0


def _sampled(scores: FloatArray) -> Float64Array:
    """Return at most SAMPLED of the scores of steps (n_steps,), evenly spaced, NaN left out."""
    some = scores[:: -(-scores.size // SAMPLED)] if scores.size else scores
    return some[np.isfinite(some)].astype(np.float64)
