"""The sensors of a Parquet data set in long format: one row a sample, with the name of its sensor.

A data set is a folder of Parquet files, with or without folders such as `sensor=7`, or one file.
Its sensors are read in groups, each in one pass over the row groups that may hold them, so that
the memory needed is that of a group.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

from spectra.datasets.readers.arrow.parquet_footer import metadata_of
from spectra.datasets.readers.cells.names import NAMES, words
from spectra.datasets.reading import read
from spectra.datasets.recording import Recording
from spectra.errors import DataError

ENDINGS: Final = (".parquet", ".parq", ".pq")
HIDDEN: Final = (".", "_")
# Folder that a batch keeps beside its results.
RECORDS: Final = ".finished"
# Bytes of the rows of a group of sensors, uncompressed, and the most sensors of a group.
GROUP_BYTES: Final = 1 << 26
GROUP_SENSORS: Final = 64
# Bytes of a value where the data set does not say.
_VALUE_BYTES: Final = 8


@dataclass(frozen=True)
class SensorGroup:
    """Sensors of a data set that are read in one pass.

    Attributes
    ----------
    path : str
        The data set.
    column : str
        The column of the names.
    names : tuple of str
    """

    path: str
    column: str
    names: tuple[str, ...]

    def read(self, **reading: Any) -> Iterator[tuple[str, Recording | DataError]]:
        """Yield each sensor with its recording, or with the reason why it has none.

        Parameters
        ----------
        **reading
            Arguments of `spectra.datasets.read`.

        Raises
        ------
        DataError
            Where the data set cannot be read.
        """
        arrow, dataset = _opened(self.path)
        compute = import_module("pyarrow.compute")
        kind = dataset.schema.field(self.column).type
        values = arrow.array(self.names).cast(_plain(arrow, kind))
        wanted = compute.field(self.column).cast(_plain(arrow, kind)).isin(values)
        # The names of folders are no values of the sensors.
        left_out = {key for fragment in dataset.get_fragments() for key in _keys(fragment)}
        columns = [name for name in dataset.schema.names if name not in left_out]
        try:
            table = dataset.to_table(
                columns=[self.column, *(name for name in columns if name != self.column)],
                filter=wanted,
                use_threads=False,
                batch_readahead=1,
            )
        except (arrow.ArrowException, OSError, ValueError) as error:
            raise _damaged(self.path, error) from error
        key = compute.cast(table.column(0), arrow.string())
        rest = table.remove_column(0)
        for name in self.names:
            rows = rest.filter(compute.equal(key, name))
            title = f"{Path(self.path).name} [{name}]"
            try:
                yield (
                    name,
                    read(_stored(rows, title), **{**reading, "series": "none", "name": title}),
                )
            except DataError as error:
                yield name, error


@dataclass(frozen=True)
class SensorData:
    """A Parquet data set in long format.

    Attributes
    ----------
    path : str
    column : str
        The column that names the sensors.
    names : tuple of str
        In order.
    files : dict of str to tuple of str
        The files that each sensor may lie in.
    n_nameless : int
        Rows without the name of a sensor.
    others : tuple of str
        Files beside those of the data set that are no part of it, from its folder.
    size : int
        Sensors of a group.
    """

    path: str
    column: str
    names: tuple[str, ...]
    files: dict[str, tuple[str, ...]]
    n_nameless: int
    others: tuple[str, ...]
    size: int

    def of(self, name: str | None) -> "SensorData":
        """Return the data set of one sensor alone, or all of it for None; raise for none."""
        if name is None:
            return self
        if name not in self.names:
            shown = ", ".join(f"'{known}'" for known in self.names[:8])
            raise DataError(f"{self.path} has no sensor '{name}': there are {shown}.")
        return replace(self, names=(name,))

    def groups(self, names: tuple[str, ...]) -> list[SensorGroup]:
        """Return some of the sensors in groups that are read in one pass."""
        return [
            SensorGroup(self.path, self.column, names[i : i + self.size])
            for i in range(0, len(names), self.size)
        ]

    @classmethod
    def open(cls, path: str | PathLike[str], column: str | None = None) -> "SensorData":
        """Open a data set.

        Parameters
        ----------
        path : str or path
            A folder of Parquet files, or one file.
        column : str, optional
            The column that names the sensors. By default a column of texts or integers named like
            one: sensor, device, id, tag.

        Raises
        ------
        DataError
            Where pyarrow is missing, where there is no Parquet file or one is damaged, and where
            the column is missing or not clear.
        """
        arrow, dataset = _opened(path)
        try:
            _check_footers(dataset)
            named = _column(arrow, dataset, fspath(path), column)
            keys = _by_folder(dataset, named)
            counts: dict[str | None, int] = dict.fromkeys(keys, 0)
            counts = counts or _counts(arrow, dataset, named)
            n_rows = dataset.count_rows()
        except DataError:
            raise
        except (arrow.ArrowException, OSError, ValueError) as error:
            raise _damaged(path, error) from error
        nameless = counts.pop(None, 0)
        whole = arrow.types.is_integer(_plain(arrow, dataset.schema.field(named).type))
        order = sorted(map(str, counts), key=lambda name: (int(name) if whole else 0, name))
        names = tuple(order)
        if not names:
            raise DataError(f"{path} has no row that names a sensor in its column '{named}'.")
        everything = tuple(sorted(dataset.files))
        files = {name: tuple(sorted(keys[name])) if keys else everything for name in names}
        row = sum(_width(kind) for kind in dataset.schema.types)
        size = GROUP_BYTES // max(1, row * n_rows // len(names))
        others = sorted(
            file.relative_to(path).as_posix()
            for file in _files_below(path)
            if file.suffix.lower() not in ENDINGS
        )
        size = max(1, min(GROUP_SENSORS, size))
        return cls(fspath(path), named, names, files, nameless, tuple(others), size)


def is_data_set(path: str | PathLike[str]) -> bool:
    """Return whether a path is a folder with a Parquet file in it or below it."""
    return any(file.suffix.lower() in ENDINGS for file in _files_below(path))


def _files_below(path: str | PathLike[str]) -> Iterator[Path]:
    """Yield the files in a folder and below it, but hidden ones and the results of a batch.

    As for pyarrow and Spark, a name that begins with a dot or a low line is hidden: such are the
    logs of Delta tables and what a writer has not finished.
    """
    for folder, folders, names in os.walk(path):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(HIDDEN) and not Path(folder, name, RECORDS).is_dir()
        ]
        shown = (Path(folder, name) for name in names if not name.startswith(HIDDEN))
        yield from (file for file in shown if file.is_file())


def _opened(path: str | PathLike[str]) -> tuple[Any, Any]:
    """Return pyarrow and the data set at a path."""
    try:
        arrow = import_module("pyarrow")
        datasets = import_module("pyarrow.dataset")
    except ImportError as error:
        raise DataError(
            f"{path} is a Parquet data set, which is read with pyarrow, and that is not installed: "
            "pip install 'spectra-anomaly[parquet]'."
        ) from error
    files = fspath(path)
    try:
        if Path(path).is_dir():
            found = [file for file in _files_below(path) if file.suffix.lower() in ENDINGS]
            return arrow, datasets.dataset(
                [*map(str, sorted(found))],
                format="parquet",
                partitioning=datasets.HivePartitioning.discover(),
                partition_base_dir=files,
            )
        return arrow, datasets.dataset(files, format="parquet")
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _check_footers(dataset: Any) -> None:
    """Raise an error for a file whose footer says what no file has: some end the process later."""
    parquet = import_module("pyarrow.parquet")
    for path in dataset.files:
        with open(path, "rb") as file:
            metadata_of(parquet, Path(path).name, file)


def _damaged(path: str | PathLike[str], error: Exception) -> DataError:
    reason = " ".join(str(error).split()).rstrip(".")[:200]
    return DataError(f"{path} is no Parquet data set or is damaged ({reason}): write it again.")


def _column(arrow: Any, dataset: Any, path: str, wanted: str | None) -> str:
    """Return the column that names the sensors; raise DataError where it is not clear."""
    fields = {
        field.name: field.type
        for field in dataset.schema
        if _is_text(arrow, field.type) or arrow.types.is_integer(_plain(arrow, field.type))
    }
    if wanted is not None:
        if wanted in fields:
            return wanted
        shown = ", ".join(f"'{name}'" for name in dataset.schema.names[:8])
        raise DataError(
            f"{path} has no column '{wanted}' of texts or integers that names sensors: there are "
            f"{shown}."
        )
    texts = [name for name, kind in fields.items() if _is_text(arrow, kind)]
    for found in (
        [name for name in texts if words(name) & NAMES],
        [name for name in fields if words(name) & NAMES],
        texts,
    ):
        if len(found) == 1:
            return str(found[0])
    shown = ", ".join(f"'{name}'" for name in [*fields][:8]) or "none"
    raise DataError(
        f"{path} does not say which column names its sensors (it may be one of {shown}): give it "
        "with --series COLUMN."
    )


def _by_folder(dataset: Any, column: str) -> dict[str, list[str]]:
    """Return the files of each sensor where folders are named after them, otherwise nothing."""
    found: dict[str, list[str]] = {}
    for fragment in dataset.get_fragments():
        keys = _keys(fragment)
        if keys.get(column) is None:
            return {}
        found.setdefault(str(keys[column]), []).append(fragment.path)
    return found


def _keys(fragment: Any) -> dict[str, Any]:
    """Return what the folders of a file say, as by `sensor=7`."""
    keys = import_module("pyarrow.dataset").get_partition_keys(fragment.partition_expression)
    return dict(keys)


def _counts(arrow: Any, dataset: Any, column: str) -> dict[str | None, int]:
    """Return the number of rows of each sensor; that of None is of rows that name none."""
    compute = import_module("pyarrow.compute")
    found: dict[str | None, int] = {}
    for batch in dataset.to_batches(columns=[column], use_threads=False, batch_readahead=1):
        for each in compute.value_counts(compute.cast(batch.column(0), arrow.string())):
            name = each["values"].as_py()
            found[name] = found.get(name, 0) + each["counts"].as_py()
    return found


def _plain(arrow: Any, kind: Any) -> Any:
    """Return the type of the values of a column that may be a dictionary."""
    return kind.value_type if arrow.types.is_dictionary(kind) else kind


def _is_text(arrow: Any, kind: Any) -> bool:
    plain = _plain(arrow, kind)
    return bool(arrow.types.is_string(plain) or arrow.types.is_large_string(plain))


def _width(kind: Any) -> int:
    """Return about how many bytes a value of a type takes."""
    try:
        return int(kind.bit_width) // 8 or 1
    except ValueError:
        return _VALUE_BYTES


class _Stored(io.BytesIO):
    """Parquet file in memory with a name for messages."""

    name: str


def _stored(rows: Any, title: str) -> _Stored:
    """Return rows as a Parquet file, to be read like any other."""
    file = _Stored()
    import_module("pyarrow.parquet").write_table(rows, file, compression="none")
    file.seek(0)
    file.name = title
    return file
