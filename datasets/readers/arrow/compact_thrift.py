"""Structures in the compact protocol of Thrift, which describe the parts of a Parquet file.

A structure is a list of numbered fields that ends with a zero byte. See
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

_DEEPEST = 16
_TRUE, _BYTE, _DOUBLE, _TEXT, _STRUCTURE = 1, 3, 7, 8, 12
_TRUTHS, _INTEGERS, _LISTS = (1, 2), (4, 5, 6), (9, 10)
"""Types of values: truth values are types of their own, integers have 2, 4 and 8 bytes."""


@dataclass(frozen=True)
class Integer:
    """A type of integers, and those that there are."""

    code: int
    values: range


class Part(NamedTuple):
    """The type of a value, and its bytes."""

    code: int
    content: bytes


Kind: TypeAlias = Integer | type[bool] | type[bytes] | list["Kind"] | Mapping[int, "Kind"]
"""Kind of a value: a list has the kind of its values, a structure the kinds of its fields."""
INT8 = Integer(3, range(-(2**7), 2**7))
INT32 = Integer(5, range(-(2**31), 2**31))
INT64 = Integer(6, range(-(2**63), 2**63))


def fields_of(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return the fields of a structure, and where it ends.

    A number with a fraction is None. Raises IndexError where the data ends before the structure.
    """
    _refuse_deep(depth)
    found: dict[int, Any] = {}
    number = 0
    while data[at]:
        number, code, at = _field(data, at, number)
        found[number], at = _value(data, at, code, depth)
    return found, at + 1


def kept_of(
    data: bytes, at: int, kinds: Mapping[int, Kind], depth: int = 0
) -> tuple[dict[int, Part], int]:
    """Return the fields of some kinds of a structure by their numbers, and where it ends.

    A field of another kind is left out. Raises IndexError where the data ends before the structure,
    and ValueError for an integer that there is not or a value of another kind in a list.
    """
    _refuse_deep(depth)
    found: dict[int, Part] = {}
    number = 0
    while data[at]:
        number, code, at = _field(data, at, number)
        part, at = _kept(data, at, code, kinds.get(number), depth)
        if part is not None:
            found[number] = part
    return found, at + 1


def written(fields: Mapping[int, Part]) -> bytes:
    """Return the bytes of a structure of fields with numbers up to 15."""
    content, before = bytearray(), 0
    for number, part in sorted(fields.items()):
        content.append(number - before << 4 | part.code)
        content += part.content
        before = number
    return bytes(content) + b"\0"


def _field(data: bytes, at: int, before: int) -> tuple[int, int, int]:
    """Return the number and the type of a field, and where its value begins."""
    head = data[at]
    if head >> 4:
        return before + (head >> 4), head & 15, at + 1
    number, at = _integer(data, at + 1)
    return number, head & 15, at


def _kept(
    data: bytes, at: int, code: int, kind: Kind | None, depth: int
) -> tuple[Part | None, int]:
    """Return the type and the content of a value, None for one of another kind, and its end."""
    if isinstance(kind, list) and code in _LISTS:
        return _kept_values(data, at, code, kind[0], depth + 1)
    if isinstance(kind, Mapping) and code == _STRUCTURE:
        fields, end = kept_of(data, at, kind, depth + 1)
        return Part(code, written(fields)), end
    value, end = _value(data, at, code, depth)
    if isinstance(kind, Integer) and (code in _INTEGERS or code == kind.code == _BYTE):
        if value not in kind.values:
            raise ValueError(f"its metadata holds the number {value}, which has no meaning there")
        return Part(kind.code, data[at:end]), end
    if (kind is bool and code in _TRUTHS) or (kind is bytes and code == _TEXT):
        return Part(code, data[at:end]), end
    return None, end


def _kept_values(data: bytes, at: int, code: int, kind: Kind, depth: int) -> tuple[Part, int]:
    """Return the type and the content of a list of values of a kind, and where it ends."""
    _refuse_deep(depth)
    size, inner, end = _head_of_values(data, at)
    content = bytearray(data[at:end])
    for _ in range(size):
        part, end = _kept(data, end, inner, kind, depth)
        if part is None:
            raise ValueError(f"a list in its metadata holds a value of type {inner}")
        content[0] = content[0] & 0xF0 | part.code
        content += part.content
    return Part(code, bytes(content)), end


def _value(data: bytes, at: int, code: int, depth: int) -> tuple[Any, int]:
    """Return a value of a type, None for one that is passed over, and where it ends."""
    if code in _TRUTHS:
        return code == _TRUE, at
    if code == _BYTE:
        return int.from_bytes((data[at],), signed=True), at + 1
    if code in _INTEGERS:
        return _integer(data, at)
    if code == _DOUBLE:
        return None, at + 8
    if code == _TEXT:
        length, at = _varint(data, at)
        return data[at : at + length], at + length
    if code in _LISTS:
        return _values(data, at, depth + 1)
    if code == _STRUCTURE:
        return fields_of(data, at, depth + 1)
    raise ValueError(f"its metadata holds a value of type {code}")


def _values(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    """Return the values of a list, and where it ends."""
    _refuse_deep(depth)
    size, code, at = _head_of_values(data, at)
    found = []
    for _ in range(size):
        value, at = _value(data, at, code, depth)
        found.append(value)
    return found, at


def _head_of_values(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the number and the type of the values of a list, and where they begin."""
    size, code = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    # Truth values take a byte in a list.
    return size, _BYTE if code in _TRUTHS else code, at


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """Return a signed integer (zigzag) and where it ends."""
    value, at = _varint(data, at)
    return value >> 1 ^ -(value & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("its metadata holds a number of more than 64 bits")


def _refuse_deep(depth: int) -> None:
    """Raise ValueError for a structure inside too many others."""
    if depth > _DEEPEST:
        raise ValueError("its metadata is nested too deep")
