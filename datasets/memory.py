"""The memory that a recording may take, checked before it is taken."""

import os

from spectra.errors import DataError

_SHARE = 0.5
"""Largest share of the machine's memory that the values of one recording may fill. Reading holds
up to two copies of them for a moment."""
_FALLBACK = 8 << 30
"""Bytes assumed where the system does not say how much memory it has (Windows)."""


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
