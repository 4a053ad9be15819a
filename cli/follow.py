"""Lines of standard input or of a growing file, and the signals that end them."""

import os
import select
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Final
from zlib import crc32

from spectra.cli.options import STDIN, opened
from spectra.errors import DataError

# Bytes read at a time.
BLOCK: Final = 1 << 16
# Longest line, in bytes; the rest of a longer one is left out, so that memory is bounded.
LONGEST: Final = 1 << 20
# Bytes before the end of what was read by which an open file is known again.
KNOWN: Final = 64
# Seconds after which a file is looked at again, and after which an idle source says so.
LOOK: Final = 0.2
IDLE: Final = 1.0


@dataclass
class Stop:
    """The signal that asked for the end, 0 before; `wake` becomes readable with it."""

    number: int
    wake: int


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Yield the record of SIGINT, SIGTERM and SIGHUP; a second one interrupts at once."""
    wake, end = os.pipe()
    os.set_blocking(end, False)
    stop = Stop(0, wake)

    def note(number: int, _frame: FrameType | None) -> None:
        if stop.number:
            raise KeyboardInterrupt
        stop.number = number

    names = ("SIGINT", "SIGTERM", "SIGHUP") if current_thread() is main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # A program that ignores one, such as nohup, had its reasons.
    numbers = [each for each in numbers if signal.getsignal(each) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, note)) for number in numbers]
    woken = signal.set_wakeup_fd(end, warn_on_full_buffer=False) if names else -1
    try:
        yield stop
    finally:
        if names:
            signal.set_wakeup_fd(woken)
        for number, handler in before:
            signal.signal(number, handler)
        os.close(wake)
        os.close(end)


@dataclass(frozen=True)
class Line:
    """A line without its end, and the bytes of the source up to the end of it."""

    text: str
    position: int


class LineSource:
    """Lines that come one after another.

    Parameters
    ----------
    path : str or None
        A file that grows, None for standard input.
    position : int
        Bytes of the file that were read before.
    file : str
        Identity of the file that they are of, "" for none, as of `file_after`.
    """

    def __init__(self, path: str | None, position: int = 0, file: str = "") -> None:
        self._path = path
        self.file, _, self._last_line = file.partition("#")
        self._seen = b""
        self._position = position if path is not None else 0
        self._partial = b""
        self._dropped = 0

    def blocks(self, stop: Stop) -> Iterator[list[Line]]:
        """Yield lines as they come, none where nothing came for a while, until the end."""
        return self._of_stdin(stop) if self._path is None else self._of_file(self._path, stop)

    def file_after(self, line: Line) -> str:
        """Return the identity of the file, and of a line of it by which it is known again."""
        return self.file and f"{self.file}#{_checksum(line.text)}"

    def _of_stdin(self, stop: Stop) -> Iterator[list[Line]]:
        source = opened(STDIN)
        assert not isinstance(source, str)
        number = source.fileno()
        while not stop.number:
            ready, _, _ = select.select([number, stop.wake], [], [], IDLE)
            data = os.read(number, BLOCK) if number in ready else None
            if data == b"":
                yield self._last()
                return
            yield self._lines(data or b"")

    def _of_file(self, path: str, stop: Stop) -> Iterator[list[Line]]:
        """Yield the lines of a file and, once another has taken its name, of that one."""
        with _explained(path):
            current = self._unfinished(path) or os.open(path, os.O_RDONLY)
            while True:
                try:
                    yield from self._of_one(current, path, stop)
                finally:
                    os.close(current)
                if stop.number:
                    return
                yield self._last()
                current = os.open(path, os.O_RDONLY)

    def _unfinished(self, path: str) -> int | None:
        """Return the file that was being read, opened, where it has another name by now."""
        if not self.file or not os.path.exists(path) or _identity(path) == self.file:
            return None
        with os.scandir(Path(path).resolve().parent) as entries:
            named = [entry.path for entry in entries if _identity(entry.path) == self.file]
        return os.open(named[0], os.O_RDONLY) if named else None

    def _of_one(self, number: int, path: str, stop: Stop) -> Iterator[list[Line]]:
        """Yield the lines of an open file until another has its name."""
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is no regular file: read it from standard input.")
        identity = f"{status.st_dev}:{status.st_ino}"
        if identity != self.file or not self._ends_at(number, status.st_size):
            self.file, self._position = identity, 0
        self._last_line, self._seen = "", b""
        os.lseek(number, self._position, os.SEEK_SET)
        while not stop.number:
            data = os.read(number, BLOCK)
            if not self._is_written_anew(number, len(data)):
                if data:
                    self._seen = (self._seen + data)[-KNOWN:]
                    yield self._lines(data)
                    continue
                if os.path.exists(path) and _identity(path) != identity:
                    return
            else:
                self._position, self._partial, self._seen = 0, b"", b""
                os.lseek(number, 0, os.SEEK_SET)
                if data:
                    continue
            select.select([stop.wake], [], [], LOOK)
            yield []

    def _ends_at(self, number: int, size: int) -> bool:
        """Return whether the last line that was read ends at the position in an open file."""
        if size < self._position or not self._last_line:
            return size >= self._position
        begin = max(0, self._position - LONGEST)
        before = os.pread(number, self._position - begin, begin)
        line = before[:-1].rpartition(b"\n")[2]
        if begin and len(line) + 1 == len(before):
            # Of a line that is as long only the beginning was kept.
            return True
        same = _checksum(line.decode(errors="replace")) == self._last_line
        return before.endswith(b"\n") and same

    def _is_written_anew(self, number: int, n_read: int) -> bool:
        """Return whether an open file was emptied in place since it was read, by its last bytes."""
        end = os.lseek(number, 0, os.SEEK_CUR) - n_read
        if os.fstat(number).st_size < end:
            return True
        return os.pread(number, len(self._seen), end - len(self._seen)) != self._seen

    def _lines(self, data: bytes) -> list[Line]:
        """Return the lines that data completes."""
        *whole, rest = (self._partial + data).split(b"\n")
        lines = []
        for line in whole:
            self._position += len(line) + 1 + self._dropped
            self._dropped = 0
            lines.append(Line(line.decode(errors="replace"), self._position))
        if len(rest) > LONGEST:
            self._dropped += len(rest) - LONGEST
            rest = rest[:LONGEST]
        self._partial = rest
        return lines

    def _last(self) -> list[Line]:
        """Return a last line that has no end."""
        return self._lines(b"\n") if self._partial else []


def _checksum(line: str) -> str:
    """Return a number that two lines hardly share."""
    return f"{crc32(line.encode(errors='replace')):08x}"


def _identity(path: str) -> str:
    """Return device and inode of a file, "" where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Raise DataError, with the name of the file, where reading it fails."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
