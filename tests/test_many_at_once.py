"""Processes that work side by side have the same results, and write whole files."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from torture import BLOCK, STALE, content, writer

# Detects in processes that are started in some way, and prints whether all results are the same.
PROCESSES = """
import multiprocessing, sys
import numpy as np
import spectra

def found(task):
    seed, method = task
    x = np.random.default_rng(seed).normal(size=(1500, 2))
    x[700:730] *= 6
    result = spectra.detect(x, method=method)
    return result.step_scores.z.tobytes(), result

if __name__ == "__main__":
    tasks = [(seed, method) for seed in range(1) for method in ("spectral", "sequence")]
    # Threads of BLAS and of spectra have run in this process before it is forked.
    expected = [found(task) for task in tasks]
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        results = pool.map(found, tasks)
    for (mine, first), (other, second) in zip(expected, results, strict=True):
        assert mine == other
        assert first.alarms.equals(second.alarms)
        assert repr(first) == repr(second)
"""
# A writer to which every process has the same number.
NUMBERED = "import os; os.getpid = lambda: 7\n"
CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]


@pytest.mark.parametrize("start", ["spawn", "forkserver", "fork"])
def test_processes_have_the_same_results_however_they_are_started(
    tmp_path: Path, start: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROCESSES, encoding="utf-8")
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(script), start]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""


def in_container() -> list[str]:
    """Return what starts a command with a process number of 1, nothing where that is forbidden."""
    try:
        allowed = subprocess.run([*CONTAINER, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return CONTAINER if allowed.returncode == 0 else []


def test_two_containers_write_to_one_folder(tmp_path: Path) -> None:
    # Both writers have one process number: temporary files are told apart by more than that.
    before, shared = in_container(), tmp_path / "out"
    shared.write_bytes(b"a" * BLOCK)
    for _ in range(3):
        with (
            writer(shared, "b", 150, before=before, preamble=NUMBERED) as first,
            writer(shared, "c", 151, before=before, preamble=NUMBERED) as second,
        ):
            assert (first.wait(), second.wait()) == (0, 0)
        assert content(shared) in {("b", 150 * BLOCK), ("c", 151 * BLOCK)}
        assert os.listdir(tmp_path) == ["out"]


def test_a_container_removes_what_another_left_and_not_what_it_writes(tmp_path: Path) -> None:
    before = in_container()
    with writer(tmp_path / "slow", "b", 2, before=before, preamble=NUMBERED, pause=60) as slow:
        assert slow.stdout is not None
        # It has begun to write.
        assert slow.stdout.readline() == b"\n"
        assert slow.stdout.readline() == b"half\n"
        left = tmp_path / ".spectra-0123456789abcdef.part"
        left.write_bytes(b"left")
        time.sleep(STALE)
        with writer(tmp_path / "quick", "c", 1, before=before, preamble=NUMBERED) as quick:
            assert quick.wait() == 0
        names = sorted(os.listdir(tmp_path))
        assert len(names) == 2
        assert names[0].startswith(".spectra-")
        assert names[0] != left.name
        assert names[1] == "quick"
        slow.kill()
