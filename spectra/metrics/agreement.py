"""Agreement of alarms with known anomalies.

`labels` (n,) are 1 on anomalous rows and 0 on others, and `alarms` (n,) are 1, or True, on reported
rows. An event is a run of rows labelled 1, an alarm a run of reported rows. Without alarms the
precision is 0.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, Pairs
from spectra.metrics.affiliation import precision_recall
from spectra.metrics.labels import runs, with_alarms
from spectra.parameters import FASTEST, SLOWEST, require


class Agreement(NamedTuple):
    """Precision and recall of alarms.

    Attributes
    ----------
    precision : float
        Correct share of the alarms, from 0 (worst) to 1 (best).
    recall : float
        Reported share of the anomalies, from 0 (worst) to 1 (best).
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


def standard(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return precision and recall of rows.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    Agreement
        Precision is 0 without alarms.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    Examples
    --------
    >>> standard([0, 1, 1, 0], [0, 0, 1, 1])
    Agreement(precision=0.5, recall=0.5)
    """
    truth, alarm = with_alarms(labels, alarms)
    return _rows_agreement(truth, alarm)


def point_adjusted(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return precision and recall of rows if an event with any alarm counts as fully reported.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    Agreement

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    Notes
    -----
    This is for comparison with papers that give nothing else: with long events even noise reaches
    high values.

    References
    ----------
    Kim et al. 2022, "Towards a Rigorous Evaluation of Time-Series Anomaly Detection", Proc. AAAI
    Conference on Artificial Intelligence 36, 7194.

    Examples
    --------
    >>> point_adjusted([0, 1, 1, 1], [0, 0, 1, 0])
    Agreement(precision=1.0, recall=1.0)
    """
    truth, alarm = with_alarms(labels, alarms)
    first, last = runs(truth)
    adjusted = alarm.copy()
    adjusted[truth] |= np.repeat(_overlapping((first, last), alarm), last - first + 1)
    return _rows_agreement(truth, adjusted)


def event_based(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return the share of alarms that overlap an event, and that of events with an alarm.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    Agreement
        Precision is a share of the alarms, recall a share of the events.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    Examples
    --------
    >>> event_based([0, 1, 1, 0, 0, 1], [0, 0, 1, 0, 1, 0])
    Agreement(precision=0.5, recall=0.5)
    """
    truth, alarm = with_alarms(labels, alarms)
    correct, detected = _overlapping(runs(alarm), truth), _overlapping(runs(truth), alarm)
    return Agreement(float(correct.mean()) if correct.size else 0.0, float(detected.mean()))


def composite(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return precision of rows with recall of events, the "event-based F1" of TSB-AD.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    Agreement

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    References
    ----------
    Garg et al. 2022, "An Evaluation of Anomaly Detection and Diagnosis in Multivariate Time
    Series", IEEE Trans. Neural Networks and Learning Systems 33, 2508.

    Examples
    --------
    >>> composite([0, 1, 1, 0], [0, 0, 1, 1])
    Agreement(precision=0.5, recall=1.0)
    """
    return Agreement(standard(labels, alarms).precision, event_based(labels, alarms).recall)


def range_based(labels: ArrayLike, alarms: ArrayLike, existence: float = 0.2) -> Agreement:
    """Return range-based precision and recall, with flat bias and reciprocal cardinality.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.
    existence : float
        Reward, from 0 to 1, of an event with any alarm; 0.2 is the default of TSB-AD.

    Returns
    -------
    Agreement
        The recall of an event is `existence` if it has an alarm, plus 1 − `existence` times the
        share of its rows that is reported, divided by the number of its alarms. The precision of an
        alarm is the share of its rows that is anomalous, divided by the number of its events. Both
        are averaged.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.
    ValueError
        If `existence` is outside 0 … 1.

    References
    ----------
    Tatbul et al. 2018, "Precision and Recall for Time Series", Advances in Neural Information
    Processing Systems 31.

    Examples
    --------
    >>> range_based([0, 1, 1, 0], [0, 0, 1, 1], existence=0.5)
    Agreement(precision=0.5, recall=0.75)
    """
    require("existence", existence, Real, "must lie in 0 … 1", lambda share: 0 <= share <= 1)
    truth, alarm = with_alarms(labels, alarms)
    covered, detected = _overlap(truth, alarm), _overlapping(runs(truth), alarm)
    precision = float(_overlap(alarm, truth).mean()) if alarm.any() else 0.0
    return Agreement(precision, float((existence * detected + (1 - existence) * covered).mean()))


def affiliation(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return affiliation precision and recall, by distance of alarms from events.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    Agreement
        Distances are compared with those of random alarms, which reach about ½; 1 is best.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    Notes
    -----
    The formulas are those of `spectra.metrics.affiliation`.

    References
    ----------
    Huet, Navarro & Rossi 2022, "Local Evaluation of Time Series Anomaly Detection Algorithms",
    Proc. 28th ACM SIGKDD Conference on Knowledge Discovery and Data Mining, 635.

    Examples
    --------
    >>> affiliation([0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0])
    Agreement(precision=1.0, recall=1.0)
    """
    truth, alarm = with_alarms(labels, alarms)
    return Agreement(*precision_recall(runs(truth), runs(alarm), truth.size))


def false_alarms_per_hour(labels: ArrayLike, alarms: ArrayLike, fs: float) -> float:
    """Return the number of alarms without an event per hour of recording.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.
    ValueError
        Unless fs is above 0.

    Examples
    --------
    >>> false_alarms_per_hour([0, 1, 0, 0], [1, 0, 0, 0], fs=1 / 900)
    1.0
    """
    must = "must be a number of Hz above 0"
    require("fs", fs, Real, must, lambda rate: SLOWEST <= rate <= FASTEST)
    truth, alarm = with_alarms(labels, alarms)
    correct = _overlapping(runs(alarm), truth)
    return float((~correct).sum() / (truth.size / fs / 3600))


def false_alarm_share(labels: ArrayLike, alarms: ArrayLike) -> float:
    """Return the share of normal rows that is reported.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    float
        From 0 (best) to 1 (worst); 0 if no row is normal.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    Examples
    --------
    >>> false_alarm_share([0, 0, 1, 0, 0], [1, 0, 1, 0, 0])
    0.25
    """
    truth, alarm = with_alarms(labels, alarms)
    return float(alarm[~truth].mean()) if not truth.all() else 0.0


def detection_delay(labels: ArrayLike, alarms: ArrayLike) -> float:
    """Return the mean number of rows from the start of an event to its first reported row.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    alarms : array_like, shape (n,)
        1 on reported rows, else 0.

    Returns
    -------
    float
        Rows, over the detected events; NaN if there is none. The delay is 0 if an alarm began
        before the event and continues into it.

    Raises
    ------
    DataError
        If labels and alarms do not fit together or hold no anomaly.

    Examples
    --------
    >>> detection_delay([0, 1, 1, 1, 0], [0, 0, 0, 1, 1])
    2.0
    """
    truth, alarm = with_alarms(labels, alarms)
    first, last = runs(truth)
    reported = np.flatnonzero(alarm)
    first_reported = np.append(reported, truth.size)[np.searchsorted(reported, first)]
    detected = first_reported <= last
    return float((first_reported - first)[detected].mean()) if detected.any() else np.nan


def _rows_agreement(truth: BoolArray, alarm: BoolArray) -> Agreement:
    """Return precision and recall of rows."""
    correct = (truth & alarm).sum()
    precision = float(correct / alarm.sum()) if alarm.any() else 0.0
    return Agreement(precision, float(correct / truth.sum()))


def _overlapping(ranges: Pairs, mask: BoolArray) -> BoolArray:
    """Return True for the ranges (first and last rows) that hold a row of the mask."""
    first, last = ranges
    count = np.append(0, np.cumsum(mask))
    return np.asarray(count[last + 1] > count[first])


def _overlap(ranges: BoolArray, mask: BoolArray) -> Float64Array:
    """Return the overlap reward of each run of `ranges`.

    It is the share of the run's rows that is in the mask, divided by the number of runs of the mask
    that it overlaps.
    """
    first, last = runs(ranges)
    begin, end = runs(mask)
    count = np.append(0, np.cumsum(mask))
    pieces = np.searchsorted(begin, last, side="right") - np.searchsorted(end, first)
    return np.asarray((count[last + 1] - count[first]) / (last - first + 1) / np.maximum(pieces, 1))
