"""The characters of a column of texts, side by side."""

from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import IntArray


def arrow_chunks(text: "pd.Series[str]") -> list[tuple[memoryview, IntArray]] | None:
    """Return the characters of texts, side by side, and where each ends in them, in parts.

    None is returned for texts that are not in Arrow, and where one is missing.
    """
    if getattr(text.dtype, "storage", "") != "pyarrow":
        return None
    array: Any = text.array
    arrow = array.__arrow_array__()
    chunks = getattr(arrow, "chunks", [arrow])
    if arrow.null_count or any(str(chunk.type) != "large_string" for chunk in chunks):
        return None
    return [_bytes_of(chunk) for chunk in chunks if len(chunk)]


def lengths_of(ends: IntArray) -> IntArray:
    """Return the lengths of texts that end at these places; np.diff takes twice the time."""
    lengths = np.empty_like(ends)
    lengths[:1] = ends[:1]
    np.subtract(ends[1:], ends[:-1], out=lengths[1:])
    return lengths


def _bytes_of(chunk: Any) -> tuple[memoryview, IntArray]:
    """Return the characters of a chunk of Arrow strings, and where each text ends in them."""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    ends = ends[chunk.offset : chunk.offset + len(chunk) + 1]
    characters = memoryview(data or b"")[int(ends[0]) : int(ends[-1])]
    return characters, np.asarray(ends[1:] - ends[0] if ends[0] else ends[1:])
