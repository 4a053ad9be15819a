"""The sampling rate behind time stamps that repeat or come in bursts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.instants import duration_text, seconds_of

_AMBIGUOUS = 0.02  # of the steps: how many may be neither inside a burst nor between two
_UNSTEADY = 0.1  # of the bursts: how many may have another number of rows than most
_FEWEST_BURSTS, _FEWEST_IN_BURST = 4, 3
_INSIDE = 0.35  # of the mean step: the longest step inside a burst


@dataclass(frozen=True)
class StampRate:
    """The rate of rows whose stamps repeat, and where each row lies on the grid of that rate.

    `fs` is in Hz; `positions` (n,) rise by 1 where no row was lost; `note` says how the rate was
    found.
    """

    fs: float
    positions: IntArray
    note: str


def rate_of_bursts(index: pd.Index) -> StampRate | None:
    """Return the sampling rate where the number of rows between distinct stamps is steady.

    Stamps that are cut to whole seconds repeat; radio and serial links deliver rows in bursts,
    whose stamps lie close together. None is returned for all other stamps.
    """
    seconds = seconds_of(index)
    steps = np.diff(seconds)
    span = float(seconds[-1] - seconds[0])
    if span <= 0 or np.mean(steps < 0) > 0:
        return None
    mean = span / len(steps)
    between = steps > 1.2 * mean
    inside = steps < _INSIDE * mean
    if np.mean(between | inside) < 1 - _AMBIGUOUS:
        return None
    starts = np.concatenate([[0], np.flatnonzero(between) + 1])
    if len(starts) < _FEWEST_BURSTS:
        return None
    # The first and the last burst may be cut.
    counts, gaps = np.diff(starts)[1:], np.diff(seconds[starts])[1:]
    usual = float(np.median(gaps))
    single = gaps < 1.5 * usual
    rows = float(np.mean(counts[single])) if single.any() else 0.0
    steady = np.abs(counts - rows) <= max(1.05, 0.02 * rows)
    fewest = 1.2 if np.mean(steps[inside] == 0) > 0.9 else _FEWEST_IN_BURST
    if rows < fewest or np.mean(steady) < 1 - _UNSTEADY:
        return None
    whole = bool(np.mean(np.abs(gaps / usual - np.rint(gaps / usual)) < 0.01) > 0.95)
    if steady.all():
        length = usual if whole else float(np.mean(gaps[single]))
        # Four rows in every hour are no 0.00111 Hz: where all counts agree nothing is rounded.
        error = 0.0 if np.ptp(counts) == 0 else 1 / len(counts)
        error = error if whole else 2 * rows * float(np.std(gaps[single])) / (span * usual) * usual
        fs = _roundest(rows / length, float(error) / length)
    else:
        fs = _roundest(float(np.median(counts)) / usual, 0.0)
    positions = _positions(seconds, starts, fs, bool(steady.all() and single.all()))
    return StampRate(fs, positions, _note(rows, usual, fs, whole))


def _roundest(value: float, error: float) -> float:
    """Return the number with the fewest digits that lies within an error of a value."""
    for digits in range(1, 12):
        rounded = float(f"{value:.{digits}g}")
        if abs(rounded - value) <= max(error, 1e-9 * value):
            return rounded
    return value


def _positions(seconds: Float64Array, starts: IntArray, fs: float, complete: bool) -> IntArray:
    """Return where the rows lie on the grid: bursts keep their distance where rows were lost."""
    n = len(seconds)
    if complete:
        return np.arange(n)
    sizes = np.diff(np.concatenate([starts, [n]]))
    first = starts[1] if len(starts) > 1 else 0
    wanted = first + np.rint((seconds[starts] - seconds[starts[1]]) * fs).astype(np.int64)
    wanted[0] = 0
    # A burst begins where its stamp says, or right behind the one before: end_i = max over j <= i
    # of what burst j wants plus the sizes of the bursts from j on.
    before = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    begins = np.maximum.accumulate(wanted - before) + before
    return np.asarray(np.repeat(begins - starts, sizes) + np.arange(n), dtype=np.int64)


def _note(rows: float, usual: float, fs: float, whole: bool) -> str:
    """Return a note on where the rate comes from."""
    if whole and usual == 1:
        said = f"{rows:.6g} rows a second, and stamps of whole seconds"
        return f"{said}: {fs:g} Hz (--fs gives another)."
    kind = "share a time stamp, one every" if whole else "come in a burst, one every"
    return f"{rows:.4g} rows {kind} {duration_text(usual)}: {fs:g} Hz (--fs gives another)."
