"""Residual spectra: the part of each spectrum that the other channels do not predict linearly.

In each bin k the channels' spectra X (n_channels,) have the cross-spectral matrix S = E[X Xᴴ]. The
best linear prediction of X_i from all other channels, which may be scaled, delayed or filtered
copies of it, leaves Σ_j G_ij X_j / G_ii, whose mean power is 1 / G_ii, with G = S⁻¹ (the
multichannel Wiener filter; Priestley 1981, Spectral Analysis and Time Series, §9.5). In units of
that power every bin counts alike. Channels that always move together have small residuals until
one of them departs, even if its own spectrum stays normal.
"""

from typing import Final

import numpy as np

from spectra.arrays import ComplexArray

# Added to the diagonal of S, as a fraction of the mean power, to keep S invertible.
RIDGE: Final = 1e-3
# Largest power of a frame in S, in units of the median power: one loud frame does not dominate S.
LOUDEST: Final = 4.0
# Largest real or imaginary part of a residual: in a bin that is silent in normal frames there is no
# bound to it, and the sum of the squares of 10,000 bins has to fit float32 (largest 3e38).
LARGEST: Final = 1e15
# Largest number of channels: S of more needs more frames than recordings have, and c² memory.
MAX_CHANNELS: Final = 128


def whitening_matrices(X: ComplexArray) -> ComplexArray:
    """Return the matrices G_ij / √G_ii, whose residuals have mean power 1.

    Parameters
    ----------
    X : ndarray (n_channels, n_frames, n_bins)
        Spectra of normal frames; frames with NaN are left out. A channel without power predicts
        nothing.

    Returns
    -------
    ndarray (n_bins, n_channels, n_channels)
    """
    X = X[:, ~np.isnan(X).any(axis=(0, 2))]
    n_channels, n_frames, n_bins = X.shape
    if n_frames == 0:
        return np.broadcast_to(np.eye(n_channels, dtype=X.dtype), (n_bins, n_channels, n_channels))
    parts = X.view(X.real.dtype)
    power = np.einsum("ijk,ijk->ij", parts, parts)
    usual = np.median(power, axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        # A channel that is as good as silent: any frame with a value is infinitely louder.
        loud = np.divide(power, LOUDEST * usual, out=np.ones_like(power), where=usual > 0)
    loud = np.minimum(loud.max(axis=0), np.finfo(power.dtype).max)
    X /= np.sqrt(np.maximum(loud, 1.0))[:, None]
    by_bin = (of_bin.astype(np.complex128) for of_bin in X.transpose(2, 0, 1))
    S = np.stack([of_bin @ of_bin.conj().T for of_bin in by_bin]) / n_frames
    powers = np.diagonal(S, axis1=1, axis2=2).real.mean(axis=0)
    ridge = RIDGE * powers[powers > 0].mean() if powers.any() else 1.0
    G = np.linalg.inv(S + ridge * np.eye(n_channels))
    return np.asarray(G / np.sqrt(np.diagonal(G, axis1=1, axis2=2).real)[:, :, None]).astype(
        X.dtype
    )


def residual(X: ComplexArray, whitening: ComplexArray) -> ComplexArray:
    """Return the residuals of X (n_channels, n_frames, n_bins), in units of their usual size.

    NaN where any channel has a gap.
    """
    found = np.ascontiguousarray((whitening @ X.transpose(2, 0, 1)).transpose(1, 2, 0))
    parts = found.view(found.real.dtype)
    np.clip(parts, -LARGEST, LARGEST, out=parts)
    return found
