"""Names in merged cells, subtotals, weeks and times of day of hand-made sheets."""

import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from spectra.datasets import read
from written import recording

N = 96
START = datetime.datetime(2024, 3, 5)
RNG = np.random.default_rng(3)
A = np.round(20 + RNG.normal(0, 1, N), 2).tolist()
B = np.round(55 + RNG.normal(0, 3, N), 2).tolist()
TIMES = [START + datetime.timedelta(minutes=15 * i) for i in range(N)]


def sheet(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_names_below_merged_names_above_units(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Time", "Room 1", None, "Room 2", None],
        [None, "Temp", "RH", "Temp", "RH"],
        [None, "°C", "%", "°C", "%"],
        *([t, a, b, a + 1, b + 1] for t, a, b in zip(TIMES, A, B, strict=True)),
    ]
    found = read(sheet(tmp_path / "a.xlsx", rows))
    assert found.channels == ("Room 1 Temp", "Room 1 RH", "Room 2 Temp", "Room 2 RH")
    assert found.units == ("°C", "%", "°C", "%")
    assert found.fs == pytest.approx(1 / 900)
    np.testing.assert_allclose(found.values[:, 0], A)


def test_time_named_above_a_blank_keeps_its_unit() -> None:
    rows = [f"{20 * i},{a},{b}" for i, (a, b) in enumerate(zip(A, B, strict=True))]
    found = recording("Time (ms),Force,", ",left,right", *rows)
    assert found.fs == pytest.approx(50)
    assert found.channels == ("left", "right")


def test_sign_of_a_number_names_the_column_of_a_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Plot Title: Attic"],
        ["#", "Date Time", "Temp, °C (LGR S/N: 1)", "RH, % (LGR S/N: 1)"],
        *([i + 1, t, a, b] for i, (t, a, b) in enumerate(zip(TIMES, A, B, strict=True))),
    ]
    found = read(sheet(tmp_path / "a.xlsx", rows))
    assert found.channels == ("Temp, °C (LGR S/N: 1)", "RH, % (LGR S/N: 1)")
    assert found.units == ("°C", "%")


@pytest.mark.parametrize("word", ["Daily mean", "Subtotal", "Tagesmittel", "Moyenne", "Average"])
def test_subtotals_are_left_out_with_a_note(word: str) -> None:
    rows: list[str] = []
    for i, a in enumerate(A):
        rows.append(f"{START + datetime.timedelta(hours=i)},{a},{a + 1:.2f}")
        if i % 24 == 23:
            rows.append(f"{word},20.1,21.2")
    found = recording("time,temp,hum", *rows)
    assert found.fs == pytest.approx(1 / 3600)
    assert found.values[:, 0].tolist() == A
    assert any(f"a total or mean of others ('{word}')" in note for note in found.notes)


@pytest.mark.parametrize(
    "form", ["KW {w:02d}/{y}", "KW {w} {y}", "{y} KW{w:02d}", "Week {w}, {y}", "{y}/KW {w}"]
)
def test_weeks_with_a_word(form: str) -> None:
    mondays = pd.date_range("2021-01-04", periods=N, freq="7D")
    weeks = [day.isocalendar() for day in mondays]
    cells = [form.format(w=week.week, y=week.year) for week in weeks]
    found = recording("KW;cases", *(f"{cell};{a}" for cell, a in zip(cells, A, strict=True)))
    assert found.index[0] == mondays[0]
    assert found.fs == pytest.approx(1 / (7 * 86400))


@pytest.mark.parametrize("name", ["Time of day", "Uhrzeit", "Clock"])
def test_fractions_below_a_name_of_clocks_are_those_of_a_day(name: str) -> None:
    rows = [f"{(390 + i) / 1440!r},{a}" for i, a in enumerate(A)]
    found = recording(f"{name},HR", *rows)
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0] == pd.Timedelta(hours=6, minutes=30)
