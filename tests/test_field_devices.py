"""Exports of loggers, plants and clinics, against what was written: one kind a test."""

import io
import json
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read_series
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(31)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)
WHOLE = np.arange(N) * 7 % 11
PAIRS = [*zip(LEFT, RIGHT, strict=True)]


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("unit", "µm/m"),
        ("Einheit", "counts/sweep"),
        ("-", "mV/V"),
        ("UTC", "um/m"),
        ("yyyy-mm-dd hh:mm:ss", "µε"),
    ],
)
def test_units_below_names_have_a_word_below_the_time(key: str, unit: str) -> None:
    rows = [f"{t};{x};{y}" for t, x, y in zip(stamps("%F %T"), LEFT, RIGHT, strict=True)]
    found = recording("TimeStamp;V1 Strain;V2 Temp", f"{key};{unit};°C", *rows)
    assert (found.channels, found.units) == (("V1 Strain", "V2 Temp"), (unit, "°C"))


@pytest.mark.parametrize("name", ["OLE Time", "OLE Automation Date", "Process time"])
def test_day_numbers_are_dates_under_any_name_of_time(name: str) -> None:
    rows = [f"{45000.25 + i / 86400:.10f},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{name},x", *rows)
    assert (found.fs, found.index[0]) == (1, pd.Timestamp("2023-03-15 06:00"))


def test_dates_in_digits_may_have_milliseconds() -> None:
    cells = [f"{t[:-3]},{x}" for t, x in zip(stamps("%Y%m%d%H%M%S%f", 0.1), LEFT, strict=True)]
    found = recording("time,x", *cells)
    assert (found.fs, found.index[0]) == (10, pd.Timestamp("2024-03-14 08:00"))


@pytest.mark.parametrize("names", ["Date,Time,x", "Datum,Uhrzeit,x"])
def test_one_time_of_day_beside_days_belongs_to_them(names: str) -> None:
    rows = [f"{t},08:00:00,{x}" for t, x in zip(stamps("%F", 86400), LEFT, strict=True)]
    found = recording(names, *rows)
    assert (found.index[0], found.notes) == (pd.Timestamp("2024-03-14 08:00"), ())


@pytest.mark.parametrize("name", ["HE", "Hour Ending"])
def test_hours_that_are_called_ends_begin_at_one_less(name: str) -> None:
    rows = [f"03/15/2024,{i + 1},{x}" for i, x in enumerate(LEFT[:20])]
    assert recording(f"Date,{name},x", *rows).index[0] == pd.Timestamp("2024-03-15")


@pytest.mark.parametrize("name", ["Time (seconds x 10)", "Time [s*100]"])
def test_a_unit_of_time_with_a_factor_behind_it_gives_no_rate(name: str) -> None:
    found = recording(f"{name},x", *[f"{i},{x}" for i, x in enumerate(LEFT)])
    assert found.fs is None
    is_read(found, LEFT)


@pytest.mark.parametrize(("good", "bad"), [("0xC0", "0x00"), ("192", "0")])
def test_a_quality_is_that_of_the_value_with_its_name(good: str, bad: str) -> None:
    rows = [
        f"{t},{x},{bad if i in (7, 8) else good},{y},{good}"
        for i, (t, x, y) in enumerate(zip(stamps("%F %T"), LEFT, RIGHT, strict=True))
    ]
    names = "Timestamp,TI1 Value,TI1 Quality,TI2 Value,TI2 Quality"
    found = recording(names, *rows, channels="TI1 Value,TI2 Value")
    assert np.flatnonzero(found.interpolated).tolist() == [7, 8]
    np.testing.assert_array_equal(found.values[:, 1], RIGHT)


@pytest.mark.parametrize("fs", [480, 512, 600, 800, 900])
@pytest.mark.parametrize("lost", [[], [*range(400, 417)]])
@pytest.mark.parametrize("cut", [np.floor, np.rint])
def test_rates_near_the_rounding_of_stamps_are_found(fs: int, lost: list[int], cut: Any) -> None:
    times = np.delete(cut(np.arange(1500) * 1000 / fs), lost)
    found = recording("time_ms,x", *[f"{t:.0f},{i % 7}" for i, t in enumerate(times)])
    assert found.fs == pytest.approx(fs, rel=1e-4)
    assert found.n_samples == 1500


@pytest.mark.parametrize("lost", [RNG.choice(1500, 300, replace=False), np.arange(5, 1500, 64)])
def test_stamps_with_lost_samples_are_not_those_of_another_rate(lost: np.ndarray) -> None:
    times = np.delete(np.arange(1500), lost)
    found = recording("time_ms,x", *[f"{t},{i % 7}" for i, t in enumerate(times)])
    assert found.fs == 1000


@pytest.mark.parametrize("footer", ["End of waveform", "End of waveform,,,", "End,of,data"])
@pytest.mark.parametrize("unit", ["", "Vertical Units,V"])
def test_a_footer_below_settings_beside_the_rows_hides_none(footer: str, unit: str) -> None:
    beside = ["Record Length,1e3", "Sample Interval,1e-3", *([unit] if unit else [])]
    beside += [","] * (4 * N - len(beside))
    rows = [f"{one},{i / 1000:.3f},{LEFT[i % N]}" for i, one in enumerate(beside)]
    found = recording(*rows, footer)
    is_read(found, np.tile(LEFT, 4))
    assert found.fs == 1000


@pytest.mark.parametrize("form", ["%y%m%d", "%d%m%y", "%m%d%y", "%d%m%Y"])
@pytest.mark.parametrize("called", ["{}", "Date ({})"])
def test_digits_are_dates_in_the_form_of_their_name(form: str, called: str) -> None:
    letters = form.replace("%Y", "YYYY").replace("%y", "YY").replace("%m", "MM").replace("%d", "DD")
    start = "2024-03-05 09:59:30"
    days, clocks = stamps(form, 1, start), stamps("%H%M%S", 1, start)
    rows = [f"{day},{clock},{x}" for day, clock, x in zip(days, clocks, LEFT, strict=True)]
    found = recording(f"{called.format(letters)},HHMMSS,x", *rows)
    assert (found.channels, found.fs, found.index[0]) == (("x",), 1, pd.Timestamp(start))


@pytest.mark.parametrize(
    ("name", "summer", "winter"),
    [("tz", "CEST", "CET"), ("utc_offset", "+0200", "+0100"), ("Zone", "+02:00", "+01:00"),
     ("offset_min", "120", "60")],
)  # fmt: skip
def test_a_column_of_zones_tells_hours_apart_that_come_twice(
    name: str, summer: str, winter: str
) -> None:
    times = pd.date_range("2023-10-28 20:00", periods=N, freq="15min", tz="Europe/Berlin")
    zones = [summer if t.utcoffset() == pd.Timedelta(hours=2) else winter for t in times]
    rows = [f"{t:%F %T},{z},{x}" for t, z, x in zip(times, zones, LEFT, strict=True)]
    found = recording(f"datetime,{name},x", *rows)
    is_read(found, LEFT)
    assert (found.channels, found.index[0]) == (("x",), times[0])


@pytest.mark.parametrize("tags", ["[D][sensor:094]: ", "[sensor]: "])
def test_names_in_quotes_stand_behind_the_tags_of_a_log(tags: str) -> None:
    rows = [
        f"[{t}]{tags}'Living Temp': Sending state {x:.5f} °C with 1 decimals of accuracy"
        for t, x in zip(stamps("%T"), LEFT, strict=True)
    ]
    found = recording(*rows)
    is_read(found, LEFT)
    assert (found.channels, found.units) == (("Living Temp",), ("°C",))


def test_texts_of_json_may_have_a_decimal_comma() -> None:
    rows = [
        {"fecha": t, "id": "3195", "tmed": f"{x}".replace(".", ",")}
        for t, x in zip(stamps("%F", 86400), LEFT, strict=True)
    ]
    found = recording(json.dumps(rows), channels="tmed")
    is_read(found, LEFT)


def test_a_clock_of_twelve_hours_goes_on_without_its_half() -> None:
    found = recording(
        "Time,x", *[f"{t},{x}" for t, x in zip(stamps("%I:%M", 900), LEFT, strict=True)]
    )
    assert (found.n_samples, found.fs) == (N, 1 / 900)


@pytest.mark.parametrize("clock", ["", "%F %T"])
def test_numbers_cut_at_a_decimal_comma_are_told_of(clock: str) -> None:
    times = stamps(clock) if clock else [f"{i / 100:.2f}".replace(".", ",") for i in range(N)]
    rows = [f"{t},{x:.2f},{y:.2f}" for t, x, y in zip(times, LEFT, RIGHT, strict=True)]
    cut = recording("t,x,y", *[row.replace(".", ",") for row in rows])
    assert any("more fields than there are names" in note for note in cut.notes)
    plain = recording("t,x,y", *[row for row in rows if clock] or [f"{i},1,2" for i in range(N)])
    assert not any("more fields" in note for note in plain.notes)


@pytest.mark.parametrize(
    "form",
    ["%d.%m.%Y klo %H:%M", "%Y-%m-%d godz. %H:%M", "%d.%m.%Y\u00a0%H:%M", "%Y-%m-%d\u202f%H:%M"],
)
def test_words_and_hard_blanks_stand_between_date_and_time(form: str) -> None:
    rows = [f"{t};{x}" for t, x in zip(stamps(form), LEFT, strict=True)]
    found = recording("t;x", *rows)
    assert (found.index[0], found.fs) == (pd.Timestamp("2024-03-14 08:00"), 1 / 60)


def test_months_beside_years_may_have_names() -> None:
    times = pd.date_range("1990-01-01", periods=N, freq="MS")
    rows = [f"{t:%Y},{t:%B},{x}" for t, x in zip(times, LEFT, strict=True)]
    found = recording("Year,Month,rain", *rows)
    assert (found.channels, list(found.index)) == (("rain",), list(times))


@pytest.mark.parametrize("form", ["%Y,%m,%d,%H,%M,%S", "%Y,%m,%d"])
def test_letters_name_the_parts_of_a_date(form: str) -> None:
    names = {"%Y,%m,%d,%H,%M,%S": "Y,M,D,h,m,s", "%Y,%m,%d": "Y,M,D"}[form]
    step = 60 if "H" in form else 86400
    rows = [f"{t},{x}" for t, x in zip(stamps(form, step), LEFT, strict=True)]
    found = recording(f"{names},rain", *rows)
    assert (found.channels, found.fs) == (("rain",), 1 / step)


def test_times_of_senml_count_from_the_base_time() -> None:
    records = [{"n": "temp", "v": float(x), "t": 60 * i} for i, x in enumerate(LEFT)]
    records[0] = {"bn": "urn:dev:1", "bt": 1_583_971_200, "n": "temp", "v": float(LEFT[0])}
    found = recording(json.dumps(records))
    is_read(found, LEFT)
    assert (found.fs, found.index[0]) == (1 / 60, pd.Timestamp("2020-03-12", tz="UTC"))


def test_names_stand_behind_the_word_for_a_channel() -> None:
    rows = [f"{x}\t{y}".replace(".", ",") for x, y in zip(LEFT, RIGHT, strict=True)]
    head = ["Titel\tMessung 4", "Kanal\tDruck\tKraft", "Einheit\tbar\tkN"]
    found = recording(*head, "xDelta\t0,005\t0,005", *rows)
    assert (found.channels, found.units, found.fs) == (("Druck", "Kraft"), ("bar", "kN"), 200)


def test_a_number_of_units_below_other_words_is_a_name() -> None:
    rows = [f"1,{i / 10},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording("Rig,A,B,C", "unit,time,s1,s2", *rows)
    assert (found.channels[-2:], found.fs) == (("s1", "s2"), 10)


def test_numbers_of_zones_tell_series_apart() -> None:
    rows = [f"{t},{z},{x}" for t, x in zip(stamps("%F %T"), LEFT, strict=True) for z in (1, 2)]
    found = read_series(io.BytesIO("\n".join(["time,zone,temp", *rows]).encode()))
    assert tuple(found) == ("1", "2")


def test_what_keeps_a_workbook_from_changing_a_number_is_left_out() -> None:
    is_read(recording("t,x", *[f'{i},="{x}"' for i, x in enumerate(LEFT)]), LEFT)


def test_years_of_the_buddhist_calendar_are_told_of() -> None:
    rows = [f"{t}/2567 08:00,{x}" for t, x in zip(stamps("%d/%m", 86400), LEFT, strict=True)]
    assert any("543 years ahead" in note for note in recording("t,x", *rows).notes)


@pytest.mark.parametrize(
    ("day", "clock", "beside"),
    [("%d-%m-%Y", "%H.%M", ";"), ("%d.%m.%y", "%H.%M", ";"), ("%d-%m-%Y", "%H.%M", " "),
     ("%d-%m-%y", "%H.%M", " ")],
)  # fmt: skip
def test_a_dot_may_stand_between_hours_and_minutes(day: str, clock: str, beside: str) -> None:
    cells = [f"{x:.3f}".replace(".", ",") for x in LEFT]
    times = stamps(f"{day}{beside}{clock}", 600)
    rows = [";".join(row) for row in zip(times, cells, map(str, WHOLE), strict=True)]
    found = recording("Dato;Tid;T;n" if beside == ";" else "Tidspunkt;T;n", *rows)
    is_read(found, LEFT, WHOLE)
    assert (found.fs, found.index[0]) == (1 / 600, pd.Timestamp("2024-03-14 08:00"))


def test_minutes_behind_a_point_are_no_fractions_of_hours() -> None:
    rows = [f"{t};{y}" for t, y in zip(stamps("%d-%m-%Y;%H.%M", 600), WHOLE, strict=True)]
    found = recording("Dato;Tid;n", *rows)
    assert (found.fs, found.index[0]) == (1 / 600, pd.Timestamp("2024-03-14 08:00"))


@pytest.mark.parametrize(
    ("clock", "hours"),
    [("%TZ", 0), ("%T.250+01:00", 1), ("%T-0500", -5), ("%T-05:00", -5), ("%H:%M MEZ", 1)],
)
def test_a_zone_may_stand_behind_a_time_of_day(clock: str, hours: int) -> None:
    rows = [f"{t};{x}" for t, x in zip(stamps(f"%F;{clock}", 60), LEFT, strict=True)]
    start = recording("date;time;x", *rows).index[0]
    assert start.floor("s") == pd.Timestamp("2024-03-14 08:00", tz=timezone(timedelta(hours=hours)))


def test_zones_behind_times_of_day_tell_hours_apart_that_come_twice() -> None:
    times = pd.date_range("2023-10-28 20:00", periods=N, freq="15min", tz="Europe/Berlin")
    found = recording(
        "date,time,x", *(f"{t:%F,%T%z},{x}" for t, x in zip(times, LEFT, strict=True))
    )
    is_read(found, LEFT)
    assert found.index[0] == times[0]


@pytest.mark.parametrize(("names", "factor"), [("Datum,Tijd", 1), ("Date,Time", 1000)])
def test_the_language_of_names_tells_fractions_from_thousands(names: str, factor: int) -> None:
    cells = [f"{x:.3f}".replace(".", ",") for x in LEFT]
    rows = [f'{t},"{x}"' for t, x in zip(stamps("%F,%T", 60), cells, strict=True)]
    found = recording(f"{names},x", *rows)
    is_read(found, np.rint(LEFT * 1000) / 1000 * factor)
    assert any("thousands" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("Rain - mm", "mm"), ("Hum - %", "%"), ("Pump - A", ""), ("Active energy Wh (A)", "Wh"),
     ("Voltage V (C)", "V"), ("Strom (A)", "A"), ("strain_m/m", "m/m"), ("R_Ohm", "Ohm")],
)  # fmt: skip
def test_a_unit_may_stand_behind_a_dash_or_an_underscore_or_before_a_phase(
    name: str, unit: str
) -> None:
    rows = [f"{t},{x},{y}" for t, x, y in zip(stamps("%F %T"), LEFT, RIGHT, strict=True)]
    assert recording(f"time,{name},y (bar)", *rows).units == (unit, "bar")


def test_units_below_names_of_a_few_channels_are_no_names() -> None:
    times = stamps("%Y/%m/%d %T")
    rows = [
        f"{i},{t},0,{x},{y},LL,LL" for i, t, x, y in zip(range(N), times, LEFT, RIGHT, strict=True)
    ]
    above = ("No.,Date&Time,ms,CH1,CH2,Alarm,Out", "NO.,Time,ms,V,degC,A1234,A12")
    found = recording("Vendor,X", *above, *rows)
    assert (found.channels, found.units) == (("CH1", "CH2"), ("V", "degC"))


def test_a_first_column_with_a_unit_of_time_that_rises_evenly_is_the_time() -> None:
    rows = [f"{i * 0.25},{x},{y}" for i, x, y in zip(range(N), LEFT, WHOLE, strict=True)]
    assert recording("Betriebszeit [h],T,n", *rows).fs == pytest.approx(1 / 900)


@pytest.mark.parametrize(
    ("names", "more"), [("Timestamp,x", 0), ("time,x,y", 1), ("date,ms,x", 0), ("", 1)]
)
def test_milliseconds_that_a_comma_cuts_off_belong_to_the_time(names: str, more: int) -> None:
    times = pd.date_range("2024-03-14 08:00", periods=N, freq="73ms")
    rows = [f"{t:%F %T},{t.microsecond // 1000:03d},{x}" for t, x in zip(times, LEFT, strict=True)]
    rows = [row + ",7.5" * more for row in rows]
    found = recording(*filter(None, [names]), *rows)
    is_read(found, LEFT, *[np.full(N, 7.5)] * more)
    assert (found.index[1], found.fs) == (times[1], pytest.approx(1 / 0.073))
    assert found.channels == (("x", "y")[: more + 1] if names else ("ch3", "ch4"))


@pytest.mark.parametrize("day", ["45365", "14.03.2024"])
def test_fractions_of_a_day_are_the_time_of_day_beside_a_date(day: str) -> None:
    rows = [f"{day};{1 / 3 + i / 1440:.10f};{x}" for i, x in enumerate(LEFT)]
    found = recording("Date;Time;x", *rows)
    assert (found.fs, found.index[0]) == (1 / 60, pd.Timestamp("2024-03-14 08:00"))


@pytest.mark.parametrize("form", ["%Y-%m-%d-%H-%M-%S", "%d_%m_%Y %T", "%Y_%m_%d %T"])
def test_dashes_and_underscores_stand_between_the_parts_of_a_date(form: str) -> None:
    found = recording("time,x", *map(",".join, zip(stamps(form), map(str, LEFT), strict=True)))
    assert (found.fs, found.index[0]) == (1 / 60, pd.Timestamp("2024-03-14 08:00"))


@pytest.mark.parametrize("word", ["#DIV/0!", "#NV", "#¡VALOR!", "#ЗНАЧ!", "#ERR", "Leitungsbruch"])
def test_errors_of_workbooks_in_any_language_are_missing(word: str) -> None:
    cells = [word if i in (3, 9) else str(x) for i, x in enumerate(LEFT)]
    found = recording("time,x", *map(",".join, zip(stamps("%F %T"), cells, strict=True)))
    assert (np.flatnonzero(found.interpolated).tolist(), found.n_channels) == ([3, 9], 1)


@pytest.mark.parametrize(("yes", "no"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("Prawda", "Fałsz")])
def test_truth_in_the_language_of_a_workbook_is_a_number(yes: str, no: str) -> None:
    on = np.arange(N) % 9 == 0
    rows = [f"{x};{yes if one else no}" for x, one in zip(LEFT, on, strict=True)]
    is_read(recording("T;Pumpe", *rows), LEFT, on)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("above", [[], ["Device", "Serial: 12345", ""]])
def test_the_name_of_a_count_is_no_mark_of_a_comment(mark: str, above: list[str]) -> None:
    names = [mark.join(row) for row in (("#", "Time (ms)", "T", "U"), ("", "ms", "%", "V"))]
    rows = [mark.join(map(str, (i + 1, 50 * i, x, y))) for i, (x, y) in enumerate(PAIRS)]
    found = recording(*above, *names, *rows)
    assert (found.channels, found.units, found.fs) == (("T", "U"), ("%", "V"), 20)


def test_a_percent_that_is_the_first_unit_is_no_mark_of_a_comment() -> None:
    rows = [f"{x};{y}" for x, y in PAIRS]
    assert recording("Hum;Vib", "%;mm/s", *rows).units == ("%", "mm/s")


@pytest.mark.parametrize("word", ["#N/A", "#NV", "#DIV/0!"])
def test_an_error_in_the_first_cell_of_a_row_is_no_comment(word: str) -> None:
    for more, above in (("", []), (",7.5", []), (",7.5", ["Rate: 2 Hz", "# Logger 7"])):
        rows = [f"{word if i in (3, 30) else x}{more}" for i, x in enumerate(LEFT)]
        found = recording(*above, f"x{',y' if more else ''}", *rows)
        assert np.flatnonzero(found.interpolated).tolist() == [3, 30]


def test_a_word_behind_a_tab_is_no_unit() -> None:
    rows = [f"{x:.2f}\tOK".replace(".", ",") for x in LEFT]
    is_read(recording("n (rpm)\tStatus", *rows), LEFT)


def test_a_unit_of_time_below_other_words_is_one() -> None:
    found = recording("X,CH1", "Second,Volt", *(f"{i / 50},{x}" for i, x in enumerate(LEFT)))
    assert (found.channels, found.units, found.fs) == (("CH1",), ("Volt",), 50)


@pytest.mark.parametrize(
    "above",
    [["Logger X;", "Time;pH;V"], ["Serial;7;", "Time;T;V"], ["Title;;", "Time;V;A", "s;V;A"]],
)
def test_names_that_are_also_units_are_names_below_other_words(above: list[str]) -> None:
    found = recording(*above, *(f"{60 * i};{x};{y}" for i, (x, y) in enumerate(PAIRS)))
    is_read(found, LEFT, RIGHT)
    assert (found.channels, found.fs) == (tuple(above[1].split(";")[1:]), 1 / 60)


@pytest.mark.parametrize(("every", "said"), [(20, True), (1, False)])
def test_a_few_blank_lines_in_one_column_are_told_of(every: int, said: bool) -> None:
    found = recording("T", *(f"{x}" + "\n" * (i % every == 0) for i, x in enumerate(LEFT)))
    is_read(found, LEFT)
    assert any("Blank lines" in note for note in found.notes) is said
