"""Tasks are done whatever stops the processes that do them."""

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spectra.errors import DataError
from spectra.parallel import completed


def product(task: int, factor: int) -> int:
    return task * factor


def fatal_once(task: int, folder: Path) -> int:
    """Kill the process of one task, the first time that it is begun."""
    mark = folder / "begun"
    if task == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def fatal(task: int, folder: Path) -> int:
    """Kill the process of one task, and count how often it was begun."""
    if task == 1:
        with (folder / "begun").open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return task


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_task_has_its_result_once(n_jobs: int) -> None:
    found = list(completed(product, [3, 1, 2], 10, n_jobs=n_jobs))
    assert sorted(found) == [(0, 30), (1, 10), (2, 20)]


def test_a_process_that_is_killed_loses_no_task(tmp_path: Path) -> None:
    found = list(completed(fatal_once, range(6), tmp_path, n_jobs=2))
    assert sorted(found) == [(i, i) for i in range(6)]


def test_a_task_that_always_kills_its_process_ends_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A process was stopped time and again"):
        list(completed(fatal, range(3), tmp_path, n_jobs=2))
    assert (tmp_path / "begun").read_text() == "xxxx"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="its malloc has these settings")
def test_a_worker_of_dask_keeps_the_memory_of_freed_arrays() -> None:
    # So does Dask start its workers: 100 arrays of 1 MB take 25,600 page faults.
    code = """
import resource
import distributed, numpy
from spectra.parallel import completed
def faults(task, shared):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        numpy.ones(2**17)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
before = faults(0, None)
with distributed.LocalCluster(processes=False, dashboard_address=None) as cluster:
    with distributed.Client(cluster, set_as_default=False) as client:
        (_, after), = completed(faults, [0], None, client=client)
print(before, after)
"""
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert before > 20_000
    assert after < 2000
