"""Volumes under the range-based precision–recall and ROC surfaces, and their buffer.

For a buffer length b, a row at distance d ≤ b/2 from an event has the label √(1 − d/b) instead of
0; the ramps of several events add up to at most 1. Let P be the number of labelled rows and n that
of all rows. At a threshold, let TP be the label mass of the N rows that reach it, R the part of TP
in the ramps, and E the share of the widened events that contain such a row. Then

    precision = TP / N    TPR = min(TP / Q, 1) · E    FPR = (N − TP) / (n − Q)    Q = P + R/2

at 250 thresholds, which are scores with evenly spaced ranks. The volume is the mean area under the
curve over b = 0 … `buffer`.

Paparrizos et al. 2022, "Volume Under the Surface"; thresholds, Q and steps as in the published code
of TSB-AD (Liu & Paparrizos 2024, "The Elephant in the Room"). The result is exact and takes
O(n log n + 250·buffer²): rows are sorted into the thresholds once, and the rest are sums over
thresholds.
"""

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray, Pairs

# All constants are those of the published code of TSB-AD.
N_THRESHOLDS = 250
# Rows whose autocorrelation gives the period.
PERIOD_ROWS = 20_000
# Lags in rows: the first and the last of the autocorrelation, and the longest accepted period.
FIRST_LAG, LAST_LAG, LONGEST_PERIOD = 3, 400, 300
# Buffer in rows of a series without a period.
DEFAULT_BUFFER = 125


def volumes(
    truth: BoolArray, scores: Float64Array, events: Pairs, buffer: int
) -> tuple[float, float]:
    """Return VUS-PR and VUS-ROC of scores (n,); the second is NaN if all rows are anomalous.

    `truth` (n,) is True on anomalous rows, of which there is at least one; `events` are the first
    and last rows of their runs.
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
    """Return the number of rows that reach each threshold (250,)."""
    return np.cumsum(np.bincount(step, minlength=N_THRESHOLDS))


def _ramp_mass(step: IntArray, truth: BoolArray, events: Pairs, buffer: int) -> Float64Array:
    """Return the label mass in ramps of rows that reach each threshold, (buffer + 1, 250).

    A ramp is at least √½, so the label is 1 wherever two ramps meet. The two nearest events of a
    row therefore determine its label.
    """
    half = buffer // 2
    rows = np.flatnonzero(~truth)
    nearest, second = _two_distances(rows, events, beyond=truth.size + half)
    near = nearest <= half
    step, nearest, second = step[rows[near]], nearest[near], second[near]

    # Rows under one ramp, by distance and threshold; rows under two, by threshold.
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


def _two_distances(rows: IntArray, events: Pairs, beyond: int) -> tuple[IntArray, IntArray]:
    """Return the distances of normal rows from the nearest and second nearest event.

    A distance is larger than `beyond` if there is no such event.
    """
    first, last = events
    before = np.searchsorted(last, rows)
    none = np.full(2, 2 * beyond + 1)
    ends, begins = np.concatenate([-none, last]), np.concatenate([first, none])
    left, right = rows - ends[before + 1], begins[before] - rows
    further = np.minimum(rows - ends[before], begins[before + 1] - rows)
    return np.minimum(left, right), np.minimum(np.maximum(left, right), further)


def _touched(step: IntArray, events: Pairs, half: int) -> Float64Array:
    """Return the share of events with a row that reaches each threshold, (half + 1, 250).

    The events are widened by h = 0 … half rows, and joined if they meet.
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
    """Return the lag of the highest local maximum of the autocorrelation, by TSB-AD's rule.

    The first 20,000 rows and lags from 3 on are used, and NaN counts as the mean. The result is 125
    if there is no maximum, or if its lag, counted from lag 3 as in the published code, is outside
    3 … 300.
    """
    x = series[:PERIOD_ROWS]
    if not np.isfinite(x).any():
        return DEFAULT_BUFFER
    x = np.nan_to_num(x - np.nanmean(x))
    # Padded with as many zeros, the circular correlation equals the linear one.
    power = np.abs(np.fft.rfft(x, 2 * x.size)) ** 2
    r = np.fft.irfft(power)[FIRST_LAG : min(x.size, LAST_LAG + 1)]
    peaks = 1 + np.flatnonzero((r[1:-1] > r[:-2]) & (r[1:-1] > r[2:]))
    if peaks.size == 0:
        return DEFAULT_BUFFER
    best = int(peaks[np.argmax(r[peaks])])
    return best + FIRST_LAG if FIRST_LAG <= best <= LONGEST_PERIOD else DEFAULT_BUFFER
