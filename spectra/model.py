"""What is normal, learned from a signal; and how far each frame of a signal is from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spectra import frames
from spectra.calibration import GaussianThreshold, p_from_z, robust_normal
from spectra.errors import DataError
from spectra.normal import NormalSpectrum, Reference, bank_rows
from spectra.spectrum import Detrend, spectrum
from spectra.views import VIEWS, View

# Values of one block of frames, or of its distances to the bank: what scoring holds in memory at a time.
BLOCK_VALUES = 2**21
# A bin that hardly varies holds rounding only: its spread counts as at least this share of the largest of its channel.
QUIETEST = 1e-3
# Frames whose parts tell what is usual in each bin and channel.
TYPICAL_FRAMES = 200


@dataclass(frozen=True)
class Settings:
    """How a signal is cut, transformed and compared; `k` is a number of normal frames or, below 1, a share of them."""

    nperseg: int
    hop: int
    k: float = 0.1
    window: str | tuple[str, float] = "hann"
    detrend: Detrend = "none"
    view: View = "magnitude"
    reference: Reference = "nearest"

    @cached_property
    def taper(self) -> NDArray[np.float64]:
        """The window, (nperseg,)."""
        return frames.taper(self.window, self.nperseg)


@dataclass(frozen=True)
class Features:
    """From frames to what is compared: φ of each spectrum, every bin in units of its normal spread.

    Channels are centred on `centre` and divided by `scale` (n_channels,) so that none counts more for its unit;
    features are divided by `spread` (n_features,) so that no strong line drowns what happens elsewhere, and the
    distance of ordinary noise is a sum of many comparable terms, whose distribution is known well into the tail.
    """

    settings: Settings
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def fit(cls, signal: NDArray[np.float64], starts: NDArray[np.int64], settings: Settings) -> Self:
        """Learn centre and scale of the (n_samples, n_channels) signal, and the spread over the frames at `starts`."""
        centre, scale = _scaling(signal)
        plain = cls(settings, centre, scale, np.ones(1))(signal, starts)
        by_channel = _robust_spread(plain).reshape(signal.shape[1], -1)
        spread = np.maximum(by_channel, QUIETEST * by_channel.max(axis=1, keepdims=True)).ravel()
        return cls(settings, centre, scale, np.where(spread > 0, spread, 1.0))

    def __call__(self, signal: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """φ of the frames that begin at `starts`, (n_frames, n_features)."""
        cut = frames.frame_view(signal, self.settings.nperseg)[starts]
        scaled = (cut - self.centre[:, None]) / self.scale[:, None]
        X = spectrum(scaled, self.settings.taper, self.settings.detrend)
        return np.asarray(VIEWS[self.settings.view](X).reshape(starts.size, -1) / self.spread)


@dataclass(frozen=True)
class Scores:
    """Scores of one signal: `z` and `p_value` of each frame (n_frames,), `sample_z` of each sample (n_samples,).

    High z, low p_value = anomalous; NaN for frames and samples in a gap.
    """

    starts: NDArray[np.int64]
    distance: NDArray[np.float64]
    z: NDArray[np.float64]
    sample_z: NDArray[np.float64]

    @property
    def p_value(self) -> NDArray[np.float64]:
        """Probability that a normal frame lies this far or farther."""
        return p_from_z(self.z)


@dataclass(frozen=True)
class SpectralModel:
    """A fitted model: features, normal spectra, and the calibration of frames and of samples.

    `typical` (n_channels, n_bins) is the mean part of the distance of normal frames.
    """

    features: Features
    normal: NormalSpectrum
    calibration: GaussianThreshold
    sample_mu: float
    sample_sigma: float
    typical: NDArray[np.float64]

    @classmethod
    def fit(cls, signal: NDArray[np.float64], settings: Settings, first_row: int = 0) -> Self:
        """Learn from a (n_samples, n_channels) signal that is normal for the most part; NaN marks gaps.

        `first_row` is where the signal starts in the recording that will be scored, so that frames overlapping those
        learned from can be left out. Raises DataError for a signal too short to compare its frames with one another.
        """
        starts = frames.frame_starts(signal.shape[0], settings.nperseg, settings.hop)
        usable = _usable(signal, starts, settings.nperseg)
        if not usable.any():
            raise DataError(f"No stretch of {settings.nperseg} rows is without gaps: fill them or choose a smaller nperseg.")
        chosen = starts[usable][bank_rows(int(usable.sum()))]
        features = Features.fit(signal, chosen, settings)
        bank = features(signal, chosen)
        normal = NormalSpectrum(bank, chosen, settings.nperseg, _neighbours(chosen, settings), settings.reference)
        distance = _distances(signal, starts, features, normal, own=True)
        calibration = GaussianThreshold.fit(distance, settings.hop / settings.nperseg)
        means = frames.to_samples(calibration.z(distance), starts, settings.nperseg, signal.shape[0])
        mu, sigma = robust_normal(means[np.isfinite(means)])
        some = chosen[:: -(-chosen.size // TYPICAL_FRAMES)]
        parts = normal.parts(features(signal, some), some).mean(axis=0)
        typical = _by_channel_and_bin(parts[None], signal.shape[1], settings.nperseg)[0]
        learned = NormalSpectrum(bank, chosen + first_row, settings.nperseg, normal.k, settings.reference)
        return cls(features, learned, calibration, mu, sigma, typical)

    @property
    def settings(self) -> Settings:
        """How signals are cut, transformed and compared."""
        return self.features.settings

    def score(self, signal: NDArray[np.float64], *, own: bool) -> Scores:
        """Score a (n_samples, n_channels) signal; `own` where the model was learned from (part of) this very signal."""
        starts = frames.frame_starts(signal.shape[0], self.settings.nperseg, self.settings.hop)
        distance = _distances(signal, starts, self.features, self.normal, own=own)
        z = self.calibration.z(distance)
        means = frames.to_samples(z, starts, self.settings.nperseg, signal.shape[0])
        return Scores(starts, distance, z, (means - self.sample_mu) / self.sample_sigma)

    def parts(self, signal: NDArray[np.float64], starts: NDArray[np.int64], *, own: bool) -> NDArray[np.float64]:
        """The distance of the frames at `starts` by channel and bin, (n_frames, n_channels, n_bins), summing to it."""
        parts = self.normal.parts(self.features(signal, starts), starts if own else None)
        return _by_channel_and_bin(parts, signal.shape[1], self.settings.nperseg)


def _by_channel_and_bin(parts: NDArray[np.float64], n_channels: int, nperseg: int) -> NDArray[np.float64]:
    return np.asarray(parts.reshape(parts.shape[0], n_channels, nperseg // 2 + 1, -1).sum(axis=-1))


def _usable(signal: NDArray[np.float64], starts: NDArray[np.int64], nperseg: int) -> NDArray[np.bool_]:
    gaps = np.concatenate([[0], np.cumsum(~np.isfinite(signal).all(axis=1))])
    return np.asarray(gaps[starts + nperseg] == gaps[starts])


def _scaling(signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median and robust spread of each channel; the plain spread where more than half the values are equal."""
    scale = _robust_spread(signal)
    return np.nanmedian(signal, axis=0), np.where(scale > 0, scale, 1.0)


def _robust_spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interquartile range of each column as the σ of a Gaussian; the plain σ where more than half the values are equal."""
    low, high = np.nanpercentile(values, [25, 75], axis=0)
    return np.asarray(np.where(high > low, (high - low) / 1.349, np.nanstd(values, axis=0)))


def _neighbours(chosen: NDArray[np.int64], settings: Settings) -> int:
    """k as a number of frames, no more than every frame has left once those overlapping it are left out."""
    overlapping = np.searchsorted(chosen, chosen + settings.nperseg) - np.searchsorted(
        chosen, chosen - settings.nperseg, side="right"
    )
    left = int(chosen.size - overlapping.max())
    if left < 1:
        raise DataError(
            f"Too few frames of {settings.nperseg} rows to compare with one another: "
            "give a longer recording or a smaller nperseg."
        )
    wanted = round(settings.k * chosen.size) if settings.k < 1 else int(settings.k)
    return min(max(wanted, 1), left)


def _blocks(n_frames: int, width: int) -> Iterator[slice]:
    size = max(1, BLOCK_VALUES // width)
    return (slice(start, start + size) for start in range(0, n_frames, size))


def _distances(
    signal: NDArray[np.float64],
    starts: NDArray[np.int64],
    features: Features,
    normal: NormalSpectrum,
    *,
    own: bool,
) -> NDArray[np.float64]:
    distance = np.full(starts.size, np.nan)
    nperseg = features.settings.nperseg
    usable = np.flatnonzero(_usable(signal, starts, nperseg))
    for block in _blocks(usable.size, max(signal.shape[1] * nperseg, normal.bank.shape[0])):
        here = starts[usable[block]]
        distance[usable[block]] = normal.distance(features(signal, here), here if own else None)
    return distance
