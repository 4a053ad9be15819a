"""Tables with many samples a row, made tables with one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.cells.columns import Table, numbers
from spectra.datasets.readers.cells.names import UNIT_NAMES, is_unit, words
from spectra.errors import DataError


def is_newest_first(dates: pd.DatetimeIndex) -> bool:
    """Return True for dates that go back from row to row."""
    return len(dates) > 1 and bool(dates.is_monotonic_decreasing) and dates[0] > dates[-1]


def newest_last(table: Table) -> Table:
    """Return a table with its rows in the other order, with a note."""
    note = "The rows stand newest first: read in the order of time."
    turned = table.rows(np.arange(len(table.frame))[::-1])
    return replace(turned, notes=(*table.notes, note))


def matrix_of(table: Table, columns: Sequence[int]) -> Float64Array | None:
    """Return the numbers of columns, (rows, columns), None where one is text."""
    if set(map(table.kinds().__getitem__, columns)) <= set("iufb"):
        return table.matrix(columns)
    try:
        found = [numbers(table, column) for column in columns]
    except DataError:
        return None
    kept = [one for one in found if one is not None]
    return np.column_stack(kept) if len(kept) == len(columns) else None


def long_table(
    table: Table,
    values: Float64Array,
    name: str,
    note: str,
    per_row: int,
    instants: pd.Index | None,
    keep: BoolArray | None = None,
) -> Table:
    """Return a table of one column of values, row after row, and one of their instants."""
    flat = values.ravel()
    rows = np.arange(len(flat)) // per_row
    if keep is not None:
        flat, rows = flat[keep], rows[keep]
    frame = pd.DataFrame({0: flat})
    names: tuple[str | None, ...] = (name,)
    if instants is not None:
        frame.insert(0, "time", instants)
        names = ("time", name)

    def place(row: int) -> str:
        return table.place(int(rows[row]))

    frame.columns = pd.RangeIndex(frame.shape[1])
    unit = _unit_of(table)
    units = ("",) * (len(names) - 1) + (unit,) if unit else ()
    return replace(
        table, frame=frame, names=names, place=place, notes=(*table.notes, note), units=units
    )


def _unit_of(table: Table) -> str:
    """Return the unit that a column gives with one text in every row, "" without one."""
    for column, name in enumerate(table.names):
        if words(name) & UNIT_NAMES:
            texts = table.column(column).unique()
            if len(texts) == 1 and isinstance(texts[0], str) and is_unit(texts[0]):
                return texts[0].strip()
    return ""
