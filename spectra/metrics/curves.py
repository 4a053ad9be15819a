"""Agreement of scores with known anomalies, over all thresholds.

`labels` (n,) are 1 on anomalous rows and 0 on others, and `scores` (n,) are higher for more
anomalous rows. Rows that reach a threshold are reported. An event is a run of rows labelled 1.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.errors import DataError
from spectra.metrics import vus
from spectra.metrics.labels import numbers, runs, with_scores
from spectra.parameters import require_integer

# Largest share of normal rows that the best threshold for events may report. Without a limit the
# best threshold reports every row: one alarm, which finds every event.
MAX_FALSE_SHARE: Final = 0.1
# Buffer that a series of any number of rows may have: the default without a period is 125.
BUFFER_OF_FEW_ROWS: Final = 1000


class Best(NamedTuple):
    """Largest F1 over all thresholds, and its highest threshold; chosen with the labels.

    Attributes
    ----------
    f1 : float
        From 0 (worst) to 1 (best); 0 if no threshold finds an anomaly.
    threshold : float
        Rows with this score or a higher one are reported; infinity if no threshold finds an
        anomaly.
    """

    f1: float
    threshold: float


class Volumes(NamedTuple):
    """Volumes under the range-based precision–recall and ROC surfaces.

    Attributes
    ----------
    pr : float
        VUS-PR, from 0 (worst) to 1 (best).
    roc : float
        VUS-ROC, from 0 (worst) to 1 (best); NaN if all rows are anomalous.
    """

    pr: float
    roc: float


def vus_pr(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """Return VUS-PR, the volume under the range-based precision–recall surface.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.
    buffer : int
        Longest buffer in rows.

    Returns
    -------
    float
        From 0 (worst) to 1 (best).

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.
    ValueError
        If the buffer is negative.

    See Also
    --------
    volumes : Both volumes, with the definition.

    Examples
    --------
    >>> vus_pr([0, 0, 1, 1, 0, 0], [0.1, 0.2, 0.9, 0.8, 0.3, 0.1], buffer=0)
    1.0
    """
    return volumes(labels, scores, buffer).pr


def vus_roc(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """Return VUS-ROC, the volume under the range-based ROC surface.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.
    buffer : int
        Longest buffer in rows.

    Returns
    -------
    float
        From 0 (worst) to 1 (best); NaN if all rows are anomalous.

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.
    ValueError
        If the buffer is negative.

    See Also
    --------
    volumes : Both volumes, with the definition.

    Examples
    --------
    >>> vus_roc([0, 0, 1, 1, 0, 0], [0.1, 0.2, 0.9, 0.8, 0.3, 0.1], buffer=0)
    1.0
    """
    return volumes(labels, scores, buffer).roc


def volumes(labels: ArrayLike, scores: ArrayLike, buffer: int) -> Volumes:
    """Return VUS-PR and VUS-ROC, the volumes under the range-based surfaces.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.
    buffer : int
        Longest buffer in rows. A volume is the mean area under the curves of the buffers
        0 … `buffer`.

    Returns
    -------
    Volumes
        VUS-PR and VUS-ROC, exact; the second is NaN if all rows are anomalous.

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.
    ValueError
        If the buffer is negative.

    Notes
    -----
    The formulas are those of `spectra.metrics.vus`.

    References
    ----------
    Paparrizos et al. 2022, "Volume Under the Surface: A New Accuracy Evaluation Measure for
    Time-Series Anomaly Detection", Proc. VLDB Endowment 15, 2774.

    Examples
    --------
    >>> pr, roc = volumes([0, 0, 1, 1, 0, 0], [0.1, 0.2, 0.9, 0.8, 0.3, 0.1], buffer=0)
    >>> pr, roc
    (1.0, 1.0)
    """
    truth, values = with_scores(labels, scores)
    require_integer("buffer", buffer, 0, max(truth.size, BUFFER_OF_FEW_ROWS))
    return Volumes(*vus.volumes(truth, values, runs(truth), int(buffer)))


def vus_buffer(signal: ArrayLike) -> int:
    """Return the buffer that TSB-AD uses for a series, its dominant period in rows.

    Parameters
    ----------
    signal : array_like, shape (n,)
        One channel.

    Returns
    -------
    int
        Rows; 125 for a series without a period.

    Raises
    ------
    DataError
        If the series has another shape or no rows.

    Notes
    -----
    The rule is that of `spectra.metrics.vus.dominant_lag`.

    References
    ----------
    Liu & Paparrizos 2024, "The Elephant in the Room: Towards A Reliable Time-Series Anomaly
    Detection Benchmark", Advances in Neural Information Processing Systems 37.

    Examples
    --------
    >>> vus_buffer(np.sin(2 * np.pi * np.arange(1000) / 50))
    50
    """
    series = numbers("signal", signal)
    if series.ndim != 1 or series.size == 0:
        raise DataError(
            f"The signal must have the shape (rows,), not {series.shape}: give one channel."
        )
    return vus.dominant_lag(series)


def auc_pr(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the precision–recall curve of the rows, the average precision.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.

    Returns
    -------
    float
        From 0 (worst) to 1 (best). Random scores reach the share of anomalous rows.

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.

    Notes
    -----
    The area is Σ_j (r_j − r_{j−1}) p_j, with recall r_j and precision p_j at the j-th threshold
    from above.

    Examples
    --------
    >>> round(auc_pr([0, 1, 0, 1], [0.1, 0.9, 0.8, 0.7]), 4)
    0.8333
    """
    TP, N, _ = _curve(*with_scores(labels, scores))
    return float((np.diff(TP, prepend=0) * TP / N).sum() / TP[-1])


def auc_roc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve of the rows.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.

    Returns
    -------
    float
        The probability that an anomalous row has a higher score than a normal one: 1 is best, ½ is
        random. NaN if all rows are anomalous.

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.

    Examples
    --------
    >>> auc_roc([0, 1, 0, 1], [0.1, 0.9, 0.8, 0.7])
    0.75
    """
    TP, N, _ = _curve(*with_scores(labels, scores))
    FP = N - TP
    if FP[-1] == 0:
        return np.nan
    return float(np.trapezoid(np.append(0, TP / TP[-1]), np.append(0, FP / FP[-1])))


def best_standard(labels: ArrayLike, scores: ArrayLike) -> Best:
    """Return the best F1 of rows over all thresholds.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.

    Returns
    -------
    Best
        An upper bound of the F1 that a threshold chosen without labels can reach.

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.

    Examples
    --------
    >>> best_standard([0, 1, 0, 1], [0.1, 0.9, 0.8, 0.7])
    Best(f1=0.8, threshold=0.7)
    """
    TP, N, thresholds = _curve(*with_scores(labels, scores))
    return _best(2 * TP / (N + TP[-1]), thresholds)


def best_event_based(labels: ArrayLike, scores: ArrayLike) -> Best:
    """Return the best F1 of events over the thresholds that report few normal rows.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous.

    Returns
    -------
    Best
        Over the thresholds that at most a tenth of the normal rows reach.

    Raises
    ------
    DataError
        If labels and scores do not fit together or hold no anomaly.

    See Also
    --------
    event_based : Precision and recall of events.

    Notes
    -----
    The result is exact and takes O(n log n). At a threshold t, an alarm begins at each row that
    reaches t while the row before does not. An alarm that overlaps an event corresponds to each
    anomalous row that reaches t while some row since the anomalous row before does not.

    Examples
    --------
    >>> labels = np.repeat([0, 1, 0], [20, 2, 18])
    >>> scores = np.where(np.arange(40) == 21, 0.9, 0.1)
    >>> best_event_based(labels, scores)
    Best(f1=1.0, threshold=0.9)
    """
    truth, values = with_scores(labels, scores)
    thresholds = np.unique(values)[::-1]

    def reached(levels: Float64Array) -> IntArray:
        return levels.size - np.searchsorted(np.sort(levels), thresholds)

    rows = np.flatnonzero(truth)
    first, last = runs(truth)
    valleys = np.minimum.reduceat(values, rows)[:-1]
    alarms = reached(values) - reached(np.minimum(values[1:], values[:-1]))
    correct = reached(values[rows]) - reached(np.minimum(valleys, values[rows[1:]]))
    detected = reached(
        np.maximum.reduceat(np.append(values, -np.inf), np.column_stack([first, last + 1]).ravel())[
            ::2
        ]
    )
    precision, recall = correct / alarms, detected / first.size
    usable = (detected > 0) & (reached(values[~truth]) <= MAX_FALSE_SHARE * (~truth).sum())
    f1 = np.divide(
        2 * precision * recall, precision + recall, out=np.zeros(usable.size), where=usable
    )
    return _best(f1, thresholds)


def _best(f1: Float64Array, thresholds: Float64Array) -> Best:
    best = int(np.argmax(f1))
    return Best(float(f1[best]), float(thresholds[best])) if f1[best] > 0 else Best(0.0, np.inf)


def _curve(truth: BoolArray, values: Float64Array) -> tuple[IntArray, IntArray, Float64Array]:
    """Return, for each distinct score, the anomalous rows and all rows that reach it.

    Also returns these scores; the highest is the first.
    """
    order = np.argsort(-values, kind="stable")
    descending = values[order]
    ends = np.append(np.flatnonzero(descending[1:] != descending[:-1]), truth.size - 1)
    return np.cumsum(truth[order])[ends], ends + 1, descending[ends]
