"""Attention in blocks against the formula, with its gradient, masks, precision and memory."""

import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naive_attention import attention_gradient
from spectra.errors import DataError
from spectra.transformer import attention_blocks as module
from spectra.transformer.attention import attention, hidden_keys
from spectra.transformer.attention_blocks import attention_in_blocks, attention_in_blocks_backward

# Both paths of the running softmax: scores that need no shift, and scores that would overflow.
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
    for gradient, formula in zip(gradients, attention_gradient(d_Z, Q, K, V, A), strict=True):
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
    for gradient, formula in zip(gradients, attention_gradient(d_Z, Q, K, V, A), strict=True):
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
    for gradient, formula in zip(gradients, attention_gradient(d_Z, Q, K, V, A), strict=True):
        np.testing.assert_allclose(gradient, formula, atol=3e-6 * size**2)


def test_memory_of_blocks_grows_with_the_length_only() -> None:
    Q, K, V = random(3, 4096, 4, dtype=np.float32)
    tracemalloc.start()
    attention_in_blocks(Q, K, V)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 4096**2 / 16


def test_gradients_of_a_query_that_may_see_no_key_are_zero() -> None:
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


def test_causal_needs_as_many_keys_as_queries() -> None:
    with pytest.raises(ValueError, match="not 3 keys for 5 queries"):
        attention_in_blocks(random(5, 2), random(3, 2), random(3, 2), causal=True)


def test_padding_of_another_shape_is_named() -> None:
    Q, K, V = random(3, 2, 5, 3)
    with pytest.raises(
        DataError,
        match=r"mask padding of type bool and shape \(2, 4\) must .* fit the shape \(2, 5\)",
    ):
        attention_in_blocks(Q, K, V, padding=np.zeros((2, 4), dtype=bool))
    with pytest.raises(DataError, match="mask padding of type int64"):
        attention_in_blocks(Q, K, V, padding=np.zeros((2, 5), dtype=int))
