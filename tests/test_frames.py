"""The taper and the grid of frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import naive_signal
from spectra.signal.frames import FrameGrid, taper

GRIDS = st.integers(2, 20).flatmap(
    lambda nperseg: st.builds(FrameGrid, st.just(nperseg), st.integers(1, nperseg))
)


@pytest.mark.parametrize(
    "window", ["hann", "hamming", "blackman", "boxcar", ("kaiser", 8.0), ("gaussian", 5.0)]
)
@pytest.mark.parametrize("nperseg", [3, 16, 17, 33, 100])
def test_tapers_are_those_of_scipy(window, nperseg):
    np.testing.assert_allclose(
        taper(window, nperseg), signal.get_window(window, nperseg), atol=1e-15
    )


@pytest.mark.parametrize("nperseg", [1, 2])
def test_frames_too_short_for_a_taper_have_a_flat_one(nperseg):
    # A periodic Hann window of one or two samples is zero but for one of them.
    assert taper("hann", nperseg).tolist() == [1.0] * nperseg


def test_unknown_window_is_an_error():
    with pytest.raises(ValueError, match="window"):
        taper("nothing", 16)


@given(GRIDS, st.integers(0, 100))
def test_starts_are_those_of_the_definition(grid, n_samples):
    starts = grid.starts(n_samples).tolist()
    assert starts == naive_signal.frame_starts(n_samples, grid.nperseg, grid.hop)
    assert grid.n_frames(n_samples) == len(starts)


@given(GRIDS, st.integers(0, 100), st.integers(0, 100))
def test_frames_stay_where_they_are_when_samples_are_appended(grid, n_samples, n_more):
    before, after = grid.starts(n_samples), grid.starts(n_samples + n_more)
    np.testing.assert_array_equal(after[: before.size], before)


@pytest.mark.parametrize(
    ("nperseg", "hop"), [(0, 1), (1, 1), (4, 0), (-3, 1), (4, -1), (4, 5), (2, 3)]
)
def test_a_grid_without_length_or_with_gaps_is_refused(nperseg, hop):
    with pytest.raises(ValueError, match=f"nperseg={nperseg} and hop={hop} must be integers"):
        FrameGrid(nperseg, hop)


@given(st.integers(8, 5000), st.integers(1, 8))
def test_default_frames_begin_an_eighth_of_their_length_apart_in_whole_steps(nperseg, step):
    grid = FrameGrid.of(nperseg, step)
    assert grid.nperseg == nperseg
    assert grid.hop % step == 0
    assert grid.hop >= step
    # The nearest multiple, unless an eighth of a frame is less than half a step.
    assert abs(grid.hop - nperseg / 8) <= max(step / 2, step - nperseg / 8)


@pytest.mark.parametrize("nperseg", [16, 64, 256])
def test_default_frames_weight_all_samples_alike(nperseg):
    # Constant overlap-add: where eight frames cover a sample, their tapers add up to 4.
    grid = FrameGrid.of(nperseg)
    total = np.zeros(4 * nperseg)
    for start in grid.starts(total.size):
        total[start : start + nperseg] += taper("hann", nperseg)
    np.testing.assert_allclose(total[nperseg:-nperseg], 4.0, rtol=1e-12)
