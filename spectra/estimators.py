"""The detector with the methods and signs of scikit-learn: rows are instants, columns are
channels.
"""

from dataclasses import replace
from hashlib import blake2b
from typing import Self, TypeAlias, Union

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from spectra.arrays import Float64Array, IntArray
from spectra.calibration.gaussian import z_from_p
from spectra.datasets.recording import Recording
from spectra.detection import Detection
from spectra.errors import DataError
from spectra.model import Learned
from spectra.pipeline import SEQUENCE, detect, score
from spectra.sequence.model import FRAMES_AT_LEAST, SHORTEST, Forecast, SequenceModel
from spectra.signal import frames
from spectra.signal.views import View

# Fewer rows do not hold the five frames that the shortest default frame length leaves each frame to
# be compared with.
MIN_ROWS = 5 * frames.SHORTEST
# Fewer rows do not hold a past of the shortest default frames for enough of them.
MIN_ROWS_OF_SEQUENCE = FRAMES_AT_LEAST * SHORTEST
# Fewer rows do not show the tail of normal scores.
FEW_ROWS = 1000
# What two computations of one score may differ by.
ROUNDING = 1e-9

# One value a row. (pandas' classes take no type argument at run time.)
Rows: TypeAlias = Union[Float64Array, "pd.Series[float]"]


class SpectralDetector(OutlierMixin, BaseEstimator):
    """Finds the rows of a recording whose spectrum, in the frames around them, is unusual.

    X is (n_samples, n_channels): rows are instants in order of time, at equal steps, columns are
    channels; NaN stands for missing values. `fit` learns what is normal from X, of which most must
    be normal. An array gives arrays, a data frame gives series on its index, and a time in its
    index or in a column is used as `spectra.detect` uses it.

    score_samples, decision_function and predict have the signs of scikit-learn: high, positive and
    +1 is normal. anomaly_score (z, high = anomalous), p_value (low = anomalous) and alarms have
    those of the rest of spectra. Rows in gaps have no score, NaN, and are predicted +1.

    Scores of the very data that was fitted leave each frame's own spectrum, and those overlapping
    it, out of what it is compared with. So `fit(X).predict(X)` is `fit_predict(X)`, and as honest
    as it is on other data.

    Parameters
    ----------
    nperseg : int, optional
        Samples in a frame; by default several, 16 to 256. Fewer than 80 rows are too short for a
        default: a detector fitted on so few scores every row NaN.
    alpha : float
        False-alarm probability: a row is predicted −1 where its p-value is below it. Fewer than
        1,000 rows do not show how unusual normal rows get: of so few the most unusual is predicted
        −1 at least, and so is in other data what is as unusual.
    k : float, optional
        Number of nearest normal spectra a frame is compared with, or below 1 their share. By
        default both 5 and a tenth of all, as in `spectra.detect`.
    view : str, optional
        What of the spectra is compared: "magnitude", "magnitude-dc", "complex", "aligned", "shape",
        "level" or "residual". By default magnitudes with and without the level.
    fs : float, optional
        Sampling rate in Hz of data without time; it names frequencies and changes no score.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.

    Attributes
    ----------
    learned_ : Learned or None
        What was learned, which `spectra.score` takes and `learned_.save(path)` keeps; None where X
        was too short.
    offset_ : float
        The score_samples below which a row is an anomaly.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str (n_features_in_,)
        Names of the columns of X, where it was a data frame.

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

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: ArrayLike | pd.DataFrame, y: object = None) -> Self:
        """Learn what is normal from X (n_samples, n_channels); y is not used.

        Raises ValueError for a parameter out of range and for data that cannot be used.
        """
        if not 0 < self.alpha <= 0.5:
            raise ValueError(f"alpha={self.alpha} must lie above 0 and not above 0.5.")
        recording = self._recording(self._checked(X, reset=True), fit=True)
        self._fitted = _fingerprint(recording)
        self.offset_ = -float(z_from_p(self.alpha))
        self.learned_: Learned | None = None
        self._own: Detection | None = None
        if self.nperseg is not None or recording.n_samples >= self._min_rows:
            self._own = self._detect(recording)
            self.learned_ = self._own.learned
            if recording.rows.size < FEW_ROWS:
                most = float(np.nanmax(self._own.scores["anomaly_score"]))
                self.offset_ = max(self.offset_, -most + ROUNDING * max(1.0, abs(most)))
        return self

    def score_samples(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """Normality of each row, (n_samples,): minus the anomaly score, high = normal."""
        return -self.anomaly_score(X)

    def decision_function(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """`score_samples` less `offset_`, (n_samples,): negative = anomalous."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike | pd.DataFrame) -> "IntArray | pd.Series[int]":
        """+1 for normal rows and rows without a score, −1 for anomalous ones, (n_samples,)."""
        return 1 - 2 * (self.decision_function(X) < 0).astype(np.int64)

    def anomaly_score(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """z of each row, (n_samples,): N(0, 1) for normal rows, high = anomalous, NaN without a
        score.
        """
        return self._scores(X, "anomaly_score")

    def p_value(self, X: ArrayLike | pd.DataFrame) -> Rows:
        """Probability that a normal row is at least as unusual, (n_samples,): low = anomalous, NaN
        without a score.
        """
        return self._scores(X, "p_value")

    def alarms(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """Stretches of frames whose p-value is below alpha, one row an alarm: the table that
        `Detection.alarms` is.

        Raises ValueError where the detector was fitted on too few rows to know what is normal.
        """
        check_is_fitted(self)
        data = self._checked(X, reset=False)
        if self.learned_ is None:
            raise DataError(
                f"The detector was fitted on fewer than {self._min_rows} rows: fit it on more "
                "or give nperseg."
            )
        return self._detection(self._recording(data, fit=False)).alarms

    def _detect(self, recording: Recording) -> Detection:
        """What is in the recording that is learned from."""
        return detect(
            recording,
            alpha=self.alpha,
            nperseg=self.nperseg,
            k=self.k,
            view=self.view,
            window=self.window,
        )

    def _scores(self, X: ArrayLike | pd.DataFrame, column: str) -> Rows:
        """A column of `Detection.scores`; without a model a column of NaN."""
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
        """What is in a recording; where it is the one that was fitted, its own frames are left
        out.
        """
        assert self.learned_ is not None
        if self._own is not None and _fingerprint(recording) == self._fitted:
            return replace(self._own, recording=recording)
        return score(self.learned_, recording, alpha=self.alpha)

    def _checked(
        self, X: ArrayLike | pd.DataFrame, *, reset: bool
    ) -> "Float64Array | pd.DataFrame":
        """X as floats or as the data frame it is; raises ValueError where its columns are not those
        of `fit`.
        """
        if isinstance(X, pd.DataFrame):
            # Text, labels and times among the columns are for Recording to tell apart.
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
        """The recording in data; its channels are those of the fitted data by name or, where it had
        none, by place.
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


class SequenceDetector(SpectralDetector):
    """Finds the rows of a recording whose spectrum is not what the frames before them let expect.

    Where `SpectralDetector` compares a frame with all normal ones, this compares it with what
    normally follows such a past: a step that is skipped, two phases that swapped places, a beat
    that comes early. What X is, the methods, their signs and what they return are those of
    `SpectralDetector`. It needs a signal in which something comes after something else again and
    again, and frames well below the length of that.

    Parameters
    ----------
    nperseg : int, optional
        Samples in a frame; by default the power of two nearest to a sixteenth of the dominant
        period, 16 to 256, or 32 where there is no period. 4 and 16 frames before it are what a
        frame is expected from. Fewer than 160 rows are too short for a default: a detector fitted
        on so few scores every row NaN.
    alpha : float
        False-alarm probability, as in `SpectralDetector`.
    epochs : int
        Above 0 a Transformer is trained too, on at most so many passes, to tell hidden frames from
        those before them. By default there is the training-free limit only: attention from a
        frame's past to the pasts of normal frames.
    view : str, optional
        What of the spectra is compared, as in `SpectralDetector`; by default magnitudes.
    fs : float, optional
        Sampling rate in Hz of data without time; it names frequencies and changes no score.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.

    Attributes
    ----------
    learned_, offset_, n_features_in_, feature_names_in_
        Those of `SpectralDetector`.

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

    def _detect(self, recording: Recording) -> Detection:
        return detect(
            recording,
            alpha=self.alpha,
            nperseg=self.nperseg,
            view=self.view,
            window=self.window,
            method=SEQUENCE,
            epochs=self.epochs,
        )

    def forecast(
        self, X: ArrayLike | pd.DataFrame, n_frames: int, rng: np.random.Generator | None = None
    ) -> Forecast:
        """The spectra of the frames that follow X: the likeliest, or with `rng` drawn by their
        probability.

        Raises DataError where X ends in a gap or has fewer frames than the near past, or the
        detector was fitted on too few rows; ValueError for n_frames below 1.
        """
        data = self._checked(X, reset=False)
        if self.learned_ is None or not isinstance(self.learned_.model, SequenceModel):
            raise DataError(
                f"The detector was fitted on fewer than {MIN_ROWS_OF_SEQUENCE} rows: fit on more "
                "or give nperseg."
            )
        return self.learned_.model.forecast(self._recording(data, fit=False).values, n_frames, rng)


def _fingerprint(recording: Recording) -> bytes:
    """What tells the values of a recording from those of others."""
    values = np.ascontiguousarray(recording.values)
    return blake2b(values.view(np.uint8).data, key=repr(values.shape).encode()).digest()
