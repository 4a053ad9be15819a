"""Lines of a text file on which a row of data or a fault stands."""

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from spectra.datasets.readers.cells.delimiter import BLANKS
from spectra.datasets.readers.heading.comment_lines import is_comment
from spectra.datasets.readers.text.dialect import Dialect
from spectra.datasets.readers.text.encoded_text import Text


def line_of_row(text: Text, dialect: Dialect, row: int) -> int:
    """Return the line of the file, from 1, on which a row of data, from 0, ends."""
    lines = enumerate(replace(text, errors="ignore").lines(), start=1)
    blanks = " \n" if dialect.delimiter == "\t" else None
    kept = (
        (number, text)
        for number, text in lines
        if number > dialect.above
        and number not in dialect.repeats
        and text.strip(blanks)
        and not is_comment(text, dialect.comment)
    )
    if dialect.delimiter == BLANKS:
        return next((number for i, (number, _) in enumerate(kept) if i == row), 0)
    last = 0

    def texts() -> Iterator[str]:
        nonlocal last
        for number, text in kept:
            last = number
            yield text

    # Quotes beyond the sample may hold more than Python's reader takes: then lines are counted.
    with suppress(csv.Error):
        for i, _ in enumerate(csv.reader(texts(), delimiter=dialect.delimiter)):
            if i == row:
                return last
    return dialect.above + 1 + row


def line_of_error(message: str) -> int | None:
    """Return the line that pandas names in its message."""
    match = re.search(r"(?:in line|starting at row) (\d+)", message)
    return int(match[1]) if match else None
