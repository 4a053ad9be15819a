"""Answers about an HDF5 file, given with h5py in a process of its own (see hdf5_process.py).

A process is started for each file, so that this module imports little.
"""

import faulthandler
import io
import json
import os
import signal
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from math import ceil, prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from spectra.datasets.readers.variables.variable_rates import (
    is_interval_name,
    is_rate_name,
    is_start_name,
    is_unit_name,
    rate_said,
)

if sys.platform != "win32":
    import resource

HEAD = struct.Struct("<cQ")
"""The kind of a part of an answer, and its bytes, which follow."""
CONTENT, END, FAULT, MEMORY = b"c", b"e", b"f", b"m"
READY = b"ready to read HDF5\n"
"""Comes before the first answer, and after what Python may print as it starts."""
LARGEST_PART = 1 << 24
"""Most bytes of a part of an answer: this process holds few values at a time."""
FAULTS = (
    OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, zlib.error,
)  # fmt: skip
"""Errors of h5py on damaged files."""
_UNITS = ("unit", "units", "unit_string")
_PACKING = (
    "_FillValue", "missing_value", "scale_factor", "add_offset", "valid_min", "valid_max",
    "valid_range",
)  # fmt: skip
"""Attributes by which values are unpacked (netCDF Users Guide, Attribute Conventions)."""
_CONVERSION = {"conversion": "scale_factor", "offset": "add_offset"}
"""Attributes of NWB files (TimeSeries), which give a value in its unit, and those like them."""
_MOST_FILLS = 16
"""Most numbers of such an attribute."""
_DEFAULT_FILLS = (9.969209968386869e36, -2147483647.0, -32767.0)
"""Values of netCDF where nothing was written: numbers of floats, of 32 and of 16 bits."""
_DATE_FORM = "|S40"
"""Type of texts that are sent: dates are no longer."""
_CALENDARS = ("", "standard", "gregorian", "proleptic_gregorian")
_TEXTS = ("char", "cell", "function_handle")
"""Classes of MATLAB whose values are no numbers, though they are stored as such."""
_LARGEST_ATTRIBUTE = 4096
"""Most values of an attribute that is read: a rate for each channel."""
_DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of Linux (sys/prctl.h)."""


def main() -> None:
    """Answer the questions of the process that started this one, until it ends."""
    replies = _private_output()
    _end_with_parent()
    warnings.simplefilter("ignore")
    import h5py

    questions = sys.stdin.buffer
    job = json.loads(questions.readline())
    where = job["path"] or io.BytesIO(questions.read(job["bytes"]))
    _limit(job["memory"], job["processor_seconds"], job["seconds"])
    replies.write(READY)
    replies.flush()
    for question in questions:
        _reply(replies, answer(h5py, where, json.loads(question)))


def answer(
    h5py: Any, where: str | io.BytesIO, question: dict[str, Any] | None
) -> Iterator[bytes | memoryview]:
    """Yield the parts of an answer about a file.

    Parameters
    ----------
    h5py : module
        The library.
    where : str or BytesIO
        The file.
    question : dict or None
        The `name`, `field` and `rows` of `_values`, or None for a description.

    Yields
    ------
    bytes or memoryview
        The values in order. The description has a JSON list for each data set or field of one, and
        an object at its end.
    """
    # A program that writes the file may have locked it; its readers never have.
    with h5py.File(where, "r", locking=False) as file:
        if question is not None:
            yield from _values(file[question["name"]], question["field"], question["rows"])
            return
        for described in _description(h5py, file):
            yield json.dumps(described).encode()


def _description(h5py: Any, file: Any) -> Iterator[object]:
    """Yield name, field, shape, shape of a value, type, unit, text or not, packing, of each.

    At last come rate and start. Parts of the file are left out that lie in other files, or that
    MATLAB keeps for objects.
    """
    names: list[str] = []
    file.visit(names.append)
    holders: dict[str, int] = {}
    texts: dict[str, list[str]] = {}
    for name in names:
        data = file[name]
        if not isinstance(data, h5py.Dataset) or name.startswith("#"):
            continue
        if data.is_virtual or data.external or data.shape is None or "MATLAB_empty" in data.attrs:
            continue
        holder = data if len(data.parent) > 1 or {*_UNITS} & {*data.attrs} else data.parent
        unit = next((_text(h5py, holder, key) for key in _UNITS if key in holder.attrs), "")
        if " since " in unit and _text(h5py, data, "calendar").casefold() not in _CALENDARS:
            # Years of 360 days are those of models: no dates.
            unit = unit.partition(" since ")[0]
        what = _what(h5py, data)
        if found := _texts(h5py, file, data):
            texts[f"/{name}"] = found
        for field in data.dtype.names or (None,):
            dtype = data.dtype if field is None else data.dtype[field]
            if h5py.check_string_dtype(dtype) is not None:
                yield [name, field, data.shape, (), _DATE_FORM, "", "text", {}]
                continue
            packing = _packing(h5py, data) if field is None and dtype.base.kind in "fiu" else {}
            yield [name, field, data.shape, dtype.shape, dtype.base.str, unit, what, packing]
            if dtype.base.kind in "fiub" and not what:
                for holder in (name, *_groups(name)):
                    holders[holder] = max(holders.get(holder, 0), data.size)
    # What is said of the largest comes first, and of a data set before its groups.
    largest = sorted(holders, key=lambda name: (-holders[name], name == "/", -name.count("/")))
    recorded = _recorded(h5py, (file[name] for name in largest or ("/",)))
    yield {**recorded, "texts": {**texts, **recorded["texts"]}}


def _what(h5py: Any, data: Any) -> str:
    """Return what the numbers of a data set stand for in MATLAB, "" for numbers."""
    if "MATLAB_object_decode" in data.attrs:
        return "a table or object"
    if "MATLAB_sparse" in data.parent.attrs:
        return "sparse"
    return "text" if _text(h5py, data, "MATLAB_class") in _TEXTS else ""


def _groups(name: str) -> Iterator[str]:
    """Yield the groups that a data set lies in, the inner ones first."""
    while name := name.rpartition("/")[0]:
        yield name
    yield "/"


def _packing(h5py: Any, data: Any) -> dict[str, list[float]]:
    """Return the numbers that unpack values: fills, scale, offset, and the valid ones."""
    found = {}
    for key in _PACKING:
        if numbers := _numbers(h5py, data, key):
            found[key] = numbers
    if np.ndim(data.fillvalue) == 0 and data.fillvalue in _DEFAULT_FILLS:
        found.setdefault("_FillValue", []).append(float(data.fillvalue))
    if "conversion" in data.attrs and {*_UNITS} & {*data.attrs}:
        for key, like in _CONVERSION.items():
            if numbers := _numbers(h5py, data, key):
                found.setdefault(like, numbers)
    if data.dtype.kind == "i" and _text(h5py, data, "_Unsigned").casefold() == "true":
        found["unsigned"] = [1.0]
    return found


def _numbers(h5py: Any, data: Any, key: str) -> list[float]:
    """Return the finite numbers of an attribute, [] where it has none or many."""
    value = _attribute(h5py, data, key) if key in data.attrs else None
    if not isinstance(value, (np.ndarray, np.generic)) or np.size(value) > _MOST_FILLS:
        return []
    if np.asarray(value).dtype.kind not in "fiu":
        return []
    return [float(one) for one in np.ravel(value) if np.isfinite(one)]


def _recorded(h5py: Any, holders: Iterator[Any]) -> dict[str, Any]:
    """Return the rates, texts that may be the start, and lists of texts, in attributes.

    Rates and starts have the names of the data sets and groups that say them.
    """
    rates: dict[str, float] = {}
    starts: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    for holder in holders:
        for key in holder.attrs:
            if listed := _listed(h5py, holder, key):
                texts[f"{holder.name.rstrip('/')}/{key}"] = listed
            if holder.name not in rates and (rate := _rate(h5py, holder, key)) is not None:
                rates[holder.name] = rate
            if is_start_name(key) and (text := _text(h5py, holder, key)):
                starts.setdefault(holder.name, text)
    return {"rates": rates, "starts": starts, "texts": texts}


def _rate(h5py: Any, holder: Any, key: str) -> float | None:
    """Return the rate in Hz that an attribute says, None for another attribute."""
    name = "fs" if key == "rate" else key
    if not (is_rate_name(name) or is_interval_name(name)):
        return None
    unit = next((_text(h5py, holder, one) for one in holder.attrs if is_unit_name(one, key)), "")
    return rate_said(name, _attribute(h5py, holder, key), unit)


def _listed(h5py: Any, holder: Any, key: str) -> list[str]:
    """Return the texts of an attribute that is a list of them, [] for another."""
    found = holder.attrs.get_id(key)
    count = prod(found.shape or ())
    if h5py.check_string_dtype(found.dtype) is None or not 1 < count <= _LARGEST_ATTRIBUTE:
        return []
    return [_decoded(one) for one in np.ravel(holder.attrs[key]).tolist()]


def _texts(h5py: Any, file: Any, data: Any) -> list[str]:
    """Return the texts of a small data set, or of a cell of MATLAB; [] where it holds others."""
    if not 1 < data.size <= _LARGEST_ATTRIBUTE:
        return []
    if h5py.check_string_dtype(data.dtype) is not None:
        return [_decoded(one) for one in np.ravel(data[()]).tolist()]
    if h5py.check_ref_dtype(data.dtype) is not h5py.Reference:
        return []
    cells = [file[one] for one in np.ravel(data[()]).tolist() if one]
    if len(cells) < data.size or any(
        _text(h5py, cell, "MATLAB_class") != "char" or cell.size > _LARGEST_ATTRIBUTE
        for cell in cells
    ):
        return []
    return ["".join(map(chr, np.ravel(cell[()]).tolist())) for cell in cells]


def _decoded(text: object) -> str:
    """Return a text of HDF5, which may be bytes."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _attribute(h5py: Any, holder: Any, key: str) -> object:
    """Return the value of an attribute that is one text or a few numbers, None for another."""
    found = holder.attrs.get_id(key)
    count = prod(found.shape or ())
    numeric = found.dtype.kind in "fiub" and count <= _LARGEST_ATTRIBUTE
    text = h5py.check_string_dtype(found.dtype) is not None and count == 1
    value: object = holder.attrs[key] if (numeric or text) and found.shape is not None else None
    return value


def _text(h5py: Any, holder: Any, key: str) -> str:
    """Return an attribute as text, "" where it is none."""
    value = _attribute(h5py, holder, key) if key in holder.attrs else None
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    return _decoded(value) if isinstance(value, (bytes, str)) else ""


def _values(data: Any, field: str | None, rows: int | None) -> Iterator[memoryview]:
    """Yield the values of a data set or of a field of it, up to a row of its longest side."""
    for block in _blocks(data, field, rows):
        content = block.reshape(-1).view(np.uint8).data
        for start in range(0, len(content), LARGEST_PART):
            yield content[start : start + LARGEST_PART]


def _blocks(data: Any, field: str | None, rows: int | None) -> Iterator[NDArray[np.generic]]:
    """Yield the values in blocks of whole chunks along the first side."""
    names = () if field is None else (field,)
    shape = list(data.shape)
    if not shape:
        yield np.asarray(data[names or ()])
        return
    if rows is not None:
        longest = shape.index(max(shape))
        shape[longest] = min(rows, shape[longest])
    dtype = data.dtype if field is None else data.dtype[field]
    step = max(1, LARGEST_PART // max(1, prod(shape[1:]) * dtype.itemsize))
    if data.chunks is not None:
        step = -(-step // data.chunks[0]) * data.chunks[0]
    others = [slice(side) for side in shape[1:]]
    for start in range(0, shape[0], step):
        part = (*names, slice(start, min(start + step, shape[0])), *others)
        block = np.ascontiguousarray(data[part])
        yield block if block.dtype.kind in "fiub" else block.astype(_DATE_FORM)


def _reply(replies: IO[bytes], parts: Iterator[bytes | memoryview]) -> None:
    """Send an answer, or the error that it ends in."""
    try:
        for part in parts:
            _send(replies, CONTENT, part)
        _send(replies, END)
    except BrokenPipeError:
        raise
    except FAULTS as error:
        said = str(error) or type(error).__name__
        out_of_memory = isinstance(error, MemoryError) or "alloc" in said.casefold()
        _send(replies, MEMORY if out_of_memory else FAULT, said.encode("utf-8", "replace"))


def _send(replies: IO[bytes], kind: bytes, content: bytes | memoryview = b"") -> None:
    """Send a part of an answer."""
    replies.write(HEAD.pack(kind, len(content)))
    replies.write(content)
    if kind != CONTENT:
        replies.flush()


def _private_output() -> IO[bytes]:
    """Return the output, which libraries that print can no longer reach."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _end_with_parent() -> None:
    """Leave interrupts to the parent; on Linux end with it, also within the library.

    Elsewhere this process ends at the next question, or by its limits.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)


def _limit(memory: int, processor_seconds: int, seconds: int) -> None:
    """Limit the bytes of memory, and the seconds of the processor and the clock from now on."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    if sys.platform != "win32":
        end = ceil(time.process_time()) + processor_seconds
        _at_most(resource.RLIMIT_CORE, 0, 0)
        _at_most(resource.RLIMIT_CPU, end, end + 1)
        _at_most(resource.RLIMIT_AS, _addresses() + memory, _addresses() + memory)


def _addresses() -> int:
    """Return the bytes of addresses that Python and its libraries have, 0 where none are said."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _at_most(kind: int, soft: int, hard: int) -> None:
    """Lower a limit of this process, and never raise it."""
    if sys.platform != "win32":
        now = [
            sys.maxsize if one == resource.RLIM_INFINITY else one
            for one in resource.getrlimit(kind)
        ]
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (min(soft, now[0]), min(hard, now[1])))
