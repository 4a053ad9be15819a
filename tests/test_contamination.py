"""The bound of normal steps in a recording that is its own reference."""

import numpy as np
import pytest

import naive_calibration
import spectra
from spectra.calibration.block_maxima import EXPECTED, QUANTILES, cluster_size
from spectra.calibration.contamination import (
    _joined,
    normal_bound,
    standing_out,
    without_anomalies,
    without_hidden_events,
)
from spectra.calibration.rhythm import (
    LEVEL,
    MOST_ODD,
    _outliers,
    bound_of_periods,
    busy_hours,
    recurring_maxima,
)

BLOCK = 32


def noise(n: int, seed: int, width: int = 8) -> np.ndarray:
    """A statistic that exceeds a threshold in clusters."""
    rng = np.random.default_rng(seed)
    return np.abs(np.convolve(rng.normal(size=n), np.ones(width) / np.sqrt(width), "same"))


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_of_one_population_is_that_of_its_gumbel_law(seed: int) -> None:
    statistic = noise(6400, seed)
    expected = naive_calibration.gumbel_bound(statistic.tolist(), BLOCK, QUANTILES, EXPECTED / 6400)
    assert normal_bound(statistic, BLOCK, 0.0) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["Gaussian", "Student t", "lognormal"])
def test_of_normal_steps_hardly_any_are_suspected(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # A statistic is made of standard scores of logarithms: a power law has an exponential tail.
    statistic = {
        "Gaussian": noise(12_000, seed),
        "Student t": np.log1p(np.abs(rng.standard_t(3, 12_000))),
        "lognormal": 0.5 + 0.3 * np.abs(rng.normal(size=12_000)),
    }[kind]
    assert np.mean(statistic > normal_bound(statistic, BLOCK, 0.0)) < 0.005


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_blocks_of_a_second_population_are_suspected(share: float) -> None:
    # Beats: each block holds one, and some of them are ectopic.
    rng = np.random.default_rng(1)
    statistic = noise(BLOCK * 600, 2)
    odd = rng.random(600) < share
    statistic.reshape(600, BLOCK)[odd, 10:14] = rng.normal(6.0, 0.4, (odd.sum(), 4))
    bound = normal_bound(statistic, BLOCK, 0.0)
    assert statistic.reshape(600, BLOCK)[~odd].max() * 0.8 < bound < 6.0


@pytest.mark.parametrize("size", [10.0, 1e5])
def test_the_size_of_a_few_anomalies_does_not_move_the_bound(size: float) -> None:
    statistic = noise(6400, 3)
    before = normal_bound(statistic, BLOCK, 0.0)
    statistic[3000:3040] = size
    assert normal_bound(statistic, BLOCK, 0.0) == pytest.approx(before, rel=0.05)


def test_a_statistic_that_hardly_changes_has_a_bound_above_it() -> None:
    statistic = 2.0 + 1e-4 * np.random.default_rng(4).random(3200)
    statistic[::640] = 2.001
    assert normal_bound(statistic, BLOCK, 0.07) > 2.01


def test_half_of_a_few_blocks_is_no_second_population_and_a_fifth_is_one() -> None:
    rng = np.random.default_rng(7)
    for share, expected in ((0.5, False), (0.2, True)):
        statistic = noise(BLOCK * 60, 8)
        odd = rng.permutation(60) < 60 * share
        statistic.reshape(60, BLOCK)[odd, 10:14] = rng.normal(6.0, 0.8, (odd.sum(), 4))
        bound = normal_bound(statistic, BLOCK, 0.0)
        assert (bound < 6.0) == expected


def test_the_upper_end_of_a_heavy_tail_is_clipped_and_what_lies_apart_is_left_out() -> None:
    statistic = noise(BLOCK * 400, 9).astype(np.float32)
    bound = np.float32(normal_bound(statistic, BLOCK, 0.07))
    cases = [(1.05, 5010, True), (1.05, 5001, True), (1.3, 5010, False), (4.0, 5010, False)]
    # Near the bound, but more than two in a thousand of all steps.
    cases += [(1.1, 5200, False)]
    for beyond, end, clipped in cases:
        struck = statistic.copy()
        struck[5000:end] = beyond * bound
        kept = without_anomalies(struck, BLOCK, 0.07)
        others = np.r_[0:5000, end : statistic.size]
        np.testing.assert_array_equal(kept[others], np.minimum(statistic, bound)[others])
        if clipped:
            np.testing.assert_allclose(kept[5000:end], bound, rtol=0.02)
        else:
            assert np.isnan(kept[5000:end]).all()


def test_steps_between_two_of_one_event_are_left_out_with_it() -> None:
    statistic = noise(BLOCK * 400, 9).astype(np.float32)
    bound = np.float32(normal_bound(statistic, BLOCK, 0.07))
    statistic[[0, 2, 6, 5000, 5004, 5009, 5012, -7, -3]] = 4.0 * bound
    statistic[5010] = np.nan
    left_out = np.isnan(without_anomalies(statistic, BLOCK, 0.07))
    n = statistic.size
    expected = [*range(7), *range(5000, 5005), *range(5009, 5013), *range(n - 7, n - 2)]
    assert np.flatnonzero(left_out).tolist() == expected


def test_a_few_steps_that_would_all_be_left_out_are_all_kept() -> None:
    # Sixteen steps: half of them are beyond the bound, and the others between two of these.
    high, low = [0.93, 0.93, 0.11, 0.71, 0, 0, 0], [1.21, 0.99, 0, 0.35, 0.11, 0, 0, 0.93, 0.93]
    statistic = np.array(high + low, dtype=np.float32)
    np.testing.assert_array_equal(without_anomalies(statistic, 64, 0.07), statistic)


@pytest.mark.parametrize("n", [1, 2, 5, 16, 40])
def test_some_steps_of_a_short_recording_are_left_to_calibrate_on(n: int) -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        statistic = np.round(np.abs(rng.normal(size=n)), 1).astype(np.float32)
        statistic[rng.random(n) < 0.4] = 0
        for left in (
            without_anomalies(statistic, 8, 0.07),
            without_hidden_events(statistic, 8, 3.0, 0.07),
        ):
            assert np.isfinite(left).any()


def test_a_few_low_steps_of_an_anomaly_do_not_raise_the_threshold() -> None:
    # A tenth of the steps of each event are no larger than the largest normal ones.
    rng = np.random.default_rng(11)
    normal = noise(BLOCK * 400, 12).astype(np.float32)
    struck = normal.copy()
    for start in 500 + 1000 * np.sort(rng.choice(12, 9, replace=False)):
        event = 4.0 * normal.max() * np.ones(50, dtype=np.float32)
        event[1 + rng.choice(48, 5, replace=False)] = normal.max()
        struck[start : start + 50] = event
    kept = without_anomalies(struck, BLOCK, 0.07)
    assert np.nanquantile(kept, 0.999) == pytest.approx(np.quantile(normal, 0.999), rel=0.05)


def test_what_is_in_most_periods_is_no_second_population() -> None:
    # A third of the blocks, one in each period of three.
    statistic = noise(BLOCK * 600, 13)
    statistic.reshape(200, 3 * BLOCK)[:, 40:44] = 6.0 + noise(800, 14).reshape(200, 4)
    assert normal_bound(statistic, BLOCK, 0.0, 3.0 * BLOCK) > 7.0


@pytest.mark.parametrize(("n", "most"), [(4_000, 2), (20_000, 10)])
def test_a_signal_that_switches_at_random_raises_few_alarms(n: int, most: int) -> None:
    counts = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        lengths = rng.geometric(1 / 60, n // 20)
        x = np.repeat(np.arange(lengths.size) % 2, lengths)[:n].astype(np.float64)
        counts.append(len(spectra.detect(x).alarms))
    assert np.median(counts) <= most


def test_most_blocks_are_normal() -> None:
    # A second population in most of the blocks is the usual one.
    statistic = noise(BLOCK * 600, 5)
    statistic.reshape(600, BLOCK)[:500, 10:14] = 6.0 + noise(2000, 6).reshape(500, 4)
    assert normal_bound(statistic, BLOCK, 0.0) > 6.0


def test_steps_at_a_level_are_not_above_it() -> None:
    values = np.random.default_rng(3).integers(0, 4, 5000).astype(np.float64)
    for level in (0.0, 1.0, 2.0):
        expected = naive_calibration.cluster_size(values.tolist(), level, 16)
        assert cluster_size(values, level, 16) == expected
    assert cluster_size(values, 3.0, 16) == 1.0


def hidden(begin: int, end: int) -> np.ndarray:
    """A statistic of 400 blocks, larger from block `begin` to `end` than in most others."""
    statistic = noise(BLOCK * 400, 10).astype(np.float32)
    statistic[BLOCK * begin : BLOCK * end] = 4.0
    return statistic


@pytest.mark.parametrize("period", [None, 5.0, 32.0])
def test_an_event_that_no_step_of_shows_is_left_out_with_the_blocks_beside_it(
    period: float | None,
) -> None:
    # A gap in the first block of the event and in one of the others.
    statistic = hidden(100, 104)
    statistic[[BLOCK * 100, BLOCK * 250]] = np.nan
    kept = without_hidden_events(statistic, BLOCK, 5.0, 0.07, period)
    left_out = np.isnan(kept) & ~np.isnan(statistic)
    expected = np.setdiff1d(np.arange(BLOCK * 99, BLOCK * 105), BLOCK * 100)
    assert np.flatnonzero(left_out).tolist() == expected.tolist()
    np.testing.assert_array_equal(kept[~np.isnan(kept)], statistic[~np.isnan(kept)])


def test_an_event_at_the_end_in_a_part_of_a_block_is_left_out() -> None:
    statistic = hidden(398, 400)[: -BLOCK // 4]
    kept = without_hidden_events(statistic, BLOCK, 5.0, 0.07)
    assert np.flatnonzero(np.isnan(kept)).tolist() == [*range(BLOCK * 397, statistic.size)]


@pytest.mark.parametrize(
    ("end", "visible", "period"), [(104, 3.9, None), (210, 5.0, None), (104, 5.0, 600.0)]
)
def test_what_is_flagged_anyway_frequent_or_in_a_rhythm_is_no_hidden_event(
    end: int, visible: float, period: float | None
) -> None:
    statistic = hidden(100, end)
    assert without_hidden_events(statistic, BLOCK, visible, 0.07, period) is statistic


def test_blocks_with_few_scores_are_no_hidden_events() -> None:
    statistic = hidden(100, 104)
    statistic[BLOCK * 100 : BLOCK * 104].reshape(4, BLOCK)[:, : BLOCK // 2 + 1] = np.nan
    assert without_hidden_events(statistic, BLOCK, 5.0, 0.07) is statistic


def test_half_of_the_scores_of_a_block_tell_of_a_hidden_event() -> None:
    statistic = hidden(100, 101)
    statistic[BLOCK * 100 : BLOCK * 101 : 2] = np.nan
    assert np.isnan(without_hidden_events(statistic, BLOCK, 5.0, 0.07)[BLOCK * 100 + 1])
    # What is not known is no large score.
    statistic = 0.1 * noise(BLOCK * 400, 10).astype(np.float32)
    statistic[BLOCK * 100 : BLOCK * 101 : 2] = np.nan
    assert without_hidden_events(statistic, BLOCK, 1e3, 0.001) is statistic


@pytest.mark.parametrize("seed", range(8))
def test_the_largest_of_normal_blocks_is_no_hidden_event(seed: int) -> None:
    # One block has a mean that one of 400 normal ones may have.
    statistic = noise(BLOCK * 400, seed).astype(np.float32)
    statistic[BLOCK * 100 : BLOCK * 101] = 2.2
    assert without_hidden_events(statistic, BLOCK, 1e3, 0.001) is statistic


def test_few_blocks_tell_of_no_hidden_event() -> None:
    # Blocks of a step for recordings of fewer than fifty, of which most have no score.
    statistic = np.full(40, np.nan, dtype=np.float32)
    statistic[:24] = noise(24, 1)
    statistic[20] = 1e3
    assert without_hidden_events(statistic, BLOCK, 1e4, 0.07) is statistic
    statistic[24] = 0.5
    assert np.isnan(without_hidden_events(statistic, BLOCK, 1e4, 0.07)[20])


def test_busy_hours_are_those_of_most_periods() -> None:
    # Ten days of six hours of 20 steps: one is busy every day, one on every other.
    statistic = np.ones((10, 6, 20))
    statistic[:, 2, 7] = 5.0
    statistic[::2, 4, 7] = 6.0
    statistic[3, 2] = np.nan
    busy = busy_hours(statistic.ravel(), 120.0, 20, 2.0)
    assert busy.tolist() == [5.0] * 9
    assert not busy_hours(statistic.ravel(), 120.0, 90, 2.0).size
    halves = np.tile(np.repeat([1.0, 5.0], 20), 10)
    assert busy_hours(halves, 40.0, 20, 2.0).tolist() == [5.0] * 10


def events(begins: np.ndarray, n: int, seed: int) -> np.ndarray:
    """A statistic of `n` steps that is large for six steps from each begin on."""
    statistic = noise(n, seed)
    for begin in begins:
        statistic[begin : begin + 6] = 6.0 + 0.3 * np.random.default_rng(begin).normal()
    return statistic


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n_events", "jitter"), [(24, 0.02), (40, 0.0), (40, 0.1)])
def test_events_at_regular_intervals_are_normal_and_the_odd_one_among_them_is_not(
    n_events: int, jitter: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    begins = 50 + np.cumsum(100 * (1 + jitter * rng.uniform(-1, 1, n_events))).astype(int)
    statistic = events(begins, 150 + 100 * n_events, seed)
    assert np.mean(statistic > normal_bound(statistic, BLOCK, 0.07)) < 0.005
    statistic[begins[7] : begins[7] + 6] *= 3.0
    assert normal_bound(statistic, BLOCK, 0.07) < 12.0


@pytest.mark.parametrize("seed", range(3))
def test_joints_of_rails_raise_few_alarms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=20_000)
    for begin in 300 + np.cumsum(rng.normal(900, 8, 21)).astype(int):
        x[begin : begin + 20] += 6 * np.hanning(20) * rng.uniform(0.9, 1.1)
    assert len(spectra.detect(x).alarms) <= 5


@pytest.mark.parametrize("seed", range(4))
def test_events_at_random_or_in_a_part_of_a_recording_are_suspected(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at_random = np.sort(rng.choice(390, 40, replace=False)) * 10
    late = 2000 + 80 * np.arange(24)
    for begins in (at_random, late):
        assert normal_bound(events(begins, 4000, seed), BLOCK, 0.07) < 6.0


def test_intervals_are_those_between_events_of_the_naive_form() -> None:
    rng = np.random.default_rng(3)
    statistic = events(50 + 100 * np.arange(20), 2100, 3)
    statistic[rng.integers(0, 2100, 30)] = np.nan
    found = recurring_maxima(statistic, 20, 5.0)
    assert found.tolist() == naive_calibration.maxima_of_events(statistic.tolist(), 20, 5.0)
    assert not recurring_maxima(statistic[:1500], 20, 5.0).size


def test_sixteen_events_with_a_few_left_out_are_a_rhythm() -> None:
    def found(numbers: list[int]) -> int:
        statistic = np.ones(100 * numbers[-1] + 150)
        begins = 50 + 100 * np.array(numbers)
        statistic[begins], statistic[begins + 20] = 10.0, 8.0
        return recurring_maxima(statistic, 20, 5.0).size

    assert found([*range(16)]) == 16
    assert found([*range(15)]) == 0
    assert found([*range(10), *range(12, 20)]) == 18
    assert found([*range(10), *range(13, 20)]) == 0


def test_the_bounds_of_a_rhythm_are_part_of_it() -> None:
    statistic = np.ones(1950)
    begins = np.cumsum([0, *[94] * 5, *[100] * 7, *[107] * 5])
    statistic[begins] = np.arange(10.0, 28.0)
    # The first event begins with the first step, and the quartiles differ by 13 % of the median.
    assert recurring_maxima(statistic, 20, 5.0).tolist() == [*range(10, 28)]
    longest = np.concatenate([np.ones(300), statistic])
    assert recurring_maxima(longest, 20, 5.0).size == 18
    assert recurring_maxima(np.append(1.0, longest), 20, 5.0).size == 0


def days(n_days: int, seed: int, on: float) -> np.ndarray:
    """A statistic of days of 120 steps that is `on` times as large for a half of each."""
    rng = np.random.default_rng(seed)
    level = np.where((np.arange(120) >= 40) & (np.arange(120) < 100), on, 1.0)
    return np.tile(level, n_days) * np.abs(rng.normal(1.0, 0.1, 120 * n_days))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_days", [5, 7, 11, 16])
@pytest.mark.parametrize("period", [120.0, 119.75])
def test_hours_that_come_back_every_day_are_no_second_population(
    period: float, n_days: int, seed: int
) -> None:
    statistic = days(n_days, seed, 3.0)
    assert np.mean(statistic > normal_bound(statistic, 120, 0.0, period)) < 0.005


@pytest.mark.parametrize("seed", range(4))
def test_a_second_population_of_the_busy_hours_is_suspected(seed: int) -> None:
    # On for a tenth of each day, so that the bound of all hours divides day and night.
    rng = np.random.default_rng(seed)
    hours = np.abs(rng.normal(1.0, 0.1, (14, 10, 12)))
    hours[:, 4] *= 5.0
    assert hours.max() < normal_bound(hours.ravel(), 120, 0.0, 120.0)
    hours[7, 4] *= 20.0
    assert normal_bound(hours.ravel(), 120, 0.0, 120.0) < hours[7, 4].max()


@pytest.mark.parametrize("seed", range(4))
def test_hours_of_a_second_population_at_any_time_are_suspected(seed: int) -> None:
    statistic = days(14, seed, 1.0)
    hours = np.random.default_rng(seed).choice(14 * 6, 10, replace=False)
    statistic.reshape(-1, 20)[hours] *= 3.0
    assert 1.3 < normal_bound(statistic, 120, 0.0, 120.0) < 2.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_days", [8, 14, 40])
def test_one_odd_day_among_few_is_suspected(n_days: int, seed: int) -> None:
    statistic = days(n_days, seed, 3.0)
    day = slice(120 * (n_days // 2), 120 * (n_days // 2 + 1))
    statistic[day] = 6.0 * np.hanning(120) + 1.0
    others = np.delete(statistic, np.arange(day.start, day.stop))
    assert others.max() < normal_bound(statistic, 120, 0.0, 120.0) < 6.0


def test_six_periods_are_the_fewest_that_tell_of_an_odd_one() -> None:
    for n_days, found in ((5, False), (6, True)):
        statistic = days(n_days, 0, 3.0)
        statistic[240:360] = 1e4
        assert np.isfinite(bound_of_periods(statistic, 120.0)) == found


@pytest.mark.parametrize("n_days", [6, 14, 49])
def test_hardly_any_of_few_normal_days_is_suspected(n_days: int) -> None:
    rng = np.random.default_rng(n_days)
    maxima = [np.log1p(rng.gumbel(4.0, 0.5, n_days)) for _ in range(300)]
    assert sum(_outliers(np.sort(each)) > 0 for each in maxima) <= 9


@pytest.mark.parametrize("n_odd", [0, 1, 2, 3, 5])
def test_outliers_are_those_of_the_naive_test(n_odd: int) -> None:
    rng = np.random.default_rng(n_odd)
    x = np.sort(np.concatenate([rng.normal(size=20), rng.normal(12.0, 1.0, n_odd)]))
    assert _outliers(x) == naive_calibration.outliers(x.tolist(), LEVEL, MOST_ODD)
    assert _outliers(x) == n_odd


@pytest.mark.parametrize("n", [6, 12, 30])
def test_the_least_outlier_is_that_of_the_naive_test(n: int) -> None:
    x = np.sort(np.random.default_rng(n).normal(size=n - 1))
    low, high = x[-1], 1e3
    for _ in range(60):
        middle = (low + high) / 2.0
        odd = naive_calibration.outliers([*x, middle], LEVEL, 1.5 / n)
        low, high = (low, middle) if odd else (middle, high)
    assert _outliers(np.append(x, high * (1 - 1e-6))) == 0
    assert _outliers(np.append(x, high * (1 + 1e-6))) == 1


def test_the_bound_of_periods_lies_between_the_largest_normal_and_the_least_odd() -> None:
    maxima = np.geomspace(1.0, 1.6, 49)
    maxima[[20, 30]] = 50.0, 90.0
    statistic = np.repeat(maxima, 10)
    assert bound_of_periods(statistic, 10.0) == pytest.approx(np.sqrt(1.6 * 50.0))
    # Of 50 periods and more the bounds of block maxima tell.
    assert np.isinf(bound_of_periods(np.append(statistic, np.ones(10)), 10.0))


def test_what_stands_out_lies_above_a_bound_of_the_block_maxima() -> None:
    statistic = np.random.default_rng(3).exponential(size=6400).astype(np.float32)
    block = 64
    maxima = np.sort(statistic.reshape(-1, block).max(axis=1))
    low, middle = np.quantile(maxima, [0.1587, 0.5])
    gumbel = -np.log(-np.log([0.1587, 0.5]))
    scale = (middle - low) / (gumbel[1] - gumbel[0])
    above = (statistic > middle).reshape(-1, block).sum(axis=1)
    share = np.median(above[above > 0]) / block
    # A thousandth of a step is expected beyond it.
    bound = middle - scale * gumbel[1] - scale * np.log(-np.log1p(-1e-3 / 6400) / share)
    at = int(statistic.argmax())
    for factor, out in ((0.99, False), (1.01, True)):
        statistic[at] = factor * bound
        assert standing_out(statistic, block, 0.07).sum() == out


def test_steps_before_and_after_events_are_not_joined_to_them() -> None:
    beyond = np.array([False, False, True, False, False, True, False, False])
    assert _joined(beyond).tolist() == [False, False, True, True, True, True, False, False]


@pytest.mark.parametrize(("louder", "share"), [(1.3, 0.2), (1.5, 0.3), (2.0, 0.3)])
def test_two_loudness_levels_of_a_signal_are_no_alarms(louder: float, share: float) -> None:
    n_alarms = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        loud = np.repeat(rng.random(80) < share, 500)
        x = np.where(loud, louder, 1.0) * rng.normal(size=40_000)
        n_alarms.append(len(spectra.detect(x).alarms))
    assert np.median(n_alarms) <= 12
