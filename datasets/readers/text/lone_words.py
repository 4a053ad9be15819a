"""Rows of words among those of a text table, such as that a logger was started again."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray
from spectra.datasets.readers.cells.absent_words import MISSING_WORDS
from spectra.datasets.readers.cells.columns import Table, is_plain, quoted
from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.cells.header import read_header
from spectra.datasets.readers.cells.keyed_cells import numeric
from spectra.datasets.readers.dates.dates import looks_like_date
from spectra.errors import DataError

_MOST, _A_FEW = 0.1, 20
"""Share of the rows that may be words, and the cells that tell what the others are."""
_MOST_MIXED = 50
"""Columns of words among numbers; of each the columns behind are looked at."""
_WORD = re.compile(r"[^\W\d_]{2}")
_TITLE = re.compile(r"\[[^\]]*\]|.*[:=]|\w+")
_EVENTS = frozenset(
    {"reboot", "restart", "restarted", "reset", "boot", "start", "started", "stop", "stopped"}
    | {"pause", "paused", "resume", "resumed", "end", "eof"}
)
"""Single words that tell of an event; others may be the title of another table below them."""


def without_lone_words(table: Table) -> Table:
    """Return a table without the few rows that hold words in the first column and nothing else."""
    first = table.column(0)
    if is_plain(first) or table.frame.shape[1] < 2 or not _are_values(first, table.decimal):
        return table
    words = _without_values(table.frame)
    words[words] = [_is_words(cell, table.decimal) for cell in first[words]]
    count = int(words.sum())
    if not count or count > _MOST * len(first) or _begin_again(first, words):
        return table
    _refuse_traces(table, words)
    said, them = ("row is", "it") if count == 1 else ("rows are", "them")
    note = (
        f"{count} {said} words and no values ({quoted(first[words].iloc[0])}): left out (write a "
        f"time and numbers into {them} to keep {them})."
    )
    return _without(table, words, [0], note)


def _refuse_traces(table: Table, words: BoolArray) -> None:
    """Raise DataError where words above other rows give the rate of samples, and their number.

    With them another recording begins.
    """
    first = table.column(0)
    for row in np.flatnonzero(words[:-1] & ~words[1:]):
        found = read_header([str(first.iloc[row])])
        if found.fs is not None and (found.n_samples is not None or found.start is not None):
            raise DataError(
                f"{table.place(int(row))}: {quoted(first.iloc[row])} begins another recording "
                "below the first: write each of them into a file of its own."
            )


def without_events_for_values(table: Table) -> Table:
    """Return a table without the few rows with a time, words for a number, and nothing behind.

    Eye trackers and biosignal recorders write their messages so, among samples of several columns.
    """
    frame, decimal = table.frame, table.decimal
    mixed = [
        column
        for column in range(1, frame.shape[1] - 1)
        if not is_plain(table.column(column)) and _are_values(table.column(column), decimal)
    ]
    if len(mixed) > _MOST_MIXED:
        return table
    events = np.zeros(len(frame), dtype=np.bool_)
    for column in mixed:
        cells = table.column(column)
        alone = _without_values(frame.iloc[:, column:]) & cells.notna().to_numpy(dtype=np.bool_)
        alone[alone] = [_is_said(cell, decimal) for cell in cells[alone]]
        if alone.any() and frame.iloc[:, column + 1 :].notna().mean().max() < 0.5:
            # Nothing stands behind the other rows either: the words are in place of a value.
            continue
        events |= alone
    count = int(events.sum())
    if not count or count > _MOST * len(frame) or not _is_time(table.column(0), events):
        return table
    cell = next(str(cell) for cell in frame[events].iloc[0, mixed] if _is_said(cell, decimal))
    said, them = ("row has", "it") if count == 1 else ("rows have", "them")
    note = (
        f"{count} {said} words in place of numbers and nothing behind ({quoted(cell)}): left out "
        f"(write numbers into {them} to keep {them})."
    )
    return _without(table, events, mixed, note)


def _without(table: Table, rows: BoolArray, columns: Sequence[int], note: str) -> Table:
    """Return a table without rows of words, with a note, and with the numbers of its columns."""
    rest = table.rows(~rows)
    frame = rest.frame.copy()
    for column in columns:
        frame.isetitem(column, numeric(rest.column(column)).array)
    return replace(rest, frame=frame, notes=(*rest.notes, note))


def _is_said(cell: object, decimal: str) -> bool:
    """Return True for a text with a word in it that is neither missing nor a value."""
    text = str(cell).strip()
    missing = cell != cell or text.lower() in MISSING_WORDS
    return not missing and not is_value(text, decimal) and bool(_WORD.search(text))


def _is_time(column: "pd.Series[float]", events: BoolArray) -> bool:
    """Return True if a column has dates, or numbers that rise, also beside the events."""
    if is_plain(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return bool(np.all(np.diff(numbers) >= 0))
    return all(looks_like_date(str(cell)) for cell in (*column.iloc[:_A_FEW], *column[events]))


def _without_values(frame: pd.DataFrame) -> BoolArray:
    """Return which rows have nothing behind the first column."""
    empty = np.ones(len(frame), dtype=np.bool_)
    for column in range(1, frame.shape[1]):
        empty &= frame.iloc[:, column].isna().to_numpy(dtype=np.bool_)
        if not empty.any():
            break
    return empty


def _begin_again(column: "pd.Series[float]", words: BoolArray) -> bool:
    """Return True if a cell below words stands above them too, as where another table begins."""
    below = np.flatnonzero(words[:-1] & ~words[1:]) + 1
    return any(bool((column.iloc[:row] == column.iloc[row]).any()) for row in below)


def _are_values(column: "pd.Series[float]", decimal: str) -> bool:
    """Return True if the first cells of a column are numbers or times."""
    first = [str(cell) for cell in column.iloc[:_A_FEW].dropna()]
    return sum(is_value(cell, decimal) for cell in first) > (1 - _MOST) * len(first)


def _is_words(cell: object, decimal: str) -> bool:
    """Return True for words that stand for no missing value."""
    text = str(cell).strip()
    told = text.lower() in _EVENTS or not _TITLE.fullmatch(text)
    return told and _is_said(cell, decimal)
