"""Numbers such as -999 that stand for a missing value in tables of measurements."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array

_NEGATIVE = (
    -99.9, -99.99, -127.0, -200.0, -888.0, -32767.0, -32768.0,
    -999.0, -999.9, -999.99, -999.999, -9999.0, -9999.9, -9999.99, -99999.0,
    -99999.9, -999999.0, -9999999.0, -6999.0, -7999.0, -8888.0, -1e20, -1e30, -1e34, -9.99e-29,
    -3.4028235e38, -9.9e37,
)  # fmt: skip
_POSITIVE = (
    999.9, 999.99, 9999.0, 9999.9, 99999.0, 99999.9, 999999.0, 9999999.0, 1e20, 1e30, 1e34, 1e35,
    9.96921e36, 6999.0, 6999.9, 7999.0, 32767.0, 65535.0, 2147483647.0,
    4294967295.0, 9.9e37, 9.91e37, 3.4028235e38,
)  # fmt: skip
"""Fill values of weather services, oceanography, loggers (Campbell: 6999, 7999), instruments (SCPI:
9.9e37 beyond the range, 9.91e37 no number) and netCDF, the largest numbers of 16 and 32 bits, and
-127 of a thermometer that does not answer."""
_ROUND = (-127.0, -200.0, -888.0)
"""Of these the ones that are also measured: they have to occur more than once."""
_NEVER_MEASURED = 1e20
"""A positive fill value from which on one is enough."""
_FAR = 3.0
"""Times the range of all other values by which a fill value lies beyond them."""
_MOST, _FEWEST = 0.5, 2
"""Share of the rows that may be missing, and occurrences of a doubtful fill value."""
_MOST_NOTES = 6


def without_fill_values(
    values: Float64Array,
    lows: Float64Array,
    highs: Float64Array,
    labels: Sequence[str],
    declared: float | None = None,
    elsewhere: Iterable[float] = (),
) -> tuple[Float64Array, list[str]]:
    """Return values (n, c) whose fill values are missing, and a note on each such channel.

    `lows` and `highs` (c,) are the extremes of each channel. A fill value is one of them, far from
    all other values; a negative one is also known by all others being positive. It may have most
    rows of a channel only where it stands for a missing value `elsewhere` too. The number that
    the file has `declared` to be one is one wherever it stands.
    """
    given, notes = values, []
    sure = set(elsewhere)
    for channel, label in enumerate(labels):
        tried = ((lows[channel], _NEGATIVE), (highs[channel], _POSITIVE))
        for extreme, known in tried if declared is None else ((declared, None), *tried):
            if known is not None and not (
                _is_near(extreme, known)
                and _is_fill(values[:, channel], extreme, most=1.0 if extreme in sure else _MOST)
            ):
                continue
            same = values[:, channel] == extreme
            if not same.any():
                continue
            if values is given:
                values = values.copy()
            values[same, channel] = np.nan
            notes.append(fill_note(label, int(same.sum()), float(extreme), declared))
    if len(notes) > _MOST_NOTES + 1:
        notes = [*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES} more columns are like these."]
    return values, notes


def fill_note(label: str, count: int, value: float, declared: float | None = None) -> str:
    """Return a note on values of a channel that stand for missing ones."""
    noun, them = ("value is", "it") if count == 1 else ("values are", "them")
    why = "which the file calls missing" if value == declared else "far from all others"
    said = f"{label}: {count} {noun} {value:.6g}, {why}"
    return f"{said}: taken as missing (--as-is keeps {them})."


def fills_throughout(frame: pd.DataFrame, columns: Iterable[int]) -> set[float]:
    """Return the numbers that stand for a missing value in every row of one of the columns."""
    found = set()
    for series in (frame.iloc[:, column] for column in columns):
        if len(series) and isinstance(series.dtype, np.dtype) and series.dtype.kind in "if":
            first = float(series.iloc[0])
            if is_fill_value(first) and bool((series == first).all()):
                found.add(first)
    return found


def is_fill_value(value: float) -> bool:
    """Return True if a number is known to stand for missing values, and is negative."""
    return _is_near(value, _NEGATIVE)


def _is_near(value: float, known: tuple[float, ...]) -> bool:
    """Return True if a value is one of the known ones, up to the digits of a float32."""
    return any(abs(value - one) <= 1e-6 * abs(one) for one in known)


def _is_fill(values: Float64Array, extreme: float, most: float = _MOST) -> bool:
    """Return True if the extreme value of a channel lies far from all others.

    At most this share of the rows may have it.
    """
    same = values == extreme
    others = values[~same & ~np.isnan(values)]
    if len(others) < _FEWEST or np.sum(same) > most * len(values):
        return False
    doubtful = 0 < extreme < _NEVER_MEASURED or extreme in _ROUND
    if doubtful and np.sum(same) < _FEWEST:
        return False
    low, high = float(others.min()), float(others.max())
    gap = low - extreme if extreme < 0 else extreme - high
    far = gap >= _FAR * (high - low) and gap > 0
    return far or (extreme < 0 <= low)
