"""A detection as a picture: signal, anomaly score and spectrogram on one time axis, with the alarms
shaded.

The figure belongs to no window and no global state: it is made alike in a script, on a server and
in a notebook. However long the recording, at most `COLUMNS` columns are drawn: of a channel each
with the extremes of the rows in it, of scores and spectra with the largest. A long recording is
drawn fast, and no spike is lost.
"""

from dataclasses import dataclass
from datetime import tzinfo
from io import BytesIO
from typing import Final, Self

import numpy as np
import pandas as pd
from scipy.special import ndtri

from spectra.arrays import FloatArray, IntArray
from spectra.detection import Detection
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.spectrum import frequencies, spectrum

try:
    from matplotlib import dates
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
except ImportError as error:
    raise ImportError("Plots need matplotlib: pip install 'spectra-anomaly[plot]'.") from error

# More than a screen or a page has.
COLUMNS: Final = 1500
ROWS_A_DECADE: Final = 60
MAX_CHANNELS: Final = 8
LONGEST_NAME: Final = 24
# Frames times rows that are transformed at a time.
BLOCK_VALUES: Final = 2**21
# Okabe and Ito's colours, which colour-blind readers tell apart too; viridis is perceptually
# uniform.
SIGNAL, SCORE, ALARM, MISSING, COLOURS = "#0072B2", "#333333", "#D55E00", "#DDDDDD", "viridis"
# How many dB the colours span: enough that noise does not look like structure, few enough to tell
# them apart.
LEAST_RANGE, MOST_RANGE = 30.0, 80.0
SILENCE: Final = 1e-12
SECONDS: Final = {"days": 86_400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6}
# Slow frequencies as a person says them, who is told of periods of hours and days.
HERTZ: Final = {
    "MHz": 1e6,
    "kHz": 1e3,
    "Hz": 1.0,
    "cycles/min": 1 / 60,
    "cycles/h": 1 / 3600,
    "cycles/day": 1 / 86_400,
}
# From so many outlines on they are thin, or they would hide what they outline.
MANY_ALARMS: Final = 40


class Picture(Figure):
    """A figure that a notebook shows by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def plot(detection: Detection) -> Figure:
    """Draw a detection: its channels, the score of each frame with the threshold, and a
    spectrogram.

    Of more than eight channels, those with the strongest alarms are drawn. The spectrogram is that
    of the channel with the strongest alarm: the amplitude of a sine in dB of the channel's unit,
    20·log₁₀ A, the channel's median taken off; where a column holds several frames, the largest of
    them. The axes share their time: the limits of one zoom all.
    """
    ranked = _ranked_channels(detection)
    shown = sorted(ranked[:MAX_CHANNELS])
    heights = [2.0 if len(shown) == 1 else 1.1] * len(shown) + [1.6, 2.4]
    figure = Picture(figsize=(11, 1.0 + sum(heights)), layout="constrained")
    axes = list(
        figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False).ravel()
    )
    time = _TimeAxis.of(detection.recording.index, detection.fs)
    alarms = _Alarms.of(detection, time)
    for channel, ax in zip(shown, axes, strict=False):
        _draw_signal(ax, detection, channel, time)
        alarms.shade(ax, detection.recording.channels[channel])
    _draw_score(axes[-2], detection, time)
    _draw_spectrogram(axes[-1], detection, ranked[0], time)
    alarms.shade(axes[-2])
    alarms.shade(axes[-1], "")
    alarms.outline(
        axes[-1], detection.recording.channels[ranked[0]], _frequency_unit(detection.fs)[1]
    )
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_title(_signals_title(len(shown), len(ranked)), loc="left", fontsize="medium")
    time.draw(axes[-1])
    _as_it_is(figure.suptitle(_title(detection)))
    return figure


@dataclass(frozen=True)
class _TimeAxis:
    """Where the rows of the grid lie on the axis: `edges` (n + 1,), from the start of each to that
    of the next.
    """

    edges: FloatArray
    title: str
    zone: tzinfo | None = None
    dated: bool = False

    @classmethod
    def of(cls, index: pd.Index, fs: float | None) -> Self:
        """The axis of a recording's index: dates, a time in a suitable unit, the index's own
        numbers, or rows.
        """
        if isinstance(index, pd.DatetimeIndex):
            instants = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
            title = "time" if index.tz is None else f"time ({index.tz})"
            return cls(
                _edges(np.asarray(dates.date2num(instants.to_numpy()))), title, index.tz, True
            )
        if isinstance(index, pd.TimedeltaIndex):
            return cls._of_seconds(index.total_seconds().to_numpy())
        numbers = index.to_numpy(dtype=np.float64)
        steps = np.diff(numbers)
        if not (steps > 0).all():
            return cls(np.arange(len(index) + 1, dtype=np.float64), "row")
        if fs is not None and index.dtype.kind == "f" and abs(float(steps.mean()) * fs - 1) < 1e-3:
            return cls._of_seconds(numbers)
        return cls(_edges(numbers), "row" if index.dtype.kind in "iu" else "index")

    @classmethod
    def _of_seconds(cls, seconds: FloatArray) -> Self:
        """The axis of times in seconds, in the largest unit that the recording lasts three of."""
        unit = _unit(SECONDS, float(np.ptp(seconds)) / 3)
        return cls(_edges(seconds / SECONDS[unit]), f"time ({unit})")

    def at(self, rows: FloatArray | IntArray) -> FloatArray:
        """Positions of the starts of rows, fractions allowed."""
        return np.interp(rows, np.arange(len(self.edges)), self.edges)

    def draw(self, ax: Axes) -> None:
        """Set limits, ticks and title."""
        ax.set_xlim(self.edges[0], self.edges[-1])
        ax.set_xlabel(self.title)
        if self.dated:
            # So that dates can be given as limits.
            ax.xaxis_date(self.zone)
            locator = dates.AutoDateLocator(tz=self.zone)
            ax.xaxis.set_major_locator(locator)
            # The first of a month is told with its year, so that the days before it are known as
            # well.
            monthly = ["", "%Y", "%b\n%Y", "%b-%d", "%H:%M", "%H:%M"]
            ax.xaxis.set_major_formatter(
                dates.ConciseDateFormatter(locator, tz=self.zone, zero_formats=monthly)
            )
        else:
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _edges(starts: FloatArray) -> FloatArray:
    """The starts and, a step after the last, the end."""
    return np.append(starts, 2 * starts[-1] - starts[-2])


def _unit(units: dict[str, float], largest: float) -> str:
    """The largest unit that `largest` holds at least one of, the smallest where it holds none."""
    return next((name for name, size in units.items() if largest >= size), list(units)[-1])


def _as_it_is(text: Text) -> None:
    """Names come from files: a dollar sign in them begins no formula."""
    text.set_parse_math(False)


def _short(name: str) -> str:
    """A name in one line of a length that fits."""
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _title(detection: Detection) -> str:
    """What was found."""
    count = len(detection.alarms)
    alarms = "no alarm" if count == 0 else "1 alarm" if count == 1 else f"{count:,} alarms"
    return (
        f"{detection.recording.name}: {alarms} at a false-alarm probability of "
        f"{detection.alpha:g} a frame"
    )


def _signals_title(shown: int, n_channels: int) -> str:
    """What the signals are, and what is shaded."""
    if n_channels == 1:
        return "Signal; shaded: the alarms"
    count = shown if shown == n_channels else f"{shown} of {n_channels}"
    return f"{count} channels; shaded: the alarms, darker in the channel where they are strongest"


def _ranked_channels(detection: Detection) -> list[int]:
    """Channels, those with the strongest alarms first, otherwise in their order."""
    names = detection.recording.channels
    strongest = detection.alarms.groupby("channel")["score"].max()
    return sorted(range(len(names)), key=lambda channel: -float(strongest.get(names[channel], 0.0)))


@dataclass(frozen=True)
class _Alarms:
    """Alarms on the time axis: `spans` (n, 2), start and end; their channels; their bands (n, 2) in
    Hz.
    """

    spans: FloatArray
    channels: tuple[str, ...]
    bands: FloatArray

    @classmethod
    def of(cls, detection: Detection, time: _TimeAxis) -> Self:
        alarms = detection.alarms
        spans = time.at(_alarm_rows(detection))
        return cls(
            spans, tuple(alarms["channel"]), alarms[["f_low", "f_high"]].to_numpy(dtype=np.float64)
        )

    def shade(self, ax: Axes, channel: str | None = None) -> None:
        """Shade all of them, those of a channel darker; a line keeps short ones visible in a long
        recording.
        """
        here = np.array(
            [channel is None or one == channel for one in self.channels], dtype=np.bool_
        )
        for spans, alpha in ((self.spans[here], 0.3), (self.spans[~here], 0.1)):
            bars = list(zip(spans[:, 0].tolist(), np.diff(spans).ravel().tolist(), strict=True))
            whole = ax.get_xaxis_transform()
            ax.broken_barh(
                bars, (0, 1), transform=whole, color=ALARM, alpha=alpha, linewidth=0.5, zorder=0.5
            )

    def outline(self, ax: Axes, channel: str, size: float) -> None:
        """Outline the bands of a channel's alarms on an axis of frequencies in units of `size`
        Hz.
        """
        here = [number for number, one in enumerate(self.channels) if one == channel]
        corners = zip(
            self.spans[here][:, [0, 0, 1, 1]], self.bands[here][:, [0, 1, 1, 0]] / size, strict=True
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


def _alarm_rows(detection: Detection) -> IntArray:
    """First row of each alarm and the row after its last, (n_alarms, 2)."""
    index = detection.recording.index
    if index.is_unique:
        first, last = (
            index.get_indexer(pd.Index(detection.alarms[name])) for name in ("start", "end")
        )
        return np.stack([first, last + 1], axis=1).astype(np.int64)
    # Only an index that came with the data repeats itself, and then the rows of the grid are those
    # of the input.
    inside = detection.scores["alarm"].to_numpy(dtype=np.int64)
    return np.flatnonzero(np.diff(inside, prepend=0, append=0)).reshape(-1, 2)


def _bounds(n_values: int) -> IntArray:
    """The first of each column's values."""
    return np.linspace(0, n_values, min(n_values, COLUMNS), endpoint=False).astype(np.int64)


def _envelope(values: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A line of at most two points a column through the least and the greatest value in it; NaN is
    passed over.
    """
    if len(values) <= 2 * COLUMNS:
        return x, values
    first = _bounds(len(values))
    both = np.stack([np.fmin.reduceat(values, first), np.fmax.reduceat(values, first)], axis=1)
    return np.repeat(x[first], 2), both.ravel()


def _largest(values: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A line of one point a column, the greatest value in it; NaN is passed over."""
    if len(values) <= 2 * COLUMNS:
        return x, values
    first = _bounds(len(values))
    return x[first], np.fmax.reduceat(values, first)


def _draw_signal(ax: Axes, detection: Detection, channel: int, time: _TimeAxis) -> None:
    values = detection.recording.values[:, channel]
    ax.plot(*_envelope(values, time.edges[:-1]), color=SIGNAL, linewidth=0.7)
    _as_it_is(ax.yaxis.label)
    ax.set_ylabel(_short(detection.recording.channels[channel]))
    ax.margins(y=0.08)


def _draw_score(ax: Axes, detection: Detection, time: _TimeAxis) -> None:
    """The score of each step at its centre, of several in a column the largest, and what an alarm
    has to exceed.
    """
    scores = detection.step_scores
    centres = time.at((np.arange(scores.z.size) + 0.5) * scores.step)
    ax.plot(*_largest(scores.z, centres), color=SCORE, linewidth=0.7)
    threshold = -float(ndtri(detection.alpha))
    ax.axhline(threshold, color=ALARM, linestyle="--", linewidth=1.2)
    ax.set_ylabel("score z")
    title = f"Anomaly score in standard deviations; dashed: the threshold, {threshold:.3g}"
    ax.set_title(title, loc="left", fontsize="medium")
    ax.margins(y=0.08)


def _draw_spectrogram(ax: Axes, detection: Detection, channel: int, time: _TimeAxis) -> None:
    """Amplitude over time and frequency: the lowest tenth of the frequencies is half of the axis,
    the rest logarithmic.
    """
    unit, size = _frequency_unit(detection.fs)
    top = (detection.fs or 1.0) / 2 / size
    ax.set_yscale("symlog", linthresh=top / 10, linscale=0.9)
    ax.set_ylim(0, top)
    ax.yaxis.set_major_locator(FixedLocator(_frequency_ticks(top)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_ylabel(f"frequency ({unit})")
    name = _short(detection.recording.channels[channel])
    boxes = (
        "; boxes: the frequencies at which an alarm is strongest" if len(detection.alarms) else ""
    )
    _as_it_is(ax.set_title(f"Spectrogram of {name}{boxes}", loc="left", fontsize="medium"))
    ax.set_facecolor(MISSING)
    bins = frequencies(detection.nperseg, detection.fs) / size
    first_bin = _first_bins(bins, top / 10)
    levels = np.append(np.maximum(bins[first_bin] - top / detection.nperseg, 0), top)
    decibels, first = _spectrogram(detection, channel, first_bin)
    low, high = _colour_limits(decibels)
    edges = time.at(_column_edges(detection, first))
    image = ax.pcolormesh(
        edges, levels, np.ma.masked_invalid(decibels), cmap=COLOURS, vmin=low, vmax=high, zorder=0
    )
    ax.figure.colorbar(image, ax=ax, label="amplitude (dB)", pad=0.01, extend="both")


def _frequency_ticks(top: float) -> list[float]:
    """Round numbers: evenly spaced below a tenth of the highest frequency, 1, 2, 5, 10 … above."""
    linear = MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(0, top / 10)
    decade = 10.0 ** np.floor(np.log10(top / 10))
    steps = decade * np.array([1, 2, 5, 10, 20, 50])
    return [
        *(tick for tick in linear if tick <= top / 10),
        *(tick for tick in steps if top / 10 * 1.1 < tick <= top),
    ]


def _frequency_unit(fs: float | None) -> tuple[str, float]:
    """The unit that half the sampling rate holds a few of, and its size in Hz."""
    if fs is None:
        return "cycles/sample", 1.0
    unit = _unit(HERTZ, fs / 2)
    return unit, HERTZ[unit]


def _first_bins(bins: FloatArray, linear: float) -> IntArray:
    """The first bin of each row: every bin below `linear`, above it no more than
    `ROWS_A_DECADE`.
    """
    rows = np.floor(np.log10(np.maximum(bins / linear, 1)) * ROWS_A_DECADE)
    return np.flatnonzero((np.diff(rows, prepend=-1) > 0) | (bins < linear))


def _column_edges(detection: Detection, first: IntArray) -> FloatArray:
    """Where the columns begin and end, in rows: half way between the centres of their frames, and
    at the very ends.
    """
    centres = _frame_starts(detection) + detection.nperseg / 2
    inner = (centres[first[1:] - 1] + centres[first[1:]]) / 2
    return np.concatenate([[0.0], inner, [len(detection.recording.values)]])


def _frame_starts(detection: Detection) -> IntArray:
    """The frames of the spectrogram: half of each overlaps the next."""
    grid = FrameGrid(detection.nperseg, max(1, detection.nperseg // 2))
    return grid.starts(detection.recording.n_samples)


def _spectrogram(
    detection: Detection, channel: int, first_bin: IntArray
) -> tuple[FloatArray, IntArray]:
    """Greatest amplitude in dB in each row and column (n_rows, n_columns), and the first frame of
    each column.
    """
    nperseg, starts = detection.nperseg, _frame_starts(detection)
    weights = taper(detection.model.fitted.window, nperseg)
    signal = detection.recording.values[:, [channel]]
    known = signal[np.isfinite(signal)]
    centred = (signal - np.median(known) if known.size else signal)[:, 0]
    view = np.lib.stride_tricks.sliding_window_view(centred, nperseg)
    first = _bounds(len(starts))
    largest = np.empty((len(first), len(first_bin)))
    at_once = max(1, BLOCK_VALUES // nperseg * len(first) // len(starts))
    for begin in range(0, len(first), at_once):
        columns = first[begin : begin + at_once]
        end = first[begin + at_once] if begin + at_once < len(first) else len(starts)
        magnitude = np.abs(spectrum(view[starts[columns[0] : end]], weights, scaling="magnitude"))
        in_rows = np.maximum.reduceat(magnitude, first_bin, axis=1)
        largest[begin : begin + at_once] = np.fmax.reduceat(in_rows, columns - columns[0], axis=0)
    # A silent channel has a logarithm too.
    return 20 * np.log10(np.maximum(largest.T, SILENCE)), first


def _colour_limits(decibels: FloatArray) -> tuple[float, float]:
    """The level that few exceed, and one below which there is little."""
    known = decibels[np.isfinite(decibels)]
    if known.size == 0:
        return -LEAST_RANGE, 0.0
    low, high = np.quantile(known, [0.05, 0.999])
    return float(np.clip(low, high - MOST_RANGE, high - LEAST_RANGE)), float(high)
