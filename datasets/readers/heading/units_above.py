"""The row of units between the names of the columns and the data."""

import re
from collections.abc import Sequence
from itertools import pairwise

from spectra.datasets.readers.cells.names import (
    TIME_WORDS,
    is_unit,
    is_unit_row,
    names_only_time,
    seconds_in,
    unit_text,
    words,
)
from spectra.datasets.readers.cells.time_units import SECONDS

_UNIT = re.compile(r"(?:units?|einheit|unit[ée]|unidad)\s*[:=],?\s*(\S.*)", re.IGNORECASE)
"""A line that has nothing but a unit."""
_KEY = re.compile(r"\s*(?:units?|einheit|unit[ée]|unidad)\s*[:=]\s*(?=\S)", re.IGNORECASE)
"""The word before the unit in each cell: Unit: (V)."""
_PART_OF_CHANNEL = re.compile(
    r"(?:channel|kanal|sensor|signal)\W{0,2}(\d{1,3})\W{1,3}(name|unit)s?\s{0,9}[=:](.*)",
    re.IGNORECASE,
)
_FLUXES = frozenset({"sap_flux", "pdcsap_flux", "kspsap_flux", "cadenceno"})
_UNITLESS = TIME_WORDS | {
    *("index", "no", "nr", "pt", "point", "cycle"),
    *("yyyy", "yy", "mm", "dd", "hh", "mi", "year", "month", "day"),
}
"""Words of the first names of a table that have no unit below them."""


def row_of_units(rows: list[list[str]]) -> list[str]:
    """Return the row with most units, of rows below the names; [] where none has two or most.

    One unit of time in the first field is enough.
    """
    rows = [[_KEY.sub("", field) for field in row] for row in rows]
    known = [sum(is_unit(field) for field in row) for row in rows]
    best = max(range(len(rows)), key=lambda i: known[i], default=None)
    full = best is not None and is_unit_row(rows[best])
    if best is None:
        return []
    timed = rows[best][:1] and rows[best][0].strip("[]() ").casefold() in SECONDS
    if not (full or timed or known[best] > 1):
        return []
    return [field if full or is_unit(field) else "" for field in rows[best]]


def units_one_by_one(rows: list[list[str]], names: Sequence[str | None]) -> list[str]:
    """Return the units that follow the names of their columns, a line each: LEVEL, UNIT: m."""
    found = [
        (above[0].rstrip(":").casefold(), match[1])
        for above, below in pairwise(rows)
        if above and below and (match := _UNIT.fullmatch(",".join(filter(None, below)))) is not None
    ]
    units = dict(found) if len({name for name, _ in found}) == len(found) else {}
    return [units.get((name or "").casefold(), "") for name in names] if units else []


def units_by_number(rows: list[list[str]], names: Sequence[str | None]) -> list[str]:
    """Return the units of channels that are numbered, as their names: Channel[1].units=°C."""
    parts: dict[str, dict[str, str]] = {"name": {}, "unit": {}}
    for row in rows:
        if row and (match := _PART_OF_CHANNEL.fullmatch(row[0].strip(" \t#;"))) is not None:
            parts[match[2].casefold()][match[1]] = match[3].strip(" \"'")
    units = {
        name.casefold(): parts["unit"].get(number, "") for number, name in parts["name"].items()
    }
    return [units.get((name or "").casefold(), "") for name in names] if any(units.values()) else []


def right_aligned(units: list[str], names: Sequence[str | None]) -> list[str]:
    """Return the units below names in a table of blanks, where the first of them have none.

    Those count rows or say when. Where they do not, it is not known whose the units are.
    """
    missing = len(names) - len(units)
    if missing <= 0:
        return units
    times = [i for i, name in enumerate(names) if names_only_time(name)]
    if len(times) == len(units) and all(seconds_in(None, unit) for unit in units):
        # Of several pairs of time and value only the times have a unit.
        return [units[times.index(i)] if i in times else "" for i in range(len(names))]
    return (
        [""] * missing + units if all(words(name) <= _UNITLESS for name in names[:missing]) else []
    )


def units_of(fields: Sequence[str], names: Sequence[str | None]) -> tuple[str, ...]:
    """Return the unit of each column in the fields of a row of units; () without such a row."""
    if not fields:
        return ()
    return tuple(
        # Minutes below a time, and the least value below anything else.
        field if field.strip("[]() ") == "min" and names_only_time(name) else unit_text(field)
        for field, name in zip((*fields, *[""] * len(names)), names, strict=False)
    )


def units_of_light_curve(names: Sequence[str | None]) -> tuple[str, ...]:
    """Return the days of the time of a light curve of Kepler or TESS, () for other names."""
    called = [(name or "").strip().casefold() for name in names]
    if not _FLUXES & {*called}:
        return ()
    return tuple("d" if name in ("time", "timecorr") else "" for name in called)
