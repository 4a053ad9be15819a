"""Metrics against the slow obvious versions, scikit-learn, and what must hold of any metric."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_metrics as naive
from spectra import metrics
from spectra.errors import DataError


@st.composite
def labelled(draw):
    """Labels with at least one anomaly and one normal row, and scores with or without ties."""
    n = draw(st.integers(2, 60))
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    labels[draw(st.integers(0, n - 1))] ^= labels.all() or not labels.any()
    levels = draw(st.sampled_from([3, 1000]))
    return labels, np.array(draw(st.lists(st.integers(0, levels), min_size=n, max_size=n))) / 7


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
        metrics.volumes(labels, scores, buffer), naive.volumes(labels.tolist(), scores.tolist(), buffer), rtol=0, atol=1e-12
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


def test_buffer_of_what_has_no_period_is_the_usual_one():
    assert metrics.vus_buffer(np.ones(1000)) == 125
    assert metrics.vus_buffer(np.full(1000, np.nan)) == 125
    assert metrics.vus_buffer(np.arange(1000.0)) == 125


@pytest.mark.parametrize(
    ("labels", "scores", "words"),
    [
        ([0, 1, 2], [1, 2, 3], "row 2 is 2"),
        ([0, 1, np.nan], [1, 2, 3], "row 2 is nan"),
        ([0, 0, 0], [1, 2, 3], "no anomaly"),
        ([0, 1, 0], [1, 2], r"one value a label, the shape \(3,\), not \(2,\)"),
        ([0, 1, 0], [1, np.nan, 3], "score of row 1 is not a number"),
        ([], [], "shape"),
        ([[0, 1]], [[1, 2]], "shape"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(labels, scores, words):
    with pytest.raises(DataError, match=words):
        metrics.volumes(labels, scores, 3)


@pytest.mark.parametrize("buffer", [-1, 2.5])
def test_a_buffer_must_be_a_number_of_rows(buffer):
    with pytest.raises(ValueError, match="buffer"):
        metrics.vus_pr([0, 1], [0, 1], buffer)
