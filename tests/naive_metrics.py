"""The slow obvious versions of spectra.metrics, one row at a time.

They follow the definitions in the papers and import nothing of spectra.
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
        # The mass that counts as there to be found: every labelled row, and what the alarms reach
        # of the ramps.
        mass = sum(
            1 if label else value * on
            for label, value, on in zip(labels, ramped, alarm, strict=True)
        )
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
    """TSB-AD's rule for the period.

    It is the highest local maximum of the autocorrelation at the lags 3 … 400, or 125.
    """
    r = [autocorrelation(x, lag) for lag in range(3, min(400, len(x) - 1) + 1)]
    peaks = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] > r[i + 1]]
    if not peaks:
        return 125
    best = max(peaks, key=lambda i: r[i])
    return best + 3 if 3 <= best <= 300 else 125


def touches(a, b):
    """Return True if two runs share a row."""
    return a[0] <= b[1] and b[0] <= a[1]


def event_based(labels, alarms):
    """Share of the alarms that touch an event, of the events that an alarm touches."""
    true, found = events(labels), events(alarms)
    right = [any(touches(alarm, event) for event in true) for alarm in found]
    hit = [any(touches(alarm, event) for alarm in found) for event in true]
    return (sum(right) / len(right) if right else 0.0), sum(hit) / len(hit)


def covered(ranges, others):
    """Tatbul's overlap reward of each range.

    It is the share of its rows in the others, over the number of these.
    """
    rewards = []
    for first, last in ranges:
        there = [other for other in others if touches((first, last), other)]
        rows = sum(min(last, b) - max(first, a) + 1 for a, b in there)
        rewards.append(rows / (last - first + 1) / len(there) if there else 0.0)
    return rewards


def range_based(labels, alarms, existence):
    """Range-based precision and recall of Tatbul et al. 2018, flat bias, reciprocal cardinality."""
    true, found = events(labels), events(alarms)
    precision = covered(found, true)
    recall = [
        existence * (reward > 0) + (1 - existence) * reward
        for reward in covered(true, found)
    ]  # fmt: skip
    return (sum(precision) / len(precision) if precision else 0.0), sum(recall) / len(recall)


def point_adjusted(labels, alarms):
    """The alarms, every event with an alarm in it filled."""
    filled = [bool(value) for value in alarms]
    for first, last in events(labels):
        if any(filled[first : last + 1]):
            filled[first : last + 1] = [True] * (last - first + 1)
    return filled


def farther(zone, event, d):
    """Probability that a random instant of the zone is farther than d from the event.

    It is 1 at d = 0.
    """
    if d == 0:
        return 1.0
    within = min(event[1] + d, zone[1]) - max(event[0] - d, zone[0])
    return 1 - within / (zone[1] - zone[0])


def affiliation(labels, alarms):
    """Affiliation precision and recall of Huet et al. 2022.

    They are means over instants a quarter of a row apart.

    All that is averaged is linear between multiples of a quarter, so that the values at the middles
    have its mean.
    """
    n, parts = len(labels), 4
    true = [(a, b + 1) for a, b in events(labels)]
    edges = [0, *((a[1] + b[0]) / 2 for a, b in itertools.pairwise(true)), n]
    precisions, recalls = [], []
    for event, zone in zip(true, itertools.pairwise(edges), strict=True):
        instants = [
            i / parts + 0.5 / parts for i in range(round(zone[0] * parts), round(zone[1] * parts))
        ]
        pieces = [
            (max(a, zone[0]), min(b + 1, zone[1]))
            for a, b in events(alarms)
            if a < zone[1] and b + 1 > zone[0]
        ]
        if not pieces:
            recalls.append(0.0)
            continue
        reported = [t for t in instants if any(a < t < b for a, b in pieces)]
        values = [farther(zone, event, max(event[0] - t, t - event[1], 0)) for t in reported]
        precisions.append(sum(values) / len(values))
        values = []
        for t in (t for t in instants if event[0] < t < event[1]):
            d = min(max(a - t, t - b, 0) for a, b in pieces)
            values.append(farther(zone, (t, t), d))
        recalls.append(sum(values) / len(values))
    return (sum(precisions) / len(precisions) if precisions else 0.0), sum(recalls) / len(recalls)
