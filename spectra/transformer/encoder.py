"""The encoder: layers of attention and feed-forward, each added to what came in and normalised
after (post-norm).

H′ = LayerNorm(H + O) with O the multi-head attention of H, and H^{l+1} = LayerNorm(H′ + F₂) with F₂
the feed-forward of H′ (Vaswani et al. 2017).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spectra.arrays import BoolArray, FloatArray
from spectra.transformer.attention import WORTH_THREADS, Heads, multi_head, multi_head_backward
from spectra.transformer.layers import (
    feed_forward,
    feed_forward_backward,
    layer_norm,
    layer_norm_backward,
    linear,
    linear_backward,
)
from spectra.transformer.threads import by_rows, own_threads

# Freed once, a block of this size makes the C library of Linux keep the memory that a layer gives
# back, rather than have the system zero it page by page for the next one: a tenth of the time, a
# sixth with gradients.
np.empty(2**24, dtype=np.uint8)

# The weights of a layer, or the derivatives by them, under the names of `weight_shapes`.
Weights = Mapping[str, FloatArray]


def weight_shapes(d: int, d_ff: int) -> dict[str, tuple[int, ...]]:
    """The weights of a layer: name and shape."""
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


class Looks(NamedTuple):
    """How the positions of a batch look at each other: with h heads, never ahead if `causal`, never
    at padding.

    `padding` (B, T) is True where a sequence is only filled up; `points` (T, d_k / 2) are the
    phasors of rotary positions.
    """

    h: int
    causal: bool = False
    padding: BoolArray | None = None
    points: NDArray[np.complex128] | None = None


class Kept(NamedTuple):
    """What the gradient of a layer needs of its way forward."""

    heads: Heads
    M: FloatArray  # [B, T, d]
    H_prime: FloatArray  # [B, T, d]
    normal_1: FloatArray  # [B, T, d]
    inverse_1: FloatArray  # [B, T, 1]
    F_1: FloatArray  # [B, T, d_ff]
    normal_2: FloatArray  # [B, T, d]
    inverse_2: FloatArray  # [B, T, 1]


def encoder_layer(H: FloatArray, w: Weights, looks: Looks) -> tuple[FloatArray, Kept]:
    """H^{l+1} of H^l (B, T, d)."""
    M, heads = _heads(H, w, looks)  # [B, T, d] -> [B, T, d]
    H_next, *kept = by_rows(partial(_each_position, w), M, H)
    return H_next, Kept(heads, M, *kept)


def _heads(H: FloatArray, w: Weights, looks: Looks) -> tuple[FloatArray, Heads]:
    """M (B, T, d), where positions look at each other."""
    h, causal, padding, points = looks
    return multi_head(
        H, w["W_Q"], w["W_K"], w["W_V"], h, causal=causal, padding=padding, points=points
    )


def _each_position(w: Weights, M: FloatArray, H: FloatArray) -> tuple[FloatArray, ...]:
    """H^{l+1} of M and H^l (..., d), where each position is on its own; then H′ and what else the
    gradient needs.
    """
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
    d_H_next: FloatArray, kept: Kept, w: Weights, looks: Looks
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """By H^l, and by the weights under their names."""
    _, causal, padding, points = looks
    d_M, d_H, *gradients = by_rows(
        partial(_each_position_backward, w), d_H_next, *kept[1:], n_sums=len(OF_POSITIONS)
    )
    g = dict(zip(OF_POSITIONS, gradients, strict=True))
    through_heads, g["W_Q"], g["W_K"], g["W_V"] = multi_head_backward(
        d_M, kept.heads, w["W_Q"], w["W_K"], w["W_V"], causal=causal, padding=padding, points=points
    )  # [B, T, d] -> [B, T, d]
    d_H += through_heads
    return d_H, g


# The weights that `_each_position_backward` gives derivatives by, in its order.
OF_POSITIONS = ("gain_2", "bias_2", "W_1", "b_1", "W_2", "b_2", "gain_1", "bias_1", "W_O")


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
    """By M, by H^l as a term of the first sum, and by the weights; a sum hands its derivative on to
    both of its terms.
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
    H: FloatArray, layers: Iterable[Weights], looks: Looks, *, keep: bool = True
) -> tuple[FloatArray, list[Kept]]:
    """The last H (B, T, d) of H⁰; without `keep` nothing is held for a gradient."""
    all_kept = []
    with own_threads(_worth_threads(H, looks)):
        for w in layers:
            if keep:
                H, kept = encoder_layer(H, w, looks)  # [B, T, d] -> [B, T, d]
                all_kept.append(kept)
            else:
                H = _encoder_layer_only(H, w, looks)  # [B, T, d] -> [B, T, d]
    return H, all_kept


def _encoder_layer_only(H: FloatArray, w: Weights, looks: Looks) -> FloatArray:
    """H^{l+1}, and nothing else put together."""
    M, _ = _heads(H, w, looks)  # [B, T, d] -> [B, T, d]
    (H_next,) = by_rows(lambda M, H: _each_position(w, M, H)[:1], M, H)  # [B, T, d] -> [B, T, d]
    return H_next


def encoder_backward(
    d_H: FloatArray, all_kept: Sequence[Kept], layers: Sequence[Weights], looks: Looks
) -> tuple[FloatArray, list[dict[str, FloatArray]]]:
    """By H⁰, and by the weights of each layer."""
    gradients = []
    with own_threads(_worth_threads(d_H, looks)):
        for kept, w in zip(reversed(all_kept), reversed(layers), strict=True):
            d_H, g = encoder_layer_backward(d_H, kept, w, looks)  # [B, T, d] -> [B, T, d]
            gradients.append(g)
    return d_H, gradients[::-1]


def _worth_threads(H: FloatArray, looks: Looks) -> bool:
    """Whether the scores of a layer are many enough."""
    B, T, _ = H.shape
    return bool(B * looks.h * T * T >= WORTH_THREADS)
