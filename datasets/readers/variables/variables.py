"""Named arrays of a file (NPZ, MATLAB, HDF5): the ones to analyse, their rate, time and labels."""

import difflib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.signals import (
    SignalHeader,
    as_floats,
    raw_from_labelled_signals,
)
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.time_units import is_unit_of_time
from spectra.datasets.readers.tables.table import raw_from_table
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_blocks import (
    note_on_blocks,
    refuse_elements,
    refuse_time_alone,
)
from spectra.datasets.readers.variables.variable_dates import as_dates, dates_in_texts
from spectra.datasets.readers.variables.variable_names import (
    bounds_of,
    column_names,
    column_units,
    grades_of,
    has_no_unit,
)
from spectra.datasets.readers.variables.variable_sampling import one_rate_of, start_of
from spectra.datasets.readers.variables.variable_times import in_seconds, of_one_time, time_among
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import few_of

_MOST_NAMES = 4096
"""Texts of a list that may name the columns of a matrix."""

_SAVED = {
    "complex": "real and imaginary part",
    "sparse": "the full matrix",
    "a table or object": "the columns as matrices",
}
"""Content to save in place of one without real numbers."""


def raw_from_variables(
    variables: Sequence[Variable],
    source: Source,
    request: Request,
    fs: float | None = None,
    start: pd.Timestamp | None = None,
) -> Raw:
    """Return the samples in the variables of a file.

    Variables of one length are channels side by side; a matrix has one channel a column, where its
    longer side is time. Without a choice those of the length are taken that hold most values. A
    scalar called fs, sampling_rate or the like is the rate.

    Parameters
    ----------
    variables : sequence of Variable
        All variables of the file.
    source : Source
        The file.
    request : Request
        The choices of the user.
    fs : float or None
        The rate in Hz where the file gives it elsewhere.
    start : pandas.Timestamp or None
        The instant of the first sample.

    Returns
    -------
    Raw
        The samples as they were logged.

    Raises
    ------
    DataError
        Where no variable can be analysed, or the wanted one is not there.
    """
    variables = [as_dates(one) for one in variables]
    usable = [one for one in variables if _is_usable(one, variables)]
    if not usable:
        note_on_blocks(_shapes(variables), {}, source.name, dated=False)
        raise DataError(f"{source.name} has no vector of numbers: {_contents(variables)}.")
    if request.variable is not None:
        chosen = _named(usable, variables, request.variable, source)
        left_out = []
    else:
        chosen = _most_values(usable)
        blocks = note_on_blocks(
            _shapes(variables),
            _shapes(chosen),
            source.name,
            dated=any(one.dated for one in variables),
        )
        refuse_time_alone(chosen, variables, source.name)
        refuse_elements(chosen, source.name)
        grades = grades_of(one.name for one in chosen)
        bounds = bounds_of(one.name for one in variables)
        left_out = blocks + _left_out(usable, chosen) + _note_on_others(variables)
        left_out += _note_on_grades([*grades])
        chosen = [one for one in chosen if one.name not in grades | bounds]
        chosen, others = of_one_time(chosen)
        left_out += others
    chosen, rate, notes = one_rate_of(chosen, variables, fs, source.name, request)
    notes += left_out
    length = chosen[0].length
    width = sum(variable.size // length for variable in chosen)
    rows = request.rows_of(length, width)
    refuse_too_large(source.name, width * rows, "choose one with --variable", most=source.max_bytes)
    header, values, turned = _columns(chosen, source, rows, variables)
    notes += turned
    header = replace(header, fs=rate, start=start_of(chosen, variables, start))
    dates = [one for one in variables if one.dated and one.sides == (length,)]
    dates += dates_in_texts(variables, length)
    if dates and request.time in (None, *(one.name for one in dates)):
        raw = _dated(header, values, dates, request, tuple(notes))
    else:
        raw = _raw(header, values, request, tuple(notes))
    return replace(raw, unread=length - rows)


def _is_usable(one: Variable, variables: Sequence[Variable]) -> bool:
    """Return True for a vector or a matrix of numbers, or a grid at each instant of a variable."""
    if not one.numeric or one.size < 2:
        return False
    timed = any(other.dated and other.sides == one.sides[:1] for other in variables)
    return len(one.sides) <= 2 or (timed and one.sides[0] == one.length)


def _named(
    usable: Sequence[Variable], variables: Sequence[Variable], wanted: str, source: Source
) -> list[Variable]:
    """Return the variables of the wanted names, which must be of one length."""
    names = [wanted] if wanted in {one.name for one in variables} else wanted.split(",")
    chosen = [_find(usable, variables, name.strip(), source) for name in names if name.strip()]
    if not chosen:
        raise DataError("No variable is named: leave the choice out to take those that fit.")
    if len({variable.length for variable in chosen}) > 1:
        lengths = ", ".join(f"'{one.name}' {one.length:,}" for one in chosen)
        raise DataError(
            f"{source.name}: the variables have different lengths ({lengths}): choose those of one "
            "length with --variable."
        )
    return chosen


def _find(
    usable: Sequence[Variable], variables: Sequence[Variable], wanted: str, source: Source
) -> Variable:
    """Return the variable of a name, with or without the slash at its beginning."""
    plain = wanted.strip("/")
    for same in (str, str.casefold):
        for variable in usable:
            if same(variable.name.strip("/")) == same(plain):
                return variable
    if plain in {variable.name.strip("/") for variable in variables}:
        raise DataError(
            f"{source.name}: variable '{wanted}' is no vector or matrix of numbers: there are "
            f"{_listed(usable)}."
        )
    near = difflib.get_close_matches(wanted, [one.name for one in usable], n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {_listed(usable)}."
    raise DataError(f"{source.name} has no variable '{wanted}': {hint}")


def _most_values(usable: Sequence[Variable]) -> list[Variable]:
    """Return the variables of the length that holds most values."""
    total: dict[int, int] = {}
    for variable in usable:
        total[variable.length] = total.get(variable.length, 0) + variable.size
    length = max(total, key=lambda length: (total[length], length))
    return [variable for variable in usable if variable.length == length]


def _shapes(variables: Sequence[Variable]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the numbers in variables by their names."""
    return {one.name: one.shape for one in variables if one.numeric}


def _left_out(usable: Sequence[Variable], chosen: Sequence[Variable]) -> list[str]:
    """Return a note on the variables of another length."""
    kept = set(map(id, chosen))
    others = [variable for variable in usable if id(variable) not in kept]
    if not others:
        return []
    verb = "has another length" if len(others) == 1 else "have other lengths"
    return [f"{_listed(others)} {verb}: left out (--variable chooses)."]


def _note_on_others(variables: Sequence[Variable]) -> list[str]:
    """Return a note on variables that hold no real numbers, but what might be signals or times."""
    others = [one for one in variables if one.what]
    verb = "holds" if len(others) == 1 else "hold"
    return [f"{_listed(others)} {verb} no real numbers: left out."] if others else []


def _note_on_grades(names: Sequence[str]) -> list[str]:
    """Return a note on variables that grade others."""
    if not names:
        return []
    said = f"{few_of(sorted(names), 4)} {'grades' if len(names) == 1 else 'grade'} other variables"
    return [f"{said}: left out (--variable chooses)."]


def _columns(
    chosen: Sequence[Variable], source: Source, rows: int, variables: Sequence[Variable]
) -> tuple[SignalHeader, Float64Array, list[str]]:
    """Return the names and units of the columns, their first values (rows, c), and notes."""
    names, units, parts, notes = [], [], [], []
    alone = sum(len(one.sides) == 2 for one in chosen) == 1
    taken = {one.name.strip("/") for one in chosen}
    texts = (one for one in variables if one.texts and alone and one.size <= _MOST_NAMES)
    small = [(one.name, one.read) for one in texts]
    for variable in chosen:
        matrix = variable.first(rows)
        if matrix.dtype.kind not in "fiub":
            raise DataError(
                f"{source.name}: variable '{variable.name}' holds {matrix.dtype}, not real "
                "numbers: choose another with --variable."
            )
        if len(variable.sides) == 2 and variable.sides[0] < variable.sides[1]:
            matrix = matrix.T
            notes.append(
                f"'{variable.name}' has {matrix.shape[1]} rows of {variable.length:,} values: "
                "one channel a row."
            )
        matrix = matrix.reshape(rows, -1)
        width = matrix.shape[1]
        short = variable.name.strip("/")
        names += column_names(small, short, width, taken)
        units += column_units(small, variable.unit, width)
        parts.append(as_floats(matrix))
    values = parts[0] if len(parts) == 1 else np.hstack(parts)
    return SignalHeader(source.name, tuple(names), tuple(units)), values, notes


def _raw(
    header: SignalHeader, values: Float64Array, request: Request, notes: tuple[str, ...]
) -> Raw:
    """Return the samples, with the variable that is time as their instants."""
    time = request.time or time_among(header, values)
    if time is None or time == "none":
        return raw_from_labelled_signals(header, values, request, notes)
    units = tuple(
        unit if title == time and is_unit_of_time(unit) else ""
        for title, unit in zip(header.titles, header.units, strict=True)
    )
    if request.time is None and has_no_unit(time) and not any(units):
        values = in_seconds(header, values, time)
    table = Table(pd.DataFrame(values), header.titles, header.place, header.source, units=units)
    raw = raw_from_table(table, replace(request, time=time))
    unit_of = dict(zip(header.titles, header.units, strict=True))
    found = tuple(unit_of[title] for title in raw.channels)
    said = f"Variable '{time}' is taken as the time (--time none analyses it)."
    return replace(
        raw,
        notes=(*notes, *((said,) if request.time is None else ()), *raw.notes),
        fs=header.fs,
        start=header.start,
        units=found if any(found) else None,
    )


def _dated(
    header: SignalHeader,
    values: Float64Array,
    dates: Sequence[Variable],
    request: Request,
    notes: tuple[str, ...],
) -> Raw:
    """Return the samples at the dates of another variable."""
    name = request.time or dates[0].name
    read = next(one for one in dates if one.name == name).first(len(values))
    instants = pd.DatetimeIndex(read.astype("datetime64[ns]")).rename(name)
    raw = raw_from_labelled_signals(header, values, replace(request, time=None), notes)
    if bool(instants.isna().any()) or len(instants) != len(raw.values):
        return raw
    return replace(raw, instants=instants, fs=None, start=None)


def _listed(variables: Sequence[Variable]) -> str:
    """Return the names and sizes of the first few variables."""
    return few_of(variables, 8, _titled)


def _titled(one: Variable) -> str:
    """Return the name of a variable with its size."""
    size = " × ".join(map(str, one.shape)) or "scalar"
    return f"'{one.name}' ({', '.join(filter(None, (size, one.what)))})"


def _contents(variables: Sequence[Variable]) -> str:
    """Return what a file holds instead of vectors of numbers, and what to save instead."""
    if not variables:
        return "it holds no variables"
    kinds = {one.what for one in variables}
    saves = few_of([remedy for kind, remedy in _SAVED.items() if kind in kinds], 4)
    return f"it holds {_listed(variables)}" + (f": save {saves} instead" if saves else "")
