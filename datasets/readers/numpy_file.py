"""NumPy's own files: one array (NPY), read through a memory map, or several (NPZ)."""

import io
import re
import tokenize
import warnings
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Literal, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from spectra.archive import ABOUT
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.binary import content, damaged, size_of
from spectra.datasets.readers.binary.signals import (
    SignalHeader,
    as_floats,
    by_rows,
    raw_from_labelled_signals,
)
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_names import is_time
from spectra.datasets.readers.variables.variables import raw_from_variables
from spectra.datasets.source import Source
from spectra.errors import DataError

_NPY = "a NumPy array"
_NPZ = "an archive of NumPy arrays"
_OWN = {b"spectra model": "model", b"spectra stream": "state of a stream"}
_OWN_BYTES = 1 << 10
"""Bytes of the description in a file of spectra by which it is recognised."""
_HEADER_FAULTS = (
    ValueError, TypeError, IndexError, EOFError, SyntaxError, RecursionError, MemoryError,
    OverflowError, tokenize.TokenError,
)  # fmt: skip
"""Errors of NumPy on the header of an array, which is written like Python."""
_FAULTS = (
    *_HEADER_FAULTS, zipfile.BadZipFile, zlib.error, KeyError, OSError, RuntimeError,
)  # fmt: skip


def is_npy(head: bytes, name: str) -> bool:
    """Return whether the content is one NumPy array."""
    return head.startswith(b"\x93NUMPY")


def is_npz(head: bytes, name: str) -> bool:
    """Return whether the content is a zip archive whose first member is a NumPy array."""
    length = int.from_bytes(head[26:28], "little")
    return head.startswith(b"PK\x03\x04") and head[30 : 30 + length].endswith(b".npy")


def read_npy(source: Source, request: Request) -> Raw:
    """Read an array (n,) or (n, c), or one with named fields, which are its channels."""
    where = content(source)
    array = _mapped(source, where)
    if array.dtype.names is not None:
        return raw_from_variables(fields(cast("NDArray[np.void]", array)), source, request)
    if not numeric(array.dtype):
        raise DataError(
            f"{source.name} holds {array.dtype}, not real numbers: save an array of numbers."
        )
    matrix = np.squeeze(array)
    if matrix.ndim > 2 or matrix.ndim == 0:
        raise DataError(
            f"{source.name} must have the shape (samples,) or (samples, channels), not "
            f"{array.shape}."
        )
    length = max(matrix.shape)
    rows = request.rows_of(length, matrix.size // max(length, 1))
    refuse_too_large(source.name, matrix.size // max(length, 1) * rows, "save a part of the array")
    notes: tuple[str, ...] = ()
    if not by_rows(matrix):
        matrix = matrix.T
        notes = (
            f"The array has {matrix.shape[1]} rows of {matrix.shape[0]:,} values: one channel a "
            "row.",
        )
    values = as_floats(np.atleast_2d(matrix[:rows].T).T)
    width = values.shape[1]
    titles = ("value",) if width == 1 else tuple(f"ch{index + 1}" for index in range(width))
    header = SignalHeader(source.name, titles, ("",) * width)
    raw = raw_from_labelled_signals(header, values, request, notes)
    return replace(raw, unread=length - rows)


def read_npz(source: Source, request: Request) -> Raw:
    """Read the arrays of an archive, side by side where they are of one length."""
    where = content(source)
    with ExitStack() as stack:
        try:
            # Opened once for all arrays: each time its whole list of members is read.
            archive = stack.enter_context(zipfile.ZipFile(where))
            _refuse_own(source, archive)
            variables = [
                _member(source, archive, info)
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            ]
        except DataError:
            raise
        except _FAULTS as error:
            raise damaged(source, _NPZ, error) from error
        return raw_from_variables(variables, source, request)


def _refuse_own(source: Source, archive: zipfile.ZipFile) -> None:
    """Raise DataError for a model or a state of a stream, whose arrays are no signals."""
    if not archive.filelist or archive.filelist[0].filename != f"{ABOUT}.npy":
        return
    with archive.open(archive.filelist[0]) as member:
        # Texts of NumPy have four bytes a letter, three of which are 0 in JSON.
        begin = member.read(_OWN_BYTES).replace(b"\0", b"")
    found = re.search(rb'\{"format": "(spectra model|spectra stream)"', begin)
    if found:
        raise DataError(
            f"{source.name} is a {_OWN[found[1]]} of spectra and holds no recording: name the file "
            "of a recording here."
        )


def fields(array: NDArray[np.void], prefix: str = "") -> list[Variable]:
    """Return the named fields of a structured array as variables, also those inside of fields."""
    found = []
    for name in array.dtype.names or ():
        part = np.asarray(array[name])
        if part.dtype.names is not None:
            found += fields(cast("NDArray[np.void]", part), f"{prefix}{name}.")
            continue
        read, dated = partial(np.asarray, part), part.dtype.kind == "M"
        one = Variable(prefix + name, part.shape, numeric(part.dtype), read, dated=dated)
        found.append(_timed(one, part.dtype))
    return found


def _mapped(source: Source, where: Path | io.BytesIO) -> NDArray[np.generic]:
    """Return the array, mapped where it lies in a file, once its size is checked."""
    try:
        with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
            shape, fortran, dtype = _header(file)
            offset = file.tell()
    except _HEADER_FAULTS as error:
        raise damaged(source, _NPY, error) from error
    if dtype.hasobject:
        raise DataError(
            f"{source.name} holds Python objects, which are not read from files: save an array of "
            "numbers."
        )
    promised = int(np.prod(shape, dtype=object)) * dtype.itemsize
    there = size_of(where) - offset
    if promised > there:
        raise DataError(
            f"{source.name} is not complete: its header promises {promised:,} bytes of values and "
            f"{there:,} are there: copy or save it again."
        )
    if promised == 0:
        try:
            return np.empty(shape, dtype)
        except ValueError as error:
            raise damaged(source, _NPY, error) from error
    order: Literal["C", "F"] = "F" if fortran else "C"
    if isinstance(where, Path):
        return np.memmap(where, dtype, "r", offset, shape, order)
    data = where.getbuffer()[offset : offset + promised]
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Return the shape, order and type that the header of an array states."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    with warnings.catch_warnings():
        # Python 2 wrote some headers in another way, which is no concern of the user.
        warnings.simplefilter("ignore")
        shape, fortran, dtype = read(file)
    if any(side < 0 for side in shape):
        raise ValueError(f"a shape of {shape}")
    return shape, fortran, dtype


def _member(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Variable:
    """Return one array of an open archive; only its header is read."""
    name = info.filename.removesuffix(".npy")
    with archive.open(info) as file:
        shape, fortran, dtype = _header(file)

    def head(rows: int) -> NDArray[np.generic]:
        size = rows * (int(np.prod(shape, dtype=object)) // shape[0]) * dtype.itemsize
        try:
            with archive.open(info) as file:
                _header(file)
                return np.frombuffer(file.read(size), dtype).reshape(rows, *shape[1:])
        except _FAULTS as error:
            raise damaged(source, f"{_NPZ}, '{name}'", error) from error

    def read() -> NDArray[np.generic]:
        try:
            with warnings.catch_warnings(), archive.open(info) as file:
                warnings.simplefilter("ignore")
                return cast("NDArray[np.generic]", npy.read_array(file, allow_pickle=False))
        except _FAULTS as error:
            raise damaged(source, f"{_NPZ}, '{name}'", error) from error

    dated = dtype.kind == "M"
    # The first rows lie one behind another where the array begins with its longest side.
    in_rows = bool(shape) and shape[0] == max(shape) and (not fortran or len(shape) == 1)
    part = head if in_rows and (numeric(dtype) or dated) else None
    texts = dtype.kind in "US"
    found = Variable(name, shape, numeric(dtype), read, dated=dated, head=part, texts=texts)
    found = replace(found, what="complex" if dtype.kind == "c" else "")
    return _timed(found, dtype)


def _timed(variable: Variable, dtype: np.dtype[np.generic]) -> Variable:
    """Return a time that is stored as durations in seconds, any other variable as it is."""
    if dtype.kind != "m" or not is_time(variable.name):
        return variable

    def read() -> NDArray[np.generic]:
        return variable.read().astype("timedelta64[ns]") / np.timedelta64(1, "s")

    return replace(variable, numeric=True, read=read, unit="s")


def npy_header(
    source: Source, where: Path
) -> tuple[tuple[int, ...], bool, np.dtype[np.generic], int]:
    """Return shape, order, type and place of the values of an array that is complete."""
    _mapped(source, where)
    with where.open("rb") as file:
        return *_header(file), file.tell()


def numeric(dtype: np.dtype[np.generic]) -> bool:
    """Return whether values of the type are real numbers."""
    return dtype.kind in "fiub"
