"""Frames, the default frame length, and frame scores back to samples, against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import naive_frames
from spectra.errors import DataError
from spectra.signal import frames
from spectra.signal.spectrum import detrended

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(0, 40)).map(
    lambda sizes: (sizes[0] + sizes[2], sizes[0], min(sizes[1], sizes[0]))
)


@given(SIZES)
def test_starts_are_those_of_the_definition_and_cover_every_sample(sizes):
    n_samples, nperseg, hop = sizes
    starts = frames.frame_starts(n_samples, nperseg, hop)
    assert starts.tolist() == naive_frames.frame_starts(n_samples, nperseg, hop)
    covered = {sample for start in starts for sample in range(start, start + nperseg)}
    assert covered == set(range(n_samples))


@pytest.mark.parametrize(("nperseg", "hop"), [(0, 1), (4, 0), (-3, 1), (4, -1)])
def test_no_frames_without_length_or_step(nperseg, hop):
    with pytest.raises(ValueError, match=f"nperseg={nperseg} and hop={hop}"):
        frames.frame_starts(10, nperseg, hop)


@given(SIZES, st.data())
def test_sample_scores_are_those_of_the_definition(sizes, data):
    n_samples, nperseg, hop = sizes
    starts = frames.frame_starts(n_samples, nperseg, hop)
    score = st.floats(-1e3, 1e3) | st.just(np.nan)
    scores = np.array(data.draw(st.lists(score, min_size=starts.size, max_size=starts.size)))
    found = frames.to_steps(scores, starts, nperseg, 1)
    # Sums of at most a dozen scores of at most 1e3 round by less than 12 · 1e3 · 2⁻⁵².
    np.testing.assert_allclose(
        found, naive_frames.to_samples(scores, starts, nperseg, n_samples), rtol=1e-12, atol=3e-12
    )


def test_one_enormous_frame_leaves_no_trace_in_the_samples_it_does_not_cover():
    scores = np.array([1.0, 1e20, 1.0, 1.0, 1.0])
    samples = frames.to_steps(scores, np.array([0, 4, 8, 12, 16]), 8, 1)
    np.testing.assert_array_equal(samples[12:], 1.0)


def test_samples_in_no_frame_and_in_frames_without_a_score_have_none():
    samples = frames.to_steps(np.array([2.0, np.nan]), np.array([3, 8]), 4, 1)
    np.testing.assert_array_equal(samples, [*[np.nan] * 3, *[2.0] * 4, *[np.nan] * 5])


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 12))
def test_score_of_a_step_is_the_mean_of_the_frames_that_touch_it(step, nperseg, n_hops):
    starts = np.arange(n_hops + 1) * step
    scores = np.random.default_rng(n_hops).normal(size=(2, n_hops + 1))
    found = frames.to_steps(scores, starts, nperseg, step)
    for j in range(found.shape[1]):
        covering = (starts < (j + 1) * step) & (starts + nperseg > j * step)
        np.testing.assert_allclose(found[:, j], scores[:, covering].mean(axis=1), atol=1e-12)


@pytest.mark.parametrize("nperseg", [1, 2, 3, 16])
def test_frames_of_the_view_are_the_samples_they_say(nperseg):
    values = np.random.default_rng(0).normal(size=(40, 3))
    view = frames.frame_view(values, nperseg)
    assert view.shape == (40 - nperseg + 1, 3, nperseg)
    assert not view.flags.writeable
    for start in (0, 7, 40 - nperseg):
        np.testing.assert_array_equal(view[start], values[start : start + nperseg].T)


@pytest.mark.parametrize(
    "window", ["hann", "hamming", "blackman", "boxcar", ("kaiser", 8.0), ("gaussian", 5.0)]
)
@pytest.mark.parametrize("nperseg", [3, 16, 33])
def test_tapers_are_those_of_scipy(window, nperseg):
    np.testing.assert_allclose(
        frames.taper(window, nperseg), signal.get_window(window, nperseg), atol=1e-15
    )


@pytest.mark.parametrize("nperseg", [1, 2])
def test_frames_too_short_for_a_taper_have_a_flat_one(nperseg):
    # A periodic Hann window of one or two samples is zero but for one of them.
    assert frames.taper("hann", nperseg).tolist() == [1.0] * nperseg


def test_unknown_window_is_an_error():
    with pytest.raises(ValueError, match="window"):
        frames.taper("nothing", 16)


@given(st.integers(2, 10**7), st.integers(2, 4096))
def test_hops_overlap_and_bound_the_number_of_frames(n_samples, nperseg):
    (hop,) = frames.cut_of(nperseg, n_samples).hops
    assert 1 <= hop <= max(1, nperseg // 2)
    if hop < nperseg // 2:
        assert -(-n_samples // hop) <= frames.MAX_STEPS
    if n_samples <= frames.MAX_STEPS:
        assert hop == max(1, nperseg // 8)


@given(st.integers(2, 10**8))
def test_ladder_covers_every_sample_in_steps_and_leaves_others_to_compare(n_samples):
    cut = frames.ladder(n_samples)
    assert max(cut.npersegs) <= max(2, n_samples // 5)
    assert -(-n_samples // cut.step) <= max(frames.MAX_STEPS, n_samples if n_samples < 80 else 0)
    for nperseg, hop in zip(cut.npersegs, cut.hops, strict=True):
        assert hop <= max(1, nperseg // 2)
        assert hop % cut.step == 0


@pytest.mark.parametrize(
    ("n_samples", "npersegs"),
    [
        (10, (2,)),
        (200, (16,)),
        (1000, (16, 64)),
        (20_000, (16, 64, 256)),
        (10**6, (128, 512)),
        (10**7, (2048, 8192)),
    ],
)
def test_ladder_of_longer_recordings_begins_higher(n_samples, npersegs):
    assert frames.ladder(n_samples).npersegs == npersegs


@pytest.mark.parametrize("detrend", ["none", "constant", "linear"])
def test_detrending_is_that_of_the_definition(detrend):
    given_frames = np.random.default_rng(1).normal(size=(4, 2, 9)) + np.arange(9.0)
    found = detrended(given_frames.copy(), detrend)
    for i, j in np.ndindex(4, 2):
        np.testing.assert_allclose(
            found[i, j], naive_frames.detrended(given_frames[i, j], detrend), atol=1e-13
        )


def test_autocorrelation_is_that_of_the_definition():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(120, 3)) * [1.0, 50.0, 1e-3] + [0.0, 1e4, 1.0]
    found = frames.autocorrelation(values, 30)
    np.testing.assert_allclose(found, naive_frames.autocorrelation(values.tolist(), 30), atol=1e-9)
    assert found[0] == 1.0


def test_autocorrelation_does_not_depend_on_units_and_dead_channels():
    values = np.random.default_rng(3).normal(size=(300, 2))
    scaled = np.column_stack([values * [1e6, 1e-6] + [3.0, -1e-5], np.full(300, 7.0)])
    np.testing.assert_allclose(
        frames.autocorrelation(scaled, 40), frames.autocorrelation(values, 40), atol=1e-9
    )
    np.testing.assert_array_equal(frames.autocorrelation(np.full((50, 2), 3.0), 5), 0.0)


def cycle(period, n_samples, noise=0.0, seed=0):
    """A sharp pulse every `period` samples, which need not be a whole number, and noise."""
    phase = np.arange(n_samples) / period % 1.0
    return (
        np.exp(-(((phase - 0.3) / 0.08) ** 2))
        + noise * np.random.default_rng(seed).normal(size=n_samples)
    )[:, None]


@pytest.mark.parametrize(
    ("period", "noise"), [(5, 0.0), (17, 0.1), (50, 0.3), (288, 0.3), (290.4, 0.3), (1000, 0.3)]
)
def test_the_period_is_found(period, noise):
    # A pulse is 0.08 periods wide: its top is known to a fraction of that.
    assert frames.dominant_period(cycle(period, 20_000, noise)) == pytest.approx(
        period, abs=max(0.5, 0.01 * period)
    )


def test_the_period_is_found_beside_other_channels_gaps_and_an_offset():
    rng = np.random.default_rng(4)
    values = np.column_stack(
        [
            cycle(60, 6000) * 3 + 1e5,
            rng.normal(size=6000),
            np.full(6000, np.nan),
            np.full(6000, 2.0),
        ]
    )
    values[1000:1300] = np.nan
    assert frames.dominant_period(values) == 60


def test_the_period_does_not_depend_on_units():
    values = np.column_stack([cycle(60, 3000, 0.3), cycle(60, 3000, 0.3, seed=1)])
    assert (
        frames.dominant_period(values * [1e9, 1e-9] + [5.0, -7.0])
        == frames.dominant_period(values)
        == 60
    )


@pytest.mark.parametrize("n_samples", [40, 60, 100, 200, 400, 1000])
def test_noise_has_no_period_however_short(n_samples):
    values = np.random.default_rng(8).normal(size=(30, n_samples, 1))
    assert [frames.dominant_period(one) for one in values] == [None] * 30


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(5).normal(size=5000),
        np.random.default_rng(6).normal(size=5000).cumsum(),
        np.arange(5000.0),
        np.exp(np.arange(5000) / 500),
        np.full(5000, 3.0),
        np.full(5000, np.nan),
        np.where(np.arange(5000) < 2500, 0.0, 1.0),
        np.arange(20.0),
    ],
    ids=["noise", "random walk", "line", "growth", "constant", "nothing", "step", "short"],
)
def test_what_does_not_repeat_has_no_period(values):
    assert frames.dominant_period(values[:, None]) is None


def test_too_short_a_recording_says_how_short():
    with pytest.raises(
        DataError,
        match=r"3 rows, fewer than one frame of 4: give a longer recording or a smaller nperseg\.",
    ):
        frames.frame_starts(3, 4, 1)


def test_ends_have_the_score_of_the_nearest_step_that_as_many_frames_cover() -> None:
    starts, scores = np.arange(9) * 2, np.arange(9.0)[None]
    covered = (starts, 8, 2)
    steps = frames.to_steps(scores, *covered)
    even = frames.with_even_ends(steps, *covered)
    assert steps.shape == even.shape == (1, 12)
    np.testing.assert_array_equal(even[0, :4], np.full(4, steps[0, 3]))
    np.testing.assert_array_equal(even[0, 3:9], steps[0, 3:9])
    np.testing.assert_array_equal(even[0, 8:], np.full(4, steps[0, 8]))


def test_ends_stay_as_they_are_where_the_nearest_step_has_no_score() -> None:
    starts, scores = np.arange(9) * 2, np.arange(9.0)[None]
    scores[0, 5:] = np.nan
    covered = (starts, 8, 2)
    steps = frames.to_steps(scores, *covered)
    even = frames.with_even_ends(steps, *covered)
    np.testing.assert_array_equal(even[0, 4:], steps[0, 4:])
