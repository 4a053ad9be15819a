"""Scores to alarms: intervals of rows in which something was unusual.

An alarm begins and ends where the frames that see the event put it. Long frames raise the score up
to half of their length before and after an event; short frames, where they see it too, do so by a
few rows. Long frames that see an event and hold nothing that shorter ones see are not explained by
it: the event goes on there. Frames that end before their step raise it after the event alone: such
an alarm lasts as long as any of them does.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.calibration.rates import LARGEST, RAISED
from spectra.calibration.scores import Scores
from spectra.runs import true_runs

# z, in robust standard deviations, from which frames of one length see an event on their own: of
# Gaussian scores 1e-9 reach it. Where what recurs raises them that far, as pulses do those shorter
# than the time between, they see what is this many times the median of their largest z in blocks:
# else the pulses beside a missing one are the alarm. With 1, 1.5 and 2 event F1 on 618 development
# series, told nothing, is 0.568, 0.569 and 0.569.
SEEN: Final = 6.0
BEYOND: Final = 1.5
# Steps that are searched at a time: 4 MB.
AT_ONCE: Final = 2**20
# Share of the largest z of a run that frames of one length must reach to see an event there. With a
# half the loud stretch around a spike is left out; with none a seventh more of the normal rows of
# multichannel series are in alarm.
FAINTEST: Final = 1.0 / 3.0
# Parts of an alarm lie at most this many of the shortest frames that see it apart: 192 rows of the
# default ones. With 4 event F1 on 618 development series is 0.004 lower, with 8 to 32 the same.
APART: Final = 12

_Values = TypeVar("_Values", FloatArray, BoolArray)


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

    def peak_rows(self, step: int) -> IntArray:
        """Return the most anomalous row of each alarm, (n_alarms,), the middle of its step."""
        return np.minimum(self.peak * step + step // 2, self.last)


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

    An event has a flagged step, and at least half of the largest statistic: less is the flank of
    another. One of the most unusual steps is in an event, that of the part it is nearest to.
    """
    statistic = scores.statistic[begin:end]
    if not (statistic > threshold).any():
        return []
    if scores.causal:
        peak = begin + int(np.nanargmax(statistic))
        return [(begin, end - 1, peak, peak)]
    z, parts = _parts(scores, begin, end)
    largest = np.maximum.reduceat(statistic, parts.ravel()[:-1])[::2]
    kept = (largest > threshold) & (largest >= largest.max() / 2)
    closest, highest = _nearest(parts, np.flatnonzero(statistic == statistic.max()))
    kept[closest] = True
    parts[closest, 0] = min(parts[closest, 0], highest)
    parts[closest, 1] = max(parts[closest, 1], highest + 1)
    parts = parts[kept]
    middle = (parts[1:, 0] + parts[:-1, 1]) // 2
    found = []
    for (low, high), left, right in zip(
        parts.tolist(), [0, *middle.tolist()], [*middle.tolist(), end - begin], strict=True
    ):
        peak = low + int(z[low:high].argmax())
        largest_at = left + int(statistic[left:right].argmax())
        found.append((begin + low, begin + high - 1, begin + peak, begin + largest_at))
    return found


def _nearest(parts: IntArray, steps: IntArray) -> tuple[int, int]:
    """Return the part (n_parts, 2), in order, and the step (n_steps,) that lie nearest."""
    before = np.maximum(np.searchsorted(parts[:, 0], steps, side="right") - 1, 0)
    index = np.concatenate([before, np.minimum(before + 1, len(parts) - 1)])
    steps = np.concatenate([steps, steps])
    away = np.maximum(parts[index, 0] - steps, steps - parts[index, 1] + 1)
    nearest = np.lexsort((steps, index, away))[0]
    return int(index[nearest]), int(steps[nearest])


def _parts(scores: Scores, begin: int, end: int) -> tuple[FloatArray, IntArray]:
    """Return z of the shortest frames that see a run, and the parts of the run that are seen.

    The parts are first step, and the one after the last, (n_parts, 2): what the shortest frames
    see, and what longer ones see that hold none of it. Where no frames see the run, z is the
    statistic, and the run is one part.
    """
    groups = scores.group_scores(begin, end)
    lengths = [max(1, nperseg // scores.step) for nperseg in scores.fusion.npersegs]
    # Steps of the frames that see each step first, 0 where none do.
    seen_by = np.zeros(end - begin, dtype=np.int64)
    shortest, finest = 0, scores.statistic[begin:end]
    least = np.maximum(SEEN, BEYOND * scores.fusion.usual_maximum).tolist()
    for length, z, smallest in zip(lengths, groups, least, strict=False):
        z = np.nan_to_num(z, nan=-np.inf)
        seen = _seen(z, length, smallest)
        if not seen.any():
            continue
        if shortest:
            seen &= ~_largest_around(seen_by > 0, length)
        else:
            shortest, finest = length, z
        seen_by[seen] = length
    if not shortest:
        return finest, np.array([[0, end - begin]])
    begins, ends = true_runs(seen_by > 0)
    longest = np.maximum.reduceat(seen_by, np.column_stack([begins, ends]).ravel()[:-1])[::2]
    near = np.maximum(APART * shortest, np.maximum(longest[1:], longest[:-1]))
    apart = begins[1:] - ends[:-1] > near
    return finest, np.column_stack([begins[np.r_[True, apart]], ends[np.r_[apart, True]]])


def _seen(z: FloatArray, length: int, least: float) -> BoolArray:
    """Return the steps (n,) at which frames of one length see an event on their own.

    There z is at least half of the largest one within a frame, which an event at its place raises
    to `least` or more.
    """
    largest = float(z.max())
    if largest < least:
        return np.zeros(z.size, dtype=np.bool_)
    around = _largest_around(z, length)
    return np.asarray((z >= around / 2) & (around >= max(least, FAINTEST * largest)))


def _largest_around(values: _Values, reach: int) -> _Values:
    """Return the largest value within `reach` steps of each, same shape."""
    least = False if values.dtype == np.bool_ else -np.inf
    found, width = np.pad(values, reach, constant_values=least), 1
    while width < 2 * reach + 1:
        shift = min(width, 2 * reach + 1 - width)
        found = np.maximum(found[:-shift], found[shift:])
        width += shift
    return found


def inside(alarms: Alarms, n_rows: int) -> BoolArray:
    """Return whether each row lies inside an alarm, (n_rows,)."""
    steps = np.zeros(n_rows + 1, dtype=np.int64)
    steps[alarms.first] += 1
    steps[alarms.last + 1] -= 1
    return np.asarray(np.cumsum(steps[:-1]) > 0)
