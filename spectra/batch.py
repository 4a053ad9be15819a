"""Many recordings: one table of their alarms, and a summary with a row for each."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.datasets.dataframes import pandas_of
from spectra.datasets.reading import as_recording, read_series
from spectra.datasets.recording import Recording
from spectra.datasets.sensors import SensorData, SensorGroup, is_data_set
from spectra.detection import ROWS_SHOWN, Detection
from spectra.errors import DataError
from spectra.formatting import aligned, counted
from spectra.model import Method, Model
from spectra.parallel import completed
from spectra.parameters import require, require_alpha, require_integer, require_rate
from spectra.pipeline import MethodName, detect, learn, method_of, score
from spectra.text import line, shorts, well_formed
from spectra.threads import one_blas_thread

if TYPE_CHECKING:
    Data = str | PathLike[str] | Recording | pd.DataFrame | pd.Series[float] | ArrayLike
    # A recording by its name, sensors of a data set, or the reason why it cannot be opened.
    Task = tuple[str, Data | SensorGroup | DataError]

# More processes than any machine has cores for.
MOST_JOBS = 1000
_COLUMNS = ("start", "end", "peak", "score", "p_value", "channel", "f_low", "f_high")


@dataclass(frozen=True)
class Batch:
    """Results for many recordings.

    Attributes
    ----------
    alarms : DataFrame
        One row for each alarm: `recording`, then the columns of `Detection.alarms`.
    summary : DataFrame
        One row for each recording: `recording`, `n_samples`, `n_channels`, `fs` in Hz, `nperseg`,
        `n_alarms`, `p_value` (the smallest of its scores), and `error`, the reason why it could not
        be used, otherwise None.
    """

    alarms: pd.DataFrame
    summary: pd.DataFrame

    def __repr__(self) -> str:
        """Return the counts, and the rows of the recordings that failed or are most unusual."""
        summary = self.summary
        failed = summary["error"].notna()
        order = (
            summary["p_value"].where(~failed, -1.0).fillna(1.0).to_numpy().argsort(kind="stable")
        )
        shown = summary.iloc[np.sort(order[:ROWS_SHOWN])]
        heading = f"{counted(len(summary), 'recording')}, {counted(len(self.alarms), 'alarm')}" + (
            f", {failed.sum():,} could not be used" if failed.any() else ""
        )
        texts = {
            "recording": shorts(list(shown["recording"])),
            "rows": ["" if pd.isna(n) else f"{n:,}" for n in shown["n_samples"]],
            "alarms": ["" if pd.isna(n) else f"{n:,}" for n in shown["n_alarms"]],
            "smallest p-value": ["" if pd.isna(p) else f"{p:.1e}" for p in shown["p_value"]],
            "error": ["" if error is None else line(error) for error in shown["error"]],
        }
        table = pd.DataFrame(texts)
        lines = aligned(table if failed.any() else table.drop(columns="error"))
        hidden = len(summary) - len(shown)
        more = [f"{hidden:,} more are in .summary"] if hidden else []
        return "\n".join([heading, *lines, *more])


@dataclass(frozen=True)
class _Found:
    """The alarms of one recording and its row of the summary."""

    alarms: pd.DataFrame | None
    row: dict[str, object]


def score_many(
    recordings: "Mapping[str, Data] | Iterable[Data]",
    *,
    normal: "Data | Model | None" = None,
    method: Method | MethodName = "spectral",
    alpha: float | None = None,
    fs: float | None = None,
    n_jobs: int = 1,
    client: Any = None,
    progress: bool = True,
) -> Batch:
    """Find the anomalies in many recordings.

    Parameters
    ----------
    recordings : list or dict by name
        Paths, arrays, data frames or recordings. The path of a folder is that of a Parquet data set
        in long format, one row a sample: each of its sensors is a recording, and so is each series
        that is stacked in a file.
    normal : str, path, array, data frame, series, Recording or Model, optional
        Normal data to learn from once, or a model. By default each recording is its own reference.
    method, alpha, fs
        Those of `spectra.detect`. The method is not used where `normal` is a model.
    n_jobs : int
        Number of processes, −1 for one per core. It does not change the result.
    client : distributed.Client, optional
        Connection to a Dask scheduler, whose workers are used in place of `n_jobs` processes. It
        does not change the result. Workers read the files at their paths.
    progress : bool
        Show progress on standard error if that is a terminal or a notebook.

    Returns
    -------
    Batch
        A recording that cannot be used is a row of the summary with its reason.

    Raises
    ------
    DataError
        Where `normal` cannot be used, and where the workers or the scheduler are gone.
    ValueError
        For a parameter out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> rng = np.random.default_rng(0)
    >>> batch = spectra.score_many({"a": rng.normal(size=4000), "b": [1.0]}, progress=False)
    >>> batch.summary[["recording", "n_alarms"]].isna().any(axis=1).tolist()
    [False, True]
    """
    if alpha is not None:
        require_alpha(alpha)
    require_rate(fs)
    must = f"must be a number of processes, 1 to {MOST_JOBS}, or -1 for one per core"
    require_integer("n_jobs", n_jobs, -1, MOST_JOBS)
    require("n_jobs", n_jobs, Real, must, bool)
    require("progress", progress, (bool, np.bool_), "must be True or False")
    if client is not None:
        must = "must be a distributed.Client"
        require("client", client, object, must, lambda value: hasattr(value, "submit"))
        if n_jobs != 1:
            raise ValueError("Give n_jobs or client, not both.")
    tasks, chosen = _tasks(recordings), method_of(method)
    model: Model | None = None
    if isinstance(normal, Model):
        model = normal
    elif normal is not None:
        model = learn(normal, method=chosen, fs=fs)
    found: list[list[_Found]] = [[] for _ in tasks]
    settings, total = _Settings(model, chosen, alpha, fs), sum(map(_size, tasks))
    for i, done in completed(_find, tasks, settings, n_jobs=int(n_jobs), client=client):
        found[i] = _failures(tasks[i], done) if isinstance(done, DataError) else done
        # The series of a file are known once it is read.
        total += len(found[i]) - _size(tasks[i])
        if progress:
            _show(sum(map(len, found)), total)
    together = [each for part in found for each in part]
    return Batch(_alarms(together), _summary(together))


@dataclass(frozen=True)
class _Settings:
    """The settings that all recordings share."""

    model: Model | None
    method: Method
    alpha: float | None
    fs: float | None


def _tasks(
    recordings: "Mapping[str, Data] | Iterable[Data]",
) -> "list[Task]":
    """Return the recordings by their names, and the sensors of data sets in groups."""
    tasks: list[Task] = []
    for name, data in _named(recordings):
        if not (isinstance(data, (str, PathLike)) and is_data_set(data)):
            tasks.append((name, data))
            continue
        try:
            sensors = SensorData.open(data)
            tasks += [(name, group) for group in sensors.groups(sensors.names)]
        except DataError as error:
            tasks.append((name, error))
    return tasks


def _size(task: "Task") -> int:
    """Return the number of recordings of a task."""
    return len(task[1].names) if isinstance(task[1], SensorGroup) else 1


def _named(recordings: "Mapping[str, Data] | Iterable[Data]") -> "list[tuple[str, Data]]":
    """Return the recordings with distinct names: key, path, own name, or number from 1."""
    if isinstance(recordings, Mapping):
        return [(str(name), data) for name, data in recordings.items()]
    single = "score_many takes a list of recordings: put a single one in a list."
    if isinstance(recordings, (str, PathLike, Recording)) or pandas_of(recordings) is not None:
        raise DataError(single)
    require("recordings", recordings, Iterable, "must be a list of recordings, or a dict by name")
    named: dict[str, Data] = {}
    for number, data in enumerate(recordings, start=1):
        name = f"recording {number}"
        if isinstance(data, (str, PathLike)):
            name = fspath(data)
        elif isinstance(data, Recording):
            name = data.name
        named[f"{name} ({number})" if name in named else name] = data
    if named and all(isinstance(data, Real) for data in named.values()):
        raise DataError(single)
    return list(named.items())


def _find(task: "Task", settings: _Settings) -> list[_Found]:
    """Return the alarms and the row of each recording of a task."""
    name, data = task
    if isinstance(data, DataError):
        return _failures(task, data)
    if isinstance(data, (str, PathLike)):
        return _of_file(name, data, settings)
    if not isinstance(data, SensorGroup):
        return [_found(name, data, settings)]
    try:
        return [
            _failed(f"{name} [{sensor}]", part)
            if isinstance(part, DataError)
            else _found(f"{name} [{sensor}]", part, settings)
            for sensor, part in data.read(fs=settings.fs)
        ]
    except DataError as error:
        return _failures(task, error)


def _of_file(name: str, path: str | PathLike[str], settings: _Settings) -> list[_Found]:
    """Return the alarms and the row of each series of a file."""
    try:
        series = read_series(path, fs=settings.fs)
    except DataError as error:
        return [_failed(name, error)]
    named = {f"{name} [{key}]" if key else name: part for key, part in series.items()}
    return [
        _failed(each, part) if isinstance(part, DataError) else _found(each, part, settings)
        for each, part in named.items()
    ]


def _found(name: str, data: "Data", settings: _Settings) -> _Found:
    """Return the alarms of one recording and its row, or its row with the error."""
    # pandas holds its texts in Arrow, which takes well-formed ones alone.
    row: dict[str, object] = {"recording": well_formed(name)}
    model, alpha = settings.model, settings.alpha
    try:
        # BLAS threads sum in another order, which changes the last digits.
        with one_blas_thread():
            recording = as_recording(data, settings.fs)
            row |= {
                "n_samples": recording.n_samples,
                "n_channels": recording.n_channels,
                "fs": recording.fs,
            }
            if model is None:
                found = detect(recording, method=settings.method, alpha=alpha)
            else:
                found = score(model, recording, alpha=alpha)
            return _Found(found.alarms, row | _figures(found))
    except DataError as error:
        return _Found(None, row | {"error": well_formed(str(error))})


def _failures(task: "Task", error: DataError) -> list[_Found]:
    """Return the rows of the recordings of a task that failed as a whole."""
    name, data = task
    if isinstance(data, SensorGroup):
        return [_failed(f"{name} [{sensor}]", error) for sensor in data.names]
    return [_failed(name, error)]


def _failed(name: str, error: DataError) -> _Found:
    """Return the row of a recording that could not be read."""
    return _Found(None, {"recording": well_formed(name), "error": well_formed(str(error))})


def _figures(found: Detection) -> dict[str, object]:
    """Return the columns of the summary that come from a detection."""
    p_value = found.step_scores.p_value
    smallest = float(np.nanmin(p_value)) if np.isfinite(p_value).any() else np.nan
    return {
        "fs": found.fs,
        "nperseg": found.nperseg,
        "n_alarms": len(found.alarms),
        "p_value": smallest,
    }


def _alarms(found: list[_Found]) -> pd.DataFrame:
    """Return the alarms of all recordings, in their order."""
    parts = []
    for result in found:
        if result.alarms is not None and not result.alarms.empty:
            part = result.alarms.reset_index(drop=True)
            part.insert(0, "recording", str(result.row["recording"]))
            parts.append(part)
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["recording", *_COLUMNS])
    )


def _summary(found: list[_Found]) -> pd.DataFrame:
    """Return one row for each recording; columns that a failed one lacks are missing."""
    kinds = {
        "recording": "str",
        "n_samples": "Int64",
        "n_channels": "Int64",
        "fs": "float64",
        "nperseg": "Int64",
        "n_alarms": "Int64",
        "p_value": "float64",
        "error": "object",
    }
    return pd.DataFrame(
        {
            name: pd.Series([result.row.get(name) for result in found], dtype=kinds[name])
            for name in kinds
        }
    )


def _show(done: int, total: int) -> None:
    """Show the number of recordings that are done, on one line of standard error."""
    # A notebook shows standard error although it is not a terminal.
    if sys.stderr.isatty() or "ipykernel" in sys.modules:
        sys.stderr.write(f"\r{done}/{total} recordings" + "\n" * (done == total))
        sys.stderr.flush()
