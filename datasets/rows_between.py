"""Rows between the samples of a channel: events, other sensors, readings by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray
from spectra.datasets.raw import Raw
from spectra.datasets.readers.times.time_numbers import has_equal_steps
from spectra.datasets.time_axis import regular_grid
from spectra.errors import DataError
from spectra.text import few_of

_MOST_TRIED = 3
"""Channels, those with most values, whose rows are tried."""
_FEWEST_ROWS, _SMALLEST_SHARE = 20, 0.3
"""Rows that make a recording, and the share of all rows that they have at least."""


def without_rows_between(raw: Raw, instants: pd.Index) -> Raw | None:
    """Return the rows in which one channel has values, where these alone have regular stamps.

    Wide tables hold a row for each message, with values in the columns of its sensor alone: insulin
    between readings of glucose, positions between accelerations. Channels without values in the
    rows that stay are left out. None is returned where no such rows are regular.

    Parameters
    ----------
    raw : Raw
        Samples whose stamps are irregular.
    instants : pd.Index
        Their stamps, none of them missing or outside the calendar.

    Returns
    -------
    Raw or None
        The samples of the channel with most values that is regular, with those beside it.
    """
    if raw.complete:
        return None
    known: BoolArray = ~np.isnan(raw.values)
    counts = known.sum(axis=0)
    steady = [has_equal_steps(np.diff(one[~np.isnan(one)])) for one in raw.values.T]
    order = np.argsort(np.where(steady, 0, -counts), kind="stable")
    for channel in order[:_MOST_TRIED].tolist():
        count = int(counts[channel])
        if count == len(known) or count < max(_FEWEST_ROWS, _SMALLEST_SHARE * len(known)):
            continue
        rows = np.flatnonzero(known[:, channel])
        try:
            regular_grid(instants[rows], None, raw.place)
        except DataError:
            continue
        return _with_rows_of(raw, channel, known)
    return None


def _with_rows_of(raw: Raw, channel: int, known: BoolArray) -> Raw:
    """Return the rows in which a channel has values, and the channels that have some there."""
    rows = known[:, channel]
    values = raw.values[rows]
    # A counter of readings that goes on by one step was no counter among the other rows.
    counts = [has_equal_steps(np.diff(one)) for one in values.T]
    measured = known[rows].any(axis=0) & ~np.array(counts)
    kept = np.flatnonzero(measured if measured.any() else known[rows].any(axis=0))
    others = [f"'{name}'" for i, name in enumerate(raw.channels) if i not in kept]
    count = int(np.sum(~rows))
    said = "1 row lies" if count == 1 else f"{count} rows lie"
    beside = f", with {few_of(others, 4)}" if others else ""
    note = (
        f"{said} between the samples of '{raw.channels[channel]}' and without a value of it: left "
        f"out{beside} (--channels reads others, --resample all)."
    )
    less = raw.take(np.flatnonzero(rows))
    return replace(
        less,
        values=less.values[:, kept],
        channels=tuple(raw.channels[i] for i in kept),
        units=None if raw.units is None else tuple(raw.units[i] for i in kept),
        notes=(*less.notes, note),
    )
