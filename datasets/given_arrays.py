"""Arrays and lists as a caller gives them: values, labels and names of channels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array, IntArray
from spectra.errors import DataError
from spectra.parameters import MOST_ROWS


def is_list(names: "Sequence[str] | np.ndarray[Any, Any]") -> bool:
    """Return whether names are a list; a text is a sequence too, an array of any shape."""
    if isinstance(names, (str, bytes)) or getattr(names, "ndim", 1) != 1:
        return False
    # An integer of thousands of digits has no text.
    return all(not isinstance(name, int) or abs(name) <= MOST_ROWS for name in names)


def matrix_of(values: ArrayLike, name: str) -> Float64Array:
    """Return values as floats, (n, c). Raises DataError for anything else."""
    try:
        if np.ma.isMaskedArray(values):
            array = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
        else:
            array = np.asarray(values)
        if array.ndim == 0 and array.dtype.kind in "OS":
            way = " (spectra.datasets.read reads a file object)" if hasattr(values, "read") else ""
            raise DataError(
                f"{name} is of the type {type(values).__name__}: give a path, an array or a "
                f"table{way}."
            )
        if array.dtype.kind in "mM":
            raise DataError(
                f"{name} has dates or durations: give them as the index of a pandas frame."
            )
        if array.dtype.kind == "c":
            raise DataError(
                f"{name} has complex values: give the real and the imaginary part as two channels."
            )
        array = array.astype(np.float64, copy=False)
    except DataError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} is no array of numbers: {str(error).rstrip('.')}.") from error
    if array.ndim not in (1, 2):
        raise DataError(
            f"{name} must have the shape (samples,) or (samples, channels), not {array.shape}."
        )
    return array[:, np.newaxis] if array.ndim == 1 else array


def labels_of(labels: ArrayLike, n: int, name: str) -> IntArray:
    """Return labels that are given as an array. Raises DataError for anything but 0 and 1."""
    try:
        marks = np.asarray(labels)
    except ValueError:
        marks = np.empty(0)
    if marks.shape != (n,) or not np.isin(marks, (0, 1)).all():
        raise DataError(f"The labels of {name} must be {n} values 0 or 1, one a row.")
    return marks.astype(np.int64)
