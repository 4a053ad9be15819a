"""A damaged or hostile HDF5 file ends a process of its own at most, and that is one sentence."""

import fcntl
import gzip
import io
import os
import re
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import fuzz
from fuzz_corpus import RUNS, damaged_bytes
from spectra.cli import main
from spectra.datasets import inspect, read, read_series
from spectra.datasets.readers.variables import hdf5_answers, hdf5_process
from spectra.errors import DataError

X = np.random.default_rng(0).normal(size=(40, 2))
# More than the 32 MB that any data set may take, in one more copy and in the allocator.
MOST = 150e6


@cache
def varied(user_block: int) -> bytes:
    """Return a file with each layout, filter and index, attributes, a table and many objects."""
    written = io.BytesIO()
    with h5py.File(written, "w", userblock_size=user_block) as file:
        file["a"] = X
        file["a"].attrs["fs"] = 100.0
        file["a"].attrs["units"] = "mV"
        file.attrs["start_time"] = "2024-05-01T12:00:00"
        file.create_dataset("g/gzip", data=X[:, 0], compression="gzip", chunks=(10,))
        file.create_dataset("g/lzf", data=X, compression="lzf", shuffle=True, maxshape=(None, 2))
        file.create_dataset("g/sums", data=X, fletcher32=True, chunks=(10, 1))
        file.create_dataset("g/scaled", data=X, scaleoffset=3, chunks=(10, 1))
        file.create_dataset("g/szip", data=X, compression="szip", chunks=(20, 2))
        file.create_dataset("g/empty", (40,), "f8", fillvalue=1.0)
        file["g/table"] = np.zeros(40, [("t", "f8"), ("s", "S3"), ("v", "f4", (2,))])
        file["g/texts"] = ["a", "bb"]
        for index in range(12):
            file[f"many/{index}"] = float(index)
            file["many"].attrs[f"k{index}"] = index
    return written.getvalue()


@cache
def latest() -> bytes:
    """Return a file in the newest form, of which the library checks less."""
    written = io.BytesIO()
    with h5py.File(written, "w", libver="latest") as file:
        file["a"] = X
        file["a"].attrs["fs"] = 100.0
        file["a"].attrs["units"] = "mV"
        for name, options in {
            "gzip": {"compression": "gzip", "maxshape": (None, 2)},
            "two": {"maxshape": (None, None), "fletcher32": True},
            "fixed": {},
        }.items():
            file.create_dataset(f"g/{name}", data=X, chunks=(10, 1), **options)
        for index in range(12):
            file[f"many/{index}"] = float(index)
            file["many"].attrs[f"k{index}"] = index
    return written.getvalue()


NAMES = ["a", "g/gzip", "g/lzf", "g/sums", "g/scaled", "g/szip", "g/empty", "g/table/v"]


def read_altered(folder: Path, rng: np.random.Generator) -> None:
    """Read a file with other bytes at any place, most often a size, a count or an address."""
    content = bytearray(varied(int(rng.choice([0, 512]))))
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        place, kind = int(rng.integers(len(content))), int(rng.integers(4))
        run = RUNS[int(rng.integers(len(RUNS)))]
        other = [
            bytes([int(rng.integers(256))]),
            run,
            int(2 ** rng.integers(8, 32)).to_bytes(4, "little"),
            bytes([content[place] ^ 1 << int(rng.integers(8))]),
        ][kind]
        content[place : place + len(other)] = other
    path = folder / "a.h5"
    path.write_bytes(damaged_bytes(bytes(content), rng) if rng.random() < 0.1 else content)
    for name in (None, str(rng.choice(NAMES))):
        with suppress(DataError):
            read_series(path, variable=name)


def written(path: Path, write: Callable[[Any], object]) -> Path:
    """Write a file."""
    with h5py.File(path, "w", libver="latest") as file:
        write(file)
    return path


def never_written(file: Any) -> None:
    """Write a data set that has an extent and no values."""
    file.create_dataset("x", (5 * 10**6,), "f4")


def constant(file: Any) -> None:
    """Write values of which deflate keeps a thousandth."""
    file.create_dataset("x", (10**7,), "i1", chunks=(10**6,), compression="gzip")[:] = 1


def wide_type(file: Any) -> None:
    """Write a data set each of whose values is a long vector."""
    file.create_dataset("x", (100,), np.dtype([("a", "f8", (10**6,))]))


def large_chunk(file: Any) -> None:
    """Write few values in a chunk that is made for many."""
    shape = {"chunks": (10**8,), "maxshape": (None,), "compression": "gzip"}
    file.create_dataset("x", (1000,), "f8", **shape).id.write_direct_chunk((0,), b"x")


def zeros(count: int) -> bytes:
    """Return a stream of deflate that unpacks to so many millions of zeros."""
    deflate = zlib.compressobj()
    start = deflate.compress(b"\0") + deflate.flush(zlib.Z_FULL_FLUSH)
    # What follows a full flush refers to nothing before it.
    million = deflate.compress(bytes(10**6)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + count * million


def growing_chunk(file: Any) -> None:
    """Write a chunk that unpacks to far more than it may hold."""
    data = file.create_dataset("x", (1000,), "f8", chunks=(100,), compression="gzip")
    data.id.write_direct_chunk((0,), zeros(1000))


def growing_twice(file: Any) -> None:
    """Write a chunk that is compressed two times, whose inner bytes unpack to far more."""
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((100,))
    created.set_deflate(9)
    created.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    space = h5py.h5s.create_simple((100,))
    data = h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F64LE, space, created)
    data.write_direct_chunk((0,), zlib.compress(zeros(1000)))


def small_chunk(file: Any) -> None:
    """Write a chunk that is shorter than the checksum at its end."""
    data = file.create_dataset("x", (1000,), "f8", chunks=(100,), fletcher32=True)
    data.id.write_direct_chunk((0,), b"xyz")


def many_chunks(file: Any) -> None:
    """Write a data set of a chunk for each value, hardly any of which is there."""
    file.create_dataset("x", (10**6,), "f8", chunks=(1,), maxshape=(None,))[:2] = 1.0


def deep(file: Any) -> None:
    """Write groups inside one another."""
    group = file
    for _ in range(3000):
        group = group.create_group("g")
    file["x"] = X


def shared_type(file: Any) -> None:
    """Write data sets that share one type of many fields."""
    file["t"] = np.dtype([(f"f{index}", "f8") for index in range(500)])
    for index in range(200):
        file.create_dataset(f"d{index}", (2,), dtype=file["t"])


def test_bytes_altered_at_random_take_little_memory_and_time() -> None:
    found = fuzz.Batch(range(15), (read_altered,), time.monotonic() + 600).run()
    assert found.failed == 0, found.said
    assert found.seed == 15
    assert found.largest < MOST


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (never_written, "says that it holds 5,000,000 values in .* --max-bytes allows more"),
        (constant, "says that it holds 10,000,000 values"),
        (wide_type, "says that it holds 100,000,000 values"),
        (large_chunk, "is damaged or not complete as an HDF5 file, '/x'"),
        (growing_chunk, "is damaged or not complete as an HDF5 file, '/x'"),
        (growing_twice, "is damaged or not complete as an HDF5 file, '/x'"),
        (small_chunk, "is damaged or not complete as an HDF5 file, '/x'"),
        (many_chunks, "takes more than .* GiB to read as an HDF5 file"),
        (deep, "is not done after 2 s"),
        (shared_type, "more objects, fields or names than its .* bytes can hold"),
    ],
)
def test_a_hostile_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Any], object], said: str
) -> None:
    path = written(tmp_path / "a.h5", write)
    # A slow processor takes longer than the usual 3 s to fill the memory.
    if write in (deep, many_chunks):
        monkeypatch.setattr(hdf5_process, "LEAST_SECONDS", 1 if write is deep else 30)

    def target(_folder: Path, _rng: np.random.Generator) -> None:
        with pytest.raises(DataError, match=said):
            read_series(path)

    found = fuzz.Batch(range(1), (target,), time.monotonic() + 600).run()
    assert found.failed == 0, found.said
    assert found.largest < MOST


@pytest.mark.parametrize(
    ("number", "size"), [(0, 0), (0, 8), (0, 2**64 - 8), (1, 5000), (1, 2**64 - 8), (2, 2**63)]
)
def test_a_collection_of_texts_without_an_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, size: int
) -> None:
    monkeypatch.setattr(hdf5_process, "LEAST_SECONDS", 1)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = X
        file["x"].attrs["units"] = "mV"
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL") + 16
    if number == 2:
        # Behind the first object, whose text takes 8 bytes.
        place += 24
    content[place : place + 16] = struct.pack("<HHIQ", number, 1, 0, size)
    path.write_bytes(content)
    said = "library is not done after 1 s" if size == 0 else "damaged or not complete as an HDF5"
    with pytest.raises(DataError, match=said):
        read(path)


@pytest.mark.parametrize("user_block", [0, 512])
def test_a_text_that_is_longer_than_the_file_is_refused(tmp_path: Path, user_block: int) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=user_block) as file:
        file["x"] = X
        file["x"].attrs["units"] = "mV"
    content = path.read_bytes()
    address = content.index(b"GCOL") - user_block
    said, large = (struct.pack("<IQI", length, address, 1) for length in (2, 2**31))
    assert content.count(said) == 1
    path.write_bytes(content.replace(said, large))
    with pytest.raises(DataError, match=r"takes more than 1\.06 GiB to read as an HDF5 file"):
        read(path)


def test_what_a_user_allows_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.h5", lambda file: never_written(file))
    recording = read(path, max_bytes=40_000_000)
    assert recording.values.shape == (5 * 10**6, 1)


@pytest.mark.parametrize("size", [1 << 16, 1 << 24])
@pytest.mark.parametrize("options", [{}, {"compression": "gzip", "shuffle": True}])
def test_large_chunks_that_are_sound_are_read(
    tmp_path: Path, size: int, options: dict[str, Any]
) -> None:
    values = np.random.default_rng(1).normal(size=size // 8)
    path = written(
        tmp_path / "a.h5",
        lambda file: file.create_dataset("x", data=values, chunks=values.shape, **options),
    )
    recording = read(path)
    assert np.array_equal(recording.values[:, 0], values)


def test_attributes_of_many_texts_are_left_alone(tmp_path: Path) -> None:
    def write(file: Any) -> None:
        file["x"] = X
        file["x"].attrs["units"] = ["a" * 60_000] * 10
        file["x"].attrs["fs"] = ["1", "2"]

    recording = read(written(tmp_path / "a.h5", write))
    assert recording.units is None
    assert recording.fs is None


FAULTY = """
import os, signal, sys, time
from spectra.datasets.readers.variables import hdf5_answers

def answer(h5py, where, question):
    for part in sound(h5py, where, question):
        yield part
        {fault}

sound, hdf5_answers.answer = hdf5_answers.answer, answer
"""


def with_statement(statement: str) -> str:
    """Return the program that reads, with a statement in the middle of its answer."""
    start = hdf5_process.PROGRAM.removesuffix("main()\n")
    return f"{start}{FAULTY.format(fault=statement)}main()\n"


def with_fault(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Let the process that reads run a statement in the middle of its answer."""
    monkeypatch.setattr(hdf5_process, "PROGRAM", with_statement(fault))
    # On a busy machine the library itself may take a second of the processor to start.
    if "while" in fault or "sleep" in fault:
        monkeypatch.setattr(hdf5_process, "LEAST_SECONDS", 1)
    if "sleep" in fault:
        monkeypatch.setattr(hdf5_process, "CLOCK", 2)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"library crashed: Segmentation fault\): copy"),
        ("os.abort()", r"library crashed: Aborted\): copy"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed, perhaps as memory ran out"),
        ("os._exit(3)", "library ended with status 3"),
        ("while True: pass", "library is not done after 1 s"),
        ("time.sleep(60)", "library is not done after 2 s"),
        ("bytearray(1 << 31)", "takes more than 1.06 GiB to read as an HDF5 file"),
        ("raise KeyError('odd')", r"damaged or not complete as an HDF5 file \('odd'\)"),
        ("raise AssertionError", "library ended with status 1"),
        ("os.write(1, b'printed')", ""),
    ],
)
def test_a_fault_of_the_library_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(varied(0))
    with_fault(monkeypatch, fault)
    result = CliRunner().invoke(main, ["inspect", str(path)])
    if not said:
        assert result.exit_code == 0
        return
    assert result.exit_code == 1
    assert result.stdout == ""
    assert re.search(said, result.stderr.replace("\n", " "))
    assert len(result.stderr.splitlines()) == 1


# Seeds of altered bytes by which h5py 3.16 with HDF5 2.0 ends.
CRASHES = (44, 92, 113, 197)


def altered(seed: int) -> bytes:
    """Return the file in the newest form with some bytes altered."""
    rng, content = np.random.default_rng(seed), bytearray(latest())
    for _ in range(int(rng.choice([1, 2, 5, 20]))):
        place = int(rng.integers(len(content)))
        run = RUNS[int(rng.integers(len(RUNS)))]
        other = bytes([int(rng.integers(256))]) if rng.random() < 0.5 else run
        content[place : place + len(other)] = other
    return bytes(content)


def test_files_that_crash_the_library_leave_the_caller_alive() -> None:
    said = []
    for seed in CRASHES:
        try:
            read_series(io.BytesIO(altered(seed)))
        except DataError as error:
            said.append(str(error))
    # A later library may read or refuse some of them.
    assert any("crashed: Segmentation fault" in sentence for sentence in said)


# Reads with a library that never ends, and prints the number of its process.
ENDLESS = """
import subprocess
from spectra.datasets import read
from spectra.datasets.readers.variables import hdf5_process

class Printed(subprocess.Popen):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        print(self.pid, flush=True)

subprocess.Popen = Printed
hdf5_process.PROGRAM = {program!r}
hdf5_process.LEAST_SECONDS = 60
read({path!r})
"""


def is_alive(number: int) -> bool:
    """Return whether a process runs: one that has ended may wait to be asked."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (signal.SIGINT, "while True: pass"),
        (signal.SIGTERM, "time.sleep(600)"),
        (signal.SIGKILL, "while True: pass"),
    ],
)
def test_the_process_ends_with_the_one_that_started_it(
    tmp_path: Path, number: signal.Signals, fault: str
) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(varied(0))
    program = ENDLESS.format(program=with_statement(fault), path=str(path))
    before = [*tmp_path.iterdir()]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(number)
        assert parent.wait() == -number
        for _ in range(1000):
            if not is_alive(child):
                break
            time.sleep(0.02)
    assert not is_alive(child)
    assert [*tmp_path.iterdir()] == before


def test_no_process_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*given: Any, **named: Any) -> Any:
        started.append(popen(*given, **named))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    (tmp_path / "a.h5").write_bytes(varied(0))
    read(tmp_path / "a.h5", variable="a")
    with pytest.raises(DataError, match="no variable 'b'"):
        read(tmp_path / "a.h5", variable="b")
    (tmp_path / "a.h5").write_bytes(varied(0)[:1000])
    with pytest.raises(DataError, match="truncated"):
        read(tmp_path / "a.h5")
    assert len(started) == 3
    assert all(process.returncode is not None for process in started)
    assert os.listdir(tmp_path) == ["a.h5"]


@pytest.mark.parametrize("name", NAMES)
def test_values_are_the_same_where_no_process_can_be_started(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    apart = read(io.BytesIO(varied(512)), variable=name)
    monkeypatch.setattr(sys, "executable", "")
    here = read(io.BytesIO(varied(512)), variable=name)
    assert np.array_equal(apart.values, here.values)
    assert (apart.channels, apart.fs, apart.units) == (here.channels, here.fs, here.units)
    assert apart.index.equals(here.index)
    with pytest.raises(DataError, match="damaged or not complete as an HDF5 file"):
        read(io.BytesIO(varied(0)[:1000]))


@pytest.mark.parametrize("program", ["import sys; sys.exit(1)", "print('hello', 'a' * 50)"])
def test_a_process_that_does_not_start_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(hdf5_process, "PROGRAM", program)
    with pytest.raises(DataError, match=r"the process for it does not start .*import h5py"):
        read(io.BytesIO(varied(0)))
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    with pytest.raises(DataError, match=r"does not start \(No such file or directory\)"):
        read(io.BytesIO(varied(0)))


def test_modules_of_the_working_folder_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("h5py", "numpy", "json", "spectra"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    assert np.array_equal(read(io.BytesIO(varied(0)), variable="a").values, X)


def test_what_is_printed_as_python_starts_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_process, "PROGRAM", f"print('x', end='')\n{hdf5_process.PROGRAM}")
    assert np.array_equal(read(io.BytesIO(varied(0)), variable="a").values, X)


def test_a_type_of_several_values_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (3,), ("f8", (400_000,)))[...] = np.arange(1.2e6).reshape(3, -1)
    assert np.array_equal(read(path).values, np.arange(1.2e6).reshape(3, -1).T)
    assert inspect(path).rows == 400_000


def test_a_file_that_its_writer_has_locked_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\xff.h5")
    path.write_bytes(varied(0))
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert np.array_equal(read(path, variable="a").values, X)


def test_threads_read_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "a.h5.gz"
    path.write_bytes(gzip.compress(varied(0)))
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda name: read(path, variable=name).values, ["a", "g/lzf"] * 3)
    assert all(np.array_equal(values, X) for values in found)


@pytest.mark.parametrize("form", ["<f8", ">f4", "<f2", ">i2", "u8", "?"])
@pytest.mark.parametrize("chunks", [None, (7, 3), (1, 4), (40, 4), True])
@pytest.mark.parametrize("rows", [None, 1, 17, 40])
def test_values_in_parts_are_those_of_h5py(
    monkeypatch: pytest.MonkeyPatch, form: str, chunks: Any, rows: int | None
) -> None:
    monkeypatch.setattr(hdf5_answers, "LARGEST_PART", 50)
    rng, file = np.random.default_rng(3), io.BytesIO()
    values = rng.integers(0, 2 if form == "?" else 100, (40, 4)).astype(form)
    table = np.zeros((40, 4), [("v", form), ("w", form, (2,))])
    table["v"], table["w"][..., 0] = values, values
    with h5py.File(file, "w") as written:
        written.create_dataset("x", data=values, chunks=chunks)
        written.create_dataset("turned", data=values.T)
        written.create_dataset("t", data=table, chunks=chunks)
    for name, field, expected in (
        ("x", None, values[:rows]),
        ("turned", None, values.T[:, :rows]),
        ("t", "v", values[:rows]),
        ("t", "w", table["w"][:rows]),
    ):
        question = {"name": name, "field": field, "rows": rows}
        parts = [bytes(part) for part in hdf5_answers.answer(h5py, file, question)]
        assert all(len(part) <= 50 for part in parts)
        assert b"".join(parts) == np.ascontiguousarray(expected).tobytes()
