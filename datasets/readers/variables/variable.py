"""A named array of a file."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.datasets.readers.binary.signals import by_rows


@dataclass(frozen=True)
class Variable:
    """A named array of a file, whose values are read when they are needed.

    Parameters
    ----------
    name : str
        The name, with dots or slashes for what lies inside a structure.
    shape : tuple of int
        Its shape as the file has it.
    numeric : bool
        Whether it holds real numbers.
    read : callable
        Returns its values.
    unit : str
        The physical unit, "" where it is unknown.
    dated : bool
        Whether it holds dates.
    head : callable or None
        Returns the first samples, so many along the longest side; None where all are read.
    texts : bool
        Whether it holds texts.
    fs : float or None
        The sampling rate in Hz that the file says of it.
    start : pandas.Timestamp or None
        The instant of its first sample.
    what : str
        What it holds in place of real numbers, in a word for messages; "" where that is not said.
    """

    name: str
    shape: tuple[int, ...]
    numeric: bool
    read: Callable[[], NDArray[np.generic]]
    unit: str = ""
    dated: bool = False
    head: Callable[[int], NDArray[np.generic]] | None = None
    texts: bool = False
    fs: float | None = None
    start: pd.Timestamp | None = None
    what: str = ""

    def first(self, rows: int) -> NDArray[np.generic]:
        """Return the first samples, along the longest side, less the sides of length one."""
        if self.head is not None and rows < self.length:
            return np.squeeze(np.asarray(self.head(rows)))
        values = np.squeeze(np.asarray(self.read()))
        if rows >= self.length or not values.ndim:
            return values
        return values[:rows] if by_rows(values) else values[:, :rows]

    @property
    def size(self) -> int:
        """The number of values."""
        return int(np.prod(self.shape, dtype=object)) if self.shape else 1

    @property
    def sides(self) -> tuple[int, ...]:
        """The lengths of the sides that are longer than one."""
        return tuple(side for side in self.shape if side > 1)

    @property
    def length(self) -> int:
        """The number of samples: the longest side."""
        return max(self.shape, default=1)

    @property
    def parent(self) -> str:
        """The name of the structure or group in which it lies, "" for none."""
        found = re.fullmatch(r"(.*)[./][^./]*", self.name)
        return found[1] if found else ""
