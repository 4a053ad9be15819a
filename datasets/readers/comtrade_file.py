"""COMTRADE records (IEEE C37.111, IEC 60255-24): a configuration and the samples beside it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.memory import refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.binary.binary import as_damage, content, damaged, size_of
from spectra.datasets.readers.binary.comtrade_layout import (
    KIND,
    ComtradeLayout,
    comtrade_layout,
    is_configuration,
)
from spectra.datasets.readers.binary.comtrade_samples import (
    ComtradeSamples,
    read_samples,
    sample_count,
)
from spectra.datasets.readers.binary.signals import SignalHeader, raw_from_signals, wanted_signals
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import few_of

_SECTION = re.compile(
    rb"^--- *file type: *(CFG|INF|HDR|DAT(?: +\w+)?)(?: *: *(\d{1,15}))? *---[ \t]*\r?\n",
    re.IGNORECASE | re.MULTILINE,
)
"""The line above each part of a file of all parts (.cff), with the bytes of binary samples."""
_MOST_BYTES = 1 << 24
"""Bytes in which a configuration ends, and the samples of a file of all parts begin."""
_FAR = 2.0**62
_OTHER_SPAN = 0.01
"""The share by which time stamps and rate may differ."""


def is_comtrade(head: bytes, name: str) -> bool:
    """Return whether the content is a configuration, has one inside, or samples beside one."""
    if is_configuration(head) or _is_whole(head):
        return True
    path = Path(name)
    beside = _beside(path, ".cfg") if path.suffix.lower() == ".dat" else None
    if beside is None:
        return False
    with beside.open("rb") as file:
        return is_configuration(file.read(1 << 12))


def _is_whole(head: bytes) -> bool:
    """Return whether a file that begins so holds all parts of a record."""
    first = _SECTION.match(head)
    return first is not None and first[1].upper() == b"CFG"


def _beside(path: Path, ending: str) -> Path | None:
    """Return the other file of a record, None where there is none."""
    paths = (path.with_suffix(end) for end in (ending, ending.upper()))
    return next((one for one in paths if one.is_file()), None)


def read_comtrade(source: Source, request: Request) -> Raw:
    """Read the channels of a COMTRADE record in their units, by its configuration or its samples.

    Digital channels are taken where they are named, or where there are no others; `label` names
    the one that tells anomalies.
    """
    text, data = _parts(source)
    layout = comtrade_layout(source, text, request.dates)
    header = SignalHeader(source.name, layout.titles, layout.units, layout.fs, layout.start)
    marks = [] if request.label is None else [_mark(header, layout, request)]
    chosen, notes = _chosen(header, layout, request, marks)
    there, more = sample_count(source, layout, data)
    rows = request.rows_of(there, len(chosen))
    refuse_too_large(source.name, rows * (len(chosen) + 3), "choose fewer with --channels")
    with as_damage(source, KIND, (ValueError, OverflowError)):
        values = read_samples(layout, data, rows, [*chosen, *marks])
        notes += (*more, *_checked(source, layout, values[:, :2]))
        labels = _labels(source, values[:, -1]) if marks else None
        signals = values[:, 2 : 2 + len(chosen)]
        raw = raw_from_signals(header, signals, chosen, labels, notes)
        return replace(_timed(raw, layout, values[:, 1]), unread=there - rows)


def _parts(source: Source) -> tuple[str, ComtradeSamples]:
    """Return the configuration, and the place of the samples.

    Raises DataError where one of the two files of a record is missing.
    """
    head = source.head(_MOST_BYTES)
    if _is_whole(head):
        return _parts_inside(source, head)
    path = source.path
    if path is None or source.compression:
        raise DataError(
            f"{source.name} is the configuration of a COMTRADE record, whose samples lie beside "
            "it: name the .cfg file itself, not a stream or an archive."
        )
    if is_configuration(head):
        samples = _beside(path, ".dat")
        if samples is None:
            raise DataError(
                f"{source.name} is the configuration of a COMTRADE record, and its samples, "
                f"{path.with_suffix('.dat').name}, are not there: put them beside it."
            )
    else:
        samples, settings = path, _beside(path, ".cfg")
        assert settings is not None
        with settings.open("rb") as file:
            head = file.read(_MOST_BYTES)
    return _decoded(head), ComtradeSamples(str(samples), samples, 0, size_of(samples))


def _parts_inside(source: Source, head: bytes) -> tuple[str, ComtradeSamples]:
    """Return the parts of a file that holds all of them."""
    found = list(_SECTION.finditer(head))
    data = next((one for one in found if one[1].upper().startswith(b"DAT")), None)
    if data is None:
        raise damaged(source, KIND, "it has no part DAT")
    where = content(source)
    rest = size_of(where) - data.end()
    text = _decoded(head[found[0].end() : found[1].start()])
    return text, ComtradeSamples(source.name, where, data.end(), min(int(data[2] or rest), rest))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _mark(header: SignalHeader, layout: ComtradeLayout, request: Request) -> int:
    """Return the digital channel that tells anomalies. Raises DataError for an analog one."""
    (index,) = wanted_signals(header, replace(request, channels=[str(request.label)]))
    if index < layout.analog:
        raise DataError(
            f"{header.source}: '{header.titles[index]}' is an analog channel and holds no labels: "
            "--label names a digital one."
        )
    return index


def _chosen(
    header: SignalHeader, layout: ComtradeLayout, request: Request, marks: list[int]
) -> tuple[list[int], tuple[str, ...]]:
    """Return the channels to read, and a note on digital ones that are left out."""
    wanted = wanted_signals(header, request)
    if request.channels is not None and (clash := set(marks).intersection(wanted)):
        title = header.titles[min(clash)]
        raise DataError(f"{header.source}: '{title}' holds the labels and can be no channel.")
    digital = [index for index in wanted if index >= layout.analog and index not in marks]
    if request.channels is not None or not digital or not layout.analog:
        return [index for index in wanted if index not in marks], ()
    names = few_of([header.titles[index] for index in digital], 4)
    note = f"{len(digital)} digital channels are left out (--channels takes them): {names}."
    return wanted[: layout.analog], (note,)


def _labels(source: Source, marks: Float64Array) -> IntArray:
    """Return the samples of a digital channel as labels."""
    if not np.isin(marks, (0, 1)).all():
        raise damaged(source, KIND, "a digital channel holds other numbers than 0 and 1")
    return marks.astype(np.int64)


def _checked(source: Source, layout: ComtradeLayout, found: Float64Array) -> tuple[str, ...]:
    """Return notes on numbers of samples that jump, and on stamps of another rate.

    Raises DataError where the numbers do not rise: samples of other channels lie there.
    """
    notes: list[str] = []
    if len(found) < 3:
        return ()
    steps = np.diff(found[:, 0])
    odd = steps != np.median(steps)
    if odd.mean() > 0.5:
        raise damaged(source, KIND, "the numbers of its samples do not follow one another")
    if odd.any():
        notes.append(
            f"The numbers of the samples jump at {odd.sum()} places, first behind sample "
            f"{int(np.argmax(odd)) + 1}: samples may be missing there."
        )
    if layout.fs is not None and np.isfinite(found[:, 1]).all():
        span = (found[-1, 1] - found[0, 1]) * layout.tick / 1e9
        expected = (len(found) - 1) / layout.fs
        if span > 0 and abs(span / expected - 1) > _OTHER_SPAN:
            notes.append(
                f"The time stamps span {span:.6g} s, and the samples at {layout.fs:g} Hz "
                f"{expected:.6g} s: the rate is taken; --fs gives another."
            )
    return tuple(notes)


def _timed(raw: Raw, layout: ComtradeLayout, stamps: Float64Array) -> Raw:
    """Return samples with instants where no single rate is known.

    They are the time stamps, or, where one is missing, those of the rates one after another.
    """
    if layout.fs is not None:
        return raw
    elapsed = _unwrapped(stamps) * layout.tick
    if np.isnan(elapsed).any():
        ends = [end for _, end in layout.rates]
        rates = np.array([rate for rate, _ in layout.rates])
        if not rates.all():
            said = "The record has neither a rate nor the times of all samples: --fs gives a rate."
            return replace(raw, notes=(*raw.notes, said))
        # A sample follows the one before it by a step of its own rate.
        which = np.minimum(np.searchsorted(ends, np.arange(2, len(stamps) + 1)), len(ends) - 1)
        elapsed = np.concatenate([[0.0], np.cumsum(1e9 / rates[which])])
    if not np.abs(elapsed).max() < _FAR:
        raise ValueError("its time stamps lie beyond all times")
    index = pd.TimedeltaIndex(np.rint(elapsed).astype("timedelta64[ns]"))
    start = layout.start
    return replace(raw, instants=index if start is None else start + index, start=None)


def _unwrapped(stamps: Float64Array) -> Float64Array:
    """Return time stamps that go on where a counter of 32 bits ran full."""
    back = np.diff(stamps) < -(2.0**31)
    return stamps + 2.0**32 * np.concatenate([[0], np.cumsum(back)])
