"""The statistic of steps to its p-value, and the threshold at a false-alarm probability.

`Fusion` makes the statistic T of many base scores (`calibration.statistic`) a p-value. As this is
monotone, the threshold on T is its inverse at α: p(threshold(α)) = α, and p < α where T exceeds it
and nowhere else.
"""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, FloatArray
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
    alarm_steps: Float64Array = field(repr=False)
    centre: Float64Array = field(repr=False)
    spread: Float64Array = field(repr=False)
    usual_maximum: Float64Array = field(repr=False)
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
        calibrating = normal_groups if np.all(clean) else groups
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
