"""Channels that are angles: a full turn is next to 0, as in a wind direction or a phase.

In degrees each pass over north would be a step of 359. The circle is therefore cut opposite to the
mean direction, and inside a frame an angle is followed beyond its full turn (phase unwrapping).
A counter that starts again at 0 behind its largest value goes round in the same way.
"""

from typing import Final

import numpy as np

from spectra.arrays import Float64Array, FloatArray
from spectra.stored import is_stored

# Full turns in degrees and in radians.
TURNS: Final = (360.0, 2 * np.pi)
# Numbers of values of counters: those of 8 and 16 bits, and of meters with four to nine digits.
COUNTS: Final = (2.0**8, 2.0**16, *(10.0**digits for digits in range(4, 10)))
# Share of the values of a counter within which it passes its ends.
AT_END_OF_COUNT: Final = 1 / 36
# Share of each turn within which the smallest and the largest value lie at its ends, as those of an
# angle do that passes from one to the other: directions are given in tens of degrees, but radians
# are not rounded so. Rounding may lift a value beyond by a little.
AT_END: Final = (1 / 36, 1 / 360)
ROUNDING: Final = 1e-3
# Smallest share of the values inside the turn: others are codes of errors.
INSIDE: Final = 0.999
# Fewest values; states have fewer.
FEWEST_VALUES: Final = 12
# Rows of a long signal that are looked at.
ROWS: Final = 131_072
# Fewest rows at which an angle or a counter passes from one end of its turn to the other.
FEWEST: Final = 3
# Largest median distance of neighbouring rows the short way round, in turns, of all rows and of
# those that pass. That of values without order is a quarter.
NEAR: Final = 1 / 8


def full_turns(signal: Float64Array) -> Float64Array:
    """Return the full turn of each channel that goes round, 0 for all others, (n_channels,).

    The values of an angle lie within one turn, 0 … 360 or −180 … 180 degrees or the same in
    radians, and pass from one end of it to the other as neighbouring directions do. Those of a
    counter are whole numbers below one of COUNTS, and pass its ends always in one direction. Of a
    long signal the first rows are looked at.

    Parameters
    ----------
    signal : ndarray (n_samples, n_channels)
        NaN in gaps.
    """
    some = signal[:ROWS]
    return np.array([_full_turn(values[np.isfinite(values)]) for values in some.T])


def _full_turn(values: Float64Array) -> float:
    """Return the full turn of the values (n,) of an angle or a counter, 0 for others."""
    if values.size <= FEWEST:
        return 0.0
    for turn, near_end in zip(TURNS, AT_END, strict=True):
        for begin in (0.0, -turn / 2):
            turns = (values - begin) / turn
            known = turns[(turns >= -ROUNDING) & (turns <= 1.0 + ROUNDING)]
            if known.size < INSIDE * values.size:
                continue
            at_ends = known.min() <= near_end and known.max() >= 1.0 - near_end
            if at_ends and np.unique(known).size >= FEWEST_VALUES and _passes(known):
                return turn
    low, high = values.min(), values.max()
    for count in COUNTS:
        if low >= 0 and high < count and max(low, count - high) <= AT_END_OF_COUNT * count:
            counts = values / count
            is_counter = _passes(counts, one_way=True) and (values == np.rint(values)).all()
            return count if is_counter and np.unique(values).size >= FEWEST_VALUES else 0.0
    return 0.0


def _passes(turns: Float64Array, *, one_way: bool = False) -> bool:
    """Return whether values (n,), in turns, pass from one end to the other as directions do.

    `one_way` asks that they always do so in the same direction.
    """
    signed = np.diff(turns)
    steps = np.abs(signed)
    short = np.minimum(steps, 1.0 - steps)
    across = steps > 0.5
    if across.sum() < FEWEST or (one_way and np.ptp(np.sign(signed[across])) > 0):
        return False
    return bool(max(np.median(short), np.median(short[across])) <= NEAR)


def near(values: FloatArray, centre: FloatArray, turns: FloatArray) -> FloatArray:
    """Return values, each moved by full turns to within half a turn of the centre.

    The shapes are broadcast; `turns` are 0 where values are no angles and are not moved.
    """
    count = np.rint((values - centre) / np.where(turns, turns, np.inf))
    return np.asarray(values - turns * count, dtype=values.dtype)


def followed(frames: FloatArray, turn: float) -> FloatArray:
    """Return frames (…, nperseg) of an angle, followed from their first row beyond its turn."""
    return np.asarray(np.unwrap(frames, period=turn), dtype=frames.dtype)


def around_means(signal: Float64Array, turns: Float64Array) -> Float64Array:
    """Return a signal (n_samples, n_channels) with each angle within half a turn of its mean.

    The mean is that of directions, the angle of the mean of e^{iθ} (Mardia and Jupp 2000).
    """
    radians = 2 * np.pi / np.where(turns, turns, np.inf)
    means = np.angle(np.nansum(np.exp(1j * radians * signal), axis=0)) * turns / (2 * np.pi)
    return np.asarray(near(signal, means, turns), dtype=np.float64)


def unwrapped(signal: Float64Array, turns: Float64Array) -> Float64Array:
    """Return a signal (n_samples, n_channels) with the angles followed beyond their full turns.

    `turns` (n_channels,) is 0 for channels that are none. A signal too large for memory is left as
    it is.
    """
    if not turns.any() or is_stored(signal):
        return signal
    found = signal.copy()
    for channel in np.flatnonzero(turns):
        known = np.isfinite(signal[:, channel])
        found[known, channel] = np.unwrap(signal[known, channel], period=turns[channel])
    return found
