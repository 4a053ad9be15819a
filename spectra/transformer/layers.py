"""Operations of a layer other than attention, each with its gradient beside it.

`f_backward` takes d_y, the derivative of the loss by the result of `f`, and returns the derivatives
by the arguments of `f`. The axes before the last are positions and sequences. They share the
weights, so the gradient of a weight is the sum over them.
"""

import numpy as np
from numpy.typing import NDArray

from spectra.arrays import BoolArray, FloatArray
from spectra.errors import DataError

Tokens = NDArray[np.integer]

# Added to the variance, so that layer normalisation does not divide by 0 if all features are equal;
# the default of torch.nn.LayerNorm.
EPSILON = 1e-5


def softmax(S: FloatArray) -> FloatArray:
    """Return p_j = e^{s_j} / Σ_i e^{s_i} along the last axis.

    Parameters
    ----------
    S : ndarray, shape (..., n)
        Scores.

    Returns
    -------
    ndarray, shape (..., n)
        Sums to 1 along the last axis. A score of −∞ gets 0; where all scores are −∞, all get 0.
    """
    _, A, total = _exponentials(S)
    A /= np.where(total == 0.0, 1.0, total)
    return A


def log_softmax(S: FloatArray) -> FloatArray:
    """Return log softmax(S) along the last axis.

    Parameters
    ----------
    S : ndarray, shape (..., n)
        Scores.

    Returns
    -------
    ndarray, shape (..., n)
        Finite also where the softmax underflows.
    """
    shifted, _, total = _exponentials(S)
    shifted -= np.log(total)
    return shifted


def _exponentials(S: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return s − max s, its exponentials (..., n), and their sum (..., 1)."""
    largest = S.max(axis=-1, keepdims=True)  # [..., n] -> [..., 1]
    shifted: FloatArray = S - np.where(largest == -np.inf, 0.0, largest).astype(S.dtype, copy=False)
    powers = np.exp(shifted)  # [..., n]
    return shifted, powers, powers.sum(axis=-1, keepdims=True)


def linear(X: FloatArray, W: FloatArray) -> FloatArray:
    """Return X W.

    Parameters
    ----------
    X : ndarray, shape (..., d_in)
    W : ndarray, shape (d_in, d_out)

    Returns
    -------
    ndarray, shape (..., d_out)
    """
    Y: FloatArray = X.reshape(-1, len(W)) @ W  # [..., d_in] -> [n, d_out]
    return Y.reshape(*X.shape[:-1], W.shape[1])  # [..., d_out]


def linear_backward(d_Y: FloatArray, X: FloatArray, W: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the gradients of `linear`: dY Wᵀ and Xᵀ dY.

    Parameters
    ----------
    d_Y : ndarray, shape (..., d_out)
        Derivative of the loss by X W.
    X : ndarray, shape (..., d_in)
    W : ndarray, shape (d_in, d_out)

    Returns
    -------
    d_X : ndarray, shape (..., d_in)
    d_W : ndarray, shape (d_in, d_out)
    """
    rows = d_Y.reshape(-1, W.shape[1])  # [..., d_out] -> [n, d_out]
    d_W = X.reshape(-1, len(W)).T @ rows  # -> [d_in, d_out]
    return (rows @ W.T).reshape(X.shape), d_W  # [n, d_out] -> [..., d_in]


def add_bias(Y: FloatArray, b: FloatArray) -> FloatArray:
    """Add b to Y in place.

    Parameters
    ----------
    Y : ndarray, shape (..., d)
    b : ndarray, shape (d,)

    Returns
    -------
    ndarray, shape (..., d)
        The array Y itself.
    """
    Y += b  # [..., d_out]
    return Y


def add_bias_backward(d_Y: FloatArray) -> FloatArray:
    """Return the gradient of `add_bias` by b: the sum of dY over the rows.

    Parameters
    ----------
    d_Y : ndarray, shape (..., d)
        Derivative of the loss by Y + b.

    Returns
    -------
    ndarray, shape (d,)
    """
    d_b: FloatArray = d_Y.reshape(-1, d_Y.shape[-1]).sum(axis=0)  # [..., d_out] -> [d_out]
    return d_b


def layer_norm(
    X: FloatArray, gain: FloatArray, bias: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return gain·(x − mean)/√(variance + ε) + bias over the features of each row.

    Parameters
    ----------
    X : ndarray, shape (..., d)
    gain : ndarray, shape (d,)
    bias : ndarray, shape (d,)

    Returns
    -------
    Y : ndarray, shape (..., d)
    normal : ndarray, shape (..., d)
        The normalised rows, which the gradient needs.
    inverse : ndarray, shape (..., 1)
        1/√(variance + ε) of each row, which the gradient needs.

    References
    ----------
    Ba, Kiros & Hinton 2016, "Layer Normalization".
    """
    d = X.shape[-1]
    # A product with a vector sums a short axis several times faster than np.sum.
    mean = X @ np.full((d, 1), 1.0 / d, dtype=X.dtype)  # [..., d] -> [..., 1]
    normal = X - mean  # [..., d]
    variance = np.einsum("...i,...i->...", normal, normal)[..., None] / d  # [..., 1]
    inverse = 1.0 / np.sqrt(variance + EPSILON)  # [..., 1]
    normal *= inverse
    Y = normal * gain  # [..., d]
    Y += bias
    return Y, normal, inverse


def layer_norm_backward(
    d_Y: FloatArray, normal: FloatArray, inverse: FloatArray, gain: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the gradients of `layer_norm` by X, gain and bias.

    Parameters
    ----------
    d_Y : ndarray, shape (..., d)
        Derivative of the loss by the result.
    normal : ndarray, shape (..., d)
    inverse : ndarray, shape (..., 1)
        Both from `layer_norm`.
    gain : ndarray, shape (d,)

    Returns
    -------
    d_X : ndarray, shape (..., d)
    d_gain, d_bias : ndarray, shape (d,)

    Notes
    -----
    Mean and variance depend on x, so the components of g = gain·dY along a constant and along the
    normalised row are removed: dX = (g − mean(g) − normal·mean(g·normal))/√(variance + ε).
    """
    d = d_Y.shape[-1]
    d_gain = np.einsum("ni,ni->i", d_Y.reshape(-1, d), normal.reshape(-1, d))  # [..., d] -> [d]
    d_X = d_Y * gain  # [..., d]
    along = np.einsum("...i,...i->...", d_X, normal)[..., None] / d  # [..., 1]
    d_X -= d_X @ np.full((d, 1), 1.0 / d, dtype=d_X.dtype)
    d_X -= normal * along
    d_X *= inverse
    return d_X, d_gain, add_bias_backward(d_Y)


def feed_forward(
    H: FloatArray, W_1: FloatArray, b_1: FloatArray, W_2: FloatArray, b_2: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return F₂ = F₁ W₂ + b₂ with F₁ = ReLU(H W₁ + b₁), row by row.

    Parameters
    ----------
    H : ndarray, shape (..., d)
    W_1 : ndarray, shape (d, d_ff)
    b_1 : ndarray, shape (d_ff,)
    W_2 : ndarray, shape (d_ff, d)
    b_2 : ndarray, shape (d,)

    Returns
    -------
    F_2 : ndarray, shape (..., d)
    F_1 : ndarray, shape (..., d_ff)
    """
    F_1 = add_bias(linear(H, W_1), b_1)  # [..., d] -> [..., d_ff]
    # numpy compares with a row of zeros twice as fast as with the number 0.
    np.maximum(F_1, np.zeros_like(b_1), out=F_1)
    return add_bias(linear(F_1, W_2), b_2), F_1  # [..., d_ff] -> [..., d]


def feed_forward_backward(
    d_F_2: FloatArray, H: FloatArray, F_1: FloatArray, W_1: FloatArray, W_2: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the gradients of `feed_forward`; that of the ReLU is 1 above 0, else 0.

    Parameters
    ----------
    d_F_2 : ndarray, shape (..., d)
        Derivative of the loss by F₂.
    H : ndarray, shape (..., d)
    F_1 : ndarray, shape (..., d_ff)
        From `feed_forward`.
    W_1 : ndarray, shape (d, d_ff)
    W_2 : ndarray, shape (d_ff, d)

    Returns
    -------
    d_H : ndarray, shape (..., d)
    d_W_1 : ndarray, shape (d, d_ff)
    d_b_1 : ndarray, shape (d_ff,)
    d_W_2 : ndarray, shape (d_ff, d)
    d_b_2 : ndarray, shape (d,)
    """
    d_F_1, d_W_2 = linear_backward(d_F_2, F_1, W_2)  # [..., d] -> [..., d_ff]
    d_F_1 *= F_1 > 0.0
    d_H, d_W_1 = linear_backward(d_F_1, H, W_1)  # [..., d_ff] -> [..., d]
    return d_H, d_W_1, add_bias_backward(d_F_1), d_W_2, add_bias_backward(d_F_2)


def embed(tokens: Tokens, E: FloatArray) -> FloatArray:
    """Return the vector of each token.

    Parameters
    ----------
    tokens : ndarray of int, shape (...)
    E : ndarray, shape (V, d)
        One row a token.

    Returns
    -------
    ndarray, shape (..., d)
    """
    return E[tokens]  # [...] -> [..., d]


def embed_backward(d_X: FloatArray, tokens: Tokens, E: FloatArray) -> FloatArray:
    """Return the gradient of `embed` by E: the row of a token is the sum over its positions.

    Parameters
    ----------
    d_X : ndarray, shape (..., d)
        Derivative of the loss by the vectors.
    tokens : ndarray of int, shape (...)
    E : ndarray, shape (V, d)

    Returns
    -------
    ndarray, shape (V, d)
    """
    d_E = np.zeros_like(E)  # [V, d]
    if tokens.size == 0:
        return d_E
    order = np.argsort(tokens, axis=None, kind="stable")
    present, starts = np.unique(tokens.ravel()[order], return_index=True)
    d_E[present] = np.add.reduceat(
        d_X.reshape(-1, E.shape[1])[order], starts, axis=0
    )  # [..., d] -> [V, d]
    return d_E


def cross_entropy(
    logits: FloatArray, targets: Tokens, counted: BoolArray | None = None
) -> tuple[float, FloatArray]:
    """Return the mean of −log p(target) in nats, and p = softmax(logits).

    Parameters
    ----------
    logits : ndarray, shape (..., V)
    targets : ndarray of int, shape (...)
        Tokens.
    counted : ndarray of bool, shape (...), optional
        True at the positions that count; by default all do.

    Returns
    -------
    loss : float
        0 if no position counts.
    p : ndarray, shape (..., V)

    Notes
    -----
    The logarithm is that of `log_softmax`, so it is finite for every p.
    """
    shifted, p, total = _exponentials(logits)  # [..., V], [..., V], [..., 1]
    at_target = np.take_along_axis(shifted, targets[..., None], axis=-1)[..., 0]  # [...]
    surprisal = np.log(total[..., 0]) - at_target  # [...]
    p /= total
    return _mean(surprisal, counted), p


def _mean(values: FloatArray, counted: BoolArray | None) -> float:
    """Return the mean of the counted values (...), or 0 if none is counted."""
    if counted is None:
        return float(values.sum(dtype=np.float64)) / max(values.size, 1)
    return float(values.sum(dtype=np.float64, where=counted)) / max(int(counted.sum()), 1)


def cross_entropy_backward(
    p: FloatArray, targets: Tokens, counted: BoolArray | None = None
) -> FloatArray:
    """Return the gradient of `cross_entropy`: (p − 1 at the target) / number of counted positions.

    Parameters
    ----------
    p : ndarray, shape (..., V)
        From `cross_entropy`.
    targets : ndarray of int, shape (...)
        Tokens.
    counted : ndarray of bool, shape (...), optional
        True at the positions that count; by default all do.

    Returns
    -------
    ndarray, shape (..., V)
        By the logits; 0 at positions that do not count.
    """
    d_logits = p.copy()  # [..., V]
    at = targets[..., None]
    np.put_along_axis(d_logits, at, np.take_along_axis(p, at, axis=-1) - 1.0, axis=-1)
    d_logits /= max(targets.size if counted is None else int(counted.sum()), 1)
    if counted is not None:
        d_logits *= counted[..., None]
    return d_logits


def check_mask(name: str, mask: BoolArray, shape: tuple[int, ...]) -> None:
    """Raise DataError unless a mask is boolean and broadcasts with arrays of a shape.

    Parameters
    ----------
    name : str
        Name of the mask, for the message.
    mask : ndarray
    shape : tuple of int

    Raises
    ------
    DataError
        For a mask of another type or shape.
    """
    broadcasts = mask.ndim <= len(shape) and all(
        m in (1, n) for m, n in zip(mask.shape[::-1], shape[::-1], strict=False)
    )
    if mask.dtype != np.bool_ or not broadcasts:
        raise DataError(
            f"The mask {name} of type {mask.dtype} and shape {mask.shape} must be bool and fit the "
            f"shape {shape}."
        )
