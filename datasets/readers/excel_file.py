"""Excel workbooks (.xlsx), read with calamine; the cells of a sheet are read like a text table.

calamine is chosen before openpyxl: it reads a sheet some ten times faster and needs no other
package. Both give the values that were saved with formulas. It reads .xls, .xlsb and .ods
too, which are refused all the same: the size of their sheets cannot be checked before, and a
damaged one makes it take all memory and end the process.
"""

import csv
import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.parsers import expat

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary import content, damaged, library
from spectra.datasets.readers.csv_file import read_csv
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
_BLOCK = 1 << 20
_CELL_BYTES = 64
"""Bytes that a cell takes while it is read."""


def is_excel(head: bytes, name: str) -> bool:
    """Return whether the content is a zip archive like those of office programs."""
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length].decode("latin-1")
    return head.startswith(b"PK\x03\x04") and first.endswith(_PARTS)


def read_excel(source: Source, request: Request) -> Raw:
    """Read a sheet of a workbook: the first, or that of the request."""
    calamine = library("python_calamine", source, _KIND, "excel")
    where = content(source)
    try:
        with zipfile.ZipFile(where) as archive:
            if "xl/workbook.bin" in archive.namelist():
                raise DataError(f"{source.name} is a binary workbook (.xlsb): save it as .xlsx.")
            _refuse_large_sheets(source, archive)
        if isinstance(where, io.BytesIO):
            where.seek(0)
        book = calamine.CalamineWorkbook.from_object(where)
        sheet, notes = _sheet(source, book, request.sheet)
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except DataError:
        raise
    except (calamine.CalamineError, *_FAULTS) as error:
        raise damaged(source, _KIND, error) from error
    if not rows:
        raise DataError(f"{source.name}: sheet '{sheet}' is empty: name another with --sheet.")
    name = f"{source.name}, sheet '{sheet}'"
    try:
        raw = read_csv(Source(name, None, _as_text(rows).encode()), request)
    except DataError as error:
        if len(book.sheet_names) > 1 and request.sheet is None:
            others = ", ".join(f"'{one}'" for one in book.sheet_names[1:8])
            raise DataError(
                f"{error} Another sheet may hold the table: --sheet {others}."
            ) from error
        raise
    return replace(raw, notes=(*notes, *raw.notes))


def _refuse_large_sheets(source: Source, archive: zipfile.ZipFile) -> None:
    """Raise DataError for a workbook that does not fit into memory.

    calamine takes memory for all cells up to the last row and column, and where there is not as
    much the process ends: one cell far from the others is enough.
    """
    size, most = sum(info.file_size for info in archive.infolist()), source.max_bytes
    refuse_too_large(source.name, size, "save the sheet as CSV", bytes_each=1, most=most)
    for info in _sheet_parts(archive):
        rows, columns = _extent(archive, info)
        refuse_too_large(
            source.name,
            rows * columns,
            f"delete what is in row {rows} or in the last column, if that lies far from the table, "
            "or save the sheet as CSV",
            bytes_each=_CELL_BYTES,
            most=most,
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


def _sheet_parts(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the parts that hold sheets, whatever their folders."""
    sheets: set[str] = set()
    names: set[str] = set()

    def of_workbook(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            sheets.update(attributes.values())

    def of_relations(_tag: str, attributes: dict[str, str]) -> None:
        if sheets.intersection(attributes.values()):
            names.update(map(_base_name, attributes.values()))

    _parse(archive, archive.getinfo("xl/workbook.xml"), of_workbook)
    _parse(archive, archive.getinfo("xl/_rels/workbook.xml.rels"), of_relations)
    return [info for info in archive.infolist() if _base_name(info.filename) in names]


def _base_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].casefold()


def _parse(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    begin: Callable[[str, dict[str, str]], object],
) -> None:
    """Call a function with each element of a part; raise ExpatError for what is no XML."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    with archive.open(info) as part:
        parser.ParseFile(part)


def _column(letters: bytes) -> int:
    """Return the number of a column, from 1, by its letters; 0 without any."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _sheet(source: Source, book: Any, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the name of the sheet to read, and a note where there are others."""
    names: list[str] = book.sheet_names
    listed = ", ".join(f"'{name}'" for name in names[:8])
    if wanted is None:
        if not names:
            raise DataError(f"{source.name} has no sheets.")
        others = f"Sheet '{names[0]}' is read, of {listed} (--sheet chooses)."
        return names[0], (others,) if len(names) > 1 else ()
    for same in (str, str.casefold):
        for name in names:
            if same(name) == same(wanted):
                return name, ()
    if wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1], ()
    raise DataError(f"{source.name} has no sheet '{wanted}': there are {listed}.")


def _as_text(rows: list[list[Any]]) -> str:
    """Return the cells as lines with commas, one a row, so that lines are rows of the sheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    width = max((_width(row) for row in rows), default=0)
    for row in rows:
        writer.writerow([_cell(cell) for cell in row[:width]])
    return text.getvalue()


def _width(row: list[Any]) -> int:
    """Return the number of cells up to the last that holds something."""
    return max((index + 1 for index, cell in enumerate(row) if cell != ""), default=0)


def _cell(cell: object) -> object:
    """Return a cell as a text table has it."""
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, str):
        return " ".join(cell.split())
    return cell
