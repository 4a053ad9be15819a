"""The fitted signal pipeline: normal spectra learned from a signal, and the scores of signals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray, IntArray
from spectra.calibration.declared import calibrated
from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused, Statistic
from spectra.errors import DataError
from spectra.signal.evidence import Evidence
from spectra.signal.glitches import without_glitches
from spectra.signal.period import BLOCK, block_rows
from spectra.signal.repetition import quieten
from spectra.signal.scale import Scale, constant_channels, state_channels
from spectra.signal.trend import trending_channels
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.evidence import evidence
from spectra.spectral.plan import Plan, planned_base_scores
from spectra.spectral.sample import (
    Sample,
    calibration_stretches,
    distances_at,
    learned_standards,
    usual_statistics,
)
from spectra.spectral.scorer import AT_ONCE, FEWEST_STEPS, SpectralScorer, Standardised
from spectra.stored import is_stored
from spectra.threads import one_blas_thread

# Most base scores of a signal that are kept until they have standards: 8 MB. Those of a longer one
# are computed again, the sample of them twice.
KEPT: Final = 2**21
# Steps of them at a time, over all channels. With 2,048 the normal spectra are read from beyond the
# cache of the processor more often, and 131,072 rows take a tenth longer.
KEPT_AT_ONCE: Final = 2**13
# Rows of a long signal that are scored at a time.
BLOCK_ROWS: Final = 2**15


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
        standardised, fused, groups = _standardised(
            learned, scale, base, sample, normal_rows, unscored
        )
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
        size = max(FEWEST_STEPS, AT_ONCE // signal.shape[1])
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


def _standardised(
    signal: Float64Array,
    scale: Scale,
    base: BaseScores,
    sample: Sample,
    normal_rows: slice | None,
    unscored: Callable[[int], Statistic],
) -> tuple[Standardised, Statistic, FloatArray]:
    """Return the standardised base scores, and what they give for the signal they learned from.

    These are the statistic of all steps, and the groups (n_groups, n) of those of the sample.
    """
    n_steps = -(-len(signal) // base.step)
    few = n_steps * signal.shape[1] * sum(base.counts) <= KEPT
    kept = few and not sample.whole and not is_stored(signal)
    stretches = _blocks(n_steps, signal.shape[1]) if kept else sample.stretches
    every = distances_at(signal, scale, base, stretches)
    distances = [D[..., sample.steps] for D in every] if kept else every
    trend = trending_channels(signal, *_others(len(signal), normal_rows))
    # The threads of BLAS would take longer for the sums of squares than one does, which they add
    # up in another order, and spin after each.
    with one_blas_thread():
        standards = tuple(learned_standards(base, distances, sample, normal_rows, trend))
    compared = ~state_channels(signal)
    standardised = Standardised(
        scale, base, standards, compared, np.ones(compared.size, dtype=np.float32)
    )
    if compared.sum() > 1:
        usual = usual_statistics(standardised.by_channel(distances), sample, compared)
        standardised = replace(standardised, usual=usual)
    if kept:
        fused = standardised.fused(every, n_steps)
        return standardised, fused, fused.groups[:, sample.steps]
    sampled = standardised.fused(distances, sample.steps.size)
    if sample.whole:
        return standardised, sampled, sampled.groups
    del every, distances
    return standardised, _scored(standardised, signal, unscored, own=True), sampled.groups


def _others(n_samples: int, normal_rows: slice | None) -> tuple[int, int]:
    """Return the first row and the one after the last of the longer side of the normal rows.

    There is no row between them where none are declared normal.
    """
    rows = normal_rows or slice(0, n_samples)
    sides = ((0, rows.start), (rows.stop, n_samples))
    return max(sides, key=lambda side: side[1] - side[0])


def _scored(
    model: Standardised, signal: Float64Array, unscored: Callable[[int], Statistic], *, own: bool
) -> Statistic:
    """Return the statistic of a whole signal, scored in blocks to bound memory."""
    fused = unscored(-(-len(signal) // model.base.step))
    scorer, done = SpectralScorer(model, own=own, grouped=False), 0
    size = max(BLOCK_ROWS // signal.shape[1], max(model.base.npersegs))
    for start in range(0, len(signal), size):
        done = fused.put(done, scorer.update(signal[start : start + size]))
    fused.put(done, scorer.finish())
    return fused


def _blocks(n_steps: int, n_channels: int) -> list[tuple[int, int]]:
    """Return all steps in blocks that are scored at a time."""
    size = max(FEWEST_STEPS, KEPT_AT_ONCE // n_channels)
    return [(start, min(start + size, n_steps)) for start in range(0, n_steps, size)]
