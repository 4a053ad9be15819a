"""The spectrogram of a channel: amplitude in dB over time and frequency."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from spectra.arrays import FloatArray, IntArray
from spectra.detection import Detection
from spectra.plots.axes import LINEAR_SHARE, TimeAxis, draw_frequency_axis, frequency_unit
from spectra.plots.columns import column_starts
from spectra.plots.style import COLOURS, MISSING
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.spectrum import frequencies, spectrum

# Rows of pixels for a decade of the logarithmic part of the frequency axis.
ROWS_PER_DECADE: Final = 60
# Frames times rows that are transformed at a time: 16 MB.
BLOCK_VALUES: Final = 2**21
# Range of the colours in dB: wide enough that noise does not look like structure, and narrow enough
# that levels can be distinguished.
LEAST_RANGE, MOST_RANGE = 30.0, 80.0
# Amplitude drawn for a silent channel, whose logarithm would be −∞.
SILENCE: Final = 1e-12


def draw_spectrogram(ax: Axes, detection: Detection, channel: int, time: TimeAxis) -> None:
    """Draw the amplitudes of a channel; low frequencies take half of the frequency axis."""
    top = draw_frequency_axis(ax, detection.fs)
    ax.set_facecolor(MISSING)
    bins = frequencies(detection.nperseg, detection.fs) / frequency_unit(detection.fs)[1]
    first_bin = _first_bins(bins, top * LINEAR_SHARE)
    levels = np.append(np.maximum(bins[first_bin] - top / detection.nperseg, 0), top)
    decibels, first = _amplitudes(detection, channel, first_bin)
    low, high = _colour_limits(decibels)
    edges = time.at(_column_edges(detection, first))
    image = ax.pcolormesh(
        edges,
        levels,
        np.ma.masked_invalid(decibels),
        cmap=COLOURS,
        vmin=low,
        vmax=high,
        zorder=0,
        # As shapes, an SVG or PDF of it takes megabytes.
        rasterized=True,
    )
    ax.figure.colorbar(image, ax=ax, label="amplitude (dB)", pad=0.01, extend="both")


def _first_bins(bins: FloatArray, linear: float) -> IntArray:
    """Return the first bin of each row of pixels.

    Each bin below `linear` has its own row; above it there are at most ROWS_PER_DECADE a decade.
    """
    rows = np.floor(np.log10(np.maximum(bins / linear, 1)) * ROWS_PER_DECADE)
    return np.flatnonzero((np.diff(rows, prepend=-1) > 0) | (bins < linear))


def _frame_starts(detection: Detection) -> IntArray:
    """Return the first row of each frame; frames overlap by half."""
    grid = FrameGrid(detection.nperseg, max(1, detection.nperseg // 2))
    return grid.starts(detection.recording.n_samples)


def _column_edges(detection: Detection, first: IntArray) -> FloatArray:
    """Return the edges of the columns in rows of the recording, (n_columns + 1,).

    They are half way between the centres of neighbouring frames, and at both ends.
    """
    centres = _frame_starts(detection) + detection.nperseg / 2
    inner = (centres[first[1:] - 1] + centres[first[1:]]) / 2
    return np.concatenate([[0.0], inner, [len(detection.recording.values)]])


def _amplitudes(
    detection: Detection, channel: int, first_bin: IntArray
) -> tuple[FloatArray, IntArray]:
    """Return the largest amplitude in dB of each pixel, and the first frame of each column.

    The amplitudes are (n_rows, n_columns), NaN in gaps.
    """
    nperseg, starts = detection.nperseg, _frame_starts(detection)
    weights = taper(detection.model.fitted.window, nperseg)
    signal = detection.recording.values[:, channel]
    known = signal[np.isfinite(signal)]
    centred = signal - np.median(known) if known.size else signal
    view = np.lib.stride_tricks.sliding_window_view(centred, nperseg)
    first = column_starts(len(starts))
    largest = np.empty((len(first), len(first_bin)))
    at_once = max(1, BLOCK_VALUES // nperseg * len(first) // len(starts))
    for begin in range(0, len(first), at_once):
        columns = first[begin : begin + at_once]
        end = first[begin + at_once] if begin + at_once < len(first) else len(starts)
        magnitude = np.abs(spectrum(view[starts[columns[0] : end]], weights, scaling="magnitude"))
        in_rows = np.maximum.reduceat(magnitude, first_bin, axis=1)
        largest[begin : begin + at_once] = np.fmax.reduceat(in_rows, columns - columns[0], axis=0)
    return 20 * np.log10(np.maximum(largest.T, SILENCE)), first


def _colour_limits(decibels: FloatArray) -> tuple[float, float]:
    """Return the level below which there is little, and the level that few pixels exceed."""
    known = decibels[np.isfinite(decibels)]
    if known.size == 0:
        return -LEAST_RANGE, 0.0
    low, high = np.quantile(known, [0.05, 0.999])
    return float(np.clip(low, high - MOST_RANGE, high - LEAST_RANGE)), float(high)
