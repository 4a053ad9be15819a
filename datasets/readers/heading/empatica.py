"""The start and the rate in the first rows of an Empatica file."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.cells.header import Header

_PLAIN = re.compile(r"[+-]?\d+(?:\.\d*)?")


@dataclass(frozen=True)
class FirstRows:
    """Rows above the data: their number, the names of the columns, and what they say."""

    rows: int
    names: tuple[str | None, ...]
    header: Header


def first_rows(rows: list[list[str]], width: int) -> FirstRows | None:
    """Return the rows above the data of an Empatica file, None in other files.

    One holds the start beside a name, or two the start and the rate of each column.
    """
    if len(rows) > 4 and width == 2 and (begin := _start_of_intervals(rows)) is not None:
        return FirstRows(1, ("time", rows[0][1]), Header(start=begin))
    if len(rows) < 4 or not all(len(row) == width for row in rows[:3]):
        return None
    values = [[float(field) for field in row if _PLAIN.fullmatch(field)] for row in rows[:4]]
    if any(len(row) != width for row in values) or any(len(set(row)) != 1 for row in values[:2]):
        return None
    start, fs = values[0][0], values[1][0]
    below = [abs(value) for row in values[2:] for value in row]
    if not (1e9 <= start < 2.5e9 and 0 < fs <= 1e5 and max(below) < 1e8):
        return None
    return FirstRows(2, (None,) * width, Header(fs, "second row", _unix(start)))


def _start_of_intervals(rows: list[list[str]]) -> pd.Timestamp | None:
    """Return the Unix time that stands beside a name above elapsed seconds, None without one."""
    if not all(len(row) == 2 and _PLAIN.fullmatch(row[0]) for row in rows[:5]):
        return None
    start, *below = (float(row[0]) for row in rows[:5])
    if is_value(rows[0][1], ".") or not (1e9 <= start < 2.5e9 and max(below) < 1e8):
        return None
    return _unix(start)


def _unix(seconds: float) -> pd.Timestamp:
    """Return the instant so many seconds after 1970."""
    return pd.DatetimeIndex([np.datetime64(round(seconds * 1e6), "us")]).tz_localize("UTC")[0]
