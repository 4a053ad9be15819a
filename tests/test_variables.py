"""Variables of MATLAB, NumPy and HDF5 files: what lies beside a signal says how it was sampled."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io

from spectra.datasets import read
from spectra.errors import DataError

N = 200
X = np.random.default_rng(0).normal(size=N)
Y = np.random.default_rng(1).normal(size=N)


def matlab(tmp_path: Path, **variables: Any) -> Path:
    """Return a MATLAB file of version 5."""
    path = tmp_path / "data.mat"
    scipy.io.savemat(path, variables)
    return path


def hdf5(tmp_path: Path, write: Callable[[h5py.File], None]) -> Path:
    """Return an HDF5 file."""
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        write(file)
    return path


@pytest.mark.parametrize(
    ("name", "step", "fs"),
    [("dt", 0.01, 100.0), ("sample_interval", 0.004, 250.0), ("isi", 5.0, 200.0), ("Ts", 2.0, 0.5)],
)
def test_the_time_between_samples_gives_the_rate(
    tmp_path: Path, name: str, step: float, fs: float
) -> None:
    recording = read(matlab(tmp_path, x=X, **{name: step}))
    assert recording.fs == fs
    assert recording.channels == ("x",)
    assert any(f"'{name}' gives the step" in note for note in recording.notes)


def test_rate_beside_the_signal_goes_before_another(tmp_path: Path) -> None:
    low = {"fs": 10.0, "values": X[:50]}
    high = {"fs": 500.0, "values": X, "units": "mV"}
    recording = read(matlab(tmp_path, low=low, high=high))
    assert recording.channels == ("high.values",)
    assert recording.fs == 500.0
    assert recording.units == ("mV",)


def test_elements_of_cells_and_structures_are_channels(tmp_path: Path) -> None:
    cells = np.empty((1, 2), dtype=object)
    cells[0, 0], cells[0, 1] = X, Y
    recording = read(matlab(tmp_path, c=cells, fs=100.0))
    assert recording.channels == ("c{1}", "c{2}")
    assert recording.fs == 100.0
    elements = np.zeros((1, 2), dtype=[("values", object), ("interval", object)])
    elements[0, 0], elements[0, 1] = (X, 0.002), (Y, 0.002)
    recording = read(matlab(tmp_path, ch=elements))
    assert recording.channels == ("ch(1).values", "ch(2).values")
    assert recording.fs == 500.0
    assert np.array_equal(recording.values, np.column_stack([X, Y]))


def test_channels_that_labchart_puts_behind_one_another_lie_side_by_side(tmp_path: Path) -> None:
    recording = read(
        matlab(
            tmp_path,
            data=np.concatenate([X, Y])[None, :],
            datastart=np.array([[1.0], [N + 1.0]]),
            dataend=np.array([[N], [2.0 * N]]),
            samplerate=np.array([[400.0], [400.0]]),
        )
    )
    assert recording.channels == ("channel1", "channel2")
    assert recording.fs == 400.0
    assert np.array_equal(recording.values, np.column_stack([X, Y]))


def test_a_rate_shows_the_unit_of_a_time(tmp_path: Path) -> None:
    inside = {"srate": 128.0, "times": np.arange(N) * 1000 / 128, "data": np.array([X, Y])}
    recording = read(matlab(tmp_path, EEG=inside))
    assert recording.fs == pytest.approx(128.0)
    assert recording.channels == ("EEG.data_1", "EEG.data_2")


def test_dates_of_numpy_are_the_time(tmp_path: Path) -> None:
    dates = np.datetime64("2024-03-05T10:00") + np.arange(N) * np.timedelta64(60, "s")
    np.savez(tmp_path / "data.npz", x=X, when=dates)
    recording = read(tmp_path / "data.npz")
    assert recording.channels == ("x",)
    assert recording.fs == 1 / 60
    assert str(recording.index[0]) == "2024-03-05 10:00:00"


def _with_step(file: h5py.File) -> None:
    file["x"] = X
    file.attrs["dt"] = 0.002


def _with_starting_time(file: h5py.File) -> None:
    file["acquisition/ts/data"] = X
    file["acquisition/ts/starting_time"] = 0.0
    file["acquisition/ts/starting_time"].attrs["rate"] = 500.0


@pytest.mark.parametrize("write", [_with_step, _with_starting_time])
def test_attributes_of_hdf5_give_the_rate(
    tmp_path: Path, write: Callable[[h5py.File], None]
) -> None:
    assert read(hdf5(tmp_path, write)).fs == 500.0


def test_the_index_of_a_table_of_pandas_is_its_time(tmp_path: Path) -> None:
    def table(file: h5py.File) -> None:
        rows = np.zeros(N, dtype=[("index", "i8"), ("flow", "f8")])
        rows["index"] = 1_709_632_800 * 10**9 + np.arange(N) * 10**9
        rows["flow"] = X
        file.create_dataset("df/table", data=rows)

    recording = read(hdf5(tmp_path, table))
    assert recording.channels == ("df/table/flow",)
    assert recording.fs == 1.0
    assert str(recording.index[0]).startswith("2024-03-05 10:00:00")


def test_wav_without_samples_is_refused_in_a_sentence() -> None:
    head = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
    with pytest.raises(DataError, match="has no samples: its recorder may not have finished"):
        read(io.BytesIO(head + b"data\0\0\0\0"))


@pytest.mark.parametrize(
    ("unit", "seconds", "begin"),
    [
        ("hours since 1900-01-01 00:00:0.0", 3600, "1900-01-01"),
        ("days since 1950-01-01", 86400, "1950-01-01"),
        ("seconds since 2020-03-01T06:00:00Z", 1, "2020-03-01 06:00"),
        ("minutes since 2020-03-01 00:00:00", 60, "2020-03-01"),
    ],
)
def test_times_of_netcdf_are_dates(tmp_path: Path, unit: str, seconds: int, begin: str) -> None:
    def write(file: h5py.File) -> None:
        file["time"] = np.arange(N) + 10.0
        file["time"].attrs["units"] = unit
        file["sst"] = X

    found = read(hdf5(tmp_path, write))
    assert (found.channels, found.fs) == (("sst",), pytest.approx(1 / seconds))
    assert found.index[0] == pd.Timestamp(begin) + pd.Timedelta(seconds=10 * seconds)
    np.testing.assert_array_equal(found.values[:, 0], X)


def test_times_of_another_calendar_are_no_dates(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["time"] = np.arange(N) + 10.0
        file["time"].attrs["units"] = "days since 1850-01-01"
        file["time"].attrs["calendar"] = "360_day"
        file["sst"] = X

    assert not isinstance(read(hdf5(tmp_path, write)).index, pd.DatetimeIndex)


@pytest.mark.parametrize("fill", [-32768, 9.969209968386869e36])
@pytest.mark.parametrize("scale", [None, 0.01])
def test_packed_values_of_netcdf_are_unpacked(
    tmp_path: Path, fill: float, scale: float | None
) -> None:
    values = np.round(X, 2) + 20
    packed = values if scale is None else np.round((values - 20) / scale)
    packed[[5, 30]] = fill

    def write(file: h5py.File) -> None:
        file["sst"] = packed.astype("i2" if scale and fill < 0 else "f4")
        file["sst"].attrs["_FillValue"] = file["sst"].dtype.type(fill)
        if scale is not None:
            file["sst"].attrs["scale_factor"], file["sst"].attrs["add_offset"] = scale, 20.0

    found = read(hdf5(tmp_path, write))
    assert found.interpolated[[5, 30]].all()
    known = np.setdiff1d(np.arange(N), [5, 30])
    np.testing.assert_allclose(found.values[known, 0], values[known], atol=1e-5)


def test_cells_of_a_grid_at_each_date_are_channels(tmp_path: Path) -> None:
    grid = np.stack([X, Y, X + 1, Y + 1], axis=1).reshape(N, 2, 2)

    def write(file: h5py.File) -> None:
        file["time"] = np.arange(N)
        file["time"].attrs["units"] = "hours since 2020-01-01"
        file["sst"], file["lat"], file["lon"] = grid, [1.0, 2.0], [3.0, 4.0]

    found = read(hdf5(tmp_path, write))
    np.testing.assert_array_equal(found.values, grid.reshape(N, 4))
    assert found.fs == pytest.approx(1 / 3600)


@pytest.mark.parametrize("form", ["i2", "f4", "u1"])
def test_a_fill_value_that_no_value_can_be_leaves_all(tmp_path: Path, form: str) -> None:
    def write(file: h5py.File) -> None:
        file["x"] = np.arange(N).astype(form)
        file["x"].attrs["missing_value"] = 1e300

    np.testing.assert_array_equal(
        read(hdf5(tmp_path, write)).values[:, 0], np.arange(N).astype(form)
    )
