"""Evaluation of a detector on a folder of labelled recordings."""

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

from spectra import formatting, metrics
from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.tables.labels import OTHER_LABELS, is_label_name
from spectra.datasets.reading import read
from spectra.datasets.recording import Recording
from spectra.errors import DataError, SeveralSeriesError
from spectra.model import Method
from spectra.pipeline import METHODS, detect
from spectra.text import well_formed
from spectra.threads import one_blas_thread

# Names of TSB-AD's files: 001_NAB_id_1_Facility_tr_1007_1st_2014.csv.
_COLLECTION = re.compile(r"\d+_(.+?)_id_\d+")
_PREFIX = re.compile(r"_tr_(\d+)(?=[_.])")
OTHERS = "other"


class Detector(Protocol):
    """Detector of the user's own.

    It is copied for each series. It may also have a method `predict`, −1 on anomalous rows.
    """

    def fit(self, X: Float64Array, /) -> object:
        """Learn from normal rows.

        Parameters
        ----------
        X : ndarray, shape (n, n_channels)
            The normal rows, or all rows if none are known to be normal.

        Returns
        -------
        object
            Not used.
        """

    def score_samples(self, X: Float64Array, /) -> Float64Array:
        """Return the normality of each row, as in scikit-learn.

        Parameters
        ----------
        X : ndarray, shape (n, n_channels)

        Returns
        -------
        ndarray, shape (n,)
            Low = anomalous.
        """


@dataclass(frozen=True)
class Benchmark:
    """Results of a detector.

    Attributes
    ----------
    results : DataFrame
        One row for each series: `file`, `collection`, `n` (rows), `nperseg`, `seconds` (to learn
        and score, on one core), the metrics of `spectra.metrics.summary`, `buffer` (largest buffer
        of VUS, in rows) and `normal_rows` (rows known to be normal).
    failed : dict
        The reason for each file that could not be used.
    unlabelled : tuple of str
        Files that were left out, as they have no labels.
    """

    results: pd.DataFrame
    failed: dict[str, str]
    unlabelled: tuple[str, ...] = ()

    @property
    def mean(self) -> "pd.Series[float]":
        """Mean of each number over all series."""
        return self.results.mean(numeric_only=True)

    @property
    def by_collection(self) -> pd.DataFrame:
        """Number of `series` and mean of each number, one row for each collection."""
        groups = self.results.groupby("collection")
        means = groups.mean(numeric_only=True)
        means.insert(0, "series", groups.size())
        return means

    @property
    def without_each(self) -> pd.DataFrame:
        """Mean over the series of all other collections, one row for each one left out."""
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
    """Score every labelled CSV file of a folder and compare the scores with its labels.

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
        Number of processes, −1 for one per core. It changes only the seconds.
    on_done : callable, optional
        Called with the number of files done, the number of files, and the name of the last one.

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
    # Each process loads a detector by its name: it may not find the module that pickle names.
    work = (joblib.delayed(_outcome)(path, use_normal, detector, str(Path.cwd())) for path in paths)
    rows, failed, unlabelled = [], {}, []
    for number, outcome in enumerate(
        joblib.Parallel(n_jobs=n_jobs, return_as="generator")(work), start=1
    ):
        name = paths[number - 1].name
        if on_done is not None:
            on_done(number, len(paths), name)
        if isinstance(outcome, str):
            failed[name] = outcome
        elif outcome is None:
            unlabelled.append(name)
        else:
            rows.append(outcome)
    if not rows and not failed:
        raise DataError(
            f"{folder} holds no labelled CSV file: each needs a column 'label' of 0 and 1 "
            f"({formatting.counted(len(paths), 'file')} without one found)."
        )
    if not rows:
        raise DataError(f"No file of {folder} could be used. {' '.join(failed.values())}")
    return Benchmark(pd.DataFrame(rows), failed, tuple(unlabelled))


def load_detector(name: str, here: str | None = None) -> Method | Detector:
    """Return the method or the detector of a name.

    Parameters
    ----------
    name : str
        "spectral", "sequence", or "module:Class" for a detector of your own.
    here : str, optional
        Folder that the module is imported from if it is not installed; by default the working
        folder.

    Returns
    -------
    Spectral, Sequence or Detector
        A class of your own is made without arguments.

    Raises
    ------
    ValueError
        For an unknown name, and for a class that cannot be made or lacks `fit` or `score_samples`.
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
    """Return the CSV files of a folder, sorted by name; raise DataError for none."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give one that holds labelled CSV files.")
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
    """Return the row of a file, the reason for a failure, or None without labels."""
    try:
        # BLAS threads sum in another order, which changes the last digits.
        with one_blas_thread():
            loaded = load_detector(detector, here) if isinstance(detector, str) else detector
            return _row(path, use_normal, loaded)
    except DataError as error:
        return str(error) if path.name in str(error) else f"{path.name}: {error}"


def _row(path: Path, use_normal: bool, detector: Method | Detector) -> dict[str, Any] | None:
    """Return the row of one file; raise DataError where it cannot be used."""
    try:
        recording = read(path, name=path.name)
    except SeveralSeriesError as error:
        raise DataError(f"{error.told}: write a file for each of them.") from error
    if recording.labels is None:
        wrong = [note for note in recording.notes if OTHER_LABELS in note]
        # A column of fractions may be a measurement; here labels are expected, so it is named.
        wrong += [
            f"column '{name}' {OTHER_LABELS}." for name in recording.channels if is_label_name(name)
        ]
        if wrong:
            raise DataError(f"{path.name}: {wrong[0]}")
        return None
    n = recording.n_rows
    prefix = normal_rows_of(path.name, n) if use_normal else 0
    labels = recording.labels[recording.rows]
    if not labels.any():
        raise DataError(f"{path.name} holds no anomaly: it needs a label of 1 in at least one row.")
    buffer = metrics.vus_buffer(recording.values[recording.rows, 0])
    begin = time.perf_counter()
    try:
        if isinstance(detector, Method):
            found = _detect(recording, prefix, detector)
        else:
            found = _by_own(detector, recording, prefix)
    except DataError:
        raise
    except Exception as error:
        # Any error of a detector on one file must not lose the figures of the others.
        raise DataError(
            f"{path.name}: the detector failed ({type(error).__name__}: {error})."
        ) from error
    seconds = time.perf_counter() - begin
    match = _COLLECTION.match(path.name)
    return {
        # pandas holds its texts in Arrow, which takes well-formed ones alone.
        "file": well_formed(path.name),
        "collection": well_formed(match[1]) if match else OTHERS,
        "n": n,
        "nperseg": found.nperseg,
        "seconds": seconds,
        **metrics.summary(labels, found.scores, found.alarms, buffer),
        "buffer": buffer,
        "normal_rows": prefix,
    }


def normal_rows_of(name: str, n: int) -> int:
    """Return the number of normal rows that the name of a file gives.

    Parameters
    ----------
    name : str
        Name of the file, such as 001_NAB_id_1_Facility_tr_1007_1st_2014.csv.
    n : int
        Rows of the file.

    Returns
    -------
    int
        0 where the name gives none.

    Raises
    ------
    DataError
        Where the file has fewer rows.
    """
    match = _PREFIX.search(name)
    rows = int(match[1]) if match else 0
    if rows > n:
        raise DataError(
            f"{name} has {n:,} rows, but its name says that the first {rows:,} are normal: correct "
            "the name, or ignore it with --no-normal."
        )
    return rows


@dataclass(frozen=True)
class _Found:
    """Scores (n,), high = anomalous, and alarms (n,) and frame length if there are any."""

    scores: Float64Array
    alarms: BoolArray | None
    nperseg: int | None


def _detect(recording: Recording, prefix: int, method: Method) -> _Found:
    """Return the scores and alarms of spectra."""
    result = detect(recording, normal_rows=(0, prefix) if prefix else None, method=method)
    table = result.scores
    return _Found(table["anomaly_score"].to_numpy(), table["alarm"].to_numpy() == 1, result.nperseg)


def _by_own(detector: Detector, recording: Recording, prefix: int) -> _Found:
    """Return the scores and alarms of a detector of the user's own."""
    X = recording.values[recording.rows]
    own = copy.deepcopy(detector)
    own.fit(X[: prefix or None])
    scores = -np.asarray(own.score_samples(X), dtype=np.float64)
    if scores.shape != (len(X),):
        raise DataError(
            f"score_samples must return one score per row, shape {(len(X),)}, not {scores.shape}."
        )
    predict = getattr(own, "predict", None)
    alarms = None if predict is None else np.asarray(predict(X)) == -1
    return _Found(scores, alarms, getattr(own, "nperseg", None))
