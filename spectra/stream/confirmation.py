"""Alarms opened on the causal clock, and confirmed or withdrawn on the settled one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spectra.parameters import MOST_ROWS
from spectra.stream.tracker import AlarmEvent


@dataclass(frozen=True)
class EarlyAlarm:
    """An alarm of the causal clock that the settled one has not judged yet.

    Attributes
    ----------
    event : AlarmEvent
        Its last event.
    is_open : bool
        Whether the causal clock may still extend it.
    """

    event: AlarmEvent
    is_open: bool


@dataclass(frozen=True)
class ConfirmationState:
    """A confirmation between two blocks, for a file.

    Attributes
    ----------
    waiting : tuple of EarlyAlarm
        In order of time.
    n_alarms : int
        Alarms so far.
    confirmed : int
        Number of the alarm that is open on the settled clock, 0 for none.
    until : int
        The row after the last one of all closed alarms.
    ignored : bool
        Whether the open run of the causal clock belongs to an alarm that is known already.
    """

    waiting: tuple[EarlyAlarm, ...] = ()
    n_alarms: int = 0
    confirmed: int = 0
    until: int = 0
    ignored: bool = False

    def __post_init__(self) -> None:
        numbers = [one.event.alarm for one in self.waiting]
        if not 0 <= max(self.confirmed, *numbers, 0) <= self.n_alarms <= MOST_ROWS:
            raise ValueError("Alarms are numbered from 1 on.")
        if min(self.confirmed, self.until, *numbers) < 0 or self.until > MOST_ROWS:
            raise ValueError("Alarms lie in the rows so far.")


class Confirmation:
    """Events of two clocks as those of one list of alarms.

    An alarm is opened by the clock that sees it first. An alarm of the settled clock confirms, and
    then closes, the largest early alarm whose frames cover rows of it. An early alarm is withdrawn
    once its rows are settled and none has.

    Parameters
    ----------
    reach : int
        Rows of the longest causal frame: how far before its first row an alarm may have its cause.
    state : ConfirmationState
    """

    def __init__(self, reach: int, state: ConfirmationState | None = None) -> None:
        state = state or ConfirmationState()
        self._reach, self._waiting = reach, list(state.waiting)
        self._n_alarms, self._confirmed = state.n_alarms, state.confirmed
        self._until, self._ignored = state.until, state.ignored

    @property
    def state(self) -> ConfirmationState:
        """The state that continues the confirmation."""
        return ConfirmationState(
            tuple(self._waiting), self._n_alarms, self._confirmed, self._until, self._ignored
        )

    @property
    def is_open(self) -> bool:
        """Return whether an alarm is neither confirmed nor withdrawn."""
        return bool(self._waiting)

    def early(self, events: list[AlarmEvent]) -> Iterator[AlarmEvent]:
        """Take events of the causal clock; yield those of alarms that are not known yet."""
        for event in events:
            if event.kind == "opened":
                known = event.start - self._reach < self._until
                self._ignored = known or self._confirmed > 0
                if not self._ignored:
                    yield self._opened(event)
                    self._waiting.append(EarlyAlarm(self._numbered(event), is_open=True))
                continue
            if self._ignored:
                continue
            number = self._waiting[-1].event.alarm
            event = replace(event, alarm=number)
            self._waiting[-1] = EarlyAlarm(event, is_open=event.kind != "closed")
            if event.kind == "updated":
                yield event

    def settled(
        self, events: list[AlarmEvent], n_rows: int, *, is_raised: bool
    ) -> Iterator[AlarmEvent]:
        """Take events of the settled clock, which has judged `n_rows`; yield those of all alarms.

        `is_raised` says whether the last of these rows may become part of an alarm.
        """
        for event in events:
            if event.kind == "opened":
                seen = [one for one in self._waiting if self._explains(event, one)]
                if not seen:
                    yield self._opened(event)
                    self._confirmed = self._n_alarms
                else:
                    found = max(seen, key=lambda one: one.event.score)
                    self._waiting.remove(found)
                    self._ignored |= found.is_open
                    self._confirmed = found.event.alarm
                yield replace(event, kind="confirmed", alarm=self._confirmed)
                continue
            yield replace(event, alarm=self._confirmed)
            if event.kind == "closed":
                self._confirmed, self._until = 0, max(self._until, event.end + 1)
        if not is_raised:
            yield from self._withdrawn(n_rows)

    def _withdrawn(self, n_rows: int) -> Iterator[AlarmEvent]:
        """Yield the withdrawal of each alarm whose rows lie before `n_rows`."""
        settled = [one for one in self._waiting if not one.is_open and one.event.end < n_rows]
        for one in settled:
            self._waiting.remove(one)
            yield replace(one.event, kind="withdrawn")

    def _explains(self, event: AlarmEvent, early: EarlyAlarm) -> bool:
        """Return whether an alarm lies in the rows that the frames of an early one cover."""
        begins = early.event.start - self._reach <= event.end
        return begins and (early.is_open or event.start <= early.event.end)

    def _opened(self, event: AlarmEvent) -> AlarmEvent:
        """Return the opening of an alarm with the next number."""
        self._n_alarms += 1
        return self._numbered(event)

    def _numbered(self, event: AlarmEvent) -> AlarmEvent:
        return replace(event, alarm=self._n_alarms)
