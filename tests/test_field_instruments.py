"""Texts of oscilloscopes and of analysers of vibration: settings above the rows are no names."""

import io

import numpy as np
import pytest

from spectra.datasets import read
from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(41)
LEFT = np.round(RNG.normal(size=N), 3)
RIGHT = np.round(20 + RNG.normal(size=N), 2)
SECONDS = [f"{(i - N // 2) * 4e-6:.6e}" for i in range(N)]
TIMED = [f"{t},{x}," for t, x in zip(SECONDS, LEFT, strict=True)]
SETTINGS = ["Source,CH1", "Vertical Scale,5.0e-01", "Label,", "Probe Type,0", "Mode,Detail"]


@pytest.mark.parametrize("title", ["Waveform Data,", "Data,", "Data:,", "VALUES,"])
def test_a_setting_above_the_title_of_the_data_is_no_name(title: str) -> None:
    found = recording(*SETTINGS, title, *TIMED)
    assert found.channels == ("value",)
    assert found.fs == pytest.approx(250e3, rel=1e-4)
    assert not any("multiply" in note for note in found.notes)
    is_read(found, LEFT)


def test_names_above_the_title_of_the_data_are_names() -> None:
    found = recording("Operator,A", "Time (s),CH1", "Data,", *TIMED)
    assert found.channels == ("CH1",)
    is_read(found, LEFT)


def test_one_time_of_day_beside_its_name_is_no_name() -> None:
    rows = [f"{i / 1000:.3f}\t{x}" for i, x in enumerate(LEFT)]
    found = recording("Signal:\tMic 1", "Date:\t14.03.2024", "Time:\t08:15:30", *rows)
    assert (found.channels, found.fs) == (("value",), 1000)
    is_read(found, LEFT)


def test_a_value_behind_a_colon_is_no_name() -> None:
    rows = [f"{i:05d}\t{x}" for i, x in enumerate(LEFT)]
    above = ["Unit:(mV)", "", "Time interval\t: 4.000us", "", "      \tCH1_Voltage(mV)"]
    found = recording(*above, *rows)
    assert (found.channels, found.units) == (("CH1_Voltage(mV)",), ("mV",))
    assert found.fs == pytest.approx(250e3)
    is_read(found, LEFT)


def test_a_setting_above_one_column_is_no_name() -> None:
    found = recording("ByteOrder;LSB;", "YUnit;V;", *[f"{x};" for x in LEFT])
    assert "YUnit" not in found.channels[0]
    is_read(found, LEFT)


def test_names_stand_behind_the_word_header() -> None:
    rows = [f"Data:,{t},{x}" for t, x in zip(stamps("%m/%d/%Y,%H:%M:%S", 1), LEFT, strict=True)]
    found = recording("Title:,Trend 1", "", "Header:,Date,Time,Main.Speed", *rows)
    assert (found.channels, found.fs) == (("Main.Speed",), 1)
    is_read(found, LEFT)


@pytest.mark.parametrize("unit", ["µm pp", "mm/s rms", "g pk", "mm/s RMS", "mil pk-pk", "g 0-pk"])
@pytest.mark.parametrize("name", ["Direct ({})", "Direct [{}]"])
def test_the_kind_of_an_amplitude_stands_behind_its_unit(unit: str, name: str) -> None:
    rows = [f"{i},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    assert recording(f"Time (s),{name.format(unit)},Temp (°C)", *rows).units == (unit, "°C")
    below = recording("Time,Direct,Temp", f"s,{unit},°C", *rows)
    assert (below.channels, below.units) == (("Direct", "Temp"), (unit, "°C"))


def test_relative_times_of_cameras_are_seconds() -> None:
    rows = [f"{i / 30:.6f},{x}" for i, x in enumerate(LEFT)]
    assert recording("reltime,Cursor 1", *rows).fs == pytest.approx(30, rel=1e-4)


UNIVERSAL = [
    "    -1\n   151\nmodel\n",
    "    -1\n    15\n         1         0\n",
    "    -1\r\n    58\r\n",
]


@pytest.mark.parametrize("text", UNIVERSAL)
def test_universal_files_begin_with_any_data_set(text: str) -> None:
    with pytest.raises(DataError, match=r"universal file .*pyuff"):
        read(io.BytesIO((text + "NONE\nNONE\n    -1\n").encode()))


@pytest.mark.parametrize("start", ["    -1\n    58b     1     2\n", "    -1\r\n   151\r\n"])
def test_universal_files_with_bytes_are_named(start: str) -> None:
    body = np.linspace(-1, 1, 99, dtype="<f4").tobytes()
    with pytest.raises(DataError, match=r"universal file .*pyuff"):
        read(io.BytesIO(start.encode() + b"NONE\n" + body))


def test_a_column_of_whole_numbers_is_no_universal_file() -> None:
    numbers = np.array([-1, 58, *range(7, 7 + 3 * (N - 2), 3)]) * 1.0
    numbers[5:] += RNG.integers(0, 9, N - 5)
    is_read(recording(*[f"{x:6.0f}" for x in numbers]), numbers)


@pytest.mark.parametrize(
    ("text", "fs"),
    [
        ("Sampling rate: 2.5 GSa/s", 2.5e9),
        ("Sampling rate: 1,000 MSa/s", 1e9),
        ("Sample rate: 1.25 GS/s", 1.25e9),
        ("Sample rate (MSPS): 2", 2e6),
        ("Sample rate: 5 MSamples/s", 5e6),
        ("Sample rate: 4 kHz", 4e3),
        ("Sample rate: 2 MHz", 2e6),
        ("Sample rate: 100 mHz", 0.1),
        ("Sample rate: 2 gigahertz", 2e9),
        ("Sample rate: 8 S/s", 8),
        ("Tsample: 1e-3", 1e3),
    ],
)
def test_rates_of_oscilloscopes_have_prefixes(text: str, fs: float) -> None:
    rows = [f"{x},{y}" for x, y in zip(LEFT, RIGHT, strict=True)]
    assert recording(text, "", "a,b", *rows).fs == pytest.approx(fs)


def test_a_trace_of_mathematics_stands_beside_numbers_of_channels() -> None:
    rows = [f"{i / 1000:.3f},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording("x-axis,1,MATH", "second,Volt,Ampere", *rows)
    assert (found.channels, found.units) == (("1", "MATH"), ("Volt", "Ampere"))
    is_read(found, LEFT, RIGHT)


def test_names_stand_behind_headers_in_a_comment() -> None:
    rows = [f"{i / 100:.2f},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording(
        ";Title, X16-4, ADXL345", ";SampleRate, 100,Hz", ";Headers, Time,Ax,Ay", *rows
    )
    assert (found.channels, found.fs) == (("Ax", "Ay"), 100)


@pytest.mark.parametrize("form", ["LTIME#{}s{:03d}ms", "T#{}s{:03d}ms", "LTIME#{}s{:03d}ms0us0ns"])
def test_long_durations_of_controllers_are_read(form: str) -> None:
    rows = [f"{form.format(i // 10, i % 10 * 100)};{x}" for i, x in enumerate(LEFT)]
    found = recording("Time;x", *rows)
    assert found.fs == pytest.approx(10)
    is_read(found, LEFT)


def test_words_of_c_for_no_number_may_be_filled_up() -> None:
    cells = [f"{x:.6f}" for x in LEFT]
    cells[20], cells[21], cells[40] = "-1.#IND00", "1.#QNAN0", "1.#INF00"
    found = recording("t (s),x", *[f"{i / 10},{x}" for i, x in enumerate(cells)])
    assert np.flatnonzero(found.interpolated).tolist() == [20, 21, 40]


@pytest.mark.parametrize(
    "unit",
    ["dB(A)", "bar(g)", "N·m", "min-1", "1/s", "m/s³", "ustrain", "mPa·s", "mrad", "gE", "g²/Hz"],
)
def test_units_of_sound_strain_and_machines_are_known(unit: str) -> None:
    rows = [f"{i / 1000:.3f},{x}" for i, x in enumerate(LEFT)]
    assert recording(f"Time (s),Level [{unit}]", *rows).units == (unit,)
    assert recording(f"Time (s),Level ({unit})", *rows).units == (unit,)


@pytest.mark.parametrize("unit", ["V DC", "A AC"])
def test_direct_and_alternating_current_stand_behind_a_unit(unit: str) -> None:
    rows = [f"{i / 1000:.3f},{x}" for i, x in enumerate(LEFT)]
    assert recording(f"Time (s),Level [{unit}]", *rows).units == (unit,)


@pytest.mark.parametrize(("factor", "seconds"), [("u", 1e-6), ("µ", 1e-6), ("n", 1e-9)])
def test_a_factor_behind_a_time_is_one_of_seconds(factor: str, seconds: float) -> None:
    found = recording("Time,x", *[f"{40 * i}{factor},{x}" for i, x in enumerate(LEFT)])
    assert found.fs == pytest.approx(1 / (40 * seconds))
    is_read(found, LEFT)


@pytest.mark.parametrize("between", [":", " "])
def test_days_of_the_year_before_the_time_of_day_are_those_of_irig(between: str) -> None:
    times = stamps(f"%j{between}%H:%M:%S.%f", 0.01, "2024-03-14 23:59:59.90")
    found = recording("IRIG Time,x", *[f"{t},{x}" for t, x in zip(times, LEFT, strict=True)])
    assert found.fs == pytest.approx(100)
    is_read(found, LEFT)


def test_units_between_two_rows_of_names_are_no_names() -> None:
    rows = [
        f"{t},{x},{y}" for t, x, y in zip(stamps("%Y/%m/%d,%H:%M:%S", 1), LEFT, RIGHT, strict=True)
    ]
    above = ["Model,GX20", "Ch.,,AI1,AI2", "Tag,,TI1,PI1", "Unit,,C,bar", "Date,Time,Value,Value"]
    found = recording(*above, *rows)
    assert found.units == ("C", "bar")
    assert [name.split()[0] for name in found.channels] == ["TI1", "PI1"]
    is_read(found, LEFT, RIGHT)


def test_units_of_waveforms_have_the_key_unit_string() -> None:
    rows = [f"{x},{y}" for x, y in zip(LEFT, RIGHT, strict=True)]
    above = ["name,ai0,ai1", "unit_string,V,g", "wf_increment,0.001,0.001", "", "ai0,ai1"]
    found = recording(*above, *rows)
    assert (found.fs, found.units) == (1000, ("V", "g"))


def test_a_number_of_a_channel_may_have_thousands_of_digits() -> None:
    rows = [f"{i / 1000:.3f},{x}" for i, x in enumerate(LEFT)]
    is_read(recording("x-axis," + "9" * 5000, "second,Volt", *rows), LEFT)
