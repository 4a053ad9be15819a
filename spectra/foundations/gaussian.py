"""The normal distribution: density, area, and the threshold at a false-alarm probability."""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array
from spectra.calibration.gaussian import GaussianThreshold

# Standard deviations; farther out the Gaussian density is 0 in double precision, as e^{−x²/2}
# underflows at 38.6.
TAIL: Final = 40.0


def gaussian_density(x: ArrayLike, mu: float = 0.0, sigma: float = 1.0) -> Float64Array:
    """Return φ(x) = e^{−(x − μ)²/2σ²} / (σ√2π), the density of the normal distribution.

    Parameters
    ----------
    x : array_like
    mu : float
        Mean μ.
    sigma : float
        Standard deviation σ.

    Returns
    -------
    ndarray, shape of x

    Raises
    ------
    ValueError
        Unless σ > 0.

    Examples
    --------
    >>> gaussian_density(0.0).round(4).item()
    0.3989
    """
    if not sigma > 0:
        raise ValueError(f"sigma={sigma} must be above 0.")
    z = (np.asarray(x, dtype=np.float64) - mu) / sigma
    return np.asarray(np.exp(-0.5 * z**2) / (sigma * math.sqrt(2 * math.pi)))


def gaussian_area(
    low: float = -math.inf, high: float = math.inf, mu: float = 0.0, sigma: float = 1.0
) -> float:
    """Return ∫ φ(x) dx from `low` to `high`, a probability, by adaptive quadrature.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    mu : float
        Mean μ.
    sigma : float
        Standard deviation σ.

    Returns
    -------
    float
        The error is below 1e-9.

    Raises
    ------
    ValueError
        Unless σ > 0.

    Examples
    --------
    >>> abs(gaussian_area() - 1) < 1e-9
    True
    """
    if not sigma > 0:
        raise ValueError(f"sigma={sigma} must be above 0.")
    from scipy.integrate import quad

    # In units of σ about μ, so that the points of the rule find every bell, however narrow or
    # distant.
    a, b = (min(max((end - mu) / sigma, -TAIL), TAIL) for end in (low, high))

    def density(z: float) -> float:
        return float(gaussian_density(z))

    area, _error = quad(
        density, a, b, points=[0.0] if a < 0 < b else None, epsabs=1e-12, epsrel=1e-12
    )
    return float(area)


def threshold(normal_distances: ArrayLike, alpha: float) -> float:
    """Return the distance that a normal frame exceeds with a given probability.

    Parameters
    ----------
    normal_distances : array_like, shape (n,)
        Of other normal frames than those that made X_normal, whose distances are too small.
    alpha : float
        False-alarm probability, between 0 and 1.

    Returns
    -------
    float
        μ + σ·z_α on the scale on which the distances are Gaussian; larger distances are anomalous.

    Raises
    ------
    ValueError
        If no distance is finite, or for an `alpha` outside (0, 1).

    Examples
    --------
    >>> distances = np.random.default_rng(0).chisquare(20, 2000)
    >>> bool(0.005 < (distances > threshold(distances, 0.01)).mean() < 0.02)
    True
    """
    return GaussianThreshold.fit(normal_distances).threshold(alpha)
