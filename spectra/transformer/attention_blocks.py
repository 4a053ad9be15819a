"""Attention in blocks of keys, without the T × U weights, and its gradient.

The forward pass goes through the keys in blocks. For each query it keeps the sum of exponentials
so far and, if the scores could overflow, the largest score so far (running softmax, Milakov &
Gimelshein 2018). Memory therefore grows with T + U only. The gradient computes the weights a second
time, from the logarithm of that sum (Dao et al. 2022).
"""

import math
from collections.abc import Iterator
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from spectra.arrays import BoolArray, FloatArray
from spectra.threads import own_threads, share
from spectra.transformer.layers import check_mask

# Queries, and keys, of a block.
BLOCK = 256
# Scores computed at a time, over heads and sequences: they fit in a core's cache, and are enough
# that threads do not wait for each other between calls of numpy.
SCORES = 2**18
# Scores within ±SAFE have exponentials, and sums of them, far from the limits of float32, so the
# largest score need not be subtracted.
SAFE = 30.0
# Below this many scores, starting a thread costs more than it saves.
WORTH_THREADS = 2**19


def attention_in_blocks(
    Q: FloatArray,
    K: FloatArray,
    V: FloatArray,
    *,
    causal: bool = False,
    padding: BoolArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return Z of `attention` without its weights.

    Parameters
    ----------
    Q : ndarray, shape (..., T, d_k)
        Queries.
    K : ndarray, shape (..., U, d_k)
        Keys.
    V : ndarray, shape (..., U, d_v)
        Values.
    causal : bool
        If True no query sees later keys.
    padding : ndarray of bool, optional
        True for keys that only fill up a sequence; broadcasts with (..., U).

    Returns
    -------
    Z : ndarray, shape (..., T, d_v)
    L : ndarray, shape (..., T)
        Logarithm of the sum of each softmax.

    Raises
    ------
    DataError
        For padding of another shape.
    ValueError
        For a causal mask with another number of keys than queries.

    Notes
    -----
    It uses as many threads as BLAS does.

    References
    ----------
    Milakov & Gimelshein 2018, "Online normalizer calculation for softmax".
    """
    blocks = _Blocks(Q, K, V, causal, padding)
    Z = np.empty((*blocks.q.shape[:2], V.shape[-1]), dtype=Q.dtype)  # [N, T, d_v]
    L = np.empty(blocks.q.shape[:2], dtype=Q.dtype)  # [N, T]

    def compute(tasks: Iterator[tuple[slice, slice]]) -> None:
        buffer = np.empty(blocks.size, dtype=Q.dtype)
        for group, rows in tasks:
            _running_softmax(blocks, group, rows, buffer, Z[group, rows], L[group, rows])

    with own_threads(blocks.n_scores >= WORTH_THREADS):
        share(compute, blocks.tasks())
    return Z.reshape(*Q.shape[:-1], -1), L.reshape(Q.shape[:-1])


def _running_softmax(
    blocks: "_Blocks", group: slice, rows: slice, buffer: FloatArray, Z: FloatArray, L: FloatArray
) -> None:
    """Compute Z (g, r, d_v) and L (g, r) of a block of queries, key block by key block."""
    Z[...] = 0.0
    total = np.zeros((*L.shape, 1), dtype=L.dtype)  # [g, r, 1]
    largest = np.full_like(total, 0.0 if blocks.safe else -np.inf)  # [g, r, 1]
    ones = np.ones((BLOCK, 1), dtype=L.dtype)
    for keys in blocks.keys(rows):
        S = blocks.products(blocks.q[group, rows], blocks.k[group, keys], buffer)  # [g, r, k]
        blocks.hide(S, group, rows, keys)
        if not blocks.safe:
            # The largest score of a query that has seen no key is −∞, which cannot be subtracted.
            reached = np.maximum(largest, S.max(axis=-1, keepdims=True))
            finite = np.where(reached == -np.inf, L.dtype.type(0.0), reached)
            S -= finite
            shrink = np.exp(largest - finite)
            total *= shrink
            Z *= shrink
            largest = reached
        np.exp(S, out=S)
        total += S @ ones[: S.shape[-1]]
        Z += S @ blocks.v[group, keys]  # [g, r, k] -> [g, r, d_v]
    empty = total == 0.0
    total[empty] = 1.0
    Z /= total
    np.add(np.log(total), largest, out=L[..., None], where=~empty)
    # With this L the gradient's exponentials are 0 for a query that may see no key.
    L[empty[..., 0]] = np.finfo(L.dtype).max / 2


def attention_in_blocks_backward(
    d_Z: FloatArray,
    Q: FloatArray,
    K: FloatArray,
    V: FloatArray,
    Z: FloatArray,
    L: FloatArray,
    *,
    causal: bool = False,
    padding: BoolArray | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the gradients of `attention_in_blocks`.

    Parameters
    ----------
    d_Z : ndarray, shape (..., T, d_v)
        Derivative of the loss by Z.
    Q : ndarray, shape (..., T, d_k)
    K : ndarray, shape (..., U, d_k)
    V : ndarray, shape (..., U, d_v)
    Z : ndarray, shape (..., T, d_v)
    L : ndarray, shape (..., T)
        Z and L are from `attention_in_blocks`.
    causal : bool
    padding : ndarray of bool, optional
        The arguments of `attention_in_blocks`.

    Returns
    -------
    d_Q : ndarray, shape (..., T, d_k)
    d_K : ndarray, shape (..., U, d_k)
    d_V : ndarray, shape (..., U, d_v)

    Notes
    -----
    With A = exp(S − L): dV = AᵀdZ and dS = A∘(dZVᵀ − D), where D = Σ_j dA_j A_j = Σ dZ∘Z. The
    columns −L and −D are made part of the products: QKᵀ − L = (Q, −L)(K, 1)ᵀ.

    References
    ----------
    Dao et al. 2022, "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness".
    """
    blocks = _Blocks(Q, K, V, causal, padding)
    d_z = d_Z.reshape(len(blocks.q), -1, V.shape[-1])  # [N, T, d_v]
    D = np.einsum("...i,...i->...", d_Z, Z)[..., None].reshape(*blocks.q.shape[:2], 1)  # [N, T, 1]
    extended = _Extended(
        q=np.concatenate([blocks.q, -L.reshape(D.shape)], axis=-1),  # [N, T, d_k + 1]
        k=_with_ones(blocks.k),  # [N, U, d_k + 1]
        d_z=np.concatenate([d_z, -D], axis=-1),  # [N, T, d_v + 1]
        v=_with_ones(blocks.v),  # [N, U, d_v + 1]
    )
    d_q, d_k, d_v = (np.zeros_like(x) for x in (blocks.q, blocks.k, blocks.v))
    adding = Lock()

    def compute(tasks: Iterator[tuple[slice, slice]]) -> None:
        buffers = np.empty((2, blocks.size), dtype=Q.dtype)
        own_d_k, own_d_v = np.zeros_like(d_k), np.zeros_like(d_v)
        for group, rows in tasks:
            own = (d_q[group, rows], own_d_k[group], own_d_v[group])
            _block_gradients(blocks, extended, group, rows, buffers, *own)
        with adding:
            np.add(d_k, own_d_k, out=d_k)
            np.add(d_v, own_d_v, out=d_v)

    with own_threads(blocks.n_scores >= WORTH_THREADS):
        share(compute, blocks.tasks())
    d_q *= 1.0 / math.sqrt(Q.shape[-1])
    return d_q.reshape(Q.shape), d_k.reshape(K.shape), d_v.reshape(V.shape)


class _Extended(NamedTuple):
    """Arrays of the backward products, each with one column more than in `_Blocks`."""

    q: FloatArray
    k: FloatArray
    d_z: FloatArray
    v: FloatArray


def _with_ones(x: FloatArray) -> FloatArray:
    return np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)


def _block_gradients(
    blocks: "_Blocks",
    extended: _Extended,
    group: slice,
    rows: slice,
    buffers: FloatArray,
    d_q: FloatArray,
    d_k: FloatArray,
    d_v: FloatArray,
) -> None:
    """Add a block of queries to the gradients by scaled queries (g, r, d_k), keys and values."""
    for keys in blocks.keys(rows):
        A = blocks.products(extended.q[group, rows], extended.k[group, keys], buffers[0])
        blocks.hide(A, group, rows, keys)
        np.exp(A, out=A)  # [g, r, k]
        d_v[:, keys] += A.swapaxes(-1, -2) @ extended.d_z[group, rows, :-1]  # -> [g, k, d_v]
        d_S = blocks.products(extended.d_z[group, rows], extended.v[group, keys], buffers[1])
        d_S *= A  # [g, r, k]
        d_q += d_S @ blocks.k[group, keys]  # -> [g, r, d_k]
        d_k[:, keys] += d_S.swapaxes(-1, -2) @ blocks.q[group, rows]  # -> [g, k, d_k]


def _slices(stop: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, stop)) for start in range(0, stop, step))


class _Blocks:
    """Arrays of N = sequences × heads, and the blocks in which their scores are computed."""

    def __init__(
        self, Q: FloatArray, K: FloatArray, V: FloatArray, causal: bool, padding: BoolArray | None
    ) -> None:
        *leading, T, d_k = Q.shape
        U = K.shape[-2]
        if causal and T != U:
            raise ValueError(
                f"A causal mask needs as many keys as queries, not {U} keys for {T} queries."
            )
        self.q: FloatArray = np.multiply(Q, 1.0 / math.sqrt(d_k), order="C").reshape(
            -1, T, d_k
        )  # [N, T, d_k]
        self.k: FloatArray = K.reshape(-1, U, d_k)  # [N, U, d_k]
        self.v: FloatArray = V.reshape(-1, U, V.shape[-1])  # [N, U, d_v]
        self.safe = _largest_product(self.q, self.k) < SAFE
        self.causal = causal
        # Added to the scores: −∞ at hidden keys, else 0.
        self.later: FloatArray | None = None
        if causal:
            n = min(T, BLOCK)
            later = np.triu(np.ones((n, n), dtype=np.bool_), 1)
            self.later = _minus_infinity(later, Q.dtype)  # [n, n]
        self.padding: FloatArray | None = None
        if padding is not None:
            check_mask("padding", padding, (*leading, U))
            everywhere = np.broadcast_to(padding, (*leading, U)).reshape(-1, 1, U)
            self.padding = _minus_infinity(everywhere, Q.dtype)  # [N, 1, U]
        self.n_scores = len(self.q) * T * U
        block = max(min(T, BLOCK) * min(U, BLOCK), 1)
        self._heads_at_once = SCORES // block
        self.size = self._heads_at_once * block

    def tasks(self) -> list[tuple[slice, slice]]:
        """Return groups of heads and blocks of their queries; the last, the longest, first."""
        T, N = self.q.shape[1], len(self.q)
        return [
            (group, rows)
            for rows in reversed(list(_slices(T, BLOCK)))
            for group in _slices(N, self._heads_at_once)
        ]

    def keys(self, rows: slice) -> Iterator[slice]:
        """Return the blocks of keys that these queries may see."""
        return _slices(rows.stop if self.causal else self.k.shape[1], BLOCK)

    def products(self, left: FloatArray, right: FloatArray, buffer: FloatArray) -> FloatArray:
        """Return the products (g, r, k) of rows (g, r, n) and (g, k, n), in the buffer."""
        shape = (len(left), left.shape[1], right.shape[1])
        return np.matmul(
            left, right.swapaxes(-1, -2), out=buffer[: math.prod(shape)].reshape(shape)
        )

    def hide(self, S: FloatArray, group: slice, rows: slice, keys: slice) -> None:
        """Set the scores of hidden keys to −∞, in place."""
        if self.padding is not None:
            S += self.padding[group, :, keys]
        # Blocks of keys and queries have one length, and later blocks of keys are left out, so only
        # the block on the diagonal needs the causal mask.
        if self.later is not None and keys.start == rows.start:
            S += self.later[: S.shape[1], : S.shape[2]]


def _minus_infinity(hidden: BoolArray, dtype: np.dtype[Any]) -> FloatArray:
    """Return −∞ where hidden, else 0."""
    return np.where(hidden, -np.inf, 0.0).astype(dtype)


def _largest_product(q: FloatArray, k: FloatArray) -> float:
    """Return a bound of |q·k| over the rows of q (N, T, d_k) and k (N, U, d_k).

    The bound is that of Cauchy and Schwarz, |q||k|.
    """
    if q.size == 0 or k.size == 0:
        return 0.0
    norms = [np.einsum("...i,...i->...", x, x).max(axis=-1) for x in (q, k)]  # [N] each
    return float(np.sqrt((norms[0] * norms[1]).max()))
