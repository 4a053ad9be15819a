"""Time of `spectra.detect` on many channels, over that of as many recordings of one channel.

    OMP_NUM_THREADS=1 python benchmarks/channels_speed.py

A channel is a noisy sine that wanders; channels share no noise. Printed are the seconds by the
clock, the seconds of the processor, and the latter over those of one channel alone, the median of
three, times the number of channels. The largest resident set of the process grows from line to
line.
"""

import resource
import time
from statistics import median

import machine
import numpy as np

import spectra

SHAPES = ((100_000, 10), (100_000, 100), (5_000, 100), (5_000, 1_000))
TURNS = 3


def signal(n: int, n_channels: int) -> np.ndarray:
    """Return rows of channels, (n, n_channels)."""
    rng = np.random.default_rng(0)
    walk = 0.01 * rng.normal(size=(n, n_channels)).cumsum(axis=0)
    return walk + np.sin(np.arange(n) / 30)[:, None] + rng.normal(size=(n, n_channels))


def seconds(x: np.ndarray) -> tuple[float, float]:
    """Return the seconds of a detection by the clock, and of the processor."""
    start, used = time.perf_counter(), time.process_time()
    spectra.detect(x)
    return time.perf_counter() - start, time.process_time() - used


def main() -> None:
    print(machine.described())
    seconds(signal(5_000, 1))
    for n, n_channels in SHAPES:
        x = signal(n, n_channels)
        alone = median(seconds(x[:, :1])[1] for _ in range(TURNS))
        clock, used = seconds(x)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(
            f"{n:,} rows of {n_channels:,} channels: {clock:.1f} s, {used:.1f} s of the "
            f"processor, {used / alone / n_channels:.2f} times one channel alone; the process "
            f"has {most:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
