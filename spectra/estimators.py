"""Detectors with the methods and signs of scikit-learn: rows are instants, columns channels."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.errors import DataError
from spectra.model import Method
from spectra.row_detector import RowDetector
from spectra.sequence.forecast import Forecast
from spectra.sequence.model import SequenceModel
from spectra.sequence.settings import FRAMES_AT_LEAST, SHORTEST, Sequence
from spectra.signal.views import View
from spectra.spectral.settings import LENGTHS, Spectral

# Rows below which the shortest default frame does not have five others to be compared with.
MIN_ROWS = 5 * LENGTHS[0]
# Rows below which too few of the shortest default frames have a past.
MIN_ROWS_OF_SEQUENCE = FRAMES_AT_LEAST * SHORTEST


class SpectralDetector(RowDetector):
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
        "aligned", "shape", "level", "residual" or "spectrogram". By default magnitudes with and
        without the level, phases and spectrograms around the period, single rows, and of several
        channels the residual.
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


class SequenceDetector(RowDetector):
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
