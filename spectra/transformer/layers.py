"""The operations of a layer other than attention, each with its gradient beside it.

`f_backward` takes d_y, the derivative of the loss by what `f` returned, and gives the derivatives
by what `f` took. The axes before the last are positions and sequences; a weight, which all of them
share, has the sum of their gradients.
"""

import numpy as np
from numpy.typing import NDArray

from spectra.arrays import BoolArray, FloatArray

Tokens = NDArray[np.integer]

# Keeps layer normalisation from dividing by 0 where all features are alike.
EPSILON = 1e-5


def linear(X: FloatArray, W: FloatArray) -> FloatArray:
    """X W."""
    Y: FloatArray = X.reshape(-1, len(W)) @ W  # [..., d_in] -> [n, d_out]
    return Y.reshape(*X.shape[:-1], W.shape[1])  # [..., d_out]


def linear_backward(d_Y: FloatArray, X: FloatArray, W: FloatArray) -> tuple[FloatArray, FloatArray]:
    """By X and W: dY Wᵀ and Xᵀ dY."""
    rows = d_Y.reshape(-1, W.shape[1])  # [..., d_out] -> [n, d_out]
    d_W = X.reshape(-1, len(W)).T @ rows  # -> [d_in, d_out]
    return (rows @ W.T).reshape(X.shape), d_W  # [n, d_out] -> [..., d_in]


def add_bias(Y: FloatArray, b: FloatArray) -> FloatArray:
    """Y + b, in place."""
    Y += b  # [..., d_out]
    return Y


def add_bias_backward(d_Y: FloatArray) -> FloatArray:
    """By b: the sum of dY over the rows."""
    d_b: FloatArray = d_Y.reshape(-1, d_Y.shape[-1]).sum(axis=0)  # [..., d_out] -> [d_out]
    return d_b


def layer_norm(
    X: FloatArray, gain: FloatArray, bias: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """gain·(x − mean)/√(variance + ε) + bias over the features of each row (Ba, Kiros & Hinton
    2016).

    Also returns what the gradient needs: the normalised rows (..., d) and 1/√(variance + ε) of each
    (..., 1).
    """
    d = X.shape[-1]
    # As products with a vector, sums over a short axis take a fraction of the time of np.sum.
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
    """By X, gain and bias.

    The mean and the variance move with x: what of g = gain·dY lies along a constant and along the
    normalised row is lost, dX = (g − mean(g) − normal·mean(g·normal))/√(variance + ε).
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
    """F₁ = ReLU(H W₁ + b₁) and F₂ = F₁ W₂ + b₂, each row on its own; returns F₂ (..., d) and F₁
    (..., d_ff).
    """
    F_1 = add_bias(linear(H, W_1), b_1)  # [..., d] -> [..., d_ff]
    # With a row of zeros numpy takes half the time of the number 0.
    np.maximum(F_1, np.zeros_like(b_1), out=F_1)
    return add_bias(linear(F_1, W_2), b_2), F_1  # [..., d_ff] -> [..., d]


def feed_forward_backward(
    d_F_2: FloatArray, H: FloatArray, F_1: FloatArray, W_1: FloatArray, W_2: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """By H, W₁, b₁, W₂ and b₂; the ReLU lets through what it let through before, and nothing at
    0.
    """
    d_F_1, d_W_2 = linear_backward(d_F_2, F_1, W_2)  # [..., d] -> [..., d_ff]
    d_F_1 *= F_1 > 0.0
    d_H, d_W_1 = linear_backward(d_F_1, H, W_1)  # [..., d_ff] -> [..., d]
    return d_H, d_W_1, add_bias_backward(d_F_1), d_W_2, add_bias_backward(d_F_2)


def embed(tokens: Tokens, E: FloatArray) -> FloatArray:
    """The row of E (V, d) that belongs to each token."""
    return E[tokens]  # [...] -> [..., d]


def embed_backward(d_X: FloatArray, tokens: Tokens, E: FloatArray) -> FloatArray:
    """By E: each row has the sum over the places where its token stands, the other rows 0."""
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
    """Mean of −log p(target) in nats, p = softmax(logits); returns it with p (..., V).

    `counted` (...) flags the places that count, all of them by default; without any the loss is 0.
    The logarithm is taken of the sum of exponentials after the largest logit is taken out, so no p
    is too small to be counted.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)  # [..., V]
    p = np.exp(shifted)  # [..., V]
    total = p.sum(axis=-1, keepdims=True)  # [..., 1]
    p /= total
    at_target = np.take_along_axis(shifted, targets[..., None], axis=-1)[..., 0]  # [...]
    surprisal = np.log(total[..., 0]) - at_target  # [...]
    return _mean_where(surprisal, counted), p


def cross_entropy_backward(
    p: FloatArray, targets: Tokens, counted: BoolArray | None = None
) -> FloatArray:
    """By the logits: (p − 1 at the target) over the number of places that count, 0 at the
    others.
    """
    d_logits = p.copy()  # [..., V]
    at = targets[..., None]
    np.put_along_axis(d_logits, at, np.take_along_axis(p, at, axis=-1) - 1.0, axis=-1)
    return _shared(d_logits, counted)


def squared_error(
    predicted: FloatArray, target: FloatArray, counted: BoolArray | None = None
) -> tuple[float, FloatArray]:
    """Mean over the places that count of the mean square over features; returns it with predicted −
    target (..., F).
    """
    difference = predicted - target  # [..., F]
    return _mean_where(
        np.einsum("...i,...i->...", difference, difference) / difference.shape[-1], counted
    ), difference


def squared_error_backward(difference: FloatArray, counted: BoolArray | None = None) -> FloatArray:
    """By the prediction: 2·difference over the number of features and places that count, 0 at the
    others.
    """
    return _shared(difference * (2.0 / difference.shape[-1]), counted)


def _mean_where(values: FloatArray, counted: BoolArray | None) -> float:
    """Mean of the values (...) that count; 0 where none does."""
    if counted is None:
        return float(values.sum(dtype=np.float64)) / max(values.size, 1)
    return float(values.sum(dtype=np.float64, where=counted)) / max(int(counted.sum()), 1)


def _shared(gradient: FloatArray, counted: BoolArray | None) -> FloatArray:
    """A gradient (..., n) of each place's own loss as that of their mean, in place."""
    places = gradient.size // max(gradient.shape[-1], 1) if counted is None else int(counted.sum())
    gradient /= max(places, 1)
    if counted is not None:
        gradient *= counted[..., None]
    return gradient
