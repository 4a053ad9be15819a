"""Runs of true values in a mask."""

import numpy as np

from spectra.arrays import BoolArray, IntArray


def true_runs(mask: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the first position of each run of true values, and the one after its last."""
    # Beside plain zeros the differences would take eight bytes each.
    edges = np.diff(mask.astype(np.int8), prepend=np.int8(0), append=np.int8(0))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
