"""Footers of Parquet files: what is optional in them is not read, and damage ends no process."""

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyarrow.parquet import encryption

from naive_thrift import INTEGERS, LIST, STRUCTURE, TEXT, Value, footer_of, with_footer
from naive_thrift import write_structure as written
from spectra.datasets import read
from spectra.datasets.large.opening import is_large
from spectra.datasets.readers.arrow.parquet_footer import opened_parquet
from spectra.datasets.sensors import SensorData
from spectra.datasets.source import open_source
from spectra.errors import DataError

N = 300
RNG = np.random.default_rng(0)
TIMES = pd.date_range("2024-03-01", periods=N, freq="250ms")
WAVE = np.sin(np.arange(N) / 7)
I32, I64 = INTEGERS[1:]
# Fields of the footer, of a group of rows, and of a column chunk.
GROUPS, CHUNKS, METADATA, HISTOGRAMS = 4, 1, 3, 16
TABLE = pa.table(
    {
        "when": TIMES.tz_localize("Europe/Berlin"),
        "x": WAVE,
        "half": WAVE.astype(np.float16),
        "count": RNG.integers(0, 99, N).astype(np.uint16),
        "gaps": pa.array([None if i % 7 == 0 else i for i in range(N)], pa.int64()),
        "on": np.arange(N) % 2 == 0,
        "who": ["a", "b", None] * (N // 3),
        "category": pa.array(["u", "v"] * (N // 2)).dictionary_encode(),
        "money": [Decimal(f"{i}.25") for i in range(N)],
        "day": TIMES.date,
        "clock": TIMES.time,
        "raw": [b"\0\xff"] * N,
        "nested": [{"a": float(i), "b": {"c": [i, 2]}} for i in range(N)],
        "pairs": pa.array([[("k", 1.0)]] * N, pa.map_(pa.string(), pa.float64())),
    }
).replace_schema_metadata({"fs": "4", "made by": "é"})


def as_file(table: pa.Table, **options: Any) -> bytes:
    """Return the bytes of a Parquet file."""
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return file.getvalue()


def table_of(path: Path) -> pa.Table:
    """Return all columns of a file with the footer that the reader gives to pyarrow."""
    with opened_parquet(parquet, open_source(path), path) as (file, _):
        return file.read()


@pytest.mark.parametrize(
    "options",
    [
        *({"compression": codec} for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4")),
        {"data_page_version": "2.0", "use_dictionary": False},
        {"version": "1.0", "use_deprecated_int96_timestamps": True},
        {"row_group_size": 64, "data_page_size": 256, "write_page_index": True},
        {"row_group_size": 64, "write_statistics": False, "write_page_checksum": True},
        {"store_schema": False, "store_decimal_as_integer": True},
        {"use_dictionary": False, "column_encoding": {"x": "BYTE_STREAM_SPLIT"}},
        {"use_dictionary": False, "column_encoding": {"gaps": "DELTA_BINARY_PACKED"}},
        {"use_dictionary": False, "column_encoding": {"who": "DELTA_BYTE_ARRAY"}},
        {"use_dictionary": False, "column_encoding": {"who": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"sorting_columns": [parquet.SortingColumn(0)], "use_content_defined_chunking": True},
    ],
)
def test_every_column_of_a_file_is_read_as_pyarrow_reads_it(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(as_file(TABLE, **options))
    whole = parquet.read_table(path)
    found = table_of(path)
    assert found.schema.equals(whole.schema, check_metadata=True)
    assert found.equals(whole)


@pytest.mark.parametrize("n_columns", [1, 14, 15, 16, 200])
def test_files_of_any_number_of_columns_and_groups_are_read(tmp_path: Path, n_columns: int) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({f"column {i}": WAVE + i for i in range(n_columns)})
    path.write_bytes(as_file(table, row_group_size=17))
    assert table_of(path).equals(table)


def test_a_file_without_rows_or_without_groups_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(as_file(pa.table({"x": pa.array([], pa.float64())})))
    assert table_of(path).num_rows == 0
    with pytest.raises(DataError, match="has no rows"):
        read(path)


def chunks_of(footer: dict[int, Value]) -> Iterator[dict[int, Value]]:
    """Yield the fields of each column chunk."""
    for _, group in footer[GROUPS][1]:
        for _, chunk in group[CHUNKS][1]:
            yield chunk


def integers(*numbers: int) -> Value:
    """Return a list of integers."""
    return LIST, [(I64, number) for number in numbers]


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize(
    "histogram",
    [(), (0,), (N, 0), (1, 2, 3, 4), (-1,), (2**63 - 1,) * 2, (0,) * 1000],
)
def test_histograms_of_any_size_are_not_read(
    tmp_path: Path, number: int, histogram: tuple[int, ...]
) -> None:
    content = as_file(pa.table({"when": TIMES, "x": WAVE, "s": [{"y": 1.0}] * N}))
    footer = footer_of(content)
    for chunk in chunks_of(footer):
        chunk[METADATA][1][HISTOGRAMS] = STRUCTURE, {number: integers(*histogram)}
    path = tmp_path / "a.parquet"
    path.write_bytes(with_footer(content, written(footer)))
    found = read(path)
    assert found.channels == ("x", "s.y")
    assert found.values[:, 0].tolist() == WAVE.tolist()


Change = Callable[[dict[int, Value]], object]


def chunk_of(footer: dict[int, Value]) -> dict[int, Value]:
    """Return the fields of the first column chunk."""
    return next(chunks_of(footer))


def column_of(footer: dict[int, Value]) -> dict[int, Value]:
    """Return the fields of the metadata of the first column chunk."""
    fields: dict[int, Value] = chunk_of(footer)[METADATA][1]
    return fields


# What a footer says that no file has, by a name.
CHANGES: dict[str, Change] = {
    "no metadata of a column": lambda footer: chunk_of(footer).pop(METADATA),
    "no columns of a group": lambda footer: footer[GROUPS][1][0][1].update({CHUNKS: (LIST, [])}),
    "one column too few": lambda footer: footer[GROUPS][1][0][1][CHUNKS][1].pop(),
    "one column too many": lambda footer: footer[GROUPS][1][0][1][CHUNKS][1].append(
        (STRUCTURE, chunk_of(footer))
    ),
    "numbers in place of columns": lambda footer: footer[GROUPS][1][0][1].update(
        {CHUNKS: integers(1, 2)}
    ),
    "a number in place of columns": lambda footer: footer[GROUPS][1][0][1].update(
        {CHUNKS: (I32, 1)}
    ),
    "a codec that there is not": lambda footer: column_of(footer).update({4: (I32, 8)}),
    "a negative codec": lambda footer: column_of(footer).update({4: (I32, -1)}),
    "a type that there is not": lambda footer: column_of(footer).update({1: (I32, 99)}),
    "another type": lambda footer: column_of(footer).update({1: (I32, 6)}),
    "an encoding that there is not": lambda footer: column_of(footer).update(
        {2: (LIST, [(I32, 99)])}
    ),
    "no path": lambda footer: column_of(footer).update({3: (LIST, [])}),
    "a path of another column": lambda footer: column_of(footer).update(
        {3: (LIST, [(TEXT, b"s")])}
    ),
    "a path that is no text": lambda footer: column_of(footer).update(
        {3: (LIST, [(TEXT, b"\xff")])}
    ),
    "more values than rows": lambda footer: column_of(footer).update({5: (I64, 10**9)}),
    "fewer values than none": lambda footer: column_of(footer).update({5: (I64, -1)}),
    "more bytes than there are": lambda footer: column_of(footer).update({7: (I64, 2**62)}),
    "a page before the file": lambda footer: column_of(footer).update({9: (I64, -5)}),
    "a page beyond the file": lambda footer: column_of(footer).update({9: (I64, 2**62)}),
    "a dictionary beyond the file": lambda footer: column_of(footer).update({11: (I64, 2**62)}),
    "a number of 64 bits where 32 are": lambda footer: column_of(footer).update({1: (I64, 2**40)}),
    "no rows": lambda footer: footer[GROUPS][1][0][1].update({3: (I64, 0)}),
    "rows of 64 bits": lambda footer: footer.update({3: (I64, 2**63 - 1)}),
    "fewer rows than none": lambda footer: footer.update({3: (I64, -1)}),
    "no schema": lambda footer: footer.update({2: (LIST, [])}),
    "a schema of one": lambda footer: footer[2][1].pop(),
    "a schema of numbers": lambda footer: footer.update({2: integers(1, 2, 3)}),
    "children that there are not": lambda footer: footer[2][1][0][1].update({5: (I32, 99)}),
    "fewer children than none": lambda footer: footer[2][1][0][1].update({5: (I32, -1)}),
    "a column named by a number": lambda footer: footer[2][1][1][1].update({4: (I32, 1)}),
    "two logical types": lambda footer: footer[2][1][1][1].update(
        {10: (STRUCTURE, {1: (STRUCTURE, {}), 6: (STRUCTURE, {})})}
    ),
    "no logical type": lambda footer: footer[2][1][1][1].update({10: (STRUCTURE, {})}),
    "another logical type": lambda footer: footer[2][1][1][1].update(
        {10: (STRUCTURE, {5: (STRUCTURE, {1: (I32, 400), 2: (I32, -3)})})}
    ),
    "a key that is no text": lambda footer: footer.update(
        {5: (LIST, [(STRUCTURE, {1: (I32, 1)})])}
    ),
    "a schema of Arrow that is none": lambda footer: footer.update(
        {5: (LIST, [(STRUCTURE, {1: (TEXT, b"ARROW:schema"), 2: (TEXT, b"eHh4" * 33)})])}
    ),
    "a program that is no text": lambda footer: footer.update({6: (TEXT, b"\xff version 1..")}),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_footer_that_no_file_has_ends_in_one_sentence_or_values(
    tmp_path: Path, change: Change
) -> None:
    content = as_file(pa.table({"x": WAVE, "s": [{"y": 1.0}] * N, "who": ["a"] * N}))
    footer = footer_of(content)
    change(footer)
    path = tmp_path / "a.parquet"
    path.write_bytes(with_footer(content, written(footer)))
    for choices in ({}, {"channels": "x"}, {"channels": "s.y"}, {"nrows": 5}):
        with suppress(DataError):
            assert read(path, **choices).values.shape[1] >= 1


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_data_set_with_such_a_footer_ends_in_one_sentence_or_values(
    tmp_path: Path, change: Change
) -> None:
    table = {"sensor": ["a", "b"] * (N // 2), "when": TIMES, "x": WAVE}
    content = as_file(pa.table(table))
    footer = footer_of(content)
    change(footer)
    (tmp_path / "a.parquet").write_bytes(with_footer(content, written(footer)))
    with suppress(DataError):
        sensors = SensorData.open(tmp_path)
        for group in sensors.groups(sensors.names):
            assert len([*group.read()]) == len(group.names)


def test_a_data_set_whose_columns_have_names_that_are_no_text_is_refused(tmp_path: Path) -> None:
    content = as_file(pa.table({"sensor": ["a", "b"] * (N // 2), "x": WAVE}), store_schema=False)
    footer = footer_of(content)
    footer[2][1][1][1][4] = TEXT, b"\xff"
    (tmp_path / "a.parquet").write_bytes(with_footer(content, written(footer)))
    with pytest.raises(DataError, match="no Parquet data set or is damaged"):
        SensorData.open(tmp_path)


def test_a_footer_with_fields_of_the_future_is_read(tmp_path: Path) -> None:
    content = as_file(pa.table({"x": WAVE}))
    footer = footer_of(content)
    new: Value = STRUCTURE, {1: (1, None), 2: (2, None), 3: (7, bytes(8)), 400: (TEXT, b"new")}
    for fields in (footer, chunk_of(footer), column_of(footer)):
        fields.update({30: new, 31: (LIST, [new] * 20), 32: (LIST, [(3, b"\x01")] * 3)})
    path = tmp_path / "a.parquet"
    path.write_bytes(with_footer(content, written(footer)))
    assert read(path).values[:, 0].tolist() == WAVE.tolist()


@pytest.mark.parametrize(
    ("footer", "said"),
    [
        (b"", "its footer is cut off"),
        (b"\x15", "its footer is cut off"),
        (b"\x19\xfc\xff\xff\xff\xff\x0f", "its footer is cut off"),
        (b"\x1c" * 200, "nested too deep"),
        (b"\x19\x1c" * 200, "nested too deep"),
        (b"\x19" * 200, "nested too deep"),
        (b"\x15" + b"\xff" * 20, "a number of more than 64 bits"),
        (b"\x1b\x00\x00", "a value of type 11"),
    ],
)
def test_a_footer_that_is_no_structure_is_refused(tmp_path: Path, footer: bytes, said: str) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(with_footer(as_file(pa.table({"x": WAVE})), footer))
    with pytest.raises(DataError, match=f"damaged or not complete as a Parquet file .*{said}"):
        read(path)


@pytest.mark.parametrize("cut", [1, 4, 8, 100])
def test_a_file_that_is_cut_off_is_refused_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(as_file(pa.table({"x": WAVE}))[:-cut])
    with pytest.raises(DataError, match="it has no footer at its end"):
        read(path)
    monkeypatch.setattr("spectra.datasets.large.opening.MOST_VALUES", 2)
    with pytest.raises(DataError, match="it has no footer at its end"):
        is_large(open_source(path))


class Keys(encryption.KmsClient):
    """A store of keys that keeps none."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        """Return a key that is not hidden."""
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        """Return the key."""
        return base64.b64decode(wrapped_key)


@pytest.mark.parametrize("plain", [True, False])
def test_an_encrypted_file_is_called_so(tmp_path: Path, plain: bool) -> None:
    path = tmp_path / "a.parquet"
    chosen = encryption.EncryptionConfiguration(
        footer_key="a", column_keys={"b": ["x"]}, plaintext_footer=plain, data_key_length_bits=128
    )
    keys = encryption.CryptoFactory(lambda _: Keys())
    properties = keys.file_encryption_properties(encryption.KmsConnectionConfig(), chosen)
    table = pa.table({"x": WAVE, "y": WAVE})
    with parquet.ParquetWriter(path, table.schema, encryption_properties=properties) as file:
        file.write_table(table)
    with pytest.raises(DataError, match="is encrypted: export it again without encryption"):
        read(path)
