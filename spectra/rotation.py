"""e^{iθ}: rotating spectra in phase and in time, aligning two of them, and sliding one along a
signal.

A one-sided spectrum has the bins k = 0 … nperseg // 2 of a real frame of w = nperseg samples on its
last axis, in the sign convention of numpy.fft.rfft; the axes before it are frames and channels,
each row treated on its own. Everything here but the sliding DFT multiplies bin by bin, so it takes
any scaling of the bins.

Inner products and distances are plain sums over the bins. With 'power' scaling, whose inner bins
carry the √2 of the negative frequencies they stand for, those equal the sums over the samples of
the two frames; a bare rfft has no such factor, which gives bin 0 and the last bin of an even w
twice their weight.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.arrays import Float64Array

# Points of the cross-correlation per sample among which its peak is looked for, before Newton's
# method refines it.
OVERSAMPLING = 4
# From an eighth of a sample, errors fall as tan(δ) − δ ≈ δ³/3 on the fastest tone: the third step
# is below rounding.
NEWTON_STEPS = 3
# Error a sliding step can add, in units of 2⁻⁵³ of the largest bin: 13 the rounded phasor, √5 the
# complex product (Brent, Percival & Zimmermann 2007), 1 the sum, 2 the difference of samples; the
# rest for a block of `extend`, with two products.
ROUNDING_PER_STEP = 32.0
# Samples `extend` slides over at once: enough to make light of the cost of a call, few enough to
# stay in the cache.
BLOCK = 1024


def phasor(theta: ArrayLike) -> NDArray[np.complex128]:
    """The point e^{iθ} = cos θ + i sin θ of the unit circle (Euler), of the shape of `theta`, in
    radians.
    """
    theta = np.asarray(theta, dtype=np.float64)
    points = np.empty(theta.shape, dtype=np.complex128)
    points.real = np.cos(theta)
    points.imag = np.sin(theta)
    return points


def rotate(values: ArrayLike, theta: ArrayLike) -> NDArray[np.complex128]:
    """Complex values turned anticlockwise about the origin, values·e^{iθ}; `theta` in radians,
    broadcast to them.
    """
    return np.asarray(np.asarray(values, dtype=np.complex128) * phasor(theta))


def rotate_pairs(pairs: ArrayLike, theta: ArrayLike) -> Float64Array:
    """Pairs (a, b), such as (cos, sin), turned anticlockwise: (a cos θ − b sin θ, a sin θ + b cos
    θ).

    `pairs` has shape (..., 2), `theta` in radians a shape that broadcasts with (...). A vector of d
    features rotated in its even and odd places, as rotary encodings do (Su et al. 2021), is
    `vector.reshape(..., d // 2, 2)`; its gradient is the rotation by −θ. Raises ValueError where
    the last axis is not 2.
    """
    pairs = np.asarray(pairs, dtype=np.float64)
    if pairs.ndim == 0 or pairs.shape[-1] != 2:
        raise ValueError(
            f"pairs of shape {pairs.shape} must have a last axis of 2: reshape to (..., 2) first."
        )
    theta = np.asarray(theta, dtype=np.float64)
    cos, sin = np.cos(theta), np.sin(theta)
    a, b = pairs[..., 0], pairs[..., 1]
    return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1)


def _one_sided(spectrum: ArrayLike, nperseg: int) -> NDArray[np.complex128]:
    """The spectrum as complex128; raises ValueError unless it has nperseg // 2 + 1 bins on its last
    axis.
    """
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
    """The spectrum of the frame moved `shift` samples later, circularly: X_k·e^{−i2πk·shift/w}
    (shift theorem).

    `spectrum` is (..., nperseg // 2 + 1); `shift` any real number, or an array that broadcasts with
    (...). Between samples the frame is its trigonometric interpolant. The last bin of an even
    nperseg stands for +fs/2 and −fs/2 at once, which turn opposite ways; it is multiplied by their
    mean, cos(π·shift), so that it stays that of a real frame and `irfft` loses nothing. A
    fractional shift therefore shrinks that one bin, and only there two shifts are not their sum.
    Raises ValueError for a wrong number of bins.
    """
    spectrum = _one_sided(spectrum, nperseg)
    # The remainder is exact, and keeps the phase so where the shift is a large number of samples.
    turns = np.remainder(np.asarray(shift, dtype=np.float64), nperseg)[..., None] * np.arange(
        spectrum.shape[-1]
    )
    factor = phasor(-2.0 * np.pi / nperseg * np.remainder(turns, nperseg))
    if nperseg % 2 == 0:
        factor.imag[..., -1] = 0.0
    return np.asarray(spectrum * factor)


def align_phase(
    spectrum: ArrayLike, reference: ArrayLike
) -> tuple[NDArray[np.complex128], Float64Array]:
    """Rotate a spectrum by the one phase that brings it nearest to `reference`: θ = arg Σ_k
    conj(X_k)·Y_k.

    Both are (..., n_bins) and broadcast; returns X·e^{iθ} and θ (...) in (−π, π], the minimum of
    Σ_k |X_k e^{iθ} − Y_k|² (orthogonal Procrustes in one complex dimension), 0 where every phase is
    as good. One phase for all frequencies is no delay: bin 0 and the last bin of an even frame turn
    complex, and `irfft` drops that part.
    """
    spectrum = np.asarray(spectrum, dtype=np.complex128)
    reference = np.asarray(reference, dtype=np.complex128)
    inner = np.asarray(np.sum(spectrum.conj() * reference, axis=-1))
    theta = np.where(inner == 0.0, 0.0, np.angle(inner))
    return rotate(spectrum, theta[..., None]), theta


def _peak_on_grid(cross: NDArray[np.complex128], nperseg: int) -> Float64Array:
    """Shift (...) of the highest of OVERSAMPLING·w values of Re Σ_k cross_k·e^{i2πk·shift/w}, in
    [−w/2, w/2).
    """
    n_points = OVERSAMPLING * nperseg
    # Padded to this length, irfft counts every bin but the first twice, so their weights stay
    # equal.
    peak = np.argmax(np.fft.irfft(cross, n=n_points, axis=-1), axis=-1)
    return np.asarray(np.where(2 * peak >= n_points, peak - n_points, peak) / OVERSAMPLING)


def _refined(cross: NDArray[np.complex128], grid: Float64Array, nperseg: int) -> Float64Array:
    """Newton's method from grid points (...) to the peaks beside them; a grid point stays where it
    would not climb.
    """
    omega = 2.0 * np.pi / nperseg * np.arange(cross.shape[-1])

    def correlation(shift: Float64Array, order: int) -> Float64Array:
        turned = cross * phasor(shift[..., None] * omega)
        return np.asarray(np.sum((1j * omega) ** order * turned, axis=-1).real)

    shift = grid
    for _ in range(NEWTON_STEPS):
        curvature = correlation(shift, 2)
        step = np.divide(
            correlation(shift, 1), curvature, out=np.zeros_like(shift), where=curvature < 0.0
        )
        shift = np.clip(shift - step, grid - 1.0 / OVERSAMPLING, grid + 1.0 / OVERSAMPLING)
    return np.where(correlation(shift, 0) > correlation(grid, 0), shift, grid)


def align_time(
    spectrum: ArrayLike, reference: ArrayLike, nperseg: int
) -> tuple[NDArray[np.complex128], Float64Array]:
    """Shift a frame in time to where its circular cross-correlation with `reference` is highest.

    Both are (..., nperseg // 2 + 1) and broadcast; returns the shifted spectrum and the shift (...)
    in samples, positive where the frame had to move later, within half a frame (and a quarter of a
    sample) of 0. The correlation is the inverse FFT of the cross-spectrum conj(X)·Y, padded with
    zeros to a quarter of a sample; Newton's method then climbs from its highest value. A shifted
    copy is found to about 1e-8 of a period of its strongest tone: moves smaller than that change a
    peak by less than rounding. A rival peak may be taken for the highest one where it falls short
    of it by less than (1 − cos(π/8))/2 = 4 % of the range of the correlation (M. Riesz: near its
    maximum a trigonometric polynomial falls no faster than the cosine of its degree), or is as
    high, as in a periodic frame. The shift is 0 where the spectra share no bin but the first. Takes
    4·nperseg numbers a row. Raises ValueError for a wrong number of bins.
    """
    spectrum = _one_sided(spectrum, nperseg)
    reference = _one_sided(reference, nperseg)
    cross = spectrum.conj() * reference
    # The mean is the same at every shift: leaving it out keeps its rounding from choosing one.
    cross[..., 0] = 0.0
    if nperseg % 2 == 0:
        # `time_shift` multiplies this bin by a cosine, which is all that is left of a real number
        # turning.
        cross.imag[..., -1] = 0.0
    shift = _refined(cross, _peak_on_grid(cross, nperseg), nperseg)
    return time_shift(spectrum, shift, nperseg), shift


def aligned_distance(
    spectrum: ArrayLike, reference: ArrayLike, nperseg: int | None = None
) -> Float64Array:
    """Squared distance Σ_k |X_k − Y_k|² (...) after the best common phase or, given `nperseg`, the
    best time shift.

    For the phase this is ‖X‖² + ‖Y‖² − 2|⟨X, Y⟩|. It is summed from the squared differences of the
    aligned spectra, which cannot be negative and does not cancel where they are alike. Never more
    than the distance unaligned. Raises ValueError for a wrong number of bins.
    """
    if nperseg is None:
        aligned, _ = align_phase(spectrum, reference)
    else:
        aligned, _ = align_time(spectrum, reference, nperseg)
    difference = aligned - np.asarray(reference, dtype=np.complex128)
    return np.asarray(np.sum(difference.real**2 + difference.imag**2, axis=-1))


@lru_cache(maxsize=16)
def _roots(nperseg: int) -> NDArray[np.complex128]:
    """e^{i2πj/w} for j = 0 … w − 1, read-only; angles within ±π, where they are rounded least."""
    j = np.arange(nperseg)
    roots = phasor(2.0 * np.pi * np.where(2 * j > nperseg, j - nperseg, j) / nperseg)
    roots.flags.writeable = False
    return roots


def sliding_dft_step(
    spectrum: ArrayLike, x_old: ArrayLike, x_new: ArrayLike, nperseg: int
) -> NDArray[np.complex128]:
    """The unscaled spectrum of a frame one sample on: X_k ← (X_k − x_old + x_new)·e^{i2πk/w}
    (Jacobsen & Lyons 2003).

    `spectrum` (..., nperseg // 2 + 1) is the rfft of an untapered frame, `x_old` (...) the sample
    that leaves it, `x_new` (...) the one that follows it. Rounding adds up step after step: see
    `drift_bound`. Raises ValueError for a wrong number of bins.
    """
    spectrum = _one_sided(spectrum, nperseg)
    difference = np.asarray(x_new, dtype=np.float64) - np.asarray(x_old, dtype=np.float64)
    return np.asarray((spectrum + difference[..., None]) * _roots(nperseg)[: spectrum.shape[-1]])


def drift_bound(nperseg: int, n_steps: int, peak: float) -> float:
    """Largest |X̂_k − X_k| of any bin, `n_steps` sliding steps after a full FFT, for samples with
    |x| <= `peak`.

    No bin exceeds w·peak, and one step adds an error of at most ROUNDING_PER_STEP·2⁻⁵³ of that and
    multiplies the error it finds by as little more than one; the FFT counts as 2 + 2·log2 w steps.
    Hence w·peak·((1 + c·2⁻⁵³)^n − 1). It is a worst case, about n·c·2⁻⁵³·w·peak: on noise the error
    grows as √n. The poles of the recursion lie on the unit circle, so no error ever fades (Jacobsen
    & Lyons 2003); that of one huge sample stays until the next full FFT.
    """
    n_steps_and_fft = n_steps + 2.0 + 2.0 * math.log2(nperseg)
    return nperseg * peak * math.expm1(n_steps_and_fft * ROUNDING_PER_STEP * 2.0**-53)


class SlidingDFT:
    """The unscaled spectrum of the last `nperseg` samples of each channel, after every sample.

    A step costs nperseg operations a channel. Every `refresh` steps a full FFT takes its place, so
    that no bin is ever further than `drift_bound(nperseg, refresh, peak)` from the exact one,
    `peak` being the largest |x| since `refresh + nperseg` samples ago; with refresh=None there is
    none, and n_steps takes the place of refresh. Before the first nperseg samples the frame is
    filled up with zeros. Raises ValueError for sizes below 1.
    """

    def __init__(self, nperseg: int, n_channels: int = 1, refresh: int | None = 1024) -> None:
        if nperseg < 1 or n_channels < 1 or (refresh is not None and refresh < 1):
            raise ValueError(
                f"nperseg={nperseg}, n_channels={n_channels} and refresh={refresh} must be "
                "integers >= 1 "
                "(or refresh=None, for never)."
            )
        self.nperseg = nperseg
        self.n_channels = n_channels
        self.refresh = refresh
        self._ring = np.zeros((n_channels, nperseg))
        self._oldest = 0
        self._n_steps = 0
        self._spectrum = np.zeros((n_channels, nperseg // 2 + 1), dtype=np.complex128)

    @property
    def spectrum(self) -> NDArray[np.complex128]:
        """The rfft of `frame`, (n_channels, nperseg // 2 + 1), to within the drift; a copy."""
        return self._spectrum.copy()

    @property
    def frame(self) -> Float64Array:
        """The last nperseg samples, oldest first, (n_channels, nperseg); a copy."""
        return np.roll(self._ring, -self._oldest, axis=1)

    def update(self, sample: ArrayLike) -> None:
        """Slide on by one sample, a number for each channel (n_channels,).

        Raises ValueError for another number of channels and for a value that is not finite, which
        would stay in the spectrum when it has long left the frame; nothing has changed then.
        """
        x_new = self._checked(np.array(sample, dtype=np.float64, ndmin=1), (self.n_channels,))
        self._spectrum = sliding_dft_step(
            self._spectrum, self._ring[:, self._oldest], x_new, self.nperseg
        )
        self._ring[:, self._oldest] = x_new
        self._oldest = (self._oldest + 1) % self.nperseg
        self._count(1)

    def extend(self, samples: ArrayLike) -> NDArray[np.complex128]:
        """Slide on by many samples (n_samples, n_channels), or (n_samples,) for a single channel,
        at once.

        Returns the spectrum after each, (n_samples, n_channels, nperseg // 2 + 1): `update`
        repeated, to within the drift. Raises ValueError as `update` does.
        """
        signal = np.asarray(samples, dtype=np.float64)
        if signal.ndim == 1:
            signal = signal[:, None]
        signal = self._checked(signal, (*signal.shape[:1], self.n_channels))
        spectra = np.empty((len(signal), *self._spectrum.shape), dtype=np.complex128)
        start = 0
        while start < len(signal):
            due = BLOCK if self.refresh is None else min(BLOCK, self.refresh - self._n_steps)
            block = signal[start : start + due]
            stop = start + len(block)
            spectra[start:stop] = self._slid(block)
            self._spectrum = spectra[stop - 1].copy()
            self._count(len(block))
            spectra[stop - 1] = self._spectrum
            start = stop
        return spectra

    def _checked(self, values: Float64Array, shape: tuple[int, ...]) -> Float64Array:
        """The values, if they are finite and have this shape; raises ValueError otherwise."""
        if values.shape != shape:
            raise ValueError(
                f"Samples of shape {values.shape} do not fit n_channels={self.n_channels}."
            )
        if not np.isfinite(values).all():
            raise ValueError("A sample is not finite: fill gaps before sliding over them.")
        return values

    def _slid(self, block: Float64Array) -> NDArray[np.complex128]:
        """Spectra after each sample of a block (n, n_channels), whose samples enter the ring.

        Seen from axes that turn with the bins, X_n·e^{−i2πkn/w}, a step only adds, so all of them
        are one running sum (Duda 2010, the modulated sliding DFT).
        """
        series = np.concatenate([self.frame, block.T], axis=1)
        differences = series[:, self.nperseg :] - series[:, : len(block)]
        steps = np.arange(len(block) + 1)[:, None]
        turned = _roots(self.nperseg)[steps * np.arange(self._spectrum.shape[1]) % self.nperseg]
        terms = differences.T[:, :, None] * turned[:-1, None, :].conj()
        terms[0] += self._spectrum
        self._ring = series[:, len(block) :].copy()
        self._oldest = 0
        return np.asarray(np.cumsum(terms, axis=0) * turned[1:, None, :])

    def _count(self, n_steps: int) -> None:
        """Count steps, and take a full FFT when the next refresh is due."""
        self._n_steps += n_steps
        if self._n_steps == self.refresh:
            self._spectrum = np.fft.rfft(self.frame, axis=1)
            self._n_steps = 0
