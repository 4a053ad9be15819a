"""The base scores of a signal: the distances of all comparisons, and single rows, at each step."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import accumulate, groupby, pairwise
from typing import Final, NamedTuple

import numpy as np

from spectra.arrays import Float32Array, FloatArray
from spectra.signal.steps import StepGrid
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.comparison import Comparison, Source, spectra_of
from spectra.spectral.lines import Lines
from spectra.spectral.points import N_SCORES, REACH, Points
from spectra.threads import share

# Samples of the frames that are transformed at a time: 1 MB, and as much again of spectra, which
# holds those of a block of `fusing.AT_ONCE` steps. With 2**15 a million rows take 1.4 times the
# time in two threads, which wait for each other between calls of numpy, 1.1 times in one, and 0.9
# MB less.
BLOCK_VALUES: Final = 2**18
# Rows of all channels that are scored by themselves: of many rows one channel, of the few rows of a
# stream several. With 2**10 and 2**14 a stream of 50 channels, scored every 128 rows, takes 1.3
# times the time, and with 2**14 300 channels of 1,250 rows 0.95 times.
AT_ONCE: Final = 2**12
# Fewest of these frames, however many channels there are. With one at a time 30 channels of 20,000
# rows take 1.15 times the time, and a stream of 50 channels, scored every 128 rows, 1.8 times.
FEWEST: Final = 32


@dataclass(frozen=True)
class BaseScores:
    """The base scores of the signal pipeline: those of its comparisons, then those of single rows.

    Attributes
    ----------
    comparisons : tuple of Comparison, Amplitude or Lines
        Those of one frame length side by side: their spectra are computed once.
    step : int
        Rows of a step; divides every hop.
    points : Points or None
        Scores of single rows.
    causal : bool
        Whether no score depends on a row after the first one of its step.
    turns : ndarray (n_channels,), optional
        Full turns of channels that are angles, in spreads, and 0 for others; by default all.
    """

    comparisons: tuple[Comparison | Amplitude | Lines, ...]
    step: int
    points: Points | None
    causal: bool = False
    turns: Float32Array | None = None

    def __post_init__(self) -> None:
        if not self.comparisons:
            raise ValueError("There is at least one comparison.")
        for comparison in self.comparisons:
            StepGrid(comparison.grid, self.step)

    def __getstate__(self) -> dict[str, object]:
        """Return the fields alone: pickled, the parts of channels would be copies."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def npersegs(self) -> tuple[int, ...]:
        """Frame lengths, in the order of the comparisons."""
        return tuple(dict.fromkeys(one.nperseg for one in self.comparisons))

    @cached_property
    def n_groups(self) -> int:
        """Number of groups of base scores: one a frame length, and one of single rows."""
        return len(self.npersegs) + (self.points is not None)

    @cached_property
    def counts(self) -> list[int]:
        """Number of base scores of each comparison, then of single rows."""
        counts = [len(one.sources) for one in self.comparisons]
        return counts if self.points is None else [*counts, N_SCORES]

    @cached_property
    def sources(self) -> list[Source | None]:
        """The source of each base score, None for amplitudes and single rows."""
        sources: list[Source | None] = [
            source for comparison in self.comparisons for source in comparison.sources
        ]
        return sources if self.points is None else [*sources, *[None] * N_SCORES]

    def n_finished(self, n_samples: int) -> int:
        """Return the number of steps that no sample after the first `n_samples` can change."""
        finished = [steps.n_finished(n_samples) for steps in self._grids]
        return min(*finished, max(0, n_samples - REACH + self._delay) // self.step)

    def first_row(self, start: int) -> int:
        """Return the first row that the steps from `start` on need, wherever the signal ends.

        `start` is the first step that is not finished, or an earlier one. At the end of the signal
        it is scored by the last hop that has all its frames, which may be one before its own.
        """
        firsts = [
            max(0, steps.frames_of(start, start + 1, None)[0] - 1) * steps.grid.hop
            for steps in self._grids
        ]
        return min(*firsts, max(0, start * self.step - self._delay - REACH))

    def rows(self, start: int, stop: int, n_samples: int) -> slice:
        """Return the rows that the steps `start` … `stop` − 1 of a signal need."""
        first = max(0, start * self.step - self._delay - REACH)
        last = stop * self.step - self._delay + REACH
        for steps in self._grids:
            n_frames = steps.grid.n_frames(n_samples)
            if n_frames:
                low, high = steps.frames_of(start, stop, n_frames)
                first = min(first, low * steps.grid.hop)
                last = max(last, (high - 1) * steps.grid.hop + steps.grid.nperseg)
        return slice(first, min(last, n_samples))

    @cached_property
    def _grids(self) -> list[StepGrid]:
        """The steps of each frame length."""
        return [steps for steps, _ in self._lengths]

    @cached_property
    def _lengths(self) -> list[tuple[StepGrid, list[Comparison | Amplitude | Lines]]]:
        """The steps and comparisons of each frame length."""
        groups = groupby(self.comparisons, lambda one: one.grid)
        return [
            (StepGrid(grid, self.step, causal=self.causal), list(group)) for grid, group in groups
        ]

    @property
    def _delay(self) -> int:
        """Rows by which the score of single rows is late: they need REACH rows after them."""
        return self.step - 1 + REACH if self.causal else 0

    def distances(
        self,
        scaled: Float32Array,
        first_row: int,
        start: int,
        stop: int,
        n_samples: int | None,
        *,
        own: bool,
    ) -> list[FloatArray]:
        """Return the distances at steps `start` … `stop` − 1, one array a comparison.

        Inside `own_threads` frame lengths and channels are shared among the threads.

        Parameters
        ----------
        scaled : ndarray (n_channels, n_rows)
            The rows from `first_row` on, scaled.
        n_samples : int or None
            Length of the whole signal, None while it goes on.
        own : bool
            Whether this is the recording that was learned from: overlapping frames are left out.

        Returns
        -------
        list of ndarray (n_scores, n_channels, stop − start)
            NaN where there is no frame. Single rows come last.
        """
        n_channels, n_steps = len(scaled), stop - start
        parts = self._parts(n_channels, n_steps * self.step)
        # Those of all channels are put there as they are found: room for all takes memory.
        found = {
            part.scores.start: np.empty((part.n_scores, n_channels, n_steps), dtype=np.float32)
            for part in parts
            if part.n_channels < n_channels
        }

        def compute(remaining: Iterator[_Part]) -> None:
            for part in remaining:
                averages = self._of_part(part, scaled, first_row, start, stop, n_samples, own=own)
                if part.n_channels < n_channels:
                    found[part.scores.start][:, part.channels] = averages
                else:
                    found[part.scores.start] = averages

        share(compute, parts)
        if self.points is not None:
            points = self._of_points(self.points, scaled, first_row, start, stop)
            found[sum(self.counts) - N_SCORES] = points
        distances = []
        for low, high in pairwise(accumulate(self.counts, initial=0)):
            begin = max(each for each in found if each <= low)
            distances.append(found[begin][low - begin : high - begin])
        return distances

    def _of_part(
        self,
        part: "_Part",
        scaled: Float32Array,
        first_row: int,
        start: int,
        stop: int,
        n_samples: int | None,
        *,
        own: bool,
    ) -> FloatArray:
        """Return the distances of a part, (n_scores, n_channels of it, stop − start)."""
        n_frames = None if n_samples is None else part.steps.grid.n_frames(n_samples)
        if n_frames == 0:
            return np.full((part.n_scores, part.n_channels, stop - start), np.nan, np.float32)
        first, last = part.steps.frames_of(start, stop, n_frames)
        hop = part.steps.grid.hop
        starts = range(first * hop - first_row, last * hop - first_row, hop)
        turns = None if self.turns is None else self.turns[part.channels]
        some = scaled[part.channels]
        D = _frame_distances(part.comparisons, some, starts, first_row, turns, own=own)
        averages = part.steps.average(D, first, start, stop, n_frames)
        if self.points is not None:
            # Single rows tell of them.
            unseen = part.steps.unseen(start, stop, n_samples)
            if unseen.any():
                averages[..., unseen] = np.nan
        return averages

    def of_channels(self, channels: slice) -> "BaseScores":
        """Return the base scores of some channels alone, without those that are coupled.

        Raises ValueError where all of the comparisons are coupled.
        """
        return replace(
            self,
            comparisons=tuple(
                one.of_channels(channels) for one in self.comparisons if not one.coupled
            ),
            points=None if self.points is None else self.points.of_channels(channels),
            turns=None if self.turns is None else self.turns[channels],
        )

    @property
    def coupled(self) -> "BaseScores | None":
        """The comparisons of channels with one another and single rows, None without the former."""
        some = tuple(one for one in self.comparisons if one.coupled)
        return replace(self, comparisons=some) if some else None

    def _parts(self, n_channels: int, n_rows: int) -> "list[_Part]":
        """Return what is computed by itself for this many rows of all channels.

        These are the comparisons of one frame length in one channel, or in a few where there are
        few rows. Those that compare channels with one another have all channels.
        """
        few = max(1, AT_ONCE // max(n_rows, 1)).bit_length() - 1
        size = min(2**few, n_channels)
        if size not in self._parts_by_size:
            self._parts_by_size[size] = list(self._in_parts(n_channels, size))
        return self._parts_by_size[size]

    def _in_parts(self, n_channels: int, size: int) -> "Iterator[_Part]":
        """Yield the parts of at most `size` channels."""
        done = 0
        for steps, comparisons in self._lengths:
            for coupled, run in groupby(comparisons, lambda one: one.coupled):
                some = list(run)
                scores = slice(done, done + sum(len(one.sources) for one in some))
                done = scores.stop
                if coupled or size == n_channels:
                    yield _Part(steps, some, scores, slice(0, n_channels))
                    continue
                for first in range(0, n_channels, size):
                    channels = slice(first, min(first + size, n_channels))
                    of_these = [one.of_channels(channels) for one in some]
                    yield _Part(steps, of_these, scores, channels)

    @cached_property
    def _parts_by_size(self) -> "dict[int, list[_Part]]":
        """The parts of each number of channels that was asked for."""
        return {}

    def _of_points(
        self, points: Points, scaled: Float32Array, first_row: int, start: int, stop: int
    ) -> FloatArray:
        """Return the distances of single rows, NaN where they lie before the signal."""
        begin = start * self.step - self._delay - first_row
        end = stop * self.step - self._delay - first_row
        missing = min(-(min(begin, 0) // self.step), stop - start)
        D = np.full((N_SCORES, len(scaled), stop - start), np.nan, dtype=np.float32)
        if missing < stop - start:
            begin += missing * self.step
            low, high = max(0, begin - REACH), min(scaled.shape[1], end + REACH)
            after = max(0, high - end)
            D[..., missing:] = points.distances(
                scaled[:, low:high], begin - low, after, self.step, self.turns
            )
        return D


class _Part(NamedTuple):
    """Comparisons of one frame length, the scores they give, and the channels they have."""

    steps: StepGrid
    comparisons: list[Comparison | Amplitude | Lines]
    scores: slice
    channels: slice

    @property
    def n_scores(self) -> int:
        """Number of scores."""
        return int(self.scores.stop - self.scores.start)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return int(self.channels.stop - self.channels.start)


def _frame_distances(
    comparisons: list[Comparison | Amplitude | Lines],
    scaled: Float32Array,
    starts: range,
    first_row: int,
    turns: Float32Array | None,
    *,
    own: bool,
) -> FloatArray:
    """Return the distances of frames of one length, (n_scores, n_channels, n_frames)."""
    nperseg, window = comparisons[0].nperseg, comparisons[0].window
    n_channels = scaled.shape[0]
    size = max(FEWEST, BLOCK_VALUES // (nperseg * n_channels))
    n_scores = sum(len(one.sources) for one in comparisons)
    found = np.empty((n_scores, n_channels, len(starts)), dtype=np.float32)
    for begin in range(0, len(starts), size):
        block = slice(begin, begin + size)
        X, means = spectra_of(scaled, starts[block], nperseg, window, turns)
        own_starts = np.array(starts[block]) + first_row if own else None
        done = 0
        for comparison in comparisons:
            D = comparison.distances(X, means, own_starts)
            found[done : done + len(D), :, block] = D
            done += len(D)
    return found
