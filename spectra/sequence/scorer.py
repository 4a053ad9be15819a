"""Scoring by frames of one length, as a pass over blocks: take, then fuse what is finished."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from scipy.special import ndtri_exp

from spectra.archive import GAPS
from spectra.arrays import Float32Array, Float64Array, FloatArray
from spectra.calibration.standard import Standard
from spectra.calibration.statistic import Fused, SurprisalMean
from spectra.parameters import MOST_ROWS
from spectra.sequence.base_scores import BaseScores
from spectra.signal.steps import StepGrid
from spectra.threads import one_blas_thread


@dataclass(frozen=True)
class Standardised:
    """Base scores with their standards.

    Attributes
    ----------
    base : BaseScores
    standard : Standard
        Of the base scores (n_scores, 1), which all channels share.
    usual : ndarray (n_channels,)
        Median distance of each channel to the expected spectrum.
    """

    base: BaseScores
    standard: Standard
    usual: Float64Array

    def __post_init__(self) -> None:
        if self.standard.mu.shape != (self.base.n_scores, 1):
            raise ValueError(f"There are {self.base.n_scores} base scores, each with a standard.")
        if self.usual.shape != (self.base.frames.n_channels,) or not (self.usual > 0).all():
            raise ValueError("Each channel has a usual distance above 0.")

    @property
    def steps(self) -> StepGrid:
        """The steps that scores of frames are averaged to."""
        return self.base.steps

    def fused(self, values: FloatArray) -> Fused:
        """Return the fused scores of steps with the `values` (n_scores + n_channels, n_steps).

        These are the base scores, which all channels share, and then the distance of each channel.
        The channel of a step is the one whose distance is largest in units of its usual one.
        """
        scores, distances = np.split(values, [self.base.n_scores])
        z = self.standard.z(scores[:, None])
        # The surprisals, every second score, are no more improbable than the token itself.
        z[::2, 0] = np.minimum(z[::2, 0], z_of_surprisal(scores[::2]))
        fusing = SurprisalMean((1, values.shape[1]), 1)
        fusing.add(z, group=0, first_source=0)
        relative = np.nan_to_num(distances / self.usual[:, None], nan=-1.0)
        return replace(fusing.result(), channel=relative.argmax(axis=0).astype(np.int16))


def z_of_surprisal(surprisal: FloatArray) -> FloatArray:
    """Return the standard score whose upper tail probability is that of the token, exp(−surprisal).

    The tokens that are at most as probable as that of the frame have together at least its
    probability: no surprisal is more anomalous than this.
    """
    log_p = -np.maximum(surprisal.astype(np.float64), np.finfo(np.float32).tiny)
    return np.asarray(-ndtri_exp(log_p))


@dataclass(frozen=True)
class LengthState:
    """A scorer of one frame length between two blocks, for a file.

    Attributes
    ----------
    rows : ndarray (n_channels, n_rows)
        Scaled rows from the first frame on that is not whole.
    features : ndarray (n_frames, n_features)
        Features of the last frames.
    values : ndarray (n_scores + n_channels, n)
        Values of the last scored frames.
    n_samples : int
        Rows of the signal so far.
    n_scored : int
        Frames scored so far.
    done : int
        Steps done so far.
    """

    rows: FloatArray = field(metadata=GAPS)
    features: FloatArray = field(metadata=GAPS)
    values: FloatArray = field(metadata=GAPS)
    n_samples: int
    n_scored: int
    done: int

    def __post_init__(self) -> None:
        if {self.rows.ndim, self.features.ndim, self.values.ndim} != {2}:
            raise ValueError("Rows, features and values have two axes each.")
        if not 0 <= self.n_samples <= MOST_ROWS:
            raise ValueError(f"No signal has {self.n_samples:g} rows.")


class LengthScorer:
    """Scores by frames of one length of a signal that comes in blocks.

    A frame depends on the frames of its past, and only where that is not whole on those of its near
    future. The scores are therefore those of the whole signal, whatever the blocks, up to the
    rounding of matrix products.

    Parameters
    ----------
    model : Standardised
    own : bool
        Whether the signal is the one that was learned from.
    """

    def __init__(self, model: Standardised, *, own: bool = False) -> None:
        self._model, self._own = model, own
        frames, base = model.base.frames, model.base
        n_features = frames.n_channels * base.width
        # Rows from the first frame on that is not whole yet; features of the frames from
        # `_first_frame` on; values of the scored frames from `_first_scored` on.
        self._rows: Float32Array = np.empty((frames.n_channels, 0), dtype=np.float32)
        self._features: FloatArray = np.empty((0, n_features), dtype=np.float32)
        self._values: FloatArray = np.empty(
            (base.n_scores + frames.n_channels, 0), dtype=np.float32
        )
        self._n_samples = self._first_frame = self._first_scored = self._done = 0

    def take(self, block: Float64Array) -> int:
        """Take the next rows (n, n_channels); return the number of steps that are finished."""
        with one_blas_thread():
            self._append(block)
            self._score_frames(ended=False)
        grid, n_scored = self._model.base.frames.grid, self._n_scored
        finished = 0
        if n_scored:
            finished = self._model.steps.n_finished((n_scored - 1) * grid.hop + grid.nperseg)
        return max(min(finished, self._n_samples // grid.hop), self._done)

    def fuse(self, stop: int) -> Fused:
        """Return the fused scores from the first step that is not done to `stop` − 1.

        These are steps that are finished.
        """
        return self._fuse(stop, None)

    def finish(self) -> Fused:
        """Return the fused scores of the steps that are left; the signal has ended."""
        with one_blas_thread():
            self._score_frames(ended=True)
        hop = self._model.base.frames.grid.hop
        return self._fuse(-(-self._n_samples // hop), self._n_scored)

    @property
    def state(self) -> LengthState:
        """The state that continues the scorer."""
        return LengthState(
            self._rows, self._features, self._values, self._n_samples, self._n_scored, self._done
        )

    @classmethod
    def restored(cls, model: Standardised, state: LengthState) -> Self:
        """Return the scorer that a state continues; raise ValueError where it does not fit."""
        scorer, grid = cls(model), model.base.frames.grid
        n_frames = grid.n_frames(state.n_samples)
        scorer._n_samples, scorer._done = state.n_samples, state.done
        scorer._first_frame = n_frames - len(state.features)
        scorer._first_scored = state.n_scored - state.values.shape[1]
        shapes = (state.rows.shape, state.features.shape[1:], state.values.shape[:1])
        expected = (
            (len(scorer._rows), state.n_samples - n_frames * grid.hop),
            scorer._features.shape[1:],
            scorer._values.shape[:1],
        )
        waiting = state.n_scored - scorer._first_frame
        counts = (
            scorer._first_frame, scorer._first_scored, state.done, waiting,
            n_frames - state.n_scored, state.n_samples - state.done * grid.hop,
        )  # fmt: skip
        if shapes != expected or min(counts) < 0:
            raise ValueError(f"The rows, features and values have the shapes {shapes}.")
        scorer._rows, scorer._features = state.rows.astype(np.float32), state.features
        scorer._values = state.values
        return scorer

    @property
    def _n_scored(self) -> int:
        """Number of frames from the beginning of the signal on that have been scored."""
        return self._first_scored + len(self._values.T)

    def _append(self, block: Float64Array) -> None:
        """Append the features of the frames that the block completes."""
        frames = self._model.base.frames
        self._n_samples += len(block)
        self._rows = np.concatenate([self._rows, frames.scaled(block)], axis=1)
        n_new = frames.grid.n_frames(self._rows.shape[1])
        if n_new:
            self._features = np.concatenate([self._features, frames(self._rows)])
            self._rows = self._rows[:, n_new * frames.grid.hop :].copy()

    def _score_frames(self, *, ended: bool) -> None:
        """Score the frames whose past is whole, and of the others those whose future is known."""
        base = self._model.base
        n_frames = self._first_frame + len(self._features)
        if n_frames == self._n_scored:
            return
        wanted = slice(self._n_scored - self._first_frame, None)
        own = np.arange(self._first_frame, n_frames) if self._own else None
        scores, expected, by_future = base.score(self._features, wanted, own)
        features = self._features[wanted]
        if not ended:
            no_future = np.arange(self._n_scored, n_frames) >= n_frames - base.future_frames
            waiting = by_future & no_future
            settled = slice(int(waiting.argmax()) if waiting.any() else len(features))
            scores, expected, features = scores[:, settled], expected[settled], features[settled]
        values = np.concatenate([scores, base.channel_distances(features, expected)])
        self._values = np.concatenate([self._values, values.astype(np.float32)], axis=1)
        first = max(self._first_frame, self._n_scored - base.past_frames)
        self._features = self._features[first - self._first_frame :].copy()
        self._first_frame = first

    def _fuse(self, stop: int, n_frames: int | None) -> Fused:
        """Return the fused scores from the first step that is not done to `stop` − 1."""
        if stop == self._done or n_frames == 0:
            return Fused.empty(1, stop - self._done)
        steps = self._model.steps
        values = steps.average(self._values, self._first_scored, self._done, stop, n_frames)
        self._done = stop
        # At the end steps are scored by the last hop that has all its frames, which may be one
        # before their own.
        first = max(self._first_scored, steps.frames_of(stop, stop + 1, None)[0] - 1)
        first = min(first, self._n_scored)
        self._values = self._values[:, first - self._first_scored :].copy()
        self._first_scored = first
        return self._model.fused(values)
