"""Tables of hand-made sheets and of more languages, against what was written: a kind a test."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read, read_series
from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(21)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)
START = pd.Timestamp("2024-03-14 08:00")
DAYS = stamps("%d.%m.%Y", 3600)
CLOCKS = stamps("%H:%M", 3600)
HOURS = np.round(100 + RNG.normal(size=(10, 24)), 1)
NAMES = [f"{hour:02d}:00" for hour in range(24)]


def comma(number: float) -> str:
    """Return a number with a decimal comma."""
    return f"{number}".replace(".", ",")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("Date,Day,Time,x", "Do,Fr,Sa"),
        ("Дата,День недели,Время,x", "\u0447\u0442,\u043f\u0442,\u0441\u0431"),
    ],
)
def test_words_stand_between_a_date_and_its_time_of_day(names: str, words: str) -> None:
    week = words.split(",")
    rows = [
        f"{day},{week[int(day[:2]) - 14]},{clock},{x}"
        for day, clock, x in zip(DAYS, CLOCKS, LEFT, strict=True)
    ]
    found = recording(names, *rows)
    assert (found.index[0], found.fs) == (START, 1 / 3600)
    is_read(found, LEFT)


def test_depths_at_each_instant_tell_series_apart() -> None:
    rows = [
        f"{t},{depth},{x}"
        for t, a, b in zip(stamps("%FT%T"), LEFT, RIGHT, strict=True)
        for depth, x in ((0.5, a), (2.0, b))
    ]
    found = read_series(io.BytesIO("\n".join(["time,depth_m,temp", *rows]).encode()))
    assert [*found] == ["0.5", "2.0"]
    for series, values in zip(found.values(), (LEFT, RIGHT), strict=True):
        assert not isinstance(series, DataError)
        is_read(series, values)


def test_a_time_that_ends_early_is_that_of_the_signal_behind_it() -> None:
    rows = [
        f"{a};{x};{f'{b};{y}' if i < N // 2 else ';'}"
        for i, (a, x, b, y) in enumerate(
            zip(stamps("%F %T"), LEFT, stamps("%F %T", 90), RIGHT, strict=True)
        )
    ]
    found = recording("Time A;A;Time B;B", *rows)
    assert found.channels == ("A",)
    is_read(found, LEFT)
    assert any("'B' has a time of its own in 'Time B'" in note for note in found.notes)


@pytest.mark.parametrize("word", ["1.#INF", "-1.#IND", "///", "????"])
def test_signs_for_no_value_are_missing(word: str) -> None:
    cells = [word if i in (7, 8) else f"{x}" for i, x in enumerate(LEFT)]
    found = recording("x,y", *[f"{a},{b}" for a, b in zip(cells, RIGHT, strict=True)])
    assert np.flatnonzero(found.interpolated).tolist() == [7, 8]


def test_a_quote_that_is_not_closed_is_refused_where_it_takes_rows() -> None:
    notes = {5: '"probe 3', 9: '5" pipe'}
    rows = [
        f"{t},{x},{notes.get(i, '')}"
        for i, (t, x) in enumerate(zip(stamps("%F %T"), LEFT, strict=True))
    ]
    with pytest.raises(DataError, match="line 11, column 'note': the text in quotes that ends"):
        recording("time,x,note", *rows)


def test_a_quoted_note_of_several_lines_is_one() -> None:
    notes = {5: '"pump\nreplaced, 2 of 3"'}
    rows = [
        f"{t},{x},{notes.get(i, '')}"
        for i, (t, x) in enumerate(zip(stamps("%F %T"), LEFT, strict=True))
    ]
    is_read(recording("time,x,note", *rows), LEFT)


@pytest.mark.parametrize("first", ["{:02d}:00", "{}", "{:02d}"])
@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y-%m-%d"])
def test_days_above_times_of_day_are_one_channel(first: str, form: str) -> None:
    days = pd.date_range("2024-01-05", periods=10).strftime(form)
    rows = [
        f"{first.format(hour)};{';'.join(map(comma, HOURS[:, hour].tolist()))}"
        for hour in range(24)
    ]
    found = recording(f"Stunde;{';'.join(days)}", *rows)
    assert (found.fs, found.index[0]) == (1 / 3600, pd.Timestamp("2024-01-05"))
    is_read(found, HOURS.ravel())


@pytest.mark.parametrize("twice", ["25:00", "25", "3B", "02:00 DST"])
def test_the_hour_that_comes_twice_is_left_out_with_a_note(twice: str) -> None:
    rows = [
        f"2024-10-{20 + day},{','.join(map(str, HOURS[day]))},{99.5 if day == 7 else ''}"
        for day in range(10)
    ]
    found = recording(f"date,{','.join(NAMES)},{twice}", *rows)
    is_read(found, HOURS.ravel())
    assert any(f"'{twice}' beside them is left out" in note for note in found.notes)


def test_numbered_hours_may_be_25_on_one_day() -> None:
    rows = [
        f"2024-10-{20 + day},{','.join(map(str, HOURS[day]))},{99.5 if day == 7 else ''}"
        for day in range(10)
    ]
    is_read(recording(f"date,{','.join(f'H{i + 1}' for i in range(25))}", *rows), HOURS.ravel())


def test_a_blank_row_above_names_makes_no_units_of_them() -> None:
    rows = [f",{t},{x},{y}" for t, x, y in zip(stamps("%F %T"), LEFT, RIGHT, strict=True)]
    found = recording(",,,", ",Log,,", ",,,", ",time,T,H", *rows)
    assert found.channels == ("T", "H")
    is_read(found, LEFT, RIGHT)


def test_dashes_and_forms_of_dates_stand_among_units() -> None:
    rows = [
        f"LYON;{day};{clock};{comma(x)};{comma(y)}"
        for day, clock, x, y in zip(DAYS, CLOCKS, LEFT, RIGHT, strict=True)
    ]
    found = recording("Station;Date;Heure;Temp;Pression", "-;jj/mm/aaaa;hh:mm;°C;hPa", *rows)
    assert (found.channels, found.units) == (("Temp", "Pression"), ("°C", "hPa"))


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1253", "Ημερομηνία;Θερμοκρασία"),
        ("cp1253", "Ώρα;Τιμή"),
        ("cp1251", "Время;Авария ВРЕМЯ"),
        ("cp1250", "Čas;Hodnota"),
    ],
)
def test_names_are_read_in_the_encodings_of_more_languages(encoding: str, names: str) -> None:
    rows = [f"{t};{comma(x)}" for t, x in zip(stamps("%d.%m.%Y %H:%M"), LEFT, strict=True)]
    found = read(io.BytesIO("\n".join([names, *rows]).encode(encoding)))
    assert found.channels == (names.split(";")[1],)
    assert found.index.name == names.split(";")[0]


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("utf-8", "%d Μαρτίου %Y %H:%M"),
        ("cp1250", "%d. března %Y %H:%M"),
        ("cp1254", "%d Mart %Y Perşembe %H:%M"),
        ("utf-8", "%d marzo %Y ore %H:%M"),
        ("utf-8", "%d mars %Y kl. %H.%M"),
    ],
)
def test_dates_of_more_languages_are_instants(encoding: str, form: str) -> None:
    rows = [f"{t};{comma(x)}" for t, x in zip(stamps(form), LEFT, strict=True)]
    found = read(io.BytesIO("\n".join(["zaman;Vlhkost", *rows]).encode(encoding)))
    assert (found.index[0], found.fs) == (START, 1 / 60)


@pytest.mark.parametrize(("month", "number"), [("června", 6), ("července", 7), ("Ιουλίου", 7)])
def test_june_and_july_are_two_months(month: str, number: int) -> None:
    rows = [f"{t};{comma(x)}" for t, x in zip(stamps(f"%d {month} %Y %H:%M"), LEFT, strict=True)]
    assert recording("Datum;x", *rows).index[0] == pd.Timestamp(2024, number, 14, 8)


@pytest.mark.parametrize(
    ("name", "no", "yes"),
    [
        ("Anomalie", "0", "1"),
        ("Anomalía", "0", "1"),
        ("异常", "正常", "异常"),
    ],
)
def test_labels_have_names_and_words_in_more_languages(name: str, no: str, yes: str) -> None:
    rows = [f"{x},{yes if 40 <= i < 44 else no}" for i, x in enumerate(LEFT)]
    found = recording(f"x,{name}", *rows)
    assert found.channels == ("x",)
    assert found.labels is not None
    assert np.flatnonzero(found.labels).tolist() == [40, 41, 42, 43]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Qualité", "Bonne", "Mauvaise"),
        ("Calidad", "Buena", "Mala"),
        ("Jakość", "dobra", "zła"),
        ("Качество", "Хорошее", "Плохое"),
    ],
)
def test_qualities_have_words_in_more_languages(name: str, good: str, bad: str) -> None:
    rows = [
        f"{t},{x},{bad if i in (7, 8) else good}"
        for i, (t, x) in enumerate(zip(stamps("%F %T"), LEFT, strict=True))
    ]
    found = recording(f"time,x,{name}", *rows)
    assert np.flatnonzero(found.interpolated).tolist() == [7, 8]


def test_a_quality_of_opc_may_have_a_chinese_name() -> None:
    rows = [f"{t},{x},192" for t, x in zip(stamps("%F %T"), LEFT, strict=True)]
    assert recording("时间,数值,质量", *rows).channels == ("数值",)


def test_a_short_table_beside_another_is_left_out_with_a_note() -> None:
    rows = [
        f"{t},{x},,{f'{i},{2 * i}' if i < 5 else ','}"
        for i, (t, x) in enumerate(zip(stamps("%F %T"), LEFT, strict=True))
    ]
    found = recording("time,x,,Setpoint,Value", *rows)
    is_read(found, LEFT)
    assert any("'Setpoint', 'Value' stand beside the table" in note for note in found.notes)


def test_a_channel_that_fails_beside_an_empty_one_stays() -> None:
    rows = [
        f"{t},{x},,{y if i < N // 2 else ''}"
        for i, (t, x, y) in enumerate(zip(stamps("%F %T"), LEFT, RIGHT, strict=True))
    ]
    assert recording("time,x,,y", *rows).channels == ("x", "y")


def test_numbers_stand_between_a_date_and_its_time_of_day() -> None:
    rows = [
        f"{day},{y},{clock},{x}" for day, y, clock, x in zip(DAYS, RIGHT, CLOCKS, LEFT, strict=True)
    ]
    found = recording("Date,y,Time,x", *rows)
    assert (found.index[0], found.fs) == (START, 1 / 3600)
    is_read(found, RIGHT, LEFT)


def test_means_stand_below_days_above_times_of_day() -> None:
    days = pd.date_range("2024-01-05", periods=10).strftime("%F")
    rows = [f"{at},{','.join(map(str, HOURS[:, i]))}" for i, at in enumerate(NAMES)]
    means = f"Mean,{','.join(map(str, HOURS.mean(axis=1).round(2)))}"
    is_read(recording(f"Hour,{','.join(days)}", *rows, means), HOURS.ravel())


def test_weekdays_stand_in_chinese_dates() -> None:
    found = recording(
        "时间,x",
        *[f"{t},{x}" for t, x in zip(stamps("%F 星期四 %T"), LEFT, strict=True)],
    )
    assert (found.index[0], found.fs) == (START, 1 / 60)
