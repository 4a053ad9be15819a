"""Spectra of frames against the definition, Parseval's theorem and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import naive_signal
from spectra.signal.frames import taper
from spectra.signal.spectrum import frame_spectra, frequencies, spectrum, without_mean

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


@pytest.mark.parametrize("nperseg", [2, 3, 16, 17, 256])
@pytest.mark.parametrize("window", WINDOWS)
def test_spectra_without_mean_are_those_of_frames_less_their_mean(window, nperseg):
    frames = np.random.default_rng(4).normal(size=(3, 4, nperseg)) + 5.0
    X, means = frame_spectra(frames, window)
    np.testing.assert_allclose(means, frames.mean(axis=-1))
    found = without_mean(X, means, window, nperseg)
    direct, _ = frame_spectra(frames - means[..., None], window)
    # Bins of the taper below 1e-6 of its bin 0 are taken for rounding; the mean is 5.
    np.testing.assert_allclose(found, direct, atol=6e-6)
    # X itself is kept: the views that hold the level use it.
    np.testing.assert_array_equal(X, frame_spectra(frames, window)[0])


@given(st.floats(-1e3, 1e3))
def test_a_constant_frame_has_no_spectrum_once_its_mean_is_left_out(value):
    X, means = frame_spectra(np.full((1, 32), value), "hann")
    left = without_mean(X, means, "hann", 32)
    assert np.abs(left).max() <= 1e-12 * max(abs(value), 1.0)


def test_single_precision_stays_single():
    X, means = frame_spectra(np.ones((2, 16), dtype=np.float32), "hann")
    assert X.dtype == np.complex64
    assert means.dtype == np.float32
    assert without_mean(X, means, "hann", 16).dtype == np.complex64


def test_an_unknown_scaling_is_refused():
    with pytest.raises(ValueError, match="scaling='loud' must be 'power' or 'magnitude'"):
        spectrum(np.ones(4), np.ones(4), scaling="loud")
