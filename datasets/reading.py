"""Read any file that holds a recording, by its content and not by its ending.

To add a format, write `readers/NAME_file.py` with two functions and put the pair into `READERS`::

    def recognise(head: bytes, name: str) -> bool: ...
    def read_NAME(source: Source, request: Request) -> Raw: ...

`head` are the first 64 kB of the content, decompressed; `name` is the path, or "stdin". `Source`
(datasets/source.py) gives the bytes: `source.path` where they lie in a file that is not compressed
(`source.compression is None`) and can be mapped, `source.open()` in every case. `Request`
(datasets/raw.py) has the choices of the user, `Raw` (same file) what the reader returns: a reader
sets `fs`, `start` and `units` where the format has them, and leaves gridding, gaps and the choice
between the file's rate and that of the user to `Recording.from_raw`. A reader of a table (Parquet,
Excel) makes a `Table` (readers/columns.py) and calls `raw_from_table` (readers/table.py), which
finds time, labels and channels. The first pair that recognises the content is taken; the reader of
text tables is the last. A reader imports its library when it is called and raises DataError, one
sentence with the command that installs the extra, where that library is missing.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeAlias, Union

import pandas as pd
from numpy.typing import ArrayLike

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.csv_file import read_csv
from spectra.datasets.recording import Recording
from spectra.datasets.source import Source, open_source
from spectra.errors import DataError

Recogniser: TypeAlias = Callable[[bytes, str], bool]
Reader: TypeAlias = Callable[[Source, Request], Raw]

READERS: list[tuple[Recogniser, Reader]] = []
"""Recognisers of binary formats and their readers, tried in order."""

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
) -> Recording:
    """The recording in a CSV file, plain or gzipped, or in a binary file object such as standard
    input.

    Columns are named by their header or their number, counted from 1: `time` holds the instants
    (found by itself where it looks like time), `channels` are the ones to analyse (all that hold
    numbers), `label` is 0 or 1 a row. `fs` in Hz is for files without time. `resample`, a period
    such as "5min", or True for the median step, puts irregular rows on a regular grid. Raises
    DataError, naming file, row and column, for what cannot be analysed.
    """
    opened = open_source(source)
    head = opened.head(_HEAD_BYTES)
    reader = next(
        (reader for recognise, reader in READERS if recognise(head, opened.name)), read_csv
    )
    raw = reader(opened, Request(time, channels, label))
    return Recording.from_raw(raw, fs, resample, _short_name(opened.name) if name is None else name)


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
