"""The spectrogram of a channel: amplitude in dB over time and frequency, reduced to pixels."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import FloatArray, IntArray
from spectra.detection import Detection
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.spectrum import frequencies, spectrum

# The frequency axis is linear up to this share of the highest frequency, and logarithmic above.
LINEAR_SHARE: Final = 0.1
# Frames times rows that are transformed at a time: 16 MB.
BLOCK_VALUES: Final = 2**21
# Rows, evenly spaced, whose median is the level that is subtracted.
MEDIAN_ROWS: Final = 2**16
# Range of the colours in dB: wide enough that noise does not look like structure, and narrow enough
# that levels can be distinguished.
LEAST_RANGE, MOST_RANGE = 30.0, 80.0
# Amplitude of a silent channel, whose logarithm would be −∞.
SILENCE: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Amplitudes of a channel by pixel.

    Attributes
    ----------
    decibels : ndarray (n_bands, n_columns)
        The largest amplitude A in each pixel, as 20·log₁₀ A in dB of the unit of the channel; NaN
        in gaps.
    rows : ndarray (n_columns + 1,)
        Edges of the columns in rows of the recording.
    edges : ndarray (n_bands + 1,)
        Edges of the bands in Hz, in cycles per row without a sampling rate.
    """

    decibels: FloatArray
    rows: FloatArray
    edges: FloatArray

    @property
    def limits(self) -> tuple[float, float]:
        """The level below which there is little, and the level that few pixels exceed, in dB."""
        known = self.decibels[np.isfinite(self.decibels)]
        if known.size == 0:
            return -LEAST_RANGE, 0.0
        low, high = np.quantile(known, [0.05, 0.999])
        return float(np.clip(low, high - MOST_RANGE, high - LEAST_RANGE)), float(high)


def spectrogram_of(
    detection: Detection,
    channel: int,
    n_columns: int,
    per_decade: int,
    rows: slice | None = None,
    nperseg: int | None = None,
) -> Spectrogram:
    """Return the spectrogram of a channel, or of some rows of it.

    Parameters
    ----------
    detection : Detection
        Its middle frame length is that of the frames.
    channel : int
    n_columns : int
        Most columns.
    per_decade : int
        Most bands in a decade of frequencies above a tenth of the highest; below, each bin is a
        band.
    rows : slice, optional
        Rows that the columns reach over; at least a frame. Their frames overlap by more than half
        where that makes columns.
    nperseg : int, optional
        Rows of a frame; by default `detection.nperseg`.
    """
    n_samples, fs = detection.recording.n_samples, detection.fs
    # A model may have longer frames than the recording has rows.
    nperseg = min(nperseg or detection.nperseg, n_samples)
    first, stop, _ = (rows or slice(None)).indices(n_samples)
    first, stop = max(0, min(first, stop - nperseg)), min(n_samples, max(stop, first + nperseg))
    finest = (stop - first) // n_columns if rows else nperseg
    starts = FrameGrid(nperseg, max(1, min(nperseg // 2, finest))).starts(stop - first)
    n_columns = min(starts.size, n_columns)
    columns = np.linspace(0, starts.size, n_columns, endpoint=False).astype(np.int64)
    bins, top = frequencies(nperseg, fs), (fs or 1.0) / 2
    bands = first_bins(bins, top * LINEAR_SHARE, per_decade)
    signal = detection.recording.values[:, channel]
    spread = signal[:: -(-n_samples // MEDIAN_ROWS)]
    known = spread[np.isfinite(spread)]
    centred = signal[first:stop] - (np.median(known) if known.size else 0.0)
    weights = taper(detection.model.fitted.window, nperseg)
    centres = starts + nperseg / 2
    inner = (centres[columns[1:] - 1] + centres[columns[1:]]) / 2
    return Spectrogram(
        _decibels(centred, starts, columns, bands, weights),
        first + np.concatenate([[0.0], inner, [stop - first]]),
        np.append(np.maximum(bins[bands] - top / nperseg, 0), top),
    )


def first_bins(bins: FloatArray, linear: float, per_decade: int) -> IntArray:
    """Return the first bin of each band.

    Each bin below `linear` is a band; above it there are at most `per_decade` a decade.
    """
    bands = np.floor(np.log10(np.maximum(bins / linear, 1)) * per_decade)
    return np.flatnonzero((np.diff(bands, prepend=-1) > 0) | (bins < linear))


def _decibels(
    signal: FloatArray, starts: IntArray, columns: IntArray, bands: IntArray, weights: FloatArray
) -> FloatArray:
    """Return the largest amplitude in dB of each pixel, (n_bands, n_columns), NaN in gaps.

    `columns` are the first frame of each column and `bands` the first bin of each band.
    """
    nperseg = weights.size
    view = np.lib.stride_tricks.sliding_window_view(signal, nperseg)
    largest = np.empty((columns.size, bands.size))
    at_once = max(1, BLOCK_VALUES // nperseg * columns.size // starts.size)
    for begin in range(0, columns.size, at_once):
        part = columns[begin : begin + at_once]
        end = columns[begin + at_once] if begin + at_once < columns.size else starts.size
        magnitude = np.abs(spectrum(view[starts[part[0] : end]], weights, scaling="magnitude"))
        in_bands = np.maximum.reduceat(magnitude, bands, axis=1)
        largest[begin : begin + at_once] = np.fmax.reduceat(in_bands, part - part[0], axis=0)
    return np.asarray(20 * np.log10(np.maximum(largest.T, SILENCE)))
