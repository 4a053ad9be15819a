"""Texts of programs and instruments: what names, rates, units and times stand in them."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.datasets.inspection import inspect
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(8)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)
MINUTES = pd.date_range("2024-03-14 08:00", periods=N, freq="min")


def recording(*rows: str, **options: Any) -> Recording:
    return read(io.BytesIO("\n".join(rows).encode()), **options)


def table(*columns: Any, sep: str = ",") -> list[str]:
    return [sep.join(map(str, row)) for row in zip(*columns, strict=True)]


def is_read(found: Recording, *values: np.ndarray) -> None:
    np.testing.assert_array_equal(found.values, np.column_stack(values))


def test_waves_of_igor_have_their_names_step_and_units() -> None:
    below = ["END", 'X SetScale/P x,0,5E-05,"s",v; SetScale y,0,1,"mV",v', 'X Note v, "a"']
    found = recording("IGOR", "WAVES/D\tv\t'my i'", "BEGIN", *table(LEFT, RIGHT, sep="\t"), *below)
    is_read(found, LEFT, RIGHT)
    assert (found.fs, found.channels) == (20_000, ("v [mV]", "my i"))
    assert found.units == ("mV", "")


def test_several_blocks_of_igor_are_refused() -> None:
    block = ["WAVES v", "BEGIN", *map(str, LEFT), "END"]
    with pytest.raises(DataError, match="Igor"):
        recording("IGOR", *block, *block)


@pytest.mark.parametrize("each", [1, 8, N])
def test_an_array_of_c_is_one_channel(each: int) -> None:
    parts = [", ".join(f"{x}f" for x in LEFT[k : k + each]) for k in range(0, N, each)]
    above = [
        "#include <stdint.h>",
        "#define SAMPLE_RATE 500",
        "// the ECG",
        "const float ecg[] = {",
    ]
    found = recording(*above, *[f"  {part}," for part in parts], "};")
    is_read(found, LEFT)
    assert (found.channels, found.fs) == (("ecg",), 500)


@pytest.mark.parametrize(
    "text", ["int x[2][3] = {{1, 2, 3}, {4, 5, 6}};", "int a[] = {1, 2};\n" * 2]
)
def test_other_arrays_of_c_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="arrays of numbers in braces"):
        recording(text, "")


def test_numbered_values_behind_a_label_are_refused() -> None:
    with pytest.raises(DataError, match="SVMlight"):
        recording(
            *[f"{i % 2} 1:{x} 2:{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
        )


def test_values_of_checks_behind_words_are_refused() -> None:
    rows = [f"{1_710_403_200 + i}\tOK - load|load1={x};80;90;0;" for i, x in enumerate(LEFT)]
    with pytest.raises(DataError, match="Nagios"):
        recording(*rows)


def test_older_files_of_peer_have_count_and_step_before_their_names() -> None:
    above = [
        "PEER STRONG MOTION DATABASE RECORD",
        "IMPERIAL VALLEY",
        "UNITS OF G",
        f" {N}  0.0050  NPTS, DT",
    ]
    found = recording(*above, *["  ".join(map(str, row)) for row in LEFT.reshape(-1, 5)])
    is_read(found, LEFT)
    assert found.fs == 200


def test_a_rate_in_brackets_is_one() -> None:
    found = recording(
        "[Channels]\t2", "[Rate]\t250.000000", "[Data]", *table(LEFT, RIGHT, sep="\t")
    )
    assert found.fs == 250


def test_dates_of_astronomers_are_no_seconds() -> None:
    days = [f"{2_460_383.5 + i * 0.01:.2f}" for i in range(N)]
    found = recording("NAME,DATE,MAG", *table(["SS CYG"] * N, days, LEFT))
    assert (found.channels, found.index[0]) == (("MAG",), pd.Timestamp("2024-03-14", tz="UTC"))
    assert found.fs == pytest.approx(1 / 864)


def test_units_of_numbered_channels_are_theirs() -> None:
    names = ["Channel[1].name=Temp", "Channel[2].name=Pres"]
    units = ["Channel[1].units=°C", "Channel[2].units=dbar"]
    found = recording(*names, *units, "Timestamp,Temp,Pres", *table(MINUTES, LEFT, RIGHT))
    assert found.units == ("°C", "dbar")
    unnamed = recording(*units, "Timestamp,Temp,Pres", *table(MINUTES, LEFT, RIGHT))
    assert unnamed.units is None


def test_units_of_servers_of_ocean_data_stand_below_the_names() -> None:
    names, units = "time,pres,temp,wind", ",decibar,degree_Celsius,m s-1"
    found = recording(names, "UTC" + units, *table(MINUTES, LEFT, RIGHT, LEFT))
    assert found.units == ("decibar", "degree_Celsius", "m s-1")
    assert recording("Time,CO2 (mmol/m^3)", *table(MINUTES, LEFT)).units == ("mmol/m^3",)


def test_clocks_of_hours_that_are_called_ends_begin_at_one_less() -> None:
    hours = pd.date_range("2024-03-14", periods=72, freq="h")
    clocks = [f"{hour.hour + 1:02d}:00" for hour in hours]
    values = np.resize(LEFT, 72)
    for name in ("HourEnding", "Hour Ending"):
        rows = table(hours.strftime("%m/%d/%Y"), clocks, values)
        found = recording(f"DeliveryDate,{name},Load", *rows)
        assert (found.index[0], found.fs) == (pd.Timestamp("2024-03-14"), pytest.approx(1 / 3600))
    same = recording("Date,Hour,Load", *table(hours.strftime("%Y-%m-%d"), clocks, values))
    assert same.index[0] == pd.Timestamp("2024-03-14 01:00")


@pytest.mark.parametrize(("count", "fs"), [(10, 10), (100, 100), (1000, 1000)])
def test_parts_of_a_second_in_a_fourth_column_without_a_name(count: int, fs: float) -> None:
    rows = [f"9,39,{40 + i // count},{i % count},{LEFT[i % N]}" for i in range(2 * count + 7)]
    found = recording(*rows)
    assert (found.fs, found.n_channels) == (pytest.approx(fs), 1)
    np.testing.assert_array_equal(found.values[:N, 0][: len(rows)], LEFT[: min(N, len(rows))])


def test_fractions_of_seconds_beside_a_time_are_no_channel() -> None:
    seconds = np.arange(N) * 0.05
    clocks = [f"08:00:{int(s):02d}" for s in seconds]
    rows = table(LEFT, clocks, np.round(seconds % 1, 6), np.round(seconds, 6))
    found = recording("Reading,Time,Fractional Seconds,Relative Time", *rows)
    assert (found.channels, found.fs) == (("Reading",), pytest.approx(20))


@pytest.mark.parametrize("name", ["TagIndex", "Session", "Range Digits", "mode"])
def test_more_names_of_one_number_are_no_channel(name: str) -> None:
    assert recording(f"Time,{name},x", *table(MINUTES, [7] * N, LEFT)).channels == ("x",)


def test_splunk_calls_a_series_without_a_name_null() -> None:
    stamps = MINUTES.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    found = recording('"_time",web01,NULL,"_span"', *table(stamps, LEFT, [""] * N, [60] * N))
    assert found.channels == ("web01",)


def test_dates_may_be_kept_from_a_workbook_as_numbers_are() -> None:
    rows = table([f'="{t:%Y-%m-%d %H:%M}"' for t in MINUTES], [f'="{x}"' for x in LEFT])
    found = recording("time,x", *rows)
    is_read(found, LEFT)
    assert found.index[0] == MINUTES[0]


def test_the_name_of_utc_may_stand_behind_its_offset() -> None:
    form = "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)"
    found = recording("Time,x", *table(MINUTES.strftime(form), LEFT))
    assert (found.index[0].tz_convert("UTC").tz_localize(None), found.fs) == (MINUTES[0], 1 / 60)


def test_inspect_knows_what_is_rewritten() -> None:
    text = "\n".join(["IGOR", "WAVES/D\tv", "BEGIN", *map(str, LEFT), "END"])
    assert inspect(io.BytesIO(text.encode())).to_dict()["rows"] == N


@pytest.mark.parametrize("above", [["PING 8.8.8.8 (8.8.8.8) 56(84) bytes of data."], []])
@pytest.mark.parametrize("timed", [True, False])
def test_replies_to_ping_are_rows(above: list[str], timed: bool) -> None:
    stamp = "[{}.123456] " if timed else ""
    rows = [
        stamp.format(1_710_403_200 + i) + f"64 bytes from dns: icmp_seq={i} ttl=117 time={x} ms"
        for i, x in enumerate(LEFT)
    ]
    found = recording(*above, *rows, "", "--- 8.8.8.8 ping statistics ---", "60 packets, 0% loss")
    is_read(found, np.full(N, 117), LEFT)
    assert (found.channels, found.units) == (("ttl", "round trip (ms)"), ("", "ms"))
    assert found.fs == (1 if timed else None)


def test_units_of_ranges_are_those_of_the_channels_of_labchart() -> None:
    above = ["Interval=\t0.001 s", "ChannelTitle=\tECG\tBP", "Range=\t10.000 mV\t200.00 mmHg"]
    rows = table([f"{i / 1000:g}" for i in range(N)], LEFT, RIGHT, sep="\t")
    found = recording(*above, *rows)
    assert (found.channels, found.units, found.fs) == (("ECG", "BP"), ("mV", "mmHg"), 1000)


@pytest.mark.parametrize("below", [",,Average,1,2", ",,Mean:,50.5,30.5", "Mean,,,1,2"])
def test_the_word_of_a_footer_may_stand_below_a_time_of_day(below: str) -> None:
    days, clocks = MINUTES.strftime("%Y-%m-%d"), MINUTES.strftime("%H:%M:%S")
    found = recording("No,Date,Time,U,I", *table(range(1, N + 1), days, clocks, LEFT, RIGHT), below)
    is_read(found, LEFT, RIGHT)


def test_numbers_of_processors_and_a_word_for_all_tell_series_apart() -> None:
    clocks = MINUTES.strftime("%H:%M:%S")
    rows = [
        f"{clock}     {cpu}   {x + more:.2f}    {y:.2f}"
        for clock, x, y in zip(clocks, LEFT, RIGHT, strict=True)
        for more, cpu in enumerate(("all", "0", "1"))
    ]
    above = ["Linux 5.15 (h) \t03/14/24 \t_x86_64_\t(2 CPU)", ""]
    text = "\n".join([*above, "08:00:00     CPU    %usr   %sys", *rows]).encode()
    found = read_series(io.BytesIO(text))
    assert list(found) == ["all", "0", "1"]
    np.testing.assert_allclose(found["1"].values[:, 0], LEFT + 2)


@pytest.mark.parametrize("unit", ["degrees C", "% RH"])
def test_more_units_of_two_words_stand_behind_numbers(unit: str) -> None:
    found = recording("Time,x", *table(MINUTES, [f"{x} {unit}" for x in LEFT]))
    is_read(found, LEFT)
    assert found.units == (unit,)


def test_names_of_machines_in_a_row_called_unit_are_no_units() -> None:
    above = ["unit,boiler,boiler,pump", "signal,temp,press,temp", "time,,,"]
    found = recording(*above, *table(MINUTES, LEFT, RIGHT, LEFT))
    assert (found.channels, found.units) == (("boiler temp", "boiler press", "pump temp"), None)
    lone = recording("unit,V,A,A", "time,u,i,j", *table(MINUTES, LEFT, RIGHT, LEFT))
    assert lone.units == ("V", "A", "A")


def test_units_in_brackets_may_stand_between_blanks_above_rows_of_tabs() -> None:
    above = [
        "Predictions of 14-Mar-2024",
        "",
        "  Time      Wind1VelX   RotSpeed",
        "  (s)       (m/s)       (rpm)",
    ]
    found = recording(*above, *table([f"{i * 0.05:.4f}" for i in range(N)], LEFT, RIGHT, sep="\t"))
    assert (found.channels, found.units) == (("Wind1VelX", "RotSpeed"), ("m/s", "rpm"))
    assert found.fs == pytest.approx(20)


def test_a_short_line_of_numbers_and_words_above_long_rows_is_text() -> None:
    rows = [
        f" {t.year} {t.day_of_year:3d} {t.month} {t.day} {t.hour:2d} {t.minute:2d}"
        + f" {x} 0 {y} 0" * 2
        for t, x, y in zip(MINUTES, LEFT, RIGHT, strict=True)
    ]
    found = recording(" Table Mountain", "   40.125  -105.237  1689 m version 1", *rows)
    assert (found.n_samples, found.fs, found.index[0]) == (N, pytest.approx(1 / 60), MINUTES[0])
    np.testing.assert_array_equal(found.values[:, [0, 2]], np.column_stack([LEFT, RIGHT]))
