"""Many recordings: one table of their alarms, and a summary with a row for each."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from os import PathLike, fspath
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.datasets.reading import as_recording
from spectra.datasets.recording import Recording
from spectra.detection import Detection
from spectra.errors import DataError
from spectra.model import Method, Model
from spectra.parameters import require, require_alpha, require_integer, require_rate
from spectra.pipeline import MethodName, detect, learn, method_of, score
from spectra.text import well_formed
from spectra.threads import one_blas_thread

if TYPE_CHECKING:
    Data = str | PathLike[str] | Recording | pd.DataFrame | pd.Series[float] | ArrayLike

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
    alpha: float = 0.001,
    fs: float | None = None,
    n_jobs: int = 1,
    progress: bool = True,
) -> Batch:
    """Find the anomalies in many recordings.

    Parameters
    ----------
    recordings : list or dict by name
        Paths, arrays, data frames or recordings.
    normal : str, path, array, data frame, series, Recording or Model, optional
        Normal data to learn from once, or a model. By default each recording is its own reference.
    method, alpha, fs
        Those of `spectra.detect`. The method is not used where `normal` is a model.
    n_jobs : int
        Number of processes, −1 for one per core. It does not change the result.
    progress : bool
        Show progress on standard error if that is a terminal or a notebook.

    Returns
    -------
    Batch
        A recording that cannot be used is a row of the summary with its reason.

    Raises
    ------
    DataError
        Where `normal` cannot be used.
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
    require_alpha(alpha)
    require_rate(fs)
    must = f"must be a number of processes, 1 to {MOST_JOBS}, or -1 for one per core"
    require_integer("n_jobs", n_jobs, -1, MOST_JOBS)
    require("n_jobs", n_jobs, Real, must, bool)
    require("progress", progress, (bool, np.bool_), "must be True or False")
    named, chosen = _named(recordings), method_of(method)
    model: Model | None = None
    if isinstance(normal, Model):
        model = normal
    elif normal is not None:
        model = learn(normal, method=chosen, fs=fs)
    work = (joblib.delayed(_find)(name, data, model, chosen, alpha, fs) for name, data in named)
    found = []
    for done in joblib.Parallel(n_jobs=n_jobs, return_as="generator")(work):
        found.append(done)
        if progress:
            _show(len(found), len(named))
    return Batch(_alarms(found), _summary(found))


def _named(recordings: "Mapping[str, Data] | Iterable[Data]") -> "list[tuple[str, Data]]":
    """Return the recordings with distinct names: key, path, own name, or number from 1."""
    if isinstance(recordings, Mapping):
        return [(str(name), data) for name, data in recordings.items()]
    if isinstance(recordings, (str, PathLike, pd.DataFrame, pd.Series, Recording)):
        raise DataError("score_many takes a list of recordings: put a single one in a list.")
    require("recordings", recordings, Iterable, "must be a list of recordings, or a dict by name")
    named: dict[str, Data] = {}
    for number, data in enumerate(recordings, start=1):
        name = f"recording {number}"
        if isinstance(data, (str, PathLike)):
            name = fspath(data)
        elif isinstance(data, Recording):
            name = data.name
        named[f"{name} ({number})" if name in named else name] = data
    return list(named.items())


def _find(
    name: str, data: "Data", model: Model | None, method: Method, alpha: float, fs: float | None
) -> _Found:
    """Return the alarms of one recording and its row, or its row with the error."""
    # pandas holds its texts in Arrow, which takes well-formed ones alone.
    row: dict[str, object] = {"recording": well_formed(name)}
    try:
        # BLAS threads sum in another order, which changes the last digits.
        with one_blas_thread():
            recording = as_recording(data, fs)
            row |= {
                "n_samples": recording.n_samples,
                "n_channels": recording.n_channels,
                "fs": recording.fs,
            }
            if model is None:
                found = detect(recording, method=method, alpha=alpha)
            else:
                found = score(model, recording, alpha=alpha)
            return _Found(found.alarms, row | _figures(found))
    except DataError as error:
        return _Found(None, row | {"error": well_formed(str(error))})


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
