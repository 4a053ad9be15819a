"""Labels, scores and alarms as arrays that fit together, and runs of rows."""

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, Pairs
from spectra.errors import DataError
from spectra.parameters import require
from spectra.runs import true_runs


def runs(mask: BoolArray) -> Pairs:
    """Return the first and last row of each run of True.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)

    Returns
    -------
    first, last : ndarray of int, shape (n_runs,)
        Rows from 0, both ends inclusive, in ascending order.

    Examples
    --------
    >>> first, last = runs(np.array([False, True, True, False, True]))
    >>> first.tolist(), last.tolist()
    ([1, 4], [2, 4])
    """
    must = "must be an array of booleans of the shape (rows,)"
    require("mask", mask, np.ndarray, must, lambda array: array.dtype == bool and array.ndim == 1)
    begins, ends = true_runs(mask)
    return begins, ends - 1


def with_scores(labels: ArrayLike, scores: ArrayLike) -> tuple[BoolArray, Float64Array]:
    """Return labels and scores as arrays; raise DataError unless they fit together."""
    truth, values = _truth(labels), numbers("scores", scores)
    if values.shape != truth.shape:
        raise DataError(
            f"The scores must have one value a label, the shape {truth.shape}, not {values.shape}."
        )
    if np.isnan(values).any():
        raise DataError(
            f"The score of row {int(np.argmax(np.isnan(values)))} is not a number: give every row "
            "a score."
        )
    return truth, values


def with_alarms(labels: ArrayLike, alarms: ArrayLike) -> tuple[BoolArray, BoolArray]:
    """Return labels and alarms as booleans; raise DataError unless they fit together."""
    truth, alarm = _truth(labels), numbers("alarms", alarms)
    if alarm.shape != truth.shape or not np.isin(alarm, (0, 1)).all():
        raise DataError(
            f"The alarms must be 0 or 1, one a label: of the shape {truth.shape}, not "
            f"{alarm.shape}."
        )
    return truth, alarm.astype(np.bool_)


def numbers(name: str, values: ArrayLike) -> Float64Array:
    """Return values as an array of numbers; raise DataError for any other."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"they are of the type {array.dtype}")
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        reason = str(error).rstrip(".")
        raise DataError(f"The {name} must be numbers, one a row: {reason}.") from error


def _truth(labels: ArrayLike) -> BoolArray:
    """Return labels as booleans; raise DataError unless they are 0 or 1 with an anomaly."""
    values = numbers("labels", labels)
    if values.ndim != 1 or values.size == 0:
        raise DataError(f"The labels must have the shape (rows,), not {values.shape}.")
    wrong = ~np.isin(values, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"The labels must be 0 or 1, and that of row {row} is {values[row]:g}.")
    truth = values.astype(np.bool_)
    if not truth.any():
        raise DataError("The labels hold no anomaly: label at least one row 1.")
    return truth
