"""Every tensor of the Transformer by name, with its symbol, formula, shape and meaning."""

from typing import Any, NamedTuple

import numpy as np

from spectra.arrays import FloatArray
from spectra.transformer.attention import attention_weights, hidden_keys, split_heads
from spectra.transformer.encoder import AttentionSettings, Kept, Weights
from spectra.transformer.layers import add_bias, linear

# Symbol, formula and meaning of each tensor, in the order of computation.
GLOSSARY = {
    "E": ("E", "weights", "embedding: one vector for each token"),
    "frames": ("x", "input", "frames"),
    "W_X": ("W_X", "weights", "embedding of frames: weights"),
    "b_X": ("b_X", "weights", "embedding of frames: bias"),
    "X": ("X", "X = E[tokens]", "tokens as vectors"),
    "P": ("P", "weights", "learned positions: one vector for each"),
    "H0": ("H⁰", "H⁰ = X + P", "input of the first layer"),
    "W_Q": ("W_Qⁱ", "weights", "query weights of head i"),
    "W_K": ("W_Kⁱ", "weights", "key weights of head i"),
    "W_V": ("W_Vⁱ", "weights", "value weights of head i"),
    "Q": ("Qᵢ", "Qᵢ = Hˡ W_Qⁱ", "queries"),
    "K": ("Kᵢ", "Kᵢ = Hˡ W_Kⁱ", "keys, to be matched with queries"),
    "V": ("Vᵢ", "Vᵢ = Hˡ W_Vⁱ", "values, to be averaged"),
    "S": ("Sᵢ", "Sᵢ = Qᵢ Kᵢᵀ / √d_k", "scores: match of each query (row) with each key (column)"),
    "A": ("Aᵢ", "Aᵢ = softmax(Sᵢ)", "attention weights: each row sums to 1"),
    "Z": ("Zᵢ", "Zᵢ = Aᵢ Vᵢ", "weighted means of the values"),
    "M": ("M", "M = concat(Z₁ … Z_h)", "heads side by side"),
    "W_O": ("W_O", "weights", "output weights of attention"),
    "O": ("O", "O = M W_O", "output of attention"),
    "H_prime": ("H′", "H′ = LayerNorm(Hˡ + O)", "residual sum, normalised"),
    "W_1": ("W₁", "weights", "feed-forward: weights of the inner layer"),
    "b_1": ("b₁", "weights", "feed-forward: bias of the inner layer"),
    "F1": (
        "F₁",
        "F₁ = ReLU(H′ W₁ + b₁)",
        "inner layer of the feed-forward, negative values set to 0",
    ),
    "W_2": ("W₂", "weights", "feed-forward: weights of the outer layer"),
    "b_2": ("b₂", "weights", "feed-forward: bias of the outer layer"),
    "F2": ("F₂", "F₂ = F₁ W₂ + b₂", "output of the feed-forward"),
    "H": ("Hˡ⁺¹", "Hˡ⁺¹ = LayerNorm(H′ + F₂)", "output of the layer: residual sum, normalised"),
    "logits": ("logits", "logits_t = h_t · Eᵀ", "score of each token (E again: tied weights)"),
    "p": ("p", "p_t = softmax(logits_t)", "probability of each token"),
}
# Entries that differ if the inputs are frames, and for each kind of positions.
FRAME_ENTRIES = {"X": ("X", "X = x W_X + b_X", "frames as vectors")}
POSITION_ENTRIES: dict[str, dict[str, tuple[str, str, str]]] = {
    "learned": {},
    "sinusoidal": {
        "P": (
            "P",
            "P(t, 2i) = sin(t / 10000^(2i/d)), P(t, 2i+1) = cos(…)",
            "sinusoidal positions",
        )
    },
    "rotary": {
        "H0": ("H⁰", "H⁰ = X", "input of the first layer"),
        "Q": ("Qᵢ", "Qᵢ = R Hˡ W_Qⁱ", "queries, pairs of features rotated by position"),
        "K": ("Kᵢ", "Kᵢ = R Hˡ W_Kⁱ", "keys, pairs of features rotated by position"),
    },
}


class Trace(NamedTuple):
    """Every tensor of the flow by name, and a table that describes them.

    Attributes
    ----------
    tensors : dict
        `tensors["layers"]` is a list with one entry for each layer. A tensor of the heads is a list
        with one entry for each head. Tensors are (T, ·) for a single sequence, (B, T, ·) for a
        batch. The score of a hidden key is −∞.
    table : list of dict
        A row for each name, with symbol, formula, shape and meaning.
    """

    tensors: dict[str, Any]
    table: list[dict[str, Any]]


def layer_tensors(
    w: Weights, kept: Kept, H: FloatArray, settings: AttentionSettings
) -> dict[str, Any]:
    """Return the tensors of a layer.

    Parameters
    ----------
    w : dict of str to ndarray
        Weights of the layer.
    kept : Kept
        From `encoder_layer`.
    H : ndarray, shape (B, T, d)
        Output of the layer.
    settings : AttentionSettings

    Returns
    -------
    dict
        Tensors (B, T, ·) by name; those of heads as lists.
    """
    _, Q, K, V, Z, _ = kept.heads
    padding = None if settings.padding is None else settings.padding[:, None]  # [B, 1, T]
    S, A = attention_weights(Q, K, hidden_keys(Q.shape[-2], settings.causal, padding))
    heads = {
        name: list(split_heads(w[name], settings.h)) for name in ("W_Q", "W_K", "W_V")
    }  # [d, d] -> h × [d, d_k]
    for name, x in {"Q": Q, "K": K, "V": V, "S": S, "A": A, "Z": Z}.items():
        heads[name] = list(x.swapaxes(0, 1))  # [B, h, T, ·] -> h × [B, T, ·]
    return {
        **heads,
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
    """Return the tensors of a batch with one sequence without its axis.

    Parameters
    ----------
    tensors : dict
        Tensors (1, T, ·) by name, and weights.

    Returns
    -------
    dict
        Tensors (T, ·); weights stay as they are.
    """
    weights = {name for name, (_, formula, _) in GLOSSARY.items() if formula == "weights"}

    def first(name: str, value: Any) -> Any:
        if name in weights:
            return value
        if name == "layers":
            return [without_batch(layer) for layer in value]
        return [x[0] for x in value] if isinstance(value, list) else value[0]

    return {name: first(name, value) for name, value in tensors.items()}


def describe(tensors: dict[str, Any], positions: str) -> list[dict[str, Any]]:
    """Return the table of a trace.

    Parameters
    ----------
    tensors : dict
        Tensors by name.
    positions : {"sinusoidal", "learned", "rotary"}
        Encoding of positions.

    Returns
    -------
    list of dict
        A row for each tensor; those of layers and heads have one row, with the shape of one.
    """
    flat = {name: value for name, value in tensors.items() if name != "layers"}
    flat |= tensors["layers"][0]
    glossary = GLOSSARY | (FRAME_ENTRIES if "frames" in tensors else {})
    glossary |= POSITION_ENTRIES[positions]

    def row(name: str) -> dict[str, Any]:
        symbol, formula, meaning = glossary[name]
        tensor = flat[name][0] if isinstance(flat[name], list) else flat[name]
        return {
            "name": name,
            "symbol": symbol,
            "formula": formula,
            "shape": list(np.shape(tensor)),
            "meaning": meaning,
        }

    return [row(name) for name in GLOSSARY if name in flat]
