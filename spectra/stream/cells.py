"""Cells of a line of a stream: numbers, and the error for what is none."""

from math import nan

from spectra.datasets.readers.cells.absent_words import MISSING_WORDS
from spectra.parameters import shown


class BadLineError(ValueError):
    """Error in one line of a stream, which is left out."""


def number_in(cell: str, decimal: str) -> float:
    """Return the number in a cell, NaN where it is missing; raise BadLineError otherwise."""
    text = cell.replace(",", ".") if decimal == "," else cell
    try:
        value = float(text)
    except ValueError:
        if text.strip().lower() in MISSING_WORDS or not text.strip():
            return nan
        raise BadLineError(f"{shown(cell)} is no number") from None
    if "_" in text or value in (float("inf"), float("-inf")):
        raise BadLineError(f"{shown(cell)} is no finite number")
    return value
