"""Numbers, times, frequencies and tables as text for people."""

from collections.abc import Sequence
from math import isclose
from typing import Final, Literal

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.text import printable, short

# Units of time, largest first, with their seconds.
_UNITS = (
    ("d", 86_400.0),
    ("h", 3_600.0),
    ("min", 60.0),
    ("s", 1.0),
    ("ms", 1e-3),
    ("µs", 1e-6),
    ("ns", 1e-9),
)
# Days are used from two of them on: "24.0 h" is easier to read than "1.00 d".
_COUNTED_FROM = {"d": 2.0}
# Units of sampling rates, largest first, with their hertz.
_RATES = (("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3))
# Units of the axes of frequencies, with their hertz: those of slow ones fit periods of minutes,
# hours and days.
_AXES: Final = {
    "MHz": 1e6,
    "kHz": 1e3,
    "Hz": 1.0,
    "cycles/min": 1 / 60,
    "cycles/h": 1 / 3600,
    "cycles/day": 1 / 86_400,
}
# Days and hours from which a number is written with an exponent: a thousand years of hours.
_COUNTABLE: Final = 1e7
# Blanks before a row of a table, twice before its second line.
FOLDED: Final = "  "
# Names in datetime.isoformat of the number of digits after the second.
_FINENESS: Final[dict[int, Literal["seconds", "milliseconds", "microseconds"]]] = {
    0: "seconds",
    3: "milliseconds",
    6: "microseconds",
}


def counted(number: int, noun: str) -> str:
    """Return a number and a noun, in the plural unless there is one: "22,695 rows"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def percent_text(share: float, digits: int = 0) -> str:
    """Return a share in percent: "28.7 %", "< 0.1 %" where it is above 0 and rounds to it."""
    least = 10.0**-digits
    if 0 < 100 * share <= least / 2:
        return f"< {least:.{digits}f} %"
    return f"{100 * share:.{digits}f} %"


def size_text(n_rows: int, on_grid: int) -> str:
    """Return the rows of the data, and those of its grid where gaps or a new rate change them."""
    grid = "" if on_grid == n_rows else f" on a grid of {on_grid:,}"
    return counted(n_rows, "row") + grid


def frequency_text(f_low: float, f_high: float, fs: float | None, nperseg: int) -> str:
    """Return the band between two edges: "12.5 Hz", "40 – 45 Hz", "24 h", "level".

    The text gives the frequencies of the outermost bins of frames of `nperseg` samples. A band
    below 1 Hz is given by its periods, and bin 0 is called level. Without a sampling rate
    frequencies are in cycles per sample.
    """
    width = (1.0 if fs is None else fs) / nperseg
    # The edges are half a bin outside, or at an end of the spectrum; rounding must not add a bin.
    low, high = np.ceil(f_low / width - 0.5 + 0.49), np.floor(f_high / width + 1e-6)
    return range_text(float(low) * width, float(high) * width, fs)


def range_text(low: float, high: float, fs: float | None) -> str:
    """Return two frequencies as text, as one where their texts are the same."""
    first, last = (_one_frequency(each, fs) for each in (low, high))
    if first == last:
        return first
    if fs is not None and 0 < low < 1.0:
        # The shorter period first; a band from below to above 1 Hz is one of frequencies.
        first, last = (last, first) if high < 1.0 else (f"{low:.2g} Hz", last)
    shared = first.rpartition(" ")
    if shared[2] == last.rpartition(" ")[2] and low > 0:
        return f"{shared[0]} – {last}"
    return f"{first} – {last}"


def _one_frequency(frequency: float, fs: float | None) -> str:
    if frequency == 0.0:
        return "level"
    if fs is None:
        return f"{frequency:.3g} cycles/sample"
    if frequency < 1.0:
        return _period_text(1.0 / frequency)
    for unit, size in _RATES:
        if frequency >= size:
            return f"{_three_digits(frequency / size)} {unit}"
    return f"{_three_digits(frequency)} Hz"


def duration_text(seconds: float) -> str:
    """Return a duration in a suitable unit: "250 ms", "12.5 s", "24.0 h", "3.20 d"."""
    for unit, size in _UNITS:
        # 0.9995 of a unit is rounded to 1.00 of it, so it is written in that unit.
        if seconds >= size * _COUNTED_FROM.get(unit, 0.9995):
            return f"{_three_digits(seconds / size)} {unit}"
    return f"{seconds:.3g} s"


def _period_text(seconds: float) -> str:
    """Return a period as people say it: "4 h", "1.5 d", "365 d"."""
    number, _, unit = duration_text(seconds).partition(" ")
    return f"{float(number.replace(',', '')):,g} {unit}"


def _three_digits(value: float) -> str:
    if value >= _COUNTABLE:
        return f"{value:.3g}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def samples_text(n_samples: float, fs: float | None) -> str:
    """Return the duration of samples; "128 samples" if the sampling rate is unknown."""
    return f"{n_samples:,.0f} samples" if fs is None else duration_text(n_samples / fs)


def span_text(shortest: int, longest: int, fs: float | None) -> str:
    """Return a range of rows with its durations: "16 – 256 rows (44.4 ms – 711 ms)"."""
    rows = (
        counted(longest, "row")
        if shortest == longest
        else f"{shortest:,} – {counted(longest, 'row')}"
    )
    if fs is None:
        return rows
    lasting = [samples_text(n, fs) for n in dict.fromkeys((shortest, longest))]
    return f"{rows} ({' – '.join(lasting)})"


def rate_text(fs: float | None) -> str:
    """Return a sampling rate: "360 Hz", "22.05 kHz", "every 5 min", "no sampling rate"."""
    if fs is None:
        return "no sampling rate"
    if fs >= 1.0:
        unit, size = next(((unit, size) for unit, size in _RATES if fs >= size), ("Hz", 1.0))
        return f"{fs / size:.6g} {unit}"
    seconds = 1.0 / fs
    for unit, size in _UNITS:
        # The largest unit in which four digits are exact: 90 s are 1.5 min, 100 s are 100 s.
        count = float(f"{seconds / size:.4g}")
        if _COUNTED_FROM.get(unit, 1.0) <= count < 1e4 and isclose(
            count, seconds / size, rel_tol=1e-5
        ):
            return f"every {count:g} {unit}"
    return f"every {duration_text(seconds)}"


def p_text(p_value: float, smallest: float) -> str:
    """Return a probability to two digits, "0.12" or "3.7e-04"; "< 1.4e-03" below the smallest."""
    if p_value < smallest:
        return f"< {p_text(smallest, smallest)}"
    return f"{p_value:.2g}" if p_value >= 0.01 else f"{p_value:.1e}"


def instants(index: pd.Index, rows: IntArray, fs: float | None) -> list[str]:
    """Return the instants of rows as texts, with the resolution of the sampling interval.

    That is minutes, seconds, milliseconds or microseconds. Dates are in ISO 8601 with a space.
    Times since the start, and rows where a rate is known, are in h:mm:ss. Without a rate they are
    the numbers of the index.
    """
    step = 1.0 if fs is None else 1 / fs
    digits = 0 if step >= 1 else 3 if step >= 1e-3 else 6
    values = index.take(rows)
    if isinstance(values, pd.DatetimeIndex):
        if step >= 60:
            return [value.isoformat(sep=" ", timespec="minutes") for value in values]
        return [value.isoformat(sep=" ", timespec=_FINENESS[digits]) for value in values]
    if isinstance(values, pd.TimedeltaIndex):
        return [_clock(value.total_seconds(), digits) for value in values]
    if fs is None:
        return [f"{value:.12g}" if isinstance(value, float) else str(value) for value in values]
    of_seconds = pd.api.types.is_float_dtype(values.dtype)
    seconds = values.to_numpy(dtype=np.float64) if of_seconds else rows / fs
    return [_clock(float(each), digits) for each in seconds]


def _clock(seconds: float, digits: int) -> str:
    """Return a time since the start as hours, minutes and seconds, a very long one as seconds."""
    if abs(seconds) >= 3600 * _COUNTABLE:
        return f"{seconds:.6g} s"
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds), digits), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:.0f}:{minutes:02.0f}:{rest:0{digits + 3 if digits else 2}.{digits}f}"


def largest_unit(units: dict[str, float], value: float) -> str:
    """Return the largest unit not above a value, or the smallest unit."""
    return next((name for name, size in units.items() if value >= size), list(units)[-1])


def frequency_unit(fs: float | None) -> tuple[str, float]:
    """Return the largest unit of an axis not above fs/2, and its size in Hz."""
    if fs is None:
        return "cycles/sample", 1.0
    unit = largest_unit(_AXES, fs / 2)
    return unit, _AXES[unit]


def named(names: Sequence[str], lead: str = "") -> str:
    """Return the first five names for a sentence: "the channels 'a', 'b', … and 12 more"."""
    shown = ", ".join(f"'{short(str(name))}'" for name in names[:5])
    lead = lead or ("the channel " if len(names) == 1 else "the channels ")
    return lead + shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def aligned(table: pd.DataFrame, width: int | None = None) -> list[str]:
    """Return a table of texts as printable lines with aligned columns; none for an empty table.

    Columns that do not fit into `width` stand in a second line of each row, or in more.
    """
    if table.empty:
        return []
    columns = [
        [printable(str(cell)) for cell in (name, *table.iloc[:, i])]
        for i, name in enumerate(table.columns)
    ]
    widths = [max(map(len, column)) for column in columns]
    folds, used = [[0]], 2 + widths[0]
    for i, each in enumerate(widths[1:], start=1):
        if width is not None and used + 2 + each > width:
            folds.append([])
            used = len(FOLDED)
        folds[-1].append(i)
        used += 2 + each
    return [
        FOLDED * (2 if number else 1) + "  ".join(row[i].ljust(widths[i]) for i in fold).rstrip()
        for row in zip(*columns, strict=True)
        for number, fold in enumerate(folds)
    ]
