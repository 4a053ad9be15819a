"""Agreement of alarms and scores with labels, against scikit-learn, aeon and slow versions."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_recall_curve,
    precision_score,
    roc_auc_score,
)

import naive_metrics as naive
from labelled_rows import labelled, reported
from spectra import metrics
from spectra.errors import DataError


@settings(deadline=None)
@given(labelled())
def test_areas_are_those_of_scikit_learn(case):
    labels, scores = case
    assert metrics.auc_pr(labels, scores) == pytest.approx(average_precision_score(labels, scores))
    assert metrics.auc_roc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))


def test_areas_where_every_row_is_anomalous():
    assert metrics.auc_pr([1, 1], [1, 2]) == 1
    assert np.isnan(metrics.auc_roc([1, 1], [1, 2]))


@settings(deadline=None)
@given(reported())
def test_standard_and_point_adjusted_scores_are_those_of_scikit_learn(case):
    labels, alarms = case
    plain, adjusted = metrics.standard(labels, alarms), metrics.point_adjusted(labels, alarms)
    assert plain.f1 == pytest.approx(f1_score(labels, alarms, zero_division=0))
    assert plain.precision == pytest.approx(precision_score(labels, alarms, zero_division=0))
    filled = naive.point_adjusted(labels, alarms)
    assert adjusted.f1 == pytest.approx(f1_score(labels, filled, zero_division=0))
    assert adjusted.f1 >= plain.f1


@settings(deadline=None)
@given(reported(), st.sampled_from([0, 0.2, 1]))
def test_event_and_range_based_scores_are_those_of_their_definitions(case, existence):
    labels, alarms = case
    np.testing.assert_allclose(
        metrics.event_based(labels, alarms), naive.event_based(labels, alarms)
    )
    np.testing.assert_allclose(
        metrics.range_based(labels, alarms, existence),
        naive.range_based(labels, alarms, existence),
        atol=1e-12,
    )


@settings(deadline=None)
@given(reported())
def test_the_whole_truth_has_the_best_of_every_score(case):
    labels, alarms = case
    for score in (
        metrics.standard,
        metrics.point_adjusted,
        metrics.event_based,
        metrics.composite,
        metrics.range_based,
        metrics.affiliation,
    ):
        assert score(labels, labels).f1 == pytest.approx(1)
        assert 0 <= score(labels, alarms).f1 <= 1 + 1e-12
        assert score(labels, alarms) == pytest.approx(score(labels[::-1], alarms[::-1]))
        assert score(labels, np.zeros_like(labels)) == (0, 0)


@settings(deadline=None)
@given(labelled())
def test_the_best_thresholds_are_the_best_of_all(case):
    labels, scores = case
    precision, recall, _ = precision_recall_curve(labels, scores)
    best = metrics.best_standard(labels, scores)
    assert best.f1 == pytest.approx(
        np.nanmax(2 * precision * recall / np.maximum(precision + recall, 1e-300))
    )
    assert best.f1 == pytest.approx(metrics.standard(labels, scores >= best.threshold).f1)
    events = metrics.best_event_based(labels, scores)
    usable = [t for t in np.unique(scores) if metrics.false_alarm_share(labels, scores >= t) <= 0.1]
    assert events.f1 == pytest.approx(
        max([metrics.event_based(labels, scores >= t).f1 for t in usable], default=0)
    )
    assert events.f1 == pytest.approx(metrics.event_based(labels, scores >= events.threshold).f1)


def test_a_threshold_that_just_a_tenth_of_the_normal_rows_reach_counts():
    labels, scores = [0] * 10 + [1], [0.9] + [0.1] * 9 + [0.8]
    assert metrics.best_event_based(labels, scores) == (pytest.approx(2 / 3), 0.8)
    assert metrics.best_event_based(labels[1:], scores[:1] + scores[2:]) == (0, np.inf)


def test_an_alarm_that_holds_two_events_is_one_alarm():
    found = metrics.event_based([0, 1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 0, 1, 0])
    assert found == (0.5, 1)
    assert found.f1 == pytest.approx(2 / 3)


def test_composite_takes_precision_from_rows_and_recall_from_events():
    assert metrics.composite([1, 0, 1, 1, 0], [0, 0, 1, 0, 1]) == (0.5, 0.5)


def test_delay_false_alarms_and_their_share():
    labels = np.zeros(7200, dtype=int)
    labels[1000:1100] = labels[3000:3100] = labels[5000:5100] = 1
    alarms = np.zeros(7200, dtype=bool)
    alarms[990:1010] = alarms[3040:3041] = alarms[6000:6050] = alarms[10:12] = True
    assert metrics.detection_delay(labels, alarms) == 20
    # Two of the four alarms are false, in two hours of one row a second.
    assert metrics.false_alarms_per_hour(labels, alarms, fs=1) == 1
    assert metrics.false_alarm_share(labels, alarms) == pytest.approx(62 / 6900)
    assert np.isnan(metrics.detection_delay(labels, np.zeros(7200)))
    assert metrics.false_alarm_share([1, 1], [1, 0]) == 0


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
def test_labels_and_scores_that_do_not_fit_are_named(labels, scores, words):
    with pytest.raises(DataError, match=words):
        metrics.volumes(labels, scores, 3)


@pytest.mark.parametrize(
    ("alarms", "words"), [([0, 1], r"shape \(3,\), not \(2,\)"), ([0, 1, 3], "0 or 1")]
)
def test_alarms_that_do_not_fit_are_named(alarms, words):
    with pytest.raises(DataError, match=words):
        metrics.event_based([0, 1, 0], alarms)


@pytest.mark.parametrize("fs", [0, -1, np.nan, np.inf])
def test_a_sampling_rate_not_above_zero_is_an_error(fs):
    with pytest.raises(ValueError, match="fs"):
        metrics.false_alarms_per_hour([0, 1], [0, 1], fs)


def test_an_existence_reward_outside_zero_to_one_is_an_error():
    with pytest.raises(ValueError, match="existence"):
        metrics.range_based([0, 1], [0, 1], existence=1.5)


def test_range_based_precision_and_recall_are_those_of_aeon():
    cases = json.loads(Path(__file__).with_name("aeon_reference.json").read_text(encoding="utf-8"))
    assert len(cases) > 10
    for case in cases:
        for existence, recall in case["recall"].items():
            found = metrics.range_based(case["labels"], case["alarms"], float(existence))
            assert found.precision == pytest.approx(case["precision"], rel=1e-12)
            assert found.recall == pytest.approx(recall, rel=1e-12)
