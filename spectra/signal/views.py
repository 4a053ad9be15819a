"""The views φ: the part of a spectrum that is compared.

Each view maps X (…, n_bins), complex, to φ(X) (…, n_features), real. The distance of two frames is
‖φ(X) − φ(Y)‖². No view sees everything. The magnitude sees bursts, tones and odd cycles wherever
they lie in the frame; with bin 0 it sees the level too. The complex plane sees a shift in time. The
shape sees a cycle of another form, however loud. The level sees the mean alone. The spectrogram
sees when in the frame each band of frequencies is loud, whatever its phases
(`spectra.signal.loudness`). The residual, of several channels, sees channels depart that always
move together, each normal by itself (`spectra.spectral.coupling`).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from spectra import rotation
from spectra.arrays import ComplexArray, FloatArray

View = Literal[
    "magnitude", "magnitude-dc", "complex", "aligned", "shape", "level", "residual", "spectrogram"
]  # fmt: skip

# Power added to that of a frame before its shape is taken, in units of the channel's variance: the
# noise in a silent frame is no shape.
FAINT = 0.01
# Bands of frequencies of a spectrogram, and stretches of time. With 2 bands the mean VUS-PR on 618
# development series is 0.001 lower, with 8 bands, 8 or 32 stretches the same.
BANDS: Final = 4
STRETCHES: Final = 16


def magnitude(X: ComplexArray) -> FloatArray:
    """Return φ(X) = (|X_1|, |X_2|, …): the amplitude of each frequency without the level."""
    return np.asarray(np.abs(X[..., 1:]))


def magnitude_dc(X: ComplexArray) -> FloatArray:
    """Return φ(X) = (X_0, |X_1|, …): the magnitude, and the level with its sign."""
    parts = np.abs(X)
    parts[..., 0] = X[..., 0].real
    return np.asarray(parts)


def complex_plane(X: ComplexArray) -> FloatArray:
    """Return φ(X) = (Re X_1, Im X_1, Re X_2, …), which keeps phases: the distance is ‖X − Y‖²."""
    kept: ComplexArray = X[..., 1:]
    return np.asarray(kept.view(kept.real.dtype))


def aligned(X: ComplexArray) -> FloatArray:
    """Return the complex view of X moved in time until its strongest bin has phase 0.

    Phases count relative to one another, but the start of the frame does not.
    With m the strongest bin, θ = arg X_m and w = 2·n_bins − 1, the frame moves θw/(2πm) samples
    later, X_k ↦ X_k e^{−iθk/m}. An odd w lets the last bin rotate like the others.
    """
    strongest = np.abs(X[..., 1:]).argmax(axis=-1, keepdims=True) + 1
    theta = np.angle(np.take_along_axis(X, strongest, axis=-1))
    nperseg = 2 * X.shape[-1] - 1
    shift = (theta / strongest)[..., 0] * (nperseg / (2.0 * np.pi))
    return complex_plane(rotation.time_shift(X, shift, nperseg))


def shape(X: ComplexArray) -> FloatArray:
    """Return φ(X) = (|X_1|, |X_2|, …) / √(P + FAINT), with P the power of the frame.

    It is the form of a cycle without its amplitude.
    """
    parts = magnitude(X)
    return np.asarray(parts / np.sqrt((parts**2).sum(axis=-1, keepdims=True) + FAINT))


def level(X: ComplexArray) -> FloatArray:
    """Return φ(X) = X_0, the mean of the frame."""
    return np.asarray(X[..., :1].real)


def band_powers(X: ComplexArray) -> FloatArray:
    """Return φ(X): the power of BANDS bands of frequencies in STRETCHES stretches of the frame.

    Band b is w bins from bin 1 + b·w on; up to BANDS − 1 bins at the end are left out. Its inverse
    FFT is the signal of the band at w instants. Their mean power is the power of its bins
    (Parseval). A frame of few bins has fewer bands and stretches.
    """
    count, width, averages = _bands(X.shape[-1])
    bins = X[..., 1 : 1 + count * width].reshape(*X.shape[:-1], count, width)
    signals = np.fft.ifft(bins, norm="forward").astype(X.dtype, copy=False)
    powers = signals.real**2 + signals.imag**2
    if width > STRETCHES:
        powers = powers @ averages.astype(powers.dtype)
    return np.asarray(powers.reshape(*X.shape[:-1], -1))


def n_bands(n_bins: int) -> int:
    """Return the number of bands of the spectrogram of a spectrum of `n_bins`."""
    return min(BANDS, n_bins - 1)


@lru_cache(maxsize=64)
def _bands(n_bins: int) -> tuple[int, int, FloatArray]:
    """Return the number of bands, the bins of each, and the matrix that averages its stretches.

    The matrix is (width, n_stretches) for `width` instants.
    """
    count = n_bands(n_bins)
    width = (n_bins - 1) // count
    edges = np.linspace(0, width, min(STRETCHES, width) + 1).round().astype(np.int64)
    lengths = np.diff(edges)
    stretch = np.repeat(np.arange(lengths.size), lengths)
    averages = (stretch[:, None] == np.arange(lengths.size)) / lengths
    return count, width, averages


# φ of each view, and whether it is of spectra that keep the mean of the frame.
VIEWS: Final[dict[View, tuple[Callable[[ComplexArray], FloatArray], bool]]] = {
    "magnitude": (magnitude, False),
    "magnitude-dc": (magnitude_dc, True),
    "complex": (complex_plane, False),
    "aligned": (aligned, False),
    "shape": (shape, False),
    "level": (level, True),
    # X is then the residual that the other channels do not predict (`spectral.coupling`).
    "residual": (magnitude_dc, True),
    # φ is then in units of the usual power of its band, and logarithmic (`signal.loudness`).
    "spectrogram": (band_powers, False),
}
# Views that take something from normal frames, and are compared by the signal pipeline alone.
OF_NORMAL: Final[tuple[View, ...]] = ("residual", "spectrogram")


def n_features(view: View, n_bins: int) -> int:
    """Return the number of values of φ(X) for spectra of `n_bins`."""
    phi, _ = VIEWS[view]
    return phi(np.zeros(n_bins, dtype=np.complex64)).size


def by_bin(parts: FloatArray, view: View, n_bins: int) -> FloatArray:
    """Return parts of a distance (…, n_features) summed to their bins, (…, n_bins).

    Those of a band of the spectrogram are shared by its bins.
    """
    lead = parts.shape[:-1]
    if view == "spectrogram":
        count, width, _ = _bands(n_bins)
        of_bands = parts.reshape(*lead, count, -1).sum(axis=-1) / width
        found = np.zeros((*lead, n_bins), dtype=parts.dtype)
        found[..., 1 : 1 + count * width] = of_bands.repeat(width, axis=-1)
        return found
    if view == "level":
        return np.concatenate([parts, np.zeros((*lead, n_bins - 1))], axis=-1)
    if view in ("magnitude-dc", "residual"):
        return parts
    of_bins = parts.reshape(*lead, n_bins - 1, -1).sum(axis=-1)
    return np.concatenate([np.zeros((*lead, 1)), of_bins], axis=-1)
