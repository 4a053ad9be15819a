"""Texts of test rigs, instruments of the field, sea and space: names, units, starts, rates."""

import json

import numpy as np
import pandas as pd
import pytest

from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(83)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(RNG.normal(size=N), 3)
PAIRS = [f"{x} {y}" for x, y in zip(LEFT, RIGHT, strict=True)]


@pytest.mark.parametrize("mark", ["", "# "])
@pytest.mark.parametrize(
    "line", ["Channels: Ex Hy", "channels=Ex Hy", "Columns: Ex, Hy", "Signals: Ex\tHy"]
)
def test_names_stand_behind_a_key_and_between_blanks(line: str, mark: str) -> None:
    found = recording(f"{mark}Rate: 100 Hz", f"{mark}{line}", *PAIRS)
    assert (found.channels, found.fs) == (("Ex", "Hy"), 100)
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize("line", ["Notes: none", "Sensor: B", "Place=roof north", "Channels: 2"])
def test_a_line_that_says_something_is_no_row_of_names(line: str) -> None:
    assert recording("Operator: A", line, *PAIRS).channels == ("ch1", "ch2")


@pytest.mark.parametrize("zone", [["ZONE"], ['ZONE T="run", I=60, F=POINT'], ["ZONE", "DT=(X Y )"]])
@pytest.mark.parametrize(
    "names",
    [
        ['VARIABLES = "t (s)", "Cl", "Cd [-]"'],
        ['variables="t (s)" "Cl"', '"Cd [-]"'],
    ],
)
def test_names_of_tecplot_are_read(names: list[str], zone: list[str]) -> None:
    rows = [f"{i / 100:.2f} {pair}" for i, pair in enumerate(PAIRS)]
    found = recording('TITLE = "Run 1"', *names, *zone, *rows)
    assert (found.channels, found.fs) == (("Cl", "Cd [-]"), 100)
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize("mark", ["", "# "])
@pytest.mark.parametrize("names", ["Ex, Hy", "Ex,  Hy"])
def test_commas_divide_names_and_blanks_the_rows(names: str, mark: str) -> None:
    assert recording(f"{mark}{names}", *PAIRS).channels == ("Ex", "Hy")


def test_commas_divide_names_of_several_words_in_a_comment() -> None:
    rows = [f"{i} {pair}" for i, pair in enumerate(PAIRS)]
    found = recording("# Time (s), North shift (mm), East (mm)", *rows)
    assert found.channels == ("North shift (mm)", "East (mm)")
    assert (found.units, found.fs) == (("mm", "mm"), 1)


BANDS = ("25", "31.5", "40")
LEVELS = [f"{x},{y},{x}" for x, y in zip(LEFT, RIGHT, strict=True)]


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%H:%M:%S"])
@pytest.mark.parametrize("above", [[], ["Device,SLM 7"], ["Device: SLM 7", "Weighting,Z"]])
def test_frequencies_name_the_columns_behind_a_time(above: list[str], form: str) -> None:
    rows = [f"{t},{x}" for t, x in zip(stamps(form, 1), LEVELS, strict=True)]
    found = recording(*above, f"Time,{','.join(BANDS)}", *rows)
    assert (found.channels, found.fs) == (BANDS, 1)
    is_read(found, LEFT, RIGHT, LEFT)


def test_frequencies_in_thousands_name_columns_behind_words() -> None:
    rows = [f"{t}\t{x}" for t, x in zip(stamps("%d/%m/%Y %H:%M:%S", 1), LEVELS, strict=True)]
    rows = [row.replace(",", "\t") for row in rows]
    found = recording("Name\tX", "", "Date hh:mm:ss\tLAeq\t500\t1k", *rows)
    assert found.channels == ("ch2", "ch3", "ch4")
    rows = [f"{row}\t{x}" for row, x in zip(rows, RIGHT, strict=True)]
    found = recording("Name\tX", "", "Date hh:mm:ss\tLAeq\t500\t1k\t2k", *rows)
    assert found.channels == ("LAeq", "500", "1k", "2k")


def test_frequencies_in_a_comment_name_the_columns_behind_parts_of_a_date() -> None:
    rows = [
        f"{t} {x}" for t, x in zip(stamps("%Y %m %d %H %M", 3600), map(str, LEVELS), strict=True)
    ]
    found = recording("#YY MM DD hh mm .0200 .0325 .0375", *[row.replace(",", " ") for row in rows])
    assert found.channels == (".0200", ".0325", ".0375")
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


def test_a_first_row_of_a_word_and_values_that_descend_names_nothing() -> None:
    rows = [f"{i},{x}" for i, x in enumerate(LEVELS)]
    assert recording("Time,3.5,1.5,2.5", *rows).channels == ("ch2", "ch3", "ch4")


@pytest.mark.parametrize(("clock", "hour"), [("1200", 12), ("0930", 9.5), ("123000", 12.5)])
def test_the_same_time_in_digits_beside_every_day_belongs_to_it(clock: str, hour: float) -> None:
    days = stamps("%d-%b-%Y", 86400)
    rows = [f"{day},{clock},{x}" for day, x in zip(days, LEFT, strict=True)]
    found = recording("Date,Time,Speed (kn)", *rows)
    start = pd.Timestamp("2024-03-14") + pd.Timedelta(hours=hour)
    assert (found.channels, found.index[0]) == (("Speed (kn)",), start)


@pytest.mark.parametrize("unit", ["hp", "ml/h", "lbf", "sccm", "mTorr", "ksi", "ft/min", "cSt"])
@pytest.mark.parametrize("form", ["Value ({})", "Value [{}]"])
def test_units_of_rigs_and_pumps_are_known(form: str, unit: str) -> None:
    rows = [f"{i},{x}" for i, x in enumerate(LEFT)]
    assert recording(f"Time (s),{form.format(unit)}", *rows).units == (unit,)


@pytest.mark.parametrize("unit", ["mm", "kN", "Nm", "nT", "dB", "ppm", "kg"])
def test_units_stand_behind_an_underscore(unit: str) -> None:
    rows = [f"{i},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording(f"Time (s),Value_{unit},other", *rows)
    assert found.units == (unit, "")


@pytest.mark.parametrize("name", ["Soil moisture 50 mm", "Load cell 5_kN", "mm"])
def test_a_size_behind_a_number_is_no_unit(name: str) -> None:
    rows = [f"{i},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    assert recording(f"Time (s),{name},other", *rows).units is None


def test_a_short_list_in_each_record_of_json_is_a_column_a_number() -> None:
    rows = [
        json.dumps({"t": i / 100, "acc": [x, y, 1.5]})
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(*rows, channels=["acc_1", "acc_2"])
    assert found.fs == 100
    is_read(found, LEFT, RIGHT)
    assert recording(*rows).channels == ("acc_1", "acc_2", "acc_3")


def test_texts_beside_a_list_of_json_name_its_numbers() -> None:
    rows = [
        json.dumps(
            {
                "stamp": {"sec": 1710403200 + i // 50, "nanosec": i % 50 * 20_000_000},
                "name": ["elbow", "wrist"],
                "position": [x, y],
            }
        )
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(*rows)
    assert (found.channels, found.fs) == (("position.elbow", "position.wrist"), 50)
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize("longer", [3, 9])
def test_lists_of_different_lengths_in_records_of_json_are_no_columns(longer: int) -> None:
    rows = [
        json.dumps({"t": i, "a": x, "b": [1.0] * (longer if i % 7 == 0 else 2)})
        for i, x in enumerate(LEFT)
    ]
    assert recording(*rows).channels == ("a",)


def test_units_of_both_axes_above_pairs_are_no_names() -> None:
    rows = [f"{i * 4e-6:.6e},{x}" for i, x in enumerate(LEFT)]
    above = ["Model,A1", "Sample Interval,4.0e-06", "Vertical Units,V", "Horizontal Units,s"]
    found = recording(*above, *rows)
    assert (found.channels, found.units, found.fs) == (("value",), ("V",), 250000)
    is_read(found, LEFT)


@pytest.mark.parametrize("step", [1, 0.25])
@pytest.mark.parametrize("name", ["STIME", "time", "Clock"])
def test_hundredths_of_a_second_stand_behind_the_digits_of_a_date(name: str, step: float) -> None:
    times = [text[:-4] for text in stamps("%Y%m%d%H%M%S%f", step)]
    rows = [f"1,{t},{x}" for t, x in zip(times, LEFT, strict=True)]
    found = recording(f"TRID,{name},SV101", *rows, channels="SV101")
    assert (found.fs, found.index[0]) == (1 / step, pd.Timestamp("2024-03-14 08:00"))


@pytest.mark.parametrize("mean", [0, 20])
def test_nanoseconds_without_a_name_belong_to_the_seconds_before_them(mean: int) -> None:
    rows = [
        f"{1710403200 + i // 50},{i % 50 * 20_000_000},imu,{x}"
        for i, x in enumerate(np.round(RIGHT + mean, 3))
    ]
    found = recording(*rows)
    assert (found.channels, found.fs) == (("value",), 50)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00", tz="UTC")


@pytest.mark.parametrize(
    ("said", "fs"),
    [
        ("400 points of accel data equally spaced at   .005 sec, in cm/sec2", 200),
        ("400 acceleration pts, at equally-spaced intervals of 0.01 sec", 100),
        ("400 acceleration pts, approx 4 secs, units=cm/sec2(04), Format=(8F10.5)", None),
    ],
)
def test_points_of_a_strong_motion_are_counted_above_them(said: str, fs: float | None) -> None:
    samples = np.round(RNG.normal(size=400), 5)
    rows = ["".join(f"{x:10.5f}" for x in row) for row in samples.reshape(-1, 8)]
    found = recording("Corrected acceleration (Format v01.20 with 13 text lines)", said, *rows)
    assert found.fs == fs
    is_read(found, samples)


def test_bands_in_thousands_below_a_blank_name_lose_no_row() -> None:
    rows = [f"{i + 1}\t{t}\t{x}\t{y}\t{x}\t{y}\t" for i, (t, x, y) in enumerate(_LEVELS)]
    found = recording("Project\tX", "", "\tDate hh:mm:ss\tLAeq\t1k\t2k\t4k\t", *rows)
    assert found.channels == ("LAeq", "1k", "2k", "4k")
    is_read(found, LEFT, RIGHT, LEFT, RIGHT)


_LEVELS = [*zip(stamps("%d/%m/%Y %H:%M:%S", 1), LEFT, RIGHT, strict=True)]


@pytest.mark.parametrize("sign", ["|", ",", "\t"])
def test_names_stand_in_the_cells_before_their_values(sign: str) -> None:
    rows = [sign.join((t, "temp", str(x), "press", str(y))) for t, x, y in _LEVELS]
    assert recording(*rows).channels == ("temp", "press")
    lone = [sign.join((t, "temp", str(x), str(y))) for t, x, y in _LEVELS]
    assert recording(*lone).channels == ("ch3", "ch4")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["&&", "0105240318", "01082000.1", "011012.5", "!!"] * 20, "WITS"),
        (["2024-03-18-14:05:00.100,2,127488,0,255,8,00,1b,ff,ff,00,ff,ff,ff"] * 20, "NMEA 2000"),
    ],
)
def test_texts_of_instruments_are_refused_by_name(lines: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        recording(*lines)


def test_a_row_that_begins_with_the_name_of_a_case_is_kept() -> None:
    rows = [f"t{i},{3 * i},{3 * i + 1.5 + x},{3 * i + 9},{x}" for i, x in enumerate(LEFT)]
    assert recording(*rows).n_samples == N


def test_the_unit_of_one_numbered_channel_is_not_that_of_others() -> None:
    rows = [f"{t}\t{x}\t{y}" for t, x, y in _LEVELS]
    above = ["Model=A", "Channel[1].units=mS/cm", ""]
    assert recording(*above, "Time\tCond\tTemp", *rows).units is None
    found = recording(*above, "Time\tChannel 1\tTemp", *rows)
    assert found.units == ("mS/cm", "")
    alone = recording(*above, "Time\tCond", *[f"{t}\t{x}" for t, x, _ in _LEVELS])
    assert alone.units == ("mS/cm",)


def test_a_multiplier_above_the_numbers_is_told_of() -> None:
    rows = [f"{i / 120:.5f}\t{x}" for i, x in enumerate(LEFT)]
    above = ["Interval(msec)\t500", "Intensity Multiplier\t0.001", "R.Time (min)\tIntensity"]
    found = recording(*above, *rows)
    assert any("'Intensity Multiplier' are not applied" in note for note in found.notes)


def test_names_of_settings_above_their_values_are_not_those_of_the_columns() -> None:
    rows = [f"{i + 1}\t{i / 100:.2f}\t{x}\t{y}\t{x}" for i, (_, x, y) in enumerate(_LEVELS)]
    above = ["DataRate\tCameraRate\tNumFrames\tUnits\tOrigin", "100.00\t100.00\t60\tmm\t1"]
    names = ["Frame#\tTime\tHIP\t\t", "\t\tX1\tY1\tZ1"]
    found = recording(*above, *names, *rows)
    assert (found.fs, found.channels) == (100, ("X1", "Y1", "Z1"))
    is_read(found, LEFT, RIGHT, LEFT)
