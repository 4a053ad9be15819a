"""Tables as loggers, meters and exports write them.

The statements of a file are used, and lines that hold no sample are left out with a note.
"""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

N = 120
RNG = np.random.default_rng(0)
LEFT = np.round(RNG.normal(size=N), 3)
RIGHT = np.round(RNG.normal(size=N) * 100, 2)
HOURS = pd.date_range("2024-01-20", periods=N, freq="7h")
MINUTES = pd.date_range("2024-03-01", periods=N, freq="1min")


def source(text: str | bytes, name: str = "data.csv") -> io.BytesIO:
    """Return a file of a text."""
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    file.name = name
    return file


def rows(*columns: Iterable[object], delimiter: str = ",") -> str:
    """Return the rows of a table."""
    return "".join(delimiter.join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def table(header: Sequence[str], *columns: Iterable[object], delimiter: str = ",") -> str:
    """Return a table under a header."""
    return delimiter.join(header) + "\n" + rows(*columns, delimiter=delimiter)


def has_note(recording: Recording, *parts: str) -> bool:
    """Return True if one note of a recording has all these parts."""
    return any(all(part in note for part in parts) for note in recording.notes)


def is_usual(recording: Recording, channels: Sequence[str] = ("left", "right")) -> None:
    """Assert that a recording has the two usual channels and nothing else."""
    assert recording.channels == tuple(channels)
    np.testing.assert_allclose(recording.values, np.column_stack([LEFT, RIGHT]), rtol=1e-12)


# Lines above a table, and the rate in Hz that they give.
RATES = {
    "hash": ("# sample_rate = 250\n", 250.0),
    "percent": ("%Sample Rate = 250.5 Hz\n%Channels = 2\n", 250.5),
    "geocsv": ("# dataset: GeoCSV 2.0\n# delimiter: ,\n# sample_rate_hz: 40\n", 40.0),
    "kilohertz": ("Device;X1\nAbtastfrequenz;2 kHz\n", 2000.0),
    "hertz in words": ("Name,A\nSample Rate,512 hertz\n", 512.0),
    "decimal comma": ("Gerät;X\nAbtastrate;51,2 Hz\n", 51.2),
    "interval": ("Model,DSO\nSample Interval,0.004\n", 250.0),
    "interval with unit": ("# sampling period: 20 ms\n", 50.0),
    "in brackets": ("Station X\nSampling Freq(Hz)  100Hz\n", 100.0),
    "actigraph": ("--- File of GT3X+ date format M/d/yyyy at 30 Hz  Filter Normal ---\n", 30.0),
    "spanish": ("Frecuencia de muestreo: 125 Hz\n", 125.0),
    "xsens": ("// Start Time: Unknown\n// Update Rate: 100.0Hz\n", 100.0),
}


@pytest.mark.parametrize(("above", "fs"), RATES.values(), ids=RATES.keys())
def test_the_rate_in_lines_above_the_table_is_used_and_named(above: str, fs: float) -> None:
    delimiter = ";" if ";" in above.splitlines()[-1] else ","
    text = above + table(["left", "right"], LEFT, RIGHT, delimiter=delimiter)
    found = read(source(text))
    is_usual(found)
    assert found.fs == pytest.approx(fs)
    assert has_note(found, f"The file gives {fs:g} Hz", "--fs gives another")
    assert read(source(text), fs=7).fs == 7


@pytest.mark.parametrize(
    "line",
    ["Heart rate: 60\n", "Baud rate: 9600\n", "# bit rate 128\n", "Cutoff frequency: 50 Hz\n"],
)
def test_other_rates_are_no_sampling_rate(line: str) -> None:
    assert read(source(line + table(["left", "right"], LEFT, RIGHT))).fs is None


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("fs", [4, 32, 64])
def test_empatica_has_its_start_and_rate_in_the_first_two_rows(width: int, fs: int) -> None:
    values = np.round(RNG.normal(size=(N, width)) * 50, 2)
    lines = [[1_544_027_337.0] * width, [float(fs)] * width, *values.tolist()]
    found = read(source("".join(",".join(f"{x:f}" for x in line) + "\n" for line in lines)))
    np.testing.assert_allclose(found.values, values)
    assert found.fs == fs
    assert found.index[0] == pd.Timestamp(1_544_027_337, unit="s", tz="UTC")
    assert found.index[fs] - found.index[0] == pd.Timedelta("1s")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Temp, °F (LGR S/N: 100)", "°F"),
        ("ecg [uV]", "uV"),
        ("RH, (%)", "%"),
        ("pressure (kPa)", "kPa"),
        ("Druck in bar", "bar"),
        ("speed", ""),
    ],
)
def test_units_in_names(name: str, unit: str) -> None:
    found = read(source(table(["time", f'"{name}"', "x [mV]"], MINUTES, LEFT, RIGHT)))
    assert found.channels[0] == name
    assert found.units == (unit, "mV")


def test_units_in_a_row_below_the_names() -> None:
    found = read(source("time,left,right\ns,mm,degC\n" + rows(np.arange(N) / 8, LEFT, RIGHT)))
    is_usual(found)
    assert found.units == ("mm", "degC")
    assert found.fs == 8.0


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("Zeit [s]", 1.0),
        ("tiempo (ms)", 1e-3),
        ("Temps", 1.0),
        ("tempo", 1.0),
        ("TimeUS", 1e-6),
        ("timeMs", 1e-3),
        ("millis", 1e-3),
        ("elapsed", 1.0),
        ("X_Value", 1.0),
        ("Tid (s)", 1.0),
        ("Relative Time [ms]", 1e-3),
        ("[s]", 1.0),
        ("时间", 1.0),
    ],
)
def test_elapsed_time_is_found_in_the_languages_of_loggers(name: str, seconds: float) -> None:
    stamps = [f"{i * 0.004 / seconds + 5:.6g}" for i in range(N)]
    found = read(source(table([name, "left", "right"], stamps, LEFT, RIGHT)))
    is_usual(found)
    assert found.fs == pytest.approx(250.0, rel=1e-4)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("step", [0.004, 7.5, -3.0])
def test_what_rises_by_one_step_is_left_out_with_the_options_that_undo_it(
    position: int, step: float
) -> None:
    columns = {"left": LEFT, "right": RIGHT}
    names = [*columns]
    names.insert(position, "litres")
    ramp = np.round(np.arange(N) * step + 3, 6)
    text = table(names, *(columns.get(name, ramp) for name in names))
    found = read(source(text))
    is_usual(found)
    assert has_note(found, "'litres' rises by the same step", "--channels 'litres'", "--time")
    assert read(source(text), channels="litres,left").channels == ("litres", "left")


@pytest.mark.parametrize("wraps", [8, 100, 256])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_a_counter_that_wraps_is_no_channel(wraps: int, first: int) -> None:
    long = 3 * 256
    left = np.round(RNG.normal(size=long), 3)
    counter = (np.arange(long) + first) % wraps
    found = read(source(table(["packet", "left"], counter, left)))
    assert found.channels == ("left",)
    np.testing.assert_array_equal(read(source(rows(counter, left))).values[:, 0], left)


@pytest.mark.parametrize("name", ["#", "Index", "Sample", "Lfd. Nr.", "record"])
@pytest.mark.parametrize("first", [0, 1, 17])
def test_a_column_named_like_a_row_counter_is_no_channel(name: str, first: int) -> None:
    text = table([name, "time", "left", "right"], range(first, first + N), MINUTES, LEFT, RIGHT)
    is_usual(read(source(text)))


# How dates are written, and by how much the first one differs from the formatted instant.
DATES: dict[str, Callable[[pd.DatetimeIndex], list[str]]] = {
    "two digits, American": lambda t: list(t.strftime("%m/%d/%y %I:%M:%S %p")),
    "two digits, day first": lambda t: list(t.strftime("%d.%m.%y %H:%M")),
    "two digits, year first": lambda t: list(t.strftime("%y-%m-%d %H:%M:%S")),
    "month by name, two digits": lambda t: list(t.strftime("%d-%b-%y %H:%M")),
    "month by name, upper case": lambda t: [one.upper() for one in t.strftime("%d-%b-%Y %H:%M:%S")],
    "German month": lambda t: [
        one.replace("Mar", "Mär").replace("May", "Mai") for one in t.strftime("%d. %b %Y %H:%M")
    ],
    "colons": lambda t: list(t.strftime("%Y:%m:%d %H:%M:%S")),
    "comma before the hour": lambda t: [f'"{one}"' for one in t.strftime("%d/%m/%Y, %H:%M")],
    "colon before milliseconds": lambda t: list(t.strftime("%Y-%m-%d %H:%M:%S:000")),
    "weekday": lambda t: list(t.strftime("%a %d %b %Y %H:%M:%S")),
    "no blank before PM": lambda t: list(t.strftime("%m/%d/%Y %I:%M%p")),
    "a.m.": lambda t: [
        one.replace("AM", "a.m.").replace("PM", "p.m.") for one in t.strftime("%d/%m/%Y %I:%M %p")
    ],
    "not padded": lambda t: [f"{one.month}/{one.day}/{one.year} {one.hour}:00" for one in t],
    "slashes, year first": lambda t: list(t.strftime("%Y/%m/%d %H:%M")),
    "midnight of the day before": lambda t: [
        (one - pd.Timedelta("1D")).strftime("%d.%m.%Y 24:00")
        if one.hour == 0
        else one.strftime("%d.%m.%Y %H:%M")
        for one in t
    ],
    "interval": lambda t: [
        f"{one:%Y-%m-%d %H:%M} - {one + pd.Timedelta('7h'):%Y-%m-%d %H:%M}" for one in t
    ],
    "ISO interval": lambda t: [
        f"{one:%Y-%m-%dT%H:%M:%S}/{one + pd.Timedelta('7h'):%Y-%m-%dT%H:%M:%S}" for one in t
    ],
    "log file": lambda t: list(t.strftime("%d/%b/%Y:%H:%M:%S")),
    "underscore": lambda t: list(t.strftime("%Y-%m-%d_%H:%M:%S")),
}


@pytest.mark.parametrize("write", DATES.values(), ids=DATES.keys())
@pytest.mark.parametrize("name", ["time", "Datum", "logged at"])
def test_dates_in_the_notations_of_loggers(
    write: Callable[[pd.DatetimeIndex], list[str]], name: str
) -> None:
    found = read(source(table([name, "left", "right"], write(HOURS), LEFT, RIGHT)))
    is_usual(found)
    assert list(found.index) == list(HOURS)


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("CET", 1), ("EST", -5), ("GMT", 0), ("UTC+2", 2), ("GMT-07:00", -7), ("(JST)", 9)],
)
def test_the_name_of_a_zone_behind_the_time(zone: str, offset: int) -> None:
    stamps = [f"{one:%Y-%m-%d %H:%M:%S} {zone}" for one in HOURS]
    found = read(source(table(["time", "left", "right"], stamps, LEFT, RIGHT)))
    assert found.index[0].tz_convert("UTC") == HOURS[0].tz_localize("UTC") - pd.Timedelta(
        hours=offset
    )
    strange = [f"{one:%Y-%m-%d %H:%M:%S} Europe/Oslo" for one in HOURS]
    plain = read(source(table(["time", "left", "right"], strange, LEFT, RIGHT)))
    assert list(plain.index) == list(HOURS)
    assert has_note(plain, "The zone 'Europe/Oslo'")


def test_zones_that_change_with_summer_time_keep_their_distance() -> None:
    index = pd.date_range("2024-10-26 12:00", periods=N, freq="30min", tz="Europe/Paris")
    stamps = [f"{one:%Y-%m-%d %H:%M} {'CEST' if one.dst() else 'CET'}" for one in index]
    found = read(source(table(["time", "left", "right"], stamps, LEFT, RIGHT)))
    is_usual(found)
    assert list(found.index) == list(index)


@pytest.mark.parametrize("epoch", [25569.0, 719529.0], ids=["Excel", "MATLAB"])
@pytest.mark.parametrize("step", ["1s", "15min", "1h"])
@pytest.mark.parametrize("name", ["Time", "Datum", "timestamp"])
def test_day_numbers_are_dates(epoch: float, step: str, name: str) -> None:
    index = pd.date_range("2022-02-10 08:25:21", periods=N, freq=step)
    days = (index - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D") + epoch
    found = read(source(table([name, "left", "right"], [f"{x:.10f}" for x in days], LEFT, RIGHT)))
    is_usual(found)
    assert found.fs == pytest.approx(1 / pd.Timedelta(step).total_seconds(), rel=1e-6)
    assert abs(found.index[0] - index[0]) < pd.Timedelta("2ms")


@pytest.mark.parametrize("step", [0.5, 0.01, 1.0, 0.004])
def test_seconds_of_the_day_are_no_day_numbers(step: float) -> None:
    stamps = [f"{40_000 + i * step:.3f}" for i in range(N)]
    assert read(source(table(["Time", "left", "right"], stamps, LEFT, RIGHT))).fs == pytest.approx(
        1 / step
    )


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("freq", ["1D", "1h"])
def test_dates_in_digits_are_found_without_a_name(header: bool, freq: str) -> None:
    index = pd.date_range("2020-01-01", periods=N, freq=freq)
    stamps = index.strftime("%Y%m%d" if freq == "1D" else "%Y%m%d%H%M%S")
    names = ["day", "left", "right"] if header else None
    text = rows(stamps, LEFT, RIGHT)
    found = read(source((",".join(names) + "\n" if names else "") + text))
    is_usual(found, ("left", "right") if header else ("ch2", "ch3"))
    assert list(found.index) == list(index)


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
@pytest.mark.parametrize("first", [True, False])
def test_of_two_times_the_regular_one_is_the_axis(unit: str, first: bool) -> None:
    per_second = {"ns": 10**9, "us": 10**6, "ms": 10**3}[unit]
    step = per_second // 125
    device = [599_616_050 * per_second + i * step for i in range(N)]
    # The phone hears of the samples in bursts.
    phone = [
        (MINUTES[0] + pd.Timedelta(i // 10 * 80, "ms")).isoformat(timespec="milliseconds")
        for i in range(N)
    ]
    times = {"Phone time": phone, f"sensor timestamp [{unit}]": device}
    names = list(times) if first else list(times)[::-1]
    text = table([*names, "left", "right"], *(times[name] for name in names), LEFT, RIGHT)
    found = read(source(text))
    is_usual(found)
    assert found.fs == pytest.approx(125.0)
    assert found.index[0] == MINUTES[0]
    assert has_note(found, "'Phone time' holds a time too", "--time 'Phone time'")


def test_the_start_of_intervals_counts() -> None:
    ends = HOURS + pd.Timedelta("7h")
    for names in (("from", "until"), ("Vanaf", "Tot"), ("start", "end")):
        found = read(source(table([*names, "left", "right"], HOURS, ends, LEFT, RIGHT)))
        is_usual(found)
        assert list(found.index) == list(HOURS)
        assert has_note(found, f"'{names[1]}' holds a time too")


@pytest.mark.parametrize("fs", [25, 50, 128.5, 2])
@pytest.mark.parametrize("start", [0.0, 0.37])
def test_stamps_of_whole_seconds_give_the_rate_of_the_rows(fs: float, start: float) -> None:
    n = int(fs * 40)
    seconds = np.floor(np.arange(n) / fs + start)
    stamps = (pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, unit="s")).strftime("%H:%M:%S")
    left = np.round(RNG.normal(size=n), 3)
    found = read(source(table(["time", "left"], stamps, left)))
    np.testing.assert_array_equal(found.values[:, 0], left)
    assert found.fs == pytest.approx(fs, rel=1e-6)
    assert has_note(found, "rows a second", f"{fs:g} Hz", "--fs")


@pytest.mark.parametrize("size", [5, 12, 20])
@pytest.mark.parametrize("fs", [100, 250, 256])
def test_stamps_in_bursts_give_the_rate_of_the_rows(size: int, fs: int) -> None:
    n = size * 100
    rng = np.random.default_rng(size)
    arrival = np.repeat(np.arange(1, 101) * size / fs + rng.uniform(0, 0.002, 100), size)
    late = arrival + np.tile(np.arange(size) * 1e-4, 100)
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.round(late, 4), unit="s")
    left = np.round(rng.normal(size=n), 3)
    found = read(source(table(["time", "left"], stamps, left)))
    np.testing.assert_array_equal(found.values[:, 0], left)
    assert found.fs == pytest.approx(fs, rel=2e-3)
    assert has_note(found, f"{size} rows", f"{found.fs:g} Hz", "--fs")


def test_rows_lost_from_whole_seconds_leave_a_gap() -> None:
    seconds = np.repeat(np.arange(60), 20)
    left = np.arange(1200.0) ** 2
    kept = np.delete(np.arange(1200), np.arange(405, 413))
    stamps = (pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, unit="s")).strftime("%H:%M:%S")
    found = read(source(table(["time", "left"], stamps[kept], left[kept])))
    assert found.fs == 20.0
    assert found.n_samples == 1200
    np.testing.assert_array_equal(found.values[:405, 0], left[:405])
    np.testing.assert_array_equal(found.values[420:, 0], left[420:])


def test_a_given_rate_goes_before_stamps_and_time_can_be_left_out() -> None:
    uneven = np.cumsum(RNG.exponential(10, N))
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.round(uneven), unit="s")
    text = table(["time", "left", "right"], stamps, LEFT, RIGHT)
    given = read(source(text), fs=5)
    is_usual(given)
    assert given.fs == 5
    assert given.index[0] == stamps[0]
    assert has_note(given, "time stamps do not fit 5 Hz")
    none = read(source(text), time="none")
    is_usual(none)
    assert none.fs is None
    numbers = table(["t", "left", "right"], np.arange(N) / 10, LEFT, RIGHT)
    is_usual(read(source(numbers), time="none"))


def stacked(values: dict[str, np.ndarray], how: str) -> str:
    """Return the rows of several series, one after another or in turns."""
    parts = [
        [(stamp, key, value) for stamp, value in zip(MINUTES, one, strict=True)]
        for key, one in values.items()
    ]
    if how == "blocks":
        lines = [line for part in parts for line in part]
    else:
        lines = [line for turn in zip(*parts, strict=True) for line in turn]
    return "".join(f"{stamp},{key},{value}\n" for stamp, key, value in lines)


@pytest.mark.parametrize("how", ["blocks", "in turns"])
@pytest.mark.parametrize("names", [("gas", "water"), ("a", "b", "c"), ("101", "102")])
def test_stacked_series_are_told_apart(how: str, names: tuple[str, ...]) -> None:
    values = {name: np.round(RNG.normal(size=N), 3) for name in names}
    text = "time,meter,value\n" + stacked(values, how)
    found = read_series(source(text))
    assert list(found) == list(names)
    for name, one in found.items():
        assert isinstance(one, Recording)
        assert one.channels == ("value",)
        np.testing.assert_array_equal(one.values[:, 0], values[name])
        assert has_note(one, f"{len(names)} series, told apart by meter", "--series none")
    with pytest.raises(DataError, match=f"holds {len(names)} series, told apart by meter"):
        read(source(text))
    second = read(source(text), series=f"meter={names[1]}")
    np.testing.assert_array_equal(second.values[:, 0], values[names[1]])
    with pytest.raises(DataError, match="has no series 'none of them'"):
        read(source(text), series="meter=none of them")


def test_series_told_apart_by_two_columns_together() -> None:
    lines = [
        f"{stamp},{site},{kind},{i * i % 97}\n"
        for i, stamp in enumerate(MINUTES)
        for site in ("north", "south")
        for kind in ("in", "out")
    ]
    found = read_series(source("time,place,direction,value\n" + "".join(lines)))
    assert list(found) == ["north / in", "north / out", "south / in", "south / out"]


def test_sensors_that_report_when_they_change_are_series_by_the_name_of_their_column() -> None:
    seconds = np.cumsum(RNG.uniform(1, 9, 4 * N))
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.round(seconds, 3), unit="s")
    sensor = RNG.permutation(np.repeat(["sensor.a", "sensor.b"], 2 * N))
    text = table(["entity_id", "state", "last_changed"], sensor, RNG.integers(0, 99, 4 * N), stamps)
    assert list(read_series(source(text), resample="10s")) == list(dict.fromkeys(sensor))


@pytest.mark.parametrize("column", ["state", "activity", "quality"])
def test_a_state_beside_the_samples_makes_no_series(column: str) -> None:
    state = np.where(np.arange(N) % 40 < 20, "on", "off")
    found = read_series(
        source(table(["time", column, "left", "right"], MINUTES, state, LEFT, RIGHT))
    )
    assert list(found) == [""]
    assert isinstance(found[""], Recording)
    is_usual(found[""])


PREAMBLES = {
    "padded": "Name,A. Person,\nAddress,1 Street,\nTitle,Data,\n,,\n",
    "padded, nothing between": "Name,A. Person,\nAddress,1 Street,\n",
    "with numbers and dates": "Account,000000,\nStart,03/30/2024,\nEnd,04/12/2024,\n,,\n",
    "narrow": "Logger\nSerial 1234\n\n",
    "wide": "Logger,X,Y,Z,1,2,3\nSerial,1234\n",
    "long": "".join(f"Setting {i},{i}\n" for i in range(30)) + "\n",
    "station row above": "S1,S1,S1\n",
}


@pytest.mark.parametrize("above", PREAMBLES.values(), ids=PREAMBLES.keys())
@pytest.mark.parametrize("n", [12, N])
def test_the_names_below_a_preamble_are_found(above: str, n: int) -> None:
    text = above + table(["time", "left", "right"], MINUTES[:n], LEFT[:n], RIGHT[:n])
    found = read(source(text))
    assert found.channels == ("left", "right")
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT])[:n])
    assert has_note(found, "of text above the numbers: left out")


def test_names_that_repeat_are_joined_with_those_above_them() -> None:
    text = "time,pump,pump\nUTC,temp,vib\n" + rows(MINUTES, LEFT, RIGHT)
    assert read(source(text)).channels == ("temp", "vib")
    text = "time,pump,motor\nUTC,temp,temp\n" + rows(MINUTES, LEFT, RIGHT)
    assert read(source(text)).channels in (("pump", "motor"), ("pump temp", "motor temp"))


FOOTERS = {
    "rate": "Rate 1344, overflows 0\n",
    "total": "Total,1234.5,99\n",
    "two lines": "End of file\n--- 120 rows ---\n",
    "statistics": "Min,-3,-300\nMax,3,300\nAvg,0,0\n",
    "wider than the table": "Summary,a,b,c,d,e\nsigned,by,him,today,again\n",
}


@pytest.mark.parametrize("below", FOOTERS.values(), ids=FOOTERS.keys())
@pytest.mark.parametrize("time", [True, False])
def test_a_footer_is_left_out_and_shown(below: str, time: bool) -> None:
    first = list(MINUTES) if time else np.round(RNG.normal(size=N), 3)
    text = table(["time" if time else "more", "left", "right"], first, LEFT, RIGHT) + below
    found = read(source(text))
    is_usual(found, ("left", "right")) if time else None
    assert found.n_samples == N
    assert has_note(found, "left out")
    if below.startswith("Rate") and not time:
        assert found.fs == 1344.0


@pytest.mark.parametrize("where", ["last", "first"])
@pytest.mark.parametrize("stamp", ["2024-01-20 00:00", ""])
@pytest.mark.parametrize("digits", [2, 5])
def test_a_row_of_totals_is_left_out_and_shown(where: str, stamp: str, digits: int) -> None:
    left, right = np.round(np.abs(LEFT) + 1, digits), np.round(np.abs(RIGHT) + 1, digits)
    lines = [f"{time},{a},{b}\n" for time, a, b in zip(HOURS, left, right, strict=True)]
    total = f"{stamp or HOURS[0]},{left.sum():.{digits}f},{right.sum():.{digits}f}\n"
    lines.insert(0 if where == "first" else N, total)
    found = read(source("time,left,right\n" + "".join(lines)))
    assert found.n_samples == N
    np.testing.assert_array_equal(found.values, np.column_stack([left, right]))
    assert has_note(found, f"The {where} row is the total of all others", "(--as-is keeps it)")


def test_a_last_row_that_is_no_total_stays() -> None:
    left = np.concatenate([np.abs(LEFT), [np.abs(LEFT).sum() * 1.01]])
    assert read(source(table(["left"], left))).n_samples == N + 1
    assert read(source("a\n" + "0\n" * 30 + "5\n5\n")).n_samples == 32


@pytest.mark.parametrize("word", ["Logged", "Button pressed", "EOF"])
@pytest.mark.parametrize("cell", ["", " "])
def test_rows_of_events_are_dropped_and_counted(word: str, cell: str) -> None:
    lines = [f"{t},{a},{b},{cell}\n" for t, a, b in zip(MINUTES, LEFT, RIGHT, strict=True)]
    for i in (90, 50, 3):
        stamp = MINUTES[i] + pd.Timedelta("17s")
        lines.insert(i + 1, f"{stamp},{cell},{cell},{word}\n")
    found = read(source("time,left,right,event\n" + "".join(lines)))
    is_usual(found)
    assert has_note(found, "3 rows with the word of an event and no value")


def test_a_sensor_named_in_every_row_tells_of_no_event() -> None:
    cells = ["unavailable" if 20 <= i < 23 else value for i, value in enumerate(LEFT)]
    found = read(source(table(["time", "entity", "left"], MINUTES, ["pump"] * N, cells)))
    assert found.n_samples == N
    assert len(found.rows) == N


TRACE = np.round(100 * np.sin(np.arange(1003) / 9) + RNG.normal(size=1003) * 3).astype(int)


def trace_lines(width: int, delimiter: str) -> str:
    """Return a trace written several samples a line."""
    parts = [TRACE[i : i + width] for i in range(0, len(TRACE), width)]
    return "".join(delimiter.join(f"{x:6d}" for x in part) + "\n" for part in parts)


@pytest.mark.parametrize("width", [4, 6, 8])
@pytest.mark.parametrize("delimiter", ["\t", " ", ","])
@pytest.mark.parametrize(
    "above",
    [
        "TIMESERIES XX_A_D, 1003 samples, 50 sps, 2016-06-21T16:43:58.000000, SLIST, Counts\n",
        "STRONG MOTION DATABASE\nACCELERATION IN UNITS OF G\nNPTS=  1003, DT=   .0200 SEC\n",
        "Station XY\nSampling Freq(Hz)  50Hz\n",
    ],
)
def test_a_trace_of_several_samples_a_line_is_one_channel(
    width: int, delimiter: str, above: str
) -> None:
    found = read(source(above + trace_lines(width, delimiter)))
    np.testing.assert_array_equal(found.values, TRACE[:, None])
    assert found.fs == 50.0
    assert has_note(found, "1003 samples of one signal", "--channels")


def test_a_table_of_smooth_channels_is_no_trace() -> None:
    values = np.round(np.sin(np.arange(300)[:, None] / 9 + np.arange(6)) * 100 + 300 * np.arange(6))
    text = "".join(",".join(map(str, row)) + "\n" for row in values) + "1,2,3\n"
    assert read(source(text)).n_channels == 6


def wide(names: Sequence[str], values: np.ndarray, date: str, delimiter: str = ",") -> str:
    """Return a table of a day a row."""
    days = pd.date_range("2024-09-01", periods=len(values)).strftime(date)
    lines = [
        delimiter.join([day, *map(str, row)])
        for day, row in zip(days, values.tolist(), strict=True)
    ]
    return delimiter.join(["Date", *names]) + "\n" + "\n".join(lines) + "\n"


CLOCKS = {
    "clock times": [f"{h:02d}:00" for h in range(24)],
    "not padded": [f"{h}:00" for h in range(24)],
    "quarter hours": [f"{m // 60:02d}:{m % 60:02d}" for m in range(0, 1440, 15)],
    "intervals": [
        f"{m // 60:02d}:{m % 60:02d}-{(m + 30) // 60 % 24:02d}:{(m + 30) % 60:02d}"
        for m in range(0, 1440, 30)
    ],
    "half days": [f"{(h - 1) % 12 + 1}:00 {'AM' if h < 12 else 'PM'}" for h in range(24)],
    "hours by number": [f"H{h + 1}" for h in range(24)],
    "numbers": [f"{h}" for h in range(24)],
    "with a second": [f"{h:02d}:00:00" for h in range(24)],
}


@pytest.mark.parametrize("names", CLOCKS.values(), ids=CLOCKS.keys())
@pytest.mark.parametrize("date", ["%Y-%m-%d", "%d/%m/%Y", "%Y%m%d"])
def test_a_day_a_row_is_one_channel(names: list[str], date: str) -> None:
    values = np.round(np.abs(RNG.normal(size=(40, len(names)))), 3)
    text = wide(names, values, date)
    found = read(source(text))
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.fs == pytest.approx(len(names) / 86400)
    assert found.index[0] == pd.Timestamp("2024-09-01")
    assert has_note(found, f"The {len(names)} columns", "--channels")
    assert read(source(text), channels="2,3").n_samples == 40


@pytest.mark.parametrize("count", [25, 50, 125])
@pytest.mark.parametrize("beside", [0, 2])
@pytest.mark.parametrize("named", [True, False])
def test_a_block_of_samples_beside_a_stamp_is_one_channel(
    count: int, beside: int, named: bool
) -> None:
    values = RNG.integers(900, 1100, (60, count))
    stamps = pd.date_range("2024-01-01", periods=60, freq="5s").strftime("%Y-%m-%dT%H:%M:%SZ")
    others = RNG.integers(50, 60, (60, beside))
    lines = [
        ",".join(map(str, [stamp, *other, *row])) + "\n"
        for stamp, other, row in zip(stamps, others.tolist(), values.tolist(), strict=True)
    ]
    names = ["time", *["pulse", "SpO2"][:beside], *[f"s{i + 1}" for i in range(count)]]
    found = read(source((",".join(names) + "\n" if named else "") + "".join(lines)))
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.fs == pytest.approx(count / 5)
    assert has_note(found, f"{count} samples of one signal in each row", "--channels")


def test_many_channels_are_no_block() -> None:
    values = RNG.normal(size=(60, 30)) * 10.0 ** np.arange(-15, 15)
    frame = pd.DataFrame(values, index=MINUTES[:60])
    assert read(source(frame.to_csv(header=False))).n_channels == 30


def test_nem12_is_refused_by_its_name() -> None:
    text = (
        "100,NEM12,202501261953,MDP,Retailer\n200,61,E1,E1,E1,,1,KWH,30,\n300,20240901,0.1\n900\n"
    )
    with pytest.raises(DataError, match=r"data\.csv is a NEM12 file of meter data"):
        read(source(text))


@pytest.mark.parametrize(
    "word",
    ["unavailable", "unknown", "OVLD", "> 400", "<0.5", "no data", "Err", "offline", "---", "O.L"],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_words_for_a_missing_value_are_counted(word: str, delimiter: str) -> None:
    cells = [word if i in (20, 50, 51) else value for i, value in enumerate(LEFT)]
    text = table(["time", "left", "right"], MINUTES, cells, RIGHT, delimiter=delimiter)
    found = read(source(text))
    assert np.flatnonzero(found.interpolated).tolist() == [20, 50, 51]
    np.testing.assert_array_equal(found.values[:, 1], RIGHT)
    assert has_note(found, f"'left': 3 cells hold '{word}': taken as missing")


def test_a_word_of_the_logger_that_repeats_is_missing_and_one_that_does_not_is_refused() -> None:
    def with_words(count: int) -> str:
        cells = ["sensor asleep" if 5 <= i < 5 + count else value for i, value in enumerate(LEFT)]
        return table(["time", "left"], MINUTES, cells)

    assert has_note(read(source(with_words(7))), "7 cells hold 'sensor asleep'")
    with pytest.raises(DataError, match="line 7, column 'left': 'sensor asleep' is not a number"):
        read(source(with_words(1)))


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("{} °C", "°C"),
        ("{}°C", "°C"),
        ("{} kWh", "kWh"),
        ("{} %", "%"),
        ("{} m/s", "m/s"),
        ("€ {}", "€"),
        ("{}mV", "mV"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_units_in_the_cells(written: str, unit: str, delimiter: str) -> None:
    cells = [written.format(value) for value in LEFT]
    found = read(source(table(["time", "left"], MINUTES, cells, delimiter=delimiter)))
    np.testing.assert_array_equal(found.values[:, 0], LEFT)
    assert found.channels == ("left",)
    assert found.units == (unit,)
    assert has_note(found, f"cells such as '12 {unit}' are read as numbers")


def test_units_with_prefixes_are_brought_to_one() -> None:
    values = np.abs(RIGHT) + 1
    cells = [f"{v} W" if v < 100 else f"{v / 1000:.5f} kW" for v in values]
    found = read(source(table(["time", "left"], MINUTES, cells)))
    scale = 1.0 if found.units == ("W",) else 1e-3
    np.testing.assert_allclose(found.values[:, 0], values * scale, rtol=1e-4)
    mixed = [f"{v} W" if v < 100 else f"{v} °C" for v in values]
    with pytest.raises(DataError, match=r"column 'left'.* (is not a number|holds text)"):
        read(source(table(["time", "left"], MINUTES, mixed)))


@pytest.mark.parametrize("above", ["", 'Gerät,X\nVersion,"1,4"\nEinheit,µV\n\n'])
@pytest.mark.parametrize("digits", [1, 3])
def test_one_column_of_decimal_commas(above: str, digits: int) -> None:
    values = np.round(RIGHT, digits)
    cells = [f"{value:.{digits}f}".replace(".", ",") for value in values]
    found = read(source(above + "\n".join(cells) + "\n"))
    if digits == 3 or above:
        np.testing.assert_array_equal(found.values, values[:, None])
    assert has_note(found, "--delimiter")
    two = read(source("\n".join(cells) + "\n"), delimiter=",")
    assert two.n_channels == 2
    one = read(source("\n".join(cells) + "\n"), delimiter=";")
    np.testing.assert_array_equal(one.values, values[:, None])


def test_a_blank_in_a_cell_is_no_delimiter() -> None:
    for cells in (["the left side"] * N, [f"{v} °C" for v in LEFT], ["2 of 3"] * N):
        for delimiter in (",", ";", "\t"):
            stamps = MINUTES.strftime("%Y-%m-%d %H:%M:%S")
            text = table(["Time", "a b", "right"], stamps, cells, RIGHT, delimiter=delimiter)
            assert read(source(text)).channels[-1] == "right"


@pytest.mark.parametrize("name", ["changepoint", "anomaly", "class", "is_outlier", "Label"])
@pytest.mark.parametrize("wanted", ["fault", "truth"])
def test_labels_are_no_channels_beside_another_label(name: str, wanted: str) -> None:
    marks = (np.arange(N) > 100).astype(int)
    other = (np.arange(N) > 50).astype(int)
    text = table(["time", "left", "right", name, wanted], MINUTES, LEFT, RIGHT, other, marks)
    found = read(source(text), label=wanted)
    is_usual(found)
    assert found.labels is not None
    assert found.labels.tolist() == marks.tolist()


def test_identifiers_and_units_of_a_single_channel() -> None:
    text = table(["time", "Meter Id", "Usage", "Unit"], MINUTES, [100_001] * N, LEFT, ["kwh"] * N)
    found = read(source(text))
    assert found.channels == ("Usage",)
    assert found.units == ("kwh",)
    assert has_note(found, "'Meter Id' is one number throughout", "--channels 'Meter Id'")


@pytest.mark.parametrize(("order", "month"), [("day-first", 2), ("month-first", 3)])
def test_the_order_of_day_and_month_can_be_given(order: str, month: int) -> None:
    stamps = [f"03/02/2024 {i // 60:02d}:{i % 60:02d}" for i in range(N)]
    text = table(["time", "left", "right"], stamps, LEFT, RIGHT)
    assert has_note(read(source(text)), "--dates", "03/02/2024")
    assert read(source(text), dates=order).index[0].month == month


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_compressed_files(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    text = table(["time", "left", "right"], MINUTES, LEFT, RIGHT).encode()
    path = tmp_path / f"data.csv{ending}"
    path.write_bytes(pack(text))
    found = read(path)
    is_usual(found)
    assert found.name == "data"
    is_usual(read(source(pack(text), "stream")))
    for damaged in (pack(text)[:-30], pack(text)[:100]):
        with pytest.raises(DataError, match=r"bad is not a complete .* file"):
            read(source(damaged, "bad"))
    bomb = pack(b"left\n" + b"1\n" * 500_000)
    with pytest.raises(DataError, match=r"bomb unpacks to more than 10,000 bytes: --max-bytes"):
        read(source(bomb, "bomb"), max_bytes=10_000)


def test_frames_of_zstd_are_one_file_and_a_cut_in_the_last_is_found() -> None:
    text = table(["time", "left", "right"], MINUTES, LEFT, RIGHT).encode()
    pack = zstandard.ZstdCompressor().compress
    both = pack(text[:700]) + pack(text[700:])
    is_usual(read(source(both)))
    with pytest.raises(DataError, match="is not a complete zstd file"):
        read(source(both[:-1]))
    with pytest.raises(DataError, match="is not a complete zstd file"):
        read(source(both[:9] + b"\xff" * 9 + both[18:]))


def test_zstd_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> Any:
        raise ImportError

    monkeypatch.setattr("spectra.datasets.source.import_module", missing)
    with pytest.raises(DataError, match=r"needs zstandard: pip install 'spectra-anomaly\[zstd\]'"):
        read(source(b"\x28\xb5\x2f\xfd" + bytes(20)))


def test_the_first_rows_only() -> None:
    found = read(source(table(["time", "left", "right"], MINUTES, LEFT, RIGHT)), nrows=50)
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT])[:50])


WORDS = st.sampled_from(["", "NA", "N/A", "-", "--", "null", "NaN", "#N/A", "unavailable", "OVLD"])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", ","), ("\t", "."), ("|", ".")]),
    st.sampled_from([None, ("time", "left", "right"), ("Zeit", "a [V]", "b (mA)")]),
    st.sampled_from(["", "Z", "+02:00", " UTC"]),
    st.sampled_from(["as written", "backwards", "two swapped"]),
    WORDS,
    st.sampled_from(["", "# made by X\n", "Logger X\nSerial 12\n\n", "Name{0}X\nSite{0}Y\n"]),
    st.sampled_from(["1s", "5min", "1h", "250ms"]),
    st.integers(0, 2**32 - 1),
)
def test_whatever_a_logger_writes_is_read_as_it_was(
    signs: tuple[str, str],
    header: tuple[str, str, str] | None,
    zone: str,
    order: str,
    missing: str,
    above: str,
    step: str,
    seed: int,
) -> None:
    delimiter, decimal = signs
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 60))
    values = np.round(rng.normal(size=(n, 2)) * 10.0 ** rng.integers(0, 4), 3)
    index = pd.date_range("2024-03-01", periods=n, freq=step)
    cells = [[f"{x:.3f}".replace(".", decimal) for x in row] for row in values.tolist()]
    hole = int(rng.integers(5, n - 5))
    cells[hole][1] = missing
    places = np.arange(n)[:: -1 if order == "backwards" else 1].copy()
    if order == "two swapped":
        places[[hole, hole + 1]] = places[[hole + 1, hole]]
    form = "%Y-%m-%dT%H:%M:%S.%f" if step == "250ms" else "%Y-%m-%dT%H:%M:%S"
    lines = [delimiter.join([index[i].strftime(form) + zone, *cells[i]]) + "\n" for i in places]
    head = delimiter.join(header) + "\n" if header else ""
    found = read(source(above.format(delimiter) + head + "".join(lines)))
    assert found.channels == (header[1:] if header else ("ch2", "ch3"))
    expected = values.copy()
    expected[hole, 1] = np.nan
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(found.values[known], expected[known])
    assert np.flatnonzero(found.interpolated).tolist() == [hole]
    naive = found.index if found.index.tz is None else found.index.tz_localize(None)
    assert list(naive) == list(index)
    assert found.fs == pytest.approx(1 / pd.Timedelta(step).total_seconds())
