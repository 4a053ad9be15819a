"""How the scores of many looks become one, against the definition step by step."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra.calibration import GaussianThreshold
from spectra.scores import MAX_LOOKS, ORDINARY, WITNESS, Looks

CALIBRATION = GaussianThreshold.fit(np.random.default_rng(0).normal(size=500))
ROLES = ("short", "longest", "apart")
SCORE = st.sampled_from([-2.0, 0.0, 1.0, 2.5, 4.0, 9.0, math.nan])
# For each comparison its role and the scores of two looks in two channels at one step.
COMPARISONS = st.lists(st.tuples(st.sampled_from(ROLES), st.lists(SCORE, min_size=4, max_size=4)), min_size=1, max_size=5)


def naive(comparisons: list[tuple[str, list[float]]]) -> tuple[float, set[tuple[int, int]]]:
    """The statistic of a step, and the channels and looks it may come from."""
    found: dict[str, list[tuple[float, int, int]]] = {role: [] for role in ROLES}
    for number, (role, scores) in enumerate(comparisons):
        for i, score in enumerate(scores):
            if not math.isnan(score):
                found[role].append((score, i % 2, number * MAX_LOOKS + i // 2))
    longest = max((score for score, *_ in found["longest"]), default=math.nan)
    limit = math.inf if math.isnan(longest) else max(ORDINARY, WITNESS[0] + WITNESS[1] * longest)
    candidates = [
        (min(score, limit) if role == "short" else score, *place) for role in ROLES for score, *place in found[role]
    ]
    if not candidates:
        return math.nan, {(0, -1)}
    largest = max(score for score, *_ in candidates)
    return largest, {(channel, look) for score, channel, look in candidates if score == largest}


@given(COMPARISONS)
def test_statistic_and_where_it_comes_from_are_those_of_the_definition(comparisons: list[tuple[str, list[float]]]) -> None:
    looks = Looks(7, 7)
    for number, (role, scores) in enumerate(comparisons):
        looks.take(np.array(scores).reshape(2, 2, 1), role, number)
    found = looks.scores(CALIBRATION)
    expected, places = naive(comparisons)
    assert found.statistic[0] == pytest.approx(expected, nan_ok=True)
    assert (found.channel[0], found.look[0]) in places
    assert found.z[0] == pytest.approx(float(CALIBRATION.z(expected)), nan_ok=True)


def test_what_is_odd_in_short_frames_alone_is_ordinary_and_does_not_hide_who_is_apart() -> None:
    looks = Looks(1, 1)
    looks.take(np.array([[[9.0], [0.0]]]), "short", 0)
    looks.take(np.array([[[0.0], [0.0]]]), "longest", 1)
    looks.take(np.array([[[0.0], [5.0]]]), "apart", 2)
    found = looks.scores(CALIBRATION)
    assert found.statistic[0] == 5.0
    assert (found.channel[0], found.look[0]) == (1, 2 * MAX_LOOKS)


def test_every_sample_has_the_score_of_its_step() -> None:
    looks = Looks(10, 4)
    looks.take(np.array([[[1.0, 2.0, np.nan]]]), "longest", 0)
    found = looks.scores(CALIBRATION)
    assert found.sample_z.shape == (10,)
    np.testing.assert_array_equal(found.sample_z, np.repeat(found.z, [4, 4, 2]))
