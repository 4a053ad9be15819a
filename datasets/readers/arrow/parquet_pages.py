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
from spectra.datasets.readers.arrow.compact_thrift import fields_of

_RATIOS = {"GZIP": 1040, "ZSTD": 1 << 15, "BROTLI": 1 << 20}
_RATIO = 256
"""Largest ratio of a codec: 1,032 for DEFLATE (RFC 1951), 128 KiB in 4 bytes for Zstandard
(RFC 8878), 16 MiB in some bytes for Brotli (RFC 7932), and below 256 for LZ4 and Snappy."""
_USUAL = 1 << 20
"""Bytes that any page may unpack to: writers make pages of 1 MiB."""
_HEADER, _LONGEST_HEADER = 1 << 10, 1 << 24
"""Bytes that are read for a header, and those of the longest (the limit of pyarrow)."""
_PADDING = 100
"""Bytes after a column chunk that pyarrow reads too: an old writer counts too few (PARQUET-816)."""
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
        rows, n_columns = metadata.row_group(group), metadata.num_columns
        if rows.num_columns != n_columns:
            raise ValueError(f"a group of rows has {rows.num_columns} of {n_columns} columns")
        for chunk in map(rows.column, range(n_columns)):
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
    ratio = _RATIOS.get(chunk.compression, _RATIO)
    largest = total = values = 0
    while values < chunk.num_values and at < end:
        header, at = _header(file, at)
        packed, unpacked = _number(header, _PACKED), _number(header, _UNPACKED)
        if not 0 <= packed <= size - at:
            raise ValueError(f"a page says that it has {packed:,} bytes; {size - at:,} are left")
        if not 0 <= unpacked <= max(_USUAL, ratio * packed):
            raise ValueError(f"a page of {packed:,} bytes says that it unpacks to {unpacked:,}")
        at += packed
        largest, total = max(largest, unpacked), total + unpacked
        values += sum(_number(header.get(field), _VALUES, 0) for field in _DATA_PAGES)
    return Pages(largest, total)


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
            fields, length = fields_of(data, 0)
        except IndexError:
            if len(data) < count or count >= _LONGEST_HEADER:
                raise ValueError("a page has no end of its header") from None
            count *= 16
        else:
            return fields, at + length
