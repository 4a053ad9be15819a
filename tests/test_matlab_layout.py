"""Elements of MATLAB files, written here byte by byte after MathWorks' "MAT-File Format"."""

import struct
import zlib

import numpy as np
import pytest

from spectra.datasets.readers.variables import matlab_v5
from spectra.datasets.readers.variables.matlab_v5 import BrokenLayout, variables_of

BYTE, TEXT8, INT, UNSIGNED, DOUBLE, MATRIX, COMPRESSED, UTF16 = 1, 2, 5, 6, 9, 14, 15, 17
CELL, STRUCTURE, CHARACTERS, DOUBLES = 1, 2, 4, 6
VALUES = np.arange(5.0)


def element(kind: int, data: bytes) -> bytes:
    padding = b"" if kind == COMPRESSED else bytes(-len(data) % 8)
    return struct.pack("<II", kind, len(data)) + data + padding


def matrix(kind: int, shape: tuple[int, ...], name: str, *parts: bytes) -> bytes:
    """Return an element with an array of a class, of which the parts lie behind the header."""
    header = (
        element(UNSIGNED, struct.pack("<II", kind, 0))
        + element(INT, struct.pack(f"<{len(shape)}i", *shape))
        + element(BYTE, name.encode())
    )
    return element(MATRIX, header + b"".join(parts))


def numbers(name: str, values: np.ndarray = VALUES) -> bytes:
    return matrix(DOUBLES, (len(values), 1), name, element(DOUBLE, values.tobytes()))


def structure(name: str, fields: dict[str, bytes], width: int = 8) -> bytes:
    packed = b"".join(field.encode().ljust(width, b"\0") for field in fields)
    length = element(INT, struct.pack("<i", width))
    return matrix(STRUCTURE, (1, 1), name, length, element(BYTE, packed), *fields.values())


def file_of(*elements: bytes) -> memoryview:
    return memoryview(b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + b"".join(elements))


def test_array_written_by_hand_is_read_as_it_is() -> None:
    (variable,) = variables_of(file_of(numbers("x")))
    assert variable.name == "x"
    assert np.array_equal(variable.read(), VALUES[:, None])


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (element(DOUBLE, VALUES.tobytes()), "an element of type 9 is no variable"),
        (element(COMPRESSED, zlib.compress(b"")), "a compressed variable is empty"),
        (
            element(COMPRESSED, zlib.compress(element(DOUBLE, VALUES.tobytes()))),
            "a compressed element has type 9",
        ),
        (
            matrix(STRUCTURE, (1, 1), "s", element(DOUBLE, VALUES.tobytes())),
            "the structure 's' has no names of fields",
        ),
        (
            matrix(
                STRUCTURE,
                (1, 1),
                "s",
                element(INT, struct.pack("<i", 8)),
                element(BYTE, b"a".ljust(8, b"\0") + b"b".ljust(8, b"\0")),
                numbers(""),
            ),
            "the structure 's' has other names than fields",
        ),
        (element(MATRIX, element(UNSIGNED, bytes(8))), "a variable has no header"),
        (matrix(DOUBLES, (-1, 1), "x"), r"a variable has the shape \(-1, 1\)"),
    ],
)
def test_damaged_element_is_named(first: bytes, reason: str) -> None:
    with pytest.raises(BrokenLayout, match=reason):
        variables_of(file_of(first))


def test_compressed_array_that_ends_early_says_how_much_is_there() -> None:
    whole = numbers("x")
    (variable,) = variables_of(file_of(element(COMPRESSED, zlib.compress(whole[:-16]))))
    expected = f"{len(whole) - 24} of {len(whole) - 8} bytes are there"
    with pytest.raises(BrokenLayout, match=expected):
        variable.read()


def test_compressed_array_larger_than_memory_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = numbers("x")
    (variable,) = variables_of(file_of(element(COMPRESSED, zlib.compress(whole))))
    monkeypatch.setattr(matlab_v5, "largest_bytes", lambda: len(whole) - 1)
    with pytest.raises(BrokenLayout, match=f"claims {len(whole)} bytes"):
        variable.read()


def test_arrays_without_a_header_or_a_name_are_left_out() -> None:
    found = variables_of(file_of(element(MATRIX, b""), numbers(""), numbers("x")))
    assert [variable.name for variable in found] == ["x"]


def test_empty_parts_of_a_cell_are_left_out() -> None:
    parts = (element(MATRIX, b""), matrix(CELL, (0, 0), ""), numbers(""))
    (variable,) = variables_of(file_of(matrix(CELL, (1, 3), "c", *parts)))
    assert variable.name == "c{3}"
    assert np.array_equal(variable.read(), VALUES[:, None])


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (matrix(CHARACTERS, (1, 2), "", element(TEXT8, b"mV")), "mV"),
        (matrix(CHARACTERS, (1, 2), "", element(UTF16, "mV".encode("utf-16-le"))), "mV"),
        (matrix(CHARACTERS, (1, 20), "", element(TEXT8, b"a remark of 20 bytes")), ""),
        (numbers(""), ""),
        (element(MATRIX, b""), ""),
    ],
)
def test_unit_of_a_structure_is_a_short_text(unit: bytes, expected: str) -> None:
    found = variables_of(file_of(structure("s", {"data": numbers(""), "units": unit})))
    (data,) = [variable for variable in found if variable.name == "s.data"]
    assert data.unit == expected


def test_objects_such_as_tables_are_named_and_the_rest_is_read() -> None:
    header = element(UNSIGNED, struct.pack("<II", 17, 0))
    named = [element(BYTE, text) for text in (b"T", b"MCOS", b"table")]
    table = element(MATRIX, header + b"".join(named) + numbers("", np.arange(6.0)))
    for packed in (table, element(COMPRESSED, zlib.compress(table))):
        found = variables_of(file_of(numbers("x"), packed))
        assert [(one.name, one.numeric, one.what) for one in found] == [
            ("x", True, ""),
            ("T", False, "a table or object"),
        ]
