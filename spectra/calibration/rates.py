"""False alarms in the words of a user: a number of alarms a day, or a share of the alarms.

An alarm holds several steps, so that a rate of alarms is a smaller number than a rate of steps. In
the normal data that is learned from, an alarm at alpha has on average m(alpha) flagged steps; the
rate of alarms is alpha / m(alpha) a step.
"""

import math
import re
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.special import bdtr, gammaln

from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.calibration.gaussian import GaussianThreshold
from spectra.errors import DataError
from spectra.parameters import shown
from spectra.runs import true_runs

# An alarm is a run of steps with p-values below RAISED times alpha, one of which is below alpha
# (hysteresis thresholding, Canny 1986). With 10 event F1 on 618 development series is 0.002 lower
# told the normal rows and 0.004 told nothing, higher in no collection; with 20 it is 0.001 higher,
# and the median of the false alarms of 16 ECG is 1.05 a minute instead of 0.90.
RAISED: Final = 15.0
# Largest probability of a step, at which half of them are flagged.
LARGEST: Final = 0.5
# Probabilities at which the flagged steps of an alarm are counted, and the fewest alarms that give
# a mean; below, the mean at the next larger probability holds.
ALPHAS: Final = np.array([0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4])
FEWEST_ALARMS: Final = 5
SECONDS: Final = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 604_800.0,
    "month": 2_629_746.0,
    "year": 31_556_952.0,
}
RECORDING: Final = "recording"


@dataclass(frozen=True)
class AlarmRate:
    """A number of false alarms in a time, or in a recording.

    Parameters
    ----------
    count : float
    unit : str
        "second", "minute", "hour", "day", "week", "month", "year" or "recording".

    Raises
    ------
    ValueError
        For a count that is not above 0 and finite, or another unit.

    Examples
    --------
    >>> AlarmRate.parse("1/day")
    AlarmRate(count=1.0, unit='day')
    """

    count: float
    unit: str

    def __post_init__(self) -> None:
        if not 0 < self.count < float("inf"):
            raise ValueError(
                f"A number of false alarms lies above 0, which {self.count:g} does not."
            )
        if self.unit not in (*SECONDS, RECORDING):
            raise ValueError(
                f"False alarms are counted by {', '.join(SECONDS)} or {RECORDING}, not by "
                f"'{self.unit}'."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rate that a text such as "1/day" or "0.1/recording" names.

        Raises ValueError for any other.
        """
        match = re.fullmatch(
            r"\s*(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*(?:/|per)\s*([a-z]+?)s?\s*", text
        )
        if match is None:
            raise ValueError(
                f"{shown(text)} is no rate of false alarms, such as 1/day or 0.1/recording."
            )
        return cls(float(match[1]), match[2])

    @property
    def text(self) -> str:
        """Text for a person, such as "2 false alarms an hour"."""
        alarms = "false alarm" if self.count == 1 else "false alarms"
        return f"{self.count:g} {alarms} {self.each}"

    @property
    def each(self) -> str:
        """The unit with its article, such as "an hour"."""
        return f"an {self.unit}" if self.unit == "hour" else f"a {self.unit}"

    @classmethod
    def of(cls, per_step: float, step: int, fs: float | None, n_samples: int) -> Self:
        """Return a rate of alarms a step in the shortest unit that has one alarm or more.

        The unit is the recording where no sampling rate is known, and the year for the rarest.
        """
        if fs is None:
            return cls(float(f"{per_step * n_samples / step:.2g}"), RECORDING)
        counts = {unit: per_step * fs * seconds / step for unit, seconds in SECONDS.items()}
        unit = next((unit for unit, count in counts.items() if count >= 1), "year")
        return cls(float(f"{counts[unit]:.2g}"), unit)

    def per_step(self, step: int, fs: float | None, n_samples: int) -> float:
        """Return the alarms in a step of `step` samples, in a recording of `n_samples`.

        Raises DataError for a rate in time where the sampling rate is not known.
        """
        if self.unit == RECORDING:
            return self.count * step / n_samples
        if fs is None:
            raise DataError(
                f"False alarms {self.each} need a sampling rate: give fs, or a number of false "
                f"alarms a {RECORDING}."
            )
        return self.count * step / (fs * SECONDS[self.unit])


def steps_of_alarms(calibration: GaussianThreshold, statistic: FloatArray) -> Float64Array:
    """Return the mean number of flagged steps of an alarm in normal data at each of ALPHAS.

    Parameters
    ----------
    statistic : ndarray (n_steps,)
        In order of time; NaN where there is none.
    """
    means = np.ones(ALPHAS.size)
    for i, alpha in enumerate(ALPHAS.tolist()):
        with np.errstate(invalid="ignore"):
            flagged = statistic > calibration.threshold(alpha)
            raised = statistic > calibration.threshold(min(RAISED * alpha, LARGEST))
        count = n_alarms(flagged, raised)
        if count < FEWEST_ALARMS:
            means[i:] = means[max(i - 1, 0)]
            break
        means[i] = flagged.sum() / count
    return means


def n_alarms(flagged: BoolArray, raised: BoolArray) -> int:
    """Return the number of runs of raised steps that hold a flagged one, which is raised too."""
    begins, _ = true_runs(raised)
    return int(np.logical_or.reduceat(flagged, begins).sum()) if begins.size else 0


def rate_of_alpha(steps: Float64Array, alpha: float) -> float:
    """Return the alarms a step that normal data has at `alpha`.

    Parameters
    ----------
    steps : ndarray (n,)
        Flagged steps of an alarm at each of ALPHAS.
    """
    logs = np.log(ALPHAS[::-1])
    return float(alpha / np.exp(np.interp(np.log(alpha), logs, np.log(steps[::-1]))))


def chance_of(steps: Float64Array, alpha: float, n_steps: int, n_flagged: int) -> float:
    """Return the probability that normal data has `n_flagged` flagged steps or more.

    Alarms are a Poisson process, and their flagged steps geometric numbers, so that the flagged
    steps of a recording follow the distribution of Pólya and Aeppli (compound Poisson limit of
    exceedances, Hsing, Hüsler & Leadbetter 1988).

    Parameters
    ----------
    steps : ndarray (n,)
        Flagged steps of an alarm at each of ALPHAS.
    alpha : float
        Probability that a step is flagged.
    n_steps, n_flagged : int
        Steps of the recording, and flagged ones among them.
    """
    if n_flagged < 1:
        return 1.0
    per_step = rate_of_alpha(steps, alpha)
    expected = n_steps * per_step
    # Ten standard deviations hold all but 1e-20 of the alarms.
    count = np.arange(1, math.ceil(expected + 10 * math.sqrt(expected) + 30))
    log_p = count * math.log(expected) - expected - gammaln(count + 1)
    # So many geometric numbers add up to n_flagged where n_flagged − 1 trials have fewer ends.
    ends = np.minimum(count, n_flagged) - 1
    enough = bdtr(ends, n_flagged - 1, per_step / alpha)
    return min(float((np.exp(log_p) * enough).sum()), 1.0)


def alpha_of_rate(steps: Float64Array, per_step: float) -> float:
    """Return the alpha at which normal data has `per_step` alarms a step.

    Parameters
    ----------
    steps : ndarray (n,)
        Flagged steps of an alarm at each of ALPHAS.
    """
    rates = np.maximum.accumulate((ALPHAS / steps)[::-1])
    logs = np.interp(np.log(per_step), np.log(rates), np.log(ALPHAS[::-1]))
    # Beyond the last of ALPHAS an alarm has as many steps as there.
    below = np.minimum(np.log(per_step) - np.log(rates[0]), 0.0)
    above = np.maximum(np.log(per_step) - np.log(rates[-1]), 0.0)
    return float(min(np.exp(logs + below + above), LARGEST))


def alpha_of_fdr(p_value: FloatArray, steps: Float64Array, q: float) -> float:
    """Return the alpha at which a share of at most about `q` of the alarms is false.

    The p-values of separate stretches are ranked (Benjamini & Hochberg 1995): with p_(i) the i-th
    smallest of m, alpha is q·k / m for the largest k with p_(k) ≤ q·k / m, and q / m where there is
    none.

    Parameters
    ----------
    p_value : ndarray (n_steps,)
        In order of time; NaN where there is none.
    steps : ndarray (n,)
        Flagged steps of an alarm at each of ALPHAS.
    q : float
        Above 0 and below 1.
    """
    if not 0 < q < 1:
        raise ValueError(f"fdr={shown(q)} must lie above 0 and below 1.")
    with np.errstate(invalid="ignore"):
        begins, ends = true_runs(p_value < min(q, LARGEST))
    smallest = np.sort([np.nanmin(p_value[a:b]) for a, b in zip(begins, ends, strict=True)])
    m = max(float(np.isfinite(p_value).sum()) / float(steps[2]), 1.0)
    bound = q * np.arange(1, smallest.size + 1) / m
    accepted = np.flatnonzero(smallest <= bound)
    alpha = float(bound[accepted[-1]]) if accepted.size else q / m
    # The share may be so small that the quotient underflows.
    return max(alpha, math.ulp(0.0))
