"""An endless signal: scores and alarms of rows that come in blocks of any size."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from spectra import formatting
from spectra.archive import DAMAGE, pack, unpack
from spectra.arrays import Float64Array, FloatArray
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.rates import RECORDING, AlarmRate, alpha_of_rate
from spectra.calibration.statistic import Fused
from spectra.calibration.threshold import ALPHA, Threshold
from spectra.errors import DataError
from spectra.model import Model
from spectra.parameters import require, require_integer, require_rate
from spectra.stream.adaptation import Adaptation
from spectra.stream.blocks import rows_of
from spectra.stream.early import EarlyClock, restored_tracker, tracker_of
from spectra.stream.gaps import GapFiller
from spectra.stream.state import FORMAT, StreamState, fingerprint, restored_scorer
from spectra.stream.tracker import AlarmEvent
from spectra.text import short

# Rows from one scoring to the next by default. A scoring takes about 4 ms however few its rows
# (`benchmarks/stream.py`), so that fewer than one row in a hundred waits for one.
EVERY: Final = 128
# Most of them: a million rows of one channel take 8 MB.
MOST_EVERY: Final = 2**20


@dataclass(frozen=True, eq=False)
class StreamUpdate:
    """Scores that are finished, and the alarms that changed.

    Attributes
    ----------
    first_row : int
        The row of the stream, from 0, that the first score belongs to.
    z : ndarray (n_rows,)
        Standard score of each row, high = anomalous; NaN in gaps.
    events : tuple of AlarmEvent
        In order of time.
    """

    first_row: int
    z: FloatArray
    events: tuple[AlarmEvent, ...]

    @property
    def p_value(self) -> Float64Array:
        """Probability that a normal row has such a score or a larger one, (n_rows,)."""
        return p_from_z(self.z)

    def __repr__(self) -> str:
        """Return the rows and the events: as many scores as a block has rows tell little."""
        last = self.first_row + self.z.size - 1
        rows = f"rows {self.first_row:,} to {last:,}" if self.z.size else "no rows"
        return f"<StreamUpdate: {rows}, {formatting.counted(len(self.events), 'event')}>"


class Stream:
    """A signal without end, scored as its rows come.

    Parameters
    ----------
    model : Model
        Made by `spectra.learn` or read by `Model.load`.
    alpha : float, optional
        False-alarm probability, see `spectra.detect`; by default 0.001.
    false_alarms : str, optional
        Number of false alarms in a time, in place of alpha: "1/day".
    every : int
        Rows from one scoring to the next. Few rows show an alarm sooner, many take less time.
    adapt : int, optional
        Half-life in rows with which a drift of the level and the spread of each channel is
        followed; at least the longest frame. By default what is normal does not change.
    fs : float, optional
        Sampling rate in Hz of the rows, which `false_alarms` needs where the model has none.

    Raises
    ------
    DataError
        For a rate in time without a sampling rate, and for another than that of the model.
    ValueError
        For a parameter out of range.

    Notes
    -----
    A score is finished once no later row can change it, which takes at most the rows of the longest
    frame, at the beginning a quarter more, and `every`. Finished scores and closed alarms are those
    that `spectra.score` finds in the whole recording, whatever the blocks. Gaps of at most 5 rows
    are filled by straight lines, as there. Memory does not grow: an alarm of more than 262,144
    steps is closed, and the rest of it is another one.

    With `adapt` rows are shifted and scaled to the level and spread of the first `adapt` normal
    rows. Rows less than the longest frame from a flagged one are not learned from, and none while
    an alarm is open.

    A score of a model of `Spectral(causal=True)` is finished with its row, up to `every` rows
    later. Its alarms open sooner and are placed less exactly.

    A model of `learn(…, early=True)` has two clocks. An alarm is "opened" as soon as the causal
    scores see it, and later either "confirmed" and "closed" with the rows and score of
    `spectra.score`, or "withdrawn": then it is none there. Scores are those of the whole recording.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> rng = np.random.default_rng(0)
    >>> stream = spectra.Stream(spectra.learn(rng.normal(size=8000)), alpha=1e-5)
    >>> x = rng.normal(size=4000)
    >>> x[2000:2064] *= 6
    >>> events = [event for row in x for event in stream.update(row).events]
    >>> [(event.alarm, event.kind) for event in (events[0], events[-1])]
    [(1, 'opened'), (1, 'closed')]
    """

    def __init__(
        self,
        model: Model,
        *,
        alpha: float | None = None,
        false_alarms: str | None = None,
        every: int = EVERY,
        adapt: int | None = None,
        fs: float | None = None,
    ) -> None:
        require("model", model, Model, "must be a Model, made by learn or Model.load")
        require_integer("every", every, 1, MOST_EVERY)
        require_rate(fs)
        self.model, self.every = model, int(every)
        self.alpha = _alpha(model, alpha, false_alarms, fs)
        n_channels = len(model.channels)
        self._scorer, self._tracker = model.fitted.scorer(), tracker_of(model, self.alpha)
        self._early: EarlyClock | None = None
        if model.early is not None:
            self._early = EarlyClock.of(model.early, _alpha(model.early, alpha, false_alarms, fs))
        self._gaps = GapFiller(np.empty((0, n_channels)))
        self._adaptation: Adaptation | None = None
        if adapt is not None:
            longest = max(model.npersegs)
            require_integer("adapt", adapt, longest)
            self._adaptation = Adaptation.of(int(adapt), longest, n_channels)
        self._waiting = np.empty((self.every, n_channels))
        self._n_waiting = self._n_taken = self._n_scored = 0
        self._ended = False
        self._nothing = StreamUpdate(0, np.empty(0), ())

    @property
    def n_rows(self) -> int:
        """Return the number of rows so far."""
        return self._n_taken + self._n_waiting

    @property
    def is_open(self) -> bool:
        """Return whether an alarm is open."""
        waiting = self._early is not None and self._early.confirmation.is_open
        return waiting or self._tracker.is_open

    def __repr__(self) -> str:
        """Return the settings, the rows so far, and whether an alarm is open."""
        adapt = "" if self._adaptation is None else f", adapt={self._adaptation.state.half_life}"
        open_text = "an alarm is open" if self.is_open else "no alarm is open"
        return (
            f"<Stream of {formatting.counted(len(self.model.channels), 'channel')}, model "
            f"{short(self.model.name)}, alpha={self.alpha:.3g}, every={self.every}{adapt}: "
            f"{formatting.counted(self.n_rows, 'row')}, "
            f"{'finished' if self._ended else open_text}>"
        )

    def update(self, block: ArrayLike) -> StreamUpdate:
        """Take the next rows, and score those that have come once there are `every` of them.

        Parameters
        ----------
        block : array_like, shape (n, n_channels), (n,) or ()
            In the order of the model's channels; NaN where there is no data. A stream of several
            channels takes a single row of shape (n_channels,). A table of pandas or another library
            whose columns have names, a row of one, and dicts hold the channels by name, in any
            order beside others.

        Returns
        -------
        StreamUpdate
            The scores that are finished, often none.

        Raises
        ------
        DataError
            For a block of another shape, a table without one of the channels, or values that are no
            finite numbers or NaN; none of its rows is taken.
        ValueError
            After `finish`.
        """
        if self._ended:
            raise ValueError("The stream has been finished: make another one.")
        rows = rows_of(block, self.model)
        n_waiting = self._n_waiting + len(rows)
        if n_waiting < self.every:
            self._waiting[self._n_waiting : n_waiting] = rows
            self._n_waiting = n_waiting
            return self._nothing
        rows = np.concatenate([self._waiting[: self._n_waiting], rows])
        n = n_waiting - n_waiting % self.every
        self._n_waiting = n_waiting - n
        self._waiting[: self._n_waiting] = rows[n:]
        # What is learned from a scoring shows in the next one, and an early alarm between two.
        size = n if self._adaptation is None and self._early is None else self.every
        return _joined([self._scored(rows[i : i + size]) for i in range(0, n, size)])

    def _scored(self, rows: Float64Array) -> StreamUpdate:
        """Return the scores and events of further rows."""
        self._n_taken += len(rows)
        rows, adaptation = self._gaps.update(rows), self._adaptation
        if adaptation is not None:
            rows = adaptation(rows)
        early = [] if self._early is None else self._early.update(rows)
        fused = self._scorer.update(rows)
        events = self._confirmed(early, self._tracker.update(fused))
        if adaptation is not None:
            flagged = np.repeat(self._tracker.flagged(fused), self.model.step)
            adaptation.learn(flagged, is_open=self.is_open)
        return self._updated(fused, tuple(events))

    def _confirmed(self, early: list[AlarmEvent], settled: list[AlarmEvent]) -> list[AlarmEvent]:
        """Return the events of both clocks."""
        if self._early is None:
            return settled
        tracker = self._tracker
        confirmed = self._early.confirmation.settled(
            settled, self.n_rows if self._ended else tracker.n_rows, is_raised=tracker.is_raised
        )
        return [*early, *confirmed]

    def finish(self) -> StreamUpdate:
        """End the stream: score the rows that are left, and close an open alarm.

        Returns
        -------
        StreamUpdate
        """
        if self._ended:
            return self._nothing
        self._ended = True
        self._n_taken += self._n_waiting
        last = [self._gaps.update(self._waiting[: self._n_waiting]), self._gaps.finish()]
        rows, self._n_waiting = np.concatenate(last), 0
        if self._adaptation is not None:
            rows = self._adaptation(rows)
        early = [] if self._early is None else self._early.finish(rows, self.n_rows)
        parts = [self._scorer.update(rows), self._scorer.finish()]
        fused = Fused.empty(len(parts[0].groups), sum(part.statistic.size for part in parts))
        fused.put(fused.put(0, parts[0]), parts[1])
        events = [*self._tracker.update(fused), *self._tracker.finish(self.n_rows)]
        return self._updated(fused, tuple(self._confirmed(early, events)))

    def state(self) -> bytes:
        """Return the state of the stream: arrays and JSON, never code.

        Returns
        -------
        bytes
            `restore` continues from them exactly. They do not hold the model.
        """
        scorer, gaps = self._scorer, self._gaps
        state = StreamState(
            fingerprint(self.model),
            self.alpha,
            self.every,
            self._waiting[: self._n_waiting],
            gaps.rows,
            gaps.n_returned,
            scorer.state,
            self._tracker.state(),
            None if self._adaptation is None else self._adaptation.state,
            None if self._early is None else self._early.state(),
        )
        about, arrays = pack(state)
        return FORMAT.to_bytes(arrays, {"stream": about})

    @classmethod
    def restore(cls, model: Model, state: bytes) -> Self:
        """Return the stream that a state continues.

        Parameters
        ----------
        model : Model
            The model of the stream that was saved.
        state : bytes
            Made by `state`.

        Returns
        -------
        Stream

        Raises
        ------
        DataError
            For the state of a stream with another model, and for bytes that are no state.

        Examples
        --------
        >>> import numpy as np
        >>> import spectra
        >>> model = spectra.learn(np.random.default_rng(0).normal(size=4000))
        >>> stream = spectra.Stream(model)
        >>> update = stream.update(np.zeros(1000))
        >>> spectra.Stream.restore(model, stream.state()).n_rows
        1000
        """
        require("model", model, Model, "must be a Model, made by learn or Model.load")
        require("state", state, bytes, "must be bytes, made by Stream.state")
        arrays, about = FORMAT.from_bytes(state, "The state")
        try:
            saved = unpack(StreamState, about["stream"], arrays)
            if saved.model == fingerprint(model):
                return cls._restored(model, saved)
        except DAMAGE as error:
            raise FORMAT.damaged("The state") from error
        raise DataError(
            f"The state was saved with another model than {model.name}: give that model, or begin "
            "the stream anew."
        )

    @classmethod
    def _restored(cls, model: Model, saved: StreamState) -> Self:
        stream = cls(model, alpha=saved.alpha, every=saved.every)
        n_waiting, n_channels = saved.waiting.shape
        if n_waiting >= saved.every or {n_channels, saved.held.shape[1]} != {len(model.channels)}:
            raise ValueError(f"The rows have the shape {saved.waiting.shape}.")
        stream._waiting[:n_waiting] = saved.waiting
        stream._n_waiting = n_waiting
        stream._gaps = GapFiller(saved.held.astype(np.float64), saved.n_returned)
        stream._scorer = restored_scorer(model, saved.scorer)
        if saved.adaptation is not None:
            if saved.adaptation.waiting.shape[1] != n_channels:
                raise ValueError("The adaptation has other channels.")
            stream._adaptation = Adaptation(saved.adaptation)
        stream._n_taken = saved.scorer.n_samples + len(saved.held) - saved.n_returned
        stream._n_scored = saved.tracker.n_steps * model.step
        stream._tracker = restored_tracker(model, saved.tracker, saved.alpha)
        if (model.early is None) != (saved.early is None):
            raise ValueError("A state has two clocks where the model has.")
        if model.early is not None and saved.early is not None:
            stream._early = EarlyClock.restored(model.early, saved.early)
            if stream._early.n_rows != saved.scorer.n_samples:
                raise ValueError("Both clocks have taken the same rows.")
        return stream

    def _updated(self, fused: Fused, events: tuple[AlarmEvent, ...]) -> StreamUpdate:
        first = self._n_scored
        z = np.repeat(self.model.fitted.fusion.z(fused.statistic), self.model.step)
        z = z[: self.n_rows - first]
        self._n_scored += z.size
        return StreamUpdate(first, z, events)


def _joined(updates: list[StreamUpdate]) -> StreamUpdate:
    """Return updates that follow one another as one."""
    if len(updates) == 1:
        return updates[0]
    z = np.concatenate([update.z for update in updates])
    events = [event for update in updates for event in update.events]
    return StreamUpdate(updates[0].first_row, z, tuple(events))


def _alpha(model: Model, alpha: float | None, false_alarms: str | None, fs: float | None) -> float:
    """Return the false-alarm probability of a step."""
    if fs is not None and model.fs is not None and fs != model.fs:
        raise DataError(f"{model.name} is sampled at {model.fs:g} Hz, not at {fs:g}: leave fs out.")
    threshold = Threshold(alpha, false_alarms)
    if threshold.false_alarms is None:
        return ALPHA if threshold.alpha is None else float(threshold.alpha)
    rate = AlarmRate.parse(threshold.false_alarms)
    if rate.unit == RECORDING:
        raise ValueError(
            f"false_alarms={threshold.false_alarms!r} must name a time, such as 1/day: a stream "
            "has no end."
        )
    known = fs if model.fs is None else model.fs
    if known is None:
        raise DataError(
            f"False alarms {rate.each} need a sampling rate, and {model.name} has none: give fs, "
            "or alpha."
        )
    steps = model.fitted.fusion.alarm_steps
    return alpha_of_rate(steps, rate.per_step(model.step, known, 1))
