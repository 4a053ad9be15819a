"""The encoder: layers of attention and feed-forward, each added to what came in and normalised after (post-norm).

H′ = LayerNorm(H + O) with O the multi-head attention of H, and H^{l+1} = LayerNorm(H′ + F₂) with F₂ the feed-forward of H′
(Vaswani et al. 2017).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spectra.sequence.attention import Heads, multi_head, multi_head_backward
from spectra.sequence.layers import Flags, feed_forward, feed_forward_backward, layer_norm, layer_norm_backward
from spectra.sequence.positional import Floats

# The weights of a layer, or the derivatives by them, under the names of `weight_shapes`.
Weights = Mapping[str, Floats]


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
    """How the positions of a batch look at each other: with h heads, never ahead if `causal`, never at padding.

    `padding` (B, T) is True where a sequence is only filled up; `points` (T, d_k / 2) are the phasors of rotary positions.
    """

    h: int
    causal: bool = False
    padding: Flags | None = None
    points: NDArray[np.complex128] | None = None


class Kept(NamedTuple):
    """What the gradient of a layer needs of its way forward."""

    heads: Heads
    H_prime: Floats  # [B, T, d]
    normal_1: Floats  # [B, T, d]
    inverse_1: Floats  # [B, T, 1]
    F_1: Floats  # [B, T, d_ff]
    normal_2: Floats  # [B, T, d]
    inverse_2: Floats  # [B, T, 1]


def encoder_layer(H: Floats, w: Weights, looks: Looks) -> tuple[Floats, Kept]:
    """H^{l+1} of H^l (B, T, d)."""
    h, causal, padding, points = looks
    attended, heads = multi_head(
        H, w["W_Q"], w["W_K"], w["W_V"], w["W_O"], h, causal=causal, padding=padding, points=points
    )  # [B, T, d] -> [B, T, d]
    attended += H
    H_prime, normal_1, inverse_1 = layer_norm(attended, w["gain_1"], w["bias_1"])  # [B, T, d]
    F_2, F_1 = feed_forward(H_prime, w["W_1"], w["b_1"], w["W_2"], w["b_2"])  # [B, T, d], [B, T, d_ff]
    F_2 += H_prime
    H_next, normal_2, inverse_2 = layer_norm(F_2, w["gain_2"], w["bias_2"])  # [B, T, d]
    return H_next, Kept(heads, H_prime, normal_1, inverse_1, F_1, normal_2, inverse_2)


def encoder_layer_backward(d_H_next: Floats, kept: Kept, w: Weights, looks: Looks) -> tuple[Floats, dict[str, Floats]]:
    """By H^l, and by the weights under their names; a sum hands its derivative on to both of its terms."""
    _, causal, padding, points = looks
    g: dict[str, Floats] = {}
    d_sum, g["gain_2"], g["bias_2"] = layer_norm_backward(d_H_next, kept.normal_2, kept.inverse_2, w["gain_2"])
    d_H_prime, g["W_1"], g["b_1"], g["W_2"], g["b_2"] = feed_forward_backward(
        d_sum, kept.H_prime, kept.F_1, w["W_1"], w["W_2"]
    )  # [B, T, d] -> [B, T, d]
    d_H_prime += d_sum
    d_sum, g["gain_1"], g["bias_1"] = layer_norm_backward(d_H_prime, kept.normal_1, kept.inverse_1, w["gain_1"])
    d_H, g["W_Q"], g["W_K"], g["W_V"], g["W_O"] = multi_head_backward(
        d_sum, kept.heads, w["W_Q"], w["W_K"], w["W_V"], w["W_O"], causal=causal, padding=padding, points=points
    )  # [B, T, d] -> [B, T, d]
    d_H += d_sum
    return d_H, g


def encoder(H: Floats, layers: Iterable[Weights], looks: Looks, *, keep: bool = True) -> tuple[Floats, list[Kept]]:
    """The last H (B, T, d) of H⁰; without `keep` nothing is held for a gradient."""
    all_kept = []
    for w in layers:
        H, kept = encoder_layer(H, w, looks)  # [B, T, d] -> [B, T, d]
        if keep:
            all_kept.append(kept)
        # Before the next layer asks for memory of its own.
        del kept
    return H, all_kept


def encoder_backward(
    d_H: Floats, all_kept: Sequence[Kept], layers: Sequence[Weights], looks: Looks
) -> tuple[Floats, list[dict[str, Floats]]]:
    """By H⁰, and by the weights of each layer."""
    gradients = []
    for kept, w in zip(reversed(all_kept), reversed(layers), strict=True):
        d_H, g = encoder_layer_backward(d_H, kept, w, looks)  # [B, T, d] -> [B, T, d]
        gradients.append(g)
    return d_H, gradients[::-1]
