"""Where a frame stands in its sequence, as points e^{iωt} of the unit circle.

Position t turns the phasor of pair i by the angle t·ω_i, with ω_i = 10000^{−2i/d} and i counted by
pairs, so that the exponent is the number of the pair's first feature over d (Vaswani et al. 2017; a
widespread script doubles it by mistake). The encodings are two readings of these phasors: added to
a frame as their imaginary and real parts, sine and cosine; or turning the features of queries and
keys. Moving on by k positions is a rotation by k·ω_i either way.
"""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spectra.arrays import ComplexArray, Float64Array, FloatArray
from spectra.rotation import phasor

# Arrays of float32 or float64.

# The slowest pair takes about 2π times this many positions for a turn.
BASE = 10_000.0


def frequencies(d: int) -> Float64Array:
    """ω_i = 10000^{−2i/d} in radians a position, for the ⌈d/2⌉ pairs of d features; raises
    ValueError for d < 1.
    """
    if d < 1:
        raise ValueError(f"d={d} must be an integer >= 1.")
    return np.asarray(BASE ** (-np.arange(0, d, 2) / d))


def position_phasors(positions: ArrayLike, d: int) -> NDArray[np.complex128]:
    """e^{i·t·ω_i} for positions t of shape (...), any real numbers: (..., ⌈d/2⌉)."""
    return phasor(np.multiply.outer(np.asarray(positions, dtype=np.float64), frequencies(d)))


def sinusoidal(n_positions: int, d: int, dtype: DTypeLike = np.float64) -> FloatArray:
    """PE(t, 2i) = sin(t·ω_i) and PE(t, 2i + 1) = cos(t·ω_i) for t = 0 … n_positions − 1:
    (n_positions, d).

    The last feature of an odd d is a sine without its cosine. Nothing to learn, so it has no
    gradient.
    """
    points = position_phasors(np.arange(n_positions), d)  # [T, ⌈d/2⌉]
    encoding = np.empty((n_positions, d), dtype=dtype)  # [T, d]
    encoding[:, 0::2] = points.imag
    encoding[:, 1::2] = points.real[:, : d // 2]
    return encoding


def learned(
    n_positions: int, d: int, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> FloatArray:
    """First values of positions that are weights, (n_positions, d), normal with a deviation of 1/√d
    as the embeddings.

    They are added, so their gradient is that of H⁰, summed over the sequences of a batch.
    """
    return np.asarray(rng.normal(0.0, d**-0.5, (n_positions, d)), dtype=dtype)


def rotary(x: FloatArray, points: ComplexArray) -> FloatArray:
    """Turn the pairs (x_2i, x_2i+1) of x (..., T, d_k) by the phasors `points` (T, d_k / 2) of its
    rows (Su et al. 2021).

    The product of a query and a key so turned depends on the difference of their positions only.
    Raises ValueError for an odd d_k.
    """
    if x.shape[-1] % 2:
        raise ValueError(
            f"d_k={x.shape[-1]} must be even: rotary positions turn the features of a head in "
            "pairs."
        )
    pairs = np.ascontiguousarray(x).view(
        np.result_type(x.dtype, np.complex64)
    )  # [..., T, d_k] -> [..., T, d_k/2]
    return np.asarray(
        (pairs * points.astype(pairs.dtype, copy=False)).view(x.dtype)
    )  # -> [..., T, d_k]


def rotary_backward(d_turned: FloatArray, points: ComplexArray) -> FloatArray:
    """Derivative by x (..., T, d_k): a rotation is undone by the opposite one."""
    return rotary(d_turned, points.conj())
