"""Delimiter of a text table, by the lines that fit it best."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from spectra.datasets.readers.cells.absent_words import MISSING, MISSING_WORDS
from spectra.datasets.readers.cells.cells import GROUPED, is_number_with_unit
from spectra.datasets.readers.cells.keyed_cells import is_keyed
from spectra.datasets.readers.cells.names import names_date, names_time
from spectra.datasets.readers.dates.dates import looks_like_date

BLANKS = r"\s+"
"""The delimiter of a file whose columns are set apart by runs of blanks."""
# The order decides between equals: "1, 2" is a comma file before it is one of blanks.
_DELIMITERS = (";", "\t", "|", ",", BLANKS)
_STRONGER = frozenset(";\t|")
_NUMBER = re.compile(
    r"[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+|d[+-]\d\d+)?|[+-]?inf(inity)?|true|false|[+-]?0x[0-9a-f]{1,15}",
    re.IGNORECASE,
)
_DAYS_AND_CLOCK = re.compile(r"-?\d{1,6} days?,? \+?\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?")
"""A length of time as Python and pandas write it: 2 days 06:00:00."""
_MOST_ABOVE = 20
"""Rows on top of which one may have the names."""
_MOST_BELOW = 3
"""Lines of a footer, which are divided otherwise than the rows above them."""
_WORD = re.compile(r'"(?:[^"]|"")*"|\S+')
FEWEST_ROWS = 5
MOST_COLUMNS = 500
"""Columns that tell the dialect of a table: there may be hundreds of thousands."""


def split(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    """Return the stripped fields of every line.

    Quotes are taken off, and keep a delimiter inside them from splitting.
    """
    if delimiter == BLANKS:
        return [[word.strip('"') for word in _WORD.findall(line)] for line in lines]
    lines = list(lines)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        # Python refuses fields of more than 128 kB, which pandas reads.
        rows = [line.replace('"', "").split(delimiter) for line in lines]
    return [[field.strip() for field in row] for row in rows]


def body_of(rows: list[list[str]]) -> list[list[str]]:
    """Return the last of the sampled rows, which stand below any header."""
    return rows[-max(FEWEST_ROWS, len(rows) // 3) :]


def rows_of(sample: Sequence[str], forced: str | None) -> tuple[list[list[str]], str]:
    """Return the fields of the sampled lines, and the delimiter that gives the best ones."""
    if forced is not None:
        return split(sample, forced), forced
    found = [
        (split(sample, delimiter), delimiter)
        for delimiter in _DELIMITERS
        if _occurs(delimiter, sample)
    ]
    sure = any(
        _is_regular(rows) and (delimiter != "," or _has_names(rows))
        for rows, delimiter in found
        if delimiter != BLANKS
    )
    # Cells in quotes with commas between leave no doubt either.
    sure |= 2 * sum(',"' in line or '",' in line for line in sample) > len(sample)

    def merit(one: tuple[list[list[str]], str]) -> float:
        # A blank inside a cell is no delimiter where a real one divides every line alike, nor is a
        # comma in the last of several cells that semicolons divide.
        inside = one[1] == "," and any(other in _STRONGER for _, other in found)
        share = 0.6 if sure and one[1] == BLANKS else 0.9 if inside else 1.0
        return _plausibility(body_of(one[0])) * share

    rows, delimiter = max(found or [(split(sample, ","), ",")], key=merit)
    if usual_width(body_of(rows)) < 2 and delimiter != ",":
        rows, delimiter = split(sample, ","), ","
    if delimiter == "," and (
        _is_one_column_with_decimal_commas(rows)
        or (is_split_decimal(body_of(rows)) and not _is_named_pair(rows))
    ):
        return split(sample, ";"), ";"
    return rows, delimiter


def _is_regular(rows: list[list[str]]) -> bool:
    """Return True if nearly all rows below the header have one number of fields, two or more.

    A footer of a few words, which blanks may divide into as many fields, is no row.
    """
    body = body_of(rows)
    width = usual_width(body)
    footer = next((i for i, row in enumerate(body[::-1]) if len(row) == width), 0)
    body = body[: len(body) - footer] if footer <= _MOST_BELOW else body
    return width > 1 and sum(len(row) == width for row in body) >= 0.95 * len(body)


def _has_names(rows: list[list[str]]) -> bool:
    """Return True if a row on top has a name in each of three fields or more, as the others have.

    In "1,5 2,5" below "left right" commas divide other rows than that. A delimiter at the end of
    each line makes a field without a name.
    """
    width = usual_width(body_of(rows))
    return width > 2 and any(
        len(names) == width
        and all(re.match(r"[^\W\d]", name) for name in (names if names[-1] else names[:-1]))
        for names in rows[:_MOST_ABOVE]
    )


def is_split_decimal(rows: list[list[str]]) -> bool:
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


def are_cut_decimals(names: list[str], rows: list[list[str]]) -> bool:
    """Return True if rows have more fields than names, as many as numbers cut at decimal commas.

    The digits behind such a comma have no sign and one length, and whole numbers before them.
    """
    more = usual_width(rows) - len(names)
    if more < 1 or len(rows) < 5 or any(is_value(name, ".") for name in names):
        return False
    # One field more may be a column without a name: a digit or two behind a comma are no proof.
    fewest = 1 if more > 1 else 3
    columns = [*zip(*(row for row in rows if len(row) == len(names) + more), strict=True)]
    cut = [
        all(re.fullmatch(r"[+-]?\d+", left) for left in before)
        and all(map(str.isdecimal, after))
        and len({*map(len, after)}) == 1
        and len(after[0]) >= fewest
        for before, after in pairwise(columns)
    ]
    return sum(cut) >= more


def _is_named_pair(rows: list[list[str]]) -> bool:
    """Return True if the first row has two names for two columns."""
    return (
        len(rows[0]) == 2
        and all(field and not is_value(field, ".") and not field.isspace() for field in rows[0])
        and not any(len(row) == 1 or has_words(row) for row in rows[1:])
    )


def has_words(row: list[str]) -> bool:
    """Return True if a row has a field that is neither a value nor missing."""
    return any(
        field.lower() not in MISSING and not is_value(field, ".") and not is_value(field, ",")
        for field in row
    )


def _occurs(delimiter: str, sample: Sequence[str]) -> bool:
    """Return True if a delimiter stands in most of the last sampled lines."""
    lines = sample[-max(FEWEST_ROWS, len(sample) // 3) :]
    if delimiter == BLANKS:
        return 2 * sum(bool(re.search(r"\S\s+\S", line)) for line in lines) > len(lines)
    return 2 * sum(delimiter in line for line in lines) > len(lines)


def _plausibility(rows: list[list[str]]) -> float:
    """Return how well rows fit a table, from 0 to 1.

    It is the share of rows of equal width times the share of fields that are numbers, dates or
    missing.
    """
    width = usual_width(rows)
    if width < 2:
        return -1.0
    if (
        width == 2
        and not any(row[-1] for row in rows if row)
        and not any(is_value(row[0], ",") for row in rows if row)
    ):
        # What only ends each line divides nothing.
        return -0.5
    fields = [field for row in rows[1:] or rows for field in row[:MOST_COLUMNS]]
    good = sum(
        is_value(field, ",")
        or is_value(field, ".")
        or field.lower() in MISSING_WORDS
        # What a tab divides from a number is no unit.
        or (is_number_with_unit(field) and not {*field} & _STRONGER)
        or is_keyed(field)
        for field in fields
    )
    return sum(len(row) == width for row in rows) / len(rows) * good / max(1, len(fields))


def usual_width(rows: list[list[str]]) -> int:
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
    return digits and any(len(row) == 2 for row in body) and not starts_with_row_names(rows)


def starts_with_row_names(rows: list[list[str]]) -> bool:
    """Return True if rows have one field more than the header, first a count, a text or a date."""
    body = [row for row in rows[1:] if row]
    if not body or usual_width(body) != len(rows[0]) + 1 or body[0][-1] == "":
        return False
    first = int(body[0][0].rstrip(":")) if re.fullmatch(r"\d{1,9}:?", body[0][0]) else 1
    counted = all(row[0].rstrip(":") == str(i) for i, row in enumerate(body, start=first))
    # A mark behind the last value has no name either.
    dated = all(looks_like_date(row[0]) and not has_words(row[-1:]) for row in body)
    dated = dated and not (names_time(rows[0][0]) or names_date(rows[0][0]))
    return counted or dated or not any(is_value(row[0], ".") for row in body)


@lru_cache(maxsize=8192)
def is_value(field: str, decimal: str) -> bool:
    """Return True if a field is a number, true or false, or a date."""
    plain = field.replace(decimal, ".", 1).replace("−", "-", 1)
    return bool(
        _NUMBER.fullmatch(plain)
        or looks_like_date(field)
        or GROUPED[decimal].fullmatch(field)
        or _DAYS_AND_CLOCK.fullmatch(field)
    )
