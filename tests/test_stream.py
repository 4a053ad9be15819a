"""Streams: scores and alarms are those of the whole recording, whatever the blocks."""

import json
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spectra
from spectra.alarms import find_alarms
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused
from spectra.datasets.grid_values import fill_short_gaps
from spectra.errors import DataError
from spectra.stream import tracker as tracker_module
from spectra.stream.gaps import GapFiller
from spectra.stream.state import FORMAT
from spectra.stream.stream import StreamUpdate
from spectra.stream.tracker import AlarmEvent, AlarmTracker
from test_alarms import ALPHA, FUSION, HIGH, LOW, SEEN, STEPS, fused

NAMES = ("start", "end", "peak", "channel")


def signal(n: int, n_channels: int = 1, seed: int = 0) -> np.ndarray:
    """Cycles of 90 rows in noise."""
    noise = np.random.default_rng(seed).normal(size=(n, n_channels))
    return noise + 2 * np.sin(np.arange(n) / 14.3)[:, None]


def with_events(n: int, n_channels: int = 1) -> np.ndarray:
    """A signal with bursts, short and long gaps, and gaps at both ends."""
    x, rng = signal(n, n_channels, seed=1), np.random.default_rng(2)
    for i, begin in enumerate(range(300, n - 200, 700)):
        x[begin : begin + 10 + 15 * i, -1] += 6 * rng.normal(
            size=x[begin : begin + 10 + 15 * i, -1].size
        )
        x[begin + 200 : begin + 201 + i, 0] = np.nan
    x[:2] = x[-3:] = x[n // 2 : n // 2 + 300] = np.nan
    return x


METHODS = {"spectral": 1, "sequence": 1, "two channels": 2}
MODELS = {
    name: spectra.learn(signal(6000, n), method="sequence" if name == "sequence" else "spectral")
    for name, n in METHODS.items()
}
DATA = {name: with_events(4000, n) for name, n in METHODS.items()}
WHOLE = {name: spectra.score(MODELS[name], DATA[name]) for name in METHODS}


def rows_of(updates: list[StreamUpdate]) -> np.ndarray:
    """The scores of a stream; each update begins where the one before it ended."""
    done = 0
    for update in updates:
        assert update.z.size == 0 or update.first_row == done
        done += update.z.size
    return np.concatenate([update.z for update in updates])


def closed(events: list[AlarmEvent]) -> list[tuple[object, ...]]:
    """The alarms of events; each is opened once, then closed once, and numbered in order."""
    kinds: dict[int, list[str]] = {}
    for event in events:
        kinds.setdefault(event.alarm, []).append(event.kind)
    assert list(kinds) == list(range(1, len(kinds) + 1))
    for each in kinds.values():
        assert each[0] == "opened"
        assert each[-1] == "closed"
        assert set(each[1:-1]) <= {"updated"}
    return [
        tuple(getattr(event, name) for name in NAMES) for event in events if event.kind == "closed"
    ]


def assert_equal_to_batch(name: str, updates: list[StreamUpdate]) -> None:
    expected = WHOLE[name]
    z = expected.step_scores.sample_z
    found = rows_of(updates)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(z))
    np.testing.assert_allclose(found, z, atol=1e-4)
    alarms = expected.alarms[list(NAMES)].to_numpy().tolist()
    assert len(alarms) > 3
    events = [event for update in updates for event in update.events]
    assert closed(events) == [tuple(row) for row in alarms]


@settings(max_examples=12)
@given(
    st.sampled_from(sorted(METHODS)),
    st.integers(1, 700),
    st.lists(st.integers(0, 5) | st.integers(0, 900), min_size=1, max_size=12),
)
def test_scores_and_alarms_are_those_of_the_recording_whatever_the_blocks(
    name: str, every: int, sizes: list[int]
) -> None:
    x, stream, start, updates = DATA[name], spectra.Stream(MODELS[name], every=every), 0, []
    while start < len(x):
        size = sizes.pop(0) if sizes else 300
        updates.append(stream.update(x[start : start + size]))
        start += size
        assert stream.n_rows == min(start, len(x))
    assert_equal_to_batch(name, [*updates, stream.finish()])


@pytest.mark.parametrize("name", METHODS)
def test_a_stream_of_single_rows_that_is_restored_again_and_again_is_the_same(name: str) -> None:
    x, model = DATA[name], MODELS[name]
    stream, restored = spectra.Stream(model), spectra.Stream(model)
    updates = []
    for i, row in enumerate(x):
        if i % 37 == 36:
            restored = spectra.Stream.restore(model, restored.state())
        update, expected = restored.update(row), stream.update(row)
        # To the last bit: the next scoring is that of the stream that was never saved.
        np.testing.assert_array_equal(update.z, expected.z)
        assert update.events == expected.events
        updates.append(update)
    assert restored.state() == stream.state()
    assert_equal_to_batch(name, [*updates, restored.finish()])


def test_p_values_are_those_of_the_recording() -> None:
    stream = spectra.Stream(MODELS["spectral"])
    update = stream.update(DATA["spectral"])
    expected = WHOLE["spectral"].scores["p_value"].to_numpy()[: update.z.size]
    np.testing.assert_allclose(update.p_value, expected, rtol=1e-3)


def test_scores_are_at_most_the_longest_frame_and_one_scoring_late() -> None:
    model = MODELS["spectral"]
    stream, n_scored = spectra.Stream(model, every=64), 0
    for i, row in enumerate(DATA["spectral"]):
        n_scored += stream.update(row).z.size
        # The first scores need two of the longest frames, which begin a quarter of one apart.
        assert i + 1 - n_scored <= max(model.npersegs) * (1 if i > 800 else 1.25) + 64


def test_memory_does_not_grow() -> None:
    stream, x = spectra.Stream(MODELS["spectral"]), np.tile(signal(2000), (10, 1))
    sizes = []
    for start in range(0, len(x), 500):
        stream.update(x[start : start + 500])
        sizes.append(len(stream.state()))
    assert max(sizes[4:]) < 1.3 * sizes[3]


def test_nothing_and_the_end_of_a_stream() -> None:
    stream = spectra.Stream(MODELS["two channels"])
    assert stream.update(np.empty((0, 2))).z.size == 0
    assert stream.finish().z.size == 0
    assert stream.finish().events == ()
    with pytest.raises(ValueError, match="has been finished: make another one"):
        stream.update(np.zeros((1, 2)))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (np.zeros((3, 3)), r"shape \(3, 3\), expected \(n, 2\)"),
        (np.zeros(3), r"shape \(1, 3\), expected \(n, 2\)"),
        (np.zeros((1, 1, 2)), "expected"),
        ([["a", "b"]], "no array of numbers"),
        ([[np.inf, 0.0]], "infinite values: give NaN"),
    ],
)
def test_a_block_of_another_shape_is_refused_and_not_taken(block: object, said: str) -> None:
    stream = spectra.Stream(MODELS["two channels"])
    stream.update([1.0, 2.0])
    with pytest.raises(DataError, match=said):
        stream.update(block)
    assert stream.n_rows == 1


def test_a_table_gives_the_channels_by_name() -> None:
    model, rows = MODELS["two channels"], signal(300, 2)
    expected = spectra.Stream(model).update(rows).z
    table = pd.DataFrame({"ch2": rows[:, 1], "when": 0.0, "ch1": rows[:, 0]})
    for block in (table, pl.DataFrame(table)):
        np.testing.assert_array_equal(spectra.Stream(model).update(block).z, expected)


def test_a_table_with_names_must_have_those_of_all_channels() -> None:
    model, rows = MODELS["two channels"], signal(300, 2)
    table = pd.DataFrame({"ch1": rows[:, 0], "other": rows[:, 1]})
    for block in (table, pl.DataFrame(table)):
        with pytest.raises(DataError, match="has no column for the channel 'ch2' of"):
            spectra.Stream(model).update(block)
    expected = spectra.Stream(model).update(rows).z
    np.testing.assert_array_equal(spectra.Stream(model).update(pd.DataFrame(rows)).z, expected)


def test_rows_and_records_give_the_channels_by_name() -> None:
    model, rows = MODELS["two channels"], signal(300, 2)
    table = pd.DataFrame({"ch2": rows[:, 1], "when": "noon", "ch1": rows[:, 0]})
    expected = spectra.Stream(model).update(rows).z
    records = table.to_dict("records")
    single: list[Any] = [records, [row for _, row in table.iterrows()]]
    for blocks in single:
        stream = spectra.Stream(model)
        z = np.concatenate([stream.update(block).z for block in blocks])
        np.testing.assert_array_equal(z, expected)
    together: list[Any] = [records, table.to_dict("list")]
    for block in together:
        np.testing.assert_array_equal(spectra.Stream(model).update(block).z, expected)
    alone: list[Any] = [{"ch1": 1.0}, [{"ch1": 1.0}], pd.Series({"ch1": 1.0, "other": 2.0})]
    for block in alone:
        with pytest.raises(DataError, match=r"^The block has no column for the channel 'ch2' of"):
            spectra.Stream(model).update(block)
    unequal: Any = {"ch1": [1.0], "ch2": [1.0, 2.0]}
    with pytest.raises(DataError, match="The block is no table"):
        spectra.Stream(model).update(unequal)
    # The index of a column may hold words.
    column = pd.Series(rows[:, 0], index=[f"no. {i}" for i in range(300)])
    np.testing.assert_array_equal(
        spectra.Stream(MODELS["spectral"]).update(column).z,
        spectra.Stream(MODELS["spectral"]).update(rows[:, 0]).z,
    )


def test_an_alarm_rate_is_that_of_the_recording() -> None:
    x = signal(6000)
    model = spectra.learn(x, fs=10.0)
    stream = spectra.Stream(model, false_alarms="2/hour")
    assert stream.alpha == spectra.score(model, x, false_alarms="2/hour").alpha
    with pytest.raises(ValueError, match="must name a time, such as 1/day: a stream has no end"):
        spectra.Stream(model, false_alarms="1/recording")
    with pytest.raises(
        DataError, match=r"need a sampling rate, and .* has none: give fs, or alpha"
    ):
        spectra.Stream(MODELS["spectral"], false_alarms="1/day")
    with pytest.raises(DataError, match="is sampled at 10 Hz, not at 20: leave fs out"):
        spectra.Stream(model, fs=20)
    timed = spectra.Stream(spectra.learn(x), false_alarms="2/hour", fs=10)
    assert timed.alpha == stream.alpha


def test_the_state_of_another_model_and_bytes_that_are_none_are_refused(tmp_path: Path) -> None:
    model, state = MODELS["spectral"], spectra.Stream(MODELS["spectral"]).state()
    with pytest.raises(DataError, match="saved with another model"):
        spectra.Stream.restore(spectra.learn(signal(6000, seed=9)), state)
    with pytest.raises(DataError, match="saved with another model"):
        spectra.Stream.restore(MODELS["sequence"], state)
    with pytest.raises(DataError, match="not a state of a stream or is damaged"):
        spectra.Stream.restore(model, state[:-30])
    with pytest.raises(DataError, match="not a state of a stream or is damaged"):
        spectra.Stream.restore(model, b"")
    # A model that went through a file is the same model.
    model.save(tmp_path / "model")
    assert spectra.Stream.restore(spectra.Model.load(tmp_path / "model"), state).n_rows == 0


def _entry(part: Any, key: str) -> Any:
    """Part of a state that is called `key`, or stands at that place of a list."""
    return part[int(key)] if isinstance(part, list) else part[key]


@pytest.mark.parametrize("name", METHODS)
def test_sizes_in_a_state_that_do_not_fit_are_refused(name: str) -> None:
    model, x = MODELS[name], DATA[name]
    stream = spectra.Stream(model)
    # A state in the middle of an alarm.
    at = next(i for i in range(len(x)) if stream.update(x[i]) is not None and stream.is_open)
    assert at < len(x)
    arrays, about = FORMAT.from_bytes(stream.state(), "state")
    scorer = "scorer.parts.0" if "scorer.parts.0.rows" in arrays else "scorer"
    for path, value in (
        ("waiting", np.zeros((3, 5))),
        ("waiting", np.zeros((500, arrays["waiting"].shape[1]))),
        ("held", arrays["held"][:, :0]),
        ("n_returned", -1),
        ("n_returned", 100),
        ("every", 0),
        ("alpha", 2.0),
        (f"{scorer}.rows", arrays[f"{scorer}.rows"][:, 1:]),
        (f"{scorer}.n_samples", -5),
        (f"{scorer}.n_samples", 2**63 - 1),
        ("tracker.groups", arrays["tracker.groups"][:0]),
        ("tracker.statistic", -arrays["tracker.statistic"]),
        ("tracker.channel", arrays["tracker.channel"] + 9),
        ("tracker.reported_steps", 0),
        ("tracker.n_steps", 10**400),
        # An axis more.
        *((path, array[..., None]) for path, array in arrays.items()),
        *((path, array[0]) for path, array in arrays.items() if array.size),
    ):
        changed = json.loads(json.dumps(about))
        if isinstance(value, np.ndarray | np.generic):
            whole = arrays | {path: np.asarray(value)}
        else:
            *way, last = path.split(".")
            reduce(_entry, way, changed["stream"])[last] = value
            whole = arrays
        with pytest.raises(DataError, match="is damaged"):
            spectra.Stream.restore(model, FORMAT.to_bytes(whole, changed))


ROWS = st.lists(
    st.tuples(st.sampled_from([1.0, 5.0, np.nan, np.nan]), st.sampled_from([2.0, 3.0, np.nan])),
    max_size=60,
)


@settings(max_examples=300)
@given(ROWS, st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_gaps_are_filled_as_in_the_whole_recording(
    rows: list[tuple[float, float]], sizes: list[int]
) -> None:
    x = np.array(rows, dtype=np.float64).reshape(-1, 2)
    gaps, start, parts = GapFiller(np.empty((0, 2))), 0, []
    for size in [*sizes, len(x)]:
        parts.append(gaps.update(x[start : start + size]))
        gaps = GapFiller(gaps.rows, gaps.n_returned)
        start += size
    found = np.concatenate([*parts, gaps.finish()])
    np.testing.assert_array_equal(found, fill_short_gaps(x)[0])


def tracked(steps: Fused, sizes: list[int], n_rows: int) -> list[AlarmEvent]:
    """The events of steps that come in blocks, with a step of 4 rows."""
    tracker, done, events = AlarmTracker(FUSION, 4, ("a",), ALPHA), 0, []
    for size in [*sizes, steps.statistic.size]:
        events += tracker.update(steps.part(done, done + size))
        tracker = AlarmTracker.restored(tracker.state(), FUSION, 4, ("a",), ALPHA)
        done += size
    return events + tracker.finish(n_rows)


def test_raised_steps_beyond_the_edges_of_an_alarm_are_no_update() -> None:
    # Four flagged steps that short frames see, and twelve raised ones that they do not see.
    statistic = np.r_[np.full(4, HIGH + 9), np.full(12, (HIGH + LOW) / 2)]
    short = np.r_[np.full(4, 3 * SEEN), np.zeros(12)]
    steps = fused(statistic, np.array([short, np.full(16, 3 * SEEN), short]))
    events = tracked(steps, [4, 4, 4, 4], 64)
    told = [(event.kind, event.start, event.end) for event in events]
    assert told == [("opened", 0, 15), ("closed", 0, 15)]


@given(STEPS, st.lists(st.integers(0, 9), max_size=20), st.integers(0, 3))
def test_closed_alarms_are_those_of_all_steps_whatever_the_blocks(
    steps: list[tuple[float, ...]], sizes: list[int], missing: int
) -> None:
    columns = np.array(steps, dtype=np.float64).reshape(-1, 4).T
    n_rows = max(4 * len(steps) - missing, 0)
    whole = fused(columns[0], columns[1:])
    expected = find_alarms(Scores(4, n_rows, whole, FUSION, whole.part), ALPHA)
    peaks = np.minimum(expected.peak * 4 + 2, expected.last)
    rows = zip(expected.first.tolist(), expected.last.tolist(), peaks.tolist(), strict=True)
    assert closed(tracked(whole, sizes, n_rows)) == [(*row, "a") for row in rows]


def test_an_alarm_without_end_is_closed_and_reported_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracker_module, "MOST_STEPS", 100)
    n = 1050
    high = FUSION.threshold(ALPHA) + 1
    whole = fused(np.full(n, high), np.zeros((3, n)))
    for sizes in ([1] * n, [37] * 28, [n]):
        events = tracked(whole, sizes, 4 * n)
        spans = [row[:2] for row in closed(events)]
        assert spans == [(i, min(i + 399, 4 * n - 1)) for i in range(0, 4 * n, 400)]
        # Lengths 1, 2, 4, … 64 are reported.
        assert len(events) <= 11 * 8 + 1
