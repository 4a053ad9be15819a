"""Parquet files, read with pyarrow: only the columns that are needed."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.arrow.arrow_columns import Columns, columns_of, raw_of_columns
from spectra.datasets.readers.arrow.arrow_texts import check_texts, is_text, refuse_repeated
from spectra.datasets.readers.arrow.arrow_types import (
    array_type,
    as_frame,
    flat,
    has_array,
    pyarrow_faults,
    stored_type,
    with_zone,
    without_rows,
)
from spectra.datasets.readers.arrow.parquet_footer import MAGICS, metadata_of, opened_parquet
from spectra.datasets.readers.arrow.parquet_pages import Pages, checked_pages
from spectra.datasets.readers.binary.binary import as_damage, content, library
from spectra.datasets.readers.binary.signals import as_floats
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.source import Source

_PARQUET = "a Parquet file"
_BATCH_ROWS = 1 << 16
"""Rows of a batch: 0.5 MB a column."""
_BATCH_BYTES = 1 << 26
"""Most bytes of the texts of a batch."""


def is_parquet(head: bytes, name: str) -> bool:
    """Return whether the content is a Parquet file."""
    return head.startswith(MAGICS)


def read_parquet(source: Source, request: Request) -> Raw:
    """Read the columns of a Parquet file that are channels, time or labels."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    where = content(source)
    with (
        as_damage(source, _PARQUET, pyarrow_faults(arrow)),
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
        return replace(raw_of_columns(source, frame, columns, request), unread=unread)


def batches_of(
    source: Source, where: Path | io.BytesIO, request: Request
) -> Iterator[tuple[Table, int]]:
    """Yield the columns of a Parquet file some rows at a time, with the number of all rows."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    with (
        as_damage(source, _PARQUET, pyarrow_faults(arrow)),
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
            part = flat(arrow, arrow.Table.from_batches([batch])).select(stored)
            frame = as_frame(arrow, part)
            table = Table(frame, names, lambda row: source.name, source.name)
            yield table, file.metadata.num_rows


def n_values_of(source: Source) -> int:
    """Return the number of values of a Parquet file."""
    arrow = library("pyarrow", source, _PARQUET, "parquet")
    parquet = library("pyarrow.parquet", source, _PARQUET, "parquet")
    with as_damage(source, _PARQUET, pyarrow_faults(arrow)), source.open() as file:
        metadata = metadata_of(parquet, source.name, file)
    return int(metadata.num_rows * metadata.num_columns)


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
    rest = as_frame(arrow, _rest(arrow, source, file, kinds, rows, pages))
    rest.columns = pd.Index(others)
    for place in sorted({*filled, *others} - set(floating)):
        kind = types[place]
        into = with_zone(filled[place], kind) if place in filled else rest[place].array
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
    found = [without_rows(arrow, file.schema_arrow).select(names)]
    count = 0
    for group in range(_groups_of(file, rows) if names else 0):
        for batch in file.iter_batches(most, [group], names, use_threads=False):
            found.append(flat(arrow, arrow.Table.from_batches([batch])).select(names))
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
    whole = {field.name for field in schema if stored_type(arrow, field.type) == field.type}
    places = [i for i, name in enumerate(stored) if name in whole and has_array(arrow, kinds[i])]
    floating = [place for place in places if arrow.types.is_floating(kinds[place])]
    filled: dict[int, NDArray[Any]] = dict(
        zip(floating, np.empty((len(floating), rows)), strict=True)
    )
    for place in places:
        if place not in filled:
            filled[place] = np.empty(rows, array_type(arrow, kinds[place]))
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
