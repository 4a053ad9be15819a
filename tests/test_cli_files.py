"""Numbers and names as the commands write them, and the recordings of `spectra datasets`."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from spectra.cli import main
from spectra.cli.files import BLOCK, write_scores
from spectra.cli.messages import CLEAR_LINE, step
from spectra.cli.options import Verbosity
from spectra.datasets import load_sample, read
from spectra.text import LONGEST_NAME, printable, short, shorts


def scores(index: pd.Index, seed: int = 0) -> pd.DataFrame:
    """Scores on an index, of all sizes, some of them missing."""
    rng = np.random.default_rng(seed)
    n = len(index)
    score = rng.standard_normal(n) * 10.0 ** rng.integers(-8, 8, n)
    p_value = 10.0 ** -rng.uniform(0, 300, n)
    missing = rng.uniform(size=n) < 0.1
    columns = {
        "anomaly_score": np.where(missing, np.nan, score),
        "p_value": np.where(missing, np.nan, p_value),
    }
    return pd.DataFrame(columns | {"alarm": rng.integers(0, 2, n)}, index=index)


def written(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The table as pandas reads it back."""
    write_scores(table, folder / "scores.csv")
    return pd.read_csv(folder / "scores.csv")


@pytest.mark.parametrize("n", [1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_scores_come_back(tmp_path: Path, n: int) -> None:
    table = scores(pd.RangeIndex(n))
    back = written(table, tmp_path)
    assert list(back) == ["row", "anomaly_score", "p_value", "alarm"]
    np.testing.assert_array_equal(back["row"], np.arange(n))
    np.testing.assert_array_equal(back["alarm"], table["alarm"])
    for name in ("anomaly_score", "p_value"):
        # Six significant digits are off by at most half a unit of the sixth: 5e-6 of the number.
        np.testing.assert_allclose(back[name], table[name], rtol=5.0001e-6)


@pytest.mark.parametrize("step", ["1s", "250ms", "40us", "7ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns"])
def test_dates_come_back_exactly(tmp_path: Path, step: str, zone: str | None) -> None:
    # Around the end of summer time in Paris, where the local hour comes twice.
    start = pd.Timestamp("2023-10-29T00:59:59.5", tz="UTC").floor("s" if step == "1s" else "ns")
    index = pd.date_range(start, periods=50, freq=step).tz_convert(zone)
    back = written(scores(index), tmp_path)
    parsed = [pd.Timestamp(text) for text in back["time"]]
    assert parsed == list(index)
    if zone is not None:
        assert [stamp.utcoffset() for stamp in parsed] == [stamp.utcoffset() for stamp in index]


def test_whole_seconds_are_written_without_a_fraction(tmp_path: Path) -> None:
    write_scores(scores(pd.date_range("2024-01-01", periods=2, freq="5min")), tmp_path / "s.csv")
    assert [line.split(",")[0] for line in (tmp_path / "s.csv").read_text().splitlines()] == [
        "time",
        "2024-01-01T00:00:00",
        "2024-01-01T00:05:00",
    ]


def test_elapsed_time_is_in_seconds(tmp_path: Path) -> None:
    seconds = np.arange(20) * 0.004
    for index in (pd.Index(seconds), pd.to_timedelta(seconds, unit="s")):
        np.testing.assert_allclose(
            written(scores(index), tmp_path)["time_s"], seconds, rtol=1e-11, atol=1e-12
        )


@given(st.text())
def test_printable_text_is_all_printable_and_what_was_stays(text: str) -> None:
    plain = printable(text)
    assert plain.isprintable()
    assert printable(plain) == plain
    assert len(short(text)) <= LONGEST_NAME


def test_escape_sequences_go_whole() -> None:
    assert printable("\x1b[31mred\x1b[0m\x07 and\nmore\x9b") == "red and more"


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("progress", "shown"), [(True, f"{CLEAR_LINE}2/3 a.csv …{CLEAR_LINE}"), (False, "")]
)
def test_progress_is_shown_on_a_terminal_and_wiped(
    monkeypatch: pytest.MonkeyPatch, progress: bool, shown: str
) -> None:
    for stream, expected in ((Terminal(), shown), (io.StringIO(), "")):
        monkeypatch.setattr("sys.stderr", stream)
        with step("2/3 a.csv", Verbosity(quiet=False, verbose=False, progress=progress)):
            pass
        assert stream.getvalue() == expected


def test_sample_written_is_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("machine-temperature.csv", "machine-temperature.csv.gz"):
        assert (
            CliRunner()
            .invoke(main, ["datasets", "write", "machine-temperature", "-o", name])
            .exit_code
            == 0
        )
        sample, back = load_sample("machine-temperature"), read(tmp_path / name, label="label")
        np.testing.assert_array_equal(back.values, sample.values)
        assert (back.index == sample.index).all()
    assert (tmp_path / name).read_bytes()[:2] == b"\x1f\x8b"


def test_made_signal_comes_back_with_its_rate_and_labels(tmp_path: Path) -> None:
    def write(seed: int) -> bytes:
        result = CliRunner().invoke(main, ["datasets", "write", "tones", "--seed", str(seed)])
        assert result.exit_code == 0
        return result.stdout_bytes

    first = write(1)
    assert write(1) == first
    assert write(2) != first
    (tmp_path / "tones.csv.gz").write_bytes(gzip.compress(first))
    back = read(tmp_path / "tones.csv.gz")
    assert back.fs == pytest.approx(1000.0)
    assert back.labels is not None
    assert 0 < back.labels.sum() < len(back.labels)


def test_every_recording_listed_can_be_written() -> None:
    lines = CliRunner().invoke(main, ["datasets", "list"]).stdout.splitlines()
    assert {"machine-temperature", "ecg", "noise"} <= {line.split()[0] for line in lines}
    for line in lines:
        name, about = line.split(maxsplit=1)
        assert about.endswith(".")
        assert CliRunner().invoke(main, ["datasets", "write", name]).exit_code == 0


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["u", "v"], ["u", "v"]),
        (["Station 1 water level", "Station 10 water level"], ["…1…", "…10…"]),
        (["temperature_a_sensor", "temperature_b_sensor"], ["…a…", "…b…"]),
        (["left accelerometer 1", "left accelerometer 2"], ["left ac…r 1", "left ac…r 2"]),
        (["the same long name", "the same long name"], ["the sam…ame", "the sam…ame"]),
        (["a long beginning x end", "a long beginning end"], ["…x end", "…end"]),
    ],
)
def test_clipped_names_can_be_told_apart(names: list[str], expected: list[str]) -> None:
    assert shorts(names, 11) == expected
