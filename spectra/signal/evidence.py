"""Evidence of an anomaly: a frame X, the normal spectrum X_normal, and their usual distance."""

from dataclasses import dataclass, field

import numpy as np

from spectra.arrays import ComplexArray, Float64Array, FloatArray
from spectra.signal.views import View, by_bin


@dataclass(frozen=True, eq=False)
class Evidence:
    """The frame around a step that is farthest from normal, and what it is compared with.

    Attributes
    ----------
    step : int
        Index of the step.
    channel : int
        Index of the channel.
    start, nperseg : int
        First row of the frame and its length in rows.
    view : str
        The view φ in which it is compared.
    spectrum : ndarray (n_bins,), complex
        X in power scaling, of the channel in spreads from its centre.
    features, normal : ndarray (n_features,)
        φ(X) and φ(X_normal).
    usual : ndarray (n_features,)
        Mean squared difference from X_normal of normal frames.
    normal_start : int or None
        First row of the most similar normal frame in the recording that was learned from, None
        where X_normal is predicted, or made of many frames.
    """

    step: int
    channel: int
    start: int
    nperseg: int
    view: View
    spectrum: ComplexArray = field(repr=False)
    features: FloatArray = field(repr=False)
    normal: FloatArray = field(repr=False)
    usual: FloatArray = field(repr=False)
    normal_start: int | None

    @property
    def n_bins(self) -> int:
        """Number of one-sided frequency bins of the frame."""
        return self.nperseg // 2 + 1

    @property
    def excess(self) -> Float64Array:
        """Squared difference of each bin beyond the usual one, (n_bins,), never below 0."""
        excess = np.maximum((self.features - self.normal) ** 2 - self.usual, 0.0)
        return self._by_bin(np.nan_to_num(excess))

    @property
    def amplitude(self) -> Float64Array:
        """Amplitude of each bin in the view, (n_bins,)."""
        return np.sqrt(self._by_bin(self.features**2))

    @property
    def normal_amplitude(self) -> Float64Array:
        """Amplitude of each bin of X_normal in the view, (n_bins,)."""
        return np.sqrt(self._by_bin(self.normal**2))

    def _by_bin(self, parts: FloatArray) -> Float64Array:
        return np.asarray(by_bin(parts, self.view, self.n_bins), dtype=np.float64)
