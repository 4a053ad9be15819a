"""Attention, softmax(QKᵀ/√d_k)V: each position takes the mean of the values, weighted by how well
keys match its query.

In two forms with the same result. `attention` is the formula, with its T × T weights to look at.
`attention_in_blocks` never holds them: it goes through the keys in blocks, keeps for each query the
sum of the exponentials so far and, where they could overflow, the largest score so far (the running
softmax of Milakov & Gimelshein 2018), and so needs memory for T rows only. Its gradient computes
the weights a second time from the logarithm of that sum (Dao et al. 2022).

Masks are True where there is nothing to look at: `padding` (..., T) for places that only fill up a
sequence, `causal` for all later positions. A query that may look nowhere gets zeros.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spectra.arrays import BoolArray, FloatArray
from spectra.errors import DataError
from spectra.transformer.layers import linear, linear_backward
from spectra.transformer.positional import rotary, rotary_backward
from spectra.transformer.threads import by_rows, own_threads, share

# Queries, and keys, of a block, and how many scores are computed at a time, of heads and short
# sequences together: few enough to stay in a core's cache, enough for threads not to wait for each
# other between calls of numpy.
BLOCK, SCORES = 256, 2**18
# Scores no further than this from 0 have exponentials, and sums of them, far from the limits of
# float32.
SAFE = 30.0
# Fewer scores than this are computed before another thread has started.
WORTH_THREADS = 2**19


def softmax(S: FloatArray) -> FloatArray:
    """e^{s_j} / Σ_i e^{s_i} along the last axis; a score of −∞ has weight 0, and so has everything
    where all are −∞.
    """
    largest = S.max(axis=-1, keepdims=True)  # [..., n] -> [..., 1]
    A = np.exp(
        S - np.where(largest == -np.inf, 0.0, largest).astype(S.dtype, copy=False)
    )  # [..., n]
    total = A.sum(axis=-1, keepdims=True)  # [..., 1]
    A /= np.where(total == 0.0, 1.0, total)
    return A


def softmax_backward(d_A: FloatArray, A: FloatArray) -> FloatArray:
    """By the scores: A∘(dA − Σ_j dA_j A_j)."""
    d_S: FloatArray = d_A - np.einsum("...i,...i->...", d_A, A)[..., None]  # [..., n]
    d_S *= A
    return d_S


def attention(
    Q: FloatArray, K: FloatArray, V: FloatArray, hidden: BoolArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Z = AV with A = softmax(S) and S = QKᵀ/√d_k, the formula itself; returns Z, S and A.

    Queries (..., T, d_k), keys (..., U, d_k), values (..., U, d_v). `hidden`, which broadcasts with
    (..., T, U), flags the keys a query must not see: their score is −∞. Raises DataError for flags
    of another shape.
    """
    S: FloatArray = Q @ K.swapaxes(-1, -2)  # [..., T, d_k] -> [..., T, U]
    S /= math.sqrt(Q.shape[-1])
    if hidden is not None:
        _check_mask("hidden", hidden, S.shape)
        np.copyto(S, -np.inf, where=hidden)
    A = softmax(S)  # [..., T, U]
    return A @ V, S, A  # [..., T, d_v]


def _check_mask(name: str, mask: BoolArray, shape: tuple[int, ...]) -> None:
    """Raise DataError unless a mask is of flags, and broadcasts with arrays of this shape."""
    fits = mask.ndim <= len(shape) and all(
        m in (1, n) for m, n in zip(mask.shape[::-1], shape[::-1], strict=False)
    )
    if mask.dtype != np.bool_ or not fits:
        raise DataError(
            f"The mask {name} of type {mask.dtype} and shape {mask.shape} must be bool and fit the "
            f"shape {shape}."
        )


def attention_backward(
    d_Z: FloatArray, Q: FloatArray, K: FloatArray, V: FloatArray, A: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """By Q, K and V."""
    d_V = A.swapaxes(-1, -2) @ d_Z  # [..., T, d_v] -> [..., U, d_v]
    d_S = softmax_backward(d_Z @ V.swapaxes(-1, -2), A)  # -> [..., T, U]
    d_S /= math.sqrt(Q.shape[-1])
    return d_S @ K, d_S.swapaxes(-1, -2) @ Q, d_V  # -> [..., T, d_k], [..., U, d_k], [..., U, d_v]


def hidden_keys(T: int, causal: bool, padding: BoolArray | None) -> BoolArray | None:
    """The flags (..., T, T) that `attention` takes, for a causal mask and padding (..., T); None
    where all may be seen.
    """
    later = np.triu(np.ones((T, T), dtype=np.bool_), 1) if causal else None  # [T, T]
    if padding is None:
        return later
    return padding[..., None, :] if later is None else padding[..., None, :] | later  # [..., T, T]


def attention_in_blocks(
    Q: FloatArray,
    K: FloatArray,
    V: FloatArray,
    *,
    causal: bool = False,
    padding: BoolArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Z (..., T, d_v) as of `attention`, without its T × U weights; also the logarithm of each
    softmax's sum (..., T).

    `padding` broadcasts with (..., U). Memory grows with T + U; threads are as many as BLAS has.
    Raises DataError for padding of another shape.
    """
    work = _Work(Q, K, V, causal, padding)
    Z = np.empty((*work.q.shape[:2], V.shape[-1]), dtype=Q.dtype)  # [N, T, d_v]
    L = np.empty(work.q.shape[:2], dtype=Q.dtype)  # [N, T]

    def compute(blocks: Iterator[tuple[slice, slice]]) -> None:
        buffer = np.empty(work.block_size, dtype=Q.dtype)
        for group, rows in blocks:
            _running_softmax(work, group, rows, buffer, Z[group, rows], L[group, rows])

    with own_threads(work.n_scores >= WORTH_THREADS):
        share(compute, work.blocks())
    return Z.reshape(*Q.shape[:-1], -1), L.reshape(Q.shape[:-1])


def _running_softmax(
    work: "_Work", group: slice, rows: slice, buffer: FloatArray, Z: FloatArray, L: FloatArray
) -> None:
    """Z (g, r, d_v) and L (g, r) of some rows of a group of heads, one block of keys after the
    other.
    """
    Z[...] = 0.0
    total = np.zeros((*L.shape, 1), dtype=L.dtype)  # [g, r, 1]
    largest = np.full_like(total, 0.0 if work.safe else -np.inf)  # [g, r, 1]
    ones = np.ones((BLOCK, 1), dtype=L.dtype)
    for keys in work.keys(rows):
        S = work.scores(work.q[group, rows], work.k[group, keys], buffer)  # [g, r, k]
        if work.safe:
            work.exponentials(S, group, rows, keys)
        else:
            work.hide(S, group, rows, keys)
            # While a query has seen nothing its largest score is −∞, from which nothing can be
            # taken away.
            reached = np.maximum(largest, S.max(axis=-1, keepdims=True))
            finite = np.where(reached == -np.inf, L.dtype.type(0.0), reached)
            S -= finite
            np.exp(S, out=S)
            shrink = np.exp(largest - finite)
            total *= shrink
            Z *= shrink
            largest = reached
        total += S @ ones[: S.shape[-1]]
        Z += S @ work.v[group, keys]  # [g, r, k] -> [g, r, d_v]
    nothing = total == 0.0
    total[nothing] = 1.0
    Z /= total
    # Of a query that may look nowhere the gradient then finds exponentials of 0.
    np.add(np.log(total), largest, out=L[..., None], where=~nothing)
    L[nothing[..., 0]] = np.finfo(L.dtype).max / 2


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
    """By Q, K and V, from the Z and L that `attention_in_blocks` returned.

    With A = exp(S − L): dV = AᵀdZ, and dS = A∘(dZVᵀ − D), as Σ_j dA_j A_j = Σ dZ∘Z =: D. The
    columns −L and −D are made part of the products: QKᵀ − L = (Q, −L)(K, 1)ᵀ.
    """
    work = _Work(Q, K, V, causal, padding)
    d_z = d_Z.reshape(len(work.q), -1, V.shape[-1])  # [N, T, d_v]
    D = np.einsum("...i,...i->...", d_Z, Z)[..., None].reshape(*work.q.shape[:2], 1)  # [N, T, 1]
    seen = _Seen(
        q=np.concatenate([work.q, -work.unit * L.reshape(D.shape)], axis=-1),  # [N, T, d_k + 1]
        k=_with_ones(work.k),  # [N, U, d_k + 1]
        d_z=np.concatenate([d_z, -D], axis=-1),  # [N, T, d_v + 1]
        v=_with_ones(work.v),  # [N, U, d_v + 1]
    )
    d_q, d_k, d_v = (np.zeros_like(x) for x in (work.q, work.k, work.v))
    adding = Lock()

    def compute(blocks: Iterator[tuple[slice, slice]]) -> None:
        buffers = np.empty((2, work.block_size), dtype=Q.dtype)
        own_d_k, own_d_v = np.zeros_like(d_k), np.zeros_like(d_v)
        for group, rows in blocks:
            _block_gradients(
                work, seen, group, rows, buffers, d_q[group, rows], own_d_k[group], own_d_v[group]
            )
        with adding:
            np.add(d_k, own_d_k, out=d_k)
            np.add(d_v, own_d_v, out=d_v)

    with own_threads(work.n_scores >= WORTH_THREADS):
        share(compute, work.blocks())
    d_q *= 1.0 / math.sqrt(Q.shape[-1])
    d_k *= 1.0 / work.unit
    return d_q.reshape(Q.shape), d_k.reshape(K.shape), d_v.reshape(V.shape)


class _Seen(NamedTuple):
    """What the gradient multiplies, with a column more than the kernels' arrays."""

    q: FloatArray
    k: FloatArray
    d_z: FloatArray
    v: FloatArray


def _with_ones(x: FloatArray) -> FloatArray:
    return np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)


def _block_gradients(
    work: "_Work",
    seen: _Seen,
    group: slice,
    rows: slice,
    buffers: FloatArray,
    d_q: FloatArray,
    d_k: FloatArray,
    d_v: FloatArray,
) -> None:
    """Add up the gradients by some rows (g, r, d_k) of the scaled queries of a group, and by its
    keys and values.
    """
    for keys in work.keys(rows):
        A = work.scores(seen.q[group, rows], seen.k[group, keys], buffers[0])  # [g, r, k]
        work.exponentials(A, group, rows, keys)
        d_v[:, keys] += A.swapaxes(-1, -2) @ seen.d_z[group, rows, :-1]  # -> [g, k, d_v]
        d_S = work.scores(seen.d_z[group, rows], seen.v[group, keys], buffers[1])  # [g, r, k]
        d_S *= A
        d_q += d_S @ work.k[group, keys]  # -> [g, r, d_k]
        d_k[:, keys] += d_S.swapaxes(-1, -2) @ work.q[group, rows]  # -> [g, k, d_k]


def _slices(stop: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, stop)) for start in range(0, stop, step))


class _Work:
    """Arrays of N = sequences times heads, and the blocks in which their scores are computed."""

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
        self.exp, self.unit = _exponential(Q.dtype) if self.safe else (np.exp, 1.0)
        self.q *= self.unit
        self.causal = causal
        # Scores that are hidden are set to −∞; where they are safe, their exponentials to 0, as
        # 2^−∞ takes ten times as long.
        self.mask: np.ufunc = np.multiply if self.safe else np.add
        seen, hidden = (1.0, 0.0) if self.safe else (0.0, -np.inf)
        if causal:
            later = np.triu(np.ones((BLOCK, BLOCK), dtype=np.bool_), 1)
            self.later: FloatArray = np.where(later, hidden, seen).astype(Q.dtype)
        self.away: FloatArray | None = None
        if padding is not None:
            _check_mask("padding", padding, (*leading, U))
            everywhere = np.broadcast_to(padding, (*leading, U)).reshape(-1, 1, U)
            self.away = np.where(everywhere, hidden, seen).astype(Q.dtype)  # [N, 1, U]
        self.n_scores = len(self.q) * T * U
        block = max(min(T, BLOCK) * min(U, BLOCK), 1)
        self._together = SCORES // block
        self.block_size = self._together * block

    def blocks(self) -> list[tuple[slice, slice]]:
        """Heads taken together, and queries of each; the last first, which have most to look at."""
        T, N = self.q.shape[1], len(self.q)
        return [
            (group, rows)
            for rows in reversed(list(_slices(T, BLOCK)))
            for group in _slices(N, self._together)
        ]

    def keys(self, rows: slice) -> Iterator[slice]:
        """The keys these queries may see, by blocks."""
        return _slices(rows.stop if self.causal else self.k.shape[1], BLOCK)

    def scores(self, left: FloatArray, right: FloatArray, buffer: FloatArray) -> FloatArray:
        """The products (g, r, k) of rows (g, r, n) and columns (g, k, n), in the buffer."""
        shape = (len(left), left.shape[1], right.shape[1])
        return np.matmul(
            left, right.swapaxes(-1, -2), out=buffer[: math.prod(shape)].reshape(shape)
        )

    def exponentials(self, S: FloatArray, group: slice, rows: slice, keys: slice) -> None:
        """Turn the scores of a block into their exponentials, 0 for what must not be seen."""
        if not self.safe:
            self.hide(S, group, rows, keys)
        self.exp(S, out=S)
        if self.safe:
            self.hide(S, group, rows, keys)

    def hide(self, S: FloatArray, group: slice, rows: slice, keys: slice) -> None:
        """Apply the masks to the scores of a block or, where they are safe, to its exponentials."""
        if self.away is not None:
            self.mask(S, self.away[group, :, keys], out=S)
        # Blocks of keys are as long as those of queries, and those after the queries are left out.
        if self.causal and keys.start == rows.start:
            self.mask(S, self.later[: S.shape[1], : S.shape[2]], out=S)


def _largest_product(q: FloatArray, k: FloatArray) -> float:
    """What no product of a row of q (N, T, d_k) and one of k (N, U, d_k) exceeds, by Cauchy and
    Schwarz.
    """
    if q.size == 0 or k.size == 0:
        return 0.0
    norms = [np.einsum("...i,...i->...", x, x).max(axis=-1) for x in (q, k)]  # [N] each
    return float(np.sqrt((norms[0] * norms[1]).max()))


@lru_cache(maxsize=2)
def _exponential(dtype: np.dtype[Any]) -> tuple[np.ufunc, float]:
    """A function f and a unit u with f(u·x) = e^x: 2^x where numpy has it for the registers of this
    processor.

    It then takes half the time of np.exp, and errs by half as much.
    """
    kinds = np.lib.introspect.opt_func_info(func_name="^exp2$").get("exp2", {})
    in_use = kinds.get(dtype.char * 2, {}).get("current", "baseline")
    return (np.exp, 1.0) if in_use.startswith("baseline") else (np.exp2, math.log2(math.e))


def split_heads(X: FloatArray, h: int) -> FloatArray:
    """Head i has the features i·d_k … (i + 1)·d_k − 1; raises ValueError where d is not a multiple
    of h.
    """
    d = X.shape[-1]
    if h < 1 or d % h:
        raise ValueError(
            f"d={d} features cannot be split into h={h} heads of equal size: d must be a multiple "
            "of h."
        )
    return X.reshape(*X.shape[:-1], h, d // h).swapaxes(-2, -3)  # [..., T, d] -> [..., h, T, d_k]


def merge_heads(Z: FloatArray) -> FloatArray:
    """concat(Z₁ … Z_h), the opposite of `split_heads`, and the gradient of each other."""
    *leading, h, T, d_v = Z.shape
    return Z.swapaxes(-2, -3).reshape(*leading, T, h * d_v)  # [..., h, T, d_v] -> [..., T, d]


class Heads(NamedTuple):
    """What the gradient of `multi_head` needs: H (B, T, d), then Q, K, V, Z (B, h, T, d_k) and L
    (B, h, T).
    """

    H: FloatArray
    Q: FloatArray
    K: FloatArray
    V: FloatArray
    Z: FloatArray
    L: FloatArray


def multi_head(
    H: FloatArray,
    W_Q: FloatArray,
    W_K: FloatArray,
    W_V: FloatArray,
    h: int,
    *,
    causal: bool = False,
    padding: BoolArray | None = None,
    points: NDArray[np.complex128] | None = None,
) -> tuple[FloatArray, Heads]:
    """M = concat(Z₁ … Z_h) of H (B, T, d), where head i has the columns i·d_k … of W_Q, W_K and W_V
    (d, d).

    `padding` (B, T); `points` (T, d_k / 2) are the phasors of rotary positions.
    """
    Q, K, V = (split_heads(linear(H, W), h) for W in (W_Q, W_K, W_V))  # [B, T, d] -> [B, h, T, d_k]
    if points is not None:
        Q, K = rotary(Q, points), rotary(K, points)
    padding = None if padding is None else padding[:, None]  # [B, T] -> [B, 1, T]
    Z, L = attention_in_blocks(Q, K, V, causal=causal, padding=padding)  # [B, h, T, d_k], [B, h, T]
    return merge_heads(Z), Heads(H, Q, K, V, Z, L)  # [B, h, T, d_k] -> [B, T, d]


def multi_head_backward(
    d_M: FloatArray,
    kept: Heads,
    W_Q: FloatArray,
    W_K: FloatArray,
    W_V: FloatArray,
    *,
    causal: bool = False,
    padding: BoolArray | None = None,
    points: NDArray[np.complex128] | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """By H, W_Q, W_K and W_V."""
    H, Q, K, V, Z, L = kept
    d_Z = split_heads(d_M, Q.shape[1])  # [B, T, d] -> [B, h, T, d_k]
    padding = None if padding is None else padding[:, None]  # [B, T] -> [B, 1, T]
    d_Q, d_K, d_V = attention_in_blocks_backward(
        d_Z, Q, K, V, Z, L, causal=causal, padding=padding
    )  # [B, h, T, d_k]
    if points is not None:
        d_Q, d_K = rotary_backward(d_Q, points), rotary_backward(d_K, points)

    def each_position(
        d_Q: FloatArray, d_K: FloatArray, d_V: FloatArray, H: FloatArray
    ) -> tuple[FloatArray, ...]:
        d_H, d_W_Q = linear_backward(d_Q, H, W_Q)  # [n, d]
        from_K, d_W_K = linear_backward(d_K, H, W_K)
        from_V, d_W_V = linear_backward(d_V, H, W_V)
        d_H += from_K
        d_H += from_V
        return d_H, d_W_Q, d_W_K, d_W_V

    d_H, d_W_Q, d_W_K, d_W_V = by_rows(
        each_position, merge_heads(d_Q), merge_heads(d_K), merge_heads(d_V), H, n_sums=3
    )
    return d_H, d_W_Q, d_W_K, d_W_V
