"""Many base scores to one statistic and its p-value, against the definition in plain loops."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import naive_calibration
from spectra.calibration import fusion as room
from spectra.calibration.fusion import VISIBLE, Fusion
from spectra.calibration.gaussian import GaussianThreshold, p_from_z
from spectra.calibration.statistic import (
    DECLARED,
    DEGREES,
    EXPONENT,
    ByChannel,
    Fused,
    SurprisalMean,
)
from spectra.parameters import MOST_ROWS

SCORE = st.sampled_from([-2.0, 0.0, 1.0, 2.5, 4.0, 9.0, math.nan])
# Base scores, channels and steps.
SCORES = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=SCORE)
)


def fused_of(z: np.ndarray, groups: list[int]) -> Fused:
    """Base scores (n_scores, n_channels, n_steps) fused one after the other."""
    fusing = SurprisalMean(z.shape[1:], max(groups) + 1)
    for source, group in enumerate(groups):
        fusing.add(z[source : source + 1], group, source)
    return fusing.result()


def halves(z: np.ndarray) -> list[int]:
    """The first half of the base scores in group 0, the others in group 1."""
    return [int(source >= (len(z) + 1) // 2) for source in range(len(z))]


@given(SCORES)
def test_statistic_channel_and_source_are_those_of_the_definition(z: np.ndarray) -> None:
    groups = halves(z)
    found = fused_of(z, groups)
    for step in range(z.shape[2]):
        by_channel = [
            naive_calibration.surprisal_mean(one, float(DEGREES))
            for one in z[:, :, step].T.tolist()
        ]
        expected = naive_calibration.largest(by_channel)
        channel = int(found.channel[step])
        assert found.statistic[step] == pytest.approx(expected, rel=1e-6, nan_ok=True)
        assert by_channel[channel] == pytest.approx(expected, nan_ok=True)
        own = z[:, channel, step]
        for group in range(max(groups) + 1):
            largest = naive_calibration.largest(own[np.array(groups) == group].tolist())
            assert found.groups[group, step] == pytest.approx(largest, nan_ok=True)
        if not math.isnan(expected):
            assert own[found.source[step]] == np.nanmax(own)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_base_scores_and_channels_does_not_matter(z, random) -> None:
    scores, channels = list(range(len(z))), list(range(z.shape[1]))
    random.shuffle(scores)
    random.shuffle(channels)
    one = fused_of(z, [0] * len(z))
    other = fused_of(z[scores][:, channels], [0] * len(z))
    np.testing.assert_allclose(other.statistic, one.statistic, rtol=1e-6)
    # Which of several equal channels is named depends on their order, and its groups on that.
    by_channel = np.array(
        [
            [naive_calibration.surprisal_mean(s, float(DEGREES)) for s in c.T.tolist()]
            for c in z.swapaxes(0, 1)
        ]
    )
    known = ~np.isnan(by_channel).all(axis=0)
    named = np.array(channels)[other.channel]
    steps = np.flatnonzero(known)
    np.testing.assert_allclose(
        by_channel[named[steps], steps], np.nanmax(by_channel[:, steps], axis=0), rtol=1e-6
    )


@given(SCORES, st.integers(0, 5))
def test_scores_added_together_are_those_added_one_by_one(z: np.ndarray, part: int) -> None:
    together = SurprisalMean(z.shape[1:], 1)
    together.add(z[:part], 0, 0)
    together.add(z[part:], 0, part)
    one, other = fused_of(z, [0] * len(z)), together.result()
    for name in ("statistic", "channel", "source", "groups"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name))


@given(SCORES)
def test_a_larger_base_score_never_lowers_the_statistic(z: np.ndarray) -> None:
    before = fused_of(z, [0] * len(z)).statistic
    after = fused_of(z + np.float32(0.5), [0] * len(z)).statistic
    known = ~np.isnan(before)
    assert (after[known] >= before[known]).all()


def test_one_of_many_base_scores_is_not_overruled_by_the_others() -> None:
    z = np.full((16, 1, 1), -3.0, dtype=np.float32)
    z[7] = 8.0
    # f(8) / 4 = f(3.4): one of 16 base scores counts a quarter of its surprisal.
    expected = math.sqrt(50 * math.expm1(math.log1p(64 / 50) / 4))
    assert fused_of(z, [0] * 16).statistic[0] == pytest.approx(expected)


@given(SCORES, st.sampled_from([1.0, DECLARED, EXPONENT]))
def test_weights_and_exponent_are_those_of_the_mean_over_the_scores_there_are(
    z: np.ndarray, exponent: float
) -> None:
    weights = [0.5, 1.0, 0.25, 1.0, 2.0, 0.125][: len(z)]
    fusing = SurprisalMean(z.shape[1:], 1, np.array(weights, dtype=np.float32), exponent)
    fusing.add(z, 0, 0)
    found = fusing.result()
    for step in range(z.shape[2]):
        expected = naive_calibration.largest(
            [
                naive_calibration.surprisal_mean(one, float(DEGREES), weights, exponent)
                for one in z[:, :, step].T.tolist()
            ]
        )
        assert found.statistic[step] == pytest.approx(expected, rel=1e-5, nan_ok=True)


@given(SCORES)
def test_channels_are_compared_in_units_of_their_own(z: np.ndarray) -> None:
    usual = np.array([0.5, 2.0, 1.0], dtype=np.float32)[: z.shape[1]]
    fusing = SurprisalMean(z.shape[1:], 1)
    fusing.add(z, 0, 0)
    by_channel = fusing.by_channel().mean
    found = fusing.result(usual=usual)
    for step in range(z.shape[2]):
        expected = naive_calibration.largest((by_channel[:, step] / usual).tolist())
        assert found.statistic[step] == pytest.approx(expected, rel=1e-6, nan_ok=True)
        if not math.isnan(expected):
            named = int(found.channel[step])
            assert by_channel[named, step] / usual[named] == pytest.approx(expected)


@given(SCORES, st.integers(1, 7))
def test_the_largest_of_the_channels_is_the_result(z: np.ndarray, which: int) -> None:
    usual = np.array([0.5, 2.0, 1.0], dtype=np.float32)[: z.shape[1]]
    compared = np.array([bool(which & 2**c) for c in range(z.shape[1])])
    fusing = SurprisalMean(z.shape[1:], 3)
    for source, group in enumerate(halves(z)):
        fusing.add(z[source : source + 1], 2 * group, source)
    expected = fusing.result(compared, usual)
    # Written a channel and a step at a time.
    by_channel, found = fusing.by_channel(), ByChannel.empty(3, *z.shape[1:])
    for channel, step in np.ndindex(z.shape[1:]):
        parts = (each[..., channel, step, None, None] for each in vars(by_channel).values())
        found.put(slice(channel, channel + 1), step, ByChannel(*parts))
    largest = found.largest(compared, usual)
    for name, values in vars(expected).items():
        np.testing.assert_array_equal(getattr(largest, name), values, err_msg=name)


def test_many_scores_that_agree_count_more_than_one_that_is_huge() -> None:
    one = np.zeros((16, 1, 1), dtype=np.float32)
    one[3] = 40.0
    agreeing = np.where(np.arange(16) < 8, 12.0, 0.0).astype(np.float32)[:, None, None]
    assert fused_of(agreeing, [0] * 16).statistic[0] > fused_of(one, [0] * 16).statistic[0]


def test_the_statistic_of_one_base_score_is_that_score() -> None:
    z = np.float32([0.0, 1e-3, 0.5, 3.0, 20.0, 1e3, 1e5])[None, None]
    np.testing.assert_allclose(fused_of(z, [0]).statistic, z[0, 0], rtol=1e-5)


def test_scores_beyond_all_bounds_stay_finite_and_in_order() -> None:
    z = np.array([1e3, 1e5, 1e30, np.inf], dtype=np.float32)[None, None]
    found = fused_of(z, [0])
    assert np.isfinite(found.statistic[:3]).all()
    assert (np.diff(found.statistic[:3]) > 0).all()
    assert np.isfinite(found.groups[:, :3]).all()


def test_put_writes_parts_one_after_the_other() -> None:
    z = np.random.default_rng(0).normal(size=(4, 2, 10)).astype(np.float32)
    whole, room = fused_of(z, halves(z)), Fused.empty(2, 12)
    done = room.put(1, fused_of(z[..., :7], halves(z)))
    assert done == 8
    assert room.put(done, fused_of(z[..., 7:], halves(z))) == 11
    for name in ("statistic", "channel", "source", "groups"):
        np.testing.assert_array_equal(getattr(room, name)[..., 1:11], getattr(whole, name))
    assert np.isnan(room.statistic[[0, 11]]).all()
    assert np.isnan(room.groups[:, [0, 11]]).all()


def fused(statistic: np.ndarray, groups: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Statistic and group scores of steps, as a fusion learns from them."""
    groups = statistic[None] if groups is None else groups
    groups = np.minimum(groups, 6e4).astype(np.float16)
    return statistic.astype(np.float32), groups


def smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Values that exceed a threshold in clusters."""
    return np.convolve(values, np.ones(width) / np.sqrt(width), "same")


def statistics() -> dict[str, np.ndarray]:
    rng, n = np.random.default_rng(5), 6000
    return {
        "chi2": (rng.chisquare(4, n) / 4) ** 0.5,
        "lognormal": 0.5 * rng.lognormal(0.0, 0.5, n),
        "t": np.abs(rng.standard_t(4, n)),
        "mixture": np.abs(rng.normal(size=n)) * np.where(rng.random(n) < 0.02, 8.0, 1.0),
        "clusters": np.abs(smooth(rng.normal(size=n), 20)),
        "mostly nothing": np.maximum(smooth(rng.normal(size=n), 10), 0.0),
        "gaps": np.where(np.arange(n) % 100 < 20, np.nan, np.abs(rng.normal(size=n))),
    }


KEYS = [(name, block, clean) for name in statistics() for block in (1, 16, 120)
        for clean in (False, True)]  # fmt: skip


@cache
def fusion_of(name: str, block: int, clean: bool) -> Fusion:
    """The fusion of statistics of one kind."""
    scores = fused(statistics()[name])
    return Fusion.fit(*scores, (16,), block, clean=clean, smallest_scale=0.0)


ALPHA = st.floats(-6, np.log10(0.5)).map(lambda exponent: 10.0**exponent)


@given(st.sampled_from(KEYS), ALPHA)
def test_p_value_of_the_threshold_at_alpha_is_alpha(key, alpha: float) -> None:
    fusion = fusion_of(*key)
    assert fusion.p_value(fusion.threshold(alpha)) == pytest.approx(alpha, rel=1e-5)


@given(st.sampled_from(KEYS), ALPHA)
def test_p_values_lie_below_alpha_where_the_statistic_exceeds_the_threshold(
    key, alpha: float
) -> None:
    fusion = fusion_of(*key)
    statistic, _ = fused(statistics()[key[0]])
    threshold = fusion.threshold(alpha)
    with np.errstate(invalid="ignore"):
        differ = (statistic > threshold) != (fusion.p_value(statistic) < alpha)
    # At the threshold itself rounding decides.
    np.testing.assert_allclose(statistic[differ], threshold, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("key", KEYS)
def test_larger_statistics_have_larger_scores_up_to_the_largest(key) -> None:
    # No score piles up at a cap: steps above the median are all told from one another.
    fusion = fusion_of(*key)
    z = fusion.z(np.linspace(fusion.threshold(0.5), 100.0, 5000))
    assert (np.diff(z) > 0).all()
    assert np.isfinite(z).all()
    assert np.isfinite(fusion.z(1e6))


@pytest.mark.parametrize("key", KEYS)
def test_scores_of_a_statistic_are_as_many_as_its_values(key) -> None:
    statistic = np.unique(fused(statistics()[key[0]])[0])
    fusion = fusion_of(*key)
    high = statistic[statistic > fusion.threshold(0.5)]
    _, counts = np.unique(fusion.z(high), return_counts=True)
    assert counts.max() == 1


def test_statistics_of_normal_steps_exceed_the_threshold_as_often_as_alpha_says() -> None:
    rng = np.random.default_rng(6)
    learned, other = (np.abs(smooth(rng.normal(size=400_000), 20)) for _ in range(2))
    fusion = Fusion.fit(*fused(learned), (16,), 100, clean=True, smallest_scale=0.0)
    for alpha in (0.01, 0.001):
        # 20,000 clusters: 20 of them exceed the threshold at 0.001.
        assert 0.5 * alpha < np.mean(other > fusion.threshold(alpha)) < 1.5 * alpha


@pytest.mark.parametrize("block", [1, 7, 40])
def test_the_number_of_independent_steps_is_that_of_clusters(block: int) -> None:
    statistic = np.abs(smooth(np.random.default_rng(7).normal(size=3001), 5)).astype(np.float32)
    statistic[100:200] = np.nan
    fusion = Fusion.fit(*fused(statistic), (16,), block, clean=True, smallest_scale=0.0)
    known = statistic[np.isfinite(statistic)].astype(np.float64)
    level = float(np.quantile(known, 0.95))
    size = naive_calibration.cluster_size(known.tolist(), level, block)
    assert fusion.calibration.n == known.size
    assert fusion.calibration.n_independent == pytest.approx(known.size / size)


def test_of_clean_steps_none_is_suspected_and_of_others_the_anomalous_ones() -> None:
    statistic = np.abs(smooth(np.random.default_rng(12).normal(size=6000), 8))
    statistic[3000:3060] = 30.0
    clean, own = (
        Fusion.fit(*fused(statistic), (16,), 32, clean=clean, smallest_scale=0.0)
        for clean in (True, False)
    )
    assert clean.suspected == 0
    assert own.suspected == pytest.approx(0.01, abs=1e-3)
    assert clean.threshold(1e-3) > 30 > own.threshold(1e-3)


def test_a_step_without_a_base_score_has_no_p_value() -> None:
    fusion = fusion_of("chi2", 16, False)
    found = fusion.p_value(np.array([np.nan, 1.0]))
    assert np.isnan(found[0])
    assert 0 < found[1] < 1


def test_one_anomaly_of_any_size_moves_the_threshold_by_little() -> None:
    statistic = np.abs(smooth(np.random.default_rng(9).normal(size=6000), 8))
    before = Fusion.fit(*fused(statistic), (16,), 32, clean=False, smallest_scale=0.0)
    for size in (10.0, 1e5):
        struck = statistic.copy()
        struck[3000:3016] = size
        after = Fusion.fit(*fused(struck), (16,), 32, clean=False, smallest_scale=0.0)
        assert after.threshold(1e-3) == pytest.approx(before.threshold(1e-3), rel=0.02)


def test_groups_are_in_units_of_their_lower_half_whatever_the_upper() -> None:
    rng = np.random.default_rng(10)
    groups = rng.normal(size=(3, 20_000)) * [[1.0], [2.0], [1.0]] + [[0.0], [-5.0], [0.0]]
    groups[2, ::3] = 1e4
    groups[0, ::7] = np.nan
    fusion = Fusion.fit(
        *fused(np.abs(groups[0]), groups), (16, 64), 16, clean=False, smallest_scale=0.0
    )
    assert fusion.centre[:2] == pytest.approx([0.0, -5.0], abs=0.1)
    assert fusion.spread[:2] == pytest.approx([1.0, 2.0], rel=0.05)
    scored = fusion.group_scores(groups)
    np.testing.assert_allclose(np.nanmedian(scored[:2], axis=1), 0.0, atol=1e-2)
    assert np.isnan(scored[0, ::7]).all()


def test_a_group_without_a_score_and_one_that_never_changes_are_usable() -> None:
    statistic = np.abs(np.random.default_rng(11).normal(size=500))
    groups = np.stack([statistic, np.full(500, np.nan), np.full(500, 2.0)])
    fusion = Fusion.fit(
        *fused(statistic, groups), (16, 64, 256), 4, clean=False, smallest_scale=0.0
    )
    assert (fusion.spread > 0).all()
    assert (fusion.centre[1], fusion.spread[1]) == (0.0, 1.0)
    assert np.isnan(fusion.group_scores(groups)[1]).all()
    np.testing.assert_array_equal(fusion.group_scores(groups)[2], 0.0)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, np.nan])
def test_an_alpha_that_is_no_probability_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        fusion_of("chi2", 16, False).threshold(alpha)


@pytest.mark.parametrize(
    ("suspected", "centre", "spread", "npersegs", "message"),
    [
        (-0.1, [0.0], [1.0], (16,), "suspected=-0.1"),
        (1.0, [0.0], [1.0], (16,), "suspected=1.0"),
        (0.0, [0.0], [0.0], (16,), "a spread above 0"),
        (0.0, [0.0, 1.0], [1.0], (16,), "a centre and a spread"),
        (0.0, [0.0], [1.0], (), "1 to 1 groups"),
        (0.0, [0.0], [1.0], (16, 64), "1 to 1 groups"),
        (0.0, [0.0], [1.0], (10**400,), "1 to 1 groups"),
    ],
)
def test_a_fusion_whose_parts_do_not_belong_together_is_refused(
    suspected: float,
    centre: list[float],
    spread: list[float],
    npersegs: tuple[int, ...],
    message: str,
) -> None:
    calibration = fusion_of("chi2", 16, False).calibration
    with pytest.raises(ValueError, match=message):
        Fusion(
            calibration,
            suspected,
            np.ones(7),
            np.array(centre),
            np.array(spread),
            np.zeros(1),
            npersegs,
        )


@pytest.mark.parametrize("steps", [0.5, np.nan, 1e300, np.inf])
def test_alarms_of_no_possible_length_are_refused(steps: float) -> None:
    calibration = fusion_of("chi2", 16, False).calibration
    one = np.ones(1)
    with pytest.raises(ValueError, match="An alarm has 1 to"):
        Fusion(calibration, 0.0, np.array([1.0] * 6 + [steps]), one, one, one, (16,))


@pytest.mark.parametrize(("share", "step"), [(-0.1, 0), (1.1, 0), (np.nan, 0), (0.5, -1)])
def test_a_share_of_no_steps_is_refused(share: float, step: int) -> None:
    calibration = fusion_of("chi2", 16, False).calibration
    one = np.ones(1)
    with pytest.raises(ValueError, match="stands out"):
        Fusion(calibration, 0.0, np.ones(7), one, one, one, (16,), share, step)


def test_the_p_value_is_that_of_the_score() -> None:
    fusion = fusion_of("lognormal", 16, True)
    at = np.linspace(0, 20, 40)
    np.testing.assert_allclose(fusion.p_value(at), p_from_z(fusion.z(at)))


def test_the_usual_maximum_is_the_median_of_the_block_maxima_of_what_calibrates() -> None:
    rng = np.random.default_rng(10)
    statistic = np.abs(rng.normal(size=6400))
    groups = rng.normal(size=(2, 6400))
    groups[1, 3200:] += 100.0
    normal = np.arange(6400) < 3200
    pooled, alone = (
        Fusion.fit(statistic, groups, (16,), 64, clean=clean, inside=normal)
        for clean in (normal, True)
    )
    for i, group in enumerate(groups):
        for found, calibrating in ((pooled, group), (alone, group[normal])):
            largest = np.median(calibrating.reshape(-1, 32).max(axis=1))
            expected = (largest - found.centre[i]) / found.spread[i]
            assert found.usual_maximum[i] == pytest.approx(expected)
    assert 1 < alone.usual_maximum[1] < 4 < pooled.usual_maximum[1]
    rhythm = Fusion.fit(statistic, groups[:1], (16,), 64, clean=False, period=80.0)
    largest = np.median(groups[0].reshape(-1, 80).max(axis=1))
    assert rhythm.usual_maximum * rhythm.spread + rhythm.centre == pytest.approx(largest)


@pytest.mark.parametrize("key", KEYS)
def test_the_smallest_p_value_is_a_tenth_of_that_of_one_independent_step(key) -> None:
    fusion = fusion_of(*key)
    assert fusion.smallest_p == pytest.approx(min(0.1 / fusion.calibration.n_independent, 0.5))


def test_groups_may_come_in_any_order() -> None:
    z = np.random.default_rng(8).normal(size=(5, 2, 40)).astype(np.float32)
    order = [1, 0, 1, 0, 2]
    found, sorted_ = fused_of(z, order), fused_of(z[[1, 3, 0, 2, 4]], [0, 0, 1, 1, 2])
    np.testing.assert_allclose(found.groups, sorted_.groups)
    np.testing.assert_allclose(found.statistic, sorted_.statistic, rtol=1e-6)


def test_an_event_that_hides_itself_is_left_out_of_the_calibration() -> None:
    rng = np.random.default_rng(9)
    statistic = np.abs(smooth(rng.normal(size=12_800), 8))
    struck = statistic.copy()
    # As large as the largest normal steps, so that no step of it shows.
    struck[3_200:3_328] = np.quantile(statistic, 0.9995)
    usual, found = (
        Fusion.fit(*fused(each), (16,), 32, clean=False, smallest_scale=0.0)
        for each in (statistic, struck)
    )
    assert found.suspected >= 128 / struck.size
    assert found.threshold(1e-3) == pytest.approx(usual.threshold(1e-3), rel=0.05)


def test_frames_of_the_most_rows_are_allowed() -> None:
    calibration = GaussianThreshold.fit(np.arange(100.0))
    fusion = Fusion(calibration, 0.0, np.ones(7), np.zeros(1), np.ones(1), np.ones(1), (MOST_ROWS,))
    assert fusion.npersegs == (MOST_ROWS,)


@pytest.mark.parametrize("n", [300, 5000])
def test_an_event_hides_below_what_half_a_normal_step_exceeds(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def nothing_hidden(statistic: np.ndarray, block: int, visible: float, *_: object) -> np.ndarray:
        asked.append(visible)
        return statistic

    monkeypatch.setattr(room, "without_hidden_events", nothing_hidden)
    statistic = np.abs(np.random.default_rng(4).normal(size=n)).astype(np.float32)
    fusion = Fusion.fit(*fused(statistic), (16,), 32, clean=False, smallest_scale=0.0)
    alpha = max(VISIBLE, 0.5 / fusion.calibration.n_independent)
    assert asked == [fusion.threshold(alpha)]
