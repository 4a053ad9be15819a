"""The instants of the rows of a table, and the columns that they stand in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray
from spectra.datasets.readers.cells.columns import Table
from spectra.errors import DataError


@dataclass(frozen=True)
class TimeColumn:
    """The columns that hold a time, and the instant of every row.

    `index` is a DatetimeIndex, a TimedeltaIndex, or an index of float seconds; it need not be
    regular or sorted. `is_scaled` is False where it counts in a unit that is not known.
    """

    columns: frozenset[int]
    index: pd.Index
    notes: tuple[str, ...] = ()
    is_scaled: bool = True


class MissingTimeError(DataError):
    """Rows without a time, marked in `rows` (n,); the time is in the column number `column`."""

    def __init__(self, message: str, column: int, rows: BoolArray) -> None:
        super().__init__(message)
        self.column, self.rows = column, rows


def refuse_missing(table: Table, column: int, missing: BoolArray) -> None:
    """Raise MissingTimeError, naming the first row without a time."""
    if missing.any():
        row = int(np.argmax(missing))
        raise MissingTimeError(
            f"{table.place(row)}, {table.label(column)}: the time is missing; every row needs one.",
            column,
            missing,
        )
