"""The text of a file: its encoding, its first lines, and comments anywhere in it."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Literal

from spectra.datasets.memory import largest_bytes, refuse_too_large
from spectra.datasets.readers.foreign.listings import refuse_shell
from spectra.datasets.readers.foreign.markup import html_table
from spectra.datasets.readers.foreign.other_formats import refuse_other_formats
from spectra.datasets.readers.foreign.plain_text import is_printed, rewriting
from spectra.datasets.readers.foreign.scripts import encoding_of_letters, encoding_of_script
from spectra.datasets.readers.heading.comment_lines import COMMENT_LINE
from spectra.datasets.source import Source, names_in_zip
from spectra.errors import DataError
from spectra.text import few_of, short

_FIRST_BYTES, _MOST_BYTES, _ENOUGH_LINES = 1 << 16, 1 << 24, 6
"""Bytes that are read first, bytes among which the table has to begin, lines of it to find."""
_LINE_END = re.compile("\r\n|\r|\n")
_ROW_LINE = re.compile(rb"[\r\n][ \t\x00]*+(?![#%/;\r\n \t\x00])")
"""The start of a line, but the first, that is neither empty nor a comment."""
_BLOCK = 1 << 20
_ZIP = b"PK\x03\x04"
_JSON = "JSON"
_SIGNATURES = {
    # python-calamine reads these, but a damaged one ends the process.
    b"\xd0\xcf\x11\xe0": "a workbook of Excel before 2007 (.xls)",
    _ZIP: "a zip archive or a spreadsheet",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"{": _JSON,
    b"[{": _JSON,
    b"[[": _JSON,
}
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f]")
"""Bytes that no text has."""
_ZEROS = re.compile(rb"\0{8,}")
_PADDING = bytes(8)
"""Zeros at the end of a file from which on they are no text: UTF-16 and UTF-32 have fewer."""
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_MARKUP = re.compile(rb"<(?![^<>\r\n]{1,40}>[ \t]*[,;\t|])")
"""The beginning of HTML or XML; <DATE>,<TIME> are the names of columns."""
_TABLE = re.compile(rb"<tr\b", re.IGNORECASE)
_LINES_OF_MARKUP = 20
"""Lines on top of which several have tags in HTML and XML."""
_MARKS = {
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}


@dataclass(frozen=True)
class Text:
    """The text of a source, once its encoding is known.

    `errors` says what is done with bytes that are none of the encoding; `skipped` bytes at the
    beginning are no text.
    """

    source: Source
    encoding: str
    errors: Literal["strict", "ignore"] = "strict"
    skipped: int = 0

    @property
    def name(self) -> str:
        """Return the name of the source in messages."""
        return self.source.name

    def lenient(self) -> "Text":
        """Return the text in an encoding that reads what is none of its own."""
        if self.encoding.startswith("utf-8"):
            # A byte order mark does not promise that the rest is in its encoding.
            marked = len(codecs.BOM_UTF8) if self.encoding == "utf-8-sig" else 0
            return replace(self, encoding="latin-1", skipped=marked)
        return replace(self, errors="ignore")

    @contextmanager
    def content(self) -> Iterator[str | IO[bytes]]:
        """Open the bytes: the path of a plain file, which pandas reads with several threads."""
        with self.source.open() as content:
            path = self.source.path
            if path is not None and self.source.compression is None and not self.skipped:
                # Absolute: pandas takes ~ for a home folder, and a scheme for an address.
                yield str(path.absolute())
                return
            content.read(self.skipped)
            yield content

    @contextmanager
    def characters(self) -> Iterator[io.TextIOWrapper]:
        """Open the characters, with \\n at the end of every line."""
        with self.source.open() as raw:
            raw.read(self.skipped)
            with io.TextIOWrapper(raw, self.encoding, self.errors, newline=None) as text:
                yield text

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text, line ends included."""
        with self.characters() as text:
            yield from text

    def first_lines(self) -> list[str]:
        """Return the complete lines at the start: 64 kB, or more where few of them are rows."""
        head = _head(self.source)
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        lines = _LINE_END.split(decoder.decode(head[self.skipped :]))
        goes_on = len(head) >= _FIRST_BYTES or not lines[-1]
        if len(lines) == 1 and len(head) >= _MOST_BYTES:
            raise DataError(
                f"{self.name} has a first line of more than {_MOST_BYTES >> 20} MB, which is no "
                "row of a table: transpose it, so that a row is an instant."
            )
        return lines[:-1] if len(lines) > 1 and goes_on else lines

    def searched(self) -> str:
        """Return how far the beginning of a table was looked for, "" where that is all."""
        long = len(_head(self.source)) >= _MOST_BYTES
        return f", only comments in its first {_MOST_BYTES >> 20} MB" if long else ""

    def late_comment(self) -> str | None:
        """Return the mark of comment lines anywhere in the text."""
        with self.characters() as characters:
            last = "\n"
            while block := characters.read(_BLOCK):
                if found := COMMENT_LINE.search(last + block):
                    return found[1]
                last = block[-1]
        return None


def open_text(source: Source) -> Text:
    """Return the text of a source, its encoding found by its first bytes.

    Raises DataError for what is no text.
    """
    head = source.head(_FIRST_BYTES)
    refuse_other_formats(head, source.name)
    if head.startswith(_ZIP) and len(files := names_in_zip(source)) > 1:
        raise DataError(
            f"{source.name} is a zip archive of {len(files):,} files ({few_of(files, 4, short)}): "
            "unpack it, and name one of them."
        )
    if not _CONTROL.search(head[: head.find(b"\0")]):
        source = _without_padding(source)
        head = source.head(_FIRST_BYTES)
    if _is_text_but_for_zeros(head):
        source = _without_zeros(source)
        head = source.head(_FIRST_BYTES)
    if (table := _table_of_page(source, head)) is not None:
        return table
    text = _rewritten(Text(source, _encoding(head, source.name)), head)
    if text.encoding == "utf-8-sig" and not _is_utf8(head):
        return text.lenient()
    return text


def _table_of_page(source: Source, head: bytes) -> Text | None:
    """Return the only table of a page of HTML as text, None for anything else."""
    if not _is_markup(head) or not _TABLE.search(head):
        return None
    with source.open() as raw:
        data = raw.read(largest_bytes() + 1)
    refuse_too_large(source.name, len(data), "save its table as CSV", bytes_each=20)
    encoding = "utf-8" if _is_utf8(data) else encoding_of_letters(head)
    table = html_table(data.decode(encoding, errors="replace"))
    if table is None:
        raise DataError(
            f"{source.name} is a page of HTML with several tables, or with cells that span several "
            "rows or columns: save one table as CSV, and read that."
        )
    return Text(replace(source, path=None, data=table.encode(), compression=None), "utf-8")


def _rewritten(text: Text, head: bytes) -> Text:
    """Return a text with a plain table for one of other characters, as long as it fits memory."""
    decoded = head.decode(text.encoding, errors="replace")
    rewrite = rewriting(decoded)
    if rewrite is None and "\r" in decoded and "\n" not in decoded:
        # pandas counts no blank lines between such ends.
        rewrite = str
    if rewrite is None:
        return text
    with text.source.open() as raw:
        data = raw.read(largest_bytes() + 1)
    if len(data) > largest_bytes():
        return text
    lines = _LINE_END.sub("\n", data.decode(text.encoding, errors="replace"))
    plain = rewrite(lines).encode()
    return Text(replace(text.source, path=None, data=plain, compression=None), "utf-8")


def _without_padding(source: Source) -> Source:
    """Return a source without the zeros that a logger leaves behind its last line.

    It makes a file large at first, and has no time to shorten it when its power fails.
    """
    if source.path is None or source.compression is not None:
        data = source.data
        padded = source.compression is None and data.endswith(_PADDING)
        return replace(source, data=data.rstrip(b"\0")) if padded else source
    with source.open() as raw:
        size = raw.seek(0, io.SEEK_END)
        raw.seek(max(0, size - len(_PADDING)))
        if raw.read() != _PADDING or size > largest_bytes():
            return source
        raw.seek(0)
        return replace(source, path=None, data=raw.read().rstrip(b"\0"))


def _is_text_but_for_zeros(head: bytes) -> bool:
    """Return True if a text has blocks of zeros, as a card leaves where the power failed."""
    if _PADDING not in head or head.startswith(
        tuple(mark for one in _MARKS.values() for mark in one)
    ):
        return False
    rest = head.replace(b"\0", b"")
    alone = len(head) - len(rest) - sum(map(len, _ZEROS.findall(head)))
    return alone == 0 and b"\n" in rest and not _CONTROL.search(rest) and _is_utf8(rest)


def _without_zeros(source: Source) -> Source:
    """Return a source without the zeros in it, as long as it fits the memory."""
    with source.open() as raw:
        data = raw.read(largest_bytes() + 1)
    if len(data) > largest_bytes():
        return source
    return replace(source, path=None, data=data.replace(b"\0", b""), compression=None)


def _head(source: Source) -> bytes:
    """Return the start of the text: 64 kB, or more where that holds only a few rows."""
    with source.open() as raw:
        head = raw.read(_FIRST_BYTES)
        # Of the first bytes a few rows are enough: to count all of them takes time.
        rows = sum(1 for _ in islice(_ROW_LINE.finditer(head), _ENOUGH_LINES))
        while len(head) < _MOST_BYTES and rows < _ENOUGH_LINES:
            more = raw.read(len(head))
            if not more:
                break
            head += more
            rows += len(_ROW_LINE.findall(more))
    return head


def _is_markup(head: bytes) -> bool:
    """Return True for the first bytes of HTML or XML; a logger may write one line of it on top."""
    # Two bytes a letter, or a mark before them, hide nothing: <, A and zeros are.
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\xff\xfe").replace(b"\0", b"")
    if not _MARKUP.match(plain):
        return False
    below = [line for line in plain.splitlines()[1:_LINES_OF_MARKUP] if line.strip()]
    return len(below) < 2 or plain[1:2] in b"?!" or any(b"<" in line for line in below)


def _encoding(head: bytes, name: str) -> str:
    """Return the encoding: by its byte order mark, UTF-8 where the bytes are that, or another."""
    kind = next((kind for sign, kind in _SIGNATURES.items() if head.startswith(sign)), None)
    if kind is not None and not is_printed(head[:200]):
        if _OPEN_DOCUMENT in head[:200]:
            kind = "an OpenDocument spreadsheet (.ods)"
        if kind == _JSON:
            refuse_shell(head.decode(errors="replace"), name)
            raise DataError(f"{name} begins like JSON and is none: save it as CSV first.")
        workbook = kind.endswith((".xls)", ".ods)"))
        remedy = "save it as .xlsx or CSV" if workbook else "save it as CSV first"
        raise DataError(f"{name} is {kind}, not a text table: {remedy}.")
    if _is_markup(head):
        raise DataError(f"{name} is HTML or XML, not a text table: save it as CSV first.")
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    for encoding, marks in _MARKS.items():
        if head.startswith(marks):
            return encoding
    if b"\0" in head:
        for which, encoding in enumerate(("utf-16-be", "utf-16-le")):
            # Two bytes a letter, of which one is zero for all but rare letters.
            if (
                head[which::2].count(0) > 0.9 * len(head[which::2])
                and 0 not in head[1 - which :: 2]
            ):
                return encoding
        raise DataError(f"{name} is not a text table: it holds bytes that no text has.")
    return "utf-8" if _is_utf8(head) else encoding_of_script(head) or encoding_of_letters(head)


def _is_utf8(head: bytes) -> bool:
    """Return True if the first bytes of a text are UTF-8, whose last letter may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
