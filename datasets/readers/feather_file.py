"""Feather files and Arrow streams, read with pyarrow: only the columns that are needed."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.arrow.arrow_columns import columns_of, raw_of_columns
from spectra.datasets.readers.arrow.arrow_texts import check_texts
from spectra.datasets.readers.arrow.arrow_types import as_frame, flat, pyarrow_faults
from spectra.datasets.readers.binary.binary import as_damage, content, library
from spectra.datasets.source import Source

_FEATHER = "a Feather file"
_STREAM = b"\xff\xff\xff\xff"
"""Continuation mark at the start of an Arrow stream (Arrow columnar format, IPC)."""


def is_feather(head: bytes, name: str) -> bool:
    """Return whether the content is a Feather file, which is an Arrow IPC file, or a stream."""
    return head.startswith(b"ARROW1") or (head.startswith(_STREAM) and len(head) > 16)


def read_feather(source: Source, request: Request) -> Raw:
    """Read the columns of a Feather file or an Arrow stream that are channels, time or labels."""
    arrow = library("pyarrow", source, _FEATHER, "parquet")
    where = content(source)
    stream = source.head(len(_STREAM)) == _STREAM
    with as_damage(source, _FEATHER, pyarrow_faults(arrow)):
        with _arrow_reader(arrow, where, stream) as (reader, _):
            whole = reader.schema.names
            columns = columns_of(arrow, source, reader.schema, request)
        names = columns.stored_names()
        # A column is wanted whole or by a field inside it.
        parts = {part for name in names for part in accumulate(name.split("."), "{}.{}".format)}
        fields = [i for i, name in enumerate(whole) if name in parts]
        most = request.rows_of(sys.maxsize, len(names))
        part = most < sys.maxsize
        with _arrow_reader(arrow, where, stream, fields, mapped=part) as (reader, file):
            if not part:
                table, unread = reader.read_all(), 0
            elif stream:
                table, unread = _first_of_stream(arrow, reader, file, most)
            else:
                table, unread = _first_of_file(arrow, reader, most)
            table = flat(arrow, table)
            table = table.select(columns.places_in(table.column_names))
            # Arrow takes offsets and sizes as they are stored; damaged ones would end the process.
            table.validate(full=True)
            check_texts(arrow, source.name, table)
            frame = as_frame(arrow, table)
        return replace(raw_of_columns(source, frame, columns, request), unread=unread)


@contextmanager
def _arrow_reader(
    arrow: Any,
    where: Path | io.BytesIO,
    stream: bool,
    fields: list[int] | None = None,
    *,
    mapped: bool = False,
) -> Iterator[tuple[Any, Any]]:
    """Open an Arrow file or stream, of which some fields are read, or all for None.

    Of a file that is mapped only the values that are used are read from the disk.
    """
    if isinstance(where, io.BytesIO):
        where.seek(0)
        file = arrow.PythonFile(where, "r")
    else:
        file = (arrow.memory_map if mapped else arrow.OSFile)(str(where))
    opened = arrow.ipc.open_stream if stream else arrow.ipc.open_file
    options = arrow.ipc.IpcReadOptions(included_fields=fields)
    with opened(file, options=options) as reader:
        yield reader, file


def _first_of_file(arrow: Any, reader: Any, rows: int) -> tuple[Any, int]:
    """Return the first rows of an Arrow file, and about how many more there are.

    The batches that are not read count as long as the first, and the last as long as it is.
    """
    found: list[Any] = []
    count = 0
    while count < rows and len(found) < reader.num_record_batches:
        found.append(reader.get_batch(len(found)))
        count += len(found[-1])
    left = reader.num_record_batches - len(found)
    if left:
        count += (left - 1) * len(found[0])
        count += len(reader.get_batch(reader.num_record_batches - 1))
    table = arrow.Table.from_batches(found, None if found else reader.schema).slice(0, rows)
    return table, count - len(table)


def _first_of_stream(arrow: Any, reader: Any, file: Any, rows: int) -> tuple[Any, int]:
    """Return the first rows of an Arrow stream, and about how many more there are."""
    found: list[Any] = []
    count, ended = 0, False
    while count < rows and not ended:
        try:
            found.append(reader.read_next_batch())
            count += len(found[-1])
        except StopIteration:
            ended = True
    at = file.tell()
    whole = count if ended else round(count * file.seek(0, io.SEEK_END) / at)
    table = arrow.Table.from_batches(found, None if found else reader.schema).slice(0, rows)
    return table, max(0, whole - len(table))
