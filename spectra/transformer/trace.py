"""Every tensor on the way through the Transformer under its name, and what each of them is."""

from typing import Any, NamedTuple

import numpy as np

from spectra.arrays import FloatArray
from spectra.transformer.attention import attention, hidden_keys, split_heads
from spectra.transformer.encoder import Kept, Looks, Weights
from spectra.transformer.layers import add_bias, linear

# Symbol, formula and meaning of each tensor, in the order in which they are computed.
GLOSSARY = {
    "E": ("E", "weights", "embedding: the vector of each token"),
    "frames": ("x", "input", "the frames"),
    "W_X": ("W_X", "weights", "embedding of frames"),
    "b_X": ("b_X", "weights", "embedding of frames: bias"),
    "X": ("X", "X = E[tokens]", "the tokens as vectors"),
    "P": ("P", "weights", "where each position is"),
    "H0": ("H⁰", "H⁰ = X + P", "what enters the first layer"),
    "W_Q": ("W_Qⁱ", "weights", "makes the queries of head i"),
    "W_K": ("W_Kⁱ", "weights", "makes the keys of head i"),
    "W_V": ("W_Vⁱ", "weights", "makes the values of head i"),
    "Q": ("Qᵢ", "Qᵢ = Hˡ W_Qⁱ", "queries: what each position looks for"),
    "K": ("Kᵢ", "Kᵢ = Hˡ W_Kⁱ", "keys: what each position can be found by"),
    "V": ("Vᵢ", "Vᵢ = Hˡ W_Vⁱ", "values: what each position hands on"),
    "S": ("Sᵢ", "Sᵢ = Qᵢ Kᵢᵀ / √d_k", "scores: how well each key matches each query"),
    "A": ("Aᵢ", "Aᵢ = softmax(Sᵢ)", "attention: rows are weights that sum to 1"),
    "Z": ("Zᵢ", "Zᵢ = Aᵢ Vᵢ", "mean of the values by these weights"),
    "M": ("M", "M = concat(Z₁ … Z_h)", "the heads side by side"),
    "W_O": ("W_O", "weights", "mixes the heads"),
    "O": ("O", "O = M W_O", "what attention adds"),
    "H_prime": ("H′", "H′ = LayerNorm(Hˡ + O)", "added and normalised"),
    "W_1": ("W₁", "weights", "feed-forward: widens"),
    "b_1": ("b₁", "weights", "feed-forward: bias inside"),
    "F1": ("F₁", "F₁ = ReLU(H′ W₁ + b₁)", "features of each position, negative ones cut off"),
    "W_2": ("W₂", "weights", "feed-forward: narrows"),
    "b_2": ("b₂", "weights", "feed-forward: bias"),
    "F2": ("F₂", "F₂ = F₁ W₂ + b₂", "what the feed-forward adds"),
    "H": ("Hˡ⁺¹", "Hˡ⁺¹ = LayerNorm(H′ + F₂)", "what leaves the layer"),
    "logits": (
        "logits",
        "logits_t = h_t · Eᵀ",
        "how well each token fits each position (E again: tied)",
    ),
    "p": ("p", "p_t = softmax(logits_t)", "probability of each token"),
    "W_Y": ("W_Y", "weights", "makes frames"),
    "b_Y": ("b_Y", "weights", "makes frames: bias"),
    "Y": ("Y", "Y = H W_Y + b_Y", "the expected frames"),
}
# What is otherwise where frames come in, and for each kind of positions.
OF_FRAMES = {"X": ("X", "X = x W_X + b_X", "the frames as vectors")}
OF_POSITIONS: dict[str, dict[str, tuple[str, str, str]]] = {
    "learned": {},
    "sinusoidal": {
        "P": (
            "P",
            "P(t, 2i) = sin(t / 10000^(2i/d)), P(t, 2i+1) = cos(…)",
            "where each position is",
        )
    },
    "rotary": {
        "H0": ("H⁰", "H⁰ = X", "what enters the first layer"),
        "Q": ("Qᵢ", "Qᵢ = R Hˡ W_Qⁱ", "queries, their pairs of features turned by position"),
        "K": ("Kᵢ", "Kᵢ = R Hˡ W_Kⁱ", "keys, their pairs of features turned by position"),
    },
}


class Trace(NamedTuple):
    """Every tensor of the flow by name, and a table that says of each its name, symbol, formula,
    shape and meaning.

    `tensors["layers"]` is a list by layer; what each head has of its own is a list by head. A
    sequence given without a batch has tensors (T, ·), a batch (B, T, ·). The score of a key that
    must not be seen is −∞.
    """

    tensors: dict[str, Any]
    table: list[dict[str, Any]]


def layer_tensors(w: Weights, kept: Kept, H: FloatArray, looks: Looks) -> dict[str, Any]:
    """The tensors of a layer whose result is H, with axes (B, T, ·); those of heads as lists."""
    _, Q, K, V, Z, _ = kept.heads
    padding = None if looks.padding is None else looks.padding[:, None]  # [B, 1, T]
    _, S, A = attention(Q, K, V, hidden_keys(Q.shape[-2], looks.causal, padding))
    of_heads = {
        name: list(split_heads(w[name], looks.h)) for name in ("W_Q", "W_K", "W_V")
    }  # [d, d] -> h × [d, d_k]
    for name, x in {"Q": Q, "K": K, "V": V, "S": S, "A": A, "Z": Z}.items():
        of_heads[name] = list(x.swapaxes(0, 1))  # [B, h, T, ·] -> h × [B, T, ·]
    return {
        **of_heads,
        "M": kept.M,
        "W_O": w["W_O"],
        "O": linear(kept.M, w["W_O"]),
        "H_prime": kept.H_prime,
        "W_1": w["W_1"],
        "b_1": w["b_1"],
        "F1": kept.F_1,
        "W_2": w["W_2"],
        "b_2": w["b_2"],
        "F2": add_bias(linear(kept.F_1, w["W_2"]), w["b_2"]),
        "H": H,
    }


def without_batch(tensors: dict[str, Any]) -> dict[str, Any]:
    """The tensors of a batch's only sequence, (T, ·) each; weights have no batch and stay."""
    weights = {name for name, (_, formula, _) in GLOSSARY.items() if formula == "weights"}

    def only(name: str, value: Any) -> Any:
        if name in weights:
            return value
        if name == "layers":
            return [without_batch(layer) for layer in value]
        return [x[0] for x in value] if isinstance(value, list) else value[0]

    return {name: only(name, value) for name, value in tensors.items()}


def describe(tensors: dict[str, Any], positions: str) -> list[dict[str, Any]]:
    """A row for each tensor of the flow; what every layer or head has is described once, with the
    shape of one.
    """
    first = tensors["layers"][0]
    flat = {name: value for name, value in tensors.items() if name != "layers"} | first
    known = GLOSSARY | (OF_FRAMES if "frames" in tensors else {}) | OF_POSITIONS[positions]

    def row(name: str) -> dict[str, Any]:
        symbol, formula, meaning = known[name]
        one = flat[name][0] if isinstance(flat[name], list) else flat[name]
        return {
            "name": name,
            "symbol": symbol,
            "formula": formula,
            "shape": list(np.shape(one)),
            "meaning": meaning,
        }

    return [row(name) for name in GLOSSARY if name in flat]
