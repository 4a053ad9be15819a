"""Alarms go out as tables and as annotations that other libraries read back."""

import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import edfio
import numpy as np
import pandas as pd
import pytest

import spectra
from spectra.annotations import Mark, library, write_edf, write_wfdb
from spectra.datasets import Recording
from spectra.detection import Detection
from spectra.errors import DataError

FS = 250.0
# Its import warns of its own code.
wfdb = library("wfdb")


def read_back(record: str, extension: str) -> Any:
    """The annotations that wfdb reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wfdb.rdann(record, extension)


def detection(index: pd.Index | None = None, fs: float | None = FS) -> Detection:
    """Noise with two bursts, at rows 3000 and 6000."""
    values = np.random.default_rng(0).standard_normal(9000)
    values[3000:3100] *= 8
    values[6000:6050] *= 12
    if index is None:
        return spectra.detect(Recording.from_array(values, fs, ["µV é"]), alpha=1e-5)
    return spectra.detect(pd.Series(values, index=index, name="µV é"), alpha=1e-5)


@pytest.fixture(scope="module")
def found() -> Detection:
    return detection()


def test_frame_has_rows_times_and_durations_beside_the_alarms(found: Detection) -> None:
    frame = found.to_frame()
    pd.testing.assert_frame_equal(frame[list(found.alarms.columns)], found.alarms)
    assert frame["alarm"].tolist() == list(range(1, len(frame) + 1))
    assert frame["first_row"].tolist() == found.intervals.first.tolist()
    assert frame["last_row"].tolist() == found.intervals.last.tolist()
    assert frame["peak_row"].between(frame["first_row"], frame["last_row"]).all()
    seconds = pd.to_timedelta(frame["start_time"]).dt.total_seconds()
    np.testing.assert_allclose(seconds, frame["first_row"] / FS, atol=6e-4)
    np.testing.assert_allclose(frame["duration"], (frame["last_row"] - frame["first_row"] + 1) / FS)


@pytest.mark.parametrize("step", [300.0, 900.0, 3600.0])
def test_durations_of_slow_recordings_are_whole_numbers_of_their_step(step: float) -> None:
    rng = np.random.default_rng(0)
    model = spectra.learn(rng.normal(size=3000), fs=1 / step, method=spectra.Spectral(nperseg=8))
    x = rng.normal(size=8000)
    for n, first in enumerate(range(100, 7900, 100), start=4):
        x[first : first + n] += 20
    frame = spectra.score(model, x, fs=1 / step).to_frame()
    rows = frame["last_row"] - frame["first_row"] + 1
    assert rows.nunique() >= 12
    assert frame["duration"].tolist() == (rows * step).tolist()


def test_frame_without_times_has_rows_alone() -> None:
    frame = detection(fs=None).to_frame()
    assert len(frame)
    assert frame["start_time"].isna().all()
    assert frame["duration"].isna().all()
    assert frame["first_row"].tolist() == frame["start"].tolist()


def test_frame_of_dates_has_them_as_text() -> None:
    found = detection(pd.date_range("2024-03-01", periods=9000, freq="1min"))
    frame = found.to_frame()
    assert pd.to_datetime(frame["start_time"]).tolist() == frame["start"].tolist()


def test_frame_without_alarms_has_its_columns(found: Detection) -> None:
    calm = spectra.detect(np.random.default_rng(1).standard_normal(4000), alpha=1e-9)
    assert not len(calm.alarms)
    assert list(calm.to_frame().columns) == list(found.to_frame().columns)


def test_wfdb_reads_the_annotations_back(found: Detection, tmp_path: Path) -> None:
    found.to_wfdb(tmp_path / "rec-1.spx")
    read = read_back(str(tmp_path / "rec-1"), "spx")
    opened = [s for s, symbol in zip(read.sample, read.symbol, strict=True) if symbol == "("]
    closed = [s for s, symbol in zip(read.sample, read.symbol, strict=True) if symbol == ")"]
    assert opened == found.intervals.first.tolist()
    assert closed == found.intervals.last.tolist()
    assert read.fs == FS
    notes = [note for note in read.aux_note if note]
    assert len(notes) == len(opened)
    assert notes[0].startswith("alarm 1: uV ?, ")


def test_edf_reads_the_annotations_back(tmp_path: Path) -> None:
    start = pd.Timestamp("2024-03-01 10:20:30.25", tz="Europe/Berlin")
    found = detection(pd.date_range(start, periods=9000, freq="4ms"))
    found.to_edf(tmp_path / "alarms.edf")
    read = edfio.read_edf(tmp_path / "alarms.edf")
    assert read.startdate == start.date()
    assert read.starttime == start.time().replace(microsecond=0)
    first, last = found.intervals.first, found.intervals.last
    onsets = [each.onset for each in read.annotations]
    np.testing.assert_allclose(onsets, first / FS + 0.25, atol=1e-6)
    durations = [each.duration for each in read.annotations]
    np.testing.assert_allclose(durations, (last - first + 1) / FS, atol=1e-6)
    assert read.annotations[0].text.startswith("alarm 1: µV é, ")


def test_edf_without_a_date_is_read_back(found: Detection, tmp_path: Path) -> None:
    found.to_edf(tmp_path / "a.edf")
    assert len(edfio.read_edf(tmp_path / "a.edf").annotations) == len(found.alarms)


def test_mne_gets_onsets_durations_and_descriptions(
    found: Detection, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, list[object]] = {}
    monkeypatch.setitem(
        sys.modules, "mne", SimpleNamespace(Annotations=lambda **parts: given.update(parts))
    )
    found.to_mne()
    np.testing.assert_allclose(given["onset"], found.intervals.first / FS)
    lasting = (found.intervals.last - found.intervals.first + 1) / FS
    np.testing.assert_allclose(given["duration"], lasting)
    assert set(given["description"]) == {"alarm/µV é"}


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("mne", lambda found, folder: found.to_mne()),
        ("wfdb", lambda found, folder: found.to_wfdb(folder / "a.atr")),
        ("edfio", lambda found, folder: found.to_edf(folder / "a.edf")),
    ],
)
def test_a_missing_library_is_named_with_its_installation(
    found: Detection, module: str, call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"need {module}.*pip install"):
        call(found, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["100", "a b.atr", "100.at1", "é.x/y", ".atr", "100.$x"])
def test_names_that_wfdb_cannot_have_are_refused(
    found: Detection, name: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError):
        found.to_wfdb(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_annotations_need_a_rate_an_alarm_and_a_place(found: Detection, tmp_path: Path) -> None:
    rowwise = detection(fs=None)
    for call in (lambda: rowwise.to_edf(tmp_path / "a.edf"), rowwise.to_mne):
        with pytest.raises(DataError, match="give a sampling rate"):
            call()
    rowwise.to_wfdb(tmp_path / "rows.atr")
    assert read_back(str(tmp_path / "rows"), "atr").fs is None
    with pytest.raises(DataError, match="there is no alarm"):
        write_wfdb(tmp_path / "a.atr", [], FS)
    with pytest.raises(DataError, match="there is no alarm"):
        write_edf(tmp_path / "a.edf", [], FS, None)
    with pytest.raises(DataError, match="2³¹"):
        write_wfdb(tmp_path / "a.atr", [Mark(0, 2**31, "x", "x")], FS)
    for call in (found.to_wfdb, found.to_edf):
        with pytest.raises(DataError, match="cannot be written"):
            call(tmp_path / "no" / "a.atr")
        with pytest.raises(TypeError, match="must be a path"):
            call(1)


def test_alarms_of_one_row_and_side_by_side_are_kept_in_order(tmp_path: Path) -> None:
    marks = [Mark(5, 5, "a", "x" * 400), Mark(6, 9, "b", "y"), Mark(9, 12, "a", "")]
    write_wfdb(tmp_path / "r.atr", marks, None)
    read = read_back(str(tmp_path / "r"), "atr")
    assert read.sample.tolist() == [5, 5, 6, 9, 9, 12]
    assert read.symbol == ["(", ")", "(", ")", "(", ")"]
    assert read.aux_note[0] == "x" * 120
