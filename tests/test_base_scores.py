"""The base scores of a signal at its steps, against frames scored one by one."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_signal
from spectra.signal.distance import Targets
from spectra.signal.frames import FrameGrid
from spectra.signal.scale import Scale
from spectra.spectral import base_scores
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.comparison import Comparison, gathered_spectra, spectra_of, view_features
from spectra.spectral.normal import Neighbours, NormalSpectra
from spectra.spectral.points import N_SCORES, Points
from spectra.spectral.settings import Spectral

SIGNAL = np.random.default_rng(0).normal(size=(600, 2))
SCALE = Scale(np.zeros(2), np.ones(2))
GRIDS = (FrameGrid(8, 4), FrameGrid(32, 8))


def comparison(
    grid: FrameGrid, view: str, levels: tuple[bool, ...], ks: tuple[int, ...]
) -> Comparison:
    starts = grid.starts(len(SIGNAL))[::5]
    X, means = gathered_spectra(SIGNAL, SCALE, starts, grid.nperseg, "hann")
    bank = view_features(X, means, view, "hann", grid.nperseg)
    neighbours = tuple(Neighbours(k, 1) for k in ks)
    reference = NormalSpectra(
        Targets.of(bank), means, starts, grid.nperseg, grid.nperseg, neighbours
    )
    return Comparison(grid, view, levels, "hann", (reference,))


COMPARISONS = (
    comparison(GRIDS[0], "magnitude", (False, True), (1, 4)),
    comparison(GRIDS[0], "shape", (False,), (1,)),
    comparison(GRIDS[1], "complex", (False,), (2,)),
    Amplitude(GRIDS[1], "hann"),
)
POINTS = Points.fit(SIGNAL, SCALE)
BASE = BaseScores(COMPARISONS, 4, POINTS)


def other(n: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 2))


def all_distances(signal: np.ndarray, *, own: bool = False) -> list[np.ndarray]:
    n_steps = -(-len(signal) // BASE.step)
    return list(BASE.distances(SCALE(signal), 0, 0, n_steps, len(signal), own=own))


@pytest.mark.parametrize("own", [False, True])
def test_base_scores_of_steps_are_means_of_those_of_frames(own: bool) -> None:
    signal = SIGNAL if own else other(203)
    found = all_distances(signal, own=own)
    assert [len(each) for each in found] == BASE.counts
    for one, D in zip(COMPARISONS, found, strict=False):
        starts = one.grid.starts(len(signal))
        X, means = spectra_of(SCALE(signal), starts, one.nperseg, "hann")
        frames = one.distances(X, means, starts if own else None)
        for place in np.ndindex(frames.shape[:2]):
            expected = [
                naive_signal.step_score(frames[place].tolist(), one.nperseg, one.grid.hop, 4, j)
                for j in range(D.shape[-1])
            ]
            np.testing.assert_allclose(D[place], expected, rtol=1e-3, atol=1e-5)
    points = POINTS.distances(SCALE(signal), 0, 0, 4)
    np.testing.assert_array_equal(found[-1], points)


@given(st.integers(1, 150), st.data())
def test_rows_that_steps_need_give_the_scores_of_the_whole(n: int, data: st.DataObject) -> None:
    signal = other(n)
    n_steps = -(-n // BASE.step)
    start = data.draw(st.integers(0, n_steps - 1))
    stop = data.draw(st.integers(start + 1, n_steps))
    rows = BASE.rows(start, stop, n)
    scaled = SCALE(signal[rows])
    part = BASE.distances(scaled, rows.start, start, stop, n, own=False)
    for one, whole in zip(part, all_distances(signal), strict=True):
        np.testing.assert_allclose(one, whole[..., start:stop], rtol=1e-3, atol=1e-5)


@given(st.integers(1, 150), st.integers(0, 80))
def test_finished_steps_do_not_change_when_rows_are_appended(n: int, n_more: int) -> None:
    signal = other(n + n_more)
    finished = BASE.n_finished(n)
    if not finished:
        return
    early = BASE.distances(SCALE(signal[:n]), 0, 0, finished, None, own=False)
    for one, whole in zip(early, all_distances(signal), strict=True):
        np.testing.assert_allclose(one, whole[..., :finished], rtol=1e-3, atol=1e-5)


def test_frame_lengths_longer_than_the_signal_have_no_score() -> None:
    found = all_distances(other(20))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[-1]).all()


@pytest.mark.parametrize("values", [1, 300, 2**19])
def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch, values: int) -> None:
    signal = other(300)
    expected = all_distances(signal)
    monkeypatch.setattr(base_scores, "BLOCK_VALUES", values)
    for one, other_one in zip(all_distances(signal), expected, strict=True):
        # Products of other shapes add up in another order, in single precision.
        np.testing.assert_allclose(one, other_one, rtol=1e-3, atol=1e-5)


def of_three_channels() -> BaseScores:
    signal = np.random.default_rng(4).normal(size=(600, 3))
    signal[:, 2] += signal[:, 0]
    model, _ = Spectral().fit(signal)
    return model.standardised.base


@pytest.mark.parametrize("rows", [1, 500, 2**20])
def test_channels_scored_a_few_at_a_time_do_not_show(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    base, x = of_three_channels(), np.random.default_rng(5).normal(size=(3, 300))
    scaled = x.astype(np.float32)
    expected = base.distances(scaled, 0, 0, 75, 300, own=False)
    monkeypatch.setattr(base_scores, "AT_ONCE", rows)
    for one, other_one in zip(
        base.distances(scaled, 0, 0, 75, 300, own=False), expected, strict=True
    ):
        np.testing.assert_allclose(one, other_one, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("channels", [slice(0, 1), slice(1, 3)])
def test_base_scores_of_some_channels_are_those_of_all(channels: slice) -> None:
    base, x = of_three_channels(), np.random.default_rng(5).normal(size=(3, 300))
    scaled = x.astype(np.float32)
    expected = base.distances(scaled, 0, 0, 75, 300, own=False)
    alone, coupled = base.of_channels(channels), base.coupled
    assert coupled is not None
    assert [one.view for one in coupled.comparisons if isinstance(one, Comparison)] == ["residual"]
    some = iter(alone.distances(scaled[channels], 0, 0, 75, 300, own=False))
    together = iter(coupled.distances(scaled, 0, 0, 75, 300, own=False))
    for one, D in zip(base.comparisons, expected, strict=False):
        found = next(together)[:, channels] if one.coupled else next(some)
        np.testing.assert_allclose(found, D[:, channels], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(next(some), expected[-1][:, channels])
    with pytest.raises(ValueError, match="compared with one another"):
        coupled.comparisons[0].of_channels(channels)
    assert BASE.coupled is None


def test_base_scores_that_were_used_are_sent_to_a_process_as_they_were_learned() -> None:
    base, x = of_three_channels(), np.random.default_rng(5).normal(size=(3, 300))
    fresh = pickle.loads(pickle.dumps(base))
    size = len(pickle.dumps(fresh))
    expected = fresh.distances(x.astype(np.float32), 0, 0, 75, 300, own=False)
    assert len(pickle.dumps(fresh)) < 1.01 * size
    again = pickle.loads(pickle.dumps(fresh))
    for one, D in zip(
        again.distances(x.astype(np.float32), 0, 0, 75, 300, own=False), expected, strict=True
    ):
        np.testing.assert_array_equal(one, D)


def test_sources_and_groups_are_numbered_in_the_order_of_the_scores() -> None:
    assert BASE.npersegs == (8, 32)
    assert BASE.n_groups == 3
    assert BASE.counts == [4, 1, 1, 1, N_SCORES]
    first, second, third, _ = COMPARISONS
    compared = [*first.sources, *second.sources, *third.sources]
    assert BASE.sources == [*compared, None, *[None] * N_SCORES]
    without = BaseScores(COMPARISONS, 4, None)
    assert without.n_groups == 2
    assert without.counts == [4, 1, 1, 1]
    assert without.sources == [*compared, None]


def test_parts_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one comparison"):
        BaseScores((), 4, POINTS)
    with pytest.raises(ValueError, match="step=3 must divide hop=4"):
        BaseScores(COMPARISONS, 3, POINTS)
