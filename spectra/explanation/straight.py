"""The straight piece around an alarm: a step or a ramp, and the rows that it takes."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.explanation.similar import filled

# Rows beside an alarm that a straight piece may reach into, the edges tried at first, and the
# fewest rows of a piece.
WITHIN: Final = 64
EDGES: Final = 128
SHORTEST_PIECE: Final = 4


@dataclass(frozen=True)
class Piece:
    """A straight piece: offset + slope·(row − middle) on the rows `first` … `last`, else 0."""

    first: int
    last: int
    offset: float
    slope: float

    def at(self, rows: IntArray) -> Float64Array:
        """Return the values at rows."""
        inside = (rows >= self.first) & (rows <= self.last)
        middle = (self.first + self.last) / 2
        return np.where(inside, self.offset + self.slope * (rows - middle), 0.0)

    @property
    def ramp(self) -> float:
        """Rise along the piece in units of its mean offset."""
        length = self.last - self.first + 1
        return abs(self.slope) * length / max(abs(self.offset), np.finfo(float).tiny)


def straight_piece(values: Float64Array, first: int, last: int, normal: float) -> Piece:
    """Return the straight piece around an alarm that takes most from the squares of a channel.

    It begins and ends at any row of the alarm, or up to its length or WITHIN rows beside it, by
    least squares (a linear version of the segment of Olshen et al., Biostatistics 5, 2004).
    """
    reach = max(last - first + 1, WITHIN)
    low, high = max(0, first - reach), min(len(values), last + 1 + reach)
    y = filled(values[low:high]) - normal
    edges = np.linspace(0, y.size, min(y.size, EDGES) + 1).astype(np.int64)
    begin, end = _best_piece(y, edges, edges)
    spacing = -(-y.size // EDGES)
    around = np.arange(-spacing, spacing + 1)
    begin, end = _best_piece(
        y, np.clip(begin + around, 0, y.size), np.clip(end + around, 0, y.size)
    )
    rows = np.arange(begin, end)
    slope, offset = np.polyfit(rows - rows.mean(), y[begin:end], 1)
    return Piece(low + begin, low + end - 1, float(offset), float(slope))


def _best_piece(y: Float64Array, begins: IntArray, ends: IntArray) -> tuple[int, int]:
    """Return the begin and end whose line has the largest sum of squares."""
    rows = np.arange(y.size, dtype=np.float64)
    sum_y, sum_ty = (np.concatenate([[0.0], np.cumsum(part)]) for part in (y, rows * y))
    b, e = begins[:, None], ends[None, :]
    n = e - b
    usable = n >= SHORTEST_PIECE
    count = np.where(usable, n, SHORTEST_PIECE).astype(np.float64)
    middle = (b + e - 1) / 2
    total = sum_y[e] - sum_y[b]
    moment = (sum_ty[e] - sum_ty[b]) - middle * total
    gain = total**2 / count + moment**2 / (count * (count**2 - 1) / 12)
    best = int(np.where(usable, gain, -1.0).argmax())
    return int(begins[best // ends.size]), int(ends[best % ends.size])
