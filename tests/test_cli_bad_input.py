"""Every error is one sentence with exit status 1 or 2, and no file is left half-written."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from spectra.cli import main
from spectra.cli.options import Reading

ROWS = 600


def column(rows: int = ROWS) -> list[str]:
    """Rows of noise with a header."""
    return ["value", *(f"{value:.4f}" for value in np.random.default_rng(0).standard_normal(rows))]


def lines_with(row: int, cell: str) -> list[str]:
    """The column with one cell, of a row counted from 0, replaced."""
    lines = column()
    lines[row + 1] = cell
    return lines


def two_columns(cell: str) -> list[str]:
    """Two channels, with `cell` on the third row of the second."""
    rows = [f"{value},{i % 5}" for i, value in enumerate(column()[1:])]
    rows[2] = rows[2].split(",")[0] + f",{cell}"
    return ["left,right", *rows]


# What the file holds, and what the sentence has to say.
UNUSABLE: dict[str, tuple[list[str], str]] = {
    "empty": ([], r"data\.csv is empty"),
    "header only": (["value"], r"data\.csv"),
    "one row": (["value", "1.5"], r"data\.csv.* one row"),
    "fewer rows than a frame": (column(20), r"data\.csv.*20 rows"),
    "all NaN": (["value", *["nan"] * ROWS], r"data\.csv"),
    "all empty": (["a,b", *[","] * ROWS], r"data\.csv"),
    "infinity": (lines_with(7, "inf"), r"data\.csv, line 9.*value"),
    "text among numbers": (
        two_columns("broken"),
        r"data\.csv, line 4, column 'right': 'broken' is not a number",
    ),
    "text only": (["name", *["some", "words"] * 300], r"data\.csv"),
    "too many fields": ([*column(), "1,2,3"], rf"data\.csv, line {ROWS + 2}"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a usable file in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text("\n".join(column()), encoding="utf-8")
    return tmp_path


def run(*words: str) -> Result:
    """Run the command; nothing but an exit may come out of it."""
    result = CliRunner().invoke(main, list(words), terminal_width=1000)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def sentence(result: Result, status: int) -> str:
    """The one sentence on standard error of a run that failed."""
    assert result.exit_code == status, (result.stdout, result.stderr)
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert errors[0].endswith((".", "?"))
    assert "Traceback" not in result.stderr
    return errors[0]


@pytest.mark.parametrize(("lines", "said"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_file(folder: Path, lines: list[str], said: str) -> None:
    (folder / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    before = sorted(folder.iterdir())
    assert re.search(
        said, sentence(run("detect", "data.csv", "--nperseg", "32", "-o", "scores.csv"), 1)
    )
    assert re.search(
        said, sentence(run("fit", "data.csv", "--nperseg", "32", "-o", "new.model"), 1)
    )
    assert sorted(folder.iterdir()) == before
    # What is wrong with the normal data is wrong with the whole run.
    result = run("detect", "good.csv", "--normal", "data.csv", "--nperseg", "32")
    assert re.search(said, sentence(result, 1))
    assert result.stdout == ""


def test_a_file_that_may_not_be_read_is_named_and_the_others_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "locked.csv").write_bytes((folder / "good.csv").read_bytes())
    given = Path.open

    def opened(path: Path, *arguments: Any, **settings: Any) -> Any:
        if path.name == "locked.csv":
            raise PermissionError(13, "Permission denied")
        return given(path, *arguments, **settings)

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setattr(os, "access", lambda path, _: "locked" not in str(path))
    result = run("detect", "locked.csv", "good.csv", "--nperseg", "32", "-q")
    assert sentence(result, 1) == "Error: locked.csv cannot be read: Permission denied."
    assert result.stdout.startswith("good.csv  ")
    assert run("inspect", "locked.csv").exit_code == 1


def test_a_path_is_named_once(folder: Path) -> None:
    (folder / "none.csv").write_text("value\n" + "nan\n" * ROWS, encoding="utf-8")
    for name in ("none.csv", "./none.csv", f"{folder}/none.csv"):
        assert sentence(run("detect", name), 1).count("none.csv") == 1


@pytest.mark.parametrize("command", ["detect", "fit", "score"])
@pytest.mark.parametrize(
    ("name", "said"), [("missing.csv", "There is no file missing.csv"), ("sub", "sub is a folder")]
)
def test_no_file_to_read(folder: Path, command: str, name: str, said: str) -> None:
    (folder / "sub").mkdir()
    run("fit", "good.csv", "-o", "good.model", "--nperseg", "32")
    arguments = {"detect": [name], "fit": [name, "-o", "new.model"], "score": ["good.model", name]}[
        command
    ]
    assert said in sentence(run(command, *arguments), 1)
    assert not (folder / "new.model").exists()


def test_constant_channel_is_scored_and_said(folder: Path) -> None:
    rows = [f"{value},4.5" for value in column()[1:]]
    (folder / "data.csv").write_text("\n".join(["moving,still", *rows]), encoding="utf-8")
    result = run("detect", "data.csv", "--nperseg", "32")
    assert result.exit_code == 0
    assert "still" in result.stderr
    assert "constant" in result.stderr
    (folder / "data.csv").write_text("\n".join(["still", *["4.5"] * ROWS]), encoding="utf-8")
    result = run("detect", "data.csv", "--nperseg", "32")
    assert result.exit_code == 0
    assert "constant" in result.stderr
    assert "no alarms" in result.stdout


def test_channels_that_are_never_there_together_have_no_residual(folder: Path) -> None:
    halves = [
        f"{value}," if row < ROWS // 2 else f",{value}" for row, value in enumerate(column()[1:])
    ]
    (folder / "data.csv").write_text("\n".join(["first,second", *halves]), encoding="utf-8")
    said = sentence(run("detect", "data.csv", "--nperseg", "32", "--view", "residual"), 1)
    assert "no frame of 32 without gaps" in said


def test_a_square_wave_is_not_constant(folder: Path) -> None:
    (folder / "data.csv").write_text(
        "\n".join(["value", *["1", "1", "-1", "-1"] * (ROWS // 4)]), encoding="utf-8"
    )
    result = run("detect", "good.csv", "--normal", "data.csv")
    assert result.exit_code == 0
    assert "constant" not in result.stderr


def test_three_thousand_columns(folder: Path) -> None:
    rng = np.random.default_rng(0)
    header = ",".join(f"c{i}" for i in range(3_000))
    rows = [",".join(map(str, row)) for row in rng.integers(0, 100, (24, 3_000))]
    (folder / "data.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    result = run("detect", "data.csv", "--nperseg", "8")
    assert result.exit_code == 0, result.stderr
    assert "3,000 channels" in result.stdout


OUTPUTS: dict[str, tuple[str, int, str]] = {
    "folder that is not there": ("none/out", 1, "none/out cannot be written: there is no folder"),
    "a folder": ("sub", 1, "sub cannot be written: it is a folder"),
    "the file that is read": ("good.csv", 2, "would overwrite the file that is read"),
    "a dash": ("-", 2, "needs the name of a file"),
}


@pytest.mark.parametrize(("name", "status", "said"), OUTPUTS.values(), ids=OUTPUTS.keys())
@pytest.mark.parametrize("command", ["detect", "fit"])
def test_unwritable_output(folder: Path, command: str, name: str, status: int, said: str) -> None:
    (folder / "sub").mkdir()
    content = (folder / "good.csv").read_bytes()
    before = sorted(folder.iterdir())
    result = run(command, "good.csv", "-o", name, "--nperseg", "32")
    assert said in sentence(result, status)
    assert result.stdout == ""
    assert sorted(folder.iterdir()) == before
    assert (folder / "good.csv").read_bytes() == content


def test_disk_that_fills_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "scores.csv").write_text("old", encoding="utf-8")

    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = run("detect", "good.csv", "-o", "scores.csv", "--nperseg", "32")
    assert "scores.csv cannot be written: No space left on device" in sentence(result, 1)
    assert (folder / "scores.csv").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv", "scores.csv"]


def test_model_that_is_none(folder: Path) -> None:
    run("fit", "good.csv", "-o", "good.model", "--nperseg", "32")
    whole = (folder / "good.model").read_bytes()
    for content in (
        b"",
        b"a,b\n1,2\n",
        whole[: len(whole) // 2],
        whole[:100] + bytes(50) + whole[150:],
    ):
        (folder / "bad.model").write_bytes(content)
        assert "bad.model" in sentence(run("score", "bad.model", "good.csv"), 1)


def test_model_of_other_channels_or_rate(folder: Path) -> None:
    run("fit", "good.csv", "--fs", "100", "-o", "good.model", "--nperseg", "32")
    assert run("score", "good.model", "good.csv", "--fs", "100").exit_code == 0
    said = sentence(run("score", "good.model", "good.csv", "--fs", "50"), 1)
    assert "good.csv" in said
    assert "50" in said
    assert "100" in said
    (folder / "other.csv").write_text("\n".join(two_columns("0")), encoding="utf-8")
    said = sentence(run("score", "good.model", "other.csv"), 1)
    assert "other.csv" in said
    assert "channel" in said


USAGE: dict[str, tuple[list[str], str]] = {
    **{
        f"alpha {alpha}": ([f"--alpha={alpha}"], "alpha")
        for alpha in ("0", "0.7", "-1", "nan", "inf", "x")
    },
    "nperseg 1": (["--nperseg", "1"], "nperseg"),
    "k": (["--k", "0"], "--k"),
    "k between two numbers": (["--k", "1.5"], "1.5 is neither a number of frames"),
    "fs": (["--fs", "-5"], "--fs"),
    "fs nan": (["--fs", "nan"], "--fs"),
    "format": (["--format", "xml"], "--format"),
    "rows": (["--normal-rows", "5"], "--normal-rows"),
    "two normals": (["--normal", "good.csv", "--normal-rows", "0:9"], "give one of them"),
    "stdin twice": (["-", "-"], "Standard input"),
    "one output for two files": (
        ["good.csv", "-o", "scores.csv"],
        "-o writes the scores of one FILE",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE.keys())
def test_usage(folder: Path, arguments: list[str], said: str) -> None:
    result = run("detect", "good.csv", *arguments)
    assert said in sentence(result, 2)
    assert result.stdout == ""


def test_no_file_is_a_usage_error() -> None:
    assert "FILE" in sentence(run("detect"), 2)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["write", "nothing"], 2, "machine-temperature"),
        (["write", "ecg", "--seed", "1"], 2, "no seed"),
        (["write", "noise", "-o", "none/x.csv"], 1, "there is no folder"),
    ],
)
def test_datasets(folder: Path, arguments: list[str], status: int, said: str) -> None:
    assert said in sentence(run("datasets", *arguments), status)


@pytest.mark.parametrize("flags", [[], ["-u"]])
def test_closed_pipe_is_silent(flags: list[str]) -> None:
    program = "from spectra.cli import main; main(prog_name='spectra')"
    command = [sys.executable, *flags, "-c", program, "datasets", "write", "machine-temperature"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    # What a shell reports of any program that stops because nobody reads on.
    assert process.returncode == 128 + signal.SIGPIPE


def test_interrupt_is_silent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_self: Reading, _file: str, **_: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Reading, "read_series", interrupted)
    result = run("detect", "good.csv")
    assert result.exit_code == 128 + signal.SIGINT
    assert result.stdout == ""
    assert result.stderr.strip() == ""
