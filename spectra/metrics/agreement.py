"""How well scores or alarms agree with known anomalies.

Everywhere `labels` (n,) are 1 on the anomalous rows and 0 on the others, `scores` (n,) are higher
where more anomalous, and `alarms` (n,) are 1, or True, on the rows that were reported. An event is
a run of rows labelled 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.errors import DataError
from spectra.metrics import vus
from spectra.metrics.affiliation import precision_recall

# The share of the normal rows that the best threshold for events may report.
MOST_FALSE = 0.1


class Agreement(NamedTuple):
    """Which share of what was reported is right, and which share of what is there was reported."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


class Best(NamedTuple):
    """The largest F1 that any threshold reaches, and the highest such threshold: chosen by the
    labels.

    0 and infinity, a threshold that reports nothing, where no threshold finds anything.
    """

    f1: float
    threshold: float


class Volumes(NamedTuple):
    """Volumes under the precision–recall and the ROC surface, each from 0 (worst) to 1 (best)."""

    pr: float
    roc: float


def vus_pr(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """VUS-PR, the volume under the range-based precision–recall surface: see `volumes`."""
    return volumes(labels, scores, buffer).pr


def vus_roc(labels: ArrayLike, scores: ArrayLike, buffer: int) -> float:
    """VUS-ROC, the volume under the range-based ROC surface: see `volumes`."""
    return volumes(labels, scores, buffer).roc


def volumes(labels: ArrayLike, scores: ArrayLike, buffer: int) -> Volumes:
    """VUS-PR and VUS-ROC: the mean area under the range-based curves over the buffer lengths 0 …
    `buffer`, in rows.

    Exact; the formulas and their sources are in `spectra.metrics.vus`. Raises DataError for labels
    or scores that cannot be used, ValueError for a negative buffer.
    """
    if buffer < 0 or buffer != int(buffer):
        raise ValueError(f"buffer={buffer} must be an integer >= 0.")
    truth, values = _checked(labels, scores)
    return Volumes(*vus.volumes(truth, values, runs(truth), int(buffer)))


def vus_buffer(signal: ArrayLike) -> int:
    """The buffer that TSB-AD uses for a series (n,): its dominant period by autocorrelation, in
    rows.

    The rule is that of `spectra.metrics.vus.dominant_lag`. Raises DataError for what is no series.
    """
    series = np.asarray(signal, dtype=np.float64)
    if series.ndim != 1 or series.size == 0:
        raise DataError(
            f"The series must have the shape (rows,), not {series.shape}: give one channel."
        )
    return vus.dominant_lag(series)


def auc_pr(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the precision–recall curve of the rows, by steps (average precision): Σ (r_j −
    r_{j−1}) p_j.

    From the share of anomalous rows, which scores without meaning have, to 1. Raises DataError for
    what cannot be used.
    """
    TP, N, _ = _curve(*_checked(labels, scores))
    return float((np.diff(TP, prepend=0) * TP / N).sum() / TP[-1])


def auc_roc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve of the rows: the probability that an anomalous row scores higher
    than a normal one.

    NaN where every row is anomalous. Raises DataError for what cannot be used.
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
    """All metrics of a series by their names.

    Of the scores: VUS-PR, VUS-ROC, AUC-PR, AUC-ROC; and oracle_F1 and oracle_event_F1, the best
    that a threshold chosen by the labels reaches. A score of NaN, a row without one, counts as the
    least anomalous. Of the alarms, where there are any to judge: precision, recall and F1 of rows
    (without a prefix), range_…, affiliation_…, event_…; composite_F1, point_adjusted_F1; alarms,
    their number; false_alarm_share; detection_delay in rows; and false_alarms_per_hour where `fs`
    in Hz is known. Raises DataError for what cannot be used.
    """
    values = without_gaps(scores)
    volume = volumes(labels, values, buffer)
    found = {
        "VUS-PR": volume.pr,
        "VUS-ROC": volume.roc,
        "AUC-PR": auc_pr(labels, values),
        "AUC-ROC": auc_roc(labels, values),
    }
    if alarms is not None:
        found |= _of_alarms(labels, alarms)
        if fs is not None:
            found["false_alarms_per_hour"] = false_alarms_per_hour(labels, alarms, fs)
    return found | {
        "oracle_F1": best_standard(labels, values).f1,
        "oracle_event_F1": best_event_based(labels, values).f1,
    }


def without_gaps(scores: ArrayLike) -> Float64Array:
    """The scores, where there is none (NaN) the lowest; raises DataError where there is none at
    all.
    """
    values = np.asarray(scores, dtype=np.float64)
    if np.isnan(values).all():
        raise DataError("No row has a score.")
    return np.where(np.isnan(values), np.nanmin(values), values)


def _of_alarms(labels: ArrayLike, alarms: ArrayLike) -> dict[str, float]:
    """The metrics of alarms by their names."""
    kinds = {"": standard, "range_": range_based, "affiliation_": affiliation}
    found: dict[str, float] = {}
    for name, agreement in ((name, kind(labels, alarms)) for name, kind in kinds.items()):
        found |= {
            f"{name}precision": agreement.precision,
            f"{name}recall": agreement.recall,
            f"{name}F1": agreement.f1,
        }
    event = event_based(labels, alarms)
    return found | {
        "composite_F1": composite(labels, alarms).f1,
        "point_adjusted_F1": point_adjusted(labels, alarms).f1,
        "alarms": len(runs(np.asarray(alarms, dtype=np.bool_))[0]),
        "event_recall": event.recall,
        "event_precision": event.precision,
        "event_F1": event.f1,
        "false_alarm_share": false_alarm_share(labels, alarms),
        "detection_delay": detection_delay(labels, alarms),
    }


def standard(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Precision and recall of rows. Without any alarm precision is 0, here and in all that
    follow.
    """
    truth, alarm = _compared(labels, alarms)
    return _share_right(truth, alarm)


def point_adjusted(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Precision and recall of rows once every event touched by an alarm counts as reported whole.

    For comparison with papers that give nothing else: noise reaches high values where events are
    long (Kim et al. 2022, "Towards a Rigorous Evaluation of Time-Series Anomaly Detection").
    """
    truth, alarm = _compared(labels, alarms)
    first, last = runs(truth)
    adjusted = alarm.copy()
    adjusted[truth] |= np.repeat(_touching(first, last, alarm), last - first + 1)
    return _share_right(truth, adjusted)


def event_based(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Share of the alarms (runs of reported rows) that touch an event, and share of the events that
    an alarm touches.
    """
    truth, alarm = _compared(labels, alarms)
    right, found = _touching(*runs(alarm), truth), _touching(*runs(truth), alarm)
    return Agreement(float(right.mean()) if right.size else 0.0, float(found.mean()))


def composite(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Precision of rows with recall of events: the "event-based F1" of TSB-AD.

    Garg et al. 2022, "An Evaluation of Anomaly Detection and Diagnosis in Multivariate Time
    Series".
    """
    return Agreement(standard(labels, alarms).precision, event_based(labels, alarms).recall)


def range_based(labels: ArrayLike, alarms: ArrayLike, existence: float = 0.2) -> Agreement:
    """Range-based precision and recall, with flat bias and one over the number of overlapping
    ranges as cardinality.

    The recall of an event is `existence` where it is touched at all, and 1 − `existence` times the
    share of its rows that is reported, divided by the number of alarms that report it; the
    precision of an alarm is the share of its rows that is anomalous, divided by the number of
    events there. Tatbul et al. 2018, "Precision and Recall for Time Series"; 0.2 is TSB-AD's.
    Raises ValueError for an existence outside 0 … 1.
    """
    if not 0 <= existence <= 1:
        raise ValueError(f"existence={existence} must lie between 0 and 1.")
    truth, alarm = _compared(labels, alarms)
    covered, found = _overlap(truth, alarm), _touching(*runs(truth), alarm)
    precision = float(_overlap(alarm, truth).mean()) if alarm.any() else 0.0
    return Agreement(precision, float((existence * found + (1 - existence) * covered).mean()))


def affiliation(labels: ArrayLike, alarms: ArrayLike) -> Agreement:
    """Affiliation precision and recall: how near alarms and events lie to one another, against what
    chance would give.

    From 0 to 1, random alarms having about ½: see `spectra.metrics.affiliation`. Huet et al. 2022,
    "Local Evaluation of Time Series Anomaly Detection Algorithms".
    """
    truth, alarm = _compared(labels, alarms)
    return Agreement(*precision_recall(runs(truth), runs(alarm), truth.size))


def false_alarms_per_hour(labels: ArrayLike, alarms: ArrayLike, fs: float) -> float:
    """Alarms that touch no event, by hour of recording sampled at `fs` Hz. Raises ValueError for an
    fs not above 0.
    """
    if not 0 < fs < np.inf:
        raise ValueError(f"fs={fs} must be a number of Hz above 0.")
    truth, alarm = _compared(labels, alarms)
    right = _touching(*runs(alarm), truth)
    return float((~right).sum() / (truth.size / fs / 3600))


def false_alarm_share(labels: ArrayLike, alarms: ArrayLike) -> float:
    """The share of the normal rows that was reported; 0 where no row is normal."""
    truth, alarm = _compared(labels, alarms)
    return float(alarm[~truth].mean()) if not truth.all() else 0.0


def detection_delay(labels: ArrayLike, alarms: ArrayLike) -> float:
    """Rows from the first row of an event to the first of it that is reported, on average over the
    events found.

    An alarm that began before the event and lasts into it has no delay. NaN where no event was
    found.
    """
    truth, alarm = _compared(labels, alarms)
    first, last = runs(truth)
    reported = np.flatnonzero(alarm)
    at = np.append(reported, truth.size)[np.searchsorted(reported, first)]
    found = at <= last
    return float((at - first)[found].mean()) if found.any() else np.nan


def best_standard(labels: ArrayLike, scores: ArrayLike) -> Best:
    """The best F1 of rows over all thresholds; rows that reach the threshold are reported."""
    TP, N, thresholds = _curve(*_checked(labels, scores))
    return _best(2 * TP / (N + TP[-1]), thresholds)


def best_event_based(labels: ArrayLike, scores: ArrayLike) -> Best:
    """The best F1 of events over all thresholds that report at most a tenth of the normal rows,
    exact in O(n log n).

    Rows that reach the threshold are reported; one that reports every row would find every event by
    one alarm. As a threshold t falls, an alarm begins at each row that reaches t while the one
    before does not; an alarm that touches an event at each anomalous row that reaches t while some
    row since the anomalous one before does not.
    """
    truth, values = _checked(labels, scores)
    thresholds = np.unique(values)[::-1]

    def reached(levels: Float64Array) -> IntArray:
        return levels.size - np.searchsorted(np.sort(levels), thresholds)

    rows = np.flatnonzero(truth)
    first, last = runs(truth)
    valleys = np.minimum.reduceat(values, rows)[:-1]
    alarms = reached(values) - reached(np.minimum(values[1:], values[:-1]))
    right = reached(values[rows]) - reached(np.minimum(valleys, values[rows[1:]]))
    found = reached(
        np.maximum.reduceat(np.append(values, -np.inf), np.column_stack([first, last + 1]).ravel())[
            ::2
        ]
    )
    precision, recall = right / alarms, found / first.size
    usable = (found > 0) & (reached(values[~truth]) <= MOST_FALSE * (~truth).sum())
    f1 = np.divide(
        2 * precision * recall, precision + recall, out=np.zeros(usable.size), where=usable
    )
    return _best(f1, thresholds)


def _best(f1: Float64Array, thresholds: Float64Array) -> Best:
    best = int(np.argmax(f1))
    return Best(float(f1[best]), float(thresholds[best])) if f1[best] > 0 else Best(0.0, np.inf)


def _curve(truth: BoolArray, values: Float64Array) -> tuple[IntArray, IntArray, Float64Array]:
    """How many anomalous rows, and how many of all, reach each distinct score, and these scores,
    the highest first.
    """
    order = np.argsort(-values, kind="stable")
    descending = values[order]
    ends = np.append(np.flatnonzero(descending[1:] != descending[:-1]), truth.size - 1)
    return np.cumsum(truth[order])[ends], ends + 1, descending[ends]


def _share_right(truth: BoolArray, alarm: BoolArray) -> Agreement:
    """Precision and recall of rows."""
    right = (truth & alarm).sum()
    return Agreement(float(right / alarm.sum()) if alarm.any() else 0.0, float(right / truth.sum()))


def _touching(first: IntArray, last: IntArray, mask: BoolArray) -> BoolArray:
    """Which of the runs first … last hold a row of the mask."""
    count = np.append(0, np.cumsum(mask))
    return np.asarray(count[last + 1] > count[first])


def _overlap(ranges: BoolArray, mask: BoolArray) -> Float64Array:
    """For each run of `ranges`: the share of its rows that is in the mask, over the number of the
    mask's runs there.
    """
    first, last = runs(ranges)
    begin, end = runs(mask)
    count = np.append(0, np.cumsum(mask))
    pieces = np.searchsorted(begin, last, side="right") - np.searchsorted(end, first)
    return np.asarray((count[last + 1] - count[first]) / (last - first + 1) / np.maximum(pieces, 1))


def runs(mask: BoolArray) -> tuple[IntArray, IntArray]:
    """First and last row (inclusive) of each run of True."""
    steps = np.diff(mask.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[BoolArray, Float64Array]:
    """Labels and scores as arrays; raises DataError for what cannot be compared."""
    truth, values = _truth(labels), np.asarray(scores, dtype=np.float64)
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
    """Labels and alarms as booleans; raises DataError for what cannot be compared."""
    truth, alarm = _truth(labels), np.asarray(alarms)
    if alarm.shape != truth.shape or not np.isin(alarm, (0, 1)).all():
        raise DataError(
            f"The alarms must be 0 or 1, one a label: of the shape {truth.shape}, not "
            f"{alarm.shape}."
        )
    return truth, alarm.astype(np.bool_)


def _truth(labels: ArrayLike) -> BoolArray:
    """Labels as booleans; raises DataError where they are no labels or hold no anomaly."""
    marks = np.asarray(labels)
    if marks.ndim != 1 or marks.size == 0:
        raise DataError(f"The labels must have the shape (rows,), not {marks.shape}.")
    wrong = ~np.isin(marks, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"The labels must be 0 or 1, and that of row {row} is {marks[row]}.")
    truth = marks.astype(np.bool_)
    if not truth.any():
        raise DataError("The labels hold no anomaly: there is nothing to find.")
    return truth
