"""Records of JSON that hold a short list of numbers each: the parts of a vector, or of an arm."""

from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.names import words
from spectra.text import few_of

_LONGEST = 7
"""Numbers of a vector; longer lists may be samples that follow one another."""
_MOST_NAMED = 100
"""Numbers of a list whose names stand in each record."""
_PLACES = frozenset({"coordinates", "coords", "latlng", "bbox", "geometry"})
"""Lists of a place on a map, which is no measurement."""


def vectors_of(frame: pd.DataFrame, notes: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a column a number of the lists in records, and one more of the notes.

    All lists of a key have one length. Where a list of as many texts is the same in all records, it
    names the numbers. Lists and nothing beside them may be samples, and are returned as they are.
    """
    names = [list(one) for key in frame.columns if (one := _same_texts(frame[key])) is not None]
    columns: dict[Any, Any] = {}
    read: list[str] = []
    for key in frame.columns:
        values = _vectors(frame[key])
        titles = [] if values is None else next((n for n in names if len(n) == values.shape[1]), [])
        if values is None or (values.shape[1] > _LONGEST and not titles):
            columns[key] = frame[key]
            continue
        read.append(f"'{key}'")
        for i in range(values.shape[1]):
            columns[f"{key}.{titles[i]}" if titles else f"{key}_{i + 1}"] = values[:, i]
    if not read or all(isinstance(frame[key].iloc[0], list) for key in frame.columns):
        return frame, notes
    note = f"Each record holds a list of numbers in {few_of(read, 4)}: read as a column a number."
    return pd.DataFrame(columns), (*notes, note)


def _vectors(column: "pd.Series[Any]") -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return lists of two or more numbers of one length as a matrix, None for other cells."""
    if column.dtype != object or not isinstance(column.iloc[0], list):
        return None
    if words(str(column.name)) & _PLACES:
        return None
    length = len(column.iloc[0])
    if not 1 < length <= _MOST_NAMED or not all(_is_vector(cell, length) for cell in column):
        return None
    return np.array(column.tolist(), dtype=np.float64)


def _is_vector(cell: object, length: int) -> bool:
    """Return True for a list of so many numbers."""
    return (
        isinstance(cell, list)
        and len(cell) == length
        and all(one is None or type(one) in (int, float) for one in cell)
    )


def _same_texts(column: "pd.Series[Any]") -> list[str] | None:
    """Return the list of different texts that is the same in all records, None without one."""
    if column.dtype != object or not isinstance(column.iloc[0], list):
        return None
    first = column.iloc[0]
    named = all(isinstance(one, str) for one in first) and len({*first}) == len(first) > 1
    return first if named and all(cell == first for cell in column) else None
