"""HDF5 files, and MATLAB files of version 7.3, which are such: read with h5py."""

import io
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary import content, damaged, library, size_of
from spectra.datasets.readers.hdf5_bounds import (
    attribute,
    names_of,
    opened,
    refuse_many,
    refuse_unjustified,
)
from spectra.datasets.readers.variable_rates import (
    is_interval_name,
    is_rate_name,
    rate_of,
    rate_of_interval,
)
from spectra.datasets.readers.variables import Variable, raw_from_variables
from spectra.datasets.source import Source
from spectra.errors import DataError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCKS = (0, *(512 << k for k in range(7)))
"""Bytes at which the signature may lie: at 0 or behind a user block (HDF5 format, II.A)."""
_STARTS = ("start_time", "starttime", "start", "start_datetime")
_UNITS = ("unit", "units")
_FAULTS = (
    OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, zlib.error,
)  # fmt: skip


def is_hdf5(head: bytes, name: str) -> bool:
    """Return whether the content is an HDF5 file."""
    return any(head[at : at + 8] == _SIGNATURE for at in _USER_BLOCKS)


def read_hdf5(source: Source, request: Request) -> Raw:
    """Read the numeric data sets of an HDF5 file, side by side where they are of one length."""
    kind = "a MATLAB 7.3 file" if source.head(6) == b"MATLAB" else "an HDF5 file"
    h5py = library("h5py", source, kind, "matlab")
    where = content(source)
    try:
        with opened(h5py, where) as file:
            variables = list(_data_sets(h5py, source, kind, where, file))
            fs, start = _recorded(
                h5py, file, (file[name] for name in _holders(variables) if name in file)
            )
    except _FAULTS as error:
        raise damaged(source, kind, error) from error
    return raw_from_variables(variables, source, request, fs, start)


def _data_sets(
    h5py: Any, source: Source, kind: str, where: Path | io.BytesIO, file: Any
) -> Iterator[Variable]:
    """Yield every data set of the file; values are read later."""
    size, fields = size_of(where), 0
    for name in names_of(file, size):
        data = file[name]
        # What lies in other files is not read, nor what MATLAB keeps for cells and objects.
        if not isinstance(data, h5py.Dataset) or name.startswith("#"):
            continue
        if data.is_virtual or data.external or data.shape is None or "MATLAB_empty" in data.attrs:
            continue
        text = _attribute(h5py, data, "MATLAB_class") in ("char", "cell", "function_handle")
        unit = next((_attribute(h5py, data, key) for key in _UNITS if key in data.attrs), "")
        read = partial(_read, h5py, source, kind, where, name)
        whole = data.dtype
        fields += len(whole.names or ())
        # Data sets can share one type, so that a few bytes say that each has many fields.
        refuse_many(fields, size)
        for field in whole.names or (None,):
            dtype = whole if field is None else whole[field]
            yield Variable(
                f"/{name}" if field is None else f"/{name}/{field}",
                data.shape + dtype.shape,
                dtype.base.kind in "fiub" and not text,
                partial(read, None, field),
                unit,
                head=read if field is None and not dtype.shape else None,
            )


def _read(
    h5py: Any,
    source: Source,
    kind: str,
    where: Path | io.BytesIO,
    name: str,
    rows: int | None = None,
    field: str | None = None,
) -> NDArray[np.generic]:
    """Return the values of a data set or of one of its fields; so many along its longest side."""
    try:
        with opened(h5py, where) as file:
            data = file[name]
            longest = data.shape.index(max(data.shape)) if data.shape else 0
            shape = list(data.shape)
            if rows is not None:
                shape[longest] = rows
            refuse_unjustified(data, tuple(shape), source, size_of(where))
            part = () if rows is None else (*[slice(None)] * longest, slice(rows))
            values: NDArray[np.generic] = np.asarray(data[part] if field is None else data[field])
            return values
    except DataError:
        raise
    except _FAULTS as error:
        raise damaged(source, f"{kind}, '/{name}'", error) from error


def _holders(variables: list[Variable]) -> Iterator[str]:
    """Yield the names of data sets that may have attributes on how they were sampled."""
    for variable in variables:
        if variable.numeric:
            yield variable.name
            yield variable.name.rpartition("/")[0] or "/"


def _recorded(
    h5py: Any, file: Any, holders: Iterator[Any]
) -> tuple[float | None, pd.Timestamp | None]:
    """Return the rate and start that attributes of the file or of its data sets give."""
    fs: float | None = None
    start: pd.Timestamp | None = None
    for holder in (file, *holders):
        for key in holder.attrs:
            if fs is None and (is_rate_name(key) or key == "rate"):
                fs = rate_of(attribute(h5py, holder, key))
            if fs is None and is_interval_name(key):
                fs = rate_of_interval(key, attribute(h5py, holder, key))
            if start is None and key.casefold() in _STARTS:
                start = _instant(_attribute(h5py, holder, key))
    return fs, start


def _instant(text: str) -> pd.Timestamp | None:
    """Return the instant that a text names, None where it names none."""
    instants = pd.to_datetime(pd.Series([text]), errors="coerce", format="ISO8601").dropna()
    return None if instants.empty else instants.iloc[0]


def _attribute(h5py: Any, holder: Any, key: str) -> str:
    """Return an attribute as text, "" where it is none."""
    value = attribute(h5py, holder, key) if key in holder.attrs else None
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
