"""Features of frames, joint over channels, of a whole signal or of a sample of it."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, ComplexArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.signal.frames import FrameGrid, require_window
from spectra.signal.scale import Scale
from spectra.signal.spectrum import frame_spectra, with_mean
from spectra.signal.steps import draw_stretches
from spectra.signal.views import VIEWS, View

# Frames that a model is learned from, and the stretches they are drawn in: 256 frames side by side
# show the longest past (16 frames, 64 hops) four times.
SAMPLE_FRAMES: Final = 16_384
STRETCHES: Final = 64


@dataclass(frozen=True)
class FrameFeatures:
    """The map from rows of a signal to features φ(X) of its frames.

    Attributes
    ----------
    scale : Scale
    absent : ndarray (n_channels,)
        Channels without a value in what was learned from; they are constant.
    grid : FrameGrid
    view : str
        A key of `spectra.signal.views.VIEWS`.
    window : str or tuple
        Taper of the frames.
    """

    scale: Scale
    absent: BoolArray
    grid: FrameGrid
    view: View
    window: str | tuple[str, float]

    def __post_init__(self) -> None:
        require_window(self.window)
        if self.absent.shape != self.scale.centre.shape:
            raise ValueError("Each channel is absent or not.")

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.scale.centre.size

    @property
    def stride(self) -> int:
        """Hops from one frame to the next that does not overlap it."""
        return -(-self.grid.nperseg // self.grid.hop)

    def scaled(self, signal: Float64Array) -> Float32Array:
        """Return rows (n, n_channels) in spreads from the centre, (n_channels, n)."""
        scaled = self.scale(signal)
        scaled[self.absent] = 0.0
        return scaled

    def spectra(self, scaled: Float32Array) -> tuple[ComplexArray, FloatArray]:
        """Return X and φ(X) of all whole frames of scaled rows (n_channels, n).

        The shapes are (n_channels, n_frames, n_bins) and (n_channels, n_frames, width).
        """
        nperseg = self.grid.nperseg
        frames = np.lib.stride_tricks.sliding_window_view(scaled, nperseg, axis=1)
        X, means = frame_spectra(frames[:, :: self.grid.hop], self.window)
        phi, keeps_mean = VIEWS[self.view]
        whole = with_mean(X, means, self.window, nperseg)
        return whole, phi(whole if keeps_mean else X)

    def __call__(self, scaled: Float32Array) -> FloatArray:
        """Return the features of all whole frames of scaled rows, (n_frames, n_features).

        Features of one channel stand side by side. Frames with a gap in any channel are NaN.
        """
        phi = np.swapaxes(self.spectra(scaled)[1], 0, 1)  # [n_frames, n_channels, width]
        features = np.ascontiguousarray(phi.reshape(len(phi), -1))
        features[~finite_rows(features)] = np.nan
        return features


@dataclass(frozen=True)
class FrameSample:
    """Frames of a signal that a model is learned from: all of them, or stretches drawn over it.

    Before each stretch stand frames of its past, and a gap parts it from the stretch before.

    Attributes
    ----------
    features : ndarray (n, n_features)
        NaN in gaps.
    index : ndarray (n,)
        Index of each frame in the signal, −1 in the gaps between stretches.
    drawn : ndarray (n,)
        Frames of the stretches themselves.
    stretches : list of (start, stop)
        Indices of the first frame of each stretch, and of the one after its last.
    """

    features: FloatArray
    index: IntArray
    drawn: BoolArray
    stretches: list[tuple[int, int]]

    @classmethod
    def of(cls, signal: Float64Array, frames: FrameFeatures, rows: slice, past: int) -> Self:
        """Return a sample of the frames within `rows` of a signal (n_samples, n_channels).

        `past` is the number of frames before a stretch.
        """
        grid = frames.grid
        first, stop = frames_within(grid, rows)
        stretches = draw_stretches(first, stop, SAMPLE_FRAMES, STRETCHES)
        features, index, drawn = [], [], []
        for begin, end in stretches:
            lead = max(first, begin - past)
            part = signal[lead * grid.hop : (end - 1) * grid.hop + grid.nperseg]
            of_frames = frames(frames.scaled(part))
            gap = np.full((frames.stride, of_frames.shape[1]), np.nan, dtype=of_frames.dtype)
            features += [of_frames, gap]
            index += [np.arange(lead, end), np.full(frames.stride, -1)]
            drawn += [np.arange(lead, end) >= begin, np.zeros(frames.stride, dtype=np.bool_)]
        return cls(
            np.concatenate(features)[: -frames.stride],
            np.concatenate(index)[: -frames.stride],
            np.concatenate(drawn)[: -frames.stride],
            stretches,
        )

    @property
    def normal(self) -> IntArray:
        """Positions in the sample of the drawn frames without gaps."""
        return np.flatnonzero(self.drawn & finite_rows(self.features))


def frames_within(grid: FrameGrid, rows: slice) -> tuple[int, int]:
    """Return the index of the first frame within rows, and that of the one after the last."""
    first = -(-rows.start // grid.hop)
    return first, max(first, grid.n_frames(rows.stop))


def finite_rows(values: FloatArray) -> BoolArray:
    """Return the rows of (n, d) that hold no NaN, (n,)."""
    return np.asarray(np.isfinite(values).all(axis=1))
