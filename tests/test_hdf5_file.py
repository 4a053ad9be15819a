"""HDF5 files are read as h5py wrote them, with the rate, start and units of their attributes."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read
from spectra.errors import DataError

RNG = np.random.default_rng(4)
DATA = RNG.normal(size=(400, 3))


def test_variable_is_named_by_its_path(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["rig/left/acc"] = DATA
        file["rig/right/acc"] = DATA[:300, 0]
    path = tmp_path / "a.h5"
    assert read(path).channels == ("rig/left/acc_1", "rig/left/acc_2", "rig/left/acc_3")
    for name in ("/rig/right/acc", "rig/right/acc"):
        recording = read(path, variable=name)
        assert np.array_equal(recording.values, DATA[:300, :1])
    with pytest.raises(DataError, match="did you mean '/rig/right/acc'"):
        read(path, variable="/rig/right/ac")


@pytest.mark.parametrize("holder", ["/", "/rig", "/rig/acc"])
def test_attributes_give_rate_start_and_units(tmp_path: Path, holder: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["rig/acc"] = DATA[:, 0]
        file["rig/acc"].attrs["units"] = "m/s²"
        file[holder].attrs["sampling_rate"] = 100.0
        file[holder].attrs["start_time"] = "2024-05-01T12:00:00"
    recording = read(tmp_path / "a.h5")
    assert recording.fs == 100.0
    assert recording.units == ("m/s²",)
    assert recording.index[150] == pd.Timestamp("2024-05-01 12:00:01.5")


def test_table_of_named_columns_is_read_by_its_columns(tmp_path: Path) -> None:
    table = np.zeros(400, dtype=[("time", "f8"), ("flow", "f4"), ("note", "S4")])
    table["time"], table["flow"] = np.arange(400) / 10, DATA[:, 0]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["log"] = table
    recording = read(tmp_path / "a.h5")
    assert recording.channels == ("log/flow",)
    assert recording.fs == 10.0
    assert np.array_equal(recording.values[:, 0], table["flow"])


@pytest.mark.parametrize("options", [{}, {"chunks": (50, 1)}, {"compression": "gzip"}])
def test_layout_on_disk_does_not_matter(tmp_path: Path, options: dict[str, object]) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=DATA, **options)
    assert np.array_equal(read(tmp_path / "a.h5").values, DATA)


def test_data_set_that_claims_too_much_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10**12,), dtype="f4", chunks=(1000,))
    with pytest.raises(DataError, match=r"^\S*a\.h5 says that it holds 1,000,000,000,000 values"):
        read(tmp_path / "a.h5")


def test_values_in_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(bytes(80))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10,), "f8", external=[(str(tmp_path / "other.bin"), 0, 80)])
        file["y"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/z")
    with pytest.raises(DataError, match="has no vector of numbers: it holds no variables"):
        read(tmp_path / "a.h5")


@pytest.mark.parametrize("keep", [10, 600, 2500])
def test_truncated_file_gets_one_sentence(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = DATA
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"a\.h5 is damaged or not complete as an HDF5 file"):
        read(path)


def test_missing_library_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = DATA
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(DataError, match=r"pip install 'spectra-anomaly\[matlab\]'"):
        read(tmp_path / "a.h5")
