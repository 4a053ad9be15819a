"""The amplitude of frames, which is judged in both directions: silence is as odd as noise."""

from dataclasses import dataclass

import numpy as np

from spectra.arrays import ComplexArray, FloatArray, IntArray
from spectra.signal.frames import FrameGrid


@dataclass(frozen=True)
class Amplitude:
    """The root mean square of frames of one length, less their mean.

    The nearest normal frame of a quiet frame is a quiet one, and near: a distance hardly sees what
    falls silent.
    """

    grid: FrameGrid
    window: str | tuple[str, float]

    @property
    def nperseg(self) -> int:
        """Samples in a frame."""
        return self.grid.nperseg

    @property
    def sources(self) -> list[None]:
        """One base score, which no normal spectrum is compared with."""
        return [None]

    def distances(
        self, X: ComplexArray, means: FloatArray, own_starts: IntArray | None
    ) -> FloatArray:
        """Return the root mean square √Σ|X_k|² (Parseval), (1, n_channels, n_frames)."""
        del means, own_starts
        power = np.square(X.view(X.real.dtype)).sum(axis=-1)
        return np.asarray(np.sqrt(power))[None]
