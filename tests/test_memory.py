"""Attention from contexts to normal contexts, against the slow form.

Its limit is the nearest neighbour.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_memory as naive
from spectra.sequence.memory import (
    PRIOR_SHARE,
    Memory,
    attention_weights,
    contexts,
    fit_memory,
    future_contexts,
    surprisal,
)


def memory(seed: int, n: int = 12, temperature: float = 1.0) -> Memory:
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, 3, n)
    return Memory(
        2,
        3,
        rng.normal(size=(n, 6)),
        rng.normal(size=(n, 2)),
        tokens,
        np.arange(n),
        np.full(3, 1 / 3),
        temperature,
    )


@given(st.integers(0, 1000), st.floats(0.05, 20))
@settings(max_examples=25, deadline=None)
def test_the_expected_spectrum_equals_the_formula(seed: int, temperature: float) -> None:
    one = memory(seed, temperature=temperature)
    queries = np.random.default_rng(seed + 1).normal(size=(4, 6))
    slow = [
        naive.expected(list(q), one.keys.tolist(), one.values.tolist(), temperature)
        for q in queries
    ]
    found = one.predict(queries)
    np.testing.assert_allclose(found.spectrum, slow, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.p.sum(axis=1), 1, rtol=1e-12)


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_as_the_temperature_goes_to_zero_it_is_the_nearest_neighbour(seed: int) -> None:
    queries = np.random.default_rng(seed + 1).normal(size=(4, 6))
    one = memory(seed)
    nearest = np.array(
        [naive.nearest_neighbour(list(q), one.keys.tolist(), one.values.tolist()) for q in queries]
    )
    errors = [
        np.abs(memory(seed, temperature=temperature).predict(queries).spectrum - nearest).max()
        for temperature in (1, 1e-2, 1e-6)
    ]
    assert errors[2] <= errors[1] + 1e-12
    np.testing.assert_allclose(
        memory(seed, temperature=1e-9).predict(queries).spectrum, nearest, atol=1e-9
    )
    at_zero = memory(seed, temperature=0.0).predict(queries)
    np.testing.assert_allclose(at_zero.spectrum, nearest, rtol=1e-12)
    np.testing.assert_allclose(at_zero.variance, 0, atol=1e-12)


def test_equally_near_contexts_share_the_weight_and_infinitely_far_ones_have_none() -> None:
    D = np.array([[1.0, 1.0, 5.0, np.inf]])
    np.testing.assert_array_equal(attention_weights(D, 0.0), [[0.5, 0.5, 0, 0]])
    assert attention_weights(D, 1.0)[0, 3] == 0
    np.testing.assert_array_equal(attention_weights(np.array([[np.inf, np.inf]]), 0.0), [[0, 0]])


@given(st.integers(1, 4), st.integers(1, 4))
def test_a_context_is_the_frames_before(stride: int, length: int) -> None:
    features = np.random.default_rng(0).normal(size=(14, 2))
    found = contexts(features, stride, length)
    for number, row in enumerate(found):
        slow = naive.context(features.tolist(), number, stride, length)
        if slow is None:
            assert np.isnan(row).any()
        else:
            np.testing.assert_array_equal(row, slow)


def test_frames_that_overlap_a_frame_do_not_predict_it() -> None:
    one = memory(0, temperature=0.0)
    # The context of normal frame 5 itself: without leaving out, that very frame is expected.
    query = one.keys[5:6]
    np.testing.assert_array_equal(one.predict(query).spectrum[0], one.values[5])
    kept = [j for j in range(12) if abs(j - 5) >= one.stride]
    left = naive.nearest_neighbour(
        query[0].tolist(), one.keys[kept].tolist(), one.values[kept].tolist()
    )
    np.testing.assert_allclose(one.predict(query, np.array([5])).spectrum[0], left)


def test_there_is_no_prediction_where_no_frame_is_left_or_the_context_has_a_gap() -> None:
    one = memory(0, n=1)
    assert np.isnan(one.predict(one.keys, np.array([0])).spectrum).all()
    assert np.isnan(one.predict(np.full((1, 6), np.nan)).p).all()


def test_the_temperature_is_the_likeliest() -> None:
    # Four frames come one after the other, with a little noise: what follows is certain, so the
    # best is near zero.
    rng = np.random.default_rng(0)
    tokens = np.arange(200) % 4
    features = np.eye(4)[tokens] + rng.normal(0, 0.01, (200, 4))
    queries = contexts(features, 1, 2)
    base = np.full(4, 0.25)
    cold = fit_memory(features, queries, tokens, np.arange(200), base, (1, 2))
    assert cold is not None
    hit = cold.predict(queries, np.arange(200)).p[np.arange(200), tokens][2:]
    assert hit.min() > 1 - 2 * PRIOR_SHARE
    # Where frames come in no order, nearer contexts predict nothing: the best is warm.
    mixed = rng.integers(0, 4, 200)
    features = np.eye(4)[mixed] + rng.normal(0, 0.01, (200, 4))
    warm = fit_memory(features, contexts(features, 1, 2), mixed, np.arange(200), base, (1, 2))
    assert warm is not None
    assert warm.temperature > 5 * cold.temperature


@pytest.mark.parametrize("seed", range(4))
def test_no_other_temperature_is_likelier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    tokens = np.arange(n) % 3 if seed % 2 else rng.integers(0, 3, n)
    features = np.eye(3)[tokens] + rng.normal(0, 0.3, (n, 3))
    queries, prior = contexts(features, 1, 2), np.full(3, 1 / 3)
    one = fit_memory(features, queries, tokens, np.arange(n), prior, (1, 2))
    assert one is not None

    def likelihood(temperature: float) -> float:
        total = 0.0
        for number in range(2, n):
            others = [key for key in range(len(one.keys)) if one.index[key] != number]
            keys = one.keys[others].tolist()
            right = [[float(one.tokens[key] == tokens[number])] for key in others]
            (hit,) = naive.expected(queries[number].tolist(), keys, right, temperature)
            total += math.log((1 - PRIOR_SHARE) * hit + PRIOR_SHARE / 3)
        return total

    # The warmest is the median distance: where tokens come in no order, none is warm enough.
    powers = (-2, -1, 1, 2) if seed % 2 else (-2, -1)
    fitted = likelihood(one.temperature)
    assert all(fitted >= likelihood(one.temperature * 2.0**power) - 1e-9 for power in powers)


def test_frames_without_a_context_make_no_memory() -> None:
    features = np.zeros((3, 2))
    queries = contexts(features, 1, 5)
    tokens, prior = np.zeros(3, int), np.ones(1)
    assert fit_memory(features, queries, tokens, np.arange(3), prior, (1, 5)) is None


def test_a_memory_has_at_most_2000_frames() -> None:
    n = 2500
    features = np.random.default_rng(0).normal(size=(n, 2))
    queries = contexts(features, 1, 2)
    one = fit_memory(features, queries, np.zeros(n, int), np.arange(n), np.ones(1), (1, 2))
    assert one is not None
    assert len(one.keys) == 2000
    assert (np.diff(one.index) > 0).all()


def test_the_future_of_a_signal_is_the_past_of_the_reversed_one() -> None:
    features = np.random.default_rng(0).normal(size=(20, 2))
    future = future_contexts(features, 2, 3)
    np.testing.assert_array_equal(future[4].reshape(3, 2), features[[10, 8, 6]])
    assert np.isnan(future[14:]).any(axis=1).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": np.zeros((11, 6))}, "one key, value, token and index"),
        ({"length": 4}, "must hold 4 frames"),
        ({"tokens": np.full(12, 3)}, "Tokens must lie in 0 … 2"),
        ({"prior": np.array([0.0, 0.5, 0.5])}, "Prior probabilities lie above 0"),
        ({"temperature": float("nan")}, "temperature not below"),
    ],
)
def test_a_memory_whose_parts_do_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    parts = {**memory(0).__dict__, **change}
    with pytest.raises(ValueError, match=message):
        Memory(**parts)


@given(st.integers(0, 1000), st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_surprisal_is_that_of_the_formula(seed: int, n_tokens: int) -> None:
    rng = np.random.default_rng(seed)
    p, distances = rng.dirichlet(np.ones(n_tokens), 4), rng.uniform(0, 20, (4, n_tokens))
    slow = [naive.surprisal(*one) for one in zip(p.tolist(), distances.tolist(), strict=True)]
    np.testing.assert_allclose(surprisal(p, distances), slow, rtol=1e-9, atol=1e-12)
    # Farther from all tokens by as much is as much more surprising, though e^−1000 is no number but
    # 0.
    np.testing.assert_allclose(
        surprisal(p, distances + 1000), surprisal(p, distances) + 1000, rtol=1e-9
    )


def test_at_a_centre_surprisal_is_that_of_its_token_and_between_two_that_of_either() -> None:
    p = np.array([[0.3, 0.2, 0.5]])
    np.testing.assert_allclose(surprisal(p, np.array([[0.0, 800.0, 900.0]])), -np.log(0.3))
    np.testing.assert_allclose(surprisal(p, np.array([[0.0, 0.0, 900.0]])), -np.log(0.5))
    np.testing.assert_array_equal(surprisal(np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]])), [2.0])
    assert np.isnan(surprisal(p, np.full((1, 3), np.nan))).all()
