"""No HDF5 file takes more memory than its bytes justify, whatever it says of itself."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import fuzz
from fuzz_corpus import RUNS, damaged_bytes
from spectra.datasets import read, read_series
from spectra.datasets.readers.hdf5_bounds import Bounded
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


def test_bytes_altered_at_random_take_little_memory_and_time() -> None:
    found = fuzz.Batch(range(200), (read_altered,), time.monotonic() + 600).run()
    assert found.failed == 0, found.said
    assert found.seed == 200
    assert found.largest < MOST


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


def growing_chunk(file: Any) -> None:
    """Write a chunk that unpacks to far more than it may hold."""
    data = file.create_dataset("x", (1000,), "f8", chunks=(100,), compression="gzip")
    data.id.write_direct_chunk((0,), zlib.compress(bytes(10**8)))


def growing_twice(file: Any) -> None:
    """Write a chunk that is compressed two times, whose inner bytes unpack to far more."""
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((100,))
    created.set_deflate(9)
    created.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    space = h5py.h5s.create_simple((100,))
    data = h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F64LE, space, created)
    data.write_direct_chunk((0,), zlib.compress(zlib.compress(bytes(10**8))))


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


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (never_written, "says that it holds 5,000,000 values in .* --max-bytes allows more"),
        (constant, "says that it holds 10,000,000 values"),
        (wide_type, "says that it holds"),
        (large_chunk, "a chunk of 800,000,000 bytes"),
        (growing_chunk, "a chunk of 800 bytes that unpacks to twice as many"),
        (growing_twice, "a chunk of 800 bytes that unpacks to twice as many"),
        (small_chunk, "more than 10 chunks, or one that is too small"),
        (many_chunks, "1,000,000 chunks"),
        (deep, "more, longer or deeper names"),
        (shared_type, "objects or fields"),
    ],
)
def test_a_hostile_file_is_refused(
    tmp_path: Path, write: Callable[[Any], object], said: str
) -> None:
    path = written(tmp_path / "a.h5", write)

    def target(_folder: Path, _rng: np.random.Generator) -> None:
        with pytest.raises(DataError, match=said):
            read_series(path)

    found = fuzz.Batch(range(1), (target,), time.monotonic() + 600).run()
    assert found.failed == 0, found.said
    assert found.largest < MOST


def test_a_filter_made_for_a_larger_chunk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=X[:, 0], compression="lzf", chunks=(20,))
    # The versions of the filter and of its library, and the bytes of a chunk.
    said, large = struct.pack("<3I", 4, 261, 160), struct.pack("<3I", 4, 261, 2**31)
    assert path.read_bytes().count(said) == 1
    path.write_bytes(path.read_bytes().replace(said, large))
    with pytest.raises(DataError, match="a filter for chunks of 2,147,483,648 bytes"):
        read(path)


@pytest.mark.parametrize(
    ("number", "size"),
    [(0, 0), (0, 8), (0, 5000), (0, 2**64 - 8), (1, 5000), (1, 2**64 - 8), (2, 5000), (2, 2**63)],
)
def test_a_collection_of_texts_without_an_end_is_refused(
    tmp_path: Path, number: int, size: int
) -> None:
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
    with pytest.raises(DataError, match="a collection of texts that has no end"):
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
    with pytest.raises(DataError, match="a text that is longer than the file"):
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


def test_reads_beyond_the_end_are_refused_before_the_buffer_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"FRHP" + bytes(20))
    for where in (path, io.BytesIO(path.read_bytes())):
        with Bounded(where) as file:
            buffer = bytearray(b"x" * 30)
            assert file.readinto(buffer) == 30
            assert bytes(buffer) == b"FRHP" + bytes(26)
            file.seek(10)
            with pytest.raises(OSError, match="2,000,000 bytes are to be read where it has 14"):
                file.readinto(bytearray(2_000_000))
    compressed = Bounded(io.BytesIO(b"FRHP" + b"\0\1\1\1\0" + bytes(20)))
    with pytest.raises(OSError, match="names or attributes are compressed"):
        compressed.readinto(bytearray(20))
