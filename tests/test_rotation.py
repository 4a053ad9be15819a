"""The complex plane: rotations, alignment, and a sliding DFT whose drift stays within its bound."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_rotation as naive
from spectra import rotation
from spectra.rotation import SlidingDFT, drift_bound
from spectra.signal.spectrum import spectrum as power_spectrum

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


@pytest.mark.parametrize(
    "call",
    [
        lambda X: rotation.time_shift(X, 1.0, 8),
        lambda X: rotation.align_time(X, X, 8),
        lambda X: rotation.aligned_distance(X, X, 8),
        lambda X: rotation.sliding_dft_step(X, 0.0, 0.0, 8),
    ],
    ids=["time_shift", "align_time", "aligned_distance", "sliding_dft_step"],
)
def test_a_wrong_number_of_bins_is_refused(call):
    with pytest.raises(ValueError, match=r"shape \(2, 4\) is not one-sided for nperseg=8.* 5 bins"):
        call(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="not one-sided"):
        call(0.0)


def test_a_frame_of_no_samples_is_refused():
    with pytest.raises(ValueError, match="nperseg=0 must be an integer >= 1"):
        rotation.time_shift(np.zeros(1), 1.0, 0)


# Alignment


@given(seeds, st.floats(-3.0, 3.0))
def test_align_phase_undoes_a_rotation(seed, theta):
    X = complex_noise(seed, 2, 5)
    aligned, found = rotation.align_phase(rotation.rotate(X, -theta), X)
    np.testing.assert_allclose(found, theta, atol=CLOSE)
    np.testing.assert_allclose(aligned, X, atol=CLOSE)


@given(seeds)
def test_no_phase_is_nearer_than_the_aligned_one(seed):
    X, Y = complex_noise(seed, 2, 5)
    tried = [naive.distance_by_phase(X, Y, theta) for theta in np.linspace(-np.pi, np.pi, 721)]
    best = rotation.aligned_distance(X, Y)
    assert best <= min(tried) + CLOSE
    # D(θ) = a − 2b cos(θ − θ₀): half a step from θ₀ the grid is at most 2b(1 − cos(step/2)) above
    # it.
    room = 2 * np.linalg.norm(X) * np.linalg.norm(Y) * (1 - math.cos(np.pi / 720))
    assert best >= min(tried) - room - CLOSE


@given(seeds, st.integers(1, 9))
def test_phase_distance_is_its_closed_form(seed, n_bins):
    X, Y = complex_noise(seed, 2, 3, n_bins)
    inner = np.abs(np.einsum("ij,ij->i", X.conj(), Y))
    closed = np.linalg.norm(X, axis=1) ** 2 + np.linalg.norm(Y, axis=1) ** 2 - 2 * inner
    np.testing.assert_allclose(rotation.aligned_distance(X, Y), closed, atol=1e-11)


def test_phase_of_orthogonal_spectra_is_zero():
    for X in ([1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]):
        aligned, theta = rotation.align_phase(X, [0.0, -1.0])
        assert theta == 0.0
        np.testing.assert_array_equal(aligned, X)


def test_one_reference_serves_many_rows():
    X, Y = complex_noise(5, 2, 3, 5), complex_noise(6, 5)
    aligned, theta = rotation.align_phase(X, Y)
    assert (aligned.shape, theta.shape) == ((2, 3, 5), (2, 3))
    aligned, shift = rotation.align_time(X, Y, 8)
    assert (aligned.shape, shift.shape) == ((2, 3, 5), (2, 3))
    np.testing.assert_allclose(rotation.align_time(X[1, 2], Y, 8)[1], shift[1, 2], atol=1e-9)
    for nperseg in (None, 8):
        whole = rotation.aligned_distance(X, Y, nperseg)
        np.testing.assert_allclose(
            whole[1, 2], rotation.aligned_distance(X[1, 2], Y, nperseg), rtol=CLOSE
        )


# A move by δ radians lowers a cosine by δ²/2, which is below rounding (1e-16) up to here; w is the
# longest period.
OF_A_PERIOD = 1e-8


def circular_gap(a, b, w):
    """Distance of two shifts around a frame of w samples."""
    return np.abs((a - b + w / 2) % w - w / 2)


@given(seeds, st.integers(1, 20), st.floats(-60.0, 60.0))
def test_align_time_finds_any_shift_of_an_odd_frame(seed, half, shift):
    w = 2 * half + 1
    X = np.fft.rfft(noise(seed, w))
    aligned, found = rotation.align_time(rotation.time_shift(X, shift, w), X, w)
    assert circular_gap(found, -shift, w) < w * OF_A_PERIOD
    assert np.abs(found) <= w / 2 + 0.25
    np.testing.assert_allclose(aligned, X, atol=1e-7)


@given(seeds, st.integers(1, 20), st.floats(-60.0, 60.0))
def test_align_time_finds_any_shift_of_an_even_frame_without_its_last_bin(seed, half, shift):
    w = 2 * half + 2
    X = np.fft.rfft(noise(seed, w))
    X[-1] = 0.0
    aligned, found = rotation.align_time(rotation.time_shift(X, shift, w), X, w)
    assert circular_gap(found, -shift, w) < w * OF_A_PERIOD
    np.testing.assert_allclose(aligned, X, atol=1e-7)


@given(seeds, st.integers(3, 40), st.integers(-40, 40))
def test_align_time_finds_whole_shifts_of_any_frame(seed, w, shift):
    frame = noise(seed, w)
    X, moved = np.fft.rfft(frame), np.fft.rfft(np.roll(frame, shift))
    _, found = rotation.align_time(moved, X, w)
    assert circular_gap(found, -shift, w) < w * OF_A_PERIOD
    np.testing.assert_allclose(rotation.aligned_distance(moved, X, w), 0.0, atol=1e-14 * w**2)


def scaled(frame):
    return power_spectrum(frame, np.ones(len(frame)), detrend="none")


@settings(max_examples=40)
@given(seeds, st.integers(2, 9))
def test_align_time_is_the_argmax_of_the_cross_correlation(seed, w):
    frame, reference = noise(seed, 2, w)
    X, Y = scaled(frame), scaled(reference)
    aligned, _ = rotation.align_time(X, Y, w)
    # Power scaling: Σ_k Re(conj(X_k)·Y_k) is the mean over samples of the product of the frames.
    found = np.sum((aligned.conj() * Y).real)
    tried = np.array(naive.correlations(frame, reference, parts=16)) / w
    missed = (1 - math.cos(math.pi / 8)) / 2 * (tried.max() - tried.min())
    assert found >= tried.max() - missed - CLOSE
    # The grid is at most 1/32 of a sample from the highest value: the same theorem bounds what it
    # misses itself.
    highest = tried.max() + (1 - math.cos(math.pi / 32)) * (found - tried.min())
    assert found <= highest + CLOSE


@given(seeds, st.integers(1, 24))
def test_distances_are_those_of_the_frames_and_never_grow_by_alignment(seed, w):
    frame, reference = noise(seed, 2, w)
    X, Y = scaled(frame), scaled(reference)
    plain = np.mean((frame - reference) ** 2)
    np.testing.assert_allclose(np.sum(np.abs(X - Y) ** 2), plain, rtol=1e-11)
    _, shift = rotation.align_time(X, Y, w)
    by_time = rotation.aligned_distance(X, Y, w)
    np.testing.assert_allclose(
        by_time, np.mean((naive.later(frame, shift) - reference) ** 2), atol=1e-11
    )
    assert 0.0 <= by_time <= plain + CLOSE
    assert 0.0 <= rotation.aligned_distance(X, Y) <= plain + CLOSE


@given(seeds, st.floats(1e-6, 1e6), angles)
def test_distance_of_a_turned_copy_is_rounding_and_never_negative(seed, size, theta):
    X = size * complex_noise(seed, 64)
    distance = rotation.aligned_distance(rotation.rotate(X, theta), X)
    # The closed form leaves 1e-16·‖X‖² of either sign; squares of differences leave 1e-32.
    assert 0.0 <= distance < 1e-29 * np.sum(np.abs(X) ** 2)


@pytest.mark.parametrize("w", [1, 2, 5, 8])
def test_frames_without_a_best_shift_stay_where_they_are(w):
    constant = np.zeros(w // 2 + 1)
    constant[0] = 3.7
    for other in (constant, -constant, 0.0 * constant, np.fft.rfft(noise(1, w))):
        aligned, shift = rotation.align_time(constant, other, w)
        assert shift == 0.0
        np.testing.assert_array_equal(aligned, constant)


# The sliding DFT


@settings(max_examples=40)
@given(seeds, st.integers(1, 9), st.integers(1, 3), st.sampled_from([None, 1, 2, 7]))
def test_every_way_of_sliding_gives_the_dft_of_the_last_samples(seed, w, n_channels, refresh):
    signal = noise(seed, 23, n_channels)
    expected = np.stack([naive.sliding(channel, w) for channel in signal.T], axis=1)
    by_one, by_all, by_both = (SlidingDFT(w, n_channels, refresh) for _ in range(3))
    step = np.zeros_like(expected[0])
    past = np.concatenate([np.zeros((w, n_channels)), signal])
    for n, sample in enumerate(signal):
        by_one.update(sample)
        step = rotation.sliding_dft_step(step, past[n], sample, w)
        np.testing.assert_allclose(by_one.spectrum, expected[n], atol=CLOSE)
        np.testing.assert_allclose(step, expected[n], atol=CLOSE)
        np.testing.assert_array_equal(by_one.frame, past[n + 1 : n + 1 + w].T)
    np.testing.assert_allclose(by_all.extend(signal), expected, atol=CLOSE)
    np.testing.assert_allclose(by_both.extend(signal[:5]), expected[:5], atol=CLOSE)
    by_both.update(signal[5])
    assert by_both.extend(signal[6:6]).shape == (0, n_channels, w // 2 + 1)
    np.testing.assert_allclose(by_both.extend(signal[6:]), expected[6:], atol=CLOSE)
    np.testing.assert_array_equal(by_both.frame, by_one.frame)


def test_a_step_follows_the_formula_by_hand():
    # w = 4 with x = 1, 2, 3, 4, then 7: X = [10, −2 + 2i, −2] becomes the DFT of 2, 3, 4, 7.
    stepped = rotation.sliding_dft_step([10.0, -2 + 2j, -2.0], 1.0, 7.0, 4)
    np.testing.assert_allclose(stepped, [16.0, -2 + 4j, -4.0], atol=1e-14)


def drifting_signals(n, w):
    """|x| <= 1: noise, tones and a square wave right on a bin, where rounding has a direction, and
    a constant.
    """
    t = np.arange(n)
    tones = np.cos(2 * np.pi * np.array([1, 3, 5]) / w * t[:, None] + 0.3)
    uniform = np.random.default_rng(0).uniform(-1.0, 1.0, n)
    return np.column_stack([uniform, tones, np.sign(tones[:, 1]), np.ones(n)])


def exact_spectra(padded, w):
    return np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, w, axis=0), axis=-1)


def test_a_million_steps_stay_within_the_drift_bound():
    w, n = 16, 10**6
    padded = np.concatenate([np.zeros((w, 6)), drifting_signals(n, w)])
    X = np.zeros((6, w // 2 + 1), dtype=np.complex128)
    worst = {}
    for step in range(n):
        X = rotation.sliding_dft_step(X, padded[step], padded[step + w], w)
        if (step + 1) % 100_000 == 0:
            exact = exact_spectra(padded[step + 1 : step + 1 + w], w)[0]
            worst[step + 1] = np.abs(X - exact).max()
            assert worst[step + 1] <= drift_bound(w, step + 1, 1.0)
    # The bound is worth having: ten digits of a spectrum of up to 16 are never lost in a million
    # steps.
    assert drift_bound(w, n, 1.0) < 1e-7
    # It grows with n for a reason: on a bin, what a step leaves behind adds up.
    assert worst[n] > worst[100_000]


@pytest.mark.parametrize("refresh", [None, 1000])
def test_a_million_samples_in_blocks_stay_within_the_drift_bound(refresh):
    w, n, block = 16, 10**6, 20_000
    sliding = SlidingDFT(w, n_channels=6, refresh=refresh)
    padded = np.concatenate([np.zeros((w, 6)), drifting_signals(n, w)])
    for start in range(0, n, block):
        spectra = sliding.extend(padded[start + w : start + w + block])
        errors = np.abs(spectra - exact_spectra(padded[start + 1 : start + w + block], w)).max()
        assert errors <= drift_bound(w, refresh or start + block, 1.0)


def test_refresh_keeps_updates_within_the_bound_of_one_round():
    w, refresh = 16, 64
    sliding = SlidingDFT(w, n_channels=6, refresh=refresh)
    padded = np.concatenate([np.zeros((w, 6)), drifting_signals(20 * refresh, w)])
    for step in range(20 * refresh):
        sliding.update(padded[step + w])
        error = np.abs(
            sliding.spectrum - exact_spectra(padded[step + 1 : step + 1 + w], w)[0]
        ).max()
        assert error <= drift_bound(w, refresh, 1.0)
        if (step + 1) % refresh == 0:
            np.testing.assert_array_equal(sliding.spectrum, np.fft.rfft(sliding.frame, axis=1))


def test_what_a_huge_sample_spoils_stays_until_the_next_full_fft():
    w = 8
    signal = np.full(100, 1 / 3)
    signal[20] = 1e12
    never, sometimes = SlidingDFT(w, refresh=None), SlidingDFT(w, refresh=50)
    for x in signal:
        never.update(x)
        sometimes.update(x)
    exact = np.fft.rfft(np.full((1, w), 1 / 3), axis=1)
    small = drift_bound(w, 100, 1.0)
    assert small < np.abs(never.spectrum - exact).max() <= drift_bound(w, 100, 1e12)
    assert np.abs(sometimes.spectrum - exact).max() <= small


def test_drift_bound_grows_with_steps_size_and_frame():
    assert drift_bound(16, 0, 1.0) > 0.0
    assert drift_bound(16, 10, 1.0) < drift_bound(16, 20, 1.0) < drift_bound(32, 20, 1.0)
    np.testing.assert_allclose(
        drift_bound(16, 1000, 5.0), 5.0 * drift_bound(16, 1000, 1.0), rtol=CLOSE
    )
    # n·c·2⁻⁵³·w·peak, the leading term, with the 10 steps (2 + 2·log2 16) the FFT counts for.
    np.testing.assert_allclose(
        drift_bound(16, 10**6, 1.0), (10**6 + 10) * 32 * 2.0**-53 * 16, rtol=1e-8
    )


def test_a_single_channel_takes_plain_numbers():
    sliding = SlidingDFT(4)
    for x in (1.0, 2.0, 3.0):
        sliding.update(x)
    np.testing.assert_allclose(sliding.extend([4.0])[0, 0], [10.0, -2 + 2j, -2.0], atol=1e-14)


def test_what_is_handed_out_can_be_changed_without_harm():
    sliding = SlidingDFT(4, refresh=None)
    spectra = sliding.extend([1.0, 2.0, 3.0, 4.0])
    spectra[:], sliding.spectrum[:], sliding.frame[:] = 99.0, 99.0, 99.0
    np.testing.assert_allclose(sliding.spectrum[0], [10.0, -2 + 2j, -2.0], atol=1e-14)
    np.testing.assert_array_equal(sliding.frame[0], [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_sample_that_is_not_finite_is_refused_and_changes_nothing(bad):
    sliding = SlidingDFT(4, n_channels=2)
    sliding.extend([[1.0, 2.0], [3.0, 4.0]])
    before = sliding.spectrum
    with pytest.raises(ValueError, match="not finite"):
        sliding.update([1.0, bad])
    with pytest.raises(ValueError, match="not finite"):
        sliding.extend([[1.0, 1.0], [bad, 1.0]])
    np.testing.assert_array_equal(sliding.spectrum, before)


def test_samples_of_another_shape_are_refused():
    sliding = SlidingDFT(4, n_channels=2)
    with pytest.raises(ValueError, match=r"shape \(1,\) do not fit n_channels=2"):
        sliding.update(1.0)
    for samples in (1.0, [1.0, 2.0], np.zeros((3, 1)), np.zeros((3, 2, 1))):
        with pytest.raises(ValueError, match="do not fit n_channels=2"):
            sliding.extend(samples)


@pytest.mark.parametrize("sizes", [(0, 1, None), (4, 0, None), (4, 1, 0)])
def test_sizes_below_one_are_refused(sizes):
    with pytest.raises(ValueError, match="must be integers >= 1"):
        SlidingDFT(*sizes)
