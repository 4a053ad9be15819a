"""The amplitude of frames, which is judged by itself: silence is as odd as noise."""

from dataclasses import dataclass

import numpy as np

from spectra.arrays import ComplexArray, FloatArray, IntArray
from spectra.calibration.standard import Transform
from spectra.signal.frames import FrameGrid, require_window


@dataclass(frozen=True)
class Amplitude:
    """The root mean square of frames of one length, less their mean, or of their differences.

    The nearest normal frame of a quiet frame is a quiet one, and near: a distance hardly sees what
    falls silent. In a signal that wanders, the differences x_t − x_{t−1} of rows fall silent where
    a value is stuck, and the frame itself is no quieter than others.

    Attributes
    ----------
    grid : FrameGrid
    window : str or tuple
    transform : str
        Standard of the score (`calibration.standard.Standard`). Loud differences are those of
        frames that are odd anyway: they are judged by "below" and "silent" alone.
    differences : bool
    """

    grid: FrameGrid
    window: str | tuple[str, float]
    transform: Transform = "two-sided"
    differences: bool = False

    def __post_init__(self) -> None:
        require_window(self.window)

    @property
    def nperseg(self) -> int:
        """Samples in a frame."""
        return self.grid.nperseg

    @property
    def sources(self) -> list[None]:
        """One base score, which no normal spectrum is compared with."""
        return [None]

    @property
    def coupled(self) -> bool:
        """False: each channel is judged by itself."""
        return False

    def of_channels(self, _channels: slice) -> "Amplitude":
        """Return the amplitude of some channels alone, which is that of any."""
        return self

    def distances(
        self, X: ComplexArray, means: FloatArray, own_starts: IntArray | None
    ) -> FloatArray:
        """Return the root mean square √Σ|g_k X_k|² (Parseval), (1, n_channels, n_frames).

        The gain of a difference is g_k = |1 − e^(−2πik / nperseg)| = 2 sin(πk / nperseg), that of
        the frame itself 1.
        """
        del means, own_starts
        if self.differences:
            gain = 2.0 * np.sin(np.pi * np.arange(X.shape[-1]) / self.nperseg)
            X = X * gain.astype(X.real.dtype)
        power = np.square(X.view(X.real.dtype)).sum(axis=-1)
        return np.asarray(np.sqrt(power))[None]
