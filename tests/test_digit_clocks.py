"""Times of day in digits beside a date, and days of the year in digits."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read

VALUES = np.round(20 + np.random.default_rng(5).normal(size=300), 3)
Written = Callable[[pd.Timestamp], str]


def recording(names: str, stamps: pd.DatetimeIndex, written: Written) -> Recording:
    rows = [f"{written(at)},{value}" for at, value in zip(stamps, VALUES, strict=False)]
    return read(io.BytesIO("\n".join([f"{names},T", *rows]).encode()))


def unpadded(at: pd.Timestamp, form: str) -> str:
    return str(int(at.strftime(form)))


DATES = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y")


@pytest.mark.parametrize("day", DATES)
@pytest.mark.parametrize("name", ["time", "Uhrzeit", "HHMMSS", "hora"])
@pytest.mark.parametrize("start", ["2024-03-14 00:00", "2024-03-14 08:00", "2024-03-13 23:30"])
def test_digits_of_one_hour_end_with_seconds(day: str, name: str, start: str) -> None:
    stamps = pd.date_range(start, periods=60, freq="min")
    found = recording(f"date,{name}", stamps, lambda at: f"{at:{day}},{unpadded(at, '%H%M%S')}")
    assert found.index.equals(stamps)
    np.testing.assert_array_equal(found.values[:, 0], VALUES[:60])


@pytest.mark.parametrize("day", DATES)
@pytest.mark.parametrize("form", ["%H%M%S", "%H%M%S.00"])
def test_zeros_before_digits_tell_seconds(day: str, form: str) -> None:
    stamps = pd.date_range("2024-03-14", periods=300, freq="s")
    found = recording("date,time", stamps, lambda at: f"{at:{day}},{at:{form}}")
    assert found.index.equals(stamps)
    assert not any("hours and minutes" in note for note in found.notes)


@pytest.mark.parametrize("name", ["hhmm", "time"])
def test_four_digits_are_hours_and_minutes(name: str) -> None:
    stamps = pd.date_range("2024-03-14", periods=60, freq="min")
    found = recording(f"date,{name}", stamps, lambda at: f"{at:%Y-%m-%d},{at:%H%M}")
    assert found.index.equals(stamps)


@pytest.mark.parametrize(
    ("names", "day"), [("year,doy", "%Y,%j"), ("Year,Month,Day", "%Y,%m,%d"), ("date", "%Y%m%d")]
)
def test_a_name_tells_hours_and_minutes_below_an_hour(names: str, day: str) -> None:
    stamps = pd.date_range("2024-03-14", periods=60, freq="min")
    found = recording(f"{names},hhmm", stamps, lambda at: f"{at:{day}},{unpadded(at, '%H%M')}")
    assert found.index.equals(stamps)


def test_digits_that_may_be_either_are_told() -> None:
    stamps = pd.date_range("2024-03-14", periods=300, freq="min")
    found = recording("date,time", stamps, lambda at: f"{at:%Y%m%d},{unpadded(at, '%H%M')}")
    assert found.index.equals(stamps)
    assert any("459 is 4:59 (name it HHMMSS" in note for note in found.notes)


@pytest.mark.parametrize(
    ("names", "day"),
    [
        ("year,doy,hhmm", "%Y,%j"),
        ("Year,Day,Time", "%Y,%j"),
        ("date,time", "%Y%m%d"),
        ("date,time", "%Y-%m-%d"),
        ("year,month,day,hhmm", "%Y,%m,%d"),
    ],
)
def test_2400_ends_the_day(names: str, day: str) -> None:
    stamps = pd.date_range("2023-12-30 01:00", periods=100, freq="h")

    def written(at: pd.Timestamp) -> str:
        began = at - pd.Timedelta("1h")
        return f"{began:{day}},{100 * (began.hour + 1)}"

    found = recording(names, stamps, written)
    assert found.index.equals(stamps)


@pytest.mark.parametrize("name", ["date", "YYYYDDD", "Datum"])
def test_a_day_of_the_year_stands_behind_its_year(name: str) -> None:
    stamps = pd.date_range("2023-12-31 20:00", periods=96, freq="15min")
    found = recording(f"{name},time", stamps, lambda at: f"{at:%Y%j},{at:%H:%M:%S}")
    assert found.index.equals(stamps)
    assert found.channels == ("T",)


def test_days_of_the_year_go_on_by_days() -> None:
    stamps = pd.date_range("2023-12-01", periods=60, freq="D")
    assert recording("date", stamps, lambda at: f"{at:%Y%j}").index.equals(stamps)


@pytest.mark.parametrize("form", ["%Y:%j:%H:%M:%S", "%Y/%j-%H:%M:%S.000", "%Y %j %H:%M:%S"])
def test_day_of_the_year_before_a_clock(form: str) -> None:
    stamps = pd.date_range("2023-12-31 23:59", periods=96, freq="s")
    found = recording("time", stamps, lambda at: at.strftime(form))
    assert found.index.equals(stamps)
