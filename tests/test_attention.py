"""Attention: the formula against loops, gradients against differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_attention
import naive_transformer as naive
from numerical import numerical_gradient
from spectra.errors import DataError
from spectra.transformer.attention import (
    attention,
    hidden_keys,
    merge_heads,
    multi_head,
    multi_head_backward,
    split_heads,
)
from spectra.transformer.layers import log_softmax, softmax
from spectra.transformer.positional import position_angles


def random(*shape: int, seed: int = 0, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def padded(B: int, T: int, seed: int = 0) -> np.ndarray:
    """Padding at the end of every sequence but the first; the last has nothing else."""
    lengths = np.append(T, np.random.default_rng(seed).integers(1, T + 1, B - 2))
    return np.arange(T) >= np.append(lengths, 0)[:, None]


def test_softmax_of_large_and_of_hidden_scores() -> None:
    assert softmax(np.array([1e4, 1e4 - np.log(3.0)])) == pytest.approx([0.75, 0.25])
    assert softmax(np.array([-np.inf, 0.0, 0.0])).tolist() == [0.0, 0.5, 0.5]
    assert softmax(np.array([-np.inf, -np.inf])).tolist() == [0.0, 0.0]


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6), st.floats(-50, 50))
def test_softmax_is_a_probability_that_no_shift_changes(scores: list[float], shift: float) -> None:
    S = np.array(scores)
    A = softmax(S)
    assert A.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(softmax(S + shift), A, atol=1e-12)
    np.testing.assert_allclose(A, naive.softmax(scores), atol=1e-12)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6))
def test_log_softmax_is_the_logarithm_of_the_softmax(scores: list[float]) -> None:
    expected = [np.log(p) for p in naive.softmax(scores)]
    np.testing.assert_allclose(log_softmax(np.array(scores)), expected, atol=1e-12)


def test_log_softmax_is_finite_where_the_softmax_underflows() -> None:
    assert log_softmax(np.array([0.0, 2e3])).tolist() == [-2e3, 0.0]


@pytest.mark.parametrize("causal", [False, True])
def test_formula_is_the_loops(causal: bool) -> None:
    Q, K, V = random(3, 6, 4)
    Z, S, A = attention(Q, K, V, hidden_keys(6, causal, None))
    np.testing.assert_allclose(
        Z,
        naive.attention(Q.tolist(), K.tolist(), V.tolist(), lambda i, j: causal and j > i),
        atol=1e-14,
    )
    assert np.isneginf(S).sum() == (15 if causal else 0)
    np.testing.assert_allclose(A.sum(axis=-1), 1.0)


def test_formula_of_the_gradient_is_that_of_differences() -> None:
    Q, K, V, weight = random(4, 2, 5, 3)
    hidden = hidden_keys(5, True, padded(2, 5))
    Z, _, A = attention(Q, K, V, hidden)
    assert not Z[1].any()
    gradients = naive_attention.attention_gradient(weight, Q, K, V, A)
    for x, gradient in zip((Q, K, V), gradients, strict=True):
        expected = numerical_gradient(lambda: (attention(Q, K, V, hidden)[0] * weight).sum(), x)
        np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_heads_are_split_by_columns_and_merged_again() -> None:
    X = random(2, 5, 6)
    heads = split_heads(X, 3)
    assert np.array_equal(heads[:, 1], X[..., 2:4])
    assert np.array_equal(merge_heads(heads), X)
    with pytest.raises(ValueError, match="d=6 features cannot be split into h=4 heads"):
        split_heads(X, 4)


@pytest.mark.parametrize("rotated", [False, True])
def test_multi_head_gradient(rotated: bool) -> None:
    H, weight = random(2, 2, 5, 8)
    weights = list(random(3, 8, 8, seed=1))
    masks = {"causal": True, "padding": np.arange(5) >= np.array([[5], [3]])}
    masks["angles"] = position_angles(np.arange(5), 4) if rotated else None
    _, kept = multi_head(H, *weights, 2, **masks)
    gradients = multi_head_backward(weight, kept, *weights, **masks)
    for x, gradient in zip((H, *weights), gradients, strict=True):
        expected = numerical_gradient(
            lambda: (multi_head(H, *weights, 2, **masks)[0] * weight).sum(), x
        )
        np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_hidden_keys_of_another_shape_are_named() -> None:
    Q, K, V = random(3, 2, 5, 3)
    with pytest.raises(
        DataError,
        match=r"mask hidden of type bool and shape \(3, 5\) must .* fit the shape \(2, 5, 5\)",
    ):
        attention(Q, K, V, np.zeros((3, 5), dtype=bool))
