"""Linear maps, factors of a matrix, eigenvalues and linear systems."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from spectra.arrays import Float64Array
from spectra.errors import DataError
from spectra.transformer import layers

# The usual example of a linear system: A is symmetric with the eigenvalues 3 and 1, and the
# solution of Ax = b is (5/3, −1/3).
EXAMPLE_A: Final = ((2.0, 1.0), (1.0, 2.0))
EXAMPLE_B: Final = (3.0, 1.0)


def affine(x: ArrayLike, W: ArrayLike, b: ArrayLike) -> Float64Array:
    """Return the affine map y = Wx + b, a linear layer.

    Parameters
    ----------
    x : array_like, shape (..., n)
    W : array_like, shape (m, n)
    b : array_like, shape (m,)

    Returns
    -------
    ndarray, shape (..., m)

    Raises
    ------
    DataError
        If the shapes do not fit.

    Examples
    --------
    >>> affine([1, 2], W=[[1, 0], [1, 1]], b=[10, 20]).tolist()
    [11.0, 23.0]
    """
    x, W, b = (np.asarray(each, dtype=np.float64) for each in (x, W, b))
    if W.ndim != 2 or x.ndim == 0 or x.shape[-1] != W.shape[1] or b.shape != W.shape[:1]:
        raise DataError(
            f"x, W and b of shapes {x.shape}, {W.shape} and {b.shape} must be (..., n), (m, n) and "
            "(m,)."
        )
    return np.asarray(layers.add_bias(layers.linear(x, W.T), b), dtype=np.float64)


def lu(A: ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return P, L and U with A = P·L·U, by Gaussian elimination with partial pivoting.

    Parameters
    ----------
    A : array_like, shape (n, n)

    Returns
    -------
    P, L, U : ndarray, shape (n, n)
        P is a permutation, L lower triangular with ones on its diagonal and no larger number below,
        U upper triangular.

    Raises
    ------
    DataError
        If A is not square or not finite.

    Examples
    --------
    >>> P, L, U = lu([[2, 1], [1, 2]])
    >>> U.tolist()
    [[2.0, 1.0], [0.0, 1.5]]
    """
    from scipy.linalg import lu as factorised

    P, L, U = factorised(_square(A))
    return P, L, U


def _square(A: ArrayLike) -> Float64Array:
    """Return A as an array; raise DataError unless it is square and finite."""
    A = np.asarray(A, dtype=np.float64)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0 or not np.isfinite(A).all():
        raise DataError(f"A of shape {A.shape} must be a square matrix (n, n) of finite numbers.")
    return A


def eigenvalues(A: ArrayLike) -> Float64Array:
    """Return the eigenvalues of a symmetric matrix: the λ with Av = λv for some v ≠ 0.

    Parameters
    ----------
    A : array_like, shape (n, n)

    Returns
    -------
    ndarray, shape (n,)
        The largest first.

    Raises
    ------
    DataError
        If A is not square, not finite or not symmetric.

    Examples
    --------
    >>> eigenvalues([[2, 1], [1, 2]]).round(12).tolist()
    [3.0, 1.0]
    """
    A = _square(A)
    if not np.array_equal(A, A.T):
        raise DataError(f"A of shape {A.shape} must be symmetric: A[i, j] = A[j, i].")
    return np.asarray(np.linalg.eigvalsh(A)[::-1])


def solve(A: ArrayLike, b: ArrayLike) -> Float64Array:
    """Solve Ax = b for x: A = P·L·U, then forwards Ly = Pᵀb and backwards Ux = y.

    Parameters
    ----------
    A : array_like, shape (n, n)
    b : array_like, shape (n,)

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    DataError
        If A is not square, b not (n,), or A singular.

    Notes
    -----
    A counts as singular above a condition number of 1/ε = 4.5e15, where no digit of x is
    significant.

    Examples
    --------
    >>> solve([[2, 1], [1, 2]], [3, 1]).round(4).tolist()
    [1.6667, -0.3333]
    """
    P, L, U = lu(A)
    b = np.asarray(b, dtype=np.float64)
    if b.shape != P.shape[:1] or not np.isfinite(b).all():
        raise DataError(
            f"b of shape {b.shape} must be {P.shape[0]} finite numbers, one for each row of A."
        )
    condition = float(np.linalg.cond(np.asarray(A, dtype=np.float64)))
    # The condition number of a matrix of zeros is NaN.
    if not condition < 1 / np.finfo(np.float64).eps:
        raise DataError(
            f"A is singular (condition number {condition:.2g}): its rows are linearly dependent, "
            "so Ax = b has no solution or many; replace an equation that follows from the others."
        )
    from scipy.linalg import solve_triangular

    y = solve_triangular(L, P.T @ b, lower=True, unit_diagonal=True)
    return np.asarray(solve_triangular(U, y))
