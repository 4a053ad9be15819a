"""Dialect of a text table by its first lines: delimiter, decimal sign, header."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import pandas as pd

from spectra.datasets.readers.cells import GROUPED, MISSING, MISSING_WORDS, is_number_with_unit
from spectra.datasets.readers.dates import looks_like_date
from spectra.datasets.readers.header import NO_HEADER, Header, read_header
from spectra.datasets.readers.names import is_unit_row, unit_text

BLANKS = r"\s+"
"""The delimiter of a file whose columns are set apart by runs of blanks."""

_NEVER_NAMES = MISSING - {"", "-", "--", "?", "na"}
"""Of those words the ones that no column is called; Na is sodium."""

COMMENTS = ("#", "%")
"""Starts of a comment line; a semicolon and two slashes do too, but only above the table."""

# The order decides between equals: "1, 2" is a comma file before it is one of blanks.
_DELIMITERS = (";", "\t", "|", ",", BLANKS)
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?|true|false", re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_CLOCKS = re.compile(
    r"\d{1,2}:\d\d(:\d\d)?(\s*[ap]\.?m\.?)?(\s*[-–]\s*\d{1,2}:\d\d(:\d\d)?)?", re.IGNORECASE
)
_PLAIN = re.compile(r"[+-]?\d+\.?\d*")
_WORD = re.compile(r'"(?:[^"]|"")*"|\S+')

# A table of 10,000 columns is told by a few of its rows, a table of one column by a few hundred.
_MOST_FIELDS = 0.7  # of the fields of a column below the header: they are of its kind
_FEWEST_ROWS, _MOST_ROWS, _MOST_CHARACTERS = 5, 200, 100_000


@dataclass(frozen=True)
class Dialect:
    """Dialect of a text table.

    `above` counts the lines of the file above the first row of data, and `skip` the same with a
    field that goes on over several lines counted as one, which is how pandas counts; `names` has
    one name a column, None where the file gives none; `notes` say what else was found above the
    data; `units` has the unit of each column where a row gives them; `header` is what the lines
    above the data say in words; `rows` is the number of rows to read, None for all.
    """

    delimiter: str
    decimal: str
    comment: str | None
    above: int
    skip: int
    names: tuple[str | None, ...]
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    header: Header = NO_HEADER
    rows: int | None = None


def split(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    """Return the stripped fields of every line.

    Quotes are taken off, and keep a delimiter inside them from splitting.
    """
    if delimiter == BLANKS:
        return [[word.strip('"') for word in _WORD.findall(line)] for line in lines]
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return [[field.strip() for field in row] for row in rows]


def is_comment(line: str, mark: str | None) -> bool:
    """Return True if a line holds nothing but a comment."""
    return mark is not None and line.lstrip().startswith(mark)


def sniff(lines: Sequence[str], delimiter: str | None = None) -> Dialect | None:
    """Return the dialect of a table by its first complete lines, None where they hold no row.

    `delimiter` is the one that the user names.
    """
    top, forced = _top_of_table(lines)
    below = lines[top:]
    comment = next(
        (mark for mark in COMMENTS if any(mark in one and is_comment(one, mark) for one in below)),
        None,
    )
    # Between tabs a row may hold nothing at all.
    blanks = " " if any("\t" in line.strip() for line in below) else None
    full = (
        i
        for i in range(top, len(lines))
        if lines[i].strip(blanks) and not is_comment(lines[i], comment)
    )
    numbers = list(islice(full, _MOST_ROWS))
    if not numbers:
        return None
    sample = _sample([lines[i] for i in numbers])
    rows, delimiter = _rows(sample, forced if delimiter is None else delimiter)
    decimal = _decimal(_body(rows), delimiter)
    heading = _heading(rows, lines[:top], delimiter, decimal)
    used = _lines_used(sample, delimiter, heading.rows)
    above = numbers[used] if used < len(numbers) else numbers[-1] + 1
    notes = (*heading.notes, *_thousands_note(rows, decimal))
    if _is_split_decimal(_body(split(sample, ","))) and delimiter in (";", ","):
        notes += (_split_decimal_note(delimiter, sample[-1]),)
    header = heading.header or read_header([*lines[:above], *_pairs(rows[: heading.rows])])
    return Dialect(
        delimiter,
        decimal,
        comment,
        above,
        above - (used - heading.rows),
        heading.names,
        notes,
        heading.units,
        header,
    )


def _pairs(rows: list[list[str]]) -> list[str]:
    """Return lines "name: number" of the numbers that stand below names, above the data."""
    return [
        f"{name}: {field}"
        for above, below in pairwise(rows)
        for name, field in zip(above, below, strict=False)
        if name and _PLAIN.fullmatch(field.replace("e-", "").replace("E-", ""))
    ]


def _body(rows: list[list[str]]) -> list[list[str]]:
    """Return the last of the sampled rows, which stand below any header."""
    return rows[-max(_FEWEST_ROWS, len(rows) // 3) :]


def _split_decimal_note(delimiter: str, line: str) -> str:
    """Return a note on how a line such as "-265,868" is read, and on the option for the other."""
    line = line.strip()
    return (
        f"'{line}' is one number with a decimal comma (--delimiter , reads two columns)."
        if delimiter == ";"
        else f"'{line}' is read as two columns (--delimiter ';' reads one, with decimal commas)."
    )


def _lines_used(sample: Sequence[str], delimiter: str, rows: int) -> int:
    """Return how many of the lines the first rows take: a quoted field may span several."""
    if delimiter == BLANKS or rows == 0:
        return rows
    reader = csv.reader(sample, delimiter=delimiter, skipinitialspace=True)
    for _ in islice(reader, rows):
        pass
    return reader.line_num


def _top_of_table(lines: Sequence[str]) -> tuple[int, str | None]:
    """Return where the table starts, and the delimiter where a line `sep=;` gives it.

    Blank and comment lines stand above it.
    """
    forced = None
    for i, line in enumerate(lines):
        if match := re.fullmatch(r'"?sep=(.)"?', line.strip(" ")):
            forced = match[1]
        elif line.lstrip().startswith(";"):
            # pandas writes ";value" above an index without a name.
            below = next(
                (other for other in lines[i + 1 :] if not other.lstrip().startswith(";")), ""
            )
            if ";" in below:
                return i, forced
        elif line.strip(" ") and not any(is_comment(line, mark) for mark in (*COMMENTS, "//")):
            return i, forced
    return len(lines), forced


def _sample(lines: Sequence[str]) -> list[str]:
    """Return as many of the lines as are needed to find the dialect."""
    total = 0
    for count, line in enumerate(lines):
        total += len(line)
        if total > _MOST_CHARACTERS and count >= _FEWEST_ROWS:
            return list(lines[:count])
    return list(lines)


def _rows(sample: Sequence[str], forced: str | None) -> tuple[list[list[str]], str]:
    """Return the fields of the sampled lines, and the delimiter that gives the best ones."""
    if forced is not None:
        return split(sample, forced), forced
    found = [
        (split(sample, delimiter), delimiter)
        for delimiter in _DELIMITERS
        if _occurs(delimiter, sample)
    ]
    sure = any(_is_regular(rows) for rows, delimiter in found if delimiter in ";\t|")

    def merit(one: tuple[list[list[str]], str]) -> float:
        # A blank inside a cell is no delimiter where a real one divides every line alike.
        return _plausibility(_body(one[0])) * (0.6 if sure and one[1] == BLANKS else 1.0)

    rows, delimiter = max(found, key=merit, default=(split(sample, ","), ","))
    if _usual_width(_body(rows)) < 2 and delimiter != ",":
        rows, delimiter = split(sample, ","), ","
    if delimiter == "," and (
        _is_one_column_with_decimal_commas(rows)
        or (_is_split_decimal(_body(rows)) and not _is_named_pair(rows))
    ):
        return split(sample, ";"), ";"
    return rows, delimiter


def _is_regular(rows: list[list[str]]) -> bool:
    """Return True if nearly all rows below the header have one number of fields, two or more."""
    body = _body(rows)
    width = _usual_width(body)
    return width > 1 and sum(len(row) == width for row in body) >= 0.95 * len(body)


def _is_split_decimal(rows: list[list[str]]) -> bool:
    """Return True if pairs of whole numbers are numbers cut at a decimal comma: -265,868.

    The digits behind the comma have no sign, one length, and a leading zero now and then.
    """
    pairs = [row for row in rows if len(row) == 2]
    if len(pairs) < 5 or len(pairs) < 0.9 * len(rows):
        return False
    whole = all(
        re.fullmatch(r"[+-]?\d*", left) and re.fullmatch(r"\d+", right) for left, right in pairs
    )
    if not whole:
        return False
    lengths = Counter(len(right) for _, right in pairs)
    length = max(lengths)
    leading = any(right[0] == "0" and len(right) > 1 for _, right in pairs)
    one_digit = length == 1 and len({right for _, right in pairs}) >= 8
    even = lengths[length] == len(pairs) and (length > 1 or one_digit)
    return (even or leading) and (leading or any(left[:1] == "-" for left, _ in pairs))


def _is_named_pair(rows: list[list[str]]) -> bool:
    """Return True if the first row has two names for two columns."""
    return (
        len(rows[0]) == 2
        and all(field and not is_value(field, ".") and not field.isspace() for field in rows[0])
        and not any(len(row) == 1 or _has_words(row) for row in rows[1:])
    )


def _has_words(row: list[str]) -> bool:
    """Return True if a row has a field that is neither a value nor missing."""
    return any(
        field.lower() not in MISSING and not is_value(field, ".") and not is_value(field, ",")
        for field in row
    )


def _occurs(delimiter: str, sample: Sequence[str]) -> bool:
    """Return True if a delimiter stands in most of the last sampled lines."""
    lines = sample[-max(_FEWEST_ROWS, len(sample) // 3) :]
    if delimiter == BLANKS:
        return 2 * sum(bool(re.search(r"\S\s+\S", line)) for line in lines) > len(lines)
    return 2 * sum(delimiter in line for line in lines) > len(lines)


def _plausibility(rows: list[list[str]]) -> float:
    """Return how well rows fit a table, from 0 to 1.

    It is the share of rows of equal width times the share of fields that are numbers, dates or
    missing.
    """
    width = _usual_width(rows)
    if width < 2:
        return -1.0
    fields = [field for row in rows[1:] or rows for field in row]
    good = sum(
        is_value(field, ",")
        or is_value(field, ".")
        or field.lower() in MISSING_WORDS
        or is_number_with_unit(field)
        for field in fields
    )
    return sum(len(row) == width for row in rows) / len(rows) * good / max(1, len(fields))


def _usual_width(rows: list[list[str]]) -> int:
    """Return the number of fields that most rows have."""
    return Counter(map(len, rows)).most_common(1)[0][0]


def _is_one_column_with_decimal_commas(rows: list[list[str]]) -> bool:
    """Return True if a name of one field stands above `1,5`.

    Counted rows under it are row names as R writes them.
    """
    body = rows[1:]
    if (
        not body
        or len(rows[0]) != 1
        or is_value(rows[0][0], ".")
        or {len(row) for row in body} - {1, 2}
    ):
        return False
    digits = all(re.fullmatch(r"[+-]?\d*", row[0]) and row[-1][:1].isdigit() for row in body)
    return digits and any(len(row) == 2 for row in body) and not _starts_with_row_names(rows)


def _starts_with_row_names(rows: list[list[str]]) -> bool:
    """Return True if rows have a field more than the header, the first a count or a text."""
    body = [row for row in rows[1:] if row]
    if not body or _usual_width(body) != len(rows[0]) + 1 or body[0][-1] == "":
        return False
    counted = all(row[0] == str(i) for i, row in enumerate(body, start=1))
    return counted or not any(is_value(row[0], ".") for row in body)


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """Return the decimal sign: a comma where numbers have one and none has a point."""
    fields = [field for row in rows for field in row]
    if any(_has_grouped_comma(field) for field in fields):
        return ","
    commas = [field for field in fields if _DECIMAL_COMMA.fullmatch(field)]
    if not commas or any(_DECIMAL_POINT.fullmatch(field) for field in fields):
        return "."
    # A quoted "1,234" in a comma file is a thousand and more to its writer.
    if delimiter == "," and all(_THOUSANDS.fullmatch(field) for field in commas):
        return "."
    return ","


def _has_grouped_comma(field: str) -> bool:
    """Return True if a number has a decimal comma and signs between its thousands.

    It can be read in no other way: 1.234,5 or 1.234.567.
    """
    sure = "," in field or field.count(".") > 1
    return sure and bool(GROUPED[","].fullmatch(field)) and not GROUPED["."].fullmatch(field)


def _thousands_note(rows: list[list[str]], decimal: str) -> tuple[str, ...]:
    """Return a note on numbers such as 1,234, which another writer means otherwise."""
    found = (
        field for row in rows for field in row if decimal == "." and _THOUSANDS.fullmatch(field)
    )
    first = next(found, None)
    return (
        ()
        if first is None
        else (f"Numbers such as {first} are read with signs between their thousands.",)
    )


def is_value(field: str, decimal: str) -> bool:
    """Return True if a field is a number, true or false, or a date."""
    plain = field.replace(decimal, ".", 1)
    return bool(
        _NUMBER.fullmatch(plain) or looks_like_date(field) or GROUPED[decimal].fullmatch(field)
    )


@dataclass(frozen=True)
class _Heading:
    """Rows above the data: their number, the names of the columns, notes on the others."""

    rows: int
    names: tuple[str | None, ...]
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    header: Header | None = None


def _heading(
    rows: list[list[str]], comments: Sequence[str], delimiter: str, decimal: str
) -> _Heading:
    """Return the rows above the data: none, a header, or a header among other lines of text."""
    width = _usual_width(_body(rows[1:] or rows))
    if (stamped := _stamp_and_rate(rows, width)) is not None:
        return stamped
    count = _rows_of_text(rows, width, decimal)
    if count < 2:
        if count and len(rows[0]) < width - 1 and not _starts_with_row_names(rows):
            return _Heading(count, (None,) * width, (_text_note(1),))
        if _is_header(rows, decimal):
            return _Heading(1, _names(rows[0], width, _starts_with_row_names(rows)))
        if count and _has_words(rows[0][:1]):
            return _Heading(count, (None,) * width, (_text_note(1),))
        longest = max(width, len(rows[0])) if rows[0] and is_value(rows[0][0], decimal) else width
        return _Heading(0, _names_in_comment(comments, delimiter, max(longest, len(rows[0]))))
    named = _row_of_names(rows[:count], width, decimal)
    if named is None:
        return _Heading(count, (None,) * width, (_text_note(count),))
    names = _names(rows[named], width, False)
    units = next((row for row in rows[named + 1 : count] if is_unit_row(row)), [])
    others = count - 1
    if len(set(names)) < len([name for name in names if name]) and named > 0:
        names = _joined(rows[named - 1], names)
    return _Heading(
        count,
        names,
        (_text_note(others),) if others else (),
        tuple(unit_text(unit) for unit in (*units, *[""] * len(names))[: len(names)])
        if units
        else (),
    )


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
        if lowest is None or len(rows[lowest]) > 1 or (len(rows) > 1 and "," in rows[lowest][0]):
            return None
        return lowest
    block: list[int] = []
    for i in range(len(rows) - 1, -1, -1):
        if is_unit_row(rows[i]) and not _names_columns(rows[i], width, decimal):
            continue
        if not _names_columns(rows[i], width, decimal):
            break
        block.append(i)
    names = [i for i in block if not is_unit_row(rows[i])] or block[-1:]
    return max(names, key=lambda i: (len(set(filter(None, rows[i]))), i), default=None)


def _joined(above: list[str], names: Sequence[str | None]) -> tuple[str | None, ...]:
    """Return names that repeat, behind the names of the row above where those differ."""
    pairs = tuple(
        f"{upper} {name}".strip() if name else name
        for upper, name in zip((*above, *[""] * len(names)), names, strict=False)
    )
    return pairs if len(set(pairs)) > len(set(names)) else tuple(names)


def _stamp_and_rate(rows: list[list[str]], width: int) -> _Heading | None:
    """Return the two rows above the data of an Empatica file: its start and its sampling rate."""
    if len(rows) < 4 or not all(len(row) == width for row in rows[:3]):
        return None
    values = [[float(field) for field in row if _PLAIN.fullmatch(field)] for row in rows[:4]]
    if any(len(row) != width for row in values) or any(len(set(row)) != 1 for row in values[:2]):
        return None
    start, fs = values[0][0], values[1][0]
    below = [abs(value) for row in values[2:] for value in row]
    if not (1e9 <= start < 2.5e9 and 0 < fs <= 1e5 and max(below) < 1e8):
        return None
    header = Header(fs, "second row", pd.Timestamp(start, unit="s", tz="UTC"))
    return _Heading(2, (None,) * width, (), (), header)


def _rows_of_text(rows: list[list[str]], width: int, decimal: str) -> int:
    """Return how many rows at the top are no data.

    The columns that hold numbers or dates further down have words there.
    """
    body = _body(rows) if len(rows) > _FEWEST_ROWS + 1 else rows[len(rows) // 2 :]
    below = [row for row in body if len(row) == width]

    plain = {
        column: _share(below, column, lambda field: is_value(field, decimal)) >= _MOST_FIELDS
        for column in range(width)
    }
    full = [
        column
        for column in range(width)
        if plain[column] or _share(below, column, is_number_with_unit) >= _MOST_FIELDS
    ]
    if not full:
        return 0

    def known(column: int, field: str) -> bool:
        return is_value(field, decimal) or (not plain[column] and is_number_with_unit(field))

    count = 0
    for i, row in enumerate(rows[:-2]):
        here = [(column, row[column]) for column in full if column < len(row)]
        values = sum(known(column, field) for column, field in here)
        words = sum(field.lower() not in MISSING for _, field in here) - values
        # A line such as "Start,03/30/2024" above the table has values too, but not most.
        first = bool(here) and (known(*here[0]) or here[0][1].lower() in MISSING)
        if first and values > words:
            return count
        if words or len(row) != width:
            count = i + 1
    return count


def _share(rows: list[list[str]], column: int, holds: Callable[[str], bool]) -> float:
    """Return the share of a column's fields that are values, 0 where many are missing."""
    fields = [row[column] for row in rows if row[column].lower() not in MISSING_WORDS]
    if not fields or len(fields) < _MOST_FIELDS * len(rows):
        return 0.0
    return sum(map(holds, fields)) / len(fields)


def _names_columns(row: list[str], width: int, decimal: str) -> bool:
    """Return True if a row is one of words for the columns."""
    return (
        len(row) >= width
        and any(row)
        and not any(is_value(field, decimal) and not _CLOCKS.fullmatch(field) for field in row)
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
        return bool(words)
    counted = [str(i) for i in range(len(values))]
    if values == counted and not words:
        # Tables without names of their own are written with 0, 1, 2, … above the columns.
        fractions = any(
            _DECIMAL_POINT.fullmatch(field.replace(decimal, "."))
            for row in body[:1]
            for field in row
        )
        return (first[0] == "" and len(first) == len(values) + 1) or (len(values) > 2 and fractions)
    # Numbers beside a word may be names (wavelengths, sensor numbers) if they are whole and
    # ascending.
    ascending = all(value.isdigit() for value in values) and sorted(set(map(int, values))) == [
        *map(int, values)
    ]
    return (
        bool(words) and ascending and len(body) > 0 and _stands_above_numbers(first, body, decimal)
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
    if all(re.fullmatch("'.+'", name) for name in names):
        names = [name[1:-1] for name in names]
    return (*names, *[""] * (width - len(names)))


def _comment_fields(text: str, delimiter: str) -> list[str]:
    """Return the fields of a comment line; its mark may be the name of a row counter."""
    (fields,) = split([text.strip()], delimiter)
    if fields and not fields[0] and text.strip().startswith(delimiter):
        fields[0] = "#"
    return fields


def _names_in_comment(
    comments: Sequence[str], delimiter: str, width: int
) -> tuple[str | None, ...]:
    """Return the names in the last comment line above the table, or None a column.

    numpy.savetxt writes them there.
    """
    texts = [line.strip().lstrip("".join(COMMENTS)) for line in comments if line.strip()]
    rows = [_comment_fields(text, delimiter) for text in texts[-2:]]
    # Two such lines are the names and the units.
    fields = next((row for row in rows if len(row) == width), [])
    named = len(fields) == width > 1 and all(field and not is_value(field, ".") for field in fields)
    return tuple(fields) if named else (None,) * width
