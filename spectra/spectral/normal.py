"""X_normal: what a frame is compared with.

"nearest"  a bank of normal spectra; the distance is the mean of ‖X − X_normal‖² over the k nearest.
"mean"     one mean spectrum; the distance is the textbook ‖X − X_normal‖².
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spectra.arrays import FloatArray, IntArray, Pairs
from spectra.signal import distance

Reference = Literal["nearest", "mean"]

# What one frames × bank matrix may hold: it bounds the time of scoring, not its memory (that goes
# by blocks).
MAX_PAIRS = 2**23
MIN_BANK, MAX_BANK = 256, 700


def bank_rows(n_frames: int) -> IntArray:
    """Which of n_frames normal frames are kept as the bank: all of them, or evenly spaced ones."""
    size = min(n_frames, int(np.clip(MAX_PAIRS // max(n_frames, 1), MIN_BANK, MAX_BANK)))
    return np.linspace(0, n_frames - 1, size).round().astype(np.int64)


@dataclass(frozen=True)
class NormalSpectrum:
    """Normal spectra φ(X_normal), (…, n_normal, n_features), and the samples they start at,
    (n_normal,).

    `ks` are the numbers of nearest normal spectra that distances are taken to, one distance for
    each.
    """

    bank: FloatArray
    starts: IntArray
    nperseg: int
    ks: tuple[int, ...]
    reference: Reference = "nearest"

    def overlapping(self, starts: IntArray) -> Pairs:
        """The pairs of a frame of the same recording and a normal frame that share a sample, by
        their numbers.

        The starts of normal frames ascend.
        """
        first = np.searchsorted(self.starts, starts - self.nperseg, side="right")
        count = np.searchsorted(self.starts, starts + self.nperseg) - first
        frame = np.repeat(np.arange(starts.size), count)
        return frame, np.arange(frame.size) - np.repeat(np.cumsum(count) - count - first, count)

    def distance(self, features: FloatArray, own_starts: IntArray | None = None) -> FloatArray:
        """‖φ(X) − φ(X_normal)‖² of each frame for each k, (n_ks, …, n_frames); n_ks is 1 where the
        reference is the mean.

        `own_starts` is given for frames of the recording the bank comes from: what overlaps them is
        left out.
        """
        left_out = None if own_starts is None else self.overlapping(own_starts)
        if self.reference == "mean":
            return distance.to_mean(features, self.bank, left_out)[None]
        return distance.nearest(features, self.bank, self.ks, left_out)

    def parts(
        self, features: FloatArray, channel: int, k: int, own_starts: IntArray | None = None
    ) -> FloatArray:
        """The terms of `distance` in one channel for one k, (n_frames, n_features); they sum to
        it.
        """
        left_out = None if own_starts is None else self.overlapping(own_starts)
        if self.reference == "mean":
            return distance.parts_to_mean(features, self.bank[channel], left_out)
        return distance.parts_nearest(features, self.bank[channel], k, left_out)
