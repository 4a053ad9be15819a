"""The model of the order of frames: what it finds, what it gives, and what it refuses."""

import numpy as np
import pytest

from spectra import detect, metrics
from spectra.calibration.scores import Scores
from spectra.datasets.generators import order_anomalies
from spectra.errors import DataError
from spectra.sequence.model import (
    FAR,
    NEAR,
    SequenceModel,
    SequenceSettings,
    sequence_cut,
    usual_nperseg,
)


def settings(n: int, nperseg: int = 32, epochs: int = 0) -> SequenceSettings:
    return SequenceSettings(sequence_cut(nperseg, n), epochs=epochs)


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    return order_anomalies(np.random.default_rng(0), n_samples=12_000, n_anomalies=3).values


@pytest.fixture(scope="module")
def fitted(signal: np.ndarray) -> tuple[SequenceModel, Scores]:
    return SequenceModel.fit(signal, settings(len(signal)))


def test_what_is_out_of_order_stands_out(fitted: tuple[SequenceModel, Scores]) -> None:
    labels = order_anomalies(np.random.default_rng(0), n_samples=12_000, n_anomalies=3).labels
    assert labels is not None
    assert metrics.auc_roc(labels, fitted[1].sample_z) > 0.98
    assert metrics.auc_pr(labels, fitted[1].sample_z) > 0.8


def test_a_past_that_is_odd_itself_does_not_make_odd_what_comes_after(signal: np.ndarray) -> None:
    # Two phases of a quiet recording swap places: the one after them is in place again.
    quiet = order_anomalies(np.random.default_rng(1), n_samples=12_000, n_anomalies=0).values.copy()
    model = SequenceModel.fit(quiet, settings(len(quiet)))[0]
    begin = 6000 + 600 // 6
    one, other = quiet[begin : begin + 100].copy(), quiet[begin + 100 : begin + 200].copy()
    quiet[begin : begin + 100], quiet[begin + 100 : begin + 200] = other, one
    z = model.score(quiet).sample_z
    assert z[begin + 10 : begin + 50].mean() > 4
    assert z[begin + 110 : begin + 150].mean() > 4
    assert z[begin + 240 : begin + 260].mean() < 2


def bursts(seed: int, odd: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """Bursts of one tone, louder and fainter, after rests of any length, the 90th of them `odd`;
    and where that begins.
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
def test_what_was_never_met_stands_out_where_anything_may_come(odd: np.ndarray) -> None:
    # Something loud may come at any time, but not this: each of its frames is nearest to a word
    # that is expected.
    normal = bursts(0)[0]
    model = SequenceModel.fit(normal, settings(len(normal)))[0]
    signal, begin = bursts(50, odd)
    z = model.score(signal).sample_z
    inside = np.zeros(len(signal), dtype=np.bool_)
    inside[begin : begin + odd.size] = True
    assert z[inside].max() > 8
    assert np.mean(z[~inside] > 3.09) < 0.01


def test_every_row_has_a_score_but_in_gaps(signal: np.ndarray) -> None:
    gappy = signal[:4001].copy()
    gappy[2000:2100] = np.nan
    scores = SequenceModel.fit(gappy, settings(len(gappy)))[1]
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
    assert np.ptp(z[:40]) > 0
    assert np.ptp(z[-40:]) > 0


def test_scores_do_not_depend_on_what_comes_later_elsewhere(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    model = fitted[0]
    whole = model.score(signal).statistic
    half = model.score(signal[:6400]).statistic
    np.testing.assert_allclose(half[:-8], whole[: half.size - 8], rtol=1e-3, atol=1e-3)


def test_the_scale_of_a_channel_does_not_matter(signal: np.ndarray) -> None:
    two = np.column_stack([signal, np.random.default_rng(1).normal(size=len(signal))])[:6000]
    z = SequenceModel.fit(two, settings(6000))[1].sample_z
    np.testing.assert_allclose(
        SequenceModel.fit(two * [1000, 0.01], settings(6000))[1].sample_z, z, rtol=0.01, atol=0.02
    )


def test_a_dead_channel_is_of_no_account(signal: np.ndarray) -> None:
    part = signal[:6000]
    model, scores = SequenceModel.fit(
        np.column_stack([part, np.full(6000, 3.0), np.full(6000, np.nan)]), settings(6000)
    )
    assert model.constant.tolist() == [False, True, True]
    alone = SequenceModel.fit(part, settings(6000))[1]
    assert np.corrcoef(scores.sample_z, alone.sample_z)[0, 1] > 0.98
    assert (scores.channel[alone.z > 4] == 0).all()


def test_normal_rows_alone_are_learned_from(signal: np.ndarray) -> None:
    model, scores = SequenceModel.fit(signal, settings(len(signal)), slice(0, 4000))
    assert max(memory.places.max() for memory in model.past) * 8 + 32 <= 4000
    assert scores.sample_z.shape == (len(signal),)


def test_what_is_odd_is_told_in_its_band(
    fitted: tuple[SequenceModel, Scores], signal: np.ndarray
) -> None:
    model, scores = fitted
    steps = np.array([np.nanargmax(scores.z), scores.z.size - 1])
    (nperseg, excess), _ = model.excess(model.scale(signal), scores, steps, own=True)
    assert (nperseg, excess.shape) == (32, (17,))
    assert (excess >= 0).all()
    assert excess.max() > 0
    assert [
        last.shape for _, last in model.excess(model.scale(signal), scores, steps[1:], own=False)
    ] == [(17,)]


def test_the_forecast_goes_on_with_the_cycle(signal: np.ndarray) -> None:
    quiet = order_anomalies(np.random.default_rng(1), n_samples=12_000, n_anomalies=0).values
    model = SequenceModel.fit(quiet[:9600], settings(9600))[0]
    found = model.forecast(quiet[:9600], 15)
    assert found.start[0] == 9600
    assert (np.diff(found.start) == 32).all()
    assert found.spectrum.shape == (15, 1, 16)
    np.testing.assert_allclose(found.p.sum(axis=1), 1, rtol=1e-5)
    # The strongest frequency is that of what then came, where that is loud.
    scaled = model.scale(quiet)[0]
    came = np.array(
        [np.abs(np.fft.rfft(scaled[at : at + 32] * np.hanning(33)[:-1]))[1:] for at in found.start]
    )
    loud = came.max(axis=1) > np.median(came.max(axis=1))
    assert np.abs(came.argmax(axis=1) - found.spectrum[:, 0].argmax(axis=1))[loud].max() <= 1


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


def test_a_transformer_adds_two_scores_and_is_seeded(signal: np.ndarray) -> None:
    part = signal[:3000]
    curve: list[float] = []
    one = SequenceModel.fit(
        part,
        settings(3000, epochs=3),
        rng=np.random.default_rng(0),
        progress=lambda e: curve.append(e.loss),
    )
    again = SequenceModel.fit(part, settings(3000, epochs=3), rng=np.random.default_rng(0))
    np.testing.assert_allclose(one[1].z, again[1].z, rtol=1e-4, atol=1e-4)
    assert len(one[0].calibrations) == 4
    assert curve[-1] < curve[0]
    assert one[0].forecast(part, 3).tokens.shape == (3,)


def test_frames_are_a_sixteenth_of_the_period() -> None:
    assert [usual_nperseg(period, 100_000) for period in (600, 100, 5000, None)] == [
        32,
        16,
        256,
        32,
    ]
    assert usual_nperseg(5000, 1000) == 64
    assert (NEAR, FAR) == (4, 16)


@pytest.mark.parametrize("n", [32, 100, 160])
def test_fewer_frames_than_the_context(n: int) -> None:
    with pytest.raises(DataError, match="the 4 before it need 160 rows"):
        SequenceModel.fit(np.random.default_rng(0).normal(size=(n, 1)), settings(n))


def test_a_signal_of_gaps_or_shorter_than_a_frame_is_refused(
    fitted: tuple[SequenceModel, Scores],
) -> None:
    with pytest.raises(DataError, match="Too few frames of 32 rows without gaps"):
        SequenceModel.fit(np.where(np.arange(3000)[:, None] % 20 == 0, np.nan, 1.0), settings(3000))
    with pytest.raises(DataError, match="The recording has 10 rows, fewer than one frame of 32"):
        fitted[0].score(np.zeros((10, 1)))
    with pytest.raises(DataError, match="Too few frames"):
        fitted[0].score(np.zeros((100, 1)))


def test_a_constant_signal_has_scores() -> None:
    z = SequenceModel.fit(np.ones((2000, 1)), settings(2000))[1].sample_z
    assert np.isfinite(z).all()


def test_nothing_is_surprising_where_all_frames_are_the_same() -> None:
    found = detect(np.full(3000, 2.5), method="sequence")
    assert found.alarms.empty
    assert np.nanmax(found.frame_scores.z) < 1
