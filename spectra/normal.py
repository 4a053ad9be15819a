"""X_normal: what a frame is compared with.

"mean"     one mean spectrum; the distance is the textbook ‖X − X_normal‖².
"nearest"  a bank of normal spectra; the distance is the mean of ‖X − X_normal‖² over the k nearest.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra import distance

Reference = Literal["nearest", "mean"]

# What one frames × bank matrix may hold: it bounds the time of scoring, not its memory (that goes by blocks).
MAX_PAIRS = 2**24
MIN_BANK, MAX_BANK = 250, 1000


def bank_rows(n_frames: int) -> NDArray[np.int64]:
    """Which of n_frames normal frames are kept as the bank: all of them, or evenly spaced ones."""
    size = min(n_frames, int(np.clip(MAX_PAIRS // max(n_frames, 1), MIN_BANK, MAX_BANK)))
    return np.linspace(0, n_frames - 1, size).round().astype(np.int64)


@dataclass(frozen=True)
class NormalSpectrum:
    """Normal spectra φ(X_normal), flattened (n_normal, n_features), and the samples they start at, (n_normal,)."""

    bank: NDArray[np.float64]
    starts: NDArray[np.int64]
    nperseg: int
    k: int
    reference: Reference = "nearest"

    def overlapping(self, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """True where a frame of the same recording shares a sample with a normal frame, (n_frames, n_normal)."""
        return np.asarray(np.abs(starts[:, None] - self.starts) < self.nperseg)

    def distance(self, features: NDArray[np.float64], own_starts: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """‖φ(X) − φ(X_normal)‖² of each frame, (n_frames,).

        `own_starts` is given for frames of the recording the bank comes from: what overlaps them is left out.
        """
        left_out = None if own_starts is None else self.overlapping(own_starts)
        if self.reference == "mean":
            return distance.to_mean(features, self.bank, left_out)
        return distance.nearest(features, self.bank, self.k, left_out)

    def parts(self, features: NDArray[np.float64], own_starts: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """The terms of `distance`, (n_frames, n_features); they sum to it."""
        left_out = None if own_starts is None else self.overlapping(own_starts)
        if self.reference == "mean":
            return distance.parts_to_mean(features, self.bank, left_out)
        return distance.parts_nearest(features, self.bank, self.k, left_out)
