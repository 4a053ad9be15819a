"""Parquet and Feather files, read with pyarrow: only the columns that are needed."""

import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.arrow_texts import check_texts, is_text, refuse_repeated
from spectra.datasets.readers.binary import content, damaged, library
from spectra.datasets.readers.columns import Table
from spectra.datasets.readers.labels import is_label_name
from spectra.datasets.readers.layouts import unrolled
from spectra.datasets.readers.parquet_footer import MAGICS, metadata_of, opened_parquet
from spectra.datasets.readers.parquet_pages import Pages, checked_pages
from spectra.datasets.readers.signals import as_floats, listed_channels
from spectra.datasets.readers.table import raw_from_table
from spectra.datasets.readers.variable_rates import is_rate_name, rate_of
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import short

_PARQUET = "a Parquet file"
_FEATHER = "a Feather file"
_STREAM = b"\xff\xff\xff\xff"
"""Continuation mark at the start of an Arrow stream (Arrow columnar format, IPC)."""
_INDEX = re.compile(r"__index_level_\d+__")
"""Names that pandas gives to indices without a name."""
_TIME_NAME = re.compile(r"(?i)(?:^|[\W_])(?:time|timestamp|date|datetime|epoch|ts|t)(?:$|[\W_])")
_OFFSET = re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]")
_UNITS = ("unit", "units")
_BATCH_ROWS = 1 << 16
"""Rows of a batch: 0.5 MB a column."""
_BATCH_BYTES = 1 << 26
"""Most bytes of the texts of a batch."""


def is_parquet(head: bytes, name: str) -> bool:
    """Return whether the content is a Parquet file."""
    return head.startswith(MAGICS)


def is_feather(head: bytes, name: str) -> bool:
    """Return whether the content is a Feather file, which is an Arrow IPC file, or a stream."""
    return head.startswith(b"ARROW1") or (head.startswith(_STREAM) and len(head) > 16)


@contextmanager
def as_damage(arrow: Any, source: Source, kind: str) -> Iterator[None]:
    """Raise DataError for an error of pyarrow while a file of a kind is read."""
    try:
        yield
    except DataError:
        raise
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise damaged(source, kind, error) from error


def read_parquet(source: Source, request: Request) -> Raw:
    """Read the columns of a Parquet file that are channels, time or labels."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    where = content(source)
    with (
        as_damage(arrow, source, _PARQUET),
        opened_parquet(parquet, source, where) as (file, raw),
    ):
        columns = columns_of(arrow, source, file.schema_arrow, request)
        rows = request.rows_of(file.metadata.num_rows, len(columns.indices))
        values = rows * len(columns.indices)
        remedy = "choose fewer columns with --channels"
        refuse_too_large(source.name, values, remedy, most=source.max_bytes)
        groups = range(_groups_of(file, rows))
        pages = checked_pages(raw, file.metadata, groups, columns.stored_names())
        frame = _frame(arrow, source, file, columns, rows, pages)
        unread = file.metadata.num_rows - rows
        return replace(_raw(source, frame, columns, request), unread=unread)


def batches_of(
    source: Source, where: Path | io.BytesIO, request: Request
) -> Iterator[tuple[Table, int]]:
    """Yield the columns of a Parquet file some rows at a time, with the number of all rows."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    with (
        as_damage(arrow, source, _PARQUET),
        opened_parquet(parquet, source, where) as (file, raw),
    ):
        columns = columns_of(arrow, source, file.schema_arrow, request)
        names = tuple(columns.names[index] for index in columns.indices)
        stored = columns.stored_names()
        pages = checked_pages(raw, file.metadata, range(file.metadata.num_row_groups), stored)
        kinds = zip(stored, columns.kinds(), strict=True)
        texts = [name for name, kind in kinds if is_text(arrow, kind)]
        most = _rows_of_batch(pages, texts)
        for batch in file.iter_batches(most, columns=stored, use_threads=False):
            part = _flat(arrow, arrow.Table.from_batches([batch])).select(stored)
            frame = _converted(arrow, part)
            table = Table(frame, names, lambda row: source.name, source.name)
            yield table, file.metadata.num_rows


def n_values_of(source: Source) -> int:
    """Return the number of values of a Parquet file."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    with as_damage(arrow, source, _PARQUET), source.open() as file:
        metadata = metadata_of(parquet, source.name, file)
    return int(metadata.num_rows * metadata.num_columns)


def read_feather(source: Source, request: Request) -> Raw:
    """Read the columns of a Feather file or an Arrow stream that are channels, time or labels."""
    arrow = library("pyarrow", source, _FEATHER, "parquet")
    where = content(source)
    stream = source.head(len(_STREAM)) == _STREAM
    with as_damage(arrow, source, _FEATHER):
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
            table = _flat(arrow, table)
            table = table.select(columns.places_in(table.column_names))
            # Arrow takes offsets and sizes as they are stored; damaged ones would end the process.
            table.validate(full=True)
            check_texts(arrow, source.name, table)
            frame = _converted(arrow, table)
        return replace(_raw(source, frame, columns, request), unread=unread)


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


@dataclass(frozen=True)
class Columns:
    """The schema of a file, the columns that are read, and a note on those that cannot be."""

    schema: Any
    names: tuple[str | None, ...]
    indices: list[int]
    notes: tuple[str, ...]

    def stored_names(self) -> list[str]:
        """Return the names of the columns to read, as the file has them."""
        names = self.schema.names
        return [names[index] for index in self.indices]

    def kinds(self) -> list[Any]:
        """Return the types of the columns to read."""
        types = self.schema.types
        return [types[index] for index in self.indices]

    def places_in(self, names: list[str]) -> list[int]:
        """Return where the columns to read are in a part of the file with these columns.

        Of several columns of one name the part has all.
        """
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            places.setdefault(name, []).append(place)
        met, numbers, known = Counter[str](), [], self.schema.names
        for name in known:
            numbers.append(met[name])
            met[name] += 1
        return [places[known[index]][numbers[index]] for index in self.indices]


def columns_of(arrow: Any, source: Source, schema: Any, request: Request) -> Columns:
    """Return which columns to read: all, or those that are named and those that may be time."""
    zones = [
        f"The time zone '{short(field.type.tz)}' of column '{short(field.name)}' is not known "
        "here: its times are those of UTC."
        for field in schema
        if arrow.types.is_timestamp(field.type) and not _has_known_zone(field.type)
    ]
    schema = _empty(arrow, schema).schema
    names = tuple("" if _INDEX.fullmatch(name) else name for name in schema.names)
    table = Table(pd.DataFrame(), names, lambda row: source.name, source.name)
    nested = {i: kind for i, kind in enumerate(schema.types) if not _is_flat(arrow, kind)}
    notes = (
        *zones,
        *(f"{table.label(index)} holds {kind}: left out." for index, kind in nested.items()),
    )
    flat = [index for index in range(len(names)) if index not in nested]
    if request.channels is None:
        return Columns(schema, names, flat, notes)
    wanted = listed_channels(request.channels, table.titles())
    needed = {table.find(name, "channels") for name in wanted}
    if request.label is not None:
        needed.add(table.find(request.label, "labels"))
    if request.time not in (None, "none"):
        needed.add(table.find(str(request.time), "time"))
    elif request.time is None:
        needed |= set(_times(arrow, schema, names, flat))
    needed |= {i for i in flat if is_label_name(names[i]) and request.label is None}
    return Columns(schema, names, [index for index in flat if index in needed], notes)


def _flat(arrow: Any, table: Any) -> Any:
    """Return a table with a column for each field of a structure, named with a dot."""
    for index, field in enumerate(table.schema):
        if (kind := _stored(arrow, field.type)) != field.type:
            table = table.set_column(index, field.with_type(kind), table.column(index).cast(kind))
    while any(map(arrow.types.is_struct, table.schema.types)):
        table = table.flatten()
    return table


def _empty(arrow: Any, schema: Any) -> Any:
    """Return the table without rows of a schema, with a column for each field of a structure."""
    fields = [field.with_type(_stored(arrow, field.type)) for field in schema]
    return _flat(arrow, arrow.schema(fields, schema.metadata).empty_table())


def _stored(arrow: Any, kind: Any) -> Any:
    """Return the type that values are stored as: another for tensors, and for an unknown zone."""
    if isinstance(kind, arrow.BaseExtensionType):
        return _stored(arrow, kind.storage_type)
    if arrow.types.is_timestamp(kind) and not _has_known_zone(kind):
        return arrow.timestamp(kind.unit, "UTC")
    if arrow.types.is_struct(kind):
        return arrow.struct([part.with_type(_stored(arrow, part.type)) for part in kind])
    return kind


def _has_known_zone(kind: Any) -> bool:
    """Return whether instants have no time zone, or one that is known here."""
    if not kind.tz or _OFFSET.fullmatch(kind.tz):
        return True
    try:
        ZoneInfo(kind.tz)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_flat(arrow: Any, kind: Any) -> bool:
    """Return whether a column has one number, text or instant a row."""
    types = arrow.types
    return not (types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _times(arrow: Any, schema: Any, names: tuple[str, ...], flat: list[int]) -> list[int]:
    """Return the columns that may be time: those of instants, or else those called so."""
    instants = [index for index in flat if arrow.types.is_temporal(schema.types[index])]
    return instants or [i for i in flat if _TIME_NAME.search(names[i]) or not names[i]]


def _frame(
    arrow: Any, source: Source, file: Any, columns: Columns, rows: int, pages: dict[str, Pages]
) -> pd.DataFrame:
    """Return the first rows of the columns to read of a Parquet file.

    Numbers and instants are copied batch by batch into arrays of their own, so that they take
    their own memory and that of a batch; pyarrow holds texts and columns with gaps twice for a
    moment.
    """
    stored, types = columns.stored_names(), columns.kinds()
    filled = _filled(arrow, file, columns, rows)
    floating = [place for place, values in filled.items() if values.dtype == np.float64]
    block = filled[floating[0]].base if floating else np.empty((0, rows))
    # Transposed, the rows of the array are the columns of the frame, which keeps it as it is.
    frame = pd.DataFrame(np.asarray(block).T, copy=False).set_axis(pd.Index(floating), axis=1)
    others = [place for place in range(len(stored)) if place not in filled]
    kinds = {stored[place]: types[place] for place in others}
    rest = _converted(arrow, _rest(arrow, source, file, kinds, rows, pages))
    rest.columns = pd.Index(others)
    for place in sorted({*filled, *others} - set(floating)):
        kind = types[place]
        into = _with_zone(filled[place], kind) if place in filled else rest[place].array
        frame.insert(place, place, into)
    return frame


def _rest(
    arrow: Any, source: Source, file: Any, kinds: dict[str, Any], rows: int, pages: dict[str, Pages]
) -> Any:
    """Return the first rows of columns of texts and others, of these names and types."""
    names = [*kinds]
    texts = [name for name in names if is_text(arrow, kinds[name])]
    most = max(1, min(rows, _rows_of_batch(pages, texts)))
    needed = dict.fromkeys(texts, 0)
    found = [_empty(arrow, file.schema_arrow).select(names)]
    count = 0
    for group in range(_groups_of(file, rows) if names else 0):
        for batch in file.iter_batches(most, [group], names, use_threads=False):
            found.append(_flat(arrow, arrow.Table.from_batches([batch])).select(names))
            count += len(batch)
            for name in texts:
                needed[name] += found[-1][name].nbytes
                refuse_repeated(source.name, name, count, needed[name], pages[name].total)
            if count >= rows:
                break
    table = arrow.concat_tables(found).slice(0, rows)
    check_texts(arrow, source.name, table)
    return table


def _rows_of_batch(pages: dict[str, Pages], texts: list[str]) -> int:
    """Return how many rows of columns of texts, and others, are held at a time.

    A text is at most as long as a page, so that the rows are bounded by its bytes.
    """
    longest = max((pages[name].largest for name in texts), default=0)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // (longest + 1)))


def _groups_of(file: Any, rows: int) -> int:
    """Return how many groups of rows hold the first rows; one group at least, if there is any."""
    count = 0
    for group in range(file.metadata.num_row_groups):
        if count >= rows:
            return group
        count += file.metadata.row_group(group).num_rows
    return int(file.metadata.num_row_groups)


def _filled(arrow: Any, file: Any, columns: Columns, rows: int) -> dict[int, NDArray[Any]]:
    """Return the values of columns of numbers and instants by their places, floats side by side.

    Integers and instants of which some are missing have no array.
    """
    kinds = columns.kinds()
    stored, schema = columns.stored_names(), file.schema_arrow
    whole = {field.name for field in schema if _stored(arrow, field.type) == field.type}
    places = [i for i, name in enumerate(stored) if name in whole and _has_array(arrow, kinds[i])]
    floating = [place for place in places if arrow.types.is_floating(kinds[place])]
    filled: dict[int, NDArray[Any]] = dict(
        zip(floating, np.empty((len(floating), rows)), strict=True)
    )
    for place in places:
        if place not in filled:
            filled[place] = np.empty(rows, _array_type(arrow, kinds[place]))
    start, most = 0, min(_BATCH_ROWS, max(1, rows))
    for group in range(_groups_of(file, rows) if places else 0):
        for batch in file.iter_batches(
            most, [group], [stored[place] for place in places], use_threads=False
        ):
            for place, column in zip(places, batch.columns, strict=True):
                if place in floating:
                    values = as_floats(column.to_numpy(zero_copy_only=False))
                elif column.null_count:
                    filled.pop(place, None)
                    continue
                else:
                    values = column.to_numpy(zero_copy_only=False)
                if place in filled:
                    filled[place][start : start + len(batch)] = values[: rows - start]
            start += len(batch)
            if start >= rows:
                break
    return filled


def _has_array(arrow: Any, kind: Any) -> bool:
    """Return whether the values of a type fill an array of NumPy as they are."""
    types = arrow.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_timestamp(kind))


def _array_type(arrow: Any, kind: Any) -> str:
    """Return the type of the array of integers, or of instants, which are those of UTC."""
    return f"M8[{kind.unit}]" if arrow.types.is_timestamp(kind) else str(kind)


def _with_zone(values: NDArray[Any], kind: Any) -> Any:
    """Return instants in the zone of their column, and numbers as they are."""
    if values.dtype.kind != "M" or kind.tz is None:
        return values
    return pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(kind.tz).array


def _converted(arrow: Any, table: Any) -> pd.DataFrame:
    """Return a table of Arrow as a frame, decimals as floats; each column is freed at once.

    Times of day have microseconds at most in Python.
    """
    for index, field in enumerate(table.schema):
        kind = field.type
        if arrow.types.is_decimal(kind):
            kind = arrow.float64()
        elif arrow.types.is_time64(kind):
            kind = arrow.time64("us")
        if kind != field.type:
            column = table.column(index).cast(kind, safe=False)
            table = table.set_column(index, field.name, column)
    frame: pd.DataFrame = table.to_pandas(
        date_as_object=False, ignore_metadata=True, split_blocks=True, self_destruct=True
    )
    frame.columns = pd.RangeIndex(frame.shape[1])
    return frame


def _raw(source: Source, frame: pd.DataFrame, columns: Columns, request: Request) -> Raw:
    """Return the samples in the columns that were read."""
    names = tuple(columns.names[index] for index in columns.indices)
    units = [_unit(columns.schema.field(index)) for index in columns.indices]
    fs = _rate(columns.schema.metadata)
    frame.columns = pd.RangeIndex(len(names))
    full = Table(pd.DataFrame(), columns.names, lambda row: source.name, source.name)
    rows = Table(frame, names, lambda row: f"{source.name}, row {row + 1}", source.name)
    wanted = _by_title(full, rows, columns, request)
    try:
        raw = raw_from_table(rows if wanted.channels else unrolled(rows), wanted)
    except DataError as error:
        raise DataError(" ".join((str(error), *columns.notes))) from error
    found = dict(zip(rows.titles(), units, strict=True))
    said = tuple(found.get(title, "") for title in raw.channels)
    return replace(
        raw,
        notes=(*columns.notes, *raw.notes),
        fs=raw.fs if fs is None else fs,
        units=said if any(said) else raw.units,
    )


def _by_title(full: Table, rows: Table, columns: Columns, request: Request) -> Request:
    """Return the request with columns named by their titles among those that were read."""

    def title(wanted: str, role: str) -> str:
        return rows.titles()[columns.indices.index(full.find(wanted, role))]

    channels = request.channels
    if channels is not None:
        channels = [title(name, "channels") for name in listed_channels(channels, full.titles())]
    time = request.time
    if time not in (None, "none"):
        time = title(str(time), "time")
    label = None if request.label is None else title(request.label, "labels")
    return replace(request, channels=channels, time=time, label=label)


def _unit(field: Any) -> str:
    """Return the physical unit that the metadata of a column give."""
    metadata = field.metadata or {}
    return next(
        (metadata[key.encode()].decode("utf-8", "replace") for key in _UNITS
         if key.encode() in metadata),
        "",
    )  # fmt: skip


def _rate(metadata: dict[bytes, bytes] | None) -> float | None:
    """Return the sampling rate in Hz that the metadata of a file give."""
    for key, value in (metadata or {}).items():
        if is_rate_name(key.decode("utf-8", "replace")):
            return rate_of(value.decode("utf-8", "replace"))
    return None
