"""Frequencies, masses or wavelengths as names of columns behind the time."""

import re
from itertools import takewhile

from spectra.datasets.readers.cells.names import names_time, words

_FEWEST_BANDS = 3
_YEARS = {"yy", "yyyy", "year"}
_BAND = re.compile(r"\d{0,9}(?:[.,]\d{1,9})?(?<=\d)[kKM]?")


def names_bands(row: list[str]) -> bool:
    """Return True for a name of time, and ascending numbers at the end: Time, 25, 31.5, 40.

    They are frequencies, masses or wavelengths. An M or k stands for thousands.
    """
    numbers = [field for field in row if field]
    names = [*takewhile(lambda field: not _BAND.fullmatch(field), numbers)]
    numbers = numbers[len(names) :]
    # A date and a clock have letters of time in them too: 2024-03-01T08:00:00Z, 0600 UTC.
    timed = any(
        (names_time(name) and not name[:1].isdigit()) or words(name) & _YEARS for name in names
    )
    if not timed or not all(map(_BAND.fullmatch, numbers)):
        return False
    bands = [float(text.rstrip("kKM").replace(",", ".")) * _scale(text) for text in numbers]
    return len(bands) >= _FEWEST_BANDS and bands == sorted({*bands})


def _scale(text: str) -> float:
    """Return the factor of the letter at the end of a number."""
    return {"k": 1e3, "M": 1e6}.get(text[-1].replace("K", "k"), 1.0)
