"""`spectra explain`: what it prints, and with which exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from spectra.cli import main

FS = 100.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recording that hums for a while, and a normal one."""
    monkeypatch.chdir(tmp_path)
    for name, odd in (("data.csv", 4.0), ("normal.csv", 0.0)):
        values = np.random.default_rng(len(name)).standard_normal(6000)
        values[4000:4400] += odd * np.sin(0.4 * np.pi * np.arange(400))
        np.savetxt(name, values, header="pressure \x1b[31m", comments="", fmt="%.6f")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_an_alarm_is_a_sentence_with_its_parts(folder: Path) -> None:
    result = run("data.csv", "--fs", "100", "--alarm", "1", "--alpha", "1e-5")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    heading, empty, sentence, *parts = result.stdout.splitlines()
    assert heading.startswith("data.csv  ")
    assert not empty
    assert sentence.startswith("alarm 1: pressure")
    assert "a new tone in the band" in sentence
    assert [part.split()[0] for part in parts] == [
        "kind",
        "bands",
        "channels",
        "at",
        "seen",
        "similar",
    ]


def test_json_holds_every_chosen_alarm(folder: Path) -> None:
    result = run("data.csv", "--fs", "100", "--format", "json", "--alpha", "1e-5")
    document = json.loads(result.stdout)
    assert document["schema_version"] == 1
    assert [one["alarm"] for one in document["alarms"]] == list(range(1, document["n_alarms"] + 1))
    for one in document["alarms"]:
        assert sum(band["share"] for band in one["bands"]) == pytest.approx(1)
        assert sum(channel["share"] for channel in one["channels"]) == pytest.approx(1)


def test_a_model_file_explains_as_the_normal_data_it_was_learned_from(folder: Path) -> None:
    choices = ["--fs", "100", "--format", "json"]
    fit = CliRunner().invoke(main, ["fit", "normal.csv", "-o", "m.model", "--fs", "100"])
    assert fit.exit_code == 0
    by_model = json.loads(run("data.csv", "--model", "m.model", *choices).stdout)
    by_normal = json.loads(run("data.csv", "--normal", "normal.csv", *choices).stdout)
    assert by_model == by_normal
    assert by_model["alarms"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data.csv", "--alarm", "999"], "There is no alarm 999"),
        (["data.csv", "--alarm", "0"], "'0' must be a whole number, 1 or more"),
        (["data.csv", "--normal", "normal.csv", "--model", "m"], "exclude each other"),
        (["data.csv", "--model", "m", "--causal"], "MODEL has its method"),
        (["-", "--normal", "-"], "only once"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    folder: Path, arguments: list[str], message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_without_alarms_says_so(folder: Path) -> None:
    result = run("normal.csv", "--alpha", "1e-12")
    assert result.exit_code == 0
    assert "no alarms" in result.stdout
