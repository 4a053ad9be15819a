"""Attention, softmax(QKᵀ/√d_k)V: each position takes the mean of the values, weighted by how well keys match its query.

In two forms with the same result. `attention` is the formula, with its T × T weights to look at. `attention_in_blocks`
never holds them: it goes through the keys in blocks, keeps for each query the sum of the exponentials so far and, where
they could overflow, the largest score so far (the running softmax of Milakov & Gimelshein 2018), and so needs memory
for T rows only. Its gradient computes the weights a second time from the logarithm of that sum (Dao et al. 2022).

Flags are True where there is nothing to look at: `padding` (..., T) for places that only fill up a sequence, `causal`
for all later positions. A query that may look nowhere gets zeros.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spectra.sequence.layers import Flags, linear, linear_backward
from spectra.sequence.positional import Floats, rotary, rotary_backward

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# Queries, and keys, of a block: its scores stay in a core's cache. Short sequences are taken together to fill one.
BLOCK = 256
# Scores this far from 0 have exponentials that neither overflow nor vanish in float32, 65,536 of them summed.
SAFE = 40.0
# Fewer scores than this are computed before another thread has started.
WORTH_A_THREAD = 2**19


def softmax(S: Floats) -> Floats:
    """e^{s_j} / Σ_i e^{s_i} along the last axis; a score of −∞ has weight 0, and so has everything where all are −∞."""
    largest = S.max(axis=-1, keepdims=True)  # [..., n] -> [..., 1]
    A = np.exp(S - np.where(largest == -np.inf, 0.0, largest).astype(S.dtype, copy=False))  # [..., n]
    total = A.sum(axis=-1, keepdims=True)  # [..., 1]
    A /= np.where(total == 0.0, 1.0, total)
    return A


def softmax_backward(d_A: Floats, A: Floats) -> Floats:
    """By the scores: A∘(dA − Σ_j dA_j A_j)."""
    d_S: Floats = d_A - np.einsum("...i,...i->...", d_A, A)[..., None]  # [..., n]
    d_S *= A
    return d_S


def attention(Q: Floats, K: Floats, V: Floats, hidden: Flags | None = None) -> tuple[Floats, Floats, Floats]:
    """Z = AV with A = softmax(S) and S = QKᵀ/√d_k, the formula itself; returns Z, S and A.

    Queries (..., T, d_k), keys (..., U, d_k), values (..., U, d_v). `hidden`, which broadcasts with (..., T, U), flags
    the keys a query must not see: their score is −∞.
    """
    S: Floats = Q @ K.swapaxes(-1, -2)  # [..., T, d_k] -> [..., T, U]
    S /= math.sqrt(Q.shape[-1])
    if hidden is not None:
        np.copyto(S, -np.inf, where=hidden)
    A = softmax(S)  # [..., T, U]
    return A @ V, S, A  # [..., T, d_v]


def attention_backward(d_Z: Floats, Q: Floats, K: Floats, V: Floats, A: Floats) -> tuple[Floats, Floats, Floats]:
    """By Q, K and V."""
    d_V = A.swapaxes(-1, -2) @ d_Z  # [..., T, d_v] -> [..., U, d_v]
    d_S = softmax_backward(d_Z @ V.swapaxes(-1, -2), A)  # -> [..., T, U]
    d_S /= math.sqrt(Q.shape[-1])
    return d_S @ K, d_S.swapaxes(-1, -2) @ Q, d_V  # -> [..., T, d_k], [..., U, d_k], [..., U, d_v]


def hidden_keys(T: int, causal: bool, padding: Flags | None) -> Flags | None:
    """The flags (..., T, T) that `attention` takes, for a causal mask and padding (..., T); None where all may be seen."""
    later = np.triu(np.ones((T, T), dtype=np.bool_), 1) if causal else None  # [T, T]
    if padding is None:
        return later
    return padding[..., None, :] if later is None else padding[..., None, :] | later  # [..., T, T]


def attention_in_blocks(
    Q: Floats, K: Floats, V: Floats, *, causal: bool = False, padding: Flags | None = None
) -> tuple[Floats, Floats]:
    """Z (..., T, d_v) as of `attention`, without its T × U weights; also the logarithm of each softmax's sum (..., T).

    `padding` broadcasts with (..., U). Memory grows with T + U; threads are as many as BLAS has.
    """
    work = _Work(Q, K, V, causal, padding)
    Z = np.empty((*work.q.shape[:2], V.shape[-1]), dtype=Q.dtype)  # [N, T, d_v]
    L = np.empty(work.q.shape[:2], dtype=Q.dtype)  # [N, T]
    safe = work.largest_score() < SAFE

    def compute(blocks: Sequence[tuple[slice, slice]]) -> None:
        buffer = np.empty(work.block_size, dtype=Q.dtype)
        for group, rows in blocks:
            _running_softmax(work, group, rows, safe, buffer, Z[group, rows], L[group, rows])

    _on_threads(compute, [(group, rows) for group in work.groups() for rows in work.rows()], work.n_scores)
    return Z.reshape(*Q.shape[:-1], -1), L.reshape(Q.shape[:-1])


def _running_softmax(work: "_Work", group: slice, rows: slice, safe: bool, buffer: Floats, Z: Floats, L: Floats) -> None:
    """Z (g, r, d_v) and L (g, r) of some rows of a group of heads, one block of keys after the other."""
    Z[...] = 0.0
    total = np.zeros((*L.shape, 1), dtype=L.dtype)  # [g, r, 1]
    largest = np.full_like(total, 0.0 if safe else -np.inf)  # [g, r, 1]
    ones = np.ones((BLOCK, 1), dtype=L.dtype)
    for keys in work.keys(rows):
        S = work.scores(work.q[group, rows], work.k[group, keys], buffer)  # [g, r, k]
        work.hide(S, group, rows, keys)
        if not safe:
            # While a query has seen nothing its largest score is −∞, from which nothing can be taken away.
            reached = np.maximum(largest, S.max(axis=-1, keepdims=True))
            finite = np.where(reached == -np.inf, L.dtype.type(0.0), reached)
            S -= finite
            shrink = np.exp(largest - finite)
            total *= shrink
            Z *= shrink
            largest = reached
        np.exp(S, out=S)
        total += S @ ones[: S.shape[-1]]
        Z += S @ work.v[group, keys]  # [g, r, k] -> [g, r, d_v]
    nothing = total == 0.0
    total[nothing] = 1.0
    Z /= total
    # Of a query that may look nowhere the gradient then finds exponentials of 0.
    np.add(np.log(total), largest, out=L[..., None], where=~nothing)
    L[nothing[..., 0]] = np.finfo(L.dtype).max


def attention_in_blocks_backward(
    d_Z: Floats,
    Q: Floats,
    K: Floats,
    V: Floats,
    Z: Floats,
    L: Floats,
    *,
    causal: bool = False,
    padding: Flags | None = None,
) -> tuple[Floats, Floats, Floats]:
    """By Q, K and V, from the Z and L that `attention_in_blocks` returned.

    With A = exp(S − L): dV = AᵀdZ, and dS = A∘(dZVᵀ − D), as Σ_j dA_j A_j = Σ dZ∘Z =: D. The columns −L and −D are
    made part of the products: QKᵀ − L = (Q, −L)(K, 1)ᵀ.
    """
    work = _Work(Q, K, V, causal, padding)
    d_z = d_Z.reshape(len(work.q), -1, V.shape[-1])  # [N, T, d_v]
    D = np.einsum("...i,...i->...", d_Z, Z)[..., None].reshape(*work.q.shape[:2], 1)  # [N, T, 1]
    seen = _Seen(
        q=np.concatenate([work.q, -L.reshape(D.shape)], axis=-1),  # [N, T, d_k + 1]
        k=_with_ones(work.k),  # [N, U, d_k + 1]
        d_z=np.concatenate([d_z, -D], axis=-1),  # [N, T, d_v + 1]
        v=_with_ones(work.v),  # [N, U, d_v + 1]
    )
    d_q, d_k, d_v = np.zeros_like(work.q), np.zeros_like(work.k), np.zeros_like(work.v)

    def compute(groups: Sequence[slice]) -> None:
        buffers = np.empty((2, work.block_size), dtype=Q.dtype)
        for group in groups:
            _block_gradients(work, seen, group, buffers, d_q[group], d_k[group], d_v[group])

    _on_threads(compute, list(work.groups()), work.n_scores)
    d_q *= work.scale
    return d_q.reshape(Q.shape), d_k.reshape(K.shape), d_v.reshape(V.shape)


class _Seen(NamedTuple):
    """What the gradient multiplies, with a column more than the kernels' arrays."""

    q: Floats
    k: Floats
    d_z: Floats
    v: Floats


def _with_ones(x: Floats) -> Floats:
    return np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)


def _block_gradients(
    work: "_Work", seen: _Seen, group: slice, buffers: Floats, d_q: Floats, d_k: Floats, d_v: Floats
) -> None:
    """Add up the gradients of a group of heads, (g, T, d_k) that of the scaled queries, block by block."""
    for rows in work.rows():
        for keys in work.keys(rows):
            A = work.scores(seen.q[group, rows], seen.k[group, keys], buffers[0])  # [g, r, k]
            work.hide(A, group, rows, keys)
            np.exp(A, out=A)
            d_v[:, keys] += A.swapaxes(-1, -2) @ seen.d_z[group, rows, :-1]  # -> [g, k, d_v]
            d_S = work.scores(seen.d_z[group, rows], seen.v[group, keys], buffers[1])  # [g, r, k]
            d_S *= A
            d_q[:, rows] += d_S @ work.k[group, keys]  # -> [g, r, d_k]
            d_k[:, keys] += d_S.swapaxes(-1, -2) @ work.q[group, rows]  # -> [g, k, d_k]


def _slices(stop: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, stop)) for start in range(0, stop, step))


class _Work:
    """Arrays of N = sequences times heads, and the blocks in which their scores are computed."""

    def __init__(self, Q: Floats, K: Floats, V: Floats, causal: bool, padding: Flags | None) -> None:
        *leading, T, d_k = Q.shape
        U = K.shape[-2]
        if causal and T != U:
            raise ValueError(f"A causal mask needs as many keys as queries, not {U} keys for {T} queries.")
        self.scale = 1.0 / math.sqrt(d_k)
        self.q: Floats = np.ascontiguousarray(Q * self.scale).reshape(-1, T, d_k)  # [N, T, d_k]
        self.k: Floats = np.ascontiguousarray(K).reshape(-1, U, d_k)  # [N, U, d_k]
        self.v: Floats = np.ascontiguousarray(V).reshape(-1, U, V.shape[-1])  # [N, U, d_v]
        self.causal = causal
        self.later = np.triu(np.full((BLOCK, BLOCK), -np.inf, dtype=Q.dtype), 1)
        self.away: Floats | None = None
        if padding is not None:
            everywhere = np.broadcast_to(padding, (*leading, U)).reshape(-1, 1, U)
            self.away = np.where(everywhere, -np.inf, 0.0).astype(Q.dtype)  # [N, 1, U]
        self.n_scores = len(self.q) * T * U
        block = max(min(T, BLOCK) * min(U, BLOCK), 1)
        self._together = BLOCK**2 // block
        self.block_size = self._together * block

    def groups(self) -> Iterator[slice]:
        """Heads taken together: one, or as many as fill a block where sequences are short."""
        return _slices(len(self.q), self._together)

    def rows(self) -> Iterator[slice]:
        """The queries of a block."""
        return _slices(self.q.shape[1], BLOCK)

    def keys(self, rows: slice) -> Iterator[slice]:
        """The keys these queries may see, by blocks."""
        return _slices(rows.stop if self.causal else self.k.shape[1], BLOCK)

    def scores(self, left: Floats, right: Floats, buffer: Floats) -> Floats:
        """The products (g, r, k) of rows (g, r, n) and columns (g, k, n), in the buffer."""
        shape = (len(left), left.shape[1], right.shape[1])
        return np.matmul(left, right.swapaxes(-1, -2), out=buffer[: math.prod(shape)].reshape(shape))

    def hide(self, S: Floats, group: slice, rows: slice, keys: slice) -> None:
        """Set the scores of a block that are not to be seen to −∞."""
        if self.away is not None:
            S += self.away[group, :, keys]
        # Blocks of keys are as long as those of queries, and those after the queries are left out.
        if self.causal and keys.start == rows.start:
            S += self.later[: S.shape[1], : S.shape[2]]

    def largest_score(self) -> float:
        """No score is further from 0 than this (Cauchy–Schwarz)."""
        if self.n_scores == 0:
            return 0.0
        norms = [np.einsum("...i,...i->...", x, x).max(axis=-1) for x in (self.q, self.k)]  # [N] each
        return float(np.sqrt((norms[0] * norms[1]).max()))


@lru_cache(maxsize=1)
def _blas() -> "ThreadpoolController":
    """The BLAS that numpy multiplies matrices with."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _on_threads(compute: Callable[[Any], None], blocks: Sequence[object], n_scores: int) -> None:
    """Compute the blocks on as many threads as BLAS has, which then takes one for each product.

    BLAS alone would leave the exponentials, half of the work, to one thread.
    """
    n_threads = 1
    if n_scores >= WORTH_A_THREAD:
        n_threads = min(max((library.num_threads for library in _blas().lib_controllers), default=1), len(blocks))
    if n_threads == 1:
        compute(blocks)
        return
    with _blas().limit(limits=1), ThreadPoolExecutor(n_threads) as pool:
        # Neighbours go to different threads, so that causal rows, shorter at the start, are shared out evenly.
        parts = [blocks[i::n_threads] for i in range(n_threads)]
        # A thread starts with numpy's own handling of overflow, not with that of the caller.
        list(pool.map(lambda context, part: context.run(compute, part), [copy_context() for _ in parts], parts))


def split_heads(X: Floats, h: int) -> Floats:
    """Head i has the features i·d_k … (i + 1)·d_k − 1; raises ValueError where d is not a multiple of h."""
    d = X.shape[-1]
    if h < 1 or d % h:
        raise ValueError(f"d={d} features cannot be split into h={h} heads of equal size: d must be a multiple of h.")
    return X.reshape(*X.shape[:-1], h, d // h).swapaxes(-2, -3)  # [..., T, d] -> [..., h, T, d_k]


def merge_heads(Z: Floats) -> Floats:
    """concat(Z₁ … Z_h), the opposite of `split_heads`, and the gradient of each other."""
    *leading, h, T, d_v = Z.shape
    return Z.swapaxes(-2, -3).reshape(*leading, T, h * d_v)  # [..., h, T, d_v] -> [..., T, d]


class Heads(NamedTuple):
    """What the gradient of `multi_head` needs: what went in, and Q, K, V, Z (B, h, T, d_k), L (B, h, T), M (B, T, d)."""

    H: Floats
    Q: Floats
    K: Floats
    V: Floats
    Z: Floats
    L: Floats
    M: Floats


def multi_head(
    H: Floats,
    W_Q: Floats,
    W_K: Floats,
    W_V: Floats,
    W_O: Floats,
    h: int,
    *,
    causal: bool = False,
    padding: Flags | None = None,
    points: NDArray[np.complex128] | None = None,
) -> tuple[Floats, Heads]:
    """O = concat(Z₁ … Z_h) W_O of H (B, T, d), where head i has the columns i·d_k … of W_Q, W_K and W_V (d, d).

    `padding` (B, T); `points` (T, d_k / 2) are the phasors of rotary positions.
    """
    Q, K, V = (split_heads(linear(H, W), h) for W in (W_Q, W_K, W_V))  # [B, T, d] -> [B, h, T, d_k]
    if points is not None:
        Q, K = rotary(Q, points), rotary(K, points)
    padding = None if padding is None else padding[:, None]  # [B, T] -> [B, 1, T]
    Z, L = attention_in_blocks(Q, K, V, causal=causal, padding=padding)  # [B, h, T, d_k], [B, h, T]
    M = merge_heads(Z)  # [B, h, T, d_k] -> [B, T, d]
    return linear(M, W_O), Heads(H, Q, K, V, Z, L, M)  # [B, T, d]


def multi_head_backward(
    d_O: Floats,
    kept: Heads,
    W_Q: Floats,
    W_K: Floats,
    W_V: Floats,
    W_O: Floats,
    *,
    causal: bool = False,
    padding: Flags | None = None,
    points: NDArray[np.complex128] | None = None,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """By H, W_Q, W_K, W_V and W_O."""
    H, Q, K, V, Z, L, M = kept
    d_M, d_W_O = linear_backward(d_O, M, W_O)  # [B, T, d]
    d_Z = split_heads(d_M, Q.shape[1])  # -> [B, h, T, d_k]
    padding = None if padding is None else padding[:, None]  # [B, 1, T]
    d_Q, d_K, d_V = attention_in_blocks_backward(d_Z, Q, K, V, Z, L, causal=causal, padding=padding)
    if points is not None:
        d_Q, d_K = rotary_backward(d_Q, points), rotary_backward(d_K, points)
    d_H, d_W_Q = linear_backward(merge_heads(d_Q), H, W_Q)  # [B, h, T, d_k] -> [B, T, d]
    from_K, d_W_K = linear_backward(merge_heads(d_K), H, W_K)
    from_V, d_W_V = linear_backward(merge_heads(d_V), H, W_V)
    d_H += from_K
    d_H += from_V
    return d_H, d_W_Q, d_W_K, d_W_V, d_W_O
