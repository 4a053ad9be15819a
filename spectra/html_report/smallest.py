"""The smallest event that would have been found, by trial.

A burst of white noise is added to the recording at a few places, and it is scored again.
"""

import math
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.recording import Recording
from spectra.detection import ITSELF, Detection
from spectra.pipeline import detect

# Channels that are tried.
MOST_TRIED: Final = 3
# Rows of a burst.
BURST: Final = 64
# Places at which a burst is tried, and those at which it must be found.
PLACES: Final = 4
ENOUGH: Final = 3
# Standard deviations of a burst that are tried, in spreads of the channel: from 1/64 to 64.
SIZES: Final = 2.0 ** np.arange(-6, 6.5, 0.75)
# Rows around a burst that are scored. Longer frames do not see it.
STRETCH: Final = 4096
# Values of the stretch that is learned from again, with the burst, where a recording is its own
# reference.
LEARNED: Final = 8192
# Places that are tried for one without gaps.
CANDIDATES: Final = 200


def smallest_burst(detection: Detection, channel: int) -> float | None:
    """Return the standard deviation of the smallest burst that would be found in a channel.

    It is in the unit of the channel. None is returned where the channel raises no alarm or never
    changes, where no place is free of gaps, and where no burst that is tried is found.
    """
    values = detection.recording.values[:, channel]
    spread, places = _spread(values), _places(values)
    if detection.model.fitted.states[channel] or not spread > 0 or not places.size:
        return None
    bursts = np.random.default_rng(0).standard_normal((places.size, BURST))
    may_miss = places.size - -(-ENOUGH * places.size // PLACES)

    def is_found(size: float) -> bool:
        missed = 0
        for place, burst in zip(places.tolist(), bursts, strict=True):
            missed += not _is_flagged(detection, channel, place, size * spread * burst)
            if missed > may_miss:
                return False
        return True

    low, high = 0, SIZES.size
    while low < high:
        middle = (low + high) // 2
        if is_found(float(SIZES[middle])):
            high = middle
        else:
            low = middle + 1
    return float(SIZES[low]) * spread if low < SIZES.size else None


def _spread(values: Float64Array) -> float:
    """Return the spread of a channel by its quartiles, of one that is mostly still by its power."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0
    low, high = np.percentile(known, [25, 75])
    return float(high - low) / 1.349 or float(known.std())


def _places(values: Float64Array) -> IntArray:
    """Return the first rows of up to PLACES bursts that lie in no gap, a burst's length beside."""
    last = len(values) - 2 * BURST
    if last < BURST:
        return np.empty(0, dtype=np.int64)
    tried = np.unique(np.linspace(BURST, last, CANDIDATES).astype(np.int64))
    around = values[tried[:, None] + np.arange(-BURST, 2 * BURST)]
    free = tried[np.isfinite(around).all(axis=1)]
    # None lies at an end, where frames are few.
    kept = (np.arange(min(PLACES, free.size)) + 0.5) * free.size / PLACES
    return np.asarray(free[np.minimum(kept.astype(np.int64), free.size - 1)] if free.size else free)


def _is_flagged(detection: Detection, channel: int, place: int, burst: Float64Array) -> bool:
    """Return whether a burst at a row would be found."""
    recording, model = detection.recording, detection.model
    own = detection.learned_from == ITSELF
    length = max(STRETCH, LEARNED // recording.n_channels) if own else STRETCH
    begin = max(0, min(place - length // 2, recording.n_samples - length))
    end = begin + length
    # A signal that repeats with a whole number of rows then has the phases that the model knows.
    grid = math.lcm(*model.npersegs)
    begin -= begin % grid if grid <= STRETCH else 0
    trial = recording.values[begin:end].copy()
    rows = slice(place - begin, place - begin + BURST)
    trial[rows, channel] += burst
    if own:
        stretch = Recording.from_array(trial, recording.fs)
        scores = detect(stretch, method=model.method, alpha=detection.alpha).step_scores
    else:
        scores = model.fitted.score(trial)
    steps = slice(rows.start // scores.step, -(-rows.stop // scores.step))
    return bool(scores.flagged(detection.alpha)[steps].any())
