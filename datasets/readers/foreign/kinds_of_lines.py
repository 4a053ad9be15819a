"""Tables whose lines begin with their kind: C for comments, I for names, D for rows."""

import re
from collections.abc import Sequence

_KIND = re.compile(r"([CID]),")
_OF_TABLE = 4
"""Fields of a line that say of which table, and of which version of it, the line is."""


def has_kinds_of_lines(lines: Sequence[str]) -> bool:
    """Return True for lines of market operators: C, one of names I, and rows D of its table."""
    found = [_KIND.match(line) for line in lines]
    kinds = "".join(match[1] for match in found if match)
    if len(kinds) < len(lines) or not re.fullmatch(r"C+ID{3,}C?", kinds):
        return False
    tables = {tuple(line.split(",")[1:_OF_TABLE]) for line in lines if line[0] != "C"}
    return len(tables) == 1 and len(tables.pop()) == _OF_TABLE - 1


def plain_kinds_of_lines(text: str) -> str:
    """Return the rows of the only table below its names, and empty lines for the comments.

    A second table keeps its kinds, with which no row of numbers is read.
    """
    lines = text.split("\n")
    if sum(line.startswith("I,") for line in lines) > 1:
        return text
    return "\n".join("" if line[:2] == "C," else _behind_table(line) for line in lines)


def _behind_table(line: str) -> str:
    """Return a line without the fields that say of which table it is."""
    return line.split(",", _OF_TABLE)[-1] if _KIND.match(line) else line
