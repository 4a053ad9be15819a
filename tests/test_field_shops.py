"""Exports of benches, meters, pages and services that few people have are read as they mean it."""

import io
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from field_lines import rows
from spectra.datasets import Recording, read
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(43)
A = np.round(20 + RNG.normal(size=N), 2)
B = np.round(50 + 5 * RNG.normal(size=N), 2)
START = pd.Timestamp("2024-03-05 06:00")


def recording(*lines: str | Sequence[str], encoding: str = "utf-8") -> Recording:
    flat = [line for part in lines for line in ([part] if isinstance(part, str) else part)]
    return read(io.BytesIO(("\n".join(flat) + "\n").encode(encoding)))


def in_json(value: object) -> Recording:
    return read(io.BytesIO(json.dumps(value).encode()))


def stamps(step: str, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [f"{one:{form}}" for one in pd.date_range(START, periods=N, freq=step)]


@pytest.mark.parametrize("form", ["%Y%m%d%H%M%S", "%Y%m%d%H%M"])
@pytest.mark.parametrize("step", ["30min", "25h"])
def test_instants_in_digits_may_stand_newest_first(form: str, step: str) -> None:
    table = zip(stamps(step, form)[::-1], A[::-1], strict=True)
    found = in_json([{"local_full": one, "v": float(a)} for one, a in table])
    assert found.channels == ("v",)
    assert found.index[0] == START
    np.testing.assert_array_equal(found.values[:, 0], A)


def test_uneven_instants_in_digits_are_no_channel() -> None:
    days = pd.date_range(START, periods=N, freq="10min") + pd.to_timedelta(np.arange(N) % 3, "min")
    lines = ["station_full,v", *rows([f"{one:%Y%m%d%H%M%S}" for one in days], A)]
    found = read(io.BytesIO("\n".join(lines).encode()), resample="10min")
    assert found.channels == ("v",)
    assert found.index[0] == START


@pytest.mark.parametrize("days", [3, 5, 30])
@pytest.mark.parametrize("form", ["%Y%m%d", "%Y-%m-%d", "%d/%m/%Y"])
def test_a_day_a_row_stands_behind_meters_and_before_a_unit(days: int, form: str) -> None:
    values = np.round(RNG.uniform(0.1, 0.9, (days, 48)), 3)
    dates = [f"{one:{form}}" for one in pd.date_range("2024-03-15", periods=days)]
    clocks = ",".join(f"{i // 2:02d}:{i % 2 * 30:02d}" for i in range(48))
    table = [
        f"6102,123,{day},KWH,{','.join(map(str, row))}"
        for day, row in zip(dates, values, strict=True)
    ]
    found = recording(f"NMI,Meter,Date,Unit,{clocks}", table)
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.index[0] == pd.Timestamp("2024-03-15")
    assert found.fs == pytest.approx(1 / 1800)


@pytest.mark.parametrize("mark", ["<br>", "<BR />"])
@pytest.mark.parametrize("alone", [True, False])
def test_breaks_of_pages_between_rows_are_left_out(mark: str, alone: bool) -> None:
    table = rows(stamps("5min"), A, B)
    lines = [f"Time,TemperatureF,Humidity{mark}", mark]
    for one in table:
        lines += [f"{one},", mark] if alone else [one + mark]
    found = recording(lines)
    assert found.channels == ("TemperatureF", "Humidity")
    assert found.index[0] == START
    np.testing.assert_array_equal(found.values, np.column_stack([A, B]))


@pytest.mark.parametrize("unit", ["m³/s", "kg/s", "L/d", "kWh/d"])
def test_a_unit_over_a_time_stands_above_the_table(unit: str) -> None:
    found = recording(f"Einheit: {unit}", "", "Zeitstempel;Wert", rows(stamps("5min"), A, mark=";"))
    assert found.units == (unit,)


@pytest.mark.parametrize("names", [["A/C", "A/D"], ["T/S", "V/H"]])
def test_letters_with_a_stroke_are_names(names: list[str]) -> None:
    assert recording(",".join(["Time", *names]), rows(stamps("5min"), A, B)).channels == tuple(
        names
    )


@pytest.mark.parametrize("unit", ["mA.h", "W·h"])
def test_units_with_a_point_stand_behind_a_stroke(unit: str) -> None:
    found = recording(f"time/s\tEwe/V\tdq/{unit}", rows(range(N), A, B, mark="\t"))
    assert found.units == ("V", unit)


def test_volt_may_be_in_capitals() -> None:
    head = ["X,CH1,CH2,Start,Increment", "Sequence,VOLT,VOLT,-6.0e-04,1.0e-05"]
    found = recording(head, rows(range(N), A, B, [""] * N, [""] * N))
    assert found.units == ("VOLT", "VOLT")
    assert found.fs == pytest.approx(1e5)


@pytest.mark.parametrize(
    "line",
    ["Aufnahmedatum      : 05.03.2024,   06:00:00", "Acquisition Date: 2024-03-05 06:00:00"],
)
def test_more_words_for_the_date_of_a_record_are_known(line: str) -> None:
    found = recording(line, "Time [s],U [V]", rows(range(N), A))
    assert found.index[0] == START


@pytest.mark.parametrize("text", ["\t05/03/2024 06:00:00.000000", ""])
def test_a_day_number_of_a_workbook_is_a_start(text: str) -> None:
    head = ["Interval=\t0.001 s", f"ExcelDateTime=\t4.5356250000000000e+004{text}"]
    head += ["TimeFormat=\tStartOfBlock", "ChannelTitle=\tECG\tPleth", "Range=\t10.000 mV\t5.000 V"]
    table = rows([f"{i * 0.001:.3f}" for i in range(N)], A, B, mark="\t")
    found = recording(head, table)
    assert found.index[0] == START
    assert found.units == ("mV", "V")


def test_names_stand_above_one_line_of_dashes() -> None:
    head = ["U/I time scan", "", "Number  Time/s  Potential/V", "-" * 40]
    table = [f"{i:6d}  {i * 0.2:12.5e}  {a:12.5e}" for i, a in enumerate(A)]
    found = recording(head, table)
    assert found.channels == ("Potential/V",)
    assert found.fs == pytest.approx(5)


def test_numbered_names_of_a_log_are_told_apart() -> None:
    table = [
        f"{one} Core 0: +{a}°C Core 1: +{b}°C fan1: 3{i * 7 % 100:03d} RPM"
        for i, (one, a, b) in enumerate(zip(stamps("1s"), A, B, strict=True))
    ]
    found = recording(table)
    assert found.channels == ("Core 0", "Core 1", "fan1")
    assert found.units == ("°C", "°C", "RPM")
    np.testing.assert_array_equal(found.values[:, :2], np.column_stack([A, B]))


def test_the_number_of_a_round_names_no_value_of_a_log() -> None:
    table = [f"{one} Loop {i}: 5 temp=21.{i:02d}" for i, one in enumerate(stamps("1s"))]
    assert recording(table).channels == ("temp",)


@pytest.mark.parametrize("encoding", ["gb18030", "cp949", "cp932"])
@pytest.mark.parametrize("name", ["T1(℃)", "T1 (°C)"])
def test_degrees_alone_tell_the_encoding(encoding: str, name: str) -> None:
    found = recording(f"Time,{name}", rows(stamps("5s"), A), encoding=encoding)
    assert found.channels == (name,)
    assert found.units == (name[3:].strip("( )"),)


@pytest.mark.parametrize("word", ["¡Él", "¡æ nada", "Ärger", "±5°"])
def test_western_signs_tell_no_other_encoding(word: str) -> None:
    found = recording(f"# {word}", "Time,T1 (°C)", rows(stamps("5s"), A), encoding="cp1252")
    assert found.channels == ("T1 (°C)",)


@pytest.mark.parametrize(
    "name", ["numer_sta", "wmo", "wwTagKey", "Rack", "Shelf", "Timezone Offset", "index", "Cell"]
)
def test_more_identifiers_are_no_channels(name: str) -> None:
    found = recording(f"time,{name},value", rows(stamps("5s"), [12] * N, A))
    assert found.channels == ("value",)


def test_one_voltage_of_a_cell_is_a_channel() -> None:
    found = recording("time,Cell 1 (V),value", rows(stamps("5s"), [3.7] * N, A))
    assert found.channels == ("Cell 1 (V)", "value")


def test_numbers_below_0_tell_no_series_apart() -> None:
    signal = [-60 - i % 7 for i in range(N)]
    found = recording("Time;Temp;Signal", rows(stamps("145s"), A, signal, mark=";"))
    assert found.channels == ("Temp", "Signal")


def test_a_component_that_was_not_measured_is_no_channel() -> None:
    table = rows(stamps("1min"), A, ["88888.00"] * N)
    assert recording("DATE,ESKX,ESKF", table).channels == ("ESKX",)


def test_names_between_commas_stand_beside_rows_of_json() -> None:
    data = [
        [f"{one}.000+01:00", float(a), 200]
        for one, a in zip(stamps("15min", "%Y-%m-%dT%H:%M:%S"), A, strict=True)
    ]
    found = in_json([{"ts_id": "1", "columns": "Timestamp,Value,Quality Code", "data": data}])
    assert found.channels == ("Value",)
    assert found.index[0] == START.tz_localize("+01:00")
    np.testing.assert_array_equal(found.values[:, 0], A)


def test_names_of_attributes_are_those_of_their_lists() -> None:
    lists = [("temperature", A), ("pressure", B)]
    attributes = [{"attrName": name, "values": [*map(float, each)]} for name, each in lists]
    found = in_json({"entityId": "Room1", "index": stamps("1min"), "attributes": attributes})
    assert found.channels == ("temperature", "pressure")
    np.testing.assert_array_equal(found.values, np.column_stack([A, B]))


@pytest.mark.parametrize("between", ["\t", " \t", " ", " - ", " > "])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%H:%M:%S.%f"])
@pytest.mark.parametrize("sign", [",", ";"])
def test_rows_of_commas_stand_behind_an_instant(between: str, form: str, sign: str) -> None:
    table = rows([one + between for one in stamps("1s", form)], rows(A, B, mark=sign), mark="")
    found = recording(table)
    assert found.fs == 1
    np.testing.assert_array_equal(found.values, np.column_stack([A, B]))


def test_names_stand_above_rows_behind_an_instant() -> None:
    table = rows([f"[{one}] " for one in stamps("1s")], rows(A, B), mark="")
    found = recording("temp,hum", table)
    assert found.channels == ("temp", "hum")
    assert found.index[0] == START
    assert recording(f"[{START}] temp,hum", table).channels == ("temp", "hum")


@pytest.mark.parametrize("value", ["20,{:02d}", "1,{:03d}.5", "1,{:03d},000"])
def test_one_number_with_commas_behind_an_instant_stays_one(value: str) -> None:
    numbers = [value.format(10 + i * 7 % 80) for i in range(N)]
    assert recording(rows(stamps("1s"), numbers, mark="\t")).n_channels == 1


def test_the_number_of_a_tariff_names_no_time() -> None:
    ramp = [f"{1234.567 + i * 0.01 + a % 0.001:.3f}" for i, a in enumerate(A)]
    found = recording("timestamp,consumption_t1,power", rows(stamps("10s"), ramp, B))
    assert found.channels == ("consumption_t1", "power")
    assert found.fs == 0.1


@pytest.mark.parametrize("name", ["times", "Times", "dates", "datetimes"])
def test_times_may_be_called_by_more_than_one(name: str) -> None:
    found = recording(f"{name},Prdm", rows([f"{i * 0.25:.3f}" for i in range(N)], A))
    assert found.fs == 4


@pytest.mark.parametrize("name", ["tdn", "dn", "dates", "serial_day"])
def test_day_numbers_of_matlab_are_the_time_whatever_they_are_called(name: str) -> None:
    file = io.BytesIO()
    days = 739316.25 + np.arange(N)[:, None] / 1440
    savemat(file, {name: days, "flow": A[:, None]})
    found = read(io.BytesIO(file.getvalue()))
    assert found.channels == ("flow",)
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0] == START


def test_large_ramps_of_matlab_are_no_day_numbers() -> None:
    file = io.BytesIO()
    savemat(file, {"p": 739316.0 + np.arange(N)[:, None] * 0.37, "flow": A[:, None]})
    assert read(io.BytesIO(file.getvalue())).channels == ("p", "flow")


@pytest.mark.parametrize("settings", [["SR=50"], ["Rate=50 Hz", "SR=50"], ["Range=10 mm"]])
def test_a_setting_of_each_channel_is_no_name(settings: list[str]) -> None:
    head = [
        "Job: x",
        "",
        "Time  1 - default sample rate;Force;Disp",
        ";".join(["01.03.2024 05:00"] * 3),
    ]
    head += ["s;N;mm", *(";".join([one] * 3) for one in settings)]
    found = recording(head, rows([f"{i * 0.02:.2f}" for i in range(N)], A, B, mark=";"))
    assert (found.channels, found.units) == (("Force", "Disp"), ("N", "mm"))
    assert found.fs == pytest.approx(50)


@pytest.mark.parametrize("end", ["*", "***", "----------"])
def test_a_last_line_of_signs_ends_a_table(end: str) -> None:
    hours = pd.date_range("2024-03-05", periods=N, freq="1h")
    table = [f"{one:%Y;%m;%d};{one.hour + 1};{a};" for one, a in zip(hours, A, strict=True)]
    found = recording("MARGINALPDBC;", table, end)
    np.testing.assert_array_equal(found.values[:, -1], A)
    assert found.index[0] == pd.Timestamp("2024-03-05")
    assert found.fs == pytest.approx(1 / 3600)


def test_a_star_in_the_last_row_of_two_columns_is_missing() -> None:
    assert recording("a,b", rows(A, B), "*").n_samples == N + 1


def test_kinds_of_lines_of_market_operators_are_left_out() -> None:
    head = ["C,NEMP.WORLD,DISPATCHIS,AEMO,PUBLIC,2024/03/25,06:00:00,1,DISPATCHIS,1"]
    head += ["I,DISPATCH,PRICE,4,SETTLEMENTDATE,RUNNO,REGIONID,RRP"]
    form = "%Y/%m/%d %H:%M:%S"
    table = [
        f'D,DISPATCH,PRICE,4,"{one}",1,NSW1,{a}'
        for one, a in zip(stamps("5min", form), A, strict=True)
    ]
    end = 'C,"END OF REPORT",62'
    found = recording(head, table, end)
    assert found.channels[-1] == "RRP"
    assert found.index[0] == START
    np.testing.assert_array_equal(found.values[:, -1], A)
    other = [line.replace("PRICE", "REGIONSUM").replace("RRP", "MW") for line in [head[1], *table]]
    with pytest.raises(DataError, match="with several tables"):
        recording(head, table, other, end)


@pytest.mark.parametrize(
    "line",
    [
        "DATE_TIME_FIRST_SAMPLE_YYYYMMDD_HHMMSS: 20240305_060000.000",
        "Start: 2024:065:06:00:00.000",
        "Start time: 20240305T060000",
    ],
)
def test_starts_stand_in_digits_and_days_of_the_year(line: str) -> None:
    found = recording(line, "SAMPLING_INTERVAL_S: 0.005", "UNITS: cm/s^2", list(map(str, A)))
    assert found.index[0] == START
    assert (found.fs, found.units) == (200, ("cm/s^2",))


def test_delta_of_seismologists_is_a_step() -> None:
    found = recording("STA=ABC CHAN=HHZ", "DELTA=0.01", "B=0", [f"{a:.5e}" for a in A])
    assert found.fs == pytest.approx(100)


@pytest.mark.parametrize("name", ["UTCOffset", "utc_offset", "GMT offset"])
def test_the_distance_from_utc_is_no_channel(name: str) -> None:
    assert recording(f"time,{name},x", rows(stamps("5s"), [-7] * N, A)).channels == ("x",)


def test_clocks_with_utc_name_no_bands() -> None:
    hours = pd.date_range(START, periods=N, freq="1h")
    table = [
        f"{one:%Y/%m/%d};{one:%H%M} UTC;0;{a};{b};".replace(".", ",")
        for one, a, b in zip(hours, A, B, strict=True)
    ]
    found = recording("Data;Hora UTC;PREC (mm);TEMP (°C);UMIDADE (%);", table)
    assert found.channels == ("PREC (mm)", "TEMP (°C)", "UMIDADE (%)")
    assert found.index[0] == START
    np.testing.assert_array_equal(found.values[:, 1:], np.column_stack([A, B]))


@pytest.mark.parametrize(
    "names",
    [
        "Y\u0131l;Ay;Gün;Saat", "év;hónap;nap;óra", "έτος;μήνας;ημέρα;ώρα", "godina;mjesec;dan;sat",
        "tahun;bulan;tanggal;jam", "năm;tháng;ngày;giờ", "metai;mėnuo;diena;valanda",
        "연도;월;일;시", "rok;mesiac;deň;hodina",
    ],
)  # fmt: skip
def test_parts_of_a_date_are_called_in_more_languages(names: str) -> None:
    hours = pd.date_range(START, periods=N, freq="1h")
    table = [
        f"{one:%Y};{one.month};{one.day};{one.hour};{a}" for one, a in zip(hours, A, strict=True)
    ]
    found = recording(f"{names};x", table)
    assert found.channels == ("x",)
    assert found.index[0] == START
    assert found.fs == pytest.approx(1 / 3600)


def test_signs_of_four_bytes_tell_no_other_encoding() -> None:
    days = [f"{one.year}年{one.month}月{one.day}日" for one in pd.date_range(START, periods=N)]
    found = recording("时间,流量(m³/h)", rows(days, A), encoding="gb18030")
    assert found.channels == ("流量(m³/h)",)
    assert found.units == ("m³/h",)


def wrapped(values: Sequence[float], per_line: int) -> list[str]:
    return [
        f"{i:7d}:" + "".join(f"{one:13.3f}" for one in values[i : i + per_line])
        for i in range(0, len(values), per_line)
    ]


@pytest.mark.parametrize("per_line", [5, 8])
def test_an_array_goes_on_line_after_line(per_line: int) -> None:
    found = recording("Start Date: 03/25/24", "Box: 1", "C:", wrapped([*A], per_line))
    np.testing.assert_array_equal(found.values[:, 0], A)


def test_several_arrays_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="a list of several arrays"):
        recording("Box: 1", "C:", wrapped([*A], 5), "D:", wrapped([*B], 5))


def test_rows_behind_their_numbers_stay_rows() -> None:
    found = recording([f"{i}: {a} {b}" for i, (a, b) in enumerate(zip(A, B, strict=True))])
    assert (found.n_samples, found.n_channels) == (N, 2)


def test_records_below_steps_and_cycles_are_refused_by_name() -> None:
    head = ["Cycle ID,Cap_Chg(mAh)", ",Step ID,Step Name", ",,Record ID,Vol(V),Cur(mA)"]
    table = [f",,{i + 1},{a},{b}" for i, (a, b) in enumerate(zip(A, B, strict=True))]
    with pytest.raises(DataError, match="records of these below them"):
        recording(head, "1,10.0", ",1,CC_Chg", table)
