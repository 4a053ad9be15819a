"""The nearest of many, however they are sought, and however scoring goes through a recording."""

import numpy as np
import pytest

from spectra.datasets.generators import fault_of_many
from spectra.pipeline import detect
from spectra.signal import distance
from spectra.spectral import comparison


def naive_nearest(
    features: np.ndarray, bank: np.ndarray, k: int, left_out: set[tuple[int, int]]
) -> list[float]:
    """Mean squared distance of each frame of one channel to its k nearest normal spectra."""
    means = []
    for i, frame in enumerate(features):
        every = sorted(
            float("inf")
            if (i, j) in left_out or np.isnan(normal).any()
            else float(((frame - normal) ** 2).sum())
            for j, normal in enumerate(bank)
        )
        means.append(float("nan") if np.isnan(frame).any() else sum(every[:k]) / k)
    return means


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_normal", "ks"),
    [
        (1, (1,)),
        (20, (20, 3)),
        (257, (1, 256)),
        (700, (5, 70)),
        (700, (70, 5, 699)),
        (1000, (128, 250, 1)),
    ],
)
def test_nearest_are_those_of_all_pairs(n_normal: int, ks: tuple[int, ...], dtype: type) -> None:
    rng = np.random.default_rng(n_normal)
    features, bank = (rng.normal(size=(2, n, 4)).astype(dtype) for n in (9, n_normal))
    # Nothing lies between a frame and its copies; what cancels to just below 0 must not be ranked
    # above it.
    bank[:, : n_normal // 3] = features[:, :1] = 3.0
    features[1, 4] = np.nan
    if n_normal > max(ks):
        bank[0, -1] = np.nan
    out = rng.integers(9, size=12), rng.integers(n_normal, size=12)
    for left_out in (None, out):
        pairs = (
            set()
            if left_out is None
            else set(zip(*(side.tolist() for side in left_out), strict=True))
        )
        found = distance.nearest(features, bank, ks, left_out)
        assert found.dtype == dtype
        for place, k in enumerate(ks):
            for channel in range(2):
                expected = naive_nearest(
                    features[channel].astype(float), bank[channel].astype(float), k, pairs
                )
                # What cancels are squares of some 36, each rounded a few times.
                np.testing.assert_allclose(
                    found[place, channel], expected, rtol=1e-4, atol=4 * 36 * np.finfo(dtype).eps
                )


def test_a_channel_without_any_normal_spectrum_is_infinitely_far() -> None:
    features = np.random.default_rng(1).normal(size=(2, 30, 5))
    bank = features.copy()
    bank[1] = np.nan
    found = distance.nearest(features, bank, (3,))
    assert np.isfinite(found[0, 0]).all()
    assert np.isposinf(found[0, 1]).all()


def test_few_normal_spectra_among_gaps_are_found() -> None:
    features = np.random.default_rng(4).normal(size=(1, 700, 5))
    bank = features.copy()
    # So few that none of those the middle would be taken of is one of them.
    bank[0, 30:] = bank[0, :10] = np.nan
    found = distance.nearest(features, bank, (3,))[0, 0]
    np.testing.assert_allclose(
        found, naive_nearest(features[0], bank[0], 3, set()), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize(("of_all", "of_one"), [(1, 1), (2**12, 2**19), (2**21, 2**11)])
def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch, of_all: int, of_one: int) -> None:
    recording = fault_of_many(np.random.default_rng(2), n_samples=1200, n_channels=3)
    expected = detect(recording).frame_scores.statistic
    monkeypatch.setattr(comparison, "BLOCK_VALUES", of_all)
    monkeypatch.setattr(comparison, "CHANNEL_VALUES", of_one)
    # Products of other shapes add up in another order: float32, over the spread of the logarithm.
    np.testing.assert_allclose(detect(recording).frame_scores.statistic, expected, atol=1e-3)
