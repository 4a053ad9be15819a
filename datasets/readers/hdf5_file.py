"""HDF5 files, and MATLAB files of version 7.3, which are such: read with h5py."""

import json
from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary import damaged
from spectra.datasets.readers.hdf5_answers import FAULTS
from spectra.datasets.readers.hdf5_process import Ask, allowed_bytes, answering
from spectra.datasets.readers.pandas_store import with_index_of_frames
from spectra.datasets.readers.variables import Variable, raw_from_variables
from spectra.datasets.source import Source
from spectra.errors import DataError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCKS = (0, *(512 << k for k in range(7)))
"""Bytes at which the signature may lie: at 0 or behind a user block (HDF5 format, II.A)."""
_FREE_DESCRIPTION = 1 << 20
"""Bytes that the names, shapes and units of any file may take, as JSON. In a larger file they take
no more than the file: a data set has more bytes there, even one without values."""


class _File(NamedTuple):
    """A file, its kind and size in bytes, and the function that answers questions about it."""

    source: Source
    kind: str
    size: int
    ask: Ask


def is_hdf5(head: bytes, name: str) -> bool:
    """Return whether the content is an HDF5 file."""
    return any(head[at : at + 8] == _SIGNATURE for at in _USER_BLOCKS)


def read_hdf5(source: Source, request: Request) -> Raw:
    """Read the numeric data sets of an HDF5 file, side by side where they are of one length."""
    kind = "a MATLAB 7.3 file" if source.head(6) == b"MATLAB" else "an HDF5 file"
    with answering(source, kind) as (ask, size):
        file = _File(source, kind, size, ask)
        try:
            *described, recorded = _description(file)
        except DataError:
            raise
        except FAULTS as error:
            raise damaged(source, kind, error) from error
        variables = [_variable(file, *one) for one in described]
        variables += [_list(name, texts) for name, texts in recorded["texts"].items()]
        variables = with_index_of_frames(variables)
        start = _instant(recorded["starts"])
        return raw_from_variables(variables, source, request, recorded["fs"], start)


def _description(file: _File) -> list[Any]:
    """Return what a file says of its data sets, at most as much as it has bytes.

    Raises ValueError for more: a file can name the same type or group again and again.
    """
    left = max(_FREE_DESCRIPTION, file.size)
    described = []
    for part in file.ask(None):
        left -= len(part)
        if left < 0:
            raise ValueError(f"more objects, fields or names than its {file.size:,} bytes can hold")
        described.append(json.loads(bytes(part)))
    return described


def _variable(
    file: _File,
    name: str,
    field: str | None,
    shape: list[int],
    inner: list[int],
    form: str,
    unit: str,
    text: bool,
    packing: dict[str, float],
) -> Variable:
    """Return a data set, or a field of one, whose values are read later."""
    dtype = np.dtype(form)
    whole = (*shape, *inner)
    read = partial(_values, file, name, field, whole, dtype)
    if packing:
        read = partial(_unpacked, read, packing)
    return Variable(
        f"/{name}" if field is None else f"/{name}/{field}",
        whole,
        dtype.kind in "fiub" and not text,
        read,
        unit,
        head=None if inner else read,
    )


def _list(name: str, texts: list[str]) -> Variable:
    """Return a list of texts, which may name channels or units."""
    return Variable(name, (len(texts),), False, lambda: np.array(texts), texts=True)


def _values(
    file: _File,
    name: str,
    field: str | None,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    rows: int | None = None,
) -> NDArray[np.generic]:
    """Return the values of a data set or of one of its fields, up to a row of its longest side."""
    if rows is not None:
        longest = shape.index(max(shape))
        shape = (*shape[:longest], rows, *shape[longest + 1 :])
    count = prod(shape)
    if count * max(dtype.itemsize, 8) > allowed_bytes(file.source, file.size):
        raise DataError(
            f"{file.source.name} says that it holds {count:,} values in {file.size:,} bytes, more "
            "than a recording is compressed to: --max-bytes allows more."
        )
    values = np.empty(shape, dtype)
    content, filled = values.reshape(-1).view(np.uint8), 0
    try:
        for part in file.ask({"name": name, "field": field, "rows": rows}):
            content[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
            filled += len(part)
        if filled < len(content):
            raise ValueError(f"{filled:,} bytes of {len(content):,} are there")
    except DataError:
        raise
    except FAULTS as error:
        raise damaged(file.source, f"{file.kind}, '/{name}'", error) from error
    return values


def _unpacked(
    read: Callable[..., NDArray[np.generic]], packing: dict[str, float], *rows: int
) -> NDArray[np.generic]:
    """Return values scaled and shifted as netCDF files say, NaN where they are fill values."""
    packed = read(*rows)
    values = packed.astype(np.float64)
    for key in ("_FillValue", "missing_value"):
        if key in packing:
            # A fill value of 32 bits is compared as such.
            with np.errstate(over="ignore"):
                kind = packed.dtype if packed.dtype.kind == "f" else np.dtype(np.float64)
                values[packed == np.float64(packing[key]).astype(kind)] = np.nan
    return values * packing.get("scale_factor", 1.0) + packing.get("add_offset", 0.0)


def _instant(texts: list[str]) -> pd.Timestamp | None:
    """Return the first instant that a text names, None where none does."""
    for text in texts:
        instants = pd.to_datetime(pd.Series([text]), errors="coerce", format="ISO8601").dropna()
        if not instants.empty:
            return instants.iloc[0]
    return None
