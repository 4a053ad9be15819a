"""Rotations of the plane, and analogies of vectors as shifts and rotations."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.arrays import Float64Array
from spectra.errors import DataError
from spectra.rotation import phasor, rotate_pairs


def euler(theta: ArrayLike) -> NDArray[np.complex128]:
    """Return e^{iθ} = cos θ + i sin θ (Euler), the point of the unit circle at the angle θ.

    Parameters
    ----------
    theta : array_like
        Angle θ in radians.

    Returns
    -------
    ndarray of complex, shape of theta

    Notes
    -----
    Multiplication by e^{iθ} is a rotation by θ: e^{iα}·e^{iβ} = e^{i(α + β)}, and half a turn is
    e^{iπ} = −1.

    Examples
    --------
    >>> bool(abs(euler(np.pi) + 1) < 1e-15)
    True
    """
    return phasor(theta)


def analogy_shift(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Float64Array:
    """Return the vector that is to c as b is to a, by a shift: c + (b − a).

    Parameters
    ----------
    a, b, c : array_like, shape (n,)

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    DataError
        For vectors of different sizes.

    Notes
    -----
    The vectors of man, woman and king give king − man + woman.

    References
    ----------
    Mikolov, Yih & Zweig 2013, "Linguistic Regularities in Continuous Space Word Representations".

    Examples
    --------
    >>> analogy_shift([1, 0], [0, 1], [3, 0]).tolist()
    [2.0, 1.0]
    """
    a, b, c = _vectors(a, b, c)
    return np.asarray(c + (b - a))


def analogy_rotation(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Float64Array:
    """Return the vector that is to c as b is to a, by a rotation in the plane of a and b.

    Parameters
    ----------
    a, b, c : array_like, shape (n,)

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    DataError
        For vectors of different sizes, if a or b is zero, or if b points against a, since the plane
        is then not unique.

    Notes
    -----
    c is rotated by the angle from a to b; its part outside the plane stays. In the plane this is
    c·e^{iθ}, with vectors as complex numbers, and if |a| = |b| the rotation turns a into b.

    Examples
    --------
    >>> analogy_rotation([1, 0], [0, 1], [3, 0]).round(12).tolist()
    [0.0, 3.0]
    """
    a, b, c = _vectors(a, b, c)
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if length_a == 0.0 or length_b == 0.0:
        raise DataError("A rotation needs directions: a and b must not be zero.")
    u, towards = a / length_a, b / length_b
    across = towards - (towards @ u) * u
    sine, cosine = float(np.linalg.norm(across)), float(towards @ u)
    # Equal directions span no plane, and the angle is 0.
    if sine < 1e-12:
        if cosine < 0:
            raise DataError("b points against a: half a turn does not say in which plane.")
        return c
    plane = np.stack([u, across / sine])
    inside = plane @ c
    return np.asarray(c + (rotate_pairs(inside, math.atan2(sine, cosine)) - inside) @ plane)


def most_similar(vector: ArrayLike, vectors: ArrayLike, left_out: Sequence[int] = ()) -> int:
    """Return the index of the vector with the largest cosine to a given one.

    Parameters
    ----------
    vector : array_like, shape (n,)
    vectors : array_like, shape (n_vectors, n)
    left_out : sequence of int
        Indices of vectors that are skipped: an analogy leaves out the words of its question.

    Returns
    -------
    int

    Raises
    ------
    DataError
        For vectors of different sizes, and if no vector is left.

    Examples
    --------
    >>> words = ["man", "woman", "king", "queen", "apple"]
    >>> vectors = np.array(  # male, female, royal, edible
    ...     [[0.9, 0.1, 0, 0], [0.1, 0.9, 0, 0], [0.8, 0.1, 0.9, 0], [0.1, 0.9, 0.8, 0],
    ...      [0, 0.1, 0, 0.9]]
    ... )
    >>> man, woman, king, queen, apple = vectors
    >>> words[most_similar(king - man + woman, vectors, left_out=[0, 1, 2])]
    'queen'
    >>> words[most_similar(analogy_rotation(man, woman, king), vectors, left_out=[0, 1, 2])]
    'queen'
    """
    vector, vectors = np.asarray(vector, dtype=np.float64), np.asarray(vectors, dtype=np.float64)
    if vector.ndim != 1 or vectors.ndim != 2 or vectors.shape[1:] != vector.shape:
        raise DataError(
            f"A vector of shape {vector.shape} cannot be compared with rows of {vectors.shape}."
        )
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = np.full(len(vectors), -np.inf)
    np.divide(vectors @ vector, lengths, out=cosines, where=lengths > 0)
    cosines[list(left_out)] = -np.inf
    if not np.isfinite(cosines).any():
        raise DataError("No vector that is not zero is left to choose from.")
    return int(np.argmax(cosines))


def _vectors(*given: ArrayLike) -> list[Float64Array]:
    """Return the vectors as arrays; raise DataError unless all have one size."""
    vectors = [np.asarray(each, dtype=np.float64) for each in given]
    if any(each.ndim != 1 or each.shape != vectors[0].shape for each in vectors):
        raise DataError(
            f"Vectors of shapes {', '.join(str(each.shape) for each in vectors)} must all be (n,)."
        )
    return vectors
