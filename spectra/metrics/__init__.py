"""Agreement of scores or alarms with known anomalies.

Everywhere `labels` (n,) are 1 on anomalous rows and 0 on others, `scores` (n,) are higher for more
anomalous rows, and `alarms` (n,) are 1, or True, on reported rows. An event is a run of rows
labelled 1. All functions raise DataError for arrays that are not of this form or hold no anomaly.
"""

from spectra.metrics.agreement import (
    Agreement,
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
from spectra.metrics.curves import (
    Best,
    Volumes,
    auc_pr,
    auc_roc,
    best_event_based,
    best_standard,
    volumes,
    vus_buffer,
    vus_pr,
    vus_roc,
)
from spectra.metrics.labels import runs
from spectra.metrics.overview import summary, without_gaps

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
