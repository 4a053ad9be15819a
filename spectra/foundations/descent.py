"""The quadratic loss, its gradient, and gradient descent."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array
from spectra.errors import DataError
from spectra.foundations.linear_algebra import affine
from spectra.transformer import training


def quadratic_loss(w: ArrayLike, A: ArrayLike, b: ArrayLike) -> Float64Array:
    """Return ½‖Aw − b‖², which is smallest at the least-squares solution.

    Parameters
    ----------
    w : array_like, shape (..., n)
    A : array_like, shape (m, n)
    b : array_like, shape (m,)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    DataError
        If the shapes do not fit.

    Examples
    --------
    >>> quadratic_loss([1, 1], A=[[2, 1], [1, 2]], b=[3, 1]).item()
    2.0
    """
    residual = affine(w, A, -np.asarray(b, dtype=np.float64))
    return np.asarray(0.5 * np.sum(residual**2, axis=-1))


def quadratic_gradient(w: ArrayLike, A: ArrayLike, b: ArrayLike) -> Float64Array:
    """Return ∇½‖Aw − b‖² = Aᵀ(Aw − b), the direction of steepest ascent.

    Parameters
    ----------
    w : array_like, shape (..., n)
    A : array_like, shape (m, n)
    b : array_like, shape (m,)

    Returns
    -------
    ndarray, shape (..., n)

    Raises
    ------
    DataError
        If the shapes do not fit.

    Examples
    --------
    >>> quadratic_gradient([1, 1], A=[[2, 1], [1, 2]], b=[3, 1]).tolist()
    [2.0, 4.0]
    """
    residual = affine(w, A, -np.asarray(b, dtype=np.float64))
    return np.asarray(residual @ np.asarray(A, dtype=np.float64))


def gradient_descent(
    gradient: Callable[[Float64Array], Float64Array], start: ArrayLike, rate: float, n_steps: int
) -> Float64Array:
    """Return the path w ← w − η∇L(w) of gradient descent.

    Parameters
    ----------
    gradient : callable
        Returns ∇L(w), shape (n,), of w, shape (n,).
    start : array_like, shape (n,)
        First point of the path.
    rate : float
        The step size η. The loss decreases if η is below 2 over the largest curvature (for the
        quadratic loss, the largest eigenvalue of AᵀA).
    n_steps : int
        Number of steps.

    Returns
    -------
    ndarray, shape (n_steps + 1, n)

    Raises
    ------
    DataError
        If w overflows.

    Examples
    --------
    >>> gradient_descent(lambda w: 2 * w, start=[1.0], rate=0.25, n_steps=2).tolist()
    [[1.0], [0.5], [0.25]]
    """
    w = np.array(start, dtype=np.float64)
    path = [w.copy()]
    for step in range(n_steps):
        with np.errstate(over="ignore", invalid="ignore"):
            training.gradient_descent({"w": w}, {"w": gradient(w)}, rate)
        if not np.isfinite(w).all():
            raise DataError(
                f"Gradient descent diverges at step {step + 1}: choose a rate smaller than "
                f"{rate:g}."
            )
        path.append(w.copy())
    return np.stack(path)
