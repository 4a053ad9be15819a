"""Rows of a large table, piece by piece into files of numbers."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.large.stamps import Stamps
from spectra.datasets.large.tables import Piece
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.cells.columns import Table, read_numbers
from spectra.datasets.readers.tables.channels import extremes
from spectra.datasets.readers.tables.fill_values import (
    fill_note,
    fills_throughout,
    without_fill_values,
)
from spectra.datasets.readers.tables.labels import find_labels
from spectra.datasets.readers.tables.layouts import unrolled
from spectra.datasets.readers.tables.table import instants_of, raw_from_table
from spectra.datasets.readers.times.time_column import find_times
from spectra.datasets.readers.times.time_index import MissingTimeError
from spectra.errors import DataError, NeedsMemoryError
from spectra.stored import FileArray, StoredArray

# From what is done, the part of it and the whole, in bytes or rows; 0 for a whole not known.
Progress = Callable[[str, int, int], None]
# Most notes on rows far down, which say much the same.
MOST_NOTES: Final = 3
_CELLS: Final = re.compile(r": (\d+) cells? holds?")
# Rows that are searched at a time.
AT_ONCE: Final = 2**16


@dataclass
class Spooled:
    """A table in files: its values, the stamps of its rows, and what its first rows told.

    Attributes
    ----------
    head : Raw
        The first rows: their channels, units, rate, start and notes stand for all.
    values : StoredArray
        (n_rows, n_channels), NaN where a value is missing.
    stamps : Stamps or None
    """

    head: Raw
    values: StoredArray
    stamps: Stamps | None


def spooled(
    pieces: Iterator[Piece], request: Request, head: Raw | None, progress: Progress
) -> Spooled:
    """Return the rows of all pieces, by the roles that columns have in the first one.

    `head` is what the first rows tell, where the first piece does not. Raises DataError for a table
    that can only be read as a whole, and for rows that are not like the first ones.
    """
    spool: _Spool | None = None
    for piece in pieces:
        if spool is None:
            spool = _Spool.begun(piece.table, request, head)
        spool.add(piece)
        progress("reading", piece.done, piece.whole)
    if spool is None:
        raise DataError("The table has no rows.")
    return spool.finished()


@dataclass
class _Roles:
    """The roles of columns: channels, labels, and what the user names."""

    channels: list[int]
    taken: frozenset[int]
    time: frozenset[int] | None


class _Spool:
    """Rows written so far.

    Parameters
    ----------
    head : Raw
    roles : _Roles
    table : Table
        The first rows.
    request : Request
    """

    def __init__(self, head: Raw, roles: _Roles, table: Table, request: Request) -> None:
        self._head, self._roles, self._request = head, roles, request
        self._names, self._missing = table.names, table.header.missing
        self._labels = [table.label(column) for column in roles.channels]
        self._values = FileArray((0, len(roles.channels)))
        self._stamps = None if head.instants is None else Stamps(head.instants, head.source)
        self._fills: list[set[float]] = [set() for _ in roles.channels]
        self._n_dropped = 0
        self._notes: list[str] = []
        self._seen = np.zeros(len(roles.channels), dtype=np.bool_)

    @classmethod
    def begun(cls, table: Table, request: Request, head: Raw | None) -> "_Spool":
        """Return an empty spool for a table that begins like this."""
        if head is None:
            if not request.channels and unrolled(table).names != table.names:
                raise NeedsMemoryError(
                    f"{table.source} has several rows of a recording in one line, which is not "
                    "read from a file too large for memory: split it, or make it a column a "
                    "channel."
                )
            head = raw_from_table(table, request)
        if head.stack is not None:
            raise NeedsMemoryError(
                f"{table.source} holds several series in the same columns, told apart by "
                f"{head.stack.column}, and is too large for memory: write a file for each, or take "
                "all rows as one with --series none."
            )
        return cls(head, _roles(table, head, request), table, request)

    def add(self, piece: Piece) -> None:
        """Write the rows of a piece."""
        table = piece.table
        first = len(self._values) < len(self._head.values)
        if table.names != self._names:
            raise NeedsMemoryError(
                f"{piece.place}: the columns are others than above: split the file."
            )
        values, notes = self._numbers(table)
        if self._stamps is not None:
            instants, values = self._instants(table, values, piece.place)
            self._stamps.append(instants, piece.place)
        self._seen |= ~np.isnan(values).all(axis=0)
        self._values.append(values)
        if not first:
            # The head has those of the first rows.
            self._notes += [*table.notes, *notes]

    def _numbers(self, table: Table) -> tuple[Float64Array, list[str]]:
        """Return the values of the channels, (n, c), and notes on their cells.

        Raises DataError for a text or an infinity.
        """
        columns = self._roles.channels
        found = [read_numbers(table, column, required=True) for column in columns]
        values = np.column_stack([one.values for one in found if one is not None])
        notes = [note for one in found if one is not None for note in one.notes]
        lows, highs, _ = extremes(table, columns, values)
        if not self._request.as_is:
            others = set(range(len(table.names))).difference(columns)
            sure = fills_throughout(table.frame, others)
            filled, _ = without_fill_values(values, lows, highs, self._labels, self._missing, sure)
            for channel, fills in enumerate(self._fills if filled is not values else ()):
                gone = np.isnan(filled[:, channel]) & ~np.isnan(values[:, channel])
                fills.update(np.unique(values[gone, channel]).tolist())
        return values, notes

    def _instants(
        self, table: Table, values: Float64Array, place: str
    ) -> tuple[pd.Index, Float64Array]:
        """Return the instants of rows, and the values of those that have one.

        Raises DataError where the time stands in other columns than above.
        """
        try:
            times = find_times(table, self._request.time, self._roles.taken, self._request.dates)
        except MissingTimeError as error:
            if not np.isnan(values[error.rows]).all():
                raise
            self._n_dropped += int(error.rows.sum())
            kept = ~error.rows
            return self._instants(table.rows(kept), values[kept], place)
        instants = instants_of(times, table, self._request)
        if times.axis is None or instants is None or not self._like_above(times.axis.columns):
            raise NeedsMemoryError(
                f"{place}: the time is in other columns than above: name its column with --time."
            )
        return instants, values

    def _like_above(self, columns: frozenset[int]) -> bool:
        """Return whether the time is in the columns that it was in above, and note them."""
        if self._roles.time is None:
            self._roles.time = columns
        return self._roles.time == columns

    def finished(self) -> Spooled:
        """Return all rows, less channels that have no value in any of them."""
        if not self._seen.any():
            raise DataError(f"{self._head.source} has no numbers: every value is missing.")
        head, notes = self._head, list(self._head.notes)
        said = counted_together([*notes, *self._notes])
        # Those of the first rows come first, with the counts of all.
        notes, more = said[: len(notes)], said[len(notes) :]
        notes += more[:MOST_NOTES]
        if len(more) > MOST_NOTES:
            notes.append(f"{len(more) - MOST_NOTES} more notes like these on later rows.")
        if self._n_dropped:
            notes.append(f"{self._n_dropped} rows have neither a time nor a value: left out.")
        if any(self._fills):
            # Those of the first rows count only what is among them.
            first = {fill_note(*each, self._missing) for each in self._filled(len(head.values))}
            notes = [note for note in notes if note not in first]
            notes += [fill_note(*each, self._missing) for each in self._filled(len(self._values))]
        head = replace(head, notes=tuple(notes))
        return Spooled(head, _without(self._values, self._fills), self._stamps)

    def _filled(self, n_rows: int) -> Iterator[tuple[str, int, float]]:
        """Yield label, number and value of those that stand for missing ones in the first rows."""
        for channel, fills in enumerate(self._fills):
            for value in sorted(fills):
                blocks = (
                    self._values[start : min(start + AT_ONCE, n_rows), channel]
                    for start in range(0, n_rows, AT_ONCE)
                )
                count = sum(int((block == value).sum()) for block in blocks)
                yield self._labels[channel], count, value


def counted_together(notes: Sequence[str]) -> list[str]:
    """Return notes in order, each once; those that count cells with one word are one."""
    counts: dict[str, int] = {}
    for note in notes:
        found = _CELLS.search(note)
        key = note if found is None else _CELLS.sub(": {} cells hold", note)
        counts[key] = counts.get(key, 0) + (0 if found is None else int(found[1]))
    return [
        key if not count else key.replace("{} cells hold", _cells(count))
        for key, count in counts.items()
    ]


def _cells(count: int) -> str:
    return "1 cell holds" if count == 1 else f"{count} cells hold"


def _roles(table: Table, head: Raw, request: Request) -> _Roles:
    """Return the roles of columns by the first rows."""
    titles = table.titles()
    channels = [titles.index(title) for title in head.channels if title in titles]
    if len(channels) < len(head.channels):
        channels = [_unnamed(table, head)]
    named = frozenset(channels) if request.channels else frozenset[int]()
    return _Roles(channels, find_labels(table, request.label, named).columns | named, None)


def _unnamed(table: Table, head: Raw) -> int:
    """Return the column of the only channel, which has no name: the one that has its values."""
    for column in range(len(table.names)):
        numbers = read_numbers(table, column)
        if numbers is None or len(numbers.values) != len(head.values):
            continue
        if np.array_equal(numbers.values, head.values[:, 0], equal_nan=True):
            return column
    raise DataError(f"{table.source}: no column is found again in the rows that follow.")


def _without(values: StoredArray, fills: list[set[float]]) -> StoredArray:
    """Return values less those that stand for a missing one in their channel."""
    if not any(fills):
        return values

    def read(start: int, stop: int) -> Float64Array:
        found = values.read(start, stop)
        for channel, gone in enumerate(fills):
            if gone:
                missing: IntArray = np.flatnonzero(np.isin(found[:, channel], list(gone)))
                found[missing, channel] = np.nan
        return found

    return StoredArray(read, values.shape)
