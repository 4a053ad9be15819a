"""Seconds of `spectra.detect`, over a bare FFT of its frames and over other detectors.

    pip install -e '.[peers]'
    python benchmarks/peer_speed.py

The signal is a noisy sine of period 90. On one core and 1,000,000 rows, `scipy.fft.rfft` transforms
the same frames in single precision: all lengths and hops of the default, nothing else. On all cores
and 131,072 rows STUMPY makes the matrix profile of windows of 100 rows.

On one core and as many rows PyOD's detectors learn from windows and score them: first windows of
the same lengths and steps as the frames of spectra, one detector a length; then windows of 100 rows
alone, as far apart as the scores of spectra, whose frames are of eight lengths all the same. What
is compared takes turns, and the median of the ratios counts.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import scipy.fft
from machine import described
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

import spectra

ROWS, FEWER, WIDTH, TURNS = 1_000_000, 131_072, 100, 3
ONE_CORE = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
Floats = NDArray[np.float64]


def signal(n: int) -> Floats:
    """Return a noisy sine, (n,)."""
    return np.random.default_rng(0).normal(size=n) + 2 * np.sin(np.arange(n) / 14.3)


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(label: str, x: Floats, other: Callable[[], object]) -> None:
    """Print the seconds of spectra and of another, and the median ratio."""
    spectra.detect(x[:20_000])
    turns = [(seconds(lambda: spectra.detect(x).alarms), seconds(other)) for _ in range(TURNS)]
    ours, theirs = (median(column) for column in zip(*turns, strict=True))
    ratio = median(one / two for one, two in turns)
    text = f"{ratio:.1f} × its time" if ratio > 1 else f"{1 / ratio:.3g} × faster"
    print(f"{label:48}{theirs:8.2f} s, spectra.detect {ours:.2f} s: {text}", flush=True)


def frames_of(x: Floats) -> list[Floats]:
    """Return the frames of each length, (n_frames, nperseg)."""
    base = spectra.learn(x[:20_000]).fitted.standardised.base
    grids = dict.fromkeys(one.grid for one in base.comparisons)
    return [sliding_window_view(x, grid.nperseg)[:: grid.hop] for grid in grids]


def transforms(x: Floats) -> Callable[[], object]:
    """Return what transforms the frames of all lengths."""
    frames = frames_of(x.astype(np.float32))
    return lambda: [scipy.fft.rfft(each, axis=1) for each in frames]


def on_one_core() -> None:
    """Print what is measured on one core."""
    from pyod.models.iforest import IForest
    from pyod.models.knn import KNN

    x = signal(ROWS)
    compare(f"scipy.fft.rfft, {ROWS:,} rows, one core", x, transforms(x))
    x = signal(FEWER)
    step = spectra.learn(x[:20_000]).step
    every = [np.ascontiguousarray(each) for each in frames_of(x)]
    alone = [np.ascontiguousarray(sliding_window_view(x, WIDTH)[::step])]
    for text, windows in (("all lengths", every), (f"{WIDTH} rows", alone)):
        for make in (IForest, KNN):
            label = f"{make.__name__} (PyOD), windows of {text}, one core"
            compare(label, x, lambda make=make, w=windows: [make().fit(each) for each in w])


def on_all_cores() -> None:
    """Print what is measured on all cores."""
    import stumpy

    x = signal(FEWER)
    # numba compiles at the first call.
    stumpy.stump(x[:2000], WIDTH)
    compare(f"stump (STUMPY), {FEWER:,} rows, all cores", x, lambda: stumpy.stump(x, WIDTH))


def main() -> None:
    """Print all figures; the number of threads is that of a process."""
    if sys.argv[1:] == ["one"]:
        on_one_core()
    elif sys.argv[1:] == ["all"]:
        on_all_cores()
    else:
        print(described(), flush=True)
        for name, limits in (("one", ONE_CORE), ("all", {})):
            subprocess.run([sys.executable, __file__, name], check=True, env=os.environ | limits)


if __name__ == "__main__":
    main()
