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
