"""Scores of single rows, which no frame is needed for."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np

from spectra.arrays import Float32Array, Float64Array, FloatArray
from spectra.signal.angles import near
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

    1. The error of interpolating a row from its neighbours by least squares. At the ends of a
       signal those that are there predict it; the error is then in units in which it is as large
       all over the signal as that of interpolation.
    2. The distance of a row from the median of its channel.

    Attributes
    ----------
    weights : ndarray (n_channels, 4)
        Weights of the two rows before and the two rows after.
    edges : ndarray (n_channels, 4, 5)
        Factors that make an error of the rows around and at the first, the second, the last but
        one and the last row of a signal; 0 for those beyond its ends.
    """

    weights: Float64Array
    edges: Float64Array

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.weights.shape[1] != 2 * NEIGHBOURS:
            raise ValueError("Each channel has a weight for each neighbour.")
        if self.edges.shape != (len(self.weights), len(EDGES), WINDOW):
            raise ValueError("Each channel has a factor for each row around each edge.")

    @classmethod
    def fit(cls, signal: Float64Array, scale: Scale) -> Self:
        """Learn the weights from a signal (n_samples, n_channels); its middle part where long."""
        begin = max(0, (len(signal) - SAMPLE_ROWS) // 2)
        scaled, turns = scale(signal[begin : begin + SAMPLE_ROWS]), scale.spreads_of_turns
        if turns is None:
            turns = np.zeros(len(scaled), dtype=np.float32)
        products = [_products(*each) for each in zip(scaled, turns.tolist(), strict=True)]
        return cls(
            np.stack([_weights(C, EVERY) for C in products]),
            np.stack(
                [_edges(*each) for each in zip(scaled, turns.tolist(), products, strict=True)]
            ),
        )

    def of_channels(self, channels: slice) -> Self:
        """Return the points of some channels alone."""
        return type(self)(self.weights[channels], self.edges[channels])

    def distances(
        self,
        scaled: Float32Array,
        before: int,
        after: int,
        step: int,
        turns: Float32Array | None = None,
    ) -> FloatArray:
        """Return the largest distances of each step, (2, n_channels, n_steps).

        Parameters
        ----------
        scaled : ndarray (n_channels, n_rows)
            The rows of the steps, with `before` rows before and `after` rows after them.
        turns : ndarray (n_channels,), optional
            Full turns of channels that are angles, and 0 for others; by default all.
        """
        rows = slice(before, scaled.shape[1] - after)
        errors = scaled - self._interpolated(scaled, turns)
        for edge, known in enumerate(EDGES):
            # Fewer rows than REACH around those of the steps: the signal begins or ends there.
            if (before if edge < NEIGHBOURS else after) < REACH:
                self._put_edge(errors, scaled, turns, edge, known)
        values = np.stack([errors, scaled])[..., rows]
        np.abs(values, out=values)
        missing = -values.shape[2] % step
        if missing:
            values = np.pad(values, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)
        largest = values[..., ::step]
        for shift in range(1, step):
            largest = np.fmax(largest, values[..., shift::step])
        return np.ascontiguousarray(largest)

    def _put_edge(
        self,
        errors: Float32Array,
        scaled: Float32Array,
        turns: Float32Array | None,
        edge: int,
        known: tuple[int, ...],
    ) -> None:
        """Write the errors of one row at an end of the signal."""
        n_rows = scaled.shape[1]
        row = edge if edge < NEIGHBOURS else n_rows - len(EDGES) + edge
        rows = row + np.array(known) - NEIGHBOURS
        if rows[0] >= 0 and rows[-1] < n_rows:
            factors = self.edges[:, edge, list(known)].astype(np.float32)
            values = scaled[:, rows]
            if turns is not None:
                values = near(values, scaled[:, row, None], turns[:, None])
            errors[:, row] = (factors * values).sum(axis=1)

    def _interpolated(self, scaled: Float32Array, turns: Float32Array | None) -> Float32Array:
        """Return each row as its neighbours predict it, NaN where one of them is not there."""
        predicted = np.full_like(scaled, np.nan)
        inner = predicted[:, NEIGHBOURS:-NEIGHBOURS]
        inner[...] = 0.0
        for weight, shift in zip(self._columns, SHIFTS, strict=True):
            values = scaled[:, shift : shift + inner.shape[1]]
            if turns is not None:
                values = near(values, scaled[:, NEIGHBOURS:-NEIGHBOURS], turns[:, None])
            inner += weight * values
        return predicted

    @cached_property
    def _columns(self) -> list[Float32Array]:
        """The weights of each neighbour, (n_channels, 1)."""
        return [column[:, None] for column in self.weights.T.astype(np.float32)]


def _products(channel: Float32Array, turn: float) -> Float64Array:
    """Return the mean products of each row of a scaled channel and the two on each side, (5, 5).

    `turn` is the full turn of an angle, 0 for others.
    """
    products, n = np.zeros((WINDOW, WINDOW)), 0
    for begin in range(0, channel.size - WINDOW + 1, AT_ONCE):
        rows = channel[begin : begin + AT_ONCE + WINDOW - 1].astype(np.float64)
        windows = _windows(rows, turn)
        windows = np.clip(windows[np.isfinite(windows).all(axis=1)], -CLIPPED, CLIPPED)
        products += windows.T @ windows
        n += len(windows)
    # Nothing known: the mean of the neighbours.
    return products / n if n else np.ones((WINDOW, WINDOW))


def _windows(rows: FloatArray, turn: float) -> FloatArray:
    """Return each row (n,) and the two on each side, (n − 4, 5), near to the row if an angle."""
    windows = np.lib.stride_tricks.sliding_window_view(rows, WINDOW)
    return near(windows, windows[:, NEIGHBOURS, None], np.array(turn)) if turn else windows


def _weights(products: Float64Array, known: tuple[int, ...]) -> Float64Array:
    """Return the least-squares weights of the known rows of a window but the middle one."""
    others = [index for index in known if index != NEIGHBOURS]
    gram = products[np.ix_(others, others)] + RIDGE * np.eye(len(others))
    return np.asarray(np.linalg.solve(gram, products[others, NEIGHBOURS]))


def _edges(channel: Float32Array, turn: float, products: Float64Array) -> Float64Array:
    """Return the factors of the rows of a window in the error of each edge, (4, 5).

    An error is as large as that of interpolation by its root mean square, or by its 90 % quantile
    where that makes it smaller: one glitch may decide the one, jumps all but the other.
    """
    found = np.stack([_error(products, known) for known in (EVERY, *EDGES)])
    square = np.einsum("ij,jk,ik->i", found, products, found)
    sizes = [np.sqrt(np.maximum(square, LEAST**2))]
    if channel.size >= WINDOW:
        windows = _windows(channel, turn)
        windows = windows[:: -(-len(windows) // AT_ONCE)]
        windows = windows[np.isfinite(windows).all(axis=1)]
        if len(windows):
            errors = np.quantile(np.abs(windows @ found.T), QUANTILE, axis=0)
            sizes.append(np.maximum(errors, LEAST))
    scale = np.min([size[0] / size[1:] for size in sizes], axis=0)
    return np.asarray(found[1:] * scale[:, None])


def _error(products: Float64Array, known: tuple[int, ...]) -> Float64Array:
    """Return the factors of the rows of a window in the error of its middle one, (5,)."""
    factors = np.zeros(WINDOW)
    factors[[index for index in known if index != NEIGHBOURS]] = -_weights(products, known)
    factors[NEIGHBOURS] = 1.0
    return factors


# Rows of a window, and those of it that are there at the first, the second, the last but one and
# the last row of a signal.
WINDOW: Final = 2 * NEIGHBOURS + 1
EVERY: Final = tuple(range(WINDOW))
SHIFTS: Final = (*EVERY[:NEIGHBOURS], *EVERY[NEIGHBOURS + 1 :])
EDGES: Final = (EVERY[2:], EVERY[1:], EVERY[:-1], EVERY[:-2])
# Rows are clipped at this many spreads while weights are learned: one glitch does not decide them.
CLIPPED: Final = 10.0
# Added to the diagonal of the normal equations, in squared spreads: a constant channel has none.
RIDGE: Final = 1e-6
# Smallest size of an error, in spreads: rounding of 32-bit numbers.
LEAST: Final = 1e-6
# Quantile of the size of errors.
QUANTILE: Final = 0.9
