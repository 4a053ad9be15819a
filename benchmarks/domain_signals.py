"""Parts that the recordings of `domains.py` share: noise, days, and places for what is odd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

Floats = NDArray[np.float64]
Rng = np.random.Generator
Band = tuple[float, float]
NOWHERE = slice(0, 0)
# A sampling rate of one row in five minutes, and in one; five-minute rows of a day.
FIVE_MINUTES, MINUTE = 1 / 300, 1 / 60
ROWS_A_DAY = 288


@dataclass(frozen=True)
class Made:
    """A recording, (n,) or (n, channels), with the rows, channels and band of what is odd."""

    values: Floats
    rows: Sequence[slice]
    channels: Sequence[int]
    band: Band | None


@dataclass(frozen=True)
class Kind:
    """A maker of recordings, their sampling rate, and the names of what can be odd in them."""

    make: Callable[[Rng, int, str | None], Made]
    fs: float
    odd: tuple[str, ...]
    # Rows of a recording with something odd, of which the first half is free of it.
    rows: int = 20_000


def made(
    values: Floats, *rows: slice, channels: Sequence[int] = (0,), band: Band | None = None
) -> Made:
    """Return a recording; stretches without rows are not odd."""
    return Made(values, [each for each in rows if size(each)], channels, band)


def size(rows: slice) -> int:
    """Return the number of rows."""
    return int(rows.stop - rows.start)


def place(rng: Rng, n: int, odd: str | None, **lengths: float) -> slice:
    """Return rows for what is odd: as many as its length, below 1 a share of n; none without it."""
    if odd not in lengths:
        return NOWHERE
    length = lengths[odd]
    rows = int(length * n) if length < 1 else int(length)
    first = int(rng.integers(int(0.6 * n), int(0.95 * n) - rows))
    return slice(first, first + rows)


def memory(rng: Rng, n: int, pole: float) -> Floats:
    """Return noise of variance 1 that forgets a factor of `pole` each row."""
    noise = rng.standard_normal(n + 500) * np.sqrt(1 - pole * pole)
    if pole < 0.99:
        return np.asarray(lfilter([1], [1, -pole], noise)[500:])
    start = rng.standard_normal()
    return np.asarray(lfilter([1], [1, -pole], np.r_[start, noise[1:n]]))


def band_noise(rng: Rng, n: int, fs: float, low: float, high: float) -> Floats:
    """Return white noise, filtered to a band."""
    sections = butter(4, [low, high], "band", fs=fs, output="sos")
    return np.asarray(sosfilt(sections, rng.standard_normal(n + 200))[200:])


def pink(rng: Rng, n: int, power: float = 1.0) -> Floats:
    """Return noise of variance 1 with a spectrum of 1 / f ** power."""
    frequencies = np.fft.rfftfreq(n)
    frequencies[0] = frequencies[1]
    spectrum = np.fft.rfft(rng.standard_normal(n)) / frequencies ** (power / 2)
    noise = np.fft.irfft(spectrum, n)
    return np.asarray(noise / noise.std())


def days(n: int, rows_a_day: int = ROWS_A_DAY) -> Floats:
    """Return the load of a service, mean about 1: low at night and at weekends."""
    hour = np.arange(n) % rows_a_day / rows_a_day * 24
    weekday = (np.arange(n) // rows_a_day) % 7
    day = np.sin(2 * np.pi * (hour - 9) / 24)
    half_day = np.sin(4 * np.pi * (hour - 9) / 24)
    return np.asarray((1 + 0.7 * day + 0.25 * half_day) * np.where(weekday >= 5, 0.55, 1.0))


def switching(n: int, lengths: NDArray[np.int64]) -> Floats:
    """Return n rows that are 0 and 1 in turn, for the lengths given."""
    return np.repeat(np.arange(lengths.size) % 2, lengths)[:n].astype(np.float64)
