"""Rows of large tables in pieces: text tables by their lines, Parquet files by their batches."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Final

from spectra.datasets.raw import Request
from spectra.datasets.readers.binary.binary import content
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.csv_file import read_table, written_delimiter
from spectra.datasets.readers.parquet_file import batches_of
from spectra.datasets.readers.text.dialect import sniff
from spectra.datasets.readers.text.encoded_text import open_text
from spectra.datasets.readers.text.log_lines import names_in_log
from spectra.datasets.source import Source
from spectra.errors import DataError

# Bytes of text that are read at a time. With 1, 4 and 16 MB 100 MB of CSV with time stamps take
# 1.2, 0.6 and 0.5 s of a processor, and 140, 180 and 340 MB of memory.
BLOCK_BYTES: Final = 2**22
# Longest line, and most bytes above the data.
LONGEST: Final = 2**24
# Encodings whose lines end at a byte of their own.
BYTEWISE: Final = ("utf-8", "utf-8-sig", "latin-1")
_LINE = re.compile(r"\bline (\d+)")


@dataclass(frozen=True)
class Piece:
    """Some rows of a table.

    Attributes
    ----------
    table : Table
    place : str
        The place of its first row in messages.
    done : int
        Bytes of the file, or rows, that have been read.
    whole : int
        All of them; 0 where that is not known.
    """

    table: Table
    place: str
    done: int
    whole: int


def text_pieces(source: Source, request: Request) -> Iterator[Piece] | None:
    """Return the pieces of a text table; None where its lines cannot be told apart by bytes."""
    text = open_text(source)
    lines = text.first_lines()
    if text.encoding not in BYTEWISE or names_in_log(lines) is not None:
        return None
    dialect = sniff(lines, written_delimiter(request.delimiter))
    with source.open() as content:
        if dialect is None or b"\n" not in content.read(LONGEST):
            return None
    return _text_pieces(source, request, dialect.above)


def _text_pieces(source: Source, request: Request, above: int) -> Iterator[Piece]:
    """Yield each piece as a table of its own, with the lines above the data before it."""
    size = source.path.stat().st_size if source.path else 0
    whole = 0 if source.compression else size
    # What only the whole table shows, such as the row of its totals, is left in it.
    plain = replace(request, as_is=True)
    with source.open() as content:
        heading = b"".join(content.readline(LONGEST) for _ in range(above))
        done, n_lines, first = len(heading), 0, True
        for block in _whole_lines(content, source.name):
            shift = _shifted(n_lines)
            part = replace(source, path=None, data=heading + block, compression=None)
            try:
                table = read_table(part, request if first else plain)
            except DataError as error:
                raise DataError(shift(str(error))) from error
            done += len(block)
            table = replace(table, place=_placed(table.place, shift))
            yield Piece(table, table.place(0), done, whole)
            n_lines += block.count(b"\n")
            first = False


def _shifted(n_lines: int) -> Callable[[str], str]:
    """Return a function that adds lines to the numbers of lines in a message."""
    return lambda text: _LINE.sub(lambda found: f"line {int(found[1]) + n_lines}", text)


def _placed(place: Callable[[int], str], shift: Callable[[str], str]) -> Callable[[int], str]:
    return lambda row: shift(place(row))


def _whole_lines(content: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield blocks of whole lines; a line may end inside quotes."""
    rest = b""
    while data := content.read(BLOCK_BYTES):
        rest += data
        end = _last_end(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > LONGEST:
            raise DataError(f"{name} has a line of more than {LONGEST >> 20} MB: it is no table.")
    if rest.strip():
        yield rest


def _last_end(block: bytes) -> int:
    """Return the number of bytes up to the last end of a line that is in no quotes, or 0."""
    end = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, end)
    while end and quotes % 2:
        before = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(b'"', before, end)
        end = before
    return end


def parquet_pieces(source: Source, request: Request) -> Iterator[Piece]:
    """Yield the batches of a Parquet file."""
    done = 0
    for table, whole in batches_of(source, content(source), request):
        n_rows, before = len(table.frame), done
        done += n_rows
        yield Piece(
            replace(table, place=_row_of(source.name, before)),
            f"{source.name}, row {before + 1}",
            done,
            whole,
        )


def _row_of(name: str, before: int) -> Callable[[int], str]:
    return lambda row: f"{name}, row {before + row + 1}"
