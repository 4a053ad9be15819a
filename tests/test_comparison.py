"""Frames compared with normal spectra, in each view."""

from dataclasses import replace

import numpy as np
import pytest

from spectra.signal.distance import Targets
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.loudness import silences
from spectra.signal.scale import Scale
from spectra.signal.spectrum import spectrum, with_mean
from spectra.signal.views import BANDS, VIEWS
from spectra.spectral import coupling
from spectra.spectral.comparison import (
    Comparison,
    cut_frames,
    gathered_spectra,
    spectra_of,
    view_features,
)
from spectra.spectral.normal import Neighbours, NormalSpectra

GRID = FrameGrid(16, 4)


def scaled(n: int = 400, n_channels: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_channels, n)).astype(np.float32)


NEIGHBOURS = (Neighbours(1, 1), Neighbours(3, 2))


def comparison(view: str = "magnitude", levels: tuple[bool, ...] = (False, True)) -> Comparison:
    starts = GRID.starts(400)[::3]
    X, means = spectra_of(scaled(), starts, 16, "hann")
    whole = with_mean(X, means, "hann", 16)
    whitening = coupling.whitening_matrices(whole) if view == "residual" else None
    silence = None
    if view == "spectrogram":
        silence = silences(view_features(X, means, view, "hann", 16), BANDS)
    bank = view_features(X, means, view, "hann", 16, whitening, silence)
    references = tuple(
        NormalSpectra(Targets.of(bank), means, starts, 16, 16, NEIGHBOURS[:count])
        for count in (2, 1)
    )
    return Comparison(GRID, view, levels, "hann", references, whitening, silence)


@pytest.mark.parametrize("nperseg", [2, 3, 16])
def test_frames_are_the_samples_they_say(nperseg: int) -> None:
    x, starts = scaled(40, 3), np.array([0, 7, 40 - nperseg])
    found = cut_frames(x, starts, nperseg)
    assert found.shape == (3, 3, nperseg)
    for i, start in enumerate(starts):
        np.testing.assert_array_equal(found[:, i], x[:, start : start + nperseg])


@pytest.mark.parametrize("n_channels", [1, 3])
def test_frames_at_a_regular_distance_are_those_at_each_start(n_channels: int) -> None:
    x, starts = scaled(100, n_channels), range(7, 85, 5)
    np.testing.assert_array_equal(cut_frames(x, starts, 16), cut_frames(x, np.array(starts), 16))
    for one, other in zip(
        spectra_of(x, starts, 16, "hann"), spectra_of(x, np.array(starts), 16, "hann"), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_spectra_and_means_are_those_of_the_frames() -> None:
    x, starts = scaled(), np.array([3, 100, 384])
    X, means = spectra_of(x, starts, 16, "blackman")
    frames = cut_frames(x, starts, 16).astype(float)
    centred = frames - frames.mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(X, spectrum(centred, taper("blackman", 16)), atol=1e-5)
    np.testing.assert_allclose(means, frames.mean(axis=-1), atol=1e-6)


@pytest.mark.parametrize("at_once", [1, 40, 2**18])
def test_gathered_spectra_are_those_of_the_scaled_signal(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("spectra.spectral.comparison.AT_ONCE", at_once)
    signal = 50 * np.random.default_rng(1).normal(size=(300, 2)) + [7.0, 1e4]
    scale, starts = Scale.fit(signal), np.array([0, 1, 77, 284])
    found = gathered_spectra(signal, scale, starts, 16, "hann")
    for one, other in zip(found, spectra_of(scale(signal), starts, 16, "hann"), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("view", VIEWS)
def test_features_are_those_of_frames_with_or_without_their_mean(view: str) -> None:
    x, starts = scaled() + np.float32(3), GRID.starts(400)
    X, means = spectra_of(x, starts, 16, "hann")
    whole = with_mean(X, means, "hann", 16)
    whitening = coupling.whitening_matrices(whole) if view == "residual" else None
    found = view_features(X, means, view, "hann", 16, whitening)
    phi, keeps_mean = VIEWS[view]
    frames = cut_frames(x, starts, 16)
    if not keeps_mean:
        frames = frames - frames.mean(axis=-1, keepdims=True)
    Y = spectrum(frames, taper("hann", 16).astype(np.float32))
    if whitening is not None:
        Y = coupling.residual(Y, whitening)
    if view == "aligned":
        # Where two bins are equally strong, rounding decides which has phase 0.
        powers = np.sort(np.abs(Y[..., 1:]), axis=-1)
        clear = powers[..., -1] > 1.01 * powers[..., -2]
        np.testing.assert_allclose(found[clear], phi(Y)[clear], atol=2e-3)
        return
    np.testing.assert_allclose(found, phi(Y), atol=1e-4)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("levels", [(False,), (False, True)])
def test_distances_are_those_to_each_reference(view: str, levels: tuple[bool, ...]) -> None:
    one = comparison(view, levels)
    X, means = spectra_of(scaled(seed=5), GRID.starts(400), 16, "hann")
    found = one.distances(X, means, None)
    assert found.shape == (len(one.sources), 2, 97) == (3 * len(levels), 2, 97)
    features = one.features(X, means)
    for source, D in zip(one.sources, found, strict=True):
        assert source.comparison is one
        alone = replace(source.reference, neighbours=(source.neighbours,))
        expected = alone.distances(features, means, levels)[int(source.with_level)]
        np.testing.assert_allclose(D, expected, rtol=1e-5)


def test_a_normal_frame_is_at_no_distance_from_itself_unless_it_is_left_out() -> None:
    one = comparison()
    starts = one.references[0].starts
    X, means = spectra_of(scaled(), starts, 16, "hann")
    nearest = [source.neighbours.k == 1 for source in one.sources]
    np.testing.assert_allclose(one.distances(X, means, None)[nearest], 0.0, atol=1e-5)
    assert (one.distances(X, means, starts) > 1e-3).all()


def test_parts_that_do_not_belong_together_are_refused() -> None:
    one, levels = comparison(), (False,)
    with pytest.raises(ValueError, match="at least one reference"):
        Comparison(GRID, "magnitude", levels, "hann", ())
    with pytest.raises(ValueError, match="without their level, and with it"):
        Comparison(GRID, "magnitude", (True,), "hann", one.references)
    with pytest.raises(ValueError, match="whitening matrices"):
        Comparison(GRID, "residual", levels, "hann", one.references)
    with pytest.raises(ValueError, match="whitening matrices"):
        Comparison(GRID, "level", levels, "hann", one.references, np.zeros((9, 2, 2), complex))
    with pytest.raises(ValueError, match="length of the frames"):
        Comparison(FrameGrid(32, 4), "magnitude", levels, "hann", one.references)
