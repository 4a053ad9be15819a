"""Names and numbers in sentences: standard input, one of a thing, and what to try."""

import io
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import spectra
from spectra.cli import main
from spectra.datasets import read
from spectra.errors import DataError, SeveralSeriesError
from spectra.text import cell

RNG = np.random.default_rng(0)
TABLE = "x\n" + "".join(f"{value:.6f}\n" for value in RNG.normal(size=3000))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=stdin)


def record(folder: Path) -> Path:
    """Write a WFDB record with one annotation and return the path of its header."""
    with warnings.catch_warnings():
        # wfdb calls pandas in ways that new versions warn of.
        warnings.simplefilter("ignore")
        import wfdb

        place, signal = str(folder), RNG.normal(size=(2000, 1))
        wfdb.wrsamp("r1", 100, ["mV"], ["I"], signal, fmt=["16"], write_dir=place)
        wfdb.wrann("r1", "atr", np.array([700]), symbol=["N"], fs=100, write_dir=place)
    return folder / "r1.hea"


def test_notes_call_standard_input_stdin() -> None:
    for command in (["detect", "-"], ["fit", "-", "-o", "x.model"], ["calibrate", "-"]):
        said = run(*command, stdin=TABLE).stderr
        assert "stdin: No sampling rate is known" in said
        assert not any(row.startswith("-: ") for row in said.splitlines())
    assert "learned from stdin." in run("fit", "-", "-o", "y.model", stdin=TABLE).stderr


@pytest.mark.parametrize("sign", ["-", "+", "=", "@", " - "])
def test_a_sign_alone_is_no_formula(sign: str) -> None:
    assert cell(sign) == sign
    assert cell(f"{sign}1+1").startswith("'")


def test_one_frame_was_learned_from() -> None:
    rows = np.arange(4000)
    x = np.sin(2 * np.pi * rows / 20) + 0.1 * np.random.default_rng(0).normal(size=4000)
    x[2500:2560] += 2 * np.sin(2 * np.pi * rows[2500:2560] / 3)
    (note,) = (n for n in spectra.detect(x, normal_rows=(0, 10)).notes if "without overlap" in n)
    assert note.startswith("Only 1 frame ")
    assert "without overlap was learned from" in note


def test_annotations_that_there_are_not_are_named_before_scoring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = record(tmp_path)
    monkeypatch.setattr(spectra.pipeline, "_fitted", None)
    result = run("evaluate", str(header), "--label", "Q")
    assert result.exit_code == 1
    assert "No annotation is 'Q': there are 'N' 1." in result.stderr


def test_a_record_without_its_ending_is_told_its_header(tmp_path: Path) -> None:
    header = record(tmp_path)
    with pytest.raises(DataError, match=r"There is no file .*r1: name the header .*r1\.hea\."):
        read(header.with_suffix(""))


def test_an_empty_name_is_no_folder() -> None:
    result = run("detect", "")
    assert result.exit_code == 1
    assert result.stderr == "Error: The name of the file is empty: name a file.\n"


def test_one_channel_of_a_stream_is_one() -> None:
    assert run("fit", "-", "-o", "x.model", stdin=TABLE).exit_code == 0
    result = subprocess.run(
        [sys.executable, "-m", "spectra", "stream", "x.model"],
        input=TABLE.replace("x", "other", 1), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert "stdin has the channel 'other', but the model has the channel 'x': " in result.stderr


def test_channels_of_other_names_may_be_renamed() -> None:
    model = spectra.learn(RNG.normal(size=3000))
    other = spectra.datasets.Recording.from_array(RNG.normal(size=3000), channels=["acc"])
    with pytest.raises(DataError, match="give data with the same channels, renamed if need be"):
        spectra.score(model, other)


def test_a_name_that_is_too_long_is_one_sentence() -> None:
    with pytest.raises(DataError, match=r"cannot be read: File name too long\.|There is no file"):
        spectra.detect("x" * 5000)


def test_a_file_object_is_told_what_reads_it() -> None:
    file: Any = io.BytesIO(TABLE.encode())
    with pytest.raises(DataError, match=r"\(spectra\.datasets\.read reads a file object\)\.$"):
        spectra.detect(file)


def test_a_benchmark_names_no_option_that_it_has_not(tmp_path: Path) -> None:
    stamps = pd.date_range("2024-01-01", periods=400, freq="min").astype(str)
    pd.concat(
        pd.DataFrame({"time": stamps, "host": host, "x": RNG.normal(size=400)}) for host in "ab"
    ).to_csv("hosts.csv", index=False)
    result = run("benchmark", str(tmp_path))
    assert result.exit_code == 1
    assert "hosts.csv holds 2 series, told apart by host ('a', 'b'): write a file" in result.stderr
    assert "--series" not in result.stderr


def test_many_false_alarms_an_hour_are_written_out() -> None:
    rows = pd.DataFrame({"time_s": np.arange(4000) / 1000, "x": RNG.normal(size=4000)})
    rows["label"] = (rows.index < 20).astype(int)
    rows["score"] = RNG.normal(size=4000)
    rows.to_csv("fast.csv", index=False)
    said = run("evaluate", "fast.csv", "--score", "score", "--threshold", "2").stdout
    (rate,) = re.findall(r"(\S+) false alarms per hour", said)
    assert re.fullmatch(r"\d{2,3},\d{3}", rate)


def test_the_error_of_several_series_goes_to_another_process() -> None:
    error = SeveralSeriesError("a.csv holds 2 series", "choose one.")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == "a.csv holds 2 series: choose one."
    assert again.told == "a.csv holds 2 series"


@pytest.mark.parametrize(
    ("command", "option", "value", "said"),
    [
        ("detect", "--resample", "3parsecs", "is not a period"),
        ("detect", "--delimiter", "abc", "is no delimiter"),
        ("inspect", "--delimiter", "abc", "is no delimiter"),
        ("stream", "--delimiter", "abc", "is no delimiter"),
    ],
)
def test_a_value_of_an_option_of_reading_is_refused_as_an_argument(
    command: str, option: str, value: str, said: str
) -> None:
    words = ["--learn-rows", "100"] if command == "stream" else ["-"]
    result = run(command, *words, option, value, stdin=TABLE)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': '{value}' {said}" in result.stderr


@pytest.mark.parametrize("value", ["auto", "30min", "0.5", "1d"])
def test_periods_to_resample_by_are_understood(value: str) -> None:
    stamps = pd.date_range("2024-01-01", periods=900, freq="h").astype(str)
    pd.DataFrame({"time": stamps, "x": RNG.normal(size=900)}).to_csv("hours.csv", index=False)
    assert "Invalid value" not in run("inspect", "hours.csv", "--resample", value).stderr
