"""Evidence to what a person reads: the channel and the band of frequencies that differ most."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.signal.evidence import Evidence


@dataclass(frozen=True)
class Bands:
    """The band that differs most at each of n steps.

    Attributes
    ----------
    channel : ndarray (n,)
        Index of the channel.
    nperseg : ndarray (n,)
        Rows of the frame.
    low, high : ndarray (n,)
        First and last bin.
    """

    channel: IntArray
    nperseg: IntArray
    low: IntArray
    high: IntArray


def bands(evidence: Iterable[Evidence]) -> Bands:
    """Return the band in which each frame exceeds its usual distance from normal most."""
    rows = []
    for each in evidence:
        low, high = band(each.excess)
        rows.append((each.channel, each.nperseg, low, high))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Bands(*columns)


def band(excess: Float64Array) -> tuple[int, int]:
    """Return first and last of the contiguous bins around the largest excess with half as much.

    `excess` (n_bins,) is never below 0.
    """
    peak = int(excess.argmax())
    weak = np.flatnonzero(excess < excess[peak] / 2)
    below, above = weak[weak < peak], weak[weak > peak]
    low = int(below[-1]) + 1 if below.size else 0
    high = int(above[0]) - 1 if above.size else excess.size - 1
    return low, high


def band_edges(
    low: IntArray, high: IntArray, nperseg: int | IntArray, fs: float | None
) -> tuple[Float64Array, Float64Array]:
    """Return the edges of bands from bin `low` to bin `high`, half a bin beyond each.

    They lie within 0 … fs/2, in Hz; in cycles per sample where fs is None.
    """
    rate = 1.0 if fs is None else fs
    width = rate / nperseg
    return np.maximum(low - 0.5, 0.0) * width, np.minimum((high + 0.5) * width, rate / 2)
