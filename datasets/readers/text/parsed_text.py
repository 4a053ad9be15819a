"""Rows of a text table as pandas parses them, and what it learns where it stumbles."""

import re
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from spectra.datasets.memory import refuse_mostly_empty
from spectra.datasets.readers.cells.columns import listed
from spectra.datasets.readers.cells.delimiter import BLANKS
from spectra.datasets.readers.cells.missing_words import ALL_WORDS, has_other_words
from spectra.datasets.readers.heading.comment_lines import COMMENT, COMMENTS, is_comment
from spectra.datasets.readers.text.dialect import Dialect
from spectra.datasets.readers.text.edges import rows_above_footer
from spectra.datasets.readers.text.encoded_text import Text
from spectra.datasets.readers.text.line_numbers import line_of_error
from spectra.datasets.readers.text.repeated_headers import with_repeats
from spectra.datasets.readers.text.words_behind import words_behind
from spectra.errors import DataError

_MANY_COLUMNS = 64
"""Columns from which on short rows could take many times the memory of their bytes."""
_MOST_TEXTS = 2000
"""Columns of text that are looked at: to find out what one holds takes 1 to 3 ms."""


@dataclass(frozen=True)
class Parsed:
    """A table as pandas reads it, and how it was read."""

    text: Text
    dialect: Dialect
    frame: pd.DataFrame


def parsed_text(text: Text, dialect: Dialect) -> Parsed:
    """Return all columns, in another encoding where a part of the text is not in its own.

    Raises DataError for a text that is no table, or holds no rows.
    """
    try:
        return _in_encoding(text, dialect)
    except UnicodeDecodeError:
        return _in_encoding(text.lenient(), dialect)


def _in_encoding(text: Text, dialect: Dialect) -> Parsed:
    """Return all columns as pandas reads them.

    What the head of the file could not show is learned from where pandas stumbles.
    """
    try:
        frame = _parse(text, dialect)
    except pd.errors.ParserWarning as error:
        width = dialect.width
        raise DataError(
            f"{text.name} is no table: some rows have more than the {width} fields that most have."
        ) from error
    except pd.errors.ParserError as error:
        other = _less_fault(text, dialect, line_of_error(str(error)))
        if other is None and (parsed := _without_words_behind(text, dialect)) is not None:
            return parsed
        if other is None:
            raise DataError(f"{text.name}{_explained(str(error))}") from error
        return parsed_text(text, other)
    if _may_repeat_header(frame, dialect) and (other := with_repeats(text, dialect)) is not None:
        return parsed_text(text, other)
    if frame.empty:
        names = listed([name for name in dialect.names if name])
        raise DataError(f"{text.name} has a header and no rows of data below {names}.")
    if dialect.comment is None and _may_hide_comments(frame) and not dialect.rows:
        mark = text.late_comment()
        if mark is not None:
            return parsed_text(text, replace(dialect, comment=mark))
    return Parsed(text, dialect, frame)


def _less_fault(text: Text, dialect: Dialect, line: int | None) -> Dialect | None:
    """Return a dialect that leaves out the line at which pandas stopped, None where none does.

    It is a comment, a header that comes again, or the first line of a footer.
    """
    mark = _comment_at(text, line) if dialect.comment is None else None
    if mark is not None:
        return replace(dialect, comment=mark)
    if (repeated := with_repeats(text, dialect)) is not None:
        return repeated
    rows = rows_above_footer(text, dialect, line)
    if rows is None:
        return None
    note = (
        f"The lines from {line} on are no rows of the table: left out (give them "
        f"{dialect.width} fields, as the others have, to keep them)."
    )
    return replace(dialect, rows=rows, notes=(*dialect.notes, note))


def _without_words_behind(text: Text, dialect: Dialect) -> Parsed | None:
    """Return all columns without the words behind the last field of a few rows, None without."""
    found = words_behind(text, dialect)
    if found is None:
        return None
    count, note = found
    notes = dialect.notes if note in dialect.notes else (*dialect.notes, note)
    names = (*dialect.names, *[""] * count)
    parsed = parsed_text(text, replace(dialect, names=names, notes=notes))
    frame = parsed.frame.iloc[:, : dialect.width]
    return replace(parsed, frame=frame, dialect=replace(parsed.dialect, names=dialect.names))


def _may_repeat_header(frame: pd.DataFrame, dialect: Dialect) -> bool:
    """Return True if a header may stand among the rows.

    One makes a text of each column, but where it has fewer fields.
    """
    if dialect.above < 2:
        return False
    short = dialect.delimiter == BLANKS and bool((frame[0] == (dialect.names[0] or "#")).any())
    return short or not any(map(pd.api.types.is_numeric_dtype, frame.dtypes))


def _parse(text: Text, dialect: Dialect) -> pd.DataFrame:
    """Return the rows as pandas reads them, columns numbered from 0."""
    if dialect.width > _MANY_COLUMNS:
        lengths = [len(line) for line in text.lines() if len(line) > 1]
        refuse_mostly_empty(text.name, len(lengths), dialect.width, sum(lengths))
    with text.content() as content, warnings.catch_warnings():
        # A column with a text far down has numbers and texts: columns.py finds the text and names
        # its row.
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        # Where pandas would drop fields, it warns.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            content,
            sep=dialect.delimiter,
            decimal=dialect.decimal,
            comment=dialect.comment,
            header=None,
            names=list(range(dialect.width)),
            index_col=False,
            skiprows=_skipped(dialect),
            nrows=dialect.rows,
            # It takes a fifth of the time more, so only where a delimiter has a blank behind it.
            skipinitialspace=dialect.spaced,
            na_values=list(dialect.missing),
            keep_default_na=False,
            encoding=text.encoding,
            encoding_errors=text.errors,
            compression=None,
            engine="c",
        )
    n_texts = sum(map(pd.api.types.is_string_dtype, frame.dtypes))
    if dialect.missing is not ALL_WORDS and (n_texts > _MOST_TEXTS or has_other_words(frame)):
        return _parse(text, replace(dialect, missing=ALL_WORDS))
    if n_texts > _MOST_TEXTS:
        raise DataError(
            f"{text.name} has {n_texts:,} columns of text, where columns of numbers are expected: "
            "delete what is no number, or name the character between the fields with --delimiter."
        )
    return frame


def _skipped(dialect: Dialect) -> int | list[int]:
    """Return how many lines pandas is to skip, or which, from 0."""
    if not dialect.repeats:
        return dialect.skip
    below = dialect.above - dialect.skip
    return [*range(dialect.skip), *(number - 1 - below for number in sorted(dialect.repeats))]


def _explained(message: str) -> str:
    """Return the message of pandas on a line that is no row, for a person."""
    if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        wanted, line, seen = match.groups()
        return (
            f", line {line}: {seen} fields, where the rows above have {wanted}; correct it, "
            "or, where another table begins, write each table into a file of its own."
        )
    if "EOF inside string" in message:
        return ": a quote is opened and never closed, so the rest of the file is one field."
    return f" is not a table: {message.strip()}."


def _comment_at(text: Text, line: int | None) -> str | None:
    """Return the mark of the comment on a line counted from 1."""
    for number, line_text in enumerate(text.lines(), start=1):
        if number == line:
            return next((mark for mark in COMMENTS if is_comment(line_text, mark)), None)
    return None


def _may_hide_comments(frame: pd.DataFrame) -> bool:
    """Return True if the first column has cells that begin like a comment."""
    first = frame[0]
    if pd.api.types.is_numeric_dtype(first.dtype):
        return False
    last = frame[frame.columns[-1]]
    if len(frame.columns) > 1 and pd.api.types.is_numeric_dtype(last.dtype):
        # A comment has no number in the last column: few of a million cells are looked at.
        if last.dtype.kind != "f" or not np.isnan(last.to_numpy().max()):
            return False
        first = first[last.isna()]
    return bool(first.astype("str").str.match(COMMENT, na=False).any())
