"""An alarm is explained by what was put into the signal."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import welch

import naive_explanation
import spectra
from spectra.alarms import Alarms
from spectra.datasets import Recording, generators
from spectra.detection import Detection
from spectra.explanation.bands import Band, band_text
from spectra.explanation.contrast import amplitudes, decibels
from spectra.explanation.explained import Explanation
from spectra.explanation.facts import longest_still
from spectra.explanation.kinds import Kind
from spectra.explanation.learned import learned_frames
from spectra.explanation.sentences import band_line, sentence
from spectra.explanation.similar import most_similar, outside
from spectra.explanation.straight import SHORTEST_PIECE, straight_piece
from spectra.signal.views import View
from spectra.spectral.model import SpectralModel

FS = 100.0
N = 8000
PLACE = slice(5000, 5600)


def noise(n_channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((N, n_channels))


def tone(frequency: float, n: int = N) -> np.ndarray:
    return np.sin(2 * np.pi * frequency / FS * np.arange(n))


def strongest(values: np.ndarray, **choices: object) -> Explanation:
    found = spectra.detect(Recording.from_array(values, FS), **choices)
    return found.explain(int(found.alarms["score"].argmax()) + 1)


@pytest.fixture(scope="module")
def hum() -> np.ndarray:
    """Three channels of noise, the second of which hums for a while at 20 Hz."""
    values = noise(3) * [1.0, 50.0, 1e-3]
    values[PLACE, 1] += 200 * tone(20.0, 600)
    return values


@pytest.fixture(scope="module")
def hummed(hum: np.ndarray) -> Explanation:
    return strongest(hum)


def test_shares_of_bands_and_of_channels_add_up_to_one(hummed: Explanation) -> None:
    assert sum(one.share for one in hummed.bands) == pytest.approx(1)
    assert sum(one.share for one in hummed.channels) == pytest.approx(1)
    shares = [one.share for one in hummed.channels]
    assert shares == sorted(shares, reverse=True)


def test_new_tone_is_named_with_its_band_channel_and_change(
    hummed: Explanation, hum: np.ndarray
) -> None:
    assert hummed.kind == "new tone"
    assert hummed.channels[0].channel == "ch2"
    first = hummed.bands[0]
    assert first.f_low <= 20.0 <= first.f_high
    # The change of the power in the band, as another library measures it.
    frequencies, inside = welch(hum[PLACE, 1], FS, nperseg=256)
    _, before = welch(hum[:5000, 1], FS, nperseg=256)
    bins = (frequencies > first.f_low) & (frequencies < first.f_high)
    expected = 10 * np.log10(inside[bins].sum() / before[bins].sum())
    assert first.change_db == pytest.approx(expected, abs=2.0)


def test_missing_tone_lies_below_normal() -> None:
    values = noise()[:, 0] + 3 * tone(12.0)
    values[PLACE] -= 3 * tone(12.0)[PLACE]
    found = strongest(values)
    assert found.kind == "lost tone"
    assert found.bands[0].f_low <= 12.0 <= found.bands[0].f_high
    assert found.bands[0].change_db is not None
    assert found.bands[0].change_db < -10
    assert "missing" in found.sentence
    assert "below" in found.sentence


@pytest.mark.parametrize("n_rows", [20, 60])
def test_sentence_has_the_level_of_an_event_that_is_shorter_than_a_frame(n_rows: int) -> None:
    values = noise()[:, 0]
    values[PLACE.start : PLACE.start + n_rows] += 6
    said = strongest(values).sentence
    assert float(said.partition("the level lies ")[2].partition(" above")[0]) == pytest.approx(
        6, abs=0.6
    )


@pytest.mark.parametrize("shift", [-6.0, 6.0])
def test_change_of_the_level_is_that_of_the_shift(shift: float) -> None:
    values = 2 * noise()[:, 0] + 1000
    values[PLACE] += 2 * shift
    found = strongest(values)
    assert found.kind == "level"
    (level,) = (one for one in found.bands if one.text == "level")
    assert level.change == pytest.approx(2 * shift, rel=0.1)
    assert level.change_db is None
    assert ("above" if shift > 0 else "below") in found.sentence


def test_ramp_is_a_drift() -> None:
    values = noise()[:, 0]
    values[4600:5600] += np.linspace(0, 9, 1000)
    assert strongest(values).kind == "drift"


@pytest.mark.parametrize("still", [0.0, 1.5])
def test_signal_that_stands_still_is_a_dropout(still: float) -> None:
    values = noise()[:, 0] + 2 * tone(3.0)
    values[PLACE] = still
    found = strongest(values)
    assert found.kind == "dropout"
    assert "silent" in found.sentence


def test_short_noise_is_a_burst() -> None:
    values = noise()[:, 0]
    values[5000:5060] += 8 * np.random.default_rng(1).standard_normal(60)
    assert strongest(values).kind == "burst"


def test_channel_that_no_longer_follows_the_others_has_lost_its_coupling() -> None:
    found = spectra.detect(generators.decoupled(np.random.default_rng(2)))
    assert "coupling lost" in [found.explain(n).kind for n in range(1, len(found.alarms) + 1)]


def test_phases_out_of_order_are_named_with_what_was_expected() -> None:
    recording = generators.order_anomalies(np.random.default_rng(3), n_anomalies=1)
    found = spectra.detect(recording, method="sequence")
    explained = found.explain(int(found.alarms["score"].argmax()) + 1)
    assert explained.kind == "order"
    assert explained.expected is not None
    assert explained.expected.text in explained.sentence
    # Frames of 32 rows have bins of 3 Hz.
    tones = np.array([8.0, 14.0, 20.0, 26.0, 32.0, 38.0])
    came = explained.expected.came
    assert np.abs(tones - came).min() < 3.2
    assert abs(explained.expected.expected - came) > 3.2


def test_number_that_no_alarm_has_is_refused(hum: np.ndarray) -> None:
    found = spectra.detect(Recording.from_array(hum, FS), alpha=1e-5)
    n = len(found.alarms)
    for number, said in ((0, "alarm=0 must"), (-1, "alarm=-1 must"), (n + 1, "in order of time")):
        with pytest.raises(ValueError, match=said):
            found.explain(number)
    nothing = spectra.detect(Recording.from_array(noise(), FS), alpha=1e-12)
    with pytest.raises(ValueError, match="nothing was found"):
        nothing.explain(1)


def test_explanation_is_json(hummed: Explanation) -> None:
    text = json.dumps(hummed.to_dict(), allow_nan=False)
    assert json.loads(text)["kind"] == "new tone"
    assert json.loads(text)["alarm"] == hummed.number


@pytest.mark.parametrize("method", ["spectral", "sequence"])
def test_the_peak_is_that_of_the_table(hum: np.ndarray, method: str) -> None:
    found = spectra.detect(Recording.from_array(hum, FS, name="hum"), method=method)
    table, texts = found.to_frame(), found.table
    for number in range(1, min(len(table), 5) + 1):
        peak, row, text = found.explain(number).peak, table.iloc[number - 1], texts.iloc[number - 1]
        assert (peak.row, peak.time, peak.channel) == (
            row["peak_row"],
            row["peak_time"],
            row["channel"],
        )
        assert (peak.f_low, peak.f_high) == (row["f_low"], row["f_high"])
        assert peak.band == text["strongest at"]


def test_recording_that_is_one_alarm_is_explained() -> None:
    model = spectra.learn(Recording.from_array(noise(), FS))
    loud = Recording.from_array(20 * noise(seed=1), FS)
    found = spectra.score(model, loud)
    for number in range(1, min(3, len(found.alarms)) + 1):
        assert found.explain(number).channels[0].share == pytest.approx(1)


@pytest.mark.parametrize(
    ("gain", "hum", "kind", "change"),
    [(20.0, 0.0, "burst", 26.0), (1.0, 4.0, "new tone", 28.0), (0.001, 0.0, "dropout", -60.0)],
)
@pytest.mark.parametrize("window", ["hann", "boxcar"])
def test_alarm_of_a_whole_recording_is_compared_with_what_the_model_learned(
    gain: float, hum: float, kind: Kind, change: float, window: str
) -> None:
    model = spectra.learn(
        Recording.from_array(50 + 3 * noise(), FS), method=spectra.Spectral(window=window)
    )
    values = 50 + 3 * (gain * noise(seed=1) + hum * tone(20.0)[:, None])
    found = spectra.score(model, Recording.from_array(values, FS))
    explained = found.explain(int(found.to_frame()["duration"].argmax()) + 1)
    assert explained.first_row < 100
    assert explained.last_row > N - 100
    assert explained.kind == kind
    assert explained.bands[0].change_db == pytest.approx(change, abs=4)


@pytest.mark.parametrize("view", ["magnitude", "complex"])
@pytest.mark.parametrize("nperseg", [64, 65])
def test_amplitudes_that_a_model_learned_are_those_of_its_frames(view: View, nperseg: int) -> None:
    values = 50 + noise(2) * [3.0, 0.01]
    method = spectra.Spectral(nperseg=nperseg, view=view)
    fitted = spectra.learn(Recording.from_array(values, FS), method=method).fitted
    assert isinstance(fitted, SpectralModel)
    found = learned_frames(fitted, nperseg)
    assert found is not None
    assert found[0] == nperseg
    for one, channel in zip(found[1], values.T, strict=True):
        frames = channel[one.starts[:, None] + np.arange(nperseg)]
        np.testing.assert_allclose(one.amplitude, amplitudes(frames), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", ["spectral", "sequence"])
def test_gaps_and_short_recordings_are_explained(method: str) -> None:
    values = noise()[:1500, 0]
    values[700:760] += 20
    values[300:420] = np.nan
    values[740:745] = np.nan
    found: Detection = spectra.detect(Recording.from_array(values, FS), method=method)
    for number in range(1, len(found.alarms) + 1):
        explained = found.explain(number)
        json.dumps(explained.to_dict(), allow_nan=False)


def test_similar_stretch_touches_no_alarm_and_lies_over_the_alarm() -> None:
    values = 5 * tone(2.0) + 0.2 * noise()[:, 0]
    values[5000:5100] += 3 * tone(20.0, 100)
    found = spectra.detect(Recording.from_array(values, FS), alpha=1e-5)
    explained = found.explain(int(found.alarms["score"].argmax()) + 1)
    assert explained.similar is not None
    start, nperseg = explained.frame
    first, last = explained.similar.start, explained.similar.start + nperseg - 1
    alarms = found.intervals
    assert not ((alarms.first <= last) & (alarms.last >= first)).any()
    # The slow tone of both has the same phase.
    X, Y = (np.fft.rfft(x) for x in (values[start : start + nperseg], explained.similar.values))
    k = round(2.0 * nperseg / FS)
    assert abs(np.angle(X[k] / Y[k])) < 0.2


@given(st.floats(-20, 20), st.integers(0, 2**16))
def test_stretch_is_laid_over_by_the_best_delay(delay: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.arange(400.0)
    wave = sum(
        a * np.sin(2 * np.pi * f * (rows[:, None] - [0, delay]) + p)
        for a, f, p in zip(
            rng.uniform(0.5, 1, 3), (0.011, 0.023, 0.031), rng.uniform(0, 6, 3), strict=True
        )
    )
    values = np.concatenate([wave[:, 0], wave[:, 1]])
    found = most_similar(values, 550, 128, np.array([150]))
    assert found is not None
    size = np.std(values[550:678])
    assert np.std(found.values - values[550:678]) < 0.25 * size


@pytest.mark.parametrize(("height", "odd"), [(8.0, (600, 630)), (-8.0, (560, 600)), (0.0, None)])
def test_an_event_does_not_move_the_stretch(height: float, odd: tuple[int, int] | None) -> None:
    values = np.sin(2 * np.pi * np.arange(900) / 45.0) + 0.05 * np.random.default_rng(0).normal(
        size=900
    )
    clean = values[550:678].copy()
    if odd is not None:
        values[odd[0] : odd[1] + 1] += height
    found = most_similar(values, 550, 128, np.array([130, 150, 170]), odd)
    assert found is not None
    assert np.std(found.values - clean) < 0.2


@given(
    st.lists(st.integers(0, 60), max_size=6, unique=True),
    st.integers(1, 12),
    st.integers(-5, 80),
)
def test_frames_outside_alarms_are_those_of_the_definition(
    edges: list[int], nperseg: int, start: int
) -> None:
    edges = sorted(edges)[: len(edges) // 2 * 2]
    pairs = list(zip(edges[::2], edges[1::2], strict=True))
    first, last = (np.array(one, dtype=np.int64) for one in (edges[::2], edges[1::2]))
    alarms = Alarms(first, last, first, first)
    (apart,) = outside(np.array([start]), alarms, nperseg)
    assert apart == (not naive_explanation.touches(start, nperseg, nperseg // 4, pairs))


@given(arrays(np.float64, st.integers(1, 12), elements=st.sampled_from([0.0, 1.0, 2.0])))
def test_longest_run_is_that_of_the_definition(values: np.ndarray) -> None:
    assert longest_still(values) == naive_explanation.longest_still(values.tolist())


@given(arrays(np.float64, st.integers(8, 16), elements=st.integers(-9, 9).map(float)))
def test_straight_piece_leaves_as_little_as_any(y: np.ndarray) -> None:
    piece = straight_piece(y, 0, y.size - 1, 0.0)
    left = float(((y - piece.at(np.arange(y.size))) ** 2).sum())
    assert left == pytest.approx(naive_explanation.best_piece(y, SHORTEST_PIECE), abs=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "nperseg", "fs", "text"),
    [
        (0, 0, 64, 100.0, "level"),
        (1, 1, 288, 1 / 300, "period 24 h"),
        (2, 4, 288, 1 / 300, "periods 6 – 12 h"),
        (857, 858, 3072, 12_000.0, "3.35 kHz"),
        (16, 16, 256, 1000.0, "62.5 Hz"),
        (16, 18, 256, 1000.0, "62.5 – 70.3 Hz"),
        (1, 10, 256, 100.0, "0.39 – 3.91 Hz"),
        (8, 8, 64, None, "0.125 cycles/sample"),
    ],
)
def test_bands_are_frequencies_or_periods(
    low: int, high: int, nperseg: int, fs: float | None, text: str
) -> None:
    assert band_text(low, high, nperseg, fs) == text


def test_decibels_are_ten_times_the_logarithm_of_the_power() -> None:
    np.testing.assert_allclose(
        decibels(np.array([1.0, 2.0, 100.0]), 1.0), [0, 3.0103, 20], atol=1e-4
    )
    assert decibels(0.0, 0.0) == 0
    assert decibels(0.0, 1.0) == -120


def extremes() -> dict[str, np.ndarray]:
    """Recordings of few rows, without spread, and of sizes at the ends of floating point."""
    rng = np.random.default_rng(7)
    short = rng.standard_normal((200, 2))
    short[30:34] += 50
    still = np.zeros((1500, 2))
    still[:, 1] = np.sin(np.arange(1500) / 5)
    still[700:720, 0] = 5.0
    huge = rng.standard_normal((1500, 1))
    huge[700:720] *= 1e6
    gone = rng.standard_normal((1500, 3))
    gone[:, 2] = np.nan
    gone[300:600, 1] = np.nan
    gone[900:930, 0] += 30
    return {
        "short": short,
        "still": still,
        "huge": huge * 1e12,
        "tiny": huge * 1e-12,
        "gone": gone,
    }


@pytest.mark.parametrize("name", extremes())
@pytest.mark.parametrize("method", ["spectral", "sequence"])
def test_extreme_recordings_are_explained_without_a_warning(name: str, method: str) -> None:
    found = spectra.detect(Recording.from_array(extremes()[name], FS), method=method)
    for number in range(1, len(found.alarms) + 1):
        explained = found.explain(number)
        json.dumps(explained.to_dict(), allow_nan=False)
        assert sum(one.share for one in explained.channels) == pytest.approx(1)
        if explained.bands:
            assert sum(one.share for one in explained.bands) == pytest.approx(1)


def test_extreme_recordings_have_alarms() -> None:
    counts = [len(spectra.detect(Recording.from_array(x, FS)).alarms) for x in extremes().values()]
    assert sum(count > 0 for count in counts) >= 3


def test_channels_of_states_carry_no_alarm() -> None:
    rng = np.random.default_rng(11)
    switch = (np.arange(20_000) // 1000 % 2).astype(float)
    noise = rng.standard_normal((20_000, 2))
    noise[15_000:15_200, 1] += 5 * rng.standard_normal(200)
    # The switch is thrown within the event, at another time than ever before.
    switch[15_050:15_100] = 1 - switch[15_050:15_100]
    values = np.column_stack([switch, noise])
    found = spectra.detect(Recording.from_array(values, FS, ["switch", "calm", "loud"]), alpha=1e-4)
    explained = found.explain(int(found.alarms["score"].argmax()) + 1)
    assert explained.channels[0].channel == "loud"
    assert "switch" not in [each.channel for each in explained.channels]
    assert sum(each.share for each in explained.channels) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "change_db", "change", "phrase"),
    [
        ("period 24 h", 9.0, None, "at a period of 24 h, 9 dB above normal"),
        ("periods 2 h – 4 h", -9.0, None, "at periods of 2 h – 4 h, 9 dB below normal"),
        ("level", None, -34.56, "in its level, 34.6 °C below normal"),
        ("12.0 – 16.0 Hz", 0.2, None, "in the band 12.0 – 16.0 Hz, as strong as normal"),
        ("50.0 Hz", 120.0, None, "at 50.0 Hz, more than 100 dB above normal"),
        ("50.0 Hz", -120.0, None, "at 50.0 Hz, silent beside normal"),
    ],
)
def test_sentence_names_the_place_of_a_band_and_its_change(
    text: str, change_db: float | None, change: float | None, phrase: str
) -> None:
    band = Band(0.0, 1.0, 1.0, change_db, change, text)
    said = sentence("changed shape", "T (°C)", "0:00:01 to 0:00:02", "°C", (band,), "")
    assert said == f"T (°C), 0:00:01 to 0:00:02: its shape has changed, most {phrase}."


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("burst", "a burst, most at 3.00 Hz, 9 dB above normal."),
        ("dropout", "it falls silent or stands still, most at 2.00 Hz, 6 dB below normal."),
        ("changed shape", "its shape has changed, most in its level, 13 mV below normal."),
    ],
)
def test_sentence_names_a_band_that_changed_in_the_direction_of_the_kind(
    kind: Kind, words: str
) -> None:
    found = (
        Band(0.0, 0.5, 0.4, None, -13.0, "level"),
        Band(1.5, 2.5, 0.3, -6.0, None, "2.00 Hz"),
        Band(2.5, 3.5, 0.3, 9.0, None, "3.00 Hz"),
    )
    if kind == "dropout":
        found = (Band(0.5, 1.5, 0.5, 18.0, None, "1.00 Hz"), *found[1:])
    assert sentence(kind, "x", "0:00:01", "mV", found, "").endswith(words)
    other = sentence("burst", "x", "0:00:01", "mV", found[1:2], "")
    assert other.endswith("most at 2.00 Hz, 6 dB below normal.")


def test_a_change_that_rounds_to_zero_has_no_minus() -> None:
    band = Band(45.0, 45.0, 0.39, -0.04, None, "45.0 Hz")
    assert band_line(band, "") == "45.0 Hz 39 % (+0.0 dB)"


def test_a_change_in_percent_is_in_percentage_points() -> None:
    band = Band(0.0, 1.0, 0.5, None, 20.2, "level")
    assert band_line(band, "%") == "level 50 % (+20.2 percentage points)"
    said = sentence("level", "cpu", "0:00:01", "%", (band,), "", -20.2)
    assert said == "cpu, 0:00:01: the level lies 20.2 percentage points below normal."
