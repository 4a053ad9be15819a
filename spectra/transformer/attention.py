"""Attention, softmax(QKᵀ/√d_k)V: a mean of values, weighted by how keys match queries.

There are two forms with the same result. `attention` is the formula, and also returns its T × T
scores and weights. `multi_head` uses `attention_in_blocks`, which never holds them.

Masks are True at positions that must not be attended to: `padding` (..., T) at positions that only
fill up a sequence, `causal` at all later positions. A query with no key left gets zeros.
"""

import math
from typing import NamedTuple

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.threads import by_rows
from spectra.transformer.attention_blocks import attention_in_blocks, attention_in_blocks_backward
from spectra.transformer.layers import check_mask, linear, linear_backward
from spectra.transformer.layers import softmax as softmax
from spectra.transformer.positional import rotary, rotary_backward


def attention(
    Q: FloatArray, K: FloatArray, V: FloatArray, hidden: BoolArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Z = A V, with the scores S = QKᵀ/√d_k and the weights A = softmax(S).

    Queries are (..., T, d_k), keys (..., U, d_k), values (..., U, d_v). `hidden` broadcasts with
    (..., T, U) and is True for the keys that a query must not see: their score is −∞. Raises
    DataError for a mask of another shape.
    """
    S, A = attention_weights(Q, K, hidden)  # [..., T, U]
    return A @ V, S, A  # [..., T, d_v]


def attention_weights(
    Q: FloatArray, K: FloatArray, hidden: BoolArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the scores S = QKᵀ/√d_k and the weights A = softmax(S) of `attention`."""
    S: FloatArray = Q @ K.swapaxes(-1, -2)  # [..., T, d_k] -> [..., T, U]
    S /= math.sqrt(Q.shape[-1])
    if hidden is not None:
        check_mask("hidden", hidden, S.shape)
        np.copyto(S, -np.inf, where=hidden)
    return S, softmax(S)


def hidden_keys(T: int, causal: bool, padding: BoolArray | None) -> BoolArray | None:
    """Return the mask (..., T, T) that `attention` takes; None if every key may be seen.

    `padding` has shape (..., T).
    """
    later = np.triu(np.ones((T, T), dtype=np.bool_), 1) if causal else None  # [T, T]
    if padding is None:
        return later
    return padding[..., None, :] if later is None else padding[..., None, :] | later  # [..., T, T]


def split_heads(X: FloatArray, h: int) -> FloatArray:
    """Split features into heads: head i has the features i·d_k … (i + 1)·d_k − 1.

    Raises ValueError unless d is a multiple of h.
    """
    d = X.shape[-1]
    if h < 1 or d % h:
        raise ValueError(
            f"d={d} features cannot be split into h={h} heads of equal size: d must be a multiple "
            "of h."
        )
    return X.reshape(*X.shape[:-1], h, d // h).swapaxes(-2, -3)  # [..., T, d] -> [..., h, T, d_k]


def merge_heads(Z: FloatArray) -> FloatArray:
    """Return concat(Z₁ … Z_h), the inverse of `split_heads`; each is the other's gradient."""
    *leading, h, T, d_v = Z.shape
    return Z.swapaxes(-2, -3).reshape(*leading, T, h * d_v)  # [..., h, T, d_v] -> [..., T, d]


class Heads(NamedTuple):
    """Arrays that the gradient of `multi_head` needs."""

    H: FloatArray  # [B, T, d]
    Q: FloatArray  # [B, h, T, d_k]
    K: FloatArray  # [B, h, T, d_k]
    V: FloatArray  # [B, h, T, d_k]
    Z: FloatArray  # [B, h, T, d_k]
    L: FloatArray  # [B, h, T]


def multi_head(
    H: FloatArray,
    W_Q: FloatArray,
    W_K: FloatArray,
    W_V: FloatArray,
    h: int,
    *,
    causal: bool = False,
    padding: BoolArray | None = None,
    angles: Float64Array | None = None,
) -> tuple[FloatArray, Heads]:
    """Return M = concat(Z₁ … Z_h) of H (B, T, d), and the arrays for the gradient.

    Head i has the columns i·d_k … of W_Q, W_K and W_V (d, d). `padding` is (B, T). `angles`
    (T, d_k / 2) are those of rotary positions.
    """
    Q, K, V = (split_heads(linear(H, W), h) for W in (W_Q, W_K, W_V))  # [B, T, d] -> [B, h, T, d_k]
    if angles is not None:
        Q, K = rotary(Q, angles), rotary(K, angles)
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
    angles: Float64Array | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the gradients by H, W_Q, W_K and W_V."""
    H, Q, K, V, Z, L = kept
    d_Z = split_heads(d_M, Q.shape[1])  # [B, T, d] -> [B, h, T, d_k]
    padding = None if padding is None else padding[:, None]  # [B, T] -> [B, 1, T]
    d_Q, d_K, d_V = attention_in_blocks_backward(
        d_Z, Q, K, V, Z, L, causal=causal, padding=padding
    )  # [B, h, T, d_k]
    if angles is not None:
        d_Q, d_K = rotary_backward(d_Q, angles), rotary_backward(d_K, angles)

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
