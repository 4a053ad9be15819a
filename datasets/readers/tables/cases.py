"""Tables with a case a row: a heartbeat, a cycle of a machine, a light curve, and its class."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import words
from spectra.errors import DataError

_FEWEST_COLUMNS, _FEWEST_ROWS, _MOST_OTHERS = 50, 3, 8
_GLANCE, _MOST_COLUMNS = 200, 500
"""Rows and columns that are compared."""
_CLOSER = 0.5
"""Share of the step from row to row below which that from column to column is that of samples."""
_MOST_CLASSES = 20
_CLASSES = frozenset({"label", "labels", "class", "target", "y"})
_NUMBERED = re.compile(r"(\D{0,20}?)0*(\d{1,6})")


def refuse_cases(table: Table) -> Table:
    """Return a table whose rows are instants, with a note where they may be something else.

    Raises DataError where each row has the samples of a case, and its class.
    """
    kinds = table.kinds()
    columns = [column for column, kind in enumerate(kinds) if kind in "iuf"]
    if len(columns) < _FEWEST_COLUMNS or len(table.frame) < _FEWEST_ROWS:
        return table
    run = _numbered(table, columns)
    if len(run) < max(_FEWEST_COLUMNS, len(columns) - _MOST_OTHERS):
        return table
    numbered = {*run}
    beside = [column for column in columns if column not in numbered] or [run[0], run[-1]]
    classes = [column for column in beside if _are_classes(table, column)]
    signal = [column for column in run if column not in classes]
    if not _follow_across(table, signal):
        return table
    count = f"{len(signal):,} columns follow one another as samples do"
    if classes:
        raise DataError(
            f"{table.source} holds a case in each row: {count}, and {table.label(classes[0])} has "
            "its class. Write the samples of one case, or of normal ones, below one another as a "
            "column, and read that (--channels reads the columns as they are)."
        )
    note = (
        f"{count}, closer than rows: where a row is a case or a cycle, write its samples below one "
        "another (here each row is an instant, and each column a channel)."
    )
    return replace(table, notes=(*table.notes, note))


def _numbered(table: Table, columns: list[int]) -> list[int]:
    """Return the columns that are numbered one after another, or all where none has a name."""
    names = [table.names[column] for column in columns]
    if not any(names):
        return columns
    found = [_NUMBERED.fullmatch((name or "").strip()) for name in names]
    best: list[int] = []
    run: list[int] = []
    for place, (before, here) in enumerate(pairwise([None, *found])):
        follows = before and here and before[1] == here[1] and int(here[2]) == int(before[2]) + 1
        run = [*run, columns[place]] if follows else [columns[place]] if here else []
        best = max(best, run, key=len)
    return best


def _are_classes(table: Table, column: int) -> bool:
    """Return True for a few whole numbers, in a column without a name or called like a class."""
    name = table.names[column]
    if name is not None and not words(name) & _CLASSES:
        return False
    values = np.unique(table.column(column).to_numpy(dtype=np.float64, na_value=np.nan))
    return 1 <= len(values) <= _MOST_CLASSES and bool((values == np.rint(values)).all())


def _follow_across(table: Table, columns: list[int]) -> bool:
    """Return True if values go on from column to column, and not from row to row."""
    values = table.matrix(columns[:_MOST_COLUMNS], _GLANCE)
    if np.isnan(values).any():
        return False
    across = np.median(np.abs(np.diff(values, axis=1)))
    down = np.median(np.abs(np.diff(values, axis=0)))
    return bool(0 < across < _CLOSER * down)
