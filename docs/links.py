"""Links of the pages to files of the repository, which the built site does not hold."""

import re
from typing import Any

# A link that leaves the folder of the pages.
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with links to files outside as their text and path."""
    return OUTSIDE.sub(r"\1 (`\2`)", markdown)
