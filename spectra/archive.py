"""Files of arrays and one JSON text, never code: models, and where a training stands."""

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spectra.errors import DataError

# The entry that is no array; no array is called so.
ABOUT: Final = "about"
# Whatever bytes a file holds, this is what numpy, zipfile and json have been seen to raise on them.
DAMAGE: Final = (
    ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError, OverflowError,
    RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What a file holds: its mark and version, what people call it, and what to do about one that
    cannot be used.
    """

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
        """Write a file, whole or not at all; raises DataError where it cannot be written."""
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            raise DataError(f"{path} cannot be written: it is no file.")
        described = {"format": self.format, "version": self.version, **about}
        entries: dict[str, Any] = {
            ABOUT: np.array(json.dumps(described, default=np.ndarray.tolist)),
            **arrays,
        }
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            try:
                with temporary.open("xb") as file:
                    np.savez_compressed(file, **entries)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error

    def read(self, path: str | PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """The arrays and the rest; raises DataError for a file that is none, is damaged, or is of
        another version.
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
        """What is said of a file whose parts do not make one."""
        return DataError(
            f"{fspath(path)} is not a {self.noun} or is damaged: {self._mend(fspath(path))}."
        )

    def _mend(self, name: str) -> str:
        return self.remedy.format(name=name)
