"""The steps that a model learns from: their distances, and the standards of the base scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.calibration.standard import ROUNDING, Standard
from spectra.calibration.statistic import LEAST_USUAL
from spectra.signal.scale import Scale
from spectra.signal.steps import draw_stretches
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.lines import Lines
from spectra.threads import own_threads, share

# Steps that standards and calibration are learned from, and the stretches they are drawn in: 64 of
# 256 steps show the longest default frame (256 rows, 64 steps) four times each.
SAMPLE_STEPS: Final = 16_384
STRETCHES: Final = 64
# Most steps that the statistic is calibrated on, and the stretches they are drawn in: 17 million
# rows support false-alarm probabilities down to 1e-7, and more would not fit into memory.
CALIBRATED: Final = 2**22
CALIBRATED_IN: Final = 64
# Frames side by side in normal rows at which their own spread and that of the whole signal count
# alike, and the fewest that tell where normal scores lie. With 20 and 3, instead of the whole
# signal below 100 frames, the mean VUS-PR on the development series is 0.664 instead of 0.662, and
# that of ten of eleven collections no lower; F1 on SKAB, 400 normal rows, is 0.5 instead of 0.1.
ENOUGH: Final = 20
FEWEST: Final = 3
# Smallest median statistic of the middle channel, of signals that repeat themselves exactly.
LEAST_MIDDLE: Final = 0.1
# Smallest floor of the distances of spectrograms, which are squares of logarithms: those of a
# straight line are up to 1e-6, by rounding of 32-bit numbers.
ROUNDING_OF_LOGARITHMS: Final = 1e-3
EVERY: Final = slice(None)


@dataclass(frozen=True)
class Sample:
    """Steps that are learned from: stretches over the whole signal, and over its normal rows.

    `everywhere` are those of the first kind, `inside` those in normal rows, (n,). `normal` are
    first and end step of the normal rows. `whole`: all steps of the signal in order.
    """

    stretches: list[tuple[int, int]]
    steps: IntArray
    everywhere: BoolArray
    inside: BoolArray
    normal: tuple[int, int]
    whole: bool

    @classmethod
    def drawn(cls, n_steps: int, normal_rows: slice | None, step: int) -> Self:
        """Return all steps of a short signal, or stretches of a long one."""
        rows = normal_rows or slice(0, n_steps * step)
        normal = (rows.start // step, min(-(-rows.stop // step), n_steps))
        stretches = draw_stretches(0, n_steps, SAMPLE_STEPS, STRETCHES)
        n_everywhere = sum(stop - start for start, stop in stretches)
        whole = n_everywhere == n_steps
        if not whole and normal_rows is not None:
            stretches += draw_stretches(*normal, SAMPLE_STEPS, STRETCHES)
        steps = np.concatenate([np.arange(start, stop) for start, stop in stretches])
        inside = (steps >= normal[0]) & (steps < normal[1])
        everywhere = np.arange(steps.size) < n_everywhere
        return cls(stretches, steps, everywhere, inside, normal, whole)


def distances_at(
    signal: Float64Array,
    scale: Scale,
    base: BaseScores,
    stretches: list[tuple[int, int]],
    channels: slice = EVERY,
) -> list[FloatArray]:
    """Return the distances of each comparison at stretches of steps.

    Each array is (n_scores, n_channels, n), the stretches one after the other. `scale` and `base`
    are those of the `channels` of the signal.
    """
    parts: list[list[FloatArray]] = [[] for _ in stretches]

    def compute(indices: Iterator[int]) -> None:
        for i in indices:
            start, stop = stretches[i]
            rows, n = base.rows(start, stop, len(signal)), len(signal)
            scaled = scale(signal[rows][:, channels])
            parts[i] = base.distances(scaled, rows.start, start, stop, n, own=True)

    # Products of a stretch are too small to gain from the threads of BLAS.
    with own_threads(True):
        share(compute, range(len(parts)))
    return [np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)]


def learned_standards(
    base: BaseScores,
    distances: list[FloatArray],
    sample: Sample,
    normal_rows: slice | None,
    trend: BoolArray,
) -> Iterator[Standard]:
    """Yield the standard of each comparison, then of single rows.

    Scores by rows known to be normal are standardised by those rows: the rest of the signal may all
    be farther from them. Their scale is drawn towards that of the whole signal where the normal
    rows hold few frames. The level of channels that have a `trend` (n_channels,) leaves that of the
    normal rows anyway, so that scores with the level are standardised by the whole signal there.
    Where no rows are known to be normal they are 0: each level occurs once, and those at both ends
    have neighbours on one side only.
    """
    n_normal = 0 if normal_rows is None else normal_rows.stop - normal_rows.start
    for index, D in enumerate(distances):
        everywhere = np.tile(sample.everywhere, (len(D), 1))
        if index == len(base.comparisons):
            standard = Standard.fit(D, everywhere, "log")
            with_level = np.array([[False], [True]])
            yield standard if n_normal else standard.silenced(with_level & trend)
            continue
        comparison = base.comparisons[index]
        if isinstance(comparison, Amplitude | Lines):
            yield Standard.fit(D, everywhere, comparison.transform)
            continue
        rounding = ROUNDING_OF_LOGARITHMS if comparison.view == "spectrogram" else ROUNDING
        standard = Standard.fit(D, everywhere, "log", rounding)
        with_level = np.array([one.with_level for one in comparison.sources])[:, None]
        if normal_rows is None:
            yield standard.silenced(with_level & trend)
            continue
        n_frames = n_normal / comparison.nperseg
        if n_frames < FEWEST or sample.everywhere[~sample.inside].sum() == 0:
            yield standard
            continue
        normal = everywhere.copy()
        normal[[one.reference.declared for one in comparison.sources]] = sample.inside
        inside = Standard.fit(D, normal, "log", rounding)
        inside = inside.shrunk(standard, n_frames / (n_frames + ENOUGH))
        yield inside.replaced(standard, with_level & trend)


def calibration_stretches(start: int, stop: int) -> list[tuple[int, int]]:
    """Return the steps `start` … `stop` − 1, or stretches all over them, to calibrate on."""
    return draw_stretches(start, stop, CALIBRATED, CALIBRATED_IN)


def usual_statistics(by_channel: FloatArray, sample: Sample, compared: BoolArray) -> Float32Array:
    """Return the median statistic of each channel over that of the middle one, (n_channels,).

    A channel that drifts, or that is odd in many small ways, is judged by its own kind of normal
    then, and hides no other. It is 1 for channels that are not `compared` or have no score.

    Parameters
    ----------
    by_channel : ndarray (n_channels, n)
        Statistic of each channel at the steps of the sample. Those in normal rows count, which are
        all where none are declared.
    """
    normal = by_channel[:, sample.inside]
    usual = np.ones(compared.size, dtype=np.float32)
    scored = compared & np.isfinite(normal).any(axis=1)
    if scored.any():
        medians = np.nanmedian(normal[scored], axis=1).astype(np.float64)
        middle = max(float(np.median(medians)), LEAST_MIDDLE)
        usual[scored] = np.maximum(medians / middle, LEAST_USUAL)
    return usual
