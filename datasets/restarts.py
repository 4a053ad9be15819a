"""Elapsed time that starts again: a logger that was restarted, a counter that ran full."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.instants import later, seconds_of
from spectra.datasets.raw import Raw

_MODULI = (2.0**16, 2.0**24, 2.0**31, 2.0**32, 86_400.0, 86_400e3)
"""Counts at which counters of 16 to 32 bits start again, and a day in seconds and milliseconds."""
_HOUR = 3600.0
"""Minutes and seconds without hours, as workbooks show them, start again then."""
_UNITS = (1.0, 1e-3, 1e-6, 1e-9)
_MOST_SHARE = 0.02
"""Share of the rows that may start again."""
_NEAR_START = 50
"""Steps from its first value within which a time is that of a start."""
_LEFT_FREE = 8
"""Samples left free at a restart, more than are filled: how long it took is not known."""


def counted_on(raw: Raw, instants: pd.Index) -> Raw | None:
    """Return samples whose elapsed time goes on where it starts again, with a note.

    A counter that ran full goes on by its usual step. After a restart a few samples are left free.
    None is returned for dates, and for a time that goes back to anything but its start.

    Parameters
    ----------
    raw : Raw
        Samples whose stamps are no grid.
    instants : pd.Index
        Their stamps, none of them missing or outside the calendar.

    Returns
    -------
    Raw or None
        The same samples with seconds that rise.
    """
    if isinstance(instants, pd.DatetimeIndex):
        return None
    seconds = seconds_of(instants)
    steps = np.diff(seconds)
    back = np.flatnonzero(steps < 0)
    rising = steps[steps > 0]
    if not len(back) or len(back) > _MOST_SHARE * len(steps) or not len(rising):
        return None
    if np.isnan(raw.values[back[0] + 1 :]).all():
        return _without_end(raw, int(back[0]) + 1)
    usual = float(np.median(rising))
    where = raw.place(int(back[0]) + 1).split(", ")[-1]
    if len(back) > 1:
        where = f"{len(back)} rows, the first {where}"
    modulus = _modulus(seconds, usual - steps[back], usual)
    if modulus is not None:
        after, said = np.full(len(back), modulus), "as a counter that ran full: counted on"
    elif (seconds[back + 1] <= seconds[0] + _NEAR_START * usual).all():
        after = (1 + _LEFT_FREE) * usual - steps[back]
        said = f"as after a restart: the rows follow, with {_LEFT_FREE} samples left free between"
    else:
        return None
    note = f"The time starts again at {where}, {said}."
    late = np.zeros(len(seconds))
    late[back + 1] = after
    moved = later(instants, np.cumsum(late), "ns")
    return replace(raw, instants=moved, notes=(*raw.notes, note))


def _without_end(raw: Raw, kept: int) -> Raw:
    """Return the first samples, where those behind them have no value, as of runs that were cut."""
    said = f"{len(raw.values) - kept} rows, from {raw.place(kept).split(', ')[-1]} on,"
    note = f"The time starts again in the last {said} which have no value: left out."
    less = raw.take(np.arange(kept))
    return replace(less, notes=(*less.notes, note))


def _modulus(seconds: Float64Array, falls: Float64Array, usual: float) -> float | None:
    """Return the count in seconds at which the time starts again, None where that is none."""
    for modulus in (*(count * unit for count in _MODULI for unit in _UNITS), _HOUR):
        close = np.abs(falls - modulus) <= 2 * usual
        if close.all() and np.ptp(seconds) < modulus and usual < 0.1 * modulus:
            return float(modulus)
    return None
