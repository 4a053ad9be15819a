"""How well scores or alarms agree with known anomalies.

Everywhere `labels` (n,) are 1 on the anomalous rows and 0 on the others, `scores` (n,) are higher where more anomalous,
and `alarms` (n,) are 1, or True, on the rows that were reported. An event is a run of rows labelled 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.errors import DataError

# Those of TSB-AD, whose figures are compared with others' (Liu & Paparrizos 2024, "The Elephant in the Room").
N_THRESHOLDS = 250
ROWS_OF_PERIOD = 20_000
SHORTEST_LAG, LONGEST_LAG, LAST_LAG = 3, 300, 400
USUAL_BUFFER = 125


class Volumes(NamedTuple):
    """Volumes under the precision–recall and the ROC surface, each from 0 (worst) to 1 (best)."""

    pr: float
    roc: float


def vus_pr(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """VUS-PR, the volume under the range-based precision–recall surface: see `volumes`."""
    return volumes(labels, scores, buffer).pr


def vus_roc(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """VUS-ROC, the volume under the range-based ROC surface: see `volumes`."""
    return volumes(labels, scores, buffer).roc


def volumes(labels: ArrayLike, scores: ArrayLike, buffer: int) -> Volumes:
    """VUS-PR and VUS-ROC: the mean area under the range-based curves over the buffer lengths b = 0 … `buffer`.

    For a buffer length b, a row at distance d ≤ b/2 from an event has the label √(1 − d/b) instead of 0; the ramps of
    several events add up to at most 1. With P the number of labelled rows, n of all, and at a threshold TP the label
    mass of the N rows that reach it, R the part of it in the ramps, and E the share of the widened events it touches:

        precision = TP / N    TPR = min(TP / Q, 1) · E    FPR = (N − TP) / (n − Q)    Q = P + R/2

    at 250 thresholds, scores whose ranks are evenly spaced. Exact, in O(n log n + 250·buffer²): the rows are sorted into
    the thresholds once, and all the rest are sums over thresholds.

    Paparrizos et al. 2022, "Volume Under the Surface"; thresholds, Q and steps as in TSB-AD's published code. Raises
    DataError for labels or scores that cannot be used, ValueError for a negative buffer.
    """
    truth, values = _checked(labels, scores)
    if buffer < 0 or buffer != int(buffer):
        raise ValueError(f"buffer={buffer} must be an integer >= 0.")
    n, P, half = truth.size, int(truth.sum()), int(buffer) // 2
    ranks = np.linspace(0, n - 1, N_THRESHOLDS).astype(np.int64)
    thresholds = np.sort(values)[::-1][ranks]
    step = np.searchsorted(-thresholds, -values)  # [n], the first threshold that a row reaches
    first, last = runs(truth)

    N = _cumulative(step)
    R = _ramp_mass(step, truth, first, last, int(buffer))  # [buffer + 1, 250]
    E = np.repeat(_touched(step, first, last, half), 2, axis=0)[: int(buffer) + 1]
    TP = _cumulative(step[truth]) + R
    recall = np.minimum(TP / (P + R / 2), 1) * E
    return Volumes(
        pr=float((np.diff(recall, axis=1, prepend=0) * (TP / N)).sum(axis=1).mean()),
        roc=float(_area((N - TP) / (n - P - R / 2), recall).mean()) if n > P else np.nan,
    )


def _cumulative(step: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the rows reach each threshold, (250,)."""
    return np.cumsum(np.bincount(step, minlength=N_THRESHOLDS))


def _ramp_mass(
    step: NDArray[np.int64],
    truth: NDArray[np.bool_],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    buffer: int,
) -> NDArray[np.float64]:
    """Label mass in the ramps at or above each threshold, for each buffer length: (buffer + 1, 250).

    A ramp is nowhere lower than √½, so where two meet the label is 1: a row's two nearest events tell its label.
    """
    half = buffer // 2
    rows = np.flatnonzero(~truth)
    before = np.searchsorted(last, rows)
    far = np.full(2, step.size + half + 1)
    ends, begins = np.concatenate([-far, last]), np.concatenate([first, step.size + far])
    left, right = rows - ends[before + 1], begins[before] - rows
    nearest = np.minimum(left, right)
    second = np.minimum(np.maximum(left, right), np.minimum(rows - ends[before], begins[before + 1] - rows))
    near = nearest <= half
    nearest, second, step = nearest[near] - 1, second[near], step[rows[near]]

    # Rows under one ramp, by their distance − 1 and their threshold; those under two, by their threshold.
    single = np.bincount(nearest * N_THRESHOLDS + step, minlength=half * N_THRESHOLDS).reshape(half, N_THRESHOLDS)
    double = np.zeros(N_THRESHOLDS)
    order = np.argsort(second, kind="stable")
    bounds = np.searchsorted(second[order], np.arange(half + 2))
    mass = np.zeros((buffer + 1, N_THRESHOLDS))
    distance = np.arange(1, half + 1)
    single = single.astype(np.float64)
    for h in range(1, half + 1):
        met = order[bounds[h] : bounds[h + 1]]
        np.subtract.at(single, (nearest[met], step[met]), 1)
        double += np.bincount(step[met], minlength=N_THRESHOLDS)
        for length in (2 * h, 2 * h + 1)[: buffer - 2 * h + 1]:
            mass[length] = np.sqrt(1 - distance[:h] / length) @ single[:h] + double
    return np.cumsum(mass, axis=1)


def _touched(step: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64], half: int) -> NDArray[np.float64]:
    """The share of the events, widened by h rows and joined where they meet, that each threshold touches: (half + 1, 250)."""
    beyond = np.full(half + 1, N_THRESHOLDS)
    padded = np.concatenate([beyond, step, beyond])
    first, last = first + half + 1, last + half + 1
    best = np.minimum.reduceat(padded, np.column_stack([first, last + 1]).ravel())[::2]
    shares = np.empty((half + 1, N_THRESHOLDS))
    for h in range(half + 1):
        best = np.minimum(best, np.minimum(padded[first - h], padded[last + h]))
        opens = np.concatenate([[True], first[1:] - h > last[:-1] + h])
        joined = np.minimum.reduceat(best, np.flatnonzero(opens))
        shares[h] = _cumulative(joined) / joined.size
    return shares


def _area(fpr: NDArray[np.float64], tpr: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area under each curve (…, n_thresholds), from (0, 0) and on to (1, 1), by the trapezoidal rule."""
    x = np.diff(fpr, axis=-1, prepend=0, append=1)
    ends = np.zeros((*tpr.shape[:-1], 1))
    y = np.concatenate([ends, tpr, ends + 1], axis=-1)
    return np.asarray((x * (y[..., 1:] + y[..., :-1])).sum(axis=-1) / 2)


def vus_buffer(signal: ArrayLike) -> int:
    """The buffer length that TSB-AD uses for a series (n,): its dominant period by autocorrelation.

    The highest local maximum of the autocorrelation of the first 20,000 rows, from lag 3 on; 125 where there is none or
    where it lies, counted from lag 3 as in the published code, outside 3 … 300. NaN counts as the mean. Raises DataError
    for what is no series.
    """
    series = np.asarray(signal, dtype=np.float64)
    if series.ndim != 1 or series.size == 0:
        raise DataError(f"The series must have the shape (rows,), not {series.shape}: give one channel.")
    x = series[:ROWS_OF_PERIOD]
    if not np.isfinite(x).any():
        return USUAL_BUFFER
    x = np.nan_to_num(x - np.nanmean(x))
    # Padded with as many zeros, the circular correlation is the plain one.
    power = np.abs(np.fft.rfft(x, 2 * x.size)) ** 2
    r = np.fft.irfft(power)[SHORTEST_LAG : min(x.size, LAST_LAG + 1)]
    peaks = 1 + np.flatnonzero((r[1:-1] > r[:-2]) & (r[1:-1] > r[2:]))
    if peaks.size == 0:
        return USUAL_BUFFER
    best = int(peaks[np.argmax(r[peaks])])
    return best + SHORTEST_LAG if SHORTEST_LAG <= best <= LONGEST_LAG else USUAL_BUFFER


def runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last row (inclusive) of each run of True."""
    steps = np.diff(mask.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and scores as arrays; raises DataError for what cannot be compared."""
    truth, values = _truth(labels), np.asarray(scores, dtype=np.float64)
    if values.shape != truth.shape:
        raise DataError(f"The scores must have one value a label, the shape {truth.shape}, not {values.shape}.")
    if np.isnan(values).any():
        raise DataError(f"The score of row {int(np.argmax(np.isnan(values)))} is not a number: give every row a score.")
    return truth, values


def _truth(labels: ArrayLike) -> NDArray[np.bool_]:
    """Labels as booleans; raises DataError where they are no labels or hold no anomaly."""
    marks = np.asarray(labels)
    if marks.ndim != 1 or marks.size == 0:
        raise DataError(f"The labels must have the shape (rows,), not {marks.shape}.")
    wrong = ~np.isin(marks, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"The labels must be 0 or 1, and that of row {row} is {marks[row]}.")
    truth = marks.astype(np.bool_)
    if not truth.any():
        raise DataError("The labels hold no anomaly: there is nothing to find.")
    return truth
