"""The fitted signal pipeline: normal spectra learned from a signal, and the scores of signals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray, IntArray
from spectra.calibration.fusion import Fused, Fusion, Statistic
from spectra.calibration.scores import Scores
from spectra.calibration.standard import Standard
from spectra.errors import DataError
from spectra.signal.distance import Targets
from spectra.signal.evidence import Evidence
from spectra.signal.frames import FrameGrid
from spectra.signal.period import block_rows
from spectra.signal.repetition import quieten
from spectra.signal.scale import Scale, constant_channels, state_channels
from spectra.signal.spectrum import with_mean
from spectra.signal.steps import draw_stretches
from spectra.signal.views import View
from spectra.spectral import coupling
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.comparison import Comparison, gathered_spectra, view_features
from spectra.spectral.evidence import evidence
from spectra.spectral.normal import (
    Neighbours,
    NormalSpectra,
    bank_size,
    draw_starts,
    usable_neighbours,
)
from spectra.spectral.points import Points
from spectra.spectral.scorer import AT_ONCE, SpectralScorer, Standardised
from spectra.stored import is_stored
from spectra.threads import one_blas_thread, own_threads, share

# Steps that standards and calibration are learned from, and the stretches they are drawn in: 64 of
# 256 steps show the longest default frame (256 rows, 64 steps) four times each.
SAMPLE_STEPS: Final = 16_384
STRETCHES: Final = 64
# Most base scores of a signal that are kept until they have standards: 8 MB. Those of a longer one
# are computed again, the sample of them twice.
KEPT: Final = 2**21
# Steps of them at a time, over all channels. With 2,048 the normal spectra are read from beyond the
# cache of the processor more often, and 131,072 rows take a tenth longer.
KEPT_AT_ONCE: Final = 2**13
# Rows of a long signal that are scored at a time.
BLOCK_ROWS: Final = 2**15
# Most steps that the statistic is calibrated on, and the stretches they are drawn in: 17 million
# rows support false-alarm probabilities down to 1e-7, and more would not fit into memory.
CALIBRATED: Final = 2**22
CALIBRATED_IN: Final = 64
# Frames side by side in normal rows at which their own spread and that of the whole signal count
# alike, and the fewest that tell where normal scores lie. With 20 and 3, instead of the whole
# signal below 100 frames, the mean VUS-PR on the development series is 0.664 instead of 0.662, and
# that of ten of eleven collections no lower; F1 on SKAB, 400 normal rows, is 0.5 instead of 0.1.
ENOUGH: Final = 20
FEWEST: Final = 3
# Share of the normal rows around a frame that it is not compared with.
LEFT_OUT: Final = 0.1


class Frames(NamedTuple):
    """Frames of one length, their views without or with the level, and their amplitudes.

    An amplitude is that of the frame, or of its differences (True).
    """

    grid: FrameGrid
    views: tuple[tuple[View, tuple[bool, ...]], ...]
    amplitudes: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The frames, views and references that are compared.

    Attributes
    ----------
    frames : tuple of Frames
    ks : tuple of float
        Numbers of nearest frames of the whole signal, below 1 shares of them; none where all of the
        signal is known to be normal.
    normal_ks : tuple of float
        Those of the rows known to be normal.
    window : str or tuple
    step : int
        Rows of a step.
    points : bool
        Score single rows too.
    period : int or None
        Dominant period in rows, None where there is none.
    causal : bool
        Judge rows by frames that end before them.
    """

    frames: tuple[Frames, ...]
    ks: tuple[float, ...]
    normal_ks: tuple[float, ...]
    window: str | tuple[str, float]
    step: int
    points: bool
    period: int | None
    causal: bool = False


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
        scale = Scale.fit(signal)
        # The threads of BLAS sum in another order: the model does not depend on their number.
        with one_blas_thread():
            comparisons = tuple(_comparisons(signal, scale, plan, normal_rows))
        if not comparisons:
            raise DataError(
                f"The {len(signal)} rows hold too few frames of {plan.frames[0].grid.nperseg} "
                "without gaps to compare with one another: give a longer recording or a smaller "
                "nperseg."
            )
        points = Points.fit(signal, scale) if plan.points else None
        base = BaseScores(comparisons, plan.step, points, plan.causal)
        states = state_channels(signal)
        n_steps = -(-len(signal) // base.step)
        sample = _Sample.drawn(n_steps, normal_rows, base.step)
        few = n_steps * signal.shape[1] * sum(base.counts) <= KEPT
        kept = few and not sample.whole and not is_stored(signal)
        stretches = _blocks(n_steps, signal.shape[1]) if kept else sample.stretches
        every = _distances(signal, scale, base, stretches)
        distances = [D[..., sample.steps] for D in every] if kept else every
        standards = tuple(_standards(base, distances, sample, normal_rows))
        standardised = Standardised(scale, base, standards, ~states)
        fused: Statistic
        if kept:
            fused = whole = standardised.fused(every, n_steps)
            groups = whole.groups[:, sample.steps]
        else:
            fused = sampled = standardised.fused(distances, sample.steps.size)
            groups = sampled.groups
        del every, distances
        if not (kept or sample.whole):
            fused = _scored(standardised, signal, unscored, own=True)
        # Rows declared normal are normal: they alone are calibrated on, to the end of their tail.
        normal = (0, len(fused.statistic)) if normal_rows is None else sample.normal
        calibrated = _calibrated(fused.statistic, *normal)
        if np.isnan(calibrated).all():
            raise DataError(
                f"The {len(signal)} rows hold no frame of {plan.frames[0].grid.nperseg} without "
                "gaps: give a longer recording or a smaller nperseg."
            )
        fitted = partial(
            Fusion.fit,
            groups=groups if normal_rows is None else groups[:, sample.inside],
            npersegs=base.npersegs,
            block=-(-block_rows(plan.period) // base.step),
            clean=normal_rows is not None,
            period=plan.period and plan.period / base.step,
        )
        fusion = fitted(calibrated)
        model = cls(standardised, fusion, constant_channels(signal))
        if quieten(fused.statistic, signal, normal_rows, base.step, fusion.threshold(0.5)):
            # The model keeps the calibration of all steps: other recordings need not repeat.
            fusion = fitted(_calibrated(fused.statistic, *normal))
        return model, model._scores(signal, fused, fusion, own=True)

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
        size = max(1, AT_ONCE // signal.shape[1])
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
    size = max(BLOCK_ROWS // signal.shape[1], max(model.base.npersegs))
    for start in range(0, len(signal), size):
        done = fused.put(done, scorer.update(signal[start : start + size]))
    fused.put(done, scorer.finish())
    return fused


def _blocks(n_steps: int, n_channels: int) -> list[tuple[int, int]]:
    """Return all steps in blocks that are scored at a time."""
    size = max(1, KEPT_AT_ONCE // n_channels)
    return [(start, min(start + size, n_steps)) for start in range(0, n_steps, size)]


def _calibrated(statistic: FloatArray, start: int, stop: int) -> FloatArray:
    """Return the statistic of the steps `start` … `stop` − 1, or of stretches all over them."""
    stretches = draw_stretches(start, stop, CALIBRATED, CALIBRATED_IN)
    if len(stretches) == 1:
        return statistic[start:stop]
    return np.concatenate([statistic[begin:end] for begin, end in stretches])


def _comparisons(
    signal: Float64Array, scale: Scale, plan: Plan, normal_rows: slice | None
) -> Iterator[Comparison | Amplitude]:
    """Yield the comparisons of all frame lengths that the signal is long enough for."""
    for frames in plan.frames:
        grid = frames.grid
        banks = [
            *_bank(signal, grid, plan.ks, None),
            *(() if normal_rows is None else _bank(signal, grid, plan.normal_ks, normal_rows)),
        ]
        if banks:
            yield from _of_one_length(signal, scale, frames, plan.window, banks)


class _Bank(NamedTuple):
    """First rows of normal frames, their margin, and the numbers of nearest ones."""

    starts: IntArray
    margin: int
    neighbours: tuple[Neighbours, ...]
    declared: bool


def _bank(
    signal: Float64Array, grid: FrameGrid, ks: tuple[float, ...], rows: slice | None
) -> Iterator[_Bank]:
    """Yield a bank drawn from the signal or from its normal rows, none where frames are few.

    What is normal is met at other times than it was learned at. Frames of rows known to be normal
    are therefore compared with those of other times only (blocked leave-out): a tenth of the rows
    around each is left out. In a recording that is its own reference, frames that do not overlap
    are compared.
    """
    margin = grid.nperseg
    if rows is not None:
        margin = max(margin, round(LEFT_OUT * (rows.stop - rows.start) / 2))
    starts = draw_starts(signal, grid, bank_size(grid.nperseg), rows)
    usable = (usable_neighbours(starts, margin, k) for k in ks)
    neighbours = tuple(dict.fromkeys(each for each in usable if each is not None))
    if neighbours:
        yield _Bank(starts, margin, neighbours, rows is not None)


def _of_one_length(
    signal: Float64Array,
    scale: Scale,
    frames: Frames,
    window: str | tuple[str, float],
    banks: list[_Bank],
) -> Iterator[Comparison | Amplitude]:
    """Yield the comparison of each view, with a reference a bank."""
    nperseg = frames.grid.nperseg
    transformed = [gathered_spectra(signal, scale, bank.starts, nperseg, window) for bank in banks]
    for view, levels in frames.views:
        whitening = None
        if view == "residual":
            whitening = coupling.whitening_matrices(with_mean(*transformed[-1], window, nperseg))
        references = tuple(
            NormalSpectra(
                Targets.of(view_features(X, means, view, window, nperseg, whitening)),
                means,
                bank.starts,
                nperseg,
                bank.margin,
                # A tenth of the frames has all phases: no reference for the view that keeps them.
                bank.neighbours if view != "complex" else bank.neighbours[:1],
                bank.declared,
            )
            for bank, (X, means) in zip(banks, transformed, strict=True)
        )
        yield Comparison(frames.grid, view, levels, window, references, whitening)
    for differences in frames.amplitudes:
        yield Amplitude(frames.grid, window, differences)


def _standards(
    base: BaseScores,
    distances: list[FloatArray],
    sample: "_Sample",
    normal_rows: slice | None,
) -> Iterator[Standard]:
    """Yield the standard of each comparison, then of single rows.

    Scores by rows known to be normal are standardised by those rows: the rest of the signal may all
    be farther from them. Their scale is drawn towards that of the whole signal where the normal
    rows hold few frames.
    """
    n_normal = 0 if normal_rows is None else normal_rows.stop - normal_rows.start
    for index, D in enumerate(distances):
        everywhere = np.tile(sample.everywhere, (len(D), 1))
        if index == len(base.comparisons):
            yield Standard.fit(D, everywhere, "log")
            continue
        comparison = base.comparisons[index]
        if isinstance(comparison, Amplitude):
            yield Standard.fit(D, everywhere, comparison.transform)
            continue
        standard = Standard.fit(D, everywhere, "log")
        n_frames = n_normal / comparison.nperseg
        if n_frames < FEWEST or sample.everywhere[~sample.inside].sum() == 0:
            yield standard
            continue
        normal = everywhere.copy()
        normal[[one.reference.declared for one in comparison.sources]] = sample.inside
        inside = Standard.fit(D, normal, "log")
        yield inside.shrunk(standard, n_frames / (n_frames + ENOUGH))


@dataclass(frozen=True)
class _Sample:
    """Steps that are learned from: stretches over the whole signal, and over its normal rows.

    `everywhere` are those of the first kind, `inside` those in normal rows, (n,). `normal` are
    first and end step of the normal rows. `whole`: all steps of the signal in order.
    """

    stretches: list[tuple[int, int]]
    steps: IntArray
    everywhere: BoolArray
    inside: BoolArray
    normal: tuple[int, int]
    whole: bool

    @classmethod
    def drawn(cls, n_steps: int, normal_rows: slice | None, step: int) -> Self:
        """Return all steps of a short signal, or stretches of a long one."""
        rows = normal_rows or slice(0, n_steps * step)
        normal = (rows.start // step, min(-(-rows.stop // step), n_steps))
        stretches = draw_stretches(0, n_steps, SAMPLE_STEPS, STRETCHES)
        n_everywhere = sum(stop - start for start, stop in stretches)
        whole = n_everywhere == n_steps
        if not whole and normal_rows is not None:
            stretches += draw_stretches(*normal, SAMPLE_STEPS, STRETCHES)
        steps = np.concatenate([np.arange(start, stop) for start, stop in stretches])
        inside = (steps >= normal[0]) & (steps < normal[1])
        everywhere = np.arange(steps.size) < n_everywhere
        return cls(stretches, steps, everywhere, inside, normal, whole)


def _distances(
    signal: Float64Array, scale: Scale, base: BaseScores, stretches: list[tuple[int, int]]
) -> list[FloatArray]:
    """Return the distances of each comparison at stretches of steps.

    Each array is (n_scores, n_channels, n), the stretches one after the other.
    """
    parts: list[list[FloatArray]] = [[] for _ in stretches]

    def compute(indices: Iterator[int]) -> None:
        for i in indices:
            start, stop = stretches[i]
            rows, n = base.rows(start, stop, len(signal)), len(signal)
            D = base.distances(scale(signal[rows]), rows.start, start, stop, n, own=True)
            parts[i] = D

    # Products of a stretch are too small to gain from the threads of BLAS.
    with own_threads(True):
        share(compute, range(len(parts)))
    return [np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)]
