"""Signals of large binary files, read where they lie: NPY, WAV, EDF and BDF."""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.signals import (
    SignalHeader,
    as_floats,
    distinct_titles,
    raw_from_signals,
    refuse_labels,
    wanted_signals,
)
from spectra.datasets.readers.edf_file import edf_layout, edf_scales, read_edf
from spectra.datasets.readers.numpy_file import npy_header, read_npy
from spectra.datasets.readers.wav_file import checked_format, of_three_bytes
from spectra.datasets.source import Source
from spectra.stored import RawFile, StoredArray

# Rows that tell the channels.
HEAD_ROWS: Final = 2**16


class Signals(NamedTuple):
    """The first rows as their reader returns them, and all values."""

    head: Raw
    values: StoredArray


def npy_signals(source: Source, request: Request) -> Signals | None:
    """Return the signals of an array; None for one of named fields."""
    assert source.path is not None
    shape, fortran, dtype, offset = npy_header(source, source.path)
    sides = [side for side in shape if side != 1]
    if dtype.names is not None or not 1 <= len(sides) <= 2:
        return None
    head = read_npy(source, replace(request, nrows=HEAD_ROWS))
    n, width = sides[0], sides[1] if len(sides) == 2 else 1
    by_rows = n >= width
    if not by_rows:
        n, width = width, n
    titles = ["value"] if width == 1 else [f"ch{index + 1}" for index in range(width)]
    chosen = [titles.index(title) for title in head.channels]
    file = RawFile.opened(source.path)

    def rows(start: int, stop: int) -> Float64Array:
        data = file.read(offset + start * width * dtype.itemsize, (stop - start) * width * size)
        return as_floats(np.frombuffer(data, dtype).reshape(-1, width)[:, chosen])

    def columns(start: int, stop: int) -> Float64Array:
        places = (offset + (column * n + start) * size for column in chosen)
        parts = [np.frombuffer(file.read(at, (stop - start) * size), dtype) for at in places]
        return as_floats(np.column_stack(parts))

    size = dtype.itemsize
    # A row lies in one piece where the array has rows of samples, or columns in Fortran's order.
    together = width == 1 or by_rows != fortran
    return Signals(head, StoredArray(rows if together else columns, (n, len(chosen))))


def wav_signals(source: Source, request: Request) -> Signals | None:
    """Return the channels of a WAV file in the steps of its converter."""
    assert source.path is not None
    form = checked_format(source, source.path)
    titles = distinct_titles([None] * form.channels)
    header = SignalHeader(source.name, titles, ("",) * form.channels, float(form.fs))
    refuse_labels(header, request)
    chosen = wanted_signals(header, request)
    n, file = form.frames, RawFile.opened(source.path)

    def read(start: int, stop: int) -> Float64Array:
        data = file.read(form.begin + start * form.frame_bytes, (stop - start) * form.frame_bytes)
        return form.samples(bytes(data))[:, chosen]

    head = raw_from_signals(header, read(0, min(n, HEAD_ROWS)), chosen, notes=form.notes)
    return Signals(head, StoredArray(read, (n, len(chosen))))


def edf_signals(source: Source, request: Request) -> Signals | None:
    """Return the signals of an EDF or BDF file; None for one with gaps or of several rates."""
    assert source.path is not None
    layout = edf_layout(source, source.path, "an EDF file")
    if layout.reserved.startswith(("EDF+D", "BDF+D")) or request.resample:
        return None
    head = read_edf(source, replace(request, nrows=HEAD_ROWS))
    scales = edf_scales(layout)
    chosen = [next(one for one in scales if one.title == title) for title in head.channels]
    per_record = layout.samples[chosen[0].index]
    if any(layout.samples[one.index] != per_record for one in chosen):
        return None
    begins = np.cumsum([0, *layout.samples]) * layout.sample_bytes
    n = (len(head.values) + head.unread) // per_record * per_record
    file = RawFile.opened(source.path)

    def read(start: int, stop: int) -> Float64Array:
        first, last = start // per_record, -(-stop // per_record)
        at = layout.header_bytes + first * layout.record_bytes
        data = np.frombuffer(file.read(at, (last - first) * layout.record_bytes), np.uint8)
        records = data.reshape(last - first, layout.record_bytes)
        found = np.empty((stop - start, len(chosen)))
        skip = start - first * per_record
        for column, one in enumerate(chosen):
            begin = int(begins[one.index])
            part = records[:, begin : begin + per_record * layout.sample_bytes]
            digital = _integers(part.tobytes(), layout.sample_bytes)
            found[:, column] = one.physical(digital[skip : skip + stop - start])
        return found

    return Signals(head, StoredArray(read, (n, len(chosen))))


def _integers(data: bytes, width: int) -> IntArray:
    """Return signed numbers of two or three bytes."""
    return of_three_bytes(data) if width == 3 else np.frombuffer(data, "<i2").astype(np.int64)
