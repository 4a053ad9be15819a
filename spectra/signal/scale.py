"""Units of a channel: its centre and its spread."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float32Array, Float64Array
from spectra.errors import DataError
from spectra.signal.angles import COUNTS, TURNS, around_means, near

# Values are clipped at this many spreads from the channel's centre, so that their squares fit
# float32 (largest 3e38).
FARTHEST: Final = 1e7
# Rows that quantiles are taken of: the standard error of a quartile of 131,072 values is 0.4 % of
# the spread.
SAMPLE_ROWS: Final = 131_072
# Values whose extremes are sought at a time: 2 MB.
AT_ONCE: Final = 2**18
# Largest number of values of a channel that is a state. On 42 series of telemetry beside commands
# the mean VUS-PR is 0.37 where they are compared, and 0.72 where not
# (`benchmarks/development.py --only-multi`).
STATES: Final = 3
# Interquartile range of a Gaussian in standard deviations.
IQR_OF_GAUSSIAN: Final = 1.349


@dataclass(frozen=True)
class Scale:
    """Centre and spread of each channel, (n_channels,), in the unit of the data.

    `turns` are the full turns of channels that are angles or counters and 0 for others, None where
    there are none.
    """

    centre: Float64Array
    spread: Float64Array
    turns: Float64Array | None = None

    def __post_init__(self) -> None:
        if self.centre.shape != self.spread.shape or not (self.spread > 0).all():
            raise ValueError("Each channel has one centre and one spread above 0.")
        if self.turns is None:
            return
        if (
            self.turns.shape != self.centre.shape
            or not np.isin(self.turns, (0.0, *TURNS, *COUNTS)).all()
        ):
            raise ValueError("Each channel has one full turn, of an angle or a counter, or 0.")

    @cached_property
    def spreads_of_turns(self) -> Float32Array | None:
        """Full turns in spreads, (n_channels,), None where there are no angles."""
        if self.turns is None:
            return None
        return np.asarray(self.turns / self.spread, dtype=np.float32)

    @classmethod
    def fit(cls, signal: Float64Array, turns: Float64Array | None = None) -> Self:
        """Return median and interquartile range of a (n_samples, n_channels) signal.

        The interquartile range is divided by that of a Gaussian of σ = 1. Where more than half of
        the values are equal, the spread is the standard deviation, and 1 where all are equal. NaN
        is left out. Of a long signal a random part is used. `turns` (n_channels,) are the full
        turns of angles, and 0 for other channels; by default all.
        """
        signal = some_rows(signal, 0, len(signal))
        if turns is not None:
            signal = around_means(signal, turns)
        live = np.isfinite(signal).any(axis=0)
        centre, spread = np.zeros(signal.shape[1]), np.ones(signal.shape[1])
        if live.any():
            low, centre[live], high = np.nanpercentile(signal[:, live], [25, 50, 75], axis=0)
            spread[live] = (high - low) / IQR_OF_GAUSSIAN
        mostly_equal = spread == 0
        with np.errstate(over="ignore"):
            spread[mostly_equal] = np.nanstd(signal[:, mostly_equal], axis=0)
        spread = np.where((spread > 0) & np.isfinite(spread), spread, 1.0)
        return cls(centre, spread, turns)

    def of_channels(self, channels: slice) -> Self:
        """Return the scale of some channels alone."""
        turns = None if self.turns is None else self.turns[channels]
        return type(self)(self.centre[channels], self.spread[channels], turns)

    def __call__(self, signal: Float64Array) -> Float32Array:
        """Return a signal (n_samples, n_channels) in spreads from its centre.

        Angles lie within half a turn of it. The result is (n_channels, n_samples), contiguous by
        channel.
        """
        if signal.ndim != 2 or signal.shape[1] != self.centre.size:
            raise DataError(
                f"The signal has the shape {signal.shape}, expected {self.centre.size} channels."
            )
        # What overflows is farther than FARTHEST.
        with np.errstate(over="ignore"):
            scaled = (signal - self.centre) / self.spread
        if self.turns is not None:
            scaled[...] = near(scaled, np.zeros(1), self.turns / self.spread)
        np.clip(scaled, -FARTHEST, FARTHEST, out=scaled)
        return np.ascontiguousarray(scaled.T, dtype=np.float32)


def some_rows(signal: Float64Array, start: int, stop: int) -> Float64Array:
    """Return the rows `start` … `stop` − 1 of a signal, of many of them SAMPLE_ROWS in order."""
    if stop - start <= SAMPLE_ROWS:
        return signal[start:stop]
    # Drawn at random: evenly spaced rows could keep step with a period of the signal.
    rows = np.random.default_rng(0).integers(start, stop, SAMPLE_ROWS)
    return signal[np.sort(rows)]


def constant_channels(signal: Float64Array) -> BoolArray:
    """Return the channels of a signal (n_samples, n_channels) that never change, (n_channels,)."""
    low, high = extremes(signal)
    with np.errstate(invalid="ignore"):
        return np.asarray(~(high > low))


def extremes(signal: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return the smallest and the largest value of each channel, NaN where there is none."""
    low = high = np.full(signal.shape[1], np.nan)
    size = max(1, AT_ONCE // signal.shape[1])
    with np.errstate(invalid="ignore"):
        for start in range(0, len(signal), size):
            block = signal[start : start + size]
            low = np.fmin(low, np.fmin.reduce(block, axis=0))
            high = np.fmax(high, np.fmax.reduce(block, axis=0))
    return low, high


def state_channels(signal: Float64Array) -> BoolArray:
    """Return the channels with at most STATES values beside others with more, (n_channels,).

    Such a channel is the state of a switch or a command. A command that is given rarely is no
    fault, but far from all other frames. Where all channels are such, none is marked.
    """
    some = some_rows(signal, 0, len(signal))
    known = (channel[np.isfinite(channel)] for channel in some.T)
    few = np.array([np.unique(values).size <= STATES for values in known])
    return few if not few.all() else np.zeros_like(few)
