"""An object of JSON in a text of a table: a cell, or a comment above it."""

import json
from typing import Any

_LONGEST = 1 << 16
"""Characters of a text that is tried as JSON."""


def object_in(text: str) -> dict[str, Any] | None:
    """Return the object that a text holds, None where it holds anything else."""
    if len(text) > _LONGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
