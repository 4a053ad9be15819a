"""Numbers that a decimal comma cuts in a table whose fields are divided by commas too."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice, pairwise

from spectra.datasets.memory import largest_bytes
from spectra.datasets.readers.cells.delimiter import body_of, is_value, split, usual_width
from spectra.datasets.readers.dates.dates import looks_like_date
from spectra.datasets.readers.text.encoded_text import Text
from spectra.errors import DataError

_LEFT = re.compile(r"[+-]?(?:0|[1-9]\d*)?")
_MOST_ROWS, _FEWEST_ROWS = 1000, 20
_MOST_FIELDS = 24
"""Fields of a row in which pairs are looked for."""
_DIFFERENT = 8
"""Different single digits that are hardly those of a column without a name."""

Pairs = tuple[int, ...]
"""The first field of each number that is cut."""


def joined_decimals(text: Text, lines: Sequence[str]) -> tuple[Text, str] | None:
    """Return a text with semicolons between its fields, and a note; None for any other text.

    There are more fields than names in its rows, and only one way to read as many of them as the
    fraction of the number to their left. `lines` are the first ones of the text.
    """
    found = _pairs_in(lines)
    if found is None:
        return None
    above, width, choices, first = found
    example = lines[first].strip()[:60]
    if len(choices) > 1 or not choices[0]:
        raise DataError(
            f"{text.name}, line {first + 1}: '{example}' has more fields than there are "
            "names, and decimal commas that may cut one number or another: write points, or "
            "semicolons between the numbers (--delimiter , reads a column without a name)."
        )
    with text.source.open() as raw:
        data = raw.read(largest_bytes() + 1)
    if len(data) > largest_bytes():
        return None
    readable = replace(text, errors="ignore")
    written = "".join(_joined(readable.lines(), above, width, choices[0])).encode()
    source = replace(text.source, path=None, data=written, compression=None)
    told = "has more fields than there are names" if above < first else "has zeros behind commas"
    note = (
        f"'{example}' {told}: read with decimal commas (--delimiter , reads a column without a "
        "name)."
    )
    return Text(source, "utf-8"), note


def _pairs_in(lines: Sequence[str]) -> tuple[int, int, list[Pairs], int] | None:
    """Return the line of the names, the fields of a row, choices of pairs, the first row."""
    body = body_of([[line] for line in islice(lines, _MOST_ROWS) if line.strip()])
    if len(body) < 5 or any("," not in line or set('";\t|') & {*line} for (line,) in body):
        return None
    rows = split(lines[:_MOST_ROWS], ",")
    width = usual_width(body_of([row for row in rows if row]))
    if len(rows) != len(lines[:_MOST_ROWS]) or not 2 < width <= _MOST_FIELDS:
        return None
    first = next(i for i, row in enumerate(rows) if len(row) == width)
    above = [i for i, row in enumerate(rows[:first]) if any(row) and not _has_value(row)]
    if not above:
        return _nameless_pairs(rows[first:], width, first)
    names = rows[above[-1]]
    more = width - len(names)
    below = [row for row in rows[first:] if len(row) == width]
    if not 1 <= more <= width // 2 or len(names) < 2 or not all(names):
        return None
    if len(below) < _FEWEST_ROWS:
        return None
    fits = [i for i in range(width - 1) if _may_be_cut(below, i)]
    choices = [
        pairs
        for pairs in combinations(fits, more)
        if all(right - left > 1 for left, right in pairwise(pairs))
    ]
    sure = any(_are_fractions([row[i + 1] for row in below]) for i in fits)
    if not sure or not choices:
        return None
    # A whole number may be written without a comma, but of two it is not known which.
    whole = {width, len(names)} if more == 1 else {width}
    others = [row for row in rows[first:-1] if row and is_value(row[0], ".")]
    choices = choices if all(len(row) in whole for row in others) else [(), ()]
    return above[-1], width, choices, first


def _has_value(row: list[str]) -> bool:
    """Return True if a field is a number or a date."""
    return any(is_value(field, ".") for field in row)


def _nameless_pairs(
    rows: list[list[str]], width: int, first: int
) -> tuple[int, int, list[Pairs], int] | None:
    """Return what is known of rows without names: a date and pairs whose fractions have zeros."""
    full = [row for row in rows if row]
    if width % 2 == 0 or len(full) < _FEWEST_ROWS or any(len(row) != width for row in full[:-1]):
        return None
    full = [row for row in full if len(row) == width]
    pairs = tuple(range(1, width, 2))
    zeros = all(any(row[i + 1][:1] == "0" < row[i + 1] for row in full) for i in pairs)
    dated = all(":" in row[0] and looks_like_date(row[0]) for row in full)
    if not dated or not zeros or not all(_may_be_cut(full, i) for i in pairs):
        return None
    return first, width, [pairs], first


def _may_be_cut(rows: list[list[str]], column: int) -> bool:
    """Return True if a column of whole numbers may go on in the next one, behind a comma.

    All fractions have one length, or none ends in a zero, as programs write the shortest ones.
    """
    after = [row[column + 1] for row in rows]
    if not all(_LEFT.fullmatch(row[column]) for row in rows) or not all(map(str.isdecimal, after)):
        return False
    return len({*map(len, after)}) == 1 or not any(re.fullmatch(r"\d+0", one) for one in after)


def _are_fractions(after: list[str]) -> bool:
    """Return True if digits are those of fractions: zeros stand before some, or all ten occur."""
    lengths = {*map(len, after)}
    leading = any(len(one) > 1 and one[0] == "0" for one in after)
    return leading or (lengths == {1} and len({*after}) >= _DIFFERENT)


def _joined(lines: Iterator[str], above: int, width: int, pairs: Pairs) -> Iterator[str]:
    """Yield lines with semicolons between their fields, from that of the names on."""
    for number, line in enumerate(lines):
        fields = split([line], ",")[0] if number >= above else []
        if len(fields) == width:
            for column in reversed(pairs):
                fields[column : column + 2] = [",".join(fields[column : column + 2])]
        yield ";".join(fields) + "\n" if fields else line
