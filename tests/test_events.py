"""Improbable frames to events, against the definition in plain loops."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import naive_frames
from spectra.alarms import Events, find_events, inside

FRAMES = st.integers(1, 9).flatmap(
    lambda nperseg: st.tuples(
        st.just(nperseg),
        st.lists(
            st.tuples(st.integers(1, 12), st.sampled_from([-1.0, 0.0, 3.0, 3.5, 9.0, np.nan])),
            min_size=0,
            max_size=25,
        ),
    )
)
P_VALUES = {-1.0: 0.84, 0.0: 0.5, 3.0: 0.00135, 3.5: 2e-4, 9.0: 0.0}


def found(starts: list[int], z: list[float], nperseg: int, alpha: float = 0.001) -> Events:
    p_value = np.array([P_VALUES.get(value, np.nan) for value in z])
    return find_events(np.array(starts, dtype=np.int64), np.array(z), p_value, nperseg, alpha)


def rows(events: Events) -> list[tuple[int, int, int]]:
    return list(zip(events.first.tolist(), events.last.tolist(), events.peak.tolist(), strict=True))


@given(FRAMES, st.sampled_from([1e-6, 0.001, 0.5]))
def test_events_are_those_of_the_definition(drawn, alpha):
    nperseg, steps = drawn
    starts = np.cumsum([step for step, _ in steps], dtype=np.int64).tolist()
    z = [value for _, value in steps]
    p_value = [P_VALUES.get(value, np.nan) for value in z]
    assert rows(found(starts, z, nperseg, alpha)) == naive_frames.events(
        starts, z, p_value, nperseg, alpha
    )


@given(FRAMES)
def test_events_are_apart_and_every_flagged_frame_is_in_one(drawn):
    nperseg, steps = drawn
    starts = np.cumsum([step for step, _ in steps], dtype=np.int64)
    z = [value for _, value in steps]
    events = found(starts.tolist(), z, nperseg)
    assert (events.first[1:] - events.last[:-1] - 1 >= nperseg).all()
    assert (events.first <= starts[events.peak]).all()
    assert (starts[events.peak] + nperseg - 1 <= events.last).all()
    marked = inside(events, int(starts.max(initial=0)) + nperseg)
    for start, value in zip(starts, z, strict=True):
        if P_VALUES.get(value, 1.0) < 0.001:
            assert marked[start : start + nperseg].all()
    assert marked.sum() == (events.last - events.first + 1).sum()


def test_frames_closer_than_a_frame_are_one_event():
    # Frames of 4 end on row 3 and begin on row 7: three rows between, then four.
    assert rows(found([0, 7], [9.0, 3.5], 4)) == [(0, 10, 0)]
    assert rows(found([0, 8], [9.0, 3.5], 4)) == [(0, 3, 0), (8, 11, 1)]


def test_the_peak_is_the_first_of_the_largest_z():
    # Two p-values have run out of numbers, and are the same zero.
    events = find_events(
        np.array([0, 2, 4, 6]), np.array([40.0, 50.0, 50.0, 45.0]), np.zeros(4), 4, 0.001
    )
    assert rows(events) == [(0, 9, 1)]


def test_nothing_flagged_and_nothing_scored_are_no_events():
    for z in ([], [0.0, 0.0], [np.nan, np.nan]):
        events = found(list(range(len(z))), z, 4)
        assert rows(events) == []
        assert not inside(events, 5).any()


def test_a_frame_without_a_score_parts_no_event_and_makes_none():
    assert rows(found([0, 4, 8], [9.0, np.nan, 3.5], 8)) == [(0, 15, 0)]


def test_rows_inside_end_on_the_last_row():
    events = Events(np.array([0, 7]), np.array([2, 9]), np.array([0, 1]))
    assert inside(events, 10).tolist() == [True] * 3 + [False] * 4 + [True] * 3
