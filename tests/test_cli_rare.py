"""Commands on rare inputs: nothing found, nothing to show, a terminal, a second signal."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from spectra.cli import doctor, main
from spectra.cli.benchmark import _reference
from spectra.cli.follow import stopped_by_signals
from spectra.cli.help import Command
from spectra.cli.progress import Progress, size_text
from spectra.datasets import Recording

ROWS = 800
FRAMES = ("--nperseg", "40")


def values(seed: int, *, odd: bool) -> np.ndarray:
    """Return a tone in noise, in the middle of which another one may sound."""
    rng = np.random.default_rng(seed)
    found = np.sin(2 * np.pi * np.arange(ROWS) / 20) + 0.1 * rng.standard_normal(ROWS)
    found[400:500] += 2 * odd * np.sin(2 * np.pi * np.arange(100) / 5)
    return found


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recording that has an anomaly, a normal and a short one."""
    monkeypatch.chdir(tmp_path)
    for name, odd in (("odd", True), ("normal", False)):
        frame = pd.DataFrame({"time": np.arange(ROWS) / 100, "value": values(len(name), odd=odd)})
        frame.to_csv(f"{name}.csv", index=False)
    Path("short.csv").write_text("x\n1\n", encoding="ascii")
    return tmp_path


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error is a terminal, as each command asks."""
    runner = CliRunner.isolation

    @contextmanager
    def isolation(self: CliRunner, *args: Any, **rest: Any) -> Iterator[Any]:
        with runner(self, *args, **rest) as streams:
            sys.stderr.isatty = lambda: True
            yield streams

    monkeypatch.setattr(CliRunner, "isolation", isolation)


def test_batch_ends_with_the_status_of_an_anomaly_where_that_is_asked() -> None:
    words = ("batch", "odd.csv", "normal.csv", *FRAMES, "--alpha", "1e-6")
    assert run(*words, "-o", "out").exit_code == 0
    assert run(*words, "-o", "out", "--fail-on-anomaly").exit_code == 3


def test_batch_of_recordings_that_all_fail_writes_no_index() -> None:
    result = run("batch", "short.csv", "-o", "out", "--report", *FRAMES)
    assert result.exit_code == 1
    assert "short.csv" in result.stderr
    assert not list(Path("out").glob("*.html"))
    assert len(pd.read_csv("out/summary.csv")) == 1


@pytest.mark.usefixtures("terminal")
def test_batch_shows_what_is_done_on_a_terminal() -> None:
    result = run("batch", "odd.csv", "normal.csv", "-o", "out", *FRAMES, "-j", "1")
    assert result.exit_code == 0
    assert "1/2 " in result.stderr
    assert "2/2 " in result.stderr


def test_batch_names_a_data_set_without_sensors_and_rows_without_one() -> None:
    rows = pd.DataFrame(
        {
            "sensor": ["a"] * ROWS + [None] * 5,
            "time": pd.date_range("2024-01-01", periods=ROWS + 5, freq="10ms"),
            "value": np.concatenate([values(1, odd=True), np.zeros(5)]),
        }
    )
    for name, frame in (("some", rows), ("none", rows.assign(sensor=None, other="x"))):
        Path(name).mkdir()
        frame.to_parquet(f"{name}/a.parquet", index=False)
    result = run("batch", "some", "none", "-o", "out", "--series", "sensor", *FRAMES)
    assert "some: 5 rows name no sensor: left out." in result.stderr
    assert "none" in result.stderr
    summary = pd.read_csv("out/summary.csv")
    assert summary["error"].notna().sum() == 1


def test_batch_names_each_series_that_cannot_be_scored() -> None:
    good = pd.DataFrame({"place": "a", "time": np.arange(ROWS) / 100, "value": values(1, odd=True)})
    bad = pd.DataFrame(
        {"place": "b", "time": np.arange(60.0) ** 3, "value": values(2, odd=True)[:60]}
    )
    pd.concat([good, bad]).to_csv("two.csv", index=False)
    result = run("batch", "two.csv", "-o", "out", "--series", "place", *FRAMES)
    summary = pd.read_csv("out/summary.csv")
    assert summary["recording"].tolist() == ["two.csv [a]", "two.csv [b]"]
    assert summary["error"].isna().tolist() == [True, False]
    assert result.exit_code == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_bearing_without_an_alarm_is_that_of_the_whole_recording(form: str) -> None:
    np.savetxt("fast.csv", np.random.default_rng(0).standard_normal(6000), header="x", comments="")
    words = ("--fs", "12000", "--alpha", "1e-12", "--rpm", "1797", "--bearing", "6205")
    result = run("explain", "fast.csv", *words, "--format", form, "--quiet")
    assert result.exit_code == 0, result.stderr
    if form == "json":
        document = json.loads(result.stdout)
        assert document["alarms"] == []
        assert document["bearing"]
    else:
        assert "\n  bearing   " in result.stdout


def test_standard_input_is_read_once() -> None:
    assert run("fit", "normal.csv", "-o", "m.model", *FRAMES).exit_code == 0
    result = run("score", "m.model", "-", "-", text="x\n1\n")
    assert result.exit_code == 2
    assert "Standard input can be read only once: give - once." in result.stderr


def test_option_that_may_be_given_several_times_is(folder: Path) -> None:
    result = run("explain", "odd.csv", *FRAMES, "--alpha", "1e-3", "--alarm", "1", "--alarm", "1")
    assert "is given twice" not in result.stderr
    result = run("explain", "odd.csv", *FRAMES, *FRAMES)
    assert result.exit_code == 2
    assert "--nperseg is given twice: give it once." in result.stderr


@pytest.mark.usefixtures("terminal")
def test_doctor_shows_on_a_terminal_what_it_does() -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert f"testing on {doctor.SAMPLE}" in result.stderr


def test_sample_without_labels_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Recording.from_array(values(1, odd=True), fs=100.0)
    monkeypatch.setattr("spectra.datasets.load_sample", lambda _name: plain)
    assert doctor._test()["passed"] is False


def test_pictures_without_matplotlib_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spectra.cli.options.values.find_spec", lambda _name: None)
    result = run("detect", "odd.csv", "--plot", "a.png")
    assert result.exit_code == 2
    assert "pictures need matplotlib: pip install matplotlib." in result.stderr


def test_summary_as_parquet_without_pyarrow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    result = run("batch", "odd.csv", "-o", "out", "--summary", "a.parquet")
    assert result.exit_code == 2
    assert "parquet needs pyarrow" in result.stderr


def test_normal_rows_of_every_file_are_said_in_one_sentence() -> None:
    assert _reference(pd.Series([True, True])).startswith("Normal rows: the first rows of each")
    assert _reference(pd.Series([False])).startswith("No normal rows given")
    assert "1 of 2 series" in _reference(pd.Series([True, False]))


@pytest.mark.usefixtures("terminal")
def test_benchmark_shows_on_a_terminal_what_is_done() -> None:
    Path("data").mkdir()
    truth = np.arange(ROWS) // 100 == 4
    for name in ("1_tr_300_a", "2_tr_300_a"):
        frame = pd.DataFrame({"Data": values(1, odd=True), "Label": truth.astype(int)})
        frame.to_csv(f"data/{name}.csv", index=False)
    result = run("benchmark", "data")
    assert result.exit_code == 0, result.stderr
    assert "2/2 " in result.stderr


def test_progress_of_a_task_without_a_known_end_is_its_bytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Progress("odd.csv", "odd.csv", shown=True)("reading", 5000, 0)
    assert f"odd.csv: reading {size_text(5000)}" in capsys.readouterr().err


def test_command_without_examples_has_none_in_its_help() -> None:
    @click.command(cls=Command)
    def plain() -> None:
        """Do nothing."""

    @click.command(cls=Command, examples=("spectra plain",))
    def shown() -> None:
        """Do nothing."""

    assert "Examples" not in CliRunner().invoke(plain, ["--help"]).stdout
    assert "Examples:\n  spectra plain\n" in CliRunner().invoke(shown, ["--help"]).stdout


def test_second_signal_interrupts_at_once() -> None:
    with stopped_by_signals() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.number == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_thread_takes_no_signals() -> None:
    seen = []

    def follow() -> None:
        before = signal.getsignal(signal.SIGTERM)
        with stopped_by_signals() as stop:
            seen.append((stop.number, signal.getsignal(signal.SIGTERM) is before))

    def detect() -> None:
        seen.append((run("detect", "odd.csv", *FRAMES).exit_code, True))

    for task in (follow, detect):
        thread = Thread(target=task)
        thread.start()
        thread.join()
    assert seen == [(0, True), (0, True)]


def test_calibration_of_quiet_data_says_nothing_beside_its_table() -> None:
    result = run("calibrate", "normal.csv", "--quiet", *FRAMES)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
