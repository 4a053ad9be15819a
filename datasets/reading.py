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
Excel) makes a `Table` (readers/columns.py) and calls `raw_from_table` (readers/table.py), which
finds time, labels and channels. A reader of signals that the format names calls `raw_from_signals`
(readers/signals.py), one of named arrays `raw_from_variables` (readers/variables.py). The first
format that recognises the content is taken; text tables are the last. A reader imports its library
when it is called and raises DataError, one sentence with the command that installs the extra, where
that library is missing.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias, Union

import pandas as pd
from numpy.typing import ArrayLike

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.csv_file import read_csv
from spectra.datasets.readers.edf_file import is_edf, read_edf
from spectra.datasets.readers.excel_file import is_excel, read_excel
from spectra.datasets.readers.hdf5_file import is_hdf5, read_hdf5
from spectra.datasets.readers.matlab_file import is_matlab, read_matlab
from spectra.datasets.readers.numpy_file import is_npy, is_npz, read_npy, read_npz
from spectra.datasets.readers.parquet_file import (
    is_feather,
    is_parquet,
    read_feather,
    read_parquet,
)
from spectra.datasets.readers.wav_file import is_wav, read_wav
from spectra.datasets.readers.wfdb_record import is_wfdb, read_wfdb
from spectra.datasets.recording import Recording
from spectra.datasets.source import Source, open_source
from spectra.errors import DataError

Recogniser: TypeAlias = Callable[[bytes, str], bool]
Reader: TypeAlias = Callable[[Source, Request], Raw]


class Format(NamedTuple):
    """A format: its name for people, and the functions that recognise and read it."""

    title: str
    recognise: Recogniser
    read: Reader


FORMATS: tuple[Format, ...] = (
    Format("NumPy array (NPY)", is_npy, read_npy),
    Format("NumPy arrays (NPZ)", is_npz, read_npz),
    Format("WAV", is_wav, read_wav),
    Format("Parquet", is_parquet, read_parquet),
    Format("Feather", is_feather, read_feather),
    Format("Excel", is_excel, read_excel),
    Format("EDF or BDF", is_edf, read_edf),
    Format("WFDB record", is_wfdb, read_wfdb),
    Format("MATLAB", is_matlab, read_matlab),
    Format("HDF5 or MATLAB 7.3", is_hdf5, read_hdf5),
)
"""Binary formats, tried in order."""

TEXT = Format("text table", lambda head, name: True, read_csv)

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
) -> Recording:
    """Read a recording from a file of any known format, recognised by its content.

    Text tables (CSV and its kin), NumPy, WAV, MATLAB, HDF5, EDF/BDF, WFDB, Parquet, Feather and
    Excel files are read; several of them need an extra, which the error names that is raised
    without it.

    Parameters
    ----------
    source : path or binary file object
        The file, plain or gzipped, or a stream such as standard input, which is read to its end.
    time : str or None
        The column that holds the instants, by its name or number from 1; found by itself where it
        looks like time.
    channels : str, sequence of str, or None
        The columns or signals to analyse, all that hold numbers by default.
    fs : float or None
        The sampling rate in Hz, for files that give neither time nor rate. It goes before the rate
        that a file gives.
    label : str or None
        The column of known anomalies, 0 or 1 a row. In EDF and WFDB files it names the annotations
        that count as anomalies, such as "V,F".
    resample : str, bool or None
        A period such as "5min", or True for the median step, puts irregular rows on a regular grid
        and brings signals of different rates to one.
    name : str or None
        The name of the recording, that of the file by default.
    variable : str or None
        The variable to read from a MATLAB, NPZ or HDF5 file ("/group/data"), or several with
        commas; by default those of equal length that hold most values.
    sheet : str or None
        The sheet of an Excel file, by its name or number from 1, the first by default.

    Returns
    -------
    Recording
        The channels on a regular grid in time.

    Raises
    ------
    DataError
        For what cannot be analysed, naming the file and the place in it.

    Examples
    --------
    >>> import io
    >>> from spectra.datasets import read
    >>> read(io.BytesIO(b"x,y\\n1,2\\n3,4\\n"), fs=2.0).channels
    ('x', 'y')
    """
    opened = open_source(source)
    request = Request(time, channels, label, variable, sheet, bool(resample))
    raw = format_of(opened).read(opened, request)
    return Recording.from_raw(raw, fs, resample, _short_name(opened.name) if name is None else name)


def format_of(source: Source) -> Format:
    """Return the format of a source: the first that recognises its content, or a text table."""
    head = source.head(_HEAD_BYTES)
    return next((form for form in FORMATS if form.recognise(head, source.name)), TEXT)


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
