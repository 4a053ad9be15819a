"""Spectra as tokens: a vocabulary of typical normal spectra, and the nearest of them to each frame.

`features` is φ(X) flattened to (n_frames, n_features). The token of a frame is the index of the
nearest spectrum of the vocabulary. The tokens of consecutive frames are a sequence.
"""

import warnings
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.errors import DataError
from spectra.signal.distance import squared_distances
from spectra.threads import one_openmp_thread

# Largest number of tokens, and normal frames needed for each.
N_TOKENS: Final = 64
FRAMES_PER_TOKEN: Final = 8
# Most frames, and values, that k-means is given: with more its time grows, and its centres hardly
# change.
MAX_FRAMES, MAX_VALUES = 20_000, 2**24
# Distances held in memory at a time: 8 MB in single precision.
BLOCK_VALUES: Final = 2**21
# Smallest spread of a token, in squared spreads of a channel: where all frames are the same it is
# rounding.
MIN_SPREAD: Final = 1e-6


@dataclass(frozen=True)
class Vocabulary:
    """Typical normal spectra, the most frequent first.

    Parameters
    ----------
    centres : ndarray (n_tokens, n_features)
        Row v is φ(C_v), the spectrum that token v stands for.

    Raises
    ------
    ValueError
        For centres of another shape.
    """

    centres: Float64Array

    def __post_init__(self) -> None:
        if self.centres.ndim != 2 or 0 in self.centres.shape:
            raise ValueError(
                f"Centres of shape {self.centres.shape} must be (n_tokens, n_features)."
            )

    @classmethod
    def fit(cls, features: ArrayLike, n_tokens: int = N_TOKENS, random_state: int = 0) -> Self:
        """Choose the centres from features of normal frames by k-means (Lloyd 1982).

        Parameters
        ----------
        features : ndarray (n_frames, n_features)
            Of more than 20,000 frames, or 2²⁴ values, a random part is used.
        n_tokens : int
            Frames with fewer distinct spectra get one token for each of them.
        random_state : int
            Seed of k-means and of the random part.

        Raises
        ------
        DataError
            For fewer frames than tokens, and for frames that are not finite.
        ValueError
            For n_tokens below 1.
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
            # Drawn at random: evenly spaced frames could keep step with a period of the signal.
            drawn = np.random.default_rng(random_state).choice(len(features), size, replace=False)
            features = features[np.sort(drawn)]
        with warnings.catch_warnings(), one_openmp_thread():
            # Raised where there are fewer distinct spectra than tokens.
            warnings.simplefilter("ignore", ConvergenceWarning)
            clusters = KMeans(n_tokens, n_init=1, random_state=random_state).fit(features)
        counts = np.bincount(clusters.labels_, minlength=n_tokens)
        by_count = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        return cls(np.asarray(clusters.cluster_centers_[by_count], dtype=np.float64))

    def __len__(self) -> int:
        return len(self.centres)

    def encode(self, features: ArrayLike) -> IntArray:
        """Return the token of each frame of features (n_frames, n_features), (n_frames,).

        It is the one of the smallest ‖φ(X) − φ(C_v)‖²; ties go to the more frequent token. Raises
        DataError for frames that are not finite or have another number of features.
        """
        features = _finite(features)
        if features.shape[1] != self.centres.shape[1]:
            raise DataError(
                f"The frames have {features.shape[1]} features, the tokens of the vocabulary "
                f"{self.centres.shape[1]}: both must have the same channels and nperseg."
            )
        tokens = np.empty(len(features), dtype=np.int64)
        size = max(1, BLOCK_VALUES // max(self.centres.shape))
        for start in range(0, len(features), size):
            block = slice(start, start + size)
            tokens[block] = squared_distances(features[block], self.centres).argmin(axis=1)
        return tokens

    def encode_with_gaps(self, features: FloatArray) -> IntArray:
        """Return the token of each frame, 0 for frames with NaN."""
        tokens = np.zeros(len(features), dtype=np.int64)
        whole = np.isfinite(features).all(axis=1)
        tokens[whole] = self.encode(features[whole])
        return tokens

    def spreads(self, features: FloatArray, tokens: IntArray) -> FloatArray:
        """Return the spread W_v of each token, (n_tokens,).

        It is the mean ‖φ(X) − φ(C_v)‖² of normal frames (n_frames, n_features) with that token. The
        mean over all frames counts as one more frame of each token, so that a rare token has a
        spread near it.
        """
        D = ((features - self.centres[tokens]) ** 2).sum(axis=1)
        total = np.bincount(tokens, D, len(self)) + float(D.mean())
        count = np.bincount(tokens, minlength=len(self)) + 1.0
        return np.maximum(total / count, MIN_SPREAD).astype(features.dtype)

    def token_distances(self, features: FloatArray, spreads: FloatArray) -> FloatArray:
        """Return ‖φ(X) − φ(C_v)‖² / W_v of each frame and token, (n_frames, n_tokens).

        It is 1 on average for the frames of a token, and NaN for frames with NaN.
        """
        distances = np.empty((len(features), len(self)), dtype=features.dtype)
        centres = self.centres.astype(features.dtype)
        size = max(1, BLOCK_VALUES // max(centres.shape))
        for start in range(0, len(features), size):
            block = slice(start, start + size)
            distances[block] = squared_distances(features[block], centres) / spreads
        return distances

    def decode(self, tokens: ArrayLike) -> Float64Array:
        """Return the spectra of tokens of any shape: (…) -> (…, n_features).

        Raises DataError for tokens outside the vocabulary.
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


def default_size(n_frames: int) -> int:
    """Return the number of tokens of a vocabulary learned from `n_frames` normal frames."""
    return int(np.clip(n_frames // FRAMES_PER_TOKEN, 1, N_TOKENS))


def _finite(features: ArrayLike) -> Float64Array:
    """Return features as floats; raise DataError unless they are (n_frames, n_features), finite."""
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or features.shape[1] == 0:
        raise DataError(f"Features of shape {features.shape} must be (n_frames, n_features).")
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if bad.size:
        raise DataError(
            f"{bad.size} of {len(features)} frames are not finite, the first of them frame "
            f"{bad[0]}: leave out the frames in gaps; they have no token."
        )
    return features
