"""Parquet and Feather files, read with pyarrow: only the columns that are needed."""

import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary import content, damaged, library
from spectra.datasets.readers.columns import Table
from spectra.datasets.readers.labels import is_label_name
from spectra.datasets.readers.signals import listed_channels
from spectra.datasets.readers.table import raw_from_table
from spectra.datasets.readers.variables import is_rate_name, rate_of
from spectra.datasets.source import Source
from spectra.errors import DataError

_PARQUET = "a Parquet file"
_FEATHER = "a Feather file"
_INDEX = re.compile(r"__index_level_\d+__")
"""Names that pandas gives to indices without a name."""
_TIME_NAME = re.compile(r"(?i)(?:^|[\W_])(?:time|timestamp|date|datetime|epoch|ts|t)(?:$|[\W_])")
_UNITS = ("unit", "units")


def is_parquet(head: bytes, name: str) -> bool:
    """Return whether the content is a Parquet file."""
    return head.startswith(b"PAR1")


def is_feather(head: bytes, name: str) -> bool:
    """Return whether the content is a Feather file, which is an Arrow IPC file."""
    return head.startswith(b"ARROW1")


def read_parquet(source: Source, request: Request) -> Raw:
    """Read the columns of a Parquet file that are channels, time or labels."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    where = content(source)
    try:
        with parquet.ParquetFile(where, memory_map=isinstance(where, Path)) as file:
            columns = _columns(arrow, source, file.schema_arrow, request)
            values = file.metadata.num_rows * len(columns.indices)
            refuse_too_large(source.name, values, "choose fewer columns with --channels")
            table = file.read(columns=columns.stored_names())
        return _raw(arrow, source, table, columns, request)
    except DataError:
        raise
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise damaged(source, _PARQUET, error) from error


def read_feather(source: Source, request: Request) -> Raw:
    """Read the columns of a Feather file that are channels, time or labels."""
    arrow = library("pyarrow", source, _FEATHER, "parquet")
    feather = library("pyarrow.feather", source, _FEATHER, "parquet")
    where = content(source)
    try:
        columns = _columns(arrow, source, _feather_schema(arrow, where), request)
        if isinstance(where, io.BytesIO):
            where.seek(0)
        mapped = isinstance(where, Path)
        table = feather.read_table(where, columns=columns.stored_names(), memory_map=mapped)
        return _raw(arrow, source, table, columns, request)
    except DataError:
        raise
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise damaged(source, _FEATHER, error) from error


@dataclass(frozen=True)
class _Columns:
    """The schema of a file, the columns that are read, and a note on those that cannot be."""

    schema: Any
    names: tuple[str | None, ...]
    indices: list[int]
    notes: tuple[str, ...]

    def stored_names(self) -> list[str]:
        """The names of the columns to read, as the file has them."""
        return [self.schema.names[index] for index in self.indices]


def _feather_schema(arrow: Any, where: Path | io.BytesIO) -> Any:
    """Return the schema of a Feather file, whose values are not read."""
    if isinstance(where, Path):
        with arrow.memory_map(str(where)) as mapped:
            return arrow.ipc.open_file(mapped).schema
    return arrow.ipc.open_file(where).schema


def _columns(arrow: Any, source: Source, schema: Any, request: Request) -> _Columns:
    """Return which columns to read: all, or those that are named and those that may be time."""
    names = tuple("" if _INDEX.fullmatch(name) else name for name in schema.names)
    table = Table(pd.DataFrame(), names, lambda row: source.name, source.name)
    nested = [index for index, kind in enumerate(schema.types) if not _is_flat(arrow, kind)]
    notes = tuple(
        f"{table.label(index)} holds {schema.types[index]}: left out." for index in nested
    )
    flat = [index for index in range(len(names)) if index not in nested]
    if request.channels is None:
        return _Columns(schema, names, flat, notes)
    wanted = listed_channels(request.channels, table.titles())
    needed = {table.find(name, "channels") for name in wanted}
    if request.label is not None:
        needed.add(table.find(request.label, "labels"))
    if request.time not in (None, "none"):
        needed.add(table.find(str(request.time), "time"))
    elif request.time is None:
        needed |= set(_times(arrow, schema, names, flat))
    needed |= {i for i in flat if is_label_name(names[i]) and request.label is None}
    return _Columns(schema, names, [index for index in flat if index in needed], notes)


def _is_flat(arrow: Any, kind: Any) -> bool:
    """Return whether a column has one number, text or instant a row."""
    types = arrow.types
    return not (types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _times(arrow: Any, schema: Any, names: tuple[str, ...], flat: list[int]) -> list[int]:
    """Return the columns that may be time: those of instants, or else those called so."""
    instants = [index for index in flat if arrow.types.is_temporal(schema.types[index])]
    return instants or [i for i in flat if _TIME_NAME.search(names[i]) or not names[i]]


def _raw(arrow: Any, source: Source, table: Any, columns: _Columns, request: Request) -> Raw:
    """Return the samples in the columns that were read."""
    for index, field in enumerate(table.schema):
        if arrow.types.is_decimal(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(arrow.float64()))
    names = tuple(columns.names[index] for index in columns.indices)
    units = [_unit(columns.schema.field(index)) for index in columns.indices]
    fs = _rate(columns.schema.metadata)
    # Each column is freed as soon as it is converted.
    frame = table.to_pandas(
        date_as_object=False, ignore_metadata=True, split_blocks=True, self_destruct=True
    )
    frame.columns = pd.RangeIndex(len(names))
    full = Table(pd.DataFrame(), columns.names, lambda row: source.name, source.name)
    rows = Table(frame, names, lambda row: f"{source.name}, row {row + 1}", source.name)
    raw = raw_from_table(rows, _by_title(full, rows, columns, request))
    found = dict(zip(rows.titles(), units, strict=True))
    said = tuple(found.get(title, "") for title in raw.channels)
    return replace(
        raw,
        notes=(*columns.notes, *raw.notes),
        fs=raw.fs if fs is None else fs,
        units=said if any(said) else raw.units,
    )


def _by_title(full: Table, rows: Table, columns: _Columns, request: Request) -> Request:
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
