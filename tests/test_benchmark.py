"""A benchmark has the figures of detect and the metrics, and goes on after files that fail."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.ensemble import IsolationForest

from spectra import metrics
from spectra.benchmark import benchmark, load_detector
from spectra.cli import main
from spectra.datasets import read
from spectra.errors import DataError
from spectra.pipeline import detect

GOOD = {
    "001_Tones_id_1_Sensor_tr_500_1st_1200.csv": 1,
    "002_Tones_id_2_Sensor_tr_500_1st_1200.csv": 2,
    "003_Big_Set_id_1_Facility_tr_600_1st_1200.csv": 3,
    "plain.csv": 4,
}
OWN = """
import numpy as np
class Level:
    def fit(self, X):
        self.rows = len(X)
        self.centre = X.mean(axis=0)
    def score_samples(self, X):
        return -np.abs(X - self.centre).sum(axis=1)
class Broken(Level):
    def score_samples(self, X):
        raise RuntimeError("no idea")
class Short(Level):
    def score_samples(self, X):
        return np.zeros(3)
class Nothing:
    pass
"""


def table(seed: int, n: int = 1500) -> pd.DataFrame:
    """A tone with a labelled stretch of another one."""
    rng = np.random.default_rng(seed)
    values = np.sin(2 * np.pi * np.arange(n) / 20) + 0.1 * rng.standard_normal(n)
    values[1200:1260] += 0.8 * np.sin(2 * np.pi * np.arange(60) / 5)
    label = np.zeros(n, dtype=int)
    label[1200:1260] = 1
    return pd.DataFrame({"Data": values, "Label": label})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Labelled files, one without labels, and a module beside their folder.

    The parent of the folder is the working folder.
    """
    here = tmp_path / "series"
    here.mkdir()
    for name, seed in GOOD.items():
        table(seed).to_csv(here / name, index=False)
    table(5)[["Data"]].to_csv(here / "unlabelled.csv", index=False)
    (here / "notes.txt").write_text("not a recording")
    (tmp_path / "detector_of_mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return here


def add_broken(folder: Path) -> None:
    """Files that cannot be used."""
    (folder / "empty.csv").write_text("")
    bad = table(6)
    bad.loc[7, "Label"] = 2
    bad.to_csv(folder / "labels.csv", index=False)
    table(7).assign(Label=0).to_csv(folder / "normal.csv", index=False)
    table(8).to_csv(folder / "009_Long_id_1_Sensor_tr_9000_1st_1200.csv", index=False)


@pytest.mark.parametrize("use_normal", [True, False])
def test_a_row_holds_the_metrics_of_what_detect_finds(folder: Path, use_normal: bool) -> None:
    found = benchmark(folder, use_normal=use_normal)
    assert found.failed == {}
    assert found.results["file"].tolist() == list(GOOD)
    assert found.results["collection"].tolist() == ["Tones", "Tones", "Big_Set", "other"]
    prefixes = [500, 500, 600, 0] if use_normal else [0] * 4
    assert found.results["normal_rows"].tolist() == prefixes
    for (_, row), prefix in zip(found.results.iterrows(), prefixes, strict=True):
        recording = read(folder / row["file"])
        result = detect(recording, normal_rows=(0, prefix) if prefix else None)
        buffer = metrics.vus_buffer(recording.values[:, 0])
        expected = metrics.summary(
            recording.labels, result.scores["anomaly_score"], result.scores["alarm"], buffer
        )
        assert row["nperseg"] == result.nperseg
        assert row["n"] == 1500
        assert row["buffer"] == buffer == 20
        assert row["seconds"] > 0
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-6, nan_ok=True)


def test_means_are_over_series_and_each_collection_can_be_left_out(folder: Path) -> None:
    found = benchmark(folder)
    vus = found.results["VUS-PR"].to_numpy()
    assert found.mean["VUS-PR"] == pytest.approx(vus.mean())
    assert found.by_collection["series"].to_dict() == {"Tones": 2, "Big_Set": 1, "other": 1}
    assert found.by_collection.loc["Tones", "VUS-PR"] == pytest.approx(vus[:2].mean())
    assert found.without_each["VUS-PR"].to_dict() == pytest.approx(
        {"Tones": vus[2:].mean(), "Big_Set": vus[[0, 1, 3]].mean(), "other": vus[:3].mean()}
    )


def test_one_collection_has_nothing_to_be_left_out_of(folder: Path) -> None:
    for name in list(GOOD)[2:]:
        (folder / name).unlink()
    assert benchmark(folder).without_each["VUS-PR"].empty


def test_result_does_not_depend_on_the_number_of_jobs(folder: Path) -> None:
    add_broken(folder)
    one, two = (benchmark(folder, n_jobs=n_jobs) for n_jobs in (1, 2))
    pd.testing.assert_frame_equal(
        one.results.drop(columns="seconds"), two.results.drop(columns="seconds"), check_exact=True
    )
    assert one.failed == two.failed


def test_it_goes_on_after_files_that_cannot_be_used(folder: Path) -> None:
    add_broken(folder)
    seen: list[tuple[int, int, str]] = []
    found = benchmark(folder, on_done=lambda *step: seen.append(step))
    assert found.results["file"].tolist() == list(GOOD)
    assert "is empty" in found.failed["empty.csv"]
    assert "labels other than 0 and 1" in found.failed["labels.csv"]
    assert "no anomaly" in found.failed["normal.csv"]
    assert "1,500 rows" in found.failed["009_Long_id_1_Sensor_tr_9000_1st_1200.csv"]
    assert len(found.failed) == 4
    assert all(name in reason for name, reason in found.failed.items())
    assert [number for number, _, _ in seen] == list(range(1, 10))
    assert {total for _, total, _ in seen} == {9}
    assert list(benchmark(folder, use_normal=False).failed) == [
        "empty.csv",
        "labels.csv",
        "normal.csv",
    ]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_detector_of_ones_own_is_judged_by_its_scores(folder: Path, n_jobs: int) -> None:
    found = benchmark(folder, detector="detector_of_mine:Level", n_jobs=n_jobs)
    first = table(1)
    scores = np.abs(first["Data"] - first["Data"][:500].mean())
    assert found.results["VUS-PR"][0] == pytest.approx(metrics.vus_pr(first["Label"], scores, 20))
    assert found.results["nperseg"].isna().all()
    # It has no threshold of its own.
    assert "alarms" not in found.results
    assert (
        found.results["oracle_event_F1"][0] == metrics.best_event_based(first["Label"], scores).f1
    )


def test_a_detector_that_predicts_has_its_alarms_judged(folder: Path) -> None:
    forest = IsolationForest(n_estimators=5, random_state=0)
    found = benchmark(folder, detector=forest)
    first = table(1)[["Data"]].to_numpy()
    own = IsolationForest(n_estimators=5, random_state=0).fit(first[:500])
    expected = metrics.event_based(table(1)["Label"], own.predict(first) == -1)
    assert found.results["event_F1"][0] == expected.f1
    assert not hasattr(forest, "estimators_")


def test_what_a_detector_raises_is_said_of_each_file(folder: Path) -> None:
    for name, words in (("Broken", r"RuntimeError: no idea"), ("Short", r"\(1500,\), not \(3,\)")):
        with pytest.raises(DataError, match=words) as caught:
            benchmark(folder, detector=f"detector_of_mine:{name}")
        assert all(file in str(caught.value) for file in GOOD)


@pytest.mark.parametrize(
    "name",
    [
        "sectral",
        "nowhere:X",
        "detector_of_mine:",
        "detector_of_mine:No",
        "detector_of_mine:Nothing",
    ],
)
def test_an_unknown_detector_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        load_detector(name)
    result = CliRunner().invoke(main, ["benchmark", str(folder), "--detector", name])
    assert result.exit_code == 2
    assert name in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("marks", [(0, 2), (0, 0.5), ("no", "yes")])
def test_a_file_whose_labels_are_others_is_listed(
    folder: Path, marks: tuple[object, object]
) -> None:
    bad = table(6)
    bad.assign(Label=[marks[one] for one in bad["Label"]]).to_csv(
        folder / "labels.csv", index=False
    )
    found = benchmark(folder)
    assert list(found.failed) == ["labels.csv"]
    assert found.failed["labels.csv"].startswith(
        "labels.csv: column 'Label' looks like labels other than 0 and 1"
    )


@pytest.mark.parametrize("content", [[], ["unlabelled.csv"], ["notes.txt"]])
def test_a_folder_without_a_labelled_file_is_refused(
    folder: Path, tmp_path: Path, content: list[str]
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in content:
        (bare / name).write_bytes((folder / name).read_bytes())
    result = CliRunner().invoke(main, ["benchmark", str(bare)])
    assert result.exit_code == 1
    assert str(bare) in result.stderr
    assert "labelled" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_or_nothing_is_no_folder(folder: Path) -> None:
    for path in (folder / "plain.csv", folder / "missing"):
        result = CliRunner().invoke(main, ["benchmark", str(path)])
        assert result.exit_code == 1
        assert (
            result.stderr
            == f"Error: {path} is not a folder: give one that holds labelled CSV files.\n"
        )


def test_the_command_prints_a_table_and_writes_a_line_a_series(
    folder: Path, tmp_path: Path
) -> None:
    add_broken(folder)
    result = CliRunner().invoke(main, ["benchmark", str(folder), "-o", "results.csv"])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["collection", "series", "VUS-PR", "VUS-ROC"]
    assert [line.split()[0] for line in lines[1:4]] == ["Big_Set", "Tones", "other"]
    found = benchmark(folder)
    assert lines[5].split()[:3] == ["mean", "4", f"{found.mean['VUS-PR']:.3f}"]
    assert "3 of 4 series" in result.stdout
    errors = [f"Error: {reason}" for reason in found.failed.values()]
    left_out = "Left out without labels: 1 file, unlabelled.csv."
    assert result.stderr.splitlines() == [left_out, *errors]
    written = pd.read_csv(tmp_path / "results.csv")
    assert list(written) == list(found.results)
    assert list(written)[:9] == [
        "file", "collection", "n", "nperseg", "seconds", "VUS-PR", "VUS-ROC", "AUC-PR", "AUC-ROC",
    ]  # fmt: skip
    assert {"alarms", "event_recall", "event_precision", "event_F1", "false_alarm_share"} <= set(
        written
    )
    np.testing.assert_allclose(written["VUS-PR"], found.results["VUS-PR"], rtol=1e-5)


def test_the_command_runs_a_detector_without_alarms(folder: Path) -> None:
    result = CliRunner().invoke(
        main,
        [
            "benchmark",
            str(folder),
            "--detector",
            "detector_of_mine:Level",
            "--no-normal",
            "-j",
            "2",
        ],
    )
    assert result.exit_code == 0
    assert "event F1" not in result.stdout
    assert "each file was its own reference" in result.stdout


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["-j", "0"], 2, "0 is neither"),
        (["-j", "two"], 2, "two"),
        (["-o", "-"], 2, "name of a file"),
        (["-o", "nowhere/results.csv"], 1, "there is no folder"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_any_work(
    folder: Path, options: list[str], status: int, words: str
) -> None:
    result = CliRunner().invoke(main, ["benchmark", str(folder), *options])
    assert result.exit_code == status
    assert words in result.stderr


@pytest.mark.parametrize("quiet", [False, True])
def test_files_without_labels_are_named(folder: Path, quiet: bool) -> None:
    result = CliRunner().invoke(main, ["benchmark", str(folder), *(["-q"] if quiet else [])])
    assert result.exit_code == 0
    said = "Left out without labels: 1 file, unlabelled.csv."
    assert (said in result.stderr) == (not quiet)
    assert benchmark(folder).unlabelled == ("unlabelled.csv",)
