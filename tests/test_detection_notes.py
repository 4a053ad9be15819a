"""Notes on a result: what was left out of the calibration, and how far it reaches."""

import numpy as np
import pytest

import spectra


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def said(found: spectra.Detection, words: str) -> bool:
    return any(words in note for note in found.notes)


def test_what_was_taken_for_anomalous_is_said() -> None:
    x = noise(20_000)
    assert not said(spectra.detect(x), "taken for anomalous")
    x[5000:6000] *= 8
    found = spectra.detect(x)
    assert said(found, "taken for anomalous")
    assert not said(spectra.detect(x, normal_rows=(8000, 20_000)), "taken for anomalous")


def test_a_recording_that_differs_as_a_whole_is_said() -> None:
    model = spectra.learn(noise(20_000))
    assert not said(spectra.score(model, noise(8000, 1)), "as a whole")
    assert said(spectra.score(model, 5 * noise(8000, 1)), "as a whole")


def test_p_values_below_what_the_data_supports_are_not_printed() -> None:
    x = noise(2000)
    x[1000:1040] += np.random.default_rng(1).choice([-9.0, 9.0], 40)
    found = spectra.detect(x)
    smallest = found.fusion.smallest_p
    # 500 steps, clusters of a few: between one in 500 and one in 5,000.
    assert 1 / 5000 <= smallest <= 1 / 500
    assert (found.alarms["p_value"] < smallest).any()
    assert f"< {smallest:.2g}" in list(found.table["p-value"])


@pytest.mark.parametrize(("alpha", "expected"), [(0.01, False), (1e-9, True)])
def test_an_alpha_beyond_the_data_is_said(alpha: float, expected: bool) -> None:
    assert said(spectra.detect(noise(4000), alpha=alpha), "is extrapolated") is expected
