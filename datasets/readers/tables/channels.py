"""The channels of a table: the columns of numbers that are analysed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.cells.columns import Table, listed, read_numbers
from spectra.datasets.readers.cells.names import unit_in
from spectra.datasets.readers.tables.fill_values import fills_throughout, without_fill_values
from spectra.errors import DataError

# Beyond these, squares and their sums run out of numbers; who writes a larger one means that there
# is no value.
LARGEST, _SMALLEST = 1e100, 1e-100
_MOST_NOTES = 12
"""Notes on the cells of columns; of hundreds of columns alike a dozen say enough."""


@dataclass(frozen=True)
class Channels:
    """The columns to analyse: titles, values (n, c), units, and notes on what was left out.

    `complete` says that no value is missing.
    """

    titles: tuple[str, ...]
    values: Float64Array
    notes: tuple[str, ...]
    units: tuple[str, ...]
    complete: bool = False


def read_channels(table: Table, wanted: Sequence[int] | None, taken: frozenset[int]) -> Channels:
    """Return the wanted columns, or every column of numbers that is not taken.

    Raises DataError for text among numbers, for an infinity, and where no numbers are left.
    """
    chosen = (
        [column for column in range(len(table.names)) if column not in taken]
        if wanted is None
        else wanted
    )
    chosen, values, units, text, said = _values(table, chosen, required=wanted is not None)
    notes = [*said, *_left_out(table, text, "text")]
    # The largest value is NaN where all are; a mask would take an eighth of the memory.
    lows, highs, complete = extremes(table, chosen, values)
    if table.has_fill_values:
        values, filled = without_fill_values(
            values,
            lows,
            highs,
            [table.label(column) for column in chosen],
            table.header.missing,
            fills_throughout(table.frame, set(range(len(table.names))).difference(chosen)),
        )
        if filled:
            notes, complete = [*notes, *filled], False
            highs = np.fmax.reduce(values, axis=0)
    void: BoolArray = np.isnan(highs)
    if chosen and (void.all() or (void.any() and wanted is not None)):
        which = (
            table.source
            if void.all()
            else f"{table.source}, {table.label(chosen[int(np.argmax(void))])}"
        )
        raise DataError(f"{which} has no numbers: every value is missing.")
    if void.any():
        empty = [column for column, nothing in zip(chosen, void, strict=True) if nothing]
        # A delimiter at the end of every line makes a column without a name: not worth a word.
        notes += _left_out(table, [column for column in empty if table.names[column]], "nothing")
        chosen = [column for column, nothing in zip(chosen, void, strict=True) if not nothing]
        units = [unit for unit, nothing in zip(units, void, strict=True) if not nothing]
        values = values[:, ~void]
    if not chosen:
        reason = "; ".join(notes).rstrip(".") or "no column is left beside time and labels"
        raise DataError(f"{table.source} has no column of numbers to analyse: {reason}.")
    titles = table.titles()
    alone = len(chosen) == 1
    unnamed = alone and wanted is None and table.names[chosen[0]] is None
    return Channels(
        ("value",) if unnamed else tuple(titles[column] for column in chosen),
        values,
        tuple(notes),
        tuple(
            unit or table.header.unit_of(titles[column], alone=alone)
            for column, unit in zip(chosen, units, strict=True)
        ),
        complete,
    )


def _values(
    table: Table, chosen: Sequence[int], *, required: bool
) -> tuple[list[int], Float64Array, list[str], list[int], list[str]]:
    """Return the columns of numbers, their values (n, c), units, columns of text, notes."""
    # A run of columns is a view of the table, any other choice a copy.
    run = bool(chosen) and list(chosen) == [*range(chosen[0], chosen[-1] + 1)]
    which = slice(chosen[0], chosen[-1] + 1) if run else list(chosen)
    frame = table.frame.iloc[:, which]
    if chosen and all(
        isinstance(kind, np.dtype) and kind.kind in "fiub" for kind in frame.dtypes.unique()
    ):
        units = [table.unit(column) or unit_in(table.names[column]) for column in chosen]
        return list(chosen), frame.to_numpy(dtype=np.float64), units, [], []
    found = {column: read_numbers(table, column, required=required) for column in chosen}
    kept = {column: one for column, one in found.items() if one is not None}
    text = [column for column, one in found.items() if one is None]
    values = (
        np.column_stack([one.values for one in kept.values()])
        if kept
        else np.empty((len(table.frame), 0))
    )
    notes = [note for one in kept.values() for note in one.notes]
    if len(notes) > _MOST_NOTES + 1:
        more = f"{len(notes) - _MOST_NOTES} more notes like these on other columns."
        notes = [*notes[:_MOST_NOTES], more]
    return list(kept), values, [one.unit for one in kept.values()], text, notes


def _left_out(table: Table, columns: Sequence[int], what: str) -> list[str]:
    """Return a note on columns that hold no numbers."""
    if not columns:
        return []
    if len(columns) == 1:
        return [f"{table.label(columns[0])} holds {what}: left out."]
    return [
        f"{len(columns)} columns hold {what}: left out "
        f"({listed([table.titles()[i] for i in columns])})."
    ]


def extremes(
    table: Table, chosen: Sequence[int], values: Float64Array
) -> tuple[Float64Array, Float64Array, bool]:
    """Return the smallest and the largest value of each column, and whether none is missing.

    They are NaN where all values are. Raises DataError for the first infinite value or one as good
    as that, and for a column without any value that is large enough.
    """
    highs: Float64Array = values.max(axis=0)
    lows: Float64Array = values.min(axis=0)
    complete = not np.isnan(highs).any()
    if not complete:
        highs = np.fmax.reduce(values, axis=0, initial=np.nan)
        lows = np.fmin.reduce(values, axis=0, initial=np.nan)
    high, low = (float(np.fmax.reduce(one, initial=0.0)) for one in (highs, -lows))
    if max(high, low) <= LARGEST:
        largest = np.fmax(np.abs(lows), np.abs(highs))
        if (small := np.flatnonzero((largest > 0) & (largest < _SMALLEST))).size:
            raise DataError(
                f"{table.source}, {table.label(chosen[int(small[0])])}: all values are smaller "
                f"than {_SMALLEST:g}: give them in a smaller unit, or 0 where there is nothing."
            )
        return lows, highs, complete
    row, column = map(int, np.argwhere(np.abs(values) > LARGEST)[0])
    where = f"{table.place(row)}, {table.label(chosen[column])}"
    raise too_large(where, float(values[row, column]))


def too_large(where: str, value: float) -> DataError:
    """Return the error for a value at a place that is infinite or as good as that."""
    what = f"{value:.3g} is too large to be one" if np.isfinite(value) else "is infinite"
    return DataError(
        f"{where}: the value {what}; leave the cell empty if there was no measurement, or put the "
        "largest value the sensor can give."
    )
