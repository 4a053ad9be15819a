"""Where an unusual frame differs from normal: which channel, which frequencies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra.model import BLOCK_VALUES, SpectralModel


@dataclass(frozen=True)
class Strongest:
    """Where frames differ most, each (n_frames,): the channel's number, and the first and last bin of the band."""

    channel: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]


def strongest(parts: NDArray[np.float64], typical: NDArray[np.float64]) -> Strongest:
    """Where the parts (n_frames, n_channels, n_bins) of a distance exceed the typical ones (n_channels, n_bins) most.

    The channel is that of the largest excess, summed over bins; the band is the contiguous bins around its largest
    one that have at least half as much.
    """
    excess = np.maximum(parts - typical, 0.0)
    channel = excess.sum(axis=2).argmax(axis=1)
    line = excess[np.arange(excess.shape[0]), channel]
    bins = np.arange(line.shape[1])
    peak = line.argmax(axis=1)[:, None]
    weak = line < line.max(axis=1, keepdims=True) / 2
    low = np.where(weak & (bins < peak), bins, -1).max(axis=1) + 1
    high = np.where(weak & (bins > peak), bins, bins.size).min(axis=1) - 1
    return Strongest(channel, low, high)


def explain(model: SpectralModel, signal: NDArray[np.float64], starts: NDArray[np.int64], *, own: bool) -> Strongest:
    """Where the frames of the signal (n_samples, n_channels) that begin at `starts` (n_frames,) differ from normal.

    `own` as in `SpectralModel.score`. Memory does not grow with the number of frames.
    """
    size = max(1, BLOCK_VALUES // (model.normal.bank.shape[1] * model.normal.k))
    blocks = [
        strongest(model.parts(signal, starts[i : i + size], own=own), model.typical) for i in range(0, starts.size, size)
    ]
    none = np.empty(0, dtype=np.int64)
    return Strongest(
        np.concatenate([none, *(block.channel for block in blocks)]),
        np.concatenate([none, *(block.low for block in blocks)]),
        np.concatenate([none, *(block.high for block in blocks)]),
    )


def band_edges(
    low: NDArray[np.int64], high: NDArray[np.int64], nperseg: int, fs: float | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges of the bands from bin `low` to bin `high`, half a bin beyond each, within 0 … fs/2.

    In Hz; in cycles per sample where fs is None.
    """
    rate = 1.0 if fs is None else fs
    width = rate / nperseg
    return np.maximum(low - 0.5, 0.0) * width, np.minimum((high + 0.5) * width, rate / 2)
