"""e^{iθ}: rotating spectra in phase and in time, aligning two of them, and sliding one along a signal.

A one-sided spectrum has the bins k = 0 … nperseg // 2 of a real frame of w = nperseg samples on its last axis, in the
sign convention of numpy.fft.rfft; the axes before it are frames and channels, each row treated on its own. Everything
here but the sliding DFT multiplies bin by bin, so it takes any scaling of the bins.

Inner products and distances are plain sums over the bins. With 'power' scaling, whose inner bins carry the √2 of the
negative frequencies they stand for, those equal the sums over the samples of the two frames; a bare rfft has no such
factor, and counts bin 0 and the last bin of an even w twice as much as the others.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Points of the cross-correlation per sample among which its peak is looked for, before Newton's method refines it.
OVERSAMPLING = 4
# From an eighth of a sample, errors fall as tan(δ) − δ ≈ δ³/3 on the fastest tone: the third step is below rounding.
NEWTON_STEPS = 3
# Relative error a sliding step can add, in units of 2⁻⁵³: 13 the rounded phasor, √5 the complex product (Brent,
# Percival & Zimmermann 2007), 1 the sum, 2 the difference of samples, and as much again for the blocks of `extend`.
ROUNDING_PER_STEP = 32.0


def phasor(theta: ArrayLike) -> NDArray[np.complex128]:
    """The point e^{iθ} = cos θ + i sin θ of the unit circle (Euler), of the shape of `theta`, in radians."""
    theta = np.asarray(theta, dtype=np.float64)
    points = np.empty(theta.shape, dtype=np.complex128)
    points.real = np.cos(theta)
    points.imag = np.sin(theta)
    return points


def rotate(values: ArrayLike, theta: ArrayLike) -> NDArray[np.complex128]:
    """Complex values turned anticlockwise about the origin, values·e^{iθ}; `theta` in radians, broadcast to them."""
    return np.asarray(np.asarray(values, dtype=np.complex128) * phasor(theta))


def rotate_pairs(pairs: ArrayLike, theta: ArrayLike) -> NDArray[np.float64]:
    """Pairs (a, b), such as (cos, sin), turned anticlockwise: (a cos θ − b sin θ, a sin θ + b cos θ).

    `pairs` has shape (..., 2), `theta` in radians a shape that broadcasts with (...). A vector of d features rotated
    in its even and odd places, as rotary encodings do (Su et al. 2021), is `vector.reshape(..., d // 2, 2)`; its
    gradient is the rotation by −θ. Raises ValueError where the last axis is not 2.
    """
    pairs = np.asarray(pairs, dtype=np.float64)
    if pairs.ndim == 0 or pairs.shape[-1] != 2:
        raise ValueError(f"pairs of shape {pairs.shape} must have a last axis of 2: reshape to (..., 2) first.")
    theta = np.asarray(theta, dtype=np.float64)
    cos, sin = np.cos(theta), np.sin(theta)
    a, b = pairs[..., 0], pairs[..., 1]
    return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1)


def _one_sided(spectrum: ArrayLike, nperseg: int) -> NDArray[np.complex128]:
    """The spectrum as complex128; raises ValueError unless it has nperseg // 2 + 1 bins on its last axis."""
    spectrum = np.asarray(spectrum, dtype=np.complex128)
    if nperseg < 1:
        raise ValueError(f"nperseg={nperseg} must be an integer >= 1.")
    if spectrum.ndim == 0 or spectrum.shape[-1] != nperseg // 2 + 1:
        raise ValueError(
            f"A spectrum of shape {spectrum.shape} is not one-sided for nperseg={nperseg}: "
            f"its last axis must have {nperseg // 2 + 1} bins."
        )
    return spectrum


def time_shift(spectrum: ArrayLike, shift: ArrayLike, nperseg: int) -> NDArray[np.complex128]:
    """The spectrum of the frame moved `shift` samples later, circularly: X_k·e^{−i2πk·shift/w} (shift theorem).

    `spectrum` is (..., nperseg // 2 + 1); `shift` any real number, or an array that broadcasts with (...). Between
    samples the frame is its trigonometric interpolant. The last bin of an even nperseg stands for +fs/2 and −fs/2 at
    once, which turn opposite ways; it is multiplied by their mean, cos(π·shift), so that it stays that of a real frame
    and `irfft` loses nothing. A fractional shift therefore shrinks that one bin, and only there two shifts are not
    their sum. Raises ValueError for a wrong number of bins.
    """
    spectrum = _one_sided(spectrum, nperseg)
    # The remainder is exact, and keeps the phase so where the shift is a large number of samples.
    turns = np.remainder(np.asarray(shift, dtype=np.float64), nperseg)[..., None] * np.arange(spectrum.shape[-1])
    factor = phasor(-2.0 * np.pi / nperseg * np.remainder(turns, nperseg))
    if nperseg % 2 == 0:
        factor.imag[..., -1] = 0.0
    return np.asarray(spectrum * factor)


def align_phase(
    spectrum: ArrayLike, reference: ArrayLike
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Rotate a spectrum by the one phase that brings it nearest to `reference`: θ = arg Σ_k conj(X_k)·Y_k.

    Both are (..., n_bins) and broadcast; returns X·e^{iθ} and θ (...) in (−π, π], the minimum of
    Σ_k |X_k e^{iθ} − Y_k|² (orthogonal Procrustes in one complex dimension), 0 where every phase is as good. One phase
    for all frequencies is no delay: bin 0 and the last bin of an even frame turn complex, and `irfft` drops that part.
    """
    spectrum = np.asarray(spectrum, dtype=np.complex128)
    reference = np.asarray(reference, dtype=np.complex128)
    inner = np.asarray(np.sum(spectrum.conj() * reference, axis=-1))
    theta = np.where(inner == 0.0, 0.0, np.angle(inner))
    return rotate(spectrum, theta[..., None]), theta


def _peak_on_grid(cross: NDArray[np.complex128], nperseg: int) -> NDArray[np.float64]:
    """Shift of the highest of OVERSAMPLING·w values of Re Σ_k cross_k·e^{i2πk·shift/w}, in [−w/2, w/2)."""
    n_points = OVERSAMPLING * nperseg
    # irfft counts every inner bin twice and, padded to this length, all but bin 0 (left out) are inner bins: the same
    # weight for all, so the position of the peak is that of the plain sum.
    cross = cross.copy()
    if nperseg % 2 == 0:
        # Its two halves turn opposite ways, so the imaginary part cancels at every shift, as in `time_shift`.
        cross.imag[..., -1] = 0.0
    peak = np.argmax(np.fft.irfft(cross, n=n_points, axis=-1), axis=-1)
    return np.asarray(np.where(2 * peak >= n_points, peak - n_points, peak) / OVERSAMPLING)


def _refined(cross: NDArray[np.complex128], shift: NDArray[np.float64], nperseg: int) -> NDArray[np.float64]:
    """Newton's method from a grid point to the peak beside it; the grid point where that would not climb."""
    omega = 2.0 * np.pi / nperseg * np.arange(cross.shape[-1])
    reach = 1.0 / OVERSAMPLING

    def correlation(at: NDArray[np.float64], weight: NDArray[np.complex128]) -> NDArray[np.float64]:
        return np.asarray(np.sum(weight * time_shift(cross, -at, nperseg), axis=-1).real)

    # The last bin of an even frame goes with cos(πs), whose slope −π·sin(πs) no rotation of a real bin gives.
    def slope(at: NDArray[np.float64]) -> NDArray[np.float64]:
        turning = phasor(at[..., None] * omega) * cross
        if nperseg % 2 == 0:
            turning[..., -1] = 1j * np.sin(np.pi * at) * cross[..., -1].real
        return np.asarray(-np.sum(omega * turning.imag, axis=-1))

    refined = shift
    for _ in range(NEWTON_STEPS):
        curvature = -correlation(refined, omega.astype(np.complex128) ** 2)
        step = np.divide(-slope(refined), curvature, out=np.zeros_like(refined), where=curvature < 0.0)
        refined = np.clip(refined + step, shift - reach, shift + reach)
    one = np.ones_like(omega, dtype=np.complex128)
    return np.where(correlation(refined, one) >= correlation(shift, one), refined, shift)
