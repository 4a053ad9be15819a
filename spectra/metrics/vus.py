"""Volumes under the range-based precision–recall and ROC surfaces, and the buffer length they are
taken over.

For a buffer length b, a row at distance d ≤ b/2 from an event has the label √(1 − d/b) instead of
0; the ramps of several events add up to at most 1. With P the number of labelled rows, n of all,
and at a threshold TP the label mass of the N rows that reach it, R the part of it in the ramps, and
E the share of the widened events it touches:

    precision = TP / N    TPR = min(TP / Q, 1) · E    FPR = (N − TP) / (n − Q)    Q = P + R/2

at 250 thresholds, scores whose ranks are evenly spaced. The volume is the mean area under the curve
over b = 0 … `buffer`.

Paparrizos et al. 2022, "Volume Under the Surface"; thresholds, Q and steps as in the published code
of TSB-AD (Liu & Paparrizos 2024, "The Elephant in the Room"). Exact, in O(n log n + 250·buffer²):
rows are sorted into the thresholds once, and all the rest are sums over thresholds.
"""

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray

N_THRESHOLDS = 250
ROWS_OF_PERIOD = 20_000
SHORTEST_LAG, LONGEST_LAG, LAST_LAG = 3, 300, 400
USUAL_BUFFER = 125


def volumes(
    truth: BoolArray, scores: Float64Array, events: tuple[IntArray, IntArray], buffer: int
) -> tuple[float, float]:
    """VUS-PR and VUS-ROC of scores (n,), the second NaN where every row is anomalous.

    `truth` (n,) is True on anomalous rows, of which there is at least one; `events` are their runs,
    first and last row.
    """
    n, P = truth.size, int(truth.sum())
    ranks = np.linspace(0, n - 1, N_THRESHOLDS).astype(np.int64)
    thresholds = np.sort(scores)[::-1][ranks]
    step = np.searchsorted(-thresholds, -scores)  # [n], the first threshold that a row reaches

    N = _cumulative(step)
    R = _ramp_mass(step, truth, events, buffer)  # [buffer + 1, 250]
    E = np.repeat(_touched(step, events, buffer // 2), 2, axis=0)[: buffer + 1]
    TP = _cumulative(step[truth]) + R
    recall = np.minimum(TP / (P + R / 2), 1) * E
    pr = (np.diff(recall, axis=1, prepend=0) * (TP / N)).sum(axis=1)
    if n == P:
        return float(pr.mean()), np.nan
    fpr = (N - TP) / (n - P - R / 2)
    x, y = (np.pad(curve, ((0, 0), (1, 1)), constant_values=(0, 1)) for curve in (fpr, recall))
    return float(pr.mean()), float(np.trapezoid(y, x, axis=1).mean())


def _cumulative(step: IntArray) -> IntArray:
    """How many of the rows reach each threshold, (250,)."""
    return np.cumsum(np.bincount(step, minlength=N_THRESHOLDS))


def _ramp_mass(
    step: IntArray, truth: BoolArray, events: tuple[IntArray, IntArray], buffer: int
) -> Float64Array:
    """Label mass in the ramps at or above each threshold, for each buffer length: (buffer + 1,
    250).

    A ramp is nowhere lower than √½, so where two meet the label is 1: a row's two nearest events
    tell its label.
    """
    half = buffer // 2
    rows = np.flatnonzero(~truth)
    nearest, second = _two_distances(rows, events, beyond=truth.size + half)
    near = nearest <= half
    step, nearest, second = step[rows[near]], nearest[near], second[near]

    # IntArray under one ramp by distance and threshold; rows under two by threshold.
    one = np.bincount(nearest * N_THRESHOLDS + step, minlength=(half + 1) * N_THRESHOLDS).astype(
        np.float64
    )
    one = one.reshape(half + 1, N_THRESHOLDS)
    two = np.zeros(N_THRESHOLDS)
    order = np.argsort(second)
    bounds = np.searchsorted(second[order], np.arange(half + 2))
    mass = np.zeros((buffer + 1, N_THRESHOLDS))
    for h in range(1, half + 1):
        met = order[bounds[h] : bounds[h + 1]]
        np.subtract.at(one, (nearest[met], step[met]), 1)
        two += np.bincount(step[met], minlength=N_THRESHOLDS)
        for b in range(2 * h, min(2 * h + 1, buffer) + 1):
            mass[b] = np.sqrt(1 - np.arange(1, h + 1) / b) @ one[1 : h + 1] + two
    return np.cumsum(mass, axis=1)


def _two_distances(
    rows: IntArray, events: tuple[IntArray, IntArray], beyond: int
) -> tuple[IntArray, IntArray]:
    """Distance of each normal row from its nearest and its second nearest event; more than `beyond`
    where there is none.
    """
    first, last = events
    before = np.searchsorted(last, rows)
    none = np.full(2, 2 * beyond + 1)
    ends, begins = np.concatenate([-none, last]), np.concatenate([first, none])
    left, right = rows - ends[before + 1], begins[before] - rows
    further = np.minimum(rows - ends[before], begins[before + 1] - rows)
    return np.minimum(left, right), np.minimum(np.maximum(left, right), further)


def _touched(step: IntArray, events: tuple[IntArray, IntArray], half: int) -> Float64Array:
    """The share of the events, widened by h rows and joined where they meet, that each threshold
    touches: (half + 1, 250).
    """
    beyond = np.full(half + 1, N_THRESHOLDS)
    padded = np.concatenate([beyond, step, beyond])
    first, last = (rows + half + 1 for rows in events)
    best = np.minimum.reduceat(padded, np.column_stack([first, last + 1]).ravel())[::2]
    shares = np.empty((half + 1, N_THRESHOLDS))
    for h in range(half + 1):
        best = np.minimum(best, np.minimum(padded[first - h], padded[last + h]))
        opens = np.concatenate([[True], first[1:] - h > last[:-1] + h])
        joined = np.minimum.reduceat(best, np.flatnonzero(opens))
        shares[h] = _cumulative(joined) / joined.size
    return shares


def dominant_lag(series: Float64Array) -> int:
    """The highest local maximum of the autocorrelation of the first 20,000 rows, by TSB-AD's rule.

    From lag 3 on; 125 where there is none, or where it lies, counted from lag 3 as in the published
    code, outside 3 … 300. NaN counts as the mean.
    """
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
