"""Lone rows far beyond all that recurs, which a model does not learn from.

Such a row lies in many of the longest frames of a short recording. Their scores would widen the
scale of what is usual, and hide whatever else is odd.
"""

from typing import Final

import numpy as np

from spectra.arrays import Float64Array, IntArray

# Most rows, and most values, of a signal that is looked at: a lone row lies in few of the frames of
# a longer one.
LONGEST: Final = 131_072
LARGEST: Final = 2**24
# Rows around a lone one, whose median replaces it.
ROWS: Final = 5
# Rows of a block, share of the blocks that reach the extremes that recur, and fewest blocks: three
# of 32 may hold a lone row.
BLOCK: Final = 256
RECURRING: Final = 0.1
BLOCKS: Final = 32
# A lone row lies beyond this many times the extremes that recur. With 3, a row of 10 sigma in 6,000
# of white noise changes p elsewhere by a factor of 1.5, and with 10 by 14.
BEYOND: Final = 3.0


def without_glitches(signal: Float64Array, normal_rows: slice | None = None) -> Float64Array:
    """Return a signal (n_samples, n_channels) without lone rows far beyond all that recurs.

    The median of the rows around replaces them (Hampel 1974, JASA 69, 383, of a channel's distance
    from its median). The signal itself is returned where there is none, and a long one.

    Parameters
    ----------
    normal_rows : slice, optional
        Rows known to be normal: what lies no farther from the median than these is kept.
    """
    found = signal
    if len(signal) > LONGEST or signal.size > LARGEST:
        return found
    for channel, values in enumerate(np.asarray(signal).T):
        if not np.isfinite(values).any():
            continue
        distance = np.abs(values - np.nanmedian(values))
        limit = _limit(distance, normal_rows)
        far = np.flatnonzero(distance > limit) if limit > 0 else np.empty(0, dtype=np.int64)
        lone = far[_medians(distance, far) <= limit]
        if lone.size:
            found = np.array(signal, copy=True) if found is signal else found
            found[lone, channel] = _medians(values, lone)
    return found


def _medians(values: Float64Array, rows: IntArray) -> Float64Array:
    """Return the median of the values (n_samples,) around each of the rows (n,), (n,)."""
    if not rows.size:
        return np.empty(0)
    padded = np.pad(values, ROWS // 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, ROWS)[rows]
    return np.asarray(np.nanmedian(around, axis=1))


def _limit(distance: Float64Array, normal_rows: slice | None) -> float:
    """Return the largest distance (n_samples,) from the median that is no glitch.

    It is 0 where no distance above 0 recurs.
    """
    block = min(BLOCK, -(-distance.size // BLOCKS))
    maxima = np.fmax.reduceat(distance, np.arange(0, distance.size, block))
    recurring = np.nanquantile(maxima, 1 - RECURRING, method="higher")
    if normal_rows is None or recurring == 0:
        return float(BEYOND * recurring)
    return float(np.fmax.reduce(distance[normal_rows], initial=BEYOND * recurring))
