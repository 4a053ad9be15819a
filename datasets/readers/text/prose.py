"""Texts of sentences, in which a number stands here and there."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import is_plain
from spectra.datasets.readers.cells.delimiter import BLANKS
from spectra.datasets.readers.heading.comment_lines import COMMENTS, is_comment
from spectra.datasets.readers.text.parsed_text import Parsed
from spectra.errors import DataError

_FEWEST_ROWS = 10
"""Rows from which on words at the same places are columns of a log."""
_FEWEST_SETTINGS = 3
_WORD = re.compile(r"\W*[^\W\d_]+(?:['’-][^\W\d_]+)*\W*")
_MOST_WORDS = 0.5
"""Share of the cells of a few rows with blanks between that are words in sentences."""


def refuse_prose(parsed: Parsed) -> None:
    """Raise DataError for a few lines of words, which blanks divide as they do columns."""
    frame, dialect = parsed.frame, parsed.dialect
    if dialect.delimiter != BLANKS or len(frame) >= _FEWEST_ROWS:
        return
    if _are_settings(frame):
        raise DataError(
            f"{parsed.text.name} is a list of names with one value each: a recording needs rows of "
            "values, one a time, such as a line of commas for each time that the list was made."
        )
    texts = [frame[column] for column in frame.columns if not is_plain(frame[column])]
    cells = [str(cell) for column in texts for cell in column.dropna()]
    total = int(np.sum(frame.notna().to_numpy()))
    words = sum(map(bool, map(_WORD.fullmatch, cells)))
    # A text without any number is told of by what it has no column of.
    if _MOST_WORDS * total < words < total:
        raise DataError(
            f"{parsed.text.name} is no table: its lines are words with numbers among them, where "
            "rows of numbers with one delimiter are expected."
        )


def _are_settings(frame: pd.DataFrame) -> bool:
    """Return True for a different word, a sign between and a value in each row."""
    if len(frame.columns) < _FEWEST_SETTINGS or len(frame) < _FEWEST_SETTINGS:
        return False
    keys, signs = frame[0].astype("str"), frame[1].astype("str")
    worded = bool(keys.str.contains(r"[^\W\d_]{2}", regex=True).all())
    return worded and keys.is_unique and bool(signs.isin([":", "="]).all())


def refuse_comments(lines: Sequence[str], source: str) -> None:
    """Raise DataError where all lines are comments."""
    first = next((line for line in lines if line.strip()), "")
    mark = next((mark for mark in COMMENTS if is_comment(first, mark)), None)
    if mark is not None:
        raise DataError(
            f"{source} is empty but for comments: its lines begin with '{mark}'; leave that mark "
            "out of lines that are rows."
        )
