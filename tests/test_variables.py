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
import scipy.sparse

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


@pytest.mark.parametrize(
    ("name", "value", "fs"),
    [
        ("fs_kHz", 0.5, 500.0),
        ("sampling_rate", "2.5 kHz", 2500.0),
        ("Sampling Frequency (Hz)", 500.0, 500.0),
        ("samples_per_second", 500, 500.0),
        ("dt_ms", 2.0, 500.0),
        ("delta_t_us", 2000.0, 500.0),
        ("XInc", 2e-6, 5e5),
        ("wf_increment", 0.01, 100.0),
        ("sample_interval", "5 min", 1 / 300),
        ("fs", "500 m", None),
        ("dt", "2 m", None),
        ("cutoff_freq", 40.0, None),
        ("fs", np.array([500.0, 500.0]), 500.0),
        ("fs", np.array([500.0, 100.0]), None),
    ],
)
def test_rates_have_their_units_in_the_name_or_the_text(
    tmp_path: Path, name: str, value: object, fs: float | None
) -> None:
    def write(file: h5py.File) -> None:
        file["x"] = X
        file["x"].attrs[name] = value

    assert read(hdf5(tmp_path, write)).fs == (None if fs is None else pytest.approx(fs))
    np.savez(tmp_path / "a.npz", **{"x": X, name: value})
    assert read(tmp_path / "a.npz").fs == (None if fs is None else pytest.approx(fs))


def test_the_unit_of_an_interval_stands_beside_it(tmp_path: Path) -> None:
    assert read(matlab(tmp_path, data=X, isi=0.002, isi_units="s")).fs == 500.0
    assert read(matlab(tmp_path, data=X, isi=2.0, isi_units="ms")).fs == 500.0
    # The unit of the signal is none of the interval.
    assert read(matlab(tmp_path, rr={"data": X, "dt": 1.0, "unit": "ms"})).fs == 1.0

    def write(file: h5py.File) -> None:
        file["x"] = X
        file["x"].attrs.update({"dt": 2.0, "dt_units": "ms"})

    assert read(hdf5(tmp_path, write)).fs == 500.0


@pytest.mark.parametrize(
    ("unit", "seconds"), [("us", 1e-6), ("ms", 1e-3), ("minutes", 60.0), ("h", 3600.0)]
)
def test_a_time_is_in_the_unit_of_its_attribute(tmp_path: Path, unit: str, seconds: float) -> None:
    def write(file: h5py.File) -> None:
        file["time"], file["x"] = np.arange(N) * 2.0, X
        file["time"].attrs["units"] = unit

    recording = read(hdf5(tmp_path, write))
    assert recording.channels == ("x",)
    assert recording.fs == pytest.approx(0.5 / seconds)


@pytest.mark.parametrize("calendar", ["noleap", "360_day"])
def test_days_of_a_model_have_their_length(tmp_path: Path, calendar: str) -> None:
    def write(file: h5py.File) -> None:
        file["time"], file["x"] = np.arange(N), X
        file["time"].attrs.update({"units": "days since 1950-01-01", "calendar": calendar})

    assert read(hdf5(tmp_path, write)).fs == pytest.approx(1 / 86400)


def test_hours_since_the_first_year_are_no_dates_but_hours(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["time"], file["x"] = np.arange(N) + 17_738_688, X
        file["time"].attrs["units"] = "hours since 1-1-1 00:00:0.0"

    assert read(hdf5(tmp_path, write)).fs == pytest.approx(1 / 3600)


def slow_and_fast(file: h5py.File, n: int = N) -> None:
    """Groups with rates of their own."""
    for name, values, fs in (("fast", X, 1000.0), ("slow", Y[:n], 10.0)):
        file[f"{name}/values"] = values
        file[name].attrs["fs"] = fs


def test_the_rate_of_the_variable_that_is_chosen_is_taken(tmp_path: Path) -> None:
    path = hdf5(tmp_path, lambda file: slow_and_fast(file, 50))
    assert read(path).fs == 1000.0
    assert read(path, variable="/slow/values").fs == 10.0


def test_variables_of_different_rates_are_not_put_side_by_side(tmp_path: Path) -> None:
    path = hdf5(tmp_path, slow_and_fast)
    recording = read(path)
    assert (recording.channels, recording.fs) == (("fast/values",), 1000.0)
    assert any("slow/values at 10 Hz" in note for note in recording.notes)
    with pytest.raises(DataError, match=r"different rates .*name those of one rate"):
        read(path, variable="/fast/values,/slow/values")
    both = matlab(tmp_path, a={"v": X, "fs": 5.0}, b={"v": Y, "fs": 50.0})
    assert read(both).channels == ("b.v",)


def test_a_rate_is_named_after_its_signal(tmp_path: Path) -> None:
    path = matlab(tmp_path, ecg=X, resp=Y[:50], fs_ecg=500.0, resp_fs=125.0)
    assert read(path).fs == 500.0
    assert read(path, variable="resp").fs == 125.0


def test_the_rate_of_a_number_beside_the_signal_is_that_of_the_signal(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        for name, values, rate in (("a", X, 30_000.0), ("b", Y[:50], 50.0)):
            file[f"acquisition/{name}/data"] = (values * 1000).astype(np.int16)
            file[f"acquisition/{name}/data"].attrs.update({"conversion": 1e-3, "unit": "V"})
            file[f"acquisition/{name}/starting_time"] = 0.0
            file[f"acquisition/{name}/starting_time"].attrs["rate"] = rate

    path = hdf5(tmp_path, write)
    recording = read(path)
    assert (recording.fs, recording.units) == (30_000.0, ("V",))
    np.testing.assert_allclose(recording.values[:, 0], (X * 1000).astype(np.int16) * 1e-3)
    assert read(path, variable="/acquisition/b/data").fs == 50.0


def test_values_that_are_not_valid_are_missing(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        values = np.array([5, 200, -9, -8, 7, 7, 100, 90, 3, 2] * 10)
        file["a"] = values.astype(np.int16)
        file["a"].attrs.update({"valid_range": [0, 150], "add_offset": 1.0})
        file["b"] = values.astype(np.float32)
        file["b"].attrs["missing_value"] = np.array([-9, -8], np.float32)
        file["c"] = values.astype(np.uint8).view(np.int8)
        file["c"].attrs["_Unsigned"] = "true"
        file.create_dataset("d", (100,), "f4", chunks=(10,), fillvalue=9.969209968386869e36)
        file["d"][:90] = values[:90]

    path = hdf5(tmp_path, write)
    found = {name: read(path, variable=name, as_is=True) for name in ("a", "b", "c", "d")}
    missing = [one.interpolated | np.isnan(one.values[:, 0]) for one in found.values()]
    assert [int(one.sum()) for one in missing] == [30, 20, 0, 10]
    assert [one.values[0, 0] for one in found.values()] == [6.0, 5.0, 5.0, 5.0]
    assert found["c"].values[2, 0] == 247.0


def test_ends_of_cells_are_no_channels(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["time"], file["x"] = np.arange(N) * 1.0, X
        file["time_bnds"] = np.column_stack([np.arange(N) - 0.5, np.arange(N) + 0.5])

    assert read(hdf5(tmp_path, write)).channels == ("x",)


@pytest.mark.parametrize("kind", ["S", "U", "m", "fixed", "field"])
def test_times_of_texts_and_of_durations_are_times(tmp_path: Path, kind: str) -> None:
    dates = pd.date_range("2024-03-02 10:00", periods=N, freq="min")
    texts = np.array([str(one) for one in dates], kind if kind in "SU" else "S")
    path = tmp_path / "a.npz"
    if kind == "m":
        np.savez(path, x=X, time=np.arange(N).astype("m8[m]"))
    elif kind == "fixed":
        path = hdf5(tmp_path, lambda file: file.update({"x": X, "time": texts}))
    elif kind == "field":
        log = np.zeros(N, [("time", texts.dtype), ("x", "f8")])
        log["time"], log["x"] = texts, X
        path = hdf5(tmp_path, lambda file: file.update({"log": log}))
    else:
        np.savez(path, x=X, time=texts)
    recording = read(path)
    assert recording.fs == pytest.approx(1 / 60)
    assert kind == "m" or recording.index[0] == dates[0]


def test_the_start_stands_in_many_names(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["x"] = X
        file["x"].attrs.update({"dt": 0.5, "t0": "2024-03-02T10:00:00", "unit_string": "Volts"})

    recording = read(hdf5(tmp_path, write))
    assert (recording.index[0], recording.units) == (pd.Timestamp("2024-03-02 10:00"), ("Volts",))
    np.savez(tmp_path / "a.npz", x=X, fs=2.0, start_time=np.datetime64("2024-03-02T10:00"))
    assert read(tmp_path / "a.npz").index[0] == pd.Timestamp("2024-03-02 10:00")


def test_times_without_their_samples_are_refused(tmp_path: Path) -> None:
    eeg = {"data": "sub1.fdt", "srate": 500.0, "times": np.arange(N) * 2.0}
    with pytest.raises(DataError, match=r"says that the samples lie in sub1\.fdt"):
        read(matlab(tmp_path, EEG=eeg))
    with pytest.raises(DataError, match="has no signal beside the time 't'"):
        read(matlab(tmp_path, t=np.arange(N) * 2.0))


def test_trials_in_a_cell_are_chosen_between(tmp_path: Path) -> None:
    trials = np.empty((1, 2), dtype=object)
    trials[0, 0], trials[0, 1] = np.stack([X, Y]), np.stack([Y, X])
    path = matlab(tmp_path, data={"trial": trials, "fsample": 250.0})
    with pytest.raises(DataError, match=r"2 matrices.*--variable 'data\.trial\{1\}'"):
        read(path)
    recording = read(path, variable="data.trial{1}")
    np.testing.assert_array_equal(recording.values, np.column_stack([X, Y]))
    assert recording.fs == 250.0


def test_weights_of_a_network_are_no_recording(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["model_weights/dense/kernel:0"] = np.ones((64, 32))
        file["model_weights"].attrs["layer_names"] = ["dense", "dense_1"]

    with pytest.raises(DataError, match="weights of a model of Keras"):
        read(hdf5(tmp_path, write))


def test_fields_inside_of_fields_are_variables(tmp_path: Path) -> None:
    log = np.zeros(N, [("ts", "u8"), ("acc", [("x", "f4"), ("y", "f4")])])
    log["ts"], log["acc"]["x"], log["acc"]["y"] = np.arange(N), X, Y
    np.save(tmp_path / "a.npy", log)
    assert read(tmp_path / "a.npy").channels == ("acc.x", "acc.y")


def test_what_holds_no_real_numbers_is_named_with_what_to_save(tmp_path: Path) -> None:
    sparse = scipy.sparse.csc_matrix(np.eye(20))
    path = matlab(tmp_path, x=X, z=X + 1j * Y, A=sparse)
    recording = read(path)
    assert recording.channels == ("x",)
    assert any(
        "'z' (1 × 200, complex), 'A' (20 × 20, sparse) hold no real numbers" in note
        for note in recording.notes
    )
    with pytest.raises(
        DataError, match=r"complex.*: save real and imaginary part, the full matrix"
    ):
        read(matlab(tmp_path, z=X + 1j * Y, A=sparse))

    def write(file: h5py.File) -> None:
        file["T"] = np.arange(6, dtype=np.uint32).reshape(1, 6)
        file["T"].attrs.update({"MATLAB_class": b"table", "MATLAB_object_decode": 3})
        file["A/data"] = np.arange(20.0)
        file["A"].attrs["MATLAB_sparse"] = 20

    with pytest.raises(DataError, match=r"'/T' \(1 × 6, a table or object\).*as matrices"):
        read(hdf5(tmp_path, write))


def test_blocks_of_labchart_have_rates_of_their_own(tmp_path: Path) -> None:
    path = matlab(
        tmp_path,
        data=np.concatenate([X, Y[:40]])[np.newaxis],
        datastart=np.array([[1.0], [N + 1]]),
        dataend=np.array([[N], [N + 40.0]]),
        titles=np.array(["ECG ", "Resp"]),
        samplerate=np.array([[500.0], [100.0]]),
    )
    assert (read(path).channels, read(path).fs) == (("ECG",), 500.0)
    assert read(path, variable="Resp").fs == 100.0


def test_groups_of_different_times_are_not_put_side_by_side(tmp_path: Path) -> None:
    def write(file: h5py.File, times: float = 10.0) -> None:
        for name, values, factor in (("a", X, 1.0), ("b", Y, times)):
            file[f"{name}/time"], file[f"{name}/value"] = np.arange(N) * factor, values

    recording = read(hdf5(tmp_path, write))
    assert (recording.channels, recording.fs, recording.units) == (("a/value",), 1.0, None)
    assert any("/b/value have other times than those in /a" in n for n in recording.notes)
    assert read(hdf5(tmp_path, lambda f: write(f, 1.0))).channels == ("a/value", "b/value")


def test_dates_of_other_notations_are_times_and_years_are_no_start(tmp_path: Path) -> None:
    dates = pd.date_range("2024-03-02 10:00", periods=N, freq="min")
    texts = np.array([one.strftime("%d.%m.%Y %H:%M") for one in dates], "S")
    recording = read(hdf5(tmp_path, lambda file: file.update({"x": X, "time": texts})))
    assert (recording.index[0], recording.channels) == (dates[0], ("x",))
    assert read(matlab(tmp_path, x=X, fs=5.0, start="2024")).index[0] == pd.Timedelta(0)
