"""NPY and NPZ files are read as NumPy wrote them."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import spectra
from spectra.datasets import read
from spectra.errors import DataError

RNG = np.random.default_rng(5)
DATA = RNG.normal(size=(300, 3))


def saved(path: Path, array: object) -> Path:
    np.save(path, np.asarray(array))
    return path


def claiming(path: Path, shape: tuple[int, ...]) -> Path:
    """An array file whose header promises a shape, and which holds eight bytes."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": shape}
        )
        file.write(bytes(8))
    return path


@pytest.mark.parametrize("kind", ["f8", ">f4", "i2", "u1", "?", "f2"])
def test_array_of_any_kind_of_number_is_read_as_it_was_written(tmp_path: Path, kind: str) -> None:
    written = (100 * DATA[:, 0]).astype(kind)
    recording = read(saved(tmp_path / "a.npy", written))
    assert recording.values[:, 0].tolist() == written.astype(float).tolist()
    assert recording.channels == ("value",)
    assert recording.fs is None


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
        # Values that are all below 1e-100 are refused.
        elements=st.floats(-1e6, 1e6).map(lambda value: value if abs(value) > 1e-90 else 0.0),
    )
)
def test_matrix_of_any_shape_keeps_every_value(array: np.ndarray) -> None:
    stream = io.BytesIO()
    np.save(stream, array)
    stream.seek(0)
    expected = array if array.shape[0] >= array.shape[1] else array.T
    # A first column of 0, 1, 2, … is a channel here: an array has no row counter.
    assert np.array_equal(read(stream).values, expected)


def test_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", DATA).rename(tmp_path / "readings.csv")
    assert np.array_equal(read(path).values, DATA)


def test_gzipped_array_and_stream_are_read_like_a_file(tmp_path: Path) -> None:
    import gzip

    path = saved(tmp_path / "a.npy", DATA)
    packed = tmp_path / "a.npy.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(read(packed).values, DATA)
    with path.open("rb") as stream:
        assert np.array_equal(read(stream).values, DATA)


def test_matrix_with_channels_in_rows_is_turned_with_a_note(tmp_path: Path) -> None:
    recording = read(saved(tmp_path / "a.npy", DATA.T), fs=100.0)
    assert np.array_equal(recording.values, DATA)
    assert "The array has 3 rows of 300 values: one channel a row." in recording.notes
    assert recording.fs == 100.0


def test_column_in_fortran_order_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert np.array_equal(read(saved(tmp_path / "a.npy", np.asfortranarray(DATA))).values, DATA)


def test_channels_are_chosen_by_name_or_number(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", DATA)
    assert np.array_equal(read(path, channels="ch3,1").values, DATA[:, [2, 0]])
    with pytest.raises(DataError, match="has no column 'ch9' for the channels"):
        read(path, channels="ch9")


def test_named_fields_are_channels(tmp_path: Path) -> None:
    array = np.zeros(50, dtype=[("time", "f8"), ("flow", "f4"), ("tag", "U3"), ("label", "i1")])
    array["time"] = np.arange(50) / 4
    array["flow"] = DATA[:50, 0]
    array["label"][7] = 1
    recording = read(saved(tmp_path / "a.npy", array))
    assert recording.channels == ("flow",)
    assert recording.fs == 4.0
    assert recording.labels is not None
    assert np.flatnonzero(recording.labels).tolist() == [7]


def test_archive_has_its_arrays_side_by_side_and_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, left=DATA[:, 0], right=DATA[:, 1], other=np.arange(5.0), fs=np.float64(250))
    recording = read(path)
    assert recording.channels == ("left", "right")
    assert np.array_equal(recording.values, DATA[:, :2])
    assert recording.fs == 250.0
    assert "Variable 'fs' gives the rate, 250 Hz." in recording.notes
    assert "'other' (5) has another length: left out (--variable chooses)." in recording.notes


def test_variable_is_chosen_by_name_and_a_wrong_name_gets_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, left=DATA[:, 0], right=DATA[:, 1], other=np.arange(5.0))
    assert np.array_equal(read(path, variable="other").values[:, 0], np.arange(5.0))
    assert read(path, variable="right,left").channels == ("right", "left")
    with pytest.raises(DataError, match="has no variable 'rigth': did you mean 'right'"):
        read(path, variable="rigth")
    with pytest.raises(DataError, match="different lengths"):
        read(path, variable="left,other")


def test_rate_of_the_user_goes_before_that_of_the_file_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=DATA[:, 0], fs=250.0)
    recording = read(path, fs=500.0)
    assert recording.fs == 500.0
    assert any("says 250 Hz: the 500 Hz given are used (--fs)" in note for note in recording.notes)


def test_time_array_gives_the_instants(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, t=np.arange(300) / 8, x=DATA[:, 0])
    recording = read(path)
    assert recording.channels == ("x",)
    assert recording.fs == 8.0
    both = read(path, time="none")
    assert both.channels == ("t", "x")


def test_array_of_labels_is_no_channel(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    marks = (np.arange(300) > 250).astype(int)
    np.savez(path, x=DATA[:, 0], label=marks, y=DATA[:, 1])
    recording = read(path)
    assert recording.channels == ("x", "y")
    assert recording.labels is not None
    assert recording.labels.tolist() == marks.tolist()
    np.savez(path, x=DATA[:, 0], broken=marks)
    recording = read(path, label="broken")
    assert recording.channels == ("x",)
    assert recording.labels is not None
    assert recording.labels.tolist() == marks.tolist()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([1, "a"], dtype=object), "holds Python objects, which are not read from files"),
        (np.array(["a", "b"]), "not real numbers"),
        (np.array([1j, 2]), "not real numbers"),
        (np.zeros((2, 3, 4)), r"must have the shape \(samples,\)"),
        (np.float64(3), r"must have the shape \(samples,\)"),
        (np.zeros(0), "no rows"),
        (np.array([1.0, np.inf]), "sample 2, column 'value': the value is infinite"),
        (np.array([np.nan, np.nan]), "every value is missing"),
    ],
)
def test_array_that_is_no_recording_gets_one_sentence(
    tmp_path: Path, array: np.ndarray, said: str
) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path / "a.npy")
    assert "a.npy" in str(caught.value)


@pytest.mark.parametrize("keep", [8, 40, 100, 1000, 7000])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_truncated_file_gets_one_sentence(tmp_path: Path, name: str, keep: int) -> None:
    (np.save if name == "a.npy" else np.savez)(tmp_path / name, DATA)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[:keep])
    with pytest.raises(DataError, match=name):
        read(tmp_path / name)


def test_archive_with_damaged_values_gets_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=DATA)
    data = bytearray(path.read_bytes())
    data[2000:2100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.npz is damaged or not complete"):
        read(path)


@pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (10**30, 4)])
def test_header_that_claims_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    path = claiming(tmp_path / "a.npy", shape)
    with pytest.raises(DataError, match=r"a\.npy is not complete: its header promises"):
        read(path)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.write(path, "x.npy")
    with pytest.raises(DataError, match=r"a\.npz says that it holds .* choose one with --variable"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_columns_of_time_and_of_series_that_arrays_do_not_have_are_refused(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    np.save(path, DATA) if name == "a.npy" else np.savez(path, x=DATA)
    with pytest.raises(DataError, match=r"has no .*'when'"):
        read(path, time="when")
    with pytest.raises(DataError, match=r"has no .*'pump'"):
        read(path, series="pump")
    assert read(path, time="none", series="none").n_rows == len(DATA)


@pytest.mark.parametrize("key", ["ch_names", "channels", "labels", "class_names", "rows"])
@pytest.mark.parametrize("kind", ["U", "S"])
def test_the_names_of_the_channels_of_a_matrix_may_stand_beside_it(
    tmp_path: Path, key: str, kind: str
) -> None:
    path, names = tmp_path / "a.npz", np.array(["left", "right", " top "]).astype(kind)
    np.savez(path, data=DATA.T, fs=250, t=np.arange(300) / 250, **{key: names})
    found = read(path)
    known = key in ("ch_names", "channels", "labels")
    assert found.channels == (("left", "right", "top") if known else ("data_1", "data_2", "data_3"))
    np.testing.assert_array_equal(found.values, DATA)


def test_names_of_other_columns_name_none(tmp_path: Path) -> None:
    time = np.arange(300) / 250
    for names in (["a", "b"], ["a", "b", "b"], ["a", "b", ""], ["a", "b", "t"]):
        np.savez(tmp_path / "a.npz", data=DATA, t=time, names=np.array(names))
        assert read(tmp_path / "a.npz").channels == ("data_1", "data_2", "data_3")


@pytest.mark.parametrize("kind", ["model", "state of a stream"])
def test_files_of_spectra_are_no_recordings(tmp_path: Path, kind: str) -> None:
    values = np.random.default_rng(0).normal(size=600)
    model = spectra.learn(values, method=spectra.Spectral(nperseg=16))
    stream = spectra.Stream(model)
    stream.update(values)
    model.save(tmp_path / "a.npz")
    if kind != "model":
        (tmp_path / "a.npz").write_bytes(stream.state())
    with pytest.raises(DataError, match=f"^{tmp_path}/a.npz is a {kind} of spectra and holds no"):
        read(tmp_path / "a.npz")


def test_an_array_called_about_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", about=np.arange(60.0))
    assert read(tmp_path / "a.npz").channels == ("about",)
