"""Paths on the command line: of files that are read and of files that are written."""

import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from spectra.errors import DataError

STDIN = "-"
# Endings that name a format.
FORMS: Final = (
    "csv", "tsv", "html", "json", "jsonl", "parquet", "feather", "arrow", "xlsx", "xls", "ods",
    "npy", "npz", "mat", "h5", "hdf5", "wav", "edf", "png", "svg", "pdf", "gz", "bz2", "xz",
    "zst", "zip",
)  # fmt: skip


def opened(file: str) -> str | BinaryIO:
    """Return what `spectra.datasets.read` opens: a path, or standard input for "-".

    Raises DataError where standard input is closed.
    """
    if file != STDIN:
        return file
    if sys.stdin is None:
        raise DataError("standard input is closed: give the name of a file.")
    return sys.stdin.buffer


class ReadPath(click.Path):
    """Path that a command reads: of a file, or of a folder of files.

    One that may not be read is no wrong argument: it is said when it is opened.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(readable=False, **settings)


class WrittenPath(click.Path):
    """Path of a file that a command writes, which does not name another format than `form`.

    CSV is written gzipped to a name that ends in .gz (`spectra.cli.files.csv_file`).
    """

    def __init__(self, form: str = "") -> None:
        super().__init__(path_type=Path, readable=False)
        self.form = form

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return a path; raise BadParameter for the ending of another format."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        packed = self.form == "csv" and path.suffix.lower() == ".gz"
        ending = (path.with_suffix("") if packed else path).suffix.lower().removeprefix(".")
        if self.form and ending != self.form and ending in FORMS:
            self.fail(
                f"'{path}' would hold {self.form.upper()}: give a name that ends in .{self.form}.",
                param,
                ctx,
            )
        return path


class WrittenFolder(click.Path):
    """Path of a folder that a command writes files into, whose names the command checks."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path, readable=False)
