"""Detectors with the methods and signs of scikit-learn: rows are instants, columns channels."""

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
from spectra.sequence.forecast import Forecast
from spectra.sequence.model import SequenceModel
from spectra.sequence.settings import FRAMES_AT_LEAST, SHORTEST, Sequence
from spectra.signal.views import View
from spectra.spectral.settings import LENGTHS, Spectral

# Rows below which the shortest default frame does not have five others to be compared with.
MIN_ROWS = 5 * LENGTHS[0]
# Rows below which too few of the shortest default frames have a past.
MIN_ROWS_OF_SEQUENCE = FRAMES_AT_LEAST * SHORTEST
# Rows below which the tail of normal scores is unknown.
FEW_ROWS = 1000
# Largest difference between two computations of one score.
ROUNDING = 1e-9

# One value a row. (pandas' classes take no type argument at run time.)
Rows: TypeAlias = Union[Float64Array, "pd.Series[float]"]


class _Detector(OutlierMixin, BaseEstimator):
    """Fit, scores, signs and alarms of both detectors; each adds its parameters and its method."""

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
        """Return −1 for anomalous rows and +1 for all others.

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
        return (
            pd.Series(values, index=data.index, name=column)
            if isinstance(data, pd.DataFrame)
            else values
        )

    def _detection(self, recording: Recording) -> Detection:
        """Return what is in a recording.

        In the one that was fitted, frames are not compared with themselves.
        """
        assert self.learned_ is not None
        if self._own is not None and _fingerprint(recording) == self._fitted:
            return replace(self._own, recording=recording)
        return score(self.learned_, recording, alpha=self.alpha)

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


class SpectralDetector(_Detector):
    """Detector of rows whose frames have an unusual spectrum.

    X is (n_samples, n_channels): rows are instants in order of time, at equal steps, columns are
    channels; NaN stands for missing values. `fit` learns what is normal from X, of which most must
    be normal. An array gives arrays, a data frame gives series on its index, and a time in its
    index or in a column is used as `spectra.detect` uses it.

    score_samples, decision_function and predict have the signs of scikit-learn: high, positive and
    +1 is normal. anomaly_score (z, high = anomalous), p_value (low = anomalous) and alarms have
    those of the rest of spectra. Rows in gaps have no score, NaN, and are predicted +1.

    Frames of the data that was fitted are not compared with themselves nor with frames that
    overlap them. So `fit(X).predict(X)` equals `fit_predict(X)`, and has the false-alarm rate that
    other data have.

    Parameters
    ----------
    nperseg : int, optional
        Samples in a frame; by default 16, 64, 128, 256 and 512 side by side. Fewer than 80 rows are
        too short
        for a default: every row is NaN.
    alpha : float
        False-alarm probability: a row is predicted −1 where its p-value is below it. Fewer than
        1,000 rows do not show how unusual normal rows get: of so few the most unusual is predicted
        −1 at least, and so is in other data what is as unusual.
    k : float, optional
        Number of nearest normal spectra a frame is compared with, or below 1 their share. By
        default both 5 and a tenth of all, as in `spectra.detect`.
    view : str, optional
        View of the spectra that is compared alone: "magnitude", "magnitude-dc", "complex",
        "aligned", "shape", "level" or "residual". By default magnitudes with and without the level,
        single rows, and of several channels the residual.
    fs : float, optional
        Sampling rate in Hz of data without time; it names frequencies and changes no score.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.

    Attributes
    ----------
    learned_ : Model or None
        The model, for `spectra.score` and `learned_.save(path)`; None where X was too short.
    offset_ : float
        The score_samples below which a row is an anomaly.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str (n_features_in_,)
        Names of the columns of X, where it was a data frame.

    See Also
    --------
    spectra.Spectral : The method, with its formulas.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(4000, 2))
    >>> X[2000:2100, 1] += 2 * np.sin(np.arange(100))
    >>> detector = SpectralDetector().fit(X)
    >>> bool((detector.predict(X)[2010:2080] == -1).all())
    True
    >>> detector.alarms(X).sort_values("score")["channel"].iloc[-1]
    'ch2'
    """

    _min_rows = MIN_ROWS

    def __init__(
        self,
        nperseg: int | None = None,
        alpha: float = 0.001,
        k: float | None = None,
        view: View | None = None,
        fs: float | None = None,
        window: str | tuple[str, float] = "hann",
    ) -> None:
        self.nperseg = nperseg
        self.alpha = alpha
        self.k = k
        self.view = view
        self.fs = fs
        self.window = window

    def _method(self) -> Method:
        return Spectral(self.nperseg, self.k, self.view, self.window)


class SequenceDetector(_Detector):
    """Detector of rows whose spectrum is not the one predicted from the frames before them.

    `SpectralDetector` compares a frame with all normal frames, this detector with those that
    normally follow such a past. It finds a step that is skipped, two phases that swapped places, a
    beat that comes early. X, the methods, their signs and results are those of `SpectralDetector`.
    The signal must repeat an order, and frames must be much shorter than that order.

    Parameters
    ----------
    nperseg : int, optional
        Samples in a frame; by default 16, 32 and 64 side by side, and 128 and 256 where the
        dominant period is eight times as long. A frame is predicted from the 4 and the 16 frames
        before it. Fewer than 160 rows are too short for a default: every row is NaN.
    alpha : float
        False-alarm probability, as in `SpectralDetector`.
    epochs : int
        Largest number of training passes of a Transformer that predicts hidden frames from those
        before them. By default 0: attention from a frame's past to the pasts of normal frames,
        which needs no training.
    view : str, optional
        View of the spectra, as in `SpectralDetector`; by default magnitudes without and with the
        level.
    fs : float, optional
        Sampling rate in Hz of data without time; it names frequencies and changes no score.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.

    Attributes
    ----------
    learned_, offset_, n_features_in_, feature_names_in_
        Those of `SpectralDetector`.

    See Also
    --------
    spectra.Sequence : The method, with its formulas.

    Examples
    --------
    >>> from spectra.datasets.generators import order_anomalies
    >>> recording = order_anomalies(np.random.default_rng(0))
    >>> out_of_order = recording.labels == 1
    >>> found = SequenceDetector().fit(recording.values).predict(recording.values) == -1
    >>> bool(found[out_of_order].mean() > 0.8), bool(found[~out_of_order].mean() < 0.02)
    (True, True)
    """

    _min_rows = MIN_ROWS_OF_SEQUENCE

    def __init__(
        self,
        nperseg: int | None = None,
        alpha: float = 0.001,
        epochs: int = 0,
        view: View | None = None,
        fs: float | None = None,
        window: str | tuple[str, float] = "hann",
    ) -> None:
        self.nperseg = nperseg
        self.alpha = alpha
        self.epochs = epochs
        self.view = view
        self.fs = fs
        self.window = window

    def _method(self) -> Method:
        return Sequence(self.nperseg, self.view, self.window, self.epochs)

    def forecast(
        self, X: ArrayLike | pd.DataFrame, n_frames: int, rng: np.random.Generator | None = None
    ) -> Forecast:
        """Return the frames that follow X, the likeliest or drawn by their probability.

        Parameters
        ----------
        X : array_like or pandas.DataFrame, shape (n_samples, n_channels)
        n_frames : int
            Number of frames; each begins where the one before it ends.
        rng : numpy.random.Generator, optional
            Draws tokens by their probability; by default the likeliest are taken.

        Returns
        -------
        Forecast

        Raises
        ------
        DataError
            If X ends in a gap or has fewer frames than the near past, or the detector was fitted on
            too few rows.
        ValueError
            For n_frames below 1.
        """
        data = self._checked(X, reset=False)
        if self.learned_ is None or not isinstance(self.learned_.fitted, SequenceModel):
            raise DataError(
                f"The detector was fitted on fewer than {MIN_ROWS_OF_SEQUENCE} rows: fit on more "
                "or give nperseg."
            )
        return self.learned_.fitted.forecast(self._recording(data, fit=False).values, n_frames, rng)


def _fingerprint(recording: Recording) -> bytes:
    """Return a hash of the values of a recording."""
    values = np.ascontiguousarray(recording.values)
    return blake2b(values.view(np.uint8).data, key=repr(values.shape).encode()).digest()
