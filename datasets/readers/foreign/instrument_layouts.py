"""Texts of instruments that hold no table, with what their users may try."""

import re
from collections.abc import Callable, Sequence

from spectra.datasets.readers.foreign.kinds_of_lines import has_kinds_of_lines
from spectra.datasets.readers.foreign.wrapped_array import has_wrapped_array

_UNIVERSAL = re.compile(r" {2,5}-1\s*\n {1,5}\d{1,5}b?\b.*\n(?!\s*-?\d+\s*\n).*\n")
"""The beginning of a universal file: -1 in six columns, the number of a data set, and no column."""
_FEWEST_LINES = 5
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


def _is_nested(lines: Sequence[str]) -> bool:
    """Return True for names of cycles, those of their steps, and those of their records below."""
    sign = next((sign for sign in ",;\t" if lines[1:2] and lines[1].startswith(sign)), None)
    if sign is None or len(lines) < _FEWEST_LINES:
        return False
    rows = [line.split(sign) for line in lines[:_FEWEST_LINES]]
    empty = [next((i for i, field in enumerate(row) if field.strip()), -1) for row in rows]
    named = all(re.match(r"\s*[^\W\d]", row[i]) for row, i in zip(rows[:3], empty, strict=False))
    return empty == [0, 1, 2, 0, 1] and named


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
    (
        has_wrapped_array,
        "a list of several arrays, each of which goes on line after line",
        "write the numbers of one array one a line, and read that",
    ),
    (
        has_kinds_of_lines,
        "a report with several tables, whose lines begin with C, I and D",
        "keep the line I of one table and the lines D below it, and read those",
    ),
    (
        _is_nested,
        "a table of cycles with their steps and the records of these below them",
        "export the records alone (the layer of data in the program of a cycler), and read that",
    ),
)
"""The test, the name and the remedy of each layout."""
