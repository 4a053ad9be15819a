"""Evidence: by how much a frame differs from normal, bin by bin."""

import numpy as np
import pytest

from spectra.signal.evidence import Evidence
from spectra.signal.views import VIEWS, View


def evidence(view: View, features: np.ndarray, normal: np.ndarray, usual: np.ndarray) -> Evidence:
    X = np.zeros(5, dtype=np.complex64)
    return Evidence(3, 0, 12, 8, view, X, features, normal, usual, None)


def parts(view: View, seed: int) -> np.ndarray:
    """φ of some spectrum of 5 bins."""
    rng = np.random.default_rng(seed)
    phi, _ = VIEWS[view]
    return phi(rng.normal(size=5) + 1j * rng.normal(size=5))


@pytest.mark.parametrize("view", VIEWS)
def test_excess_is_the_squared_difference_beyond_the_usual_one_of_each_bin(view: View) -> None:
    features, normal = parts(view, 0), parts(view, 1)
    found = evidence(view, features, normal, np.full(features.size, 0.1))
    assert found.n_bins == found.excess.size == found.amplitude.size == 5
    beyond = sum(max((a - b) ** 2 - 0.1, 0.0) for a, b in zip(features, normal, strict=True))
    assert found.excess.sum() == pytest.approx(beyond)
    assert (found.excess >= 0).all()


def test_a_frame_that_differs_as_usual_has_no_excess() -> None:
    features, normal = parts("magnitude", 0), parts("magnitude", 1)
    found = evidence("magnitude", features, normal, (features - normal) ** 2)
    np.testing.assert_array_equal(found.excess, 0.0)


def test_one_bin_that_differs_has_all_the_excess() -> None:
    normal = parts("magnitude", 2)
    features = normal + np.array([0, 0, 2.0, 0])
    found = evidence("magnitude", features, normal, np.full(4, 0.5))
    np.testing.assert_allclose(found.excess, [0, 0, 0, 3.5, 0], atol=1e-12)


@pytest.mark.parametrize("view", ["magnitude", "magnitude-dc", "complex", "aligned"])
def test_amplitudes_are_those_of_the_spectra(view: View) -> None:
    rng = np.random.default_rng(3)
    X, Y = (rng.normal(size=5) + 1j * rng.normal(size=5) for _ in range(2))
    X[0], Y[0] = X[0].real, Y[0].real
    phi, with_mean = VIEWS[view]
    found = evidence(view, phi(X), phi(Y), np.zeros(phi(X).size))
    first = 0 if with_mean else 1
    np.testing.assert_allclose(found.amplitude[first:], np.abs(X)[first:], rtol=1e-12)
    np.testing.assert_allclose(found.normal_amplitude[first:], np.abs(Y)[first:], rtol=1e-12)


def test_a_frame_without_a_score_has_no_excess() -> None:
    normal = parts("magnitude", 4)
    found = evidence("magnitude", np.full(4, np.nan), normal, np.zeros(4))
    np.testing.assert_array_equal(found.excess, 0.0)
