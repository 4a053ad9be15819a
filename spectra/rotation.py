"""Rotations by e^{iθ}: of points, of pairs, and of spectra in phase and in time.

A one-sided spectrum has the bins k = 0 … nperseg // 2 of a real frame of w = nperseg samples on its
last axis, in the sign convention of numpy.fft.rfft. The axes before it are channels and frames;
each row is treated on its own. Multiplication is bin by bin, so any scaling of the bins is allowed.

Inner products and distances are plain sums over the bins. With 'power' scaling, whose inner bins
carry the √2 of the negative frequencies they stand for, those equal the sums over the samples of
the two frames. A bare rfft has no such factor, which gives bin 0 and the last bin of an even w
twice their weight.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.arrays import ComplexArray, FloatArray


def phasor(theta: ArrayLike) -> NDArray[np.complex128]:
    """Return e^{iθ} = cos θ + i sin θ (Euler).

    Parameters
    ----------
    theta : array_like
        Angle θ in radians.

    Returns
    -------
    ndarray of complex128, shape of theta

    Examples
    --------
    >>> phasor(np.pi).round(12).item()
    (-1+0j)
    """
    theta = np.asarray(theta, dtype=np.float64)
    points = np.empty(theta.shape, dtype=np.complex128)
    points.real = np.cos(theta)
    points.imag = np.sin(theta)
    return points


def _complex(values: ArrayLike) -> ComplexArray:
    """Return the values as complex64 where they are in single precision, else as complex128."""
    array: NDArray[Any] = np.asarray(values)
    return array.astype(np.result_type(array.dtype, np.complex64), copy=False)


def rotate(values: ArrayLike, theta: ArrayLike) -> ComplexArray:
    """Rotate complex values anticlockwise about the origin: values · e^{iθ}.

    Parameters
    ----------
    values : array_like
    theta : array_like
        Angle θ in radians; broadcasts with the values.

    Returns
    -------
    ndarray of complex
        In single precision if the values are.

    Examples
    --------
    >>> rotate([1, 1j], np.pi / 2).round(12).tolist()
    [1j, (-1+0j)]
    """
    points = _complex(values)
    return np.asarray(points * phasor(theta).astype(points.dtype, copy=False))


def rotate_pairs(pairs: ArrayLike, theta: ArrayLike) -> FloatArray:
    """Rotate pairs (a, b) anticlockwise: (a cos θ − b sin θ, a sin θ + b cos θ).

    Parameters
    ----------
    pairs : array_like, shape (..., 2)
    theta : array_like
        Angle θ in radians; broadcasts with (...).

    Returns
    -------
    ndarray, shape (..., 2)
        In single precision if the pairs are.

    Raises
    ------
    ValueError
        If the last axis is not 2.

    Notes
    -----
    Rotary positions rotate a vector of d features as `vector.reshape(..., d // 2, 2)`. The gradient
    is the rotation by −θ.

    References
    ----------
    Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding".

    Examples
    --------
    >>> rotate_pairs([1.0, 0.0], np.pi / 2).round(12).tolist()
    [0.0, 1.0]
    """
    array: NDArray[Any] = np.asarray(pairs)
    if array.ndim == 0 or array.shape[-1] != 2:
        raise ValueError(
            f"pairs of shape {array.shape} must have a last axis of 2: reshape to (..., 2) first."
        )
    points = _complex(array[..., 0]) + 1j * array[..., 1]
    rotated = rotate(points, theta)
    return np.stack([rotated.real, rotated.imag], axis=-1)


def _one_sided(spectrum: ArrayLike, nperseg: int) -> ComplexArray:
    """Return the spectrum as complex numbers; raise ValueError for a wrong number of bins."""
    X = _complex(spectrum)
    if nperseg < 1:
        raise ValueError(f"nperseg={nperseg} must be an integer >= 1.")
    if X.ndim == 0 or X.shape[-1] != nperseg // 2 + 1:
        raise ValueError(
            f"A spectrum of shape {X.shape} is not one-sided for nperseg={nperseg}: "
            f"its last axis must have {nperseg // 2 + 1} bins."
        )
    return X


def time_shift(spectrum: ArrayLike, shift: ArrayLike, nperseg: int) -> ComplexArray:
    """Shift a frame circularly by a number of samples: X_k · e^{−i2πk·shift/w} (shift theorem).

    Parameters
    ----------
    spectrum : array_like, shape (..., nperseg // 2 + 1)
        One-sided spectrum of a real frame.
    shift : array_like
        Any real number of samples, positive towards later; broadcasts with (...).
    nperseg : int
        The frame length w in samples.

    Returns
    -------
    ndarray of complex, shape (..., nperseg // 2 + 1)
        In single precision if the spectrum is.

    Raises
    ------
    ValueError
        For a wrong number of bins.

    Notes
    -----
    Between samples the frame is its trigonometric interpolant.

    The last bin of an even nperseg stands for +fs/2 and −fs/2 at once, which rotate in opposite
    directions. It is multiplied by their mean, cos(π·shift), so that it stays that of a real frame
    and `irfft` loses nothing. A fractional shift therefore shrinks that one bin, and only there two
    shifts do not add up.

    Examples
    --------
    >>> later = time_shift(np.fft.rfft([1, 0, 0, 0]), 1, nperseg=4)
    >>> bool(np.allclose(np.fft.irfft(later), [0, 1, 0, 0]))
    True
    """
    X = _one_sided(spectrum, nperseg)
    # The remainder is exact, so the phase stays accurate if the shift is a large number of samples.
    turns = np.remainder(np.asarray(shift, dtype=np.float64), nperseg)[..., None] * np.arange(
        X.shape[-1]
    )
    factor = phasor(-2.0 * np.pi / nperseg * np.remainder(turns, nperseg))
    if nperseg % 2 == 0:
        factor.imag[..., -1] = 0.0
    return np.asarray(X * factor.astype(X.dtype, copy=False))


def align_phase(spectrum: ArrayLike, reference: ArrayLike) -> tuple[ComplexArray, FloatArray]:
    """Rotate a spectrum by the one phase that brings it nearest to a reference.

    Parameters
    ----------
    spectrum : array_like, shape (..., n_bins)
        The spectrum X.
    reference : array_like, shape (..., n_bins)
        The spectrum Y; broadcasts with X.

    Returns
    -------
    aligned : ndarray of complex, shape (..., n_bins)
        X·e^{iθ}.
    theta : ndarray, shape (...)
        θ in radians, in (−π, π]; 0 if all phases are equally good.

    Notes
    -----
    θ = arg Σ_k conj(X_k)·Y_k minimises Σ_k |X_k e^{iθ} − Y_k|² (orthogonal Procrustes in one
    complex dimension). One phase for all frequencies is no delay: bin 0 and the last bin of an even
    frame become complex, and `irfft` drops that part.

    Examples
    --------
    >>> aligned, theta = align_phase([1, 2j], [1j, -2])
    >>> aligned.round(12).tolist(), round(float(theta / np.pi), 12)
    ([1j, (-2+0j)], 0.5)
    """
    X, Y = _complex(spectrum), _complex(reference)
    inner = np.asarray(np.sum(X.conj() * Y, axis=-1))
    theta = np.where(inner == 0.0, 0.0, np.angle(inner))
    return rotate(X, theta[..., None]), theta
