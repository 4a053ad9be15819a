"""Inputs that the fuzz tests have found, each in a small form."""

import csv
import io
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import feather

import spectra
from spectra.cli import main
from spectra.datasets import inspect, read
from spectra.datasets.raw import Request
from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.cells.keyed_cells import is_keyed, numeric, plain_columns
from spectra.datasets.readers.text.log_lines import names_in_log
from spectra.datasets.readers.times.clock_times import holds_clocks
from spectra.errors import DataError
from spectra.sequence.memory import attention_weights
from spectra.spectral.coupling import LARGEST, residual, whitening_matrices
from spectra.stream.cells import BadLineError
from spectra.stream.feed import Choices, Feed
from spectra.stream.stamps import time_of_day

DATES = "time,x\n" + "".join(f"2024-01-01 00:00:{i:02d},{i % 7}\n" for i in range(40))


def test_offsets_of_a_feather_file_that_point_outside_are_refused(tmp_path: Path) -> None:
    # Arrow would take as much memory as they say, and end the process.
    offsets = pa.py_buffer(np.array([0, 1, 2**31 - 9, 3, 4], dtype="<i4").tobytes())
    texts = pa.Array.from_buffers(pa.string(), 4, [None, offsets, pa.py_buffer(b"abcd")])
    table = pa.table([texts, pa.array([1.0, 2.0, 3.0, 4.0])], names=["text", "x"])
    path = str(tmp_path / "a.feather")
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataError, match="is damaged or not complete as a Feather file"):
        read(tmp_path / "a.feather")


@pytest.mark.parametrize("fs", [1e-15, 1e-12])
def test_a_rate_at_which_the_last_row_is_beyond_all_dates_is_refused(fs: float) -> None:
    with pytest.raises(DataError, match=r"would lie .* s from 1970, beyond all dates: give anoth"):
        read(io.BytesIO(DATES.encode()), fs=fs)


def test_dates_beyond_the_range_of_nanoseconds_are_counted_in_microseconds() -> None:
    rows = [
        f"{pd.Timestamp('2500-01-01') + pd.Timedelta(500 * i, 'us')},{i % 7}" for i in range(40)
    ]
    found = read(io.BytesIO("\n".join(["time,x", *rows]).encode()), fs=2000.0)
    assert found.index[39] == pd.Timestamp("2500-01-01 00:00:00.0195")


@pytest.mark.parametrize("rate", ["1e-154", "1e200"])
def test_a_rate_of_a_file_that_is_none_is_refused_and_can_be_given(
    tmp_path: Path, rate: str
) -> None:
    (tmp_path / "a.csv").write_text(f"# fs = {rate} Hz\nx\n1\n2\n4\n3\n")
    np.savez(tmp_path / "a.npz", x=np.arange(40.0) % 7, fs=float(rate))
    for path in (tmp_path / "a.csv", tmp_path / "a.npz"):
        with pytest.raises(DataError, match="which no recording has: give another with --fs"):
            read(path)
        assert read(path, fs=10.0).fs == 10.0


def test_the_first_rows_of_a_file_whose_rate_is_changed_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(40.0) % 7, fs=10.0)
    found = inspect(path, resample="1s")
    assert found.first["x"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_header_of_an_array_as_python_2_wrote_it_is_read_without_a_warning(
    tmp_path: Path,
) -> None:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.arange(40.0) % 7)
    old = content.getvalue().replace(b"(40,), }  ", b"(40L,), } ")
    (tmp_path / "a.npy").write_bytes(old)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(tmp_path / "a.npy").values[:3, 0].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "column",
    [["inf"] * 40, ["1e308", "-1e308"] * 20, ["9" * 400] * 40, ["1e300"] * 20 + ["-1e300"] * 20],
    ids=["infinite", "both ends", "400 digits", "one step"],
)
@pytest.mark.parametrize("function", [read, inspect])
def test_numbers_at_the_end_of_their_range_warn_of_nothing(
    column: list[str], function: Callable[..., object]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(zip(column, np.arange(40) % 7, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with suppress(DataError):
            function(io.BytesIO(text.getvalue().encode()))


def test_scores_of_a_file_none_of_whose_series_can_be_scored_are_not_written(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{name},{i % 3}\n" for name in "ab" for i in range(12))
    (tmp_path / "a.csv").write_text(f"who,x\n{rows}")
    output = tmp_path / "scores.csv"
    words = ["detect", str(tmp_path / "a.csv"), "--nperseg", "64", "--series", "who"]
    result = CliRunner().invoke(main, [*words, "-o", str(output)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.count("Error: ") == 2
    assert not output.exists()


def test_first_lines_that_are_one_column_only_for_the_reader_are_refused() -> None:
    # A day a row is one channel, which no line has.
    days = "".join(
        f"2024-01-{day:02d}," + ",".join(str((day * hour) % 11) for hour in range(24)) + "\n"
        for day in range(1, 29)
    )
    header = "date," + ",".join(f"{hour:02d}:00" for hour in range(24)) + "\n"
    threshold = {"alpha": 0.01, "false_alarms": None, "adapt": None}
    choices = Choices(Request(), None, 32, threshold, 16, strict=False)
    model = spectra.learn(np.random.default_rng(0).normal(size=400), method="spectral")

    def take(text: str) -> None:
        feed = Feed("stdin", choices, model, spectra.learn)
        for line in text.splitlines():
            list(feed.take(line))
        list(feed.finish())

    for text in (days, header + days):
        with pytest.raises(DataError):
            take(text)


@pytest.mark.parametrize("method", ["spectral", "sequence"])
def test_the_smallest_probabilities_flag_nothing_and_warn_of_nothing(method: str) -> None:
    # The threshold of a heavy tail lies beyond the numbers of single precision.
    x = np.random.default_rng(0).standard_t(2, size=(3000, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for chosen in ({"alpha": 1e-300}, {"alpha": 5e-324}, {"fdr": 5e-324}, {"fdr": 1e-300}):
            found = spectra.detect(x, method=method, **chosen)
            assert found.alarms.empty
            assert found.alpha > 0
        model = spectra.learn(x, method=method)
        stream = spectra.Stream(model, alpha=5e-324)
        assert not stream.update(x).events + stream.finish().events


def test_residuals_of_a_bin_that_was_silent_are_bounded() -> None:
    X = np.full((1, 2, 3), 1e12 + 1e12j, dtype=np.complex64)
    whitening = np.full((3, 1, 1), 1e20, dtype=np.complex64)
    found = residual(X, whitening)
    assert np.abs(found.real).max() == pytest.approx(LARGEST)
    assert np.isfinite(np.square(np.abs(found)).sum())


def test_thousands_of_digits_before_a_letter_take_linear_time() -> None:
    # A pattern that goes back for each digit would take hours.
    for field in ("9" * 100_000 + "a", "1." + "9" * 100_000 + "a"):
        assert not is_value(field, ".")
        is_keyed(f"x={field}")


def test_keys_of_more_columns_than_a_table_has_are_left_over() -> None:
    frame = pd.DataFrame({"a": ["x=1", "x=2"]}, dtype="str")
    assert plain_columns(frame, ["x", "y"], arrows=False)[0].tolist() == [1.0, 2.0]


def test_an_empty_cell_among_times_of_day_is_no_time_of_day() -> None:
    assert not holds_clocks(pd.Series(["12:00:00", None, "12:00:02"], dtype="str"))
    assert holds_clocks(pd.Series(["12:00:00", "12.00.01"], dtype="str"))


@pytest.mark.parametrize("digits", [400, 5_000])
def test_thousands_of_digits_are_no_zone_no_hour_and_no_count(digits: int) -> None:
    number = "9" * digits
    rows = [f"2024-01-01 00:00:{i:02d},{number},{i % 7 + 0.25}" for i in range(20)]
    text = "\n".join(["time,tz,x", *rows]) + "\n"
    with suppress(DataError):
        read(io.BytesIO(text.encode()), name="a.csv")
    counted = f"number of samples: {number}\nsampling rate: 10 Hz\nx\n" + "1\n2\n4\n" * 9
    assert read(io.BytesIO(counted.encode()), name="a.txt").fs == 10.0
    with pytest.raises(BadLineError, match="is no time of day"):
        time_of_day(f"{number}:00")


@pytest.mark.parametrize("zone", ["+99:00", "+24:00", "+1459", "-99:59"])
def test_a_clock_is_in_no_zone_beyond_the_farthest(zone: str) -> None:
    rows = [f"2024-01-01;08:00:{i:02d}{zone};{i % 7 + 0.25}" for i in range(40)]
    found = read(io.BytesIO("\n".join(["Date;Time;x", *rows]).encode()), name="a.csv")
    assert found.channels == ("x",)
    assert found.fs == 1.0


HEADERS = (
    "{[]: 1, 'descr': '<f8', 'fortran_order': False, 'shape': (5,)}",
    "{b'x': 1, 'descr': '<f8', 'fortran_order': False, 'shape': (5,)}",
    "{'descr': ([],), 'fortran_order': False, 'shape': (5,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': " + "-" * 9000 + "1}",
    "[" * 9000,
    "{'descr': '\\ud800', 'fortran_order': False, 'shape': (5,)}",
)


@pytest.mark.parametrize("header", HEADERS)
def test_an_array_of_numpy_whose_header_makes_no_sense_is_refused(
    tmp_path: Path, header: str
) -> None:
    array = b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header.encode() + bytes(40)
    (tmp_path / "a.npy").write_bytes(array)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", array)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(DataError):
            read(tmp_path / name)


def test_a_line_of_a_stream_whose_quotes_cannot_be_read_is_left_out() -> None:
    choices = Choices(Request(), None, 32, {"alpha": 0.01, "false_alarms": None, "adapt": None},
                      16, strict=False)  # fmt: skip
    model = spectra.learn(np.random.default_rng(0).normal(size=(700, 2)))
    feed = Feed("stdin", choices, model, spectra.learn)
    values = np.random.default_rng(1).normal(size=(300, 2))
    rows = [f"{a:.3f},{b:.3f}\n" for a, b in values]
    for line in (*rows, '1,"2\r3"4\n', '1,"' + "9" * 200_000 + '"\n', *rows):
        list(feed.take(line))
    list(feed.finish())
    assert feed.n_bad == 2


def test_a_long_line_of_a_log_takes_linear_time() -> None:
    # Each of these would take hours if the time grew with the square of the length.
    for text in ("a" * 1_000_000, "a=" + "1" * 1_000_000 + "=", "a1." * 300_000, "a b " * 200_000):
        lines = [f"2024-01-01 00:00:{i:02d} x={i % 7} {text}" for i in range(3)]
        assert names_in_log(lines) in {("x",), None, ("x", "a")}


def test_names_in_a_log_begin_at_a_letter() -> None:
    lines = [f"2024-01-01 00:00:{i:02d} 12temp=1.5 .b/c=+2e3mV  .5x y: 7 q=1x2" for i in range(9)]
    assert names_in_log(lines) == ("temp", "b/c", "x y")


@pytest.mark.parametrize("nested", [False, True])
def test_columns_of_one_name_in_a_feather_file_are_told_apart(tmp_path: Path, nested: bool) -> None:
    other = pa.array([{"b": 4.0, "c": 9.0}] * 3) if nested else pa.array([4.0, 5.0, 6.0])
    columns = [other, pa.array([1.0, 2.0, 3.0]), pa.array([4.0, 5.0, 6.0]), pa.array([7, 8, 9])]
    table = pa.Table.from_arrays(columns, names=["s", "a", "a", "b"])
    with (
        pa.OSFile(str(tmp_path / "a.feather"), "wb") as file,
        pa.ipc.new_file(file, table.schema) as writer,
    ):
        writer.write_table(table)
    every = read(tmp_path / "a.feather")
    assert every.values[:, -3:].T.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    one = read(tmp_path / "a.feather", channels=["a"])
    assert one.values[:, 0].tolist() == [1, 2, 3]


def test_a_codec_that_there_is_not_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"x": np.sin(np.arange(50.0))}).to_parquet(path, compression="snappy")
    content = path.read_bytes()
    # The codec follows the path of the column in the schema: field 4 of a chunk, in Thrift an
    # integer after a field that begins one number before it.
    at = content.index(b"\x19\x18\x01x\x15\x02") + 4
    path.write_bytes(content[: at + 1] + b"\x7f" + content[at + 2 :])
    with pytest.raises(DataError):
        read(path)


def test_channels_that_are_as_good_as_silent_have_whitening_matrices() -> None:
    X = np.full((2, 40, 9), 1e-23, dtype=np.complex64)
    X[:, 7] = 1e18
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(whitening_matrices(X)).all()


def test_keys_that_are_far_at_a_low_temperature_have_no_weight() -> None:
    D = np.array([[1e38, 1e-30], [np.inf, 0.0]], dtype=np.float32)
    np.testing.assert_array_equal(attention_weights(D, 1e-30), [[0.0, 1.0], [0.0, 1.0]])
    # Numbers of single precision end at 1e-45.
    for temperature in (1e-38, 1e-44, 1e-46):
        D = np.array([[7.0, 5.0, 5.0, np.inf], [np.inf] * 4], dtype=np.float32)
        A = attention_weights(D, temperature)
        np.testing.assert_array_equal(A, [[0.0, 0.5, 0.5, 0.0], [0.0] * 4])


def test_stamps_with_no_time_between_them_cannot_be_resampled(tmp_path: Path) -> None:
    stamps = np.arange(40) * 5e-324
    rows = "".join(f"{stamp!r},{i % 7}\n" for i, stamp in enumerate(stamps.tolist()))
    path = tmp_path / "a.csv"
    path.write_text("seconds,x\n" + rows, encoding="utf-8")
    for resample in (True, "1s", "1e-300s"):
        with suppress(DataError):
            read(path, resample=resample)


def test_a_column_with_an_integer_of_hundreds_of_digits_is_left_as_it_is() -> None:
    column = pd.Series([1, 10**400], dtype=object)
    assert numeric(column).tolist() == column.tolist()


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize(
    ("unit", "first"),
    [("s", 10**12), ("s", -(10**11)), ("s", 2**62), ("ms", -(2**62)), ("us", 2**62),
     ("us", -(2**63) + 1), ("ns", 2**63 - 1 - 500), ("ns", -(2**63) + 1)],
)  # fmt: skip
def test_dates_that_no_calendar_has_get_one_sentence(
    tmp_path: Path, unit: str, first: int, zone: str | None
) -> None:
    # Python has no zones and no texts for them.
    stamps = first + np.arange(50, dtype=np.int64) * 10
    table = pa.table({"when": pa.array(stamps).cast(pa.timestamp(unit, zone)), "x": np.sin(stamps)})
    path = tmp_path / "a.feather"
    feather.write_feather(table, path)
    for choices in ({}, {"resample": True}, {"fs": 10.0}):
        with pytest.raises(DataError, match="row 1: the time lies outside the years 1 to 9999"):
            read(path, **choices)
    assert len(read(path, time="none").values) == 50


def test_a_last_date_far_beyond_the_others_gets_one_sentence() -> None:
    stamps = np.arange(50, dtype=np.int64) * 10
    stamps[-1] = 2**60
    for kind in ("M8[s]", "m8[s]"):
        frame = pd.DataFrame({"x": np.sin(stamps)}, index=pd.Index(stamps.view(kind)))
        with pytest.raises(DataError, match="row 50: the time lies outside"):
            spectra.detect(frame)


@pytest.mark.parametrize("end", ['"', ",1,2,3"])
def test_a_fault_in_a_text_that_ends_within_a_character_gets_one_sentence(
    tmp_path: Path, end: str
) -> None:
    # The place of the fault is looked for in the lines, the last of which is no UTF-8.
    path = tmp_path / "a.csv"
    path.write_bytes(
        (DATES.replace("x", '"x', 1) if end == '"' else DATES + end).encode() + b"\xc3"
    )
    with suppress(DataError):
        read(path)


def test_one_row_of_a_date_and_a_clock_among_blanks_has_no_names_above(tmp_path: Path) -> None:
    (path := tmp_path / "a.txt").write_text("2020-01-01 10:00:00 1.5 2.5\n")
    with pytest.raises(DataError):
        read(path)


def test_a_line_of_delimiters_alone_above_two_columns_is_no_row(tmp_path: Path) -> None:
    rows = '"{""a"": 0}"\toff\n"{""a"": 3600}"\terr\n'
    (path := tmp_path / "a.csv").write_text(f"# rate: 100 Hz\n\t\n{rows}")
    with suppress(DataError):
        read(path)


def test_signs_of_equality_without_commas_are_read_at_once(tmp_path: Path) -> None:
    # Each may begin the value of a field or the next field: the ways to divide them double.
    (path := tmp_path / "a.csv").write_text("0 " + "aa=a" * 1500 + "\n")
    with suppress(DataError):
        read(path)


@pytest.mark.parametrize("text", [" " * 300, "\t" + " " * 400, " " * 300 + "\x1c\n" + " " * 300])
def test_a_long_text_of_blanks_gets_one_sentence(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError):
        read(path)


@pytest.mark.parametrize("names", ["x7,x0,y", "t,H5,H0,H1"])
def test_numbered_names_that_begin_late_and_again_are_names(tmp_path: Path, names: str) -> None:
    width = names.count(",") + 1
    rows = [",".join(str((3 * i + j) % 7) for j in range(width)) for i in range(20)]
    (path := tmp_path / "a.csv").write_text("\n".join([names, *rows]) + "\n")
    assert read(path).n_channels >= width - 1
