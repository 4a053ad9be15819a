"""Inspection of a file: the part that would be analysed, without analysing it."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from typing import BinaryIO

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.grid_values import Choice
from spectra.datasets.raw import Raw, Request, is_resampled, quiet, series_of
from spectra.datasets.reading import TEXT, format_of
from spectra.datasets.recording import Recording
from spectra.datasets.source import Source, open_source
from spectra.errors import DataError

_SAMPLE_BYTES = 1 << 21
"""Bytes of a text table that are read: 2 MB take about 0.1 s, whatever the size of the file."""
_LONGEST_SAMPLE, _FEWEST_LINES = 1 << 25, 20
"""Bytes that are read at most, and lines that are too few to tell what a table holds."""
_COUNTED_BYTES = 1 << 28
"""Size up to which lines are counted, which takes some 0.1 s; beyond, their number is estimated."""
_SAMPLE_ROWS = {"JSON": 10_000, "Excel": 5000}
"""Rows that are read of formats of text: a second takes some 30,000 rows of a workbook."""
_USUAL_ROWS = 300_000
"""Rows that are read of other formats but text tables: 0.1 s for a few channels."""
_SAMPLE_VALUES = 3_000_000
"""Values that are read of a file of many channels: 24 MB."""
_FLAT = 50
"""Equal values in a row from which a stretch is called flat."""
_FIRST = 5


@dataclass(frozen=True)
class InspectedChannel:
    """A channel as the file has it.

    Parameters
    ----------
    name, unit : str
        Its name and physical unit, "" where the unit is unknown.
    low, high : float
        The smallest and the largest value.
    missing : float
        The share of the rows that have no value.
    flat_stretches : int
        How many stretches of at least 50 rows have one value.
    longest_flat : int
        The rows of the longest of them.
    longest_flat_row : int or None
        The first row of it, counted from 0.
    """

    name: str
    unit: str
    low: float
    high: float
    missing: float
    flat_stretches: int
    longest_flat: int
    longest_flat_row: int | None


@dataclass(frozen=True)
class Inspection:
    """The part of a file that would be analysed.

    Parameters
    ----------
    file, format : str
        The name of the file and of its format.
    rows : int
        The rows of the file, estimated where `sampled`.
    sampled : bool
        Whether only the beginning of the file was read, which all else then describes.
    fs : float or None
        The sampling rate in Hz.
    rate_from : str
        Where the rate is from.
    seconds : float or None
        The span of the rows, estimated where `sampled`.
    start, end : str or None
        The first instant and the last of what was read.
    channels : tuple of InspectedChannel
        The channels that would be analysed.
    labelled : float or None
        The share of rows labelled as anomalies, None without labels.
    notes : tuple of str
        What was left out, filled, sorted or taken for something, and the options that undo it.
    problem : str or None
        Why the rows cannot be analysed as they are.
    first : pandas.DataFrame
        The first rows, indexed by their instants.
    """

    file: str
    format: str
    rows: int
    sampled: bool
    fs: float | None
    rate_from: str
    seconds: float | None
    start: str | None
    end: str | None
    channels: tuple[InspectedChannel, ...]
    labelled: float | None
    notes: tuple[str, ...]
    problem: str | None
    first: pd.DataFrame

    def to_dict(self) -> dict[str, object]:
        """Return the inspection in values that JSON holds.

        Returns
        -------
        dict of str to object
            The attributes by name; `first` is a list of rows.
        """
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["channels"] = [vars(channel) for channel in self.channels]
        plain["notes"] = list(self.notes)
        rows = json.loads(self.first.to_json(orient="split", date_format="iso"))
        plain["first"] = [
            dict(zip(["time", *rows["columns"]], [instant, *values], strict=True))
            for instant, values in zip(map(_text, self.first.index), rows["data"], strict=True)
        ]
        return plain


@quiet
def inspect(
    source: str | PathLike[str] | BinaryIO,
    *,
    time: str | None = None,
    channels: str | Sequence[str] | None = None,
    fs: float | None = None,
    label: str | None = None,
    resample: str | bool | None = None,
    variable: str | None = None,
    sheet: str | None = None,
    series: str | None = None,
    repeats: Choice | None = None,
    dates: str | None = None,
    delimiter: str | None = None,
    as_is: bool = False,
    max_bytes: int | None = None,
) -> Inspection:
    """Return what of a file would be analysed, without analysing it.

    Of a text table of more than 2 MB only the beginning is read, of JSON the first 10,000 records,
    of a workbook 5000 rows, and of any other format 300,000 rows, or 3 million values.

    Parameters
    ----------
    source : path or binary file object
        The file.
    time, channels, fs, label, resample, variable, sheet
        The choices of `read`.
    series, repeats, dates, delimiter, as_is, max_bytes
        Likewise. Of several stacked series the first is described.

    Returns
    -------
    Inspection
        Format, rows, rate, channels, and what was left out.

    Raises
    ------
    DataError
        Where nothing of the file can be read.

    Examples
    --------
    >>> import io
    >>> from spectra.datasets import inspect
    >>> found = inspect(io.BytesIO(b"time,x,note\\n0,1,a\\n0.5,2,b\\n1,4,c\\n"))
    >>> found.format, found.rows, found.fs, found.channels[0].high
    ('text table', 3, 2.0, 4.0)
    """
    opened = open_source(source, max_bytes)
    form = format_of(opened)
    part = _beginning(opened) if form is TEXT else opened
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
        None if form is TEXT else _SAMPLE_ROWS.get(form.title, _USUAL_ROWS),
        as_is,
        None if form is TEXT else _SAMPLE_VALUES,
    )
    whole = form.raw(part, request)
    raw = _one_series(whole)
    recording, problem = None, None
    try:
        recording = Recording.from_raw(raw, fs, resample, opened.name, repeats)
    except DataError as error:
        problem = str(error)
    index = _index(raw, recording)
    rate = fs if recording is None else recording.fs
    notes = raw.notes if recording is None else recording.notes
    if part is not opened:
        read = f"{len(part.data) / 1e6:.1f} MB"
        notes = (f"Only the first {len(raw.values):,} rows ({read}) were read.", *notes)
    elif raw.unread:
        notes = (f"Only the first {len(raw.values):,} rows were read.", *notes)
    rows = len(raw.values) + _rows_after(whole, opened, part)
    return Inspection(
        file=opened.name,
        format=form.title,
        rows=rows,
        sampled=part is not opened or raw.unread > 0,
        fs=rate,
        rate_from=_rate_from(raw, fs, resample),
        seconds=None if rate is None else len(index) * rows / len(raw.values) / rate,
        start=_text(index[0]) if _is_time(index) else None,
        end=_text(index[-1]) if _is_time(index) else None,
        channels=tuple(
            _channel(name, "" if raw.units is None else raw.units[column], raw.values[:, column])
            for column, name in enumerate(raw.channels)
        ),
        labelled=None if raw.labels is None else float(np.mean(raw.labels)),
        notes=notes,
        problem=problem,
        first=pd.DataFrame(
            raw.values[:_FIRST], index=_first_instants(raw, index), columns=list(raw.channels)
        ),
    )


def _one_series(raw: Raw) -> Raw:
    """Return the first of several stacked series, with a note, or what is one series as it is."""
    if raw.stack is None:
        return raw
    first = next(iter(raw.stack.rows))
    note = (
        f"{len(raw.stack.rows)} series, told apart by {raw.stack.column} (--series none: one); "
        f"'{first}' is described."
    )
    one = series_of(raw, raw.stack, first)
    return replace(one, notes=(note, *one.notes))


def _rows_after(whole: Raw, source: Source, part: Source) -> int:
    """Return the number of rows after those that were read, of the series that is described.

    A series has the share of them that it has of the rows before, and none where it has ended.
    """
    after = whole.unread if part is source else _lines_after(source, part.data)
    if whole.stack is not None:
        n, rows = len(whole.values), next(iter(whole.stack.rows.values()))
        has_ended = rows.size > 1 and n - rows[-1] > 2 * np.diff(rows).max()
        return 0 if has_ended else round(after * rows.size / n)
    if whole.series and part is not source:
        return round(after * len(whole.values) / max(1, part.data.count(b"\n") - 1))
    return after


def _beginning(source: Source) -> Source:
    """Return the whole lines at the beginning of a text, or all of a short one."""
    with source.open() as raw:
        data = raw.read(_SAMPLE_BYTES + 1)
        asked = _SAMPLE_BYTES + 1
        # The rows of a table of 100,000 columns take a megabyte each.
        while len(data) == asked < _LONGEST_SAMPLE and data.count(b"\n") < _FEWEST_LINES:
            asked *= 2
            data += raw.read(asked - len(data))
    if len(data) < asked:
        return source
    end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    if b"\0" in data[:100]:
        # With two bytes a letter the end of a line has two as well.
        end += end % 2
    return replace(source, path=None, data=data[:end], compression=None)


def _lines_after(source: Source, beginning: bytes) -> int:
    """Return the number of lines after the beginning, estimated where counting them is slow."""
    size, lines = _size(source), beginning.count(b"\n")
    if source.compression is not None or size > _COUNTED_BYTES:
        return max(0, round(lines * (size / len(beginning) - 1)))
    with source.open() as raw:
        total = sum(block.count(b"\n") for block in iter(partial(raw.read, 1 << 20), b""))
    return total - lines


def _size(source: Source) -> int:
    """Return the bytes of the content, 0 where only reading all of it would tell."""
    with source.path.open("rb") if source.path else io.BytesIO(source.data) as file:
        size = file.seek(0, io.SEEK_END)
        if source.compression is None:
            return size
        if source.compression != "gzip":
            return 0
        # The last four bytes are the size of the content, modulo 4 GiB (RFC 1952).
        file.seek(-4, io.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def _index(raw: Raw, recording: Recording | None) -> pd.Index:
    """Return the instants of the regular grid, or those of the rows where there is none."""
    if recording is not None:
        return recording.index
    return raw.plain if raw.instants is None else raw.instants


def _first_instants(raw: Raw, index: pd.Index) -> pd.Index:
    """Return the instants of the first rows, as they were logged."""
    if raw.instants is not None:
        return raw.instants[: min(_FIRST, len(raw.values))]
    # The grid has other rows where the rate was changed.
    same = len(index) == len(raw.values)
    return (index if same else raw.plain)[: min(_FIRST, len(raw.values))]


def _is_time(index: pd.Index) -> bool:
    """Return whether an index is time, and not the numbers of rows."""
    return isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) or pd.api.types.is_float_dtype(
        index.dtype
    )


def _text(instant: object) -> str:
    """Return an instant as ISO 8601, or as the number it is."""
    return (
        instant.isoformat() if isinstance(instant, (pd.Timestamp, pd.Timedelta)) else f"{instant}"
    )


def _rate_from(raw: Raw, fs: float | None, resample: str | bool | None) -> str:
    """Return where the sampling rate is from."""
    if fs is not None:
        return "given (--fs)"
    if resample:
        return "resampled (--resample)"
    if raw.instants is not None:
        name = raw.instants.name
        return "the time stamps" if name in (None, "") else f"the time in column '{name}'"
    return "the file says it" if raw.fs is not None else "not known (--fs gives it)"


def _channel(name: str, unit: str, values: Float64Array) -> InspectedChannel:
    """Return the range of a channel, and what of it is missing or flat."""
    known = values[~np.isnan(values)]
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = np.concatenate([[0], changes, [len(values)]])
    lengths = np.diff(edges)
    longest = int(np.argmax(lengths))
    flat = int(np.sum(lengths >= _FLAT))
    return InspectedChannel(
        name=name,
        unit=unit,
        low=float(known.min()),
        high=float(known.max()),
        missing=1 - len(known) / len(values),
        flat_stretches=flat,
        longest_flat=int(lengths[longest]) if flat else 0,
        longest_flat_row=int(edges[longest]) if flat else None,
    )
