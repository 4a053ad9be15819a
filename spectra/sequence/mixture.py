"""Predictions by frames of several lengths and views side by side, and their mean.

One frame length sees the order of events that last about as long, and one view what tells them
apart. Each counts by the share of the entropy of its tokens that the past explains: one whose
frames come in no order says nothing. The statistic of a step is the weighted mean,

    T = Σ_i w_i T_i / Σ_i w_i

With their power mean the VUS-PR on `benchmarks/order.py` is 0.78 instead of 0.81: an event out of
order is seen by all lengths near its own, and the largest of them reaches farthest beyond it.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import Final, Self

import numpy as np

from spectra.arrays import Float64Array
from spectra.calibration.statistic import LARGEST_GROUP, Fused
from spectra.sequence.scorer import LengthScorer, LengthState, Standardised

# Smallest weight of a part: where nothing is explained all count alike.
LEAST: Final = 1e-3


@dataclass(frozen=True)
class Mixture:
    """The predictions of each frame length and view, and how well each predicts.

    Attributes
    ----------
    parts : tuple of Standardised
        From short frames to long ones; each hop is a multiple of the one before.
    explained : ndarray (n_parts,)
        Share of the entropy of tokens that the past explains.
    """

    parts: tuple[Standardised, ...]
    explained: Float64Array

    def __post_init__(self) -> None:
        if not self.parts or self.explained.shape != (len(self.parts),):
            raise ValueError("Each part has the share that the past explains.")
        if not (self.explained <= 1).all():
            raise ValueError(f"explained={self.explained} must not lie above 1.")
        hops = self.hops
        if any(b % a for a, b in pairwise(hops)):
            raise ValueError(f"The hops {hops} must be multiples of one another, ascending.")
        if len({one.base.frames.n_channels for one in self.parts}) > 1:
            raise ValueError("The frames of all parts must have the same channels.")

    @property
    def hops(self) -> tuple[int, ...]:
        """Rows from one frame to the next, for each part."""
        return tuple(one.base.frames.grid.hop for one in self.parts)

    @property
    def step(self) -> int:
        """Rows of a step: the shortest hop."""
        return self.hops[0]

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Rows of a frame, for each part."""
        return tuple(one.base.frames.grid.nperseg for one in self.parts)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.parts[0].base.frames.n_channels

    @property
    def best(self) -> Standardised:
        """The part that the past explains best."""
        return self.parts[int(self.explained.argmax())]

    @cached_property
    def weights(self) -> Float64Array:
        """Weight of each part, (n_parts,)."""
        return np.maximum(self.explained, LEAST)

    def mean(self, parts: list[Fused], n_steps: int) -> Fused:
        """Return the fused scores of `n_steps` from those of each part at its own steps.

        The first steps of all parts begin at the same row. The source of a step is the index of the
        part that adds most to its statistic, and the channel is that of this part. The mean itself
        is the one group of base scores.
        """
        of_steps = [self._at_steps(index, part, n_steps) for index, part in enumerate(parts)]
        statistic = np.array([one.statistic for one in of_steps], dtype=np.float64)
        weights = np.where(np.isfinite(statistic), self.weights[:, None], 0.0)
        added = weights * np.nan_to_num(statistic)
        strongest, steps = added.argmax(axis=0), np.arange(n_steps)
        total = weights.sum(axis=0)
        mean = np.divide(added.sum(axis=0), total, out=np.full(n_steps, np.nan), where=total > 0)
        channels = np.array([one.channel for one in of_steps])
        return Fused(
            mean.astype(np.float32),
            channels[strongest, steps],
            strongest.astype(np.int16),
            np.minimum(mean, LARGEST_GROUP).astype(np.float16)[None],
        )

    def _at_steps(self, index: int, part: Fused, n_steps: int) -> Fused:
        """Return the scores of one part, a score a hop, as scores of steps."""
        times = self.hops[index] // self.step
        values = (getattr(part, one.name) for one in fields(part))
        return Fused(*(np.repeat(each, times, axis=-1)[..., :n_steps] for each in values))


@dataclass(frozen=True)
class SequenceState:
    """The scorers of all parts between two blocks, for a file."""

    parts: tuple[LengthState, ...]

    def __post_init__(self) -> None:
        if len({one.n_samples for one in self.parts}) != 1:
            raise ValueError("The scorers of all parts have taken the same rows.")

    @property
    def n_samples(self) -> int:
        """Rows of the signal so far."""
        return self.parts[0].n_samples


class SequenceScorer:
    """Scores of a signal that comes in blocks.

    The scores are those of the whole signal, whatever the blocks, up to the rounding of matrix
    products.

    Parameters
    ----------
    model : Mixture
    own : bool
        Whether the signal is the one that was learned from.
    """

    def __init__(self, model: Mixture, *, own: bool = False) -> None:
        self._model = model
        self._parts = [LengthScorer(one, own=own) for one in model.parts]
        self._n_samples = self._done = 0

    def update(self, block: Float64Array) -> Fused:
        """Take the next rows (n, n_channels); return the fused scores of the steps they finish.

        All parts are at the same row then, the first of a hop of each.
        """
        self._n_samples += len(block)
        hops, longest = self._model.hops, max(self._model.hops)
        rows = min(one.take(block) * hop for one, hop in zip(self._parts, hops, strict=True))
        rows = max(rows // longest * longest, self._done * self._model.step)
        parts = [one.fuse(rows // hop) for one, hop in zip(self._parts, hops, strict=True)]
        return self._mean(parts, rows // self._model.step)

    def finish(self) -> Fused:
        """Return the fused scores of the steps that are left; the signal has ended."""
        parts = [one.finish() for one in self._parts]
        return self._mean(parts, -(-self._n_samples // self._model.step))

    @property
    def state(self) -> SequenceState:
        """The state that continues the scorer."""
        return SequenceState(tuple(one.state for one in self._parts))

    @classmethod
    def restored(cls, model: Mixture, state: SequenceState) -> Self:
        """Return the scorer that a state continues; raise ValueError where it does not fit."""
        if len(state.parts) != len(model.parts):
            raise ValueError(f"The state has {len(state.parts)} parts.")
        scorer = cls(model)
        scorer._parts = [
            LengthScorer.restored(one, part)
            for one, part in zip(model.parts, state.parts, strict=True)
        ]
        rows = {part.done * hop for part, hop in zip(state.parts, model.hops, strict=True)}
        if len(rows) != 1:
            raise ValueError("The scorers of all parts are at the same row.")
        scorer._n_samples, scorer._done = state.n_samples, rows.pop() // model.step
        return scorer

    def _mean(self, parts: list[Fused], stop: int) -> Fused:
        """Return the mean of the scores of the steps up to `stop` − 1, which are then done."""
        fused = self._model.mean(parts, stop - self._done)
        self._done = stop
        return fused
