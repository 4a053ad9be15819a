"""Noise without an anomaly."""

import math
from typing import Literal

import numpy as np

from spectra.arrays import Float64Array
from spectra.datasets.generators.parts import autoregressive, check_rate, labelled
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def noise(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 1000.0,
    kind: Literal["white", "ar1", "pink"] = "ar1",
    coefficient: float = 0.9,
) -> Recording:
    """Return Gaussian noise of variance 1 without any anomaly: every alarm is a false one.

    Parameters
    ----------
    rng, n_samples, fs
        See `spectra.datasets.generators`.
    kind : {"white", "ar1", "pink"}
        "white" has a flat spectrum, "pink" a power density proportional to 1/f. "ar1" is
        x_i = a·x_{i−1} + √(1 − a²)·e_i with white noise e.
    coefficient : float
        The coefficient a of "ar1", between −1 and 1.

    Returns
    -------
    Recording
        One channel, labelled 0 throughout.

    Raises
    ------
    DataError
        For a parameter out of range.

    Notes
    -----
    The AR(1) noise is stationary from its first sample; its autocorrelation is a^lag.

    References
    ----------
    Box & Jenkins, "Time Series Analysis", section 3.2.3.
    """
    check_rate(n_samples, fs)
    white = rng.standard_normal(n_samples)
    if kind == "ar1":
        values = autoregressive(white, coefficient)
    elif kind == "pink":
        values = _pink(white)
    elif kind == "white":
        values = white
    else:
        raise DataError(f"There is no noise of kind '{kind}': there are white, ar1 and pink.")
    return labelled(f"{kind}-noise", values, fs, np.zeros(n_samples, dtype=np.bool_))


def _pink(white: Float64Array) -> Float64Array:
    """Return 1/f noise of expected variance 1: white noise whose spectrum is divided by √f.

    Its mean is left out.
    """
    n = len(white)
    gain = np.zeros(n // 2 + 1)
    gain[1:] = 1 / np.sqrt(np.arange(1, n // 2 + 1))
    # Every bin but the first, and the last where n is even, stands for two.
    bins = np.full(gain.shape, 2.0)
    bins[0] = 1.0
    bins[-1] = 1.0 if n % 2 == 0 else 2.0
    gain /= math.sqrt(np.sum(bins * gain**2) / n)
    return np.fft.irfft(gain * np.fft.rfft(white), n)
