"""The numerical kernels against their definitions and invariants."""

import numpy as np
import pytest
from scipy import signal, stats

from spectra.calibration.gaussian import GaussianThreshold, p_from_z
from spectra.errors import DataError
from spectra.signal import distance
from spectra.signal.frames import (
    cut_of,
    dominant_period,
    frame_starts,
    frame_view,
    ladder,
    taper,
    to_steps,
)
from spectra.signal.spectrum import frequencies, spectrum
from spectra.signal.views import VIEWS
from spectra.spectral.comparison import Settings
from spectra.spectral.model import SpectralModel
from spectra.spectral.normal import NormalSpectrum


@pytest.mark.parametrize("nperseg", [16, 17, 100])
def test_default_taper_is_that_of_scipy(nperseg):
    np.testing.assert_allclose(
        taper("hann", nperseg), signal.get_window("hann", nperseg), atol=1e-15
    )


@pytest.mark.parametrize("nperseg", [15, 16, 64])
@pytest.mark.parametrize("window", ["boxcar", "hann", ("tukey", 0.3)])
def test_power_scaling_keeps_the_power(window, nperseg):
    frames = np.random.default_rng(1).normal(size=(5, 2, nperseg))
    weights = taper(window, nperseg)
    power = (np.abs(spectrum(frames, weights, detrend="none")) ** 2).sum(axis=-1)
    np.testing.assert_allclose(
        power, ((frames * weights) ** 2).sum(axis=-1) / (weights**2).sum(), rtol=1e-12
    )


def test_magnitude_scaling_reads_the_amplitude_at_its_frequency():
    fs, nperseg = 200.0, 100
    frame = 3.0 * np.sin(2 * np.pi * 20.0 * np.arange(nperseg) / fs)
    amplitudes = np.abs(spectrum(frame, taper("hann", nperseg), scaling="magnitude"))
    assert frequencies(nperseg, fs)[amplitudes.argmax()] == 20.0
    assert amplitudes.max() == pytest.approx(3.0, rel=1e-12)


def test_linear_detrending_is_that_of_scipy():
    frames = np.random.default_rng(2).normal(size=(3, 1, 20)) + np.arange(20)
    weights = np.ones(20)
    np.testing.assert_allclose(
        spectrum(frames, weights, detrend="linear"),
        spectrum(signal.detrend(frames, axis=-1), weights, detrend="none"),
        atol=1e-12,
    )


def test_frames_are_a_view_and_reach_the_last_sample():
    values = np.arange(40.0).reshape(20, 2)
    view = frame_view(values, 8)
    assert np.shares_memory(view, values)
    starts = frame_starts(20, 8, 5)
    assert starts.tolist() == [0, 5, 10, 12]
    np.testing.assert_array_equal(view[12, 1], values[12:, 1])


def test_sample_scores_are_the_mean_over_covering_frames():
    scores = to_steps(np.array([1.0, np.nan, 4.0]), np.array([0, 4, 5]), 4, 1)
    np.testing.assert_allclose(scores, [1, 1, 1, 1, np.nan, 4, 4, 4, 4])


def test_too_short_a_recording_says_so():
    with pytest.raises(DataError, match="7 rows, fewer than one frame of 8"):
        frame_starts(7, 8, 1)


def test_period_of_a_noisy_cycle_is_found_and_noise_has_none():
    rng = np.random.default_rng(3)
    cycle = np.tile(signal.windows.gaussian(50, 4), 100)[:, None]
    assert dominant_period(cycle + 0.1 * rng.normal(size=cycle.shape)) == 50
    assert dominant_period(rng.normal(size=(5000, 1))) is None


def test_squared_distances_survive_a_large_common_offset():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(6, 10)), rng.normal(size=(4, 10))
    expected = ((a[:, None] - b) ** 2).sum(axis=-1)
    # The offset itself costs 1e4 · 2⁻⁵² in each value, which is what is left of the digits.
    np.testing.assert_allclose(distance.squared_distances(a + 1e4, b + 1e4), expected, rtol=1e-9)


@pytest.mark.parametrize("reference", ["nearest", "mean"])
@pytest.mark.parametrize("own", [False, True])
def test_parts_sum_to_the_distance(reference, own):
    rng = np.random.default_rng(5)
    features, starts = rng.normal(size=(2, 30, 12)), np.arange(30) * 2
    normal = NormalSpectrum(features, starts, nperseg=8, ks=(3, 7), reference=reference)
    whole = normal.distance(features, starts if own else None)
    for channel in range(2):
        for look, k in enumerate(normal.ks if reference == "nearest" else (1,)):
            parts = normal.parts(features[channel], channel, k, starts if own else None)
            np.testing.assert_allclose(parts.sum(axis=1), whole[look, channel], atol=1e-12)


@pytest.mark.parametrize("reference", ["nearest", "mean"])
def test_overlapping_frames_are_left_out(reference):
    rng = np.random.default_rng(6)
    features, starts = rng.normal(size=(1, 20, 5)), np.arange(20) * 3
    normal = NormalSpectrum(features, starts, nperseg=6, ks=(4, 2), reference=reference)
    found = normal.distance(features, starts)
    for i in range(20):
        others = features[0, np.abs(starts - starts[i]) >= 6]
        every = np.sort(((others - features[0, i]) ** 2).sum(axis=1))
        mean = ((features[0, i] - others.mean(axis=0)) ** 2).sum()
        expected = [every[:4].mean(), every[:2].mean()] if reference == "nearest" else [mean]
        np.testing.assert_allclose(found[:, 0, i], expected, rtol=1e-10)


def test_frames_with_gaps_have_no_distance_and_are_no_neighbours():
    rng = np.random.default_rng(10)
    features = rng.normal(size=(2, 9, 4))
    features[0, 3] = np.nan
    starts = np.arange(9) * 10
    for reference in ("nearest", "mean"):
        found = NormalSpectrum(features, starts, nperseg=5, ks=(2,), reference=reference).distance(
            features, starts
        )
        whole = np.delete(features[:1], 3, axis=1), np.delete(starts, 3)
        clean = NormalSpectrum(*whole, nperseg=5, ks=(2,), reference=reference).distance(*whole)
        assert np.isnan(found[0, 0, 3])
        np.testing.assert_allclose(np.delete(found[0, 0], 3), clean[0, 0], rtol=1e-12)
        assert np.isfinite(found[0, 1]).all()


@pytest.mark.parametrize("dof", [3, 20, 200])
def test_threshold_of_chi_square_is_near_its_quantile(dof):
    values = np.random.default_rng(dof).chisquare(dof, 50_000)
    calibrator = GaussianThreshold.fit(values)
    # Wilson–Hilferty itself is off by some percent at 3 degrees of freedom.
    assert calibrator.threshold(1e-3) == pytest.approx(stats.chi2.isf(1e-3, dof), rel=0.06)


def test_threshold_of_values_with_a_long_tail_below_is_near_their_quantile():
    values = stats.gumbel_l(loc=3.0)
    calibrator = GaussianThreshold.fit(values.rvs(20_000, random_state=13))
    assert calibrator.threshold(1e-3) - values.median() == pytest.approx(
        values.isf(1e-3) - values.median(), rel=0.1
    )


def test_threshold_is_the_inverse_of_the_p_value_far_into_the_tail():
    calibrator = GaussianThreshold.fit(np.random.default_rng(7).lognormal(size=2000))
    for alpha in (0.5, 1e-3, 1e-12, 1e-300):
        assert calibrator.p_value(calibrator.threshold(alpha)) == pytest.approx(alpha, rel=1e-8)
    assert np.isfinite(calibrator.log_p_value(1e300))


def test_distances_nearly_all_the_same_are_calibrated_on():
    calibrator = GaussianThreshold.fit([*np.ones(640), *np.geomspace(1e5, 1e8, 63)], 0.04)
    assert np.isfinite([calibrator.mu, calibrator.sigma]).all()
    usual, farther, farthest = calibrator.z([1.0, 1e5, 1e8])
    assert usual < farther < farthest


def test_one_pulse_in_silence_is_found_also_where_silence_is_what_was_learned():
    signal = np.zeros((3000, 1))
    signal[1500] = 1.0
    for rows in (None, slice(0, 500)):
        _, scores = SpectralModel.fit(
            signal, Settings(ladder(3000), (5, 0.1)), rows, () if rows is None else (5,)
        )
        assert np.isfinite(scores.z).all()
        assert abs(int(scores.z.argmax()) * scores.step - 1500) < 256
        assert p_from_z(scores.z.max()) < 1e-6


@pytest.mark.parametrize("factor", [3.0, 10.0, 1e6])
def test_a_tenth_of_anomalies_hardly_moves_the_threshold(factor):
    clean = np.random.default_rng(8).chisquare(20, 10_000)
    dirty = clean.copy()
    dirty[::10] *= factor
    before = GaussianThreshold.fit(clean).threshold(1e-3)
    moved = abs(GaussianThreshold.fit(dirty).threshold(1e-3) - before)
    assert moved < 0.15 * (before - np.median(clean))


@pytest.mark.parametrize("reference", ["nearest", "mean"])
@pytest.mark.parametrize("view", VIEWS)
def test_model_finds_the_stretch_that_differs_and_says_where(reference, view):
    rng = np.random.default_rng(9)
    values = rng.normal(size=(8000, 2))
    values[4000:4100, 1] += 4 * np.sin(2 * np.pi * 0.25 * np.arange(100)) + (
        4 if view == "level" else 0
    )
    values[6000:6010] = np.nan
    model, scores = SpectralModel.fit(
        values, Settings(cut_of(64, 8000), (5,), (view,), False, reference=reference)
    )
    peak = int(np.nanargmax(scores.z))
    assert 4000 - 64 <= peak * scores.step < 4100 + 64
    assert scores.channel[peak] == 1
    assert np.isnan(scores.sample_z[6000:6008]).all()
    ((nperseg, excess),) = model.excess(model.scale(values), scores, np.array([peak]), own=True)
    assert nperseg == 64
    assert excess.argmax() == (0 if view == "level" else 16)


def test_short_frames_count_less_where_many_of_them_are_odd_and_the_longest_count_in_full():
    rng = np.random.default_rng(11)
    values = rng.normal(size=(20_000, 1))
    settings = Settings(ladder(20_000), (5, 0.1))
    weights = {}
    for bursts in (0, 60):
        signal = values.copy()
        for start in rng.integers(0, 19_900, bursts):
            signal[start : start + 12] += 8 * rng.normal(size=(12, 1))
        model, _ = SpectralModel.fit(signal, settings)
        weights[bursts] = {
            one.nperseg: one.weight.mean() for one in model.comparisons if one.view == "magnitude"
        }
    shortest, *_, longest = settings.cut.npersegs
    assert weights[0][longest] == weights[60][longest] == 1
    assert weights[60][shortest] < 0.85 * weights[0][shortest] < weights[0][shortest] <= 1
