"""Tables, dates and names that are nearly of a known form are read by what they hold."""

import bz2
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from spectra.datasets import Recording, read
from spectra.datasets.grid_fit import best_fit, even_step_of
from spectra.datasets.inspection import inspect
from spectra.datasets.instants import extreme_steps
from spectra.datasets.readers.binary.signals import listed_channels
from spectra.datasets.readers.cells.cells import read_cells
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.header import read_header
from spectra.datasets.readers.cells.names import names_only_time, unit_text
from spectra.datasets.readers.dates.dates import is_date
from spectra.datasets.readers.dates.fixed_dates import fixed_dates
from spectra.datasets.readers.json.json_part import shortened
from spectra.datasets.readers.tables.fill_values import without_fill_values
from spectra.datasets.readers.tables.labels import find_labels
from spectra.datasets.readers.tables.layouts import unrolled
from spectra.datasets.readers.text.fit_csv import fit_messages
from spectra.datasets.readers.times.calendar_columns import unnamed_dates
from spectra.datasets.readers.times.clock_times import clock_times, hours_beside
from spectra.datasets.readers.times.time_numbers import day_numbers, epoch, julian_dates
from spectra.errors import DataError

RNG = np.random.default_rng(5)


def table(columns: dict[str, object], *, named: bool = True) -> Table:
    frame = pd.DataFrame(columns)
    names = tuple(frame.columns) if named else (None,) * frame.shape[1]
    plain = frame.set_axis(range(frame.shape[1]), axis=1)
    return Table(plain, names, lambda row: f"data, row {row + 1}", "data")


def read_text(folder: Path, text: str, name: str = "data.csv", **choices: Any) -> Recording:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name, **choices)


DAYS = pd.date_range("2024-01-01", periods=30)
CLOCKS = {f"{hour:02}:00": RNG.standard_normal(30) for hour in range(24)}


def test_days_with_a_column_an_hour_become_one_column() -> None:
    found = unrolled(table({"date": DAYS, **CLOCKS}))
    assert found.names == ("time", "value")
    assert np.array_equal(found.frame[1], np.column_stack(list(CLOCKS.values())).ravel())
    whole = pd.DatetimeIndex(found.frame["time"] if "time" in found.frame else found.frame[0])
    assert (np.diff(whole) == np.timedelta64(1, "h")).all()


def test_two_rows_of_one_day_that_differ_are_refused(tmp_path: Path) -> None:
    twice = pd.DataFrame({"date": DAYS[[*range(29), 28]], **CLOCKS})
    with pytest.raises(DataError, match=r"so have 24 of 720 rows in all: choose with --repeats"):
        read_text(tmp_path, twice.to_csv(index=False))


@pytest.mark.parametrize(
    "columns",
    [
        # One hour is left out.
        {"date": DAYS, **{name: one for name, one in CLOCKS.items() if name != "07:00"}},
        # No day.
        {"place": ["a"] * 30, **CLOCKS},
        # Halves of an hour, which nothing names.
        {"a": RNG.standard_normal(30), "00": np.arange(30.0), "30": np.arange(30.0)},
        # Halves of an hour, whose stamps are days.
        {"date": DAYS, "00": RNG.standard_normal(30), "30": RNG.standard_normal(30)},
        # Halves that begin at a quarter.
        {
            "date": pd.date_range("2024-01-01", periods=30, freq="h"),
            "15": RNG.standard_normal(30),
            "45": RNG.standard_normal(30),
        },
    ],
)
def test_columns_that_do_not_fill_a_day_or_an_hour_stay_columns(
    columns: dict[str, object],
) -> None:
    plain = table(columns)
    assert unrolled(plain) is plain


def block(steps: np.ndarray, *, text: bool = False) -> Table:
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.cumsum(steps), unit="us")
    values: dict[str, object] = {f"v{i}": RNG.standard_normal(len(steps)) for i in range(16)}
    if text:
        values["v15"] = ["on", "off"] * (len(steps) // 2)
    return table({"time": stamps, **values})


def test_block_of_samples_beside_each_stamp_becomes_one_column() -> None:
    assert unrolled(block(np.full(40, 1_600_000))).names == ("time", "value")


@pytest.mark.parametrize(
    "plain",
    [
        block(np.where(np.arange(40) % 2, 1_600_000, 900_000)),
        block(np.full(40, 1_234_567)),
        block(np.zeros(40)),
        block(np.full(40, 1_600_000), text=True),
    ],
)
def test_block_without_a_round_rate_or_with_a_text_stays_as_it_is(plain: Table) -> None:
    assert unrolled(plain) is plain


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-01", "2024/01/02"],
        ["2024-01-30", "2024-01-32"],
        ["2024-01-01", "2024-01-00"],
        ["01/01/2024 10:00:00 AM", "01/01/2024 10:00:00 AX"],
        ["01/01/2024 10:00:00 AM", "01/01/2024 13:00:00 PM"],
        ["01/01/2024 10:00:00 AM", "01/01/2024 00:30:00 AM"],
        ["1500-01-01T00:00:00.000000001", "1500-01-01T00:00:00.000000002"],
    ],
)
def test_dates_of_another_form_or_none_at_all_are_not_read_as_fixed(texts: list[str]) -> None:
    found = fixed_dates(pd.Series(texts))
    assert not found or all(len(one) == 0 for one in found.values())


def test_year_and_month_is_a_date_only_where_months_are_meant() -> None:
    assert is_date("2024-01", months=True)
    assert not is_date("2024-01", months=False)


def test_form_of_dates_as_a_name_means_time_alone() -> None:
    assert names_only_time("YYYYMMDD")
    assert names_only_time("time_ms")
    assert not names_only_time("response_time_ms")


@pytest.mark.parametrize("statistic", ["mean", "Avg", "Smp"])
def test_statistic_below_a_name_is_no_unit(statistic: str) -> None:
    assert unit_text(statistic) == ""
    assert unit_text("[mV]") == "mV"


def test_choice_of_no_channel_is_refused() -> None:
    assert listed_channels("a, b", ["a", "b"]) == ["a", "b"]
    with pytest.raises(DataError, match="No channel is named"):
        listed_channels(" , ", ["a", "b"])


def test_one_instant_has_no_steps() -> None:
    assert extreme_steps(np.array([3.0])) == (np.inf, -np.inf)
    assert even_step_of(np.array([3.0]), 1.0) is None


def test_stamp_beyond_all_others_has_no_position() -> None:
    fit = best_fit(np.array([0.0, 1.0, 2.0, 1e20]), 0.0, None)
    assert fit.step == 1.0
    assert fit.positions.size == 0


def test_step_that_drifts_is_not_even() -> None:
    n = 100_000
    slow = np.arange(n) + np.where(np.arange(n) < n // 2, 0, (np.arange(n) - n // 2) * 1e-4)
    assert even_step_of(slow, 1.0) is None
    assert even_step_of(np.arange(float(n)), 1.0) == 1.0


@pytest.mark.parametrize(
    ("hours", "expected"),
    [([0, 1, 2, 3], True), ([1, 8, 16, 24], True), ([0, 1, 2, 25], False), ([-1, 0, 1, 2], False)],
)
def test_hours_beside_a_date_lie_in_a_day(hours: list[int], expected: bool) -> None:
    found = hours_beside(table({"date": ["2024-01-01"] * 4, "hour": hours}), 0)
    assert (found is not None) is expected


def test_column_without_a_name_is_no_hour_where_both_do_not_rise_evenly() -> None:
    dates = pd.DatetimeIndex(["2024-01-01"] * 4)
    plain = table({"a": dates, "b": [0, 3, 4, 9]}, named=False)
    assert hours_beside(plain, 0, dates) is None
    even = table({"a": dates, "b": [0, 3, 6, 9]}, named=False)
    assert hours_beside(even, 0, dates) is not None


def test_clock_times_may_be_written_with_letters() -> None:
    found = clock_times(table({"time": ["1h05", "1h06", "1h07"]}), 0)
    assert found.total_seconds().tolist() == [3900, 3960, 4020]


def test_numbers_outside_1980_to_2080_are_no_julian_dates() -> None:
    assert julian_dates(np.array([100.0, 101.0]), modified=False) is None
    found = julian_dates(np.array([2_451_545.0]), modified=False)
    assert found is not None
    assert found[0] == pd.Timestamp("2000-01-01 12:00", tz="UTC")


@pytest.mark.parametrize("values", [[45_000.0, 45_000.0, 45_000.0], [100_000.0, 100_001.0]])
def test_day_numbers_that_do_not_rise_or_are_of_no_program_are_no_dates(
    values: list[float],
) -> None:
    assert day_numbers(np.array(values), dated=True) is None


def test_seconds_since_1904_with_fractions_are_dates() -> None:
    values = 2_082_844_800.0 + 1.7e9 + np.arange(4) / 2
    found = epoch(pd.Series(values), values, 1e8)
    assert found is not None
    expected = pd.to_datetime(1.7e9 + np.arange(4) / 2, unit="s", utc=True)
    assert (np.abs((found - expected).total_seconds()) < 1e-5).all()


@pytest.mark.parametrize(
    "days", [[1, 2, 3, 4, 5, 6], [27, 28, 29, 30, 31, 32], [26, 27, 28, 29, 30, 31]]
)
def test_parts_of_a_date_that_does_not_exist_are_no_time(days: list[int]) -> None:
    joined = [20_230_200 + day for day in days]
    plain = table({"a": joined, "b": [0] * 6, "c": RNG.standard_normal(6)}, named=False)
    found = unnamed_dates(plain, [0, 1, 2])
    assert (found is not None) is (max(days) <= 28)


def test_parts_of_a_date_with_a_month_of_13_are_no_time() -> None:
    joined = [20_231_301 + day for day in range(6)]
    plain = table({"a": joined, "b": [0] * 6, "c": RNG.standard_normal(6)}, named=False)
    assert unnamed_dates(plain, [0, 1, 2]) is None


def test_column_with_a_few_hexadecimal_numbers_is_text() -> None:
    mixed = table({"a": ["0x1F", "red", "green", "blue"]})
    assert not np.isfinite(read_cells(mixed.frame[0], ".").values).all()


def test_many_channels_with_fill_values_share_a_note() -> None:
    values = RNG.uniform(1, 2, (50, 9))
    values[3] = -999.0
    found, notes = without_fill_values(
        values, values.min(axis=0), values.max(axis=0), list("abcdefghi")
    )
    assert np.isnan(found[3]).all()
    assert notes[-1] == "3 more columns are like these."
    assert (values[3] == -999.0).all()


def test_value_that_most_rows_have_is_no_fill_value() -> None:
    values = RNG.uniform(1, 2, (50, 1))
    values[:40] = -999.0
    found, notes = without_fill_values(values, values.min(axis=0), values.max(axis=0), ["a"])
    assert found is values
    assert notes == []


def test_number_of_a_rate_that_is_no_rate_is_not_taken() -> None:
    assert read_header(["Sampling rate: 0 Hz"]).fs is None
    assert read_header(["Sample interval: 0 s"]).fs is None
    assert read_header(["Sampling rate: 0 Hz", "Sampling rate: 250 Hz"]).fs == 250.0


def test_kinds_of_a_class_are_no_labels() -> None:
    kinds = table({"target": [1, 2, 3, 1], "label": [0, 1, 0, 0], "anomaly": [0, 0, 1, 0]})
    found = find_labels(kinds, None, frozenset())
    assert found.values is not None
    assert found.values.tolist() == [0, 1, 0, 0]
    assert found.columns == frozenset({1, 2})


def test_messages_of_a_watch_without_a_time_stay_a_table() -> None:
    row = {"Type": "Data", "Local Number": 0, "Message": "record"}
    plain = table(
        {
            **{k: [v] for k, v in row.items()},
            "Field 1": ["speed"],
            "Value 1": [3],
            "Units 1": ["m/s"],
        }
    )
    assert fit_messages(plain) is plain


def test_fields_of_a_watch_without_a_name_are_left_out() -> None:
    columns: dict[str, object] = {
        "Type": ["Data"] * 3,
        "Local Number": [0] * 3,
        "Message": ["record"] * 3,
        "Field 1": ["timestamp"] * 3,
        "Value 1": [1000, 1001, 1002],
        "Units 1": ["s"] * 3,
        "Field 2": ["unknown", "speed", "speed"],
        "Value 2": [1, 2, 3],
        "Units 2": ["", "m/s", "m/s"],
    }
    assert fit_messages(table(columns)).names == ("timestamp", "speed")


def test_long_lists_in_json_are_shortened_to_what_is_asked() -> None:
    text = json.dumps({"a": list(range(1000)), "b": list(range(1000))}).encode()
    short, share = shortened(text, 10)
    assert json.loads(short) == {"a": list(range(10)), "b": list(range(10))}
    assert share == 100.0
    words = json.dumps({"a": ["x" * 100] * 5, "b": [1]}).encode()
    assert json.loads(shortened(words, 10)[0]) == json.loads(words)


def test_json_with_brackets_that_do_not_fit_is_refused(tmp_path: Path) -> None:
    text = '{"a": [[1, 2], [3, 4]}]' + " " * 10
    assert shortened(b'{"a": [' + b"[1}, " * 5000, 10)[1] > 1
    with pytest.raises(DataError, match=r"data\.json"):
        read_text(tmp_path, text, "data.json")


def test_json_deeper_than_any_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.json"):
        read_text(tmp_path, "[" * 50 + "1" + "]" * 50, "data.json")


def test_answer_of_a_time_series_database_without_labels_is_read(tmp_path: Path) -> None:
    values = [[1.7e9 + i, str(i * i % 11 / 4)] for i in range(50)]
    document = {"data": {"resultType": "matrix", "result": [{"metric": None, "values": values}]}}
    recording = read_text(tmp_path, json.dumps(document), "data.json")
    assert recording.values[:, 0].tolist() == [i * i % 11 / 4 for i in range(50)]


def test_milliseconds_beside_a_time_are_added_to_it(tmp_path: Path) -> None:
    rows = [f"2024-01-01 00:00:{i // 2:02},{500 * (i % 2)},{i * i % 11}" for i in range(100)]
    recording = read_text(tmp_path, "\n".join(["time,ms,value", *rows]) + "\n")
    assert (recording.fs, recording.channels) == (2.0, ("value",))


def test_choice_of_no_variable_or_of_a_text_is_refused(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"x": RNG.standard_normal((50, 1)), "s": "text"})
    with pytest.raises(DataError, match="No variable is named"):
        read(tmp_path / "a.mat", variable=",")
    with pytest.raises(DataError, match="variable 's' is no vector or matrix"):
        read(tmp_path / "a.mat", variable="s")


def test_time_of_a_file_with_a_rate_may_count_milliseconds(tmp_path: Path) -> None:
    x = RNG.standard_normal(50)
    savemat(tmp_path / "a.mat", {"time": np.arange(50.0) * 10, "x": x, "fs": 100.0})
    recording = read(tmp_path / "a.mat")
    assert recording.fs == 100.0
    assert recording.channels == ("x",)


def test_variable_that_is_named_as_time_is_taken_as_it_is(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"k": np.arange(50.0) / 4, "x": RNG.standard_normal(50)})
    assert read(tmp_path / "a.mat", time="k").fs == 4.0


def test_arrays_of_an_archive_in_memory_are_those_of_the_file(tmp_path: Path) -> None:
    x = RNG.standard_normal(50)
    np.savez(tmp_path / "a.npz", x=x)
    with (tmp_path / "a.npz").open("rb") as file:
        assert np.array_equal(read(file).values[:, 0], x)
        file.seek(0)
    (tmp_path / "a.npz.bz2").write_bytes(bz2.compress((tmp_path / "a.npz").read_bytes()))
    assert np.array_equal(read(tmp_path / "a.npz.bz2").values[:, 0], x)
    assert inspect(tmp_path / "a.npz.bz2") is not None


def test_array_with_a_negative_side_is_damaged(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    (tmp_path / "a.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(24)
    )
    with pytest.raises(DataError, match=r"a\.npy"):
        read(tmp_path / "a.npy")


def test_binary_workbook_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.bin", b"\0")
    with pytest.raises(DataError, match=r"is a binary workbook \(\.xlsb\): save it as \.xlsx"):
        read(tmp_path / "a.xlsx")


def test_sheet_without_a_table_is_passed_over(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"remark": ["made in May", "by hand"]}).to_excel(
            book, sheet_name="notes", index=False
        )
        pd.DataFrame({"x": RNG.standard_normal(50)}).to_excel(book, sheet_name="data", index=False)
    recording = read(tmp_path / "a.xlsx")
    assert (recording.channels, recording.n_samples) == (("x",), 50)
    assert "Sheet 'data' is read, of 'notes', 'data' (--sheet chooses)." in recording.notes


def test_true_and_false_in_a_workbook_are_numbers(tmp_path: Path) -> None:
    on = RNG.random(50) < 0.5
    pd.DataFrame({"x": RNG.standard_normal(50), "on": on}).to_excel(
        tmp_path / "a.xlsx", index=False
    )
    recording = read(tmp_path / "a.xlsx")
    assert np.array_equal(recording.values[:, recording.channels.index("on")], on)


def test_a_time_beside_a_column_of_words_is_no_counter_that_must_stay(tmp_path: Path) -> None:
    rows = "".join(f"up,{1_700_000_000 + i},{i % 7}\n" for i in range(60))
    path = tmp_path / "a.csv"
    path.write_text("place,time,temp\n" + rows, encoding="utf-8")
    recording = read(path)
    assert recording.channels == ("temp",)
    assert recording.fs == 1.0
