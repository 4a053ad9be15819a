"""Exports of instruments and services, against what was written: a time, a name, a unit a kind."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read

N = 60
RNG = np.random.default_rng(12)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)


def recording(*rows: str, **options: Any) -> Recording:
    """Return the recording in lines of text."""
    return read(io.BytesIO("\n".join(rows).encode()), **options)


def stamps(form: str, step: float = 60, start: str = "2024-03-14 08:00") -> list[str]:
    """Return stamps so many seconds apart in a notation."""
    return list(pd.date_range(start, periods=N, freq=f"{round(step * 1e6)}us").strftime(form))


def is_read(found: Recording, *values: np.ndarray) -> None:
    """Check the values of all channels."""
    np.testing.assert_array_equal(found.values, np.column_stack(values))


@pytest.mark.parametrize("name", ["time", "DATE", "date_jd"])
@pytest.mark.parametrize(("step", "digits"), [(120, 8), (60, 5), (1765.4976, 6)])
def test_days_of_astronomers_are_instants_under_any_name_of_time(
    name: str, step: float, digits: int
) -> None:
    rows = [f"{2460383.75 + i * step / 86400:.{digits}f},{x}" for i, x in enumerate(LEFT)]
    found = recording(f"{name},flux", *rows)
    assert found.index[0] == pd.Timestamp("2024-03-14 06:00", tz="UTC")
    assert found.fs == pytest.approx(1 / step, rel=1e-4)


def test_seconds_of_four_weeks_since_the_start_are_none() -> None:
    rows = [f"{2460383.75 + i / 100:.2f},{x}" for i, x in enumerate(LEFT)]
    assert recording("time,x", *rows).fs == pytest.approx(100)


@pytest.mark.parametrize("step", [1000, 4000, 3994])
def test_thousands_without_a_unit_are_no_seconds(step: int) -> None:
    rows = [f"{183_456_789 + step * i + i * 7 % 13},{x}" for i, x in enumerate(LEFT)]
    found = recording("timestamp,gyro", *rows)
    is_read(found, LEFT)
    assert found.fs is None
    assert any("in a unit that is not said" in note for note in found.notes)
    assert recording("timestamp_us,gyro", *rows).fs == pytest.approx(1e6 / step, rel=1e-3)


@pytest.mark.parametrize("step", [1800, 3600, 86400])
def test_thousands_that_are_minutes_are_seconds(step: int) -> None:
    assert recording("time,x", *[f"{step * i},{x}" for i, x in enumerate(LEFT)]).fs == 1 / step


@pytest.mark.parametrize("power", [3, 4, 6])
def test_the_rate_in_the_file_tells_the_unit_of_its_stamps(power: int) -> None:
    rows = [f"{10 ** (power + 1) + 10**power // 100 * i},{x}" for i, x in enumerate(LEFT)]
    found = recording("// Update Rate: 100.0Hz", "SampleTimeFine,x", *rows)
    assert (found.fs, found.index[0]) == (pytest.approx(100), pytest.approx(10))


@pytest.mark.parametrize("zone", ["-04:00 New_York", "-04:00[America/New_York]", "Z UTC"])
def test_the_name_of_a_zone_may_stand_behind_its_offset(zone: str) -> None:
    found = recording("ts,x", *[f"{one}{zone},1{i % 7}" for i, one in enumerate(stamps("%FT%T"))])
    assert str(found.index[0]) == f"2024-03-14 08:00:00{zone.split()[0][:6].replace('Z', '+00:00')}"


def test_the_name_of_a_zone_in_brackets_is_left_out_with_a_note() -> None:
    found = recording(
        "ts,x", *[f"{t}[Europe/Berlin],{i % 7}" for i, t in enumerate(stamps("%FT%T"))]
    )
    assert (found.fs, found.index[0]) == (1 / 60, pd.Timestamp("2024-03-14 08:00"))
    assert any("Europe/Berlin" in note for note in found.notes)


@pytest.mark.parametrize("form", ["T#{}ms", "TIME#{}ms", "T#1h2m{}ms"])
def test_durations_of_controllers_are_times(form: str) -> None:
    found = recording("t;x", *[f"{form.format(100 * i)};{x}" for i, x in enumerate(LEFT)])
    assert found.fs == 10


def test_days_of_the_year_count_from_its_begin() -> None:
    rows = [f"{x} {74 + 1 / 4 + i / 144:.6f} 0" for i, x in enumerate(LEFT)]
    names = ["# name 0 = t090C: Temperature", "# name 1 = timeJ: Julian Days", "# name 2 = flag"]
    found = recording(*names, "# start_time = Mar 14 2024 06:00:00", "*END*", *rows)
    assert found.index[0].round("s") == pd.Timestamp("2024-03-14 06:00")


STAMPS = stamps("%F %T")


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (["                   ts  temp   hum"], "{n:<3} {t} {x} {y}"),
        (["# A tibble: 60 × 3", "   ts  temp  hum", "  <dttm> <dbl> <dbl>"], "{n:3} {t} {x} {y}"),
        (["Date and Time        temp    hum"], "{t}  {x}  {y}"),
        (["Report Date: 3/20/2024", "", "  Date and Time    temp    hum"], "{am}    {x}    {y}"),
        (["ts              temp   hum", "--------------- ------ ------"], "{t}.000 {x}  {y}"),
        (
            ["60×3 DataFrame", " Row │ ts   temp  hum", "  │ DateTime Float64 Float64", "───┼───"],
            " {n:3d} │ {iso}  {x}  {y}",
        ),
        (["┌───┬───┬───┐", "│ ts │ temp │ hum │", "├───┼───┼───┤"], "│ {t} │ {x} │ {y} │"),
        (["┌──────────ts─┬─temp─┬─hum─┐"], "│ {t} │ {x} │ {y} │"),
        (
            ["shape: (60, 3)", "┌───┬───┬───┐", "│ ts ┆ temp ┆ hum │", "│ --- ┆ --- ┆ --- │",
             "│ datetime[μs] ┆ f64 ┆ f64 │", "╞═══╪═══╪═══╡"],
            "│ {t} ┆ {x} ┆ {y} │",
        ),
        (['"ts,temp,hum"'], '"{t},{x},{y}"'),
        (['"ts;""temp"";hum"'], '"{t};""{x}"";{y}"'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("footer", ["", "(60 rows affected)"])
def test_what_programs_print_is_read_with_its_names(head: list[str], row: str, footer: str) -> None:
    times = pd.to_datetime(pd.Series(STAMPS))
    rows = [
        row.format(n=i, t=t, x=x, y=y, iso=f"{t:%FT%T}", am=f"{t:%m/%d/%Y %I:%M:%S %p}")
        for i, (t, x, y) in enumerate(zip(times, LEFT, RIGHT, strict=True), start=1)
    ]
    found = recording(*head, *rows, *([footer] if footer and '"' not in row else []))
    names = [name.split(" ")[0] for name in found.channels]
    assert names == ["temp", "hum"]
    is_read(found, LEFT, RIGHT)
    assert (found.fs, found.index[0]) == (1 / 60, times[0])


@pytest.mark.parametrize(
    ("zero", "point"), [(0x660, "."), (0x6F0, "\u066b"), (0xFF10, "\uff0e"), (0x966, ".")]
)
def test_digits_of_other_scripts_and_widths_are_read(zero: int, point: str) -> None:
    table = {ord(str(digit)): chr(zero + digit) for digit in range(10)} | {ord("."): point}
    rows = [f"{t},{x}".translate(table) for t, x in zip(STAMPS, LEFT, strict=True)]
    found = recording("ts,x", *rows)
    is_read(found, LEFT)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")


@pytest.mark.parametrize("cell", ["1,{:03d}", "1,2{:02d},000"])
def test_one_column_of_quoted_numbers_stays_one(cell: str) -> None:
    rows = [f'"{cell.format(i % 28 + 1)}"' for i in range(N)]
    assert recording('"x"', *rows).n_channels == 1
