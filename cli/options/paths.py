"""Paths on the command line: of files that are read and of files that are written."""

import sys
from pathlib import Path
from typing import BinaryIO

import click

from spectra.errors import DataError

STDIN = "-"


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
    """Path that a command reads: of a file, or of a folder of files."""


class WrittenPath(click.Path):
    """Path of a file that a command writes."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)


class WrittenFolder(click.Path):
    """Path of a folder that a command writes files into, whose names the command checks."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)
