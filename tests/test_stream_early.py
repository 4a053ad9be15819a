"""Streams with two clocks: alarms open early, and are confirmed or withdrawn once settled."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import spectra
from spectra.alarms import find_alarms
from spectra.calibration.scores import Scores
from spectra.cli import main
from spectra.errors import DataError
from spectra.stream.confirmation import Confirmation
from spectra.stream.state import FORMAT
from spectra.stream.stream import StreamUpdate
from spectra.stream.tracker import AlarmEvent, AlarmTracker
from test_alarms import ALPHA, FUSION, STEPS, fused
from test_cli_stream import run as run_stream

# Rows from one burst to the next, and their lengths.
SPACING, LENGTHS = 1500, (20, 60, 200, 500)


def signal(n: int, seed: int) -> np.ndarray:
    """Cycles of 90 rows in noise."""
    return np.random.default_rng(seed).normal(size=n) + 2 * np.sin(np.arange(n) / 14.3)


def bursts(n: int) -> tuple[np.ndarray, list[int]]:
    """A signal with bursts and two gaps, and the first rows of the bursts."""
    x, rng = signal(n, 1), np.random.default_rng(2)
    starts = list(range(SPACING, n - SPACING, SPACING))
    for i, start in enumerate(starts):
        length = LENGTHS[i % len(LENGTHS)]
        x[start : start + length] += 4 * rng.normal(size=length)
    x[1000:1003] = x[2500:2600] = np.nan
    return x, starts


MODEL = spectra.learn(signal(8000, 0), early=True)
DATA, STARTS = bursts(12_000)


def run(
    stream: spectra.Stream, x: np.ndarray, sizes: list[int], *, restored: bool = False
) -> Iterator[tuple[int, StreamUpdate]]:
    """Yield the rows so far and the update of each block of a signal."""
    start = 0
    while start < len(x):
        size = sizes[start % len(sizes)]
        start += size
        yield min(start, len(x)), stream.update(x[start - size : start])
        if restored:
            stream = spectra.Stream.restore(stream.model, stream.state())
    yield len(x), stream.finish()


def histories(events: list[AlarmEvent]) -> dict[int, list[AlarmEvent]]:
    """The events of each alarm; it is opened, then confirmed and closed, or withdrawn."""
    alarms: dict[int, list[AlarmEvent]] = {}
    for event in events:
        alarms.setdefault(event.alarm, []).append(event)
    assert list(alarms) == list(range(1, len(alarms) + 1))
    for each in alarms.values():
        kinds = [event.kind for event in each]
        assert kinds[0] == "opened"
        steady = [kind for kind in kinds if kind != "updated"]
        assert steady in (["opened", "confirmed", "closed"], ["opened", "withdrawn"])
        assert kinds[-1] == steady[-1]
    return alarms


def events_of(updates: list[StreamUpdate]) -> list[AlarmEvent]:
    """The events of updates."""
    return [event for update in updates for event in update.events]


def spans(events: list[AlarmEvent]) -> list[tuple[int, int, int]]:
    """The closed alarms, in order of time."""
    return sorted((e.start, e.end, e.peak) for e in events if e.kind == "closed")


@settings(max_examples=5)
@given(st.sampled_from([40, 100, 300]), st.lists(st.integers(1, 2000), min_size=1, max_size=9))
def test_scores_and_events_are_the_same_whatever_the_blocks(every: int, sizes: list[int]) -> None:
    x = DATA[:4000]
    whole = [update for _, update in run(spectra.Stream(MODEL, every=every), x, [len(x)])]
    parts = [update for _, update in run(spectra.Stream(MODEL, every=every), x, sizes)]
    # Each scoring is of the same rows: equal to the last bit.
    z, expected = (np.concatenate([update.z for update in each]) for each in (parts, whole))
    np.testing.assert_array_equal(z, expected)
    assert events_of(parts) == events_of(whole) != []


# Bursts, and noise, whose alarms are few and often seen by one clock alone.
@pytest.mark.parametrize(
    ("x", "alpha"), [(DATA, 1e-4), (signal(12_000, 7), 0.01)], ids=["bursts", "noise"]
)
def test_every_alarm_is_confirmed_and_closed_as_in_the_recording_or_withdrawn(
    x: np.ndarray, alpha: float
) -> None:
    whole = spectra.score(MODEL, x, alpha=alpha)
    updates = [update for _, update in run(spectra.Stream(MODEL, alpha=alpha), x, [700])]
    events = events_of(updates)
    histories(events)
    expected = whole.alarms[["start", "end", "peak"]].to_numpy().tolist()
    assert spans(events) == [tuple(row) for row in expected]
    assert expected
    found = np.concatenate([update.z for update in updates])
    np.testing.assert_allclose(found, whole.step_scores.sample_z, atol=1e-4)
    assert any(event.kind == "withdrawn" for event in events) == (x is not DATA)


def delays(model: spectra.Model) -> list[int]:
    """Rows from the first row of each burst until an alarm is open at it."""
    opened = [
        (rows, event.start)
        for rows, update in run(spectra.Stream(model, alpha=1e-5, every=32), DATA, [32])
        for event in update.events
        if event.kind == "opened"
    ]
    # A frame around a burst begins before it.
    return [
        next(rows - start for rows, row in opened if start - 300 < row < start + 600)
        for start in STARTS
    ]


def test_alarms_open_earlier_than_on_the_settled_clock_alone() -> None:
    early, settled = delays(MODEL), delays(replace(MODEL, early=None))
    assert all(0 <= one <= other for one, other in zip(early, settled, strict=True))
    assert np.mean(early) < 64
    assert np.mean(settled) > 150


def test_a_stream_that_is_restored_again_and_again_is_the_same() -> None:
    x = DATA[:5000]
    for adapt in (None, 600):
        expected = [update for _, update in run(spectra.Stream(MODEL, adapt=adapt), x, [5000])]
        stream = spectra.Stream(MODEL, adapt=adapt)
        found = [update for _, update in run(stream, x, [137], restored=True)]
        assert events_of(found) == events_of(expected)
        histories(events_of(found))


@given(STEPS, STEPS, st.lists(st.integers(0, 9), max_size=20), st.integers(0, 60))
def test_of_any_scores_each_alarm_is_confirmed_once_or_withdrawn(
    early: list[tuple[float, ...]],
    settled: list[tuple[float, ...]],
    sizes: list[int],
    reach: int,
) -> None:
    n = min(len(early), len(settled))
    clocks = [np.array(each[:n], dtype=np.float64).reshape(-1, 4).T for each in (early, settled)]
    steps = [fused(columns[0], columns[1:]) for columns in clocks]
    trackers = [AlarmTracker(FUSION, 4, ("a",), ALPHA, causal) for causal in (True, False)]
    confirmation, events, done = Confirmation(reach), [], 0
    # The settled clock is late.
    for size in [*sizes, n]:
        first, second = done + size, max(done + size - 7, 0)
        events += confirmation.early(trackers[0].update(steps[0].part(done, first)))
        new = trackers[1].update(steps[1].part(max(done - 7, 0), second))
        rows, is_raised = trackers[1].n_rows, trackers[1].is_raised
        events += confirmation.settled(new, rows, is_raised=is_raised)
        confirmation, done = Confirmation(reach, confirmation.state), first
    new = trackers[1].update(steps[1].part(max(done - 7, 0), n))
    events += confirmation.early(trackers[0].finish(4 * n))
    last = [*new, *trackers[1].finish(4 * n)]
    events += confirmation.settled(last, 4 * n, is_raised=False)
    histories(events)
    assert not confirmation.is_open
    expected = find_alarms(Scores(4, 4 * n, steps[1], FUSION, steps[1].part), ALPHA)
    assert [span[:2] for span in spans(events)] == list(
        zip(expected.first.tolist(), expected.last.tolist(), strict=True)
    )


def test_a_model_with_two_clocks_is_kept_in_one_file(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "model")
    loaded = spectra.Model.load(tmp_path / "model")
    assert loaded.early is not None
    assert loaded.early.fitted.causal
    state = spectra.Stream(MODEL).state()
    assert spectra.Stream.restore(loaded, state).n_rows == 0
    alone = replace(MODEL, early=None)
    with pytest.raises(DataError, match="saved with another model"):
        spectra.Stream.restore(alone, state)
    arrays, about = FORMAT.from_bytes(state, "state")
    about["stream"]["early"] = None
    kept = {path: array for path, array in arrays.items() if not path.startswith("early.")}
    with pytest.raises(DataError, match="is damaged"):
        spectra.Stream.restore(MODEL, FORMAT.to_bytes(kept, about))


@pytest.mark.parametrize("method", ["sequence", spectra.Spectral(causal=True)])
def test_only_settled_scores_of_the_signal_pipeline_are_opened_early(method: object) -> None:
    with pytest.raises(ValueError, match=r"early=True calibrates causal scores beside others"):
        spectra.learn(signal(4000, 0), method=method, early=True)


@pytest.mark.parametrize(
    "early", [MODEL, replace(MODEL, early=None), replace(MODEL.early, channels=("other",))]
)
def test_an_early_model_of_another_kind_is_refused(early: spectra.Model) -> None:
    with pytest.raises(ValueError, match="An early model is causal"):
        replace(MODEL, early=early)


def test_the_command_opens_early_and_confirms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    np.savetxt("normal.csv", signal(4000, 0), header="x", comments="", fmt="%.4f")
    np.savetxt("data.csv", bursts(5000)[0], header="x", comments="", fmt="%.4f")
    fitted = runner.invoke(main, ["fit", "normal.csv", "--early", "-o", "model"])
    assert fitted.exit_code == 0, fitted.output
    data = Path("data.csv").read_text(encoding="ascii")
    found = run_stream("model", "--alpha", "1e-5", text=data)
    assert found.exit_code == 0, found.stderr
    assert '"event": "confirmed"' in found.stdout
    both = Path("normal.csv").read_text(encoding="ascii") + data.partition("\n")[2]
    learned = run_stream("--learn-rows", "4001", "--early", "--alpha", "1e-5", text=both)
    assert learned.exit_code == 0, learned.stderr
    assert learned.stdout.count('"confirmed"') == found.stdout.count('"confirmed"')
    causal = runner.invoke(main, ["fit", "normal.csv", "--early", "--causal", "-o", "no"])
    assert causal.exit_code == 2
    assert "--early excludes --causal" in causal.stderr
    refused = runner.invoke(main, ["stream", "model", "--early"], input=data)
    assert refused.exit_code == 2
    assert "make MODEL with spectra fit --early" in refused.stderr
