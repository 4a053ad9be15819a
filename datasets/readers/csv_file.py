"""Text tables of any delimiter, decimal sign, encoding and header."""

import re
from collections import deque
from dataclasses import replace

import numpy as np

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.delimiter import BLANKS, split
from spectra.datasets.readers.cells.keyed_cells import plain_cells, plain_columns, without_grades
from spectra.datasets.readers.foreign.listings import refuse_variables
from spectra.datasets.readers.foreign.other_layouts import refuse_other_layouts
from spectra.datasets.readers.heading.units_above import units_of_light_curve
from spectra.datasets.readers.tables.cases import refuse_cases
from spectra.datasets.readers.tables.layouts import unrolled
from spectra.datasets.readers.tables.table import raw_from_table
from spectra.datasets.readers.text.blank_cells import refuse_blank_cells
from spectra.datasets.readers.text.dialect import sniff
from spectra.datasets.readers.text.edges import counts_rows, footer_rows, row_text, total_row
from spectra.datasets.readers.text.encoded_text import open_text
from spectra.datasets.readers.text.fit_csv import fit_messages, is_fit
from spectra.datasets.readers.text.joined_decimals import joined_decimals
from spectra.datasets.readers.text.json_cells import with_json_cells
from spectra.datasets.readers.text.line_numbers import line_of_row
from spectra.datasets.readers.text.log_lines import names_in_log, read_log
from spectra.datasets.readers.text.lone_words import without_events_for_values, without_lone_words
from spectra.datasets.readers.text.names_in_cells import named_in_cells
from spectra.datasets.readers.text.open_quotes import refuse_open_quotes
from spectra.datasets.readers.text.parsed_text import Parsed, parsed_text
from spectra.datasets.readers.text.prose import refuse_comments, refuse_prose
from spectra.datasets.readers.text.repeated_headers import without_repeated_names
from spectra.datasets.readers.text.side_header import without_side
from spectra.datasets.readers.text.side_table import without_side_table
from spectra.datasets.readers.text.summary_rows import without_summaries
from spectra.datasets.readers.text.turned import turned
from spectra.datasets.source import Source
from spectra.errors import DataError

_LINE = re.compile(r", line (\d+)")
_FEWEST_FIELDS = 3
"""Fields of a row above a line of signs, which is no missing value of one channel."""
_SIGNS = re.compile(r"[*=_~#-]{1,200}")


def read_csv(source: Source, request: Request) -> Raw:
    """Read a text table: find its dialect, its layout, then the roles of its columns."""
    table = read_table(source, request)
    return raw_from_table(table if request.channels else refuse_cases(unrolled(table)), request)


def read_table(source: Source, request: Request, *, may_turn: bool = True) -> Table:
    """Return the columns of a text table, less footers and totals.

    A table on its side is turned, once where days stand above years. Raises DataError where it is
    no text, has no rows, or rows with too many fields.
    """
    text = open_text(source)
    lines = text.first_lines()
    refuse_other_layouts(lines, source.name)
    if lines[0].startswith("# Created by Octave"):
        refuse_variables(text.lines(), source.name)
    if request.delimiter is None and (names := names_in_log(lines)) is not None:
        return read_log(text, names, request.nrows)
    side = turned(text, lines, written_delimiter(request.delimiter)) if may_turn else None
    if side is not None:
        return _read_turned(source, request, *side)
    if request.delimiter is None and (joined := joined_decimals(text, lines)) is not None:
        table = read_table(joined[0].source, request)
        return replace(table, notes=(joined[1], *table.notes))
    dialect = sniff(lines, written_delimiter(request.delimiter))
    if dialect is None:
        refuse_comments(lines, source.name)
        raise DataError(f"{source.name} is empty: it holds no rows{text.searched()}.")
    if not dialect.delimiter.isascii():
        raise DataError(
            f"{source.name} names '{dialect.delimiter}' as its delimiter, which no table is read "
            "with: name the delimiter that its rows have with --delimiter."
        )
    parsed = parsed_text(text, replace(dialect, rows=request.nrows))
    return named_in_cells(_trimmed(parsed, request))


def _read_turned(source: Source, request: Request, written: str, count: int, above: int) -> Table:
    """Return the columns of a table on its side, from its text turned, below so many comments."""
    source = replace(source, path=None, data=written.encode(), compression=None)
    table = read_table(source, request, may_turn=False)
    rows = "The only row holds" if count == 1 else f"Each of the {count} rows of numbers holds"
    note = f"{rows} the samples of one channel, or the time: read with an instant a row."
    if not count:
        note = (
            "Each column holds a day, and each row a time of day: read with a day a row, without "
            "rows below that begin with no time."
        )

    def place(row: int) -> str:
        told = table.place(row)
        return _LINE.sub(lambda match: f", column {int(match[1]) - above}", told)

    return replace(table, place=place, notes=(note, *table.notes))


def written_delimiter(delimiter: str | None) -> str | None:
    """Return a delimiter that the user names, also by a word."""
    words = {"tab": "\t", "\\t": "\t", "blank": BLANKS, "space": BLANKS, " ": BLANKS}
    if delimiter is None or delimiter in words:
        return words.get(delimiter or "")
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n':
        raise DataError(f"'{delimiter}' is no delimiter: give one sign, or tab or blank.")
    return delimiter


def _trimmed(parsed: Parsed, request: Request) -> Table:
    """Return the columns of a parsed table without its footer and the row of its totals."""
    # A footer below the header beside a waveform hides where that ends.
    parsed = _without_line_of_signs(_without_cut_line(parsed))
    parsed = without_side(_without_footer(without_side(parsed)))
    parsed = parsed if request.as_is else _without_count(parsed)
    refuse_blank_cells(parsed)
    refuse_open_quotes(parsed)
    refuse_prose(parsed)
    table = _columns(parsed, as_is=request.as_is)
    if is_fit(table.names) and request.delimiter is None:
        # Its messages are told in one note.
        return fit_messages(replace(table, notes=()))
    table = with_json_cells(without_repeated_names(table))
    if request.as_is:
        return table
    table = without_summaries(without_events_for_values(without_lone_words(table)))
    return without_side_table(_without_total(table))


def _without_cut_line(parsed: Parsed) -> Parsed:
    """Return a table without a last line that ends early, as where a logger lost its power.

    Its last number may be cut too: 5 of 50.2.
    """
    frame, dialect = parsed.frame, parsed.dialect
    ends = frame.iloc[-2:, -1].isna().tolist()
    if dialect.rows is not None or not any(dialect.names) or ends != [False, True]:
        return parsed
    last = deque(parsed.text.lines(), maxlen=1).pop()
    count = len(split([last], dialect.delimiter)[0])
    if last[-1:] in "\r\n" or count >= dialect.width:
        return parsed
    note = (
        f"The last line ends behind {count} of {dialect.width} fields: left out (end it with a "
        "line break to keep it)."
    )
    whole = replace(dialect, rows=len(frame) - 1, notes=(*dialect.notes, note))
    return parsed_text(parsed.text, whole)


def _without_line_of_signs(parsed: Parsed) -> Parsed:
    """Return a table without a last line of stars or dashes and nothing else, which ends it."""
    frame, dialect = parsed.frame, parsed.dialect
    signed = dialect.width >= _FEWEST_FIELDS and dialect.rows is None and len(frame) > 2
    if not signed or not frame.iloc[-1:, 1:].isna().all(axis=None):
        return parsed
    last = deque(parsed.text.lines(), maxlen=1).pop().strip()
    if not _SIGNS.fullmatch(last):
        return parsed
    note = f"The last row ('{last[:20]}') is no data: left out (write numbers into it to keep it)."
    rest = replace(dialect, rows=len(frame) - 1, notes=(*dialect.notes, note))
    return parsed_text(parsed.text, rest)


def _without_footer(parsed: Parsed) -> Parsed:
    """Return a table without the words below its rows, which may give the sampling rate."""
    frame, dialect = parsed.frame, parsed.dialect
    below = footer_rows(frame, dialect.decimal)
    if not below:
        return parsed
    lines = [row_text(frame, row) for row in range(len(frame) - below, len(frame))]
    count = f"The last {below} rows" if below > 1 else "The last row"
    verb, them = ("are", "them") if below > 1 else ("is", "it")
    note = (
        f"{count} ('{lines[0]}') {verb} no data: left out (write numbers into "
        f"{them} to keep {them})."
    )
    header, notes = dialect.header.with_rate_of(lines), (*dialect.notes, note)
    above = replace(dialect, rows=len(frame) - below, header=header, notes=notes)
    # Without the words below them the columns of numbers are read as such.
    return parsed_text(parsed.text, above)


def _without_count(parsed: Parsed) -> Parsed:
    """Return a table without a last row that says how many rows stand above it."""
    frame, dialect = parsed.frame, parsed.dialect
    if dialect.rows is not None or not counts_rows(frame):
        return parsed
    count = len(frame) - 1
    note = f"The last row ({count}) is the number of those above it: left out (--as-is keeps it)."
    # The names of sensors are whole numbers again where no cell below them is empty.
    return parsed_text(parsed.text, replace(dialect, rows=count, notes=(*dialect.notes, note)))


def _columns(parsed: Parsed, *, as_is: bool) -> Table:
    """Return the columns of a parsed table, their cells without grades, keys and arrows."""
    text, dialect = parsed.text, parsed.dialect
    frame, graded = without_grades(plain_cells(parsed.frame))
    if dialect.keys or dialect.arrows:
        frame = plain_columns(frame, dialect.keys, arrows=dialect.arrows)

    def place(row: int) -> str:
        return f"{text.name}, line {line_of_row(text, dialect, row)}"

    return Table(
        frame,
        dialect.names,
        place,
        text.name,
        dialect.decimal,
        notes=(*dialect.notes, *graded),
        units=dialect.units or units_of_light_curve(dialect.names),
        header=dialect.header,
        has_fill_values=not as_is,
        first=_first_cells(parsed),
    )


def _first_cells(parsed: Parsed) -> tuple[str, ...]:
    """Return the cells of the first row as they are written."""
    lines = parsed.text.first_lines()[parsed.dialect.above :]
    rows = split(lines[:1], parsed.dialect.delimiter)
    return tuple(cell.strip() for cell in rows[0]) if rows else ()


def _without_total(table: Table) -> Table:
    """Return a table without the first or last row where that is the total of all others."""
    total = total_row(table.frame, table.decimal)
    if total is None:
        return table
    where = "The first row" if total == 0 else "The last row"
    note = (
        f"{where} is the total of all others ({row_text(table.frame, total)}): left out "
        "(--as-is keeps it)."
    )
    rest = table.rows(np.delete(np.arange(len(table.frame)), total))
    return replace(rest, notes=(*table.notes, note))
