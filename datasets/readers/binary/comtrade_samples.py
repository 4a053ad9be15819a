"""The samples of a COMTRADE record: lines of text, or bytes of 16 or 32 bits a channel."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.binary.binary import damaged
from spectra.datasets.readers.binary.comtrade_layout import KIND, TEXT, ComtradeLayout
from spectra.datasets.source import Source
from spectra.errors import DataError

_BLOCK = 1 << 24
"""Bytes that are read at a time."""
_MISSING = {
    TEXT: (99999.0, 999999.0),
    "BINARY": (-(2.0**15),),
    "BINARY32": (-(2.0**31),),
    "FLOAT32": (float(np.finfo(np.float32).min),),
}
"""Numbers that stand for no value, where they lie outside the range of a channel."""
_NO_STAMP = 0xFFFFFFFF


@dataclass(frozen=True)
class ComtradeSamples:
    """The place of the samples: the file or its bytes, and the part of them."""

    name: str
    where: Path | io.BytesIO
    begin: int
    size: int

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the bytes at the first sample."""
        where = self.where
        with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
            file.seek(self.begin)
            yield file


def sample_count(
    source: Source, layout: ComtradeLayout, data: ComtradeSamples
) -> tuple[int, tuple[str, ...]]:
    """Return the number of samples, and a note on what lies behind them.

    Raises DataError where there are fewer than the configuration says.
    """
    if layout.form == TEXT:
        there, rest = _lines(source, layout, data), 0
    else:
        there, rest = divmod(data.size, layout.frame.itemsize)
    if there < layout.count or not there:
        raise DataError(
            f"{data.name} is not complete: the configuration of the record says {layout.count:,} "
            f"samples, and {there:,} are there: copy it again."
        )
    if layout.count and there > layout.count:
        more = f"{there - layout.count:,} samples behind those that the configuration counts"
        return layout.count, (f"{more} are left out.",)
    return there, (f"The last {rest} bytes are no whole sample: left out.",) if rest else ()


def _lines(source: Source, layout: ComtradeLayout, data: ComtradeSamples) -> int:
    """Return the number of lines of samples by their commas. Raises DataError for uneven ones."""
    fields = 2 + len(layout.titles)
    with data.open() as file:
        first = file.readline(_BLOCK).count(b",")
    with data.open() as file:
        commas = sum(block.count(b",") for block in iter(lambda: file.read(_BLOCK), b""))
    # Some programs write a comma at the end of each line.
    if first not in (fields - 1, fields) or commas % first:
        raise damaged(source, KIND, f"not every line of samples has {fields} fields")
    return commas // first


def read_samples(
    layout: ComtradeLayout, data: ComtradeSamples, rows: int, columns: list[int]
) -> Float64Array:
    """Return the first samples of a record, NaN where a value is missing.

    Parameters
    ----------
    layout : ComtradeLayout
        The configuration.
    data : ComtradeSamples
        The place of the samples.
    rows : int
        The number of samples to read.
    columns : list of int
        The channels to read.

    Returns
    -------
    array of float64, shape (rows, 2 + len(columns))
        Number and time stamp of each sample, and its channels, analog ones in their units.

    Raises
    ------
    ValueError
        For text that is no number, and for too few lines.
    """
    read = _of_text if layout.form == TEXT else _of_bytes
    values = read(layout, data, rows, columns)
    _scale(layout, values[:, 2:], columns)
    return values


def _of_text(
    layout: ComtradeLayout, data: ComtradeSamples, rows: int, columns: list[int]
) -> Float64Array:
    """Return numbers, time stamps and the wanted channels of samples in text (rows, 2 + c)."""
    places = [0, 1, *(2 + index for index in columns)]
    with data.open() as file:
        frame = pd.read_csv(
            file,
            header=None,
            usecols=places,
            index_col=False,
            dtype=np.float64,
            skipinitialspace=True,
            nrows=rows,
            encoding="latin-1",
        )
    values = frame[places].to_numpy(dtype=np.float64)
    if len(values) < rows:
        raise ValueError(f"{len(values):,} lines of samples are there, not {rows:,}")
    return values


def _of_bytes(
    layout: ComtradeLayout, data: ComtradeSamples, rows: int, columns: list[int]
) -> Float64Array:
    """Return numbers, time stamps and the wanted channels of samples in bytes (rows, 2 + c)."""
    values = np.empty((rows, 2 + len(columns)))
    step = max(1, _BLOCK // layout.frame.itemsize)
    with data.open() as file:
        for start in range(0, rows, step):
            part = values[start : start + step]
            read = np.frombuffer(file.read(len(part) * layout.frame.itemsize), layout.frame)
            part[:, 0], part[:, 1] = read["number"], read["stamp"]
            for at, index in enumerate(columns, 2):
                bit = index - layout.analog
                part[:, at] = (
                    read["analog"][:, index]
                    if bit < 0
                    else read["digital"][:, bit // 16] >> bit % 16 & 1
                )
    values[values[:, 1] == _NO_STAMP, 1] = np.nan
    return values


def _scale(layout: ComtradeLayout, values: Float64Array, columns: list[int]) -> None:
    """Bring analog channels to their units in place, and to NaN where there is no value."""
    for column, index in zip(values.T, columns, strict=True):
        if index < layout.analog:
            factor, offset, low, high = layout.scales[index]
            for fill in _MISSING[layout.form]:
                if not low <= fill <= high:
                    column[column == fill] = np.nan
            column *= factor
            column += offset
