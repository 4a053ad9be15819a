"""The table of alarms: as values, as texts for a person, and as annotations."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from spectra import formatting
from spectra.alarms import Alarms
from spectra.annotations import Mark
from spectra.arrays import Float64Array, IntArray
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.explanation.bands import Bands, band_edges
from spectra.text import printable


@dataclass(frozen=True, eq=False)
class AlarmTable:
    """The alarms of a recording, one a row of each table, in order of time.

    Attributes
    ----------
    recording : Recording
    scores : Scores
    intervals : Alarms
    bands : Bands
        Those in which the peaks of the alarms differ from normal.
    """

    recording: Recording
    scores: Scores
    intervals: Alarms
    bands: Bands

    @property
    def rows(self) -> tuple[IntArray, IntArray, IntArray]:
        """First, last and most anomalous row of each alarm."""
        found = self.intervals
        return found.first, found.last, found.peak_rows(self.scores.step)

    @property
    def timed(self) -> bool:
        """True where the recording has times, of its own or by its rate."""
        return self.recording.fs is not None or isinstance(
            self.recording.index, (pd.DatetimeIndex, pd.TimedeltaIndex)
        )

    @cached_property
    def values(self) -> pd.DataFrame:
        """The columns of `Detection.alarms`."""
        intervals, index, bands = self.intervals, self.recording.index, self.bands
        z = self.scores.fusion.z(self.scores.statistic[intervals.highest])
        f_low, f_high = band_edges(bands.low, bands.high, bands.nperseg, self.recording.fs)
        return pd.DataFrame(
            {
                "start": index.take(intervals.first),
                "end": index.take(intervals.last),
                "peak": index.take(self.rows[2]),
                "score": z,
                "p_value": p_from_z(z),
                "channel": np.asarray(self.recording.channels, dtype=object)[bands.channel],
                "f_low": f_low,
                "f_high": f_high,
            }
        )

    def numbered(self) -> pd.DataFrame:
        """Return the columns of `Detection.to_frame`."""
        fs = self.recording.fs
        rows = dict(zip(("start", "end", "peak"), self.rows, strict=True))
        count = rows["end"] - rows["start"] + 1
        texts = {
            f"{name}_time": formatting.instants(self.recording.index, each, fs)
            if self.timed
            else [None] * each.size
            for name, each in rows.items()
        }
        places = {"first_row": rows["start"], "last_row": rows["end"], "peak_row": rows["peak"]}
        lasting = np.full(count.shape, np.nan) if fs is None else _seconds(count, fs)
        return pd.concat(
            [
                pd.DataFrame({"alarm": np.arange(1, count.size + 1)}),
                self.values,
                pd.DataFrame({**places, **texts, "duration": lasting}),
            ],
            axis=1,
        )

    @cached_property
    def texts(self) -> pd.DataFrame:
        """The columns of `Detection.table`."""
        recording, alarms, intervals = self.recording, self.values, self.intervals
        bands = zip(alarms["f_low"], alarms["f_high"], self.bands.nperseg, strict=True)
        ends = np.array([0, recording.n_samples - 1])
        counted = list(recording.index.take(ends)) == ends.tolist()
        unit = "" if self.timed else " (row)" if counted else " (index)"
        spans = zip(intervals.first.tolist(), intervals.last.tolist(), strict=True)
        smallest_p = self.scores.fusion.smallest_p
        return pd.DataFrame(
            {
                "alarm": [str(number) for number in range(1, len(alarms) + 1)],
                **{
                    f"{name}{unit}": formatting.instants(recording.index, rows, recording.fs)
                    for name, rows in zip(("start", "end", "peak"), self.rows, strict=True)
                },
                **({} if unit == " (row)" else {"rows": [f"{a:,} – {b:,}" for a, b in spans]}),
                "p-value": [formatting.p_text(value, smallest_p) for value in alarms["p_value"]],
                "channel": [recording.title(index) for index in self.bands.channel],
                "strongest at": [
                    formatting.frequency_text(low, high, recording.fs, int(nperseg))
                    for low, high, nperseg in bands
                ],
                "duration": [
                    formatting.samples_text(n, recording.fs)
                    for n in intervals.last - intervals.first + 1
                ],
            },
            dtype=object,
        )

    @property
    def marks(self) -> list[Mark]:
        """The alarms as annotations."""
        table, channels = self.texts, self.values["channel"]
        parts = zip(table["channel"], table["strongest at"], table["p-value"], strict=True)
        texts = [
            printable(f"alarm {number}: {channel}, {band}, p {p}")
            for number, (channel, band, p) in enumerate(parts, start=1)
        ]
        first, last, _ = self.rows
        return [
            Mark(*each)
            for each in zip(
                first.tolist(), last.tolist(), map(printable, channels), texts, strict=True
            )
        ]


def _seconds(count: IntArray, fs: float) -> Float64Array:
    """Return how long so many rows last, without the rounding of a rate below 1 Hz."""
    return np.asarray(count / fs if fs >= 1 else count * (1 / fs), dtype=np.float64)
