"""Each formula against its definition, and what follows from it."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import naive_foundations as naive
from spectra import foundations as f
from spectra.errors import DataError
from spectra.transformer import layers
from spectra.transformer.attention import attention
from spectra.transformer.positional import sinusoidal

seeds = st.integers(0, 2**32 - 1)
few = settings(deadline=None, max_examples=50)


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@given(seeds, st.integers(1, 5), st.integers(1, 5))
@few
def test_affine_map(seed, m, n):
    x, W, b = normal(seed, 3, n), normal(seed + 1, m, n), normal(seed + 2, m)
    np.testing.assert_allclose(
        f.affine(x, W, b), [naive.affine(row, W, b) for row in x], rtol=1e-12, atol=1e-13
    )


@given(seeds, st.integers(1, 6))
@few
def test_lu_factors_are_triangular_and_multiply_to_the_matrix(seed, n):
    A = normal(seed, n, n)
    P, L, U = f.lu(A)
    np.testing.assert_allclose(P @ L @ U, A, atol=1e-14 * n)
    assert (np.sort(P, axis=0)[-1] == 1).all()
    assert P.sum() == n
    np.testing.assert_array_equal(L, np.tril(L))
    np.testing.assert_array_equal(np.diag(L), 1)
    # What partial pivoting is for.
    assert np.abs(L).max() <= 1
    np.testing.assert_array_equal(U, np.triu(U))


@given(seeds, st.integers(1, 6))
@few
def test_solution_is_that_of_elimination_by_hand(seed, n):
    A, b = normal(seed, n, n), normal(seed + 1, n)
    condition = np.linalg.cond(A)
    assume(condition < 1e6)
    x = f.solve(A, b)
    # Either loses as many digits as the condition number has, and a few for the operations.
    np.testing.assert_allclose(x, naive.solve(A, b), atol=1e-14 * condition * np.abs(x).max())
    np.testing.assert_allclose(A @ x, b, atol=1e-13 * np.linalg.norm(A) * np.linalg.norm(x))


def test_pivoting_keeps_the_digits():
    # Without row exchanges the pivot 1e-20 makes the solution (0, 1): Golub & Van Loan, section
    # 3.4.
    np.testing.assert_allclose(f.solve([[1e-20, 1], [1, 1]], [1, 2]), [1, 1], rtol=1e-15)


def test_example_system():
    np.testing.assert_allclose(f.solve(f.EXAMPLE_A, f.EXAMPLE_B), [5 / 3, -1 / 3], rtol=1e-15)
    np.testing.assert_allclose(f.eigenvalues(f.EXAMPLE_A), [3, 1], rtol=1e-14)
    P, L, U = f.lu(f.EXAMPLE_A)
    assert P.tolist() == [[1, 0], [0, 1]]
    assert L.tolist() == [[1, 0], [0.5, 1]]
    assert U.tolist() == [[2, 1], [0, 1.5]]


def test_lu_exchanges_rows_for_the_larger_pivot():
    P, L, U = f.lu([[1, 3], [2, 1]])
    assert P.tolist() == [[0, 1], [1, 0]]
    assert L.tolist() == [[1, 0], [0.5, 1]]
    assert U.tolist() == [[2, 1], [0, 2.5]]


@given(seeds, st.integers(1, 6))
@few
def test_eigenvalues_are_the_roots_of_the_characteristic_polynomial(seed, n):
    A = normal(seed, n, n)
    A = A + A.T
    values = f.eigenvalues(A)
    assert (np.diff(values) <= 0).all()
    assert values.sum() == pytest.approx(np.trace(A), abs=1e-11)
    for value in values:
        # A − λI is singular, to the rounding of its largest singular value.
        smallest = np.linalg.svd(A - value * np.eye(n), compute_uv=False)[-1]
        assert smallest < 1e-13 * max(np.abs(values).max(), 1)


@pytest.mark.parametrize(
    "A",
    [
        [[0, 0], [0, 0]],
        [[1, 2], [2, 4]],
        [[0.1, 0.2], [0.3, 0.6]],
        np.arange(9).reshape(3, 3),
        [[0]],
    ],
)
def test_singular_system_is_an_error(A):
    with pytest.raises(DataError, match="A is singular"):
        f.solve(A, np.ones(len(A)))


@given(seeds, st.integers(1, 4), st.integers(1, 4))
@few
def test_gradient_is_the_slope_of_the_loss(seed, m, n):
    w, A, b = normal(seed, n), normal(seed + 1, m, n), normal(seed + 2, m)
    assert f.quadratic_loss(w, A, b) == pytest.approx(naive.quadratic_loss(w, A, b), rel=1e-12)
    gradient = f.quadratic_gradient(w, A, b)
    for j, step in enumerate(np.eye(n)):
        # Of a quadratic the central difference is exact, whatever its width.
        slope = (naive.quadratic_loss(w + step, A, b) - naive.quadratic_loss(w - step, A, b)) / 2
        assert gradient[j] == pytest.approx(slope, rel=1e-9, abs=1e-9)


def test_gradient_descent_comes_down_to_the_solution_of_the_system():
    A, b = np.array(f.EXAMPLE_A), np.array(f.EXAMPLE_B)
    path = f.gradient_descent(lambda w: f.quadratic_gradient(w, A, b), [-1.5, 4.0], 0.1, 300)
    assert path.shape == (301, 2)
    np.testing.assert_array_equal(path[0], [-1.5, 4.0])
    assert (np.diff(f.quadratic_loss(path, A, b)) <= 1e-20).all()
    np.testing.assert_allclose(path[-1], f.solve(A, b), atol=1e-12)
    # In each eigenvector of AᵀA the error shrinks by 1 − ηλ a step.
    curvatures, directions = np.linalg.eigh(A.T @ A)
    errors = (path - f.solve(A, b)) @ directions
    np.testing.assert_allclose(errors[10], errors[0] * (1 - 0.1 * curvatures) ** 10, atol=1e-12)


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_descent_turns_into_divergence_at_two_over_the_largest_curvature(factor):
    A, b = np.array(f.EXAMPLE_A), np.array(f.EXAMPLE_B)
    rate = factor * 2 / np.linalg.eigvalsh(A.T @ A)[-1]
    path = f.gradient_descent(lambda w: f.quadratic_gradient(w, A, b), [0.0, 0.0], rate, 500)
    loss = f.quadratic_loss(path, A, b)
    assert (loss[-1] < loss[0]) == (factor < 1)


def test_divergence_is_an_error():
    with pytest.raises(DataError, match=r"diverges at step \d+: choose a rate smaller than 10"):
        f.gradient_descent(lambda w: 2 * w, [1.0], 10.0, 1000)


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=6), st.floats(-1e3, 1e3))
@few
def test_softmax(scores, constant):
    p = f.softmax(scores)
    np.testing.assert_allclose(p, naive.softmax(scores), rtol=1e-12)
    assert p.sum() == pytest.approx(1, rel=1e-15)
    # Adding the constant rounds the scores by up to 1e-13.
    np.testing.assert_allclose(f.softmax(np.array(scores) + constant), p, rtol=1e-12)


def test_softmax_does_not_overflow():
    assert f.softmax([1e4, 0.0]).tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(f.softmax([[1e4, 1e4], [-1e4, -1e4]]), 0.5)


def test_formulas_are_those_of_the_network():
    S, Q, K, V = normal(0, 4, 5), normal(1, 4, 3), normal(2, 6, 3), normal(3, 6, 2)
    np.testing.assert_array_equal(f.softmax(S), layers.softmax(S))
    Z, _, A = attention(Q, K, V)
    np.testing.assert_array_equal(f.attention(Q, K, V), Z)
    np.testing.assert_array_equal(f.attention_weights(Q, K), A)
    np.testing.assert_array_equal(f.positional_encoding(7, 5), sinusoidal(7, 5))
    target = np.eye(5)[[4, 0, 2, 2]]
    loss, p = layers.cross_entropy(S, np.array([4, 0, 2, 2]))
    assert f.cross_entropy(target, p).mean() == pytest.approx(loss, rel=1e-14)


@given(seeds, st.integers(2, 6))
@few
def test_cross_entropy_is_least_for_the_truth(seed, n):
    target, predicted = f.softmax(normal(seed, n)), f.softmax(normal(seed + 1, n))
    assert f.cross_entropy(target, predicted) == pytest.approx(
        naive.cross_entropy(target, predicted), rel=1e-12
    )
    # Gibbs' inequality.
    assert f.cross_entropy(target, predicted) >= f.cross_entropy(target, target) - 1e-15


def test_cross_entropy_of_the_certain_and_of_the_impossible():
    target = [[0, 1], [1, 0], [0.5, 0.5]]
    np.testing.assert_array_equal(
        f.cross_entropy(target, [[0, 1], [0, 1], [0.5, 0.5]]), [0, math.inf, math.log(2)]
    )


@given(st.integers(0, 20), st.integers(1, 9))
@few
def test_positional_encoding(n_positions, d):
    encoding = f.positional_encoding(n_positions, d)
    expected = np.array([naive.positional_encoding(pos, d) for pos in range(n_positions)]).reshape(
        n_positions, d
    )
    np.testing.assert_allclose(encoding, expected, atol=1e-13)


def test_positional_encoding_has_the_published_exponent():
    # sin(1/10000^{2/4}) = sin 0.01: doubled by mistake, the exponent would make it sin 0.0001.
    np.testing.assert_allclose(
        f.positional_encoding(2, 4)[1], [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)]
    )


@given(seeds, st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
@few
def test_attention_is_a_weighted_mean(seed, T, S, d_k, d_v):
    Q, K, V = normal(seed, T, d_k), normal(seed + 1, S, d_k), normal(seed + 2, S, d_v)
    Z = f.attention(Q, K, V)
    np.testing.assert_allclose(Z, naive.attention(Q, K, V), rtol=1e-11, atol=1e-13)
    assert (V.max(axis=0) + 1e-12 >= Z).all()
    assert (V.min(axis=0) - 1e-12 <= Z).all()


def test_attention_is_nearest_neighbour_matching_at_zero_temperature():
    K, V = f.euler(np.arange(5)), normal(0, 5, 3)
    keys = np.stack([K.real, K.imag], axis=1)
    # Of keys of one length, the nearest has the largest inner product.
    np.testing.assert_allclose(f.attention(1e4 * (keys + 0.05), keys, V), V, atol=1e-12)


@given(st.floats(-3, 3), st.floats(-100, 100), st.floats(1e-3, 1e3))
@few
def test_gaussian_density(z, mu, sigma):
    x = mu + sigma * z
    assert f.gaussian_density(x, mu, sigma) == pytest.approx(norm.pdf(x, mu, sigma), rel=1e-9)


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (1e6, 1e-3), (-3.0, 1e4)])
def test_whole_area_is_one(mu, sigma):
    assert f.gaussian_area(mu=mu, sigma=sigma) == pytest.approx(1, abs=1e-9)
    # A bell that is narrow in a wide interval is not missed.
    assert f.gaussian_area(mu - 1e9 * sigma, mu + 1e9 * sigma, mu, sigma) == pytest.approx(
        1, abs=1e-9
    )
    assert f.gaussian_area(high=mu, mu=mu, sigma=sigma) == pytest.approx(0.5, abs=1e-9)


@given(st.floats(-50, 50), st.floats(-50, 50))
@few
def test_gaussian_area_is_that_of_the_distribution_function(low, high):
    assert f.gaussian_area(low, high) == pytest.approx(norm.cdf(high) - norm.cdf(low), abs=1e-9)


@given(st.floats(-10, 10), st.floats(-10, 10))
@few
def test_eulers_formula(alpha, beta):
    point = complex(f.euler(alpha))
    assert point == pytest.approx(cmath.exp(1j * alpha), abs=1e-15)
    # The largest term, 10¹⁰/10! = 2800, leaves rounding of 1e-12.
    assert point == pytest.approx(naive.exponential(1j * alpha), abs=1e-11)
    assert complex(f.euler(alpha) * f.euler(beta)) == pytest.approx(
        complex(f.euler(alpha + beta)), abs=1e-14
    )
    assert abs(point) == pytest.approx(1, rel=1e-15)


WORDS = ["man", "woman", "king", "queen", "boy", "girl", "apple"]
# male, female, royal, young, edible: near enough to what a corpus gives to be of use, not exact.
VECTORS = np.array(
    [
        [0.90, 0.10, 0.05, 0.00, 0.02],
        [0.12, 0.88, 0.03, 0.05, 0.00],
        [0.85, 0.08, 0.95, 0.00, 0.00],
        [0.10, 0.90, 0.90, 0.03, 0.05],
        [0.80, 0.15, 0.00, 0.90, 0.00],
        [0.10, 0.85, 0.05, 0.95, 0.00],
        [0.05, 0.10, 0.00, 0.02, 0.98],
    ]
)


@pytest.mark.parametrize("analogy", [f.analogy_shift, f.analogy_rotation])
@pytest.mark.parametrize(
    ("question", "answer"),
    [("man woman king", "queen"), ("woman man girl", "boy"), ("king man queen", "woman")],
)
def test_analogies(analogy, question, answer):
    rows = [WORDS.index(word) for word in question.split()]
    assert WORDS[f.most_similar(analogy(*VECTORS[rows]), VECTORS, left_out=rows)] == answer


@given(seeds, st.integers(2, 6))
@few
def test_rotation_brings_one_direction_into_the_other_and_keeps_lengths(seed, n):
    a, b, c = normal(seed, 3, n)
    np.testing.assert_allclose(
        f.analogy_rotation(a, b, a) / np.linalg.norm(a), b / np.linalg.norm(b), atol=1e-11
    )
    assert np.linalg.norm(f.analogy_rotation(a, b, c)) == pytest.approx(
        np.linalg.norm(c), rel=1e-12
    )
    np.testing.assert_allclose(f.analogy_rotation(b, a, f.analogy_rotation(a, b, c)), c, atol=1e-11)


@given(st.floats(0, 6), st.floats(0, 3.1), st.floats(0, 6))
@few
def test_in_the_plane_the_rotation_is_multiplication_by_a_phasor(start, angle, third):
    a, b, c = (f.euler(each) for each in (start, start + angle, third))
    turned = f.analogy_rotation(*(np.array([each.real, each.imag]) for each in (a, b, c)))
    # Angles below 1e-12 are taken for none.
    np.testing.assert_allclose(complex(*turned), complex(c * b / a), atol=1e-11)


@given(seeds, st.integers(1, 40))
@few
def test_fourier_transform(seed, n):
    signal = normal(seed, n)
    X = f.fourier_transform(signal)
    np.testing.assert_allclose(X, np.fft.fft(signal), atol=1e-12)
    np.testing.assert_allclose(X, naive.fourier_transform(signal), atol=1e-11)


@pytest.mark.parametrize("n", [200, 201])
def test_amplitude_spectrum_has_the_rfft_of_the_signal(n):
    signal = normal(0, n)
    hertz, amplitude = f.amplitude_spectrum(signal, 50.0)
    np.testing.assert_allclose(hertz, np.fft.rfftfreq(n, 1 / 50.0))
    np.testing.assert_allclose(
        amplitude[1:-1], 2 / n * np.abs(np.fft.rfft(signal))[1:-1], rtol=1e-10
    )


def test_distance_and_threshold_find_the_frame_with_another_tone():
    rng = np.random.default_rng(0)
    t = np.arange(64) / 64
    frames = np.sin(2 * np.pi * 5 * t) + 0.3 * rng.standard_normal((600, 64))
    frames[-1] += np.sin(2 * np.pi * 12 * t)
    X = np.fft.rfft(frames)
    X_normal = X[:200].mean(axis=0)
    distance = f.spectral_distance(X, X_normal)
    np.testing.assert_allclose(
        distance, [sum(abs(x - y) ** 2 for x, y in zip(row, X_normal, strict=True)) for row in X]
    )
    limit = f.threshold(distance[200:500], alpha=1e-3)
    assert distance[-1] > limit
    # One of 99 exceeds a threshold of 1e-3 with probability 0.1, four with 4e-6.
    assert (distance[500:-1] > limit).sum() < 4


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: f.affine([1, 2, 3], [[1, 2]], [0]), r"shapes \(3,\), \(1, 2\) and \(1,\)"),
        (lambda: f.lu([[1, 2, 3], [4, 5, 6]]), r"A of shape \(2, 3\) must be a square matrix"),
        (lambda: f.eigenvalues([[1, 2], [3, 4]]), "must be symmetric"),
        (lambda: f.lu([[1, math.nan], [4, 5]]), "finite numbers"),
        (lambda: f.solve([[1, 0], [0, 1]], [1]), r"b of shape \(1,\) must be 2 finite numbers"),
        (
            lambda: f.cross_entropy([0.5, 0.6], [0.5, 0.5]),
            "`target` must be 0 or more and sum to 1",
        ),
        (lambda: f.cross_entropy([0.5, 0.5], [-0.5, 1.5]), "`predicted` must be"),
        (lambda: f.positional_encoding(3, 0), "d=0 must be an integer >= 1"),
        (
            lambda: f.attention_weights(np.ones((2, 3)), np.ones((2, 4))),
            r"\(2, 3\) and \(2, 4\) must be",
        ),
        (
            lambda: f.attention(np.ones((2, 3)), np.ones((4, 3)), np.ones((3, 3))),
            r"must be \(4, d_v\)",
        ),
        (lambda: f.gaussian_density(0, sigma=0), "sigma=0 must be above 0"),
        (lambda: f.gaussian_area(sigma=math.nan), "sigma=nan must be above 0"),
        (lambda: f.analogy_shift([1, 2], [1, 2], [1]), r"\(2,\), \(2,\), \(1,\) must all be"),
        (lambda: f.analogy_rotation([0, 0], [1, 0], [1, 0]), "must not be zero"),
        (
            lambda: f.analogy_rotation([1, 0], [-1, 0], [1, 0]),
            "half a turn does not say in which plane",
        ),
        (
            lambda: f.most_similar([1, 0], [[1, 0], [0, 0]], left_out=[0]),
            "No vector that is not zero is left",
        ),
        (lambda: f.most_similar([1, 0], [[1, 0, 0]]), "cannot be compared"),
        (lambda: f.fourier_transform([]), "one sample at least"),
        (lambda: f.amplitude_spectrum([[1.0]], 1.0), r"of shape \(1, 1\) must be"),
        (lambda: f.spectral_distance(np.ones((2, 3)), np.ones(4)), r"\(2, 3\) and \(4,\) must be"),
    ],
)
def test_arguments_that_do_not_fit_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
