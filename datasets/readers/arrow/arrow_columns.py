"""The columns of Arrow tables that are read, and the samples in them."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.arrow.arrow_types import has_known_zone, is_flat, without_rows
from spectra.datasets.readers.binary.signals import listed_channels
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.tables.labels import is_label_name
from spectra.datasets.readers.tables.layouts import unrolled
from spectra.datasets.readers.tables.table import raw_from_table
from spectra.datasets.readers.variables.variable_rates import is_rate_name, rate_said
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import short

_INDEX = re.compile(r"__index_level_\d+__")
"""Names that pandas gives to indices without a name."""
_FOR_LISTS = " (DataFrame.explode gives each value of a list a row, pd.DataFrame(list) a column)"
_TIME_NAME = re.compile(r"(?i)(?:^|[\W_])(?:time|timestamp|date|datetime|epoch|ts|t)(?:$|[\W_])")
_UNITS = ("unit", "units")


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
        if arrow.types.is_timestamp(field.type) and not has_known_zone(field.type)
    ]
    schema = without_rows(arrow, schema).schema
    names = tuple("" if _INDEX.fullmatch(name) else name for name in schema.names)
    table = Table(pd.DataFrame(), names, lambda row: source.name, source.name)
    nested = {i: kind for i, kind in enumerate(schema.types) if not is_flat(arrow, kind)}
    notes = (
        *zones,
        *(
            f"{table.label(index)} holds {kind}: left out{_remedy(arrow, kind)}."
            for index, kind in nested.items()
        ),
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


def _remedy(arrow: Any, kind: Any) -> str:
    """Return what to do with a column of lists, "" for another."""
    types = arrow.types
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    return _FOR_LISTS if any(one(kind) for one in lists) else ""


def _times(arrow: Any, schema: Any, names: tuple[str, ...], flat: list[int]) -> list[int]:
    """Return the columns that may be time: those of instants, or else those called so."""
    instants = [index for index in flat if arrow.types.is_temporal(schema.types[index])]
    return instants or [i for i in flat if _TIME_NAME.search(names[i]) or not names[i]]


def raw_of_columns(source: Source, frame: pd.DataFrame, columns: Columns, request: Request) -> Raw:
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
        name, text = key.decode("utf-8", "replace"), value.decode("utf-8", "replace")
        if is_rate_name(name) and (rate := rate_said(name, text)) is not None:
            return rate
    return None
