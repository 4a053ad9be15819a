"""Blank cells inside rows of fixed width, which blanks between the fields do not show."""

import re

from spectra.datasets.readers.cells.delimiter import BLANKS
from spectra.datasets.readers.heading.comment_lines import is_comment
from spectra.datasets.readers.text.parsed_text import Parsed
from spectra.errors import DataError

_FIELD = re.compile(r"\S+")


def refuse_blank_cells(parsed: Parsed) -> None:
    """Raise DataError for a row with a blank cell before its last one.

    Its other fields would be read in the wrong columns. In rows of fixed width the last field of
    such a row stands where the last fields of all full rows do.
    """
    dialect = parsed.dialect
    if dialect.delimiter != BLANKS or not parsed.frame.iloc[:, -1].isna().any():
        return
    starts: set[int] = set()
    ends: set[int] = set()
    short: list[tuple[int, int, int, int]] = []
    for number, line in enumerate(parsed.text.lines(), start=1):
        if (
            number <= dialect.above
            or number in dialect.repeats
            or is_comment(line, dialect.comment)
        ):
            continue
        fields = [*_FIELD.finditer(line)]
        if "\t" in line or '"' in line or len(fields) > dialect.width:
            return
        if len(fields) == dialect.width:
            starts.add(fields[-1].start())
            ends.add(fields[-1].end())
            if len(starts) > 1 and len(ends) > 1:
                return
        elif len(fields) > 1:
            short.append((number, len(fields), fields[-1].start(), fields[-1].end()))
    for number, count, start, end in short:
        if starts == {start} or ends == {end}:
            raise DataError(
                f"{parsed.text.name}, line {number}: {count} fields, the last of them below the "
                f"last of {dialect.width} in other lines, so that a cell before it is blank: write "
                "NaN into it, or put a comma between the columns, as pandas.read_fwf and to_csv do."
            )
