"""One alarm as a figure: the signal with a normal stretch laid over, and its spectrum."""

from textwrap import fill
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from spectra.arrays import Float64Array
from spectra.datasets.recording import Recording
from spectra.detection import Detection
from spectra.explanation.explained import Explanation, Spectra
from spectra.formatting import frequency_unit
from spectra.parameters import require
from spectra.plots.axes import TimeAxis, plain
from spectra.plots.columns import envelope
from spectra.plots.style import ALARM, NORMAL, SIGNAL, Picture
from spectra.text import LONGEST_PATH, short

# Frames shown on each side of an alarm.
AROUND: Final = 2
# Characters of a unit beside an axis.
LONGEST_UNIT: Final = 16
# Characters of a name in the title of the spectrum, which has the legend beside it.
LONGEST_TITLED: Final = 24
# Characters of a sentence in the title, and of a line of it.
LONGEST_SENTENCE: Final = 260
LINE: Final = 130
# Lowest amplitude that is drawn, in dB below the largest.
RANGE_DB: Final = 100.0


def plot_alarm(detection: Detection, alarm: int) -> Figure:
    """Draw an alarm: the signal around it, the most similar normal stretch, and the spectrum.

    Parameters
    ----------
    detection : Detection
    alarm : int
        Number of the alarm in order of time, from 1.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        For anything but a Detection and an integer.
    ValueError
        For a number that no alarm has.

    Notes
    -----
    The channel is the first of `Detection.explain`. The normal stretch is laid over the middle of
    the event by the delay that agrees best. The spectrum is the root of the mean power of the
    frames inside the alarm, over that of the normal frames nearest to them; the spread is from the
    5 % to the 95 % quantile of single normal frames.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> x = np.random.default_rng(0).normal(size=4000)
    >>> x[2000:2064] *= 5
    >>> figure = spectra.plot_alarm(spectra.detect(x), 1)
    >>> [ax.get_xlabel() for ax in figure.axes]
    ['row', 'frequency (cycles/sample)']
    """
    require("detection", detection, Detection, "must be a Detection, made by detect or score")
    explained = detection.explain(alarm)
    channel = explained.channels[0].index
    figure = Picture(figsize=(11, 7.2), layout="constrained")
    upper, lower = figure.subplots(2, 1)
    _draw_around(upper, detection, explained, channel)
    if explained.spectra is not None:
        _draw_spectrum(lower, detection, explained, explained.spectra, channel)
    else:
        lower.set_axis_off()
    for ax in (upper, lower):
        ax.spines[["top", "right"]].set_visible(False)
        plain(ax.yaxis.label)
    plain(
        figure.suptitle(heading(detection.recording, alarm, explained.sentence), fontsize="medium")
    )
    return figure


def heading(recording: Recording, alarm: int, sentence: str) -> str:
    """Return the name of a recording, and what an alarm is, in lines of at most LINE characters."""
    text = (
        f"{short(recording.name, LONGEST_PATH)}, alarm {alarm}: {short(sentence, LONGEST_SENTENCE)}"
    )
    return fill(text, LINE)


def _draw_around(ax: Axes, detection: Detection, explained: Explanation, channel: int) -> None:
    """Draw the signal around an alarm, and the normal stretch."""
    recording = detection.recording
    start, nperseg = explained.frame
    first = min(start, explained.first_row) - AROUND * nperseg
    stop = max(start + nperseg, explained.last_row + 1) + AROUND * nperseg
    rows = slice(max(0, first), min(stop, recording.n_samples))
    time = TimeAxis.of(recording.index[rows], detection.fs)
    values = recording.values[rows, channel]
    ax.plot(*envelope(values, time.edges[:-1]), color=SIGNAL, linewidth=1.0, label="signal")
    if explained.similar is not None:
        over = np.arange(start, start + nperseg) - rows.start
        ax.plot(
            *envelope(explained.similar.values, time.at(over)),
            color=NORMAL,
            linewidth=1.4,
            linestyle=(0, (4, 1.5)),
            label=f"similar normal stretch, from {explained.similar_start}",
        )
    edges = np.array([explained.first_row, explained.last_row + 1]) - rows.start
    ax.axvspan(*time.at(edges), color=ALARM, alpha=0.18, linewidth=0, label="alarm", zorder=0.5)
    plain(ax.yaxis.label)
    ax.set_ylabel(short(recording.title(channel)))
    ax.margins(y=0.08)
    time.draw(ax)
    _legend(ax)


def _draw_spectrum(
    ax: Axes, detection: Detection, explained: Explanation, found: Spectra, channel: int
) -> None:
    """Draw the spectrum of an alarm over the normal one, with the bands that carry the alarm."""
    unit, size = frequency_unit(detection.fs)
    x = found.frequencies / size
    floor = max(float(found.inside.max()), float(found.normal.max())) * 10 ** (-RANGE_DB / 20)
    low, high, normal, inside = (
        _decibels(each, floor) for each in (found.low, found.high, found.normal, found.inside)
    )
    ax.fill_between(
        x, low, high, color=NORMAL, alpha=0.2, linewidth=0, label="normal frames, 5 % to 95 %"
    )
    ax.plot(x, normal, color=NORMAL, linewidth=1.4, linestyle=(0, (4, 1.5)), label="normal")
    ax.plot(x, inside, color=SIGNAL, linewidth=1.4, label="inside the alarm")
    for number, band in enumerate(each for each in explained.bands if each.change is None):
        ax.axvspan(
            max(band.f_low / size, x[0] / 2),
            band.f_high / size,
            color=ALARM,
            alpha=0.18,
            linewidth=0,
            label="" if number else "bands that carry the alarm",
            zorder=0.5,
        )
    ax.set_xscale("log")
    ax.set_xlim(x[0] * 0.9, x[-1] * 1.05)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(f"frequency ({unit})")
    of = short(explained.unit, LONGEST_UNIT) or "the unit of the channel"
    ax.set_ylabel(f"amplitude (dB re 1 {of})" if explained.unit else f"amplitude (dB re {of})")
    name = short(detection.recording.channels[channel], LONGEST_TITLED)
    plain(ax.set_title(f"Spectrum of {name}", loc="left", fontsize="medium"))
    _legend(ax)


def _legend(ax: Axes) -> None:
    """Draw the legend above the axes, where it covers nothing."""
    legend = ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=4,
        fontsize="small",
        frameon=False,
        borderaxespad=0.1,
    )
    for text in legend.get_texts():
        plain(text)


def _decibels(amplitude: Float64Array, floor: float) -> Float64Array:
    """Return 20·log₁₀ of amplitudes, none below a floor."""
    least = max(floor, np.finfo(float).tiny)
    return np.asarray(20 * np.log10(np.maximum(amplitude, least)))
