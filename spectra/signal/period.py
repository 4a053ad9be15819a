"""The dominant period of a signal, by autocorrelation."""

import numpy as np

from spectra.arrays import Float64Array

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
FUNDAMENTAL = 0.5
BLOCK = 256
PERIOD_ROWS = 131_072
MAX_PERIOD = 4096


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


def dominant_period(signal: Float64Array, tolerance: float = PERIOD_TOLERANCE) -> int | None:
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
    first = int(lags[peak & (here >= tolerance * best)][0])
    return first + int(correlation[first : first + int(PERIOD_WIDTH * first) + 1].argmax())


def block_rows(signal: Float64Array) -> int:
    """Return the rows of a block of a signal (n_samples, n_channels) to take a maximum of.

    It is as long as the longest fixed frame, whose scores depend on one another, or as a period. A
    repetition with FUNDAMENTAL of the best correlation is long enough: a signal may correlate
    better with a multiple of its period, and a block of several cycles is anomalous more often.
    """
    return max(BLOCK, dominant_period(signal, FUNDAMENTAL) or 0)
