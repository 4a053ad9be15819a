"""False alarms a day, and a share of false alarms, as false-alarm probabilities of a step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

import naive_calibration
from spectra.calibration.fusion import Fusion
from spectra.calibration.gaussian import GaussianThreshold
from spectra.calibration.rates import (
    ALPHAS,
    AlarmRate,
    alpha_of_fdr,
    alpha_of_rate,
    chance_of,
    n_alarms,
    rate_of_alpha,
    steps_of_alarms,
)
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused
from spectra.calibration.threshold import Threshold, usual_alpha
from spectra.errors import DataError


def clusters(n: int, seed: int, width: int = 8) -> np.ndarray:
    """A statistic whose large values come in clusters."""
    rng = np.random.default_rng(seed)
    return np.abs(np.convolve(rng.normal(size=n), np.ones(width) / np.sqrt(width), "same"))


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [("1/day", 1, "day"), ("0.1/recording", 0.1, "recording"), ("2 per weeks", 2, "week")],
)
def test_rates_are_read_as_people_write_them(text: str, count: float, unit: str) -> None:
    assert AlarmRate.parse(text) == AlarmRate(count, unit)


@pytest.mark.parametrize(
    "text", ["", "day", "1", "1/fortnight", "-1/day", "0/day", "1/day/day", "1e9/day"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="alse alarms"):
        AlarmRate.parse(text)


def test_a_rate_in_time_needs_a_sampling_rate_and_one_of_a_recording_does_not() -> None:
    # Rows every five minutes, steps of four rows: 72 steps a day.
    assert AlarmRate(1, "day").per_step(4, 1 / 300, 10_000) == pytest.approx(1 / 72)
    assert AlarmRate(2, "recording").per_step(4, None, 1000) == pytest.approx(2 / 250)
    with pytest.raises(DataError, match="need a sampling rate"):
        AlarmRate(1, "day").per_step(4, None, 1000)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [1e-2, 1e-3, 2e-4])
def test_other_data_of_the_same_kind_has_as_many_alarms_as_asked_for(rate, seed) -> None:
    learned, other = clusters(200_000, seed), clusters(200_000, 100 + seed)
    calibration = GaussianThreshold.fit(learned)
    alpha = alpha_of_rate(steps_of_alarms(calibration, learned), rate)
    found = n_alarms(
        other > calibration.threshold(alpha), other > calibration.threshold(10 * alpha)
    )
    # 40 alarms at the smallest rate: a standard deviation of 16 %.
    assert found == pytest.approx(rate * 200_000, rel=0.6)


@given(st.floats(1e-9, 0.3), st.floats(1e-9, 0.3))
def test_more_alarms_have_a_larger_alpha(one: float, other: float) -> None:
    steps = np.array([6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 2.0])
    low, high = sorted((one, other))
    assert alpha_of_rate(steps, low) <= alpha_of_rate(steps, high)


@given(st.integers(0, 6))
def test_a_rate_at_a_counted_alpha_gives_it_back(i: int) -> None:
    steps = np.array([6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 2.0])
    assert alpha_of_rate(steps, float(ALPHAS[i] / steps[i])) == pytest.approx(ALPHAS[i])


@pytest.mark.parametrize("seed", range(5))
def test_a_share_of_the_alarms_at_most_is_false(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random(20_000)
    true = np.zeros(20_000, dtype=bool)
    true[::500] = True
    p[true] *= 1e-6
    alpha = alpha_of_fdr(p, np.ones(ALPHAS.size), 0.2)
    found = p < alpha
    assert found[true].all()
    # 40 true alarms, 10 false ones expected among 50.
    assert (found & ~true).sum() <= 20


def test_without_anomalies_the_share_is_that_of_the_smallest_p_value() -> None:
    p = np.random.default_rng(0).uniform(0.01, 1, 1000)
    assert alpha_of_fdr(p, np.ones(ALPHAS.size), 0.1) == pytest.approx(0.1 / 1000)


@pytest.mark.parametrize("q", [0.0, 1.0, -1.0, np.nan])
def test_a_share_outside_0_and_1_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="fdr"):
        alpha_of_fdr(np.ones(10), np.ones(ALPHAS.size), q)


def test_gaps_end_alarms() -> None:
    statistic = np.array([0, 3, np.nan, 3, 0, 3.0])
    with np.errstate(invalid="ignore"):
        assert n_alarms(statistic > 2, statistic > 1) == 3


@pytest.mark.parametrize("seed", range(5))
def test_the_share_of_false_alarms_is_that_of_benjamini_and_hochberg(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, q = 400, 0.2
    p_value = np.full(n, 0.9)
    # Separate stretches, some of which are far below the others.
    small = np.sort(np.concatenate([10.0 ** -rng.uniform(2, 6, 6), rng.uniform(0, 0.19, 60)]))
    p_value[1 : 2 * small.size : 2] = rng.permutation(small)
    accepted = [k for k, p in enumerate(small.tolist(), start=1) if p <= q * k / n]
    expected = q * max(accepted) / n if accepted else q / n
    assert alpha_of_fdr(p_value, np.ones(ALPHAS.size), q) == pytest.approx(expected)


def test_units_of_time_are_those_of_the_calendar() -> None:
    year = 365.2425 * 86_400
    lengths = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400,
               "month": year / 12, "year": year}  # fmt: skip
    for unit, seconds in lengths.items():
        found = AlarmRate.parse(f"1/{unit}").per_step(10, 100.0, 5)
        assert found == pytest.approx(0.1 / seconds)
    assert AlarmRate.parse("2/recording").per_step(10, None, 500) == pytest.approx(0.04)


def test_a_single_step_has_the_share_itself() -> None:
    assert alpha_of_fdr(np.array([0.9]), np.ones(ALPHAS.size), 0.2) == 0.2


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((None, "1/day", 0.1), "false_alarms or fdr"),
        ((0.001, "1/day", None), "alpha or false_alarms"),
        ((0.01, None, 0.1), "alpha or fdr"),
    ],
)
def test_of_probability_rate_and_share_one_is_given(given, named: str) -> None:
    with pytest.raises(ValueError, match=f"Give {named}, not both"):
        Threshold(*given)


def test_texts_are_those_of_the_rate_or_share_asked_for() -> None:
    assert Threshold(fdr=0.1).text == "false discovery rate 0.1"
    assert Threshold(false_alarms="1/day").text == "1 false alarm a day"
    assert Threshold(false_alarms="3/hour").text == "3 false alarms an hour"
    assert Threshold().text == ""


@pytest.mark.parametrize("i", range(ALPHAS.size))
def test_the_rate_of_an_alpha_is_the_inverse_of_the_alpha_of_a_rate(i: int) -> None:
    steps = np.array([2.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    alpha = float(ALPHAS[i]) * 0.8
    assert alpha_of_rate(steps, rate_of_alpha(steps, alpha)) == pytest.approx(alpha, rel=0.03)
    assert rate_of_alpha(steps, float(ALPHAS[i])) == pytest.approx(ALPHAS[i] / steps[i])


def test_a_rate_is_said_in_the_shortest_unit_that_has_an_alarm() -> None:
    # One step is 4 rows at 4 Hz: a second.
    assert AlarmRate.of(2.0, 4, 4.0, 1000).text == "2 false alarms a second"
    assert AlarmRate.of(0.5 / 60, 4, 4.0, 1000).text == "30 false alarms an hour"
    assert AlarmRate.of(1e-12, 4, 4.0, 1000).unit == "year"
    assert AlarmRate.of(0.01, 4, None, 1000).text == "2.5 false alarms a recording"


def normal_steps(n: int) -> Fusion:
    """A fusion learned from n independent normal steps."""
    statistic = np.abs(np.random.default_rng(n).normal(size=n)).astype(np.float32)
    return Fusion.fit(statistic, statistic[None], (16,), 1, clean=True)


@pytest.mark.parametrize(("n", "alpha"), [(10, 0.02), (100, 0.005), (500, 0.001), (9000, 0.001)])
def test_the_usual_alpha_of_a_short_recording_is_that_of_half_a_false_alarm(
    n: int, alpha: float
) -> None:
    fusion = normal_steps(n)
    steps = Fused.empty(1, n)
    itself = Scores(4, 4 * n, steps, fusion, steps.part, itself=True)
    another = Scores(4, 4 * n, steps, fusion, steps.part)
    assert usual_alpha(itself) == pytest.approx(alpha)
    assert usual_alpha(another) == 0.001


@pytest.mark.parametrize("flagged", [1, 2, 7, 30])
@pytest.mark.parametrize("n_steps", [60, 1000])
def test_the_chance_of_single_flagged_steps_is_that_of_poisson(n_steps: int, flagged: int) -> None:
    expected = poisson.sf(flagged - 1, 0.01 * n_steps)
    assert chance_of(np.ones(ALPHAS.size), 0.01, n_steps, flagged) == pytest.approx(expected)


@pytest.mark.parametrize("flagged", [1, 5, 40, 120])
@pytest.mark.parametrize("size", [1.5, 6.0])
def test_the_chance_of_flagged_steps_is_that_of_polya_and_aeppli(size: float, flagged: int) -> None:
    expected = naive_calibration.clusters_above(2000 * 0.01 / size, size, flagged)
    found = chance_of(np.full(ALPHAS.size, size), 0.01, 2000, flagged)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_chance_of_none_is_certain_and_that_of_all_of_a_long_recording_is_none() -> None:
    steps = np.full(ALPHAS.size, 5.0)
    assert chance_of(steps, 0.01, 1000, 0) == 1.0
    assert chance_of(steps, 0.01, 10**7, 10**6) == 0.0
    assert chance_of(steps, 0.01, 10**7, 10**5) == pytest.approx(0.5, abs=0.01)


def test_without_a_raised_step_there_is_no_alarm() -> None:
    nothing = np.zeros(9, dtype=np.bool_)
    assert n_alarms(nothing, nothing) == 0
