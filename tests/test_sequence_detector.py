"""SequenceDetector, `detect(method="sequence")` and the command line's --method sequence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.base import clone

import spectra
from spectra import Model, SequenceDetector
from spectra.cli import main
from spectra.datasets.generators import order_anomalies
from spectra.errors import DataError

CHECKS = """
from sklearn.utils.estimator_checks import check_estimator
from spectra import SequenceDetector
results = check_estimator(SequenceDetector(), on_fail=None, on_skip=None)
failed = [one for one in results if one["status"] != "passed"]
print([(one["check_name"], one["status"], repr(one["exception"])) for one in failed])
"""


def recording(n: int = 8000) -> spectra.datasets.Recording:
    return order_anomalies(np.random.default_rng(0), n_samples=n, n_anomalies=2 if n >= 6000 else 0)


@pytest.fixture(scope="module")
def fitted() -> SequenceDetector:
    return SequenceDetector().fit(recording().values)


def test_check_estimator_passes_without_a_skipped_check() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHECKS],
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"


def test_signs_are_those_of_scikit_learn(fitted: SequenceDetector) -> None:
    X, labels = recording().values, recording().labels
    assert labels is not None
    odd = labels == 1
    score = fitted.anomaly_score(X)
    assert score[odd].mean() > 3 > score[~odd].mean()
    np.testing.assert_array_equal(fitted.score_samples(X), -score)
    np.testing.assert_array_equal(fitted.predict(X) == -1, fitted.decision_function(X) < 0)
    assert (fitted.p_value(X)[odd] < 0.01).mean() > 0.7
    assert (fitted.predict(X)[odd] == -1).mean() > 0.7
    assert (fitted.predict(X)[~odd] == -1).mean() < 0.02


def test_alarms_are_at_what_is_out_of_order_and_name_its_frequency(
    fitted: SequenceDetector,
) -> None:
    labels = recording().labels
    assert labels is not None
    alarms = SequenceDetector(fs=100.0).fit(recording().values).alarms(recording().values)
    assert len(alarms) >= 2
    strongest = alarms.sort_values("score").iloc[-1]
    assert labels[int(strongest["start"]) : int(strongest["end"]) + 1].any()
    assert 0 <= strongest["f_low"] < strongest["f_high"] <= 50


def test_a_frame_gives_a_series_and_parameters_are_kept() -> None:
    frame = pd.DataFrame(
        {"x": recording(3000).values[:, 0]},
        index=pd.date_range("2024-01-01", periods=3000, freq="s"),
    )
    detector = clone(SequenceDetector(nperseg=32, alpha=0.01))
    assert detector.fit(frame).score_samples(frame).index.equals(frame.index)
    assert detector.get_params()["nperseg"] == 32
    assert detector.learned_.npersegs == (32,)


def test_forecast(fitted: SequenceDetector) -> None:
    X = recording().values
    n_bins = fitted.learned_.fitted.mixture.best.base.frames.grid.nperseg // 2 + 1
    assert fitted.forecast(X, 4).spectrum.shape == (4, 1, n_bins)
    one, other = (fitted.forecast(X, 20, np.random.default_rng(seed)).tokens for seed in (1, 2))
    assert (one != other).any()
    short = SequenceDetector().fit(X[:100])
    assert np.isnan(short.anomaly_score(X[:100])).all()
    with pytest.raises(DataError, match="fewer than 160 rows"):
        short.forecast(X, 1)


def test_other_data_is_scored_by_what_was_learned(fitted: SequenceDetector) -> None:
    other = order_anomalies(np.random.default_rng(5), n_samples=6000, n_anomalies=0).values
    assert (fitted.predict(other) == -1).mean() < 0.02
    assert fitted.anomaly_score(other[::-1]).mean() > fitted.anomaly_score(other).mean() + 0.5


def test_normal_data_and_normal_rows() -> None:
    normal = order_anomalies(np.random.default_rng(3), n_samples=6000, n_anomalies=0)
    found = spectra.detect(recording(), normal=normal, method="sequence")
    assert found.learned_from == "order-anomalies"
    assert len(found.alarms) >= 2
    found = spectra.detect(recording(), normal_rows=(0, 3000), method="sequence")
    assert found.learned_from == "rows 0 to 2999"
    assert "frames of" in repr(found)


def test_parameters_out_of_range() -> None:
    for given, message in (
        ({"epochs": -1}, "epochs=-1 must be an integer >= 0"),
        ({"nperseg": 1}, "nperseg=1 must be an integer >= 2"),
        ({"view": "none"}, "view='none' must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            spectra.Sequence(**given)
    with pytest.raises(ValueError, match="method='order' must be one of spectral, sequence"):
        spectra.detect(recording(), method="order")
    with pytest.raises(TypeError):
        spectra.Sequence(k=5)
    with pytest.raises(TypeError):
        spectra.Spectral(epochs=3)


def test_too_short_a_recording_is_named() -> None:
    with pytest.raises(DataError, match="order-anomalies: Too few frames of 64 rows"):
        spectra.detect(recording(300), method=spectra.Sequence(nperseg=64))


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_model_file_scores_as_the_model_does(tmp_path: Path, epochs: int) -> None:
    learned = spectra.learn(recording(3000), method=spectra.Sequence(epochs=epochs))
    learned.save(tmp_path / "a.model")
    again = Model.load(tmp_path / "a.model")
    one, other = (spectra.score(model, recording()).step_scores for model in (learned, again))
    np.testing.assert_array_equal(one.z, other.z)
    np.testing.assert_array_equal(again.constant, learned.constant)
    assert again.npersegs == learned.npersegs


def test_a_model_file_whose_parts_do_not_fit_is_refused(tmp_path: Path) -> None:
    spectra.learn(recording(3000), method="sequence").save(tmp_path / "a.model")
    with np.load(tmp_path / "a.model") as file:
        parts = dict(file)
    base = "fitted.mixture.parts.0.base"
    changes: list[dict[str, object]] = [
        {f"{base}.past.0.tokens": parts[f"{base}.past.0.tokens"] + 1000},
        {f"{base}.past.1.keys": parts[f"{base}.past.1.keys"][:, :-1]},
        {f"{base}.vocabulary.centres": parts[f"{base}.vocabulary.centres"][:-1]},
        {"more": np.zeros(3)},
    ]
    about = json.loads(str(parts["about"]))
    about["model"]["fitted"]["explained"] = "all"
    changes.append({"about": np.array(json.dumps(about))})
    for change in changes:
        with (tmp_path / "b.model").open("wb") as file:
            np.savez(file, **{**parts, **change})
        with pytest.raises(DataError, match="is not a model file or is damaged"):
            Model.load(tmp_path / "b.model")


def write(path: Path, n: int = 6000) -> str:
    pd.DataFrame({"x": recording(n).values[:, 0]}).to_csv(path, index=False)
    return str(path)


def test_the_command_finds_what_is_out_of_order(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", 8000)
    ran = CliRunner().invoke(main, ["detect", file, "--method", "sequence", "--format", "json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)["files"][0]
    labels = recording().labels
    assert labels is not None
    assert found["nperseg"] == 64
    strongest = max(found["alarms"], key=lambda alarm: alarm["score"])
    assert labels[strongest["start"] : strongest["end"] + 1].any()


def test_fit_and_score_by_a_sequence_model(tmp_path: Path) -> None:
    file, model = write(tmp_path / "a.csv"), str(tmp_path / "a.model")
    ran = CliRunner().invoke(main, ["fit", file, "--method", "sequence", "-o", model])
    assert ran.exit_code == 0, ran.output
    assert "frames of 16 – 64 rows" in ran.stderr
    ran = CliRunner().invoke(main, ["score", model, file])
    assert ran.exit_code == 0, ran.output


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--method", "order"], 2, "'order' is not one of"),
        (["--method", "sequence", "--k", "5"], 2, "--k belongs to --method spectral"),
        (["--epochs", "5"], 2, "--epochs belongs to --method sequence"),
        (["--method", "sequence", "--nperseg", "2000"], 1, "Too few frames of 2000 rows"),
    ],
)
def test_bad_options_get_one_sentence(
    tmp_path: Path, options: list[str], code: int, message: str
) -> None:
    ran = CliRunner().invoke(main, ["detect", write(tmp_path / "a.csv", 3000), *options])
    assert ran.exit_code == code
    assert message in ran.stderr
    assert "Traceback" not in ran.output
