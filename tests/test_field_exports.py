"""Exports of instruments and services, against what was written: a time, a name, a unit a kind."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read_series
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.tables.layouts import unrolled
from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(12)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)


@pytest.mark.parametrize("name", ["time", "DATE", "date_jd"])
@pytest.mark.parametrize(("step", "digits"), [(120, 8), (60, 5), (1765.4976, 6)])
def test_days_of_astronomers_are_instants_under_any_name_of_time(
    name: str, step: float, digits: int
) -> None:
    rows = [f"{2460383.75 + i * step / 86400:.{digits}f},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{name},flux", *rows)
    assert found.index[0] == pd.Timestamp("2024-03-14 06:00", tz="UTC")
    assert found.fs == pytest.approx(1 / step, rel=1e-4)


def test_seconds_of_four_weeks_since_the_start_are_none() -> None:
    rows = [f"{2460383.75 + i / 100:.2f},{x}" for i, x in enumerate(LEFT)]
    assert recording("time,x", *rows).fs == pytest.approx(100)


@pytest.mark.parametrize("step", [1000, 4000, 3994])
def test_thousands_without_a_unit_are_no_seconds(step: int) -> None:
    rows = [f"{183_456_789 + step * i + i * 7 % 13},{x}" for i, x in enumerate(LEFT)]
    found = recording("timestamp,gyro", *rows)
    is_read(found, LEFT)
    assert found.fs is None
    assert any("in a unit that is not known" in note for note in found.notes)
    assert recording("timestamp_us,gyro", *rows).fs == pytest.approx(1e6 / step, rel=1e-3)


@pytest.mark.parametrize("step", [1800, 3600, 86400])
def test_thousands_that_are_minutes_are_seconds(step: int) -> None:
    assert recording("time,x", *[f"{step * i},{x}" for i, x in enumerate(LEFT)]).fs == 1 / step


@pytest.mark.parametrize("power", [3, 4, 6])
def test_the_rate_in_the_file_tells_the_unit_of_its_stamps(power: int) -> None:
    rows = [f"{10 ** (power + 1) + 10**power // 100 * i},{x}" for i, x in enumerate(LEFT)]
    found = recording("// Update Rate: 100.0Hz", "SampleTimeFine,x", *rows)
    assert (found.fs, found.index[0]) == (pytest.approx(100), pytest.approx(10))


@pytest.mark.parametrize("zone", ["-04:00 New_York", "-04:00[America/New_York]", "Z UTC"])
def test_the_name_of_a_zone_may_stand_behind_its_offset(zone: str) -> None:
    found = recording("ts,x", *[f"{one}{zone},1{i % 7}" for i, one in enumerate(stamps("%FT%T"))])
    assert str(found.index[0]) == f"2024-03-14 08:00:00{zone.split()[0][:6].replace('Z', '+00:00')}"


def test_the_name_of_a_zone_in_brackets_is_left_out_with_a_note() -> None:
    found = recording(
        "ts,x", *[f"{t}[Europe/Berlin],{i % 7}" for i, t in enumerate(stamps("%FT%T"))]
    )
    assert (found.fs, found.index[0]) == (1 / 60, pd.Timestamp("2024-03-14 08:00"))
    assert any("Europe/Berlin" in note for note in found.notes)


@pytest.mark.parametrize("form", ["T#{}ms", "TIME#{}ms", "T#1h2m{}ms"])
def test_durations_of_controllers_are_times(form: str) -> None:
    found = recording("t;x", *[f"{form.format(100 * i)};{x}" for i, x in enumerate(LEFT)])
    assert found.fs == 10


def test_days_of_the_year_count_from_its_begin() -> None:
    rows = [f"{x} {74 + 1 / 4 + i / 144:.6f} 0" for i, x in enumerate(LEFT)]
    names = ["# name 0 = t090C: Temperature", "# name 1 = timeJ: Julian Days", "# name 2 = flag"]
    found = recording(*names, "# start_time = Mar 14 2024 06:00:00", "*END*", *rows)
    assert found.index[0].round("s") == pd.Timestamp("2024-03-14 06:00")


STAMPS = stamps("%F %T")


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (["                   ts  temp   hum"], "{n:<3} {t} {x} {y}"),
        (["# A tibble: 60 × 3", "   ts  temp  hum", "  <dttm> <dbl> <dbl>"], "{n:3} {t} {x} {y}"),
        (["Date and Time        temp    hum"], "{t}  {x}  {y}"),
        (["Report Date: 3/20/2024", "", "  Date and Time    temp    hum"], "{am}    {x}    {y}"),
        (["ts              temp   hum", "--------------- ------ ------"], "{t}.000 {x}  {y}"),
        (
            ["60×3 DataFrame", " Row │ ts   temp  hum", "  │ DateTime Float64 Float64", "───┼───"],
            " {n:3d} │ {iso}  {x}  {y}",
        ),
        (["┌───┬───┬───┐", "│ ts │ temp │ hum │", "├───┼───┼───┤"], "│ {t} │ {x} │ {y} │"),
        (["┌──────────ts─┬─temp─┬─hum─┐"], "│ {t} │ {x} │ {y} │"),
        (
            ["shape: (60, 3)", "┌───┬───┬───┐", "│ ts ┆ temp ┆ hum │", "│ --- ┆ --- ┆ --- │",
             "│ datetime[μs] ┆ f64 ┆ f64 │", "╞═══╪═══╪═══╡"],
            "│ {t} ┆ {x} ┆ {y} │",
        ),
        (['"ts,temp,hum"'], '"{t},{x},{y}"'),
        (['"ts;""temp"";hum"'], '"{t};""{x}"";{y}"'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("footer", ["", "(60 rows affected)"])
def test_what_programs_print_is_read_with_its_names(head: list[str], row: str, footer: str) -> None:
    times = pd.to_datetime(pd.Series(STAMPS))
    rows = [
        row.format(n=i, t=t, x=x, y=y, iso=f"{t:%FT%T}", am=f"{t:%m/%d/%Y %I:%M:%S %p}")
        for i, (t, x, y) in enumerate(zip(times, LEFT, RIGHT, strict=True), start=1)
    ]
    found = recording(*head, *rows, *([footer] if footer and '"' not in row else []))
    names = [name.split(" ")[0] for name in found.channels]
    assert names == ["temp", "hum"]
    is_read(found, LEFT, RIGHT)
    assert (found.fs, found.index[0]) == (1 / 60, times[0])


@pytest.mark.parametrize(
    ("zero", "point"), [(0x660, "."), (0x6F0, "\u066b"), (0xFF10, "\uff0e"), (0x966, ".")]
)
def test_digits_of_other_scripts_and_widths_are_read(zero: int, point: str) -> None:
    table = {ord(str(digit)): chr(zero + digit) for digit in range(10)} | {ord("."): point}
    rows = [f"{t},{x}".translate(table) for t, x in zip(STAMPS, LEFT, strict=True)]
    found = recording("ts,x", *rows)
    is_read(found, LEFT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


@pytest.mark.parametrize("cell", ["1,{:03d}", "1,2{:02d},000"])
def test_one_column_of_quoted_numbers_stays_one(cell: str) -> None:
    rows = [f'"{cell.format(i % 28 + 1)}"' for i in range(N)]
    assert recording('"x"', *rows).n_channels == 1


@pytest.mark.parametrize("width", [6, 7])
def test_a_vector_that_r_prints_is_one_channel(width: int) -> None:
    rows = [
        f"{f'[{at + 1}]':>5} {' '.join(map(str, LEFT[at : at + width]))}"
        for at in range(0, N, width)
    ]
    is_read(recording(*rows), LEFT)


def test_names_may_be_listed_behind_numbered_words_or_as_legends() -> None:
    rows = [f"{i / 100:.2f} {x} {y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    listed = ["Sig1\tTime (min)", "Sig2\tTemp (C)", "Sig3\tWeight (mg)", "StartOfData"]
    found = recording(*listed, *rows)
    assert (found.channels, found.units) == (("Temp (C)", "Weight (mg)"), ("C", "mg"))
    assert found.fs == pytest.approx(100 / 60)
    found = recording('@ title "E"', '@ s0 legend "Bond"', '@ s1 legend "Angle"', *rows)
    assert found.channels == ("Bond", "Angle")


@pytest.mark.parametrize(("unit", "per_second"), [("s/256", 256), ("1/100 s", 100)])
def test_a_unit_may_be_a_part_of_a_second(unit: str, per_second: int) -> None:
    rows = [f"{437_863_219_200 + per_second * i},{x}" for i, x in enumerate(LEFT)]
    assert recording(f"time [{unit}],x", *rows).fs == 1


@pytest.mark.parametrize("name", ["good", "Valid", "is_valid"])
def test_values_that_are_not_good_are_missing(name: str) -> None:
    rows = [f"{t},{x},{i not in (7, 8)}" for i, (t, x) in enumerate(zip(STAMPS, LEFT, strict=True))]
    found = recording(f"ts,value,{name}", *rows)
    assert found.channels == ("value",)
    assert np.flatnonzero(found.interpolated).tolist() == [7, 8]


def test_the_unit_beside_a_confidence_is_that_of_the_value() -> None:
    rows = [f"{t},FI1,{x},100,M3/H" for t, x in zip(STAMPS, LEFT, strict=True)]
    found = recording("TIMESTAMP,TAGNAME,VALUE,CONFIDENCE,UNITS", *rows)
    assert (found.channels, found.units) == (("VALUE",), ("M3/H",))


def test_names_below_merged_cells_begin_with_their_words() -> None:
    rows = [f"{t},{x},{y},{y},{x}" for t, x, y in zip(STAMPS, LEFT, RIGHT, strict=True)]
    found = recording(",Hall A,,Hall B,", ",Temp,Hum,Temp,Hum", ",°C,%,°C,%", *rows)
    assert found.channels == ("Hall A Temp", "Hall A Hum", "Hall B Temp", "Hall B Hum")
    assert found.units == ("°C", "%", "°C", "%")


def test_settings_beside_the_first_rows_hide_none_of_them() -> None:
    beside = ["Record Length,1e3,Points", "Sample Interval,1e-3,s", "Vertical Units,V,"]
    beside += [",,"] * (4 * N - len(beside))
    rows = [f"{one},{i / 1000:.3f},{LEFT[i % N]}," for i, one in enumerate(beside)]
    found = recording(*rows)
    is_read(found, np.tile(LEFT, 4))
    assert found.fs == 1000


def test_pairs_of_time_and_value_have_a_unit_each_time() -> None:
    rows = [
        f"  {i / 2:9.3f}  {LEFT[i]}  {(i + N // 2) / 2:9.3f}  {LEFT[i + N // 2]}"
        for i in range(N // 2)
    ]
    head = ["Date/Time:  14-Mar-24 08:15:32  Units:  G-s", "", "  Time  Amp  Time  Amp"]
    found = recording(*head, "  (mSec)              (mSec)", *rows)
    assert (found.channels, found.fs) == (("Amp",), 2000)
    assert any("has a time of its own" in note for note in found.notes)


def test_names_in_a_comment_end_in_a_delimiter_as_the_rows_do() -> None:
    rows = [f"{t},{x},heat,{y}," for t, x, y in zip(STAMPS, LEFT, RIGHT, strict=True)]
    found = recording("#Thermostat 3111,Main", "#Date,Temp (F),Mode,Out (F),", *rows)
    assert (found.channels, found.units) == (("Temp (F)", "Out (F)"), ("F", "F"))


def test_vectors_in_parentheses_are_columns() -> None:
    rows = [f"{i / 10} ({x} {y} -{x})" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    is_read(recording("# Probe 0 (0 0 0)", *rows), LEFT, RIGHT, -LEFT)


def test_a_negative_number_of_accountants_in_the_last_row_is_no_footer() -> None:
    rows = [f'{t},"({i + 1}0)"' if i % 3 == 2 else f"{t},{i}0" for i, t in enumerate(STAMPS)]
    assert recording("ts,net", *rows).n_rows == N


def test_a_column_of_dates_is_no_label() -> None:
    rows = [f"{t},{x},{y}" for t, x, y in zip(STAMPS, LEFT, RIGHT, strict=True)]
    found = recording("Label,CPU,Net", "Id,m1,m2", "Period,60,60", *rows)
    assert (found.fs, found.channels) == (1 / 60, ("CPU", "Net"))


@pytest.mark.parametrize("line", ["#CLOCK=10.0uS", "XInc, +1.0E-5", "X Increment: 1e-5"])
def test_more_words_for_the_step_of_a_waveform_are_known(line: str) -> None:
    assert recording(line, "", *map(str, LEFT)).fs == pytest.approx(1e5)


def test_three_digits_behind_a_point_throughout_are_told_of() -> None:
    rows = [
        f"{t};{10_000 + 37 * i:,}".replace(",", ".")
        for i, t in enumerate(stamps("%d.%m.%Y", 86400))
    ]
    note = "Numbers such as"
    assert any(note in one for one in recording("Datum;Besucher", *rows).notes)
    rows = [f"{t};{x}" for t, x in zip(stamps("%d.%m.%Y", 86400), LEFT, strict=True)]
    assert not any(note in one for one in recording("Datum;Grad", *rows).notes)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("   1)      1059.9  Rx     0123  8  01 02 03 04 05 06 07 08", "CAN frames"),
        ("8:00:00:0100 Rx 1 0x123 s 8 01 02 03 04 05 06 07 08", "CAN frames"),
        ("METAR KJFK 140851Z 25008KT 10SM FEW250 20/02 A3012", "METAR"),
        ('weather,at=a t=20.5,state="ok fine" 1710403200000000000', "line protocol"),
        ("# HELP node_load1 1m load", "Prometheus"),
        ("     0.0100000      -12345.00      -12345.00      -12345.00      -12345.00", "SAC"),
    ],
)
def test_more_lines_that_are_no_table_are_named(line: str, said: str) -> None:
    below = ["      -12345    -12345    -12345         6    -12345"] * 20 if said == "SAC" else []
    with pytest.raises(DataError, match=said):
        recording(*[line] * 14, *below)


def test_a_second_table_of_json_is_told_of() -> None:
    hourly = {"time": stamps("%FT%T"), "temp": LEFT.tolist()}
    daily = {"time": ["2024-03-14", "2024-03-15", "2024-03-16"], "most": [1, 2, 3]}
    found = recording(json.dumps({"latitude": 5.5, "hourly": hourly, "daily": daily}))
    is_read(found, LEFT)
    assert any("'daily' holds 3 rows of its own" in note for note in found.notes)


def test_a_list_of_one_object_is_that_object() -> None:
    records = [
        {"at": t, "observations": [{"what": "air", "value": x, "unit": "degC"}]}
        for t, x in zip(STAMPS, LEFT.tolist(), strict=True)
    ]
    is_read(recording(json.dumps({"data": records})), LEFT)
    found = read_series(io.BytesIO("\n".join(map(json.dumps, records)).encode()))
    assert [*found] == [""]


@pytest.mark.parametrize("unit", ["deg F", "deg C"])
def test_a_unit_behind_numbers_may_be_two_words(unit: str) -> None:
    found = recording("ts,t", *[f"{t},{x} {unit}" for t, x in zip(STAMPS, LEFT, strict=True)])
    is_read(found, LEFT)
    assert found.units == (unit,)


def test_a_decimal_comma_divides_no_row_of_semicolons_above_a_footer_of_commas() -> None:
    rows = [f"Oslo;SN1;{t};{x}".replace(".", ",") for t, x in zip(STAMPS, LEFT, strict=True)]
    found = recording("Navn;Stasjon;Tid;Temperatur", *rows, "Data er gyldig per 2024 (CC BY), MET")
    assert (found.channels, found.fs) == (("Temperatur",), 1 / 60)
    is_read(found, LEFT)


@pytest.mark.parametrize("unit", ["min", "[min]", "(min)"])
def test_minutes_below_a_time_are_its_unit(unit: str) -> None:
    rows = [f"{i};{x}" for i, x in enumerate(LEFT)]
    found = recording("Time;Flow", f"{unit};l/min", *rows)
    assert (found.fs, found.units) == (1 / 60, ("l/min",))


def test_a_limit_in_the_first_row_is_no_name() -> None:
    rows = [
        f"{t},{x if i % 7 else '<0.5'}" for i, (t, x) in enumerate(zip(STAMPS, LEFT, strict=True))
    ]
    found = recording("date,PFOA ng/L", *rows)
    assert (found.channels, found.n_rows) == (("PFOA ng/L",), N)


@pytest.mark.parametrize("unit", ["ng/L", "mol/m3", "mg/kg", "€/MWh", "U/min", "dB(A)"])
def test_a_unit_of_several_parts_is_one(unit: str) -> None:
    found = recording(f"date,PFOA {unit}", *[f"{t},{x}" for t, x in zip(STAMPS, LEFT, strict=True)])
    assert found.units == (unit,)


@pytest.mark.parametrize(
    ("line", "sign", "fs"),
    [
        ("Sampling rate: 30 samples per minute", ".", 0.5),
        ("Logging rate = 4 per hour", ".", 4 / 3600),
        ("Sample rate: 6/min", ".", 0.1),
        ("Sample rate: 1/10 Hz", ".", 0.1),
        ("Sample Rate,51,200 Hz", ".", 51200),
        ("Sample Rate: 51,200 Hz", ".", 51200),
        ("Abtastrate: 51,200 Hz", ",", 51.2),
        ("Abtastrate: 1.000 Hz", ",", 1000),
        ("Sample rate: 1.000 Hz", ".", 1),
        ("Sample rate: 2 048 Hz", ".", 2048),
        ("Acquisition rate: 25.6 kS/s", ".", 25600),
        ("Sampling rate: 1 per 10 s", ".", 0.1),
        ("Samples per second: 40", ".", 40),
        ("Frame rate: 29.97 fps", ".", 29.97),
        ("Save interval: 30 s", ".", 1 / 30),
        ("One sample every 10 minutes", ".", 1 / 600),
        ("Time per sample: 5 ms", ".", 200),
        ("Periodo de muestreo: 10 ms", ".", 100),
        ("Sampling frequency;25.6;kHz", ".", 25600),
        ('Sample Period:;"50";"ms"', ".", 20),
        ("Sample rate: 30 samples/min", ".", 0.5),
        ("Sampling cycle;10 ms", ".", 100),
        ("采样间隔: 5s", ".", 0.2),
        ("Sample rate (Hz): 1,000", ".", 1000),
        ("Sample rate [Hz] = 1.000", ",", 1000),
        ("Sample rate (Hz): 1.000", ".", 1),
        ("Report interval: 1 day", ".", 1 / 86400),
        ("Sample rate: 2 days", ".", 1 / 172800),
        ("dt = 1/256 s", ".", 256),
        ("Sampling period,PT0.5S", ".", 2),
        ("Interval: PT1H15M", ".", 1 / 4500),
        ("Интервал записи: 15 мин", ".", 1 / 900),
        ("Logging every 5 seconds", ".", 0.2),
        ("Fréquence : 1 000 Hz", ".", 1000),
        ("fs_Hz;48", ".", 48),
        ("Częstotliwość próbkowania: 250 Hz", ".", 250),
        ("Vzorkovací frekvence: 250 Hz", ",", 250),
    ],
)
def test_a_rate_is_a_number_of_the_language_of_the_table(line: str, sign: str, fs: float) -> None:
    rows = [f"{x};{y}".replace(".", sign) for x, y in zip(LEFT, RIGHT, strict=True)]
    assert recording(line, "a;b", *rows).fs == pytest.approx(fs)


def test_an_interval_in_metres_is_no_rate() -> None:
    rows = [f"{x};{y}" for x, y in zip(LEFT, RIGHT, strict=True)]
    assert recording("Measurement interval: 0.5 m", "a;b", *rows).fs is None


def test_rounds_that_are_called_epochs_are_no_seconds() -> None:
    assert recording("epoch,loss", *[f"{i},{x}" for i, x in enumerate(LEFT)]).fs is None


def test_a_word_behind_a_ratio_is_no_unit() -> None:
    found = recording("date,I/V ratio", *[f"{t},{x}" for t, x in zip(STAMPS, LEFT, strict=True)])
    assert not found.units


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("t [10ms]", 0.01),
        ("Time (x100ms)", 0.1),
        ("Time [0.1s]", 0.1),
        ("Time (1/10 s)", 0.1),
        ("Time (10 hours)", 36_000),
        ("time (10^-3 s)", 1e-3),
        ("Zeit [Std.]", 3600),
        ("Tiempo (minutos)", 60),
        ("Tijd (uur)", 3600),
        ("\u6642\u9593(\u5206)", 60),
        ("Time (weeks)", 604_800),
        ("Time (min)", 60),
    ],
)
def test_a_unit_of_time_may_have_a_factor_or_any_language(name: str, seconds: float) -> None:
    rows = [f"{i};{x}" for i, x in enumerate(LEFT)]
    assert recording(f"{name};x", *rows).fs == pytest.approx(1 / seconds)


@pytest.mark.parametrize("name", ["Time (frames)", "Time [ticks]", "Time (Ma)", "time_samples"])
def test_a_time_in_a_unit_that_is_no_number_of_seconds_gives_no_rate(name: str) -> None:
    found = recording(f"{name},x", *[f"{i},{x}" for i, x in enumerate(LEFT)])
    assert found.fs is None
    is_read(found, LEFT)


def test_a_table_without_columns_is_no_vector() -> None:
    table = Table(pd.DataFrame(index=range(3)), (), str, "data.csv")
    assert unrolled(table) is table
