"""Lines that are JSON objects: their cells, and several of them as a text table."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from spectra.stream.cells import BadLineError

# Levels of objects within objects that are read.
DEEPEST: Final = 8


def table_of(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Return JSON objects as a text table with their keys as header, and the keys."""
    objects = []
    for line in lines:
        try:
            objects.append(cells_of(line))
        except BadLineError:
            continue
    keys = list(dict.fromkeys(key for each in objects for key in each))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([each.get(key, "") for key in keys] for each in objects)
    return text.getvalue(), keys


def cells_of(line: str) -> dict[str, str]:
    """Return the cells of a line by their key; raise BadLineError for one without an object."""
    return dict(_flat(_object(line)))


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object in a line; raise BadLineError for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadLineError("no JSON object") from None
    if not isinstance(found, dict):
        raise BadLineError("no JSON object")
    return found


def _flat(found: dict[str, Any], lead: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the cells of a JSON object; those of objects inside have names such as "a.b"."""
    for key, value in found.items():
        name = f"{lead}{key}"
        if isinstance(value, dict):
            if depth < DEEPEST:
                yield from _flat(value, f"{name}.", depth + 1)
        elif value is None:
            yield name, ""
        elif isinstance(value, bool):
            yield name, str(int(value))
        elif isinstance(value, (int, float, str)):
            yield name, _short(value)


def _short(value: float | str) -> str:
    """Return a value of JSON as text; an integer of thousands of digits has none."""
    try:
        return str(value)
    except ValueError:
        return "inf"
