"""The squared distance ‖φ(X) − φ(X_normal)‖² of frames to their nearest normal spectra.

`features` is φ(X), (…, n_frames, n_features), and `bank` the normal spectra in the same form, (…,
n_normal, n_features). Leading axes, such as channels, are compared each with itself. `left_out` are
pairs (frame, normal frame) that are not compared because they overlap. Frames with NaN have the
distance NaN.
"""

import numpy as np

from spectra.arrays import FloatArray, IntArray, Pairs

# Normal spectra whose median is subtracted from both sides of a product to keep its rounding small.
CENTRE_OF = 16
# Values that numpy's partition of 32-bit integers keeps in registers.
AT_ONCE = 256


def squared_distances(features: FloatArray, bank: FloatArray) -> FloatArray:
    """Return ‖a − b‖² of all pairs of rows of two matrices, in their precision.

    The shapes are (n_frames, n_features) and (n_normal, n_features).
    """
    D = _products(features, bank)
    return np.maximum(D, 0.0, out=D)


def _products(features: FloatArray, bank: FloatArray) -> FloatArray:
    """Return ‖a − b‖² as one matrix product; rounding may leave it slightly below 0.

    ‖a‖² + ‖b‖² − 2a·b cancels where a and b are far from zero and near each other. Subtracting the
    middle of the bank from both keeps the loss small. The squares are two more columns of the
    product, which costs less than adding them to it.
    """
    centre = _middle(bank)
    features, bank = features - centre, bank - centre
    a, b = (np.einsum("ij,ij->i", rows, rows) for rows in (features, bank))
    left = np.column_stack([features * features.dtype.type(-2.0), a, np.ones_like(a)])
    right = np.column_stack([bank, np.ones_like(b), b])
    return np.asarray(left @ right.T)


def _middle(bank: FloatArray) -> FloatArray:
    """Return the median of a few normal spectra, (n_features,), which one outlier cannot move."""
    whole = np.flatnonzero(~np.isnan(bank[:, 0]))
    if not whole.size:
        return np.zeros_like(bank[0])
    some = np.sort(bank[whole[:: -(-whole.size // CENTRE_OF)]], axis=0)
    return np.asarray(some[len(some) // 2])


def _compared(features: FloatArray, bank: FloatArray, left_out: Pairs | None) -> FloatArray:
    """Return squared distances, inf for pairs left out and for normal spectra with gaps."""
    D = _products(features, bank)
    gaps = np.isnan(bank[:, 0])
    if gaps.any():
        D[:, gaps] = np.inf
    if left_out is not None:
        D[left_out] = np.inf
    broken = np.isnan(features[:, 0])
    if broken.any():
        D[broken] = np.nan
    return D


def nearest(
    features: FloatArray, bank: FloatArray, k: int, left_out: Pairs | None = None
) -> FloatArray:
    """Return the mean squared distance to the k nearest normal spectra, (…, n_frames).

    It is inf where fewer than k are left to compare with.
    """
    means = np.empty(features.shape[:-1], dtype=features.dtype)
    # Channel by channel: the distances of one fit the processor's cache.
    for channel in np.ndindex(features.shape[:-2]):
        D = _smallest(_compared(features[channel], bank[channel], left_out), k)
        means[channel] = np.maximum(D, 0.0).mean(axis=-1)
    return means


def _smallest(D: FloatArray, k: int) -> FloatArray:
    """Return the k smallest of each row, (n_rows, k), or all where there are fewer, in no order.

    Values below 0 count as 0; the order within D is lost. The bits of floats from 0 on rank as they
    do, and integers have no NaN to be looked for. numpy partitions short rows of integers in
    registers: 700 → 5 in chunks of 256 takes a fifth of the time of one np.partition, 700 → 70 the
    same time (`benchmarks/partition.py`).
    """
    while k < D.shape[1]:
        n_parts = max(1, min(-(-D.shape[1] // AT_ONCE), D.shape[1] // (2 * k)))
        parts = np.array_split(D.view(f"i{D.itemsize}"), n_parts, axis=1)
        for part in parts:
            part.partition(k - 1, axis=1)
        D = np.concatenate([part[:, :k] for part in parts], axis=1).view(D.dtype)
    return D


def neighbours(
    features: FloatArray, bank: FloatArray, k: int, left_out: Pairs | None = None
) -> IntArray:
    """Return the indices of the k nearest normal spectra of each frame, nearest first, (n, k).

    For one channel: `features` (n_frames, n_features), `bank` (n_normal, n_features).
    """
    D = np.maximum(_compared(features, bank, left_out), 0.0)
    return np.asarray(np.argsort(D, axis=-1, kind="stable")[:, :k])
