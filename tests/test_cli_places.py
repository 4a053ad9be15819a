"""An error is one sentence and its status, with any option and any place of a file."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from spectra.cli import main
from spectra.text import LONGEST_LINE

NINES = "9" * 5000
PROGRAM = [sys.executable, "-m", "spectra"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recording, one with times, and whatever is no file."""
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).normal(size=600)
    np.savetxt("good.csv", values, fmt="%.4f", header="value", comments="")
    rows = np.column_stack([np.arange(600) * 0.5, values])
    np.savetxt("timed.csv", rows, fmt="%.4f", delimiter=",", header="time,value", comments="")
    Path("loop").symlink_to("loop")
    Path("dir").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("sock")
    return tmp_path


def assert_one_sentence(stderr: str, status: int) -> None:
    """Assert that an error is one line, below the usage where the command line is wrong."""
    lines = [line for line in stderr.splitlines() if line and not line.startswith(("Usage", "Try"))]
    assert len(lines) == 1, stderr
    assert lines[0].startswith("Error: ")
    assert len(lines[0]) <= LONGEST_LINE + len("Error: ")
    assert stderr.startswith("Usage: ") or status == 1 or "overwrite" in stderr


def refused(*words: str, status: int) -> None:
    """Assert that a command is refused in one sentence with the status."""
    result = CliRunner().invoke(main, list(words))
    assert isinstance(result.exception, SystemExit), (words, result.exception)
    assert (result.exit_code, result.stdout) == (status, ""), (words, result.output)
    assert_one_sentence(result.stderr, status)


@pytest.mark.parametrize("value", ["²", NINES, "", "-1", "1e400", "nan", "0x10", "\ud800", "1e30"])
def test_options_of_numbers_refuse_what_is_none(folder: Path, value: str) -> None:
    for option in ("k", "alpha", "fs", "nperseg", "epochs", "normal-rows", "max-bytes"):
        refused("detect", "good.csv", f"--{option}={value}", status=2)


@pytest.mark.parametrize("value", ["²", NINES, "none of these", ","])
def test_options_of_columns_refuse_what_is_none(folder: Path, value: str) -> None:
    for option in ("--channels", "--time", "--label", "--series"):
        refused("detect", "good.csv", f"{option}={value}", status=1)


@pytest.mark.parametrize(
    "value",
    ["5e-324", "1e-300", "1e300", "²", f"{NINES}min", NINES, "0", "-5", "nan", "x"],
)
def test_periods_that_make_no_grid_are_refused(folder: Path, value: str) -> None:
    refused("detect", "timed.csv", f"--resample={value}", status=2)


def test_a_grid_that_is_too_fine_for_the_times_is_refused(folder: Path) -> None:
    refused("detect", "timed.csv", "--resample=1e-14", status=1)


@pytest.mark.parametrize("rate", ["5e-324", "1e308", "inf", "-1", "0"])
def test_rates_that_make_no_instants_are_refused(folder: Path, rate: str) -> None:
    refused("detect", "timed.csv", f"--fs={rate}", status=2)


PLACES = ["loop", "dir", "sock", "none", "/dev/zero", "/dev/full", "/dev/null", "good.csv/x", "",
          "x" * 300, "x/" * 3000]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_not_read(folder: Path, place: str) -> None:
    for command in (["detect"], ["inspect"], ["evaluate"], ["fit", "-o", "m"], ["score", "loop"]):
        refused(*command, place, status=1)
    refused("detect", "good.csv", "--normal", place, status=1)
    refused("score", place, "good.csv", status=1)
    if place != "dir":
        refused("benchmark", place or "none", status=1)
    assert not Path("m").exists()


@pytest.mark.parametrize(
    "place", [place for place in PLACES if place not in ("none", "/dev/null", "/dev/zero")]
)
def test_what_is_no_file_is_not_written(folder: Path, place: str) -> None:
    CliRunner().invoke(main, ["fit", "good.csv", "-o", "a.model"])
    for command in (["fit", "good.csv"], ["score", "a.model", "good.csv"], ["detect", "good.csv"]):
        result = CliRunner().invoke(main, [*command, "-o", place, "-q"])
        assert result.exit_code == 1, result.output
        assert_one_sentence(result.stderr, 1)
    assert Path("loop").is_symlink()
    assert Path("sock").is_socket()


def program(*words: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    """Run the program as a process."""
    return subprocess.run([*PROGRAM, *words], text=True, check=False, **streams)


@pytest.mark.parametrize("words", [["foundations"], ["--help"]])
def test_a_full_disk_behind_standard_output_is_said(words: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = program(*words, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert_one_sentence(result.stderr, 1)


def test_closed_standard_files_are_no_accident(folder: Path) -> None:
    line = f"{sys.executable} -m spectra"
    for words, status in (
        ("detect - <&-", 1),
        ("transformer >&-", 1),
        ("fit good.csv -o m.model -q <&- >&- 2>&-", 0),
    ):
        result = subprocess.run(
            ["sh", "-c", f"exec {line} {words}"], capture_output=True, text=True, check=False
        )
        assert result.returncode == status, result.stderr
        if status:
            assert_one_sentence(result.stderr, 1)
    assert Path("m.model").stat().st_size > 1000


def test_a_folder_that_vanished_is_said(folder: Path) -> None:
    script = f"cd dir && rmdir ../dir && exec {sys.executable} -m spectra"
    for words in ("fit {} -o m", "benchmark ."):
        Path("dir").mkdir(exist_ok=True)
        command = f"{script} {words.format(folder / 'good.csv')}"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert result.returncode == 1
        assert_one_sentence(result.stderr, 1)


@pytest.mark.parametrize("imported", ["click", "numpy", "pandas", "spectra.pipeline"])
def test_an_interrupt_is_silent_from_the_imports_on(folder: Path, imported: str) -> None:
    # Python itself is interrupted with a traceback before it has begun with spectra.
    command = [sys.executable, "-X", "importtime", "-m", "spectra", "detect", "good.csv"]
    command += ["-o", "scores.csv"]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == imported:
                break
        process.send_signal(signal.SIGINT)
        stderr = process.stderr.read()
    assert process.returncode in (0, 128 + signal.SIGINT)
    assert all(line.startswith("import time:") for line in stderr.splitlines() if line)
    assert not [name for name in os.listdir() if name.startswith(".spectra")]


def test_next_to_nothing_is_imported_before_interrupts_are_silent() -> None:
    code = f"import sys; sys.path = {sys.path}; import spectra.__main__; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    names = set(result.stdout.split())
    assert {"spectra", "spectra.__main__"} <= names
    assert not names & {"typing", "re", "importlib.util", "click", "numpy", "pathlib"}
