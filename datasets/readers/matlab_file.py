"""MATLAB files of version 4 to 7.2; those of version 7.3 are HDF5 files (hdf5_file.py)."""

import io
import math
import struct
import zlib
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.binary import as_damage, content
from spectra.datasets.readers.variables.matlab_v5 import variables_of
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variables import raw_from_variables
from spectra.datasets.source import Source

_KIND = "a MATLAB file"
_LABCHART = frozenset({"data", "datastart", "dataend"})
"""Variables of an export of LabChart (ADInstruments)."""
_VERSION_4 = ("double", "single", "int8", "int16", "int32", "uint8", "uint16")
_FAULTS = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OSError, OverflowError,
    NotImplementedError, struct.error, zlib.error,
)  # fmt: skip
"""Errors of zlib and SciPy on damaged files. SciPy's NotImplementedError is its word for a version
that it does not know."""


def is_matlab(head: bytes, name: str) -> bool:
    """Return whether the content is a MATLAB file of version 4 to 7.2."""
    return head.startswith(b"MATLAB 5.0") or _is_version_4(head)


def _is_version_4(head: bytes) -> bool:
    """Return whether the content begins with the header of a variable of version 4.

    It has no signature: five integers (type, rows, columns, imaginary, length of the name) and the
    name with a zero at its end.
    """
    if len(head) < 24:
        return False
    for order in "<>":
        code, rows, columns, imaginary, length = struct.unpack(f"{order}5i", head[:20])
        machine, reserved, precision, kind = (code // 10**k % 10 for k in (3, 2, 1, 0))
        title = head[20 : 20 + length]
        if (
            0 <= code < 5000
            and machine == (order == ">")
            and reserved == 0
            and precision <= 5
            and kind <= 2
            and rows > 0
            and columns > 0
            and imaginary in (0, 1)
            and 2 <= length <= 64
            and title.endswith(b"\0")
            and title[:-1].decode("latin-1").isidentifier()
        ):
            return True
    return False


def read_matlab(source: Source, request: Request) -> Raw:
    """Read the numeric vectors of a MATLAB file, side by side where they are of one length."""
    where = content(source)
    with as_damage(source, _KIND, _FAULTS):
        if source.head(6) != b"MATLAB":
            return raw_from_variables(_version_4(source, where), source, request)
        variables = _parts_of_labchart(variables_of(_bytes(where)))
        return raw_from_variables(variables, source, request)


def _bytes(where: Path | io.BytesIO) -> memoryview:
    """Return the bytes of the file, mapped where they lie in one."""
    if isinstance(where, Path):
        return np.memmap(where, np.uint8, "r").data
    return where.getbuffer()


def _parts_of_labchart(variables: list[Variable]) -> list[Variable]:
    """Return the channels and blocks that LabChart puts behind one another, as variables.

    `data` holds them all, `datastart` and `dataend` their first and last samples, from 1, a row for
    each channel and a column for each block.
    """
    named = {variable.name: variable for variable in variables}
    if not named.keys() >= _LABCHART or named["datastart"].shape != named["dataend"].shape:
        return variables
    data, starts, ends = (named[name] for name in ("data", "datastart", "dataend"))
    titles, units = (_texts_of_labchart(named, name) for name in ("titles", "unittext"))
    rates = named["samplerate"].read() if "samplerate" in named else np.zeros(())
    which = named["unittextmap"].read() if "unittextmap" in named else np.zeros(starts.shape)
    parts = []
    for (channel, block), start in np.ndenumerate(np.atleast_2d(starts.read())):
        stop = int(np.atleast_2d(ends.read())[channel, block])
        if 0 < int(start) <= stop <= data.size:
            title = titles[channel] if channel < len(titles) else ""
            name = title or f"channel{channel + 1}"
            name += f"_block{block + 1}" if starts.shape[1] > 1 else ""
            unit = int(which[channel, block]) if which.shape == starts.shape else 0
            read = partial(_part_of, data, int(start) - 1, stop)
            parts.append(
                Variable(
                    name,
                    (stop - int(start) + 1,),
                    data.numeric,
                    read,
                    units[unit - 1] if 0 < unit <= len(units) else "",
                    fs=float(rates[channel, block]) if rates.shape == starts.shape else None,
                )
            )
    return [*parts, *(one for one in variables if one.name not in _LABCHART)]


def _texts_of_labchart(named: dict[str, Variable], name: str) -> list[str]:
    """Return the titles or units of an export of LabChart, [] where it has none."""
    if name not in named or not named[name].texts:
        return []
    return [str(one).strip() for one in np.ravel(named[name].read()).tolist()]


def _part_of(data: Variable, start: int, stop: int) -> NDArray[np.generic]:
    """Return some of the values of a variable."""
    return data.read().reshape(-1, order="F")[start:stop]


def _version_4(source: Source, where: Path | io.BytesIO) -> list[Variable]:
    """Return the variables of a file of version 4."""
    from scipy import io as matlab

    return [
        Variable(
            name, tuple(shape), kind in _VERSION_4, partial(_loaded, source, where, name, shape)
        )
        for name, shape, kind in matlab.whosmat(cast("Any", where))
    ]


def _loaded(
    source: Source, where: Path | io.BytesIO, name: str, shape: tuple[int, ...]
) -> NDArray[np.generic]:
    """Return the values of one variable of a file of version 4."""
    from scipy import io as matlab

    remedy = "choose another variable with --variable"
    refuse_too_large(source.name, math.prod(shape), remedy, most=source.max_bytes)
    if isinstance(where, io.BytesIO):
        where.seek(0)
    loaded = matlab.loadmat(cast("Any", where), variable_names=[name])
    return cast("NDArray[np.generic]", loaded[name])
