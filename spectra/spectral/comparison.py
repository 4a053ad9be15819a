"""Frames of a signal compared with normal ones, and how far they are, as standard scores.

A signal is looked at in frames of several lengths, in several views, beside several references.
Each of these looks gives every step of the signal a distance; its logarithm, less the mean and over
the standard deviation it has in what was learned from, is a standard score.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self

import numpy as np
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

from spectra.arrays import ComplexArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.signal import frames
from spectra.signal.frames import Cut
from spectra.signal.spectrum import spectrum
from spectra.signal.views import VIEWS, View
from spectra.spectral import coupling
from spectra.spectral.normal import NormalSpectrum, Reference, bank_rows

# What scoring holds in memory at a time: values of one block of frames, of all channels; and of one
# channel, which is compared at a time, the frames or their distances to the bank.
BLOCK_VALUES: Final = 2**21
CHANNEL_VALUES: Final = 2**19
# A value so many spreads from the middle of its channel is as odd as can be; its square still fits
# a float32.
FARTHEST: Final = 1e7
# Less of a taper's spectrum than this share of its bin 0 is rounding.
LEAK: Final = 1e-6
# Added to a distance before its logarithm, as a share of the usual distance: less is rounding, not
# likeness.
LIKENESS: Final = 1e-3
# A spread of the logarithm below this is none, such as that of a channel that never changes.
MIN_SIGMA: Final = 1e-3
# Fewer normal frames side by side may all be alike by chance.
ENOUGH: Final = 100
# Farther values count as so far, so that anomalies do not hide themselves in the spread they make.
WINSOR: Final = 3.0
ROUNDS: Final = 3
# A look counts less the farther this quantile of its scores lies beyond that of a Gaussian: by the
# root of their ratio.
TAIL: Final = 0.99
# Frames whose parts tell what is usual in each bin.
TYPICAL_FRAMES: Final = 50


@dataclass(frozen=True)
class Settings:
    """How a signal is cut, transformed and compared.

    `ks` are numbers of nearest normal frames, below 1 shares of all of them. `points`: single
    samples are compared too, and of several channels what the others do not tell of each.
    """

    cut: Cut
    ks: tuple[float, ...]
    views: tuple[View, ...] = ("magnitude", "magnitude-dc")
    points: bool = True
    window: str | tuple[str, float] = "hann"
    reference: Reference = "nearest"


@dataclass(frozen=True)
class Scale:
    """Centre and spread of each channel, (n_channels,): no channel counts more for its unit."""

    centre: Float64Array
    spread: Float64Array

    @classmethod
    def fit(cls, signal: Float64Array) -> Self:
        """Median, and interquartile range as the σ of a Gaussian; the plain σ where more than half
        the values are equal.
        """
        live = np.isfinite(signal).any(axis=0)
        centre, spread = np.zeros(signal.shape[1]), np.ones(signal.shape[1])
        low, centre[live], high = np.nanpercentile(signal[:, live], [25, 50, 75], axis=0)
        spread[live] = np.where(
            high > low, (high - low) / 1.349, np.nanstd(signal[:, live], axis=0)
        )
        return cls(centre, np.where(spread > 0, spread, 1.0))

    def __call__(self, signal: Float64Array) -> Float32Array:
        """The signal (n_samples, n_channels) in spreads from its centre, (n_channels,
        n_samples).
        """
        scaled = (signal - self.centre) / self.spread
        return np.ascontiguousarray(
            np.clip(scaled, -FARTHEST, FARTHEST, out=scaled).T, dtype=np.float32
        )


@dataclass(frozen=True)
class Comparison:
    """Frames of one length in one view, compared with banks of normal spectra.

    `unit`, `mu` and `sigma`, each (n_looks, n_channels), make a distance of each bank and k a
    standard score, and `weight` is how much it counts beside others. `transfer` (n_bins,
    n_channels, n_channels) is what makes the residual of the view of that name.
    """

    nperseg: int
    hop: int
    view: View
    window: str | tuple[str, float]
    banks: tuple[NormalSpectrum, ...]
    unit: Float64Array
    mu: Float64Array
    sigma: Float64Array
    weight: Float64Array
    transfer: ComplexArray | None = None

    @property
    def looks(self) -> list[tuple[NormalSpectrum, int]]:
        """The banks with each of their k."""
        return [(bank, k) for bank in self.banks for k in bank.ks]

    def features(self, scaled: Float32Array, starts: IntArray) -> FloatArray:
        """φ of the frames of a scaled signal (n_channels, n_samples) that begin at `starts`,
        (n_channels, n_frames, …).
        """
        return self.compared(*_spectra(scaled, starts, self.nperseg, self.window))

    def compared(self, X: ComplexArray, means: FloatArray) -> FloatArray:
        """φ of spectra X (n_channels, n_frames, n_bins) of frames as they are, with `means`
        (n_channels, n_frames).
        """
        phi, detrend = VIEWS[self.view]
        if detrend == "constant":
            X = _centred(X, means, frames.taper(self.window, self.nperseg))
        return phi(X if self.transfer is None else coupling.residual(X, self.transfer))

    def calibrated(
        self, distances: FloatArray, normal_steps: slice, step: int, *, weighed: bool
    ) -> Self:
        """The comparison that makes standard scores of distances like these, (n_looks, n_channels,
        n_steps).

        What is compared with normal rows alone has its middle in their steps, for the rest may all
        be farther from them; and its spread too, where they hold ENOUGH frames side by side to tell
        it. Looks that are `weighed` count less the more often they see something odd; others count
        in full.
        """
        positive = np.where(distances > 0, distances, np.nan)
        usual = _nan_safe(np.nanmedian, positive, 1.0)
        logs = np.log(distances + (LIKENESS * usual)[..., None])
        mu, sigma = _winsorised(logs)
        enough = (normal_steps.stop - normal_steps.start) * step >= ENOUGH * self.nperseg
        for look in range(len(self.banks[0].ks), len(self.looks)):
            mu[look], of_normal = _winsorised(logs[look, :, normal_steps])
            sigma[look] = of_normal if enough else np.maximum(sigma[look], of_normal)
        weight = (
            _weight((logs - mu[..., None]) / sigma[..., None]) if weighed else np.ones(mu.shape)
        )
        return replace(self, unit=LIKENESS * usual, mu=mu, sigma=sigma, weight=weight)

    def z(self, distances: FloatArray) -> FloatArray:
        """Standard scores of distances, (n_looks, n_channels, n_steps); high = anomalous."""
        logs = np.log(distances + self.unit[..., None].astype(distances.dtype))
        return np.asarray((logs - self.mu[..., None]) / self.sigma[..., None])

    def oddest_parts(
        self,
        scaled: Float32Array,
        look: int,
        channel: int,
        number: int,
        step: int,
        *,
        own: bool,
    ) -> FloatArray:
        """The parts of the distance, (n_features,), of the oddest frame that covers a step in a
        channel.
        """
        starts = frames.frame_starts(scaled.shape[1], self.nperseg, self.hop)
        begin, end = frames.steps_covered(starts, self.nperseg, step)
        here = starts[
            np.searchsorted(end, number, side="right") : np.searchsorted(
                begin, number, side="right"
            )
        ]
        bank, k = self.looks[look]
        parts = bank.parts(self.features(scaled, here)[channel], channel, k, here if own else None)
        return np.asarray(parts[np.argmax(np.nan_to_num(parts.sum(axis=1)))])

    def usual_parts(self, look: int, channel: int) -> Float64Array:
        """The mean parts of the distance of normal frames in a channel, (n_features,)."""
        bank, k = self.looks[look]
        some = slice(None, None, -(-bank.starts.size // TYPICAL_FRAMES))
        return _nan_safe(
            np.nanmean, bank.parts(bank.bank[channel, some], channel, k, bank.starts[some]).T, 0.0
        )


def _spectra(
    scaled: Float32Array,
    starts: IntArray,
    nperseg: int,
    window: str | tuple[str, float],
) -> tuple[ComplexArray, FloatArray]:
    """Spectra (n_channels, n_frames, n_bins) and means (n_channels, n_frames) of frames as they
    are.
    """
    X = np.empty((scaled.shape[0], starts.size, nperseg // 2 + 1), dtype=np.complex64)
    means = np.empty(X.shape[:2], dtype=np.float32)
    taper = frames.taper(window, nperseg).astype(np.float32)
    # One by one: the frames of many channels at once would leave the cache, and take memory beside
    # their spectra.
    for channel, signal in enumerate(scaled):
        cut = np.lib.stride_tricks.sliding_window_view(signal, nperseg)[starts]
        X[channel], means[channel] = spectrum(cut, taper, "none"), cut.mean(axis=-1)
    return X, means


def _centred(X: ComplexArray, means: FloatArray, taper: Float64Array) -> ComplexArray:
    """Spectra of the frames less their means: X − mean · W, W the taper's own spectrum, which few
    bins of a taper have.
    """
    W = spectrum(np.ones(taper.size), taper, "none").astype(X.dtype)
    few = int(np.flatnonzero(np.abs(W) > LEAK * np.abs(W[0]))[-1]) + 1
    X = X.copy()
    X[..., :few] -= means[..., None] * W[:few]
    return X


def distances(
    group: Sequence[Comparison], scaled: Float32Array, step: int, *, own: bool
) -> list[FloatArray]:
    """Mean distance of the frames that cover each step, for comparisons of one frame length.

    Each (n_looks, n_channels, n_steps), NaN where there is none. The spectra are computed once for
    all of them.
    """
    nperseg, n_channels = group[0].nperseg, scaled.shape[0]
    starts = frames.frame_starts(scaled.shape[1], nperseg, group[0].hop)
    width = max(nperseg, *(bank.starts.size for one in group for bank in one.banks))
    size = max(1, min(BLOCK_VALUES // (n_channels * nperseg), CHANNEL_VALUES // width))
    D = [np.empty((len(one.looks), n_channels, starts.size), dtype=np.float32) for one in group]
    # Products of so few columns gain nothing from several threads, which on a busy machine wait for
    # each other at each.
    with threadpool_limits(limits=1, user_api="blas"):
        for start in range(0, starts.size, size):
            block = slice(start, start + size)
            here = starts[block]
            X, means = _spectra(scaled, here, nperseg, group[0].window)
            for one, found in zip(group, D, strict=True):
                features = one.compared(X, means)
                found[..., block] = np.concatenate(
                    [bank.distance(features, here if own else None) for bank in one.banks]
                )
    covered = (starts, nperseg, step)
    return [frames.with_even_ends(frames.to_steps(found, *covered), *covered) for found in D]


def _winsorised(values: FloatArray) -> tuple[Float64Array, Float64Array]:
    """Mean and standard deviation over the last axis, of values no farther than WINSOR standard
    deviations from the mean.
    """
    mu, sigma = _nan_safe(np.nanmean, values, 0.0), _nan_safe(np.nanstd, values, 1.0)
    for _ in range(ROUNDS):
        reach = WINSOR * np.maximum(sigma, MIN_SIGMA)[..., None]
        near = np.clip(values, mu[..., None] - reach, mu[..., None] + reach)
        mu, sigma = _nan_safe(np.nanmean, near, 0.0), _nan_safe(np.nanstd, near, 1.0)
    return mu, np.maximum(sigma, MIN_SIGMA)


def _weight(z: FloatArray) -> Float64Array:
    """How much standard scores count by the weight of their upper tail, over the last axis: 1 for
    Gaussian ones.
    """
    tail = _nan_safe(partial(np.nanquantile, q=TAIL), z, 0.0)
    return np.asarray(1 / np.sqrt(np.maximum(tail / ndtri(TAIL), 1.0)))


def _nan_safe(
    statistic: Callable[..., FloatArray], values: FloatArray, otherwise: float
) -> Float64Array:
    """A statistic over the last axis in float64; `otherwise` where all values are NaN."""
    some = np.isfinite(values).any(axis=-1)
    result = np.full(some.shape, otherwise)
    result[some] = statistic(values[some], axis=-1)
    return result


@dataclass(frozen=True)
class Points:
    """The distance of samples from the middle of their channel: its mean and σ in what was learned
    from, (n_channels,).

    `weight` is how much the scores count beside others.
    """

    mu: Float64Array
    sigma: Float64Array
    weight: Float64Array

    @classmethod
    def fit(cls, scaled: Float32Array, step: int) -> Self:
        """Learn from a scaled signal (n_channels, n_samples)."""
        far = _farthest(scaled, step)
        mu, sigma = (
            _nan_safe(np.nanmean, far, 0.0),
            np.maximum(_nan_safe(np.nanstd, far, 1.0), MIN_SIGMA),
        )
        return cls(mu, sigma, _weight((far - mu[:, None]) / sigma[:, None]))

    def z(self, scaled: Float32Array, step: int) -> FloatArray:
        """Standard scores of the farthest sample of each step, (1, n_channels, n_steps); high =
        anomalous.
        """
        return np.asarray((_farthest(scaled, step) - self.mu[:, None]) / self.sigma[:, None])[None]


def _farthest(scaled: Float32Array, step: int) -> Float64Array:
    """The largest |x| in each step, (n_channels, n_steps); NaN where there is none."""
    return np.fmax.reduceat(np.abs(scaled), np.arange(0, scaled.shape[1], step), axis=1).astype(
        np.float64
    )


def learned(
    scaled: Float32Array,
    settings: Settings,
    normal_rows: slice | None,
    normal_ks: tuple[float, ...],
) -> Iterator[list[Comparison]]:
    """The comparisons with their banks, not yet calibrated, those of one frame length together."""
    for nperseg, hop in zip(settings.cut.npersegs, settings.cut.hops, strict=True):
        starts = frames.frame_starts(scaled.shape[1], nperseg, hop)
        chosen = [_chosen(scaled, starts, nperseg, settings.ks)]
        if not chosen[0][1]:
            continue
        if normal_rows is not None:
            inside = starts[(starts >= normal_rows.start) & (starts + nperseg <= normal_rows.stop)]
            chosen.append(_chosen(scaled, inside, nperseg, normal_ks))
        group = []
        for view in (*settings.views, *_coupled(settings, nperseg, scaled.shape[0])):
            empty = np.empty((0, 0))
            comparison = Comparison(
                nperseg, hop, view, settings.window, (), empty, empty, empty, empty
            )
            if view == "residual":
                normal = chosen[-1][0] if chosen[-1][1] else chosen[0][0]
                X, _ = _spectra(scaled, normal, nperseg, settings.window)
                with threadpool_limits(limits=1, user_api="blas"):
                    comparison = replace(comparison, transfer=coupling.transfer(X))
            banks = tuple(
                NormalSpectrum(
                    comparison.features(scaled, own), own, nperseg, ks, settings.reference
                )
                for own, ks in chosen
                if ks
            )
            group.append(replace(comparison, banks=banks))
        yield group


def _coupled(settings: Settings, nperseg: int, n_channels: int) -> tuple[View, ...]:
    """The residual, beside other views, of the middle frame length of several channels that are not
    too many.
    """
    middle = settings.cut.npersegs[len(settings.cut.npersegs) // 2]
    if nperseg != middle or not settings.points or not 2 <= n_channels <= coupling.MAX_CHANNELS:
        return ()
    return ("residual",)


def _chosen(
    scaled: Float32Array, starts: IntArray, nperseg: int, ks: tuple[float, ...]
) -> tuple[IntArray, tuple[int, ...]]:
    """Which frames are kept as normal ones, and each k as a number of them; no k where they are too
    few.

    Kept are evenly spaced ones of those without gaps in most of the live channels. A k is no more
    than every frame has left once those overlapping it are left out.
    """
    gaps = np.concatenate(
        [np.zeros((scaled.shape[0], 1)), np.cumsum(np.isnan(scaled), axis=1)], axis=1
    )
    whole = gaps[:, starts + nperseg] == gaps[:, starts]
    live = whole.any(axis=1)
    if not live.any():
        return starts[:0], ()
    share = whole[live].mean(axis=0)
    kept = starts[share >= min(0.5, share.max())]
    kept = kept[bank_rows(kept.size)]
    overlapping = np.searchsorted(kept, kept + nperseg) - np.searchsorted(
        kept, kept - nperseg, side="right"
    )
    left = int(kept.size - overlapping.max())
    if left < 1:
        return kept, ()
    return kept, tuple(min(max(round(k * kept.size) if k < 1 else int(k), 1), left) for k in ks)
