"""Rows a second of a stream, the latency of a single row, and its memory over ten million rows.

The signal is noise around a sine, with a burst in every 100,000 rows; the model is the default one,
learned from 20,000 rows. Blocks of 1,024 rows are scored as they come, and once in eight; beside
the rows a second are those a second of processor time, over all threads, which a busy machine
changes less. Latency is that of `update` for one row at a time. The delay of an alarm is counted
from the first row of a burst of 20 to 500 rows, with the settled clock alone and with both. Memory
is the resident set of the process, as the operating system counts it: after a million rows, at the
end, and the largest.

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
# Bursts whose delay is counted, rows from one to the next, and rows from one scoring to the next.
BURSTS, SPACING, EVERY = 40, 1500, 16
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


def rates(model: spectra.Model, rows: np.ndarray, n_rows: int, every: int) -> tuple[float, float]:
    """Return the rows that a stream takes in a second, and in a second of processor time."""
    stream = spectra.Stream(model, every=every)
    start, used = time.perf_counter(), time.process_time()
    for block in blocks(rows, n_rows):
        stream.update(block)
    n, used = stream.n_rows, time.process_time() - used
    return n / (time.perf_counter() - start), n / used


def delays(model: spectra.Model) -> list[int]:
    """Return the rows from the first row of each burst until an alarm is open at it."""
    x, rng = signal(BURSTS * SPACING, 2, burst=False), np.random.default_rng(3)
    starts = range(SPACING // 2, x.size, SPACING)
    for i, start in enumerate(starts):
        length = (20, 60, 200, 500)[i % 4]
        x[start : start + length] += 4 * rng.normal(size=length)
    stream, opened = spectra.Stream(model, alpha=1e-5, every=EVERY), []
    for start in range(0, x.size, EVERY):
        events = stream.update(x[start : start + EVERY]).events
        opened += [(stream.n_rows, event.start) for event in events if event.kind == "opened"]
    # A settled alarm begins up to half of the longest frame before the burst.
    return [
        next((n - start for n, row in opened if -300 < row - start < 600), SPACING)
        for start in starts
    ]


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
        found, of_processor = rates(model, rows, n_rows // 10, every)
        print(
            f"blocks of {BLOCK:,}, scored every {every:,} rows: {found:,.0f} rows a second, "
            f"{of_processor:,.0f} a second of processor time"
        )
    micros = 1e6 * latencies(model, rows, min(SINGLE, n_rows))
    median, late, worst = np.quantile(micros, [0.5, 0.99, 1.0])
    print(
        f"one row at a time, scored every 128: median {median:.1f} µs, 99 % {late:.1f} µs, mean "
        f"{micros.mean():.1f} µs, largest {worst / 1e3:.1f} ms"
    )
    both = spectra.learn(signal(LEARNED, 0, burst=False), early=True)
    settled, first = (float(np.mean(delays(each))) for each in (model, both))
    print(f"an alarm opens {settled:.0f} rows after the first of a burst, early {first:.0f} rows")
    early, last, n_alarms = memory(model, rows, n_rows)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{n_rows:,} rows, {n_alarms:,} alarms: {early:.1f} MB after a tenth, {last:.1f} MB at the "
        f"end, {most:.1f} MB at most"
    )


if __name__ == "__main__":
    main()
