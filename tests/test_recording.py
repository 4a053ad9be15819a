"""Recordings from arrays, data frames and series: what a person has in a notebook."""

import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xarray as xr

import spectra
from spectra.datasets import Recording, read
from spectra.datasets.reading import as_recording
from spectra.errors import DataError
from spectra.plots.figure import _beside

N = 60
VALUES = np.random.default_rng(0).normal(size=N)
TWO = np.column_stack([VALUES, VALUES**2])
MINUTES = pd.date_range("2024-01-01", periods=N, freq="1min")
NO_RATE = ("No sampling rate is known (--fs gives one): frequencies are in cycles per sample.",)

ARRAYS: dict[str, Any] = {
    "vector": VALUES,
    "column": VALUES[:, None],
    "list": VALUES.tolist(),
    "list of rows": VALUES[:, None].tolist(),
    "tuple": tuple(VALUES),
    "objects": VALUES.astype(object),
    "texts": [str(value) for value in VALUES],
    "Fortran": np.asfortranarray(VALUES[:, None]),
    "backwards": VALUES[::-1][::-1],
    "series": pd.Series(VALUES),
    "frame": pd.DataFrame({"value": VALUES}),
    "nullable": pd.DataFrame({"value": pd.array(VALUES, dtype="Float64")}),
    "frame of objects": pd.DataFrame({"value": VALUES.astype(object)}),
    "sparse": pd.DataFrame({"value": pd.arrays.SparseArray(VALUES)}),
    "recording": Recording.from_array(VALUES),
}


@pytest.mark.parametrize("data", ARRAYS.values(), ids=ARRAYS.keys())
def test_one_channel_in_any_form(data: Any) -> None:
    recording = as_recording(data)
    np.testing.assert_array_equal(recording.values, VALUES[:, None])
    assert recording.values.dtype == np.float64
    assert recording.channels == ("value",)
    assert (recording.fs, recording.labels, recording.notes) == (None, None, NO_RATE)
    assert recording.rows.tolist() == list(range(N))
    assert (recording.n_samples, recording.n_channels) == (N, 1)


@pytest.mark.parametrize("kind", [np.float32, np.int16, np.uint8, np.bool_])
def test_numbers_of_any_kind(kind: type) -> None:
    numbers = (VALUES * 100).astype(kind)
    np.testing.assert_array_equal(as_recording(numbers).values[:, 0], numbers.astype(np.float64))
    np.testing.assert_array_equal(
        as_recording(pd.DataFrame({"value": numbers})).values[:, 0], numbers.astype(np.float64)
    )


HOLED = np.where(np.arange(N) == 20, np.nan, VALUES)
MISSING: dict[str, Any] = {
    "NaN": HOLED,
    "None": [None if np.isnan(value) else value for value in HOLED],
    "masked": np.ma.masked_invalid(HOLED),
    "masked rows": np.ma.masked_invalid(np.column_stack([HOLED, HOLED])),
    "NA": pd.Series(pd.array(HOLED, dtype="Float64").fillna(pd.NA)),
    "word": pd.DataFrame(
        {"value": ["n/a" if np.isnan(value) else repr(float(value)) for value in HOLED]}
    ),
}


@pytest.mark.parametrize("data", MISSING.values(), ids=MISSING.keys())
def test_missing_values_in_any_form(data: Any) -> None:
    recording = as_recording(data)
    assert np.flatnonzero(recording.interpolated).tolist() == [20]
    np.testing.assert_allclose(
        recording.values[:, 0], np.where(np.isnan(HOLED), (VALUES[19] + VALUES[21]) / 2, HOLED)
    )


def test_what_a_mask_hides_is_not_used() -> None:
    masked = np.ma.MaskedArray(np.where(np.arange(N) == 20, 1e9, VALUES), mask=np.arange(N) == 20)
    assert as_recording(masked).values.max() < 10


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "array has no rows: a recording needs at least two"),
        ([1.0], "array has only one row"),
        (3.0, r"must have the shape \(samples,\) or \(samples, channels\), not \(\)"),
        (np.zeros((4, 4, 4)), r"not \(4, 4, 4\)"),
        (np.zeros((5, 0)), "no column of numbers"),
        ([[1, 2], [3]], "array is no array of numbers"),
        (["1", "2", "x"], "array is no array of numbers"),
        ({"a": 1}, "array is of the type dict: give a path, an array or a table"),
        (None, "array is of the type NoneType"),
        (b"data.csv", "array is of the type bytes"),
        (VALUES + 1j, "complex values: give the real and the imaginary part as two channels"),
        ([1, np.inf, 2], "array, row 2, column 'value': the value is infinite"),
        ([1, 2, -1e200], r"array, row 3, column 'value': the value -1e\+200 is too large"),
        ([np.nan] * 9, "array has no numbers: every value is missing"),
        (pd.DataFrame(), "data has no rows"),
        (pd.DataFrame({"a": [1.0]}), "data has only one row"),
        (pd.DataFrame(index=range(5)), "data has no column of numbers"),
        (pd.DataFrame({"a": ["x"] * 5}), "column 'a' holds text: left out"),
        (pd.DataFrame({"a": [1, 2, "x", 4]}), "data, row 3, column 'a': 'x' is not a number"),
        (pd.DataFrame({"a": [1.0, np.inf]}), "data, row 2, column 'a': the value is infinite"),
        ("nothing.csv", "There is no file nothing.csv"),
        (Path("nothing.csv"), "There is no file nothing.csv"),
    ],
    ids=repr,
)
def test_what_is_no_recording(data: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        as_recording(data)
    assert "\n" not in str(caught.value)


def test_a_channel_of_nothing_is_left_out_with_a_word() -> None:
    for data in (
        np.column_stack([TWO, VALUES * np.nan]),
        pd.DataFrame(np.column_stack([TWO, VALUES * np.nan])),
    ):
        recording = as_recording(data)
        np.testing.assert_array_equal(recording.values, TWO)
        assert any(note.endswith("holds nothing: left out.") for note in recording.notes)


def test_channels_labels_and_rate_of_an_array() -> None:
    labels = VALUES > 1
    recording = Recording.from_array(
        TWO, fs=50, channels=["left", "right"], name="pump", labels=labels
    )
    assert (recording.channels, recording.fs, recording.name, recording.notes) == (
        ("left", "right"),
        50,
        "pump",
        (),
    )
    assert recording.labels is not None
    assert recording.labels.tolist() == labels.astype(int).tolist()
    assert Recording.from_array(TWO).channels == ("ch1", "ch2")
    assert Recording.from_array(TWO, channels=["a", "a"]).channels == ("a", "a.1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"channels": ["a"]}, "array has 2 channels, and 1 names were given"),
        ({"labels": [0, 1]}, "The labels of array must be 60 values 0 or 1"),
        ({"labels": [2] * N}, "must be 60 values 0 or 1"),
        ({"labels": [np.nan] * N}, "must be 60 values 0 or 1"),
    ],
)
def test_arguments_that_do_not_fit(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        Recording.from_array(TWO, **arguments)


@pytest.mark.parametrize("fs", [0, -5.0, np.nan])
def test_a_rate_that_is_none_is_refused(fs: float) -> None:
    with pytest.raises(ValueError, match=f"fs={fs} must be a number of Hz above 0"):
        Recording.from_array(TWO, fs=fs)


INDEXES = {
    "dates": MINUTES,
    "zone": MINUTES.tz_localize("Europe/Paris"),
    "durations": MINUTES - MINUTES[0],
    "coarse": MINUTES.as_unit("s"),
    "fine": MINUTES.as_unit("ns") + pd.Timedelta(7, "ns"),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
def test_an_index_of_time_gives_the_rate_and_is_kept(index: pd.Index) -> None:
    recording = as_recording(
        pd.DataFrame(TWO, index=index.rename("when"), columns=["left", "right"])
    )
    assert recording.fs == pytest.approx(1 / 60)
    pd.testing.assert_index_equal(recording.index, index.rename("when"))
    assert recording.channels == ("left", "right")
    assert recording.notes == ()
    frame = recording.to_frame()
    np.testing.assert_array_equal(frame, TWO)
    pd.testing.assert_index_equal(frame.index, index.rename("when"))
    series = as_recording(pd.Series(VALUES, index=index, name="left"))
    assert (series.channels, series.fs) == (("left",), recording.fs)


@pytest.mark.parametrize(
    "index",
    [pd.Index(np.arange(N) * 0.5), pd.RangeIndex(100, 100 + N), pd.Index(np.arange(N)[::-1])],
)
def test_a_numeric_index_is_kept_and_is_no_time(index: pd.Index) -> None:
    recording = as_recording(pd.DataFrame({"value": VALUES}, index=index))
    pd.testing.assert_index_equal(recording.index, index)
    assert recording.fs is None
    assert as_recording(pd.DataFrame({"value": VALUES}, index=index), fs=2.0).fs == 2.0


def test_the_table_of_alarms_calls_only_rows_rows() -> None:
    values = np.random.default_rng(0).normal(size=500)
    values[200:232] *= 9
    assert "start (row)" in spectra.detect(pd.Series(values)).table
    (found,) = spectra.detect(pd.Series(values, index=range(100, 600))).table.to_dict("records")
    first = int(found["rows"].partition(" ")[0])
    assert int(found["start (index)"]) == first + 100


def test_periods_and_texts_in_the_index_are_instants() -> None:
    for index in (MINUTES.to_period("min"), MINUTES.astype(str), MINUTES.astype(object)):
        recording = as_recording(pd.DataFrame({"value": VALUES}, index=index))
        assert list(recording.index) == list(MINUTES)
        assert recording.fs == pytest.approx(1 / 60)


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata"])
def test_a_column_of_instants(zone: str | None) -> None:
    frame = pd.DataFrame({"left": VALUES, "when": MINUTES.tz_localize(zone), "right": VALUES})
    recording = as_recording(frame)
    assert recording.channels == ("left", "right")
    assert list(recording.index) == list(MINUTES.tz_localize(zone))
    late = frame.assign(other=MINUTES + pd.Timedelta("1h"))
    assert Recording.from_frame(late, time="other").index[0] == pd.Timestamp("2024-01-01 01:00")


def test_a_named_time_goes_before_the_index() -> None:
    frame = pd.DataFrame({"value": VALUES, "t": np.arange(N) * 0.01}, index=MINUTES)
    assert Recording.from_frame(frame, time="t").fs == 100.0
    assert Recording.from_frame(frame, channels="value").fs == pytest.approx(1 / 60)


def test_gaps_order_and_repeats_of_an_index() -> None:
    frame = pd.DataFrame({"value": np.arange(N) * 1.0}, index=MINUTES)
    gap = as_recording(frame.drop(MINUTES[10:13]))
    np.testing.assert_allclose(gap.values[:, 0], np.arange(N))
    assert np.flatnonzero(gap.interpolated).tolist() == [10, 11, 12]
    assert gap.rows.tolist() == [*range(10), *range(13, N)]
    backwards = as_recording(frame[::-1])
    assert backwards.rows.tolist() == list(range(N))[::-1]
    np.testing.assert_array_equal(backwards.values, frame)
    twice = as_recording(frame.iloc[[0, *range(N)]])
    assert twice.rows.tolist() == [0, *range(N)]
    with pytest.raises(DataError, match="data, row 6: the time is missing"):
        as_recording(frame.set_axis(MINUTES.where(np.arange(N) != 5)))


def test_columns_of_every_kind() -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([i * i for i in range(N)], dtype="Int64"),
            "flag": VALUES > 0,
            "few": pd.Categorical(np.arange(N) % 3),
            "money": [Decimal("1.5")] * N,
            "written": [f"{value:.3f}" for value in VALUES],
            "word": "on",
            "colour": pd.Categorical(["a", "b"] * (N // 2)),
            "complex": VALUES + 1j,
            "label": [0] * (N - 1) + [1],
        }
    )
    recording = as_recording(frame)
    assert recording.channels == ("whole", "flag", "few", "money", "written")
    assert recording.labels is not None
    assert recording.labels.sum() == 1
    assert "3 columns hold text: left out ('word', 'colour', 'complex')." in recording.notes
    np.testing.assert_allclose(recording.values[:, 4], VALUES, atol=5e-4)


def test_a_frame_of_several_series_is_refused() -> None:
    rows = {"time": np.arange(N).repeat(2), "pump": ["a", "b"] * N, "flow": VALUES.repeat(2)}
    frame = pd.DataFrame(rows)
    said = "holds 2 series, told apart by pump \\('a', 'b'\\): give the rows of one of them"
    with pytest.raises(DataError, match=said):
        as_recording(frame)
    assert as_recording(frame[frame["pump"] == "a"]).n_samples == N


@pytest.mark.parametrize(
    ("columns", "channels"),
    [
        (["left", "right"], ("left", "right")),
        (["same", "same"], ("same", "same.1")),
        ([0, 1], ("0", "1")),
        (
            pd.MultiIndex.from_tuples([("pump", "x"), ("pump", "y")]),
            ("('pump', 'x')", "('pump', 'y')"),
        ),
    ],
)
def test_names_of_columns(columns: Any, channels: Sequence[str]) -> None:
    assert as_recording(pd.DataFrame(TWO, columns=columns)).channels == channels


def test_labels_of_a_frame_by_name_or_as_an_array() -> None:
    frame = pd.DataFrame({"value": VALUES, "fault": [0, 1] * (N // 2)})
    named = Recording.from_frame(frame, labels="fault")
    assert named.channels == ("value",)
    given = Recording.from_frame(frame[["value"]], labels=frame["fault"])
    assert named.labels is not None
    assert given.labels is not None
    assert named.labels.tolist() == given.labels.tolist() == frame["fault"].tolist()
    with pytest.raises(DataError, match="data, row 1, column 'value': a label must be 0 or 1"):
        Recording.from_frame(frame, labels="value")


def test_the_data_is_not_changed() -> None:
    values, frame = HOLED.copy(), pd.DataFrame({"value": HOLED.copy()}, index=MINUTES[::-1])
    values.setflags(write=False)
    as_recording(values)
    copy = frame.copy()
    as_recording(frame)
    pd.testing.assert_frame_equal(frame, copy)


def test_a_recording_and_a_rate() -> None:
    recording = Recording.from_array(VALUES, fs=5)
    assert as_recording(recording) is recording
    assert as_recording(recording, fs=5) is recording
    with pytest.raises(DataError, match="array is sampled at 5 Hz, not at the 6 Hz given"):
        as_recording(recording, fs=6)


def test_rows_of_the_scores_are_those_of_the_data() -> None:
    rng = np.random.default_rng(1)
    index = pd.date_range("2024-01-01", periods=1500, freq="1s")
    frame = pd.DataFrame({"value": rng.normal(size=1500)}, index=index)
    frame.iloc[700:760, 0] += 6 * np.sin(np.arange(60))
    messy = pd.concat([frame[:400], frame[403:600], frame[640:]])
    messy = messy.iloc[[*range(100), 101, 100, *range(102, len(messy))]]
    found = spectra.detect(messy, method=spectra.Spectral(nperseg=16))
    pd.testing.assert_index_equal(found.scores.index, messy.index)
    assert index[690] <= found.scores["anomaly_score"].idxmax() <= index[770]
    assert found.recording.n_samples == 1500
    # Beside the long gap a row has no frame near it that does not reach into the gap.
    unscored = found.scores.index[found.scores["anomaly_score"].isna()]
    assert all(index[600 - 8] <= instant < index[640 + 8] for instant in unscored)


def test_frames_in_long_gaps_have_no_score_and_short_gaps_do() -> None:
    values = np.random.default_rng(2).normal(size=2000)
    values[500:505] = np.nan
    values[1000:1100] = np.nan
    found = spectra.detect(values, method=spectra.Spectral(nperseg=32))
    unscored = np.flatnonzero(found.scores["anomaly_score"].isna())
    assert unscored.min() >= 1000 - found.nperseg // 2
    assert unscored.max() < 1100 + found.nperseg // 2
    assert set(range(1000, 1100)) <= set(unscored)
    assert (found.scores["alarm"].to_numpy()[unscored] == 0).all()


def test_units_of_a_file_are_in_the_table_of_its_alarms(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=3000)
    values[2000:2040] += 12 * np.sin(np.arange(40))
    rows = "\n".join(f"{value:.4f}" for value in values)
    (tmp_path / "a.csv").write_text(f"flow [l/min]\n{rows}\n", encoding="utf-8")
    found = spectra.detect(tmp_path / "a.csv", fs=10.0)
    assert found.recording.units == ("l/min",)
    assert found.table["channel"].str.contains("l/min").all()
    assert "(l/min)" not in "".join(found.alarms["channel"])


@pytest.mark.parametrize(
    ("name", "title"),
    [("cpu %", "cpu %"), ("temp °C", "temp °C"), ("p [bar]", "p [bar]"), ("p", "p (bar)")],
)
def test_a_unit_is_named_once(name: str, title: str) -> None:
    recording = Recording.from_frame(pd.DataFrame({name: VALUES}))
    units = recording.units or ("bar",)
    recording = replace(recording, units=units)
    assert recording.title(0) == title
    assert _beside(recording, 0) == title.replace(" (", "\n(")


def test_units_follow_their_channels_into_the_order_of_a_model() -> None:
    values = np.random.default_rng(1).normal(size=(2000, 2))
    model = spectra.learn(pd.DataFrame(values, columns=["a", "b"]))
    other = replace(
        Recording.from_frame(pd.DataFrame(values, columns=["b", "a"])), units=("bar", "V")
    )
    assert spectra.score(model, other).recording.units == ("V", "bar")


@pytest.mark.parametrize("choice", [{"repeats": "median"}, {"dates": "dmy"}])
def test_a_choice_that_there_is_not_is_refused_with_those_there_are(
    tmp_path: Path, choice: dict[str, Any]
) -> None:
    path = tmp_path / "data.csv"
    path.write_text("time,value\n" + "".join(f"{i},{i % 3}\n" for i in range(20)))
    (name,) = choice
    with pytest.raises(DataError, match=rf"{name}='{choice[name]}' must be one of \w+"):
        spectra.datasets.read(path, **choice)


FULL = pd.DataFrame(
    {"time": pd.date_range("2024-01-01", periods=N, freq="10s"), "a": TWO[:, 0], "b": TWO[:, 1],
     "label": np.arange(N) // 20 == 1}
)  # fmt: skip
TABLES: dict[str, Any] = {
    "indexed": FULL.set_index("time"),
    "dates in seconds": FULL.astype({"time": "datetime64[s]"}),
    "dates as text": FULL.astype({"time": str}),
    "nullable": FULL.convert_dtypes(),
    "stored in Arrow": FULL.convert_dtypes(dtype_backend="pyarrow"),
    "index in Arrow": FULL.convert_dtypes(dtype_backend="pyarrow").set_index("time"),
    "whole labels": FULL.astype({"label": "int8"}),
    "labels as objects": FULL.astype({"label": object}),
    "labels as categories": FULL.astype({"label": "category"}),
    "table of PyArrow": pa.Table.from_pandas(FULL),
    "batch of PyArrow": pa.record_batch(FULL),
    "frame of Polars": pl.from_pandas(FULL),
    "lazy frame of Polars": pl.from_pandas(FULL).lazy(),
    "dataset of xarray": FULL.set_index("time").to_xarray(),
    "records of NumPy": FULL.to_records(index=False),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_tables_of_any_library_give_the_same_recording(table: Any) -> None:
    expected = read(io.BytesIO(FULL.to_csv(index=False).encode()))
    found = as_recording(table)
    assert (found.channels, found.fs) == (expected.channels, expected.fs)
    assert found.index.equals(expected.index)
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)


TIME = pd.date_range("2024-01-01", periods=N, freq="10s")


@pytest.mark.parametrize(
    "array",
    [
        xr.DataArray(TWO, dims=("time", "lead"), coords={"time": TIME, "lead": ["a", "b"]}),
        xr.DataArray(TWO.T, dims=("lead", "time"), coords={"time": TIME, "lead": ["a", "b"]}),
        xr.DataArray(TWO.T, dims=("lead", "when"), coords={"when": TIME, "lead": ["a", "b"]}),
    ],
)
def test_arrays_of_xarray_have_their_time_in_front(array: xr.DataArray) -> None:
    found = as_recording(array)
    assert (found.channels, found.fs) == (("a", "b"), pytest.approx(0.1))
    assert found.index.equals(TIME.set_names(found.index.name))
    np.testing.assert_array_equal(found.values, TWO)


def test_arrays_of_xarray_without_coordinates_and_of_one_dimension() -> None:
    found = as_recording(xr.DataArray(TWO.T, dims=("lead", "sample")))
    np.testing.assert_array_equal(found.values, TWO)
    single = as_recording(xr.DataArray(TWO[:, 0], dims="time", coords={"time": TIME}, name="a"))
    assert single.channels == ("a",)
    np.testing.assert_array_equal(single.values[:, 0], TWO[:, 0])
    series = as_recording(pl.Series("a", TWO[:, 0]))
    assert series.channels == ("a",)


@pytest.mark.parametrize("kind", ["datetime64[s]", "timedelta64[ms]"])
def test_instants_are_no_values(kind: str) -> None:
    with pytest.raises(DataError, match="array has dates or durations"):
        as_recording(np.arange(N).astype(kind))


@pytest.mark.parametrize(
    ("name", "unit"),
    [("req/s", "req/s"), ("disk_MB/s", "MB/s"), ("errors/min", "errors/min"), ("delta t/s", "s")],
)
def test_anything_a_second_is_in_no_seconds(name: str, unit: str) -> None:
    recording = Recording.from_frame(pd.DataFrame({name: np.arange(N) % 7.0, "x": VALUES}))
    assert recording.units == (unit, "")


@pytest.mark.parametrize("name", ["cpu (%)", "cpu [%]"])
def test_unit_in_the_name_of_a_column_is_not_said_twice(name: str) -> None:
    recording = Recording.from_frame(pd.DataFrame({name: np.arange(40.0)}))
    assert recording.units == ("%",)
    assert recording.title(0) == name


@pytest.mark.parametrize(
    "data",
    [
        [1, np.inf, 2],
        pd.DataFrame({"a": [1.0, np.inf, 2.0]}),
        pd.DataFrame({"time": pd.to_datetime(["2024-01-01", None, "2024-01-02"]), "a": [1, 2, 3]}),
    ],
)
def test_errors_on_data_in_memory_say_how_rows_are_counted(data: Any) -> None:
    with pytest.raises(DataError) as caught:
        spectra.datasets.reading.as_recording(data, None)
    assert ", row 2" in str(caught.value)
    assert str(caught.value).endswith(" (the first row is row 1).")
    assert str(caught.value).count(".") == str(caught.value).rstrip(".").count(".") + 1
