"""EDF and BDF files written byte by byte, after the specification (edfplus.info)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Signal:
    """A signal of whole numbers, and what its header says."""

    label: str
    digital: Sequence[int]
    per_record: int
    unit: str = "uV"
    physical: tuple[float, float] = (-3276.8, 3276.7)
    range: tuple[int, int] = (-32768, 32767)

    def values(self) -> np.ndarray:
        """The samples in the physical unit."""
        low, high = self.physical
        first, last = self.range
        return low + (np.asarray(self.digital) - first) * (high - low) / (last - first)


@dataclass(frozen=True)
class File:
    """The contents of a whole file."""

    signals: Sequence[Signal]
    seconds: float = 1.0
    annotations: Sequence[tuple[float, float, str]] = ()
    recording: str = "Startdate 02-MAY-2021 X X X"
    date: str = "02.05.21"
    reserved: str = "EDF+C"
    records: int | None = None
    bits: int = 16
    onsets: Sequence[float] | None = None


def write(path: Path, file: File) -> Path:
    """Write the file, and return its path."""
    path.write_bytes(content(file))
    return path


def content(file: File) -> bytes:
    """The bytes of the file; `records` is what the header claims, the true number by default."""
    signals = list(file.signals)
    width = file.bits // 8
    count = len(signals[0].digital) // signals[0].per_record if signals else 3
    texts = []
    for record in range(count):
        onset = record * file.seconds if file.onsets is None else file.onsets[record]
        text = f"+{onset:.10g}\x14\x14\x00"
        if record == 0:
            for onset, duration, said in file.annotations:
                lasts = f"\x15{duration:g}" if duration else ""
                text += f"+{onset:g}{lasts}\x14{said}\x14\x00"
        texts.append(text.encode())
    if file.reserved:
        room = -(-max(map(len, texts)) // width)
        name = "EDF Annotations" if width == 2 else "BDF Annotations"
        top = 2 ** (file.bits - 1)
        signals.append(
            Signal(name, (), room, "", (-1, 1), (-top, top - 1)),
        )
    first = b"\xffBIOSEMI" if width == 3 else b"0".ljust(8)
    claimed = count if file.records is None else file.records
    head = first + "".join(
        text.ljust(length)
        for text, length in [
            ("X X X X", 80),
            (file.recording, 80),
            (file.date, 8),
            ("12.30.15", 8),
            (str(256 * (len(signals) + 1)), 8),
            (file.reserved, 44),
            (str(claimed), 8),
            (f"{file.seconds:g}", 8),
            (str(len(signals)), 4),
        ]
    ).encode("latin-1")
    for texts_of, length in [
        (lambda one: one.label, 16),
        (lambda one: "", 80),
        (lambda one: one.unit, 8),
        (lambda one: f"{one.physical[0]:g}", 8),
        (lambda one: f"{one.physical[1]:g}", 8),
        (lambda one: str(one.range[0]), 8),
        (lambda one: str(one.range[1]), 8),
        (lambda one: "", 80),
        (lambda one: str(one.per_record), 8),
        (lambda one: "", 32),
    ]:
        head += "".join(texts_of(one).ljust(length) for one in signals).encode("latin-1")
    body = b""
    for record in range(count):
        for one in signals:
            if one.label.endswith("Annotations"):
                body += texts[record].ljust(one.per_record * width, b"\x00")
                continue
            part = one.digital[record * one.per_record : (record + 1) * one.per_record]
            body += b"".join(int(n).to_bytes(width, "little", signed=True) for n in part)
    return head + body


def bdf(file: File) -> File:
    """The same as BDF, in 24 bits."""
    return replace(file, bits=24, reserved=file.reserved.replace("EDF", "BDF"))
