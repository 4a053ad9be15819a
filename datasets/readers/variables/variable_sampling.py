"""The rate and the start of the variables of a file that are read, said beside them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from spectra.datasets.raw import Request
from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_rates import (
    bare_name,
    is_interval_name,
    is_rate_name,
    is_start_name,
    is_unit_name,
    may_be_of_rate,
    rate_said,
)
from spectra.errors import DataError
from spectra.text import few_of

_DAY = re.compile(r"\s*\d{4}-?\d\d-?\d\d")
"""The day at the beginning of an instant (ISO 8601)."""
_EQUAL_RATES = 4096
"""Values of a vector of rates that are looked at: one a channel or block."""
_FACTORS = (is_rate_name, is_interval_name)
"""A rate goes before an interval."""


class _Rate(NamedTuple):
    """A rate in Hz, and a note on what says it, "" for an attribute."""

    fs: float
    note: str


def one_rate_of(
    chosen: Sequence[Variable],
    variables: Sequence[Variable],
    fs: float | None,
    source: str,
    request: Request,
) -> tuple[list[Variable], float | None, list[str]]:
    """Return the variables of one rate, the rate in Hz, and notes.

    What lies beside a variable, or has its name, goes before what lies elsewhere. Of several rates
    that of most variables is taken, unless the user names the variables.

    Parameters
    ----------
    chosen : sequence of Variable
        The variables to read.
    variables : sequence of Variable
        All variables of the file.
    fs : float or None
        The rate in Hz that the file gives for all of them.
    source : str
        The name of the file in messages.
    request : Request
        The choices of the user.

    Returns
    -------
    tuple of (list of Variable, float or None, list of str)
        Variables, rate and notes.

    Raises
    ------
    DataError
        Where the user names variables of different rates.
    """
    scalars = [one for one in variables if may_be_of_rate(one.name) or one.texts]
    said = [_of_its_own(one, scalars) for one in chosen]
    rates = {one.fs: one for one in reversed(said) if one is not None}
    if not rates:
        found = _Rate(fs, "") if fs is not None else _of_the_file(scalars)
        return [*chosen], None if found is None else found.fs, _notes(found)
    groups = {
        rate: [one for one, own in zip(chosen, said, strict=True) if own and own.fs == rate]
        for rate in sorted(rates, reverse=True)
    }
    best = max(groups, key=lambda rate: sum(one.size for one in groups[rate]))
    if len(groups) == 1:
        return [*chosen], best, _notes(rates[best])
    listed = "; ".join(
        f"{few_of([one.name for one in group], 4)} at {rate:g} Hz" for rate, group in groups.items()
    )
    if request.variable is not None:
        raise DataError(
            f"{source} has these variables at different rates ({listed}): name those of one rate "
            "with --variable."
        )
    kept = [one for one, own in zip(chosen, said, strict=True) if own is None or own.fs == best]
    note = (
        f"Variables of different rates ({listed}): those at {best:g} Hz are taken (--variable "
        "chooses others)."
    )
    return kept, best, [*_notes(rates[best]), note]


def start_of(
    chosen: Sequence[Variable], variables: Sequence[Variable], start: pd.Timestamp | None
) -> pd.Timestamp | None:
    """Return the instant of the first sample: that said of a variable, of the file, or beside."""
    own = next((one.start for one in chosen if one.start is not None), start)
    if own is not None:
        return own
    texts = (one for one in variables if one.size == 1 and (one.texts or one.dated))
    named = [one for one in texts if is_start_name(one.name)]
    return instant_in([str(np.ravel(one.read())[0]) for one in named])


def instant_in(texts: Sequence[str]) -> pd.Timestamp | None:
    """Return the first instant that a text names, None where none does."""
    for text in filter(_DAY.match, texts):
        instants = pd.to_datetime(pd.Series([text]), errors="coerce", format="ISO8601").dropna()
        if not instants.empty:
            return instants.iloc[0]
    return None


def _notes(rate: _Rate | None) -> list[str]:
    """Return the note on what says a rate."""
    return [] if rate is None or not rate.note else [rate.note]


def _of_the_file(scalars: Sequence[Variable]) -> _Rate | None:
    """Return the rate that lies outside of all structures, or the only one inside of them."""
    outside = _among([one for one in scalars if not one.parent])
    if outside is not None:
        return outside
    parents = dict.fromkeys(one.parent for one in scalars)
    found = [_among([one for one in scalars if one.parent == parent]) for parent in parents]
    rates = [one for one in found if one is not None]
    return rates[0] if len({one.fs for one in rates}) == 1 else None


def _of_its_own(one: Variable, scalars: Sequence[Variable]) -> _Rate | None:
    """Return the rate that is said of a variable: by its name, its attributes, or beside it."""
    beside = [other for other in scalars if other.parent == one.parent and other is not one]
    return (
        _named_after(one, beside)
        or (None if one.fs is None else _Rate(one.fs, ""))
        or (_among(beside) if one.parent else None)
    )


def _named_after(one: Variable, beside: Sequence[Variable]) -> _Rate | None:
    """Return the rate whose name has that of the variable in it, such as fs_ecg or ecg_fs."""
    bare = bare_name(one.name)
    for other in beside:
        whole = bare_name(other.name)
        for rest in (whole.removeprefix(bare), whole.removesuffix(bare)):
            if rest != whole and is_rate_name(rest) and (rate := _rate_in(other, beside, rest)):
                return rate
    return None


def _among(variables: Sequence[Variable]) -> _Rate | None:
    """Return the rate in one of several variables."""
    for named in _FACTORS:
        for one in variables:
            if named(one.name) and (rate := _rate_in(one, variables, one.name)) is not None:
                return rate
    return None


def _rate_in(one: Variable, beside: Sequence[Variable], name: str) -> _Rate | None:
    """Return the rate that a variable says under a name, None where it says none or several."""
    rate = is_rate_name(name)
    if not (one.numeric or one.texts) or one.size > (_EQUAL_RATES if rate else 1):
        return None
    values = np.unique(np.asarray(one.read()))
    if values.size != 1:
        return None
    # The unit of a structure of MATLAB is that of its signal.
    unit = one.unit if one.name.startswith("/") else ""
    for other in beside:
        if other.texts and other.size == 1 and is_unit_name(other.name, name):
            unit = str(np.ravel(other.read())[0])
    found = rate_said(name, values, unit)
    if found is None:
        return None
    what = "rate," if rate else "step, so the rate is"
    return _Rate(found, f"Variable '{one.name}' gives the {what} {found:g} Hz.")
