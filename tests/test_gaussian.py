"""Distances as p-values: the calibrator against known distributions, and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from spectra.calibration import gaussian
from spectra.calibration.gaussian import (
    LOWEST,
    GaussianThreshold,
    p_from_z,
    pareto_tail,
    z_from_p,
)


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
        "counts": rng.poisson(2.0, size).astype(float),
        "all the same": np.full(size, 3.0),
        "few": rng.chisquare(3, 12),
        "one": np.array([2.0]),
        "tiny": 1e-200 * rng.chisquare(5, size),
        "huge": 1e200 * rng.chisquare(5, size),
    }


FITS = {name: GaussianThreshold.fit(values) for name, values in samples().items()}
ALPHA = st.floats(-6, np.log10(0.5)).map(lambda exponent: 10.0**exponent)
KNOWN = {
    "chi2": stats.chi2(20),
    "lognormal": stats.lognorm(1.0),
    "t": stats.t(3),
    "beta": stats.beta(2, 3),
    "Gaussian": stats.norm(),
}


@pytest.mark.parametrize("name", KNOWN)
def test_thresholds_of_known_distributions_are_near_their_quantiles(name):
    law = KNOWN[name]
    calibrator = GaussianThreshold.fit(law.rvs(50_000, random_state=13))
    # The standard error of a quantile of 50,000 values at 0.001 is 14 % in probability.
    for alpha, tolerance in ((0.3, 0.05), (0.1, 0.05), (0.01, 0.15), (0.001, 0.5)):
        assert law.sf(calibrator.threshold(alpha)) == pytest.approx(alpha, rel=tolerance)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.3])
def test_the_tail_is_that_of_scipy(shape):
    values = stats.genpareto(shape, scale=2.0).rvs(20_000, random_state=14)
    scale, found = pareto_tail(values, 0.0)
    best, _, best_scale = stats.genpareto.fit(values, floc=0.0)
    assert found == pytest.approx(best, abs=0.03)
    assert scale == pytest.approx(best_scale, rel=0.03)


def test_what_recurs_among_normal_values_is_normal():
    # A job that runs every morning raises the score of one row in a hundred.
    values = np.random.default_rng(15).chisquare(20, 20_000)
    values[::100] = 200.0 + np.random.default_rng(16).normal(size=200)
    calibrator = GaussianThreshold.fit(values)
    assert np.mean(values > calibrator.threshold(1e-3)) == pytest.approx(1e-3, rel=0.3)
    assert np.mean(values > calibrator.threshold(0.02)) == pytest.approx(0.02, rel=0.1)


@given(st.sampled_from(sorted(FITS)), ALPHA)
def test_threshold_is_the_inverse_of_the_p_value(name, alpha):
    calibrator = FITS[name]
    assert calibrator.p_value(calibrator.threshold(alpha)) == pytest.approx(alpha, rel=1e-5)


@given(st.sampled_from(sorted(FITS)), st.floats(-6.0, 30.0))
def test_inverse_is_the_inverse_of_the_standard_score(name, z):
    calibrator = FITS[name]
    assert calibrator.z(calibrator.inverse(z)) == pytest.approx(z, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", FITS)
def test_larger_distances_have_larger_scores_and_smaller_p_values(name):
    calibrator = FITS[name]
    low, high = calibrator.inverse(2 * LOWEST), calibrator.threshold(1e-12)
    distances = np.linspace(low, high, 2000)
    z = calibrator.z(distances)
    assert (np.diff(z) > 0).all()
    np.testing.assert_allclose(p_from_z(z), calibrator.p_value(distances), rtol=1e-6)


def test_threshold_is_the_inverse_far_into_the_tail():
    for name in ("lognormal", "uniform", "Gaussian"):
        calibrator = FITS[name]
        for alpha in (0.999, 0.5, 1e-3, 1e-12, 1e-300):
            assert calibrator.p_value(calibrator.threshold(alpha)) == pytest.approx(alpha, rel=1e-8)
        assert np.isfinite(calibrator.log_p_value(1e300))


def test_values_beyond_the_end_of_a_tail_keep_their_order():
    calibrator = FITS["uniform"]
    assert calibrator.shape < 0
    assert (np.diff(calibrator.z([1.0, 2.0, 5.0, 100.0, 1e6])) > 0).all()


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0, 2.0, np.nan])
def test_an_alpha_that_is_no_probability_is_refused(alpha):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        FITS["lognormal"].threshold(alpha)


def test_distances_nearly_all_the_same_are_calibrated_on():
    calibrator = GaussianThreshold.fit([*np.ones(640), *np.geomspace(1e5, 1e8, 63)], 0.04)
    usual, farther, farthest = calibrator.z([1.0, 1e5, 1e8])
    assert usual < farther < farthest


def test_the_tail_is_no_narrower_than_asked_for():
    values = np.full(1000, 2.0)
    calibrator = GaussianThreshold.fit(values, smallest_scale=0.5)
    assert calibrator.scale == 0.5
    assert calibrator.threshold(1e-3) == pytest.approx(2.0 + 0.5 * np.log(0.1 / 1e-3), rel=1e-6)


@given(st.floats(-300, 300).map(lambda exponent: 10.0**exponent))
def test_scores_do_not_depend_on_the_unit(factor):
    values = np.random.default_rng(10).chisquare(6, 300)
    one, other = GaussianThreshold.fit(values), GaussianThreshold.fit(values * factor)
    np.testing.assert_allclose(other.z(values * factor), one.z(values), rtol=1e-6, atol=1e-6)


def test_gaps_are_left_out_and_have_no_score():
    values = np.random.default_rng(12).chisquare(6, 300)
    holed = np.insert(values, [0, 100, 300], np.nan)
    found, whole = GaussianThreshold.fit(holed), GaussianThreshold.fit(values)
    np.testing.assert_array_equal(found.levels, whole.levels)
    assert (found.scale, found.shape, found.n) == (whole.scale, whole.shape, 300)
    assert np.isnan(found.z(holed)[0])


def test_nothing_to_calibrate_on_is_refused():
    with pytest.raises(ValueError, match="No finite value among the distances"):
        GaussianThreshold.fit([np.nan, np.inf])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"levels": np.array([1.0, 1.0])}, "ascending"),
        ({"levels": np.array([0.0, np.inf])}, "finite"),
        ({"tail_p": 0.0}, "tail_p"),
        ({"scale": 0.0}, "scale"),
        ({"shape": 1.0}, "shape"),
        ({"n": 0}, "n=0"),
    ],
)
def test_a_calibrator_whose_parts_make_no_sense_is_refused(changed, message):
    from dataclasses import replace

    with pytest.raises(ValueError, match=message):
        replace(FITS["lognormal"], **changed)


@given(st.floats(-5, 35))
def test_p_values_and_scores_are_inverse(z):
    assert p_from_z(z) == pytest.approx(stats.norm.sf(z), rel=1e-10)
    assert z_from_p(p_from_z(z)) == pytest.approx(z, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["uniform", "expon", "t"])
def test_the_goodness_of_fit_is_that_of_kolmogorov_and_smirnov(name: str, seed: int) -> None:
    arguments = (3.0,) if name == "t" else ()
    values = getattr(stats, name)(*arguments).rvs(4000, random_state=seed)
    found = GaussianThreshold.fit(values, 0.5)
    excess = values[values > found.levels[-1]] - found.levels[-1]
    fitted = stats.genpareto(found.shape, scale=found.scale)
    expected = stats.ks_1samp(excess, fitted.cdf).statistic
    assert found.ks_statistic == pytest.approx(expected, abs=1e-9)
    independent = 2000.0 * found.tail_p
    p_value = stats.kstwobign.sf(np.sqrt(independent) * expected)
    assert found.ks_p_value == pytest.approx(p_value, rel=1e-6)


def test_the_prior_of_the_shape_is_a_gaussian() -> None:
    # The penalised likelihood of all shapes and scales, on a grid.
    values = stats.genpareto(0.4, scale=2.0).rvs(60, random_state=3)
    scale, shape = pareto_tail(values, 0.0)

    def penalised(shape: float, scale: float) -> float:
        density = stats.genpareto(shape, scale=scale).logpdf(values).sum()
        return float(density - 0.5 * (shape / gaussian.PRIOR) ** 2)

    others = [
        penalised(other, width)
        for other in gaussian.SHAPES
        for width in scale * np.linspace(0.3, 2.0, 80)
    ]
    assert penalised(shape, scale) >= max(others) - 1e-6
    assert penalised(shape, scale) > penalised(shape + 0.1, scale)


@pytest.mark.parametrize(("n", "tail_p"), [(1, 0.5), (2, 0.5), (3, 1 / 3), (5, 0.4)])
def test_few_values_have_a_tail_of_half_of_them(n: int, tail_p: float) -> None:
    found = GaussianThreshold.fit(np.arange(n) ** 2.0)
    assert found.tail_p == pytest.approx(tail_p)
    independent = max(n * tail_p, 1.0)
    p_value = stats.kstwobign.sf(np.sqrt(independent) * found.ks_statistic)
    assert found.ks_p_value == pytest.approx(p_value)


@pytest.mark.parametrize("share", [0.03, 0.1])
@pytest.mark.parametrize("rounding", [0.0, 1e-6])
def test_the_largest_value_is_as_probable_as_it_is_frequent(rounding: float, share: float) -> None:
    # The edges of a signal that is 0 or 1 have the same score, the largest.
    rng = np.random.default_rng(3)
    values = rng.uniform(1.0, 2.0, 500)
    edges = rng.choice(500, round(500 * share), replace=False)
    values[edges] = 6.0 + rounding * rng.normal(size=edges.size)
    calibrator = GaussianThreshold.fit(values, 0.5)
    assert (calibrator.p_value(values[edges]) > 0.99 * share / 3).all()
    assert calibrator.threshold(1e-3) > values.max()


@given(
    values=hnp.arrays(np.float64, st.integers(20, 200), elements=st.floats(0, 5, width=16)),
    independent=st.sampled_from([0.1, 0.5, 1.0]),
)
def test_no_value_is_far_more_frequent_than_its_p_value(
    values: np.ndarray, independent: float
) -> None:
    calibrator = GaussianThreshold.fit(values, independent)
    for value in np.unique(values[values > calibrator.levels[-1]]):
        as_large = int((values >= value).sum())
        if as_large * independent >= 5 and as_large <= calibrator.tail_p * values.size:
            assert calibrator.p_value(value) > 0.99 * as_large / values.size / 3


def test_of_hardly_any_independent_values_none_widens_the_tail() -> None:
    values = np.repeat([1.0, 2.0, 6.0], [300, 300, 60])
    assert GaussianThreshold.fit(values, 1e-300).scale < GaussianThreshold.fit(values).scale


@pytest.mark.parametrize("kind", ["normal", "exponential", "logistic"])
def test_tails_of_values_that_differ_are_those_of_the_largest_likelihood(kind: str) -> None:
    for seed in range(20):
        values = getattr(np.random.default_rng(seed), kind)(size=1000)
        calibrator = GaussianThreshold.fit(values)
        excess = values[values > calibrator.levels[-1]] - calibrator.levels[-1]
        assert (calibrator.scale, calibrator.shape) == pytest.approx(pareto_tail(excess, 1e-12))
