"""MATLAB files of every version are read as SciPy and h5py wrote them."""

import gzip
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from spectra.datasets import read
from spectra.errors import DataError

RNG = np.random.default_rng(3)
DATA = RNG.normal(size=(600, 2))


def hdf5_mat(path: Path, variables: dict[str, np.ndarray]) -> Path:
    """A file as MATLAB writes version 7.3: a user block, and every array turned."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            data = file.create_dataset(name, data=np.atleast_2d(value).T)
            data.attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return path


def mat(path: Path, version: str, variables: dict[str, np.ndarray]) -> Path:
    if version == "7.3":
        return hdf5_mat(path, variables)
    savemat(path, variables, format="4" if version == "4" else "5", do_compression=version == "7")
    return path


VERSIONS = ["4", "5", "7", "7.3"]


@pytest.mark.parametrize("version", VERSIONS)
def test_vectors_of_one_length_are_channels_and_fs_is_the_rate(
    tmp_path: Path, version: str
) -> None:
    path = mat(
        tmp_path / "a.mat",
        version,
        {
            "X118_DE_time": DATA[:, :1],
            "X118_FE_time": DATA[:, 1:],
            "fs": np.array([[12000.0]]),
            "X118RPM": np.array([[1797.0]]),
            "short": np.arange(7.0)[None],
        },
    )
    recording = read(path)
    names = tuple(name.removeprefix("/") for name in recording.channels)
    assert names == ("X118_DE_time", "X118_FE_time")
    assert np.array_equal(recording.values, DATA)
    assert recording.fs == 12000.0
    assert any("another length: left out (--variable" in note for note in recording.notes)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("turned", [False, True])
def test_matrix_has_a_channel_a_column_along_its_longer_side(
    tmp_path: Path, version: str, turned: bool
) -> None:
    path = mat(tmp_path / "a.mat", version, {"val": DATA.T if turned else DATA})
    recording = read(path)
    assert recording.channels == ("val_1", "val_2")
    assert np.array_equal(recording.values, DATA)


@pytest.mark.parametrize("version", VERSIONS)
def test_variable_is_chosen_by_name(tmp_path: Path, version: str) -> None:
    path = mat(tmp_path / "a.mat", version, {"long": DATA[:, 0], "odd": np.arange(9.0)})
    assert read(path, variable="odd").values[:, 0].tolist() == list(range(9))
    with pytest.raises(DataError, match="has no variable 'nothing': there are"):
        read(path, variable="nothing")


@pytest.mark.parametrize("version", VERSIONS)
def test_time_vector_gives_the_instants(tmp_path: Path, version: str) -> None:
    path = mat(tmp_path / "a.mat", version, {"t": np.arange(600) / 50, "y": DATA[:, 0]})
    recording = read(path)
    assert recording.channels == ("y",)
    assert recording.fs == 50.0


@pytest.mark.parametrize("version", VERSIONS)
def test_file_without_a_vector_of_numbers_says_what_it_holds(tmp_path: Path, version: str) -> None:
    path = mat(tmp_path / "a.mat", version, {"gain": np.array([[2.5]])})
    with pytest.raises(DataError, match=r"a\.mat has no vector of numbers: it holds '/?gain'"):
        read(path)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_truncated_file_gets_one_sentence(tmp_path: Path, version: str, share: float) -> None:
    path = mat(tmp_path / "a.mat", version, {"x": RNG.normal(size=3000)})
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DataError, match=r"a\.mat"):
        read(path)


@pytest.mark.parametrize("version", ["4", "5"])
def test_variable_that_claims_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, version: str
) -> None:
    path = mat(tmp_path / "a.mat", version, {"x": np.arange(6.0)[:, None] + 0.5})
    data = path.read_bytes()
    # Rows and columns, 6 and 1, of the header.
    claimed = np.array([2**30, 2**10], dtype="<i4").tobytes()
    place = data.index(np.array([6, 1], dtype="<i4").tobytes())
    path.write_bytes(data[:place] + claimed + data[place + 8 :])
    with pytest.raises(DataError, match=r"^\S*a\.mat says that it holds 1,099,511,627,776 values"):
        read(path)


def test_fields_of_a_structure_are_variables(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    savemat(path, {"rig": {"acc": DATA[:, 0], "info": {"Fs": 4096.0, "who": "lab"}}})
    recording = read(path)
    assert recording.channels == ("rig.acc",)
    assert recording.fs == 4096.0


@pytest.mark.parametrize(
    ("value", "kind"),
    [("text", "char"), (np.array([1j, 2, 3]), "complex"), (np.zeros((2, 3, 4)), "cube")],
)
def test_what_is_no_vector_of_real_numbers_gets_one_sentence(
    tmp_path: Path, value: object, kind: str
) -> None:
    savemat(tmp_path / "a.mat", {kind: value})
    with pytest.raises(DataError, match=rf"a\.mat.*{kind}"):
        read(tmp_path / "a.mat")
    savemat(tmp_path / "a.mat", {kind: value, "x": DATA[:, 0]})
    assert read(tmp_path / "a.mat").channels == ("x",)


def test_gzipped_file_and_stream_are_read(tmp_path: Path) -> None:
    for version in VERSIONS:
        path = mat(tmp_path / "a.mat", version, {"x": DATA[:, 0]})
        (tmp_path / "a.mat.gz").write_bytes(gzip.compress(path.read_bytes()))
        assert np.array_equal(read(tmp_path / "a.mat.gz").values, DATA[:, :1])
        with path.open("rb") as stream:
            assert np.array_equal(read(stream).values, DATA[:, :1])


@pytest.mark.parametrize("version", VERSIONS)
def test_damaged_file_is_read_or_gets_one_sentence(tmp_path: Path, version: str) -> None:
    path = mat(tmp_path / "a.mat", version, {"x": DATA[:, 0], "fs": np.array([[5.0]])})
    data = path.read_bytes()
    # HDF5 is read in a process of its own.
    for _ in range(20 if version == "7.3" else 60):
        broken = bytearray(data)
        for place in RNG.integers(0, min(len(data), 3000), 3):
            broken[place] = RNG.integers(256)
        path.write_bytes(broken)
        # Any other error fails the test, and so does a warning.
        with suppress(DataError):
            assert read(path).n_samples > 1
