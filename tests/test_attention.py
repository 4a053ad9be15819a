"""Attention: the formula against loops, blocks against the formula, gradients against
differences.
"""

import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_sequence as naive
from numerical import numerical_gradient
from spectra.errors import DataError
from spectra.transformer import attention as module
from spectra.transformer.attention import (
    attention,
    attention_backward,
    attention_in_blocks,
    attention_in_blocks_backward,
    hidden_keys,
    merge_heads,
    multi_head,
    multi_head_backward,
    softmax,
    softmax_backward,
    split_heads,
)
from spectra.transformer.positional import position_phasors

# Both ways through the running softmax: scores that need no shift, and scores that overflow without
# one.
SIZES = (1.0, 30.0)


def random(*shape: int, seed: int = 0, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def padded(B: int, T: int, seed: int = 0) -> np.ndarray:
    """Padding at the end of every sequence but the first; the last has nothing else."""
    lengths = np.append(T, np.random.default_rng(seed).integers(1, T + 1, B - 2))
    return np.arange(T) >= np.append(lengths, 0)[:, None]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 4, so that short sequences have many of them."""
    monkeypatch.setattr(module, "BLOCK", 4)


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


def test_softmax_gradient() -> None:
    S, weight = random(2, 3, 5)
    expected = numerical_gradient(lambda: (softmax(S) * weight).sum(), S)
    np.testing.assert_allclose(softmax_backward(weight, softmax(S)), expected, atol=1e-9)


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


def test_formula_gradient() -> None:
    Q, K, V, weight = random(4, 2, 5, 3)
    hidden = hidden_keys(5, True, padded(2, 5))
    Z, _, A = attention(Q, K, V, hidden)
    assert not Z[1].any()
    for x, gradient in zip((Q, K, V), attention_backward(weight, Q, K, V, A), strict=True):
        expected = numerical_gradient(lambda: (attention(Q, K, V, hidden)[0] * weight).sum(), x)
        np.testing.assert_allclose(gradient, expected, atol=1e-8)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("size", "causal", "pad"), list(product(SIZES, (False, True), (False, True)))
)
@pytest.mark.parametrize("T", [1, 3, 4, 11])
def test_blocks_are_the_formula(size: float, causal: bool, pad: bool, T: int) -> None:
    Q, K, V, d_Z = random(4, 5, 2, T, 3)
    Q, K = size * Q, size * K
    padding = padded(5, T)[:, None] if pad else None
    expected, _, A = attention(Q, K, V, hidden_keys(T, causal, padding))
    Z, L = attention_in_blocks(Q, K, V, causal=causal, padding=padding)
    np.testing.assert_allclose(Z, expected, atol=1e-13)
    gradients = attention_in_blocks_backward(d_Z, Q, K, V, Z, L, causal=causal, padding=padding)
    # Scores of some hundreds have that many times the rounding error of those near 1.
    for gradient, formula in zip(gradients, attention_backward(d_Z, Q, K, V, A), strict=True):
        np.testing.assert_allclose(gradient, formula, atol=1e-13 * size**3)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=40)
@given(st.integers(1, 10), st.integers(1, 10), st.integers(1, 5), st.integers(1, 5))
def test_blocks_of_other_keys_than_queries(T: int, U: int, d_k: int, d_v: int) -> None:
    Q, K, V, d_Z = (
        random(T, d_k),
        random(U, d_k, seed=1),
        random(U, d_v, seed=2),
        random(T, d_v, seed=3),
    )
    expected, _, A = attention(Q, K, V)
    Z, L = attention_in_blocks(Q, K, V)
    np.testing.assert_allclose(Z, expected, atol=1e-13)
    gradients = attention_in_blocks_backward(d_Z, Q, K, V, Z, L)
    for gradient, formula in zip(gradients, attention_backward(d_Z, Q, K, V, A), strict=True):
        np.testing.assert_allclose(gradient, formula, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("causal", [False, True])
def test_blocks_in_single_precision_on_threads(
    size: float, causal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORTH_THREADS", 0)
    Q, K, V, d_Z = random(4, 3, 700, 8, dtype=np.float32)
    Q *= size
    Z, L = attention_in_blocks(Q, K, V, causal=causal)
    gradients = attention_in_blocks_backward(d_Z, Q, K, V, Z, L, causal=causal)
    assert {x.dtype for x in (Z, L, *gradients)} == {np.dtype(np.float32)}
    exact, _, A = attention(
        *(x.astype(np.float64) for x in (Q, K, V)), hidden_keys(700, causal, None)
    )
    # A score of s has a rounding error of s·2⁻²⁴, which is one of its weight, relative to the
    # weight.
    np.testing.assert_allclose(Z, exact, atol=1e-6 * size)
    for gradient, formula in zip(gradients, attention_backward(d_Z, Q, K, V, A), strict=True):
        np.testing.assert_allclose(gradient, formula, atol=3e-6 * size**2)


def test_memory_of_blocks_grows_with_the_length_only() -> None:
    Q, K, V = random(3, 4096, 4, dtype=np.float32)
    tracemalloc.start()
    attention_in_blocks(Q, K, V)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 4096**2 / 16


def test_gradients_of_a_query_that_may_look_nowhere_are_zero() -> None:
    Q, K, V, d_Z = random(4, 2, 5, 3)
    padding = np.array([[False] * 5, [True] * 5])
    Z, L = attention_in_blocks(Q, K, V, padding=padding)
    assert not Z[1].any()
    for gradient in attention_in_blocks_backward(d_Z, Q, K, V, Z, L, padding=padding):
        assert np.isfinite(gradient).all()
        assert not gradient[1].any()


def test_no_position_depends_on_later_ones_or_on_padding() -> None:
    Q, K, V = random(3, 1, 9, 4)
    padding = np.arange(9)[None] >= 7
    before, _ = attention_in_blocks(Q, K, V, causal=True, padding=padding)
    K[:, 5:] += 100.0
    V[:, 5:] -= 100.0
    after, _ = attention_in_blocks(Q, K, V, causal=True, padding=padding)
    # Large scores anywhere let the running softmax take the largest out, which rounds differently.
    np.testing.assert_allclose(after[:, :5], before[:, :5], atol=1e-13)
    K[:, 7:], V[:, 7:] = 0.0, 0.0
    np.testing.assert_allclose(
        attention_in_blocks(Q, K, V, causal=True, padding=padding)[0], after, atol=1e-13
    )


def test_order_of_the_keys_does_not_matter() -> None:
    Q, K, V = random(3, 9, 4)
    order = np.random.default_rng(0).permutation(9)
    np.testing.assert_allclose(
        attention_in_blocks(Q, K[order], V[order])[0], attention_in_blocks(Q, K, V)[0], atol=1e-14
    )


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
    masks["points"] = position_phasors(np.arange(5), 4) if rotated else None
    _, kept = multi_head(H, *weights, 2, **masks)
    gradients = multi_head_backward(weight, kept, *weights, **masks)
    for x, gradient in zip((H, *weights), gradients, strict=True):
        expected = numerical_gradient(
            lambda: (multi_head(H, *weights, 2, **masks)[0] * weight).sum(), x
        )
        np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_causal_needs_as_many_keys_as_queries() -> None:
    with pytest.raises(ValueError, match="not 3 keys for 5 queries"):
        attention_in_blocks(random(5, 2), random(3, 2), random(3, 2), causal=True)


def test_masks_of_another_shape_are_named() -> None:
    Q, K, V = random(3, 2, 5, 3)
    with pytest.raises(
        DataError,
        match=r"mask padding of type bool and shape \(2, 4\) must .* fit the shape \(2, 5\)",
    ):
        attention_in_blocks(Q, K, V, padding=np.zeros((2, 4), dtype=bool))
    with pytest.raises(
        DataError,
        match=r"mask hidden of type bool and shape \(3, 5\) must .* fit the shape \(2, 5, 5\)",
    ):
        attention(Q, K, V, np.zeros((3, 5), dtype=bool))
    with pytest.raises(DataError, match="mask padding of type int64"):
        attention_in_blocks(Q, K, V, padding=np.zeros((2, 5), dtype=int))
