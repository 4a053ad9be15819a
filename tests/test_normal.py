"""Normal spectra: the frames drawn for the bank, and the distance to those of other times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra.signal.frames import FrameGrid
from spectra.spectral.normal import NormalSpectra, draw_starts, usable_k

GRID = FrameGrid(16, 4)


def noise(n: int, n_channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, n_channels))


@given(st.integers(0, 3000), st.integers(1, 60), st.integers(2, 20), st.integers(1, 20))
def test_frames_are_of_the_grid_in_order_and_no_more_than_asked_for(
    n: int, size: int, nperseg: int, hop: int
) -> None:
    grid = FrameGrid(nperseg, min(hop, nperseg))
    starts = draw_starts(noise(n), grid, size)
    assert starts.size == min(size, grid.n_frames(n))
    assert (np.diff(starts) > 0).all()
    assert (starts % grid.hop == 0).all()
    assert starts.size == 0 or starts[-1] + nperseg <= n


@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def test_frames_are_drawn_from_all_parts_of_the_signal(n: int) -> None:
    starts = draw_starts(noise(n), GRID, 100)
    counts, _ = np.histogram(starts, bins=50, range=(0, n))
    assert starts.size == 100
    assert counts.min() >= 1
    assert counts.max() <= 3


def test_frames_are_not_in_step_with_a_period() -> None:
    # Frames an equal distance apart could all begin at one phase of a cycle.
    starts = draw_starts(noise(100_000), GRID, 200)
    assert np.unique(np.diff(starts)).size > 20
    phases, _ = np.histogram(starts % 400, bins=4, range=(0, 400))
    assert phases.min() > 20


def test_the_same_signal_has_the_same_frames() -> None:
    np.testing.assert_array_equal(
        draw_starts(noise(5000), GRID, 50), draw_starts(noise(5000, seed=1), GRID, 50)
    )


@given(st.integers(0, 400), st.integers(0, 400))
def test_frames_of_given_rows_lie_inside_them(begin: int, length: int) -> None:
    starts = draw_starts(noise(1000), GRID, 30, slice(begin, begin + length))
    whole = [s for s in range(0, 1000, 4) if begin <= s and s + 16 <= begin + length]
    assert starts.size == min(30, len(whole))
    assert set(starts.tolist()) <= set(whole)


def test_frames_with_gaps_are_left_out_while_others_are_there() -> None:
    signal = noise(4000)
    signal[1000:3000:7] = np.nan
    starts = draw_starts(signal, GRID, 100)
    assert starts.size == 100
    assert not any(np.isnan(signal[start : start + 16]).any() for start in starts)


def test_a_frame_with_a_gap_in_fewer_than_half_of_the_channels_is_kept() -> None:
    signal = noise(2000, 4)
    signal[:, 1] = np.nan
    # A channel that is never there counts for none; the others have gaps one after the other.
    signal[:1000, 0] = signal[1000:, 2] = np.nan
    assert draw_starts(signal, GRID, 50).size == 50
    assert draw_starts(np.full((2000, 2), np.nan), GRID, 50).size == 0


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 30))
def test_each_frame_has_k_others_outside_its_margin(gaps: list[int], margin: int) -> None:
    starts = np.cumsum(gaps)
    left = min(int((np.abs(starts - start) >= margin).sum()) for start in starts)
    for k in (1.0, 3.0, 1000.0, 0.1, 0.5):
        found = usable_k(starts, margin, k)
        if left < 1:
            assert found is None
        else:
            wanted = max(1, round(k * starts.size) if k < 1 else int(k))
            assert found == min(wanted, left)


def bank(seed: int = 6, margin: int = 6, k: int = 4) -> NormalSpectra:
    features = np.random.default_rng(seed).normal(size=(2, 20, 5))
    return NormalSpectra(features, np.arange(20) * 3, nperseg=6, k=k, margin=margin)


@pytest.mark.parametrize("margin", [6, 7, 20])
def test_normal_frames_in_the_margin_of_a_frame_are_left_out(margin: int) -> None:
    normal = bank(margin=margin)
    own = np.array([0, 1, 14, 30, 57, 200])
    frames, others = normal.near(own)
    expected = [
        (i, j)
        for i, start in enumerate(own)
        for j, other in enumerate(normal.starts)
        if abs(start - other) < margin
    ]
    assert list(zip(frames.tolist(), others.tolist(), strict=True)) == expected


def test_frames_of_the_same_recording_are_compared_with_those_of_other_times() -> None:
    normal = bank()
    found = normal.distance(normal.bank, normal.starts)
    for channel in range(2):
        for i in range(20):
            far = np.abs(normal.starts - normal.starts[i]) >= 6
            others = normal.bank[channel][far]
            every = np.sort(((others - normal.bank[channel, i]) ** 2).sum(axis=1))
            assert found[channel, i] == pytest.approx(every[:4].mean(), rel=1e-10)


def test_frames_of_another_recording_are_compared_with_all() -> None:
    normal = bank(k=1)
    np.testing.assert_allclose(normal.distance(normal.bank), 0.0, atol=1e-12)
    for channel in range(2):
        nearest = normal.nearest(normal.bank[channel], channel)
        np.testing.assert_array_equal(nearest[:, 0], np.arange(20))
        own = normal.nearest(normal.bank[channel], channel, normal.starts)
        assert (np.abs(normal.starts[own[:, 0]] - normal.starts) >= 6).all()


def test_frames_with_gaps_have_no_distance_and_are_no_neighbours() -> None:
    features = np.random.default_rng(10).normal(size=(2, 9, 4))
    features[0, 3] = np.nan
    starts = np.arange(9) * 10
    found = NormalSpectra(features, starts, nperseg=5, k=2, margin=5).distance(features, starts)
    whole, at = np.delete(features[:1], 3, axis=1), np.delete(starts, 3)
    clean = NormalSpectra(whole, at, nperseg=5, k=2, margin=5).distance(whole, at)
    assert np.isnan(found[0, 3])
    np.testing.assert_allclose(np.delete(found[0], 3), clean[0], rtol=1e-12)
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"starts": np.arange(4)}, "starts at one row"),
        ({"bank": np.zeros((5, 3))}, "starts at one row"),
        ({"k": 0}, "k=0 must lie between 1 and 5"),
        ({"k": 6}, "k=6 must lie between 1 and 5"),
        ({"margin": 3}, "margin=3 must be at least nperseg=4"),
        ({"starts": np.arange(5.0)}, "whole rows"),
        ({"bank": np.full((1, 5, 3), np.inf)}, "finite"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(
    changes: dict[str, object], message: str
) -> None:
    whole = {"bank": np.zeros((1, 5, 3)), "starts": np.arange(5), "nperseg": 4, "k": 2, "margin": 4}
    NormalSpectra(**whole)
    with pytest.raises(ValueError, match=message):
        NormalSpectra(**(whole | changes))
