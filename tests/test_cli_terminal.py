"""Nothing that comes from a file or an argument acts on a terminal or runs in a spreadsheet."""

import csv
import io
import json
import os
import re
import unicodedata
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from spectra.archive import pack
from spectra.cli import main
from spectra.cli.files import write_scores
from spectra.detection import Detection
from spectra.model import FORMAT, Model
from spectra.text import LONGEST_LINE, LONGEST_NAME, cell, line, page, plain, printable, short
from test_cli_overwrite import commands

# A title, a colour, a cleared screen, overridden direction, isolates, line separators, controls of
# both sets, a hyperlink, a device control string, half a surrogate pair, and a carriage return.
EVIL = (
    "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\u2066\u2028\u2029\x08\x00\x85\x9d0;x\x9c"
    "\x1b]8;;http://x\x1b\\\x1bP1$r\x1b\\\udcff\r\x7f\u200f\ufeff"
)
IN_A_FILE = EVIL.replace("\x00", "").replace("\udcff", "").replace("\r", "")
FORMULAS = ("=cmd|' /C calc'!A0", "@SUM(1)", "+cmd", "-cmd", "\t=1+1", "\uff1d1+1", " =1+1")
ROWS = 600


def assert_harmless(text: str) -> None:
    """Assert that only line ends and bold type are in a text beside what is printable."""
    for sign in re.sub(r"\x1b\[[01]m", "", text).replace("\n", ""):
        assert sign.isprintable(), (hex(ord(sign)), unicodedata.name(sign, "?"))
    text.encode()


def run(*words: str, status: int | None = None) -> Result:
    """Run a command as on a terminal, and check all that it prints."""
    result = CliRunner().invoke(main, list(words), color=True)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert_harmless(result.stdout_bytes.decode())
    assert_harmless(result.stderr_bytes.decode())
    assert status is None or result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A labelled recording with an anomaly, whose name, column names and unit are hostile."""
    folder = tmp_path_factory.mktemp("evil")
    path = os.fspath(folder / f"{EVIL.replace('/', '').replace(chr(0), '')}=cmd.csv")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(ROWS, 2))
    values[300:330] *= 9
    label = np.arange(ROWS) // 300 == 1
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"=a{IN_A_FILE}\n (m{IN_A_FILE}V)", f"b{IN_A_FILE} [°C]", "label"])
        rows.writerows(
            (f"{a:.4f}", f"{b:.4f}", int(one)) for (a, b), one in zip(values, label, strict=True)
        )
    return path


@pytest.fixture
def model(evil: str, tmp_path: Path) -> str:
    """A model with hostile names of its channels and of what it was learned from."""
    path = str(tmp_path / f"m{EVIL.replace('/', '').replace(chr(0), '')}.model")
    run("fit", evil, "-o", path, "--nperseg", "32", status=0)
    return path


def test_every_command_and_format_shows_hostile_names_as_plain_text(evil: str, model: str) -> None:
    small = ("--nperseg", "32")
    for form in ("table", "json", "csv"):
        said = [
            run("detect", evil, "--format", form, "-v", *small, status=0),
            run("detect", evil, "--normal", evil, "--format", form, "-v", *small, status=0),
            run("score", model, evil, "--format", form, "-v", status=0),
        ]
        if form != "csv":
            said += [
                run("inspect", evil, "--format", form, status=0),
                run("evaluate", evil, "--format", form, "-v", *small, status=0),
            ]
        for result in said:
            if form == "json":
                json.loads(result.stdout)["schema_version"]
            if form == "csv":
                rows = list(csv.reader(io.StringIO(result.stdout)))
                # The recording has no alarm beside itself.
                assert len(rows) > 1 or result is not said[0]
                assert not [text for row in rows for text in row if text[:1] in "=+@" and text]
    folder = os.path.dirname(evil)
    run("benchmark", folder, "-o", os.path.join(os.path.dirname(model), "results.csv"), status=0)
    run("benchmark", folder + EVIL.replace("\x00", ""), status=1)


def test_a_column_of_hostile_values_is_refused_or_left_out_in_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    for column in ("value", "time", "label", "other"):
        rows = [f'{i % 7},{i},{i % 2},"{IN_A_FILE}{i}"' for i in range(ROWS)]
        heading = ["value", "time", "label", "text"]
        if column in heading:
            place = heading.index(column)
            for i in (3, 5, 400):
                cells = rows[i].split(",")
                cells[place] = f'"{IN_A_FILE}"'
                rows[i] = ",".join(cells)
        path.write_text("\n".join([",".join(heading), *rows]), encoding="utf-8")
        for command in ("detect", "inspect", "evaluate", "fit"):
            extra = ("-o", str(tmp_path / "m")) if command == "fit" else ()
            run(command, str(path), *extra)
            run(command, str(path), *extra, "--label", "text", "--series", "text")


def test_every_option_refuses_hostile_values_in_plain_text(evil: str, model: str) -> None:
    for command in commands():
        group = ["datasets"] if command.name in ("list", "write") else []
        paths = [evil] * (command.name not in ("list", "write", "benchmark"))
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag:
                value = EVIL.replace("\x00", "")
                run(*group, str(command.name), *paths, option.opts[-1], value)
        run(*group, str(command.name), f"--{EVIL}")
    run(EVIL)
    run("datasets", "write", EVIL)
    run("score", EVIL.replace("\x00", ""), evil, status=1)
    for name in ("none", "x:y"):
        run("benchmark", os.path.dirname(evil), "--detector", name + EVIL, status=2)


def test_a_hostile_version_of_a_model_is_shown_as_plain_text(model: str, tmp_path: Path) -> None:
    about, arrays = pack(Model.load(model))
    path = tmp_path / "other.model"
    for version in (EVIL, [EVIL], {EVIL: EVIL}, "9" * 100_000):
        FORMAT.write(path, arrays, {"model": about, "version": version})
        result = run("score", str(path), "none.csv", status=1)
        assert len(result.stderr) < LONGEST_LINE + 100


def test_a_result_in_python_is_plain_text_too(evil: str, model: str) -> None:
    from spectra import score

    found = score(Model.load(model), evil)
    assert isinstance(found, Detection)
    assert_harmless(repr(found))


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_in_csv_are_texts_unless_they_are_asked_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / "data.csv"
    values = np.random.default_rng(0).normal(size=ROWS)
    values[300:330] *= 9
    rows = [f'"{name}"', *(f"{value:.4f}" for value in values)]
    path.write_text("\n".join(rows), encoding="utf-8")
    words = ["detect", str(path), "--format", "csv"]
    for extra, protected in (([], True), (["--keep-formulas"], False)):
        result = run(*words, *extra, status=0)
        (channel, *_) = {row["channel"] for row in csv.DictReader(io.StringIO(result.stdout))}
        assert channel.startswith("'") == protected
        assert channel.lstrip("' ") == printable(name)


@pytest.mark.parametrize("number", ["-5", "+3.25", "-1e-9", "12", "-0."])
def test_numbers_in_csv_stay_numbers(number: str) -> None:
    assert cell(number) == number


def test_series_of_scores_that_are_formulas_become_texts(tmp_path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame({"series": ["=1+1", "b"], "anomaly_score": [1.0, 2.0], "alarm": [0, 0]})
    write_scores(table, tmp_path / "scores.csv")
    assert "'=1+1" in (tmp_path / "scores.csv").read_text(encoding="utf-8")
    write_scores(table, tmp_path / "scores.csv", keep_formulas=True)
    assert ",=1+1" in (tmp_path / "scores.csv").read_text(encoding="utf-8")


HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from(EVIL + "[]()0;m\\=+-@ \n")))


@given(HOSTILE)
def test_cleaned_text_is_printable_and_cleaning_again_changes_nothing(text: str) -> None:
    for clean in (plain, printable, short, line):
        once = clean(text)
        assert once.isprintable()
        assert clean(once) == once
    assert_harmless(page(text))
    assert len(short(text)) <= LONGEST_NAME
    assert len(line(text)) <= LONGEST_LINE
    if text.isprintable():
        assert plain(text) == text


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    name = short("a" * 1000 + "b" * 1000)
    assert re.fullmatch("a+…b+", name)
    assert len(name) == LONGEST_NAME


@pytest.mark.parametrize("part", ["\x1b]", "\x9d", "\x1b[", "\x9b", "\x1b", "\x1bP", "\x1b[1m"])
def test_cleaning_takes_linear_time(part: str) -> None:
    # A pattern that goes back for each start would take hours.
    assert_harmless(page(plain(part * 200_000)))
