"""Recordings too large for memory: what they are, and how they are opened."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.file_rate import instants_at, refuse_rate, with_rate
from spectra.datasets.grid_values import LONGEST_FILL, fill_short_gaps, gap_notes
from spectra.datasets.gridding import index_from, other_rate_notes, without_instants
from spectra.datasets.large.grid import Runs, stored_grid
from spectra.datasets.large.signals import Signals, edf_signals, npy_signals, wav_signals
from spectra.datasets.large.spool import Progress, spooled
from spectra.datasets.large.stamps import LazyIndex, Stamps
from spectra.datasets.large.tables import parquet_pieces, text_pieces
from spectra.datasets.memory import largest_bytes
from spectra.datasets.raw import Raw, Request, quiet
from spectra.datasets.readers.edf_file import edf_layout, is_edf
from spectra.datasets.readers.numpy_file import is_npy, npy_header
from spectra.datasets.readers.parquet_file import is_parquet, n_values_of, read_parquet
from spectra.datasets.readers.tables.channels import LARGEST, too_large
from spectra.datasets.readers.wav_file import checked_format, is_wav
from spectra.datasets.reading import TEXT, Format, Recogniser, format_of
from spectra.datasets.recording import Recording
from spectra.datasets.source import Source
from spectra.errors import DataError, NeedsMemoryError
from spectra.parameters import require_rate
from spectra.stored import StoredArray, refuse_full_disk

# Values from which a recording is scored from its file: 160 MB, and in memory three times as much.
MOST_VALUES: Final = 2 * 10**7
# Times the values of a recording that are held while it is scored in memory.
IN_MEMORY: Final = 4
# Bytes of a value in a text table, and how many times a table is compressed: rough, since a
# recording of about this size can be scored either way, with one result.
TEXT_BYTES: Final = 10
COMPRESSED: Final = 4
# Rows that tell the columns of a Parquet file.
HEAD_ROWS: Final = 2**16
# Rows around some that tell whether a gap among them is short.
CONTEXT: Final = LONGEST_FILL + 1
# Formats whose values are read where they lie.
SIGNALS: Final[dict[Recogniser, Callable[[Source, Request], Signals | None]]] = {
    is_npy: npy_signals,
    is_wav: wav_signals,
    is_edf: edf_signals,
}
# Values that are searched for gaps at a time.
AT_ONCE: Final = 2**18


def nothing(task: str, done: int, whole: int) -> None:
    """Show no progress."""


def is_large(source: Source) -> bool:
    """Return whether a file holds more values than are scored in memory.

    It is False for formats that are read as a whole.
    """
    if source.path is None or source.path.stat().st_size < MOST_VALUES // 2:
        # Nothing is packed into less than half a byte a value, but what is all alike.
        return False
    return _n_values(source) > MOST_VALUES


def fits_in_memory(source: Source) -> bool:
    """Return whether a large file could be scored in memory all the same."""
    return 8 * IN_MEMORY * _n_values(source) <= largest_bytes()


def _n_values(source: Source) -> int:
    """Return about how many values a file holds; 0 for one that is read as a whole."""
    assert source.path is not None
    form, size = format_of(source), source.path.stat().st_size
    if form is TEXT:
        return size // TEXT_BYTES * (COMPRESSED if source.compression else 1)
    if source.compression:
        return 0
    if form.recognise is is_npy:
        return int(np.prod(npy_header(source, source.path)[0], dtype=object))
    if form.recognise is is_wav:
        checked = checked_format(source, source.path)
        return checked.data_bytes // max(1, checked.frame_bytes) * checked.channels
    if form.recognise is is_edf:
        return size // edf_layout(source, source.path, "an EDF file").sample_bytes
    if form.recognise is is_parquet:
        return n_values_of(source)
    return 0


@quiet
def open_large(
    source: Source,
    request: Request,
    fs: float | None,
    name: str,
    progress: Progress = nothing,
    *,
    lenient: bool = True,
) -> Recording | None:
    """Return a recording whose values lie in files, None for a format that is read as a whole.

    Parameters
    ----------
    source : Source
        A file on a disk.
    request : Request
        The choices of the user.
    fs : float or None
        Sampling rate in Hz that the user gives.
    name : str
        Name of the recording, for messages.
    progress : callable
        Called with a task, and how much of it is done.
    lenient : bool
        Leave out a few rows that only a file in memory is sorted or merged for, with a note.

    Raises
    ------
    DataError
        For what cannot be analysed, and for rows that only a file in memory is sorted, merged or
        resampled for.
    """
    require_rate(fs)
    form = format_of(source)
    signals = SIGNALS.get(form.recognise)
    if request.resample and source.path is not None:
        raise NeedsMemoryError(
            f"{source.name} is too large to be resampled in memory: resample it first, or give the "
            "rate of its rows with --fs."
        )
    if signals is not None:
        found = None if source.compression else signals(source, request)
        if found is None:
            return None
        return _of_signals(_told(form, request, found.head), found.values, fs, name)
    head = None
    if form.recognise is is_parquet:
        head = read_parquet(source, replace(request, nrows=HEAD_ROWS))
        pieces = parquet_pieces(source, request)
    elif form is TEXT and (texts := text_pieces(source, request)) is not None:
        pieces = texts
    else:
        return None
    refuse_full_disk(8 * _n_values(source), source.name)
    table = spooled(pieces, request, head, progress)
    told = _told(form, request, table.head)
    if table.stamps is None:
        return _of_signals(told, table.values, fs, name)
    return _of_stamps(told, table.values, table.stamps, fs, name, lenient=lenient)


def _told(form: Format, request: Request, head: Raw) -> Raw:
    """Return the head of a file with notes on the choices that its format has no use for."""
    return replace(head, notes=(*form.unused(request), *head.notes))


def _of_signals(head: Raw, values: StoredArray, fs: float | None, name: str) -> Recording:
    """Return the recording of rows that follow one another."""
    refuse_rate(head, fs)
    n = len(values)
    index: Any = pd.RangeIndex(n)
    notes: tuple[str, ...] = ()
    if head.fs is not None and not head.fs_text:
        head, rate = with_rate(head, fs, False)
        if not isinstance(head.plain, pd.RangeIndex) and rate is not None:
            start = head.plain[0] if isinstance(head.plain, pd.DatetimeIndex) else None
            index = LazyIndex(n, _Timed(rate, start))
        elif rate is None:
            raise DataError(f"{head.source} has no sampling rate.")
    else:
        grid = without_instants(head, fs)
        rate, notes = grid.fs, grid.notes
        if rate and head.start is not None:
            index = LazyIndex(n, _From(pd.DatetimeIndex([head.start]), rate))
    return _recording(head, values, None, index, rate, name, notes)


def _of_stamps(
    head: Raw,
    values: StoredArray,
    stamps: Stamps,
    fs: float | None,
    name: str,
    *,
    lenient: bool,
) -> Recording:
    """Return the recording of rows on the grid of their stamps, or else at a given rate."""
    refuse_rate(head, fs)
    try:
        grid = stored_grid(stamps, fs, lenient=lenient)
    except DataError:
        rate = head.fs if fs is None else fs
        if rate is None or not lenient:
            raise
        first = stamps.index_of(stamps.counts[:1])
        said = f"The time stamps do not fit {rate:g} Hz: only the first is used (--fs)."
        index = LazyIndex(len(values), _From(first, rate))
        return _recording(head, values, None, index, rate, name, (said,))
    rate = grid.fs if fs is None else fs
    notes = (*grid.notes, *other_rate_notes(head, grid.fs))
    return _recording(head, values, grid.runs, grid.index, rate, name, notes)


@dataclass(frozen=True)
class _Timed:
    """Instants of samples at a rate, from a start or from zero."""

    fs: float
    start: pd.Timestamp | None

    def __call__(self, positions: IntArray) -> pd.Index:
        return instants_at(positions, self.fs, self.start)


@dataclass(frozen=True)
class _From:
    """Instants of samples at a rate, from the first stamp on."""

    first: pd.Index
    fs: float

    def __call__(self, positions: IntArray) -> pd.Index:
        return index_from(self.first, positions, self.fs)


def _recording(
    head: Raw,
    values: StoredArray,
    runs: Runs | None,
    index: Any,
    fs: float | None,
    name: str,
    notes: tuple[str, ...],
) -> Recording:
    """Return the recording of stored values, with short gaps filled while they are read."""
    placed = values if runs is None else runs.placed(values)
    filled, gaps = _without_short_gaps(placed, head)
    return Recording(
        values=cast("Float64Array", filled),
        fs=fs,
        index=index,
        channels=head.channels,
        labels=None,
        name=name,
        interpolated=np.broadcast_to(np.False_, len(placed)),
        positions=None if runs is None else cast("IntArray", runs.of_rows()),
        notes=(*head.notes, *notes, *gaps),
        units=head.units,
    )


def _without_short_gaps(values: StoredArray, head: Raw) -> tuple[StoredArray, tuple[str, ...]]:
    """Return values whose short gaps are filled when they are read, and notes on all gaps.

    Raises DataError for an infinite value.
    """
    n = len(values)

    def read(start: int, stop: int) -> Float64Array:
        low, high = max(0, start - CONTEXT), min(n, stop + CONTEXT)
        part, _, _ = fill_short_gaps(values.read(low, high))
        return part[start - low : start - low + stop - start]

    filled = StoredArray(read, values.shape)
    n_filled = n_open = 0
    first = n
    size = max(1, AT_ONCE // values.shape[1])
    for start in range(0, n, size):
        block = values[start : start + size]
        total = float(block.sum())
        if np.isfinite(total) and abs(total) < LARGEST:
            continue
        _refuse_infinite(block, start, head)
        missing = np.isnan(block)
        if missing.any():
            still = np.isnan(filled[start : start + size])
            n_filled += int((missing & ~still).any(axis=1).sum())
            rows = np.flatnonzero(still.any(axis=1))
            n_open += rows.size
            first = min(first, start + int(rows[0])) if rows.size else first
    notes = gap_notes(n_filled, n_open, first)
    return filled if n_filled else values, notes


def _refuse_infinite(block: Float64Array, start: int, head: Raw) -> None:
    """Raise DataError for a value that is infinite or as good as that."""
    far = np.argwhere(np.abs(block) > LARGEST)
    if len(far):
        row, channel = map(int, far[0])
        where = f"{head.source}, row {start + row + 1}, '{head.channels[channel]}'"
        raise too_large(where, float(block[row, channel]))
