"""The notebooks run from top to bottom, and are kept without outputs."""

import ast
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
    figures = [cell for cell in notebook.cells if cell.cell_type == "code" and draws(cell.source)]
    assert figures
    for cell in figures:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs)


def draws(source):
    """True where the last statement of a cell draws."""
    last = ast.unparse(ast.parse(source).body[-1])
    return "plot" in last or last == "draw()"


def test_there_is_a_notebook_for_every_story():
    assert [path.stem for path in NOTEBOOKS] == [
        "1_bearing",
        "2_ecg",
        "3_machine_metrics",
        "4_order",
        "5_mathematics",
        "6_a_folder",
        "first_look",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS[:6], ids=lambda path: path.stem)
def test_story_has_a_conclusion(path):
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.cell_type == "markdown"
    assert last.source.startswith("## Conclusion\n\n")
