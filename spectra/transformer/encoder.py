"""Encoder: layers of attention and feed-forward, each added and normalised (post-norm).

H′ = LayerNorm(H + O) with O the multi-head attention of H, and H^{l+1} = LayerNorm(H′ + F₂) with F₂
the feed-forward of H′ (Vaswani et al. 2017).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.threads import by_rows, own_threads
from spectra.transformer.attention import Heads, multi_head, multi_head_backward
from spectra.transformer.attention_blocks import WORTH_THREADS
from spectra.transformer.layers import (
    feed_forward,
    feed_forward_backward,
    layer_norm,
    layer_norm_backward,
    linear,
    linear_backward,
)

# The weights of a layer, or the gradients by them, under the names of `weight_shapes`.
Weights = Mapping[str, FloatArray]

# Bytes; more than an array of a usual layer needs, and less than glibc's upper limit of the
# threshold, 32 MB (DEFAULT_MMAP_THRESHOLD_MAX in mallopt(3)).
KEPT_BYTES: Final = 2**24


def keep_freed_memory() -> None:
    """Make the C library of Linux keep freed memory for the next layer.

    By default glibc maps large arrays into memory one by one, and the system fills each page with
    zeros again. When a mapped block is freed, glibc raises M_MMAP_THRESHOLD to its size, and serves
    smaller arrays from memory it has kept (mallopt(3)). This saves a tenth of the time of a forward
    pass, and a sixth with gradients (`benchmarks/transformer_speed.py`). Elsewhere it does nothing.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)


def weight_shapes(d: int, d_ff: int) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of each weight of a layer.

    Parameters
    ----------
    d : int
        Number of features.
    d_ff : int
        Features inside the feed-forward.

    Returns
    -------
    dict of str to tuple of int
    """
    return {
        "W_Q": (d, d),
        "W_K": (d, d),
        "W_V": (d, d),
        "W_O": (d, d),
        "gain_1": (d,),
        "bias_1": (d,),
        "W_1": (d, d_ff),
        "b_1": (d_ff,),
        "W_2": (d_ff, d),
        "b_2": (d,),
        "gain_2": (d,),
        "bias_2": (d,),
    }


class AttentionSettings(NamedTuple):
    """Number of heads, masks and rotary angles of the attention of a batch.

    Attributes
    ----------
    h : int
        Number of heads.
    causal : bool
        If True no position attends to later ones.
    padding : ndarray of bool, shape (B, T), or None
        True at positions that only fill up a sequence, which are not attended to.
    angles : ndarray, shape (T, d_k / 2), or None
        Angles of rotary positions, in radians.
    """

    h: int
    causal: bool = False
    padding: BoolArray | None = None
    angles: Float64Array | None = None


class Kept(NamedTuple):
    """Arrays of the forward pass of a layer that its gradient needs.

    Attributes
    ----------
    heads : Heads
        Those of the attention.
    M : ndarray, shape (B, T, d)
        Heads side by side.
    H_prime : ndarray, shape (B, T, d)
        Result of the first normalisation.
    normal_1, normal_2 : ndarray, shape (B, T, d)
        Normalised rows of the first and the second normalisation.
    inverse_1, inverse_2 : ndarray, shape (B, T, 1)
        Their 1/√(variance + ε).
    F_1 : ndarray, shape (B, T, d_ff)
        Inner layer of the feed-forward.
    """

    heads: Heads
    M: FloatArray  # [B, T, d]
    H_prime: FloatArray  # [B, T, d]
    normal_1: FloatArray  # [B, T, d]
    inverse_1: FloatArray  # [B, T, 1]
    F_1: FloatArray  # [B, T, d_ff]
    normal_2: FloatArray  # [B, T, d]
    inverse_2: FloatArray  # [B, T, 1]


def encoder_layer(
    H: FloatArray, w: Weights, settings: AttentionSettings
) -> tuple[FloatArray, Kept]:
    """Return H^{l+1} of H^l, and the arrays for the gradient.

    Parameters
    ----------
    H : ndarray, shape (B, T, d)
        The input H^l.
    w : dict of str to ndarray
        Weights under the names of `weight_shapes`.
    settings : AttentionSettings

    Returns
    -------
    H_next : ndarray, shape (B, T, d)
    kept : Kept

    References
    ----------
    Vaswani et al. 2017, "Attention Is All You Need", section 3.1.
    """
    M, heads = _attend(H, w, settings)  # [B, T, d] -> [B, T, d]
    H_next, *kept = by_rows(partial(_each_position, w), M, H)
    return H_next, Kept(heads, M, *kept)


def _attend(H: FloatArray, w: Weights, settings: AttentionSettings) -> tuple[FloatArray, Heads]:
    """Return M (B, T, d), the only step in which positions depend on each other."""
    h, causal, padding, angles = settings
    return multi_head(
        H, w["W_Q"], w["W_K"], w["W_V"], h, causal=causal, padding=padding, angles=angles
    )


def _each_position(w: Weights, M: FloatArray, H: FloatArray) -> tuple[FloatArray, ...]:
    """Return H^{l+1} of M and H^l (..., d), then the arrays of `Kept` from H′ on."""
    total = linear(M, w["W_O"])  # [..., d] -> [..., d]
    total += H
    H_prime, normal_1, inverse_1 = layer_norm(total, w["gain_1"], w["bias_1"])  # [..., d]
    total, F_1 = feed_forward(
        H_prime, w["W_1"], w["b_1"], w["W_2"], w["b_2"]
    )  # [..., d], [..., d_ff]
    total += H_prime
    H_next, normal_2, inverse_2 = layer_norm(total, w["gain_2"], w["bias_2"])  # [..., d]
    return H_next, H_prime, normal_1, inverse_1, F_1, normal_2, inverse_2


def encoder_layer_backward(
    d_H_next: FloatArray, kept: Kept, w: Weights, settings: AttentionSettings
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the gradients of `encoder_layer`.

    Parameters
    ----------
    d_H_next : ndarray, shape (B, T, d)
        Derivative of the loss by H^{l+1}.
    kept : Kept
        From `encoder_layer`.
    w : dict of str to ndarray
        Weights of the layer.
    settings : AttentionSettings

    Returns
    -------
    d_H : ndarray, shape (B, T, d)
        By H^l.
    gradients : dict of str to ndarray
        By the weights, under their names.
    """
    _, causal, padding, angles = settings
    d_M, d_H, *gradients = by_rows(
        partial(_each_position_backward, w), d_H_next, *kept[1:], n_sums=len(POSITION_WEIGHTS)
    )
    g = dict(zip(POSITION_WEIGHTS, gradients, strict=True))
    through_heads, g["W_Q"], g["W_K"], g["W_V"] = multi_head_backward(
        d_M, kept.heads, w["W_Q"], w["W_K"], w["W_V"], causal=causal, padding=padding, angles=angles
    )  # [B, T, d] -> [B, T, d]
    d_H += through_heads
    return d_H, g


# The weights in the order in which `_each_position_backward` returns their gradients.
POSITION_WEIGHTS = ("gain_2", "bias_2", "W_1", "b_1", "W_2", "b_2", "gain_1", "bias_1", "W_O")


def _each_position_backward(
    w: Weights,
    d_H_next: FloatArray,
    M: FloatArray,
    H_prime: FloatArray,
    normal_1: FloatArray,
    inverse_1: FloatArray,
    F_1: FloatArray,
    normal_2: FloatArray,
    inverse_2: FloatArray,
) -> tuple[FloatArray, ...]:
    """Return the gradients by M, by H^l as a term of the first sum, and by the weights.

    A sum passes its gradient on to both of its terms.
    """
    d_total, *by_norm_2 = layer_norm_backward(
        d_H_next, normal_2, inverse_2, w["gain_2"]
    )  # [..., d]
    d_H_prime, *by_feed_forward = feed_forward_backward(
        d_total, H_prime, F_1, w["W_1"], w["W_2"]
    )  # [..., d]
    d_H_prime += d_total
    d_total, *by_norm_1 = layer_norm_backward(
        d_H_prime, normal_1, inverse_1, w["gain_1"]
    )  # [..., d]
    d_M, d_W_O = linear_backward(d_total, M, w["W_O"])  # [..., d] -> [..., d]
    return d_M, d_total, *by_norm_2, *by_feed_forward, *by_norm_1, d_W_O


def encoder(
    H: FloatArray, layers: Iterable[Weights], settings: AttentionSettings, *, keep: bool = True
) -> tuple[FloatArray, list[Kept]]:
    """Return the output of all layers, and the arrays for the gradient.

    Parameters
    ----------
    H : ndarray, shape (B, T, d)
        The input H⁰.
    layers : iterable of dict
        Weights of each layer.
    settings : AttentionSettings
    keep : bool
        If False the arrays for the gradient are left out.

    Returns
    -------
    H : ndarray, shape (B, T, d)
    kept : list of Kept
        One for each layer; empty without `keep`.
    """
    all_kept = []
    with own_threads(_worth_threads(H, settings)):
        for w in layers:
            if keep:
                H, kept = encoder_layer(H, w, settings)  # [B, T, d] -> [B, T, d]
                all_kept.append(kept)
            else:
                H = _encoder_layer_only(H, w, settings)  # [B, T, d] -> [B, T, d]
    return H, all_kept


def _encoder_layer_only(H: FloatArray, w: Weights, settings: AttentionSettings) -> FloatArray:
    """Return H^{l+1} of H^l (B, T, d), without the arrays for the gradient."""
    M, _ = _attend(H, w, settings)  # [B, T, d] -> [B, T, d]
    (H_next,) = by_rows(lambda M, H: _each_position(w, M, H)[:1], M, H)  # [B, T, d] -> [B, T, d]
    return H_next


def encoder_backward(
    d_H: FloatArray,
    all_kept: Sequence[Kept],
    layers: Sequence[Weights],
    settings: AttentionSettings,
) -> tuple[FloatArray, list[dict[str, FloatArray]]]:
    """Return the gradients of `encoder`.

    Parameters
    ----------
    d_H : ndarray, shape (B, T, d)
        Derivative of the loss by the output.
    all_kept : sequence of Kept
        From `encoder`.
    layers : sequence of dict
        Weights of each layer.
    settings : AttentionSettings

    Returns
    -------
    d_H : ndarray, shape (B, T, d)
        By H⁰.
    gradients : list of dict
        By the weights of each layer, under their names.
    """
    gradients = []
    with own_threads(_worth_threads(d_H, settings)):
        for kept, w in zip(reversed(all_kept), reversed(layers), strict=True):
            d_H, g = encoder_layer_backward(d_H, kept, w, settings)  # [B, T, d] -> [B, T, d]
            gradients.append(g)
    return d_H, gradients[::-1]


def _worth_threads(H: FloatArray, settings: AttentionSettings) -> bool:
    """Return True if a layer computes enough scores for threads to pay."""
    B, T, _ = H.shape
    return bool(B * settings.h * T * T >= WORTH_THREADS)
