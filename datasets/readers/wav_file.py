"""WAV files: PCM of 8 to 32 bits and floats, every channel, with the sampling rate."""

import io
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.binary import content, damaged, size_of
from spectra.datasets.readers.binary.signals import (
    SignalHeader,
    as_floats,
    distinct_titles,
    raw_from_signals,
    refuse_labels,
    wanted_signals,
)
from spectra.datasets.source import Source
from spectra.errors import DataError

_KIND = "a WAV file"
_FORMS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
"""Codes of sample formats in the chunk `fmt ` (Microsoft, WAVEFORMATEX)."""
_WIDTHS = {_PCM: (1, 2, 3, 4, 8), _FLOAT: (4, 8)}
"""Bytes that a sample may have."""
_OPEN_LENGTH = 0x7FFFF000
"""Lengths of the chunk `data` from which on programs that write into a pipe mean an open end, as
they do by 0 (SoX, ALSA, FFmpeg and GStreamer); RF64 has the length in a chunk of its own."""
_IN_RF64 = 0xFFFFFFFF
"""Length of a chunk that RF64 has in its chunk `ds64` (EBU Tech 3306)."""
_BLOCK = 1 << 24
"""Bytes that are read at a time."""


@dataclass(frozen=True)
class WavFormat:
    """The chunk `fmt `, the place and number of the bytes of samples, and their order.

    `open_end` says that the number is what is there, as the file does not say it.
    """

    code: int
    channels: int
    fs: int
    frame_bytes: int
    bits: int
    data_bytes: int
    open_end: bool
    begin: int
    order: str

    @property
    def width(self) -> int:
        """The bytes that a sample takes in the file."""
        return -(-self.bits // 8)

    @property
    def frames(self) -> int:
        """The number of samples of each channel."""
        return self.data_bytes // self.frame_bytes

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on a length that does not fit the samples."""
        rest = self.data_bytes % self.frame_bytes
        if self.open_end:
            return ("The header does not say how long the sound is: read to the end of the file.",)
        return (f"The last {rest} bytes are no whole sample: left out.",) if rest else ()

    def samples(self, data: bytes) -> Float64Array:
        """Return whole samples (n, channels) in the steps of the converter, floats as they are."""
        if self.code == _FLOAT:
            values = as_floats(np.frombuffer(data, f"{self.order}f{self.width}"))
        elif self.width == 1:
            values = as_floats(np.frombuffer(data, np.uint8))
        elif self.width == 3:
            values = as_floats(of_three_bytes(data, self.order))
        else:
            values = as_floats(np.frombuffer(data, f"{self.order}i{self.width}"))
        return values.reshape(-1, self.channels)


def is_wav(head: bytes, name: str) -> bool:
    """Return whether the content is a WAV file."""
    return head[:4] in _FORMS and head[8:12] == b"WAVE"


def read_wav(source: Source, request: Request) -> Raw:
    """Read the channels of a WAV file, in the steps of its converter (floats as they are)."""
    where = content(source)
    form = checked_format(source, where)
    titles = distinct_titles([None] * form.channels)
    header = SignalHeader(source.name, titles, ("",) * form.channels, float(form.fs))
    refuse_labels(header, request)
    chosen = wanted_signals(header, request)
    if form.frames < 1:
        raise DataError(
            f"{source.name} has no samples: its recorder may not have finished the file; copy it "
            "again, or repair its header."
        )
    rows = request.rows_of(form.frames, len(chosen))
    refuse_too_large(source.name, rows * len(chosen), "choose fewer with --channels")
    values = np.empty((rows, len(chosen)))
    step = max(1, _BLOCK // form.frame_bytes)
    with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
        file.seek(form.begin)
        for start in range(0, rows, step):
            part = values[start : start + step]
            part[:] = form.samples(file.read(len(part) * form.frame_bytes))[:, chosen]
    raw = raw_from_signals(header, values, chosen, notes=form.notes)
    return replace(raw, unread=form.frames - rows)


def checked_format(source: Source, where: Path | io.BytesIO) -> WavFormat:
    """Return the format, once the lengths of the chunks fit the file.

    Raises DataError for a file without samples, a broken chunk, or an encoding other than PCM.
    """
    with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
        form = _scan(source, file, size_of(where))
    if form.code not in _WIDTHS:
        raise DataError(
            f"{source.name} is a WAV file with compressed samples (format code {form.code}): "
            "convert it to PCM first."
        )
    if (
        not form.fs
        or not form.channels
        or form.width not in _WIDTHS[form.code]
        or form.frame_bytes != form.channels * form.width
    ):
        raise damaged(
            source,
            _KIND,
            f"chunk 'fmt ' says {form.channels} channels of {form.bits} bits, "
            f"{form.frame_bytes} bytes in all, at {form.fs} Hz",
        )
    return form


def _scan(source: Source, file: BinaryIO, size: int) -> WavFormat:
    """Return the format from the chunks up to the samples."""
    top = file.read(12)
    order = ">" if top.startswith(b"RIFX") else "<"
    riff_size: int = struct.unpack(order + "I", top[4:8])[0]
    size_64: int | None = None
    found: tuple[int, int, int, int, int] | None = None
    while len(head := file.read(8)) == 8:
        name, length = head[:4], struct.unpack(order + "I", head[4:])[0]
        begin = file.tell()
        what = f"chunk '{name.decode('latin-1')}' at byte {begin - 8}"
        if name == b"data":
            if found is None:
                raise damaged(source, _KIND, f"{what} comes before 'fmt '")
            there = size - begin
            if length == _IN_RF64 and size_64 is not None:
                length = size_64
            # A length of 0 is one that was never filled in where the file goes on without a chunk.
            open_end = length > there and length >= _OPEN_LENGTH and size_64 is None
            open_end |= length == 0 and there > 0 and riff_size in (0, _IN_RF64, begin - 8)
            if open_end:
                length = there
            if length > there:
                raise damaged(
                    source, _KIND, f"{what} ends {length - there:,} bytes behind the file"
                )
            return WavFormat(*found, length, open_end, begin, order)
        if begin + length > size:
            raise damaged(source, _KIND, f"{what} promises {length:,} bytes")
        if name == b"ds64" and length >= 16:
            size_64 = struct.unpack("<QQ", file.read(16))[1]
        if name == b"fmt ":
            body = file.read(length)
            if length < 16:
                raise damaged(source, _KIND, f"{what} has {length} bytes, not 16 or more")
            code, channels, fs, _, frame, bits = struct.unpack(order + "HHIIHH", body[:16])
            if code == _EXTENSIBLE and length >= 26:
                code = struct.unpack(order + "H", body[24:26])[0]
            found = code, channels, fs, frame, bits
        # Chunks begin at even bytes.
        file.seek(begin + length + length % 2)
    raise damaged(source, _KIND, "it has no chunk 'data'")


def of_three_bytes(data: bytes, order: str = "<") -> IntArray:
    """Return signed numbers of three bytes."""
    parts = np.frombuffer(data, np.uint8).reshape(-1, 3)
    filled = np.zeros((len(parts), 4), dtype=np.uint8)
    # In the upper part of four bytes the sign stands where it has to.
    filled[:, slice(1, 4) if order == "<" else slice(0, 3)] = parts
    return filled.view(f"{order}i4")[:, 0].astype(np.int64) >> 8
