"""Curves that a well log in LAS format defines above its table."""

import re
from collections.abc import Sequence

_MARK = re.compile(r"~A(?:SCII)?(?: ?LOG)?(?: ?DATA)?", re.IGNORECASE)
"""The mark of the section of data, which the names of the curves may stand behind."""
_SECTION = re.compile(r"~(?:C|Log_Definition\b)", re.IGNORECASE)
_CURVE = re.compile(r"\s{0,9}([^\s.~#][^.:]{0,40}?)\s{0,20}\.([^\s:]{0,20})(?:\s.*|:.*|)")
"""A mnemonic, a dot with the unit right behind it, and what describes the curve."""


def without_mark(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows of a table without the mark of the section of data before its names."""
    return [row[1:] if len(row) > 1 and _MARK.fullmatch(row[0]) else row for row in rows]


def curves(lines: Sequence[str], width: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the names and the units of the curves that lines define, one a column, else None."""
    found: list[tuple[str, str]] = []
    inside = False
    for line in lines:
        if line.startswith("~"):
            inside = _SECTION.match(line) is not None
        elif inside and (match := _CURVE.fullmatch(line.rstrip())) is not None:
            found.append((match[1], match[2]))
    names, units = (tuple(one) for one in zip(*found, strict=True)) if found else ((), ())
    return (names, units) if len(names) == width > 1 else None
