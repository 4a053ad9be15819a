"""Messages of a FIT file as FitCSVTool writes them: field, value and unit beside one another."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.keyed_cells import numeric

_EPOCH = 631_065_600
"""Seconds from 1970 to 1989-12-31, from which FIT counts."""


def is_fit(names: Sequence[str | None]) -> bool:
    """Return True if columns are called as those of FitCSVTool."""
    return [*names[:6]] == ["Type", "Local Number", "Message", "Field 1", "Value 1", "Units 1"]


def fit_messages(table: Table) -> Table:
    """Return the messages of the kind that has most with a time, a column a field."""
    rows = table.frame.astype("str").fillna("").to_numpy(dtype=object)
    data = [i for i, row in enumerate(rows) if row[0] == "Data"]
    kinds = Counter(rows[i][2] for i in data if "timestamp" in rows[i][3::3])
    if not kinds:
        return table
    kind = kinds.most_common(1)[0][0]
    kept = [i for i in data if rows[i][2] == kind]
    columns: dict[str, dict[int, object]] = {}
    units: dict[str, str] = {}
    for number, i in enumerate(kept):
        for field, value, unit in zip(rows[i][3::3], rows[i][4::3], rows[i][5::3], strict=False):
            if field not in ("", "unknown"):
                columns.setdefault(field, {})[number] = value
                units.setdefault(field, unit)
    frame = pd.DataFrame(columns, index=range(len(kept)))
    frame = pd.concat([numeric(frame[name]) for name in frame.columns], axis=1)
    if frame["timestamp"].dtype.kind in "iu":
        frame["timestamp"] += _EPOCH
    names, places = tuple(frame.columns), np.array(kept)
    others = len({rows[i][2] for i in data}) - 1
    said = f"{len(kept)} messages of the kind '{kind}' are read, one a row"
    kinds_left = "1 other kind is" if others == 1 else f"{others} other kinds are"
    more = f"; {kinds_left} left out" if others else ""
    undo = "--delimiter , reads the rows as they stand"
    return replace(
        table,
        frame=frame.set_axis(pd.RangeIndex(len(names)), axis=1),
        names=names,
        place=lambda row: table.place(int(places[row])),
        notes=(*table.notes, f"A FIT file written as text: {said}{more} ({undo})."),
        units=tuple("" if units[name] == "s" else units[name] for name in names),
    )
