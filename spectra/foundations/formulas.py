"""The mathematics under both halves of spectra, one function a formula, in the order in which they
build on each other.

These are the textbook forms, for small arrays and for reading. The last ones are those that spectra
itself uses: `euler` is `rotation.phasor`, a distance is that of `distance`, a threshold that of
`calibration`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.arrays import Float64Array
from spectra.calibration.gaussian import GaussianThreshold
from spectra.errors import DataError
from spectra.rotation import phasor, rotate_pairs
from spectra.signal.spectrum import frequencies, spectrum

# A linear system whose solution is (2, 1); its larger first pivot is in the second row, so that
# rows are exchanged.
EXAMPLE_A: Final = ((1.0, 3.0), (2.0, 1.0))
EXAMPLE_B: Final = (5.0, 5.0)
# Beyond so many standard deviations the Gaussian density is 0 in double precision.
TAIL: Final = 40.0


def affine(x: ArrayLike, W: ArrayLike, b: ArrayLike) -> Float64Array:
    """The affine map y = Wx + b, a linear layer: x (..., n), W (m, n), b (m,) -> (..., m).

    Raises DataError where the sizes do not fit.

    >>> affine([1, 2], W=[[1, 0], [1, 1]], b=[10, 20]).tolist()
    [11.0, 23.0]
    """
    x, W, b = (np.asarray(each, dtype=np.float64) for each in (x, W, b))
    if W.ndim != 2 or x.ndim == 0 or x.shape[-1] != W.shape[1] or b.shape != W.shape[:1]:
        raise DataError(
            f"x, W and b of shapes {x.shape}, {W.shape} and {b.shape} must be (..., n), (m, n) and "
            "(m,)."
        )
    return np.asarray(x @ W.T + b)


def lu(A: ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
    """P, L and U with A = P·L·U: Gaussian elimination with row exchanges, so that every pivot is
    the largest it can be.

    A is (n, n); P a permutation, L lower triangular with ones on its diagonal and nothing larger
    below (partial pivoting), U upper triangular. Raises DataError where A is not square or not
    finite.
    """
    A = np.asarray(A, dtype=np.float64)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0 or not np.isfinite(A).all():
        raise DataError(f"A of shape {A.shape} must be a square matrix (n, n) of finite numbers.")
    from scipy.linalg import lu as factorised

    P, L, U = factorised(A)
    return P, L, U


def solve(A: ArrayLike, b: ArrayLike) -> Float64Array:
    """The x with Ax = b, (n,): A = P·L·U, then forwards Ly = Pᵀb and backwards Ux = y.

    Raises DataError where A is not square, b not (n,), or A singular: a condition number above 1/ε
    = 4.5e15, where no digit of x would mean anything.

    >>> solve([[1, 3], [2, 1]], [5, 5]).tolist()
    [2.0, 1.0]
    """
    P, L, U = lu(A)
    b = np.asarray(b, dtype=np.float64)
    if b.shape != P.shape[:1] or not np.isfinite(b).all():
        raise DataError(
            f"b of shape {b.shape} must be {P.shape[0]} finite numbers, one for each row of A."
        )
    condition = float(np.linalg.cond(np.asarray(A, dtype=np.float64)))
    # Of a matrix of zeros it is NaN.
    if not condition < 1 / np.finfo(np.float64).eps:
        raise DataError(
            f"A is singular (condition number {condition:.2g}): its rows depend on each other, so "
            "Ax = b has no solution "
            "or many; leave out an equation that says nothing new, or add one that does."
        )
    from scipy.linalg import solve_triangular

    y = solve_triangular(L, P.T @ b, lower=True, unit_diagonal=True)
    return np.asarray(solve_triangular(U, y))


def quadratic_loss(w: ArrayLike, A: ArrayLike, b: ArrayLike) -> Float64Array:
    """½‖Aw − b‖² for each w (..., n): 0 where w solves Aw = b, and at its least where w comes
    nearest to that.
    """
    residual = affine(w, A, -np.asarray(b, dtype=np.float64))
    return np.asarray(0.5 * np.sum(residual**2, axis=-1))


def quadratic_gradient(w: ArrayLike, A: ArrayLike, b: ArrayLike) -> Float64Array:
    """∇½‖Aw − b‖² = Aᵀ(Aw − b), (..., n): the direction in which the loss grows fastest."""
    residual = affine(w, A, -np.asarray(b, dtype=np.float64))
    return np.asarray(residual @ np.asarray(A, dtype=np.float64))


def gradient_descent(
    gradient: Callable[[Float64Array], Float64Array], start: ArrayLike, rate: float, n_steps: int
) -> Float64Array:
    """w ← w − η∇L(w), n_steps times with η = `rate`: every w on the way, `start` the first,
    (n_steps + 1, n).

    It comes down where η is below 2 over the largest curvature (of the quadratic loss: the largest
    eigenvalue of AᵀA). Raises DataError where w grows beyond all bounds.
    """
    path = [np.asarray(start, dtype=np.float64)]
    for step in range(n_steps):
        with np.errstate(over="ignore", invalid="ignore"):
            path.append(np.asarray(path[-1] - rate * gradient(path[-1])))
        if not np.isfinite(path[-1]).all():
            raise DataError(
                f"Gradient descent diverges at step {step + 1}: choose a rate smaller than "
                f"{rate:g}."
            )
    return np.stack(path)


def softmax(scores: ArrayLike) -> Float64Array:
    """p_i = e^{s_i} / Σ_j e^{s_j} over the last axis: any scores become probabilities, and their
    order stays.

    A constant added to all scores changes nothing, so the largest is taken off first and no
    exponential overflows.

    >>> softmax([0.0, 0.0, np.log(2.0)]).round(3).tolist()
    [0.25, 0.25, 0.5]
    """
    scores = np.asarray(scores, dtype=np.float64)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def cross_entropy(target: ArrayLike, predicted: ArrayLike) -> Float64Array:
    """−Σ_i t_i log p_i over the last axis, in nats: the mean surprise of one who expects p where t
    is true.

    Both are probabilities (..., n). It is least where p = t, and infinite where something happens
    that p held to be impossible. Raises DataError where one of them does not sum to 1 or has a part
    below 0.
    """
    target, predicted = (np.asarray(each, dtype=np.float64) for each in (target, predicted))
    for name, each in (("target", target), ("predicted", predicted)):
        if not ((each >= 0).all() and np.allclose(each.sum(axis=-1), 1.0)):
            raise DataError(
                f"The probabilities of `{name}` must be 0 or more and sum to 1 on the last axis."
            )
    from scipy.special import xlogy

    with np.errstate(divide="ignore"):
        return np.asarray(-np.sum(xlogy(target, predicted), axis=-1))


def positional_encoding(n_positions: int, d: int) -> Float64Array:
    """PE(pos, 2i) = sin(pos/10000^{2i/d}), PE(pos, 2i + 1) = cos(pos/10000^{2i/d}): a place as d
    numbers, (n_positions, d).

    The pair i = 0, 1, … is the imaginary and the real part of e^{i·pos·ω} with ω = 10000^{−2i/d}:
    hands of a clock, each slower than the one before. Of an odd d the last pair has its sine only
    (Vaswani et al. 2017, section 3.5).
    """
    if n_positions < 0 or d < 1:
        raise ValueError(
            f"n_positions={n_positions} must be an integer >= 0 and d={d} an integer >= 1."
        )
    omega = 10_000.0 ** (-np.arange(0, d, 2) / d)
    hands = phasor(np.arange(n_positions)[:, np.newaxis] * omega)
    encoding = np.empty((n_positions, d))
    encoding[:, 0::2] = hands.imag
    encoding[:, 1::2] = hands.real[:, : d // 2]
    return encoding


def attention_weights(Q: ArrayLike, K: ArrayLike) -> Float64Array:
    """A = softmax(QKᵀ/√d_k): how much each query looks at each key; Q (T, d_k), K (S, d_k) -> (T,
    S), rows summing to 1.
    """
    Q, K = (np.asarray(each, dtype=np.float64) for each in (Q, K))
    if Q.ndim != 2 or K.ndim != 2 or Q.shape[1] != K.shape[1] or K.size == 0:
        raise DataError(
            f"Q and K of shapes {Q.shape} and {K.shape} must be (T, d_k) and (S, d_k) with one d_k."
        )
    return softmax(Q @ K.T / math.sqrt(K.shape[1]))


def attention(Q: ArrayLike, K: ArrayLike, V: ArrayLike) -> Float64Array:
    """Z = AV, (T, d_v): for each query the mean of the values V (S, d_v), weighted by
    `attention_weights`.

    With scores far apart, as those of large Q are, it is the value of the one best key:
    nearest-neighbour matching.
    """
    weights, V = attention_weights(Q, K), np.asarray(V, dtype=np.float64)
    if V.ndim != 2 or V.shape[0] != weights.shape[1]:
        raise DataError(
            f"V of shape {V.shape} must be ({weights.shape[1]}, d_v): one value for each key."
        )
    return np.asarray(weights @ V)


def gaussian_density(x: ArrayLike, mu: float = 0.0, sigma: float = 1.0) -> Float64Array:
    """φ(x) = e^{−(x − μ)²/2σ²} / (σ√2π), the density of the normal distribution; raises ValueError
    unless σ > 0.
    """
    if not sigma > 0:
        raise ValueError(f"sigma={sigma} must be above 0.")
    z = (np.asarray(x, dtype=np.float64) - mu) / sigma
    return np.asarray(np.exp(-0.5 * z**2) / (sigma * math.sqrt(2 * math.pi)))


def gaussian_area(
    low: float = -math.inf, high: float = math.inf, mu: float = 0.0, sigma: float = 1.0
) -> float:
    """∫ φ(x) dx from `low` to `high` by adaptive quadrature: a probability, 1 over the whole line
    to 1e-9.

    >>> abs(gaussian_area() - 1) < 1e-9
    True
    """
    if not sigma > 0:
        raise ValueError(f"sigma={sigma} must be above 0.")
    from scipy.integrate import quad

    # In units of σ about μ, so that no bell is too narrow or too far away to be met by the rule's
    # points.
    a, b = (min(max((end - mu) / sigma, -TAIL), TAIL) for end in (low, high))

    def density(z: float) -> float:
        return float(gaussian_density(z))

    area, _error = quad(
        density, a, b, points=[0.0] if a < 0 < b else None, epsabs=1e-12, epsrel=1e-12
    )
    return float(area)


def euler(theta: ArrayLike) -> NDArray[np.complex128]:
    """Euler's formula e^{iθ} = cos θ + i sin θ: the point of the unit circle at the angle θ, in
    radians.

    To multiply by it is to turn by θ; e^{iα}·e^{iβ} = e^{i(α + β)}; half a turn is e^{iπ} = −1.

    >>> bool(abs(euler(np.pi) + 1) < 1e-15)
    True
    """
    return phasor(theta)


def analogy_shift(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Float64Array:
    """What is to c as b is to a, by a shift: c + (b − a), so that man, woman, king gives king − man
    + woman.

    Vectors (n,). See Mikolov, Yih & Zweig 2013.
    """
    a, b, c = _vectors(a, b, c)
    return np.asarray(c + (b - a))


def analogy_rotation(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Float64Array:
    """What is to c as b is to a, by a rotation: c turned in the plane of a and b by the angle from
    a to b.

    Vectors (n,); what of c is not in that plane stays. In the plane this is c·e^{iθ}, with complex
    numbers for vectors; for vectors of one length |a| = |b|, a itself turns into b. Raises
    DataError where a or b is zero, or b points against a, for then there is no one plane.
    """
    a, b, c = _vectors(a, b, c)
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if length_a == 0.0 or length_b == 0.0:
        raise DataError("A rotation needs directions: a and b must not be zero.")
    u, towards = a / length_a, b / length_b
    across = towards - (towards @ u) * u
    sine, cosine = float(np.linalg.norm(across)), float(towards @ u)
    # Nothing to turn by; and two equal directions have no plane.
    if sine < 1e-12:
        if cosine < 0:
            raise DataError("b points against a: half a turn does not say in which plane.")
        return c
    plane = np.stack([u, across / sine])
    inside = plane @ c
    return np.asarray(c + (rotate_pairs(inside, math.atan2(sine, cosine)) - inside) @ plane)


def most_similar(vector: ArrayLike, vectors: ArrayLike, left_out: Sequence[int] = ()) -> int:
    """The row of `vectors` (n_vectors, n) whose direction is nearest to that of `vector` (n,): the
    largest cosine.

    `left_out` are rows that do not count: an analogy leaves out the words it was asked with.

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
    """Vectors of one size; raises DataError otherwise."""
    vectors = [np.asarray(each, dtype=np.float64) for each in given]
    if any(each.ndim != 1 or each.shape != vectors[0].shape for each in vectors):
        raise DataError(
            f"Vectors of shapes {', '.join(str(each.shape) for each in vectors)} must all be (n,)."
        )
    return vectors


def fourier_transform(signal: ArrayLike) -> NDArray[np.complex128]:
    """X_k = Σ_t x_t e^{−i2πkt/n}, (n,): how much of each frequency is in a signal (n,), as a length
    and an angle.

    The signal is turned backwards k times round the circle and added up: only what turns forwards k
    times itself does not cancel. In n² steps; `numpy.fft.fft` finds the same in n log n (Cooley &
    Tukey 1965).
    """
    signal = np.asarray(signal)
    if signal.ndim != 1 or signal.size == 0:
        raise DataError(f"A signal of shape {signal.shape} must be (n,) with one sample at least.")
    k = np.arange(signal.size)
    # Whole turns are left out while the numbers are exact.
    turns = np.outer(k, k) % signal.size / signal.size
    return np.asarray(euler(-2 * np.pi * turns) @ signal)


def amplitude_spectrum(signal: ArrayLike, fs: float) -> tuple[Float64Array, Float64Array]:
    """Frequencies in Hz and |X| there, (n // 2 + 1,) each, scaled so that a sine of amplitude A
    reads A (by FFT).
    """
    signal = np.asarray(signal, dtype=np.float64)
    if signal.ndim != 1 or signal.size == 0:
        raise DataError(f"A signal of shape {signal.shape} must be (n,) with one sample at least.")
    X = spectrum(signal, np.ones(signal.size), scaling="magnitude")
    return frequencies(signal.size, fs), np.abs(X)


def spectral_distance(X: ArrayLike, X_normal: ArrayLike) -> Float64Array:
    """‖X − X_normal‖² = Σ_k |X_k − X_normal,k|², (n_frames,): X (n_frames, n_bins), X_normal
    (n_bins,), large = anomalous.
    """
    X, X_normal = (np.asarray(each, dtype=np.complex128) for each in (X, X_normal))
    if X.ndim != 2 or X_normal.shape != X.shape[1:]:
        raise DataError(
            f"X and X_normal of shapes {X.shape} and {X_normal.shape} must be (n_frames, n_bins) "
            "and (n_bins,)."
        )
    return np.asarray((np.abs(X - X_normal) ** 2).sum(axis=1))


def threshold(normal_distances: ArrayLike, alpha: float) -> float:
    """The distance that a normal frame exceeds with probability `alpha`: μ + σ·z_α on the scale
    where they are Gaussian.

    `normal_distances` (n,) are those of normal frames other than the ones X_normal was made of:
    these lie too near.
    """
    return GaussianThreshold.fit(normal_distances).threshold(alpha)
