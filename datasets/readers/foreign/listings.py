"""Tests for what programs list for people, which holds no table that a reader can rely on."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from spectra.datasets.readers.cells.columns import quoted
from spectra.errors import DataError
from spectra.text import few_of

_LABELLED = re.compile(r"[A-Za-z_:][\w:]*\{[^{}]*\} [-+]?[\d.]+(?:e[-+]?\d+)?", re.IGNORECASE)
"""A metric of Prometheus with labels and a value, and without a time."""
_OBJECT = re.compile(r"(?:[\w-]+::[\w.-]+|\.?(?:iso|\d+)(?:\.\d+){3,}) = (?:[\w-]+: )?\S.*")
"""An object of SNMP with its value: IF-MIB::ifInOctets.1 = Counter32: 12."""
_COLUMNS = re.compile(r"\s*Columns \d+ (?:through|and|to) \d+:?\s*")
"""A line above some of the columns of a wide matrix."""
_VARIABLE = re.compile(r"# name: (\S+)\s*")
_FIELD = re.compile(r"\s?\$ \S+\s*(?::|<[^>]+>) ?.*")
"""A line of glimpse or str: $ temp <dbl> 20.61, 20.83, …."""
_SOURCE = re.compile(r"(?:\S{1,80} (?:<-|=) )?(?:c|structure)\((?=.*[,(]).*")
_SHELL = re.compile(r":\s{0,9}(?:ObjectId|ISODate|NumberLong|NumberDecimal)\(")
"""A value of the shell of MongoDB, which writes calls in its JSON."""
_CUT = frozenset({"...", "…", "⋮", "·"})
"""Cells of a row in place of the rows that were not printed."""
_NUMBERED_REPLY = re.compile(r"\s*(?:\d{1,9}\) )+(?:\(\w+\) |\"|-?\d)")
_SIDES = re.compile(r"[\s|│┆┃]+")
_NUMBERED = re.compile(r"\s*\d+: ")
"""The number of a row as data.table prints it."""
_SUMMARY = ("count", "mean", "std", "min")
_MOST = 0.5


def are_instants(lines: Sequence[str]) -> bool:
    """Return True if most lines have a metric or an object and its value, each another one."""
    for form, mark in ((_LABELLED, "}"), (_OBJECT, " = ")):
        found = [line.split(mark)[0] for line in lines if form.fullmatch(line.strip())]
        if len(found) > _MOST * len(lines) and len(found) == len({*found}) > 2:
            return True
    return False


def has_columns_apart(lines: Sequence[str]) -> bool:
    """Return True if the columns of a matrix stand in several blocks, as they are displayed."""
    return any(map(_COLUMNS.fullmatch, lines))


def refuse_variables(lines: Iterable[str], source: str) -> None:
    """Raise DataError for several variables below one another, as Octave saves them."""
    names = {match[1]: None for line in lines if (match := _VARIABLE.fullmatch(line))}
    if len(names) > 1:
        raise DataError(
            f"{source} holds {len(names)} variables of Octave below one another "
            f"({few_of([quoted(name) for name in names], 4)}): save them with save -v7 FILE.mat, "
            "and choose one with --variable, or save one alone."
        )


def are_fields(lines: Sequence[str]) -> bool:
    """Return True if most lines list the first values of a column each."""
    return sum(bool(_FIELD.fullmatch(line)) for line in lines) > _MOST * len(lines)


def is_source_of_r(lines: Sequence[str]) -> bool:
    """Return True for the source text of a vector or a data frame of R."""
    return _SOURCE.fullmatch(lines[0].strip()) is not None


def are_numbered(lines: Sequence[str]) -> bool:
    """Return True for nested replies with a number before each, as redis-cli prints them."""
    return _NUMBERED_REPLY.match(lines[0]) is not None and _MOST * len(lines) < sum(
        bool(_NUMBERED_REPLY.match(line)) for line in lines
    )


def refuse_shell(head: str, source: str) -> None:
    """Raise DataError for documents as the shell of MongoDB prints them, which are no JSON."""
    if _SHELL.search(head):
        raise DataError(
            f"{source} holds documents as the shell of MongoDB prints them (ObjectId, ISODate), "
            "and no JSON: export them with mongoexport, and read that."
        )


def is_summary(lines: Sequence[str]) -> bool:
    """Return True for statistics of columns, as pandas describes them."""
    first = [line.split()[0].strip('",;|').split(",")[0] for line in lines]
    return any(tuple(first[i : i + 4]) == _SUMMARY for i in range(min(3, len(first))))


def is_cut(lines: Sequence[str]) -> bool:
    """Return True if a line between others stands for rows that were not printed."""
    for line, below in pairwise(lines[1:]):
        cells = {cell for cell in _SIDES.split(line) if cell}
        numbered = cells == {"---"} and _NUMBERED.match(below) is not None
        if numbered or (cells and cells <= _CUT):
            return True
    return False
