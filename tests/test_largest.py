"""How probable the largest of many scores is, against its definition."""

import math

import numpy as np
import pytest
from scipy import stats

from spectra.calibration.gaussian import GaussianThreshold
from spectra.calibration.largest import (
    IDEAL,
    MANY,
    standard_scores,
    without_long_excursions,
    z_of_largest,
)


@pytest.mark.parametrize("n", [1.0, 3.5, 1300.0, 1e15])
def test_score_of_the_largest_is_that_of_the_power_of_the_distribution(n: float) -> None:
    largest = np.array([2.5, 4.0, 6.0, 8.0])
    expected = stats.norm.isf(-np.expm1(n * stats.norm.logcdf(largest)))
    known = np.isfinite(expected)
    np.testing.assert_allclose(z_of_largest(largest, n)[known], expected[known], rtol=1e-6)
    far = z_of_largest(np.linspace(-30, 60, 10_000), n)
    assert np.isfinite(far).all()
    assert (np.diff(far) > 0).all()


def test_largest_of_independent_scores_has_uniform_p_values_however_little_was_learned() -> None:
    rng = np.random.default_rng(1)
    largest = rng.normal(size=(20_000, 5)).max(axis=1)
    for n in (200, 20_000):
        z = standard_scores(largest, GaussianThreshold.fit(largest[:n]), largest)
        for alpha in (0.1, 0.01):
            assert 0.5 * alpha < np.mean(z > stats.norm.isf(alpha)) < 1.6 * alpha


def test_few_values_weigh_less_than_what_holds_for_gaussian_scores() -> None:
    scores = np.random.default_rng(2).normal(size=1000)
    few, many = GaussianThreshold.fit(scores, 0.01), GaussianThreshold.fit(scores)
    at = np.array([2.5])
    share = IDEAL / (few.n_independent + IDEAL)
    assert few.n_independent < 10 < many.n_independent
    ideal = float(
        z_of_largest(at, max(math.log(0.5) / stats.norm.logcdf(few.threshold(0.5)), 1.0))[0]
    )
    expected = (1 - share) * float(few.z(at)[0]) + share * ideal
    assert standard_scores(at, few, at)[0] == pytest.approx(min(expected, 2.5))


def test_scores_are_finite_where_all_that_was_learned_from_is_far() -> None:
    far = np.random.default_rng(6).normal(loc=50.0, size=500)
    assert np.isfinite(standard_scores(far, GaussianThreshold.fit(far, 0.05), far)).all()


def test_score_is_no_larger_than_that_of_one_look() -> None:
    narrow = GaussianThreshold.fit(np.random.default_rng(3).normal(scale=0.1, size=5000))
    assert narrow.z(2.0) > 10
    assert standard_scores(np.array([2.0]), narrow, np.array([2.5]))[0] == 2.5


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
