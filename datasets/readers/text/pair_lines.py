"""Lines of pairs as programs log them: time="2024-03-01T08:00:00Z" level=info temp=21.4 hum=40%."""

import re
from typing import NamedTuple

from spectra.datasets.readers.cells.names import NAMES, words

_TIME = re.compile(
    r"@?(?:time|timestamp|ts|t|date|datetime)=(\"?)"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\1(?=\s)"
)
"""The first pair of a line: the date and the time."""
_PAIR = re.compile(r"\s+([^\s=\",]+)=(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",]*)),?")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s?([^\s\d:/.]\S{0,5})?")


class Pairs(NamedTuple):
    """Parts of a line of pairs: its time, what tells its series, and names, numbers and units."""

    time: str
    source: str
    values: list[tuple[str, str, str]]


def pairs_in(line: str) -> Pairs | None:
    """Return the parts of a line, None for one that is not made of pairs with a time first."""
    begin = _TIME.match(line)
    if begin is None:
        return None
    texts, values, end = [], [], begin.end()
    while (pair := _PAIR.match(line, end)) is not None:
        end = pair.end()
        key, value = pair[1], pair[2] if pair[3] is None else pair[3]
        if (number := _NUMBER.fullmatch(value)) is not None:
            values.append((key, number[1], number[2] or ""))
        elif words(key) & NAMES:
            texts.append(f"{key}={value}")
    if not values or line[end:].strip():
        return None
    return Pairs(begin[2], " ".join(texts), values)
