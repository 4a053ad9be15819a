"""Where an unusual stretch differs from normal: which channel, which frequencies."""

from dataclasses import dataclass

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.calibration.scores import Scores
from spectra.sequence.model import SequenceModel
from spectra.spectral.model import SpectralModel


@dataclass(frozen=True)
class Strongest:
    """Where stretches differ most, each (n,): the channel's number, rows of a frame, first and last
    bin of the band.
    """

    channel: IntArray
    nperseg: IntArray
    low: IntArray
    high: IntArray


def band(excess: Float64Array) -> tuple[IntArray, IntArray]:
    """First and last of the contiguous bins around the largest excess that have at least half as
    much.

    `excess` (n, n_bins) is how much farther each bin is from normal than is usual, never below 0.
    """
    bins = np.arange(excess.shape[1])
    peak = excess.argmax(axis=1)[:, None]
    weak = excess < excess.max(axis=1, keepdims=True) / 2
    low = np.where(weak & (bins < peak), bins, -1).max(axis=1) + 1
    high = np.where(weak & (bins > peak), bins, bins.size).min(axis=1) - 1
    return low, high


def explain(
    model: SpectralModel | SequenceModel,
    signal: Float64Array,
    scores: Scores,
    steps: IntArray,
    *,
    own: bool,
) -> Strongest:
    """Where the signal (n_samples, n_channels) differs from normal in the steps numbered `steps`
    (n,).

    `own` where the model was learned from this very signal.
    """
    found = np.zeros((3, steps.size), dtype=np.int64)
    scaled = model.scale(signal) if steps.size else np.empty((0, 0), dtype=np.float32)
    for place, (nperseg, excess) in enumerate(model.excess(scaled, scores, steps, own=own)):
        low, high = band(excess[None])
        found[:, place] = nperseg, low[0], high[0]
    return Strongest(scores.channel[steps], found[0], found[1], found[2])


def band_edges(
    low: IntArray,
    high: IntArray,
    nperseg: int | IntArray,
    fs: float | None,
) -> tuple[Float64Array, Float64Array]:
    """Edges of the bands from bin `low` to bin `high`, half a bin beyond each, within 0 … fs/2.

    In Hz; in cycles per sample where fs is None.
    """
    rate = 1.0 if fs is None else fs
    width = rate / nperseg
    return np.maximum(low - 0.5, 0.0) * width, np.minimum((high + 0.5) * width, rate / 2)
