"""Channels whose level has a trend, and Kendall's tau against its definition."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import spectra
from spectra.signal.scale import SAMPLE_ROWS
from spectra.signal.trend import kendall_tau, trending_channels
from spectra.stored import StoredArray


@pytest.mark.parametrize("seed", range(3))
def test_tau_is_the_share_of_pairs_that_rise_less_that_of_those_that_fall(seed: int) -> None:
    values = np.round(np.random.default_rng(seed).normal(size=20), seed)
    signs = [np.sign(values[j] - values[i]) for i, j in combinations(range(20), 2)]
    assert kendall_tau(values) == pytest.approx(float(np.mean(signs)))


@pytest.mark.parametrize("n", [500, SAMPLE_ROWS + 5000])
def test_channels_that_rise_or_fall_have_a_trend_and_shifts_and_waves_have_none(n: int) -> None:
    at, rng = np.linspace(0, 1, n), np.random.default_rng(3)
    noise = 0.1 * rng.normal(size=n)
    channels = {
        "rises": at + noise,
        "falls": -3 * at + noise,
        "grows": np.exp(5 * at) + noise,
        "noise": noise,
        "shift": (at > 0.5) + noise,
        "wave": np.sin(20 * at) + noise,
        "wanders back": np.sin(np.pi * at) + noise,
        "constant": np.zeros(n),
        "gap": np.full(n, np.nan),
    }
    signal = np.column_stack(list(channels.values()))
    signal[::7, 0] = np.nan
    found = trending_channels(signal, 0, n)
    assert dict(zip(channels, found.tolist(), strict=True)) == {
        name: name in ("rises", "falls", "grows") for name in channels
    }


def test_a_signal_of_as_many_rows_as_parts_may_have_a_trend_and_a_shorter_one_not() -> None:
    assert trending_channels(np.arange(32.0)[:, None], 0, 32).all()
    assert not trending_channels(np.arange(32.0)[:, None], 1, 32).any()
    assert not trending_channels(np.empty((5, 2)), 5, 5).any()


def test_a_file_larger_than_memory_is_not_read_whole() -> None:
    n, spans = 50_000_000, []

    def read(start: int, stop: int) -> np.ndarray:
        spans.append(stop - start)
        return np.arange(start, stop, dtype=np.float64)[:, None]

    stored = StoredArray(read, (n, 1))
    assert trending_channels(stored, 1000, n).all()
    assert max(spans) < 2**17


@pytest.mark.parametrize("change", [-1900.0, 200.0, 5000.0])
def test_rows_that_leave_a_straight_line_are_the_one_alarm(change: float) -> None:
    line = np.arange(1.0, 5001)
    line[4899:4910] = line[4899] + change
    alarms = spectra.detect(line).intervals
    assert alarms.first.size == 1
    assert 4899 - 16 <= alarms.first[0] <= 4899
    assert 4909 <= alarms.last[0] <= 4909 + 16


@pytest.mark.parametrize("seed", range(3))
def test_the_ends_of_a_meter_are_like_its_middle(seed: int, tmp_path: Path) -> None:
    rng, t = np.random.default_rng(seed), np.arange(5000)
    load = 1 + 0.6 * np.sin(2 * np.pi * t / 96) + 0.3 * np.abs(rng.normal(size=t.size))
    found = spectra.detect(np.round(np.cumsum(load), 2))
    alarms = found.intervals
    assert not ((alarms.first < 200) | (alarms.last > t.size - 200)).any()
    assert found.model is not None
    found.model.save(tmp_path / "meter.model")
    again = spectra.score(spectra.Model.load(tmp_path / "meter.model"), np.cumsum(load))
    direct = spectra.score(found.model, np.cumsum(load))
    np.testing.assert_array_equal(again.intervals.first, direct.intervals.first)
