"""Faults of a sensor: a shifted level, a frozen or absent value."""

from typing import Literal

import numpy as np

from spectra.datasets.generators.parts import check_rate, drawn_stretch, labelled, sine, white_noise
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def level_shift(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    frequency: float = 1.0,
    shift: float = 1.0,
    noise_std: float = 0.1,
    length: int = 500,
    start: int | None = None,
) -> Recording:
    """Return a sine of amplitude 1 in white noise, with a raised level for a while.

    Parameters
    ----------
    rng, n_samples, fs, noise_std, length, start
        See `spectra.datasets.generators`.
    frequency : float
        Of the sine, in Hz, below fs / 2.
    shift : float
        Added to the samples of the anomaly.

    Returns
    -------
    Recording
        One channel, labelled 1 on the samples of the anomaly.

    Raises
    ------
    DataError
        For a parameter out of range.
    """
    check_rate(n_samples, fs, frequency)
    changed = drawn_stretch(rng, n_samples, length, start)
    signal = sine(n_samples, fs, frequency) + white_noise(rng, n_samples, noise_std)
    return labelled("level-shift", signal + shift * changed, fs, changed)


def dropout(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    frequency: float = 1.0,
    kind: Literal["freeze", "zero"] = "freeze",
    noise_std: float = 0.1,
    length: int = 200,
    start: int | None = None,
) -> Recording:
    """Return a sine of amplitude 1 in white noise, whose sensor fails for a while.

    Parameters
    ----------
    rng, n_samples, fs, noise_std, length, start
        See `spectra.datasets.generators`.
    frequency : float
        Of the sine, in Hz, below fs / 2.
    kind : {"freeze", "zero"}
        A frozen sensor repeats the last value before the failure, the other one reads 0.

    Returns
    -------
    Recording
        One channel, labelled 1 on the samples of the anomaly.

    Raises
    ------
    DataError
        For a parameter out of range.
    """
    if kind not in ("freeze", "zero"):
        raise DataError(f"There is no dropout of kind '{kind}': there are freeze and zero.")
    check_rate(n_samples, fs, frequency)
    changed = drawn_stretch(rng, n_samples, length, start)
    signal = sine(n_samples, fs, frequency) + white_noise(rng, n_samples, noise_std)
    # Before its first sample a signal has no value to freeze at.
    last = signal[max(0, int(np.argmax(changed)) - 1)]
    signal[changed] = last if kind == "freeze" else 0.0
    return labelled("dropout", signal, fs, changed)
