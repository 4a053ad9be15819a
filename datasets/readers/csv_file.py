"""Text tables as they are in the world: any delimiter, decimal sign, encoding and header, plain or
gzipped.
"""

import codecs
import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from spectra.datasets.readers.columns import Table
from spectra.datasets.readers.dialect import BLANKS, COMMENTS, Dialect, is_comment, sniff
from spectra.errors import DataError

_FIRST_BYTES, _MOST_BYTES, _ENOUGH_LINES = 1 << 16, 1 << 24, 6
_NA_VALUES = ["-", "--", "?", "NAN", "Nan", "na", "none", "Null"]
_LINE_END = re.compile("\r\n|\r|\n")
_BLOCK = 1 << 20
_COMMENT_LINE = re.compile(rf"\n[ \t]*([{''.join(COMMENTS)}])")
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"{": "JSON",
    b"[{": "JSON",
    b"[[": "JSON",
    b"<": "HTML or XML",
}


@dataclass(frozen=True)
class _Source:
    """Where the bytes are: at a path or, where they can be read only once, in memory."""

    name: str
    path: Path | None
    data: bytes = b""
    gzipped: bool = False
    encoding: str = "utf-8"

    @property
    def target(self) -> Path | io.BytesIO:
        """What pandas opens."""
        return self.path or io.BytesIO(self.data)

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """The bytes of the text, unzipped."""
        with self.path.open("rb") if self.path else io.BytesIO(self.data) as raw:
            if self.gzipped:
                with gzip.GzipFile(fileobj=raw) as unzipped:
                    yield io.BufferedReader(unzipped)
            else:
                yield io.BufferedReader(raw)

    def lines(self) -> Iterator[str]:
        """The lines of the text, line ends included."""
        with self.open() as raw:
            yield from io.TextIOWrapper(raw, encoding=self.encoding, newline=None)


def read_table(source: str | PathLike[str] | BinaryIO) -> Table:
    """The columns of a text table.

    `source` is a path or a binary file object, read to its end. Raises DataError where there is no
    such file, or it is no text, has no rows, or rows with too many fields.
    """
    opened = _open(source)
    try:
        head = _head(opened)
        opened = replace(opened, encoding=_encoding(head, opened.name))
        dialect = sniff(_complete_lines(head, opened.encoding))
        if dialect is None:
            raise DataError(f"{opened.name} is empty: it holds no rows.")
        return _table(opened, dialect)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{opened.name} is not a complete gzip file: {error}.") from error
    except OSError as error:
        raise DataError(f"{opened.name} cannot be read: {error.strerror or error}.") from error


def _open(source: str | PathLike[str] | BinaryIO) -> _Source:
    """The source, once it is known to be there."""
    if isinstance(source, (str, PathLike)):
        path = Path(source)
        if path.is_dir():
            raise DataError(f"{path} is a folder: name a file in it.")
        if not path.exists():
            raise DataError(f"There is no file {path}.")
        # A pipe gives its bytes once, and they are read twice here: for the dialect and for the
        # values.
        opened = (
            _Source(str(path), path)
            if path.is_file()
            else _Source(str(path), None, path.read_bytes())
        )
    else:
        label = str(getattr(source, "name", "stdin")).strip("<>")
        opened = _Source(label, None, source.read())
    with opened.open() as raw:
        return replace(opened, gzipped=raw.read(2) == b"\x1f\x8b")


def _head(source: _Source) -> bytes:
    """The start of the text: 64 kB, or more where so much holds only a few lines."""
    with source.open() as raw:
        head = raw.read(_FIRST_BYTES)
        while (
            len(head) < _MOST_BYTES
            and len(_LINE_END.findall(head.decode("latin-1"))) < _ENOUGH_LINES
        ):
            more = raw.read(len(head))
            if not more:
                break
            head += more
    return head


def _encoding(head: bytes, name: str) -> str:
    """The encoding: by its byte order mark, or UTF-8 where the bytes are that, else Latin-1."""
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            raise DataError(f"{name} is {kind}, not a text table: save it as CSV first.")
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        for which, encoding in enumerate(("utf-16-be", "utf-16-le")):
            # Two bytes a letter, of which one is zero for all but rare letters.
            if (
                head[which::2].count(0) > 0.9 * len(head[which::2])
                and 0 not in head[1 - which :: 2]
            ):
                return encoding
        raise DataError(f"{name} is not a text table: it holds bytes that no text has.")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _complete_lines(head: bytes, encoding: str) -> list[str]:
    """The lines of the head, less the last one where the text goes on behind it."""
    lines = _LINE_END.split(codecs.getincrementaldecoder(encoding)().decode(head))
    return lines[:-1] if len(lines) > 1 and (len(head) >= _FIRST_BYTES or not lines[-1]) else lines


def _table(source: _Source, dialect: Dialect) -> Table:
    """All columns; what the head of the file could not show is learned from where pandas
    stumbles.
    """
    try:
        frame = _parse(source, dialect)
    except UnicodeDecodeError:
        return _table(replace(source, encoding="latin-1"), dialect)
    except pd.errors.ParserWarning as error:
        width = len(dialect.names)
        raise DataError(
            f"{source.name} is no table: some rows have more than the {width} fields that most "
            "have."
        ) from error
    except pd.errors.ParserError as error:
        line = _line_of_error(str(error))
        mark = _comment_at(source, line) if dialect.comment is None else None
        if mark is None:
            raise DataError(f"{source.name}{_explained(str(error))}") from error
        return _table(source, replace(dialect, comment=mark))
    if frame.empty:
        raise DataError(f"{source.name} has a header and no rows of data.")
    text_first = not pd.api.types.is_numeric_dtype(frame[0].dtype)
    if dialect.comment is None and text_first and (mark := _late_comment(source)) is not None:
        return _table(source, replace(dialect, comment=mark))

    def place(row: int) -> str:
        return f"{source.name}, line {_line_of_row(source, dialect, row)}"

    return Table(frame, dialect.names, place, source.name, dialect.decimal, dialect.notes)


def _parse(source: _Source, dialect: Dialect) -> pd.DataFrame:
    """The rows as pandas reads them, columns numbered from 0."""
    with warnings.catch_warnings():
        # A column with a text far down has numbers and texts: columns.py finds the text and names
        # its row.
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        # Where pandas would drop fields, it warns.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            source.target,
            sep=dialect.delimiter,
            decimal=dialect.decimal,
            comment=dialect.comment,
            header=None,
            names=list(range(len(dialect.names))),
            index_col=False,
            skiprows=dialect.skip,
            skipinitialspace=True,
            na_values=_NA_VALUES,
            encoding=source.encoding,
            compression="gzip" if source.gzipped else None,
            engine="c",
        )


def _line_of_error(message: str) -> int | None:
    """The line that pandas names in its message."""
    match = re.search(r"(?:in line|starting at row) (\d+)", message)
    return int(match[1]) if match else None


def _explained(message: str) -> str:
    """What pandas says of a line that is no row, for a person."""
    if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        wanted, line, seen = match.groups()
        return f", line {line}: {seen} fields, where the rows above have {wanted}."
    if "EOF inside string" in message:
        return ": a quote is opened and never closed, so the rest of the file is one field."
    return f" is not a table: {message.strip()}."


def _comment_at(source: _Source, line: int | None) -> str | None:
    """The mark of the comment on a line counted from 1."""
    for number, text in enumerate(source.lines(), start=1):
        if number == line:
            return next((mark for mark in COMMENTS if is_comment(text, mark)), None)
    return None


def _late_comment(source: _Source) -> str | None:
    """The mark of comment lines anywhere in the file."""
    with source.open() as raw:
        text = io.TextIOWrapper(raw, encoding=source.encoding, newline=None)
        last = "\n"
        while block := text.read(_BLOCK):
            if found := _COMMENT_LINE.search(last + block):
                return found[1]
            last = block[-1]
    return None


def _line_of_row(source: _Source, dialect: Dialect, row: int) -> int:
    """The line of the file, counted from 1, on which a row of data counted from 0 ends."""
    lines = enumerate(source.lines(), start=1)
    blanks = " \n" if dialect.delimiter == "\t" else None
    kept = (
        (number, text)
        for number, text in lines
        if number > dialect.above and text.strip(blanks) and not is_comment(text, dialect.comment)
    )
    if dialect.delimiter == BLANKS:
        return next((number for i, (number, _) in enumerate(kept) if i == row), 0)
    last = 0

    def texts() -> Iterator[str]:
        nonlocal last
        for number, text in kept:
            last = number
            yield text

    for i, _ in enumerate(csv.reader(texts(), delimiter=dialect.delimiter)):
        if i == row:
            break
    return last
