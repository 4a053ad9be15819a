"""X_normal of the signal pipeline: a bank of normal spectra, the nearest of which are compared."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from spectra.archive import GAPS
from spectra.arrays import BoolArray, Float64Array, FloatArray, IntArray, Pairs
from spectra.parameters import MOST_ROWS
from spectra.signal import distance
from spectra.signal.frames import FrameGrid
from spectra.stored import is_stored

# Normal frames in a bank. With 250, 500 and 2,000 the mean VUS-PR on the development series is
# 0.663, 0.664 and 0.666.
BANK_SIZE: Final = 500
# Normal frames for each row of a frame: short frames have few features. With 250 instead of 500
# frames of 16 rows the mean VUS-PR on the development series is the same, and a tenth of the time
# is saved.
FRAMES_A_ROW: Final = 16
# Rows in all frames of a bank: bounds the memory of banks of very long frames (8 MB a channel).
BANK_ROWS: Final = 2**21
# Distances that are held at a time: 0.5 MB, which stays in a processor's second-level cache. With
# four times as many a million rows take as long in one thread and 0.8 times as long in two, which
# wait for each other between calls of numpy, and need 6 MB more.
BLOCK_VALUES: Final = 2**17
# Values of frames that are searched for gaps at a time: 8 MB.
AT_ONCE: Final = 2**20
# A share is taken of every fourth of them: the nearest tenth of 125 frames is about as far as the
# nearest tenth of 500, and is found in a quarter of the time.
SHARE_STRIDE: Final = 4


@dataclass(frozen=True)
class Neighbours:
    """The k nearest of every `stride`-th normal frame: each gives one distance."""

    k: int
    stride: int

    def __post_init__(self) -> None:
        if not (self.k >= 1 and self.stride >= 1):
            raise ValueError(f"k={self.k} and stride={self.stride} must be integers >= 1.")


@dataclass(frozen=True)
class NormalSpectra:
    """Normal spectra φ(X_normal), and the numbers of nearest ones that a frame is compared with.

    Attributes
    ----------
    targets : Targets
        The normal spectra; NaN where a channel has a gap.
    means : ndarray (n_channels, n_normal)
        Means of the frames, for comparisons with the level.
    starts : ndarray (n_normal,)
        First row of each normal frame in the recording that was learned from, ascending.
    nperseg : int
    margin : int
        Rows around a frame of the recording that was learned from, in which normal frames are not
        compared with it. It is at least `nperseg`, so that frames do not overlap.
    neighbours : tuple of Neighbours
    declared : bool
        Whether the frames are of rows known to be normal, not of the whole recording.
    """

    targets: distance.Targets
    # NaN where a channel has a gap.
    means: FloatArray = field(metadata=GAPS)
    starts: IntArray
    nperseg: int
    margin: int
    neighbours: tuple[Neighbours, ...]
    declared: bool = False

    def __post_init__(self) -> None:
        if self.targets.rows.shape[1] != self.starts.size:
            raise ValueError("Each normal spectrum starts at one row.")
        # A difference of starts that a file is wrong about may overflow.
        ascending = self.starts.ndim == 1 and (self.starts[1:] > self.starts[:-1]).all()
        if not ascending or (self.starts < 0).any():
            raise ValueError("Normal frames start at ascending rows.")
        if self.means.shape != self.targets.rows.shape[:2]:
            raise ValueError("Each normal frame has one mean.")
        if not self.neighbours:
            raise ValueError("A bank is compared with in at least one way.")
        for each in self.neighbours:
            if each.k > -(-self.starts.size // each.stride):
                raise ValueError(f"{each} must be among {self.starts.size} normal frames.")
        if not self.nperseg <= self.margin <= MOST_ROWS:
            raise ValueError(f"margin={self.margin} must be at least nperseg={self.nperseg}.")
        if self.starts.size and self.starts[-1] > MOST_ROWS:
            raise ValueError(f"No normal frame starts at row {self.starts[-1]}.")

    def of_channels(self, channels: slice) -> "NormalSpectra":
        """Return the normal spectra of some channels alone."""
        targets = self.targets.of_channels(channels)
        return replace(self, targets=targets, means=self.means[channels])

    def near(self, starts: IntArray) -> Pairs:
        """Return the pairs of a frame of the same recording and a normal frame in its margin."""
        return distance.near(starts, self.starts, self.margin)

    def distances(
        self,
        features: FloatArray,
        means: FloatArray,
        levels: tuple[bool, ...],
        own_starts: IntArray | None = None,
    ) -> FloatArray:
        """Return the mean ‖φ(X) − φ(X_normal)‖² over the nearest, (n_scores, n_channels, n_frames).

        Parameters
        ----------
        features : ndarray (n_channels, n_frames, n_features)
        means : ndarray (n_channels, n_frames)
        levels : tuple of bool
            Without, then with, the squared difference of the means of the frames. Each gives a
            score for each of the `neighbours`.
        own_starts : ndarray (n_frames,), optional
            First rows of the frames, where they are of the recording that was learned from: normal
            frames in their margin are left out.
        """
        found = np.empty((len(levels) * len(self.neighbours), *features.shape[:2]), features.dtype)
        size = max(1, BLOCK_VALUES // self.starts.size)
        blocks = [slice(begin, begin + size) for begin in range(0, features.shape[1], size)]
        near = [None if own_starts is None else self.near(own_starts[block]) for block in blocks]
        for channel in range(len(self.means)):
            for block, left_out in zip(blocks, near, strict=True):
                D = self.targets.compared(features[channel, block], channel, left_out)
                for i, with_level in enumerate(levels):
                    if with_level:
                        a, b = means[channel, block], self.means[channel]
                        distance.add_squared_difference(D, a, b)
                    for j, each in enumerate(self.neighbours):
                        score = i * len(self.neighbours) + j
                        found[score, channel, block] = distance.nearest(D, each.k, each.stride)
        return found

    def nearest(
        self,
        features: FloatArray,
        means: FloatArray,
        channel: int,
        neighbours: Neighbours,
        *,
        with_level: bool,
        own_starts: IntArray | None = None,
    ) -> IntArray:
        """Return the indices of the nearest normal spectra in one channel, (n_frames, k).

        `features` are (n_frames, n_features) and `means` (n_frames,); the nearest comes first.
        """
        left_out = None if own_starts is None else self.near(own_starts)
        D = self.targets.compared(features, channel, left_out)
        if with_level:
            distance.add_squared_difference(D, means, self.means[channel])
        order = np.argsort(D[:, :: neighbours.stride], axis=1, kind="stable")
        return np.asarray(order[:, : neighbours.k] * neighbours.stride)


def bank_size(nperseg: int) -> int:
    """Return the number of normal frames of one length that others are compared with."""
    return min(BANK_SIZE, FRAMES_A_ROW * nperseg, BANK_ROWS // nperseg)


def draw_starts(
    signal: Float64Array, grid: FrameGrid, size: int, rows: slice | None = None
) -> IntArray:
    """Return the first rows of normal frames, one drawn from each of `size` equal parts.

    Drawing within the parts keeps the frames from being in step with a period of the signal. The
    frames of a whole signal lie on its grid. Those of rows known to be normal begin at any row:
    they are compared with other signals, whose grid has another phase. Frames with a gap in more
    than half of the channels that have data are left out while others are there.

    Parameters
    ----------
    signal : ndarray (n_samples, n_channels)
    rows : slice, optional
        Rows the frames lie in; by default all.
    """
    begin, end = (0, signal.shape[0]) if rows is None else (rows.start, rows.stop)
    spacing = grid.hop if rows is None else 1
    first = -(-begin // spacing)
    n_frames = (end - grid.nperseg) // spacing + 1 - first
    if n_frames < 1:
        return np.empty(0, dtype=np.int64)
    # Up to four times as many candidates, so that gaps leave enough.
    parts = min(n_frames, 4 * size)
    edges = np.linspace(0, n_frames, parts + 1)
    drawn = np.floor(edges[:-1] + np.random.default_rng(0).random(parts) * np.diff(edges))
    # Neighbouring parts may draw the same frame where they hold few.
    starts = (first + np.unique(np.minimum(drawn.astype(np.int64), n_frames - 1))) * spacing
    starts = starts[_mostly_whole(signal, starts, grid.nperseg)]
    kept = np.linspace(0, starts.size - 1, min(size, starts.size)).round().astype(np.int64)
    return np.asarray(starts[kept])


def _mostly_whole(signal: Float64Array, starts: IntArray, nperseg: int) -> BoolArray:
    """Return the frames without a gap in at least half of the channels, or in as many as any."""
    # A signal in a file is not read whole for this.
    if not is_stored(signal) and not np.isnan(signal).any():
        return np.ones(starts.size, dtype=np.bool_)
    whole = np.empty((starts.size, signal.shape[1]), dtype=np.bool_)
    size = max(1, AT_ONCE // (nperseg * signal.shape[1]))
    for begin in range(0, starts.size, size):
        block = slice(begin, begin + size)
        rows = starts[block, None] + np.arange(nperseg)
        whole[block] = ~np.isnan(signal[rows]).any(axis=1)
    live = whole.any(axis=0)
    if not live.any():
        return np.zeros(starts.size, dtype=np.bool_)
    share = whole[:, live].mean(axis=1)
    return np.asarray(share >= min(0.5, share.max()))


def usable_neighbours(starts: IntArray, margin: int, k: float) -> Neighbours | None:
    """Return the neighbours for k, below 1 a share of the frames; None where frames are too few.

    Their number is no more than each frame has left once the frames in its margin are left out.
    """
    stride = SHARE_STRIDE if k < 1 and starts.size >= SHARE_STRIDE**3 else 1
    starts = starts[::stride]
    near = np.searchsorted(starts, starts + margin) - np.searchsorted(
        starts, starts - margin, side="right"
    )
    left = int(starts.size - near.max(initial=0))
    if left < 1:
        return None
    return Neighbours(min(max(round(k * starts.size) if k < 1 else int(k), 1), left), stride)
