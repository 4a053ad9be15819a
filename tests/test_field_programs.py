"""Exports of programs, services and instruments, against what was written: one kind a test."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read

N = 60
RNG = np.random.default_rng(8)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)


def recording(rows: list[str], header: str = "", **options: Any) -> Recording:
    return read(io.BytesIO("\n".join([*([header] if header else []), *rows]).encode()), **options)


def stamps(form: str, freq: str = "h", start: str = "2020-03-12") -> list[str]:
    return list(pd.date_range(start, periods=N, freq=freq).strftime(form))


@pytest.mark.parametrize(
    "form",
    [
        "%d.%m.%Y %H:%M Uhr", "%d. %m. %Y %H:%M", "%Y. %m. %d. %H:%M:%S", "%d.%m.%Y %H.%M",
        "%d/%b/%Y:%H:%M", "%d%b%y:%H:%M:%S", "%Y-%jT%H:%M:%S", "\u200e%d/%m/%Y %H:%M",
        "%a %b %d %Y %H:%M:%S GMT+0100 (Central European Standard Time)",
    ],
)  # fmt: skip
def test_dates_of_more_countries_and_programs_are_instants(form: str) -> None:
    rows = [f"{stamp};{value}" for stamp, value in zip(stamps(form), LEFT, strict=True)]
    found = recording(rows, "t;x", dates="day-first")
    assert found.index[0].tz_localize(None) == pd.Timestamp("2020-03-12")
    assert found.fs == pytest.approx(1 / 3600)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize(
    "months",
    [
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec.",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
    ],
)
@pytest.mark.parametrize("form", ["{0} {1} {2}", "{2}. {1} {0}."])
def test_months_of_more_languages_are_known(months: str, form: str) -> None:
    days = pd.date_range("2020-03-12", periods=N, freq="7D")
    names = months.split()
    cells = [form.format(day.day, names[day.month - 1], day.year) for day in days]
    found = recording([f"{cell};{x}" for cell, x in zip(cells, LEFT, strict=True)], "Data;x")
    assert list(found.index) == list(days)


@pytest.mark.parametrize(
    ("form", "freq"), [("{0}Q{1}", "QS"), ("{0}-Q{1}", "QS"), ("{0}M{2}", "MS")]
)
def test_quarters_and_months_of_statistics_are_dates(form: str, freq: str) -> None:
    days = pd.date_range("1990-01-01", periods=N, freq=freq)
    cells = [form.format(day.year, day.quarter, f"{day.month:02d}") for day in days]
    found = recording([f"{cell},{x}" for cell, x in zip(cells, LEFT, strict=True)], "obs,gdp")
    assert list(found.index) == list(days)


@pytest.mark.parametrize("zone", ["", "+0100"])
def test_dates_of_net_in_json_are_instants(zone: str) -> None:
    first = 1_583_971_200_000
    rows = [f'{{"d":"/Date({first + 60_000 * i}{zone})/","v":{x}}}' for i, x in enumerate(LEFT)]
    found = recording(["[" + ",".join(rows) + "]"])
    assert (found.index[0], found.fs) == (pd.Timestamp("2020-03-12", tz="UTC"), 1 / 60)


def test_halves_of_the_day_may_be_greek() -> None:
    cells = [
        f"{day:%d/%m/%Y %I:%M:%S} {'πμ' if day.hour < 12 else 'μμ'}"
        for day in pd.date_range("2020-03-12", periods=N, freq="h")
    ]
    found = recording(
        [f"{cell};{x}" for cell, x in zip(cells, LEFT, strict=True)], "t;x", dates="day-first"
    )
    assert list(found.index) == list(pd.date_range("2020-03-12", periods=N, freq="h"))
