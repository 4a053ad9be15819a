"""Signals of a format that names them, gives their rate and needs no search for time or labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.tables.channels import read_channels
from spectra.datasets.readers.tables.labels import find_labels
from spectra.datasets.readers.tables.table import refuse_too_few
from spectra.errors import DataError


@dataclass(frozen=True)
class SignalHeader:
    """The header of a recording: what its signals are called, and when they were sampled.

    Parameters
    ----------
    source : str
        The name of the file in messages.
    titles : tuple of str
        The names of the signals, each different.
    units : tuple of str
        The physical unit of each signal, "" where it is unknown.
    fs : float or None
        The sampling rate in Hz.
    start : pandas.Timestamp or None
        The instant of the first sample.
    """

    source: str
    titles: tuple[str, ...]
    units: tuple[str, ...]
    fs: float | None = None
    start: pd.Timestamp | None = None

    def place(self, row: int) -> str:
        """Return where a row of samples is, for messages."""
        return f"{self.source}, sample {row + 1}"


def distinct_titles(names: Sequence[str | None]) -> tuple[str, ...]:
    """Return one distinct title a signal: its name, numbered where it repeats, or ch1, ch2, …."""
    named = tuple((name or "").strip() or None for name in names)
    if named == (None,):
        return ("value",)
    return tuple(_nameplate("", named).titles())


def refuse_columns(header: SignalHeader, request: Request) -> None:
    """Raise DataError for a column of the time or of series, which signals do not have."""
    rate = "" if header.fs is None else "gives a sampling rate and "
    for name, option, what in (
        (request.time, "--time", f"time column '{request.time}'"),
        (request.series, "--series", f"column '{request.series}' that names series"),
    ):
        if name not in (None, "none"):
            raise DataError(f"{header.source} {rate}has no {what}: leave {option} out.")


def refuse_labels(header: SignalHeader, request: Request) -> None:
    """Raise DataError for labels in a format that holds none."""
    if request.label is not None:
        raise DataError(
            f"{header.source} holds sound, and no labels '{request.label}': leave --label out."
        )


def wanted_signals(header: SignalHeader, request: Request) -> list[int]:
    """Return the indices of the signals that the request names, or of all.

    Raises DataError where there is no signal of a name, and for a column of time or series.
    """
    refuse_columns(header, request)
    channels = request.channels
    if channels is None:
        return list(range(len(header.titles)))
    table = _nameplate(header.source, header.titles)
    names = listed_channels(channels, header.titles)
    return list(dict.fromkeys(table.find(name, "channels") for name in names))


def listed_channels(channels: str | Sequence[str], titles: Sequence[str]) -> list[str]:
    """Return the names of channels: one text may name several, with commas between.

    Raises DataError where none is named.
    """
    given = [channels] if isinstance(channels, str) else [str(name) for name in channels]
    if isinstance(channels, str) and channels not in titles:
        given = [part.strip() for part in channels.split(",") if part.strip()]
    if not given:
        raise DataError("No channel is named: leave the choice of channels out to analyse all.")
    return given


def raw_from_signals(
    header: SignalHeader,
    values: Float64Array,
    chosen: Sequence[int],
    labels: IntArray | None = None,
    notes: tuple[str, ...] = (),
) -> Raw:
    """Return the samples of the chosen signals.

    Parameters
    ----------
    header : SignalHeader
        The names of all signals of the file.
    values : array of float64, shape (n, len(chosen))
        The samples of the chosen signals, NaN where one is missing.
    chosen : sequence of int
        The indices of the chosen signals in the header.
    labels : array of int64, shape (n,), or None
        Known anomalies, 0 or 1 a sample.
    notes : tuple of str
        What the reader decided or left out.

    Returns
    -------
    Raw
        The samples as they were logged.

    Raises
    ------
    DataError
        For fewer than two samples, an infinite value, or no values at all.
    """
    names = tuple(header.titles[index] for index in chosen)
    table = Table(pd.DataFrame(values), names, header.place, header.source)
    refuse_too_few(table)
    channels = read_channels(table, None, frozenset())
    place = dict(zip(reversed(names), reversed(chosen), strict=True))
    kept = [place[title] for title in channels.titles]
    units = tuple(header.units[index] for index in kept)
    return Raw(
        values=channels.values,
        channels=channels.titles,
        labels=labels,
        instants=None,
        plain=pd.RangeIndex(len(values)),
        place=header.place,
        source=header.source,
        notes=(*notes, *channels.notes),
        fs=header.fs,
        start=header.start,
        units=units if any(units) else None,
    )


def raw_from_labelled_signals(
    header: SignalHeader, values: Float64Array, request: Request, notes: tuple[str, ...] = ()
) -> Raw:
    """Return the samples of all signals that the request names, one of which may be labels.

    Parameters
    ----------
    header : SignalHeader
        The names of all signals.
    values : array of float64, shape (n, c)
        The samples of all signals.
    request : Request
        The choices of the user.
    notes : tuple of str
        What the reader decided or left out.

    Returns
    -------
    Raw
        The samples as they were logged.

    Raises
    ------
    DataError
        For labels other than 0 and 1, and where `raw_from_signals` does.
    """
    refuse_columns(header, request)
    table = Table(pd.DataFrame(values), header.titles, header.place, header.source)
    wanted = frozenset() if request.channels is None else wanted_signals(header, request)
    labels = find_labels(table, request.label, frozenset(wanted))
    if clash := labels.columns & frozenset(wanted):
        raise DataError(
            f"{header.source}: '{header.titles[min(clash)]}' holds the labels and can be no "
            "channel."
        )
    chosen = list(wanted) or [i for i in range(len(header.titles)) if i not in labels.columns]
    part = values if len(chosen) == len(header.titles) else values[:, chosen]
    return raw_from_signals(header, part, chosen, labels.values, (*notes, *labels.notes))


def as_floats(array: NDArray[np.generic]) -> Float64Array:
    """Return the values as float64; damaged bits that are no number become NaN."""
    with np.errstate(invalid="ignore"):
        return array.astype(np.float64, copy=False)


def by_rows(array: NDArray[np.generic]) -> bool:
    """Return whether a matrix has one row a sample: its longer side is time."""
    return array.ndim < 2 or array.shape[0] >= array.shape[1]


def _nameplate(source: str, names: Sequence[str | None]) -> Table:
    """Return a table without rows, which finds columns by name."""
    return Table(pd.DataFrame(), tuple(names), lambda row: source, source)
