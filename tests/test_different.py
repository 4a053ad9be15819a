"""The note that a recording as a whole differs from the normal data."""

import re

import numpy as np
import pytest

import spectra

SENTENCE = "the recording as a whole differs"


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def has_note(found: spectra.Detection) -> bool:
    return any(SENTENCE in note for note in found.notes)


def test_a_recording_of_another_load_is_called_different_and_a_normal_one_is_not() -> None:
    model = spectra.learn(noise(20_000))
    assert has_note(spectra.score(model, 3 * noise(4000, 1)))
    assert not has_note(spectra.score(model, noise(4000, 1)))
    assert not has_note(spectra.score(model, noise(4000, 1), alpha=0.05))


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
def test_what_is_different_is_so_at_every_alpha(alpha: float) -> None:
    model = spectra.learn(noise(20_000))
    found = spectra.score(model, 2 * noise(8000, 1), alpha=alpha)
    assert has_note(found)
    (note,) = [note for note in found.notes if SENTENCE in note]
    share = re.search(r"([\d.]+) % of the scores .* below 0.01, (\d+) times", note)
    beyond = np.mean(found.step_scores.p_value < 0.01)
    assert float(share[1]) == pytest.approx(100 * beyond, rel=0.01)
    assert float(share[2]) == pytest.approx(100 * beyond, abs=0.5)


def test_a_slow_rise_in_part_of_a_recording_makes_it_different() -> None:
    # A level that has never been reached before, from two thirds on.
    row = np.arange(3000)
    rise = np.maximum(row - 2000, 0) / 100
    model = spectra.learn(noise(3000))
    assert has_note(spectra.score(model, noise(3000, 1) + rise))
    assert not has_note(spectra.score(model, noise(3000, 1)))


@pytest.mark.parametrize("spike", [0.0, 500.0])
def test_a_spike_does_not_hide_that_a_recording_is_different(spike: float) -> None:
    # Alarms are as short as what their shortest frames see.
    x = noise(3000, 1) + 2
    x[1500:1504] += spike
    assert has_note(spectra.score(spectra.learn(noise(2000)), x))


def test_three_events_do_not_make_a_recording_different() -> None:
    x = noise(4000, 1)
    for start in (500, 1800, 3100):
        x[start : start + 30] += 12
    found = spectra.score(spectra.learn(noise(20_000, 2)), x)
    assert np.mean(found.step_scores.p_value < 0.01) > 0.1
    assert len(found.alarms) == 3
    assert not has_note(found)


@pytest.mark.parametrize("seed", range(5))
def test_short_normal_recordings_are_not_called_different(seed: int) -> None:
    model = spectra.learn(noise(50_000))
    parts = noise(3000, seed + 1).reshape(-1, 250)
    assert sum(has_note(spectra.score(model, part)) for part in parts) <= 1


def test_a_long_recording_is_called_different_by_its_scores_alone() -> None:
    # More steps than are counted at a time.
    model = spectra.learn(noise(8000))
    x = noise(600_000, 1)
    assert not has_note(spectra.score(model, x))
    x[:200_000] *= 3
    assert has_note(spectra.score(model, x))


@pytest.mark.parametrize("n", [366, 400, 1000])
def test_one_alarm_does_not_make_a_short_recording_different(n: int) -> None:
    x = noise(n)
    x[250:262] += 12
    alone = spectra.detect(x)
    assert len(alone.alarms)
    assert not has_note(alone)
    assert not has_note(spectra.score(spectra.learn(noise(20_000, 2)), x))
