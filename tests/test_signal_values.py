"""The signal as frames and spectra against its definition, with its documented numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_signal
from spectra.errors import DataError
from spectra.signal.distance import Targets, nearest, squared_distances
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.period import autocorrelation, block_rows, dominant_period
from spectra.signal.scale import Scale, constant_channels, state_channels
from spectra.signal.spectrum import _taper_spectrum, spectrum
from spectra.signal.steps import StepGrid, draw_stretches
from spectra.signal.views import VIEWS, by_bin, n_features


def resonance(n: int, period: float, damping: float, seed: int) -> np.ndarray:
    """Noise through a resonance: a cycle that loses its phase, (n, 1)."""
    values, noise = np.zeros(n), np.random.default_rng(seed).normal(size=n)
    a, b = 2 * damping * math.cos(2 * math.pi / period), -(damping**2)
    for i in range(2, n):
        values[i] = a * values[i - 1] + b * values[i - 2] + noise[i]
    return values[:, None]


@pytest.mark.parametrize("damping", [0.9, 0.96, 0.99, 0.999])
@pytest.mark.parametrize("n", [150, 420, 1000])
def test_the_period_is_that_of_the_definition(n: int, damping: float) -> None:
    signals = [resonance(n, period, damping, seed) for seed, period in enumerate((6, 11, 23, 47.5))]
    signals.append(np.hstack(signals[:2]))
    found = [dominant_period(one) for one in signals]
    assert found == [naive_signal.dominant_period(one.tolist()) for one in signals]


@pytest.mark.parametrize("n", [150, 420, 1000])
@pytest.mark.parametrize("width", [0.02, 0.2])
def test_the_period_of_pulses_is_that_of_the_definition(n: int, width: float) -> None:
    rng = np.random.default_rng(n)
    for period in (5.0, 9.5, 17.3, 40.0):
        phase = np.arange(n) / period % 1.0
        for noise in (0.0, 0.5, 1.5):
            one = ((phase < width) + noise * rng.normal(size=n))[:, None]
            assert dominant_period(one) == naive_signal.dominant_period(one.tolist())


@pytest.mark.parametrize(("period", "found"), [(4095, 4095), (4096, None)])
def test_the_longest_period_is_below_4096_rows(period: int, found: int | None) -> None:
    values = np.zeros((9 * 4096, 1))
    values[::period] = 1.0
    assert dominant_period(values) == found


def test_the_period_of_a_long_recording_is_that_of_its_first_131072_rows() -> None:
    values = np.zeros((400_000, 1))
    values[:131_072:50] = values[131_072::80] = 1.0
    assert dominant_period(values) == 50
    assert dominant_period(values[131_072:]) == 80


def test_gaps_count_as_the_mean_in_the_autocorrelation() -> None:
    values = np.random.default_rng(1).normal(size=(90, 1)) + 3.0
    holed = np.insert(values, [10, 50], np.nan, axis=0)
    filled = np.insert(values, [10, 50], values.mean(), axis=0)
    expected = naive_signal.autocorrelation(filled.tolist(), 89)
    np.testing.assert_allclose(autocorrelation(holed, 89), expected, atol=1e-12)


@pytest.mark.parametrize(("period", "rows"), [(None, 256), (40, 256), (256, 256), (257, 257)])
def test_a_block_has_256_rows_or_a_period(period: int | None, rows: int) -> None:
    assert block_rows(period) == rows


CAUSAL = st.tuples(st.integers(1, 4), st.integers(1, 6)).flatmap(
    lambda sizes: st.builds(
        lambda nperseg: StepGrid(
            FrameGrid(nperseg, sizes[0] * sizes[1]), sizes[0], 0.25, causal=True
        ),
        st.integers(max(2, sizes[0] * sizes[1]), 40),
    )
)


@given(CAUSAL, st.lists(st.floats(-9, 9) | st.just(math.nan), min_size=1, max_size=20), st.data())
def test_causal_steps_are_those_of_the_definition(
    steps: StepGrid, scores: list[float], data: st.DataObject
) -> None:
    grid = steps.grid
    n_samples = (
        (len(scores) - 1) * grid.hop + grid.nperseg + data.draw(st.integers(0, grid.hop - 1))
    )
    stop = -(-n_samples // steps.step)
    start = data.draw(st.integers(0, stop - 1))
    expected = [
        naive_signal.causal_step(scores, grid.nperseg, grid.hop, steps.step, j)
        for j in range(start, stop)
    ]
    every = np.array(scores)
    found = steps.average(every, 0, start, stop, len(scores))
    np.testing.assert_array_equal(found, expected)
    # The frames that are named are enough, also while the signal goes on.
    for n_frames in (len(scores), None):
        first, last = steps.frames_of(start, stop, n_frames)
        assert first >= 0
        part = steps.average(every[first:last], first, start, stop, n_frames)
        np.testing.assert_array_equal(part, expected)
    assert steps.n_finished(n_samples) == n_samples // steps.step


def test_frames_that_are_needed_are_those_whose_centre_is_near() -> None:
    # Frames of 32 samples at hops of 4, 8 samples around the middle of a hop: 4 or 5 of them.
    steps = StepGrid(FrameGrid(32, 4), 2)
    near = naive_signal.frames_near(10, 32, 4)
    assert steps.frames_of(20, 22, 40) == (near[0], near[-1] + 1)
    assert steps.frames_of(20, 22, None) == (near[0], near[-1] + 1)
    assert steps.frames_of(20, 24, 40) == (near[0], near[-1] + 2)
    # At the ends those of the nearest hop that has all of them.
    assert steps.frames_of(0, 1, 40)[0] == 0
    assert steps.frames_of(0, 1, None) == steps.frames_of(0, 1, 40)
    assert steps.frames_of(94, 95, 40)[1] == 40


@pytest.mark.parametrize("reach", [0.25, 0.5])
def test_a_reach_at_the_end_of_its_range_is_accepted(reach: float) -> None:
    assert StepGrid(FrameGrid(16, 4), 4, reach).reach == reach
    assert StepGrid(FrameGrid(16, 4), 1).reach == 0.25
    assert not StepGrid(FrameGrid(16, 4), 1).causal


@pytest.mark.parametrize(("stop", "most", "n"), [(1000, 100, 5), (1000, 7, 3), (500, 120, 1)])
def test_stretches_begin_at_random_places_of_equal_parts(stop: int, most: int, n: int) -> None:
    length = most // n
    part = (stop - 100 - length) / n
    random = np.random.default_rng(0).random(n)
    begins = [
        int(100 + i * part + share * max(part - length, 0.0))
        for i, share in enumerate(random.tolist())
    ]
    expected = [(begin, begin + length) for begin in begins]
    assert draw_stretches(100, stop, most, n) == expected


@pytest.mark.parametrize(
    ("nperseg", "step", "hop"),
    [
        (72, 1, 9),
        (64, 1, 8),
        (100, 1, 12),
        (8, 1, 1),
        (2, 1, 1),
        (64, 5, 10),
        (16, 8, 8),
        (3, 5, 3),
    ],
)
def test_the_default_hop_is_an_eighth_of_a_frame(nperseg: int, step: int, hop: int) -> None:
    assert FrameGrid.of(nperseg, step).hop == hop
    assert step > 1 or FrameGrid.of(nperseg).hop == hop


def test_the_smallest_grids_are_accepted() -> None:
    for nperseg, hop in ((2, 1), (2, 2), (5, 5)):
        assert FrameGrid(nperseg, hop).n_frames(5) == (5 - nperseg) // hop + 1
    assert FrameGrid(5, 2).n_frames(4) == 0


def test_a_taper_is_shared_and_cannot_be_written_to() -> None:
    for window in ("hann", "hamming"):
        values = taper(window, 16)
        assert values is taper(window, 16)
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1.0


@pytest.mark.parametrize(
    "window", [("kaiser", math.nan), ("gaussian",), (), ("exponential", None, 0)]
)
def test_a_window_without_finite_values_is_refused(window: tuple) -> None:
    with pytest.raises(ValueError, match="window"):
        taper(window, 16)


@pytest.mark.parametrize(("window", "bins"), [("hann", 2), ("boxcar", 1), ("blackman", 3)])
def test_the_spectrum_of_a_cosine_taper_has_as_many_bins_as_it_has_terms(
    window: str, bins: int
) -> None:
    assert _taper_spectrum(window, 64).size == bins


@pytest.mark.parametrize("nperseg", [6, 7])
def test_amplitudes_of_both_ends_of_a_spectrum_are_not_doubled(nperseg: int) -> None:
    found = np.abs(spectrum(np.full(nperseg, 3.0), np.ones(nperseg), "magnitude"))
    np.testing.assert_allclose(found, [3.0, 0, 0, 0], atol=1e-12)
    fastest = spectrum(3.0 * (-1.0) ** np.arange(6), np.ones(6), "magnitude")
    np.testing.assert_allclose(np.abs(fastest), [0, 0, 0, 3.0], atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 101])
def test_units_are_median_and_quartiles_over_those_of_a_gaussian(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 1))
    ordered = sorted(values[:, 0].tolist())

    def quantile(p: float) -> float:
        at = p * (n - 1)
        low = math.floor(at)
        return ordered[low] + (at - low) * (ordered[min(low + 1, n - 1)] - ordered[low])

    found = Scale.fit(values)
    assert found.centre[0] == pytest.approx(quantile(0.5))
    spread = (quantile(0.75) - quantile(0.25)) / 1.349
    assert found.spread[0] == pytest.approx(spread or 1.0)


def test_a_channel_that_hardly_changes_beside_others_has_its_own_deviation() -> None:
    values = np.random.default_rng(2).normal(size=(100, 3))
    values[:, 1] = 0.0
    values[:10, 1] = 5.0
    values[:, 2] = np.nan
    found = Scale.fit(values)
    assert found.spread[1] == pytest.approx(5.0 * math.sqrt(0.1 * 0.9))
    assert found.spread[0] == Scale.fit(values[:, :1]).spread[0]
    assert (found.centre[2], found.spread[2]) == (0.0, 1.0)
    # A deviation that overflows is none.
    values[:10, 1] = 1e300
    assert Scale.fit(values).spread[1] == 1.0


def test_of_a_long_signal_131072_rows_drawn_with_seed_0_are_used() -> None:
    values = np.random.default_rng(3).normal(size=(140_000, 1))
    rows = np.random.default_rng(0).integers(0, 140_000, 131_072)
    assert Scale.fit(values).centre[0] == np.median(values[rows])
    assert Scale.fit(values[:131_072]).centre[0] == np.median(values[:131_072])


def test_scaled_values_are_clipped_at_ten_million_spreads() -> None:
    found = Scale(np.zeros(1), np.ones(1))(np.array([[9e6], [1.1e7], [-1.1e7]]))
    assert found.tolist() == [[9e6, 1e7, -1e7]]
    with pytest.raises(DataError, match="expected 1 channels"):
        Scale(np.zeros(1), np.ones(1))(np.zeros(5))


def test_channels_that_never_change_are_found_beside_gaps() -> None:
    values = np.random.default_rng(4).normal(size=(50, 4))
    values[:, 1], values[:, 2], values[:, 3] = 2.0, np.nan, np.nan
    values[7, 1] = np.nan
    values[[3, 9], 3] = [1.0, 1.5]
    assert constant_channels(values).tolist() == [False, True, True, False]


def test_states_of_a_long_recording_are_those_of_the_rows_that_are_drawn() -> None:
    values = np.zeros((140_000, 2))
    values[:, 0] = np.arange(140_000)
    rows = np.random.default_rng(0).integers(0, 140_000, 131_072)
    # Other values are where nothing is drawn, so that there is one of them in the rows.
    left = np.setdiff1d(np.arange(140_000), rows)
    values[left, 1] = np.arange(left.size)
    assert state_channels(values).tolist() == [False, True]
    values[[*rows[:3]], 1] = [0.5, 0.6, 0.7]
    assert state_channels(values).tolist() == [False, False]
    # Where all rows are used, each counts.
    values[131_071, 1] = 0.4
    assert state_channels(values[:131_072]).tolist() == [False, False]


@pytest.mark.parametrize("n", [1, 15, 16, 17, 32, 33, 200])
def test_the_centre_is_the_median_of_at_most_sixteen_normal_spectra(n: int) -> None:
    bank = np.random.default_rng(n).normal(size=(n, 3))
    bank = np.insert(bank, [0, n // 2], np.nan, axis=0)
    whole = bank[~np.isnan(bank[:, 0])]
    every = math.ceil(n / 16)
    some = np.sort(whole[::every], axis=0)
    targets = Targets.of(bank[None])
    np.testing.assert_array_equal(targets.centre[0], some[len(some) // 2])
    np.testing.assert_array_equal(Targets.of(np.full((1, 2, 3), np.nan)).centre, np.zeros((1, 3)))


def test_normal_spectra_are_kept_as_columns_of_a_product() -> None:
    bank = np.random.default_rng(5).normal(size=(2, 5, 3))
    targets = Targets.of(bank)
    for channel in range(2):
        centred = bank[channel] - targets.centre[channel]
        rows = np.column_stack([-2 * centred, np.ones(5), (centred**2).sum(axis=1)])
        np.testing.assert_allclose(targets.rows[channel], rows, atol=1e-12)


def test_squared_distances_are_never_below_0() -> None:
    values = np.random.default_rng(6).normal(size=(60, 4)).astype(np.float32) * 1e3
    found = squared_distances(values, values)
    assert (found >= 0).all()
    D = Targets.of(values[None]).compared(values, 0, None)
    assert (D < 0).any()
    for k in (1, 2):
        assert (nearest(D, k, 1) >= 0).all()


@pytest.mark.parametrize(("n", "k"), [(5, 5), (5, 6), (513, 4), (1025, 100), (520, 257)])
def test_the_nearest_of_any_number_are_the_smallest(n: int, k: int) -> None:
    D = np.random.default_rng(n).random((7, n))
    before = D.copy()
    np.testing.assert_allclose(nearest(D, k, 1), np.sort(D, axis=1)[:, :k].mean(axis=1))
    np.testing.assert_array_equal(np.sort(D, axis=1), np.sort(before, axis=1))


@pytest.mark.parametrize("n_bins", [2, 5])
def test_views_have_a_value_for_each_bin_part(n_bins: int) -> None:
    expected = {
        "magnitude": n_bins - 1,
        "magnitude-dc": n_bins,
        "complex": 2 * n_bins - 2,
        "aligned": 2 * n_bins - 2,
        "shape": n_bins - 1,
        "level": 1,
        "residual": n_bins,
        "spectrogram": n_bins - 1,
    }
    assert {view: n_features(view, n_bins) for view in VIEWS} == expected
    keep_the_mean = {view for view, (_, with_mean) in VIEWS.items() if with_mean}
    assert keep_the_mean == {"magnitude-dc", "level", "residual"}


def test_a_shape_has_a_hundredth_of_the_variance_for_silence() -> None:
    X = np.array([[7.0, 0.1j, 0.2, 0.3]])
    found = VIEWS["shape"][0](X)
    np.testing.assert_allclose(found, [np.array([0.1, 0.2, 0.3]) / math.sqrt(0.14 + 0.01)])


def test_the_strongest_bin_is_turned_to_phase_0_and_the_others_with_it() -> None:
    # The second bin is the strongest: the first turns half as far, the third half as far again.
    X = np.array([[9.0, 1j, 2.0 * np.exp(0.6j), 1.0]])
    found = VIEWS["aligned"][0](X)[0]
    turned = np.array([1j * np.exp(-0.3j), 2.0, np.exp(-0.9j)])
    np.testing.assert_allclose(found, turned.view(float), atol=1e-12)


def test_parts_of_a_level_belong_to_bin_0() -> None:
    np.testing.assert_array_equal(by_bin(np.array([[2.0]]), "level", 3), [[2.0, 0.0, 0.0]])
    parts = np.arange(4.0)[None]
    np.testing.assert_array_equal(by_bin(parts, "complex", 3), [[0.0, 1.0, 5.0]])
    np.testing.assert_array_equal(by_bin(parts, "residual", 4), parts)
