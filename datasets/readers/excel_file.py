"""Excel workbooks (.xlsx), read with calamine; the cells of a sheet are read like a text table.

calamine is chosen before openpyxl: it reads a sheet some ten times faster and needs no other
package. Both give the values that were saved with formulas. It reads .xls, .xlsb and .ods
too, which are refused all the same: the size of their sheets cannot be checked before, and a
damaged one makes it take all memory and end the process.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import IO, Any, cast
from xml.parsers import expat

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.binary import as_damage, content, library
from spectra.datasets.readers.excel_sheet import Sheets, read_sheet, shown
from spectra.datasets.source import Source
from spectra.errors import DataError

_KIND = "an Excel workbook"
_PARTS = (".xml", ".rels", ".bin", "/")
"""Endings of the first member of a workbook; which one it is depends on the program."""
_FAULTS = (
    zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, KeyError, RuntimeError,
    expat.ExpatError,
)  # fmt: skip
"""Errors of Python's zipfile on archives that are damaged or locked with a password, and of expat
on parts that are no XML."""
_PLACE = re.compile(rb'<(?:row|c) r="([A-Z]{0,3})([0-9]{1,7})"')
"""A row or cell with its place, such as r="12" or r="B12", as all known programs write it."""
_PLACED = re.compile(rb"<(?:[\w.-]+:)?(?:row|c)[\s/>]")
"""A row or cell, however it is written."""
_ROW_END = re.compile(rb"</((?:[\w.-]+:)?)row\s*>")
_ROWS_ABOVE = 100
"""Rows that may stand above the table: names, units and remarks."""
_AS_CSV = "save the sheet as CSV"
_BLOCK = 1 << 20
_CELL_BYTES = 64
"""Bytes that a cell takes while it is read."""
_TEXT_END = re.compile(rb"</(?:[\w.-]+:)?si\s*>")
"""The end of a text that cells share."""
_TEXT_BYTES = 1 << 28
"""Most bytes of the texts of a sheet, where cells share them."""


def is_excel(head: bytes, name: str) -> bool:
    """Return whether the content is a zip archive like those of office programs."""
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length].decode("latin-1")
    return head.startswith(b"PK\x03\x04") and first.endswith(_PARTS)


def read_excel(source: Source, request: Request) -> Raw:
    """Read a sheet of a workbook: the first, or that of the request."""
    calamine = library("python_calamine", source, _KIND, "excel")
    where = content(source)
    with as_damage(source, _KIND, (calamine.CalamineError, *_FAULTS)):
        with zipfile.ZipFile(where) as archive:
            if "xl/workbook.bin" in archive.namelist():
                raise DataError(f"{source.name} is a binary workbook (.xlsb): save it as .xlsx.")
            left: dict[int, float] = {}
            if request.nrows is not None:
                where, left = _beginning(source, archive, request.nrows)
        with zipfile.ZipFile(where) as archive:
            _refuse_large_sheets(source, archive)
            since_1904 = _counts_from_1904(archive)
        if isinstance(where, io.BytesIO):
            where.seek(0)
        book = calamine.CalamineWorkbook.from_object(where)

    def rows(name: str) -> list[list[Any]]:
        with as_damage(source, _KIND, (calamine.CalamineError, *_FAULTS)):
            return cast(
                "list[list[Any]]", book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            )

    sheet, raw = read_sheet(
        source, Sheets(book.sheet_names, shown(book), rows, since_1904), request
    )
    share = left.get(book.sheet_names.index(sheet), 0.0)
    return replace(raw, unread=round(len(raw.values) * share))


def _beginning(
    source: Source, archive: zipfile.ZipFile, rows: int
) -> tuple[io.BytesIO, dict[int, float]]:
    """Return a workbook of the first rows of each sheet.

    For each sheet that is longer, by its number from 0, the part that is left out is returned,
    as a multiple of the part that is there.
    """
    shorter = io.BytesIO()
    left: dict[int, float] = {}
    sheets = {info.filename: number for number, info in _sheet_parts(archive)}
    infos = [info for info in archive.infolist() if not info.filename.startswith("xl/media/")]
    size = sum(info.file_size for info in infos if info.filename not in sheets)
    refuse_too_large(source.name, size, _AS_CSV, bytes_each=1, most=source.max_bytes)
    with zipfile.ZipFile(shorter, "w") as copy:
        for info in infos:
            if info.filename not in sheets:
                copy.writestr(info.filename, archive.read(info))
                continue
            with archive.open(info) as part:
                data = _first_rows(source, part, rows + _ROWS_ABOVE)
            copy.writestr(info.filename, data)
            if 0 < len(data) < info.file_size:
                left[sheets[info.filename]] = info.file_size / len(data) - 1
    return shorter, left


def _first_rows(source: Source, part: IO[bytes], rows: int) -> bytes:
    """Return a sheet with its first rows only, or as it is where it has no more."""
    data, count = b"", 0
    while block := part.read(_BLOCK):
        data += block
        refuse_too_large(source.name, len(data), _AS_CSV, bytes_each=1, most=source.max_bytes)
        count += len(_ROW_END.findall(block))
        if count > rows:
            last = next(islice(_ROW_END.finditer(data), rows - 1, None))
            return data[: last.end()] + b"</%bsheetData></%bworksheet>" % (last[1], last[1])
    return data


def _refuse_large_sheets(source: Source, archive: zipfile.ZipFile) -> None:
    """Raise DataError for a workbook that does not fit into memory.

    calamine takes memory for all cells up to the last row and column, and where there is not as
    much the process ends: one cell far from the others is enough.
    """
    size, most = sum(info.file_size for info in archive.infolist()), source.max_bytes
    refuse_too_large(source.name, size, _AS_CSV, bytes_each=1, most=most)
    texts = _shared_texts(archive)
    for _, info in _sheet_parts(archive):
        rows, columns = _extent(archive, info)
        if rows * columns * max(texts, default=0) > _TEXT_BYTES:
            _refuse_repeated_texts(source, archive, info, texts)
        refuse_too_large(
            source.name,
            rows * columns,
            f"delete what is in row {rows} or in the last column, if that lies far from the table, "
            "or save the sheet as CSV",
            bytes_each=_CELL_BYTES,
            most=most,
        )


def _shared_texts(archive: zipfile.ZipFile) -> list[int]:
    """Return the most bytes of each text that cells share, by its number."""
    shared = [one for one in archive.namelist() if _base_name(one) == "sharedstrings.xml"]
    return [len(text) for one in shared for text in _TEXT_END.split(archive.read(one))]


def _refuse_repeated_texts(
    source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo, texts: list[int]
) -> None:
    """Raise DataError where long texts that cells share take much memory, once for each cell."""
    needed, parts = 0, [""]
    shared = False

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal shared
        if tag.rpartition(":")[2] == "c":
            shared = attributes.get("t") == "s"
        parts[:] = [""]

    def end(tag: str) -> None:
        nonlocal needed
        number = "".join(parts).strip()
        if shared and tag.rpartition(":")[2] == "v" and re.fullmatch("[0-9]{1,9}", number):
            needed += texts[int(number)] if int(number) < len(texts) else 0

    _parse(archive, info, begin, end, parts.append)
    if needed > _TEXT_BYTES:
        raise DataError(
            f"{source.name}: long texts stand in many cells, and take {needed:,} bytes in memory: "
            f"delete the column of texts, or {_AS_CSV}."
        )


def _extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Return the numbers of the last row and column that a part of a workbook names."""
    rows, columns, rest = 0, 0, b""
    with archive.open(info) as part:
        while block := part.read(_BLOCK):
            text, end, rest = (rest + block).rpartition(b">")
            places = _PLACE.findall(text + end)
            if len(places) != len(_PLACED.findall(text + end)):
                return _parsed_extent(archive, info)
            rows = max(rows, *(int(row) for _, row in places), 0)
            columns = max(columns, *map(_column, {letters for letters, _ in places}), 0)
    return rows, columns


def _parsed_extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Return the same by a parser, for what is written in another way than programs do."""
    row = column = rows = columns = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows, columns
        name = tag.rpartition(":")[2]
        if name not in ("row", "c"):
            return
        place = re.fullmatch(r"([A-Za-z]{0,7})([0-9]{0,9})", attributes.get("r", "").strip())
        if place is None:
            raise ValueError(f"the place {attributes['r']!r}")
        # What has no place lies below or beside what was before it.
        if name == "row":
            row, column = int(place[2] or row + 1), 0
        else:
            row = int(place[2] or row)
            column = _column(place[1].upper().encode()) or column + 1
        rows, columns = max(rows, row), max(columns, column)

    _parse(archive, info, begin)
    return rows, columns


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[int, zipfile.ZipInfo]]:
    """Return the parts that hold sheets, whatever their folders, with the number of each sheet."""
    count = 0
    sheets: dict[str, int] = {}
    names: dict[str, int] = {}

    def of_workbook(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        if tag.rpartition(":")[2] == "sheet":
            for value in attributes.values():
                sheets.setdefault(value, count)
            count += 1

    def of_relations(_tag: str, attributes: dict[str, str]) -> None:
        if found := sheets.keys() & set(attributes.values()):
            number = min(sheets[value] for value in found)
            names.update(dict.fromkeys(map(_base_name, attributes.values()), number))

    _parse(archive, archive.getinfo("xl/workbook.xml"), of_workbook)
    _parse(archive, archive.getinfo("xl/_rels/workbook.xml.rels"), of_relations)
    return [
        (names[base], info)
        for info in archive.infolist()
        if (base := _base_name(info.filename)) in names
    ]


def _counts_from_1904(archive: zipfile.ZipFile) -> bool:
    """Return whether a workbook says that its day numbers count from 1904, as those of Macs did."""
    said: list[str] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "workbookPr":
            said.append(attributes.get("date1904", ""))

    _parse(archive, archive.getinfo("xl/workbook.xml"), begin)
    return bool({"1", "true"} & {*said})


def _base_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].casefold()


def _parse(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    begin: Callable[[str, dict[str, str]], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
) -> None:
    """Call functions with what a part holds; raise ExpatError for what is no XML."""
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = text
    with archive.open(info) as part:
        parser.ParseFile(part)


def _column(letters: bytes) -> int:
    """Return the number of a column, from 1, by its letters; 0 without any."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
