"""Gaps between the data records of discontinuous EDF+ and BDF+ files."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra.arrays import Float64Array, IntArray

_ONSET = re.compile(rb"([+-]\d{1,9}(?:\.\d{1,9})?)\x14\x14")
"""The time of a record, the first text among its annotations (edfplus.info, section 2.2.4)."""


@dataclass(frozen=True)
class Records:
    """The extent of the data records of a file.

    Parameters
    ----------
    begin : int
        The bytes of the header.
    count : int
        The number of records.
    length : int
        The bytes of a record.
    spans : tuple of (int, int)
        Where annotations begin and end in a record.
    """

    begin: int
    count: int
    length: int
    spans: tuple[tuple[int, int], ...]


def record_onsets(where: Path | io.BytesIO, records: Records) -> Float64Array:
    """Return the times of records in seconds.

    Raises ValueError where a record has no time, or begins before the one above it.
    """
    onsets = np.empty(records.count)
    with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
        for number in range(records.count):
            begin, end = records.spans[0] if records.spans else (0, 0)
            file.seek(records.begin + number * records.length + begin)
            match = _ONSET.match(file.read(end - begin))
            if match is None:
                raise ValueError(f"record {number + 1} does not say when it begins")
            onsets[number] = float(match[1])
    if bool((np.diff(onsets) <= 0).any()):
        late = int(np.argmax(np.diff(onsets) <= 0)) + 2
        raise ValueError(f"record {late} begins before the one above it")
    return onsets


def first_samples(onsets: Float64Array, fs: float, per_record: int) -> IntArray:
    """Return the position on the grid at which each record begins.

    A record that begins less than half a sample from the end of the one above goes on there.
    Raises ValueError where records overlap.
    """
    positions: IntArray = np.rint((onsets - onsets[0]) * fs).astype(np.int64)
    if bool((np.diff(positions) < per_record).any()):
        short = int(np.argmax(np.diff(positions) < per_record)) + 2
        raise ValueError(f"record {short} begins before the end of the one above it")
    return positions


def with_gaps(values: Float64Array, positions: IntArray, n: int) -> Float64Array:
    """Return the samples of records at their positions on a grid of n samples, NaN between."""
    per_record = len(values) // len(positions)
    placed = np.full(n, np.nan)
    rows = positions[:, np.newaxis] + np.arange(per_record)
    placed[rows.ravel()] = values[: rows.size]
    return placed


def gap_note(onsets: Float64Array, seconds: float, kind: str) -> str:
    """Return a note on the gaps between records."""
    late = np.diff(onsets) - seconds
    gaps = late > 1e-3 * seconds
    count = int(np.sum(gaps))
    if not count:
        return f"The file is marked as discontinuous ({kind}) and has no gap between its records."
    missing = float(np.sum(late[gaps]))
    noun = "gap" if count == 1 else "gaps"
    return (
        f"The file is discontinuous ({kind}): {count} {noun} between its records, {missing:.6g} s "
        "in all, without values."
    )
