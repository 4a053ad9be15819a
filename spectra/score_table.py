"""The table of scores: z, p-value and alarm of rows."""

import numpy as np
import pandas as pd

from spectra.alarms import Alarms, inside
from spectra.arrays import IntArray
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording


def score_table(
    recording: Recording, scores: Scores, alarms: Alarms, rows: IntArray
) -> pd.DataFrame:
    """Return the columns of `Detection.scores` for rows of a recording, on its index."""
    first, last = int(rows.min()), int(rows.max())
    begin = first // scores.step
    statistic = scores.statistic[begin : last // scores.step + 1]
    z = np.repeat(scores.fusion.z(statistic), scores.step)
    offset = begin * scores.step
    alarm = inside(_alarms_in(alarms, first, last, offset), z.size) & np.isfinite(z)
    table = pd.DataFrame(
        {"anomaly_score": z, "p_value": p_from_z(z), "alarm": alarm.astype(np.int64)}
    )
    return table.take(rows - offset).set_axis(recording.index.take(rows))


def _alarms_in(found: Alarms, first: int, last: int, offset: int) -> Alarms:
    """Return the alarms in a range of rows, counted from row `offset` and cut at its ends."""
    here = slice(
        int(np.searchsorted(found.last, first)),
        int(np.searchsorted(found.first, last, side="right")),
    )
    return Alarms(
        np.maximum(found.first[here], first) - offset,
        np.minimum(found.last[here], last) - offset,
        found.peak[here],
        found.highest[here],
    )
