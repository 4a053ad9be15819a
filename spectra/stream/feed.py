"""Lines of text to events: what `spectra stream` does with what it reads."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from spectra.archive import DAMAGE, pack, unpack
from spectra.datasets.raw import Request
from spectra.datasets.recording import Recording
from spectra.errors import DataError
from spectra.model import Model
from spectra.parameters import shown
from spectra.stream.cells import BadLineError
from spectra.stream.clock import RATE_TOLERANCE, Clock, ClockState
from spectra.stream.feed_state import FORMAT, FeedState
from spectra.stream.layout import Layout, Row
from spectra.stream.stream import Stream
from spectra.stream.tracker import AlarmEvent

# Lines that the layout is found in where there is a model.
HEAD: Final = 64
# Rows of a gap that are scored at a time.
GAP_ROWS: Final = 4096
# Lines one after another of another number of fields, after which a channel is said to be gone.
GONE: Final = 10

Event = dict[str, Any]


@dataclass(frozen=True)
class Choices:
    """Choices of a user for a stream.

    Attributes
    ----------
    request : Request
        How lines are read.
    fs : float or None
        Sampling rate in Hz; by default that of the model, else that of the stamps.
    learn_rows : int
        Lines to learn from, where there is no model.
    threshold : dict
        Arguments `alpha`, `false_alarms` and `adapt` of `Stream`.
    every : int
    strict : bool
        Whether a bad line ends the stream.
    """

    request: Request
    fs: float | None
    learn_rows: int
    threshold: dict[str, Any]
    every: int
    strict: bool


class Feed:
    """A stream of lines: its layout, clock and scores.

    Parameters
    ----------
    name : str
        Name of the source in messages.
    choices : Choices
    model : Model, optional
        By default it is learned from the first lines.
    learn : callable
        Learns a model from a recording.
    """

    def __init__(
        self,
        name: str,
        choices: Choices,
        model: Model | None,
        learn: Callable[[Recording], Model],
    ) -> None:
        self.name, self._choices, self._learn = name, choices, learn
        self.model, self._given_model = model, model
        self._head: list[str] = []
        self._layout: Layout | None = None
        self._clock: Clock | None = None
        self._stream: Stream | None = None
        self._offset = self._n_other = 0
        # Lines one after another without the key of a channel, where there are any.
        self._absent: dict[int, int] = {}
        self.n_lines = self.n_bad = self.n_events = 0
        # Where the source is read next time, kept here to be saved together with the rest.
        self.position, self.file = 0, ""
        # Sentences for a person: what was learned, and of what the lines are.
        self.notes: list[str] = []

    def take(self, line: str) -> Iterator[Event]:
        """Take the next line; yield the events of alarms.

        Raises DataError, naming the line, for one that the stream does not go on after; the line is
        not taken.
        """
        if self._stream is not None:
            yield from self._take(line)
            self.n_lines += 1
            return
        self._head.append(line)
        self.n_lines += 1
        needed = self._choices.learn_rows if self._given_model is None else HEAD
        if self.n_lines >= needed:
            yield from self._begin()

    def finish(self) -> Iterator[Event]:
        """End the stream; yield the events of an open alarm."""
        if self._stream is None and self._head:
            if self._given_model is None:
                raise DataError(
                    f"{self.name} ended after {self.n_lines} of the {self._choices.learn_rows} "
                    "lines to learn from: give a smaller --learn-rows, or a MODEL."
                )
            yield from self._begin()
        if self._stream is not None:
            yield from self._events(self._stream.finish().events)

    def _begin(self) -> Iterator[Event]:
        """Find the layout in the first lines, and learn from them or score them."""
        head, given = self._head, self._given_model
        choices = self._choices
        wanted = None if given is None else given.channels
        layout, raw = Layout.of(head, choices.request, wanted, self.name)
        recording = self._recording(raw)
        found = None if recording is None else recording.fs
        model = self._learned(recording) if given is None else given
        fs = model.fs if choices.fs is None else choices.fs
        rate = found if choices.fs is None else choices.fs
        if model.fs and rate and abs(rate / model.fs - 1) > RATE_TOLERANCE:
            raise DataError(
                f"{self.name} is sampled at {rate:g} Hz, but {model.name}, which was learned "
                f"from, at {model.fs:g} Hz: give a model of that rate."
            )
        fs = found if fs is None else fs
        step = None if fs is None or layout.kind == "none" else 1 / fs
        self._layout, self.model = layout, model
        self._clock = Clock(ClockState(step, layout.resolution))
        half_life, longest = choices.threshold.get("adapt"), max(model.npersegs)
        if half_life is not None and half_life < longest:
            raise DataError(
                f"--adapt {half_life} must be at least {longest}, the rows of the longest frame."
            )
        unknown = None if model.fs is not None else fs
        stream = Stream(model, every=choices.every, fs=unknown, **choices.threshold)
        self._head = []
        if given is None:
            self._count(head)
            self._offset = self._clock.n_rows
            self._stream = stream
            return
        self._stream = stream
        self.n_lines = 0
        for line in head:
            yield from self.take(line)

    def _recording(self, raw: Any) -> Recording | None:
        """Return the first lines on their grid, None where they have none."""
        try:
            return Recording.from_raw(raw, self._choices.fs, None, self.name)
        except DataError:
            if self._given_model is None:
                raise
            return None

    def _learned(self, recording: Recording | None) -> Model:
        assert recording is not None
        model = self._learn(recording)
        self.notes += [*recording.notes, f"learned from the first {len(self._head)} lines."]
        return model

    def _count(self, lines: list[str]) -> None:
        """Count the rows that were learned from."""
        assert self._layout is not None
        assert self._clock is not None
        for self.n_lines, line in enumerate(lines):
            try:
                row = self._layout.row(line)
                if row is not None:
                    self._missing_before(row)
                    self._n_other = 0
            except BadLineError as error:
                self._refuse(error)
                if not self._clock.counts_gaps:
                    self._clock.without_time()
        self.n_lines = len(lines)

    def _take(self, line: str) -> Iterator[Event]:
        """Take one line."""
        assert self._layout is not None
        try:
            row = self._layout.row(line)
            if row is None:
                return
            if row.absent or self._absent:
                self._count_absent(row.absent)
            missing = self._missing_before(row)
        except BadLineError as error:
            self._refuse(error)
            yield from self._left_out()
            return
        except DataError as error:
            raise DataError(f"{self._place}: {error}") from None
        self._n_other = 0
        yield from self._gap(missing)
        yield from self._row(row.values)

    @property
    def _place(self) -> str:
        """Name of the line that is being taken, in messages."""
        return f"{self.name}, line {self.n_lines + 1}"

    def _missing_before(self, row: Row) -> int:
        """Count a row; return the number of rows missing before it."""
        assert self._layout is not None
        assert self._clock is not None
        if row.seconds is None:
            self._clock.without_time()
            return 0
        seconds = self._layout.later(row.seconds, self._clock.last)
        if self._clock.repeats(seconds):
            raise BadLineError("the time of the line before it")
        return self._clock.place(seconds)

    def _count_absent(self, absent: tuple[int, ...]) -> None:
        """Count the lines without a channel; raise DataError where it is gone."""
        assert self._layout is not None
        counts = {channel: self._absent.get(channel, 0) + 1 for channel in absent}
        for channel, n_lines in counts.items():
            if n_lines >= HEAD:
                key = self._layout.titles[self._layout.channels[channel]]
                raise DataError(
                    f"no key {shown(key)}, and so in {HEAD} lines one after another: the channel "
                    "is gone."
                )
        self._absent = counts

    def _refuse(self, error: BadLineError) -> None:
        """Count a bad line; raise DataError where there are too many, or one is too many."""
        self.n_bad += 1
        self._n_other += 1
        if self._choices.strict:
            raise DataError(f"{self._place}: {error}.")
        if self._n_other >= GONE:
            raise DataError(
                f"{self._place}: {error}, and so in {GONE} lines one after another: the channels "
                "have changed, or one is gone."
            )

    def _left_out(self) -> Iterator[Event]:
        """Leave a row without values for a bad line, where no stamp tells of it."""
        assert self._clock is not None
        if not self._clock.counts_gaps:
            self._clock.without_time()
            yield from self._gap(1)

    def _gap(self, n_rows: int) -> Iterator[Event]:
        """Pass rows without values on."""
        assert self._layout is not None
        while n_rows > 0:
            n = min(n_rows, GAP_ROWS)
            yield from self._rows(np.full((n, len(self._layout.channels)), np.nan))
            n_rows -= n

    def _row(self, values: tuple[float, ...]) -> Iterator[Event]:
        assert self._stream is not None
        yield from self._events(self._stream.update([values]).events)

    def _rows(self, rows: NDArray[np.float64]) -> Iterator[Event]:
        """Pass rows on so that scorings lie at multiples of `every`, whatever was read at once."""
        assert self._stream is not None
        while len(rows):
            n = self._stream.every - self._stream.n_rows % self._stream.every
            yield from self._events(self._stream.update(rows[:n]).events)
            rows = rows[n:]

    def _events(self, events: tuple[AlarmEvent, ...]) -> Iterator[Event]:
        """Yield events as JSON holds them."""
        for event in events:
            self.n_events += 1
            yield {
                "event": event.kind,
                "number": self.n_events,
                "alarm": event.alarm,
                **{name: self._instant(getattr(event, name)) for name in ("start", "end", "peak")},
                "score": round(event.score, 4),
                "p_value": float(f"{event.p_value:.4g}"),
                "channel": event.channel,
                "bad_lines": self.n_bad,
            }

    def _instant(self, row: int) -> int | str | float:
        """Return the instant of a row of the stream, or its number."""
        assert self._layout is not None
        assert self._clock is not None
        row += self._offset
        if self._layout.kind == "none":
            return row
        return self._layout.instant(self._clock.seconds_at(row))

    def to_bytes(self) -> bytes:
        """Return the state of the feed, which `restored` continues exactly."""
        head = "\n".join(self._head).encode(errors="surrogatepass")
        stream = None if self._stream is None else self._stream.state()
        channels = range(max(self._absent, default=-1) + 1)
        state = FeedState(
            head=np.frombuffer(head, dtype=np.uint8),
            model=self.model if self._given_model is None else None,
            given=_hash_of(self._choices),
            layout=self._layout,
            clock=None if self._clock is None else self._clock.state(),
            stream=None if stream is None else np.frombuffer(stream, dtype=np.uint8),
            offset=self._offset,
            n_lines=self.n_lines,
            n_bad=self.n_bad,
            n_events=self.n_events,
            n_other=self._n_other,
            position=self.position,
            file=self.file,
            absent=np.array([self._absent.get(i, 0) for i in channels], dtype=np.int64),
        )
        about, arrays = pack(state)
        return FORMAT.to_bytes(arrays, {"feed": about})

    @classmethod
    def restored(
        cls,
        file: str,
        name: str,
        choices: Choices,
        model: Model | None,
        learn: Callable[[Recording], Model],
    ) -> Self:
        """Return the feed that a state file continues.

        Raises DataError for a file of another stream: its model, threshold or `every` differ.
        """
        arrays, about = FORMAT.read(file)
        try:
            saved = unpack(FeedState, about["feed"], arrays)
            feed = cls(name, choices, model, learn)
            text = saved.head.tobytes().decode(errors="surrogatepass")
            feed._head = text.split("\n") if text else []
        except DAMAGE as error:
            raise FORMAT.damaged(file) from error
        if saved.given != _hash_of(choices):
            raise DataError(
                f"{file} was saved with another threshold, --adapt or --every: give the same, or "
                "begin the stream anew without it."
            )
        feed.n_lines, feed.n_bad, feed.n_events = saved.n_lines, saved.n_bad, saved.n_events
        feed._offset, feed._n_other = saved.offset, saved.n_other
        feed.position, feed.file = saved.position, saved.file
        feed._absent = {i: n for i, n in enumerate(saved.absent.tolist()) if n}
        if saved.stream is None or saved.clock is None:
            return feed
        used = model if model is not None else saved.model
        if used is None:
            raise DataError(f"{file} was saved with a MODEL file: give it.")
        feed.model, feed._layout, feed._clock = used, saved.layout, Clock(saved.clock)
        try:
            feed._stream = Stream.restore(used, saved.stream.tobytes())
        except DataError as error:
            raise DataError(f"{file}: {error}") from None
        return feed


def _hash_of(choices: Choices) -> str:
    """Return a hash of the choices that a stream cannot go on with others of."""
    kept = (sorted(choices.threshold.items()), choices.every)
    return hashlib.sha256(repr(kept).encode()).hexdigest()[:16]
