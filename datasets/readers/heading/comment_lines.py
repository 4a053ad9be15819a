"""Comment lines of a text table: their marks, and names of columns in those above it."""

import re
from collections.abc import Sequence
from itertools import pairwise

from spectra.datasets.readers.cells.delimiter import BLANKS, is_value, split
from spectra.datasets.readers.cells.names import is_unit, is_unit_row, names_time, unit_text
from spectra.datasets.readers.heading.band_names import names_bands
from spectra.datasets.readers.heading.blank_names import Nameless
from spectra.datasets.readers.heading.json_comment import names_in_json

COMMENTS = ("#", "%")
"""Starts of a comment line; a semicolon and two slashes do too, but only above the table."""
_MOST_LINES = 200
"""Lines among which the names of a table stand."""
KEY_OF_NAMES = re.compile(
    r"(?<![/#%\s])[/#%]*\s*(?:fields|(?:column|channel)(?: name)?s|signals|variables|header|leads)"
    r"\s*[=:]\s*(?=\S)|^[/#%;\s]*headers\s*[,=:]\s*(?=\S)",
    re.IGNORECASE,
)
"""A key before the names of the columns: /fields=date,time."""


_ERROR = r"#(?:N/[AVD]|DIV/0!|[^\W\d_]{2,8}[!?]|NV\b|NA\b)\s*(?:[,;\t|\r\n]|$)"
"""An error of a workbook in the first cell of a row: #N/A."""
COMMENT = re.compile(rf"(?!{_ERROR})[{''.join(COMMENTS)}]", re.IGNORECASE)
"""The mark of a comment."""
COMMENT_LINE = re.compile(rf"\n[ \t]*({COMMENT.pattern})", re.IGNORECASE)
_COUNTER = re.compile(r"#[ \t]*([,;|\t])\s*[^\W\d_]")
_UNITLESS = re.compile(r"(?:[ ,;|\t]*%|[,;|\t]+\s*#)([,;|\t])")
"""The beginning of a row of units whose first is a percent or a number of counts."""
_JOINING = frozenset({"of", "the", "and", "for", "with"})
"""Words that join others, and name nothing alone."""
_PARTS_OF_DATE = frozenset({"yr", "mo", "dy", "hr", "mn"})
"""Abbreviations of buoys below YY, MM, DD, hh and mm."""


def is_comment(line: str, mark: str | None) -> bool:
    """Return True if a line holds nothing but a comment."""
    text = line.lstrip()
    return mark is not None and text.startswith(mark) and bool(COMMENT.match(text))


def lines_of_table(lines: Sequence[str]) -> frozenset[int]:
    """Return the lines above the rows that begin like a comment and are none.

    "#" may be the name of a count, and % the first unit; the line below is divided alike.
    """
    found = set()
    for i, (line, below) in enumerate(pairwise(lines[:_MOST_LINES])):
        match = _COUNTER.match(line) or _UNITLESS.match(line)
        if match is None or below.count(match[1]) != line.count(match[1]):
            continue
        if line.startswith("#"):
            counts = not is_comment(below, "#")
        else:
            counts = is_unit_row(split([line], match[1])[0])
        if counts:
            found.add(i)
    return frozenset(found)


def names_in_comment(
    comments: Sequence[str], delimiter: str, width: int, without: Nameless
) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return the names in the last comment line above the table, or None a column, and units.

    numpy.savetxt writes them there; a line below or above them may hold units.
    """
    if (names := names_in_json(comments, width)) is not None:
        return names, ()
    written = [line.strip(" \r\n") for line in comments if line.strip()]
    said = [line.lstrip().lstrip("".join(COMMENTS)) for line in written]
    texts = [KEY_OF_NAMES.sub("", text) for text in said]
    rows = [_comment_fields(text, delimiter, width) for text in texts[-2:]]
    if delimiter == BLANKS and without.counted:
        # The mark names the numbers of the rows, where a name of time follows it.
        rows = [["#", *row] if row and names_time(row[0]) else row for row in rows]
    rows = [*map(without.spread, rows)]
    if delimiter == BLANKS and width > 1:
        # Two blanks or more, or commas, stand between names that hold one: "t (s)   T (K)".
        for between in (r"\s{2,}|\t", r"\s*[,;]\s*"):
            wide = [re.split(between, text.strip()) for text in texts[-2:]]
            pairs = zip(rows, wide, strict=True)
            rows = [
                other if len(other) == width and (len(row) != width or row[0][-1:] in ",;") else row
                for row, other in pairs
            ]
    if delimiter == "\t" and width > 1:
        wide = [re.split(r"\s{2,}", text.strip()) for text in texts[-2:]]
        rows = [
            other if len(row) != width == len(other) and "\t" not in text else row
            for row, other, text in zip(rows, wide, texts[-2:], strict=True)
        ]
    # Two such lines are the names and the units.
    rows = [row for row in rows if len(row) == width]
    if len(rows) > 1 and not _are_units(rows[1]):
        rows = rows[1:]
    fields = rows[0] if rows else []
    full = [field for column, field in enumerate(fields) if column not in without.columns or field]
    if len(full) > 2 and not full[-1]:
        # A delimiter at the end of each row, and of the names.
        full = full[:-1]
    named = len(fields) == width > 1 and (
        all(field and not is_value(field, ".") for field in full) or names_bands(full)
    )
    # The words of a sentence, or of names above one another that hold blanks: st.dev of.
    named = named and not _JOINING.intersection(map(str.casefold, full))
    if not named:
        return (None,) * width, ()
    below = rows[1] if len(rows) > 1 and _are_units(rows[1]) else []
    units = tuple(unit_text(field) if is_unit(field) else "" for field in below)
    return tuple(fields), units


def _are_units(row: list[str]) -> bool:
    """Return True for units, also below the parts of a date as buoys name them."""
    rest = [field for field in row if field not in _PARTS_OF_DATE]
    return is_unit_row(row) or (0 < len(rest) < len(row) and all(map(is_unit, rest)))


def _comment_fields(text: str, delimiter: str, width: int) -> list[str]:
    """Return the fields of a comment line; its mark may be the name of a row counter.

    A tab at its end belongs to it where the others end with one.
    """
    (fields,) = split([text.strip()], delimiter)
    if len(fields) < width and text.rstrip(" \r\n").endswith("\t"):
        fields = [*fields, ""]
    if fields and not fields[0] and text.strip().startswith(delimiter):
        fields[0] = "#"
    return fields
