"""Lines of a text table: their fields, and headers among them."""

import csv
from collections.abc import Iterable, Sequence

from spectra.datasets.readers.cells.delimiter import BLANKS
from spectra.stream.cells import BadLineError


def fields_of(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line; raise BadLineError for quotes that cannot be read."""
    if delimiter == BLANKS:
        return line.split()
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise BadLineError(f"quotes that cannot be read ({error})") from error


def is_header(fields: Sequence[str], names: Iterable[str]) -> bool:
    """Return whether fields are names: none is a number, and one is that of a column."""
    stripped = [field.strip().strip('"') for field in fields]
    if any(_is_number(field) or ":" in field for field in stripped):
        return False
    return not set(names).isdisjoint(stripped)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
