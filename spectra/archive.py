"""Files of arrays and one JSON text, never code; frozen dataclasses in and out of them.

A dataclass packs itself: its arrays go by the path of their field, everything else into the JSON.
Unpacking follows the type hints of the dataclass. Each dataclass checks in `__post_init__` that its
values belong together, so that a new field is one line.
"""

import io
import json
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from math import isfinite, prod
from os import PathLike, fspath
from pathlib import Path
from types import NoneType, UnionType
from typing import IO, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from spectra.atomic import replacing
from spectra.errors import DataError

# Metadata of a field whose array has NaN where a channel has a gap.
GAPS: Final = {"gaps": True}
# Name of the JSON text in the file; no field is called so.
ABOUT: Final = "about"
# First bytes of an archive, which a damaged one may have too.
ZIP: Final = b"PK\x03\x04"
# Whatever bytes a file holds, this is what numpy, zipfile and json have been seen to raise on them.
DAMAGE: Final = (
    ValueError, LookupError, TypeError, AttributeError, EOFError, MemoryError, OverflowError,
    RuntimeError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip

# A file unpacks to at most this many times its bytes, and BASE more: 1 MB to 38 MB.
MAX_RATIO: Final = 6
BASE: Final = 1 << 25
# Bytes of the directory of a file: some 8,000 members, where models have 30 to 300.
MAX_DIRECTORY: Final = 1 << 20
# Characters of the JSON text, whose objects take about 30 bytes each.
MAX_TEXT: Final = 1 << 22
# Number types of arrays, as numpy writes them: little-endian on every machine that has been tried.
_NUMBERS: Final = r"\|b1|\|[iu]1|<[iu][248]|<f[248]|<c(?:8|16)"
_HEADER: Final = re.compile(
    rf"\{{'descr': '({_NUMBERS}|<U[0-9]{{1,9}})', 'fortran_order': (True|False), "
    r"'shape': \(((?:[0-9]{1,18}, ?)*(?:[0-9]{1,18})?)\), \} *\n"
)


@dataclass(frozen=True)
class FileFormat:
    """A kind of file: its mark and version, its name for people, and the remedy for a bad one."""

    format: str
    version: int
    noun: str
    remedy: str

    def write(
        self,
        path: str | PathLike[str],
        arrays: Mapping[str, NDArray[Any]],
        about: Mapping[str, Any],
    ) -> None:
        """Write a file, whole or not at all; raise DataError where it cannot be written."""
        if Path(path).exists() and not Path(path).is_file():
            raise DataError(f"{path} cannot be written: it is no file.")
        with replacing(Path(path)) as file:
            self._write(file, arrays, about)

    def to_bytes(self, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> bytes:
        """Return the bytes of a file."""
        file = io.BytesIO()
        self._write(file, arrays, about)
        return file.getvalue()

    def _write(
        self, file: IO[bytes], arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]
    ) -> None:
        described = {"format": self.format, "version": self.version, **about}
        entries: dict[str, Any] = {
            ABOUT: np.array(json.dumps(described, default=np.ndarray.tolist)),
            **arrays,
        }
        np.savez_compressed(file, **entries)
        if sum(array.nbytes for array in entries.values()) > _most_unpacked(file.tell()):
            # What is so regular, such as many constant channels, is not compressed.
            file.seek(0)
            file.truncate()
            np.savez(file, **entries)

    def read(self, path: str | PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the rest.

        Raises DataError for a file that is none, is damaged, or is of another version.
        """
        name = fspath(path)
        try:
            with open(name, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise self.damaged(name)
                return self._read(file, name)
        except FileNotFoundError as error:
            raise DataError(f"{name} does not exist: {self._mend(name)}.") from error
        except OSError as error:
            reason = error.strerror or "it is damaged or something else"
            raise DataError(f"{name} cannot be read as a {self.noun}: {reason}.") from error

    def from_bytes(self, data: bytes, name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the rest that the bytes of a file hold; raise as `read`."""
        return self._read(io.BytesIO(data), name)

    def _read(self, file: IO[bytes], name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        try:
            arrays = _read_arrays(file)
            about = _read_text(arrays.pop(ABOUT))
            if bad := [key for key, array in arrays.items() if array.dtype.kind == "U"]:
                raise ValueError(f"{bad[0]} holds no numbers.")
        except DAMAGE as error:
            raise self.damaged(name) from error
        if not isinstance(about, dict) or about.get("format") != self.format:
            raise DataError(f"{name} is not a {self.noun} of spectra.")
        version = about.get("version")
        if version != self.version or isinstance(version, bool):
            other = version if isinstance(version, int) and abs(version) < 10**9 else "unknown"
            raise DataError(
                f"{name} is a {self.noun} of version {other}, this spectra reads version "
                f"{self.version}: {self._mend(name)}."
            )
        return arrays, about

    def damaged(self, path: str | PathLike[str]) -> DataError:
        """Return the error for a file that is none or is damaged."""
        # It may be a recording in the place of a model: none is told to write over it.
        mend = self._mend("MODEL")
        return DataError(f"{fspath(path)} is not a {self.noun} or is damaged: {mend}.")

    @staticmethod
    def may_replace(path: str | PathLike[str]) -> bool:
        """Return False for a regular file with content that is no archive of this kind."""
        place = Path(path)
        if not place.is_file() or not place.stat().st_size:
            return True
        try:
            with zipfile.ZipFile(place) as archive:
                return f"{ABOUT}.npy" in archive.namelist()
        except (zipfile.BadZipFile, ValueError):
            with place.open("rb") as file:
                return file.read(len(ZIP)) == ZIP
        except OSError:
            # Whoever writes to it says so.
            return True

    def _mend(self, name: str) -> str:
        return self.remedy.format(name=name)


def _most_unpacked(size: int) -> int:
    """Return the most bytes that a file of `size` bytes may unpack to."""
    return MAX_RATIO * size + BASE


def _read_arrays(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Return the arrays in a file by their names.

    Every size is compared with the bytes that there are before memory is taken for it.
    """
    size = file.seek(0, os.SEEK_END)
    if _directory_size(file, size) > MAX_DIRECTORY:
        raise ValueError("There are too many members.")
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) < len(names):
            raise ValueError("Two members have one name.")
        known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if any(member.compress_type not in known for member in members):
            raise ValueError("A member is compressed in another way.")
        if sum(member.file_size for member in members) > _most_unpacked(size):
            raise ValueError("The members unpack to too many bytes.")
        return {
            name: _array_of(archive.read(member))
            for name, member in zip(names, members, strict=True)
        }


def _directory_size(file: IO[bytes], size: int) -> int:
    """Return the bytes of the directory, as the end of a zip file gives them.

    The end record is APPNOTE.TXT 4.3.16. A large file has another one before it, 4.3.14.
    """
    file.seek(max(size - 98, 0))
    end = file.read(98)
    if len(end) < 22 or end[-22:-18] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise ValueError("The end of a zip file is missing.")
    count = int(struct.unpack("<L", end[-10:-6])[0])
    if end[-42:-38] == b"PK\x06\x07":
        count = max(count, struct.unpack("<Q", end[-58:-50])[0])
    return count


def _array_of(data: bytes) -> NDArray[Any]:
    """Return the array in the bytes of a member, which numpy's format describes."""
    if data[:6] != b"\x93NUMPY" or data[6:8] not in (b"\x01\x00", b"\x02\x00"):
        raise ValueError("A member is no array.")
    wide = data[6] == 2
    begin = 12 if wide else 10
    (length,) = struct.unpack("<L" if wide else "<H", data[8:begin])
    header = _HEADER.fullmatch(data[begin : begin + length].decode("ascii"))
    if header is None:
        raise ValueError("The header of an array is damaged.")
    dtype = np.dtype(header[1])
    shape = [int(extent) for extent in header[3].replace(",", " ").split()]
    # Exact however large, as a product of Python's integers.
    if prod(shape) * dtype.itemsize != len(data) - begin - length:
        raise ValueError(f"An array of shape {shape} has another number of bytes.")
    values = (
        np.frombuffer(data, dtype, offset=begin + length) if prod(shape) else np.empty(0, dtype)
    )
    return values.reshape(shape, order="F" if header[2] == "True" else "C")


def _read_text(array: NDArray[Any]) -> Any:
    """Return what the JSON text holds; raise ValueError for a name that comes twice."""
    if array.ndim or array.dtype.kind != "U" or array.dtype.itemsize > 4 * MAX_TEXT:
        raise ValueError("The text is not one, or too long.")

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("Two parts of the text have one name.")
        return found

    def finite(name: str) -> float:
        raise ValueError(f"{name} is no finite number.")

    return json.loads(str(array), object_pairs_hook=distinct, parse_constant=finite)


Packed = TypeVar("Packed")


def pack(value: Any) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a dataclass as what JSON can hold, and its arrays by the path of their field."""
    arrays: dict[str, NDArray[Any]] = {}
    return _packed(value, "", arrays), arrays


def _packed(value: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return None
    if is_dataclass(value):
        parts = {
            field.name: _packed(getattr(value, field.name), _below(path, field.name), arrays)
            for field in fields(value)
        }
        return {"class": type(value).__name__, **parts}
    if isinstance(value, dict):
        return {name: _packed(part, _below(path, name), arrays) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_packed(part, _below(path, str(i)), arrays) for i, part in enumerate(value)]
    return value


def unpack(kind: type[Packed], about: Any, arrays: Mapping[str, NDArray[Any]]) -> Packed:
    """Return the dataclass that `pack` was given.

    Raises ValueError, KeyError or TypeError where a value is not what its field is, or where there
    is more than the dataclass has.
    """
    left = dict(arrays)
    made: Packed = _unpacked(kind, about, "", left, gaps=False)
    if left:
        raise ValueError(f"There are arrays that belong to nothing: {', '.join(sorted(left))}.")
    return made


def _unpacked(
    kind: Any, about: Any, path: str, arrays: dict[str, NDArray[Any]], *, gaps: bool
) -> Any:
    """Return a value of a kind that type hints name; the arrays used are taken from `arrays`."""
    origin, options = get_origin(kind), get_args(kind)
    if origin is np.ndarray:
        if about is not None:
            raise ValueError(f"{path} is no array.")
        return _array(arrays.pop(path), options[1], path, gaps=gaps)
    if is_dataclass(kind):
        return _dataclass(kind, about, path, arrays)
    if origin in (Union, UnionType):
        return _one_of(options, about, path, arrays, gaps=gaps)
    if origin is tuple:
        if not isinstance(about, list):
            raise ValueError(f"{path} must be a list.")
        each = options[:1] * len(about) if options[-1] is Ellipsis else options
        pairs = enumerate(zip(each, about, strict=True))
        return tuple(
            _unpacked(part, value, _below(path, str(i)), arrays, gaps=gaps)
            for i, (part, value) in pairs
        )
    if origin is dict:
        return {
            str(name): _unpacked(options[1], value, _below(path, name), arrays, gaps=gaps)
            for name, value in dict(about).items()
        }
    if not is_a(about, kind):
        raise ValueError(f"{path} is not {kind}.")
    return float(about) if kind is float else about


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Return the type hints of a dataclass; reading them is half the time of unpacking a model."""
    return get_type_hints(kind)


def _dataclass(kind: Any, about: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return a dataclass of the given parts."""
    if not isinstance(about, dict) or about.get("class") != kind.__name__:
        raise ValueError(f"{path or 'the file'} is no {kind.__name__}.")
    hints, own = _hints(kind), fields(kind)
    if unknown := set(about) - {"class", *(one.name for one in own)}:
        raise ValueError(f"{path} has unknown parts: {', '.join(sorted(unknown))}.")
    return kind(
        **{
            one.name: _unpacked(
                hints[one.name],
                about[one.name],
                _below(path, one.name),
                arrays,
                gaps=bool(one.metadata.get("gaps")),
            )
            for one in own
        }
    )


def _one_of(
    options: tuple[Any, ...], about: Any, path: str, arrays: dict[str, NDArray[Any]], *, gaps: bool
) -> Any:
    """Return a value of the option it is of."""
    kept = [option for option in options if option is not NoneType]
    if isinstance(about, dict) and "class" in about:
        kept = [option for option in kept if getattr(option, "__name__", "") == about["class"]]
    elif about is None and not (path in arrays and any(get_origin(o) is np.ndarray for o in kept)):
        if NoneType in options:
            return None
        raise ValueError(f"{path} is missing.")
    else:
        kept = [
            option
            for option in kept
            if (about is None) == (get_origin(option) is np.ndarray)
            and (about is None or _may_be(about, option))
        ]
    if len(kept) != 1 and not (kept and not isinstance(about, dict)):
        raise ValueError(f"{path} is none of {options}.")
    return _unpacked(kept[0], about, path, arrays, gaps=gaps)


def _may_be(about: Any, option: Any) -> bool:
    """Return whether a value of JSON may be of an option: a list of any tuple."""
    return isinstance(about, list) if get_origin(option) is tuple else is_a(about, option)


def _array(array: NDArray[Any], dtype: Any, path: str, *, gaps: bool) -> NDArray[Any]:
    """Return an array of the kind its field has, finite but for gaps."""
    scalar = get_args(dtype)[0]
    if not np.issubdtype(array.dtype, get_origin(scalar) or scalar):
        raise ValueError(f"{path} has the type {array.dtype}.")
    if np.isinf(array).any() or (not gaps and np.isnan(array).any()):
        raise ValueError(f"{path} must hold finite numbers.")
    return array


def is_a(value: Any, wanted: Any) -> bool:
    """Return whether a plain value is of a kind that type hints name.

    A float is finite and may be written as an integer.
    """
    if get_origin(wanted) is Literal:
        return value in get_args(wanted)
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    if not isinstance(wanted, type):
        return False
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
