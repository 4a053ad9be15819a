"""Time and memory of `spectra detect` on files larger than memory should be.

Printed are, for a CSV of a number of GB with a time stamp and a value a row, the MB and rows a
second and the largest resident set of the process, interpreter and libraries included; then the
time of an NPY file of 10⁸ rows over that of one of 10⁷, by the clock and by the processor's time,
which other programs on the machine change less. The files lie in a temporary folder, in /var/tmp or
in that of TMPDIR, and space for them and for the values of the CSV is looked for first.

    python benchmarks/large.py [GB] [ROWS]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import machine

from spectra.stored import large_folder

GIGABYTES, ROWS = 2.0, 10**7
# Bytes of a row of the CSV, of its value while it is scored, and of its share of a step's scores.
LINE, VALUE, SCORES = 32.5, 16, 2

# In a process of its own: a process starts with the resident set of what started it.
MAKE = """
import sys
import numpy as np
path, n = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
def block(start, stop):
    rows = np.arange(start, stop)
    values = np.sin(2 * np.pi * rows / 128) + 0.3 * rng.standard_normal(rows.size)
    if start <= n // 2 < stop:
        values[n // 2 - start : n // 2 - start + 200] *= 4
    return rows, values
starts = range(0, n, 10**6)
if path.endswith(".npy"):
    values = np.lib.format.open_memmap(path, "w+", np.float64, (n,))
    for start in starts:
        values[start : start + 10**6] = block(start, min(start + 10**6, n))[1]
else:
    with open(path, "w") as file:
        file.write("time,value\\n")
        for start in starts:
            rows, values = block(start, min(start + 10**6, n))
            stamps = (np.datetime64("2024-01-01T00:00:00.000") + 10 * rows).astype(str)
            lines = (f"{stamp},{value:.5f}\\n" for stamp, value in zip(stamps, values.tolist()))
            file.write("".join(lines))
"""
DETECT = (sys.executable, "-m", "spectra", "detect", "-q")


class Run(NamedTuple):
    """Seconds by the clock and of the processor, and the largest resident set in bytes."""

    wall: float
    processor: float
    memory: int


def run(command: tuple[str, ...]) -> Run:
    """Run a command to its end; raises CalledProcessError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, memory)


def made(path: Path, n: int) -> str:
    """Write a recording of n rows; return its path."""
    run((sys.executable, "-c", MAKE, str(path), str(n)))
    return str(path)


def of_csv(folder: Path, gigabytes: float) -> None:
    """Print time and memory of a CSV of a size."""
    n = int(gigabytes * 1e9 / LINE)
    file = made(folder / "data.csv", n)
    size, found = os.path.getsize(file), run((*DETECT, file))
    print(
        f"CSV of {size / 1e9:.2f} GB, {n:,} rows: {found.wall:.0f} s, of the processor "
        f"{found.processor:.0f} s; {size / 1e6 / found.wall:.1f} MB and "
        f"{n / found.wall:,.0f} rows a second; resident {found.memory / 1e6:.0f} MB"
    )
    os.unlink(file)


def by_rows(folder: Path, rows: int) -> None:
    """Print the times of NPY files of a number of rows and ten times as many, and their ratio."""
    runs = []
    for n in (rows, 10 * rows):
        file = made(folder / "data.npy", n)
        runs.append(found := run((*DETECT, file)))
        print(
            f"NPY of {n:,} rows: {found.wall:.0f} s, of the processor {found.processor:.0f} s; "
            f"resident {found.memory / 1e6:.0f} MB"
        )
        os.unlink(file)
    one, ten = runs
    print(f"time ratio {ten.wall / one.wall:.2f}, processor {ten.processor / one.processor:.2f}")


def main() -> None:
    """Print all figures."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else GIGABYTES
    rows = int(float(sys.argv[2])) if len(sys.argv) > 2 else ROWS
    needed = max(gigabytes * 1e9 * (1 + (VALUE + SCORES) / LINE), 10 * rows * (8 + SCORES))
    free = shutil.disk_usage(large_folder()).free
    if needed > free:
        sys.exit(f"{needed / 1e9:.1f} GB are needed in {large_folder()}, {free / 1e9:.1f} free.")
    print(machine.described())
    with tempfile.TemporaryDirectory(dir=large_folder()) as folder:
        of_csv(Path(folder), gigabytes)
        by_rows(Path(folder), rows)


if __name__ == "__main__":
    main()
