"""HDF5 files, and MATLAB files of version 7.3, which are such: read with h5py."""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.binary import damaged
from spectra.datasets.readers.variables.hdf5_answers import FAULTS
from spectra.datasets.readers.variables.hdf5_process import Ask, allowed_bytes, answering
from spectra.datasets.readers.variables.pandas_store import with_index_of_frames
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_sampling import instant_in
from spectra.datasets.readers.variables.variables import raw_from_variables
from spectra.datasets.source import Source
from spectra.errors import DataError

_T = TypeVar("_T", float, str)
_OF_KERAS = {"layer_names", "weight_names"}
"""Lists in the attributes of a model of Keras."""
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
        if {name.rpartition("/")[2] for name in recorded["texts"]} & _OF_KERAS:
            raise DataError(
                f"{source.name} holds the weights of a model of Keras and no recording: name the "
                "file of a recording here."
            )
        variables = with_index_of_frames(variables)
        rates, starts = recorded["rates"], recorded["starts"]
        lone = {one.name for one in variables if one.size == 1}
        variables = [
            replace(
                one,
                fs=_nearest(one.name, rates, lone),
                start=instant_in([_nearest(one.name, starts, lone) or ""]),
            )
            for one in variables
        ]
        # What all parts that say a rate agree on holds for the others.
        fs = next(iter(rates.values())) if len({*rates.values()}) == 1 else None
        return raw_from_variables(variables, source, request, fs, instant_in([*starts.values()]))


def _nearest(name: str, said: dict[str, _T], lone: AbstractSet[str]) -> _T | None:
    """Return what is said of a data set: by itself, by a number beside it, or by a group of it."""
    while name:
        if name in said:
            return said[name]
        parent = name.rpartition("/")[0]
        beside = {said[one] for one in said if one in lone and one.rpartition("/")[0] == parent}
        if len(beside) == 1:
            return beside.pop()
        name = parent
    return said.get("/")


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
    what: str,
    packing: dict[str, list[float]],
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
        dtype.kind in "fiub" and not what,
        read,
        unit,
        head=None if inner else read,
        texts=dtype.kind == "S",
        what="complex" if dtype.kind == "c" else what.removeprefix("text"),
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
    read: Callable[..., NDArray[np.generic]], packing: dict[str, list[float]], *rows: int
) -> NDArray[np.generic]:
    """Return values scaled and shifted as netCDF files say, NaN where they are no valid ones."""
    packed = read(*rows)
    if "unsigned" in packing:
        packed = packed.view(packed.dtype.str.replace("i", "u"))
    values = packed.astype(np.float64)
    # A fill value of 32 bits is compared as such.
    kind = packed.dtype if packed.dtype.kind == "f" else np.dtype(np.float64)
    with np.errstate(over="ignore"):
        said = {key: np.array(numbers).astype(kind) for key, numbers in packing.items()}
    for key in ("_FillValue", "missing_value"):
        for fill in said.get(key, ()):
            values[packed == fill] = np.nan
    bounds = [*said.get("valid_range", ())]
    for low in said.get("valid_min", bounds[:1]):
        values[np.less(packed, low)] = np.nan
    for high in said.get("valid_max", bounds[1:]):
        values[np.greater(packed, high)] = np.nan
    scale, offset = packing.get("scale_factor", [1.0])[0], packing.get("add_offset", [0.0])[0]
    return values * scale + offset
