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
    """A fitted model: signal scaling, normal spectra, and the calibration of frames and of samples.

    Channels are centred on `centre` and divided by `scale` (n_channels,) so that none counts more for its unit.
    `typical` (n_channels, n_bins) is the mean part of the distance of normal frames.
    """

    settings: Settings
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
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
        centre, scale = _scaling(signal)
        chosen = starts[usable][bank_rows(int(usable.sum()))]
        bank = _features(signal, chosen, settings, centre, scale)
        normal = NormalSpectrum(bank, chosen, settings.nperseg, _neighbours(chosen, settings), settings.reference)
        distance = _distances(signal, starts, settings, centre, scale, normal, own=True)
        calibration = GaussianThreshold.fit(distance, settings.hop / settings.nperseg)
        means = frames.to_samples(calibration.z(distance), starts, settings.nperseg, signal.shape[0])
        mu, sigma = robust_normal(means[np.isfinite(means)])
        some = chosen[:: -(-chosen.size // TYPICAL_FRAMES)]
        parts = normal.parts(_features(signal, some, settings, centre, scale), some).mean(axis=0)
        typical = _by_channel_and_bin(parts[None], signal.shape[1], settings.nperseg)[0]
        learned = NormalSpectrum(bank, chosen + first_row, settings.nperseg, normal.k, settings.reference)
        return cls(settings, centre, scale, learned, calibration, mu, sigma, typical)

    def score(self, signal: NDArray[np.float64], *, own: bool) -> Scores:
        """Score a (n_samples, n_channels) signal; `own` where the model was learned from (part of) this very signal."""
        starts = frames.frame_starts(signal.shape[0], self.settings.nperseg, self.settings.hop)
        distance = _distances(signal, starts, self.settings, self.centre, self.scale, self.normal, own=own)
        z = self.calibration.z(distance)
        means = frames.to_samples(z, starts, self.settings.nperseg, signal.shape[0])
        return Scores(starts, distance, z, (means - self.sample_mu) / self.sample_sigma)

    def parts(self, signal: NDArray[np.float64], starts: NDArray[np.int64], *, own: bool) -> NDArray[np.float64]:
        """The distance of the frames at `starts` by channel and bin, (n_frames, n_channels, n_bins), summing to it."""
        features = _features(signal, starts, self.settings, self.centre, self.scale)
        parts = self.normal.parts(features, starts if own else None)
        return _by_channel_and_bin(parts, signal.shape[1], self.settings.nperseg)


def _by_channel_and_bin(parts: NDArray[np.float64], n_channels: int, nperseg: int) -> NDArray[np.float64]:
    return np.asarray(parts.reshape(parts.shape[0], n_channels, nperseg // 2 + 1, -1).sum(axis=-1))


def _usable(signal: NDArray[np.float64], starts: NDArray[np.int64], nperseg: int) -> NDArray[np.bool_]:
    gaps = np.concatenate([[0], np.cumsum(~np.isfinite(signal).all(axis=1))])
    return np.asarray(gaps[starts + nperseg] == gaps[starts])


def _scaling(signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median and robust spread of each channel; the plain spread where more than half the values are equal."""
    centre = np.nanmedian(signal, axis=0)
    quartiles = np.nanpercentile(signal, [25, 75], axis=0)
    scale = (quartiles[1] - quartiles[0]) / 1.349
    scale = np.where(scale > 0, scale, np.nanstd(signal, axis=0))
    return centre, np.where(scale > 0, scale, 1.0)


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


def _features(
    signal: NDArray[np.float64],
    starts: NDArray[np.int64],
    settings: Settings,
    centre: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> NDArray[np.float64]:
    cut = frames.frame_view(signal, settings.nperseg)[starts]
    scaled = (cut - centre[:, None]) / scale[:, None]
    X = spectrum(scaled, settings.taper, settings.detrend)
    return VIEWS[settings.view](X).reshape(starts.size, -1)


def _blocks(n_frames: int, width: int) -> Iterator[slice]:
    size = max(1, BLOCK_VALUES // width)
    return (slice(start, start + size) for start in range(0, n_frames, size))


def _distances(
    signal: NDArray[np.float64],
    starts: NDArray[np.int64],
    settings: Settings,
    centre: NDArray[np.float64],
    scale: NDArray[np.float64],
    normal: NormalSpectrum,
    *,
    own: bool,
) -> NDArray[np.float64]:
    distance = np.full(starts.size, np.nan)
    usable = np.flatnonzero(_usable(signal, starts, settings.nperseg))
    for block in _blocks(usable.size, max(signal.shape[1] * settings.nperseg, normal.bank.shape[0])):
        here = starts[usable[block]]
        features = _features(signal, here, settings, centre, scale)
        distance[usable[block]] = normal.distance(features, here if own else None)
    return distance
