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
    share = re.search(r"([\d.]+) % of all scores", note)
    beyond = np.mean(found.step_scores.p_value < 0.001)
    assert float(share[1]) == pytest.approx(100 * beyond, rel=0.05)


@pytest.mark.parametrize("n", [366, 400, 1000])
def test_one_alarm_does_not_make_a_short_recording_different(n: int) -> None:
    x = noise(n)
    x[250:262] += 12
    alone = spectra.detect(x)
    assert len(alone.alarms)
    assert not has_note(alone)
    assert not has_note(spectra.score(spectra.learn(noise(20_000, 2)), x))
