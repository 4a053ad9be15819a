"""Recordings of a batch: the places of their results, and records of those that are finished."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from spectra.cli.files import read_with
from spectra.cli.options import Output, Reading

if TYPE_CHECKING:
    from spectra.datasets.sensors import SensorGroup
    from spectra.model import Method

# Bytes at the beginning of a file that are hashed to see whether it has changed.
HEAD: Final = 1 << 16
# Bytes of a name in a folder, less those of the longest ending.
LONGEST_NAME: Final = 200
# Files of the folder of a batch that belong to no single recording.
SUMMARY, INDEX, MODEL = "summary.csv", "index.html", "normal.model"
RESERVED: Final = ("summary", "index", "normal")
# Endings of the scores and of the page of a recording, and of all files of one.
SCORES: Final = ".scores.csv"
PAGE: Final = ".html"
ENDINGS: Final = (".json", ".jsonl", ".csv", ".parquet", SCORES, PAGE)


@dataclass(frozen=True)
class Item:
    """A recording: its name for people, the place of its results, and the state of its files.

    Attributes
    ----------
    name : str
    place : str
        Path of its results below the folder of the batch, without their endings.
    state : str
        Hash of the size, the time and the first bytes of each of its files.
    """

    name: str
    place: str
    state: str


@dataclass(frozen=True)
class Task:
    """A file, whose series are one item, or a group of sensors, each of which is one."""

    source: "str | SensorGroup"
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Settings:
    """The settings of a batch.

    Attributes
    ----------
    folder : str
        Absolute path of the results.
    model : str or None
        Absolute path of a model file; None where each recording is its own reference.
    model_hash : str
    method : Spectral or Sequence
        Not used with a model.
    threshold : dict
        Keyword arguments of `spectra.detect`.
    reading : Reading
    output : Output
        The form of the results.
    scores, report : bool
        Whether scores of rows and a page are written too.
    command : str
        Command that repeats the batch, for the pages.
    """

    folder: str
    model: str | None
    model_hash: str
    method: "Method"
    threshold: dict[str, Any]
    reading: Reading
    output: Output
    scores: bool
    report: bool
    command: str

    @property
    def hash(self) -> str:
        """Hash of all that results depend on, but for the recordings."""
        from spectra import __version__

        # The command has the recordings in it, and where the model lies does not matter.
        kept = replace(self, folder="", model="", command="")
        return hashlib.sha256(repr((__version__, kept)).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Finished:
    """The record of a recording whose results are written.

    Attributes
    ----------
    settings, state : str
        Hashes of the settings and of the files it was made with.
    sizes : dict
        Bytes of each result file, by its path below the folder of the batch.
    rows : list of dict
        Rows of the summary, one a series.
    entries : list of dict
        Entries of the index of the pages.
    """

    settings: str
    state: str
    sizes: dict[str, int]
    rows: list[dict[str, Any]]
    entries: list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """The result of an item: its record, or the reason for its failure."""

    item: Item
    finished: Finished | None
    error: str = ""


def place_of(path: str) -> str:
    """Return the place of the results of a file at a path relative to that of all files."""
    place = "/".join(file_name_of(part) for part in Path(path).parts)
    # A file without an ending must not get the name of the summary, the index or the model.
    return f"%{ord(place[0]):X}{place[1:]}" if place in RESERVED else place


def file_name_of(text: str) -> str:
    """Return a name that any folder can hold, and no other text has."""
    name = quote(text, safe=" ,;=+@()[]{}~$!'", errors="backslashreplace")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 17]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def state_of(files: Iterable[str | Path]) -> str:
    """Return a hash of the size, time, head and name of files; "" where one cannot be read."""
    digest = hashlib.sha256()
    for path in files:
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                head = hashlib.sha256(file.read(HEAD)).hexdigest()
        except OSError:
            return ""
        name = os.path.basename(path)
        digest.update(f"{name!r} {status.st_size} {status.st_mtime_ns} {head}\n".encode())
    return digest.hexdigest()


def state_of_input(path: str) -> str:
    """Return the state of a file, and of the files that are read with it."""
    files = sorted(str(each) for each in read_with(path) if isinstance(each, Path))
    return state_of(file for file in files if file == path or os.path.exists(file))


def finished_of(item: Item, settings: Settings) -> Finished | None:
    """Return the record of a recording that is finished and unchanged, otherwise None."""
    try:
        found = Finished(**json.loads(record_of(item, settings).read_text(encoding="utf-8")))
        sizes = {name: (Path(settings.folder) / name).stat().st_size for name in found.sizes}
    except (OSError, ValueError, TypeError):
        return None
    unchanged = (found.settings, found.state, found.sizes) == (settings.hash, item.state, sizes)
    return found if unchanged and item.state else None


def record_of(item: Item, settings: Settings) -> Path:
    """Return the path of the record of a recording."""
    from spectra.datasets.sensors import RECORDS

    return Path(settings.folder, RECORDS, f"{item.place}.json")
