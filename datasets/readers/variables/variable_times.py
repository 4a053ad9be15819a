"""The variable of a file that is the time of the others, by its name and its values."""

import re
from collections.abc import Sequence

import numpy as np

from spectra.arrays import Float64Array
from spectra.datasets.readers.binary.signals import SignalHeader
from spectra.datasets.readers.times.time_numbers import day_numbers, rises_by_parts
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_names import is_time
from spectra.datasets.readers.variables.variable_rates import bare_name
from spectra.text import few_of

_EPOCH_NS = 1e17
"""Nanoseconds since 1970 in the year 1973: larger ones are dates."""
_SAME_STEP = 0.01
_OWN_TIME = re.compile(
    r"(?:.*[\W_])?time(?:[\W_].*)?|.*[./]x(?:[({]\d+[)}])?[./]data", re.IGNORECASE
)
"""Names of a time that has the name of its signal in it, or is the x of structures with x and y."""
_FEWEST = 10
"""Rows of an array whose first column may be its time."""
_DAY_1900 = 693961.0
"""The last day of 1899, counted from the year 0."""
_SCALES = (1.0, 1e3, 1e6, 1e9)
"""Steps of a time in s, ms, µs or ns over those of a rate in Hz."""


def time_among(header: SignalHeader, values: Float64Array) -> str | None:
    """Return the column that is called like time and rises throughout, beside others."""
    for column, title in enumerate(header.titles):
        named = is_time(title)
        # pandas writes the dates of an index as nanoseconds since 1970.
        indexed = bare_name(title) == "index" and bool(values[0, column] > _EPOCH_NS)
        if (
            len(header.titles) > 1
            and (named or indexed)
            and bool((np.diff(values[:, column]) > 0).all())
        ):
            return title
    # Programs that write a time for each signal have its name in that of the time.
    for column, title in enumerate(header.titles):
        steps = np.diff(values[:, column])
        if (
            len(header.titles) > 1
            and _OWN_TIME.fullmatch(title)
            and len(steps) > 1
            and bool((steps > 0).all())
            and float(np.ptp(steps)) <= _SAME_STEP * float(steps.mean())
        ):
            return title
    if (numbered := _days_among(header, values)) is not None:
        return numbered
    return header.titles[0] if _begins_with_seconds(header, values) else None


def _days_among(header: SignalHeader, values: Float64Array) -> str | None:
    """Return the column of day numbers of MATLAB that rise by parts, whatever it is called."""
    for column, title in enumerate(header.titles):
        days = values[:, column]
        inside = len(header.titles) > 1 and len(days) >= _FEWEST and days[0] > _DAY_1900
        if inside and rises_by_parts(days) and day_numbers(days, dated=True) is not None:
            return title
    return None


def _begins_with_seconds(header: SignalHeader, values: Float64Array) -> bool:
    """Return True if the first column of an array without names rises by a fraction throughout.

    Simulink and many scripts write the time there. What rises by whole numbers counts rows.
    """
    if header.fs is not None or len(values) < _FEWEST or len(header.titles) < 2:
        return False
    if not all(re.fullmatch(rf".*\D{i}", title) for i, title in enumerate(header.titles, start=1)):
        return False
    steps = np.diff(values[:, 0])
    step = float(np.median(steps))
    rises = bool(np.isfinite(step)) and 0 < step != round(step) and float(values[0, 0]) >= 0
    return rises and bool((np.abs(steps - step) <= _SAME_STEP * step).all())


def in_seconds(header: SignalHeader, values: Float64Array, title: str) -> Float64Array:
    """Return values whose time is in seconds, where a rate shows that it is in ms, µs or ns."""
    column = header.titles.index(title)
    if header.fs is None or len(values) < 2:
        return values
    step = float(values[-1, column] - values[0, column]) / (len(values) - 1) * header.fs
    scale = next((one for one in _SCALES if abs(step / one - 1) < _SAME_STEP), 1.0)
    if scale > 1:
        values = values.copy()
        values[:, column] /= scale
    return values


def of_one_time(chosen: Sequence[Variable]) -> tuple[list[Variable], list[str]]:
    """Return the variables of one time, where groups or structures have different ones; a note.

    Those of the first group are taken, and those that lie in no group with a time.
    """
    times = {one.parent: one for one in reversed(chosen) if one.parent and is_time(one.name)}
    if len(times) < 2:
        return [*chosen], []
    parent, first = [*times.items()][-1]
    values = np.ravel(first.read())
    others = {
        name for name, one in times.items() if not np.array_equal(np.ravel(one.read()), values)
    }
    if not others:
        return [*chosen], []
    left_out = [one.name for one in chosen if one.parent in others]
    note = (
        f"{few_of(left_out, 4)} have other times than those in {parent}: left out (--variable "
        "chooses)."
    )
    return [one for one in chosen if one.parent not in others], [note]
