"""How the scores of many looks become one, against the definition step by step."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spectra.calibration import GaussianThreshold
from spectra.scores import (
    IDEAL,
    MANY,
    MAX_LOOKS,
    ORDINARY,
    WITNESS,
    Looks,
    standard_scores,
    without_long_excursions,
    z_of_largest,
)

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
    assert found.z[0] == pytest.approx(float(standard_scores(np.array([expected]), CALIBRATION)[0]), nan_ok=True)


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


@pytest.mark.parametrize("n", [1.0, 3.5, 1300.0])
def test_score_of_the_largest_is_that_of_the_power_of_the_distribution(n: float) -> None:
    largest = np.array([2.5, 4.0, 6.0, 8.0])
    expected = stats.norm.isf(-np.expm1(n * stats.norm.logcdf(largest)))
    np.testing.assert_allclose(z_of_largest(largest, n), expected, rtol=1e-6)
    far = z_of_largest(np.linspace(-30, 60, 10_000), n)
    assert np.isfinite(far).all()
    assert (np.diff(far) > 0).all()


def test_largest_of_independent_scores_has_uniform_p_values_however_little_was_learned() -> None:
    rng = np.random.default_rng(1)
    largest = rng.normal(size=(20_000, 5)).max(axis=1)
    for n in (200, 20_000):
        z = standard_scores(largest, GaussianThreshold.fit(largest[:n]))
        for alpha in (0.1, 0.01):
            assert 0.5 * alpha < np.mean(z > stats.norm.isf(alpha)) < 1.6 * alpha


def test_few_values_weigh_less_than_what_holds_for_gaussian_scores() -> None:
    scores = np.random.default_rng(2).normal(size=1000)
    few, many = GaussianThreshold.fit(scores, 0.01), GaussianThreshold.fit(scores)
    at = np.array([2.5])
    share = IDEAL / (few.n_independent + IDEAL)
    assert few.n_independent < 10 < many.n_independent
    ideal = float(z_of_largest(at, max(math.log(0.5) / stats.norm.logcdf(few.threshold(0.5)), 1.0))[0])
    expected = (1 - share) * float(few.z(at)[0]) + share * ideal
    assert standard_scores(at, few)[0] == pytest.approx(min(expected, 2.5))


def test_score_is_no_larger_than_that_of_one_look() -> None:
    narrow = GaussianThreshold.fit(np.random.default_rng(3).normal(scale=0.1, size=5000))
    assert narrow.z(2.0) > 10
    assert standard_scores(np.array([2.0]), narrow)[0] == 2.0


def test_long_event_counts_no_more_than_a_frame() -> None:
    rng = np.random.default_rng(4)
    statistic = rng.normal(size=5000)
    statistic[1000:1800] += 20.0
    statistic[1400:1410] = np.nan
    statistic[3000] = 9.0
    kept = without_long_excursions(statistic, 40)
    assert (kept > 10).sum() == pytest.approx(40 + (790 - 40) / MANY, abs=3)
    assert 9.0 in kept
    # All that is ordinary stays, and in its order.
    np.testing.assert_array_equal(kept[kept < 2], statistic[statistic < 2])
    assert GaussianThreshold.fit(kept).threshold(1e-3) < 6


def test_many_long_excursions_are_how_a_signal_is() -> None:
    statistic = np.random.default_rng(5).normal(size=50_000)
    statistic.reshape(-1, 1000)[:, :30] += 20.0
    np.testing.assert_array_equal(without_long_excursions(statistic, 10), statistic)
