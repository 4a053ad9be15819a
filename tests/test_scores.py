"""How the scores of many looks become one, against the definition step by step."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra.calibration.gaussian import GaussianThreshold
from spectra.calibration.largest import standard_scores
from spectra.calibration.scores import MAX_LOOKS, ORDINARY, WITNESS, Looks

CALIBRATION = GaussianThreshold.fit(np.random.default_rng(0).normal(size=500))
ONE = np.ones((1, 2))
ROLES = ("short", "longest", "apart")
SCORE = st.sampled_from([-2.0, 0.0, 1.0, 2.5, 4.0, 9.0, math.nan])
# For each comparison its role, the scores of two looks in two channels at one step, and their
# weights.
SCORES, WEIGHTS = (
    st.lists(one, min_size=4, max_size=4) for one in (SCORE, st.sampled_from([0.5, 1.0]))
)
COMPARISONS = st.lists(st.tuples(st.sampled_from(ROLES), SCORES, WEIGHTS), min_size=1, max_size=5)


def naive(
    comparisons: list[tuple[str, list[float], list[float]]],
) -> tuple[float, float, set[tuple[int, int]]]:
    """The statistic of a step, the largest score unweighed, and the channels and looks the
    statistic may come from.
    """
    found: dict[str, list[tuple[float, float, int, int]]] = {role: [] for role in ROLES}
    for number, (role, scores, weights) in enumerate(comparisons):
        for i, (score, weight) in enumerate(zip(scores, weights, strict=True)):
            if not math.isnan(score):
                found[role].append((score * weight, score, i % 2, number * MAX_LOOKS + i // 2))
    bounded = []
    for weighed in (True, False):
        longest = max((one[0] if weighed else one[1] for one in found["longest"]), default=math.nan)
        limit = ORDINARY if longest <= WITNESS else math.inf
        for role in ROLES:
            for by_weight, plain, *place in found[role]:
                score = by_weight if weighed else plain
                bounded.append((weighed, min(score, limit) if role == "short" else score, *place))
    if not bounded:
        return math.nan, math.nan, {(0, -1)}
    largest, plain = (
        max(score for weighed, score, *_ in bounded if weighed == which) for which in (True, False)
    )
    return (
        largest,
        plain,
        {
            (channel, look)
            for weighed, score, channel, look in bounded
            if weighed and score == largest
        },
    )


@given(COMPARISONS)
def test_statistic_and_where_it_comes_from_are_those_of_the_definition(
    comparisons: list[tuple[str, list[float], list[float]]],
) -> None:
    looks = Looks(7, 7)
    for number, (role, scores, weights) in enumerate(comparisons):
        looks.take(np.array(scores).reshape(2, 2, 1), np.array(weights).reshape(2, 2), role, number)
    found = looks.scores(CALIBRATION)
    expected, plain, places = naive(comparisons)
    assert found.statistic[0] == pytest.approx(expected, nan_ok=True)
    assert (found.channel[0], found.look[0]) in places
    z = standard_scores(np.array([expected]), CALIBRATION, np.array([plain]))
    assert found.z[0] == pytest.approx(float(z[0]), nan_ok=True)


def test_what_is_odd_in_short_frames_alone_is_ordinary_and_does_not_hide_who_is_apart() -> None:
    looks = Looks(1, 1)
    looks.take(np.array([[[9.0], [0.0]]]), ONE, "short", 0)
    looks.take(np.array([[[0.0], [0.0]]]), ONE, "longest", 1)
    looks.take(np.array([[[0.0], [5.0]]]), ONE, "apart", 2)
    found = looks.scores(CALIBRATION)
    assert found.statistic[0] == 5.0
    assert (found.channel[0], found.look[0]) == (1, 2 * MAX_LOOKS)


def test_every_sample_has_the_score_of_its_step() -> None:
    looks = Looks(10, 4)
    looks.take(np.array([[[1.0, 2.0, np.nan]]]), ONE[:, :1], "longest", 0)
    found = looks.scores(CALIBRATION)
    assert found.sample_z.shape == (10,)
    np.testing.assert_array_equal(found.sample_z, np.repeat(found.z, [4, 4, 2]))
