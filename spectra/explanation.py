"""Evidence to what a person reads: bands, channels, the kind of a fault, and a sentence.

`bands` gives the band of each alarm for the table of all of them. `explain` looks at one alarm in
full: it contrasts the alarm with normal frames of the recording (`spectra.contrast`), compares the
kinds of faults (`spectra.fault_kinds`), and finds the most similar normal stretch
(`spectra.similar`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra import formatting
from spectra.alarms import Alarms
from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.scores import Scores
from spectra.contrast import Contrast, contrast, frame_length, reference_starts
from spectra.datasets.recording import Recording
from spectra.fault_kinds import Kind, decibels, facts_of, kind_of, uncoupled_scores
from spectra.model import Model
from spectra.sequence.model import SequenceModel
from spectra.signal.evidence import Evidence
from spectra.similar import NormalStretch, most_similar
from spectra.spectral.amplitude import Amplitude

# Bands of an alarm that are listed, and the smallest share of one beside the largest.
MOST_BANDS: Final = 5
# Parts of bands that are sought; neighbouring ones are joined.
MOST_BINS: Final = 12
LEAST_SHARE: Final = 0.05
# Rows beside an alarm that may be part of the same event, and the z at which one step counts most.
REACH: Final = 4096
LARGEST_Z: Final = 4.0
# Names of the views φ for people.
VIEW_NAMES: Final = {
    "magnitude": "the amplitudes",
    "magnitude-dc": "the amplitudes and the level",
    "complex": "the amplitudes and phases",
    "aligned": "the phases relative to one another",
    "shape": "the form of the cycle",
    "level": "the level",
    "residual": "the part that other channels do not predict",
    "amplitude": "the total amplitude",
    "rows": "single rows",
}


@dataclass(frozen=True)
class Bands:
    """The band that differs most at each of n steps.

    Attributes
    ----------
    channel : ndarray (n,)
        Index of the channel.
    nperseg : ndarray (n,)
        Rows of the frame.
    low, high : ndarray (n,)
        First and last bin.
    """

    channel: IntArray
    nperseg: IntArray
    low: IntArray
    high: IntArray


def bands(evidence: Iterable[Evidence]) -> Bands:
    """Return the band in which each frame exceeds its usual distance from normal most."""
    rows = []
    for each in evidence:
        low, high = band(each.excess)
        rows.append((each.channel, each.nperseg, low, high))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Bands(*columns)


def band(excess: Float64Array) -> tuple[int, int]:
    """Return first and last of the contiguous bins around the largest excess with half as much.

    `excess` (n_bins,) is never below 0.
    """
    peak = int(excess.argmax())
    weak = np.flatnonzero(excess < excess[peak] / 2)
    below, above = weak[weak < peak], weak[weak > peak]
    low = int(below[-1]) + 1 if below.size else 0
    high = int(above[0]) - 1 if above.size else excess.size - 1
    return low, high


def band_edges(
    low: IntArray, high: IntArray, nperseg: int | IntArray, fs: float | None
) -> tuple[Float64Array, Float64Array]:
    """Return the edges of bands from bin `low` to bin `high`, half a bin beyond each.

    They lie within 0 … fs/2, in Hz; in cycles per sample where fs is None.
    """
    rate = 1.0 if fs is None else fs
    width = rate / nperseg
    return np.maximum(low - 0.5, 0.0) * width, np.minimum((high + 0.5) * width, rate / 2)


@dataclass(frozen=True)
class Band:
    """A band of frequencies that carries an alarm.

    Attributes
    ----------
    f_low, f_high : float
        Edges in Hz; in cycles per sample where no sampling rate is known.
    share : float
        Share of the alarm's excess; those of all bands add up to 1.
    change_db : float or None
        Power inside the alarm over the normal power, in dB; below 0 where it fell. None for the
        level.
    change : float or None
        Difference of the level from normal in the unit of the channel; None for other bands.
    text : str
        The band as text: "12 – 16 Hz", "period 24 h", "level".
    """

    f_low: float
    f_high: float
    share: float
    change_db: float | None
    change: float | None
    text: str


@dataclass(frozen=True)
class ChannelShare:
    """A channel and its share of an alarm's excess; those of all channels add up to 1."""

    channel: str
    share: float


@dataclass(frozen=True, eq=False)
class Spectra:
    """The spectrum of an alarm over the normal one, amplitudes in the unit of the channel.

    Attributes
    ----------
    frequencies : ndarray (n_bins,)
        Without bin 0, the level.
    inside : ndarray (n_bins,)
        Root of the mean power inside the alarm.
    normal : ndarray (n_bins,)
        That of the nearest normal frames.
    low, high : ndarray (n_bins,)
        Quantiles 5 % and 95 % of single normal frames.
    """

    frequencies: Float64Array
    inside: Float64Array
    normal: Float64Array
    low: Float64Array
    high: Float64Array


@dataclass(frozen=True)
class Expected:
    """The strongest frequency that the sequence method expected, and the one that came."""

    expected: float
    came: float
    text: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """What an alarm consists of.

    Attributes
    ----------
    number : int
        Number of the alarm in order of time, from 1.
    start, end : str
        First and last instant as texts.
    kind : str
        "level", "drift", "burst", "dropout", "new tone", "lost tone", "changed shape", "order" or
        "coupling lost".
    channels : tuple of ChannelShare
        The largest share first.
    bands : tuple of Band
        Those of the first channel, the largest share first.
    p_value : float
    view : str
        What was compared where the alarm is highest: a view φ, "amplitude", or "rows".
    nperseg : int
        Rows of the frame that was compared.
    first_row, last_row : int
        Rows of the recording.
    spectra : Spectra or None
        None where the channel has too few frames without gaps.
    similar : NormalStretch or None
        The most similar normal stretch of the recording; None where an alarm is everywhere.
    similar_start : str or None
        Its first instant.
    frame : (int, int)
        First row and number of rows of the frame that `similar` is laid over.
    expected : Expected or None
        For the sequence method.
    sentence : str
    """

    number: int
    start: str
    end: str
    kind: Kind
    channels: tuple[ChannelShare, ...]
    bands: tuple[Band, ...]
    p_value: float
    view: str
    nperseg: int
    first_row: int
    last_row: int
    spectra: Spectra | None
    similar: NormalStretch | None
    similar_start: str | None
    frame: tuple[int, int]
    expected: Expected | None
    sentence: str

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as values that JSON holds."""
        return {
            "alarm": self.number,
            "start": self.start,
            "end": self.end,
            "first_row": self.first_row,
            "last_row": self.last_row,
            "p_value": self.p_value,
            "kind": self.kind,
            "sentence": self.sentence,
            "view": self.view,
            "nperseg": self.nperseg,
            "channels": [{"channel": one.channel, "share": one.share} for one in self.channels],
            "bands": [
                {
                    "f_low": one.f_low,
                    "f_high": one.f_high,
                    "share": one.share,
                    "change_db": one.change_db,
                    "change": one.change,
                    "text": one.text,
                }
                for one in self.bands
            ],
            "similar": None
            if self.similar is None
            else {
                "start": self.similar_start,
                "first_row": self.similar.start,
                "delay_rows": self.similar.delay,
            },
            "expected": None
            if self.expected is None
            else {"f_expected": self.expected.expected, "f_came": self.expected.came},
        }

    def __repr__(self) -> str:
        return "\n".join([self.sentence, *self.lines()])

    def lines(self) -> list[str]:
        """Return the details as lines of text."""
        shares = [f"{one.channel} {_percent(one.share)}" for one in self.channels[:5]]
        hidden = len(self.channels) - 5
        lines = [
            f"  kind      {self.kind}",
            "  bands     " + "; ".join(_band_line(one) for one in self.bands),
            "  channels  " + ", ".join(shares) + (f" and {hidden} more" if hidden > 0 else ""),
            f"  seen in   {VIEW_NAMES[self.view]}, {formatting.counted(self.nperseg, 'row')}",
        ]
        if self.similar_start is not None:
            lines.append(f"  similar   the normal stretch from {self.similar_start}")
        if self.expected is not None:
            lines.append(f"  sequence  {self.expected.text}")
        return lines


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
    n_alarms = alarms.first.size
    if not 1 <= number <= n_alarms:
        raise ValueError(
            f"alarm={number} must be a number from 1 to {n_alarms}: the alarms in order of time."
            if n_alarms
            else f"alarm={number} does not exist: there are no alarms."
        )
    first, last = int(alarms.first[number - 1]), int(alarms.last[number - 1])
    highest = int(alarms.highest[number - 1])
    (evidence,) = model.fitted.evidence(
        recording.values, scores, np.array([highest]), own=own
    )
    values = recording.values
    by_sequence = isinstance(model.fitted, SequenceModel)
    begin, stop = (first, last) if by_sequence else raised(scores, model.npersegs, first, last)
    # Long frames may see an event of which only a few rows are an alarm.
    if evidence.nperseg > stop - begin + 1:
        begin, stop = evidence.start, evidence.start + evidence.nperseg - 1
    # A frame out of order is as normal as others by itself; two of them may not be.
    nperseg = (
        evidence.nperseg
        if by_sequence
        else frame_length(stop - begin + 1, recording.n_samples, model.npersegs)
    )
    contrasts = [contrast(one, begin, stop, scores, alarms, nperseg) for one in values.T]
    shares = channel_shares(contrasts, evidence.channel)
    channel = int(shares.argmax())
    found = contrasts[channel]
    kind: Kind = "changed shape"
    if found is not None:
        uncoupled, excess = uncoupled_scores(values, found)
        facts = facts_of(values[:, channel], (first, last), (begin, stop), found, float(uncoupled.max()))
        kind = kind_of(facts, nperseg, by_sequence=by_sequence)
        if kind == "coupling lost":
            shares = excess / excess.sum()
            channel = int(shares.argmax())
            found = contrasts[channel]
    fs, title = recording.fs, recording.title(channel)
    bands_found = () if found is None else bands_of(found, fs)
    view, length = seen_in(model, scores, highest)
    frame, similar = _similar(values[:, channel], begin, stop, scores, alarms, nperseg)
    expected = _expected(evidence, fs) if by_sequence else None
    start, end = formatting.instants(recording.index.take([first, last]), fs)
    return Explanation(
        number=number,
        start=start,
        end=end,
        kind=kind,
        channels=tuple(
            ChannelShare(recording.channels[one], float(shares[one]))
            for one in np.argsort(-shares, kind="stable")
            if shares[one] > 0
        ),
        bands=bands_found,
        p_value=float(p_from_z(scores.z[highest])),
        view=view,
        nperseg=length,
        first_row=first,
        last_row=last,
        spectra=None if found is None else _spectra(found, fs),
        similar=similar,
        similar_start=None
        if similar is None
        else formatting.instants(recording.index.take([similar.start]), fs)[0],
        frame=frame,
        expected=expected,
        sentence=sentence(
            kind, title, start, end, formatting.instant_unit(recording.index), bands_found, expected
        ),
    )


def raised(
    scores: Scores, npersegs: tuple[int, ...], first: int, last: int
) -> tuple[int, int]:
    """Return the first and last row of the event that an alarm is part of.

    On each side of the alarm it goes on to the step at which the sum of z − 1 since the alarm is
    largest, if that is above 0 (maximal scoring segment; Karlin & Altschul 1990). z is that of the
    longest frames that the alarm holds: longer ones see it from afar.
    """
    held = [i for i, each in enumerate(npersegs) if each <= last - first + 1]
    group, fusion, step = max(held, default=0), scores.fusion, scores.step
    z = scores.fused.groups[group].astype(np.float64)
    z = (z - fusion.centre[group]) / fusion.spread[group]
    z = np.nan_to_num(np.clip(z, -LARGEST_Z, LARGEST_Z), nan=-LARGEST_Z) - 1.0
    begin, end = first // step, last // step + 1
    before = np.cumsum(z[max(0, begin - REACH // step) : begin][::-1])
    after = np.cumsum(z[end : end + REACH // step])
    begin -= int(before.argmax()) + 1 if before.size and before.max() > 0 else 0
    end += int(after.argmax()) + 1 if after.size and after.max() > 0 else 0
    return min(first, begin * step), max(last, min(end * step, scores.n_samples) - 1)


def channel_shares(contrasts: list[Contrast | None], statistic_from: int) -> Float64Array:
    """Return the share of each channel in the excess, (n_channels,); they add up to 1.

    Where no channel has an excess, the one that the statistic comes from has all.
    """
    excess = np.array([0.0 if one is None else float(one.excess.sum()) for one in contrasts])
    if not excess.sum() > 0:
        excess[statistic_from] = 1.0
    return np.asarray(excess / excess.sum())


def bands_of(found: Contrast, fs: float | None) -> tuple[Band, ...]:
    """Return the bands that carry an alarm; their shares add up to 1.

    The first is the contiguous bins around the largest excess with half as much, the next the same
    in the bins that are left. Neighbouring bands that changed in the same direction are one.
    """
    left = found.excess.copy()
    up = found.power >= found.normal_power
    edges: list[tuple[int, int]] = []
    largest = 0.0
    while len(edges) < MOST_BINS and left.max() > 0:
        low, high = _own_direction(*band(left), int(left.argmax()), up)
        share = float(left[low : high + 1].sum())
        largest = max(largest, share)
        if share < LEAST_SHARE * largest:
            break
        edges.append((low, high))
        left[low : high + 1] = 0.0
    shares = {one: float(found.excess[one[0] : one[1] + 1].sum()) for one in _joined(edges, up)}
    ordered = sorted(shares, key=lambda one: -shares[one])[:MOST_BANDS]
    total = sum(shares[one] for one in ordered)
    return tuple(_band(found, *one, shares[one] / total, fs) for one in ordered)


def _own_direction(low: int, high: int, peak: int, up: BoolArray) -> tuple[int, int]:
    """Return the part of a band around its peak that changed in one direction.

    Bin 0 is the level, which is no band with the bins beside it.
    """
    if peak == 0:
        return 0, 0
    other = np.flatnonzero(up[low : high + 1] != up[peak]) + low
    below, above = other[other < peak], other[other > peak]
    low = max(low, 1, int(below[-1]) + 1 if below.size else 0)
    return low, int(above[0]) - 1 if above.size else high


def _joined(edges: list[tuple[int, int]], up: BoolArray) -> list[tuple[int, int]]:
    """Return bands with those joined that touch and changed in the same direction."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(edges):
        if joined and 0 < joined[-1][1] == low - 1 and up[low] == up[low - 1]:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _band(found: Contrast, low: int, high: int, share: float, fs: float | None) -> Band:
    bins = slice(low, high + 1)
    f_low, f_high = band_edges(np.array([low]), np.array([high]), found.nperseg, fs)
    level = high == 0
    change = float((found.inside[:, 0] - found.nearest[:, 0]).mean()) if level else None
    gain = decibels(found.power[bins].sum(), found.normal_power[bins].sum())
    return Band(
        f_low=float(f_low[0]),
        f_high=float(f_high[0]),
        share=share,
        change_db=None if level else float(gain),
        change=change,
        text=band_text(low, high, found.nperseg, fs),
    )


def band_text(low: int, high: int, nperseg: int, fs: float | None) -> str:
    """Return the bins of a band as text: "12.0 – 16.0 Hz", "period 24 h", "level".

    Frequencies below 1 Hz read better as periods.
    """
    if high == 0:
        return "level"
    width = (1.0 if fs is None else fs) / nperseg
    if fs is not None and high * width < 1.0:
        longest, shortest = (_period(1 / (each * width)) for each in (low, high))
        return f"period {longest}" if low == high else f"periods {shortest} – {longest}"
    f_low, f_high = band_edges(np.array([low]), np.array([high]), nperseg, fs)
    return formatting.frequency_text(float(f_low[0]), float(f_high[0]), fs, nperseg)


def _period(seconds: float) -> str:
    """Return a period without zeros that say nothing: "24 h", "1.33 h"."""
    number, unit = formatting.duration_text(seconds).split()
    plain = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{plain} {unit}"


def seen_in(model: Model, scores: Scores, step: int) -> tuple[str, int]:
    """Return the view of the largest base score of a step, and the rows of its frame."""
    fitted = model.fitted
    if isinstance(fitted, SequenceModel):
        frames = fitted.standardised.base.frames
        return frames.view, frames.grid.nperseg
    number = int(scores.fused.source[step])
    for comparison in fitted.standardised.base.comparisons:
        sources = comparison.sources
        if number < len(sources):
            if isinstance(comparison, Amplitude):
                return "amplitude", comparison.nperseg
            source = sources[number]
            with_level = source is not None and source.with_level
            return ("magnitude-dc" if with_level else comparison.view), comparison.nperseg
        number -= len(sources)
    return "rows", 1


def _similar(
    values: Float64Array, first: int, last: int, scores: Scores, alarms: Alarms, nperseg: int
) -> tuple[tuple[int, int], NormalStretch | None]:
    """Return the frame around the middle of an alarm, and the normal stretch nearest to it."""
    middle = (first + last + 1 - nperseg) // 2
    start = int(np.clip(middle, 0, max(len(values) - nperseg, 0)))
    starts = reference_starts(values, scores, alarms, nperseg)
    apart = starts[np.abs(starts - start) >= nperseg]
    found = most_similar(values, start, nperseg, apart) if apart.size else None
    return (start, nperseg), found


def _expected(evidence: Evidence, fs: float | None) -> Expected:
    """Return the strongest frequency that was expected, and the one that came."""
    width = (1.0 if fs is None else fs) / evidence.nperseg
    bins = []
    for amplitude in (evidence.normal_amplitude, evidence.amplitude):
        whole = np.nan_to_num(amplitude)
        bins.append(int(whole[1:].argmax()) + 1 if whole[1:].any() else 0)
    texts = [band_text(k, k, evidence.nperseg, fs) for k in bins]
    louder = float(
        decibels(float((evidence.features**2).sum()), float((evidence.normal**2).sum()))
    )
    text = (
        f"expected {texts[0]}, and {texts[1]} came"
        if bins[0] != bins[1]
        else f"expected and came {texts[0]}, {_decibel_text(louder)} the expected amplitude"
    )
    return Expected(bins[0] * width, bins[1] * width, text)


def _spectra(found: Contrast, fs: float | None) -> Spectra:
    frequencies = np.fft.rfftfreq(found.nperseg, 1.0 / (fs or 1.0))
    low, high = np.quantile(found.normal, [0.05, 0.95], axis=0)
    parts = (frequencies, np.sqrt(found.power), np.sqrt(found.normal_power), low, high)
    return Spectra(*(part[1:] for part in parts))


def sentence(
    kind: Kind,
    title: str,
    start: str,
    end: str,
    unit: str,
    found: tuple[Band, ...],
    expected: Expected | None,
) -> str:
    """Return an alarm in one sentence."""
    span = start if start == end else f"{start} to {end}"
    lead = f"{title}, {span}{unit}: "
    strongest = found[0] if found else None
    level = next((one for one in found if one.change is not None), None)
    if kind in ("level", "drift") and level is not None and level.change is not None:
        away = "above" if level.change > 0 else "below"
        verb = "lies" if kind == "level" else "drifts, on average"
        return f"{lead}the level {verb} {abs(level.change):.3g} {away} normal."
    if kind == "order" and expected is not None:
        return f"{lead}what came is normal by itself, but not in this order: {expected.text}."
    if kind == "coupling lost":
        return f"{lead}the channel no longer follows the others, though it looks normal by itself."
    if strongest is None:
        return f"{lead}the signal differs from normal."
    return f"{lead}{_ENDS[kind].format(band=_band_phrase(strongest))}."


_ENDS: Final[dict[Kind, str]] = {
    "burst": "a burst, strongest in the band {band}",
    "dropout": "the signal falls silent or stands still; the band {band}",
    "new tone": "a new tone; the band {band}",
    "lost tone": "a tone is missing; the band {band}",
    "changed shape": "the shape has changed, most in the band {band}",
    "level": "the level has changed, most in the band {band}",
    "drift": "the signal drifts, most in the band {band}",
    "order": "the order has changed, most in the band {band}",
    "coupling lost": "the coupling is lost, most in the band {band}",
}


def _band_phrase(one: Band) -> str:
    """Return a band with its change: "12.0 – 16.0 Hz is 14 dB above normal"."""
    if one.change is not None:
        away = "above" if one.change > 0 else "below"
        return f"{one.text}, which lies {abs(one.change):.3g} {away} normal"
    return f"{one.text}, {_decibel_text(one.change_db or 0.0)} normal"


def _decibel_text(change: float) -> str:
    if abs(change) < 0.5:
        return "as strong as"
    return f"{abs(change):.0f} dB {'above' if change > 0 else 'below'}"


def _band_line(one: Band) -> str:
    changed = (
        f"{one.change:+.3g}" if one.change is not None else f"{one.change_db or 0.0:+.1f} dB"
    )
    return f"{one.text} {_percent(one.share)} ({changed})"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "< 1%"
