"""The bytes of a binary format, and the libraries that read them."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from spectra.datasets.memory import largest_bytes
from spectra.datasets.source import Source
from spectra.errors import DataError


def content(source: Source) -> Path | io.BytesIO:
    """Return the path of a plain file, which can be mapped, or else the content in memory.

    Raises DataError where the decompressed content is larger than a recording may be.
    """
    if source.path is not None and source.compression is None:
        return source.path
    with source.open() as raw:
        data = raw.read(largest_bytes() + 1)
    if len(data) > largest_bytes():
        raise DataError(
            f"{source.name} holds more than {largest_bytes() / 2**30:.1f} GiB once it is "
            "decompressed: decompress it to a file first, or split it."
        )
    return io.BytesIO(data)


def size_of(where: Path | io.BytesIO) -> int:
    """Return the number of bytes of the content."""
    return where.stat().st_size if isinstance(where, Path) else where.getbuffer().nbytes


def library(module: str, source: Source, kind: str, extra: str) -> Any:
    """Import the library that reads a format.

    Raises DataError, with the command that installs the extra, where it is missing.
    """
    try:
        with warnings.catch_warnings():
            # What a library warns its own developers of is no concern of a reader of data.
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise DataError(
            f"{source.name} is {kind}, which is read with {package}, and that is not installed: "
            f"pip install 'spectra-anomaly[{extra}]'."
        ) from error


def damaged(source: Source, kind: str, error: object) -> DataError:
    """Return the error for a file that its library cannot read to the end."""
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return DataError(
        f"{source.name} is damaged or not complete as {kind} ({reason[:200]}): copy or export it "
        "again."
    )


@contextmanager
def as_damage(source: Source, kind: str, faults: tuple[type[Exception], ...]) -> Iterator[None]:
    """Raise DataError for faults of a library while it reads a file of a kind."""
    try:
        yield
    except DataError:
        raise
    except faults as error:
        raise damaged(source, kind, error) from error
