"""The squared distance ‖φ(X) − φ(X_normal)‖² of frames to their nearest normal spectra.

`features` is φ(X), (…, n_frames, n_features), and `bank` the normal spectra in the same form, (…,
n_normal, n_features). Leading axes, such as channels, are compared each with itself. `left_out` are
pairs (frame, normal frame) that are not compared because they overlap. Frames with NaN have the
distance NaN.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from spectra.archive import GAPS
from spectra.arrays import FloatArray, IntArray, Pairs

# Normal spectra whose median is subtracted from both sides of a product to keep its rounding small.
CENTRE_OF = 16
# Values that numpy's partition of 32-bit integers keeps in registers.
AT_ONCE = 256


@dataclass(frozen=True)
class Targets:
    """Normal spectra of all channels, in the form in which many frames are compared with them.

    ‖a − b‖² = ‖a‖² + ‖b‖² − 2a·b is one matrix product. It cancels where a and b are far from zero
    and near each other; subtracting the middle c of the bank from both keeps the loss small. The
    squares are two more columns of the product, which costs less than adding them to it.

    Attributes
    ----------
    centre : ndarray (n_channels, n_features)
        c of each channel.
    rows : ndarray (n_channels, n_normal, n_features + 2)
        −2(b − c), 1 and ‖b − c‖² of each normal spectrum b; NaN for those with gaps.
    """

    centre: FloatArray
    # NaN where a channel has a gap.
    rows: FloatArray = field(metadata=GAPS)

    def __post_init__(self) -> None:
        if self.centre.ndim != 2 or self.rows.ndim != 3:
            raise ValueError("Normal spectra have channels, frames and features.")
        n_channels, n_features = self.centre.shape
        if self.rows.shape[::2] != (n_channels, n_features + 2):
            raise ValueError("Normal spectra have the features of their centre, and two columns.")

    @classmethod
    def of(cls, bank: FloatArray) -> Self:
        """Return normal spectra (n_channels, n_normal, n_features), NaN for those with gaps."""
        n_channels, n_normal, n_features = bank.shape
        centre = np.empty((n_channels, n_features), dtype=bank.dtype)
        rows = np.empty((n_channels, n_normal, n_features + 2), dtype=bank.dtype)
        for channel, spectra in enumerate(bank):
            centre[channel] = _middle(spectra)
            centred = rows[channel, :, :-2]
            np.subtract(spectra, centre[channel], out=centred)
            np.einsum("ij,ij->i", centred, centred, out=rows[channel, :, -1])
            centred *= bank.dtype.type(-2.0)
        rows[..., -2] = 1.0
        return cls(centre, rows)

    def of_channels(self, channels: slice) -> Self:
        """Return the normal spectra of some channels alone."""
        return type(self)(self.centre[channels], self.rows[channels])

    @cached_property
    def _gaps(self) -> list[IntArray]:
        """Indices of the normal spectra with gaps, for each channel."""
        return [np.flatnonzero(np.isnan(rows[:, -1])) for rows in self.rows]

    @cached_property
    def _columns(self) -> list[FloatArray]:
        """Right side of the product, (n_features + 2, n_normal), for each channel."""
        return [rows.T for rows in self.rows]

    def spectra(self, channel: int) -> FloatArray:
        """Return the normal spectra of a channel, (n_normal, n_features), up to rounding."""
        return np.asarray(self.rows[channel, :, :-2] / -2 + self.centre[channel])

    def products(self, features: FloatArray, channel: int) -> FloatArray:
        """Return ‖a − b‖² of frames (n_frames, n_features) of a channel, (n_frames, n_normal).

        Rounding may leave it slightly below 0.
        """
        n_frames, n_features = features.shape
        left = np.empty((n_frames, n_features + 2), dtype=features.dtype)
        centred = np.subtract(features, self.centre[channel], out=left[:, :-2])
        np.einsum("ij,ij->i", centred, centred, out=left[:, -2])
        left[:, -1] = 1.0
        return np.asarray(left @ self._columns[channel])

    def compared(self, features: FloatArray, channel: int, left_out: Pairs | None) -> FloatArray:
        """Return the squared distances of frames to normal spectra, (n_frames, n_normal).

        They are inf for pairs left out and for normal spectra with gaps, NaN for frames with gaps,
        and may lie below 0 by rounding.
        """
        D = self.products(features, channel)
        gaps = self._gaps[channel]
        if gaps.size or left_out is not None:
            D[:, gaps] = np.inf
            if left_out is not None:
                D[left_out] = np.inf
            D[np.isnan(features[:, 0])] = np.nan
        return D


def squared_distances(features: FloatArray, bank: FloatArray) -> FloatArray:
    """Return ‖a − b‖² of all pairs of rows of two matrices, in their precision.

    The shapes are (n_frames, n_features) and (n_normal, n_features).
    """
    D = Targets.of(bank[None]).products(features, 0)
    return np.maximum(D, 0.0, out=D)


def near(starts: IntArray, others: IntArray, margin: int) -> Pairs:
    """Return the pairs of a frame and another that starts less than `margin` from it.

    `starts` (n_frames,) and `others` (n_others,), which ascend, are in one unit.
    """
    first = others.searchsorted(starts - margin, side="right")
    count = others.searchsorted(starts + margin) - first
    frame = np.arange(starts.size).repeat(count)
    return frame, np.arange(frame.size) - (count.cumsum() - count - first).repeat(count)


def _middle(bank: FloatArray) -> FloatArray:
    """Return the median of a few normal spectra, (n_features,), which one outlier cannot move."""
    whole = np.flatnonzero(~np.isnan(bank[:, 0]))
    if not whole.size:
        return np.zeros_like(bank[0])
    some = np.sort(bank[whole[:: -(-whole.size // CENTRE_OF)]], axis=0)
    return np.asarray(some[len(some) // 2])


def nearest(D: FloatArray, k: int, stride: int) -> FloatArray:
    """Return the mean of the k smallest of every `stride`-th column, (n_frames,).

    `D` are the distances (n_frames, n_normal) of `compared`. The mean is inf where fewer than k are
    left to compare with.
    """
    if k == 1:
        least = np.minimum.reduce(D[:, ::stride], axis=1)
        return np.asarray(np.maximum(least, 0.0, out=least))
    smallest = _smallest(np.ascontiguousarray(D[:, ::stride]), k)
    return np.asarray(np.add.reduce(np.maximum(smallest, 0.0), axis=1) / smallest.shape[1])


def _smallest(D: FloatArray, k: int) -> FloatArray:
    """Return the k smallest of each row, (n_rows, k), or all where there are fewer, in no order.

    Values below 0 count as 0; the order within D is lost. The bits of floats from 0 on rank as they
    do, and integers have no NaN to be looked for. numpy partitions short rows of integers in
    registers: 700 → 5 in chunks of 256 takes a fifth of the time of one np.partition, 700 → 70 the
    same time.
    """
    if D.base is not None:
        D = D.copy()
    while k < D.shape[1]:
        n_parts = max(1, min(-(-D.shape[1] // AT_ONCE), D.shape[1] // (2 * k)))
        bits = D.view(f"i{D.itemsize}")
        if n_parts == 1:
            bits.partition(k - 1, axis=1)
            return D[:, :k]
        parts = np.array_split(bits, n_parts, axis=1)
        for part in parts:
            part.partition(k - 1, axis=1)
        D = np.concatenate([part[:, :k] for part in parts], axis=1).view(D.dtype)
    return D


def add_squared_difference(D: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return D (n, m) + (a − b)² of all pairs of a (n,) and b (m,), in place."""
    gap = np.subtract.outer(a, b)
    np.square(gap, out=gap)
    # NaN of normal frames with gaps stands for no comparison, as inf does.
    D += np.nan_to_num(gap, copy=False, nan=np.inf) if np.isnan(b).any() else gap
    return D
