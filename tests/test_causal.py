"""Causal scores: none depends on a row after its own, in batch and in a stream."""

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import spectra
from spectra.cli import main
from spectra.signal.frames import FrameGrid
from spectra.signal.steps import StepGrid

N = 4000
METHOD = spectra.Spectral(causal=True)


def signal(n: int, n_channels: int = 1, seed: int = 0) -> np.ndarray:
    """Cycles of 90 rows in noise."""
    noise = np.random.default_rng(seed).normal(size=(n, n_channels))
    return noise + 2 * np.sin(np.arange(n) / 14.3)[:, None]


def with_event(n_channels: int = 1) -> np.ndarray:
    x = signal(N, n_channels, seed=1)
    x[2000:2060, -1] *= 8
    x[1000:1003, 0] = x[2500:2600, 0] = np.nan
    return x


MODELS = {n: spectra.learn(signal(6000, n), method=METHOD) for n in (1, 2)}


@given(st.integers(2, 40), st.integers(1, 12), st.integers(1, 4), st.integers(0, 150))
def test_a_step_has_the_score_of_the_last_frame_that_ends_before_its_hop(
    nperseg: int, steps_a_hop: int, step: int, n_samples: int
) -> None:
    hop = step * steps_a_hop
    if hop > nperseg:
        return
    grid = FrameGrid(nperseg, hop)
    steps = StepGrid(grid, step, causal=True)
    n_frames, n_steps = grid.n_frames(n_samples), -(-n_samples // step)
    scores = np.random.default_rng(0).random(n_frames)
    expected = []
    for j in range(n_steps):
        first_row = j * step // hop * hop
        before = [i for i in range(n_frames) if i * hop + nperseg - 1 <= first_row]
        expected.append(scores[before[-1]] if before else np.nan)
    if n_steps:
        found = steps.average(scores, 0, 0, n_steps, n_frames)
        np.testing.assert_array_equal(found, expected)
    for j in range(n_steps):
        first, last = steps.frames_of(j, j + 1, None)
        needed = scores[first : max(first, last)]
        part = steps.average(needed, first, j, j + 1, None)
        np.testing.assert_array_equal(part, expected[j : j + 1])
    assert steps.n_finished(n_samples) == n_samples // step


@pytest.mark.parametrize("row", [0, 3, 10, 17, 500, 1001, 2003, 2030, 3001, 3003])
def test_no_score_depends_on_a_later_row(row: int) -> None:
    x = with_event()
    changed = x.copy()
    changed[row + 1 :] = 9 * np.random.default_rng(2).normal(size=(N - row - 1, 1))
    # A gap that is still open is filled by what comes after it.
    changed[row + 1] = x[row + 1]
    model = MODELS[1]
    before, after = (model.fitted.score(each).sample_z[: row + 1] for each in (x, changed))
    np.testing.assert_allclose(after, before, atol=1e-4)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_causal_stream_is_that_of_the_recording_and_not_late(n_channels: int) -> None:
    model, x = MODELS[n_channels], with_event(n_channels)
    stream = spectra.Stream(model, every=4)
    updates, n_scored = [], 0
    for i, row in enumerate(x):
        if i == 2030:
            stream = spectra.Stream.restore(model, stream.state())
        updates.append(stream.update(row))
        n_scored += updates[-1].z.size
        # The rows of a scoring and those of a gap that may be short.
        assert i + 1 - n_scored < 4 + 4 + 5
    updates.append(stream.finish())
    found = spectra.score(model, x)
    z = np.concatenate([update.z for update in updates])
    np.testing.assert_allclose(z, found.step_scores.sample_z, atol=1e-4)
    events = [event for update in updates for event in update.events]
    closed = [(event.start, event.end) for event in events if event.kind == "closed"]
    assert closed == list(found.alarms[["start", "end"]].itertuples(index=False, name=None))
    # The alarm opens within the event, and begins with it.
    opened = next(
        i for i, update in enumerate(updates) for event in update.events if event.start >= 2000
    )
    assert 2000 < opened < 2030
    assert any(2000 <= start <= 2012 for start, _ in closed)


def test_causal_scores_are_calibrated_as_such() -> None:
    model = spectra.learn(np.random.default_rng(0).normal(size=20_000), method=METHOD)
    found = spectra.score(model, np.random.default_rng(1).normal(size=100_000))
    p_value = found.step_scores.p_value
    assert 0.07 < np.mean(p_value < 0.1) < 0.15
    assert 0.005 < np.mean(p_value < 0.01) < 0.02


def test_an_anomaly_in_a_recording_that_is_its_own_reference_is_found() -> None:
    found = spectra.detect(with_event(), method=METHOD)
    alarm = found.alarms.iloc[int(found.alarms["score"].argmax())]
    assert 2000 <= alarm["start"] <= 2016
    assert found.explain(1).bands
    restored = spectra.Spectral(causal=True)
    assert found.model.method == restored


def test_the_option_is_that_of_the_spectral_method() -> None:
    refused = CliRunner().invoke(main, ["detect", "x.csv", "--causal", "--method", "sequence"])
    assert refused.exit_code == 2
    assert "--causal belongs to --method spectral" in refused.stderr
