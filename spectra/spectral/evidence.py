"""The evidence of the signal pipeline: a frame and its nearest normal spectra."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.calibration.fusion import Fused
from spectra.signal.evidence import Evidence
from spectra.signal.steps import StepGrid
from spectra.spectral.comparison import Comparison, spectra_of
from spectra.spectral.normal import NormalSpectra
from spectra.spectral.scorer import Standardised

# Normal frames whose mean squared difference is called usual.
TYPICAL_FRAMES: Final = 50


def evidence(
    model: Standardised, signal: Float64Array, fused: Fused, steps: IntArray, *, own: bool
) -> Iterator[Evidence]:
    """Yield the evidence of each of the `steps` of a signal (n_samples, n_channels).

    It is that of the step's largest base score; of single rows it is that of the shortest frames.
    """
    sources = model.base.of_sources
    usual: dict[tuple[int, int], FloatArray] = {}
    for step in steps.tolist():
        source, channel = int(fused.source[step]), int(fused.channel[step])
        comparison, index = sources[source] or (model.base.comparisons[0], 0)
        reference = comparison.references[index]
        if (source, channel) not in usual:
            usual[source, channel] = _usual(reference, channel)
        yield _of_step(
            model, signal, comparison, reference, usual[source, channel], step, channel, own=own
        )


def _of_step(
    model: Standardised,
    signal: Float64Array,
    comparison: Comparison,
    reference: NormalSpectra,
    usual: FloatArray,
    step: int,
    channel: int,
    *,
    own: bool,
) -> Evidence:
    """Return the evidence of the frame around a step that is farthest from normal."""
    grid, nperseg = comparison.grid, comparison.nperseg
    steps = StepGrid(grid, model.base.step)
    first, last = steps.frames_of(step, step + 1, grid.n_frames(len(signal)))
    starts = np.arange(first, last) * grid.hop
    scaled = model.scale(signal[starts[0] : starts[-1] + nperseg])
    X, means = spectra_of(scaled, starts - starts[0], nperseg, comparison.window)
    features = comparison.features(X, means)[channel]
    own_starts = starts if own else None
    nearest = reference.nearest(features, channel, own_starts)
    normal = reference.bank[channel][nearest].mean(axis=1)  # [n_frames, n_features]
    farthest = int(np.nan_to_num(((features - normal) ** 2).sum(axis=1)).argmax())
    return Evidence(
        step=step,
        channel=channel,
        start=int(starts[farthest]),
        nperseg=nperseg,
        view=comparison.view,
        spectrum=X[channel, farthest],
        features=features[farthest],
        normal=normal[farthest],
        usual=usual,
        normal_start=int(reference.starts[nearest[farthest, 0]]),
    )


def _usual(reference: NormalSpectra, channel: int) -> FloatArray:
    """Return the mean squared difference of normal frames from their nearest, (n_features,)."""
    some = slice(None, None, -(-reference.starts.size // TYPICAL_FRAMES))
    features = reference.bank[channel, some]
    whole = ~np.isnan(features).any(axis=1)
    if not whole.any():
        return np.zeros(features.shape[1], dtype=features.dtype)
    features, starts = features[whole], reference.starts[some][whole]
    nearest = reference.nearest(features, channel, starts)
    normal = reference.bank[channel][nearest].mean(axis=1)
    return np.asarray(((features - normal) ** 2).mean(axis=0))
