"""Names of the columns of a matrix, in an array of texts beside it."""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from spectra.datasets.readers.cells.names import names_only_time
from spectra.datasets.readers.variables.variable_rates import bare_name

_NAMES = re.compile(
    r"(?:ch|chan|channels?|signals?|sensors?|leads?|electrodes?|columns?|cols?|var|variable)?"
    r"(?:names?|labels?)"
    r"|channels|signals|sensors|leads|electrodes|columns|cols|fields|titles|clab|chanlabels|chs?|colheaders"
)
"""Names of such an array."""
_UNITS = re.compile(r"(?:ch|chan|channels?|signals?|sensors?)?units?(?:text|names?|labels?)?")
"""Names of an array of units."""
_TIMES_TEXT = "t time times timestamp timestamps tout seconds mtime datenum sdn"
_TIMES = frozenset(_TIMES_TEXT.split())

_GRADES = re.compile(r"(.+)[_.](?:qc|qf|flags?|quality)|(?:qc|qf|quality)[_.](.+)", re.IGNORECASE)
"""A name such as TEMP_QC, of the grades of TEMP."""
_BOUNDS = re.compile(r"(.+)_(?:bnds|bounds)", re.IGNORECASE)
"""A name such as time_bnds, of the ends of the cells of time (CF conventions, 7.1)."""
Texts = tuple[str, Callable[[], NDArray[np.generic]]]
"""The name of an array of texts, and what returns it."""


def is_time(title: str) -> bool:
    """Return True if a variable is called like a time, and nothing else: t, log.time_ms."""
    return has_no_unit(title) or names_only_time(re.split("[./]", title.rstrip("/"))[-1])


def has_no_unit(title: str) -> bool:
    """Return True if a variable is called like a time whose unit a rate may show."""
    return bare_name(title) in _TIMES


def column_names(
    texts: Iterable[Texts], short: str, width: int, taken: AbstractSet[str]
) -> list[str]:
    """Return the names of the columns of a matrix, which are numbered where no array names them.

    Names that are `taken` by other variables name no column.
    """
    for found in _lists(texts, _NAMES, width):
        # The names of rows or of classes are others.
        if len({*found} - {"", *taken}) == width:
            return found
    return [short] if width == 1 else [f"{short}_{index + 1}" for index in range(width)]


def column_units(texts: Iterable[Texts], unit: str, width: int) -> list[str]:
    """Return the units of the columns of a matrix, those in an array of units where one fits."""
    return [unit] * width if unit else next(_lists(texts, _UNITS, width), [""] * width)


def _lists(texts: Iterable[Texts], named: re.Pattern[str], width: int) -> Iterator[list[str]]:
    """Yield the texts of each array of a name that holds one for each of several columns."""
    for name, read in texts if width > 1 else ():
        if named.fullmatch(bare_name(name)) is not None:
            found = np.ravel(read()).tolist()
            if len(found) == width:
                yield [
                    (one.decode(errors="replace") if isinstance(one, bytes) else str(one)).strip()
                    for one in found
                ]


def grades_of(names: Iterable[str]) -> set[str]:
    """Return the names of grades of others, such as TEMP_QC beside TEMP."""
    known = {*names}
    matches = ((name, _GRADES.fullmatch(name)) for name in known)
    return {name for name, match in matches if match and (match[1] or match[2]) in known}


def bounds_of(names: Iterable[str]) -> set[str]:
    """Return the names of the ends of the cells of others, such as time_bnds beside time."""
    known = {*names}
    return {name for name in known if (match := _BOUNDS.fullmatch(name)) and match[1] in known}
