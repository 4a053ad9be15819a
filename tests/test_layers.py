"""Layers against loops, gradients against differences."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

import naive_transformer as naive
from numerical import numerical_gradient
from spectra.transformer import layers


def random(*shape: int, seed: int = 0, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def check(loss: Callable[[], float], pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
    """Each gradient is the derivative of the loss by the array beside it."""
    for x, gradient in pairs:
        np.testing.assert_allclose(gradient, numerical_gradient(loss, x), atol=1e-8)


def test_linear() -> None:
    X, W, b, weight = (
        random(2, 3, 4),
        random(4, 5, seed=1),
        random(5, seed=2),
        random(2, 3, 5, seed=3),
    )
    np.testing.assert_allclose(
        layers.linear(X, W)[1], naive.matmul(X[1].tolist(), W.tolist()), atol=1e-14
    )
    d_X, d_W = layers.linear_backward(weight, X, W)
    d_b = layers.add_bias_backward(weight)
    check(
        lambda: (layers.add_bias(layers.linear(X, W), b) * weight).sum(),
        [(X, d_X), (W, d_W), (b, d_b)],
    )


def test_layer_norm() -> None:
    X, weight = random(2, 2, 3, 5)
    gain, bias = random(2, 5, seed=1)
    Y, normal, inverse = layers.layer_norm(X, gain, bias)
    np.testing.assert_allclose(
        Y[1, 2], naive.layer_norm(X[1, 2].tolist(), gain.tolist(), bias.tolist()), atol=1e-14
    )
    gradients = layers.layer_norm_backward(weight, normal, inverse, gain)
    check(
        lambda: (layers.layer_norm(X, gain, bias)[0] * weight).sum(),
        zip((X, gain, bias), gradients, strict=True),
    )


def test_layer_norm_of_equal_features_is_its_bias() -> None:
    Y, *_ = layers.layer_norm(np.full((1, 4), 7.0), np.ones(4), np.arange(4.0))
    np.testing.assert_allclose(Y, [np.arange(4.0)], atol=1e-12)


def test_feed_forward() -> None:
    H, weight = random(2, 6, 3)
    W_1, b_1, W_2, b_2 = (
        random(3, 7, seed=1),
        random(7, seed=2),
        random(7, 3, seed=3),
        random(3, seed=4),
    )
    parameters = (W_1, b_1, W_2, b_2)
    F_2, F_1 = layers.feed_forward(H, *parameters)
    assert (F_1 == 0.0).any()
    np.testing.assert_allclose(
        F_2[4], naive.feed_forward(H[4].tolist(), *(x.tolist() for x in parameters)), atol=1e-13
    )
    gradients = layers.feed_forward_backward(weight, H, F_1, W_1, W_2)
    check(
        lambda: (layers.feed_forward(H, *parameters)[0] * weight).sum(),
        zip((H, *parameters), gradients, strict=True),
    )


def test_embedding() -> None:
    tokens, E, weight = np.array([[2, 0, 2], [4, 2, 0]]), random(5, 3), random(2, 3, 3, seed=1)
    assert np.array_equal(layers.embed(tokens, E)[1, 0], E[4])
    check(
        lambda: (layers.embed(tokens, E) * weight).sum(),
        [(E, layers.embed_backward(weight, tokens, E))],
    )
    assert not layers.embed_backward(weight[:0], tokens[:0], E).any()


@pytest.mark.parametrize("counted", [None, np.array([[True, False, True], [False, False, True]])])
def test_cross_entropy(counted: np.ndarray | None) -> None:
    logits, targets = random(2, 3, 5), np.array([[0, 4, 2], [1, 1, 3]])
    loss, p = layers.cross_entropy(logits, targets, counted)
    flags = np.ones((2, 3), dtype=bool) if counted is None else counted
    assert loss == pytest.approx(
        naive.cross_entropy(logits[flags].tolist(), targets[flags].tolist()), abs=1e-14
    )
    check(
        lambda: layers.cross_entropy(logits, targets, counted)[0],
        [(logits, layers.cross_entropy_backward(p, targets, counted))],
    )


def test_cross_entropy_of_the_impossible_is_large_and_finite() -> None:
    loss, _ = layers.cross_entropy(np.array([[0.0, 2e3]]), np.array([0]))
    assert loss == 2e3


def test_loss_of_nothing_is_zero() -> None:
    none = np.zeros(3, dtype=bool)
    loss, p = layers.cross_entropy(random(3, 4), np.zeros(3, dtype=int), none)
    assert loss == 0.0
    assert not layers.cross_entropy_backward(p, np.zeros(3, dtype=int), none).any()


def test_precision_is_kept() -> None:
    X, gain = random(3, 4, dtype=np.float32), np.ones(4, dtype=np.float32)
    Y, normal, inverse = layers.layer_norm(X, gain, gain)
    F_2, F_1 = layers.feed_forward(X, X.T, gain[:3], X, gain)
    _, p = layers.cross_entropy(X, np.zeros(3, dtype=int))
    arrays = [
        *(Y, normal, inverse, F_2, F_1, p),
        *layers.layer_norm_backward(X, normal, inverse, gain),
        *layers.feed_forward_backward(X, X, F_1, X.T, X),
        layers.cross_entropy_backward(p, np.zeros(3, dtype=int)),
        layers.embed_backward(X, np.zeros(3, dtype=int), X),
    ]
    assert {x.dtype for x in arrays} == {np.dtype(np.float32)}
