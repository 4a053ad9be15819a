"""Sheets of Excel workbooks: the one to read, and its cells as a text table."""

import csv
import datetime
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Any

import pandas as pd

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.csv_file import read_csv
from spectra.datasets.source import Source
from spectra.errors import DataError

_SHORT = 4
"""The sheet of the table has so many times the values of a cover, of settings or of a summary."""
_VALUE = re.compile(r"'?[-+]?\d.*", re.DOTALL)
"""A text that begins like a number or a date."""
_COMMA = re.compile(r"[-+]?\d{1,15},\d{1,15}")
"""A number with a comma in it."""
_NUMBER_SIGN = re.compile("^#,", re.MULTILINE)
_EPOCH_1900 = pd.Timestamp("1899-12-30")
"""The day with the number 0, where the 29 February 1900 is counted that there was not."""
_DAYS_TO_1904 = pd.Timedelta(days=1462)
_A_SECOND = 1e-5
"""A second in days."""
_THOUSANDS = 3
"""Digits behind a comma that may stand between thousands."""


@dataclass(frozen=True)
class Sheets:
    """The sheets of a workbook: the names of all and of those that are shown, and their rows.

    `since_1904` says that day numbers in its cells count from 1904, and not from 1900.
    """

    names: Sequence[str]
    shown: Sequence[str]
    rows: Callable[[str], list[list[Any]]]
    since_1904: bool = False

    def listed(self) -> str:
        """Return the names for a message."""
        return ", ".join(f"'{name}'" for name in self.names[:8])

    def size(self, name: str) -> int:
        """Return how many cells hold numbers, times, or texts that begin like them."""
        return sum(
            bool(_VALUE.match(cell)) if isinstance(cell, str) else not isinstance(cell, bool)
            for row in self.rows(name)
            for cell in row
        )


def shown(book: Any) -> list[str]:
    """Return the names of the sheets with cells that are not hidden, or of all where all are."""
    names = [
        one.name
        for one in book.sheets_metadata
        if (str(one.visible), str(one.typ))
        == ("SheetVisibleEnum.Visible", "SheetTypeEnum.WorkSheet")
    ]
    return names or list(book.sheet_names)


def read_sheet(source: Source, sheets: Sheets, request: Request) -> tuple[str, Raw]:
    """Return the name of a sheet and what it holds: that of the request, or that of the table."""
    if request.sheet is not None:
        name = _named(source, sheets, request.sheet)
        return name, _read(source, sheets, name, request)
    if not sheets.names:
        raise DataError(f"{source.name} has no sheets.")
    name, raw = _table(source, sheets, request)
    if len(sheets.names) > 1:
        note = f"Sheet '{name}' is read, of {sheets.listed()} (--sheet chooses)."
        raw = replace(raw, notes=(note, *raw.notes))
    return name, raw


def _table(source: Source, sheets: Sheets, request: Request) -> tuple[str, Raw]:
    """Return the first sheet with its table, or a later one that has times and far more values.

    A cover, settings and a summary come before the table in many workbooks.
    """
    first = sheets.shown[0]
    found = _attempt(source, sheets, first, request)
    if isinstance(found, Raw) and _is_timed(found):
        return first, found
    sizes = [sheets.size(name) for name in sheets.shown]
    chosen = sheets.shown[next(i for i, size in enumerate(sizes) if _SHORT * size >= max(sizes))]
    later = found if chosen == first else _attempt(source, sheets, chosen, request)
    if isinstance(found, Raw):
        return (chosen, later) if isinstance(later, Raw) and _is_timed(later) else (first, found)
    if isinstance(later, Raw):
        return chosen, later
    others = [f"'{name}'" for name in sheets.shown if name not in (first, chosen)]
    hint = f" Another sheet may hold the table: --sheet {', '.join(others[:7])}." if others else ""
    raise DataError(f"{later}{hint}") from later


def _attempt(source: Source, sheets: Sheets, name: str, request: Request) -> Raw | DataError:
    """Return what a sheet holds, or the error that says why it cannot be read."""
    try:
        return _read(source, sheets, name, request)
    except DataError as error:
        return error


def _is_timed(raw: Raw) -> bool:
    return raw.instants is not None or raw.fs is not None


def _read(source: Source, sheets: Sheets, name: str, request: Request) -> Raw:
    """Return what a sheet holds, read like a text table."""
    rows = sheets.rows(name)
    if not rows:
        raise DataError(f"{source.name}: sheet '{name}' is empty: name another with --sheet.")
    text = _as_text(rows).encode()
    raw = read_csv(Source(f"{source.name}, sheet '{name}'", None, text), request)
    return _from_1904(raw, rows) if sheets.since_1904 else raw


def _from_1904(raw: Raw, rows: list[list[Any]]) -> Raw:
    """Return the samples with dates that were read from day numbers in those that count from 1904.

    Cells that are formatted as dates are read as such; the first date stands in no other cell.
    """
    if not isinstance(raw.instants, pd.DatetimeIndex) or not len(raw.instants):
        return raw
    first = (raw.instants[0].tz_localize(None) - _EPOCH_1900) / pd.Timedelta(days=1)
    numbers = (cell for row in rows for cell in row if isinstance(cell, float))
    if not any(isclose(first, number, rel_tol=0, abs_tol=_A_SECOND) for number in numbers):
        return raw
    return replace(raw, instants=raw.instants + _DAYS_TO_1904)


def _named(source: Source, sheets: Sheets, wanted: str) -> str:
    """Return the name of the sheet that the user names, by its name or number from 1."""
    for same in (str, str.casefold):
        for name in sheets.names:
            if same(name) == same(wanted):
                return name
    if wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= len(sheets.names):
        return sheets.names[int(wanted) - 1]
    raise DataError(f"{source.name} has no sheet '{wanted}': there are {sheets.listed()}.")


def _as_text(rows: list[list[Any]]) -> str:
    """Return the cells as lines with commas, one a row, so that lines are rows of the sheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    width = max((_width(row) for row in rows), default=0)
    commas = [_has_decimal_commas([row[i] for row in rows]) for i in range(width)]
    for row in rows:
        cells = map(_cell, row[:width])
        writer.writerow(
            cell.replace(",", ".") if comma and isinstance(cell, str) and _COMMA.fullmatch(cell)
            else cell
            for cell, comma in zip(cells, commas, strict=True)
        )  # fmt: skip
    # The number of a row is called so; in a text table that would begin a comment.
    return _NUMBER_SIGN.sub('"#",', text.getvalue())


def _has_decimal_commas(cells: list[Any]) -> bool:
    """Return True if texts among the numbers of a column have decimal commas.

    Cells with numbers have no sign of their own; those that stayed texts are as they were written.
    """
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and "," in cell]
    parts = [text.partition(",")[2] for text in texts if _COMMA.fullmatch(text)]
    return any(len(part) != _THOUSANDS for part in parts)


def _width(row: list[Any]) -> int:
    """Return the number of cells up to the last that holds something."""
    return max((index + 1 for index, cell in enumerate(row) if cell != ""), default=0)


def _cell(cell: object) -> object:
    """Return a cell as a text table has it."""
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, str):
        return " ".join(cell.split())
    return cell
