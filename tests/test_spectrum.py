"""Spectra of frames against the definition, Parseval's theorem and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import naive_signal
from spectra.signal.frames import taper
from spectra.signal.spectrum import (
    frame_spectra,
    frequencies,
    magnitude_over_power,
    spectrum,
    with_mean,
)

WINDOWS = ["hann", "boxcar", ("tukey", 0.3), ("gaussian", 5.0), "flattop"]


@pytest.mark.parametrize("nperseg", [2, 3, 15, 16, 64])
@pytest.mark.parametrize("window", WINDOWS)
def test_power_scaling_keeps_the_power(window, nperseg):
    frames = np.random.default_rng(1).normal(size=(5, 2, nperseg))
    weights = taper(window, nperseg)
    power = (np.abs(spectrum(frames, weights)) ** 2).sum(axis=-1)
    np.testing.assert_allclose(
        power, ((frames * weights) ** 2).sum(axis=-1) / (weights**2).sum(), rtol=1e-12
    )


@pytest.mark.parametrize("nperseg", [2, 3, 15, 16, 64])
@pytest.mark.parametrize("window", WINDOWS)
def test_one_scaling_follows_from_the_other(window, nperseg):
    frames = np.random.default_rng(2).normal(size=(5, nperseg))
    weights = taper(window, nperseg)
    power, magnitude = (spectrum(frames, weights, scaling=each) for each in ("power", "magnitude"))
    np.testing.assert_allclose(magnitude_over_power(weights) * power, magnitude, rtol=1e-9)


def test_magnitude_scaling_reads_the_amplitude_at_its_frequency():
    fs, nperseg = 200.0, 100
    frame = 3.0 * np.sin(2 * np.pi * 20.0 * np.arange(nperseg) / fs)
    amplitudes = np.abs(spectrum(frame, taper("hann", nperseg), scaling="magnitude"))
    assert frequencies(nperseg, fs)[amplitudes.argmax()] == 20.0
    assert amplitudes.max() == pytest.approx(3.0, rel=1e-12)


@pytest.mark.parametrize("nperseg", [8, 9])
def test_spectra_are_the_fourier_transform_of_the_tapered_frame(nperseg):
    frame, weights = np.random.default_rng(2).normal(size=nperseg), taper("hann", nperseg)
    twice = np.full(nperseg // 2 + 1, 2.0)
    twice[0] = 1.0
    if nperseg % 2 == 0:
        twice[-1] = 1.0
    transform = np.array(naive_signal.spectrum((frame * weights).tolist()))
    np.testing.assert_allclose(
        spectrum(frame, weights, scaling="magnitude"), transform * twice / weights.sum(), atol=1e-14
    )
    np.testing.assert_allclose(
        spectrum(frame, weights),
        transform * np.sqrt(twice / (nperseg * (weights**2).sum())),
        atol=1e-14,
    )


def test_power_is_that_of_scipy_whose_mean_square_counts_bins_of_fs_over_nperseg():
    frame = np.random.default_rng(3).normal(size=64)
    f, density = signal.periodogram(frame, fs=50.0, window="hann", detrend=False)
    found = np.abs(spectrum(frame, taper("hann", 64))) ** 2
    np.testing.assert_allclose(found, density * 50.0 / 64, rtol=1e-10)
    np.testing.assert_allclose(frequencies(64, 50.0), f)


@pytest.mark.parametrize("nperseg", [2, 16, 17])
def test_frequencies_without_a_rate_are_cycles_per_sample(nperseg):
    np.testing.assert_array_equal(frequencies(nperseg, None), np.fft.rfftfreq(nperseg))


@pytest.mark.parametrize("nperseg", [2, 3, 16, 17, 192, 193, 256])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spectra_of_frames_are_those_less_their_mean_and_with_it_those_of_the_frames(
    window, nperseg, dtype
):
    frames = np.random.default_rng(4).normal(size=(3, 4, nperseg)).astype(dtype) + dtype(5)
    X, means = frame_spectra(frames, window)
    wide = frames.astype(np.float64)
    expected = wide.mean(axis=-1)
    np.testing.assert_allclose(means, expected, rtol=1e-6)
    direct = spectrum(wide - expected[..., None], taper(window, nperseg))
    np.testing.assert_allclose(X, direct, atol=1e-5 if dtype == np.float32 else 1e-12)
    kept = X.copy()
    whole = with_mean(X, means, window, nperseg)
    # Bins of the taper below 1e-6 of its bin 0 are taken for rounding; the mean is 5.
    np.testing.assert_allclose(whole, spectrum(wide, taper(window, nperseg)), atol=1e-5)
    # X itself is kept: other views use it.
    np.testing.assert_array_equal(X, kept)


@pytest.mark.parametrize("nperseg", [16, 89, 256])
def test_a_level_far_from_zero_costs_the_spectrum_no_digits(nperseg):
    x = np.random.default_rng(5).normal(size=(50, nperseg)).astype(np.float32)
    level = np.float32(2.0**14)
    # The sum has fewer digits; its difference from the level is exact.
    raised = x + level
    X, means = frame_spectra(raised, "hann")
    expected, low = frame_spectra(raised - level, "hann")
    np.testing.assert_allclose(means - level, low, atol=4e-3)
    # What is left of the mean lies in the bins of the taper.
    np.testing.assert_allclose(X[:, 2:], expected[:, 2:], atol=1e-6)
    np.testing.assert_allclose(X[:, :2], expected[:, :2], atol=4e-3)


@given(st.floats(-1e3, 1e3))
def test_a_constant_frame_has_no_spectrum_less_its_mean(value):
    X, _ = frame_spectra(np.full((1, 32), value), "hann")
    assert np.abs(X).max() <= 1e-12 * max(abs(value), 1.0)


def test_single_precision_stays_single():
    X, means = frame_spectra(np.ones((2, 16), dtype=np.float32), "hann")
    assert X.dtype == np.complex64
    assert means.dtype == np.float32
    assert with_mean(X, means, "hann", 16).dtype == np.complex64


def test_an_unknown_scaling_is_refused():
    with pytest.raises(ValueError, match="scaling='loud' must be 'power' or 'magnitude'"):
        spectrum(np.ones(4), np.ones(4), scaling="loud")
