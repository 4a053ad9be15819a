"""Long series as few numbers: the extremes of columns, rounded to a ten-thousandth of the range."""

from typing import Final

import numpy as np

from spectra.arrays import FloatArray

# Levels that a value is rounded to: more than any screen has pixels.
LEVELS: Final = 10_000


def quantised(values: FloatArray) -> dict[str, object]:
    """Return values as whole numbers `q` of steps `step` above `low`; None stands for NaN."""
    known = values[np.isfinite(values)]
    low = float(known.min()) if known.size else 0.0
    span = float(known.max()) - low if known.size else 0.0
    step = span / LEVELS if span > 0 and np.isfinite(span) else 1.0
    whole = np.round((np.where(np.isfinite(values), values, low) - low) / step).astype(np.int64)
    numbers: list[int | None] = whole.tolist()
    for gap in np.flatnonzero(~np.isfinite(values)).tolist():
        numbers[gap] = None
    return {"low": low, "step": step, "q": numbers}


def extremes(values: FloatArray, n_columns: int) -> dict[str, object]:
    """Return the smallest and largest value of each column, or the values where they are few.

    `edge` are the rows of a column.
    """
    edge = -(-values.size // n_columns)
    if edge <= 2:
        return {"edge": 1, "high": quantised(values)}
    begin = np.arange(0, values.size, edge)
    return {
        "edge": edge,
        "low": quantised(np.fmin.reduceat(values, begin)),
        "high": quantised(np.fmax.reduceat(values, begin)),
    }


def maxima(values: FloatArray, n_columns: int) -> dict[str, object]:
    """Return the largest value of each column, as `extremes`."""
    edge = -(-values.size // n_columns)
    return {"edge": edge, "high": quantised(maxima_of_columns(values, n_columns))}


def maxima_of_columns(values: FloatArray, n_columns: int) -> FloatArray:
    """Return the largest value of each of at most `n_columns` columns, NaN for one of NaN."""
    begin = np.arange(0, values.size, -(-values.size // n_columns))
    return np.asarray(np.fmax.reduceat(values, begin))
