"""Scoring as a pass over blocks: update(block) returns the steps that are finished."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

import numpy as np

from spectra.archive import GAPS
from spectra.arrays import BoolArray, Float32Array, Float64Array, FloatArray
from spectra.calibration.standard import Standard
from spectra.calibration.statistic import LEAST_USUAL, Fused
from spectra.parameters import MOST_ROWS
from spectra.signal.scale import Scale
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.fusing import AT_ONCE, Fusing, steps_at_once, steps_of_block
from spectra.spectral.lines import Lines
from spectra.threads import one_blas_thread, own_threads, share

# Values of a block, over all channels, for each of the threads that share its frame lengths. With
# 2**9 a stream of 1,024 rows at a time is 1.2 times as slow in two threads as in one, and takes 1.7
# times the processor time: they wait for each other between calls of numpy. 8,192 rows gain.
WORTH_THREADS: Final = 2**12


@dataclass(frozen=True)
class Standardised:
    """Base scores with their standards: scaled rows to fused scores of steps."""

    scale: Scale
    base: BaseScores
    standards: tuple[Standard, ...]
    # Channels that the statistic may come from, (n_channels,).
    compared: BoolArray
    # Median statistic of each channel over that of the middle one, (n_channels,).
    usual: Float32Array

    def __post_init__(self) -> None:
        shapes = [(count, self.scale.centre.size) for count in self.base.counts]
        if [one.mu.shape for one in self.standards] != shapes:
            raise ValueError(f"The standards of base scores must have the shapes {shapes}.")
        if self.compared.shape != self.scale.centre.shape or not self.compared.any():
            raise ValueError("Each channel is compared or not, and at least one is.")
        usual = np.isfinite(self.usual) & (self.usual >= LEAST_USUAL)
        if usual.shape != self.scale.centre.shape or not usual.all():
            raise ValueError(f"Each channel has a usual statistic of {LEAST_USUAL} or more.")
        banks = [one.reference.means for one in self.base.sources if one is not None]
        if any(len(bank) != self.scale.centre.size for bank in banks):
            raise ValueError(f"Each bank must have {self.scale.centre.size} channels.")
        lines = [one.usual for one in self.base.comparisons if isinstance(one, Lines)]
        if any(len(each) != self.scale.centre.size for each in lines):
            raise ValueError(f"Lines must have {self.scale.centre.size} channels.")
        both = (self.base.turns, self.scale.spreads_of_turns)
        turns = [each for each in both if each is not None]
        if turns and (len(turns) < len(both) or not np.array_equal(turns[0], turns[1])):
            raise ValueError("The full turns of base scores and scale must be the same.")
        points = self.base.points
        if points is not None and len(points.weights) != self.scale.centre.size:
            raise ValueError(f"There must be weights for {self.scale.centre.size} channels.")

    def fused(self, distances: list[FloatArray], n_steps: int, *, grouped: bool = True) -> Fused:
        """Return the fused scores of steps with these distances.

        All base scores are one group unless they are `grouped` by frame length.
        """
        n_groups = self.base.n_groups if grouped else 1
        size = steps_at_once(self.scale.centre.size)
        if n_steps <= size:
            return self._fused(distances, n_groups)
        fused = Fused.empty(n_groups, n_steps)
        for start in range(0, n_steps, size):
            some = [D[..., start : start + size] for D in distances]
            fused.put(start, self._fused(some, n_groups))
        return fused

    def _fused(self, distances: list[FloatArray], n_groups: int) -> Fused:
        """Return the fused scores of a few steps with these distances."""
        return self.fusing.added(distances, n_groups).result(self.compared, self.usual)

    @cached_property
    def fusing(self) -> Fusing:
        """The mean of the base scores."""
        return Fusing(self.base, self.standards)


@dataclass(frozen=True)
class SpectralState:
    """A scorer between two blocks, for a file.

    Attributes
    ----------
    rows : ndarray (n_channels, n_rows)
        The last rows of the signal, scaled.
    n_samples : int
        Rows of the signal so far.
    """

    rows: FloatArray = field(metadata=GAPS)
    n_samples: int

    def __post_init__(self) -> None:
        if not 0 <= self.n_samples <= MOST_ROWS:
            raise ValueError(f"No signal has {self.n_samples:g} rows.")


class SpectralScorer:
    """Scores of a signal that comes in blocks.

    Frames lie on a grid that does not depend on the length of the signal. The scores are therefore
    those of the whole signal, whatever the blocks, up to the rounding of matrix products (1e-5 of
    a standard deviation).

    Parameters
    ----------
    model : Standardised
    own : bool
        Whether the signal is the one that was learned from.
    grouped : bool
        Whether base scores are grouped by frame length, see `Fused`.
    """

    def __init__(self, model: Standardised, *, own: bool = False, grouped: bool = True) -> None:
        self._model, self._own, self._grouped = model, own, grouped
        self._rows: Float32Array = np.empty((model.scale.centre.size, 0), dtype=np.float32)
        self._first_row = self._n_samples = self._done = 0

    def update(self, block: Float64Array) -> Fused:
        """Take the next rows (n, n_channels); return the fused scores of the steps they finish."""
        scaled = self._model.scale(block)
        self._rows = np.concatenate([self._rows, scaled], axis=1)
        self._n_samples += len(block)
        finished = self._model.base.n_finished(self._n_samples)
        fused = self._score(max(finished, self._done), None)
        first = self._model.base.first_row(self._done)
        self._rows = self._rows[:, first - self._first_row :].copy()
        self._first_row = first
        return fused

    @property
    def model(self) -> Standardised:
        """The base scores and their standards."""
        return self._model

    @property
    def state(self) -> SpectralState:
        """The state that continues the scorer."""
        return SpectralState(self._rows, self._n_samples)

    @classmethod
    def restored(cls, model: Standardised, state: SpectralState) -> Self:
        """Return the scorer that a state continues; raise ValueError where it does not fit."""
        scorer = cls(model)
        scorer._n_samples, scorer._rows = state.n_samples, state.rows.astype(np.float32)
        scorer._done = model.base.n_finished(state.n_samples)
        scorer._first_row = model.base.first_row(scorer._done)
        if state.rows.shape != (model.scale.centre.size, state.n_samples - scorer._first_row):
            raise ValueError(f"The rows have the shape {state.rows.shape}.")
        return scorer

    def finish(self) -> Fused:
        """Return the fused scores of the steps that are left; the signal has ended."""
        return self._score(-(-self._n_samples // self._model.base.step), self._n_samples)

    def _score(self, stop: int, n_samples: int | None) -> Fused:
        """Return the fused scores from the first step that is not done to `stop` − 1."""
        base, first, rows = self._model.base, self._done, self._first_row
        n_groups, n_steps = base.n_groups if self._grouped else 1, stop - first
        size = steps_of_block(len(self._rows), AT_ONCE)
        self._done = stop

        def part(start: int) -> Fused:
            end = min(start + size, stop)
            D = base.distances(self._rows, rows, start, end, n_samples, own=self._own)
            return self._model.fused(D, end - start, grouped=self._grouped)

        def compute(starts: Iterator[int]) -> None:
            for start in starts:
                fused.put(start - first, part(start))

        most = n_steps * base.step * len(self._rows) // WORTH_THREADS
        with own_threads(True, most) if most > 1 else one_blas_thread():
            if 0 < n_steps <= size:
                return part(first)
            fused = Fused.empty(n_groups, n_steps)
            share(compute, range(first, stop, size))
        return fused
