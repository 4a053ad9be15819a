"""Prediction of a frame from its context: attention over the contexts of normal frames.

The context of a frame is the sequence of frames before it, none of which overlaps the next or the
frame itself. It is the query q. The keys k_j are the contexts of normal frames and the values v_j
are those frames:

    a_j = softmax(−‖q − k_j‖² / τ),   X_normal = Σ_j a_j v_j,   p(v) = Σ_j a_j [v_j has token v]

As ‖q − k‖² = ‖q‖² − 2q·k + ‖k‖², and softmax ignores a constant added to all scores, this is the
attention of Transformers, softmax(QKᵀ/√d)V with τ = 2√d, with ‖k‖² subtracted so that no key is
preferred for its size. It is the kernel regression of Nadaraya (1964) and Watson (1964). Only τ is
fitted. As τ → 0 all weight goes to the nearest context: attention becomes nearest-neighbour
matching.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray, IntArray
from spectra.signal.distance import Targets, near
from spectra.transformer.layers import softmax

# Values of a frames × keys matrix held at a time: 0.5 MB, which stays in a processor's cache.
BLOCK_VALUES: Final = 2**17
# Those of which the weights at all temperatures are taken at a time, in double precision.
CACHED_VALUES: Final = 2**15
# Most normal frames of a memory: the cost of a prediction grows linearly with it.
MAX_KEYS: Final = 2000
# Frames that the temperature is fitted on, and temperatures tried: the median distance, halved
# this many times.
MAX_TEMPERATURE_FRAMES: Final = 1000
HALVINGS: Final = 18
# Share of the probability that goes to tokens regardless of the context: no token is impossible.
PRIOR_SHARE: Final = 0.01


class Prediction(NamedTuple):
    """Predictions of frames, NaN where there is none.

    `p` (n_frames, n_tokens) are the probabilities of their tokens, `spectrum` (n_frames,
    n_features) the expected spectrum X_normal, and `variance` (n_frames,) the expected squared
    distance from it.
    """

    p: FloatArray
    spectrum: FloatArray
    variance: FloatArray

    @classmethod
    def of(cls, p: FloatArray, A: FloatArray, values: FloatArray) -> Self:
        """Return the mean and variance of values (n_values, n_features) under weights A.

        `A` is (n_frames, n_values).
        """
        spectrum = A @ values
        variance = A @ (values**2).sum(axis=1) - (spectrum**2).sum(axis=1)
        return cls(p, spectrum, np.asarray(np.maximum(variance, 0.0)))


def surprisal(p: FloatArray, token_distances: FloatArray) -> FloatArray:
    """Return the surprisal −log Σ_v p_v exp(−d_v) of frames, (n_frames,).

    p (n_frames, n_tokens) are probabilities, d (n_frames, n_tokens) are distances to the tokens in
    units of their spread, ‖φ(X) − φ(C_v)‖² / W_v. These are 1 on average for frames of token v, and
    the exponential is the distribution of largest entropy with a given mean. The surprisal is −log
    p(token) for a frame at the centre of its token. It grows with the distance of a frame that is
    near no token, and it is continuous for a frame between two. NaN where an input is NaN.
    """
    with np.errstate(divide="ignore"):
        terms = np.log(p) - token_distances
    largest = terms.max(axis=-1, keepdims=True)
    return -np.asarray(np.log(np.exp(terms - largest).sum(axis=-1)) + largest[..., 0])


def contexts(features: FloatArray, stride: int, length: int) -> FloatArray:
    """Return the context of each frame: `length` frames before it, one every `stride`.

    The shapes are (n_frames, d) -> (n_frames, length·d), the earliest frame first; NaN stands for
    frames before the first.
    """
    n, d = features.shape
    context = np.full((n, length, d), np.nan, dtype=features.dtype)
    for position in range(length):
        lag = (length - position) * stride
        context[lag:, position] = features[: max(n - lag, 0)]
    return context.reshape(n, length * d)


def future_contexts(features: FloatArray, stride: int, length: int) -> FloatArray:
    """Return the `length` frames after each frame, the last one first, as `contexts` does."""
    return contexts(features[::-1], stride, length)[::-1]


def attention_weights(D: FloatArray, temperature: float) -> FloatArray:
    """Return attention softmax(−D/τ) over the last axis of squared distances D.

    At τ = 0 it is the limit: the nearest keys share the weight equally. Keys at an infinite
    distance have no weight.
    """
    nearest = D.min(axis=-1, keepdims=True)
    # One below the smallest number of this precision is 0 in it.
    tau = D.dtype.type(temperature)
    if tau == 0:
        A = ((nearest == D) & np.isfinite(D)).astype(D.dtype)
        return np.asarray(A / np.maximum(A.sum(axis=-1, keepdims=True), 1))
    nearer = np.where(np.isfinite(nearest), nearest, 0) - D
    with np.errstate(over="ignore"):
        # Keys so far away have no weight either.
        nearer /= tau
    return softmax(nearer)


@dataclass(frozen=True)
class Memory:
    """Normal frames with their contexts of `length` frames, one every `stride` hops.

    Attributes
    ----------
    stride, length : int
    keys : ndarray (n_normal, length·d)
        Contexts.
    values : ndarray (n_normal, n_features)
        The frames that followed them.
    tokens : ndarray (n_normal,)
        Tokens of these frames.
    index : ndarray (n_normal,)
        Index of each frame in the signal that was learned from.
    prior : ndarray (n_tokens,)
        Frequencies of the tokens.
    temperature : float
        τ, 0 for the nearest context alone.
    """

    stride: int
    length: int
    keys: FloatArray
    values: FloatArray
    tokens: IntArray
    index: IntArray
    prior: FloatArray
    temperature: float = 0.0

    def __post_init__(self) -> None:
        n = self.index.size
        arrays = (self.keys, self.values, self.tokens, self.index, self.prior)
        if [array.ndim for array in arrays] != [2, 2, 1, 1, 1]:
            raise ValueError("Keys and values are matrices, tokens, index and prior vectors.")
        if not (n and len(self.keys) == len(self.values) == self.tokens.size == n):
            raise ValueError("A memory has one key, value, token and index for each frame.")
        if not (self.index[1:] > self.index[:-1]).all():
            raise ValueError("Normal frames are in the order of their signal.")
        if self.stride < 1 or self.length < 1 or self.keys.shape[1] % self.length:
            raise ValueError(f"A key must hold {self.length} frames.")
        if self.tokens.min() < 0 or self.tokens.max() >= self.prior.size:
            raise ValueError(f"Tokens must lie in 0 … {self.prior.size - 1}.")
        if not (self.prior > 0).all() or not self.temperature >= 0:
            raise ValueError("Prior probabilities lie above 0, the temperature not below.")

    def predict(self, queries: FloatArray, own: IntArray | None = None) -> Prediction:
        """Return the predictions after contexts (n_frames, length·d).

        `own` (n_frames,) are the indices of the frames, where they are of the signal that was
        learned from: normal frames that overlap them are left out. NaN for a context with a gap and
        where no normal frame is left.
        """
        p = np.full((len(queries), self.prior.size), np.nan, dtype=queries.dtype)
        spectrum = np.full((len(queries), self.values.shape[1]), np.nan, dtype=queries.dtype)
        variance = np.full(len(queries), np.nan, dtype=queries.dtype)
        one_hot = np.eye(self.prior.size, dtype=queries.dtype)[self.tokens]  # [n_normal, V]
        for block, D in self._distances(queries, own):
            A = attention_weights(D, self.temperature)  # [n, n_normal]
            A[np.isinf(D.min(axis=1))] = np.nan
            smoothed = (1.0 - PRIOR_SHARE) * (A @ one_hot) + PRIOR_SHARE * self.prior
            p[block], spectrum[block], variance[block] = Prediction.of(smoothed, A, self.values)
        return Prediction(p, spectrum, variance)

    def attention(self, queries: FloatArray, own: IntArray | None = None) -> FloatArray:
        """Return the attention a_j of contexts to the normal frames, (n_frames, n_normal).

        The parameters are those of `predict`, and so are the contexts whose attention is NaN.
        """
        A = np.full((len(queries), self.index.size), np.nan, dtype=queries.dtype)
        for block, D in self._distances(queries, own):
            A[block] = attention_weights(D, self.temperature)
            A[block[np.isinf(D.min(axis=1))]] = np.nan
        return A

    def with_fitted_temperature(self, queries: FloatArray, tokens: IntArray, own: IntArray) -> Self:
        """Return the memory at the temperature of largest likelihood of the tokens of frames.

        `queries`, `tokens` and `own` are contexts, tokens and indices of frames of the signal that
        was learned from; each is predicted without the frames that overlap it.
        """
        n = min(len(queries), MAX_TEMPERATURE_FRAMES)
        drawn = np.linspace(0, len(queries) - 1, n).round().astype(np.int64)
        blocks = list(self._distances(queries[drawn], own[drawn]))
        if not blocks:
            return self
        truth = tokens[drawn[np.concatenate([block for block, _ in blocks])]]
        D = np.concatenate([distances for _, distances in blocks])
        known = np.isfinite(D).any(axis=1)
        if not known.any():
            return self
        D, truth = D[known], truth[known]
        positive = D[np.isfinite(D) & (D > 0)]
        usual = float(np.median(positive)) if positive.size else 1.0
        hits = _hits(D, self.tokens == truth[:, None], usual)
        smoothed = (1.0 - PRIOR_SHARE) * hits + PRIOR_SHARE * self.prior[truth]
        likeliest = int(np.log(smoothed).mean(axis=1).argmax())
        return replace(self, temperature=usual * 0.5**likeliest)

    @cached_property
    def _targets(self) -> Targets:
        """The keys in the form in which contexts are compared with them."""
        return Targets.of(self.keys[None])

    def _distances(
        self, queries: FloatArray, own: IntArray | None
    ) -> Iterator[tuple[IntArray, FloatArray]]:
        """Yield blocks of contexts without gaps: their indices and squared distances to the keys.

        The distance to normal frames that are left out is inf.
        """
        whole = np.flatnonzero(np.isfinite(queries).all(axis=1))
        size = max(1, BLOCK_VALUES // len(self.keys))
        for start in range(0, whole.size, size):
            block = whole[start : start + size]
            D = self._targets.products(queries[block], 0)
            np.maximum(D, 0.0, out=D)
            if own is not None:
                D[near(own[block], self.index, self.stride)] = np.inf
            yield block, D


def _hits(D: FloatArray, same: BoolArray, usual: float) -> Float64Array:
    """Return the attention to the keys of the right token at each temperature, (HALVINGS, n).

    `D` and `same` are (n, n_normal): squared distances, and which keys have the right token. The
    temperatures are `usual`, halved again and again: each squares the weights e^(−D/τ) of the last.
    """
    hits = np.empty((HALVINGS, len(D)))
    size = max(1, CACHED_VALUES // D.shape[1])
    for start in range(0, len(D), size):
        block = slice(start, start + size)
        right = same[block].astype(np.float64)
        nearest = D[block].min(axis=1, keepdims=True)
        A = np.exp((nearest - D[block].astype(np.float64)) / usual)
        for halving in range(HALVINGS):
            hits[halving, block] = np.einsum("ij,ij->i", A, right) / A.sum(axis=1)
            np.square(A, out=A)
    return hits


def fit_memory(
    features: FloatArray,
    queries: FloatArray,
    tokens: IntArray,
    index: IntArray,
    prior: FloatArray,
    shape: tuple[int, int],
) -> Memory | None:
    """Return a memory of at most MAX_KEYS normal frames, None where no context is without gaps.

    Parameters
    ----------
    features : ndarray (n_frames, n_features)
        Normal frames; those with NaN are left out.
    queries : ndarray (n_frames, length·d)
        Their contexts.
    tokens, index : ndarray (n_frames,)
        Their tokens, and their indices in the signal.
    prior : ndarray (n_tokens,)
    shape : (stride, length)
    """
    usable = np.flatnonzero(np.isfinite(queries).all(axis=1) & np.isfinite(features).all(axis=1))
    if not usable.size:
        return None
    keys = usable
    if usable.size > MAX_KEYS:
        # Drawn at random: evenly spaced frames could keep step with a period of the signal.
        keys = np.sort(np.random.default_rng(0).choice(usable, MAX_KEYS, replace=False))
    memory = Memory(*shape, queries[keys], features[keys], tokens[keys], index[keys], prior)
    return memory.with_fitted_temperature(queries[usable], tokens[usable], index[usable])
