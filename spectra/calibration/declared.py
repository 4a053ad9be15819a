"""The calibration of a recording of which some rows are declared normal.

Few rows tell no small false-alarm probability, and machines wander away from their first hours. The
other rows tell more, where they resemble the declared ones. A test decides whether they calibrate
too (test-then-pool, Viele et al. 2014, Pharmaceutical Statistics 13, 41).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from spectra.arrays import BoolArray, FloatArray
from spectra.calibration.block_maxima import stretch_maxima, usable_block
from spectra.calibration.fusion import Fusion

# The others differ where this share of their blocks or more have a maximum that a normal block has
# with the probability SMALL: most of a recording is normal. Where declared steps alone calibrate,
# event F1 on 618 development series is 0.403, with probabilities of 0.1 and 0.01 it is 0.492 and
# 0.512, better in nine of eleven collections, and 0.507 where all calibrate always. F1 on SKAB, 400
# rows declared normal, is 0.550, 0.542, 0.536 and 0.221.
MOST: Final = 0.5
SMALL: Final = 0.01
# Scores at an end of the declared rows are those of a fault next to them if one is this many times
# the largest score farther inside.
BESIDE: Final = 2.0


def _all_steps(start: int, stop: int) -> Sequence[tuple[int, int]]:
    return [(start, stop)]


def calibrated(
    statistic: FloatArray,
    declared: tuple[int, int] | None,
    block: int,
    fit: Callable[..., Fusion],
    drawn: Callable[[int, int], Sequence[tuple[int, int]]] = _all_steps,
    reach: int = 0,
) -> tuple[Fusion, bool]:
    """Return the calibration of the steps of a recording, and whether all of them calibrate.

    Parameters
    ----------
    statistic : ndarray (n_steps,)
        In order of time; NaN where there is none.
    declared : (int, int), optional
        First and end step of those declared normal. None of these is taken for anomalous.
    block : int
        Steps that depend on one another: a frame or a period.
    fit : callable
        From a statistic and the steps of it that are `clean` to a `Fusion`.
    drawn : callable
        From a first and an end step to the stretches of them that are calibrated on, by default
        all.
    reach : int
        Steps beyond which a step hardly depends on another.
    """
    whole = (0, statistic.size)
    if declared is None:
        return fit(_of(statistic, drawn(*whole)), clean=False), True
    statistic = _without_next(statistic, declared, reach)
    stretches = drawn(*declared)
    alone = fit(_of(statistic, stretches), clean=True)
    largest = _step_at(alone.outlying_step, stretches) - declared[0]
    alone = replace(alone, outlying_step=largest)
    if declared == whole or _differ(statistic, declared, block, alone):
        return alone, False
    stretches = drawn(*whole)
    pooled = fit(_of(statistic, stretches), clean=_inside(stretches, declared))
    return replace(pooled, outlying=alone.outlying, outlying_step=largest), True


def _without_next(statistic: FloatArray, declared: tuple[int, int], reach: int) -> FloatArray:
    """Return the statistic, NaN in declared steps that show a fault next to them.

    Frames at an end of the declared steps reach beyond it. Where a fault begins there, their scores
    are not those of normal steps. If some are BESIDE times the largest of the others that are
    declared, all larger ones are left out: a fault has flanks.
    """
    first, end = declared
    own, near = statistic[first:end], np.zeros(end - first, dtype=np.bool_)
    near[: reach if first else 0] = True
    near[max(0, near.size - reach) if end < statistic.size else near.size :] = True
    others = own[~near]
    if not np.isfinite(others).any():
        return statistic
    largest = np.nanmax(others)
    with np.errstate(invalid="ignore"):
        if not (own[near] >= BESIDE * largest).any():
            return statistic
        shown = near & (own > largest)
    kept = statistic.copy()
    kept[first:end][shown] = np.nan
    return kept


def _of(statistic: FloatArray, stretches: Sequence[tuple[int, int]]) -> FloatArray:
    if len(stretches) == 1:
        return statistic[slice(*stretches[0])]
    return np.concatenate([statistic[start:stop] for start, stop in stretches])


def _step_at(index: int, stretches: Sequence[tuple[int, int]]) -> int:
    """Return the step that stands at an index of stretches one after the other."""
    for start, stop in stretches:
        if index < stop - start:
            return start + index
        index -= stop - start
    raise IndexError(index)


def _inside(stretches: Sequence[tuple[int, int]], declared: tuple[int, int]) -> BoolArray:
    """Return the steps of stretches that are declared normal, (n,)."""
    first, end = declared
    steps = (np.arange(start, stop) for start, stop in stretches)
    return np.concatenate([(each >= first) & (each < end) for each in steps])


def _differ(statistic: FloatArray, declared: tuple[int, int], block: int, alone: Fusion) -> bool:
    """Return whether most blocks of the other steps differ from those that are declared normal.

    A normal block has an independent step beyond the threshold with the probability SMALL.
    """
    size = usable_block(statistic, block)
    independent = size * alone.calibration.n_independent / alone.calibration.n
    threshold = alone.threshold(-np.expm1(np.log1p(-SMALL) / max(independent, 1.0)))
    others = (statistic[: declared[0]], statistic[declared[1] :])
    maxima = np.concatenate([stretch_maxima(each, size) for each in others if each.size])
    known = maxima[np.isfinite(maxima)]
    return bool((known > threshold).sum() >= MOST * known.size)
