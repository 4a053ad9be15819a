"""Scores to alarms: intervals of rows in which something was unusual.

An alarm begins and ends where the finest frames that see the event put it. Long frames raise the
score up to half of their length before and after an event; short frames, where they see it too, do
so by a few rows. Frames that end before their step raise it after the event alone: such an alarm
lasts as long as any of them does.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.calibration.rates import LARGEST, RAISED
from spectra.calibration.scores import Scores
from spectra.runs import true_runs

# z, in robust standard deviations, from which frames of one length see an event on their own: of
# Gaussian scores 1e-9 reach it.
SEEN: Final = 6.0
# Steps that are searched at a time: 4 MB.
AT_ONCE: Final = 2**20
# z below which they see nothing: of Gaussian scores one in a thousand exceeds it.
QUIET: Final = 3.0


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


def find_alarms(scores: Scores, alpha: float, most_steps: int | None = None) -> Alarms:
    """Return the alarms of a signal at a false-alarm probability `alpha`.

    Steps without a score are in no alarm. What goes on for more than `most_steps`, if they are
    given, is several alarms.
    """
    # In double precision: the threshold of a tiny alpha may lie beyond all float32.
    high, low = (
        np.float64(scores.fusion.threshold(each)) for each in (alpha, min(RAISED * alpha, LARGEST))
    )
    events = [
        event
        for start, stop in _runs(scores.statistic, high, low, most_steps)
        for event in _events(scores, start, stop, high)
    ]
    if not events:
        none = np.empty(0, dtype=np.int64)
        return Alarms(none, none, none, none)
    first, last, peak, highest = np.array(events, dtype=np.int64).T
    rows = np.minimum((last + 1) * scores.step, scores.n_samples) - 1
    return Alarms(first * scores.step, rows, peak, highest)


def _runs(
    statistic: FloatArray, high: float, low: float, most: int | None
) -> list[tuple[int, int]]:
    """Return first step, and the one after the last, of runs above `low` with a step above `high`.

    Longer runs than `most` are several.
    """
    runs: list[tuple[int, int]] = []
    open_run, flagged = (0, 0), False
    for start in range(0, len(statistic), AT_ONCE):
        part = statistic[start : start + AT_ONCE]
        with np.errstate(invalid="ignore"):
            begins, ends = true_runs(part > low)
            at = np.flatnonzero(part > high)
        holds = np.searchsorted(at, ends) > np.searchsorted(at, begins)
        # A run at an edge may go on in the next part.
        kept = holds | (begins == 0) | (ends == part.size)
        columns = (begins + start, ends + start, holds)
        for begin, end, held in zip(*(each[kept].tolist() for each in columns), strict=True):
            if begin > open_run[1] or begin == 0:
                if flagged:
                    runs.append(open_run)
                open_run, flagged = (begin, end), held
            else:
                open_run, flagged = (open_run[0], end), flagged or held
    if flagged:
        runs.append(open_run)
    if most is None:
        return runs
    return [
        (first, min(first + most, end)) for begin, end in runs for first in range(begin, end, most)
    ]


def _events(
    scores: Scores, begin: int, end: int, threshold: float
) -> list[tuple[int, int, int, int]]:
    """Return first, last, peak and highest step of each event in a run of raised steps.

    The shortest frames that see the run on their own tell its events. They part the run where they
    see nothing for longer than half of the longest frame, which holds both of two events.
    """
    statistic = scores.statistic[begin:end]
    flagged = statistic > threshold
    if not flagged.any():
        return []
    if scores.causal:
        peak = begin + int(np.nanargmax(statistic))
        return [(begin, end - 1, peak, peak)]
    z, first, last = _finest(scores, begin, end)
    reach = max(scores.fusion.npersegs) // 2 // scores.step
    parts = _parts(z[first : last + 1], reach) + first
    middle = (parts[1:, 0] + parts[:-1, 1]) // 2
    found = []
    for (low, high), left, right in zip(
        parts.tolist(), [0, *middle.tolist()], [*middle.tolist(), end - begin], strict=True
    ):
        if flagged[left:right].any():
            peak = low + int(np.nanargmax(z[low:high]))
            highest = left + int(np.nanargmax(statistic[left:right]))
            found.append((begin + low, begin + high - 1, begin + peak, begin + highest))
    return found


def _finest(scores: Scores, begin: int, end: int) -> tuple[FloatArray, int, int]:
    """Return z of the shortest frames that see a run, and the edges they give.

    Edges are trimmed by ever shorter frames that see the run. Where none does, z is the statistic
    and the edges are those of the run.
    """
    groups = scores.group_scores(begin, end)
    n_lengths = len(scores.fusion.npersegs)
    found, first, last = scores.statistic[begin:end], 0, end - begin - 1
    for z in groups[:n_lengths][::-1]:
        part = z[first : last + 1]
        highest = float(np.nanmax(part, initial=-np.inf))
        if highest >= SEEN:
            seen = np.flatnonzero(part >= highest / 2)
            found, first, last = z, first + int(seen[0]), first + int(seen[-1])
    return found, first, last


def _parts(z: FloatArray, reach: int) -> IntArray:
    """Return first step, and the one after the last, of the parts of a run, (n_parts, 2).

    Parts lie more than `reach` steps apart, with z below QUIET all between them.
    """
    with np.errstate(invalid="ignore"):
        begins, ends = true_runs(z < QUIET)
    # A quiet end of the run belongs to its first or last part.
    apart = (ends - begins > reach) & (begins > 0) & (ends < z.size)
    return np.column_stack([np.r_[0, ends[apart]], np.r_[begins[apart], z.size]])


def inside(alarms: Alarms, n_rows: int) -> BoolArray:
    """Return whether each row lies inside an alarm, (n_rows,)."""
    steps = np.zeros(n_rows + 1, dtype=np.int64)
    steps[alarms.first] += 1
    steps[alarms.last + 1] -= 1
    return np.asarray(np.cumsum(steps[:-1]) > 0)
