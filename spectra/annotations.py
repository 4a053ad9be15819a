"""Alarms as annotations in the formats of other tools: WFDB, EDF+ and MNE."""

import datetime
import io
import re
import tempfile
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from spectra.atomic import replacing
from spectra.errors import DataError

# Letters of a text in an annotation: WFDB holds its length in one byte.
LONGEST_TEXT: Final = 120
# Samples from which on WFDB cannot count.
MOST_SAMPLES: Final = 2**31
# First and last year that the header of an EDF+ file can hold.
YEARS: Final = (1985, 2084)


class Mark(NamedTuple):
    """An alarm as an annotation.

    Attributes
    ----------
    first, last : int
        Rows, both inside.
    channel : str
    text : str
    """

    first: int
    last: int
    channel: str
    text: str


def library(name: str, extra: str = "") -> Any:
    """Import a library; raise ImportError with the command that installs it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except ImportError as error:
        package = f"'spectra-anomaly[{extra}]'" if extra else name
        raise ImportError(
            f"Annotations need {name}, which is not installed: pip install {package}."
        ) from error


def write_wfdb(path: Path, marks: Sequence[Mark], fs: float | None) -> None:
    """Write marks as an annotation file of WFDB: "(" and a text at the first row, ")" at the last.

    Parameters
    ----------
    path : Path
        Name of the record and, as ending, of the annotator: letters alone, such as 100.atr.
    marks : sequence of Mark
        In order of time.
    fs : float or None
    """
    wfdb = library("wfdb", "medical")
    if not re.fullmatch(r"[-\w]+", path.stem) or not re.fullmatch(r"\.[a-zA-Z]+", path.suffix):
        raise DataError(
            f"{path.name} is no name of WFDB annotations: give RECORD.ANNOTATOR, such as 100.atr, "
            "of letters, digits, - and _, with an ending of letters."
        )
    _refuse_none(path, marks)
    if marks[-1].last >= MOST_SAMPLES:
        raise DataError(f"{path} cannot be written: WFDB counts at most 2³¹ samples.")
    points = sorted(
        point
        for number, mark in enumerate(marks)
        for point in (
            (mark.first, number, 0, "(", _ascii(mark.text)),
            (mark.last, number, 1, ")", ""),
        )
    )
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # It calls pandas in ways that new versions warn of.
        warnings.simplefilter("ignore")
        wfdb.wrann(
            path.stem,
            path.suffix[1:],
            np.array([point[0] for point in points]),
            symbol=[point[3] for point in points],
            aux_note=[point[4] for point in points],
            fs=fs,
            write_dir=folder,
        )
        written = Path(folder, path.name).read_bytes()
    with replacing(path) as file:
        file.write(written)


def write_edf(
    path: Path, marks: Sequence[Mark], fs: float, start: datetime.datetime | None
) -> None:
    """Write marks as an EDF+ file of annotations alone, with onset and duration in seconds.

    Parameters
    ----------
    path : Path
    marks : sequence of Mark
    fs : float
    start : datetime or None
        Instant of the first row; the header of the file has it where it can hold the year.
    """
    edfio = library("edfio", "medical")
    _refuse_none(path, marks)
    dated = start is not None and YEARS[0] <= start.year <= YEARS[1]
    # The header has whole seconds: the rest is added to each onset.
    rest = start.microsecond / 1e6 if start is not None and dated else 0.0
    annotations = [
        edfio.EdfAnnotation(
            round(mark.first / fs + rest, 6),
            round((mark.last + 1 - mark.first) / fs, 6),
            mark.text[:LONGEST_TEXT],
        )
        for mark in marks
    ]
    edf = edfio.Edf(
        [],
        annotations=annotations,
        starttime=start.time().replace(microsecond=0) if start is not None and dated else None,
        recording=edfio.Recording(startdate=start.date()) if start is not None and dated else None,
    )
    content = io.BytesIO()
    edf.write(content)
    with replacing(path) as file:
        file.write(content.getvalue())


def mne_annotations(marks: Sequence[Mark], fs: float) -> Any:
    """Return marks as `mne.Annotations`, with the description "alarm/CHANNEL"."""
    mne = library("mne")
    return mne.Annotations(
        onset=[mark.first / fs for mark in marks],
        duration=[(mark.last + 1 - mark.first) / fs for mark in marks],
        description=[f"alarm/{mark.channel}" for mark in marks],
    )


def _refuse_none(path: Path, marks: Sequence[Mark]) -> None:
    """Raise DataError where there is nothing to write: the formats have no empty file."""
    if not marks:
        raise DataError(f"{path} is not written: there is no alarm.")


def _ascii(text: str) -> str:
    """Return a text in ASCII, as WFDB holds it."""
    plain = text.replace("–", "-").replace("µ", "u").replace("°", "deg ")
    return plain.encode("ascii", "replace").decode()[:LONGEST_TEXT]
