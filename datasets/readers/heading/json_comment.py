"""Comments above a table that hold JSON, as OpenSignals writes them for its devices."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spectra.datasets.readers.cells.json_object import object_in


def names_in_json(comments: Iterable[str], width: int) -> tuple[str | None, ...] | None:
    """Return the names of columns in a comment of JSON, None without one of as many names.

    The names are a list called "column", "columns" or "ColumnLabels". A last column without a name
    is one that a delimiter at the end of each row makes.
    """
    for found in _lists(comments, ("column", "columns", "columnnames", "columnlabels")):
        if len(found) in (width, max(2, width - 1)) and all(
            isinstance(name, str) for name in found
        ):
            return (*found, *[""] * (width - len(found)))
    return None


def dates_in_json(comments: Iterable[str]) -> list[str]:
    """Return lines "start: date time" of the dates and times in comments of JSON."""
    return [
        f"start: {_padded(str(part['date']), '-')} {_padded(str(part['time']), ':')}"
        for part in _objects(comments)
        if isinstance(part.get("date"), str) and isinstance(part.get("time"), str)
    ]


def _padded(text: str, mark: str) -> str:
    """Return a date or time with two digits in each of its parts."""
    return mark.join(
        part
        if not part.partition(".")[0].isdigit() or len(part.partition(".")[0]) > 1
        else f"0{part}"
        for part in text.split(mark)
    )


def _lists(comments: Iterable[str], keys: Sequence[str]) -> Iterator[list[Any]]:
    """Yield the lists of these names in comments of JSON."""
    for part in _objects(comments):
        for key, inside in part.items():
            if isinstance(inside, list) and re.sub(r"[\s_]", "", key).casefold() in keys:
                yield inside


def _objects(comments: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects in comments of JSON, those inside an object after it."""
    for line in comments:
        text = line.strip().lstrip("#%; ")
        found = object_in(text) if text.startswith("{") and text.endswith("}") else None
        if found is None:
            continue
        yield found
        yield from (part for part in found.values() if isinstance(part, dict))
