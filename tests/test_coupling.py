"""Residual spectra against plain regression, and against channels whose coupling is known."""

import numpy as np
import pytest

from spectra.datasets.generators import decoupled, fault_of_many
from spectra.spectral import coupling
from spectra.spectral.settings import Spectral


def spectra(
    seed: int = 0, n_channels: int = 3, n_frames: int = 4000, n_bins: int = 2
) -> np.ndarray:
    """Complex spectra of channels that share a part."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_channels, n_frames, n_bins)) + 1j * rng.normal(
        size=(n_channels, n_frames, n_bins)
    )
    mixing = rng.normal(size=(n_channels, n_channels)) + 2 * np.eye(n_channels)
    return np.einsum("ij,jfk->ifk", mixing, X)


def naive_residual(X: np.ndarray, channel: int, k: int) -> np.ndarray:
    """The residual of least squares on the other channels in a bin, in units of its mean power."""
    others = np.delete(X[:, :, k], channel, axis=0).T
    left = X[channel, :, k] - others @ np.linalg.lstsq(others, X[channel, :, k], rcond=None)[0]
    return left / np.sqrt(np.mean(np.abs(left) ** 2))


def test_residual_is_that_of_least_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupling, "RIDGE", 1e-14)
    monkeypatch.setattr(coupling, "LOUDEST", np.inf)
    X = spectra()
    found = coupling.residual(X, coupling.whitening_matrices(X))
    for channel in range(3):
        for k in range(2):
            np.testing.assert_allclose(
                found[channel, :, k], naive_residual(X, channel, k), atol=1e-10
            )


def test_a_delayed_and_scaled_copy_has_a_small_residual_and_noise_is_its_own() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3, 2000, 5)) + 1j * rng.normal(size=(3, 2000, 5))
    X[1] = 7 * X[0] * np.exp(-0.4j * np.arange(5)) + 1e-3 * X[1]
    G = coupling.whitening_matrices(X)
    parted = X.copy()
    parted[1, 1000:] = parted[1, :1000]
    left = np.abs(coupling.residual(parted, G)) ** 2
    assert left[:2, 1000:].mean() > 20 * left[:2, :1000].mean()
    assert left[2].mean() == pytest.approx(1.0, rel=0.05)


def test_phases_of_channels_do_not_matter() -> None:
    X = spectra(2)
    X /= np.sqrt(np.mean(np.abs(X) ** 2, axis=(1, 2), keepdims=True))
    turned = X * np.exp(1j * np.arange(3))[:, None, None]
    one, other = (
        np.abs(coupling.residual(each, coupling.whitening_matrices(each))) for each in (X, turned)
    )
    np.testing.assert_allclose(other, one, rtol=1e-8)


def test_dead_channels_gaps_and_one_enormous_frame_change_no_other_residual() -> None:
    X = spectra(3)
    plain = coupling.residual(X, coupling.whitening_matrices(X))
    dead = np.concatenate([X, np.zeros_like(X[:1])])
    np.testing.assert_allclose(
        coupling.residual(dead, coupling.whitening_matrices(dead))[:3], plain, rtol=1e-3, atol=1e-3
    )
    holed = X.copy()
    holed[1, 7] = np.nan
    assert np.isfinite(coupling.whitening_matrices(holed)).all()
    loud = X.copy()
    loud[2, 11] *= 1e6
    np.testing.assert_allclose(
        coupling.residual(X, coupling.whitening_matrices(loud)), plain, rtol=0.05, atol=0.05
    )
    assert np.isfinite(coupling.whitening_matrices(np.full_like(X, np.nan))).all()


def z_of(values: np.ndarray) -> np.ndarray:
    return Spectral().fit(values)[1].sample_z


def test_channels_that_come_apart_are_found_and_one_alone_shows_nothing() -> None:
    recording = decoupled(np.random.default_rng(0))
    assert recording.labels is not None
    odd = recording.labels == 1
    both = z_of(recording.values)
    assert np.median(both[odd]) > np.quantile(both[~odd], 0.999)
    alone = z_of(recording.values[:, 1:2])
    assert np.median(alone[odd]) < np.quantile(alone[~odd], 0.99)


def test_the_faulty_one_of_many_is_named() -> None:
    recording = fault_of_many(np.random.default_rng(0), n_channels=20, n_samples=4000, length=100)
    _, scores = Spectral().fit(recording.values)
    peak = int(np.nanargmax(scores.statistic))
    assert recording.channels[scores.channel[peak]].endswith("(faulty)")


@pytest.mark.parametrize("change", ["dead", "scaled"])
def test_a_dead_channel_or_a_large_scale_changes_no_ranking(change: str) -> None:
    values = fault_of_many(np.random.default_rng(1), n_channels=3, n_samples=3000).values
    other = (
        np.column_stack([values, np.full(3000, 7.0)])
        if change == "dead"
        else values * [1.0, 1e6, 1.0]
    )
    one, two = (Spectral().fit(each)[1].statistic for each in (values, other))
    order = np.argsort(one)
    # Rounding of single precision may swap neighbours.
    assert (np.diff(two[order]) > -0.01).all()


def test_no_frame_without_a_gap_leaves_channels_as_they_are() -> None:
    X = np.full((2, 5, 3), complex(np.nan, np.nan))
    found = coupling.whitening_matrices(X)
    np.testing.assert_array_equal(found, np.broadcast_to(np.eye(2), (3, 2, 2)))
