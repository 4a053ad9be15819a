"""Clocks of films, parts of a time in columns, and counts since an instant in their name."""

import numpy as np
import pandas as pd
import pytest

from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(61)
LEFT = np.round(20 + RNG.normal(size=N), 2)
START = 1_710_403_200


@pytest.mark.parametrize("rate", [24, 25, 30, 50])
@pytest.mark.parametrize("sign", [":", ";"])
@pytest.mark.parametrize("name", ["Timecode", "Time", "TC"])
def test_frames_behind_a_clock_are_parts_of_a_second(rate: int, sign: str, name: str) -> None:
    rows = [f"01:00:{i // rate:02}{sign}{i % rate:02},{x}" for i, x in enumerate([*LEFT, *LEFT])]
    found = recording(f"{name},x", *rows)
    assert (found.fs, found.n_samples) == (pytest.approx(rate), 2 * N)
    assert found.index[0] == pd.Timedelta(hours=1)
    is_read(found, np.tile(LEFT, 2))


def test_hundredths_behind_a_colon_are_no_frames() -> None:
    rows = [f"01:00:{i // 4:02}:{i % 4 * 25:02},{x}" for i, x in enumerate(LEFT)]
    assert recording("Time,x", *rows).fs == 4


def test_minutes_and_seconds_go_on_over_the_hour() -> None:
    seconds = 3580 + np.arange(N)
    rows = [f"{s // 60 % 60:02}:{s % 60:02}.0,{x}" for s, x in zip(seconds, LEFT, strict=True)]
    found = recording("Time,x", *rows)
    assert (found.fs, found.index[-1]) == (1, pd.Timedelta(seconds=int(seconds[-1])))
    is_read(found, LEFT)


@pytest.mark.parametrize(
    ("names", "per_second"),
    [
        ("tv_sec,tv_usec", 10**6),
        ("header.stamp.sec,header.stamp.nanosec", 10**9),
        ("stamp_secs,stamp_nsecs", 10**9),
        ("secs,msecs", 1000),
    ],
)
def test_seconds_since_1970_have_their_parts_beside_them(names: str, per_second: int) -> None:
    rows = [f"{START + i // 10},{i % 10 * per_second // 10},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{names},x", *rows)
    assert (found.channels, found.fs) == (("x",), 10)
    assert found.index[-1] == pd.Timestamp(1000 * START + 5900, unit="ms", tz="UTC")
    is_read(found, LEFT)


@pytest.mark.parametrize("names", ["HH,MM,SS", "hour,minute,second", "h,min,s"])
def test_hours_minutes_and_seconds_in_columns_are_the_time(names: str) -> None:
    times = pd.date_range("2024-03-14 23:59:40", periods=N, freq="s")
    rows = [f"{t.hour},{t.minute},{t.second},{x}" for t, x in zip(times, LEFT, strict=True)]
    found = recording(f"{names},x", *rows)
    assert (found.channels, found.fs) == (("x",), 1)
    assert found.index[[0, -1]].tolist() == [
        pd.Timedelta("23:59:40"),
        pd.Timedelta("1 days 00:00:39"),
    ]
    is_read(found, LEFT)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("time (days since 1970-01-01)", lambda i: 19796 + i / 24),
        ("hours since 2024-03-14 00:00", lambda i: i),
        ("t [seconds since 2024-03-13 00:00:00 UTC]", lambda i: 86400 + 3600 * i),
        ("minutes since 2024-03-14T00:00:00", lambda i: 60 * i),
    ],
    ids=["days", "hours", "seconds", "minutes"],
)
def test_a_name_says_since_when_it_counts(name: str, count: object) -> None:
    assert callable(count)
    rows = [f"{count(i):.8f},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{name},x", *rows)
    assert found.fs == pytest.approx(1 / 3600)
    assert found.index[0] == pd.Timestamp("2024-03-14")
    is_read(found, LEFT)


def test_modified_julian_days_go_with_seconds_of_the_day() -> None:
    rows = [f"60383,{28800 + 60 * i},{x}" for i, x in enumerate(LEFT)]
    found = recording("MJD,SOD,x", *rows)
    assert (found.channels, found.fs) == (("x",), 1 / 60)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00", tz="UTC")


def test_years_of_the_persian_calendar_are_told_of() -> None:
    rows = [f"1402/12/{i + 1:02},{x}" for i, x in enumerate(LEFT[:28])]
    assert "Persian calendar" in recording("Date,x", *rows).notes[0]


@pytest.mark.parametrize("word", ["T", "C", "Offline"])
def test_a_first_row_with_a_word_in_its_only_channel_is_no_row_of_units(word: str) -> None:
    cells = [word if i % 5 == 0 else str(x) for i, x in enumerate(LEFT)]
    rows = [f"{t},{cell}" for t, cell in zip(stamps("%F %T"), cells, strict=True)]
    found = recording("time,rain (mm)", *rows)
    assert (found.units, found.n_samples) == (("mm",), N)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("DT#%Y-%m-%d-%H:%M:%S", pd.Timestamp("2024-03-14 08:00")),
        ("LDT#%Y-%m-%d-%H:%M:%S.%f", pd.Timestamp("2024-03-14 08:00")),
        ("TOD#%H:%M:%S", pd.Timedelta(hours=8)),
        ("LTOD#%H:%M:%S.%f", pd.Timedelta(hours=8)),
    ],
)
def test_times_of_controllers_have_their_type_before_them(form: str, start: object) -> None:
    rows = [f"{t},{x}" for t, x in zip(stamps(form, 1), LEFT, strict=True)]
    found = recording("Time,Value", *rows)
    assert (found.fs, found.index[0]) == (1, start)
    is_read(found, LEFT)


@pytest.mark.parametrize("start", ["2024-03-14 08:00:00", "2024-03-13 23:59:30"])
def test_days_and_clocks_in_digits_need_no_names(start: str) -> None:
    times = stamps("%Y%m%d %H%M%S", 1, start)
    found = recording(*[f"{t} {x} [OL] NA" for t, x in zip(times, LEFT, strict=True)])
    assert (found.fs, found.index[0]) == (1, pd.Timestamp(start))
    is_read(found, LEFT)


def test_a_list_of_settings_is_no_table() -> None:
    rows = ["LINEV    : 230.0 Volts", "LOADPCT  : 12.0 Percent", "BCHARGE  : 100.0 Percent"]
    with pytest.raises(DataError, match="list of names with one value each"):
        recording("DATE     : 2024-03-14 08:00:00 +0100", *rows)
