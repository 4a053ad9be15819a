"""The fitted signal pipeline: normal spectra learned from a signal, and the scores of signals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.calibration.declared import calibrated
from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused, Statistic
from spectra.errors import DataError
from spectra.signal.evidence import Evidence
from spectra.signal.glitches import without_glitches
from spectra.signal.period import BLOCK, block_rows
from spectra.signal.repetition import quieten
from spectra.signal.scale import Scale, constant_channels
from spectra.spectral.evidence import evidence
from spectra.spectral.fusing import steps_at_once
from spectra.spectral.learning import learned_scores
from spectra.spectral.plan import Plan, planned_base_scores
from spectra.spectral.sample import Sample, calibration_stretches
from spectra.spectral.scorer import SpectralScorer, Standardised
from spectra.threads import one_blas_thread

# Rows of a long signal that are scored at a time, and their values over all channels. With 2**15
# values 50 channels of 50,000 rows take 1.4 times the time.
BLOCK_ROWS: Final = 2**15
BLOCK_VALUES: Final = 2**20


@dataclass(frozen=True)
class SpectralModel:
    """Normal spectra, the standards of the base scores, and their calibration.

    Attributes
    ----------
    standardised : Standardised
    fusion : Fusion
    constant : ndarray (n_channels,)
        Channels that never changed in what was learned from.
    """

    standardised: Standardised
    fusion: Fusion
    constant: BoolArray

    def __post_init__(self) -> None:
        n_channels = self.standardised.scale.centre.size
        if self.constant.shape != (n_channels,) or self.constant.dtype != np.bool_:
            raise ValueError("Each channel is constant or not.")
        if self.fusion.centre.shape != (self.standardised.base.n_groups,):
            raise ValueError("Each group of base scores has one centre.")

    @property
    def step(self) -> int:
        """Rows from one score to the next."""
        return self.standardised.base.step

    @property
    def states(self) -> BoolArray:
        """Channels of a few values beside others of many, which raise no alarm, (n_channels,)."""
        return ~self.standardised.compared

    @property
    def turns(self) -> Float64Array:
        """Full turn of each channel that is an angle, 0 for all others, (n_channels,)."""
        turns = self.standardised.scale.turns
        return np.zeros(self.constant.size) if turns is None else turns

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Rows of a frame, for each frame length."""
        return self.standardised.base.npersegs

    @property
    def causal(self) -> bool:
        """True if no score depends on a row after the first one of its step."""
        return self.standardised.base.causal

    @property
    def window(self) -> str | tuple[str, float]:
        """Taper of the frames."""
        return self.standardised.base.comparisons[0].window

    @classmethod
    def fit(
        cls,
        signal: Float64Array,
        plan: Plan,
        normal_rows: slice | None,
        unscored: Callable[[int], Statistic] = Statistic.unscored,
    ) -> "tuple[Self, Scores]":
        """Learn from a signal (n_samples, n_channels), NaN in gaps; return its scores too.

        Frames are compared with the others of the signal and with those of the `normal_rows`.
        `unscored` makes room for the statistic of a number of steps. Raises DataError for a signal
        too short to compare its frames.
        """
        learned = without_glitches(signal, normal_rows)
        scale = Scale.fit(learned, plan.turns)
        base = planned_base_scores(learned, scale, plan, normal_rows)
        n_steps = -(-len(signal) // base.step)
        sample = Sample.drawn(n_steps, normal_rows, base.step)
        standardised, every, groups = learned_scores(learned, scale, base, sample, normal_rows)
        fused = every or _scored(standardised, learned, unscored, own=True)
        if np.isnan(fused.statistic[slice(*sample.normal)]).all():
            raise DataError(
                f"The {len(signal)} rows hold no frame of {plan.frames[0].grid.nperseg} without "
                "gaps: give a longer recording or a smaller nperseg."
            )
        fit = partial(
            Fusion.fit,
            groups=groups,
            inside=None if normal_rows is None else sample.inside,
            npersegs=base.npersegs,
            block=-(-BLOCK // base.step),
            period=plan.period and plan.period / base.step,
        )
        declared = None if normal_rows is None else sample.normal
        block = -(-block_rows(plan.period) // base.step)
        reach = max(base.npersegs) // 2 // base.step
        of_steps = (fused.statistic, declared, block)
        calibrate = partial(calibrated, *of_steps, fit, calibration_stretches, reach=reach)
        fusion, itself = calibrate()
        model = cls(standardised, fusion, constant_channels(signal))
        if quieten(fused.statistic, learned, normal_rows, base.step, fusion.threshold(0.5)):
            # The model keeps the calibration of all steps: other recordings need not repeat.
            fusion, itself = calibrate()
        if learned is not signal:
            fused = _scored(standardised, signal, unscored, own=True)
            quieten(fused.statistic, signal, normal_rows, base.step, fusion.threshold(0.5))
        scores = model._scores(signal, fused, fusion, own=True)
        return model, replace(scores, itself=itself)

    def score(
        self,
        signal: Float64Array,
        *,
        own: bool = False,
        unscored: Callable[[int], Statistic] = Statistic.unscored,
    ) -> Scores:
        """Return the scores of a signal (n_samples, n_channels).

        `own` says that it is the signal that was learned from; `unscored` makes room for the
        statistic of a number of steps. Raises DataError for a signal shorter than the shortest
        frame.
        """
        shortest = min(self.npersegs)
        if len(signal) < shortest:
            raise DataError(
                f"The recording has {len(signal)} rows, fewer than one frame of {shortest}: give a "
                "longer recording or a smaller nperseg."
            )
        fused = _scored(self.standardised, signal, unscored, own=own)
        return self._scores(signal, fused, self.fusion, own=own)

    def _scores(
        self, signal: Float64Array, fused: Statistic, fusion: Fusion, *, own: bool
    ) -> Scores:
        detail = fused.part if isinstance(fused, Fused) else partial(self.detail, signal, own=own)
        return Scores(self.step, len(signal), fused, fusion, detail, self.causal)

    def detail(self, signal: Float64Array, start: int, stop: int, *, own: bool) -> Fused:
        """Return the fused scores of the steps `start` … `stop` − 1 of a signal."""
        base = self.standardised.base
        size = steps_at_once(signal.shape[1])
        fused = Fused.empty(base.n_groups, stop - start)
        for begin in range(start, stop, size):
            end = min(begin + size, stop)
            rows = base.rows(begin, end, len(signal))
            scaled = self.standardised.scale(signal[rows])
            # The products of a few steps are too small to gain from the threads of BLAS.
            with one_blas_thread():
                D = base.distances(scaled, rows.start, begin, end, len(signal), own=own)
                fused.put(begin - start, self.standardised.fused(D, end - begin))
        return fused

    def scorer(self, *, own: bool = False) -> SpectralScorer:
        """Return a scorer of one signal that comes in blocks."""
        return SpectralScorer(self.standardised, own=own)

    def evidence(
        self, signal: Float64Array, scores: Scores, steps: IntArray, *, own: bool
    ) -> Iterator[Evidence]:
        """Yield the evidence of each of the `steps` of a signal (n_samples, n_channels)."""
        return evidence(self.standardised, signal, scores, steps, own=own)


def _scored(
    model: Standardised, signal: Float64Array, unscored: Callable[[int], Statistic], *, own: bool
) -> Statistic:
    """Return the statistic of a whole signal, scored in blocks to bound memory."""
    fused = unscored(-(-len(signal) // model.base.step))
    scorer, done = SpectralScorer(model, own=own, grouped=False), 0
    size = max(min(BLOCK_ROWS, BLOCK_VALUES // signal.shape[1]), max(model.base.npersegs))
    for start in range(0, len(signal), size):
        done = fused.put(done, scorer.update(signal[start : start + size]))
    fused.put(done, scorer.finish())
    return fused
