"""Records of JSON that hold a list of samples each, one behind another."""

from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets.instants import later
from spectra.datasets.readers.dates import is_date
from spectra.datasets.readers.names import names_time, seconds_in
from spectra.text import few_of

_A_FEW = 20
_SINCE_1970 = 1e8
"""Counts since 1970, in seconds or parts of them, are larger."""


def samples_of(frame: pd.DataFrame, notes: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a record a sample, and one more of the notes, of records that hold lists of numbers.

    All lists have one length, and a record has its time or none. Anything else is returned as it
    is.
    """
    lists = [key for key in frame.columns if _holds_lists(frame[key])]
    lengths = {len(cell) for key in lists for cell in frame[key]}
    if len(frame) < 2 or len(lengths) != 1:
        return frame, notes
    length = lengths.pop()
    columns: dict[Any, Any] = {}
    for key in frame.columns:
        # A count without a unit gives no rate, and samples are seldom seconds apart.
        counted = frame[key].dtype.kind in "iu" and int(frame[key].min()) < _SINCE_1970
        if not names_time(str(key)) or (counted and seconds_in(str(key)) is None):
            continue
        if (times := _spread(frame[key], length)) is not None:
            columns[key] = times
            break
    for key in lists:
        columns[key] = np.array(frame[key].tolist(), dtype=np.float64).ravel()
    others = [f"'{key}'" for key in frame.columns if key not in columns]
    left = f" What stands beside them ({few_of(others, 4)}) is left out." if others else ""
    note = f"Each record holds {length} samples: read one behind another.{left}"
    return pd.DataFrame(columns), (*notes, note)


def _holds_lists(column: "pd.Series[Any]") -> bool:
    """Return True for lists of two or more numbers in every cell."""
    if column.dtype != object or not isinstance(column.iloc[0], list):
        return False
    return all(
        isinstance(cell, list)
        and len(cell) > 1
        and all(one is None or type(one) in (int, float) for one in cell)
        for cell in column
    )


def _spread(column: "pd.Series[Any]", length: int) -> Any:
    """Return the times of samples between those of the records, None where they do not rise."""
    parts = np.tile(np.arange(length) / length, len(column))
    if column.dtype.kind in "iuf":
        times = column.to_numpy()
        steps = np.diff(times)
        if not bool((steps > 0).all()):
            return None
        spread = np.repeat(np.append(steps, steps[-1]), length) * parts
        return np.repeat(times, length) + spread
    texts = column.astype("str")
    if not all(is_date(cell, months=False) for cell in texts.iloc[:_A_FEW]):
        return None
    stamps = pd.DatetimeIndex(pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True))
    seconds = np.diff(stamps.as_unit("ns").asi8) / 1e9
    if stamps.isna().any() or not bool((seconds > 0).all()):
        return None
    spread = np.repeat(np.append(seconds, seconds[-1]), length) * parts
    return later(stamps.repeat(length), spread, "ns")
