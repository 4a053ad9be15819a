"""The base scores of frames: surprisal and distance to the expected spectrum.

A frame is predicted from its near past, of 4 frames, and from its far past, of 16. An anomaly is
soon part of the past of normal frames. A frame therefore counts as normal if either past predicts
it: the probability of its token is the mean over the pasts, and its distance to the expected
spectrum the smallest. A frame without a far past, at the beginning and after gaps, is predicted
from the frames after it as well. Several spectra may then be due, none of which is near their mean:
it has no distance.

The surprisal is −log p(token). The distance ‖φ(X) − X_normal‖² is divided by the expected variance,
Σ_j a_j ‖φ(X_j) − X_normal‖² plus the usual one: where one of many spectra may follow, a normal
frame is farther from their mean. The Transformer adds the same two scores.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.sequence.features import FrameFeatures, finite_rows
from spectra.sequence.memory import Memory, Prediction, contexts, future_contexts, surprisal
from spectra.sequence.predictor import FramePredictor
from spectra.sequence.vocabulary import Vocabulary
from spectra.signal.steps import StepGrid

# Frames of the near and the far past. With frames of an eighth of the period these are a half of a
# period and two of them.
NEAR, FAR = 4, 16


class FrameScores(NamedTuple):
    """Base scores (n_scores, n_frames) of frames, and the expected features (n_frames, n_features).

    NaN where there is no prediction. `by_future` (n_frames,) are the frames without a far past.
    """

    scores: FloatArray
    expected: FloatArray
    by_future: BoolArray


@dataclass(frozen=True)
class BaseScores:
    """The predictors of frames, and the base scores of frames compared with their predictions.

    Attributes
    ----------
    frames : FrameFeatures
    vocabulary : Vocabulary
    basis : ndarray (n_features, d)
        Projects features before contexts are compared.
    past : tuple of Memory
        Of the near past and, where the signal was long enough, the far past.
    future : Memory
        Of the near future.
    predictor : FramePredictor, optional
    usual_variance : float
        Median of the variance expected from the near past.
    """

    frames: FrameFeatures
    vocabulary: Vocabulary
    basis: FloatArray
    past: tuple[Memory, ...]
    future: Memory
    predictor: FramePredictor | None
    usual_variance: float

    def __post_init__(self) -> None:
        n_tokens, n_features = self.vocabulary.centres.shape
        # In single precision a smaller variance is 0, and a larger one infinite.
        single = np.finfo(np.float32)
        varies = float(single.tiny) <= self.usual_variance <= float(single.max)
        if not 1 <= len(self.past) <= 2 or not varies:
            raise ValueError("There are memories of one or two pasts, and a variance above 0.")
        fits = self.basis.ndim == 2 and len(self.basis) == n_features
        if n_features % self.frames.n_channels or not fits:
            raise ValueError(f"The vocabulary and the basis must have {n_features} features.")
        memories = (*self.past, self.future)
        lengths = (*(NEAR, FAR)[: len(self.past)], NEAR)
        for memory, length in zip(memories, lengths, strict=True):
            shape = (memory.stride, memory.length, memory.keys.shape[1], memory.values.shape[1])
            expected = (self.frames.stride, length, length * self.basis.shape[1], n_features)
            if shape != expected or memory.prior.size != n_tokens:
                raise ValueError(f"A memory has the sizes {shape}, expected {expected}.")
        if self.predictor is not None:
            sizes = (self.predictor.sizes.n_features, self.predictor.sizes.V)
            if sizes != (self.basis.shape[1], n_tokens):
                raise ValueError(f"The predictor has the sizes {sizes}.")

    @property
    def n_scores(self) -> int:
        """Number of base scores."""
        return 2 if self.predictor is None else 4

    @property
    def steps(self) -> StepGrid:
        """The steps that scores of frames are averaged to: hops, over all frames that cover them.

        A frame out of order is seen at its own place. On `benchmarks/sequence.py order` the mean
        over all has a VUS-PR of 0.98, the mean over the frames within a quarter 0.91.
        """
        return StepGrid(self.frames.grid, self.frames.grid.hop, reach=0.5)

    @property
    def width(self) -> int:
        """Number of features of one channel."""
        return int(self.vocabulary.centres.shape[1] // self.frames.n_channels)

    @property
    def past_frames(self) -> int:
        """Frames before a frame that its scores depend on."""
        return FAR * self.frames.stride

    @property
    def future_frames(self) -> int:
        """Frames after a frame without a far past that its scores depend on."""
        return NEAR * self.frames.stride

    @cached_property
    def spreads(self) -> FloatArray:
        """Spread of each token among the normal frames, (n_tokens,)."""
        return self.vocabulary.spreads(self.past[0].values, self.past[0].tokens)

    def score(
        self, features: FloatArray, wanted: slice, own: IntArray | None = None
    ) -> FrameScores:
        """Return the base scores of the `wanted` of consecutive frames.

        Parameters
        ----------
        features : ndarray (n, n_features)
            With the past of the wanted frames and, where they have none, their future.
        wanted : slice
        own : ndarray (n,), optional
            Indices of all n frames, where they are of the signal that was learned from: they are
            predicted by others than those that overlap them.
        """
        keys = features @ self.basis
        index = None if own is None else own[wanted]
        scored = features[wanted]
        distances = self.vocabulary.token_distances(scored, self.spreads)
        past = [
            memory.predict(contexts(keys, memory.stride, memory.length)[wanted], index)
            for memory in self.past
        ]
        parts = best_prediction(scored, distances, past, self.usual_variance)
        by_future = np.isnan(past[-1].variance) & finite_rows(scored)
        alone = np.flatnonzero(by_future)
        if alone.size:
            queries = future_contexts(keys, self.future.stride, self.future.length)[wanted]
            after = self.future.predict(queries[alone], None if index is None else index[alone])
            near = Prediction(*(values[alone] for values in past[0]))
            best = best_prediction(
                scored[alone], distances[alone], [near, after], self.usual_variance
            )
            for part, values in zip(parts, best, strict=True):
                part[alone] = values
            parts[1][alone] = np.nan
        scores = [*parts[:2]]
        if self.predictor is not None:
            known = np.flatnonzero(np.isfinite(past[0].variance) & finite_rows(scored))
            scores += self._by_transformer(keys, scored, distances, known, wanted)
        return FrameScores(np.array(scores), parts[2], by_future)

    def channel_distances(self, features: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the squared distance in each channel, (n_channels, n_frames)."""
        parts = (features - expected).reshape(
            len(features), self.frames.n_channels, self.width
        ) ** 2
        return np.ascontiguousarray(parts.sum(axis=2).T)

    def token_probabilities(
        self, keys: FloatArray, last: IntArray, stride: int
    ) -> list[FloatArray]:
        """Return p (n, n_tokens) by the Transformer from the near and the far past."""
        if self.predictor is None:
            return []
        return [self.predictor.probabilities(keys, last, stride, length) for length in (NEAR, FAR)]

    def _by_transformer(
        self,
        keys: FloatArray,
        scored: FloatArray,
        distances: FloatArray,
        known: IntArray,
        wanted: slice,
    ) -> list[FloatArray]:
        """Return surprisal and distance (n_frames,) by the Transformer, NaN but for `known`."""
        last = np.arange(len(keys))[wanted][known]
        centres = self.vocabulary.centres.astype(scored.dtype)
        predictions = [
            Prediction.of(p, p, centres)
            for p in self.token_probabilities(keys, last, self.frames.stride)
        ]
        parts = best_prediction(scored[known], distances[known], predictions, self.usual_variance)
        scores = [np.full(len(scored), np.nan, dtype=scored.dtype) for _ in range(2)]
        for score, values in zip(scores, parts, strict=False):
            score[known] = values
        return scores


def best_prediction(
    features: FloatArray,
    token_distances: FloatArray,
    predictions: list[Prediction],
    usual_variance: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return surprisal (n_frames,), distance (n_frames,) and expected features of frames.

    The surprisal is that of the mean probability over the predictions; distance and expected
    features are those of the nearest. NaN where there is no prediction.
    """
    log_p = -np.array([surprisal(each.p, token_distances) for each in predictions])
    known = np.isfinite(log_p)  # [n_predictions, n_frames]
    total = np.logaddexp.reduce(np.where(known, log_p, -np.inf), axis=0)
    count = known.sum(axis=0)
    log_mean = np.where(count > 0, total - np.log(np.maximum(count, 1)), np.nan)
    unit = features.dtype.type(usual_variance)
    D = np.array(
        [
            ((features - each.spectrum) ** 2).sum(axis=1) / (each.variance + unit)
            for each in predictions
        ]
    )
    nearest = np.where(np.isnan(D), np.inf, D).argmin(axis=0)
    frames = np.arange(len(features))
    expected = np.array([each.spectrum for each in predictions])[nearest, frames]
    return -log_mean.astype(features.dtype), D[nearest, frames], expected
