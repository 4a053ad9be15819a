"""The result for a recording: alarms, scores, and sentences about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from html import escape
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from spectra import annotations, formatting, notes
from spectra.alarm_table import AlarmTable
from spectra.alarms import Alarms, find_alarms
from spectra.arrays import IntArray
from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.errors import DataError
from spectra.explanation.anatomy import explain
from spectra.explanation.bands import bands
from spectra.explanation.bearings import Bearing
from spectra.explanation.envelope import Envelope, envelope_of, require_testable, stretch_of
from spectra.explanation.explained import Explanation
from spectra.model import Model
from spectra.parameters import FASTEST, SLOWEST, require, require_integer
from spectra.score_table import score_table
from spectra.signal.evidence import Evidence
from spectra.stored import is_stored
from spectra.text import printable
from spectra.threads import one_blas_thread

if TYPE_CHECKING:
    import mne

# Alarms that a printed detection lists: they fit on a screen.
ROWS_SHOWN = 10
# Alarms whose evidence is held at a time: 10 kB each.
EVIDENCE: Final = 1024
# Most steps of an alarm in a signal that is not in memory, as in `spectra.stream`.
LONGEST: Final = 2**18
# Name of the reference where no normal data was given.
ITSELF = "the recording itself"


def _are_below(n: int, indices: "Sequence[object] | IntArray") -> bool:
    """Return whether indices are a list of integers from 0 to n − 1."""
    return getattr(indices, "ndim", 1) == 1 and all(
        isinstance(index, (int, np.integer)) and 0 <= index < n for index in indices
    )


@dataclass(frozen=True, eq=False)
class Detection:
    """The alarms and scores of a recording.

    Attributes
    ----------
    recording : Recording
    model : Model
        What was learned.
    step_scores : Scores
        Scores of steps, `step` rows each.
    alpha : float
    learned_from : str
        Name of what was learned from.
    own : bool
        Whether that was (part of) the recording itself.
    input_index : pandas.Index or None
        The index (n_input,) that the data came with, where it had one.
    asked : str
        What alpha follows from, such as "1 false alarms a day"; "" where alpha itself was given.

    Notes
    -----
    Scores are high and p-values low for anomalous steps. A detection prints itself as a table of
    its strongest alarms, with notes on the data.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> x = np.random.default_rng(2).normal(size=4000)
    >>> x[2000:2064] *= 5
    >>> found = spectra.detect(x)
    >>> found.verdict
    '1 alarm (false-alarm probability 0.0011 per score)'
    >>> list(found.scores.columns)
    ['anomaly_score', 'p_value', 'alarm']
    """

    recording: Recording
    model: Model
    step_scores: Scores
    alpha: float
    learned_from: str
    own: bool
    input_index: pd.Index | None = None
    asked: str = ""

    @property
    def is_stored(self) -> bool:
        """True where the recording lies in a file, as it is too large for memory."""
        return is_stored(self.recording.values)

    @property
    def fs(self) -> float | None:
        """Sampling rate in Hz, None where it is unknown."""
        return self.recording.fs

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Rows of a frame, for each frame length."""
        return self.model.npersegs

    @property
    def nperseg(self) -> int:
        """Rows of a frame: the length nearest to the dominant period, without one the middle."""
        lengths = np.array(self.npersegs)
        if self.period is None:
            return int(lengths[len(lengths) // 2])
        return int(lengths[np.abs(np.log(lengths / self.period)).argmin()])

    @property
    def step(self) -> int:
        """Rows from one score to the next."""
        return self.step_scores.step

    @property
    def period(self) -> int | None:
        """Dominant period in rows, None where there is none.

        It is that of the normal data, with `normal_rows` that of the whole recording.
        """
        return self.model.period

    @property
    def fusion(self) -> Fusion:
        """The calibration of the scores: p-value, standard score, and threshold at alpha."""
        return self.step_scores.fusion

    @property
    def threshold(self) -> float:
        """Statistic above which a step is flagged."""
        return self.fusion.threshold(self.alpha)

    @cached_property
    def intervals(self) -> Alarms:
        """The alarms as rows of the recording."""
        most = LONGEST if self.is_stored else None
        return find_alarms(self.step_scores, self.alpha, most)

    def evidence(self, steps: IntArray) -> list[Evidence]:
        """Return the evidence at steps of the score: a frame, and the normal spectrum there.

        Parameters
        ----------
        steps : ndarray of int, shape (n,)
            Indices of steps, such as `intervals.peak`.

        Returns
        -------
        list of Evidence
            One for each step.

        Raises
        ------
        TypeError
            For steps that are no list.
        ValueError
            For indices of no step.
        """
        n_steps = len(self.step_scores.statistic)
        must = f"must be a list of indices of steps, integers from 0 to {n_steps - 1}"
        require("steps", steps, (Sequence, np.ndarray), must, partial(_are_below, n_steps))
        if not len(steps):
            return []
        steps = np.array([*steps], dtype=np.int64)
        fitted, values = self.model.fitted, self.recording.values
        return list(fitted.evidence(values, self.step_scores, steps, own=self.own))

    def explain(self, alarm: int) -> Explanation:
        """Return what an alarm consists of: bands, channels, kind, similar normal stretch.

        Parameters
        ----------
        alarm : int
            Number of the alarm in order of time, from 1, as in the first column of the table.

        Returns
        -------
        Explanation

        Raises
        ------
        TypeError
            For an alarm that is no number.
        ValueError
            For a number that no alarm has.

        Examples
        --------
        >>> import numpy as np
        >>> import spectra
        >>> x = np.random.default_rng(0).normal(size=4000)
        >>> x[2000:2200] += 4 * np.sin(0.4 * np.pi * np.arange(200))
        >>> spectra.detect(x).explain(1).kind
        'new tone'
        """
        require_integer("alarm", alarm, 1)
        found = (self.recording, self.model, self.step_scores, self.intervals)
        with one_blas_thread():
            return explain(*found, int(alarm), own=self.own)

    def bearing(self, bearing: Bearing | str, rpm: float, alarm: int | None = None) -> Envelope:
        """Return the envelope spectrum of a vibration, and the bearing defects that stand out.

        Parameters
        ----------
        bearing : Bearing or str
            The geometry, a number such as "6205", or "balls,d,D,angle".
        rpm : float
            Revolutions of the shaft a minute.
        alarm : int, optional
            Look at the channel of this alarm, and at its rows or 60 revolutions around them. By
            default at the whole recording, in the channel whose envelope has the clearest line.

        Returns
        -------
        Envelope

        Raises
        ------
        TypeError
            For a parameter of another type.
        DataError
            Without a sampling rate, for one too low for the bearing, for an unknown bearing, and
            for fewer than 10 revolutions.
        ValueError
            For an rpm that is not above 0, and for a number that no alarm has.

        Notes
        -----
        The test is described in `spectra.explanation.envelope`. A defect is named in 1 % of healthy
        bearings.
        """
        require("bearing", bearing, (Bearing, str), "must be a Bearing or a text such as '6205'")
        must = f"must be a number above 0, from {SLOWEST:g} to {FASTEST:g}"
        require("rpm", rpm, Real, must, lambda speed: SLOWEST <= speed <= FASTEST)
        rpm = float(rpm)
        geometry = Bearing.of(bearing) if isinstance(bearing, str) else bearing
        values = self.recording.values
        require_testable(len(values), self.fs, geometry, rpm)
        assert self.fs is not None
        if alarm is not None:
            explained = self.explain(alarm)
            channel = explained.channels[0].index
            rows = stretch_of(
                explained.first_row, explained.last_row, len(values), 60 * self.fs / rpm
            )
            return envelope_of(values[rows, channel], self.fs, geometry, rpm)
        found = [
            envelope_of(channel, self.fs, geometry, rpm, self.recording.n_channels)
            for channel in values.T
        ]
        return min(found, key=lambda each: each.smallest_p)

    @cached_property
    def _alarm_table(self) -> AlarmTable:
        peaks = self.intervals.peak
        parts = np.split(peaks, range(EVIDENCE, peaks.size, EVIDENCE))
        found = bands(each for part in parts for each in self.evidence(part))
        return AlarmTable(self.recording, self.step_scores, self.intervals, found)

    @cached_property
    def alarms(self) -> pd.DataFrame:
        """One row an alarm, in order of time.

        `start`, `end` (its last instant) and `peak` (its most unusual instant) are values of the
        recording's index. `score` is the largest z of the alarm, high = anomalous, and `p_value`
        the probability that a normal step has one as high. `channel` and `f_low` … `f_high`, in Hz
        (cycles per sample where no sampling rate is known), are where the frame around the peak
        differs most from normal.
        """
        return self._alarm_table.values

    def to_frame(self) -> pd.DataFrame:
        """Return the alarms with their number, rows, times and durations beside their values.

        Returns
        -------
        pandas.DataFrame
            One row an alarm: `alarm`, its number from 1; the columns of `alarms`; `first_row`,
            `last_row`, `peak_row`, counted from 0 on the grid of the recording; `start_time`,
            `end_time`, `peak_time`, texts such as 0:05:09.978 or a date; `duration` in seconds.
            Times and durations are None and NaN where neither a rate nor times are known.
        """
        return self._alarm_table.numbered()

    def to_wfdb(self, path: str | PathLike[str]) -> None:
        """Write the alarms as annotations of WFDB, whole or not at all.

        Parameters
        ----------
        path : str or path
            RECORD.ANNOTATOR, such as 100.atr.

        Raises
        ------
        TypeError
            For a path of another type.
        ImportError
            Where wfdb is not installed.
        DataError
            For another name, without any alarm, and where the file cannot be written.

        Notes
        -----
        An alarm is "(" at its first and ")" at its last row; the note of the first has its number,
        channel, band and p-value. Samples are counted on the grid of the recording.
        """
        require("path", path, (str, PathLike), "must be a path")
        annotations.write_wfdb(Path(path), self._alarm_table.marks, self.fs)

    def to_edf(self, path: str | PathLike[str]) -> None:
        """Write the alarms as an EDF+ file of annotations alone, whole or not at all.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        TypeError
            For a path of another type.
        ImportError
            Where edfio is not installed.
        DataError
            Without a sampling rate, without any alarm, and where the file cannot be written.

        Notes
        -----
        Onsets count from the start of the recording. A start between 1985 and 2084 stands in the
        header.
        """
        require("path", path, (str, PathLike), "must be a path")
        index = self.recording.index
        start = index[0] if isinstance(index, pd.DatetimeIndex) else None
        local = None if start is None else start.tz_localize(None).to_pydatetime(warn=False)
        annotations.write_edf(Path(path), self._alarm_table.marks, self._rate(), local)

    def to_mne(self) -> "mne.Annotations":
        """Return the alarms as annotations of MNE.

        Returns
        -------
        mne.Annotations
            With the description "alarm/CHANNEL". Onsets count from the first row, so that
            `raw.set_annotations` takes them for a raw of the same recording.

        Raises
        ------
        ImportError
            Where mne is not installed.
        DataError
            Without a sampling rate.
        """
        return annotations.mne_annotations(self._alarm_table.marks, self._rate())

    def _rate(self) -> float:
        """Return the sampling rate; raise DataError where it is unknown."""
        if self.fs is None:
            raise DataError("Annotations are in seconds: give a sampling rate (fs).")
        return self.fs

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row an input row, on its index: `anomaly_score`, `p_value`, `alarm`.

        anomaly_score is z, high = anomalous; alarm is 0 or 1. Rows without a score, in gaps or
        beside them, have NaN, NaN and 0.
        """
        table = self._scores_at(np.asarray(self.recording.rows))
        return table if self.input_index is None else table.set_axis(self.input_index)

    def score_blocks(self, size: int) -> Iterator[pd.DataFrame]:
        """Yield the rows of `scores` in tables of a few: those of a large file fit into no memory.

        Parameters
        ----------
        size : int
            Rows of a table.

        Yields
        ------
        pandas.DataFrame

        Raises
        ------
        TypeError
            For a size that is no number.
        ValueError
            For a size that is no integer above 0.
        """
        require_integer("size", size, 1)
        recording = self.recording
        for start in range(0, recording.n_rows, size):
            stop = min(start + size, recording.n_rows)
            positions = recording.positions
            rows = np.arange(start, stop) if positions is None else positions[start:stop]
            yield self._scores_at(rows)

    def _scores_at(self, rows: IntArray) -> pd.DataFrame:
        return score_table(self.recording, self.step_scores, self.intervals, rows)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Sentences on the data and the result that a person should know."""
        own = (
            notes.wide_note(self.recording),
            notes.constant_note(self.recording, self.model, own=self.own),
            notes.states_note(self.recording, self.model),
            notes.angles_note(self.recording, self.model),
            notes.unscored_note(self.step_scores),
            notes.few_frames_note(self.step_scores, own=self.learned_from == ITSELF),
            notes.suspected_note(self.step_scores, declared=self.learned_from != ITSELF),
            notes.outlying_note(self.step_scores),
            notes.extrapolated_note(
                self.step_scores, self.alpha, self.fs, as_rate="false alarm" in self.asked
            ),
            # A recording that is its own reference cannot differ from it as a whole.
            "" if self.learned_from == ITSELF else notes.different_note(self.step_scores),
        )
        return (*self.recording.notes, *(note for note in own if note))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The alarms as texts for a person, one row an alarm."""
        return self._alarm_table.texts

    @property
    def headline(self) -> str:
        """The size of the recording and the frames it was scored with, in one line."""
        shortest, longest = min(self.npersegs), max(self.npersegs)
        return " · ".join(
            (
                formatting.size_text(self.recording.n_rows, len(self.recording.values)),
                formatting.counted(self.recording.n_channels, "channel"),
                formatting.rate_text(self.fs),
                f"frames of {formatting.span_text(shortest, longest, self.fs)}",
                self.learned_from_text,
            )
        )

    @property
    def learned_from_text(self) -> str:
        """The reference, as part of a sentence."""
        if self.own and self.learned_from == ITSELF:
            return f"no normal data given: learned from {ITSELF}"
        return f"learned from {self.learned_from}"

    @property
    def verdict(self) -> str:
        """The number of alarms, in one line."""
        count = (
            formatting.counted(len(self.intervals.first), "alarm")
            if self.intervals.first.size
            else "no alarms"
        )
        asked = f"{self.asked}: " if self.asked else ""
        return f"{count} ({asked}false-alarm probability {self.alpha:.3g} per score)"

    def _shown(self) -> pd.DataFrame:
        """Return the texts of the strongest alarms, in order of time."""
        strongest = np.argsort(-self.alarms["score"].to_numpy(), kind="stable")[:ROWS_SHOWN]
        return self.table.iloc[np.sort(strongest)]

    def _verdict_shown(self) -> str:
        hidden = len(self.alarms) - ROWS_SHOWN
        return self.verdict + (
            f"; the {ROWS_SHOWN} strongest are shown, .alarms has all" if hidden > 0 else ""
        )

    def __repr__(self) -> str:
        heading = f"{printable(self.recording.name)}  {printable(self.headline)}"
        notes = (f"note: {printable(note)}" for note in self.notes)
        return "\n".join(
            [heading, *formatting.aligned(self._shown()), self._verdict_shown(), *notes]
        )

    def _repr_html_(self) -> str:
        table = (
            self._shown().to_html(index=False, escape=True, border=0) if len(self.alarms) else ""
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        heading = f"<p><b>{escape(self.recording.name)}</b>  {escape(self.headline)}</p>"
        return f"{heading}{table}<p>{escape(self._verdict_shown())}</p>" + (
            f"<ul>{notes}</ul>" if notes else ""
        )
