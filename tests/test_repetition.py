"""Rows that repeat, and alarms in recordings that do nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_signal
import spectra
from spectra.signal.period import PERIOD_ROWS
from spectra.signal.repetition import (
    AROUND,
    AROUND_SHARE,
    LAGS,
    LONGEST,
    SAME,
    SHARE,
    SPAN,
    _alike,
    _amplitudes,
    _candidates,
    _differences,
    _Lag,
    _lags,
    _same,
    _vertex,
    quieten,
    repeated_rows,
)
from spectra.stored import FileArray

SHAPES = ("sine", "square", "saw", "triangle", "random")


def cycle(shape: str, period: int) -> np.ndarray:
    phase = np.arange(period) / period
    return {
        "sine": np.sin(2 * np.pi * phase),
        "square": np.where(phase < 0.5, 1.0, -1.0),
        "saw": 2 * phase - 1,
        "triangle": 4 * np.abs(phase - 0.5) - 1,
        "random": np.random.default_rng(period).uniform(-1, 1, period),
    }[shape]


def repeating(shape: str, period: int, n: int) -> np.ndarray:
    return np.resize(cycle(shape, period), n)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.integers(4, 400),
    st.integers(240, 6000),
    st.sampled_from([1e-30, 1e-3, 1.0, 1e30]),
    st.sampled_from([-3.0, 0.0, 1.0, 100.0]),
)
def test_a_recording_that_repeats_exactly_raises_no_alarm(
    shape: str, period: int, n: int, amplitude: float, offset: float
) -> None:
    x = amplitude * (repeating(shape, min(period, n // 3), n) + offset)
    assert spectra.detect(x).alarms.empty
    assert spectra.detect(x, normal_rows=(0, n // 2)).alarms.empty


@pytest.mark.parametrize("period", [33.3, 12.5, 81.8, 1000 / 3, 240.7])
@pytest.mark.parametrize("shape", [np.sin, lambda phase: np.sign(np.sin(phase))])
def test_a_period_need_not_be_a_whole_number_of_rows(period: float, shape: np.ufunc) -> None:
    x = shape(2 * np.pi * np.arange(20_000) / period + 0.3)
    assert spectra.detect(x).alarms.empty


def glitch(x: np.ndarray, at: int, period: int) -> np.ndarray:
    x[at] += 0.01
    return x


def flat(x: np.ndarray, at: int, period: int) -> np.ndarray:
    x[at : at + period] = 0.0
    return x


def missing(x: np.ndarray, at: int, period: int) -> np.ndarray:
    return np.delete(x, slice(at, at + period // 2))


def louder(x: np.ndarray, at: int, period: int) -> np.ndarray:
    x[at : at + period] *= 1.1
    return x


@pytest.mark.parametrize("change", [glitch, flat, missing, louder])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("period", [20, 100, 333])
def test_what_departs_from_exact_repetition_is_the_one_alarm(
    change: object, shape: str, period: int
) -> None:
    assert callable(change)
    if change is glitch and shape == "random":
        # A hundredth of the amplitude in one row is within the differences of random cycles.
        shape = "saw"
    if change is missing:
        # In 30 cycles of 333 rows each phase after the jump has too few others to be compared with.
        period = min(period, 100)
    at = 6000 + period // 5
    x = change(repeating(shape, period, 10_000), at, period)
    alarms = spectra.detect(x).alarms
    assert len(alarms)
    near = (alarms["start"] <= at + 2 * period) & (alarms["end"] >= at - period)
    assert near.all()


@pytest.mark.parametrize("shape", ["random", "saw"])
@pytest.mark.parametrize("share", [0.3, 0.4, 0.6, 0.7])
def test_rows_on_both_sides_of_a_jump_of_the_phase_repeat(shape: str, share: float) -> None:
    at = round(share * 10_000)
    x = missing(repeating(shape, 100, 10_000), at, 100)
    odd = np.flatnonzero(~repeated_rows(x[:, None]))
    assert at - 170 < odd.min() <= at <= odd.max() < at + 170


def test_rows_around_an_odd_one_do_not_repeat_and_others_do() -> None:
    x = repeating("random", 50, 5000)
    x[2000] += 0.02
    repeated = repeated_rows(x[:, None])
    assert np.flatnonzero(~repeated).tolist() == list(range(2000 - 64, 2000 + 65))


def test_noise_does_not_repeat_nor_does_a_noisy_sine() -> None:
    noise = np.random.default_rng(0).normal(size=(5000, 1))
    assert not repeated_rows(noise).any()
    assert not repeated_rows(np.sin(np.arange(5000.0) / 9)[:, None] + 0.05 * noise).any()


def test_an_event_that_repeats_itself_is_no_repetition() -> None:
    # A tone burst in a fifth of the recording, and three identical flat cycles among 40.
    x = repeating("sine", 50, 10_000)
    x[6000:8000] *= 3
    assert not repeated_rows(x[:, None])[6000:8000].any()
    x = repeating("saw", 250, 10_000)
    for at in (2000, 5000, 5250):
        x[at : at + 250] = 0.0
    repeated = repeated_rows(x[:, None])
    assert not any(repeated[at : at + 250].any() for at in (2000, 5000, 5250))
    assert repeated.mean() > 0.8


def test_rows_have_to_repeat_normal_ones_where_these_are_given() -> None:
    x = repeating("sine", 50, 10_000)
    x[4000:] *= 2
    assert repeated_rows(x[:, None], slice(0, 3000))[:3900].all()
    assert not repeated_rows(x[:, None], slice(0, 3000))[4100:].any()


def test_all_channels_that_change_have_to_repeat() -> None:
    x = np.column_stack([repeating("sine", 40, 6000), np.zeros(6000), repeating("saw", 80, 6000)])
    assert repeated_rows(x).all()
    # A command that is given once, in a channel that otherwise never changes.
    x[3000, 1] = 1.0
    assert np.flatnonzero(~repeated_rows(x)).tolist() == list(range(3000 - 64, 3000 + 65))
    x[:, 1] = np.random.default_rng(0).normal(size=6000)
    assert not repeated_rows(x).any()


@pytest.mark.parametrize("level", [0.0, 5.0])
def test_rare_pulses_repeat_and_one_of_another_height_does_not(level: float) -> None:
    x = np.full(20_000, level)
    x[::200] += 1.0
    assert repeated_rows(x[:, None]).all()
    x[10_000] += 0.004
    assert repeated_rows(x[:, None]).all()
    x[10_000] += 0.016
    assert np.flatnonzero(~repeated_rows(x[:, None])).tolist() == list(range(9936, 10_065))


def test_rows_beside_a_gap_do_not_repeat() -> None:
    x = repeating("triangle", 60, 6000)
    x[3000:3010] = np.nan
    repeated = repeated_rows(x[:, None])
    assert np.flatnonzero(~repeated).tolist() == list(range(3000 - 64, 3010 + 64))


def test_long_recordings_are_compared_to_their_end() -> None:
    x = repeating("random", 77, 3 * PERIOD_ROWS)
    x[-1000] += 0.1
    repeated = repeated_rows(x[:, None])
    at = x.size - 1000
    assert np.flatnonzero(~repeated).tolist() == list(range(at - 64, at + 65))


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 1.0], [np.nan] * 50, [3.0] * 500])
def test_what_is_short_or_never_changes_does_not_repeat(x: list[float]) -> None:
    assert not repeated_rows(np.array(x)[:, None]).any()


def test_enormous_values_are_compared_without_overflow() -> None:
    x = 1.7e308 * repeating("square", 50, 3000)
    assert repeated_rows(x[:, None]).all()
    x = repeating("sine", 50, 3000)
    x[1500] = -1.7e308
    assert repeated_rows(x[:, None]).mean() > 0.9


def test_a_model_keeps_the_calibration_of_a_recording_that_does_not_repeat() -> None:
    x = repeating("sine", 50, 6000)
    found = spectra.detect(x)
    other = spectra.score(found.model, x)
    assert other.threshold > found.threshold


@given(st.lists(st.integers(-40, 40), min_size=4, max_size=60), st.data())
def test_the_difference_function_is_that_of_its_definition(
    values: list[int], data: st.DataObject
) -> None:
    x = np.array(values, dtype=np.float64)
    x[0] += 100.0 - x.max() - x.min()
    amplitude, most = float(np.ptp(x)), data.draw(st.integers(0, x.size - 1))
    variance = np.var(x / amplitude)
    expected = [
        np.mean((x[: x.size - lag] - x[lag:]) ** 2) / amplitude**2 / variance
        for lag in range(most + 1)
    ]
    np.testing.assert_allclose(_differences(x, amplitude, most), expected, atol=1e-9)


def test_values_far_out_and_gaps_do_not_move_the_lag_of_a_period() -> None:
    x = np.sin(np.arange(400) / 9.0)
    odd = x.copy()
    odd[[30, 300]] = 1e6, np.nan
    found, expected = (30 + _differences(each, 2.0, 80)[30:].argmin() for each in (odd, x))
    # The period lies between two rows.
    assert {found, expected} <= {int(18 * np.pi), int(18 * np.pi) + 1}


def test_rows_are_the_same_up_to_a_two_hundredth_of_the_amplitude() -> None:
    x = repeating("square", 50, 10_000)
    x[2000] += 0.0049
    assert repeated_rows(x[:, None]).all()
    x[2000] += 0.0002
    assert (~repeated_rows(x[:, None])).sum() == 129


def test_in_short_recordings_fewer_rows_around_have_to_be_the_same() -> None:
    x = repeating("random", 20, 640)
    x[300] += 0.1
    assert np.flatnonzero(~repeated_rows(x[:, None])).tolist() == list(range(280, 321))


def test_a_channel_that_changes_in_one_row_of_twenty_counts_for_the_period() -> None:
    t = np.arange(12_000)
    x = np.column_stack([np.sin(2 * np.pi * t / 40), (t % 60 < 3).astype(np.float64)])
    assert repeated_rows(x).all()


def test_a_channel_that_rarely_leaves_one_value_counts_for_the_lags() -> None:
    t = np.arange(12_000)
    x = np.column_stack([np.sin(2 * np.pi * t / 40), (t % 60 < 6).astype(np.float64)])
    lags = [lag.rows for lag in _candidates(x, _amplitudes(x))]
    assert lags
    assert all(lag % 120 == 0 for lag in lags)


def test_the_lags_reach_the_largest_multiple_of_the_period_whatever_the_difference_there() -> None:
    # Lags of more than half compare cycles of one shape with those of another.
    cycles = cycle("random", 50), cycle("random", 51)[:50]
    x = np.concatenate([np.resize(each, 3_020) for each in cycles])[:, None]
    lags = [lag.rows for lag in _candidates(x, _amplitudes(x))]
    assert lags[0] == 50
    assert all(lag % 50 == 0 for lag in lags)
    assert max(lags) == 4_500


def test_the_first_row_is_one_of_those_around_the_next() -> None:
    x = repeating("sine", 50, 3_000)[:, None]
    x[0] += 1.0
    alike = _alike(x, np.array([1.0]), _Lag(50, 0.0, False), 0, 2_950)
    assert np.flatnonzero(~alike).tolist() == list(range(65))


def test_edges_are_jittered_where_most_parts_have_some() -> None:
    for parts, jittered in ((4, False), (5, True)):
        x = repeating("sine", 50, 8_050)
        x[[300, 1_520, 2_410, 3_705, 4_630][:parts]] += 0.5
        lags = _lags(x[:, None], np.array([1.0]))
        assert [lag.jittered for lag in lags if lag.rows == 50] == [jittered]


def test_two_noisy_channels_have_the_lags_of_their_period() -> None:
    t, rng = np.arange(6_000), np.random.default_rng(4)
    x = np.sin(2 * np.pi * t / 40)[:, None] + 0.15 * rng.normal(size=(t.size, 2))
    lags = [lag.rows for lag in _candidates(x, _amplitudes(x))]
    assert lags
    assert all(min(lag % 40, 40 - lag % 40) <= 1 for lag in lags)


def test_steps_that_repeat_are_lowered_to_the_highest_of_normal_ones() -> None:
    x = repeating("random", 50, 4_000)[:, None]
    statistic = np.full(1_000, 5.0, dtype=np.float32)
    assert quieten(statistic, x, None, 4, 2.0)
    np.testing.assert_array_equal(statistic, 2.0)
    noise = np.random.default_rng(0).normal(size=(4_000, 1))
    statistic = np.full(1_000, 5.0, dtype=np.float32)
    assert not quieten(statistic, noise, None, 4, 2.0)
    np.testing.assert_array_equal(statistic, 5.0)
    stored = FileArray((0, 1))
    stored.append(x)
    assert not quieten(statistic, stored, None, 4, 2.0)
    np.testing.assert_array_equal(statistic, 5.0)
    # Most of it repeats, but for too many to judge the others by.
    x[1_000:1_300] += 0.1 * noise[1_000:1_300]
    assert not quieten(statistic, x, None, 4, 2.0)
    assert np.isin(statistic, [2.0, 5.0]).all()
    assert 0.5 < (statistic == 2.0).mean() < 0.9


SIGNALS = st.integers(12, 40).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=n, max_size=n
    ).map(lambda rows: np.array(rows, dtype=np.float64))
)


@given(SIGNALS, st.data())
def test_rows_are_the_same_a_lag_later_by_the_definition(
    x: np.ndarray, data: st.DataObject
) -> None:
    # Differences on the bounds are as likely as others; 0.005 of 200 is 1.
    amplitudes = np.array([data.draw(st.sampled_from([100.0, 200.0, np.nan])) for _ in range(2)])
    rows = data.draw(st.integers(1, len(x) - 3))
    fraction = data.draw(st.sampled_from([-0.5, -0.25, 0.0, 0.25, 0.5]))
    lag = _Lag(rows, fraction, data.draw(st.booleans()))
    expected = naive_signal.same_later(x.tolist(), amplitudes.tolist(), *lag, SAME)
    begin = data.draw(st.integers(0, len(expected) - 1))
    end = data.draw(st.integers(begin, len(expected)))
    assert _same(x, amplitudes, lag, begin, end).tolist() == expected[begin:end]


@given(SIGNALS, st.data())
def test_rows_are_alike_with_all_around_them_by_the_definition(
    x: np.ndarray, data: st.DataObject
) -> None:
    x = np.repeat(x, 4, axis=0)
    amplitudes = np.array([400.0, 300.0])
    lag = _Lag(data.draw(st.integers(1, len(x) - 3)), 0.0, True)
    around = min(AROUND, int(AROUND_SHARE * len(x)))
    same = naive_signal.same_later(x.tolist(), amplitudes.tolist(), *lag, SAME)
    expected = naive_signal.same_around(same, around)
    begin = data.draw(st.integers(0, len(expected) - 1))
    end = data.draw(st.integers(begin, len(expected)))
    assert _alike(x, amplitudes, lag, begin, end).tolist() == expected[begin:end]


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_repeat_are_those_of_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = repeating("saw", 30, 1_200)[:, None]
    for at in rng.choice(1_150, 2, replace=False).tolist():
        x[at : at + 30] = rng.uniform(-1, 1)
    amplitudes = _amplitudes(x)
    lags = _lags(x, amplitudes)
    assert lags
    around = int(AROUND_SHARE * len(x))
    alike = {}
    for lag in lags:
        same = naive_signal.same_later(x.tolist(), amplitudes.tolist(), *lag, SAME)
        alike[lag.rows] = naive_signal.same_around(same, around)
    expected = naive_signal.repeated(alike, len(x), SPAN * len(x), SHARE)
    assert repeated_rows(x).tolist() == expected
    assert 0 < sum(expected) < len(x)


@given(st.floats(-1, 1), st.floats(0.1, 9), st.floats(-9, 9))
def test_the_vertex_is_that_of_the_parabola(place: float, curvature: float, level: float) -> None:
    values = [curvature * (k - place) ** 2 + level for k in (-1, 0, 1)]
    assert _vertex(*values) == pytest.approx(place, abs=1e-9)


@pytest.mark.parametrize("period", [20.0, 57.3, 100.0, 333.4])
def test_lags_are_multiples_of_the_period_one_in_each_part(period: float) -> None:
    x = np.sin(2 * np.pi * np.arange(8_000) / period)[:, None]
    lags = _candidates(x, _amplitudes(x))
    exact = np.array([lag.rows + lag.fraction for lag in lags])
    multiples = np.round(exact / period)
    np.testing.assert_allclose(exact, multiples * period, atol=0.05)
    assert multiples[0] >= 1
    assert (np.diff(exact[1:]) > 0).all()
    parts = np.array([lag.rows for lag in lags]) * LAGS // int(LONGEST * 8_000)
    assert len(set(parts.tolist())) >= len(lags) - 1
    assert len(lags) >= min(LAGS, int(LONGEST * 8_000 / period)) - 1
    assert not any(lag.jittered for lag in lags)


def test_a_square_wave_of_no_whole_period_has_jittered_edges_and_a_sine_none() -> None:
    t = np.arange(6_000)
    for wave, jittered in ((np.sign(np.sin(2 * np.pi * t / 33.3)), True), (np.sin(t / 9), False)):
        lags = _lags(wave[:, None], _amplitudes(wave[:, None]))
        assert len(lags) > 5
        assert any(lag.jittered for lag in lags) == jittered
