"""Tones, sweeps and waveforms, one part of which is another."""

import math
from collections.abc import Sequence

import numpy as np

from spectra.datasets.generators.parts import (
    check_rate,
    cycles,
    drawn_cycle,
    drawn_stretch,
    labelled,
    white_noise,
)
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def tones(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 1000.0,
    frequencies: Sequence[float] = (50.0, 120.0),
    amplitudes: Sequence[float] = (1.0, 0.5),
    extra_frequency: float = 180.0,
    extra_amplitude: float = 0.5,
    noise_std: float = 0.1,
    length: int = 1000,
    start: int | None = None,
) -> Recording:
    """Return steady tones in white noise, with one more tone for a while.

    Parameters
    ----------
    rng, n_samples, fs, noise_std, length, start
        See `spectra.datasets.generators`.
    frequencies : sequence of float
        Of the steady tones, in Hz, below fs / 2.
    amplitudes : sequence of float
        Peak of each steady tone; the phases are drawn.
    extra_frequency : float
        Of the additional tone, in Hz, below fs / 2.
    extra_amplitude : float
        Peak of the additional tone.

    Returns
    -------
    Recording
        One channel, labelled 1 on the samples of the anomaly.

    Raises
    ------
    DataError
        For a parameter out of range.
    """
    if len(frequencies) != len(amplitudes):
        raise DataError(
            f"There are {len(frequencies)} frequencies and {len(amplitudes)} amplitudes: give one "
            "each."
        )
    check_rate(n_samples, fs, *frequencies, extra_frequency)
    changed = drawn_stretch(rng, n_samples, length, start)
    seconds = np.arange(n_samples) / fs
    each = np.array([*frequencies, extra_frequency])[:, np.newaxis]
    phases = rng.uniform(0, 2 * np.pi, each.shape)
    waves = np.array([*amplitudes, extra_amplitude])[:, np.newaxis] * np.sin(
        2 * np.pi * each * seconds + phases
    )
    waves[-1, ~changed] = 0.0
    return labelled(
        "tones", waves.sum(axis=0) + white_noise(rng, n_samples, noise_std), fs, changed
    )


def chirp(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 1000.0,
    low: float = 20.0,
    high: float = 120.0,
    odd_high: float = 200.0,
    sweep: float = 1.0,
    noise_std: float = 0.1,
) -> Recording:
    """Return a tone that sweeps up again and again, with one sweep that goes too far.

    Parameters
    ----------
    rng, n_samples, fs, noise_std
        See `spectra.datasets.generators`.
    low, high : float
        Frequencies in Hz that a sweep begins and ends with, below fs / 2.
    odd_high : float
        Frequency in Hz that the anomalous sweep ends with.
    sweep : float
        Duration of a sweep in seconds.

    Returns
    -------
    Recording
        One channel, labelled 1 on the samples of the anomaly.

    Raises
    ------
    DataError
        For a parameter out of range.

    Notes
    -----
    In a sweep the frequency rises linearly. The phase, 2π times the sum of the frequencies over fs,
    never jumps. The amplitude is 1. One whole sweep is anomalous, drawn from the second half.
    """
    check_rate(n_samples, fs, low, high, odd_high)
    if not 2 / fs <= sweep < math.inf:
        raise DataError(
            f"A sweep of {sweep:g} s has fewer than two samples at {fs:g} Hz: make it longer."
        )
    cycle, place = cycles(n_samples, fs, 1 / sweep)
    changed = cycle == drawn_cycle(rng, cycle)
    frequency = low + (np.where(changed, odd_high, high) - low) * place
    phase = 2 * np.pi * np.cumsum(frequency) / fs
    return labelled("chirp", np.sin(phase) + white_noise(rng, n_samples, noise_std), fs, changed)


def odd_cycle(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    frequency: float = 1.0,
    same_energy: bool = True,
    noise_std: float = 0.05,
) -> Recording:
    """Return a periodic waveform, one cycle of which has another shape.

    Parameters
    ----------
    rng, n_samples, fs, noise_std
        See `spectra.datasets.generators`.
    frequency : float
        Cycles per second, below fs / 6.
    same_energy : bool
        Scale the anomalous cycle to the energy of the others; without it, it has half of that.

    Returns
    -------
    Recording
        One channel, labelled 1 on the samples of the anomaly.

    Raises
    ------
    DataError
        For a parameter out of range.

    Notes
    -----
    With the phase θ, a cycle is sin θ + ½·sin 2θ, and the anomalous one sin³ θ. Both start and end
    at zero, so that the signal never jumps. The cycle is drawn from the second half.
    """
    # sin³ θ = (3 sin θ − sin 3θ)/4
    check_rate(n_samples, fs, 3 * frequency)
    cycle, place = cycles(n_samples, fs, frequency)
    changed = cycle == drawn_cycle(rng, cycle)
    angle = 2 * np.pi * place
    usual = np.sin(angle) + 0.5 * np.sin(2 * angle)
    odd = np.sin(angle) ** 3
    if same_energy:
        odd *= math.sqrt(np.sum(usual[changed] ** 2) / np.sum(odd[changed] ** 2))
    return labelled(
        "odd-cycle",
        np.where(changed, odd, usual) + white_noise(rng, n_samples, noise_std),
        fs,
        changed,
    )
