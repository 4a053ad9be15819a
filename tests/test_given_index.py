"""A numeric index that is called like a time gives the rate, as a column of that name does."""

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import spectra
from spectra.datasets.reading import as_recording

N = 400
SECONDS = np.arange(N) / 100
VALUES = np.random.default_rng(0).normal(size=N)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("time", 1), ("Time (s)", 1), ("t", 1), ("seconds", 1), ("time_ms", 1000), ("t [ms]", 1000)],
)
def test_an_index_called_like_a_time_is_the_time(name: str, factor: int) -> None:
    frame = pd.DataFrame({"a": VALUES}, index=pd.Index(SECONDS * factor, name=name))
    found, expected = as_recording(frame), as_recording(frame.reset_index())
    assert found.fs == pytest.approx(100) == expected.fs
    assert found.channels == ("a",)
    assert found.index.equals(expected.index)
    assert found.notes == expected.notes


def test_unix_times_in_the_index_are_instants() -> None:
    index = pd.Index(1_700_000_000 + 60 * np.arange(N), name="time")
    found = as_recording(pd.Series(VALUES, index=index, name="a"))
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0] == pd.Timestamp("2023-11-14 22:13:20", tz="UTC")


def test_a_coordinate_of_xarray_called_time_is_the_time() -> None:
    array = xr.DataArray(VALUES, dims="time", coords={"time": SECONDS}, name="a")
    assert as_recording(array).fs == pytest.approx(100)


@pytest.mark.parametrize("name", [None, "machine", "response_time", "row"])
def test_an_index_of_another_name_is_kept(name: str | None) -> None:
    frame = pd.DataFrame({"a": VALUES}, index=pd.Index(SECONDS, name=name))
    found = as_recording(frame)
    assert found.fs is None
    assert found.channels == ("a",)
    np.testing.assert_array_equal(found.index, SECONDS)


def test_numbers_that_are_no_time_are_no_channel_either() -> None:
    index = pd.Index(np.random.default_rng(1).permutation(SECONDS), name="time")
    found = as_recording(pd.DataFrame({"a": VALUES}, index=index))
    assert (found.channels, found.fs) == (("a",), None)


def test_a_frame_of_dask_is_read_like_that_of_pandas() -> None:
    frame = pd.DataFrame({"time": SECONDS, "a": VALUES})
    found = as_recording(dask.dataframe.from_pandas(frame, npartitions=3))
    assert (found.channels, found.fs) == (("a",), pytest.approx(100))
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


def test_scores_keep_the_index_that_was_given() -> None:
    frame = pd.DataFrame({"a": VALUES}, index=pd.Index(SECONDS, name="time"))
    assert spectra.detect(frame).scores.index.equals(frame.index)


def test_an_index_may_have_the_name_of_a_column() -> None:
    index = pd.Index(pd.date_range("2024-01-01", periods=N, freq="s").astype(str), name="a")
    found = as_recording(pd.DataFrame({"a": VALUES}, index=index))
    assert found.fs == pytest.approx(1)
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
