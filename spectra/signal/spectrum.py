"""Frames to complex spectra, in two scalings.

power      Σ_k |X_k|² is the mean square of the tapered frame (Parseval), which distances are made
of. magnitude  |X_k| is the amplitude A of a sine A·sin(2πf_k t), which a person is shown (Harris
1978, coherent gain).
"""

from typing import Literal

import numpy as np

from spectra.arrays import ComplexArray, Float64Array, FloatArray

Scaling = Literal["power", "magnitude"]
Detrend = Literal["none", "constant", "linear"]


def frequencies(nperseg: int, fs: float | None) -> Float64Array:
    """Frequencies of the one-sided bins, shape (nperseg // 2 + 1,), in Hz; in cycles per sample
    where fs is None.
    """
    return np.asarray(np.fft.rfftfreq(nperseg, 1.0 / (fs or 1.0)))


def detrended(frames: FloatArray, detrend: Detrend) -> FloatArray:
    """Frames (…, nperseg) less nothing, their mean, or their least-squares line."""
    if detrend == "none":
        return frames
    frames = np.asarray(frames - frames.mean(axis=-1, keepdims=True))
    if detrend == "constant":
        return frames
    if detrend != "linear":
        raise ValueError(f"detrend={detrend!r} must be 'none', 'constant' or 'linear'.")
    ramp = np.arange(frames.shape[-1]) - (frames.shape[-1] - 1) / 2
    slope = frames @ ramp / max(float(ramp @ ramp), 1.0)
    return np.asarray(frames - slope[..., None] * ramp)


def _doubled(n_bins: int, nperseg: int) -> slice:
    """Bins that stand for a negative frequency too: all but 0 and, for an even nperseg, the
    last.
    """
    return slice(1, n_bins - 1 if nperseg % 2 == 0 else n_bins)


def spectrum(
    frames: FloatArray,
    taper: FloatArray,
    detrend: Detrend = "constant",
    scaling: Scaling = "power",
) -> ComplexArray:
    """One-sided complex spectrum of real frames: (…, nperseg) -> (…, nperseg // 2 + 1).

    `taper` has shape (nperseg,). Single precision stays single. Raises ValueError for an unknown
    detrend or scaling.
    """
    nperseg = frames.shape[-1]
    if scaling == "power":
        scale, twice = 1.0 / np.sqrt(nperseg * np.sum(taper**2)), np.sqrt(2.0)
    elif scaling == "magnitude":
        scale, twice = 1.0 / np.sum(taper), 2.0
    else:
        raise ValueError(f"scaling={scaling!r} must be 'power' or 'magnitude'.")
    # numpy's FFT is scipy's, and scipy.fft takes longer to import than most recordings to
    # transform.
    X = np.fft.rfft(detrended(frames, detrend) * (taper * taper.dtype.type(scale)), axis=-1)
    X[..., _doubled(X.shape[-1], nperseg)] *= twice
    return np.asarray(X)
