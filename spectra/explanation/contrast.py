"""Contrast of an alarm with the normal frames of its recording, bin by bin, in each channel.

The frames inside an alarm are compared with normal ones, which touch no alarm. Each is compared
with the mean amplitude N of its nearest normal frames, so that a frame of a pulse is not compared
with one between pulses. A normal frame differs from its own nearest ones as well: the mean squared
difference of each bin is called usual. The excess of a bin is the squared difference of the alarm
in units of the usual one, less the 1 that a normal frame has.

Where an alarm leaves too few frames of the recording, those that a model was learned from stand for
them. Their amplitudes are known, their waveforms are not.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import ComplexArray, Float64Array, FloatArray, IntArray
from spectra.explanation.learned import Learned, Window
from spectra.explanation.similar import MOST_FRAMES, filled
from spectra.signal.distance import squared_distances
from spectra.signal.frames import taper
from spectra.signal.spectrum import spectrum

# Frames of an alarm that are compared; of a longer alarm these are spread over it.
MOST_INSIDE: Final = 64
# Fewest normal frames that are a reference.
FEWEST_NORMAL: Final = 16
# Nearest normal frames whose mean amplitude is compared with, as a share of all.
NEAREST: Final = 0.05
# Frame lengths beside those of the model; the longest that an alarm holds resolves its bands best.
LENGTHS: Final = (16, 64, 256)
# Bins beside a tone that a Hann taper spreads it to.
LOBE_SIDE: Final = 2
# Smallest usual difference of a bin in units of the mean over the bins. A taper leaks into bins
# that are silent in normal frames; without a floor the leak would carry the alarm.
FLOOR: Final = 0.01
# Smallest usual difference in units of the power: about the rounding of the FFT.
ROUNDING: Final = 1e-14


@dataclass(frozen=True, eq=False)
class Contrast:
    """An alarm and its reference in one channel, by frequency bin; bin 0 is the level.

    Amplitudes are those of sines in the unit of the channel (scaling "magnitude").

    Attributes
    ----------
    nperseg : int
    starts : ndarray (m,)
        First rows of the frames inside the alarm.
    inside : ndarray (m, n_bins)
        Their amplitudes; bin 0 is the mean of the frame.
    nearest : ndarray (m, n_bins)
        Mean amplitudes of the normal frames nearest to each.
    normal : ndarray (n, n_bins)
        Amplitudes of the normal frames.
    normal_starts : ndarray (n,)
        Their first rows; none where they are of another recording.
    usual : ndarray (n_bins,)
        Mean squared difference of normal frames from their own nearest.
    own : ndarray (n,)
        Mean excess of normal frames over the bins but 0, plus 1.
    window : str or tuple
        Taper of the frames.
    """

    nperseg: int
    starts: IntArray
    inside: Float64Array
    nearest: Float64Array
    normal: Float64Array
    normal_starts: IntArray
    usual: Float64Array
    own: Float64Array
    window: Window

    @property
    def excess(self) -> Float64Array:
        """Excess of each bin, (n_bins,), never below 0."""
        squares = ((self.inside - self.nearest) ** 2).mean(axis=0)
        return np.asarray(np.maximum(squares / self.usual - 1.0, 0.0))

    @property
    def power(self) -> Float64Array:
        """Mean squared amplitude inside the alarm, (n_bins,)."""
        return np.asarray((self.inside**2).mean(axis=0))

    @property
    def normal_power(self) -> Float64Array:
        """Mean squared amplitude of the nearest normal frames, (n_bins,)."""
        return np.asarray((self.nearest**2).mean(axis=0))

    def change_db(self, low: int, high: int) -> float:
        """Return the power of the bins `low` … `high` over the normal power, in dB.

        It is that of the median frame, as the first and last frames hold a part of the event. The
        normal frames are those nearest in the other bins: those nearest in all of them have more
        power in a band that is loud, and less in one that is silent.
        """
        others = np.ones(self.usual.size, dtype=np.bool_)
        others[0] = False
        others[max(1, low - LOBE_SIDE) : high + 1 + LOBE_SIDE] = False
        if not others.any():
            others[1:] = True
        D = squared_distances(self.inside[:, others], self.normal[:, others])
        normal = nearest_mean(self.normal[:, low : high + 1] ** 2, D)
        power = np.median((self.inside[:, low : high + 1] ** 2).sum(axis=1))
        return float(decibels(power, normal.mean(axis=0).sum()))

    @property
    def rise(self) -> float:
        """Logarithm of the distance in standard deviations of normal frames, but for the level.

        It is the standardisation of the base scores. A normal frame has about 0.
        """
        return standard_score(self.distance, self.own)

    @property
    def distance(self) -> float:
        """Mean squared difference over the bins but 0 in units of the usual one."""
        squares = ((self.inside - self.nearest) ** 2).mean(axis=0)
        return float((squares / self.usual)[1:].mean())


def standard_score(value: float, normal: Float64Array) -> float:
    """Return log(value) in standard deviations of log(normal), robustly; 0 for no normal values.

    The standard deviation is that of the quartiles, at least 5 %.
    """
    positive = normal[np.isfinite(normal) & (normal > 0)]
    if positive.size < 4 or not value > 0:
        return 0.0
    low, middle, high = np.quantile(np.log(positive), [0.25, 0.5, 0.75])
    return float((np.log(value) - middle) / max((high - low) / 1.349, 0.05))


def decibels(power: Float64Array | float, normal: Float64Array | float) -> Float64Array:
    """Return 10·log₁₀(power / normal), within ± 120 dB, 0 where both are 0."""
    tiny = np.finfo(float).tiny
    above, below = (np.log10(np.asarray(each) + tiny) for each in (power, normal))
    return np.asarray(np.clip(10 * (above - below), -120.0, 120.0))


def frames_inside(n_samples: int, first: int, last: int, nperseg: int) -> IntArray:
    """Return the first rows of up to MOST_INSIDE frames inside rows `first` … `last`.

    They start a quarter of a frame apart. Where none fits, one frame has its centre in common with
    the rows.
    """
    latest = min(last + 1, n_samples) - nperseg
    if latest <= first:
        centred = (first + last + 1 - nperseg) // 2
        return np.array([int(np.clip(centred, 0, max(n_samples - nperseg, 0)))])
    count = min((latest - first) // max(1, nperseg // 4) + 1, MOST_INSIDE)
    return np.linspace(first, latest, count).astype(np.int64)


def frame_length(n_rows: int, n_samples: int, lengths: tuple[int, ...]) -> int:
    """Return the longest frame length that an alarm of `n_rows` holds, or the shortest there is."""
    longest = max(2, n_samples // FEWEST_NORMAL)
    usable = sorted({*(each for each in (*lengths, *LENGTHS) if each <= longest)}) or [longest]
    return max((each for each in usable if each <= n_rows), default=usable[0])


def amplitudes(frames: Float64Array, window: Window = "hann") -> Float64Array:
    """Return amplitudes (…, n_bins) of frames (…, nperseg) less their means; bin 0 is the mean."""
    means = frames.mean(axis=-1, keepdims=True)
    found = np.abs(spectrum(frames - means, taper(window, frames.shape[-1]), scaling="magnitude"))
    found[..., 0] = means[..., 0]
    return np.asarray(found)


def _whole(values: Float64Array, starts: IntArray, nperseg: int) -> IntArray:
    """Return the frames without a gap, spread evenly where there are more than needed."""
    if starts.size:
        rows = values[starts[:, None] + np.arange(nperseg)]
        starts = starts[np.isfinite(rows).all(axis=1)]
    kept = np.linspace(0, starts.size - 1, min(starts.size, MOST_FRAMES)).astype(np.int64)
    return starts[kept]


def contrast(
    values: Float64Array, event: tuple[int, int], normal: IntArray | Learned, nperseg: int
) -> Contrast | None:
    """Return the contrast of an event with normal frames in one channel (n_samples,).

    Parameters
    ----------
    values : ndarray (n_samples,)
        NaN in gaps.
    event : (int, int)
        First and last row.
    normal : ndarray (n,) or Learned
        First rows of normal frames. Frames of the whole recording stand for them where too few are
        without gaps; None is returned where these are too few as well. Or the normal frames of a
        model.
    nperseg : int
    """
    if isinstance(normal, Learned):
        normal_at, amplitude, known = normal.starts, normal.amplitude, normal.starts[:0]
        window = normal.window
    else:
        window = "hann"
        normal_at = known = _normal_at(values, normal, nperseg)
        amplitude = amplitudes(values[normal_at[:, None] + np.arange(nperseg)])
    if normal_at.size < 2:
        return None
    starts = frames_inside(len(values), *event, nperseg)
    frames = np.stack([filled(values[start : start + nperseg]) for start in starts])
    inside = amplitudes(frames, window)
    D = squared_distances(amplitude[:, 1:], amplitude[:, 1:])
    D[np.abs(normal_at[:, None] - normal_at) < nperseg] = np.inf
    alike = nearest_mean(amplitude, D)
    # Of a short recording all normal frames may overlap: their mean stands for the nearest.
    alike = np.where(np.isnan(alike), amplitude.mean(axis=0), alike)
    differences = (amplitude - alike) ** 2
    usual = differences.mean(axis=0)
    # A channel that never changes in normal frames has no usual difference at all.
    power = max(float((each**2).mean()) for each in (inside, amplitude))
    least = FLOOR * usual[1:].mean() + ROUNDING * power + np.finfo(float).tiny
    usual = np.maximum(usual, least)
    nearest = nearest_mean(amplitude, squared_distances(inside[:, 1:], amplitude[:, 1:]))
    own = (differences / usual)[:, 1:].mean(axis=1)
    return Contrast(nperseg, starts, inside, nearest, amplitude, known, usual, own, window)


def _normal_at(values: Float64Array, normal: IntArray, nperseg: int) -> IntArray:
    """Return the first rows of normal frames without gaps, or of any where these are too few."""
    normal_at = _whole(values, normal, nperseg)
    if normal_at.size >= FEWEST_NORMAL:
        return normal_at
    last = max(len(values) - nperseg, 0)
    anywhere = np.unique(np.linspace(0, last, MOST_FRAMES).astype(np.int64))
    return _whole(values, anywhere, nperseg)


def nearest_mean(normal: Float64Array, D: FloatArray) -> Float64Array:
    """Return the mean of the nearest rows of normal (n, n_bins) by each row of D (m, n)."""
    k = min(max(3, round(NEAREST * len(normal))), len(normal))
    order = np.argpartition(D, k - 1, axis=1)[:, :k]
    near = np.isfinite(np.take_along_axis(D, order, axis=1))
    total = (normal[order] * near[..., None]).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / near.sum(axis=1)[:, None])


def frame_spectra_of(values: Float64Array, starts: IntArray, nperseg: int) -> ComplexArray:
    """Return spectra (n_channels, n_frames, n_bins) of frames of (n_samples, n_channels)."""
    frames = values[starts[:, None] + np.arange(nperseg)]  # [n_frames, nperseg, n_channels]
    centred = np.moveaxis(frames - frames.mean(axis=1, keepdims=True), 2, 0)
    return spectrum(centred, taper("hann", nperseg))
