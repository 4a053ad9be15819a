"""What the README tells to type works, in its order, in an empty folder; what it names is there."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from spectra.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
LINES = [line for kind, text in BLOCKS for line in text.splitlines() if kind == "sh"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Its last digits are those of the machine.
P_VALUE = re.compile(r"\d\.\de-\d+")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spectra(line: str) -> str:
    """What a command prints; it may fail only where it says that it does."""
    words = shlex.split(line)
    result = CliRunner().invoke(main, words[1:])
    assert result.exit_code == (3 if "--fail-on-anomaly" in words else 0), (
        f"{line}: {result.output}"
    )
    return result.stdout


def type_in(line: str) -> None:
    """Run a line for the shell, in so far as it is about files in this folder."""
    if line.startswith("spectra "):
        spectra(line)
    elif line.split()[0] in ("head", "mkdir"):
        subprocess.run(line, shell=True, check=True)
    else:
        assert line.startswith(("pip install ", 'eval "$(_SPECTRA_COMPLETE=')), (
            f"nothing checks the line {line!r}"
        )


def test_lines_for_the_shell_and_then_the_python_run() -> None:
    for line in LINES:
        type_in(line)
    names: dict[str, object] = {}
    for kind, text in BLOCKS:
        if kind == "python":
            exec(compile(text, "README.md", "exec"), names)
    assert Path("data.png").read_bytes().startswith(b"\x89PNG")
    # The text says what is found in data.csv.
    printed = spectra("spectra detect data.csv")
    assert re.search(r"  17\.5\d\d +18\.8\d\d .* 180 Hz +1\.3\d s\n1 alarm ", printed)
    assert "2 alarms" in spectra("spectra detect order.csv")
    assert "8 alarms" in spectra("spectra detect order.csv --method sequence")


def test_results_that_are_shown_are_those_that_come() -> None:
    shown = [text for kind, text in BLOCKS if kind == "console"]
    assert shown
    printed: list[str] = []
    for line in "".join(shown).splitlines():
        if line.startswith("$ "):
            printed = [P_VALUE.sub("p", one) for one in spectra(line[2:]).splitlines()]
        elif line != "…":
            assert P_VALUE.sub("p", line) in printed
            # The next ones come after it.
            printed = printed[printed.index(P_VALUE.sub("p", line)) + 1 :]


def test_every_command_and_every_form_of_output_is_shown() -> None:
    words = " ".join(LINES)
    for name in main.commands:
        assert f"spectra {name} " in f"{words} "
    for option in (
        "--normal ",
        "--normal-rows ",
        "--format json",
        "--format csv",
        "-o scores.csv",
        "--fail-on-anomaly",
    ):
        assert option in words


def test_completion_is_what_the_shell_is_told() -> None:
    (line,) = (line for line in LINES if line.startswith("eval"))
    variable, value = re.findall(r"(_\w+)=(\w+)", line)[0]
    result = CliRunner().invoke(main, prog_name="spectra", env={variable: value})
    assert "complete" in result.stdout


def test_names_of_packages_files_and_targets_are_right() -> None:
    (package,) = re.findall(r"pip install '([\w-]+)\[(?:\w+)\]'", README)
    assert package == PROJECT["name"]
    assert set(re.findall(r"pip install '[\w-]+\[(\w+)\]'", README)) <= set(
        PROJECT["optional-dependencies"]
    )
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
    for path in re.findall(
        r"`((?:benchmarks|notebooks|spectra|cli|datasets|tests)/[\w./]*)`", README
    ):
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", README):
        assert f"\n{target}:" in makefile
