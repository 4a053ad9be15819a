"""The order of the stamps of rows, in all rows and in each of several series."""

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.datasets.instants import seconds_of


def stamps_of(instants: pd.Index) -> IntArray:
    """Return instants as whole numbers that keep their order."""
    return np.asarray(np.unique(seconds_of(instants), return_inverse=True)[1], dtype=np.int64)


def late_share(instants: pd.Index, codes: IntArray | None = None) -> float:
    """Return the share of the stamps that repeat or come late, forwards or backwards.

    `codes` are the series of the rows, in which each stamp is compared with those before it.
    """
    stamps = stamps_of(instants)
    stamps = stamps if stamps[-1] >= stamps[0] or np.mean(np.diff(stamps) < 0) < 0.5 else -stamps
    if codes is not None:
        # Each series lies above all those before it.
        stamps = (stamps + codes * (1 + int(np.ptp(stamps))))[np.argsort(codes, kind="stable")]
    return float(np.mean(stamps[1:] <= np.maximum.accumulate(stamps)[:-1]))


def out_of_order(codes: IntArray, instants: pd.Index) -> float:
    """Return the share of the steps in each series that go another way than most."""
    order = np.argsort(codes, kind="stable")
    codes, stamps = codes[order], stamps_of(instants)[order]
    steps = np.diff(stamps)[(np.diff(codes) == 0) & (codes[1:] >= 0)]
    return 1.0 if not len(steps) else float(1 - max(np.mean(steps > 0), np.mean(steps < 0)))
