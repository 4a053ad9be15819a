"""Blocks of rows that a program hands to a stream: arrays, single rows and tables with names."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra import formatting
from spectra.arrays import Float64Array
from spectra.datasets.dataframes import pandas_of
from spectra.errors import DataError
from spectra.model import Model


def rows_of(block: ArrayLike, model: Model) -> Float64Array:
    """Return a block as rows in the order of the model's channels.

    Parameters
    ----------
    block : array_like
        See `Stream.update`.
    model : Model

    Returns
    -------
    ndarray (n, n_channels)

    Raises
    ------
    DataError
        For a block of another shape, a table without one of the channels, or values that are no
        finite numbers or NaN.
    """
    n_channels = len(model.channels)
    try:
        rows = np.asarray(_in_order(block, model), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"The block is no array of numbers: {error}.") from error
    if rows.ndim == 0 or (rows.ndim == 1 and n_channels > 1):
        rows = rows.reshape(1, -1)
    elif rows.ndim == 1:
        rows = rows[:, np.newaxis]
    if rows.ndim != 2 or rows.shape[1] != n_channels:
        raise DataError(
            f"The block has the shape {rows.shape}, expected (n, {n_channels}): one column for "
            f"each channel of {model.name}."
        )
    if np.isinf(rows).any():
        raise DataError("The block holds infinite values: give NaN where there is no data.")
    return rows


def _in_order(block: ArrayLike, model: Model) -> ArrayLike:
    """Return the columns of a table with names in the order of the channels, others unchanged."""
    table, channels = pandas_of(block), list(model.channels)
    if not (isinstance(table, pd.DataFrame) and _is_named(table)):
        return block
    missing = [name for name in channels if name not in table.columns]
    if missing:
        raise DataError(
            f"The block has no column for {formatting.named(missing)} of {model.name}: give the "
            "channels by their names, or an array in their order."
        )
    return table[channels]


def _is_named(table: pd.DataFrame) -> bool:
    """Return whether the columns of a table have names, and not numbers alone."""
    return any(isinstance(name, str) for name in table.columns)
