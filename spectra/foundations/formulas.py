"""The mathematics under spectra, one function for each formula, in order of dependence.

The functions check their arguments and return float64 or complex128. Linear layer, softmax,
attention, positional encoding, cross-entropy, gradient descent, rotations, spectra and thresholds
are the functions that the toolkit itself uses, from `spectra.transformer`, `spectra.rotation`,
`spectra.signal` and `spectra.calibration`.
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
from spectra.transformer import attention as network_attention
from spectra.transformer import layers, positional, training

# The usual example of a linear system: A is symmetric with the eigenvalues 3 and 1, and the
# solution of Ax = b is (5/3, −1/3).
EXAMPLE_A: Final = ((2.0, 1.0), (1.0, 2.0))
EXAMPLE_B: Final = (3.0, 1.0)
# Standard deviations; farther out the Gaussian density is 0 in double precision, as e^{−x²/2}
# underflows at 38.6.
TAIL: Final = 40.0


def affine(x: ArrayLike, W: ArrayLike, b: ArrayLike) -> Float64Array:
    """Return the affine map y = Wx + b, a linear layer.

    x has shape (..., n), W (m, n), b (m,), the result (..., m). Raises DataError if the shapes do
    not fit.

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

    A is (n, n). P is a permutation, L lower triangular with ones on its diagonal and no larger
    number below, U upper triangular. Raises DataError if A is not square or not finite.
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
    """Return the eigenvalues (n,) of a symmetric matrix (n, n), the largest first.

    These are the λ with Av = λv for some v ≠ 0. Raises DataError if A is not square, not finite or
    not symmetric.

    >>> eigenvalues([[2, 1], [1, 2]]).round(12).tolist()
    [3.0, 1.0]
    """
    A = _square(A)
    if not np.array_equal(A, A.T):
        raise DataError(f"A of shape {A.shape} must be symmetric: A[i, j] = A[j, i].")
    return np.asarray(np.linalg.eigvalsh(A)[::-1])


def solve(A: ArrayLike, b: ArrayLike) -> Float64Array:
    """Solve Ax = b for x (n,): A = P·L·U, then forwards Ly = Pᵀb and backwards Ux = y.

    Raises DataError if A is not square, b not (n,), or A singular: with a condition number above
    1/ε = 4.5e15 no digit of x is significant.

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


def quadratic_loss(w: ArrayLike, A: ArrayLike, b: ArrayLike) -> Float64Array:
    """Return ½‖Aw − b‖² for each w (..., n), which is smallest at the least-squares solution."""
    residual = affine(w, A, -np.asarray(b, dtype=np.float64))
    return np.asarray(0.5 * np.sum(residual**2, axis=-1))


def quadratic_gradient(w: ArrayLike, A: ArrayLike, b: ArrayLike) -> Float64Array:
    """Return ∇½‖Aw − b‖² = Aᵀ(Aw − b), (..., n), the direction of steepest ascent."""
    residual = affine(w, A, -np.asarray(b, dtype=np.float64))
    return np.asarray(residual @ np.asarray(A, dtype=np.float64))


def gradient_descent(
    gradient: Callable[[Float64Array], Float64Array], start: ArrayLike, rate: float, n_steps: int
) -> Float64Array:
    """Return the path w ← w − η∇L(w) of gradient descent from `start`, (n_steps + 1, n).

    η is the `rate`. The loss decreases if η is below 2 over the largest curvature (for the
    quadratic loss, the largest eigenvalue of AᵀA). Raises DataError if w overflows.
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


def softmax(scores: ArrayLike) -> Float64Array:
    """Return p_i = e^{s_i} / Σ_j e^{s_j} over the last axis: scores become probabilities.

    A constant added to all scores changes nothing, so the largest is subtracted first, and no
    exponential overflows.

    >>> softmax([0.0, 0.0, np.log(2.0)]).round(3).tolist()
    [0.25, 0.25, 0.5]
    """
    return np.asarray(layers.softmax(np.asarray(scores, dtype=np.float64)), dtype=np.float64)


def cross_entropy(target: ArrayLike, predicted: ArrayLike) -> Float64Array:
    """Return −Σ_i t_i log p_i over the last axis, in nats: the mean surprisal of p under t.

    Both are probabilities (..., n). It is smallest for p = t, and infinite if an outcome with t > 0
    has p = 0. Raises DataError for numbers below 0 or with another sum than 1.

    >>> cross_entropy([0.5, 0.5], [0.25, 0.75]).round(4).item()
    0.837
    """
    target, predicted = (np.asarray(each, dtype=np.float64) for each in (target, predicted))
    for name, each in (("target", target), ("predicted", predicted)):
        if not ((each >= 0).all() and np.allclose(each.sum(axis=-1), 1.0)):
            raise DataError(
                f"The probabilities of `{name}` must be 0 or more and sum to 1 on the last axis."
            )
    with np.errstate(divide="ignore"):
        log_p = layers.log_softmax(np.log(predicted))
    # An outcome that does not occur adds 0, also if its log p is −∞.
    surprisal = np.multiply(target, -log_p, out=np.zeros_like(log_p), where=target > 0)
    return np.asarray(surprisal.sum(axis=-1))


def positional_encoding(n_positions: int, d: int) -> Float64Array:
    """Return PE(t, 2i) = sin(t/10000^{2i/d}) and PE(t, 2i + 1) = cos(…), (n_positions, d).

    The pair i = 0, 1, … holds the imaginary and the real part of e^{itω} with ω = 10000^{−2i/d}, a
    clock hand that is slower for each next pair. If d is odd the last pair has its sine only
    (Vaswani et al. 2017, section 3.5). Raises ValueError for n_positions < 0 or d < 1.
    """
    return np.asarray(positional.sinusoidal(n_positions, d), dtype=np.float64)


def attention_weights(Q: ArrayLike, K: ArrayLike) -> Float64Array:
    """Return A = softmax(QKᵀ/√d_k): Q (T, d_k), K (S, d_k) -> (T, S), with rows that sum to 1.

    Raises DataError if the shapes do not fit.
    """
    Q, K = (np.asarray(each, dtype=np.float64) for each in (Q, K))
    if Q.ndim != 2 or K.ndim != 2 or Q.shape[1] != K.shape[1] or K.size == 0:
        raise DataError(
            f"Q and K of shapes {Q.shape} and {K.shape} must be (T, d_k) and (S, d_k) with one d_k."
        )
    _, A = network_attention.attention_weights(Q, K)
    return np.asarray(A)


def attention(Q: ArrayLike, K: ArrayLike, V: ArrayLike) -> Float64Array:
    """Return Z = AV (T, d_v): for each query the mean of the values V, weighted by A.

    A is `attention_weights(Q, K)`, V has shape (S, d_v). If scores are far apart, as with large Q,
    the result is the value of the best key: nearest-neighbour matching. Raises DataError if the
    shapes do not fit.
    """
    A, V = attention_weights(Q, K), np.asarray(V, dtype=np.float64)
    if V.ndim != 2 or V.shape[0] != A.shape[1]:
        raise DataError(
            f"V of shape {V.shape} must be ({A.shape[1]}, d_v): one value for each key."
        )
    return np.asarray(A @ V)


def gaussian_density(x: ArrayLike, mu: float = 0.0, sigma: float = 1.0) -> Float64Array:
    """Return φ(x) = e^{−(x − μ)²/2σ²} / (σ√2π), the density of the normal distribution.

    Raises ValueError unless σ > 0.
    """
    if not sigma > 0:
        raise ValueError(f"sigma={sigma} must be above 0.")
    z = (np.asarray(x, dtype=np.float64) - mu) / sigma
    return np.asarray(np.exp(-0.5 * z**2) / (sigma * math.sqrt(2 * math.pi)))


def gaussian_area(
    low: float = -math.inf, high: float = math.inf, mu: float = 0.0, sigma: float = 1.0
) -> float:
    """Return ∫ φ(x) dx from `low` to `high`, a probability, by adaptive quadrature.

    The error is below 1e-9. Raises ValueError unless σ > 0.

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


def euler(theta: ArrayLike) -> NDArray[np.complex128]:
    """Return e^{iθ} = cos θ + i sin θ (Euler), the point of the unit circle at the angle θ.

    θ is in radians. Multiplication by e^{iθ} is a rotation by θ: e^{iα}·e^{iβ} = e^{i(α + β)}, and
    half a turn is e^{iπ} = −1.

    >>> bool(abs(euler(np.pi) + 1) < 1e-15)
    True
    """
    return phasor(theta)


def analogy_shift(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Float64Array:
    """Return the vector that is to c as b is to a, by a shift: c + (b − a).

    Man, woman, king give king − man + woman. Vectors are (n,). Mikolov, Yih & Zweig 2013. Raises
    DataError for vectors of different sizes.
    """
    a, b, c = _vectors(a, b, c)
    return np.asarray(c + (b - a))


def analogy_rotation(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Float64Array:
    """Return the vector that is to c as b is to a, by a rotation in the plane of a and b.

    c is rotated by the angle from a to b; its part outside the plane stays. In the plane this is
    c·e^{iθ}, with vectors as complex numbers, and if |a| = |b| the rotation turns a into b. Vectors
    are (n,). Raises DataError if a or b is zero, or if b points against a, since the plane is then
    not unique.
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
    """Return the index of the row of `vectors` with the largest cosine to `vector`.

    `vectors` has shape (n_vectors, n), `vector` (n,). `left_out` are indices of rows that are
    skipped: an analogy leaves out the words of its question. Raises DataError for vectors of
    different sizes, and if no row is left.

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


def fourier_transform(signal: ArrayLike) -> NDArray[np.complex128]:
    """Return X_k = Σ_t x_t e^{−i2πkt/n} (n,), amplitude and phase of each frequency.

    The samples are rotated backwards k times around the circle and added up: all parts cancel but
    the one that itself rotates k times. This takes n² steps; `numpy.fft.fft` computes the same in
    n log n (Cooley & Tukey 1965). Raises DataError unless the signal is (n,).
    """
    signal = np.asarray(signal)
    if signal.ndim != 1 or signal.size == 0:
        raise DataError(f"A signal of shape {signal.shape} must be (n,) with one sample at least.")
    k = np.arange(signal.size)
    # Whole turns are removed from the integers, where this is exact.
    turns = np.outer(k, k) % signal.size / signal.size
    return np.asarray(euler(-2 * np.pi * turns) @ signal)


def amplitude_spectrum(signal: ArrayLike, fs: float) -> tuple[Float64Array, Float64Array]:
    """Return the frequencies in Hz and the amplitudes of a signal, (n // 2 + 1,) each, by FFT.

    A sine of amplitude A reads A. Raises DataError unless the signal is (n,).
    """
    signal = np.asarray(signal, dtype=np.float64)
    if signal.ndim != 1 or signal.size == 0:
        raise DataError(f"A signal of shape {signal.shape} must be (n,) with one sample at least.")
    X = spectrum(signal, np.ones(signal.size), scaling="magnitude")
    return frequencies(signal.size, fs), np.abs(X)


def spectral_distance(X: ArrayLike, X_normal: ArrayLike) -> Float64Array:
    """Return ‖X − X_normal‖² = Σ_k |X_k − X_normal,k|² (n_frames,), large if anomalous.

    X has shape (n_frames, n_bins), X_normal (n_bins,). Raises DataError if the shapes do not fit.
    """
    X, X_normal = (np.asarray(each, dtype=np.complex128) for each in (X, X_normal))
    if X.ndim != 2 or X_normal.shape != X.shape[1:]:
        raise DataError(
            f"X and X_normal of shapes {X.shape} and {X_normal.shape} must be (n_frames, n_bins) "
            "and (n_bins,)."
        )
    return np.asarray((np.abs(X - X_normal) ** 2).sum(axis=1))


def threshold(normal_distances: ArrayLike, alpha: float) -> float:
    """Return the distance that a normal frame exceeds with probability `alpha`.

    It is μ + σ·z_α on the scale on which the distances are Gaussian. `normal_distances` (n,) must
    be of other normal frames than those that made X_normal, whose distances are too small.
    """
    return GaussianThreshold.fit(normal_distances).threshold(alpha)
