"""Files of formats that are not read are named, and a zip archive of one file is that file."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from spectra.datasets import read
from spectra.errors import DataError

VALUES = np.round(np.random.default_rng(6).normal(size=80), 3)
TEXT = "time,x\n" + "".join(f"2024-03-01 10:{i:02d},{v}\n" for i, v in enumerate(VALUES[:60]))


def archive(files: dict[str, str]) -> bytes:
    """Return a zip archive of texts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize("others", [{}, {"__MACOSX/._data.csv": "\0\1"}, {"folder/": ""}])
def test_a_zip_archive_of_one_file_is_that_file(tmp_path: Path, others: dict[str, str]) -> None:
    path = tmp_path / "data.csv.zip"
    path.write_bytes(archive({**others, "folder/data.csv": TEXT}))
    for found in (read(path), read(io.BytesIO(path.read_bytes()))):
        np.testing.assert_array_equal(found.values[:, 0], VALUES[:60])
        assert found.fs == pytest.approx(1 / 60)
    assert read(path).name == "data"


def test_a_file_that_is_compressed_twice_is_unpacked_once(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(gzip.compress(TEXT.encode())))
    with pytest.raises(DataError, match="is compressed twice: unpack it once"):
        read(tmp_path / "a.gz")


def test_a_zip_archive_that_grows_beyond_all_reason_is_refused() -> None:
    bomb = archive({"data.csv": "x\n" + "1\n" * 500_000})
    with pytest.raises(DataError, match=r"unpacks to more than 10,000 bytes: --max-bytes"):
        read(io.BytesIO(bomb), max_bytes=10_000)


def test_zip_archives_of_several_files_and_damaged_ones_are_refused() -> None:
    packed = archive({"data.csv": TEXT})
    with pytest.raises(DataError, match=r"zip archive of 2 files \(a\.csv, b\.csv\): unpack it"):
        read(io.BytesIO(archive({"a.csv": TEXT, "b.csv": TEXT})))
    with pytest.raises(DataError, match="is a zip archive or a spreadsheet"):
        read(io.BytesIO(packed[:-30]))
    with pytest.raises(DataError, match="is an empty zip archive"):
        read(io.BytesIO(archive({})))
    damaged = bytearray(packed)
    damaged[100:110] = bytes(10)
    with pytest.raises(DataError, match="is not a complete zip file"):
        read(io.BytesIO(bytes(damaged)))
    locked = bytearray(packed)
    locked[6] |= 1
    locked[packed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match=r"cannot be unpacked: .*encrypted"):
        read(io.BytesIO(bytes(locked)))


SIGNATURES = {
    "a FLAC sound file": b"fLaC",
    "an SQLite database": b"SQLite format 3\0",
    "a TDMS file": b"TDSm\x0e",
    "an MDF measurement": b"MDF     4.10    ",
    "a netCDF 3 file": b"CDF\x05",
    "an HDF4 file": b"\x0e\x03\x13\x01",
    "an AU sound file": b".snd\0\0\0\x18",
    "a Wave64 sound file": b"riff\x2e\x91\xcf\x11",
    "an MP3 sound file": b"\xff\xfb\x90\x64",
    "a SEG-Y file": "C 1 CLIENT".encode("cp500"),
    "a picture": b"\x89PNG\r\n\x1a\n",
    "a file compressed with LZ4": b"\x04\x22\x4d\x18",
    "a PX4 log": b"ULog\x01\x12\x35",
    "a ROS bag": b"#ROSBAG V2.0\n",
    "a FIT activity": b"\x0e\x10\xd9\x07\1\1\1\1.FIT",
    "a recording of MNE": b"\0\0\0\x64\0\0\0\x1f",
    "a binary table of Campbell": b'"TOB1","CR1000"\r\n',
    "a DICOM file": bytes(128) + b"DICM",
    "a miniSEED file": b"000001D ANMO  00BHZ",
    "a pickle of Python": b"\x80\x04\x95",
    "a Stata file": b"<stata_dta><header>",
    "a tar archive": b"data.csv" + bytes(249) + b"ustar\x0000",
}


@pytest.mark.parametrize("title", SIGNATURES)
@pytest.mark.parametrize("rest", [bytes(300), bytes(range(256)) * 4])
def test_a_file_of_another_format_is_named_with_what_to_do(title: str, rest: bytes) -> None:
    with pytest.raises(DataError, match=f"^stdin is {title}.*: .*") as refusal:
        read(io.BytesIO(SIGNATURES[title] + rest))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["ORC", "LOGG", "GDF ", "ABF", "ID3"])
def test_a_text_that_begins_like_another_format_is_read(name: str) -> None:
    rows = "".join(f"{i / 10},{v}\n" for i, v in enumerate(VALUES))
    found = read(io.BytesIO(f"{name}_t,x\n{rows}".encode()))
    np.testing.assert_array_equal(found.values[:, -1], VALUES)


def test_a_damaged_zip_archive_is_read_or_gets_one_sentence() -> None:
    packed = archive({"data.csv": TEXT})
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(packed)
        for place in rng.integers(0, len(packed), 3):
            damaged[place] = rng.choice([0, 1, 127, 128, 255])
        said = ""
        try:
            read(io.BytesIO(bytes(damaged)))
        except DataError as error:
            said = str(error)
        assert "\n" not in said
