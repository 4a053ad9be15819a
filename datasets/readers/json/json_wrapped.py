"""JSON in the words of others: in calls of web pages, as Python prints it, in Google's charts."""

import re
from collections import Counter
from typing import Any

_DATE = re.compile(r"Date\((\d{4}),\s*(\d{1,2})((?:,\s*\d{1,3}){0,5})\)")
"""An instant, whose months count from 0: Date(2024,0,31,8,15,0)."""
_CALL = re.compile(
    rb"\s*(?:/\*[^*\r\n]{0,40}\*/\s*)?(?:\)\]\}',?|(?:while\(1\)|for\(;;\)|throw 1);"
    rb"|[A-Za-z_$][\w.$]{0,80}\()\s*(?=[\[{])"
)
_DEEPEST = 3


_FLAT = re.compile(rb"\[\s*(?:-?\d[\d.eE+-]*|null)\s*,[^\[\]]*\]?\s*")
"""A list of numbers; lines that each hold a list are a table."""
_OF_PYTHON = re.compile(rb"\s*\[?\s*\{\s*'")
_TUPLES = re.compile(rb"\s*\[\s*\(\s*(?:-?\d|')")
_IN_TEXT = re.compile(rb"\w\(")
"""A call such as datetime(2024, 3, 1), which is no tuple."""
_WORDS = {
    b"(": b"[",
    b")": b"]",
    b"'": b'"',
    b"None": b"null",
    b"nan": b"null",
    b"True": b"true",
    b"False": b"false",
}


def is_flat(text: bytes) -> bool:
    """Return True for the beginning of one list of numbers."""
    return bool(_FLAT.fullmatch(text))


def plain_json(data: bytes) -> bytes:
    """Return JSON without the function that a web page calls with it, or as Python prints it."""
    if _OF_PYTHON.match(data[:200]) and b'"' not in data:
        return re.sub(rb"'|\b(?:None|nan|True|False)\b", lambda match: _WORDS[match[0]], data)
    if _TUPLES.match(data[:200]) and b'"' not in data and not _IN_TEXT.search(data):
        return re.sub(rb"[()']|\b(?:None|nan|True|False)\b", lambda match: _WORDS[match[0]], data)
    found = _CALL.match(data[:200])
    return data if found is None else data[found.end() :].rstrip(b" \t\r\n;").removesuffix(b")")


def table_of(value: Any, level: int = 0) -> dict[str, list[Any]] | None:
    """Return the columns of a table {"cols": [{"label": …}], "rows": [{"c": [{"v": …}]}]}."""
    if not isinstance(value, dict) or level > _DEEPEST:
        return None
    columns, rows = value.get("cols"), value.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list) or len(rows) < 2:
        inner = (table_of(one, level + 1) for one in value.values())
        return next((one for one in inner if one is not None), None)
    cells = [row.get("c") if isinstance(row, dict) else None for row in rows]
    if not all(isinstance(one, dict) for one in columns) or not all(
        isinstance(row, list) and len(row) <= len(columns) for row in cells
    ):
        return None
    labels = [str(one.get("label") or one.get("id") or "") for one in columns]
    often = Counter(labels)
    names = [
        label if label and often[label] == 1 else f"{label} {number}".strip()
        for number, label in enumerate(labels, start=1)
    ]
    width = len(columns)
    full = [[*map(_cell, row or []), *[None] * (width - len(row or []))] for row in cells]
    return {name: [row[i] for row in full] for i, name in enumerate(names)}


def _cell(cell: Any) -> Any:
    """Return the value of a cell, an instant as a date."""
    value = cell.get("v") if isinstance(cell, dict) else None
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    rest = [int(part) for part in found[3].split(",")[1:]]
    day, hour, minute, second, milli = [*rest, *[1, 0, 0, 0, 0][len(rest) :]]
    date = f"{found[1]}-{int(found[2]) + 1:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
    return f"{date}.{milli:03d}" if milli else date
