"""Time stamps as they were logged, put on a regular grid: order, repeats, jitter and gaps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.datasets.columns import FloatArray, IntArray
from spectra.errors import DataError

LONGEST_FILL = 5
"""Gaps of at most so many samples are filled by straight lines; longer ones stay without values."""

_JITTER = 0.2  # of a step: what one time stamp may be off
_EXACT = 1e-3  # of a step: what is no jitter but rounding
_OFF_SHARE = 0.02  # of the steps: how many may be no multiple of the usual one, such as restarts after a pause
_REPEAT_SHARE = 0.01  # of the rows: how many may repeat a time stamp
_UNSORTED_SHARE = 0.02  # of the rows: how many may come late
_GROWTH = 10  # times the rows: what the grid may grow to

Place = Callable[[int], str]


@dataclass(frozen=True)
class Grid:
    """A regular grid and the position of every row on it.

    `index` (n,) are the instants of the grid, `step` their distance in seconds, `rows` (n_input,) the position of each
    input row, `seconds` (n_input,) its time since the start of the grid.
    """

    index: pd.Index
    step: float
    rows: IntArray
    seconds: FloatArray
    notes: tuple[str, ...]

    @property
    def fs(self) -> float:
        """The sampling rate in Hz, without the noise of its last digits."""
        short = float(f"{1 / self.step:.6g}")
        return short if abs(short * self.step - 1) < 1e-9 else 1 / self.step


def seconds_since_start(index: pd.Index) -> FloatArray:
    """The seconds from the first instant to each, (n,)."""
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        counts = index.asi8
        return np.asarray((counts - counts[0]) / _per_second(index), dtype=np.float64)
    values = index.to_numpy(dtype=np.float64)
    return values - values[0]
