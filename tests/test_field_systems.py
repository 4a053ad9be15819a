"""Tables of systems in the field: cut decimals, qualities, archives, names beside matrices."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from spectra.datasets import read, read_series
from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(83)
LEFT = np.round(20 + RNG.normal(size=N), 3)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)


def cut(number: float, digits: int) -> str:
    """Return a number with a decimal comma."""
    return f"{number:.{digits}f}".replace(".", ",")


@pytest.mark.parametrize(("values", "digits"), [(LEFT, 3), (RIGHT, 1)])
def test_one_way_to_read_decimal_commas_is_taken(values: np.ndarray, digits: int) -> None:
    rows = [
        f"{t},C,{cut(x, digits)}" for t, x in zip(stamps("%d/%m/%y %H:%M"), values, strict=True)
    ]
    is_read(recording("Mission: 4", "Date/Time,Unit,Value", *rows), values)


def test_decimal_commas_of_several_columns_are_read_in_turn() -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [f"{t},{cut(x, 3)},{cut(y, 1)}" for t, x, y in both]
    found = recording("time,temp,hum", *rows)
    assert found.channels == ("temp", "hum")
    is_read(found, LEFT, RIGHT)


def test_decimal_commas_that_may_cut_one_number_or_another_are_refused() -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [f"{t},{int(x)},{int(y)},{i % 10}" for i, (t, x, y) in enumerate(both)]
    with pytest.raises(DataError, match="cut one number or another"):
        recording("time,a,b", *rows)


@pytest.mark.parametrize("name", ["Valid", "Good"])
def test_a_column_of_valid_values_may_hold_codes_of_opc(name: str) -> None:
    codes = [0 if i % 10 == 4 else 192 for i in range(N)]
    rows = [f"{i},{x},{code}" for i, (x, code) in enumerate(zip(LEFT, codes, strict=True))]
    found = recording(f"time,value,{name}", *rows)
    assert found.channels == ("value",)
    kept = ~found.interpolated
    assert list(np.flatnonzero(~kept)) == [4, 14, 24, 34, 44, 54]
    np.testing.assert_array_equal(found.values[kept, 0], LEFT[kept])


@pytest.mark.parametrize("unit", ["mm", "m", "cm"])
def test_a_row_of_settings_as_wide_as_the_rows_stands_above_names(unit: str) -> None:
    head = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tStart\tOrigNumFrames",
        f"100.00\t100.00\t60\t2\t{unit}\t100.00\t1\t60",
        "Frame#\tTime\tRASI\t\t\tLASI\t\t\t",
        "\t\tX1\tY1\tZ1\tX2\tY2\tZ2",
        "",
    ]
    rows = [
        f"{i + 1}\t{i / 100:.3f}\t{x}\t{y}\t{x}\t{x}\t{y}\t{x}"
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(*head, *rows)
    assert (found.n_samples, found.fs) == (N, 100)
    is_read(found, LEFT, RIGHT, LEFT, LEFT, RIGHT, LEFT)


@pytest.mark.parametrize("sign", [".", ","])
def test_cells_may_stand_in_single_quotes(sign: str) -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [f"'{t}','{x}','{y}'".replace(".", sign) for t, x, y in both]
    found = recording("'time','temp','hum'", *rows)
    assert found.channels == ("temp", "hum")
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize(
    "names",
    [
        np.array(["temp", "hum"], dtype=object),
        np.array([["temp"], ["hum"]], dtype=object),
        ["temp", "hum "],
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_texts_of_matlab_name_the_columns_of_a_matrix(names: object, *, compressed: bool) -> None:
    data = np.column_stack([LEFT, RIGHT])
    for variables in ({"data": data, "labels": names}, {"EEG": {"data": data, "ch_names": names}}):
        file = io.BytesIO()
        savemat(file, variables, do_compression=compressed)
        assert read(io.BytesIO(file.getvalue())).channels == ("temp", "hum")


def test_labels_of_the_elements_of_a_structure_name_the_columns_of_a_matrix() -> None:
    file = io.BytesIO()
    places = np.array([("Fz", 1.0), ("Cz", 2.0)], dtype=[("labels", object), ("X", object)])
    savemat(file, {"EEG": {"data": np.vstack([LEFT, RIGHT]), "srate": 250.0, "chanlocs": places}})
    found = read(io.BytesIO(file.getvalue()))
    assert (found.channels, found.fs) == (("Fz", "Cz"), 250)
    is_read(found, LEFT, RIGHT)


CALLS = ["{}", "/*O_o*/\ngoogle.visualization.Query.setResponse({});", ")]}}'\n{}"]


@pytest.mark.parametrize("call", CALLS)
def test_tables_of_google_charts_have_dates_whose_months_count_from_0(call: str) -> None:
    columns = [{"id": "A", "label": "time", "type": "datetime"}, {"id": "B", "label": "temp"}]
    rows = [
        {"c": [{"v": f"Date(2024,0,31,{i // 60},{i % 60},0)", "f": "x"}, {"v": x, "f": f"{x} K"}]}
        for i, x in enumerate(LEFT)
    ]
    answer = json.dumps({"status": "ok", "table": {"cols": columns, "rows": rows}})
    found = recording(call.format(answer))
    assert (found.channels, found.index[0]) == (("temp",), pd.Timestamp("2024-01-31"))
    assert found.fs == pytest.approx(1 / 60)
    is_read(found, LEFT)


@pytest.mark.parametrize("other", ["README.txt", "docs/LICENSE", "Metadaten_Geraet.txt", "a.pdf"])
def test_what_says_what_the_only_file_of_an_archive_holds_is_left_out(other: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(other, "1;2\n3;4\n")
        archive.writestr("__MACOSX/._data.csv", b"\0")
        archive.writestr(
            "data.csv", "\n".join(["time,a", *[f"{i},{x}" for i, x in enumerate(LEFT)]])
        )
    is_read(read(io.BytesIO(file.getvalue())), LEFT)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("b.csv", "time,a\n1,2\n2,3\n")
    with pytest.raises(DataError, match="zip archive"):
        read(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("name", ["Frequency (Hz)", "freq", "Frequenz [Hz]"])
def test_a_spectrum_beside_its_frequencies_is_no_signal(name: str) -> None:
    half = N // 2
    rows = [
        f"{i / 100:.2f},{x},{2 * i},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    rows = [
        row if i < half else ",".join([*row.split(",")[:2], "", ""]) for i, row in enumerate(rows)
    ]
    found = recording(f"Time (s),wave,{name},power", *rows)
    assert (found.channels, found.fs) == (("wave",), 100)
    assert any("which is no time: left out" in note for note in found.notes)
    swept = recording(f"Time (s),{name},power", *[f"{i},{2 * i},{x}" for i, x in enumerate(LEFT)])
    assert swept.channels == ("power",)


@pytest.mark.parametrize("title", ["Channel {}", "Sensor #{}", "[Channel {}]"])
def test_a_block_of_another_number_is_refused(title: str) -> None:
    blocks = [[title.format(number), "fs=2560", *map(str, LEFT)] for number in (1, 2)]
    with pytest.raises(DataError, match="another signal begins"):
        recording(*blocks[0], *blocks[1])


@pytest.mark.parametrize("name", ["SepsisLabel", "isAnomaly", "attack_label", "Fault Label"])
def test_labels_are_found_behind_another_word(name: str) -> None:
    label = (np.arange(N) > 50).astype(int)
    rows = [f"{x},{y}" for x, y in zip(LEFT, label, strict=True)]
    found = recording(f"HR,{name}", *rows)
    assert found.channels == ("HR",)
    assert found.labels is not None
    np.testing.assert_array_equal(found.labels, label)
    kept = recording(f"HR,{name}", *[f"{x},{y}.5" for x, y in zip(LEFT, label, strict=True)])
    assert len(kept.channels) == 2


def test_samples_of_frames_of_motion_have_the_rate_above_their_names() -> None:
    head = ["Devices", "1000", "Frame,Sub Frame,EMG1,EMG2", ",,V,V"]
    rows = [
        f"{1 + i // 10},{i % 10},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(*head, *rows)
    assert (found.channels, found.units, found.fs) == (("EMG1", "EMG2"), ("V", "V"), 1000)
    is_read(found, LEFT, RIGHT)


def test_start_and_step_of_spike2_give_the_rate() -> None:
    head = ['"CHANNEL"\t"1"', '"Waveform"', '"ECG"', '"mV"', '"START"\t0.00000\t0.00100']
    assert recording(*head, *map(str, LEFT)).fs == 1000


@pytest.mark.parametrize("per_line", [6, 10])
def test_a_waveform_of_gse_goes_on_line_after_line(per_line: int) -> None:
    whole = np.rint(100 * LEFT).astype(int)
    head = "WID2 2024/03/14 08:00:00.000 STA   BHZ      INT       60   20.000000   1.00e+00   1.000"
    lines = [" ".join(map(str, whole[i : i + per_line])) for i in range(0, N, per_line)]
    found = recording(
        head, "STA2           48.0    11.0 WGS-84   0.5 0.0", "DAT2", *lines, "CHK2 1"
    )
    assert (found.fs, found.index[0]) == (20, pd.Timestamp("2024-03-14 08:00"))
    is_read(found, whole)
    with pytest.raises(DataError, match="compressed waveform of GSE"):
        recording(head.replace("INT", "CM6"), "DAT2", "KLcDa+F2", "KLcDa+F3", "CHK2 1")


def test_values_that_the_agency_calls_not_valid_are_missing() -> None:
    codes = [(-1, -99)[i % 2] if i in (4, 5) else 1 + i % 3 for i in range(N)]
    rows = [f"{i},5,{x},{code},1" for i, (x, code) in enumerate(zip(LEFT, codes, strict=True))]
    found = recording("time,Pollutant,Value,Validity,Verification", *rows)
    assert found.channels == ("Value",)
    assert list(np.flatnonzero(found.interpolated)) == [4, 5]


@pytest.mark.parametrize("name", ["sensor_index", "Sub Frame"])
def test_an_index_of_one_sensor_is_no_channel(name: str) -> None:
    rows = [f"{i},12345,{x}" for i, x in enumerate(LEFT)]
    assert recording(f"time,{name},temperature", *rows).channels == ("temperature",)


@pytest.mark.parametrize(("name", "hour"), [("Hour", "{}"), ("OPR_HR", "HE{:02d}"), ("h", "HE {}")])
def test_hours_of_several_days_from_1_to_24_begin_at_one_less(name: str, hour: str) -> None:
    days = stamps("%m/%d/%Y", 3600, "2024-03-01")
    rows = [
        f"{day},{hour.format(i % 24 + 1)},{x}"
        for i, (day, x) in enumerate(zip(days, LEFT, strict=True))
    ]
    found = recording(f"Date,{name},load", *rows)
    assert (found.channels, found.index[0]) == (("load",), pd.Timestamp("2024-03-01"))
    assert found.fs == pytest.approx(1 / 3600)
    is_read(found, LEFT)


@pytest.mark.parametrize(
    ("form", "step"),
    [("%d/%m/%y %H", 3600), ("%d.%m.%Y %Hh", 3600), ("%Y%m%d %H%M%S%f", 0.25)],
)
def test_hours_alone_and_digits_to_milliseconds_are_times(form: str, step: float) -> None:
    times = [t[:-3] if "%f" in form else t for t in stamps(form, step, "2024-03-14")]
    found = recording("time,x", *[f"{t},{x}" for t, x in zip(times, LEFT, strict=True)])
    assert (found.index[0], found.fs) == (pd.Timestamp("2024-03-14"), pytest.approx(1 / step))
    is_read(found, LEFT)


def test_labels_of_parts_of_a_plant_are_no_channels() -> None:
    rows = [f"{i},{x},{int(i > 50)},{int(i > 55)}" for i, x in enumerate(LEFT)]
    found = recording("time,FT01,attack,attack_P1", *rows)
    assert found.channels == ("FT01",)
    np.testing.assert_array_equal(found.labels, np.arange(N) > 50)
    assert recording("time,FT01,x,attack_P1", *rows).channels == ("FT01", "x", "attack_P1")


def test_the_rest_of_a_second_of_zabbix_is_no_channel() -> None:
    parts = RNG.integers(0, 10**9, N)
    rows = [
        f"23296 {1710403200 + 60 * i} {x} {ns}"
        for i, (x, ns) in enumerate(zip(LEFT, parts, strict=True))
    ]
    found = recording("itemid clock value ns", *rows)
    assert (found.channels, found.fs) == (("value",), pytest.approx(1 / 60))
    is_read(found, LEFT)


@pytest.mark.parametrize(
    "halves", [("πμ", "μμ"), ("ÖÖ", "ÖS"), ("de.", "du."), ("SA", "CH"), ("v.m.", "n.m.")]
)
@pytest.mark.parametrize("between", [" ", ";"])
def test_halves_of_the_day_of_any_language_stand_behind_clocks(
    halves: tuple[str, str], between: str
) -> None:
    days = pd.date_range("2024-03-14 08:00", periods=N, freq="15min")
    rows = [
        f"{t:%d/%m/%Y}{between}{(t.hour - 1) % 12 + 1}:{t:%M:%S} {halves[t.hour > 11]};{x}"
        for t, x in zip(days, LEFT, strict=True)
    ]
    found = recording("Date;Time;x" if between == ";" else "Time;x", *rows)
    assert (found.index[0], found.fs) == (days[0], pytest.approx(1 / 900))
    is_read(found, LEFT)


@pytest.mark.parametrize("half", ["πμ", "a. m."])
def test_the_day_comes_first_where_halves_of_the_day_are_not_english(half: str) -> None:
    rows = [f"0{1 + i}/03/2024 8:00:00 {half};{x}" for i, x in enumerate(LEFT[:9])]
    assert recording("Time;x", *rows).index[-1] == pd.Timestamp("2024-03-09 08:00")


@pytest.mark.parametrize("zone", ["Central European Time", "(Pacific Daylight Time)", "local"])
def test_words_for_a_zone_behind_times_are_left_out(zone: str) -> None:
    rows = [f"{t} {zone},{x}" for t, x in zip(stamps("%Y-%m-%d %H:%M:%S"), LEFT, strict=True)]
    found = recording("Time,x", *rows)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")
    assert any("is left out" in note for note in found.notes) == (zone != "local")
    universal = [row.replace(zone, "Coordinated Universal Time") for row in rows]
    assert recording("Time,x", *universal).index[0] == pd.Timestamp("2024-03-14 08:00", tz="UTC")


@pytest.mark.parametrize("name", ["Checksum", "CRC16", "crc", "msg_checksum", "Chk Sum"])
@pytest.mark.parametrize("form", ["{}", "0x{:04X}"])
def test_a_checksum_is_no_channel(name: str, form: str) -> None:
    rows = [f"{i},{x},{form.format(i * 7919 % 256)}" for i, x in enumerate(LEFT)]
    found = recording(f"time,level,{name}", *rows)
    assert found.channels == ("level",)
    assert any("checks that rows" in note for note in found.notes)


@pytest.mark.parametrize("sign", [" ", "\u202f", "'"])
def test_only_one_sign_stands_between_thousands(sign: str) -> None:
    whole = 1000 + LEFT
    rows = [f"{i};{x:,.3f}".replace(",", sign).replace(".", ",") for i, x in enumerate(whole)]
    np.testing.assert_allclose(recording("t [s];x", *rows).values[:, 0], whole, rtol=1e-12)


@pytest.mark.parametrize(("first", "second"), [("V", "mV"), ("°C", "°F")])
def test_a_unit_that_changes_from_row_to_row_is_refused(first: str, second: str) -> None:
    rows = [f"{i},{x},{second if i > 40 else first}" for i, x in enumerate(LEFT)]
    with pytest.raises(DataError, match="line 43, column 'unit': the unit changes from"):
        recording("time,value,unit", *rows)
    is_read(recording("time,value,unit", *rows, series="none"), LEFT)


@pytest.mark.parametrize("name", ["time,,value", "time,ch,value", ""])
def test_numbers_that_are_the_same_at_each_instant_tell_series_apart(name: str) -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [line for t, x, y in both for line in (f"{t},1,{x}", f"{t},2,{y}")]
    text = "\n".join([*filter(None, [name]), *rows])
    found = read_series(io.BytesIO(text.encode()))
    assert list(found) == ["1", "2"]
    is_read(found["1"], LEFT)
    is_read(found["2"], RIGHT)


def test_a_list_of_numbers_in_one_line_keeps_its_first_and_last() -> None:
    is_read(recording(json.dumps(LEFT.tolist())), LEFT)
    is_read(recording(json.dumps(LEFT.tolist(), indent=1)), LEFT)


def test_what_python_prints_is_read() -> None:
    rows = [{"t": i, "x": float(x), "ok": None} for i, x in enumerate(LEFT)]
    is_read(recording(*map(str, rows)), LEFT)
    is_read(recording(str(rows)), LEFT)
    is_read(recording(str(np.column_stack([LEFT, RIGHT]))), LEFT, RIGHT)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Normal/Attack", "Normal", "A ttack"),
        ("label", "ok", "fault"),
        ("Label", "BENIGN", "Attack"),
    ],
)
def test_labels_may_be_words(name: str, good: str, bad: str) -> None:
    rows = [f"{i},{x},{bad if i > 50 else good}" for i, x in enumerate(LEFT)]
    found = recording(f"time,level,{name}", *rows)
    np.testing.assert_array_equal(found.labels, np.arange(N) > 50)
    named = recording("time,level,remark", *rows, label="remark")
    np.testing.assert_array_equal(named.labels, np.arange(N) > 50)
    assert recording("time,level,remark", *rows).labels is None


def test_a_part_of_a_plant_in_every_row_is_no_number() -> None:
    rows = [f"{t},NE1/Cell=1,{x}" for t, x in zip(stamps("%Y-%m-%d %H:%M"), LEFT, strict=True)]
    assert recording("Time,Object Name,load", *rows).channels == ("load",)


@pytest.mark.parametrize("title", ["[Data]", "[values]", "[Messwerte]"])
def test_a_title_above_the_data_is_no_name(title: str) -> None:
    assert recording("Lead=II", "SampleRate=500", title, *map(str, LEFT)).channels == ("value",)


def test_the_time_of_a_light_curve_is_in_days() -> None:
    rows = [f"{1625 + i / 50:.8f},{i},{x}" for i, x in enumerate(LEFT)]
    assert recording("TIME,CADENCENO,SAP_FLUX", *rows).fs == pytest.approx(50 / 86400)


def test_whole_numbers_may_stand_without_a_decimal_comma() -> None:
    values = np.where(np.arange(N) % 7 == 0, np.rint(RIGHT), RIGHT)
    texts = [cut(x, 1) if x % 1 else f"{x:.0f}" for x in values]
    rows = [f"{t},{x}" for t, x in zip(stamps("%Y-%m-%d %H:%M"), texts, strict=True)]
    is_read(recording("time,hum", *rows), values)
    both = [f"{row},{cut(x, 3)}" for row, x in zip(rows, LEFT, strict=True)]
    with pytest.raises(DataError, match="cut one number or another"):
        recording("time,hum,temp", *both)


def test_zeros_behind_commas_tell_fractions_without_names() -> None:
    both = zip(stamps("%Y-%m-%d %H:%M:%S"), LEFT, RIGHT, strict=True)
    rows = [f"{t},{cut(x, 3)},{cut(y + 0.014, 3)}" for t, x, y in both]
    np.testing.assert_allclose(recording(*rows).values, np.column_stack([LEFT, RIGHT + 0.014]))
    assert recording(*[f"{t},{i},{i % 5 + 3}" for i, t in enumerate(stamps("%F %T"))]).channels


def test_a_column_of_the_25th_hour_may_be_empty() -> None:
    names = ",".join(f"HE{hour}" for hour in range(1, 26))
    rows = [
        f"2024-03-{day:02d},{','.join(str(100 * day + hour) for hour in range(24))},"
        for day in range(1, 11)
    ]
    found = recording(f"Date,{names}", *rows)
    assert (found.n_samples, found.fs) == (240, pytest.approx(1 / 3600))
    is_read(found, np.array([100 * day + hour for day in range(1, 11) for hour in range(24)]))


@pytest.mark.parametrize("word", ["Error", "OL", "---"])
def test_a_word_in_place_of_the_first_value_is_no_name(word: str) -> None:
    assert recording("temp", word, *map(str, LEFT)).channels == ("temp",)


@pytest.mark.parametrize(("names", "units"), [("WVHT", "m"), ("WDIR WSPD", "degT m/s")])
def test_units_below_the_names_of_buoys_are_no_names(names: str, units: str) -> None:
    both = zip(stamps("%Y %m %d %H %M"), LEFT, RIGHT, strict=True)
    rows = [" ".join([t, *map(str, (x, y))][: 1 + len(names.split())]) for t, x, y in both]
    head = [f"#YY  MM DD hh mm {names}", f"#yr  mo dy hr mn {units}"]
    assert recording(*head, *rows).channels == tuple(names.split())


@pytest.mark.parametrize("key", ["scale", "Gain:", "Scaling factor", "Faktor"])
def test_factors_above_the_data_are_told_of(key: str) -> None:
    rows = [f"{i},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording("time,a,b", f"{key},0.1,0.01", *rows)
    assert any("not applied" in note for note in found.notes)
    is_read(found, LEFT, RIGHT)
    plain = recording("time,a,b", f"{key},1,1", *rows)
    assert not any("not applied" in note for note in plain.notes)


@pytest.mark.parametrize("sign", [",", ";"])
def test_more_names_than_fields_are_told_of(sign: str) -> None:
    rows = [sign.join(map(str, row)) for row in zip(range(N), LEFT, RIGHT, strict=True)]
    told = "header has 4 names and most rows have 3 fields"
    found = recording(sign.join(["time", "T", " upper", "hum"]), *rows)
    assert any(told in note for note in found.notes)
    assert not any(told in note for note in recording(f"time{sign}T{sign}hum", *rows).notes)
