"""Texts of JSON beside the records: titles, units, and what they say of the samples."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.cells.names import is_unit
from spectra.datasets.readers.json.json_grid import grid_in
from spectra.errors import DataError

_DEEPEST = 8
"""Levels at which texts are looked for."""
_FEWEST_LINES = 2
"""Lines of a text beyond which it may be a table."""
_MOST_SIGNALS = 1000
"""Objects in a list that hold a signal each."""
_OF_VALUES = frozenset({"value", "v", "val", "data"})
"""Keys of the values inside the object of a channel."""
_is_placeholder = re.compile(r"[^\W\d_]+[_-]?\d+").fullmatch
"""A name such as field1, whose meaning stands elsewhere."""


def titles_in(value: Any, names: Sequence[str]) -> dict[str, str]:
    """Return titles for names such as field1, and for those whose unit stands elsewhere.

    An object beside the records may say {"field1": "Temperature"}; one whose key speaks of units
    may say {"temp": "°C"}.
    """
    found: dict[str, str] = {}
    for key, inner in _objects(value, "", 0):
        said = {name: inner[name] for name in names if isinstance(inner.get(name), str)}
        if "unit" in key.casefold():
            units = {name: _said_of(name, inner) for name in names}
            found |= {name: f"{name} ({text})" for name, text in units.items() if is_unit(text)}
        else:
            said = {name: text.strip() for name, text in said.items() if len(text) < 60}
            said = {name: text for name, text in said.items() if text and not is_value(text, ".")}
            found |= {name: text for name, text in said.items() if _is_placeholder(name)}
    return found if len({*found.values()} | ({*names} - {*found})) == len(names) else {}


def _said_of(name: str, texts: dict[str, Any]) -> str:
    """Return the text for a name such as a, data.a or a.value, "" without one."""
    *parts, last = name.split(".")
    keys = (name, last, parts[-1] if parts and last in _OF_VALUES else name)
    return next((texts[key] for key in keys if isinstance(texts.get(key), str)), "")


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts and numbers with their keys in objects that are no records: "fs: 250"."""
    for _, inner in _objects(value, "", 0):
        yield from grid_in(inner)
        for key, each in inner.items():
            if not isinstance(each, (str, int, float)) or isinstance(each, bool):
                continue
            yield f"{key}: {each}"


def refuse_table_in_text(values: Sequence[Any], name: str) -> None:
    """Raise DataError where a text of several lines inside the only value may be a table."""
    for _, inner in _objects(values[0] if values else None, "", 0):
        for key, text in inner.items():
            if isinstance(text, str) and len(text.splitlines()) > _FEWEST_LINES:
                raise DataError(
                    f"{name} is JSON with {len(text.splitlines()):,} lines as one text below "
                    f"'{key}': save that text as a file of its own, and read that."
                )


def _objects(value: Any, key: str, level: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects that are no records, each with its key."""
    if isinstance(value, dict) and level < _DEEPEST:
        yield key, value
        for name, inner in value.items():
            yield from _objects(inner, name, level + 1)
    elif isinstance(value, list) and len(value) == 1:
        yield from _objects(value[0], key, level + 1)
    elif isinstance(value, list) and (shared := _shared(value)):
        yield key, shared


def _shared(signals: list[Any]) -> dict[str, Any]:
    """Return the numbers that objects with a list of samples each all have, such as their rate."""
    if len(signals) > _MOST_SIGNALS or not all(isinstance(one, dict) for one in signals):
        return {}
    if not all(any(isinstance(each, list) for each in one.values()) for one in signals):
        return {}
    first = signals[0].items() if signals else ()
    return {
        key: each
        for key, each in first
        if isinstance(each, (int, float)) and all(one.get(key) == each for one in signals)
    }
