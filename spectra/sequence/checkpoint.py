"""Files of arrays and one JSON text, never code: where training stands, to go on from there."""

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra.errors import DataError

FORMAT = "spectra training"
VERSION = 1
# The entry that is no array; no weight is called so.
ABOUT = "about"
# Whatever bytes a file holds, this is what numpy, zipfile and json raise on them.
DAMAGE = (
    ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError, OverflowError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def write(path: str | PathLike[str], arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write a file, whole or not at all; raises DataError where it cannot be written."""
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        raise DataError(f"{path} cannot be written: it is no file.")
    text = json.dumps({"format": FORMAT, "version": VERSION, **about}, default=lambda array: array.tolist())
    entries: dict[str, Any] = {ABOUT: np.array(text), **arrays}
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with temporary.open("xb") as file:
                np.savez(file, allow_pickle=False, **entries)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error


def read(path: str | PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the rest; raises DataError for a file that is none, is damaged, or is of another version."""
    name = fspath(path)
    try:
        with open(name, "rb") as file, np.load(file, allow_pickle=False) as archive:
            about = json.loads(str(archive[ABOUT]))
            arrays = {key: archive[key] for key in archive.files if key != ABOUT}
    except OSError as error:
        raise DataError(f"{name} cannot be read as a checkpoint: {error.strerror or 'it is damaged'}.") from error
    except DAMAGE as error:
        raise DataError(f"{name} is not a checkpoint of a training or is damaged: train anew.") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DataError(f"{name} is not a checkpoint of a training.")
    if about.get("version") != VERSION:
        raise DataError(
            f"{name} is a checkpoint of version {about.get('version')}, this spectra reads {VERSION}: train anew."
        )
    return arrays, about
