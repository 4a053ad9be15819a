"""Rows above the data of a text table: names of the columns, units, other lines of text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from spectra.datasets.readers.cells.delimiter import (
    BLANKS,
    body_of,
    has_words,
    is_value,
    starts_with_row_names,
    usual_width,
)
from spectra.datasets.readers.cells.header import Header
from spectra.datasets.readers.cells.names import UNIT_NAMES, is_unit, words
from spectra.datasets.readers.heading.blank_names import Nameless, nameless, with_index
from spectra.datasets.readers.heading.comment_lines import KEY_OF_NAMES, names_in_comment
from spectra.datasets.readers.heading.empatica import first_rows
from spectra.datasets.readers.heading.names_above import counts_times, is_header, row_of_names
from spectra.datasets.readers.heading.names_in_two_rows import different_names
from spectra.datasets.readers.heading.text_rows import (
    keyed_names,
    keyed_units,
    rows_of_text,
    without_commas,
)
from spectra.datasets.readers.heading.units_above import (
    right_aligned,
    row_of_units,
    units_by_number,
    units_of,
    units_one_by_one,
)

_IN_BRACKETS = re.compile(r"\([^()]{1,20}\)|\[[^\[\]]{1,20}\]").fullmatch
_WRITTEN = re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?")

_FACTOR = re.compile(
    r"\W*(?!vertical|horizontal|time|x)(?:[^\W\d]{1,20}[\s_](?=multiplier|scal))?"
    r"(?:scal(?:e|ing)(?:[\s_]?factors?)?|gains?|factors?|multipliers?|slopes?|faktor(?:en)?"
    r"|skalierung(?:sfaktor)?|calibration[\s_]?factors?|facteurs?|sensitivity)\W*",
    re.IGNORECASE,
)
"""The first field of a row of factors, one a column; scales of oscilloscopes are of the screen."""


def named_numbers(rows: list[list[str]]) -> list[str]:
    """Return lines "name: value" of numbers and units that stand below names, above the data."""
    return [
        f"{name}: {field}"
        for above, below in pairwise(rows)
        for name, field in zip(above, below, strict=False)
        if name and (_WRITTEN.fullmatch(field) or (words(name) & UNIT_NAMES and is_unit(field)))
    ]


@dataclass(frozen=True)
class Heading:
    """Rows above the data: their number, the names of the columns, notes on the others."""

    rows: int
    names: tuple[str | None, ...]
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    header: Header | None = None


def heading_of(
    rows: list[list[str]], comments: Sequence[str], delimiter: str, decimal: str
) -> Heading:
    """Return the rows above the data: none, a header, or a header among other lines of text."""
    width = usual_width(body_of(rows[1:] or rows))
    without = nameless(rows) if delimiter == BLANKS else Nameless(width)
    if without.clock == 1 and len(rows) > 1 and without.half is None:
        rows = with_index(rows, width)
    rows = [*map(without.spread, rows)] if without.columns else rows
    if (first := first_rows(rows, width)) is not None:
        return Heading(first.rows, first.names, header=first.header)
    count = rows_of_text(rows, width, decimal)
    # A row of numbers and few words may name the times of a day.
    count += 0 < count < len(rows) and counts_times(rows[count], rows[count + 1 :], decimal)
    if count >= 2:
        return _of_several_rows(rows, count, width, delimiter, decimal)
    if count and len(rows[0]) < width - 1 and not starts_with_row_names(rows):
        return Heading(count, (None,) * width, (_text_note(1),))
    if is_header(rows, decimal):
        return Heading(1, _names(rows[0], width, starts_with_row_names(rows)))
    if count and (has_words(rows[0][:1]) or len(list(filter(None, rows[0]))) > width):
        return Heading(count, (None,) * width, (_text_note(1),))
    longest = max(width, len(rows[0]))
    commented, units = names_in_comment(comments, delimiter, longest, without)
    return Heading(0, commented, (), units)


def _of_several_rows(
    rows: list[list[str]], count: int, width: int, delimiter: str, decimal: str
) -> Heading:
    """Return the heading in the first `count` rows: lines of text, names and units."""
    columns = width
    if width > 2 and not any(row[width - 1 : width] != [""] for row in body_of(rows)):
        # A delimiter at the end of each row makes a column that no name stands above.
        width -= 1
    above = rows[:count]
    named = row_of_names(above, width, delimiter, decimal)
    if named is None and counts_times(above[-1], rows[count:], decimal):
        named = count - 1
    names = keyed_names(rows, count, width, sure=named is not None)
    units = keyed_units(rows, count, width)
    others = count
    if names is None and named is None and delimiter != BLANKS:
        names, below = _between_blanks(above, width, decimal)
        units = units or below
    if names is None and named is not None:
        names = _names(rows[named], width, False)
        below = row_of_units(above[named + 1 :])
        units = (right_aligned(below, names) if delimiter == BLANKS else below) or units
        units = units or units_one_by_one(above[:named], names)
        units = units or units_by_number(above[:named], names)
        units = units or _units_above(above[:named], names)
        names = different_names(names, above, named)
        others -= 1
    names = (None,) * columns if names is None else (*names, *[""] * (columns - len(names)))
    notes = (*((_text_note(others),) if others else ()), *_factor_notes(above))
    return Heading(count, names, notes, units_of(units, names))


def _factor_notes(above: list[list[str]]) -> tuple[str, ...]:
    """Return a note on a row of factors above the data, which the numbers are not multiplied by."""
    for row in above:
        factors = [field for field in row[1:] if field]
        numbers = len(factors) > 0 and all(map(_WRITTEN.fullmatch, factors))
        if row and numbers and _FACTOR.fullmatch(row[0]) and {*factors} - {"1", "1.0", "0"}:
            return (f"The factors in the row '{row[0]}' are not applied: multiply by them first.",)
    return ()


def _units_above(above: list[list[str]], names: tuple[str | None, ...]) -> list[str]:
    """Return the units right above the names, where each of two and more fields is one."""
    row = above[-1] if above else []
    full = [field for field in row if field]
    return row if len(row) == len(names) and len(full) > 1 and all(map(is_unit, full)) else []


def _between_blanks(
    above: list[list[str]], width: int, decimal: str
) -> tuple[tuple[str | None, ...] | None, list[str]]:
    """Return the names in the lowest line with words, where blanks divide it, and units below.

    Units are in brackets. Without such a line the names are None.
    """
    texts = [row[0].strip() for row in above if row and not any(row[1:])]
    texts = [text for text in texts if re.search(r"[^\W\d_]", text)]
    lines = [re.split(r"\s{2,}", text) for text in texts[-2:]]
    units: list[str] = []
    if len(lines) > 1 and {*map(len, lines)} == {width} and all(map(_IN_BRACKETS, lines[-1])):
        units = lines.pop()
    names = lines[-1] if lines else []
    if width < 2 or len(names) != width or any(is_value(name, decimal) for name in names):
        return None, []
    return tuple(names), units


def _text_note(count: int) -> str:
    """Return a note on rows of text above the numbers."""
    return f"{count} row{'s' if count > 1 else ''} of text above the numbers: left out."


def _names(header: list[str], width: int, row_names: bool) -> tuple[str | None, ...]:
    """Return one name a column; columns beyond the header have an empty one."""
    names = ["", *header] if row_names else header
    if names and (key := KEY_OF_NAMES.match(names[0])) is not None:
        names = [names[0][key.end() :], *names[1:]]
    names = without_commas(names)
    if all(re.fullmatch("'.+'", name) for name in names):
        names = [name[1:-1] for name in names]
    return (*names, *[""] * (width - len(names)))
