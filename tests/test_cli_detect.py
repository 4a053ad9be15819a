"""detect, fit and score: what they print, where, and with which exit status."""

import csv
import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import spectra.cli
from spectra.cli import main
from spectra.cli.options import VIEWS as OFFERED
from spectra.model import Model
from spectra.signal.views import VIEWS
from spectra.spectral.settings import Spectral

FS = 100.0
N = 4000
# The rows where a second tone sounds, the only thing in the signal that is not always there.
ODD = slice(2600, 2680)
TONE, ODD_TONE = 5.0, 20.0
ALARM_KEYS = [
    "start", "end", "peak", "score", "p_value", "channel", "f_low", "f_high",
    "first_row", "last_row", "peak_row", "start_time", "end_time", "peak_time", "duration",
]  # fmt: skip


def signal(seed: int, odd: bool) -> np.ndarray:
    """A tone in noise, with or without the odd stretch."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(N) / FS
    values = np.sin(2 * np.pi * TONE * seconds) + 0.1 * rng.standard_normal(N)
    if odd:
        values[ODD] += np.sin(2 * np.pi * ODD_TONE * seconds[ODD])
    return values


def dated(values: np.ndarray, zone: str = "") -> str:
    """A CSV whose rows are 10 ms apart."""
    stamps = pd.date_range("2024-03-01T12:00:00", periods=len(values), freq="10ms")
    rows = [
        f"{stamp.isoformat(timespec='milliseconds')}{zone},{value:.6f}"
        for stamp, value in zip(stamps, values, strict=True)
    ]
    return "\n".join(["time,pressure", *rows]) + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recording with dates, one of bare rows, and a normal one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dated.csv").write_text(dated(signal(1, odd=True)), encoding="utf-8")
    (tmp_path / "normal.csv").write_text(dated(signal(2, odd=False)), encoding="utf-8")
    bare = "\n".join(["pressure", *(f"{value:.6f}" for value in signal(1, odd=True))])
    (tmp_path / "bare.csv").write_text(bare + "\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("time,pressure\n", encoding="utf-8")
    return tmp_path


def run(*words: str, stdin: str | bytes | None = None, **options: bool) -> Result:
    """Run the command; nothing but an exit may come out of it."""
    result = CliRunner().invoke(main, list(words), input=stdin, **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def found(*words: str, stdin: str | None = None) -> dict:
    """The one file of the JSON."""
    result = run(*words, "--format", "json", stdin=stdin)
    assert result.exit_code == 0, result.stderr

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    document = json.loads(result.stdout, parse_constant=refuse)
    assert list(document) == ["schema_version", "files"]
    assert document["schema_version"] == 2
    (file,) = document["files"]
    return file


def overlaps_odd(alarm: dict) -> bool:
    """Return True if an alarm in row numbers touches the odd rows."""
    return bool(alarm["start"] < ODD.stop and alarm["end"] >= ODD.start)


def test_json_holds_the_documented_keys_and_finds_the_odd_stretch(folder: Path) -> None:
    file = found("detect", "dated.csv", "--nperseg", "50")
    documented = re.findall(r"`(\w+)`", spectra.cli.__doc__ or "")
    assert [key for key in file if key not in documented] == []
    assert list(file) == [
        "file", "fs", "nperseg", "npersegs", "step", "alpha", "n_samples", "channels",
        "learned_from", "period", "calibration", "notes", "n_alarms", "alarms",
    ]  # fmt: skip
    assert file["file"] == "dated.csv"
    assert file["fs"] == pytest.approx(FS)
    assert (file["nperseg"], file["npersegs"]) == (50, [50])
    # Half a false alarm in a recording as short as this one.
    assert 0.001 <= file["alpha"] <= 0.02
    assert (file["n_samples"], file["channels"]) == (N, ["pressure"])
    assert 0 < file["calibration"]["smallest_p"] < file["alpha"]
    assert file["learned_from"] == "the recording itself"
    assert 0 <= file["calibration"]["ks_p_value"] <= 1
    alarm = max(file["alarms"], key=lambda alarm: alarm["score"])
    assert list(alarm) == ALARM_KEYS
    begin = pd.Timestamp("2024-03-01T12:00:00")
    assert re.fullmatch(r"2024-03-01T12:00:\d\d(\.\d+)?", alarm["start"])
    rows = {
        key: (pd.Timestamp(alarm[key]) - begin).total_seconds() * FS
        for key in ("start", "end", "peak")
    }
    assert overlaps_odd(rows)
    # A frame of 50 rows that touches the stretch reaches at most 49 beyond it.
    assert rows["start"] > ODD.start - 50
    assert rows["end"] < ODD.stop + 49
    assert rows["start"] <= rows["peak"] <= rows["end"]
    assert alarm["f_low"] <= ODD_TONE <= alarm["f_high"]
    assert alarm["channel"] == "pressure"
    assert 0 < alarm["p_value"] < 0.001


def test_dates_keep_the_offset_of_their_zone(folder: Path) -> None:
    text = dated(signal(1, odd=True), zone="+02:00")
    file = found("detect", "-", "--nperseg", "50", stdin=text)
    assert file["file"] == "-"
    assert all(
        alarm[key].endswith("+02:00")
        for alarm in file["alarms"]
        for key in ("start", "end", "peak")
    )
    run("detect", "-", "--nperseg", "50", "-o", "scores.csv", stdin=text)
    first = (folder / "scores.csv").read_text(encoding="utf-8").splitlines()[1]
    assert first.startswith("2024-03-01T12:00:00.000+02:00,")


def test_rows_without_time_are_numbers(folder: Path) -> None:
    file = found("detect", "bare.csv", "--nperseg", "50")
    assert file["fs"] is None
    assert any(overlaps_odd(alarm) for alarm in file["alarms"])
    assert all(
        isinstance(alarm[key], int) for alarm in file["alarms"] for key in ("start", "end", "peak")
    )
    alarm = max(file["alarms"], key=lambda alarm: alarm["score"])
    assert alarm["f_low"] <= ODD_TONE / FS <= alarm["f_high"]
    with_rate = found("detect", "bare.csv", "--nperseg", "50", "--fs", str(FS))
    assert with_rate["fs"] == FS
    assert [a["start"] for a in with_rate["alarms"]] == [a["start"] for a in file["alarms"]]


def test_csv_has_the_alarms_of_the_json(folder: Path) -> None:
    (folder / "a,b.csv").write_bytes((folder / "dated.csv").read_bytes())
    result = run("detect", "a,b.csv", "bare.csv", "--nperseg", "50", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["file", *ALARM_KEYS]
    expected = [
        {"file": name, **{key: "" if value is None else str(value) for key, value in alarm.items()}}
        for name in ("a,b.csv", "bare.csv")
        for alarm in found("detect", name, "--nperseg", "50")["alarms"]
    ]
    assert rows == expected


def test_table_has_a_line_an_alarm_under_aligned_headings(folder: Path) -> None:
    alarms = found("detect", "dated.csv", "--nperseg", "50", "--alpha", "0.001")["alarms"]
    result = run("detect", "dated.csv", "--nperseg", "50", "--alpha", "0.001")
    heading, titles, *lines, total = result.stdout.splitlines()
    assert heading.startswith(
        "dated.csv  4,000 rows · 1 channel · 100 Hz · frames of 50 rows (500 ms) · no normal data "
        "given: "
    )
    noun = "alarm" if len(alarms) == 1 else "alarms"
    assert total == f"{len(alarms)} {noun} (false-alarm probability 0.001 per score)"
    assert re.split(r"\s{2,}", titles.strip()) == [
        "alarm", "start", "end", "peak", "rows", "p-value", "channel", "strongest at", "duration",
    ]  # fmt: skip
    assert len(lines) == len(alarms)
    for line, alarm in zip(lines, alarms, strict=True):
        start = pd.Timestamp(alarm["start"]).isoformat(sep=" ", timespec="milliseconds")
        assert line.index(start) == titles.index("start")
        shown = re.split(r"\s{2,}", line[titles.index("p-value") :])[0]
        bound = float(shown.removeprefix("< "))
        small = shown.startswith("< ") and alarm["p_value"] < bound
        assert small or shown == f"{alarm['p_value']:.1e}"
        assert line.index("pressure") == titles.index("channel")


def test_notes_go_to_standard_error_and_can_be_silenced(folder: Path) -> None:
    loud = run("detect", "bare.csv", "--nperseg", "50")
    assert "bare.csv: No sampling rate is known" in loud.stderr
    quiet = run("detect", "bare.csv", "--nperseg", "50", "-q")
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout
    verbose = run("detect", "bare.csv", "--nperseg", "50", "-v")
    assert "Kolmogorov–Smirnov" in verbose.stderr
    assert verbose.stdout == loud.stdout


def test_colour_is_for_terminals_that_want_it(folder: Path) -> None:
    arguments = ["detect", "dated.csv", "--nperseg", "50"]
    # CliRunner's `color` stands for a terminal: click then keeps the escape sequences.
    assert "\x1b[1m" in CliRunner(env={"NO_COLOR": None}).invoke(main, arguments, color=True).stdout
    assert "\x1b" not in CliRunner(env={"NO_COLOR": None}).invoke(main, arguments).stdout


def test_scores_have_one_line_an_input_row(folder: Path) -> None:
    result = run("detect", "dated.csv", "--nperseg", "50", "-o", "scores.csv", "--format", "json")
    alarms = json.loads(result.stdout)["files"][0]["alarms"]
    scores = pd.read_csv("scores.csv", parse_dates=["time"])
    assert list(scores) == ["time", "anomaly_score", "p_value", "alarm"]
    original = pd.read_csv("dated.csv", parse_dates=["time"])
    assert (scores["time"] == original["time"]).all()
    inside = np.zeros(N, dtype=bool)
    for alarm in alarms:
        inside |= ((scores["time"] >= alarm["start"]) & (scores["time"] <= alarm["end"])).to_numpy()
    np.testing.assert_array_equal(scores["alarm"], inside.astype(int))
    assert scores["anomaly_score"][ODD].median() > scores["anomaly_score"].quantile(0.9)
    assert scores["p_value"].between(0, 1).all()
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []


def test_scores_are_gzipped_where_the_name_says_so(folder: Path) -> None:
    for name in ("scores.csv", "scores.csv.gz", "again.gz"):
        assert run("detect", "bare.csv", "--nperseg", "50", "-o", name).exit_code == 0
    packed = Path("scores.csv.gz").read_bytes()
    assert gzip.decompress(packed) == Path("scores.csv").read_bytes()
    assert Path("again.gz").read_bytes() == packed


def test_scores_of_bare_rows_are_numbered_from_0(folder: Path) -> None:
    run("detect", "bare.csv", "--nperseg", "50", "-o", "scores.csv")
    scores = pd.read_csv("scores.csv")
    np.testing.assert_array_equal(scores["row"], np.arange(N))


def test_a_row_without_score_has_empty_cells(folder: Path) -> None:
    lines = (folder / "bare.csv").read_text(encoding="utf-8").splitlines()
    lines[1000:1500] = ["nan"] * 500
    (folder / "gap.csv").write_text("\n".join(lines), encoding="utf-8")
    result = run("detect", "gap.csv", "--nperseg", "50", "-o", "scores.csv")
    assert result.exit_code == 0, result.stderr
    rows = (folder / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert rows[1 + 1200] == "1200,,,0"
    assert len(rows) == N + 1


def test_normal_data_from_a_file_is_what_fit_and_score_do_in_two_steps(folder: Path) -> None:
    at_once = found("detect", "dated.csv", "--normal", "normal.csv", "--nperseg", "50")
    assert at_once["learned_from"] == "normal.csv"
    fitted = run("fit", "normal.csv", "-o", "normal.model", "--nperseg", "50")
    assert (fitted.exit_code, fitted.stdout) == (0, "")
    assert "normal.model" in fitted.stderr
    assert run("fit", "normal.csv", "-o", "normal.model", "--nperseg", "50", "-q").stderr == ""
    assert found("score", "normal.model", "dated.csv") == at_once
    assert any("2024-03-01T12:00:2" in alarm["peak"] for alarm in at_once["alarms"])


def test_normal_rows_are_counted_as_in_a_slice(folder: Path) -> None:
    file = found("detect", "bare.csv", "--normal-rows", "0:2000", "--nperseg", "50")
    assert file["learned_from"] == "rows 0 to 1999"
    assert any(overlaps_odd(alarm) for alarm in file["alarms"])
    assert (
        found("detect", "bare.csv", "--normal-rows", ":2000", "--nperseg", "50")["alarms"]
        == file["alarms"]
    )


def test_exit_status_3_is_for_alarms_and_only_on_demand(folder: Path) -> None:
    arguments = ("--normal", "normal.csv", "--nperseg", "50")
    assert run("detect", "dated.csv", *arguments).exit_code == 0
    assert run("detect", "dated.csv", *arguments, "--fail-on-anomaly").exit_code == 3
    # Two frames in a billion: none of the 700 of normal data is one.
    assert (
        run(
            "detect", "normal.csv", "--nperseg", "50", "--alpha", "2e-9", "--fail-on-anomaly"
        ).exit_code
        == 0
    )
    assert run("detect", "dated.csv", "bad.csv", *arguments, "--fail-on-anomaly").exit_code == 1


def test_several_files_go_on_past_one_that_fails(folder: Path) -> None:
    result = run("detect", "dated.csv", "bad.csv", "missing.csv", "bare.csv", "--nperseg", "50")
    assert result.exit_code == 1
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert ["bad.csv" in errors[0], "missing.csv" in errors[1], len(errors)] == [True, True, 2]
    headings = [line.split("  ")[0] for line in result.stdout.splitlines() if "frames of" in line]
    assert headings == ["dated.csv", "bare.csv"]
    result = run("detect", "dated.csv", "bad.csv", "--nperseg", "50", "--format", "json")
    assert [file["file"] for file in json.loads(result.stdout)["files"]] == ["dated.csv"]
    assert result.exit_code == 1


def test_names_from_files_cannot_steer_the_terminal(folder: Path) -> None:
    text = dated(signal(1, odd=True)).replace("pressure", "\x1b[2Jpres\x07sure\u202e")
    (folder / "odd.csv").write_text(text, encoding="utf-8")
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(
        main, ["detect", "odd.csv", "--nperseg", "50"], color=True
    )
    assert result.exit_code == 0
    assert "  pressure  " in result.stdout
    # Everything but the heading, which is bold here.
    for line in [*result.stdout.splitlines()[1:], *result.stderr.splitlines()]:
        assert line.isprintable()


def test_options_of_reading_are_handed_on(folder: Path) -> None:
    lines = [
        f"{i * 10},{value:.6f},{i % 7},{int(ODD.start <= i < ODD.stop)}"
        for i, value in enumerate(signal(1, odd=True))
    ]
    (folder / "many.csv").write_text("\n".join(["ms,pressure,other,odd", *lines]), encoding="utf-8")
    arguments = ("--time", "ms", "--channels", "pressure", "--label", "odd", "--nperseg", "50")
    file = found("detect", "many.csv", *arguments)
    assert file["channels"] == ["pressure"]
    assert file["fs"] == pytest.approx(FS)
    resampled = found("detect", "many.csv", *arguments, "--resample", "20ms")
    assert resampled["fs"] == pytest.approx(FS / 2)


def test_frames_have_several_lengths_where_none_is_given(folder: Path) -> None:
    file = found("detect", "dated.csv")
    assert {16, 64, 256} <= set(file["npersegs"])
    # The tone repeats itself every 20 rows.
    assert (file["period"], file["nperseg"]) == (20, 20)


def test_view_is_handed_on_and_kept_in_the_model(folder: Path) -> None:
    usual = found("detect", "dated.csv", "--nperseg", "50")
    level = found("detect", "dated.csv", "--nperseg", "50", "--view", "level")
    assert level["alarms"] != usual["alarms"]
    at_once = found(
        "detect", "dated.csv", "--normal", "normal.csv", "--nperseg", "50", "--view", "shape"
    )
    run("fit", "normal.csv", "-o", "normal.model", "--nperseg", "50", "--view", "shape")
    assert found("score", "normal.model", "dated.csv") == at_once
    assert Model.load("normal.model").method == Spectral(nperseg=50, view="shape")
    unknown = run("detect", "dated.csv", "--view", "phase")
    assert unknown.exit_code == 2
    assert "magnitude-dc" in unknown.stderr


def test_views_that_can_be_chosen_are_all_there_are() -> None:
    assert tuple(VIEWS) == OFFERED
