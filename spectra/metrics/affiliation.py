"""Affiliation metrics: the distance of alarms from events, compared with random alarms.

Each event J has a zone E, which reaches half-way to its neighbours. A reported instant of the zone
at distance d from J counts with the probability that a random instant of E is farther than d from
J. An instant of J counts with the probability that a random instant of E is farther from it than
the nearest reported instant of the zone. Reported instants of J count as 1. Both are averaged over
instants, here by exact integrals, and then over zones.

Huet et al. 2022, "Local Evaluation of Time Series Anomaly Detection Algorithms".
"""

import numpy as np

from spectra.arrays import Float64Array, IntArray, Pairs


def precision_recall(events: Pairs, alarms: Pairs, n: int) -> tuple[float, float]:
    """Return affiliation precision and recall of alarms among n rows; 0 and 0 without alarms.

    `events` and `alarms` are first and last rows (inclusive), in order; row i is the interval [i, i
    + 1). Precision is averaged over the zones that hold an alarm, recall over all zones.
    """
    if alarms[0].size == 0:
        return 0.0, 0.0
    first, last = events[0].astype(np.float64), events[1] + 1.0
    borders = np.concatenate([[0.0], (last[:-1] + first[1:]) / 2, [n]])
    begin, end, zone = _pieces(alarms, borders)
    E0, E1, J0, J1 = borders[zone], borders[zone + 1], first[zone], last[zone]
    E, J, short = E1 - E0, J1 - J0, np.minimum(J0 - E0, E1 - J1)

    shared = np.maximum(np.minimum(end, J1) - np.maximum(begin, J0), 0)
    ahead = _reported(np.maximum(J0 - end, 0), np.maximum(J0 - begin, 0), short, J, E)
    behind = _reported(np.maximum(begin - J1, 0), np.maximum(end - J1, 0), short, J, E)
    length = np.bincount(zone, end - begin, minlength=first.size)
    correct = np.bincount(zone, shared + ahead + behind, minlength=first.size)

    low, high = _nearest(begin, end, zone, borders)
    before = _missed(np.maximum(begin - J1, 0), begin - np.maximum(low, J0), begin - E0, E)
    after = _missed(np.maximum(J0 - end, 0), np.minimum(high, J1) - end, E1 - end, E)
    recall = np.bincount(zone, shared + before + after, minlength=first.size) / (last - first)
    alarmed = length > 0
    return float((correct[alarmed] / length[alarmed]).mean()), float(recall.mean())


def _pieces(alarms: Pairs, borders: Float64Array) -> tuple[Float64Array, Float64Array, IntArray]:
    """Split the alarms at the borders of the zones; return begin, end and zone of each piece."""
    first, last = alarms
    low = np.searchsorted(borders, first, side="right") - 1
    count = np.searchsorted(borders, last + 1) - low
    zone = np.arange(count.sum()) + np.repeat(low - np.cumsum(count) + count, count)
    begin = np.maximum(np.repeat(first, count), borders[zone])
    return begin, np.minimum(np.repeat(last + 1, count), borders[zone + 1]), zone


def _nearest(
    begin: Float64Array, end: Float64Array, zone: IntArray, borders: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Return the interval, low to high, of the zone that is nearest to each piece."""
    low, high = borders[zone], borders[zone + 1]
    same = np.flatnonzero(zone[1:] == zone[:-1])
    high[same] = low[same + 1] = (end[same] + begin[same + 1]) / 2
    return low, high


def _reported(
    near: Float64Array, far: Float64Array, short: Float64Array, J: Float64Array, E: Float64Array
) -> Float64Array:
    """Return ∫ 1 − (J + d + min(d, short)) / E dd from d = near to far, on one side of J.

    d is the distance of a reported instant from J. J and E are lengths; `short` is that of the
    shorter side of J in E.
    """

    def nearer(d: Float64Array) -> Float64Array:
        beyond = np.maximum(d - short, 0)
        return J * d + d**2 - beyond**2 / 2

    return far - near - (nearer(far) - nearer(near)) / E


def _missed(
    near: Float64Array, far: Float64Array, room: Float64Array, E: Float64Array
) -> Float64Array:
    """Return ∫ 1 − (d + min(d, room − d)) / E dd from d = near to far; 0 if far < near.

    d is the distance of an instant of J from a reported one. `room` is the length of the zone on
    J's side of the reported instant.
    """

    def nearer(d: Float64Array) -> Float64Array:
        beyond = np.maximum(d - room / 2, 0)
        return np.asarray(d**2 - beyond**2)

    far = np.maximum(far, near)
    return np.asarray(far - near - (nearer(far) - nearer(near)) / E)
