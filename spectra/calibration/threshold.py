"""The false-alarm probability that is applied, however it is asked for."""

from dataclasses import dataclass
from numbers import Real

from spectra.calibration.rates import AlarmRate, alpha_of_fdr, alpha_of_rate
from spectra.calibration.scores import Scores
from spectra.parameters import require, require_alpha


@dataclass(frozen=True)
class Threshold:
    """A false-alarm probability, a rate of false alarms, or a share of false ones.

    Parameters
    ----------
    alpha : float
        Used where neither of the others is given.
    false_alarms : str, optional
    fdr : float, optional

    Raises
    ------
    ValueError
        For a value out of its range, and for both of the others.
    """

    alpha: float = 0.001
    false_alarms: str | None = None
    fdr: float | None = None

    def __post_init__(self) -> None:
        require_alpha(self.alpha)
        if self.false_alarms is not None:
            require("false_alarms", self.false_alarms, str, "must be a text such as '1/day'")
            AlarmRate.parse(self.false_alarms)
        if self.fdr is not None:
            must = "must lie above 0 and below 1"
            require("fdr", self.fdr, Real, must, lambda share: 0 < share < 1)
        if self.false_alarms is not None and self.fdr is not None:
            raise ValueError("Give false_alarms or fdr, not both.")

    @property
    def text(self) -> str:
        """Text of the rate or share that was asked for, "" where alpha itself was."""
        if self.false_alarms is not None:
            rate = AlarmRate.parse(self.false_alarms)
            alarms = "false alarm" if rate.count == 1 else "false alarms"
            return f"{rate.count:g} {alarms} a {rate.unit}"
        return "" if self.fdr is None else f"false discovery rate {self.fdr:g}"

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
        return self.alpha
