"""Base scores as standard scores."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import naive_calibration
from spectra.calibration.standard import (
    FLOOR,
    MIN_SIGMA,
    ROUNDS,
    WINSOR,
    Standard,
    Transform,
    winsorised,
)


def distances(seed: int = 0, n: int = 5000) -> np.ndarray:
    """Squared distances of one base score and channel, of 8 degrees of freedom."""
    return np.random.default_rng(seed).chisquare(8, (1, 1, n))


def fit(D: np.ndarray, transform: Transform = "log") -> Standard:
    return Standard.fit(D, np.ones((len(D), D.shape[2]), dtype=bool), transform)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=60))
def test_mean_and_deviation_are_those_of_winsorised_values(values: list[float]) -> None:
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    # Of a Gaussian, 80 % lie within 1.2816 σ of the mean.
    width = (high - low) / 2.563 or naive_calibration.deviation(values)
    start = (middle, max(width, MIN_SIGMA))
    expected = naive_calibration.winsorised(values, start, WINSOR, ROUNDS, MIN_SIGMA)
    np.testing.assert_allclose(winsorised(np.array(values)), expected, rtol=1e-9, atol=1e-9)


def test_values_that_are_mostly_equal_have_their_plain_deviation() -> None:
    values = np.repeat([-6.0, -1.2, 0.2], [950, 30, 20])
    found = winsorised(values, np.log(2.0))
    np.testing.assert_allclose(found, (values.mean(), values.std()))
    # Enormous values count as the largest ordinary ones, and do not widen the scale.
    values[-20:] = 40.0
    clipped = np.minimum(values, np.log(2.0))
    np.testing.assert_allclose(winsorised(values, np.log(2.0)), (clipped.mean(), clipped.std()))
    # Without a bound, and where values differ, they are winsorised.
    assert winsorised(values) != winsorised(values, np.log(2.0))
    noise = np.random.default_rng(0).normal(size=1000)
    assert winsorised(noise, np.log(2.0)) == winsorised(noise)


def test_small_amplitudes_score_by_their_share_of_the_median() -> None:
    D = np.random.default_rng(2).lognormal(3.0, 0.2, size=(2, 1, 3_000)) * [[[1.0]], [[1e-3]]]
    median = np.median(D, axis=2, keepdims=True)
    expected = [winsorised(each[0]) for each in D / median]
    mean, deviation = np.array(expected).T[..., None, None]
    standard = fit(D, "below")
    np.testing.assert_allclose(standard.z(D), (mean - D / median) / deviation)
    assert standard.z(np.zeros_like(D)).min() > 3.0
    # Amplitudes of a channel that hardly moves are divided by no smaller number.
    still = fit(np.full((1, 1, 50), 1e-9), "below")
    assert still.z(np.zeros((1, 1, 1)))[0, 0, 0] == pytest.approx(1e-3 / MIN_SIGMA)


def test_silence_counts_from_three_scales_below_the_usual_logarithm() -> None:
    D = np.random.default_rng(3).lognormal(2.0, 0.3, size=(1, 1, 3_000))
    standard = fit(D, "silent")
    logs = np.log(D / np.median(D) + 0.05)
    low, middle = np.quantile(logs, [0.1, 0.5])
    scale = (middle - low) / 1.2815
    np.testing.assert_allclose(standard.z(D), (middle - logs) / scale - 3.0, atol=1e-6)
    assert standard.z(np.zeros((1, 1, 1)))[0, 0, 0] == pytest.approx(
        (middle - np.log(0.05)) / scale - 3.0
    )
    # Amplitudes of a channel that hardly moves are divided by no smaller number than 1e-6, and by
    # no smaller scale.
    still = fit(np.full((1, 1, 50), 1e-9), "silent")
    expected = np.log(1e-3 + 0.05) / MIN_SIGMA - np.log(0.05) / MIN_SIGMA - 3.0
    assert still.z(np.zeros((1, 1, 1)))[0, 0, 0] == pytest.approx(expected, abs=1e-4)


def test_silence_that_a_tenth_of_the_blocks_and_three_more_have_is_usual() -> None:
    logs = np.random.default_rng(4).normal(0.0, 0.1, size=64 * 50)
    starts = 64 * np.random.default_rng(5).permutation(50)
    for n_silent in (7, 8):
        D = np.exp(logs)
        for start in starts[:n_silent]:
            D[start + 20 : start + 30] = 1e-3
        # Eight of fifty blocks are the tenth and three more: then it scores nothing.
        z = fit(D[None, None], "silent").z(D[None, None])[0, 0]
        assert (z[starts[0] + 25] > 10.0) == (n_silent == 7)


def test_silence_in_two_of_three_blocks_scores_and_in_the_only_one_does_not() -> None:
    D = np.exp(np.random.default_rng(6).normal(0.0, 0.1, size=64 * 3))
    D[30:35] = D[100:105] = 1e-3
    assert fit(D[None, None], "silent").z(D[None, None])[0, 0, [32, 102]].min() > 10.0
    one = D[:100]
    assert fit(one[None, None], "silent").z(one[None, None]).max() <= 0.0


def test_rare_lengths_of_a_state_are_a_few_deviations_from_the_usual() -> None:
    D = np.repeat([0.0, 0.4, 1.2], [9_500, 400, 100])[None, None]
    assert 3.0 < fit(D).z(D).max() < 12.0


def test_scores_of_log_normal_distances_are_standard_normal() -> None:
    D = np.random.default_rng(1).lognormal(5.0, 0.7, size=(2, 1, 40_000)) * [[[1.0]], [[1e6]]]
    z = fit(D).z(D)
    # The floor bends the lower tail, which narrows the scale by 4 %.
    np.testing.assert_allclose(
        np.quantile(z, [0.5, 0.9, 0.99], axis=2)[..., 0].T,
        [stats.norm.ppf([0.5, 0.9, 0.99])] * 2,
        atol=0.15,
    )


@given(st.floats(-4, 150).map(lambda exponent: 10.0**exponent))
def test_scores_do_not_depend_on_the_unit(factor: float) -> None:
    D = distances(n=300)
    np.testing.assert_allclose(fit(D * factor).z(D * factor), fit(D).z(D), rtol=1e-9, atol=1e-9)


def test_larger_distances_have_larger_scores_and_0_is_finite() -> None:
    standard = fit(distances())
    z = standard.z(np.geomspace(1e-3, 1e30, 500)[None, None])
    assert (np.diff(z) > 0).all()
    assert np.isfinite(standard.z(np.zeros((1, 1, 1)))).all()


@pytest.mark.parametrize("size", [0.0, 1e3, 1e8, 1e30], ids=["dead", "loud", "wild", "enormous"])
def test_one_glitch_or_dead_stretch_moves_no_score_elsewhere(size: float) -> None:
    # 16 steps, as many as see one glitch, of as many as are sampled of a long recording.
    before, D = (distances(n=16_384) for _ in range(2))
    D[..., 2000:2016] = size
    z, moved = fit(before).z(before), fit(D).z(before)
    np.testing.assert_allclose(moved, z, rtol=0.01, atol=0.01)


@pytest.mark.parametrize("share", [0.003, 0.01, 0.05])
def test_an_enormous_anomaly_moves_scores_no_more_than_a_large_one(share: float) -> None:
    before, large, enormous = (distances() for _ in range(3))
    large[..., : int(5000 * share)] = 1e3
    enormous[..., : int(5000 * share)] = 1e12
    scores = [fit(D).z(before) for D in (before, large, enormous)]
    assert np.abs(scores[2] - scores[0]).max() < 2 * np.abs(scores[1] - scores[0]).max()


def test_only_the_steps_named_normal_are_learned_from() -> None:
    D = np.concatenate([distances(2), distances(3)])
    D[..., 2500:] *= 50
    normal = np.ones((2, 5000), dtype=bool)
    normal[1, 2500:] = False
    found = Standard.fit(D, normal, "log")
    alone = fit(D[1:, :, :2500])
    assert found.mu[1] == alone.mu[0]
    assert found.sigma[1] == alone.sigma[0]
    assert found.mu[0] > found.mu[1] + 1


def test_gaps_are_left_out_and_stay_gaps() -> None:
    D = distances()
    holed = np.insert(D, [0, 10, 5000], np.nan, axis=2)
    holed = np.insert(holed, 50, np.inf, axis=2)
    assert fit(holed).mu == fit(D).mu
    assert np.isnan(fit(holed).z(holed)[0, 0, 0])


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
def test_distances_that_never_change_and_none_at_all_are_usable(value: float) -> None:
    standard = fit(np.full((1, 1, 100), value))
    z = standard.z(np.array([[[value, 1e3]]]))
    assert np.isfinite(z[..., 1]).all()
    assert z[0, 0, 1] > 3
    assert np.isnan(value) or abs(z[0, 0, 0]) < 1e-6


def test_the_floor_is_a_share_of_the_mean_below_the_highest_tenth() -> None:
    D = distances()
    D[..., ::3] = 0.0
    clipped = np.minimum(D, np.quantile(D, 0.9))
    assert fit(D).floor[0, 0] == pytest.approx(FLOOR * clipped.mean())
    D[..., :200] = 1e9
    assert fit(D).floor[0, 0] == pytest.approx(FLOOR * clipped.mean(), rel=0.2)


def test_less_is_as_anomalous_as_more_where_both_directions_count() -> None:
    values = np.random.default_rng(4).normal(5.0, 0.5, size=(1, 1, 10_000))
    standard = fit(values, "two-sided")
    z = standard.z(np.array([[[5.0, 3.0, 7.0, 0.0]]]))[0, 0]
    # Standard errors of 10,000 values: 0.5 % of σ in the mean, 0.7 % in σ.
    np.testing.assert_allclose(z, [0.0, 4.0, 4.0, 10.0], atol=0.3)
    np.testing.assert_allclose(np.quantile(standard.z(values), 0.6827), 1.0, atol=0.05)


def test_scores_in_units_of_what_is_ordinary_are_standardised_by_their_quartiles() -> None:
    values = np.random.default_rng(5).chisquare(3, (2, 1, 999))
    holed = np.insert(values, [0, 500], np.nan, axis=2)
    standard = Standard.fit_log1p(holed)
    for z, score in zip(standard.z(values)[:, 0], values[:, 0], strict=True):
        logs = sorted(math.log(1 + value) for value in score)
        low, middle, high = statistics.quantiles(logs, n=4, method="inclusive")
        sigma = (high - low) / (2 * stats.norm.ppf(0.75))
        expected = [(math.log(1 + value) - middle) / sigma for value in score]
        np.testing.assert_allclose(z, expected, rtol=1e-3, atol=1e-9)


def test_scores_that_repeat_exactly_differ_by_no_more_than_their_smallest_scale() -> None:
    standard = Standard.fit_log1p(np.full((1, 1, 50), 0.3))
    np.testing.assert_allclose(standard.z(np.array([[[0.3, 0.43]]])), [[[0.0, 10 * np.log(1.1)]]])


def test_single_precision_stays_single() -> None:
    D = distances().astype(np.float32)
    assert fit(D).z(D).dtype == np.float32


@pytest.mark.parametrize(
    ("floor", "mu", "sigma"),
    [([1.0], [0.0], [0.0]), ([0.0], [0.0], [1.0]), ([1.0, 1.0], [0.0], [1.0])],
)
def test_parts_that_do_not_belong_together_are_refused(
    floor: list[float], mu: list[float], sigma: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"above 0|one floor"):
        Standard("log", *(np.array([each]) for each in (floor, mu, sigma)))


def test_distances_of_a_signal_that_repeats_itself_exactly_are_rounding() -> None:
    D = 1e-10 * distances()
    assert np.abs(fit(D).z(D)).max() < 0.2
