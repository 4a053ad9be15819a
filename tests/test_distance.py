"""Distances to the nearest normal spectra, against all pairs."""

import numpy as np
import pytest

import naive_signal
from spectra.signal import distance


def compared(
    features: np.ndarray, bank: np.ndarray, left_out: tuple[np.ndarray, np.ndarray] | None
) -> np.ndarray:
    """Distances of frames to the normal spectra of one channel."""
    return distance.Targets.of(bank[None]).compared(features, 0, left_out)


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
    targets = distance.Targets.of(bank)
    out = rng.integers(9, size=12), rng.integers(n_normal, size=12)
    for left_out in (None, out):
        pairs = set() if left_out is None else set(zip(*map(np.ndarray.tolist, out), strict=True))
        for channel in range(2):
            D = targets.compared(features[channel], channel, left_out)
            found = distance.nearest(D, k, 1)
            assert found.dtype == dtype
            expected = naive_signal.nearest(
                features[channel].tolist(), bank[channel].tolist(), k, pairs
            )
            # What cancels are squares of some 36, each rounded a few times.
            np.testing.assert_allclose(
                found, expected, rtol=1e-4, atol=4 * 36 * np.finfo(dtype).eps
            )


@pytest.mark.parametrize(("k", "stride"), [(1, 1), (3, 1), (1, 4), (3, 2), (10, 4), (25, 4)])
def test_every_few_columns_are_those_of_every_few_normal_spectra(k: int, stride: int) -> None:
    rng = np.random.default_rng(3)
    features, bank = rng.normal(size=(20, 6)), rng.normal(size=(100, 6))
    D = compared(features, bank, None)
    before = D.copy()
    found = distance.nearest(D, k, stride)
    # The distances are used again, for other numbers of neighbours.
    np.testing.assert_array_equal(D, before)
    expected = naive_signal.nearest(features.tolist(), bank[::stride].tolist(), k, set())
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_another_feature_can_be_added_to_the_distances() -> None:
    rng = np.random.default_rng(7)
    features, bank = rng.normal(size=(9, 4)), rng.normal(size=(30, 4))
    a, b = rng.normal(size=9), rng.normal(size=30)
    features[2], a[2] = np.nan, np.nan
    bank[5], b[5] = np.nan, np.nan
    D = compared(features, bank, (np.array([1]), np.array([7])))
    found = distance.add_squared_difference(D, a, b)
    assert found is D
    expected = compared(
        np.column_stack([features, a]), np.column_stack([bank, b]), (np.array([1]), np.array([7]))
    )
    np.testing.assert_allclose(found, expected, atol=1e-12)


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
    one, other = (
        distance.nearest(compared(*channel, None), 3, 1)
        for channel in zip(features, bank, strict=True)
    )
    assert np.isfinite(one).all()
    assert np.isposinf(other).all()


def test_frames_with_fewer_than_k_left_to_compare_with_are_infinitely_far() -> None:
    features = np.random.default_rng(5).normal(size=(4, 3))
    out = np.array([1, 1]), np.array([0, 2])
    found = distance.nearest(compared(features, features, out), 3, 1)
    assert np.isposinf(found[1])
    assert np.isfinite(np.delete(found, 1)).all()


def test_few_normal_spectra_among_gaps_are_found() -> None:
    features = np.random.default_rng(4).normal(size=(700, 5))
    bank = features.copy()
    # So few that none of those the middle would be taken of is one of them.
    bank[30:] = bank[:10] = np.nan
    found = distance.nearest(compared(features, bank, None), 3, 1)
    np.testing.assert_allclose(
        found,
        naive_signal.nearest(features.tolist(), bank.tolist(), 3, set()),
        rtol=1e-9,
        atol=1e-12,
    )


def test_one_enormous_normal_spectrum_moves_no_other_distance() -> None:
    rng = np.random.default_rng(6)
    features, bank = (rng.normal(size=(n, 8)).astype(np.float32) for n in (30, 200))

    def to_five(normal: np.ndarray) -> np.ndarray:
        return distance.nearest(compared(features, normal, None), 5, 1)

    before = to_five(bank)
    bank[17] = 1e7
    # It was among the nearest of a few frames at most.
    np.testing.assert_allclose(to_five(bank), to_five(np.delete(bank, 17, axis=0)), rtol=1e-4)
    assert np.mean(np.isclose(to_five(bank), before, rtol=1e-4)) > 0.8


@pytest.mark.parametrize(
    ("centre", "rows"),
    [((1, 3), (2, 4, 5)), ((1, 3), (1, 4, 6)), ((3,), (1, 4, 5)), ((1, 3), (4, 5))],
)
def test_normal_spectra_of_other_features_than_their_centre_are_refused(
    centre: tuple[int, ...], rows: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="Normal spectra have"):
        distance.Targets(np.zeros(centre), np.zeros(rows))


def test_normal_spectra_are_given_back_up_to_rounding() -> None:
    bank = np.random.default_rng(1).normal(size=(2, 9, 4)) + 100
    bank[1, 3] = np.nan
    targets = distance.Targets.of(bank)
    for channel in range(2):
        np.testing.assert_allclose(targets.spectra(channel), bank[channel], rtol=1e-12)


def test_small_distances_are_those_of_the_definition_whatever_the_offsets_of_features() -> None:
    rng = np.random.default_rng(5)
    offsets = 10.0 ** np.arange(10)
    bank = offsets + 1e-3 * rng.normal(size=(50, 10))
    a = bank[:6] + 1e-4 * rng.normal(size=(6, 10))
    a[0] = bank[0]
    expected = [[naive_signal.squared_distance(x, y) for y in bank] for x in a]
    found = distance.squared_distances(a, bank)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert found[0, 0] < 1e-12
    assert found.max() < 1e-3


def test_a_single_normal_spectrum_that_is_a_gap_is_infinitely_far() -> None:
    bank = np.full((1, 4), np.nan)
    found = distance.Targets.of(bank[None]).compared(np.ones((2, 4)), 0, None)
    assert np.isposinf(found).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_normal", "k"), [(700, 300), (1000, 400), (3000, 1000)])
def test_many_nearest_of_many_are_the_smallest(n_normal: int, k: int, dtype: type) -> None:
    # Of partitioned rows numpy sorts the surroundings of a place, so that a wrong place shows in
    # one of a hundred rows.
    D = np.random.default_rng(3).random((1500, n_normal)).astype(dtype)
    expected = np.sort(D, axis=1)[:, :k].mean(axis=1)
    np.testing.assert_allclose(distance.nearest(D, k, 1), expected, rtol=1e-6)
