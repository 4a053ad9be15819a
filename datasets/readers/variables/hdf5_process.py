"""A process of its own for each HDF5 file, with limits.

The HDF5 library takes what a file says of itself for true: a damaged or hostile one can end the
process, take all memory or never be done. Here this happens to a process that has nothing else to
do, and whose end becomes one sentence.
"""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from spectra.datasets.memory import machine_bytes
from spectra.datasets.readers.binary.binary import content, library, size_of
from spectra.datasets.readers.variables.hdf5_answers import (
    CONTENT,
    END,
    HEAD,
    LARGEST_PART,
    MEMORY,
    READY,
    answer,
)
from spectra.datasets.source import Source
from spectra.errors import DataError

Ask: TypeAlias = Callable[[dict[str, Any] | None], Iterator[bytes | memoryview]]
"""Returns the parts of the answer to a question (see `hdf5_answers.answer`)."""

PROGRAM = """\
import json, sys
sys.path[:] = json.loads(sys.stdin.buffer.readline())
from spectra.datasets.readers.variables.hdf5_answers import main
main()
"""
"""The program of the process, which finds modules where this one does."""
LEAST_MEMORY = 1 << 30
"""Bytes of addresses that reading any file may take, beyond the 0.12 GB of Python, NumPy, h5py."""
LEAST_SECONDS = 3
"""Seconds of the processor that reading any file may take."""
CLOCK = 60
"""Seconds of the clock for each of the processor: the machine may be busy, the disk slow."""
_BYTES_A_SECOND = 50_000_000
"""Bytes that are read in a second of the processor at least, by the slowest filters."""
_FREE_BYTES, _UNPACKED = 1 << 25, 128
"""Bytes that the values of any file may take as float64, and those for each byte of a larger one.
Switches, a byte each, are compressed most of all that is measured: deflate keeps about 10 %."""
_SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Threads of the linear algebra in NumPy are not used here, and would take addresses."""


class LibraryError(ValueError):
    """An error of the HDF5 library, or its end."""


def allowed_bytes(source: Source, size: int) -> int:
    """Return the most bytes that the values of a file of some size may take as float64."""
    return max(_FREE_BYTES, _UNPACKED * size) if source.max_bytes is None else source.max_bytes


@contextmanager
def answering(source: Source, kind: str) -> Iterator[tuple[Ask, int]]:
    """Yield a function that answers questions about a file, and the bytes of the file.

    The function raises errors of h5py, LibraryError where its process has ended, and DataError
    where it takes too much memory. Where no process can be started, h5py is asked in this one.

    Raises DataError where h5py is missing.
    """
    where = content(source)
    if not _can_start():
        h5py = library("h5py", source, kind, "matlab")
        place = str(where) if isinstance(where, Path) else where
        yield lambda question: answer(h5py, place, question), size_of(where)
        return
    if find_spec("h5py") is None:
        library("h5py", source, kind, "matlab")
    reader = _Reader(source, kind, where)
    try:
        reader.start()
        yield reader.ask, size_of(where)
    finally:
        reader.stop()


def _can_start() -> bool:
    """Return whether there is a Python to start.

    Programs that hold their own Python name themselves as the interpreter, and browsers have no
    processes.
    """
    return bool(sys.executable) and not (
        hasattr(sys, "frozen") or sys.platform in ("emscripten", "wasi")
    )


class _Reader:
    """A process that reads one file."""

    def __init__(self, source: Source, kind: str, where: Path | io.BytesIO) -> None:
        size = size_of(where)
        most = max(allowed_bytes(source, size), size)
        slowest = max(most, _UNPACKED * size)
        self._source, self._kind, self._where = source, kind, where
        # A chunk that is unpacked, and the values that are made of it.
        self._memory = LEAST_MEMORY + min(2 * most, machine_bytes())
        self._seconds = LEAST_SECONDS + slowest // _BYTES_A_SECOND
        self._begun = time.monotonic()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_SINGLE_THREAD},
            )
        except OSError as error:
            raise self._not_started(error.strerror or error) from error
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def start(self) -> None:
        """Give the process the file and its limits, and wait until it is ready."""
        in_memory = None if isinstance(self._where, Path) else self._where.getbuffer()
        job = {
            "path": str(self._where) if isinstance(self._where, Path) else None,
            "bytes": 0 if in_memory is None else len(in_memory),
            "memory": self._memory,
            "processor_seconds": self._seconds,
            "seconds": CLOCK * self._seconds,
        }
        self._write(_line([str(path) for path in sys.path]), _line(job), in_memory or b"")
        for line in self._answers:
            if line.endswith(READY):
                return
        # It may be installed and not work.
        library("h5py", self._source, self._kind, "matlab")
        raise self._not_started(self._end())

    def ask(self, question: dict[str, Any] | None) -> Iterator[bytes]:
        """Yield the parts of an answer."""
        self._write(_line(question))
        yield from self._parts()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._questions, self._answers):
            # What could not be written is tried again.
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    def _write(self, *parts: bytes | memoryview) -> None:
        """Write to the process; where it has ended, its answer says so."""
        with suppress(OSError):
            for part in parts:
                self._questions.write(part)
            self._questions.flush()

    def _parts(self) -> Iterator[bytes]:
        """Yield the parts of an answer; raise the error that it ends in."""
        while True:
            kind, size = HEAD.unpack(self._read(HEAD.size))
            part = self._read(min(size, LARGEST_PART))
            if kind == CONTENT:
                yield part
            elif kind == END:
                return
            elif kind == MEMORY:
                raise DataError(
                    f"{self._source.name} takes more than {self._memory / 2**30:.3g} GiB to read "
                    f"as {self._kind}: it is damaged, or --max-bytes allows more."
                )
            else:
                raise LibraryError(part.decode("utf-8", "replace"))

    def _read(self, size: int) -> bytes:
        """Return some bytes of the process; raise LibraryError where it has ended."""
        found = self._answers.read(size)
        if len(found) < size:
            raise LibraryError(self._end())
        return found

    def _end(self) -> str:
        """Return how the process has ended, in words."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        self._process.kill()
        status = self._process.wait()
        if sys.platform != "win32" and status == -signal.SIGXCPU:
            return f"the HDF5 library is not done after {self._seconds} s"
        if time.monotonic() - self._begun >= CLOCK * self._seconds:
            return f"the HDF5 library is not done after {CLOCK * self._seconds} s"
        if sys.platform != "win32" and status == -signal.SIGKILL:
            return "the HDF5 library was killed, perhaps as memory ran out"
        if status < 0:
            return f"the HDF5 library crashed: {signal.strsignal(-status)}"
        return f"the HDF5 library ended with status {status}"

    def _not_started(self, reason: object) -> DataError:
        """Return the error where no process reads the file."""
        return DataError(
            f"{self._source.name} cannot be read: the process for it does not start ({reason}): "
            f"run {sys.executable} -c 'import h5py' to see why."
        )


def _line(value: object) -> bytes:
    """Return a line of JSON."""
    return json.dumps(value).encode() + b"\n"
