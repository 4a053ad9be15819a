"""A signal cut into frames, how long a frame should be, and frame scores back to samples.

Frame i covers samples starts[i] … starts[i] + nperseg − 1. starts[i] = i·hop, except that the last
frame is moved back to end on the last sample, so that no sample of the input is left without a
score.
"""

from dataclasses import dataclass

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.errors import DataError

# Beyond this many steps the score is no finer for any practical purpose, while the time grows with
# each of them.
MAX_STEPS = 16_384
# The frame lengths where none is given: each RATIO times the one before.
SHORTEST, LONGEST, RATIO = 16, 256, 4

# A repetition counts as a period when the autocorrelation rises by this much from the valley before
# it.
PERIOD_RISE = 0.2
# The autocorrelation of noise has a standard deviation of 1/√n: from its lowest to its highest it
# may rise by 7 of them.
PERIOD_RISE_OF_NOISE = 7.0
# Multiples of a period correlate as well as the period; the first lag within this share of the best
# is the period.
PERIOD_TOLERANCE = 0.9
# Noise raises small peaks on the slope of a broad one: the top is the highest lag within this share
# beyond the first.
PERIOD_WIDTH = 0.1
PERIOD_ROWS = 131_072
MAX_PERIOD = 4096


def taper(window: str | tuple[str, float], nperseg: int) -> Float64Array:
    """Periodic window of `nperseg` samples, by the name (or name and parameter)
    scipy.signal.get_window knows.

    Raises ValueError for a name scipy does not know.
    """
    if nperseg < 3:
        return np.ones(nperseg)
    if window == "hann":
        # The same values as scipy.signal.get_window, whose import alone costs more than scoring
        # most recordings.
        return np.hanning(nperseg + 1)[:-1]
    from scipy.signal import get_window

    return np.asarray(get_window(window, nperseg), dtype=np.float64)


@dataclass(frozen=True)
class Cut:
    """How a recording is cut: frame lengths `npersegs` with a hop each, multiples of `step`, the
    resolution of the score.
    """

    npersegs: tuple[int, ...]
    hops: tuple[int, ...]
    step: int


def cut_of(nperseg: int, n_samples: int) -> Cut:
    """Frames of one length: hops of an eighth, more on very long recordings, but never beyond half
    a frame.
    """
    hop = max(1, nperseg // 8, min(nperseg // 2, -(-n_samples // MAX_STEPS)))
    return Cut((nperseg,), (hop,), hop)


def ladder(n_samples: int) -> Cut:
    """Frames of 16, 64 and 256 samples: what is unusual may be short or long.

    Hops are an eighth of a frame, of very long recordings a quarter, or the step, whichever is
    longer. On a recording of so many samples that its shortest frames would be more than MAX_STEPS
    the ladder begins higher and ends at 256 or four times as high. No frame is longer than a fifth
    of the recording, so that each has others to be compared with.
    """
    shortest = SHORTEST
    while n_samples > MAX_STEPS * (shortest // 2):
        shortest *= 2
    step = shortest // 4 if n_samples <= MAX_STEPS * (shortest // 4) else shortest // 2
    longest = min(max(LONGEST, RATIO * shortest), max(2, n_samples // 5))
    rungs = [rung for rung in (shortest, RATIO * shortest, RATIO**2 * shortest) if rung <= longest]
    if not rungs:
        return cut_of(longest, n_samples)
    overlap = 8 if step < shortest // 2 else 4
    return Cut(tuple(rungs), tuple(max(step, rung // overlap) for rung in rungs), step)


def frame_starts(n_samples: int, nperseg: int, hop: int) -> IntArray:
    """First sample of each frame, shape (n_frames,); raises DataError for a recording shorter than
    one frame.
    """
    if nperseg < 1 or hop < 1:
        raise ValueError(f"nperseg={nperseg} and hop={hop} must be integers >= 1.")
    if n_samples < nperseg:
        raise DataError(
            f"The recording has {n_samples} rows, fewer than one frame of {nperseg}: "
            "give a longer recording or a smaller nperseg."
        )
    starts = np.arange(0, n_samples - nperseg + 1, hop)
    if starts[-1] != n_samples - nperseg:
        starts = np.append(starts, n_samples - nperseg)
    return starts


def frame_view(signal: Float64Array, nperseg: int) -> Float64Array:
    """Every frame of a (n_samples, n_channels) signal as a read-only view (n_samples − nperseg + 1,
    n_channels, nperseg).
    """
    return np.lib.stride_tricks.sliding_window_view(signal, nperseg, axis=0)


def steps_covered(starts: IntArray, nperseg: int, step: int) -> tuple[IntArray, IntArray]:
    """First step each frame covers and the one after its last; step j is the samples j·step … (j +
    1)·step − 1.
    """
    return -(-starts // step), -(-(starts + nperseg) // step)


def _frames_of_steps(starts: IntArray, nperseg: int, step: int) -> tuple[IntArray, IntArray]:
    """The first frame that covers each step and the one after the last, each (n_steps,)."""
    begin, end = steps_covered(starts, nperseg, step)
    steps = np.arange(int(end[-1]))
    return np.searchsorted(end, steps, side="right"), np.searchsorted(begin, steps, side="right")


def to_steps(frame_scores: FloatArray, starts: IntArray, nperseg: int, step: int) -> FloatArray:
    """Mean over the frames with a score that cover each step, (…, n_frames) -> (…, n_steps); NaN
    where none does.
    """
    first, last = _frames_of_steps(starts, nperseg, step)
    scored = np.isfinite(frame_scores)
    padding = np.zeros((*frame_scores.shape[:-1], 1), dtype=frame_scores.dtype)
    values = np.concatenate(
        [np.where(scored, frame_scores, 0.0).astype(frame_scores.dtype), padding], axis=-1
    )
    # Summed frame by frame: one enormous score would leave its rounding in every later value of a
    # running sum.
    summed = np.add.reduceat(values, np.column_stack([first, last]).ravel(), axis=-1)[..., ::2]
    count = np.concatenate(
        [np.zeros(padding.shape, dtype=np.int64), np.cumsum(scored, axis=-1)], axis=-1
    )
    cover = count[..., last] - count[..., first]
    return np.asarray(
        np.divide(
            summed, cover, out=np.full(summed.shape, np.nan, dtype=summed.dtype), where=cover > 0
        )
    )


def with_even_ends(scores: FloatArray, starts: IntArray, nperseg: int, step: int) -> FloatArray:
    """Scores of steps (…, n_steps), at the ends that of the nearest step that as many frames cover
    as most others.

    There fewer frames are averaged, and the mean of fewer is large more often.
    """
    first, last = _frames_of_steps(starts, nperseg, step)
    enough = np.flatnonzero(last - first >= np.median(last - first))
    even = scores.copy()
    for end, nearest in (
        (slice(0, enough[0]), enough[0]),
        (slice(enough[-1] + 1, None), enough[-1]),
    ):
        one = scores[..., nearest, None]
        even[..., end] = np.where(np.isfinite(one), one, scores[..., end])
    return even


def autocorrelation(signal: Float64Array, max_lag: int) -> Float64Array:
    """Autocorrelation at lags 0 … max_lag by FFT (Wiener–Khinchin), mean over channels, 1 at lag 0;
    gaps count as the mean.

    Each lag is divided by its number of pairs, so that a pure period reads 1 at every multiple of
    itself.
    """
    centred = signal - np.nanmean(signal, axis=0)
    centred[~np.isfinite(centred)] = 0.0
    power = np.sqrt(np.mean(centred**2, axis=0))
    centred = centred[:, power > 0] / power[power > 0]
    if centred.shape[1] == 0:
        return np.zeros(max_lag + 1)
    n = centred.shape[0]
    length = 1 << (n + max_lag).bit_length()
    total = np.zeros(length // 2 + 1)
    for channel in centred.T:
        total += np.abs(np.fft.rfft(channel, length)) ** 2
    correlation = np.fft.irfft(total, length)[: max_lag + 1] / (n - np.arange(max_lag + 1))
    return np.asarray(correlation / correlation[0])


def dominant_period(signal: Float64Array) -> int | None:
    """Period in samples by which a (n_samples, n_channels) signal repeats itself most clearly, or
    None.

    Of the local maxima of the autocorrelation at lags up to an eighth of the recording that rise at
    least PERIOD_RISE, and further than noise would, above the lowest value at any smaller lag, the
    first that reaches PERIOD_TOLERANCE of the highest; or what is highest within PERIOD_WIDTH of
    it.
    """
    signal = signal[:PERIOD_ROWS]
    max_lag = min(signal.shape[0] // 8, MAX_PERIOD)
    if max_lag < 4:
        return None
    with np.errstate(invalid="ignore"):
        usable = signal[:, np.isfinite(signal).any(axis=0)]
    if usable.shape[1] == 0:
        return None
    correlation = autocorrelation(usable, max_lag)
    lags = np.arange(1, max_lag)
    here = correlation[1:-1]
    valley = np.minimum.accumulate(correlation)[:-2]
    rise = max(PERIOD_RISE, PERIOD_RISE_OF_NOISE / np.sqrt(signal.shape[0]))
    peak = (
        (here > correlation[:-2]) & (here >= correlation[2:]) & (here - valley >= rise) & (here > 0)
    )
    if not peak.any():
        return None
    best = here[peak].max()
    first = int(lags[peak & (here >= PERIOD_TOLERANCE * best)][0])
    return first + int(correlation[first : first + int(PERIOD_WIDTH * first) + 1].argmax())
