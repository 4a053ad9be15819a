"""Rotations of points and pairs, time shifts of spectra, and alignment of their phase."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_rotation as naive
from spectra import rotation
from spectra.signal.views import aligned, complex_plane

# A few roundings of numbers near 1.
CLOSE = 1e-12

angles = st.floats(-50.0, 50.0)
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 24)


def noise(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def complex_noise(seed, *shape):
    real, imag = noise(seed, 2, *shape)
    return real + 1j * imag


# Rotations of points and pairs


@given(angles)
def test_phasor_is_on_the_unit_circle_at_its_angle(theta):
    point = rotation.phasor(theta)
    assert (
        point == complex(math.cos(theta), math.sin(theta))
        or abs(point - np.exp(1j * theta)) < 1e-15
    )
    assert abs(abs(point) - 1.0) < 1e-15


def test_quarter_turn_multiplies_by_i():
    np.testing.assert_allclose(
        rotation.rotate([1.0, 1j, 2 + 3j], np.pi / 2), [1j, -1.0, -3 + 2j], atol=1e-15
    )


@given(seeds, angles, angles)
def test_rotations_add_up_and_keep_lengths(seed, a, b):
    values = complex_noise(seed, 3, 4)
    twice = rotation.rotate(rotation.rotate(values, a), b)
    np.testing.assert_allclose(twice, rotation.rotate(values, a + b), atol=CLOSE)
    np.testing.assert_allclose(np.abs(twice), np.abs(values), rtol=CLOSE)


@given(seeds, angles)
def test_pairs_turn_as_the_matrix_and_as_complex_numbers_do(seed, theta):
    pairs = noise(seed, 2, 3, 2)
    turned = rotation.rotate_pairs(pairs, theta)
    expected = [naive.turned_pair(a, b, theta) for a, b in pairs.reshape(-1, 2)]
    np.testing.assert_allclose(turned.reshape(-1, 2), expected, atol=CLOSE)
    as_complex = rotation.rotate(pairs[..., 0] + 1j * pairs[..., 1], theta)
    np.testing.assert_allclose(turned[..., 0] + 1j * turned[..., 1], as_complex, atol=CLOSE)


def test_a_pair_of_cos_and_sin_turns_into_those_of_the_sum_of_angles():
    a, b = 0.7, 1.9
    turned = rotation.rotate_pairs([math.cos(a), math.sin(a)], b)
    np.testing.assert_allclose(turned, [math.cos(a + b), math.sin(a + b)], atol=1e-15)


@given(seeds, st.integers(0, 50), st.integers(0, 50), st.integers(-50, 50))
def test_product_of_two_rotary_vectors_depends_on_their_offset_only(seed, m, n, moved):
    query, key = noise(seed, 2, 4, 2)
    omega = 10_000.0 ** -(np.arange(4) / 4)

    def product(i, j):
        return np.sum(
            rotation.rotate_pairs(query, i * omega) * rotation.rotate_pairs(key, j * omega)
        )

    np.testing.assert_allclose(product(m, n), product(m + moved, n + moved), atol=1e-11)


def test_pairs_need_a_last_axis_of_two():
    with pytest.raises(ValueError, match=r"shape \(4, 3\) must have a last axis of 2"):
        rotation.rotate_pairs(np.zeros((4, 3)), 0.0)
    with pytest.raises(ValueError, match=r"shape \(\) must have a last axis of 2"):
        rotation.rotate_pairs(1.0, 0.0)


# Time shifts


@given(seeds, sizes, st.floats(-40.0, 40.0))
def test_time_shift_moves_the_interpolated_frame(seed, w, shift):
    frame = noise(seed, w)
    shifted = np.fft.irfft(rotation.time_shift(np.fft.rfft(frame), shift, w), n=w)
    np.testing.assert_allclose(shifted, naive.later(frame, shift), atol=1e-10)


@given(seeds, sizes, st.integers(-(10**12), 10**12))
def test_whole_shifts_are_a_roll_however_large(seed, w, shift):
    frame = noise(seed, w)
    shifted = np.fft.irfft(rotation.time_shift(np.fft.rfft(frame), shift, w), n=w)
    np.testing.assert_allclose(shifted, np.roll(frame, shift), atol=CLOSE)


@given(seeds, sizes, st.floats(-40.0, 40.0))
def test_shifted_spectrum_is_that_of_a_real_frame(seed, w, shift):
    shifted = rotation.time_shift(np.fft.rfft(noise(seed, w)), shift, w)
    again = np.fft.rfft(np.fft.irfft(shifted, n=w))
    np.testing.assert_allclose(shifted, again, atol=CLOSE)


def test_half_a_sample_takes_the_alternating_bin_away():
    # (−1)ⁿ interpolates to cos(πt), which is 0 at every sample once it has moved by half of one.
    shifted = rotation.time_shift(np.fft.rfft([1.0, -1.0, 1.0, -1.0]), 0.5, 4)
    np.testing.assert_allclose(shifted, 0.0, atol=1e-15)


@given(seeds, st.integers(0, 11), st.floats(-20.0, 20.0), st.floats(-20.0, 20.0))
def test_shifts_of_an_odd_frame_add_up_and_keep_its_energy(seed, half, a, b):
    w = 2 * half + 1
    X = np.fft.rfft(noise(seed, w))
    twice = rotation.time_shift(rotation.time_shift(X, a, w), b, w)
    np.testing.assert_allclose(twice, rotation.time_shift(X, a + b, w), atol=1e-11)
    np.testing.assert_allclose(np.abs(twice), np.abs(X), atol=CLOSE)


def test_each_row_has_its_own_shift():
    frames = noise(3, 2, 3, 8)
    shifts = np.array([[0.0, 1.0, 2.0], [-1.0, 4.0, 11.0]])
    shifted = np.fft.irfft(rotation.time_shift(np.fft.rfft(frames), shifts, 8), n=8)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(
            shifted[i, j], np.roll(frames[i, j], int(shifts[i, j])), atol=CLOSE
        )


def test_a_wrong_number_of_bins_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 4\) is not one-sided for nperseg=8.* 5 bins"):
        rotation.time_shift(np.zeros((2, 4)), 1.0, 8)
    with pytest.raises(ValueError, match="not one-sided"):
        rotation.time_shift(0.0, 1.0, 8)


def test_a_frame_of_no_samples_is_refused():
    with pytest.raises(ValueError, match="nperseg=0 must be an integer >= 1"):
        rotation.time_shift(np.zeros(1), 1.0, 0)


# Alignment


@given(seeds, st.floats(-3.0, 3.0))
def test_align_phase_undoes_a_rotation(seed, theta):
    X = complex_noise(seed, 2, 5)
    rotated, phase = rotation.align_phase(rotation.rotate(X, -theta), X)
    np.testing.assert_allclose(phase, theta, atol=CLOSE)
    np.testing.assert_allclose(rotated, X, atol=CLOSE)


@given(seeds)
def test_no_phase_is_nearer_than_the_aligned_one(seed):
    X, Y = complex_noise(seed, 2, 5)
    tried = [naive.distance_by_phase(X, Y, theta) for theta in np.linspace(-np.pi, np.pi, 721)]
    rotated, _ = rotation.align_phase(X, Y)
    best = np.sum(np.abs(rotated - Y) ** 2)
    assert best <= min(tried) + CLOSE
    # D(θ) = a − 2b cos(θ − θ₀): half a step from θ₀ the grid is at most 2b(1 − cos(step/2)) above
    # it.
    room = 2 * np.linalg.norm(X) * np.linalg.norm(Y) * (1 - math.cos(np.pi / 720))
    assert best >= min(tried) - room - CLOSE


def test_phase_of_orthogonal_spectra_is_zero():
    for X in ([1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]):
        rotated, theta = rotation.align_phase(X, [0.0, -1.0])
        assert theta == 0.0
        np.testing.assert_array_equal(rotated, X)


def test_one_reference_serves_many_rows():
    X, Y = complex_noise(5, 2, 3, 5), complex_noise(6, 5)
    rotated, theta = rotation.align_phase(X, Y)
    assert (rotated.shape, theta.shape) == ((2, 3, 5), (2, 3))
    np.testing.assert_allclose(rotation.align_phase(X[1, 2], Y)[0], rotated[1, 2], rtol=CLOSE)


# Precision, and the use in the product


def test_single_precision_is_kept():
    X = complex_noise(0, 5).astype(np.complex64)
    pairs = noise(1, 5, 2).astype(np.float32)
    assert rotation.rotate(X, 0.3).dtype == np.complex64
    assert rotation.rotate_pairs(pairs, 0.3).dtype == np.float32
    assert rotation.time_shift(X, 1.5, 8).dtype == np.complex64
    assert rotation.align_phase(X, X[::-1])[0].dtype == np.complex64
    np.testing.assert_allclose(
        rotation.rotate_pairs(pairs, 0.3),
        rotation.rotate_pairs(pairs.astype(np.float64), 0.3),
        atol=1e-6,
    )


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("n_bins", [2, 3, 33])
def test_aligned_view_rotates_bin_k_by_k_mths_of_the_phase_of_the_strongest_bin(n_bins, dtype):
    X = complex_noise(2, 4, 6, n_bins).astype(dtype)
    view = aligned(X)
    assert view.dtype == np.empty(0, dtype=dtype).real.dtype
    for index in np.ndindex(4, 6):
        row = X[index].astype(np.complex128)
        m = 1 + int(np.argmax(np.abs(row[1:])))
        expected = [x * np.exp(-1j * np.angle(row[m]) * k / m) for k, x in enumerate(row)]
        close = 1e-11 if dtype == np.complex128 else 1e-5
        np.testing.assert_allclose(view[index], complex_plane(np.array(expected)), atol=close)
