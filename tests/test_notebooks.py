"""The notebooks run from top to bottom, and are kept without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_no_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_its_figures(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    # In an empty folder: nothing but what is installed is there.
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [
        output for output in outputs if output.output_type == "stream" and output.name == "stderr"
    ]
    figures = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "plot(" in cell.source.splitlines()[-1]
    ]
    assert figures
    for cell in figures:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs)


def test_there_is_a_notebook():
    assert "first_look" in [path.stem for path in NOTEBOOKS]
