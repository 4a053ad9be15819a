"""Options for reading that the format of a file has no use for are named in a note."""

import io
from pathlib import Path

import numpy as np
import pytest

from spectra.datasets import inspect, read
from spectra.datasets.large.opening import open_large
from spectra.datasets.raw import Request
from spectra.datasets.source import open_source

TABLE = "u;v\n" + "".join(f"{i % 7},5;{i % 5}\n" for i in range(40))


@pytest.mark.parametrize(
    ("option", "files"),
    [("sheet", "Excel files"), ("variable", "NPZ, MATLAB and HDF5 files")],
)
def test_a_text_table_tells_of_sheets_and_variables(option: str, files: str) -> None:
    note = (
        f"--{option} has no effect: it is for {files}, and the format of the file is 'text table'."
    )
    sheet, variable = ("2", None) if option == "sheet" else (None, "2")
    found = read(io.BytesIO(TABLE.encode()), sheet=sheet, variable=variable)
    assert found.notes[0] == note
    assert np.array_equal(found.values, read(io.BytesIO(TABLE.encode())).values)
    assert note in inspect(io.BytesIO(TABLE.encode()), sheet=sheet, variable=variable).notes


def test_an_array_tells_of_a_delimiter(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(60.0))
    note = (
        "--delimiter has no effect: it is for text tables, and the format of the file is "
        "'NumPy array (NPY)'."
    )
    assert read(tmp_path / "a.npy", delimiter=";").notes[0] == note
    large = open_large(
        open_source(tmp_path / "a.npy"), Request(delimiter=";"), None, "a", lenient=False
    )
    assert large is not None
    assert note in large.notes


def test_nothing_is_told_of_an_option_that_has_an_effect(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(60.0), y=np.arange(60.0))
    assert not any("no effect" in note for note in read(tmp_path / "a.npz", variable="y").notes)
    table = read(io.BytesIO(TABLE.encode()), delimiter=";")
    assert not any("no effect" in note for note in table.notes)
