"""Notes on a result: what was left out of the calibration, and how far it reaches."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spectra
from spectra.datasets import Recording
from spectra.errors import DataError


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def said(found: spectra.Detection, words: str) -> bool:
    return any(words in note for note in found.notes)


def test_what_was_taken_for_anomalous_is_said() -> None:
    x = noise(20_000)
    assert not said(spectra.detect(x), "taken for anomalous")
    x[5000:6000] *= 8
    found = spectra.detect(x)
    assert said(found, "taken for anomalous")
    assert said(found, "--normal-rows gives data")
    declared = spectra.detect(x, normal_rows=(8000, 20_000))
    assert said(declared, "taken for anomalous")
    assert not said(declared, "--normal-rows gives data")
    assert not said(spectra.detect(x, normal_rows=(0, 20_000)), "taken for anomalous")


def test_more_channels_than_rows_are_said() -> None:
    words = "more channels (200) than rows (100)"
    assert said(spectra.detect(noise(20_000).reshape(100, 200)), words)
    assert not said(spectra.detect(noise(20_000).reshape(200, 100)), "more channels")


def test_channels_as_rows_are_said_where_rows_are_too_few() -> None:
    with pytest.raises(DataError, match=r"there are 2,000 channels: .* give the transpose"):
        spectra.detect(noise(6000).reshape(3, 2000))


def test_the_rows_of_the_grid_are_said_where_they_are_not_those_of_the_data() -> None:
    table = pd.DataFrame({"x": noise(1000)}, pd.date_range("2024-01-01", periods=1000, freq="1s"))
    assert spectra.detect(table).headline.startswith("1,000 rows · ")
    found = spectra.detect(table.drop(table.index[500:600]))
    assert found.headline.startswith("900 rows on a grid of 1,000 · ")
    assert said(found, "100 samples missing in longer gaps or at the ends, the first at row 500: ")


def test_a_recording_that_differs_as_a_whole_is_said() -> None:
    model = spectra.learn(noise(20_000))
    assert not said(spectra.score(model, noise(8000, 1)), "as a whole")
    assert said(spectra.score(model, 5 * noise(8000, 1)), "as a whole")


def test_p_values_below_what_the_data_supports_are_not_printed() -> None:
    x = noise(2000)
    x[1000:1040] += np.random.default_rng(1).choice([-9.0, 9.0], 40)
    found = spectra.detect(x)
    smallest = found.fusion.smallest_p
    # 500 steps, clusters of a few: between one in 500 and one in 5,000.
    assert 1 / 5000 <= smallest <= 1 / 500
    assert (found.alarms["p_value"] < smallest).any()
    assert f"< {smallest:.1e}" in list(found.table["p-value"])


def test_the_places_that_were_taken_for_anomalous_are_said() -> None:
    x = noise(20_000)
    x[5000:6000] *= 8
    (note,) = [note for note in spectra.detect(x).notes if "taken for anomalous" in note]
    count, first, last = re.search(
        r"\((\d+) places?, the longest rows ([\d,]+) to ([\d,]+)\)", note
    ).groups()
    assert int(count) <= 3
    assert 4700 <= int(first.replace(",", "")) <= 5000
    assert 5990 <= int(last.replace(",", "")) <= 6300


def test_too_little_data_is_said_to_be_rough() -> None:
    found = spectra.detect(noise(60))
    assert said(found, "the p-values are rough")
    assert np.isfinite(found.scores["anomaly_score"]).all()
    assert not said(spectra.detect(noise(8000)), "rough")


def test_a_rate_beyond_the_data_is_answered_with_the_smallest_one() -> None:
    x = noise(8000)
    (note,) = [
        note
        for note in spectra.detect(x, fs=1.0, false_alarms="1/year").notes
        if "is extrapolated" in note
    ]
    rate = re.search(r"down to [\d.e-]+, ([\d.]+) false alarms? an? (\w+):", note)
    for times, expected in ((2, False), (0.5, True)):
        asked = f"{times * float(rate[1]):.3f}/{rate[2]}"
        found = spectra.detect(x, fs=1.0, false_alarms=asked)
        assert said(found, "is extrapolated") is expected


def test_rows_declared_normal_raise_as_many_alarms_as_alpha_says() -> None:
    # A job that runs every "day" of 400 rows is normal where it is declared normal.
    recordings = [noise(24_000, seed) for seed in range(3)]
    for x in recordings:
        for start in range(200, x.size, 400):
            x[start : start + 20] += 6.0
    for alpha in (0.01, 0.001):
        # Four steps of a recording are expected at 0.001, and an event has several.
        flagged = np.array(
            [
                spectra.detect(x, normal_rows=(0, 16_000), alpha=alpha).step_scores.flagged(alpha)
                for x in recordings
            ]
        )
        assert flagged[:, :4000].mean() <= 1.5 * alpha
        assert (flagged[:, 4100:].mean(axis=1) <= 5 * alpha).all()


def test_the_same_normal_rows_and_recording_agree_on_the_rows_after_them() -> None:
    x = noise(30_000)
    x[25_000:25_200] *= 4
    rows = spectra.detect(x, normal_rows=(0, 20_000)).scores["p_value"].to_numpy()[20_000:]
    apart = spectra.detect(x[20_000:], normal=x[:20_000]).scores["p_value"].to_numpy()
    assert (rows[5050:5150] < 1e-4).all()
    assert (apart[5050:5150] < 1e-4).all()
    assert stats.spearmanr(rows, apart).statistic > 0.85
    quiet = np.r_[0:4500, 5700:10_000]
    assert abs((rows[quiet] < 0.01).mean() - (apart[quiet] < 0.01).mean()) < 0.01


@pytest.mark.parametrize(("alpha", "expected"), [(0.01, False), (1e-9, True)])
def test_an_alpha_beyond_the_data_is_said(alpha: float, expected: bool) -> None:
    assert said(spectra.detect(noise(4000), alpha=alpha), "is extrapolated") is expected


def test_normal_data_of_few_long_frames_is_said_to_be_rough() -> None:
    # The longest frame is a quarter of 2,000 rows, and no longer of more.
    for n, expected in ((600, True), (2000, True), (3000, False), (20_000, False)):
        model = spectra.learn(noise(n))
        found = spectra.score(model, noise(4000, 1))
        assert said(found, "without overlap were learned from: the p-values are rough") is expected
        if expected:
            longest = max(found.npersegs)
            assert said(found, f"Only {n / longest:.0f} frames of {longest} rows")
        assert not said(spectra.detect(noise(n)), "rough")


def test_an_event_in_normal_data_is_said_with_its_row() -> None:
    x = noise(6000)
    assert not said(spectra.detect(x, normal_rows=(0, 2000)), "stand out")
    x[500:540] *= 6
    x[5000:5040] *= 4
    found = spectra.detect(x, normal_rows=(0, 2000))
    later = spectra.detect(x, normal_rows=(300, 2000))
    learned = spectra.score(spectra.learn(x[:2000]), x[2000:])
    for each, row in ((found, 520), (later, 220), (learned, 520)):
        (note,) = [note for note in each.notes if "stand out" in note]
        assert abs(int(re.search(r"its row ([\d,]+)", note)[1].replace(",", "")) - row) <= 40
    assert not said(spectra.detect(x), "stand out")


def test_a_rate_of_more_false_alarms_than_any_threshold_has_is_said() -> None:
    words = "No threshold has as many false alarms as asked for: at alpha = 0.5, the largest, there"
    data = Recording.from_array(noise(4000), 1.0)
    found = spectra.detect(data, false_alarms="1000/hour")
    assert found.alpha == 0.5
    (note,) = [note for note in found.notes if words in note]
    rate = re.search(r"there are ([\d.]+) false alarms a minute\.", note)
    assert rate is not None
    # There is a score every 4 s, and an alarm has several.
    assert 1 <= float(rate[1]) < 15
    assert not said(spectra.detect(data, false_alarms="10/hour"), words)
    assert not said(spectra.detect(data, alpha=0.5), words)
