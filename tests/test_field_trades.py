"""Exports of meters, rigs and loggers of several trades are read with their times and names."""

import numpy as np
import pandas as pd
import pytest

from field_lines import recording, rows
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(61)
A = np.round(20 + RNG.normal(size=N), 2)
B = np.round(50 + 5 * RNG.normal(size=N), 2)
START = pd.Timestamp("2024-03-05 06:00")


def stamps(step: str, form: str, start: pd.Timestamp = START) -> list[str]:
    return [f"{one:{form}}" for one in pd.date_range(start, periods=N, freq=step)]


@pytest.mark.parametrize("minutes", [15, 5, 1])
def test_day_numbers_are_the_time_whatever_they_are_called(minutes: int) -> None:
    days = [f"{45356.25 + i * minutes / 1440:.8f}" for i in range(N)]
    found = recording("Timepoint,SG", rows(days, A))
    assert found.channels == ("SG",)
    assert found.fs == pytest.approx(1 / (60 * minutes))
    assert found.index[0] == START


@pytest.mark.parametrize("step", [0.05, 0.125, 0.5, 1.0])
def test_a_ramp_of_round_steps_is_no_day_number(step: float) -> None:
    found = recording("Position,SG", rows([f"{45356 + i * step:g}" for i in range(N)], A))
    assert found.fs is None


@pytest.mark.parametrize("days", [4, 30])
@pytest.mark.parametrize("step", [30, 60])
def test_a_day_a_row_may_stand_behind_the_number_of_its_meter(days: int, step: int) -> None:
    clocks = [f"{i * step // 60:02d}:{i * step % 60:02d}" for i in range(1440 // step)]
    values = np.round(RNG.uniform(0.1, 0.5, (days, len(clocks))), 3)
    dates = [f"{one:%d/%m/%Y}" for one in pd.date_range("2024-03-15", periods=days)]
    table = [
        f"1012345678901,{day},{','.join(map(str, row))}"
        for day, row in zip(dates, values, strict=True)
    ]
    found = recording(f"MPAN,Date,{','.join(clocks)}", table)
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.index[0] == pd.Timestamp("2024-03-15")


def test_keys_with_their_values_are_no_names_of_two_columns() -> None:
    keys = ["Title,Reading", "Date,05-03-2024", "X Size,60", "X Unit,s", "Y Unit,V", ""]
    found = recording(keys, rows([f"{i * 0.5:.2f}" for i in range(N)], A))
    assert found.fs == 2
    np.testing.assert_array_equal(found.values[:, 0], A)


@pytest.mark.parametrize("zero", ["0", "000", "0.0"])
@pytest.mark.parametrize("name", ["sec", "ms"])
def test_no_seconds_behind_a_time_are_no_channel(name: str, zero: str) -> None:
    clocks = stamps("2s", "%H:%M:%S")
    dates = stamps("2s", "%Y/%m/%d")
    found = recording(f"Date,Time,{name},CH1,CH2", rows(dates, clocks, [zero] * N, A, B))
    assert found.channels == ("CH1", "CH2")
    assert found.fs == 0.5


@pytest.mark.parametrize("form", ["%d/%m/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"])
def test_a_start_tells_the_day_from_the_month(form: str) -> None:
    head = ["Mission Start:  Tue Mar 05 06:00:00 CET 2024", "Date/Time,Unit,Value"]
    found = recording(head, rows(stamps("10min", form), ["C"] * N, A))
    assert found.index[0] == START
    assert not any("--dates" in note for note in found.notes)


@pytest.mark.parametrize("head", ["# Time\ttotal_x total_y", "# Time        total_x  total_y"])
def test_vectors_in_parentheses_are_columns(head: str) -> None:
    table = [f"{i * 0.002:.3f}\t({a} {b})" for i, (a, b) in enumerate(zip(A, B, strict=True))]
    found = recording("# Forces", "# CofR : (0 0 0)", head, table)
    assert found.channels == ("total_x", "total_y")
    assert found.fs == pytest.approx(500)
    np.testing.assert_array_equal(found.values, np.column_stack([A, B]))


def test_milliseconds_of_the_day_are_a_time() -> None:
    found = recording("ms_today;voltage", rows([21600000 + 100 * i for i in range(N)], A, mark=";"))
    assert found.channels == ("voltage",)
    assert found.fs == pytest.approx(10)


def test_rain_of_today_is_no_time() -> None:
    found = recording("rain_today,temp", rows([f"{0.2 * i:.1f}" for i in range(N)], A))
    assert found.fs is None


@pytest.mark.parametrize("start", ["2024-03-05 06:00", "2024-03-05 10:05:30", "2024-03-05 23:58"])
def test_clocks_may_have_points(start: str) -> None:
    clocks = stamps("20s", "%H.%M.%S", pd.Timestamp(start))
    found = recording("Zeit;Moment %", rows(clocks, A, mark=";"))
    assert found.fs == pytest.approx(1 / 20)
    assert found.index[1] - found.index[0] == pd.Timedelta(seconds=20)


def test_dates_of_two_digits_are_no_clocks() -> None:
    days = stamps("1D", "%d.%m.%y", pd.Timestamp("2024-03-01"))
    assert recording("Zeit;Moment %", rows(days, A, mark=";")).fs == pytest.approx(1 / 86400)


def test_minutes_without_a_name_fit_the_rate_of_the_file() -> None:
    minutes = [f"{i * 0.1 / 60:.4f}" for i in range(N)]
    found = recording("Rate : 10.0 per sec.", "Chromatogram:", "", rows(minutes, A, mark="\t"))
    assert found.fs == 10
    assert any("in minutes" in note for note in found.notes)


@pytest.mark.parametrize("name", ["Måleenhed", "Yksikkö", "Jednostka"])
def test_units_stand_in_a_column_of_other_languages(name: str) -> None:
    found = recording(
        f"Time;Mængde;{name}", rows(stamps("1h", "%Y-%m-%d %H:%M"), A, ["kWh"] * N, mark=";")
    )
    assert found.units == ("kWh",)


@pytest.mark.parametrize("missing", ["99999.00", "9999"])
def test_nines_throughout_stand_for_missing_values(missing: str) -> None:
    found = recording("Time,X,F", rows(stamps("1min", "%Y-%m-%d %H:%M"), A, [missing] * N))
    assert found.channels == ("X",)


def test_the_record_of_a_flight_is_named() -> None:
    fixes = [
        f"B{one}4730{i:03d}N00830{i:03d}EA0{1000 + i}0{1010 + i}"
        for i, one in enumerate(stamps("1s", "%H%M%S"))
    ]
    with pytest.raises(DataError, match="the record of a flight"):
        recording("AXXX001", "HFDTE150324", fixes)


@pytest.mark.parametrize(
    ("line", "fs"),
    [("Samples/min: 30", 0.5), ("Samples per minute: 30", 0.5), ("Readings per hour,4", 4 / 3600)],
)
def test_a_rate_may_be_a_count_in_a_longer_time(line: str, fs: float) -> None:
    assert recording(line, "Level (mm)", list(map(str, A))).fs == pytest.approx(fs)


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [("hour,minute", 300, 60), ("h,m", 1800, 60), ("min,sec", 7, 1), ("Minutes,Seconds", 20, 1)],
)
def test_two_parts_of_a_time_are_one(names: str, first: int, second: int) -> None:
    counts = [i * first // second for i in range(N)]
    table = rows([i // 60 % 24 for i in counts], [i % 60 for i in counts], A, B)
    found = recording(f"{names},T,RH", table)
    assert found.channels == ("T", "RH")
    assert found.fs == pytest.approx(1 / first)


@pytest.mark.parametrize("names", ["Hour,Minute", "Hour,Min,Sec"])
@pytest.mark.parametrize("step", ["20s", "300s"])
def test_parts_of_a_time_are_added_to_the_date(names: str, step: str) -> None:
    start = pd.Timestamp("2024-03-14 23:30")
    step = "300s" if names == "Hour,Minute" else step
    parts = [stamps(step, f"%{one}", start) for one in "HMS"[: names.count(",") + 1]]
    dates = stamps(step, "%Y-%m-%d", start)
    found = recording(f"Date,{names},flow", rows(dates, *parts, A))
    assert found.channels == ("flow",)
    assert found.index[0] == start
    assert found.fs == pytest.approx(1 / pd.Timedelta(step).total_seconds())


def test_days_with_fractions_are_a_time() -> None:
    found = recording("Day,Weight", rows([f"{1 + i / 24:.6f}" for i in range(N)], A))
    assert found.channels == ("Weight",)
    assert found.fs == pytest.approx(1 / 3600, rel=1e-4)


def test_names_one_blank_apart_stand_above_a_value_each() -> None:
    table = [
        f"240315   {6 + i // 12:02d}{i * 5 % 60:02d}  {a:5.2f} {b:3.0f}"
        for i, (a, b) in enumerate(zip(A, B, strict=True))
    ]
    found = recording("DATE     TIME  TEMP HUM", table)
    assert found.channels == ("TEMP", "HUM")
    np.testing.assert_array_equal(found.values[:, 0], A)


def test_the_address_of_a_device_is_no_channel() -> None:
    times = stamps("1s", "%Y-%m-%d %H:%M:%S")
    assert recording("Time,Slave,Reg 1", rows(times, [1] * N, A)).channels == ("Reg 1",)


@pytest.mark.parametrize(
    "form",
    [
        "%d/%m/%Y - %H:%M:%S",
        "%H:%M %d.%m.%y",
        "%Y %m %d %H %M",
        "%Y.%j.%H.%M.%S",
        "%d.%m.%Y - %H:%M",
    ],
)
def test_instants_are_written_with_other_signs_between_their_parts(form: str) -> None:
    start = pd.Timestamp("2024-03-15 06:00")
    found = recording("Zeitstempel;A", rows(stamps("1min", form, start), A, mark=";"))
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0] == start


@pytest.mark.parametrize("start", ["2024-03-15 06:00", "2024-03-15 09:45", "2024-03-15 00:10"])
def test_a_zero_before_digits_tells_times_of_day(start: str) -> None:
    clocks = stamps("15min", "%H%M", pd.Timestamp(start))
    found = recording("Time;A", rows(clocks, A, mark=";"))
    assert found.fs == pytest.approx(1 / 900)
    assert found.index[0] == pd.Timedelta(start[11:] + ":00")


@pytest.mark.parametrize("count", [N, 3 * N])
def test_a_zero_before_digits_tells_no_count(count: int) -> None:
    found = recording(
        "Time;A", rows([f"{i:04d}" for i in range(count)], [*A, *A, *A][:count], mark=";")
    )
    assert found.fs == 1


@pytest.mark.parametrize("name", ["rain (mm)", "Rain mm", "PRECIPITAÇÃO, HORÁRIO (mm)", "Min diff"])
def test_rain_in_mm_is_no_minute(name: str) -> None:
    times = stamps("1h", "%Y-%m-%d %H:%M")
    found = recording(f"Time;Temp;{name}", rows(times, A, [0] * N, mark=";"))
    assert found.channels == ("Temp", name)


@pytest.mark.parametrize("name", ["minute", "MM", "min", "Time mm"])
def test_minutes_beside_a_date_are_a_part_of_it(name: str) -> None:
    times = stamps("1h", "%Y-%m-%d %H:%M")
    found = recording(f"Time;Temp;{name}", rows(times, A, [0] * N, mark=";"))
    assert found.channels == ("Temp",)


def test_the_number_of_a_station_is_no_channel() -> None:
    times = stamps("10min", "%Y-%m-%dT%H:%M:%SZ")
    table = rows(times, [2135] * N, ["m3/s"] * N, A, mark=";")
    found = recording("Zeitstempel;Stationsnummer;Einheit;Wert", table)
    assert found.channels == ("Wert",)
    assert found.units == ("m3/s",)


@pytest.mark.parametrize("mark", ["\t", ";"])
@pytest.mark.parametrize("footer", ["End of data", "Report of plant"])
def test_the_words_of_a_footer_divide_no_rows(mark: str, footer: str) -> None:
    comma = [f"{a:.2f}".replace(".", ",") for a in A]
    times = [f"{i * 0.25:g}".replace(".", ",") for i in range(40)]
    table = [mark.join(row) for row in zip(map(str, range(1, 41)), times, comma, strict=False)]
    found = recording(mark.join(["", "Time [s]", "Flow rate"]), table, "", footer)
    assert found.channels == ("Flow rate",)
    assert found.fs == 4
    np.testing.assert_array_equal(found.values[:, 0], A[:40])


@pytest.mark.parametrize(
    "word", ["Frequency of sampling", "Taux d'échantillonnage", "sfreq", "srate", "ADC rate"]
)
@pytest.mark.parametrize(("rate", "fs"), [("250 Hz", 250), ("2.5 kHz", 2500), ("1000", 1000)])
@pytest.mark.parametrize("mark", [": ", ",", " = "])
def test_rates_have_many_names(word: str, rate: str, fs: float, mark: str) -> None:
    found = recording(f"{word}{mark}{rate}", "x;y", rows(A, B, mark=";"))
    assert found.channels == ("x", "y")
    assert found.fs == fs


def test_a_unit_behind_a_rate_goes_before_that_in_its_name() -> None:
    for line, fs in (("samplingRateHz = 2.5 kHz", 2500), ("samplingRate_kHz = 2.5", 2500)):
        assert recording(line, "x;y", rows(A, B, mark=";")).fs == fs


@pytest.mark.parametrize(("name", "first"), [("Way", 30000), ("Way [mm]", 45356), ("Way", 45356.3)])
def test_a_ramp_of_fine_steps_is_no_day_number(name: str, first: float) -> None:
    step = 1 / 64 if first < 45356 or "mm" in name else 0.01
    found = recording(f"{name},SG", rows([f"{first + i * step:.6f}" for i in range(N)], A))
    assert found.fs is None
