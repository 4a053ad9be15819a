"""The mathematics under both halves of spectra, one function a formula, in the order in which they
build on each other.

These are the textbook forms, for small arrays and for reading. The last ones are those that spectra
itself uses: `euler` is `rotation.phasor`, a distance is that of `distance`, a threshold that of
`calibration`.
"""

from spectra.foundations.formulas import (
    EXAMPLE_A,
    EXAMPLE_B,
    affine,
    amplitude_spectrum,
    analogy_rotation,
    analogy_shift,
    attention,
    attention_weights,
    cross_entropy,
    euler,
    fourier_transform,
    gaussian_area,
    gaussian_density,
    gradient_descent,
    lu,
    most_similar,
    positional_encoding,
    quadratic_gradient,
    quadratic_loss,
    softmax,
    solve,
    spectral_distance,
    threshold,
)

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
