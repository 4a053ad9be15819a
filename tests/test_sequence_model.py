"""The model of the order of frames: scores, blocks, evidence, forecast, its file and its errors."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spectra import metrics
from spectra.alarms import find_alarms
from spectra.archive import pack, unpack
from spectra.calibration.scores import Scores
from spectra.datasets.generators import order_anomalies
from spectra.errors import DataError
from spectra.sequence import features as features_room
from spectra.sequence.model import SequenceModel
from spectra.sequence.settings import Sequence


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    return order_anomalies(np.random.default_rng(0), n_samples=12_000, n_anomalies=3).values


@pytest.fixture(scope="module")
def fitted(signal: np.ndarray) -> tuple[SequenceModel, Scores]:
    return Sequence(32).fit(signal)


def in_blocks(model: SequenceModel, signal: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Statistic and channel of a signal that comes in blocks."""
    scorer = model.scorer()
    parts = [scorer.update(signal[at : at + size]) for at in range(0, len(signal), size)]
    parts.append(scorer.finish())
    return (
        np.concatenate([part.statistic for part in parts]),
        np.concatenate([part.channel for part in parts]),
    )


def test_phases_out_of_order_stand_out(fitted: tuple[SequenceModel, Scores]) -> None:
    labels = order_anomalies(np.random.default_rng(0), n_samples=12_000, n_anomalies=3).labels
    assert labels is not None
    assert metrics.auc_roc(labels, fitted[1].sample_z) > 0.98
    assert metrics.auc_pr(labels, fitted[1].sample_z) > 0.8


def test_frames_after_an_anomaly_are_normal_again(signal: np.ndarray) -> None:
    # Two phases of a quiet recording swap places: the one after them is in place again.
    quiet = order_anomalies(np.random.default_rng(1), n_samples=12_000, n_anomalies=0).values.copy()
    model = Sequence(32).fit(quiet)[0]
    begin = 6000 + 600 // 6
    one, other = quiet[begin : begin + 100].copy(), quiet[begin + 100 : begin + 200].copy()
    quiet[begin : begin + 100], quiet[begin + 100 : begin + 200] = other, one
    z = model.score(quiet).sample_z
    assert z[begin + 10 : begin + 50].mean() > 4
    assert z[begin + 110 : begin + 150].mean() > 4
    assert z[begin + 240 : begin + 260].mean() < 2


def bursts(seed: int, odd: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """Bursts of one tone, louder and fainter, after rests of any length.

    The 90th of them is `odd`; its first row is returned too.
    """
    rng = np.random.default_rng(seed)
    parts = [rng.uniform(0.5, 1.5) * tone(0.1) for _ in range(120)]
    if odd is not None:
        parts[89] = odd
    rested = [np.pad(one, (0, rng.integers(30, 90))) for one in parts]
    signal = np.concatenate(rested)
    return (signal + rng.normal(0, 0.05, signal.size))[:, None], sum(
        one.size for one in rested[:89]
    )


def tone(frequency: float, n: int = 60) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(n)) * np.hanning(n)


@pytest.mark.parametrize(
    "odd", [tone(0.25), tone(0.06), tone(0.06, 120), 0.7 * (tone(0.1) + tone(0.2))]
)
def test_a_new_burst_stands_out_where_any_may_come(odd: np.ndarray) -> None:
    # Something loud may come at any time, but not this: each of its frames is nearest to a token
    # that is expected.
    normal = bursts(0)[0]
    model = Sequence(32).fit(normal)[0]
    signal, begin = bursts(50, odd)
    z = model.score(signal).sample_z
    inside = np.zeros(len(signal), dtype=np.bool_)
    inside[begin : begin + odd.size] = True
    # Found at a false-alarm probability of 0.001, and next to nothing else is.
    assert z[inside].max() > 3.09
    assert np.mean(z[~inside] > 3.09) < 0.001


def test_every_row_has_a_score_but_in_gaps(signal: np.ndarray) -> None:
    gappy = signal[:4001].copy()
    gappy[2000:2100] = np.nan
    scores = Sequence(32).fit(gappy)[1]
    assert scores.sample_z.shape == (4001,)
    missing = np.isnan(scores.sample_z)
    assert missing[2010:2090].all()
    assert not missing[:1960].any()
    assert not missing[2140:].any()


def test_the_ends_are_scored_by_as_many_frames_as_any_other_rows(
    fitted: tuple[SequenceModel, Scores],
) -> None:
    # Frames of 32 rows, hops of 8: the first and last 24 rows are covered by fewer than four.
    z = fitted[1].sample_z
    assert np.ptp(z[:32]) == 0
    assert np.ptp(z[-32:]) == 0
    assert np.ptp(z[:400]) > 0


def test_scores_do_not_depend_on_later_rows(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    model = fitted[0]
    whole = model.score(signal).statistic
    half = model.score(signal[:6400]).statistic
    np.testing.assert_allclose(half[:-8], whole[: half.size - 8], rtol=1e-3, atol=1e-3)


def test_the_scale_of_a_channel_does_not_matter(signal: np.ndarray) -> None:
    two = np.column_stack([signal, np.random.default_rng(1).normal(size=len(signal))])[:6000]
    z = Sequence(32).fit(two)[1].sample_z
    np.testing.assert_allclose(
        Sequence(32).fit(two * [1000, 0.01])[1].sample_z, z, rtol=0.01, atol=0.02
    )


def test_a_constant_channel_does_not_change_the_scores(signal: np.ndarray) -> None:
    part = signal[:6000]
    model, scores = Sequence(32).fit(
        np.column_stack([part, np.full(6000, 3.0), np.full(6000, np.nan)])
    )
    assert model.constant.tolist() == [False, True, True]
    alone = Sequence(32).fit(part)[1]
    assert np.corrcoef(scores.sample_z, alone.sample_z)[0, 1] > 0.98
    assert (scores.channel[alone.z > 4] == 0).all()


def test_normal_rows_alone_are_learned_from(signal: np.ndarray) -> None:
    model, scores = Sequence(32).fit(signal, slice(0, 4000))
    assert max(memory.index.max() for memory in model.mixture.best.base.past) * 8 + 32 <= 4000
    assert scores.sample_z.shape == (len(signal),)


def test_evidence_names_the_frequency_out_of_order(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    model, scores = fitted
    steps = np.array([np.nanargmax(scores.z), 0, scores.z.size - 1])
    strongest, first, last = model.evidence(signal, scores, steps, own=True)
    assert (strongest.nperseg, strongest.normal_start) == (32, None)
    assert strongest.view in ("magnitude", "magnitude-dc")
    assert strongest.excess.shape == (17,)
    # The excess is at the frequency of the frame itself, or at that of the frame that was due.
    loud = {int(strongest.amplitude.argmax()), int(strongest.normal_amplitude.argmax())}
    assert int(strongest.excess.argmax()) in loud
    assert strongest.start <= steps[0] * 8 < strongest.start + 32
    # At the ends it is one of the four frames that cover the outermost rows best.
    assert first.start in (0, 8, 16, 24)
    assert last.start in (11_944, 11_952, 11_960, 11_968)


def test_the_forecast_goes_on_with_the_cycle(signal: np.ndarray) -> None:
    quiet = order_anomalies(np.random.default_rng(1), n_samples=12_000, n_anomalies=0).values
    model = Sequence(32).fit(quiet[:9600])[0]
    found = model.forecast(quiet[:9600], 15)
    assert found.start[0] == 9600
    assert (np.diff(found.start) == 32).all()
    assert found.spectrum.shape[:2] == (15, 1)
    np.testing.assert_allclose(found.p.sum(axis=1), 1, rtol=1e-5)
    # The strongest frequency is that of what then came, where that is loud.
    scaled = model.mixture.best.base.frames.scaled(quiet)[0]
    came = np.array(
        [np.abs(np.fft.rfft(scaled[at : at + 32] * np.hanning(33)[:-1]))[1:] for at in found.start]
    )
    loud = came.max(axis=1) > np.median(came.max(axis=1))
    assert np.abs(came.argmax(axis=1) - found.spectrum[:, 0, 1:].argmax(axis=1))[loud].max() <= 1


def test_a_sampled_forecast_is_that_of_its_generator(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    model = fitted[0]
    one, again = (model.forecast(signal, 30, np.random.default_rng(3)).tokens for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert (one != model.forecast(signal, 30, np.random.default_rng(4)).tokens).any()
    with pytest.raises(ValueError, match="n_frames=0"):
        model.forecast(signal, 0)
    with pytest.raises(DataError, match="4 frames of 32 rows without gaps at the end"):
        model.forecast(np.concatenate([signal, np.full((50, 1), np.nan)]), 3)


@pytest.fixture(scope="module")
def trained(signal: np.ndarray) -> tuple[SequenceModel, Scores]:
    return Sequence(32, epochs=3).fit(signal[:3000])


def test_a_transformer_adds_two_scores_and_is_seeded(
    trained: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    part, curve = signal[:3000], []
    again = SequenceModel.fit(
        part,
        Sequence(32, epochs=3).plan(part),
        rng=np.random.default_rng(0),
        progress=lambda epoch: curve.append(epoch.loss),
    )
    np.testing.assert_allclose(trained[1].statistic, again[1].statistic, rtol=1e-4, atol=1e-4)
    assert len(trained[0].mixture.best.standard.mu) == 4
    assert curve[-1] < curve[0]
    assert trained[0].forecast(part, 3).tokens.shape == (3,)


@pytest.mark.parametrize("size", [3, 100, 1000])
def test_scores_are_those_of_the_whole_signal_whatever_the_blocks(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray, size: int
) -> None:
    gappy = signal[:3001].copy()
    gappy[1000:1100] = np.nan
    whole = fitted[0].score(gappy)
    statistic, channel = in_blocks(fitted[0], gappy, size)
    # Products of matrices of another size round otherwise.
    np.testing.assert_allclose(statistic, whole.statistic, atol=1e-3)
    np.testing.assert_array_equal(channel, whole.channel)


def test_blocks_do_not_change_the_scores_of_several_channels_and_a_transformer(
    trained: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    statistic, _ = in_blocks(trained[0], signal[:1500], 70)
    np.testing.assert_allclose(statistic, trained[0].score(signal[:1500]).statistic, atol=1e-3)
    two = np.column_stack([signal, np.random.default_rng(1).normal(size=len(signal))])[:3000]
    model = Sequence(32).fit(two)[0]
    statistic, channel = in_blocks(model, two, 333)
    np.testing.assert_allclose(statistic, model.score(two).statistic, atol=1e-3)
    np.testing.assert_array_equal(channel, model.score(two).channel)


def test_a_signal_that_goes_on_scores_its_past_as_before(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    scorer = fitted[0].scorer()
    part = scorer.update(signal[:6400]).statistic
    # Frames with a past are scored as soon as they are whole.
    assert part.size >= (6400 - 2 * 32) // 8
    np.testing.assert_allclose(part, fitted[0].score(signal).statistic[: part.size], atol=1e-3)


def test_the_model_learned_from_scores_its_own_signal_again_alike(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    again = fitted[0].score(signal, own=True)
    np.testing.assert_allclose(again.statistic, fitted[1].statistic, atol=1e-3)


def test_a_model_packs_itself(
    fitted: tuple[SequenceModel, Scores],
    trained: tuple[SequenceModel, Scores],
    signal: np.ndarray,
) -> None:
    for model in (fitted[0], trained[0]):
        about, arrays = pack(model)
        again = unpack(SequenceModel, json.loads(json.dumps(about)), arrays)
        np.testing.assert_array_equal(again.score(signal).z, model.score(signal).z)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("past.0.tokens", lambda tokens: tokens + 1000),
        ("past.1.keys", lambda keys: keys[:, :-1]),
        ("past.0.prior", lambda prior: -prior),
        ("vocabulary.centres", lambda centres: centres[:-1]),
        ("basis", lambda basis: basis[:-1]),
    ],
)
def test_a_packed_model_whose_parts_do_not_fit_is_refused(
    fitted: tuple[SequenceModel, Scores], name: str, change: Callable[[Any], Any]
) -> None:
    about, arrays = pack(fitted[0])
    path = f"mixture.parts.0.base.{name}"
    with pytest.raises(ValueError, match=r"must|has|lie"):
        unpack(SequenceModel, about, {**arrays, path: change(arrays[path])})


@pytest.mark.parametrize("variance", [0.0, -1.0, 1e-60, 1e60, float("nan")])
def test_a_variance_that_is_none_in_single_precision_is_refused(
    fitted: tuple[SequenceModel, Scores], variance: float
) -> None:
    with pytest.raises(ValueError, match="variance above 0"):
        replace(fitted[0].mixture.parts[0].base, usual_variance=variance)


def test_a_long_signal_is_learned_from_stretches_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = order_anomalies(np.random.default_rng(0), n_samples=30_000)
    assert recording.labels is not None
    whole = Sequence(32).fit(recording.values)[1]
    monkeypatch.setattr(features_room, "SAMPLE_FRAMES", 1600)
    monkeypatch.setattr(features_room, "STRETCHES", 16)
    model, scores = Sequence(32).fit(recording.values)
    index = model.mixture.best.base.past[0].index
    assert index.size <= 1600
    assert index.max() > 3000
    assert scores.statistic.size == whole.statistic.size
    assert metrics.auc_roc(recording.labels, scores.sample_z) > 0.98
    assert np.corrcoef(scores.statistic, whole.statistic)[0, 1] > 0.9


@pytest.mark.parametrize("n", [32, 100, 160])
def test_fewer_frames_than_the_context(n: int) -> None:
    with pytest.raises(DataError, match="the 4 before it need 160 rows"):
        Sequence(32).fit(np.random.default_rng(0).normal(size=(n, 1)))


def test_a_signal_of_gaps_or_shorter_than_a_frame_is_refused(
    fitted: tuple[SequenceModel, Scores],
) -> None:
    with pytest.raises(DataError, match="Too few frames of 32 rows without gaps"):
        Sequence(32).fit(np.where(np.arange(3000)[:, None] % 20 == 0, np.nan, 1.0))
    with pytest.raises(DataError, match="The recording has 10 rows, fewer than one frame of 32"):
        fitted[0].score(np.zeros((10, 1)))
    with pytest.raises(DataError, match="Too few frames"):
        fitted[0].score(np.zeros((100, 1)))


def test_a_constant_signal_has_scores() -> None:
    z = Sequence(32).fit(np.ones((2000, 1)))[1].sample_z
    assert np.isfinite(z).all()


T = np.arange(20_000)
HALF = T[:10_000]
REPEATS = {
    "constant": np.full(3000, 2.5),
    **{f"sine of period {period}": np.sin(2 * np.pi * HALF / period) for period in (40, 48, 50)},
    **{
        f"square wave of period {period}": np.where(rows % period < period / 2, 1.0, -1.0)
        # Each repeats ten times or more.
        for rows, periods in ((HALF, (40, 50, 100, 200, 333, 500)), (T, (1000, 2000)))
        for period in periods
    },
    "sawtooth": HALF % 100 / 50 - 1,
    "impulses": (HALF % 100 == 0).astype(np.float64),
}


@pytest.mark.parametrize("name", REPEATS)
def test_a_signal_that_repeats_exactly_raises_no_alarm(name: str) -> None:
    scores = Sequence().fit(REPEATS[name][:, None])[1]
    assert find_alarms(scores, 1e-3).first.size == 0


@pytest.mark.parametrize("period", [40, 50])
def test_a_small_fault_in_a_signal_that_repeats_exactly_is_found(period: int) -> None:
    signal = np.sin(2 * np.pi * T / period)
    signal[10_000:10_010] += 0.5
    alarms = find_alarms(Sequence().fit(signal[:, None])[1], 1e-3)
    assert alarms.first.size == 1
    assert 9_950 < alarms.first[0] < 10_000 <= alarms.last[0] < 10_060
