"""Building blocks of generated signals: labels, noise, sines and checks."""

import math
from collections.abc import Sequence

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def labelled(
    name: str,
    values: Float64Array,
    fs: float,
    changed: BoolArray,
    channels: Sequence[str] = ("value",),
) -> Recording:
    """Return a recording with its labels."""
    return Recording.from_array(
        values, fs=fs, channels=channels, name=name, labels=changed.astype(np.int64)
    )


def check_rate(n_samples: int, fs: float, *frequencies: float) -> None:
    """Raise DataError for no samples, or a frequency not between 0 and half the rate."""
    if n_samples < 2:
        raise DataError(f"A recording has at least two samples, not {n_samples}.")
    if not 0 < fs < math.inf:
        raise DataError(f"The sampling rate must be a number of Hz above 0, not {fs:g}.")
    for frequency in frequencies:
        if not 0 < frequency < fs / 2:
            raise DataError(
                f"{frequency:g} Hz cannot be sampled at {fs:g} Hz: it must be above 0 and below "
                f"{fs / 2:g}."
            )


def drawn_stretch(
    rng: np.random.Generator, n_samples: int, length: int, start: int | None
) -> BoolArray:
    """Return True on `length` samples, (n,); without a start they are in the second half."""
    last = n_samples - length
    if not 1 <= length <= n_samples - n_samples // 2:
        raise DataError(
            f"{length} changed samples do not fit in the second half of {n_samples}: make more "
            "samples."
        )
    # Drawn even where it is given, so that the noise after it is the same.
    drawn = int(rng.integers(n_samples // 2, last + 1))
    first = drawn if start is None else start
    if not 0 <= first <= last:
        raise DataError(
            f"The changed {length} samples must start between 0 and {last}, not at {first}."
        )
    position = np.arange(n_samples) - first
    return (position >= 0) & (position < length)


def cycles(n_samples: int, fs: float, frequency: float) -> tuple[IntArray, Float64Array]:
    """Return the cycle that each sample is in, (n,), and its position in it, from 0 to 1."""
    turns = np.arange(n_samples) * frequency / fs
    cycle = np.floor(turns)
    return cycle.astype(np.int64), turns - cycle


def drawn_cycle(rng: np.random.Generator, cycle: IntArray) -> int:
    """Draw one of the cycles that lie wholly in the second half."""
    first, end = int(cycle[len(cycle) // 2]) + 1, int(cycle[-1])
    if first >= end:
        raise DataError(
            f"The second half of {len(cycle)} samples holds no whole cycle to change: make more "
            "samples."
        )
    return int(rng.integers(first, end))


def white_noise(rng: np.random.Generator, n_samples: int, std: float) -> Float64Array:
    """Return white Gaussian noise."""
    return std * rng.standard_normal(n_samples)


def sine(n_samples: int, fs: float, frequency: float) -> Float64Array:
    """Return a sine of amplitude 1 that starts at zero."""
    return np.asarray(np.sin(2 * np.pi * frequency * np.arange(n_samples) / fs))


def autoregressive(white: Float64Array, coefficient: float) -> Float64Array:
    """Return AR(1) noise of variance 1, driven by white noise of variance 1."""
    if not -1 < coefficient < 1:
        raise DataError(
            f"AR(1) noise is stationary for a coefficient between −1 and 1, not {coefficient:g}."
        )
    from scipy.signal import lfilter

    driven = math.sqrt(1 - coefficient**2) * white
    # Without it the variance would grow to 1 over the first samples.
    driven[0] = white[0]
    return np.asarray(lfilter([1.0], [1.0, -coefficient], driven), dtype=np.float64)
