"""The strongest line of a spectrum: a power at one frequency that is far above the usual one.

In coloured noise, a resonance or 1/f, most of the power lies at a few frequencies. A tone elsewhere
may be a thousand times as strong as the noise around it, and change the distance of the whole
spectrum less than the noise does.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from spectra.arrays import ComplexArray, FloatArray, IntArray
from spectra.calibration.standard import Transform
from spectra.signal.frames import FrameGrid, require_window

# Least usual power of a frequency, as a share of that of white noise with the variance of the
# channel: less is rounding, or leaks from other frequencies. With a tenth of it VUS-PR on 42
# multichannel development series is the same, and so are the tones that are found.
FAINT: Final = 1e-3


@dataclass(frozen=True)
class Lines:
    """The largest power of a frequency in units of its usual power, of frames of one length.

    It is the largest ordinate of the whitened periodogram, by which Fisher (1929, Proceedings of
    the Royal Society A 125, 54) tests for a hidden tone.

    Attributes
    ----------
    grid : FrameGrid
    window : str or tuple
    usual : ndarray (n_channels, n_bins − 1)
        Usual power of each frequency above 0.
    """

    grid: FrameGrid
    window: str | tuple[str, float]
    usual: FloatArray

    def __post_init__(self) -> None:
        require_window(self.window)
        n = self.nperseg // 2
        # Rounded to single precision.
        least = 0.999 * FAINT / n
        if self.usual.ndim != 2 or self.usual.shape[1] != n or not (self.usual >= least).all():
            raise ValueError(
                f"Each channel has a usual power at {n} frequencies, of {FAINT:g} of that of white "
                "noise or more."
            )

    @classmethod
    def of(cls, grid: FrameGrid, window: str | tuple[str, float], X: ComplexArray) -> "Lines":
        """Return what is usual of normal spectra X (n_channels, n_frames, n_bins), NaN in gaps.

        The usual power of noise is its median over log 2, that of an exponential distribution of
        mean 1.
        """
        n_channels, _, n_bins = X.shape
        usual = np.full((n_channels, n_bins - 1), FAINT / (n_bins - 1))
        for channel, powers in enumerate(_powers(X)):
            whole = powers[~np.isnan(powers).any(axis=-1)]
            if len(whole):
                usual[channel] += np.median(whole, axis=0) / np.log(2.0)
        return cls(grid, window, usual.astype(X.real.dtype))

    @property
    def nperseg(self) -> int:
        """Samples in a frame."""
        return self.grid.nperseg

    @property
    def transform(self) -> Transform:
        """Standard of the score (`calibration.standard.Standard`)."""
        return "loud"

    @property
    def sources(self) -> list[None]:
        """One base score, which no single normal spectrum is compared with."""
        return [None]

    @property
    def coupled(self) -> bool:
        """False: each channel is judged by itself."""
        return False

    def of_channels(self, channels: slice) -> "Lines":
        """Return the lines of some channels alone."""
        return replace(self, usual=self.usual[channels])

    def distances(
        self, X: ComplexArray, means: FloatArray, own_starts: IntArray | None
    ) -> FloatArray:
        """Return max_k |X_k|² / usual_k of frames, (1, n_channels, n_frames)."""
        del means, own_starts
        return np.asarray(self.ratios(X).max(axis=-1))[None]

    def ratios(self, X: ComplexArray) -> FloatArray:
        """Return |X_k|² / usual_k for k > 0, (n_channels, n_frames, n_bins − 1)."""
        return np.asarray(_powers(X) / self.usual[:, None])


def _powers(X: ComplexArray) -> FloatArray:
    """Return the powers |X_k|² of the frequencies above 0."""
    kept = X[..., 1:]
    return np.asarray(np.square(kept.real) + np.square(kept.imag))
