"""The compact protocol of Thrift, value by value: each with the type that it is written with."""

from typing import Any

# A value is its type with: a number or truth value, bytes, a list of values, or a structure, which
# is a dictionary of values by the numbers of their fields.
Value = tuple[int, Any]
BOOLEANS, BYTE, INTEGERS, DOUBLE, TEXT, LIST, STRUCTURE = (1, 2), 3, (4, 5, 6), 7, 8, 9, 12


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte and where it ends."""
    number, shift = 0, 0
    while data[at] >= 128:
        number += (data[at] - 128) << shift
        shift, at = shift + 7, at + 1
    return number + (data[at] << shift), at + 1


def varint(number: int) -> bytes:
    """Return a number as seven bits a byte."""
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


def zigzag(number: int) -> bytes:
    """Return a number that may be negative as seven bits a byte."""
    return varint(2 * number if number >= 0 else -2 * number - 1)


def read_value(data: bytes, at: int, kind: int) -> tuple[Value, int]:
    """Return a value and where it ends."""
    if kind in BOOLEANS:
        return (kind, None), at
    if kind in (BYTE, DOUBLE):
        size = 1 if kind == BYTE else 8
        return (kind, data[at : at + size]), at + size
    if kind in INTEGERS:
        number, at = read_varint(data, at)
        return (kind, -(number + 1) // 2 if number % 2 else number // 2), at
    if kind == TEXT:
        size, at = read_varint(data, at)
        return (kind, data[at : at + size]), at + size
    if kind == LIST:
        size, inner = divmod(data[at], 16)
        at += 1
        if size == 15:
            size, at = read_varint(data, at)
        values = []
        for _ in range(size):
            value, at = read_value(data, at, inner)
            values.append(value)
        return (kind, values), at
    assert kind == STRUCTURE
    fields, at = read_structure(data, at)
    return (kind, fields), at


def read_structure(data: bytes, at: int) -> tuple[dict[int, Value], int]:
    """Return the fields of a structure by their numbers and where it ends."""
    fields: dict[int, Value] = {}
    number = 0
    while data[at]:
        step, kind = divmod(data[at], 16)
        at += 1
        assert step
        number += step
        fields[number], at = read_value(data, at, kind)
    return fields, at + 1


def write_value(value: Value) -> bytes:
    """Return the bytes of a value."""
    kind, content = value
    if kind in BOOLEANS:
        return b""
    if kind in (BYTE, DOUBLE):
        return bytes(content)
    if kind in INTEGERS:
        return zigzag(content)
    if kind == TEXT:
        return varint(len(content)) + content
    if kind == LIST:
        inner = content[0][0] if content else STRUCTURE
        head = bytes([min(len(content), 15) * 16 + inner])
        size = varint(len(content)) if len(content) >= 15 else b""
        return head + size + b"".join(map(write_value, content))
    return write_structure(content)


def write_structure(fields: dict[int, Value]) -> bytes:
    """Return the bytes of a structure; the number of a field is written in full."""
    parts = [bytes([kind]) + zigzag(n) + write_value((kind, v)) for n, (kind, v) in fields.items()]
    return b"".join(parts) + b"\0"


def footer_of(content: bytes) -> dict[int, Value]:
    """Return the fields of the footer of a Parquet file."""
    size = int.from_bytes(content[-8:-4], "little")
    return read_structure(content, len(content) - 8 - size)[0]


def with_footer(content: bytes, footer: bytes) -> bytes:
    """Return a Parquet file with another footer."""
    size = int.from_bytes(content[-8:-4], "little")
    return content[: len(content) - 8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"
