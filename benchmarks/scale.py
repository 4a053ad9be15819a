"""Costs of a fleet by row and by recording, in seconds of one core; docs/scale.md is made of them.

The signal is noise around a sine. Models are learned from 200,000 rows with the defaults, and with
frames of 256 rows alone. Seconds are those of the processor, so that other programs on the machine
do not count. A recording of the batch has 500 rows: its seconds are the fixed costs. The memory of
a stream is what one of 100 with one model holds.

    python benchmarks/scale.py
"""

import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
import pandas as pd

import spectra
from spectra.datasets import read
from spectra.threads import one_blas_thread

LEARNED, ROWS, BLOCK = 200_000, 1_000_000, 1024
STREAMS, RECORDINGS, FEW_ROWS = 100, 200, 500


def signal(n: int, seed: int) -> np.ndarray:
    """Return noise around a sine, (n,)."""
    return np.random.default_rng(seed).normal(size=n) + 2 * np.sin(np.arange(n) / 14.3)


def seconds(call: Callable[[], object]) -> float:
    """Return the processor's seconds of a call, once everything is loaded."""
    call()
    begin = time.process_time()
    call()
    return time.process_time() - begin


def reading(folder: Path, x: np.ndarray) -> None:
    """Print the rows a second of reading a file."""
    np.save(folder / "x.npy", x.astype(np.float32))
    table = pd.DataFrame({"value": x})
    table.to_parquet(folder / "x.parquet", index=False)
    table.to_csv(folder / "x.csv", index=False, float_format="%.5g")
    for path in sorted(folder.glob("x.*")):
        rate = ROWS / seconds(lambda path=path: read(path, fs=10_000.0))
        print(f"reading {path.suffix[1:]}: {rate:,.0f} rows a second")


def scoring(model: spectra.Model, single: spectra.Model, x: np.ndarray) -> None:
    """Print the rows a second of scoring a recording, and of streams."""
    for name, each in (("defaults", model), ("frames of 256 rows alone", single)):
        rate = ROWS / seconds(lambda each=each: spectra.score(each, x))
        print(f"scoring with a model, {name}: {rate:,.0f} rows a second")
    print(f"its own reference: {ROWS / seconds(lambda: spectra.detect(x)):,.0f} rows a second")
    for every in (BLOCK, 8 * BLOCK, 64 * BLOCK):
        stream = spectra.Stream(model, every=every)

        def run(stream: spectra.Stream = stream) -> None:
            for start in range(0, 400_000, BLOCK):
                stream.update(x[start : start + BLOCK])

        print(f"a stream scored every {every:,} rows: {400_000 / seconds(run):,.0f} rows a second")


def memory(model: spectra.Model, folder: Path, x: np.ndarray) -> None:
    """Print the memory of streams that have one model, and the bytes of the model."""
    model.save(folder / "one.model")
    print(f"a model file: {(folder / 'one.model').stat().st_size / 1e6:.1f} MB")
    tracemalloc.start()
    streams = [spectra.Stream(model, every=8 * BLOCK) for _ in range(STREAMS)]
    for stream in streams:
        stream.update(x[: 15 * BLOCK])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"a stream scored every {8 * BLOCK:,} rows: {held / STREAMS / 1e3:.0f} kB")


def fixed_costs(folder: Path) -> None:
    """Print the fixed seconds of a recording of a batch, and those of one that is finished."""
    (folder / "many").mkdir()
    for i in range(RECORDINGS):
        np.save(folder / "many" / f"{i}.npy", signal(FEW_ROWS, i))
    command = (sys.executable, "-m", "spectra", "batch", "many/*.npy", "-o", "out", "--quiet")
    used = []
    for _ in range(2):
        before = os.times()
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        used.append(
            after.children_user + after.children_system
            - before.children_user - before.children_system
        )  # fmt: skip
    print(f"a recording of {FEW_ROWS} rows: {1e3 * used[0] / RECORDINGS:.0f} ms")
    print(f"a recording that is finished: {1e3 * used[1] / RECORDINGS:.1f} ms with the start")


def main() -> None:
    """Print the costs."""
    print(f"{machine.described()}, one thread")
    x = signal(ROWS, 1)
    model = spectra.learn(signal(LEARNED, 0))
    single = spectra.learn(signal(LEARNED, 0), method=spectra.Spectral(nperseg=256))
    with one_blas_thread(), tempfile.TemporaryDirectory() as made:
        reading(Path(made), x)
        scoring(model, single, x)
        memory(model, Path(made), x)
        fixed_costs(Path(made))


if __name__ == "__main__":
    main()
