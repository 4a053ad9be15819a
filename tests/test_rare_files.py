"""Files that are rarely written this way are read by what they hold, or named in a sentence."""

import bz2
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from spectra.datasets import Recording, read
from spectra.datasets.inspection import inspect
from spectra.datasets.large import opening, signals
from spectra.datasets.large.opening import is_large, open_large
from spectra.datasets.raw import Request
from spectra.datasets.readers.dates.dates import parse_dates
from spectra.datasets.readers.dates.written_start import _DATE, _year_month_day
from spectra.datasets.readers.text import encoded_text
from spectra.datasets.reading import read_series
from spectra.datasets.sensors import SensorData
from spectra.datasets.source import open_source
from spectra.errors import DataError

RNG = np.random.default_rng(11)
X = np.round(RNG.standard_normal(300), 4)


def read_text(folder: Path, text: str, name: str = "data.csv", **choices: Any) -> Recording:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name, **choices)


def test_header_of_an_oscilloscope_beside_its_rows_is_no_channel(tmp_path: Path) -> None:
    side = ["Record Length,2500", "Sample Interval,0.001", "Vertical Units,V"]
    rows = [f"{side[i] if i < len(side) else ','},,{i / 1000:.3f},{X[i]:.4f}" for i in range(300)]
    recording = read_text(tmp_path, "\n".join(rows) + "\n")
    assert recording.fs == 1000.0
    assert np.array_equal(recording.values[:, -1], X)


def test_texts_that_only_stand_in_the_first_rows_are_no_header_beside_them(tmp_path: Path) -> None:
    rows = ["made in May", *(f",{value:.4f}" for value in X)]
    assert np.isin(X[50:], read_text(tmp_path, "\n".join(rows) + "\n").values).all()


def test_infinity_far_down_in_a_large_array_is_named_by_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "HEAD_ROWS", 50)
    values = X.copy()
    values[123] = np.inf
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(DataError, match="row 124, 'value'"):
        open_large(open_source(tmp_path / "a.npy"), Request(), None, "a")


def test_workbook_is_never_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MOST_VALUES", 10)
    pd.DataFrame({"x": X}).to_excel(tmp_path / "a.xlsx", index=False)
    pd.DataFrame({"x": X}).to_csv(tmp_path / "a.csv", index=False)
    assert not is_large(open_source(tmp_path / "a.xlsx"))
    assert is_large(open_source(tmp_path / "a.csv"))


def test_log_is_inspected_by_its_first_lines(tmp_path: Path) -> None:
    line = "2024-01-01 00:00:{:02} temp=21.{} hum=40.{}\n"
    log = "".join(line.format(i, i % 10, i * i % 10) for i in range(60))
    assert read_text(tmp_path, log, "a.log").channels == ("temp", "hum")
    assert inspect(tmp_path / "a.log").channels


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/25/2024", "", (2024, 3, 25)),
        ("25/03/2024", "", (2024, 3, 25)),
        ("03/04/2024", "", None),
        ("03/04/2024", "month", (2024, 3, 4)),
    ],
)
def test_day_and_month_are_told_by_a_number_above_12(
    text: str, order: str, expected: tuple[int, int, int] | None
) -> None:
    date = _DATE.search(text)
    assert date is not None
    assert _year_month_day(date, order) == expected


def test_wav_file_of_the_extensible_form_is_read(tmp_path: Path) -> None:
    samples = RNG.integers(-1000, 1000, 500).astype("<i2")
    form = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4, 1)
    form += b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", samples.nbytes) + samples.tobytes()
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    recording = read(tmp_path / "a.wav")
    assert recording.fs == 8000.0
    assert np.array_equal(recording.values[:, 0], samples)


def test_data_set_may_be_one_file_and_needs_names_of_sensors(tmp_path: Path) -> None:
    rows = pd.DataFrame({"sensor": ["a", "b"] * 150, "x": X})
    rows.to_parquet(tmp_path / "a.parquet", index=False)
    assert SensorData.open(tmp_path / "a.parquet", "sensor").names == ("a", "b")
    none = rows.assign(sensor=pd.array([None] * 300, dtype="string"))
    none.to_parquet(tmp_path / "none.parquet", index=False)
    with pytest.raises(DataError, match="has no row that names a sensor in its column 'sensor'"):
        SensorData.open(tmp_path / "none.parquet", "sensor")


def stacked(b: list[float]) -> str:
    rows = [{"place": "a", "time": i, "x": X[i], "y": X[-i]} for i in range(100)]
    rows += [{"place": "b", "time": i, "x": x, "y": np.nan} for i, x in enumerate(b)]
    return pd.DataFrame(rows).to_csv(index=False)


def test_channel_without_a_value_in_a_series_is_left_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(stacked(X[:90].tolist()))
    found = read_series(tmp_path / "a.csv", series="place")
    shapes = {name: one.channels for name, one in found.items() if isinstance(one, Recording)}
    assert shapes == {"a": ("x", "y"), "b": ("x",)}


def test_series_without_values_is_named_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(stacked([np.nan] * 90))
    found = read_series(tmp_path / "a.csv", series="place")
    assert isinstance(found["a"], Recording)
    assert "has no two values" in str(found["b"])


def test_compressed_table_is_inspected_as_the_table(tmp_path: Path) -> None:
    text = pd.DataFrame({"time": np.arange(300) / 10, "x": X}).to_csv(index=False).encode()
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "a.csv.bz2").write_bytes(bz2.compress(text))
    plain, packed = inspect(tmp_path / "a.csv"), inspect(tmp_path / "a.csv.bz2")
    assert plain.fs == packed.fs == 10.0
    assert plain.channels == packed.channels


def test_table_of_very_long_rows_is_inspected(tmp_path: Path) -> None:
    wide = pd.DataFrame(RNG.standard_normal((30, 8000)).round(3))
    wide.columns = [f"c{i}" for i in range(8000)]
    wide.to_csv(tmp_path / "a.csv", index=False)
    assert len(inspect(tmp_path / "a.csv").channels) == 8000


def test_column_of_different_units_gives_no_unit(tmp_path: Path) -> None:
    for units, expected in ((["V", "V"], "V"), (["V", "A"], "")):
        frame = pd.DataFrame({"time": np.arange(300) / 10, "x": X, "unit": units * 150})
        recording = read_text(tmp_path, frame.to_csv(index=False), series="none")
        assert (recording.units or ("",))[0] == expected


def test_order_of_dates_of_mixed_lengths_is_the_one_that_is_given() -> None:
    text = pd.Series(["3/4/2024 1:00", "03/4/2024 02:00", "3/04/2024 3:00"])
    for order, month in (("day-first", 4), ("month-first", 3)):
        assert set(parse_dates(text, order)[0].month) == {month}


def test_dates_with_the_name_of_a_month_are_read() -> None:
    text = pd.Series(["March 5, 2024 10:00", "March 6, 2024 10:00"])
    expected = pd.DatetimeIndex(["2024-03-05 10:00", "2024-03-06 10:00"])
    assert (parse_dates(text)[0] == expected).all()


def test_first_line_that_does_not_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded_text, "_MOST_BYTES", 4096)
    monkeypatch.setattr(encoded_text, "_FIRST_BYTES", 1024)
    with pytest.raises(DataError, match=r"data\.csv has a first line of more than"):
        read_text(tmp_path, "1," * 10_000)


def test_time_of_a_file_with_a_rate_is_in_seconds_where_they_agree(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"time": np.arange(300) / 100, "x": X, "fs": 100.0})
    recording = read(tmp_path / "a.mat")
    assert (recording.fs, recording.channels) == (100.0, ("x",))


def test_rows_that_nearly_all_lack_a_time_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"time": [f"2024-01-01 00:00:{i:02}" for i in range(10)], "x": X[:10]})
    more = pd.DataFrame({"time": [None] * 290, "x": X[10:]})
    text = pd.concat([frame, more]).to_csv(index=False)
    with pytest.raises(DataError, match=r"data\.csv"):
        read_text(tmp_path, text, time="time")


def test_comment_among_the_rows_is_left_out_wherever_it_stands(tmp_path: Path) -> None:
    rows = [f"{i / 10},{X[i % 300]}" for i in range(3000)]
    rows.insert(2500, "# the pump, was, serviced")
    recording = read_text(tmp_path, "\n".join(["time,x", *rows]) + "\n")
    assert recording.n_samples == 3000


def test_lines_of_json_that_are_cut_off_are_inspected(tmp_path: Path) -> None:
    lines = "".join(f'{{"time": {i / 10}, "x": {X[i % 300]}}}\n' for i in range(60_000))
    (tmp_path / "a.jsonl").write_text(lines)
    assert inspect(tmp_path / "a.jsonl").fs == 10.0
    assert read(io.BytesIO(lines[:20_000].rpartition("\n")[0].encode())).fs == 10.0
