"""How well scores or alarms agree with known anomalies.

Everywhere `labels` (n,) are 1 on the anomalous rows and 0 on the others, `scores` (n,) are higher
where more anomalous, and `alarms` (n,) are 1, or True, on the rows that were reported. An event is
a run of rows labelled 1.
"""

from spectra.metrics.agreement import (
    Agreement,
    Best,
    Volumes,
    affiliation,
    auc_pr,
    auc_roc,
    best_event_based,
    best_standard,
    composite,
    detection_delay,
    event_based,
    false_alarm_share,
    false_alarms_per_hour,
    point_adjusted,
    range_based,
    runs,
    standard,
    summary,
    volumes,
    vus_buffer,
    vus_pr,
    vus_roc,
    without_gaps,
)

__all__ = [
    "Agreement",
    "Best",
    "Volumes",
    "affiliation",
    "auc_pr",
    "auc_roc",
    "best_event_based",
    "best_standard",
    "composite",
    "detection_delay",
    "event_based",
    "false_alarm_share",
    "false_alarms_per_hour",
    "point_adjusted",
    "range_based",
    "runs",
    "standard",
    "summary",
    "volumes",
    "vus_buffer",
    "vus_pr",
    "vus_roc",
    "without_gaps",
]
