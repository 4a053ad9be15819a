"""Parts of seconds behind a comma of a clock, which the commas between the fields cut off."""

import re
from collections.abc import Sequence

_SECONDS = re.compile(r".*\d:\d\d:\d\d")
_PARTS = {"ms": re.compile(r"\d{3}"), "us": re.compile(r"\d{6}")}


def with_cut_seconds(
    rows: Sequence[list[str]], names: tuple[str | None, ...], delimiter: str
) -> tuple[str | None, ...]:
    """Return names with one more for the parts of seconds behind a time such as 08:00:00,050.

    There is one name too few for the rows, or none at all and zeros stand before some parts.
    """
    rows = [row for row in rows if len(row) == len(names)]
    if delimiter != "," or len(names) < 3 or not rows:
        return names
    if not all(map(_SECONDS.fullmatch, (row[0] for row in rows))):
        return names
    parts = [row[1] for row in rows]
    unit = next((unit for unit, form in _PARTS.items() if all(map(form.fullmatch, parts))), None)
    if unit is None or not any(part.startswith("0") for part in parts):
        return names
    if not any(names):
        return (names[0], unit, *names[2:])
    return (names[0], unit, *names[1:-1]) if all(names[:-1]) and not names[-1] else names
