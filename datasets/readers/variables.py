"""Named arrays of a file (NPZ, MATLAB, HDF5): the ones to analyse, their rate, time and labels."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.arrays import Float64Array
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.columns import Table
from spectra.datasets.readers.signals import (
    SignalHeader,
    as_floats,
    by_rows,
    raw_from_labelled_signals,
)
from spectra.datasets.readers.table import raw_from_table
from spectra.datasets.readers.time_units import SECONDS
from spectra.datasets.readers.variable_blocks import note_on_blocks
from spectra.datasets.readers.variable_names import (
    column_names,
    column_units,
    grades_of,
    has_no_unit,
)
from spectra.datasets.readers.variable_rates import is_rate_name, rate_of, rate_of_interval
from spectra.datasets.readers.variable_times import in_seconds, time_among
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import few_of

_EQUAL_RATES = 4096
"""Values of a vector of rates that are looked at: one a channel or block."""
_SINCE = re.compile(r"(\w+)\s+since\s+(.+)", re.IGNORECASE)
"""The unit of a time by the CF conventions of netCDF."""
_LATEST = 8e9
"""Seconds before and after 1970 at which dates in nanoseconds end, and a little less."""


@dataclass(frozen=True)
class Variable:
    """A named array of a file, whose values are read when they are needed.

    Parameters
    ----------
    name : str
        The name, with dots or slashes for what lies inside a structure.
    shape : tuple of int
        Its shape as the file has it.
    numeric : bool
        Whether it holds real numbers.
    read : callable
        Returns its values.
    unit : str
        The physical unit, "" where it is unknown.
    dated : bool
        Whether it holds dates.
    head : callable or None
        Returns the first samples, so many along the longest side; None where all are read.
    texts : bool
        Whether it holds texts.
    """

    name: str
    shape: tuple[int, ...]
    numeric: bool
    read: Callable[[], NDArray[np.generic]]
    unit: str = ""
    dated: bool = False
    head: Callable[[int], NDArray[np.generic]] | None = None
    texts: bool = False

    def first(self, rows: int) -> NDArray[np.generic]:
        """Return the first samples, along the longest side, less the sides of length one."""
        if self.head is not None and rows < self.length:
            return np.squeeze(np.asarray(self.head(rows)))
        values = np.squeeze(np.asarray(self.read()))
        if rows >= self.length or not values.ndim:
            return values
        return values[:rows] if by_rows(values) else values[:, :rows]

    @property
    def size(self) -> int:
        """The number of values."""
        return int(np.prod(self.shape, dtype=object)) if self.shape else 1

    @property
    def sides(self) -> tuple[int, ...]:
        """The lengths of the sides that are longer than one."""
        return tuple(side for side in self.shape if side > 1)

    @property
    def length(self) -> int:
        """The number of samples: the longest side."""
        return max(self.shape, default=1)


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
    variables = [_as_dates(one) for one in variables]
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
        grades = grades_of(one.name for one in chosen)
        left_out = blocks + _left_out(usable, chosen) + _note_on_grades([*grades])
        chosen = [one for one in chosen if one.name not in grades]
    rate, notes = _rate(variables, fs, chosen[0])
    notes += left_out
    length = chosen[0].length
    width = sum(variable.size // length for variable in chosen)
    rows = request.rows_of(length, width)
    refuse_too_large(source.name, width * rows, "choose one with --variable", most=source.max_bytes)
    header, values, turned = _columns(chosen, source, rows, variables)
    notes += turned
    header = replace(header, fs=rate, start=start)
    dates = [one for one in variables if one.dated and one.sides == (length,)]
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


def _as_dates(variable: Variable) -> Variable:
    """Return a variable in "hours since 1900-01-01" as dates, any other as it is."""
    match = _SINCE.fullmatch(variable.unit.strip())
    if match is None or not variable.numeric or len(variable.sides) != 1:
        return variable
    length = SECONDS.get(match[1].casefold()) or SECONDS.get(match[1].casefold() + "s")
    begin = pd.to_datetime(match[2], errors="coerce", utc=True)
    if length is None or pd.isna(begin):
        return variable
    read = partial(_dates, variable.read, length, begin.tz_localize(None))
    return replace(variable, numeric=False, dated=True, read=read, head=None, unit="")


def _dates(
    read: Callable[[], NDArray[np.generic]], length: float, begin: pd.Timestamp
) -> NDArray[np.generic]:
    """Return dates so many units after another; NaT for those that no dates have."""
    seconds = np.asarray(read(), dtype=np.float64) * length
    seconds[~(np.abs(seconds) < _LATEST)] = np.nan
    micros = np.where(np.isnan(seconds), 0.0, np.rint(seconds * 1e6)).astype(np.int64)
    dates = begin.to_datetime64().astype("datetime64[us]") + micros.view("timedelta64[us]")
    dates[np.isnan(seconds)] = np.datetime64("NaT")
    return np.asarray(dates)


def _rate(
    variables: Sequence[Variable], fs: float | None, chosen: Variable
) -> tuple[float | None, list[str]]:
    """Return the rate in Hz, and a note on the variable that gives it.

    The one that lies beside the chosen variable goes before others, and a rate before an interval.
    """
    if fs is not None:
        return fs, []
    parent = _parent(chosen.name)
    scalars = sorted(
        (one for one in variables if one.numeric and one.size <= _EQUAL_RATES),
        key=lambda one: _parent(one.name) != parent,
    )
    for variable in scalars:
        if is_rate_name(variable.name) and (rate := _only_rate(variable)) is not None:
            return rate, [f"Variable '{variable.name}' gives the rate, {rate:g} Hz."]
    for variable in scalars:
        rate = rate_of_interval(variable.name, variable.read()) if variable.size == 1 else None
        if rate is not None:
            return rate, [f"Variable '{variable.name}' gives the step, so the rate is {rate:g} Hz."]
    return None, []


def _parent(name: str) -> str:
    """Return the name of the structure or group in which a variable lies."""
    return re.split(r"[./](?!.*[./])", name)[0] if re.search(r"[./]", name) else ""


def _only_rate(variable: Variable) -> float | None:
    """Return the rate in a variable, None where it has several or none."""
    values = np.unique(np.asarray(variable.read()))
    return rate_of(values) if values.size == 1 else None


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
    texts = (one for one in variables if one.texts and alone and one.size <= _EQUAL_RATES)
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
    if request.time is None and has_no_unit(time):
        values = in_seconds(header, values, time)
    table = Table(pd.DataFrame(values), header.titles, header.place, header.source)
    raw = raw_from_table(table, replace(request, time=time))
    unit_of = dict(zip(header.titles, header.units, strict=True))
    units = [unit_of[title] for title in raw.channels]
    said = f"Variable '{time}' is taken as the time (--time none analyses it)."
    return replace(
        raw,
        notes=(*notes, *((said,) if request.time is None else ()), *raw.notes),
        fs=header.fs,
        start=header.start,
        units=tuple(units) if any(units) else None,
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
    return few_of(
        variables,
        8,
        lambda one: f"'{one.name}' ({' × '.join(map(str, one.shape)) or 'scalar'})",
    )


def _contents(variables: Sequence[Variable]) -> str:
    """Return what a file holds instead of vectors of numbers."""
    return f"it holds {_listed(variables)}" if variables else "it holds no variables"
