"""Scores of single rows, which no frame is needed for."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from spectra.arrays import Float32Array, Float64Array, FloatArray
from spectra.signal.scale import SAMPLE_ROWS, Scale

# Neighbours on each side that a row is interpolated from.
NEIGHBOURS: Final = 2
# Rows before and after a step that its scores need.
REACH: Final = NEIGHBOURS
# Rows taken at a time while the weights are learned.
AT_ONCE: Final = 2**13
# Scores of single rows.
N_SCORES: Final = 2


@dataclass(frozen=True)
class Points:
    """Two distances of rows: the largest of each step is its base score.

    1. The error of interpolating a row from its neighbours by least squares.
    2. The distance of a row from the median of its channel.

    Attributes
    ----------
    weights : ndarray (n_channels, 4)
        Weights of the two rows before and the two rows after.
    """

    weights: Float64Array

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.weights.shape[1] != 2 * NEIGHBOURS:
            raise ValueError("Each channel has a weight for each neighbour.")

    @classmethod
    def fit(cls, signal: Float64Array, scale: Scale) -> Self:
        """Learn the weights from a signal (n_samples, n_channels); its middle part where long."""
        begin = max(0, (len(signal) - SAMPLE_ROWS) // 2)
        scaled = scale(signal[begin : begin + SAMPLE_ROWS])
        return cls(np.stack([_interpolation(channel) for channel in scaled]))

    def distances(self, scaled: Float32Array, before: int, after: int, step: int) -> FloatArray:
        """Return the largest distances of each step, (2, n_channels, n_steps).

        Parameters
        ----------
        scaled : ndarray (n_channels, n_rows)
            The rows of the steps, with `before` rows before and `after` rows after them.
        """
        rows = slice(before, scaled.shape[1] - after)
        values = np.stack([scaled - self._interpolated(scaled), scaled])[..., rows]
        np.abs(values, out=values)
        missing = -values.shape[2] % step
        if missing:
            values = np.pad(values, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)
        largest = values[..., ::step]
        for shift in range(1, step):
            largest = np.fmax(largest, values[..., shift::step])
        return np.ascontiguousarray(largest)

    def _interpolated(self, scaled: Float32Array) -> Float32Array:
        """Return each row as its neighbours predict it, NaN where one of them is not there."""
        n_channels, n_rows = scaled.shape
        padded = np.full((n_channels, n_rows + 2 * NEIGHBOURS), np.nan, dtype=np.float32)
        padded[:, NEIGHBOURS:-NEIGHBOURS] = scaled
        shifts = [shift for shift in range(2 * NEIGHBOURS + 1) if shift != NEIGHBOURS]
        weights = self.weights.astype(np.float32)
        predicted = np.zeros_like(scaled)
        for column, shift in enumerate(shifts):
            predicted += weights[:, column, None] * padded[:, shift : shift + n_rows]
        return predicted


def _interpolation(channel: Float32Array) -> Float64Array:
    """Return the least-squares weights of the neighbours of a row of one scaled channel, (4,)."""
    size = 2 * NEIGHBOURS + 1
    products, n = np.zeros((size, size)), 0
    for begin in range(0, channel.size - size + 1, AT_ONCE):
        rows = channel[begin : begin + AT_ONCE + size - 1].astype(np.float64)
        windows = np.lib.stride_tricks.sliding_window_view(rows, size)
        windows = np.clip(windows[np.isfinite(windows).all(axis=1)], -CLIPPED, CLIPPED)
        products += windows.T @ windows
        n += len(windows)
    if not n:
        return np.full(2 * NEIGHBOURS, 0.25)
    others = np.delete(np.arange(size), NEIGHBOURS)
    gram = products[np.ix_(others, others)] + RIDGE * n * np.eye(2 * NEIGHBOURS)
    return np.asarray(np.linalg.solve(gram, products[others, NEIGHBOURS]))


# Rows are clipped at this many spreads while weights are learned: one glitch does not decide them.
CLIPPED: Final = 10.0
# Added to the diagonal of the normal equations, in squared spreads: a constant channel has none.
RIDGE: Final = 1e-6
