"""The evidence of the signal pipeline: a frame and its nearest normal spectra."""

from collections.abc import Iterator
from itertools import accumulate
from math import log
from typing import Final

import numpy as np

from spectra.arrays import ComplexArray, Float64Array, FloatArray, IntArray
from spectra.calibration.scores import Scores
from spectra.signal.evidence import Evidence
from spectra.signal.frames import FrameGrid
from spectra.signal.spectrum import with_mean
from spectra.signal.steps import StepGrid
from spectra.signal.views import magnitude
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.comparison import Source, spectra_of
from spectra.spectral.lines import Lines
from spectra.spectral.scorer import Standardised

# Normal frames whose mean squared difference is called usual.
TYPICAL_FRAMES: Final = 50
# Bins from a line to the end of the main lobe of a Hann taper.
LOBE: Final = 2


def evidence(
    model: Standardised, signal: Float64Array, scores: Scores, steps: IntArray, *, own: bool
) -> Iterator[Evidence]:
    """Yield the evidence of each of the `steps` of a signal (n_samples, n_channels).

    It is that of the step's largest base score. Amplitudes and single rows have no normal
    spectrum, and the bands of a spectrogram are wide: their evidence is that of the first other
    comparison of frames about as long. That of a line is its frequency alone, and the usual power.
    """
    sources, lines = _with_spectra(model.base), _lines(model.base)
    usual: dict[tuple[int, int], FloatArray] = {}
    for step in steps.tolist():
        number, channel = int(scores.fused.source[step]), int(scores.channel[step])
        if number in lines:
            yield _of_line(model, signal, lines[number], step, channel)
            continue
        source = sources[number]
        if (number, channel) not in usual:
            usual[number, channel] = _usual(source, channel)
        yield _of_step(model, signal, source, usual[number, channel], step, channel, own=own)


def _with_spectra(base: BaseScores) -> list[Source]:
    """Return the source of each base score, or one about as long that tells single bins."""
    compared = [source for source in base.sources if source is not None]
    fine = [each for each in compared if each.comparison.view != "spectrogram"]
    if not fine:
        return compared

    def fine_source(source: Source | None, nperseg: int) -> Source:
        if source is not None and source.comparison.view != "spectrogram":
            return source
        return min(fine, key=lambda each: abs(log(each.comparison.nperseg / nperseg)))

    sources = [
        fine_source(source, comparison.nperseg)
        for comparison in base.comparisons
        for source in comparison.sources
    ]
    return sources + [fine_source(None, 1)] * (len(base.sources) - len(sources))


def _lines(base: BaseScores) -> dict[int, Lines]:
    """Return the lines among the base scores, by number."""
    firsts = accumulate((len(one.sources) for one in base.comparisons), initial=0)
    pairs = zip(firsts, base.comparisons, strict=False)
    return {number: one for number, one in pairs if isinstance(one, Lines)}


def _frames_of(
    model: Standardised,
    signal: Float64Array,
    grid: FrameGrid,
    window: str | tuple[str, float],
    step: int,
) -> tuple[IntArray, ComplexArray, FloatArray]:
    """Return first rows, spectra and means of the frames around a step."""
    steps = StepGrid(grid, model.base.step)
    first, last = steps.frames_of(step, step + 1, grid.n_frames(len(signal)))
    starts = np.arange(first, last) * grid.hop
    scaled = model.scale(signal[starts[0] : starts[-1] + grid.nperseg])
    turns = model.scale.spreads_of_turns
    return starts, *spectra_of(scaled, starts - starts[0], grid.nperseg, window, turns)


def _of_step(
    model: Standardised,
    signal: Float64Array,
    source: Source,
    usual: FloatArray,
    step: int,
    channel: int,
    *,
    own: bool,
) -> Evidence:
    """Return the evidence of the frame around a step that is farthest from normal."""
    comparison = source.comparison
    starts, X, means = _frames_of(model, signal, comparison.grid, comparison.window, step)
    features = comparison.features(X, means)[channel]
    nearest, normal = _nearest(source, features, means[channel], channel, starts if own else None)
    compared = _with_level(source, features, means[channel])
    farthest = int(np.nan_to_num(((compared - normal) ** 2).sum(axis=1)).argmax())
    return Evidence(
        step=step,
        channel=channel,
        start=int(starts[farthest]),
        nperseg=comparison.nperseg,
        view="magnitude-dc" if source.with_level else comparison.view,
        spectrum=with_mean(X, means, comparison.window, comparison.nperseg)[channel, farthest],
        features=compared[farthest],
        normal=normal[farthest],
        usual=usual,
        normal_start=int(source.reference.starts[nearest[farthest, 0]]),
    )


def _of_line(
    model: Standardised, signal: Float64Array, lines: Lines, step: int, channel: int
) -> Evidence:
    """Return the evidence of the frame around a step that has the strongest line."""
    starts, X, means = _frames_of(model, signal, lines.grid, lines.window, step)
    ratios = np.nan_to_num(lines.ratios(X)[channel])
    farthest = int(ratios.max(axis=1).argmax())
    away = np.abs(np.arange(ratios.shape[1]) - ratios[farthest].argmax())
    return Evidence(
        step=step,
        channel=channel,
        start=int(starts[farthest]),
        nperseg=lines.nperseg,
        view="magnitude",
        spectrum=with_mean(X, means, lines.window, lines.nperseg)[channel, farthest],
        features=magnitude(X[channel, farthest]),
        normal=np.sqrt(lines.usual[channel]),
        # Other frequencies are not compared.
        usual=np.where(away <= LOBE, 0.0, np.inf).astype(X.real.dtype),
        normal_start=None,
    )


def _nearest(
    source: Source,
    features: FloatArray,
    means: FloatArray,
    channel: int,
    own_starts: IntArray | None,
) -> tuple[IntArray, FloatArray]:
    """Return the indices of the nearest normal spectra, (n_frames, k), and their mean."""
    reference = source.reference
    nearest = reference.nearest(
        features,
        means,
        channel,
        source.neighbours,
        with_level=source.with_level,
        own_starts=own_starts,
    )
    bank = _with_level(source, reference.targets.spectra(channel), reference.means[channel])
    return nearest, np.asarray(bank[nearest].mean(axis=1))


def _with_level(source: Source, features: FloatArray, means: FloatArray) -> FloatArray:
    """Return features (n_frames, n_features), the means first where the level is compared."""
    return np.column_stack([means, features]) if source.with_level else features


def _usual(source: Source, channel: int) -> FloatArray:
    """Return the mean squared difference of normal frames from their nearest, (n_features,)."""
    reference = source.reference
    some = slice(None, None, -(-reference.starts.size // TYPICAL_FRAMES))
    features = reference.targets.spectra(channel)[some]
    means = reference.means[channel, some]
    compared = _with_level(source, features, means)
    whole = ~np.isnan(compared).any(axis=1)
    if not whole.any():
        return np.zeros(compared.shape[1], dtype=compared.dtype)
    starts = reference.starts[some][whole]
    _, normal = _nearest(source, features[whole], means[whole], channel, starts)
    return np.asarray(((compared[whole] - normal) ** 2).mean(axis=0))
