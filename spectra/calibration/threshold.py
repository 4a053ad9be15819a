"""The false-alarm probability that is applied, however it is asked for."""

from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np

from spectra.calibration.rates import AlarmRate, alpha_of_fdr, alpha_of_rate
from spectra.calibration.scores import Scores
from spectra.parameters import require, require_alpha

# The usual false-alarm probability. Where a recording itself is calibrated on it is that of USUAL
# false alarms in the recording if that is larger, up to HIGHEST: the threshold at 0.001 of a short
# one lies beyond all its normal scores. With none, 0.3, 0.5 and 1 false alarms event F1 on 618
# development series is 0.505, 0.528, 0.542 and 0.554. With rows declared normal it is 0.49 with
# none and 0.53 with 0.5.
ALPHA: Final = 0.001
USUAL: Final = 0.5
HIGHEST: Final = 0.02


@dataclass(frozen=True)
class Threshold:
    """A false-alarm probability, a rate of false alarms, or a share of false ones.

    Parameters
    ----------
    alpha : float, optional
        By default `usual_alpha`.
    false_alarms : str, optional
    fdr : float, optional

    Raises
    ------
    ValueError
        For a value out of its range, and for more than one of the three.
    """

    alpha: float | None = None
    false_alarms: str | None = None
    fdr: float | None = None

    def __post_init__(self) -> None:
        if self.alpha is not None:
            require_alpha(self.alpha)
        if self.false_alarms is not None:
            require("false_alarms", self.false_alarms, str, "must be a text such as '1/day'")
            AlarmRate.parse(self.false_alarms)
        if self.fdr is not None:
            must = "must lie above 0 and below 1"
            require("fdr", self.fdr, Real, must, lambda share: 0 < share < 1)
        given = {"alpha": self.alpha, "false_alarms": self.false_alarms, "fdr": self.fdr}
        names = [name for name, value in given.items() if value is not None]
        if len(names) > 1:
            raise ValueError(f"Give {names[0]} or {names[1]}, not both.")

    @property
    def text(self) -> str:
        """Text of the rate or share that was asked for, "" where alpha itself was."""
        if self.false_alarms is not None:
            return AlarmRate.parse(self.false_alarms).text
        return "" if self.fdr is None else f"false discovery rate {self.fdr:g}"

    def require_rate(self, fs: float | None) -> None:
        """Raise DataError for a rate in time where the sampling rate is not known."""
        if self.false_alarms is not None:
            AlarmRate.parse(self.false_alarms).per_step(1, fs, 1)

    def alpha_of(self, scores: Scores, fs: float | None) -> float:
        """Return the false-alarm probability of a step.

        Raises DataError for a rate in time where the sampling rate is not known.
        """
        steps = scores.fusion.alarm_steps
        if self.false_alarms is not None:
            rate = AlarmRate.parse(self.false_alarms)
            return alpha_of_rate(steps, rate.per_step(scores.step, fs, scores.n_samples))
        if self.fdr is not None:
            return alpha_of_fdr(scores.p_value, steps, self.fdr)
        return usual_alpha(scores) if self.alpha is None else float(self.alpha)


def usual_alpha(scores: Scores) -> float:
    """Return the false-alarm probability of a step where none is asked for."""
    if not scores.itself:
        return ALPHA
    n_independent = scores.fusion.calibration.n_independent
    alpha = float(np.clip(USUAL / n_independent, ALPHA, HIGHEST))
    return float(f"{alpha:.2g}")
