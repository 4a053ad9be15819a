"""Files that are written whole or not at all."""

import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from spectra.errors import DataError

if sys.platform != "win32":
    import fcntl

# Not made from the name of the file, which may already be as long as names can be.
_TEMPORARY: Final = re.compile(r"\.spectra-[0-9a-f]{16}\.part")
# Seconds without a write after which a temporary file that nobody has locked is one that a killed
# process left behind.
_STALE: Final = 1.0
# The same where files cannot be locked.
_STALE_UNLOCKED: Final = 86_400.0
# Share of the time in which a folder is searched for them: one of 20,000 files takes 10 ms.
_SEARCHING: Final = 0.01
# The time of the next search of each folder.
_NEXT_SEARCH: Final[dict[Path, float]] = {}


@contextmanager
def writing(name: Path | str) -> Iterator[None]:
    """Raise DataError, with the name of the file, where writing it fails."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        is_folder = isinstance(error, IsADirectoryError)
        reason = "it is a folder" if is_folder else error.strerror or error
        raise DataError(f"{name} cannot be written: {reason}.") from error


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that gets its name once it is complete.

    A file of that name keeps its content until then, and its permissions, owner and links
    afterwards. A device or a pipe is written to directly. Temporary files that killed processes
    left in the folder are removed. Raises DataError where writing fails.
    """
    with writing(path):
        old = _status(path)
        if old is not None and not stat.S_ISREG(old.st_mode):
            with path.open("wb") as device:
                yield device
            return
        target = Path(os.path.realpath(path))
        _remove_stale(target.parent)
        # A replaced file may be readable by its owner alone.
        file, temporary = _temporary(target.parent, 0o666 if old is None else 0o600)
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                if old is None or _like(temporary, target, old):
                    temporary.replace(target)
                else:
                    _overwrite(target, temporary)
        finally:
            temporary.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    """Return the status of a file, None where there is none; OSError for a loop of links."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _temporary(folder: Path, mode: int) -> tuple[IO[bytes], Path]:
    """Return a new, locked file in the folder, and its path."""
    while True:
        path = folder / f".spectra-{secrets.token_hex(8)}.part"
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            continue
        file = os.fdopen(number, "wb")
        _locked(file)
        # Another process may have taken it for a stale one before it was locked.
        if path.exists():
            return file, path
        file.close()


def _locked(file: IO[bytes]) -> bool | None:
    """Lock a file until it is closed; return False if another process has, None if none can."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_stale(folder: Path) -> None:
    """Remove the temporary files of processes that no longer run."""
    begin = time.monotonic()
    if begin < _NEXT_SEARCH.get(folder, 0.0):
        return
    with suppress(OSError):
        for entry in os.scandir(folder):
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError), open(entry.path, "rb") as file:
                    age = time.time() - os.fstat(file.fileno()).st_mtime
                    locked = _locked(file)
                    if (
                        age > (_STALE_UNLOCKED if locked is None else _STALE)
                        and locked is not False
                    ):
                        os.unlink(entry.path)
    end = time.monotonic()
    _NEXT_SEARCH[folder] = end + (end - begin) / _SEARCHING


def _like(temporary: Path, target: Path, old: os.stat_result) -> bool:
    """Give a file the owner and the permissions of another; return whether it may replace it.

    It may not where the owner cannot be given away, or where the other has further names.
    """
    if old.st_nlink > 1:
        return False
    if sys.platform != "win32":
        new = temporary.stat()
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            try:
                os.chown(temporary, old.st_uid, old.st_gid)
            except PermissionError:
                return False
    shutil.copystat(target, temporary)
    os.utime(temporary)
    return True


def _overwrite(target: Path, complete: Path) -> None:
    """Write a complete file into another one, whose space is taken first."""
    with complete.open("rb") as source, target.open("r+b") as file:
        size = os.fstat(source.fileno()).st_size
        if size and sys.platform == "linux":
            os.posix_fallocate(file.fileno(), 0, size)
        shutil.copyfileobj(source, file)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
