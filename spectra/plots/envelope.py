"""The envelope spectrum of a vibration as a figure, with the defect frequencies of a bearing."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spectra.explanation.envelope import HARMONICS, Envelope, Line
from spectra.parameters import require
from spectra.plots.style import ALARM, NORMAL, SCORE, SIGNAL, Picture

# Colour and line of each defect: they differ in print without colours as well.
STYLES: Final = {
    "BPFO": (ALARM, "-"),
    "BPFI": (NORMAL, "--"),
    "BSF": ("#CC79A7", "-."),
    "FTF": (SCORE, ":"),
}
# Highest frequency that is drawn, in units of that of the highest harmonic.
ROOM: Final = 1.05


def plot_envelope(envelope: Envelope) -> Figure:
    """Draw an envelope spectrum, with the defect frequencies of the bearing and their harmonics.

    Parameters
    ----------
    envelope : Envelope
        From `Detection.bearing`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        For anything but an Envelope.

    Notes
    -----
    The lines of the defect that stands out most are thick. The frequencies follow from the geometry
    and the speed, and the legend has the p-values.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> from spectra.datasets import generators
    >>> found = spectra.detect(generators.bearing_outer_race(np.random.default_rng(0)))
    >>> figure = spectra.plot_envelope(found.bearing("6205", rpm=1797))
    >>> figure.axes[0].get_xlabel()
    'frequency (Hz)'
    """
    require("envelope", envelope, Envelope, "must be an Envelope, made by Detection.bearing")
    figure = Picture(figsize=(11, 4.2), layout="constrained")
    ax = figure.subplots()
    shown = envelope.frequencies > 0
    ax.plot(envelope.frequencies[shown], envelope.amplitude[shown], color=SIGNAL, linewidth=0.9)
    for line in envelope.lines:
        _mark(ax, line, thick=line is envelope.defect)
    highest = max(line.frequency for line in envelope.lines) * HARMONICS * ROOM
    ax.set_xlim(0, min(highest, float(envelope.frequencies[-1])))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("frequency (Hz)")
    ax.set_ylabel("amplitude (unit of the channel)")
    ax.set_title(f"Spectrum of the envelope of {envelope.band}", loc="left", fontsize="medium")
    ax.legend(fontsize="small", loc="upper right")
    ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(envelope.text, fontsize="medium")
    return figure


def _mark(ax: Axes, line: Line, *, thick: bool) -> None:
    """Mark the harmonics of a defect frequency."""
    colour, style = STYLES[line.name]
    for harmonic in line.frequency * np.arange(1, HARMONICS + 1):
        ax.axvline(
            harmonic,
            color=colour,
            linestyle=style,
            linewidth=4.0 if thick else 1.0,
            alpha=0.35 if thick else 0.8,
            zorder=0.5,
            label=f"{line.name} ({line.part}), {line.frequency:.1f} Hz, {line.p_text}"
            if harmonic == line.frequency
            else "",
        )
