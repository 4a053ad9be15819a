"""Frames, steps, spectra, distances and autocorrelation by their definitions, in plain loops."""

import cmath
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import ceil, fsum, inf, isfinite, isnan, nan, sqrt
from statistics import median


def frame_starts(n_samples, nperseg, hop):
    """First sample of each whole frame."""
    return [start for start in range(0, n_samples, hop) if start + nperseg <= n_samples]


def frames_near(hop_index, nperseg, hop, share=0.25):
    """The frames whose centre is within a share of nperseg of that of a hop; some may not exist."""
    centre = hop_index * hop + Fraction(hop, 2)
    reach = nperseg // hop + 2
    return [
        i
        for i in range(hop_index - reach, hop_index + reach + 1)
        if abs(i * hop + Fraction(nperseg, 2) - centre) <= Fraction(share) * nperseg
    ]


def step_score(frame_scores, nperseg, hop, step, j, share=0.25):
    """The mean over the frames near the hop of step j, of those with a score.

    Where the hop lacks one of its frames, the nearest hop that has all of them stands for it.
    """
    n_frames = len(frame_scores)
    every = frames_by_hop(n_frames, nperseg, hop, share)
    full = [q for q, near in every.items() if near[0] >= 0 and near[-1] < n_frames]
    own = j * step // hop
    # Where no hop has all its frames, it is the last one whose latest frame exists.
    chosen = (
        min(full, key=lambda q: abs(q - own))
        if full
        else max(q for q, near in every.items() if near[-1] < n_frames)
    )
    scores = [frame_scores[i] for i in every[chosen] if 0 <= i < n_frames]
    scores = [score for score in scores if isfinite(score)]
    return fsum(scores) / len(scores) if scores else nan


# The same for all steps and channels.
@lru_cache(8)
def frames_by_hop(n_frames, nperseg, hop, share):
    """The frames near each hop of a signal."""
    hops = range(n_frames + 2 * nperseg // hop + 2)
    return {q: frames_near(q, nperseg, hop, share) for q in hops}


def n_finished(n_samples, nperseg, hop, step, share=0.25):
    """The number of steps, from the first on, all of whose frames lie in the first `n_samples`."""
    n_frames = len(frame_starts(n_samples, nperseg, hop))
    first_full = next(q for q in range(nperseg) if frames_near(q, nperseg, hop, share)[0] >= 0)
    j = 0
    while frames_near(max(j * step // hop, first_full), nperseg, hop, share)[-1] < n_frames:
        j += 1
    return j


def spectrum(frame):
    """The discrete Fourier transform at the one-sided bins."""
    n = len(frame)
    return [
        sum(value * cmath.exp(-2j * cmath.pi * k * i / n) for i, value in enumerate(frame))
        for k in range(n // 2 + 1)
    ]


def band_powers(X, n_bands=4, n_stretches=16):
    """The mean power of the signal of each band, bins of one width from 1 on, in each stretch."""
    n_bands = min(n_bands, len(X) - 1)
    width = (len(X) - 1) // n_bands
    n_stretches = min(n_stretches, width)
    powers = []
    for band in range(n_bands):
        bins = X[1 + band * width : 1 + (band + 1) * width]
        at = [
            abs(sum(x * cmath.exp(2j * cmath.pi * k * t / width) for k, x in enumerate(bins))) ** 2
            for t in range(width)
        ]
        edges = [round(i * width / n_stretches) for i in range(n_stretches + 1)]
        powers += [fsum(at[a:b]) / (b - a) for a, b in pairwise(edges)]
    return powers


def squared_distance(a, b):
    return fsum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def nearest(features, bank, k, left_out):
    """The mean squared distance of each frame of one channel to its k nearest normal spectra."""
    means = []
    for i, frame in enumerate(features):
        every = sorted(
            inf if (i, j) in left_out or isnan(normal[0]) else squared_distance(frame, normal)
            for j, normal in enumerate(bank)
        )
        means.append(nan if isnan(frame[0]) else sum(every[:k]) / k)
    return means


def autocorrelation(signal, max_lag):
    """Mean over channels of the mean product of standardised values a lag apart, 1 at lag 0."""
    total = [0.0] * (max_lag + 1)
    for values in zip(*signal, strict=True):
        mean = fsum(values) / len(values)
        sigma = sqrt(fsum((value - mean) ** 2 for value in values) / len(values))
        scaled = [(value - mean) / sigma for value in values]
        for lag in range(max_lag + 1):
            pairs = list(zip(scaled[: len(scaled) - lag], scaled[lag:], strict=True))
            total[lag] += fsum(a * b for a, b in pairs) / len(pairs)
    return [value / total[0] for value in total]


def dominant_period(signal):
    """The first peak of the autocorrelation that reaches 0.9 of the highest, or None.

    Lags are those below a quarter of the signal and below 4096. A peak rises 0.2, and 7/√n, above
    the lowest value before it, and above 0; at lags above n/8 it also rises 7 times the standard
    deviation by Bartlett's formula. The highest value at most a tenth beyond is the period.
    """
    n = len(signal)
    max_lag = min(n // 4, 4096)
    if max_lag < 4:
        return None
    r = autocorrelation(signal, max_lag)
    memory = 1.0
    for lag in range(1, max_lag + 1):
        if r[lag] > r[lag - 1] or r[lag] <= 0:
            break
        memory += 2 * r[lag] ** 2

    def rise(lag):
        few = 7 * sqrt(memory / (n - lag)) if lag > n // 8 else 0.0
        return max(0.2, 7 / sqrt(n), few)

    peaks = [
        lag
        for lag in range(1, max_lag)
        if r[lag - 1] < r[lag] >= r[lag + 1] and r[lag] > 0 and r[lag] - min(r[:lag]) >= rise(lag)
    ]
    if not peaks:
        return None
    best = max(r[lag] for lag in peaks)
    first = next(lag for lag in peaks if r[lag] >= 0.9 * best)
    return max(range(first, min(first + int(0.1 * first), max_lag) + 1), key=lambda lag: r[lag])


def causal_step(frame_scores, nperseg, hop, step, j):
    """The score of the last frame that ends before the second sample of the hop of step j."""
    first_row = j * step // hop * hop
    ended = [i for i in range(len(frame_scores)) if i * hop + nperseg - 1 <= first_row]
    score = frame_scores[ended[-1]] if ended else nan
    return score if isfinite(score) else nan


def same_later(signal, amplitudes, lag, fraction, jittered, share):
    """Say of each row of a signal (rows of channels) if it is the same a lag later in all channels.

    The value a lag later lies between two rows, or anywhere among the row of the lag and the two
    beside it where edges are jittered. Channels without an amplitude never change.
    """
    same = []
    for i in range(len(signal) - lag):
        row = True
        for channel, amplitude in enumerate(amplitudes):
            if isnan(amplitude):
                continue
            there = signal[i + lag][channel]
            near = [signal[min(max(i + lag + k, 0), len(signal) - 1)][channel] for k in (-1, 1)]
            beside = near[1] if fraction > 0 else near[0]
            bounds = (
                [there, *near] if jittered else [there, there + abs(fraction) * (beside - there)]
            )
            tolerance = share * amplitude
            value = signal[i][channel]
            row &= min(bounds) - tolerance <= value <= max(bounds) + tolerance
        same.append(row)
    return same


def same_around(same, around):
    """Say of each row if it is the same with all rows at most `around` from it."""
    return [all(same[max(i - around, 0) : i + around + 1]) for i in range(len(same))]


def repeated(alike, n, span, share):
    """Say of each of n rows if it repeats: `alike` maps lags to lists of `same_around`.

    At a share of the lags it is compared at, and over a span of rows before and after it.
    """
    rows = []
    for i in range(n):
        later = {lag: each[i] for lag, each in alike.items() if i < len(each)}
        earlier = {lag: each[i - lag] for lag, each in alike.items() if i >= lag}
        count = sum(later.values()) + sum(earlier.values())
        reach = sum(max((lag for lag in one if one[lag]), default=0) for one in (later, earlier))
        rows.append(reach >= span and count >= share * (len(later) + len(earlier)))
    return rows


def without_lone(values, normal, rows, share, beyond, block):
    """Rows of one channel, lone ones far beyond all that recurs replaced by a median."""
    n = len(values)
    middle = median(v for v in values if v == v)
    distance = [abs(v - middle) for v in values]
    largest = []
    for start in range(0, n, block):
        known = [d for d in distance[start : start + block] if d == d]
        largest += [max(known)] if known else []
    recurring = sorted(largest)[ceil((1 - share) * (len(largest) - 1) - 1e-9)]
    if recurring == 0:
        return list(values)
    limit = max([beyond * recurring, *(distance[i] for i in normal if distance[i] == distance[i])])
    found = list(values)
    for i in range(n):
        near = range(max(0, i - rows // 2), min(n, i + rows // 2 + 1))
        known = [j for j in near if distance[j] == distance[j]]
        if distance[i] > limit and median(distance[j] for j in known) <= limit:
            found[i] = median(values[j] for j in known)
    return found
