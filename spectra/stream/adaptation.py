"""A slow drift of level and spread that is followed, so that it stays normal.

The rows of a stream are shifted and scaled to the level and spread that its first normal rows had.
Both are exponentially weighted moments of the rows that are no part of an alarm and near none.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from spectra.archive import GAPS
from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.parameters import MOST_ROWS


@dataclass(frozen=True)
class AdaptationState:
    """An adaptation between two blocks, for a file.

    Attributes
    ----------
    half_life : int
        Rows after which a row counts half.
    margin : int
        Rows around a flagged one that are not learned from.
    waiting : ndarray (n, n_channels)
        Rows that are not judged yet.
    flagged : ndarray (m,) of bool
        Whether the scored rows are flagged: the last `margin` that were judged, then the waiting.
    n_learned : int
        Rows learned from so far.
    mean, square : ndarray (n_channels,)
        Weighted means of the rows and of their squares, from `origin`.
    origin, first_mean, first_spread : ndarray (n_channels,)
        The first row, and mean and spread of the first `half_life` rows that were learned from.
    """

    half_life: int
    margin: int
    waiting: FloatArray = field(metadata=GAPS)
    flagged: BoolArray
    n_learned: int
    mean: Float64Array
    square: Float64Array
    origin: Float64Array
    first_mean: Float64Array
    first_spread: Float64Array

    def __post_init__(self) -> None:
        n_channels = self.waiting.shape[1:]
        moments = (self.mean, self.square, self.origin, self.first_mean, self.first_spread)
        counts = (self.half_life, self.margin, self.n_learned)
        if min(self.half_life, self.margin, self.n_learned + 1) < 1 or max(counts) > MOST_ROWS:
            raise ValueError("Half-life and margin lie above 0.")
        if self.waiting.ndim != 2 or {each.shape for each in moments} != {n_channels}:
            raise ValueError("Each channel has its moments.")
        if self.flagged.ndim != 1 or self.flagged.size > self.margin + len(self.waiting):
            raise ValueError("Rows are flagged once they have come.")
        if not (self.first_spread >= 0).all():
            raise ValueError("A spread is not below 0.")


class Adaptation:
    """The drift of a stream.

    Parameters
    ----------
    state : AdaptationState
    """

    def __init__(self, state: AdaptationState) -> None:
        self.state = state

    @classmethod
    def of(cls, half_life: int, margin: int, n_channels: int) -> Self:
        """Return the adaptation of a stream that begins."""
        none = np.zeros(n_channels)
        waiting, flagged = np.empty((0, n_channels)), np.zeros(margin, dtype=np.bool_)
        moments = (none, none, none, none, none)
        return cls(AdaptationState(half_life, margin, waiting, flagged, 0, *moments))

    def __call__(self, rows: Float64Array) -> Float64Array:
        """Return rows (n, n_channels) without the drift, and keep them until they are judged."""
        state = self.state
        if not state.n_learned and len(state.waiting) == 0 and len(rows):
            self._change(origin=np.nan_to_num(rows[0]))
        self._change(waiting=np.concatenate([self.state.waiting, rows]))
        if state.n_learned < state.half_life:
            return rows
        spread = self._spread()
        known = (spread > 0) & (state.first_spread > 0)
        ratio = np.divide(state.first_spread, spread, out=np.ones_like(spread), where=known)
        return np.asarray(state.first_mean + (rows - state.origin - state.mean) * ratio)

    def learn(self, flagged: BoolArray, *, is_open: bool) -> None:
        """Learn from the rows that further scored rows show to be far from every flagged one.

        Parameters
        ----------
        flagged : ndarray (n,) of bool
            Whether each row is flagged, in the order of their scores.
        is_open : bool
            Whether an alarm is open: nothing is learned until it is closed.
        """
        state = self.state
        marks = np.concatenate([state.flagged, flagged])
        counts = np.concatenate([[0], np.cumsum(marks)])
        # Row i of those waiting has its mark at i + margin; its neighbourhood begins at i.
        near = counts[2 * state.margin + 1 :] - counts[: -2 * state.margin - 1] > 0
        n = near.size
        rows = state.waiting[:n][~near]
        self._change(waiting=state.waiting[n:], flagged=marks[n:])
        rows = rows[np.isfinite(rows).all(axis=1)]
        if len(rows) and not is_open:
            self._follow(rows)

    def _follow(self, rows: FloatArray) -> None:
        """Update the moments: plain means of the first rows, then with a half-life."""
        state = self.state
        off, n = rows - state.origin, state.n_learned + len(rows)
        kept = 0.5 ** (len(rows) / state.half_life)
        if state.n_learned < state.half_life:
            kept = state.n_learned / n
        mean = kept * state.mean + (1 - kept) * off.mean(axis=0)
        square = kept * state.square + (1 - kept) * np.square(off).mean(axis=0)
        self._change(n_learned=n, mean=mean, square=square)
        if state.n_learned < state.half_life <= n:
            self._change(first_mean=state.origin + mean, first_spread=self._spread())

    def _spread(self) -> Float64Array:
        """Return the weighted standard deviation of each channel, (n_channels,)."""
        variance = self.state.square - np.square(self.state.mean)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))

    def _change(self, **parts: Any) -> None:
        self.state = replace(self.state, **parts)
