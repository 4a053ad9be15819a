"""evaluate prints metrics of alarms, or of a column, against the labels of a file."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from spectra import metrics
from spectra.cli import main
from spectra.datasets import read
from spectra.pipeline import detect
from spectra.spectral.settings import Spectral


def table(n: int = 1500) -> pd.DataFrame:
    """A tone with a labelled stretch of another tone, and a column of scores.

    The scores are high in half of the stretch.
    """
    rng = np.random.default_rng(0)
    values = np.sin(2 * np.pi * np.arange(n) / 20) + 0.1 * rng.standard_normal(n)
    values[1200:1260] += 0.8 * np.sin(2 * np.pi * np.arange(60) / 5)
    truth = np.zeros(n, dtype=int)
    truth[1200:1260] = 1
    score = rng.random(n)
    score[1230:1265] += 1
    return pd.DataFrame({"value": values, "odd": score, "truth": truth})


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The table as a file in the working folder."""
    monkeypatch.chdir(tmp_path)
    table().to_csv("data.csv", index=False, float_format="%.9g")
    return "data.csv"


def run(*words: str, status: int = 0, stdin: str | None = None) -> str:
    """Return the output of evaluate, that on standard error where it fails."""
    result = CliRunner().invoke(main, ["evaluate", *words], input=stdin)
    assert result.exit_code == status, result.output
    return result.stdout if status == 0 else result.stderr


def test_json_holds_the_metrics_of_what_detect_finds(file: str) -> None:
    options = ["--label", "truth", "--channels", "value", "--fs", "10"]
    found = json.loads(run(file, *options, "--normal-rows", ":1000", "--format", "json"))
    recording = read(file, label="truth", channels="value", fs=10.0)
    result = detect(recording, normal_rows=(0, 1000))
    expected = metrics.summary(
        recording.labels, result.scores["anomaly_score"], result.scores["alarm"], 20, fs=10.0
    )
    assert found["metrics"] == pytest.approx(expected)
    assert {key: found[key] for key in found if key not in ("metrics", "scores")} == {
        "schema_version": 2,
        "file": file,
        "n_samples": 1500,
        "events": 1,
        "anomalous_rows": 60,
        "fs": 10.0,
        "threshold": result.alpha,
        "threshold_from": "alpha",
        "buffer": 20,
    }
    assert "rows 0 to 999" in found["scores"]


def test_settings_are_those_of_detect(file: str) -> None:
    options = [
        "--label",
        "truth",
        "--channels",
        "value",
        "--alpha",
        "0.05",
        "--nperseg",
        "40",
        "--k",
        "3",
    ]
    found = json.loads(run(file, *options, "--format", "json"))
    result = detect(
        read(file, label="truth", channels="value"), alpha=0.05, method=Spectral(nperseg=40, k=3)
    )
    assert found["metrics"]["alarms"] == len(
        metrics.runs(result.scores["alarm"].to_numpy() == 1)[0]
    )
    assert found["metrics"]["AUC-PR"] == pytest.approx(
        metrics.auc_pr(table()["truth"], result.scores["anomaly_score"])
    )
    assert "false_alarms_per_hour" not in found["metrics"]


@pytest.mark.parametrize("threshold", [None, 0.9])
def test_a_column_of_scores_is_judged_beside_the_period_of_the_signal(
    file: str, threshold: float | None
) -> None:
    given = [] if threshold is None else ["--threshold", str(threshold)]
    found = json.loads(run(file, "--label", "truth", "--score", "odd", *given, "--format", "json"))
    labels, scores = table()["truth"], read(file, label="truth", channels="odd").values[:, 0]
    used = metrics.best_event_based(labels, scores).threshold if threshold is None else threshold
    assert found["threshold"] == pytest.approx(used)
    assert found["threshold_from"] == ("labels" if threshold is None else "given")
    assert found["buffer"] == 20
    assert found["metrics"] == pytest.approx(metrics.summary(labels, scores, scores >= used, 20))


def test_a_column_of_scores_alone_has_the_usual_buffer(file: str) -> None:
    options = ["--label", "truth", "--channels", "odd", "--score", "odd", "--format", "json"]
    assert json.loads(run(file, *options))["buffer"] == 125
    assert json.loads(run(file, *options, "--buffer", "7"))["buffer"] == 7


def test_rows_without_a_score_are_the_least_anomalous(file: str) -> None:
    gap = table()
    gap.loc[100:299, "odd"] = np.nan
    gap.to_csv(file, index=False)
    found = json.loads(run(file, "--label", "truth", "--score", "odd", "--format", "json"))
    scores = np.where(gap["odd"].isna(), gap["odd"].min(), gap["odd"])
    assert found["metrics"]["AUC-PR"] == pytest.approx(metrics.auc_pr(gap["truth"], scores))


def test_the_table_says_it_all_on_one_screen(file: str) -> None:
    text = run(file, "--label", "truth", "--channels", "value", "--fs", "10", "-q")
    lines = text.splitlines()
    assert lines[0].startswith(
        "data.csv  1,500 rows · 1 event, 4.00 % of rows · scores: spectra detect"
    )
    assert len(lines) <= 13
    for word in (
        "VUS-PR",
        "AUC-ROC",
        "0 … 20 rows",
        "affiliation",
        "point-adjusted",
        "per hour",
        "Best possible F1",
    ):
        assert word in text
    assert "the best threshold by the labels" in run(
        file, "--label", "truth", "--score", "odd", "-q"
    )
    assert "(scores >= 0.9)" in run(
        file, "--label", "truth", "--score", "odd", "--threshold", "0.9", "-q"
    )


def test_scores_that_find_nothing_have_no_alarms(file: str) -> None:
    table().assign(odd=lambda data: -data["truth"]).to_csv(file, index=False)
    text = run(file, "--label", "truth", "--score", "odd", "-q")
    assert "no threshold finds an event" in text
    found = json.loads(run(file, "--label", "truth", "--score", "odd", "--format", "json"))
    assert found["threshold"] is None
    assert found["metrics"]["alarms"] == 0


def test_labels_are_found_by_their_usual_name_and_standard_input_is_read(file: str) -> None:
    usual = table().rename(columns={"truth": "label"}).to_csv(index=False)
    assert "1 event" in run("-", "--channels", "value", stdin=usual)
    assert "stdin  1,500 rows" in run("-", "--score", "odd", stdin=usual)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ([], 1, "data.csv: there are no labels of 0 and 1: name their column with --label"),
        (["--label", "turth"], 1, "did you mean 'truth'"),
        (["--label", "value"], 1, "a label must be 0 or 1"),
        (["--label", "truth", "--score", "scores"], 1, "there is no column 'scores' of numbers"),
        (
            ["--label", "truth", "--score", "odd", "--nperseg", "20"],
            2,
            "--nperseg sets how detect finds anomalies",
        ),
        (
            ["--label", "truth", "--score", "odd", "--normal-rows", "0:9"],
            2,
            "--normal-rows sets how detect finds anomalies",
        ),
        (
            ["--label", "truth", "--score", "odd", "--method", "sequence"],
            2,
            "--method sets how detect finds anomalies",
        ),
        (
            ["--label", "truth", "--score", "odd", "--alpha", "0.1"],
            2,
            "--alpha sets how detect finds anomalies",
        ),
        (["--label", "truth", "--score", "odd", "--threshold", "nan"], 2, "nan is not a number"),
        (["--label", "truth", "--threshold", "2"], 2, "--threshold belongs to --score"),
        (["--label", "truth", "--buffer", "-1"], 2, "buffer"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    file: str, options: list[str], status: int, words: str
) -> None:
    said = run(file, *options, status=status)
    assert words in said
    assert "Traceback" not in said


def test_a_file_without_an_anomaly_has_nothing_to_find(file: str) -> None:
    table().assign(truth=0).to_csv(file, index=False)
    assert "data.csv: The labels hold no anomaly" in run(file, "--label", "truth", status=1)
