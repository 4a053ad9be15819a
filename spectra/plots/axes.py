"""The axes of time and of frequency: their units, ticks and titles."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Self

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from spectra.arrays import FloatArray, IntArray
from spectra.formatting import frequency_unit, largest_unit
from spectra.spectrogram import LINEAR_SHARE

SECONDS: Final = {"days": 86_400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6}
# Decades between the ticks of frequencies, at which a figure of 1.9 decades has room for them.
TICK_DECADES: Final = 0.15
# Decades of the linear part of the axis: half of it.
LINEAR_DECADES: Final = 0.9
# Numbers from this on stand in the next larger unit of time.
LONGEST_NUMBER: Final = 10_000.0


@dataclass(frozen=True)
class TimeAxis:
    """Positions of the rows of a recording on the axis of time.

    Attributes
    ----------
    edges : ndarray (n_rows + 1,)
        Start of each row, and the end of the last.
    title : str
    zone : tzinfo or None
    dated : bool
        Positions are dates of matplotlib, in days.
    """

    edges: FloatArray
    title: str
    zone: tzinfo | None = None
    dated: bool = False

    @classmethod
    def of(cls, index: pd.Index, fs: float | None) -> Self:
        """Return the axis of an index.

        It shows dates, a time in a suitable unit, and without a sampling rate row numbers or the
        numbers of the index.
        """
        if isinstance(index, pd.DatetimeIndex):
            instants = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
            title = "time" if index.tz is None else f"time ({index.tz})"
            # matplotlib converts ten million dates in over a second.
            ticks = instants.to_numpy().view(np.int64)
            day = np.timedelta64(1, "D") / np.timedelta64(1, instants.unit)
            days = float(dates.date2num(instants[0])) + (ticks - ticks[0]) / day
            return cls(_edges(days), title, index.tz, True)
        if isinstance(index, pd.TimedeltaIndex):
            return cls._of_seconds(index.total_seconds().to_numpy())
        numbers = index.to_numpy(dtype=np.float64)
        steps = np.diff(numbers)
        if not (steps > 0).all():
            return cls(np.arange(len(index) + 1, dtype=np.float64), "row")
        if fs is not None and index.dtype.kind == "f" and abs(float(steps.mean()) * fs - 1) < 1e-3:
            return cls._of_seconds(numbers)
        counted = index.dtype.kind in "iu" and bool((steps == 1).all())
        if fs is not None and counted:
            return cls._of_seconds(numbers / fs)
        return cls(_edges(numbers), "row" if counted else "index")

    @classmethod
    def _of_seconds(cls, seconds: FloatArray) -> Self:
        """Return the axis of times in seconds, in a unit that the recording lasts three of."""
        unit = largest_unit(SECONDS, float(np.ptp(seconds)) / 3)
        # A short stretch of a long recording: 76.3 s is easier to read than 76,300 ms.
        farthest = float(np.abs(seconds[[0, -1]]).max())
        while farthest >= LONGEST_NUMBER * SECONDS[unit] and unit != "days":
            unit = list(SECONDS)[list(SECONDS).index(unit) - 1]
        return cls(_edges(seconds / SECONDS[unit]), f"time ({unit})")

    def at(self, rows: FloatArray | IntArray) -> FloatArray:
        """Return the positions of rows; a fraction of a row is interpolated."""
        places = np.clip(rows, 0, len(self.edges) - 1)
        before = np.minimum(places.astype(np.int64), len(self.edges) - 2)
        width = self.edges[before + 1] - self.edges[before]
        return np.asarray(self.edges[before] + (places - before) * width)

    def draw(self, ax: Axes) -> None:
        """Set limits, ticks and title."""
        ax.set_xlim(self.edges[0], self.edges[-1])
        ax.set_xlabel(self.title)
        if not self.dated:
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
            return
        # Limits can then be given as dates.
        ax.xaxis_date(self.zone)
        locator = dates.AutoDateLocator(tz=self.zone)
        ax.xaxis.set_major_locator(locator)
        # The first day of a month has its year, which the days before it then have too.
        monthly = ["", "%Y", "%b\n%Y", "%b-%d", "%H:%M", "%H:%M"]
        ax.xaxis.set_major_formatter(
            dates.ConciseDateFormatter(locator, tz=self.zone, zero_formats=monthly)
        )


def unit_of_time(n_rows: int, fs: float | None) -> tuple[str, float]:
    """Return the unit of an axis of so many rows, and a row in it: seconds as long as they fit."""
    if fs is None:
        return "row", 1.0
    seconds = n_rows / fs
    unit = "s" if seconds < LONGEST_NUMBER else largest_unit(SECONDS, seconds / 3)
    return unit, 1.0 / (fs * SECONDS[unit])


def _edges(starts: FloatArray) -> FloatArray:
    """Return the starts and, one step after the last, the end."""
    return np.append(starts, 2 * starts[-1] - starts[-2])


def draw_frequency_axis(ax: Axes, fs: float | None) -> float:
    """Set scale, limits, ticks and title of frequencies; return the highest, in their unit."""
    unit, size = frequency_unit(fs)
    top = (fs or 1.0) / 2 / size
    ax.set_yscale("symlog", linthresh=top * LINEAR_SHARE, linscale=LINEAR_DECADES)
    ax.set_ylim(0, top)
    ax.yaxis.set_major_locator(FixedLocator(_frequency_ticks(top)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_ylabel(f"frequency ({unit})")
    return top


def _frequency_ticks(top: float) -> list[float]:
    """Return round numbers, evenly spaced in the linear part, 1, 2, 5, 10 … above."""
    linear_top = top * LINEAR_SHARE
    linear = MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(0, linear_top)
    decade = 10.0 ** np.floor(np.log10(linear_top))
    steps = decade * np.array([1, 2, 5, 10, 20, 50])
    below = [float(tick) for tick in linear if tick <= linear_top]
    room = TICK_DECADES - LINEAR_DECADES * (1 - below[-1] / linear_top)
    lowest = linear_top * max(1.1, 10**room)
    return [*below, *(tick for tick in steps if lowest < tick <= top)]


def plain(text: Text) -> None:
    """Turn off formulas in a text: a name from a file may hold a dollar sign."""
    text.set_parse_math(False)
