"""The calibration against its definition in plain loops, with its documented numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import naive_calibration
from spectra.calibration.block_maxima import _valley, block_maxima, cluster_size
from spectra.calibration.contamination import normal_bound
from spectra.calibration.fusion import Fusion, _sampled
from spectra.calibration.gaussian import GaussianThreshold, pareto_tail
from spectra.calibration.rates import AlarmRate, alpha_of_fdr, alpha_of_rate, steps_of_alarms
from spectra.calibration.scores import Scores
from spectra.calibration.standard import Standard, winsorised
from spectra.calibration.statistic import Fused, SurprisalMean
from spectra.calibration.threshold import Threshold
from spectra.errors import DataError
from spectra.runs import true_runs

RNG = np.random.default_rng(17)
VALUES = {
    "1,000 exponential": RNG.exponential(2.0, 1000),
    "300 uniform": RNG.uniform(1.0, 2.0, 300),
    "Student t": np.abs(RNG.standard_t(2, 700)),
    "below 0": -RNG.chisquare(4, 250),
    "250 of few values": RNG.integers(0, 6, 250).astype(float),
    "199": RNG.lognormal(size=199),
    "3": np.array([1.0, 5.0, 2.0]),
    "2": np.array([1.0, 5.0]),
    "one": np.array([-4.0]),
    "zeros": np.zeros(40),
    "subnormal": np.full(40, 1e-310),
}


@pytest.mark.parametrize("name", VALUES)
def test_levels_are_quantiles_and_the_tail_has_the_largest_penalised_likelihood(name: str) -> None:
    values = VALUES[name]
    found = GaussianThreshold.fit(values)
    tail_p, levels = naive_calibration.levels(values.tolist())
    assert found.tail_p == pytest.approx(tail_p, rel=1e-12)
    np.testing.assert_allclose(found.levels, levels, rtol=1e-9, atol=1e-12 * np.ptp(levels))
    excess = [value - levels[-1] for value in values.tolist() if value > levels[-1]]
    largest = float(np.abs(values).max())
    if max(excess, default=0.0) > 1e-9 * max(largest, 1.0):
        scale, shape = naive_calibration.pareto(excess)
        widened = naive_calibration.widened(excess, scale, shape)
        assert found.scale == pytest.approx(widened, rel=1e-6)
        assert found.shape == pytest.approx(shape, abs=1e-9)
    else:
        # Nothing lies beyond the levels: an exponential tail of a billionth of their size.
        assert found.scale == pytest.approx(1e-9 * (largest if 1e-9 * largest > 0 else 1.0))
        assert found.shape == 0.0
    assert found.n == values.size


def test_of_two_thousand_excesses_every_second_chooses_the_shape() -> None:
    excess = stats.genpareto(0.2, scale=3.0).rvs(2000, random_state=1)
    some = sorted(excess.tolist(), reverse=True)[::2]
    scale, shape = naive_calibration.pareto(some, weight=2.0)
    found = pareto_tail(excess, 0.0)
    assert found == (pytest.approx(scale, rel=1e-6), pytest.approx(shape, abs=1e-9))


@pytest.mark.parametrize(
    ("excess", "smallest", "expected"),
    [
        ([], 0.0, (np.finfo(float).tiny, 0.0)),
        ([], 0.25, (0.25, 0.0)),
        ([0.1, 0.25], 0.25, (0.25, 0.0)),
    ],
)
def test_excesses_below_the_smallest_scale_have_an_exponential_tail_of_it(
    excess: list[float], smallest: float, expected: tuple[float, float]
) -> None:
    assert pareto_tail(np.array(excess), smallest) == expected


def test_a_scale_is_not_below_the_smallest() -> None:
    excess = np.random.default_rng(2).exponential(1.0, 50)
    own, shape = pareto_tail(excess, 0.0)
    assert pareto_tail(excess, 1.5 * own) == (1.5 * own, shape)
    assert pareto_tail(excess, 0.5 * own) == (own, shape)


def calibrator(shape: float, n: int = 400) -> GaussianThreshold:
    """A calibrator with levels 1, 2 … 5 and a tail of a tenth."""
    return GaussianThreshold(np.arange(1.0, 6.0), 0.1, 2.0, shape, n, 50.0, 0.1, 0.5)


TAIL_SHAPES = [-0.4, -0.1, 0.0, 0.3]


@pytest.mark.parametrize("shape", TAIL_SHAPES)
def test_p_values_of_a_tail_are_those_of_its_definition_and_thresholds_its_inverse(
    shape: float,
) -> None:
    found = calibrator(shape)
    for excess in (1e-6, 0.5, 2.0, 4.0, 10.0, 100.0):
        log_p = naive_calibration.log_tail(excess, 0.1, 2.0, shape, 400)
        assert found.log_p_value(5.0 + excess) == pytest.approx(log_p, rel=1e-9)
        if log_p > -600:
            assert found.threshold(math.exp(log_p)) == pytest.approx(5.0 + excess, rel=1e-7)


@pytest.mark.parametrize("shape", TAIL_SHAPES)
def test_scores_of_the_body_are_evenly_spaced_and_fall_on_below_it(shape: float) -> None:
    found = calibrator(shape)
    top = stats.norm.isf(0.1)
    np.testing.assert_allclose(found.z(np.arange(1.0, 6.0)), np.linspace(-3.0, top, 5), atol=1e-12)
    assert found.z(1.5) == pytest.approx(-3.0 + (top + 3.0) / 8)
    # Below the lowest level the rise is that of the lower half.
    assert found.z(-1.0) == pytest.approx(-3.0 - 2.0 * (top + 3.0) / 4)
    bent = replace(found, levels=np.array([1.0, 2.0, 4.0, 5.0, 9.0]))
    assert bent.z(0.0) == pytest.approx(-3.0 - (top + 3.0) / 2 / 3.0)
    for z in (-5.0, -3.0, -2.0, top):
        assert bent.z(bent.inverse(z)) == pytest.approx(z, abs=1e-12)


@pytest.mark.parametrize(
    "accepted",
    [{"tail_p": 0.5}, {"n": 1}, {"shape": 0.99}, {"shape": -0.99}, {"levels": np.array([0.0, 1])}],
)
def test_parts_at_the_ends_of_their_ranges_make_a_calibrator(accepted: dict) -> None:
    replace(calibrator(0.0), **accepted)


@pytest.mark.parametrize(
    "refused",
    [
        {"tail_p": 0.51},
        {"n": 0},
        {"shape": 1.0},
        {"shape": -1.0},
        {"shape": np.nan},
        {"scale": 0.0},
        {"scale": -1.0},
        {"levels": np.array([1.0])},
        {"levels": np.array([[0.0, 1.0], [1.0, 2.0]])},
        {"levels": np.array([0.0, 1.0, 1.0])},
        {"levels": np.array([-np.inf, 0.0])},
    ],
)
def test_parts_outside_their_ranges_make_none(refused: dict) -> None:
    with pytest.raises(ValueError, match=r"levels|tail_p|scale|n="):
        replace(calibrator(0.0), **refused)


def test_a_tail_without_a_value_fits() -> None:
    found = GaussianThreshold.fit(np.full(40, 2.0))
    assert (found.ks_statistic, found.ks_p_value) == (0.0, 1.0)


@pytest.mark.parametrize("share", [1.0, 0.25, 1e-9])
def test_the_number_of_independent_values_is_their_share_and_at_least_one(share: float) -> None:
    values = np.random.default_rng(3).exponential(size=800)
    assert GaussianThreshold.fit(values, share).n_independent == max(800 * share, 1.0)


@pytest.mark.parametrize("values", [np.array(["a", "b"]), np.array([None, {}]), "a"])
def test_arrays_of_no_numbers_are_refused(values: object) -> None:
    with pytest.raises(ValueError, match="must be numbers"):
        GaussianThreshold.fit(values)


def test_single_precision_is_calibrated_as_double() -> None:
    values = np.random.default_rng(4).chisquare(3, 900).astype(np.float32)
    one, other = (GaussianThreshold.fit(each) for each in (values, values.astype(np.float64)))
    np.testing.assert_allclose(one.levels, other.levels, rtol=1e-6)
    # Values are sorted in a copy.
    assert not (np.diff(values) >= 0).all()


def maxima(share: float, distance: float, n: int, seed: int, noise: float = 0.2) -> np.ndarray:
    """Block maxima of two populations whose logarithms lie `distance` spreads apart.

    They come in random order.
    """
    rng = np.random.default_rng(seed)
    odd = np.arange(n) < share * n
    return rng.permutation(np.exp(noise * (rng.normal(size=n) + distance * odd)))


@pytest.mark.parametrize("n", [50, 120])
@pytest.mark.parametrize("share", [0.04, 0.2, 0.4, 0.5, 0.6])
def test_the_valley_is_that_of_two_gaussians_where_there_are_two_modes(
    share: float, n: int
) -> None:
    found, expected = [], []
    for seed, distance in enumerate((1.0, 2.0, 2.5, 3.0, 3.5, 4.5, 7.0)):
        values = maxima(share, distance, n, seed)
        found.append(_valley(values))
        expected.append(naive_calibration.valley(values.tolist()))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("share", "seed", "distance"), [(0.04, 1, 2.9), (0.04, 3, 2.5), (0.04, 1, 3.6), (0.25, 3, 3.8)]
)
def test_two_modes_that_are_just_accepted_are_two(share: float, seed: int, distance: float) -> None:
    # Two whose gain in BIC lies between 10 and 11, two whose distance lies between 2.5 and 2.55.
    values = maxima(share, distance, 50, seed)
    expected = naive_calibration.valley(values.tolist())
    assert math.isfinite(expected)
    assert _valley(values) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("noise", [0.05, 0.2])
@pytest.mark.parametrize("length", [1, 2, 3, 5, 20])
def test_a_second_mode_that_comes_in_stretches_is_a_state(length: int, noise: float) -> None:
    rng = np.random.default_rng(length)
    odd = np.repeat(np.arange(120 // length) % 4 == 1, length)
    values = np.exp(noise * (rng.normal(size=odd.size) + 6 * odd))
    found = _valley(values)
    assert found == pytest.approx(naive_calibration.valley(values.tolist()), rel=1e-6)
    # Of 20 blocks there are two stretches, too few to tell.
    assert math.isinf(found) == (noise == 0.2 and 2 < length < 20)


@pytest.mark.parametrize("noise", [0.0, 0.002, 0.02])
def test_the_valley_of_hardly_any_spread_is_that_of_the_smallest_one(noise: float) -> None:
    for distance in (2.0, 5.0, 20.0):
        values = maxima(0.2, distance, 100, 5, noise)
        assert _valley(values) == pytest.approx(naive_calibration.valley(values.tolist()), rel=1e-6)


def test_maxima_near_0_have_the_smallest_logarithm() -> None:
    values = np.concatenate([np.zeros(60), np.full(30, 0.02), np.full(10, 0.3)])
    assert _valley(values) == pytest.approx(naive_calibration.valley(values.tolist()), rel=1e-6)
    assert 0.05 < _valley(values) < 0.3


@pytest.mark.parametrize(("n", "block"), [(6400, 32), (1000, 32), (40, 8), (320, 1), (333, 7)])
def test_the_bound_is_the_lower_one_of_the_gumbel_law_and_the_valley(n: int, block: int) -> None:
    rng = np.random.default_rng(n)
    statistic = np.abs(rng.normal(size=n))
    statistic[rng.random(n) < 0.1] = np.nan
    statistic[: n // 10] += 0.5
    # There are at least 50 blocks.
    size = min(max(n // 50, 1), block)
    gumbel = naive_calibration.gumbel_bound(statistic.tolist(), size, (0.1587, 0.5), 0.1 / n)
    low = naive_calibration.valley(naive_calibration.block_maxima(statistic.tolist(), size))
    assert normal_bound(statistic, block, 0.0) == pytest.approx(min(gumbel, low), rel=1e-9)


def test_maxima_of_blocks_without_a_score_are_left_out() -> None:
    values = np.repeat([1.0, np.nan, 3.0, 2.0], 100)
    values[350] = 7.0
    assert block_maxima(values, 100).tolist() == naive_calibration.block_maxima(values.tolist(), 8)
    assert cluster_size(values, 6.0, 100) == 1.0
    assert cluster_size(values, 0.0, 100) == 8.0


def test_blocks_begin_at_the_first_step() -> None:
    values = np.zeros(400)
    values[:8] = 5.0
    assert cluster_size(values, 1.0, 8) == 8.0
    assert block_maxima(values, 8).tolist() == [5.0] + 49 * [0.0]


def test_the_scale_of_the_maxima_is_not_below_the_smallest() -> None:
    # All maxima are 2, so that the bound is a closed form.
    def gumbel(p: float) -> float:
        return -math.log(-math.log(p))

    location = 2.0 - 0.5 * gumbel(0.5)
    # Every step of a block of 10 holds the maximum, none exceeds it: a cluster of 1.
    expected = location + 0.5 * gumbel((1 - 0.1 / 1000) ** 10)
    assert normal_bound(np.full(1000, 2.0), 10, 0.5) == pytest.approx(expected)


def test_runs_of_raised_steps_reach_both_ends() -> None:
    begins, ends = true_runs(np.array([True, True, False, True, False, False, True]))
    assert (begins.tolist(), ends.tolist()) == ([0, 3, 6], [2, 4, 7])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n", [150, 2000, 30_000])
def test_the_flagged_steps_of_an_alarm_are_counted(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    statistic = np.abs(np.convolve(rng.normal(size=n), np.ones(6) / np.sqrt(6), "same"))
    statistic[rng.random(n) < 0.02] = np.nan
    calibration = GaussianThreshold.fit(statistic)
    thresholds = {}

    def threshold(alpha: float) -> float:
        if alpha not in thresholds:
            thresholds[alpha] = calibration.threshold(alpha)
        return thresholds[alpha]

    expected = naive_calibration.steps_of_alarms(statistic.tolist(), threshold)
    np.testing.assert_allclose(steps_of_alarms(calibration, statistic), expected, rtol=1e-12)


STEPS = np.array([6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.6])
COUNTED = [0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4]


def test_rates_between_those_counted_are_interpolated_and_beyond_them_proportional() -> None:
    rates = [alpha / m for alpha, m in zip(COUNTED, STEPS.tolist(), strict=True)]
    for i in range(6):
        between = math.sqrt(rates[i] * rates[i + 1])
        expected = math.sqrt(COUNTED[i] * COUNTED[i + 1])
        assert alpha_of_rate(STEPS, between) == pytest.approx(expected)
    assert alpha_of_rate(STEPS, 1e-9) == pytest.approx(1.6e-9)
    assert alpha_of_rate(STEPS, 0.05) == pytest.approx(0.3)
    assert alpha_of_rate(STEPS, 0.4) == 0.5


def test_rates_that_fall_where_alpha_rises_are_taken_for_the_larger_one() -> None:
    steps = np.array([6.0, 5.0, 4.0, 3.0, 2.5, 0.1, 1.6])
    # At 3e-4 there would be more alarms than at any alpha below 0.03.
    assert alpha_of_rate(steps, 0.0031) > 1e-3


def test_the_number_of_tests_is_that_of_steps_over_those_of_an_alarm_at_a_hundredth() -> None:
    p_value = np.array([0.9, 0.9, 1e-5, 1e-4, 0.9, np.nan, 0.9, 0.9, 0.9])
    # 8 steps, 4 an alarm: 2 tests, and one stretch of p = 1e-5 ≤ 0.2 / 2.
    assert alpha_of_fdr(p_value, STEPS, 0.2) == pytest.approx(0.1)
    # A stretch is one below q, or below a half.
    assert alpha_of_fdr(np.array([0.55, 0.9] * 4), np.ones(7), 0.6) == pytest.approx(0.6 / 8)
    assert alpha_of_fdr(np.array([0.45, 0.9] * 4), np.ones(7), 0.95) == pytest.approx(0.475)
    assert alpha_of_fdr(np.array([0.2, 0.9]), np.ones(7), 5e-324) == 5e-324


@pytest.mark.parametrize("seed", range(3))
def test_equal_ranks_and_p_values_are_accepted(seed: int) -> None:
    # The second of ten p-values lies at its bound, 0.2 · 2 / 10.
    p_value = np.full(10, 0.9)
    p_value[[1, 4]] = [0.03, 0.2 * 2 / 10]
    assert alpha_of_fdr(np.roll(p_value, seed), np.ones(7), 0.2) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400), ("week", 604_800),
     ("month", 365.2425 * 7200), ("year", 365.2425 * 86_400)],
)  # fmt: skip
def test_units_of_time_are_exact(unit: str, seconds: float) -> None:
    found = AlarmRate(3.0, unit).per_step(7, 2.0, 1)
    assert found == pytest.approx(3.0 * 7 / (2.0 * seconds), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("count", [0.0, -1.0, math.inf, math.nan])
def test_a_number_of_false_alarms_lies_above_0(count: float) -> None:
    with pytest.raises(ValueError, match="lies above 0"):
        AlarmRate(count, "day")


def test_thresholds_name_what_was_asked_for_and_give_its_alpha() -> None:
    assert Threshold(false_alarms="2/day").text == "2 false alarms a day"
    assert Threshold(false_alarms="1/day").text == "1 false alarm a day"
    statistic = np.abs(np.random.default_rng(6).normal(size=4000)).astype(np.float32)
    fusion = Fusion.fit(statistic, statistic[None], (16,), 4, clean=True)
    none = np.zeros(4000, dtype=np.int16)
    steps = Fused(statistic, none, none, statistic[None].astype(np.float16))
    scores = Scores(5, 20_000, steps, fusion, steps.part)
    assert Threshold().alpha_of(scores, None) == 0.001
    assert Threshold(0.3).alpha_of(scores, 2.0) == 0.3
    expected = alpha_of_rate(fusion.alarm_steps, 2 * 5 / (2.0 * 3600))
    assert Threshold(false_alarms="2/hour").alpha_of(scores, 2.0) == expected
    expected = alpha_of_rate(fusion.alarm_steps, 2 * 5 / 20_000)
    assert Threshold(false_alarms="2/recording").alpha_of(scores, None) == expected
    expected = alpha_of_fdr(scores.p_value, fusion.alarm_steps, 0.1)
    assert Threshold(fdr=0.1).alpha_of(scores, None) == expected
    with pytest.raises(DataError, match="sampling rate"):
        Threshold(false_alarms="2/hour").alpha_of(scores, None)
    # All the steps of a recording are not printed.
    assert len(repr(scores)) < 200
    assert not scores.causal


def test_base_scores_and_groups_are_clipped_at_the_largest_that_fit() -> None:
    fusing = SurprisalMean((1, 3), 2)
    fusing.add(np.array([[[1e5, 1e7, 7e4]]], dtype=np.float32), 1, 3)
    found = fusing.result()
    np.testing.assert_allclose(found.statistic, [1e5, 1e6, 7e4], rtol=1e-5)
    np.testing.assert_array_equal(found.groups[1], np.float16([6e4, 6e4, 6e4]))
    assert np.isnan(found.groups[0]).all()
    assert (found.source == 3).all()


def test_the_first_of_equal_base_scores_is_the_source_and_only_compared_channels_count() -> None:
    fusing = SurprisalMean((3, 1), 1)
    fusing.add(np.full((2, 3, 1), 2.0, dtype=np.float32), 0, 5)
    fusing.add(np.array([[[0.0], [0.0], [9.0]]], dtype=np.float32), 0, 7)
    every, some = fusing.result(), fusing.result(np.array([False, True, True]))
    assert every.channel.tolist() == some.channel.tolist() == [2]
    assert every.source.tolist() == [7]
    one = fusing.result(np.array([False, True, False]))
    assert (one.channel.tolist(), one.source.tolist()) == ([1], [5])
    assert one.statistic[0] == pytest.approx(
        math.sqrt(50 * math.expm1(math.sqrt(2 / 3) * math.log(1.08)))
    )
    assert np.isnan(fusing.result(np.zeros(3, dtype=bool)).statistic).all()


def test_a_channel_with_nothing_but_negative_scores_comes_before_one_without_any() -> None:
    fusing = SurprisalMean((2, 1), 1)
    fusing.add(np.array([[[np.nan], [-3.0]]], dtype=np.float32), 0, 0)
    found = fusing.result()
    assert (found.channel.tolist(), found.statistic.tolist()) == ([1], [0.0])
    assert found.groups.tolist() == [[-3.0]]


def normal_steps(n: int = 3000, seed: int = 8) -> np.ndarray:
    """Statistics of steps, large in clusters."""
    rng = np.random.default_rng(seed)
    return np.abs(np.convolve(rng.normal(size=n), np.ones(5), "same")).astype(np.float32)


@pytest.mark.parametrize("clean", [True, False])
def test_a_fusion_is_fitted_as_its_parts_are_documented(clean: bool) -> None:
    statistic = normal_steps()
    statistic[::50] = np.nan
    statistic[1000:1020] = 60.0
    groups = np.stack([statistic, 3.0 * statistic - 1.0]).astype(np.float16)
    found = Fusion.fit(statistic, groups, (8, 32), 12, clean=clean)
    bound = math.inf if clean else normal_bound(statistic, 12, 0.07)
    normal = np.where(statistic <= bound, statistic, np.nan)
    known = normal[np.isfinite(normal)].astype(np.float64)
    scored = int(np.isfinite(statistic).sum())
    assert found.suspected == pytest.approx(1 - known.size / scored, abs=1e-15)
    size = naive_calibration.cluster_size(normal.tolist(), float(np.quantile(known, 0.95)), 12)
    assert found.calibration.n_independent == pytest.approx(known.size / size)
    np.testing.assert_array_equal(
        found.alarm_steps, steps_of_alarms(found.calibration, normal.astype(np.float32))
    )
    for i, group in enumerate(groups.astype(np.float64)):
        values = sorted(group[np.isfinite(group)].tolist())
        centre = naive_calibration.quantile(values, 0.5)
        low = naive_calibration.quantile(values, 0.1587)
        assert found.centre[i] == pytest.approx(centre, rel=1e-9)
        assert found.spread[i] == pytest.approx(centre - low, rel=1e-9)
    tenth = 0.1 / found.calibration.n_independent
    assert found.smallest_p == pytest.approx(tenth)


def test_a_statistic_that_repeats_has_the_smallest_scale_and_spread() -> None:
    statistic = np.full(400, 2.0, dtype=np.float32)
    found = Fusion.fit(statistic, statistic[None], (16,), 4, clean=True)
    assert found.calibration.scale == 0.07
    assert found.spread.tolist() == [0.001]
    own = Fusion.fit(statistic, statistic[None], (16,), 4, clean=False)
    assert own.suspected == 0.0
    few = Fusion.fit(statistic[:1], statistic[None, :1], (16,), 4, clean=True)
    assert few.smallest_p == 0.1


def test_scores_of_groups_are_in_spreads_from_their_centre() -> None:
    parts = calibrator(0.0), 0.0, np.ones(7), np.array([1.0, -2.0]), np.array([0.5, 4.0])
    found = Fusion(*parts, np.zeros(2), (16,)).group_scores(np.array([[2.0, 0.0], [2.0, -2.0]]))
    assert found.tolist() == [[2.0, -2.0], [1.0, 0.0]]


@pytest.mark.parametrize(("n", "every"), [(131_072, 1), (131_073, 2), (262_144, 2), (262_145, 3)])
def test_quantiles_are_taken_of_at_most_131072_evenly_spaced_steps(n: int, every: int) -> None:
    steps = np.arange(n, dtype=np.float32)
    np.testing.assert_array_equal(_sampled(steps), steps[::every])
    assert _sampled(steps[:0]).size == 0


def test_a_fusion_of_no_score_is_refused() -> None:
    none = np.full(10, np.nan, dtype=np.float32)
    with pytest.raises(DataError, match="No step"):
        Fusion.fit(none, none[None], (16,), 4, clean=True)


@pytest.mark.parametrize(
    ("changed", "accepted"),
    [
        ({"alarm_steps": np.ones(7)}, True),
        ({"alarm_steps": np.full(7, 0.99)}, False),
        ({"alarm_steps": np.ones(6)}, False),
        ({"npersegs": (1,)}, True),
        ({"npersegs": (0,)}, False),
        ({"npersegs": (1, 2)}, True),
        ({"npersegs": (1, 2, 3)}, False),
        ({"suspected": 0.999}, True),
    ],
)
def test_a_fusion_checks_its_parts(changed: dict, accepted: bool) -> None:
    two = np.ones(2)
    whole = Fusion(calibrator(0.0), 0.0, 2 * np.ones(7), two, two, two, (16,))
    if accepted:
        replace(whole, **changed)
    else:
        with pytest.raises(ValueError, match=r"alarm|npersegs"):
            replace(whole, **changed)


def test_a_part_of_the_scores_can_be_taken_and_put_back() -> None:
    values = np.arange(10, dtype=np.float32)
    steps = Fused(values, values.astype(np.int16), values.astype(np.int16), values[None])
    part = steps.part(3, 7)
    assert part.statistic.tolist() == [3, 4, 5, 6]
    assert part.groups.shape == (1, 4)
    room = Fused.empty(1, 6)
    assert room.put(2, part) == 6
    assert room.channel.tolist() == [0, 0, 3, 4, 5, 6]


@pytest.mark.parametrize("transform", ["log", "two-sided"])
def test_standards_are_those_of_the_definition(transform) -> None:
    rng = np.random.default_rng(9)
    for values in (rng.chisquare(2, 300), np.repeat([1.0, 2.0], 40), rng.chisquare(1, 9) * 1e-7):
        found = Standard.fit(values[None, None], np.ones((1, values.size), dtype=bool), transform)
        floor, known = 1.0, values.tolist()
        if transform == "log":
            top = naive_calibration.quantile(sorted(known), 0.9)
            mean = math.fsum(min(value, top) for value in known) / len(known)
            floor = max(0.05 * mean, 1e-5)
            known = [math.log(value + floor) for value in known]
        low, middle, high = (naive_calibration.quantile(sorted(known), p) for p in (0.1, 0.5, 0.9))
        start = middle, max((high - low) / 2.563 or naive_calibration.deviation(known), 0.01)
        mu, sigma = naive_calibration.winsorised(known, start, 3.0, 10, 0.01)
        assert found.floor[0, 0] == pytest.approx(floor)
        assert found.mu[0, 0] == pytest.approx(mu, rel=1e-9)
        assert found.sigma[0, 0] == pytest.approx(sigma, rel=1e-9)
        z = found.z(values[None, None])[0, 0]
        expected = [
            (math.log(value + floor) - mu) / sigma
            if transform == "log"
            else abs(value - mu) / sigma
            for value in values.tolist()
        ]
        np.testing.assert_allclose(z, expected, rtol=1e-8, atol=1e-8)


def test_a_base_score_without_a_normal_step_is_left_as_it_is() -> None:
    found = Standard.fit(np.ones((1, 2, 5)), np.zeros((1, 5), dtype=bool), "log")
    for part, value in ((found.floor, 1.0), (found.mu, 0.0), (found.sigma, 1.0)):
        np.testing.assert_array_equal(part, np.full((1, 2), value))


def test_scales_are_drawn_towards_others_by_their_logarithms() -> None:
    one = Standard("log", *(np.full((1, 1), value) for value in (1.0, 2.0, 8.0)))
    other = replace(one, sigma=np.full((1, 1), 2.0))
    found = one.shrunk(other, 0.25)
    assert found.sigma[0, 0] == pytest.approx(8.0**0.25 * 2.0**0.75)
    assert (found.mu, found.floor) == (one.mu, one.floor)


def test_the_quartiles_of_scores_in_ordinary_units_are_those_of_a_gaussian() -> None:
    values = np.expm1(np.linspace(0.0, 4.0, 101))[None, None]
    found = Standard.fit_log1p(values)
    assert found.mu[0, 0] == pytest.approx(2.0)
    assert found.sigma[0, 0] == pytest.approx(2.0 / 1.349)
    assert Standard.fit_log1p(np.ones((1, 1, 4))).sigma[0, 0] == 0.1
    np.testing.assert_array_equal(found.floor, 1.0)


def test_values_that_are_all_the_same_have_the_smallest_deviation() -> None:
    assert winsorised(np.full(20, 3.0)) == (3.0, 0.01)
