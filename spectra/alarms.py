"""Scores to alarms: intervals of rows in which something was unusual.

An alarm begins and ends where the finest frames that see the event put it. Long frames raise the
score up to half of their length before and after an event; short frames, where they see it too, do
so by a few rows.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import BoolArray, IntArray
from spectra.calibration.scores import Scores

# An alarm is a run of steps with p-values below so many times alpha, one of which is below alpha
# (hysteresis thresholding, Canny 1986).
RAISED: Final = 10.0
# z, in robust standard deviations, from which frames of one length see an event on their own: of
# Gaussian scores 1e-9 reach it.
SEEN: Final = 6.0


@dataclass(frozen=True)
class Alarms:
    """Alarms in order of time.

    Attributes
    ----------
    first, last : ndarray (n_alarms,)
        First and last row, both inside.
    peak : ndarray (n_alarms,)
        Index of the most unusual step inside, as the frames see it that give the edges.
    highest : ndarray (n_alarms,)
        Index of the step with the largest statistic before the edges were trimmed: its p-value is
        that of the alarm.
    """

    first: IntArray
    last: IntArray
    peak: IntArray
    highest: IntArray


def find_alarms(scores: Scores, alpha: float) -> Alarms:
    """Return the alarms of a signal at a false-alarm probability `alpha`.

    Steps without a score are in no alarm.
    """
    begin, end = _runs(scores.flagged(alpha), scores.flagged(min(RAISED * alpha, 0.5)))
    trimmed = [_trimmed(scores, start, stop) for start, stop in zip(begin, end, strict=True)]
    if not trimmed:
        none = np.empty(0, dtype=np.int64)
        return Alarms(none, none, none, none)
    first, last, peak = np.array(trimmed, dtype=np.int64).T
    rows = np.minimum((last + 1) * scores.step, scores.n_samples) - 1
    highest = [
        start + int(np.nanargmax(scores.statistic[start:stop]))
        for start, stop in zip(begin, end, strict=True)
    ]
    return Alarms(first * scores.step, rows, peak, np.array(highest, dtype=np.int64))


def _runs(flagged: BoolArray, raised: BoolArray) -> tuple[list[int], list[int]]:
    """Return first step, and the one after the last, of raised runs with a flagged step."""
    edges = np.diff(np.concatenate([[False], raised, [False]]).astype(np.int8))
    begin, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    at = np.flatnonzero(flagged)
    kept = np.searchsorted(at, end) > np.searchsorted(at, begin)
    return begin[kept].tolist(), end[kept].tolist()


def _trimmed(scores: Scores, begin: int, end: int) -> tuple[int, int, int]:
    """Return first, last and peak step of an alarm, trimmed by ever shorter frames that see it."""
    groups = scores.fusion.group_scores(scores.fused.groups[:, begin:end].astype(np.float64))
    first, last = 0, end - begin - 1
    peak = int(np.nanargmax(scores.statistic[begin:end]))
    for z in groups[: scores.fusion.n_lengths][::-1]:
        part = z[first : last + 1]
        highest = float(np.nanmax(part, initial=-np.inf))
        if highest < SEEN:
            continue
        peak = first + int(np.nanargmax(part))
        seen = np.flatnonzero(part >= max(SEEN, highest / 2))
        first, last = first + int(seen[0]), first + int(seen[-1])
    return begin + first, begin + last, begin + peak


def inside(alarms: Alarms, n_rows: int) -> BoolArray:
    """Return whether each row lies inside an alarm, (n_rows,)."""
    steps = np.zeros(n_rows + 1, dtype=np.int64)
    steps[alarms.first] += 1
    steps[alarms.last + 1] -= 1
    return np.asarray(np.cumsum(steps[:-1]) > 0)
