"""Nothing that is read is overwritten, whatever it is called."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from spectra.cli import main
from spectra.cli.files import FileCommand
from spectra.cli.options import ReadPath, WrittenFolder, WrittenPath


def commands(group: click.Group = main) -> Iterator[click.Command]:
    """Every command, those of groups included."""
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from commands(command)
        else:
            yield command


def test_every_path_of_every_command_is_said_to_be_read_or_written() -> None:
    for command in commands():
        paths = [one for one in command.params if isinstance(one.type, click.Path)]
        kinds = (ReadPath, WrittenPath, WrittenFolder)
        assert all(isinstance(one.type, kinds) for one in paths), command.name
        assert isinstance(command, FileCommand) or not paths, command.name


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with recordings, a model, a WFDB record, and a folder of labelled files."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("data.csv", "normal.csv"):
        np.savetxt(name, rng.normal(size=600), fmt="%.4f", header="value", comments="")
    CliRunner().invoke(main, ["fit", "normal.csv", "-o", "a.model", "--nperseg", "32"])
    Path("all").mkdir()
    labelled = np.column_stack([rng.normal(size=600), np.arange(600) == 300])
    np.savetxt("all/one.csv", labelled, fmt="%.4g,%d", header="value,label", comments="")
    Path("rec.hea").write_text("rec 1 100 600\nrec.dat 16 100 16 0 0 0 0 ECG\n", encoding="utf-8")
    Path("rec.dat").write_bytes(rng.integers(-99, 99, 600).astype("<i2").tobytes())
    Path("tab.hea").write_text("tab 1 100 600\ntab.dat\t16 100 16 0 0 0 0 ECG\n", encoding="utf-8")
    Path("tab.dat").write_bytes(Path("rec.dat").read_bytes())
    Path("multi.hea").write_text("multi/1 1 100 600\nrec 600\n", encoding="utf-8")
    Path("mine.py").write_text("class Detector:\n    pass\n", encoding="utf-8")
    return tmp_path


# The command, and the file that it reads.
READ = {
    "data": (["detect", "data.csv"], "data.csv"),
    "normal data": (["detect", "data.csv", "--normal", "normal.csv"], "normal.csv"),
    "data beside normal data": (["detect", "data.csv", "--normal", "normal.csv"], "data.csv"),
    "model": (["score", "a.model", "data.csv"], "a.model"),
    "data beside a model": (["score", "a.model", "data.csv"], "data.csv"),
    "learned from": (["fit", "normal.csv"], "normal.csv"),
    "labelled file": (["benchmark", "all"], "all/one.csv"),
    "detector": (["benchmark", "all", "--detector", "mine:Detector"], "mine.py"),
    "signals of a record": (["detect", "rec.hea"], "rec.dat"),
    "header of signals": (["detect", "rec.dat"], "rec.hea"),
    "signals behind a tab": (["detect", "tab.hea"], "tab.dat"),
    "signals of a segment": (["detect", "multi.hea"], "rec.dat"),
    "header of a segment": (["detect", "multi.hea"], "rec.hea"),
}


def by_link(path: Path) -> str:
    Path("link").symlink_to(path)
    return "link"


def by_hard_link(path: Path) -> str:
    Path("hard").hardlink_to(path)
    return "hard"


def by_folder_link(path: Path) -> str:
    Path("there").symlink_to(path.absolute().parent)
    return f"there/{path.name}"


SPELLINGS: dict[str, Callable[[Path], str]] = {
    "same": str,
    "absolute": lambda path: str(path.absolute()),
    "detour": lambda path: f"all/../{path}",
    "link": by_link,
    "hard link": by_hard_link,
    "link to the folder": by_folder_link,
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize(("words", "name"), READ.values(), ids=READ.keys())
def test_an_output_that_is_read_is_refused(
    folder: Path, words: list[str], name: str, spelling: Callable[[Path], str]
) -> None:
    output = spelling(Path(name))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = CliRunner().invoke(main, [*words, "-o", output])
    assert result.exit_code == 2, result.output
    assert f"-o {output} would overwrite the file that is read" in result.stderr
    assert result.stdout == ""
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_standard_input_is_not_overwritten_either(folder: Path) -> None:
    before = (folder / "data.csv").read_bytes()
    command = [sys.executable, "-m", "spectra", "detect", "-", "-o", "data.csv"]
    with open("data.csv", "rb") as source:
        result = subprocess.run(command, stdin=source, capture_output=True, check=False)
    assert result.returncode == 2
    assert b"-o data.csv would overwrite the file that is read" in result.stderr
    assert (folder / "data.csv").read_bytes() == before


def test_another_file_of_the_folder_may_be_written(folder: Path) -> None:
    (folder / "scores.csv").write_text("old", encoding="utf-8")
    result = CliRunner().invoke(main, ["detect", "data.csv", "-o", "scores.csv"])
    assert result.exit_code == 0, result.output
    assert (folder / "scores.csv").read_text(encoding="utf-8").startswith("row,anomaly_score")


@pytest.mark.parametrize("name", ["labels.txt", "frames.npz"])
def test_a_model_is_not_written_over_a_file_that_is_none(folder: Path, name: str) -> None:
    if name == "frames.npz":
        np.savez(name, x=np.arange(9.0))
    else:
        Path(name).write_text("0\n1\n", encoding="utf-8")
    before = Path(name).read_bytes()
    result = CliRunner().invoke(main, ["fit", "data.csv", "-o", name])
    assert result.exit_code == 2, result.output
    assert f"-o {name} would overwrite a file that is no model" in result.stderr
    assert Path(name).read_bytes() == before


def test_a_model_is_written_over_a_model_a_damaged_one_and_an_empty_file(folder: Path) -> None:
    fit = ["fit", "data.csv", "-o", "new.model"]
    Path("new.model").touch()
    assert CliRunner().invoke(main, fit).exit_code == 0
    whole = Path("new.model").read_bytes()
    assert CliRunner().invoke(main, fit).exit_code == 0
    Path("new.model").write_bytes(whole[:500])
    assert CliRunner().invoke(main, fit).exit_code == 0
    assert Path("new.model").read_bytes() == whole


def test_a_recording_in_the_place_of_a_model_is_not_to_be_written_over(folder: Path) -> None:
    result = CliRunner().invoke(main, ["score", "data.csv", "data.csv"])
    assert result.exit_code == 1
    assert "data.csv is not a model file or is damaged: make a model with" in result.stderr
    assert "-o data.csv" not in result.stderr


@click.command(cls=FileCommand)
@click.option("--first", type=WrittenPath())
@click.option("--second", type=WrittenPath())
def two_outputs(first: Path, second: Path) -> None:
    """A command with two outputs."""


def test_two_outputs_are_not_one_file(folder: Path) -> None:
    result = CliRunner().invoke(
        two_outputs, ["--first", "x", "--second", f"all{os.sep}..{os.sep}x"]
    )
    assert result.exit_code == 2
    assert "is the file of two outputs" in result.stderr
    assert CliRunner().invoke(two_outputs, ["--first", "x", "--second", "y"]).exit_code == 0
