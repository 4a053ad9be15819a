"""The sampling rate and start that a file gives, made the instants of its samples."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.datasets.raw import Raw
from spectra.errors import DataError
from spectra.parameters import FASTEST, SLOWEST

# Nanoseconds in a second.
_NS = 1e9
_FIRST, _LAST = pd.Timestamp(1678, 1, 1), pd.Timestamp(2150, 1, 1)
"""Dates from which nanoseconds fit 64 bits, and to which a century later still does."""
_LONGEST = 3e9
"""Seconds that a recording may last to be given instants: a century, which ends before _LAST."""
_SAME_RATE = 1e-6
"""Relative difference below which two rates are one rate, written with other digits."""


def refuse_rate(raw: Raw, fs: float | None) -> None:
    """Raise DataError for a rate in the file that no recording has; `fs` replaces it."""
    if fs is None and raw.fs is not None and not SLOWEST <= raw.fs <= FASTEST:
        raise DataError(
            f"{raw.source} gives the sampling rate {raw.fs:g} Hz, which no recording has: give "
            "another with --fs."
        )


def with_rate(raw: Raw, fs: float | None, resample: bool) -> tuple[Raw, float | None]:
    """Return a raw whose index is time, and its sampling rate in Hz.

    The rate of the user takes precedence over that of the file. Instants count from the start that
    the file gives, or from zero. Where the samples are to be resampled the instants become stamps,
    which give the rate later.

    Parameters
    ----------
    raw : Raw
        Samples with `fs` and without instants.
    fs : float or None
        The sampling rate in Hz of the user.
    resample : bool
        Whether the samples go on another grid.

    Returns
    -------
    tuple of (Raw, float or None)
        The samples with their instants, and the rate, None before resampling.
    """
    assert raw.fs is not None
    rate = raw.fs if fs is None else fs
    notes = raw.notes
    if abs(rate / raw.fs - 1) > _SAME_RATE:
        notes += (f"{raw.source} says {raw.fs:g} Hz: the {rate:g} Hz given are used (--fs).",)
    start = raw.start
    if start is not None and not _FIRST <= start.tz_localize(None) <= _LAST:
        notes += (f"{raw.source} says that it starts at {start}, which cannot be: left out.",)
        start = None
    timed = 0 < rate < np.inf and len(raw.values) / rate < _LONGEST
    index = instants_at(np.arange(len(raw.values)), rate, start) if timed else raw.plain
    raw = replace(raw, plain=index, fs=None, start=None, notes=notes)
    return (replace(raw, instants=index), None) if resample else (raw, rate)


def instants_at(samples: IntArray, fs: float, start: pd.Timestamp | None) -> pd.Index:
    """Return the instants of samples: dates from the start, or times since the first sample."""
    elapsed = np.rint(samples * (_NS / fs)).astype("timedelta64[ns]")
    if start is None:
        return pd.TimedeltaIndex(elapsed)
    return pd.DatetimeIndex(start.as_unit("ns") + pd.TimedeltaIndex(elapsed))
