"""Distances as p-values: the calibrator against known distributions, and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spectra.calibration.bulk_fit import truncated_normal
from spectra.calibration.gaussian import GaussianThreshold, p_from_z, z_from_p


def samples(size: int = 1500) -> dict[str, np.ndarray]:
    """Values of many distributions."""
    rng = np.random.default_rng(11)
    return {
        "chi2(1)": rng.chisquare(1, size),
        "chi2(20)": rng.chisquare(20, size),
        "lognormal": rng.lognormal(size=size),
        "wide lognormal": rng.lognormal(sigma=3, size=size),
        "t(3)": rng.standard_t(3, size),
        "Gaussian": rng.normal(5.0, 0.1, size),
        "uniform": rng.uniform(size=size),
        "long tail below": -rng.gumbel(size=size),
        "two kinds": np.where(rng.random(size) < 0.3, 5 * rng.chisquare(8, size), rng.chisquare(4)),
        "a tenth anomalous": rng.chisquare(20, size) * np.where(rng.random(size) < 0.1, 1e6, 1.0),
        "few": rng.chisquare(3, 12),
        "tiny": 1e-200 * rng.chisquare(5, size),
        "huge": 1e200 * rng.chisquare(5, size),
    }


FITS = {
    f"{name}, {clean}": GaussianThreshold.fit(values, clean=clean == "clean")
    for name, values in samples().items()
    for clean in ("clean", "any")
}
ALPHA = st.floats(-6, np.log10(0.5)).map(lambda exponent: 10.0**exponent)


@pytest.mark.parametrize("dof", [3, 20, 200])
@pytest.mark.parametrize("clean", [False, True])
def test_threshold_of_chi_square_is_near_its_quantile(dof, clean):
    values = np.random.default_rng(dof).chisquare(dof, 50_000)
    calibrator = GaussianThreshold.fit(values, clean=clean)
    # Wilson–Hilferty itself is off by some percent at 3 degrees of freedom.
    assert calibrator.threshold(1e-3) == pytest.approx(stats.chi2.isf(1e-3, dof), rel=0.06)


def test_threshold_of_values_with_a_long_tail_below_is_near_their_quantile():
    values = stats.gumbel_l(loc=3.0)
    calibrator = GaussianThreshold.fit(values.rvs(20_000, random_state=13))
    assert calibrator.threshold(1e-3) - values.median() == pytest.approx(
        values.isf(1e-3) - values.median(), rel=0.1
    )


@given(st.sampled_from(sorted(FITS)), ALPHA)
def test_threshold_is_the_inverse_of_the_p_value(name, alpha):
    calibrator = FITS[name]
    # No value lies below the floor of a Box–Cox transform, whose p-value is the largest.
    largest = float(calibrator.p_value(calibrator.inverse(-30.0)))
    expected = pytest.approx(min(alpha, largest), rel=1e-6)
    assert calibrator.p_value(calibrator.threshold(alpha)) == expected


@given(st.sampled_from(sorted(FITS)), st.floats(-2.0, 30.0))
def test_inverse_is_the_inverse_of_the_standard_score(name, z):
    calibrator = FITS[name]
    # No value lies below the floor of a Box–Cox transform.
    lowest = float(calibrator.z(calibrator.inverse(-30.0)))
    expected = pytest.approx(max(z, lowest), rel=1e-6, abs=1e-6)
    assert calibrator.z(calibrator.inverse(z)) == expected


@pytest.mark.parametrize("name", FITS)
def test_larger_distances_have_larger_scores_and_smaller_p_values(name):
    calibrator = FITS[name]
    low, high = calibrator.threshold(0.5), calibrator.threshold(1e-12)
    distances = np.linspace(low, high, 2000)
    z = calibrator.z(distances)
    assert (np.diff(z) > 0).all()
    np.testing.assert_allclose(p_from_z(z), calibrator.p_value(distances), rtol=1e-6)


def test_threshold_is_the_inverse_far_into_the_tail():
    calibrator = GaussianThreshold.fit(np.random.default_rng(7).lognormal(size=2000))
    for alpha in (0.999, 0.5, 1e-3, 1e-12, 1e-300):
        assert calibrator.p_value(calibrator.threshold(alpha)) == pytest.approx(alpha, rel=1e-8)
    assert np.isfinite(calibrator.log_p_value(1e300))


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0, 2.0, np.nan])
def test_an_alpha_that_is_no_probability_is_refused(alpha):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        FITS["lognormal, any"].threshold(alpha)


def test_distances_nearly_all_the_same_are_calibrated_on():
    calibrator = GaussianThreshold.fit([*np.ones(640), *np.geomspace(1e5, 1e8, 63)], 0.04)
    assert np.isfinite([calibrator.mu, calibrator.sigma]).all()
    usual, farther, farthest = calibrator.z([1.0, 1e5, 1e8])
    assert usual < farther < farthest


@pytest.mark.parametrize("factor", [3.0, 10.0, 1e6])
def test_a_tenth_of_anomalies_hardly_moves_the_threshold(factor):
    clean = np.random.default_rng(8).chisquare(20, 10_000)
    dirty = clean.copy()
    dirty[::10] *= factor
    before = GaussianThreshold.fit(clean).threshold(1e-3)
    moved = abs(GaussianThreshold.fit(dirty).threshold(1e-3) - before)
    assert moved < 0.15 * (before - np.median(clean))


def test_values_known_to_be_normal_are_followed_to_the_end_of_their_tail():
    # One value in fifty lies far out: contamination, unless all values are known to be normal.
    values = np.random.default_rng(9).chisquare(20, 20_000)
    values[::50] += 60.0
    known, unknown = (GaussianThreshold.fit(values, clean=clean) for clean in (True, False))
    assert (
        np.mean(values > known.threshold(1e-3)) < 0.01 < np.mean(values > unknown.threshold(1e-3))
    )


@given(st.floats(-300, 300).map(lambda exponent: 10.0**exponent))
def test_scores_do_not_depend_on_the_unit(factor):
    values = np.random.default_rng(10).chisquare(6, 300)
    one, other = GaussianThreshold.fit(values), GaussianThreshold.fit(values * factor)
    np.testing.assert_allclose(other.z(values * factor), one.z(values), rtol=1e-6, atol=1e-6)


def test_gaps_are_left_out_and_have_no_score():
    values = np.random.default_rng(12).chisquare(6, 300)
    holed = np.insert(values, [0, 100, 300], np.nan)
    found = GaussianThreshold.fit(holed)
    assert found == GaussianThreshold.fit(values)
    assert np.isnan(found.z(holed)[0])
    assert found.n == 300


def test_nothing_to_calibrate_on_is_refused():
    with pytest.raises(ValueError, match="No finite value among the distances"):
        GaussianThreshold.fit([np.nan, np.inf])


def test_a_truncated_sample_gives_back_the_gaussian_it_is_of():
    rng = np.random.default_rng(13)
    values = rng.normal(2.0, 3.0, 400_000)
    inside = values[(values > 0) & (values < 4)]
    mu, sigma = truncated_normal(inside, 0.0, 4.0)
    assert mu == pytest.approx(2.0, abs=0.1)
    assert sigma == pytest.approx(3.0, rel=0.1)


@given(st.floats(-5, 35))
def test_p_values_and_scores_are_inverse(z):
    assert p_from_z(z) == pytest.approx(stats.norm.sf(z), rel=1e-10)
    assert z_from_p(p_from_z(z)) == pytest.approx(z, abs=1e-6)
