"""The layout of MATLAB files of version 5 to 7.2: elements of a tag and data, some compressed.

After "MAT-File Format" (MathWorks). SciPy reads the same files, but a damaged type code makes its
reader (1.17) stop the whole process, so the tags are read and checked here.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra.datasets.memory import largest_bytes
from spectra.datasets.readers.variables.variable import Variable

_FILE_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
            13: "u8"}  # fmt: skip
"""Types of stored numbers: MATLAB stores whole doubles in as few bytes as they need."""
_CELL, _STRUCTURE, _CHARACTERS = 1, 2, 4
_OBJECT, _SPARSE, _OPAQUE = 3, 5, 17
_NUMERIC = range(6, 16)
"""Classes of arrays: double, single and eight kinds of integers."""
_COMPLEX = 0x0800
_PREFIX = 4096
"""Bytes that are decompressed to learn the class, shape and name of a variable."""
_MOST_PARTS = 256
"""Cells and elements of structures that are searched: more hold tables of a program."""
_LONGEST_TEXT = 16
"""Characters of a unit; what is longer is a remark."""
_UNIT_FIELDS = ("units", "unit", "unittext")
_LABELS = ("labels", "label", "name")
_MOST_CHARACTERS = 1 << 16
_DEEPEST = 4
"""Structures are searched to this depth: deeper ones hold settings of programs, not signals."""


class BrokenLayout(ValueError):
    """A layout that is not that of a MATLAB file."""


@dataclass(frozen=True)
class _Header:
    """The class, flags, shape and name of a matrix."""

    kind: int
    flags: int
    shape: tuple[int, ...]
    name: str

    @property
    def numeric(self) -> bool:
        """True for an array of real numbers."""
        return self.kind in _NUMERIC and not self.flags & _COMPLEX

    @property
    def what(self) -> str:
        """Name of the content in place of real numbers, "" for numbers and what is searched."""
        if self.kind in (_OBJECT, _OPAQUE):
            return "a table or object"
        return "sparse" if self.kind == _SPARSE else "complex" if self.flags & _COMPLEX else ""


def variables_of(data: memoryview) -> list[Variable]:
    """Return the variables of a file, of which only structures are read whole.

    Raises BrokenLayout where the tags do not fit together.
    """
    mark = bytes(data[126:128])
    if mark not in (b"IM", b"MI"):
        raise BrokenLayout("its header says no byte order")
    order = "<" if mark == b"IM" else ">"
    found: list[Variable] = []
    for kind, body in _elements(data[_FILE_HEADER:], order):
        if kind == _MATRIX:
            prefix = body
        elif kind == _COMPRESSED:
            prefix = _matrix(memoryview(_inflated(body, _PREFIX)), order, whole=False)
        else:
            raise BrokenLayout(f"an element of type {kind} is no variable")
        header = _header(prefix, order)
        if header is None or not header.name:
            continue
        if header.kind in (_STRUCTURE, _CELL, _CHARACTERS):
            found += _fields(header.name, _payload(kind, body, order), order, _DEEPEST)
        else:
            read = partial(_read_variable, kind, body, order)
            head = partial(_first, body, order, header) if _may_end_early(kind, header) else None
            found.append(
                Variable(
                    header.name, header.shape, header.numeric, read, head=head, what=header.what
                )
            )
    return found


def _read_variable(kind: int, body: memoryview, order: str) -> NDArray[np.generic]:
    """Return the values of a variable, decompressed where it is compressed."""
    return _numbers(_payload(kind, body, order), order)


def _may_end_early(kind: int, header: _Header) -> bool:
    """Return True for compressed numbers, of which the first samples lie at the beginning."""
    # MATLAB stores a column after the other: a sample each where there are more of them.
    sides = [side for side in header.shape if side > 1]
    in_samples = len(sides) == 1 or (len(sides) == 2 and sides[0] < sides[1])
    return kind == _COMPRESSED and header.numeric and in_samples


def _first(body: memoryview, order: str, header: _Header, rows: int) -> NDArray[np.generic]:
    """Return the first samples of a compressed variable; what is behind stays compressed."""
    count = rows * math.prod(header.shape) // max(header.shape)
    matrix = _matrix(memoryview(_inflated(body, _PREFIX + 8 * count)), order, whole=False)
    parts = _elements(matrix, order, whole=False)
    kind, data = next(element for index, element in enumerate(parts) if index == 3)
    values = np.frombuffer(data, _dtype(kind, order), count)
    return values.reshape(-1, rows, order="F")


def _elements(
    data: memoryview, order: str, *, whole: bool = True
) -> Iterator[tuple[int, memoryview]]:
    """Yield the type and the data of every element, the last of which may be cut off."""
    at = 0
    while at + 8 <= len(data):
        kind, length = struct.unpack(order + "II", data[at : at + 8])
        begin, after = at + 8, at + 8 + length
        if kind >> 16:
            # A small element has its length in the upper half of the type, four bytes at most.
            kind, length = kind & 0xFFFF, kind >> 16
            begin, after = at + 4, at + 8
            if length > 4:
                raise BrokenLayout(f"a small element has {length} bytes")
        elif kind != _COMPRESSED:
            after += -length % 8
        if whole and begin + length > len(data):
            missing = begin + length - len(data)
            raise BrokenLayout(f"an element ends {missing:,} bytes behind the data")
        yield kind, data[begin : begin + length]
        at = after


def _inflated(body: memoryview, most: int) -> bytes:
    """Return at most so many bytes of what is compressed."""
    return zlib.decompressobj().decompress(body, most)


def _matrix(data: memoryview, order: str, *, whole: bool) -> memoryview:
    """Return the body of the one matrix that was compressed, or the beginning of it."""
    if len(data) < 8:
        raise BrokenLayout("a compressed variable is empty")
    kind, length = struct.unpack(order + "II", data[:8])
    if kind != _MATRIX:
        raise BrokenLayout(f"a compressed element has type {kind}")
    if whole and len(data) - 8 < length:
        raise BrokenLayout(f"{len(data) - 8:,} of {length:,} bytes are there")
    return data[8 : 8 + length]


def _payload(kind: int, body: memoryview, order: str) -> memoryview:
    """Return the body of a matrix, decompressed."""
    if kind == _MATRIX:
        return body
    head = _inflated(body, 8)
    most = 8 + (struct.unpack(order + "II", head)[1] if len(head) == 8 else 0)
    if most > largest_bytes():
        raise BrokenLayout(f"a compressed variable claims {most:,} bytes")
    return _matrix(memoryview(_inflated(body, most)), order, whole=True)


def _header(body: memoryview, order: str) -> _Header | None:
    """Return the header of a matrix, None where it is empty."""
    if not len(body):
        return None
    parts = _elements(body, order)
    try:
        (_, flags), (sides, shape), (_, name) = next(parts), next(parts), next(parts)
    except StopIteration:
        raise BrokenLayout("a variable has no header") from None
    if len(flags) >= 4 and struct.unpack(order + "I", flags[:4])[0] & 0xFF == _OPAQUE:
        # An object, such as a table or a string, has its name where others have their sides.
        return _Header(_OPAQUE, 0, (1, 1), bytes(shape).decode("latin-1").rstrip("\0"))
    if len(flags) < 4 or sides not in (5, 6) or len(shape) % 4 or not 8 <= len(shape) <= 256:
        raise BrokenLayout("the header of a variable is damaged")
    word = struct.unpack(order + "I", flags[:4])[0]
    lengths = struct.unpack(f"{order}{len(shape) // 4}i", shape)
    if min(lengths) < 0:
        raise BrokenLayout(f"a variable has the shape {lengths}")
    return _Header(word & 0xFF, word, lengths, bytes(name).decode("latin-1").rstrip("\0"))


def _body(body: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yield the elements of a matrix behind its header."""
    for index, element in enumerate(_elements(body, order)):
        if index >= 3:
            yield element


def _numbers(body: memoryview, order: str) -> NDArray[np.generic]:
    """Return the values of a numeric matrix."""
    header = _header(body, order)
    kind, data = next(_body(body, order), (0, memoryview(b"")))
    if header is None:
        raise BrokenLayout("a variable has no header")
    dtype = _dtype(kind, order)
    count = math.prod(header.shape)
    if len(data) < count * dtype.itemsize:
        raise BrokenLayout(f"{len(data) // dtype.itemsize:,} of {count:,} values are there")
    return np.frombuffer(data, dtype, count).reshape(header.shape, order="F")


def _dtype(kind: int, order: str) -> np.dtype[np.generic]:
    """Return the type of stored numbers."""
    if kind not in _NUMBERS:
        raise BrokenLayout(f"numbers are of type {kind}, which there is not")
    return np.dtype(order + _NUMBERS[kind])


def _fields(
    name: str, body: memoryview, order: str, depth: int, unit: str = ""
) -> Iterator[Variable]:
    """Yield the arrays inside a structure or cell, named as MATLAB names them."""
    header = _header(body, order)
    if header is None:
        return
    if (texts := _texts_of(body, order)) is not None:
        yield Variable(name, (len(texts),), False, partial(np.array, texts), texts=True)
        return
    if header.kind not in (_STRUCTURE, _CELL):
        read = partial(_numbers, body, order)
        yield Variable(name, header.shape, header.numeric, read, unit=unit, what=header.what)
        return
    count = math.prod(header.shape)
    if not 0 < count <= _MOST_PARTS or depth == 0:
        return
    parts = list(_body(body, order))
    if header.kind == _CELL:
        for index, (_, inner) in enumerate(parts):
            yield from _fields(f"{name}{{{index + 1}}}", inner, order, depth - 1)
        return
    fields = _names_of_fields(name, parts, count, order)
    yield from _labels_of_elements(name, parts, fields, order)
    for index in range(count):
        bodies = [
            body for _, body in parts[2 + index * len(fields) : 2 + (index + 1) * len(fields)]
        ]
        # An element of several has its number behind the name, from 1.
        whole = name if count == 1 else f"{name}({index + 1})"
        unit = next(
            (_text(inner, order) for field, inner in zip(fields, bodies, strict=True)
             if field.casefold() in _UNIT_FIELDS),
            "",
        )  # fmt: skip
        for field, inner in zip(fields, bodies, strict=True):
            yield from _fields(f"{whole}.{field}", inner, order, depth - 1, unit)


def _labels_of_elements(
    name: str, parts: list[tuple[int, memoryview]], fields: list[str], order: str
) -> Iterator[Variable]:
    """Yield the labels that each element of a structure has, such as EEG.chanlocs.labels."""
    for index, field in enumerate(fields):
        inner = [body for _, body in parts[2 + index :: len(fields)]]
        found = [_texts_of(body, order) for body in inner] if len(inner) > 1 else []
        texts = [one[0] for one in found if one is not None and len(one) == 1]
        if field.casefold() in _LABELS and len(texts) == len(inner) > 1:
            title = f"{name}.{field}"
            yield Variable(title, (len(texts),), False, partial(np.array, texts), texts=True)


def _texts_of(body: memoryview, order: str, *, cells: bool = True) -> list[str] | None:
    """Return the texts in a cell of texts, or the rows of a matrix of characters; else None."""
    header = _header(body, order)
    if header is None or not 0 < math.prod(header.shape) <= _MOST_CHARACTERS:
        return None
    if header.kind == _CELL and cells and math.prod(header.shape) <= _MOST_PARTS:
        inner = [_texts_of(part, order, cells=False) for _, part in _body(body, order)]
        texts = [one[0] for one in inner if one is not None and len(one) == 1]
        return texts if len(texts) == len(inner) else None
    if header.kind != _CHARACTERS or len(header.shape) != 2:
        return None
    text = _decoded(body, order)
    rows, columns = header.shape
    if len(text) != rows * columns:
        return None
    return [text[row::rows].strip("\0 ") for row in range(rows)]


def _names_of_fields(
    name: str, parts: list[tuple[int, memoryview]], count: int, order: str
) -> list[str]:
    """Return the names of the fields of a structure of so many elements."""
    if len(parts) < 2 or len(parts[0][1]) != 4:
        raise BrokenLayout(f"the structure '{name}' has no names of fields")
    width = struct.unpack(order + "i", parts[0][1])[0]
    packed = bytes(parts[1][1])
    if width <= 0 or len(packed) * count != width * (len(parts) - 2):
        raise BrokenLayout(f"the structure '{name}' has other names than fields")
    starts = range(0, len(packed), width)
    return [packed[at : at + width].split(b"\0")[0].decode("latin-1") for at in starts]


def _text(body: memoryview, order: str) -> str:
    """Return the characters of a row of text, "" where a matrix is none."""
    header = _header(body, order)
    if header is None or header.kind != _CHARACTERS or math.prod(header.shape) > _LONGEST_TEXT:
        return ""
    return _decoded(body, order).strip("\0 ")


def _decoded(body: memoryview, order: str) -> str:
    """Return the characters of a matrix, column after column."""
    kind, data = next(_body(body, order), (0, memoryview(b"")))
    encoding = {2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16"}.get(kind, "latin-1")
    if encoding == "utf-16":
        encoding += "-le" if order == "<" else "-be"
    return bytes(data).decode(encoding, "replace")
