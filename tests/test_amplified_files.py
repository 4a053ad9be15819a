"""Small files that would take much memory are refused before they do."""

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from spectra.datasets import read, read_series
from spectra.datasets.readers.arrow.parquet_pages import checked_pages
from spectra.errors import DataError

LONG = "x" * (1 << 16)
ROWS = 5_000
NUMBERS = np.sin(np.arange(ROWS))


def varint(value: int) -> bytes:
    """Return an integer in seven bits a byte, as Thrift writes one that is not negative."""
    value, found = 2 * value, bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def with_page_sizes(path: Path, column: int, unpacked: int | None, packed: int | None) -> None:
    """Write other sizes into the header of the first page of a column, which is moved to the end.

    The header begins with three fields: the type, the bytes that it unpacks to, and its bytes.
    """
    chunk = parquet.ParquetFile(path).metadata.row_group(0).column(column)
    content = bytearray(path.read_bytes())
    at = chunk.data_page_offset
    assert content[at : at + 3] == b"\x15\x00\x15"
    fields, place = [], at + 3
    for _ in range(2):
        end = place
        while content[end] & 128:
            end += 1
        fields.append(bytes(content[place : end + 1]))
        place = end + 2
    sizes = [old if new is None else varint(new) for old, new in zip(fields, (unpacked, packed),
                                                                     strict=True)]  # fmt: skip
    content[at : place - 1] = b"\x15\x00\x15" + sizes[0] + b"\x15" + sizes[1]
    path.write_bytes(content)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "lz4", "zstd", "brotli"])
def test_pages_of_every_codec_are_read_and_counted(
    tmp_path: Path, codec: str, version: str
) -> None:
    path = tmp_path / "a.parquet"
    # A constant is compressed most.
    table = pa.table(
        {"a": NUMBERS, "zero": np.zeros(ROWS), "s": [{"b": 1.5}] * ROWS, "who": ["a"] * ROWS}
    )
    options = {"data_page_size": 1 << 22, "data_page_version": version}
    parquet.write_table(table, path, compression=codec, use_dictionary=["who"], **options)
    found = read(path)
    assert found.channels == ("a", "zero", "s.b")
    with path.open("rb") as file:
        metadata = parquet.ParquetFile(path).metadata
        pages = checked_pages(file, metadata, range(1), ["a", "s.b"])
    # The values of a column without gaps, whatever comes before them in a page.
    assert 0 <= pages["a"].largest - NUMBERS.nbytes < 100
    assert pages["a"].total == pages["a"].largest
    assert pages["s.b"].largest > NUMBERS.nbytes


def test_columns_with_a_dot_in_their_name_and_fields_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a.b": NUMBERS, "s": [{"t": {"x": 1.0}}] * ROWS}), path)
    with path.open("rb") as file:
        metadata = parquet.ParquetFile(path).metadata
        pages = checked_pages(file, metadata, range(1), ["a.b", "s.t.x", "s.t", "other"])
    assert pages["a.b"].largest > 0
    assert pages["s.t.x"].largest > 0
    assert pages["other"].largest == 0


@pytest.mark.parametrize(
    ("unpacked", "packed", "said"),
    [
        (2**31 - 1, None, "says that it unpacks to 2,147,483,647"),
        (1 << 28, None, "says that it unpacks to 268,435,456"),
        (None, 2**31 - 1, "says that it has 2,147,483,647 bytes"),
        (2**31 - 1, 2**31 - 1, "says that it has 2,147,483,647 bytes"),
    ],
)
def test_a_page_that_says_more_than_there_can_be_is_refused(
    tmp_path: Path, unpacked: int | None, packed: int | None, said: str
) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"x": NUMBERS, "y": NUMBERS})
    parquet.write_table(table, path, compression="snappy", use_dictionary=False)
    with_page_sizes(path, 1, unpacked, packed)
    with pytest.raises(DataError, match=f"damaged or not complete as a Parquet file .*{said}"):
        read(path)


def repeated_parquet(path: Path) -> None:
    """Write a text once, and use it in each row."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(ROWS, np.int32), [LONG]).cast(pa.string())
    parquet.write_table(pa.table({"x": NUMBERS, "who": texts}), path)


def delta_parquet(path: Path) -> None:
    """Write texts as what they have in common with the text before."""
    texts = [LONG] * ROWS
    parquet.write_table(
        pa.table({"x": NUMBERS, "who": texts}), path, use_dictionary=False,
        column_encoding={"who": "DELTA_BYTE_ARRAY"},
    )  # fmt: skip


def repeated_feather(path: Path) -> None:
    """Write a column of one category."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(ROWS, np.int32), [LONG])
    feather.write_feather(pa.table({"x": NUMBERS, "who": texts}), path)


def repeated_views(path: Path) -> None:
    """Write views of one text: its length, its first letters, its buffer and its place there."""
    view = np.array([len(LONG), int.from_bytes(LONG[:4].encode(), "little"), 0, 0], np.int32)
    buffers = [None, pa.py_buffer(np.tile(view, ROWS).tobytes()), pa.py_buffer(LONG.encode())]
    texts = pa.Array.from_buffers(pa.string_view(), ROWS, buffers)
    table = pa.table({"x": pa.array(NUMBERS), "who": texts})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def repeated_excel(path: Path) -> None:
    """Write a sheet whose cells share a text."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    rows = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}" t="s"><v>0</v></c></row>'
        for i in range(1, ROWS)
    )
    related = f'Type="{office}'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
        f'{related}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {space} xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="b" {related}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="c" {related}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {space}><si><t>{LONG}</t></si></sst>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.parquet", repeated_parquet),
        ("b.parquet", delta_parquet),
        ("a.feather", repeated_feather),
        ("b.feather", repeated_views),
        ("a.xlsx", repeated_excel),
    ],
)
def test_a_long_text_that_stands_in_each_row_is_refused(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    # Half of a gigabyte once it is read.
    write(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 1_000_000
    with pytest.raises(DataError, match="long texts"):
        read(tmp_path / name)


def test_a_long_text_that_is_not_read_is_no_hindrance(tmp_path: Path) -> None:
    repeated_parquet(tmp_path / "a.parquet")
    assert len(read(tmp_path / "a.parquet", channels="x").values) == ROWS


def test_short_texts_in_many_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = pd.date_range("2024-01-01", periods=ROWS, freq="2s").astype(str)
    parquet.write_table(pa.table({"x": NUMBERS, "time": times.to_list()}), path)
    found = read(path)
    assert found.fs == 0.5
    np.testing.assert_array_equal(found.values[:, 0], NUMBERS)


def ragged_rows() -> str:
    """Return a header of many columns over rows of two."""
    return "\n".join([",".join(f"c{i}" for i in range(ROWS)), *["1,2"] * ROWS])


def other_keys() -> str:
    """Return records each of which has a key of its own."""
    return json.dumps([{f"k{i}": 1} for i in range(ROWS)])


def other_inner_keys() -> str:
    """Return records with a record of its own key inside."""
    return json.dumps([{"a": {"b": {f"k{i}": 1}}} for i in range(ROWS)])


def ragged_lists() -> str:
    """Return a long list among short ones."""
    return json.dumps([[1] * ROWS, *[[1]] * ROWS])


@pytest.mark.parametrize("text", [ragged_rows, other_keys, other_inner_keys, ragged_lists])
def test_a_table_that_is_nearly_all_empty_is_refused(text: Callable[[], str]) -> None:
    with pytest.raises(DataError, match="nearly all of them empty"):
        read(io.BytesIO(text().encode()))


def test_a_record_of_few_of_many_keys_is_read() -> None:
    records = [{"t": i, f"k{i % 90}": i % 7} for i in range(900)]
    found = read(io.BytesIO(json.dumps(records).encode()), time="t")
    assert found.values.shape == (900, 90)


def test_a_name_that_each_sample_repeats_is_shortened() -> None:
    values = [[1.7e9 + 15 * i, str(i * 4 % 9)] for i in range(200)]
    series = [{"metric": {"__name__": name + LONG}, "values": values} for name in "ab"]
    text = json.dumps({"status": "success", "data": {"result": series}})
    names = [*read_series(io.BytesIO(text.encode()))]
    assert names == [("a" + LONG)[:1000], ("b" + LONG)[:1000]]


def test_thousands_of_columns_of_text_are_refused() -> None:
    names = ",".join(f"c{i}" for i in range(3000))
    words = "\n".join(",".join(["ab"] * 3000) for _ in range(4))
    with pytest.raises(DataError, match="has 3,000 columns of text, where columns of numbers"):
        read(io.BytesIO(f"{names}\n{words}\n".encode()))
    numbers = "\n".join(",".join(["-", *["1.5"] * 2999]) for _ in range(4))
    assert read(io.BytesIO(f"{names}\n{numbers}\n".encode())).n_channels == 2999
    holed = "\n".join(",".join(["-" if row == 2 else "1.5"] * 3000) for row in range(5))
    assert read(io.BytesIO(f"{names}\n{holed}\n".encode())).n_channels == 3000


def test_hundreds_of_columns_of_dates_have_their_time_in_the_first() -> None:
    rows = (
        ",".join([f"2024-03-01 00:00:{second:02d}"] * 300 + [f"{np.sin(second):.3f}"])
        for second in range(40)
    )
    recording = read(io.BytesIO(("\n".join(rows) + "\n").encode()))
    assert recording.n_channels == 1
    assert recording.fs == 1.0


@pytest.mark.parametrize("repeated", ["/", " ", "# ", "1:", "1/", "- ", " p", "(1"])
def test_tens_of_thousands_of_the_same_sign_are_read_or_refused(repeated: str) -> None:
    # Patterns that begin anew at each of them would take minutes.
    long = repeated * 30_000
    for text in (f"{long}\n1\n2\n", f"# {long}\nt,x\n0,1\n1,2\n", f't,"x{long}"\n0,1\n1,2\n'):
        with suppress(DataError):
            read(io.BytesIO(text.encode()))
