"""Agreement of scores with their calibration, and the smallest event that would be found."""

from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from spectra.arrays import Float64Array, IntArray
from spectra.detection import Detection

# False-alarm probabilities asked for.
RATES: Final = np.logspace(-4, np.log10(0.5), 60)
# Rows of a trial burst, and of the stretch of the recording that it is added to.
BURST: Final = 64
STRETCH: Final = 4096
# Standard deviations of the burst that are tried, in spreads of the channel: from 1/4 to 64.
SIZES: Final = 2.0 ** np.arange(-2, 6.5, 0.5)


def normal_scores(detection: Detection) -> Float64Array:
    """Return the standard scores of the normal steps, (n_steps,), ascending.

    Where a recording is its own reference, the largest share that was taken for anomalous is left
    out, as it was left out of the calibration. Otherwise all steps are normal ones.
    """
    z = np.asarray(detection.step_scores.z, dtype=np.float64)
    z = np.sort(z[np.isfinite(z)])
    suspected = detection.fusion.suspected if detection.own else 0.0
    return z[: z.size - round(suspected * z.size)]


def plotted(n: int, most: int) -> tuple[IntArray, Float64Array]:
    """Return ranks from 1 to n, evenly spaced as normal quantiles, and those quantiles."""
    end = -ndtri(0.5 / n)
    ranks = np.unique(np.rint(n * ndtr(np.linspace(-end, end, most)) + 0.5).astype(np.int64))
    return ranks, np.asarray(ndtri((ranks - 0.5) / n))


def rates(detection: Detection) -> tuple[Float64Array, Float64Array]:
    """Return the shares of steps with a p-value below each of RATES: of all, and of those away.

    The frames of a step away from alarms have no row in one.
    """
    scores, longest = detection.step_scores, max(detection.npersegs)
    near = np.zeros(scores.n_samples, dtype=np.bool_)
    for first, last in zip(detection.intervals.first, detection.intervals.last, strict=True):
        near[max(first - longest, 0) : last + longest + 1] = True
    z = scores.z
    known = np.isfinite(z)
    parts = (np.sort(z[known]), np.sort(z[known & ~near[:: scores.step]]))
    limits = -ndtri(RATES)
    shares = [
        1.0 - np.searchsorted(each, limits, side="right") / max(each.size, 1) for each in parts
    ]
    return shares[0], shares[1]


def smallest_burst(detection: Detection, channel: int) -> float | None:
    """Return the standard deviation of the smallest burst that would be found in a channel.

    White noise of BURST rows is added to the middle of a stretch in the middle of the recording,
    which is scored again. The result is in the unit of the channel; None where no burst that is
    tried is found, or the stretch has gaps.
    """
    values = detection.recording.values
    length = min(STRETCH, len(values))
    begin = (len(values) - length) // 2
    stretch = values[begin : begin + length]
    if not np.isfinite(stretch[:, channel]).all() or length < 2 * BURST:
        return None
    low, high = np.percentile(stretch[:, channel], [25, 75])
    spread = float(high - low) / 1.349 or float(stretch[:, channel].std())
    rows = slice((length - BURST) // 2, (length + BURST) // 2)
    noise = np.random.default_rng(0).standard_normal(BURST)

    def is_found(size: float) -> bool:
        trial = stretch.copy()
        trial[rows, channel] += size * spread * noise
        scores = detection.model.fitted.score(trial)
        inside = slice(rows.start // scores.step, -(-rows.stop // scores.step))
        return bool(scores.flagged(detection.alpha)[inside].any())

    low_end, high_end = 0, SIZES.size
    while low_end < high_end:
        middle = (low_end + high_end) // 2
        if is_found(float(SIZES[middle])):
            high_end = middle
        else:
            low_end = middle + 1
    return float(SIZES[low_end]) * spread if low_end < SIZES.size and spread > 0 else None
