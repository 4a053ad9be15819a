"""The whole flow against loops, torch on the same weights, differences, and the example."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import naive_transformer as naive
from numerical import numerical_gradient
from spectra.errors import DataError
from spectra.transformer.encoder import AttentionSettings, encoder, encoder_backward
from spectra.transformer.example import TOKENS, P, X, worked_example
from spectra.transformer.layers import cross_entropy, cross_entropy_backward
from spectra.transformer.model import Sizes, Transformer

TOKEN_SIZES = Sizes(d=4, h=2, d_ff=5, n_layers=2, V=6)
FRAME_SIZES = Sizes(d=4, h=2, d_ff=5, n_layers=2, n_features=3, V=6)
ALL_SIZES = [
    TOKEN_SIZES,
    Sizes(d=4, h=1, d_ff=5, V=6, T=9, positions="learned", causal=True),
    Sizes(d=4, h=2, d_ff=3, V=6, positions="rotary", causal=True),
    FRAME_SIZES,
    Sizes(d=4, h=2, d_ff=5, n_features=3, V=6, T=7, positions="learned"),
]


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(Path(__file__).with_name("torch_reference.npz"), allow_pickle=False) as file:
        return dict(file)


def layers_of(reference: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    return [
        {name[2:]: x for name, x in reference.items() if name.startswith(f"{layer}.")}
        for layer in (0, 1)
    ]


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def model_of(sizes: Sizes, seed: int = 0, dtype: type = np.float64) -> Transformer:
    """A model none of whose weights is at its first value."""
    model = Transformer.initial(sizes, np.random.default_rng(seed), dtype)
    for name, weight in model.weights.items():
        weight += 0.3 * random(*weight.shape, seed=len(name)).astype(dtype)
    return model


def inputs_of(sizes: Sizes, B: int = 2, T: int = 5) -> np.ndarray:
    if sizes.n_features is not None:
        return random(B, T, sizes.n_features, seed=9)
    return np.random.default_rng(9).integers(sizes.V or 0, size=(B, T))


CASES = {
    "plain": {},
    "causal": {"causal": True},
    "padded": {"padding": True},
    "causal padded": {"causal": True, "padding": True},
}


@pytest.mark.parametrize("case", CASES)
def test_encoder_is_that_of_torch(case: str, reference: dict[str, np.ndarray]) -> None:
    masks = CASES[case]
    settings = AttentionSettings(
        2, "causal" in masks, reference["padding"] if "padding" in masks else None
    )
    layers = layers_of(reference)
    output, kept = encoder(reference["H"], layers, settings)
    np.testing.assert_allclose(output, reference[f"{case} output"], rtol=0, atol=1e-10)
    d_H, gradients = encoder_backward(reference["weight"], kept, layers, settings)
    np.testing.assert_allclose(d_H, reference[f"{case} d_H"], rtol=0, atol=1e-8)
    for layer, of_layer in enumerate(gradients):
        assert of_layer.keys() == layers[layer].keys()
        for name, gradient in of_layer.items():
            np.testing.assert_allclose(
                gradient, reference[f"{case} d_{layer}.{name}"], rtol=0, atol=1e-8, err_msg=name
            )


def test_tokens_to_loss_is_that_of_torch(reference: dict[str, np.ndarray]) -> None:
    sizes = Sizes(d=8, h=2, d_ff=12, n_layers=2, V=9, T=7, positions="learned", causal=True)
    weights = {name: reference.get(name, np.zeros(shape)) for name, shape in sizes.shapes.items()}
    model, tokens = Transformer(sizes, weights), reference["tokens"]
    flow = model.forward(tokens)
    np.testing.assert_allclose(flow.logits, reference["tokens output"], rtol=0, atol=1e-10)
    # The last position has nothing after it.
    following, counted = np.roll(tokens, -1, axis=1), np.arange(7) < np.full((2, 1), 6)
    loss, p = cross_entropy(flow.logits, following, counted)
    assert loss == pytest.approx(float(reference["tokens loss"]), abs=1e-10)
    gradients = model.backward(flow, cross_entropy_backward(p, following, counted))
    assert not gradients.pop("mask").any()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(
            gradient, reference[f"tokens d_{name}"], rtol=0, atol=1e-8, err_msg=name
        )


@pytest.mark.parametrize("causal", [False, True])
def test_encoder_is_the_loops(causal: bool) -> None:
    model = model_of(TOKEN_SIZES)
    H = random(5, 4)
    output, _ = encoder(H[None], model.layers(), AttentionSettings(2, causal))
    expected = H.tolist()
    for w in model.layers():
        lists = {name: weight.tolist() for name, weight in w.items()}
        expected = naive.encoder_layer(expected, lists, 2, lambda i, j: causal and j > i)
    np.testing.assert_allclose(output[0], expected, atol=1e-13)


@pytest.mark.parametrize(
    "sizes", ALL_SIZES, ids=lambda sizes: f"{sizes.positions}-V={sizes.V}-F={sizes.n_features}"
)
def test_gradient_of_every_weight(sizes: Sizes) -> None:
    model, inputs = model_of(sizes), inputs_of(sizes)
    masks: dict[str, Any] = {
        "padding": np.arange(5) >= [[5], [4]],
        "hidden": np.arange(5) == [[1], [3]],
    }
    flow = model.forward(inputs, **masks)
    weight = random(*flow.logits.shape, seed=3)
    gradients = model.backward(flow, weight)
    assert {name: gradient.shape for name, gradient in gradients.items()} == sizes.shapes
    for name, gradient in gradients.items():
        expected = numerical_gradient(
            lambda: (model.forward(inputs, **masks).logits * weight).sum(), model.weights[name]
        )
        np.testing.assert_allclose(gradient, expected, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("sizes", ALL_SIZES, ids=str)
def test_single_precision_is_kept(sizes: Sizes) -> None:
    model, inputs = model_of(sizes, dtype=np.float32), inputs_of(sizes)
    flow = model.forward(inputs)
    gradients = model.backward(flow, flow.logits)
    assert {x.dtype for x in (flow.logits, *gradients.values())} == {np.dtype(np.float32)}
    exact = Transformer(sizes, {name: w.astype(np.float64) for name, w in model.weights.items()})
    np.testing.assert_allclose(flow.logits, exact.forward(inputs).logits, atol=1e-5)


def test_sequence_of_a_batch_is_as_alone_whatever_it_is_filled_up_with() -> None:
    model = model_of(TOKEN_SIZES)
    tokens = inputs_of(TOKEN_SIZES)
    alone = model.predict(tokens[1, :3])
    assert alone.shape == (3, 6)
    np.testing.assert_allclose(alone.sum(axis=-1), 1.0)
    for filler in (0, 5):
        tokens[1, 3:] = filler
        together = model.predict(tokens, padding=np.arange(5) >= [[5], [3]])
        np.testing.assert_allclose(together[1, :3], alone, atol=1e-13)


def test_hidden_inputs_do_not_matter() -> None:
    model, frames = model_of(FRAME_SIZES), inputs_of(FRAME_SIZES)
    hidden = np.arange(5) == [[2], [4]]
    before = model.predict(frames, hidden=hidden)
    frames[hidden] = 7.0
    assert np.array_equal(model.predict(frames, hidden=hidden), before)
    assert not np.array_equal(model.predict(frames), before)


def test_causal_model_does_not_see_ahead() -> None:
    sizes = Sizes(d=4, h=2, d_ff=5, n_layers=2, V=6, causal=True)
    model, tokens = model_of(sizes), inputs_of(sizes)
    before = model.predict(tokens)
    tokens[:, 3:] = (tokens[:, 3:] + 1) % 6
    after = model.predict(tokens)
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-14)
    assert (after[:, 3:] != before[:, 3:]).any()


def test_worked_example() -> None:
    tensors, _ = worked_example(np.random.default_rng(0)).forward(TOKENS, trace=True).trace
    assert tensors["E"].shape == (8, 4)
    assert np.array_equal(tensors["E"][1:6], X)
    assert np.array_equal(tensors["X"], X)
    assert np.array_equal(tensors["P"], P)
    H_0 = [
        [0.1, 0.4, -0.1, 0.3],
        [-0.1, 0, 0.6, 0.1],
        [0.5, 0.2, -0.3, 0.5],
        [0.3, -0.1, 0.3, 0.2],
        [0.5, 0.5, 0.1, 0],
    ]
    np.testing.assert_allclose(tensors["H0"], H_0, atol=1e-16)


@pytest.mark.parametrize("causal", [False, True])
def test_every_tensor_of_the_trace_follows_from_those_before(causal: bool) -> None:
    sizes = Sizes(d=6, h=3, d_ff=5, n_layers=2, V=6, causal=causal)
    model = Transformer.initial(sizes, np.random.default_rng(1))
    tokens = np.array([5, 0, 0, 3])
    t, _ = model.forward(tokens, trace=True).trace
    assert np.array_equal(t["X"], t["E"][tokens])
    H = t["X"] + t["P"]
    assert np.array_equal(t["H0"], H)
    seen = np.tril(np.ones((4, 4), dtype=bool)) if causal else np.ones((4, 4), dtype=bool)
    for layer in t["layers"]:
        for i in range(3):
            Q, K, V = (H @ layer[f"W_{name}"][i] for name in "QKV")
            S = np.where(seen, Q @ K.T / np.sqrt(2), -np.inf)
            A = np.exp(S) / np.exp(S).sum(axis=-1, keepdims=True)
            for name, expected in {"Q": Q, "K": K, "V": V, "S": S, "A": A, "Z": A @ V}.items():
                np.testing.assert_allclose(layer[name][i], expected, atol=1e-14, err_msg=name)
        np.testing.assert_allclose(layer["M"], np.concatenate(layer["Z"], axis=-1), atol=1e-15)
        np.testing.assert_allclose(layer["O"], layer["M"] @ layer["W_O"], atol=1e-15)
        np.testing.assert_allclose(layer["H_prime"], normalised(H + layer["O"]), atol=1e-13)
        F_1 = np.maximum(layer["H_prime"] @ layer["W_1"] + layer["b_1"], 0)
        np.testing.assert_allclose(layer["F1"], F_1, atol=1e-14)
        np.testing.assert_allclose(layer["F2"], F_1 @ layer["W_2"] + layer["b_2"], atol=1e-14)
        H = layer["H"]
        np.testing.assert_allclose(H, normalised(layer["H_prime"] + layer["F2"]), atol=1e-13)
    np.testing.assert_allclose(t["logits"], H @ t["E"].T, atol=1e-14)
    np.testing.assert_allclose(
        t["p"], np.exp(t["logits"]) / np.exp(t["logits"]).sum(axis=-1, keepdims=True), atol=1e-15
    )


def normalised(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


@pytest.mark.parametrize("sizes", ALL_SIZES, ids=str)
@pytest.mark.parametrize("batched", [False, True])
def test_table_describes_every_tensor(sizes: Sizes, batched: bool) -> None:
    inputs = inputs_of(sizes)
    tensors, table = model_of(sizes).forward(inputs if batched else inputs[0], trace=True).trace
    flat = {name: x for name, x in tensors.items() if name != "layers"} | tensors["layers"][0]
    assert sorted(row["name"] for row in table) == sorted(flat)
    for row in table:
        assert row.keys() == {"name", "symbol", "formula", "shape", "meaning"}
        one = flat[row["name"]]
        assert row["shape"] == list((one[0] if isinstance(one, list) else one).shape)
        assert row["meaning"]
    json.dumps(table)
    assert next(row for row in table if row["name"] == "H")["shape"] == (
        [2, 5, 4] if batched else [5, 4]
    )


@pytest.mark.parametrize(
    ("inputs", "masks", "message"),
    [
        ([1, 6], {}, "Token 6 at position 1 is outside the vocabulary: the 6 tokens are 0 to 5"),
        ([[1, 2], [3, -1]], {}, "Token -1 at position 1"),
        ([1.0, 2.0], {}, "must be integers"),
        (
            [[1, 2], [3, 4]],
            {"padding": [[True, False]]},
            r"mask padding of type bool and shape \(1, 2\) must be bool of shape",
        ),
        ([[1, 2], [3, 4]], {"hidden": [[0, 1], [0, 1]]}, "mask hidden of type int64"),
    ],
)
def test_bad_tokens_and_masks_are_named(
    inputs: list[Any], masks: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        model_of(TOKEN_SIZES).forward(inputs, **masks)


def test_bad_frames_are_named() -> None:
    model, frames = model_of(FRAME_SIZES), inputs_of(FRAME_SIZES)
    with pytest.raises(DataError, match=r"Frames of shape \(2, 5, 2\) must have shape"):
        model.forward(frames[..., :2])
    frames[1, 3, 0] = np.nan
    with pytest.raises(DataError, match="Frame 3 of sequence 1 is not finite"):
        model.forward(frames)
    with pytest.raises(DataError, match="Frame 3 is not finite"):
        model.forward(frames[1])
    with pytest.raises(DataError, match="Frame 0 is not finite"):
        model_of(FRAME_SIZES, dtype=np.float32).forward(np.full((2, 3), 1e39))


def test_sequence_longer_than_learned_positions_is_an_error() -> None:
    sizes = Sizes(d=4, h=1, d_ff=5, V=6, T=4, positions="learned")
    with pytest.raises(
        DataError, match="A sequence of 5 positions is too long: the model has learned 4"
    ):
        model_of(sizes).forward([0] * 5)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"d": 6, "h": 4}, "d=6 features cannot be split into h=4 heads"),
        ({"d": 0}, "d=0 must be"),
        ({"V": 0}, "V=0 must be"),
        ({"positions": "learned"}, "T=None: learned positions need"),
        ({"positions": "none"}, "positions='none' must be"),
        ({"d": 6, "h": 2, "positions": "rotary"}, "d=6 and h=2: rotary positions need an even"),
    ],
)
def test_sizes_that_do_not_fit_are_named(sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sizes(**({"d": 4, "h": 2, "d_ff": 6, "V": 8} | sizes))


def test_weights_that_do_not_fit_are_named() -> None:
    weights = model_of(TOKEN_SIZES).weights
    with pytest.raises(ValueError, match=r"weight E has shape \(6, 4\), but needs \(7, 4\)"):
        Transformer(Sizes(d=4, h=2, d_ff=5, n_layers=2, V=7), weights)
    del weights["1.W_Q"]
    with pytest.raises(ValueError, match=r"weight 1\.W_Q has shape none"):
        Transformer(TOKEN_SIZES, weights)
