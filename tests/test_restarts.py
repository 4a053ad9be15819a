"""Elapsed time that starts again, against the time it would have had."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

N = 400
VALUES = np.round(np.random.default_rng(8).normal(20, 1, N), 3)


def recording(name: str, times: list[object], **options: str) -> Recording:
    """Return the recording of the values at written times."""
    rows = [f"{time},{value}" for time, value in zip(times, VALUES, strict=True)]
    return read(io.BytesIO("\n".join([f"{name},x", *rows]).encode()), **options)


@pytest.mark.parametrize(
    ("name", "full", "step", "unit"),
    [
        ("millis", 2**32, 20, 1e-3),
        ("micros", 2**32, 2000, 1e-6),
        ("millis", 2**16, 250, 1e-3),
        ("time [s]", 86_400, 60, 1.0),
        ("t_ms", 86_400_000, 500, 1e-3),
    ],
)
def test_a_counter_that_ran_full_goes_on(name: str, full: int, step: int, unit: float) -> None:
    begin = full - 150 * step
    found = recording(name, [(begin + step * i) % full for i in range(N)])
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
    assert found.fs == pytest.approx(1 / (step * unit))
    np.testing.assert_allclose(found.index, (begin + step * np.arange(N)) * unit)
    assert any("line 152" in note and "ran full" in note for note in found.notes)


@pytest.mark.parametrize("starts", [(150,), (100, 103, 333)])
@pytest.mark.parametrize("form", ["{:.2f}", "00:00:{:05.2f}"])
def test_rows_after_a_restart_follow_those_before_it(starts: tuple[int, ...], form: str) -> None:
    at = np.zeros(N, dtype=int)
    for start in starts:
        at[start:] = np.arange(N - start)
    at[: starts[0]] = np.arange(starts[0])
    found = recording("elapsed", [form.format(0.31 + 0.1 * i) for i in at])
    assert found.fs == pytest.approx(10)
    assert found.n_samples == N + 8 * len(starts)
    rows = np.arange(N) + 8 * np.searchsorted(starts, np.arange(N), side="right")
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.values[rows, 0], VALUES)
    assert any(f"line {starts[0] + 2}" in note and "restart" in note for note in found.notes)


@pytest.mark.parametrize("again", [False, True])
def test_blocks_below_a_rate_are_not_joined(again: bool) -> None:
    """A restart is seen whether the file gives its rate or not, as LabChart does for each block."""
    head = ["Interval=\t0.001 s", "TimeFormat=\tStartOfBlock", "ChannelTitle=\tECG"]
    head += ["Range=\t10.000 V"]
    rows = [f"{(i % 250) / 1000:.3f}\t{value}" for i, value in enumerate(VALUES)]
    below = [*head, *rows[:250], *(head if again else []), *rows[250:]]
    found = read(io.BytesIO("\n".join(below).encode()))
    assert (found.fs, found.channels, found.units) == (pytest.approx(1000), ("ECG",), ("V",))
    assert found.n_samples == N + 8
    np.testing.assert_array_equal(found.values[258:, 0], VALUES[250:])
    assert any("restart" in note for note in found.notes)


def test_a_time_that_goes_back_to_anything_else_is_refused() -> None:
    times: list[object] = [i if i < 200 else i - 80 for i in range(N)]
    with pytest.raises(DataError, match="has the time stamp of line 122"):
        recording("seconds", times)
    dates: list[object] = [f"2024-03-01 00:{i % 200 // 60:02d}:{i % 60:02d}" for i in range(N)]
    with pytest.raises(DataError, match="time stamp"):
        recording("time", dates)


def test_where_one_of_several_rows_is_to_be_taken_nothing_is_taken_for_a_restart() -> None:
    with pytest.raises(DataError, match="the time goes back"):
        recording("seconds", [i % 200 for i in range(N)], repeats="last")


@pytest.mark.parametrize("name", ["unit_nr", "trial", "Run"])
def test_whole_numbers_that_change_where_the_time_starts_again_tell_series_apart(
    name: str,
) -> None:
    lengths = {3: 150, 7: 120, 4: 130}
    cells = [(number, i) for number, length in lengths.items() for i in range(length)]
    rows = [f"{number},{i},{v}" for (number, i), v in zip(cells, VALUES, strict=True)]
    found = read_series(io.BytesIO("\n".join([f"{name},time_cycles,x", *rows]).encode()))
    assert list(found) == ["3", "7", "4"]
    assert [one.n_samples for one in found.values()] == list(lengths.values())
    np.testing.assert_array_equal(found["7"].values[:, 0], VALUES[150:270])


@pytest.mark.parametrize("rows", [(300,), (1,), (N - 2,), (120, 121, 250)])
@pytest.mark.parametrize("stray", ["2000-01-01 00:00:00", "2165-12-31 23:59:59"])
def test_stamps_far_from_those_around_are_put_between_them(
    rows: tuple[int, ...], stray: str
) -> None:
    stamps = pd.date_range("2024-03-01", periods=N, freq="1min")
    written: list[object] = [stray if i in rows else stamp for i, stamp in enumerate(stamps)]
    found = recording("time", written)
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
    assert found.fs == pytest.approx(1 / 60)
    np.testing.assert_array_equal(found.index, stamps)
    assert any(f"line {rows[0] + 2} ({stray})" in note for note in found.notes)
