"""Damaged files of every format: each is read, or refused with one sentence.

Small valid files are altered at random, or made of random bytes. A seed that fails is in the
message, and makes the same file again; `make fuzz` tries more of them.
"""

import bz2
import gzip
import io
import lzma
import random
import struct
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import edfio
import h5py
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import scipy.io
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet
from scipy.io import wavfile

from fuzz import limited
from spectra.datasets import Recording, inspect, read_series
from spectra.errors import DataError

SEEDS = 300
LONGEST = 5.0
"""Seconds of the processor in which a small file has to be read or refused."""
N = 60
WAVE = np.sin(np.arange(N) / 3.0)
STAMPS = pd.date_range("2024-03-05", periods=N, freq="1s")
TEXT = "time,flow,who\n" + "".join(
    f"{stamp:%Y-%m-%d %H:%M:%S},{value:.4f},a\n" for stamp, value in zip(STAMPS, WAVE, strict=True)
)
DECIMAL = "Zeit;Druck [bar]\n" + "".join(
    f"{stamp:%d.%m.%Y %H:%M:%S};{value:.3f}\n".replace(".", ",")
    for stamp, value in zip(STAMPS, WAVE, strict=True)
)


def in_memory(write: Callable[[io.BytesIO], object]) -> bytes:
    """Return what is written to a file."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def workbook(file: io.BytesIO) -> None:
    """Write a sheet with a title above its table."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Title"], [], ["time", "flow"], *zip(STAMPS.to_pydatetime(), WAVE, strict=True)):
        sheet.append(list(row))
    book.save(file)


def hdf5(file: io.BytesIO) -> None:
    """Write a data set with attributes in a group."""
    with h5py.File(file, "w") as written:
        written["group/flow"] = WAVE
        written["group/flow"].attrs["sampling_rate"] = 100


def edf(folder: Path) -> bytes:
    """Return an EDF+ file with an annotation."""
    signal = edfio.EdfSignal(WAVE, 10, label="flow", physical_dimension="mV")
    notes = [edfio.EdfAnnotation(1, 2, "event")]
    edfio.Edf([signal], annotations=notes).write(folder / "a.edf")
    return (folder / "a.edf").read_bytes()


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return a small valid file of every format, by a name with its ending."""
    folder = tmp_path_factory.mktemp("valid")
    table = pa.table({"time": STAMPS, "flow": WAVE, "who": ["a"] * N})
    nested = {"s": {"fs": 100.0, "x": WAVE, "name": "abc"}, "y": WAVE}
    scipy.io.savemat(folder / "b.mat", nested, do_compression=True)
    return {
        "a.csv": TEXT.encode(),
        "b.csv": DECIMAL.encode("latin-1"),
        "c.csv": TEXT.encode("utf-16"),
        "d.csv": ("# sample rate = 100 Hz\n" + TEXT).encode("utf-8-sig"),
        "a.csv.gz": gzip.compress(TEXT.encode()),
        "a.csv.bz2": bz2.compress(TEXT.encode()),
        "a.csv.xz": lzma.compress(TEXT.encode()),
        "a.npy": in_memory(lambda file: np.save(file, WAVE)),
        "a.npz": in_memory(lambda file: np.savez_compressed(file, flow=WAVE, fs=100.0)),
        "a.wav": in_memory(lambda file: wavfile.write(file, 100, (WAVE * 999).astype(np.int16))),
        "b.wav": in_memory(lambda file: wavfile.write(file, 100, np.c_[WAVE, WAVE])),
        "a.mat": in_memory(lambda file: scipy.io.savemat(file, nested)),
        "b.mat": (folder / "b.mat").read_bytes(),
        "a.h5": in_memory(hdf5),
        "a.edf": edf(folder),
        "a.parquet": in_memory(lambda file: parquet.write_table(table, file)),
        "a.feather": in_memory(lambda file: feather.write_feather(table, file)),
        "a.xlsx": in_memory(workbook),
        "r.hea": b"r 1 100 60\nr.dat 16 1000/mV 16 0 0 0 0 ecg\n",
        "r.dat": (WAVE * 1000).astype("<i2").tobytes(),
    }


RUNS = (b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff" * 7 + b"\x7f")
WORDS = (
    b"1e300", b"-1e300", b"9223372036854775807", b"nan", b"inf", b"\0", b"\xed\xa0\x80", b'"',
    b"\xef\xbb\xbf", b"2024-13-45", b"99:99:99", b"#", b"%", b";", b"\t", b"\r", b"sep=\xe9\n",
)  # fmt: skip


def altered(content: bytes, seed: int) -> bytes:
    """Return a file with one to sixteen faults of one kind."""
    random_ = random.Random(seed)
    data = bytearray(content)
    kind = random_.randrange(8)
    for _ in range(random_.choice([1, 1, 2, 4, 16])):
        if not data:
            break
        at = random_.randrange(min(len(data), random_.choice([64, 512, 4096, len(data)])))
        if kind == 0:
            data[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            data[at] = random_.choice([0, 255, 127, 128, 10, 13, 34, 44, 59])
        elif kind == 2:
            del data[at : at + random_.choice([1, 2, 4, 16, 100])]
        elif kind == 3:
            data[at:at] = random_.randbytes(random_.choice([1, 2, 4, 16]))
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            other, size = random_.randrange(len(data)), random_.choice([4, 64, 1000])
            data[at : at + size] = data[other : other + size]
        else:
            run = random_.choice(RUNS if kind == 6 else WORDS)
            data[at : at + len(run)] = run
    return bytes(data)


def is_read_or_refused(path: Path) -> None:
    """Assert that a file is read or refused, soon, by both ways in."""
    for function in (read_series, inspect):
        with limited(LONGEST), warnings.catch_warnings():
            warnings.simplefilter("error")
            # An extension of a library may close its file late; that is no fault of the reader.
            warnings.simplefilter("ignore", ResourceWarning)
            with suppress(DataError):
                function(path)


def test_altered_files_are_read_or_refused(tmp_path: Path, valid: dict[str, bytes]) -> None:
    names = sorted(valid)
    for name in names:
        (tmp_path / name).write_bytes(valid[name])
        is_read_or_refused(tmp_path / name)
    for seed in range(SEEDS):
        name = names[seed % len(names)]
        path = tmp_path / name
        path.write_bytes(altered(valid[name], seed))
        try:
            is_read_or_refused(path)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {name}: {error!r}") from error
        path.write_bytes(valid[name])


def test_truncated_files_are_read_or_refused(tmp_path: Path, valid: dict[str, bytes]) -> None:
    for name, content in valid.items():
        path = tmp_path / name
        for share in (0.0, 0.01, 0.1, 0.5, 0.9, 0.999):
            path.write_bytes(content[: int(share * len(content))])
            is_read_or_refused(path)
        path.write_bytes(content)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400)
    | st.sampled_from([b"RIFF\xff\xff\xff\xffWAVE", b"\x93NUMPY", b"MATLAB 5.0", b"PAR1", b"ARROW1",
                       b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"0       ", b"\xffBIOSEMI",
                       b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\xff\xfe", b"\xef\xbb\xbf",
                       b"\xff\xff\xff\xff"]).flatmap(
        lambda head: st.binary(max_size=400).map(lambda rest: head + rest))
)  # fmt: skip
@example(b"\xef\xbb\xbf" + "time,Temp °C\n1,2\n2,3\n".encode("latin-1"))
@example(b"time,x\n1,\xed\xa0\x80\n2,3\n3,4\n")
@example("sep=é\ntimeéx\n1é2\n2é3\n".encode())
@example(b"time,x\n1,2\n1e300,3\n")
@example(b"time,x\n-1e300,3\n1,2\n2,4\n3,4\n")
@example(b"time,x\n0,1\n9223372036854775807,2\n")
@example(b"time,x\n1,2\n2,\x003\n")
@example("time,x\n1,2\n2,3\n3,4\n".encode("utf-16")[:-1])
@example(struct.pack("<HHIIHH", 1, 0, 0, 0, 0, 0))
def test_random_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.bin"
    path.write_bytes(content)
    is_read_or_refused(path)


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a field of 200 kB", b"time,x,c\n0,1," + b"a" * 200_000 + b"\n1,2,b\n2,4,c\n", 3),
        ("a name of 200 kB", b"time," + b"x" * 200_000 + b"\n0,1\n1,2\n2,4\n", 3),
        ("comments of 300 kB", b"# words about it\n" * 20_000 + b"time,x\n0,1\n1,2\n2,4\n", 3),
        ("empty lines of 300 kB", b"\n" * 300_000 + b"time,x\n0,1\n1,2\n2,4\n", 3),
        ("angle brackets", b"<DATE>,<CLOSE>\n20240305,1\n20240306,2\n20240307,4\n", 3),
        ("UTF-16 cut by a byte", "time,x\n0,1\n1,2\n2,4\n".encode("utf-16")[:-1], 3),
        ("UTF-32", "time,x\n0,1\n1,2\n2,4\n".encode("utf-32"), 3),
    ],
)
def test_odd_but_whole_texts_are_read(name: str, content: bytes, rows: int) -> None:
    (recording,) = read_series(io.BytesIO(content)).values()
    assert isinstance(recording, Recording), name
    assert recording.values[:, 0].tolist() == [1.0, 2.0, 4.0][:rows]


@pytest.mark.parametrize(
    "compress", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"]
)
@pytest.mark.parametrize(
    "content",
    [b"0" * (1 << 22), b"time,x\n" + b"0,1\n" * (1 << 20), b"\x93NUMPY" + bytes(1 << 22)],
    ids=["digits", "rows", "array"],
)
def test_small_files_that_unpack_to_large_ones_are_bounded(
    compress: Callable[[bytes], bytes], content: bytes
) -> None:
    with pytest.raises(DataError, match=r"unpacks to more than 1,000,000 bytes: --max-bytes"):
        read_series(io.BytesIO(compress(content)), max_bytes=1_000_000)


def test_many_columns_are_read() -> None:
    values = np.random.default_rng(0).integers(-99, 99, (4, 6_000))
    names = ",".join(f"sensor {i}" for i in range(6_000))
    text = names + "\n" + "".join(",".join(map(str, row)) + "\n" for row in values)
    (recording,) = read_series(io.BytesIO(text.encode())).values()
    assert isinstance(recording, Recording)
    assert np.array_equal(recording.values, values)
