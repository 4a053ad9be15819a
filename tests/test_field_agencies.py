"""Tables of agencies, portals and markets, against what was written: one kind a test."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(12)
LEFT = np.round(20 + RNG.normal(size=N), 3)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)
BOTH = np.column_stack([LEFT, RIGHT])


def recording(rows: list[str], *above: str, **options: Any) -> Recording:
    return read(io.BytesIO("\n".join([*above, *rows]).encode()), **options)


def stamps(form: str, freq: str = "1h", start: str = "2024-02-28 00:16") -> list[str]:
    return list(pd.date_range(start, periods=N, freq=freq).strftime(form))


def pairs(form: str, dates: list[str] | None = None) -> list[str]:
    dates = [""] * N if dates is None else dates
    rows = zip(dates, LEFT, RIGHT, strict=True)
    return [form.format(i=i, t=t, a=a, b=b) for i, (t, a, b) in enumerate(rows)]


def test_hours_that_touch_their_date_have_minutes_behind_a_colon() -> None:
    rows = pairs("433;{t};{a};{b};eor", stamps("%Y%m%d%H:%M"))
    found = recording(rows, "STATIONS_ID;MESS_DATUM;FD_LBERG;FG_LBERG;eor")
    assert found.fs == pytest.approx(1 / 3600)
    assert found.index[0] == pd.Timestamp("2024-02-28 00:16")
    np.testing.assert_array_equal(found.values, BOTH)


@pytest.mark.parametrize("names", ["Vuosi,Kk,Pv,Klo", "YR,MO,DA,HHMM"])
def test_short_names_of_parts_of_a_date(names: str) -> None:
    form = "%Y,%m,%d,%H:%M" if "Klo" in names else "%Y,%m,%d,%H%M"
    found = recording(pairs("{t},{a},{b}", stamps(form)), f"{names},a,b")
    assert found.channels == ("a", "b")
    assert found.index[0] == pd.Timestamp("2024-02-28 00:16")
    assert found.fs == pytest.approx(1 / 3600)


def test_years_with_their_week() -> None:
    weeks = [f"{d.isocalendar()[0]}{d.isocalendar()[1]:02d}" for d in WEEKS]
    found = recording(pairs("{t},{a},{b}", weeks), "YearWeek,a,b")
    assert found.index[0] == WEEKS[0]
    assert found.fs == pytest.approx(1 / 604800)


WEEKS = pd.date_range("2020-06-01", periods=N, freq="7D")


def test_decimal_years_of_geodesy_have_365_25_days() -> None:
    values = np.arange(400) % 7 + 0.5
    rows = [f"{2020 + (i + 0.5) / 365.25:.4f} {value}" for i, value in enumerate(values)]
    found = recording(rows, "decimal_year north")
    assert found.fs == pytest.approx(1 / 86400)
    np.testing.assert_array_equal(found.values[:, 0], values)


@pytest.mark.parametrize(
    ("heads", "first"),
    [
        ([f"{y}M{m:02d} " for y in (2021, 2020, 2019) for m in range(12, 0, -1)], "2019-01-01"),
        ([f"{y}-Q{q}" for y in range(2012, 2020) for q in range(1, 5)], "2012-01-01"),
        ([f"{y} [YR{y}]" for y in range(1990, 2020)], "1990-01-01"),
        (list(pd.date_range("2020-01-22", periods=40).strftime("%-m/%-d/%y")), "2020-01-22"),
        (list(pd.date_range("2019-01-01", periods=40, freq="MS").strftime("%b-%y")), "2019-01-01"),
    ],
)
def test_periods_and_dates_above_the_columns(heads: list[str], first: str) -> None:
    values = np.round(RNG.normal(100, 9, size=(3, len(heads))), 1)
    places = ["AT,,47.5", "AT,Wien,48.2", "BE,,50.1"]
    rows = [
        "\t".join([place.replace(",", "\t"), *map(str, one)])
        for place, one in zip(places, values, strict=True)
    ]
    found = recording(rows, "\t".join(["Country", "Province", "Lat", *heads]))
    assert found.channels == ("AT", "AT Wien", "BE")
    assert found.index[0] == pd.Timestamp(first)
    down = first == "2019-01-01" and "M" in heads[0]
    np.testing.assert_array_equal(found.values, values.T[::-1] if down else values.T)


def test_years_behind_many_columns_of_text_and_before_a_last_one() -> None:
    years = range(1980, 2020)
    values = np.round(RNG.normal(5000, 900, size=(4, len(years))), 1)
    keys = [f"{100 + k}\tC{k}\tGDP\tCountry {k}\tGross product\tUSD\tBillions" for k in range(4)]
    rows = [
        "\t".join([key, *(f"{v:,.1f}" for v in one), "2018"])
        for key, one in zip(keys, values, strict=True)
    ]
    head = "Code\tISO\tSubject\tCountry\tDescriptor\tUnits\tScale"
    found = recording(rows, "\t".join([head, *map(str, years), "Estimates Start After"]))
    assert found.n_channels == 4
    assert found.index[0] == pd.Timestamp("1980-01-01")
    np.testing.assert_array_equal(found.values, values.T)


def test_times_of_day_behind_a_name_with_their_date() -> None:
    clocks = stamps("%H:%M", "5min", "2023-03-25 00:00")
    rows = [",".join(["Forecast", *map(str, LEFT)]), ",".join(["Demand", *map(str, RIGHT)])]
    found = recording(rows, ",".join(["Demand 25/03/2023", *clocks]))
    assert found.channels == ("Forecast", "Demand")
    assert found.index[0] == pd.Timestamp("2023-03-25 00:00")
    assert found.fs == pytest.approx(1 / 300)
    np.testing.assert_array_equal(found.values, BOTH)


LOG = (
    "~Version",
    " VERS.   2.0: CWLS log ASCII Standard",
    "~Well",
    " NULL.   -999.25:",
    "~Curve Information",
    "#MNEM.UNIT      API CODE     Curve Description",
    " TIME.S              :  1  TIME",
    " DT  .US/M  60 520 32 00:  2  SONIC TRANSIT TIME",
    " RHOB.K/M3  45 350 01 00:  3  BULK DENSITY",
    "~Other",
    "Note: The logging tools became stuck",
)


@pytest.mark.parametrize("mark", ["~A", "~ASCII", "~A  TIME     DT    RHOB"])
def test_well_logs_have_the_names_and_units_of_their_curves(mark: str) -> None:
    rows = [f"{5 * i}.000  {a}  {b}" for i, (a, b) in enumerate(BOTH)]
    found = recording(rows, *LOG, mark)
    assert found.channels == ("DT", "RHOB")
    assert found.units == ("US/M", "K/M3")
    assert found.fs == pytest.approx(0.2)
    np.testing.assert_array_equal(found.values, BOTH)


def test_a_count_of_the_records_below_them_is_none() -> None:
    rows = pairs("VD,{t},{a},{b}", stamps("%Y%m%d%H%M%S"))
    found = recording([*rows, f"FTR,{N}"], "HDR,SYSTEM DEMAND")
    np.testing.assert_array_equal(found.values, BOTH)
    assert found.fs == pytest.approx(1 / 3600)


def test_profiles_at_each_instant_are_refused() -> None:
    rows = [
        f"2023-01-{5 + 4 * k:02d}T10:00:00Z,{5 * i + 4.9 + k * i % 3 * 0.1:.1f},{LEFT[i]}"
        for k in range(6)
        for i in range(40)
    ]
    with pytest.raises(DataError, match="holds a profile along 'pres' at each instant"):
        recording(rows, "time,pres,temp")


def test_units_that_are_spelt_in_the_names_of_columns() -> None:
    rows = pairs("{t},{a},{b}", stamps("%Y-%m-%d %H:%M"))
    found = recording(rows, "time,Maximum temperature (Degree C),Rain (mm/hr)")
    assert found.units == ("°C", "mm/hr")


def test_numbers_of_ships_that_stay_are_no_channels() -> None:
    rows = pairs("{t},219000001,{a},{b},9000001", stamps("%Y-%m-%d %H:%M"))
    found = recording(rows, "Timestamp,MMSI,SOG,COG,IMO")
    assert found.channels == ("SOG", "COG")


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S"])
@pytest.mark.parametrize("start", ["2024-02-28 00:00", "2024-02-28 05:00"])
def test_midnight_may_have_no_time_of_day(form: str, start: str) -> None:
    whole = stamps(form, "1h", start)
    dates = [
        text.split()[0] if date.hour == 0 else text
        for text, date in zip(whole, pd.date_range(start, periods=N, freq="1h"), strict=True)
    ]
    found = recording(pairs("{t},{a},{b}", dates), "Time,a,b")
    assert found.index[0] == pd.Timestamp(start)
    assert found.fs == pytest.approx(1 / 3600)
    np.testing.assert_array_equal(found.values, BOTH)


def test_a_date_alone_inside_a_day_is_no_midnight() -> None:
    dates = stamps("%d.%m.%Y %H:%M", start="2024-02-28 00:00")
    dates[30] = dates[30].split()[0]
    with pytest.raises(DataError, match="is not a date like those above and below"):
        recording(pairs("{t},{a},{b}", dates), "Time,a,b")
