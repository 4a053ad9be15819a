"""Files of arrays and one JSON text, never code; frozen dataclasses in and out of them.

A dataclass packs itself: its arrays go by the path of their field, everything else into the JSON.
Unpacking follows the type hints of the dataclass. Each dataclass checks in `__post_init__` that its
values belong together, so that a new field is one line.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from math import isfinite
from os import PathLike, fspath
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from spectra.atomic import replacing
from spectra.errors import DataError

# Metadata of a field whose array has NaN where a channel has a gap.
GAPS: Final = {"gaps": True}
# Name of the JSON text in the file; no field is called so.
ABOUT: Final = "about"
# Whatever bytes a file holds, this is what numpy, zipfile and json have been seen to raise on them.
DAMAGE: Final = (
    ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError, OverflowError,
    RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


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
        described = {"format": self.format, "version": self.version, **about}
        entries: dict[str, Any] = {
            ABOUT: np.array(json.dumps(described, default=np.ndarray.tolist)),
            **arrays,
        }
        with replacing(Path(path)) as file:
            np.savez_compressed(file, **entries)

    def read(self, path: str | PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the rest.

        Raises DataError for a file that is none, is damaged, or is of another version.
        """
        name = fspath(path)
        try:
            with open(name, "rb") as file, np.load(file, allow_pickle=False) as archive:
                about = json.loads(str(archive[ABOUT]))
                arrays = {key: archive[key] for key in archive.files if key != ABOUT}
        except FileNotFoundError as error:
            raise DataError(f"{name} does not exist: {self._mend(name)}.") from error
        except OSError as error:
            reason = error.strerror or "it is damaged or something else"
            raise DataError(f"{name} cannot be read as a {self.noun}: {reason}.") from error
        except DAMAGE as error:
            raise self.damaged(name) from error
        if not isinstance(about, dict) or about.get("format") != self.format:
            raise DataError(f"{name} is not a {self.noun} of spectra.")
        if about.get("version") != self.version:
            raise DataError(
                f"{name} is a {self.noun} of version {about.get('version')}, this spectra reads "
                f"version {self.version}: "
                f"{self._mend(name)}."
            )
        return arrays, about

    def damaged(self, path: str | PathLike[str]) -> DataError:
        """Return the error for a file that is none or is damaged."""
        return DataError(
            f"{fspath(path)} is not a {self.noun} or is damaged: {self._mend(fspath(path))}."
        )

    def _mend(self, name: str) -> str:
        return self.remedy.format(name=name)


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
            raise ValueError(f"{path}={about!r} is no array.")
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
        raise ValueError(f"{path}={about!r} is not {kind}.")
    return float(about) if kind is float else about


def _dataclass(kind: Any, about: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return a dataclass of the given parts."""
    if not isinstance(about, dict) or about.get("class") != kind.__name__:
        raise ValueError(f"{path or 'the file'} is no {kind.__name__}.")
    hints, own = get_type_hints(kind), fields(kind)
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
        raise ValueError(f"{path}={about!r} is none of {options}.")
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
