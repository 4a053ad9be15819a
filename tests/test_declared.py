"""The calibration of recordings of which some rows are declared normal."""

from functools import partial

import numpy as np
import pytest

import spectra
from spectra.calibration.declared import _inside, calibrated
from spectra.calibration.fusion import Fusion

N, DECLARED = 20_000, (2_000, 3_000)


def fit(statistic: np.ndarray, declared: tuple[int, int] | None, **how: object) -> tuple:
    fitted = partial(Fusion.fit, groups=statistic[None], npersegs=(16,), block=16)
    return calibrated(statistic, declared, 16, fitted, **how)


def noise(seed: int) -> np.ndarray:
    """A statistic of which neighbours depend on one another."""
    values = np.random.default_rng(seed).normal(size=N)
    return np.abs(np.convolve(values, np.ones(4) / 2, "same")).astype(np.float32)


def threshold_of(statistic: np.ndarray, clean: np.ndarray | bool, alpha: float = 1e-3) -> float:
    fusion = Fusion.fit(statistic, statistic[None], (16,), 16, clean=clean)
    return fusion.threshold(alpha)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.4])
def test_steps_that_resemble_the_declared_ones_calibrate_with_them(share: float) -> None:
    statistic = noise(0)
    statistic[N - int(share * (N - 1_000)) :] += 20.0
    fusion, itself = fit(statistic, DECLARED)
    assert itself
    assert fusion.threshold(1e-3) == pytest.approx(threshold_of(noise(0), True), rel=0.15)


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_declared_steps_calibrate_alone_where_most_others_differ(share: float) -> None:
    statistic = noise(1)
    others = np.r_[0 : DECLARED[0], DECLARED[1] : N]
    statistic[others[: int(share * others.size)]] += 500.0
    # The tail of the declared steps is followed to its end.
    statistic[2_200:2_212] = statistic[2_600:2_612] = 12.0
    fusion, itself = fit(statistic, DECLARED)
    assert not itself
    assert fusion.threshold(1e-3) > 10.0
    assert fusion.threshold(1e-3) == threshold_of(statistic[slice(*DECLARED)], True)


def test_steps_without_a_score_are_no_others_and_all_that_is_declared_calibrates_alone() -> None:
    statistic = noise(2)
    assert not fit(statistic, (0, N))[1]
    assert fit(statistic, None)[1]
    statistic[: DECLARED[0]] = statistic[DECLARED[1] :] = np.nan
    fusion, itself = fit(statistic, DECLARED)
    assert not itself
    assert fusion.threshold(1e-3) == threshold_of(statistic[slice(*DECLARED)], True)


def test_no_declared_step_is_taken_for_anomalous() -> None:
    statistic = noise(3)
    # Far beyond all others, long, and long but no larger than others: an event that hides itself.
    for start, stop, value in ((2_100, 2_104, 50.0), (2_300, 2_400, 9.0), (2_600, 2_700, 2.5)):
        statistic[start:stop] = value
        statistic[10_000 + start : 10_000 + stop] = value
    declared = np.zeros(N, dtype=bool)
    declared[slice(*DECLARED)] = True
    fusion, itself = fit(statistic, DECLARED)
    assert itself
    assert fusion.threshold(1e-3) == threshold_of(statistic, declared)
    # The same steps outside are left out, those inside are the tail.
    left_out = round(fusion.suspected * N)
    assert 90 <= left_out <= 400
    assert fusion.threshold(1e-3) > 9.0


def test_stretches_of_a_long_recording_calibrate_with_its_declared_steps() -> None:
    statistic = noise(4)

    def drawn(start: int, stop: int) -> list[tuple[int, int]]:
        return [(start, (start + stop) // 3), ((start + stop) // 2, stop)]

    fusion, itself = fit(statistic, DECLARED, drawn=drawn)
    chosen = np.r_[0 : N // 3, N // 2 : N]
    clean = (chosen >= DECLARED[0]) & (chosen < DECLARED[1])
    assert itself
    assert fusion.threshold(1e-3) == threshold_of(statistic[chosen], clean)


def test_declared_steps_are_marked_in_stretches() -> None:
    inside = _inside([(0, 5), (8, 12)], (3, 10))
    assert inside.tolist() == [step in range(3, 10) for step in (*range(5), *range(8, 12))]


def recording(kind: str, seed: int, share: float) -> tuple[np.ndarray, slice]:
    """A noisy rhythm of 4,000 rows, and the rows of a fault of a share of the last 3,000."""
    rng, t = np.random.default_rng(seed), np.arange(4_000)
    x = np.sin(2 * np.pi * t / 40) + 0.3 * rng.normal(size=t.size)
    fault = slice(2_000, 2_000 + int(share * 3_000))
    if kind == "level":
        x[fault] += 0.8
    else:
        x[fault] += 0.6 * np.sin(2 * np.pi * t[fault] / 11)
    return x, fault


@pytest.mark.parametrize("method", ["spectral", "sequence"])
def test_a_few_normal_rows_raise_hardly_more_false_alarms_than_alpha_says(method: str) -> None:
    beyond = []
    for seed in range(6):
        x, _ = recording("tone", seed, 0.0)
        found = spectra.detect(x, normal_rows=(0, 400), method=method)
        beyond.append((found.scores["p_value"].to_numpy()[400:] < 0.01).mean())
    assert np.median(beyond) < 0.02


def test_an_event_that_comes_back_after_normal_rows_is_found_each_time() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=20_000)
    starts = np.arange(3_000, 19_900, 600)
    for start in starts.tolist():
        x[start : start + 40] += 8.0
    alarm = spectra.detect(x, normal_rows=(0, 2_900)).scores["alarm"].to_numpy() == 1
    assert all(alarm[start : start + 40].any() for start in starts.tolist())


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("kind", ["tone", "level"])
def test_a_long_fault_after_normal_rows_is_found(kind: str, share: float) -> None:
    hits, beside = [], []
    for seed in range(4):
        x, fault = recording(kind, seed, share)
        alarm = spectra.detect(x, normal_rows=(0, 1_000)).scores["alarm"].to_numpy() == 1
        hits.append(alarm[fault].mean())
        beside.append(np.delete(alarm, np.arange(fault.start - 256, fault.stop + 256)).mean())
    assert np.median(hits) > 0.6
    assert np.median(beside) < 0.03


def test_steps_that_show_what_comes_next_do_not_calibrate() -> None:
    statistic = noise(6)
    statistic[DECLARED[1] - 40 : DECLARED[1]] = np.linspace(5.0, 20.0, 40)
    statistic[DECLARED[0] : DECLARED[0] + 40] = 20.0
    statistic[DECLARED[1] :] += 20.0
    statistic[: DECLARED[0]] += 20.0
    before = statistic.copy()
    inner = threshold_of(noise(6)[slice(DECLARED[0] + 40, DECLARED[1] - 40)], True)
    fusion, itself = fit(statistic, DECLARED, reach=60)
    assert not itself
    assert fusion.threshold(1e-3) == pytest.approx(inner, rel=0.1)
    assert fusion.outlying == 0
    np.testing.assert_array_equal(statistic, before)
    assert fit(statistic, DECLARED)[0].threshold(1e-3) > 2 * inner
    # Where nothing comes next, and where no step lies within, all of them calibrate.
    whole = statistic[slice(*DECLARED)]
    assert fit(whole, (0, whole.size), reach=60)[0].threshold(1e-3) == threshold_of(whole, True)
    all_near = fit(statistic, DECLARED, reach=2_000)[0].threshold(1e-3)
    assert all_near == fit(statistic, DECLARED)[0].threshold(1e-3)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("n_normal", [1_500, 3_000])
@pytest.mark.parametrize("kind", ["new tone", "louder", "quieter"])
def test_a_fault_that_begins_behind_the_normal_rows_and_never_ends_is_found(
    kind: str, n_normal: int, seed: int
) -> None:
    x = np.sin(np.arange(6_000) / 7) + 0.3 * np.random.default_rng(seed).normal(size=6_000)
    fault = slice(n_normal, None)
    if kind == "new tone":
        x[fault] += np.sin(1.1 * np.arange(n_normal, 6_000))
    else:
        x[fault] *= 2.0 if kind == "louder" else 0.5
    alarm = spectra.detect(x, normal_rows=(0, n_normal)).scores["alarm"].to_numpy() == 1
    assert alarm[fault].mean() > 0.9
    assert alarm[: n_normal - 256].mean() < 0.02


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_stands_out_in_declared_steps_is_told_of(share: float) -> None:
    statistic = noise(5)
    statistic[DECLARED[1] :] += 20.0 * share
    assert fit(statistic, DECLARED)[0].outlying == 0
    # As many steps as make the threshold, and one that is the largest of them.
    statistic[2_400:2_408] = 15.0
    statistic[2_403] = 16.0
    fusion, itself = fit(statistic, DECLARED)
    assert itself == (share == 0)
    assert fusion.outlying == pytest.approx(0.008, abs=0.001)
    assert fusion.outlying_step == 403
    assert fit(statistic, None)[0].outlying == 0
    # The same where some of the steps are drawn, also as the first of a stretch.
    for begin in (300, 403):
        stretches = [(DECLARED[0], DECLARED[0] + 100), (DECLARED[0] + begin, DECLARED[1])]
        drawn = fit(statistic, DECLARED, drawn=lambda *_, parts=stretches: parts)[0]
        assert drawn.outlying_step == 403


@pytest.mark.parametrize(("n_steps", "told"), [(0, False), (1, False), (4, True), (12, True)])
def test_what_stands_out_is_told_of_where_it_raises_the_threshold(n_steps: int, told: bool) -> None:
    statistic = np.random.default_rng(1).exponential(size=4000).astype(np.float32)
    statistic[1000 : 1000 + n_steps] = 18.0
    assert (fit(statistic, (0, 4000))[0].outlying > 0) == told


def test_steps_of_a_block_are_independent_of_one_another_or_not() -> None:
    statistic = np.random.default_rng(7).exponential(size=N).astype(np.float32)
    fitted = partial(Fusion.fit, groups=statistic[None], npersegs=(16,), block=128)
    # Three of four normal blocks hold one of the 1 % largest values.
    assert calibrated(statistic, DECLARED, 128, fitted)[1]
    alone = fitted(statistic[slice(*DECLARED)], clean=True)
    between = (alone.threshold(0.0099) + alone.threshold(0.006)) / 2
    statistic[DECLARED[1] : DECLARED[1] + 12_000] = between
    assert not calibrated(statistic, DECLARED, 1, fitted)[1]


def test_little_of_what_is_normal_stands_out() -> None:
    found = [fit(noise(seed), (0, 2_000))[0].outlying > 0 for seed in range(40)]
    assert sum(found) <= 2
