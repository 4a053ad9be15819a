"""Put what a reader returns on a regular grid in time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.grid_values import place_labels, place_values, resample_values
from spectra.datasets.raw import Raw
from spectra.datasets.time_axis import Grid, parse_period, regular_grid, resampled_grid
from spectra.errors import DataError

_NO_RATE = "No sampling rate is known (--fs gives one): frequencies are in cycles per sample."


@dataclass(frozen=True)
class OnGrid:
    """What a raw becomes on a regular grid."""

    values: Float64Array
    labels: IntArray | None
    index: pd.Index
    fs: float | None
    rows: IntArray
    bridged: BoolArray | None
    notes: tuple[str, ...]


def on_grid(raw: Raw, fs: float | None, resample: str | bool | None) -> OnGrid:
    """The raw on the regular grid of its instants, or as it is where it has none."""
    if fs is not None and not 0 < fs < np.inf:
        raise DataError(f"The sampling rate must be a number of Hz above 0, not {fs:g}.")
    if raw.instants is None:
        if resample:
            raise DataError(f"{raw.source} has no time column to resample by: name it with --time.")
        rows = np.arange(len(raw.values))
        return OnGrid(raw.values, raw.labels, raw.plain, fs, rows, None, () if fs else (_NO_RATE,))
    if bool(raw.instants.isna().any()):
        row = int(np.argmax(raw.instants.isna()))
        raise DataError(f"{raw.place(row)}: the time is missing; every row needs one.")
    period = parse_period(resample) if isinstance(resample, str) else None
    grid = _grid(raw, fs, resample, period)
    n = len(grid.index)
    labels = None if raw.labels is None else place_labels(raw.labels, grid.rows, n)
    bridged = None
    if grid.resampled:
        values, bridged = resample_values(raw.values, grid.seconds, grid.step, n)
    else:
        values = place_values(raw.values, grid.rows, n)
    return OnGrid(
        values, labels, grid.index, grid.fs if fs is None else fs, grid.rows, bridged, grid.notes
    )


def _grid(raw: Raw, fs: float | None, resample: str | bool | None, period: float | None) -> Grid:
    """The grid under the instants; a resampled one where that was asked for and they are irregular
    or too close.
    """
    assert raw.instants is not None
    if not resample:
        return regular_grid(raw.instants, fs, raw.place)
    try:
        grid = regular_grid(raw.instants, fs, raw.place)
    except DataError:
        grid = None
    if grid is None or (period is not None and abs(grid.step / period - 1) > 1e-6):
        grid = resampled_grid(raw.instants, period, raw.place)
    if fs is not None and abs(fs * grid.step - 1) > 0.01:
        raise DataError(
            f"Resampled, the recording has {grid.fs:g} Hz, not the {fs:g} Hz given: leave fs out."
        )
    return grid
