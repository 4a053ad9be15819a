"""Normal spectra: the frames drawn for the bank, and the distance to those of other times."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_signal
from spectra.signal.distance import Targets
from spectra.signal.frames import FrameGrid
from spectra.spectral.normal import (
    SHARE_STRIDE,
    Neighbours,
    NormalSpectra,
    draw_starts,
    usable_neighbours,
)

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
    # They begin at any row, not on the grid: another signal has another phase.
    whole = range(begin, begin + length - 16 + 1)
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


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=100),
    st.integers(1, 30),
    st.sampled_from([1.0, 3.0, 1000.0, 0.1, 0.5]),
)
def test_each_frame_has_its_neighbours_outside_its_margin(
    gaps: list[int], margin: int, k: float
) -> None:
    starts = np.cumsum(gaps)
    found = usable_neighbours(starts, margin, k)
    # A share of many frames is taken of every fourth.
    stride = SHARE_STRIDE if k < 1 and starts.size >= 64 else 1
    some = starts[::stride]
    left = min(int((np.abs(some - start) >= margin).sum()) for start in some)
    if left < 1:
        assert found is None
    else:
        wanted = max(1, round(k * some.size) if k < 1 else int(k))
        assert found == Neighbours(min(wanted, left), stride)


NEIGHBOURS = (Neighbours(1, 1), Neighbours(2, 2))


def bank(seed: int = 6, margin: int = 6) -> NormalSpectra:
    rng = np.random.default_rng(seed)
    features, means = rng.normal(size=(2, 20, 5)), rng.normal(size=(2, 20))
    return NormalSpectra(Targets.of(features), means, np.arange(20) * 3, 6, margin, NEIGHBOURS)


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


@pytest.mark.parametrize("own", [False, True])
def test_distances_are_those_to_the_nearest_without_and_with_the_level(own: bool) -> None:
    normal = bank()
    spectra = [normal.targets.spectra(channel) for channel in range(2)]
    features, means = np.stack(spectra) + 0.1, normal.means - 0.2
    found = normal.distances(features, means, (False, True), normal.starts if own else None)
    assert found.shape == (4, 2, 20)
    for channel in range(2):
        with_means = [
            np.column_stack([means[channel], features[channel]]),
            np.column_stack([normal.means[channel], spectra[channel]]),
        ]
        for row, (with_level, each) in enumerate(product((False, True), NEIGHBOURS)):
            frames, others = (part if with_level else part[:, 1:] for part in with_means)
            out = {
                (i, j // each.stride)
                for i, j in np.argwhere(np.abs(np.subtract.outer(normal.starts, normal.starts)) < 6)
                if own and j % each.stride == 0
            }
            expected = naive_signal.nearest(
                frames.tolist(), others[:: each.stride].tolist(), each.k, out
            )
            np.testing.assert_allclose(found[row, channel], expected, rtol=1e-9)


def test_the_nearest_normal_frames_are_named_nearest_first() -> None:
    normal = bank()
    spectra = np.stack([normal.targets.spectra(channel) for channel in range(2)])
    for each, with_level, own in product(NEIGHBOURS, (False, True), (False, True)):
        nearest = normal.nearest(
            spectra[0],
            normal.means[0],
            0,
            each,
            with_level=with_level,
            own_starts=normal.starts if own else None,
        )
        assert nearest.shape == (20, each.k)
        assert (nearest % each.stride == 0).all()
        features = spectra[0]
        if with_level:
            features = np.column_stack([normal.means[0], features])
        D = ((features[:, None] - features[nearest]) ** 2).sum(axis=-1)
        assert (np.diff(D, axis=1) >= -1e-12).all()
        distances = normal.distances(
            spectra, normal.means, (False, True), normal.starts if own else None
        )
        row = 2 * with_level + NEIGHBOURS.index(each)
        np.testing.assert_allclose(D.mean(axis=1), distances[row, 0], atol=1e-9)
        if own:
            assert (np.abs(normal.starts[nearest] - normal.starts[:, None]) >= 6).all()


def test_frames_with_gaps_have_no_distance_and_are_no_neighbours() -> None:
    rng = np.random.default_rng(10)
    features, means, starts = rng.normal(size=(2, 9, 4)), rng.normal(size=(2, 9)), np.arange(9) * 10
    features[0, 3] = means[0, 3] = np.nan
    two = (Neighbours(2, 1),)
    found = NormalSpectra(Targets.of(features), means, starts, 5, 5, two).distances(
        features, means, (False, True), starts
    )
    whole, of_whole = np.delete(features[:1], 3, axis=1), np.delete(means[:1], 3, axis=1)
    at = np.delete(starts, 3)
    clean = NormalSpectra(Targets.of(whole), of_whole, at, 5, 5, two).distances(
        whole, of_whole, (False, True), at
    )
    assert np.isnan(found[:, 0, 3]).all()
    np.testing.assert_allclose(np.delete(found[:, 0], 3, axis=1), clean[:, 0], rtol=1e-12)
    assert np.isfinite(found[:, 1]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"starts": np.arange(4)}, "starts at one row"),
        ({"targets": Targets.of(np.zeros((1, 4, 3)))}, "starts at one row"),
        ({"means": np.zeros((1, 4))}, "one mean"),
        ({"neighbours": ()}, "at least one way"),
        ({"neighbours": (Neighbours(6, 1),)}, "must be among 5 normal frames"),
        ({"neighbours": (Neighbours(1, 1), Neighbours(4, 2))}, "must be among 5 normal frames"),
        ({"margin": 3}, "margin=3 must be at least nperseg=4"),
        ({"margin": 2**63 - 1}, "margin=9223372036854775807 must be at least nperseg=4"),
        (
            {"starts": np.arange(2**62, 2**62 + 5)},
            "No normal frame starts at row 4611686",
        ),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(
    changes: dict[str, object], message: str
) -> None:
    whole = {
        "targets": Targets.of(np.zeros((1, 5, 3))),
        "means": np.zeros((1, 5)),
        "starts": np.arange(5),
        "nperseg": 4,
        "margin": 4,
        "neighbours": (Neighbours(3, 2),),
    }
    NormalSpectra(**whole)
    with pytest.raises(ValueError, match=message):
        NormalSpectra(**(whole | changes))


@pytest.mark.parametrize(("k", "stride"), [(0, 1), (1, 0)])
def test_no_neighbours_are_refused(k: int, stride: int) -> None:
    with pytest.raises(ValueError, match=f"k={k} and stride={stride} must be integers"):
        Neighbours(k, stride)


@given(st.integers(20, 6000), st.sampled_from([128, 256, 500]), st.booleans())
def test_drawn_frames_are_in_order_of_time_and_none_is_drawn_twice(
    n: int, size: int, known: bool
) -> None:
    rows = slice(0, n) if known else None
    starts = draw_starts(np.zeros((n, 1)), FrameGrid(16, 4), size, rows)
    assert (np.diff(starts) > 0).all()
    assert starts.size <= size


@pytest.mark.parametrize("starts", [[5, 4], [4, 4], [-1, 4], [0, 3 * 2**61, -(2**62)]])
def test_starts_that_do_not_ascend_are_refused_also_where_their_difference_overflows(
    starts: list[int],
) -> None:
    targets = Targets(np.zeros((1, 3), np.float32), np.zeros((1, len(starts), 5), np.float32))
    with pytest.raises(ValueError, match="ascending rows"):
        NormalSpectra(
            targets, np.zeros((1, len(starts))), np.array(starts), 16, 16, (Neighbours(1, 1),)
        )
