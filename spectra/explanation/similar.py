"""The most similar normal stretch of a recording, laid over a stretch by the best rotation.

A frame delayed by s samples has the spectrum X_k · e^{−i2πks/w}: a delay is a rotation of each bin.
The whole samples of the delay are those of the largest cross-correlation; the fraction that is left
is a phase of the bins in which the two frames agree.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra import rotation
from spectra.alarms import Alarms
from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.calibration.scores import Scores
from spectra.signal.distance import squared_distances

# Normal frames that a frame is compared with.
MOST_FRAMES: Final = 400
# Frames drawn for each one needed: some lie in alarms or in gaps.
CANDIDATES: Final = 8
# Share of the frames outside alarms that are left out for their scores.
SUSPECT: Final = 0.2


@dataclass(frozen=True, eq=False)
class NormalStretch:
    """A normal stretch as similar as any, and its rows moved onto those of another.

    Attributes
    ----------
    start : int
        First row of the stretch, in the recording that is scored.
    delay : float
        Rows by which it is moved: the row `start` + i − `delay` lies over row i.
    values : ndarray (n_rows,)
        Its values, moved.
    """

    start: int
    delay: float
    values: Float64Array


def normal_starts(scores: Scores, alarms: Alarms, nperseg: int) -> IntArray:
    """Return the first rows of frames that touch no alarm and score low, ascending.

    One is drawn in each of equal parts of the recording, the same each time. The fifth of them with
    the highest mean score is left out: an event may be longer than its alarm.
    """
    last = scores.n_samples - nperseg
    if last < 0:
        return np.empty(0, dtype=np.int64)
    parts = min(last + 1, MOST_FRAMES * CANDIDATES)
    edges = np.linspace(0, last + 1, parts + 1)
    drawn = np.floor(edges[:-1] + np.random.default_rng(0).random(parts) * np.diff(edges))
    starts = np.minimum(drawn.astype(np.int64), last)
    starts = starts[outside(starts, alarms, nperseg)]
    if not starts.size:
        return starts
    height = np.concatenate([[0.0], np.cumsum(np.nan_to_num(scores.statistic, nan=0.0))])
    begin, end = starts // scores.step, -(-(starts + nperseg) // scores.step)
    mean = (height[end] - height[begin]) / (end - begin)
    return np.asarray(starts[mean <= np.quantile(mean, 1.0 - SUSPECT)])


def outside(starts: IntArray, alarms: Alarms, nperseg: int) -> BoolArray:
    """Return whether each frame of `nperseg` rows touches no alarm, with a quarter to spare."""
    margin = nperseg // 4
    before = np.searchsorted(alarms.first, starts + nperseg + margin)
    over = np.searchsorted(alarms.last, starts - margin)
    return np.asarray(before == over)


def most_similar(
    values: Float64Array,
    first: int,
    nperseg: int,
    starts: IntArray,
    odd: tuple[int, int] | None = None,
) -> NormalStretch | None:
    """Return the stretch nearest to the rows `first` … `first` + `nperseg` − 1 of one channel.

    Parameters
    ----------
    values : ndarray (n_samples,)
        NaN in gaps.
    starts : ndarray (n,)
        First rows of normal frames of `nperseg` rows. None is returned where all have gaps.
    odd : (int, int), optional
        First and last row of an event. Where they are less than half of the frame, the stretch is
        moved to agree with the other rows: a strong event would be taken for a normal peak.
    """
    rows = np.arange(nperseg)
    frame = filled(values[first : first + nperseg])
    normal = values[starts[:, None] + rows]
    whole = np.isfinite(normal).all(axis=1)
    if not whole.any():
        return None
    normal, starts = normal[whole], starts[whole]
    magnitudes = np.abs(np.fft.rfft(np.vstack([frame[None], normal])))
    D = squared_distances(magnitudes[:1], magnitudes[1:])[0]
    start = int(starts[D.argmin()])
    rest = _rest(first + rows, odd)
    lag = _whole_delay(frame, values, start, rest)
    if np.isfinite(values[start - lag : start - lag + nperseg]).all():
        start -= lag
    # The stretch is cut anew, so that no row of its end stands at its beginning.
    cut = values[start : start + nperseg]
    aligned, fraction = _aligned(np.where(rest, frame, cut), cut)
    return NormalStretch(start, fraction, aligned)


def _rest(rows: IntArray, odd: tuple[int, int] | None) -> BoolArray:
    """Return which rows of a frame lie outside an event, or all where half of them do not."""
    if odd is None:
        return np.ones(rows.size, dtype=np.bool_)
    outside_it = (rows < odd[0]) | (rows > odd[1])
    return outside_it if 2 * np.count_nonzero(outside_it) > rows.size else outside_it | True


def filled(values: Float64Array) -> Float64Array:
    """Return values with gaps interpolated; zeros where there is no value."""
    known = np.isfinite(values)
    if known.all() or not known.any():
        return np.where(known, values, 0.0)
    rows = np.arange(values.size)
    return np.interp(rows, rows[known], values[known])


def _whole_delay(frame: Float64Array, values: Float64Array, start: int, rest: BoolArray) -> int:
    """Return the rows that the stretch is moved by, at most a quarter of it, to agree best.

    The cross-correlation is that of the rows around the stretch, less their means, over the rows
    `rest` of the frame.
    """
    w, reach = frame.size, frame.size // 4
    low, high = max(0, start - reach), min(values.size, start + w + reach)
    around = filled(values[low:high])
    around -= around.mean()
    weight = rest / np.count_nonzero(rest)
    mean = np.correlate(around, weight)
    variance = np.correlate(around**2, weight) - mean**2
    # A constant stretch differs from none by rounding.
    least = max(float(np.finfo(float).eps * variance.max()), np.finfo(float).tiny)
    size = np.sqrt(np.maximum(variance, least))
    agreement = np.correlate(around, weight * (frame - frame[rest].mean())) / size
    return start - (low + int(agreement.argmax()))


def _aligned(frame: Float64Array, normal: Float64Array) -> tuple[Float64Array, float]:
    """Return the normal rows moved by the fraction of a row that agrees best, and that fraction.

    θ is the phase that brings the spectra together (`rotation.align_phase`). At the mean frequency
    k̄ of what they share it is a delay of −θw/(2πk̄) rows.
    """
    w = frame.size
    X, Y = np.fft.rfft(frame - frame.mean()), np.fft.rfft(normal - normal.mean())
    shared = np.abs(X * Y)
    if not shared[1:].any():
        return normal, 0.0
    _, theta = rotation.align_phase(Y, X)
    k = float((np.arange(shared.size) * shared).sum() / shared.sum())
    delay = float(np.clip(-float(theta) * w / (2 * np.pi * k), -0.5, 0.5))
    moved = np.fft.irfft(rotation.time_shift(Y, delay, w), w) + normal.mean()
    closer = ((moved - frame) ** 2).sum() < ((normal - frame) ** 2).sum()
    return (np.asarray(moved), delay) if closer else (normal, 0.0)
