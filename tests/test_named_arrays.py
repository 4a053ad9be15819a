"""Names, units, rates and times that stand in arrays and attributes beside a signal."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import io as matlab

from spectra.datasets import read

N = 300
RNG = np.random.default_rng(12)
LEFT, RIGHT = RNG.normal(size=N), RNG.normal(size=N)
BOTH = np.column_stack([LEFT, RIGHT])
REF = h5py.special_dtype(ref=h5py.Reference)


def saved(folder: Path, **variables: Any) -> Path:
    matlab.savemat(folder / "a.mat", variables)
    return folder / "a.mat"


def test_units_of_a_matrix_stand_in_an_array_beside_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=BOTH, units=["mV", "uS"], channel_names=["ECG", "EDA"])
    labels = {"labels": np.array(["ECG", "EDA"]), "units": np.array(["mV", "uS"])}
    for path in (tmp_path / "a.npz", saved(tmp_path, data=BOTH, **labels)):
        found = read(path)
        assert (found.channels, found.units) == (("ECG", "EDA"), ("mV", "uS"))


def test_units_of_another_number_of_channels_are_none(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=BOTH, units=["mV", "uS", "V"])
    assert read(tmp_path / "a.npz").units is None


@pytest.mark.parametrize("name", ["clab", "titles", "chanlabels"])
def test_more_words_for_the_names_of_channels_are_known(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, cnt=BOTH, **{name: np.array(["C3", "C4"], dtype=object)})
    assert read(path).channels == ("C3", "C4")


def test_titles_and_units_of_labchart_are_those_of_its_channels(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        data=np.concatenate([LEFT, RIGHT])[None],
        datastart=[[1], [N + 1]],
        dataend=[[N], [2 * N]],
        titles=np.array(["ECG", "BP "]),
        unittext=np.array(["mmHg", "mV  "]),
        unittextmap=[[2], [1]],
        samplerate=[[1000.0], [1000.0]],
    )
    found = read(path)
    assert (found.channels, found.units, found.fs) == (("ECG", "BP"), ("mV", "mmHg"), 1000)
    np.testing.assert_array_equal(found.values, BOTH)


@pytest.mark.parametrize("name", ["Tinterval", "xIncrement", "Xspacing"])
def test_more_words_for_the_step_of_a_vector_are_known(tmp_path: Path, name: str) -> None:
    assert read(saved(tmp_path, A=LEFT, **{name: 1e-6})).fs == 1e6


def test_the_increment_of_x_values_is_the_step(tmp_path: Path) -> None:
    values = {"x_values": {"increment": 1 / 2048}, "y_values": {"values": LEFT}}
    assert read(saved(tmp_path, Signal=values)).fs == 2048
    assert read(saved(tmp_path, gain={"increment": 0.5, "values": LEFT})).fs is None


def test_a_time_for_each_signal_is_no_channel(tmp_path: Path) -> None:
    time = np.arange(N) / 5000
    names = {
        "Data1_AI_1": LEFT,
        "Data1_time_AI_1": time,
        "Data1_AI_2": RIGHT,
        "Data1_time_AI_2": time,
    }
    found = read(saved(tmp_path, **names))
    assert found.channels == ("Data1_AI_1", "Data1_AI_2")
    assert found.fs == pytest.approx(5000)


def test_the_x_of_structures_with_x_and_y_is_their_time(tmp_path: Path) -> None:
    parts = {
        "X": np.array([{"Data": np.arange(N) / 64000}, {"Data": [0.0, 1.0, 2.0]}], dtype=object),
        "Y": np.array([{"Data": LEFT}, {"Data": [5.0, 6.0, 7.0]}], dtype=object),
    }
    found = read(saved(tmp_path, N15_K001=parts))
    assert (found.n_channels, found.fs) == (1, pytest.approx(64000))
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_lists_of_texts_in_hdf5_name_channels(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = BOTH
        file["data"].attrs["channels"] = ["x", "y"]
        file["data"].attrs["units"] = "g"
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["data"] = BOTH
        file["labels"] = ["x", "y"]
        file["units"] = ["g", "g"]
    for name in ("a.h5", "b.h5"):
        found = read(tmp_path / name)
        assert (found.channels, found.units) == (("x", "y"), ("g", "g"))


def test_cells_of_matlab_7_3_name_channels(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["data"] = BOTH.T
        cells = file.create_dataset("labels", (2, 1), dtype=REF)
        for row, text in enumerate(["Cz", "Pz"]):
            cell = file.create_dataset(f"#refs#/{row}", data=[[ord(one)] for one in text])
            cell.attrs["MATLAB_class"] = np.bytes_("char")
            cells[row, 0] = cell.ref
        cells.attrs["MATLAB_class"] = np.bytes_("cell")
    assert read(tmp_path / "a.mat").channels == ("Cz", "Pz")


def test_the_rate_of_the_largest_data_set_is_that_of_hdf5(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["quality/mask"] = np.ones(20)
        file["quality/mask"].attrs["Xspacing"] = 1.0
        file["strain/values"] = LEFT
        file["strain/values"].attrs["Xspacing"] = 1 / 4096
    assert read(tmp_path / "a.h5").fs == 4096


def test_a_rate_may_stand_at_any_group_of_a_data_set(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["device/raw/channel_1"] = LEFT
        file["device"].attrs["sampling rate"] = 1000
    assert read(tmp_path / "a.h5").fs == 1000


@pytest.mark.parametrize("name", ["ch", "varNames", "colheaders"])
def test_names_of_columns_may_have_that_of_the_time(tmp_path: Path, name: str) -> None:
    matrix = np.column_stack([np.arange(N) / 100, BOTH])
    names = np.array(["Time", "X", "Y"], dtype=object)
    found = read(saved(tmp_path, data=matrix, **{name: names}))
    assert (found.channels, found.fs) == (("X", "Y"), pytest.approx(100))


def test_grades_of_variables_are_no_channels(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["TEMP"], file["PSAL"] = LEFT, RIGHT
        file["TEMP_QC"] = np.ones(N, dtype=np.int8)
        file["WIND_QC"] = RIGHT
    found = read(tmp_path / "a.nc")
    assert sorted(found.channels) == ["PSAL", "TEMP", "WIND_QC"]
    assert any("TEMP_QC grades other variables" in note for note in found.notes)


def test_the_unit_of_a_group_is_that_of_its_only_data_set(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["ch1/samples"] = LEFT
        file["ch1"].attrs["units"] = "V"
    assert read(tmp_path / "a.h5").units == ("V",)


def test_a_rate_may_be_called_that_and_its_unit(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=LEFT, rate_hz=200)
    assert read(tmp_path / "a.npz").fs == 200
