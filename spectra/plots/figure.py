"""A detection as a figure: signal, anomaly score and spectrogram, with the alarms shaded.

The figure belongs to no window and uses no global state, so that it is the same in a script, on a
server and in a notebook. At most `columns.COLUMNS` columns are drawn, however long the recording:
the extremes of a channel, the largest score, and the largest amplitude in each. A long recording is
drawn fast, and no spike is lost.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from scipy.special import ndtri

from spectra.arrays import FloatArray
from spectra.datasets.recording import Recording
from spectra.detection import Detection
from spectra.formatting import counted, frequency_unit
from spectra.goodness import p_marks
from spectra.parameters import require
from spectra.plots.axes import TimeAxis, plain
from spectra.plots.columns import column_maxima, envelope
from spectra.plots.spectrogram import draw_spectrogram
from spectra.plots.style import ALARM, SCORE, SIGNAL, Picture
from spectra.text import LONGEST_PATH, short, shorts

# Channels that are drawn: more are too low to read on a page.
MAX_CHANNELS: Final = 8
# Characters of a name, and of a unit, beside an axis: as many as its height holds.
LONGEST_NAME: Final = 24
LONGEST_BESIDE: Final = 11
# From this number of alarms on their outlines are thin: thick ones would cover the spectrogram.
MANY_ALARMS: Final = 40
# Smallest distance of two p-values on their axis, as a share of its height.
P_SPACING: Final = 0.14
# Alarms that are outlined in a spectrogram, the strongest: more would hide it.
MOST_BOXES: Final = 100


def plot(detection: Detection) -> Figure:
    """Draw a detection: its channels, its score with the threshold, and a spectrogram.

    Parameters
    ----------
    detection : Detection

    Returns
    -------
    matplotlib.figure.Figure
        Save it with its method `savefig`. The axes share their time: the limits of one apply to
        all.

    Notes
    -----
    If there are more than eight channels, those with the strongest alarms are drawn. The
    spectrogram shows the channel with the strongest alarm: the amplitude A of a sine as 20·log₁₀ A,
    in dB relative to the unit of the channel, after subtraction of its median.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> x = np.random.default_rng(0).normal(size=4000)
    >>> x[2000:2064] *= 5
    >>> figure = spectra.plot(spectra.detect(x))
    >>> figure.axes[-2].get_xlabel()
    'row'
    """
    require("detection", detection, Detection, "must be a Detection, made by detect or score")
    ranked = _ranked_channels(detection)
    shown = sorted(ranked[:MAX_CHANNELS])
    heights = [2.0 if len(shown) == 1 else 1.1] * len(shown) + [1.6, 2.4]
    figure = Picture(figsize=(11, 1.0 + sum(heights)), layout="constrained")
    axes = list(
        figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False).ravel()
    )
    time = TimeAxis.of(detection.recording.index, detection.fs)
    alarms = AlarmShading.of(detection, time)
    names = shorts([detection.recording.channels[channel] for channel in shown], LONGEST_BESIDE)
    for channel, ax, name in zip(shown, axes, names, strict=False):
        _draw_signal(ax, detection, channel, name, time)
        alarms.shade(ax, detection.recording.channels[channel])
    axes[0].set_title(_signals_title(len(shown), len(ranked)), loc="left", fontsize="medium")
    _draw_score(axes[-2], detection, time)
    alarms.shade(axes[-2])
    name = detection.recording.channels[ranked[0]]
    draw_spectrogram(axes[-1], detection, ranked[0], time)
    plain(axes[-1].set_title(_spectrogram_title(detection, name), loc="left", fontsize="medium"))
    if len(detection.alarms) <= MOST_BOXES:
        alarms.shade(axes[-1], "")
    alarms.outline(axes[-1], name, frequency_unit(detection.fs)[1])
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    time.draw(axes[-1])
    plain(figure.suptitle(f"{short(detection.recording.name, LONGEST_PATH)}: {detection.verdict}"))
    return figure


def _ranked_channels(detection: Detection) -> list[int]:
    """Return the channels, those with the strongest alarms first, otherwise in their order."""
    names = detection.recording.channels
    strongest = detection.alarms.groupby("channel")["score"].max()
    return sorted(range(len(names)), key=lambda channel: -float(strongest.get(names[channel], 0.0)))


def _signals_title(shown: int, n_channels: int) -> str:
    """Return the title of the signals."""
    if n_channels == 1:
        return "Signal; shaded: alarms"
    count = (
        counted(shown, "channel") if shown == n_channels else f"{shown} of {n_channels} channels"
    )
    return f"{count}; shaded: alarms, darker in the channel where they are strongest"


def _spectrogram_title(detection: Detection, channel: str) -> str:
    """Return the title of the spectrogram."""
    count = len(detection.alarms)
    which = "an alarm is" if count <= MOST_BOXES else f"the {MOST_BOXES} strongest alarms are"
    boxes = f"; boxes: bands in which {which} strongest" if count else ""
    return f"Spectrogram of {short(channel, LONGEST_NAME)}{boxes}"


def _draw_signal(ax: Axes, detection: Detection, channel: int, name: str, time: TimeAxis) -> None:
    """Draw the values of a channel."""
    values = detection.recording.values[:, channel]
    ax.plot(*envelope(values, time.edges[:-1]), color=SIGNAL, linewidth=0.7)
    plain(ax.yaxis.label)
    ax.set_ylabel(_beside(detection.recording, channel, name))
    ax.margins(y=0.08)


def _beside(recording: Recording, channel: int, name: str | None = None) -> str:
    """Return the short name of a channel, and a unit that it does not have in a line of its own."""
    name = short(recording.channels[channel], LONGEST_BESIDE) if name is None else name
    unit = short(recording.units[channel], LONGEST_BESIDE) if recording.units else ""
    alone = recording.title(channel) == recording.channels[channel]
    return name if alone else f"{name}\n({unit})"


def _draw_score(ax: Axes, detection: Detection, time: TimeAxis) -> None:
    """Draw the standard score of each step at its centre, and the threshold."""
    scores = detection.step_scores
    steps, z = column_maxima(scores.z, np.arange(scores.z.size, dtype=np.float64))
    ax.plot(time.at((steps + 0.5) * scores.step), z, color=SCORE, linewidth=0.7)
    threshold = -float(ndtri(detection.alpha))
    ax.axhline(threshold, color=ALARM, linestyle="--", linewidth=1.2)
    ax.set_ylabel("score z")
    title = f"Anomaly score in standard deviations; dashed: threshold, {threshold:.3g}"
    ax.set_title(title, loc="left", fontsize="medium")
    ax.margins(y=0.08)
    _draw_p_axis(ax, detection)


def _draw_p_axis(ax: Axes, detection: Detection) -> None:
    """Draw the axis of p-values beside the scores, as far as the normal data supports them."""
    low, high = ax.get_ylim()
    least, kept = (high - low) * P_SPACING, dict[float, str]()
    for z, text in p_marks(detection):
        if low <= z <= high and all(abs(z - other) >= least for other in kept):
            kept[z] = text
    right = ax.secondary_yaxis("right")
    right.yaxis.set_major_locator(FixedLocator(list(kept)))
    right.yaxis.set_major_formatter(FixedFormatter(list(kept.values())))
    right.yaxis.set_minor_locator(NullLocator())
    right.set_ylabel("p-value")


@dataclass(frozen=True)
class AlarmShading:
    """Alarms on the axis of time.

    Attributes
    ----------
    spans : ndarray (n, 2)
        Start and end.
    channels : tuple of str
    bands : ndarray (n, 2)
        Lowest and highest frequency in Hz.
    scores : ndarray (n,)
    """

    spans: FloatArray
    channels: tuple[str, ...]
    bands: FloatArray
    scores: FloatArray

    @classmethod
    def of(cls, detection: Detection, time: TimeAxis) -> Self:
        """Return the alarms of a detection."""
        alarms, rows = detection.alarms, detection.intervals
        return cls(
            time.at(np.stack([rows.first, rows.last + 1], axis=1)),
            tuple(alarms["channel"]),
            alarms[["f_low", "f_high"]].to_numpy(dtype=np.float64),
            alarms["score"].to_numpy(dtype=np.float64),
        )

    def shade(self, ax: Axes, channel: str | None = None) -> None:
        """Shade all alarms, those of a channel darker; without a channel all are dark."""
        dark = np.array([channel in (None, name) for name in self.channels], dtype=np.bool_)
        for spans, alpha in ((self.spans[dark], 0.3), (self.spans[~dark], 0.1)):
            bars = list(zip(spans[:, 0].tolist(), np.diff(spans).ravel().tolist(), strict=True))
            # The line around a bar keeps short alarms visible in a long recording.
            ax.broken_barh(
                bars,
                (0, 1),
                transform=ax.get_xaxis_transform(),
                color=ALARM,
                alpha=alpha,
                linewidth=0.5,
                zorder=0.5,
            )

    def outline(self, ax: Axes, channel: str, size: float) -> None:
        """Outline the bands of a channel's strongest alarms; `size` is a unit in Hz."""
        strongest = np.argsort(-self.scores, kind="stable")[:MOST_BOXES]
        own = [index for index in np.sort(strongest) if self.channels[index] == channel]
        corners = zip(
            self.spans[own][:, [0, 0, 1, 1]], self.bands[own][:, [0, 1, 1, 0]] / size, strict=True
        )
        boxes = [np.column_stack(corner) for corner in corners]
        width, around = (1.3, 1.3) if len(boxes) < MANY_ALARMS else (1.0, 0.4)
        halo = [withStroke(linewidth=width + around, foreground="white")]
        ax.add_collection(
            PolyCollection(
                boxes, facecolor="none", edgecolor=ALARM, linewidth=width, path_effects=halo
            ),
            autolim=False,
        )
