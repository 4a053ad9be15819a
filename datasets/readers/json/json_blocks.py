"""Records of JSON that hold a list of samples each, one behind another."""

from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets.instants import later
from spectra.datasets.readers.cells.names import names_time, seconds_in, words
from spectra.datasets.readers.dates.dates import is_date
from spectra.text import few_of

_A_FEW = 20
_FEWEST = 8
"""Samples of a list: shorter ones may be vectors and positions."""
_SAMPLES = frozenset({"samples", "sample", "waveform", "buffer", "raw"})
_SINCE_1970 = 1e8
"""Counts since 1970, in seconds or parts of them, are larger."""


def samples_of(frame: pd.DataFrame, notes: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a record a sample, and one more of the notes, of records that hold lists of numbers.

    All lists have one length, and a record has its time or none. Few numbers may be those of a
    vector, or of one channel each: a list of samples is called so, or goes on in the next one.
    Anything else is returned as it is.
    """
    lists = [key for key in frame.columns if _holds_lists(frame[key])]
    lengths = {len(cell) for key in lists for cell in frame[key]}
    length = lengths.pop() if len(lengths) == 1 else 0
    others = [key for key in frame.columns if key not in lists and frame[key].dtype.kind in "iuf"]
    timed = [key for key in others if names_time(str(key))]
    rates = [key for key in others if timed and _is_rate(frame, key, timed[0], length)]
    others = [key for key in others if key not in rates]
    if (
        len(frame) < 2
        or length < _FEWEST
        or not all(names_time(str(key)) or _rises(frame[key]) for key in others)
        or not (rates or all(_are_samples(key, frame[key]) for key in lists))
    ):
        return frame, notes
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
    beside = [f"'{key}'" for key in frame.columns if key not in columns]
    left = f" What stands beside them ({few_of(beside, 4)}) is left out." if beside else ""
    note = f"Each record holds {length} samples: read one behind another.{left}"
    return pd.DataFrame(columns), (*notes, note)


def _is_rate(frame: pd.DataFrame, key: object, time: object, length: int) -> bool:
    """Return True for the one rate in a column at which a list lasts from its time to the next.

    The times are in seconds, or in parts of them.
    """
    rate = frame[key].iloc[0]
    if not rate > 0 or not bool((frame[key] == rate).all()):
        return False
    steps = np.median(np.diff(frame[time].to_numpy(dtype=np.float64)))
    spans = length / float(rate) * np.array([1.0, 1e3, 1e6, 1e9])
    return bool(np.isclose(spans, steps, rtol=0.01).any())


def _rises(column: "pd.Series[Any]") -> bool:
    """Return True for numbers that rise throughout, as counts do."""
    return bool((np.diff(column.to_numpy(dtype=np.float64)) > 0).all())


def _are_samples(key: object, column: "pd.Series[Any]") -> bool:
    """Return True for lists that are called samples, or of which each begins where one ends."""
    if words(str(key)) & _SAMPLES:
        return True
    values = np.array(column.tolist(), dtype=np.float64)
    across = np.median(np.abs(values[1:, 0] - values[:-1, -1]))
    within = np.median(np.abs(np.diff(values, axis=1)))
    down = np.median(np.abs(np.diff(values, axis=0)))
    return bool(across < 1.5 * within and within < 0.7 * down)


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
