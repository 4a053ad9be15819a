"""The scores of a signal: one a step, with its p-value and where it comes from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.calibration.fusion import Fusion
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.statistic import Fused, Statistic


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one signal; step j is its samples j·step … (j + 1)·step − 1.

    Attributes
    ----------
    step, n_samples : int
        Resolution of the score and length of the signal, in samples.
    fused : Statistic
        Statistic, channel and base score of each step.
    fusion : Fusion
        The calibration of the statistic.
    detail : callable
        From a first step and the one after the last to their `Fused` scores. Those of a long signal
        are computed when they are asked for: it would need twice the memory to keep them.
    causal : bool
        Whether steps are scored by frames that end before them.
    itself : bool
        Whether these steps are calibrated on, but for those that were taken for anomalous.
    """

    step: int
    n_samples: int
    fused: Statistic = field(repr=False)
    fusion: Fusion = field(repr=False)
    detail: Callable[[int, int], Fused] = field(repr=False)
    causal: bool = False
    itself: bool = False

    @property
    def statistic(self) -> FloatArray:
        """Statistic of each step, (n_steps,); high = anomalous, NaN in gaps."""
        return self.fused.statistic

    @property
    def channel(self) -> IntArray:
        """Index of the channel that the statistic comes from, (n_steps,)."""
        return self.fused.channel

    @cached_property
    def z(self) -> FloatArray:
        """Standard score of each step, (n_steps,); high = anomalous."""
        return self.fusion.z(self.statistic)

    @property
    def p_value(self) -> FloatArray:
        """Probability that a normal step has such a statistic or a larger one, (n_steps,)."""
        return p_from_z(self.z)

    def flagged(self, alpha: float) -> BoolArray:
        """Return the steps whose statistic exceeds the threshold at `alpha`, (n_steps,)."""
        with np.errstate(invalid="ignore"):
            # In double precision: the threshold of a tiny alpha may lie beyond all float32.
            return np.asarray(self.statistic > np.float64(self.fusion.threshold(alpha)))

    def group_scores(self, begin: int, end: int) -> FloatArray:
        """Return the largest z of each group of base scores in units of its usual spread.

        The result is (n_groups, end − begin), for the steps `begin` … `end` − 1.
        """
        return self.fusion.group_scores(self.detail(begin, end).groups.astype(np.float64))

    @property
    def sample_z(self) -> FloatArray:
        """Standard score of each sample, (n_samples,)."""
        return np.repeat(self.z, self.step)[: self.n_samples]
