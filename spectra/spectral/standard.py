"""Distances as standard scores."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray

# Added to every distance before its logarithm, as a fraction of the median distance: smaller
# differences are rounding.
FLOOR: Final = 0.05
# Smallest standard deviation of a score: a channel that never changes has none.
MIN_SIGMA: Final = 1e-3
# Log distances farther from the mean than this many standard deviations count as that far, so that
# anomalies do not widen the scale they are measured by (winsorising, Tukey 1962).
WINSOR: Final = 3.0
ROUNDS: Final = 3


@dataclass(frozen=True)
class Standard:
    """Location and scale of base scores, z = (log(D + floor) − mu) / sigma.

    The logarithm of a squared distance is close to Gaussian. `floor`, `mu` and `sigma` are
    (n_scores, n_channels).
    """

    floor: Float64Array
    mu: Float64Array
    sigma: Float64Array

    def __post_init__(self) -> None:
        if not self.floor.shape == self.mu.shape == self.sigma.shape:
            raise ValueError("Each base score has one floor, location and scale a channel.")
        if not ((self.sigma > 0).all() and (self.floor > 0).all()):
            raise ValueError("Floors and scales lie above 0.")

    @classmethod
    def fit(cls, distances: FloatArray, normal: BoolArray) -> Self:
        """Learn from distances (n_scores, n_channels, n_steps), most of which must be normal.

        `normal` (n_scores, n_steps) are the steps that a score is learned from.
        """
        shape = distances.shape[:2]
        floor, mu, sigma = np.ones(shape), np.zeros(shape), np.ones(shape)
        for score, channel in np.ndindex(shape):
            values = distances[score, channel][normal[score]]
            values = values[np.isfinite(values)].astype(np.float64)
            if not values.size:
                continue
            positive = values[values > 0]
            floor[score, channel] = FLOOR * (np.median(positive) if positive.size else 1.0)
            logs = np.log(values + floor[score, channel])
            mu[score, channel], sigma[score, channel] = winsorised(logs)
        return cls(floor, mu, sigma)

    def z(self, distances: FloatArray) -> FloatArray:
        """Return standard scores of distances, same shape; high = anomalous."""
        floor, mu, sigma = (
            values[..., None].astype(distances.dtype)
            for values in (self.floor, self.mu, self.sigma)
        )
        return np.asarray((np.log(distances + floor) - mu) / sigma)


def winsorised(values: Float64Array) -> tuple[float, float]:
    """Return mean and standard deviation of values (n,) clipped at WINSOR deviations."""
    mean, sigma = float(np.median(values)), max(float(values.std()), MIN_SIGMA)
    for _ in range(ROUNDS):
        clipped = np.clip(values, mean - WINSOR * sigma, mean + WINSOR * sigma)
        mean, sigma = float(clipped.mean()), max(float(clipped.std()), MIN_SIGMA)
    return float(mean), sigma
