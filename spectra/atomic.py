"""Files that are written whole or not at all."""

import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from spectra.errors import DataError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise DataError, with the name of the file, where writing it fails."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that gets its name once it is complete.

    A file of that name keeps its permissions, and its content until then. A link keeps pointing to
    its target, which is replaced. A device or a pipe is written to directly. Raises DataError where
    writing fails.
    """
    with writing(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        target = path.resolve()
        # Not made from the name of the file, which may already be as long as names can be.
        temporary = target.with_name(f".spectra-{secrets.token_hex(8)}.part")
        try:
            with temporary.open("xb") as file:
                yield file
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
