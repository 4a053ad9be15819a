"""Phases that come in an order, some of them out of it."""

from collections.abc import Sequence

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.generators.parts import check_rate, labelled, white_noise
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def order_anomalies(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 100.0,
    frequencies: Sequence[float] = (8.0, 14.0, 20.0, 26.0, 32.0, 38.0),
    phase_length: int = 60,
    rest: int = 40,
    n_anomalies: int = 6,
    noise_std: float = 0.1,
) -> Recording:
    """Return a cycle of tone bursts, some of which are swapped, skipped or repeated.

    Parameters
    ----------
    rng, n_samples, fs, noise_std
        See `spectra.datasets.generators`.
    frequencies : sequence of float
        Of the phases in their order, in Hz, below fs / 2: three or more, all different.
    phase_length : int
        Samples of a phase, at least a period of its tone.
    rest : int
        Samples of silence after a phase.
    n_anomalies : int
        Number of anomalies, a third of each kind.

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
    Each phase rises from zero and falls back to it. All phases have the same energy and the mean 0,
    and a phase is the same whenever it comes, but for the noise. Every junction is silence between
    silences, and a frame of at most `rest` + 1 samples meets one phase only. A normal cycle holds
    the same frame, so that nothing but the order is anomalous.

    The anomalies lie in the second half, at least a cycle from one another. Two phases swap places
    (both are labelled), a phase is skipped (the one that comes too early is labelled), or a phase
    comes twice (its second time is labelled).
    """
    if len(set(frequencies)) < max(3, len(frequencies)):
        raise DataError(
            "Phases need three frequencies or more, all different, to have an order: not "
            f"{tuple(frequencies)}."
        )
    check_rate(n_samples, fs, *frequencies)
    if rest < 0:
        raise DataError(f"A rest lasts 0 samples or more, not {rest}.")
    phases = _phases(np.asarray(frequencies, dtype=np.float64) / fs, phase_length)
    # Drawn first, so that it does not depend on what happens.
    noise = white_noise(rng, n_samples, noise_std)
    spacing = phase_length + rest
    order, odd = _order(
        rng, len(phases), -(-n_samples // spacing), -(-(n_samples // 2) // spacing), n_anomalies
    )
    signal = np.pad(phases, ((0, 0), (0, rest)))[order].ravel()[:n_samples]
    changed = np.repeat(odd, spacing)[:n_samples] & (np.arange(n_samples) % spacing < phase_length)
    return labelled("order-anomalies", signal + noise, fs, changed)


def _phases(cycles: Float64Array, length: int) -> Float64Array:
    """Return bursts of tones, (n_phases, length), of the given cycles per sample.

    Each is sin² times a sine about its centre, so that it has no mean, scaled to the energy of one
    with many periods.
    """
    if length * cycles.min() < 1:
        raise DataError(
            f"A phase of {length} samples is shorter than a period of its tone, "
            f"{1 / cycles.min():.4g} samples: "
            "make it longer."
        )
    n = np.arange(length) + 0.5
    bursts = np.sin(np.pi * n / length) ** 2 * np.sin(
        2 * np.pi * cycles[:, np.newaxis] * (n - length / 2)
    )
    # The mean of sin⁴ is 3/8, that of the square of a sine ½.
    bursts *= np.sqrt(length * 3 / 16 / np.sum(bursts**2, axis=1, keepdims=True))
    return np.asarray(bursts)


def _order(
    rng: np.random.Generator, n_kinds: int, n_phases: int, first: int, n_anomalies: int
) -> tuple[IntArray, BoolArray]:
    """Return the kind of each phase, (n_phases,), and the mask of those out of order.

    None of the `first` ones is out of order.
    """
    # How far on in the cycle each phase is from the one before it: for a swap, a skip and a
    # repetition.
    patterns = ((2, -1, 2), (2,), (0,))
    room = n_kinds + 2
    free = n_phases - first - n_anomalies * room
    if n_anomalies < 0 or free < 0:
        raise DataError(
            f"{n_anomalies} anomalies, a cycle of {n_kinds} phases apart, do not fit in "
            f"{n_phases - first} phases, the "
            "second half: make more samples, or fewer anomalies."
        )
    steps, odd = np.ones(n_phases, dtype=np.int64), np.zeros(n_phases, dtype=np.bool_)
    steps[0] = 0
    places = first + np.sort(rng.integers(0, free + 1, n_anomalies)) + room * np.arange(n_anomalies)
    for place, kind in zip(places, rng.permutation(np.arange(n_anomalies) % 3), strict=True):
        pattern = patterns[kind]
        steps[place : place + len(pattern)] = pattern
        # After a swap the last step leads back into order.
        odd[place : place + max(1, len(pattern) - 1)] = True
    return np.cumsum(steps) % n_kinds, odd
