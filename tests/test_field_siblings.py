"""Layouts beside those of known exports are read as a person reads them: a class of them a test."""

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.io

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

N = 120
RNG = np.random.default_rng(43)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)
START = pd.Timestamp("2024-02-15 08:00")


def read_text(text: str, **options: Any) -> Recording:
    return read(io.BytesIO(text.encode()), **options)


def lines(*parts: str | Sequence[str]) -> str:
    flat = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    return "\n".join(flat) + "\n"


def columns(*values: Sequence[object], mark: str = ",") -> list[str]:
    return [mark.join(map(str, row)) for row in zip(*values, strict=True)]


def stamps(step: str, form: str = "%Y-%m-%d %H:%M:%S", late: int = 0) -> list[str]:
    return [f"{one:{form}}" for one in pd.date_range(START, periods=N + late, freq=step)[late:]]


def is_read(found: Recording, channels: tuple[str, ...], *expected: Sequence[float]) -> None:
    assert found.channels == channels
    np.testing.assert_allclose(found.values, np.column_stack(expected), equal_nan=True)


def has_note(found: Recording, *words: str) -> bool:
    return any(all(word in note for word in words) for note in found.notes)


@pytest.mark.parametrize(
    ("line", "fs", "unit"),
    [
        ("Meetfrequentie,512 hertz", 512.0, "Eenheid"),
        ("サンプルレート,512ヘルツ", 512.0, "単位"),
        ("取样率,512赫兹", 512.0, "单位"),
        ("Taxa de amostragem,512 hertz", 512.0, "Unidade"),
        ("Частота дискретизации,2 кГц", 2000.0, "Единица измерения"),
        ("Sample rate,2 kilohertz", 2000.0, "Unit"),
    ],
)
def test_a_rate_and_a_unit_are_read_in_other_languages(line: str, fs: float, unit: str) -> None:
    """Write them above a column, with a comma behind the key."""
    cells = [f"{one:.3f}" for one in LEFT]
    found = read_text(lines("Lead,Lead I", line, f"{unit},µV", "", cells))
    is_read(found, ("value",), LEFT)
    assert found.fs == fs
    assert found.units == ("µV",)


def test_the_number_behind_a_comma_is_no_fraction() -> None:
    """Write hertz behind a key of an unknown language, with a comma between."""
    assert read_text(lines("Grobnik,512 hertz", "", [f"{one:.3f}" for one in LEFT])).fs == 512
    assert read_text(lines("SPS=860", "a,b", columns(LEFT, RIGHT))).fs == 860


def test_the_ends_of_the_parts_of_a_day_may_name_its_columns() -> None:
    """Name 96 columns from 00:15 to 00:00."""
    names = [f"{one // 60 % 24:02d}:{one % 60:02d}" for one in range(15, 1441, 15)]
    days = pd.date_range("2024-09-01", periods=10)
    values = RNG.uniform(0.1, 0.5, (10, 96)).round(3)
    rows = [
        f"{day:%d.%m.%Y}," + ",".join(map(str, row)) for day, row in zip(days, values, strict=True)
    ]
    found = read_text(lines("Datum," + ",".join(names), rows))
    is_read(found, ("value",), values.ravel())
    assert found.index[0] == pd.Timestamp("2024-09-01 00:15")
    assert found.index[-1] == pd.Timestamp("2024-09-11 00:00")


@pytest.mark.parametrize("name", ["{}", "D{:02d}", "Day {}"])
def test_the_days_of_a_month_in_a_row_are_one_channel(name: str) -> None:
    """Write a month a row, with nothing for the days that it does not have."""
    months = pd.period_range("2019-01", periods=24, freq="M")
    values = RNG.uniform(0, 9, 730 + 1).round(2)
    begins = np.cumsum([0, *(month.days_in_month for month in months)])
    cells = [[*map(str, values[a:b]), *[""] * (31 - b + a)] for a, b in pairwise(begins)]
    rows = [
        f"X,{month.year},{month.month}," + ",".join(row)
        for month, row in zip(months, cells, strict=True)
    ]
    names = ",".join(name.format(day) for day in range(1, 32))
    found = read_text(lines(f"Station,Year,Month,{names}", rows))
    is_read(found, ("value",), values[: begins[-1]])
    assert found.fs == 1 / 86400
    assert found.index[0] == pd.Timestamp("2019-01-01")
    assert has_note(found, "the days of a month", "--channels")


def test_numbers_below_days_that_no_month_has_are_channels() -> None:
    """Write 31 numbers a month, of February too."""
    rows = [
        f"{station},2019-{month:02d}," + ",".join(str(at + day * month % 7) for day in range(31))
        for month in range(1, 13)
        for station, at in (("A", 10), ("B", 60))
    ]
    names = ",".join(map(str, range(1, 32)))
    text = lines(f"Station,Month,{names}", rows)
    assert read_text(text, series="none", repeats="first").n_channels == 31


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S"])
def test_the_end_of_an_interval_is_no_distance_from_utc(form: str) -> None:
    """Write the time of day at which an interval ends, behind a hyphen."""
    ends = stamps("15min", form.split()[1], late=1)
    rows = [
        f"{one}-{end};{x}" for one, end, x in zip(stamps("15min", form), ends, LEFT, strict=True)
    ]
    found = read_text(lines("Zeit;kWh", rows))
    is_read(found, ("kWh",), LEFT)
    assert list(found.index[[0, -1]]) == [START, START + (N - 1) * pd.Timedelta("15min")]
    rows = [
        f"{one}-05:00;{x}" for one, x in zip(stamps("15min", "%Y-%m-%dT%H:%M"), LEFT, strict=True)
    ]
    assert str(read_text(lines("Zeit;kWh", rows)).index[0]) == "2024-02-15 08:00:00-05:00"


def test_lengths_of_time_with_days_divide_no_cells() -> None:
    """Write the index that pandas counts with beside one column."""
    rows = [f"{i // 24} days {i % 24:02d}:00:00,{x}" for i, x in enumerate(LEFT)]
    found = read_text(lines("Elapsed,Cells", rows))
    is_read(found, ("Cells",), LEFT)
    assert found.fs == 1 / 3600


def test_quantities_below_one_another_at_each_site_are_series() -> None:
    """Write all rows of one quantity of a site, then those of the next, then the other site."""
    rows = [
        f"{site},{name},{one},{x + at},{unit}"
        for site, more in (("A", 0), ("B", 100))
        for name, unit, at in (("temp", "C", more), ("do", "mg/L", more + 50))
        for one, x in zip(stamps("15min"), LEFT, strict=True)
    ]
    found = read_series(io.BytesIO(lines("site,variable,datetime,value,unit", rows).encode()))
    assert list(found) == ["A / temp", "A / do", "B / temp", "B / do"]
    for one, at in zip(found.values(), (0, 50, 100, 150), strict=True):
        assert isinstance(one, Recording)
        is_read(one, ("value",), LEFT + at)


@pytest.mark.parametrize("count", [3, N])
def test_a_series_of_words_is_left_out(count: int) -> None:
    """Write the states of a door below, or between, those of a sensor."""
    times = stamps("1min")
    sensor = [f"sensor.a,{x},{one}" for x, one in zip(LEFT, times, strict=True)]
    door = [f"door.b,{'on' if i % 3 else 'off'},{times[i]}" for i in range(count)]
    found = read_text(lines("entity_id,state,last_changed", sensor, door))
    is_read(found, ("state",), LEFT)
    assert has_note(found, "words in place of numbers", "'door.b'")
    if count == N:
        mixed = [line for pair in zip(sensor, door, strict=True) for line in pair]
        is_read(read_text(lines("entity_id,state,last_changed", mixed)), ("state",), LEFT)


@pytest.mark.parametrize("name", ["Datum", None])
@pytest.mark.parametrize("form", ["%d%m%Y", "%m%d%Y"])
def test_days_in_eight_digits_may_end_in_their_year(name: str | None, form: str) -> None:
    """Write days such as 15022024 as the first column."""
    rows = columns(stamps("1D", form), LEFT)
    found = read_text(lines(*([f"{name},x"] if name else []), rows))
    np.testing.assert_array_equal(found.values[:, 0], LEFT)
    assert found.fs == 1 / 86400
    assert found.index[0] == START.normalize()


def test_a_trace_below_another_is_refused() -> None:
    """Write two traces of SLIST in one file."""
    said = "TIMESERIES XX_S{}__HHZ_D, 120 samples, 100 sps, 2016-06-21T16:43:58, SLIST, INTEGER, M"
    rows = ["\t".join(str(10 * i + k) for k in range(6)) for i in range(40)]
    text = lines(said.format(1), rows[:20], said.format(2), rows[20:])
    with pytest.raises(DataError, match=r"line 22: 'TIMESERIES XX_S2.*begins another recording"):
        read_text(text)


def test_the_first_row_of_an_array_may_be_its_time(tmp_path: Path) -> None:
    """Write what Simulink writes, and days as MATLAB counts them beside values."""
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"ans": np.vstack([np.arange(N) * 0.01, LEFT, RIGHT])})
    found = read(path)
    is_read(found, ("ans_2", "ans_3"), LEFT, RIGHT)
    assert found.fs == pytest.approx(100)
    scipy.io.savemat(path, {"ans": np.vstack([np.arange(N) * 2.0, LEFT, RIGHT])})
    assert read(path).channels == ("ans_1", "ans_2", "ans_3")
    scipy.io.savemat(path, {"mtime": 738_000 + np.arange(N) / 24, "temp": LEFT})
    found = read(path)
    is_read(found, ("temp",), LEFT)
    assert found.index[0] == pd.Timestamp("2020-07-28")


@pytest.mark.parametrize("name", ["Subtotal {}", "Monatssumme {}", "Mean of {}", "小計 {}", "合計"])
def test_totals_among_the_rows_are_left_out(name: str) -> None:
    """Write the total of each month below its days."""
    days = pd.date_range("2021-01-01", periods=N)
    rows = []
    for day, x in zip(days, LEFT, strict=True):
        rows.append(f"{day:%Y-%m-%d},{x},{x + 5:.2f}")
        if day.is_month_end:
            rows.append(f"{name.format(f'{day:%m/%Y}')},600.5,700.5")
    found = read_text(lines("Date,Day,Night", rows))
    is_read(found, ("Day", "Night"), LEFT, np.round(LEFT + 5, 2))
    assert has_note(found, "called like a total or mean", name.split()[0])


def test_a_column_may_have_its_name_in_a_later_header() -> None:
    """Put a file below another that lacks its last column."""
    times = stamps("5min")
    above, below = columns(times[:60], LEFT[:60]), columns(times[60:], LEFT[60:], RIGHT[60:])
    found = read_text(lines("Time,temp", above, "Time,temp,hum", below))
    assert found.channels == ("temp", "hum")
    np.testing.assert_allclose(found.values[60:, 1], RIGHT[60:])


def test_a_count_of_samples_gives_no_rate_beside_that_of_the_file() -> None:
    """Call the number of the sample a time, below the sampling rate."""
    rows = columns(range(N), LEFT)
    found = read_text(lines("Sample rate: 100 Hz", "time,x", rows))
    is_read(found, ("x",), LEFT)
    assert found.fs == 100
    assert read_text(lines("Sample rate: 1 Hz", "time,x", rows)).fs == 1


def day_rows(names: Sequence[str], days: pd.DatetimeIndex) -> tuple[str, list[str]]:
    values = RNG.uniform(0.1, 0.5, (len(days), len(names))).round(3)
    rows = [f"{day:%Y-%m-%d}," + ",".join(map(str, x)) for day, x in zip(days, values, strict=True)]
    return "Date," + ",".join(names), rows


@pytest.mark.parametrize(
    "names",
    [
        [f"{i // 2:02d}{i % 2 * 30:02d}" for i in range(48)],
        [f"{i}-{i + 1}" for i in range(24)],
        [f"{i:02d}h - {(i + 1) % 24:02d}h" for i in range(24)],
    ],
)
def test_times_of_a_day_without_a_sign_or_as_ends_name_columns(names: list[str]) -> None:
    """Name columns 0000 to 2330, and by both ends of each hour."""
    days = pd.date_range("2024-09-01", periods=20)
    header, rows = day_rows(names, days)
    found = read_text(lines(header, rows))
    assert found.channels == ("value",)
    assert found.n_samples == 20 * len(names)
    assert found.fs == len(names) / 86400
    # Years are no times of a day.
    header, rows = day_rows([str(2000 + i) for i in range(24)], days)
    assert read_text(lines(header, rows)).n_channels > 1


def test_days_and_years_in_rows_may_stand_newest_first() -> None:
    """Turn the rows around."""
    days = pd.date_range("2024-09-01", periods=20)
    header, rows = day_rows([f"{hour:02d}:00" for hour in range(24)], days)
    expected = read_text(lines(header, rows))
    found = read_text(lines(header, rows[::-1]))
    is_read(found, ("value",), expected.values[:, 0])
    assert found.index.equals(expected.index)
    assert has_note(found, "newest first")
    months = "Year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec"
    rows = [
        f"{year}," + ",".join(f"{year - 1980 + i / 10}" for i in range(12))
        for year in range(1990, 2010)
    ]
    expected = read_text(lines(months, rows))
    is_read(read_text(lines(months, rows[::-1])), ("value",), expected.values[:, 0])


def test_sensors_that_are_asked_one_after_another_are_no_bursts() -> None:
    """Write a row for each of three sensors, a second apart, every ten minutes."""
    starts = pd.date_range(START, periods=N, freq="10min")
    rows = [
        f"{one + pd.Timedelta(seconds=k)},"
        + ",".join(str(x + k) if i == k else "" for i in range(3))
        for one, x in zip(starts, LEFT, strict=True)
        for k in range(3)
    ]
    found = read_text(lines("time,T1,T2,T3", rows))
    is_read(found, ("T1",), LEFT)
    assert found.fs == 1 / 600
    assert has_note(found, "'T2', 'T3'", "--resample")


def test_dates_without_a_year_may_have_no_seconds() -> None:
    """Write 15.02. 08:00 and Feb 15 08:00."""
    for form in ("%d.%m. %H:%M", "%b %d %H:%M"):
        found = read_text(lines("time,x", columns(stamps("1min", form), LEFT)))
        is_read(found, ("x",), LEFT)
        assert found.fs == 1 / 60
