"""Rows of files too large for memory: what differs from the rows above is named."""

import gzip
import io
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pandas as pd
import pytest

from spectra.datasets.large import opening, stamps, tables
from spectra.datasets.large.grid import stored_grid
from spectra.datasets.large.opening import fits_in_memory, is_large, open_large
from spectra.datasets.large.signals import edf_signals, npy_signals
from spectra.datasets.large.spool import spooled
from spectra.datasets.large.stamps import LazyIndex, Stamps
from spectra.datasets.large.tables import Piece, text_pieces
from spectra.datasets.raw import Request
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.recording import Recording
from spectra.datasets.source import open_source
from spectra.errors import DataError

N = 400
DATES = pd.date_range("2024-01-01", periods=N, freq="10ms")
VALUES = np.round(np.random.default_rng(0).standard_normal(N), 3)


def table(frame: pd.DataFrame) -> Table:
    names = tuple(map(str, frame.columns))
    plain = frame.set_axis(range(frame.shape[1]), axis=1).reset_index(drop=True)
    return Table(plain, names, lambda row: f"data, row {row + 1}", "data")


def pieces(*frames: pd.DataFrame) -> list[Piece]:
    return [Piece(table(one), f"piece {i + 1}", i, len(frames)) for i, one in enumerate(frames)]


def nothing(_task: str, _done: int, _whole: int) -> None:
    """Show no progress."""


def opened(path: Path, **choices: Any) -> Recording | None:
    return open_large(open_source(path), Request(**choices), None, str(path))


FIRST = pd.DataFrame({"time": DATES, "value": VALUES})
LATER = FIRST.assign(time=DATES + pd.Timedelta("4s"))


def test_two_pieces_are_the_rows_of_both() -> None:
    found = spooled(iter(pieces(FIRST, LATER)), Request(), None, nothing)
    assert np.array_equal(found.values[:, 0], np.concatenate([VALUES, VALUES]))
    assert found.stamps is not None
    assert stored_grid(found.stamps, None).fs == 100.0


def test_table_of_no_pieces_has_no_rows() -> None:
    with pytest.raises(DataError, match=r"^The table has no rows\.$"):
        spooled(iter([]), Request(), None, nothing)


@pytest.mark.parametrize(
    ("first", "later", "reason"),
    [
        (FIRST, LATER.rename(columns={"value": "other"}), "piece 2: the columns are others"),
        (FIRST, LATER.assign(time=np.arange(N)), "piece 2: the time is"),
        (
            FIRST,
            LATER.assign(time=LATER["time"].dt.tz_localize("UTC")),
            "piece 2: the time is written in another way",
        ),
    ],
)
def test_piece_unlike_those_above_is_named(
    first: pd.DataFrame, later: pd.DataFrame, reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        spooled(iter(pieces(first, later)), Request(), None, nothing)


def test_row_without_time_and_value_is_left_out_with_a_note() -> None:
    later = LATER.copy()
    later.loc[7, ["time", "value"]] = None
    found = spooled(iter(pieces(FIRST, later)), Request(time="time"), None, nothing)
    assert len(found.values) == 2 * N - 1
    assert "1 rows have neither a time nor a value: left out." in found.head.notes


def test_value_without_a_time_is_refused() -> None:
    later = LATER.copy()
    later.loc[7, "time"] = None
    with pytest.raises(DataError, match="row 8"):
        spooled(iter(pieces(FIRST, later)), Request(time="time"), None, nothing)


def test_several_rows_of_a_recording_in_a_line_are_refused() -> None:
    clocks = {f"{hour:02}:00": VALUES[:30] for hour in range(24)}
    wide = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=30), **clocks})
    with pytest.raises(DataError, match="several rows of a recording in one line"):
        spooled(iter(pieces(wide)), Request(), None, nothing)


def test_lazy_index_gives_what_the_index_of_all_positions_gives() -> None:
    lazy = LazyIndex(N, DATES.take)
    assert lazy[-1] == DATES[-1]
    assert lazy[5] == DATES[5]
    assert (lazy[3:9:2] == DATES[3:9:2]).all()
    assert (lazy[np.array([4, 2])] == DATES[[4, 2]]).all()


def test_stamps_as_durations_come_back_as_they_were() -> None:
    durations = pd.to_timedelta(np.arange(N) * 10, unit="ms").rename("t")
    kept = Stamps(durations, "data")
    kept.append(durations, "piece 1")
    grid = stored_grid(kept, None)
    assert grid.fs == 100.0
    assert grid.index.take(np.arange(N)).equals(durations)


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (pd.Index(np.arange(3.0)), "the time is written in another way than above"),
        (DATES[:3].tz_localize("UTC"), "the time is written in another way than above"),
        (pd.DatetimeIndex([DATES[0], pd.NaT]), "the time is missing in a row"),
    ],
)
def test_stamps_of_another_kind_are_refused(later: pd.Index, reason: str) -> None:
    kept = Stamps(DATES, "data")
    with pytest.raises(DataError, match=f"piece 2: {reason}"):
        kept.append(later, "piece 2")


def test_gaps_that_would_fill_the_grid_are_refused() -> None:
    late = DATES[:200].append(DATES[200:] + pd.Timedelta("3650D"))
    kept = Stamps(late, "data")
    kept.append(late, "piece 1")
    with pytest.raises(DataError, match="data has gaps in time: a regular grid over"):
        stored_grid(kept, None)


def test_step_is_found_in_stretches_of_a_long_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "SAMPLE", 160)
    monkeypatch.setattr(stamps, "STRETCHES", 8)
    late = DATES[:150].append(DATES[150:] + pd.Timedelta("70ms"))
    kept = Stamps(late, "data")
    kept.append(late, "piece 1")
    grid = stored_grid(kept, None)
    assert (grid.fs, grid.runs.n if grid.runs else 0) == (100.0, N + 7)


def test_block_of_late_rows_alone_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "AT_ONCE", 4)
    monkeypatch.setattr("spectra.datasets.large.grid.LATE_SHARE", 0.02)
    late = DATES[:200].append(DATES[196:200]).append(DATES[200:])
    kept = Stamps(late, "data")
    kept.append(late, "piece 1")
    grid = stored_grid(kept, None)
    assert (grid.fs, grid.runs.n if grid.runs else 0) == (100.0, N)
    assert any(note.startswith("4 rows have the time stamp of a row above") for note in grid.notes)


def test_more_breaks_than_are_held_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spectra.datasets.large.grid.MOST_BREAKS", 10)
    gaps = DATES[np.arange(N) % 20 != 5]
    kept = Stamps(gaps, "data")
    kept.append(gaps, "piece 1")
    with pytest.raises(DataError, match="lies on no regular grid"):
        stored_grid(kept, None)


def test_text_whose_lines_are_not_found_by_bytes_is_not_read_in_pieces(tmp_path: Path) -> None:
    text = FIRST.to_csv(index=False)
    (tmp_path / "wide.csv").write_bytes(text.encode("utf-16"))
    assert text_pieces(open_source(tmp_path / "wide.csv"), Request()) is None
    (tmp_path / "old.csv").write_bytes(text.replace("\n", "\r").encode())
    assert text_pieces(open_source(tmp_path / "old.csv"), Request()) is None


def test_line_longer_than_a_block_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 8)
    content = b"a,b\n" + b"1" * 30 + b",2\n3,4\n"
    found = list(tables._whole_lines(io.BytesIO(content), "data.csv"))
    assert b"".join(found) == content
    assert all(block.endswith(b"\n") for block in found)


def test_line_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 8)
    monkeypatch.setattr(tables, "LONGEST", 32)
    with pytest.raises(DataError, match=r"data\.csv has a line of more than"):
        list(tables._whole_lines(io.BytesIO(b"1" * 100), "data.csv"))


def test_values_of_a_compressed_signal_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MOST_VALUES", 100)
    np.save(tmp_path / "a.npy", VALUES)
    assert is_large(open_source(tmp_path / "a.npy"))
    assert fits_in_memory(open_source(tmp_path / "a.npy"))
    (tmp_path / "a.npy.gz").write_bytes(gzip.compress((tmp_path / "a.npy").read_bytes()))
    assert not is_large(open_source(tmp_path / "a.npy.gz"))
    assert opened(tmp_path / "a.npy.gz") is None


def edf(path: Path, rates: tuple[int, ...]) -> Path:
    rng = np.random.default_rng(1)
    signals = [
        edfio.EdfSignal(rng.standard_normal(20 * fs), fs, label=f"c{i}")
        for i, fs in enumerate(rates)
    ]
    edfio.Edf(signals).write(path)
    return path


def test_edf_files_are_large_by_their_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edf(tmp_path / "a.edf", (100,))
    monkeypatch.setattr(opening, "MOST_VALUES", 1000)
    assert is_large(open_source(path))
    monkeypatch.setattr(opening, "MOST_VALUES", 4000)
    assert not is_large(open_source(path))


def test_edf_file_that_is_resampled_is_read_as_a_whole(tmp_path: Path) -> None:
    source = open_source(edf(tmp_path / "a.edf", (100, 50)))
    assert edf_signals(source, Request(resample=True)) is None


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 5, 6)), np.array([(1, 2.0)] * 9, dtype=[("a", "i4"), ("b", "f8")])],
)
def test_array_that_is_no_table_of_numbers_is_not_read_where_it_lies(
    tmp_path: Path, array: np.ndarray
) -> None:
    np.save(tmp_path / "a.npy", array)
    assert npy_signals(open_source(tmp_path / "a.npy"), Request()) is None


def test_infinity_in_a_large_array_is_named_by_its_row(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[123] = np.inf
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(DataError, match=r"sample 124, column 'value': the value is infinite"):
        opened(tmp_path / "a.npy")
