"""A Dask scheduler and its workers as processes of this machine, which tests kill."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODULE = "distributed.cli.dask_{}"
QUIET = {"DASK_DISTRIBUTED__WORKER__DAEMON": "false", "DASK_LOGGING__DISTRIBUTED": "critical"}


@dataclass
class Cluster:
    """A scheduler with its address, and workers."""

    address: str
    scheduler: "subprocess.Popen[bytes]"
    workers: "list[subprocess.Popen[bytes]]"


def started(name: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """A process of Dask."""
    return subprocess.Popen(
        [sys.executable, "-m", MODULE.format(name), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **QUIET},
    )


def worker(address: str) -> "subprocess.Popen[bytes]":
    """A worker with one thread, which nobody starts again."""
    return started(
        "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"
    )


@contextmanager
def cluster(folder: Path, n_workers: int) -> Iterator[Cluster]:
    """A cluster whose files lie in a folder."""
    file = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    scheduler = started("scheduler", *options, "--scheduler-file", str(file))
    made = Cluster("", scheduler, [])
    try:
        while not file.exists() or not file.read_text(encoding="utf-8").endswith("}"):
            assert scheduler.poll() is None, "The scheduler ended."
            time.sleep(0.05)
        made.address = json.loads(file.read_text(encoding="utf-8"))["address"]
        made.workers = [worker(made.address) for _ in range(n_workers)]
        yield made
    finally:
        for process in (*made.workers, scheduler):
            process.kill()
            process.wait()
