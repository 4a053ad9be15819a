"""Agreement of scores with their calibration."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from spectra.arrays import Float64Array, IntArray
from spectra.detection import Detection
from spectra.formatting import counted
from spectra.text import printable

# False-alarm probabilities asked for.
RATES: Final = np.logspace(-4, np.log10(0.5), 60)
# Smallest p-value on an axis.
SMALLEST_MARK: Final = 1e-12


@dataclass(frozen=True)
class Reliability:
    """Rates got beside rates asked for.

    Attributes
    ----------
    name : str
        Name of the normal data.
    rates : pandas.DataFrame
        One row for each alpha: `asked`, `got`, and `low` and `high` of its 95 % interval.
    n_scores, n_independent : int, float
        Scores that were judged, and independent ones among them.
    smallest_alpha : float
        Smallest false-alarm probability that so much data supports: one false alarm is expected.
    """

    name: str
    rates: pd.DataFrame
    n_scores: int
    n_independent: float
    smallest_alpha: float

    def __repr__(self) -> str:
        """Return the counts and the table of the rates."""
        heading = (
            f"{printable(self.name)}  {counted(self.n_scores, 'score')}, "
            f"about {round(self.n_independent):,} of them independent; smallest alpha "
            f"{self.smallest_alpha:.2g}"
        )
        return "\n".join([heading, self.rates.to_string(index=False)])


def normal_scores(detection: Detection) -> Float64Array:
    """Return the standard scores of the normal steps, (n_steps,), ascending.

    Where a recording is its own reference, the largest share that was taken for anomalous is left
    out, as it was left out of the calibration. Otherwise all steps are normal ones.
    """
    z = np.asarray(detection.step_scores.z, dtype=np.float64)
    z = np.sort(z[np.isfinite(z)])
    suspected = detection.fusion.suspected if detection.own else 0.0
    return z[: z.size - round(suspected * z.size)]


def plotted(n: int, most: int) -> tuple[IntArray, Float64Array]:
    """Return ranks from 1 to n, evenly spaced as normal quantiles, and those quantiles."""
    end = -ndtri(0.5 / n)
    ranks = np.unique(np.rint(n * ndtr(np.linspace(-end, end, most)) + 0.5).astype(np.int64))
    return ranks, np.asarray(ndtri((ranks - 0.5) / n))


def p_marks(detection: Detection) -> list[tuple[float, str]]:
    """Return ticks of an axis of p-values beside standard scores, the first the most important.

    Each is a score and a text: alpha, 0.5 and powers of ten, none below the smallest that the
    normal data supports.
    """
    decades = int(np.floor(-np.log10(max(detection.fusion.smallest_p, SMALLEST_MARK)) + 1e-9))
    powers = [10.0**-k for k in range(decades, 0, -1)]
    return [(-float(ndtri(p)), f"{p:.3g}") for p in dict.fromkeys((detection.alpha, 0.5, *powers))]


def rates(detection: Detection) -> tuple[Float64Array, Float64Array]:
    """Return the shares of steps with a p-value below each of RATES: of all, and of those away.

    The frames of a step away from alarms have no row in one.
    """
    scores, longest = detection.step_scores, max(detection.npersegs)
    near = np.zeros(scores.n_samples, dtype=np.bool_)
    for first, last in zip(detection.intervals.first, detection.intervals.last, strict=True):
        near[max(first - longest, 0) : last + longest + 1] = True
    z = scores.z
    known = np.isfinite(z)
    parts = (np.sort(z[known]), np.sort(z[known & ~near[:: scores.step]]))
    limits = -ndtri(RATES)
    shares = [
        1.0 - np.searchsorted(each, limits, side="right") / max(each.size, 1) for each in parts
    ]
    return shares[0], shares[1]
