"""‖φ(X) − φ(X_normal)‖²: whole, and split so that the parts add up to the whole.

`features` is φ(X) flattened to (n_frames, n_features), `bank` the normal spectra in the same form (n_normal, n_features).
`left_out` (n_frames, n_normal) is True where a normal frame overlaps the frame itself and must not be compared with it.
"""

import numpy as np
from numpy.typing import NDArray


def squared_distances(features: NDArray[np.float64], bank: NDArray[np.float64]) -> NDArray[np.float64]:
    """‖a − b‖² of every pair as one matrix product, (n_frames, n_normal).

    ‖a‖² + ‖b‖² − 2a·b cancels where a and b are far from zero and near each other; taking the mean of the bank
    from both first keeps the loss small.
    """
    centre = bank.mean(axis=0)
    features = features - centre
    bank = bank - centre
    D = features @ (-2.0 * bank.T)
    D += np.einsum("ij,ij->i", features, features)[:, None]
    D += np.einsum("ij,ij->i", bank, bank)
    return np.maximum(D, 0.0, out=D)


def nearest(
    features: NDArray[np.float64],
    bank: NDArray[np.float64],
    k: int,
    left_out: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Mean squared distance to the k nearest normal spectra, (n_frames,); inf where fewer than k are left to compare."""
    D = squared_distances(features, bank)
    if left_out is not None:
        D[left_out] = np.inf
    if k < D.shape[1]:
        D.partition(k - 1, axis=1)
    return np.asarray(D[:, :k].mean(axis=1))


def leave_out_mean(bank: NDArray[np.float64], left_out: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of the bank for each frame, those left out not counted, (n_frames, n_features); NaN where none is left."""
    kept = bank.shape[0] - left_out.sum(axis=1)
    total = bank.sum(axis=0) - left_out.astype(np.float64) @ bank
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept[:, None] > 0, total / kept[:, None], np.nan)


def to_mean(
    features: NDArray[np.float64], bank: NDArray[np.float64], left_out: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Squared distance to the mean normal spectrum, (n_frames,): the textbook ‖X − X_normal‖²."""
    mean = bank.mean(axis=0) if left_out is None else leave_out_mean(bank, left_out)
    return np.asarray(((features - mean) ** 2).sum(axis=1))


def parts_to_mean(
    features: NDArray[np.float64], bank: NDArray[np.float64], left_out: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The terms of `to_mean`, (n_frames, n_features): their sum over features is the distance."""
    mean = bank.mean(axis=0) if left_out is None else leave_out_mean(bank, left_out)
    return np.asarray((features - mean) ** 2)


def parts_nearest(
    features: NDArray[np.float64],
    bank: NDArray[np.float64],
    k: int,
    left_out: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """The terms of `nearest`, (n_frames, n_features): mean over the k nearest of (φ − b)², summing to the distance.

    Costs n_frames × k × n_features: meant for the frames somebody asks about.
    """
    D = squared_distances(features, bank)
    if left_out is not None:
        D[left_out] = np.inf
    neighbours = np.argpartition(D, min(k, D.shape[1]) - 1, axis=1)[:, :k]
    return np.asarray(((features[:, None, :] - bank[neighbours]) ** 2).mean(axis=1))
