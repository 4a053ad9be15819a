"""Blocks of rows that a program hands to a stream: arrays, single rows and tables with names."""

from collections.abc import Mapping
from typing import Any

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
    block = _in_order(block, model)
    try:
        rows = np.asarray(block, dtype=np.float64)
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
    """Return what has names in the order of the channels, and all else unchanged."""
    channels = list(model.channels)
    table = _table_of(block, channels)
    if table is None or not any(isinstance(name, str) for name in table.columns):
        return block
    missing = [name for name in channels if name not in table.columns]
    if missing:
        raise DataError(
            f"The block has no column for {formatting.named(missing)} of {model.name}: give the "
            "channels by their names, or an array in their order."
        )
    return table[channels]


def _table_of(block: object, channels: list[str]) -> pd.DataFrame | None:
    """Return a block with names as a table: one of any library, a row of one, or records."""
    if isinstance(block, Mapping):
        return _of_mapping(block)
    if isinstance(block, list) and block and all(isinstance(each, Mapping) for each in block):
        return pd.DataFrame.from_records(block)
    table = pandas_of(block)
    if isinstance(table, pd.Series):
        # The index of a row has the names of its channels, that of a column its instants.
        named = len(table) > 0 and all(isinstance(name, str) for name in table.index)
        is_row = named and (len(channels) > 1 or channels[0] in table.index)
        return table.to_frame().T if is_row else None
    return table


def _of_mapping(block: Mapping[Any, Any]) -> pd.DataFrame:
    """Return one row, or columns of one length, by their names."""
    if all(np.ndim(value) == 0 for value in block.values()):
        return pd.DataFrame.from_records([block])
    try:
        return pd.DataFrame(dict(block))
    except ValueError as error:
        raise DataError(f"The block is no table: {error}.") from error
