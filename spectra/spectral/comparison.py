"""Frames of one length in one view, compared with normal spectra."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from spectra.arrays import ComplexArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.signal.angles import followed, near
from spectra.signal.frames import FrameGrid, require_window
from spectra.signal.loudness import loudness
from spectra.signal.scale import Scale
from spectra.signal.spectrum import frame_spectra, with_mean
from spectra.signal.views import VIEWS, View, n_bands, n_features
from spectra.spectral import coupling
from spectra.spectral.normal import Neighbours, NormalSpectra

# Rows gathered at a time while a bank is made.
AT_ONCE: Final = 2**16
# Fewest of these frames, however many channels there are: 33 MB of 1,000 channels in frames of 512
# rows. With one at a time 300 channels of 5,000 rows take 1.3 times the time.
FEWEST: Final = 8


class Source(NamedTuple):
    """The source of a base score."""

    comparison: "Comparison"
    reference: NormalSpectra
    neighbours: Neighbours
    with_level: bool


@dataclass(frozen=True)
class Comparison:
    """The distances of frames of one length in one view to each of its references.

    Attributes
    ----------
    grid : FrameGrid
    view : str
        A key of `spectra.signal.views.VIEWS`.
    levels : tuple of bool
        Whether the difference of the means of the frames is added: without, then with it.
    window : str or tuple
        Taper of the frames.
    references : tuple of NormalSpectra
    whitening : ndarray (n_bins, n_channels, n_channels), optional
        Of the view "residual": the matrices of `coupling.whitening_matrices`.
    silence : ndarray (n_channels, n_bands), optional
        Of the view "spectrogram": the powers of `loudness.silences`.
    """

    grid: FrameGrid
    view: View
    levels: tuple[bool, ...]
    window: str | tuple[str, float]
    references: tuple[NormalSpectra, ...]
    whitening: ComplexArray | None = None
    silence: FloatArray | None = None

    def __post_init__(self) -> None:
        require_window(self.window)
        if not self.references:
            raise ValueError("A comparison has at least one reference.")
        if self.levels not in ((False,), (False, True)):
            raise ValueError("Frames are compared without their level, and with it.")
        if (self.view == "residual") != (self.whitening is not None):
            raise ValueError("The view residual has whitening matrices, and no other view has.")
        if (self.view == "spectrogram") != (self.silence is not None):
            raise ValueError("The view spectrogram has powers of silence, and no other view has.")
        if any(one.nperseg != self.grid.nperseg for one in self.references):
            raise ValueError("Normal frames have the length of the frames compared with them.")
        n_bins, n_channels = self.nperseg // 2 + 1, len(self.references[0].means)
        size = n_features(self.view, n_bins)
        if any(one.targets.centre.shape[1] != size for one in self.references):
            raise ValueError(f"Normal spectra of {self.view} have one size for {n_bins} bins.")
        shape = (n_bins, n_channels, n_channels)
        if self.whitening is not None and self.whitening.shape != shape:
            raise ValueError(f"The whitening matrices have the shape {shape}.")
        if self.silence is not None:
            expected = (n_channels, n_bands(n_bins))
            if self.silence.shape != expected or not (self.silence > 0).all():
                raise ValueError(f"The powers of silence are {expected} numbers above 0.")

    @property
    def nperseg(self) -> int:
        """Samples in a frame."""
        return self.grid.nperseg

    @cached_property
    def sources(self) -> list[Source]:
        """The source of each base score, in the order of `distances`."""
        return [
            Source(self, reference, neighbours, with_level)
            for reference in self.references
            for with_level in self.levels
            for neighbours in reference.neighbours
        ]

    @property
    def coupled(self) -> bool:
        """True if channels are compared with one another, not each with itself."""
        return self.whitening is not None

    def of_channels(self, channels: slice) -> "Comparison":
        """Return the same comparison of some channels alone; raise ValueError if it is coupled."""
        if self.coupled:
            raise ValueError("Channels that are compared with one another have no part.")
        return replace(
            self,
            references=tuple(one.of_channels(channels) for one in self.references),
            silence=None if self.silence is None else self.silence[channels],
        )

    def features(self, X: ComplexArray, means: FloatArray) -> FloatArray:
        """Return φ of spectra X (n_channels, n_frames, n_bins) of frames less these means."""
        return view_features(
            X, means, self.view, self.window, self.nperseg, self.whitening, self.silence
        )

    def distances(
        self, X: ComplexArray, means: FloatArray, own_starts: IntArray | None
    ) -> FloatArray:
        """Return the distance of each base score, (n_scores, n_channels, n_frames).

        `own_starts` (n_frames,) are the first rows of frames of the recording that was learned
        from, None for frames of another.
        """
        features = self.features(X, means)
        found = [one.distances(features, means, self.levels, own_starts) for one in self.references]
        return np.concatenate(found) if len(found) > 1 else found[0]


def view_features(
    X: ComplexArray,
    means: FloatArray,
    view: View,
    window: str | tuple[str, float],
    nperseg: int,
    whitening: ComplexArray | None = None,
    silence: FloatArray | None = None,
) -> FloatArray:
    """Return φ of spectra of frames less their means, (n_channels, n_frames, n_features)."""
    phi, keeps_mean = VIEWS[view]
    if keeps_mean:
        X = with_mean(X, means, window, nperseg)
    features = phi(X if whitening is None else coupling.residual(X, whitening))
    return features if silence is None else loudness(features, silence)


def cut_frames(scaled: Float32Array, starts: IntArray | range, nperseg: int) -> Float32Array:
    """Return the frames of a scaled signal (n_channels, n_samples) that begin at `starts`.

    The result is (n_channels, n_frames, nperseg): a copy, or a view where `starts` is a range.
    """
    if isinstance(starts, range):
        channel, sample = scaled.strides
        shape = (len(scaled), len(starts), nperseg)
        strides = (channel, sample * starts.step, sample)
        return np.ndarray(shape, scaled.dtype, scaled, starts.start * sample, strides)
    return np.lib.stride_tricks.sliding_window_view(scaled, nperseg, axis=1)[:, starts]


def spectra_of(
    scaled: Float32Array,
    starts: IntArray | range,
    nperseg: int,
    window: str | tuple[str, float],
    turns: Float32Array | None = None,
) -> tuple[ComplexArray, FloatArray]:
    """Return the spectra of frames less their means, and the means.

    The shapes are (n_channels, n_frames, n_bins) and (n_channels, n_frames). `turns` (n_channels,)
    are the full turns of channels that are angles, and 0 for others.
    """
    if len(scaled) == 1 and turns is None:
        X, means = frame_spectra(cut_frames(scaled, starts, nperseg), window)
        return X, means
    X = np.empty((len(scaled), len(starts), nperseg // 2 + 1), dtype=np.complex64)
    means = np.empty(X.shape[:2], dtype=np.float32)
    # Channel by channel: the frames of one stay in the processor's cache.
    for channel in range(len(scaled)):
        frames = cut_frames(scaled[channel : channel + 1], starts, nperseg)[0]
        turn = 0.0 if turns is None else float(turns[channel])
        X[channel], means[channel] = frame_spectra(
            followed(frames, turn) if turn else frames, window
        )
        if turn:
            means[channel] = near(means[channel], np.zeros(1), np.array(turn))
    return X, means


def gathered_spectra(
    signal: Float64Array,
    scale: Scale,
    starts: IntArray,
    nperseg: int,
    window: str | tuple[str, float],
) -> tuple[ComplexArray, FloatArray]:
    """Return spectra and means of frames of a signal (n_samples, n_channels), as `spectra_of`.

    The frames are gathered and scaled a few at a time, without scaling the whole signal.
    """
    size = max(FEWEST, AT_ONCE // (nperseg * signal.shape[1]))
    parts = []
    for begin in range(0, starts.size, size):
        block = starts[begin : begin + size]
        rows = (block[:, None] + np.arange(nperseg)).ravel()
        scaled = scale(signal[rows])
        starts_of = range(0, rows.size, nperseg)
        parts.append(spectra_of(scaled, starts_of, nperseg, window, scale.spreads_of_turns))
    spectra, means = zip(*parts, strict=True)
    return np.concatenate(spectra, axis=1), np.concatenate(means, axis=1)
