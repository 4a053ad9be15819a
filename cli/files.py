"""Output files: their checks before any work, and the table of scores."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from spectra.atomic import replacing, writing
from spectra.cli.help import Command
from spectra.cli.options import STDIN, ReadPath, WrittenFolder, WrittenPath
from spectra.errors import DataError
from spectra.text import cell

if TYPE_CHECKING:
    import pandas as pd

    from spectra.detection import Detection

# Bytes of a header of WFDB in which the files of its signals are sought.
_HEADER_BYTES = 1 << 20
# Endings of the two files of a record of COMTRADE.
_COMTRADE = (".cfg", ".dat")
# Rows formatted at a time: enough that the cost of a block is that of its rows, and its text small.
BLOCK = 8192


class FileCommand(Command):
    """Command that checks the files that it writes before it reads anything.

    No file that is read is overwritten, and no two outputs are one file.
    """

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; raise an error for an output file that cannot be written."""
        read = [name for _, name in _given(self, ctx, ReadPath)]
        written = _given(self, ctx, WrittenPath)
        names = [name for _, name in written]
        # The command makes these folders, and checks what lies in them itself.
        made = [os.path.realpath(folder) for _, folder in _given(self, ctx, WrittenFolder)]
        for i, (option, name) in enumerate(written):
            with writing(name):
                if os.path.realpath(name) in map(os.path.realpath, names[:i]):
                    raise click.UsageError(f"{name} is the file of two outputs: give each its own.")
            if os.path.dirname(os.path.realpath(name)) not in made:
                check_output(Path(name), [*read, *names[:i]], option)
        return super().invoke(ctx)


def _given(
    command: click.Command, ctx: click.Context, kind: type[click.Path]
) -> list[tuple[str, str]]:
    """Return the paths of a kind on the command line, with the option or argument of each."""
    pairs = []
    for param in command.params:
        value = ctx.params.get(str(param.name)) if isinstance(param.type, kind) else None
        each = value if isinstance(value, tuple) else (value,)
        pairs += [(param.opts[0], os.fspath(path)) for path in each if path is not None]
    return pairs


def check_output(path: Path, inputs: Sequence[str], option: str = "-o") -> None:
    """Raise an error for an output file that cannot be written, before any work is done.

    `option` is the one that names it. The error is a DataError, or a usage error where the command
    line itself is wrong.
    """
    if str(path) == STDIN:
        raise click.UsageError(f"{option} needs the name of a file, not -.")
    with writing(path):
        _check_place(path)
    same = _identity(path)
    if same is None:
        return
    for name in inputs:
        if same in map(_identity, read_with(name)):
            raise click.UsageError(f"{option} {path} would overwrite the file that is read.")


def _check_place(path: Path) -> None:
    """Raise DataError or OSError where no file can be written at a path."""
    if path.is_dir():
        raise DataError(f"{path} cannot be written: it is a folder.")
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise DataError(f"{path} cannot be written: there is no folder {folder}.")
    if found is not None and stat.S_ISSOCK(found.st_mode):
        raise DataError(f"{path} cannot be written: it is a socket.")
    places = [folder] if found is None else [path]
    if found is not None and stat.S_ISREG(found.st_mode):
        places.append(folder)
    if not all(os.access(place, os.W_OK) for place in places):
        raise DataError(f"{path} cannot be written: permission denied.")


def _identity(path: Path | int) -> tuple[int, int] | None:
    """Return device and inode of a regular file, which all its names and links share."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def read_with(name: str) -> list[Path | int]:
    """Return the files that are read with an input: those of its folder or its record."""
    if name == STDIN:
        return [] if sys.stdin is None else [0]
    path = Path(name)
    header = path.with_suffix(".hea") if path.suffix in (".hea", ".dat", ".mat") else path
    try:
        if path.is_dir():
            return list(path.iterdir())
        record = _files_of_record(header) if header.suffix == ".hea" and header.is_file() else []
    except OSError:
        return [path]
    if path.suffix.lower() in _COMTRADE:
        record += [path.with_suffix(end) for one in _COMTRADE for end in (one, one.upper())]
    return [path, *record]


def _files_of_record(header: Path, *, segments: bool = True) -> list[Path]:
    """Return a header of WFDB, its annotations and signals, and those of its segments."""
    with header.open("rb") as file:
        lines = file.read(_HEADER_BYTES).splitlines()
    names = {os.fsdecode(words[0]) for line in lines if (words := line.split())}
    beside = [header.parent / name for name in names if os.sep not in name]
    files = [header, header.with_suffix(".atr"), *beside]
    for path in beside if segments else ():
        segment = path.with_name(f"{path.name}.hea")
        if segment.is_file():
            files += _files_of_record(segment, segments=False)
    return files


@contextmanager
def csv_file(path: Path) -> "Iterator[IO[bytes] | GzipFile]":
    """Open a file of CSV that gets its name once it is complete, gzipped if that ends in .gz."""
    with replacing(path) as file:
        if path.suffix.lower() != ".gz":
            yield file
            return
        # No time in the header: the same results always give the same bytes.
        with GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield packed


SCORE_COLUMNS = {"anomaly_score": "%.6g", "p_value": "%.6g", "alarm": "%d", "series": "%s"}
"""Columns of a table of scores and the format of each; only stacked series have the last one."""


def write_scores(scores: "pd.DataFrame", path: Path, *, keep_formulas: bool = False) -> None:
    """Write one line for each row of `scores`: time or row number, and its columns.

    The first column is called `time` for ISO 8601 dates, `time_s` for seconds, and `row` for row
    numbers from 0. Numbers have six significant digits; a row without a score has empty cells. This
    is several times faster than the writer of pandas, because each block of rows is formatted at
    once. Raises DataError where the file cannot be written.
    """
    blocks = (scores.iloc[start : start + BLOCK] for start in range(0, len(scores), BLOCK))
    unit = _finest_unit([scores.index])
    _write_blocks(blocks, scores.iloc[:0], unit, path, keep_formulas=keep_formulas)


def write_stored_scores(detection: "Detection", path: Path) -> None:
    """Write the scores of a recording too large for memory, block by block, as `write_scores`."""
    recording = detection.recording
    parts = (
        recording.index[start : start + BLOCK] for start in range(0, recording.n_samples, BLOCK)
    )
    unit = _finest_unit(parts)
    first = next(detection.score_blocks(1))
    _write_blocks(detection.score_blocks(BLOCK), first, unit, path, keep_formulas=False)


def _write_blocks(
    blocks: "Iterable[pd.DataFrame]",
    like: "pd.DataFrame",
    unit: str,
    path: Path,
    *,
    keep_formulas: bool,
) -> None:
    """Write tables of scores with the columns and the kind of index of `like`."""
    heading, form, texts = _stamps(like.index, unit)
    names = [name for name in SCORE_COLUMNS if name in like]
    line = ",".join([form, *(SCORE_COLUMNS[name] for name in names)]) + "\n"
    width = len(names) + 1
    with csv_file(path) as file:
        file.write((",".join([heading, *names]) + "\n").encode())
        for block in blocks:
            columns = [
                block[name] if name != "series" else _quoted(block[name], keep_formulas)
                for name in names
            ]
            cells = [texts(block.index), *(one.tolist() for one in columns)]
            rows = len(cells[0])
            flat: list[object] = [None] * (width * rows)
            for i, column in enumerate(cells):
                flat[i::width] = column
            text = line * rows % tuple(flat)
            file.write(text.replace(",nan,", ",,").replace(",nan,", ",,").encode())


def _quoted(names: "pd.Series[str]", keep_formulas: bool) -> "pd.Series[str]":
    """Return names as fields of CSV, in quotes where they need them."""
    import csv
    import io

    fields = {}
    for name in names.unique():
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([cell(str(name), keep_formulas=keep_formulas)])
        fields[name] = text.getvalue()
    return names.map(fields)


def _stamps(index: "pd.Index", unit: str) -> tuple[str, str, "Callable[[pd.Index], list[object]]"]:
    """Return the heading of the times, the format of one, and a function that lists them."""
    import pandas as pd

    if isinstance(index, pd.DatetimeIndex):
        return "time", "%s", _dates(unit)
    if isinstance(index, pd.TimedeltaIndex):
        return "time_s", "%.12g", lambda part: pd.TimedeltaIndex(part).total_seconds().tolist()
    if pd.api.types.is_float_dtype(index.dtype):
        return "time_s", "%.12g", lambda part: part.tolist()
    return "row", "%d", lambda part: part.tolist()


def _finest_unit(parts: "Iterable[pd.Index]") -> str:
    """Return the resolution that the finest of dates needs, "s" for other instants."""
    import numpy as np
    import pandas as pd

    units = ("s", "ms", "us", "ns")
    needed = 0
    for part in parts:
        if not isinstance(part, pd.DatetimeIndex):
            break
        exact = part.tz_localize(None).to_numpy()
        while needed < 3 and not np.array_equal(
            exact, exact.astype(f"datetime64[{units[needed]}]")
        ):
            needed += 1
    return units[needed]


def _dates(unit: str) -> "Callable[[pd.Index], list[object]]":
    """Return a function that writes dates of a resolution in ISO 8601, with their zone's offset."""
    import numpy as np
    import pandas as pd

    def texts(part: pd.Index) -> list[object]:
        dates = pd.DatetimeIndex(part)
        local = dates.tz_localize(None)
        written = np.datetime_as_string(local.to_numpy().astype(f"datetime64[{unit}]"))
        if dates.tz is not None:
            ahead = (local - dates.tz_convert("UTC").tz_localize(None)) // pd.Timedelta(minutes=1)
            minutes, which = np.unique(ahead.to_numpy(), return_inverse=True)
            signs = np.where(minutes < 0, "-", "+")
            zones = [
                f"{sign}{abs(m) // 60:02d}:{abs(m) % 60:02d}"
                for sign, m in zip(signs, minutes, strict=True)
            ]
            written = np.strings.add(written, np.array(zones)[which])
        return list(written.tolist())

    return texts
