"""Docstrings begin with a summary of one line that begins with no question word."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Folders of which every file is checked. (Two links in spectra/ lead to the others.)
FOLDERS = ("spectra", "cli", "datasets", "tests", "benchmarks", "notebooks")
# Folders whose functions are described by what they do.
WITH_VERBS = ("spectra", "cli", "datasets", "benchmarks")
NO_VERBS = {"The", "A", "An", "Every", "Each", "This", "It"}
QUESTION_WORDS = {"What", "Whatever", "How", "Which", "Whether", "Where", "When"}


def python_files() -> list[Path]:
    return [
        file
        for folder in FOLDERS
        for pattern in ("*.py", "*.ipynb")
        for file in sorted((ROOT / folder).rglob(pattern))
        if file.resolve() == file
    ]


def code_of(file: Path) -> str:
    """The Python of a file, or of the code cells of a notebook."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def docstrings(file: Path) -> Iterator[tuple[str, str]]:
    """Every docstring of a file, with the line of its definition."""
    for node in ast.walk(ast.parse(code_of(file))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", text


def problem(text: str) -> str | None:
    """The rule that a docstring breaks, if any."""
    summary, *rest = text.split("\n")
    if (summary.split() or [""])[0].removesuffix("'s") in QUESTION_WORDS:
        return "begins with a question word"
    if not summary.endswith((".", ":", "?")):
        return "has a summary that does not end on its line"
    if rest and rest[0]:
        return "has no blank line after its summary"
    return None


def test_every_folder_has_files() -> None:
    for folder in FOLDERS:
        assert any(file.is_relative_to(ROOT / folder) for file in python_files())


@pytest.mark.parametrize("file", python_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_docstrings_begin_with_a_summary_of_one_line(file: Path) -> None:
    wrong = [f"{place} {problem(text)}" for place, text in docstrings(file) if problem(text)]
    assert not wrong, "\n".join(wrong)


def without_verb(file: Path) -> Iterator[str]:
    """Every function of a file, properties apart, whose docstring begins with no verb."""
    for node in ast.walk(ast.parse(code_of(file))):
        if isinstance(node, ast.FunctionDef):
            text = ast.get_docstring(node) or ""
            is_property = any("property" in ast.unparse(each) for each in node.decorator_list)
            if not is_property and (text.split() or [""])[0] in NO_VERBS:
                yield f"{file.relative_to(ROOT)}:{node.lineno} {text.splitlines()[0]}"


@pytest.mark.parametrize("folder", WITH_VERBS)
def test_docstrings_of_functions_begin_with_a_verb(folder: str) -> None:
    files = [file for file in python_files() if file.is_relative_to(ROOT / folder)]
    wrong = [place for file in files for place in without_verb(file)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("What is learned.", "question word"),
        ("What's learned.", "question word"),
        ("Return the mean\nof the values.", "does not end"),
        ("Return the mean.\nIt is a number.", "no blank line"),
        ("Return the mean.\n\nIt is a number.", None),
        ("Return the mean:", None),
    ],
)
def test_rules_of_docstrings(text: str, rule: str | None) -> None:
    found = problem(text)
    assert found is None if rule is None else rule in str(found)
