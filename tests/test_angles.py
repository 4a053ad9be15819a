"""Channels that are angles: which are taken for one, and that a full turn is next to 0."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spectra
from spectra.signal.angles import followed, full_turns, near, unwrapped
from spectra.signal.scale import Scale


def vane(n: int, seed: int, wander: float = 3.0) -> np.ndarray:
    """Return the direction of a wind that wanders around north, in degrees, (n,)."""
    rng = np.random.default_rng(seed)
    return np.cumsum(wander * rng.normal(size=n)) + 8 * rng.normal(size=n)


@pytest.mark.parametrize(
    ("values", "turn"),
    [
        (vane(5000, 0) % 360, 360.0),
        (np.round(vane(5000, 1) % 360), 360.0),
        (10 * np.round(vane(5000, 2) / 10 % 36), 360.0),
        ((vane(5000, 3) + 180) % 360 - 180, 360.0),
        (np.radians(vane(5000, 4)) % (2 * np.pi), 2 * np.pi),
        (np.angle(np.exp(1j * np.radians(vane(5000, 5)))), 2 * np.pi),
        (3.6 * np.arange(5000) % 360, 360.0),
    ],
)
def test_directions_and_phases_are_angles(values: np.ndarray, turn: float) -> None:
    gaps = values.copy()
    gaps[::7] = np.nan
    signal = np.column_stack([values, gaps, 1.5 * values, values + 30, np.full(5000, np.nan)])
    np.testing.assert_allclose(full_turns(signal), [turn, turn, 0, 0, 0])


def counted(n: int, seed: int, rate: float, stalled: slice = slice(0)) -> np.ndarray:
    """Return a total of a wandering rate, which is 0 for a while, (n,)."""
    rng = np.random.default_rng(seed)
    rates = rate * (1 + 0.2 * np.convolve(rng.normal(size=n + 99), np.ones(100) / 10, "valid"))
    rates[stalled] = 0
    return np.floor(np.cumsum(np.maximum(rates, 0)))


@pytest.mark.parametrize(
    ("rate", "count"),
    [(1.0, 2**8), (40.0, 2**16), (7.0, 10**4), (60.0, 10**5), (5e5, 10**9), (-1.0, 2**8)],
)
def test_counters_that_overflow_go_round(rate: float, count: int) -> None:
    total = counted(20_000, 0, abs(rate)) * np.sign(rate)
    values = total % count
    gaps = values.copy()
    gaps[::7] = np.nan
    scaled = np.column_stack([values, gaps, total, 0.5 * values, values + 3 * count])
    np.testing.assert_array_equal(full_turns(scaled), [count, count, 0, 0, 0])


def test_what_overflows_both_ways_or_hardly_is_no_counter() -> None:
    rng, t = np.random.default_rng(0), np.arange(20_000)
    other = [
        # Samples of 8 and 16 bits that are clipped.
        np.clip(np.round(128 + 300 * np.sin(t / 9) + 9 * rng.normal(size=t.size)), 0, 255),
        np.clip(np.round(32_768 + 30_000 * rng.standard_t(2, size=t.size)), 0, 65_535),
        rng.integers(0, 256, t.size),
        t // 4000 * 60 % 256,
        counted(600, 0, 1.0).repeat(34)[: t.size] % 256,
        t % 100,
        t % 255 + 0.5,
    ]
    assert not full_turns(np.column_stack(other).astype(float)).any()


@pytest.mark.parametrize(("rate", "count"), [(1.0, 2**8), (40.0, 2**16)])
def test_a_counter_that_stands_still_is_found_and_its_overflows_are_not(rate, count) -> None:
    overflows = []
    for seed in range(3):
        x = counted(20_000, seed, rate, slice(12_000, 12_150)) % count
        found = spectra.score(spectra.learn(counted(20_000, seed + 9, rate) % count), x)
        assert "taken as a counter" in " ".join(found.notes)
        alarm = found.scores["alarm"].to_numpy() == 1
        assert alarm[12_000:12_150].any()
        overflows += alarm[:-1][np.abs(np.diff(x)) > count / 2].tolist()
    assert np.mean(overflows) < 0.05


def test_what_does_not_turn_is_no_angle() -> None:
    rng, t = np.random.default_rng(0), np.arange(5000)
    other = [
        rng.uniform(0, 360, 5000),
        180 + 180 * np.sin(t / 30),
        np.pi * np.sin(t * 3.0),
        360.0 * (t // 50 % 2),
        t % 100 * 1.0,
        t % 365 * 1.0 + rng.normal(size=5000),
        np.cumsum(rng.normal(size=5000)),
        np.where(t % 1000 < 500, vane(5000, 6) % 360, 900.0),
        3.1 * np.sign(np.sin(t / 30)) + 0.02 * rng.normal(size=5000),
    ]
    assert not full_turns(np.column_stack(other)).any()
    assert not full_turns(np.zeros((2, 3))).any()


def test_a_code_of_an_error_among_directions_is_none() -> None:
    values = vane(5000, 0) % 360
    values[[500, 3000]] = [999.0, -1.0]
    assert full_turns(values[:, None]) == 360


@given(st.integers(0, 2**32 - 1), st.sampled_from([360.0, 2 * np.pi]), st.booleans())
def test_values_near_a_centre_differ_by_full_turns(seed: int, turn: float, angle: bool) -> None:
    rng = np.random.default_rng(seed)
    values, centre = rng.uniform(-5 * turn, 5 * turn, 50), rng.uniform(-turn, turn, 50)
    found = near(values, centre, np.array(turn if angle else 0.0))
    moved = (values - found) / turn
    np.testing.assert_allclose(moved, np.round(moved), atol=1e-12)
    assert (np.abs(found - centre) <= turn / 2 + 1e-9).all() if angle else not moved.any()


def test_frames_of_an_angle_are_followed_beyond_its_turn() -> None:
    x = np.cumsum(np.random.default_rng(0).uniform(-170, 170, (20, 64)), axis=1) % 360
    found = followed(x, 360.0)
    for frame, values in zip(found, x, strict=True):
        last = values[0]
        for row, value in enumerate(values):
            step = (value - last + 180) % 360 - 180
            last = values[0] if row == 0 else frame[row - 1] + step
            assert frame[row] == pytest.approx(last)
            last = value


def test_unwrapped_follows_a_direction_beyond_its_turn() -> None:
    x = vane(5000, 0)
    signal = np.column_stack([x % 360, x % 360])
    signal[100, 0] = np.nan
    found = unwrapped(signal, np.array([360.0, 0.0]))
    expected = x - x[0] + signal[0, 0]
    np.testing.assert_allclose(np.delete(found[:, 0], 100), np.delete(expected, 100))
    np.testing.assert_array_equal(found[:, 1], signal[:, 1])
    assert unwrapped(signal, np.zeros(2)) is signal


def test_the_circle_is_cut_opposite_to_the_mean_direction() -> None:
    signal = np.column_stack([np.arange(5000.0), (vane(5000, 0, 0.5) + 350) % 360])
    scale = Scale.fit(signal, np.array([0.0, 360.0]))
    scaled = scale(signal)
    assert np.abs(np.diff(scaled[1])).max() * scale.spread[1] < 100
    assert np.abs(scaled[1]).max() * scale.spread[1] <= 180
    np.testing.assert_allclose(scaled[0], Scale.fit(signal)(signal)[0])


@pytest.mark.parametrize("turns", [[360.0], [-1.0, 0.0], [np.nan, 0.0], [1e-300, 0.0]])
def test_a_scale_of_other_turns_is_refused(turns: list) -> None:
    with pytest.raises(ValueError, match="Each channel has one full turn"):
        Scale(np.zeros(2), np.ones(2), np.array(turns))


def spun(n: int, seed: int) -> np.ndarray:
    """Return a vane that turns round and round in 200 rows from row 4000 on."""
    x = vane(n, seed)
    x[4000:4200] += 20.0 * np.arange(200)
    return np.round(x % 360)


def test_a_vane_in_the_north_raises_few_alarms_and_one_that_spins_raises_one() -> None:
    alarms = [len(spectra.detect(np.round(vane(10_000, seed) % 360)).alarms) for seed in range(4)]
    assert sum(alarms) <= 8
    for seed in range(4):
        found = spectra.detect(spun(10_000, seed)).alarms
        assert ((found["start"] < 4200) & (found["end"] >= 4000)).any()


def test_where_north_is_does_not_matter() -> None:
    x = spun(6000, 1)
    scores = [spectra.detect(each).scores["anomaly_score"] for each in (x, (x + 90) % 360)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)


def test_an_angle_that_passes_north_is_judged_as_one_that_does_not() -> None:
    x = vane(6000, 0, 0.5)
    x[3000:3040] += 60
    assert full_turns((x % 360)[:, None]) == 360
    assert np.abs(x).max() < 150
    scores = [spectra.detect(each).scores["anomaly_score"] for each in (x, x % 360)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)


def test_a_model_of_an_angle_scores_blocks_and_files_alike(tmp_path) -> None:
    rng = np.random.default_rng(0)
    normal, other = (np.column_stack([rng.normal(size=9000), f(9000, 7)]) for f in (vane, spun))
    normal[:, 1] %= 360
    model = spectra.learn(normal)
    whole = spectra.score(model, other)
    assert "Channel 'ch2' is taken as an angle" in " ".join(whole.notes)
    model.save(tmp_path / "model")
    again = spectra.Model.load(tmp_path / "model")
    np.testing.assert_array_equal(again.fitted.turns, [0, 360])
    stream, found = spectra.Stream(again), []
    for start in range(0, 9000, 700):
        found.append(stream.update(other[start : start + 700]).z)
    found.append(stream.finish().z)
    np.testing.assert_allclose(np.concatenate(found), whole.scores["anomaly_score"], atol=1e-4)
    spin = whole.alarms.index[whole.alarms["start"].between(3500, 4200)][0]
    assert whole.alarms["channel"][spin] == "ch2"
    explained = whole.explain(int(spin) + 1)
    assert explained.channels[0].channel == "ch2"


def test_turns_of_a_model_that_contradict_one_another_are_refused() -> None:
    fitted = spectra.learn(vane(9000, 7) % 360).fitted.standardised
    for turns in (None, fitted.base.turns[[0, 0]], 2 * fitted.base.turns):
        with pytest.raises(ValueError, match="full turns of base scores and scale"):
            replace(fitted, base=replace(fitted.base, turns=turns))
