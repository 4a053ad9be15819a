"""Options of how a file is read, and files of several series, on the command line."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from spectra import pipeline
from spectra.cli import main
from spectra.datasets import read, read_series

ROWS = 600


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working folder with a file of two stacked series, of which one has a fault."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    stamps = pd.date_range("2024-01-01", periods=ROWS, freq="1min").strftime("%Y-%m-%d %H:%M")
    values = {name: rng.normal(size=ROWS) for name in ("gas", "water")}
    values["gas"][300:340] += 8
    parts = [
        pd.DataFrame({"time": stamps, "meter": name, "value": one.round(3)})
        for name, one in values.items()
    ]
    pd.concat(parts).to_csv(tmp_path / "stacked.csv", index=False)
    parts[0][["time", "value"]].to_csv(tmp_path / "one.csv", index=False)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, list(arguments), terminal_width=500)


def test_each_series_has_a_result_of_its_own(folder: Path) -> None:
    result = run("detect", "stacked.csv", "--format", "json")
    assert result.exit_code == 0
    files = json.loads(result.stdout)["files"]
    assert [one["file"] for one in files] == ["stacked.csv [gas]", "stacked.csv [water]"]
    assert files[0]["alarms"]
    assert files[0]["alarms"][0]["start"] <= "2024-01-01T05:30:00"
    assert "told apart by meter" in result.stderr
    alone = run("detect", "one.csv", "--format", "json")
    assert json.loads(alone.stdout)["files"][0]["alarms"] == files[0]["alarms"]


def test_one_series_can_be_chosen(folder: Path) -> None:
    result = run("detect", "stacked.csv", "--series", "meter=water", "--format", "json")
    (only,) = json.loads(result.stdout)["files"]
    assert only["file"] == "stacked.csv"
    assert not only["alarms"]
    assert read("stacked.csv", series="meter=water").name == "stacked [water]"
    assert [*read_series("stacked.csv", series="meter=GAS")] == [""]
    page = run("detect", "stacked.csv", "--series", "meter=water", "--report", "page.html")
    assert page.exit_code == 0
    assert "stacked.csv [water]" in Path("page.html").read_text(encoding="utf-8")
    wrong = run("detect", "stacked.csv", "--series", "meter=oil")
    assert wrong.exit_code == 1
    assert "has no series 'oil': there are 'gas', 'water'" in wrong.stderr


def test_scores_of_series_lie_below_one_another(folder: Path) -> None:
    assert run("detect", "stacked.csv", "-o", "scores.csv").exit_code == 0
    scores = pd.read_csv(folder / "scores.csv")
    assert scores["series"].value_counts().to_dict() == {"gas": ROWS, "water": ROWS}


@pytest.mark.parametrize("option", ["--plot", "--report"])
def test_a_picture_of_several_series_is_refused_before_they_are_scored(
    folder: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scored(*_: object, **__: object) -> None:
        raise AssertionError("Nothing is scored.")

    monkeypatch.setattr(pipeline, "detect", scored)
    name = "picture.png" if option == "--plot" else "page.html"
    result = run("detect", "stacked.csv", option, name, "-o", "scores.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "stacked.csv holds 2 series (gas, water), and a picture or page" in result.stderr
    assert not Path(name).exists()
    assert not Path("scores.csv").exists()


@pytest.mark.parametrize("command", ["fit", "evaluate"])
def test_commands_of_one_recording_name_the_series(folder: Path, command: str) -> None:
    more = ["-o", "m.model"] if command == "fit" else []
    result = run(command, "stacked.csv", *more)
    assert result.exit_code == 1
    assert "holds 2 series, told apart by meter ('gas', 'water')" in result.stderr
    assert "--series 'meter=gas'" in result.stderr


@pytest.mark.parametrize(
    ("option", "first", "second"),
    [("--fs", "1", "2"), ("--label", "a", "b"), ("--alpha", "0.1", "0.2"), ("--time", "1", "2")],
)
def test_an_option_given_twice_is_refused(
    folder: Path, option: str, first: str, second: str
) -> None:
    result = run("detect", "one.csv", option, first, option, second)
    assert result.exit_code == 2
    assert f"{option} is given twice" in result.stderr


def test_time_can_be_left_out_and_a_rate_given_beside_it(folder: Path) -> None:
    rows = json.loads(run("detect", "one.csv", "--time", "none", "--format", "json").stdout)
    assert rows["files"][0]["fs"] is None
    given = json.loads(run("detect", "one.csv", "--fs", "50", "--format", "json").stdout)
    assert given["files"][0]["fs"] == 50.0


def test_a_compressed_file_is_read_up_to_the_bytes_that_are_allowed(folder: Path) -> None:
    (folder / "bomb.csv.gz").write_bytes(gzip.compress(b"value\n" + b"1\n" * 100_000))
    result = run("detect", "bomb.csv.gz", "--max-bytes", "10k")
    assert result.exit_code == 1
    assert "bomb.csv.gz unpacks to more than 10,240 bytes: --max-bytes allows more" in result.stderr
    assert run("detect", "bomb.csv.gz", "--max-bytes", "1M").exit_code == 0
    for wrong in ("0", "much", "-5"):
        assert run("detect", "bomb.csv.gz", f"--max-bytes={wrong}").exit_code == 2


def test_the_choice_among_rows_with_one_stamp(folder: Path) -> None:
    table = pd.read_csv(folder / "one.csv")
    zeros = table.iloc[::20].assign(value=0.0)
    pd.concat([table, zeros]).sort_values("time", kind="stable").to_csv("twice.csv", index=False)
    refused = run("detect", "twice.csv")
    assert refused.exit_code == 1
    assert "choose with --repeats first, last, max, min or mean" in refused.stderr
    assert run("detect", "twice.csv", "--repeats", "first").exit_code == 0
