"""Improbable frames to events: intervals of rows in which something was unusual."""

from dataclasses import dataclass

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray


@dataclass(frozen=True)
class Events:
    """Events in order of time, each (n_events,): `first` and `last` row (inclusive), and the `peak`
    frame's number.
    """

    first: IntArray
    last: IntArray
    peak: IntArray


def find_events(
    starts: IntArray,
    z: Float64Array,
    p_value: Float64Array,
    nperseg: int,
    alpha: float,
    gap: int | None = None,
) -> Events:
    """Events made of the frames whose p-value is below `alpha`; a NaN is below nothing.

    Frame i covers the rows starts[i] … starts[i] + nperseg − 1, `starts` (n_frames,) ascending.
    Flagged frames belong together where fewer than `gap` rows, by default `nperseg`, lie between
    them. The peak is the frame of the largest z, which is finite where p-values have run out of
    numbers; the first of several.
    """
    flagged = np.flatnonzero(p_value < alpha)
    if flagged.size == 0:
        none = np.empty(0, dtype=np.int64)
        return Events(none, none, none)
    begin = starts[flagged]
    end = begin + nperseg
    opens = np.concatenate([[True], begin[1:] - end[:-1] >= (nperseg if gap is None else gap)])
    event = np.cumsum(opens) - 1
    strongest_first = np.lexsort((flagged, -z[flagged], event))
    last = np.append(np.flatnonzero(opens)[1:] - 1, flagged.size - 1)
    return Events(begin[opens], end[last] - 1, flagged[strongest_first[opens]])


def inside(events: Events, n_rows: int) -> BoolArray:
    """Whether each row lies inside an event, (n_rows,)."""
    steps = np.zeros(n_rows + 1, dtype=np.int64)
    steps[events.first] += 1
    steps[events.last + 1] -= 1
    return np.asarray(np.cumsum(steps[:-1]) > 0)
