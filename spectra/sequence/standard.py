"""Base scores as standard scores."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.special import ndtri_exp

from spectra.arrays import FloatArray

# Smallest standard deviation of log(1 + score). A surprisal of 1 nat and a distance of one expected
# variance are ordinary, so differences of a tenth of either are no evidence even in a signal that
# repeats exactly.
MIN_SIGMA: Final = 0.1
# Interquartile range of a Gaussian in standard deviations.
IQR_OF_GAUSSIAN: Final = 1.349


@dataclass(frozen=True)
class Standard:
    """Location and scale of a base score, z = (log(1 + score) − mu) / sigma."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"sigma={self.sigma} must lie above 0.")

    @classmethod
    def fit(cls, scores: FloatArray) -> Self:
        """Learn from scores (n,) of steps, most of which must be normal; NaN is left out."""
        logs = np.log1p(scores[np.isfinite(scores)].astype(np.float64))
        low, middle, high = np.quantile(logs, [0.25, 0.5, 0.75])
        return cls(float(middle), max(float(high - low) / IQR_OF_GAUSSIAN, MIN_SIGMA))

    def z(self, scores: FloatArray) -> FloatArray:
        """Return standard scores, same shape; high = anomalous."""
        return np.asarray((np.log1p(scores) - self.mu) / self.sigma)


def z_of_surprisal(surprisal: FloatArray) -> FloatArray:
    """Return the standard score whose upper tail probability is that of the token, exp(−surprisal).

    The tokens that are at most as probable as that of the frame have together at least its
    probability: no surprisal is more anomalous than this.
    """
    log_p = -np.maximum(surprisal.astype(np.float64), np.finfo(np.float32).tiny)
    return np.asarray(-ndtri_exp(log_p))
