"""The command that shows a Transformer at work."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from spectra.cli import main
from spectra.transformer.example import TOKENS, P, X, worked_example

LAYER = [
    *("W_Q", "W_K", "W_V", "Q", "K", "V", "S", "A", "Z", "M", "W_O", "O", "H_prime"),
    *("W_1", "b_1", "F1", "W_2", "b_2", "F2", "H"),
]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["transformer", *arguments])


def document(*arguments: str) -> Any:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_json_of_the_worked_example() -> None:
    shown = document()
    assert list(shown) == ["tensors", "table"]
    tensors = shown["tensors"]
    assert list(tensors) == ["E", "X", "P", "H0", "layers", "logits", "p"]
    assert [list(layer) for layer in tensors["layers"]] == [LAYER]
    assert tensors["X"] == [list(row) for row in X]
    assert tensors["P"] == [list(row) for row in P]
    assert len(tensors["layers"][0]["Q"]) == 2
    flow = worked_example(np.random.default_rng(0)).forward(TOKENS, trace=True)
    assert flow.trace is not None
    assert np.array_equal(tensors["p"], flow.trace.tensors["p"])


def test_json_shapes_are_those_of_the_table() -> None:
    shown = document("--heads", "1", "--feed-forward", "7", "--layers", "2")
    flat = shown["tensors"] | shown["tensors"]["layers"][1]
    for row in shown["table"]:
        value = flat[row["name"]]
        per_head = row["name"] in ("W_Q", "W_K", "W_V", "Q", "K", "V", "S", "A", "Z")
        assert row["shape"] == list(np.shape(value[0] if per_head else value))
    assert {row["name"] for row in shown["table"]} == set(flat) - {"layers"}


def test_sizes_and_seed_are_free() -> None:
    sizes = [
        "--vocabulary",
        "20",
        "--length",
        "7",
        "--features",
        "9",
        "--heads",
        "3",
        "--feed-forward",
        "5",
    ]
    tensors = document(*sizes)["tensors"]
    assert np.shape(tensors["p"]) == (7, 20)
    assert np.shape(tensors["layers"][0]["A"]) == (3, 7, 7)
    assert tensors["P"][1][0] == pytest.approx(np.sin(1.0))
    assert tensors["P"][1][1] == pytest.approx(np.cos(1.0))
    assert document(*sizes, "--seed", "1")["tensors"]["E"] != tensors["E"]


def test_hidden_scores_are_null() -> None:
    layer = document("--causal")["tensors"]["layers"][0]
    assert layer["S"][0][0][1:] == [None] * 4
    assert layer["A"][0][0] == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_table_shows_formulas_shapes_and_numbers_of_each_layer_and_head() -> None:
    shown = run("--layers", "2", "--causal").stdout
    for text in (
        "Layer 2",
        "Q₂ = H¹ W_Q²   5×2",
        "H² = LayerNorm(H′ + F₂)",
        "−∞",
        "H⁰ = X + P   5×4",
        "0.1000  0.4000 -0.1000  0.3000",
    ):
        assert text in shown
    assert "inf" not in shown


def test_large_matrices_are_shown_by_their_edges() -> None:
    shown = run("--length", "200").stdout
    assert "..." in shown
    assert len(shown) < 20_000


def test_positions_can_be_sinusoidal_or_rotary() -> None:
    sinusoidal = document("--positions", "sinusoidal")["tensors"]
    assert sinusoidal["X"] == [list(row) for row in X]
    assert sinusoidal["P"][1] == pytest.approx(
        [np.sin(1.0), np.cos(1.0), np.sin(0.01), np.cos(0.01)]
    )
    rotary = document("--positions", "rotary")["tensors"]
    assert "P" not in rotary
    layer = rotary["layers"][0]
    # Position 2 rotates the one pair of a head by 2 radians.
    a, b = np.array(rotary["H0"][2]) @ np.array(layer["W_Q"][0])
    expected = (a + 1j * b) * np.exp(2j)
    assert layer["Q"][0][2] == pytest.approx([expected.real, expected.imag])
    assert "rotated by position" in run("--positions", "rotary").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--features", "6", "--heads", "4"],
            2,
            "d=6 features cannot be split into h=4 heads of equal size",
        ),
        (
            ["--tokens", "1,8"],
            2,
            "Token 8 at position 1 is outside the vocabulary: the 8 tokens are 0 to 7.",
        ),
        (["--tokens", "1,x"], 2, "'1,x' is not of the form A,B,…"),
        (["--tokens", "1,2", "--length", "3"], 2, "--length 3 does not go with the 2 tokens given"),
        (["--layers", "0"], 2, "'0' must be a whole number from 1 to 64"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], code: int, message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output
