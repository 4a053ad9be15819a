"""Recordings whose values stay in files: the same recordings as those read into memory."""

import gzip
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from spectra.datasets import Recording, read
from spectra.datasets.large import opening, tables
from spectra.datasets.large.grid import Runs, stored_grid
from spectra.datasets.large.opening import is_large, open_large
from spectra.datasets.large.stamps import Stamps
from spectra.datasets.raw import Request
from spectra.datasets.source import open_source
from spectra.datasets.time_axis import regular_grid
from spectra.errors import DataError
from spectra.stored import StoredArray

N = 3000
RNG = np.random.default_rng(0)
TONE = np.round(np.sin(2 * np.pi * np.arange(N) / 40) + 0.3 * RNG.standard_normal(N), 5)
DRIFT = np.round(RNG.standard_normal(N).cumsum() / 10, 5)
FRAME = pd.DataFrame({"tone": TONE, "drift": DRIFT})
DATED = FRAME.assign(time=pd.date_range("2024-01-01", periods=N, freq="10ms"))
DATED = DATED[["time", "tone", "drift"]]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a few hundred rows, so that borders lie everywhere."""
    monkeypatch.setattr(tables, "BLOCK_BYTES", 8192)
    monkeypatch.setattr(opening, "AT_ONCE", 1000)
    monkeypatch.setattr(opening, "HEAD_ROWS", 700)


def opened(path: Path, request: Request | None = None, fs: float | None = None) -> Recording:
    """Return the recording in a file, its values not read."""
    recording = open_large(open_source(path), request or Request(), fs, str(path))
    assert recording is not None
    assert isinstance(recording.values, StoredArray)
    return recording


def assert_same(path: Path, **choices: Any) -> Recording:
    """Assert that a file in pieces is the recording that is read as a whole."""
    whole = read(path, name=str(path), **choices)
    fs = choices.pop("fs", None)
    large = opened(path, Request(**choices), fs)
    np.testing.assert_array_equal(np.asarray(large.values), whole.values)
    assert (large.fs, large.channels, large.units) == (whole.fs, whole.channels, whole.units)
    assert large.notes == whole.notes
    assert large.n_rows == whole.n_rows
    everywhere = np.arange(whole.n_samples)
    assert (large.index.take(everywhere) == whole.index).all()
    positions = everywhere if large.positions is None else np.asarray(large.positions)
    np.testing.assert_array_equal(positions, whole.rows)
    return large


def with_gap(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(index=[*range(500, 503), *range(1500, 1900)])


def with_missing(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[100:102, "tone"] = frame.loc[600:2400, "drift"] = np.nan
    return frame


def jittered(frame: pd.DataFrame) -> pd.DataFrame:
    seconds = 1.7e9 + np.arange(N) / 100 + np.random.default_rng(1).uniform(-1e-3, 1e-3, N)
    return frame.assign(time=np.round(seconds, 6))


def with_fill_values(frame: pd.DataFrame) -> pd.DataFrame:
    gone = np.random.default_rng(2).random(N) < 0.002
    return frame.assign(drift=np.where(gone, -999.0, 20 + frame["tone"]))


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME[["tone"]],
        DATED,
        DATED.assign(time=DATED["time"].dt.tz_localize("Europe/Berlin")),
        DATED.assign(time=np.round(np.arange(N) / 360, 3)),
        with_gap(DATED),
        with_missing(DATED),
        jittered(DATED),
        with_gap(jittered(DATED)),
        with_fill_values(DATED),
        DATED.assign(drift=np.where(np.arange(N) % 700 == 60, "n/a", DRIFT.astype(str))),
        FRAME.assign(label=(np.arange(N) // 100 % 7 == 3).astype(int)),
        FRAME.reset_index(names="index"),
        FRAME.assign(state=np.where(np.arange(N) < 2000, "on", "off")),
    ],
)
def test_a_text_table_in_pieces_is_the_table(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert_same(tmp_path / "data.csv")


@pytest.mark.parametrize("rate", [512, 600, 700, 800, 900])
def test_stamps_of_which_rounding_makes_gaps_need_a_rate(rate: int, tmp_path: Path) -> None:
    frame = DATED.assign(time=np.round(np.arange(N) / rate, 3))
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert read(tmp_path / "data.csv").fs == rate
    with pytest.raises(DataError, match=f"rounded to 1 ms.*--fs {rate}"):
        opened(tmp_path / "data.csv")
    assert opened(tmp_path / "data.csv", fs=float(rate)).n_samples == N


TEXT = DATED.to_csv(index=False)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        DATED.to_csv(index=False, sep=";", decimal=",").encode(),
        DATED.to_csv(index=False, quoting=1).encode(),
        ("# logger 7\n# rate 100 Hz\n" + TEXT).encode(),
        (TEXT + "End of data\n").encode(),
        TEXT.rstrip("\n").encode(),
        gzip.compress(TEXT.encode()),
        "\n".join(map(str, TONE)).encode(),
        TEXT.replace("tone", "Temperatur °C").encode("latin-1"),
    ],
)
def test_its_notation_does_not_matter(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    assert_same(tmp_path / "data.csv")


@pytest.mark.parametrize(
    "choices",
    [
        {"channels": "drift"},
        {"time": "none"},
        {"time": "time", "channels": ["drift", "tone"]},
        {"fs": 100.0},
        {"fs": 250.0},
        {"as_is": True},
        {"label": "label"},
    ],
)
def test_choices_of_the_user_hold(choices: dict[str, object], tmp_path: Path) -> None:
    label = (np.arange(N) // 100 % 7 == 3).astype(int)
    with_fill_values(DATED).assign(label=label).to_csv(tmp_path / "data.csv", index=False)
    assert_same(tmp_path / "data.csv", **choices)


def test_a_line_in_quotes_goes_on_after_a_border(tmp_path: Path) -> None:
    frame = DATED.assign(remark=np.where(np.arange(N) % 3 == 0, "two\nlines", "one"))
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert_same(tmp_path / "data.csv")


@pytest.mark.parametrize("frame", [DATED, with_gap(with_missing(DATED)), FRAME.astype("float32")])
def test_a_parquet_file_in_batches_is_the_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "data.parquet", row_group_size=400)
    assert_same(tmp_path / "data.parquet")


BOTH = FRAME.to_numpy()
GAPS = np.where((np.arange(N) % 500 < 3) | (np.abs(np.arange(N) - 1200) < 50), np.nan, TONE)


@pytest.mark.parametrize(
    "array",
    [
        TONE, BOTH, BOTH.T, np.asfortranarray(BOTH), np.asfortranarray(BOTH.T), BOTH[:, :1],
        (1000 * BOTH).astype(np.int16), GAPS.astype(np.float32), BOTH.astype(">f4"),
    ],
)  # fmt: skip
def test_an_array_is_read_where_it_lies(array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", array)
    assert_same(tmp_path / "data.npy")


def test_a_channel_of_an_array_is_chosen(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", BOTH)
    assert_same(tmp_path / "data.npy", channels="ch2", fs=50.0)


def pcm24(path: Path) -> None:
    samples = np.ascontiguousarray(3e5 * BOTH, dtype="<i4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(8000)
        file.writeframes(samples.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())


WAVES = {
    "16 bits": (3000 * BOTH).astype(np.int16),
    "float": TONE.astype(np.float32),
    "8 bits": (30 * TONE + 128).astype(np.uint8),
    "32 bits": (1e8 * BOTH).astype(np.int32),
}


@pytest.mark.parametrize("form", [*WAVES, "24 bits"])
def test_samples_of_a_wav_file_are_read_where_they_lie(form: str, tmp_path: Path) -> None:
    if form == "24 bits":
        pcm24(tmp_path / "data.wav")
    else:
        wavfile.write(tmp_path / "data.wav", 8000, WAVES[form])
    assert_same(tmp_path / "data.wav")


@pytest.mark.parametrize(("kind", "signal"), [
    (edfio.Edf, edfio.EdfSignal), (edfio.Bdf, edfio.BdfSignal),
])  # fmt: skip
def test_records_of_an_edf_file_are_read_where_they_lie(
    kind: type, signal: type, tmp_path: Path
) -> None:
    signals = [signal(TONE, 100, label="ECG", physical_dimension="mV"), signal(DRIFT, 100)]
    kind(signals).write(tmp_path / "data.edf")
    large = assert_same(tmp_path / "data.edf")
    # A range inside two records.
    np.testing.assert_array_equal(large.values[150:333], np.asarray(large.values)[150:333])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(20, 90), st.integers(0, 30)), min_size=1, max_size=8),
    st.sampled_from([0.0, 0.03, 0.08]),
    st.sampled_from([0.01, 1 / 360, 300.0]),
    st.booleans(),
)
def test_stamps_lie_where_they_lie_on_the_grid_of_all(
    runs: list[tuple[int, int]], jitter: float, step: float, dated: bool
) -> None:
    """Runs of rows with gaps between them, as the reader of short files places them."""
    lengths, gaps = np.array(runs).T
    offset = np.repeat(np.concatenate([[0], np.cumsum(gaps)[:-1]]), lengths)
    positions = np.arange(lengths.sum()) + offset
    noise = np.random.default_rng(0).uniform(-jitter, jitter, positions.size)
    seconds = np.round((positions + noise) * step, 6)
    index = pd.Index(seconds)
    if dated:
        index = pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, unit="s")
    whole = regular_grid(index, None, str)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("spectra.datasets.large.stamps.AT_ONCE", 17)
        stamps = Stamps(index, "data")
        for start in range(0, len(index), 31):
            stamps.append(index[start : start + 31], "data, row 1")
        found = stored_grid(stamps, None)
    assert found.fs == pytest.approx(whole.fs, rel=1e-12)
    rows = np.arange(len(index)) if found.runs is None else np.asarray(found.runs.of_rows())
    np.testing.assert_array_equal(rows, np.arange(len(index)) if whole.rows is None else whole.rows)
    assert found.notes == whole.notes
    instants = found.index.take(np.arange(len(whole.index)))
    assert (instants == whole.index).all()


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=9))
def test_rows_are_placed_and_the_rest_is_missing(runs: list[tuple[int, int]]) -> None:
    lengths, gaps = np.array(runs).T
    begins = np.concatenate([[0], np.cumsum(lengths + gaps)[:-1]])
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    n = int(lengths.sum())
    values = np.arange(2.0 * n).reshape(n, 2)
    placed = Runs(first, first + lengths, begins, n).placed(
        StoredArray(lambda a, b: values[a:b], values.shape)
    )
    expected = np.full((begins[-1] + lengths[-1], 2), np.nan)
    for row, begin, length in zip(first, begins, lengths, strict=True):
        expected[begin : begin + length] = values[row : row + length]
    np.testing.assert_array_equal(np.asarray(placed), expected)
    for start in range(len(expected)):
        np.testing.assert_array_equal(placed[start : start + 4], expected[start : start + 4])


def lines(change: Callable[[list[str]], list[str]]) -> str:
    return "\n".join(change(TEXT.splitlines())) + "\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines(lambda rows: [*rows[:2001], "2024-01-01 00:00:20,oops,1", *rows[2002:]]),
         "line 2002, column 'tone': 'oops' is not a number"),
        (lines(lambda rows: [*rows[:2001], "2024-01-01 00:00:20,inf,1", *rows[2002:]]),
         "line 2002, column 'tone': the value is infinite"),
        (lines(lambda rows: [*rows[:2001], ",3,1", *rows[2002:]]),
         "line 2002, column 'time': the time is missing"),
        (lines(lambda rows: [rows[0], *rows[1500:], *rows[1:1500]]), "--fs gives the rate"),
        (lines(lambda rows: [rows[0], *(row for row in rows[1:] for _ in (0, 1))]),
         "share a time stamp"),
        (lines(lambda rows: [*rows[:2001], "1,2,3,4,5", *rows[2002:]]), "line 2002: 5 fields"),
        (pd.concat([DATED.assign(sensor=one) for one in "ab"]).sort_values("time")
         .to_csv(index=False), "several series in the same columns"),
    ],
)  # fmt: skip
def test_what_only_memory_would_help_is_one_sentence(
    content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "data.csv").write_text(content)
    with pytest.raises(DataError, match="data") as error:
        opened(tmp_path / "data.csv")
    assert said in str(error.value)


def test_a_few_repeated_stamps_are_merged_as_in_a_short_file(tmp_path: Path) -> None:
    rows = TEXT.splitlines()
    for row in (2900, 1500, 701, 700, 40):
        rows.insert(row, rows[row - 1])
    (tmp_path / "data.csv").write_text("\n".join(rows))
    whole, large = read(tmp_path / "data.csv"), opened(tmp_path / "data.csv")
    np.testing.assert_array_equal(np.asarray(large.values), whole.values)
    np.testing.assert_array_equal(np.asarray(large.positions), whole.positions)
    assert (large.index.take(np.arange(N)) == whole.index).all()
    assert large.fs == whole.fs
    assert "5 rows have the time stamp of a row above" in " ".join(large.notes)


def test_a_late_row_is_left_out(tmp_path: Path) -> None:
    rows = TEXT.splitlines()
    rows.insert(2000, rows[1900].replace(rows[1900].split(",")[1], "99"))
    (tmp_path / "data.csv").write_text("\n".join(rows))
    large = opened(tmp_path / "data.csv")
    np.testing.assert_array_equal(np.asarray(large.values), BOTH)
    assert large.n_rows == N + 1
    assert "1 row has the time stamp of a row above, or an earlier one" in " ".join(large.notes)


def test_resampling_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(TEXT)
    with pytest.raises(DataError, match="too large to be resampled"):
        opened(tmp_path / "data.csv", Request(resample=True))


def test_an_infinite_sample_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", np.where(np.arange(N) == 1234, np.inf, TONE))
    with pytest.raises(DataError, match="sample 1235, column 'value': the value is infinite"):
        opened(tmp_path / "data.npy")


def test_stamps_that_do_not_fit_are_left_out_at_a_given_rate(tmp_path: Path) -> None:
    frame = DATED.assign(time=DATED["time"].to_numpy()[RNG.permutation(N)])
    frame.to_csv(tmp_path / "data.csv", index=False)
    large = opened(tmp_path / "data.csv", fs=100.0)
    assert large.n_samples == N
    assert "only the first is used" in " ".join(large.notes)


def test_a_file_is_large_by_its_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "data.npy", BOTH)
    (tmp_path / "data.csv").write_text(TEXT)
    FRAME.to_parquet(tmp_path / "data.parquet")
    wavfile.write(tmp_path / "data.wav", 8000, TONE)
    names = ("data.npy", "data.csv", "data.parquet", "data.wav")
    for most, large in ((2 * 10**7, False), (1000, True)):
        monkeypatch.setattr(opening, "MOST_VALUES", most)
        assert [is_large(open_source(tmp_path / name)) for name in names] == [large] * 4


def test_a_format_that_is_read_as_a_whole_is_not_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", TONE)
    source = open_source(tmp_path / "data.npz")
    assert open_large(source, Request(), None, "data.npz") is None
