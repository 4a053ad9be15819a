"""The texts of Arrow columns, which may be written once and used in many rows.

A text of a dictionary, or one that continues the text before it, takes some bytes a row in a file
and all its letters in memory.
"""

from typing import Any

import numpy as np

from spectra.errors import DataError

_FREE, _USUAL, _RATIO = 1 << 28, 64, 16
"""Bytes that the texts of a column may always take, bytes of a usual text, and the largest ratio
of the bytes in memory to those in the file for longer texts."""


def is_text(arrow: Any, kind: Any) -> bool:
    """Return whether a column holds texts."""
    types = arrow.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def refuse_repeated(source: str, name: str, rows: int, needed: int, stored: int) -> None:
    """Raise DataError where long texts in memory take many times their bytes in the file."""
    if needed > max(_FREE, _USUAL * rows, _RATIO * stored):
        raise DataError(
            f"{source}: the long texts of column '{name}' are repeated, and take more than "
            f"{needed:,} bytes in memory: name the channels that are needed with --channels."
        )


def check_texts(arrow: Any, source: str, table: Any) -> None:
    """Raise DataError where dictionaries or views of texts unpack to many times their bytes."""
    for name, column in zip(table.schema.names, table.columns, strict=True):
        kind = column.type
        if arrow.types.is_dictionary(kind) and is_text(arrow, kind.value_type):
            needed = sum(map(_in_dictionary, column.chunks))
            stored = max((chunk.dictionary.nbytes for chunk in column.chunks), default=0)
            refuse_repeated(source, name, len(column), needed, stored)
        elif arrow.types.is_string_view(kind):
            needed = sum(int(_lengths_of_views(chunk).sum()) for chunk in column.chunks)
            refuse_repeated(source, name, len(column), needed, column.nbytes)


def _in_dictionary(chunk: Any) -> int:
    """Return the bytes that the texts of a column take once each is written in its row."""
    texts = chunk.dictionary
    if not len(texts):
        return 0
    lengths = np.array([len(text.as_buffer() or b"") for text in texts.cast("large_string")])
    places = chunk.indices.drop_null().to_numpy(zero_copy_only=False)
    return int(lengths[places].sum())


def _lengths_of_views(chunk: Any) -> Any:
    """Return the bytes of each text of an array of views: 16 bytes that begin with the length."""
    views = np.frombuffer(chunk.buffers()[1], np.int32)[::4]
    return views[chunk.offset : chunk.offset + len(chunk)].astype(np.int64)
