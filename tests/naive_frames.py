"""Frames, events and the strongest band as their definitions say, in plain loops."""

from math import fsum, isfinite, nan, sqrt


def frame_starts(n_samples, nperseg, hop):
    """First sample of each frame: every hop samples, and one frame that ends on the last sample."""
    starts = [start for start in range(0, n_samples, hop) if start + nperseg <= n_samples]
    if starts[-1] + nperseg < n_samples:
        starts.append(n_samples - nperseg)
    return starts


def to_samples(frame_scores, starts, nperseg, n_samples):
    """Mean over the frames with a score that cover each sample."""
    means = []
    for sample in range(n_samples):
        scores = [
            score
            for score, start in zip(frame_scores, starts, strict=True)
            if start <= sample < start + nperseg and isfinite(score)
        ]
        means.append(fsum(scores) / len(scores) if scores else nan)
    return means


def autocorrelation(signal, max_lag):
    """Mean over channels of the mean product of standardised values that lie a lag apart, 1 at lag
    0.
    """
    total = [0.0] * (max_lag + 1)
    for values in zip(*signal, strict=True):
        mean = fsum(values) / len(values)
        sigma = sqrt(fsum((value - mean) ** 2 for value in values) / len(values))
        scaled = [(value - mean) / sigma for value in values]
        for lag in range(max_lag + 1):
            pairs = list(zip(scaled[: len(scaled) - lag], scaled[lag:], strict=True))
            total[lag] += fsum(a * b for a, b in pairs) / len(pairs)
    return [value / total[0] for value in total]


def detrended(frame, detrend):
    """A frame less nothing, its mean, or the line of least squares through it."""
    n = len(frame)
    mean = fsum(frame) / n
    if detrend == "none":
        return list(frame)
    if detrend == "constant":
        return [value - mean for value in frame]
    middle = (n - 1) / 2
    slope = fsum((i - middle) * value for i, value in enumerate(frame)) / fsum(
        (i - middle) ** 2 for i in range(n)
    )
    return [value - mean - slope * (i - middle) for i, value in enumerate(frame)]


def events(starts, z, p_value, nperseg, alpha):
    """(first, last, peak) of each run of flagged frames with fewer than nperseg samples between one
    and the next.
    """
    found = []
    for i, start in enumerate(starts):
        if not p_value[i] < alpha:
            continue
        if found and start - found[-1][1] - 1 < nperseg:
            first, _, peak = found[-1]
            found[-1] = (first, start + nperseg - 1, i if z[i] > z[peak] else peak)
        else:
            found.append((start, start + nperseg - 1, i))
    return found


def band(row):
    """(low, high): the bins around the largest excess that have half of it."""
    low = high = row.index(max(row))
    while low > 0 and row[low - 1] >= max(row) / 2:
        low -= 1
    while high < len(row) - 1 and row[high + 1] >= max(row) / 2:
        high += 1
    return low, high
