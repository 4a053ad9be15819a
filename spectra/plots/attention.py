"""The attention of the sequence method as a figure: the source of each prediction."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spectra.arrays import FloatArray
from spectra.detection import Detection
from spectra.parameters import require
from spectra.plots.alarm import heading
from spectra.plots.axes import TimeAxis, plain, unit_of_time
from spectra.plots.columns import envelope
from spectra.plots.style import ALARM, COLOURS, MISSING, NORMAL, SIGNAL, Picture
from spectra.sequence.attention_map import AttentionMap
from spectra.sequence.base_scores import FAR
from spectra.sequence.model import SequenceModel
from spectra.text import short

# Most frames of the map, and the rows of pixels that the normal frames are put together in.
MOST_FRAMES: Final = 800
MOST_ROWS: Final = 200
# Frames on each side of an alarm: the longest past.
AROUND: Final = FAR
# Share of the largest attention from which on a colour is the brightest.
BRIGHTEST: Final = 0.99


def plot_attention(detection: Detection, alarm: int) -> Figure:
    """Draw the attention behind the predictions around an alarm of the sequence method.

    Parameters
    ----------
    detection : Detection
        Of the sequence method.
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
        For a number that no alarm has, and for a detection of another method.

    Notes
    -----
    Above: the signal. Middle: each column is a frame, and its colours are the weights
    softmax(−‖q − k‖²/τ) of the normal frames whose past k resembles its own past q, by their time.
    Their mean is X_normal. Below: the token of each frame and the likeliest one. An attention shows
    where a prediction comes from, and not why an alarm was raised: that is `Detection.explain`.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> from spectra.datasets import generators
    >>> recording = generators.order_anomalies(np.random.default_rng(0))
    >>> found = spectra.detect(recording, method="sequence")
    >>> figure = spectra.plot_attention(found, 1)
    >>> figure.axes[2].get_ylabel()
    'token'
    """
    require("detection", detection, Detection, "must be a Detection, made by detect or score")
    explained = detection.explain(alarm)
    fitted, recording = detection.model.fitted, detection.recording
    if not isinstance(fitted, SequenceModel):
        raise ValueError(
            "plot_attention draws a detection of the sequence method: give method='sequence'."
        )
    nperseg = fitted.mixture.best.base.frames.grid.nperseg
    first, stop = explained.first_row - AROUND * nperseg, explained.last_row + 1 + AROUND * nperseg
    rows = slice(max(0, first), min(stop, recording.n_samples))
    found = fitted.attention(recording.values, rows, MOST_FRAMES, own=detection.own)
    channel = explained.channels[0].index
    figure = Picture(figsize=(11, 8.5), layout="constrained")
    signal, attention, tokens = figure.subplots(3, 1, sharex=True, height_ratios=[1.3, 2.4, 1.3])
    time = TimeAxis.of(recording.index[rows], detection.fs)
    signal.plot(*envelope(recording.values[rows, channel], time.edges[:-1]), color=SIGNAL)
    plain(signal.yaxis.label)
    signal.set_ylabel(short(recording.title(channel)))
    starts = (found.start - rows.start + nperseg / 2).astype(np.float64)
    _draw_attention(attention, detection, found, time.at(_edges(starts)))
    _draw_tokens(tokens, found, time.at(starts))
    edges = np.array([explained.first_row, explained.last_row + 1]) - rows.start
    for ax in (signal, tokens):
        ax.axvspan(*time.at(edges), color=ALARM, alpha=0.18, linewidth=0, zorder=0.5)
        ax.spines[["top", "right"]].set_visible(False)
    for at in time.at(edges):
        attention.axvline(at, color=ALARM, linestyle="--", linewidth=1.2)
    time.draw(tokens)
    plain(figure.suptitle(heading(recording, alarm, explained.sentence), fontsize="medium"))
    return figure


def _edges(centres: FloatArray) -> FloatArray:
    """Return the edges between centres, and those of the first and last."""
    if centres.size == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def _draw_attention(ax: Axes, detection: Detection, found: AttentionMap, edges: FloatArray) -> None:
    """Draw the weights of the normal frames, those close in time put together."""
    last = int(found.normal_start[-1]) + detection.nperseg
    unit, size = unit_of_time(last, detection.fs)
    bins = np.linspace(0, last, min(MOST_ROWS, max(1, found.normal_start.size)) + 1)
    first = np.searchsorted(found.normal_start, bins[:-1])
    weights = np.zeros((bins.size - 1, found.start.size))
    for k, (begin, end) in enumerate(
        zip(first, [*first[1:], found.normal_start.size], strict=True)
    ):
        weights[k] = found.weights[:, begin:end].sum(axis=1)
    weights[:, np.isnan(found.weights).any(axis=1)] = np.nan
    known = weights[weights > 0]
    ax.set_facecolor(MISSING)
    image = ax.pcolormesh(
        edges,
        bins * size,
        np.ma.masked_invalid(weights),
        cmap=COLOURS,
        vmin=0,
        vmax=float(np.quantile(known, BRIGHTEST)) if known.size else 1.0,
        rasterized=True,
    )
    ax.figure.colorbar(image, ax=ax, label="attention", pad=0.01, extend="max")
    where = "the recording" if detection.own else "the normal data"
    ax.set_ylabel(f"time of the normal frame ({unit})")
    title = f"Attention to the normal frames of {where}; dashed: the alarm"
    ax.set_title(title, loc="left", fontsize="medium")


def _draw_tokens(ax: Axes, found: AttentionMap, at: FloatArray) -> None:
    """Draw the tokens that came and those that were expected."""
    expected = np.where(found.expected < 0, np.nan, found.expected)
    came = np.where(found.tokens < 0, np.nan, found.tokens)
    ax.plot(at, expected, color=NORMAL, linewidth=1.4, label="expected", drawstyle="steps-mid")
    ax.plot(at, came, color=SIGNAL, linestyle="", marker=".", markersize=4, label="came")
    ax.set_ylabel("token")
    ax.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize="small", frameon=False
    )
