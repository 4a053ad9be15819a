"""The explanation of one alarm, as values and as text."""

from dataclasses import asdict, dataclass
from typing import Final

from spectra import formatting
from spectra.arrays import Float64Array
from spectra.explanation.bands import Band
from spectra.explanation.kinds import Kind
from spectra.explanation.sentences import VIEW_NAMES, band_line, percent
from spectra.explanation.similar import NormalStretch

# Channels that are listed in a text.
MOST_CHANNELS: Final = 5


@dataclass(frozen=True)
class ChannelShare:
    """A channel and its share of an alarm's excess; those of all channels add up to 1.

    Attributes
    ----------
    channel : str
    index : int
        Index of the channel in the recording.
    share : float
    """

    channel: str
    index: int
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


@dataclass(frozen=True)
class Peak:
    """The most anomalous row of an alarm, as the table of alarms has it.

    Attributes
    ----------
    row : int
    time : str
        Its instant as text.
    channel : str
    f_low, f_high : float
        Band in which the frame around it differs most from normal.
    band : str
        The band as text.
    """

    row: int
    time: str
    channel: str
    f_low: float
    f_high: float
    band: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """Parts of an alarm: its kind, bands and channels, and a normal stretch beside it.

    Attributes
    ----------
    number : int
        Number of the alarm in order of time, from 1.
    start, end : str
        First and last instant as texts.
    kind : str
        "level", "drift", "burst", "dropout", "new tone", "lost tone", "changed shape", "order" or
        "coupling lost".
    unit : str
        Unit of the first channel, empty where it is unknown.
    channels : tuple of ChannelShare
        The largest share first.
    bands : tuple of Band
        Those of the first channel, the largest share first.
    peak : Peak
        Channel and band of the frame at the peak, which may be others than those that carry most of
        the alarm.
    p_value : float
    view : str
        What was compared where the alarm is highest: a view φ, "amplitude", "lines", or "rows".
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
    unit: str
    channels: tuple[ChannelShare, ...]
    bands: tuple[Band, ...]
    peak: Peak
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
            "peak": asdict(self.peak),
            "kind": self.kind,
            "unit": self.unit,
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
        details = (f"  {name:<9} {text}" for name, text in self.details.items())
        return "\n".join([f"alarm {self.number}: {self.sentence}", *details])

    @property
    def details(self) -> dict[str, str]:
        """The parts of the explanation as texts, by their names."""
        shares = [f"{one.channel} {percent(one.share)}" for one in self.channels[:MOST_CHANNELS]]
        hidden = len(self.channels) - MOST_CHANNELS
        details = {
            "kind": self.kind,
            "bands": "; ".join(band_line(one, self.unit) for one in self.bands),
            "channels": ", ".join(shares) + (f" and {hidden} more" if hidden > 0 else ""),
            "at peak": f"{self.peak.channel}, {self.peak.band}, {self.peak.time}",
            "seen in": f"{VIEW_NAMES[self.view]}, {formatting.counted(self.nperseg, 'row')}",
        }
        if self.similar_start is not None:
            details["similar"] = f"the normal stretch from {self.similar_start}"
        if self.expected is not None:
            details["sequence"] = self.expected.text
        return details
