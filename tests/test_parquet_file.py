"""Parquet and Feather files are read as pyarrow wrote them, and only the columns needed."""

import gzip
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from spectra.datasets import read
from spectra.errors import DataError

RNG = np.random.default_rng(11)
N = 500
TIMES = pd.date_range("2024-03-01", periods=N, freq="250ms")
COLUMNS = {"flow": RNG.normal(size=N), "level": RNG.integers(0, 99, N)}

Write = Callable[[pa.Table, Path], object]
WRITERS: dict[str, Write] = {
    "a.parquet": lambda table, path: parquet.write_table(table, path),
    "a.feather": lambda table, path: feather.write_feather(table, path, compression="lz4"),
    "b.feather": lambda table, path: feather.write_feather(table, path, compression="uncompressed"),
}
EITHER = pytest.mark.parametrize("name", WRITERS)


def written(folder: Path, name: str, table: pa.Table) -> Path:
    WRITERS[name](table, folder / name)
    return folder / name


@EITHER
def test_columns_of_numbers_are_channels_and_instants_the_time(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, pa.table({"when": TIMES, **COLUMNS, "who": ["x"] * N}))
    recording = read(path)
    assert recording.channels == ("flow", "level")
    assert recording.fs == 4.0
    assert np.array_equal(recording.values, np.column_stack(list(COLUMNS.values())))
    assert (recording.index == TIMES).all()
    assert "column 'who' holds text: left out." in recording.notes


@EITHER
@pytest.mark.parametrize("label", [None, "bad"])
def test_channels_are_read_with_time_and_labels_and_nothing_else(
    tmp_path: Path, name: str, label: str | None
) -> None:
    marks = (np.arange(N) > 400).astype(int)
    table = {"when": TIMES, **COLUMNS, "who": ["x"] * N, label or "anomaly": marks}
    recording = read(written(tmp_path, name, pa.table(table)), channels="level", label=label)
    assert recording.channels == ("level",)
    assert recording.fs == 4.0
    assert recording.labels is not None
    assert recording.labels.tolist() == marks.tolist()


def test_columns_that_are_not_needed_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"when": TIMES, **COLUMNS, "more": np.arange(N) / 7})
    parquet.write_table(table, path, compression="none", use_dictionary=False)
    chunk = parquet.ParquetFile(path).metadata.row_group(0).column(3)
    damaged = bytearray(path.read_bytes())
    # The header of the page says how many bytes it has: without it nothing can be read.
    damaged[chunk.data_page_offset : chunk.data_page_offset + 20] = bytes(20)
    path.write_bytes(damaged)
    assert read(path, channels="flow").values[:, 0].tolist() == COLUMNS["flow"].tolist()
    with pytest.raises(DataError, match="damaged or not complete as a Parquet file"):
        read(path)


def test_one_of_many_columns_takes_the_memory_of_one(tmp_path: Path) -> None:
    rows, one = 400_000, 400_000 * 8
    path = tmp_path / "wide.parquet"
    values = np.random.default_rng(0).normal(size=rows)
    parquet.write_table(pa.table({f"c{i}": values + i for i in range(20)}), path)
    pool = pa.proxy_memory_pool(pa.default_memory_pool())
    before = pa.default_memory_pool()
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        recording = read(path, channels="c7", fs=100.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(before)
    assert recording.values[:, 0].tolist() == (values + 7).tolist()
    # The array, and the booleans that say where it is missing or filled, an eighth of it each.
    assert peak < 1.5 * one
    assert pool.max_memory() < 2 * one


@EITHER
def test_fields_of_structures_are_columns(tmp_path: Path, name: str) -> None:
    flow, level = COLUMNS.values()
    pairs = [{"x": float(x), "y": float(y)} for x, y in zip(flow, level, strict=True)]
    path = written(tmp_path, name, pa.table({"when": TIMES, "acc": pairs, "flow": flow}))
    recording = read(path)
    assert recording.channels == ("acc.x", "acc.y", "flow")
    assert np.array_equal(recording.values, np.column_stack([flow, level, flow]))
    assert np.array_equal(read(path, channels="acc.y").values[:, 0], level)


def test_arrow_stream_is_read_like_a_file(tmp_path: Path) -> None:
    table = pa.table({"when": TIMES, **COLUMNS})
    path = tmp_path / "data.arrows"
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    recording = read(path)
    assert recording.channels == ("flow", "level")
    assert recording.fs == 4.0
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="damaged or not complete"):
        read(path)


@EITHER
def test_columns_are_chosen_by_their_number_in_the_file(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, pa.table({"who": ["x"] * N, "when": TIMES, **COLUMNS}))
    recording = read(path, channels=["4"], time="2")
    assert recording.channels == ("level",)
    assert recording.fs == 4.0
    with pytest.raises(DataError, match="has no column 'flwo' for the channels: did you mean"):
        read(path, channels="flwo")


@EITHER
def test_frame_of_pandas_is_read_with_its_index(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame(COLUMNS, index=TIMES)
    recording = read(written(tmp_path, name, pa.Table.from_pandas(frame)))
    assert recording.channels == ("flow", "level")
    assert recording.fs == 4.0


@EITHER
@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, None, 2.5] * 9, pa.float32()),
        pa.array([1, None, 3] * 9, pa.int64()),
        pa.array([Decimal("1.25"), None, Decimal("2.50")] * 9),
        pa.array([True, None, False] * 9),
        pa.array([1, None, 3] * 9, pa.uint8()),
    ],
    ids=["float32", "int64", "decimal", "bool", "uint8"],
)
def test_missing_values_of_every_type_are_missing(
    tmp_path: Path, name: str, column: pa.Array
) -> None:
    path = written(tmp_path, name, pa.table({"x": column, "y": [1.0] * 27}))
    recording = read(path)
    expected = [np.nan if value is None else float(value) for value in column.to_pylist()]
    kept = ~np.isnan(expected)
    assert recording.values[kept, 0].tolist() == np.array(expected)[kept].tolist()
    assert recording.interpolated.tolist() == (~kept).tolist()


@EITHER
def test_metadata_give_units_and_rate(tmp_path: Path, name: str) -> None:
    fields = [
        pa.field("flow", pa.float64(), metadata={"unit": "m³/h"}),
        pa.field("level", pa.int64(), metadata={"other": "x"}),
    ]
    schema = pa.schema(fields, metadata={"sampling_rate": "50"})
    recording = read(written(tmp_path, name, pa.table(COLUMNS, schema=schema)))
    assert recording.units == ("m³/h", "")
    assert recording.fs == 50.0


@EITHER
def test_nested_columns_are_left_out_with_a_note(tmp_path: Path, name: str) -> None:
    table = pa.table({**COLUMNS, "burst": [[1.0, 2.0]] * N})
    recording = read(written(tmp_path, name, table))
    assert recording.channels == ("flow", "level")
    assert any("column 'burst' holds list<" in note for note in recording.notes)


@EITHER
def test_compressed_file_and_stream_are_read(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, pa.table({"when": TIMES, **COLUMNS}))
    (tmp_path / "a.gz").write_bytes(gzip.compress(path.read_bytes()))
    with path.open("rb") as stream:
        for source in (tmp_path / "a.gz", stream):
            assert read(source).channels == ("flow", "level")


@EITHER
def test_file_without_numbers_gets_one_sentence(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, pa.table({"who": ["x"] * N, "what": ["y"] * N}))
    with pytest.raises(DataError, match="has no column of numbers to analyse"):
        read(path)


@EITHER
@pytest.mark.parametrize("share", [0.001, 0.2, 0.6, 0.99])
def test_truncated_file_gets_one_sentence(tmp_path: Path, name: str, share: float) -> None:
    path = written(tmp_path, name, pa.table(COLUMNS))
    data = path.read_bytes()
    path.write_bytes(data[: max(8, int(share * len(data)))])
    with pytest.raises(DataError, match=rf"{name} is damaged or not complete as a"):
        read(path)


def test_damaged_file_is_read_or_gets_one_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, "a.parquet", pa.table(COLUMNS))
    data = path.read_bytes()
    for _ in range(100):
        broken = bytearray(data)
        for place in RNG.integers(4, len(data), 3):
            broken[place] = RNG.integers(256)
        path.write_bytes(broken)
        # Any other error fails the test, and so does a warning.
        with suppress(DataError):
            read(path)


def test_file_of_more_rows_than_fit_into_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "a.parquet", pa.table({"x": np.zeros(10**5)}))
    monkeypatch.setattr("spectra.datasets.memory.machine_bytes", lambda: 10**6)
    with pytest.raises(DataError, match=r"says that it holds 100,000 values.*with --channels"):
        read(path)


@EITHER
def test_missing_library_is_named_with_the_command_that_installs_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, name, pa.table(COLUMNS))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install 'spectra-anomaly\[parquet\]'"):
        read(path)


@EITHER
@pytest.mark.parametrize("zone", ["UTC", "+02:00", "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_instants_with_a_zone_are_the_time_in_it(
    tmp_path: Path, name: str, unit: str, zone: str
) -> None:
    times = pa.array(TIMES.as_unit("us").tz_localize("UTC")).cast(pa.timestamp(unit, zone))
    recording = read(written(tmp_path, name, pa.table({"when": times, **COLUMNS})))
    assert (recording.index == TIMES.tz_localize("UTC")).all()
    assert recording.index[0].utcoffset() == times[0].as_py().utcoffset()
    assert recording.fs == 4.0


COUNTS = pa.array(np.arange(N))
STORED = {
    "json": pa.array([f"{i}" for i in range(N)], pa.json_()),
    "bool8": pa.array(COUNTS.to_numpy() % 2, pa.bool8()),
    "opaque": pa.ExtensionArray.from_storage(pa.opaque(pa.int64(), "a", "b"), COUNTS),
    "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(np.zeros((N, 2))),
    "uuid": pa.array([bytes(16)] * N, pa.uuid()),
    "fields": pa.StructArray.from_arrays(
        [pa.ExtensionArray.from_storage(pa.opaque(pa.int64(), "a", "b"), COUNTS)], ["count"]
    ),
    "span": pa.array(np.arange(N), pa.duration("ms")),
    "clock": pa.array(np.arange(N).astype(np.int32), pa.time32("s")),
    "clock ns": pa.array(np.arange(N) * 10**9 + 1, pa.time64("ns")),
    "day": pa.array(np.arange(N).astype(np.int32), pa.date32()),
    "money": pa.array([Decimal(f"{i}.5") for i in range(N)], pa.decimal256(50, 2)),
    "text": pa.array([f"{i}.5" for i in range(N)], pa.string_view()),
    "number": pa.array([1.5, 2.5] * (N // 2)).dictionary_encode(),
    "nothing": pa.nulls(N),
    "bytes": pa.array([b"a"] * N, pa.binary_view()),
}


@EITHER
@pytest.mark.parametrize("kind", STORED)
@pytest.mark.parametrize("use", ["channels", "time", "label", "series"])
def test_columns_of_every_type_are_read_or_get_one_sentence(
    tmp_path: Path, name: str, kind: str, use: str
) -> None:
    path = written(tmp_path, name, pa.table({"c": STORED[kind], **COLUMNS}))
    assert read(path, channels="flow").values[:, 0].tolist() == COLUMNS["flow"].tolist()
    with suppress(DataError):
        read(path, **{use: "c"})


@EITHER
@pytest.mark.parametrize(("kind", "channel"), [("opaque", "c"), ("fields", "c.count")])
def test_a_column_of_an_extension_type_has_the_values_it_is_stored_as(
    tmp_path: Path, name: str, kind: str, channel: str
) -> None:
    steps = np.cumsum(RNG.integers(-5, 6, N))
    kept = pa.ExtensionArray.from_storage(pa.opaque(pa.int64(), "a", "b"), pa.array(steps))
    column = kept if kind == "opaque" else pa.StructArray.from_arrays([kept], ["count"])
    recording = read(written(tmp_path, name, pa.table({"c": column, **COLUMNS})))
    assert recording.values[:, recording.channels.index(channel)].tolist() == steps.tolist()


@EITHER
@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlim", "Z", "+02", "+99:99", "../UTC", "/etc/passwd", "Europe", "dateutil/UTC",
     "a\0b", "é\x1b[2J", "9" * 5000, "utc+2"],
)  # fmt: skip
def test_instants_in_a_zone_that_is_not_known_are_those_of_utc(
    tmp_path: Path, name: str, zone: str
) -> None:
    times = pa.array(TIMES.as_unit("us")).cast(pa.timestamp("us", zone))
    table = {"when": times, "other": times, "s": pa.array([{"t": 1}] * N), **COLUMNS}
    path = written(tmp_path, name, pa.table(table))
    recording = read(path, time="when", channels="flow")
    assert (recording.index == TIMES.tz_localize("UTC")).all()
    assert "of column 'when' is not known here: its times are those of UTC." in recording.notes[0]
    assert "\x1b" not in recording.notes[0]
    assert len(recording.notes[0]) < 200


@EITHER
def test_times_of_day_belong_to_the_days_beside_them(tmp_path: Path, name: str) -> None:
    instants = pd.date_range("2024-03-01 22:00", periods=400, freq="min")
    days, clocks = instants.normalize(), [one.time() for one in instants]
    for dates in (days, days.date):
        table = pa.table({"date": dates, "time": clocks, "x": np.arange(400) % 7})
        recording = read(written(tmp_path, name, table))
        assert recording.channels == ("x",)
        assert recording.index[0] == instants[0]
        assert recording.fs == pytest.approx(1 / 60)


@EITHER
def test_lists_are_left_out_with_what_to_do(tmp_path: Path, name: str) -> None:
    table = pa.table({"when": TIMES, "acc": [[1.0, 2.0]] * N, **COLUMNS})
    recording = read(written(tmp_path, name, table))
    assert any("DataFrame.explode" in note for note in recording.notes)
