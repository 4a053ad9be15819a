"""X_normal of the signal pipeline: a bank of normal spectra, the nearest of which are compared."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from spectra.archive import GAPS
from spectra.arrays import BoolArray, Float64Array, FloatArray, IntArray, Pairs
from spectra.signal import distance
from spectra.signal.frames import FrameGrid

# Normal frames in a bank.
BANK_SIZE: Final = 2000
# Normal frames in a bank that a share is compared with: the nearest tenth of 256 frames is about as
# far as the nearest tenth of 2,000, and costs an eighth.
SHARE_BANK_SIZE: Final = 256


@dataclass(frozen=True)
class NormalSpectra:
    """Normal spectra φ(X_normal), and how many of the nearest ones a frame is compared with.

    Attributes
    ----------
    bank : ndarray (n_channels, n_normal, n_features)
        NaN where a channel has a gap.
    starts : ndarray (n_normal,)
        First row of each normal frame in the recording that was learned from, ascending.
    nperseg : int
    k : int
    margin : int
        Rows around a frame of the recording that was learned from, in which normal frames are not
        compared with it. It is at least `nperseg`, so that frames do not overlap.
    """

    # NaN where a channel has a gap.
    bank: FloatArray = field(metadata=GAPS)
    starts: IntArray
    nperseg: int
    k: int
    margin: int

    def __post_init__(self) -> None:
        if self.bank.ndim != 3 or self.bank.shape[1] != self.starts.size:
            raise ValueError("Each normal spectrum starts at one row.")
        if not 1 <= self.k <= self.starts.size:
            raise ValueError(f"k={self.k} must lie between 1 and {self.starts.size}.")
        if self.margin < self.nperseg:
            raise ValueError(f"margin={self.margin} must be at least nperseg={self.nperseg}.")
        if self.starts.dtype.kind != "i" or np.isinf(self.bank).any():
            raise ValueError("Normal spectra are finite, and start at whole rows.")

    def near(self, starts: IntArray) -> Pairs:
        """Return the pairs of a frame of the same recording and a normal frame in its margin."""
        first = np.searchsorted(self.starts, starts - self.margin, side="right")
        count = np.searchsorted(self.starts, starts + self.margin) - first
        frame = np.repeat(np.arange(starts.size), count)
        return frame, np.arange(frame.size) - np.repeat(np.cumsum(count) - count - first, count)

    def distance(self, features: FloatArray, own_starts: IntArray | None = None) -> FloatArray:
        """Return the mean ‖φ(X) − φ(X_normal)‖² over the k nearest, (n_channels, n_frames).

        Parameters
        ----------
        features : ndarray (n_channels, n_frames, n_features)
        own_starts : ndarray (n_frames,), optional
            First rows of the frames, where they are of the recording that was learned from: normal
            frames in their margin are left out.
        """
        left_out = None if own_starts is None else self.near(own_starts)
        return distance.nearest(features, self.bank, self.k, left_out)

    def nearest(
        self, features: FloatArray, channel: int, own_starts: IntArray | None = None
    ) -> IntArray:
        """Return the indices of the k nearest normal spectra in one channel, (n_frames, k).

        `features` are (n_frames, n_features); the nearest comes first.
        """
        left_out = None if own_starts is None else self.near(own_starts)
        return distance.neighbours(features, self.bank[channel], self.k, left_out)


def draw_starts(
    signal: Float64Array, grid: FrameGrid, size: int, rows: slice | None = None
) -> IntArray:
    """Return the first rows of normal frames, one drawn from each of `size` equal parts.

    Drawing within the parts keeps the frames from being in step with a period of the signal. Frames
    with a gap in more than half of the channels that have data are left out while others are there.

    Parameters
    ----------
    signal : ndarray (n_samples, n_channels)
    rows : slice, optional
        Rows the frames lie in; by default all.
    """
    begin, end = (0, signal.shape[0]) if rows is None else (rows.start, rows.stop)
    first = -(-begin // grid.hop)
    n_frames = grid.n_frames(end) - first
    if n_frames < 1:
        return np.empty(0, dtype=np.int64)
    # Up to four times as many candidates, so that gaps leave enough.
    parts = min(n_frames, 4 * size)
    edges = np.linspace(0, n_frames, parts + 1)
    drawn = np.floor(edges[:-1] + np.random.default_rng(0).random(parts) * np.diff(edges))
    starts = (first + np.minimum(drawn.astype(np.int64), n_frames - 1)) * grid.hop
    starts = starts[_mostly_whole(signal, starts, grid.nperseg)]
    kept = np.linspace(0, starts.size - 1, min(size, starts.size)).round().astype(np.int64)
    return np.asarray(starts[kept])


def _mostly_whole(signal: Float64Array, starts: IntArray, nperseg: int) -> BoolArray:
    """Return the frames without a gap in at least half of the channels, or in as many as any."""
    rows = starts[:, None] + np.arange(nperseg)
    gaps = [np.isnan(channel[rows]).any(axis=1) for channel in signal.T]
    whole = ~np.stack(gaps, axis=1)
    live = whole.any(axis=0)
    if not live.any():
        return np.zeros(starts.size, dtype=np.bool_)
    share = whole[:, live].mean(axis=1)
    return np.asarray(share >= min(0.5, share.max()))


def usable_k(starts: IntArray, margin: int, k: float) -> int | None:
    """Return k, below 1 a share of the frames, as a number of them; None where they are too few.

    It is no more than each frame has left once the frames in its margin are left out.
    """
    near = np.searchsorted(starts, starts + margin) - np.searchsorted(
        starts, starts - margin, side="right"
    )
    left = int(starts.size - near.max(initial=0))
    if left < 1:
        return None
    return min(max(round(k * starts.size) if k < 1 else int(k), 1), left)
