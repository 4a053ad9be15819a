"""Stamps far from those around them: a clock that was lost for a few rows."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.instants import later, seconds_of
from spectra.datasets.raw import Raw

_MOST_SHARE = 0.02
"""Share of the rows whose stamps may be far from those around them."""
_FAR = 1000.0
"""Usual steps from which on a stamp is far from the median of those around it."""
_WINDOW = 11
"""Rows around one among which most stamps are right."""
_FEWEST_ROWS = 50


def without_stray_stamps(raw: Raw, instants: pd.Index) -> Raw | None:
    """Return samples with each stray stamp put between those around it, and a note.

    None is returned where no stamp, or more than a few, are far from those around them.

    Parameters
    ----------
    raw : Raw
        Samples whose stamps are no grid.
    instants : pd.Index
        Their stamps, none of them missing or outside the calendar.

    Returns
    -------
    Raw or None
        The same samples with other stamps in a few rows.
    """
    if len(instants) < _FEWEST_ROWS:
        return None
    seconds = seconds_of(instants)
    stray = _stray(seconds)
    # At the ends a recording may have gone on after a long pause.
    if not stray.any() or stray.mean() > _MOST_SHARE or stray[0] or stray[-1]:
        return None
    rows = np.arange(len(seconds))
    mended = np.interp(rows, rows[~stray], seconds[~stray])
    late = np.where(stray, mended - seconds, 0.0)
    first = int(np.argmax(stray))
    where = raw.place(first).split(", ")[-1]
    count = int(stray.sum())
    said = "The time stamp of 1 row is" if count == 1 else f"The time stamps of {count} rows are"
    note = (
        f"{said} far from those around, the first in {where} ({instants[first]}): put between "
        "them (--time none leaves the time out)."
    )
    return replace(raw, instants=later(instants, late, "us"), notes=(*raw.notes, note))


def _stray(seconds: Float64Array) -> BoolArray:
    """Return which stamps are far from the median of those around them."""
    usual = float(np.median(np.abs(np.diff(seconds))))
    padded = np.pad(seconds, _WINDOW // 2, mode="reflect")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, _WINDOW), axis=1)
    return np.asarray(np.abs(seconds - around) > _FAR * max(usual, 1e-9), dtype=np.bool_)
