"""Names of channels that stand in the cells before their values: 12:00|temp|20.5|press|1.2."""

import re
from dataclasses import replace

import pandas as pd

from spectra.datasets.readers.cells.absent_words import MISSING
from spectra.datasets.readers.cells.columns import Table

_WORD = re.compile(r"[^\W\d][^,;|\t]{0,60}")
_FEWEST = 2
"""Names from which on they are such: one word before one value may be a place or a state."""
_A_FEW = 20


def named_in_cells(table: Table) -> Table:
    """Return a table without names with those that stand before numbers in all of its rows."""
    if any(table.names):
        return table
    kinds = table.kinds()
    found: dict[int, str] = {}
    for column in range(len(kinds) - 1):
        named = kinds[column] == "O" and kinds[column + 1] in "iuf"
        if named and (word := _one_word(table.column(column))) is not None:
            found[column + 1] = word
    if len(found) < _FEWEST or len({*found.values()}) < len(found):
        return table
    return replace(table, names=tuple(found.get(i) for i in range(len(kinds))))


def _one_word(column: "pd.Series[str]") -> str | None:
    """Return the word that all cells of a column hold, None where they differ."""
    first = str(column.iloc[0]).strip()
    if not _WORD.fullmatch(first) or first.casefold() in MISSING:
        return None
    few = column.iloc[:_A_FEW].nunique(dropna=False) == 1
    return first if few and column.nunique(dropna=False) == 1 else None
