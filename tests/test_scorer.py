"""Scoring in blocks: the scores are those of the whole signal, whatever the blocks."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from spectra.calibration.statistic import Fused
from spectra.spectral import fusing
from spectra.spectral import scorer as scorer_module
from spectra.spectral.model import SpectralModel
from spectra.spectral.scorer import Standardised
from spectra.spectral.settings import Spectral


def signal(n_channels: int, n: int = 2000, seed: int = 0) -> np.ndarray:
    """Cycles of 90 rows in noise, a burst, and two gaps."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n_channels)) + 2 * np.sin(np.arange(n) / 14.3)[:, None]
    x[n // 2 : n // 2 + 30, 0] += 8 * rng.normal(size=30)
    x[n // 4 : n // 4 + 20, -1] = np.nan
    x[2 * n // 3 : 2 * n // 3 + 3] = np.nan
    return x


def whole(model: SpectralModel, x: np.ndarray, *, own: bool = False) -> Fused:
    """The statistic that a whole signal keeps, and the base scores computed for it afterwards."""
    scores = model.score(x, own=own)
    detail = scores.detail(0, scores.statistic.size)
    np.testing.assert_allclose(detail.statistic, scores.statistic, atol=1e-4)
    kept = scores.fused
    return Fused(kept.statistic, kept.channel, kept.source, detail.groups)


MODELS: dict[int, SpectralModel] = {n: Spectral().fit(signal(n))[0] for n in (1, 2, 3)}
WHOLE = {(n, own): whole(MODELS[n], signal(n), own=own) for n in MODELS for own in (False, True)}


def in_blocks(model: SpectralModel, x: np.ndarray, sizes: list[int], *, own: bool) -> Fused:
    """The scores of a signal in blocks of these sizes, the last again and again."""
    scorer = model.scorer(own=own)
    fused = Fused.empty(model.standardised.base.n_groups, -(-len(x) // model.step))
    done = start = 0
    remaining = list(sizes)
    while start < len(x):
        size = remaining.pop(0) if remaining else max(sizes[-1], 200)
        done = fused.put(done, scorer.update(x[start : start + size]))
        start += size
    assert fused.put(done, scorer.finish()) == fused.statistic.size
    return fused


def assert_equal(found: Fused, expected: Fused) -> None:
    np.testing.assert_allclose(found.statistic, expected.statistic, atol=1e-4)
    np.testing.assert_array_equal(np.isnan(found.statistic), np.isnan(expected.statistic))
    # Where two channels or base scores are as large, rounding decides which is named.
    assert np.mean(found.channel == expected.channel) > 0.999
    assert np.mean(found.source == expected.source) > 0.99
    # Groups are kept in half precision, of 11 bits.
    np.testing.assert_allclose(found.groups, expected.groups, rtol=2e-3, atol=2e-3)


@settings(max_examples=15)
@given(
    st.sampled_from(sorted(MODELS)),
    st.booleans(),
    st.lists(st.integers(0, 5) | st.integers(0, 900), min_size=1, max_size=12),
)
def test_scores_are_those_of_the_whole_signal(n_channels: int, own: bool, sizes: list[int]) -> None:
    x = signal(n_channels)
    found = in_blocks(MODELS[n_channels], x, sizes, own=own)
    assert_equal(found, WHOLE[n_channels, own])


@pytest.mark.parametrize("own", [False, True])
def test_scores_row_by_row_are_those_of_the_whole_signal(own: bool) -> None:
    x = signal(2)[700:1100]
    scores = whole(MODELS[2], x, own=own)
    scorer = MODELS[2].scorer(own=own)
    fused, done = Fused.empty(MODELS[2].standardised.base.n_groups, 100), 0
    for row in range(len(x)):
        done = fused.put(done, scorer.update(x[row : row + 1]))
    fused.put(done, scorer.finish())
    assert_equal(fused, scores)


@pytest.mark.parametrize("at_once", [1, 100, 2**14])
def test_the_number_of_steps_scored_at_a_time_does_not_show(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    for module in (fusing, scorer_module):
        monkeypatch.setattr(module, "AT_ONCE", at_once)
    monkeypatch.setattr(fusing, "FEWEST_STEPS", 7)
    found = whole(MODELS[1], signal(1)[:800])
    monkeypatch.undo()
    assert_equal(found, whole(MODELS[1], signal(1)[:800]))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (17, 60), (480, 500), (499, 500)])
def test_base_scores_of_some_steps_are_those_of_the_whole_signal(
    start: int, stop: int, own: bool
) -> None:
    part = MODELS[2].detail(signal(2), start, stop, own=own)
    assert_equal(part, WHOLE[2, own].part(start, stop))


def test_scoring_a_long_signal_needs_no_more_memory_than_the_signal() -> None:
    x = np.random.default_rng(0).normal(size=(1_000_000, 1))
    tracemalloc.start()
    # Each thread has its own block.
    with threadpool_limits(2, user_api="blas"):
        scores = MODELS[1].score(x)
        scores.detail(0, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes


@pytest.mark.parametrize("n", [1, 3, 7, 15, 16, 40, 63, 64, 200, 255, 256, 257])
def test_signals_shorter_than_the_longest_frame_are_scored_to_their_end(n: int) -> None:
    x = signal(1)[:n]
    scorer = MODELS[1].scorer()
    parts = [scorer.update(x[: n // 2]), scorer.update(x[n // 2 :]), scorer.finish()]
    statistic = np.concatenate([part.statistic for part in parts])
    assert statistic.size == -(-n // MODELS[1].step)
    # Single rows have a score however few there are.
    assert np.isfinite(statistic).all()


def test_a_step_is_returned_as_soon_as_no_row_can_change_it_and_memory_is_bounded() -> None:
    model, x = MODELS[1], np.tile(signal(1), (4, 1))
    scorer, longest = model.scorer(), max(model.npersegs)
    n_done = 0
    for start in range(0, len(x), 500):
        n_done += scorer.update(x[start : start + 500]).statistic.size
        assert n_done * model.step >= min(start + 500, len(x)) - longest - 16
        assert scorer._rows.shape[1] <= 500 + 3 * longest
    assert n_done + scorer.finish().statistic.size == -(-len(x) // model.step)


def test_nothing_gives_no_scores() -> None:
    scorer = MODELS[2].scorer()
    assert scorer.update(np.empty((0, 2))).statistic.size == 0
    assert scorer.finish().statistic.size == 0


def test_standards_that_do_not_belong_to_the_base_scores_are_refused() -> None:
    one, two = (MODELS[n].standardised for n in (1, 2))
    with pytest.raises(ValueError, match="must have the shapes"):
        Standardised(one.scale, one.base, one.standards[:-1], one.compared, one.usual)
    with pytest.raises(ValueError, match="must have the shapes"):
        Standardised(two.scale, one.base, one.standards, two.compared, two.usual)
    with pytest.raises(ValueError, match=r"Each bank must have 2 channels|must have the shapes"):
        Standardised(two.scale, one.base, two.standards, two.compared, two.usual)


@pytest.mark.parametrize("usual", [[1.0], [1.0, 0.0], [1.0, np.nan], [1.0, np.inf]])
def test_units_of_channels_that_are_none_are_refused(usual: list[float]) -> None:
    two = MODELS[2].standardised
    with pytest.raises(ValueError, match=r"a usual statistic of 0\.5 or more"):
        replace(two, usual=np.array(usual, dtype=np.float32))
