"""The step that fits time stamps, and the position of each stamp on its grid."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.instants import counts_of, extreme_steps

JITTER = 0.2  # of a step: how far a step may be from a multiple of the usual one
EXACT = 1e-3  # of a step: what is rounding, not jitter
SAME_RATE = 0.01  # relative: how far a rate that the user gives may be from that of the stamps
_EVEN = 5e-4  # of a step: how far each step of even stamps may be from their mean
# Three standard errors of the slope through stamps rounded to within one: 3 √12 / √3.
_TREND_ERROR = 6.0
_BLOCK = 1 << 16  # stamps whose drift is computed at a time
_MOST_STEPS = 2.0**52  # steps of a grid: beyond, a float does not hold every position
_ROUNDED = 0.35  # of the shorter step: from what rounding on stamps are fitted by a line
_LONG = 0.08  # of the steps: fewer longer ones may be lost samples, one every so many
_SHORTEST_RUN = 30  # stamps that tell a line from steps of two lengths at random
_MOST_SPREAD = 1.25  # of the rounding: distance of stamps from their line, with the error of that
OFF_SHARE = 0.02  # of the steps: how many may be no multiple, such as restarts after a pause


@dataclass(frozen=True)
class Fit:
    """Grid that was tried: step, usual step, positions (n,), first break, worst jitter."""

    step: float
    usual: float
    positions: IntArray
    broken: int | None
    worst: float


def round_step(fit: Fit, seconds: Float64Array) -> float:
    """Return the step of stamps, rounded where they jitter.

    It is that of their trend or the roundest one that differs from it by no more than the trend is
    good for: its error falls with the number of stamps to the power 3/2.
    """
    away = fit.positions - fit.positions.mean()
    trend = float(away @ seconds / (away @ away))
    return step_of_trend(trend, fit.step, fit.worst, float(fit.positions[-1]))


def step_of_trend(trend: float, step: float, worst: float, n: float) -> float:
    """Return the step of n stamps with a trend, from the one that was tried and its jitter."""
    drift = worst * step / n * min(1.0, _TREND_ERROR / np.sqrt(n))
    rounded = _roundest(trend, drift)
    return step if rounded is None and worst < EXACT else rounded or trend


def _roundest(step: float, error: float) -> float | None:
    """Return the step within an error that has the fewest digits, or whose rate has; or None."""
    for digits in range(1, 7):
        rounded = (float(f"{step:.{digits}g}"), 1 / float(f"{1 / step:.{digits}g}"))
        nearest = min(rounded, key=lambda one: abs(one - step))
        if abs(nearest - step) <= error:
            return nearest
    return None


def even_step(index: pd.Index) -> float | None:
    """Return the step in seconds of stamps that are all one step apart, None for any others.

    It is what `best_fit` finds, at a fraction of the time.
    """
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return even_step_of(*counts_of(index))
    return even_step_of(index.to_numpy(dtype=np.float64), 1.0)


def even_step_of(counts: IntArray | Float64Array, per_second: float) -> float | None:
    """Return the same of stamps as whole numbers, of which `per_second` are a second, or seconds.

    They may lie in a file.
    """
    if len(counts) < 2:
        return None
    low, high = extreme_steps(counts)
    if counts.dtype.kind == "i" and (low == high or low <= 0):
        return low / per_second if low > 0 else None
    n_steps = len(counts) - 1
    step = float((counts[-1] - counts[0]) / per_second) / n_steps
    away = max(high / per_second - step, step - low / per_second)
    if not step > 0 or not away <= _EVEN * step:
        return None
    # Small differences of one sign may add up.
    if away * n_steps > step / 4 and _drift(counts, per_second, step) > step / 2:
        return None
    # Times are written with a few decimals: the mean step is good to their error over all steps.
    return _roundest(step, 2 * away / n_steps) or step


def _drift(counts: IntArray | Float64Array, per_second: float, step: float) -> float:
    """Return the range of the difference in seconds between stamps and those of even steps."""
    lows, highs = [], []
    for start in range(0, len(counts), _BLOCK):
        block = (counts[start : start + _BLOCK] - counts[0]) / per_second
        drift = block - np.arange(start, start + len(block)) * step
        lows.append(drift.min())
        highs.append(drift.max())
    return float(max(highs) - min(lows))


def best_fit(seconds: Float64Array, resolution: float, fs: float | None) -> Fit:
    """Return the first grid that fits the stamps.

    Tried are the step of `fs`, and the likely ones.
    """
    steps = np.diff(seconds)
    median = float(np.median(steps))
    if not float(seconds[-1]) < _MOST_STEPS * median:
        # One stamp is beyond all others: no position of it is a whole number any more.
        return Fit(median, median, np.empty(0, np.int64), int(np.argmax(steps)) + 1, 0.0)
    if fs is None and (rounded := rounded_fit(seconds, steps, resolution)) is not None:
        return rounded
    mean, candidates = likely_steps(steps, median)
    if fs is not None and abs(fs * mean - 1) <= SAME_RATE:
        candidates.insert(0, 1 / fs)
    for candidate in candidates:
        fit = _fit(seconds, steps, candidate, mean, tolerance_of(candidate, resolution))
        if fit.broken is None:
            break
    return fit


def likely_steps(steps: Float64Array, median: float) -> tuple[float, list[float]]:
    """Return the mean of single steps, and the steps to try: their median, and their mean.

    The median is likelier to be round. The mean cancels what rounding stamps did to each step: 360
    Hz in whole milliseconds has steps of 2 and 3 ms.
    """
    single = steps[np.abs(steps - median) <= 0.5 * median]
    mean = float(np.mean(single)) if single.size else median
    exact = bool(np.abs(single - median).max(initial=0.0) <= EXACT * median)
    return mean, [mean] if exact else [median, mean]


def tolerance_of(step: float, resolution: float) -> float:
    """Return how far stamps of a resolution may be from a grid, in steps."""
    return min(0.45, max(JITTER, resolution / step))


def rounded_fit(seconds: Float64Array, steps: Float64Array, resolution: float) -> Fit | None:
    """Return the grid of stamps rounded to much of their step, such as 800 Hz in milliseconds.

    Their steps are of two lengths, mixed so evenly that no stamp is further from a line than
    rounding takes it: samples lost at random leave it. None is returned for other stamps.
    """
    short = float(steps.min())
    long = steps > short + 0.5 * resolution
    if not _LONG <= np.mean(long) < 1 or resolution <= _ROUNDED * short:
        return None
    breaks = np.flatnonzero(steps > short + 1.5 * resolution)
    starts = np.concatenate([[0], breaks + 1])
    ends = np.concatenate([breaks, [len(steps)]])
    longest = int(np.argmax(ends - starts))
    run = seconds[starts[longest] : ends[longest] + 1]
    if len(breaks) > OFF_SHARE * len(steps) or len(run) < _SHORTEST_RUN:
        return None
    away = np.arange(len(run)) - (len(run) - 1) / 2
    step = float(away @ run / (away @ away))
    drift = seconds - step * np.arange(len(seconds))
    spread = np.maximum.reduceat(drift, starts) - np.minimum.reduceat(drift, starts)
    if resolution > step or bool((spread > _MOST_SPREAD * resolution).any()):
        return None
    counted = np.ones(len(steps), np.int64)
    counted[breaks] = np.maximum(np.rint(steps[breaks] / step), 1).astype(np.int64)
    positions = np.concatenate([[0], np.cumsum(counted)])
    worst = float(np.abs(steps / step - counted).max())
    return Fit(step, step, positions, None, worst)


def _fit(
    seconds: Float64Array, steps: Float64Array, step: float, usual: float, tolerance: float
) -> Fit:
    """Return the positions of the stamps on a grid of one step.

    Within a stretch positions are counted from stamp to stamp, so that jitter never adds up; a step
    that is no multiple starts a new stretch, placed by its own time.
    """
    multiples = np.maximum(np.rint(steps / step), 1)
    away = np.abs(steps / step - multiples)
    off = away > tolerance
    worst = float(away[~off].max(initial=0.0))
    count = np.sum(off)
    pause = count == 1 and steps[np.argmax(off)] > step
    if count > OFF_SHARE * len(steps) and not pause:
        return Fit(step, usual, np.empty(0, np.int64), int(np.argmax(off)) + 1, worst)
    starts = np.concatenate([[0], np.flatnonzero(off) + 1])
    stretch = np.concatenate([[0], np.cumsum(off)])
    counted = np.concatenate([[0.0], np.cumsum(multiples)])
    positions = (np.rint(seconds[starts] / step) - counted[starts])[stretch] + counted
    drift = seconds - positions * step
    spread = np.maximum.reduceat(drift, starts) - np.minimum.reduceat(drift, starts)
    broken = None
    if bool((np.diff(positions) <= 0).any()):
        broken = int(np.argmax(np.diff(positions) <= 0)) + 1
    elif bool((spread > step).any()):
        broken = int(np.argmax(np.abs(drift - drift[starts][stretch]) > step / 2))
    return Fit(step, usual, positions.astype(np.int64), broken, worst)
