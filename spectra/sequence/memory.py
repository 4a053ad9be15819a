"""What normally follows such a past: attention from the context of a frame to the contexts of
normal frames.

The context of a frame are the frames before it, one after the other, none of which overlaps it. It
is the query q; the keys k_j are the contexts of normal frames, the values v_j those frames
themselves:

    a_j = softmax(−‖q − k_j‖² / τ),   expected spectrum Σ_j a_j v_j,   p(token v) = Σ_j a_j [v_j is
    written v].

As ‖q − k‖² = ‖q‖² − 2q·k + ‖k‖², and softmax does not see what all scores have in common, this is
the attention of Transformers, softmax(QKᵀ/√d)V with τ = 2√d, less ‖k‖² so that no key is matched
for its size. Nothing is trained but τ. As τ → 0 all weight goes to the nearest context: attention
is then nearest-neighbour matching, and the expected spectrum is the frame that came after what was
most like this (Nadaraya 1964 and Watson 1964 for the mean over more of them).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np

from spectra.arrays import FloatArray, IntArray
from spectra.signal.distance import squared_distances
from spectra.transformer.attention import softmax

# What a frames × keys matrix in memory may hold.
BLOCK_VALUES: Final = 2**21
MAX_KEYS: Final = 2000
# The temperature is chosen for so many frames, among halves of the median distance.
MAX_TRIED: Final = 1000
HALVINGS: Final = 18
# No token is impossible: so much of the probability is that of tokens regardless of the context.
ANYTHING: Final = 0.01


class Expectation(NamedTuple):
    """What frames should be, NaN where nothing is known.

    `p` (n_frames, V) are the probabilities of their tokens, `spectrum` (n_frames, n_features) is
    the mean of what may come, and `variance` (n_frames,) the mean squared distance to it: how far
    from it a frame is expected to be.
    """

    p: FloatArray
    spectrum: FloatArray
    variance: FloatArray

    @classmethod
    def of(cls, p: FloatArray, A: FloatArray, values: FloatArray) -> Self:
        """The mean and variance of values (n_values, n_features) of weights A (n_frames,
        n_values).
        """
        spectrum = A @ values
        spread = A @ (values**2).sum(axis=1) - (spectrum**2).sum(axis=1)
        return cls(p, spectrum, np.asarray(np.maximum(spread, 0.0)))


def surprisal(p: FloatArray, away: FloatArray) -> FloatArray:
    """−log Σ_v p_v exp(−d_v), (n_frames,), of probabilities p (n_frames, V) and distances d
    (n_frames, V) to the words.

    d_v = ‖φ(X) − φ(C_v)‖² / W_v is 1 on average for frames of word v, and of all distributions with
    a given mean the exponential supposes least. The surprisal is −log p(token) where a frame is at
    its word and the others are far; it grows with the distance of a frame that is like no word, and
    hardly changes where a frame between two words is written as one or the other. NaN where an
    input is.
    """
    with np.errstate(divide="ignore"):
        terms = np.log(p) - away
    least = terms.max(axis=-1, keepdims=True)
    return -np.asarray(np.log(np.exp(terms - least).sum(axis=-1)) + least[..., 0])


def contexts(features: FloatArray, stride: int, length: int) -> FloatArray:
    """The `length` frames before each, every `stride`-th: (n_frames, d) -> (n_frames, length·d);
    NaN before the first.
    """
    n, d = features.shape
    found = np.full((n, length, d), np.nan, dtype=features.dtype)
    for place in range(length):
        lag = (length - place) * stride
        found[lag:, place] = features[: max(n - lag, 0)]
    return found.reshape(n, length * d)


def weights(D: FloatArray, temperature: float) -> FloatArray:
    """Attention softmax(−D/τ) over the last axis of squared distances; at τ = 0 its limit, all on
    the nearest.

    Keys at an infinite distance have no weight; of equally near ones each has the same.
    """
    nearest = D.min(axis=-1, keepdims=True)
    if temperature == 0.0:
        A = ((nearest == D) & np.isfinite(D)).astype(D.dtype)
        return np.asarray(A / np.maximum(A.sum(axis=-1, keepdims=True), 1))
    return softmax(-(D / D.dtype.type(temperature)))


@dataclass(frozen=True)
class Memory:
    """Normal frames with their contexts of `length` frames, `stride` hops apart.

    `keys` (n_normal, length·d) are the contexts, `values` (n_normal, n_features) the frames,
    `tokens` (n_normal,) their tokens, `places` (n_normal,) the number of each frame in the signal
    it comes from; `base` (V,) is how common tokens are.
    """

    stride: int
    length: int
    keys: FloatArray
    values: FloatArray
    tokens: IntArray
    places: IntArray
    base: FloatArray
    temperature: float = 0.0

    def expect(self, queries: FloatArray, own: IntArray | None = None) -> Expectation:
        """What is expected after contexts (n_frames, length·d).

        `own` (n_frames,) are the numbers of the frames in the signal the memory comes from: normal
        frames that overlap them are left out. NaN where a context is not whole, or no normal frame
        is left.
        """
        p = np.full((len(queries), self.base.size), np.nan, dtype=queries.dtype)
        spectrum = np.full((len(queries), self.values.shape[1]), np.nan, dtype=queries.dtype)
        variance = np.full(len(queries), np.nan, dtype=queries.dtype)
        written = np.eye(self.base.size, dtype=queries.dtype)[self.tokens]  # [n_normal, V]
        for some, D in self._distances(queries, own):
            A = weights(D, self.temperature)  # [n, n_normal]
            A[np.isinf(D).all(axis=1)] = np.nan
            smooth = (1.0 - ANYTHING) * (A @ written) + ANYTHING * self.base
            p[some], spectrum[some], variance[some] = Expectation.of(smooth, A, self.values)
        return Expectation(p, spectrum, variance)

    def at_best_temperature(self, queries: FloatArray, tokens: IntArray, own: IntArray) -> Self:
        """The memory at the temperature that makes the tokens of frames likeliest, each expected
        without its own frame.

        `tokens` and `own` (n_frames,) are those of frames of the signal the memory comes from.
        """
        some = (
            np.linspace(0, len(queries) - 1, min(len(queries), MAX_TRIED)).round().astype(np.int64)
        )
        distances = [D for _, D in self._distances(queries[some], own[some])]
        D = np.concatenate(distances) if distances else np.empty((0, len(self.keys)))
        known = np.isfinite(D).any(axis=1)
        if not known.any():
            return self
        whole = some[np.isfinite(queries[some]).all(axis=1)]
        D, truth = D[known], tokens[whole[known]]
        positive = D[np.isfinite(D) & (D > 0)]
        usual = float(np.median(positive)) if positive.size else 1.0
        same = self.tokens == truth[:, None]  # [n, n_normal]
        likelihood = {}
        for temperature in usual * 0.5 ** np.arange(HALVINGS):
            hit = (weights(D, float(temperature)) * same).sum(axis=1)
            likelihood[float(temperature)] = np.log(
                (1.0 - ANYTHING) * hit + ANYTHING * self.base[truth]
            ).mean()
        best = max(likelihood, key=lambda temperature: likelihood[temperature])
        return type(self)(**{**self.__dict__, "temperature": best})

    def _distances(
        self, queries: FloatArray, own: IntArray | None
    ) -> Iterator[tuple[IntArray, FloatArray]]:
        """Which of the contexts are whole, and their squared distances to the keys, inf to what is
        left out; in blocks.
        """
        whole = np.flatnonzero(np.isfinite(queries).all(axis=1))
        size = max(1, BLOCK_VALUES // max(self.keys.shape))
        for start in range(0, whole.size, size):
            some = whole[start : start + size]
            D = squared_distances(queries[some], self.keys)
            if own is not None:
                D[np.abs(own[some, None] - self.places) < self.stride] = np.inf
            yield some, D


def remember(
    features: FloatArray,
    queries: FloatArray,
    tokens: IntArray,
    base: FloatArray,
    normal: IntArray,
    shape: tuple[int, int],
) -> Memory | None:
    """The memory of the frames numbered `normal`, at most 2,000 of them; None where none of them
    has a whole context.

    `features` (n_frames, n_features), `queries` (n_frames, length·d) and `tokens` are those of all
    frames, `shape` is stride and length. The 2,000 are drawn: evenly spaced ones could keep step
    with a period.
    """
    usable = normal[
        np.isfinite(queries[normal]).all(axis=1) & np.isfinite(features[normal]).all(axis=1)
    ]
    if not usable.size:
        return None
    if usable.size > MAX_KEYS:
        usable = np.sort(np.random.default_rng(0).choice(usable, MAX_KEYS, replace=False))
    memory = Memory(*shape, queries[usable], features[usable], tokens[usable], usable, base)
    return memory.at_best_temperature(queries[normal], tokens[normal], normal)
