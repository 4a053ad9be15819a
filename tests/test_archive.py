"""Dataclasses packed as arrays and JSON, and the file that holds them."""

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra.archive import ABOUT, GAPS, FileFormat, is_a, pack, unpack
from spectra.arrays import BoolArray, ComplexArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.errors import DataError


@dataclass(frozen=True, eq=False)
class Leaf:
    """A dataclass within others."""

    values: Float64Array
    size: int


@dataclass(frozen=True, eq=False)
class Other:
    """Another kind of the same field."""

    name: str


@dataclass(frozen=True, eq=False)
class Tree:
    """A field of every kind."""

    leaf: Leaf
    leaves: tuple[Leaf, ...]
    pair: tuple[str, float]
    named: dict[str, Leaf]
    either: Leaf | Other
    perhaps: Leaf | None
    window: str | tuple[str, float]
    reversed_window: tuple[str, float] | str
    choice: Literal["log", "plain"]
    number: float
    count: int | None
    flag: bool
    single: Float32Array
    either_precision: FloatArray
    whole: IntArray
    truth: BoolArray
    turned: ComplexArray
    maybe: ComplexArray | None
    holed: FloatArray = field(metadata=GAPS)
    perhaps_holed: FloatArray | None = field(metadata=GAPS)

    def __post_init__(self) -> None:
        if self.whole.size != self.truth.size:
            raise ValueError("Each number is true or not.")


def leaf(seed: int = 0) -> Leaf:
    return Leaf(np.random.default_rng(seed).normal(size=(2, 3)), seed)


def tree(**changes: Any) -> Tree:
    whole = Tree(
        leaf=leaf(),
        leaves=(leaf(1), leaf(2)),
        pair=("tukey", 0.25),
        named={"a": leaf(3), "b": leaf(4)},
        either=Other("x"),
        perhaps=None,
        window="hann",
        reversed_window="hann",
        choice="log",
        number=2.5,
        count=None,
        flag=True,
        single=np.arange(3, dtype=np.float32),
        either_precision=np.arange(3, dtype=np.float16),
        whole=np.arange(4),
        truth=np.array([True, False, True, False]),
        turned=np.array([1 + 2j]),
        maybe=None,
        holed=np.array([1.0, np.nan]),
        perhaps_holed=None,
    )
    return replace(whole, **changes)


def assert_same(one: Any, other: Any) -> None:
    """Two values of dataclasses, containers, arrays and plain values are the same."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        assert_same(list(one.values()), list(other.values()))
    elif hasattr(one, "__dataclass_fields__"):
        for part in fields(one):
            assert_same(getattr(one, part.name), getattr(other, part.name))
    else:
        assert one == other


def through_json(value: Any) -> tuple[Any, dict[str, Any]]:
    about, arrays = pack(value)
    return json.loads(json.dumps(about)), arrays


CHANGES: list[dict[str, Any]] = [
    {},
    {"perhaps": leaf(5)},
    {"either": leaf(6)},
    {"window": ("tukey", 0.5), "reversed_window": ("kaiser", 8)},
    {"leaves": (), "named": {}},
    {"count": 7, "flag": False, "number": 3.0, "choice": "plain"},
    {"maybe": np.array([[1j]], dtype=np.complex64), "perhaps_holed": np.array([np.nan])},
    {"either_precision": np.arange(3.0)},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_unpacking_gives_back_what_was_packed(changes: dict[str, Any]) -> None:
    value = tree(**changes)
    found = unpack(Tree, *through_json(value))
    if "reversed_window" in changes:
        # A whole number of a field of float comes back as one.
        assert found.reversed_window == ("kaiser", 8.0)
        found = replace(found, reversed_window=value.reversed_window)
    assert_same(found, value)


@given(
    st.text(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.dictionaries(st.text(), st.integers(0, 100)),
)
def test_any_text_number_and_names_come_back(
    text: str, number: float, count: int, named: dict[str, int]
) -> None:
    value = tree(
        pair=(text, number),
        number=number,
        count=count,
        named={name: leaf(seed) for name, seed in named.items()},
    )
    # A name with a point could be the path of another part.
    if not any("." in name for name in named):
        assert_same(unpack(Tree, *through_json(value)), value)


def test_arrays_go_by_the_path_of_their_field() -> None:
    about, arrays = pack(tree())
    assert {"leaf.values", "leaves.0.values", "leaves.1.values", "named.b.values"} <= set(arrays)
    assert about["leaf"] == {"class": "Leaf", "values": None, "size": 0}
    assert about["pair"] == ["tukey", 0.25]


WRONG: list[tuple[str, Any]] = [
    ("leaf", None),
    ("leaf", 3),
    ("leaf", {"class": "Other", "name": "x"}),
    ("leaf", {"class": "Leaf", "values": None, "size": 1, "more": 2}),
    ("leaf", {"class": "Leaf", "values": None}),
    ("leaves", {"0": 1}),
    ("leaves", "xy"),
    ("pair", ["tukey"]),
    ("pair", ["tukey", 0.25, 1]),
    ("pair", [0.25, "tukey"]),
    ("pair", None),
    ("named", [1]),
    ("named", None),
    ("either", None),
    ("either", {"class": "Tree"}),
    ("either", {"class": "Other", "name": 5}),
    ("window", 3),
    ("window", ["tukey"]),
    ("window", None),
    ("reversed_window", True),
    ("choice", "both"),
    ("choice", None),
    ("choice", []),
    ("number", "3"),
    ("number", True),
    ("number", float("nan")),
    ("number", float("inf")),
    ("number", 10**400),
    ("count", 2.5),
    ("count", True),
    ("count", "x"),
    ("flag", 1),
    ("flag", None),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_values_that_are_not_what_their_field_is_are_refused(name: str, value: Any) -> None:
    about, arrays = through_json(tree())
    with pytest.raises((ValueError, KeyError, TypeError, OverflowError)):
        unpack(Tree, about | {name: value}, arrays)


@pytest.mark.parametrize("part", [one.name for one in fields(Tree)])
def test_a_part_that_is_missing_is_refused(part: str) -> None:
    about, arrays = through_json(tree())
    with pytest.raises((ValueError, KeyError)):
        unpack(Tree, {name: value for name, value in about.items() if name != part}, arrays)


def test_unknown_parts_and_leftover_arrays_are_refused() -> None:
    about, arrays = through_json(tree())
    with pytest.raises(ValueError, match="unknown parts: extra, more"):
        unpack(Tree, about | {"more": 1, "extra": None}, arrays)
    with pytest.raises(ValueError, match=r"belong to nothing: b, leaf\.other"):
        unpack(Tree, about, arrays | {"leaf.other": np.zeros(1), "b": np.zeros(1)})


@pytest.mark.parametrize("name", ["leaf.values", "single", "whole", "truth", "turned", "holed"])
def test_an_array_that_is_missing_is_refused(name: str) -> None:
    about, arrays = through_json(tree())
    with pytest.raises((ValueError, KeyError)):
        unpack(Tree, about, {path: array for path, array in arrays.items() if path != name})


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("leaf.values", np.arange(3)),
        ("leaf.values", np.arange(3, dtype=np.float32)),
        ("leaf.values", np.array([1.0, np.nan])),
        ("leaf.values", np.array([1.0, np.inf])),
        ("leaf.values", np.array(["a"])),
        ("single", np.arange(3.0)),
        ("whole", np.arange(4.0)),
        ("whole", np.arange(3)),
        ("truth", np.arange(4)),
        ("turned", np.arange(4.0)),
        ("turned", np.array([complex(0, np.inf)])),
        ("either_precision", np.array([True])),
        ("holed", np.array([np.inf])),
        ("holed", np.array([1])),
    ],
)
def test_arrays_of_another_kind_or_without_finite_numbers_are_refused(
    name: str, array: np.ndarray
) -> None:
    about, arrays = through_json(tree())
    with pytest.raises(ValueError, match=r"has the type|finite numbers|true or not"):
        unpack(Tree, about, arrays | {name: array})


def test_the_whole_must_be_of_its_class() -> None:
    about, arrays = through_json(tree())
    for nothing in (None, [], 3, {}, about | {"class": "Leaf"}):
        with pytest.raises(ValueError, match="the file is no Tree"):
            unpack(Tree, nothing, arrays)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (1, bool, False),
        (True, bool, True),
        (1, float, True),
        (True, float, False),
        (float("nan"), float, False),
        (float("inf"), float, False),
        ("x", str, True),
        (None, str, False),
        ("a", Literal["a", "b"], True),
        ("c", Literal["a", "b"], False),
        ([], tuple[int, ...], False),
    ],
)
def test_plain_values_are_told_by_their_kind(value: Any, kind: Any, expected: bool) -> None:
    assert is_a(value, kind) == expected


FORMAT = FileFormat("spectra test", 3, "test file", "write {name} again")


def test_a_file_gives_back_its_arrays_and_its_text(tmp_path: Path) -> None:
    about, arrays = pack(tree())
    FORMAT.write(tmp_path / "a.test", arrays, {"tree": about})
    read, described = FORMAT.read(tmp_path / "a.test")
    assert described["format"] == "spectra test"
    assert described["version"] == 3
    assert_same(unpack(Tree, described["tree"], read), tree())
    assert [path.name for path in tmp_path.iterdir()] == ["a.test"]


def test_a_file_of_another_format_or_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.test"
    FileFormat("spectra test", 2, "old test file", "").write(path, {}, {})
    with pytest.raises(DataError, match=r"a\.test is a test file of version 2.*version 3: write"):
        FORMAT.read(path)
    FileFormat("spectra other", 3, "other file", "").write(path, {}, {})
    with pytest.raises(DataError, match=r"a\.test is not a test file of spectra"):
        FORMAT.read(path)
    with pytest.raises(DataError, match=r"b\.test does not exist: write .*b\.test again"):
        FORMAT.read(tmp_path / "b.test")


@pytest.mark.parametrize("text", ["", "[1, 2", "NaN{", "[" * 100_000])
def test_a_text_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{ABOUT: np.array(text)})
    with pytest.raises(DataError, match="is not a test file or is damaged"):
        FORMAT.read(path)
