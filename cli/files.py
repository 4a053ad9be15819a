"""Files that are there whole or not at all."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from spectra.cli.options import STDIN
from spectra.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Rows put into words at a time: long enough that a block costs no more than its rows, short enough
# to need no memory.
BLOCK = 8192


def check_output(path: Path, inputs: Sequence[str]) -> None:
    """Refuse a place that cannot be written to, before any work is done; raises DataError or a
    usage error.
    """
    if str(path) == STDIN:
        raise click.UsageError("-o needs the name of a file; - is none.")
    for name in inputs:
        if name != STDIN and path.exists() and Path(name).exists() and path.samefile(name):
            raise click.UsageError(f"-o {path} would overwrite the file that is read.")
    if path.is_dir():
        raise DataError(f"{path} cannot be written: it is a folder.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise DataError(f"{path} cannot be written: there is no folder {folder}.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise DataError(f"{path} cannot be written: you may not write there.")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise DataError, naming the file, where writing it fails."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes its name when it is complete; a device or a pipe is written to as it
    is.
    """
    with writing(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        target = path.resolve()
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with temporary.open("xb") as file:
                yield file
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


SCORE_COLUMNS = {"anomaly_score": "%.6g", "p_value": "%.6g", "alarm": "%d", "series": "%s"}
"""Columns of a table of scores and the format of each; only stacked series have the last one."""


def write_scores(scores: "pd.DataFrame", path: Path) -> None:
    """Write one line a row of `scores`: its time or number, and its columns.

    The column of times is called `time` for ISO 8601 dates, `time_s` for seconds, `row` for row
    numbers from 0. Six significant digits; a row without a score has empty cells. Several times
    faster than pandas' own writer, because each block of rows is one string formatting. Raises
    DataError where the file cannot be written.
    """
    heading, form, texts = _stamps(scores.index)
    names = [name for name in SCORE_COLUMNS if name in scores]
    columns = [scores[name] if name != "series" else _quoted(scores[name]) for name in names]
    line = ",".join([form, *(SCORE_COLUMNS[name] for name in names)]) + "\n"
    width = len(names) + 1
    with replacing(path) as file:
        file.write((",".join([heading, *names]) + "\n").encode())
        for start in range(0, len(scores), BLOCK):
            block = slice(start, start + BLOCK)
            cells = [texts(scores.index[block]), *(one.iloc[block].tolist() for one in columns)]
            rows = len(cells[0])
            flat: list[object] = [None] * (width * rows)
            for i, column in enumerate(cells):
                flat[i::width] = column
            text = line * rows % tuple(flat)
            file.write(text.replace(",nan,", ",,").replace(",nan,", ",,").encode())


def _quoted(names: "pd.Series[str]") -> "pd.Series[str]":
    """Return names as fields of CSV, in quotes where they need them."""
    import csv
    import io

    fields = {}
    for name in names.unique():
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([name])
        fields[name] = text.getvalue()
    return names.map(fields)


def _stamps(index: "pd.Index") -> tuple[str, str, "Callable[[pd.Index], list[object]]"]:
    """The heading of the times, the format of one, and what makes a list of them."""
    import pandas as pd

    if isinstance(index, pd.DatetimeIndex):
        return "time", "%s", _dates(index)
    if isinstance(index, pd.TimedeltaIndex):
        return "time_s", "%.12g", lambda part: pd.TimedeltaIndex(part).total_seconds().tolist()
    if pd.api.types.is_float_dtype(index.dtype):
        return "time_s", "%.12g", lambda part: part.tolist()
    return "row", "%d", lambda part: part.tolist()


def _dates(index: "pd.DatetimeIndex") -> "Callable[[pd.Index], list[object]]":
    """What writes dates as ISO 8601, as finely as the finest of them needs, with the offset of
    their zone.
    """
    import numpy as np
    import pandas as pd

    exact = index.tz_localize(None).to_numpy()
    unit = next(
        (
            unit
            for unit in ("s", "ms", "us")
            if np.array_equal(exact, exact.astype(f"datetime64[{unit}]"))
        ),
        "ns",
    )

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
