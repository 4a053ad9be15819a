"""Tables with lists of numbers between tabs or semicolons, such as the parts of quaternions."""

import re
from collections.abc import Sequence

from spectra.datasets.readers.cells.cells import GROUPED

_PART = r"\s?[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?\s?"
_NUMBER = re.compile(_PART, re.IGNORECASE)
_LIST = re.compile(rf"\s?[\[(]?{_PART}(?:,{_PART}){{2,}}[\])]?\s?", re.IGNORECASE)
"""Three numbers or more: two may be one with a decimal comma."""
_FEWEST_ROWS = 3


def has_lists_in_cells(lines: Sequence[str]) -> bool:
    """Return True if the last of the lines have lists of numbers, alike in each of them."""
    rows = [_lengths(line) for line in lines[-_FEWEST_ROWS:]]
    if len(rows) < _FEWEST_ROWS or rows[0] is None or any(row != rows[0] for row in rows):
        return False
    cells = [cell for line in lines[-_FEWEST_ROWS:] for cell in line.split(_divider(line))]
    return not all(GROUPED["."].fullmatch(cell.strip()) for cell in cells if "," in cell)


def plain_lists_in_cells(text: str) -> str:
    """Return a table with each number of its lists in a column, named by its place in the list."""
    lines = text.split("\n")
    every = [_lengths(line) for line in lines]
    first = next((i for i, row in enumerate(every) if row is not None), 0)
    lengths = every[first]
    if lengths is None:
        return text
    for i, (line, row) in enumerate(zip(lines, every, strict=True)):
        mark = _divider(lines[first])
        names = line.rstrip("\r").split(mark)
        if row == lengths:
            lines[i] = re.sub(r"[\[\]()]", " ", line).replace(",", mark)
        elif i < first and len(names) == len(lengths):
            lines[i] = mark.join(
                name if count == 1 else f"{name.strip()} {place}"
                for name, count in zip(names, lengths, strict=True)
                for place in range(1, count + 1)
            )
    return "\n".join(lines)


def _divider(line: str) -> str:
    """Return what divides the cells of a line: a tab, or semicolons where it has none."""
    return "\t" if "\t" in line else ";"


def _lengths(line: str) -> tuple[int, ...] | None:
    """Return how many numbers each cell of a line has, None without a list or with words."""
    cells = line.rstrip("\r\n").split(_divider(line))
    if len(cells) < 2 or not any("," in cell for cell in cells):
        return None
    if not all(_NUMBER.fullmatch(cell) or _LIST.fullmatch(cell) for cell in cells):
        return None
    return tuple(cell.count(",") + 1 for cell in cells)
