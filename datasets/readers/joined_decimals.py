"""Numbers that a decimal comma cuts in a table whose fields are divided by commas too."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice, pairwise

from spectra.datasets.memory import largest_bytes
from spectra.datasets.readers.delimiter import body_of, is_value, split, usual_width
from spectra.datasets.readers.encoded_text import Text
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
    above, width, choices, example = found
    if len(choices) > 1:
        raise DataError(
            f"{text.name}, line {above + 1}: '{example[:60]}' has more fields than there are "
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
    note = (
        f"'{example[:60]}' has more fields than there are names: read with decimal commas "
        "(--delimiter , reads a column without a name)."
    )
    return Text(source, "utf-8"), note


def _pairs_in(lines: Sequence[str]) -> tuple[int, int, list[Pairs], str] | None:
    """Return the line of the names, the fields of a row, the choices of pairs, and a row."""
    body = body_of([[line] for line in islice(lines, _MOST_ROWS) if line.strip()])
    if len(body) < 5 or any("," not in line or set('";\t|') & {*line} for (line,) in body):
        return None
    rows = split(lines[:_MOST_ROWS], ",")
    width = usual_width(body_of([row for row in rows if row]))
    if len(rows) != len(lines[:_MOST_ROWS]) or not 2 < width <= _MOST_FIELDS:
        return None
    first = next(i for i, row in enumerate(rows) if len(row) == width)
    below = [row for row in rows[first:] if row]
    named = next((i for i in range(first - 1, -1, -1) if any(rows[i])), None)
    if named is None or len(below) < _FEWEST_ROWS or any(len(row) != width for row in below[:-1]):
        return None
    names = rows[named]
    more = width - len(names)
    if more < 1 or len(names) < 2 or not all(names) or any(is_value(one, ".") for one in names):
        return None
    below = [row for row in below if len(row) == width]
    fits = [i for i in range(width - 1) if _may_be_cut(below, i)]
    choices = [
        pairs
        for pairs in combinations(fits, more)
        if all(right - left > 1 for left, right in pairwise(pairs))
    ]
    sure = any(_are_fractions([row[i + 1] for row in below]) for i in fits)
    return (named, width, choices, lines[first].strip()) if sure and choices else None


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
