"""inspect reports the contents of a file as they were written and as read returns them."""

import gzip
import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pandas as pd
import pyarrow
import pytest
from click.testing import CliRunner
from pyarrow import feather, parquet
from scipy.io import savemat, wavfile

import naive_edf
from spectra.cli import main
from spectra.datasets import inspect, read
from spectra.errors import DataError

RNG = np.random.default_rng(13)


def table(rows: int = 1000) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "time_s": np.arange(rows) / 50,
            "flow": np.round(RNG.normal(size=rows), 4),
            "valve": np.where(np.arange(rows) < 300, 7.5, np.arange(rows)),
            "who": ["x"] * rows,
        }
    )
    frame.loc[100:119, "flow"] = np.nan
    return frame


def saved(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(path, index=False)
    return path


def test_table_is_described(tmp_path: Path) -> None:
    frame = table()
    found = inspect(saved(tmp_path / "a.csv", frame))
    assert found.format == "text table"
    assert (found.rows, found.sampled) == (1000, False)
    assert (found.fs, found.rate_from) == (50.0, "the time in column 'time_s'")
    assert found.seconds == 20.0
    flow, valve = found.channels
    assert (flow.name, flow.low, flow.high) == ("flow", frame["flow"].min(), frame["flow"].max())
    assert flow.missing == pytest.approx(0.02, abs=1e-12)
    assert (flow.flat_stretches, flow.longest_flat_row) == (0, None)
    assert (valve.flat_stretches, valve.longest_flat, valve.longest_flat_row) == (1, 300, 0)
    assert "column 'who' holds text: left out." in found.notes
    assert found.problem is None
    assert found.first["flow"].tolist() == frame["flow"].head(5).tolist()


@pytest.mark.parametrize("packed", [False, True])
def test_beginning_of_a_long_table_is_read_and_the_rest_estimated(
    tmp_path: Path, packed: bool
) -> None:
    path = saved(tmp_path / "a.csv", table(300_000))
    assert path.stat().st_size > 5e6
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes(), 1))
    found = inspect(path)
    assert found.sampled
    # The lines of a plain file are counted; they get longer towards the end.
    assert found.rows == pytest.approx(300_000, rel=0.15 if packed else 0)
    assert found.seconds == pytest.approx(6000, rel=0.15 if packed else 1e-12)
    assert found.fs == 50.0
    assert found.notes[0].startswith("Only the first ")


@cache
def long_text() -> str:
    """A text table of which inspect reads the beginning."""
    return table(350_000)[["time_s", "flow"]].to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_beginning_ends_with_a_whole_line_in_every_encoding(encoding: str, end: str) -> None:
    data = long_text().replace("\n", end).encode(encoding)
    assert len(data) > 5e6
    found = inspect(io.BytesIO(data), channels="flow")
    assert found.sampled
    assert found.channels[0].high < 10
    assert found.fs == 50.0


def test_stream_and_choices_are_those_of_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.csv", table())
    with path.open("rb") as stream:
        found = inspect(stream, channels="valve")
    assert [channel.name for channel in found.channels] == ["valve"]
    assert inspect(path, resample="40ms").fs == 25.0
    assert inspect(path, resample="40ms").rate_from == "resampled (--resample)"
    with pytest.raises(DataError, match="has no column 'flwo'"):
        inspect(path, channels="flwo")


def test_format_with_a_rate_says_so(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 8000, RNG.integers(-99, 99, (400, 2)).astype("i2"))
    found = inspect(tmp_path / "a.wav")
    assert found.format == "WAV"
    assert (found.fs, found.rate_from) == (8000.0, "the file says it")
    assert (found.start, found.end) == ("P0DT0H0M0S", "P0DT0H0M0.049875S")
    assert inspect(tmp_path / "a.wav", fs=100).rate_from == "given (--fs)"


def test_array_without_rate_says_how_to_give_it(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", RNG.normal(size=50))
    found = inspect(tmp_path / "a.npy")
    assert (found.fs, found.rate_from) == (None, "not known (--fs gives it)")
    assert (found.seconds, found.start) == (None, None)


def test_rows_that_cannot_be_analysed_are_described_with_the_problem(tmp_path: Path) -> None:
    frame = table()
    frame["time_s"] = np.sort(RNG.uniform(0, 20, 1000))
    path = saved(tmp_path / "a.csv", frame)
    found = inspect(path)
    with pytest.raises(DataError) as caught:
        read(path)
    assert found.problem == str(caught.value)
    assert len(found.channels) == 2


def test_labels_are_counted(tmp_path: Path) -> None:
    frame = table()
    frame["label"] = (np.arange(1000) > 899).astype(int)
    assert inspect(saved(tmp_path / "a.csv", frame)).labelled == 0.1


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["inspect", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_command_shows_channels_rate_notes_and_first_rows(tmp_path: Path) -> None:
    shown = run(str(saved(tmp_path / "a.csv", table())))
    assert "text table, 1,000 rows, 20.0 s, 2 channels" in shown
    assert "rate: 50 Hz, the time in column 'time_s'" in shown
    assert "1 stretch, the longest 300 rows from row 0" in shown
    assert "2.00 %" in shown
    assert "note: column 'who' holds text: left out." in shown
    assert len([line for line in shown.splitlines() if line.startswith("  0:00:00.0")]) == 5


def test_command_writes_json_with_the_keys_of_its_help(tmp_path: Path) -> None:
    found = json.loads(run(str(saved(tmp_path / "a.csv", table())), "--format", "json"))
    help_text = run("--help")
    for key in (*found, *found["channels"][0]):
        assert f'"{key}"' in help_text
    assert found["schema_version"] == 1
    assert found["channels"][1]["high"] == 999.0
    assert found["first"][1]["time"] == "0.02"
    assert found["first"][1]["valve"] == 7.5


def test_command_takes_sheets_and_variables(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", left=np.arange(90.0) % 7, right=np.arange(40.0))
    shown = run(str(tmp_path / "a.npz"), "--variable", "right", "--fs", "4")
    assert "40 rows, 10.0 s, 1 channel" in shown
    book = openpyxl.Workbook()
    book.create_sheet("Second").append(["x"])
    for value in range(9):
        book["Second"].append([value])
    book.save(tmp_path / "a.xlsx")
    assert "9 rows" in run(str(tmp_path / "a.xlsx"), "--sheet", "Second")


def test_command_names_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    result = CliRunner().invoke(main, ["inspect", str(tmp_path / "a.wav")])
    assert result.exit_code == 1
    assert "a.wav is damaged or not complete as a WAV file" in result.output


def test_reading_a_text_table_imports_no_library_of_another_format(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.csv", table())
    # pandas imports pyarrow itself where it is installed.
    program = (
        "import sys; from spectra.datasets import read; read(sys.argv[1]); "
        "print({'h5py', 'edfio', 'wfdb', 'python_calamine', 'openpyxl', 'scipy', "
        "'pyarrow.parquet', 'pyarrow.feather'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


@pytest.mark.parametrize("ending", ["parquet", "wav", "edf"])
def test_a_long_binary_file_is_sampled_and_that_is_said(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(9)
    values = rng.integers(-3000, 3000, 400_000).astype(np.int16)
    path = tmp_path / f"long.{ending}"
    if ending == "parquet":
        parquet.write_table(pyarrow.table({"x": values * 1.0}), path, row_group_size=90_000)
    elif ending == "wav":
        wavfile.write(path, 8000, values)
    else:
        naive_edf.write(path, naive_edf.File([naive_edf.Signal("x", values.tolist(), 1000)]))
    found = inspect(path)
    assert found.sampled
    assert found.rows == 400_000
    assert found.notes[0] == "Only the first 300,000 rows were read."
    first = read(path).values[:300_000, 0]
    assert (found.channels[0].low, found.channels[0].high) == (first.min(), first.max())
    if ending != "parquet":
        fs = read(path).fs
        assert fs is not None
        assert found.seconds == pytest.approx(400_000 / fs)
    part = read(path, nrows=1234)
    np.testing.assert_array_equal(part.values[:, 0], first[:1234])


def written_long(path: Path, values: np.ndarray) -> None:
    """Write a file whose kind its name says, with the values at 500 Hz."""
    seconds = np.arange(len(values)) / 500
    arrow = pyarrow.table({"time": seconds, "x": values})
    ending = path.name.partition(".")[2]
    if ending == "feather":
        feather.write_feather(arrow, path, chunksize=len(values) // 7)
    elif ending == "one.feather":
        feather.write_feather(arrow, path, chunksize=len(values))
    elif ending == "arrows":
        with pyarrow.ipc.new_stream(path, arrow.schema) as stream:
            stream.write_table(arrow, max_chunksize=len(values) // 9)
    elif ending in ("npz", "packed.npz"):
        save = np.savez if ending == "npz" else np.savez_compressed
        save(path, x=values, fs=500.0)
    elif ending == "npy":
        np.save(path, values)
    elif ending in ("mat", "packed.mat"):
        packed = ending != "mat"
        savemat(path, {"x": values, "fs": 500.0}, do_compression=packed, oned_as="column")
    elif ending in ("h5", "turned.h5"):
        with h5py.File(path, "w") as file:
            file["x"] = values if ending == "h5" else values[None]
            file["fs"] = 500.0
    elif ending == "object.json":
        columns = {"time": seconds.tolist(), "note": "a [bracket]", "x": values.tolist()}
        path.write_text(json.dumps(columns))
    elif ending == "inner.json":
        pairs = zip(seconds.tolist(), values.tolist(), strict=True)
        rows = [{"time": time, "x": value} for time, value in pairs]
        path.write_text(json.dumps({"meta": {"tags": ["a", "b"]}, "data": rows}))
    else:
        book = openpyxl.Workbook(write_only=True)
        book.create_sheet("Cover").append(["nothing"])
        sheet = book.create_sheet("Data")
        sheet.append(["time", "x"])
        for row in zip(seconds.tolist(), values.tolist(), strict=True):
            sheet.append(row)
        book.save(path)


@pytest.mark.parametrize(
    ("ending", "rows", "read_rows"),
    [
        *((ending, 400_000, 300_000) for ending in (
            "feather", "one.feather", "arrows", "npz", "packed.npz", "npy", "mat", "packed.mat",
            "h5", "turned.h5",
        )),
        ("object.json", 120_000, 10_000),
        ("inner.json", 120_000, None),
        ("xlsx", 20_000, 5000),
    ],
)  # fmt: skip
def test_beginning_of_a_long_file_is_that_of_the_whole(
    tmp_path: Path, ending: str, rows: int, read_rows: int | None
) -> None:
    values = np.round(np.random.default_rng(8).normal(size=rows), 6)
    path = tmp_path / f"long.{ending}"
    written_long(path, values)
    found = inspect(path, sheet="Data" if ending == "xlsx" else None)
    assert found.sampled
    assert found.rows == pytest.approx(rows, rel=0.15)
    assert [channel.name for channel in found.channels] == ["value" if ending == "npy" else "x"]
    assert found.fs == (None if ending == "npy" else pytest.approx(500))
    if read_rows is not None:
        assert found.notes[0] == f"Only the first {read_rows:,} rows were read."
        first = values[:read_rows]
        assert (found.channels[0].low, found.channels[0].high) == (first.min(), first.max())
    part = read(path, nrows=1234, sheet="Data" if ending == "xlsx" else None)
    np.testing.assert_array_equal(part.values[:, 0], values[:1234])


@pytest.mark.parametrize("shape", [(3, 5000), (5000, 3)])
@pytest.mark.parametrize("ending", ["npy", "npz", "mat", "h5"])
def test_first_samples_of_a_matrix_are_those_along_its_longer_side(
    tmp_path: Path, ending: str, shape: tuple[int, int]
) -> None:
    matrix = np.random.default_rng(2).normal(size=shape)
    path = tmp_path / f"matrix.{ending}"
    if ending == "npy":
        np.save(path, matrix)
    elif ending == "npz":
        np.savez(path, m=np.asfortranarray(matrix))
    elif ending == "mat":
        savemat(path, {"m": matrix}, do_compression=True)
    else:
        with h5py.File(path, "w") as file:
            file["m"] = matrix
    rows = matrix if shape[0] > shape[1] else matrix.T
    np.testing.assert_array_equal(read(path, nrows=2).values, rows[:2])
    np.testing.assert_array_equal(read(path, nrows=9999).values, rows)


def test_brackets_in_the_texts_of_an_object_do_not_end_its_lists(tmp_path: Path) -> None:
    count = 30_000
    columns = {
        "note": [f"a]{i}, [b" for i in range(count)],
        "x": [i * i % 97 for i in range(count)],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(columns) + " " * 4_000_000)
    found = inspect(path)
    assert found.rows == count
    assert found.channels[0].high == 96


@pytest.mark.parametrize("ending", ["parquet", "feather", "npy", "npz", "edf"])
def test_fewer_rows_are_read_of_many_channels(tmp_path: Path, ending: str) -> None:
    values = np.random.default_rng(4).integers(-999, 999, (20_000, 200)).astype(np.float64)
    path = tmp_path / f"wide.{ending}"
    if ending in ("parquet", "feather"):
        columns = pyarrow.table({f"c{i}": column for i, column in enumerate(values.T)})
        (parquet.write_table if ending == "parquet" else feather.write_feather)(columns, path)
    elif ending == "edf":
        signals = [
            naive_edf.Signal(f"c{i}", column.astype(int).tolist(), 1000)
            for i, column in enumerate(values.T)
        ]
        naive_edf.write(path, naive_edf.File(signals))
    else:
        (np.save if ending == "npy" else np.savez)(path, values)
    found = inspect(path)
    assert (found.rows, found.sampled) == (20_000, True)
    assert found.notes[0] == "Only the first 15,000 rows were read."
    assert found.channels[7].high == read(path).values[:15_000, 7].max()


@pytest.mark.parametrize("order", ["by time", "by host"])
def test_rows_of_a_long_table_of_series_are_those_of_the_one_described(
    tmp_path: Path, order: str
) -> None:
    n, hosts = 20_000, [f"web-{i}" for i in range(6)]
    stamps = pd.date_range("2024-01-01", periods=n, freq="5min")
    keys = pd.MultiIndex.from_product([stamps, hosts], names=["time", "host"])
    cpu = np.random.default_rng(0).normal(40, 5, len(keys)).round(2)
    table = pd.DataFrame({"cpu": cpu}, index=keys).reset_index()
    if order == "by host":
        table = table.sort_values(["host", "time"])
    table.to_csv(tmp_path / "fleet.csv", index=False)
    found = inspect(tmp_path / "fleet.csv")
    assert found.sampled
    assert found.rows == pytest.approx(n, rel=0.02)
    assert found.seconds == pytest.approx(n * 300, rel=0.02)
    if order == "by time":
        chosen = inspect(tmp_path / "fleet.csv", series="host=web-3")
        assert chosen.rows == pytest.approx(n, rel=0.02)
