"""Years with a fraction, years and months in columns, and months as columns."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read

N = 480
VALUES = np.round(np.random.default_rng(4).normal(20, 3, N), 2)
MONTHS = pd.date_range("1998-01-01", periods=N, freq="MS")


def recording(rows: list[str]) -> Recording:
    return read(io.BytesIO("\n".join(rows).encode()))


def fractions(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return dates as years, by the days of each."""
    lengths = np.where(dates.is_leap_year, 366, 365)
    clock = dates.hour + dates.minute / 60
    return np.asarray(dates.year + (dates.day_of_year - 1 + clock / 24) / lengths)


@pytest.mark.parametrize("header", [["decimal_year,x"], ["Year,x"], ["date,x"], []])
@pytest.mark.parametrize(("freq", "digits"), [("MS", 4), ("D", 5), ("h", 7)])
def test_years_with_a_fraction_are_dates(header: list[str], freq: str, digits: int) -> None:
    dates = pd.date_range("2019-11-01", periods=N, freq=freq)
    years = fractions(dates)
    found = recording(
        [*header, *(f"{y:.{digits}f},{v}" for y, v in zip(years, VALUES, strict=True))]
    )
    np.testing.assert_array_equal(found.index, dates)
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


def test_the_middle_of_a_month_is_that_month() -> None:
    years = MONTHS.year + (MONTHS.month - 0.5) / 12
    rows = [f" {y:.4f};{v:8.2f}; 0;000" for y, v in zip(years, VALUES, strict=True)]
    np.testing.assert_array_equal(recording(rows).index, MONTHS)


@pytest.mark.parametrize("start", [1700.0, 30.0])
def test_seconds_in_the_range_of_years_are_seconds(start: float) -> None:
    rows = [f"{start + i / 50:.2f},{v}" for i, v in enumerate(VALUES)]
    assert recording(rows).fs == pytest.approx(50)


@pytest.mark.parametrize("mark", [" ", ";"])
def test_years_and_months_in_columns_without_names_are_the_time(mark: str) -> None:
    rows = [
        mark.join([f"{m.year}", f"{m.month:02d}", f"{m.year + (m.month - 0.5) / 12:.3f}", f"{v}"])
        for m, v in zip(MONTHS, VALUES, strict=True)
    ]
    found = recording(rows)
    np.testing.assert_array_equal(found.index, MONTHS)
    np.testing.assert_array_equal(found.values, VALUES[:, None])


NAMES = pd.date_range("2000-01-01", periods=12, freq="MS").strftime("%b")


@pytest.mark.parametrize("names", [["Year", *NAMES], ["Year", *NAMES, "J-D"], []])
def test_a_year_a_row_is_one_channel(names: list[str]) -> None:
    """Leave the last two months out."""
    cells = [f"{v}" for v in VALUES[:-2]] + ["***", "***"]
    rows = [
        ",".join(
            [f"{1998 + k}", *cells[12 * k : 12 * k + 12], *(["1.0"] if "J-D" in names else [])]
        )
        for k in range(N // 12)
    ]
    found = recording(["Index of a station", ",".join(names), *rows] if names else rows)
    np.testing.assert_array_equal(found.index, MONTHS[:-2])
    np.testing.assert_array_equal(found.values[:, 0], VALUES[:-2])
    assert any("12 columns behind the years" in note for note in found.notes)


@pytest.mark.parametrize("step", [39.0625, 100_000.0])
def test_hours_minutes_seconds_and_microseconds_without_names_are_the_time(step: float) -> None:
    micros = [int(9.65 * 3.6e9 + 65_664 + step * i) for i in range(4 * N)]
    rows = [
        f"{m // 3_600_000_000},{m // 60_000_000 % 60},{m // 1_000_000 % 60},{m % 1_000_000},{v}"
        for m, v in zip(micros, np.tile(VALUES, 4), strict=True)
    ]
    found = recording(rows)
    assert found.fs == pytest.approx(1e6 / step, rel=1e-3)
    np.testing.assert_array_equal(found.values[:, 0], np.tile(VALUES, 4))
