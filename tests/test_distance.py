"""Distances to the nearest normal spectra, against all pairs."""

import numpy as np
import pytest

import naive_signal
from spectra.signal import distance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_normal", "k"),
    [(1, 1), (20, 20), (20, 3), (257, 1), (257, 256), (700, 5), (700, 70), (700, 699), (1000, 250)],
)
def test_nearest_are_those_of_all_pairs(n_normal: int, k: int, dtype: type) -> None:
    rng = np.random.default_rng(n_normal)
    features, bank = (rng.normal(size=(2, n, 4)).astype(dtype) for n in (9, n_normal))
    # Nothing lies between a frame and its copies; products that cancel to just below 0 must not
    # rank above it.
    bank[:, : n_normal // 3] = features[:, :1] = 3.0
    features[1, 4] = np.nan
    if n_normal > k:
        bank[0, -1] = np.nan
    out = rng.integers(9, size=12), rng.integers(n_normal, size=12)
    for left_out in (None, out):
        pairs = set() if left_out is None else set(zip(*map(np.ndarray.tolist, out), strict=True))
        found = distance.nearest(features, bank, k, left_out)
        assert found.dtype == dtype
        for channel in range(2):
            expected = naive_signal.nearest(
                features[channel].tolist(), bank[channel].tolist(), k, pairs
            )
            # What cancels are squares of some 36, each rounded a few times.
            np.testing.assert_allclose(
                found[channel], expected, rtol=1e-4, atol=4 * 36 * np.finfo(dtype).eps
            )


def test_neighbours_are_those_of_all_pairs_nearest_first() -> None:
    rng = np.random.default_rng(2)
    features, bank = rng.normal(size=(7, 5)), rng.normal(size=(40, 5))
    bank[3] = np.nan
    out = np.array([0, 0, 6]), np.array([1, 2, 39])
    pairs = set(zip(*map(np.ndarray.tolist, out), strict=True))
    found = distance.neighbours(features, bank, 4, out)
    for i, frame in enumerate(features):
        allowed = [j for j in range(40) if j != 3 and (i, j) not in pairs]
        allowed.sort(key=lambda j: naive_signal.squared_distance(frame, bank[j]))
        assert found[i].tolist() == allowed[:4]


def test_mean_distance_is_that_to_the_neighbours() -> None:
    rng = np.random.default_rng(3)
    features, bank = rng.normal(size=(1, 20, 6)), rng.normal(size=(1, 300, 6))
    nearest = distance.neighbours(features[0], bank[0], 5)
    to_them = ((features[0, :, None] - bank[0][nearest]) ** 2).sum(axis=-1).mean(axis=1)
    np.testing.assert_allclose(distance.nearest(features, bank, 5)[0], to_them, rtol=1e-10)


def test_squared_distances_survive_a_large_common_offset() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(6, 10)), rng.normal(size=(4, 10))
    expected = [[naive_signal.squared_distance(x, y) for y in b] for x in a]
    # The offset itself costs 1e4 · 2⁻⁵² in each value, which is what is left of the digits.
    np.testing.assert_allclose(distance.squared_distances(a + 1e4, b + 1e4), expected, rtol=1e-9)


def test_a_channel_without_any_normal_spectrum_is_infinitely_far() -> None:
    features = np.random.default_rng(1).normal(size=(2, 30, 5))
    bank = features.copy()
    bank[1] = np.nan
    found = distance.nearest(features, bank, 3)
    assert np.isfinite(found[0]).all()
    assert np.isposinf(found[1]).all()


def test_frames_with_fewer_than_k_left_to_compare_with_are_infinitely_far() -> None:
    features = np.random.default_rng(5).normal(size=(1, 4, 3))
    out = np.array([1, 1]), np.array([0, 2])
    found = distance.nearest(features, features, 3, out)[0]
    assert np.isposinf(found[1])
    assert np.isfinite(np.delete(found, 1)).all()


def test_few_normal_spectra_among_gaps_are_found() -> None:
    features = np.random.default_rng(4).normal(size=(1, 700, 5))
    bank = features.copy()
    # So few that none of those the middle would be taken of is one of them.
    bank[0, 30:] = bank[0, :10] = np.nan
    found = distance.nearest(features, bank, 3)[0]
    np.testing.assert_allclose(
        found,
        naive_signal.nearest(features[0].tolist(), bank[0].tolist(), 3, set()),
        rtol=1e-9,
        atol=1e-12,
    )


def test_one_enormous_normal_spectrum_moves_no_other_distance() -> None:
    rng = np.random.default_rng(6)
    features, bank = (rng.normal(size=(1, n, 8)).astype(np.float32) for n in (30, 200))
    before = distance.nearest(features, bank, 5)
    bank[0, 17] = 1e7
    wild = distance.nearest(features, bank, 5)
    # It was among the nearest of a few frames at most.
    without = distance.nearest(features, np.delete(bank, 17, axis=1), 5)
    np.testing.assert_allclose(wild, without, rtol=1e-4)
    assert np.mean(np.isclose(wild, before, rtol=1e-4)) > 0.8
