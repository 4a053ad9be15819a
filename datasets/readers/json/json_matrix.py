"""Lists of numbers inside a list of JSON: rows, or a channel each, and the names beside them."""

import re
from typing import Any

from spectra.datasets.readers.json.json_lists import Records

_NAMES = re.compile(
    r"(?:ch|chan|channels?|signals?|sensors?|leads?|electrodes?|columns?)?_?-?"
    r"(?:names?|labels?|ids)?|channels|signals|sensors|leads|electrodes|columns|legend",
    re.IGNORECASE,
)
"""Keys of the names of channels."""


def with_channels(records: Records, value: Any) -> tuple[Records, tuple[str, ...]]:
    """Return a matrix of numbers as a list a channel, with a note where it was turned.

    Fewer lists than each of them has numbers are channels. Their names may stand beside them in
    `value`. Anything else is returned as it is.
    """
    if not isinstance(records, list) or not _is_matrix(records):
        return records, ()
    count, length = len(records), len(records[0])
    turned = 1 < count < length
    names = _names_beside(value, count if turned else length)
    if not turned and names is None:
        return records, ()
    rows = records if turned else [*map(list, zip(*records, strict=True))]
    titles = names or [f"ch{i + 1}" for i in range(len(rows))]
    notes = (f"{count} lists of {length} numbers: one channel a list.",) if turned else ()
    return dict(zip(titles, rows, strict=True)), notes


def _is_matrix(records: list[Any]) -> bool:
    """Return True for lists of one length that hold numbers, and null where there is none."""
    return (
        all(isinstance(row, list) for row in records)
        and len({*map(len, records)}) == 1
        and all(one is None or isinstance(one, int | float) for row in records for one in row)
    )


def _names_beside(value: Any, count: int) -> list[str] | None:
    """Return the names in an object, or in one inside it, of so many channels."""
    if not isinstance(value, dict):
        return None
    for key, one in value.items():
        if not (_NAMES.fullmatch(str(key)) and isinstance(one, list) and len(one) == count):
            continue
        told = (each.get("name") if isinstance(each, dict) else each for each in one)
        names = [name for name in told if isinstance(name, str)]
        if len(names) == count == len({*names}):
            return names
    inside = (one for one in value.values() if isinstance(one, dict))
    return next((found for one in inside if (found := _names_beside(one, count))), None)
