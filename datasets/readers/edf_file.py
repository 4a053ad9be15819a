"""EDF, EDF+ and BDF files: signals in physical units, start time and annotations, read with edfio.

edfio is chosen before pyedflib: it is pure Python on numpy, maps the samples instead of copying
them, reads from memory (compressed files, streams), and takes the many files of devices that do
not keep to the letter of the standard, which the C library behind pyedflib refuses.
"""

import datetime
import io
import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.annotations import Annotation, annotation_labels
from spectra.datasets.readers.binary.binary import as_damage, content, damaged, library, size_of
from spectra.datasets.readers.binary.edf_gaps import (
    Records,
    first_samples,
    gap_note,
    record_onsets,
    with_gaps,
)
from spectra.datasets.readers.binary.rates import at_rate, one_rate
from spectra.datasets.readers.binary.signals import (
    SignalHeader,
    distinct_titles,
    raw_from_signals,
    wanted_signals,
)
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import few_of

_BDF = b"\xffBIOSEMI"
_EDF = b"0       "
_GROWTH = 10
"""Times the samples: how many the gaps of a discontinuous file may add."""
_FAULTS = (ValueError, TypeError, KeyError, IndexError, OSError, OverflowError, ZeroDivisionError)


@dataclass(frozen=True)
class EdfLayout:
    """The sizes that the header of an EDF file states.

    `scales` has the step of each signal in its physical unit, and its zero in steps; None where
    the header gives no range.
    """

    records: int
    seconds: float
    labels: tuple[str, ...]
    samples: tuple[int, ...]
    scales: tuple[tuple[float, float] | None, ...]
    header_bytes: int
    sample_bytes: int
    reserved: str

    @property
    def record_bytes(self) -> int:
        """The bytes of one data record."""
        return sum(self.samples) * self.sample_bytes


def is_edf(head: bytes, name: str) -> bool:
    """Return whether the content is an EDF or BDF file."""
    if not head.startswith((_EDF, _BDF)) or len(head) < 256:
        return False
    return head[184:192].strip().isdigit() and head[252:256].strip().isdigit()


def read_edf(source: Source, request: Request) -> Raw:
    """Read the signals of an EDF or BDF file, in physical units.

    Annotations become labels where `label` names those that are anomalies. Signals of different
    rates are chosen between, or brought to one by resampling.
    """
    edfio = library("edfio", source, "an EDF or BDF file", "medical")
    where = content(source)
    kind = "a BDF file" if source.head(8) == _BDF else "an EDF file"
    layout = edf_layout(source, where, kind)
    notes = _checked(source, layout, size_of(where), kind)
    with as_damage(source, kind, _FAULTS), warnings.catch_warnings():
        # What edfio warns of is refused above, or noted.
        warnings.simplefilter("ignore")
        read = edfio.read_bdf if kind == "a BDF file" else edfio.read_edf
        file = read(where, header_encoding="latin-1")
        onsets = _onsets(where, layout, int(file.num_data_records))
        if onsets is not None:
            notes += (gap_note(onsets, layout.seconds, layout.reserved[:5]),)
        return _raw(source, file, layout, request, notes, onsets)


def edf_layout(source: Source, where: Path | io.BytesIO, kind: str) -> EdfLayout:
    """Return the sizes that the header states."""
    with where.open("rb") if isinstance(where, Path) else io.BytesIO(where.getvalue()) as file:
        head = file.read(256)
        try:
            count = int(head[252:256])
            signals = file.read(256 * count)
            counts = signals[216 * count : 224 * count]
            samples = tuple(int(counts[8 * i : 8 * i + 8]) for i in range(count))
            labels = tuple(
                signals[16 * i : 16 * i + 16].decode("latin-1").strip() for i in range(count)
            )
            return EdfLayout(
                records=int(head[236:244]),
                seconds=float(head[244:252]),
                labels=labels,
                samples=samples,
                scales=tuple(_gain_and_offset(signals, i, count) for i in range(count)),
                header_bytes=int(head[184:192]),
                sample_bytes=3 if head.startswith(_BDF) else 2,
                reserved=head[192:236].decode("latin-1").strip(),
            )
        except ValueError as error:
            raise damaged(source, kind, f"its header is no header: {error}") from error


@dataclass(frozen=True)
class EdfScale:
    """A signal that is no annotation: its index in a record, its title, and its scale."""

    index: int
    title: str
    scale: tuple[float, float] | None

    def physical(self, digital: IntArray) -> Float64Array:
        """Return samples in the physical unit; as they are where the header gives no range."""
        return _physical(digital, self.scale)


def edf_scales(layout: EdfLayout) -> list[EdfScale]:
    """Return the signals of a file with the scale of their samples, without reading these."""
    plain = _plain(layout)
    titles = distinct_titles([layout.labels[index] for index in plain])
    return [
        EdfScale(index, title, layout.scales[index])
        for index, title in zip(plain, titles, strict=True)
    ]


def _plain(layout: EdfLayout) -> list[int]:
    """Return the signals that hold no annotations."""
    return [i for i, label in enumerate(layout.labels) if not label.endswith(" Annotations")]


def _physical(digital: IntArray, scale: tuple[float, float] | None) -> Float64Array:
    """Return samples in their physical unit, or as they are without a scale."""
    if scale is None:
        return np.asarray(digital, dtype=np.float64)
    return np.asarray((digital + scale[1]) * scale[0], dtype=np.float64)


def _gain_and_offset(header: bytes, index: int, count: int) -> tuple[float, float] | None:
    """Return the step of the converter in the physical unit, and its zero in steps.

    The fields of the signals lie in `header`: of each field those of all signals.
    """
    try:
        low, high, least, most = (
            # Some programs write decimal commas.
            float(header[at : at + 8].replace(b",", b"."))
            for at in range(104 * count + 8 * index, 136 * count, 8 * count)
        )
        step = (high - low) / (most - least)
        offset = high / step - most
    except (ValueError, ZeroDivisionError):
        return None
    return (step, offset) if math.isfinite(step) and math.isfinite(offset) else None


def _checked(source: Source, layout: EdfLayout, size: int, kind: str) -> tuple[str, ...]:
    """Raise DataError where the header does not fit the file; return a note on what it lacks."""
    if layout.header_bytes != 256 * (len(layout.samples) + 1) or min(layout.samples, default=0) < 1:
        raise damaged(
            source,
            kind,
            f"its header says {layout.header_bytes} bytes for {len(layout.samples)} signals",
        )
    if all(label.endswith(" Annotations") for label in layout.labels):
        raise DataError(f"{source.name} holds annotations and no signals: name the file with them.")
    if not layout.seconds > 0:
        raise DataError(
            f"{source.name} says that a record lasts {layout.seconds:g} s, so there is no sampling "
            "rate: correct the number at byte 244."
        )
    there = (size - layout.header_bytes) / layout.record_bytes
    if layout.records == -1:
        return (f"The header does not say how many records there are: {int(there)} were found.",)
    if 0 < there - layout.records < 1 and layout.records > 0:
        behind = size - layout.header_bytes - layout.records * layout.record_bytes
        return (f"The last {behind:,} bytes are no whole record: left out.",)
    if there != layout.records:
        raise DataError(
            f"{source.name} is not complete as {kind}: its header says {layout.records} records of "
            f"{layout.seconds:g} s, and {there:.6g} are there: copy it again, or correct the "
            "number at byte 236."
        )
    return ()


def _onsets(where: Path | io.BytesIO, layout: EdfLayout, count: int) -> Float64Array | None:
    """Return the times of the records of a discontinuous file, None for one without gaps."""
    if not layout.reserved.startswith(("EDF+D", "BDF+D")):
        return None
    ends = np.cumsum([0, *layout.samples]) * layout.sample_bytes
    spans = tuple(
        (int(ends[i]), int(ends[i + 1]))
        for i, label in enumerate(layout.labels)
        if label.endswith(" Annotations")
    )
    return record_onsets(where, Records(layout.header_bytes, count, layout.record_bytes, spans))


def _raw(
    source: Source,
    file: Any,
    layout: EdfLayout,
    request: Request,
    notes: tuple[str, ...],
    onsets: Float64Array | None,
) -> Raw:
    """Return the samples of the wanted signals; `onsets` are the times of records with gaps."""
    signals = file.signals
    scales = [layout.scales[index] for index in _plain(layout)]
    header = SignalHeader(
        source.name,
        distinct_titles([signal.label for signal in signals]),
        tuple(
            "" if scale is None else str(signal.physical_dimension).strip()
            for signal, scale in zip(signals, scales, strict=True)
        ),
        start=_start(file),
    )
    wanted = wanted_signals(header, request)
    if request.channels is None and (triggers := _triggers(header, source)):
        notes += ("'Status' holds trigger bits: left out (--channels takes it).",)
        wanted = [index for index in wanted if index not in triggers]
    rates = [float(signal.sampling_frequency) for signal in signals]
    chosen, fs, said = one_rate(source.name, header.titles, rates, wanted, request)
    if bare := [header.titles[index] for index in chosen if scales[index] is None]:
        notes += (f"Without a range in the header, in steps of the converter: {few_of(bare, 4)}.",)
    n = round(max(_length(file, signals[index]) / rates[index] for index in chosen) * fs)
    whole = n if onsets is None else _length_with_gaps(source, onsets, n, fs)
    n = request.rows_of(whole, len(chosen))
    refuse_too_large(source.name, n * len(chosen), "choose fewer with --channels")
    values = np.empty((n, len(chosen)))
    for column, index in enumerate(chosen):
        seconds = None if onsets is not None or n == whole else n / fs
        samples = _physical(_samples(signals[index], seconds), scales[index])
        if onsets is not None:
            per_record = int(signals[index].samples_per_data_record)
            positions = first_samples(onsets, rates[index], per_record)
            length = max(int(positions[-1]) + per_record, round(whole / fs * rates[index]))
            samples = with_gaps(samples, positions, length)
        values[:, column] = at_rate(samples, rates[index], fs, n)
    labels, found = annotation_labels(_annotations(file), request.label, n, fs)
    header = SignalHeader(source.name, header.titles, header.units, fs, header.start)
    raw = raw_from_signals(header, values, chosen, labels, (*notes, *said, *found))
    return replace(raw, unread=whole - n)


def _length_with_gaps(source: Source, onsets: Float64Array, n: int, fs: float) -> int:
    """Return the number of samples from the first record to the end of the last."""
    seconds = n / fs / len(onsets)
    span = float(onsets[-1] - onsets[0]) + seconds
    if span > (_GROWTH + 1) * n / fs:
        gap = int(np.argmax(np.diff(onsets)))
        raise DataError(
            f"{source.name} has a gap of {np.diff(onsets)[gap]:.6g} s before record {gap + 2}, and "
            f"{n / fs:.6g} s of samples in all: export one file for each part."
        )
    return round(span * fs)


def _triggers(header: SignalHeader, source: Source) -> set[int]:
    """Return the signals of a BDF file that hold bits of triggers, beside others."""
    found = {index for index, title in enumerate(header.titles) if title == "Status"}
    return found if len(found) < len(header.titles) and source.head(8) == _BDF else set()


def _length(file: Any, signal: Any) -> int:
    """Return the number of samples of a signal."""
    return int(file.num_data_records * signal.samples_per_data_record)


def _samples(signal: Any, seconds: float | None) -> IntArray:
    """Return the samples of a signal in steps of the converter, or those of the first seconds."""
    data = signal.digital if seconds is None else signal.get_digital_slice(0, seconds)
    return np.asarray(data, dtype=np.int64)


def _start(file: Any) -> pd.Timestamp | None:
    """Return the instant of the first sample, None where it was made anonymous."""
    try:
        return pd.Timestamp(datetime.datetime.combine(file.startdate, file.starttime))
    except ValueError:
        return None


def _annotations(file: Any) -> list[Annotation]:
    """Return the annotations, less the name of the signal that some programs add after @@."""
    return [
        Annotation(float(one.onset), float(one.duration or 0.0), one.text.partition("@@")[0])
        for one in file.annotations
    ]
