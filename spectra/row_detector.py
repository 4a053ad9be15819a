"""The part of a detector of scikit-learn that is the same for every method."""

from abc import abstractmethod
from dataclasses import replace
from hashlib import blake2b
from typing import ClassVar, Self, TypeAlias, Union

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from spectra.arrays import Float64Array, IntArray
from spectra.calibration.gaussian import z_from_p
from spectra.datasets.dataframes import pandas_of
from spectra.datasets.recording import Recording
from spectra.detection import Detection
from spectra.errors import DataError
from spectra.model import Method, Model
from spectra.parameters import require_alpha, require_rate
from spectra.pipeline import detect, score

# Rows below which the tail of normal scores is unknown.
FEW_ROWS = 1000
# Largest difference between two computations of one score.
ROUNDING = 1e-9

# One value a row. (pandas' classes take no type argument at run time.)
Rows: TypeAlias = Union[Float64Array, "pd.Series[float]"]


class RowDetector(OutlierMixin, BaseEstimator):
    """Fit, scores, signs and alarms of a detector, which adds its parameters and its method."""

    _min_rows: ClassVar[int]
    alpha: float
    nperseg: int | None
    fs: float | None

    @abstractmethod
    def _method(self) -> Method:
        """Return the method with the detector's parameters."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: ArrayLike | pd.DataFrame, y: object = None) -> Self:
        """Learn what is normal.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)
            Rows in order of time, most of which must be normal; NaN where a value is missing.
        y : object
            Not used; it is there for the pipelines of scikit-learn.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a parameter out of range and for data that cannot be used.
        """
        require_alpha(self.alpha)
        require_rate(self.fs)
        method = self._method()
        recording = self._recording(self._checked(X, reset=True), fit=True)
        self._fitted = _fingerprint(recording)
        self.offset_ = -float(z_from_p(self.alpha))
        self.learned_: Model | None = None
        self._own: Detection | None = None
        if self.nperseg is not None or recording.n_samples >= self._min_rows:
            self._own = detect(recording, alpha=self.alpha, method=method)
            self.learned_ = self._own.model
            if recording.n_rows < FEW_ROWS:
                most = float(np.nanmax(self._own.scores["anomaly_score"]))
                self.offset_ = max(self.offset_, -most + ROUNDING * max(1.0, abs(most)))
        return self

    def score_samples(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """Return the normality of each row, minus its anomaly score.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)

        Returns
        -------
        ndarray or pandas.Series, shape (n_samples,)
            Low = anomalous; NaN for rows without a score.

        Raises
        ------
        ValueError
            For data that cannot be used.
        """
        return -self.anomaly_score(X)

    def decision_function(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """Return `score_samples` less `offset_`.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)

        Returns
        -------
        ndarray or pandas.Series, shape (n_samples,)
            Negative = anomalous; NaN for rows without a score.

        Raises
        ------
        ValueError
            For data that cannot be used.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike | pd.DataFrame) -> "IntArray | pd.Series[int]":
        """Return −1 for rows whose score exceeds the threshold and +1 for all others.

        Frames that reach beyond an event make rows beside it −1 too; `alarms` has its own rows.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)

        Returns
        -------
        ndarray or pandas.Series of int, shape (n_samples,)
            Rows without a score are +1.

        Raises
        ------
        ValueError
            For data that cannot be used.
        """
        return 1 - 2 * (self.decision_function(X) < 0).astype(np.int64)

    def anomaly_score(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """Return the standard score z of each row: N(0, 1) for normal rows.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)

        Returns
        -------
        ndarray or pandas.Series, shape (n_samples,)
            High = anomalous; NaN for rows without a score.

        Raises
        ------
        ValueError
            For data that cannot be used.
        """
        return self._scores(X, "anomaly_score")

    def p_value(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """Return the probability that a normal row scores as high.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)

        Returns
        -------
        ndarray or pandas.Series, shape (n_samples,)
            Low = anomalous; NaN for rows without a score.

        Raises
        ------
        ValueError
            For data that cannot be used.
        """
        return self._scores(X, "p_value")

    def alarms(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """Return the alarms, the table of `Detection.alarms`.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)

        Returns
        -------
        pandas.DataFrame
            One row an alarm, in order of time.

        Raises
        ------
        ValueError
            For data that cannot be used, and if the detector was fitted on too few rows.
        """
        check_is_fitted(self)
        data = self._checked(X, reset=False)
        if self.learned_ is None:
            raise DataError(
                f"The detector was fitted on fewer than {self._min_rows} rows: fit it on more "
                "or give nperseg."
            )
        return self._detection(self._recording(data, fit=False)).alarms

    def _scores(self, X: ArrayLike | pd.DataFrame, column: str) -> Rows:
        """Return a column of `Detection.scores`, NaN without a model."""
        check_is_fitted(self)
        data = self._checked(X, reset=False)
        if self.learned_ is None:
            values = np.full(len(data), np.nan)
        else:
            recording = self._recording(data, fit=False)
            values = self._detection(recording).scores[column].to_numpy()
        return pd.Series(values, index=data.index) if isinstance(data, pd.DataFrame) else values

    def _detection(self, recording: Recording) -> Detection:
        """Return what is in a recording.

        In the one that was fitted, frames are not compared with themselves.
        """
        assert self._own is not None
        if _fingerprint(recording) == self._fitted:
            return replace(self._own, recording=recording)
        return score(self._own.model, recording, alpha=self._own.alpha)

    def _checked(
        self, X: ArrayLike | pd.DataFrame, *, reset: bool
    ) -> "Float64Array | pd.DataFrame":
        """Return X as floats or as the data frame it is.

        Raises ValueError where its columns are not those of `fit`.
        """
        table = pandas_of(X)
        if table is not None:
            X = table if isinstance(table, pd.DataFrame) else table.to_frame()
        if isinstance(X, pd.DataFrame):
            # Recording recognises text, labels and times among the columns.
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        rows = 2 if reset else 1
        values = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=rows,
        )
        return np.asarray(values)

    def _recording(self, data: "Float64Array | pd.DataFrame", *, fit: bool) -> Recording:
        """Return the recording in data.

        Its channels are those of the fitted data by name, or by position where that had none.
        """
        if isinstance(data, pd.DataFrame):
            recording = Recording.from_frame(data, fs=self.fs)
        else:
            recording = Recording.from_array(
                data, fs=self.fs, channels=getattr(self, "feature_names_in_", None)
            )
        learned = None if fit or hasattr(self, "feature_names_in_") else self.learned_
        if learned is None or len(learned.channels) != recording.n_channels:
            return recording
        return replace(recording, channels=learned.channels)


def _fingerprint(recording: Recording) -> bytes:
    """Return a hash of the values of a recording."""
    values = np.ascontiguousarray(recording.values)
    return blake2b(values.view(np.uint8).data, key=repr(values.shape).encode()).digest()
