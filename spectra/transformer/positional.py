"""Positions in a sequence as points e^{iωt} of the unit circle.

Position t rotates the phasor of pair i by the angle t·ω_i, with ω_i = 10000^{−2i/d} and i counted
by pairs, so that the exponent is the index of the pair's first feature over d (Vaswani et al.
2017). There are two encodings. Sinusoidal positions are the imaginary and real parts, sine and
cosine, and are added to the input. Rotary positions rotate the features of queries and keys. With
both, moving on by k positions is a rotation by k·ω_i.
"""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from spectra.arrays import Float64Array, FloatArray
from spectra.rotation import phasor, rotate_pairs

# The wavelength of the slowest pair approaches 2π times this many positions (Vaswani et al. 2017).
BASE = 10_000.0


def frequencies(d: int) -> Float64Array:
    """Return ω_i = 10000^{−2i/d} for the pairs of features.

    Parameters
    ----------
    d : int
        Number of features.

    Returns
    -------
    ndarray, shape (⌈d/2⌉,)
        In radians per position.

    Raises
    ------
    ValueError
        For d < 1.
    """
    if d < 1:
        raise ValueError(f"d={d} must be an integer >= 1.")
    return np.asarray(BASE ** (-np.arange(0, d, 2) / d))


def position_angles(positions: ArrayLike, d: int) -> Float64Array:
    """Return the angles t·ω_i of positions.

    Parameters
    ----------
    positions : array_like, shape (...)
        Any real numbers t.
    d : int
        Number of features.

    Returns
    -------
    ndarray, shape (..., ⌈d/2⌉)
        In radians.
    """
    return np.multiply.outer(np.asarray(positions, dtype=np.float64), frequencies(d))


def sinusoidal(n_positions: int, d: int, dtype: DTypeLike = np.float64) -> FloatArray:
    """Return PE(t, 2i) = sin(t·ω_i) and PE(t, 2i + 1) = cos(t·ω_i).

    Parameters
    ----------
    n_positions : int
        The positions are t = 0 … n_positions − 1.
    d : int
        Number of features. If it is odd the last sine has no cosine.
    dtype : dtype
        Precision of the result.

    Returns
    -------
    ndarray, shape (n_positions, d)

    Raises
    ------
    ValueError
        For n_positions < 0 or d < 1.

    Notes
    -----
    The features are the imaginary and real parts of the phasors e^{itω_i}. Nothing is learned, so
    there is no gradient.

    References
    ----------
    Vaswani et al. 2017, "Attention Is All You Need", section 3.5.
    """
    if n_positions < 0:
        raise ValueError(f"n_positions={n_positions} must be an integer >= 0.")
    points = phasor(position_angles(np.arange(n_positions), d))  # [T, ⌈d/2⌉]
    encoding = np.empty((n_positions, d), dtype=dtype)  # [T, d]
    encoding[:, 0::2] = points.imag
    encoding[:, 1::2] = points.real[:, : d // 2]
    return encoding


def initial_positions(
    n_positions: int, d: int, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> FloatArray:
    """Draw initial values of learned positions, with the standard deviation 1/√d.

    Parameters
    ----------
    n_positions : int
    d : int
        Number of features.
    rng : numpy.random.Generator
    dtype : dtype
        Precision of the result.

    Returns
    -------
    ndarray, shape (n_positions, d)

    Notes
    -----
    Learned positions are added to the input, so their gradient is that of H⁰, summed over the
    sequences of a batch.
    """
    return np.asarray(rng.normal(0.0, d**-0.5, (n_positions, d)), dtype=dtype)


def rotary(x: FloatArray, angles: Float64Array) -> FloatArray:
    """Rotate the pairs (x_2i, x_2i+1) of features by angles.

    Parameters
    ----------
    x : ndarray, shape (..., T, d_k)
        Queries or keys.
    angles : ndarray, shape (T, d_k / 2)
        In radians, from `position_angles`.

    Returns
    -------
    ndarray, shape (..., T, d_k)

    Raises
    ------
    ValueError
        For an odd d_k.

    Notes
    -----
    With the angles of their positions, the product of a query and a key depends only on the
    difference of these positions.

    References
    ----------
    Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding".
    """
    *leading, d_k = x.shape
    if d_k % 2:
        raise ValueError(
            f"d_k={d_k} must be even: rotary positions rotate the features of a head in pairs."
        )
    return rotate_pairs(x.reshape(*leading, d_k // 2, 2), angles).reshape(x.shape)


def rotary_backward(d_rotated: FloatArray, angles: Float64Array) -> FloatArray:
    """Return the gradient of `rotary` by x: the rotation by the opposite angles.

    Parameters
    ----------
    d_rotated : ndarray, shape (..., T, d_k)
        Derivative of the loss by the rotated features.
    angles : ndarray, shape (T, d_k / 2)
        In radians.

    Returns
    -------
    ndarray, shape (..., T, d_k)
    """
    return rotary(d_rotated, -angles)
