"""WFDB records (PhysioNet): a header beside its signals and annotations, read with wfdb."""

import math
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.annotations import Annotation, annotation_labels
from spectra.datasets.readers.binary.binary import damaged, library
from spectra.datasets.readers.binary.rates import at_rate, one_rate
from spectra.datasets.readers.binary.signals import (
    SignalHeader,
    distinct_titles,
    raw_from_signals,
    wanted_signals,
)
from spectra.datasets.source import Source
from spectra.errors import DataError

_KIND = "a WFDB record"
_RECORD_LINE = re.compile(rb"[-\w]+(/\d+)? +\d+( +[\d.]+(/[-\d.]+(\([-\d.]+\))?)?( +\d+.*)?)?\s*")
"""Name, number of signals, rate and number of samples: the first line of a header that is no
comment (header(5) of the WFDB Applications Guide)."""
_BITS = {"8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12,
         "310": 32 / 3, "311": 32 / 3}  # fmt: skip
"""Bits of a sample by storage format; those of compressed formats vary (signal(5))."""
_FAULTS = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, OverflowError,
    ZeroDivisionError, UnicodeDecodeError,
)  # fmt: skip


def is_wfdb(head: bytes, name: str) -> bool:
    """Return whether the content is a WFDB header, or signals that a header beside it names."""
    path = Path(name)
    if path.suffix == ".hea":
        lines = (line for line in head.splitlines() if line.strip() and not line.startswith(b"#"))
        return bool(_RECORD_LINE.fullmatch(next(lines, b"")))
    return path.suffix in (".dat", ".mat") and _header_of(path) is not None


def _header_of(path: Path) -> Path | None:
    """Return the header beside a file of signals that names it, None where there is none."""
    header = path.with_suffix(".hea")
    if not header.is_file():
        return None
    lines = header.read_bytes().splitlines()
    mentioned = any(line.split(b" ")[0] == path.name.encode() for line in lines)
    return header if mentioned else None


def read_wfdb(source: Source, request: Request) -> Raw:
    """Read the signals of a WFDB record in physical units, by its header or its signals.

    Annotations (.atr) become labels where `label` names the symbols that are anomalies.
    """
    wfdb = library("wfdb", source, _KIND, "medical")
    if source.path is None or source.compression:
        raise DataError(
            f"{source.name} is the header of a WFDB record, whose signals lie beside it: name the "
            ".hea file itself, not a stream or an archive."
        )
    path = source.path.with_suffix("")
    try:
        with warnings.catch_warnings():
            # wfdb calls pandas in ways that new versions warn of.
            warnings.simplefilter("ignore")
            header = wfdb.rdheader(str(path))
            notes = _with_length(header, path.parent)
            _checked(source, header, path.parent)
            return _raw(wfdb, source, path, header, request, notes)
    except DataError:
        raise
    except _FAULTS as error:
        raise damaged(source, _KIND, error) from error


def _with_length(header: Any, folder: Path) -> tuple[str, ...]:
    """Set the number of samples that a header does not say by the bytes of its files; note it."""
    if header.sig_len is not None:
        return ()
    counts = []
    for name in dict.fromkeys(getattr(header, "file_name", None) or []):
        file = folder / Path(name).name
        bits, offset = _bits_and_offset(header, name)
        if not bits or not file.is_file():
            return ()
        counts.append(int((file.stat().st_size - offset) * 8 // bits))
    header.sig_len = max(0, min(counts, default=0))
    return (
        f"The header does not say how many samples there are: {header.sig_len:,} were found, at "
        f"{header.fs:g} Hz.",
    )


def _checked(source: Source, header: Any, folder: Path) -> None:
    """Raise DataError where the files of signals are missing, or too short for the header."""
    if not header.n_sig:
        raise DataError(f"{source.name} is the header of a record without signals.")
    if not header.sig_len or not header.fs:
        raise DataError(
            f"{source.name} does not say how many samples the record has, or at what rate: add "
            "both to its first line."
        )
    _check_segments(source, header)
    # A record of several segments names other records instead of files.
    names: list[str] = getattr(header, "file_name", None) or []
    for name in dict.fromkeys(names):
        file = folder / name
        if Path(name).name != name or not file.is_file():
            raise DataError(
                f"{source.name} names the file {name} for its signals, and {file} is not there: "
                "put it beside the header."
            )
        needed = _bytes_needed(header, name)
        if needed > file.stat().st_size:
            raise DataError(
                f"{file} is not complete: {source.name} says {header.sig_len:,} samples, "
                f"{needed:,} bytes, and {file.stat().st_size:,} are there: copy it again."
            )


def _check_segments(source: Source, header: Any) -> None:
    """Raise DataError where a record has other segments than its header says."""
    lengths = [length or 0 for length in getattr(header, "seg_len", None) or []]
    said = getattr(header, "n_seg", len(lengths)), header.sig_len
    if lengths and said != (len(lengths), sum(lengths)):
        raise DataError(
            f"{source.name} says {said[0]:,} segments of {said[1]:,} samples in all, and lists "
            f"{len(lengths):,} of {sum(lengths):,}: copy it again."
        )


def _bytes_needed(header: Any, name: str) -> int:
    """Return the bytes that the header says a file of signals has, at least."""
    bits, offset = _bits_and_offset(header, name)
    return int(header.sig_len * bits / 8) + offset


def _bits_and_offset(header: Any, name: str) -> tuple[float, int]:
    """Return the bits of a frame in a file of signals, and the bytes before the first."""
    indices = [index for index, other in enumerate(header.file_name) if other == name]
    bits = [_BITS.get(header.fmt[i], 0) * header.samps_per_frame[i] for i in indices]
    return sum(bits), header.byte_offset[indices[0]] or 0


def _raw(
    wfdb: Any, source: Source, path: Path, record: Any, request: Request, found: tuple[str, ...]
) -> Raw:
    """Return the samples of the wanted signals; `found` says how many were found."""
    names, units = _named(wfdb, path, record)
    header = SignalHeader(source.name, distinct_titles(names), units, start=_start(record))
    wanted = wanted_signals(header, request)
    # Samples of each signal in a frame; a record of several segments keeps to one.
    counts = getattr(record, "samps_per_frame", None) or [1] * len(names)
    rates = [float(record.fs) * count for count in counts]
    chosen, fs, notes = one_rate(source.name, header.titles, rates, wanted, request)
    whole = round(record.sig_len * fs / float(record.fs))
    n = request.rows_of(whole, len(chosen))
    # wfdb reads a part of a record only where the header says how long it is.
    part = n < whole and not found
    frames = math.ceil(n / fs * float(record.fs)) if part else None
    refuse_too_large(source.name, n * len(chosen), "choose fewer with --channels")
    values = np.empty((n, len(chosen)))
    for column, (index, samples) in enumerate(
        zip(chosen, _samples(wfdb, path, chosen, counts, frames), strict=True)
    ):
        values[:, column] = at_rate(samples, rates[index], fs, n)
    labels, said = annotation_labels(
        _annotations(wfdb, source, path, request.label), request.label, n, fs
    )
    header = replace(header, fs=fs)
    raw = raw_from_signals(header, values, chosen, labels, (*found, *notes, *said))
    return replace(raw, unread=whole - n)


def _named(wfdb: Any, path: Path, record: Any) -> tuple[list[str | None], tuple[str, ...]]:
    """Return the names and units of the signals."""
    if getattr(record, "sig_name", None) is None:
        # Of a record of several segments only the samples tell; one is enough.
        record = wfdb.rdrecord(str(path), sampto=1)
    units = tuple(str(unit) for unit in record.units)
    return list(record.sig_name), units


def _samples(
    wfdb: Any, path: Path, chosen: list[int], counts: list[int], frames: int | None
) -> list[Float64Array]:
    """Return the samples of the chosen signals in physical units, each at its own rate.

    `frames` is how many frames of samples are read, None for all.
    """
    smooth = max(counts) == 1
    # Without smoothing wfdb gives each signal with all samples of its frames.
    record = wfdb.rdrecord(str(path), channels=chosen, smooth_frames=smooth, sampto=frames)
    if smooth:
        return [np.asarray(column, dtype=np.float64) for column in record.p_signal.T]
    return [np.asarray(samples, dtype=np.float64) for samples in record.e_p_signal]


def _start(record: Any) -> pd.Timestamp | None:
    """Return the instant of the first sample; a time without a date is none."""
    if record.base_date is None or record.base_time is None:
        return None
    return pd.Timestamp(f"{record.base_date} {record.base_time}")


def _annotations(wfdb: Any, source: Source, path: Path, wanted: str | None) -> list[Annotation]:
    """Return the annotations of the annotator "atr"; none where there is no such file.

    Raises DataError where labels are wanted and there is no file, or a symbol is none.
    """
    file = path.with_suffix(".atr")
    if wanted is not None:
        known = set(wfdb.io.annotation.ann_label_table["symbol"])
        if strange := [part for part in wanted.split(",") if part.strip() not in known]:
            raise DataError(
                f"'{strange[0]}' is no symbol of an annotation: --label names symbols such as V,F."
            )
        if not file.is_file():
            raise DataError(
                f"{source.name} has no annotations: {file} is not there; leave --label out."
            )
    if not file.is_file():
        return []
    try:
        found = wfdb.rdann(str(path), "atr")
    except _FAULTS as error:
        raise DataError(
            f"{file} is damaged as annotations of a WFDB record: copy it again, or move it away."
        ) from error
    seconds = found.sample / float(found.fs or wfdb.rdheader(str(path)).fs)
    return [
        Annotation(float(onset), 0.0, symbol)
        for onset, symbol in zip(seconds, found.symbol, strict=True)
    ]
