"""Scores of frames as scores of steps, and steps as rows.

A step is `step` samples: step j is the samples j·step … (j + 1)·step − 1, the resolution of the
score. Its score is the mean over the frames whose centre lies within `reach` of their length of the
step's own frame hop. A quarter takes the frames in which a Hann taper leaves the step at least half
of its weight, a half takes all frames that cover it. A causal grid takes the last frame that ends
before the hop in their place.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Final

import numpy as np

from spectra.arrays import BoolArray, FloatArray
from spectra.signal.frames import FrameGrid

# Share of a frame from an end of the signal in which a Hann taper is less than a hundredth: what
# happens there is not in the frame. With 0 and 0.03 the mean VUS-PR on 206 development series is
# 0.697, event F1 0.559 and 0.553 (three collections better, two worse), and a row at an end of
# white noise is found from 16 and from 8 σ on.
UNSEEN: Final = 0.03
# Rows at an end whose steps are left to the frames that see them. With more of them an event that
# lasts to the end would fall apart.
OUTERMOST: Final = 2


@dataclass(frozen=True)
class StepGrid:
    """The steps of `step` samples that frames of a grid are averaged to; `step` divides the hop.

    In a causal grid no score depends on a sample after the first one of its step. Steps before the
    end of the first frame have none.
    """

    grid: FrameGrid
    step: int
    reach: float = 0.25
    causal: bool = False

    def __post_init__(self) -> None:
        if self.step < 1 or self.grid.hop % self.step:
            raise ValueError(f"step={self.step} must divide hop={self.grid.hop}.")
        if not 0.25 <= self.reach <= 0.5:
            raise ValueError(f"reach={self.reach} must lie in 0.25 … 0.5.")

    @cached_property
    def _near(self) -> tuple[int, int]:
        """First and last frame averaged for hop q, relative to q.

        |(i·h + w/2) − (q·h + h/2)| <= reach · w for frame i of length w and hop h; causal, the
        last with i·h + w − 1 <= q·h.
        """
        if self.causal:
            last = (1 - self.grid.nperseg) // self.grid.hop
            return last, last
        length, reach = Fraction(self.grid.nperseg, self.grid.hop), Fraction(self.reach)
        half = Fraction(1, 2)
        return ceil(half - (half + reach) * length), floor(half - (half - reach) * length)

    def n_finished(self, n_samples: int) -> int:
        """Return the number of steps that no sample after the first `n_samples` can change."""
        if self.causal:
            return n_samples // self.step
        first, last = self._near
        hop = self.grid.n_frames(n_samples) - 1 - last
        return 0 if hop < -first else (hop + 1) * self.grid.hop // self.step

    def frames_of(self, start: int, stop: int, n_frames: int | None) -> tuple[int, int]:
        """Return the first frame that steps `start` … `stop` − 1 need, and the one after the last.

        `n_frames` is the number of frames of the whole signal, None while it goes on.
        """
        first, last = self._near
        lowest = self._hop(start, n_frames) + first
        highest = self._hop(stop - 1, n_frames) + last + 1
        return max(0, lowest), highest if n_frames is None else min(n_frames, highest)

    def average(
        self, scores: FloatArray, first_frame: int, start: int, stop: int, n_frames: int | None
    ) -> FloatArray:
        """Return the scores of steps `start` … `stop` − 1, (…, stop − start).

        Parameters
        ----------
        scores : ndarray (…, n)
            Scores of the frames `first_frame`, `first_frame` + 1, … that `frames_of` names; NaN
            for frames without a score, which are left out.
        """
        first, last = self._near
        low, high = self._hop(start, n_frames), self._hop(stop - 1, n_frames) + 1
        begin = low + first - first_frame
        if begin >= 0 and high + last <= first_frame + scores.shape[-1]:
            means = scores[..., begin : begin + high - low].copy()
            for shift in range(begin + 1, begin + last - first + 1):
                means += scores[..., shift : shift + high - low]
            if np.isfinite(means).all():
                means /= last - first + 1
                return self._by_step(means, low, start, stop)
        means = self._scored_means(scores, first_frame, low, high)
        return self._by_step(means, low, start, stop)

    def _scored_means(
        self, scores: FloatArray, first_frame: int, low: int, high: int
    ) -> FloatArray:
        """Return the means of the hops `low` … `high` − 1 over the frames that have a score."""
        first, last = self._near
        end_frame, shape = first_frame + scores.shape[-1], (*scores.shape[:-1], high - low)
        scored = np.isfinite(scores)
        known = np.where(scored, scores, 0)
        total, count = np.zeros(shape, dtype=scores.dtype), np.zeros(shape, dtype=np.int32)
        for shift in range(first, last + 1):
            begin, end = max(low + shift, first_frame), min(high + shift, end_frame)
            if begin >= end:
                continue
            frames = slice(begin - first_frame, end - first_frame)
            here = slice(begin - shift - low, end - shift - low)
            total[..., here] += known[..., frames]
            count[..., here] += scored[..., frames]
        return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)

    def unseen(self, start: int, stop: int, n_samples: int | None) -> BoolArray:
        """Return the steps `start` … `stop` − 1 that no frame sees, (stop − start,).

        They hold one of the OUTERMOST rows of the signal, and lie within UNSEEN of a frame from its
        end. `n_samples` is the length of the signal, None while it goes on.
        """
        unseen = np.zeros(stop - start, dtype=np.bool_)
        if self.causal or (n_samples is None and start * self.step >= OUTERMOST):
            return unseen
        first = np.arange(start, stop) * self.step
        last, reach = first + self.step - 1, UNSEEN * self.grid.nperseg
        unseen |= (first < OUTERMOST) & (last < reach)
        if n_samples is not None:
            unseen |= (last >= n_samples - OUTERMOST) & (n_samples - 1 - first < reach)
        return unseen

    def _by_step(self, means: FloatArray, low: int, start: int, stop: int) -> FloatArray:
        """Return the means of the hops from `low` on at steps `start` … `stop` − 1.

        Before the first and after the last of the hops it is theirs.
        """
        n_steps, hop = self.grid.hop // self.step, start * self.step // self.grid.hop
        if hop == low and (stop - 1) // n_steps == low + means.shape[-1] - 1:
            begin = start - hop * n_steps
            return np.repeat(means, n_steps, axis=-1)[..., begin : begin + stop - start]
        steps = np.arange(start, stop) // n_steps - low
        return np.take(means, steps, axis=-1, mode="clip")

    def _hop(self, step: int, n_frames: int | None) -> int:
        """Return the hop whose frames score a step.

        At the ends of the signal this is the nearest hop all of whose frames exist.
        """
        first, last = self._near
        hop = step * self.step // self.grid.hop
        if self.causal:
            return hop
        if n_frames is None:
            return max(hop, -first)
        highest = max(n_frames - 1 - last, 0)
        return min(max(hop, min(-first, highest)), highest)


def draw_stretches(start: int, stop: int, most: int, n_stretches: int) -> list[tuple[int, int]]:
    """Return [start, stop), or of more than `most` indices stretches drawn all over them.

    There are then `n_stretches` of `most` // `n_stretches` indices, one at a random place of each
    equal part. The draw is the same each time.
    """
    if stop - start <= most:
        return [(start, stop)]
    length = most // n_stretches
    edges = np.linspace(start, stop - length, n_stretches + 1)
    room = np.maximum(np.diff(edges) - length, 0)
    begins = edges[:-1] + np.random.default_rng(0).random(n_stretches) * room
    return [(int(begin), int(begin) + length) for begin in begins]
