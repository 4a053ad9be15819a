"""The spectrogram of a channel on axes."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from spectra.detection import Detection
from spectra.formatting import frequency_unit
from spectra.plots.axes import TimeAxis, draw_frequency_axis, plain
from spectra.plots.columns import COLUMNS
from spectra.plots.style import COLOURS, MISSING
from spectra.spectrogram import spectrogram_of
from spectra.text import short

# Characters of a unit beside the colours.
LONGEST_UNIT: Final = 10
# Rows of pixels for a decade of the logarithmic part of the frequency axis.
ROWS_PER_DECADE: Final = 60


def draw_spectrogram(ax: Axes, detection: Detection, channel: int, time: TimeAxis) -> None:
    """Draw the amplitudes of a channel; low frequencies take half of the frequency axis."""
    draw_frequency_axis(ax, detection.fs)
    ax.set_facecolor(MISSING)
    found = spectrogram_of(detection, channel, COLUMNS, ROWS_PER_DECADE)
    low, high = found.limits
    image = ax.pcolormesh(
        time.at(found.rows),
        found.edges / frequency_unit(detection.fs)[1],
        np.ma.masked_invalid(found.decibels),
        cmap=COLOURS,
        vmin=low,
        vmax=high,
        zorder=0,
        # As shapes, an SVG or PDF of it takes megabytes.
        rasterized=True,
    )
    units = detection.recording.units
    unit = short(units[channel], LONGEST_UNIT) if units and units[channel] else "unit"
    bar = ax.figure.colorbar(image, ax=ax, pad=0.01, extend="both")
    plain(bar.ax.yaxis.label)
    bar.set_label(f"amplitude (dB re 1 {unit})")
