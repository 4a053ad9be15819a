"""Decimal sign of a text table: a point or a comma, where the other may group thousands."""

import re
from collections.abc import Sequence

from spectra.datasets.readers.cells.cells import (
    BLANKS_IN_UNITED,
    GROUPED,
    WITH_CURRENCY,
    WITH_UNIT,
    is_number_with_unit,
)
from spectra.datasets.readers.cells.delimiter import MOST_COLUMNS
from spectra.datasets.readers.cells.keyed_cells import are_graded
from spectra.datasets.readers.cells.names import COMMA_WORDS, TIME_WORDS, words
from spectra.datasets.readers.dates.dates import is_date

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_DOTTED_CLOCK = re.compile(r"(?:[01]?\d|2[0-3])\.[0-5]\d")
"""A time of day with a dot, such as 08.30, beside a date."""
_BESIDE = {"und", "et", "e", "gmt", "cet", "cest", "mez"}
"""Words that stand between and behind such names."""
_BELOW = re.compile(r"[1-9]\d{0,2}")
_A_FEW = 3
"""Different whole numbers below 1000 beside grouped ones: a mark of missing values is one."""


def decimal_of(rows: list[list[str]], delimiter: str, whole: Sequence[Sequence[str]] = ()) -> str:
    """Return the decimal sign: a comma where numbers have one and none has a point.

    Where each comma may stand before thousands, the names of time in the `whole` table decide.
    """
    rows = [[_without_unit(field) for field in row[:MOST_COLUMNS]] for row in rows]
    clocks = _dotted_clocks(rows)
    fields = [field for row in rows for i, field in enumerate(row) if i not in clocks]
    for decimal in ",.":
        if any(_groups_thousands(field, decimal) for field in fields):
            return decimal
    commas = [field for field in fields if _DECIMAL_COMMA.fullmatch(field)]
    table: list[Sequence[str]] = [*rows, *(row for row in whole if {len(row)} == {*map(len, rows)})]
    points = [field for field in fields if DECIMAL_POINT.fullmatch(field)]
    if points:
        grouped = all(THOUSANDS.fullmatch(field.replace(".", ",")) for field in points)
        sure = any(not THOUSANDS.fullmatch(field) for field in commas)
        return "," if grouped and (sure or _has_both(table, ".")) else "."
    if not commas:
        return "."
    grouped = all(THOUSANDS.fullmatch(field) for field in commas)
    # Numbers such as 0,123 elsewhere show what the commas are.
    grouped = grouped and not any(
        _DECIMAL_COMMA.fullmatch(row[0]) and not THOUSANDS.fullmatch(row[0])
        for row in whole
        if len(row) == 1 and {*map(len, rows)} == {1}
    )
    # A quoted "1,234" in a comma file is a thousand and more to its writer.
    if grouped and (_has_both(table, ",") or (delimiter == "," and not _names_comma(whole))):
        return "."
    if delimiter == "," and are_graded(commas):
        return "."
    return ","


def _names_comma(rows: Sequence[Sequence[str]]) -> bool:
    """Return True if a name of time is of a language that writes a comma before fractions."""
    named = (words(field) for row in rows for field in row)
    return any(found & COMMA_WORDS and found <= TIME_WORDS | _BESIDE for found in named)


def _dotted_clocks(rows: list[list[str]]) -> frozenset[int]:
    """Return the columns of times such as 08.30 beside dates, whose dot is no decimal point."""
    full = [row for row in rows if len(row) > 1]
    return frozenset(
        column
        for column in range(min(map(len, full), default=0))
        if all(_DOTTED_CLOCK.fullmatch(row[column]) for row in full)
        and any(
            all(is_date(row[beside], months=False) for row in full)
            for beside in {max(column - 1, 0), min(column + 1, min(map(len, full)) - 1)} - {column}
        )
    )


def _has_both(rows: Sequence[Sequence[str]], sign: str) -> bool:
    """Return True if a column has numbers such as 1.017 and whole ones such as 983.

    Decimals would lie around whole numbers: none of 983 lies among 1.017 and 1.204.
    """
    for column in range(max(map(len, rows), default=0)):
        cells = {row[column] for row in rows if column < len(row)}
        grouped = [cell.replace(sign, ",") for cell in cells if sign in cell]
        with_sign = [
            float(cell.replace(",", "")) / 1000 for cell in grouped if THOUSANDS.fullmatch(cell)
        ]
        whole = [int(cell) for cell in cells if _BELOW.fullmatch(cell)]
        if len(whole) >= _A_FEW and with_sign and min(whole) > max(with_sign):
            return True
    return False


def _without_unit(field: str) -> str:
    """Return a number without its unit, and with a plain minus."""
    if " " in field:
        field = BLANKS_IN_UNITED.sub("", field)
    if is_number_with_unit(field):
        match, front = WITH_UNIT.fullmatch(field), WITH_CURRENCY.fullmatch(field)
        field = front[2] if front else match[1] if match else field
    return field.replace("−", "-")


def _groups_thousands(field: str, decimal: str) -> bool:
    """Return True if a number has a decimal sign and other signs between its thousands.

    It can be read in no other way: 1.234,5 and 1.234.567 have a decimal comma.
    """
    other = "." if decimal == "," else ","
    sure = decimal in field or field.count(other) > 1
    return sure and bool(GROUPED[decimal].fullmatch(field)) and not GROUPED[other].fullmatch(field)
