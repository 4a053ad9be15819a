"""The scores of a signal: p-values, flags and rows of its steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused


def fused(statistic: np.ndarray) -> Fused:
    none = np.zeros(statistic.size, dtype=np.int16)
    return Fused(statistic.astype(np.float32), none + 2, none, statistic[None].astype(np.float16))


STATISTIC = np.abs(np.random.default_rng(0).standard_t(5, size=3000))
FUSION = Fusion.fit(STATISTIC, STATISTIC[None], (16,), 8, clean=False, smallest_scale=0.0)


def scores(statistic: np.ndarray, step: int = 4, n_samples: int | None = None) -> Scores:
    steps = fused(statistic)
    return Scores(step, n_samples or step * statistic.size, steps, FUSION, steps.part)


@given(st.floats(-6, np.log10(0.5)).map(lambda exponent: 10.0**exponent))
def test_steps_are_flagged_where_the_statistic_exceeds_the_threshold(alpha: float) -> None:
    found = scores(STATISTIC)
    threshold = FUSION.threshold(alpha)
    np.testing.assert_array_equal(found.flagged(alpha), found.statistic > threshold)
    differ = found.flagged(alpha) != (found.p_value < alpha)
    # At the threshold itself rounding decides.
    np.testing.assert_allclose(found.statistic[differ], threshold, rtol=1e-5)


def test_p_value_is_the_upper_tail_of_the_score() -> None:
    found = scores(STATISTIC)
    np.testing.assert_allclose(found.p_value, stats.norm.sf(found.z), rtol=1e-9)
    np.testing.assert_allclose(found.p_value, FUSION.p_value(found.statistic), rtol=1e-9)
    assert (found.channel == 2).all()


def test_steps_without_a_score_are_not_flagged_and_have_no_p_value() -> None:
    found = scores(np.array([np.nan, 1.0, 100.0, np.nan]))
    assert found.flagged(0.001).tolist() == [False, False, True, False]
    assert np.isnan(found.p_value).tolist() == [True, False, False, True]


@pytest.mark.parametrize(("step", "n_samples"), [(1, 3), (4, 12), (4, 9), (5, 11)])
def test_every_row_has_the_score_of_its_step(step: int, n_samples: int) -> None:
    found = scores(np.array([1.0, np.nan, 3.0]), step, n_samples)
    assert found.sample_z.shape == (n_samples,)
    np.testing.assert_array_equal(found.sample_z, found.z[np.arange(n_samples) // step])
