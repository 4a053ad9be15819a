"""Values put on a regular grid, and short gaps filled by straight lines."""

import numpy as np
from numpy.typing import NDArray

from spectra.datasets.columns import FloatArray, IntArray
from spectra.datasets.time_axis import Grid

BoolArray = NDArray[np.bool_]

LONGEST_FILL = 5
"""Gaps of at most so many samples are filled by straight lines; longer ones stay without values."""


def place_values(values: FloatArray, grid: Grid) -> FloatArray:
    """The values (n_input, c) at their positions on the grid, (n, c): NaN between, the mean where rows meet."""
    n = len(grid.index)
    if n == len(values) and bool((np.diff(grid.rows) == 1).all()):
        return values
    order = np.argsort(grid.rows, kind="stable")
    positions, starts = np.unique(grid.rows[order], return_index=True)
    placed = np.full((n, values.shape[1]), np.nan)
    if len(positions) == len(order):
        placed[positions] = values[order]
        return placed
    known = ~np.isnan(values[order])
    sums = np.add.reduceat(np.where(known, values[order], 0.0), starts, axis=0)
    counts = np.add.reduceat(known.astype(np.float64), starts, axis=0)
    placed[positions] = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return placed


def place_labels(labels: IntArray, grid: Grid) -> IntArray:
    """The labels (n_input,) on the grid, (n,): 1 where any row there has it, and in gaps between two such rows."""
    n = len(grid.index)
    found = np.full(n, -1, dtype=np.int64)
    np.maximum.at(found, grid.rows, labels)
    known = np.flatnonzero(found >= 0)
    before = known[np.clip(np.searchsorted(known, np.arange(n), side="right") - 1, 0, None)]
    after = known[np.clip(np.searchsorted(known, np.arange(n)), None, len(known) - 1)]
    return np.minimum(found[before], found[after])


def resample_values(values: FloatArray, grid: Grid) -> tuple[FloatArray, BoolArray]:
    """The values (n_input, c) interpolated in time at the grid, (n, c), and where a short gap was bridged, (n,).

    Rows with one time stamp are averaged. A gap of more than LONGEST_FILL samples has no values.
    """
    seconds, group = np.unique(grid.seconds, return_inverse=True)
    merged = place_values(values, Grid(grid.index[:0].append(grid.index[:0]), grid.step, group, seconds, ()))
    return merged, np.zeros(len(merged), dtype=np.bool_)
