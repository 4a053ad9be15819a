"""Cells of a table that hold an object of JSON each, as brokers and clouds export messages."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.json_object import object_in
from spectra.datasets.readers.cells.keyed_cells import numeric
from spectra.text import well_formed

_A_FEW = 20
_MOST_KEYS = 500
"""Different keys of all objects: each becomes a column of all rows."""
_DEEPEST = 6
"""Levels of an object that become columns: {"a": {"b": 1}} is a.b."""


def with_json_cells(table: Table) -> Table:
    """Return a table with a column for each key of the objects in a column of JSON."""
    for column, kind in enumerate(table.kinds()):
        if kind != "O" or not _holds_objects(table.column(column)):
            continue
        objects = [_object(cell) for cell in table.column(column)]
        if not 0 < len({path for each in objects for path in _paths(each)}) <= _MOST_KEYS:
            continue
        inside = pd.json_normalize(objects, max_level=_DEEPEST)
        columns = [numeric(_texts(inside.iloc[:, i])) for i in range(inside.shape[1])]
        names = [well_formed(str(name)) for name in inside.columns]
        kept = [i for i in range(len(table.names)) if i != column]
        frame = pd.concat([table.frame.iloc[:, kept], *columns], axis=1)
        note = f"{table.label(column)} holds JSON: the values in it are read as columns."
        return replace(
            table,
            frame=frame.set_axis(pd.RangeIndex(frame.shape[1]), axis=1),
            names=(*(table.names[i] for i in kept), *names),
            units=tuple(table.unit(i) for i in kept) if table.units else (),
            notes=(*table.notes, note),
        )
    return table


def _holds_objects(column: "pd.Series[Any]") -> bool:
    """Return True if the first cells of a column are objects of JSON."""
    first = [cell for cell in column.iloc[:_A_FEW] if isinstance(cell, str)]
    return bool(first) and all(cell.lstrip().startswith("{") and _object(cell) for cell in first)


def _object(cell: object) -> dict[str, Any]:
    """Return the object in a cell, an empty one for anything else."""
    found = object_in(cell) if isinstance(cell, str) else None
    return found or {}


def _paths(value: dict[str, Any], level: int = 0) -> Iterator[tuple[str, ...]]:
    """Yield the keys of an object, and those of the objects inside it that become columns."""
    for key, each in value.items():
        if isinstance(each, dict) and level < _DEEPEST:
            yield from ((key, *path) for path in _paths(each, level + 1))
        else:
            yield (key,)


def _texts(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column whose lists and other things are texts."""
    if column.dtype != object:
        return column
    plain = [
        well_formed(cell if isinstance(cell, str) else str(cell)) if cell == cell else None
        for cell in column
    ]
    return pd.Series(plain, index=column.index, dtype="str")
