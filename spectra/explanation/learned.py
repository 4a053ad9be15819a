"""The normal amplitudes of a model, for recordings in which too little is normal.

The spectra that a model was learned from are kept in spreads of the channel and in power scaling.
Here they are amplitudes of sines in the unit of the channel, as those of an alarm.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.signal.frames import taper
from spectra.signal.spectrum import magnitude_over_power
from spectra.signal.views import View, by_bin
from spectra.spectral.comparison import Comparison
from spectra.spectral.model import SpectralModel

Window = str | tuple[str, float]

# Views that keep the amplitude of each bin, of frames less their means.
AMPLITUDES: Final[tuple[View, ...]] = ("magnitude", "complex", "aligned")


@dataclass(frozen=True, eq=False)
class Learned:
    """Normal frames of one channel, of rows that were known to be normal.

    Attributes
    ----------
    amplitude : ndarray (n, n_bins)
        Bin 0 is the mean of the frame.
    starts : ndarray (n,)
        First rows in the recording that was learned from.
    window : str or tuple
        Taper of the frames.
    """

    amplitude: Float64Array
    starts: IntArray
    window: Window


def learned_frames(model: SpectralModel, longest: int) -> tuple[int, list[Learned]] | None:
    """Return the length of normal frames of a model, and those of each channel.

    Parameters
    ----------
    model : SpectralModel
    longest : int
        Frames of at most this many rows are preferred, the longest of them first.

    Returns
    -------
    (int, list of Learned) or None
        None for a model without rows known to be normal, with angles, or with other views alone.
    """
    usable = [
        one
        for one in model.standardised.base.comparisons
        if isinstance(one, Comparison)
        and one.view in AMPLITUDES
        and any(bank.declared for bank in one.references)
    ]
    if not usable or model.turns.any():
        return None
    fitting = [one for one in usable if one.nperseg <= longest]
    chosen = (
        max(fitting, key=lambda one: one.nperseg)
        if fitting
        else min(usable, key=lambda one: one.nperseg)
    )
    channels = range(model.constant.size)
    return chosen.nperseg, [_of_channel(model, chosen, channel) for channel in channels]


def _of_channel(model: SpectralModel, chosen: Comparison, channel: int) -> Learned:
    bank = next(one for one in chosen.references if one.declared)
    spread = float(model.standardised.scale.spread[channel])
    parts = bank.targets.spectra(channel).astype(np.float64)
    power = by_bin(parts**2, chosen.view, chosen.nperseg // 2 + 1)
    weights = taper(chosen.window, chosen.nperseg)
    amplitude = np.sqrt(power) * spread * magnitude_over_power(weights)
    centre = float(model.standardised.scale.centre[channel])
    amplitude[:, 0] = bank.means[channel].astype(np.float64) * spread + centre
    whole = np.isfinite(amplitude).all(axis=1)
    return Learned(amplitude[whole], bank.starts[whole], chosen.window)
