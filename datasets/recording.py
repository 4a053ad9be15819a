"""A recording: channels of numbers on a regular grid in time, from a file, a data frame or an
array.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Self, TypeAlias, Union

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.grid_values import (
    fill_short_gaps,
    place_labels,
    place_values,
    resample_values,
)
from spectra.datasets.readers.columns import (
    Table,
    find_counter,
    find_labels,
    read_channels,
)
from spectra.datasets.readers.csv_file import read_table
from spectra.datasets.readers.time_column import find_time
from spectra.datasets.time_axis import Grid, Place, parse_period, regular_grid, resampled_grid
from spectra.errors import DataError

_NO_RATE = "No sampling rate is known (--fs gives one): frequencies are in cycles per sample."


@dataclass(frozen=True)
class _Signal:
    """Values as they were logged: (n, c), their titles, labels (n,), instants if known, index, and
    notes.
    """

    values: Float64Array
    titles: tuple[str, ...]
    labels: IntArray | None
    instants: pd.Index | None
    plain: pd.Index
    place: Place
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """Channels of numbers on a regular grid in time.

    `values` (n, c) have NaN where there is no data; `fs` is in Hz, None where it is unknown and
    frequencies are in cycles per sample; `index` (n,) are the instants: a DatetimeIndex, a
    TimedeltaIndex, seconds, or the index that the data came with; `labels` (n,) are 0 or 1;
    `interpolated` (n,) says where a short gap was filled; `rows` (n_input,) is the grid position of
    each input row; `notes` say for a person what was left out, filled or sorted.
    """

    values: Float64Array
    fs: float | None
    index: pd.Index
    channels: tuple[str, ...]
    labels: IntArray | None
    name: str
    interpolated: BoolArray
    rows: IntArray
    notes: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """The number of samples of each channel."""
        return len(self.values)

    @property
    def n_channels(self) -> int:
        """The number of channels."""
        return len(self.channels)

    def to_frame(self) -> pd.DataFrame:
        """The values as a data frame: one column a channel, the instants as its index."""
        return pd.DataFrame(self.values, index=self.index, columns=list(self.channels))

    @classmethod
    def from_array(
        cls,
        values: ArrayLike,
        fs: float | None = None,
        channels: Sequence[str] | None = None,
        name: str = "array",
        labels: ArrayLike | None = None,
    ) -> Self:
        """A recording of values (n,) or (n, c), sampled at `fs` Hz.

        `channels` names the c columns, `labels` (n,) are 0 or 1. Raises DataError for values that
        are not real numbers, are infinite or of another shape, and for fewer than two samples.
        """
        matrix = _matrix(values, name)
        n, c = matrix.shape
        if channels is not None and len(channels) != c:
            raise DataError(f"{name} has {c} channels, and {len(channels)} names were given.")
        default = ("value",) if c == 1 else tuple(f"ch{i + 1}" for i in range(c))
        titles = default if channels is None else tuple(map(str, channels))
        table = Table(pd.DataFrame(matrix), titles, lambda row: f"{name}, row {row + 1}", name)
        _refuse_too_few(table)
        found = read_channels(table, None, frozenset())
        marks = None if labels is None else _checked_labels(labels, n, name)
        signal = _Signal(
            found.values,
            found.titles,
            marks,
            None,
            pd.RangeIndex(n),
            table.place,
            name,
            found.notes,
        )
        return cls._assembled(signal, fs, None, name)

    @classmethod
    def from_frame(
        cls,
        data: "pd.DataFrame | pd.Series[float]",
        fs: float | None = None,
        name: str = "data",
        time: str | None = None,
        channels: str | Sequence[str] | None = None,
        labels: str | ArrayLike | None = None,
        resample: str | bool = False,
    ) -> Self:
        """A recording of a pandas frame or series.

        A DatetimeIndex or TimedeltaIndex gives the sampling rate and is treated like a file's time
        column, gaps included; a numeric index is kept as it is. `labels` is the name of a column or
        (n,) of 0 and 1; the other arguments are those of `read`. Raises DataError where `read`
        does.
        """
        frame = (
            data.to_frame("value" if data.name is None else data.name)
            if isinstance(data, pd.Series)
            else data
        )
        index = frame.index
        if isinstance(index, pd.PeriodIndex):
            index = index.to_timestamp()
        if not (
            isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex))
            or pd.api.types.is_numeric_dtype(index)
        ):
            # Instants that were never parsed: as a column they are.
            frame = frame.reset_index()
            index = frame.index
        names = tuple(map(str, frame.columns))
        plain = frame.set_axis(pd.RangeIndex(frame.shape[1]), axis=1)
        table = Table(plain, names, lambda row: f"{name}, row {row + 1}", name)
        column = labels if isinstance(labels, str) else None
        signal = _from_table(table, time, channels, column, index)
        if labels is not None and column is None:
            signal = replace(signal, labels=_checked_labels(labels, len(frame), name))
        return cls._assembled(signal, fs, resample, name)

    @classmethod
    def _assembled(
        cls, signal: _Signal, fs: float | None, resample: str | bool | None, name: str
    ) -> Self:
        """The recording of a signal: on its grid, short gaps filled."""
        grid = _on_grid(signal, fs, resample)
        values, filled, notes = fill_short_gaps(grid.values)
        return cls(
            values=values,
            fs=grid.fs,
            index=grid.index,
            channels=signal.titles,
            labels=grid.labels,
            name=name,
            interpolated=filled if grid.bridged is None else filled | grid.bridged,
            rows=grid.rows,
            notes=(*signal.notes, *grid.notes, *notes),
        )


def read(
    source: str | PathLike[str] | BinaryIO,
    *,
    time: str | None = None,
    channels: str | Sequence[str] | None = None,
    fs: float | None = None,
    label: str | None = None,
    resample: str | bool | None = None,
    name: str | None = None,
) -> Recording:
    """The recording in a CSV file, plain or gzipped, or in a binary file object such as standard
    input.

    Columns are named by their header or their number, counted from 1: `time` holds the instants
    (found by itself where it looks like time), `channels` are the ones to analyse (all that hold
    numbers), `label` is 0 or 1 a row. `fs` in Hz is for files without time. `resample`, a period
    such as "5min", or True for the median step, puts irregular rows on a regular grid. Raises
    DataError, naming file, row and column, for what cannot be analysed.
    """
    table = read_table(source)
    signal = _from_table(table, time, channels, label)
    return Recording._assembled(
        signal, fs, resample, _short_name(table.source) if name is None else name
    )


# What holds a recording. (pandas' classes take no type argument at run time.)
Data: TypeAlias = Union[
    str, "PathLike[str]", Recording, pd.DataFrame, "pd.Series[float]", ArrayLike
]


def as_recording(data: Data, fs: float | None = None) -> Recording:
    """A recording of whatever holds one: a path, a data frame or series, an array or list; a
    recording is itself.

    Raises DataError where the data is none, or where `fs` contradicts the rate of a recording.
    """
    if isinstance(data, Recording):
        if fs is not None and fs != data.fs:
            raise DataError(
                f"{data.name} is sampled at {data.fs} Hz, not at the {fs:g} Hz given: leave fs out."
            )
        return data
    if isinstance(data, (str, PathLike)):
        return read(data, fs=fs)
    if isinstance(data, (pd.DataFrame, pd.Series)):
        return Recording.from_frame(data, fs=fs)
    return Recording.from_array(data, fs=fs)


def _short_name(source: str) -> str:
    """The name of a file without its folder and endings."""
    path = Path(source)
    return (path.with_suffix("") if path.suffix == ".gz" else path).stem or source


def _matrix(values: ArrayLike, name: str) -> Float64Array:
    """The values as (n, c) floats."""
    try:
        masked = np.ma.isMaskedArray(values)
        array = (
            np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
            if masked
            else np.asarray(values)
        )
        if array.dtype.kind == "c":
            raise DataError(
                f"{name} has complex values: give the real and the imaginary part as two channels."
            )
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise (
            error
            if isinstance(error, DataError)
            else DataError(f"{name} is no array of numbers: {str(error).rstrip('.')}.")
        ) from error
    if array.ndim not in (1, 2):
        raise DataError(
            f"{name} must have the shape (samples,) or (samples, channels), not {array.shape}."
        )
    return array[:, np.newaxis] if array.ndim == 1 else array


def _checked_labels(labels: ArrayLike, n: int, name: str) -> IntArray:
    """Labels given as an array."""
    marks = np.asarray(labels)
    if marks.shape != (n,) or not np.isin(marks, (0, 1)).all():
        raise DataError(f"The labels of {name} must be {n} values 0 or 1, one a row.")
    return marks.astype(np.int64)


def _refuse_too_few(table: Table) -> None:
    """Raise DataError for fewer than two rows."""
    if len(table.frame) < 2:
        count = "only one row" if len(table.frame) else "no rows"
        raise DataError(f"{table.source} has {count}: a recording needs at least two.")


def _wanted(table: Table, channels: str | Sequence[str] | None) -> list[int] | None:
    """The columns of the named channels; a single text may name several, with commas between."""
    if channels is None:
        return None
    given = [channels] if isinstance(channels, str) else list(channels)
    if isinstance(channels, str) and channels not in table.titles():
        given = [part.strip() for part in channels.split(",") if part.strip()]
    if not given:
        raise DataError("No channel is named: leave the choice of channels out to analyse all.")
    return list(dict.fromkeys(table.find(str(one), "channels") for one in given))


def _from_table(
    table: Table,
    time: str | None,
    channels: str | Sequence[str] | None,
    label: str | None,
    index: pd.Index | None = None,
) -> _Signal:
    """The signal in the columns of a table; `index` is what a data frame has beside them."""
    _refuse_too_few(table)
    wanted = _wanted(table, channels)
    labels = find_labels(table, label, frozenset(wanted or ()))
    if wanted is not None and (clash := labels.columns & set(wanted)):
        raise DataError(
            f"{table.source}: {table.label(min(clash))} holds the labels and can be no channel."
        )
    taken = labels.columns | frozenset(wanted or ())
    notes = [*table.notes, *labels.notes]
    instants: pd.Index | None = None
    if time is None and isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        instants = index
    elif (found := find_time(table, time, taken)) is not None:
        instants = found.index.rename(table.names[min(found.columns)])
        taken |= found.columns
        notes += found.notes
    if wanted is None and (counter := find_counter(table, taken)) is not None:
        taken |= {counter}
        notes.append(f"{table.label(counter)} only counts the rows: left out.")
    chosen = read_channels(table, wanted, taken)
    plain = pd.RangeIndex(len(table.frame)) if index is None else index
    return _Signal(
        values=chosen.values,
        titles=chosen.titles,
        labels=labels.values,
        instants=instants,
        plain=plain,
        place=table.place,
        source=table.source,
        notes=(*notes, *chosen.notes),
    )


@dataclass(frozen=True)
class _OnGrid:
    """What a signal becomes on a regular grid."""

    values: Float64Array
    labels: IntArray | None
    index: pd.Index
    fs: float | None
    rows: IntArray
    bridged: BoolArray | None
    notes: tuple[str, ...]


def _on_grid(signal: _Signal, fs: float | None, resample: str | bool | None) -> _OnGrid:
    """The signal on the regular grid of its instants, or as it is where it has none."""
    if fs is not None and not 0 < fs < np.inf:
        raise DataError(f"The sampling rate must be a number of Hz above 0, not {fs:g}.")
    if signal.instants is None:
        if resample:
            raise DataError(
                f"{signal.source} has no time column to resample by: name it with --time."
            )
        rows = np.arange(len(signal.values))
        return _OnGrid(
            signal.values, signal.labels, signal.plain, fs, rows, None, () if fs else (_NO_RATE,)
        )
    if bool(signal.instants.isna().any()):
        row = int(np.argmax(signal.instants.isna()))
        raise DataError(f"{signal.place(row)}: the time is missing; every row needs one.")
    period = parse_period(resample) if isinstance(resample, str) else None
    grid = _grid(signal, fs, resample, period)
    n = len(grid.index)
    labels = None if signal.labels is None else place_labels(signal.labels, grid.rows, n)
    bridged = None
    if grid.resampled:
        values, bridged = resample_values(signal.values, grid.seconds, grid.step, n)
    else:
        values = place_values(signal.values, grid.rows, n)
    return _OnGrid(
        values, labels, grid.index, grid.fs if fs is None else fs, grid.rows, bridged, grid.notes
    )


def _grid(
    signal: _Signal, fs: float | None, resample: str | bool | None, period: float | None
) -> Grid:
    """The grid under the instants; a resampled one where that was asked for and they are irregular
    or too close.
    """
    assert signal.instants is not None
    if not resample:
        return regular_grid(signal.instants, fs, signal.place)
    try:
        grid = regular_grid(signal.instants, fs, signal.place)
    except DataError:
        grid = None
    if grid is None or (period is not None and abs(grid.step / period - 1) > 1e-6):
        grid = resampled_grid(signal.instants, period, signal.place)
    if fs is not None and abs(fs * grid.step - 1) > 0.01:
        raise DataError(
            f"Resampled, the recording has {grid.fs:g} Hz, not the {fs:g} Hz given: leave fs out."
        )
    return grid
