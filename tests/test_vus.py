"""Volumes under the surface, and their buffer, against the slow obvious versions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_metrics as naive
from labelled_rows import labelled
from spectra import metrics


def long_example(seed, n=1500):
    rng = np.random.default_rng(seed)
    labels = np.zeros(n, dtype=int)
    for start in rng.integers(0, n, size=8):
        labels[start : start + rng.integers(1, 60)] = 1
    return labels, rng.normal(size=n) + labels


@settings(max_examples=25, deadline=None)
@given(labelled(), st.integers(0, 9))
def test_volumes_are_those_of_the_definition(case, buffer):
    labels, scores = case
    np.testing.assert_allclose(
        metrics.volumes(labels, scores, buffer),
        naive.volumes(labels.tolist(), scores.tolist(), buffer),
        rtol=0,
        atol=1e-12,
    )


def test_volumes_of_more_rows_than_thresholds_are_those_of_the_definition():
    labels, scores = long_example(1)
    expected = naive.volumes(labels.tolist(), scores.tolist(), 5)
    np.testing.assert_allclose(metrics.volumes(labels, scores, 5), expected, rtol=0, atol=1e-12)


def test_volumes_depend_on_the_order_of_the_scores_only():
    labels, scores = long_example(2)
    assert metrics.volumes(labels, scores, 90) == metrics.volumes(labels, np.exp(3 * scores), 90)


def test_volumes_of_the_truth_are_nearly_one_and_of_its_opposite_nearly_nothing():
    labels, _ = long_example(3)
    assert metrics.vus_pr(labels, labels, 0) == pytest.approx(1)
    assert metrics.vus_roc(labels, labels, 0) == pytest.approx(1)
    assert metrics.vus_pr(labels, -labels, 40) < 1.5 * labels.mean()


def test_volumes_forgive_a_shift_that_the_plain_curve_does_not():
    labels, _ = long_example(4)
    shifted = np.roll(labels, 20)
    assert metrics.vus_pr(labels, shifted, 100) > metrics.vus_pr(labels, shifted, 0) + 0.05


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 900))
def test_buffer_is_that_of_the_definition(seed, n):
    rng = np.random.default_rng(seed)
    series = np.sin(2 * np.pi * np.arange(n) / rng.uniform(4, 500)) + 0.1 * rng.normal(size=n)
    assert metrics.vus_buffer(series) == naive.vus_buffer(series.tolist())


def test_buffer_of_what_has_no_period_is_the_default():
    assert metrics.vus_buffer(np.ones(1000)) == 125
    assert metrics.vus_buffer(np.full(1000, np.nan)) == 125
    assert metrics.vus_buffer(np.arange(1000.0)) == 125


def test_volumes_where_every_row_is_anomalous():
    assert metrics.volumes([1, 1], [1, 2], 3).pr == pytest.approx(1)
    assert np.isnan(metrics.vus_roc([1, 1], [1, 2], 3))


@pytest.mark.parametrize("buffer", [-1, 2.5])
def test_a_buffer_that_is_no_number_of_rows_is_an_error(buffer):
    with pytest.raises(ValueError, match="buffer"):
        metrics.vus_pr([0, 1], [0, 1], buffer)


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("buffer", [4, 5, 8, 9, 14])
def test_rows_within_the_ramps_of_two_events_on_one_side_are_anomalous_once(way, buffer):
    labels = np.zeros(24, dtype=int)
    labels[[9, 11, 13]] = 1
    scores = np.random.default_rng(buffer).normal(size=24)
    found = metrics.volumes(labels[::way], scores, buffer)
    expected = naive.volumes(labels[::way].tolist(), scores.tolist(), buffer)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("period", [6, 7, 290, 310])
def test_the_shortest_and_the_longest_periods_are_those_of_the_published_code(period):
    series = np.sin(2 * np.pi * np.arange(1000) / period)
    assert metrics.vus_buffer(series) == naive.vus_buffer(series.tolist())
    assert (metrics.vus_buffer(series) == 125) == (period > 303)


@pytest.mark.parametrize("period", [399, 400])
def test_lags_up_to_400_rows_are_compared_with_their_neighbours(period):
    t = np.arange(1600)
    x = 3.0 * (t % period == 0) + 0.3 * np.sin(2 * np.pi * t / 50)
    assert metrics.vus_buffer(x) == naive.vus_buffer(x.tolist())
