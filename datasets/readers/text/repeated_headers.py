"""Headers that stand again among the rows of a text table."""

import re
from collections import deque
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.delimiter import is_value, split
from spectra.datasets.readers.cells.header import read_header
from spectra.datasets.readers.cells.keyed_cells import numeric
from spectra.datasets.readers.text.dialect import Dialect, is_rule
from spectra.datasets.readers.text.encoded_text import Text
from spectra.errors import DataError

_LEADING_CLOCK = re.compile(r"^\d\d:\d\d:\d\d(?: [AP]M)?\s+(?=[^\W\d])")
"""The time of a page of sar, which stands where the name of the time would."""

_SIGNAL = re.compile(
    r"\W*((?:measur\w*\s)?(?:points?|sensors?|channels?|signals?|stations?|sites?|locations?|machines?"
    r"|tags?|axis|direction|units?|devices?|nodes?|probes?|kanal|messstelle|messpunkt|einheit|capteur"
    r"|canal|voie|unité|punto|sensore|unidad)(?:\s(?:name|id|no\.?|number))?)(?:\s*[:=]\s*(\S.*)|[\s_#]*(\d{1,3})\s*)",
    re.IGNORECASE,
)
"""A line that says which signal stands below it."""


def with_repeats(text: Text, dialect: Dialect) -> Dialect | None:
    """Return a dialect that leaves out repeated headers, None where there is none.

    A logger that starts again writes its header again, and some programs one on each page.
    """
    if dialect.repeats or dialect.above == 0:
        return None
    lines = enumerate((line.strip() for line in text.lines()), start=1)
    header = {
        _timeless(line): number
        for number, line in islice(lines, dialect.above)
        if _has_words(line) or is_rule(line)
    }
    repeats: set[int] = set()
    recent: deque[tuple[int, str]] = deque(maxlen=dialect.above)
    for number, line in lines:
        recent.append((number, line))
        name = _timeless(line)
        if number in repeats or name not in header:
            continue
        # Lines such as "Start: 10:00" differ from one header to the next.
        begins = number - header[name] + 1
        repeats |= {
            other
            for other, above in recent
            if other >= begins and (_timeless(above) in header or not _is_row(above, dialect))
        }
    if not repeats:
        return None
    _refuse_other_signal(text, repeats, dialect)
    said = "1 line repeats" if len(repeats) == 1 else f"{len(repeats)} lines repeat"
    note = f"{said} the header above the table: left out."
    again = _later_start(text, repeats, dialect)
    return replace(
        dialect,
        repeats=frozenset(repeats),
        header=replace(dialect.header, again=again),
        notes=(*dialect.notes, note),
    )


def _refuse_other_signal(text: Text, repeats: set[int], dialect: Dialect) -> None:
    """Raise DataError where a header that stands again names another signal than the first one."""
    first: dict[str, str] = {}
    for number, line in enumerate(text.lines(), start=1):
        if number > dialect.above and number not in repeats:
            continue
        if (match := _SIGNAL.fullmatch(line.strip().rstrip(' ,;\t"]'))) is None:
            continue
        key, value = match[1].casefold(), (match[2] or match[3]).rstrip(" ,;\t\"'")
        if number <= dialect.above:
            # Several lines with one key are a list of signals.
            first[key] = "" if key in first else value
        elif first.get(key, "") not in ("", value):
            raise DataError(
                f"{text.name}, line {number}: another signal begins ({match[1]} {value}, not "
                f"{first[key]} as above); write each into a file of its own."
            )


def _later_start(text: Text, repeats: set[int], dialect: Dialect) -> int | None:
    """Return the first line of repeated headers that give another start than the first one."""
    if dialect.header.start is None:
        return None
    lines = [line for number, line in enumerate(text.lines(), start=1) if number in repeats]
    start = read_header(lines, dialect.decimal).start
    return min(repeats) if start is not None and start != dialect.header.start else None


def without_repeated_names(table: Table) -> Table:
    """Return a table without rows that repeat the names of the columns.

    Files that were put together have them, and so have the tables of an annotated CSV.
    """
    named = [column for column, name in enumerate(table.names) if name]
    kinds = table.kinds()
    if not named or any(kinds[column] in "iufb" for column in named):
        # One such row would make a text of each column.
        return table
    repeats = np.ones(len(table.frame), dtype=np.bool_)
    for column in named:
        cells = table.column(column).astype("str").str.strip()
        repeats &= (cells == table.names[column]).to_numpy(dtype=np.bool_, na_value=False)
        if not repeats.any():
            return table
    count = int(repeats.sum())
    said, them = ("row repeats", "it") if count == 1 else ("rows repeat", "them")
    keep = f"write numbers into {them} to keep {them}"
    rest = table.rows(~repeats)
    columns = [numeric(rest.frame.iloc[:, column]) for column in range(len(rest.names))]
    frame = pd.concat(columns, axis=1).set_axis(pd.RangeIndex(len(columns)), axis=1)
    note = f"{count} {said} the names of the columns: left out ({keep})."
    names = _named_later(table, repeats)
    return replace(rest, frame=frame, names=names, notes=(*rest.notes, note))


def _named_later(table: Table, repeats: BoolArray) -> tuple[str | None, ...]:
    """Return the names of columns, with those that only a later header has."""
    below = table.frame[repeats]
    return tuple(
        name or (str(cells.iloc[0]).strip() if (cells := below.iloc[:, i].dropna()).size else name)
        for i, name in enumerate(table.names)
    )


def _timeless(line: str) -> str:
    """Return a line without the time that sar writes before the names on each page."""
    return _LEADING_CLOCK.sub("", line)


def _has_words(line: str) -> bool:
    """Return True if a line has two letters in a row, as no number has."""
    return re.search(r"[^\W\d_]{2}", line) is not None


def _is_row(line: str, dialect: Dialect) -> bool:
    """Return True if a line begins with a number or a date, and has as many as other fields.

    Stars and bars may stand around its fields.
    """
    (fields,) = split([line], dialect.delimiter) or [[]]
    fields = [field for field in fields if field.strip("*|")]
    values = [is_value(field, dialect.decimal) for field in fields]
    return bool(values) and values[0] and 2 * sum(values) >= len(values)
