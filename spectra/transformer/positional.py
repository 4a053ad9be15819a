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
    """Return ω_i = 10000^{−2i/d} in radians per position, for the ⌈d/2⌉ pairs of d features.

    Raises ValueError for d < 1.
    """
    if d < 1:
        raise ValueError(f"d={d} must be an integer >= 1.")
    return np.asarray(BASE ** (-np.arange(0, d, 2) / d))


def position_angles(positions: ArrayLike, d: int) -> Float64Array:
    """Return the angles t·ω_i in radians, (..., ⌈d/2⌉), of any real positions t (...)."""
    return np.multiply.outer(np.asarray(positions, dtype=np.float64), frequencies(d))


def sinusoidal(n_positions: int, d: int, dtype: DTypeLike = np.float64) -> FloatArray:
    """Return PE(t, 2i) = sin(t·ω_i) and PE(t, 2i + 1) = cos(t·ω_i), (n_positions, d).

    They are the imaginary and real parts of the phasors e^{itω_i}, t = 0 … n_positions − 1. If d is
    odd the last sine has no cosine. Nothing is learned, so there is no gradient. Raises ValueError
    for n_positions < 0 or d < 1.
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
    """Draw initial values (n_positions, d) of learned positions, with the deviation 1/√d.

    Learned positions are added to the input, so their gradient is that of H⁰, summed over the
    sequences of a batch.
    """
    return np.asarray(rng.normal(0.0, d**-0.5, (n_positions, d)), dtype=dtype)


def rotary(x: FloatArray, angles: Float64Array) -> FloatArray:
    """Rotate the pairs (x_2i, x_2i+1) of x (..., T, d_k) by the angles (T, d_k / 2).

    With the angles of their positions, the product of a query and a key depends only on the
    difference of these positions (Su et al. 2021). Raises ValueError for an odd d_k.
    """
    *leading, d_k = x.shape
    if d_k % 2:
        raise ValueError(
            f"d_k={d_k} must be even: rotary positions rotate the features of a head in pairs."
        )
    return rotate_pairs(x.reshape(*leading, d_k // 2, 2), angles).reshape(x.shape)


def rotary_backward(d_rotated: FloatArray, angles: Float64Array) -> FloatArray:
    """Return the gradient by x (..., T, d_k): the rotation by the opposite angles."""
    return rotary(d_rotated, -angles)
