"""Series by the values of columns, and those that a user asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.datasets.readers.cells.columns import Table, quoted
from spectra.errors import DataError

LONE = 0.01
"""Share of the rows that may have a name of their own, which is no series."""
MOST_SERIES = 1000


@dataclass(frozen=True)
class Series:
    """The series of each row.

    `columns` tell them apart; `names` has one name a series, `codes` (n,) is the series of each
    row, -1 for a row of none.
    """

    columns: tuple[int, ...]
    names: tuple[str, ...]
    codes: IntArray

    def rows(self, name: str) -> IntArray:
        """Return the rows of a series."""
        return np.flatnonzero(self.codes == self.names.index(name))


def grouped(
    table: Table, columns: Sequence[int], most_lone: float = LONE, fewest: int = 2
) -> Series | None:
    """Return the series by the values of columns, in the order in which they appear."""
    texts = [table.column(column).astype("str").str.strip().fillna("") for column in columns]
    joined = texts[0]
    for text in texts[1:]:
        joined = joined + " / " + text
    codes, names = pd.factorize(joined)
    counts = np.bincount(codes)
    # An event log beside the samples has a word in a few rows only; a few marks such as the end of
    # an archive stand alone among series.
    lone = counts < 2
    if np.sum(~lone) < fewest or len(names) > MOST_SERIES or np.sum(lone) > most_lone * len(codes):
        return None
    kept = np.cumsum(~lone) - 1
    codes = np.where(lone, -1, kept)[codes]
    named = tuple(str(name) for name, single in zip(names, lone, strict=True) if not single)
    return Series(tuple(columns), named, np.asarray(codes, dtype=np.int64))


def asked(table: Table, column: int, wanted: str) -> Series | None:
    """Return the series of a column that the user names, None where it holds one name.

    Raises DataError for another name than that, and for a column that tells no series apart.
    """
    found = grouped(table, (column,), most_lone=1.0, fewest=1)
    value = wanted.partition("=")[2]
    if found is not None and value and wanted not in table.titles():
        # Raises for a name that no row has.
        choose_series(found, table, wanted)
    if found is not None and len(found.names) == 1 and (found.codes >= 0).all():
        return None
    if found is not None and value in found.names:
        return found
    count = table.column(column).nunique()
    raise DataError(
        f"{table.source}: {table.label(column)} tells no series apart, with {count:,} values in "
        f"{len(table.frame):,} rows: name the column with the names of the series, or one of them "
        "with --series COLUMN=VALUE."
    )


def choose_series(series: Series, table: Table, wanted: str | None) -> str | None:
    """Return the series that the user asks for by "COLUMN=VALUE", None for all."""
    if wanted is None or wanted in table.titles() or "=" not in wanted:
        return None
    value = wanted.partition("=")[2]
    for same in (str, str.casefold):
        for name in series.names:
            if same(name) == same(value):
                return name
    shown = ", ".join(quoted(name) for name in series.names[:8])
    raise DataError(f"{table.source} has no series {quoted(value)}: there are {shown}.")
