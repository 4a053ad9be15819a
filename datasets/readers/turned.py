"""Text tables that lie on their side: a channel a row, an instant a column."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from spectra.datasets.readers.cells import MISSING_WORDS
from spectra.datasets.readers.dates import looks_like_date
from spectra.datasets.readers.delimiter import BLANKS, is_value, split
from spectra.datasets.readers.encoded_text import Text

_MOST_ROWS, _MOST_BARE_ROWS = 200, 64
"""Rows of a table on its side: with a name each, and without any."""
_FEWEST_COLUMNS, _SHAPE, _BARE_SHAPE = 40, 4, 8
"""Columns of such a table, and how many times the rows they are: with names, and without any."""
_MOST_TEXTS = 4
"""Columns that tell what a row holds: its name, its unit."""
_VALUES = 0.9
"""Share of the other fields of a row that are numbers, dates or missing."""


def turned(text: Text, lines: Sequence[str], forced: str | None) -> tuple[str, int] | None:
    """Return the text of a table on its side with an instant a row, and the number of channels.

    None is returned for any other text. `lines` are its first ones, `forced` is the delimiter that
    the user names.
    """
    if len(lines) > _MOST_ROWS or max(map(len, lines), default=0) < 2 * _FEWEST_COLUMNS:
        return None
    readable = replace(text, errors="ignore")
    every = [line for line in islice(readable.lines(), _MOST_ROWS + 1) if line.strip()]
    if len(every) > _MOST_ROWS:
        return None
    for delimiter in (forced,) if forced else ("\t", ";", "|", ",", BLANKS):
        rows = split(every, delimiter)
        if (begin := _first_column(rows)) is not None:
            break
    else:
        return None
    written = io.StringIO()
    mark = "\t" if delimiter == BLANKS else delimiter
    writer = csv.writer(written, delimiter=mark, lineterminator="\n")
    columns = list(zip(*rows, strict=True))
    # What a row is called and its unit stand above its values, in this order.
    writer.writerows(columns)
    return written.getvalue(), sum(_is_of_values(row, begin) for row in rows)


def _first_column(rows: Sequence[list[str]]) -> int | None:
    """Return the first column of values of rows on their side, None for any other rows."""
    widths = {len(row) for row in rows}
    width = widths.pop() if len(widths) == 1 else 0
    if width < max(_FEWEST_COLUMNS, _SHAPE * len(rows)):
        return None
    bare = all(_is_of_values(row, 0) for row in rows)
    if bare and any(any(map(looks_like_date, row[:2])) for row in rows):
        return None
    if bare:
        wide = width >= _BARE_SHAPE * len(rows)
        return 0 if wide and 1 < len(rows) <= _MOST_BARE_ROWS else None
    names = [row[0] for row in rows]
    if len({*names}) < len(names) or any(map(_is_value, filter(None, names))):
        return None
    for begin in range(1, _MOST_TEXTS + 1):
        if all(_is_of_values(row, begin) for row in rows):
            return begin
    return None


def _is_of_values(row: Sequence[str], begin: int) -> bool:
    """Return True if nearly all fields of a row are values, and the first few of them too."""
    fields = row[begin:]
    good = sum(map(_is_value, fields))
    missing = sum(field.lower() in MISSING_WORDS for field in fields)
    return _is_value(fields[0]) and good > 0 and good + missing >= _VALUES * len(fields)


def _is_value(field: str) -> bool:
    """Return True if a field is a number with a decimal point or comma, or a date."""
    return is_value(field, ".") or is_value(field, ",")
