"""The columns of a table: their names, places and numbers."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.readers.cells.absent_words import MISSING_WORDS
from spectra.datasets.readers.cells.cells import NUMBER_WORDS, PREFIXES, Cells, read_cells
from spectra.datasets.readers.cells.header import NO_HEADER, Header
from spectra.datasets.readers.cells.names import unit_in
from spectra.datasets.readers.dates.dates import looks_like_date
from spectra.errors import DataError
from spectra.text import few_of, short

_FEWEST_NUMBERS = 10
"""Numbers that make a column of all but missing values one of numbers."""
_FEWEST_OF_NAMES = 12
"""Hexadecimal digits from which on a number is the name of a record or a device."""
_SAMPLE_CELLS, _A_FEW = 1000, 20
"""Cells by which a column of text is told, and those that tell it at a glance."""


@dataclass(frozen=True)
class Table:
    """The columns of a file or of a data frame, as they were found.

    `frame` has columns numbered from 0; `names` has one name a column, None where there is none;
    `place` says where a row lies, for messages ("data.csv, line 17"); `source` is what the whole is
    called in them; `decimal` is the decimal sign of numbers that are still text; `notes` say what
    was left out above the columns; `units` has the unit of each column where a row gives them;
    `header` is what the lines around the table say in words; `has_fill_values` says that numbers
    such as -999 may stand for missing values; `first` are the cells of the first row of a text, as
    they are written.
    """

    frame: pd.DataFrame
    names: tuple[str | None, ...]
    place: Callable[[int], str]
    source: str
    decimal: str = "."
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    header: Header = NO_HEADER
    has_fill_values: bool = False
    first: tuple[str, ...] = ()
    # pandas takes 20 µs to look up a column, and each of thousands is asked for a hundred times.
    _taken: "dict[int, pd.Series[Any]]" = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def column(self, column: int) -> "pd.Series[Any]":
        """Return the cells of a column."""
        if column not in self._taken:
            self._taken[column] = self.frame.iloc[:, column]
        return self._taken[column]

    def first_cell(self, column: int) -> str:
        """Return a cell of the first row as it is written, "" where that is not known."""
        return self.first[column] if len(self.first) == len(self.names) else ""

    def unit(self, column: int) -> str:
        """Return the unit that a row of units gives to a column, "" without one."""
        return self.units[column] if column < len(self.units) else ""

    def kinds(self) -> list[str]:
        """Return the kind of the type of each column, as NumPy names it; "O" for texts."""
        return [kind.kind if isinstance(kind, np.dtype) else "O" for kind in self.frame.dtypes]

    def matrix(self, columns: Sequence[int], rows: int | None = None) -> Float64Array:
        """Return the first rows of columns of numbers, (rows, columns), or all of them.

        For thousands of columns this takes a hundredth of the time of one after another.
        """
        return self.frame.iloc[:rows, list(columns)].to_numpy(dtype=np.float64)

    def rows(self, kept: "BoolArray | IntArray") -> "Table":
        """Return the table of some of its rows, which keep their places in messages."""
        numbers = np.flatnonzero(kept) if kept.dtype == np.bool_ else kept
        frame = self.frame.iloc[numbers].reset_index(drop=True)
        return replace(self, frame=frame, place=lambda row: self.place(int(numbers[row])))

    def label(self, column: int) -> str:
        """Return what messages call a column: its name or its number, counted from 1."""
        name = self.names[column]
        return f"column '{name}'" if name else f"column {column + 1}"

    def find(self, wanted: str, role: str) -> int:
        """Return the column of a name or number from 1. Raises DataError without one."""
        titles = self.titles()
        for known in (list(self.names), titles, [title.casefold() for title in titles]):
            if wanted in known:
                return known.index(wanted)
        if wanted.casefold() in [title.casefold() for title in titles]:
            return [title.casefold() for title in titles].index(wanted.casefold())
        # No file has a billion columns, and of thousands of digits int() makes no number.
        if wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= len(self.names):
            return int(wanted) - 1
        near = difflib.get_close_matches(wanted, titles, n=1) if len(titles) <= 1000 else []
        hint = f"did you mean '{near[0]}'?" if near else f"there are {listed(titles)}."
        raise DataError(f"{self.source} has no column '{wanted}' for the {role}: {hint}")

    def titles(self) -> list[str]:
        """Return one distinct title a column.

        It is the name, with .1, .2, … where it repeats, or ch1, ch2, … by the number.
        """
        return [*self._titles]

    @cached_property
    def _titles(self) -> tuple[str, ...]:
        seen: dict[str, int] = {}
        titles = []
        for column, name in enumerate(self.names):
            title = name or (f"ch{column + 1}" if name is None else f"column {column + 1}")
            count = seen.get(title, 0)
            seen[title] = count + 1
            titles.append(f"{title}.{count}" if count else title)
        return tuple(titles)


def quoted(cell: object) -> str:
    """Return the content of a cell for a message, on one line and shortened."""
    text = " ".join(str(cell).split())
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"


def listed(texts: Sequence[str]) -> str:
    """Return the first few texts for a sentence, each printable, short and quoted."""
    return few_of(texts, 8, lambda text: f"'{short(text)}'")


def is_plain(column: "pd.Series[float]") -> bool:
    """Return True if a column holds numbers or booleans already."""
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(
        column.dtype
    )


def _looks_like_text(column: "pd.Series[float]", decimal: str) -> bool:
    """Return True if most of the first cells that hold something are no numbers.

    Where there are no others, False is returned unless none of them may be a number.
    """
    if not (
        pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    ):
        return True
    first = column.dropna().iloc[:_SAMPLE_CELLS]
    if len(first) and not any(may_be_number(str(cell)) for cell in first.iloc[:_A_FEW]):
        return True
    return len(first) == _SAMPLE_CELLS and _is_text(first, read_cells(first, decimal))


def may_be_number(text: str) -> bool:
    """Return True if a cell is no date and has a digit, or a word for a missing value or truth."""
    lowered = text.strip().lower()
    return (
        (any(letter.isdigit() for letter in lowered) and not looks_like_date(lowered))
        or lowered in MISSING_WORDS
        or lowered in NUMBER_WORDS
    )


def _is_text(column: "pd.Series[float]", cells: Cells) -> bool:
    """Return True if fewer than half of the cells that hold something are numbers.

    Where all others are one known word for a missing value, some numbers are enough.
    """
    lone = next(iter(cells.missing), "").lower()
    some = int(np.sum(~np.isnan(cells.values))) >= _FEWEST_NUMBERS
    if some and len(cells.missing) == 1 and lone in MISSING_WORDS and not cells.bad.any():
        return False
    full = column.notna() & ~column.astype("str").str.strip().isin(["", "-", "--", "?"])
    words = cells.count_words()
    dashes = int(np.sum(cells.bad)) + sum(cells.missing.values()) - words
    return words > 0.5 * max(1, int(full.sum()) - dashes)


def _is_one_number(cells: Cells) -> bool:
    """Return True if all numbers of a column are one."""
    known = cells.values[~np.isnan(cells.values)]
    return len(known) > 0 and bool((known == known[0]).all())


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column, their unit, and a note on words that were taken as missing."""

    values: Float64Array
    unit: str = ""
    notes: tuple[str, ...] = ()


def numbers(table: Table, column: int, *, required: bool = False) -> Float64Array | None:
    """Return the numbers of a column, (n,), NaN where missing; None for a column of text.

    Raises DataError, naming the first such row, where a few cells among numbers are text, or where
    the column is `required` and is text.
    """
    found = read_numbers(table, column, required=required)
    return None if found is None else found.values


def read_numbers(table: Table, column: int, *, required: bool = False) -> Numbers | None:
    """Return the numbers of a column with what is to be said of them; None for text.

    Raises DataError where `numbers` does.
    """
    series = table.column(column)
    unit = table.unit(column) or unit_in(table.names[column])
    if is_plain(series):
        return Numbers(series.to_numpy(dtype=np.float64, na_value=np.nan), unit)
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype("str")
    if not required and _looks_like_text(series, table.decimal):
        return None
    cells = read_cells(series, table.decimal)
    constant = cells.unit or cells.bad.any()
    if not required and (_is_text(series, cells) or (constant and _is_one_number(cells))):
        # A cell such as "15min" in every row says what the rows are, and is no measurement; nor is
        # one number beside words.
        return None
    if not required and cells.bad.any() and _is_bare_hexadecimal(series, _FEWEST_OF_NAMES):
        return None
    if cells.bad.any():
        row = int(np.argmax(cells.bad))
        remedy = "correct it, leave the cell empty, or choose other columns with --channels"
        if _is_bare_hexadecimal(series):
            remedy = "the column looks hexadecimal: write 0x before its numbers"
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: {quoted(series.iloc[row])} is not a "
            f"number; {remedy}."
        )
    return Numbers(cells.values, cells.unit or unit, _cell_notes(table, column, cells))


def _is_bare_hexadecimal(column: "pd.Series[float]", fewest: int = 2) -> bool:
    """Return True if the first cells are all digits and letters A to F, of one even length."""
    first = column.dropna().iloc[:_SAMPLE_CELLS].astype("str").str.strip()
    if len(first) and len(str(first.iloc[0])) < fewest:
        return False
    even = first.str.fullmatch(r"(?:[0-9a-fA-F]{2})+").all() and first.str.len().nunique() == 1
    return bool(len(first) and even and first.str.contains("[a-fA-F]").any())


def _cell_notes(table: Table, column: int, cells: Cells) -> tuple[str, ...]:
    """Return notes on the unit and the missing values that cells of text had."""
    notes = []
    if cells.unit:
        notes.append(f"{table.label(column)}: cells such as '12 {cells.unit}' are read as numbers.")
    if cells.prefix:
        factor = 1.1 * PREFIXES[cells.prefix]
        notes.append(f"{table.label(column)}: cells such as 1.1{cells.prefix} are {factor:.0f}.")
    if cells.hexadecimal:
        notes.append(f"{table.label(column)}: cells such as 0x1F are read as hexadecimal numbers.")
    if cells.marked:
        said = "1 number has" if cells.marked == 1 else f"{cells.marked} numbers have"
        notes.append(f"{table.label(column)}: {said} a mark behind it, such as '*': read without.")
    if cells.missing:
        count = sum(cells.missing.values())
        shown = " or ".join(quoted(word) for word in list(cells.missing)[:3])
        more = " and others" if len(cells.missing) > 3 else ""
        noun = "cell holds" if count == 1 else "cells hold"
        notes.append(f"{table.label(column)}: {count} {noun} {shown}{more}: taken as missing.")
    return tuple(notes)
