"""Columns of fixed width below a rule, or below names: where each part begins, a column does."""

import re
from collections.abc import Sequence

from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.dates.dates import looks_like_date

_PART = re.compile(r"-+|=+|_+")
_RULE = re.compile(r"[ ]*(?:-+|=+|_+)(?:[ ]+(?:-+|=+|_+))+[ ]*")
_NAME = re.compile(r"\S+(?: \S+)*")
_FEWEST_ROWS = 3
_MOST_LINES = 200
_MOST_OTHERS = 2
"""Lines below the rule that are no rows: a footer."""


def has_ruled_cells(lines: Sequence[str]) -> bool:
    """Return True if a rule, or names of several words, tell where the columns of rows begin.

    Where the blanks between the cells tell as much, a table is read faster as it is.
    """
    found = _top(lines[:_MOST_LINES])
    if found is None or any("\t" in line for line in lines[:_MOST_LINES]):
        return False
    at, starts, rule = found
    others = {lines[at].rstrip(), rule}
    rows = [line for line in lines[at + 1 : _MOST_LINES] if line.rstrip() not in others]
    fits = _fits if rule else _begins
    fitting = [_cut(line, starts) for line in rows if fits(line, starts)]
    if len(fitting) < max(_FEWEST_ROWS, len(rows) - (_MOST_OTHERS if rule else 0)):
        return False
    names = _cut(lines[at], starts)
    if not rule and _have_a_name_each(lines[at], rows):
        return False
    return (
        not rule
        or "_" in rule
        or any(" " in name for name in names)
        or any(
            not cell or (" " in cell and not looks_like_date(cell))
            for row in fitting
            for cell in row
        )
    )


def _have_a_name_each(above: str, rows: Sequence[str]) -> bool:
    """Return True if each value of the rows, between any blanks, has a word above it."""
    count = len(above.split())
    return all(
        len(words) == count and all(is_value(word, ".") or is_value(word, ",") for word in words)
        for words in map(str.split, rows)
    )


def plain_ruled(text: str) -> str:
    """Return rows below a rule with tabs between their cells, and other lines as they are."""
    lines = text.split("\n")
    full = [i for i, line in enumerate(lines[:_MOST_LINES]) if line.strip()]
    found = _top([lines[i] for i in full])
    if found is None:
        return text
    at, starts, rule = found
    for i, line in enumerate(lines):
        if rule and line.rstrip() == rule:
            lines[i] = ""
        elif line.strip() and i >= full[at] and _fits(line, starts):
            lines[i] = "\t".join(_cut(line, starts))
    return "\n".join(lines)


def _top(lines: Sequence[str]) -> tuple[int, list[int], str] | None:
    """Return the line of the names, where the columns below begin, and the rule of them or ""."""
    for i, line in enumerate(lines[1:], start=1):
        above = lines[i - 1]
        if "|" in above or not _RULE.fullmatch(line):
            continue
        starts = [part.start() for part in _PART.finditer(line)]
        if _fits(above, starts) and all(_cut(above, starts)[1:]):
            return i - 1, starts, line.rstrip()
    names = [*_NAME.finditer(lines[0])] if lines else []
    wide = len(names) > 1 and any(" " in name[0] for name in names)
    wide = wide and not any(map(str.isdigit, lines[0]))
    return (0, [name.start() for name in names], "") if wide else None


def _fits(line: str, starts: Sequence[int]) -> bool:
    """Return True if no cell of a line goes on where the next column begins."""
    return all(line[start - 1 : start] in ("", " ") for start in starts[1:])


def _begins(line: str, starts: Sequence[int]) -> bool:
    """Return True if a cell of a line begins at the beginning of each column."""
    return _fits(line, starts) and all(line[start : start + 1].strip() for start in starts)


def _cut(line: str, starts: Sequence[int]) -> list[str]:
    """Return the cells of a line by the places where its columns begin."""
    begins, ends = [0, *starts[1:]], [*starts[1:], len(line)]
    return [line[begin:end].strip() for begin, end in zip(begins, ends, strict=True)]
