"""The slow obvious versions of spectra.metrics, from the definitions in the papers, one row at a time.

Imports nothing of spectra.
"""

import itertools
import math


def events(mask):
    """Runs of rows that are set, as (first, last)."""
    found = []
    for i, value in enumerate(mask):
        if value:
            if found and found[-1][1] == i - 1:
                found[-1] = (found[-1][0], i)
            else:
                found.append((i, i))
    return found


def extended(labels, length):
    """Labels with a ramp √(1 − d/b) on either side of every event, d = 1 … b // 2, clipped at 1."""
    ramped = [float(value) for value in labels]
    for first, last in events(labels):
        for d in range(1, length // 2 + 1):
            for i in (first - d, last + d):
                if 0 <= i < len(labels):
                    ramped[i] += math.sqrt(1 - d / length)
    return [min(1.0, value) for value in ramped]


def widened(labels, half):
    """Events with `half` rows more on either side, joined where they share a row."""
    joined = []
    for first, last in events(labels):
        a, b = first - half, last + half
        if joined and joined[-1][1] >= a:
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return [(max(a, 0), min(b, len(labels) - 1)) for a, b in joined]


def range_auc(labels, scores, length, n_thresholds=250):
    """Range-AUC-PR and range-AUC-ROC at one buffer length, by Paparrizos et al. 2022."""
    n = len(labels)
    ramped, wide = extended(labels, length), widened(labels, length // 2)
    descending = sorted(scores, reverse=True)
    points = [(0.0, 0.0, 1.0)]
    for j in range(n_thresholds):
        threshold = descending[int(j * (n - 1) / (n_thresholds - 1))]
        alarm = [score >= threshold for score in scores]
        tp = sum(value for value, on in zip(ramped, alarm, strict=True) if on)
        # The mass that counts as there to be found: every labelled row, and what the alarms reach of the ramps.
        mass = sum(1 if label else value * on for label, value, on in zip(labels, ramped, alarm, strict=True))
        positives = (sum(labels) + mass) / 2
        existence = sum(any(alarm[a : b + 1]) for a, b in wide) / len(wide)
        tpr = min(tp / positives, 1) * existence
        fpr = (sum(alarm) - tp) / (n - positives)
        points.append((tpr, fpr, tp / sum(alarm)))
    pr = sum((b[0] - a[0]) * b[2] for a, b in itertools.pairwise(points))
    points.append((1.0, 1.0, 0.0))
    roc = sum((b[1] - a[1]) * (b[0] + a[0]) / 2 for a, b in itertools.pairwise(points))
    return pr, roc


def volumes(labels, scores, buffer):
    """The mean of both areas over the buffer lengths 0 … buffer."""
    areas = [range_auc(labels, scores, length) for length in range(buffer + 1)]
    return tuple(sum(column) / len(areas) for column in zip(*areas, strict=True))


def autocorrelation(x, lag):
    """Σ_t (x_t − x̄)(x_{t+lag} − x̄)."""
    mean = sum(x) / len(x)
    return sum((x[t] - mean) * (x[t + lag] - mean) for t in range(len(x) - lag))


def vus_buffer(x):
    """TSB-AD's rule: the highest local maximum of the autocorrelation at the lags 3 … 400, or 125."""
    r = [autocorrelation(x, lag) for lag in range(3, min(400, len(x) - 1) + 1)]
    peaks = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] > r[i + 1]]
    if not peaks:
        return 125
    best = max(peaks, key=lambda i: r[i])
    return best + 3 if 3 <= best <= 300 else 125
