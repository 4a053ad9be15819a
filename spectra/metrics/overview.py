"""All metrics of a series by name."""

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array
from spectra.errors import DataError
from spectra.metrics.agreement import (
    affiliation,
    composite,
    detection_delay,
    event_based,
    false_alarm_share,
    false_alarms_per_hour,
    point_adjusted,
    range_based,
    standard,
)
from spectra.metrics.curves import auc_pr, auc_roc, best_event_based, best_standard, volumes
from spectra.metrics.labels import numbers, runs, with_alarms


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
    labels : array_like, shape (n,)
        1 on anomalous rows, else 0.
    scores : array_like, shape (n,)
        Higher if more anomalous. A row without a score (NaN) counts as the least anomalous.
    alarms : array_like, shape (n,), or None
        1 on reported rows, else 0. Without them the metrics of alarms are left out.
    buffer : int
        Longest buffer of the volumes, in rows.
    fs : float, optional
        Sampling rate in Hz.

    Returns
    -------
    dict of str to float
        Of the scores: VUS-PR, VUS-ROC, AUC-PR, AUC-ROC, and oracle_F1 and oracle_event_F1, the best
        F1 of a threshold chosen with the labels. Of the alarms: precision, recall and F1 of rows
        (without a prefix), range_…, affiliation_…, event_…; composite_F1, point_adjusted_F1;
        alarms, their number; false_alarm_share; detection_delay in rows; and false_alarms_per_hour
        if `fs` is given.

    Raises
    ------
    DataError
        If the arrays do not fit together or hold no anomaly.
    ValueError
        If the buffer is negative or the sampling rate not above 0.

    Examples
    --------
    >>> labels = np.repeat([0, 1, 0], [20, 2, 18])
    >>> scores = np.where(np.arange(40) == 21, 0.9, 0.1)
    >>> found = summary(labels, scores, scores > 0.5, buffer=0)
    >>> found["precision"], found["recall"], found["event_F1"]
    (1.0, 0.5, 1.0)
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

    Parameters
    ----------
    scores : array_like, shape (n,)
        Higher if more anomalous, NaN on rows without a score.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    DataError
        If all scores are NaN, or the shape is another.

    Examples
    --------
    >>> without_gaps([np.nan, 1.5, -0.5]).tolist()
    [-0.5, 1.5, -0.5]
    """
    values = numbers("scores", scores)
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
        "alarms": len(runs(with_alarms(labels, alarms)[1])[0]),
        "event_recall": event.recall,
        "event_precision": event.precision,
        "event_F1": event.f1,
        "false_alarm_share": false_alarm_share(labels, alarms),
        "detection_delay": detection_delay(labels, alarms),
    }
