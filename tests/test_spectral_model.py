"""The fitted signal pipeline: what it finds, and on what it does not depend."""

import numpy as np
import pytest

from bursts import KINDS, bursts
from spectra.alarms import find_alarms
from spectra.calibration.gaussian import p_from_z
from spectra.calibration.standard import FAR
from spectra.calibration.statistic import SurprisalMean
from spectra.errors import DataError
from spectra.signal.period import dominant_period
from spectra.signal.views import VIEWS
from spectra.spectral import learning
from spectra.spectral.model import SpectralModel
from spectra.spectral.points import N_SCORES
from spectra.spectral.sample import SAMPLE_STEPS, Sample, usual_statistics
from spectra.spectral.settings import LENGTHS, Spectral


def noise(n: int, n_channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, n_channels))


@pytest.mark.parametrize("view", VIEWS)
def test_model_finds_the_stretch_that_differs_its_channel_and_its_frequency(view: str) -> None:
    values = noise(8000, 2, seed=9)
    values[4000:4100, 1] += 4 * np.sin(2 * np.pi * 0.25 * np.arange(100)) + (
        4 if view == "level" else 0
    )
    values[6000:6010] = np.nan
    model, scores = Spectral(nperseg=64, k=5, view=view).fit(values)
    peak = int(np.nanargmax(scores.statistic))
    assert 4000 - 64 <= peak * scores.step < 4100 + 64
    (found,) = model.evidence(values, scores, np.array([peak]), own=True)
    assert found.nperseg == 64
    # Bins 9 to 16 are one band of the spectrogram.
    assert found.excess.argmax() == {"level": 0, "spectrogram": 9}.get(view, 16)
    # A frame of the residual has a part of all channels, in units of what each leaves.
    assert scores.channel[peak] == 1
    assert np.isnan(scores.sample_z[6002:6008]).all()


def test_frame_lengths_and_single_rows_count_alike_where_frames_have_two_references() -> None:
    alone, _ = Spectral().fit(noise(4000))
    assert alone.standardised.fusing.weights is None
    model, _ = Spectral().fit(noise(4000), slice(0, 1000))
    standardised = model.standardised
    base = standardised.base
    # Silence and lines take no weight from the others.
    pairs = zip(base.comparisons, standardised.standards, strict=False)
    groups = [(-1 if of.transform in FAR else one.nperseg, one) for one, of in pairs]
    where = [group for group, one in groups for _ in one.sources] + [0] * N_SCORES
    # The same base scores, those of one group after the other at z = 5 and the rest at 0.
    found = {}
    for group in sorted({*where} - {-1}):
        z = np.where(np.array(where) == group, 5.0, 0.0)
        assert sum(base.counts) == z.size
        weights = standardised.fusing.weights
        assert weights is not None
        fusing = SurprisalMean((1, 1), 1, weights)
        fusing.add(z[:, None, None].astype(np.float32), 0, 0)
        found[group] = float(fusing.result().statistic[0])
    assert len(set(where)) > 3
    assert np.ptp(list(found.values())) < 1e-5


def test_one_pulse_in_silence_is_found_also_where_silence_was_learned() -> None:
    signal = np.zeros((3000, 1))
    signal[1500] = 1.0
    for rows in (None, slice(0, 500)):
        _, scores = Spectral().fit(signal, rows)
        assert np.isfinite(scores.z).all()
        assert abs(int(scores.statistic.argmax()) * scores.step - 1500) < 256
        assert p_from_z(scores.z.max()) < 1e-6


def test_scale_and_offset_of_a_channel_do_not_matter() -> None:
    values = noise(3000, 3)
    values[1500:1530, 1] += 5
    other = values * [1e6, 1.0, 1e-6] + [0.0, 1e3, -1.0]
    one, two = (Spectral().fit(each)[1] for each in (values, other))
    # Single precision: an offset of 1e3 spreads costs three digits before it is taken off.
    np.testing.assert_allclose(two.statistic, one.statistic, atol=0.01)
    assert np.mean(two.channel == one.channel) > 0.99


def test_permuting_channels_permutes_the_channel_that_is_named() -> None:
    values = noise(3000, 3, seed=2)
    values[1500:1530, 1] += 5
    order = [2, 0, 1]
    one, two = (Spectral().fit(each)[1] for each in (values, values[:, order]))
    np.testing.assert_allclose(two.statistic, one.statistic, atol=0.01)
    same = np.array(order)[two.channel] == one.channel
    assert same.mean() > 0.99
    assert same[int(np.nanargmax(one.statistic))]


@pytest.mark.parametrize("n", [10**3, 10**4, 10**5, 10**6])
def test_frames_and_steps_are_the_same_however_long_the_recording(n: int) -> None:
    # The same cycle of 90 rows at all lengths.
    values = noise(n) + 2 * np.sin(2 * np.pi * np.arange(n) / 90)[:, None]
    assert dominant_period(values) == pytest.approx(90, abs=1)
    model, scores = Spectral().fit(values)
    assert scores.step == model.step == 4
    # Of the fixed lengths those that a recording holds several frames of.
    assert {one for one in LENGTHS if one <= 0.27 * n} <= set(model.npersegs)
    assert max(model.npersegs) <= max(LENGTHS)
    assert scores.statistic.size == -(-n // 4)
    banks = [one.reference for one in model.standardised.base.sources if one is not None]
    assert max(bank.starts.size for bank in banks) <= 1000


def test_an_event_in_a_long_recording_scores_as_in_a_short_one() -> None:
    statistics = []
    for n in (20_000, 200_000):
        values = noise(n, seed=3)
        values[10_000:10_040] += 6
        _, scores = Spectral().fit(values)
        peak = int(np.nanargmax(scores.statistic))
        assert 9_980 <= peak * scores.step < 10_060
        statistics.append(float(scores.statistic[peak]))
    assert statistics[1] == pytest.approx(statistics[0], rel=0.2)


def test_a_recording_longer_than_the_sample_is_scored_as_its_model_scores_it() -> None:
    n = 4 * (SAMPLE_STEPS + 1000)
    for values in (noise(n), noise(4000)):
        model, scores = Spectral().fit(values)
        again = model.score(values, own=True)
        np.testing.assert_allclose(again.statistic, scores.statistic, atol=1e-4)
        assert again.fusion == scores.fusion


@pytest.mark.parametrize("normal_rows", [None, slice(5000, 9000)])
def test_base_scores_that_are_not_kept_are_computed_again(
    monkeypatch: pytest.MonkeyPatch, normal_rows: slice | None
) -> None:
    values = noise(4 * (SAMPLE_STEPS + 1000), seed=1)
    model, scores = Spectral().fit(values, normal_rows)
    monkeypatch.setattr(learning, "SCORED", 0)
    again, others = Spectral().fit(values, normal_rows)
    np.testing.assert_allclose(others.statistic, scores.statistic, atol=1e-4)
    steps = slice(100, 200)
    kept, computed = (one.group_scores(steps.start, steps.stop) for one in (scores, others))
    # Groups are kept in half precision, of 11 bits.
    np.testing.assert_allclose(computed, kept, rtol=5e-3, atol=5e-3)
    assert again.fusion.threshold(0.001) == pytest.approx(model.fusion.threshold(0.001), abs=1e-3)


@pytest.mark.parametrize("normal_rows", [None, slice(2000, 6000)])
@pytest.mark.parametrize("n", [7000, 4 * (SAMPLE_STEPS + 1000)])
def test_channels_learned_a_few_at_a_time_have_the_scores_of_all(
    monkeypatch: pytest.MonkeyPatch, n: int, normal_rows: slice | None
) -> None:
    values = noise(n, 4, seed=2)
    values[:, 1] += values[:, 0]
    values[3000:3100, 2] = np.nan
    # The direction of the wind, and a switch.
    values[:, 0] = np.cumsum(20 * values[:, 0]) % 360
    values[:, 3] = values[:, 3] > 1
    values[5000:5040, 1] += 4
    model, scores = Spectral().fit(values, normal_rows)
    assert model.turns.any()
    assert model.states.any()
    assert model.standardised.base.coupled is not None
    monkeypatch.setattr(learning, "HELD", 1)
    again, others = Spectral().fit(values, normal_rows)
    np.testing.assert_allclose(others.statistic, scores.statistic, atol=1e-3)
    np.testing.assert_allclose(again.standardised.usual, model.standardised.usual, rtol=1e-4)
    for one, other in zip(again.standardised.standards, model.standardised.standards, strict=True):
        np.testing.assert_allclose(one.mu, other.mu, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(one.sigma, other.sigma, rtol=1e-3, atol=1e-3)
    few, all_of_them = (each.group_scores(1200, 1300) for each in (others, scores))
    np.testing.assert_allclose(few, all_of_them, rtol=5e-3, atol=5e-3)


def test_channels_that_are_only_compared_with_one_another_are_learned_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = noise(3000, 3, seed=3)
    values[:, 1] += values[:, 0]
    method = Spectral(view="residual")
    _, scores = method.fit(values)
    monkeypatch.setattr(learning, "HELD", 1)
    np.testing.assert_array_equal(method.fit(values)[1].statistic, scores.statistic)


@pytest.mark.parametrize("alpha", [0.01, 0.001])
def test_normal_rows_of_another_recording_are_flagged_about_as_often_as_alpha_says(
    alpha: float,
) -> None:
    model, _ = Spectral().fit(noise(40_000, seed=4), slice(0, 40_000))
    flagged = model.score(noise(80_000, seed=5)).flagged(alpha)
    # Blocks of 256 rows exceed together: 300 of them, or 3 at 0.01.
    assert flagged.mean() < 4 * alpha


def test_normal_rows_are_what_the_rest_is_compared_with() -> None:
    values = noise(6000, seed=6)
    values[3000:, 0] += 3 * np.sin(np.arange(3000))
    _, scores = Spectral().fit(values, slice(0, 3000))
    z = scores.sample_z
    assert np.median(z[3200:]) > np.quantile(z[:2800], 0.99)


@pytest.mark.parametrize("kind", KINDS)
def test_a_burst_of_noise_out_of_its_rhythm_is_found_where_no_two_are_alike(kind: str) -> None:
    found = 0
    for seed in range(4):
        x = bursts(288, 40, seed, kind, at=26)
        _, scores = Spectral().fit(x)
        alarms = find_alarms(scores, 0.001)
        # The cycle, and the frames that reach into it.
        inside = (alarms.first < 27 * 288 + 72) & (alarms.last > 26 * 288 - 72)
        found += bool(inside.any())
    assert found >= 3


@pytest.mark.parametrize("slope", [4e-3, -4e-3])
def test_a_signal_that_wanders_away_from_its_normal_rows_keeps_its_events(slope: float) -> None:
    # The mean of the last rows is 20 spreads away from those declared normal.
    values = noise(6000, seed=6) + slope * np.arange(6000)[:, None]
    values[4000:4040, 0] += 3 * np.sin(np.arange(40))
    _, scores = Spectral().fit(values, slice(0, 1000))
    z = scores.sample_z
    assert 3990 < int(np.argmax(z)) < 4050
    assert np.quantile(z[1000:3900], 0.99) < 3


@pytest.mark.parametrize("grows", [2.0, 4.0])
def test_a_fault_that_grows_slowly_stays_an_anomaly(grows: float) -> None:
    values = noise(6000, seed=6) * np.linspace(1, grows, 6000)[:, None]
    values[:1000] = noise(1000, seed=7)
    _, scores = Spectral().fit(values, slice(0, 1000))
    assert np.median(scores.sample_z[4000:]) > np.quantile(scores.sample_z[:900], 0.99)


def of_channels(values: np.ndarray, normal_rows: slice | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the usual statistic of channels, and the median of their statistics without it."""
    model, scores = Spectral().fit(values, normal_rows)
    standardised, base = model.standardised, model.standardised.base
    scaled = standardised.scale(values)
    n_steps = scores.statistic.size
    D = base.distances(scaled, 0, 0, n_steps, len(values), own=True)
    by_channel = standardised.fusing.by_channel(D).mean
    normal = slice(0, n_steps) if normal_rows is None else slice(0, normal_rows.stop // base.step)
    np.testing.assert_allclose(
        scores.statistic, np.nanmax(by_channel / standardised.usual[:, None], axis=0), rtol=1e-4
    )
    return standardised.usual, np.median(by_channel[:, normal], axis=1)


@pytest.mark.parametrize("normal_rows", [None, slice(0, 2000)])
def test_all_channels_have_the_same_usual_statistic(normal_rows: slice | None) -> None:
    x = noise(5000, 3)
    # One channel has a burst every now and then, and another wanders.
    x[:, 1] *= np.exp(3.0 * np.sin(np.arange(5000) / 90) ** 9)
    x[:, 2] = np.cumsum(x[:, 2])
    usual, medians = of_channels(x, normal_rows)
    assert np.ptp(usual) > 0.1
    np.testing.assert_allclose(medians / usual, np.median(medians), rtol=0.02)


def test_one_channel_alone_is_in_units_of_its_base_scores() -> None:
    usual, _ = of_channels(noise(3000), None)
    assert usual.tolist() == [1.0]


def test_a_channel_that_is_nearly_always_as_before_does_not_drown_the_others() -> None:
    compared = np.array([True, True, True, False])
    sample = Sample.drawn(4, None, 4)
    by_channel = np.array([[1.0, 2.0, 3.0, 2.0], [4.0] * 4, [0.01] * 4, [9.0] * 4])
    assert usual_statistics(by_channel, sample, compared).tolist() == [1.0, 2.0, 0.5, 1.0]
    by_channel[:] = np.nan
    assert usual_statistics(by_channel, sample, compared).tolist() == [1.0] * 4
    by_channel[:3] = 0.0
    assert usual_statistics(by_channel, sample, compared).tolist() == [0.5, 0.5, 0.5, 1.0]


def test_a_dead_stretch_is_as_anomalous_as_a_loud_one() -> None:
    for factor in (0.0, 6.0):
        values = noise(8000, seed=7)
        values[4000:4300] *= factor
        _, scores = Spectral().fit(values, slice(0, 3000))
        z = scores.sample_z
        assert p_from_z(np.median(z[4100:4200])) < 0.001
        # The longest frames reach 256 rows before the event.
        assert np.quantile(z[:3700], 0.99) < 3


@pytest.mark.parametrize("size", [1e3, 1e9, 1e30])
def test_one_glitch_of_any_size_hides_no_event_elsewhere(size: float) -> None:
    values = noise(20_000, seed=8)
    values[5000:5040] += 5
    values[9000:9300, 0] += 1.2 * np.sin(0.7 * np.arange(300))
    struck = values.copy()
    struck[15_000] = size
    for signal in (values, struck):
        _, scores = Spectral().fit(signal)
        alarms = find_alarms(scores, 0.001)
        for first, last in ((5000, 5039), (9000, 9299)):
            assert ((alarms.first <= last) & (alarms.last >= first)).any()


def test_constant_channels_are_named_and_have_no_alarm() -> None:
    values = np.column_stack([noise(2000), np.full(2000, 3.0), np.full(2000, np.nan)])
    model, scores = Spectral().fit(values)
    assert model.constant.tolist() == [False, True, True]
    assert (scores.channel == 0).all()


def test_a_constant_recording_has_finite_scores_and_nothing_flagged() -> None:
    for value in (0.0, -7.5):
        _, scores = Spectral().fit(np.full((3000, 2), value))
        assert np.isfinite(scores.z).all()
        assert not scores.flagged(0.001).any()


@pytest.mark.parametrize("n", [10, 13, 20, 50, 80, 200, 1100])
def test_short_recordings_are_scored_whole(n: int) -> None:
    model, scores = Spectral().fit(noise(n))
    assert np.isfinite(scores.statistic).all()
    assert scores.sample_z.shape == (n,)
    assert max(model.npersegs) <= max(2, 0.27 * n)


@pytest.mark.parametrize(
    ("values", "method"),
    [
        (noise(2), Spectral()),
        (noise(100), Spectral(nperseg=64)),
        (np.full((500, 1), np.nan), Spectral()),
        (np.where(np.arange(500)[:, None] % 8 == 0, np.nan, noise(500)), Spectral(nperseg=16)),
    ],
    ids=["short", "long frames", "nothing", "gaps everywhere"],
)
def test_a_recording_with_too_few_frames_is_refused(values: np.ndarray, method: Spectral) -> None:
    with pytest.raises(DataError, match="give a longer recording or a smaller nperseg"):
        method.fit(values)


def test_a_recording_shorter_than_a_frame_is_not_scored() -> None:
    model, _ = Spectral(nperseg=32).fit(noise(2000))
    with pytest.raises(DataError, match="has 31 rows, fewer than one frame of 32"):
        model.score(noise(31))
    assert np.isfinite(model.score(noise(32)).statistic).all()


def test_parts_that_do_not_belong_together_are_refused() -> None:
    one, two = (Spectral(nperseg=16).fit(noise(500, n))[0] for n in (1, 2))
    three, _ = Spectral().fit(noise(2000))
    with pytest.raises(ValueError, match="constant or not"):
        SpectralModel(one.standardised, one.fusion, two.constant)
    with pytest.raises(ValueError, match="constant or not"):
        SpectralModel(one.standardised, one.fusion, np.zeros(1))
    with pytest.raises(ValueError, match="one centre"):
        SpectralModel(one.standardised, three.fusion, one.constant)
