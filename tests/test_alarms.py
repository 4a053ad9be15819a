"""Scores to alarms: against the definition in plain loops, and where events are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_alarms
import spectra
from spectra.alarms import APART, BEYOND, FAINTEST, RAISED, SEEN, Alarms, find_alarms, inside
from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused
from spectra.spectral.settings import Spectral

ALPHA = 0.001


def fused(statistic: np.ndarray, groups: np.ndarray) -> Fused:
    none = np.zeros(statistic.size, dtype=np.int16)
    return Fused(statistic.astype(np.float32), none, none, groups.astype(np.float16))


# Groups in units of their spread, of two frame lengths and of single rows, which do not trim.
VALUES = np.abs(np.random.default_rng(0).normal(size=3000))
CALIBRATION = Fusion.fit(
    VALUES, VALUES[None], (16,), 8, clean=False, smallest_scale=0.0
).calibration
# Scores of single rows, which see no event, may be large everywhere.
USUAL = np.array([1.0, (SEEN + 2) / BEYOND, 9 * SEEN])
FUSION = Fusion(CALIBRATION, 0.25, np.ones(7), np.zeros(3), np.ones(3), USUAL, (16, 64))
LEAST = [SEEN, SEEN + 2]
HIGH, LOW = FUSION.threshold(ALPHA), FUSION.threshold(RAISED * ALPHA)
# Not raised, raised, flagged, flagged higher, and no score.
STATISTIC = st.sampled_from([0.0, (HIGH + LOW) / 2, HIGH + 1, HIGH + 1, HIGH + 9, np.nan])
GROUP = st.sampled_from([0.0, SEEN - 1, SEEN, SEEN + 3, 3 * SEEN, np.nan])
STEPS = st.lists(st.tuples(STATISTIC, GROUP, GROUP, GROUP), min_size=0, max_size=25)


def found(steps: list[tuple[float, ...]], step: int = 4, n_samples: int | None = None) -> Alarms:
    columns = np.array(steps, dtype=np.float64).reshape(-1, 4).T
    n = len(steps) * step if n_samples is None else n_samples
    scored = fused(columns[0], columns[1:])
    return find_alarms(Scores(step, n, scored, FUSION, scored.part), ALPHA)


def rows(alarms: Alarms) -> list[tuple[int, int, int]]:
    return list(zip(alarms.first.tolist(), alarms.last.tolist(), alarms.peak.tolist(), strict=True))


@given(STEPS, st.integers(1, 5))
def test_alarms_are_those_of_the_definition(steps: list[tuple[float, ...]], step: int) -> None:
    columns = np.array(steps, dtype=np.float64).reshape(-1, 4).T.tolist()
    lengths = [max(1, nperseg // step) for nperseg in FUSION.npersegs]
    expected = naive_alarms.alarms(
        columns[0], columns[1:3], lengths, HIGH, LOW, LEAST, FAINTEST, APART
    )
    assert rows(found(steps, step)) == [
        (first * step, (last + 1) * step - 1, peak) for first, last, peak in expected
    ]


# A run that is raised throughout, in steps of which twelve lie between two parts.
RUN = st.lists(
    st.tuples(st.sampled_from([(HIGH + LOW) / 2, HIGH + 1]), GROUP, GROUP, GROUP),
    min_size=20,
    max_size=60,
)


@given(RUN)
def test_the_parts_of_a_long_run_are_those_of_the_definition(
    steps: list[tuple[float, ...]],
) -> None:
    columns = np.array(steps, dtype=np.float64).T.tolist()
    expected = naive_alarms.alarms(
        columns[0], columns[1:3], [1, 4], HIGH, LOW, LEAST, FAINTEST, APART
    )
    assert rows(found(steps, 16)) == [
        (first * 16, last * 16 + 15, peak) for first, last, peak in expected
    ]


@given(RUN)
def test_a_most_unusual_step_of_a_run_is_in_an_alarm(steps: list[tuple[float, ...]]) -> None:
    statistic = np.array(steps)[:, 0]
    flagged = statistic.max() > HIGH
    held = inside(found(steps, 16), 16 * len(steps))[::16]
    assert held[statistic == statistic.max()].any() == flagged


@given(STEPS)
def test_alarms_are_in_order_and_hold_their_peak(steps: list[tuple[float, ...]]) -> None:
    alarms = found(steps)
    assert (alarms.first[1:] > alarms.last[:-1]).all()
    assert (alarms.first <= alarms.peak * 4).all()
    assert (alarms.peak * 4 + 3 <= alarms.last).all()
    assert inside(alarms, 4 * len(steps)).sum() == (alarms.last - alarms.first + 1).sum()


def untrimmed(*statistic: float) -> list[tuple[float, ...]]:
    """Steps that no frame length sees on its own."""
    return [(value, 0.0, 0.0, 0.0) for value in statistic]


def test_flagged_steps_are_one_alarm_only_where_the_score_between_them_stays_raised() -> None:
    raised = (HIGH + LOW) / 2
    assert len(rows(found(untrimmed(HIGH + 1, raised, raised, HIGH + 1)))) == 1
    assert len(rows(found(untrimmed(HIGH + 1, raised, 0.0, HIGH + 1)))) == 2
    # Raised steps beside flagged ones are not in the alarm, and make none alone.
    assert rows(found(untrimmed(raised, HIGH + 1, raised))) == [(0, 11, 1)]
    assert rows(found(untrimmed(raised, raised))) == []


def test_a_step_without_a_score_parts_alarms_and_makes_none() -> None:
    assert rows(found(untrimmed(HIGH + 1, np.nan, HIGH + 1))) == [(0, 3, 0), (8, 11, 2)]
    assert rows(found(untrimmed(np.nan, np.nan))) == []


def test_the_peak_is_the_first_of_the_largest_scores() -> None:
    assert rows(found(untrimmed(HIGH + 1, HIGH + 9, HIGH + 9, HIGH + 1))) == [(0, 15, 1)]


def test_short_frames_that_see_the_event_place_its_edges_and_single_rows_do_not() -> None:
    long = [(HIGH + 1, 0.0, 20.0, 0.0)] * 10
    assert rows(found(long)) == [(0, 39, 0)]
    short = long.copy()
    short[6] = (HIGH + 1, 9.0, 20.0, 0.0)
    assert rows(found(short)) == [(24, 27, 6)]
    single = long.copy()
    single[6] = (HIGH + 1, 0.0, 20.0, 99.0)
    assert rows(found(single)) == [(0, 39, 0)]


def test_nothing_flagged_is_no_alarm() -> None:
    for steps in ([], untrimmed(0.0, 0.0)):
        alarms = found(steps)
        assert rows(alarms) == []
        assert not inside(alarms, 5).any()


def test_the_last_alarm_ends_on_the_last_row() -> None:
    assert rows(found(untrimmed(0.0, HIGH + 1), step=4, n_samples=6)) == [(4, 5, 1)]


def test_rows_inside_end_on_the_last_row() -> None:
    alarms = Alarms(np.array([0, 7]), np.array([2, 9]), np.array([0, 1]), np.array([0, 1]))
    assert inside(alarms, 10).tolist() == [True] * 3 + [False] * 4 + [True] * 3


def recording(seed: int, n: int = 20_000) -> np.ndarray:
    """A sine of 100 rows and autoregressive noise."""
    noise = np.random.default_rng(seed).normal(size=n)
    for i in range(1, n):
        noise[i] += 0.5 * noise[i - 1]
    return (3 * np.sin(2 * np.pi * np.arange(n) / 100) + noise)[:, None]


def alarms_at(signal: np.ndarray, first: int, last: int) -> tuple[Alarms, np.ndarray, int]:
    """The alarms of a signal, those that overlap the event, and the step of a score."""
    _, scores = Spectral().fit(signal)
    alarms = find_alarms(scores, ALPHA)
    here = np.flatnonzero((alarms.first <= last) & (alarms.last >= first))
    return alarms, here, scores.step


def test_two_events_in_one_long_frame_are_two_alarms() -> None:
    # Frames of 4,096 rows see both, those of 16 rows each by itself, one of them more clearly.
    n, step = 1600, 4
    groups = np.zeros((3, n))
    groups[1] = 20.0
    groups[0, 500:505], groups[0, 1100:1105] = 9.0, 14.0
    scored = fused(np.full(n, HIGH + 1), groups)
    fusion = Fusion(CALIBRATION, 0.25, np.ones(7), np.zeros(3), np.ones(3), np.zeros(3), (16, 4096))
    alarms = find_alarms(Scores(step, n * step, scored, fusion, scored.part), ALPHA)
    assert rows(alarms) == [(2000, 2019, 500), (4400, 4419, 1100)]


def test_what_long_frames_see_beside_a_short_event_is_its_own_reach() -> None:
    steps = [(HIGH + 1, 0.0, 0.0, 0.0)] * 40
    steps[20] = (HIGH + 1, 9.0, 0.0, 0.0)
    for i in range(4, 37):
        steps[i] = (HIGH + 1, steps[i][1], 10.0, 0.0)
    assert rows(found(steps)) == [(80, 83, 20)]
    # Frames of 64 rows that are farther away hold none of it: the event goes on.
    steps[37:] = [(HIGH + 1, 0.0, 10.0, 0.0)] * 3
    assert rows(found(steps)) == [(80, 159, 20)]


@pytest.mark.parametrize("seed", range(3))
def test_a_spike_in_a_loud_stretch_does_not_shorten_its_alarm(seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=8000)
    x[4000:4900] *= 2.5
    x[4400] = 40
    alarms = spectra.detect(x).intervals
    here = (alarms.first < 4900) & (alarms.last >= 4000)
    assert here.sum() == 1
    assert abs(int(alarms.first[here][0]) - 4000) <= 64
    assert abs(int(alarms.last[here][0]) - 4899) <= 64


@pytest.mark.parametrize("seed", range(3))
def test_a_missing_pulse_is_the_alarm_and_not_the_pulses_beside_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, missing = rng.normal(size=20_000), 10_100
    for start in range(100, 20_000, 200):
        x[start : start + 8] += 10.0 * (start != missing)
    alarms = spectra.detect(x).intervals
    here = (alarms.first < missing + 8) & (alarms.last >= missing)
    assert here.sum() == 1
    assert missing - 200 < alarms.first[here][0]
    assert alarms.last[here][0] < missing + 200


def test_a_pause_of_breath_is_one_alarm_from_its_first_row_to_its_last() -> None:
    rng = np.random.default_rng(8)
    fs, n = 50, 30_000
    rate = 14 + 0.3 * np.cumsum(rng.normal(size=n)) / np.sqrt(n)
    phase = np.cumsum(rate / 60 / fs) % 1
    x = np.where(phase < 0.35, 0, 38 * (1 - np.exp(-(phase - 0.35) / 0.05)))
    x = x + 0.4 * rng.normal(size=n)
    x[15_000:16_250] = 0.4 * rng.normal(size=1250)
    found = spectra.detect(x, fs=fs)
    inside_alarms = found.scores["alarm"].to_numpy()[15_000:16_250]
    assert inside_alarms.all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("length", "size", "widest"), [(1, 25.0, 48), (8, 12.0, 64), (40, 8.0, 120)]
)
def test_the_alarm_of_a_burst_is_as_short_as_the_shortest_frames_allow(
    seed: int, length: int, size: float, widest: int
) -> None:
    signal, start = recording(seed), 12_345
    burst = np.random.default_rng(seed + 10).choice([-size, size], size=(length, 1))
    signal[start : start + length] += burst
    alarms, here, step = alarms_at(signal, start, start + length - 1)
    assert here.size == 1
    first, last, peak = (int(each[here[0]]) for each in (alarms.first, alarms.last, alarms.peak))
    assert last - first + 1 <= widest
    # On the event, to within the shortest frame of 16 rows.
    assert start - 16 < peak * step < start + length + 16


@pytest.mark.parametrize("seed", range(3))
def test_the_alarm_of_a_level_shift_begins_and_ends_with_it(seed: int) -> None:
    signal, start, length = recording(seed, 50_000), 20_000, 5000
    signal[start : start + length] += 12.0
    alarms, here, step = alarms_at(signal, start, start + length - 1)
    assert here.size >= 1
    assert abs(int(alarms.first[here[0]]) - start) <= 64
    assert abs(int(alarms.last[here[-1]]) - (start + length - 1)) <= 64
    highest = alarms.peak[here] * step
    assert ((highest >= start - 64) & (highest < start + length + 64)).all()


def test_two_bursts_apart_are_two_alarms() -> None:
    signal = recording(0)
    for start in (12_000, 12_400):
        signal[start : start + 40] += np.random.default_rng(start).choice([-8.0, 8.0], (40, 1))
    alarms, here, _ = alarms_at(signal, 12_000, 12_440)
    assert here.size == 2
    assert alarms.last[here[0]] < 12_100 < 12_300 < alarms.first[here[1]]


def test_the_p_value_of_an_alarm_is_below_alpha_however_it_is_trimmed() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=20_000)
    x[5000:5040] *= 4
    x[9000] += 12
    for alpha in (0.01, 0.001):
        found = spectra.detect(x, alpha=alpha)
        assert len(found.alarms)
        assert (found.alarms["p_value"] < alpha).all()
