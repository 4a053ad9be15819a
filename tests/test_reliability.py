"""Rates got beside rates asked for, on normal data left out of the learning."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from spectra import Reliability, check_calibration, plot_reliability
from spectra.errors import DataError
from spectra.reliability import _interval


def test_rates_of_white_noise_are_those_asked_for() -> None:
    found = check_calibration(np.random.default_rng(0).normal(size=30_000))
    rates = found.rates.set_index("asked")
    assert (rates["low"] <= rates["got"]).all()
    assert (rates["got"] <= rates["high"]).all()
    assert rates.loc[0.1, "got"] == pytest.approx(0.1, rel=0.2)
    assert rates.loc[0.01, "got"] == pytest.approx(0.01, rel=0.5)
    assert found.n_scores == 7500
    assert 1 / found.n_scores < found.smallest_alpha < 0.01


def test_data_that_changes_has_more_false_alarms_than_asked_for() -> None:
    rng = np.random.default_rng(1)
    loud = np.repeat([1.0, 1.0, 1.0, 1.0, 4.0], 4000)
    found = check_calibration(loud * rng.normal(size=20_000))
    assert (found.rates["low"] > found.rates["asked"]).all()


@pytest.mark.parametrize(("hits", "n"), [(0, 50), (3, 50), (50, 50)])
def test_the_interval_is_that_of_scipy(hits: int, n: int) -> None:
    low, high = _interval(np.array([hits / n]), float(n))
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_rates_are_drawn_with_their_intervals() -> None:
    rates = pd.DataFrame(
        {
            "asked": [0.1, 0.01, 0.001],
            "got": [0.09, 0.02, 0.0],
            "low": [0.07, 0.01, 0.0],
            "high": [0.11, 0.03, 0.004],
        }
    )
    figure = plot_reliability(Reliability("pump $1$", rates, 4000, 1000.0, 0.001))
    figure.draw_without_rendering()
    (ax,) = figure.axes
    (points,) = [line for line in ax.lines if line.get_label() == "got"]
    np.testing.assert_array_equal(points.get_xydata(), [[0.1, 0.09], [0.01, 0.02]])
    (intervals,) = ax.collections
    segments = np.array([segment[:, 1] for segment in intervals.get_segments()])
    np.testing.assert_array_equal(segments[:, 1], rates["high"])
    np.testing.assert_array_equal(segments[:2, 0], rates["low"][:2])
    assert segments[2, 0] == ax.get_ylim()[0]
    assert not figure.findobj(lambda part: "pump" in getattr(part, "get_text", str)())[
        0
    ].get_parse_math()


def test_too_little_data_is_refused() -> None:
    with pytest.raises(DataError, match="leave a fifth of it out"):
        check_calibration(np.arange(8.0))
