"""Cells that say what they hold: "temp: 21.4" in every row, and "10:31:07 -> 21.4".

Sketches of microcontrollers print lines such as the first; a serial monitor puts the second, the
time of the day and an arrow, before each line, and other programs a date and a colon.
"""

import re
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from spectra.datasets.readers.cells.cells import GRADED, GRADED_SIGNED, is_number_with_unit
from spectra.datasets.readers.dates.dates import is_date, looks_like_date
from spectra.datasets.readers.dates.yearless import is_yearless

_KEYED = re.compile(r"([^\W\d][\w .%/°()-]{0,30}?)\s*[:=]\s*([+-]?[\d.,].*)")
_ARROW = re.compile(r"(.*?\S)\s*(?:->|(?<=[\dZ]):\s)\s*(.*)")
_ADDRESS = re.compile(r"\w[\w.-]*:\d{2,5}|[\w .%/°()-]{1,40}=\d{1,9}")
"""The name of a machine and its port, or a part of a plant: host:9100, NE1/Cell=1."""
_STAMP = re.compile(r"\s*(?:\d{9,10}:|\[\d{9,10}(?:\.\d+)?\]|\d{1,9}\))\s*")
_FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[+-]\d\d+\s*$)")
_FORMULA = re.compile(r'\s*="([^"]*)"\s*')
_BEGINS = re.compile(r"[(\[]\s*[+-]?[\d.]+(?:e[+-]?\d+)?,?")
_ENDS = re.compile(r"[+-]?[\d.]+(?:e[+-]?\d+)?\s*[)\]]")
"""The first and the last number of a vector or a list."""
_A_FEW = 20
_MOST = 0.9
"""Share of the rows that have the key of a column."""


def is_keyed(field: str) -> bool:
    """Return True if a field is a name and a number or date, or a time and an arrow."""
    if (arrow := _ARROW.fullmatch(field)) is not None and looks_like_date(arrow[1]):
        return True
    match = None if is_yearless(field) else _KEYED.fullmatch(field)
    return match is not None and (
        _is_number(match[2]) or is_number_with_unit(match[2]) or is_date(match[2], months=False)
    )


def _is_number(text: str) -> bool:
    """Return True if a text is a number with a decimal point or comma."""
    return bool(re.fullmatch(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?", text))


def without_arrows(rows: Sequence[list[str]]) -> list[list[str]] | None:
    """Return rows whose first field is divided at its arrow; None where most have no arrow."""
    parts = [_ARROW.fullmatch(row[0]) if row else None for row in rows]
    timed = sum(match is not None and looks_like_date(match[1]) for match in parts)
    if not rows or timed < _MOST * len(rows):
        return None
    return [
        row if match is None else [match[1], match[2], *row[1:]]
        for row, match in zip(rows, parts, strict=True)
    ]


def keys_of(rows: Sequence[list[str]], width: int) -> tuple[str | None, ...]:
    """Return the key that the fields of each column have in common, None for those without."""
    keys: list[str | None] = []
    addresses = 0
    for column in range(width):
        fields = [row[column] for row in rows if len(row) == width and row[column]]
        found = [match[1] for field in fields if is_keyed(field) and (match := _KEYED.match(field))]
        common = len(set(found)) == 1 and len(found) >= _MOST * max(1, len(fields))
        keys.append(found[0] if common else None)
        addresses += common and len(set(fields)) == 1 and bool(_ADDRESS.fullmatch(fields[0]))
    # A machine and its port stand beside columns that have no key.
    alone = addresses == len(keys) - keys.count(None) < width
    return (None,) * width if alone else tuple(keys)


def without_keys(rows: Sequence[list[str]], keys: Sequence[str | None]) -> list[list[str]]:
    """Return rows whose fields have lost the keys of their columns."""
    return [
        [
            match[2] if key and (match := _KEYED.fullmatch(field)) and match[1] == key else field
            for field, key in zip(row, [*keys, *[None] * len(row)], strict=False)
        ]
        for row in rows
    ]


def plain_columns(frame: pd.DataFrame, keys: Sequence[str | None], *, arrows: bool) -> pd.DataFrame:
    """Return the columns of a table without arrows and keys, numbered from 0."""
    columns = [frame[column] for column in frame.columns]
    if arrows:
        divided = columns[0].astype("str").str.extract(rf"^{_ARROW.pattern}$")
        columns = [divided[0], divided[1], *columns[1:]]
    for i, key in enumerate(keys[: len(columns)]):
        if key is not None:
            columns[i] = columns[i].astype("str").str.extract(rf"^{_KEYED.pattern}$")[1]
    plain = [numeric(column) for column in columns]
    return pd.concat(plain, axis=1).set_axis(pd.RangeIndex(len(plain)), axis=1)


def plain_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the signs of lists and vectors, and with exponents that are read."""
    frame = _without_formulas(frame)
    return without_exponents_of_fortran(without_colons(_without_vectors(frame)))


def _without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts have lost what keeps a workbook from changing them: ="60"."""
    columns = [column for column in _texts(frame) if _are_all(frame[column], _FORMULA)]
    if not columns:
        return frame
    frame = frame.copy()
    for column in columns:
        frame[column] = numeric(frame[column].str.replace(_FORMULA, r"\1", regex=True))
    return frame


def _without_vectors(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the brackets around several of its columns: (1.5 2 -3), [1.5, 2]."""
    texts = _texts(frame)
    begins = [column for column in texts if _are_all(frame[column], _BEGINS)]
    ends = [column for column in texts if _are_all(frame[column], _ENDS)]
    if not begins or len(begins) != len(ends):
        return frame
    frame = frame.copy()
    for column in (*begins, *ends):
        frame[column] = numeric(frame[column].str.strip("()[], "))
    return frame


def _texts(frame: pd.DataFrame) -> list[Hashable]:
    """Return the columns of a table that hold texts."""
    kinds = frame.dtypes.items()
    return [column for column, kind in kinds if pd.api.types.is_string_dtype(kind)]


def _are_all(column: "pd.Series[Any]", pattern: re.Pattern[str]) -> bool:
    """Return whether the first cells of a column match a pattern."""
    return all(pattern.fullmatch(str(cell)) for cell in column.iloc[:_A_FEW])


def without_colons(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose first column has lost the signs around its stamps or its numbers.

    They are those of rrdtool, of ping, and of lists: 1), 2), 3).
    """
    first = frame.iloc[:, 0]
    if not (pd.api.types.is_string_dtype(first.dtype) and _are_all(first, _STAMP)):
        return frame
    stamps = numeric(first.str.strip().str.strip("[]:)"))
    return pd.concat([stamps, frame.iloc[:, 1:]], axis=1)


def without_exponents_of_fortran(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which columns of numbers such as 1.5D+02 are numbers."""
    written = [column for column in frame.columns if _is_of_fortran(frame[column])]
    if not written:
        return frame
    frame = frame.copy()
    for one in written:
        frame[one] = numeric(frame[one].str.replace(_FORTRAN, "e", regex=True))
    return frame


def are_graded(fields: Sequence[str]) -> bool:
    """Return True if all fields are whole numbers with a grade, such as +0123,1 and 10130,1."""
    signed = sum(map(bool, map(GRADED_SIGNED.fullmatch, fields)))
    padded = any(field[1:2] == "0" for field in fields)
    return padded and 2 * signed >= len(fields) and all(map(GRADED.fullmatch, fields))


def without_grades(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in which cells such as +0123,1 are the number before the comma, and a note."""
    first = {
        column: [str(cell) for cell in frame[column].iloc[:_A_FEW].dropna()]
        for column in frame.columns
        if pd.api.types.is_string_dtype(frame[column].dtype)
    }
    graded = {
        column: cells
        for column, cells in first.items()
        if cells and all(map(GRADED.fullmatch, cells))
    }
    if not are_graded([cell for cells in graded.values() for cell in cells]):
        return frame, ()
    frame = frame.copy()
    for column in graded:
        frame[column] = numeric(frame[column].str.replace(GRADED, r"\1", regex=True))
    cell = next(iter(graded.values()))[0]
    number, _, grade = cell.partition(",")
    note = (
        f"Cells such as '{cell}': {number} is the number, the {grade} behind the comma is taken "
        "for its quality and left out."
    )
    return frame, (note,)


def _is_of_fortran(column: "pd.Series[Any]") -> bool:
    """Return True if the first cells of a column have exponents with a D."""
    if not pd.api.types.is_string_dtype(column.dtype):
        return False
    first = [str(cell) for cell in column.iloc[:_A_FEW].dropna()]
    return bool(first) and all(map(_FORTRAN.search, first))


def numeric(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column of numbers where all its cells are some, else the column as it is."""
    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError, OverflowError):
        return column
