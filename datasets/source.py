"""A file or stream to read: where its bytes are, and whether they are compressed."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from spectra.errors import DataError


@dataclass(frozen=True)
class Source:
    """Bytes at a path or, where they can be read only once, in memory.

    `name` is what messages call the source; `path` is None for a stream, whose bytes are `data`;
    `compression` is "gzip" or None.
    """

    name: str
    path: Path | None
    data: bytes = b""
    compression: str | None = None

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Open the content, decompressed. Raises DataError where it cannot be read."""
        try:
            with self.path.open("rb") if self.path else io.BytesIO(self.data) as raw:
                if self.compression == "gzip":
                    with gzip.GzipFile(fileobj=raw) as unzipped:
                        yield io.BufferedReader(unzipped)
                else:
                    yield io.BufferedReader(raw)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{self.name} is not a complete gzip file: {error}.") from error
        except OSError as error:
            raise DataError(f"{self.name} cannot be read: {error.strerror or error}.") from error

    def head(self, size: int) -> bytes:
        """Return the first bytes of the content, decompressed."""
        with self.open() as raw:
            return raw.read(size)


def open_source(source: str | PathLike[str] | BinaryIO) -> Source:
    """Return the source at a path or in a binary file object, which is read to its end.

    Raises DataError where there is no such file.
    """
    opened = _from_path(Path(source)) if isinstance(source, (str, PathLike)) else _buffered(source)
    compressed = opened.head(2) == b"\x1f\x8b"
    return replace(opened, compression="gzip" if compressed else None)


def _from_path(path: Path) -> Source:
    """Return the source at a path that has to be a file or a pipe."""
    if path.is_dir():
        raise DataError(f"{path} is a folder: name a file in it.")
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    if path.is_file():
        return Source(str(path), path)
    # A pipe gives its bytes once, and they are read several times: for the format, the dialect
    # and the values.
    return Source(str(path), None, path.read_bytes())


def _buffered(file: BinaryIO) -> Source:
    """Return the source in a binary file object, read to its end."""
    return Source(str(getattr(file, "name", "stdin")).strip("<>"), None, file.read())
