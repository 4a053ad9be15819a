"""From a recording to alarms: the one function most people need, and its result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from math import isclose
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra import events, explain, frames, words
from spectra.calibration import GaussianThreshold, p_from_z
from spectra.comparison import Settings
from spectra.datasets.recording import Data, Recording, as_recording
from spectra.errors import DataError
from spectra.model import SpectralModel
from spectra.model_file import Learned
from spectra.scores import Scores
from spectra.sequence.model import SequenceModel, SequenceSettings, sequence_cut, usual_nperseg
from spectra.views import VIEWS, View

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Method = Literal["spectral", "sequence"]
SPECTRAL: Final = "spectral"
SEQUENCE: Final = "sequence"

# How many of the normal spectra a frame is compared with: the nearest few, which find the single odd cycle; and of a
# recording that may hold long stretches of anomalies, which would be each other's nearest, a share of all as well.
K_OF_NORMAL = (5.0,)
K_OF_OWN = (5.0, 0.1)
# Rates that differ less are the same: clocks are not exact.
RATE_TOLERANCE = 0.01
# Below so many frames without overlap the Gaussian is a guess.
FEW_FRAMES = 20
ROWS_SHOWN = 10
_NO_RATE = "No sampling rate is known"


@dataclass(frozen=True, eq=False)
class Detection:
    """What was found in a recording.

    `frame_scores` are of the frames; `learned_from` says in words what normal was learned from, and `own` whether that
    was (part of) the recording itself; `input_index` (n_input,) is the index the data came with, where it had one.
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
        """Samples in a frame: of several lengths that nearest to the dominant period, without one the middle one."""
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
        """The dominant period in samples that the frame length came from; None where it did not come from one."""
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
        found = events.find_events(starts, scores.z, scores.p_value, scores.step, self.alpha, gap=max(self.npersegs))
        return replace(found, last=np.minimum(found.last, scores.n_samples - 1))

    @cached_property
    def _where(self) -> explain.Strongest:
        """Where the peaks of the alarms differ from normal."""
        return explain.explain(self.learned.model, self.recording.values, self.frame_scores, self.events.peak, own=self.own)

    @cached_property
    def alarms(self) -> pd.DataFrame:
        """One row an alarm, in order of time.

        start, end (its last instant) and peak (its most unusual instant) are values of the recording's index; score is
        the z there, p_value its probability under normality; channel and f_low … f_high, in Hz (cycles per sample where
        no sampling rate is known), say where the frame around the peak differs most.
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
        """One row an input row, on its index: anomaly_score (z, high = anomalous), p_value, alarm (0 or 1).

        Rows without a score, in gaps or beside them, have NaN, NaN and 0.
        """
        z = self.frame_scores.sample_z
        alarm = events.inside(self.events, z.size) & np.isfinite(z)
        table = pd.DataFrame({"anomaly_score": z, "p_value": p_from_z(z), "alarm": alarm.astype(np.int64)})
        table = table.take(self.recording.rows)
        return table.set_axis(
            self.recording.index.take(self.recording.rows) if self.input_index is None else self.input_index
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
        """The alarms as texts for a person, one row an alarm: start, end, peak, p-value, channel, strongest at, duration."""
        alarms, found = self.alarms, self.events
        unit = words.instant_unit(self.recording.index)
        bands = zip(alarms["f_low"], alarms["f_high"], self._where.nperseg, strict=True)
        return pd.DataFrame(
            {
                **{f"{name}{unit}": words.instants(pd.Index(alarms[name]), self.fs) for name in ("start", "end", "peak")},
                "p-value": [words.p_text(value) for value in alarms["p_value"]],
                "channel": alarms["channel"].astype(str),
                "strongest at": [words.frequency_text(low, high, self.fs, int(nperseg)) for low, high, nperseg in bands],
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
        count = words.counted(len(self.events.first), "alarm") if self.events.first.size else "no alarms"
        return f"{count} at a false-alarm probability of {self.alpha:g} a frame"

    def plot(self) -> "Figure":
        """Signal, score with threshold, spectrogram and alarms as a figure; needs matplotlib (the extra `plot`)."""
        from spectra.plots import plot

        return plot(self)

    def _shown(self) -> pd.DataFrame:
        """The texts of the strongest alarms, in order of time."""
        strongest = np.argsort(-self.alarms["score"].to_numpy(), kind="stable")[:ROWS_SHOWN]
        return self.table.iloc[np.sort(strongest)]

    def _verdict_shown(self) -> str:
        hidden = len(self.alarms) - ROWS_SHOWN
        return self.verdict + (f"; the {ROWS_SHOWN} strongest are shown, .alarms has all" if hidden > 0 else "")

    def __repr__(self) -> str:
        heading = f"{self.recording.name}  {self.headline}"
        notes = (f"note: {note}" for note in self.notes)
        return "\n".join([heading, *aligned(self._shown()), self._verdict_shown(), *notes])

    def _repr_html_(self) -> str:
        table = self._shown().to_html(index=False, escape=True, border=0) if len(self.alarms) else ""
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        heading = f"<p><b>{escape(self.recording.name)}</b>  {escape(self.headline)}</p>"
        return f"{heading}{table}<p>{escape(self._verdict_shown())}</p>" + (f"<ul>{notes}</ul>" if notes else "")


ITSELF = "the recording itself"


def learn(
    normal: Data,
    *,
    nperseg: int | None = None,
    k: float | None = None,
    view: View | None = None,
    fs: float | None = None,
    window: str | tuple[str, float] = "hann",
    method: Method = SPECTRAL,
    epochs: int = 0,
) -> Learned:
    """What is normal, learned from a recording of nothing else, to score others with.

    `nperseg` is the frame length in samples, by default several, 16 to 256; `k` the number of nearest normal spectra a
    frame is compared with, or below 1 their share, by default 5; `view` what of the spectra is compared, by default
    magnitudes with and without the level; `fs` in Hz is for data that has no time of its own.

    With `method` "sequence" a frame is compared with what the frames before it let expect, instead of with all normal
    ones: what is normal but comes out of order is found. Frames have one length then, by default a power of two near a
    sixteenth of the period, and there is no k. With `epochs` above 0 a Transformer is trained on at most so many passes
    and tells what it expects as well, which takes some time.

    Raises DataError for data that cannot be read or is too short, ValueError for a parameter out of range.
    """
    recording = _recording(normal, fs)
    _check_method(method, k, epochs)
    if method == SEQUENCE:
        return _fitted(recording, _sequence_settings(recording, nperseg, view, window, epochs))[0]
    settings = _settings(recording, nperseg, K_OF_NORMAL if k is None else (k,), view, window)
    return _fitted(recording, settings)[0]


def detect(
    data: Data,
    *,
    normal: Data | None = None,
    normal_rows: slice | tuple[int, int] | None = None,
    alpha: float = 0.001,
    nperseg: int | None = None,
    k: float | None = None,
    view: View | None = None,
    fs: float | None = None,
    window: str | tuple[str, float] = "hann",
    method: Method = SPECTRAL,
    epochs: int = 0,
) -> Detection:
    """Find what is unusual in a recording: a path, an array (n,) or (n, channels), a data frame, a series.

    What is normal is learned from `normal`, a second recording; or from the rows `normal_rows` of this one (start, stop)
    and from the recording itself; or from the recording itself alone, of which most must be normal. `alpha` is the
    probability with which a normal frame is called anomalous; `nperseg`, `k`, `view`, `fs`, `window`, `method` and `epochs`
    are those of `learn`, but k is by default both 5 and a tenth of the frames where the recording itself is learned from.
    With `method` "sequence" what order is normal is learned from the `normal_rows` alone, where they are given. Raises
    DataError for data that cannot be used, ValueError for a parameter out of range.
    """
    _check_alpha(alpha)
    if normal is not None:
        if normal_rows is not None:
            raise ValueError("Give normal or normal_rows, not both.")
        learned = learn(normal, nperseg=nperseg, k=k, view=view, fs=fs, window=window, method=method, epochs=epochs)
        return score(learned, data, alpha=alpha, fs=fs)
    recording = _recording(data, fs)
    _check_method(method, k, epochs)
    settings: Settings | SequenceSettings
    if method == SEQUENCE:
        settings = _sequence_settings(recording, nperseg, view, window, epochs)
    else:
        settings = _settings(recording, nperseg, K_OF_OWN if k is None else (k,), view, window)
    span, source = (None, ITSELF) if normal_rows is None else _span(recording, normal_rows)
    learned, scores = _fitted(recording, settings, span, K_OF_NORMAL if k is None else (k,))
    return Detection(recording, learned, scores, alpha, source, True, _index_of(data))


def score(learned: Learned, data: Data, *, alpha: float = 0.001, fs: float | None = None) -> Detection:
    """Find what is unusual in a recording by what was learned from a normal one.

    Raises DataError where its channels or its sampling rate are not those learned; the order of channels is free, and
    the learned rate is taken where the data has none. Raises ValueError for an alpha outside (0, 0.5].
    """
    _check_alpha(alpha)
    recording = _like_learned(_recording(data, fs), learned)
    try:
        scores = learned.model.score(recording.values)
    except DataError as error:
        raise DataError(f"{recording.name}: {error}") from None
    return Detection(recording, learned, scores, alpha, learned.name, False, _index_of(data))


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha <= 0.5:
        raise ValueError(f"alpha={alpha} must lie above 0 and not above 0.5.")


def _check_method(method: str, k: float | None, epochs: int) -> None:
    if method not in get_args(Method):
        raise ValueError(f"method={method!r} must be one of {', '.join(get_args(Method))}.")
    if epochs < 0 or epochs != int(epochs):
        raise ValueError(f"epochs={epochs} must be an integer >= 0.")
    if method == SEQUENCE and k is not None:
        raise ValueError(f"k={k} is for method='spectral': a sequence is compared with all that is normal, by attention.")
    if method == SPECTRAL and epochs:
        raise ValueError(f"epochs={epochs} is for method='sequence': nothing else is trained.")


def _index_of(data: Data) -> pd.Index | None:
    return data.index if isinstance(data, (pd.DataFrame, pd.Series)) else None


def _recording(data: Data, fs: float | None) -> Recording:
    if isinstance(data, Recording) and data.fs is None and fs is not None:
        return _at_rate(data, fs)
    return as_recording(data, fs)


def _at_rate(recording: Recording, fs: float) -> Recording:
    """The recording with a sampling rate, which it had none of."""
    return replace(recording, fs=fs, notes=tuple(note for note in recording.notes if not note.startswith(_NO_RATE)))


def _like_learned(recording: Recording, learned: Learned) -> Recording:
    """The recording with the learned order of channels and rate; raises DataError where they are others."""
    if sorted(recording.channels) != sorted(learned.channels):
        raise DataError(
            f"{recording.name} has {_named(recording.channels)}, but what is normal was learned from {learned.name} with "
            f"{_named(learned.channels)}: give data with the same channels."
        )
    if recording.channels != learned.channels:
        place = {name: column for column, name in enumerate(recording.channels)}
        order = [place[name] for name in learned.channels]
        recording = replace(recording, values=recording.values[:, order], channels=learned.channels)
    if recording.fs is None:
        return recording if learned.fs is None else _at_rate(recording, learned.fs)
    if learned.fs is not None and not isclose(recording.fs, learned.fs, rel_tol=RATE_TOLERANCE):
        raise DataError(
            f"{recording.name} is sampled at {recording.fs:g} Hz, but what is normal was learned from {learned.name} at "
            f"{learned.fs:g} Hz: resample one of them."
        )
    return recording


def _span(recording: Recording, normal_rows: slice | tuple[int, int]) -> tuple[slice, str]:
    """The stretch of the recording that holds the given input rows, and its name; raises DataError for none."""
    rows = normal_rows if isinstance(normal_rows, slice) else slice(*normal_rows)
    n = recording.rows.size
    if rows.step not in (None, 1):
        raise ValueError(f"normal_rows={rows} must be a range of rows without a step.")
    start, stop, _ = rows.indices(n)
    if stop - start < 1:
        raise DataError(
            f"{recording.name} has the rows 0 to {n - 1}: the range of normal rows {_range(rows)} holds none of them."
        )
    places = recording.rows[start:stop]
    return slice(int(places.min()), int(places.max()) + 1), f"rows {start} to {stop - 1}"


def _range(rows: slice) -> str:
    return f"{'' if rows.start is None else rows.start}:{'' if rows.stop is None else rows.stop}"


def _settings(
    recording: Recording,
    nperseg: int | None,
    ks: tuple[float, ...],
    view: View | None,
    window: str | tuple[str, float],
) -> Settings:
    """How a recording is looked at; raises ValueError for a parameter out of range."""
    for k in ks:
        if not k > 0 or (k >= 1 and k != round(k)):
            raise ValueError(f"k={k} must be a number of frames or a share of them below 1.")
    _check_frames(nperseg, view)
    n = recording.n_samples
    cut = frames.ladder(n) if nperseg is None else frames.cut_of(int(nperseg), n)
    # Who asks for one view or one frame length wants to see that one.
    usual = Settings(cut, ks, window=window, points=nperseg is None and view is None)
    return usual if view is None else replace(usual, views=(view,))


def _sequence_settings(
    recording: Recording, nperseg: int | None, view: View | None, window: str | tuple[str, float], epochs: int
) -> SequenceSettings:
    """How the order of a recording's frames is looked at; raises ValueError for a parameter out of range."""
    _check_frames(nperseg, view)
    n = recording.n_samples
    length = usual_nperseg(frames.dominant_period(recording.values), n) if nperseg is None else int(nperseg)
    usual = SequenceSettings(sequence_cut(length, n), window=window, epochs=int(epochs))
    return usual if view is None else replace(usual, view=view)


def _check_frames(nperseg: int | None, view: View | None) -> None:
    if nperseg is not None and (nperseg < 2 or nperseg != int(nperseg)):
        raise ValueError(f"nperseg={nperseg} must be an integer >= 2.")
    if view is not None and view not in VIEWS:
        raise ValueError(f"view={view!r} must be one of {', '.join(VIEWS)}.")


def _fitted(
    recording: Recording,
    settings: Settings | SequenceSettings,
    normal_rows: slice | None = None,
    normal_ks: tuple[float, ...] = (),
) -> tuple[Learned, Scores]:
    """What is learned from a recording, and its scores."""
    model: SpectralModel | SequenceModel
    try:
        if isinstance(settings, SequenceSettings):
            model, scores = SequenceModel.fit(recording.values, settings, normal_rows)
        else:
            model, scores = SpectralModel.fit(recording.values, settings, normal_rows, normal_ks)
    except DataError as error:
        raise DataError(f"{recording.name}: {error}") from None
    period = frames.dominant_period(recording.values)
    return Learned(model, recording.fs, recording.channels, period, recording.name), scores


def _constant_note(recording: Recording, learned: Learned, *, own: bool) -> str:
    """A word on channels that never change; empty where there are none."""
    values = recording.values
    with np.errstate(invalid="ignore"):
        still = np.fmin.reduce(values, axis=0) == np.fmax.reduce(values, axis=0)
    note = _of_channels(recording.channels, still, "constant")
    unseen = learned.constant & ~still
    if own or not unseen.any():
        return note
    return " ".join(filter(None, (note, _of_channels(recording.channels, unseen, "constant in what was learned from"))))


def _of_channels(channels: Sequence[str], marked: NDArray[np.bool_], what: str) -> str:
    names = [name for name, mark in zip(channels, marked, strict=True) if mark]
    if not names:
        return ""
    return f"Channel '{names[0]}' is {what}." if len(names) == 1 else f"{_named(names, 'Channels ')} are {what}."


def _named(names: Sequence[str], lead: str = "") -> str:
    """Names for a sentence, the first few of many: channels 'a', 'b' and 12 more."""
    shown = ", ".join(f"'{name}'" for name in names[:5])
    lead = lead or ("the channel " if len(names) == 1 else "the channels ")
    return lead + shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _unscored_note(scores: Scores) -> str:
    missing = int(np.isnan(scores.sample_z).sum())
    if not missing:
        return ""
    return f"{words.counted(missing, 'row')} of {scores.sample_z.size:,} in gaps or between them have no score."


def _few_frames_note(calibration: GaussianThreshold) -> str:
    if calibration.n_independent >= FEW_FRAMES:
        return ""
    count = words.counted(round(calibration.n_independent), "frame")
    return f"Only {count} without overlap to learn from: the p-values are rough."


def aligned(table: pd.DataFrame) -> list[str]:
    """A table of texts as lines with aligned columns under their headings; none for an empty one."""
    if table.empty:
        return []
    columns = [[str(name), *table[name]] for name in table.columns]
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return ["  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
