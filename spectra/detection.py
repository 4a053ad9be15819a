"""What was found in a recording: alarms, scores, and words about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spectra import alarms as events
from spectra import explanation as explain
from spectra import formatting as words
from spectra.arrays import BoolArray
from spectra.calibration.gaussian import GaussianThreshold, p_from_z
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.model import Learned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Below so many frames without overlap the Gaussian is a guess.
FEW_FRAMES = 20
ROWS_SHOWN = 10
# What a result says it learned from where no normal data was given.
ITSELF = "the recording itself"


@dataclass(frozen=True, eq=False)
class Detection:
    """What was found in a recording.

    `frame_scores` are of the frames; `learned_from` says in words what normal was learned from, and
    `own` whether that was (part of) the recording itself; `input_index` (n_input,) is the index the
    data came with, where it had one.
    """

    recording: Recording
    learned: Learned
    frame_scores: Scores
    alpha: float
    learned_from: str
    own: bool
    input_index: pd.Index | None = None

    @property
    def fs(self) -> float | None:
        """Sampling rate in Hz, None where it is unknown."""
        return self.recording.fs

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Samples in a frame, for each of the frame lengths."""
        return self.learned.npersegs

    @property
    def nperseg(self) -> int:
        """Samples in a frame: of several lengths that nearest to the dominant period, without one
        the middle one.
        """
        lengths = np.array(self.npersegs)
        if self.period is None:
            return int(lengths[len(lengths) // 2])
        return int(lengths[np.abs(np.log(lengths / self.period)).argmin()])

    @property
    def hop(self) -> int:
        """Samples from one score to the next."""
        return self.learned.model.settings.cut.step

    @property
    def period(self) -> int | None:
        """The dominant period in samples that the frame length came from; None where it did not
        come from one.
        """
        return self.learned.period

    @property
    def calibration(self) -> GaussianThreshold:
        """How distances became probabilities, with its goodness of fit."""
        return self.learned.model.calibration

    @cached_property
    def events(self) -> events.Events:
        """The alarms as rows of the recording; stretches closer than the longest frame are one."""
        scores = self.frame_scores
        starts = np.arange(scores.z.size) * scores.step
        found = events.find_events(
            starts, scores.z, scores.p_value, scores.step, self.alpha, gap=max(self.npersegs)
        )
        return replace(found, last=np.minimum(found.last, scores.n_samples - 1))

    @cached_property
    def _where(self) -> explain.Strongest:
        """Where the peaks of the alarms differ from normal."""
        return explain.explain(
            self.learned.model,
            self.recording.values,
            self.frame_scores,
            self.events.peak,
            own=self.own,
        )

    @cached_property
    def alarms(self) -> pd.DataFrame:
        """One row an alarm, in order of time.

        start, end (its last instant) and peak (its most unusual instant) are values of the
        recording's index; score is the z there, p_value its probability under normality; channel
        and f_low … f_high, in Hz (cycles per sample where no sampling rate is known), say where the
        frame around the peak differs most.
        """
        found, index, where = self.events, self.recording.index, self._where
        step, z = self.frame_scores.step, self.frame_scores.z[found.peak]
        f_low, f_high = explain.band_edges(where.low, where.high, where.nperseg, self.fs)
        return pd.DataFrame(
            {
                "start": index.take(found.first),
                "end": index.take(found.last),
                "peak": index.take(np.minimum(found.peak * step + step // 2, found.last)),
                "score": z,
                "p_value": p_from_z(z),
                "channel": np.asarray(self.recording.channels, dtype=object)[where.channel],
                "f_low": f_low,
                "f_high": f_high,
            }
        )

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row an input row, on its index: anomaly_score (z, high = anomalous), p_value, alarm
        (0 or 1).

        Rows without a score, in gaps or beside them, have NaN, NaN and 0.
        """
        z = self.frame_scores.sample_z
        alarm = events.inside(self.events, z.size) & np.isfinite(z)
        table = pd.DataFrame(
            {"anomaly_score": z, "p_value": p_from_z(z), "alarm": alarm.astype(np.int64)}
        )
        table = table.take(self.recording.rows)
        return table.set_axis(
            self.recording.index.take(self.recording.rows)
            if self.input_index is None
            else self.input_index
        )

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the data and of the result, one sentence each."""
        own = (
            _constant_note(self.recording, self.learned, own=self.own),
            _unscored_note(self.frame_scores),
            _few_frames_note(self.calibration),
        )
        return (*self.recording.notes, *(note for note in own if note))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The alarms as texts for a person, one row an alarm: start, end, peak, p-value, channel,
        strongest at, duration.
        """
        alarms, found = self.alarms, self.events
        unit = words.instant_unit(self.recording.index)
        bands = zip(alarms["f_low"], alarms["f_high"], self._where.nperseg, strict=True)
        return pd.DataFrame(
            {
                **{
                    f"{name}{unit}": words.instants(pd.Index(alarms[name]), self.fs)
                    for name in ("start", "end", "peak")
                },
                "p-value": [words.p_text(value) for value in alarms["p_value"]],
                "channel": alarms["channel"].astype(str),
                "strongest at": [
                    words.frequency_text(low, high, self.fs, int(nperseg))
                    for low, high, nperseg in bands
                ],
                "duration": [words.samples_text(n, self.fs) for n in found.last - found.first + 1],
            },
            dtype=object,
        )

    @property
    def headline(self) -> str:
        """How much was looked at, and how, in one line."""
        shortest, longest = min(self.npersegs), max(self.npersegs)
        return " · ".join(
            (
                words.counted(self.recording.rows.size, "row"),
                words.counted(self.recording.n_channels, "channel"),
                words.rate_text(self.fs),
                f"frames of {words.span_text(shortest, longest, self.fs)}",
                self.learned_from_text,
            )
        )

    @property
    def learned_from_text(self) -> str:
        """What normal was learned from, as part of a sentence."""
        if self.own and self.learned_from == ITSELF:
            return f"no normal data given: learned from {ITSELF}"
        return f"learned from {self.learned_from}"

    @property
    def verdict(self) -> str:
        """How many alarms there are, in one line."""
        count = (
            words.counted(len(self.events.first), "alarm")
            if self.events.first.size
            else "no alarms"
        )
        return f"{count} at a false-alarm probability of {self.alpha:g} a frame"

    def plot(self) -> "Figure":
        """Signal, score with threshold, spectrogram and alarms as a figure; needs matplotlib (the
        extra `plot`).
        """
        from spectra.plots import plot

        return plot(self)

    def _shown(self) -> pd.DataFrame:
        """The texts of the strongest alarms, in order of time."""
        strongest = np.argsort(-self.alarms["score"].to_numpy(), kind="stable")[:ROWS_SHOWN]
        return self.table.iloc[np.sort(strongest)]

    def _verdict_shown(self) -> str:
        hidden = len(self.alarms) - ROWS_SHOWN
        return self.verdict + (
            f"; the {ROWS_SHOWN} strongest are shown, .alarms has all" if hidden > 0 else ""
        )

    def __repr__(self) -> str:
        heading = f"{self.recording.name}  {self.headline}"
        notes = (f"note: {note}" for note in self.notes)
        return "\n".join([heading, *words.aligned(self._shown()), self._verdict_shown(), *notes])

    def _repr_html_(self) -> str:
        table = (
            self._shown().to_html(index=False, escape=True, border=0) if len(self.alarms) else ""
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        heading = f"<p><b>{escape(self.recording.name)}</b>  {escape(self.headline)}</p>"
        return f"{heading}{table}<p>{escape(self._verdict_shown())}</p>" + (
            f"<ul>{notes}</ul>" if notes else ""
        )


def _constant_note(recording: Recording, learned: Learned, *, own: bool) -> str:
    """A word on channels that never change; empty where there are none."""
    values = recording.values
    with np.errstate(invalid="ignore"):
        still = np.fmin.reduce(values, axis=0) == np.fmax.reduce(values, axis=0)
    note = _of_channels(recording.channels, still, "constant")
    unseen = learned.constant & ~still
    if own or not unseen.any():
        return note
    return " ".join(
        filter(
            None,
            (note, _of_channels(recording.channels, unseen, "constant in what was learned from")),
        )
    )


def _of_channels(channels: Sequence[str], marked: BoolArray, what: str) -> str:
    names = [name for name, mark in zip(channels, marked, strict=True) if mark]
    if not names:
        return ""
    return (
        f"Channel '{names[0]}' is {what}."
        if len(names) == 1
        else f"{words.named(names, 'Channels ')} are {what}."
    )


def _unscored_note(scores: Scores) -> str:
    missing = int(np.isnan(scores.sample_z).sum())
    if not missing:
        return ""
    return (
        f"{words.counted(missing, 'row')} of {scores.sample_z.size:,} in gaps or between them "
        "have no score."
    )


def _few_frames_note(calibration: GaussianThreshold) -> str:
    if calibration.n_independent >= FEW_FRAMES:
        return ""
    count = words.counted(round(calibration.n_independent), "frame")
    return f"Only {count} without overlap to learn from: the p-values are rough."
