"""Files too large for memory on the command line, and standard input kept in a file."""

import io
import shutil
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from spectra.cli.options.paths import STDIN, opened
from spectra.cli.progress import Progress
from spectra.errors import NeedsMemoryError
from spectra.stored import large_folder, no_place

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.datasets.raw import Request
    from spectra.stored import StoredArray

# Bytes of standard input that are held in memory; more are kept in a temporary file.
IN_MEMORY: Final = 1 << 26
# Folder in which Linux has the open files of a process, also those without a name.
DESCRIPTORS: Final = Path("/proc/self/fd")


class Input:
    """A file of the command line, or standard input, which can be read more than once.

    Parameters
    ----------
    file : str
        The path, "-" for standard input.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self.source: str | BinaryIO = file
        self._kept: AbstractContextManager[object] = nullcontext()
        self.path: str | None = file if file != STDIN and Path(file).is_file() else None

    def __enter__(self) -> "Input":
        """Read standard input, into a temporary file where it is long."""
        from spectra.datasets.source import readable, refuse_device

        if self._file != STDIN:
            return self
        stdin = cast("BinaryIO", opened(self._file))
        with readable("stdin"):
            refuse_device(stdin, "stdin")
            head = stdin.read(IN_MEMORY)
        if len(head) < IN_MEMORY:
            self.source = io.BytesIO(head)
            return self
        folder = large_folder()
        try:
            kept = _kept(folder)
            self._kept, self.path = kept, _path_of(kept)
            kept.write(head)
            shutil.copyfileobj(stdin, kept)
            kept.flush()
        except OSError as error:
            raise no_place(folder, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.__exit__(None, None, None)

    @property
    def in_memory(self) -> str | BinaryIO:
        """The path, or the bytes of standard input."""
        if self._file == STDIN and self.path is not None:
            return io.BytesIO(Path(self.path).read_bytes())
        return self.source

    def recording(self, request: "Request", fs: float | None, *, shown: bool) -> "Recording | None":
        """Return the recording where it is too large for memory, and None where it is not."""
        if self.path is None:
            return None
        from spectra.datasets.source import open_source

        name = "stdin" if self._file == STDIN else self._file
        source = replace(open_source(self.path), name=name)
        from spectra.datasets.large.opening import fits_in_memory, is_large, open_large

        if not is_large(source):
            return None
        progress = Progress(name, self.path, shown=shown and sys.stderr.isatty())
        fits = fits_in_memory(source)
        try:
            recording = open_large(source, request, fs, name, progress, lenient=not fits)
        except NeedsMemoryError:
            if fits:
                return None
            raise
        if recording is not None:
            values = cast("StoredArray", recording.values)
            values.watch = lambda start, stop: progress.scored(start, stop, len(values))
        return recording


def _kept(folder: str) -> IO[bytes]:
    """Return a temporary file, without a name where another path leads to it."""
    if DESCRIPTORS.is_dir():
        return tempfile.TemporaryFile(dir=folder)
    return cast("IO[bytes]", tempfile.NamedTemporaryFile(dir=folder))


def _path_of(kept: IO[bytes]) -> str:
    """Return a path that opens a temporary file again."""
    return str(DESCRIPTORS / str(kept.fileno())) if isinstance(kept.name, int) else kept.name
