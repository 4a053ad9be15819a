"""How well a detector finds what is labelled in a folder of recordings."""

import copy
import importlib
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import joblib
import numpy as np
import pandas as pd

from spectra import metrics
from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.columns import OTHER_LABELS, is_label_name
from spectra.datasets.reading import read
from spectra.datasets.recording import Recording
from spectra.errors import DataError
from spectra.pipeline import METHODS, Method, detect
from spectra.sequence.settings import Sequence
from spectra.spectral.settings import Spectral
from spectra.threads import one_blas_thread

# Names of TSB-AD's files: 001_NAB_id_1_Facility_tr_1007_1st_2014.csv.
_COLLECTION = re.compile(r"\d+_(.+?)_id_\d+")
_PREFIX = re.compile(r"_tr_(\d+)(?=[_.])")
OTHERS = "other"


class Detector(Protocol):
    """A detector of the user's own.

    It is copied for each series. It may also have `predict`, −1 on the rows that it reports.
    """

    def fit(self, X: Float64Array, /) -> object:
        """Learn from the normal rows (n, n_channels), or from all rows where none are known."""

    def score_samples(self, X: Float64Array, /) -> Float64Array:
        """Return one score a row, high = normal, as in scikit-learn."""


@dataclass(frozen=True)
class Benchmark:
    """What a detector reached.

    `results` has one row a series: file, collection, n (rows), nperseg, seconds (to learn and
    score, on one core), the metrics of `spectra.metrics.summary`, buffer (the largest of VUS, in
    rows) and normal_rows (how many it was told are normal). `failed` says by file why it could not
    be used.
    """

    results: pd.DataFrame
    failed: dict[str, str]

    @property
    def mean(self) -> "pd.Series[float]":
        """The mean of each number over all series."""
        return self.results.mean(numeric_only=True)

    @property
    def by_collection(self) -> pd.DataFrame:
        """The number of `series` and the mean of each number, one row a collection."""
        groups = self.results.groupby("collection")
        means = groups.mean(numeric_only=True)
        means.insert(0, "series", groups.size())
        return means

    @property
    def without_each(self) -> pd.DataFrame:
        """The mean over the series of all other collections, one row a collection left out."""
        collection = self.results["collection"]
        return pd.DataFrame(
            {
                name: self.results[collection != name].mean(numeric_only=True)
                for name in collection.unique()
            }
        ).T.dropna(how="all")


def benchmark(
    folder: str | PathLike[str],
    *,
    use_normal: bool = True,
    detector: str | Method | Detector = "spectral",
    n_jobs: int = 1,
    on_done: Callable[[int, int, str], None] | None = None,
) -> Benchmark:
    """Score every labelled CSV file of a folder, and compare the scores with its labels.

    Parameters
    ----------
    folder : str or path
    use_normal : bool
        Learn from the first N rows where the file's name has _tr_N_. Otherwise each recording is
        its own reference.
    detector : str, Spectral, Sequence or Detector
        "spectral" and "sequence" are the methods of `spectra.detect`; "module:Class" is a detector
        of your own. Alarms are those of the detector's own threshold.
    n_jobs : int
        Number of processes, −1 for one a core. It changes nothing but the seconds.
    on_done : callable, optional
        Called with the number of files done, the number of files, and the name of the last.

    Returns
    -------
    Benchmark
        A file that cannot be used is listed in `failed`.

    Raises
    ------
    DataError
        For a folder without a labelled file.
    ValueError
        For an unknown detector.
    """
    paths = _csv_files(Path(folder))
    if isinstance(detector, str):
        load_detector(detector)
    # Each process loads a detector by its name: it may not find the module that pickle would name.
    work = (joblib.delayed(_outcome)(path, use_normal, detector, str(Path.cwd())) for path in paths)
    rows, failed = [], {}
    for number, outcome in enumerate(
        joblib.Parallel(n_jobs=n_jobs, return_as="generator")(work), start=1
    ):
        name = paths[number - 1].name
        if on_done is not None:
            on_done(number, len(paths), name)
        if isinstance(outcome, str):
            failed[name] = outcome
        elif outcome is not None:
            rows.append(outcome)
    if not rows and not failed:
        raise DataError(
            f"{folder} holds no labelled CSV file: each needs a column 'label' of 0 and 1 "
            f"({len(paths)} without were found)."
        )
    if not rows:
        raise DataError("\n".join([f"No file of {folder} could be used:", *failed.values()]))
    return Benchmark(pd.DataFrame(rows), failed)


def load_detector(name: str, here: str | None = None) -> Method | Detector:
    """Return the method or the detector of that name; raise ValueError where there is none.

    "module:Class" is made without arguments from a module that can be imported; the folder `here`,
    by default the working one, is included.
    """
    if name in METHODS:
        return METHODS[name]()
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute.isidentifier()):
        raise ValueError(
            f"There is no detector '{name}': give {' or '.join(METHODS)}, or module:Class for "
            "one of your own."
        )
    here = str(Path.cwd()) if here is None else here
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except Exception as error:
        # A module of the user's may raise anything while it is imported.
        raise ValueError(
            f"The detector '{name}' cannot be made ({type(error).__name__}: {error})."
        ) from error
    if not all(callable(getattr(made, method, None)) for method in ("fit", "score_samples")):
        raise ValueError(
            f"The detector '{name}' needs the methods fit(X) and score_samples(X), high = normal."
        )
    own: Detector = made
    return own


def _csv_files(folder: Path) -> list[Path]:
    """The CSV files of a folder in the order of their names; raises DataError where there is
    none.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give one that holds labelled CSV files.")
    try:
        paths = sorted(
            path for path in folder.iterdir() if path.name.lower().endswith((".csv", ".csv.gz"))
        )
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}.") from error
    if not paths:
        raise DataError(f"{folder} holds no CSV file: give a folder of labelled ones.")
    return paths


def _outcome(
    path: Path, use_normal: bool, detector: str | Method | Detector, here: str
) -> dict[str, Any] | str | None:
    """Return the row of a file, the reason why it has none, or None without labels."""
    try:
        # BLAS threads sum in another order, which changes the last digits.
        with one_blas_thread():
            loaded = load_detector(detector, here) if isinstance(detector, str) else detector
            return _row(path, use_normal, loaded)
    except DataError as error:
        return str(error) if path.name in str(error) else f"{path.name}: {error}"


def _row(path: Path, use_normal: bool, detector: Method | Detector) -> dict[str, Any] | None:
    """Return the row of one file; raise DataError where it cannot be used."""
    recording = read(path, name=path.name)
    if recording.labels is None:
        wrong = [note for note in recording.notes if OTHER_LABELS in note]
        # A column of fractions may be a measurement; where labels are expected it is named.
        wrong += [
            f"column '{name}' {OTHER_LABELS}." for name in recording.channels if is_label_name(name)
        ]
        if wrong:
            raise DataError(f"{path.name}: {wrong[0]}")
        return None
    n = recording.rows.size
    prefix = _normal_rows(path.name, n) if use_normal else 0
    labels = recording.labels[recording.rows]
    if not labels.any():
        raise DataError(f"{path.name} holds no anomaly: there is nothing to find in it.")
    buffer = metrics.vus_buffer(recording.values[recording.rows, 0])
    begin = time.perf_counter()
    try:
        if isinstance(detector, (Spectral, Sequence)):
            found = _detect(recording, prefix, detector)
        else:
            found = _by_own(detector, recording, prefix)
    except DataError:
        raise
    except Exception as error:
        # The figures of the other files must not be lost to what a detector may raise on one.
        raise DataError(
            f"{path.name}: the detector failed ({type(error).__name__}: {error})."
        ) from error
    seconds = time.perf_counter() - begin
    match = _COLLECTION.match(path.name)
    return {
        "file": path.name,
        "collection": match[1] if match else OTHERS,
        "n": n,
        "nperseg": found.nperseg,
        "seconds": seconds,
        **metrics.summary(labels, found.scores, found.alarms, buffer),
        "buffer": buffer,
        "normal_rows": prefix,
    }


def _normal_rows(name: str, n: int) -> int:
    """How many rows the name of a file says are normal, 0 where it says nothing; raises DataError
    for too many.
    """
    match = _PREFIX.search(name)
    rows = int(match[1]) if match else 0
    if rows > n:
        raise DataError(
            f"{name} has {n:,} rows, and its name says that the first {rows:,} are normal: correct "
            "the name, or use none "
            "of them with --no-normal."
        )
    return rows


@dataclass(frozen=True)
class _Found:
    """Scores (n,), high = anomalous, and where there are any, alarms (n,) and a frame length."""

    scores: Float64Array
    alarms: BoolArray | None
    nperseg: int | None


def _detect(recording: Recording, prefix: int, method: Method) -> _Found:
    """Return what spectra finds."""
    result = detect(recording, normal_rows=(0, prefix) if prefix else None, method=method)
    table = result.scores
    return _Found(table["anomaly_score"].to_numpy(), table["alarm"].to_numpy() == 1, result.nperseg)


def _by_own(detector: Detector, recording: Recording, prefix: int) -> _Found:
    """Return what a detector of the user's finds."""
    X = recording.values[recording.rows]
    own = copy.deepcopy(detector)
    own.fit(X[: prefix or None])
    scores = -np.asarray(own.score_samples(X), dtype=np.float64)
    if scores.shape != (len(X),):
        raise DataError(
            f"score_samples must give one score a row, the shape {(len(X),)}, not {scores.shape}."
        )
    predict = getattr(own, "predict", None)
    alarms = None if predict is None else np.asarray(predict(X)) == -1
    return _Found(scores, alarms, getattr(own, "nperseg", None))
