"""The causal clock of a stream with two, and the trackers of the alarms of both."""

from dataclasses import dataclass
from typing import Self

from spectra.arrays import Float64Array
from spectra.model import Model
from spectra.spectral.scorer import SpectralScorer, SpectralState
from spectra.stream.confirmation import Confirmation, ConfirmationState
from spectra.stream.tracker import AlarmEvent, AlarmTracker, TrackerState


@dataclass(frozen=True)
class EarlyState:
    """The causal clock of a stream with two, for its file.

    Attributes
    ----------
    alpha : float
    scorer : SpectralState
    tracker : TrackerState
    confirmation : ConfirmationState
    """

    alpha: float
    scorer: SpectralState
    tracker: TrackerState
    confirmation: ConfirmationState


@dataclass
class EarlyClock:
    """The causal clock of a stream with two: it opens alarms before they are settled."""

    alpha: float
    scorer: SpectralScorer
    tracker: AlarmTracker
    confirmation: Confirmation

    @classmethod
    def of(cls, model: Model, alpha: float) -> Self:
        """Return the clock of a stream that begins."""
        scorer = model.fitted.scorer()
        assert isinstance(scorer, SpectralScorer)
        return cls(alpha, scorer, tracker_of(model, alpha), Confirmation(max(model.npersegs)))

    @property
    def n_rows(self) -> int:
        """Return the number of rows so far."""
        return self.scorer.state.n_samples

    def update(self, rows: Float64Array) -> list[AlarmEvent]:
        """Take the next rows; return the events of alarms that are not known yet."""
        events = self.tracker.update(self.scorer.update(rows))
        return list(self.confirmation.early(events))

    def finish(self, rows: Float64Array, n_rows: int) -> list[AlarmEvent]:
        """Take the last rows; the signal has ended after `n_rows`."""
        events = self.tracker.update(self.scorer.update(rows))
        events += self.tracker.update(self.scorer.finish())
        return list(self.confirmation.early([*events, *self.tracker.finish(n_rows)]))

    def state(self) -> EarlyState:
        """Return the state that continues the clock."""
        return EarlyState(
            self.alpha, self.scorer.state, self.tracker.state(), self.confirmation.state
        )

    @classmethod
    def restored(cls, model: Model, state: EarlyState) -> Self:
        """Return the clock that a state continues; raise ValueError where it does not fit."""
        clock = cls.of(model, state.alpha)
        clock.scorer = SpectralScorer.restored(clock.scorer.model, state.scorer)
        clock.tracker = restored_tracker(model, state.tracker, state.alpha)
        clock.confirmation = Confirmation(max(model.npersegs), state.confirmation)
        return clock


def tracker_of(model: Model, alpha: float) -> AlarmTracker:
    """Return the tracker of the alarms of a model."""
    fitted = model.fitted
    return AlarmTracker(fitted.fusion, model.step, model.channels, alpha, fitted.causal)


def restored_tracker(model: Model, state: TrackerState, alpha: float) -> AlarmTracker:
    """Return the tracker that a state continues; raise ValueError where it does not fit."""
    fitted = model.fitted
    return AlarmTracker.restored(
        state, fitted.fusion, model.step, model.channels, alpha, fitted.causal
    )
