"""Stacked series that hold words, such as the states of a switch, among those of numbers."""

import numpy as np

from spectra.datasets.readers.cells.cells import read_cells
from spectra.datasets.readers.cells.columns import Table, is_plain, listed
from spectra.datasets.readers.tables.grouped import Series

_NUMBERS = 0.5
"""Share of the cells of a series that are numbers, from which on it is one of numbers."""


def rows_of_words(table: Table, series: Series, taken: frozenset[int]) -> tuple[list[int], str]:
    """Return the rows of the series that have words in place of numbers, and a note.

    They have words in the one column that holds the numbers of others. [] and "" are returned
    where there are none of them.
    """
    free = [column for column in range(len(table.names)) if column not in taken]
    known = series.codes >= 0
    counts = np.bincount(series.codes[known], minlength=len(series.names))
    found = []
    for column in free:
        if is_plain(cells := table.column(column)):
            continue
        good = ~np.isnan(read_cells(cells, table.decimal).values)
        shares = np.bincount(series.codes[known & good], minlength=len(series.names)) / counts
        if np.any(shares > _NUMBERS):
            found.append(shares == 0)
    if len(found) != 1 or not found[0].any():
        return [], ""
    named = [name for name, words in zip(series.names, found[0], strict=True) if words]
    rows = np.flatnonzero(known & found[0][series.codes])
    said = "1 series holds" if len(named) == 1 else f"{len(named)} series hold"
    note = f"{said} words in place of numbers: left out ({listed(named)})."
    return rows.tolist(), note
