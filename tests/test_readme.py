"""The commands and the Python of README and docs run, in their order, in an empty folder.

What they name is there, and results that they show are the results.
"""

import configparser
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import IO

import pandas as pd
import pytest
from click.testing import CliRunner

import spectra as spectra_package
from spectra.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Its last digits depend on the machine.
P_VALUE = re.compile(r"\d\.\de-\d+")
MOST_WORDS = 900
# Lines that a stream is given, and one that is scored every few rows.
STREAMED = 20_000
OFTEN = 2_000

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page: their language and their text."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def shell_lines() -> list[str]:
    """The lines for the shell in the README."""
    return [line for kind, text in blocks(PAGES[0]) if kind == "sh" for line in text.splitlines()]


def spectra(line: str, file: IO[bytes] | None = None) -> str:
    """The standard output of a command, which may fail only with --fail-on-anomaly."""
    program, *words = shlex.split(line)
    assert program == "spectra"
    result = CliRunner().invoke(main, words, input=file)
    assert result.exit_code == (3 if "--fail-on-anomaly" in words else 0), (
        f"{line}: {result.output}"
    )
    return result.stdout


def type_in(line: str, page: Path) -> str:
    """Run a line for the shell, unless it installs something, and return what a stream printed."""
    if " | spectra stream " in line:
        # Whatever the lines come from, those of a file are given to it.
        _, _, stream = line.partition(" | ")
        if page == PAGES[0]:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            piped = f"cat data.csv | {stream}"
            subprocess.run(piped, shell=True, check=True, env={**os.environ, "PATH": path})
        else:
            with Path("data.csv").open("rb") as file:
                count = OFTEN if "--every" in line else STREAMED
                Path("first.csv").write_bytes(b"".join(islice(file, count)))
            with Path("first.csv").open("rb") as file:
                return spectra(stream, file)
    elif line.startswith("spectra "):
        spectra(line)
    elif line.split()[0] in ("head", "mkdir", "mv"):
        subprocess.run(line, shell=True, check=True)
    else:
        assert line.startswith(("pip install ", 'eval "$(_SPECTRA_COMPLETE=')), (
            f"nothing checks the line {line!r}"
        )
    return ""


# Keys whose last digits differ from machine to machine.
DIGITS = ("score", "p_value")


def compare(session: str) -> None:
    """Run the commands of a session; the lines shown are among those printed, in their order."""
    printed: list[str] = []
    for line in session.splitlines():
        if line.startswith("$ "):
            printed = [P_VALUE.sub("p", one) for one in spectra(line[2:]).splitlines()]
        elif line != "…":
            assert P_VALUE.sub("p", line) in printed
            printed = printed[printed.index(P_VALUE.sub("p", line)) + 1 :]


def check_event(text: str, printed: str) -> None:
    """The event of a stream that is shown is printed, but for the digits of its score."""
    shown = {name: value for name, value in json.loads(text).items() if name not in DIGITS}
    assert any(shown.items() <= json.loads(line).items() for line in printed.splitlines())


class Unit(configparser.ConfigParser):
    """A systemd unit, whose keys have capitals."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def check_service(text: str) -> None:
    """The command of a systemd unit has arguments that spectra knows."""
    unit = Unit(interpolation=None)
    unit.read_string(text)
    program, name, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "spectra"
    command = main.commands[name]
    with command.make_context(name, arguments, resilient_parsing=True) as context:
        assert context.params["state"] is not None


@pages
def test_blocks_of_a_page_run_in_their_order(page: Path) -> None:
    names: dict[str, object] = {}
    printed = ""
    for kind, text in blocks(page):
        if kind == "python":
            exec(compile(text, page.name, "exec"), names)
        elif kind == "console":
            compare(text)
        elif kind == "json":
            check_event(text, printed)
        elif kind == "ini":
            check_service(text)
        else:
            assert kind == "sh", f"nothing checks a block of {kind}"
            printed += "".join(type_in(line, page) for line in text.splitlines())
    for figure in re.findall(r'savefig\("([\w.]+)"\)', page.read_text(encoding="utf-8")):
        assert Path(figure).read_bytes().startswith(b"\x89PNG")


def test_results_are_shown() -> None:
    assert any(kind == "console" for kind, _ in blocks(PAGES[0]))


def test_the_added_tone_is_found_and_nothing_else() -> None:
    spectra("spectra datasets write tones -o data.csv")
    printed = spectra("spectra detect data.csv")
    # The tone of 180 Hz sounds from 17.7 to 18.7 s.
    line = printed.splitlines()[2]
    (band,) = re.findall(r"(\d+)(?: – (\d+))? Hz", line)
    low, high = float(band[0]), float(band[1] or band[0])
    assert low <= 180 <= high <= low + 8
    start, end = (pd.Timedelta(text).total_seconds() for text in line.split()[1:3])
    assert abs(start - 17.7) < 0.064
    assert abs(end - 18.7) < 0.064
    assert printed.splitlines()[-1].startswith("1 alarm ")


def test_the_sequence_method_finds_every_wrong_order() -> None:
    spectra("spectra datasets write order-anomalies -o order.csv")
    result = json.loads(spectra("spectra evaluate order.csv --method sequence --format json"))
    assert result["events"] == 8
    assert result["metrics"]["event_recall"] == 1.0


def test_every_command_and_every_form_of_output_is_shown() -> None:
    words = " ".join(shell_lines())
    for name in main.commands:
        assert f"spectra {name} " in f"{words} "
    for option in (
        "--normal ",
        "--normal-rows ",
        "--format json",
        "--format csv",
        "-o scores.csv",
        "--plot data.png",
        "--report data.html",
        "--fail-on-anomaly",
    ):
        assert option in words


def test_completion_is_what_the_shell_is_told() -> None:
    (line,) = (line for line in shell_lines() if line.startswith("eval"))
    variable, value = re.findall(r"(_\w+)=(\w+)", line)[0]
    result = CliRunner().invoke(main, prog_name="spectra", env={variable: value})
    assert "complete" in result.stdout


@pages
def test_what_is_installed_is_this_clone_and_its_extras(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"pip install ([^\s`]+)", text):
        match = re.fullmatch(r"\.|'\.\[(\w+)\]'", target)
        assert match, target
        assert match[1] is None or match[1] in PROJECT["optional-dependencies"]


@pages
def test_links_paths_and_targets_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https:)([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    for code in re.findall(r"`([^`\n]+)`", text):
        for path in re.findall(
            r"(?<!\S)(?:benchmarks|notebooks|spectra|cli|datasets|tests)/[\w./]*", code
        ):
            assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", text):
        assert f"\n{target}:" in makefile


def test_the_json_page_has_the_keys_of_the_json() -> None:
    spectra("spectra datasets write tones -o data.csv")
    document = json.loads(spectra("spectra detect data.csv --format json"))
    (file,) = document["files"]
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    detection, explanation = (
        [
            key
            for line in part.splitlines()
            if line.startswith("| `")
            for key in re.findall(r"`(\w+)`", line.split("|")[1])
        ]
        for part in text.split("## Keys of an explanation")
    )
    explained = json.loads(spectra("spectra explain data.csv --format json"))["alarms"][0]
    assert {*explanation} == {*explained, "start", "end"} - {"first_row", "last_row"}
    assert detection == [*document, *file, *file["calibration"], *file["alarms"][0]]
    assert f"| `schema_version` | {document['schema_version']}. " in text


def test_the_readme_is_short_and_has_a_picture() -> None:
    assert len(README.split()) < MOST_WORDS
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


@pages
def test_every_page_of_docs_is_in_the_navigation(page: Path) -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n")[1]
    assert page == PAGES[0] or re.search(rf": {page.name}$", navigation, re.MULTILINE)


def test_the_readme_links_to_the_start_of_the_pages() -> None:
    for name in ("index", "tutorial", "trust", "comparison"):
        assert f"(docs/{name}.md)" in README


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for directive in re.findall(r"^::: ([\w.]+)$", page, re.MULTILINE):
        try:
            found = importlib.import_module(directive)
        except ModuleNotFoundError:
            module, _, name = directive.rpartition(".")
            found = getattr(importlib.import_module(module), name)
        assert found.__doc__, directive
    for name in spectra_package.__all__:
        value = getattr(spectra_package, name)
        if not isinstance(value, (str, ModuleType)):
            assert f"::: {value.__module__}.{name}" in page, name
