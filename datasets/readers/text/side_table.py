"""A second, shorter table beside the first one, behind a column that is empty."""

from dataclasses import replace

import numpy as np

from spectra.arrays import BoolArray
from spectra.datasets.readers.cells.columns import Table, listed

_SHORT = 0.25
"""Share of the rows of a table that another one beside it has at most."""
_FEWEST = 12
"""Rows of a table from which on another one is told from it."""


def without_side_table(table: Table) -> Table:
    """Return a table without the columns of a shorter one behind an empty column, with a note.

    Its rows stand at the top, one below the other, such as limits or a calibration.
    """
    frame = table.frame
    if len(frame) < _FEWEST or not any(table.names):
        return table
    empty = [
        i
        for i in range(1, len(table.names) - 1)
        if not table.names[i] and frame.iloc[:, i].isna().all()
    ]
    if not empty:
        return table
    known: BoolArray = frame.notna().to_numpy(dtype=np.bool_)
    rows: BoolArray = np.asarray(known.any(axis=0))
    for begin in empty:
        beside: BoolArray = np.asarray(known[:, begin + 1 :].any(axis=1))
        count = int(beside.sum())
        short = 0 < count <= _SHORT * len(frame) and bool(beside[:count].all())
        if not short or not rows[:begin].any() or np.mean(known[count:, :begin]) <= 0.5:
            continue
        titles = [table.titles()[i] for i in np.flatnonzero(rows) if i > begin]
        verb = "stands" if len(titles) == 1 else "stand"
        note = (
            f"{listed(titles)} {verb} beside the table, in its first {count} rows: left out (put "
            "what stands there into a file of its own to read it)."
        )
        return replace(
            table,
            frame=frame.iloc[:, :begin],
            names=table.names[:begin],
            units=table.units[:begin],
            first=table.first[:begin],
            notes=(*table.notes, note),
        )
    return table
