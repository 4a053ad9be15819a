"""Numbers, times and frequencies in words."""

import pandas as pd
import pytest

from spectra import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1e-6, "1.00 µs"),
        (0.5, "500 ms"),
        (0.99999, "1.00 s"),
        (90, "1.50 min"),
        (3600, "1.00 h"),
        (86_400, "24.0 h"),
        (4 * 86_400, "4.00 d"),
        (0, "0 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert words.duration_text(seconds) == text


def test_counts_and_probabilities() -> None:
    assert [words.counted(1, "row"), words.counted(22_695, "row"), words.counted(0, "alarm")] == [
        "1 row",
        "22,695 rows",
        "0 alarms",
    ]
    assert [words.p_text(3.1e-8), words.p_text(1e-300), words.p_text(0.0)] == ["3.1e-08", "1.0e-300", "< 1e-307"]


@pytest.mark.parametrize(
    ("bins", "fs", "text"),
    [
        ((0, 0), 100.0, "level"),
        ((5, 5), 100.0, "10.0 Hz"),
        ((5, 7), 100.0, "10.0 – 14.0 Hz"),
        ((0, 2), 100.0, "level – 4.00 Hz"),
        ((1, 1), 50 / 86_400, "1 / 24.0 h"),
        ((5, 5), None, "0.1 cycles/sample"),
        ((5, 5), 1e6, "100 kHz"),
    ],
)
def test_frequencies(bins: tuple[int, int], fs: float | None, text: str) -> None:
    width = (fs or 1.0) / 50
    low, high = max(bins[0] - 0.5, 0.0) * width, (bins[1] + 0.5) * width
    assert words.frequency_text(low, high, fs, 50) == text


def test_rates() -> None:
    assert [words.rate_text(fs) for fs in (360.0, 1 / 300, None)] == ["360 Hz", "every 5 min", "no sampling rate"]


@pytest.mark.parametrize(
    ("values", "fs", "text"),
    [
        (pd.DatetimeIndex(["2024-03-01 12:00:00.25"]), 100.0, "2024-03-01 12:00:00.250"),
        (pd.DatetimeIndex(["2024-03-01 12:00:00"]), 1 / 300, "2024-03-01 12:00"),
        (pd.to_timedelta([3723.5], unit="s"), 4.0, "1:02:03.500"),
        (pd.Index([1.5]), 2.0, "1.500"),
        (pd.RangeIndex(7, 8), None, "7"),
    ],
)
def test_instants(values: pd.Index, fs: float | None, text: str) -> None:
    assert words.instants(values, fs) == [text]
