"""From an alarm to its explanation.

The event that an alarm is part of is contrasted with normal frames of its recording, channel by
channel; the kinds of faults are compared; and the most similar normal stretch is sought.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from spectra import formatting
from spectra.alarms import Alarms
from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.explanation.bands import band_edges, band_text, bands, bands_of
from spectra.explanation.contrast import (
    FEWEST_NORMAL,
    Contrast,
    contrast,
    decibels,
    frame_length,
)
from spectra.explanation.explained import ChannelShare, Expected, Explanation, Peak, Spectra
from spectra.explanation.facts import facts_of, uncoupled_scores
from spectra.explanation.kinds import Kind, kind_of
from spectra.explanation.learned import Learned, learned_frames
from spectra.explanation.sentences import decibel_text, sentence
from spectra.explanation.similar import NormalStretch, most_similar, normal_starts
from spectra.model import Model
from spectra.parameters import shown
from spectra.sequence.model import SequenceModel
from spectra.signal.angles import unwrapped
from spectra.signal.evidence import Evidence
from spectra.signal.spectrum import frequencies
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.lines import Lines

# The z that an event beside its alarm has at least on average, and the z at which one step counts
# most.
RAISED_Z: Final = 1.0
LARGEST_Z: Final = 4.0
# Normal frames of all channels together, and the fewest of one.
FRAMES_OF_ALL: Final = 4096
FEWEST_FRAMES: Final = 64


def explain(
    recording: Recording, model: Model, scores: Scores, alarms: Alarms, number: int, *, own: bool
) -> Explanation:
    """Return the explanation of one alarm, counted from 1 in order of time.

    Parameters
    ----------
    recording : Recording
    model : Model
    scores : Scores
    alarms : Alarms
    number : int
    own : bool
        Whether the model was learned from the recording.

    Raises
    ------
    ValueError
        For a number that no alarm has.
    """
    _check(number, alarms.first.size)
    first, last = int(alarms.first[number - 1]), int(alarms.last[number - 1])
    highest, peak = int(alarms.highest[number - 1]), int(alarms.peak[number - 1])
    values, fs = recording.values, recording.fs
    steps = np.array([highest, peak])
    evidence, at_peak = model.fitted.evidence(values, scores, steps, own=own)
    by_sequence = isinstance(model.fitted, SequenceModel)
    event, nperseg = _event(model, scores, evidence, (first, last))
    starts = normal_starts(scores, alarms, nperseg)
    # Fewer normal frames for each of many channels, as the time grows with both.
    most = max(FEWEST_FRAMES, FRAMES_OF_ALL // recording.n_channels)
    starts = starts[:: -(-starts.size // most) or 1]
    # Channels that raise no alarm carry none.
    scored = ~model.fitted.states
    values = unwrapped(values, model.fitted.turns)
    compared, normal = _normal(model, starts, nperseg)
    anatomy = _anatomy(
        values, scored, (first, last), event, normal, compared, evidence, by_sequence
    )
    channel = int(anatomy.shares.argmax())
    found = anatomy.contrasts[channel]
    parts = () if found is None else bands_of(found, fs, anatomy.level)
    unit = recording.units[channel] if recording.units else ""
    frame, similar = _similar(values[:, channel], (first, last), starts, nperseg)
    expected = _expected(evidence, fs) if by_sequence else None
    view, length = seen_in(model, scores, highest)
    rows = [first, last, first if similar is None else similar.start]
    start, end, similar_start = instants(recording, rows)
    return Explanation(
        number=number,
        start=start,
        end=end,
        kind=anatomy.kind,
        unit=unit,
        channels=tuple(
            ChannelShare(recording.channels[one], int(one), float(anatomy.shares[one]))
            for one in np.argsort(-anatomy.shares, kind="stable")
            if anatomy.shares[one] > 0
        ),
        bands=parts,
        peak=_peak(recording, int(alarms.peak_rows(scores.step)[number - 1]), at_peak),
        p_value=float(p_from_z(scores.z[highest])),
        view=view,
        nperseg=length,
        first_row=first,
        last_row=last,
        spectra=None if found is None else _spectra(found, fs),
        similar=similar,
        similar_start=None if similar is None else similar_start,
        frame=frame,
        expected=expected,
        sentence=sentence(
            anatomy.kind,
            recording.title(channel),
            f"{start} to {end}" if start != end else start,
            unit,
            parts,
            "" if expected is None else expected.text,
            anatomy.level,
        ),
    )


def _peak(recording: Recording, row: int, evidence: Evidence) -> Peak:
    """Return what the table of alarms says of the peak."""
    found = bands([evidence])
    (f_low,), (f_high,) = band_edges(found.low, found.high, found.nperseg, recording.fs)
    (time,) = instants(recording, [row])
    return Peak(
        row=row,
        time=time,
        channel=recording.channels[evidence.channel],
        f_low=float(f_low),
        f_high=float(f_high),
        band=formatting.frequency_text(f_low, f_high, recording.fs, evidence.nperseg),
    )


def _event(
    model: Model, scores: Scores, evidence: Evidence, alarm: tuple[int, int]
) -> tuple[tuple[int, int], int]:
    """Return the rows that are explained, and the length of the frames they are explained by."""
    by_sequence = isinstance(model.fitted, SequenceModel)
    first, last = alarm if by_sequence else raised(scores, model.npersegs, *alarm)
    # Long frames may see an event of which only a few rows are an alarm.
    if evidence.nperseg > last - first + 1:
        first, last = evidence.start, evidence.start + evidence.nperseg - 1
    if by_sequence:
        # A frame out of order is as normal as others by itself; two of them may not be.
        return (first, last), evidence.nperseg
    return (first, last), frame_length(last - first + 1, scores.n_samples, model.npersegs)


def _normal(
    model: Model, starts: IntArray, nperseg: int
) -> tuple[int, Sequence[IntArray | Learned]]:
    """Return the length of normal frames, and those that each channel is compared with.

    They are of the recording; of the model where an alarm leaves too few of them.
    """
    own = nperseg, [starts] * len(model.channels)
    if starts.size >= FEWEST_NORMAL or isinstance(model.fitted, SequenceModel):
        return own
    return learned_frames(model.fitted, nperseg) or own


def instants(recording: Recording, rows: list[int]) -> list[str]:
    """Return the instants of rows as dates, as h:mm:ss since the start, or as "row 17"."""
    index, fs = recording.index, recording.fs
    if fs is None and not isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return [f"row {row}" for row in rows]
    return formatting.instants(index, np.array(rows), fs)


def _check(number: int, n_alarms: int) -> None:
    """Raise ValueError for a number that no alarm has."""
    if 1 <= number <= n_alarms:
        return
    numbered = f"the alarms are numbered 1 to {n_alarms}, in order of time"
    raise ValueError(
        f"There is no alarm {shown(number)}: {numbered if n_alarms else 'nothing was found'}."
    )


class _Anatomy(NamedTuple):
    """The kind of an alarm, the contrast and share of each channel, and a level that changed."""

    kind: Kind
    contrasts: list[Contrast | None]
    shares: Float64Array
    level: float | None


def _anatomy(
    values: Float64Array,
    scored: BoolArray,
    alarm: tuple[int, int],
    event: tuple[int, int],
    normal: Sequence[IntArray | Learned],
    nperseg: int,
    evidence: Evidence,
    by_sequence: bool,
) -> _Anatomy:
    """Return the kind of an alarm, and what each channel has to do with it."""
    contrasts = [
        contrast(one, event, frames, nperseg) if kept else None
        for one, frames, kept in zip(values.T, normal, scored, strict=True)
    ]
    shares = channel_shares(contrasts, evidence.channel)
    channel = int(shares.argmax())
    found = contrasts[channel]
    if found is None:
        return _Anatomy("changed shape", contrasts, shares, None)
    uncoupled, excess = uncoupled_scores(values[:, scored], found)
    facts = facts_of(values[:, channel], alarm, event, found, float(uncoupled.max()))
    kind = kind_of(facts, nperseg, by_sequence=by_sequence)
    if kind == "coupling lost" and excess.sum() > 0:
        shares = np.zeros_like(shares)
        shares[scored] = excess / excess.sum()
    level = facts.offset if kind in ("level", "drift") else None
    return _Anatomy(kind, contrasts, shares, level)


def raised(scores: Scores, npersegs: tuple[int, ...], first: int, last: int) -> tuple[int, int]:
    """Return the first and last row of the event that an alarm is part of.

    On each side of the alarm it goes on to the step at which the sum of z − 1 since the alarm is
    largest, if that is above 0 (maximal scoring segment; Karlin & Altschul 1990). z is that of the
    longest frames that the alarm holds; they see it from three quarters of their length. The event
    goes on for at most the length of the longest frames.
    """
    held = [i for i, each in enumerate(npersegs) if each <= last - first + 1]
    group, step = max(held, default=0), scores.step
    begin, end, far = first // step, last // step + 1, 3 * npersegs[group] // 4
    reach = (max(npersegs) + far) // step

    def excess(start: int, stop: int) -> Float64Array:
        z = scores.group_scores(start, stop)[group]
        clipped = np.nan_to_num(np.clip(z, -LARGEST_Z, LARGEST_Z), nan=-LARGEST_Z)
        return np.asarray(clipped - RAISED_Z, dtype=np.float64)

    n_steps = scores.statistic.size
    before = _length_of_largest_sum(excess(max(0, begin - reach), begin)[::-1]) * step - far
    after = _length_of_largest_sum(excess(end, min(end + reach, n_steps))) * step - far
    return max(first - max(before, 0), 0), min(last + max(after, 0), scores.n_samples - 1)


def _length_of_largest_sum(values: Float64Array) -> int:
    """Return the number of first values with the largest sum, 0 where no sum is above 0."""
    sums = np.cumsum(values)
    return int(sums.argmax()) + 1 if sums.size and sums.max() > 0 else 0


def channel_shares(contrasts: list[Contrast | None], statistic_from: int) -> Float64Array:
    """Return the share of each channel in the excess, (n_channels,); they add up to 1.

    Where no channel has an excess, the one that the statistic comes from has all.
    """
    excess = np.array([0.0 if one is None else float(one.excess.sum()) for one in contrasts])
    if not excess.sum() > 0:
        excess[statistic_from] = 1.0
    return np.asarray(excess / excess.sum())


def seen_in(model: Model, scores: Scores, step: int) -> tuple[str, int]:
    """Return the view of the largest base score of a step, and the rows of its frame."""
    fitted = model.fitted
    if isinstance(fitted, SequenceModel):
        frames = fitted.mixture.parts[int(scores.fused.source[step])].base.frames
        return frames.view, frames.grid.nperseg
    number = int(scores.fused.source[step])
    for comparison in fitted.standardised.base.comparisons:
        sources = comparison.sources
        if number < len(sources):
            if isinstance(comparison, Amplitude):
                return "amplitude", comparison.nperseg
            if isinstance(comparison, Lines):
                return "lines", comparison.nperseg
            source = sources[number]
            with_level = source is not None and source.with_level
            return ("magnitude-dc" if with_level else comparison.view), comparison.nperseg
        number -= len(sources)
    return "rows", 1


def _similar(
    values: Float64Array, alarm: tuple[int, int], starts: IntArray, nperseg: int
) -> tuple[tuple[int, int], NormalStretch | None]:
    """Return the frame around the middle of an alarm, and the normal stretch nearest to it."""
    middle = (alarm[0] + alarm[1] + 1 - nperseg) // 2
    start = int(np.clip(middle, 0, max(len(values) - nperseg, 0)))
    apart = starts[np.abs(starts - start) >= nperseg]
    found = most_similar(values, start, nperseg, apart, alarm) if apart.size else None
    return (start, nperseg), found


def _expected(evidence: Evidence, fs: float | None) -> Expected:
    """Return the strongest frequency that was expected, and the one that came."""
    width = (1.0 if fs is None else fs) / evidence.nperseg
    bins = []
    for amplitude in (evidence.normal_amplitude, evidence.amplitude):
        whole = np.nan_to_num(amplitude)
        bins.append(int(whole[1:].argmax()) + 1 if whole[1:].any() else 0)
    texts = [band_text(k, k, evidence.nperseg, fs) for k in bins]
    louder = float(decibels(float((evidence.features**2).sum()), float((evidence.normal**2).sum())))
    text = (
        f"expected {texts[0]}, and {texts[1]} came"
        if bins[0] != bins[1]
        else f"expected and came {texts[0]}, {decibel_text(louder)} the expected amplitude"
    )
    return Expected(bins[0] * width, bins[1] * width, text)


def _spectra(found: Contrast, fs: float | None) -> Spectra:
    at = frequencies(found.nperseg, fs)
    low, high = (np.asarray(each) for each in np.quantile(found.normal, [0.05, 0.95], axis=0))
    inside, normal = np.sqrt(found.power), np.sqrt(found.normal_power)
    return Spectra(at[1:], inside[1:], normal[1:], low[1:], high[1:])
