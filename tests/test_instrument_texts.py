"""Texts of instruments and services: marks, numbers for missing values, addresses, names, units."""

import numpy as np
import pandas as pd
import pytest

from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(61)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(RNG.normal(size=N), 3)


@pytest.mark.parametrize("sign", [".", ","])
def test_a_letter_behind_numbers_below_1_is_a_mark(sign: str) -> None:
    rows = [
        f"{t}\t{x:.3f}{'M' if i % 7 == 4 else ''}"
        for i, (t, x) in enumerate(zip(stamps("%Y-%m-%d %H:%M"), RIGHT, strict=True))
    ]
    is_read(recording("time\tresidual", *[row.replace(".", sign) for row in rows]), RIGHT)


@pytest.mark.parametrize("factor", ["K", "M"])
def test_a_letter_behind_shorter_numbers_is_a_factor(factor: str) -> None:
    scale = {"K": 1e3, "M": 1e6}[factor]
    rows = [f"{i},{1.5}{factor}" if i % 7 == 4 else f"{i},{100 + i}" for i in range(N)]
    expected = [1.5 * scale if i % 7 == 4 else 100 + i for i in range(N)]
    is_read(recording("time,bytes", *rows), np.array(expected))


@pytest.mark.parametrize("other", [True, False])
def test_a_number_for_missing_values_has_most_rows_where_others_say_so(*, other: bool) -> None:
    rare = [7 + i % 5 if i % 3 == 0 else -9999 for i in range(N)]
    last = [-9999 if other else 3 + i % 2 for i in range(N)]
    rows = [f"{i},{x},{y},{z}" for i, (x, y, z) in enumerate(zip(LEFT, rare, last, strict=True))]
    found = recording("time,a,rare,last", *rows)
    assert np.nanmin(found.values[:, 1]) == (7 if other else -9999)


@pytest.mark.parametrize("instance", ["host:9100", "10.0.0.1:9100"])
def test_the_port_of_a_machine_is_no_measurement(instance: str) -> None:
    first = 1710403200
    rows = [f"load,{first + 15 * i},{x},{instance}" for i, x in enumerate(LEFT)]
    found = recording("name,timestamp,value,instance", *rows)
    assert (found.channels, found.index[0]) == (("value",), pd.Timestamp(first, unit="s", tz="UTC"))
    is_read(found, LEFT)


@pytest.mark.parametrize(("marks", "scale"), [("NT", 1.0), ("k", 40.0), ("K", 40.0)])
def test_a_letter_behind_numbers_printed_alike_is_a_mark(marks: str, scale: float) -> None:
    numbers = np.round(RIGHT if scale == 1 else scale + RIGHT, 3)
    texts = [
        f"{x:.3f}{marks[i % len(marks)] if i % 8 in (3, 4) else ''}" for i, x in enumerate(numbers)
    ]
    is_read(recording("time,level", *[f"{i},{x}" for i, x in enumerate(texts)]), numbers)


@pytest.mark.parametrize("unit", ["min", "[min]"])
def test_a_clock_whose_unit_is_minutes_begins_with_them(unit: str) -> None:
    rows = [f"{10 * i // 60:02d}:{10 * i % 60:02d};{x}" for i, x in enumerate(LEFT)]
    assert recording("Zeit;x", f"{unit};1/min", *rows).fs == pytest.approx(0.1)
    assert recording(f"Zeit {unit};x", *rows).fs == pytest.approx(0.1)
    assert recording("Zeit [h:min];x", *rows).fs == pytest.approx(1 / 600)


def test_performance_data_of_nagios_are_named() -> None:
    rows = [
        f"{1710403200 + i}\thost\tload1={x};5;10;0; load5={x};4;6;0;" for i, x in enumerate(LEFT)
    ]
    with pytest.raises(DataError, match="performance data of Nagios"):
        recording(*rows)


@pytest.mark.parametrize("name", ["Date", "TIME_PERIOD", "Datum"])
def test_whole_numbers_below_a_date_are_years(name: str) -> None:
    found = recording(f"{name},x", *[f"{1960 + i},{x}" for i, x in enumerate(LEFT)])
    assert (found.index[0], found.index[-1]) == (pd.Timestamp("1960"), pd.Timestamp("2019"))
    is_read(found, LEFT)


def test_units_stand_in_turn_with_names_below_the_number_of_channels() -> None:
    head = ["test.acq", "5 msec/sample", "2 channels", "ECG (.5 - 35 Hz)", "mV", "EDA", "µS"]
    rows = [
        f"{0.3 * i / 3600:.9f}\t{x}\t{y}\t"
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(*head, "min\tCH1\tCH2\t", f"\t{N}\t{N}\t", *rows)
    assert (found.channels, found.units) == (("CH1", "CH2"), ("mV", "µS"))
    assert found.fs == 200
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize("key", ["Signal ID", "Signal name", "Channel label"])
def test_the_name_and_the_unit_of_one_channel_stand_behind_keys(key: str) -> None:
    rows = [f"{t};{x}" for t, x in zip(stamps("%d.%m.%Y %H:%M:%S,000", 4), LEFT, strict=True)]
    found = recording(f"{key}: SPO2", "Start Time: 14.03.2024 08:00:00", "Unit: %", *rows)
    assert (found.channels, found.units, found.fs) == (("SPO2",), ("%",), 0.25)


def test_sections_of_channels_name_them() -> None:
    head = [
        line for one in ("PRESSURE", "LEVEL") for line in ("[Channel]", f"Identification ={one}")
    ]
    rows = [
        f"{t}  {x:8.2f} {y:8.3f}"
        for t, x, y in zip(stamps("%Y/%m/%d %H:%M:%S.0"), LEFT, RIGHT, strict=True)
    ]
    found = recording(*head, "[Data]", str(N), *rows, "END OF DATA FILE")
    assert found.channels == ("PRESSURE", "LEVEL")
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_names_with_signs_between_them_stand_behind_a_key(sign: str) -> None:
    rows = [f"{x}\t{y}" for x, y in zip(LEFT, RIGHT, strict=True)]
    found = recording("SamplingFreq=256", f"ChannelNames=Fp1-Ref{sign}Fp2-Ref", "Unit=uV", *rows)
    assert (found.channels, found.units) == (("Fp1-Ref", "Fp2-Ref"), ("uV", "uV"))
    assert found.fs == 256


def test_a_number_of_counts_may_be_the_first_unit() -> None:
    rows = [
        f"\t{i}\t{i * 0.5:g}\t{x}\t{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording("CURVE\tTABLE\t60", "\tPt\tT\tVf\tIm", "\t#\ts\tV vs. Ref.\tA", *rows)
    assert (found.channels, found.units) == (("Vf", "Im"), ("V vs. Ref.", "A"))
    assert found.fs == 2


def test_an_underscore_stands_between_date_and_time_of_a_log() -> None:
    rows = [
        f"{t} Room temperature: {x}" for t, x in zip(stamps("%Y-%m-%d_%H:%M:%S"), LEFT, strict=True)
    ]
    found = recording(*rows)
    assert (found.channels, found.index[0]) == (
        ("Room temperature",),
        pd.Timestamp("2024-03-14 08:00"),
    )
    is_read(found, LEFT)


def test_a_unit_of_one_channel_may_be_a_word() -> None:
    found = recording("Sample Rate: 300 Hz", "Lead I", "microvolts", *map(str, LEFT))
    assert (found.channels, found.units, found.fs) == (("Lead I",), ("microvolts",), 300)


def test_units_stand_in_turn_with_names_above_rows_without_a_time() -> None:
    head = ["test.acq", "5 msec/sample", "2 channels", "ECG", "mV", "EDA", "µS"]
    rows = [f"{x}\t{y}\t" for x, y in zip(LEFT, RIGHT, strict=True)]
    found = recording(*head, *rows)
    assert (found.units, found.fs) == (("mV", "µS"), 200)
    is_read(found, LEFT, RIGHT)
