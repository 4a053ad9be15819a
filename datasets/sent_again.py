"""Rows that a logger sent again: the time and all values of an earlier row."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.datasets.instants import seconds_of
from spectra.datasets.raw import Raw


def without_rows_sent_again(raw: Raw, instants: pd.Index) -> Raw | None:
    """Return samples less the rows that repeat an earlier one, with a note.

    None is returned where no row does, and where the others are not in order without them.

    Parameters
    ----------
    raw : Raw
        Samples whose stamps are no grid.
    instants : pd.Index
        Their stamps, none of them missing or outside the calendar.

    Returns
    -------
    Raw or None
        The same samples with each row once.
    """
    seconds = seconds_of(instants)
    again = np.asarray(pd.Series(seconds).duplicated(), dtype=np.bool_)
    if not again.any() or np.any(np.diff(seconds[~again]) <= 0):
        return None
    # Only rows at one stamp are compared: the first of them is where the stamp is first met.
    first = np.flatnonzero(~again)[np.searchsorted(seconds[~again], seconds[again])]
    same = np.array_equal(raw.values[again], raw.values[first], equal_nan=True)
    if not same or (raw.labels is not None and np.any(raw.labels[again] != raw.labels[first])):
        return None
    count = int(again.sum())
    said = "1 row repeats" if count == 1 else f"{count} rows repeat"
    where = raw.place(int(np.argmax(again))).split(", ")[-1]
    note = (
        f"{said} the time and all values of an earlier row, the first in {where}: left out "
        "(--time none keeps all rows)."
    )
    less = raw.take(np.flatnonzero(~again))
    return replace(less, notes=(*less.notes, note))
