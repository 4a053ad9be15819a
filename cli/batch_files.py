"""The recordings that the patterns of a batch name."""

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from spectra.atomic import writing
from spectra.cli.batch_records import ENDINGS
from spectra.cli.messages import say
from spectra.errors import DataError


def files_of(patterns: Sequence[str], folder: Path) -> list[str]:
    """Return the files that patterns name, less the results of before, each once."""
    from spectra.datasets.sensors import is_data_set

    found: dict[str, str] = {}
    results = 0
    for pattern in patterns:
        # A file may have the signs of a pattern in its name.
        names = [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern, recursive=True))
        names = [name for name in names if name == pattern or not os.path.isdir(name)]
        if os.path.isdir(pattern) and not is_data_set(pattern):
            inside = os.path.join(pattern, "*")
            raise DataError(
                f"{pattern} is a folder without Parquet files: '{inside}' names the files in it."
            )
        if not names:
            raise DataError(f"No file matches '{pattern}'.")
        kept = [name for name in names if name == pattern or not _in_other_results(name, folder)]
        if len(kept) < len(names):
            say(f"{len(names) - len(kept):,} files of the results of another batch are left out.")
        names = kept
        for name in names:
            path = os.path.abspath(name)
            if Path(os.path.realpath(path)).is_relative_to(folder.resolve()):
                results += 1
            else:
                found.setdefault(path, name)
    if not found and not results:
        raise DataError("All files that match are results of another batch: name the recordings.")
    if not found:
        raise DataError(f"{folder} holds the recordings themselves: give another folder with -o.")
    if results:
        say(f"{folder} is the folder of the results: {results:,} of its files are left out.")
    return list(found.values())


def _in_other_results(name: str, folder: Path) -> bool:
    """Return whether a file lies in the results of a batch that are not in a folder."""
    from spectra.datasets.sensors import RECORDS

    path = Path(os.path.realpath(name))
    return not path.is_relative_to(folder.resolve()) and any(
        above.joinpath(RECORDS).is_dir() for above in path.parents
    )


def refuse_in_data_set(table: Path, folder: Path, files: Sequence[str]) -> None:
    """Raise an error for a summary that the next run would read as a part of a data set."""
    from spectra.datasets.sensors import ENDINGS

    place = Path(os.path.realpath(table))
    if table.suffix.lower() not in ENDINGS or place.is_relative_to(folder.resolve()):
        return
    for file in files:
        if os.path.isdir(file) and place.is_relative_to(os.path.realpath(file)):
            raise click.UsageError(
                f"--summary {table} would be a file of the data set {file}: give a place outside "
                "of it."
            )


def claim(folder: Path, tables: Sequence[Path], places: Iterable[str]) -> None:
    """Mark a folder as that of the results; raise an error where they would replace other files.

    What lies in a folder that is marked was written by a batch, which may replace it.
    """
    from spectra.datasets.sensors import RECORDS

    records = folder / RECORDS
    if records.is_dir():
        return
    if any(folder.iterdir()):
        results = (folder / f"{place}{ending}" for place in places for ending in ENDINGS)
        for path in (*tables, *results):
            if path.is_file():
                raise click.UsageError(
                    f"{path} is no result of a batch, and would be overwritten: give another "
                    "folder with -o."
                )
    with writing(records):
        records.mkdir(exist_ok=True)
