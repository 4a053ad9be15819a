"""The period of a signal, and its autocorrelation against the definition."""

import numpy as np
import pytest
from scipy.signal import lfilter

import naive_signal
from spectra.signal.period import _bartlett, autocorrelation, dominant_period, fast_length


def test_autocorrelation_is_that_of_the_definition():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(120, 3)) * [1.0, 50.0, 1e-3] + [0.0, 1e4, 1.0]
    found = autocorrelation(values, 30)
    np.testing.assert_allclose(found, naive_signal.autocorrelation(values.tolist(), 30), atol=1e-9)
    assert found[0] == 1.0


def test_autocorrelation_does_not_depend_on_units_and_dead_channels():
    values = np.random.default_rng(3).normal(size=(300, 2))
    scaled = np.column_stack([values * [1e6, 1e-6] + [3.0, -1e-5], np.full(300, 7.0)])
    np.testing.assert_allclose(autocorrelation(scaled, 40), autocorrelation(values, 40), atol=1e-9)
    np.testing.assert_array_equal(autocorrelation(np.full((50, 2), 3.0), 5), 0.0)


def test_the_length_of_an_fft_is_the_next_product_of_twos_and_threes():
    products = sorted(2**a * 3**b for a in range(14) for b in range(9))
    for n in range(1, 6000):
        assert fast_length(n) == next(each for each in products if each >= n)


@pytest.mark.parametrize(
    ("correlation", "memory"),
    [
        # Until it rises, until it falls to 0, and to its end.
        ([1.0, 0.5, 0.25, 0.3, 0.2, -0.1], [0.5, 0.25]),
        ([1.0, 0.5, 0.5, 0.2, -0.1, 0.4], [0.5, 0.5, 0.2]),
        ([1.0, 0.5, 0.25, 0.0], [0.5, 0.25]),
        ([1.0, 0.5, 0.25], [0.5, 0.25]),
    ],
)
def test_the_deviation_of_a_correlation_is_that_of_bartlett(correlation, memory):
    found = _bartlett(np.array(correlation), np.array([100, 400]))
    expected = np.sqrt((1 + 2 * sum(each**2 for each in memory)) / np.array([100, 400]))
    np.testing.assert_allclose(found, expected)


def test_sixteen_rows_are_the_fewest_that_have_a_period():
    alternating = np.resize([1.0, -1.0], 16)[:, None]
    assert dominant_period(alternating) == 2
    assert dominant_period(alternating[:15]) is None


def cycle(period, n_samples, noise=0.0, seed=0):
    """A sharp pulse every `period` samples, which need not be a whole number, and noise."""
    phase = np.arange(n_samples) / period % 1.0
    return (
        np.exp(-(((phase - 0.3) / 0.08) ** 2))
        + noise * np.random.default_rng(seed).normal(size=n_samples)
    )[:, None]


@pytest.mark.parametrize(
    ("period", "noise"), [(5, 0.0), (17, 0.1), (50, 0.3), (288, 0.3), (290.4, 0.3), (1000, 0.3)]
)
def test_the_period_is_found(period, noise):
    # A pulse is 0.08 periods wide: its top is known to a fraction of that.
    assert dominant_period(cycle(period, 20_000, noise)) == pytest.approx(
        period, abs=max(0.5, 0.01 * period)
    )


def test_the_period_is_found_beside_other_channels_gaps_and_an_offset():
    rng = np.random.default_rng(4)
    values = np.column_stack(
        [
            cycle(60, 6000) * 3 + 1e5,
            rng.normal(size=6000),
            np.full(6000, np.nan),
            np.full(6000, 2.0),
        ]
    )
    values[1000:1300] = np.nan
    assert dominant_period(values) == 60


def test_the_period_does_not_depend_on_units():
    values = np.column_stack([cycle(60, 3000, 0.3), cycle(60, 3000, 0.3, seed=1)])
    assert dominant_period(values * [1e9, 1e-9] + [5.0, -7.0]) == dominant_period(values) == 60


@pytest.mark.parametrize("n_samples", [40, 60, 100, 200, 400, 1000])
def test_noise_has_no_period_however_short(n_samples):
    values = np.random.default_rng(8).normal(size=(30, n_samples, 1))
    assert [dominant_period(one) for one in values] == [None] * 30


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(5).normal(size=5000),
        np.random.default_rng(6).normal(size=5000).cumsum(),
        np.arange(5000.0),
        np.exp(np.arange(5000) / 500),
        np.full(5000, 3.0),
        np.full(5000, np.nan),
        np.where(np.arange(5000) < 2500, 0.0, 1.0),
        np.arange(20.0),
    ],
    ids=["noise", "random walk", "line", "growth", "constant", "nothing", "step", "short"],
)
def test_signals_that_do_not_repeat_have_no_period(values):
    assert dominant_period(values[:, None]) is None


@pytest.mark.parametrize("shape", ["sine", "square", "peaks"])
@pytest.mark.parametrize("period", [60, 300])
@pytest.mark.parametrize("n_cycles", [4.5, 5.5, 7.0])
def test_a_period_of_up_to_a_quarter_of_the_recording_is_found(n_cycles, period, shape):
    phase = np.arange(round(n_cycles * period)) / period % 1.0
    clean = {
        "sine": np.sin(2 * np.pi * phase),
        "square": np.where((phase > 0.3) & (phase < 0.7), 1.0, 0.0),
        "peaks": np.exp(-(((phase - 0.3) / 0.05) ** 2)),
    }[shape]
    for seed in range(5):
        noise = 0.1 * np.random.default_rng(seed).normal(size=clean.size)
        assert dominant_period((clean + noise)[:, None]) == pytest.approx(period, rel=0.03)


@pytest.mark.parametrize("coefficient", [0.5, 0.9, 0.99])
def test_noise_with_a_memory_hardly_ever_repeats_itself_a_few_times(coefficient):
    found = [
        dominant_period(lfilter([1.0], [1.0, -coefficient], rng.normal(size=(1000, 1)), axis=0))
        for rng in map(np.random.default_rng, range(60))
    ]
    assert sum(period is not None and period > 125 for period in found) <= 3


def test_a_signal_without_power_has_an_autocorrelation_at_every_lag():
    np.testing.assert_array_equal(autocorrelation(np.full((50, 2), 3.0), 5), np.zeros(6))


@pytest.mark.parametrize(("n_samples", "period"), [(15, None), (24, 3), (39, 3)])
def test_the_shortest_signal_that_can_have_a_period_has_four_lags(n_samples, period):
    values = np.tile([0.0, 0.0, 9.0], 20)[:n_samples, None]
    assert dominant_period(values) == period
