"""The mathematics under spectra, one function for each formula, in order of dependence.

The functions check their arguments and return float64 or complex128. Linear layer, softmax,
attention, positional encoding, cross-entropy, gradient descent, rotations, spectra and thresholds
are the functions that the toolkit itself uses, from `spectra.transformer`, `spectra.rotation`,
`spectra.signal` and `spectra.calibration`.
"""

from spectra.foundations.descent import gradient_descent, quadratic_gradient, quadratic_loss
from spectra.foundations.gaussian import gaussian_area, gaussian_density, threshold
from spectra.foundations.linear_algebra import EXAMPLE_A, EXAMPLE_B, affine, eigenvalues, lu, solve
from spectra.foundations.network import (
    attention,
    attention_weights,
    cross_entropy,
    positional_encoding,
    softmax,
)
from spectra.foundations.rotations import analogy_rotation, analogy_shift, euler, most_similar
from spectra.foundations.signals import amplitude_spectrum, fourier_transform, spectral_distance

__all__ = [
    "EXAMPLE_A",
    "EXAMPLE_B",
    "affine",
    "amplitude_spectrum",
    "analogy_rotation",
    "analogy_shift",
    "attention",
    "attention_weights",
    "cross_entropy",
    "eigenvalues",
    "euler",
    "fourier_transform",
    "gaussian_area",
    "gaussian_density",
    "gradient_descent",
    "lu",
    "most_similar",
    "positional_encoding",
    "quadratic_gradient",
    "quadratic_loss",
    "softmax",
    "solve",
    "spectral_distance",
    "threshold",
]
