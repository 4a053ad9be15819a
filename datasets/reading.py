"""Read any file that holds a recording, by its content and not by its ending.

To add a format, write `readers/NAME_file.py` with two functions and put them into `FORMATS`::

    def recognise(head: bytes, name: str) -> bool: ...
    def read_NAME(source: Source, request: Request) -> Raw: ...

`head` are the first 64 kB of the content, decompressed; `name` is the path, or "stdin". `Source`
(datasets/source.py) gives the bytes: `source.path` where they lie in a file that is not compressed
(`source.compression is None`) and can be mapped, `source.open()` in every case. `Request`
(datasets/raw.py) has the choices of the user, `Raw` (same file) what the reader returns: a reader
sets `fs`, `start` and `units` where the format has them, and leaves gridding, gaps and the choice
between the file's rate and that of the user to `Recording.from_raw`. A reader of a table (Parquet,
Excel) makes a `Table` (readers/cells/columns.py) and calls `raw_from_table`
(readers/tables/table.py), which finds time, labels and channels. A reader of signals that the
format names calls `raw_from_signals` (readers/binary/signals.py), one of named arrays
`raw_from_variables` (readers/variables/variables.py). The first
format that recognises the content is taken; text tables are the last. Series stacked in a table
come out of `raw_from_table` as `Raw.stack`: `read` refuses them by their names and `read_series`
reads each. A reader imports its library when it is called and raises DataError, one sentence with
the command that installs the extra, where
that library is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias, Union

import pandas as pd
from numpy.typing import ArrayLike

from spectra.datasets.dataframes import pandas_of
from spectra.datasets.grid_values import Choice
from spectra.datasets.raw import Raw, Request, is_resampled, quiet, series_of
from spectra.datasets.readers.comtrade_file import is_comtrade, read_comtrade
from spectra.datasets.readers.csv_file import read_csv
from spectra.datasets.readers.edf_file import is_edf, read_edf
from spectra.datasets.readers.excel_file import is_excel, read_excel
from spectra.datasets.readers.feather_file import is_feather, read_feather
from spectra.datasets.readers.hdf5_file import is_hdf5, read_hdf5
from spectra.datasets.readers.json_file import is_json, read_json
from spectra.datasets.readers.matlab_file import is_matlab, read_matlab
from spectra.datasets.readers.numpy_file import is_npy, is_npz, read_npy, read_npz
from spectra.datasets.readers.parquet_file import is_parquet, read_parquet
from spectra.datasets.readers.wav_file import is_wav, read_wav
from spectra.datasets.readers.wfdb_record import is_wfdb, read_wfdb
from spectra.datasets.recording import Recording
from spectra.datasets.source import COMPRESSED_ENDINGS, Source, open_source
from spectra.errors import DataError, SeveralSeriesError

Recogniser: TypeAlias = Callable[[bytes, str], bool]
Reader: TypeAlias = Callable[[Source, Request], Raw]


class Format(NamedTuple):
    """A format: its name for people, the functions that recognise and read it, and its options.

    `options` are those of the choices in `ONLY` that the format has a use for.
    """

    title: str
    recognise: Recogniser
    read: Reader
    options: tuple[str, ...] = ()

    def raw(self, source: Source, request: Request) -> Raw:
        """Return what the reader finds, with notes on the choices that have no effect."""
        found = self.read(source, request)
        return replace(found, notes=(*self.unused(request), *found.notes))

    def unused(self, request: Request) -> tuple[str, ...]:
        """Return notes on the choices of a request that the format has no use for."""
        return tuple(
            f"--{option} has no effect: it is for {files}, and the format of the file is "
            f"'{self.title}'."
            for option, files in ONLY.items()
            if option not in self.options and getattr(request, option) is not None
        )


ONLY = {
    "variable": "NPZ, MATLAB and HDF5 files",
    "sheet": "Excel files",
    "delimiter": "text tables",
}
"""Choices that only some formats have a use for, and these formats in words."""


FORMATS: tuple[Format, ...] = (
    Format("NumPy array (NPY)", is_npy, read_npy),
    Format("NumPy arrays (NPZ)", is_npz, read_npz, ("variable",)),
    Format("WAV", is_wav, read_wav),
    Format("Parquet", is_parquet, read_parquet),
    Format("Feather", is_feather, read_feather),
    Format("Excel", is_excel, read_excel, ("sheet", "delimiter")),
    Format("EDF or BDF", is_edf, read_edf),
    Format("WFDB record", is_wfdb, read_wfdb),
    Format("COMTRADE", is_comtrade, read_comtrade),
    Format("MATLAB", is_matlab, read_matlab, ("variable",)),
    Format("HDF5 or MATLAB 7.3", is_hdf5, read_hdf5, ("variable",)),
    Format("JSON", is_json, read_json),
)
"""Formats but text tables, tried in order."""

TEXT = Format("text table", lambda head, name: True, read_csv, ("delimiter",))

# Bytes of the beginning by which a format is recognised: all signatures lie in fewer.
_HEAD_BYTES = 1 << 16


def read(
    source: str | PathLike[str] | BinaryIO,
    *,
    time: str | None = None,
    channels: str | Sequence[str] | None = None,
    fs: float | None = None,
    label: str | None = None,
    resample: str | bool | None = None,
    name: str | None = None,
    variable: str | None = None,
    sheet: str | None = None,
    series: str | None = None,
    repeats: Choice | None = None,
    dates: str | None = None,
    delimiter: str | None = None,
    nrows: int | None = None,
    as_is: bool = False,
    max_bytes: int | None = None,
) -> Recording:
    """Read a recording from a file of any known format, recognised by its content.

    Text tables (CSV and its kin), NumPy, WAV, MATLAB, HDF5, EDF/BDF, WFDB, COMTRADE, Parquet,
    Feather, JSON and Excel files are read; several of them need an extra, which the error names
    that is raised without it.

    Parameters
    ----------
    source : path or binary file object
        The file, compressed or not, or a stream that is read to its end.
    time : str, optional
        The column of the time, by its name or its number from 1; "none" leaves time out. By
        default the column is found by its values and its name.
    channels : str or sequence of str, optional
        The columns to analyse, by default all that hold measured numbers.
    fs : float, optional
        The sampling rate in Hz. It takes precedence over a rate in the file, and over time
        stamps that contradict it.
    label : str, optional
        The column of known anomalies, 0 or 1 a row. In EDF and WFDB files it names the annotations
        that count as anomalies, such as "V,F", and in COMTRADE records a digital channel.
    resample : str or bool, optional
        A period such as "5min" for a regular grid, or True for the median step.
        Signals of different rates are brought to one.
    name : str, optional
        The name of the recording, by default that of the file.
    variable : str, optional
        The variable to read from a MATLAB, NPZ or HDF5 file ("/group/data"), or several with
        commas; by default those of equal length that hold most values.
    sheet : str, optional
        The sheet of an Excel file, by its name or number from 1, the first by default.
    series : str, optional
        For series stacked in one table: "COLUMN=VALUE" reads one of them, "none" takes all rows as
        one series.
    repeats : {"first", "last", "max", "min", "mean"}, optional
        Which of several rows with one time stamp is taken.
    dates : {"day-first", "month-first"}, optional
        The order of day and month, by default decided over the whole column.
    delimiter : str, optional
        The delimiter of a text table, one sign, "tab" or "blank".
    nrows : int, optional
        The most rows to read.
    as_is : bool, default False
        Whether rows of totals and of events, and numbers such as -999, are read as data. By
        default they are left out, or taken as missing, with a note.
    max_bytes : int, optional
        The most bytes that a compressed file may unpack to, by default half of the memory.

    Returns
    -------
    Recording
        The samples on a regular grid. Its `notes` say what was decided and left out, with the
        option that undoes it.

    Raises
    ------
    DataError
        Names file, row and column of what cannot be analysed. Also where the file holds several
        stacked series: `read_series` reads all of them.

    Examples
    --------
    >>> import io
    >>> from spectra.datasets import read
    >>> read(io.BytesIO(b"x,y\\n1,2\\n3,4\\n"), fs=2.0).channels
    ('x', 'y')
    """
    request = Request(
        time,
        channels,
        label,
        variable,
        sheet,
        is_resampled(resample),
        series,
        dates,
        delimiter,
        nrows,
        as_is,
    )
    raw, short = _raw(source, request, max_bytes)
    if raw.stack is not None:
        raise SeveralSeriesError(
            raw.stack.told_of(raw.source),
            f"choose one with --series '{raw.stack.column}={next(iter(raw.stack.rows))}', or take "
            "all rows as one with --series none.",
        )
    name = raw.named(short if name is None else name)
    return Recording.from_raw(raw, fs, resample, name, repeats)


def read_series(
    source: str | PathLike[str] | BinaryIO,
    *,
    time: str | None = None,
    channels: str | Sequence[str] | None = None,
    fs: float | None = None,
    label: str | None = None,
    resample: str | bool | None = None,
    name: str | None = None,
    variable: str | None = None,
    sheet: str | None = None,
    series: str | None = None,
    repeats: Choice | None = None,
    dates: str | None = None,
    delimiter: str | None = None,
    nrows: int | None = None,
    as_is: bool = False,
    max_bytes: int | None = None,
) -> dict[str, Recording | DataError]:
    """Read every series that is stacked in a file.

    Parameters
    ----------
    source, time, channels, fs, label, resample, name, variable, sheet
        As in `read`.
    repeats, dates, delimiter, nrows, as_is, max_bytes
        As in `read`.
    series : str, optional
        The column that names the series, "COLUMN=VALUE" for one of them, "none" for none. By
        default it is found.

    Returns
    -------
    dict
        The recordings by the names of their series, in the order of the file. A file of one series
        has the name "". A series that cannot be analysed has the DataError that says why.

    Raises
    ------
    DataError
        Where `read` raises it, and where no series can be analysed.
    """
    request = Request(
        time,
        channels,
        label,
        variable,
        sheet,
        is_resampled(resample),
        series,
        dates,
        delimiter,
        nrows,
        as_is,
    )
    raw, short = _raw(source, request, max_bytes)
    name = short if name is None else name
    if raw.stack is None:
        return {"": Recording.from_raw(raw, fs, resample, raw.named(name), repeats)}
    note = f"{len(raw.stack.rows)} series, told apart by {raw.stack.column} (--series none: one)."
    found: dict[str, Recording | DataError] = {}
    for key in raw.stack.rows:
        try:
            part = series_of(raw, raw.stack, key)
            part = replace(part, notes=(note, *part.notes))
            found[key] = Recording.from_raw(part, fs, resample, f"{name} [{key}]", repeats)
        except DataError as error:
            found[key] = error
    errors = [one for one in found.values() if isinstance(one, DataError)]
    if len(errors) == len(found):
        raise errors[0]
    return found


@quiet
def _raw(
    source: str | PathLike[str] | BinaryIO, request: Request, max_bytes: int | None
) -> tuple[Raw, str]:
    """Return what the reader of a file's format finds, and the short name of the file."""
    opened = open_source(source, max_bytes)
    return format_of(opened).raw(opened, request), _short_name(opened.name)


def format_of(source: Source) -> Format:
    """Return the format of a source: the first that recognises its content, or a text table."""
    head = source.head(_HEAD_BYTES)
    return next((form for form in FORMATS if form.recognise(head, source.name)), TEXT)


# What holds a recording. (pandas' classes take no type argument at run time.)
Data: TypeAlias = Union[
    str, "PathLike[str]", Recording, pd.DataFrame, "pd.Series[float]", ArrayLike
]


def as_recording(data: Data, fs: float | None = None) -> Recording:
    """Return a recording of whatever holds one.

    A path is read; a data frame or series, of pandas, Polars or PyArrow, an array or list is taken
    as it is; a recording is itself. Raises DataError where the data is none, or where `fs`
    contradicts the rate of a recording.
    """
    if isinstance(data, Recording):
        if fs is not None and fs != data.fs:
            raise DataError(
                f"{data.name} is sampled at {data.fs:g} Hz, not at the {fs:g} Hz given: leave fs "
                "out."
            )
        return data
    if isinstance(data, (str, PathLike)):
        return read(data, fs=fs)
    table = pandas_of(data)
    if table is not None:
        return Recording.from_frame(table, fs=fs)
    return Recording.from_array(data, fs=fs)


def _short_name(source: str) -> str:
    """Return the name of a file without its folder and endings."""
    path = Path(source)
    return (path.with_suffix("") if path.suffix in COMPRESSED_ENDINGS else path).stem or source
