"""spectra batch writes what detect prints for each file, whatever the workers and the stops."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import distributed
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import spectra
from cluster import Cluster, cluster
from spectra.cli import main
from spectra.html_report import page
from torture import contents, killed_batches

FRAMES = ("--nperseg", "40")
ROWS = 800


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def signal(seed: int, odd: bool) -> np.ndarray:
    """A tone in noise, in the middle of which another one may sound."""
    rng = np.random.default_rng(seed)
    values = np.sin(2 * np.pi * np.arange(ROWS) / 20) + 0.1 * rng.standard_normal(ROWS)
    if odd:
        values[400:500] += 2 * np.sin(2 * np.pi * np.arange(100) / 5)
    return values


def write(path: Path, seed: int, odd: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    seconds = np.arange(ROWS) / 100
    pd.DataFrame({"time": seconds, "value": signal(seed, odd)}).to_csv(path, index=False)


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four recordings in two folders, one of them too short."""
    monkeypatch.chdir(tmp_path)
    write(Path("data/a.csv"), 1)
    write(Path("data/b.csv"), 2, odd=False)
    write(Path("data/site/a.csv"), 3)
    Path("data/bad.csv").write_text("x\n1\n", encoding="ascii")


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


def batch(*words: str, folder: str = "out") -> Result:
    return run("batch", "data/**/*.csv", "-o", folder, *FRAMES, *words)


def test_the_result_of_a_recording_is_what_detect_prints() -> None:
    assert batch("--scores").exit_code == 1
    for file in ("a.csv", "b.csv", "site/a.csv"):
        name = f"data/{file}"
        printed = run("detect", name, *FRAMES, "--format", "json", "-o", "scores.csv").stdout
        assert Path(f"out/{file}.json").read_text(encoding="utf-8") == printed
        assert Path(f"out/{file}.scores.csv").read_bytes() == Path("scores.csv").read_bytes()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_results_have_the_forms_of_detect(form: str) -> None:
    batch("--format", form)
    printed = run("detect", "data/a.csv", *FRAMES, "--format", form).stdout_bytes
    assert Path(f"out/a.csv.{form}").read_bytes() == printed


def test_the_summary_may_lie_in_the_folder_that_is_made() -> None:
    result = batch("--summary", "fresh/all.csv", folder="fresh")
    assert "fresh/all.csv lists all" in result.output
    assert len(pd.read_csv("fresh/all.csv")) == 4
    other = batch("--summary", "none/all.csv", folder="fresh")
    assert "none/all.csv cannot be written: there is no folder" in other.stderr


def test_the_summary_has_the_worst_alarm_and_the_reason_of_a_failure() -> None:
    result = batch("--summary", "all.parquet")
    assert result.exit_code == 1
    assert result.stderr.count("data/bad.csv") == 1
    summary = pd.read_parquet("all.parquet").set_index("recording")
    assert list(summary.index) == ["data/a.csv", "data/b.csv", "data/bad.csv", "data/site/a.csv"]
    assert "only one row" in summary.loc["data/bad.csv", "error"]
    for name in ("data/a.csv", "data/site/a.csv"):
        row = summary.loc[name]
        alarms = json.loads(Path("out", row["result"]).read_text(encoding="utf-8"))
        worst = max(alarms["files"][0]["alarms"], key=lambda alarm: alarm["score"])
        assert row["n_alarms"] == len(alarms["files"][0]["alarms"]) > 0
        assert (row["score"], row["first_row"]) == (worst["score"], worst["first_row"])
        assert row["start"] == str(worst["start"])
    batch()
    as_csv = pd.read_csv("out/summary.csv").set_index("recording")
    assert as_csv["score"].tolist() == pytest.approx(summary["score"].tolist(), nan_ok=True)


def test_only_what_is_not_finished_or_has_changed_is_done_again() -> None:
    batch()
    first = contents(Path("out"))
    times = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.csv.json")}

    def again(*words: str) -> set[str]:
        """The results that another run writes."""
        batch(*words)
        new = {
            path for path in Path("out").rglob("*.csv.json")
            if path.stat().st_mtime_ns != times.get(path)
        }  # fmt: skip
        times.update({path: path.stat().st_mtime_ns for path in new})
        return {path.relative_to("out").as_posix() for path in new if ".finished" not in path.parts}

    assert again() == set()
    assert contents(Path("out")) == first
    os.utime("data/a.csv", ns=(0, 0))
    assert again() == {"a.csv.json"}
    Path("out/b.csv.json").unlink()
    assert again() == {"b.csv.json"}
    assert again("--alpha", "1e-4") == {"a.csv.json", "b.csv.json", "site/a.csv.json"}
    # A recording that fails now has no result of before.
    Path("data/a.csv").write_text("x\n1\n", encoding="ascii")
    again()
    assert not Path("out/a.csv.json").exists()


def test_a_batch_that_is_killed_goes_on_with_the_same_bytes(tmp_path: Path) -> None:
    killed_batches(tmp_path / "killed", 20)


def test_results_do_not_depend_on_the_workers(two_workers: Cluster) -> None:
    found = []
    for words in ((), ("-j", "2"), ("--scheduler", two_workers.address)):
        assert batch("--scores", "--report", *words).exit_code == 1
        found.append(contents(Path("out")))
        Path("out").rename(f"out{len(found)}")
    assert found[0] == found[1] == found[2]


def test_score_many_has_the_same_tables_on_a_cluster(two_workers: Cluster) -> None:
    Path("fleet").mkdir()
    rows = [pd.DataFrame({"sensor": i, "value": signal(i, i == 1)}) for i in range(3)]
    pd.concat(rows).to_parquet("fleet/all.parquet", index=False)
    Path("broken").mkdir()
    Path("broken/a.parquet").write_bytes(b"PAR1")
    data = ["data/a.csv", "data/bad.csv", signal(5, True), Path("fleet").resolve(), "broken"]
    normal = spectra.learn(signal(6, False), method=spectra.Spectral(nperseg=40), fs=100.0)
    paths = [os.path.abspath(each) if isinstance(each, str) else each for each in data]
    here = spectra.score_many(paths, normal=normal, progress=False)
    with distributed.Client(two_workers.address, set_as_default=False) as client:
        there = spectra.score_many(paths, normal=normal, client=client, progress=False)
        with pytest.raises(ValueError, match="n_jobs or client"):
            spectra.score_many(paths, client=client, n_jobs=2)
    pd.testing.assert_frame_equal(here.alarms, there.alarms, check_exact=True)
    pd.testing.assert_frame_equal(here.summary, there.summary, check_exact=True)
    names = here.summary["recording"].tolist()
    assert names[2:6] == ["recording 3", *(f"{Path('fleet').resolve()} [{i}]" for i in range(3))]
    assert here.summary["error"].notna().tolist() == [False, True, *[False] * 4, True]
    with pytest.raises(ValueError, match=r"must be a distributed\.Client"):
        spectra.score_many(paths, client="tcp://127.0.0.1:1")


def begun(folder: str, address: str) -> "subprocess.Popen[str]":
    """A batch on the workers of a scheduler, with its first result."""
    words = ("batch", "data/**/*.csv", "-o", folder, *FRAMES, "--scheduler", address)
    process = subprocess.Popen(
        [sys.executable, "-m", "spectra", *words], stdout=-3, stderr=-1, text=True
    )
    while not list(Path(folder).glob("*.json")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


def test_killed_workers_and_a_scheduler_that_is_gone_lose_no_recording(
    two_workers: Cluster,
) -> None:
    for i in range(20):
        write(Path(f"data/more{i}.csv"), i)
    batch()
    expected = contents(Path("out"))
    process = begun("out2", two_workers.address)
    two_workers.workers[0].kill()
    process.communicate()
    assert contents(Path("out2")) == expected
    process = begun("out3", two_workers.address)
    two_workers.scheduler.kill()
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert stderr.splitlines()[-1].startswith("Error: The scheduler is gone, and what is finished")
    assert stderr.count("\n") <= 2
    assert len(list(Path("out3").glob("*.json"))) > 0
    batch(folder="out3")
    assert contents(Path("out3")) == expected


def test_a_scheduler_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spectra.parallel.PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        result = batch("--scheduler", address)
    assert result.exit_code == 1
    assert f"The scheduler {address} does not answer" in result.stderr
    assert "no address of a scheduler" in batch("--scheduler", "nowhere").stderr


def test_pages_have_an_index() -> None:
    batch("--report")
    index = Path("out/index.html").read_text(encoding="utf-8")
    assert "<h1>3 recordings</h1>" in index
    assert "1 more could not be used: the summary has the reasons." in index
    for link in ("a.csv.html", "b.csv.html", "site/a.csv.html"):
        assert f'href="{link}"' in index
        assert Path("out", link).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_model_gives_the_results_of_its_normal_data() -> None:
    write(Path("normal.csv"), 9, odd=False)
    run("fit", "normal.csv", "-o", "pump.model", *FRAMES)
    batch("--normal", "normal.csv")
    assert run("batch", "data/**/*.csv", "-o", "out2", "--model", "pump.model").exit_code == 1
    for file in ("a.csv.json", "summary.csv"):
        assert Path("out", file).read_bytes() == Path("out2", file).read_bytes()
    printed = run("score", "pump.model", "data/a.csv", "--format", "json").stdout
    assert Path("out/a.csv.json").read_text(encoding="utf-8") == printed


def test_each_sensor_of_a_data_set_is_a_recording() -> None:
    stamps = pd.date_range("2024-01-01", periods=ROWS, freq="1s")
    parts = [
        pd.DataFrame({"time": stamps, "sensor": f"s/{i}", "value": signal(i, i == 2)})
        for i in range(4)
    ]
    Path("fleet").mkdir()
    rows = pd.concat(parts).sort_values("time", kind="stable")
    for day, part in enumerate(np.array_split(np.arange(len(rows)), 3)):
        rows.iloc[part].to_parquet(f"fleet/day{day}.parquet", index=False)
    result = run("batch", "fleet", "-o", "out", *FRAMES)
    assert result.exit_code == 0, result.output
    summary = pd.read_csv("out/summary.csv")
    assert summary["recording"].tolist() == [f"fleet [s/{i}]" for i in range(4)]
    assert summary["n_alarms"].gt(0).tolist()[2]
    for i, part in enumerate(parts):
        part.drop(columns="sensor").to_parquet("one.parquet", index=False)
        alone = run("detect", "one.parquet", *FRAMES, "--format", "json").stdout
        found = json.loads(Path(f"out/fleet/s%2F{i}.json").read_text(encoding="utf-8"))
        expected = json.loads(alone)["files"][0] | {"file": f"fleet [s/{i}]"}
        assert found["files"][0] == expected
    # What is finished is not read again.
    assert "4 of 4 recordings are finished" in run("batch", "fleet", "-o", "out", *FRAMES).stderr


def test_what_is_no_part_of_a_data_set_is_named_and_no_summary_becomes_one() -> None:
    Path("fleet").mkdir()
    stamps = pd.date_range("2024-01-01", periods=ROWS, freq="1s")
    rows = pd.DataFrame({"time": stamps, "sensor": "a", "value": signal(0, False)})
    rows.to_parquet("fleet/day.parquet", index=False)
    Path("fleet/day.csv").write_text("x\n1\n2\n", encoding="utf-8")
    result = run("batch", "fleet", "-o", "fleet/out", "--format", "parquet", *FRAMES)
    assert result.exit_code == 0, result.output
    assert "fleet is read as a data set of Parquet files: day.csv in it is left out." in (
        result.stderr
    )
    again = run("batch", "fleet", "-o", "fleet/out", "--format", "parquet", *FRAMES)
    assert "1 of 1 recordings are finished" in again.stderr
    assert "name no sensor" not in again.stderr
    refused = run("batch", "fleet", "-o", "out", "--summary", "fleet/all.parquet", *FRAMES)
    assert refused.exit_code == 2
    assert "would be a file of the data set fleet" in refused.stderr


def test_results_of_another_batch_are_left_out_of_a_pattern() -> None:
    assert run("batch", "data/a.csv", "-o", "data/out", "--scores", *FRAMES).exit_code == 0
    result = run("batch", "data/**/*.csv", "-o", "again", *FRAMES)
    assert "2 files of the results of another batch are left out." in result.stderr
    summary = pd.read_csv("again/summary.csv")
    assert not summary["recording"].str.contains("out/").any()
    only = run("batch", "data/out/*.csv", "-o", "third", *FRAMES)
    assert only.exit_code == 1
    assert "All files that match are results of another batch" in only.stderr


def test_series_stacked_in_a_file_are_rows_of_the_summary() -> None:
    rows = [f"{t},{name},{signal(i, False)[t]:.4f}" for t in range(300)
            for i, name in enumerate("ab")]  # fmt: skip
    rows += [f"{t},c,{t % 3}" for t in range(400, 405)]
    Path("all.csv").write_text("\n".join(["time,sensor,v", *rows]), encoding="ascii")
    result = run("batch", "all.csv", "-o", "out", "--scores", "--report", *FRAMES)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: all.csv [c]: The 5 rows hold too few frames")
    summary = pd.read_csv("out/summary.csv").set_index("recording")
    assert summary["error"].notna().to_dict() == {
        "all.csv [a]": False, "all.csv [b]": False, "all.csv [c]": True
    }  # fmt: skip
    scores = pd.read_csv("out/all.csv.scores.csv")
    assert scores["series"].value_counts().to_dict() == {"a": 300, "b": 300}
    index = Path("out/index.html").read_text(encoding="utf-8")
    for name in ("all.csv[a].html", "all.csv[b].html"):
        assert Path("out", name).is_file()
        assert f'href="{quote(name)}"' in index


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nothing*.csv", "-o", "out"), "No file matches 'nothing*.csv'"),
        (("data/*.csv", "-o", "data"), "give another folder with -o"),
        (("data", "-o", "out"), "data is a folder without Parquet files: 'data/*' names"),
        (("data/a.csv", "-o", "data/b.csv"), "is a file"),
        (("data/a.csv", "-o", "out", "--summary", "all.txt"), ".csv or .parquet"),
        (("data/a.csv", "-o", "out", "--summary", "data/a.csv"), "overwrite"),
        (("data/a.csv", "-o", "out", "--model", "m", "--normal", "n"), "exclude each other"),
        (("data/a.csv", "-o", "out", "--model", "m", "--k", "3"), "learning out (--k)."),
        (("data/a.csv", "-o", "out", "-j", "2", "--scheduler", "x"), "exclude each other"),
        (("data/a.csv", "-o", "out", "--model", "m", "--nperseg", "9"), "leave the options"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(words: tuple[str, ...], reason: str) -> None:
    result = run("batch", *words)
    assert result.exit_code in (1, 2)
    assert reason in result.output


def test_a_place_that_cannot_be_written_ends_the_batch_in_one_sentence() -> None:
    Path("out/site").mkdir(parents=True)
    Path("out/site/a.csv.json").mkdir()
    result = batch()
    assert result.exit_code == 1
    assert "site/a.csv.json cannot be written" in result.stderr.splitlines()[-1]
    # What was finished before it is kept.
    assert Path("out/a.csv.json").is_file()
    assert not Path("out/summary.csv").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("summary.csv", ()),
        ("index.html", ("--report",)),
        ("normal.model", ("--normal", "data/b.csv")),
        ("a.csv.json", ()),
        # Results of a recording that fails are removed, whatever their form.
        ("bad.csv.html", ()),
    ],
)
def test_files_that_are_no_results_are_not_overwritten(name: str, words: tuple[str, ...]) -> None:
    Path("out").mkdir()
    Path("out/notes.txt").write_text("mine", encoding="ascii")
    Path("out", name).write_text("mine", encoding="ascii")
    result = batch(*words)
    assert result.exit_code == 2
    assert f"out/{name} is no result of a batch, and would be overwritten" in result.stderr
    assert {path.name for path in Path("out").iterdir()} == {"notes.txt", name}
    Path("out", name).rename(Path("out", f"my-{name}"))
    assert batch(*words).exit_code == 1
    assert Path("out", f"my-{name}").read_text(encoding="ascii") == "mine"
    # What a batch has written it may replace.
    assert batch(*words, "--scores").exit_code == 1


def test_results_of_before_are_no_recordings() -> None:
    batch(folder="data/out")
    result = run("batch", "data/**/*.csv", "-o", "data/out", *FRAMES)
    assert "data/out is the folder of the results: 1 of its files are left out" in result.stderr
    assert len(pd.read_csv("data/out/summary.csv")) == 4


def test_names_of_recordings_have_distinct_places() -> None:
    names = [
        "summary",
        "summary.csv",
        "a b.csv",
        "a/b.csv",
        "a%2Fb.csv",
        ".csv",
        "é.csv",
        "x" * 250,
    ]
    names += ["x" * 249 + "y", "..csv", "=1+1.csv"]
    for name in names:
        write(Path("odd", name), 5)
    result = run("batch", "odd/*", "odd/a/*", "odd/.csv", "odd/..csv", "-o", "out", *FRAMES)
    assert result.exit_code == 0, result.output
    summary = pd.read_csv("out/summary.csv")
    assert summary["result"].nunique() == len(names)
    assert all(Path("out", result.removeprefix("'")).is_file() for result in summary["result"])


def test_a_page_that_cannot_be_made_is_the_reason_of_its_recording(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_report = page.write_report

    def broken(detection: spectra.detection.Detection, path: Path, *, command: str) -> None:
        if path.name == "b.csv.html":
            raise IndexError("no such line")
        write_report(detection, path, command=command)

    monkeypatch.setattr(page, "write_report", broken)
    result = batch("--report")
    assert "data/b.csv: its results cannot be made (IndexError: no such line)." in result.stderr
    assert "4 recordings, 2 with an alarm, 2 failed" in result.stdout
    assert not Path("out/b.csv.json").exists()
    assert Path("out/site/a.csv.html").is_file()


def test_a_folder_in_no_folder_is_refused() -> None:
    result = batch(folder="none/sub/out")
    assert result.exit_code == 1
    missing = Path.cwd() / "none" / "sub"
    assert f"none/sub/out cannot be written: there is no folder {missing}." in result.stderr
