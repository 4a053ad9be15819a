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
from threadpoolctl import threadpool_limits

from spectra import metrics
from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.columns import OTHER_LABELS, is_label_name
from spectra.datasets.reading import read
from spectra.datasets.recording import Recording
from spectra.errors import DataError
from spectra.pipeline import detect

# What the names of TSB-AD's files tell: 001_NAB_id_1_Facility_tr_1007_1st_2014.csv.
_COLLECTION = re.compile(r"\d+_(.+?)_id_\d+")
_PREFIX = re.compile(r"_tr_(\d+)(?=[_.])")
OTHERS = "other"
SPECTRAL = "spectral"


class Detector(Protocol):
    """A detector of one's own: any object that learns from rows of numbers (n, channels) and scores
    such rows (n,).

    It is copied for each series, and may also have `predict`, −1 on the rows that it reports.
    """

    def fit(self, X: Float64Array, /) -> object:
        """Learn from the normal rows, or from all rows where none are known to be normal."""

    def score_samples(self, X: Float64Array, /) -> Float64Array:
        """One score a row, high = normal, as in scikit-learn."""


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
    detector: str | Detector = SPECTRAL,
    n_jobs: int = 1,
    on_done: Callable[[int, int, str], None] | None = None,
) -> Benchmark:
    """Score every labelled CSV file of a folder, and compare the scores with its labels.

    The first N rows are learned from where the file's name has _tr_N_, else, and everywhere where
    not `use_normal`, the recording itself; nothing else is told, and alarms are those of the
    detector's own threshold. `detector` is "spectral", that is `spectra.detect`, or a `Detector` of
    one's own, itself or as "module:Class". `n_jobs` processes work side by side (−1: one a core),
    and their number changes nothing but the seconds. `on_done` is called with how many files are
    done, how many there are, and the name of the last. A file that cannot be used is listed in
    `failed`. Raises DataError for a folder without a labelled file, ValueError for an unknown
    detector.
    """
    paths = _csv_files(Path(folder))
    if isinstance(detector, str):
        load_detector(detector)
    # Each process loads a detector by its name, for it may not find the module that pickle would
    # name.
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


def load_detector(name: str, here: str | None = None) -> Detector | None:
    """The detector of that name, None for spectra's own; raises ValueError where there is none.

    "module:Class" is one made without arguments from a module that can be imported, the folder
    `here`, by default the working one, included.
    """
    if name == SPECTRAL:
        return None
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute.isidentifier()):
        raise ValueError(
            f"There is no detector '{name}': give {SPECTRAL}, or module:Class for one of your own."
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
    path: Path, use_normal: bool, detector: str | Detector, here: str
) -> dict[str, Any] | str | None:
    """The row of a file, the reason why it has none, or None where it has no labels."""
    try:
        # Sums in another order, as more threads make them, differ in their last digits.
        with threadpool_limits(limits=1):
            one = load_detector(detector, here) if isinstance(detector, str) else detector
            return _row(path, use_normal, one)
    except DataError as error:
        return str(error) if path.name in str(error) else f"{path.name}: {error}"


def _row(path: Path, use_normal: bool, detector: Detector | None) -> dict[str, Any] | None:
    """What is said of one file; raises DataError where it cannot be used."""
    recording = read(path, name=path.name)
    if recording.labels is None:
        wrong = [note for note in recording.notes if OTHER_LABELS in note]
        # One of fractions may be a measurement, but where labels are looked for it is worth a word.
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
        found = (
            _detect(recording, prefix) if detector is None else _by_own(detector, recording, prefix)
        )
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
    """Scores (n,), high = anomalous, alarms (n,) where there are any, and the frame length where
    there is one.
    """

    scores: Float64Array
    alarms: BoolArray | None
    nperseg: int | None


def _detect(recording: Recording, prefix: int) -> _Found:
    """What spectra finds."""
    result = detect(recording, normal_rows=(0, prefix) if prefix else None)
    table = result.scores
    return _Found(table["anomaly_score"].to_numpy(), table["alarm"].to_numpy() == 1, result.nperseg)


def _by_own(detector: Detector, recording: Recording, prefix: int) -> _Found:
    """What a detector of the user's finds."""
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
