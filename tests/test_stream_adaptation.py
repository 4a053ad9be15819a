"""A drift is followed by streams that adapt, and never learned from alarms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spectra
from spectra.stream.adaptation import Adaptation

MODEL = spectra.learn(
    np.random.default_rng(0).normal(size=8000), method=spectra.Spectral(nperseg=32)
)
N, HALF_LIFE = 40_000, 500


def alarm_rows(x: np.ndarray, adapt: int | None) -> int:
    """Rows in closed alarms of a stream."""
    stream = spectra.Stream(MODEL, alpha=1e-4, adapt=adapt)
    events = [*stream.update(x).events, *stream.finish().events]
    return sum(event.end - event.start + 1 for event in events if event.kind == "closed")


def test_a_slow_drift_of_level_and_spread_stays_normal() -> None:
    noise = np.random.default_rng(1).normal(size=N)
    ramp = np.linspace(0, 1, N)
    drift = noise * (1 + ramp) + 6 * ramp
    assert alarm_rows(drift, None) > 0.3 * N
    assert alarm_rows(drift, HALF_LIFE) < 0.01 * N


def test_an_alarm_is_not_learned_from_however_long() -> None:
    x = np.random.default_rng(2).normal(size=N)
    x[10_000:] += 20
    assert alarm_rows(x, HALF_LIFE) > 0.95 * (N - 10_000)


@pytest.mark.parametrize("size", [1, 333])
def test_an_adapting_stream_is_the_same_whatever_the_blocks_and_restored(size: int) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=9000) + np.linspace(0, 5, 9000)
    x[5000:5050] *= 9
    x[3000:3030] = np.nan
    whole, stream = spectra.Stream(MODEL, adapt=500), spectra.Stream(MODEL, adapt=500)
    expected, parts = whole.update(x), []
    for start in range(0, len(x), size):
        if start % 37 == 0:
            stream = spectra.Stream.restore(MODEL, stream.state())
        parts.append(stream.update(x[start : start + size]))
    np.testing.assert_array_equal(np.concatenate([part.z for part in parts]), expected.z)
    assert tuple(event for part in parts for event in part.events) == expected.events
    np.testing.assert_array_equal(stream.finish().z, whole.finish().z)


@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.lists(st.integers(1, 9), min_size=1, max_size=60),
    st.integers(1, 7),
)
def test_rows_near_a_flagged_one_are_not_learned_from(
    flagged: list[bool], sizes: list[int], margin: int
) -> None:
    n = len(flagged)
    x = np.random.default_rng(0).normal(size=(n, 1))
    adaptation, start = Adaptation.of(10**6, margin, 1), 0
    for size in [*sizes, n]:
        rows = x[start : start + size]
        np.testing.assert_array_equal(adaptation(rows), rows)
        adaptation.learn(np.array(flagged[start : start + size], dtype=bool), is_open=False)
        start += size
    # By the definition, for rows whose neighbourhood has been scored.
    kept = [
        x[i, 0] for i in range(n - margin) if not any(flagged[max(0, i - margin) : i + margin + 1])
    ]
    assert adaptation.state.n_learned == len(kept)
    if kept:
        mean = adaptation.state.origin[0] + adaptation.state.mean[0]
        np.testing.assert_allclose(mean, np.mean(kept))


def test_moments_have_the_half_life() -> None:
    adaptation = Adaptation.of(100, 1, 1)
    for value, n in ((0.0, 201), (1.0, 100)):
        adaptation(np.full((n, 1), value))
        adaptation.learn(np.zeros(n, dtype=bool), is_open=False)
    # 99 of the last rows have been judged; a row is judged once the next one has a score.
    mean = float(adaptation.state.origin[0] + adaptation.state.mean[0])
    assert mean == pytest.approx(1 - 0.5 ** (99 / 100), abs=0.01)


def test_a_half_life_below_the_longest_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="adapt=31 must be an integer >= 32"):
        spectra.Stream(MODEL, adapt=31)
