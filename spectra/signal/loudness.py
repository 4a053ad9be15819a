"""Loudness, and its period.

Loudness is the logarithm of the power of a band, in units of its usual power.

φ = log(1 + P / (SILENT · P_usual)) is 0 for silence. Bands of which one is a thousand times as
strong as another count alike, and below SILENT of its usual power a band is as good as silent.
Loudness grows with the logarithm of power (Fechner 1860).

Bursts of noise that come every hour are never twice the same: the signal has no period, and its
loudness has one.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, FloatArray
from spectra.signal.glitches import without_glitches
from spectra.signal.period import MAX_PERIOD, PERIOD_ROWS, first_period, mean_autocorrelation
from spectra.signal.spectrum import frame_spectra
from spectra.signal.views import BANDS, band_powers

# Share of the usual power of a band below which it is as good as silent. From 0.01 to 0.3 the mean
# VUS-PR on 618 development series is within 0.0007.
SILENT: Final = 0.05
# Least power of silence, in units of the channel's variance: less is rounding.
ROUNDING: Final = 1e-10
# Rows of the frames whose loudness is told, and from one to the next.
SHORT: Final = 16
HOP: Final = 4


def silences(powers: FloatArray, n_bands: int) -> FloatArray:
    """Return the power below which each band is as good as silent, (n_channels, n_bands).

    `powers` (n_channels, n_frames, n_bands · n_stretches) are those of normal frames, NaN in gaps.
    """
    usual = np.zeros((len(powers), n_bands))
    for channel, of_channel in enumerate(powers):
        whole = of_channel[~np.isnan(of_channel).any(axis=-1)]
        if len(whole):
            usual[channel] = np.median(whole.reshape(len(whole), n_bands, -1), axis=(0, 2))
    return (SILENT * usual + ROUNDING).astype(powers.dtype)


def loudness(powers: FloatArray, silence: FloatArray) -> FloatArray:
    """Return log(1 + P / silence) of powers (n_channels, n_frames, n_bands · n_stretches)."""
    shape, n_bands = powers.shape, silence.shape[1]
    by_band = powers.reshape(*shape[:2], n_bands, -1) / silence[:, None, :, None]
    return np.asarray(np.log1p(by_band).reshape(shape))


def loudness_period(signal: Float64Array) -> int | None:
    """Return the period in samples of the loudness of a signal (n_samples, n_channels), or None.

    It is that of the loudness of the bands of frames of SHORT rows, found as `dominant_period`
    finds that of a signal, to HOP rows.
    """
    signal = without_glitches(signal[:PERIOD_ROWS])
    n_frames = (signal.shape[0] - SHORT) // HOP + 1
    max_lag = min(n_frames // 4, MAX_PERIOD // HOP)
    if max_lag < 4:
        return None
    period = first_period(mean_autocorrelation(_loudness(signal), n_frames, max_lag), n_frames)
    return period and period * HOP


def _loudness(signal: Float64Array) -> Iterator[FloatArray]:
    """Yield the loudness of the frames of each channel that varies, (n_frames, n_features)."""
    for values in signal.T:
        known = values[np.isfinite(values)]
        deviation = known.std() if known.size else 0.0
        if not deviation > 0:
            continue
        scaled = ((values - known.mean()) / deviation).astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(scaled, SHORT)[::HOP]
        powers = band_powers(frame_spectra(frames, "hann")[0])[None]
        found = loudness(powers, silences(powers, BANDS))[0]
        if np.isfinite(found).any():
            yield found
