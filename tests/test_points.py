"""Scores of single rows, against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spectra
from spectra.signal.scale import Scale
from spectra.spectral.points import N_SCORES, REACH, Points

EDGES = np.array(
    [
        [[0, 0, 2, -1, 0.5], [0, 0.3, 1, -0.2, 0.1], [0.1, -2, 1.5, 0.7, 0], [1, -1, 3, 0, 0]],
        [[0, 0, 1, -2, 1], [0, 1, 1, 1, 1], [2, -2, 2, -2, 0], [0.2, 0.3, -1, 0, 0]],
    ]
)
POINTS = Points(np.array([[0.1, 0.4, 0.4, 0.1], [0.0, 1.0, 0.0, 0.0]]), EDGES)


def scaled(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, n)).astype(np.float32)


def naive(x: list[float], weights: list[float], edges: list[list[float]]) -> list[list[float]]:
    """The two distances of each row of one channel; two rows at each end have factors of theirs."""

    def at(i: int) -> float:
        return x[i] if 0 <= i < len(x) else math.nan

    neighbours = (-2, -1, 1, 2)
    errors = [
        abs(x[i] - sum(w * at(i + shift) for w, shift in zip(weights, neighbours, strict=True)))
        for i in range(len(x))
    ]
    for edge, factors in enumerate(edges):
        row = edge if edge < 2 else len(x) - 4 + edge
        rows = [row - 2 + k for k in range(5) if (k >= 2 - edge if edge < 2 else k <= 5 - edge)]
        if row >= 0 and all(0 <= i < len(x) for i in rows):
            errors[row] = abs(sum(factors[i - row + 2] * x[i] for i in rows))
    return [errors, [abs(value) for value in x]]


@given(st.integers(1, 40), st.integers(1, 6))
def test_scores_of_a_step_are_the_largest_of_its_rows(n: int, step: int) -> None:
    x = scaled(n)
    found = POINTS.distances(x, 0, 0, step)
    assert found.dtype == np.float32
    assert found.shape == (N_SCORES, 2, -(-n // step))
    for channel in range(2):
        own = x[channel].astype(float).tolist()
        every = naive(own, POINTS.weights[channel].tolist(), EDGES[channel].tolist())
        for score, rows in enumerate(every):
            known = [[one for one in rows[i : i + step] if one == one] for i in range(0, n, step)]
            expected = [max(each, default=math.nan) for each in known]
            np.testing.assert_allclose(found[score, channel], expected, rtol=1e-5, atol=1e-6)


@given(st.integers(0, 20), st.integers(1, 20))
def test_steps_with_the_rows_around_them_score_as_in_the_whole(start: int, n_steps: int) -> None:
    x, step = scaled(200), 4
    whole = POINTS.distances(x, 0, 0, step)
    begin, end = start * step, (start + n_steps) * step
    low, high = max(0, begin - REACH), min(200, end + REACH)
    part = POINTS.distances(x[:, low:high], begin - low, high - end, step)
    np.testing.assert_array_equal(part, whole[..., start : start + n_steps])


def test_weights_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    signal = np.convolve(rng.normal(size=5004), [1, 2, 3, 2, 1], "valid")[:, None]
    scale = Scale.fit(signal)
    x = scale(signal).astype(float)[0]
    windows = np.lib.stride_tricks.sliding_window_view(x, 5)
    expected = np.linalg.lstsq(windows[:, [0, 1, 3, 4]], windows[:, 2], rcond=None)[0]
    np.testing.assert_allclose(Points.fit(signal, scale).weights[0], expected, atol=1e-3)


def test_rows_of_a_smooth_signal_are_interpolated_and_one_glitch_does_not_decide() -> None:
    t = np.arange(4000)
    signal = np.sin(2 * np.pi * t / 40)[:, None]
    struck = signal.copy()
    struck[2000] = 1e9
    for learned in (signal, struck):
        scale = Scale.fit(learned)
        found = Points.fit(learned, scale).distances(scale(signal), 0, 0, 1)
        assert found[0].max() < 0.05


def test_one_enormous_row_leaves_no_trace_in_other_steps() -> None:
    x = scaled(100)
    before = POINTS.distances(x, 0, 0, 4)
    x[0, 50] = 1e7
    after = POINTS.distances(x, 0, 0, 4)
    far = np.abs(np.arange(25) * 4 + 2 - 50) > 8
    np.testing.assert_array_equal(after[..., far], before[..., far])
    np.testing.assert_array_equal(after[:, 1], before[:, 1])


def test_a_gap_gives_no_score_where_all_rows_of_the_step_miss_it() -> None:
    x = scaled(40)
    x[0, 12:24] = np.nan
    found = POINTS.distances(x, 0, 0, 4)
    # Rows beside a gap have neighbours in it; the value itself has none.
    assert np.isnan(found[:, 0, 3:6]).all()
    assert np.isfinite(found[1, 0, [0, 1, 2, 6, 7, 8, 9]]).all()
    assert np.isfinite(found[:, 1]).all()


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_channel_that_never_changes_or_never_is_there_has_weights(value: float) -> None:
    signal = np.full((100, 1), value)
    weights = Points.fit(signal, Scale.fit(signal)).weights
    assert weights.shape == (1, 4)
    assert np.isfinite(weights).all()


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 5)])
def test_weights_of_another_number_of_neighbours_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a weight for each neighbour"):
        Points(np.zeros(shape), np.zeros((2, 4, 5)))


@pytest.mark.parametrize("shape", [(2, 4), (1, 4, 5), (2, 3, 5), (2, 4, 4)])
def test_factors_of_another_number_of_edges_or_rows_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a factor for each row around each edge"):
        Points(np.zeros((2, 4)), np.zeros(shape))


@pytest.mark.parametrize("kind", ["white", "smooth", "wandering"])
def test_errors_at_the_edges_are_as_large_as_those_of_interpolation(kind: str) -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(size=20_000)
    signal = {
        "white": noise,
        "smooth": np.convolve(noise, [1, 2, 3, 2, 1], "same"),
        "wandering": np.cumsum(noise),
    }[kind][:, None]
    scale = Scale.fit(signal)
    points, x = Points.fit(signal, scale), scale(signal)
    inside = np.sqrt(np.mean(points.distances(x, 0, 0, 1)[0, 0, 2:-2] ** 2))
    # Each stretch of 10 rows as a signal of its own: its ends are predicted from one side.
    parts = x.reshape(-1, 10)
    ends = np.stack([points.distances(part[None], 0, 0, 1)[0, 0] for part in parts])
    for row in (0, 1, 8, 9):
        assert np.sqrt(np.mean(ends[:, row] ** 2)) == pytest.approx(inside, rel=0.1)


@pytest.mark.parametrize("at", [0, 1, -2, -1])
def test_a_row_at_an_end_needs_at_most_twice_the_size_of_one_in_the_middle(at: int) -> None:
    def found(row: int, size: float) -> int:
        count = 0
        for seed in range(5):
            x = np.random.default_rng(seed).normal(size=6000)
            x[row] += size
            count += bool(spectra.detect(x).scores["alarm"].to_numpy()[row])
        return count

    # In the middle most seeds are found from 5.7 σ on.
    assert found(3000, 4.0) <= 2
    assert found(at, 11.3) >= 3


def test_ends_of_a_short_block_are_like_its_middle() -> None:
    model = spectra.learn(np.random.default_rng(99).normal(size=6000))
    for at in (0, 1, 398, 399):
        hits = 0
        for seed in range(5):
            x = np.random.default_rng(seed).normal(size=400)
            x[at] += 11.3
            hits += bool(spectra.score(model, x).scores["alarm"].to_numpy()[at])
        assert hits >= 4


@pytest.mark.parametrize("period", [13, 40, 48, 50, 64])
def test_the_ends_of_a_sine_are_no_alarm(period: int) -> None:
    # The first and last two rows are predicted from fewer neighbours.
    found = spectra.detect(np.sin(2 * np.pi * np.arange(4000) / period))
    alarms = found.alarms[["start", "end"]].to_numpy(int)
    assert not (alarms < 4).any()
    assert not (alarms >= 3996).any()
