"""detect and score of files too large for memory: the results of the ordinary way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from spectra import stored
from spectra.cli import large, main
from spectra.cli.progress import Progress, left_text, size_text
from spectra.datasets.large import opening, tables

N = 20_000
# The rows of a burst that lies across the border of two pieces, and of one at the very end.
BURST, END = slice(9_900, 10_020), slice(N - 40, N)
FAST = ("--nperseg", "64")


def signal_of(seed: int) -> np.ndarray:
    """A tone in noise."""
    rng = np.random.default_rng(seed)
    return np.sin(2 * np.pi * np.arange(N) / 40) + 0.3 * rng.standard_normal(N)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recording that has bursts, a gap in time, and missing cells."""
    monkeypatch.chdir(tmp_path)
    values = signal_of(0)
    values[BURST] *= 4
    values[END] += 6
    stamps = pd.date_range("2024-03-01T12:00:00", periods=N, freq="10ms")
    frame = pd.DataFrame({"time": stamps, "pressure": np.round(values, 5)})
    frame.loc[300:302, "pressure"] = frame.loc[4000:4100, "pressure"] = np.nan
    frame.drop(index=range(15_000, 15_400)).to_csv("data.csv", index=False)
    np.save("data.npy", values)
    frame.assign(pressure=signal_of(1)).to_csv("normal.csv", index=False)
    return tmp_path


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after which every file is too large for memory."""

    def patch() -> None:
        monkeypatch.setattr(opening, "MOST_VALUES", 100)
        monkeypatch.setattr(opening, "fits_in_memory", lambda _: False)
        monkeypatch.setattr(tables, "BLOCK_BYTES", 100_000)
        monkeypatch.setattr(large, "IN_MEMORY", 1000)

    return patch


def run(*words: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, list(words), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    "words",
    [
        ("detect", "data.csv"),
        ("detect", "data.csv", *FAST, "--format", "csv", "--all"),
        ("detect", "data.csv", *FAST, "--normal", "normal.csv", "--false-alarms", "1/hour"),
        ("detect", "data.csv", *FAST, "--normal-rows", "100:9000", "--fail-on-anomaly"),
        ("detect", "data.csv", *FAST, "--causal", "--fs", "100"),
        ("detect", "data.npy", *FAST, "--fs", "50"),
    ],
    ids=lambda words: " ".join(words[1:])[:60],
)
def test_the_result_is_that_of_the_ordinary_way(
    words: tuple[str, ...], folder: Path, in_pieces: Callable[[], None]
) -> None:
    ordinary = run(*words, "-o", "ordinary.csv")
    in_pieces()
    pieces = run(*words, "-o", "pieces.csv")
    assert pieces.exit_code == ordinary.exit_code
    assert pieces.stdout == ordinary.stdout
    assert pieces.stderr == ordinary.stderr
    assert Path("pieces.csv").read_bytes() == Path("ordinary.csv").read_bytes()


def test_bursts_at_a_border_and_at_the_end_are_found(
    folder: Path, in_pieces: Callable[[], None]
) -> None:
    in_pieces()
    (file,) = json.loads(run("detect", "data.npy", *FAST, "--format", "json").stdout)["files"]
    strongest = sorted(file["alarms"], key=lambda each: each["p_value"])[:2]
    for burst, alarm in zip(
        (BURST, END), sorted(strongest, key=lambda each: each["first_row"]), strict=True
    ):
        assert alarm["first_row"] < burst.stop
        assert alarm["last_row"] >= burst.start
    assert file["n_samples"] == N


@pytest.mark.parametrize("file", ["data.csv", "data.npy"])
@pytest.mark.parametrize("named", [False, True])
def test_standard_input_is_kept_in_a_file(
    file: str,
    named: bool,
    folder: Path,
    in_pieces: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if named:
        # As where a system has no path to a file without a name.
        monkeypatch.setattr(large, "DESCRIPTORS", folder / "none")
    content = Path(file).read_bytes()
    ordinary = run("detect", "-", *FAST, stdin=content)
    assert ordinary.exit_code == 0
    in_pieces()
    pieces = run("detect", "-", *FAST, stdin=content)
    assert pieces.stdout == ordinary.stdout
    assert pieces.stderr == ordinary.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv", "data.npy", "normal.csv"]


def test_a_model_scores_a_large_file(folder: Path, in_pieces: Callable[[], None]) -> None:
    assert run("fit", "normal.csv", "-o", "model", *FAST).exit_code == 0
    ordinary = run("score", "model", "data.csv")
    in_pieces()
    assert run("score", "model", "data.csv").stdout == ordinary.stdout != ""
    assert run("fit", "normal.csv", "-o", "other", *FAST).exit_code == 0
    assert run("score", "other", "data.csv").stdout == ordinary.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("data.csv", "--report", "page.html"), "too large for --report"),
        (("data.csv", "--plot", "picture.png"), "too large for --plot"),
        (("data.csv", "--method", "sequence"), "too large for the method sequence"),
        (("data.csv", "--fdr", "0.1"), "too large to rank all of its scores"),
        (("data.csv", "--resample", "20ms"), "too large to be resampled"),
    ],
    ids=lambda words: words[1] if isinstance(words, tuple) else "",
)
def test_what_needs_memory_is_refused_in_one_sentence(
    words: tuple[str, ...], said: str, folder: Path, in_pieces: Callable[[], None]
) -> None:
    in_pieces()
    result = run("detect", *words)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: data.csv")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not Path("page.html").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("data.csv", "--report", "page.html"),
        ("data.csv", "--fdr", "0.1"),
        ("data.csv", "--resample", "20ms"),
        ("shuffled.csv",),
    ],
    ids=lambda words: words[-1],
)
def test_a_file_that_fits_is_read_into_memory_for_what_needs_it(
    words: tuple[str, ...],
    folder: Path,
    in_pieces: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = Path("data.csv").read_text().splitlines(keepends=True)
    lines[700:702] = lines[701], lines[700]
    Path("shuffled.csv").write_text("".join(lines))
    ordinary = run("detect", *words, *FAST)
    in_pieces()
    monkeypatch.setattr(opening, "fits_in_memory", lambda _: True)
    result = run("detect", *words, *FAST)
    assert ordinary.exit_code == result.exit_code == 0
    assert (result.stdout, result.stderr) == (ordinary.stdout, ordinary.stderr)


def test_a_table_that_ends_badly_writes_nothing(
    folder: Path, in_pieces: Callable[[], None]
) -> None:
    lines = Path("data.csv").read_text().splitlines()
    lines[-50] = lines[-50].rpartition(",")[0] + ",oops"
    Path("data.csv").write_text("\n".join(lines))
    in_pieces()
    result = run("detect", "data.csv", *FAST, "-o", "scores.csv")
    assert result.exit_code == 1
    assert f"line {len(lines) - 49}, column 'pressure': 'oops' is not a number" in result.stderr
    assert not Path("scores.csv").exists()


def test_a_disk_that_fills_leaves_the_old_scores(
    folder: Path, in_pieces: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pieces()
    Path("scores.csv").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run("detect", "data.npy", *FAST, "-o", "scores.csv")
    assert result.exit_code == 1
    assert "scores.csv cannot be written: No space left on device" in result.stderr
    assert Path("scores.csv").read_text() == "old"
    assert not list(folder.glob(".spectra-*"))


def test_no_place_for_the_values_is_said_before_they_are_read(
    folder: Path, in_pieces: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pieces()
    monkeypatch.setattr(stored.shutil, "disk_usage", lambda _: _Usage())
    result = run("detect", "data.csv", *FAST)
    assert result.exit_code == 1
    assert "free space there, or name another folder" in result.stderr


class _Usage:
    """A disk without a free byte."""

    free = 0


PIECES = """
import sys
import spectra.datasets.large.opening as opening
opening.MOST_VALUES = 100
from spectra.cli import main
main(sys.argv[1:], prog_name="spectra")
"""


@pytest.mark.parametrize("writing", [False, True])
def test_a_killed_run_leaves_nothing_under_the_final_name(writing: bool, folder: Path) -> None:
    """It is killed while it learns, or while it writes the scores."""
    np.save("long.npy", np.tile(signal_of(0), 10))
    (folder / "temporary").mkdir()
    command = [sys.executable, "-c", PIECES, "detect", "long.npy", *FAST, "-o", "scores.csv"]
    environment = {**os.environ, "TMPDIR": str(folder / "temporary")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    begun = (lambda: any(folder.glob(".spectra-*"))) if writing else (lambda: _open_files(process))
    while not begun() and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not Path("scores.csv").exists()
    # What the values were kept in has no name, and ends with the process.
    assert list((folder / "temporary").iterdir()) == []


def _open_files(process: "subprocess.Popen[bytes]") -> bool:
    """Return whether a process keeps numbers in a temporary file without a name."""
    try:
        links = [os.readlink(each) for each in Path(f"/proc/{process.pid}/fd").iterdir()]
    except OSError:
        return False
    return any("temporary" in link and link.endswith(" (deleted)") for link in links)


PEAK = """
import resource, sys
import spectra.datasets.large.opening as opening
opening.MOST_VALUES = 1000
from spectra.cli import main
main(sys.argv[1:], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
"""


def peak(file: str) -> float:
    """Return the largest resident set of a detection in MB."""
    command = [sys.executable, "-c", PEAK, "detect", file, "-q", "--nperseg", "512"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stderr.splitlines()[-1])


def test_memory_does_not_grow_with_the_file(folder: Path) -> None:
    """A file of 40 MB takes at most 10 MB more than one of 4 MB; its array alone takes 36 more."""
    for name, copies in (("short.npy", 25), ("long.npy", 250)):
        np.save(name, np.tile(signal_of(0), copies))
    assert peak("long.npy") < peak("short.npy") + 10


class Terminal:
    """Stand-in for the clock and the terminal of a progress line."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.lines = 0.0, list[str]()
        monkeypatch.setattr("spectra.cli.progress.time.monotonic", lambda: self.now)
        monkeypatch.setattr("spectra.cli.progress.show_progress", self.lines.append)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    return Terminal(monkeypatch)


def test_progress_says_the_part_and_the_time_left(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(bytes(2_000_000))
    progress = Progress("data.csv", str(path), shown=True)
    for seconds, done in ((0.0, 0), (0.1, 100_000), (10.0, 500_000)):
        terminal.now = seconds
        progress("reading", done, 2_000_000)
    terminal.now = 100.0
    progress.scored(0, 100, 1000)
    progress.scored(500, 600, 1000)
    terminal.now = 110.0
    progress.scored(100, 200, 1000)
    terminal.now = 150.0
    progress.scored(200, 1000, 1000)
    terminal.now = 151.0
    progress.scored(0, 100, 1000)
    assert terminal.lines == [
        "data.csv: reading 0 % of 2 MB",
        "data.csv: reading 25 % of 2 MB, 30 s left",
        "data.csv: scoring 10 % of 2 MB",
        "data.csv: scoring 20 % of 2 MB, 40 s left",
        "data.csv: scoring 100 % of 2 MB",
        "data.csv: finding the alarms 100 % of 2 MB",
    ]
    Progress("data.csv", str(path), shown=False)("reading", 1, 2)
    assert len(terminal.lines) == 6


def test_sizes_and_times_left_are_rough() -> None:
    assert [size_text(each) for each in (12_300_000, 2_340_000_000)] == ["12 MB", "2.34 GB"]
    assert [left_text(each) for each in (35.4, 720.0, 12_600.0)] == ["35 s", "12 min", "3.5 h"]
