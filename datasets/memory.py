"""The memory that a recording may take, checked before it is taken."""

import os

from spectra.errors import DataError

_SHARE = 0.5
"""Largest share of the machine's memory that the values of one recording may fill. Reading holds
up to two copies of them for a moment."""
_FALLBACK = 8 << 30
"""Bytes assumed where the system does not say how much memory it has (Windows)."""
_FREE_CELLS, _CELLS_A_BYTE = 1 << 24, 16
"""Cells that any table may have, and those for each byte of a table with more."""


def machine_bytes() -> int:
    """Return the bytes of memory that this machine has."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return _FALLBACK


def largest_bytes() -> int:
    """Return the most bytes that the values of one recording may take."""
    return int(_SHARE * machine_bytes())


def refuse_too_large(
    source: str, values: int, remedy: str, *, bytes_each: int = 8, most: int | None = None
) -> None:
    """Raise DataError where so many values do not fit into memory.

    Parameters
    ----------
    source : str
        The name of the file in messages.
    values : int
        How many values would be read.
    remedy : str
        What to try, the end of the sentence.
    bytes_each : int
        The bytes of one value.
    most : int, optional
        The most bytes of a file that is compressed inside, by default half of the memory.
    """
    allowed = largest_bytes() if most is None else most
    if values * bytes_each > allowed:
        needed = values * bytes_each / 2**30
        raise DataError(
            f"{source} says that it holds {values:,} values, {needed:,.3g} GiB in memory, more "
            f"than the {allowed / 2**30:.3g} GiB that may be used here: {remedy}."
        )


def refuse_mostly_empty(source: str, rows: int, columns: int, size: int) -> None:
    """Raise DataError for a table of some bytes whose rows have few of its many columns.

    Each row takes memory for all of them, so that a small file could take all there is.
    """
    if rows * columns > max(_FREE_CELLS, _CELLS_A_BYTE * size):
        raise DataError(
            f"{source} has {rows:,} rows and {columns:,} columns, nearly all of them empty: split "
            "it, so that the rows of a file have the same columns."
        )
