"""How near alarms and events lie to one another, against what chance would give.

Every event J has a zone E around it, as far as half-way to its neighbours. A reported instant of
the zone at distance d from J counts with the probability that a random instant of E is farther from
J than d; an instant of J with the probability that a random instant of E is farther from it than
the nearest reported one of the zone. Instants of J that are reported count whole. Both are averaged
over instants, here by exact integrals, and then over zones.

Huet et al. 2022, "Local Evaluation of Time Series Anomaly Detection Algorithms".
"""

import numpy as np

from spectra.arrays import Float64Array, IntArray

Rows = tuple[IntArray, IntArray]


def precision_recall(events: Rows, alarms: Rows, n: int) -> tuple[float, float]:
    """Affiliation precision and recall of alarms among n rows; 0 and 0 without any alarm.

    `events` and `alarms` are first and last rows (inclusive), in order; row i is the interval [i, i
    + 1). The precision is averaged over the zones that hold an alarm, the recall over all.
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
    right = np.bincount(zone, shared + ahead + behind, minlength=first.size)

    low, high = _nearest(begin, end, zone, borders)
    before = _missed(np.maximum(begin - J1, 0), begin - np.maximum(low, J0), begin - E0, E)
    after = _missed(np.maximum(J0 - end, 0), np.minimum(high, J1) - end, E1 - end, E)
    found = np.bincount(zone, shared + before + after, minlength=first.size) / (last - first)
    held = length > 0
    return float((right[held] / length[held]).mean()), float(found.mean())


def _pieces(alarms: Rows, borders: Float64Array) -> tuple[Float64Array, Float64Array, IntArray]:
    """Begin, end and zone of each piece into which the borders of the zones cut the alarms."""
    first, last = alarms
    low = np.searchsorted(borders, first, side="right") - 1
    count = np.searchsorted(borders, last + 1) - low
    zone = np.arange(count.sum()) + np.repeat(low - np.cumsum(count) + count, count)
    begin = np.maximum(np.repeat(first, count), borders[zone])
    return begin, np.minimum(np.repeat(last + 1, count), borders[zone + 1]), zone


def _nearest(
    begin: Float64Array, end: Float64Array, zone: IntArray, borders: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """The stretch of its zone that is nearer to a piece than to the zone's others: from `low` to
    `high`.
    """
    low, high = borders[zone], borders[zone + 1]
    same = np.flatnonzero(zone[1:] == zone[:-1])
    high[same] = low[same + 1] = (end[same] + begin[same + 1]) / 2
    return low, high


def _reported(
    near: Float64Array, far: Float64Array, short: Float64Array, J: Float64Array, E: Float64Array
) -> Float64Array:
    """∫ 1 − (J + d + min(d, short)) / E over the distances d = near … far of reported instants on
    one side of J.

    J and E are lengths, `short` that of the shorter of the two sides of J in E.
    """

    def nearer(d: Float64Array) -> Float64Array:
        beyond = np.maximum(d - short, 0)
        return J * d + d**2 - beyond**2 / 2

    return far - near - (nearer(far) - nearer(near)) / E


def _missed(
    near: Float64Array, far: Float64Array, room: Float64Array, E: Float64Array
) -> Float64Array:
    """∫ 1 − (d + min(d, room − d)) / E over the distances d = near … far of instants of J from a
    reported one.

    `room` is what the zone has on J's side of the reported instant. 0 where far < near.
    """

    def nearer(d: Float64Array) -> Float64Array:
        beyond = np.maximum(d - room / 2, 0)
        return np.asarray(d**2 - beyond**2)

    far = np.maximum(far, near)
    return np.asarray(far - near - (nearer(far) - nearer(near)) / E)
