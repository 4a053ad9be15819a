"""Records of loggers, stations and scripts, against what was written: one kind a test."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(11)
LEFT = np.round(20 + RNG.normal(size=N), 3)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)
BOTH = np.column_stack([LEFT, RIGHT])


def recording(rows: list[str], *above: str, **options: Any) -> Recording:
    return read(io.BytesIO("\n".join([*above, *rows]).encode()), **options)


def stamps(form: str, freq: str = "15min", start: str = "2024-02-28 20:00") -> list[str]:
    return list(pd.date_range(start, periods=N, freq=freq).strftime(form))


def pairs(form: str) -> list[str]:
    return [form.format(i=i, a=a, b=b) for i, (a, b) in enumerate(zip(LEFT, RIGHT, strict=True))]


@pytest.mark.parametrize("words", ["\t#* stim", "\tdoor open", "\tdoor, open\tagain"])
def test_words_behind_the_last_field_of_a_few_rows_are_left_out(words: str) -> None:
    rows = pairs("{i}\t{a}\t{b}")
    rows[20] += words
    rows[31] += words
    found = recording(rows, "t [s]\ta\tb")
    np.testing.assert_array_equal(found.values, BOTH)
    assert any("2 rows have words behind the last field" in note for note in found.notes)


def test_words_behind_the_last_field_above_a_footer_are_left_out() -> None:
    rows = pairs("{i},{a},{b}")
    rows[20] += ",door open"
    found = recording([*rows, "Mean:,20,50"], "t [s],a,b")
    np.testing.assert_array_equal(found.values, BOTH)
    assert sum("words behind" in note for note in found.notes) == 1


@pytest.mark.parametrize("row", ["20,Berlin, Germany,21.5", "20,Berlin,21.5,3"])
def test_a_number_behind_the_last_field_is_refused(row: str) -> None:
    rows = [f"{i},Berlin,{a}" for i, a in enumerate(LEFT)]
    with pytest.raises(DataError, match="line 22: 4 fields, where the rows above have 3"):
        recording([*rows[:20], row, *rows[21:]], "t [s],place,a")


@pytest.mark.parametrize(
    "form", ["[{t}, {a}, {b}]", "({t}, {a}, {b})", "[{t} {a} {b}]", "[{t}; {a}; {b}]"]
)
def test_rows_in_brackets_are_rows(form: str) -> None:
    rows = [
        form.format(t=round(0.1 * i, 1), a=a, b=b)
        for i, (a, b) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(rows)
    np.testing.assert_array_equal(found.values, BOTH)
    assert found.fs == pytest.approx(10)


@pytest.mark.parametrize("form", ["{date} ({a}, {b})", "{date} [{a}, {b}]", "{date},({a},{b})"])
def test_values_in_brackets_stand_behind_their_date(form: str) -> None:
    dates = stamps("%Y-%m-%d %H:%M:%S")
    rows = [form.format(date=date, a=a, b=b) for date, a, b in zip(dates, LEFT, RIGHT, strict=True)]
    found = recording(rows)
    np.testing.assert_array_equal(found.values, BOTH)
    assert found.index[0] == pd.Timestamp(dates[0])


@pytest.mark.parametrize("units", ["[yyyy HH:mm],[Wh],[kWh/kWp]", "(d h:m),(V),(anything)"])
def test_a_row_of_brackets_with_a_unit_below_names_is_one_of_units(units: str) -> None:
    rows = [
        f"{date},{a},{b}" for date, a, b in zip(stamps("%d.%m.%Y %H:%M"), LEFT, RIGHT, strict=True)
    ]
    found = recording(rows, "Date and time,Energy | Symo 8.2,Spec. yield", units)
    assert found.channels == ("Energy | Symo 8.2", "Spec. yield")
    assert found.units == tuple(one.strip("[]()") for one in units.split(",")[1:])


def test_units_may_follow_the_names_of_their_columns_a_line_each() -> None:
    above = ["Serial number:", "12", "LEVEL", "UNIT: m", "Offset: 0 m", "TEMPERATURE", "UNIT: °C"]
    rows = [
        f"{date},0,{a},{b}"
        for date, a, b in zip(stamps("%m/%d/%Y,%H:%M:%S"), LEFT, RIGHT, strict=True)
    ]
    found = recording(rows, *above, "Date,Time,ms,LEVEL,TEMPERATURE")
    assert (found.channels, found.units) == (("LEVEL", "TEMPERATURE"), ("m", "°C"))


@pytest.mark.parametrize(
    "name", ["Temp (/min)", "Speed (MPH)", "Energy [KWH]", "Температура, °\u0421"]
)
def test_more_units_are_known(name: str) -> None:
    found = recording(pairs("{i};{a}"), f"t [s];{name}")
    assert found.units == (name.split()[-1].strip("()[]"),)


@pytest.mark.parametrize("name", ["Date heure, GMT+01:00", "Date et heure", "Datum und Uhrzeit"])
def test_three_digits_behind_a_quoted_comma_are_fractions_below_such_a_name(name: str) -> None:
    cells = [f"{a:.3f}".replace(".", ",") for a in LEFT]
    rows = [
        f'{i},"{date}","{cell}"'
        for i, (date, cell) in enumerate(zip(stamps("%d/%m/%y %H:%M:%S"), cells, strict=True), 1)
    ]
    found = recording(rows, f'"N°","{name}","Temp, °C"')
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize(
    "form",
    ["%Y年%m月%d日%H时", "%Y年%m月%d日 %H時", "%Y年%m月%d日%H时%M分%S秒", "%Y년%m월%d일%H시%M분"],
)
def test_nothing_need_stand_between_day_and_hour_in_chinese(form: str) -> None:
    rows = [f"{date},{a}" for date, a in zip(stamps(form, "h"), LEFT, strict=True)]
    found = recording(rows, "观测时间,a")
    assert found.index[0] == pd.Timestamp("2024-02-28 20:00")
    assert found.fs == pytest.approx(1 / 3600)


@pytest.mark.parametrize("word", ["<Bad>", "<No Data>", "[unavailable]"])
def test_words_for_no_value_may_stand_in_brackets(word: str) -> None:
    rows = pairs("{i},{a}")
    rows[7] = f"7,{word}"
    found = recording(rows, "t [s],a")
    assert found.interpolated.tolist().index(True) == 7
    np.testing.assert_array_equal(np.delete(found.values[:, 0], 7), np.delete(LEFT, 7))


def test_names_below_a_title_tell_commas_from_blanks_inside_cells() -> None:
    rows = [
        f"{date},{a},Good,{b},Good"
        for date, a, b in zip(stamps("%m/%d/%Y %I:%M:%S.000 %p"), LEFT, RIGHT, strict=True)
    ]
    found = recording(rows, "Continuous history", "Server: A", "", "Date/Time,a,Status,b,Status")
    assert found.channels == ("a", "b")
    np.testing.assert_array_equal(found.values, BOTH)
    assert found.index[0] == pd.Timestamp("2024-02-28 20:00")


@pytest.mark.parametrize("line", ["<STATION>12</STATION><SENSOR>1</SENSOR>", "<HW4>"])
def test_one_line_of_tags_above_a_table_is_no_markup(line: str) -> None:
    rows = [f"{date};{a}" for date, a in zip(stamps("%Y-%m-%d %H:%M"), LEFT, strict=True)]
    np.testing.assert_array_equal(recording(rows, line).values[:, 0], LEFT)


@pytest.mark.parametrize(
    "text",
    ["<html>\n<body>\n1;2\n", "<p>1;2</p>", "<?xml version='1.0'?>\n1\n2\n3\n", "<a>\n1\n2\n</a>"],
)
def test_markup_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is HTML or XML"):
        recording([text])


@pytest.mark.parametrize("day", ["2024-02-28 00:00", "2024-02-28 20:00"])
def test_days_in_digits_without_a_name_belong_to_the_clock_beside_them(day: str) -> None:
    """Write one day, and two."""
    rows = [
        f"{date};{a}" for date, a in zip(stamps("%Y%m%d;%H:%M:%S", start=day), LEFT, strict=True)
    ]
    found = recording(rows)
    assert found.index[0] == pd.Timestamp(day)
    np.testing.assert_array_equal(found.values, LEFT[:, None])


def test_a_decimal_comma_that_cuts_the_only_number_is_told_of() -> None:
    rows = [
        f"{date},C,{a:.3f}".replace(".", ",")
        for date, a in zip(stamps("%Y-%m-%d %H:%M:%S"), LEFT, strict=True)
    ]
    found = recording(rows, "Mission: 4", "Date/Time,Unit,Value")
    assert any("more fields than there are names" in note for note in found.notes)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("INSERT INTO `m` (`ts`, `a`) VALUES ({i}, {a});", "SQL statements"),
        ("header:\n  seq: {i}\n  stamp: \n    secs: {i}\ndata: {a}\n---", "a block of lines each"),
    ],
)
def test_more_lines_that_are_no_table_are_named(form: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        recording(pairs(form))


@pytest.mark.parametrize(
    ("form", "step"),
    [
        ("{d:03d}:{h:02d}:{m:02d}:{s:02d}", 60), ("{d:03d}:{h:02d}:{m:02d}:{s:02d}", 15),
        ("{d}:{h:02d}:{m:02d}:{s:02d}", 15), ("{d:02d}:{h:02d}:{m:02d}:{s:02d}", 1000),
    ],
)  # fmt: skip
def test_days_may_stand_before_hours_with_a_colon(form: str, step: int) -> None:
    """Begin an hour before the end of the second day."""
    times = [2 * 86400 - 3600 + step * i for i in range(N)]
    rows = [
        form.format(d=t // 86400, h=t // 3600 % 24, m=t // 60 % 60, s=t % 60) + f",{a}"
        for t, a in zip(times, LEFT, strict=True)
    ]
    found = recording(rows, "Elapsed,a")
    assert found.fs == pytest.approx(1 / step)
    assert found.index[0] == pd.Timedelta(seconds=times[0])


@pytest.mark.parametrize("per_second", [20, 25, 100])
def test_parts_of_a_second_may_stand_behind_a_colon(per_second: int) -> None:
    parts = 100 // per_second if per_second != 25 else 4
    rows = [f"10:00:{parts * i // 100:02d}:{parts * i % 100:02d},{a}" for i, a in enumerate(LEFT)]
    assert recording(rows, "Time,a").fs == pytest.approx(per_second)


def test_a_quality_by_its_short_name_is_no_channel() -> None:
    assert recording(pairs("{i},{a},192"), "t [s],a,Qual").channels == ("a",)


@pytest.mark.parametrize("side", ["<", ">"])
@pytest.mark.parametrize("header", ["", "t a b c"])
def test_a_blank_cell_inside_a_row_of_fixed_width_is_refused(side: str, header: str) -> None:
    rows = [f"{i:4d} {a:{side}8} {b:{side}8} {a:{side}8}" for i, (a, b) in enumerate(BOTH)]
    rows[20] = f"{20:4d} {LEFT[20]:{side}8} {'':8} {LEFT[20]:{side}8}"
    with pytest.raises(DataError, match=r"3 fields, the last of them below the last of 4"):
        recording(rows, *([header] if header else []))


@pytest.mark.parametrize("form", ["{i:4d} {a:8.3f} {b:8.1f}", "{i} {a} {b}"])
def test_a_blank_cell_at_the_end_of_a_row_of_blanks_is_missing(form: str) -> None:
    rows = pairs(form)
    rows[20] = rows[20].rsplit(" ", 1)[0]
    found = recording(rows, "t [s] a b")
    assert np.flatnonzero(found.interpolated).tolist() == [20]
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_units_behind_the_numbers_of_the_first_rows_are_rows() -> None:
    dates = stamps("%Y-%m-%d %H:%M:%S")
    rows = [
        f"{date},{a}{' %' if i < 40 else ''}"
        for i, (date, a) in enumerate(zip(dates, LEFT, strict=True))
    ]
    found = recording(rows, "time,a")
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize("first", ["%d/%m/%Y", "%b %d %Y"])
@pytest.mark.parametrize("count", [20, 40])
def test_dates_of_two_notations_are_refused(first: str, count: int) -> None:
    rows = [
        f"{a if i < count else b},{x}"
        for i, (a, b, x) in enumerate(
            zip(stamps(first, "D"), stamps("%Y-%m-%d %H:%M:%S", "D"), LEFT, strict=True)
        )
    ]
    with pytest.raises(DataError, match="is not a date like those above and below"):
        recording(rows, "Date,a")


@pytest.mark.parametrize("name", ["Relative humidity %RH", "Feuchte %rF", "°C", "kWh", "%rF"])
def test_a_unit_that_is_the_name_or_its_last_word_is_known(name: str) -> None:
    assert recording(pairs("{i};{a}"), f"t [s];{name}").units == (name.split()[-1],)


def test_a_text_that_a_comma_divides_moves_the_names() -> None:
    found = recording([f"{i}.5,Berlin, Germany,{a}" for i, a in enumerate(LEFT)], "t [s],place,a")
    np.testing.assert_array_equal(found.values[:, 0], LEFT)
    assert any("more fields than there are names" in note for note in found.notes)
    named = recording([f"{i}.5,Berlin,{a}" for i, a in enumerate(LEFT)], "t [s],place,a")
    assert not any("more fields" in note for note in named.notes)
