"""The detector of what is normal but comes out of order, with the methods and signs of scikit-learn."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from spectra.datasets.recording import Recording
from spectra.detection import SEQUENCE, detect
from spectra.detector import SpectralDetector
from spectra.errors import DataError
from spectra.result import Detection
from spectra.sequence.model import FRAMES_AT_LEAST, SHORTEST, Forecast, SequenceModel
from spectra.views import View

# Fewer rows do not hold a past of the shortest default frames for enough of them.
MIN_ROWS = FRAMES_AT_LEAST * SHORTEST


class SequenceDetector(SpectralDetector):
    """Finds the rows of a recording whose spectrum is not what the frames before them let expect.

    Where `SpectralDetector` compares a frame with all normal ones, this compares it with what normally follows such a
    past: a step that is skipped, two phases that swapped places, a beat that comes early. What X is, the methods, their
    signs and what they return are those of `SpectralDetector`. It needs a signal in which something comes after something
    else again and again, and frames well below the length of that.

    Parameters
    ----------
    nperseg : int, optional
        Samples in a frame; by default the power of two nearest to a sixteenth of the dominant period, 16 to 256, or
        32 where there is no period. 4 and 16 frames before it are what a frame is expected from. Fewer than 160 rows
        are too short for a default: a detector fitted on so few scores every row NaN.
    alpha : float
        False-alarm probability, as in `SpectralDetector`.
    epochs : int
        Above 0 a Transformer is trained too, on at most so many passes, to tell hidden frames from those before them. By
        default there is the training-free limit only: attention from a frame's past to the pasts of normal frames.
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

    _min_rows = MIN_ROWS

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

    def forecast(self, X: ArrayLike | pd.DataFrame, n_frames: int, rng: np.random.Generator | None = None) -> Forecast:
        """The spectra of the frames that follow X: the likeliest, or with `rng` drawn by their probability.

        Raises DataError where X ends in a gap or has fewer frames than the near past, or the detector was fitted on too few
        rows; ValueError for n_frames below 1.
        """
        data = self._checked(X, reset=False)
        if self.learned_ is None or not isinstance(self.learned_.model, SequenceModel):
            raise DataError(f"The detector was fitted on fewer than {MIN_ROWS} rows: fit it on more, or give nperseg.")
        return self.learned_.model.forecast(self._recording(data, fit=False).values, n_frames, rng)
