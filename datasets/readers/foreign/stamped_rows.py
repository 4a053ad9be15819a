"""Rows of commas or semicolons behind the instant that a terminal program put before each line."""

import re
from collections.abc import Sequence

from spectra.datasets.readers.cells.absent_words import MISSING

_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?"
_STAMPED = re.compile(
    r"[\[(]?((?:\d{4}[-/.]\d\d?[-/.]\d\d?[T ]|\d{1,2}[-/.]\d{1,2}[-/.]\d{4},? )?"
    + _CLOCK
    + r"(?:Z|[+-]\d\d:?\d\d)?)(?:\s?[\])](?:\s?[:>-])?\s*|\s*>\s*|\s+-\s+|\s*\t\s*|\s+)(\S.*)"
)
"""An instant or a time of day, what divides it from the line behind it, and that line."""
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d{1,3})?")
_MOST = 0.9
_FEWEST_ROWS = 5
_WHOLE = 3
"""Whole numbers between commas from which on they are no number with a decimal comma."""
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def has_stamped_rows(lines: Sequence[str]) -> bool:
    """Return True if nearly all lines have numbers behind an instant, divided by other signs."""
    return len(lines) >= _FEWEST_ROWS and _sign_of(lines) is not None


def plain_stamped_rows(text: str) -> str:
    """Return a table whose instants are its first column, with the names above them."""
    lines = text.split("\n")
    sign = _sign_of([line for line in lines[:1000] if line.strip()]) or ","
    named = False
    for i, line in enumerate(lines):
        row = _row(line, sign)
        if row is not None:
            stamp = row[0].replace(",", ".")
            lines[i], named = sign.join([stamp, *row[1:]]), True
        elif not named and line.count(sign) and line.strip():
            match = _STAMPED.fullmatch(line.strip())
            lines[i] = f"time{sign}{match[2] if match else line.strip()}"
    return "\n".join(lines)


def _sign_of(lines: Sequence[str]) -> str | None:
    """Return the sign between the numbers of nearly all lines, None for other lines."""
    for sign in (";", ","):
        rows = [row for line in lines if (row := _row(line, sign)) is not None]
        if len(rows) < max(_FEWEST_ROWS, _MOST * len(lines)) or len({*map(len, rows)}) > 1:
            continue
        cells = [row[1:] for row in rows]
        whole = not any("." in cell for row in cells for cell in row)
        grouped = all(_GROUPED.fullmatch(",".join(row)) for row in cells)
        if sign == ";" or not (grouped or (whole and len(cells[0]) < _WHOLE)):
            return sign
    return None


def _row(line: str, sign: str) -> list[str] | None:
    """Return the instant and the cells of a line of numbers, None for any other line."""
    match = _STAMPED.fullmatch(line.strip())
    if match is None:
        return None
    cells = [cell.strip() for cell in match[2].split(sign)]
    fits = all(_NUMBER.fullmatch(cell) or cell.casefold() in MISSING for cell in cells)
    return [match[1], *cells] if len(cells) > 1 and fits and any(cells) else None
