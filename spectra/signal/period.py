"""The dominant period of a signal, by autocorrelation."""

from collections.abc import Iterable

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.signal.glitches import without_glitches

# Smallest rise of the autocorrelation from the valley before it to a period.
PERIOD_RISE = 0.2
# The same in standard deviations, 1/√n, of the autocorrelation of white noise, whose range is 7.
PERIOD_RISE_OF_NOISE = 7.0
# The same in Bartlett's standard deviations, for lags above an eighth of the recording. Noise whose
# values depend on those shortly before repeats itself by chance a few times. With 7 a period of a
# quarter of the recording is found in 99 % of sines, squares and peaks, and in 1 % of noises.
PERIOD_RISE_OF_FEW = 7.0
# Multiples of a period correlate as well as the period: the first lag with this fraction of the
# best correlation is the period.
PERIOD_TOLERANCE = 0.9
# Noise raises small peaks on the slope of a broad one: the highest value within this fraction of
# the lag beyond it counts.
PERIOD_WIDTH = 0.1
# Shortest block, in rows, whose largest statistic is taken.
BLOCK = 256
# Rows of a long recording that the period is sought in, and the longest one.
PERIOD_ROWS = 131_072
MAX_PERIOD = 4096


def autocorrelation(signal: Float64Array, max_lag: int) -> Float64Array:
    """Return the autocorrelation at lags 0 … max_lag by FFT (Wiener–Khinchin), (max_lag + 1,).

    It is the mean over the channels of a signal (n_samples, n_channels), 1 at lag 0. Gaps count as
    the mean. Each lag is divided by its number of pairs, so that a pure period reads 1 at every
    multiple of itself.
    """
    return mean_autocorrelation([signal], signal.shape[0], max_lag)


def mean_autocorrelation(parts: Iterable[FloatArray], n: int, max_lag: int) -> Float64Array:
    """Return the mean autocorrelation of the columns of parts (n, n_columns), (max_lag + 1,)."""
    length = fast_length(n + max_lag)
    total = np.zeros(length // 2 + 1)
    for part in parts:
        centred = part - np.nanmean(part, axis=0)
        centred[~np.isfinite(centred)] = 0.0
        power = np.sqrt(np.mean(centred**2, axis=0))
        for column in np.flatnonzero(power):
            total += np.abs(np.fft.rfft(centred[:, column] / power[column], length)) ** 2
    if not total.any():
        return np.zeros(max_lag + 1)
    correlation = np.fft.irfft(total, length)[: max_lag + 1] / (n - np.arange(max_lag + 1))
    return np.asarray(correlation / correlation[0])


def fast_length(n: int) -> int:
    """Return the smallest number 2ᵃ·3ᵇ from n on, of which an FFT is fast.

    Parameters
    ----------
    n : int

    Returns
    -------
    int
    """
    powers: list[int] = [3**b for b in range(n.bit_length())]
    return min(power << (-(-n // power) - 1).bit_length() for power in powers)


def dominant_period(signal: Float64Array) -> int | None:
    """Return the period in samples of a signal (n_samples, n_channels), None where there is none.

    Of the local maxima of the autocorrelation at lags up to a quarter of the recording, those count
    that rise at least PERIOD_RISE, and more than noise would, above the lowest value at any smaller
    lag. The first of them that reaches PERIOD_TOLERANCE of the highest is the period, or the
    highest value within PERIOD_WIDTH of it.

    References
    ----------
    Bartlett (1946), Supplement to the Journal of the Royal Statistical Society 8, 27.
    """
    # The distance of two glitches is no period.
    signal = without_glitches(signal[:PERIOD_ROWS])
    n = signal.shape[0]
    max_lag = min(n // 4, MAX_PERIOD)
    if max_lag < 4:
        return None
    with np.errstate(invalid="ignore"):
        usable = signal[:, np.isfinite(signal).any(axis=0)]
    if usable.shape[1] == 0:
        return None
    return first_period(autocorrelation(usable, max_lag), n)


def first_period(correlation: Float64Array, n: int) -> int | None:
    """Return the lag of the dominant period of a correlation (max_lag + 1,) of n values."""
    max_lag = correlation.size - 1
    lags = np.arange(1, max_lag)
    here = correlation[1:-1]
    valley = np.minimum.accumulate(correlation)[:-2]
    rise = np.full(lags.size, max(PERIOD_RISE, PERIOD_RISE_OF_NOISE / np.sqrt(n)))
    few = lags > n // 8
    rise[few] = np.maximum(rise[few], PERIOD_RISE_OF_FEW * _bartlett(correlation, n - lags[few]))
    peak = (
        (here > correlation[:-2]) & (here >= correlation[2:]) & (here - valley >= rise) & (here > 0)
    )
    if not peak.any():
        return None
    best = here[peak].max()
    first = int(lags[peak & (here >= PERIOD_TOLERANCE * best)][0])
    return first + int(correlation[first : first + int(PERIOD_WIDTH * first) + 1].argmax())


def _bartlett(correlation: Float64Array, n_pairs: IntArray) -> Float64Array:
    """Return the standard deviation of the autocorrelation of noise of so long a memory.

    The memory ends where the autocorrelation first rises or falls to 0.
    """
    ends = (correlation[1:] > correlation[:-1]) | (correlation[1:] <= 0)
    memory = correlation[1 : 1 + (int(ends.argmax()) if ends.any() else ends.size)]
    return np.asarray(np.sqrt((1.0 + 2.0 * np.sum(memory**2)) / n_pairs))


def block_rows(period: int | None) -> int:
    """Return the rows of a block to take a maximum of: BLOCK, longer than most events, or a period.

    Parameters
    ----------
    period : int or None
        Dominant period in rows, None where there is none.
    """
    return max(BLOCK, period or 0)
