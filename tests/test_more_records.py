"""Exports of simulators, tools and statistics: units, clocks, quarters and names as written."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from spectra.datasets import read
from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(59)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)


@pytest.mark.parametrize("name", ["Time", "t", "Elapsed time"])
@pytest.mark.parametrize(
    ("unit", "seconds"),
    [("min", 60), ("sec", 1), ("s", 1), ("ms", 1e-3), ("hr", 3600), ("h", 3600)],
)
def test_a_unit_behind_each_time_counts(name: str, unit: str, seconds: float) -> None:
    rows = [f"{0.5 * i:g} {unit},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{name},x", *rows)
    assert found.fs == pytest.approx(2 / seconds)
    is_read(found, LEFT)


@pytest.mark.parametrize("form", ["%-d.%-m.%Y,{}", "%Y-%m-%d,{}"])
def test_clocks_may_lack_zeros(form: str) -> None:
    instants = pd.date_range("2024-03-14 08:58:30.25", periods=N, freq="2s")
    clocks = [f"{t.hour}:{t.minute}:{t.second}.{t.microsecond // 1000}" for t in instants]
    days = instants.strftime(form)
    rows = [f"{day.format(t)},{x}" for day, t, x in zip(days, clocks, LEFT, strict=True)]
    found = recording("Date,Time,x", *rows)
    assert (found.fs, found.index[0], found.index[-1]) == (0.5, instants[0], instants[-1])
    is_read(found, LEFT)


@pytest.mark.parametrize("form", ["Q{}", "Qtr{}", "Quarter {}", "q{}", "{}. Quartal"])
@pytest.mark.parametrize("year", ["", "Year"])
def test_quarters_of_years_are_one_channel(form: str, year: str) -> None:
    names = ",".join([year, *[form.format(i) for i in range(1, 5)]])
    rows = [f"{2005 + i}," + ",".join(map(str, LEFT[4 * i : 4 * i + 4])) for i in range(N // 4)]
    found = recording(names, *rows)
    assert (found.channels, found.index[1]) == (("value",), pd.Timestamp("2005-04-01"))
    is_read(found, LEFT)


def test_names_between_blanks_stand_above_tabs() -> None:
    rows = [f"{i}\t{i * 1e-6:.6e}\t{x:.6e}\t" for i, x in enumerate(LEFT)]
    rule = "-" * 60
    head = ["No. of Data Rows : 60", "  Transient Analysis  Thu Mar 14", rule]
    found = recording(*head, "Index   time            v(out)          ", rule, *rows)
    assert (found.channels, found.fs) == (("v(out)",), 1e6)
    is_read(found, LEFT)


def test_runs_of_a_simulator_are_named() -> None:
    rows = [
        line
        for run in (1, 2)
        for line in (
            f"Step Information: R={run}K  (Run: {run}/2)",
            *[f"{i * 1e-6:.6e}\t{x}" for i, x in enumerate(LEFT)],
        )
    ]
    with pytest.raises(DataError, match="LTspice with the runs"):
        recording("time\tV(out)", *rows)


def test_a_log_of_lines_of_several_kinds_is_named() -> None:
    rows = [
        "00, 14-03-2024 08:00:00, Hardware monitoring log v1.6 ",
        "02, 14-03-2024 08:00:00, GPU temperature     ,GPU usage           ",
        "03, 14-03-2024 08:00:00, GPU temperature     ,°C,0.000,100.000",
        *[f"80, {t},{x},{x}" for t, x in zip(stamps("%d-%m-%Y %T", 1), LEFT, strict=True)],
    ]
    with pytest.raises(DataError, match=r"MSI Afterburner.* begin with 80"):
        recording(*rows)


@pytest.mark.parametrize(
    ("name", "step", "fs"),
    [
        ("time_ms", 2, 500),
        ("t_us", 400, 2500),
        ("timestamp_ns", 10**6, 1000),
        ("elapsed_s", 0.5, 2),
        ("time_min", 1, 1 / 60),
    ],
)
@pytest.mark.parametrize("kind", ["npy", "npz", "mat"])
def test_arrays_have_a_time_with_its_unit_in_its_name(
    name: str, step: float, fs: float, kind: str
) -> None:
    file, times = io.BytesIO(), np.arange(N) * step
    if kind == "npy":
        array = np.zeros(N, dtype=[(name, "f8"), ("flow", "f8")])
        array[name], array["flow"] = times, LEFT
        np.save(file, array)
    elif kind == "npz":
        np.savez(file, **{name: times, "flow": LEFT})
    else:
        savemat(file, {name: times, "flow": LEFT})
    found = read(io.BytesIO(file.getvalue()))
    assert (found.channels, found.fs) == (("flow",), pytest.approx(fs))
    is_read(found, LEFT)


@pytest.mark.parametrize(
    ("before", "behind"), [("-", ""), ("-", "+"), ("T-", "T+"), ("T - ", "T + ")]
)
@pytest.mark.parametrize("part", ["", ".0"])
def test_clocks_before_an_event_count_below_0(before: str, behind: str, part: str) -> None:
    times = [f"{before if i < 30 else behind}00:00:{abs(i - 30):02}{part}" for i in range(N)]
    rows = [f"{t},{x}" for t, x in zip(times, LEFT, strict=True)]
    found = recording("time,x", *rows)
    assert (found.fs, found.index[0]) == (1, pd.Timedelta(seconds=-30))
    is_read(found, LEFT)


def test_offsets_from_utc_are_no_clocks() -> None:
    rows = [f"{t},+01:00,{x}" for t, x in zip(stamps("%F", 86400), LEFT, strict=True)]
    assert recording("date,offset,x", *rows).index[0].hour == 0


def _go(seconds: float) -> str:
    """Return a duration as Go writes it."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"


@pytest.mark.parametrize("step", [2, 2.5])
def test_durations_may_have_several_units(step: float) -> None:
    rows = [f"{_go(i * step)},{x}" for i, x in enumerate(LEFT)]
    found = recording("elapsed,x", *rows)
    assert (found.fs, found.index[-1]) == (1 / step, pd.Timedelta(seconds=(N - 1) * step))
    is_read(found, LEFT)


def test_durations_may_have_blanks_between_units() -> None:
    rows = [f"{f'{i // 60}h ' * (i > 59)}{i % 60}min 5s,{x}" for i, x in enumerate([*LEFT, *LEFT])]
    found = recording("elapsed,x", *rows)
    assert (found.fs, found.n_samples) == (1 / 60, 2 * N)


def test_days_of_a_simulated_year_may_have_two_blanks_behind_them() -> None:
    rows = [f" 01/{1 + i // 24:02}  {i % 24 + 1:02}:00:00,{x}" for i, x in enumerate(LEFT)]
    found = recording("Date/Time,Outdoor Air [C](Hourly)", *rows)
    assert (found.fs, found.units) == (1 / 3600, ("C",))
    is_read(found, LEFT)


@pytest.mark.parametrize(
    "form", ["%Y-%b-%d %H:%M", "%Y %b %d %H:%M", "%Y/%B/%d %H:%M", "%Y-%b-%dT%H:%M:%S.%f"]
)
def test_the_name_of_a_month_may_follow_the_year(form: str) -> None:
    found = recording("time,x", *[f"{t},{x}" for t, x in zip(stamps(form), LEFT, strict=True)])
    assert (found.fs, found.index[0]) == (1 / 60, pd.Timestamp("2024-03-14 08:00"))


def test_names_may_stand_above_stars_and_a_mark_of_data() -> None:
    times = stamps("%Y-%b-%d %H:%M")
    rows = [f" {t}, , ,  {x},  {y}," for t, x, y in zip(times, LEFT, RIGHT, strict=True)]
    names = " Date__(UT)__HR:MN, , ,  delta, deldot,"
    stars = "*" * 40
    head = [stars, "Target body name: Mars", stars, names, stars, "$$SOE"]
    found = recording(*head, *rows, "$$EOE", stars)
    assert (found.channels, found.fs) == (("delta", "deldot"), 1 / 60)
    is_read(found, LEFT, RIGHT)


def test_rows_of_a_header_may_begin_with_an_empty_field() -> None:
    rows = [f"{i},{i / 120:.6f},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    head = ["Format Version,1.23,Capture Frame Rate,120.000000,Total Frames,60", ""]
    head += [",Type,Marker,Marker", ',ID,"1","1"', ",,Position,Position"]
    found = recording(*head, "Frame,Time (Seconds),X,Y", *rows)
    assert (found.channels, found.fs) == (("X", "Y"), pytest.approx(120))
    is_read(found, LEFT, RIGHT)


def test_a_price_of_energy_is_a_unit() -> None:
    rows = [f"{t},{x}" for t, x in zip(stamps("%F %T", 3600), LEFT, strict=True)]
    assert recording("time,Day-ahead Price [EUR/MWh]", *rows).units == ("EUR/MWh",)


def test_a_bracket_behind_a_number_is_no_unit() -> None:
    rows = [f"[ {0.1 * i:.6f}] zone0: temperature {x} C" for i, x in enumerate(LEFT)]
    assert recording(*rows).channels == ("value",)


@pytest.mark.parametrize("form", ["%y%m%d", "%d%m%y"])
@pytest.mark.parametrize("start", ["2024-03-14 08:00", "2024-03-13 23:30"])
@pytest.mark.parametrize("first", ["date", "time"])
def test_days_in_six_digits_go_with_clocks_in_digits(form: str, start: str, first: str) -> None:
    times, other = (
        pd.date_range(start, periods=N, freq="min"),
        "time" if first == "date" else "date",
    )
    parts = {"date": times.strftime(form), "time": times.strftime("%H%M%S")}
    rows = [f"{a},{b},{x}" for a, b, x in zip(parts[first], parts[other], LEFT, strict=True)]
    found = recording(f"{first},{other},x", *rows)
    assert (found.channels, found.fs) == (("x",), 1 / 60)
    # On one day of 14 to 24 both forms are dates.
    if form == "%y%m%d" or start.endswith("23:30"):
        assert (found.index[0], found.index[-1]) == (times[0], times[-1])
    assert "is read as" in found.notes[0]
    is_read(found, LEFT)


@pytest.mark.parametrize("name", ["date", "time", "month", "Year"])
def test_a_year_and_a_month_behind_its_point_are_a_date(name: str) -> None:
    rows = [f"{2005 + i // 12}.{i % 12 + 1:02},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{name},x", *rows)
    assert found.index[[0, 9, 12]].strftime("%Y-%m-%d").tolist() == [
        "2005-01-01",
        "2005-10-01",
        "2006-01-01",
    ]
    is_read(found, LEFT)


def test_years_of_months_stand_between_their_ends_and_a_missing_number() -> None:
    cells = [f"{x:.2f}" if i != 27 else "-99.99" for i, x in enumerate(LEFT)]
    rows = [f" {1990 + y}  " + "  ".join(cells[12 * y : 12 * y + 12]) for y in range(N // 12)]
    found = recording(" 1990 1994", *rows, "  -99.99", " ERSST V5 Nino 3.4", " https://example.org")
    assert (found.index[0], found.n_samples) == (pd.Timestamp("1990-01-01"), N)
    assert np.flatnonzero(found.interpolated).tolist() == [27]
    known = ~found.interpolated
    np.testing.assert_array_equal(found.values[known, 0], LEFT[known])


@pytest.mark.parametrize(("first", "other", "factor"), [("M", "K", 1e-3), ("K", "M", 1e3)])
def test_thousands_and_millions_in_one_column(first: str, other: str, factor: float) -> None:
    days = stamps("%m/%d/%Y", 86400)
    rows = [
        f"{t},{x}{other if i % 3 else first}"
        for i, (t, x) in enumerate(zip(days, LEFT, strict=True))
    ]
    found = recording("Date,Vol.", *rows)
    np.testing.assert_allclose(found.values[:, 0], np.where(np.arange(N) % 3, factor, 1) * LEFT)


def test_units_may_stand_above_names() -> None:
    rows = [f"{i / 10},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording("s,V,A", "Time,U,I", *rows)
    assert (found.channels, found.units, found.fs) == (("U", "I"), ("V", "A"), 10)
    is_read(found, LEFT, RIGHT)


def test_single_quotes_stand_around_fields() -> None:
    rows = [f"'{t}','{x}'" for t, x in zip(stamps("%F %T", 1), LEFT, strict=True)]
    found = recording("'time','x'", *rows)
    assert (found.channels, found.fs) == (("x",), 1)
    is_read(found, LEFT)
