"""A Transformer small enough to follow every number."""

import numpy as np

from spectra.transformer.model import Sizes, Transformer

# A sentence of five tokens, and sizes whose matrices fit on a screen.
TOKENS = (1, 2, 3, 4, 5)
SIZES = Sizes(d=4, h=2, d_ff=6, V=8, T=5, positions="learned")
# The vectors of these tokens, and of their positions.
X = (
    (0.1, 0.3, -0.1, 0.2),
    (-0.2, 0.0, 0.5, 0.1),
    (0.3, 0.1, -0.3, 0.4),
    (0.0, -0.1, 0.2, 0.2),
    (0.1, 0.4, 0.1, -0.1),
)
P = (
    (0.0, 0.1, 0.0, 0.1),
    (0.1, 0.0, 0.1, 0.0),
    (0.2, 0.1, 0.0, 0.1),
    (0.3, 0.0, 0.1, 0.0),
    (0.4, 0.1, 0.0, 0.1),
)


def worked_example(rng: np.random.Generator, sizes: Sizes = SIZES) -> Transformer:
    """Return a model for `TOKENS` with the vectors of this module; its other weights are random.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the other weights.
    sizes : Sizes
        May differ from `SIZES` in heads, d_ff, layers, positions and causality. Only learned
        positions have vectors.

    Returns
    -------
    Transformer

    Examples
    --------
    >>> worked_example(np.random.default_rng(0)).predict(TOKENS).shape
    (5, 8)
    """
    model = Transformer.initial(sizes, rng)
    model.weights["E"][list(TOKENS)] = X
    if "P" in model.weights:
        model.weights["P"][...] = P
    return model
