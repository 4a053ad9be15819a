"""The squared distance ‖φ(X) − φ(X_normal)‖² of frames to their nearest normal spectra.

`features` is φ(X), (…, n_frames, n_features), and `bank` the normal spectra in the same form, (…,
n_normal, n_features). Leading axes, such as channels, are compared each with itself. `left_out` are
pairs (frame, normal frame) that are not compared because they overlap. Frames with NaN have the
distance NaN.
"""

import numpy as np

from spectra.arrays import FloatArray, Pairs

# Normal spectra whose median is subtracted from both sides of a product to keep its rounding small.
CENTRE_OF = 16
# Values that numpy's partition of 32-bit integers keeps in registers.
AT_ONCE = 256


class Targets:
    """Normal spectra of one channel, ready to be compared with many blocks of frames.

    ‖a − b‖² = ‖a‖² + ‖b‖² − 2a·b is one matrix product. It cancels where a and b are far from zero
    and near each other; subtracting the middle of the bank from both keeps the loss small. The
    squares are two more columns of the product, which costs less than adding them to it.

    Parameters
    ----------
    bank : ndarray (n_normal, n_features)
        NaN for normal spectra with gaps.
    """

    def __init__(self, bank: FloatArray) -> None:
        self._centre = _middle(bank)
        bank = bank - self._centre
        squares = np.einsum("ij,ij->i", bank, bank)
        self._right = np.column_stack([bank, np.ones_like(squares), squares]).T
        self._gaps = np.flatnonzero(np.isnan(squares))

    def products(self, features: FloatArray) -> FloatArray:
        """Return ‖a − b‖² of frames (n_frames, n_features), (n_frames, n_normal).

        Rounding may leave it slightly below 0.
        """
        features = features - self._centre
        squares = np.einsum("ij,ij->i", features, features)
        features *= features.dtype.type(-2.0)
        return np.asarray(np.column_stack([features, squares, np.ones_like(squares)]) @ self._right)

    def compared(self, features: FloatArray, left_out: Pairs | None) -> FloatArray:
        """Return the squared distances of frames to normal spectra, (n_frames, n_normal).

        They are inf for pairs left out and for normal spectra with gaps, NaN for frames with gaps,
        and may lie below 0 by rounding.
        """
        D = self.products(features)
        if self._gaps.size:
            D[:, self._gaps] = np.inf
        if left_out is not None:
            D[left_out] = np.inf
        broken = np.isnan(features[:, 0])
        if broken.any():
            D[broken] = np.nan
        return D


def squared_distances(features: FloatArray, bank: FloatArray) -> FloatArray:
    """Return ‖a − b‖² of all pairs of rows of two matrices, in their precision.

    The shapes are (n_frames, n_features) and (n_normal, n_features).
    """
    D = Targets(bank).products(features)
    return np.maximum(D, 0.0, out=D)


def _middle(bank: FloatArray) -> FloatArray:
    """Return the median of a few normal spectra, (n_features,), which one outlier cannot move."""
    whole = np.flatnonzero(~np.isnan(bank[:, 0]))
    if not whole.size:
        return np.zeros_like(bank[0])
    some = np.sort(bank[whole[:: -(-whole.size // CENTRE_OF)]], axis=0)
    return np.asarray(some[len(some) // 2])


def compared(features: FloatArray, bank: FloatArray, left_out: Pairs | None) -> FloatArray:
    """Return the squared distances of frames to normal spectra, as `Targets.compared`."""
    return Targets(bank).compared(features, left_out)


def nearest(D: FloatArray, k: int, stride: int) -> FloatArray:
    """Return the mean of the k smallest of every `stride`-th column, (n_frames,).

    `D` are the distances (n_frames, n_normal) of `compared`. The mean is inf where fewer than k are
    left to compare with.
    """
    if k == 1:
        return np.asarray(np.maximum(D[:, ::stride].min(axis=1), 0.0))
    smallest = _smallest(np.ascontiguousarray(D[:, ::stride]), k)
    return np.asarray(np.maximum(smallest, 0.0).mean(axis=1))


def _smallest(D: FloatArray, k: int) -> FloatArray:
    """Return the k smallest of each row, (n_rows, k), or all where there are fewer, in no order.

    Values below 0 count as 0; the order within D is lost. The bits of floats from 0 on rank as they
    do, and integers have no NaN to be looked for. numpy partitions short rows of integers in
    registers: 700 → 5 in chunks of 256 takes a fifth of the time of one np.partition, 700 → 70 the
    same time (`benchmarks/partition.py`).
    """
    if D.base is not None:
        D = D.copy()
    while k < D.shape[1]:
        n_parts = max(1, min(-(-D.shape[1] // AT_ONCE), D.shape[1] // (2 * k)))
        parts = np.array_split(D.view(f"i{D.itemsize}"), n_parts, axis=1)
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
