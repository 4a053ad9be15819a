"""Manners of writing a table that come together: names, times, marks of comments, line ends."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read
from tests.written import N, is_read, recording, stamps

RNG = np.random.default_rng(8)
LEFT, RIGHT = np.round(RNG.normal(20, 2, (2, N)), 2)
CELLS = [f"{left:.2f} {right:.2f}" for left, right in zip(LEFT, RIGHT, strict=True)]


@pytest.mark.parametrize(
    ("names", "form", "start"),
    [
        ("time left right", "%Y-%m-%d %H:%M:%S+02:00", "2024-03-14 08:00+02:00"),
        ("time left right", "%Y-%m-%d %H:%M:%SZ", "2024-03-14 08:00Z"),
        ("time left right", "%Y%m%d %H%M", "2024-03-14 08:00"),
        ("time left right", "%Y%m%d %H%M%S", "2024-03-14 08:00"),
        ("Date Time left right", "%m/%d/%Y %I:%M:%S %p", "2024-03-14 08:00"),
        ("time left right", "%m/%d/%Y %I:%M:%S %p", "2024-03-14 08:00"),
    ],
)
def test_a_name_stands_above_all_parts_of_a_time(names: str, form: str, start: str) -> None:
    found = recording(
        names, *map(" ".join, zip(stamps(form), CELLS, strict=True)), dates="month-first"
    )
    assert found.channels == ("left", "right")
    is_read(found, LEFT, RIGHT)
    assert found.index[0] == pd.Timestamp(start)
    assert found.fs == pytest.approx(1 / 60)


def test_a_name_stands_above_a_clock_and_its_half_of_the_day() -> None:
    found = recording(
        "time left right", *map(" ".join, zip(stamps("%I:%M:%S %p"), CELLS, strict=True))
    )
    assert found.channels == ("left", "right")
    is_read(found, LEFT, RIGHT)
    assert found.fs == pytest.approx(1 / 60)


@pytest.mark.parametrize("names", ["# time left right", "# Date Time left right"])
def test_a_mark_above_the_numbers_of_the_rows_is_their_name(names: str) -> None:
    rows = enumerate(map(" ".join, zip(stamps("%Y-%m-%d %H:%M:%S"), CELLS, strict=True)))
    found = recording(names, *(f"{i} {row}" for i, row in rows))
    assert found.channels == ("left", "right")
    is_read(found, LEFT, RIGHT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")
    assert found.fs == pytest.approx(1 / 60)


def test_a_mark_above_quoted_times_and_numbers_of_the_rows_is_their_name() -> None:
    rows = enumerate(zip(stamps("%Y-%m-%d %H:%M:%S"), CELLS, strict=True), start=1)
    found = recording("# time left right", *(f'{i} "{time}" {row}' for i, (time, row) in rows))
    assert found.channels == ("left", "right")
    is_read(found, LEFT, RIGHT)


def test_names_in_a_comment_may_end_with_a_tab_as_the_rows_do() -> None:
    times = zip(stamps("%Y-%m-%d %H:%M:%S"), CELLS, strict=True)
    rows = ("\t".join([time, *cells.split(), ""]) for time, cells in times)
    found = recording("# time\tleft\tright\t", *rows)
    assert found.channels == ("left", "right")
    is_read(found, LEFT, RIGHT)


def test_a_first_row_of_rising_numbers_is_none_of_bands() -> None:
    values = RNG.integers(300, 900, (N, 3))
    values[0] = 813, 819, 891
    times = zip(stamps("%Y-%m-%dT%H:%M:%SZ"), values.tolist(), strict=True)
    found = recording("time,co2,speed,noise", *(",".join(map(str, (t, *row))) for t, row in times))
    assert found.channels == ("co2", "speed", "noise")
    is_read(found, *values.T.astype(float))


def test_a_number_behind_a_key_names_no_channel() -> None:
    above = ("Device: LG-4711", "Serial: 40021177", "Sample interval: 60 s")
    rows = (f"{time} {one}" for time, one in zip(stamps("%Y-%m-%dT%H:%M:%S"), LEFT, strict=True))
    found = recording(*above, "DateTime temperature", *rows)
    assert found.channels == ("temperature",)
    is_read(found, LEFT)


def test_blank_lines_between_carriage_returns_cost_no_row() -> None:
    lines = ("Logger export", "", "Site north", "", "time,left")
    rows = (f"{t},{one}" for t, one in zip(stamps("%Y-%m-%d %H:%M:%S"), LEFT, strict=True))
    found = read(io.BytesIO("\r".join([*lines, *rows]).encode()))
    is_read(found, LEFT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


@pytest.mark.parametrize("step", ["6h", "3h", "1h", "7min"])
@pytest.mark.parametrize(("name", "epoch"), [("Date", 25569), ("datenum", 719529)])
@pytest.mark.parametrize("order", [1, -1])
def test_day_numbers_below_a_name_of_dates_are_dates(
    step: str, name: str, epoch: int, order: int
) -> None:
    index = pd.date_range("2024-01-19 06:20", periods=N, freq=step)
    days = (index - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D") + epoch
    rows = [f"{day:.6f},{one}" for day, one in zip(days, LEFT, strict=True)]
    found = recording(f"{name},left", *rows[::order])
    is_read(found, LEFT)
    assert abs(found.index[0] - index[0]) < pd.Timedelta("1s")
    assert found.fs == pytest.approx(1 / pd.Timedelta(step).total_seconds(), rel=1e-5)


def test_a_version_is_no_date() -> None:
    found = recording("sample,left,firmware", *(f"{i},{one},1.2.3" for i, one in enumerate(LEFT)))
    assert found.channels == ("left",)
    is_read(found, LEFT)


@pytest.mark.parametrize(
    ("names", "form"),
    [("Date,Time,left", "%Y%m%d,%H%M%S"), (None, "%Y-%m-%d,%H:%M:%S")],
)
def test_the_same_time_of_each_day_is_a_part_of_the_date(names: str | None, form: str) -> None:
    rows = [f"{t},{one}" for t, one in zip(stamps(form, 86400), LEFT, strict=True)]
    found = recording(*([names] if names else []), *rows)
    is_read(found, LEFT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


@pytest.mark.parametrize(
    ("form", "start"),
    [("%H:%M:%S", "2024-03-14 08:00"), ("%I:%M:%S %p", "2024-03-14 07:59:30")],
)
def test_times_of_day_begin_at_the_start_that_stands_above(form: str, start: str) -> None:
    rows = [f"{t},{one}" for t, one in zip(stamps(form), LEFT, strict=True)]
    found = recording(f"Start time: {start}", "Operator: nobody", "Time,left", *rows)
    is_read(found, LEFT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


def test_lengths_of_time_begin_at_the_start_that_stands_above() -> None:
    rows = [f"{i // 60}:{i % 60:02d}:00,{one}" for i, one in enumerate(LEFT)]
    found = recording("Start time: 2024-03-14 08:00:00", "Operator: nobody", "elapsed,left", *rows)
    is_read(found, LEFT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


def test_times_of_day_that_do_not_begin_at_the_start_keep_their_own() -> None:
    rows = [f"{t},{one}" for t, one in zip(stamps("%H:%M:%S"), LEFT, strict=True)]
    found = recording("Start time: 2024-03-14 11:30:00", "Operator: nobody", "Time,left", *rows)
    is_read(found, LEFT)
    assert isinstance(found.index, pd.TimedeltaIndex)


def test_a_weekly_time_of_day_without_a_name_is_a_part_of_the_date() -> None:
    times = stamps("%Y-%m-%d %H:%M:%S+02:00", 7 * 86400)
    found = recording("time left right", *map(" ".join, zip(times, CELLS, strict=True)))
    is_read(found, LEFT, RIGHT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00+02:00")


@pytest.mark.parametrize(
    ("above", "between"),
    [(("Device,LG-4711", "Firmware,1.2.3"), ","), (("Report of hall", "Site north 3"), " ")],
)
def test_names_in_a_comment_right_above_the_rows_count(
    above: tuple[str, ...], between: str
) -> None:
    times = zip(stamps("%Y-%m-%dT%H:%M:%S"), LEFT, strict=True)
    rows = (f"{time}{between}{one}" for time, one in times)
    found = recording(*above, f"# time{between}left", *rows)
    assert found.channels == ("left",)
    is_read(found, LEFT)
