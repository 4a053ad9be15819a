"""Time and memory of `spectra detect` on a million rows, against a bare `pandas.read_csv`.

Every figure is of a fresh process, start of the interpreter and imports included. The two commands
take turns, five times, and the median of the five ratios counts. Memory is the largest resident set
of the process, as the operating system counts it (ru_maxrss), interpreter and libraries included;
beside it the part that grows with the data: what it is more than the same command needs for a
thousand rows. The array is a million float64, 8 MB. What `spectra.detect` of an array needs beside
it is counted by tracemalloc. Bytecode is kept, as after an installation.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROWS, FEW = 1_000_000, 1_000
ARRAY = 8 * ROWS
TURNS = 5

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

# In a process of its own, so that this one stays small: a process starts with the resident set of
# what started it.
MAKE = """
import sys, numpy as np
n = int(sys.argv[2])
values = np.sin(2 * np.pi * np.arange(n) / 128) + 0.3 * np.random.default_rng(0).standard_normal(n)
np.savetxt(sys.argv[1], values, fmt="%.6f", header="value", comments="")
"""
SPECTRA = (sys.executable, "-c", "from spectra.cli import main; main(prog_name='spectra')")
READ_CSV = (sys.executable, "-c", "import sys, pandas; pandas.read_csv(sys.argv[1])")
# Modules and thread pools are there before memory is counted.
BESIDE = """
import sys, tracemalloc, numpy as np, spectra
n = int(sys.argv[1])
values = np.sin(2 * np.pi * np.arange(n) / 128) + 0.3 * np.random.default_rng(0).standard_normal(n)
spectra.detect(values[:20_000]).alarms
tracemalloc.start()
spectra.detect(values).alarms
print(tracemalloc.get_traced_memory()[1] / values.nbytes)
"""
IMPORT = (sys.executable, "-c", "import spectra")


class Run(NamedTuple):
    """Wall time in seconds and largest resident set in bytes of a process."""

    seconds: float
    memory: int


def run(command: Sequence[str]) -> Run:
    """Run a command to its end; raises CalledProcessError where it fails."""
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    # Linux counts in kilobytes, macOS in bytes.
    return Run(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def compare(label: str, command: Sequence[str], file: str) -> Run:
    """Print the time of a command over that of a bare read_csv; the run with the median time."""
    run(command)
    turns = [(run(command), run((*READ_CSV, file))) for _ in range(TURNS)]
    ratio = median(ours.seconds / bare.seconds for ours, bare in turns)
    ours, bare = (sorted(runs)[TURNS // 2] for runs in zip(*turns, strict=True))
    print(f"{label:42}{ours.seconds:6.2f} s, read_csv {bare.seconds:.2f} s, ratio {ratio:.2f}")
    return ours


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        many, few, scores = (
            str(Path(folder) / name) for name in ("many.csv", "few.csv", "scores.csv")
        )
        run((sys.executable, "-c", MAKE, many, str(ROWS)))
        run((sys.executable, "-c", MAKE, few, str(FEW)))
        detect = (*SPECTRA, "detect", many)
        ours = compare("spectra detect, a million rows", detect, many)
        compare("spectra detect -o scores.csv", (*detect, "-o", scores), many)
        small, bare = run((*SPECTRA, "detect", few)), run((*READ_CSV, many))
        print(
            f"{'peak memory of the process':42}{ours.memory / 1e6:6.0f} MB, "
            f"{ours.memory / ARRAY:.1f} × the array "
            f"(read_csv {bare.memory / 1e6:.0f} MB, {bare.memory / ARRAY:.1f} ×)"
        )
        grown = ours.memory - small.memory
        print(
            f"{'  of it more than for a thousand rows':42}{grown / 1e6:6.0f} MB, "
            f"{grown / ARRAY:.1f} × the array"
        )
    for rows in (ROWS, 10 * ROWS):
        beside = (sys.executable, "-c", BESIDE, str(rows))
        found = float(subprocess.run(beside, check=True, capture_output=True, text=True).stdout)
        print(f"{f'memory beside an array of {rows:,} rows':42}{found:6.2f} × the array")
    for label, command in (("spectra --help", (*SPECTRA, "--help")), ("import spectra", IMPORT)):
        print(f"{label:42}{median(run(command).seconds for _ in range(TURNS)):6.2f} s")


if __name__ == "__main__":
    main()
