"""Arrays in files: they are indexed as arrays in memory, and what scans them does so in parts."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spectra import alarms, stored
from spectra.alarms import find_alarms
from spectra.errors import DataError
from spectra.signal.scale import constant_channels, extremes
from spectra.spectral import sample
from spectra.spectral.settings import Spectral
from spectra.stored import FileArray, StoredArray, refuse_full_disk

VALUES = np.random.default_rng(0).normal(size=(500, 3))


def lazy(values: np.ndarray) -> StoredArray:
    """Return an array that is read by ranges alone."""
    return StoredArray(lambda start, stop: values[start:stop], values.shape, values.dtype)


@given(
    hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=40), elements=st.integers(0, 499)),
    st.integers(1, 2000),
)
def test_rows_in_any_order_are_those_of_the_array(rows: np.ndarray, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stored, "AT_ONCE", at_once)
        patched.setattr(stored, "NEAR_BYTES", at_once)
        np.testing.assert_array_equal(lazy(VALUES)[rows], VALUES[rows])
        np.testing.assert_array_equal(lazy(VALUES)[rows, 1], VALUES[rows, 1])


@given(st.slices(500))
def test_ranges_are_those_of_the_array(rows: slice) -> None:
    if rows.step is not None and rows.step < 0:
        rows = slice(rows.start, rows.stop, -rows.step)
    np.testing.assert_array_equal(lazy(VALUES)[rows], VALUES[rows])


def test_columns_of_a_stored_array_are_stored() -> None:
    chosen = lazy(VALUES)[:, [2, 0]]
    assert isinstance(chosen, StoredArray)
    np.testing.assert_array_equal(np.asarray(chosen), VALUES[:, [2, 0]])
    np.testing.assert_array_equal(chosen.T, VALUES[:, [2, 0]].T)
    assert lazy(VALUES)[7, 1] == VALUES[7, 1]


@given(st.lists(st.integers(0, 50), max_size=8))
def test_rows_that_are_appended_are_read_again(sizes: list[int]) -> None:
    array = FileArray((0, 3))
    parts = [VALUES[:size] for size in sizes]
    for part in parts:
        array.append(part)
    assert array.shape == (sum(sizes), 3)
    np.testing.assert_array_equal(np.asarray(array), np.concatenate([*parts, np.empty((0, 3))]))


def test_a_range_that_is_written_replaces_the_rows_there() -> None:
    array, there = FileArray((10,), np.int16), np.zeros(10, dtype=np.int16)
    for rows, values in ((slice(2, 5), [1, 2, 3]), (slice(4, 10), range(6))):
        array[..., rows] = there[rows] = np.array(list(values))
    np.testing.assert_array_equal(np.asarray(array), there)
    with pytest.raises(ValueError, match="3 rows do not fit into 2"):
        array[0:2] = np.arange(3)


def test_no_temporary_file_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", os.fspath(tmp_path))
    monkeypatch.setattr(stored.tempfile, "tempdir", None)
    array = FileArray((0,))
    array.append(np.arange(1000.0))
    assert list(tmp_path.iterdir()) == []
    assert stored.large_folder() == os.fspath(tmp_path)


def test_a_disk_that_is_too_small_is_said_before_anything_is_read() -> None:
    with pytest.raises(DataError, match="name another folder in the environment variable TMPDIR"):
        refuse_full_disk(2**60, "data.csv")
    refuse_full_disk(0, "data.csv")


WRITE = """
import resource, signal, numpy as np
from spectra.errors import DataError
from spectra.stored import FileArray
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    FileArray((0,)).append(np.zeros(100_000))
except DataError as error:
    print(error)
"""


def test_a_disk_that_fills_is_one_sentence() -> None:
    done = subprocess.run([sys.executable, "-c", WRITE], capture_output=True, text=True, check=True)
    assert "cannot be kept in" in done.stdout
    assert "TMPDIR" in done.stdout


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    """Noise with bursts, one in the last rows, and a gap."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(12_000, 2))
    values[6_000:6_200, 0] *= 5
    values[-60:, 1] += 8
    values[3_000:3_100] = np.nan
    return values


def test_a_signal_in_a_file_is_learned_from_and_scored_as_one_in_memory(noise: np.ndarray) -> None:
    for rows in (None, slice(7_000, 11_000)):
        known, scores = Spectral(nperseg=64).fit(noise, rows)
        model, found = Spectral(nperseg=64).fit(lazy(noise), rows)
        np.testing.assert_array_equal(found.statistic, scores.statistic)
        assert model.fusion.threshold(1e-3) == known.fusion.threshold(1e-3)


def test_alarms_do_not_depend_on_the_parts_that_are_searched(
    noise: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, scores = Spectral(nperseg=64).fit(noise)
    whole = find_alarms(scores, 0.01)
    for at_once in (1, 7, 1000):
        monkeypatch.setattr(alarms, "AT_ONCE", at_once)
        parts = find_alarms(scores, 0.01)
        for name in ("first", "last", "peak", "highest"):
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_an_alarm_longer_than_the_most_steps_is_several(noise: np.ndarray) -> None:
    _, scores = Spectral(nperseg=64).fit(noise)
    most = 20
    found = find_alarms(scores, 0.01, most)
    assert (found.last - found.first < most * scores.step).all()
    assert (np.diff(found.first) > 0).all()
    # Together they cover what the long ones have.
    long = find_alarms(scores, 0.01)
    assert found.first.size > long.first.size


def test_calibration_on_stretches_is_close_to_that_on_all_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(2).normal(size=(100_000, 1))
    whole = Spectral(nperseg=64).fit(values)[0].fusion
    monkeypatch.setattr(sample, "CALIBRATED", 8_192)
    part = Spectral(nperseg=64).fit(values)[0].fusion
    assert part.calibration.n <= 8_192 < whole.calibration.n
    # Of 8,192 steps, 80 lie beyond 1 %: the standard error of such a threshold is a few hundredths.
    assert part.threshold(0.01) == pytest.approx(whole.threshold(0.01), rel=0.1)


def test_extremes_are_those_of_the_whole_signal(noise: np.ndarray) -> None:
    still = np.column_stack([noise, np.full(len(noise), 3.0), np.full(len(noise), np.nan)])
    still[0, 0], still[-1, 0] = 100.0, -100.0
    low, high = extremes(lazy(still))
    np.testing.assert_array_equal(low, np.fmin.reduce(still, axis=0))
    np.testing.assert_array_equal(high, np.fmax.reduce(still, axis=0))
    assert constant_channels(lazy(still)).tolist() == [False, False, True, True]


def test_a_copy_of_an_array_is_one() -> None:
    values = np.zeros(10)
    np.array(lazy(values), copy=True)[0] = 1.0
    assert values[0] == 0
