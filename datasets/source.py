"""A file or stream to read: where its bytes are, and how they are compressed."""

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from spectra.errors import DataError
from spectra.parameters import require, require_integer

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SIGNATURES = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_DAMAGE = (NotImplementedError, ValueError, OverflowError, struct.error)
"""Errors of zipfile on the directory of a damaged archive."""
_ZIP = b"PK\x03\x04"
_FOREIGN = re.compile(r".*/$|__MACOSX/|(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)$")
_BESIDE = re.compile(
    r"(?:^|/)(?:read[_ -]?me|licen[cs]e|copying|copyright|metadat\w*|about|info|notes?|citation"
    r"|change(?:log|s)|manifest|terms|disclaimer)[^/]*$|\.(?:pdf|docx?|md|rst|html?|png|jpe?g|svg)$",
    re.IGNORECASE,
)
"""Files of an archive that say what another one holds."""
_ZSTD_BYTES = 1 << 10
"""Bytes that are decompressed at a time: 4 bytes may hold 128 kB, so these at most 32 MB."""
COMPRESSED_ENDINGS = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
"""Endings that say how a file is compressed and nothing of its content."""


@dataclass(frozen=True)
class Source:
    """Bytes at a path or, where they can be read only once, in memory.

    `name` is what messages call the source; `path` is None for a stream, whose bytes are `data`;
    `compression` is "gzip", "bzip2", "xz", "zstd", "zip" or None; `max_bytes` is the most that a
    compressed source may unpack to.
    """

    name: str
    path: Path | None
    data: bytes = b""
    compression: str | None = None
    max_bytes: int | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the content, decompressed. Raises DataError where it cannot be read."""
        try:
            with self.path.open("rb") if self.path else io.BytesIO(self.data) as raw:
                if self.compression is None:
                    yield raw
                    return
                with _decompressed(raw, self.compression, self.name) as content:
                    yield io.BufferedReader(_Bounded(content, self))
        except (
            gzip.BadGzipFile,
            zipfile.BadZipFile,
            EOFError,
            zlib.error,
            lzma.LZMAError,
        ) as error:
            raise self._damaged(error) from error
        except OSError as error:
            if self.compression == "bzip2" and error.errno is None:
                raise self._damaged(error) from error
            raise DataError(f"{self.name} cannot be read: {error.strerror or error}.") from error

    def head(self, size: int) -> bytes:
        """Return the first bytes of the content, decompressed."""
        with self.open() as raw:
            return raw.read(size)

    def _damaged(self, error: Exception) -> DataError:
        """Return the error for a compressed file that is cut off or damaged."""
        return DataError(
            f"{self.name} is not a complete {self.compression} file: {str(error).rstrip('.')}."
        )


class _Bounded(io.RawIOBase):
    """Decompressed content that ends in a DataError where it grows beyond all reason."""

    def __init__(self, content: IO[bytes], source: Source) -> None:
        self._content, self._source, self._count = content, source, 0
        self._most = most_bytes() if source.max_bytes is None else source.max_bytes

    def readable(self) -> bool:
        """Return True: the content is there to be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read into a buffer, and return how many bytes were read."""
        view = memoryview(buffer)
        data = self._content.read(len(view))
        view[: len(data)] = data
        self._count += len(data)
        if self._count > self._most:
            raise DataError(
                f"{self._source.name} unpacks to more than {self._most:,} bytes: --max-bytes "
                "allows more."
            )
        return len(data)


def most_bytes() -> int:
    """Return the most bytes that a compressed file may unpack to: half of the memory."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 8 << 30
    return max(1 << 30, memory // 2)


def _decompressed(raw: IO[bytes], compression: str, name: str) -> Any:
    """Return a file of the decompressed content."""
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if compression == "bzip2":
        return bz2.BZ2File(raw)
    if compression == "xz":
        return lzma.LZMAFile(raw)
    if compression == "zip":
        return _only_member(raw, name)
    return _zstd(raw, name)


def _members(raw: IO[bytes]) -> list[zipfile.ZipInfo]:
    """Return the files in a zip archive, less those that macOS adds.

    Beside a single other file those are left out that say what it is, such as README.txt.
    """
    every = zipfile.ZipFile(raw).infolist()
    # A damaged archive may have members without a name.
    files = [one for one in every if not _FOREIGN.match(one.filename)]
    others = [one for one in files if not _BESIDE.search(one.filename)]
    return others if len(others) == 1 else files


def _only_member(raw: IO[bytes], name: str) -> Any:
    """Return the only file of a zip archive. Raises DataError for a locked or strange one."""
    try:
        return zipfile.ZipFile(raw).open(_members(raw)[0])
    except (*_DAMAGE, RuntimeError) as error:
        raise DataError(f"{name} cannot be unpacked: {str(error).rstrip('.')}.") from error


def names_in_zip(source: Source) -> list[str]:
    """Return the names of the files in a zip archive, [] for a damaged one and for no archive."""
    try:
        with source.open() as raw:
            return [one.filename for one in _members(raw)]
    except (*_DAMAGE, zipfile.BadZipFile, DataError):
        return []


def _holds_one_text(source: Source) -> bool:
    """Return True for a zip archive of one file that is no part of a workbook or of an NPZ file."""
    files = names_in_zip(source)
    return len(files) == 1 and not files[0].endswith((".npy", ".xml", ".rels", ".bin"))


def _zstd(raw: IO[bytes], name: str) -> Any:
    """Return a file of content that zstd compressed, by Python 3.14 or by zstandard."""
    try:
        library = import_module("compression.zstd")
        return _Frames(raw, library.ZstdDecompressor, library.ZstdError)
    except ImportError:
        pass
    try:
        library = import_module("zstandard")
    except ImportError as error:
        raise DataError(
            f"{name} is compressed with zstd, which needs zstandard: pip install "
            "'spectra-anomaly[zstd]'."
        ) from error
    return _Frames(raw, lambda: library.ZstdDecompressor().decompressobj(), library.ZstdError)


class _Frames(io.RawIOBase):
    """Content of frames of zstd, one after another, that raises EOFError where one is cut off.

    `make` returns the decompressor of a frame, and `error` is what it raises.
    """

    def __init__(self, raw: IO[bytes], make: Callable[[], Any], error: type[Exception]) -> None:
        self._raw, self._make, self._error = raw, make, error
        self._frame, self._begun = make(), False
        self._rest, self._ready = b"", b""

    def readable(self) -> bool:
        """Return True: the content is there to be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read into a buffer, and return how many bytes were read."""
        while not self._ready and self._goes_on():
            pass
        view = memoryview(buffer)
        data, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(data)] = data
        return len(data)

    def _goes_on(self) -> bool:
        """Decompress a little more; return False at the end."""
        data = self._rest or self._raw.read(_ZSTD_BYTES)
        self._rest = b""
        if not data:
            if self._begun and not self._frame.eof:
                raise EOFError("it ends before its last block")
            return False
        if self._frame.eof:
            self._frame = self._make()
        try:
            self._ready, self._begun = self._frame.decompress(data), True
        except self._error as error:
            raise EOFError(str(error)) from error
        self._rest = self._frame.unused_data if self._frame.eof else b""
        return True


def open_source(source: str | PathLike[str] | BinaryIO, max_bytes: int | None = None) -> Source:
    """Return the source at a path or in a binary file object, which is read to its end.

    Raises DataError where there is no such file.
    """
    must = "must be a path or a binary file object"
    if not hasattr(source, "read"):
        require("source", source, (str, PathLike), must)
    if max_bytes is not None:
        require_integer("max_bytes", max_bytes, 1)
    if isinstance(source, str) and not source:
        raise DataError("The name of the file is empty: name a file.")
    opened = _from_path(Path(source)) if isinstance(source, (str, PathLike)) else _buffered(source)
    start = opened.head(6)
    kind = next((kind for sign, kind in _SIGNATURES.items() if start.startswith(sign)), None)
    if start.startswith(_ZIP) and _holds_one_text(opened):
        kind = "zip"
    return replace(opened, compression=kind, max_bytes=max_bytes)


def _from_path(path: Path) -> Source:
    """Return the source at a path that has to be a file or a pipe."""
    with readable(str(path)):
        found = path.exists()
    if path.is_dir():
        raise DataError(f"{path} is a folder: name a file in it.")
    if not found:
        header = Path(f"{path}.hea")
        hint = f": name the header of the record, {header}" if os.path.isfile(header) else ""
        raise DataError(f"There is no file {path}{hint}.")
    if path.is_file():
        return Source(str(path), path)
    # A pipe gives its bytes once, and they are read several times: for the format, the dialect
    # and the values.
    with readable(str(path)), path.open("rb") as file:
        refuse_device(file, str(path))
        return Source(str(path), None, file.read())


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Raise DataError, with the name of the source, where reading it fails."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror or error}.") from error


def refuse_device(file: IO[bytes], name: str) -> None:
    """Raise DataError for a device that is no terminal: some never end, such as /dev/zero."""
    try:
        mode = os.fstat(file.fileno()).st_mode
    except OSError:
        # A file object in memory has no number.
        return
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not file.isatty() and file.read(1)):
        raise DataError(f"{name} is a device: give a file or a pipe.")


def _buffered(file: BinaryIO) -> Source:
    """Return the source in a binary file object, read to its end."""
    name = str(getattr(file, "name", "stdin")).strip("<>")
    with readable(name):
        refuse_device(file, name)
        data = file.read()
    require("source", data, bytes, "must be read as bytes: open the file with mode 'rb'")
    return Source(name, None, data)
