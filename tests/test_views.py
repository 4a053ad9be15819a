"""The views φ of a spectrum: their definitions, and what each does not see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_signal
from spectra.signal.spectrum import spectrum
from spectra.signal.views import FAINT, VIEWS, by_bin

BINS = st.integers(2, 9)


def spectra(seed: int = 0, n_frames: int = 4, n_bins: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_frames, n_bins)) + 1j * rng.normal(size=(n_frames, n_bins))
    X[:, 0] = X[:, 0].real
    return X


def phi(view: str, X: np.ndarray) -> np.ndarray:
    return VIEWS[view][0](X)


@given(BINS)
def test_views_are_their_formulas(n_bins: int) -> None:
    X = spectra(n_bins, n_bins=n_bins)
    for row, x in enumerate(X):
        sizes = [abs(value) for value in x]
        power = sum(size**2 for size in sizes[1:])
        expected = {
            "magnitude": sizes[1:],
            "magnitude-dc": [x[0].real, *sizes[1:]],
            "residual": [x[0].real, *sizes[1:]],
            "level": [x[0].real],
            "complex": [part for value in x[1:] for part in (value.real, value.imag)],
            "shape": [size / (power + FAINT) ** 0.5 for size in sizes[1:]],
            "spectrogram": naive_signal.band_powers(x),
        }
        for view, values in expected.items():
            np.testing.assert_allclose(phi(view, X)[row], values, rtol=1e-12)


@given(st.integers(0, 100))
def test_distance_in_the_complex_plane_is_that_of_the_spectra(seed: int) -> None:
    X, Y = spectra(seed), spectra(seed + 1)
    found = ((phi("complex", X) - phi("complex", Y)) ** 2).sum(axis=-1)
    np.testing.assert_allclose(found, (np.abs(X - Y)[:, 1:] ** 2).sum(axis=-1), rtol=1e-12)


@pytest.mark.parametrize("view", ["magnitude", "magnitude-dc", "shape", "level"])
@given(shift=st.integers(0, 31))
def test_views_of_magnitudes_do_not_see_a_shift_in_time(view: str, shift: int) -> None:
    frame = np.random.default_rng(3).normal(size=(1, 32))
    one, other = (spectrum(each, np.ones(32)) for each in (frame, np.roll(frame, shift, axis=1)))
    np.testing.assert_allclose(phi(view, other), phi(view, one), atol=1e-12)


@given(n_bins=st.sampled_from([2, 5, 9, 65, 66, 129, 260]), seed=st.integers(0, 9))
def test_band_powers_are_the_definition_and_add_up_to_the_power_of_their_bins(
    n_bins: int, seed: int
) -> None:
    X = spectra(seed, n_bins=n_bins)
    found = phi("spectrogram", X)
    for row, x in zip(found, X, strict=True):
        np.testing.assert_allclose(row, naive_signal.band_powers(list(x)), rtol=1e-9)
    width = (n_bins - 1) // min(4, n_bins - 1)
    if width <= 16 or width % 16 == 0:
        # Stretches of one length: their mean is that over the frame (Parseval).
        by_band = found.reshape(len(X), -1, min(16, width)).mean(axis=-1)
        bins = (np.abs(X[:, 1:]) ** 2)[:, : by_band.shape[1] * width]
        np.testing.assert_allclose(by_band, bins.reshape(*by_band.shape, -1).sum(axis=-1))


def test_a_spectrogram_sees_when_in_the_frame_a_band_is_loud() -> None:
    t = np.arange(256)
    frame = np.where((t >= 96) & (t < 128), np.cos(2 * np.pi * 0.3 * t), 0.0)
    found = phi("spectrogram", spectrum(frame[None], np.ones(256))).reshape(4, 16)
    assert found.sum(axis=1).argmax() == 2
    assert set(np.argsort(found[2])[-2:]) == {6, 7}
    assert found[2, [6, 7]].sum() > 0.8 * found.sum()


@given(st.integers(0, 31))
def test_the_complex_plane_sees_a_shift_that_the_aligned_view_does_not(shift: int) -> None:
    # The strongest bin is the first harmonic, so that its phase names the shift.
    t = np.arange(32)
    frame = (np.sin(2 * np.pi * t / 32 + 0.4) + 0.3 * np.cos(2 * np.pi * 3 * t / 32))[None]
    one, other = (spectrum(each, np.ones(32)) for each in (frame, np.roll(frame, shift, axis=1)))
    np.testing.assert_allclose(phi("aligned", other), phi("aligned", one), atol=1e-9)
    moved = np.abs(phi("complex", other) - phi("complex", one)).max()
    assert (moved > 0.1) == (shift != 0)


def test_aligned_spectra_keep_their_magnitudes_and_have_a_strongest_bin_of_phase_0() -> None:
    X = spectra(5)
    parts = phi("aligned", X).reshape(len(X), -1, 2)
    turned = parts[..., 0] + 1j * parts[..., 1]
    np.testing.assert_allclose(np.abs(turned), np.abs(X[:, 1:]), rtol=1e-12)
    strongest = turned[np.arange(len(X)), np.abs(turned).argmax(axis=1)]
    np.testing.assert_allclose(np.angle(strongest), 0.0, atol=1e-9)


def test_shape_does_not_see_loudness_and_does_not_blow_up_silence() -> None:
    X = 10 * spectra(6)
    np.testing.assert_allclose(phi("shape", 100 * X), phi("shape", X), rtol=1e-3)
    assert (np.abs(phi("shape", 1e-3 * X)) < 0.5).all()
    np.testing.assert_array_equal(phi("shape", 0 * X), 0.0)


@pytest.mark.parametrize("view", VIEWS)
@given(n_bins=BINS)
def test_parts_of_a_distance_summed_by_bin_keep_their_sum(view: str, n_bins: int) -> None:
    X = spectra(n_bins, n_bins=n_bins)
    parts = phi(view, X) ** 2
    found = by_bin(parts, view, n_bins)
    assert found.shape == (len(X), n_bins)
    np.testing.assert_allclose(found.sum(axis=-1), parts.sum(axis=-1), rtol=1e-12)


@pytest.mark.parametrize("view", ["magnitude", "magnitude-dc", "complex", "aligned"])
def test_parts_of_a_distance_belong_to_their_bin(view: str) -> None:
    X = spectra(7)
    found = by_bin(phi(view, X) ** 2, view, X.shape[-1])
    np.testing.assert_allclose(found[:, 1:], np.abs(X[:, 1:]) ** 2, rtol=1e-12)
    first = X[:, 0].real ** 2 if view == "magnitude-dc" else 0.0
    np.testing.assert_allclose(found[:, 0], first)


@pytest.mark.parametrize("view", VIEWS)
def test_gaps_stay_gaps_and_precision_stays_as_it_is(view: str) -> None:
    X = spectra(8).astype(np.complex64)
    X[2] = complex(np.nan, np.nan)
    found = phi(view, X)
    assert found.dtype == np.float32
    assert np.isnan(found[2]).all()
    assert np.isfinite(np.delete(found, 2, axis=0)).all()
