"""Spectra as words: a vocabulary of normal spectra, in which a stretch of signal is a sentence.

`features` is φ(X) flattened to (n_frames, n_features). A token is the number of the word whose
spectrum is nearest to that of a frame; a sentence is the tokens of the frames of a stretch, in
their order.
"""

import warnings
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.errors import DataError
from spectra.signal.distance import squared_distances

# What k-means is given at most: with more frames its time grows, and its words hardly change.
MAX_FRAMES, MAX_VALUES = 20_000, 2**24
# Distances held in memory at a time.
BLOCK_VALUES: Final = 2**21
# The spread of words whose frames are all the same, in squared spreads of a channel.
MIN_SPREAD: Final = 1e-6


@dataclass(frozen=True)
class Vocabulary:
    """Normal spectra that stand for those near them: token v is φ(C_v), row v of `centres`
    (n_tokens, n_features).
    """

    centres: Float64Array

    @classmethod
    def fit(cls, features: ArrayLike, n_tokens: int = 64, random_state: int = 0) -> Self:
        """Choose the words from the features of normal frames, (n_frames, n_features), by k-means
        (Lloyd 1982).

        Its centres come in the order of how many frames they stand for, the commonest first. Where
        the frames have fewer distinct spectra than `n_tokens`, each is a word and there are no
        more. Of more than 20,000 frames, or 2²⁴ values, a random part is used. One `random_state`
        gives one vocabulary. Raises DataError for fewer frames than tokens and for frames that are
        not finite, ValueError for n_tokens below 1.
        """
        features = _finite(features)
        if n_tokens < 1:
            raise ValueError(f"n_tokens={n_tokens} must be an integer >= 1.")
        if len(features) < n_tokens:
            raise DataError(
                f"{len(features)} frames are too few for a vocabulary of {n_tokens} tokens: "
                "give a longer recording, a smaller hop, or fewer tokens."
            )
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        size = max(n_tokens, min(MAX_FRAMES, MAX_VALUES // features.shape[1]))
        if size < len(features):
            # Drawn and not evenly spaced: a period of the signal could be that of the spacing.
            chosen = np.random.default_rng(random_state).choice(len(features), size, replace=False)
            features = features[np.sort(chosen)]
        with warnings.catch_warnings():
            # That there are fewer distinct spectra than tokens.
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = KMeans(n_tokens, n_init=1, random_state=random_state).fit(features)
        counts = np.bincount(found.labels_, minlength=n_tokens)
        by_count = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        return cls(np.asarray(found.cluster_centers_[by_count], dtype=np.float64))

    def __len__(self) -> int:
        return len(self.centres)

    def encode(self, features: ArrayLike) -> IntArray:
        """The sentence of a stretch: features (n_frames, n_features) -> the token of each frame,
        (n_frames,).

        It is that of the smallest ‖φ(X) − φ(C_v)‖², of equal ones the commoner. Raises DataError
        for frames that are not finite or have another number of features.
        """
        features = _finite(features)
        if features.shape[1] != self.centres.shape[1]:
            raise DataError(
                f"The frames have {features.shape[1]} features, the words of the vocabulary "
                f"{self.centres.shape[1]}: "
                "both must have the same channels and nperseg."
            )
        tokens = np.empty(len(features), dtype=np.int64)
        size = max(1, BLOCK_VALUES // max(self.centres.shape))
        for start in range(0, len(features), size):
            block = slice(start, start + size)
            tokens[block] = squared_distances(features[block], self.centres).argmin(axis=1)
        return tokens

    def spreads(self, features: FloatArray, tokens: IntArray) -> FloatArray:
        """W_v, how far frames are from their word: mean ‖φ(X) − φ(C_v)‖² of normal frames with
        these tokens, (n_tokens,).

        The mean of all counts as one more frame of each word: of a word with few frames it is near
        that.
        """
        D = ((features - self.centres[tokens]) ** 2).sum(axis=1)
        usual = max(float(D.mean()), MIN_SPREAD)
        found = (np.bincount(tokens, D, len(self)) + usual) / (
            np.bincount(tokens, minlength=len(self)) + 1.0
        )
        return found.astype(features.dtype)

    def away(self, features: FloatArray, spreads: FloatArray) -> FloatArray:
        """‖φ(X) − φ(C_v)‖² / W_v of each frame and word, (n_frames, n_tokens): 1 on average for a
        word's own frames.

        NaN for frames with NaN.
        """
        found = np.empty((len(features), len(self)), dtype=features.dtype)
        centres = self.centres.astype(features.dtype)
        size = max(1, BLOCK_VALUES // max(centres.shape))
        for start in range(0, len(features), size):
            block = slice(start, start + size)
            found[block] = squared_distances(features[block], centres) / spreads
        return found

    def decode(self, tokens: ArrayLike) -> Float64Array:
        """The spectra that tokens of any shape stand for: (…) -> (…, n_features); raises DataError
        for unknown tokens.
        """
        tokens = np.asarray(tokens)
        if tokens.size and not np.issubdtype(tokens.dtype, np.integer):
            raise DataError(
                f"Tokens must be integers from 0 to {len(self) - 1}, not {tokens.dtype}."
            )
        outside = tokens[(tokens < 0) | (tokens >= len(self))]
        if outside.size:
            raise DataError(
                f"Token {outside[0]} is outside the vocabulary: tokens are integers from 0 to "
                f"{len(self) - 1}."
            )
        return self.centres[tokens.astype(np.int64)]


def _finite(features: ArrayLike) -> Float64Array:
    """Features as floats; raises DataError unless they are (n_frames, n_features) and finite."""
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or features.shape[1] == 0:
        raise DataError(f"Features of shape {features.shape} must be (n_frames, n_features).")
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if bad.size:
        raise DataError(
            f"{bad.size} of {len(features)} frames are not finite, the first of them frame "
            f"{bad[0]}: "
            "leave out the frames in gaps; they have no token."
        )
    return features
