"""Alarms that open, change and close while scores come in blocks."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

import numpy as np

from spectra.alarms import find_alarms
from spectra.archive import GAPS
from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.calibration.fusion import Fusion
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.rates import LARGEST, RAISED
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused
from spectra.parameters import MOST_ROWS
from spectra.runs import true_runs

# An open alarm is reported again where its score has risen by this much, or its length has doubled:
# a long alarm makes as many events as its logarithm.
RISE: Final = 1.0
# Steps after which an alarm is closed and the rest of it is another one, so that memory is bounded
# (7 MB). With a step of 4 rows these are a million rows.
MOST_STEPS: Final = 2**18

Kind = Literal["opened", "updated", "confirmed", "closed", "withdrawn"]


@dataclass(frozen=True)
class AlarmEvent:
    """A change of an alarm.

    Attributes
    ----------
    kind : str
        "opened", "updated" or "closed"; with two clocks also "confirmed" or "withdrawn". A closed
        or withdrawn alarm does not change any more.
    alarm : int
        Number of the alarm, from 1.
    start, end, peak : int
        First, last and most anomalous row, counted from the first row of the stream.
    score : float
        Largest z of the alarm, high = anomalous.
    p_value : float
        Probability that a normal step has one as high.
    channel : str
        The channel that is farthest from normal at the peak.
    """

    kind: Kind
    alarm: int
    start: int
    end: int
    peak: int
    score: float
    p_value: float
    channel: str


@dataclass(frozen=True)
class TrackerState:
    """A tracker between two blocks, for a file.

    Attributes
    ----------
    n_steps : int
        Steps so far.
    n_alarms : int
        Alarms so far, with an open one.
    statistic, channel, groups : ndarray
        Those of the run of raised steps at the end, as in `Fused`.
    reported_score, reported_steps : float, int
        Score and length of the open alarm when it was reported; 0 steps where none is open.
    """

    n_steps: int
    n_alarms: int
    statistic: FloatArray
    channel: IntArray
    groups: FloatArray = field(metadata=GAPS)
    reported_score: float
    reported_steps: int

    def __post_init__(self) -> None:
        n = self.statistic.size
        shapes = (self.statistic.shape, self.channel.shape, self.groups.shape[1:])
        if self.groups.ndim != 2 or shapes != ((n,),) * 3 or n > min(self.n_steps, MOST_STEPS):
            raise ValueError("The raised steps have other shapes.")
        counts = (self.n_steps, self.n_alarms, self.reported_steps)
        if min(*counts, n - self.reported_steps) < 0 or max(counts) > MOST_ROWS:
            raise ValueError("The counts of alarms and steps lie above 0.")


class AlarmTracker:
    """Alarms of steps that come in blocks: once closed, those of the whole signal.

    Parameters
    ----------
    fusion : Fusion
    step : int
        Rows of a step.
    channels : tuple of str
    alpha : float
    causal : bool
        Whether steps are scored by frames that end before them.
    """

    def __init__(
        self,
        fusion: Fusion,
        step: int,
        channels: tuple[str, ...],
        alpha: float,
        causal: bool = False,
    ) -> None:
        self._fusion, self._step, self._channels, self._alpha = fusion, step, channels, alpha
        self._causal = causal
        # In double precision: the threshold of a tiny alpha may lie beyond all float32.
        self._low = np.float64(fusion.threshold(min(RAISED * alpha, LARGEST)))
        self._high = np.float64(fusion.threshold(alpha))
        # The run of raised steps that the last step belongs to.
        self._run: list[Fused] = []
        self._end = self._length = self._n_steps = self._n_alarms = self._reported_steps = 0
        self._highest, self._reported_score, self._flagged = -np.inf, 0.0, False

    @property
    def is_open(self) -> bool:
        """Return whether the last step belongs to an alarm."""
        return self._flagged

    @property
    def is_raised(self) -> bool:
        """Return whether the last step may become part of an alarm."""
        return self._length > 0

    @property
    def n_rows(self) -> int:
        """Return the number of rows of the steps so far."""
        return self._n_steps * self._step

    def flagged(self, fused: Fused) -> BoolArray:
        """Return whether each step is flagged, (n_steps,)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(fused.statistic > self._high)

    def update(self, fused: Fused) -> list[AlarmEvent]:
        """Take the next steps; return the events of alarms."""
        events: list[AlarmEvent] = []
        n = fused.statistic.size
        with np.errstate(invalid="ignore"):
            raised = fused.statistic > self._low
        if n and not raised[0]:
            events += self._close()
        for begin, end in np.transpose(true_runs(raised)).tolist():
            start = begin
            while start < end:
                stop = min(end, start + MOST_STEPS - self._length)
                self._append(fused.part(start, stop), self._n_steps + stop)
                if stop < n or self._length == MOST_STEPS:
                    events += self._close()
                start = stop
        self._n_steps += n
        return events + self._reported()

    def finish(self, n_rows: int) -> list[AlarmEvent]:
        """Return the events of an open alarm; the signal has ended after `n_rows`."""
        return self._close(n_rows)

    def _append(self, part: Fused, end: int) -> None:
        """Add steps to the run, which ends before step `end`."""
        self._run.append(part)
        self._end, self._length = end, self._length + part.statistic.size
        self._highest = max(self._highest, float(part.statistic.max()))
        self._flagged |= bool(self.flagged(part).any())

    def _reported(self) -> list[AlarmEvent]:
        """Return the event of an open alarm that is new or has changed much."""
        if not self.is_open:
            return []
        score = float(self._fusion.z(self._highest))
        if self._reported_steps and not (
            score >= self._reported_score + RISE or self._length >= 2 * self._reported_steps
        ):
            return []
        self._n_alarms += not self._reported_steps
        event = self._so_far(self._length)
        # Raised steps beyond the edges of an alarm do not change it.
        before = self._so_far(self._reported_steps) if self._reported_steps else None
        self._reported_score, self._reported_steps = score, self._length
        return [] if event == before else [replace(event, kind="updated") if before else event]

    def _so_far(self, length: int) -> AlarmEvent:
        """Return the event of the first `length` steps of the run, as one alarm.

        Its parts are alarms of their own only once it is closed.
        """
        first, *rest = self._alarms("opened", None, length)
        worst = max((first, *rest), key=lambda event: event.score)
        return AlarmEvent(
            first.kind, self._n_alarms, first.start, (rest or [first])[-1].end, worst.peak,
            worst.score, worst.p_value, worst.channel,
        )  # fmt: skip

    def _close(self, n_rows: int | None = None) -> list[AlarmEvent]:
        """Return the events of the run, which ends here, and forget it."""
        events: list[AlarmEvent] = []
        if self.is_open:
            for each in self._alarms("closed", n_rows):
                if not self._reported_steps:
                    self._n_alarms += 1
                    events.append(_numbered(each, "opened", self._n_alarms))
                events.append(_numbered(each, "closed", self._n_alarms))
                self._reported_steps = 0
        self._run, self._length, self._reported_steps = [], 0, 0
        self._highest, self._flagged = -np.inf, False
        return events

    def _alarms(
        self, kind: Kind, n_rows: int | None, length: int | None = None
    ) -> list[AlarmEvent]:
        """Return an event for each alarm in the run so far, or in its first `length` steps."""
        run, first = self._joined(), (self._end - self._length) * self._step
        if length is not None:
            run = run.part(0, length)
        n_samples = run.statistic.size * self._step if n_rows is None else n_rows - first
        scores = Scores(self._step, n_samples, run, self._fusion, run.part, self._causal)
        alarms = find_alarms(scores, self._alpha)
        peaks = np.minimum(alarms.peak * self._step + self._step // 2, alarms.last)
        z = self._fusion.z(run.statistic[alarms.highest])
        names = [self._channels[index] for index in run.channel[alarms.peak].tolist()]
        columns = (alarms.first + first, alarms.last + first, peaks + first, z, p_from_z(z))
        rows = zip(*(column.tolist() for column in columns), names, strict=True)
        return [AlarmEvent(kind, 0, *row) for row in rows]

    def _joined(self) -> Fused:
        """Return the run in one part."""
        if len(self._run) > 1:
            whole, done = Fused.empty(len(self._run[0].groups), self._length), 0
            for part in self._run:
                done = whole.put(done, part)
            self._run = [whole]
        return self._run[0]

    def state(self) -> TrackerState:
        """Return the state that continues the tracker."""
        run = self._joined() if self._run else Fused.empty(self._fusion.centre.size, 0)
        return TrackerState(
            self._n_steps, self._n_alarms, run.statistic, run.channel.astype(np.int64), run.groups,
            self._reported_score, self._reported_steps,
        )  # fmt: skip

    @classmethod
    def restored(
        cls,
        state: TrackerState,
        fusion: Fusion,
        step: int,
        channels: tuple[str, ...],
        alpha: float,
        causal: bool = False,
    ) -> Self:
        """Return the tracker that a state continues; raise ValueError where it does not fit."""
        tracker = cls(fusion, step, channels, alpha, causal)
        n = state.statistic.size
        if len(state.groups) != fusion.centre.size:
            raise ValueError(f"There are {fusion.centre.size} groups of base scores.")
        if n and not 0 <= state.channel.min() <= state.channel.max() < len(channels):
            raise ValueError(f"There are {len(channels)} channels.")
        if not (state.statistic > tracker._low).all():
            raise ValueError("Each step of the run is raised.")
        if n:
            run = Fused.empty(len(state.groups), n)
            source = np.zeros_like(state.channel)
            run.put(0, Fused(state.statistic, state.channel, source, state.groups))
            tracker._append(run, state.n_steps)
        if (state.reported_steps > 0) != tracker.is_open:
            raise ValueError("An open alarm has been reported.")
        tracker._n_steps, tracker._n_alarms = state.n_steps, state.n_alarms
        tracker._reported_score = state.reported_score
        tracker._reported_steps = state.reported_steps
        return tracker


def _numbered(event: AlarmEvent, kind: Kind, number: int) -> AlarmEvent:
    return AlarmEvent(
        kind, number, event.start, event.end, event.peak, event.score, event.p_value, event.channel
    )
