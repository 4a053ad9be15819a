"""Signals whose anomalies are known, because they were put there.

Every generator takes a `numpy.random.Generator` first and returns a `Recording` with labels, 1 on
exactly the samples whose signal was changed. The first half is normal, so that it can be learned
from. The changed stretch is drawn from the second half unless `start`, its first sample, is given.

The random numbers drawn do not depend on the size of the change. Of two recordings of one seed, one
with the change and one with a change of size 0, the samples with label 0 are the same. Of a chirp
those before the anomalous sweep are, as its phase continues; of phases out of order those before
the first anomaly.

These parameters are those of several generators:

rng : numpy.random.Generator
    Source of all random numbers.
n_samples : int
    Number of samples, at least 2.
fs : float
    Sampling rate in Hz. Frequencies lie below fs / 2.
noise_std : float
    Standard deviation of the added white Gaussian noise.
length : int
    Samples of the anomaly, at most half of all.
start : int, optional
    First sample of the anomaly; by default drawn from the second half.
"""

import inspect
from collections.abc import Callable
from typing import Final

from spectra.datasets.generators.bearing import bearing_outer_race, bpfo
from spectra.datasets.generators.multichannel import decoupled, fault_of_many
from spectra.datasets.generators.random_noise import noise
from spectra.datasets.generators.sensor_faults import dropout, level_shift
from spectra.datasets.generators.sequences import order_anomalies
from spectra.datasets.generators.waves import chirp, odd_cycle, tones
from spectra.datasets.recording import Recording

__all__ = [
    "GENERATORS",
    "bearing_outer_race",
    "bpfo",
    "chirp",
    "decoupled",
    "describe",
    "dropout",
    "fault_of_many",
    "level_shift",
    "noise",
    "odd_cycle",
    "order_anomalies",
    "tones",
]

# The generators by the names of the command line.
GENERATORS: Final[dict[str, Callable[..., Recording]]] = {
    "tones": tones,
    "chirp": chirp,
    "noise": noise,
    "bearing": bearing_outer_race,
    "level-shift": level_shift,
    "dropout": dropout,
    "odd-cycle": odd_cycle,
    "order-anomalies": order_anomalies,
    "fault-of-many": fault_of_many,
    "decoupled": decoupled,
}


def describe(name: str) -> str:
    """Return a generated signal in one line, for a list.

    Parameters
    ----------
    name : str
        A key of `GENERATORS`.

    Returns
    -------
    str
        The summary of the generator's docstring, without its verb.

    Examples
    --------
    >>> describe("odd-cycle")
    'A periodic waveform, one cycle of which has another shape.'
    """
    summary = (inspect.getdoc(GENERATORS[name]) or "").split("\n")[0].removeprefix("Return ")
    return summary[:1].upper() + summary[1:]
