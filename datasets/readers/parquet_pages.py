"""The pages of a Parquet file, whose sizes are checked before memory is taken for them.

Each page has a header with the bytes that follow and those that they unpack to. pyarrow takes
memory as the header says, up to 2 GB a page.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, BinaryIO

from spectra.datasets.memory import largest_bytes

_RATIOS = {"GZIP": 1040, "ZSTD": 1 << 15, "BROTLI": 1 << 20}
_RATIO = 256
"""Largest ratio of a codec: 1,032 for DEFLATE (RFC 1951), 128 KiB in 4 bytes for Zstandard
(RFC 8878), 16 MiB in some bytes for Brotli (RFC 7932), and below 256 for LZ4 and Snappy."""
_CODECS = range(8)
_GROUPS, _CHUNKS, _METADATA, _CODEC = 4, 1, 3, 4
"""Codecs that there are, and the fields of a footer that lead to those of its column chunks."""
_USUAL = 1 << 20
"""Bytes that any page may unpack to: writers make pages of 1 MiB."""
_HEADER, _LONGEST_HEADER = 1 << 10, 1 << 24
"""Bytes that are read for a header, and those of the longest (the limit of pyarrow)."""
_PADDING = 100
"""Bytes after a column chunk that pyarrow reads too: an old writer counts too few (PARQUET-816)."""
_DEEPEST = 16
_TYPE, _UNPACKED, _PACKED, _VALUES = 1, 2, 3, 1
"""Numbers of fields of a page header and of its data page header (parquet.thrift)."""
_DATA_PAGES = (5, 8)


@dataclass(frozen=True)
class Pages:
    """The bytes that pages say they unpack to: the largest of a column, and all together."""

    largest: int = 0
    total: int = 0


def checked_pages(
    file: BinaryIO, metadata: Any, groups: range, names: Iterable[str]
) -> dict[str, Pages]:
    """Return the sizes of the pages of each column, by its name, that will be read.

    Raises ValueError where a page says more bytes than there can be.

    Parameters
    ----------
    file : file
        The Parquet file.
    metadata : pyarrow.parquet.FileMetaData
    groups : range
        The groups of rows that will be read.
    names : iterable of str
        The names of the columns that will be read, fields of structures after a dot.
    """
    size = file.seek(0, io.SEEK_END)
    found = dict.fromkeys(names, Pages())
    for group in groups:
        held = 0
        for chunk in map(metadata.row_group(group).column, range(metadata.num_columns)):
            # pyarrow finds a column by its name and by that of what it is a part of.
            for name in accumulate(chunk.path_in_schema.split("."), "{}.{}".format):
                if name in found:
                    pages, so_far = _pages(file, size, chunk), found[name]
                    largest = max(pages.largest, so_far.largest)
                    found[name] = Pages(largest, pages.total + so_far.total)
                    held += pages.largest
        # pyarrow holds a page of each column at a time.
        if held > largest_bytes():
            raise ValueError("its pages unpack to more than the memory that may be used here")
    return found


def _pages(file: BinaryIO, size: int, chunk: Any) -> Pages:
    """Return the sizes of the pages of a column chunk."""
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < (chunk.dictionary_page_offset or 0) < at:
        at = chunk.dictionary_page_offset
    end = min(size, at + chunk.total_compressed_size + _PADDING)
    largest = total = values = 0
    while values < chunk.num_values and at < end:
        header, at = _header(file, at)
        packed, unpacked = _number(header, _PACKED), _number(header, _UNPACKED)
        if not 0 <= packed <= size - at:
            raise ValueError(f"a page says that it has {packed:,} bytes; {size - at:,} are left")
        ratio = _RATIO
        if unpacked > max(_USUAL, ratio * packed) and _has_known_codecs(file, size):
            ratio = _RATIOS.get(chunk.compression, _RATIO)
        if not 0 <= unpacked <= max(_USUAL, ratio * packed):
            raise ValueError(f"a page of {packed:,} bytes says that it unpacks to {unpacked:,}")
        at += packed
        largest, total = max(largest, unpacked), total + unpacked
        values += sum(_number(header.get(field), _VALUES, 0) for field in _DATA_PAGES)
    return Pages(largest, total)


def _has_known_codecs(file: BinaryIO, size: int) -> bool:
    """Return whether all codecs in the footer are there: pyarrow ends the process at any other."""
    file.seek(size - 8)
    length = int.from_bytes(file.read(4), "little")
    file.seek(size - 8 - length)
    try:
        groups = _fields(file.read(length), 0, 0)[0].get(_GROUPS)
        chunks = [chunk for group in groups or () for chunk in group.get(_CHUNKS) or ()]
        return all(_number(chunk.get(_METADATA), _CODEC) in _CODECS for chunk in chunks)
    except (IndexError, AttributeError, TypeError):
        return False


def _number(fields: Any, field: int, otherwise: int = -1) -> int:
    """Return the integer in a field of a structure, which may lack it or be none."""
    value = fields.get(field) if isinstance(fields, dict) else None
    return value if isinstance(value, int) else otherwise


def _header(file: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """Return the fields of the page header at a place of a file, and where it ends."""
    count = _HEADER
    while True:
        file.seek(at)
        data = file.read(count)
        try:
            fields, length = _fields(data, 0, 0)
        except IndexError:
            if len(data) < count or count >= _LONGEST_HEADER:
                raise ValueError("a page has no end of its header") from None
            count *= 16
        else:
            return fields, at + length


def _fields(data: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    """Return the fields of a structure in the compact protocol of Thrift, and where it ends.

    Raises IndexError where the data ends before the structure.
    """
    if depth > _DEEPEST:
        raise ValueError("a page header is nested too deep")
    found: dict[int, Any] = {}
    number = 0
    while kind := data[at]:
        at += 1
        if kind >> 4:
            number += kind >> 4
        else:
            number, at = _integer(data, at)
        found[number], at = _value(data, at, kind & 15, depth)
    return found, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    """Return a value of a type of the compact protocol, None for one that is passed over."""
    if kind in (1, 2):
        return kind == 1, at
    if kind == 3:
        return None, at + 1
    if kind in (4, 5, 6):
        return _integer(data, at)
    if kind == 7:
        return None, at + 8
    if kind == 8:
        length, at = _varint(data, at)
        return None, at + length
    if kind in (9, 10):
        return _values(data, at, depth + 1)
    if kind == 12:
        return _fields(data, at, depth + 1)
    raise ValueError(f"a page header holds a value of type {kind}")


def _values(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    """Return the values of a list of the compact protocol, and where it ends."""
    if depth > _DEEPEST:
        raise ValueError("a page header is nested too deep")
    size, kind = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    if kind in (1, 2):
        # Truth values take a byte in a list.
        kind = 3
    found = []
    for _ in range(size):
        value, at = _value(data, at, kind, depth)
        found.append(value)
    return found, at


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """Return a signed integer (zigzag) and where it ends."""
    value, at = _varint(data, at)
    return value >> 1 ^ -(value & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a page header holds a number of more than 64 bits")
