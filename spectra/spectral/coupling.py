"""What the other channels do not tell of a channel: the residual of its spectrum.

In each bin k the channels' spectra X (n_channels,) have the cross-spectral matrix S = E[X Xᴴ]. The
best linear prediction of X_i from all other channels, which may be scaled, delayed or filtered
copies of it, leaves Σ_j G_ij X_j / G_ii, whose mean power is 1 / G_ii, with G = S⁻¹ (the
multichannel Wiener filter; Priestley 1981, Spectral Analysis and Time Series, §9.5). In units of
that power every bin counts alike. Channels that always move together have small residuals until
they come apart, while each of them is as loud as ever.
"""

from typing import Final

import numpy as np

from spectra.arrays import ComplexArray

# Added to the diagonal of S, as a share of the mean power: below it channels tell nothing of each
# other.
RIDGE: Final = 1e-3
# A frame counts as at most so many usual ones, however loud.
LOUDEST: Final = 4.0
# More channels need more frames to know S than a recording has, and c² memory.
MAX_CHANNELS: Final = 128


def transfer(X: ComplexArray) -> ComplexArray:
    """The matrices G_ij / √G_ii that make residuals of mean power 1, (n_bins, n_channels,
    n_channels).

    `X` (n_channels, n_frames, n_bins) are spectra of normal frames; frames with NaN are left out. A
    channel without power is told nothing and tells nothing.
    """
    X = X[:, ~np.isnan(X).any(axis=(0, 2))]
    n_channels, n_frames, n_bins = X.shape
    if n_frames == 0:
        return np.broadcast_to(np.eye(n_channels, dtype=X.dtype), (n_bins, n_channels, n_channels))
    parts = X.view(X.real.dtype)
    power = np.einsum("ijk,ijk->ij", parts, parts)
    usual = np.median(power, axis=1, keepdims=True)
    loud = np.divide(power, LOUDEST * usual, out=np.ones_like(power), where=usual > 0).max(axis=0)
    X /= np.sqrt(np.maximum(loud, 1.0))[:, None]
    by_bin = (of_bin.astype(np.complex128) for of_bin in X.transpose(2, 0, 1))
    S = np.stack([of_bin @ of_bin.conj().T for of_bin in by_bin]) / n_frames
    powers = np.diagonal(S, axis1=1, axis2=2).real.mean(axis=0)
    ridge = RIDGE * powers[powers > 0].mean() if powers.any() else 1.0
    G = np.linalg.inv(S + ridge * np.eye(n_channels))
    return np.asarray(G / np.sqrt(np.diagonal(G, axis1=1, axis2=2).real)[:, :, None]).astype(
        X.dtype
    )


def residual(X: ComplexArray, transfer: ComplexArray) -> ComplexArray:
    """X (n_channels, n_frames, n_bins) less what the other channels tell of it, in units of what is
    usually left, same shape.

    NaN where any channel has none.
    """
    return np.ascontiguousarray((transfer @ X.transpose(2, 0, 1)).transpose(1, 2, 0))
