"""Centre and spread of channels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import spectra
from spectra.errors import DataError
from spectra.signal.scale import FARTHEST, Scale, extremes, state_channels


def test_centre_and_spread_are_median_and_interquartile_range() -> None:
    values = np.random.default_rng(0).normal(size=(1001, 2)) * [1.0, 1e4] + [0.0, -7e5]
    scale = Scale.fit(values)
    np.testing.assert_allclose(scale.centre, np.median(values, axis=0))
    np.testing.assert_allclose(scale.spread, stats.iqr(values, axis=0, scale="normal"), rtol=1e-3)


def test_a_gaussian_channel_has_its_standard_deviation() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, size=(100_000, 1))
    scale = Scale.fit(values)
    # Standard errors: 1.25 σ/√n of the median, 1.65 σ/√n of the spread.
    assert scale.centre[0] == pytest.approx(3.0, abs=4 * 1.25 * 2 / 316)
    assert scale.spread[0] == pytest.approx(2.0, abs=4 * 1.65 * 2 / 316)


@pytest.mark.parametrize("size", [1e2, 1e9, -1e300])
def test_a_tenth_of_outliers_of_any_size_hardly_moves_them(size: float) -> None:
    clean = np.random.default_rng(2).normal(size=(5000, 1))
    dirty = clean.copy()
    dirty[::10] = size
    before, after = Scale.fit(clean), Scale.fit(dirty)
    assert abs(after.centre[0] - before.centre[0]) < 0.2
    assert after.spread[0] == pytest.approx(before.spread[0], rel=0.25)


def test_gaps_are_left_out() -> None:
    values = np.random.default_rng(3).normal(size=(500, 2))
    holed = np.insert(values, slice(0, 500, 5), np.nan, axis=0)
    np.testing.assert_allclose(Scale.fit(holed).centre, Scale.fit(values).centre)
    np.testing.assert_allclose(Scale.fit(holed).spread, Scale.fit(values).spread)


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
def test_a_channel_that_never_changes_or_never_is_there_has_a_spread_of_1(value: float) -> None:
    scale = Scale.fit(np.column_stack([np.full(50, value), np.arange(50.0)]))
    assert scale.centre[0] == np.nan_to_num(value)
    assert scale.spread[0] == 1.0
    alone = Scale.fit(np.full((50, 1), value))
    assert (alone.centre, alone.spread) == (scale.centre[0], 1.0)


def test_a_channel_that_is_mostly_one_value_has_its_standard_deviation() -> None:
    values = np.zeros((1000, 1))
    values[:100] = 1.0
    assert Scale.fit(values).spread[0] == pytest.approx(np.sqrt(0.1 * 0.9))


def test_a_long_signal_is_scaled_by_a_part_of_it() -> None:
    # A cycle of two rows, which evenly spaced rows could keep step with.
    values = np.tile([0.0, 1.0], 200_000)[:, None] + np.arange(400_000.0)[:, None] * 1e-5
    scale = Scale.fit(values)
    assert scale.centre[0] == pytest.approx(np.median(values), rel=0.02)
    assert scale.spread[0] == pytest.approx(stats.iqr(values) / 1.349, rel=0.02)
    assert Scale.fit(values).centre == scale.centre


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_scaled_values_do_not_depend_on_the_unit(offset: float, factor: float) -> None:
    values = np.random.default_rng(4).normal(size=(200, 1))
    other = values * factor + offset
    # Values of an offset of 1e6 and a spread of 1e-3 have 7 digits left.
    np.testing.assert_allclose(
        Scale.fit(other)(other), Scale.fit(values)(values), rtol=1e-4, atol=1e-5
    )


def test_scaled_values_are_clipped_and_gaps_stay_gaps() -> None:
    scale = Scale(np.array([1.0, 0.0]), np.array([2.0, 1.0]))
    found = scale(np.array([[5.0, np.nan], [1e30, -np.inf], [1.0, 0.5]]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[2.0, FARTHEST, 0.0], [np.nan, -FARTHEST, 0.5]])
    assert np.isfinite(found[0] ** 2).all()


def test_another_number_of_channels_is_refused() -> None:
    scale = Scale.fit(np.ones((5, 2)))
    for shape in [(4, 3), (4,)]:
        with pytest.raises(DataError, match="expected 2 channels"):
            scale(np.ones(shape))


@pytest.mark.parametrize(
    ("centre", "spread"), [([0.0], [0.0]), ([0.0], [np.nan]), ([0.0, 1.0], [1.0])]
)
def test_a_scale_whose_parts_do_not_belong_together_is_refused(
    centre: list[float], spread: list[float]
) -> None:
    with pytest.raises(ValueError, match="one centre and one spread"):
        Scale(np.array(centre), np.array(spread))


def test_a_channel_of_few_values_beside_others_is_a_state() -> None:
    rng = np.random.default_rng(0)
    signal = np.column_stack([rng.normal(size=500), rng.random(500) < 0.02, np.zeros(500)])
    assert state_channels(signal).tolist() == [False, True, True]
    assert not state_channels(signal[:, 1:]).any()


def test_commands_do_not_drown_the_telemetry_beside_them() -> None:
    rng = np.random.default_rng(1)
    n = 8000
    commands = (rng.random((n, 20)) < 0.01).astype(float)
    signal = np.column_stack([rng.normal(size=n), commands])
    signal[6000:6040, 0] *= 6
    found = spectra.detect(signal, normal_rows=(0, 4000))
    assert (found.alarms["channel"] == "ch1").all()
    assert ((found.alarms["start"] <= 6040) & (found.alarms["end"] >= 6000)).any()
    (note,) = (note for note in found.notes if "raise no alarm" in note)
    assert "are taken as states" in note
    (note,) = (note for note in spectra.detect(signal[:, :2]).notes if "raise no alarm" in note)
    assert note.startswith("Channel 'ch2' is taken as states of at most 3 values, which raise no")


@pytest.mark.parametrize(("n_values", "state"), [(1, True), (2, True), (3, True), (4, False)])
def test_a_state_has_at_most_three_values(n_values: int, state: bool) -> None:
    rows = np.arange(500)
    signal = np.column_stack([np.random.default_rng(0).normal(size=500), rows % n_values])
    assert state_channels(signal).tolist() == [False, state]


def test_extremes_are_those_of_all_rows() -> None:
    values = np.random.default_rng(5).normal(size=(300_000, 3))
    values[0, 0], values[-1, 0], values[:, 2] = 100.0, -100.0, np.nan
    low, high = extremes(values)
    np.testing.assert_array_equal(low, np.fmin.reduce(values))
    np.testing.assert_array_equal(high, np.fmax.reduce(values))
    assert (low[0], high[0]) == (-100.0, 100.0)


@pytest.mark.parametrize("small", [1e-303, 1e-310, 5e-324])
def test_values_that_overflow_in_spreads_are_as_far_as_any_may_be(small: float) -> None:
    x = np.random.default_rng(0).normal(size=(400, 1)).round() * small
    x[50:60] = [[1.0], [-1.0]] * 5
    scaled = Scale.fit(x)(x)[0]
    np.testing.assert_array_equal(scaled[50:60], FARTHEST * x[50:60, 0])
    assert np.isfinite(scaled).all()


@pytest.mark.parametrize("method", ["spectral", "sequence"])
def test_a_step_of_any_size_is_an_alarm(method: str) -> None:
    x = np.random.default_rng(0).normal(size=2000) * 1e-310
    x[1000:1040] = 1.0
    found = spectra.detect(x, method=method)
    assert any(
        start < 1040 and end > 1000 for start, end in found.alarms[["start", "end"]].to_numpy()
    )
    found.explain(1)
