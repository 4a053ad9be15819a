"""Derivatives by central differences, the slow obvious way. Imports nothing of spectra."""

import numpy as np


def numerical_gradient(loss, x, step=1e-5):
    """∂ loss() / ∂ x, one number of `x` at a time, which is changed in place and put back.

    The error is of the order of step² and of the rounding of the loss over the step: about 1e-10
    for a loss near 1.
    """
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        value = x[place]
        x[place] = value + step
        above = loss()
        x[place] = value - step
        below = loss()
        x[place] = value
        gradient[place] = (above - below) / (2 * step)
    return gradient
