"""The alarms on standard output: their order, their number, and the forms for programs."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from spectra.cli import main
from spectra.formatting import aligned

N_EVENTS = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two recordings: many bursts of growing strength, and one."""
    path = tmp_path_factory.mktemp("results")
    values = np.random.default_rng(1).standard_normal(40_000)
    for i in range(N_EVENTS):
        # At no regular distance: what comes back regularly is a rhythm.
        start = 5000 + 1100 * i + 37 * i * i % 300
        values[start : start + 40] += 12 + i
    for name, part in (
        ("many.csv", values),
        ("one.csv", values[:5500]),
        ("calm.csv", values[:4999]),
    ):
        frame = pd.DataFrame({"time_s": np.arange(part.size) / 100, "x": part})
        frame.to_csv(path / name, index=False, float_format="%.6g")
    return path


def run(folder: Path, *words: str, status: int = 0) -> Result:
    files = [str(folder / word) if word.endswith(".csv") else word for word in words]
    result = CliRunner().invoke(main, ["detect", "--normal-rows", ":4900", *files])
    assert result.exit_code == status, result.output
    return result


def document(folder: Path, *words: str) -> dict:
    return json.loads(run(folder, *words, "--format", "json", "-q").stdout)["files"][0]


def numbers(text: str) -> list[int]:
    """The numbers of the alarms in a table."""
    return [int(match) for match in re.findall(r"^  (\d+) ", text, re.MULTILINE)]


def test_long_table_has_the_strongest_in_order_of_time_and_says_so(folder: Path) -> None:
    every = document(folder, "many.csv")["alarms"]
    assert len(every) > 20
    ranked = sorted(range(len(every)), key=lambda i: -every[i]["score"])
    text = run(folder, "many.csv").stdout
    assert numbers(text) == sorted(i + 1 for i in ranked[:20])
    assert text.splitlines()[-1].endswith("; the 20 strongest are shown, --all lists all")
    whole = run(folder, "many.csv", "--all").stdout
    assert numbers(whole) == list(range(1, len(every) + 1))
    assert "strongest are shown" not in whole


def test_sort_by_p_has_the_strongest_first(folder: Path) -> None:
    scores = [alarm["score"] for alarm in document(folder, "many.csv", "--sort", "p")["alarms"]]
    assert scores == sorted(scores, reverse=True)
    starts = [alarm["first_row"] for alarm in document(folder, "many.csv")["alarms"]]
    assert starts == sorted(starts)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_top_keeps_the_strongest_in_every_form(folder: Path, form: str) -> None:
    text = run(folder, "many.csv", "--top", "3", "--format", form, "-q").stdout
    every = document(folder, "many.csv")["alarms"]
    if form == "json":
        (file,) = json.loads(text)["files"]
        rows = [alarm["first_row"] for alarm in file["alarms"]]
        assert file["n_alarms"] == len(every)
    elif form == "jsonl":
        rows = [json.loads(line)["first_row"] for line in text.splitlines()]
    else:
        rows = pd.read_csv(io.StringIO(text))["first_row"].tolist()
    strongest = sorted(every, key=lambda alarm: -alarm["score"])[:3]
    assert rows == sorted(alarm["first_row"] for alarm in strongest)


def test_top_of_a_table_is_said(folder: Path) -> None:
    assert run(folder, "many.csv", "--top", "2").stdout.endswith("; the 2 strongest are shown\n")
    assert run(folder, "many.csv", "--top", "1").stdout.endswith("; the strongest\n")
    assert (
        "--top and --all exclude" in run(folder, "one.csv", "--top", "1", "--all", status=2).stderr
    )


def test_jsonl_has_one_alarm_a_line_with_its_file(folder: Path) -> None:
    lines = run(folder, "many.csv", "one.csv", "--format", "jsonl", "-q").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert {Path(each["file"]).name for each in found} == {"many.csv", "one.csv"}
    alarms = document(folder, "many.csv")["alarms"]
    assert [{k: v for k, v in each.items() if k != "file"} for each in found][
        : len(alarms)
    ] == alarms


@pytest.mark.parametrize(("form", "n_lines"), [("jsonl", 0), ("csv", 1)])
def test_no_alarm_is_no_line(folder: Path, form: str, n_lines: int) -> None:
    text = run(folder, "calm.csv", "--alpha", "1e-12", "-q", "--format", form).stdout
    assert text.count("\n") == n_lines


def test_parquet_is_the_table_of_the_csv(folder: Path) -> None:
    arguments = ["many.csv", "one.csv", "-q", "--format"]
    found = pd.read_parquet(io.BytesIO(run(folder, *arguments, "parquet").stdout_bytes))
    expected = pd.read_csv(io.StringIO(run(folder, *arguments, "csv").stdout))
    assert list(found.columns) == list(expected.columns)
    for name in found.columns:
        if name in ("start", "end", "peak"):
            np.testing.assert_allclose(found[name].astype(float), expected[name])
        elif found[name].dtype.kind == "f":
            np.testing.assert_allclose(found[name], expected[name])
        else:
            assert found[name].tolist() == expected[name].tolist()


def test_parquet_without_alarms_has_its_columns(folder: Path) -> None:
    result = run(folder, "calm.csv", "--alpha", "1e-12", "-q", "--format", "parquet")
    found = pd.read_parquet(io.BytesIO(result.stdout_bytes))
    assert not len(found)
    assert found["score"].dtype == float


def test_parquet_without_its_library_names_the_installation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spectra.cli.options.output.find_spec", lambda name: None)
    assert "pip install" in run(folder, "one.csv", "--format", "parquet", status=2).stderr


def on_a_terminal(columns: int, *words: str) -> str:
    """The output of a command on a terminal of some columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "spectra", *words],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(ours)
    process.communicate()
    return text.decode().replace("\r\n", "\n")


def test_terminal_gets_a_line_of_the_score_and_a_table_of_its_width(folder: Path) -> None:
    arguments = ["detect", str(folder / "one.csv"), "--normal-rows", ":4900", "-q"]
    for columns in (60, 200):
        text = on_a_terminal(columns, *arguments)
        heading, blocks, *table, verdict = text.splitlines()
        assert heading.startswith("\x1b[1m")
        plain = re.sub(r"\x1b\[[01]m", "", blocks)
        assert set(plain.strip()) <= set("▁▂▃▄▅▆▇█ ")
        assert len(plain) <= columns
        # The burst of 40 rows is near the end, and is the highest.
        highest = max(plain)
        assert plain.index(highest) > 0.85 * len(plain)
        assert f"\x1b[1m{highest}" in blocks
        assert max(map(len, table)) <= columns
        assert verdict.startswith("1 alarm ")
    assert "\x1b" not in run(folder, "one.csv").stdout
    assert "█" not in run(folder, "one.csv").stdout


def test_parquet_is_not_printed_on_a_terminal(folder: Path) -> None:
    shown = on_a_terminal(80, "detect", str(folder / "one.csv"), "--format", "parquet")
    assert shown == ""


def test_folded_table_has_every_cell_in_its_column() -> None:
    table = pd.DataFrame({"a": ["x" * 10, "y"], "b": ["p" * 12, "q"], "c": ["1", "2"]})
    assert aligned(table) == [
        "  a           b             c",
        "  xxxxxxxxxx  pppppppppppp  1",
        "  y           q             2",
    ]
    assert aligned(table, 20) == [
        "  a",
        "    b             c",
        "  xxxxxxxxxx",
        "    pppppppppppp  1",
        "  y",
        "    q             2",
    ]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([f"{i / 8000:.6f}" for i in range(4000)], "  from 0:00:00.000000 to 0:00:00.499875\n"),
        ([f"0:{i // 60:02d}:{i % 60:02d}" for i in range(3000)], "  from 0:00:00 to 0:49:59\n"),
    ],
)
def test_inspect_writes_the_span_as_the_first_rows(
    times: list[str], said: str, tmp_path: Path
) -> None:
    rows = [f"{time},{i * 7919 % 101}" for i, time in enumerate(times)]
    (tmp_path / "a.csv").write_text("\n".join(["time,x", *rows]))
    assert said in CliRunner().invoke(main, ["inspect", str(tmp_path / "a.csv")]).stdout
