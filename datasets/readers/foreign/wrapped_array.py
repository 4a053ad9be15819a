"""One array of numbers that goes on line after line, each behind the place of its first number."""

import re
from collections.abc import Sequence
from itertools import pairwise

_LINE = re.compile(
    r"\s*(\d{1,9}):((?:\s+[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)+)\s*", re.ASCII
)
_FEWEST_LINES = 4
_MOST_LINES = 200


def has_wrapped_array(lines: Sequence[str]) -> bool:
    """Return True if most lines have several numbers behind the place of the first of them."""
    found = [_LINE.fullmatch(line) for line in lines[:_MOST_LINES]]
    rows = [(int(match[1]), len(match[2].split())) for match in found if match]
    if len(rows) < max(_FEWEST_LINES, len(found) / 2) or rows[0][1] < 2:
        return False
    return all(below == at + count or below == 0 for (at, count), (below, _) in pairwise(rows))


def plain_wrapped_array(text: str) -> str:
    """Return the numbers of the only array a line each; several arrays are left as they are."""
    lines = text.split("\n")
    found = [_LINE.fullmatch(line) for line in lines]
    if sum(match is not None and int(match[1]) == 0 for match in found) > 1:
        return text
    return "\n".join(
        "\n".join(match[2].split()) if match else line
        for match, line in zip(found, lines, strict=True)
    )
