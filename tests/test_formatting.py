"""Numbers, times and frequencies as text."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra import formatting
from spectra.explanation.bands import band_edges


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
        (2.5e-9, "2.50 ns"),
        (1e-12, "1e-12 s"),
        (59.98, "1.00 min"),
        (99.96, "1.67 min"),
        (1.7 * 86_400, "40.8 h"),
        (1.9999 * 86_400, "48.0 h"),
        (1000 * 86_400, "1,000 d"),
        (1e300, "1.16e+295 d"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert formatting.duration_text(seconds) == text


def test_counts_and_probabilities() -> None:
    assert [
        formatting.counted(1, "row"),
        formatting.counted(22_695, "row"),
        formatting.counted(0, "alarm"),
    ] == [
        "1 row",
        "22,695 rows",
        "0 alarms",
    ]


@pytest.mark.parametrize(
    ("p_value", "smallest", "text"),
    [
        (0.12, 1e-6, "0.12"),
        (3.1e-8, 1e-9, "3.1e-08"),
        (3.1e-8, 1.4e-3, "< 1.4e-03"),
        (0.0, 1e-6, "< 1.0e-06"),
    ],
)
def test_p_values_down_to_the_smallest(p_value: float, smallest: float, text: str) -> None:
    assert formatting.p_text(p_value, smallest) == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.2874, 2, "28.74 %"),
        (0.8, 0, "80 %"),
        (0.004, 0, "< 1 %"),
        (0.006, 0, "1 %"),
        (0.0, 2, "0.00 %"),
        (4e-5, 2, "< 0.01 %"),
        (1.0, 0, "100 %"),
    ],
)
def test_shares_in_percent(share: float, digits: int, text: str) -> None:
    assert formatting.percent_text(share, digits) == text


@pytest.mark.parametrize(
    ("bins", "fs", "text"),
    [
        ((0, 0), 100.0, "level"),
        ((5, 5), 100.0, "10.0 Hz"),
        ((5, 7), 100.0, "10.0 – 14.0 Hz"),
        ((0, 2), 100.0, "level – 4.00 Hz"),
        ((1, 1), 50 / 86_400, "24 h"),
        ((5, 5), None, "0.1 cycles/sample"),
        ((5, 5), 1e6, "100 kHz"),
        ((0, 0), None, "level"),
        ((0, 2), None, "level – 0.04 cycles/sample"),
        ((1, 3), None, "0.02 – 0.06 cycles/sample"),
        ((25, 25), 100.0, "50.0 Hz"),
        ((24, 25), 100.0, "48.0 – 50.0 Hz"),
        ((20, 25), 2500.0, "1.00 – 1.25 kHz"),
        ((10, 25), 2500.0, "500 Hz – 1.25 kHz"),
        ((1, 2), 50 / 86_400, "12 – 24 h"),
        ((1, 1), 50 * 3.17e-8, "365 d"),
    ],
)
def test_frequencies(bins: tuple[int, int], fs: float | None, text: str) -> None:
    width = (fs or 1.0) / 50
    low, high = max(bins[0] - 0.5, 0.0) * width, (bins[1] + 0.5) * width
    assert formatting.frequency_text(low, high, fs, 50) == text


@pytest.mark.parametrize(
    ("fs", "text"),
    [
        (360.0, "360 Hz"),
        (1.0, "1 Hz"),
        (59.94, "59.94 Hz"),
        (1000.0, "1 kHz"),
        (22_050.0, "22.05 kHz"),
        (44_100.0, "44.1 kHz"),
        (2.5e6, "2.5 MHz"),
        (0.5, "every 2 s"),
        (1 / 61, "every 61 s"),
        (1 / 90, "every 1.5 min"),
        (1 / 100, "every 100 s"),
        (1 / 300, "every 5 min"),
        (0.00333333, "every 5 min"),
        (1 / 3600, "every 1 h"),
        (1 / 86_400, "every 24 h"),
        (1 / (7 * 86_400), "every 7 d"),
        (1 / 3601, "every 3601 s"),
        (1 / 5.4321, "every 5.43 s"),
        (1e-200, "every 1.16e+195 d"),
        (None, "no sampling rate"),
    ],
)
def test_rates(fs: float | None, text: str) -> None:
    assert formatting.rate_text(fs) == text


def instants(index: pd.Index, fs: float | None) -> list[str]:
    """The instants of all rows of an index."""
    return formatting.instants(index, np.arange(len(index)), fs)


@pytest.mark.parametrize(
    ("values", "fs", "text"),
    [
        (pd.DatetimeIndex(["2024-03-01 12:00:00.25"]), 100.0, "2024-03-01 12:00:00.250"),
        (pd.DatetimeIndex(["2024-03-01 12:00:00"]), 1 / 300, "2024-03-01 12:00"),
        (pd.to_timedelta([3723.5], unit="s"), 4.0, "1:02:03.500"),
        (pd.Index([1.5]), 2.0, "0:00:01.500"),
        (pd.Index([0.25]), None, "0.25"),
        (pd.RangeIndex(7, 8), None, "7"),
        (pd.Index(["a"]), None, "a"),
    ],
)
def test_instants(values: pd.Index, fs: float | None, text: str) -> None:
    assert instants(values, fs) == [text]


def test_rows_are_times_where_a_rate_is_known() -> None:
    index = pd.RangeIndex(10_000)
    rows = np.array([0, 360, 9_999])
    assert formatting.instants(index, rows, 0.1) == ["0:00:00", "1:00:00", "27:46:30"]
    assert formatting.instants(index, rows, None) == ["0", "360", "9999"]


@given(st.integers(2, 4096), st.data(), st.sampled_from([None, 360.0, 44_100.0, 1 / 300, 1 / 3]))
def test_a_band_is_named_by_its_outermost_bins(
    nperseg: int, data: st.DataObject, fs: float | None
) -> None:
    low = data.draw(st.integers(0, nperseg // 2))
    high = data.draw(st.integers(low, nperseg // 2))

    def text(first: int, last: int) -> str:
        f_low, f_high = band_edges(np.array([first]), np.array([last]), nperseg, fs)
        return formatting.frequency_text(float(f_low[0]), float(f_high[0]), fs, nperseg)

    whole, lowest, highest = text(low, high), text(low, low), text(high, high)
    if lowest == highest:
        assert whole == lowest
        return
    width = (fs or 1.0) / nperseg
    # Of two periods the shorter is first; beside a frequency a period is one too.
    if fs is not None and low * width > 0 and high * width < 1:
        lowest, highest = highest, lowest
    elif fs is not None and 0 < low * width < 1:
        lowest = f"{low * width:.2g} Hz"
    assert whole.endswith(f" – {highest}")
    assert lowest.startswith(whole.removesuffix(f" – {highest}"))


def test_times_of_a_recording_are_as_fine_as_its_step() -> None:
    dates = pd.DatetimeIndex(["2024-03-01 12:00:00.000250"], tz="Europe/Paris")
    assert instants(dates, 20_000.0) == ["2024-03-01 12:00:00.000250+01:00"]
    assert instants(dates, 1.0) == ["2024-03-01 12:00:00+01:00"]
    assert instants(dates, 1 / 60) == ["2024-03-01 12:00+01:00"]
    spans = pd.to_timedelta([-1.5, 0.0, 59.9996, 360_000.0], unit="s")
    assert instants(spans, 100.0) == [
        "-0:00:01.500",
        "0:00:00.000",
        "0:01:00.000",
        "100:00:00.000",
    ]
    assert instants(spans[1:], 1.0) == ["0:00:00", "0:01:00", "100:00:00"]
    assert instants(pd.Index([], dtype="datetime64[ns]"), 1.0) == []


def test_samples_are_a_time_where_the_rate_is_known() -> None:
    assert [formatting.samples_text(128, fs) for fs in (None, 360.0, 1 / 300)] == [
        "128 samples",
        "356 ms",
        "10.7 h",
    ]


def test_times_beyond_all_calendars_are_numbers_of_seconds() -> None:
    index = pd.Index([0.0, 3600.0, 1e290])
    assert formatting.instants(index, np.arange(3), 0.1) == ["0:00:00", "1:00:00", "1e+290 s"]
    assert formatting.frequency_text(1e-292, 1e-292, 1e-290, 100) == "1.16e+287 d"


def test_probabilities_that_are_not_small_have_no_exponent() -> None:
    texts = [formatting.p_text(p, 1e-9) for p in (1.0, 0.5, 0.012, 0.0099, 3.7e-4)]
    assert texts == ["1", "0.5", "0.012", "9.9e-03", "3.7e-04"]
    assert formatting.p_text(0.0, 0.05) == "< 0.05"
