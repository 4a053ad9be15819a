"""Data frames in HDF5 files, as pandas writes them: arrays of values, of the index, of names."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spectra.datasets.readers.variables.variable import Variable

_INDEX, _VALUES, _NAMES = "/axis1", "/block0_values", "/block0_items"
_UNITS = {"datetime64[ns]": 10**17, "datetime64[us]": 10**14}
"""Units of dates, and the number in 1973 from which on an index is taken for such."""


def with_index_of_frames(variables: Sequence[Variable]) -> list[Variable]:
    """Return variables with the index of each data frame as its dates, and the names as such.

    An index of numbers counts the rows and is left out.
    """
    named = {one.name: one for one in variables}
    found = []
    for one in variables:
        frame, _, part = one.name.rpartition("/")
        if f"{frame}{_INDEX}" not in named or f"{frame}{_VALUES}" not in named:
            found.append(one)
        elif part == _INDEX[1:]:
            found += _dates_of(one)
        elif part == _NAMES[1:]:
            found.append(replace(one, name=f"{frame}/columns"))
        elif not one.texts:
            found.append(one)
    return found


def _dates_of(index: Variable) -> list[Variable]:
    """Return an index in nanoseconds as dates, nothing for any other index of whole numbers."""
    if not index.numeric or len(index.sides) != 1:
        return [index]
    first = np.asarray(index.first(1))
    if first.dtype.kind != "i":
        return [index]
    start = int(first.flat[0])
    unit = next((unit for unit, least in _UNITS.items() if start >= least), None)
    if unit is None:
        return []

    def read() -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        return np.asarray(index.read()).astype(np.int64).view(unit)

    return [replace(index, numeric=False, dated=True, read=read, head=None)]
