"""Text tables of any delimiter, decimal sign, encoding and header."""

import csv
import re
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from spectra.datasets.memory import refuse_mostly_empty
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.columns import Table, listed
from spectra.datasets.readers.delimiter import BLANKS, is_value, split
from spectra.datasets.readers.dialect import Dialect, is_comment, is_rule, sniff
from spectra.datasets.readers.edges import LONGEST_FOOTER, footer_rows, row_text, total_row
from spectra.datasets.readers.encoded_text import Text, open_text
from spectra.datasets.readers.fit_csv import fit_messages, is_fit
from spectra.datasets.readers.header import read_header
from spectra.datasets.readers.heading import COMMENTS
from spectra.datasets.readers.json_cells import with_json_cells
from spectra.datasets.readers.keyed_cells import (
    numeric,
    plain_cells,
    plain_columns,
    without_grades,
)
from spectra.datasets.readers.layouts import unrolled
from spectra.datasets.readers.log_lines import names_in_log, read_log
from spectra.datasets.readers.missing_words import ALL_WORDS, has_other_words
from spectra.datasets.readers.other_layouts import refuse_other_layouts
from spectra.datasets.readers.table import raw_from_table
from spectra.datasets.readers.turned import turned
from spectra.datasets.source import Source
from spectra.errors import DataError

_MANY_COLUMNS = 64
"""Columns from which on short rows could take many times the memory of their bytes."""

LONGEST_SIDE = 40
_LEADING_CLOCK = re.compile(r"^\d\d:\d\d:\d\d(?: [AP]M)?\s+(?=[^\W\d])")
"""The time of a page of sar, which stands where the name of the time would."""


def read_csv(source: Source, request: Request) -> Raw:
    """Read a text table: find its dialect, its layout, then the roles of its columns."""
    table = read_table(source, request)
    return raw_from_table(table if request.channels else unrolled(table), request)


def read_table(source: Source, request: Request) -> Table:
    """Return the columns of a text table, less footers and totals.

    Raises DataError where it is no text, has no rows, or rows with too many fields.
    """
    text = open_text(source)
    lines = text.first_lines()
    refuse_other_layouts(lines, source.name)
    if request.delimiter is None and (names := names_in_log(lines)) is not None:
        return read_log(text, names, request.nrows)
    if (side := turned(text, lines, written_delimiter(request.delimiter))) is not None:
        return _read_turned(source, request, *side)
    dialect = sniff(lines, written_delimiter(request.delimiter))
    if dialect is None:
        raise DataError(f"{source.name} is empty: it holds no rows{text.searched()}.")
    if not dialect.delimiter.isascii():
        raise DataError(
            f"{source.name} names '{dialect.delimiter}' as its delimiter, which no table is read "
            "with: name the delimiter that its rows have with --delimiter."
        )
    return _trimmed(text, _table(text, replace(dialect, rows=request.nrows)), request)


def _read_turned(source: Source, request: Request, written: str, count: int) -> Table:
    """Return the columns of a table on its side, from its text turned."""
    table = read_table(replace(source, path=None, data=written.encode(), compression=None), request)
    rows = "The only row holds" if count == 1 else f"Each of the {count} rows of numbers holds"
    note = f"{rows} the samples of one channel, or the time: read with an instant a row."

    def place(row: int) -> str:
        return table.place(row).replace(", line ", ", column ")

    return replace(table, place=place, notes=(note, *table.notes))


def written_delimiter(delimiter: str | None) -> str | None:
    """Return a delimiter that the user names, also by a word."""
    words = {"tab": "\t", "\\t": "\t", "blank": BLANKS, "space": BLANKS, " ": BLANKS}
    if delimiter is None or delimiter in words:
        return words.get(delimiter or "")
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n':
        raise DataError(f"'{delimiter}' is no delimiter: give one sign, or tab or blank.")
    return delimiter


@dataclass(frozen=True)
class _Parsed:
    """A table as pandas reads it, and how it was read."""

    text: Text
    dialect: Dialect
    frame: pd.DataFrame


def _without_side(parsed: _Parsed) -> _Parsed:
    """Return a table without the header that an oscilloscope writes beside its first rows.

    Its columns come first, begin with a text, and are empty from some row on.
    """
    frame, dialect = parsed.frame, parsed.dialect
    if pd.api.types.is_numeric_dtype(frame[0].dtype) or any(dialect.names):
        return parsed
    if len(frame) < 3 * LONGEST_SIDE or bool(frame[0].iloc[LONGEST_SIDE:].notna().any()):
        return parsed
    filled = frame.iloc[LONGEST_SIDE:].notna().any().to_numpy()
    if not filled.any():
        return parsed
    count = int(np.argmax(filled))
    side = frame.iloc[:LONGEST_SIDE, :count]
    lines = [",".join(str(cell) for cell in row if cell == cell) for row in side.to_numpy(object)]
    header = read_header(lines).with_rate_of([dialect.header.rate_text])
    rest = frame.iloc[:, count:].set_axis(pd.RangeIndex(len(frame.columns) - count), axis=1)
    names = tuple(dialect.names[count:])
    return replace(parsed, frame=rest, dialect=replace(dialect, names=names, header=header))


def _trimmed(text: Text, parsed: _Parsed, request: Request) -> Table:
    """Return a parsed table without its footer and the row of its totals."""
    parsed = _without_side(parsed)
    frame, dialect = parsed.frame, parsed.dialect
    notes, header = [*dialect.notes], dialect.header
    below = footer_rows(frame, dialect.decimal)
    if below:
        lines = [row_text(frame, row) for row in range(len(frame) - below, len(frame))]
        header = header.with_rate_of(lines)
        count = f"The last {below} rows" if below > 1 else "The last row"
        verb, them = ("are", "them") if below > 1 else ("is", "it")
        notes.append(
            f"{count} ('{lines[0]}') {verb} no data: left out (write numbers into "
            f"{them} to keep {them})."
        )
        # Without the words below them the columns of numbers are read as such.
        parsed = _table(parsed.text, replace(dialect, rows=len(frame) - below))
        frame = parsed.frame

    frame, graded = without_grades(plain_cells(frame))
    notes += graded
    if dialect.keys or dialect.arrows:
        frame = plain_columns(frame, dialect.keys, arrows=dialect.arrows)

    def place(row: int) -> str:
        return f"{text.name}, line {_line_of_row(parsed.text, parsed.dialect, row)}"

    table = Table(
        frame,
        dialect.names,
        place,
        text.name,
        dialect.decimal,
        units=dialect.units,
        header=header,
        has_fill_values=not request.as_is,
    )
    if is_fit(table.names) and request.delimiter is None:
        return fit_messages(table)
    table = with_json_cells(_without_repeated_names(table))
    notes += table.notes
    total = None if request.as_is else total_row(table.frame, dialect.decimal)
    if total is not None:
        where = "The first row" if total == 0 else "The last row"
        notes.append(
            f"{where} is the total of all others ({row_text(table.frame, total)}): left out "
            "(--as-is keeps it)."
        )
        table = table.rows(np.delete(np.arange(len(table.frame)), total))
    return replace(table, notes=tuple(notes))


def _without_repeated_names(table: Table) -> Table:
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
        cells = table.frame.iloc[:, column].astype("str").str.strip()
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
    return replace(rest, frame=frame, notes=(note,))


def _table(text: Text, dialect: Dialect) -> _Parsed:
    """Return all columns, in another encoding where a part of the text is not in its own."""
    try:
        return _in_encoding(text, dialect)
    except UnicodeDecodeError:
        return _in_encoding(text.lenient(), dialect)


def _in_encoding(text: Text, dialect: Dialect) -> _Parsed:
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
        line = _line_of_error(str(error))
        mark = _comment_at(text, line) if dialect.comment is None else None
        if mark is not None:
            return _table(text, replace(dialect, comment=mark))
        if (repeated := _with_repeats(text, dialect)) is not None:
            return _table(text, repeated)
        rows = _rows_above_footer(text, dialect, line)
        if rows is None:
            raise DataError(f"{text.name}{_explained(str(error))}") from error
        note = (
            f"The lines from {line} on are no rows of the table: left out (give them "
            f"{dialect.width} fields, as the others have, to keep them)."
        )
        return _table(text, replace(dialect, rows=rows, notes=(*dialect.notes, note)))
    texts = not any(map(pd.api.types.is_numeric_dtype, frame.dtypes))
    # One header among the rows makes a text of each column, but where it has fewer fields.
    short = dialect.delimiter == BLANKS and bool((frame[0] == (dialect.names[0] or "#")).any())
    if dialect.above > 1 and (texts or short):
        repeated = _with_repeats(text, dialect)
        if repeated is not None:
            return _table(text, repeated)
    if frame.empty:
        names = listed([name for name in dialect.names if name])
        raise DataError(f"{text.name} has a header and no rows of data below {names}.")
    if dialect.comment is None and _may_hide_comments(frame) and not dialect.rows:
        mark = text.late_comment()
        if mark is not None:
            return _table(text, replace(dialect, comment=mark))
    return _Parsed(text, dialect, frame)


def _with_repeats(text: Text, dialect: Dialect) -> Dialect | None:
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
    said = "1 line repeats" if len(repeats) == 1 else f"{len(repeats)} lines repeat"
    note = f"{said} the header above the table: left out."
    return replace(dialect, repeats=frozenset(repeats), notes=(*dialect.notes, note))


def _timeless(line: str) -> str:
    """Return a line without the time that sar writes before the names on each page."""
    return _LEADING_CLOCK.sub("", line)


def _has_words(line: str) -> bool:
    """Return True if a line has two letters in a row, as no number has."""
    return re.search(r"[^\W\d_]{2}", line) is not None


def _is_row(line: str, dialect: Dialect) -> bool:
    """Return True if a line begins with a number or a date, and has as many as other fields."""
    (fields,) = split([line], dialect.delimiter) or [[]]
    values = [is_value(field, dialect.decimal) for field in fields if field]
    return bool(values) and values[0] and 2 * sum(values) >= len(values)


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
    return bool(first.astype("str").str.startswith(COMMENTS, na=False).any())


def _rows_above_footer(text: Text, dialect: Dialect, line: int | None) -> int | None:
    """Return the number of rows above a line with too many fields that begins a footer.

    A few lines at the end are one, where none begins with a number or a date and has as many of
    these as words.
    """
    if line is None or line <= dialect.above or dialect.rows is not None:
        return None
    above, below = [], []
    for number, line_text in enumerate(text.lines(), start=1):
        if number in dialect.repeats:
            continue
        if dialect.above < number < line and line_text.strip():
            above.append(line_text)
        elif number >= line and line_text.strip():
            below.append(line_text)
        if len(below) > LONGEST_FOOTER:
            return None
    fields = split(below, dialect.delimiter)
    values = [[is_value(field, dialect.decimal) for field in row] for row in fields]
    if len(above) < 2 or any(row and row[0] and 2 * sum(row) >= len(row) for row in values):
        return None
    return len(split(above, dialect.delimiter))


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
    if dialect.missing is not ALL_WORDS and has_other_words(frame):
        return _parse(text, replace(dialect, missing=ALL_WORDS))
    return frame


def _skipped(dialect: Dialect) -> int | list[int]:
    """Return how many lines pandas is to skip, or which, from 0."""
    if not dialect.repeats:
        return dialect.skip
    below = dialect.above - dialect.skip
    return [*range(dialect.skip), *(number - 1 - below for number in sorted(dialect.repeats))]


def _line_of_error(message: str) -> int | None:
    """Return the line that pandas names in its message."""
    match = re.search(r"(?:in line|starting at row) (\d+)", message)
    return int(match[1]) if match else None


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


def _line_of_row(text: Text, dialect: Dialect, row: int) -> int:
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
