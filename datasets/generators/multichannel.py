"""Anomalies of several channels: in one of many, and between two."""

import numpy as np

from spectra.datasets.generators.parts import (
    autoregressive,
    check_rate,
    drawn_stretch,
    labelled,
    sine,
    white_noise,
)
from spectra.datasets.recording import Recording


def fault_of_many(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    n_channels: int = 100,
    frequency: float = 20.0,
    amplitude: float = 3.0,
    coefficient: float = 0.8,
    length: int = 400,
    start: int | None = None,
) -> Recording:
    """Return many channels of AR(1) noise, one of which hums for a while.

    Parameters
    ----------
    rng, n_samples, fs, length, start
        See `spectra.datasets.generators`.
    n_channels : int
        Number of channels.
    frequency : float
        Of the hum, in Hz, below fs / 2.
    amplitude : float
        Peak of the hum, a sine, in standard deviations of its channel.
    coefficient : float
        Coefficient of the AR(1) noise, between −1 and 1.

    Returns
    -------
    Recording
        Labelled 1 on the samples of the anomaly; the name of the faulty channel
        ends in " (faulty)".

    Raises
    ------
    DataError
        For a parameter out of range.

    Notes
    -----
    The units of the channels differ: their standard deviations lie between 10⁻³ and 10³.
    """
    check_rate(n_samples, fs, frequency)
    changed = drawn_stretch(rng, n_samples, length, start)
    scales = 10 ** rng.uniform(-3, 3, n_channels)
    faulty = int(rng.integers(n_channels))
    values = np.column_stack(
        [autoregressive(rng.standard_normal(n_samples), coefficient) for _ in range(n_channels)]
    )
    values[:, faulty] += changed * amplitude * sine(n_samples, fs, frequency)
    names = [f"sensor {i + 1}" + " (faulty)" * (i == faulty) for i in range(n_channels)]
    return labelled("fault-of-many", values * scales, fs, changed, names)


def decoupled(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 100.0,
    delay: int = 3,
    noise_std: float = 0.1,
    coefficient: float = 0.9,
    length: int = 400,
    start: int | None = None,
) -> Recording:
    """Return two coupled channels that lose their coupling while each keeps its spectrum.

    Parameters
    ----------
    rng, n_samples, fs, noise_std, length, start
        See `spectra.datasets.generators`.
    delay : int
        Samples from the first channel to the second.
    coefficient : float
        Coefficient of the AR(1) noise that both follow, between −1 and 1.

    Returns
    -------
    Recording
        Labelled 1 on the samples of the anomaly.

    Raises
    ------
    DataError
        For a parameter out of range.

    Notes
    -----
    The second channel is the first, `delay` samples later and five times as large. In the anomaly
    it follows another AR(1) noise of the same kind instead.
    """
    check_rate(n_samples, fs)
    changed = drawn_stretch(rng, n_samples, length, start)
    cause, other = (
        autoregressive(rng.standard_normal(n_samples + delay), coefficient) for _ in range(2)
    )
    first = cause[delay:] + white_noise(rng, n_samples, noise_std)
    second = np.where(changed, other[:n_samples], cause[:n_samples]) + white_noise(
        rng, n_samples, noise_std
    )
    return labelled(
        "decoupled", np.column_stack([first, 5 * second]), fs, changed, ["leader", "follower"]
    )
