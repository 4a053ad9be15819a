"""Bands of frequencies: the one in which a frame differs most, and those that carry an alarm."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra import formatting
from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.explanation.contrast import Contrast
from spectra.signal.evidence import Evidence

# Bands of an alarm that are listed, and the smallest share of one beside the largest.
MOST_BANDS: Final = 5
LEAST_SHARE: Final = 0.05
# Parts of bands that are sought; neighbouring ones are joined.
MOST_PARTS: Final = 12


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


@dataclass(frozen=True)
class Band:
    """A band of frequencies that carries an alarm.

    Attributes
    ----------
    f_low, f_high : float
        Edges in Hz; in cycles per sample where no sampling rate is known.
    share : float
        Share of the alarm's excess; those of all bands add up to 1.
    change_db : float or None
        Power inside the alarm over the normal power, in dB; below 0 where it fell. None for the
        level.
    change : float or None
        Difference of the level from normal in the unit of the channel; None for other bands.
    text : str
        The band as text: "12 – 16 Hz", "period 24 h", "level".
    """

    f_low: float
    f_high: float
    share: float
    change_db: float | None
    change: float | None
    text: str


def bands_of(found: Contrast, fs: float | None, level: float | None = None) -> tuple[Band, ...]:
    """Return the bands that carry an alarm; their shares add up to 1.

    `level` is the difference of the level where it is known better than from frames, which may be
    longer than the event.

    The first is the contiguous bins around the largest excess with half as much, the next the same
    in the bins that are left. Neighbouring bands that changed in the same direction are one.
    """
    left = found.excess.copy()
    up = found.power >= found.normal_power
    edges: list[tuple[int, int]] = []
    largest = 0.0
    while len(edges) < MOST_PARTS and left.max() > 0:
        low, high = _own_direction(*band(left), int(left.argmax()), up)
        share = float(left[low : high + 1].sum())
        largest = max(largest, share)
        if share < LEAST_SHARE * largest:
            break
        edges.append((low, high))
        left[low : high + 1] = 0.0
    shares = {one: float(found.excess[one[0] : one[1] + 1].sum()) for one in _joined(edges, up)}
    ordered = sorted(shares, key=lambda one: -shares[one])[:MOST_BANDS]
    total = sum(shares[one] for one in ordered)
    return tuple(_band(found, *one, shares[one] / total, fs, level) for one in ordered)


def _own_direction(low: int, high: int, peak: int, up: BoolArray) -> tuple[int, int]:
    """Return the part of a band around its peak that changed in one direction.

    Bin 0 is the level, which is no band with the bins beside it.
    """
    if peak == 0:
        return 0, 0
    other = np.flatnonzero(up[low : high + 1] != up[peak]) + low
    below, above = other[other < peak], other[other > peak]
    low = max(low, 1, int(below[-1]) + 1 if below.size else 0)
    return low, int(above[0]) - 1 if above.size else high


def _joined(edges: list[tuple[int, int]], up: BoolArray) -> list[tuple[int, int]]:
    """Return bands with those joined that touch and changed in the same direction."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(edges):
        if joined and 0 < joined[-1][1] == low - 1 and up[low] == up[low - 1]:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _band(
    found: Contrast, low: int, high: int, share: float, fs: float | None, level: float | None
) -> Band:
    f_low, f_high = band_edges(np.array([low]), np.array([high]), found.nperseg, fs)
    of_frames = float(np.median(found.inside[:, 0] - found.nearest[:, 0]))
    change = (of_frames if level is None else level) if high == 0 else None
    return Band(
        f_low=float(f_low[0]),
        f_high=float(f_high[0]),
        share=share,
        change_db=None if high == 0 else found.change_db(low, high),
        change=change,
        text=band_text(low, high, found.nperseg, fs),
    )


def band_text(low: int, high: int, nperseg: int, fs: float | None) -> str:
    """Return the bins of a band as text: "12.0 – 16.0 Hz", "period 24 h", "level".

    Frequencies below 1 Hz read better as periods.
    """
    width = (1.0 if fs is None else fs) / nperseg
    text = formatting.range_text(low * width, high * width, fs)
    if fs is None or high == 0 or high * width >= 1.0:
        return text
    return f"periods {text}" if "–" in text else f"period {text}"
