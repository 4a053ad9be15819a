"""Loudness of bands, and its period."""

import math

import numpy as np
import pytest

from bursts import bursts
from spectra.signal.loudness import loudness, loudness_period, silences
from spectra.signal.period import dominant_period


def test_loudness_is_its_formula_in_units_of_each_band() -> None:
    rng = np.random.default_rng(0)
    powers = rng.exponential(size=(2, 9, 6)) * [1, 1, 1, 1e-4, 1e-4, 1e-4]
    silence = silences(powers, 2)
    for channel in range(2):
        for band in range(2):
            values = sorted(powers[channel, :, 3 * band : 3 * band + 3].ravel().tolist())
            median = (values[13] + values[13]) / 2
            assert silence[channel, band] == pytest.approx(0.05 * median + 1e-10)
    found = loudness(powers, silence)
    assert found[1, 4, 3] == pytest.approx(math.log(1 + powers[1, 4, 3] / silence[1, 1]))
    np.testing.assert_array_equal(loudness(0 * powers, silence), 0.0)


def test_gaps_have_no_loudness_and_no_part_in_what_is_usual() -> None:
    powers = np.random.default_rng(1).exponential(size=(1, 8, 4))
    gaps = powers.copy()
    gaps[0, 5] = np.nan
    np.testing.assert_array_equal(silences(gaps, 2), silences(np.delete(powers, 5, axis=1), 2))
    assert np.isnan(loudness(gaps, silences(gaps, 2))[0, 5]).all()
    assert silences(np.full((1, 3, 4), np.nan), 2) == pytest.approx(np.full((1, 2), 1e-10))


@pytest.mark.parametrize("period", [60, 96, 288, 1000])
def test_bursts_of_noise_have_a_period_that_only_their_loudness_shows(period: int) -> None:
    for seed in range(3):
        x = bursts(period, 40, seed)
        assert dominant_period(x) != period
        assert loudness_period(x) == period


@pytest.mark.parametrize("kind", ["white", "walk", "constant", "short", "empty", "one row"])
def test_noise_and_what_never_varies_have_no_period_of_loudness(kind: str) -> None:
    rng = np.random.default_rng(3)
    signals = {
        "white": [rng.normal(size=(n, 1)) for n in (200, 3000, 20_000)],
        "walk": [np.cumsum(rng.normal(size=(n, 1)), axis=0) for n in (3000, 20_000)],
        "constant": [np.full((5000, 2), 3.0)],
        "short": [rng.normal(size=(40, 1)), np.zeros((0, 1))],
        "empty": [np.full((3000, 1), np.nan)],
        "one row": [np.eye(3000)[:, :1]],
    }
    assert [loudness_period(x) for x in signals[kind]] == [None] * len(signals[kind])


def test_gaps_dead_channels_and_units_do_not_change_the_period() -> None:
    x = bursts(120, 50)
    gaps = x.copy()
    gaps[1000:1100] = np.nan
    dead = np.column_stack([1e6 * x + 1e9, np.full(6000, 7.0), np.full(6000, np.nan)])
    assert loudness_period(x) == loudness_period(gaps) == loudness_period(dead) == 120
