"""Distances as standard scores."""

from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray

# Added to every distance before its logarithm, as a fraction of the median distance: smaller
# differences are rounding.
FLOOR: Final = 1e-3
# Smallest standard deviation of a score: a channel that never changes has none.
MIN_SIGMA: Final = 1e-3
# Quantiles that give location and scale: of a Gaussian −1.28 σ … 1.28 σ.
LOW, HIGH = 0.1587, 0.8413


@dataclass(frozen=True)
class Standard:
    """Location and scale of base scores, each (n_scores, n_channels).

    "log": z = (log(D + floor) − mu) / sigma, for squared distances, whose logarithm is close to
    Gaussian. "plain": z = (D − mu) / sigma.
    """

    transform: Literal["log", "plain"]
    floor: Float64Array
    mu: Float64Array
    sigma: Float64Array

    def __post_init__(self) -> None:
        if not self.floor.shape == self.mu.shape == self.sigma.shape:
            raise ValueError("Each base score has one floor, location and scale a channel.")
        if not ((self.sigma > 0).all() and (self.floor > 0).all()):
            raise ValueError("Floors and scales lie above 0.")

    @classmethod
    def fit(
        cls,
        distances: FloatArray,
        normal: BoolArray,
        transform: Literal["log", "plain"] = "log",
    ) -> Self:
        """Learn from distances (n_scores, n_channels, n_steps), most of which must be normal.

        `normal` (n_scores, n_steps) are the steps that a score is learned from. Location is the
        median, scale the distance from the 16 % quantile to it: one σ of a Gaussian. Neither is
        moved by anomalies, which are large.
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
            if transform == "log":
                values = np.log(values + floor[score, channel])
            low, middle = np.quantile(values, [LOW, 0.5])
            mu[score, channel], sigma[score, channel] = middle, middle - low
        return cls(transform, floor, mu, np.maximum(sigma, MIN_SIGMA))

    def z(self, distances: FloatArray) -> FloatArray:
        """Return standard scores of distances, same shape; high = anomalous."""
        floor, mu, sigma = (
            values[..., None].astype(distances.dtype)
            for values in (self.floor, self.mu, self.sigma)
        )
        values = np.log(distances + floor) if self.transform == "log" else distances
        return np.asarray((values - mu) / sigma)
