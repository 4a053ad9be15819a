"""Complex spectra of frames, in two scalings.

power
    Σ_k |X_k|² is the mean square of the tapered frame (Parseval). Distances are made of it.
magnitude
    |X_k| is the amplitude A of a sine A·sin(2πf_k t) (coherent gain, Harris 1978). People read it.
"""

from functools import lru_cache
from typing import Final, Literal

import numpy as np

from spectra.arrays import ComplexArray, Float64Array, FloatArray
from spectra.signal.frames import taper

Scaling = Literal["power", "magnitude"]

# A taper's own spectrum is zero beyond a few bins; below this share of its bin 0 it is rounding.
LEAK: Final = 1e-6
# Longest frames, in samples, that are transformed by a matrix product: for 178 it takes half of the
# time of the FFT, for 128 as long, for 16 a third, and for 256 three times as long.
LONGEST_PRODUCT: Final = 192
# Scale of a bin that stands for no negative frequency over that of one that does.
SINGLE: Final = np.float32(np.sqrt(0.5))


def frequencies(nperseg: int, fs: float | None) -> Float64Array:
    """Return the frequencies of the one-sided bins, (nperseg // 2 + 1,).

    They are in Hz, or in cycles per sample where fs is None.
    """
    return np.asarray(np.fft.rfftfreq(nperseg, 1.0 / (fs or 1.0)))


def spectrum(frames: FloatArray, taper: FloatArray, scaling: Scaling = "power") -> ComplexArray:
    """Return the one-sided complex spectrum of real frames as they are, with their mean.

    Parameters
    ----------
    frames : ndarray (…, nperseg)
        Single precision stays single.
    taper : ndarray (nperseg,)
    scaling : {"power", "magnitude"}

    Returns
    -------
    ndarray (…, nperseg // 2 + 1)
    """
    nperseg = frames.shape[-1]
    if scaling == "power":
        scale, twice = 1.0 / np.sqrt(nperseg * np.sum(taper**2)), np.sqrt(2.0)
    elif scaling == "magnitude":
        scale, twice = 1.0 / np.sum(taper), 2.0
    else:
        raise ValueError(f"scaling={scaling!r} must be 'power' or 'magnitude'.")
    # numpy's FFT is scipy's (pocketfft); scipy.fft takes 0.25 s to import.
    X = np.fft.rfft(frames * (taper * taper.dtype.type(scale)), axis=-1)
    # All bins but 0 and, for an even nperseg, the last stand for a negative frequency too.
    X[..., 1 : X.shape[-1] - 1 if nperseg % 2 == 0 else X.shape[-1]] *= twice
    return np.asarray(X)


def magnitude_over_power(taper: Float64Array) -> Float64Array:
    """Return the size of each bin in magnitude scaling over that in power scaling, (n_bins,).

    `taper` is (nperseg,).
    """
    nperseg = taper.size
    factor = np.full(nperseg // 2 + 1, np.sqrt(2.0))
    # Bin 0 and, for an even nperseg, the last stand for no negative frequency.
    factor[0] = 1.0
    if nperseg % 2 == 0:
        factor[-1] = 1.0
    return np.asarray(factor * np.sqrt(nperseg * np.sum(taper**2)) / np.sum(taper))


def frame_spectra(
    frames: FloatArray, window: str | tuple[str, float]
) -> tuple[ComplexArray, FloatArray]:
    """Return the spectra X (…, n_bins) of frames (…, nperseg) less their means, and the means.

    They are in power scaling. A level far from zero costs them no digits; `with_mean` adds it.
    """
    nperseg = frames.shape[-1]
    means = np.add.reduce(frames, axis=-1)
    means /= nperseg
    centred = frames - means[..., None]
    if frames.dtype != np.float32:
        return spectrum(centred, taper(window, nperseg).astype(frames.dtype)), means
    if nperseg <= LONGEST_PRODUCT:
        return np.asarray((centred @ _transform(window, nperseg)).view(np.complex64)), means
    centred *= _doubled(window, nperseg)
    X = np.fft.rfft(centred)
    # Bin 0 and, for an even nperseg, the last stand for no negative frequency.
    X[..., 0] *= SINGLE
    if nperseg % 2 == 0:
        X[..., -1] *= SINGLE
    return np.asarray(X), means


@lru_cache(maxsize=64)
def _doubled(window: str | tuple[str, float], nperseg: int) -> FloatArray:
    """Return the taper in power scaling of bins that stand for a negative frequency too."""
    weights = taper(window, nperseg)
    scale = np.sqrt(2.0 / (nperseg * np.sum(weights**2)))
    return np.asarray(weights * scale, dtype=np.float32)


@lru_cache(maxsize=64)
def _transform(window: str | tuple[str, float], nperseg: int) -> FloatArray:
    """Return the matrix whose product with a frame is its spectrum, (nperseg, 2 · n_bins)."""
    impulses = spectrum(np.eye(nperseg), taper(window, nperseg))
    return impulses.view(np.float64).astype(np.float32)


def with_mean(
    X: ComplexArray, means: FloatArray, window: str | tuple[str, float], nperseg: int
) -> ComplexArray:
    """Return the spectra of frames with these means: X + mean · W.

    W is the spectrum of the taper, which has few bins.
    """
    W = _taper_spectrum(window, nperseg).astype(X.dtype)
    X = X.copy()
    X[..., : W.size] += means[..., None] * W
    return X


@lru_cache(maxsize=64)
def _taper_spectrum(window: str | tuple[str, float], nperseg: int) -> ComplexArray:
    """Return the spectrum of a taper up to its last bin above rounding."""
    W = spectrum(np.ones(nperseg), taper(window, nperseg))
    return W[: int(np.flatnonzero(np.abs(W) > LEAK * np.abs(W[0]))[-1]) + 1]
