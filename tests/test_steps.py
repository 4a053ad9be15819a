"""Scores of frames as scores of steps, against the definition in plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_signal
from spectra.signal.frames import FrameGrid
from spectra.signal.steps import OUTERMOST, UNSEEN, StepGrid, draw_stretches

# Frames that overlap by anything from nothing to all but one sample.
STEP_GRIDS = st.tuples(st.integers(1, 4), st.integers(1, 6)).flatmap(
    lambda sizes: st.builds(
        lambda nperseg, reach: StepGrid(FrameGrid(nperseg, sizes[0] * sizes[1]), sizes[0], reach),
        st.integers(max(2, sizes[0] * sizes[1]), 40),
        st.sampled_from([0.25, 0.5]),
    )
)
SCORES = st.lists(st.floats(-1e3, 1e3) | st.just(np.nan), min_size=1, max_size=30)


def n_samples_of(steps: StepGrid, n_frames: int) -> int:
    """The shortest signal with this number of frames."""
    return (n_frames - 1) * steps.grid.hop + steps.grid.nperseg


def all_steps(steps: StepGrid, scores: np.ndarray) -> np.ndarray:
    """The scores of all steps of a signal with these frames."""
    n_frames = scores.shape[-1]
    stop = -(-n_samples_of(steps, n_frames) // steps.step)
    return steps.average(scores, 0, 0, stop, n_frames)


@given(STEP_GRIDS, SCORES)
def test_step_scores_are_those_of_the_definition(steps: StepGrid, scores: list[float]) -> None:
    found = all_steps(steps, np.array(scores))
    expected = [
        naive_signal.step_score(
            scores, steps.grid.nperseg, steps.grid.hop, steps.step, j, steps.reach
        )
        for j in range(found.size)
    ]
    # Sums of at most 40 scores of at most 1e3 round by less than 40 · 1e3 · 2⁻⁵².
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-11)


@given(STEP_GRIDS, SCORES, st.data())
def test_steps_evaluated_in_pieces_are_those_of_the_whole(
    steps: StepGrid, scores: list[float], data: st.DataObject
) -> None:
    every = np.stack([scores, np.roll(scores, 1)])
    whole = all_steps(steps, every)
    start = data.draw(st.integers(0, whole.shape[1] - 1))
    stop = data.draw(st.integers(start + 1, whole.shape[1]))
    first, last = steps.frames_of(start, stop, len(scores))
    piece = steps.average(every[:, first:last], first, start, stop, len(scores))
    np.testing.assert_array_equal(piece, whole[:, start:stop])


@given(STEP_GRIDS, st.integers(0, 200))
def test_finished_steps_are_those_whose_frames_all_exist(steps: StepGrid, n_samples: int) -> None:
    expected = naive_signal.n_finished(
        n_samples, steps.grid.nperseg, steps.grid.hop, steps.step, steps.reach
    )
    assert steps.n_finished(n_samples) == expected


@given(STEP_GRIDS, st.integers(0, 150), st.integers(0, 150))
def test_finished_steps_do_not_change_when_samples_are_appended(
    steps: StepGrid, n_samples: int, n_more: int
) -> None:
    scores = np.random.default_rng(0).normal(size=steps.grid.n_frames(n_samples + n_more))
    n_frames, finished = steps.grid.n_frames(n_samples), steps.n_finished(n_samples)
    if not finished:
        return
    early = steps.average(scores[:n_frames], 0, 0, finished, None)
    np.testing.assert_array_equal(early, all_steps(steps, scores[:n_frames])[:finished])
    np.testing.assert_array_equal(early, all_steps(steps, scores)[:finished])
    assert np.isfinite(early).all()


@given(STEP_GRIDS, st.integers(1, 30), st.data())
def test_one_enormous_frame_leaves_no_trace_in_steps_far_from_it(
    steps: StepGrid, n_frames: int, data: st.DataObject
) -> None:
    scores = np.random.default_rng(1).normal(size=n_frames)
    enormous = scores.copy()
    frame = data.draw(st.integers(0, n_frames - 1))
    enormous[frame] = 1e20
    before, after = all_steps(steps, scores), all_steps(steps, enormous)
    unchanged = after < 1e15
    np.testing.assert_array_equal(after[unchanged], before[unchanged])
    # A frame counts for the steps around its centre, half of its length at most and a hop more; at
    # the ends of the signal those beyond share the nearest score.
    inner = np.flatnonzero(~unchanged)
    inner = inner[(inner > 0) & (inner < before.size - 1)]
    centre = frame * steps.grid.hop + steps.grid.nperseg / 2
    reach = steps.grid.nperseg * steps.reach + steps.grid.hop
    ends = (2 * steps.grid.nperseg, n_samples_of(steps, n_frames) - 2 * steps.grid.nperseg)
    rows = inner * steps.step
    middle = (rows > ends[0]) & (rows < ends[1])
    assert (np.abs(rows[middle] + steps.step / 2 - centre) <= reach).all()


@given(STEP_GRIDS, st.integers(1, 30))
def test_equal_frames_give_equal_steps_and_frames_without_score_give_none(
    steps: StepGrid, n_frames: int
) -> None:
    np.testing.assert_array_equal(all_steps(steps, np.full(n_frames, 3.0)), 3.0)
    assert np.isnan(all_steps(steps, np.full(n_frames, np.nan))).all()


def test_single_precision_stays_single() -> None:
    steps = StepGrid(FrameGrid(16, 4), 4)
    assert all_steps(steps, np.ones((2, 3, 9), dtype=np.float32)).dtype == np.float32


@pytest.mark.parametrize("step", [0, -1, 3, 8])
def test_a_step_that_does_not_divide_the_hop_is_refused(step: int) -> None:
    with pytest.raises(ValueError, match=f"step={step} must divide hop=4"):
        StepGrid(FrameGrid(16, 4), step)


@pytest.mark.parametrize("reach", [0.2, 0.6, np.nan])
def test_a_reach_that_leaves_a_step_without_frames_is_refused(reach: float) -> None:
    with pytest.raises(ValueError, match=f"reach={reach} must lie in"):
        StepGrid(FrameGrid(16, 4), 4, reach)


@given(st.integers(0, 50), st.integers(0, 500), st.integers(1, 100), st.integers(1, 10))
def test_stretches_are_drawn_all_over_or_are_all_there_is(
    start: int, length: int, most: int, n_stretches: int
) -> None:
    n_stretches = min(n_stretches, most)
    found = draw_stretches(start, start + length, most, n_stretches)
    if length <= most:
        assert found == [(start, start + length)]
        return
    size = most // n_stretches
    assert [stop - begin for begin, stop in found] == [size] * n_stretches
    begins = [begin for begin, _ in found]
    assert begins == sorted(begins)
    assert start <= begins[0]
    assert found[-1][1] <= start + length
    # One in each equal part: none is more than two parts from the next.
    assert max(np.diff([start, *begins, start + length])) <= 2 * length / n_stretches + size + 1


@given(STEP_GRIDS, st.integers(0, 60), st.integers(1, 40), st.integers(1, 300))
def test_steps_that_no_frame_sees_lie_in_the_outer_parts_of_frames(
    steps: StepGrid, start: int, count: int, n_samples: int
) -> None:
    def is_unseen(step: int, ends: bool) -> bool:
        rows = range(step * steps.step, (step + 1) * steps.step)
        outer = UNSEEN * steps.grid.nperseg
        at_start = rows[0] < OUTERMOST and all(row < outer for row in rows)
        at_end = any(row >= n_samples - OUTERMOST for row in rows)
        return at_start or (ends and at_end and all(n_samples - 1 - row < outer for row in rows))

    for ends in (False, True):
        found = steps.unseen(start, start + count, n_samples if ends else None)
        expected = [is_unseen(step, ends) for step in range(start, start + count)]
        assert found.tolist() == expected
    causal = StepGrid(steps.grid, steps.step, steps.reach, causal=True)
    assert not causal.unseen(0, 10, 20).any()


def test_the_two_outermost_rows_are_unseen_by_frames_that_hardly_weight_them() -> None:
    steps = StepGrid(FrameGrid(256, 32), 1)
    assert np.flatnonzero(steps.unseen(0, 1000, 1000)).tolist() == [0, 1, 998, 999]
    # The first 0.03 of 100 rows are three, and a step has four.
    wide = StepGrid(FrameGrid(100, 12), 4)
    assert not wide.unseen(0, 250, 1000).any()
