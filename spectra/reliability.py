"""The false-alarm rate that is got beside the one that is asked for, on normal data left out."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from spectra.arrays import Float64Array
from spectra.datasets.reading import Data, as_recording
from spectra.datasets.recording import Recording
from spectra.errors import DataError
from spectra.goodness import Reliability
from spectra.model import Method
from spectra.pipeline import MethodName, learn, score

# False-alarm probabilities that are compared.
ALPHAS: Final = (0.1, 0.01, 0.001)
# Blocks that are left out in turn: each is judged by four fifths of the data.
FOLDS: Final = 5
# Probability that the interval holds the rate.
CONFIDENCE: Final = 0.95


def check_calibration(
    normal: Data, *, method: Method | MethodName = "spectral", fs: float | None = None
) -> Reliability:
    """Compare the false-alarm rate with alpha on normal data that was left out of the learning.

    Parameters
    ----------
    normal : str, path, array, data frame, series or Recording
        Normal data alone.
    method : Spectral, Sequence, "spectral" or "sequence"
        See `learn`.
    fs : float, optional
        Sampling rate in Hz of data without time.

    Returns
    -------
    Reliability

    Raises
    ------
    DataError
        For data that cannot be read, or too short to leave a fifth of it out.

    Notes
    -----
    The data is cut into five blocks. Each is scored by a model of the others (block
    cross-validation), so that what is judged comes from another time than what was learned. The
    interval is that of Clopper and Pearson for the number of independent scores.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26, 404. Roberts et al. (2017), Ecography 40, 913.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> found = spectra.check_calibration(np.random.default_rng(0).normal(size=20_000))
    >>> list(found.rates["asked"])
    [0.1, 0.01, 0.001]
    """
    recording = as_recording(normal, fs)
    edges = np.linspace(0, recording.n_samples, FOLDS + 1).astype(int)
    p_values, independent = [], []
    for start, stop in pairwise(edges.tolist()):
        try:
            model = learn(_without(recording, start, stop), method=method)
            found = score(model, _part(recording, start, stop))
        except DataError as error:
            raise DataError(
                f"{recording.name} is too short to leave a fifth of it out ({error}): give longer "
                "normal data."
            ) from None
        p = found.step_scores.p_value
        p_values.append(p[np.isfinite(p)])
        calibration = found.fusion.calibration
        independent.append(calibration.n_independent / calibration.n)
    p = np.concatenate(p_values)
    n_independent = max(p.size * float(np.mean(independent)), 1.0)
    got = np.array([float(np.mean(p < alpha)) for alpha in ALPHAS])
    low, high = _interval(got, n_independent)
    rates = pd.DataFrame({"asked": ALPHAS, "got": got, "low": low, "high": high})
    return Reliability(recording.name, rates, p.size, n_independent, 1.0 / n_independent)


def _without(recording: Recording, start: int, stop: int) -> Recording:
    """Return a recording with a gap in place of a block."""
    values = recording.values.copy()
    values[start:stop] = np.nan
    return replace(recording, values=values)


def _part(recording: Recording, start: int, stop: int) -> Recording:
    """Return a block of a recording."""
    return replace(
        recording,
        values=recording.values[start:stop],
        index=recording.index[start:stop],
        labels=None,
        interpolated=recording.interpolated[start:stop],
        positions=None,
    )


def _interval(share: Float64Array, n: float) -> tuple[Float64Array, Float64Array]:
    """Return the interval of Clopper and Pearson of shares of n independent values."""
    hits, tail = share * n, (1 - CONFIDENCE) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-9), n - hits + 1, tail), 0.0)
        high = np.where(hits < n, betaincinv(hits + 1, np.maximum(n - hits, 1e-9), 1 - tail), 1.0)
    return low, high
