"""The detector keeps scikit-learn's contract and agrees with `spectra.detect`."""

import json
import os
import pickle
import subprocess
import sys
from math import log

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import spectra
from spectra import SpectralDetector
from spectra.errors import DataError
from spectra.estimators import MIN_ROWS

ODD = slice(1000, 1100)
METHODS = ("score_samples", "decision_function", "predict", "anomaly_score", "p_value")

CHECKS = """
import json, warnings
warnings.simplefilter("error")
from sklearn.utils.estimator_checks import check_estimator
from spectra import SpectralDetector
results = check_estimator(SpectralDetector(), on_fail=None, on_skip=None)
print(json.dumps([[one["check_name"], one["status"], repr(one["exception"])] for one in results]))
"""


def noise(seed: int = 0, n: int = 2000) -> np.ndarray:
    """Two channels with nothing odd in them."""
    return np.random.default_rng(seed).normal(size=(n, 2))


def odd(seed: int = 0) -> np.ndarray:
    """Two channels, the second of which hums for a hundred rows."""
    X = noise(seed)
    X[ODD, 1] += 5 * np.sin(2 * np.pi * 0.2 * np.arange(100))
    return X


def test_every_check_of_scikit_learn_passes_and_none_is_skipped() -> None:
    # One check runs only where scipy knows of other kinds of arrays, which it is told before it is
    # imported.
    environment = os.environ | {"SCIPY_ARRAY_API": "1"}
    result = subprocess.run(
        [sys.executable, "-c", CHECKS],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=300,
    )
    results = json.loads(result.stdout)
    assert len(results) > 40
    assert [one for one in results if one[1] != "passed"] == []


def test_scores_of_the_fitted_data_are_those_of_detect() -> None:
    X = odd()
    expected = spectra.detect(X)
    detector = SpectralDetector().fit(X)
    np.testing.assert_array_equal(detector.anomaly_score(X), expected.scores["anomaly_score"])
    np.testing.assert_array_equal(detector.p_value(X), expected.scores["p_value"])
    pd.testing.assert_frame_equal(detector.alarms(X), expected.alarms)


def test_scores_of_other_data_are_those_of_the_fitted_model() -> None:
    model = spectra.detect(noise(1), method=spectra.Spectral(nperseg=32, k=5)).model
    expected = spectra.score(model, odd(), alpha=0.01)
    detector = SpectralDetector(nperseg=32, k=5, alpha=0.01).fit(noise(1))
    np.testing.assert_array_equal(detector.anomaly_score(odd()), expected.scores["anomaly_score"])
    pd.testing.assert_frame_equal(detector.alarms(odd()), expected.alarms)


@pytest.mark.parametrize("fitted", [odd(), noise(1)], ids=["itself", "another"])
def test_what_is_odd_is_found_and_named(fitted: np.ndarray) -> None:
    X = odd()
    detector = SpectralDetector().fit(fitted)
    assert ODD.start <= detector.anomaly_score(X).argmax() < ODD.stop
    assert (detector.predict(X)[ODD.start + 10 : ODD.stop - 10] == -1).all()
    strongest = detector.alarms(X).sort_values("score").iloc[-1]
    assert strongest["channel"] == "ch2"
    assert strongest["f_low"] <= 0.2 <= strongest["f_high"]
    assert ODD.start - max(detector.learned_.npersegs) <= strongest["start"] <= strongest["peak"]
    assert strongest["peak"] < ODD.stop


def test_signs() -> None:
    X = odd()
    detector = SpectralDetector().fit(X)
    z, p_value = detector.anomaly_score(X), detector.p_value(X)
    np.testing.assert_array_equal(detector.score_samples(X), -z)
    np.testing.assert_array_equal(detector.decision_function(X), -z - detector.offset_)
    np.testing.assert_allclose(p_value, stats.norm.sf(z), rtol=1e-10)
    assert detector.offset_ == pytest.approx(stats.norm.ppf(detector.alpha))
    predicted = detector.predict(X)
    assert set(predicted) == {-1, 1}
    np.testing.assert_array_equal(predicted == -1, p_value < detector.alpha)


@pytest.mark.parametrize("n", [200, 2000])
def test_fit_predict_is_predict_of_the_fitted_data(n: int) -> None:
    X = odd()[-n:]
    np.testing.assert_array_equal(
        SpectralDetector().fit_predict(X), SpectralDetector().fit(X).predict(X)
    )


def test_fitted_data_is_not_compared_with_itself() -> None:
    X = odd()
    detector = SpectralDetector().fit(X)
    changed = X.copy()
    changed[0, 0] += 1e-9
    # Told apart by a change too small to matter, each frame finds itself among the normal ones.
    assert detector.anomaly_score(changed)[ODD].mean() < detector.anomaly_score(X)[ODD].mean()
    # The same numbers held otherwise are the same data.
    for same in (X.copy(), np.asfortranarray(X), X.tolist(), pd.DataFrame(X)):
        np.testing.assert_array_equal(detector.anomaly_score(same), detector.anomaly_score(X))


def test_few_rows_have_one_anomaly_at_least_and_many_may_have_none() -> None:
    X = noise(3, 300)
    assert (SpectralDetector(alpha=1e-12).fit_predict(X) == -1).any()
    detector = SpectralDetector(alpha=1e-12).fit(X)
    np.testing.assert_array_equal(
        detector.predict(X) == -1, detector.anomaly_score(X) == detector.anomaly_score(X).max()
    )
    assert (SpectralDetector(alpha=1e-12).fit_predict(noise(3)) == 1).all()


def test_too_few_rows_have_no_score_and_no_anomaly() -> None:
    X = noise(0, MIN_ROWS - 1)
    detector = SpectralDetector().fit(X)
    for data in (X, X[:1]):
        assert np.isnan(detector.anomaly_score(data)).all()
        assert (detector.predict(data) == 1).all()
    with pytest.raises(DataError, match="fewer than 80 rows"):
        detector.alarms(X)
    assert np.isfinite(SpectralDetector(nperseg=4).fit(X).anomaly_score(X)).all()
    assert np.isfinite(
        SpectralDetector().fit(noise(0, MIN_ROWS)).anomaly_score(noise(1, MIN_ROWS))
    ).all()


def test_fewer_rows_than_a_frame_are_an_error() -> None:
    detector = SpectralDetector(nperseg=64).fit(noise())
    for n in (1, 63):
        with pytest.raises(ValueError, match=r"rows?\b"):
            detector.predict(noise(1, n))


def test_gaps_have_no_score_and_are_no_anomaly() -> None:
    X = odd()
    X[400:500] = np.nan
    detector = SpectralDetector().fit(X)
    assert np.isnan(detector.score_samples(X)[400:500]).all()
    assert np.isnan(detector.p_value(X)[400:500]).all()
    assert (detector.predict(X)[400:500] == 1).all()
    assert np.isfinite(detector.score_samples(X)[:390]).all()
    np.testing.assert_array_equal(detector.fit_predict(X), detector.predict(X))


def test_infinity_is_an_error() -> None:
    X = noise()
    X[5, 1] = np.inf
    for data in (X, pd.DataFrame(X)):
        with pytest.raises(ValueError, match="inf"):
            SpectralDetector().fit(data)
        with pytest.raises(ValueError, match="inf"):
            SpectralDetector().fit(noise()).predict(data)


INDEXES = {
    "dates": pd.date_range("2024-03-01", periods=2000, freq="250ms", tz="Europe/Paris"),
    "durations": pd.to_timedelta(np.arange(2000) * 0.25, unit="s"),
    "seconds": pd.Index(np.arange(2000) * 0.25),
    "numbers": pd.RangeIndex(500, 2500),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
def test_a_data_frame_gives_series_on_its_index(index: pd.Index) -> None:
    frame = pd.DataFrame(odd(), index=index, columns=["left", "right"])
    detector = SpectralDetector(nperseg=32).fit(frame)
    assert detector.feature_names_in_.tolist() == ["left", "right"]
    bare = SpectralDetector(nperseg=32).fit(odd())
    for method in METHODS:
        found = getattr(detector, method)(frame)
        assert isinstance(found, pd.Series)
        # Not the name of another column, such as that of the scores on labels.
        assert found.name is None
        pd.testing.assert_index_equal(found.index, index)
        np.testing.assert_array_equal(found, getattr(bare, method)(odd()))
        assert isinstance(getattr(bare, method)(odd()), np.ndarray)
    strongest = detector.alarms(frame).sort_values("score").iloc[-1]
    assert strongest["peak"] in index[ODD]
    assert strongest["channel"] == "right"


def test_time_of_a_data_frame_gives_hertz_and_gaps() -> None:
    index = pd.date_range("2024-03-01", periods=2000, freq="250ms")
    frame = pd.DataFrame(odd(), index=index, columns=["left", "right"])
    frame = frame.drop(frame.index[1500:1700])
    detector = SpectralDetector(nperseg=32).fit(frame)
    assert detector.learned_.fs == pytest.approx(4.0)
    strongest = detector.alarms(frame).sort_values("score").iloc[-1]
    assert strongest["f_low"] <= 0.8 <= strongest["f_high"]
    scores = detector.anomaly_score(frame)
    pd.testing.assert_index_equal(scores.index, frame.index)
    # Beside the gap a row has no frame near it that does not reach into the gap.
    assert scores.drop(index[1484:1716], errors="ignore").notna().all()


def test_time_and_label_columns_are_no_channels() -> None:
    frame = pd.DataFrame(odd(), columns=["left", "right"])
    frame.insert(0, "timestamp", pd.date_range("2024-03-01", periods=2000, freq="1s").astype(str))
    frame["label"] = 0
    frame.loc[ODD, "label"] = 1
    detector = SpectralDetector(nperseg=32).fit(frame)
    assert detector.n_features_in_ == 4
    assert detector.learned_.channels == ("left", "right")
    assert detector.learned_.fs == 1.0
    np.testing.assert_array_equal(
        detector.anomaly_score(frame), SpectralDetector(nperseg=32).fit(odd()).anomaly_score(odd())
    )


def test_unsorted_rows_get_the_scores_of_their_instants() -> None:
    index = pd.date_range("2024-03-01", periods=2000, freq="1s")
    frame = pd.DataFrame(odd(), index=index, columns=["left", "right"])
    scores = SpectralDetector(nperseg=32).fit(frame).anomaly_score(frame)
    backwards = frame[::-1]
    found = SpectralDetector(nperseg=32).fit(backwards).anomaly_score(backwards)
    pd.testing.assert_series_equal(found[::-1], scores, check_freq=False)


def test_other_columns_are_an_error() -> None:
    frame = pd.DataFrame(odd(), columns=["left", "right"])
    detector = SpectralDetector().fit(frame)
    for method in (*METHODS, "alarms"):
        with pytest.raises(ValueError, match="feature names"):
            getattr(detector, method)(frame.rename(columns={"left": "up"}))
        with pytest.raises(ValueError, match="feature names"):
            getattr(detector, method)(frame[["right", "left"]])
        with pytest.raises(ValueError, match="1 feature"):
            getattr(SpectralDetector().fit(odd()), method)(odd()[:, :1])


def test_columns_without_names_are_known_by_their_place() -> None:
    X = odd()
    named, bare = pd.DataFrame(X, columns=["left", "right"]), SpectralDetector().fit(X)
    with pytest.warns(UserWarning, match="has feature names"):
        np.testing.assert_array_equal(bare.anomaly_score(named), bare.anomaly_score(X))
    detector = SpectralDetector().fit(named)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        np.testing.assert_array_equal(detector.anomaly_score(X), bare.anomaly_score(X))
    numbered = pd.DataFrame(X)
    np.testing.assert_array_equal(
        SpectralDetector().fit(numbered).anomaly_score(X), bare.anomaly_score(X)
    )


def test_pipeline() -> None:
    X = odd() * [1e3, 1e-3] + [5.0, -2.0]
    pipeline = make_pipeline(StandardScaler(), SpectralDetector(nperseg=32))
    predicted = pipeline.fit_predict(X)
    np.testing.assert_array_equal(pipeline.fit(X).predict(X), predicted)
    # Every channel is measured in its own spread, so that the scaler changes rounding only.
    np.testing.assert_allclose(
        pipeline.score_samples(X), SpectralDetector(nperseg=32).fit(X).score_samples(X), atol=1e-6
    )
    assert pipeline.decision_function(X)[ODD].min() < 0
    frame = pd.DataFrame(
        X, columns=["left", "right"], index=pd.date_range("2024", periods=2000, freq="1s")
    )
    kept = pipeline.set_output(transform="pandas").fit(frame).score_samples(frame)
    pd.testing.assert_index_equal(kept.index, frame.index)


def test_grid_search_chooses_the_parameter_with_the_best_score() -> None:
    X = odd()
    y = np.zeros(len(X), dtype=int)
    y[ODD] = 1
    # A detector without normal data learns from the rows that it scores.
    splits = [(np.arange(len(X)), np.arange(len(X)))]
    pipeline = make_pipeline(StandardScaler(), SpectralDetector(nperseg=32))

    def area(fitted: object, rows: np.ndarray, labels: np.ndarray) -> float:
        return float(roc_auc_score(labels, -fitted.score_samples(rows)))

    search = GridSearchCV(
        pipeline, {"spectraldetector__nperseg": [8, 32, 64]}, scoring=area, cv=splits
    ).fit(X, y)
    expected = {
        nperseg: roc_auc_score(y, SpectralDetector(nperseg=nperseg).fit(X).anomaly_score(X))
        for nperseg in (8, 32, 64)
    }
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], list(expected.values()), atol=1e-3
    )
    assert search.best_params_["spectraldetector__nperseg"] in expected
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])


def test_clones_and_pickles() -> None:
    detector = SpectralDetector(nperseg=32, alpha=0.01, k=3, fs=50.0, window=("tukey", 0.3))
    detector.fit(odd())
    twin = clone(detector)
    assert twin.get_params() == detector.get_params()
    with pytest.raises(NotFittedError):
        twin.predict(odd())
    with pytest.raises(NotFittedError):
        twin.alarms(odd())
    np.testing.assert_array_equal(
        twin.fit(odd()).anomaly_score(odd()), detector.anomaly_score(odd())
    )
    again = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(again.anomaly_score(odd()), detector.anomaly_score(odd()))


def test_parameters_count() -> None:
    usual = SpectralDetector(nperseg=32).fit(odd()).anomaly_score(odd())
    for other in ({"nperseg": 48}, {"k": 3}, {"window": "boxcar"}, {"view": "complex"}):
        detector = SpectralDetector(**({"nperseg": 32} | other)).fit(odd())
        assert not np.allclose(detector.anomaly_score(odd()), usual)
    at_rate = SpectralDetector(nperseg=32, fs=50.0).fit(odd())
    np.testing.assert_array_equal(at_rate.anomaly_score(odd()), usual)
    strongest = at_rate.alarms(odd()).sort_values("score").iloc[-1]
    assert strongest["f_low"] <= 10.0 <= strongest["f_high"]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"alpha": alpha} for alpha in (0, -0.1, 0.7, np.nan)),
        *({"nperseg": nperseg} for nperseg in (1, 7.5, 1e9)),
        *({"k": k} for k in (0, -1, 2.5, np.nan)),
        *({"fs": fs} for fs in (0, -1.0, np.inf)),
        {"window": "nothing"},
        {"view": "nothing"},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_told_in_fit(wrong: dict[str, object]) -> None:
    detector = SpectralDetector(**wrong)
    with pytest.raises(ValueError, match=r"."):
        detector.fit(noise())


def test_alarms_of_any_data_have_the_alpha_that_was_fitted() -> None:
    detector = SpectralDetector(nperseg=32).fit(noise(1))
    expected = len(detector.alarms(odd())), len(detector.alarms(noise(1)))
    detector.set_params(alpha=0.3)
    assert (len(detector.alarms(odd())), len(detector.alarms(noise(1)))) == expected


def test_what_was_learned_goes_to_a_file(tmp_path) -> None:
    detector = SpectralDetector(nperseg=32).fit(noise(1))
    detector.learned_.save(tmp_path / "model")
    again = spectra.score(spectra.Model.load(tmp_path / "model"), odd())
    np.testing.assert_array_equal(again.scores["anomaly_score"], detector.anomaly_score(odd()))


def test_false_alarms_on_other_noise_are_near_alpha() -> None:
    alpha, n, shares = 0.01, 40_000, []
    for seed in range(4):
        detector = SpectralDetector(nperseg=32, alpha=alpha).fit(noise(seed, n))
        shares.append(float((detector.predict(noise(seed + 10, n)) == -1).mean()))
    # The threshold comes from 156 block maxima, whose tail is known to a factor of two or so; the
    # mean over four is nearer.
    assert abs(log(np.mean(shares) / alpha)) < log(2.0)


def test_false_alarms_of_all_looks_together_are_near_alpha() -> None:
    shares = {alpha: [] for alpha in (0.05, 0.01)}
    for seed in range(4):
        p_value = spectra.detect(noise(seed, 40_000)).step_scores.p_value
        for alpha, found in shares.items():
            found.append(float((p_value < alpha).mean()))
    for alpha, found in shares.items():
        assert abs(log(np.mean(found) / alpha)) < log(2.5)
