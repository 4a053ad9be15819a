"""Softmax, cross-entropy, positional encoding and attention."""

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array
from spectra.errors import DataError
from spectra.transformer import attention as network_attention
from spectra.transformer import layers, positional


def softmax(scores: ArrayLike) -> Float64Array:
    """Return p_i = e^{s_i} / Σ_j e^{s_j} over the last axis: scores become probabilities.

    Parameters
    ----------
    scores : array_like, shape (..., n)

    Returns
    -------
    ndarray, shape (..., n)
        Sums to 1 over the last axis.

    Notes
    -----
    A constant added to all scores changes nothing, so the largest is subtracted first, and no
    exponential overflows.

    Examples
    --------
    >>> softmax([0.0, 0.0, np.log(2.0)]).round(3).tolist()
    [0.25, 0.25, 0.5]
    """
    return np.asarray(layers.softmax(np.asarray(scores, dtype=np.float64)), dtype=np.float64)


def cross_entropy(target: ArrayLike, predicted: ArrayLike) -> Float64Array:
    """Return −Σ_i t_i log p_i over the last axis, in nats: the mean surprisal of p under t.

    Parameters
    ----------
    target : array_like, shape (..., n)
        Probabilities t.
    predicted : array_like, shape (..., n)
        Probabilities p.

    Returns
    -------
    ndarray, shape (...)
        Smallest for p = t; infinite if an outcome with t > 0 has p = 0.

    Raises
    ------
    DataError
        For numbers below 0 or with another sum than 1.

    Examples
    --------
    >>> cross_entropy([0.5, 0.5], [0.25, 0.75]).round(4).item()
    0.837
    """
    target, predicted = (np.asarray(each, dtype=np.float64) for each in (target, predicted))
    for name, each in (("target", target), ("predicted", predicted)):
        if not ((each >= 0).all() and np.allclose(each.sum(axis=-1), 1.0)):
            raise DataError(
                f"The probabilities of `{name}` must be 0 or more and sum to 1 on the last axis."
            )
    with np.errstate(divide="ignore"):
        log_p = layers.log_softmax(np.log(predicted))
    # An outcome that does not occur adds 0, also if its log p is −∞.
    surprisal = np.multiply(target, -log_p, out=np.zeros_like(log_p), where=target > 0)
    return np.asarray(surprisal.sum(axis=-1))


def positional_encoding(n_positions: int, d: int) -> Float64Array:
    """Return PE(t, 2i) = sin(t/10000^{2i/d}) and PE(t, 2i + 1) = cos(t/10000^{2i/d}).

    Parameters
    ----------
    n_positions : int
        The positions are t = 0 … n_positions − 1.
    d : int
        Number of features. If it is odd the last pair has its sine only.

    Returns
    -------
    ndarray, shape (n_positions, d)

    Raises
    ------
    ValueError
        For n_positions < 0 or d < 1.

    Notes
    -----
    The pair i = 0, 1, … holds the imaginary and the real part of e^{itω} with ω = 10000^{−2i/d}, a
    clock hand that is slower for each next pair.

    References
    ----------
    Vaswani et al. 2017, "Attention Is All You Need", section 3.5.

    Examples
    --------
    >>> positional_encoding(2, 2).round(4).tolist()
    [[0.0, 1.0], [0.8415, 0.5403]]
    """
    return np.asarray(positional.sinusoidal(n_positions, d), dtype=np.float64)


def attention_weights(Q: ArrayLike, K: ArrayLike) -> Float64Array:
    """Return A = softmax(QKᵀ/√d_k).

    Parameters
    ----------
    Q : array_like, shape (T, d_k)
        Queries.
    K : array_like, shape (S, d_k)
        Keys.

    Returns
    -------
    ndarray, shape (T, S)
        Rows sum to 1.

    Raises
    ------
    DataError
        If the shapes do not fit.

    Examples
    --------
    >>> attention_weights([[0.0]], [[1.0], [2.0]]).tolist()
    [[0.5, 0.5]]
    """
    Q, K = (np.asarray(each, dtype=np.float64) for each in (Q, K))
    if Q.ndim != 2 or K.ndim != 2 or Q.shape[1] != K.shape[1] or K.size == 0:
        raise DataError(
            f"Q and K of shapes {Q.shape} and {K.shape} must be (T, d_k) and (S, d_k) with one d_k."
        )
    _, A = network_attention.attention_weights(Q, K)
    return np.asarray(A)


def attention(Q: ArrayLike, K: ArrayLike, V: ArrayLike) -> Float64Array:
    """Return Z = AV: for each query the mean of the values V, weighted by A.

    Parameters
    ----------
    Q : array_like, shape (T, d_k)
        Queries.
    K : array_like, shape (S, d_k)
        Keys.
    V : array_like, shape (S, d_v)
        Values.

    Returns
    -------
    ndarray, shape (T, d_v)

    Raises
    ------
    DataError
        If the shapes do not fit.

    Notes
    -----
    A is `attention_weights(Q, K)`. If scores differ widely, as with large Q, the result is the
    value of the best key: nearest-neighbour matching.

    Examples
    --------
    >>> attention([[0.0]], [[1.0], [2.0]], V=[[10.0], [20.0]]).tolist()
    [[15.0]]
    """
    A, V = attention_weights(Q, K), np.asarray(V, dtype=np.float64)
    if V.ndim != 2 or V.shape[0] != A.shape[1]:
        raise DataError(
            f"V of shape {V.shape} must be ({A.shape[1]}, d_v): one value for each key."
        )
    return np.asarray(A @ V)
