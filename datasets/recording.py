"""A recording: channels of numbers on a regular grid in time."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.dataframes import without_arrow
from spectra.datasets.file_rate import with_rate
from spectra.datasets.grid_values import Choice, fill_short_gaps
from spectra.datasets.gridding import OnGrid, on_grid
from spectra.datasets.instants import has_missing, is_far
from spectra.datasets.raw import Raw, Request, is_resampled, quiet
from spectra.datasets.readers.columns import Table, read_channels
from spectra.datasets.readers.table import raw_from_table, refuse_too_few
from spectra.datasets.restarts import counted_on
from spectra.datasets.rows_between import without_rows_between
from spectra.datasets.stray_stamps import without_stray_stamps
from spectra.errors import DataError
from spectra.parameters import FASTEST, MOST_ROWS, SLOWEST, require


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
        # A column of a data frame keeps the name that the unit was found in.
        has_unit = not unit or name.endswith((f"({unit})", f"[{unit}]"))
        return name if has_unit else f"{name} ({unit})"

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
            require("channels", channels, (Sequence, np.ndarray), must, _is_list)
        matrix = _matrix(values, name)
        n, c = matrix.shape
        if channels is not None and len(channels) != c:
            raise DataError(f"{name} has {c} channels, and {len(channels)} names were given.")
        default = ("value",) if c == 1 else tuple(f"ch{i + 1}" for i in range(c))
        titles = default if channels is None else tuple(map(str, channels))
        frame = pd.DataFrame(matrix, copy=False)
        table = Table(frame, titles, lambda row: f"{name}, row {row + 1}", name)
        refuse_too_few(table)
        found = read_channels(table, None, frozenset())
        marks = None if labels is None else _checked_labels(labels, n, name)
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
            A DatetimeIndex or TimedeltaIndex gives the sampling rate and is treated like a file's
            time column, gaps included; a numeric index is kept as it is.
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
        frame = (
            data.to_frame("value" if data.name is None else data.name)
            if isinstance(data, pd.Series)
            else data
        )
        frame = without_arrow(frame)
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
        is_resampled(resample)
        table = Table(plain, names, lambda row: f"{name}, row {row + 1}", name)
        column = labels if isinstance(labels, str) else None
        raw = raw_from_table(table, Request(time, channels, column), index)
        if labels is not None and column is None:
            raw = replace(raw, labels=_checked_labels(labels, len(frame), name))
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
        raw, grid = _regular(raw, fs, resample, repeats)
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


def _regular(
    raw: Raw, fs: float | None, resample: str | bool | None, repeats: Choice | None
) -> tuple[Raw, OnGrid]:
    """Return samples and their regular grid, where need be less what makes them irregular."""
    try:
        return raw, on_grid(raw, fs, resample, repeats)
    except DataError:
        for mended in _mended(raw, repeats):
            with suppress(DataError):
                return mended, on_grid(mended, fs, resample, repeats)
        raise


def _mended(raw: Raw, repeats: Choice | None) -> Iterator[Raw]:
    """Yield samples less what may make their stamps irregular, in each way that applies."""
    instants = raw.instants
    if instants is None or raw.stack is not None:
        return
    if has_missing(instants) or is_far(instants).any():
        return
    ways = [without_stray_stamps, without_rows_between]
    if repeats is None:
        ways.insert(0, counted_on)
    for way in ways:
        less = way(raw, instants)
        if less is not None:
            yield less


def refuse_rate(raw: Raw, fs: float | None) -> None:
    """Raise DataError for a rate in the file that no recording has; `fs` replaces it."""
    if fs is None and raw.fs is not None and not SLOWEST <= raw.fs <= FASTEST:
        raise DataError(
            f"{raw.source} gives the sampling rate {raw.fs:g} Hz, which no recording has: give "
            "another with --fs."
        )


def _is_list(names: "Sequence[str] | np.ndarray[Any, Any]") -> bool:
    """Return whether names are a list; a text is a sequence too, an array of any shape."""
    if isinstance(names, (str, bytes)) or getattr(names, "ndim", 1) != 1:
        return False
    # An integer of thousands of digits has no text.
    return all(not isinstance(name, int) or abs(name) <= MOST_ROWS for name in names)


def _matrix(values: ArrayLike, name: str) -> Float64Array:
    """Return values as floats, (n, c). Raises DataError for anything else."""
    try:
        masked = np.ma.isMaskedArray(values)
        array = (
            np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
            if masked
            else np.asarray(values)
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
    except (TypeError, ValueError, OverflowError) as error:
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
    """Return labels that are given as an array. Raises DataError for anything but 0 and 1."""
    try:
        marks = np.asarray(labels)
    except ValueError:
        marks = np.empty(0)
    if marks.shape != (n,) or not np.isin(marks, (0, 1)).all():
        raise DataError(f"The labels of {name} must be {n} values 0 or 1, one a row.")
    return marks.astype(np.int64)
