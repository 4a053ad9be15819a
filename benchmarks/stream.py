"""Rows a second of a stream, the latency of a single row, and its memory over ten million rows.

The signal is noise around a sine, with a burst in every 100,000 rows; the model is the default one,
learned from 20,000 rows. Blocks of 1,024 rows are scored as they come, and once in eight. Latency
is that of `update` for one row at a time. Memory is the resident set of the process, as the
operating system counts it: after a million rows, at the end, and the largest.

Run: python benchmarks/stream.py [ROWS]
"""

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from machine import described

import spectra

ROWS, LEARNED, MADE, SINGLE = 10_000_000, 20_000, 100_000, 200_000
BLOCK = 1024
STATUS = Path("/proc/self/statm")


def signal(n: int, seed: int, burst: bool) -> np.ndarray:
    """Return a noisy sine, (n,), with a burst of 200 rows in its middle."""
    x = np.random.default_rng(seed).normal(size=n) + 2 * np.sin(np.arange(n) / 14.3)
    if burst:
        x[n // 2 : n // 2 + 200] *= 4
    return x


def blocks(rows: np.ndarray, n_rows: int) -> Iterator[np.ndarray]:
    """Yield blocks of a signal that is repeated up to a number of rows."""
    for start in range(0, n_rows - BLOCK + 1, BLOCK):
        at = start % (len(rows) - BLOCK)
        yield rows[at : at + BLOCK]


def resident() -> float:
    """Return the resident set of this process in MB, NaN where it is not known."""
    if not STATUS.exists():
        return float("nan")
    return int(STATUS.read_text().split()[1]) * resource.getpagesize() / 1e6


def rate(model: spectra.Model, rows: np.ndarray, n_rows: int, every: int) -> float:
    """Return the rows that a stream takes in a second."""
    stream = spectra.Stream(model, every=every)
    start = time.perf_counter()
    for block in blocks(rows, n_rows):
        stream.update(block)
    return stream.n_rows / (time.perf_counter() - start)


def latencies(model: spectra.Model, rows: np.ndarray, n_rows: int) -> np.ndarray:
    """Return the seconds of each row that comes by itself, (n_rows,)."""
    stream, seconds = spectra.Stream(model), np.empty(n_rows)
    for i, row in enumerate(np.resize(rows, n_rows)):
        start = time.perf_counter()
        stream.update(row)
        seconds[i] = time.perf_counter() - start
    return seconds


def memory(model: spectra.Model, rows: np.ndarray, n_rows: int) -> tuple[float, float, int]:
    """Return the resident set after a tenth of the rows and at the end, and the alarms."""
    stream, n_alarms, early = spectra.Stream(model, every=8 * BLOCK), 0, float("nan")
    for i, block in enumerate(blocks(rows, n_rows)):
        n_alarms += sum(event.kind == "closed" for event in stream.update(block).events)
        if i == n_rows // BLOCK // 10:
            early = resident()
    return early, resident(), n_alarms


def main() -> None:
    """Print the figures."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    model = spectra.learn(signal(LEARNED, 0, burst=False))
    rows = signal(MADE, 1, burst=True)
    print(described())
    for every in (BLOCK, 8 * BLOCK):
        found = rate(model, rows, n_rows // 10, every)
        print(f"blocks of {BLOCK:,}, scored every {every:,} rows: {found:,.0f} rows a second")
    micros = 1e6 * latencies(model, rows, min(SINGLE, n_rows))
    median, late, worst = np.quantile(micros, [0.5, 0.99, 1.0])
    print(
        f"one row at a time, scored every 128: median {median:.1f} µs, 99 % {late:.1f} µs, mean "
        f"{micros.mean():.1f} µs, largest {worst / 1e3:.1f} ms"
    )
    early, last, n_alarms = memory(model, rows, n_rows)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{n_rows:,} rows, {n_alarms:,} alarms: {early:.1f} MB after a tenth, {last:.1f} MB at the "
        f"end, {most:.1f} MB at most"
    )


if __name__ == "__main__":
    main()
