"""Spectra of a signal, and their distance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.arrays import Float64Array
from spectra.errors import DataError
from spectra.foundations.rotations import euler
from spectra.signal.spectrum import frequencies, spectrum


def fourier_transform(signal: ArrayLike) -> NDArray[np.complex128]:
    """Return X_k = Σ_t x_t e^{−i2πkt/n}, amplitude and phase of each frequency.

    Parameters
    ----------
    signal : array_like, shape (n,)
        Samples x.

    Returns
    -------
    ndarray of complex, shape (n,)

    Raises
    ------
    DataError
        If the signal has another shape or no samples.

    Notes
    -----
    The samples are rotated backwards k times around the circle and added up: all parts cancel but
    the one that itself rotates k times. This takes n² steps; `numpy.fft.fft` computes the same in n
    log n (Cooley & Tukey 1965).

    Examples
    --------
    >>> np.abs(fourier_transform([1, 0, -1, 0])).round(12).tolist()
    [0.0, 2.0, 0.0, 2.0]
    """
    signal = np.asarray(signal)
    if signal.ndim != 1 or signal.size == 0:
        raise DataError(f"A signal of shape {signal.shape} must be (n,) with one sample at least.")
    k = np.arange(signal.size)
    # Whole turns are removed from the integers, where this is exact.
    turns = np.outer(k, k) % signal.size / signal.size
    return np.asarray(euler(-2 * np.pi * turns) @ signal)


def amplitude_spectrum(signal: ArrayLike, fs: float) -> tuple[Float64Array, Float64Array]:
    """Return the frequencies and amplitudes of a signal, by FFT.

    Parameters
    ----------
    signal : array_like, shape (n,)
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    frequencies : ndarray, shape (n // 2 + 1,)
        In Hz.
    amplitudes : ndarray, shape (n // 2 + 1,)
        In the unit of the signal: a sine of amplitude A reads A.

    Raises
    ------
    DataError
        If the signal has another shape or no samples.

    Examples
    --------
    >>> frequencies, amplitudes = amplitude_spectrum([3, 0, -3, 0], fs=8.0)
    >>> frequencies.tolist(), amplitudes.round(12).tolist()
    ([0.0, 2.0, 4.0], [0.0, 3.0, 0.0])
    """
    signal = np.asarray(signal, dtype=np.float64)
    if signal.ndim != 1 or signal.size == 0:
        raise DataError(f"A signal of shape {signal.shape} must be (n,) with one sample at least.")
    X = spectrum(signal, np.ones(signal.size), scaling="magnitude")
    return frequencies(signal.size, fs), np.abs(X)


def spectral_distance(X: ArrayLike, X_normal: ArrayLike) -> Float64Array:
    """Return ‖X − X_normal‖² = Σ_k |X_k − X_normal,k|², large if anomalous.

    Parameters
    ----------
    X : array_like, shape (n_frames, n_bins)
        Spectra.
    X_normal : array_like, shape (n_bins,)
        The normal spectrum.

    Returns
    -------
    ndarray, shape (n_frames,)

    Raises
    ------
    DataError
        If the shapes do not fit.

    Examples
    --------
    >>> spectral_distance([[1, 1j], [4, 0]], X_normal=[1, 0]).tolist()
    [1.0, 9.0]
    """
    X, X_normal = (np.asarray(each, dtype=np.complex128) for each in (X, X_normal))
    if X.ndim != 2 or X_normal.shape != X.shape[1:]:
        raise DataError(
            f"X and X_normal of shapes {X.shape} and {X_normal.shape} must be (n_frames, n_bins) "
            "and (n_bins,)."
        )
    return np.asarray((np.abs(X - X_normal) ** 2).sum(axis=1))
