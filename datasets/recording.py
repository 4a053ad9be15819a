"""A recording: channels of numbers on a regular grid in time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.counted_rows import counting_from_1
from spectra.datasets.dataframes import with_times_as_index
from spectra.datasets.file_rate import refuse_rate, with_rate
from spectra.datasets.given_arrays import is_list, labels_of, matrix_of
from spectra.datasets.grid_values import Choice, fill_short_gaps
from spectra.datasets.mending import regular
from spectra.datasets.raw import Raw, Request, is_resampled, quiet
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import names_only_time, names_unit_of_time, unit_in
from spectra.datasets.readers.tables.channels import read_channels
from spectra.datasets.readers.tables.table import raw_from_table, refuse_too_few
from spectra.errors import DataError
from spectra.parameters import make_plain, require


@dataclass(frozen=True)
class Recording:
    """Channels of numbers on a regular grid in time.

    Attributes
    ----------
    values : ndarray (n_samples, n_channels)
        NaN where there is no data.
    fs : float or None
        Sampling rate in Hz, None where it is unknown and frequencies are in cycles per sample.
    index : pandas.Index (n_samples,)
        Instants: a DatetimeIndex, a TimedeltaIndex, seconds, or the index that the data came with.
    channels : tuple of str
    labels : ndarray (n_samples,) or None
        1 on anomalous rows, else 0.
    name : str
    interpolated : ndarray (n_samples,)
        True where a short gap was filled.
    positions : ndarray (n_input,) or None
        Sample that holds each input row; None where the rows are the samples, in order.
    notes : tuple of str
        Sentences on what was left out, filled or sorted.
    units : tuple of str or None
        Physical unit of each channel, "" where it is unknown; None where no unit is known.

    Examples
    --------
    >>> from spectra.datasets import Recording
    >>> Recording.from_array([1.0, 2.0, 3.0], fs=10.0).n_samples
    3
    """

    values: Float64Array
    fs: float | None
    index: pd.Index
    channels: tuple[str, ...]
    labels: IntArray | None
    name: str
    interpolated: BoolArray
    positions: IntArray | None
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        make_plain(self, "fs")

    def title(self, channel: int) -> str:
        """Return the name of a channel, with its unit if that is known.

        Parameters
        ----------
        channel : int
            Index of the channel, from 0.

        Returns
        -------
        str
        """
        unit, name = self.units[channel] if self.units else "", str(self.channels[channel])
        # A column may keep the name that the unit was found in.
        return name if unit in ("", unit_in(name)) else f"{name} ({unit})"

    @property
    def n_samples(self) -> int:
        """Return the number of samples of each channel."""
        return len(self.values)

    @property
    def n_rows(self) -> int:
        """Return the number of input rows."""
        return self.n_samples if self.positions is None else self.positions.size

    @property
    def rows(self) -> IntArray:
        """Return the sample that holds each input row, (n_input,)."""
        return np.arange(self.n_samples) if self.positions is None else self.positions

    @property
    def n_channels(self) -> int:
        """Return the number of channels."""
        return len(self.channels)

    def to_frame(self) -> pd.DataFrame:
        """Return the values as a data frame.

        Returns
        -------
        pandas.DataFrame
            One column a channel, with the instants as index.
        """
        return pd.DataFrame(self.values, index=self.index, columns=list(self.channels))

    @classmethod
    @quiet
    def from_array(
        cls,
        values: ArrayLike,
        fs: float | None = None,
        channels: Sequence[str] | None = None,
        name: str = "array",
        labels: ArrayLike | None = None,
    ) -> Self:
        """Return a recording of an array.

        Parameters
        ----------
        values : array_like, shape (n,) or (n, c)
            Samples of one channel or of c channels; NaN where there is no data.
        fs : float, optional
            Sampling rate in Hz.
        channels : sequence of str, optional
            Names of the c channels.
        name : str
            Name of the recording, for messages.
        labels : array_like, shape (n,), optional
            1 on anomalous rows, else 0.

        Returns
        -------
        Recording

        Raises
        ------
        DataError
            For values that are not real numbers, are infinite or of another shape, and for fewer
            than two samples.

        Examples
        --------
        >>> from spectra.datasets import Recording
        >>> Recording.from_array([[1.0, 5.0], [2.0, 6.0]], fs=10.0).channels
        ('ch1', 'ch2')
        """
        require("name", name, str, "must be a text")
        if channels is not None:
            must = "must be a list of names"
            require("channels", channels, (Sequence, np.ndarray), must, is_list)
        matrix = matrix_of(values, name)
        n, c = matrix.shape
        if channels is not None and len(channels) != c:
            raise DataError(f"{name} has {c} channels, and {len(channels)} names were given.")
        default = ("value",) if c == 1 else tuple(f"ch{i + 1}" for i in range(c))
        titles = default if channels is None else tuple(map(str, channels))
        frame = pd.DataFrame(matrix, copy=False)
        table = Table(frame, titles, lambda row: f"{name}, row {row + 1}", name)
        with counting_from_1(name):
            refuse_too_few(table)
            found = read_channels(table, None, frozenset())
        marks = None if labels is None else labels_of(labels, n, name)
        raw = Raw(
            found.values,
            found.titles,
            marks,
            None,
            pd.RangeIndex(n),
            table.place,
            name,
            found.notes,
        )
        return cls.from_raw(raw, fs, None, name)

    @classmethod
    @quiet
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
        """Return a recording of a pandas frame or series.

        Parameters
        ----------
        data : pandas.DataFrame or pandas.Series
            A DatetimeIndex or TimedeltaIndex, or numbers in an index that is called like a time,
            give the sampling rate and are treated like a file's time column, gaps included; any
            other numeric index is kept as it is.
        fs : float, optional
            Sampling rate in Hz of data without time.
        name : str
            Name of the recording, for messages.
        time : str, optional
            Name of the time column; by default it is recognised.
        channels : str or sequence of str, optional
            Names of the columns to use; by default all that hold numbers.
        labels : str or array_like, shape (n,), optional
            Name of a column, or an array, of 1 on anomalous rows and 0 on others.
        resample : str or bool
            Put irregular rows on a regular grid, as in `spectra.datasets.read`.

        Returns
        -------
        Recording

        Raises
        ------
        DataError
            Where `spectra.datasets.read` raises it for a table.

        Examples
        --------
        >>> import pandas as pd
        >>> from spectra.datasets import Recording
        >>> index = pd.date_range("2024-01-01", periods=3, freq="500ms")
        >>> Recording.from_frame(pd.Series([1.0, 2.0, 3.0], index=index)).fs
        2.0
        """
        require("data", data, (pd.DataFrame, pd.Series), "must be a pandas frame or series")
        require("name", name, str, "must be a text")
        frame = with_times_as_index(data)
        is_resampled(resample)
        column = labels if isinstance(labels, str) else None
        with counting_from_1(name):
            raw = _raw_of(frame, name, Request(time, channels, column))
        if raw.stack is not None:
            raise DataError(
                f"{raw.stack.told_of(name)}: give the rows of one of them, or leave that column "
                "out to take all rows as one."
            )
        if labels is not None and column is None:
            raw = replace(raw, labels=labels_of(labels, len(frame), name))
        with counting_from_1(name):
            return cls.from_raw(raw, fs, resample, name)

    @classmethod
    @quiet
    def from_raw(
        cls,
        raw: Raw,
        fs: float | None,
        resample: str | bool | None,
        name: str,
        repeats: Choice | None = None,
    ) -> Self:
        """Return the contents of a file on their regular grid, with short gaps filled.

        Parameters
        ----------
        raw : Raw
            The result of a reader.
        fs : float or None
            Sampling rate in Hz that the user gives.
        resample : str, bool or None
            See `spectra.datasets.read`.
        name : str
            Name of the recording, for messages.
        repeats : str, optional
            See `spectra.datasets.read`.

        Returns
        -------
        Recording

        Raises
        ------
        DataError
            If the rows do not lie on a regular grid and `resample` is not given.
        """
        refuse_rate(raw, fs)
        # A text table says in a note where its rate stands, and counts rows without time.
        if raw.fs is not None and raw.instants is None and not raw.fs_text:
            raw, fs = with_rate(raw, fs, is_resampled(resample))
        raw, grid = regular(raw, fs, resample, repeats)
        complete = raw.complete and grid.values is raw.values
        values, filled, notes = fill_short_gaps(grid.values, complete=complete)
        return cls(
            values=values,
            fs=grid.fs,
            index=grid.index,
            channels=raw.channels,
            labels=grid.labels,
            name=name,
            interpolated=filled if grid.bridged is None else filled | grid.bridged,
            positions=grid.rows,
            notes=(*raw.notes, *grid.notes, *notes),
            units=raw.units,
        )


def _raw_of(frame: pd.DataFrame, name: str, request: Request) -> Raw:
    """Return the samples in a frame, with its index as the time where it is called like one."""

    def read(frame: pd.DataFrame) -> Raw:
        names = tuple(map(str, frame.columns))
        plain = frame.set_axis(pd.RangeIndex(frame.shape[1]), axis=1)
        table = Table(plain, names, lambda row: f"{name}, row {row + 1}", name)
        return raw_from_table(table, request, frame.index)

    if _counts_time(frame.index):
        raw = read(frame.reset_index(allow_duplicates=True))
        # Numbers that are no time, such as rows in any order, are no channel either.
        if raw.instants is not None:
            return raw
    return read(frame)


def _counts_time(index: pd.Index) -> bool:
    """Return True for an index of numbers that is called like a time, and nothing else."""
    if index.name is None or not pd.api.types.is_numeric_dtype(index):
        return False
    name = str(index.name)
    return names_only_time(name) or names_unit_of_time(name)
