"""Records of JSON with a list of named measurements in each: one column a name."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from spectra.datasets.readers.cells.names import is_unit

_NAMES = (
    "name", "measurand", "parameter", "metric", "sensor", "channel", "signal", "comp", "display",
    "text", "label", "title", "type", "key", "n", "k", "id", "code",
)  # fmt: skip
"""Keys of the name of a measurement, the surest first."""
_VALUES = ("value", "v", "val", "result", "reading", "data")
_UNITS = ("unit", "units", "uom", "u", "unit_of_measurement")
_PARTS = ("phase", "location", "axis")
"""Keys that tell measurements of one name apart."""
_A_FEW = 20
_DEEPEST = 5
_MOST = 200
"""Measurements in one record."""


def with_names_as_keys(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records with an object from names to values for each list of named measurements.

    {"t": 1, "data": [{"name": "a", "value": 2}, {"name": "b", "value": 3}]} is
    {"t": 1, "data": {"a": 2, "b": 3}}. Other records are returned as they are.
    """
    first = records[:_A_FEW]
    if not any(_plain(one, 0) != one for one in first):
        return records
    return [_plain(one, 0) for one in records]


def with_units(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of records with the units in their names that stand beside the values.

    A column a.value beside a.unit, which has one text in all records, is a [kW]. Other columns are
    returned as they are.
    """
    names: dict[Any, str] = {}
    units: list[Any] = []
    for column in frame.columns:
        owner, _, key = str(column).rpartition(".")
        if not owner or key.casefold() not in _UNITS:
            continue
        beside = [f"{owner}.{one}" for one in _VALUES if f"{owner}.{one}" in frame.columns]
        said = [*frame[column].dropna()]
        if len(beside) != 1 or not all(isinstance(one, str) for one in said):
            continue
        name = f"{owner} [{said[0]}]" if len({*said}) == 1 and is_unit(said[0]) else ""
        if name and name not in frame.columns:
            names[beside[0]] = name
            units.append(column)
    return frame.drop(columns=units).rename(columns=names) if names else frame


def _plain(value: Any, level: int) -> Any:
    """Return a value of JSON with objects in place of the lists of named measurements in it."""
    if level > _DEEPEST:
        return value
    if isinstance(value, dict):
        return {key: _plain(each, level + 1) for key, each in value.items()}
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return value
    if (named := _named(value)) is not None:
        return named
    return [_plain(value[0], level + 1)] if len(value) == 1 else value


def _named(items: list[Any]) -> dict[str, Any] | None:
    """Return the values of a list of measurements by their names, None for any other list."""
    if len(items) > _MOST or not all(isinstance(one, dict) for one in items):
        return None
    flat = [dict(_leaves(one, "", 0)) for one in items]
    names = next((found for key in _NAMES if (found := _distinct(flat, key)) is not None), None)
    values = [_value(one) for one in flat]
    if names is None or any(one is None for one in values):
        return None
    units = [_text(one, _UNITS) for one in flat]
    return {
        f"{name} [{unit}]" if unit and is_unit(unit) else name: value[0]
        for name, unit, value in zip(names, units, values, strict=True)
        if value is not None
    }


def _leaves(value: dict[str, Any], path: str, level: int) -> Iterator[tuple[str, Any]]:
    """Yield the plain values inside an object with their paths; a list of one object is that."""
    for key, each in value.items():
        inner = each[0] if isinstance(each, list) and len(each) == 1 else each
        if isinstance(inner, dict) and level < _DEEPEST:
            yield from _leaves(inner, f"{path}{key}.", level + 1)
        elif not isinstance(inner, (dict, list)):
            yield f"{path}{key}", inner


def _last(path: str) -> str:
    return path.rpartition(".")[2].casefold()


def _text(leaves: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Return the text behind the first of some keys, "" without one."""
    texts = (
        each
        for key in keys
        for path, each in leaves.items()
        if _last(path) == key and isinstance(each, str)
    )
    return next(texts, "")


def _distinct(flat: list[dict[str, Any]], key: str) -> list[str] | None:
    """Return the names that a key gives, each different, with what tells equal ones apart."""
    names = [_text(one, (key,)) for one in flat]
    if not all(names):
        return None
    if len({*names}) < len(names):
        names = [
            f"{name} {_text(one, _PARTS)}".strip() for name, one in zip(names, flat, strict=True)
        ]
    return names if len({*names}) == len(names) else None


def _value(leaves: dict[str, Any]) -> tuple[Any] | None:
    """Return the value of a measurement, None where there is none or it is not known which."""
    for key in _VALUES:
        found = [each for path, each in leaves.items() if _last(path) == key]
        if len(found) == 1 and (found[0] in (None, "") or _is_number(found[0])):
            return (None if found[0] == "" else found[0],)
    return None


def _is_number(value: Any) -> bool:
    """Return True for a number, a truth, or a text of a number."""
    if not isinstance(value, str):
        return isinstance(value, (int, float))
    try:
        float(value)
    except ValueError:
        return False
    return True
