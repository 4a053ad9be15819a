"""The evidence of the sequence module: a frame and the spectrum expected of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.calibration.scores import Scores
from spectra.sequence.base_scores import BaseScores
from spectra.sequence.mixture import Mixture
from spectra.sequence.scorer import Standardised
from spectra.signal.evidence import Evidence

# Normal frames whose mean squared difference from what is expected of them is called usual.
TYPICAL_FRAMES: Final = 50


def evidence(
    model: Mixture, signal: Float64Array, scores: Scores, steps: IntArray, *, own: bool
) -> Iterator[Evidence]:
    """Yield the evidence of each of the `steps` of a signal (n_samples, n_channels).

    It is that of the frame length that adds most to the statistic of the step.
    """
    usual = [_usual(part.base) for part in model.parts]
    for step in steps.tolist():
        index, channel = int(scores.fused.source[step]), int(scores.channel[step])
        part, hop = model.parts[index], model.hops[index]
        found = _of_step(part, signal, usual[index], step * model.step // hop, channel, own=own)
        yield replace(found, step=step)


def _of_step(
    model: Standardised,
    signal: Float64Array,
    usual: FloatArray,
    step: int,
    channel: int,
    *,
    own: bool,
) -> Evidence:
    """Return the evidence of the frame around a step that is farthest from what is expected."""
    base, grid = model.base, model.base.frames.grid
    n_frames = grid.n_frames(len(signal))
    first, last = model.steps.frames_of(step, step + 1, n_frames)
    lead, end = max(0, first - base.past_frames), min(n_frames, last + base.future_frames)
    rows = signal[lead * grid.hop : (end - 1) * grid.hop + grid.nperseg]
    scaled = base.frames.scaled(rows)
    wanted = slice(first - lead, last - lead)
    of_channel = slice(channel * base.width, (channel + 1) * base.width)
    features = base.frames(scaled)
    index = np.arange(lead, end) if own else None
    normal = base.score(features, wanted, index).expected[:, of_channel]
    phi = features[wanted, of_channel]
    farthest = int(np.nan_to_num(((phi - normal) ** 2).sum(axis=1), nan=-1.0).argmax())
    return Evidence(
        step=step,
        channel=channel,
        start=(first + farthest) * grid.hop,
        nperseg=grid.nperseg,
        view=base.frames.view,
        spectrum=base.frames.spectra(scaled)[0][channel, wanted][farthest],
        features=phi[farthest],
        normal=normal[farthest],
        usual=usual[of_channel],
        normal_start=None,
    )


def _usual(base: BaseScores) -> FloatArray:
    """Return the mean squared difference of normal frames from what is expected, (n_features,)."""
    memory = base.past[0]
    drawn = slice(None, None, -(-memory.index.size // TYPICAL_FRAMES))
    expected = memory.predict(memory.keys[drawn], memory.index[drawn]).spectrum
    squares = (memory.values[drawn] - expected) ** 2
    known = squares[np.isfinite(squares).all(axis=1)]
    return known.mean(axis=0) if len(known) else np.zeros_like(squares[0])
