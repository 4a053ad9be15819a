"""Words for a missing value that pandas looks for in the cells of a table while it reads it.

It looks up each cell that begins with the letter of such a word, and so every negative number where
"-" is one of them: that takes an eighth of the time of reading. A table whose first rows have no
such word is read without them first, and again with them where a column of text has one.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from spectra.datasets.readers.dates.text_chunks import arrow_chunks, lengths_of

_AS_NUMBERS = (
    "-",
    "--",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "-1.#IND00",
    "1.#QNAN0",
)
"""Words that begin like a number."""
_OTHERS = (
    "", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan",
    "null", "?", "NAN", "Nan", "na", "none", "Null",
)  # fmt: skip
ALL_WORDS: Sequence[str] = (*_OTHERS, *_AS_NUMBERS)
"""Those of pandas, and "-", "--", "?", "NAN", "Nan", "na", "none", "Null", which loggers write."""


def words_of(rows: Iterable[Sequence[str]]) -> Sequence[str]:
    """Return the words to look for at first in a table with these first rows."""
    if getattr(pd.Series(["-"]).dtype, "storage", "") != "pyarrow":
        # Without Arrow it would take longer to look for the other words afterwards.
        return ALL_WORDS
    return _OTHERS if frozenset(_AS_NUMBERS).isdisjoint(chain.from_iterable(rows)) else ALL_WORDS


def has_other_words(frame: pd.DataFrame) -> bool:
    """Return True if a column of text has a word that begins like a number."""
    longest = max(map(len, _AS_NUMBERS))
    return any(
        _shortest(frame[column]) <= longest and bool(frame[column].isin(_AS_NUMBERS).any())
        for column, kind in frame.dtypes.items()
        if not isinstance(kind, np.dtype) and pd.api.types.is_string_dtype(kind)
    )


def _shortest(text: "pd.Series[str]") -> int:
    """Return the bytes of the shortest text, 0 where one is missing."""
    chunks = arrow_chunks(text)
    if chunks is None:
        return 0
    return min((int(lengths_of(ends).min()) for _, ends in chunks), default=0)
