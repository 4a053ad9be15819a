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
    """Return Z = A V with the weights A = softmax(QKᵀ/√d_k).

    Parameters
    ----------
    Q : ndarray, shape (..., T, d_k)
        Queries.
    K : ndarray, shape (..., U, d_k)
        Keys.
    V : ndarray, shape (..., U, d_v)
        Values.
    hidden : ndarray of bool, optional
        True for the keys that a query must not see; broadcasts with (..., T, U). Their score is −∞.

    Returns
    -------
    Z : ndarray, shape (..., T, d_v)
    S : ndarray, shape (..., T, U)
        Scores.
    A : ndarray, shape (..., T, U)
        Weights.

    Raises
    ------
    DataError
        For a mask of another shape.

    References
    ----------
    Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1.
    """
    S, A = attention_weights(Q, K, hidden)  # [..., T, U]
    return A @ V, S, A  # [..., T, d_v]


def attention_weights(
    Q: FloatArray, K: FloatArray, hidden: BoolArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the scores S = QKᵀ/√d_k and the weights A = softmax(S) of `attention`.

    Parameters
    ----------
    Q : ndarray, shape (..., T, d_k)
        Queries.
    K : ndarray, shape (..., U, d_k)
        Keys.
    hidden : ndarray of bool, optional
        True for the keys that a query must not see; broadcasts with (..., T, U).

    Returns
    -------
    S, A : ndarray, shape (..., T, U)

    Raises
    ------
    DataError
        For a mask of another shape.
    """
    S: FloatArray = Q @ K.swapaxes(-1, -2)  # [..., T, d_k] -> [..., T, U]
    S /= math.sqrt(Q.shape[-1])
    if hidden is not None:
        check_mask("hidden", hidden, S.shape)
        np.copyto(S, -np.inf, where=hidden)
    return S, softmax(S)


def hidden_keys(T: int, causal: bool, padding: BoolArray | None) -> BoolArray | None:
    """Return the mask that `attention` takes.

    Parameters
    ----------
    T : int
        Number of positions.
    causal : bool
        Hide all later positions.
    padding : ndarray of bool, shape (..., T), or None
        True at positions that only fill up a sequence.

    Returns
    -------
    ndarray of bool, shape (..., T, T), or None
        None if every key may be seen.
    """
    later = np.triu(np.ones((T, T), dtype=np.bool_), 1) if causal else None  # [T, T]
    if padding is None:
        return later
    return padding[..., None, :] if later is None else padding[..., None, :] | later  # [..., T, T]


def split_heads(X: FloatArray, h: int) -> FloatArray:
    """Split features into heads: head i has the features i·d_k … (i + 1)·d_k − 1.

    Parameters
    ----------
    X : ndarray, shape (..., T, d)
    h : int
        Number of heads.

    Returns
    -------
    ndarray, shape (..., h, T, d_k)

    Raises
    ------
    ValueError
        Unless d is a multiple of h.
    """
    d = X.shape[-1]
    if h < 1 or d % h:
        raise ValueError(
            f"d={d} features cannot be split into h={h} heads of equal size: d must be a multiple "
            "of h."
        )
    return X.reshape(*X.shape[:-1], h, d // h).swapaxes(-2, -3)  # [..., T, d] -> [..., h, T, d_k]


def merge_heads(Z: FloatArray) -> FloatArray:
    """Return concat(Z₁ … Z_h), the inverse of `split_heads`; each is the other's gradient.

    Parameters
    ----------
    Z : ndarray, shape (..., h, T, d_k)

    Returns
    -------
    ndarray, shape (..., T, d)
    """
    *leading, h, T, d_v = Z.shape
    return Z.swapaxes(-2, -3).reshape(*leading, T, h * d_v)  # [..., h, T, d_v] -> [..., T, d]


class Heads(NamedTuple):
    """Arrays that the gradient of `multi_head` needs.

    Attributes
    ----------
    H : ndarray, shape (B, T, d)
        Input.
    Q, K, V : ndarray, shape (B, h, T, d_k)
        Queries, keys and values.
    Z : ndarray, shape (B, h, T, d_k)
        Weighted means of the values.
    L : ndarray, shape (B, h, T)
        Logarithm of the sum of each softmax.
    """

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
    """Return M = concat(Z₁ … Z_h), the attention of all heads.

    Parameters
    ----------
    H : ndarray, shape (B, T, d)
        Input.
    W_Q, W_K, W_V : ndarray, shape (d, d)
        Head i has their columns i·d_k … (i + 1)·d_k − 1.
    h : int
        Number of heads.
    causal : bool
        If True no position attends to later ones.
    padding : ndarray of bool, shape (B, T), optional
        True at positions that only fill up a sequence.
    angles : ndarray, shape (T, d_k / 2), optional
        Angles of rotary positions, in radians.

    Returns
    -------
    M : ndarray, shape (B, T, d)
    kept : Heads
        The arrays for the gradient.

    References
    ----------
    Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2.
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
    """Return the gradients of `multi_head`.

    Parameters
    ----------
    d_M : ndarray, shape (B, T, d)
        Derivative of the loss by M.
    kept : Heads
        From `multi_head`.
    W_Q, W_K, W_V : ndarray, shape (d, d)
    causal : bool
    padding : ndarray of bool, shape (B, T), optional
    angles : ndarray, shape (T, d_k / 2), optional
        The arguments of `multi_head`.

    Returns
    -------
    d_H : ndarray, shape (B, T, d)
    d_W_Q, d_W_K, d_W_V : ndarray, shape (d, d)
    """
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
