"""Reduction of long series to the columns of a figure, without losing an extreme value."""

from typing import Final

import numpy as np

from spectra.arrays import FloatArray, IntArray

# More columns than a screen or a page can show.
COLUMNS: Final = 1500


def column_starts(n_values: int) -> IntArray:
    """Return the index of the first value in each column, (n_columns,)."""
    return np.linspace(0, n_values, min(n_values, COLUMNS), endpoint=False).astype(np.int64)


def envelope(values: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return x and y of a line through the smallest and largest value of each column.

    NaN is ignored. A series of at most two values per column is returned as it is.
    """
    if len(values) <= 2 * COLUMNS:
        return x, values
    first = column_starts(len(values))
    both = np.stack([np.fmin.reduceat(values, first), np.fmax.reduceat(values, first)], axis=1)
    return np.repeat(x[first], 2), both.ravel()


def column_maxima(values: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return x and y of a line through the largest value of each column.

    NaN is ignored. A series of at most two values per column is returned as it is.
    """
    if len(values) <= 2 * COLUMNS:
        return x, values
    first = column_starts(len(values))
    return x[first], np.fmax.reduceat(values, first)
