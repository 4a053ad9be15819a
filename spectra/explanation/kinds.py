"""The kind of a fault, by a few comparisons of an alarm with normal frames.

Each comparison has a name and a statistic, and none looks at a label:

flat        longest run of equal values, as a share of the alarm
level       share of the excess that is gone once a straight piece is subtracted
drift       rise of that piece, in units of its mean offset
shape       correlation of the rest with normal frames, at the best rotation
order       the sequence method raised the alarm, and frames are as near to normal ones as usual
coupling    rise of the part that the other channels do not predict, beside that of the channel
tone        share of the power gained, or lost, in the strongest line of the spectrum
dropout     median gain of the bins: all of them lose power where a signal falls silent
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "level",
    "drift",
    "burst",
    "dropout",
    "new tone",
    "lost tone",
    "changed shape",
    "order",
    "coupling lost",
]

# Share of an alarm, or of its excess, that a plain kind accounts for.
HALF: Final = 0.5
# Share of the power gained that a tone has in its line, beside that of the noise.
MOST: Final = 0.6
# Rise of the line along the alarm in units of its mean offset: 0 for a step, 2 for a ramp from 0,
# 1 for a ramp that is noticed a third of the way up.
RAMP: Final = 0.5
# z from which a distance is unusual: one of 700 Gaussian values is above.
UNUSUAL: Final = 3.0
# The same for the form: the correlations of normal frames have longer tails.
ODD: Final = 5.0
# Shortest frame whose spectrum separates a tone from a short burst.
RESOLVING: Final = 32
# Fewest periods of a tone in a frame: slower ones are no tone, but the course of the event.
FEWEST_CYCLES: Final = 3.0
# Change of a bin, or of all, that is more than the spread of one frame (5.6 dB, χ² with 2 degrees).
LOUD_DB: Final = 6.0
# Loss of power from which on a signal falls silent, whatever else it is.
SILENT_DB: Final = 20.0
# Loss of the power of a line that is missing for half of the alarm.
HALF_DB: Final = 3.0
# Smallest share of the excess that counts beside the largest.
BESIDE: Final = 0.2


@dataclass(frozen=True, eq=False)
class Facts:
    """The statistics that the kind of a fault is decided by.

    Attributes
    ----------
    still : float
        Longest run of equal values, as a share of the alarm.
    line : float
        Share of the excess that a straight line explains.
    ramp : float
        Rise of the line along the alarm in units of its mean offset.
    offset : float
        That offset: the difference of the level from normal.
    rise : float
        z of the distance of the spectrum without its level from normal.
    form : float
        z of the waveform less the straight piece: one less its largest correlation with a normal
        frame, at any delay.
    rest : float
        The same less the strongest tone that is louder than normal.
    uncoupled : float
        z of the part that the other channels do not predict, 0 for one channel.
    gained, lost : float
        Shares of the excess in bins with more, and with less power than normal.
    gained_line, lost_line : float
        Shares of the power gained, and lost, in its strongest line.
    new, silent : float
        Change in dB of these lines.
    cycles : float
        Periods of the line that gained most in a frame.
    overall : float
        Median change of the bins in dB.
    total : float
        Change of the power without the level in dB.
    quiet : float
        Change in dB of the median bin, or of all bins if that is higher, from the median of all
        normal frames: the nearest frames of a silent one are silent too.
    """

    still: float
    line: float
    ramp: float
    offset: float
    rise: float
    form: float
    rest: float
    uncoupled: float
    gained: float
    lost: float
    gained_line: float
    lost_line: float
    new: float
    silent: float
    cycles: float
    overall: float
    total: float
    quiet: float


def kind_of(facts: Facts, nperseg: int, *, by_sequence: bool) -> Kind:
    """Return the kind of a fault; where none is plain, the shape has changed."""
    if facts.still >= HALF:
        return "dropout"
    if facts.uncoupled > UNUSUAL > facts.rise and facts.line < HALF:
        return "coupling lost"
    if by_sequence and facts.rise < UNUSUAL and facts.line < HALF:
        return "order"
    if facts.line >= HALF:
        if facts.form > ODD:
            return "changed shape"
        return "drift" if facts.ramp >= RAMP else "level"
    if facts.quiet < -LOUD_DB:
        missing = _is_missing(facts, nperseg) and facts.quiet > -SILENT_DB
        return "lost tone" if missing else "dropout"
    if facts.lost > facts.gained:
        return "lost tone" if _is_missing(facts, nperseg) else "changed shape"
    if _is_added(facts, nperseg):
        return "new tone" if facts.rest < ODD else "changed shape"
    loud = facts.total > HALF_DB or facts.overall > LOUD_DB
    return "burst" if loud else "changed shape"


def _is_missing(facts: Facts, nperseg: int) -> bool:
    """Return whether the power that is lost was that of a line, and none is gained."""
    in_line = facts.lost_line >= HALF and nperseg >= RESOLVING
    return in_line and facts.silent < -HALF_DB and facts.gained < BESIDE


def _is_added(facts: Facts, nperseg: int) -> bool:
    """Return whether the power that is gained is that of a line of several periods."""
    in_line = facts.gained_line >= MOST and nperseg >= RESOLVING
    return in_line and facts.new > LOUD_DB and facts.cycles >= FEWEST_CYCLES
