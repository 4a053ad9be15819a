"""Arrays that lie in files and are read piece by piece, for signals larger than memory."""

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spectra.arrays import IntArray
from spectra.errors import DataError

# Values gathered with one reading, 0.5 MB; and the bytes between two rows that are read rather
# than left out: a reading costs as much as some kilobytes of it.
AT_ONCE: Final = 2**16
NEAR_BYTES: Final = 2**12
# Folder of large temporary files where no other is named: /tmp may lie in memory.
LARGE_FOLDER: Final = "/var/tmp"


class StoredArray:
    """Array (n,) or (n, c) of which rows are read when they are asked for.

    It is indexed by a range or by numbers of rows, which gives an array in memory; columns may
    follow. `array[:, columns]` with a list is a stored array of those columns.

    Parameters
    ----------
    read : callable
        From a first row and the one after the last to their values.
    shape : tuple of int
    dtype : dtype
    """

    def __init__(
        self,
        read: Callable[[int, int], NDArray[Any]],
        shape: tuple[int, ...],
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.read, self.shape, self.dtype = read, shape, np.dtype(dtype)
        # Called with the first row and the one after the last of every range that is read.
        self.watch: Callable[[int, int], None] | None = None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Return the number of values."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def T(self) -> NDArray[Any]:
        """Return the whole array, transposed, in memory."""
        return np.asarray(self).T

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        values = self.read(0, len(self))
        return values.astype(self.dtype if dtype is None else dtype, copy=bool(copy))

    def __getitem__(self, key: Any) -> Any:
        rows, *rest = key if isinstance(key, tuple) else (key,)
        if rows is Ellipsis:
            rows, rest = (rest[0], []) if self.ndim == 1 else (slice(None), rest)
        if not rest:
            return self._rows(rows)
        (columns,) = rest
        if isinstance(rows, slice) and rows == slice(None) and isinstance(columns, Sequence):
            return self.columns(list(columns))
        return self._rows(rows)[..., columns]

    def columns(self, columns: list[int]) -> "StoredArray":
        """Return the stored array of some columns."""
        return StoredArray(
            lambda start, stop: self.read(start, stop)[:, columns],
            (self.shape[0], len(columns)),
            self.dtype,
        )

    def _rows(self, rows: Any) -> NDArray[Any]:
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if self.watch is not None:
                self.watch(start, stop)
            return self.read(start, max(start, stop))[:: step or 1]
        numbers = np.asarray(rows)
        if numbers.ndim == 0:
            number = int(numbers) % len(self)
            return np.asarray(self.read(number, number + 1)[0])
        return self._gathered(numbers.ravel()).reshape(*numbers.shape, *self.shape[1:])

    def _gathered(self, rows: IntArray) -> NDArray[Any]:
        """Return rows (n,) in any order; those near one another are read together."""
        order = np.argsort(rows, kind="stable")
        wanted = rows[order]
        found = np.empty((rows.size, *self.shape[1:]), dtype=self.dtype)
        width = max(1, int(np.prod(self.shape[1:])))
        near = max(1, NEAR_BYTES // (width * self.dtype.itemsize))
        far = np.flatnonzero(np.diff(wanted) > near) + 1
        for first, end in zip([0, *far.tolist()], [*far.tolist(), rows.size], strict=True):
            begin = first
            while begin < end:
                low = int(wanted[begin])
                last = low + max(1, AT_ONCE // width)
                stop = begin + int(np.searchsorted(wanted[begin:end], last))
                part = self.read(low, int(wanted[stop - 1]) + 1)
                found[order[begin:stop]] = part[wanted[begin:stop] - low]
                begin = stop
        return found


def is_stored(values: object) -> bool:
    """Return whether values lie in a file; code that wants an array in memory gets it in pieces."""
    return isinstance(values, StoredArray)


class FileArray(StoredArray):
    """Array in a temporary file without a name, which ends with the process.

    Parameters
    ----------
    shape : tuple of int
        The first may be 0: rows are appended.
    dtype : dtype
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> None:
        self._file = RawFile.temporary()
        self._row = int(np.prod(shape[1:])) * np.dtype(dtype).itemsize
        # A method of this array would make a cycle, and space on the disk be freed late.
        reader = partial(_rows_of, self._file, self._row, shape[1:], np.dtype(dtype))
        super().__init__(reader, shape, dtype)

    def append(self, rows: NDArray[Any]) -> None:
        """Write further rows."""
        self._write(len(self), rows)
        self.shape = (len(self) + len(rows), *self.shape[1:])

    def __setitem__(self, key: Any, values: NDArray[Any]) -> None:
        rows = key[-1] if isinstance(key, tuple) else key
        start, stop, _ = rows.indices(len(self))
        if len(values) != max(0, stop - start):
            raise ValueError(f"{len(values)} rows do not fit into {stop - start}.")
        self._write(start, values)

    def _write(self, start: int, rows: NDArray[Any]) -> None:
        self._file.write(start * self._row, np.ascontiguousarray(rows, dtype=self.dtype).data)


def _rows_of(
    file: "RawFile", width: int, shape: tuple[int, ...], dtype: np.dtype[Any], start: int, stop: int
) -> NDArray[Any]:
    """Return rows of `width` bytes of a file."""
    data = file.read(start * width, (stop - start) * width)
    return np.frombuffer(data, dtype).reshape(stop - start, *shape)


class RawFile:
    """File that several threads read at any place.

    Parameters
    ----------
    file : io.FileIO
    name : str
        Name in messages.
    """

    def __init__(self, file: FileIO, name: str) -> None:
        self._file, self._name = file, name
        self._lock = threading.Lock()
        weakref.finalize(self, file.close)

    @classmethod
    def opened(cls, path: Path) -> "RawFile":
        """Return a file that is read; raise DataError where it cannot be."""
        try:
            return cls(path.open("rb", buffering=0), str(path))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error

    @classmethod
    def temporary(cls) -> "RawFile":
        """Return an empty file without a name; raise DataError where there is no place for one."""
        folder = large_folder()
        try:
            return cls(tempfile.TemporaryFile("w+b", 0, dir=folder), folder)
        except OSError as error:
            raise no_place(folder, error) from error

    def read(self, offset: int, count: int) -> bytearray:
        """Return bytes; raise DataError where the file ends before them."""
        data = bytearray(count)
        view = memoryview(data)
        done = 0
        try:
            with self._lock:
                self._file.seek(offset)
                while done < count:
                    got = self._file.readinto(view[done:])
                    if not got:
                        raise DataError(f"{self._name} has become shorter while it was read.")
                    done += got
        except OSError as error:
            raise DataError(f"{self._name} cannot be read: {error.strerror or error}.") from error
        return data

    def write(self, offset: int, data: memoryview) -> None:
        """Write bytes; raise DataError where the disk is full."""
        rest = data.cast("B") if data.nbytes else data
        try:
            with self._lock:
                self._file.seek(offset)
                while rest.nbytes:
                    rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise no_place(self._name, error) from error


def large_folder() -> str:
    """Return the folder of large temporary files: TMPDIR, or /var/tmp where it is not set."""
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if not named and os.path.isdir(LARGE_FOLDER) and os.access(LARGE_FOLDER, os.W_OK):
        return LARGE_FOLDER
    return tempfile.gettempdir()


def refuse_full_disk(count: int, name: str) -> None:
    """Raise DataError where so many bytes of the values of a file have no place on the disk."""
    folder = large_folder()
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    if count > free:
        raise DataError(
            f"{name} needs about {count / 2**30:.3g} GiB in {folder} while it is scored, and "
            f"{free / 2**30:.3g} GiB are free: free space there, or name another folder in the "
            "environment variable TMPDIR."
        )


def no_place(folder: str, error: OSError) -> DataError:
    return DataError(
        f"The values cannot be kept in {folder} while they are scored ({error.strerror or error}): "
        "free space there, or name another folder in the environment variable TMPDIR."
    )
