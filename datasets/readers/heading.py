"""Rows above the data of a text table: names of the columns, units, other lines of text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from spectra.datasets.readers.blank_names import Nameless, nameless, with_index
from spectra.datasets.readers.cells import MISSING, is_number_with_unit
from spectra.datasets.readers.dates import looks_like_date
from spectra.datasets.readers.decimal_sign import DECIMAL_POINT
from spectra.datasets.readers.delimiter import (
    BLANKS,
    body_of,
    has_words,
    is_value,
    split,
    starts_with_row_names,
    usual_width,
)
from spectra.datasets.readers.header import Header
from spectra.datasets.readers.json_comment import names_in_json
from spectra.datasets.readers.names import (
    TIME_WORDS,
    UNIT_NAMES,
    is_unit,
    is_unit_row,
    names_only_time,
    seconds_in,
    unit_text,
    words,
)
from spectra.datasets.readers.text_rows import keyed_names, keyed_units, rows_of_text

_NEVER_NAMES = MISSING - {"", "-", "--", "?", "na"}
"""Of those words the ones that no column is called; Na is sodium."""
COMMENTS = ("#", "%")
# Most digits of a number that is a name: wavelengths, sensors, dates, and instants in nanoseconds.
MOST_DIGITS = 19
"""Starts of a comment line; a semicolon and two slashes do too, but only above the table."""
_CLOCKS = re.compile(
    r"\d{1,2}:\d\d(:\d\d)?(\s*[ap]\.?m\.?)?(\s*[-–]\s*\d{1,2}:\d\d(:\d\d)?)?", re.IGNORECASE
)
_SAID = re.compile(r"[^:=]{2,}[:=]\s*\S")
"""A line such as "FILTER: HIGH PASS", which says something and names no column."""
_FIELDS = re.compile(
    r"[/#%]*\s*(?:fields|column(?: name)?s|variables|header|leads)\s*[=:]\s*(?=\S)", re.IGNORECASE
)
"""A key before the names of the columns: /fields=date,time."""
_DATA_BELOW = re.compile(
    r"\[\s*(?:data|daten|values|measurements|samples|messwerte)\s*\]", re.IGNORECASE
)
"""A title between the names and the rows: [data]."""
_UNITLESS = TIME_WORDS | {
    *("index", "no", "nr", "pt", "point", "cycle"),
    *("yyyy", "yy", "mm", "dd", "hh", "mi", "year", "month", "day"),
}
"""Words of the first names of a table that have no unit below them."""
_KEYS_OF_NAMES = {"name", "names", "label", "labels", "channel", "signal"}
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d*)?")
_WRITTEN = re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?")


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
    if (stamped := _stamp_and_rate(rows, width)) is not None:
        return stamped
    count = rows_of_text(rows, width, decimal)
    if count < 2:
        if count and len(rows[0]) < width - 1 and not starts_with_row_names(rows):
            return Heading(count, (None,) * width, (_text_note(1),))
        if _is_header(rows, decimal):
            return Heading(1, _names(rows[0], width, starts_with_row_names(rows)))
        if count and (has_words(rows[0][:1]) or len(list(filter(None, rows[0]))) > width):
            return Heading(count, (None,) * width, (_text_note(1),))
        longest = max(width, len(rows[0])) if rows[0] and is_value(rows[0][0], decimal) else width
        longest = max(longest, len(rows[0]))
        commented, below = names_in_comment(comments, delimiter, longest, without)
        return Heading(0, commented, (), below)
    above, columns = rows[:count], width
    if width > 2 and not any(row[width - 1 : width] != [""] for row in body_of(rows)):
        # A delimiter at the end of each row makes a column that no name stands above.
        width -= 1
    named = _row_of_names(above, width, decimal)
    if (
        named is not None
        and words(above[named][0]) & UNIT_NAMES
        and any(len(row) >= width > 1 and words(row[0]) & _KEYS_OF_NAMES for row in above)
    ):
        # "Unit, Percent, Bytes" stands below a row of names with a key of its own.
        named = None
    if named is None and delimiter != BLANKS:
        named = next((i for i, row in enumerate(above) if _names_all(row, width, decimal)), None)
    names = keyed_names(rows, count, width, sure=named is not None)
    units = keyed_units(rows, count, width)
    others = count
    if names is None and named is not None:
        names = _names(rows[named], width, False)
        of_names = _row_of_units(rows[named + 1 : count])
        units = (_right_aligned(of_names, names) if delimiter == BLANKS else of_names) or units
        others -= 1
        full = [name for name in names if name]
        if len(set(full)) < len(full) and named > 0 and _may_stand_above(rows[named - 1], names):
            names = _joined(rows[named - 1], names)
        if len(set(filter(None, names))) < len(full) and named + 1 < count:
            lower = rows[named + 1]
            names = names if is_unit_row(lower) else _joined_below(names, lower)
    names = (None,) * columns if names is None else (*names, *[""] * (columns - len(names)))
    return Heading(
        count,
        names,
        (_text_note(others),) if others else (),
        tuple(
            # Minutes below a time, and the least value below anything else.
            unit if unit.strip("[]() ") == "min" and names_only_time(name) else unit_text(unit)
            for unit, name in zip((*units, *[""] * len(names)), names, strict=False)
        )
        if units
        else (),
    )


def _right_aligned(units: list[str], names: Sequence[str | None]) -> list[str]:
    """Return the units below names in a table of blanks, where the first of them have none.

    Those count rows or say when. Where they do not, it is not known whose the units are.
    """
    missing = len(names) - len(units)
    if missing <= 0:
        return units
    times = [i for i, name in enumerate(names) if names_only_time(name)]
    if len(times) == len(units) and all(seconds_in(None, unit) for unit in units):
        # Of several pairs of time and value only the times have a unit.
        return [units[times.index(i)] if i in times else "" for i in range(len(names))]
    return (
        [""] * missing + units if all(words(name) <= _UNITLESS for name in names[:missing]) else []
    )


def _row_of_units(rows: list[list[str]]) -> list[str]:
    """Return the row with most units, of rows below the names; [] where none has two or most."""
    known = [sum(is_unit(field) for field in row) for row in rows]
    best = max(range(len(rows)), key=lambda i: known[i], default=None)
    if best is None or not (is_unit_row(rows[best]) or known[best] > 1):
        return []
    return [field if is_unit_row(rows[best]) or is_unit(field) else "" for field in rows[best]]


def _names_all(row: list[str], width: int, decimal: str) -> bool:
    """Return True if a row has a different word for every column."""
    full = row[:width]
    return len(set(full)) == width > 2 and all(full) and _names_columns(row, width, decimal)


def _text_note(count: int) -> str:
    """Return a note on rows of text above the numbers."""
    return f"{count} row{'s' if count > 1 else ''} of text above the numbers: left out."


def _row_of_names(rows: list[list[str]], width: int, decimal: str) -> int | None:
    """Return which row above the data has the names of the columns, None without one.

    It stands lowest but for rows of units, and its fields differ more than those of its
    neighbours.
    """
    if width == 1:
        above = [i for i, row in enumerate(rows) if row and row[0] and not is_unit_row(row)]
        lowest = above[-1] if above else None
        if lowest is None or len(rows[lowest]) > 1:
            return None
        said = len(rows) > 1 and ("," in rows[lowest][0] or _SAID.match(rows[lowest][0]))
        return None if said else lowest
    block: list[int] = []
    for i in range(len(rows) - 1, -1, -1):
        if block and not any(rows[i]):
            continue
        if not block and _DATA_BELOW.fullmatch(" ".join(rows[i]).strip()):
            continue
        units_below = i + 1 < len(rows) and is_unit_row(rows[i + 1])
        counts = all(not field or field.isdigit() for field in rows[i]) and i + 1 == len(rows)
        if counts or (is_unit_row(rows[i]) and not _names_columns(rows[i], width, decimal)):
            continue
        if not _names_columns(rows[i], width, decimal) and not (
            units_below and _numbers_columns(rows[i], width)
        ):
            break
        block.append(i)
    names = [i for i in block if not is_unit_row(rows[i])] or block[-1:]
    names = [i for i in names if i - 1 not in names or not _divides(rows[i - 1], rows[i])]
    above_units = [
        i
        for i in names
        if i + 1 < len(rows)
        and 2 * sum(map(is_unit, rows[i + 1])) > width
        and not words(rows[i + 1][0]) & UNIT_NAMES
    ]
    if above_units and max(names) > above_units[0]:
        # Units stand right below names; further rows say what the channels are connected to.
        return above_units[0]
    return max(
        names,
        key=lambda i: (len(rows[i]) <= width + 1, len(set(filter(None, rows[i][:width]))), i),
        default=None,
    )


def _may_stand_above(row: list[str], names: Sequence[str | None]) -> bool:
    """Return True if a row has words for columns, and no more of them than there are."""
    return len(row) <= len(names) + 1 and not any(looks_like_date(field) for field in row)


def _joined(above: list[str], names: Sequence[str | None]) -> tuple[str | None, ...]:
    """Return names that repeat, behind the names of the row above where those differ.

    A name above may be that of a cell which was merged with those to its right.
    """
    merged: list[str] = []
    for name in above[: len(names)]:
        merged.append(name or "".join(merged[-1:]))
    wide = tuple(
        f"{upper} {name}".strip() if name else name
        for upper, name in zip((*merged, *[""] * len(names)), names, strict=False)
    )
    if len({*wide}) == len(wide) and "" in above:
        return wide
    pairs = tuple(
        f"{upper} {name}".strip() if name else name
        for upper, name in zip((*above, *[""] * len(names)), names, strict=False)
    )
    return pairs if len(set(pairs)) > len(set(names)) else tuple(names)


def _divides(above: list[str], row: list[str]) -> bool:
    """Return True if words stand only below names that repeat the one to their left."""
    return all(above) and all(
        not field or (column > 0 and above[column] == above[column - 1])
        for column, field in enumerate(row[: len(above)])
    )


def _joined_below(names: Sequence[str | None], below: list[str]) -> tuple[str | None, ...]:
    """Return names that repeat, with the words of the row below behind them where those differ."""
    pairs = tuple(
        f"{name} {lower}".strip() if name else name
        for name, lower in zip(names, (*below, *[""] * len(names)), strict=False)
    )
    full = [name for name in pairs if name]
    return pairs if len(set(full)) == len(full) else tuple(names)


def _stamp_and_rate(rows: list[list[str]], width: int) -> Heading | None:
    """Return the rows above the data of an Empatica file: its start, and its rate or a name."""
    if len(rows) > 4 and width == 2 and (begin := _start_of_intervals(rows)) is not None:
        return Heading(1, ("time", rows[0][1]), (), (), Header(start=begin))
    if len(rows) < 4 or not all(len(row) == width for row in rows[:3]):
        return None
    values = [[float(field) for field in row if _PLAIN.fullmatch(field)] for row in rows[:4]]
    if any(len(row) != width for row in values) or any(len(set(row)) != 1 for row in values[:2]):
        return None
    start, fs = values[0][0], values[1][0]
    below = [abs(value) for row in values[2:] for value in row]
    if not (1e9 <= start < 2.5e9 and 0 < fs <= 1e5 and max(below) < 1e8):
        return None
    header = Header(fs, "second row", _unix(start))
    return Heading(2, (None,) * width, (), (), header)


def _start_of_intervals(rows: list[list[str]]) -> pd.Timestamp | None:
    """Return the Unix time that stands beside a name above elapsed seconds, None without one."""
    if not all(len(row) == 2 and _PLAIN.fullmatch(row[0]) for row in rows[:5]):
        return None
    start, *below = (float(row[0]) for row in rows[:5])
    if is_value(rows[0][1], ".") or not (1e9 <= start < 2.5e9 and max(below) < 1e8):
        return None
    return _unix(start)


def _unix(seconds: float) -> pd.Timestamp:
    """Return the instant so many seconds after 1970."""
    return pd.DatetimeIndex([np.datetime64(round(seconds * 1e6), "us")]).tz_localize("UTC")[0]


def _names_columns(row: list[str], width: int, decimal: str) -> bool:
    """Return True if a row is one of words for the columns."""
    return (
        len(row) >= width
        and any(row)
        and not (width > 1 and row[0].endswith(":") and not any(row[1:]))
        and not any(is_value(field, decimal) and not _CLOCKS.fullmatch(field) for field in row)
    )


def _numbers_columns(row: list[str], width: int) -> bool:
    """Return True if a row has a word and the numbers of channels behind it: x-axis, 1, 2."""
    return (
        len(row) >= width > 1
        and not row[0].isdigit()
        and all(field.isdigit() for field in row[1:width])
        and [*map(int, row[1:width])] == sorted({*map(int, row[1:width])})
    )


def _is_header(rows: list[list[str]], decimal: str) -> bool:
    """Return True if the first row names the columns."""
    first, body = rows[0], rows[1:]
    if any(field.lower() in _NEVER_NAMES for field in first):
        return False
    values = [field for field in first if is_value(field, decimal)]
    if len(values) > 3 and all(map(_CLOCKS.fullmatch, values)) and len(set(values)) > 3:
        return True
    words = [field for field in first if field.lower() not in MISSING and field not in values]
    if not values:
        if _goes_on_below(first, body):
            return False
        united = all(map(is_number_with_unit, filter(None, first)))
        return bool(words) and not (united and body and any(map(is_number_with_unit, body[0])))
    counted = [str(i) for i in range(len(values))]
    if values == counted and not words:
        # Tables without names of their own are written with 0, 1, 2, … above the columns.
        fractions = any(
            DECIMAL_POINT.fullmatch(field.replace(decimal, "."))
            for row in body[:1]
            for field in row
        )
        return (first[0] == "" and len(first) == len(values) + 1) or (len(values) > 2 and fractions)
    # Numbers beside a word may be names (wavelengths, sensor numbers) if they are whole and
    # ascending. Of thousands of digits int() makes no number.
    whole = all(value.isdecimal() and len(value) <= MOST_DIGITS for value in values)
    ascending = whole and sorted(set(map(int, values))) == [*map(int, values)]
    return (
        bool(words) and ascending and len(body) > 0 and _stands_above_numbers(first, body, decimal)
    )


def _goes_on_below(first: list[str], body: list[list[str]]) -> bool:
    """Return True if a first row of words and of numbers with units is one like those below."""
    below = [row for row in body if len(row) == len(first)]
    same = any(field and all(row[i] == field for row in below) for i, field in enumerate(first))
    return same and any(
        is_number_with_unit(field) and all(is_number_with_unit(row[i]) for row in below)
        for i, field in enumerate(first)
    )


def _stands_above_numbers(first: list[str], body: list[list[str]], decimal: str) -> bool:
    """Return True if each word of the first row has only numbers and dates below it."""
    for column, field in enumerate(first):
        below = [row[column] for row in body if column < len(row)]
        if not is_value(field, decimal) and not all(is_value(other, decimal) for other in below):
            return False
    return True


def _names(header: list[str], width: int, row_names: bool) -> tuple[str | None, ...]:
    """Return one name a column; columns beyond the header have an empty one."""
    names = ["", *header] if row_names else header
    if names and (key := _FIELDS.match(names[0])) is not None:
        names = [names[0][key.end() :], *names[1:]]
    if all(re.fullmatch("'.+'", name) for name in names):
        names = [name[1:-1] for name in names]
    return (*names, *[""] * (width - len(names)))


def _comment_fields(text: str, delimiter: str) -> list[str]:
    """Return the fields of a comment line; its mark may be the name of a row counter."""
    (fields,) = split([text.strip()], delimiter)
    if fields and not fields[0] and text.strip().startswith(delimiter):
        fields[0] = "#"
    return fields


def names_in_comment(
    comments: Sequence[str], delimiter: str, width: int, without: Nameless
) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return the names in the last comment line above the table, or None a column, and units.

    numpy.savetxt writes them there; a line below or above them may hold units.
    """
    if (names := names_in_json(comments, width)) is not None:
        return names, ()
    texts = [
        _FIELDS.sub("", line.strip().lstrip("".join(COMMENTS))) for line in comments if line.strip()
    ]
    rows = [without.spread(_comment_fields(text, delimiter)) for text in texts[-2:]]
    if delimiter == BLANKS and width > 1:
        # Two blanks or more stand between names that hold one: "t (s)   T (K)".
        wide = [re.split(r"\s{2,}|\t", text.strip()) for text in texts[-2:]]
        pairs = zip(rows, wide, strict=True)
        rows = [other if len(other) == width != len(row) else row for row, other in pairs]
    # Two such lines are the names and the units.
    rows = [row for row in rows if len(row) == width]
    if len(rows) > 1 and not is_unit_row(rows[1]):
        rows = rows[1:]
    fields = rows[0] if rows else []
    full = [field for column, field in enumerate(fields) if column not in without.columns or field]
    if len(full) > 2 and not full[-1]:
        # A delimiter at the end of each row, and of the names.
        full = full[:-1]
    named = len(fields) == width > 1 and all(field and not is_value(field, ".") for field in full)
    if not named:
        return (None,) * width, ()
    below = rows[1] if len(rows) > 1 and is_unit_row(rows[1]) else []
    units = tuple(unit_text(field) if is_unit(field) else "" for field in below)
    return tuple(fields), units
