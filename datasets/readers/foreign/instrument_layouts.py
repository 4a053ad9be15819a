"""Texts of instruments that hold no table, with what their users may try."""

import re
from collections.abc import Callable, Sequence

_UNIVERSAL = re.compile(r" {2,5}-1\s*\n {1,5}\d{1,5}b?\b.*\n(?!\s*-?\d+\s*\n).*\n")
"""The beginning of a universal file: -1 in six columns, the number of a data set, and no column."""
_ITEM = re.compile(r"\d{4}\S.*")
_N2K = re.compile(
    r"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d[.\d]*Z?(?:,\d{1,6}){5}(?:,[0-9a-f]{2}){1,300}\s*"
)
"""A line of canboat: time, priority, PGN, source, destination, length, bytes."""


def _is_universal(lines: Sequence[str]) -> bool:
    return bool(_UNIVERSAL.match("".join(f"{line.rstrip()}\n" for line in lines[:3])))


def _is_wits(lines: Sequence[str]) -> bool:
    """Return True for items with four digits before their values, between && and !!."""
    texts = [line.strip() for line in lines]
    items = [text for text in texts if text not in ("&&", "!!")]
    return {"&&", "!!"} <= {*texts} and bool(items) and all(map(_ITEM.fullmatch, items))


def _are_frames(lines: Sequence[str]) -> bool:
    return sum(bool(_N2K.fullmatch(line)) for line in lines) > len(lines) / 2


INSTRUMENT_LAYOUTS: tuple[tuple[Callable[[Sequence[str]], bool], str, str], ...] = (
    (
        _is_universal,
        "a universal file (UFF, UNV)",
        "export its functions (data set 58) as CSV, or read them with pyuff and save the ordinates",
    ),
    (
        _is_wits,
        "a stream of WITS (level 0), with a line an item",
        "write the items of each record between && and !! as one row, and read that",
    ),
    (
        _are_frames,
        "a log of frames of NMEA 2000 (canboat)",
        "decode it with analyzer -json, keep the lines of one PGN, and read those",
    ),
)
"""The test, the name and the remedy of each layout."""
