"""The standards of base scores, and the fused scores of the steps that they are learned from.

Channels are scored a few at a time, so that the distances of many need not be held at once.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from spectra.arrays import Float64Array, FloatArray
from spectra.calibration.standard import Standard
from spectra.calibration.statistic import ByChannel, Fused
from spectra.signal.scale import Scale, state_channels
from spectra.signal.trend import trending_channels
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.fusing import Fusing, steps_of_block
from spectra.spectral.sample import Sample, distances_at, learned_standards, usual_statistics
from spectra.spectral.scorer import Standardised
from spectra.stored import is_stored
from spectra.threads import one_blas_thread

# Base scores of a signal that are held at a time: 16 MB.
HELD: Final = 2**22
# Most steps that are scored at once for the sample of them and for themselves. A longer signal is
# scored after its sample, which is a quarter of its steps or less.
SCORED: Final = 2**16
# Steps of a block of them. With 2,048 the normal spectra are read from beyond the cache of the
# processor more often, and 131,072 rows take a tenth longer.
BLOCK: Final = 2**13


def learned_scores(
    signal: Float64Array,
    scale: Scale,
    base: BaseScores,
    sample: Sample,
    normal_rows: slice | None,
) -> tuple[Standardised, Fused | None, FloatArray]:
    """Return the standardised base scores of a signal (n_samples, n_channels), and its scores.

    The fused scores of all steps are None where the signal is long; the groups (n_groups, n) are
    those of the sample.
    """
    n_steps, n_channels = -(-len(signal) // base.step), signal.shape[1]
    every = n_steps <= SCORED and not is_stored(signal)
    stretches = _blocks(n_steps, n_channels) if every else sample.stretches
    within = sample.steps if every and not sample.whole else None
    trend = trending_channels(signal, *_others(len(signal), normal_rows))
    n_found = sum(stop - start for start, stop in stretches)
    found = ByChannel.empty(base.n_groups, n_channels, n_found)
    parts = []
    for channels, D in _distances(signal, scale, base, stretches):
        sampled = D if within is None else [each[..., within] for each in D]
        # The threads of BLAS would take longer for the sums of squares than one does, which they
        # add up in another order, and spin after each.
        with one_blas_thread():
            standards = tuple(
                learned_standards(base, sampled, sample, normal_rows, trend[channels])
            )
        found.put(channels, 0, Fusing(base, standards).by_channel(D))
        parts.append(standards)
    standards = tuple(Standard.beside(list(each)) for each in zip(*parts, strict=True))
    compared = ~state_channels(signal)
    usual = np.ones(n_channels, dtype=np.float32)
    if compared.sum() > 1:
        mean = found.mean if within is None else found.mean[:, within]
        usual = usual_statistics(mean, sample, compared)
    standardised = Standardised(scale, base, standards, compared, usual)
    fused = found.largest(compared, usual)
    if within is not None:
        return standardised, fused, fused.groups[:, within]
    return standardised, fused if every or sample.whole else None, fused.groups


def _distances(
    signal: Float64Array, scale: Scale, base: BaseScores, stretches: list[tuple[int, int]]
) -> Iterator[tuple[slice, list[FloatArray]]]:
    """Yield a few channels at a time, and the distances of each comparison in them."""
    n_channels = signal.shape[1]
    coupled = base.coupled
    size = max(1, HELD // (sum(base.counts) * sum(stop - start for start, stop in stretches)))
    # What lies in a file is read once, and channels that are only compared with one another have
    # few scores.
    alone = coupled is not None and len(coupled.comparisons) == len(base.comparisons)
    if size >= n_channels or is_stored(signal) or alone:
        yield slice(0, n_channels), distances_at(signal, scale, base, stretches)
        return
    together = [] if coupled is None else distances_at(signal, scale, coupled, stretches)
    for first in range(0, n_channels, size):
        channels = slice(first, min(first + size, n_channels))
        of_coupled = iter(together)
        some = scale.of_channels(channels)
        D = iter(distances_at(signal, some, base.of_channels(channels), stretches, channels))
        ordered = [
            next(of_coupled)[:, channels] if one.coupled else next(D) for one in base.comparisons
        ]
        yield channels, [*ordered, *D]


def _others(n_samples: int, normal_rows: slice | None) -> tuple[int, int]:
    """Return the first row and the one after the last of the longer side of the normal rows.

    These are all rows where none are declared normal, and none where all are.
    """
    rows = normal_rows or slice(0, 0)
    sides = ((0, rows.start), (rows.stop, n_samples))
    return max(sides, key=lambda side: side[1] - side[0])


def _blocks(n_steps: int, n_channels: int) -> list[tuple[int, int]]:
    """Return all steps in blocks that are scored at a time."""
    size = steps_of_block(n_channels, BLOCK)
    return [(start, min(start + size, n_steps)) for start in range(0, n_steps, size)]
