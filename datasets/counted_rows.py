"""Say in errors on data in memory that their rows are counted from 1."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from spectra.errors import DataError


@contextmanager
def counting_from_1(name: str) -> Iterator[None]:
    """Add to an error that names a row how rows are counted: those of results begin with 0."""
    try:
        yield
    except DataError as error:
        said = str(error)
        if re.match(re.escape(name) + r", row \d", said):
            error.args = (f"{said.rstrip('.')} (the first row is row 1).",)
        raise
