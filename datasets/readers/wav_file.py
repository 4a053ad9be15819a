"""WAV files: PCM of 8 to 32 bits and floats, every channel, with the sampling rate."""

import io
import struct
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary import content, damaged, size_of
from spectra.datasets.readers.signals import (
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
_FORMS = (b"RIFF", b"RIFX", b"RF64")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
"""Codes of sample formats in the chunk `fmt ` (Microsoft, WAVEFORMATEX)."""
_UNKNOWN_LENGTH = 0xFFFFFFFF
"""Length of the chunk `data` where RF64 has it elsewhere, or a recorder never wrote it."""


@dataclass(frozen=True)
class WavFormat:
    """The chunk `fmt `, the place and number of the bytes of samples, and their order.

    `open_end` says that the number is a guess.
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
    def is_float(self) -> bool:
        """Return whether samples are floats."""
        return self.code == _FLOAT


def is_wav(head: bytes, name: str) -> bool:
    """Return whether the content is a WAV file."""
    return head[:4] in _FORMS and head[8:12] == b"WAVE"


def read_wav(source: Source, request: Request) -> Raw:
    """Read the channels of a WAV file, in the steps of its converter (floats as they are)."""
    from scipy.io import wavfile

    where = content(source)
    form = checked_format(source, where)
    titles = distinct_titles([None] * form.channels)
    header = SignalHeader(source.name, titles, ("",) * form.channels, float(form.fs))
    refuse_labels(header, request)
    chosen = wanted_signals(header, request)
    frames = form.data_bytes // form.frame_bytes
    if frames < 1:
        raise DataError(
            f"{source.name} has no samples: its recorder may not have finished the file; copy it "
            "again, or repair its header."
        )
    rows = request.rows_of(frames, len(chosen))
    refuse_too_large(source.name, rows * len(chosen), "choose fewer with --channels")
    packed = form.bits == 24
    try:
        with warnings.catch_warnings():
            # Chunks of other programs, such as those of broadcasters, are none of our concern.
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            # SciPy cannot map samples of three bytes, nor without their number.
            mapped = isinstance(where, Path) and not packed and not form.open_end
            _, samples = wavfile.read(where, mmap=mapped)
    except (ValueError, struct.error, EOFError, OSError, UnboundLocalError) as error:
        # SciPy returns a rate that it has not read where the chunks end too soon.
        raise damaged(source, _KIND, error) from error
    matrix = samples.reshape(len(samples), -1)
    values = as_floats(matrix[:rows, chosen])
    if packed:
        # SciPy puts 24 bits into the upper part of 32.
        values /= 256
    return replace(raw_from_signals(header, values, chosen), unread=len(matrix) - len(values))


def checked_format(source: Source, where: Path | io.BytesIO) -> WavFormat:
    """Return the format, once the lengths of the chunks fit the file.

    Raises DataError for a file without samples, a broken chunk, or an encoding other than PCM.
    """
    with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
        form = _scan(source, file, size_of(where))
    if form.code not in (_PCM, _FLOAT):
        raise DataError(
            f"{source.name} is a WAV file with compressed samples (format code {form.code}): "
            "convert it to PCM first."
        )
    if (
        not form.fs
        or not form.channels
        or not form.bits
        or form.frame_bytes * 8 != form.channels * _width(form)
    ):
        raise damaged(
            source,
            _KIND,
            f"chunk 'fmt ' says {form.channels} channels of {form.bits} bits, "
            f"{form.frame_bytes} bytes in all, at {form.fs} Hz",
        )
    return form


def _width(form: WavFormat) -> int:
    """Return the bits that a sample takes in the file."""
    return -(-form.bits // 8) * 8


def _scan(source: Source, file: BinaryIO, size: int) -> WavFormat:
    """Return the format from the chunks up to the samples."""
    order = ">" if file.read(12).startswith(b"RIFX") else "<"
    found: tuple[int, int, int, int, int] | None = None
    while len(head := file.read(8)) == 8:
        name, length = head[:4], struct.unpack(order + "I", head[4:])[0]
        begin = file.tell()
        what = f"chunk '{name.decode('latin-1')}' at byte {begin - 8}"
        if name == b"data":
            if found is None:
                raise damaged(source, _KIND, f"{what} comes before 'fmt '")
            open_end = length == _UNKNOWN_LENGTH
            if open_end:
                length = size - begin
            if begin + length > size:
                missing = begin + length - size
                raise damaged(source, _KIND, f"{what} ends {missing:,} bytes behind the file")
            return WavFormat(*found, length, open_end, begin, order)
        if begin + length > size:
            raise damaged(source, _KIND, f"{what} promises {length:,} bytes")
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
