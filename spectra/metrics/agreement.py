"""Agreement of scores or alarms with known anomalies.

Everywhere `labels` (n,) are 1 on anomalous rows and 0 on others, `scores` (n,) are higher for more
anomalous rows, and `alarms` (n,) are 1, or True, on reported rows. An event is a run of rows
labelled 1. All functions raise DataError for arrays that are not of this form or hold no anomaly.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, IntArray, Pairs
from spectra.errors import DataError
from spectra.metrics import vus
from spectra.metrics.affiliation import precision_recall
from spectra.parameters import FASTEST, SLOWEST, require, require_integer

# Largest share of normal rows that the best threshold for events may report. Without a limit the
# best threshold reports every row: one alarm, which finds every event.
MAX_FALSE_SHARE = 0.1


class Agreement(NamedTuple):
    """Precision, the correct share of alarms, and recall, the reported share of anomalies."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


class Best(NamedTuple):
    """Largest F1 over all thresholds, chosen with the labels, and its highest threshold.

    They are 0 and infinity, a threshold that reports nothing, if no threshold finds an anomaly.
    """

    f1: float
    threshold: float


class Volumes(NamedTuple):
    """Volumes under the precision–recall and the ROC surface, each from 0 (worst) to 1 (best)."""

    pr: float
    roc: float


# Buffer that a series of any number of rows may have: the default without a period is 125.
BUFFER_OF_FEW_ROWS = 1000


def vus_pr(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """Return VUS-PR, the volume under the range-based precision–recall surface: see `volumes`."""
    return volumes(labels, scores, buffer).pr


def vus_roc(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """Return VUS-ROC, the volume under the range-based ROC surface: see `volumes`."""
    return volumes(labels, scores, buffer).roc


def volumes(labels: ArrayLike, scores: ArrayLike, buffer: int) -> Volumes:
    """Return VUS-PR and VUS-ROC, the volumes under the range-based surfaces.

    Parameters
    ----------
    labels, scores : array_like, shape (n,)
        Labels 0 or 1, and scores, higher if more anomalous.
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

    References
    ----------
    Paparrizos et al. 2022, "Volume Under the Surface"; see `spectra.metrics.vus`.
    """
    truth, values = _checked(labels, scores)
    require_integer("buffer", buffer, 0, max(truth.size, BUFFER_OF_FEW_ROWS))
    return Volumes(*vus.volumes(truth, values, runs(truth), int(buffer)))


def vus_buffer(signal: ArrayLike) -> int:
    """Return the buffer that TSB-AD uses for a series (n,), its dominant period in rows.

    The rule is that of `spectra.metrics.vus.dominant_lag`. Raises DataError for another shape.
    """
    series = _numbers("signal", signal)
    if series.ndim != 1 or series.size == 0:
        raise DataError(
            f"The signal must have the shape (rows,), not {series.shape}: give one channel."
        )
    return vus.dominant_lag(series)


def auc_pr(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the precision–recall curve of the rows, Σ (r_j − r_{j−1}) p_j.

    This is the average precision. Random scores reach the share of anomalous rows, perfect ones 1.
    """
    TP, N, _ = _curve(*_checked(labels, scores))
    return float((np.diff(TP, prepend=0) * TP / N).sum() / TP[-1])


def auc_roc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve of the rows; NaN if all rows are anomalous.

    It is the probability that an anomalous row has a higher score than a normal one.
    """
    TP, N, _ = _curve(*_checked(labels, scores))
    FP = N - TP
    if FP[-1] == 0:
        return np.nan
    return float(np.trapezoid(np.append(0, TP / TP[-1]), np.append(0, FP / FP[-1])))


def summary(
    labels: ArrayLike,
    scores: ArrayLike,
    alarms: ArrayLike | None,
    buffer: int,
    fs: float | None = None,
) -> dict[str, float]:
    """Return all metrics of a series by name.

    Parameters
    ----------
    labels, scores : array_like, shape (n,)
        Labels 0 or 1, and scores, higher if more anomalous. A row without a score (NaN) counts as
        the least anomalous.
    alarms : array_like, shape (n,), or None
        Reported rows, 0 or 1; without them the metrics of alarms are left out.
    buffer : int
        Longest buffer of the volumes, in rows.
    fs : float, optional
        Sampling rate in Hz.

    Returns
    -------
    dict
        Of the scores: VUS-PR, VUS-ROC, AUC-PR, AUC-ROC, and oracle_F1 and oracle_event_F1, the best
        F1 of a threshold chosen with the labels. Of the alarms: precision, recall and F1 of rows
        (without a prefix), range_…, affiliation_…, event_…; composite_F1, point_adjusted_F1;
        alarms, their number; false_alarm_share; detection_delay in rows; and false_alarms_per_hour
        if `fs` is given.

    Raises
    ------
    DataError
        If the arrays do not fit together or hold no anomaly.
    """
    values = without_gaps(scores)
    volume = volumes(labels, values, buffer)
    results = {
        "VUS-PR": volume.pr,
        "VUS-ROC": volume.roc,
        "AUC-PR": auc_pr(labels, values),
        "AUC-ROC": auc_roc(labels, values),
    }
    if alarms is not None:
        results |= _alarm_metrics(labels, alarms)
        if fs is not None:
            results["false_alarms_per_hour"] = false_alarms_per_hour(labels, alarms, fs)
    return results | {
        "oracle_F1": best_standard(labels, values).f1,
        "oracle_event_F1": best_event_based(labels, values).f1,
    }


def without_gaps(scores: ArrayLike) -> Float64Array:
    """Return the scores with NaN replaced by the lowest score.

    Raises DataError if all scores are NaN.
    """
    values = _numbers("scores", scores)
    if values.ndim != 1:
        raise DataError(f"The scores must have the shape (rows,), not {values.shape}.")
    if np.isnan(values).all():
        raise DataError("No row has a score.")
    return np.where(np.isnan(values), np.nanmin(values), values)


def _alarm_metrics(labels: ArrayLike, alarms: ArrayLike) -> dict[str, float]:
    """Return the metrics of alarms by name."""
    kinds = {"": standard, "range_": range_based, "affiliation_": affiliation}
    results: dict[str, float] = {}
    for name, agreement in ((name, kind(labels, alarms)) for name, kind in kinds.items()):
        results |= {
            f"{name}precision": agreement.precision,
            f"{name}recall": agreement.recall,
            f"{name}F1": agreement.f1,
        }
    event = event_based(labels, alarms)
    return results | {
        "composite_F1": composite(labels, alarms).f1,
        "point_adjusted_F1": point_adjusted(labels, alarms).f1,
        "alarms": len(runs(_compared(labels, alarms)[1])[0]),
        "event_recall": event.recall,
        "event_precision": event.precision,
        "event_F1": event.f1,
        "false_alarm_share": false_alarm_share(labels, alarms),
        "detection_delay": detection_delay(labels, alarms),
    }


def standard(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return precision and recall of rows; here and below, precision is 0 without alarms."""
    truth, alarm = _compared(labels, alarms)
    return _rows_agreement(truth, alarm)


def point_adjusted(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return precision and recall of rows if an event with any alarm counts as fully reported.

    This is for comparison with papers that give nothing else: with long events even noise reaches
    high values (Kim et al. 2022, "Towards a Rigorous Evaluation of Time-Series Anomaly Detection").
    """
    truth, alarm = _compared(labels, alarms)
    first, last = runs(truth)
    adjusted = alarm.copy()
    adjusted[truth] |= np.repeat(_overlapping((first, last), alarm), last - first + 1)
    return _rows_agreement(truth, adjusted)


def event_based(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return the share of alarms that overlap an event, and that of events with an alarm.

    An alarm is a run of reported rows.
    """
    truth, alarm = _compared(labels, alarms)
    correct, detected = _overlapping(runs(alarm), truth), _overlapping(runs(truth), alarm)
    return Agreement(float(correct.mean()) if correct.size else 0.0, float(detected.mean()))


def composite(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return precision of rows with recall of events, the "event-based F1" of TSB-AD.

    Garg et al. 2022, "An Evaluation of Anomaly Detection and Diagnosis in Multivariate Time
    Series".
    """
    return Agreement(standard(labels, alarms).precision, event_based(labels, alarms).recall)


def range_based(labels: ArrayLike, alarms: ArrayLike, existence: float = 0.2) -> Agreement:
    """Return range-based precision and recall, with flat bias and reciprocal cardinality.

    Parameters
    ----------
    labels, alarms : array_like, shape (n,)
        Labels and reported rows, 0 or 1.
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
    ValueError
        If `existence` is outside 0 … 1.

    References
    ----------
    Tatbul et al. 2018, "Precision and Recall for Time Series".
    """
    require("existence", existence, Real, "must lie in 0 … 1", lambda share: 0 <= share <= 1)
    truth, alarm = _compared(labels, alarms)
    covered, detected = _overlap(truth, alarm), _overlapping(runs(truth), alarm)
    precision = float(_overlap(alarm, truth).mean()) if alarm.any() else 0.0
    return Agreement(precision, float((existence * detected + (1 - existence) * covered).mean()))


def affiliation(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Return affiliation precision and recall, by distance of alarms from events.

    Distances are compared with those of random alarms, so both are between 0 and 1, and random
    alarms reach about ½: see `spectra.metrics.affiliation`. Huet et al. 2022, "Local Evaluation of
    Time Series Anomaly Detection Algorithms".
    """
    truth, alarm = _compared(labels, alarms)
    return Agreement(*precision_recall(runs(truth), runs(alarm), truth.size))


def false_alarms_per_hour(labels: ArrayLike, alarms: ArrayLike, fs: float) -> float:
    """Return the alarms without an event per hour of recording, sampled at `fs` Hz.

    Raises ValueError unless fs is above 0.
    """
    must = "must be a number of Hz above 0"
    require("fs", fs, Real, must, lambda rate: SLOWEST <= rate <= FASTEST)
    truth, alarm = _compared(labels, alarms)
    correct = _overlapping(runs(alarm), truth)
    return float((~correct).sum() / (truth.size / fs / 3600))


def false_alarm_share(labels: ArrayLike, alarms: ArrayLike) -> float:
    """Return the share of normal rows that is reported; 0 if no row is normal."""
    truth, alarm = _compared(labels, alarms)
    return float(alarm[~truth].mean()) if not truth.all() else 0.0


def detection_delay(labels: ArrayLike, alarms: ArrayLike) -> float:
    """Return the mean number of rows from the start of an event to its first reported row.

    The mean is over the detected events; NaN if there is none. The delay is 0 if an alarm began
    before the event and continues into it.
    """
    truth, alarm = _compared(labels, alarms)
    first, last = runs(truth)
    reported = np.flatnonzero(alarm)
    first_reported = np.append(reported, truth.size)[np.searchsorted(reported, first)]
    detected = first_reported <= last
    return float((first_reported - first)[detected].mean()) if detected.any() else np.nan


def best_standard(labels: ArrayLike, scores: ArrayLike) -> Best:
    """Return the best F1 of rows over all thresholds; rows that reach one are reported."""
    TP, N, thresholds = _curve(*_checked(labels, scores))
    return _best(2 * TP / (N + TP[-1]), thresholds)


def best_event_based(labels: ArrayLike, scores: ArrayLike) -> Best:
    """Return the best F1 of events over the thresholds that report few normal rows.

    Rows that reach a threshold are reported, and at most a tenth of the normal rows may be. The
    result is exact and takes O(n log n). At a threshold t, an alarm begins at each row that reaches
    t while the row before does not. An alarm that overlaps an event corresponds to each anomalous
    row that reaches t while some row since the anomalous row before does not.
    """
    truth, values = _checked(labels, scores)
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


def runs(mask: BoolArray) -> Pairs:
    """Return the first and last row (inclusive) of each run of True."""
    must = "must be an array of booleans of the shape (rows,)"
    require("mask", mask, np.ndarray, must, lambda array: array.dtype == bool and array.ndim == 1)
    steps = np.diff(mask.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[BoolArray, Float64Array]:
    """Return labels and scores as arrays; raise DataError unless they fit together."""
    truth, values = _truth(labels), _numbers("scores", scores)
    if values.shape != truth.shape:
        raise DataError(
            f"The scores must have one value a label, the shape {truth.shape}, not {values.shape}."
        )
    if np.isnan(values).any():
        raise DataError(
            f"The score of row {int(np.argmax(np.isnan(values)))} is not a number: give every row "
            "a score."
        )
    return truth, values


def _compared(labels: ArrayLike, alarms: ArrayLike) -> tuple[BoolArray, BoolArray]:
    """Return labels and alarms as booleans; raise DataError unless they fit together."""
    truth, alarm = _truth(labels), _numbers("alarms", alarms)
    if alarm.shape != truth.shape or not np.isin(alarm, (0, 1)).all():
        raise DataError(
            f"The alarms must be 0 or 1, one a label: of the shape {truth.shape}, not "
            f"{alarm.shape}."
        )
    return truth, alarm.astype(np.bool_)


def _numbers(name: str, values: ArrayLike) -> Float64Array:
    """Return values as an array of numbers; raise DataError for any other."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"they are of the type {array.dtype}")
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        reason = str(error).rstrip(".")
        raise DataError(f"The {name} must be numbers, one a row: {reason}.") from error


def _truth(labels: ArrayLike) -> BoolArray:
    """Return labels as booleans; raise DataError unless they are 0 or 1 with an anomaly."""
    values = _numbers("labels", labels)
    if values.ndim != 1 or values.size == 0:
        raise DataError(f"The labels must have the shape (rows,), not {values.shape}.")
    wrong = ~np.isin(values, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"The labels must be 0 or 1, and that of row {row} is {values[row]:g}.")
    truth = values.astype(np.bool_)
    if not truth.any():
        raise DataError("The labels hold no anomaly: label at least one row 1.")
    return truth
