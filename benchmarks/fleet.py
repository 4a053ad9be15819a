"""A fleet of recordings on one process, on two, and on the two workers of a Dask scheduler.

Recordings are noise around a sine, every twentieth with a burst, in NPY files. Each is its own
reference. Seconds are those of `spectra.score_many` with everything started, and each process has
one thread; its tables must be the same three times.

With --demo, a Parquet data set of 200 sensors in long format is written, and the command
`spectra batch` finds their anomalies on a local scheduler with two workers.

    python benchmarks/fleet.py [--recordings 1000] [--rows 50000] [--demo]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dask
import distributed
import machine
import numpy as np
import pandas as pd
import threadpoolctl

import spectra

SENSORS, SENSOR_ROWS = 200, 5000
WORKERS = 2
BURST_EVERY, BURST_ROWS = 20, 200


def signal(number: int, n: int) -> np.ndarray:
    """Return noise around a sine, (n,), with a burst in every twentieth."""
    x = np.random.default_rng(number).normal(size=n) + 2 * np.sin(np.arange(n) / 14.3)
    if number % BURST_EVERY == 0:
        x[n // 2 : n // 2 + BURST_ROWS] *= 4
    return x


def started() -> distributed.LocalCluster:
    """Return a scheduler with two workers of one thread each, without Dask's sampling profiler."""
    # It stops a worker a hundred times a second, which takes a twentieth of its time.
    dask.config.set({"distributed.worker.profile.enabled": False})
    return distributed.LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=50
    )


def measured(paths: list[Path], **workers: Any) -> tuple[float, spectra.Batch]:
    """Return the seconds of a batch, and its tables."""
    # The first recordings start the processes and import what they need.
    spectra.score_many(paths[:4], progress=False, **workers)
    begin = time.perf_counter()
    batch = spectra.score_many(paths, progress=False, **workers)
    return time.perf_counter() - begin, batch


def compare(folder: Path, n_recordings: int, n_rows: int) -> None:
    """Print the seconds of one process, of two, and of two workers of a scheduler."""
    paths = [folder / f"{i:05d}.npy" for i in range(n_recordings)]
    for i, path in enumerate(paths):
        np.save(path, signal(i, n_rows))
    with threadpoolctl.threadpool_limits(1):
        alone = measured(paths)
    print(f"{n_recordings:,} recordings of {n_rows:,} rows, one process: {alone[0]:.1f} s")
    # Before a scheduler is started here: it changes the environment that processes inherit.
    report("two processes (joblib)", measured(paths, n_jobs=WORKERS), alone)
    with started() as cluster, distributed.Client(cluster, set_as_default=False) as client:
        report("two workers (Dask)", measured(paths, client=client), alone)


def report(
    name: str, found: tuple[float, spectra.Batch], alone: tuple[float, spectra.Batch]
) -> None:
    """Print how much faster a batch was than in one process; raise where its tables differ."""
    (seconds, batch), (seconds_alone, expected) = found, alone
    pd.testing.assert_frame_equal(batch.alarms, expected.alarms, check_exact=True)
    pd.testing.assert_frame_equal(batch.summary, expected.summary, check_exact=True)
    print(f"{name}: {seconds:.1f} s, {seconds_alone / seconds:.2f} times as fast, the same tables")


def write_fleet(folder: Path) -> None:
    """Write the data set of sensors, a file for each of ten stretches of time."""
    stamps = pd.date_range("2024-01-01", periods=SENSOR_ROWS, freq="1s")
    table = pd.concat(
        pd.DataFrame({"time": stamps, "sensor": f"pump-{i:03d}", "value": signal(i, SENSOR_ROWS)})
        for i in range(SENSORS)
    ).sort_values("time", kind="stable", ignore_index=True)
    folder.mkdir()
    for i, rows in enumerate(np.array_split(np.arange(len(table)), 10)):
        table.iloc[rows].to_parquet(folder / f"part-{i}.parquet", index=False)


def demo(folder: Path) -> int:
    """Run `spectra batch` on a fleet of sensors, and return its exit status."""
    write_fleet(folder / "fleet")
    with started() as cluster:
        address = cluster.scheduler_address
        words = ("batch", "fleet", "-o", "results", "--alpha", "1e-5", "--scheduler", address)
        print(f"$ spectra {' '.join(words)}", flush=True)
        begin = time.perf_counter()
        command = (sys.executable, "-m", "spectra", *words)
        status = subprocess.run(command, cwd=folder, check=False).returncode
    print(f"{SENSORS} sensors of {SENSOR_ROWS:,} rows: {time.perf_counter() - begin:.1f} s")
    return status


def main() -> None:
    """Print the figures, or show a fleet on a scheduler."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--demo", action="store_true")
    given = parser.parse_args()
    print(machine.described())
    with tempfile.TemporaryDirectory() as folder:
        if given.demo:
            sys.exit(demo(Path(folder)))
        compare(Path(folder), given.recordings, given.rows)


if __name__ == "__main__":
    main()
